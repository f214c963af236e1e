"""What the records of a metafile set: fonts, brushes, and the state by which words and shapes are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from witnessmark.formats.ink import BLACK, WHITE, Ink, Said
from witnessmark.formats.plane import SAME, Matrix, combined
from witnessmark.formats.windows_codecs import WESTERN, codec_of_charset

UNSCALED: Final = 1
"""The mapping of a page whose units are its own (MM_TEXT)."""
_EM: Final = 16.0
_CELL: Final = 0.85
_FREE: Final = (7, 8)  # MM_ISOTROPIC, MM_ANISOTROPIC: the window and the viewport say how large a unit is
_SIGNS: Final = frozenset(
    ("symbol", "euclid symbol", "wingdings", "wingdings 2", "wingdings 3", "webdings", "marlett", "mt extra")
)
"""Fonts whose letters are signs: they are told as Word tells them, by characters for private use."""
_AS_THEY_ARE: Final = frozenset(" !#%&()+,./0123456789:;<=>?[]_{|}")
"""Characters that are themselves in Symbol."""


@dataclass(frozen=True, slots=True)
class Font:
    """A font: how large an em is in logical units, its angle in degrees (turning left), its codec, its name."""

    em: float = _EM
    angle: float = 0.0
    codec: str = WESTERN
    name: str = ""

    @classmethod
    def of(cls, height: int, escapement: int, charset: int, name: str) -> "Font":
        """Return a font as LOGFONT states it: a negative height is that of the letters, another that of the line."""
        em = -height if height < 0 else height * _CELL if height else _EM
        codec = codec_of_charset(charset) or WESTERN
        return cls(float(em), escapement / 10, codec, name.partition("\0")[0].lower())

    @property
    def has_signs(self) -> bool:
        """Whether what it shows in the place of letters is none."""
        return self.name in _SIGNS

    def shown(self, text: str) -> str:
        """Return letters as they show: what looks like one may be a sign."""
        if not self.has_signs:
            return text
        kept = _AS_THEY_ARE if self.name == "symbol" else " "
        return "".join(chr(0xF000 + ord(c)) if " " < c <= "\xff" and c not in kept else c for c in text)


def colour(raw: bytes) -> Ink:
    """Return the colour of a COLORREF; one that names an entry of a palette is not known."""
    return Said.UNKNOWN if len(raw) < 4 or raw[3] not in (0, 2) else (raw[0], raw[1], raw[2])


@dataclass(frozen=True, slots=True)
class Brush:
    """What shapes are filled with: a colour, nothing, or something that is not known."""

    paper: Ink = Said.UNKNOWN

    @classmethod
    def of(cls, style: int, raw: bytes) -> "Brush":
        """Return a brush as LOGBRUSH states it (MS-WMF, section 2.1.1.4)."""
        return cls({0: colour(raw), 1: Said.NOTHING}.get(style, Said.UNKNOWN))


def blotted(operation: int, brush: Ink) -> Ink:
    """Return what an operation without a picture leaves in a box (MS-WMF, section 2.1.1.31)."""
    return {0x42: BLACK, 0xFF0062: WHITE, 0xF00021: brush}.get(operation, Said.UNKNOWN)


@dataclass(slots=True)
class State:
    """What the records have set; a copy of it can be saved and restored."""

    font: Font = field(default_factory=Font)
    align: int = 0
    extra: float = 0.0
    at: tuple[float, float] = (0.0, 0.0)
    world: Matrix = SAME
    mode: int = UNSCALED
    window_at: tuple[float, float] = (0.0, 0.0)
    window: tuple[float, float] = (1.0, 1.0)
    view_at: tuple[float, float] = (0.0, 0.0)
    view: tuple[float, float] | None = None
    ink: Ink = BLACK
    paper: Ink = WHITE
    is_opaque: bool = True
    brush: Ink = WHITE
    """What shapes are filled with; nothing where they are not."""
    copies: bool = True
    """Whether what is painted takes the place of what lies beneath."""
    is_cut: bool = False

    def scale(self, first: tuple[float, float]) -> tuple[float, float]:
        """Return how large a logical unit is on the page, across and down."""
        if self.mode == UNSCALED:
            return 1.0, 1.0
        if self.mode not in _FREE:
            return 1.0, -1.0
        view = self.view or first
        return view[0] / (self.window[0] or 1.0), view[1] / (self.window[1] or 1.0)


def by_letter(steps: Sequence[int], text: str, codec: str) -> Sequence[int]:
    """Return steps that are stated for each byte, or each half of a pair, as those of each letter."""
    if len(steps) <= len(text):
        return steps
    found, at, unit = [], 0, 2 if codec == "utf-16-le" else 1
    for letter in text:
        size = len(letter.encode(codec, "replace")) // unit
        found.append(sum(steps[at : at + size]))
        at += size
    return found


def turned(world: Matrix, other: Matrix, mode: int) -> Matrix:
    """Return the world transform after a record that modifies it (MS-EMF, section 2.1.24)."""
    return {1: SAME, 2: combined(world, other), 3: combined(other, world), 4: other}.get(mode, world)
