"""One page of an XPS document: where its letters stand, what it paints, and which letters show (ECMA-388, 11 to 18).

All places are 1/96 inch, with y downwards. A canvas lays what lies in it with its own matrix. Brushes and matrices may
be named in a dictionary of the page, or of a part that it names.
"""

import math
import re
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, Final

from witnessmark.formats import markup
from witnessmark.formats.font_widths import FontWidths
from witnessmark.formats.ink import Ink, Said
from witnessmark.formats.page_lines import Run
from witnessmark.formats.page_paint import Edges, Grounds, Point, around, is_upright, rectangle, stretches
from witnessmark.formats.plane import SAME, Matrix, combined, moved
from witnessmark.formats.xps_values import FARTHEST, advances, colour_of, figures_of, matrix_of, number

MOST_LETTERS: Final = 10_000_000
DEEPEST: Final = 200
"""How many canvases may lie in each other."""
THIN: Final = 3.4
"""What is no higher or no wider is a line, under words or through them."""
SMALLEST: Final = 1.4
"""Letters of a point are not seen, as in other documents."""
_NAMED: Final = re.compile(r"\{StaticResource\s+([^}\s]+)\s*\}")
_STATED: Final = re.compile(r"[^,;]*,\s*[\d.]")
_EM: Final = 16.0
_CLEAR: Final = None
"""The ink of what is not painted at all."""
Fonts = Callable[[str], FontWidths | None]
"""Gives the widths of the font that a page calls so."""
EVERYWHERE: Final[Edges] = (-FARTHEST, -FARTHEST, FARTHEST, FARTHEST)


@dataclass(frozen=True, slots=True)
class _Space:
    """Where an element lies: its matrix and what it may name; how much of it is seen.

    `box` is what is left by all cuts that are upright boxes; `is_cut` tells of a cut of another shape.
    """

    matrix: Matrix
    box: Edges
    named: ChainMap[str, Any]
    shows: bool = True
    is_faint: bool = False
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class _Glyphs:
    """A run of glyphs that was met: the element, its space, its letters, the ink, and when it was painted."""

    element: Any
    space: _Space
    text: str
    colour: Ink
    order: int


class Sheet:
    """What a page shows and what it does not, in runs of letters; what it says of its pictures; where it leads."""

    def __init__(self, root: Any, left: int, named: Mapping[str, Any], fonts: Fonts) -> None:
        self.shown: list[Run] = []
        self.unseen: list[Run] = []
        self.hints: list[str] = []
        self.addresses: list[str] = []
        self.letters = 0
        self._left, self._fonts = left, fonts
        self._grounds = Grounds(THIN)
        self._texts: list[_Glyphs] = []
        self._draw(root, _Space(SAME, _box(root), ChainMap({}, dict(named))))
        met = {text.element for text in self._texts}
        for text in self._texts:
            self._set(text)
        self._take_rest(root, met)

    def _draw(self, root: Any, space: _Space) -> None:
        waiting = [(root, space, 0)]
        while waiting:
            element, outer, depth = waiting.pop()
            kind = markup.local(element)
            self._hear(element)
            inner = outer if element is root else _within(element, outer)
            if kind in ("FixedPage", "Canvas") and depth < DEEPEST:
                inner = _knowing(element, inner)
                waiting += [(child, inner, depth + 1) for child in reversed(element)]
            elif kind == "Path":
                self._paint(element, inner)
            elif kind == "Glyphs" and (text := self._letters_of(element)):
                self._texts.append(_Glyphs(element, inner, text, _fill(element, inner), self._grounds.next()))

    def _hear(self, element: Any) -> None:
        said = markup.attributes(element)
        self.hints += filter(None, (said.get("AutomationProperties.Name"), said.get("AutomationProperties.HelpText")))
        if address := said.get("FixedPage.NavigateUri"):
            self.addresses.append(address[:2000])

    def _letters_of(self, element: Any) -> str:
        text = (element.get("UnicodeString") or "").removeprefix("{}")
        text = text[: max(0, self._left - self.letters)]
        self.letters += len(text)
        return text

    def _paint(self, element: Any, space: _Space) -> None:
        paper = _fill(element, space)
        if not space.shows or paper is _CLEAR:
            return
        points, is_box = _outline(element)
        bounds = EVERYWHERE if points is None else around([moved(space.matrix, point) for point in points])
        is_known = is_box and not space.is_cut and is_upright(space.matrix)
        self._grounds.lay(_common(bounds, space.box), paper if is_known else Said.UNKNOWN)

    def _set(self, glyphs: _Glyphs) -> None:
        """Set the letters of a run, those that show and those that do not, now that all is known that is painted."""
        text, space = glyphs.text, glyphs.space
        laid = _Laid(text, glyphs.element, space.matrix, self._fonts)
        is_inked = space.shows and glyphs.colour is not _CLEAR and laid.em > SMALLEST
        lost = self._grounds.lost(glyphs.colour, glyphs.order, len(text)) if is_inked else None
        if not is_inked or not laid.is_placed:
            seen = [is_inked] * len(text)
        elif lost is None:
            seen = [_holds(space.box, point) for point in laid.middles()]
        else:
            seen = [_holds(space.box, point) and not lost(point) for point in laid.middles()]
        for start, end, shows in stretches(text, seen):
            (self.shown if shows else self.unseen).append(laid.run(start, end))

    def _take_rest(self, root: Any, met: AbstractSet[Any]) -> None:
        """Take letters that brushes paint, and those of elements that are not known: they show.

        What lies in a dictionary and is named nowhere is not painted.
        """
        rest = [element for element in root.iter("{*}Glyphs") if element not in met]
        if not rest:
            return
        named = {name for element in root.iter() for value in element.values() for name in _NAMED.findall(value)}
        for element in rest:
            if text := self._letters_of(element):
                keys = [key for above in element.iterancestors() if (key := _key(above))]
                shows = all(key in named for key in keys)
                (self.shown if shows else self.unseen).append(_Laid(text, element, SAME, self._fonts).run(0, len(text)))


