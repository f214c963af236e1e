"""Text as it is kept, compared and searched: cleaning, folding with a way back, and tokens; pinned to Unicode 14.0.

Rules for whoever changes this file:
- What a text folds to must not depend on the version of Python: `unicodedata` is asked only about characters that
  Unicode 14.0 knows (its answers for them never change); all others stay as they are.
- Equivalent spellings (NFC, NFD) fold to the same text, and folding a folded text changes nothing. Only a character
  with more than 30 marks may escape this (the limit of UAX #15, section 13): longer runs are cut, for speed.
- Every folded character knows which characters of the source it came from.
- A search index holds what this file makes: change `VERSION` with every change of an outcome.

What is folded, besides compatibility forms and case (NFKC, full case folding): joiners, bidi controls, soft hyphens,
variation selectors and tatweel vanish; the letters U+0649, U+06CC become U+064A and U+06A9 becomes U+0643 (typists of
Uyghur mix them); Latin i and h inside a Cyrillic word become і and һ (typists of Kazakh do that).
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import accumulate
from typing import NamedTuple

from witnessmark.model import text_table

VERSION = 1
"""The version of what `normalise` and `tokens` make."""

LONGEST = 128
"""Longer words are cut into tokens of this many characters that stand side by side."""

_UNCLEAN = re.compile("[\x00-\x09\x0b\x0d-\x1f\x7f-\x9f\ud800-\udfff]")
_SPACES = "\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ud800-\udfff"
_CYRILLIC = "\u0400-\u0482\u048a-\u052f\u1c80-\u1c88"
_BESIDE_CYRILLIC = re.compile(f"[{_CYRILLIC}][ih]|[ih][{_CYRILLIC}]")
_BEYOND = re.compile("[\U00010000-\U0010ffff]")
_WORD_ASCII = re.compile(f"([0-9a-z]{{1,{LONGEST}}})")


class Token(NamedTuple):
    """A word, a CJK character, or a punctuation mark beside one, folded; `start` and `end` are places in the source.

    A tuple, because millions are made.
    """

    text: str
    start: int
    end: int


def clean(text: str) -> str:
    """Return text fit to be kept: lines end in LF, tabs are blanks, other control characters and halves are U+FFFD.

    Line feed and form feed (a new page) stay.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _UNCLEAN.sub("�", text)


