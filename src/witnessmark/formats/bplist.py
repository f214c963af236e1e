"""Takes a binary property list of Apple's apart, object by object: what is damaged in one takes no other with it.

By the layout that CoreFoundation documents in `CFBinaryPList.c`. A list is flattened: each value with the keys that
lead to it.

Rules for whoever changes this file: no number of the file is believed; a list that holds itself, or one list many
times, ends at a depth and a count; nothing is left out without being noted.
"""

import struct
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from witnessmark.formats.encodings import storable

MAGIC: Final = b"bplist00"
MOST: Final = 200_000
DEEPEST: Final = 40
_TRAILER: Final = 32
_FIRST: Final = 8
_EPOCH: Final = datetime(2001, 1, 1)  # noqa: DTZ001 - dates here are without a zone; UTC by their definition
_DATA, _ASCII, _WIDE, _UTF8, _NUMBERED = 4, 5, 6, 7, 8
_LISTS, _DICTIONARY = (0xA, 0xB, 0xC), 0xD
_CONSTANTS: Final = {0x00: None, 0x08: False, 0x09: True}
Plain = str | int | float | bytes | datetime | None


class BrokenObject(ValueError):  # noqa: N818 - it says what is broken
    """An object of the list cannot be read."""


class _Inner(tuple[tuple[int | None, int], ...]):
    """The numbers of the objects in a list, each with that of its key."""

    __slots__ = ()


class PropertyList:
    """A binary property list. `problems` counts what was wrong with what was read of it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.problems = Counter[str]()
        self._left = MOST
        self._width, self._ref, self._count, self._top, self._table = 0, 0, 0, 0, 0
        if len(data) >= _FIRST + _TRAILER:
            self._width, self._ref, self._count, self._top, self._table = struct.unpack(">6xBBQQQ", data[-_TRAILER:])

    def values(self) -> Iterator[tuple[str, Plain]]:
        """Yield the plain values with the keys that lead to each.

        Raises:
            BrokenObject: when the outermost list itself cannot be read, before anything was yielded.
        """
        first = self._object(self._top)
        yield from self._flat(first, "", 0)

    def texts_in_order(self) -> Iterator[str]:
        """Yield the texts as they lie in the file, whatever leads to them: for a list whose end is lost."""
        runs = [list(self._walk(width)) for width in (1, 2, 4)]
        yield from max(runs, key=len)

    def _walk(self, ref: int) -> Iterator[str]:
        self._ref = ref
        at = _FIRST
        for _ in range(MOST):
            try:
                kind, start, size = self._extent(at)
                if kind in (_ASCII, _WIDE, _UTF8):
                    yield self._text(kind, start, size)
            except BrokenObject:
                return
            at = start + size

    def _flat(self, value: "Plain | _Inner", path: str, depth: int) -> Iterator[tuple[str, Plain]]:
        self._left -= 1
        if self._left < 0:
            self.problems[f"more than {MOST:,} values"] = 1
            return
        if depth > DEEPEST:
            self.problems[f"lists deeper than {DEEPEST}"] += 1
            return
        if not isinstance(value, _Inner):
            yield path, value
            return
        for key, inner in value:
            if self._left < 0:
                return
            try:
                name = "" if key is None else self._key(key)
                found = self._object(inner)
            except BrokenObject as error:
                self._left -= 1
                self.problems[str(error)] += 1
                continue
            yield from self._flat(found, f"{path}.{name}" if path and name else path or name, depth + 1)

    def _key(self, number: int) -> str:
        try:
            found = self._object(number)
        except BrokenObject as error:
            self.problems[str(error)] += 1
            return "?"
        return "?" if isinstance(found, _Inner | bytes) else str(found)

    def _object(self, number: int) -> "Plain | _Inner":
        at = self._table + number * self._width
        place = self._data[at : at + self._width]
        if number >= self._count or not self._width or len(place) < self._width:
            raise BrokenObject("an object that is not listed")
        kind, start, size = self._extent(int.from_bytes(place, "big"))
        if kind in _LISTS:
            return _Inner((None, ref) for ref in self._refs(start, size))
        if kind == _DICTIONARY:
            half = size // 2
            return _Inner(zip(self._refs(start, half), self._refs(start + half, half), strict=True))
        if kind in (_ASCII, _WIDE, _UTF8):
            return self._text(kind, start, size)
        return self._plain(kind, self._data[start : start + size], self._data[start - 1])

    def _refs(self, start: int, size: int) -> list[int]:
        end = start + min(size, (MOST + 2) * self._ref)  # so many that the last one is too many
        return [int.from_bytes(self._data[at : at + self._ref], "big") for at in range(start, end, self._ref)]

    def _extent(self, at: int) -> tuple[int, int, int]:
        """Return what kind of object lies at a place, where its contents begin, and how many bytes they are."""
        if not _FIRST <= at < len(self._data):
            raise BrokenObject("an object outside the file")
        kind, low = self._data[at] >> 4, self._data[at] & 15
        start, count = at + 1, low
        if kind in (_DATA, _ASCII, _WIDE, _UTF8, *_LISTS, _DICTIONARY):
            if low == 15:
                start, count = self._long_count(start)
            each = self._ref if kind in _LISTS else 2 * self._ref if kind == _DICTIONARY else 1 + (kind == _WIDE)
            if not each:
                raise BrokenObject("an object of a kind that is not in use")
            size = count * each
        elif kind in (1, 2, 3) and low <= 4:
            size = 1 << low
        elif kind == _NUMBERED or (kind == 0 and self._data[at] in _CONSTANTS):
            size = low + 1 if kind else 0
        else:
            raise BrokenObject("an object of a kind that is not in use")
        if start + size > len(self._data):
            raise BrokenObject("an object that breaks off")
        return kind, start, size

    def _long_count(self, at: int) -> tuple[int, int]:
        marker = self._data[at] if at < len(self._data) else 0
        width = 1 << (marker & 15)
        if marker >> 4 != 1 or width > 8:
            raise BrokenObject("a length that is none")
        return at + 1 + width, int.from_bytes(self._data[at + 1 : at + 1 + width], "big")

    def _text(self, kind: int, start: int, size: int) -> str:
        raw = self._data[start : start + size]
        try:
            return raw.decode({_ASCII: "ascii", _WIDE: "utf-16-be", _UTF8: "utf-8"}[kind])
        except UnicodeDecodeError:
            self.problems["a text that holds other bytes than its kind may"] += 1
        if kind == _WIDE:
            return storable(raw.decode("utf-16-be", "surrogatepass" if size % 2 == 0 else "replace"))
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode("mac_roman")

    def _plain(self, kind: int, raw: bytes, marker: int) -> Plain:
        if kind == 0:
            return _CONSTANTS[marker]
        if kind == _DATA:
            return raw
        if kind in (1, _NUMBERED):  # numbers of less than eight bytes have no sign
            return int.from_bytes(raw, "big", signed=kind == 1 and len(raw) >= 8)
        if len(raw) not in (4, 8):
            raise BrokenObject("a number of a width that is not in use")
        number = float(struct.unpack(">f" if len(raw) == 4 else ">d", raw)[0])
        if kind == 2:
            return number
        try:
            return _EPOCH + timedelta(seconds=number)
        except (OverflowError, ValueError):
            self.problems["a date that is none"] += 1
            return number
