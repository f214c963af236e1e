"""Properties of Word's characters and paragraphs: pages of them, styles, and changes in a form of their own (sprm).

By [MS-DOC] 2.2.5, 2.6 and 2.9.33, 2.9.174, 2.9.260; the one-byte changes of Word 6 and 95 are told by their later
names. A page is read once, however often it is listed.
"""

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from witnessmark.formats.word_file import Part, WordFile

DELETED, INSERTED, VANISHES, SPECIAL, SYMBOL = 0x0800, 0x0801, 0x083C, 0x0855, 0x6A09
INSERTED_BY, INSERTED_ON, DELETED_BY, DELETED_ON = 0x4804, 0x6805, 0x4863, 0x6864
CHARACTER_STYLE, FONT, SIZE, COLOUR_NUMBER, COLOUR = 0x4A30, 0x4A4F, 0x4A43, 0x2A42, 0x6870
HIGHLIGHT, SHADES, PARAGRAPH_SHADES = 0x2A0C, (0xCA71, 0x4866), (0xC64D, 0x442D)
"""Shades in the form of Word 2000 and later before the older one."""
IN_TABLE, ROW_END, INNER_CELL, INNER_ROW_END, LEVEL, LIST = 0x2416, 0x2417, 0x244B, 0x244C, 0x260A, 0x460B
FIRST_PAGE_DIFFERS: Final = 0x300A
MOST_STYLES: Final = 4096
MOST_RUNS: Final = 4_000_000
PAGE: Final = 512
_ELSEWHERE: Final = (0x6645, 0x6646)
_SIZES: Final = (1, 1, 2, 4, 2, 2, 0, 3)
_OLDER: Final = {
    2: 0x4600, 13: 0x260A, 24: IN_TABLE, 25: ROW_END, 65: DELETED, 66: INSERTED, 67: 0x0802, 69: INSERTED_BY,
    70: INSERTED_ON, 74: SYMBOL, 80: CHARACTER_STYLE, 92: VANISHES, 93: FONT, 98: COLOUR_NUMBER, 99: SIZE,
    117: SPECIAL, 143: FIRST_PAGE_DIFFERS,
}  # fmt: skip
_OLDER_SIZES: Final = bytes.fromhex(
    # operands of the changes 0 to 207 of Word 6, in bytes; f: the length stands before it, e: in two bytes
    "00 00 02 ff 01 01 01 01 01 01 01 01 ff 01 01 ff 02 02 02 02 04 02 02 ff 01 01 02 02 02 01 02 02"
    "02 02 02 02 02 01 02 02 02 02 02 02 01 02 02 02 02 02 01 01 00 ff ff ff ff ff ff ff ff ff ff ff"
    "ff 01 01 01 ff 02 04 01 02 03 ff 01 ff ff ff ff 02 ff ff 00 ff 01 01 01 01 01 01 01 01 02 01 03"
    "02 02 01 02 01 02 01 ff 01 ff ff 02 ff 02 02 ff ff ff ff ff ff 01 01 01 ff 02 02 02 02 ff ff ff"
    "ff ff ff 01 01 ff ff ff 03 03 01 01 02 02 01 01 02 02 01 01 02 02 01 01 01 01 02 02 02 02 01 01"
    "02 02 01 00 02 02 02 02 02 02 02 02 ff ff ff ff ff ff ff ff ff ff 02 02 02 01 01 0c ff 02 ee ff"
    "04 05 04 02 04 02 02 05 04 ff ff ff ff ff ff ff"
)
_BUILT_ON_NONE: Final = 0x0FFF

Changes = Mapping[int, bytes]
NONE: Changes = {}


@lru_cache(maxsize=8192)
def changes(raw: bytes) -> Changes:
    """Return what a run of changes of Word 97 and later sets, the last word of each counting."""
    found: dict[int, bytes] = {}
    at = 0
    while at + 3 <= len(raw):
        code = raw[at] | raw[at + 1] << 8
        at += 2
        size = _SIZES[code >> 13]
        if code == 0xD608:  # a row's cells: the length is of two bytes
            size, at = (raw[at] | raw[at + 1] << 8 if at + 1 < len(raw) else 0) - 1, at + 2
        elif code == 0xC615 and raw[at] == 0xFF and at + 2 < len(raw):  # tab stops that do not fit a length of one byte
            removed = raw[at + 1] * 4
            size, at = 1 + removed + 1 + (raw[at + 2 + removed] * 3 if at + 2 + removed < len(raw) else 0), at + 1
        elif size == 0:
            size, at = raw[at], at + 1
        found[code] = raw[at : at + max(size, 0)]
        at += max(size, 0)
    return found


