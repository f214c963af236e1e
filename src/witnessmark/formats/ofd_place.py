"""Where the letters of an OFD page stand, and which of them show (GB/T 33190-2016, sections 8.5, 11 and 13).

A letter's place is that of its text code plus the offsets before it, turned by the object's matrix, moved by the
corner of its boundary, and so on outwards through the composite objects that it lies in. Letters that go on in one
direction are a run. All places are millimetres of the page, with y downwards; all angles are degrees.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from operator import sub
from typing import Any, Final

from witnessmark.formats import markup
from witnessmark.formats.ofd_measure import Box, number, numbers, own
from witnessmark.formats.ofd_paint import Colours, Paints
from witnessmark.formats.page_lines import Run, width
from witnessmark.formats.page_paint import Lost
from witnessmark.formats.plane import SAME, Matrix, combined, moved

DEEPEST: Final = 12
"""How many composite objects may lie in each other."""
MOST_RUNS: Final = 1_000_000
"""Runs of one page."""
_WIDE_STEP: Final = 3.0
"""From so many ems on, a step between two letters of one text code divides words."""
_ASIDE: Final = 0.35
"""How many ems a step may go sidewards and still be of the same run."""
_FEW, _SHREDS = 4, 4
"""More than so many runs of fewer letters on the average are no words."""
_STAYS, _AWAY = -1, -2
_PART: Final = re.compile(r"[^\s,]+")
_BLOCKS: Final = ("Layer", "PageBlock", "Content")


class Allowance:
    """How many letters and objects may still be placed; composite objects can ask for any number of them."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, count: int) -> bool:
        """Take some; tell whether they were there."""
        self.left -= count
        return self.left >= 0


@dataclass(slots=True)
class Drawings:
    """What the resources of a document hold for its pages: composite drawings by their number, and colours."""

    units: dict[str, Any] = field(default_factory=dict)
    colours: Colours = field(default_factory=Colours)


