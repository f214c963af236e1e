"""What a fixed page paints beside its letters, and which letters cannot be told from it.

A rectangle that is filled with one opaque colour hides the letters that it is painted over, and is the ground of those
that are painted over it. Of any other filling or picture the place is known, and not what it looks like: it hides
nothing, and letters over it show.
"""

from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from witnessmark.formats import ink
from witnessmark.formats.ink import Ink, Paper, Said
from witnessmark.formats.plane import Matrix

MOST_PAINTS: Final = 1_000
"""Where more may hide a text, it is a drawing, and what it hides is not asked."""
MOST_ASKED: Final = 50_000_000
"""How often one page is asked whether a shape holds a letter; then all show."""
_LOOK: Final = 10
"""What it costs to compare two colours, in such questions."""
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

    @property
    def least(self) -> float:
        """How high it is, or how wide where that is less."""
        return min(self.where[2] - self.where[0], self.where[3] - self.where[1])

    def holds(self, point: Point) -> bool:
        """Tell whether a point lies on it."""
        left, top, right, bottom = self.where
        return left <= point[0] <= right and top <= point[1] <= bottom


def _order(paint: Paint) -> int:
    return paint.order


class Grounds:
    """What one page paints, in order; letters are asked about when all of it is known.

    What is no higher or no wider than `thin` is a line, under words or through them.
    """

    def __init__(self, thin: float) -> None:
        self._thin = thin
        self._all: list[Paint] = []
        self._solid: list[Paint] = []
        self._left = MOST_ASKED
        self._last = 0

    def next(self) -> int:
        """Return the place in the page's order of what is drawn now."""
        self._last += 1
        return self._last

    def lay(self, where: Edges, paper: Paper) -> None:
        """Keep what is painted at a place: a colour, or something of which no more is known."""
        if min(where[2] - where[0], where[3] - where[1]) > self._thin:
            self._keep(Paint(where, paper if isinstance(paper, tuple) else Said.UNKNOWN, self.next()))

    def _keep(self, paint: Paint) -> None:
        self._all.append(paint)
        if isinstance(paint.paper, tuple):
            self._solid.append(paint)

    def put_over(self, above: "Grounds") -> None:
        """Lay what another sheet paints over all of this one."""
        for one in above._all:
            self._keep(Paint(one.where, one.paper, self._last + one.order))

    def lost(self, colour: Ink, order: int, letters: int, thin: float = 0.0) -> Lost | None:
        """Return what tells of letters in a colour whether they are lost; nothing, where none of them can be.

        Args:
            colour: their ink.
            order: when they are drawn.
            letters: how many will be asked about.
            thin: what is no higher or no wider hides none of them.
        """
        above, below = bisect(self._solid, order, key=_order), bisect(self._all, order, key=_order)
        if len(self._solid) - above > MOST_PAINTS:
            return None
        covers = [one for one in self._solid[above:] if one.least > thin]
        grounds = self._all[:below] if below <= MOST_PAINTS else []
        self._left -= _LOOK * len(grounds)
        may_drown = bool(ink.why(colour, ink.WHITE)) or any(ink.why(colour, one.paper) for one in grounds)
        if not may_drown or below > MOST_PAINTS:
            grounds, colour = [], Said.UNKNOWN
        self._left -= (len(covers) + len(grounds)) * letters
        if self._left < 0 or (not covers and colour is Said.UNKNOWN):
            return None
        grounds.reverse()

        def lost(point: Point) -> bool:
            if any(one.holds(point) for one in covers):
                return True
            ground = next((one.paper for one in grounds if one.holds(point)), ink.WHITE)
            return bool(ink.why(colour, ground))

        return lost


def stretches(text: str, seen: list[bool]) -> Iterator[tuple[int, int, bool]]:
    """Yield from where to where letters show, or do not, of which is known whether each is seen.

    A blank goes with the letters before it, at the beginning with those behind.
    """
    for place, letter in enumerate(text):
        if letter.isspace():
            seen[place] = seen[place - 1] if place else seen[min(1, len(seen) - 1)]
    start = 0
    for shows, group in groupby(seen):
        end = start + sum(1 for _ in group)
        yield start, end, shows
        start = end


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


def corners(left: float, top: float, right: float, bottom: float) -> list[Point]:
    """Return the corners of an upright box."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def around(points: Sequence[Point]) -> Edges:
    """Return the edges of the smallest upright box that holds some points."""
    across, down = zip(*points, strict=True)
    return min(across), min(down), max(across), max(down)