@lru_cache(maxsize=8192)
def older_changes(raw: bytes) -> Changes:
    """Return what a run of changes of Word 6 or 95 sets, under their later names."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(raw):
        code = raw[at]
        at += 1
        size = _OLDER_SIZES[code] if code < len(_OLDER_SIZES) else 0xFF
        if size == 0xFF and at < len(raw):
            size, at = raw[at], at + 1
        elif size == 0xEE:
            size, at = max(0, int.from_bytes(raw[at : at + 2], "little") - 1), at + 2
        if code in _OLDER:
            found[_OLDER[code]] = raw[at : at + size]
        at += size
    return found


def whole(found: Changes, code: int, otherwise: int = 0) -> int:
    """Return a change's operand as a number."""
    raw = found.get(code)
    return int.from_bytes(raw[:4], "little") if raw else otherwise


class Properties:
    """What holds at a place of the stream: its characters' and its paragraph's properties, with the styles' share."""

    def __init__(self, file: WordFile) -> None:
        self._file = file
        self.read: Callable[[bytes], Changes] = older_changes if file.is_older else changes
        self._styles = _Styles(file, self.read)
        self._starts, self._runs = _sorted(self._characters())
        self._paragraph_starts, self._paragraphs = _sorted(self._all_paragraphs())

    def characters(self, at: int, end: int) -> Iterator[tuple[int, int, Changes]]:
        """Yield the stretches from `at` to `end`, each with what its characters have."""
        number = bisect_right(self._starts, at) - 1
        while at < end:
            until = min(end, self._starts[number + 1]) if number + 1 < len(self._starts) else end
            found = NONE
            if number >= 0 and at < self._runs[number][0]:
                stop, raw = self._runs[number]
                until, found = min(until, stop), self.read(raw)
            yield at, until, found
            at = until
            number += number + 1 < len(self._starts) and self._starts[number + 1] <= at

    def paragraph(self, at: int) -> tuple[int, Changes, int]:
        """Return style, properties and end of the paragraph at a place of the stream."""
        number = bisect_right(self._paragraph_starts, at) - 1
        if number < 0 or at >= self._paragraphs[number][0]:
            return 0, NONE, 0
        end, raw = self._paragraphs[number]
        style = int.from_bytes(raw[:2], "little")
        found = self.read(raw[2:])
        for code in _ELSEWHERE:
            if code in found and not self._file.is_older:
                start = whole(found, code)
                length = int.from_bytes(self._file.objects[start : start + 2], "little")
                found = {**found, **self.read(self._file.objects[start + 2 : start + 2 + length])}
        base = self._styles.paragraph(style)
        return style, {**base, **found} if base else found, end

    def vanishes(self, style: int, found: Changes) -> bool:
        """Tell whether characters are marked hidden: by themselves, or by their style where they say nothing."""
        operand = whole(found, VANISHES, 0x80)
        if operand in (0, 1):
            return operand == 1
        from_style = self._by_styles(style, found, VANISHES)
        return (int.from_bytes(from_style or b"", "little") == 1) != (operand == 0x81)

    def stated(self, style: int, found: Changes, code: int) -> bytes | None:
        """Return a change of characters: their own, or that of the nearest style that sets it."""
        return found[code] if code in found else self._by_styles(style, found, code)

    def _by_styles(self, style: int, found: Changes, code: int) -> bytes | None:
        own = self._styles.character(whole(found, CHARACTER_STYLE)) if CHARACTER_STYLE in found else NONE
        return own.get(code) or self._styles.character(style).get(code)

    def _characters(self) -> Iterator[tuple[int, int, bytes]]:
        for number in self._file.page_numbers(Part.CHARACTER_PAGES, 0x18A):
            page = self._file.data[number * PAGE : (number + 1) * PAGE]
            for start, end, place in _runs_of(page, 1):
                yield start, end, page[place + 1 : place + 1 + page[place]] if place else b""

    def _all_paragraphs(self) -> Iterator[tuple[int, int, bytes]]:
        for number in self._file.page_numbers(Part.PARAGRAPH_PAGES, 0x18C):
            page = self._file.data[number * PAGE : (number + 1) * PAGE]
            for start, end, place in _runs_of(page, 7 if self._file.is_older else 13):
                yield start, end, _paragraph_bytes(page, place, is_older=self._file.is_older) if place else b"\0\0"


