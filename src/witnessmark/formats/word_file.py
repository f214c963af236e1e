"""The frame of a Word 6 to 2003 document: which part lies where, and the pieces that its text is made of.

Of Word 97 and later by [MS-DOC] 2.5.1 to 2.5.10; Word 6 and 95 keep the same parts in the same order, at offsets of
their own, in one stream, with one byte for a character. Nothing is believed that the streams' lengths do not allow.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

MOST_CHARACTERS: Final = 50_000_000
MOST_ITEMS: Final = 1_000_000
MOST_NAMES: Final = 10_000
UNICODE_FROM: Final = 0x00C1
"""The version (nFib) from which on text may be in two bytes and the tables stand in a stream of their own."""
STORIES: Final = ("body", "footnotes", "edges", "macros", "comments", "endnotes", "boxes", "edge boxes")


class Part(IntEnum):
    """A part of the document, by its place in the list of offsets and lengths ([MS-DOC] 2.5.6)."""

    STYLES = 1
    COMMENT_PLACES = 4
    COMMENT_TEXTS = 5
    SECTIONS = 6
    EDGES = 11
    CHARACTER_PAGES = 12
    PARAGRAPH_PAGES = 13
    FONTS = 15
    FIELDS = 16
    SETTINGS = 31
    PIECES = 33
    COMMENT_AUTHORS = 36
    CHANGE_AUTHORS = 51
    SAVED_BY = 71
    LISTS = 73
    LIST_OVERRIDES = 74
    COMMENT_DATES = 112
    SAVE_MARKS = 113


_OLDER: Final[dict[int, int]] = {Part.CHANGE_AUTHORS: 0x1FA}
_FIELDS_OF: Final = (16, 18, 17, 20, 19, 48, 57, 59)
_CHARACTERS_AT, _OLDER_CHARACTERS_AT = 0x4C, 0x34
_PARTS_AT, _OLDER_PARTS_AT = 0x9A, 0x58


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters: its first place in the text, how many, where in the stream, and the bytes of each."""

    place: int
    characters: int
    start: int
    width: int
    change: bytes = b""


