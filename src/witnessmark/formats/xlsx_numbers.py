"""Numbers of a workbook as a reader sees them: the number formats of ISO/IEC 29500-1, 18.8.30 and 18.8.31."""

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from typing import Final

BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "$#,##0_);($#,##0)", 6: "$#,##0_);[Red]($#,##0)",
    7: "$#,##0.00_);($#,##0.00)", 8: "$#,##0.00_);[Red]($#,##0.00)", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    12: "# ?/?", 13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", 37: "#,##0_);(#,##0)",
    38: "#,##0_);[Red](#,##0)", 39: "#,##0.00_);(#,##0.00)", 40: "#,##0.00_);[Red](#,##0.00)",
    41: "#,##0_);(#,##0);-_);@_)", 42: "$#,##0_);($#,##0);$-_);@_)", 43: "#,##0.00_);(#,##0.00);-_);@_)",
    44: "$#,##0.00_);($#,##0.00);$-_);@_)", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
"""Formats by number; 14 and 22 follow the reader's country, so that ISO order is used here."""
_PIECE = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[(?P<bracket>[^\]]*)\]|(?P<ampm>AM/PM|A/P)|(?P<general>General)'
    r"|(?P<date>y+|m+|d+|h+|s+|e+|g+|b+)|(?P<number>[0#?][0#?,.]*(?:\s*(?P<over>/)\s*[0-9#?]+)?(?P<power>[eE][+-][0#?]+)?"
    r"|\.[0#?]+)|(?P<percent>%)|(?P<at>@)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()  # noqa: SIM905
_ELAPSED = {"h": 3600, "m": 60, "s": 1}
_CURRENCY = re.compile(r"\$([^-\]]*)")
LONGEST = 255
_WIDE: Final = Context(prec=2 * LONGEST)
"""A format may ask for more places than numbers are reckoned with elsewhere."""

Piece = tuple[str, str]
NOTHING: Final = "cell that shows nothing"


def shown(value: str, code: str, *, from_1904: bool = False) -> str:
    """Return a stored number as the format shows it; what cannot be followed is shown as stored."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    if not number.is_finite() or abs(number.adjusted()) > 400:
        return value
    sections = _sections(code[:LONGEST])
    if code.lower() in ("general", "") or not sections:
        return general(number)
    place = 1 if number < 0 and len(sections) > 1 else 2 if number == 0 and len(sections) > 2 else 0
    pieces = sections[place]
    if any(kind == "date" for kind, _ in pieces):
        return _date(number, pieces, from_1904=from_1904)
    signed = place == 0 and number < 0
    text = _number(abs(number), pieces)
    return f"-{text}" if signed and text else text


def number_seen(
    value: str, style: tuple[str, str], *, from_1904: bool = False, plain: str | None = None
) -> tuple[str, str]:
    """Return a cell's number as it shows, and the label under which it is hidden if it does not show.

    Args:
        value: the number as it is stored.
        style: its format, and the label of words that cannot be told from the cell.
        from_1904: whether days are counted from 1904.
        plain: what stands for a number whose format shows nothing; as without a format, if not given.
    """
    code, why = style
    text = shown(value, "" if code.lower() == "general" else code, from_1904=from_1904)
    if text or not value:
        return text, why
    return shown(value, "") if plain is None else plain, NOTHING


def text_seen(text: str, style: tuple[str, str]) -> tuple[str, str]:
    """Return a cell's text, and the label under which it is hidden: its format may have an empty part for text."""
    code, why = style
    if code.count(";") >= 3 and not code.rpartition(";")[2]:
        return text, NOTHING
    return text, why


def general(number: Decimal) -> str:
    """Return a number without a format: as whole as it is, else with up to 15 digits (18.8.30, General)."""
    if number == number.to_integral_value() and abs(number) < Decimal(10) ** 20:
        return str(int(number))
    short = number.normalize() if len(number.as_tuple().digits) <= 15 else Decimal(f"{number:.15g}").normalize()
    return f"{short:f}" if -7 < short.adjusted() < 20 else str(short)


@lru_cache(maxsize=1024)
def _sections(code: str) -> list[list[Piece]]:
    sections: list[list[Piece]] = [[]]
    for match in _PIECE.finditer(code):
        kind, text = match.lastgroup or "", match[0]
        if match["quoted"] is not None:
            sections[-1].append(("text", match["quoted"]))
        elif match["escaped"] is not None:
            sections[-1].append(("text", match["escaped"]))
        elif match["bracket"] is not None:
            _bracket(match["bracket"], sections[-1])
        elif match["number"] is not None:
            sections[-1].append(("fraction" if match["over"] else "number", text))
        elif kind == "other" and text == ";":
            sections.append([])
        elif kind == "other":
            sections[-1].append(("text", text))
        elif kind == "ampm":
            sections[-1].append(("date", text))
        elif text[0] == "_":
            sections[-1].append(("text", ""))
        elif text[0] != "*":
            sections[-1].append((kind, text))
    return [_mark_minutes(section) for section in sections[:4]]


def _bracket(inner: str, section: list[Piece]) -> None:
    currency = _CURRENCY.match(inner)
    if currency is not None:
        section.append(("text", currency[1]))
    elif inner and set(inner.lower()) in ({"h"}, {"m"}, {"s"}):
        section.append(("date", f"[{inner}]"))


