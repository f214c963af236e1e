"""Snippets: the places in a text where a query is found, cut at tokens, with what to mark."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from witnessmark.catalogue.ask import Words
from witnessmark.model import text
from witnessmark.model.text import Token

_WINDOW = 8_000
_OVERLAP = 400
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


def cut(source: str, leaves: Sequence[Words], *, hidden: bool) -> list[Snippet]:
    """Return the first places of the text where any of the words stand; one for each word, three at most."""
    missing = set(range(len(leaves)))
    found: list[Snippet] = []
    first = shown = 0
    for offset, window in _windows(source):
        if found and offset > first + _FURTHER:
            break
        folded = text.normalise(window)
        if not any(all(token in folded.text for token in leaf.tokens) for leaf in leaves):
            continue
        tokens = text.tokens_in(folded)
        spans = _spans(tokens, leaves)
        for leaf, start, end in spans:
            if leaf not in missing or len(found) == _MOST or offset + start < shown:
                continue
            low, high = _borders(tokens, start, end)
            inside = [(n, a, b) for n, a, b in spans if low <= a and b <= high]
            missing -= {n for n, _, _ in inside}
            marks = _merged([(a - low, b - low) for _, a, b in inside])
            found.append(Snippet(window[low:high].translate(_BREAKS), marks, hidden))
            first, shown = first or offset, offset + high
        if not missing or len(found) == _MOST:
            break
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


def _spans(tokens: Sequence[Token], leaves: Sequence[Words]) -> list[tuple[int, int, int]]:
    """Return where words stand: the number of the words, start and end; in order of their start."""
    places: dict[str, list[int]] = {}
    for at, token in enumerate(tokens):
        places.setdefault(token.text, []).append(at)
    found = []
    for number, leaf in enumerate(leaves):
        for at in _starts(places, leaf):
            last = at + len(leaf.tokens) - 1
            if last < len(tokens) and _stands(tokens, at, leaf):
                found.append((number, tokens[at].start, tokens[last].end))
    return sorted(found, key=lambda span: (span[1], span[2], span[0]))


def _starts(places: dict[str, list[int]], leaf: Words) -> list[int]:
    if leaf.begins and len(leaf.tokens) == 1:
        return sorted(at for word, found in places.items() if word.startswith(leaf.tokens[0]) for at in found)
    return places.get(leaf.tokens[0], [])


def _stands(tokens: Sequence[Token], at: int, leaf: Words) -> bool:
    *whole, last = leaf.tokens
    if any(tokens[at + i].text != word for i, word in enumerate(whole)):
        return False
    end = tokens[at + len(whole)].text
    return end.startswith(last) if leaf.begins else end == last


def _borders(tokens: Sequence[Token], start: int, end: int) -> tuple[int, int]:
    """Return where a snippet around a place begins and ends: at tokens."""
    low = min((token.start for token in tokens if start - _BEFORE <= token.start <= start), default=start)
    high = max((token.end for token in tokens if end <= token.end <= end + _AFTER), default=end)
    return low, high


def _merged(marks: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(marks):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
