"""Binary workbooks (xlsb): the parts of a newer workbook whose sheets are records; told by the rules of xlsx.

By [MS-XLSB] 2.1.4 (records), 2.4 and 2.5: type and length of a record are numbers of seven bits a byte. Drawings,
properties and links are markup, as in any package.
"""

import re
import struct
from collections.abc import Callable, Iterator
from typing import Final

from witnessmark.cell.report import Report
from witnessmark.formats.biff import packed
from witnessmark.formats.ink import BLACK, Ink, Paper, Said
from witnessmark.formats.package import LARGEST_PART, Package
from witnessmark.formats.xls_parts import plain_edge
from witnessmark.formats.xls_sheet import ERRORS
from witnessmark.formats.xlsx import MOST_CELLS, MOST_STRINGS, Sheet, Workbook, marked, read_drawings
from witnessmark.formats.xlsx_numbers import BUILT_IN, number_seen, text_seen
from witnessmark.formats.xlsx_styles import Styles, indexed, themed, unseen
from witnessmark.model.derivative import Outcome

LONGEST: Final = 32_767
"""Characters of one text."""
_ROW, _STRING, _NAME, _FONT, _FORMAT, _FILL, _STYLE, _COLUMN = 0, 19, 39, 43, 44, 45, 47, 60
_PROPERTIES, _SHEET, _CELL_STYLES, _END_CELL_STYLES, _DEFAULTS, _EDGES, _LINK = 153, 156, 617, 618, 485, 479, 494
_AUTHOR, _COMMENT, _COMMENT_TEXT = 632, 635, 637
_INDEX: Final = re.compile(r"(?:^|/)binaryIndex\d*\.bin\Z", re.IGNORECASE)
_NOTHING: Final = 0xFFFFFFFF
_HIDDEN, _VERY_HIDDEN = 1, 2


