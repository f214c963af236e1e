"""SQLite databases: the rows of every table as text, and what deleted rows left behind; read page by page.

The file format is that of sqlite.org/fileformat2.html. The library itself is not asked: it wants the whole file in
memory or a path, and a schema made by somebody else can make it run things. Here a page is looked at when it is needed
and no other, so that a database of any size is read in little memory, and pages that nothing refers to are seen too.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import strings
from witnessmark.formats.encodings import storable
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

MAGIC: Final = b"SQLite format 3\x00"
MOST_CELLS = 5_000_000
"""Rows that are read of one database."""
MOST_FIELD = 32 << 20
"""Bytes of one value that are read."""
LEAST_MEMBER = 32
"""Bytes from which on a value that is no text is a file in a field, and comes out as a member."""
MOST_FREE = 4_096
"""Pages out of use that are looked through for words."""
DEEPEST = 40
_INTERIOR_INDEX, _INTERIOR_TABLE, _LEAF_INDEX, _LEAF_TABLE = 2, 5, 10, 13
_ENCODINGS = {1: "utf-8", 2: "utf-16-le", 3: "utf-16-be"}
_SIZES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}

Cell = int | str | bytes | None


class Broken(Exception):  # noqa: N818 - it names what was found
    """A page or row that is not as the format has it."""


@dataclass(slots=True)
class _Told:
    """What came up while reading, for the outcome."""

    cells: int = 0
    broken: list[str] = field(default_factory=list)
    is_full: bool = False


def read_sqlite(source: Source, report: Report) -> None:
    """Read a database: tables with their names and columns as visible text, everything else apart."""
    try:
        base = Database(source.stream, source.size)
    except Broken as error:
        raise ReadingStopped(Outcome.CORRUPT, f"no database that can be read: {error}") from error
    told = _Told()
    if not base.is_whole:
        told.broken.append("the file is shorter than it says")
    report.observe("sqlite.page_size", base.page_size)
    report.observe("sqlite.encoding", base.encoding)
    report.observe("sqlite.version_of_writer", base.writer)
    report.observe("sqlite.free_pages", base.free_pages)
    for name, value in (("user_version", base.user_version), ("application_id", base.application_id)):
        if value:
            report.observe(f"sqlite.{name}", value)
    if base.uses_log:
        # Its newest rows may stand in a file beside it, "-wal".
        report.observe("sqlite.write_ahead_log", value=True)
    seen: set[int] = set()
    schema = [row for row in base.table(1, seen, told) if len(row) >= 5]
    for row in schema:
        said = row[4] or row[1]  # an index that SQLite made for itself has no words of its own
        if isinstance(said, str):
            report.hidden("schema", said)
    tables = [row for row in schema if row[0] == "table" and isinstance(row[3], int) and row[3] > 0]
    report.observe("sqlite.tables", [str(row[1])[:200] for row in tables[:500]])
    for row in tables:
        assert isinstance(row[3], int)
        _say_table(base, str(row[1]), row[3], seen, told, report)
    _say_unused(base, told, report)
    if told.broken:
        report.outcome(
            Outcome.PARTIAL if told.cells else Outcome.CORRUPT,
            f"{len(told.broken)} pages or rows cannot be read: {told.broken[0]}",
        )
    elif told.is_full:
        report.outcome(Outcome.PARTIAL, f"more than {MOST_CELLS:,} rows")


def _say_table(base: "Database", name: str, root: int, seen: set[int], told: _Told, report: Report) -> None:
    """Report a table's rows; those of tables that SQLite keeps for itself are no text of anybody's."""
    is_own = name.startswith("sqlite_")
    if not is_own:
        report.visible(f"{name}\n")
    for number, row in enumerate(base.table(root, seen, told), 1):
        line = "\t".join(_shown(cell) for cell in row)
        for column, cell in enumerate(row, 1):
            if isinstance(cell, bytes) and len(cell) >= LEAST_MEMBER and not is_own:
                place = PathStep(_whole(name)), PathStep(f"row {number}, column {column}")
                with report.member(place, How.DECODED, {}) as sink:
                    sink.write(cell)
        if is_own:
            report.hidden("sqlite table", line)
        elif line.strip():
            report.visible(line + "\n")
    if not is_own:
        report.visible("\n")


def _whole(name: str) -> str:
    return storable(name[:200])


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bytes):
        return f"({len(cell)} bytes)" if cell else ""
    return str(cell).replace("\t", " ").replace("\r\n", "\n").replace("\r", "\n")


def _say_unused(base: "Database", told: _Told, report: Report) -> None:
    """Report the words in pages that are out of use: what was deleted and not written over."""
    count = 0
    try:
        for page in base.freelist():
            count += 1
            if count > MOST_FREE:
                report.observe("sqlite.free_pages_read", MOST_FREE)
                break
            for text in strings.runs(base.page(page)):
                report.hidden("deleted", text)
    except Broken as error:
        told.broken.append(str(error))


class Database:
    """An opened database.

    Raises:
        Broken: when the header is none.
    """

    def __init__(self, stream: BinaryIO, size: int) -> None:
        stream.seek(0)
        head = stream.read(100)
        if len(head) < 100 or head[:16] != MAGIC:
            raise Broken("no header of a database")
        self._stream, self._size = stream, size
        raw = int.from_bytes(head[16:18])
        self.page_size = 65536 if raw == 1 else raw
        if self.page_size < 512 or self.page_size & (self.page_size - 1):
            raise Broken(f"pages of {self.page_size} bytes")
        self._usable = self.page_size - head[20]
        if self._usable < 480:
            raise Broken("pages without room")
        self._codec = _ENCODINGS.get(int.from_bytes(head[56:60]), "utf-8")
        self.encoding = self._codec
        self.uses_log = head[18:20] == b"\x02\x02"
        self.free_pages = int.from_bytes(head[36:40])
        self._first_free = int.from_bytes(head[32:36])
        self.user_version = int.from_bytes(head[60:64])
        self.application_id = int.from_bytes(head[68:72])
        self.writer = int.from_bytes(head[96:100])
        self.pages = size // self.page_size
        self.is_whole = int.from_bytes(head[28:32]) <= self.pages or head[24:28] != head[92:96]

    def page(self, number: int) -> bytes:
        """Return a page, counted from 1.

        Raises:
            Broken: when there is no such page.
        """
        if not 1 <= number <= self.pages:
            raise Broken(f"page {number} is not there")
        self._stream.seek((number - 1) * self.page_size)
        return self._stream.read(self.page_size)

    def freelist(self) -> Iterator[int]:
        """Yield the numbers of the pages that are out of use."""
        trunk, seen = self._first_free, set[int]()
        while trunk:
            if trunk in seen or len(seen) > self.pages:
                raise Broken("the list of free pages runs in a circle")
            seen.add(trunk)
            page = self.page(trunk)
            count = min(int.from_bytes(page[4:8]), self.page_size // 4 - 2)
            yield from struct.unpack_from(f">{count}I", page, 8)
            trunk = int.from_bytes(page[:4])

    def table(self, root: int, seen: set[int], told: _Told) -> Iterator[list[Cell]]:
        """Yield the rows of a table, in its order; what cannot be read is told and passed over.

        Args:
            root: the number of its first page.
            seen: pages read so far, of any table: none is read twice, so no circle holds.
            told: where trouble is noted.
        """
        waiting = [(root, 0)]
        while waiting:
            number, depth = waiting.pop()
            if number in seen or depth > DEEPEST:
                told.broken.append(f"page {number} stands in two places")
                continue
            seen.add(number)
            try:
                page = self.page(number)
                kind, cells, right = self._layout(page, 100 if number == 1 else 0)
            except (Broken, struct.error) as error:
                told.broken.append(f"page {number}: {error}")
                continue
            if kind in (_INTERIOR_TABLE, _INTERIOR_INDEX):
                children = [int.from_bytes(page[at : at + 4]) for at in cells]
                waiting.extend((child, depth + 1) for child in reversed([*children, right]))
                if kind == _INTERIOR_TABLE:
                    continue
            for at in cells:
                if told.cells >= MOST_CELLS:
                    told.is_full = True
                    return
                told.cells += 1
                try:
                    yield self._row(page, at, kind)
                except (Broken, struct.error, IndexError) as error:
                    told.broken.append(f"a row of page {number}: {error}")

    def _layout(self, page: bytes, at: int) -> tuple[int, list[int], int]:
        """Return a page's kind, where its cells begin, and its last child."""
        kind = page[at]
        if kind not in (_INTERIOR_INDEX, _INTERIOR_TABLE, _LEAF_INDEX, _LEAF_TABLE):
            raise Broken(f"unknown kind {kind}")
        count = int.from_bytes(page[at + 3 : at + 5])
        inner = kind in (_INTERIOR_INDEX, _INTERIOR_TABLE)
        start = at + (12 if inner else 8)
        if start + 2 * count > self._usable:
            raise Broken("more cells than fit")
        cells = [place for place in struct.unpack_from(f">{count}H", page, start) if place < self._usable]
        return kind, cells, int.from_bytes(page[at + 8 : at + 12]) if inner else 0

    def _row(self, page: bytes, at: int, kind: int) -> list[Cell]:
        row_id = None
        if kind == _INTERIOR_INDEX:
            at += 4
        size, at = _number(page, at)
        if kind == _LEAF_TABLE:
            row_id, at = _number(page, at)
        payload = self._payload(page, at, size, is_table=kind == _LEAF_TABLE)
        return self._values(payload, row_id)

    def _payload(self, page: bytes, at: int, size: int, *, is_table: bool) -> bytes:
        """Return a row's bytes, gathered from the pages that it runs over into (section 1.6)."""
        usable = self._usable
        most = usable - 35 if is_table else (usable - 12) * 64 // 255 - 23
        if size <= most:
            return page[at : at + size]
        least = (usable - 12) * 32 // 255 - 23
        here = least + (size - least) % (usable - 4)
        here = here if here <= most else least
        found = bytearray(page[at : at + here])
        following = int.from_bytes(page[at + here : at + here + 4])
        passed = 0
        while following and len(found) < min(size, 2 * MOST_FIELD):
            passed += 1
            if passed > self.pages:
                raise Broken("a row runs in a circle")
            more = self.page(following)
            found += more[4 : 4 + min(usable - 4, size - len(found))]
            following = int.from_bytes(more[:4])
        return bytes(found)

    def _values(self, payload: bytes, row_id: int | None) -> list[Cell]:
        length, at = _number(payload, 0)
        if length > len(payload):
            raise Broken("a row's head is longer than the row")
        kinds = []
        while at < length:
            kind, at = _number(payload, at)
            kinds.append(kind)
        values: list[Cell] = []
        at = length
        for kind in kinds:
            value, at = self._value(payload, at, kind)
            values.append(value)
        if row_id is not None and values and values[0] is None:
            values[0] = row_id  # an INTEGER PRIMARY KEY is kept as the number of its row
        return values

    def _value(self, payload: bytes, at: int, kind: int) -> tuple[Cell, int]:
        if kind == 0:
            return None, at
        if kind in _SIZES:
            size = _SIZES[kind]
            return int.from_bytes(payload[at : at + size], signed=True), at + size
        if kind == 7:
            number = float(struct.unpack_from(">d", payload, at)[0])
            return format(number, ".15g"), at + 8
        if kind in (8, 9):
            return kind - 8, at
        if kind < 12:
            raise Broken(f"a value of unknown kind {kind}")
        size = (kind - 12) // 2
        raw = payload[at : at + min(size, MOST_FIELD)]
        if kind % 2:
            return raw.decode(self._codec, "replace"), at + size
        return raw, at + size


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return a variable-length integer (section 1.6: one to nine bytes) and where it ends."""
    value = 0
    for i in range(8):
        byte = data[at + i]
        value = value << 7 | byte & 127
        if byte < 128:
            return value, at + i + 1
    value = value << 8 | data[at + 8]
    return value - (1 << 64) if value >> 63 else value, at + 9
