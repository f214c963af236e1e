"""Tables of iWork since 2013 (TST.TableModelArchive): the name, and the cells of each row as far as they show.

A table has tiles of rows; a row is a buffer and, for each column, where in it a cell begins. What a cell says stands in
lists beside (text, text with styles, comments), by keys. Numbers are shown by their formats where these are among the
plain ones; formulas are what they last came to. Text that no cell uses any more is kept apart.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from witnessmark.formats import iwa_cell, iwa_format, iwa_text
from witnessmark.formats.iwa_objects import Objects, put_comment, reference, references
from witnessmark.formats.iwa_text import Teller
from witnessmark.formats.protobuf import Message

_MODEL, _TILE, _BUCKET, _SEGMENT, _RICH = 6001, 6002, 6006, 6011, 6218
MENU: Final = 6206
_LISTS: Final = frozenset((6005, 6201))
MOST_CELLS: Final = 2_000_000
MOST_TILES: Final = 100_000
TILE_ROWS: Final = 256
"""Rows of a tile where the table does not say."""
_NO_CELL: Final = 0xFFFF


def told(objects: Objects, number: int, teller: Teller, depth: int) -> list[str]:
    """Return the lines of a table, its name first where that shows; hidden rows and columns are kept apart."""
    thing = objects.claim(number, _MODEL)
    if thing is None:
        return []
    about = thing.message
    lines = []
    if about.whole(22):
        lines.append(about.text(8))
    else:
        objects.put_aside("name of a table", about.text(8), once=True)
    table = _Table(objects, about.message(4), teller, depth)
    lines += table.lines()
    table.put_unused()
    return lines


class _Table:
    def __init__(self, objects: Objects, store: Message, teller: Teller, depth: int) -> None:
        self._objects, self._store, self._teller, self._depth = objects, store, teller, depth
        self._strings = {key: entry.text(3) for key, entry in self._listed(4)}
        self._rich = {key: reference(entry, 9) for key, entry in self._listed(17)}
        self._comments = {key: reference(entry, 10) for key, entry in self._listed(19)}
        formats = {key: entry.message(6) for field in (11, 22) for key, entry in self._listed(field)}
        self._formats = {key: iwa_format.read(about) for key, about in formats.items()}
        menus = {key: reference(entry, 4) for key, entry in self._listed(16)}
        self._menus = {
            key: menus[number] for key, about in formats.items() if (number := iwa_format.menu(about)) in menus
        }
        self._choices: dict[int, list[str]] = {}
        self._used: set[int] = set()
        self._rows = self._hidden(references(store.message(1), 2))
        self._columns = self._hidden([reference(store, 2)])

    def _listed(self, field: int) -> Iterator[tuple[int, Message]]:
        """Yield the entries of a list by their keys; a long one goes on in objects of its own."""
        thing = self._objects.get(reference(self._store, field), *_LISTS)
        if thing is None:
            return
        parts = [thing.message]
        for number in references(thing.message, 4)[:MOST_TILES]:
            more = self._objects.get(number, _SEGMENT)
            parts += [] if more is None else [more.message]
        for part in parts:
            for entry in self._objects.counted(part.messages(3)):
                yield entry.whole(1), entry

    def _hidden(self, buckets: list[int]) -> set[int]:
        """Return the rows or columns that do not show."""
        found = set[int]()
        for number in buckets[:MOST_TILES]:
            thing = self._objects.get(number, _BUCKET)
            for header in () if thing is None else self._objects.counted(thing.message.messages(2)):
                if header.whole(3):
                    found.add(header.whole(1))
        return found

    def lines(self) -> Iterator[str]:
        for row, cells in self._cells():
            shown: list[str] = []
            apart: list[str] = []
            for column, cell in cells:
                text = self._said(cell)
                if text:
                    (apart if column in self._columns else shown).append(text)
            if row in self._rows:
                self._objects.put_aside("hidden row", "\t".join([*shown, *apart]))
                continue
            self._objects.put_aside("hidden column", "\t".join(apart))
            if shown:
                yield "\t".join(shown)

    def _cells(self) -> Iterator[tuple[int, list[tuple[int, iwa_cell.Cell]]]]:
        """Yield row by row, from the first on, the cells that are there."""
        tiles = self._store.message(3)
        height = tiles.whole(2) or TILE_ROWS
        order = sorted((one.whole(1), reference(one, 2)) for one in islice(tiles.messages(1), MOST_TILES))
        room = MOST_CELLS
        for place, number in order:
            tile = self._objects.claim(number, _TILE)
            rows = [] if tile is None else sorted(tile.message.messages(5), key=lambda row: row.whole(1))
            for row in rows:
                wide = bool(row.whole(8) or (tile is not None and tile.message.whole(8)))
                cells = list(_row(row, wide=wide))
                room -= len(cells)
                if room < 0:
                    self._objects.broken.append("a table of more than two million cells")
                    return
                yield place * height + row.whole(1), cells

    def _said(self, cell: iwa_cell.Cell) -> str:
        """Return what a cell shows."""
        put_comment(self._objects, self._comments.get(cell.comment, 0))
        if cell.kind == iwa_cell.RICH and cell.rich in self._rich:
            payload = self._objects.get(self._rich[cell.rich], _RICH)
            number = 0 if payload is None else reference(payload.message, 1)
            return _one_line(iwa_text.told(self._objects, number, self._teller, self._depth + 1))
        if cell.string in self._strings:
            self._used.add(cell.string)
            text = self._strings[cell.string] if cell.kind == iwa_cell.TEXT else ""
            return _one_line(self._objects.spend(text))
        if cell.format in self._menus:
            return self._chosen(self._menus[cell.format], cell)
        return cell.shown(self._formats)

    def _chosen(self, menu: int, cell: iwa_cell.Cell) -> str:
        """Return what a cell chose from a menu."""
        if menu not in self._choices:
            self._choices[menu] = choices_of(self._objects, menu)
        place = -1 if cell.value is None else int(cell.value)
        return self._objects.spend(self._choices[menu][place]) if 0 <= place < len(self._choices[menu]) else ""

    def put_unused(self) -> None:
        """Keep apart the strings that no cell uses, and texts with styles that none does."""
        unused = [text for key, text in self._strings.items() if key not in self._used]
        self._objects.put_aside("text of no cell", self._objects.spend("\n".join(filter(str.strip, unused))))
        for number in self._rich.values():
            payload = self._objects.get(number, _RICH)
            if payload is not None:
                text = iwa_text.told(self._objects, reference(payload.message, 1), self._teller, self._depth + 1)
                self._objects.put_aside("text of no cell", text)


def choices_of(objects: Objects, number: int) -> list[str]:
    """Return what a menu in a cell lets choose (TST.PopUpMenuModel): nothing first; numbers and dates are left."""
    menu = objects.get(number, MENU)
    if menu is None:
        return []
    return [one.message(5).text(1) for field in (2, 1) for one in objects.counted(menu.message.messages(field))]


def _row(row: Message, *, wide: bool) -> Iterator[tuple[int, iwa_cell.Cell]]:
    """Yield the cells of a row by their columns: in the newer buffer, else in the older one."""
    buffer, offsets = row.piece(6), row.piece(7)
    if not buffer:
        buffer, offsets, wide = row.piece(3), row.piece(4), False
    for column in range(len(offsets) // 2):
        place = int.from_bytes(offsets[2 * column : 2 * column + 2], "little")
        if place != _NO_CELL:
            cell = iwa_cell.read(buffer, place * 4 if wide else place)
            if cell is not None:
                yield column, cell


def _one_line(text: str) -> str:
    return " ".join(text.split("\n")).strip()
