"""One sheet of an older workbook, read: its rows as they show, and apart from them what does not."""

import struct
from collections.abc import Callable
from typing import Final

from witnessmark.cell.report import ReadingStopped
from witnessmark.formats import biff
from witnessmark.formats.xls_book import BEGINNINGS, END, LOCKED, Book, plain
from witnessmark.formats.xls_parts import edges, link, plain_edge, shows
from witnessmark.formats.xlsx_numbers import number_seen, text_seen
from witnessmark.model.derivative import Outcome

FLUSH: Final = 1 << 16
_CHART: Final = 0x20
_LABEL: Final = 0x0204
_ROW, _HEIGHT, _COLUMN = 0x0208, 0x0225, 0x007D
_FORMULAS, _TEXT_OF_FORMULA = (0x0006, 0x0206, 0x0406), (0x0207, 0x0007)
ERRORS: Final = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_NOTE_OBJECT: Final = 0x19


class Sheet:
    """One sheet under way."""

    def __init__(self, book: Book, name: str, why: str) -> None:
        self._book, self._name, self._why = book, name, why
        self._rows: set[int] = set()
        self._known_rows: set[int] = set()
        self._columns: set[int] = set()
        self._rows_hidden = False
        self._row = -1
        self._shown: list[str] = []
        self._unshown: dict[str, list[str]] = {}
        self._lines: list[str] = []
        self._length = 0
        self._awaits: tuple[int, int, int] | None = None
        self._object = (0, 0)
        self._boxes: dict[int, str] = {}
        self._is_chart = False

    def read(self, place: int) -> None:
        """Read the substream that begins there."""
        book = self._book
        if not self._why:
            if book.printed:
                book.report.visible("\f")
            book.printed = True
        self._find_hidden(place)
        self._say(self._name)
        depth = 0
        for kind, start, end in biff.records(book.data, place):
            if kind in BEGINNINGS:
                depth += 1
                self._is_chart = end - start >= 4 and book.data[start + 2] == _CHART
            elif kind == END:
                depth -= 1
                self._is_chart = False
                if depth <= 0 and book.version >= 5:
                    break
            elif kind == LOCKED:
                raise ReadingStopped(Outcome.ENCRYPTED, "the workbook asks for a password")
            else:
                self._record(kind, start, end)
            if book.is_full:
                break
        self._end_row()
        self._flush()

    def _find_hidden(self, place: int) -> None:
        """Find which rows and columns are hidden: that may be said behind their cells."""
        data, depth = self._book.data, 0
        for kind, start, end in biff.records(data, place):
            if kind in BEGINNINGS:
                depth += 1
            elif kind == END:
                depth -= 1
                if depth <= 0:
                    break
            elif kind == _ROW and end - start >= 14:
                row = struct.unpack_from("<H", data, start)[0]
                self._known_rows.add(row)
                if data[start + 12] & 0x20 or struct.unpack_from("<H", data, start + 6)[0] & 0x7FFF == 0:
                    self._rows.add(row)
            elif kind == _HEIGHT and end - start >= 4:
                self._rows_hidden = bool(data[start] & 2)
            elif kind == _COLUMN and end - start >= 10:
                first, last, width, _, flags = struct.unpack_from("<5H", data, start)
                if flags & 1 or width == 0:
                    self._columns.update(range(first, min(last, 256) + 1))

    def _record(self, kind: int, start: int, end: int) -> None:
        reader = _CELLS.get(kind)
        if reader is not None:
            if not self._is_chart:
                reader(self, start, end)
            elif kind == _LABEL and end - start > 8:  # a chart keeps the words of the cells that it draws
                self._book.put_aside("data of a chart", plain(self._book.text(start + 6, end).string(2)))
            return
        other = _OTHERS.get(kind)
        if other is not None:
            other(self, start, end)

    def _say(self, line: str) -> None:
        line = plain(line).replace("\r\n", "\n").replace("\r", "\n")
        if not line.strip():
            return
        if self._why:
            self._book.put_aside(self._why, line)
            return
        self._lines.append(line)
        self._length += len(line)
        if self._length > FLUSH:
            self._flush()

    def _flush(self) -> None:
        if self._lines:
            self._book.report.visible("\n".join(self._lines) + "\n")
        self._lines, self._length = [], 0

    def _end_row(self) -> None:
        if self._shown:
            self._say("\t".join(self._shown))
        for label, words in self._unshown.items():
            self._book.put_aside(label, plain("\t".join(words)))
        self._shown, self._unshown = [], {}

    def _cell(self, row: int, column: int, text: str, why: str = "") -> None:
        self._book.cells += 1
        if not text:
            return
        if row != self._row:
            self._end_row()
            self._row = row
        self._book.room -= len(text)
        if not why and (row in self._rows or (self._rows_hidden and row not in self._known_rows)):
            why = "hidden row"
        if not why and column in self._columns:
            why = "hidden column"
        if why:
            self._unshown.setdefault(why, []).append(text)
        else:
            self._shown.append(text)

    def _number(self, row: int, column: int, style: int, value: float) -> None:
        seen = number_seen(repr(value), self._book.style(style), from_1904=self._book.from_1904)
        self._cell(row, column, *seen)

    def _text(self, row: int, column: int, style: int, text: str) -> None:
        self._cell(row, column, *text_seen(text, self._book.style(style)))

    def _place(self, start: int, end: int, size: int) -> tuple[int, int, int, int] | None:
        """Return row, column and style of a cell, and where its value begins; None where the record is too short."""
        data = self._book.data
        if self._book.version == 2:
            if end - start < 7 + size:
                return None
            row, column = struct.unpack_from("<HH", data, start)
            return row, column, data[start + 4] & 0x3F, start + 7
        if end - start < 6 + size:
            return None
        row, column, style = struct.unpack_from("<HHH", data, start)
        return row, column, style, start + 6

    def _read_shared(self, start: int, end: int) -> None:
        found = self._place(start, end, 4)
        if found is None:
            return
        row, column, style, at = found
        number = struct.unpack_from("<I", self._book.data, at)[0]
        if number < len(self._book.texts):
            text, aid = self._book.texts[number]
            if aid and not self._book.used[number]:
                self._book.put_aside("reading aid", f"{text} {aid}")
            self._book.used[number] = 1
            self._text(row, column, style, text)

    def _read_label(self, start: int, end: int) -> None:
        found = self._place(start, end, 1)
        if found is not None:
            row, column, style, at = found
            size = 1 if self._book.version == 2 else 2
            self._text(row, column, style, self._book.text(at, end).string(size))

    def _read_number(self, start: int, end: int) -> None:
        found = self._place(start, end, 8)
        if found is not None:
            row, column, style, at = found
            self._number(row, column, style, struct.unpack_from("<d", self._book.data, at)[0])

    def _read_whole(self, start: int, end: int) -> None:
        found = self._place(start, end, 2)
        if found is not None:
            row, column, style, at = found
            self._number(row, column, style, float(struct.unpack_from("<H", self._book.data, at)[0]))

    def _read_packed(self, start: int, end: int) -> None:
        found = self._place(start, end, 4)
        if found is not None:
            row, column, style, at = found
            self._number(row, column, style, biff.packed(self._book.data, at))

    def _read_many(self, start: int, end: int) -> None:
        if end - start < 6:
            return
        row, column = struct.unpack_from("<HH", self._book.data, start)
        for count, at in enumerate(range(start + 4, end - 7, 6)):
            style = struct.unpack_from("<H", self._book.data, at)[0]
            self._number(row, column + count, style, biff.packed(self._book.data, at + 2))

    def _read_truth(self, start: int, end: int) -> None:
        found = self._place(start, end, 2)
        if found is not None:
            row, column, style, at = found
            value, is_error = self._book.data[at], self._book.data[at + 1]
            text = ERRORS.get(value, "#ERROR") if is_error else ("TRUE" if value else "FALSE")
            self._text(row, column, style, text)

    def _read_formula(self, start: int, end: int) -> None:
        found = self._place(start, end, 8)
        if found is None:
            return
        row, column, style, at = found
        data = self._book.data
        self._awaits = None
        if data[at + 6 : at + 8] != b"\xff\xff":
            self._number(row, column, style, struct.unpack_from("<d", data, at)[0])
        elif data[at] == 0:
            self._awaits = (row, column, style)
        elif data[at] == 1:
            self._text(row, column, style, "TRUE" if data[at + 2] else "FALSE")
        elif data[at] == 2:
            self._text(row, column, style, ERRORS.get(data[at + 2], "#ERROR"))
        if self._book.version >= 5:
            raw = data[at + 16 : end]
            words = [word for word in biff.formula_strings(raw, self._book.page) if shows(word)]
            if words:
                self._book.put_aside("words in a formula", plain(" ".join(words)))

    def _read_formula_text(self, start: int, end: int) -> None:
        if self._awaits is not None:
            size = 1 if self._book.version == 2 else 2
            self._text(*self._awaits, self._book.text(start, end).string(size))
            self._awaits = None

    def _read_edge(self, start: int, end: int) -> None:
        if end > start:
            self._say(plain_edge(self._book.text(start, end).string(2 if self._book.version == 8 else 1)))

    def _read_more_edges(self, start: int, end: int) -> None:
        for text, is_used in edges(self._book.data[start:end]):
            if is_used:
                self._say(text)
            else:
                self._book.put_aside("header or footer not shown", plain(text))

    def _read_object(self, start: int, end: int) -> None:
        if self._book.version == 8 and end - start >= 8:
            kind, number = struct.unpack_from("<HH", self._book.data, start + 4)
            self._object = (kind, number)

    def _read_box(self, start: int, end: int) -> None:
        if self._book.version < 8 or end - start < 12:
            return
        count = struct.unpack_from("<H", self._book.data, start + 10)[0]
        text = self._book.text(end, end)
        words = text.characters(count)[0] if count and text.continues() else ""
        kind, number = self._object
        if kind == _NOTE_OBJECT:
            self._boxes[number] = words
        elif not self._is_chart:
            self._end_row()
            self._say(words)
        else:
            self._say(words)

    def _read_note(self, start: int, end: int) -> None:
        book = self._book
        if end - start < 8:
            return
        if book.version < 8:
            count = min(struct.unpack_from("<H", book.data, start + 4)[0], end - start - 6)
            raw = book.text(start + 6, end).take(count)
            book.put_aside("comment", plain(raw.decode(book.page or "cp1252", "replace")).replace("\r", "\n"))
            return
        number = struct.unpack_from("<H", book.data, start + 6)[0]
        author = book.text(start + 8, end).string(2) if end - start >= 11 else ""
        book.put_aside("comment", plain(f"{author}: {self._boxes.pop(number, '')}").replace("\r", "\n"))

    def _read_series(self, start: int, end: int) -> None:
        if end - start >= 3:
            self._say(self._book.text(start + 2, end).string(1))

    def _read_link(self, start: int, end: int) -> None:
        raw = self._book.data[start:end]
        address, words = link(raw)
        if address:
            self._book.addresses[plain(address)[:2000]] = None
        self._book.put_aside("link", plain(" ".join(words)))

    def _read_tip(self, start: int, end: int) -> None:
        text = self._book.data[start + 10 : end].decode("utf-16-le", "replace").split("\0")[0]
        self._book.put_aside("link", plain(text))

    def _read_validation(self, start: int, end: int) -> None:
        if self._book.version == 8 and end - start > 12:
            text = self._book.text(start + 4, end)
            words = [text.string(2) for _ in range(4)]
            self._book.put_aside("validation", plain("\n".join(word for word in words if word.strip("\0"))))


_CELLS: Final[dict[int, Callable[[Sheet, int, int], None]]] = {
    0x00FD: Sheet._read_shared,
    0x0204: Sheet._read_label,
    0x0004: Sheet._read_label,
    0x00D6: Sheet._read_label,
    0x0203: Sheet._read_number,
    0x0003: Sheet._read_number,
    0x0002: Sheet._read_whole,
    0x027E: Sheet._read_packed,
    0x00BD: Sheet._read_many,
    0x0205: Sheet._read_truth,
    0x0005: Sheet._read_truth,
    **dict.fromkeys(_FORMULAS, Sheet._read_formula),
    **dict.fromkeys(_TEXT_OF_FORMULA, Sheet._read_formula_text),
}
_OTHERS: Final[dict[int, Callable[[Sheet, int, int], None]]] = {
    0x0014: Sheet._read_edge,
    0x0015: Sheet._read_edge,
    0x089C: Sheet._read_more_edges,
    0x005D: Sheet._read_object,
    0x01B6: Sheet._read_box,
    0x001C: Sheet._read_note,
    0x100D: Sheet._read_series,
    0x01B8: Sheet._read_link,
    0x0800: Sheet._read_tip,
    0x01BE: Sheet._read_validation,
}