class Sheet:
    """One page, or what lies on it, as it is drawn: runs that show and runs that do not, once its letters are set."""

    def __init__(self, allowance: Allowance, drawings: Drawings, box: Box | None) -> None:
        self._allowance, self._units, self._box = allowance, drawings.units, box
        self.shown: list[Run] = []
        self.unseen: list[Run] = []
        self.drawn: set[str] = set()  # the composite units that were met
        self.paints = Paints(drawings.colours)
        self._texts: list[tuple[_Text, bool, str, int]] = []
        self._codes: set[Any] = set()

    def draw(self, block: Any, *, shows: bool = True) -> None:
        """Draw the objects of a block in their order, and those that lie in composite objects of it."""
        corner = numbers(block.get("Boundary"), 4) or (0.0, 0.0, 0.0, 0.0)
        waiting = [(block, (1.0, 0.0, 0.0, 1.0, corner[0], corner[1]), shows, 0, "")]
        while waiting:
            element, outer, seen, depth, layer = waiting.pop()
            name = markup.local(element)
            if not self._allowance.take(1):
                return
            if name == "TextObject":
                text = _Text(element, outer, [*self._codes_of(element)])
                self._texts.append((text, seen, layer, self.paints.next()))
            elif name in ("PathObject", "ImageObject"):
                if seen and is_seen(element):
                    self.paints.paint(element, name, outer, layer)
            elif name == "CompositeObject":
                unit = self._units.get(element.get("ResourceID") or "")
                if unit is not None and depth < DEEPEST:
                    self.drawn.add(element.get("ResourceID") or "")
                    inner = combined(outer, own(element))
                    waiting += [(c, inner, seen and is_seen(element), depth + 1, "") for c in reversed(unit)]
            elif name in _BLOCKS or element is block:
                layer = element.get("DrawParam") or layer
                waiting += [(child, outer, seen, depth, layer) for child in reversed(element)]

    def set_letters(self) -> None:
        """Set the letters of the texts that were drawn, now that all is known that may lie over and under them."""
        for text, seen, layer, order in self._texts:
            count = sum(len(said) for _, said in text.codes)
            self._write(text, self.paints.hides(text.element, layer, order, count) if seen else None, shows=seen)
        self._texts = []

    def _codes_of(self, element: Any) -> Iterator[tuple[Any, str]]:
        """Yield the text codes of a text and their letters, none of which there may be any more."""
        for code in element.iter("{*}TextCode"):
            if code.getparent() is element:
                self._codes.add(code)
                text = letters(code)
                yield code, text if self._allowance.take(len(text)) else ""

    def leave(self, root: Any) -> Iterator[str]:
        """Yield the texts under a root that were not drawn: letters that cut a shape, and what stands anywhere else."""
        for code in root.iter("{*}TextCode"):
            text = "" if code in self._codes else letters(code)
            if text.strip() and self._allowance.take(len(text)):
                yield text

    def _write(self, text: "_Text", lost: Lost | None, *, shows: bool) -> None:
        element, outer = text.element, text.outer
        matrix = combined(outer, own(element))
        size = number(element.get("Size")) or 0.0
        ems = abs(size) * math.hypot(*matrix[:2]), abs(size) * math.hypot(*matrix[2:4])
        shows = shows and is_seen(element) and _is_inked(element) and size > 0 and min(ems) > 0
        box = numbers(element.get("Boundary"), 4)
        right = box[0] + box[2] if box is not None and outer == SAME else -math.inf
        x = y = 0.0
        for code, said in text.codes:
            x, y = (given if given is not None else kept for given, kept in zip(_corner(code), (x, y), strict=True))
            if len(self.shown) + len(self.unseen) >= MOST_RUNS:
                self._allowance.left = -1  # no honest page has so many: nothing more is set
                return
            if said:
                laid = _Laid(said, _points(code, x, y, len(said)), matrix, abs(size), ems, right, lost)
                for run, inside in laid.placed(self._box):
                    (self.shown if shows and inside else self.unseen).append(run)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that was drawn: its object, the space that it lies in, its text codes with their letters."""

    element: Any
    outer: Matrix
    codes: list[tuple[Any, str]]


@dataclass(frozen=True, slots=True)
class _Laid:
    """The letters of one text code and their places in the object's own space."""

    text: str
    points: list[tuple[float, float]]
    matrix: Matrix
    size: float
    em: tuple[float, float]
    right: float
    lost: Lost | None

    def placed(self, box: Box | None) -> list[tuple[Run, bool]]:
        """Return the runs, and of each whether it lies on the page; letters that go to and fro stay together."""
        if self.size == 0:
            return [(self._run(0, len(self.text), _STAYS), False)]
        found = list(self._runs(box))
        if len(found) <= _FEW or len(self.text) >= _SHREDS * len(found):
            return found
        return [(self._run(0, len(self.text), _STAYS), any(inside for _, inside in found))]

    def _runs(self, box: Box | None) -> Iterator[tuple[Run, bool]]:
        count = len(self.text)
        if (
            self.lost is None
            and self._is_straight()
            and (box is None or all(self._is_inside(self.points[end], box) for end in (0, -1)))
        ):
            yield self._run(0, count, 0), True
            return
        ins = [True] * count if box is None else [self._is_inside(point, box) for point in self.points]
        if self.lost is not None:
            ins = [
                inside and not (letter.strip() and self._is_lost(self.lost, letter, point))
                for inside, letter, point in zip(ins, self.text, self.points, strict=True)
            ]
        start, heading = 0, _STAYS
        for place in range(1, count):
            turn = self._turn(place)
            if ins[place] != ins[start] or turn == _AWAY or (turn != heading and _STAYS not in (turn, heading)):
                yield self._run(start, place, heading), ins[start]
                start, heading = place, _STAYS
            elif turn != _STAYS:
                heading = turn
        yield self._run(start, count, heading), ins[start]

    def _is_straight(self) -> bool:
        """Tell whether all letters go right on one height, each near the one before, as most do."""
        across, down = zip(*self.points, strict=True)
        steps = tuple(map(sub, across[1:], across))
        near = not steps or (min(steps) >= 0 and max(steps) < _WIDE_STEP * self.size)
        return bool(near and min(down) == max(down))

    def _turn(self, place: int) -> int:
        """Tell where a letter stands from the one before: right, down, left or up of it, on it, or somewhere else."""
        (x, y), (before_x, before_y) = self.points[place], self.points[place - 1]
        over, down = x - before_x, y - before_y
        along, aside = max(abs(over), abs(down)), min(abs(over), abs(down))
        if along <= 0.01 * self.size:
            return _STAYS
        if aside >= _ASIDE * self.size or along >= _WIDE_STEP * self.size:
            return _AWAY
        return (0 if over > 0 else 2) if abs(over) >= abs(down) else (1 if down > 0 else 3)

    def _run(self, start: int, end: int, heading: int) -> Run:
        text = self.text[start:end]
        first, last = moved(self.matrix, self.points[start]), moved(self.matrix, self.points[end - 1])
        upright = heading in (_STAYS, 0, 2)
        em = self.em[0 if upright else 1]
        a, b = self.matrix[:2]
        angle = (round(math.degrees(math.atan2(b, a))) + (0 if upright else 90 * heading)) % 360
        cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        begins, ends = first[0] * cos + first[1] * sin, last[0] * cos + last[1] * sin
        base = first[1] * cos - first[0] * sin
        if heading == 2:
            return Run(text, angle, ends, begins + em * width(text[0]), base, em, leftwards=True)
        if begins == ends and len(text) > 1:  # no offsets: as if the letters followed each other
            return Run(text, angle, begins, begins + em * sum(map(width, text[:10_000])), base, em)
        ends = self.right if angle == 0 and ends < self.right <= ends + 1.05 * em else ends + em * width(text[-1])
        return Run(text, angle, begins, ends, base, em)

    def _is_lost(self, lost: Lost, letter: str, point: tuple[float, float]) -> bool:
        """Tell whether a letter's middle cannot be seen; baselines lie about a third of an em below it."""
        return lost(moved(self.matrix, (point[0] + 0.5 * self.size * width(letter), point[1] - 0.35 * self.size)))

    def _is_inside(self, point: tuple[float, float], box: Box) -> bool:
        x, y = moved(self.matrix, point)
        em = max(self.em)
        return box[0] - em < x < box[0] + box[2] and box[1] < y < box[1] + box[3] + em


