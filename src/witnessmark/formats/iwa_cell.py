"""One cell of a table of iWork since 2013: a head, and after it those fields that a mask names, in its order.

Up to version 4 the mask stands at 4 and the kind at 2 (version 4: at 1); in version 5 at 8 and 1. Numbers are eight
bytes, in version 5 mostly sixteen: a decimal of IEEE 754-2008, its digits one whole number. Dates are seconds since
2001. Source: notes/iwa (SheetJS), "Cell Storage"; formats: TSK.FormatStructArchive.
"""

import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from witnessmark.formats import xlsx_numbers
from witnessmark.formats.protobuf import Message

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
_EPOCH: Final = 36892
"""2001-01-01 in days as workbooks count them."""
_LAST_DAY: Final = 2958466
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

    def shown(self, formats: Mapping[int, str]) -> str:
        """Return a number, date, truth or duration as it shows; other kinds show nothing of their own."""
        if self.value is None or self.kind not in (NUMBER, CURRENCY, DATE, TRUTH, DURATION):
            return ""
        if self.kind == TRUTH:
            return "TRUE" if self.value else "FALSE"
        code = formats.get(self.format, "")
        if self.kind == DURATION:
            sign = "-" if self.value < 0 else ""
            return sign + xlsx_numbers.shown(f"{abs(self.value) / 86400:f}", "[h]:mm:ss")
        if self.kind == DATE:
            return _moment(self.value, code)
        return xlsx_numbers.shown(str(self.value), code)


def _moment(seconds: Decimal, code: str) -> str:
    seconds = seconds.to_integral_value(ROUND_FLOOR)
    days = seconds / 86400 + _EPOCH
    if 0 <= days < _LAST_DAY:
        return xlsx_numbers.shown(f"{days:f}", code or ("yyyy-mm-dd h:mm" if days % 1 else "yyyy-mm-dd"))
    try:
        return (datetime(2001, 1, 1, tzinfo=UTC) + timedelta(seconds=float(seconds))).date().isoformat()
    except OverflowError:
        return ""


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


_AUTOMATIC: Final = 253
_PLAIN, _MONEY, _PERCENT, _SCIENTIFIC, _DAY, _CHOICE = 256, 257, 258, 259, 261, 266
_IN_BRACKETS: Final = (2, 3)
_MOST_PLACES: Final = 30
_SIGNS: Final = {"EUR": "\u20ac", "USD": "$", "GBP": "\u00a3", "JPY": "\u00a5", "CNY": "CN\u00a5", "INR": "\u20b9"}
_ICU: Final = {"y": "yyyy", "a": "AM/PM", "EEEE": "dddd", "EEE": "ddd", "EE": "ddd", "E": "ddd"}
_PATTERN: Final = re.compile(r"'(?P<quoted>[^']*)'|(?P<letter>[A-Za-z])(?P=letter)*|.", re.DOTALL)


def code(about: Message) -> str:
    """Return a format as a workbook would write it; nothing for one that is not among the plain ones."""
    kind, places = about.whole(1), about.whole(2, _AUTOMATIC)
    if kind == _DAY:
        return _day(about.text(14))
    if kind not in (_PLAIN, _MONEY, _PERCENT, _SCIENTIFIC):
        return ""
    if kind == _PLAIN and places > _MOST_PLACES and not about.whole(5):
        return ""
    digits = "#,##0" if about.whole(5) and kind != _SCIENTIFIC else "0"
    if places:
        digits += "." + ("0" * places if places <= _MOST_PLACES else "#" * 10)
    digits += {_PERCENT: "%", _SCIENTIFIC: "E+00"}.get(kind, "")
    before = ""
    if kind == _MONEY:
        letters = "".join(char for char in about.text(3)[:8] if char.isalnum())
        before = f'"{_SIGNS.get(letters, letters)}{" " if about.whole(6) else ""}"'
        if about.whole(6):  # as accountants write it: the sign of the currency apart, what is owed in brackets
            return f"{before}{digits};{before}({digits})"
    return f"{before}{digits};({before}{digits})" if about.whole(4) in _IN_BRACKETS else before + digits


def menu(about: Message) -> int:
    """Return the key of the menu that a format chooses from, or -1."""
    return about.whole(39) if about.whole(1) == _CHOICE else -1


def _day(pattern: str) -> str:
    """Return a pattern of a date (Unicode, UTS 35) as a workbook would write it; other letters are left."""
    out: list[str] = []
    for match in _PATTERN.finditer(pattern[:100]):
        piece = match[0]
        if match["quoted"] is not None:
            out.append('"' + (match["quoted"] or "'").replace('"', "") + '"')
        elif piece[0].isalpha():
            out.append(_ICU.get(piece, piece if piece[0] in "yMdhHms" else ""))
        else:
            out.append("\\" + piece)
    return "".join(out)
