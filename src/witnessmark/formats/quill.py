"""Reads Publisher from 98 on and Works from 2000 on: the text that their common part, Quill, keeps in one chunk.

The layout was never published by its maker; what is known of it (a list of chunks by name, place and length) comes from
the projects that read it. Which page shows which stretch of the text stands elsewhere and is not read.
"""

import re
import struct
from collections.abc import Iterator
from typing import Final

from witnessmark.cell.report import Report, Source
from witnessmark.formats import strings
from witnessmark.formats.compound import CompoundFile, opened
from witnessmark.formats.legacy_parts import tell_parts
from witnessmark.model.derivative import Outcome

LARGEST: Final = 256 << 20
MOST_BLOCKS: Final = 1000
_LIST, _ENTRY = 0x18, 24
_SIGNS: Final = re.compile(r"[\x00-\x08\x0e-\x1f]")


def read_quill(source: Source, report: Report) -> None:
    """Read a publication, or a document of Works.

    Raises:
        ReadingStopped: when the compound file cannot be followed.
    """
    file = opened(source)
    try:
        _tell_text(file, source, report)
    finally:
        tell_parts(file, report)


def _tell_text(file: CompoundFile, source: Source, report: Report) -> None:
    entry = file.find("Quill", "QuillSub", "CONTENTS") or file.find("CONTENTS")
    data = b"" if entry is None else file.read(entry, LARGEST)
    texts = [text for name, body in chunks(data) if name == b"TEXT" and (text := _plain(body)).strip()]
    if texts:
        report.hidden("text, shown or not", "\n".join(texts) + "\n")
        report.outcome(Outcome.PARTIAL, "the text is given; which of it a page shows is not told")
        return
    strings.say(source, report)
    report.outcome(Outcome.PARTIAL, "no text can be followed: only what is readable in the bytes is given")


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and bytes of the chunks, from blocks of the list that each tell where the next one stands."""
    if not data.startswith(b"CHNK"):
        return
    at, seen, room = _LIST, set[int](), len(data)
    while at not in seen and at + 8 <= len(data) and len(seen) < MOST_BLOCKS:
        seen.add(at)
        count, following = struct.unpack_from("<xxHI", data, at)
        for number in range(count):
            place = at + 8 + _ENTRY * number
            if place + _ENTRY > len(data):
                return
            start, length = struct.unpack_from("<II", data, place + 16)
            length = min(length, max(0, len(data) - start))
            if data[place : place + 2] == b"\x18\0" and length <= room:
                room -= length  # honest chunks use no byte twice
                yield data[place + 12 : place + 16], data[start : start + length]
        at = following


def _plain(body: bytes) -> str:
    text = body[: len(body) & ~1].decode("utf-16-le", "replace")
    return _SIGNS.sub("", text.replace("\r", "\n").replace("\x0b", "\n"))
