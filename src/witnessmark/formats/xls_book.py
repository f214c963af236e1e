"""What an older workbook says before its sheets: code page, formats, styles, strings, names, the list of sheets."""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report
from witnessmark.formats import biff
from witnessmark.formats.biff import Text
from witnessmark.formats.ink import Ink, Paper, Said
from witnessmark.formats.windows_codecs import codec_of_page
from witnessmark.formats.xlsx_numbers import BUILT_IN
from witnessmark.formats.xlsx_styles import indexed, unseen
from witnessmark.model.derivative import Outcome

MOST_CELLS: Final = 5_000_000
MOST_CHARACTERS: Final = 64 << 20
MOST_SHEETS: Final = 20_000
MOST_STYLES: Final = 70_000
BEGINNINGS: Final = (0x0809, 0x0409, 0x0209, 0x0009)
END: Final = 0x000A
LOCKED: Final = 0x002F
_MACRO_SHEET: Final = 1
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(slots=True)
class Listed:
    """A sheet as the workbook lists it."""

    place: int
    name: str
    why: str


@dataclass(slots=True)
class Book:
    """What the sheets of a workbook share."""

    data: bytes
    report: Report
    version: int = 8
    page: str | None = None
    from_1904: bool = False
    texts: list[tuple[str, str]] = field(default_factory=list)
    used: bytearray = field(default_factory=bytearray)
    formats: dict[int, str] = field(default_factory=lambda: dict(BUILT_IN))
    listed_formats: int = 0
    inks: list[Ink] = field(default_factory=list)
    styles: list[tuple[str, str]] = field(default_factory=list)
    style_numbers: list[tuple[int, int, Paper]] = field(default_factory=list)
    sheets: list[Listed] = field(default_factory=list)
    hidden: dict[str, list[str]] = field(default_factory=dict)
    addresses: dict[str, None] = field(default_factory=dict)
    cells: int = 0
    room: int = MOST_CHARACTERS
    printed: bool = False

    @property
    def is_full(self) -> bool:
        """Whether no more cells are read."""
        return self.cells > MOST_CELLS or self.room < 0

    def put_aside(self, label: str, text: str) -> None:
        """Keep text that does not show, by its label."""
        if text.strip():
            self.room -= len(text)
            self.hidden.setdefault(label, []).append(text)

    def text(self, start: int, end: int) -> Text:
        """Return a record's bytes, to read strings from."""
        return Text(self.data, start, end, self.page)

    def style(self, number: int) -> tuple[str, str]:
        """Return the format of a cell's style, and the label of words that cannot be told from the cell."""
        return self.styles[number] if number < len(self.styles) else ("General", "")


def version_of(data: bytes, first: tuple[int, int, int]) -> int:
    """Return which form of records these are: 2, 3, 4, 5 or 8."""
    kind, start, end = first
    if kind != 0x0809:
        return {0x0409: 4, 0x0209: 3}.get(kind, 2)
    return 8 if end - start >= 2 and data[start + 1] >= 6 else 5


def finish(book: Book) -> None:
    """Report what was kept apart, and text that no cell shows."""
    for number, (text, _) in enumerate(book.texts):
        if book.room < 0:
            break
        if not book.used[number]:
            book.put_aside("text of no cell", text)
    for address in list(book.addresses)[:500]:
        book.report.observe("address", address)
    if book.addresses:
        book.put_aside("address", "\n".join(book.addresses))
    for label, lines in book.hidden.items():
        book.report.hidden(label, "\n".join(lines) + "\n")
    book.hidden = {}


def read_globals(book: Book) -> None:
    """Read what stands before the sheets; in the oldest forms that is the sheet itself."""
    depth = 0
    for kind, start, end in biff.records(book.data):
        if kind in BEGINNINGS:
            depth += 1
            continue
        if kind == END and book.version >= 5:
            break
        if kind == LOCKED:
            raise ReadingStopped(Outcome.ENCRYPTED, "the workbook asks for a password")
        reader = _GLOBALS.get(kind)
        if reader is not None and depth == 1:
            reader(book, start, end)
    for font, number, paper in book.style_numbers:
        # the fifth font is not stored: numbers beyond it count one more ([MS-XLS] 2.5.129 FontIndex)
        place = font - (font > 4)
        book.styles.append((book.formats.get(number, "General"), unseen(book.inks, [paper], place, 0)))


def _read_page(book: Book, start: int, end: int) -> None:
    if book.version < 8 and end - start >= 2:
        number = struct.unpack_from("<H", book.data, start)[0]
        book.page = {0x8000: "mac_roman", 0x8001: "cp1252", 1200: "utf-16-le"}.get(number) or (
            codec_of_page(number) or "cp1252"
        )