@dataclass(frozen=True, slots=True)
class Normalised:
    """A folded text and the way back to its source.

    The text is a row of pieces. `_here[k]` and `_there[k]` are where piece k begins in the folded text and in the
    source; `_whole[k]` is 1 where the piece came from its source characters as a whole, 0 where one by one. No pieces
    at all: the text lies in the source as it stands.
    """

    text: str
    _here: tuple[int, ...] = ()
    _there: tuple[int, ...] = ()
    _whole: bytes = b""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the smallest part of the source that the folded characters from `start` up to `end` came from."""
        if start >= end:
            at = self._piece(start)[0]
            return at, at
        return self._piece(start)[0], self._piece(end - 1)[1]

    def _back(self, starts: list[int], ends: list[int]) -> tuple[list[int], list[int]]:
        """Return `span` of many parts in rising order: the same, in one walk."""
        here, there, whole = self._here, self._there, self._whole
        k, firsts, lasts = 0, [], []
        for start, end in zip(starts, ends, strict=False):
            while here[k + 1] <= start:
                k += 1
            firsts.append(there[k] if whole[k] else there[k] + start - here[k])
            while here[k + 1] < end:
                k += 1
            lasts.append(there[k + 1] if whole[k] else there[k] + end - here[k])
        return firsts, lasts

    def _piece(self, position: int) -> tuple[int, int]:
        if not self._here:
            return position, position + 1
        k = bisect_right(self._here, position, hi=len(self._here) - 1) - 1
        if self._whole[k]:
            return self._there[k], self._there[k + 1]
        at = self._there[k] + position - self._here[k]
        return at, at + 1


def normalise(text: str) -> Normalised:
    """Return the text folded for comparing and searching, with the way back."""
    if text.isascii():
        return Normalised(text.lower())
    return _folded(text)


def _folded(text: str) -> Normalised:
    pieces: list[str] = []
    here: list[int] = []
    there: list[int] = []
    whole = bytearray()
    at = joined = 0  # where we are in the folded text; 1 while the last piece runs on one by one
    for match in _patterns(text).segments.finditer(text):
        segment = match[0]
        if match.lastindex:  # simple or unknown characters: one by one
            out, one_by_one = segment.casefold() if match.lastindex == 1 else segment, 1
        else:
            out = _fold(segment)
            one_by_one = out == segment or (len(out) == 1 and len(segment) == 1)
        if not (one_by_one and joined):
            here.append(at)
            there.append(match.start())
            whole.append(not one_by_one)
        joined = one_by_one
        pieces.append(out)
        at += len(out)
    here.append(at)
    there.append(len(text))
    whole.append(0)
    folded = _homoglyphs("".join(pieces).replace("ى", "ي").replace("ی", "ي").replace("ک", "ك"))
    return Normalised(folded, tuple(here), tuple(there), bytes(whole))


@lru_cache(maxsize=1 << 16)
def _fold(segment: str) -> str:
    """Return one character with all that hangs on it, folded."""
    removed = _ALL.removed
    bare = removed.sub("", segment)
    if bare.isascii():
        return bare.lower()
    bare = unicodedata.normalize("NFD", bare).casefold()
    bare = unicodedata.normalize("NFKC", bare).casefold()
    bare = removed.sub("", unicodedata.normalize("NFKC", bare))
    return unicodedata.normalize("NFKC", bare.replace("ى", "ي").replace("ی", "ي").replace("ک", "ك"))


def _homoglyphs(folded: str) -> str:
    """Return the text with Latin i and h made Cyrillic inside words that are Cyrillic else."""
    if not _BESIDE_CYRILLIC.search(folded):
        return folded
    return _patterns(folded).mixed_words.sub(lambda match: match[0].replace("i", "і").replace("h", "һ"), folded)


def tokens(text: str) -> list[Token]:
    """Return the tokens of a text in order, with their places in it."""
    return tokens_in(normalise(text))


def tokens_in(folded: Normalised) -> list[Token]:
    """Return the tokens of a folded text in order, with their places in its source."""
    found, starts, ends = split(folded.text)
    if folded._here:
        starts, ends = folded._back(starts, ends)
    return list(map(_token, zip(found, starts, ends, strict=False)))


def split(folded: str) -> tuple[list[str], list[int], list[int]]:
    """Return the tokens of a folded text, and where each begins and ends in that folded text."""
    # Split into what lies between and the words themselves, by turns: the places follow from the lengths.
    parts = _pattern(folded).split(folded)
    places = list(accumulate(map(len, parts)))
    return parts[1::2], places[0:-1:2], places[1::2]


_token = partial(tuple.__new__, Token)


def words(text: str) -> list[str]:
    """Return the texts of the tokens alone: what an index takes in."""
    folded = text.lower() if text.isascii() else _folded(text).text
    return _pattern(folded).findall(folded)


def _pattern(folded: str) -> re.Pattern[str]:
    if folded.isascii():
        return _WORD_ASCII
    patterns = _patterns(folded)
    return patterns.signs if patterns.cjk.search(folded) else patterns.words


def _patterns(text: str) -> "_Patterns":
    return _ALL if _BEYOND.search(text) else _BASIC


def characters(ranges: str, *, wide: bool = True) -> str:
    """Return ranges of the table as the inside of a character class of a regular expression.

    Without `wide` only those up to U+FFFF: such a class is looked up in one step.
    """
    parts = []
    for piece in ranges.split():
        low, _, high = piece.partition("-")
        if wide or int(low, 16) < 0x10000:
            parts.append(f"\\U{int(low, 16):08x}" + (f"-\\U{int(high, 16):08x}" if high else ""))
    return "".join(parts)


class _Patterns:
    """The patterns over the pinned table; each is made when a text that is not ASCII first needs it."""

    def __init__(self, *, wide: bool) -> None:
        self._wide = wide

    def _inside(self, ranges: str) -> str:
        return characters(ranges, wide=self._wide)

    @cached_property
    def segments(self) -> re.Pattern[str]:
        """Group 1: what folds one by one; group 2: what 14.0 does not know; else: a character with what hangs on it."""
        simple, extender = self._inside(text_table.SIMPLE), self._inside(text_table.EXTENDERS)
        known = self._inside(text_table.ASSIGNED)
        return re.compile(f"([{simple}]+)(?![{extender}])|([^{known}]+)|[{known}][{extender}]{{0,30}}")

    @cached_property
    def removed(self) -> re.Pattern[str]:
        """What vanishes."""
        return re.compile(f"[{self._inside(text_table.REMOVED)}]")

    @cached_property
    def cjk(self) -> re.Pattern[str]:
        """A character that is a token by itself."""
        return re.compile(f"[\u3001-\u303f{self._inside(text_table.CJK)}]")

    @cached_property
    def words(self) -> re.Pattern[str]:
        """A token, in a text without CJK."""
        return re.compile(f"([{self._inside(text_table.WORDS)}]{{1,{LONGEST}}})")

    @cached_property
    def signs(self) -> re.Pattern[str]:
        """A token, in a text with CJK: beside such a character punctuation counts.

        Without that a phrase would be found across it (engines, section 4).
        """
        word, cjk, mark = map(self._inside, (text_table.WORDS, text_table.CJK, text_table.MARKS))
        sign = f"[^{word}{cjk}{_SPACES}]"
        one = f"[{cjk}][{mark}]*|[{word}]{{1,{LONGEST}}}|[\u3001-\u303f]|(?<=[{cjk}]){sign}|{sign}(?=[{cjk}])"
        return re.compile(f"({one})")

    @cached_property
    def mixed_words(self) -> re.Pattern[str]:
        """A word of Cyrillic letters and Latin i or h."""
        word, mark = self._inside(text_table.WORDS), self._inside(text_table.MARKS)
        mixed = f"(?=[ih{mark}]*[{_CYRILLIC}])[ih{_CYRILLIC}{mark}]+"
        return re.compile(f"(?<![{word}]){mixed}(?![{word}])")


_ALL = _Patterns(wide=True)
_BASIC = _Patterns(wide=False)
