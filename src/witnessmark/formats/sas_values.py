"""Values of SAS: numbers and dates as their column shows them, and the two ways in which records are packed."""

import datetime as dt
import math
import struct
from typing import Final

_DAYS: Final = dt.datetime(1960, 1, 1)  # noqa: DTZ001 - SAS counts from here and knows no zone
_MOST: Final = 253_402_300_800
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_SIGNS: Final = {"D": "-", "S": "/", "P": ".", "C": ":", "B": " ", "N": "", "": "/"}
_ORDERS: Final = (("DDMMYY", "dmy"), ("MMDDYY", "mdy"), ("YYMMDD", "ymd"))
_DATES: Final = ("DATE", "WORDDATE", "WEEKDATE", "MONYY", "E8601DA", "B8601DA", "JULIAN", "NLDATE", "MONNAME", "YEAR")


def moment(seconds: float) -> dt.datetime | None:
    """Return the moment of a count of seconds since 1960, None when there is none."""
    if not math.isfinite(seconds) or not -_MOST < seconds < _MOST:
        return None
    try:
        return _DAYS + dt.timedelta(seconds=round(seconds))
    except OverflowError:
        return None


def number(raw: bytes, order: str, form: str) -> str:
    """Return a number as its column shows it; a missing one is empty."""
    if not raw or len(raw) > 8:
        return ""
    # SAS cuts the least bytes of a double away
    whole = bytes(8 - len(raw)) + raw if order == "<" else raw + bytes(8 - len(raw))
    (value,) = struct.unpack(order + "d", whole)
    return "" if math.isnan(value) else shown(value, form)


def shown(value: float, form: str) -> str:
    """Return a number as a format shows it: dates as the formats most in use write them, others by ISO 8601."""
    name = form.upper().rstrip(".")
    if name.startswith(("DATETIME", "E8601DT", "B8601DT", "NLDATM", "DATEAMPM")):
        found = moment(value)
        return plain(value) if found is None else f"{found.isoformat(sep=' ')}"
    if name.startswith(("TIME", "HHMM", "E8601TM", "TOD")) and math.isfinite(value) and 0 <= value < 360_000_000:
        seconds = round(value)
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    for start, parts in _ORDERS:
        if name.startswith(start):
            found = moment(value * 86400)
            sign = _SIGNS.get(name[len(start) : len(start) + 1].strip("0123456789"), "/")
            return plain(value) if found is None else sign.join(_part(found, part) for part in parts)
    if name.startswith(_DATES):
        found = moment(value * 86400)
        if found is None:
            return plain(value)
        if name.startswith("DATE"):
            return f"{found.day:02d}{MONTHS[found.month - 1]}{found.year:04d}"
        return found.date().isoformat()
    return plain(value)


def _part(found: dt.datetime, part: str) -> str:
    return {"d": f"{found.day:02d}", "m": f"{found.month:02d}", "y": f"{found.year:04d}"}[part]


def plain(value: float) -> str:
    """Return a number without a format."""
    return format(value, ".15g")


def unpack_runs(data: bytes, size: int) -> bytes:
    """Unpack a record packed by runs of equal bytes (SASYZCRL)."""
    out = bytearray()
    at = 0
    while at < len(data) and len(out) < size:
        high, low = data[at] >> 4, data[at] & 15
        at += 1
        following = data[at] if at < len(data) else 0
        if high in _COPIES:
            count = _COPIES[high] + low
            if high == 0:
                count = low * 256 + following + 64
                at += 1
            out += data[at : at + count]
            at += count
        elif high == 4:
            out += data[at + 1 : at + 2] * (low * 256 + following + 18)
            at += 2
        elif high == 0xC:
            out += data[at : at + 1] * (low + 3)
            at += 1
        else:
            fill, count, more = _FILLS.get(high, (b"\0", 0, False))
            out += fill * (low * 256 + following + 17 if more else low + count)
            at += more
    return bytes(out[:size])


_COPIES: Final = {0: 64, 8: 1, 9: 17, 10: 33, 11: 49}
_FILLS: Final = {
    5: (b"@", 17, True), 6: (b" ", 17, True), 7: (b"\0", 17, True),
    13: (b"@", 2, False), 14: (b" ", 2, False), 15: (b"\0", 2, False),
}  # fmt: skip


def unpack_pairs(data: bytes, size: int) -> bytes:
    """Unpack a record packed by references to what stands before (SASYZCR2; Ross Data Compression)."""
    out = bytearray()
    at = bits = mask = 0
    while at < len(data) and len(out) < size:
        mask >>= 1
        if not mask:
            if at + 2 >= len(data):
                break
            bits = data[at] << 8 | data[at + 1]
            at, mask = at + 2, 0x8000
        if not bits & mask:
            out.append(data[at])
            at += 1
            continue
        if at + 1 >= len(data):
            break
        command, low, following = data[at] >> 4, data[at] & 15, data[at + 1]
        at += 1
        if command == 0:
            out += bytes((following,)) * (low + 3)
            at += 1
        elif command == 1:
            fill = data[at + 1 : at + 2]
            out += fill * (low + (following << 4) + 19)
            at += 2
        else:
            count = command
            back = low + (following << 4) + 3
            at += 1
            if command == 2:
                count = (data[at] if at < len(data) else 0) + 16
                at += 1
            start = len(out) - back
            if start < 0:
                break
            for place in range(start, start + count):
                out.append(out[place])
    return bytes(out[:size])