class _Laid:
    """The letters of a run of glyphs and their places; of one that lies nowhere the em is 0."""

    def __init__(self, text: str, element: Any, matrix: Matrix, font: Fonts) -> None:
        self._text = text
        size = number(element.get("FontRenderingEmSize"), _EM)
        x, y = (number(element.get(name), math.nan) for name in ("OriginX", "OriginY"))
        self.is_placed = not math.isnan(x + y)
        x, y = (x, y) if self.is_placed else (0.0, 0.0)
        a, b, c, d, _, _ = matrix
        unit, self._origin = math.hypot(a, b), moved(matrix, (x, y))
        indices = element.get("Indices") or ""
        is_stated = all(map(_STATED.match, indices.split(";"))) and indices.count(";") >= len(text) - 1
        widths = None if is_stated else font(element.get("FontUri") or "")
        self._is_exact = is_stated or widths is not None
        steps = [unit * abs(size) * step for step in advances(indices, text, widths)]
        self._ends = list(accumulate(steps, initial=0.0))
        self._leftwards = int(number(element.get("BidiLevel"))) % 2 == 1
        self.em = abs(size) * math.hypot(c, d)
        if not all(abs(one) < FARTHEST for one in (*self._origin, self.em, self._ends[-1])):
            self._origin, self.em, self._ends = (0.0, 0.0), 0.0, [0.0] * len(self._ends)
        self._angle = round(math.degrees(math.atan2(b, a))) % 360
        self._cos, self._sin = math.cos(math.radians(self._angle)), math.sin(math.radians(self._angle))

    def middles(self) -> Iterator[Point]:
        """Yield the middle of each letter on the page: baselines lie about a third of an em below it."""
        up = 0.35 * self.em
        for start, end in zip(self._ends, self._ends[1:], strict=False):
            along = (start + end) / 2 * (-1 if self._leftwards else 1)
            yield (
                self._origin[0] + along * self._cos + up * self._sin,
                self._origin[1] + along * self._sin - up * self._cos,
            )

    def run(self, start: int, end: int) -> Run:
        """Return a stretch of the letters as a run of the page."""
        x, y = self._origin
        along, base = x * self._cos + y * self._sin, y * self._cos - x * self._sin
        begins, ends = self._ends[start], self._ends[end]
        text, em = self._text[start:end], max(self.em, 1e-6)
        if self._leftwards:
            begins, ends = -ends, -begins
        return Run(text, self._angle, along + begins, along + ends, base, em, self._leftwards, self._is_exact)


