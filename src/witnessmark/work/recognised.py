"""What a program that recognises letters says: words in a page, each with its box and how sure it is.

The table that tesseract writes is taken apart here, by the rule and nothing else: twelve columns, numbers within the
page, words without control characters. A line that is otherwise is left out, and counted.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from witnessmark.model.codec import Value

MOST_WORDS: Final = 50_000
_LONGEST = 200
_COLUMNS = 12
_WORD = "5"  # the level of a word; pages, blocks, paragraphs and lines come before
_WIDE = "\u2e80-\ud7ff\uf900-\ufaff"
_WORDS: Final = re.compile(f"[{_WIDE}]|[^\\W{_WIDE}]+")
"""A word, or a single sign of a script that is written without blanks."""
UNSURE: Final = 20
"""A word of which the program is less sure than this, of 100, is left out."""
NO_TEXT: Final = 40
"""A page whose words are on the average less sure than this is none: a photograph is full of such "words"."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was recognised: its line, the text, how sure of 100, and the box in pixels, ends exclusive."""

    line: tuple[int, int, int]
    text: str
    sure: int
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Recognised:
    """The words of a page; `odd` lines of the table were none."""

    words: tuple[Word, ...]
    odd: int = 0

    @property
    def sure(self) -> int:
        """How sure the program is on the average, of 100, each word counted by its length; 0 without words."""
        total = sum(len(word.text) for word in self.words)
        return sum(word.sure * len(word.text) for word in self.words) // total if total else 0

    @property
    def text(self) -> str:
        """The words as lines of text, paragraphs divided by an empty line; nothing where it is no text."""
        if self.sure < NO_TEXT:
            return ""
        lines: list[str] = []
        before: tuple[int, int] | None = None
        for line, words in groupby(self.words, key=lambda word: word.line):
            if before is not None and line[:2] != before:
                lines.append("")
            before = line[:2]
            lines.append(_joined(word.text for word in words))
        return "".join(f"{line}\n" for line in lines)

    def boxes(self) -> list[Value]:
        """Return the words as they are kept: text, left, top, right, bottom, how sure."""
        return [[word.text, *word.box, word.sure] for word in self.words] if self.sure >= NO_TEXT else []


def besides(text: str, own: str) -> str:
    """Return the lines of a text without those that the page's own text has: three quarters of their words or more."""
    known = set(_WORDS.findall(own.casefold()))
    kept: list[str] = []
    for line in text.splitlines():
        words = _WORDS.findall(line.casefold())
        if words and 4 * sum(word in known for word in words) < 3 * len(words):
            kept.append(line)
    return "".join(f"{line}\n" for line in kept)


def _joined(words: Iterable[str]) -> str:
    """Join the words of a line, without blanks between signs of a script that has none."""
    text = ""
    for word in words:
        text += word if not text or (_is_solid(text[-1]) and _is_solid(word[0])) else f" {word}"
    return text


def _is_solid(letter: str) -> bool:
    """Tell whether a letter is of a script that is written without blanks, or a full-width mark."""
    return unicodedata.east_asian_width(letter) in "WF" and not "\uac00" <= letter <= "\ud7a3"


def parse(table: bytes, width: int, height: int) -> Recognised:
    """Return the words that a table of tesseract's names, on a page of that size in pixels."""
    words: list[Word] = []
    odd = 0
    for row in table.decode("utf-8", "replace").split("\n")[1:]:
        cells = row.rstrip("\r").split("\t")
        if cells[0] != _WORD:
            continue
        word = _word(cells, width, height) if len(cells) == _COLUMNS else None
        if word is None or len(words) >= MOST_WORDS:
            odd += 1
        elif word.text and word.sure >= UNSURE:
            words.append(word)
    return Recognised(tuple(words), odd)


def _word(cells: list[str], width: int, height: int) -> Word | None:
    numbers = cells[1:10]
    if not all(cell.isascii() and cell.isdigit() and len(cell) < 9 for cell in numbers):
        return None
    _, block, paragraph, line, _, left, top, wide, high = map(int, numbers)
    whole, _, rest = cells[10].partition(".")
    if not all(cell.isascii() and cell.isdigit() for cell in (whole, rest or "0")) or len(whole) > 3:
        return None
    text = unicodedata.normalize("NFC", cells[11].strip())
    if len(text) > _LONGEST or left + wide > width or top + high > height or not text.replace(" ", "").isprintable():
        return None
    return Word((block, paragraph, line), text, min(100, int(whole)), (left, top, left + wide, top + high))
