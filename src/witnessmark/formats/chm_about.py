"""What compiled help says of itself in files of its own: title, who compiled what when, words of its tables."""

import struct
from collections.abc import Iterator
from typing import Final

from witnessmark.cell.report import Report
from witnessmark.formats import dates
from witnessmark.formats.word_story import page_of_language

SYSTEM: Final = b"/#SYSTEM"
STRINGS: Final = b"/#STRINGS"
FILES: Final = frozenset((SYSTEM, STRINGS))
LONGEST: Final = 1000
MOST_WORDS: Final = 1 << 20
_TEXTS: Final = {0: "contents", 1: "index", 2: "first_topic", 3: "title", 5: "window", 6: "compiled_as"}
_HOW, _COMPILER, _TIME = 4, 9, 10


def tell(name: bytes, data: bytes, language: int, report: Report) -> None:
    """Report what one of `FILES` says; `language` is what the head of the help states."""
    codec = page_of_language(language)
    if name == SYSTEM:
        _tell_system(data, codec, report)
    elif name == STRINGS:
        words = dict.fromkeys(text.decode(codec, "replace").strip() for text in data[:MOST_WORDS].split(b"\0") if text)
        said = "\n".join(text for text in words if any(map(str.isalpha, text)))
        if said:
            report.hidden("titles and names", said + "\n")


def _tell_system(data: bytes, codec: str, report: Report) -> None:
    said: dict[str, str | int] = {}
    for code, body in _records(data):
        text = body.split(b"\0")[0].decode(codec, "replace").strip()[:LONGEST]
        if code in _TEXTS and text:
            said[_TEXTS[code]] = text
        elif code == _COMPILER and text:
            dates.observe_software(report, text, "", "compiled help")
        elif code == _HOW and len(body) >= 28:
            said["language"] = struct.unpack_from("<I", body)[0]
            (ticks,) = struct.unpack_from("<Q", body, 20)
            if ticks:
                dates.observe(report, "created", dates.from_filetime(ticks), "compiled help: compiled")
    if said:
        report.observe("chm.help", said)
    for name in ("title", "compiled_as"):
        if name in said:
            report.hidden(f"metadata: {name.replace('_', ' ')}", f"{said[name]}\n")


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 4
    while at + 4 <= len(data):
        code, size = struct.unpack_from("<HH", data, at)
        yield code, data[at + 4 : at + 4 + size]
        at += 4 + size