def _within(element: Any, space: _Space) -> _Space:
    """Return the space of an element: its own matrix, opacity and cut (ECMA-388, section 14)."""
    matrix = combined(space.matrix, _transform(element, space.named))
    opacity = number(element.get("Opacity"), 1.0)
    is_faint = space.is_faint or opacity < 1.0 or _property(element, "OpacityMask", space.named) is not None
    box, is_cut = space.box, space.is_cut
    cut = _property(element, "Clip", space.named)
    if cut is not None:
        corners = _corners(cut)
        if corners is not None and is_upright(matrix):
            box = _common(box, around([moved(matrix, corner) for corner in corners]))
        else:
            is_cut = True
    return _Space(matrix, box, space.named, space.shows and opacity > 0.0, is_faint, is_cut)


def _knowing(element: Any, space: _Space) -> _Space:
    """Return a space in which the dictionary of a canvas or page is known."""
    found = [child for child in element if markup.local(child).endswith(".Resources")]
    named = {key: entry for child in found for key, entry in entries(child).items()}
    return replace(space, named=space.named.new_child(named)) if named else space


def _key(element: Any) -> str:
    """Return the name of an entry of a dictionary."""
    return next((value for key, value in element.attrib.items() if key.endswith("}Key")), "")


def entries(root: Any) -> dict[str, Any]:
    """Return what a dictionary names."""
    return {key: entry for entry in root.iter() if (key := _key(entry))}


def _property(element: Any, name: str, named: Mapping[str, Any]) -> str | Any | None:
    """Return a property: as text, or as the element that states it, here or in a dictionary; None if it is not set."""
    text = element.get(name)
    if text is not None:
        found = _NAMED.fullmatch(text.strip())
        return named.get(found[1], "") if found else text
    for child in element:
        if markup.local(child).endswith("." + name):
            return next(iter(child), None)
    return None


def _transform(element: Any, named: Mapping[str, Any]) -> Matrix:
    found = _property(element, "RenderTransform", named)
    text = found if isinstance(found, str) else "" if found is None else found.get("Matrix") or ""
    return matrix_of(text)


def _fill(element: Any, space: _Space) -> Ink:
    """Return the colour that an element is filled with; `_CLEAR` where it is not filled at all."""
    found = _property(element, "Fill", space.named)
    if found is None:
        return _CLEAR
    faint = 1.0
    if not isinstance(found, str):
        if markup.local(found) != "SolidColorBrush":
            return Said.UNKNOWN
        faint = number(found.get("Opacity") or "1", 1.0)
        found = found.get("Color") or ""
    colour, alpha = colour_of(found.strip())
    if alpha * faint <= 0.0:
        return _CLEAR
    return colour if alpha * faint >= 1.0 and not space.is_faint else Said.UNKNOWN


def _outline(element: Any) -> tuple[Sequence[Point] | None, bool]:
    """Return points around what a path fills, None if they are not known, and whether it is one upright rectangle."""
    figures = figures_of(_property(element, "Data", {}))
    points = [point for figure in figures for point in figure]
    return (points or None), len(figures) == 1 and rectangle(figures[0]) is not None


def _corners(shape: Any) -> Sequence[Point] | None:
    """Return the corners of a shape that is one upright rectangle; else nothing."""
    figures = figures_of(shape)
    return rectangle(figures[0]) if len(figures) == 1 else None


def _common(one: Edges, other: Edges) -> Edges:
    """Return what two boxes have in common; where that is nothing, the right edge is left of the left one."""
    return max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])


def _holds(box: Edges, point: Point) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _box(root: Any) -> Edges:
    """Return the page's edges; where it states none, nothing lies outside of it."""
    across, down = (number(root.get(name)) for name in ("Width", "Height"))
    return (0.0, 0.0, across, down) if across > 0 and down > 0 else EVERYWHERE
