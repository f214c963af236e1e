"""Ink and paper of Word's binary documents: what changes of characters and paragraphs say of colours.

By [MS-DOC] 2.9.119 (Ico), 2.9.43 (COLORREF), 2.9.245 and 2.9.246 (Shd80, SHDOperand), 2.9.121 (Ipat).
"""

from collections.abc import Iterable
from typing import Final

from witnessmark.formats import ink
from witnessmark.formats import word_properties as wp
from witnessmark.formats.ink import Colour, Ink, Paper, Said
from witnessmark.formats.word_properties import Changes, Properties

_NUMBERED: Final[tuple[Colour, ...]] = (
    (0, 0, 0), (0, 0, 255), (0, 255, 255), (0, 255, 0), (255, 0, 255), (255, 0, 0), (255, 255, 0), (255, 255, 255),
    (0, 0, 128), (0, 128, 128), (0, 128, 0), (128, 0, 128), (128, 0, 0), (128, 128, 0), (128, 128, 128),
    (192, 192, 192),
)  # fmt: skip
_CLEAR: Final = 0
_SHARES: Final = {1: 1.0, 2: 0.05, 3: 0.1, 4: 0.2, 5: 0.25, 6: 0.3, 7: 0.4, 8: 0.5, 35: 0.025, 36: 0.075}
"""How much of a pattern is its own ink."""


def why(properties: Properties, style: int, found: Changes, paragraph: Changes, page: Paper) -> str:
    """Return the label of characters that cannot be told from what they stand on, or nothing."""
    coloured = properties.stated(style, found, wp.COLOUR)
    numbered = properties.stated(style, found, wp.COLOUR_NUMBER)
    marked = properties.stated(style, found, wp.HIGHLIGHT)
    if not coloured and not numbered and not marked:
        return ""
    mark = _numbered(marked[0]) if marked else None
    colour = ink.over_mark(_colour(coloured) if coloured else _numbered((numbered or b"\0")[0]), mark)
    if not isinstance(colour, tuple):
        return ""
    shade = _first(properties.stated(style, found, code) for code in wp.SHADES)
    ground = _first(paragraph.get(code) for code in wp.PARAGRAPH_SHADES)
    return ink.why(colour, ink.beneath(mark, shade, ground, page))


def _first(raws: Iterable[bytes | None]) -> Paper:
    return next((_shade(raw) for raw in raws if raw), None)


def _numbered(number: int) -> Ink:
    return _NUMBERED[number - 1] if 0 < number <= len(_NUMBERED) else Said.NOTHING


def _colour(raw: bytes) -> Ink:
    """Return a colour in four bytes, of which the last says that none was chosen."""
    return Said.NOTHING if len(raw) < 4 or raw[3] else (raw[0], raw[1], raw[2])


def _shade(raw: bytes) -> Paper:
    """Return what a shade paints: its ground, or all pattern, or a mixture of both."""
    if len(raw) == 2:
        both = raw[0] | raw[1] << 8
        if both == 0xFFFF:
            return Said.NOTHING
        fore, back, pattern = _numbered(both & 31), _numbered(both >> 5 & 31), both >> 10
    elif len(raw) >= 10:
        fore, back, pattern = _colour(raw[:4]), _colour(raw[4:8]), raw[8] | raw[9] << 8
    else:
        return Said.UNKNOWN
    if pattern in (_CLEAR, 0xFFFF):
        return back
    return ink.mixed(fore, back, _SHARES[pattern]) if pattern in _SHARES else Said.UNKNOWN
