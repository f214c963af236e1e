"""Reads the headers of a tar: v7, ustar, GNU and pax (POSIX.1-2017), with every size held against what is there.

Rules for whoever changes this file: a header counts only when its checksum agrees; an extended header is read up to a
limit and skipped beyond it; a name is bytes and never a place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from witnessmark.formats.detect import tar_checksum_agrees

BLOCK = 512
LONGEST_EXTENDED = 1 << 20
FILES = (b"0", b"\x00", b"7")
_TYPES = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a named pipe",
    b"S": "a sparse file",
    b"V": "a volume label",
    b"M": "a part continued from another volume",
    b"D": "a list of a folder",
    b"N": "a list of renamed files",
}


@dataclass(frozen=True, slots=True)
class Header:
    """One member as the tar states it; `data` is where its bytes begin."""

    name: bytes
    type: bytes
    size: int
    data: int
    mode: int
    modified: str
    owner: str
    link: bytes = b""
    sparse: bool = False

    @property
    def what(self) -> str:
        """What the member is, in words, where it is no file and no folder."""
        return "a sparse file" if self.sparse else _TYPES.get(self.type, "of a type that is not known")


class TarReader:
    """The members of a tar in order; `damaged` counts the blocks between them that are no header."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._size = stream, size
        self.damaged = 0
        self.ended = False  # by the two zero blocks that end a tar
        self.cut = False  # a member says to be longer than what is there

    def headers(self) -> Iterator[Header]:
        """Yield each member."""
        at, everywhere = 0, dict[str, bytes]()
        pax, long_name, long_link = dict[str, bytes](), b"", b""
        while at + BLOCK <= self._size:
            block = self._at(at, BLOCK)
            at += BLOCK
            if not block.strip(b"\x00"):
                if not self._at(at, BLOCK).strip(b"\x00"):
                    self.ended = True
                    return
                continue
            if not tar_checksum_agrees(block):
                self.damaged += 1
                continue
            kind, size = block[156:157], number(block[124:136])
            if kind in (b"L", b"K", b"x", b"g", b"X"):
                content = self._at(at, min(size, LONGEST_EXTENDED))
                at += _padded(size)
                if kind == b"L":
                    long_name = content.rstrip(b"\x00")
                elif kind == b"K":
                    long_link = content.rstrip(b"\x00")
                elif kind == b"g":
                    everywhere |= dict(pax_records(content))
                else:
                    pax = dict(pax_records(content))
                continue
            header = _header(block, at, everywhere | pax, long_name, long_link)
            pax, long_name, long_link = {}, b"", b""
            holds = header.size if header.type not in (b"1", b"2", b"3", b"4", b"5", b"6") else 0
            if header.type == b"S":
                at = self._after_sparse(block, at)
            self.cut = self.cut or at + holds > self._size
            yield header
            at += _padded(holds)

    def _after_sparse(self, block: bytes, at: int) -> int:
        extended = block[482:483] not in (b"\x00", b"")
        while extended and at + BLOCK <= self._size:
            extended = self._at(at, BLOCK)[504:505] not in (b"\x00", b"")
            at += BLOCK
        return at

    def _at(self, offset: int, count: int) -> bytes:
        self._stream.seek(offset)
        return self._stream.read(count)


def _padded(size: int) -> int:
    return (size + BLOCK - 1) // BLOCK * BLOCK


def _header(block: bytes, data: int, pax: dict[str, bytes], long_name: bytes, long_link: bytes) -> Header:
    name, kind = block[:100].split(b"\x00")[0], block[156:157]
    prefix = block[345:500].split(b"\x00")[0]
    if block[257:263] == b"ustar\x00" and prefix:
        name = prefix + b"/" + name
    sparse = kind == b"S" or any(key.startswith("GNU.sparse.") for key in pax)
    name = pax.get("GNU.sparse.name") or pax.get("path") or long_name or name
    size = _decimal(pax.get("size"), number(block[124:136]))
    if name.endswith(b"/") and kind in (b"\x00", b"0"):
        kind = b"5"
    owner = block[265:297].split(b"\x00")[0] if block[257:262] == b"ustar" else b""
    owner = pax.get("uname", owner) or str(number(block[108:116])).encode()
    modified = pax.get("mtime", b"").decode("ascii", "replace") or str(number(block[136:148]))
    link = pax.get("linkpath") or long_link or block[157:257].split(b"\x00")[0]
    return Header(
        name,
        kind,
        size,
        data,
        number(block[100:108]),
        modified[:40],
        owner[:100].decode("utf-8", "replace"),
        link,
        sparse,
    )


def number(field: bytes) -> int:
    """Return a number as tar writes it: octal, or base 256 with a mark; what is neither is 0."""
    if field[:1] in (b"\x80", b"\xff"):
        return max(0, int.from_bytes(field[1:], "big")) if field[0] == 0x80 else 0
    digits = field.strip(b" \x00")
    return int(digits, 8) if re.fullmatch(rb"[0-7]+", digits) else 0


def _decimal(text: bytes | None, otherwise: int) -> int:
    return int(text) if text and re.fullmatch(rb"[0-9]{1,18}", text) else otherwise


def pax_records(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield key and value of each pax record, `LENGTH KEY=VALUE LF`, up to the first that is not so."""
    at = 0
    while at < len(content):
        blank = content.find(b" ", at, at + 20)
        if blank < 0 or not content[at:blank].isdigit():
            return
        length = int(content[at:blank])
        key, equals, value = content[blank + 1 : at + length - 1].partition(b"=")
        if length < 5 or not equals or at + length > len(content):
            return
        yield key.decode("utf-8", "replace"), value
        at += length
