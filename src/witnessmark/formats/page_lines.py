"""The lines of a fixed page, from runs of letters and their places: one to a baseline, with blanks where gaps are.

Forms are written in any order: their lines are put together by place alone. Of a page set in columns the file's own
order is kept, or each line would go across all of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_NEAR: Final = 0.7
"""How many ems of the smaller letters two baselines may lie apart and still be one line."""
_GAP: Final = 0.25
"""From so many ems on, a gap between two runs is a blank."""
_FINE_GAP: Final = 0.15
"""The same where it is known where the run before ends: blanks are narrow in some fonts."""
_OVER: Final = -1.0
"""Runs that overlap by more than an em are not one word."""
_APART: Final = 1.5
"""From so many ems on, a gap divides two columns."""
_TALL: Final = 5
"""Lines that a column has at least."""
_BROAD: Final = 8.0
"""Ems that a column is wide at least: fewer are cells of a table."""
_FULL: Final = 0.6
"""How much of its column a line fills at least, on the average."""
_MOST_COLUMNS: Final = 50
_NARROW: Final = frozenset("iIljtfr.,:;'!|()[]{}/\\`\" ")
_BROAD_LETTERS: Final = frozenset("mwMW@%&")


@dataclass(frozen=True, slots=True)
class Run:
    """Letters in one direction: from where to where they go along it, on which baseline, and how large an em is.

    `is_exact` tells that the end is known, and not guessed by the last letters.
    """

    text: str
    angle: int
    start: float
    end: float
    base: float
    em: float
    leftwards: bool = False
    is_exact: bool = False


def width(letter: str) -> float:
    """Return about how many ems a letter is wide: fonts are not opened."""
    if letter > "\u1100":
        return 1.0
    if letter in _NARROW:
        return 0.3
    return 0.9 if letter in _BROAD_LETTERS else 0.65 if letter.isupper() else 0.52


def lines(runs: Sequence[Run]) -> Iterator[str]:
    """Yield the lines of a page: first those that stand upright, then those of each other angle."""
    by_angle: dict[int, list[Run]] = {0: []}
    for run in runs:
        by_angle.setdefault(run.angle, []).append(run)
    for turned in by_angle.values():
        rows = list(_in_order(turned))
        yield from filter(None, map(_joined, rows if _is_in_columns(rows) else _by_place(turned)))


def _by_place(runs: Iterable[Run]) -> Iterator[list[Run]]:
    """Yield the runs that stand on one line, from the top down, wherever in the file they are written."""
    line: list[Run] = []
    for run in sorted(runs, key=lambda run: run.base):
        if line and not _is_near(line[0], run):
            yield line
            line = []
        line.append(run)
    if line:
        yield line


def _in_order(runs: Iterable[Run]) -> Iterator[list[Run]]:
    """Yield the runs that follow each other in the file and stand on one line without a gap."""
    line: list[Run] = []
    for run in runs:
        if line and not (_is_near(line[0], run) and -run.em < run.start - line[-1].end < _APART * run.em):
            yield line
            line = []
        line.append(run)
    if line:
        yield line


def _is_near(one: Run, other: Run) -> bool:
    return abs(one.base - other.base) <= _NEAR * min(one.em, other.em)


def _is_in_columns(rows: Sequence[Sequence[Run]]) -> bool:
    """Tell whether some lines that follow each other in the file are columns beside others that do."""
    columns = []
    for column in _going_down(rows):
        left, right = min(row[0].start for row in column), max(row[-1].end for row in column)
        em = max(column[0][0].em, 1e-6)
        filled = sum(row[-1].end - row[0].start for row in column)
        if len(column) >= _TALL and right - left >= _BROAD * em and filled >= _FULL * len(column) * (right - left):
            columns.append((column[0][0].base, column[-1][0].base, left, right, em))
    return any(
        min(one[1], other[1]) - max(one[0], other[0]) >= (_TALL - 1) * one[4]
        and (one[3] <= other[2] or other[3] <= one[2])
        for place, one in enumerate(columns[:_MOST_COLUMNS])
        for other in columns[:place]
    )


def _going_down(rows: Sequence[Sequence[Run]]) -> Iterator[list[Sequence[Run]]]:
    """Yield lines that follow each other in the file, each lower than the one before."""
    column: list[Sequence[Run]] = list(rows[:1])
    for before, row in pairwise(rows):
        if row[0].base <= before[0].base + _NEAR * row[0].em:
            yield column
            column = []
        column.append(row)
    if column:
        yield column


def _goes_left(line: list[Run]) -> bool:
    """Tell whether a line is read from right to left: most of it goes so, and its words were not set the other way.

    Where words of both directions stand in one line, they are set in the order in which they are read.
    """
    words = [run for run in line if run.text.strip()]
    if len({run.leftwards for run in words}) > 1 and all(one.start <= other.start for one, other in pairwise(words)):
        return False
    return sum(len(run.text) * (1 if run.leftwards else -1) for run in line) > 0


def _joined(line: list[Run]) -> str:
    """Return the words of one line from left to right, or from right to left."""
    leftwards = _goes_left(line)
    line.sort(key=lambda run: -run.end if leftwards else run.start)
    parts = [line[0].text]
    for before, run in pairwise(line):
        gap = before.start - run.end if leftwards else run.start - before.end
        em = min(run.em, before.em)
        is_close = (
            _OVER * em <= gap <= (_FINE_GAP if before.is_exact else _GAP) * em
            or before.text[-1:].isspace()
            or run.text[:1].isspace()
        )
        parts += [run.text] if is_close else [" ", run.text]
    return "".join(parts).strip()
