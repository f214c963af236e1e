"""What a fixed page paints beside its letters, and which letters cannot be told from it.

A rectangle that is filled with one opaque colour hides the letters that it is painted over, and is the ground of those
that are painted over it. Of any other filling or picture the place is known, and not what it looks like: it hides
nothing, and letters over it show.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from witnessmark.formats import ink
from witnessmark.formats.ink import Ink, Paper, Said
from witnessmark.formats.plane import Matrix

MOST_PAINTS: Final = 1_000
"""Where more may hide a text, it is a drawing, and what it hides is not asked."""
_CORNERS: Final = 5
_SLANT: Final = 1e-6

Point = tuple[float, float]
Edges = tuple[float, float, float, float]
"""Left, top, right, bottom."""
Lost = Callable[[Point], bool]
"""Tells of a point whether a letter that stands there cannot be seen."""


@dataclass(frozen=True, slots=True)
class Paint:
    """Something painted that is no text: where, what it looks like, and when."""

    where: Edges
    paper: Paper
    order: int

    def holds(self, point: Point) -> bool:
        """Tell whether a point lies on it."""
        left, top, right, bottom = self.where
        return left <= point[0] <= right and top <= point[1] <= bottom


class Grounds:
    """What one page paints, in order; letters are asked about when all of it is known.

    What is no higher or no wider than `thin` is a line, under words or through them.
    """

    def __init__(self, thin: float) -> None:
        self._thin = thin
        self._all: list[Paint] = []
        self._last = 0

    def next(self) -> int:
        """Return the place in the page's order of what is drawn now."""
        self._last += 1
        return self._last

    def lay(self, where: Edges, paper: Paper) -> None:
        """Keep what is painted at a place: a colour, or something of which no more is known."""
        if min(where[2] - where[0], where[3] - where[1]) > self._thin:
            self._all.append(Paint(where, paper if isinstance(paper, tuple) else Said.UNKNOWN, self.next()))

    def put_over(self, above: "Grounds") -> None:
        """Lay what another sheet paints over all of this one."""
        self._all += [Paint(one.where, one.paper, self._last + one.order) for one in above._all]

    def lost(self, colour: Ink, order: int) -> Lost | None:
        """Return what tells of letters in a colour whether they are lost; nothing, where none of them can be."""
        covers = [one for one in self._all if one.order > order and isinstance(one.paper, tuple)]
        grounds = [one for one in self._all if one.order < order]
        if not ink.why(colour, ink.WHITE) and not any(ink.why(colour, one.paper) for one in grounds):
            grounds, colour = [], Said.UNKNOWN
        if not covers and colour is Said.UNKNOWN:
            return None
        if len(covers) + len(grounds) > MOST_PAINTS:
            return None
        grounds.reverse()

        def lost(point: Point) -> bool:
            if any(one.holds(point) for one in covers):
                return True
            ground = next((one.paper for one in grounds if one.holds(point)), ink.WHITE)
            return bool(ink.why(colour, ground))

        return lost


def rectangle(points: Sequence[Point]) -> Sequence[Point] | None:
    """Return the four corners of a shape that is one upright rectangle; else nothing. It may be closed or not."""
    if len(points) == _CORNERS and points[0] == points[-1]:
        points = points[:-1]
    if len(points) != _CORNERS - 1:
        return None
    sides = list(pairwise([*points, points[0]]))
    level = [one[1] == other[1] and one[0] != other[0] for one, other in sides]
    upright = [one[0] == other[0] and one[1] != other[1] for one, other in sides]
    turns = all(a != b for a, b in pairwise(level)) and all(a != b for a, b in zip(level, upright, strict=True))
    return points if turns else None


def is_upright(matrix: Matrix) -> bool:
    """Tell whether a rectangle stays upright under a matrix, turned by quarters or not at all."""
    a, b, c, d = map(abs, matrix[:4])
    return min(max(a, d), max(b, c)) < _SLANT * max(a, b, c, d)


def around(points: Sequence[Point]) -> Edges:
    """Return the edges of the smallest upright box that holds some points."""
    across, down = zip(*points, strict=True)
    return min(across), min(down), max(across), max(down)