class WordFile:
    """A document's streams, and the parts in them."""

    def __init__(self, data: bytes, tables: bytes, objects: bytes = b"") -> None:
        self.data, self.objects = data, objects
        self.version, self.language = struct.unpack_from("<H", data, 2)[0], struct.unpack_from("<H", data, 6)[0]
        self.flags = struct.unpack_from("<H", data, 10)[0]
        self.text_from, self.text_to = struct.unpack_from("<II", data, 0x18)
        self.is_older = self.version < UNICODE_FROM
        self.is_wide = not self.is_older or bool(self.flags & 0x1000)
        """Whether text may be in two bytes: Word 6 and 95 of the Far East keep it so (fExtChar of the header)."""
        self._tables = data if self.is_older else tables
        lengths = struct.unpack_from("<8I", data, _OLDER_CHARACTERS_AT if self.is_older else _CHARACTERS_AT)
        self.lengths = tuple(min(length, MOST_CHARACTERS) for length in lengths)
        self.pieces = tuple(self._pieces())

    @property
    def is_fast_saved(self) -> bool:
        """Whether the last saves were put behind the first, so that older text may still stand in the file."""
        return bool(self.flags & 0x00F4)

    def story(self, number: int) -> tuple[int, int]:
        """Return the first place and the end of one of the stories."""
        start = sum(self.lengths[:number])
        return start, start + self.lengths[number]

    def part(self, index: int) -> bytes:
        """Return a part's bytes; nothing where the file has none."""
        return self._span(*self._place(index))

    def behind(self, index: int) -> bytes:
        """Return what stands from a part's beginning to the end of the stream: list levels stand behind their list."""
        start, length = self._place(index)
        return self._tables[start:] if length else b""

    def plc(self, index: int, size: int) -> tuple[tuple[int, ...], list[bytes]]:
        """Return the places and the items of a part that is a PLC ([MS-DOC] 2.2.2)."""
        raw = self.part(index)
        count = min((len(raw) - 4) // (4 + size), MOST_ITEMS) if len(raw) >= 4 else 0
        if count <= 0:
            return (), []
        total = (len(raw) - 4) // (4 + size)
        at = 4 * (total + 1)
        places = struct.unpack_from(f"<{count + 1}I", raw)
        return places, [raw[at + size * i : at + size * (i + 1)] for i in range(count)]

    def fields(self, story: int) -> frozenset[int]:
        """Return the places of a story's field marks, told from its beginning."""
        index = _FIELDS_OF[story]
        if self.is_older and index > 20:
            return frozenset()
        return frozenset(self.plc(index, 2)[0][:-1])

    def page_numbers(self, index: int, first_at: int) -> Iterator[int]:
        """Yield the numbers of the pages of properties; Word 6 lists them in part and counts on for the others."""
        items = self.plc(index, 2 if self.is_older else 4)[1]
        pages = dict.fromkeys(int.from_bytes(item, "little") & 0x3FFFFF for item in items)
        if self.is_older and len(self.data) >= first_at + 6:
            first, _, count = struct.unpack_from("<HHH", self.data, first_at)
            if len(pages) < count:
                pages |= dict.fromkeys(range(first, first + count))
        yield from (page for page in pages if 0 < page <= len(self.data) // 512)

    def _place(self, index: int) -> tuple[int, int]:
        at = (_OLDER_PARTS_AT if self.is_older else _PARTS_AT) + 8 * index
        if self.is_older and index >= 37:
            at = _OLDER.get(index, len(self.data))
        elif not self.is_older and index >= _counted(self.data):
            return 0, 0
        if at + 8 > len(self.data):
            return 0, 0
        start, length = struct.unpack_from("<II", self.data, at)
        return (start, length) if start < len(self._tables) else (0, 0)

    def _span(self, start: int, length: int) -> bytes:
        return self._tables[start : start + length]

    def _pieces(self) -> Iterator[Piece]:
        """Yield the pieces in order ([MS-DOC] 2.9.38 Clx, 2.8.35 PlcPcd, 2.9.177 Pcd).

        Raises:
            ValueError: when there is no table of them, or it breaks off.
        """
        clx = self.part(Part.PIECES)
        if self.is_older and not clx:
            start, end = self.text_from, min(self.text_to, len(self.data))
            width = 2 if self.is_wide else 1
            yield Piece(0, max(0, min((end - start) // width, MOST_CHARACTERS)), start, width)
            return
        at, changes = 0, list[bytes]()
        while at + 3 <= len(clx) and clx[at] == 1:
            length = struct.unpack_from("<H", clx, at + 1)[0]
            changes.append(clx[at + 3 : at + 3 + length])
            at += 3 + length
        if at + 5 > len(clx) or clx[at] != 2:
            raise ValueError("no table of pieces")
        count = (struct.unpack_from("<I", clx, at + 1)[0] - 4) // 12
        at += 5
        if count < 0 or at + count * 12 + 4 > len(clx):
            raise ValueError("the table of pieces breaks off")
        bounds = struct.unpack_from(f"<{count + 1}I", clx, at)
        room = min(MOST_CHARACTERS, len(self.data))  # honest pieces use no byte twice
        for i in range(count):
            _, place, change = struct.unpack_from("<HIH", clx, at + (count + 1) * 4 + i * 8)
            width = 1 if not self.is_wide or (place & 0x40000000 and not self.is_older) else 2
            start = (place & 0x3FFFFFFF) // 2 if width == 1 and not self.is_older else place & 0x3FFFFFFF
            characters = max(0, min(bounds[i + 1] - bounds[i], room, len(self.data) // width))
            room -= characters
            yield Piece(bounds[i], characters, start, width, _change(change, changes))


def _counted(data: bytes) -> int:
    """Return how many parts the list of offsets says that it has ([MS-DOC] 2.5.1, cbRgFcLcb)."""
    return int(struct.unpack_from("<H", data, 0x98)[0]) or 93 if len(data) >= 0x9A else 0


def _change(code: int, changes: list[bytes]) -> bytes:
    """Return the property changes that a piece carries ([MS-DOC] 2.9.213 Prm): some of a list, or a short one."""
    if code & 1:
        return changes[code >> 1] if code >> 1 < len(changes) else b""
    sprm = _SHORT.get(code >> 1 & 0x7F)
    return b"" if sprm is None else struct.pack("<HB", sprm, code >> 8)


_SHORT: Final = {0x41: 0x0800, 0x42: 0x0801, 0x43: 0x0802, 0x5C: 0x083C, 0x62: 0x2A42, 0x75: 0x0855}
"""Of the changes that a short form can carry, those that are looked at ([MS-DOC] 2.9.215 Prm0)."""


def names(raw: bytes, *, wide: bool, page: str) -> list[str]:
    """Return the strings of a table of strings ([MS-DOC] 2.2.4 STTB)."""
    if len(raw) < 4:
        return []
    extended = raw[:2] == b"\xff\xff"
    at = 2 if extended else 0
    count, extra = struct.unpack_from("<HH", raw, at) if len(raw) >= at + 4 else (0, 0)
    at += 4
    if not wide and not extended:  # Word 6: the length of all, then strings
        at, count, extra = 2, MOST_NAMES, 0
    found: list[str] = []
    for _ in range(min(count, MOST_NAMES)):
        if at + 1 > len(raw):
            break
        if extended:
            length = int.from_bytes(raw[at : at + 2], "little") * 2
            found.append(raw[at + 2 : at + 2 + length].decode("utf-16-le", "replace"))
            at += 2 + length + extra
        else:
            length = raw[at]
            found.append(raw[at + 1 : at + 1 + length].decode(page, "replace"))
            at += 1 + length + extra
    return found


def strings_in_a_row(raw: bytes, *, wide: bool, page: str) -> list[str]:
    """Return strings that stand one after another, each behind its length."""
    found: list[str] = []
    at, size = 0, 2 if wide else 1
    while at + size <= len(raw) and len(found) < MOST_NAMES:
        length = int.from_bytes(raw[at : at + size], "little") * size
        found.append(raw[at + size : at + size + length].decode("utf-16-le" if wide else page, "replace"))
        at += size + length
    return found
