"""Numbers, colours, paths and widths as XPS writes them (ECMA-388, sections 11, 12 and 15)."""

import math
import re
from itertools import islice
from typing import Any, Final

from witnessmark.formats import ink
from witnessmark.formats.font_widths import FontWidths
from witnessmark.formats.ink import Ink, Said
from witnessmark.formats.page_lines import width
from witnessmark.formats.page_paint import Point
from witnessmark.formats.plane import SAME, Matrix

FARTHEST: Final = 1e7
"""A place beyond this is none."""
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_WORD: Final = re.compile(r"[A-Za-z]|" + _NUMBER.pattern)
_CLUSTER: Final = re.compile(r"\((\d{1,5})(?::(\d{1,5}))?\)")
_LONGEST_PATH: Final = 4_000
_NEEDED: Final = {"M": 2, "L": 2, "H": 1, "V": 1}


def number(text: str | None, otherwise: float = 0.0) -> float:
    """Return a number; something else where it is none."""
    try:
        found = float(text or "")
    except ValueError:
        return otherwise
    return found if math.isfinite(found) else otherwise


def matrix_of(text: str) -> Matrix:
    """Return a matrix of six numbers; that which changes nothing for anything else."""
    numbers = [float(one) for one in _NUMBER.findall(text)[:7]]
    if len(numbers) != 6 or not all(map(math.isfinite, numbers)):
        return SAME
    return numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]


def colour_of(text: str) -> tuple[Ink, float]:
    """Return a colour and how opaque it is (ECMA-388, section 15): of sRGB or scRGB; others are not known."""
    if text.startswith("#") and len(text) == 9:
        found = ink.parsed(text[3:])
        alpha = ink.parsed("0000" + text[1:3])
        return (Said.UNKNOWN, 1.0) if found is None or alpha is None else (found, alpha[2] / 255)
    if text.startswith("sc#"):
        parts = [float(one) for one in _NUMBER.findall(text[3:])[:5]]
        if len(parts) in (3, 4) and all(map(math.isfinite, parts)):
            red, green, blue = map(_in_srgb, parts[-3:])
            return (red, green, blue), parts[0] if len(parts) == 4 else 1.0
    found = ink.parsed(text) if text.startswith("#") else None
    return (Said.UNKNOWN if found is None else found), 1.0


def _in_srgb(value: float) -> int:
    """Return a linear part of a colour as sRGB writes it (IEC 61966-2-1)."""
    value = min(max(value, 0.0), 1.0)
    return round(255 * (12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055))


def figures_of(shape: Any) -> list[list[Point]]:
    """Return the corners of each figure of a shape; none where lines of it are not straight, or not known."""
    data = shape if isinstance(shape, str) else "" if shape is None else shape.get("Figures") or ""
    if len(data) > _LONGEST_PATH:
        return []
    figures = _figures(_WORD.findall(data))
    return figures if all(abs(part) < FARTHEST for figure in figures for point in figure for part in point) else []


def _figures(words: list[str]) -> list[list[Point]]:
    """Return the corners of the figures that the words of a path draw (ECMA-388, section 11)."""
    figures, command, at, x, y = list[list[Point]](), "", 0, 0.0, 0.0
    while at < len(words):
        if words[at].isalpha():
            command = words[at]
            at += 2 if command in "Ff" else 1
            if command.upper() not in _NEEDED and command.upper() not in ("F", "Z"):
                return []
            continue
        kind = command.upper()
        given = words[at : at + _NEEDED.get(kind, 1)]
        if kind not in _NEEDED or len(given) != _NEEDED[kind] or any(map(str.isalpha, given)):
            return []
        at += len(given)
        from_x, from_y = (x, y) if command.islower() else (0.0, 0.0)
        x = x if kind == "V" else from_x + float(given[0])
        y = y if kind == "H" else from_y + float(given[-1])
        if kind == "M":
            figures.append([])
            command = "l" if command == "m" else "L"
        elif not figures:
            return []
        figures[-1].append((x, y))
    return figures


def advances(indices: str, text: str, font: FontWidths | None) -> list[float]:
    """Return how many ems each letter takes: as stated, as the font has it, else a guess (ECMA-388, section 12).

    Where some letters are drawn by some glyphs together, the first of them takes what all of the glyphs take.
    """
    found = [(font.of_letter(letter) if font else None) or width(letter) for letter in text]
    glyphs = iter(indices.split(";") if indices else ())
    place = 0
    for one in glyphs:
        cluster = _CLUSTER.match(one)
        letters, count = (max(int(cluster[1]), 1), int(cluster[2] or 1)) if cluster else (1, 1)
        drawn = [one[cluster.end() :] if cluster else one, *islice(glyphs, max(count, 1) - 1)]
        if place >= len(found):
            break
        stated = [step for glyph in drawn if (step := _advance(glyph, font)) is not None]
        if len(stated) == max(count, 1):
            found[place : place + letters] = [sum(stated), *[0.0] * (letters - 1)][: len(found) - place]
        place += letters
    return found


def _advance(glyph: str, font: FontWidths | None) -> float | None:
    """Return how many ems one glyph takes; None where neither it nor its font says so."""
    number, *rest = (part.strip() for part in glyph.split(","))
    if rest and _NUMBER.fullmatch(rest[0]):
        return min(max(float(rest[0]), 0.0), FARTHEST) / 100
    return font.of_glyph(int(number)) if font and number.isascii() and number.isdigit() and len(number) < 6 else None
