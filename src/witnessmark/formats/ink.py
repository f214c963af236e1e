"""Ink and paper: whether words of a document can be told from the ground they stand on.

Each format says where its colours stand; this file knows only what two of them mean together. What is not known shows:
words are set apart where a page would not let a person read them, never on a guess.
"""

from enum import Enum
from typing import Final

Colour = tuple[int, int, int]
"""Red, green and blue, each of 0 to 255."""

BLACK: Final = (0, 0, 0)
WHITE: Final = (255, 255, 255)
CLOSE: Final = 32
"""Two colours whose channels all differ by less cannot be told apart: the palest grey that Office offers but one."""
PALE: Final = "white text"
DROWNED: Final = "text in the colour of its ground"
LOST: Final = frozenset((PALE, DROWNED))
"""Labels of words that take their place on the page."""


class Said(Enum):
    """What may be said of ink or paper instead of a colour."""

    NOTHING = "nothing"
    """No ink or paper is named: ink is chosen so that it can be read, and paper is what lies beneath."""
    UNKNOWN = "unknown"
    """Something is painted whose colour is not told here."""


Ink = Colour | Said | None
"""A colour or what is said instead of one; None where nothing is said and the next outer word counts."""
Paper = Ink


def parsed(text: str) -> Colour | None:
    """Return the colour that six hexadecimal digits name, a number sign before them or not."""
    text = text.removeprefix("#")
    if len(text) != 6 or not text.isascii() or not text.isalnum():
        return None
    try:
        return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)
    except ValueError:
        return None


def beneath(*papers: Paper) -> Paper:
    """Return the innermost paper that is painted, innermost first."""
    return next((paper for paper in papers if paper is not None and paper is not Said.NOTHING), None)


def are_close(one: Colour, other: Colour) -> bool:
    """Tell whether two colours cannot be told apart."""
    return all(abs(a - b) < CLOSE for a, b in zip(one, other, strict=True))


def mixed(fore: Ink, back: Ink, share: float) -> Ink:
    """Return what a pattern of a share of its own ink looks like on a ground; the reader's choice is black on white."""
    one, other = (BLACK if fore is Said.NOTHING else fore), (WHITE if back is Said.NOTHING else back)
    if not isinstance(one, tuple) or not isinstance(other, tuple):
        return Said.UNKNOWN
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in zip(one, other, strict=True))
    return red, green, blue


def over_mark(ink: Ink, mark: Paper) -> Ink:
    """Return the ink of words that are marked with a highlighter: the reader's choice heeds shades, but no marks."""
    return BLACK if isinstance(mark, tuple) and (ink is None or ink is Said.NOTHING) else ink


def why(ink: Ink, paper: Paper) -> str:
    """Return the label of words in this ink on this paper; nothing where they show, or where one is not known."""
    if not isinstance(ink, tuple) or not isinstance(paper, tuple) or not are_close(ink, paper):
        return ""
    return PALE if are_close(paper, WHITE) else DROWNED