def _read_date_mode(book: Book, start: int, end: int) -> None:
    book.from_1904 = end - start >= 2 and book.data[start] == 1


def _read_format(book: Book, start: int, end: int) -> None:
    text = book.text(start, end)
    number = book.listed_formats
    if book.version >= 4:
        stored = text.number(2)
        number = stored if book.version >= 5 else number
    book.listed_formats += 1
    book.formats[number] = text.string(2 if book.version == 8 else 1)[:1000]


def _read_font(book: Book, start: int, end: int) -> None:
    colour = struct.unpack_from("<H", book.data, start + 4)[0] if end - start >= 6 else 0
    book.inks.append(indexed(colour, is_font=True))


def _read_style(book: Book, start: int, end: int) -> None:
    data = book.data
    if len(book.style_numbers) >= MOST_STYLES:
        return
    if book.version >= 5 and end - start >= 16:
        font, number = struct.unpack_from("<HH", data, start)
        if book.version == 8 and end - start >= 20:
            pattern, colours = data[start + 17] >> 2, struct.unpack_from("<H", data, start + 18)[0]
        else:
            colours, pattern = struct.unpack_from("<H", data, start + 8)[0], data[start + 10] & 63
        painted = indexed(colours & 0x7F, is_font=False) if pattern == 1 else Said.UNKNOWN
        book.style_numbers.append((font, number, painted if pattern else Said.NOTHING))
    elif end - start >= 4:
        font, number = (data[start], data[start + 2] & 0x3F) if book.version == 2 else (data[start], data[start + 1])
        book.style_numbers.append((font, number, Said.UNKNOWN))


def _read_listed(book: Book, start: int, end: int) -> None:
    if end - start < 7 or len(book.sheets) >= MOST_SHEETS:
        return
    place, state, kind = struct.unpack_from("<IBB", book.data, start)
    name = book.text(start + 6, end).string(1)
    why = {0: "", 2: "very hidden sheet"}.get(state & 3, "hidden sheet")
    if kind == _MACRO_SHEET:
        book.report.observe("office.macros", {"kind": "Excel 4", "sheet": plain(name)[:200]})
        why = why or "macro sheet"
    book.sheets.append(Listed(place, name, why))


def _read_strings(book: Book, start: int, end: int) -> None:
    text = book.text(start + 4, end)
    count = struct.unpack_from("<I", book.data, start + 4)[0] if end - start >= 8 else 0
    text.skip(4)
    for _ in range(min(count, biff.MOST_STRINGS)):
        if text.left < 3 and not text.continues():
            break
        book.texts.append(text.characters(text.number(2)))
    book.used = bytearray(len(book.texts))


def _read_name(book: Book, start: int, end: int) -> None:
    if end - start < 15 or book.version < 5:
        return
    flags, _, count, size = struct.unpack_from("<HBBH", book.data, start)
    text = book.text(start + 14, end)
    name = text.characters(count)[0]
    words = [] if flags & 0x20 else [name]
    words += biff.formula_strings(text.take(size), book.page)
    book.put_aside("defined name", " = ".join(words))


def _read_book_link(book: Book, start: int, end: int) -> None:
    """Read where another workbook lies that this one refers to ([MS-XLS] 2.4.271 SupBook)."""
    if end - start < 6 or book.data[start + 2 : start + 4] in (b"\x01\x04", b"\x01\x3a"):
        return
    path = book.text(start + 2, end).string(2)
    book.put_aside("external link", plain(path.translate({1: "", 2: "", 3: "\\", 4: "\\", 5: ""})))


def _read_user(book: Book, start: int, end: int) -> None:
    name = book.text(start, end).string(2 if book.version == 8 else 1).strip()
    if name:
        book.report.observe("office.writeaccess", plain(name)[:200])
        book.put_aside("metadata: last opened by", name)


_GLOBALS: Final[dict[int, Callable[[Book, int, int], None]]] = {
    0x0042: _read_page,
    0x0022: _read_date_mode,
    0x041E: _read_format,
    0x001E: _read_format,
    0x0031: _read_font,
    0x0231: _read_font,
    0x00E0: _read_style,
    0x0043: _read_style,
    0x0243: _read_style,
    0x0443: _read_style,
    0x0085: _read_listed,
    0x00FC: _read_strings,
    0x0018: _read_name,
    0x01AE: _read_book_link,
    0x005C: _read_user,
}


def plain(text: str) -> str:
    """Return text without control characters, pairs of surrogates made one."""
    return _CONTROL.sub("", text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
