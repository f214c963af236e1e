"""One cell of a table of iWork since 2013: a head, and after it those fields that a mask names, in its order.

Up to version 4 the mask stands at 4 and the kind at 2 (version 4: at 1); in version 5 at 8 and 1. Numbers are eight
bytes, in version 5 mostly sixteen: a decimal of IEEE 754-2008, its digits one whole number. Dates are seconds since
2001. Source: notes/iwa (SheetJS), "Cell Storage".
"""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from witnessmark.formats.iwa_format import NO_FORMAT, Format

NUMBER, TEXT, DATE, TRUTH, DURATION, ERROR, RICH, CURRENCY = 2, 3, 5, 6, 7, 8, 9, 10
_OLD: Final = tuple(
    (1 << bit, size, name)
    for bit, size, name in (
        (1, 4, ""), (7, 4, ""), (10, 4, ""), (11, 4, ""), (2, 4, "format"), (3, 4, ""), (8, 4, ""), (9, 4, "rich"),
        (12, 4, "comment"), (13, 4, ""), (4, 4, "string"), (5, 8, "double"), (6, 8, "date"), (16, 4, "format"),
        (19, 4, "format"), (17, 4, "format"), (18, 4, "format"),
    )
)  # fmt: skip
"""Fields in the order in which they stand, up to version 4: mask, bytes, what is wanted of it."""
_NEW: Final = tuple(
    (1 << bit, size, name)
    for bit, (size, name) in enumerate(
        (
            (16, "decimal"), (8, "double"), (8, "date"), (4, "string"), (4, "rich"), (4, ""), (4, ""), (4, ""), (4, ""),
            (4, ""), (4, ""), (4, ""), (4, ""), (4, "number"), (4, "currency"), (4, "day"), (4, "duration"), (4, ""),
            (4, ""), (4, "comment"),
        )
    )
)  # fmt: skip
"""Fields of version 5, bit by bit."""
_KEYS: Final = ("string", "rich", "comment")
_FORMATS: Final = {NUMBER: "number", CURRENCY: "currency", DATE: "day", DURATION: "duration"}
_FARTHEST: Final = 4e11
"""Seconds beyond which a date is none."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell holds: its kind, the keys of what stands in lists, its number."""

    kind: int
    string: int = -1
    rich: int = -1
    comment: int = -1
    value: Decimal | None = None
    format: int = -1

    def shown(self, formats: Mapping[int, Format]) -> str:
        """Return a number, date, truth or duration as it shows; other kinds show nothing of their own."""
        if self.value is None or self.kind not in (NUMBER, CURRENCY, DATE, TRUTH, DURATION):
            return ""
        if self.kind == TRUTH:
            return "TRUE" if self.value else "FALSE"
        about = formats.get(self.format, NO_FORMAT)
        if self.kind == DURATION:
            return about.duration(self.value)
        return about.moment(self.value) if self.kind == DATE else about.number(self.value)


def read(buffer: bytes, at: int) -> Cell | None:
    """Return the cell that begins at a place, or None where there is none or it breaks off."""
    if at + 12 > len(buffer):
        return None
    version = buffer[at]
    if version == 5:
        kind, mask, at = buffer[at + 1], int.from_bytes(buffer[at + 8 : at + 12], "little"), at + 12
        wanted = _FORMATS.get(kind, "")
        found = _fields(buffer, at, mask, _NEW)
    elif version <= 4:
        kind = buffer[at + 1] if version == 4 else buffer[at + 2]
        width, start = (2, 8) if version < 2 else (4, 12)
        mask = int.from_bytes(buffer[at + 4 : at + 4 + width], "little")
        wanted = "format"
        found = _fields(buffer, at + start, mask, _OLD)
    else:
        return None
    keys = {name: int.from_bytes(found.get(name, b"\xff" * 4), "little") for name in _KEYS}
    key = found.get(wanted)
    value = _date_or_number(kind, found)
    return Cell(kind, **keys, value=value, format=-1 if key is None else int.from_bytes(key, "little"))


def _fields(buffer: bytes, at: int, mask: int, layout: tuple[tuple[int, int, str], ...]) -> dict[str, bytes]:
    found = {}
    for bit, size, name in layout:
        if mask & bit:
            piece = buffer[at : at + size]
            if len(piece) < size:
                break
            found[name] = piece
            at += size
    return found


def _date_or_number(kind: int, found: dict[str, bytes]) -> Decimal | None:
    if kind != DATE and "decimal" in found:
        return decimal(found["decimal"])
    packed = found.get("date" if kind == DATE else "double")
    number = math.nan if packed is None else struct.unpack("<d", packed)[0]
    if not math.isfinite(number) or (kind in (DATE, DURATION) and abs(number) > _FARTHEST):
        return None
    return Decimal(repr(number))


def decimal(packed: bytes) -> Decimal | None:
    """Return a decimal of sixteen bytes whose digits are one whole number (IEEE 754-2008, 3.5.2; bias 6176)."""
    whole = int.from_bytes(packed, "little")
    digits, power = whole & (1 << 113) - 1, (whole >> 113 & 0x3FFF) - 6176
    if whole >> 125 & 3 == 3 or digits >= 10**34:  # another layout, infinity, or no number
        return None
    return Decimal((whole >> 127, tuple(map(int, str(digits))), power))
