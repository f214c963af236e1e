"""What an OFD page paints beside its letters, and which letters cannot be told from it (GB/T 33190-2016, 8.3, 9, 11.2).

What that means for letters, `page_paint` says. All places are millimetres of the page.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from witnessmark.formats import ink
from witnessmark.formats.ink import Ink, Paper, Said
from witnessmark.formats.ofd_measure import number, numbers, own
from witnessmark.formats.page_paint import Edges, Grounds, Lost, Point, around, corners, is_upright, rectangle
from witnessmark.formats.plane import Matrix, combined, moved

THIN: Final = 0.9
"""What is no higher or no wider is a line, under words or through them."""
_DEEPEST: Final = 10
_OPAQUE: Final = 255
_HEX: Final = re.compile("#[0-9A-Fa-f]{1,2}")
_YES: Final = ("true", "1")


class Colours:
    """The colours of objects: their own, or those of the drawing parameters that they or their layer name."""

    def __init__(self) -> None:
        self._parameters: dict[str, Any] = {}

    def learn(self, root: Any) -> None:
        """Take in the drawing parameters among a part's resources."""
        for element in root.iter("{*}DrawParam"):
            self._parameters.setdefault(element.get("ID") or "", element)

    def fill(self, element: Any, layer: str) -> Ink:
        """Return the colour in which an object is filled; nothing, where no one says a word."""
        own = element.find("{*}FillColor")
        name = element.get("DrawParam") or layer
        for _ in range(_DEEPEST):
            if own is not None or not name:
                break
            parameter = self._parameters.get(name)
            if parameter is None:
                return Said.UNKNOWN
            own, name = parameter.find("{*}FillColor"), parameter.get("Relative") or ""
        return Said.UNKNOWN if own is None and name else Said.NOTHING if own is None else _colour(own)


class Paints(Grounds):
    """What one page paints, in order; letters are asked about when all of it is known."""

    def __init__(self, colours: Colours) -> None:
        super().__init__(THIN)
        self._colours = colours

    def paint(self, element: Any, kind: str, outer: Matrix, layer: str) -> None:
        """Keep what a path or a picture paints, in the space that a matrix lays on the page."""
        box = numbers(element.get("Boundary"), 4)
        if box is None or (kind == "PathObject" and element.get("Fill", "false").strip().lower() not in _YES):
            return
        sides = corners(box[0], box[1], box[0] + box[2], box[1] + box[3])
        bounds = around([moved(outer, side) for side in sides])
        paper: Paper = Said.UNKNOWN
        shape = _corners(element) if kind == "PathObject" and element.find("{*}Clips") is None else None
        if shape is not None:
            matrix = combined(outer, own(element))
            where = around([moved(matrix, corner) for corner in shape])
            if is_upright(matrix) and _is_within(where, bounds):
                bounds, paper = where, self._colours.fill(element, layer)
        self.lay(bounds, paper)

    def hides(self, element: Any, layer: str, order: int, letters: int) -> Lost | None:
        """Return what tells of the letters of a text whether they are lost; nothing, where none of them can be."""
        colour = self._colours.fill(element, layer)
        if element.get("Stroke", "false").strip().lower() in _YES:
            colour = Said.UNKNOWN
        return self.lost(ink.BLACK if colour is Said.NOTHING else colour, order, letters)


def _colour(element: Any) -> Ink:
    """Return a colour in one component or three; the space's other kinds, palettes and shades are not told."""
    alpha = number(element.get("Alpha", "255"))
    values = [_component(part) for part in (element.get("Value") or "").split(maxsplit=4)]
    known = [int(min(max(value, 0.0), 255.0)) for value in values if value is not None]
    if len(element) or alpha != _OPAQUE or len(known) not in (1, 3) or len(known) != len(values):
        return Said.UNKNOWN
    return known[0], known[-2 if len(known) > 1 else 0], known[-1]


def _component(text: str) -> float | None:
    """Return one component: a number, or two hexadecimal digits after a number sign."""
    if not text.startswith("#"):
        return number(text)
    return float(int(text[1:], 16)) if _HEX.fullmatch(text) else None


def _corners(element: Any) -> Sequence[Point] | None:
    """Return the four corners of a path that is one upright rectangle, in its own space; else nothing."""
    data = next((inner for inner in element if str(inner.tag).endswith("}AbbreviatedData")), None)
    words = ((data.text if data is not None else "") or "").split(maxsplit=32)
    points, at = list[tuple[float, float]](), 0
    while at < len(words):
        if words[at] == "C" and at == len(words) - 1:
            break
        place = numbers(" ".join(words[at + 1 : at + 3]), 2)
        if words[at] not in ("MS" if not points else "L") or place is None:
            return None
        points.append((place[0], place[1]))
        at += 3
    return rectangle(points)


def _is_within(inner: Edges, outer: Edges) -> bool:
    """Tell whether a path lies in its boundary, by and large: whether more of it is drawn, viewers differ in."""
    return (
        inner[0] >= outer[0] - THIN
        and inner[1] >= outer[1] - THIN
        and inner[2] <= outer[2] + THIN
        and inner[3] <= outer[3] + THIN
    )
