"""Workbooks: the cells of each sheet row by row as they show, and apart from them all that does not show.

Rows stream; nothing is laid out by the dimensions that a sheet claims. What is hidden: sheets, rows and columns marked
so, cells whose format shows nothing or whose words cannot be told from their ground, comments, names, formulas with
words in them, text that no cell uses.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from lxml import etree

from witnessmark.cell.report import ReadingStopped, Report
from witnessmark.formats import markup
from witnessmark.formats.package import Package
from witnessmark.formats.xls_parts import plain_edge
from witnessmark.formats.xlsx_numbers import number_seen, text_seen
from witnessmark.formats.xlsx_styles import Styles, read_styles
from witnessmark.model.derivative import Outcome

MOST_CELLS = 5_000_000
MOST_STRINGS = 5_000_000
MOST_CHARACTERS = 64 << 20
"""Of all cells together: one shared string may stand in a million of them."""
LAST_COLUMN = 16_384
FLUSH = 1 << 16
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})\Z")
_FULL = etree.XPath("*[local-name() = 'c'][*]")
_COUNT = etree.XPath("count(*[local-name() = 'c'])")
"""Most cells of most sheets have a format and nothing else: they are passed over in C."""
_SHEET = re.compile(r"(?:^|/)worksheets/[^/]+\.xml\Z", re.IGNORECASE)
_TELLING = re.compile(r'["\[!|]')


class Workbook:
    """What a workbook's sheets share."""

    def __init__(self, package: Package, main: str, report: Report) -> None:
        self.package, self.report = package, report
        self.strings = list(_strings(package, main))
        self.used = bytearray(len(self.strings))
        self.styles = _styles(package, main)
        self.from_1904 = False
        self.cells = 0
        self.room = MOST_CHARACTERS
        self.hidden: dict[str, list[str]] = {}
        self.printed = False

    @property
    def is_full(self) -> bool:
        """Whether no more cells are read."""
        return self.cells > MOST_CELLS or self.room < 0

    def put_aside(self, label: str, text: str) -> None:
        """Keep text that does not show, by its label."""
        if text.strip():
            self.hidden.setdefault(label, []).append(text)

    def flush(self) -> None:
        """Report what was kept apart."""
        for label, lines in self.hidden.items():
            self.report.hidden(label, "\n".join(lines) + "\n")
        self.hidden = {}


def read_workbook(package: Package, main: str, report: Report) -> None:
    """Report the sheets of a workbook.

    Raises:
        ReadingStopped: when there is neither a list of sheets nor a sheet, or a limit is passed.
    """
    root = package.root(main)
    book = Workbook(package, main, report)
    if root is None:
        _read_unlisted(book)
        return
    about = root.find("{*}workbookPr")
    book.from_1904 = about is not None and markup.attributes(about).get("date1904") in ("1", "true")
    links = package.links(main)
    for sheet in root.iter("{*}sheet"):
        entry = markup.attributes(sheet)
        link = links.get(entry.get("id", ""))
        part = None if link is None else package.find(link.target)
        if part is None and entry.get("id"):  # a sheet without a link has no cells: a name for some program's code
            package.broken.append(f"sheet {entry.get('name', '')}")
        state = entry.get("state", "visible")
        _read_sheet(book, part, entry.get("name", ""), "" if state == "visible" else f"{_apart(state)} sheet")
        if book.is_full:
            report.outcome(Outcome.PARTIAL, f"the first {min(book.cells, MOST_CELLS)} cells were read")
            break
    for name in root.iter("{*}definedName"):
        book.put_aside("defined name", f"{name.get('name', '')} = {name.text or ''}")
    _conclude(book)


def _read_unlisted(book: Workbook) -> None:
    """Read the sheets of a workbook whose list of them is lost: which of them show, and by what name, is not known."""
    parts = [name for name in book.package.names if _SHEET.search(name)]
    if not parts:
        raise ReadingStopped(Outcome.CORRUPT, "the workbook's list of sheets cannot be read")
    book.package.broken.append("the list of sheets")
    for part in sorted(parts, key=lambda name: (len(name), name)):
        if not book.is_full:
            _read_sheet(book, part, "", "sheets, shown or not")
    _conclude(book)


def _conclude(book: Workbook) -> None:
    for text, used in zip(book.strings, book.used, strict=True):
        if not used and not book.is_full:
            book.put_aside("text of no cell", text[0])
    book.flush()


def _apart(state: str) -> str:
    return "very hidden" if state == "veryHidden" else "hidden"


