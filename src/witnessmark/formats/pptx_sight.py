"""What a slide shows of the text on it: shapes under others, letters in the colour of their shape, letters of a point.

By ISO/IEC 29500-1, 19.3.1.45 (shapes lie in the order of the tree, the first at the bottom), 20.1.7.6 (where they are)
and 20.1.8.54 (one colour). Only what a slide itself states is known: fills of layouts and themes, pictures, groups and
shapes that are animated are not asked, and what they may hide shows.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from witnessmark.formats import ink, markup
from witnessmark.formats.ink import Ink, Paper, Said

COVERED: Final = "covered text"
TINY: Final = "hidden text"
MOST_COVERS: Final = 200
"""Rectangles of one slide that are asked what they cover."""
_SLACK: Final = 12_700
"""A point, in units of 1/914400 inch."""
_POINT: Final = 100
_WHOLE: Final = re.compile(r"-?[0-9]{1,12}")
_NAMED: Final = {"white": ink.WHITE, "black": ink.BLACK}

Box = tuple[int, int, int, int]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class Cover:
    """A rectangle of one colour that nothing moves: where it lies, and how many shapes lie under it."""

    where: Box
    order: int


class Slide:
    """The shapes of a slide, from the bottom up."""

    def __init__(self, slide: Any, shapes: Sequence[Any]) -> None:
        moved = {about.get("spid", "") for about in map(markup.attributes, slide.iter("{*}spTgt"))}
        self._boxes = [None if _number(shape) in moved else _box(shape) for shape in shapes]
        self._covers = [
            Cover(box, order)
            for order, (shape, box) in enumerate(zip(shapes, self._boxes, strict=True))
            if box is not None and _is_bar(shape)
        ]

    def covers(self, order: int) -> bool:
        """Tell whether the shape of a place in the order lies wholly under a rectangle."""
        box = self._boxes[order]
        if box is None or len(self._covers) > MOST_COVERS:
            return False
        return any(cover.order > order and _holds(cover.where, box) for cover in self._covers)


def why(run: Any, ground: Paper) -> str:
    """Return the label of a run's letters on the ground of its shape, or nothing when they show or it is not known."""
    about = run.find("{*}rPr")
    if about is None:
        return ""
    size = markup.whole(about.get("sz", ""))
    if size is not None and 0 < size <= _POINT:
        return TINY
    marked = _fill(about.find("{*}highlight"))
    return ink.why(_fill(about.find("{*}solidFill")), ink.beneath(marked, ground))


def ground_of(shape: Any) -> Paper:
    """Return what is painted under the letters of a shape; nothing known where it does not state a colour itself."""
    properties = shape.find("{*}spPr") if markup.local(shape) == "sp" else None
    fill = None if properties is None else properties.find("{*}solidFill")
    return Said.UNKNOWN if fill is None else _fill(fill)


def _fill(fill: Any) -> Ink:
    """Return the one colour of a fill, or what is known of it."""
    if fill is None:
        return None
    for colour in fill:
        kind, value = markup.local(colour), markup.attributes(colour).get("val", "")
        if len(colour) == 0 and kind == "srgbClr":
            return ink.parsed(value) or Said.UNKNOWN
        if len(colour) == 0 and kind == "prstClr":
            return _NAMED.get(value, Said.UNKNOWN)
    return Said.UNKNOWN


def _is_bar(shape: Any) -> bool:
    """Tell whether a shape is a rectangle in a colour that nothing shines through, and is to be seen."""
    properties = shape.find("{*}spPr") if markup.local(shape) == "sp" else None
    if properties is None or _is_marked(shape, "hidden"):
        return False
    form, fill = properties.find("{*}prstGeom"), properties.find("{*}solidFill")
    if form is None or form.get("prst") != "rect" or fill is None or len(fill) != 1:
        return False
    return next(fill.iter("{*}alpha", "{*}alphaOff", "{*}alphaMod"), None) is None


def _is_marked(shape: Any, name: str) -> bool:
    return next((about.get(name, "0") for about in _abouts(shape)), "0") in ("1", "true")


def _number(shape: Any) -> str:
    return next((about.get("id", "") for about in _abouts(shape)), "")


def _abouts(shape: Any) -> Iterator[dict[str, str]]:
    return map(markup.attributes, shape.iter("{*}cNvPr"))


def _box(shape: Any) -> Box | None:
    """Return where a shape lies that states it and is not turned."""
    place = next(shape.iter("{*}xfrm"), None)
    if place is None or place.get("rot", "0") != "0":
        return None
    start, extent = place.find("{*}off"), place.find("{*}ext")
    if start is None or extent is None:
        return None
    left, top, wide, high = measure(start, "x"), measure(start, "y"), measure(extent, "cx"), measure(extent, "cy")
    if left is None or top is None or not wide or not high or min(wide, high) < 0:
        return None
    return left, top, left + wide, top + high


def measure(element: Any, name: str) -> int | None:
    """Return a length that an element states, or None."""
    text = "" if element is None else element.get(name, "")
    return int(text) if _WHOLE.fullmatch(text) else None


def _holds(outer: Box, inner: Box) -> bool:
    return (
        outer[0] <= inner[0] + _SLACK
        and outer[1] <= inner[1] + _SLACK
        and outer[2] >= inner[2] - _SLACK
        and outer[3] >= inner[3] - _SLACK
    )
