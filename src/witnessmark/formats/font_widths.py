"""How wide the letters of a font are: what its tables say (OpenType 1.9: head, hhea, hmtx, cmap); nothing is drawn.

Rules for whoever changes this file: the font is the file's own and may lie; a width decides where a blank stands, never
whether a letter is told.
"""

import struct
from collections.abc import Mapping
from typing import Final, Self

_MOST_TABLES: Final = 100
_MOST_GROUPS: Final = 50_000
_MOST_LETTERS: Final = 70_000
_WIDEST: Final = 20.0


class FontWidths:
    """The widths of a font's glyphs in ems, and which glyph is whose letter's."""

    def __init__(self, data: bytes, tables: Mapping[bytes, tuple[int, int]]) -> None:
        head, across = tables[b"head"][0], tables[b"hhea"][0]
        self._units = int(struct.unpack_from(">H", data, head + 18)[0])
        (count,) = struct.unpack_from(">H", data, across + 34)
        start, size = tables[b"hmtx"]
        count = min(count, size // 4, max(0, len(data) - start) // 4)
        if self._units == 0 or count == 0:
            raise ValueError("a font without widths")
        self._widths = struct.unpack_from(f">{2 * count}H", data, start)[::2]
        self._glyphs = _letters(data, *tables[b"cmap"]) if b"cmap" in tables else {}

    @classmethod
    def read(cls, data: bytes) -> Self | None:
        """Return the widths that a font states; None where it is none, or states none."""
        try:
            start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
            (count,) = struct.unpack_from(">H", data, start + 4)
            found = [struct.unpack_from(">4s4xII", data, start + 12 + 16 * n) for n in range(min(count, _MOST_TABLES))]
            return cls(data, {name: (place, size) for name, place, size in found})
        except (struct.error, KeyError, ValueError):
            return None

    def of_glyph(self, number: int) -> float:
        """Return how many ems a glyph is wide; the last width counts for all behind it."""
        return min(float(self._widths[min(number, len(self._widths) - 1)]) / self._units, _WIDEST)

    def of_letter(self, letter: str) -> float | None:
        """Return how many ems a letter is wide, None where the font has none."""
        number = self._glyphs.get(ord(letter))
        return None if number is None else self.of_glyph(number)


def _letters(data: bytes, start: int, size: int) -> dict[int, int]:
    """Return the glyphs by their letters, of the first table for Unicode that is understood."""
    table = data[start : start + size]
    (count,) = struct.unpack_from(">H", table, 2)
    places = []
    for number in range(min(count, _MOST_TABLES)):
        platform, kind, place = struct.unpack_from(">HHI", table, 4 + 8 * number)
        if (platform, kind) in ((3, 10), (3, 1), (3, 0)) or platform == 0:
            places.append(place)
    for place in places:
        form = struct.unpack_from(">H", table, place)[0] if place + 2 <= len(table) else 0
        found = _segments(table, place) if form == 4 else _groups(table, place) if form == 12 else {}
        if found:
            return found
    return {}


def _segments(table: bytes, at: int) -> dict[int, int]:
    count = struct.unpack_from(">H", table, at + 6)[0] // 2
    row = f">{count}H"
    ends = struct.unpack_from(row, table, at + 14)
    starts = struct.unpack_from(row, table, at + 16 + 2 * count)
    moves = struct.unpack_from(row, table, at + 16 + 4 * count)
    offsets = struct.unpack_from(row, table, at + 16 + 6 * count)
    found: dict[int, int] = {}
    left = _MOST_LETTERS  # segments may overlap: what is counted are the looks, not what they find
    for number, (first, last) in enumerate(zip(starts, ends, strict=True)):
        left -= max(0, last + 1 - first)
        for letter in range(first, last + 1):
            glyph = letter
            if offsets[number]:
                place = at + 16 + 6 * count + 2 * number + offsets[number] + 2 * (letter - first)
                glyph = struct.unpack_from(">H", table, place)[0] if place + 2 <= len(table) else 0
                if glyph == 0:
                    continue
            found[letter] = (glyph + moves[number]) & 0xFFFF
        if left < 0:
            break
    return found


def _groups(table: bytes, at: int) -> dict[int, int]:
    (count,) = struct.unpack_from(">I", table, at + 12)
    found: dict[int, int] = {}
    left = _MOST_LETTERS
    for number in range(min(count, _MOST_GROUPS)):
        first, last, glyph = struct.unpack_from(">3I", table, at + 16 + 12 * number)
        last = min(last, first + _MOST_LETTERS)
        left -= max(0, last + 1 - first)
        for letter in range(first, last + 1):
            found[letter] = glyph + letter - first
        if left < 0:
            break
    return found


def opened(data: bytes, name: str) -> bytes:
    """Return a font whose first bytes are veiled by the number in its name (ECMA-388, section 9)."""
    digits = "".join(char for char in name.rpartition("/")[2].rpartition(".")[0] if char in "0123456789abcdefABCDEF")
    if not name.lower().endswith(".odttf") or len(digits) != 32:
        return data
    key = bytes.fromhex(digits)[::-1]
    return bytes(a ^ b for a, b in zip(data[:32], key * 2, strict=False)) + data[32:]