def _strings(package: Package, main: str) -> Iterator[tuple[str, str]]:
    """Yield the shared strings in order: the text that shows, and its reading aid (phonetic), if any."""
    lost = package.find("xl/sharedStrings.xml") if package.find(main) is None else None
    for part in package.targets(main, "sharedStrings")[:1] or filter(None, (lost,)):
        try:
            with package.open(part) as stream:
                for count, (_, element) in enumerate(markup.ends(stream, "{*}si")):
                    if count >= MOST_STRINGS:
                        package.broken.append(part)
                        return
                    yield _rich(element)
                    markup.forget(element)
        except markup.BrokenMarkup:
            package.broken.append(part)


def _rich(element: Any) -> tuple[str, str]:
    text, aid = [], []
    for child in element:
        kind = markup.local(child)
        if kind == "t":
            text.append(child.text or "")
        elif kind == "r":
            text += [t.text or "" for t in child.iterfind("{*}t")]
        elif kind == "rPh":
            aid += [t.text or "" for t in child.iterfind("{*}t")]
    return "".join(text), " ".join(aid)


def _styles(package: Package, main: str) -> Styles:
    parts = package.targets(main, "styles")
    styles = read_styles(package.root(parts[0])) if parts else Styles()
    styles.are_lost = package.is_cut and (not parts or parts[0] in package.broken)
    return styles


class Sheet:
    """One sheet under way: which columns are hidden, and what has been read so far."""

    def __init__(self, book: Workbook, hidden: str) -> None:
        self.book, self.why = book, hidden
        self.columns = self.known = b""
        """A byte for each column, once one is told of: whether it is hidden, whether it is told of at all."""
        self.rows_hidden = self.columns_hidden = False
        self.lines: list[str] = []
        self.length = 0

    def say(self, line: str) -> None:
        """Add a line that shows, if the sheet does."""
        if self.why:
            self.book.put_aside(self.why, line)
            return
        self.lines.append(line)
        self.length += len(line)
        if self.length > FLUSH:
            self.flush()

    def flush(self) -> None:
        """Report the lines that show."""
        if self.lines:
            self.book.report.visible("\n".join(self.lines) + "\n")
        self.lines, self.length = [], 0

    def column_hidden(self, column: int) -> bool:
        """Return whether a column does not show."""
        if column < len(self.columns) and self.columns[column]:
            return True
        return self.columns_hidden and not (column < len(self.known) and self.known[column])


def _read_sheet(book: Workbook, part: str | None, name: str, hidden: str) -> None:
    sheet = Sheet(book, hidden)
    if not hidden:
        if book.printed:
            book.report.visible("\f")
        book.printed = True
    sheet.say(name)
    if part is not None:
        try:
            with book.package.open(part) as stream:
                for _, element in markup.ends(stream, *_SHEET_PARTS):
                    _SHEET_PARTS[element.tag.rpartition("}")[2] if "}" in element.tag else element.tag](sheet, element)
                    markup.forget(element)
                    if book.is_full:
                        break
        except markup.BrokenMarkup:
            book.package.broken.append(part)
        read_drawings(sheet, part)
    sheet.flush()


def _read_format(sheet: Sheet, element: Any) -> None:
    about = markup.attributes(element)
    sheet.rows_hidden = about.get("zeroHeight") in ("1", "true")
    sheet.columns_hidden = _is_zero(about.get("defaultColWidth", ""))


def _read_column(sheet: Sheet, element: Any) -> None:
    about = markup.attributes(element)
    try:
        low, high = int(about.get("min", "0")), int(about.get("max", "0"))
    except ValueError:
        return
    low, high = max(low, 0), min(high, LAST_COLUMN)
    sheet.known = marked(sheet.known, low, high)
    if about.get("hidden") in ("1", "true") or _is_zero(about.get("width", "")):
        sheet.columns = marked(sheet.columns, low, high)


def marked(columns: bytes, low: int, high: int) -> bytes:
    """Return the columns with those from `low` to `high` marked."""
    if low > high:
        return columns
    columns = columns or bytes(LAST_COLUMN + 1)
    return columns[:low] + b"\1" * (high + 1 - low) + columns[high + 1 :]


def _is_zero(text: str) -> bool:
    try:
        return bool(text) and float(text) == 0
    except ValueError:
        return False


def _read_row(sheet: Sheet, element: Any) -> None:
    about = markup.attributes(element)
    height = about.get("ht", "")
    row_hidden = about.get("hidden") in ("1", "true") or _is_zero(height)
    row_hidden = row_hidden or (sheet.rows_hidden and not height and about.get("hidden") is None)
    shows, row_words, column_words = [], [], []
    book = sheet.book
    for cell, column in _full_cells(sheet, element):
        text, why = _read_cell(book, cell)
        if not text:
            continue
        book.room -= len(text)
        if book.is_full:
            break
        if why:
            book.put_aside(why, text)
        elif row_hidden:
            row_words.append(text)
        elif (sheet.columns or sheet.columns_hidden) and sheet.column_hidden(column):
            column_words.append(text)
        else:
            shows.append(text)
    if shows:
        sheet.say("\t".join(shows))
    if row_words:
        book.put_aside("hidden row", "\t".join(row_words))
    if column_words:
        book.put_aside("hidden column", "\t".join(column_words))