def letters(code: Any) -> str:
    """Return the letters of a text code; what breaks lines in the markup is a blank."""
    return "".join(code.itertext()).replace("\n", " ").replace("\r", " ").replace("\t", " ").replace("\f", " ")


def is_seen(element: Any) -> bool:
    """Tell whether an object is said to be visible and not wholly transparent (section 8.5)."""
    return element.get("Visible", "true").strip().lower() not in ("false", "0") and number(element.get("Alpha")) != 0


def _is_inked(element: Any) -> bool:
    """Tell whether the letters of an object are filled, or have outlines, in a colour that is not transparent."""
    inks = (("Fill", "true", "{*}FillColor"), ("Stroke", "false", "{*}StrokeColor"))
    for name, default, colour in inks:
        if element.get(name, default).strip().lower() in ("true", "1"):
            found = element.find(colour)
            if found is None or number(found.get("Alpha")) != 0:
                return True
    return False


def offsets(text: str | None, count: int) -> list[float]:
    """Return up to `count` offsets; `g n v` stands for n times v (section 11.3)."""
    found: list[float] = []
    parts = (part[0] for part in _PART.finditer(text or ""))
    while len(found) < count and (part := next(parts, None)) is not None:
        if part == "g":
            times = int(min(max(number(next(parts, "")) or 0, 0), count - len(found)))
            found += [number(next(parts, "")) or 0.0] * times
        else:
            found.append(number(part) or 0.0)
    return found


def _points(code: Any, x: float, y: float, count: int) -> list[tuple[float, float]]:
    across, down = (offsets(code.get(name), count - 1) for name in ("DeltaX", "DeltaY"))
    across += [0.0] * (count - 1 - len(across))
    down += [0.0] * (count - 1 - len(down))
    return list(zip(accumulate(across, initial=x), accumulate(down, initial=y), strict=True))


def _corner(code: Any) -> tuple[float | None, float | None]:
    return number(code.get("X")), number(code.get("Y"))
