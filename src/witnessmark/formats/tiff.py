"""TIFF structures (TIFF 6.0, BigTIFF, EXIF, MPF): directories and their entries, nothing of a picture.

A structure is walked once: a directory that was seen is not entered again, so that no ring of directories holds the
reader; an entry whose value lies outside the bytes is counted, not read.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from witnessmark.formats.octets import Octets

MOST_DIRECTORIES = 5000
"""Directories that are read; further ones of a chain are counted."""
MOST_PAGES = 100_000
MOST_ENTRIES = 2000
LONGEST = 1 << 16
"""Bytes of one value that are taken with its entry."""
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_CODES: Final = {
    1: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q",
}  # fmt: skip
SUB_IFDS, EXIF_IFD, GPS_IFD, INTEROP_IFD = 0x014A, 0x8769, 0x8825, 0xA005
_POINTERS: Final = {EXIF_IFD: "Exif", GPS_IFD: "GPS", INTEROP_IFD: "Interop"}
TEXT, UNDEFINED = 2, 7
_WIDTH: Final = 0x0100
_MOST_LOWER: Final = 32


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its tag, the type and number of its values, where they lie, and their (first) bytes."""

    tag: int
    kind: int
    count: int
    at: int
    size: int
    raw: bytes
    order: str

    def numbers(self, most: int = 256) -> list[int]:
        """Return whole numbers; of rationals nothing."""
        code = _CODES.get(self.kind)
        if code is None or code in "fd":
            return []
        return [int(value) for value in self._unpacked(code, most)]

    def reals(self, most: int = 256) -> list[float]:
        """Return the values of FLOAT and DOUBLE."""
        code = _CODES.get(self.kind, "")
        return [float(value) for value in self._unpacked(code, most)] if code and code in "fd" else []

    def fractions(self, most: int = 256) -> list[tuple[int, int]]:
        """Return the pairs of RATIONAL and SRATIONAL."""
        if self.kind not in (5, 10):
            return []
        flat = self._unpacked("I" if self.kind == 5 else "i", most * 2)
        return [(int(flat[place]), int(flat[place + 1])) for place in range(0, len(flat) - 1, 2)]

    def _unpacked(self, code: str, most: int) -> tuple[float, ...]:
        size = struct.calcsize(self.order + code)
        count = min(len(self.raw) // size, most)
        found: tuple[float, ...] = struct.unpack_from(f"{self.order}{count}{code}", self.raw)
        return found


@dataclass(slots=True)
class Directory:
    """One directory: its name (`IFD0`, `IFD1`, `SubIFD`, `Exif`, `GPS`, `Interop`), its place, its entries by tag.

    `dialect` is the mark of a structure that is no TIFF but built like one; it stands with its first directory alone.
    """

    name: str
    at: int
    entries: dict[int, Entry] = field(default_factory=dict)
    repeated: int = 0
    outside: int = 0
    dialect: bytes = b""


class Structure:
    """A TIFF structure in some bytes."""

    def __init__(self, octets: Octets, order: str = "") -> None:
        """Find the byte order, or take the given one for directories that stand without a header.

        Raises:
            ValueError: when these bytes begin no TIFF structure.
        """
        self.octets = octets
        head = octets.take(0, 16)
        if not order and (head[:2] not in (b"II", b"MM") or len(head) < 8):
            raise ValueError("no TIFF structure begins here")
        self.order = order or ("<" if head[:2] == b"II" else ">")
        self.big = not order and struct.unpack_from(self.order + "H", head, 2)[0] == 43
        self._dialect = head[2:4] if not order else b""
        self.first = self._offset(8 if self.big else 4)
        self.pages = 0
        self._seen: set[int] = set()

    def _offset(self, at: int) -> int:
        return self.octets.number(at, 8 if self.big else 4, "little" if self.order == "<" else "big")

    def directories(self) -> Iterator[Directory]:
        """Yield the directories of the chain, each with those below it; `pages` then tells the chain's length."""
        at, number = self.first, 0
        while at and at not in self._seen and self.pages < MOST_PAGES:
            self.pages += 1
            if len(self._seen) < MOST_DIRECTORIES:
                yield from self._below(f"IFD{number}", at, 0)
            self._seen.add(at)
            at, number = self._next(at), number + 1

    def directory(self, name: str, at: int) -> Directory | None:
        """Return one directory, or None when there is none at that place."""
        count = self._count(at)
        if not 0 < count <= 0xFFFF:
            return None
        found = Directory(name, at, dialect=self._dialect if at == self.first else b"")
        width, start = (20, 8) if self.big else (12, 2)
        table = self.octets.take(at + start, width * min(count, MOST_ENTRIES))
        for place in range(0, len(table) - width + 1, width):
            entry = self._entry(table[place : place + width], at + start + place)
            if entry is None:
                found.outside += 1
            elif entry.tag in found.entries:
                found.repeated += 1
            else:
                found.entries[entry.tag] = entry
        return found

    def _below(self, name: str, at: int, depth: int) -> Iterator[Directory]:
        if at in self._seen or len(self._seen) >= MOST_DIRECTORIES:
            return
        self._seen.add(at)
        found = self.directory(name, at)
        if found is None:
            return
        yield found
        if depth > 4:
            return
        for tag, below in _POINTERS.items():
            entry = found.entries.get(tag)
            for place in entry.numbers(1) if entry is not None else ():
                yield from self._below(below, place, depth + 1)
        yield from self._lower(found, depth)

    def _lower(self, found: Directory, depth: int) -> Iterator[Directory]:
        """Yield what hangs below a directory; each place may begin a chain, as pyramids of one picture do."""
        entry, number = found.entries.get(SUB_IFDS), 0
        for start in entry.numbers(_MOST_LOWER) if entry is not None else ():
            place = start
            while number < _MOST_LOWER:
                yield from self._below(f"SubIFD{number or ''}", place, depth + 1)
                number += 1
                place = self._next(place)
                following = self.directory("", place) if place and place not in self._seen else None
                if following is None or _WIDTH not in following.entries:
                    break

    def _count(self, at: int) -> int:
        return self.octets.number(at, 8 if self.big else 2, "little" if self.order == "<" else "big")

    def _next(self, at: int) -> int:
        count = self._count(at)
        return self._offset(at + (8 + 20 * count if self.big else 2 + 12 * count)) if count <= 0xFFFF else 0

    def _entry(self, row: bytes, at: int) -> Entry | None:
        if self.big:
            tag, kind, count = struct.unpack_from(self.order + "HHQ", row)
            inline, head = row[12:20], 12
        else:
            tag, kind, count = struct.unpack_from(self.order + "HHI", row)
            inline, head = row[8:12], 8
        size = _SIZES.get(kind, 0) * count
        if kind not in _SIZES:
            return None
        if size <= len(inline):
            return Entry(tag, kind, count, at + head, size, inline[:size], self.order)
        (place,) = struct.unpack(self.order + ("Q" if self.big else "I"), inline)
        if place >= self.octets.size:
            return None
        return Entry(tag, kind, count, place, size, self.octets.take(place, min(size, LONGEST)), self.order)