def records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and body of the records of a part."""
    at, size = 0, len(data)
    while at < size:
        kind = data[at]
        at += 1
        if kind & 0x80 and at < size:
            kind = kind & 0x7F | (data[at] & 0x7F) << 7
            at += 1
        length = shift = 0
        while at < size and shift < 28:
            byte = data[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        yield kind, data[at : at + length]
        at += length


def text(body: bytes, at: int) -> tuple[str, int]:
    """Return a text and where it ends ([MS-XLSB] 2.5.169 XLWideString, 2.5.166 XLNullableWideString)."""
    if at + 4 > len(body):
        return "", len(body)
    count = struct.unpack_from("<I", body, at)[0]
    if count == _NOTHING:
        return "", at + 4
    end = min(at + 4 + 2 * count, len(body))
    return body[at + 4 : min(end, at + 4 + 2 * LONGEST)].decode("utf-16-le", "replace"), end


def rich(body: bytes, at: int) -> tuple[str, str]:
    """Return a text and its reading aid ([MS-XLSB] 2.5.122 RichStr)."""
    if at >= len(body):
        return "", ""
    flags = body[at]
    words, at = text(body, at + 1)
    if flags & 1 and at + 4 <= len(body):
        at += 4 + 4 * struct.unpack_from("<I", body, at)[0]
    return words, text(body, at)[0] if flags & 2 else ""


class _Binary(Workbook):
    """What the sheets of a binary workbook share."""

    def __init__(self, package: Package, main: str, report: Report) -> None:
        super().__init__(package, "", report)
        for part in package.targets(main, "sharedStrings")[:1]:
            for kind, body in records(package.read(part, LARGEST_PART)):
                if kind == _STRING and len(self.strings) < MOST_STRINGS:
                    self.strings.append(rich(body, 0))
        self.used = bytearray(len(self.strings))
        for part in package.targets(main, "styles")[:1]:
            self.styles = _styles(package.read(part, LARGEST_PART))


def _styles(data: bytes) -> Styles:
    styles, codes = Styles(), dict(BUILT_IN)
    inks: list[Ink] = []
    papers: list[Paper] = []
    is_cell = False
    for kind, body in records(data):
        if kind in (_CELL_STYLES, _END_CELL_STYLES):
            is_cell = kind == _CELL_STYLES
        elif kind == _FORMAT and len(body) >= 6:
            codes[struct.unpack_from("<H", body)[0]] = text(body, 2)[0]
        elif kind == _FONT and len(body) >= 20:
            inks.append(_colour(body[12:20], is_font=True))
        elif kind == _FILL and len(body) >= 12:
            papers.append(_paper(struct.unpack_from("<I", body)[0], body[4:12]))
        elif kind == _STYLE and is_cell and len(body) >= 8:
            number, font, fill = struct.unpack_from("<HHH", body, 2)
            styles.by_number.append((codes.get(number, "General"), unseen(inks, papers, font, fill)))
    return styles


def _colour(raw: bytes, *, is_font: bool) -> Ink:
    """Return a colour ([MS-XLSB] 2.5.12 BrtColor)."""
    kind, index, tint = raw[0] >> 1, raw[1], struct.unpack_from("<h", raw, 2)[0]
    if kind == 1:
        return indexed(index, is_font=is_font)
    if kind == 2:
        return raw[4], raw[5], raw[6]
    if kind == 3:
        return themed(index, is_plain=tint == 0)
    return BLACK if is_font and kind == 0 else Said.UNKNOWN


def _paper(pattern: int, fore: bytes) -> Paper:
    if pattern == 0:
        return Said.NOTHING
    return _colour(fore, is_font=False) if pattern == 1 else Said.UNKNOWN


def read_binary(package: Package, main: str, report: Report) -> None:
    """Report the sheets of a binary workbook."""
    book = _Binary(package, main, report)
    package.used.update(name for name in package.names if _INDEX.search(name))
    links = package.links(main)
    for kind, body in records(package.read(main, LARGEST_PART)):
        if kind == _PROPERTIES and body:
            book.from_1904 = bool(body[0] & 1)
        elif kind == _SHEET and len(body) >= 12:
            state = struct.unpack_from("<I", body)[0]
            relation, at = text(body, 8)
            if relation not in links:  # before its release the program put another number before the name
                relation, at = text(body, 12)
            link = links.get(relation)
            part = None if link is None else package.find(link.target)
            why = {_HIDDEN: "hidden sheet", _VERY_HIDDEN: "very hidden sheet"}.get(state, "")
            _Reading(book, why).read(part, text(body, at)[0])
        elif kind == _NAME and len(body) >= 13:
            book.put_aside("defined name", text(body, 9)[0])
        if book.is_full:
            report.outcome(Outcome.PARTIAL, f"the first {min(book.cells, MOST_CELLS)} cells were read")
            break
    for (words, _), used in zip(book.strings, book.used, strict=True):
        if not used and not book.is_full:
            book.put_aside("text of no cell", words)
    book.flush()


class _Reading:
    """One sheet under way."""

    def __init__(self, book: _Binary, why: str) -> None:
        self._book, self._sheet = book, Sheet(book, why)
        self._row_hidden = False
        self._words: dict[str, list[str]] = {"": []}

    def read(self, part: str | None, name: str) -> None:
        """Read a sheet's part."""
        book = self._book
        if not self._sheet.why:
            if book.printed:
                book.report.visible("\f")
            book.printed = True
        self._sheet.say(name)
        if part is None:
            book.package.broken.append(f"sheet {name}")
            return
        for kind, body in records(book.package.read(part, LARGEST_PART)):
            reader = _CELLS.get(kind)
            if reader is not None:
                if len(body) >= 8:
                    self._cell(body, *reader(self, body))
            else:
                other = _OTHERS.get(kind)
                if other is not None:
                    other(self, body)
            if book.is_full:
                break
        self._end_row()
        for comments in book.package.targets(part, "comments"):
            self._comments(book.package.read(comments, LARGEST_PART))
        read_drawings(self._sheet, part)
        self._sheet.flush()

    def _cell(self, body: bytes, words: str, why: str) -> None:
        book = self._book
        book.cells += 1
        if not words:
            return
        book.room -= len(words)
        column = struct.unpack_from("<I", body)[0] + 1
        if not why and self._row_hidden:
            why = "hidden row"
        if not why and self._sheet.column_hidden(column):
            why = "hidden column"
        self._words.setdefault(why, []).append(words.replace("\r\n", "\n"))

    def _end_row(self) -> None:
        for why, words in self._words.items():
            line = "\t".join(words)
            if why:
                self._book.put_aside(why, line)
            elif line:
                self._sheet.say(line)
        self._words = {"": []}

    def _style(self, body: bytes) -> tuple[str, str]:
        return self._book.styles.at(int.from_bytes(body[4:7], "little"))

    def _number(self, body: bytes, value: float) -> tuple[str, str]:
        return number_seen(repr(value), self._style(body), from_1904=self._book.from_1904)

    def _said(self, body: bytes, words: str) -> tuple[str, str]:
        return text_seen(words, self._style(body))

    def _packed(self, body: bytes) -> tuple[str, str]:
        return self._number(body, packed(body, 8)) if len(body) >= 12 else ("", "")

    def _real(self, body: bytes) -> tuple[str, str]:
        return self._number(body, struct.unpack_from("<d", body, 8)[0]) if len(body) >= 16 else ("", "")

    def _truth(self, body: bytes) -> tuple[str, str]:
        return self._said(body, "TRUE" if body[8:9] > b"\0" else "FALSE")

    def _error(self, body: bytes) -> tuple[str, str]:
        return self._said(body, ERRORS.get(body[8] if len(body) > 8 else 0, "#ERROR"))

    def _text(self, body: bytes) -> tuple[str, str]:
        return self._said(body, text(body, 8)[0])

    def _rich(self, body: bytes) -> tuple[str, str]:
        return self._said(body, rich(body, 8)[0])

    def _shared(self, body: bytes) -> tuple[str, str]:
        number = struct.unpack_from("<I", body, 8)[0] if len(body) >= 12 else _NOTHING
        if number >= len(self._book.strings):
            return "", ""
        words, aid = self._book.strings[number]
        if aid and not self._book.used[number]:
            self._book.put_aside("reading aid", f"{words} {aid}")
        self._book.used[number] = 1
        return self._said(body, words)

    def _row(self, body: bytes) -> None:
        self._end_row()
        self._row_hidden = len(body) >= 12 and (bool(body[11] & 0x10) or body[8:10] == b"\0\0")

    def _column(self, body: bytes) -> None:
        if len(body) < 18:
            return
        low, high, width = struct.unpack_from("<III", body)
        low, high = low + 1, min(high, 16_383) + 1
        self._sheet.known = marked(self._sheet.known, low, high)
        if body[16] & 1 or width == 0:
            self._sheet.columns = marked(self._sheet.columns, low, high)

    def _edges(self, body: bytes) -> None:
        flags = int.from_bytes(body[:2], "little")
        at = 2
        for used in (True, True, flags & 1, flags & 1, flags & 2, flags & 2):
            words, at = text(body, at)
            words = plain_edge(words)
            if words and used:
                self._sheet.say(words)
            else:
                self._book.put_aside("header or footer not shown", words)

    def _link(self, body: bytes) -> None:
        _, at = text(body, 16)
        words = []
        for _ in range(3):
            said, at = text(body, at)
            words.append(said)
        self._book.put_aside("link", " ".join(word for word in words if word))

    def _comments(self, data: bytes) -> None:
        authors: list[str] = []
        author = ""
        for kind, body in records(data):
            if kind == _AUTHOR:
                authors.append(text(body, 0)[0])
            elif kind == _COMMENT and len(body) >= 4:
                number = struct.unpack_from("<I", body)[0]
                author = authors[number] if number < len(authors) else ""
            elif kind == _COMMENT_TEXT:
                self._book.put_aside("comment", f"{author}: {rich(body, 0)[0]}")


_CELLS: Final[dict[int, Callable[[_Reading, bytes], tuple[str, str]]]] = {
    2: _Reading._packed, 3: _Reading._error, 4: _Reading._truth, 5: _Reading._real, 6: _Reading._text,
    7: _Reading._shared, 8: _Reading._text, 9: _Reading._real, 10: _Reading._truth, 11: _Reading._error,
    62: _Reading._rich,
}  # fmt: skip
_OTHERS: Final[dict[int, Callable[[_Reading, bytes], None]]] = {
    _ROW: _Reading._row,
    _COLUMN: _Reading._column,
    _EDGES: _Reading._edges,
    _LINK: _Reading._link,
}
