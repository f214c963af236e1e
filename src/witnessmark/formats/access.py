"""Access databases (.mdb, .accdb): the rows of every table as text; deleted rows, queries and linked tables apart.

Files that lie in fields come out as members: attachments, and objects with what they wrap. A database under a password
of Access 2003 or older keeps its words in the clear; a newer one is encrypted.
"""

import re
import struct
import zlib
from dataclasses import dataclass, field
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import ole, strings
from witnessmark.formats.encodings import storable
from witnessmark.formats.jet import BrokenJet, Database, LockedJet, Row, Table
from witnessmark.formats.jet_values import Value
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

MOST_ROWS: Final = 5_000_000
MOST_TABLES: Final = 4096
MOST_GONE: Final = 4096
"""Pages of tables that are gone which are looked through for words."""
LEAST_MEMBER: Final = 16
LARGEST_FILE: Final = 256 << 20
_TABLE, _LINKED, _LINKED_ODBC, _QUERY = 1, 6, 4, 5
_SYSTEM: Final = 0x80000002
_VERSIONS: Final = {0: "Jet 3", 1: "Jet 4", 2: "ACE 2007", 3: "ACE 2010", 5: "ACE 2016", 6: "ACE 2019"}
_OF_A_COLUMN: Final = re.compile(r"f_[0-9A-F]{32}_")
"""Tables that Access keeps for a column of many values or of attachments."""
_OLE_FIELD: Final = b"\x15\x1c"


@dataclass(slots=True)
class _Told:
    rows: int = 0
    deleted: int = 0
    broken: list[str] = field(default_factory=list)
    is_full: bool = False


def read_access(source: Source, report: Report) -> None:
    """Read a database: tables with their columns as visible text, everything else apart."""
    try:
        base = Database(source.stream, source.size)
    except LockedJet as error:
        raise ReadingStopped(Outcome.ENCRYPTED, "the database is encrypted") from error
    except BrokenJet as error:
        raise ReadingStopped(Outcome.CORRUPT, f"no database that can be read: {error}") from error
    report.observe("access.version", _VERSIONS.get(base.version, str(base.version)))
    told = _Told()
    if source.size % base.page_size:
        told.broken.append("the file ends amid a page")
    names, user = _objects(base, report, told)
    report.observe("access.tables", [name[:200] for name in user.values()][:500])
    for number, name in user.items():
        _say_table(base, number, name, report, told)
    _say_queries(base, names, report)
    _say_gone(base, names, report)
    _conclude(report, told)


def _conclude(report: Report, told: _Told) -> None:
    if told.deleted:
        report.observe("access.deleted_rows", told.deleted)
    if told.broken:
        what = f"{len(told.broken)} parts cannot be read: {told.broken[0]}"
        report.outcome(Outcome.PARTIAL if told.rows else Outcome.CORRUPT, what)
    elif told.is_full:
        report.outcome(Outcome.PARTIAL, f"more than {MOST_ROWS:,} rows")


def _objects(base: Database, report: Report, told: _Told) -> tuple[dict[int, str], dict[int, str]]:
    """Return the names of all tables, and of those that people made, by the page that defines them."""
    names, user = dict[int, str](), dict[int, str]()
    try:
        catalogue = base.catalogue()
    except BrokenJet as error:
        told.broken.append(f"the list of tables: {error}")
        found = [number for number in base.definitions if number in base.owners][:MOST_TABLES]
        return {}, {number: f"table {number}" for number in found}
    at = {column.name: index for index, column in enumerate(catalogue.columns)}
    for row in base.rows(catalogue):
        one = {name: row.values[index] for name, index in at.items()}
        kind, name, flags = one.get("Type"), str(one.get("Name") or ""), one.get("Flags") or 0
        found_id = one.get("Id")
        number = found_id & 0xFFFFFF if isinstance(found_id, int) else 0
        if row.is_deleted:
            if kind in (_TABLE, _QUERY) and not name.startswith("~"):
                report.hidden("deleted object", name)
        elif kind == _TABLE:
            names[number] = name
            is_ours = isinstance(flags, int) and bool(flags & _SYSTEM) and not _OF_A_COLUMN.match(name)
            if not is_ours and len(user) < MOST_TABLES:
                user[number] = name
        elif kind in (_LINKED, _LINKED_ODBC):
            place = ", ".join(str(one[key]) for key in ("Database", "Connect", "ForeignName") if one.get(key))
            report.hidden("linked table", f"{name}: {place}")
    return names, user


