"""Drawings of the older Office formats ([MS-ODRAW]): records, and the pictures in them.

A record has a head of eight bytes: version and instance, type, length. Lengths are held to what is there; nothing
recurses.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from witnessmark.cell.report import Report
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

MOST_PICTURES: Final = 10_000
MOST_RECORDS: Final = 2_000_000
LARGEST_PICTURE: Final = 128 << 20
STORE_ENTRY: Final = 0xF007
_FIRST_PICTURE, _LAST_PICTURE = 0xF01A, 0xF02A
_ENDINGS: Final = {
    0xF01A: ".emf", 0xF01B: ".wmf", 0xF01C: ".pict", 0xF01D: ".jpg", 0xF01E: ".png", 0xF01F: ".dib", 0xF029: ".tif",
    0xF02A: ".jpg",
}  # fmt: skip
_TWO_DIGESTS: Final = frozenset((0x217, 0x3D5, 0x543, 0x46B, 0x6E3, 0x6E1, 0x7A9, 0x6E5))


@dataclass(frozen=True, slots=True)
class Record:
    """One record: where its body lies, and what its head says."""

    type: int
    instance: int
    is_container: bool
    start: int
    end: int


def records(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Record]:
    """Yield the records that stand one after another in a range."""
    end = len(data) if end is None else min(end, len(data))
    while start + 8 <= end:
        head, kind, length = struct.unpack_from("<HHI", data, start)
        start += 8
        yield Record(kind, head >> 4, head & 15 == 15, start, min(start + length, end))
        start += length


def descend(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Record]:
    """Yield all records in a range, those inside containers too, in the order of the file."""
    end = len(data) if end is None else min(end, len(data))
    count = 0
    while start + 8 <= end and count < MOST_RECORDS:
        head, kind, length = struct.unpack_from("<HHI", data, start)
        start += 8
        count += 1
        is_container = head & 15 == 15
        yield Record(kind, head >> 4, is_container, start, min(start + length, end))
        if not is_container and not (kind == STORE_ENTRY and length > 44):
            start += length
        elif kind == STORE_ENTRY:
            start += 36 + (data[start + 33] if start + 33 < end else 0)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its bytes as a file, and whether they were packed."""

    ending: str
    data: bytes
    was_packed: bool


def picture(data: bytes, record: Record) -> Picture | None:
    """Return the picture that a record holds ([MS-ODRAW] 2.2.23 to 2.2.31)."""
    if not _FIRST_PICTURE <= record.type <= _LAST_PICTURE or record.type not in _ENDINGS:
        return None
    ending = _ENDINGS[record.type]
    start = record.start + (32 if record.instance in _TWO_DIGESTS else 16)
    if record.type > 0xF01C:
        return Picture(ending, data[start + 1 : record.end], was_packed=False)
    if start + 34 > record.end:
        return None
    size, packing = struct.unpack_from("<I", data, start)[0], data[start + 32]
    body = data[start + 34 : record.end]
    if packing == 0xFE:
        return Picture(ending, body, was_packed=False)
    try:
        unpacked = zlib.decompressobj().decompress(body, min(size + 1024, LARGEST_PICTURE))
    except zlib.error:
        return None
    if record.type == 0xF01C:
        unpacked = bytes(512) + unpacked
    return Picture(ending, unpacked, was_packed=True)


class Pictures:
    """Takes pictures out of a document as members, each once."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._seen: set[int] = set()
        self._count = 0

    def take(self, data: bytes, start: int = 0, end: int | None = None) -> None:
        """Take every picture in a range of records."""
        for record in descend(data, start, end):
            found = picture(data, record)
            if found is not None and found.data:
                self.add(found)

    def add(self, found: Picture) -> None:
        """Take one picture."""
        mark = hash(found.data)
        if mark in self._seen:
            return
        self._seen.add(mark)
        self._count += 1
        path = (PathStep(f"picture-{self._count}{found.ending}"),)
        if self._count > MOST_PICTURES:
            if self._count == MOST_PICTURES + 1:
                self._report.refuse_member(path, Outcome.REFUSED_LIMIT, f"more than {MOST_PICTURES} pictures")
            return
        with self._report.member(path, How.DECODED if found.was_packed else How.COPIED, {}) as sink:
            sink.write(found.data)
