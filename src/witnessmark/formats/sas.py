"""SAS data sets (sas7bdat): names and labels of the columns, every record as a row of text.

The layout was never published by its maker; what is known of it comes from projects that read it. A file is a header
and pages; a page holds small tables about the columns, or records, or both. Records may be packed in one of two ways.

Rules for whoever changes this file: one page is in memory at a time, and one record; nothing that a page points to is
believed to lie in it; an unpacked record is as long as the header says, never longer.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import dates, sas_values
from witnessmark.model.derivative import Outcome

MAGIC: Final = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
LARGEST_PAGE: Final = 16 << 20
LONGEST_RECORD: Final = 4 << 20
MOST_COLUMNS: Final = 32_767
_ROWS, _NAMES, _WORDS, _SHAPES, _LABELS = 0xF7F7F7F7, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFC, 0xFFFFFBFE
_DATA, _MIXED = 0x100, 0x200
_ENCODINGS: Final = {
    20: "utf-8", 28: "ascii", 29: "latin-1", 30: "iso8859-2", 31: "iso8859-3", 32: "iso8859-4", 33: "iso8859-5",
    34: "iso8859-6", 35: "iso8859-7", 36: "iso8859-8", 37: "iso8859-9", 39: "cp874", 40: "iso8859-15",
    41: "cp437", 42: "cp850", 43: "cp852", 44: "cp857", 45: "cp858", 46: "cp862", 47: "cp864", 48: "cp865", 49: "cp866",
    50: "cp869", 51: "cp874", 55: "cp720", 56: "cp737", 57: "cp775", 58: "cp860", 59: "cp863", 60: "cp1250",
    61: "cp1251",
    62: "cp1252", 63: "cp1253", 64: "cp1254", 65: "cp1255", 66: "cp1256", 67: "cp1257", 68: "cp1258", 118: "cp950",
    119: "big5", 123: "big5", 125: "gb18030", 126: "cp936", 128: "gb18030", 134: "euc_jp", 136: "cp949", 137: "cp932",
    138: "cp932", 140: "euc_kr", 141: "cp949", 142: "cp949", 163: "mac_roman", 167: "iso2022_jp", 168: "iso2022_kr",
    172: "gb18030", 205: "gb18030", 227: "iso8859-15", 242: "iso8859-13", 245: "mac_cyrillic", 248: "shift_jis",
}  # fmt: skip


@dataclass(slots=True)
class _Column:
    name: str = ""
    label: str = ""
    form: str = ""
    start: int = 0
    width: int = 0
    number: bool = False


@dataclass(slots=True)
class _Set:
    """What the header and the tables about the columns say."""

    order: str
    wide: bool
    codec: str
    words: list[bytes] = field(default_factory=list)
    columns: list[_Column] = field(default_factory=list)
    record: int = 0
    count: int = 0
    mixed: int = 0
    packing: bytes = b""
    named: int = 0
    shaped: int = 0
    labelled: int = 0

    @property
    def size(self) -> int:
        """Bytes of a whole number that is a length or a place."""
        return 8 if self.wide else 4

    def number(self, data: bytes, at: int) -> int:
        """Return a length or place; 0 beyond the end."""
        raw = data[at : at + self.size]
        return int.from_bytes(raw, "little" if self.order == "<" else "big") if len(raw) == self.size else 0

    def short(self, data: bytes, at: int) -> int:
        """Return a whole number of two bytes; 0 beyond the end."""
        return int.from_bytes(data[at : at + 2], "little" if self.order == "<" else "big")

    def word(self, data: bytes, at: int) -> str:
        """Return the text that a reference of three short numbers points to: which block of words, where, how long."""
        block, start, length = (self.short(data, at + step) for step in (0, 2, 4))
        if block >= len(self.words):
            return ""
        return self.words[block][start : start + length].decode(self.codec, "replace").strip(" \0")

    def column(self, number: int) -> _Column:
        """Return a column, made when it is new."""
        while len(self.columns) <= number:
            self.columns.append(_Column())
        return self.columns[number]


def read_sas(source: Source, report: Report) -> None:
    """Read a data set, record by record.

    Raises:
        ReadingStopped: when the header or the columns cannot be made out.
    """
    source.stream.seek(0)
    head = source.stream.read(8192)
    if len(head) < 288 or head[: len(MAGIC)] != MAGIC:
        raise ReadingStopped(Outcome.CORRUPT, "no header of a SAS data set")
    shift = 4 if head[35] == 0x33 else 0
    found = _Set("<" if head[37] == 1 else ">", head[32] == 0x33, _ENCODINGS.get(head[70], "cp1252"))
    start, page = struct.unpack_from(found.order + "II", head, 196 + shift)
    pages = found.number(head, 204 + shift)
    if not 1024 <= page <= LARGEST_PAGE or start < 288:
        raise ReadingStopped(Outcome.CORRUPT, "the pages of the SAS data set have no size in use")
    _tell_head(head, found, shift, report)
    _read_pages(source, report, found, start, page, pages)


def _tell_head(head: bytes, found: _Set, shift: int, report: Report) -> None:
    name = head[92:156].decode(found.codec, "replace").strip(" \0")
    release = head[216 + shift + (4 if found.wide else 0) :][:8].decode("ascii", "replace").strip(" \0")
    dates.observe_software(report, "SAS", release, "SAS header")
    for place, what in ((164, "created"), (172, "modified")):
        (seconds,) = struct.unpack_from(found.order + "d", head, place + shift)
        moment = sas_values.moment(seconds)
        if moment is not None:
            dates.observe(report, what, dates.Moment(moment.isoformat(), moment), f"SAS header {what}")
    report.observe("sas.set", {"name": name, "codec": found.codec})
    if name:
        report.visible(name + "\n")


def _read_pages(source: Source, report: Report, found: _Set, start: int, size: int, pages: int) -> None:
    read, told, broken = 0, False, 0
    for number in range(min(pages, source.size // size + 1)):
        source.stream.seek(start + number * size)
        page = source.stream.read(size)
        if len(page) < size:
            break
        for record in _records(page, found):
            if not found.columns or not found.record:
                raise ReadingStopped(Outcome.CORRUPT, "records without columns")
            if not told:
                told = True
                _tell_columns(found, report)
            if read >= found.count:
                break
            read += 1
            if len(record) < found.record:
                broken += 1
            report.visible(_line(record, found) + "\n")
    if not told and found.columns:
        _tell_columns(found, report)
    report.observe("sas.records", read)
    if not found.columns:
        raise ReadingStopped(Outcome.CORRUPT, "the SAS data set has no columns")
    if read < found.count or broken:
        report.outcome(
            Outcome.PARTIAL, f"the data set breaks off: {read - broken:,} of {found.count:,} records are whole"
        )


def _tell_columns(found: _Set, report: Report) -> None:
    report.visible("\t".join(column.name for column in found.columns) + "\n")
    labels = [column.label for column in found.columns]
    if any(labels):
        report.visible("\t".join(labels) + "\n")


def _records(page: bytes, found: _Set) -> Iterator[bytes]:
    """Yield the records of a page, after what it says about the columns."""
    base = 32 if found.wide else 16
    kind, blocks, count = (found.short(page, base + step) for step in (0, 2, 4))
    each = 3 * found.size
    ends = base + 8 + count * each
    if kind & 0x0F00 != _DATA:
        for at in range(base + 8, min(ends, len(page) - each), each):
            start, length = found.number(page, at), found.number(page, at + found.size)
            packing, own = page[at + 2 * found.size], page[at + 2 * found.size + 1]
            if packing == 1 or not length or start + length > len(page):
                continue
            table = page[start : start + length]
            if not _read_table(table, found) and own == 1 and (packing in (0, 4)):
                yield _loose(table, found)
    if kind & 0x0F00 == _MIXED or kind & 0x0F00 == _DATA:
        at = base + 8 if kind & 0x0F00 == _DATA else ends + ends % 8
        some = blocks if kind & 0x0F00 == _DATA else min(found.mixed, found.count)
        for _ in range(some):
            record = page[at : at + found.record]
            if not record:
                return
            yield record
            at += found.record


def _read_table(table: bytes, found: _Set) -> bool:
    """Take in a table about the columns; return whether it was one."""
    step = found.size
    sign = int.from_bytes(table[:4], "little" if found.order == "<" else "big")
    if found.wide and found.order == ">" and sign == 0xFFFFFFFF:
        sign = int.from_bytes(table[4:8], "big")
    if sign == _ROWS:
        found.record = min(found.number(table, 5 * step), LONGEST_RECORD)
        found.count = found.number(table, 6 * step)
        found.mixed = found.number(table, 15 * step)
    elif sign == _WORDS:
        if not found.words:
            start = step + 8 + (8 if found.wide else 4)
            found.packing = next((name for name in (b"SASYZCRL", b"SASYZCR2") if name in table[step : start + 32]), b"")
        if len(found.words) < MOST_COLUMNS:
            found.words.append(table[step:])
    elif sign == _NAMES:
        for at in range(step + 8, len(table) - 12 - step + 1, 8):
            if found.named < MOST_COLUMNS:
                found.column(found.named).name = found.word(table, at)
                found.named += 1
    elif sign == _SHAPES:
        for at in range(step + 8, len(table) - 12 - step + 1, step + 8):
            if found.shaped < MOST_COLUMNS:
                column = found.column(found.shaped)
                column.start = found.number(table, at)
                column.width = int.from_bytes(
                    table[at + step : at + step + 4], "little" if found.order == "<" else "big"
                )
                column.number = table[at + step + 6] == 1
                found.shaped += 1
    elif sign == _LABELS:
        if found.labelled < MOST_COLUMNS:
            column = found.column(found.labelled)
            column.form = found.word(table, 22 + 3 * step)
            column.label = found.word(table, 28 + 3 * step)
            found.labelled += 1
    else:
        return sign & 0xFFFFFF00 == 0xFFFFFC00 or sign in (0xF6F6F6F6, 0xFFFFFFFE) or sign & 0xFFFFF000 == 0xFFFFF000
    return True


def _loose(table: bytes, found: _Set) -> bytes:
    if len(table) >= found.record:
        return table[: found.record]
    if found.packing == b"SASYZCR2":
        return sas_values.unpack_pairs(table, found.record)
    return sas_values.unpack_runs(table, found.record)


def _line(record: bytes, found: _Set) -> str:
    cells = []
    for column in found.columns:
        raw = record[column.start : column.start + column.width]
        if column.number:
            cells.append(sas_values.number(raw, found.order, column.form))
        else:
            cells.append(raw.decode(found.codec, "replace").rstrip(" \0").replace("\0", "").replace("\t", " "))
    return "\t".join(cells).rstrip("\t")
