"""Where a metafile draws its words: the state that its records change, and runs of letters on its page.

A record gives a reference point in logical units. What that is of the letters, the alignment says; the world transform,
the window and the viewport take it to the page (MS-EMF, section 3.1.1.2; MS-WMF, section 2.1.2.3). Fonts are not
opened: where a record does not say how far its letters go, their widths are guessed.
"""

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Final

from witnessmark.formats.page_lines import Run, lines, width
from witnessmark.formats.plane import SAME, Matrix, combined, moved
from witnessmark.formats.windows_codecs import WESTERN, codec_of_charset

MOST_RUNS: Final = 100_000
"""Runs of one picture."""
MOST_LETTERS: Final = 2_000_000
"""Letters of one picture: records may name the same ones again and again."""
MOST_SAVED: Final = 1_000
"""States that may be kept at a time."""
_UNSCALED: Final = 1
_EM: Final = 16.0
_FREE: Final = (7, 8)  # MM_ISOTROPIC, MM_ANISOTROPIC: the window and the viewport say how large a unit is
_UPDATES, _RIGHT, _CENTRE, _BOTTOM, _BASELINE = 1, 2, 6, 8, 24
_ASCENT, _DESCENT, _CELL = 0.85, 0.2, 0.85
_SAME_PLACE: Final = 0.5
"""Ems, and parts of their length, within which the same words are drawn once more."""
_WIDE_STEP: Final = 0.6
"""Ems by which a step is wider than its letter, and words are divided."""
_FARTHEST: Final = 1e12
_LEAST_EM: Final = 1e-6
_SIGNS: Final = frozenset(
    ("symbol", "euclid symbol", "wingdings", "wingdings 2", "wingdings 3", "webdings", "marlett", "mt extra")
)
"""Fonts whose letters are signs: they are told as Word tells them, by characters for private use."""
_NO_SIGNS: Final = dict.fromkeys(range(32), " ")
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


@dataclass(slots=True)
class State:
    """What the records have set; a copy of it can be saved and restored."""

    font: Font = field(default_factory=Font)
    align: int = 0
    extra: float = 0.0
    at: tuple[float, float] = (0.0, 0.0)
    world: Matrix = SAME
    mode: int = _UNSCALED
    window_at: tuple[float, float] = (0.0, 0.0)
    window: tuple[float, float] = (1.0, 1.0)
    view_at: tuple[float, float] = (0.0, 0.0)
    view: tuple[float, float] | None = None

    def scale(self, first: tuple[float, float]) -> tuple[float, float]:
        """Return how large a logical unit is on the page, across and down."""
        if self.mode == _UNSCALED:
            return 1.0, 1.0
        if self.mode not in _FREE:
            return 1.0, -1.0
        view = self.view or first
        return view[0] / (self.window[0] or 1.0), view[1] / (self.window[1] or 1.0)


class Page:
    """Takes the words of a metafile as they are drawn, and gives its lines.

    `aside` are words that only some programs draw, in the place of others.
    """

    def __init__(self, mode: int = _UNSCALED) -> None:
        self.state = State(mode=mode)
        self._first: tuple[float, float] | None = None
        self._saved: list[State] = []
        self._runs: list[Run] = []
        self._drawn: dict[tuple[str, int, int, int], tuple[float, float]] = {}
        self._strays: list[str] = []
        self.aside: list[str] = []
        self.room = MOST_LETTERS
        self.is_cut = False

    def set_window(self, across: float, down: float) -> None:
        """Set how much of the drawing's own space is seen; without a viewport, the first that is set is the page."""
        self.state.window = across, down
        if self._first is None and across and down:
            self._first = across, down

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
            elif not self._is_twin(run):
                self._runs.append(run)
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
        return len(self._runs) + len(self._strays) >= MOST_RUNS

    def lines(self) -> Iterator[str]:
        """Yield what was drawn, line by line."""
        yield from lines(self._runs)
        yield from self._strays

    def _run(self, text: str, point: tuple[float, float], piece: tuple[float, float], length: float) -> Run | None:
        """Return where a piece of a text stands, in units from where the whole of it begins, which is so long.

        None is returned for a place that is none.
        """
        state = self.state
        across, down = state.scale(self._first or (1.0, 1.0))
        a, b, c, d, _, _ = state.world
        em, unit = state.font.em * math.hypot(c * across, d * down), math.hypot(a * across, b * down)
        x, y = moved(state.world, point)
        x = (x - state.window_at[0]) * across + state.view_at[0]
        y = (y - state.window_at[1]) * down + state.view_at[1]
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

    def _is_twin(self, run: Run) -> bool:
        """Tell whether the same letters were drawn over these before: as their shadow, or with a stroke."""
        near = _SAME_PLACE * run.em
        aside = max(_SAME_PLACE * min(run.em, run.end - run.start), _LEAST_EM)
        across, down = int(run.start // aside), int(run.base // near)
        around = ((across + over, down + under) for over in (-1, 0, 1) for under in (-1, 0, 1))
        for cell in around:
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
