"""A stretch of an older Word document's text, read: what shows, and apart from it what does not.

Text is taken paragraph by paragraph, for whether it stands in a cell, and which number stands before it, is said at
the paragraph's end. What hides: marked as deleted, marked as hidden, the instruction of a field, ink that cannot be
told from its ground.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from witnessmark.formats import ink, word_ink
from witnessmark.formats import word_properties as wp
from witnessmark.formats.docx import DELETED, FIELD, VANISHED
from witnessmark.formats.docx_numbers import Numbers
from witnessmark.formats.ink import Said
from witnessmark.formats.windows_codecs import codec_of_charset, codec_of_page
from witnessmark.formats.word_file import Part, Piece, WordFile
from witnessmark.formats.word_properties import Changes, Properties, whole

MOST_CHANGES: Final = 20_000
MOST_AUTHORS: Final = 200
_MARKS: Final = re.compile(r"[\x00-\x08\x0b-\x1f]")
_TO_TELL: Final = {"\x0b": "\n", "\x0c": "\f", "\x0e": "\n", "\x1e": "\u2011", "\x1f": "\u00ad"}
_ADDRESS: Final = re.compile(r'\s*HYPERLINK\s+(?:"([^"]{1,2000})"|([^\s"\\]\S{0,2000}))', re.IGNORECASE)
_WINDOWS: Final = {
    number: bytes((number,)).decode("cp1252", "replace").replace("\ufffd", chr(number)) for number in range(128, 160)
}
_LANGUAGE_PAGES: Final = {
    0x01: 1256, 0x02: 1251, 0x04: 936, 0x05: 1250, 0x08: 1253, 0x0D: 1255, 0x0E: 1250, 0x11: 932, 0x12: 949,
    0x15: 1250, 0x18: 1250, 0x19: 1251, 0x1A: 1250, 0x1B: 1250, 0x1C: 1250, 0x1E: 874, 0x1F: 1254, 0x22: 1251,
    0x23: 1251, 0x24: 1250, 0x25: 1257, 0x26: 1257, 0x27: 1257, 0x29: 1256, 0x2A: 1258, 0x2F: 1251, 0x3F: 1251,
    0x20: 1256, 0x40: 1251, 0x44: 1251, 0x50: 1251, 0x80: 1256,
}  # fmt: skip
"""The code page of a language by its primary number ([MS-LCID]), for text of Word 6 whose font does not say one."""


def page_of_language(language: int) -> str:
    """Return the codec that text of a language has in a document of one-byte characters."""
    if language in (0x0404, 0x0C04, 0x1404):
        return "big5hkscs"
    return codec_of_page(_LANGUAGE_PAGES.get(language & 0x3FF, 1252)) or "cp1252"


class Document:
    """What all stretches of one document share."""

    def __init__(self, file: WordFile, numbers: Numbers) -> None:
        self.file, self.numbers = file, numbers
        self.properties = Properties(file)
        self.page = page_of_language(file.language)
        self.authors: dict[int, int] = {}
        self.moments: list[str] = []
        self.changes = 0
        self.addresses: dict[str, None] = {}
        self.room = 4 * len(file.data) + 4096
        """Characters that are still read; lists of places may name the same text again and again."""
        self._places = [piece.place for piece in file.pieces]
        self._fonts = _font_pages(file.part(Part.FONTS)) if file.is_older else []

    def stretches(self, start: int, end: int) -> Iterator[tuple[str, int, int, Changes]]:
        """Yield the text from one place to another: characters, where they stand, bytes of each, what they have."""
        number = max(0, bisect_right(self._places, start) - 1)
        while number < len(self.file.pieces):
            piece = self.file.pieces[number]
            number += 1
            if piece.place >= end:
                return
            low, high = max(start, piece.place), min(end, piece.place + piece.characters)
            if low < high and self.room > 0:
                self.room -= high - low
                yield from self._in_piece(piece, low - piece.place, high - piece.place)

    def _in_piece(self, piece: Piece, low: int, high: int) -> Iterator[tuple[str, int, int, Changes]]:
        first, width = piece.start + low * piece.width, piece.width
        last = min(piece.start + high * width, len(self.file.data))
        change = self.properties.read(piece.change) if piece.change else wp.NONE
        at = first
        for begin, until, found in self.properties.characters(first, last):
            # a run that ends in the midst of a character ends behind it
            stop = min(last, until + (until - first) % width)
            if stop > at and begin <= at:
                raw = self.file.data[at:stop]
                yield self._decoded(raw, width, found), at, width, {**found, **change} if change else found
                at = stop

    def _decoded(self, raw: bytes, width: int, found: Changes) -> str:
        if width == 2:
            return raw[: len(raw) & ~1].decode("utf-16-le", "surrogatepass")
        if not self.file.is_older:
            return raw.decode("latin-1").translate(_WINDOWS)
        font = whole(found, wp.FONT)
        return raw.decode((self._fonts[font] if font < len(self._fonts) else None) or self.page, "replace")

    def note_change(self, found: Changes, by: int, on: int) -> None:
        """Remember who changed something, and when."""
        self.changes += 1
        if self.changes > MOST_CHANGES:
            return
        author = whole(found, by, whole(found, wp.INSERTED_BY))
        if author in self.authors or len(self.authors) < MOST_AUTHORS:
            self.authors[author] = self.authors.get(author, 0) + 1
        moment = moment_of(whole(found, on, whole(found, wp.INSERTED_ON)))
        if moment:
            self.moments.append(moment)


def moment_of(packed: int) -> str:
    """Return a packed date as ISO writes it ([MS-DOC] 2.9.65 DTTM); nothing where none is."""
    minute, hour, day, month, year = packed & 63, packed >> 6 & 31, packed >> 11 & 31, packed >> 16 & 15, packed >> 20
    year = (year & 0x1FF) + 1900
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:00" if day and 0 < month < 13 and hour < 24 else ""


def _font_pages(raw: bytes) -> list[str | None]:
    """Return the codec of each font of a Word 6 document, None where the document's language decides."""
    found: list[str | None] = []
    at = 2
    while at + 5 <= len(raw) and len(found) < 4096:
        found.append(codec_of_charset(raw[at + 4]) if raw[at + 4] > 2 else None)
        at += raw[at] + 1
    return found


