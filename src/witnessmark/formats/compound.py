"""Reads OLE compound files (MS-CFB): the directory and the streams, with every chain bounded.

Rules for whoever changes this file: a sector is visited once in a chain; nothing is believed that the file's size
does not allow; nothing recurses.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from witnessmark.cell.report import ReadingStopped, Source
from witnessmark.model.derivative import Outcome

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_ENTRIES = 65_536
STREAM = 2
"""The type of a directory entry that is a stream ([MS-CFB] 2.6.1)."""

_LAST = 0xFFFFFFFA  # sector numbers from here on are marks, not sectors


class BrokenCompound(ValueError):  # noqa: N818 - it says what is broken
    """The compound file cannot be followed."""


@dataclass(frozen=True, slots=True)
class CompoundEntry:
    """An entry of the directory: 1 a storage, 2 a stream, 5 the root; where its bytes begin and how many there are."""

    name: str
    type: int
    start: int
    size: int
    class_id: bytes
    left: int
    right: int
    child: int


class CompoundFile:
    """A compound file opened for reading; the directory is read at once, streams when asked for."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._size = stream, size
        header = self._at(0, 512)
        if len(header) < 512 or header[:8] != MAGIC:
            raise BrokenCompound("no OLE header")
        shift, mini_shift = struct.unpack_from("<HH", header, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise BrokenCompound("sector sizes that are not in use")
        self._sector, self._mini = 1 << shift, 1 << mini_shift
        first_directory, _, self._cutoff, first_mini = struct.unpack_from("<IIII", header, 48)
        self._fat = self._read_fat(header)
        self._first_directory = first_directory
        directory = self._chain(first_directory, MOST_ENTRIES * 128)
        self.entries = tuple(_entry(directory[at : at + 128]) for at in range(0, len(directory) - 127, 128))
        self._mini_fat_start, self._mini_fat, self._mini_stream = first_mini, b"", b""

    def names(self) -> frozenset[str]:
        """Return the names of all storages and streams, wherever they stand, as they are compared."""
        return frozenset(folded(entry.name) for entry in self.entries if entry.type in (1, 2))

    def streams(self) -> dict[str, CompoundEntry]:
        """Return the streams by their names as they are compared; of two of one name the first."""
        return {folded(entry.name): entry for entry in reversed(self.entries) if entry.type == STREAM}

    def walk(self) -> Iterator[tuple[tuple[str, ...], CompoundEntry]]:
        """Yield every storage and stream with its path; each entry once, however the tree is tied."""
        if not self.entries:
            return
        seen: set[int] = set()
        waiting: list[tuple[tuple[str, ...], int]] = [((), self.entries[0].child)]
        while waiting:
            path, number = waiting.pop()
            if number >= len(self.entries) or number in seen:
                continue
            seen.add(number)
            entry = self.entries[number]
            waiting += [(path, entry.right), (path, entry.left)]
            if entry.type in (1, 2):
                yield (*path, entry.name), entry
            if entry.type == 1 and len(path) < 64:
                waiting.append(((*path, entry.name), entry.child))

    def find(self, *path: str) -> CompoundEntry | None:
        """Return the entry of this path, without regard to case, or None."""
        wanted = tuple(map(folded, path))
        for found, entry in self.walk():
            if len(found) == len(wanted) and tuple(map(folded, found)) == wanted:
                return entry
        return None

    def check(self) -> None:
        """Follow every chain to its end, for a library that would follow one that has none.

        Raises:
            BrokenCompound: when a chain comes back to itself.
        """
        table = struct.unpack(f"<{len(self._fat) // 4}I", self._fat[: len(self._fat) & ~3])
        if self._table_circles:
            raise BrokenCompound("the list of the table's sectors comes back to itself")
        ended = bytearray(len(table))  # 1 on a chain that ends
        starts = [entry.start for entry in self.entries if entry.type in (2, 5)]
        for start in (self._first_directory, self._mini_fat_start, *starts):
            here, number = set[int](), start
            while number < len(table) and not ended[number]:
                if number in here:
                    raise BrokenCompound("a chain of sectors comes back to itself")
                here.add(number)
                number = table[number]
            for passed in here:
                ended[passed] = 1

    def read(self, entry: CompoundEntry, limit: int) -> bytes:
        """Return a stream's bytes, `limit` at most; what lies beyond a broken chain is left out."""
        wanted = min(entry.size, limit)
        if entry.size >= self._cutoff:
            return self._chain(entry.start, wanted)[:wanted]
        if not self._mini_fat and self.entries:
            self._mini_fat = self._chain(self._mini_fat_start, self._size)
            self._mini_stream = self._chain(self.entries[0].start, min(self.entries[0].size, self._size))
        parts, number, seen = list[bytes](), entry.start, set[int]()
        while number < _LAST and number not in seen and len(parts) * self._mini < wanted:
            seen.add(number)
            parts.append(self._mini_stream[number * self._mini : (number + 1) * self._mini])
            number = _number(self._mini_fat, number)
        return b"".join(parts)[:wanted]

    def _read_fat(self, header: bytes) -> bytes:
        sectors = list(struct.unpack_from("<109I", header, 76))
        number, seen = struct.unpack_from("<I", header, 68)[0], set[int]()
        most = self._size // self._sector + 1
        while number < _LAST and number not in seen:
            seen.add(number)
            block = self._at_sector(number)
            if len(block) < self._sector:
                break
            numbers = struct.unpack(f"<{self._sector // 4}I", block)
            if len(sectors) < most:
                sectors += numbers[:-1]
            number = numbers[-1]
        self._table_circles = number in seen
        used = dict.fromkeys(found for found in sectors if found < _LAST)
        return b"".join(self._at_sector(found) for found in used)

    def _chain(self, number: int, limit: int) -> bytes:
        parts, seen = list[bytes](), set[int]()
        while number < _LAST and number not in seen and len(parts) * self._sector < limit:
            seen.add(number)
            block = self._at_sector(number)
            if not block:
                break
            parts.append(block)
            number = _number(self._fat, number)
        return b"".join(parts)

    def _at_sector(self, number: int) -> bytes:
        return self._at((number + 1) * self._sector, self._sector)

    def _at(self, offset: int, count: int) -> bytes:
        if offset >= self._size:
            return b""
        self._stream.seek(offset)
        return self._stream.read(count)


def folded(name: str) -> str:
    """Return a name as names of streams are compared: every letter in its simple upper case ([MS-CFB] 2.6.4)."""
    if name.isascii():
        return name.upper()
    return "".join(char if char > "\uffff" or len(upper := char.upper()) != 1 else upper for char in name)


def _number(table: bytes, index: int) -> int:
    at = index * 4
    return int.from_bytes(table[at : at + 4], "little") if at + 4 <= len(table) else _LAST


def _entry(raw: bytes) -> CompoundEntry:
    length = min(struct.unpack_from("<H", raw, 64)[0], 64)
    left, right, child = struct.unpack_from("<III", raw, 68)
    start, size = struct.unpack_from("<IQ", raw, 116)
    name = raw[: max(0, length - 2)].decode("utf-16-le", "replace")
    return CompoundEntry(name, raw[66], start, size & 0xFFFFFFFF, raw[80:96], left, right, child)


def opened(source: Source) -> CompoundFile:
    """Return the compound file that a source is.

    Raises:
        ReadingStopped: when it is none.
    """
    try:
        return CompoundFile(source.stream, source.size)
    except (BrokenCompound, struct.error, IndexError) as error:
        raise ReadingStopped(Outcome.CORRUPT, "the compound file cannot be followed") from error
