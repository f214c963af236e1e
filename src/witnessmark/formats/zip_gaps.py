"""Finds the entries of a zip to which its directory does not lead: misplaced ones, and ones that it does not list.

Rules for whoever changes this file: a header counts once; what is found lies whole between what the directory leads to,
so that no two entries share bytes that did not before; looking ends at a count.
"""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, Final

from witnessmark.formats import zips
from witnessmark.formats.zip_unfold import METHODS
from witnessmark.formats.zips import Entry

MOST_UNLISTED: Final = 1_000
MOST_GAPS: Final = 64 << 20
"""Bytes between the entries of a directory that are looked through for entries that it does not list."""
LOOSE: Final = 64
"""How many bytes that belong to no entry are told of: more than what stands behind a member (APPNOTE 4.3.9)."""
_IN_WIDE: Final = 0xFFFF
"""What stands for the number of a part that an extra field holds (APPNOTE 4.5.3)."""
MOST_TRIED: Final = 200_000
"""Headers that are compared with the entries that are looked for."""


def placed(stream: BinaryIO, entry: Entry, shift: int, part: int) -> Entry:
    """Return an entry with what its own header says, where one lies; else as it is.

    Args:
        stream: the zip.
        entry: as the directory states it, its offset with `shift`.
        shift: how many bytes seem to stand before the zip; they may as well stand behind the entry.
        part: which part of a split zip this is; what lies in another has its place there.
    """
    here = zips.located(stream, entry)
    if here is not None and here.local_name == entry.name:
        return here
    if shift:
        there = zips.located(stream, replace(entry, offset=entry.offset - shift))
        if there is not None and there.local_name == entry.name:
            return there
    return here if here is not None and entry.disk in (part, _IN_WIDE) else entry


class _Wanted:
    """Entries that are looked for, by name and checksum; telling one costs the same however many there are."""

    def __init__(self, entries: list[Entry]) -> None:
        self._exact: dict[tuple[bytes, int], list[int]] = {}
        self._named: dict[bytes, list[int]] = {}
        self.left = {i for i, entry in enumerate(entries) if entry.data < 0}
        for i in sorted(self.left, reverse=True):
            self._exact.setdefault((entries[i].name, entries[i].crc), []).append(i)
            self._named.setdefault(entries[i].name, []).append(i)

    def match(self, header: Entry) -> int | None:
        """Return which entry a header is that of; a checksum of nought stands for one behind the member."""
        places = self._exact.get((header.name, header.crc)) or (
            self._named.get(header.name, []) if not header.crc else []
        )
        while places and places[-1] not in self.left:
            places.pop()
        return places[-1] if places else None


def found_again(stream: BinaryIO, entries: list[Entry], start: int) -> list[Entry]:
    """Return the entries, those without a header at their place with the header of their name and checksum.

    Args:
        stream: the zip.
        entries: those of the directory, placed.
        start: where the directory begins.
    """
    found = list(entries)
    wanted = _Wanted(entries)
    if not wanted.left:
        return found
    tried = 0
    for begin, end in gaps(entries, start):
        at = zips.next_header(stream, begin, end)
        while 0 <= at < end and wanted.left and tried < MOST_TRIED:
            tried += 1
            at = _try(stream, at, end, wanted, found)
            at = zips.next_header(stream, at, end)
    return found


def _try(stream: BinaryIO, at: int, end: int, wanted: _Wanted, found: list[Entry]) -> int:
    """Compare a header with the entries that are wanted; return where looking goes on."""
    here = zips.header(stream, at, end)
    if here is None:
        return at + 4
    match = wanted.match(here)
    moved = None if match is None else zips.located(stream, replace(found[match], offset=at))
    if match is None or moved is None or moved.data > end:
        return here.end if makes_sense(here) and here.packed >= 0 and here.end < end else at + 4
    found[match] = replace(moved, packed=min(moved.packed, end - moved.data))
    wanted.left.discard(match)
    return found[match].end


def gaps(entries: list[Entry], start: int) -> Iterator[tuple[int, int]]:
    """Yield where what belongs to no entry begins and ends, up to the directory, which begins at `start`."""
    at = 0
    listed = sorted((entry.offset, max(entry.end, entry.data)) for entry in entries if entry.data >= 0)
    for begin, end in (*listed, (start, start)):
        if begin > at:
            yield at, begin
        at = max(at, end)


def loose(stream: BinaryIO, entries: list[Entry], start: int) -> Iterator[tuple[int, int]]:
    """Yield where bytes begin that belong to no entry, and how many they are: behind the first entry, and not blank."""
    first = min((entry.offset for entry in entries if entry.data >= 0), default=start)
    for begin, end in gaps(entries, start):
        if begin >= first and end - begin >= LOOSE:
            stream.seek(begin)
            if stream.read(min(end - begin, zips.CHUNK)).strip(b"\0"):
                yield begin, end - begin


def unlisted(stream: BinaryIO, entries: list[Entry], start: int) -> Iterator[Entry]:
    """Yield the entries that lie in gaps between those of the directory, which begins at `start`."""
    looked = 0
    for begin, end in gaps(entries, start):
        if end - begin > 30:
            looked += end - begin
            if looked > MOST_GAPS:
                return
            yield from _in_gap(stream, begin, end)


def _in_gap(stream: BinaryIO, at: int, end: int) -> Iterator[Entry]:
    stream.seek(at)
    gap = io.BytesIO(stream.read(end - at))
    size = len(gap.getbuffer())
    for entry in zips.scan(gap, size, MOST_UNLISTED):
        if makes_sense(entry) and (entry.packed < 0 or entry.end <= size):
            yield replace(entry, offset=entry.offset + at, data=entry.data + at)


def makes_sense(entry: Entry) -> bool:
    """Tell whether a header is one: other bytes hold its mark by chance, or as a program that unpacks does."""
    known = entry.method in METHODS and 0 < len(entry.name) <= 1024 and b"\0" not in entry.name
    return known and not entry.flags & 0x9000