def _mark_minutes(section: list[Piece]) -> list[Piece]:
    """Tell minutes from months: an m after hours or before seconds counts minutes."""
    places = [i for i, (kind, text) in enumerate(section) if kind == "date" and text[0] not in "aA"]
    for order, place in enumerate(places):
        text = section[place][1]
        if text[0] in "mM" and len(text) <= 2:
            before = section[places[order - 1]][1].strip("[]")[0].lower() if order else ""
            after = section[places[order + 1]][1][0].lower() if order + 1 < len(places) else ""
            if before == "h" or after == "s":
                section[place] = ("date", "n" * len(text))
    return section


def _number(number: Decimal, pieces: list[Piece]) -> str:
    number *= Decimal(100) ** sum(kind == "percent" for kind, _ in pieces)
    patterns = [text for kind, text in pieces if kind == "number"]
    fraction = next((text for kind, text in pieces if kind == "fraction"), "")
    written = iter(_share_out(number, patterns, fraction))
    parts = []
    for kind, text in pieces:
        if kind == "number":
            parts.append(next(written))
        elif kind == "fraction":
            parts.append(_fraction(number, text, mixed=bool(patterns)))
        elif kind in ("general", "at"):
            parts.append(general(number))
        elif kind in ("text", "percent"):
            parts.append(text)
    return "".join(parts).strip()


def _share_out(number: Decimal, patterns: list[str], fraction: str) -> list[str]:
    """Return what each run of digit signs shows: before a fraction the whole part; else split at the point."""
    if not patterns:
        return []
    rest = [""] * (len(patterns) - 1)
    if fraction:
        return ["" if int(number) == 0 else str(int(number)), *rest]
    if rest and patterns[1].startswith("."):
        whole, point, right = _digits(number, patterns[0].rstrip(".") + patterns[1]).partition(".")
        return [whole, point + right, *rest[1:]]
    scale = len(patterns[0]) - len(patterns[0].rstrip(","))
    return [_digits(number.scaleb(-3 * scale), patterns[0]), *rest]


def _digits(number: Decimal, pattern: str) -> str:
    power = re.search(r"[eE]([+-])([0#?]+)\Z", pattern)
    body = pattern[: power.start()] if power else pattern
    whole, _, decimals = body.rstrip(",").partition(".")
    places = len(decimals.replace(",", ""))
    tail = ""
    if power:
        exponent = number.adjusted() if number else 0
        number = number.scaleb(-exponent)
        sign = "-" if exponent < 0 else "+" if power[1] == "+" else ""
        tail = f"E{sign}{abs(exponent):0{len(power[2])}}"
    rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _WIDE) if number.adjusted() < 25 else number
    text = f"{rounded:,.{places}f}" if "," in whole else f"{rounded:.{places}f}"
    least = whole.count("0")
    left, point, right = text.partition(".")
    if least == 0 and left == "0":
        left = ""
    left = left.rjust(least, "0") if "," not in left else left
    for sign in reversed(decimals.replace(",", "")):
        if sign == "0" or not right.endswith("0"):
            break
        right = right[:-1]
    return left + (point + right if point and (right or decimals.startswith("0")) else "") + tail


def _fraction(number: Decimal, pattern: str, *, mixed: bool) -> str:
    below = pattern.partition("/")[2].strip()
    rest = Fraction(number) - (int(number) if mixed else 0)
    if below.isdigit() and int(below):
        above, below_number = round(rest * int(below)), int(below)
    else:
        near = rest.limit_denominator(max(10 ** min(len(below), 4) - 1, 1))
        above, below_number = near.numerator, near.denominator
    return "" if above == 0 and mixed else f"{above}/{below_number}"


def _date(number: Decimal, pieces: list[Piece], *, from_1904: bool) -> str:
    days = number + (1462 if from_1904 else 0)
    if not 0 <= days < 2958466:
        return general(number)
    seconds = int((days * 86400).quantize(Decimal(1), ROUND_HALF_UP))
    base = datetime(1899, 12, 30 if seconds >= 60 * 86400 else 31)  # noqa: DTZ001 - 1900 counts as a leap year there
    moment = base + timedelta(seconds=seconds)
    noon = any(kind == "date" and text[0] in "aA" for kind, text in pieces)
    parts = []
    for kind, text in pieces:
        if kind == "date":
            parts.append(_date_part(moment, text, seconds, noon=noon))
        elif kind == "text":
            parts.append(text)
        elif kind == "number" and text.strip(".0") == "":
            parts.append("." + "0" * text.count("0") if text.startswith(".") else "")
    return "".join(parts).strip()


def _date_part(moment: datetime, code: str, seconds: int, *, noon: bool) -> str:
    sign, wide = code[0].lower(), len(code)
    if sign == "[":
        return f"{seconds // _ELAPSED[code[1].lower()]:0{wide - 2}}"
    if sign == "a":
        return ("AM" if moment.hour < 12 else "PM") if "/" in code and len(code) == 5 else "AP"[moment.hour >= 12]
    hour = (moment.hour % 12 or 12) if noon else moment.hour
    plain = {"h": hour, "n": moment.minute, "s": moment.second, "d": moment.day, "m": moment.month}
    if sign in "ye":
        return f"{moment.year:04}" if wide > 2 or sign == "e" else f"{moment.year % 100:02}"
    if sign == "m" and wide > 2:
        name = _MONTHS[moment.month - 1]
        return name[0] if wide == 5 else name[:3] if wide == 3 else name
    if sign == "d" and wide > 2:
        name = _DAYS[moment.weekday()]
        return name[:3] if wide == 3 else name
    return f"{plain[sign]:0{min(wide, 2)}}" if sign in plain else ""