def _paragraph_bytes(page: bytes, place: int, *, is_older: bool) -> bytes:
    """Return style and changes of a paragraph ([MS-DOC] 2.9.175 PapxInFkp); the length counts pairs of bytes."""
    if page[place] == 0 and not is_older:
        raw = page[place + 2 : place + 2 + page[place + 1] * 2]
    else:
        raw = page[place + 1 : place + 1 + page[place] * 2 - (not is_older)]
    return raw if len(raw) >= 2 else b"\0\0"


def _runs_of(page: bytes, width: int) -> Iterator[tuple[int, int, int]]:
    """Yield start, end and the place of the properties of each run of a page."""
    if len(page) < PAGE:
        return
    count = page[511]
    if (count + 1) * 4 + count * width > 511:
        return
    bounds = struct.unpack_from(f"<{count + 1}I", page)
    for i in range(count):
        place = page[(count + 1) * 4 + i * width] * 2
        if bounds[i] < bounds[i + 1]:
            yield bounds[i], bounds[i + 1], place if place < 510 else 0


def _sorted(runs: Iterator[tuple[int, int, bytes]]) -> tuple[list[int], list[tuple[int, bytes]]]:
    found: dict[int, tuple[int, bytes]] = {}
    for start, end, raw in runs:
        found[start] = (end, raw)
        if len(found) >= MOST_RUNS:
            break
    order = sorted(found)
    return order, [found[start] for start in order]


class _Styles:
    """What the styles of a document set, those that they are built on included ([MS-DOC] 2.9.271 STSH)."""

    def __init__(self, file: WordFile, read: Callable[[bytes], Changes]) -> None:
        self._read = read
        self._bases: list[int] = []
        self._own: list[tuple[Changes, Changes]] = []  # of the paragraph, of its characters
        self._found: dict[tuple[int, int], Changes] = {}
        raw = file.part(Part.STYLES)
        if len(raw) < 6:
            return
        head = int.from_bytes(raw[:2], "little")
        count, base_size = struct.unpack_from("<HH", raw, 2)
        at = 2 + head
        for _ in range(min(count, MOST_STYLES)):
            size = int.from_bytes(raw[at : at + 2], "little")
            self._add(raw[at + 2 : at + 2 + size], base_size, wide=not file.is_older)
            at += 2 + size + (size & 1)
            if at >= len(raw):
                break

    def paragraph(self, style: int) -> Changes:
        """Return what a style sets of its paragraphs."""
        return self._of(style, 0)

    def character(self, style: int) -> Changes:
        """Return what a style sets of its characters."""
        return self._of(style, 1)

    def _of(self, style: int, which: int) -> Changes:
        if (style, which) not in self._found:
            chain, here = list[int](), style
            while here < len(self._own) and here not in chain and len(chain) < 32:
                chain.append(here)
                here = self._bases[here]
            found: dict[int, bytes] = {}
            for number in reversed(chain):
                found |= self._own[number][which]
            if len(self._found) < 2 * MOST_STYLES:
                self._found[style, which] = found
            return found
        return self._found[style, which]

    def _add(self, raw: bytes, base_size: int, *, wide: bool) -> None:
        self._bases.append(_BUILT_ON_NONE)
        self._own.append((NONE, NONE))
        if len(raw) < max(base_size, 6) + 2:
            return
        kind, base = raw[2] & 15, int.from_bytes(raw[2:4], "little") >> 4
        self._bases[-1] = base
        upx_count = raw[4] & 15
        at = base_size
        at += 2 + int.from_bytes(raw[at : at + 2], "little") * 2 + 2 if wide else 1 + raw[at] + 1
        parts = []
        for _ in range(min(upx_count, 3)):
            at += at & 1
            size = int.from_bytes(raw[at : at + 2], "little")
            parts.append(raw[at + 2 : at + 2 + size])
            at += 2 + size
        if kind == 1 and parts:
            self._own[-1] = (self._read(parts[0][2:]), self._read(parts[1]) if len(parts) > 1 else NONE)
        elif kind == 2 and parts:
            self._own[-1] = (NONE, self._read(parts[0]))
