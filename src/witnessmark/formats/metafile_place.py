"""Where a metafile draws its words: runs of letters on its page, what it paints, and which of them show.

A record gives a reference point in logical units. What that is of the letters, the alignment says; the world transform,
the window and the viewport take it to the page (MS-EMF, section 3.1.1.2; MS-WMF, section 2.1.2.3). Fonts are not
opened: where a record does not say how far its letters go, their widths are guessed.
"""

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

from witnessmark.formats import ink
from witnessmark.formats.ink import Ink, Said
from witnessmark.formats.metafile_state import UNSCALED, Brush, Font, State
from witnessmark.formats.page_lines import Run, lines, width
from witnessmark.formats.page_paint import Grounds, around, corners, is_upright, rectangle, stretches
from witnessmark.formats.plane import moved

MOST_RUNS: Final = 100_000
"""Runs of one picture."""
MOST_LETTERS: Final = 2_000_000
"""Letters of one picture: records may name the same ones again and again."""
MOST_SAVED: Final = 1_000
"""States that may be kept at a time."""
_UPDATES, _RIGHT, _CENTRE, _BOTTOM, _BASELINE = 1, 2, 6, 8, 24
_ASCENT, _DESCENT = 0.85, 0.2
_SAME_PLACE: Final = 0.5
"""Ems, and parts of their length, within which the same words are drawn once more."""
_WIDE_STEP: Final = 0.6
"""Ems by which a step is wider than its letter, and words are divided."""
_THIN: Final = 0.5
"""Ems that a shape is high at least to hide letters: less is a line under words or through them."""
_FARTHEST: Final = 1e12
_LEAST_EM: Final = 1e-6
_NO_SIGNS: Final = dict.fromkeys(range(32), " ")


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Letters that were drawn: their run and where each ends along it, in any unit, their ink, and when they were."""

    run: Run
    ends: list[float]
    ink: Ink
    is_lost: bool
    order: int

    def middles(self) -> Iterator[tuple[float, float]]:
        """Yield the middle of each letter on the page; baselines lie about a third of an em below it."""
        run, turn = self.run, math.radians(self.run.angle)
        base = run.base - 0.35 * run.em
        for number in range(len(run.text)):
            along = (self._at(number) + self._at(number + 1)) / 2
            yield along * math.cos(turn) + base * math.sin(turn), base * math.cos(turn) - along * math.sin(turn)

    def part(self, start: int, end: int) -> Run:
        """Return a stretch of the letters."""
        return replace(self.run, text=self.run.text[start:end], start=self._at(start), end=self._at(end))

    def _at(self, number: int) -> float:
        share = self.ends[number] / self.ends[-1] if self.ends[-1] else 0.0
        return self.run.start + (self.run.end - self.run.start) * min(max(share, 0.0), 1.0)


class Page:
    """Takes the words of a metafile as they are drawn, and gives its lines.

    `aside` are words that only some programs draw, in the place of others.
    """

    def __init__(self, mode: int = UNSCALED) -> None:
        self.state = State(mode=mode)
        self._first: tuple[float, float] | None = None
        self._saved: list[State] = []
        self._drawn_runs: list[_Drawn] = []
        self._grounds = Grounds(0.0)
        self._drawn: dict[tuple[str, int, int, int], tuple[float, float]] = {}
        self._strays: list[str] = []
        self.shown: list[Run] = []
        self.unseen: list[Run] = []
        self.aside: list[str] = []
        self.room = MOST_LETTERS
        self.is_cut = False

    def set_window(self, across: float, down: float) -> None:
        """Set how much of the drawing's own space is seen; without a viewport, the first that is set is the page."""
        self.state.window = across, down
        if self._first is None and across and down:
            self._first = across, down

    def select(self, made: Font | Brush | None) -> None:
        """Use a font or a brush from now on."""
        if isinstance(made, Font):
            self.state.font = made
        elif made is not None:
            self.state.brush = made.paper

    def save(self) -> None:
        """Keep a copy of the state."""
        if len(self._saved) < MOST_SAVED:
            self._saved.append(replace(self.state))

    def restore(self, number: int) -> None:
        """Go back to a state that was saved: the last is -1, the first 1 (both kinds of metafile)."""
        place = len(self._saved) + number if number < 0 else number - 1
        if 0 <= place < len(self._saved):
            self.state = self._saved[place]
            del self._saved[place:]

    def draw(self, text: str, point: tuple[float, float], steps: Sequence[int] = ()) -> None:
        """Draw letters: `steps` are how far each goes in logical units, where the record says so."""
        state, text = self.state, self._allowed(text.translate(_NO_SIGNS))
        em = state.font.em
        guessed = [em * width(letter) + state.extra for letter in text]
        exact = [float(step) for step in steps[: len(text)]] if len(steps) >= len(text) else guessed
        places = list(accumulate(exact, initial=0.0))
        length = places[-1]
        if state.align & _UPDATES:
            point = state.at
        for start, end in _pieces(exact, guessed, em):
            if self._is_full:
                self.is_cut = True
                break
            last = min(exact[end - 1], guessed[end - 1] + _WIDE_STEP * em)
            piece = places[start], places[end - 1] + last
            said = state.font.shown(text[start:end])
            run = self._run(said, point, piece, length)
            if run is None:
                self._strays.append(said)
            else:
                self._drawn_runs.append(self._painted(run, places, start))
        if state.align & _UPDATES:
            turn = math.radians(state.font.angle)
            on = {0: 1.0, _RIGHT: -1.0}.get(state.align & _CENTRE, 0.0) * length
            state.at = point[0] + on * math.cos(turn), point[1] - on * math.sin(turn)

    def add_line(self, text: str) -> None:
        """Add a line that is drawn in a space of its own, behind all others."""
        self._strays += filter(str.strip, self._allowed(text).splitlines())

    def _allowed(self, text: str) -> str:
        """Return as much of a text as there is room for."""
        room = 0 if self._is_full else self.room
        self.is_cut |= len(text) > room
        self.room -= min(len(text), room)
        return text[:room]

    @property
    def _is_full(self) -> bool:
        return len(self._drawn_runs) + len(self._strays) >= MOST_RUNS

    def set_letters(self) -> None:
        """Tell which letters show, now that all is known that was painted."""
        for drawn in self._drawn_runs:
            lost = (
                None
                if drawn.is_lost
                else self._grounds.lost(drawn.ink, drawn.order, len(drawn.run.text), _THIN * drawn.run.em)
            )
            if lost is None:
                self._set(drawn.run, shows=not drawn.is_lost)
                continue
            seen = [not lost(point) for point in drawn.middles()]
            for start, end, shows in stretches(drawn.run.text, seen):
                self._set(drawn.part(start, end), shows=shows)
        self._drawn_runs.clear()

    def _set(self, run: Run, *, shows: bool) -> None:
        if not shows:
            self.unseen.append(run)
        elif not self._is_twin(run):
            self.shown.append(run)

    def fill(self, points: Sequence[tuple[float, float]] | None, paper: Ink) -> None:
        """Paint a shape with a colour, in logical units; None stands for a shape that is not known, anywhere."""
        if paper is Said.NOTHING:
            return
        state = self.state
        placed = None if not points else [self._placed(point) for point in points]
        if placed is None or not all(abs(part) < _FARTHEST for point in placed for part in point):
            self._grounds.lay((-_FARTHEST, -_FARTHEST, _FARTHEST, _FARTHEST), Said.UNKNOWN)
            return
        is_known = state.copies and not state.is_cut and points is not None and rectangle(points) is not None
        self._grounds.lay(around(placed), paper if is_known and is_upright(state.world) else Said.UNKNOWN)

    def fill_box(self, left: float, top: float, right: float, bottom: float, paper: Ink) -> None:
        """Paint an upright box with a colour."""
        self.fill(corners(left, top, right, bottom), paper)

    def _placed(self, point: tuple[float, float]) -> tuple[float, float]:
        """Return where a point in logical units lies on the page."""
        state = self.state
        across, down = state.scale(self._first or (1.0, 1.0))
        x, y = moved(state.world, point)
        return (x - state.window_at[0]) * across + state.view_at[0], (y - state.window_at[1]) * down + state.view_at[1]

    def lines(self) -> Iterator[str]:
        """Yield what is seen, line by line."""
        yield from lines(self.shown)
        yield from self._strays

    def _run(self, text: str, point: tuple[float, float], piece: tuple[float, float], length: float) -> Run | None:
        """Return where a piece of a text stands, in units from where the whole of it begins, which is so long.

        None is returned for a place that is none.
        """
        state = self.state
        across, down = state.scale(self._first or (1.0, 1.0))
        a, b, c, d, _, _ = state.world
        em, unit = state.font.em * math.hypot(c * across, d * down), math.hypot(a * across, b * down)
        x, y = self._placed(point)
        turn = state.font.angle - math.degrees(math.atan2(b, a))
        if not all(math.isfinite(one) and abs(one) < _FARTHEST for one in (x, y, em, turn, length * unit)):
            return None
        degrees = round(turn) % 360
        sin, cos = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
        start, base = x * cos - y * sin, x * sin + y * cos
        start -= {_RIGHT: 1.0, _CENTRE: 0.5}.get(state.align & _CENTRE, 0.0) * length * unit
        base += {_BASELINE: 0.0, _BOTTOM: -_DESCENT}.get(state.align & _BASELINE, _ASCENT) * em
        begins, ends = (start + unit * place for place in piece)
        return Run(text, degrees, begins, ends, base, max(em, _LEAST_EM), _goes_left(text))

    def _painted(self, run: Run, places: list[float], start: int) -> "_Drawn":
        state = self.state
        is_lost = state.is_opaque and bool(ink.why(state.ink, state.paper))
        colour = Said.UNKNOWN if state.is_opaque else state.ink
        ends = [place - places[start] for place in places[start : start + len(run.text) + 1]]
        return _Drawn(run, ends, colour, is_lost, self._grounds.next())

    def _is_twin(self, run: Run) -> bool:
        """Tell whether the same letters were drawn over these before: as their shadow, or with a stroke."""
        near = _SAME_PLACE * run.em
        aside = max(_SAME_PLACE * min(run.em, run.end - run.start), _LEAST_EM)
        across, down = int(run.start // aside), int(run.base // near)
        cells = ((across + over, down + under) for over in (-1, 0, 1) for under in (-1, 0, 1))
        for cell in cells:
            before = self._drawn.get((run.text, run.angle, *cell))
            if before is not None and abs(before[0] - run.start) < aside and abs(before[1] - run.base) < near:
                return bool(run.text.strip())
        self._drawn[run.text, run.angle, across, down] = run.start, run.base
        return False


def _pieces(exact: Sequence[float], guessed: Sequence[float], em: float) -> Iterator[tuple[int, int]]:
    """Yield from where to where letters follow each other: a step far wider than its letter divides what one text says.

    Formulas are set so, and the cells of some tables.
    """
    start = 0
    for place in range(1, len(exact)):
        if exact[place - 1] > guessed[place - 1] + _WIDE_STEP * em:
            yield start, place
            start = place
    if len(exact) > start:
        yield start, len(exact)


def _goes_left(text: str) -> bool:
    """Tell whether the first letter that goes in one direction goes to the left."""
    kinds = map(unicodedata.bidirectional, text)
    return next((kind != "L" for kind in kinds if kind in ("L", "R", "AL")), False)
