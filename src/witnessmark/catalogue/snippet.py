"""Snippets: the places in a text where a query is found, cut at tokens, with what to mark."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from witnessmark.catalogue.ask import Words
from witnessmark.model import text

_WINDOW = 1_200
_OVERLAP = 300
_BEFORE, _AFTER = 70, 110
_MOST = 3
_FURTHER = 64_000
"""How far a text is looked through for more, after the first place."""

_BREAKS = {ord("\n"): " ", ord("\f"): " "}


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of a text as it was kept, line breaks as blanks; `marks` are places in it, `hidden` tells which text."""

    text: str
    marks: tuple[tuple[int, int], ...]
    hidden: bool


@dataclass(frozen=True, slots=True)
class _Place:
    """Where words stand in a folded window: their number in the query, begin and end."""

    leaf: int
    start: int
    end: int


def cut(source: str, leaves: Sequence[Words], *, hidden: bool) -> list[Snippet]:
    """Return the first places of the text where any of the words stand; one for each word, three at most."""
    missing = set(range(len(leaves)))
    found: list[Snippet] = []
    first = shown = 0
    for offset, window in _windows(source):
        if not missing or len(found) == _MOST or (found and offset > first + _FURTHER):
            break
        folded = text.normalise(window)
        if not any(all(token in folded.text for token in leaf.tokens) for leaf in leaves):
            continue
        words, starts, ends = text.split(folded.text)
        places = _places(words, starts, ends, leaves)
        # What stands near the end is met again in the next window, with what follows it.
        latest = len(folded.text) - (0 if offset + len(window) == len(source) else _AFTER)
        for place in places:
            if place.leaf not in missing or len(found) == _MOST or place.start > latest:
                continue
            low = starts[bisect_left(starts, place.start - _BEFORE)]
            high = ends[bisect_right(ends, place.end + _AFTER) - 1]
            begin, end = folded.span(low, high)
            if offset + begin < shown:
                continue
            inside = [one for one in places if low <= one.start and one.end <= high]
            missing -= {one.leaf for one in inside}
            spans = [folded.span(one.start, one.end) for one in inside]
            marks = _merged([(a - begin, b - begin) for a, b in spans])
            found.append(Snippet(window[begin:end].translate(_BREAKS), marks, hidden))
            first, shown = first or offset, offset + end
    return found


def _windows(source: str) -> Iterator[tuple[int, str]]:
    """Yield overlapping parts of a text, cut at blanks where there are any."""
    start = 0
    while True:
        end = start + _WINDOW
        if end >= len(source):
            yield start, source[start:]
            return
        end = _blank_before(source, end)
        yield start, source[start:end]
        start = _blank_before(source, end - _OVERLAP)


def _blank_before(source: str, at: int) -> int:
    found = max(source.rfind(" ", at - _OVERLAP, at), source.rfind("\n", at - _OVERLAP, at))
    return found + 1 if found >= 0 else at


def _places(words: Sequence[str], starts: Sequence[int], ends: Sequence[int], leaves: Sequence[Words]) -> list[_Place]:
    """Return where the words of a query stand in a window, in order."""
    found = []
    for number, leaf in enumerate(leaves):
        for at in _firsts(words, leaf):
            last = at + len(leaf.tokens) - 1
            if last < len(words) and _stands(words, at, leaf):
                found.append(_Place(number, starts[at], ends[last]))
    return sorted(found, key=lambda place: (place.start, place.end, place.leaf))


def _firsts(words: Sequence[str], leaf: Words) -> Iterator[int]:
    wanted = leaf.tokens[0]
    if leaf.begins and len(leaf.tokens) == 1:
        yield from (at for at, word in enumerate(words) if word.startswith(wanted))
        return
    at = -1
    with suppress(ValueError):
        while True:
            at = words.index(wanted, at + 1)
            yield at


def _stands(words: Sequence[str], at: int, leaf: Words) -> bool:
    *whole, last = leaf.tokens
    end = at + len(whole)
    if list(words[at:end]) != whole:
        return False
    return words[end].startswith(last) if leaf.begins else words[end] == last


def _merged(marks: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(marks):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
