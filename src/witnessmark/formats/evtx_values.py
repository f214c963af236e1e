"""The values in a Windows event log as text: numbers, times, identifiers, and arrays of them.

By [MS-EVEN6], section 2.2.12 (the types of values in binary XML), written as Event Viewer writes them.
"""

import struct
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

NULL, STRING, BINARY, FRAGMENT = 0, 1, 0x0E, 0x21
ARRAY: Final = 0x80
BETWEEN: Final = "; "
"""What stands between the values of an array."""
_EPOCH = datetime(1601, 1, 1)  # noqa: DTZ001 - UTC, as FILETIME counts
_WIDTHS: Final = {
    0x03: 1,
    0x04: 1,
    0x05: 2,
    0x06: 2,
    0x07: 4,
    0x08: 4,
    0x09: 8,
    0x0A: 8,
    0x0B: 4,
    0x0C: 8,
    0x0D: 4,
    0x0F: 16,
    0x11: 8,
    0x12: 16,
    0x14: 4,
    0x15: 8,
}
"""Bytes of one value in an array, for types that have all the same."""


def text_of(kind: int, raw: bytes) -> str:
    """Return a value as text; one of unknown type, or of the wrong size for its type, as hexadecimal digits."""
    if kind & ARRAY:
        return _array(kind & ~ARRAY, raw)
    turn = _TURNS.get(kind)
    if turn is None:
        return raw.hex().upper()
    try:
        return turn(raw)
    except (struct.error, ValueError, IndexError):
        return raw.hex().upper()


def from_ticks(ticks: int) -> str:
    """Return a FILETIME ([MS-DTYP] 2.3.3) as an ISO date to 100 ns; beyond the year 9999 its count."""
    try:
        whole = _EPOCH + timedelta(seconds=ticks // 10_000_000)
    except OverflowError:
        return str(ticks)
    return f"{whole.isoformat()}.{ticks % 10_000_000:07d}Z"


def _array(kind: int, raw: bytes) -> str:
    if kind == STRING:
        return BETWEEN.join(part for part in _string(raw).split("\0") if part)
    if kind == 0x02:
        return BETWEEN.join(part for part in _narrow(raw).split("\0") if part)
    width = _WIDTHS.get(kind)
    if width is None or len(raw) % width:
        return raw.hex().upper()
    return BETWEEN.join(text_of(kind, raw[at : at + width]) for at in range(0, len(raw), width))


def _string(raw: bytes) -> str:
    return raw[: len(raw) & ~1].decode("utf-16-le", "replace").rstrip("\0")


def _narrow(raw: bytes) -> str:
    return raw.decode("cp1252", "replace").rstrip("\0")  # which code page the machine had is not said


def _signed(raw: bytes) -> str:
    return str(int.from_bytes(raw, "little", signed=True))


def _unsigned(raw: bytes) -> str:
    return str(int.from_bytes(raw, "little"))


def _truth(raw: bytes) -> str:
    number = int.from_bytes(raw, "little")
    return (
        ("false", "true")[number] if number < 2 else str(number)
    )  # some writers leave rubbish here: told as it stands


def _hexadecimal(raw: bytes) -> str:
    return f"0x{int.from_bytes(raw, 'little'):x}"


def _guid(raw: bytes) -> str:
    return f"{{{uuid.UUID(bytes_le=raw)}}}".upper()


def _filetime(raw: bytes) -> str:
    return from_ticks(int(struct.unpack("<Q", raw)[0]))


def _clock(raw: bytes) -> str:
    """Return a SYSTEMTIME ([MS-DTYP] 2.3.13), whose zone is not said."""
    year, month, _, day, hour, minute, second, milliseconds = struct.unpack("<8H", raw)
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}.{milliseconds:03d}"


def _sid(raw: bytes) -> str:
    """Return a security identifier as `S-1-5-…` ([MS-DTYP] 2.4.2)."""
    count = raw[1]
    parts = struct.unpack_from(f"<{count}I", raw, 8)
    return "-".join(map(str, ("S", raw[0], int.from_bytes(raw[2:8], "big"), *parts)))


_TURNS: Final[dict[int, Callable[[bytes], str]]] = {
    NULL: lambda _: "",
    STRING: _string,
    0x02: _narrow,
    0x03: _signed,
    0x04: _unsigned,
    0x05: _signed,
    0x06: _unsigned,
    0x07: _signed,
    0x08: _unsigned,
    0x09: _signed,
    0x0A: _unsigned,
    0x0B: lambda raw: format(struct.unpack("<f", raw)[0], ".7g"),
    0x0C: lambda raw: format(struct.unpack("<d", raw)[0], ".15g"),
    0x0D: _truth,
    0x0F: _guid,
    0x10: _hexadecimal,
    0x11: _filetime,
    0x12: _clock,
    0x13: _sid,
    0x14: _hexadecimal,
    0x15: _hexadecimal,
}
