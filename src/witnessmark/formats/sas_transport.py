"""SAS transport files (XPORT, versions 5 and 8): each data set with its columns, every record as a row of text.

The layout is that of the maker's notes TS-140 and TS-140-2: records of 80 bytes, numbers as the mainframes of IBM
write them.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import sas_values
from witnessmark.model.derivative import Outcome

RECORD: Final = 80
MOST_COLUMNS: Final = 32_767
LONGEST: Final = 4 << 20
_HEAD: Final = re.compile(rb"HEADER RECORD\*{7}(\w{2,8})\s*(?:HEADER RECORD|HEAD\w*)")


@dataclass(frozen=True, slots=True)
class _Column:
    name: bytes
    label: bytes
    form: str
    start: int
    width: int
    number: bool


def read_transport(source: Source, report: Report) -> None:
    """Read a transport file, set by set.

    Raises:
        ReadingStopped: when it holds no data set.
    """
    stream = source.stream
    stream.seek(0)
    sets = 0
    line = stream.read(RECORD)
    width = 140
    columns = list[_Column]()
    while len(line) == RECORD:
        kind = _HEAD.match(line)
        if kind is not None and kind[1] in (b"MEMBER", b"MEMBV8"):
            found = line[74:78]
            width = int(found) if found.isdigit() and 80 <= int(found) <= 400 else 140
        elif kind is not None and kind[1] in (b"DSCRPTR", b"DSCPTV8"):
            name = stream.read(RECORD)[8 : 40 if kind[1] == b"DSCPTV8" else 16]
            stream.read(RECORD)
            report.visible(_said(name) + "\n")
        elif kind is not None and kind[1] in (b"NAMESTR", b"NAMSTV8"):
            columns = list(_columns(stream, line, width))
            for row in ([_said(column.name) for column in columns], [_said(column.label) for column in columns]):
                if any(row):
                    report.visible("\t".join(row).rstrip() + "\n")
            sets += 1
        elif kind is not None and kind[1] in (b"OBS", b"OBSV8") and sets:
            line = _rows(stream, columns, report)
            continue
        line = stream.read(RECORD)
    if not sets:
        raise ReadingStopped(Outcome.CORRUPT, "the transport file holds no data set")
    report.observe("sas.sets", sets)


def _columns(stream: BinaryIO, line: bytes, width: int) -> Iterator[_Column]:
    digits = re.search(rb"!{3,}\s*0*?(\d{10,})", line)
    count = int(digits[1][6:10]) if digits is not None else 0
    count = min(count, MOST_COLUMNS)
    data = stream.read(-(-count * width // RECORD) * RECORD)
    for at in range(0, min(len(data), count * width) - 87, width):
        kind, _, size = struct.unpack_from(">HHH", data, at)
        (start,) = struct.unpack_from(">I", data, at + 84)
        form = data[at + 56 : at + 64].decode("latin-1").strip()
        name, label = data[at + 8 : at + 16], data[at + 16 : at + 56]
        long_name = data[at + 88 : at + 120].strip(b"\0 ")
        if long_name and width >= 140:
            name = long_name
        yield _Column(name, label, form, start, size, kind == 1)


def _said(raw: bytes) -> str:
    """Return text of a cell: the file does not say in which encoding; UTF-8 where it holds, else Western."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    return text.replace("\0", "").replace("\t", " ").strip()


def _rows(stream: BinaryIO, columns: list[_Column], report: Report) -> bytes:
    """Report the records up to the next header, which is returned; the blanks that fill the last line are no record."""
    size = max((column.start + column.width for column in columns), default=0)
    if not 0 < size <= LONGEST:
        raise ReadingStopped(Outcome.CORRUPT, "the records of the transport file have no size")
    kept = b""
    while True:
        line = stream.read(RECORD)
        is_head = len(line) < RECORD or _HEAD.match(line) is not None
        if not is_head:
            kept += line
        while len(kept) >= size:
            record, kept = kept[:size], kept[size:]
            if is_head and not record.strip() and not kept.strip():
                break
            _tell(record, columns, report)
            if not is_head and len(kept) < RECORD:
                break
        if is_head:
            return line


def _tell(record: bytes, columns: list[_Column], report: Report) -> None:
    cells = []
    for column in columns:
        raw = record[column.start : column.start + column.width]
        if column.number:
            value = _number(raw)
            cells.append("" if value is None else sas_values.shown(value, column.form))
        else:
            cells.append(_said(raw))
    report.visible("\t".join(cells).rstrip("\t") + "\n")


def _number(raw: bytes) -> float | None:
    """Return a number of IBM's mainframes: a sign, a power of sixteen, a fraction of up to 56 bits."""
    if not raw or len(raw) > 8:
        return None
    fraction = int.from_bytes(raw[1:].ljust(7, b"\0"), "big")
    if not fraction:
        return None if raw[0] in _MISSING else 0.0
    value = fraction * 16.0 ** ((raw[0] & 0x7F) - 64 - 14)
    return -value if raw[0] & 0x80 else value


_MISSING: Final = frozenset((0x2E, 0x5F, *range(0x41, 0x5B)))
"""First bytes of values that are missing: a point, a line, the letters."""
