"""Values of an Access database: what the bytes of a column mean, by its type (mdbtools' "HACKING", column types)."""

import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

Value = str | int | bytes | bool | None
Raw = bytes | bool | None
"""A cell as it is stored; of yes and no nothing but that."""

(TRUTH, BYTE, SHORT, LONG, MONEY, SINGLE, DOUBLE, DATE, BINARY, TEXT, OLE, MEMO) = range(1, 13)
GUID, NUMERIC, COMPLEX, BIG, LONG_DATE = 0x0F, 0x10, 0x12, 0x13, 0x14
_WHOLE: Final = {BYTE: "<B", SHORT: "<h", LONG: "<i", COMPLEX: "<i", BIG: "<q"}
_LEAST: Final = 1e-290
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - the clock of whoever wrote it; no zone is kept


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `place` is where its bytes are among the fixed ones, or its number among those that vary."""

    name: str
    kind: int
    number: int
    place: int
    is_fixed: bool
    size: int
    scale: int
    is_calculated: bool = False

    @property
    def is_truth(self) -> bool:
        """Whether its values are yes and no, which have no bytes."""
        return self.kind == TRUTH and not self.is_calculated


def value_of(column: Column, raw: Raw, code_page: str, long: Callable[[bytes], bytes]) -> Value:
    """Return what the bytes of a cell mean.

    Args:
        column: its column.
        raw: its bytes, or yes or no.
        code_page: how text is written; empty where it is Unicode, which may be compressed.
        long: gives the bytes of a long value by the twelve that stand for it.

    Raises:
        struct.error: when there are too few bytes.
    """
    if raw is None or isinstance(raw, bool):
        return raw
    kind = column.kind
    if column.is_calculated:
        # What Access worked out last stands behind a checksum and the like, with its length.
        raw = long(raw) if column.size == 0 else raw
        raw = raw[20 : 20 + struct.unpack_from("<I", raw, 16)[0]]
        if kind not in (TEXT, MEMO):
            return _calculated(kind, raw)
        column, long = replace(column, is_calculated=False), bytes
    if kind in _WHOLE:
        return int(struct.unpack_from(_WHOLE[kind], raw)[0])
    if kind == LONG_DATE:
        return _long_date(raw)
    if kind in (TEXT, MEMO):
        return text_of(long(raw) if kind == MEMO else raw, code_page)
    if kind == OLE:
        return long(raw)
    if kind in (SINGLE, DOUBLE):
        return format(struct.unpack_from("<f" if kind == SINGLE else "<d", raw)[0], ".7g" if kind == SINGLE else ".15g")
    return _other(kind, raw, column.scale)


def _calculated(kind: int, raw: bytes) -> Value:
    """Return a number that Access worked out: its length tells its shape, the column's type not always."""
    if not raw:
        return None
    if len(raw) == 1:
        return bool(raw[0])
    if kind == DOUBLE and len(raw) == 8 and not abs(struct.unpack("<d", raw)[0]) > _LEAST and any(raw):
        return _decimal(struct.unpack("<q", raw)[0], 4)  # no number that anybody has: it is an amount of money
    if len(raw) == 16 and kind != GUID:  # DECIMAL of [MS-OAUT] 2.2.26
        scale, sign, high, low = struct.unpack_from("<BBIQ", raw, 2)
        return _decimal((-1 if sign else 1) * (high << 64 | low), min(scale, 28))
    if kind == NUMERIC and len(raw) in (4, 8):
        return format(struct.unpack("<f" if len(raw) == 4 else "<d", raw)[0], ".7g" if len(raw) == 4 else ".15g")
    plain = Column("", kind, 0, 0, is_fixed=True, size=len(raw), scale=0)
    return value_of(plain, raw, "", bytes)


def _other(kind: int, raw: bytes, scale: int) -> Value:
    if kind == DATE:
        return _moment(struct.unpack_from("<d", raw)[0])
    if kind == MONEY:
        return _decimal(struct.unpack_from("<q", raw)[0], 4)
    if kind == GUID and len(raw) == 16:
        return str(uuid.UUID(bytes_le=raw))
    if kind == NUMERIC and len(raw) == 17:
        groups = struct.unpack_from("<IIII", raw, 1)
        whole = sum(group << 32 * place for place, group in enumerate(reversed(groups)))
        return _decimal(-whole if raw[0] else whole, scale)
    return raw


def _decimal(whole: int, scale: int) -> str:
    digits = f"{abs(whole):0{scale + 1}d}"
    sign = "-" if whole < 0 else ""
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else f"{sign}{digits}"


def _long_date(raw: bytes) -> Value:
    """Return a date to 100 ns: in letters, days since the year 1, a colon, and how many 100 ns of the day."""
    days, _, ticks = raw.rstrip(b"\0").decode("latin-1").partition(":")
    ticks = ticks.partition(":")[0]
    if not (days.isdigit() and ticks.isdigit()):
        return raw
    try:
        found = datetime(1, 1, 1) + timedelta(days=int(days), microseconds=int(ticks) // 10)  # noqa: DTZ001 - no zone
    except OverflowError:
        return raw
    return found.isoformat(sep=" ")


def _moment(days: float) -> str:
    try:
        whole = int(days)
        part = abs(days - whole)  # before 1900 the hours still count forward
        found = _EPOCH + timedelta(days=whole, seconds=round(part * 86400))
    except (OverflowError, ValueError):
        return format(days, ".15g")
    return found.isoformat(sep=" ") if part else found.date().isoformat()


def text_of(raw: bytes, code_page: str) -> str:
    """Return text: in a code page (Jet 3), or UTF-16 that may leave out zeros where a mark says so (Jet 4)."""
    if code_page:
        return raw.decode(code_page, "replace")
    if raw[:2] != b"\xff\xfe":
        return raw.decode("utf-16-le", "replace")
    out, at, is_short = [], 2, True
    while at < len(raw):
        end = raw.find(b"\0", at) if is_short else _switch(raw, at)
        end = len(raw) if end < 0 else end
        out.append(raw[at:end].decode("latin-1" if is_short else "utf-16-le", "replace"))
        at, is_short = end + 1, not is_short
    return "".join(out)


def _switch(raw: bytes, at: int) -> int:
    """Return where a stretch of two bytes a letter ends: at a zero that begins a letter."""
    while at < len(raw) and raw[at]:
        at += 2
    return at
