"""Formats of cells of iWork since 2013 (TSK.FormatStructArchive): numbers, money, percents, dates and durations.

A format is told as a workbook would write it, and shown as workbooks are. Others (fractions, other bases, stars, those
of one's own) show a number as it is kept. A duration names the largest and the smallest of its units.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from witnessmark.formats import xlsx_numbers
from witnessmark.formats.protobuf import Message

_EPOCH: Final = 36892
"""2001-01-01 in days as workbooks count them."""
_FIRST_DAY: Final = 61
"""The first day that they count as the calendar does: theirs has a 29 February 1900."""
_LAST_DAY: Final = 2958466
_UNITS: Final = (
    (1, 604_800_000, "w", "week"),
    (2, 86_400_000, "d", "day"),
    (4, 3_600_000, "h", "hour"),
    (8, 60_000, "m", "minute"),
    (16, 1000, "s", "second"),
    (32, 1, "ms", "millisecond"),
)
"""Units of a duration: number, milliseconds, how they are written short and long."""
_COMPACT, _LONG = 0, 2
_AUTOMATIC: Final = 253
_PLAIN, _MONEY, _PERCENT, _SCIENTIFIC, _DAY, _CHOICE, _DURATION = 256, 257, 258, 259, 261, 266, 268
_IN_BRACKETS: Final = (2, 3)
_MOST_PLACES: Final = 30
_SIGNS: Final = {"EUR": "\u20ac", "USD": "$", "GBP": "\u00a3", "JPY": "\u00a5", "CNY": "CN\u00a5", "INR": "\u20b9"}
_ICU: Final = {"y": "yyyy", "a": "AM/PM", "EEEE": "dddd", "EEE": "ddd", "EE": "ddd", "E": "ddd"}
_PATTERN: Final = re.compile(r"'(?P<quoted>[^']*)'|(?P<letter>[A-Za-z])(?P=letter)*|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Format:
    """How a cell shows its number."""

    code: str = ""
    style: int = 1  # of durations: 0 with colons, 1 short, 2 long
    largest: int = 0
    smallest: int = 0  # nought where the units follow the duration

    def number(self, value: Decimal) -> str:
        """Return a number as it shows."""
        return xlsx_numbers.shown(str(value), self.code)

    def moment(self, seconds: Decimal) -> str:
        """Return a date, which is seconds since 2001, as it shows."""
        seconds = seconds.to_integral_value(ROUND_FLOOR)
        days = seconds / 86400 + _EPOCH
        if _FIRST_DAY <= days < _LAST_DAY:
            return xlsx_numbers.shown(f"{days:f}", self.code or ("yyyy-mm-dd h:mm" if days % 1 else "yyyy-mm-dd"))
        try:
            return (datetime(2001, 1, 1, tzinfo=UTC) + timedelta(seconds=float(seconds))).date().isoformat()
        except OverflowError:
            return ""

    def duration(self, seconds: Decimal) -> str:
        """Return a duration in its units, with a nought where one between them has none."""
        left = int(abs(seconds) * 1000)
        fitting = [unit for unit in _UNITS if left >= unit[1]]
        whole = [unit for unit in _UNITS if left % unit[1] == 0]
        largest = self.largest or (fitting[0][0] if fitting else 16)
        smallest = max(self.smallest or (whole[0][0] if left else 0), largest)
        parts = []
        for number, size, short, long in _UNITS:
            if largest <= number <= smallest:
                count, left = divmod(left, size)
                parts.append((count, short, long))
        return ("-" if seconds < 0 else "") + _joined(parts, self.style)


NO_FORMAT: Final = Format()


def read(about: Message) -> Format:
    """Return a format."""
    if about.whole(1) != _DURATION:
        return Format(_code(about))
    units = (0, 0) if about.whole(40) else (about.whole(15), about.whole(16))
    return Format("", about.whole(7), *units)


def menu(about: Message) -> int:
    """Return the key of the menu that a format chooses from, or -1."""
    return about.whole(39) if about.whole(1) == _CHOICE else -1


def _joined(parts: list[tuple[int, str, str]], style: int) -> str:
    if style == _LONG:
        return " ".join(f"{count} {long}{'' if count == 1 else 's'}" for count, _, long in parts)
    if style != _COMPACT:
        return " ".join(f"{count}{short}" for count, short, _ in parts)
    text = ""
    for i, (count, short, _) in enumerate(parts):
        sign = "" if i == 0 else "." if short == "ms" else ":"
        text += sign + (f"{count:03}" if short == "ms" and i else f"{count:02}" if i else str(count))
    return text


def _code(about: Message) -> str:
    """Return a format as a workbook would write it; nothing for one that is not among the plain ones."""
    kind, places = about.whole(1), about.whole(2, _AUTOMATIC)
    if kind == _DAY:
        return _day(about.text(14))
    if kind not in (_PLAIN, _MONEY, _PERCENT, _SCIENTIFIC):
        return ""
    if kind == _PLAIN and places > _MOST_PLACES and not about.whole(5) and about.whole(4) not in _IN_BRACKETS:
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
