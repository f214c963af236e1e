"""Ink and paper of Hangul documents: whether letters of one shape can be read where they stand, and words parted by it.

Both kinds of document keep three tables: fills, shapes of letters and shapes of paragraphs; text names them by number.

Rules for whoever changes this file: what a table does not hold is not known, and words on it show; nothing is raised.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Final

from witnessmark.formats import ink
from witnessmark.formats.docx import VANISHED
from witnessmark.formats.ink import Ink, Paper, Said

TINY: Final = 100
"""Hundredths of a point: no one reads letters of a point."""
_MANY: Final = 10_000


@dataclass(frozen=True, slots=True)
class Letters:
    """A shape of letters: their ink, what is painted right behind them, and whether they are too small to be read."""

    ink: Ink
    shade: Paper = Said.NOTHING
    fill: Paper = Said.NOTHING
    is_tiny: bool = False


@dataclass(frozen=True, slots=True)
class Shapes:
    """The tables of a document."""

    fills: Mapping[int, Paper] = field(default_factory=dict)
    letters: Mapping[int, Letters] = field(default_factory=dict)
    grounds: Mapping[int, Paper] = field(default_factory=dict)
    """What is painted behind a paragraph, by the number of its shape."""

    @property
    def are_odd(self) -> bool:
        """Whether letters of this document may be lost on some paper that it, or the page, has."""
        inks = {one.ink for one in self.letters.values() if isinstance(one.ink, tuple)}
        papers = {ink.WHITE, *self.fills.values(), *(one.shade for one in self.letters.values())}
        return len(inks) * len(papers) > _MANY or any(ink.why(one, paper) for one in inks for paper in papers)

    def ground(self, number: int | None) -> Paper:
        """Return what is painted behind a paragraph of a shape."""
        return Said.UNKNOWN if number is None else self.grounds.get(number, Said.UNKNOWN)

    def why(self, number: int | None, marked: Paper, paper: Paper) -> str:
        """Return the label of letters on this paper, under a marker's stroke or none; nothing where they show."""
        look = None if number is None else self.letters.get(number)
        if look is None:
            return ""
        if look.is_tiny:
            return VANISHED
        beneath, shade = ink.beneath(look.fill, paper), look.shade
        if shade == ink.WHITE and beneath != ink.WHITE:
            shade = Said.UNKNOWN  # the format's default is white, where nothing may be meant
        return ink.why(look.ink, ink.beneath(marked, shade, beneath))


def filled(fills: Mapping[int, Paper], number: int | None) -> Paper:
    """Return what a fill paints; fills count from one, and none has the number nought."""
    return Said.NOTHING if number == 0 else Said.UNKNOWN if number is None else fills.get(number, Said.UNKNOWN)


def parted(pieces: Sequence[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
    """Return the words that show, and those that do not with their labels; blanks show, whatever their ink.

    Where words are taken out, those beside them do not run together.
    """
    if not any(label for label, _ in pieces):
        return "".join(words for _, words in pieces), []
    shown, hidden = list[str](), list[tuple[str, str]]()
    is_open = False
    for label, group in groupby(filter(itemgetter(1), pieces), itemgetter(0)):
        text = "".join(words for _, words in group)
        if label and text.strip():
            hidden.append((label, text.strip() + "\n"))
            is_open = True
        else:
            if is_open and shown and not shown[-1][-1].isspace() and not text[0].isspace():
                shown.append(" ")
            shown.append(text)
            is_open = False
    return "".join(shown), hidden