@dataclass(slots=True)
class _Field:
    """A field under way: its instruction, and whether its result has begun."""

    instruction: list[str] = field(default_factory=list)
    has_result: bool = False


class Story:
    """One stretch of text, read from its first place to its end."""

    def __init__(self, document: Document, marks: frozenset[int] = frozenset(), *, is_body: bool = False) -> None:
        self._document = document
        self._properties = document.properties
        self._marks, self._is_body = marks, is_body
        self._shown: list[str] = []
        self.hidden: list[tuple[str, str]] = []
        self._aside: dict[str, list[str]] = {}
        self._fields: list[_Field] = []
        self._parts: list[tuple[str, Changes]] = []

    @property
    def visible(self) -> str:
        """The text that shows."""
        return joined("".join(self._shown))

    def read(self, start: int, end: int, first: int | None = None) -> "Story":
        """Read the text between two places; `first` is where the story begins that the marks are told from."""
        place = start - (start if first is None else first)
        for text, at, width, found in self._document.stretches(start, end):
            self._stretch(text, at, width, found, place)
            place += len(text)
        if self._parts:
            self._end_paragraph(0, wp.NONE, "")
        while self._fields:
            self._end_field()
        self._flush()
        return self

    def _stretch(self, text: str, at: int, width: int, found: Changes, place: int) -> None:
        special = whole(found, wp.SPECIAL) == 1
        if wp.SYMBOL in found:
            code = int.from_bytes(found[wp.SYMBOL][2:4], "little")
            self._put(_sign(code) * len(text), found)
            return
        done = 0
        for match in _MARKS.finditer(text):
            if match.start() > done:
                self._put(text[done : match.start()], found)
            done = match.end()
            here = at + match.start() * width
            self._mark(match[0], here, found, special=special or place + match.start() in self._marks)
        if done < len(text):
            self._put(text[done:], found)

    def _mark(self, mark: str, at: int, found: Changes, *, special: bool) -> None:
        if mark == "\x13" and special:
            self._fields.append(_Field())
        elif mark == "\x14" and special:
            if self._fields:
                self._fields[-1].has_result = True
        elif mark == "\x15" and special:
            self._end_field()
        elif mark in "\r\x07" or (mark == "\x0c" and self._properties.paragraph(at)[2] in (at + 1, at + 2)):
            style, paragraph, _ = self._properties.paragraph(at)
            self._end_paragraph(style, paragraph, mark, found)
        elif mark in _TO_TELL:
            self._put(_TO_TELL[mark], found)

    def _put(self, text: str, found: Changes) -> None:
        if not text:
            return
        inside = next((one for one in self._fields if not one.has_result), None)
        if inside is not None:
            inside.instruction.append(text)
        else:
            self._parts.append((text, found))

    def _end_field(self) -> None:
        if not self._fields:
            return
        done = self._fields.pop()
        code = "".join(done.instruction)
        if not code.strip():
            return
        if any(not outer.has_result for outer in self._fields):
            next(outer for outer in self._fields if not outer.has_result).instruction.append(code)
            return
        self._aside.setdefault(FIELD, []).append(code.strip() + "\n")
        address = _ADDRESS.match(code)
        if address is not None and len(self._document.addresses) < 500:
            self._document.addresses[joined(address[1] or address[2])] = None

    def _why_hidden(self, style: int, found: Changes, paragraph: Changes) -> str:
        if whole(found, wp.DELETED) == 1:
            self._document.note_change(found, wp.DELETED_BY, wp.DELETED_ON)
            return DELETED
        if whole(found, wp.INSERTED) == 1:
            self._document.note_change(found, wp.INSERTED_BY, wp.INSERTED_ON)
        size = self._properties.stated(style, found, wp.SIZE)
        if self._properties.vanishes(style, found) or (size and int.from_bytes(size, "little") <= 2):
            return VANISHED
        page = ink.WHITE if self._is_body and not whole(paragraph, wp.IN_TABLE) else Said.UNKNOWN
        return word_ink.why(self._properties, style, found, paragraph, page)

    def _end_paragraph(self, style: int, paragraph: Changes, mark: str, found: Changes = wp.NONE) -> None:
        shown: list[str] = []
        hides = False
        for text, has in self._parts:
            why = self._why_hidden(style, has, paragraph)
            if why:
                hides = True
                self._aside.setdefault(why, []).append(text)
            else:
                shown.append(text)
        self._parts = []
        words = "".join(shown)
        mark_hides = whole(found, wp.DELETED) == 1 or self._properties.vanishes(style, found)
        inside = any(not one.has_result for one in self._fields)
        if not inside and not (mark_hides and not words):
            words = self._number(paragraph) + words
            self._shown.append(words)
            self._end_line(paragraph, mark)
        if hides:
            for parts in self._aside.values():
                parts.append("\n")
        self._flush()

    def _end_line(self, paragraph: Changes, mark: str) -> None:
        in_table = whole(paragraph, wp.IN_TABLE) == 1
        if (mark == "\x07" and whole(paragraph, wp.ROW_END) == 1) or whole(paragraph, wp.INNER_ROW_END) == 1:
            if len(self._shown) > 1 and self._shown[-1] == "" and self._shown[-2] == "\t":
                self._shown[-2:] = []
            self._shown.append("\n")
        elif mark == "\x07" or (in_table and whole(paragraph, wp.INNER_CELL) == 1):
            self._shown.append("\t")
        elif mark == "\x0c":
            self._shown.append("\n\f")
        else:
            self._shown.append("\n")

    def _number(self, paragraph: Changes) -> str:
        number = whole(paragraph, wp.LIST)
        if not 0 < number < 0x07FF:
            return ""
        label = self._document.numbers.next(str(number), whole(paragraph, wp.LEVEL))
        return label + " " if label else ""

    def _flush(self) -> None:
        for label, parts in self._aside.items():
            text = joined("".join(parts)).strip()
            if text:
                self.hidden.append((label, text + "\n"))
        self._aside = {}


def _sign(code: int) -> str:
    return chr(code) if 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE else ""


def joined(text: str) -> str:
    """Return text with pairs of surrogates made one character, lone ones U+FFFD."""
    try:
        text.encode("ascii")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
