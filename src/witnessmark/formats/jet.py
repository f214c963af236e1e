"""Reads the pages of an Access database (Jet 3 and 4, ACE): which tables there are, and the values of their rows.

Microsoft has not published the format; it is read after the documentation of mdbtools ("HACKING", the MDB file format).
Where a table's rows lie is not believed from its map of pages: every page of data names its table, so that rows whose
table is gone, and rows that are marked as deleted, are seen too.

Rules for whoever changes this file: a page is read when it is needed; a row that does not fit its page costs itself; no
chain of pages is followed further than it can be long.
"""

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from witnessmark.formats.jet_values import Column, Raw, Value, text_of, value_of
from witnessmark.formats.windows_codecs import WESTERN, codec_of_page

MOST_PAGES: Final = 4_000_000
MOST_COLUMNS: Final = 1024
MOST_LONG: Final = 32 << 20
"""Bytes of one long value that are read."""
_CATALOGUE: Final = 2
_DELETED, _ELSEWHERE, _PLACE = 0x8000, 0x4000, 0x1FFF
_LOCK: Final = b"\xc7\xda\x39\x6b"
"""The key under which every database keeps its first page; it locks nothing out."""


class BrokenJet(Exception):  # noqa: N818 - it says what was found
    """The file cannot be followed as a database."""


