"""What a metafile of 32 bits paints beside its words: boxes that are filled, paths, shapes that are not followed."""

import struct
from collections.abc import Callable
from typing import Final

from witnessmark.formats.ink import Said
from witnessmark.formats.metafile_place import Page
from witnessmark.formats.metafile_state import blotted
from witnessmark.formats.page_paint import Point, corners

_BEGIN, _END, _ABORT, _CUT_BY_PATH = 59, 60, 68, 67
_FILL: Final = frozenset((62, 63))
_STROKE: Final = 64
_MOVE, _LINE = 27, 54
_CURVES: Final = frozenset((2, 5, 41, 55, 45, 85, 88, 42, 44, 46, 47))
"""Records that draw what is round, in a path or out of it."""
_UNKNOWN_SHAPES: Final = frozenset((42, 44, 46, 47, 8, 91, 71, 73, 74, 53, 77, 78, 79, 80, 81, 114, 116, 118))
"""Records that paint something of which no more is known: round shapes, regions, pictures."""
_MOST_POINTS: Final = 100


class Painter:
    """Follows what the records fill, and the path that they may draw before."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._figures: list[list[Point]] = []
        self._in_path = self._is_straight = False

    def take(self, kind: int, body: bytes) -> None:
        """Take one record; most paint nothing."""
        if kind in _PLAIN:
            _PLAIN[kind](self)
        elif self._in_path:
            self._draw(kind, body)
        elif kind in _UNKNOWN_SHAPES:
            self._page.fill(None, Said.UNKNOWN)
        elif (points := _outline(kind, body)) is not None:
            self._page.fill(points, self._page.state.brush)
        elif kind == 76 and len(body) >= 44:
            left, top, wide, high, operation = struct.unpack_from("<4iI", body, 24)
            self._page.fill_box(left, top, left + wide, top + high, blotted(operation, self._page.state.brush))

    def _draw(self, kind: int, body: bytes) -> None:
        """Draw a part of the path."""
        points = _outline(kind, body)
        if kind in _CURVES or kind in _UNKNOWN_SHAPES or sum(map(len, self._figures)) > _MOST_POINTS:
            self._is_straight = False
        elif kind == _MOVE and len(body) >= 16:
            self._figures.append([point(body)])
        elif kind == _LINE and len(body) >= 16:
            self._go_on([point(body)])
        elif kind in (6, 89):
            self._go_on(_points(kind, body))
        elif points is not None:
            self._figures.append(points)

    def _go_on(self, points: list[Point]) -> None:
        if self._figures:
            self._figures[-1] += points
        else:
            self._is_straight = False

    def _begin(self) -> None:
        self._figures, self._in_path, self._is_straight = [], True, True

    def _end(self) -> None:
        self._in_path = False

    def _fill(self) -> None:
        drawn = [figure for figure in self._figures if len(figure) > 1]
        one = drawn[0] if self._is_straight and len(drawn) == 1 else None
        if drawn or not self._is_straight:
            self._page.fill(one, self._page.state.brush)
        self._forget()

    def _forget(self) -> None:
        self._figures, self._in_path = [], False

    def _cut(self) -> None:
        self._page.state.is_cut = True
        self._forget()


_PLAIN: Final[dict[int, Callable[[Painter], None]]] = {
    _BEGIN: Painter._begin,
    _END: Painter._end,
    **dict.fromkeys(_FILL, Painter._fill),
    _STROKE: Painter._forget,
    _ABORT: Painter._forget,
    _CUT_BY_PATH: Painter._cut,
}


def point(body: bytes) -> Point:
    """Return the two whole numbers that a record begins with."""
    across, down = struct.unpack_from("<2i", body, 8)
    return float(across), float(down)


def _outline(kind: int, body: bytes) -> list[Point] | None:
    """Return the corners of a box or a polygon; None where the record draws none."""
    if kind == 43 and len(body) >= 24:
        return corners(*struct.unpack_from("<4i", body, 8))
    return _points(kind, body) if kind in (3, 86) else None


def _points(kind: int, body: bytes) -> list[Point]:
    """Return the points of a record that lists them, of 32 bits or 16 (MS-EMF, sections 2.3.5.21 and 2.3.5.22)."""
    if len(body) < 28:
        return []
    size = 4 if kind in (86, 89) else 8
    count = min(struct.unpack_from("<I", body, 24)[0], (len(body) - 28) // size, _MOST_POINTS)
    return list(struct.iter_unpack("<2h" if size == 4 else "<2i", body[28 : 28 + size * count]))
