"""dBASE tables (.dbf): every record as a row of text; records marked as deleted apart.

The layout is that of dBASE III to 7 and FoxPro, as their makers published it. Memo fields lie in a file of their own
(.dbt, .fpt) and are shown as the number of their block.
"""

import datetime as dt
import struct
from dataclasses import dataclass
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import encodings
from witnessmark.model.derivative import Outcome

MOST_FIELDS = 2_048
_PAGES: Final = (
    ("cp437", "01 09 0B 0D 0F 11 15 18 19 1B"),
    ("cp850", "02 0A 0E 10 12 14 16 1A 1D 25 37"),
    ("cp1252", "03 57 58 59"),
    ("mac_roman", "04"),
    ("cp865", "08 17 66"),
    ("cp932", "13 7B"),
    ("cp863", "1C"),
    ("cp852", "1F 22 23 40 64 87"),
    ("cp860", "24"),
    ("cp866", "26 65"),
    ("gbk", "4D 7A"),
    ("cp949", "4E 79"),
    ("big5", "4F 78"),
    ("cp874", "50 7C"),
    ("cp861", "67"),
    ("cp737", "6A 86"),
    ("cp857", "6B 88"),
    ("cp1255", "7D"),
    ("cp1256", "7E"),
    ("cp1250", "C8"),
    ("cp1251", "C9"),
    ("cp1254", "CA"),
    ("cp1253", "CB"),
    ("cp1257", "CC"),
)
"""Code pages as Python calls them, and the bytes that name them (language driver)."""
_LANGUAGES: Final = {number: codec for codec, numbers in _PAGES for number in bytes.fromhex(numbers)}


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    kind: str
    size: int
    decimals: int


def read_dbf(source: Source, report: Report) -> None:
    """Read a table, record by record."""
    source.stream.seek(0)
    head = source.stream.read(32)
    if len(head) < 32:
        raise ReadingStopped(Outcome.CORRUPT, "no header of a table")
    count, start, size = struct.unpack_from("<IHH", head, 4)
    is_seven = head[0] & 7 == 4
    source.stream.seek(68 if is_seven else 32)
    described = source.stream.read(max(0, min(start, 65535) - (68 if is_seven else 32)))
    raw = _fields(described, step=48 if is_seven else 32, is_seven=is_seven)
    if not raw or size < 1:
        raise ReadingStopped(Outcome.CORRUPT, "a table without fields")
    source.stream.seek(start)
    codec = _LANGUAGES.get(head[29]) or _likely(source.stream.read(64 << 10))
    fields = [_Field(name.decode(codec, "replace"), kind, width, decimals) for name, kind, width, decimals in raw]
    report.observe("dbf.encoding", {"codec": codec, "declared": head[29]})
    report.observe("dbf.updated", [1900 + head[1], head[2], head[3]])
    report.observe("dbf.records", count)
    report.visible("\t".join(field.name for field in fields) + "\n")
    source.stream.seek(start)
    read = 0
    while read < count and len(record := source.stream.read(size)) == size:
        if record[:1] == b"\x1a":
            break
        read += 1
        line = _line(record, fields, codec)
        if record[:1] == b"*":
            report.hidden("deleted record", line)
        else:
            report.visible(line + "\n")
    if read < count:
        report.outcome(Outcome.PARTIAL, f"the table breaks off after {read:,} of {count:,} records")


def _fields(described: bytes, *, step: int, is_seven: bool) -> list[tuple[bytes, str, int, int]]:
    found: list[tuple[bytes, str, int, int]] = []
    for at in range(0, len(described) - step + 1, step):
        if described[at] in (0x0D, 0) or len(found) >= MOST_FIELDS:
            break
        name = described[at : at + (32 if is_seven else 11)].split(b"\x00")[0]
        kind_at = at + (32 if is_seven else 11)
        width_at = at + (33 if is_seven else 16)
        kind = chr(described[kind_at])
        width, decimals = described[width_at], described[width_at + 1]
        if kind == "C" and not is_seven:
            width, decimals = width + 256 * decimals, 0  # FoxPro and Clipper: long character fields
        found.append((name, kind, width, decimals))
    return found


def _likely(sample: bytes) -> str:
    return encodings.choose(sample, whole=False).name if sample else "ascii"


def _line(record: bytes, fields: list[_Field], codec: str) -> str:
    at, cells = 1, []
    for field in fields:
        cells.append(_cell(record[at : at + field.size], field, codec))
        at += field.size
    return "\t".join(cells).rstrip()


def _cell(raw: bytes, field: _Field, codec: str) -> str:
    match field.kind:
        case "D" if raw.isdigit() and len(raw) == 8:
            return f"{raw[:4].decode()}-{raw[4:6].decode()}-{raw[6:].decode()}"
        case "I" | "+" if len(raw) == 4:
            return str(_integer(raw, big=field.kind == "+"))
        case "T" | "@" if len(raw) == 8:
            return _moment(raw, big=field.kind == "@")
        case "B" if len(raw) == 8 and field.decimals:
            return format(struct.unpack("<d", raw)[0], ".15g")
        case "Y" if len(raw) == 8:
            whole = int.from_bytes(raw, "little", signed=True)
            return f"{'-' if whole < 0 else ''}{abs(whole) // 10000}.{abs(whole) % 10000:04d}"
        case "0":
            return ""
    return raw.decode(codec, "replace").replace("\x00", "").replace("\t", " ").strip()


def _integer(raw: bytes, *, big: bool) -> int:
    return int.from_bytes(raw, "big") - (1 << 31) if big else int.from_bytes(raw, "little", signed=True)


def _moment(raw: bytes, *, big: bool) -> str:
    day, milliseconds = struct.unpack(">II" if big else "<II", raw)
    if not 1_721_426 <= day <= 5_373_484 or milliseconds >= 86_400_000:
        return ""
    date = dt.date.fromordinal(day - 1_721_425)  # the Julian day number of the day before 0001-01-01
    seconds = milliseconds // 1000
    return f"{date.isoformat()} {seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