class LockedJet(Exception):  # noqa: N818
    """The pages are encrypted under a password."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns in the order of their numbers, how many vary in length, and the page that defines it."""

    page: int
    rows: int
    columns: tuple[Column, ...]
    is_system: bool
    varying: int


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its values in the order of the columns, and whether it is marked as deleted."""

    values: tuple[Value, ...]
    is_deleted: bool = False


class Database:
    """An opened database.

    Raises:
        BrokenJet: when the first page is none.
        LockedJet: when the pages are encrypted in a way that needs a password.
    """

    def __init__(self, stream: BinaryIO, size: int) -> None:
        stream.seek(0)
        head = stream.read(4096)
        if len(head) < 2048:
            raise BrokenJet("no first page")
        self.version = head[0x14]
        self.is_old = self.version == 0
        self.page_size = 2048 if self.is_old else 4096
        self._stream, self.pages = stream, min(size // self.page_size, MOST_PAGES)
        length = 126 if self.is_old else 128
        about = rc4(_LOCK, head[0x18 : 0x18 + length])
        self._key = about[0x3E - 0x18 : 0x42 - 0x18]
        if self._key == bytes(4):
            self._key = b""
        elif self.version > 1:
            raise LockedJet
        page = struct.unpack_from("<H", about, 0x3C - 0x18)[0]
        self.code_page = (codec_of_page(page) if self.is_old else None) or WESTERN
        self.owners: dict[int, array[int]] = {}
        """Pages of data by the page that defines their table."""
        self.definitions: list[int] = []
        self._scan()

    def _scan(self) -> None:
        for number in range(1, self.pages):
            self._stream.seek(number * self.page_size)
            head = self._opened(self._stream.read(12), number)
            if head[:1] == b"\x01" and head[4:8] != b"LVAL" and len(head) == 12:
                self.owners.setdefault(int.from_bytes(head[4:8], "little"), array("I")).append(number)
            elif head[:1] == b"\x02":
                self.definitions.append(number)

    def page(self, number: int) -> bytes:
        """Return a page.

        Raises:
            BrokenJet: when there is none of that number.
        """
        if not 0 < number < self.pages:
            raise BrokenJet("a page that is not there")
        self._stream.seek(number * self.page_size)
        return self._opened(self._stream.read(self.page_size), number)

    def _opened(self, data: bytes, number: int) -> bytes:
        if not self._key:
            return data
        key = (int.from_bytes(self._key, "little") ^ number).to_bytes(4, "little")
        return rc4(key, data)

    def catalogue(self) -> Table:
        """Return the table of all objects.

        Raises:
            BrokenJet: when it cannot be read.
        """
        return self.table(_CATALOGUE)

    def table(self, number: int) -> Table:
        """Return the table that a page defines.

        Raises:
            BrokenJet: when it defines none.
        """
        data = self._definition(number)
        try:
            return self._table(data, number)
        except (struct.error, IndexError, ValueError) as error:
            raise BrokenJet("a definition of a table that breaks off") from error

    def _definition(self, number: int) -> bytes:
        data, following, seen = b"", number, set[int]()
        while following and following not in seen and len(seen) < 100:
            seen.add(following)
            page = self.page(following)
            if page[:1] != b"\x02":
                raise BrokenJet("a page that defines no table")
            data += page if not data else page[8:]
            following = struct.unpack_from("<I", page, 4)[0]
        return data

    def _table(self, data: bytes, number: int) -> Table:
        if self.is_old:
            rows, kind, varying, count, indexes = *struct.unpack_from("<I", data, 12), data[20], *_HEAD_3(data)
            at, step = 43 + 8 * indexes, 18
        else:
            rows, kind, varying, count, indexes = *struct.unpack_from("<I", data, 16), data[40], *_HEAD_4(data)
            at, step = 63 + 12 * indexes, 25
        if not 0 < count <= MOST_COLUMNS:
            raise BrokenJet("a table with no or too many columns")
        raw = [data[place : place + step] for place in range(at, at + step * count, step)]
        at += step * count
        columns = []
        for each in raw:
            length = data[at] if self.is_old else struct.unpack_from("<H", data, at)[0]
            at += 1 if self.is_old else 2
            raw_name = data[at : at + length]
            name = text_of(raw_name, self.code_page) if self.is_old else raw_name.decode("utf-16-le", "replace")
            at += length
            columns.append(self._column(each, name))
        return Table(number, rows, tuple(sorted(columns, key=lambda one: one.number)), kind == 0x53, varying)

    def _column(self, raw: bytes, name: str) -> Column:
        if self.is_old:
            kind, number, varying = struct.unpack_from("<BHH", raw)
            flags, fixed, size = struct.unpack_from("<BHH", raw, 13)
            scale, is_calculated = raw[10], False
        else:
            kind, _, number, varying = struct.unpack_from("<BIHH", raw)
            flags, (fixed, size), scale = raw[15], struct.unpack_from("<HH", raw, 21), raw[12]
            is_calculated = raw[16] & 0xC0 == 0xC0
        return Column(name, kind, number, fixed if flags & 1 else varying, bool(flags & 1), size, scale, is_calculated)

    def rows(self, table: Table) -> Iterator[Row]:
        """Yield the rows of a table in the order of its pages; those marked as deleted last, as far as they hold."""
        followed: set[tuple[int, int]] = set()
        deleted: list[tuple[int, int]] = []
        for number in self.owners.get(table.page, ()):
            page = self.page(number)
            for place, (start, end, flags) in enumerate(self._slots(page)):
                if flags & _DELETED:
                    if not flags & _ELSEWHERE:
                        deleted.append((number, place))
                    continue
                data = page[start:end]
                if flags & _ELSEWHERE:
                    if len(data) < 4:
                        continue
                    target = data[0], int.from_bytes(data[1:4], "little")
                    followed.add((target[1], target[0]))
                    data = self._at(target[1], target[0])
                row = self._row(data, table)
                if row is not None:
                    yield Row(row)
        for number, place in deleted:
            if (number, place) not in followed:
                row = self._row(self._at(number, place), table)
                if row is not None:
                    yield Row(row, is_deleted=True)

    def _slots(self, page: bytes) -> Iterator[tuple[int, int, int]]:
        """Yield where each row of a page begins and ends, and its marks."""
        at = 8 if self.is_old else 12
        count, end = struct.unpack_from("<H", page, at)[0], self.page_size
        for index in range(min(count, (len(page) - at - 2) // 2)):
            raw = struct.unpack_from("<H", page, at + 2 + 2 * index)[0]
            start = raw & _PLACE
            yield start, end, raw & (_DELETED | _ELSEWHERE)
            end = min(end, start) if start else end

    def _at(self, number: int, place: int) -> bytes:
        try:
            page = self.page(number)
        except BrokenJet:
            return b""
        for index, (start, end, _) in enumerate(self._slots(page)):
            if index == place:
                return page[start:end]
        return b""

    def _row(self, data: bytes, table: Table) -> tuple[Value, ...] | None:
        """Return the values of a row, or None when it cannot be one."""
        try:
            cells = _cells_3(data, table) if self.is_old else _cells_4(data, table)
        except (struct.error, IndexError):
            return None
        return tuple(self._value(column, raw) for column, raw in cells)

    def _value(self, column: Column, raw: Raw) -> Value:
        try:
            return value_of(column, raw, self.code_page if self.is_old else "", self._long)
        except struct.error:
            return raw  # fewer bytes than such a value has: they stand as they are

    def _long(self, raw: bytes) -> bytes:
        """Return a long value: it stands in the row, in one row of another page, or in a chain of them."""
        if len(raw) < 12:
            return b""
        length, pointer = struct.unpack_from("<II", raw)
        size = min(length & 0x3FFFFFFF, MOST_LONG)
        if length & 0x80000000:
            return raw[12 : 12 + size]
        if length & 0x40000000:
            return self._at(pointer >> 8, pointer & 0xFF)[:size]
        out, steps = bytearray(), 0
        while pointer and len(out) < size and steps <= self.pages:
            piece = self._at(pointer >> 8, pointer & 0xFF)
            if len(piece) < 4:
                break
            out += piece[4:]
            pointer = int.from_bytes(piece[:4], "little")
            steps += 1
        return bytes(out[:size])


def _HEAD_3(data: bytes) -> tuple[int, int, int]:  # noqa: N802 - the two shapes of one head
    varying, count = struct.unpack_from("<HH", data, 23)
    return varying, count, struct.unpack_from("<I", data, 31)[0]


def _HEAD_4(data: bytes) -> tuple[int, int, int]:  # noqa: N802
    varying, count = struct.unpack_from("<HH", data, 43)
    return varying, count, struct.unpack_from("<I", data, 51)[0]


def _cells_4(data: bytes, table: Table) -> list[tuple[Column, Raw]]:
    stored = struct.unpack_from("<H", data)[0]
    mask = data[len(data) - (stored + 7) // 8 :]
    end = len(data) - len(mask)
    ends: list[int] = []
    if table.varying:
        count = struct.unpack_from("<H", data, end - 2)[0]
        at = end - 2 - 2 * (count + 1)
        if at < 2:
            raise IndexError
        ends = [struct.unpack_from("<H", data, end - 4 - 2 * index)[0] for index in range(count + 1)]
    return [(column, _cell(data, column, mask, stored, ends, 2)) for column in table.columns]


def _cells_3(data: bytes, table: Table) -> list[tuple[Column, Raw]]:
    stored = data[0]
    mask = data[len(data) - (stored + 7) // 8 :]
    end = len(data) - len(mask) - 1
    ends: list[int] = []
    if table.varying:
        count, jumps = data[end], (len(data) - 1) // 256
        if jumps and (end - jumps - count - 1) // 256 < jumps:
            jumps -= 1  # the last entry is there and says nothing
            first = end - jumps - 2
        else:
            first = end - jumps - 1
        used = 0
        for index in range(count + 1):
            while used < jumps and data[end - 1 - used] == index:
                used += 1
            ends.append(data[first - index] + 256 * used)
    return [(column, _cell(data, column, mask, stored, ends, 1)) for column in table.columns]


def _cell(data: bytes, column: Column, mask: bytes, stored: int, ends: list[int], head: int) -> Raw:
    is_set = column.number < stored and bool(mask[column.number // 8] >> column.number % 8 & 1)
    if column.is_truth:
        return is_set
    if not is_set:
        return None
    if column.is_fixed:
        return data[head + column.place : head + column.place + column.size]
    if column.place + 1 >= len(ends):
        return None
    return data[ends[column.place] : ends[column.place + 1]]


def rc4(key: bytes, data: bytes) -> bytes:
    """Return data under the old stream cipher: locked or opened, it is the same."""
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 255
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(len(data)), 0, 0
    for place, byte in enumerate(data):
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        out[place] = byte ^ state[(state[i] + state[j]) & 255]
    return bytes(out)
