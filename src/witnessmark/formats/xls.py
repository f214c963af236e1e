"""Reads older workbooks (BIFF2 to BIFF8): the cells of each sheet row by row as they show, and apart what does not.

As for newer ones, hidden are: sheets, rows and columns marked so, cells whose format shows nothing or whose words
cannot be told from their ground, comments, names, words in formulas, text that no cell uses. Edges, text boxes
and the words of charts show. Every substream is read once, whatever the list of sheets says.
"""

import io
import struct
from collections.abc import Iterator
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import biff, locked, strings
from witnessmark.formats.biff import Text
from witnessmark.formats.compound import MAGIC, STREAM, CompoundFile, opened
from witnessmark.formats.legacy_parts import tell_parts
from witnessmark.formats.xls_book import BEGINNINGS, END, MOST_CELLS, Book, finish, plain, read_globals, version_of
from witnessmark.formats.xls_sheet import Sheet
from witnessmark.model.derivative import Outcome

LARGEST: Final = 256 << 20


def read_xls(source: Source, report: Report) -> None:
    """Read an older workbook.

    Raises:
        ReadingStopped: when it asks for a password or cannot be followed.
    """
    source.stream.seek(0)
    if source.stream.read(8) != MAGIC:
        _read_stream(source.first(LARGEST), report)
        return
    file = opened(source)
    try:
        _read_file(file, report)
    except ReadingStopped as stopped:
        if stopped.outcome is not Outcome.ENCRYPTED:
            raise
        book = file.find("Book")
        older = None if book is None else locked.older_book(file.read(book, LARGEST), locked.OPEN_TO_ALL)
        data = locked.open_to_all(source) if older is None else None
        if older is None and data is None:
            raise
        report.observe("office.locked", "under a password that opens it to everyone")
        if data is None:
            _read_stream(older or b"", report)
            return
        file = opened(Source(io.BytesIO(data), len(data), source.name))
        _read_file(file, report)
    finally:
        tell_parts(file, report)


def _read_file(file: CompoundFile, report: Report) -> None:
    entry = file.find("Workbook") or file.find("Book")
    if entry is None:
        raise ReadingStopped(Outcome.CORRUPT, "no stream of a workbook")
    _read_stream(file.read(entry, LARGEST), report)
    _tell_pivots(file, report)


def _read_stream(data: bytes, report: Report) -> None:
    first = next(biff.records(data), None)
    if first is None or first[0] not in BEGINNINGS:
        for text in strings.runs(data[: strings.MOST_READ]):
            report.hidden("readable bytes", text)
        raise ReadingStopped(Outcome.CORRUPT, "the stream does not begin as a workbook does")
    book = Book(data, report, version_of(data, first))
    book.page = None if book.version == 8 else "cp1252"
    try:
        read_globals(book)
        _read_sheets(book)
    except (struct.error, IndexError) as error:
        raise ReadingStopped(Outcome.CORRUPT, "the records of the workbook break off") from error
    finally:
        finish(book)
    if book.is_full:
        report.outcome(Outcome.PARTIAL, f"the first {min(book.cells, MOST_CELLS)} cells were read")


def _read_sheets(book: Book) -> None:
    """Read each substream once: those that the list names in its order, then those that it does not name."""
    if book.version < 5:
        Sheet(book, "", "").read(0)
        return
    places = list(_substreams(book.data))
    waiting = dict.fromkeys(places[1:])
    for listed in book.sheets:
        place = listed.place if listed.place in waiting else next(iter(waiting), None)
        if place is None:
            book.put_aside(listed.why or "sheet that is not there", listed.name)
            continue
        del waiting[place]
        Sheet(book, listed.name, listed.why).read(place)
    for place in waiting:
        Sheet(book, "", "sheet in no list").read(place)


def _substreams(data: bytes) -> Iterator[int]:
    """Yield where substreams begin that stand in no other."""
    depth = 0
    for kind, start, _ in biff.records(data):
        if kind in BEGINNINGS:
            if depth == 0:
                yield start - 4
            depth += 1
        elif kind == END:
            depth = max(0, depth - 1)


def _tell_pivots(file: CompoundFile, report: Report) -> None:
    """Report the words that caches of pivot tables keep, also of data that is no longer there."""
    found: dict[str, None] = {}
    for path, entry in file.walk():
        if len(path) != 2 or not path[0].lower().startswith("_sx_db") or entry.type != STREAM:
            continue
        data = file.read(entry, LARGEST)
        for kind, start, end in biff.records(data):
            if kind == 0x00CD and end - start >= 3 and len(found) < 1_000_000:
                found[plain(Text(data, start, end, None).string(2))] = None
    words = [word for word in found if word.strip()]
    if words:
        report.hidden("pivot cache", "\n".join(words) + "\n")