def _full_cells(sheet: Sheet, row: Any) -> Iterator[tuple[Any, int]]:
    """Yield the cells of a row that hold something, each with its column where that matters; count all cells."""
    book, column = sheet.book, 0
    if not (sheet.columns or sheet.columns_hidden) and book.cells + len(row) <= MOST_CELLS:
        book.cells += int(_COUNT(row))
        yield from ((cell, column) for cell in _FULL(row))
        return
    for cell in row.iterchildren("{*}c"):
        book.cells += 1
        match = _REFERENCE.match(cell.get("r", ""))
        column = column + 1 if match is None else _column(match[1])
        if len(cell):
            yield cell, column


@lru_cache(maxsize=LAST_COLUMN + 1)
def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _read_cell(book: Workbook, cell: Any) -> tuple[str, str]:
    """Return a cell's text as it shows, and the label under which it is hidden if it does not show."""
    kind, style = cell.get("t", "n"), cell.get("s", "0")
    value = formula = ""
    inline = None
    for child in cell:
        name = markup.local(child)
        if name == "v":
            value = child.text or ""
        elif name == "f":
            formula = child.text or ""
        elif name == "is":
            inline = child
    if formula and _TELLING.search(formula):
        book.put_aside("formula", f"={formula}")
    if kind == "s":
        value = _shared(book, value)
    elif kind == "inlineStr" and inline is not None:
        value, aid = _rich(inline)
        book.put_aside("reading aid", f"{value} {aid}" if aid else "")
    elif kind == "b":
        value = {"1": "TRUE", "0": "FALSE"}.get(value, value)
    if book.styles.are_lost and style.strip("0"):
        return value, "cells, shown or not"
    if kind in ("n", ""):
        return number_seen(value, book.styles.of(style), from_1904=book.from_1904, plain=value)
    text, why = text_seen(value, book.styles.of(style))
    return text.replace("\r\n", "\n"), why


def _shared(book: Workbook, value: str) -> str:
    place = int(value) if value.isascii() and value.isdigit() and len(value) < 9 else -1
    if not 0 <= place < len(book.strings):
        return ""
    text, aid = book.strings[place]
    if aid and not book.used[place]:
        book.put_aside("reading aid", f"{text} {aid}")
    book.used[place] = 1
    return text


def _read_edges(sheet: Sheet, element: Any) -> None:
    about = markup.attributes(element)
    for child in element:
        kind = markup.local(child)
        text = plain_edge(child.text or "")
        if not text:
            continue
        unused = (kind.startswith("even") and about.get("differentOddEven") not in ("1", "true")) or (
            kind.startswith("first") and about.get("differentFirst") not in ("1", "true")
        )
        if unused:
            sheet.book.put_aside("header or footer not shown", text)
        else:
            sheet.say(text)


def _read_validation(sheet: Sheet, element: Any) -> None:
    about = markup.attributes(element)
    words = [about.get(key, "") for key in ("promptTitle", "prompt", "errorTitle", "error")]
    words += [child.text or "" for child in element if _TELLING.search(child.text or "")]
    sheet.book.put_aside("validation", "\n".join(word for word in words if word))


def _read_link(sheet: Sheet, element: Any) -> None:
    about = markup.attributes(element)
    sheet.book.put_aside("link", " ".join(about[key] for key in ("display", "tooltip", "location") if key in about))


_SHEET_PARTS = {
    "sheetFormatPr": _read_format,
    "col": _read_column,
    "row": _read_row,
    "headerFooter": _read_edges,
    "dataValidation": _read_validation,
    "hyperlink": _read_link,
}


def read_drawings(sheet: Sheet, part: str) -> None:
    """Report what the drawings of a sheet say; text of a shape that is marked hidden does not show."""
    package = sheet.book.package
    for drawing in package.targets(part, "drawing"):
        root = package.root(drawing)
        for anchor in () if root is None else root:
            words = "\n".join(_paragraphs(anchor))
            hidden = any(markup.attributes(e).get("hidden") in ("1", "true") for e in anchor.iter("{*}cNvPr"))
            if words and hidden:
                sheet.book.put_aside("hidden shape", words)
            elif words:
                sheet.say(words)
            for about in map(markup.attributes, anchor.iter("{*}cNvPr")):
                sheet.book.put_aside("alt text", about.get("descr", ""))
        for diagram in package.targets(drawing, "diagramDrawing"):
            for line in _paragraphs(package.root(diagram)):
                sheet.say(line)


def _paragraphs(root: Any) -> Iterator[str]:
    for paragraph in () if root is None else root.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}p"):
        text = "".join(t.text or "" for t in paragraph.iter("{*}t"))
        if text.strip():
            yield text
