"""Pieces of older workbooks that have a form of their own: headers and footers, links."""

import re
import struct
from collections.abc import Iterator
from typing import Final

from witnessmark.formats.biff import Text

_EDGE_CODES: Final = re.compile(
    r'&(?:[LCRPNDTFAGZSXYUEB&HO+-]|"[^"]*"|\d+|K(?:[0-9A-F]{6}|\d\d[+-]\d{3}))', re.IGNORECASE
)
_WORDY: Final = re.compile(r"[^\W\d_]{2}")
_URL: Final = bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b")
_FILE: Final = bytes.fromhex("0303000000000000c000000000000046")


def shows(word: str) -> bool:
    """Tell whether a text in a formula has words."""
    return _WORDY.search(word) is not None


def plain_edge(text: str) -> str:
    """Return a header or footer without its codes; a sign that stands twice is itself."""
    return _EDGE_CODES.sub(lambda code: "&" if code[0] == "&&" else " ", text).strip()


def edges(raw: bytes) -> Iterator[tuple[str, bool]]:
    """Yield headers and footers of even and of first pages, and whether some page shows them ([MS-XLS] 2.4.137)."""
    if len(raw) < 38:
        return
    flags, *counts = struct.unpack_from("<5H", raw, 28)
    text = Text(raw, 38, len(raw), None)
    for count, used in zip(counts, (flags & 1, flags & 1, flags & 2, flags & 2), strict=True):
        if count:
            words = plain_edge(text.string(2))
            if words:
                yield words, bool(used)


def link(raw: bytes) -> tuple[str, list[str]]:
    """Return the address of a link, and what else it says ([MS-XLS] 2.4.140, [MS-OSHARED] 2.3.7.1)."""
    if len(raw) < 32:
        return "", []
    flags = struct.unpack_from("<I", raw, 28)[0]
    text = Text(raw, 32, len(raw), None)
    words: list[str] = []
    address = ""
    if flags & 0x10:
        words.append(_counted(text))
    if flags & 0x80:
        words.append(_counted(text))
    if flags & 0x101 == 0x101:
        address = _counted(text)
    elif flags & 1:
        address = _moniker(text)
    if flags & 8:
        words.append(_counted(text))
    return address, [word for word in words if word]


def _counted(text: Text) -> str:
    return text.take(2 * min(text.number(4), text.left)).decode("utf-16-le", "replace").split("\0")[0]


def _moniker(text: Text) -> str:
    kind = text.take(16)
    if kind == _URL:
        return text.take(min(text.number(4), text.left)).decode("utf-16-le", "replace").split("\0")[0]
    if kind != _FILE:
        return ""
    text.skip(2)
    narrow = text.take(min(text.number(4), text.left)).decode("cp1252", "replace").split("\0")[0]
    text.skip(24)
    size = text.number(4)
    if size:
        length = text.number(4)
        text.skip(2)
        return text.take(min(length, text.left)).decode("utf-16-le", "replace")
    return narrow
