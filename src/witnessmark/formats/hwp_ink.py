"""What a binary Hangul document says of ink and paper: the tables before its sections, and how text refers to them.

By "Hangul Word Processor file formats 5.0", which writers do not follow in all: fills stand behind five lines of six
bytes each, and end in how far they let light through.
"""

import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from operator import itemgetter
from typing import Any, Final

from witnessmark.formats import ink
from witnessmark.formats.hangul_ink import TINY, Letters, Shapes, filled
from witnessmark.formats.ink import Paper, Said

Record = tuple[int, int, bytes]

MOST_SHAPES: Final = 100_000
_COUNTS, _FILL, _LETTERS, _PARAGRAPH = 17, 20, 21, 25
_CONTROL, _PAGE_FILL = 71, 75
_COUNTED: Final = {_FILL: 8, _LETTERS: 9, _PARAGRAPH: 13}
"""Where among the numbers of entries that of a table stands."""
_SECTION: Final = b"dces"
_DRAWN: Final = frozenset((b" osg", b" lbt"))
"""Drawings and tables, least byte first."""
_BEHIND, _MARKER = 2, 2
_RAISED: Final = 0x7F00
"""Letters in outline, with a shadow, raised or cut in: their ink alone does not say how they look."""
_NONE: Final = 0xFFFFFFFF


def read_shapes(records: Iterable[Record]) -> Shapes:
    """Return the tables before the sections; one with more or fewer entries than it should have is not known."""
    fills, letters, grounds = dict[int, Paper](), dict[int, tuple[Letters, int]](), dict[int, int]()
    counted = Counter[int]()
    stated = b""
    for kind, _, body in records:
        number = counted[kind]
        counted[kind] += 1
        if kind == _COUNTS:
            stated = body
        elif number >= MOST_SHAPES:
            continue
        elif kind == _FILL:
            fills[number + 1] = _paint(body)
        elif kind == _LETTERS and len(body) >= 68:
            letters[number] = _letters(body)
        elif kind == _PARAGRAPH and len(body) >= 34:
            grounds[number] = _short(body, 32)
    tables: dict[int, dict[int, Any]] = {_FILL: fills, _LETTERS: letters, _PARAGRAPH: grounds}
    for kind, table in tables.items():
        at = 4 * _COUNTED[kind]
        if len(stated) < at + 4 or _long(stated, at) != counted[kind]:
            table.clear()
    return Shapes(
        fills,
        {number: replace(one, fill=filled(fills, fill)) for number, (one, fill) in letters.items()},
        {number: filled(fills, fill) for number, fill in grounds.items()},
    )


def page_of(records: Iterable[Record], shapes: Shapes) -> Paper:
    """Return the paper of a section's pages; a fill of theirs is not known, nor what is drawn behind their text."""
    section: int | None = None
    for kind, level, body in records:
        if section is not None and level <= section:
            section = None
        if kind == _PAGE_FILL:
            fill = filled(shapes.fills, _short(body, 12) if len(body) >= 14 else None)
            if ink.beneath(fill, ink.WHITE) != ink.WHITE:
                return Said.UNKNOWN
        elif kind == _CONTROL and body[:4] == _SECTION:
            section = level
        elif kind == _CONTROL and body[:4] in _DRAWN:
            is_behind = len(body) < 8 or _long(body, 4) >> 21 & 7 == _BEHIND
            if is_behind or section is not None:  # within a section's own words stand its master pages
                return Said.UNKNOWN
    return ink.WHITE


def ground_of(head: bytes, shapes: Shapes) -> Paper:
    """Return what is painted behind a paragraph, by its head."""
    return shapes.ground(_short(head, 8) if len(head) >= 10 else None)


def labels(letters: bytes, tags: bytes, paper: Paper, shapes: Shapes) -> list[tuple[int, str]]:
    """Return from which place of a paragraph on which label counts; none where all of it shows or is not known."""
    runs = list(struct.iter_unpack("<II", letters[: len(letters) // 8 * 8]))
    tagged = struct.iter_unpack("<III", tags[: len(tags) // 12 * 12])
    pens = [(start, end, _colour(tag & 0xFFFFFF)) for start, end, tag in tagged if tag >> 24 == _MARKER]
    pens.sort(key=itemgetter(0, 1))
    if any(one[0] > other[0] for one, other in pairwise(runs)):
        return []
    if any(one[1] > other[0] for one, other in pairwise(pens)) or any(start > end for start, end, _ in pens):
        return []
    changes: list[tuple[int, int, Any]] = [(at, 0, number) for at, number in runs]
    changes += [change for start, end, pen in pens for change in ((start, 2, pen), (end, 1, Said.NOTHING))]
    number: int | None = None
    marked: Paper = Said.NOTHING
    found = [(0, "")]
    for at, what, value in sorted(changes, key=itemgetter(0, 1)):
        if what == 0:
            number = value
        else:
            marked = value
        label = shapes.why(number, marked, paper)
        if label != found[-1][1]:
            found.append((at, label))
    return found if len(found) > 1 else []


def _paint(body: bytes) -> Paper:
    if len(body) < 36:
        return Said.UNKNOWN
    kind = _long(body, 32)
    if kind == 0:
        return Said.NOTHING
    if kind != 1 or _long(body, 44) != _NONE or any(body[48:53]):
        return Said.UNKNOWN  # a gradation, a picture, a hatch, or one that light comes through
    return _colour(_long(body, 36))


def _letters(body: bytes) -> tuple[Letters, int]:
    """Return a shape of letters and the number of the fill behind them."""
    size = max(0, *struct.unpack_from("<i", body, 42)) * max(body[28:35])
    is_raised = bool(_long(body, 46) & _RAISED)
    return Letters(
        Said.UNKNOWN if is_raised else _colour(_long(body, 52)),
        _colour(_long(body, 60)),
        is_tiny=0 < size <= TINY * 100,
    ), _short(body, 68) if len(body) >= 70 else 0


def _colour(number: int) -> Paper:
    if number == _NONE:
        return Said.NOTHING
    return Said.UNKNOWN if number >> 24 else (number & 255, number >> 8 & 255, number >> 16)


def _short(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + 2], "little")


def _long(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + 4], "little")