def _say_table(base: Database, number: int, name: str, report: Report, told: _Told) -> None:
    try:
        table = base.table(number)
    except BrokenJet as error:
        told.broken.append(f"table {name[:100]}: {error}")
        return
    if any(column.name == "MSysResources_Data" for column in table.columns):
        return  # themes that Access puts into every database
    report.visible(f"{name}\n" + "\t".join(column.name for column in table.columns) + "\n")
    count = 0
    for row in base.rows(table):
        if told.rows >= MOST_ROWS:
            told.is_full = True
            break
        told.rows += 1
        count += not row.is_deleted
        line = "\t".join(_shown(value) for value in row.values)
        if not row.is_deleted:
            report.visible(line + "\n")
        elif line.strip():
            told.deleted += 1
            report.hidden(f"deleted row of {name[:60]}", line)
        _take_files(table, name, count, row, report)
    if count < table.rows:
        told.broken.append(f"table {name[:100]}: {count:,} of {table.rows:,} rows are found")
    report.visible("\n")


def _take_files(table: Table, name: str, count: int, row: Row, report: Report) -> None:
    for column, value in zip(table.columns, row.values, strict=True):
        if not isinstance(value, bytes) or len(value) < LEAST_MEMBER:
            continue
        label, data, how = _unwrapped(column.name, value)
        named = next((str(v) for c, v in zip(table.columns, row.values, strict=True) if c.name == "FileName" and v), "")
        of_row = f"row {count}" if not row.is_deleted else f"deleted row {count}"
        steps = (
            PathStep(storable(name[:200])),
            PathStep(of_row),
            PathStep(storable((label or named or column.name)[:200])),
        )
        with report.member(steps, how, {}) as sink:
            sink.write(data)


def _unwrapped(column: str, value: bytes) -> tuple[str, bytes, How]:
    """Return name, bytes and how they were got of what a field holds: an attachment, an object, or as it is."""
    if column == "FileData":
        inner = _attachment(value)
        if inner is not None:
            return "", inner, How.DECODED
    if value[:2] == _OLE_FIELD:
        # The field's own head, then an object of the first OLE ([MS-OLEDS] 2.2.5): version, kind, three names, data.
        try:
            at = struct.unpack_from("<H", value, 2)[0] + 8
            for _ in range(3):
                at += 4 + struct.unpack_from("<I", value, at)[0]
            size = struct.unpack_from("<I", value, at)[0]
        except struct.error:
            return column, value, How.COPIED
        data = value[at + 4 : at + 4 + size]
        found = ole.wrapped(data) or ole.native(struct.pack("<I", len(data)) + data)
        return (*found, How.DECODED) if found is not None else (column, data or value, How.COPIED)
    return column, value, How.COPIED


def _attachment(value: bytes) -> bytes | None:
    """Return the file of an attachment: a mark, a length, then head and bytes, packed where the mark is 1."""
    kind = int.from_bytes(value[:4], "little")
    content = value[8:]
    if kind == 1:
        machine = zlib.decompressobj()
        try:
            content = machine.decompress(content, LARGEST_FILE)
        except zlib.error:
            return None
    head = int.from_bytes(content[:4], "little")
    return content[head:] if 4 <= head <= min(len(content), 1024) else None


def _say_queries(base: Database, names: dict[int, str], report: Report) -> None:
    """Report the words of queries: tables, columns, conditions."""
    number = next((number for number, name in names.items() if name == "MSysQueries"), None)
    if number is None:
        return
    try:
        table = base.table(number)
        for row in base.rows(table):
            words = [value for value in row.values if isinstance(value, str) and value.strip()]
            if words:
                report.hidden("query", " | ".join(words))
    except BrokenJet:
        return


def _say_gone(base: Database, names: dict[int, str], report: Report) -> None:
    """Report the words in pages whose table is gone."""
    here = {0, 1, *base.definitions, *names}  # pages 0 and 1 own the maps of pages
    pages = [number for owner, some in base.owners.items() if owner not in here for number in some]
    if pages:
        report.observe("access.pages_of_tables_gone", len(pages))
    for number in pages[:MOST_GONE]:
        for text in strings.runs(base.page(number)):
            report.hidden("deleted table", text)


def _shown(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, bytes):
        return f"({len(value)} bytes)" if value else ""
    return str(value).replace("\t", " ").replace("\r\n", "\n").replace("\r", "\n")
