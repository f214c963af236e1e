"""Reads the older binary Office formats thinly: the text of Word, of Excel's cells and of PowerPoint's records.

Where it is not known what a reader of the file would see (PowerPoint keeps slides that were deleted; hidden rows of
Excel are not told apart), all the text stands as unseen, so that nothing is shown by mistake.
"""

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import python_calamine

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats.compound import MAGIC, BrokenCompound, CompoundFile
from witnessmark.formats.legacy_parts import read_parts
from witnessmark.model.derivative import Outcome

LARGEST = 256 << 20
MOST_CELLS = 5_000_000
MOST_CHARACTERS = 50_000_000
_STORIES = ("ccpText", "ccpFtn", "ccpHdd", "ccpMcr", "ccpAtn", "ccpEdn", "ccpTxbx", "ccpHdrTxbx")
_UNSEEN_STORIES = {"ccpMcr": "macro text", "ccpAtn": "comment"}


def read_locked(source: Source, report: Report) -> None:
    """Say of a document under a password that it is one."""
    del source
    report.outcome(Outcome.ENCRYPTED, "the document asks for a password")


def read_xls(source: Source, report: Report) -> None:
    """Read the cells of an older workbook.

    Raises:
        ReadingStopped: when it asks for a password or cannot be read.
    """
    try:
        _read_cells(source, report)
    finally:
        source.stream.seek(0)
        if source.stream.read(8) == MAGIC:
            _read_parts(_opened(source), report)


def _read_cells(source: Source, report: Report) -> None:
    try:
        source.stream.seek(0)
        if source.stream.read(8) == MAGIC:
            _opened(source).check()
        source.stream.seek(0)
        book = python_calamine.CalamineWorkbook.from_filelike(source.stream)
        cells = 0
        for name in book.sheet_names:
            lines = [name]
            for row in book.get_sheet_by_name(name).iter_rows():
                cells += len(row)
                lines.append(" ".join(str(value) for value in row if value not in ("", None)))
                if cells > MOST_CELLS:
                    break
            report.hidden("cells, shown or not", "\n".join(line for line in lines if line))
    except python_calamine.PasswordError as error:
        raise ReadingStopped(Outcome.ENCRYPTED, "the workbook asks for a password") from error
    except (python_calamine.CalamineError, ValueError, OSError) as error:
        raise ReadingStopped(Outcome.CORRUPT, "the older workbook cannot be read") from error
    report.outcome(Outcome.PARTIAL, "which rows and columns of an older workbook show is not known here")


def read_ppt(source: Source, report: Report) -> None:
    """Read the texts of an older presentation, of slides that show and of those that no longer do.

    Raises:
        ReadingStopped: when it cannot be followed.
    """
    file = _opened(source)
    try:
        _read_slides(file, report)
    finally:
        _read_parts(file, report)


def _read_slides(file: CompoundFile, report: Report) -> None:
    entry = file.find("PowerPoint Document")
    if entry is None:
        raise ReadingStopped(Outcome.CORRUPT, "no stream of a presentation")
    texts = dict.fromkeys(text for text in _ppt_texts(file.read(entry, LARGEST)) if text.strip())
    if texts:
        report.hidden("slides, shown or not", "\n".join(texts))
    if file.find("EncryptedSummary") is not None:
        report.outcome(Outcome.ENCRYPTED, "the presentation asks for a password")
    else:
        report.outcome(Outcome.PARTIAL, "which slides of an older presentation still show is not known here")


def _ppt_texts(data: bytes) -> Iterator[str]:
    """Yield the text atoms of a record tree ([MS-PPT], 2.3.1) in the stream's order; containers are just entered."""
    at = 0
    while at + 8 <= len(data):
        version, kind, length = struct.unpack_from("<HHI", data, at)
        at += 8
        if version & 15 == 15:
            continue
        body = data[at : at + length]
        if kind in (0x0FA0, 0x0FBA):  # TextCharsAtom, CString
            yield body.decode("utf-16-le", "replace").replace("\r", "\n").replace("\x0b", "\n")
        elif kind == 0x0FA8:  # TextBytesAtom
            yield body.decode("latin-1").replace("\r", "\n").replace("\x0b", "\n")
        at += length


def read_doc(source: Source, report: Report) -> None:
    """Read an older Word document: its text, less what is marked deleted or hidden, which stands apart.

    Raises:
        ReadingStopped: when it asks for a password or cannot be followed.
    """
    file = _opened(source)
    try:
        _read_word(file, report)
    finally:
        _read_parts(file, report)


def _read_parts(file: CompoundFile, report: Report) -> None:
    try:
        read_parts(file, report)
    except (struct.error, IndexError):
        report.observe("office.parts", "break off")


def _read_word(file: CompoundFile, report: Report) -> None:
    entry = file.find("WordDocument")
    if entry is None:
        raise ReadingStopped(Outcome.CORRUPT, "no stream of a Word document")
    data = file.read(entry, LARGEST)
    if len(data) < 0x60:
        raise ReadingStopped(Outcome.CORRUPT, "the Word document breaks off")
    version, flags = struct.unpack_from("<H", data, 2)[0], struct.unpack_from("<H", data, 10)[0]
    if flags & 0x0100:
        raise ReadingStopped(Outcome.ENCRYPTED, "the document asks for a password")
    if version < 0x00C1:
        _older_word(data, report)
        return
    table_entry = file.find("1Table" if flags & 0x0200 else "0Table")
    table = b"" if table_entry is None else file.read(table_entry, LARGEST)
    try:
        _tell(data, table, report)
    except (struct.error, IndexError, ValueError) as error:
        raise ReadingStopped(Outcome.CORRUPT, "the tables of the Word document cannot be followed") from error


def _opened(source: Source) -> CompoundFile:
    try:
        return CompoundFile(source.stream, source.size)
    except (BrokenCompound, struct.error, IndexError) as error:
        raise ReadingStopped(Outcome.CORRUPT, "the compound file cannot be followed") from error


def _older_word(data: bytes, report: Report) -> None:
    first, last = struct.unpack_from("<II", data, 0x18)
    text = data[first : min(last, len(data))].decode("cp1252", "replace")
    report.hidden("text, shown or not", _plain(text))
    report.outcome(Outcome.PARTIAL, "Word 6 or 95: what is deleted or hidden is not told apart")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of characters: how many, where they begin in the stream, and how many bytes each has."""

    characters: int
    start: int
    width: int


def _tell(data: bytes, table: bytes, report: Report) -> None:
    stories = struct.unpack_from(f"<{len(_STORIES)}I", data, 0x4C)
    unseen = _Unseen(data, table)
    shown: list[tuple[str, bool]] = []
    for piece in _pieces(data, table):
        shown += unseen.divide(piece)
    text = "".join(part for part, _ in shown)[:MOST_CHARACTERS]
    seen = bytearray()
    for part, visible in shown:
        seen += (b"\x01" if visible else b"\x00") * len(part)
    at = 0
    for name, length in zip(_STORIES, stories, strict=True):
        part, marks = text[at : at + length], seen[at : at + length]
        at += length
        if not part.strip():
            continue
        if name in _UNSEEN_STORIES:
            report.hidden(_UNSEEN_STORIES[name], _plain(part))
            continue
        report.visible(_plain("".join(c for c, mark in zip(part, marks, strict=False) if mark)) + "\n")
        gone = "".join(c for c, mark in zip(part, marks, strict=False) if not mark)
        if gone.strip():
            report.hidden("deleted or hidden text", _plain(gone))
    report.observe("doc.characters", len(text))


def _pieces(data: bytes, table: bytes) -> Iterator[_Piece]:
    """Yield the pieces of the text in order ([MS-DOC], 2.9.38 Clx and 2.8.35 PlcPcd)."""
    start, length = struct.unpack_from("<II", data, 0x01A2)
    at, end = start, min(start + length, len(table))
    while at < end and table[at] == 1:
        at += 3 + struct.unpack_from("<H", table, at + 1)[0]
    if at + 5 > end or table[at] != 2:
        raise ValueError("no piece table")
    count = (struct.unpack_from("<I", table, at + 1)[0] - 4) // 12
    at += 5
    if count < 0 or at + count * 12 + 4 > len(table):
        raise ValueError("the piece table breaks off")
    bounds = struct.unpack_from(f"<{count + 1}I", table, at)
    for i in range(count):
        place = struct.unpack_from("<I", table, at + (count + 1) * 4 + i * 8 + 2)[0]
        if place & 0x40000000:
            yield _Piece(max(0, bounds[i + 1] - bounds[i]), (place & 0x3FFFFFFF) // 2, 1)
        else:
            yield _Piece(max(0, bounds[i + 1] - bounds[i]), place & 0x3FFFFFFF, 2)


class _Unseen:
    """Which places of the stream hold text marked deleted or hidden ([MS-DOC], 2.8.5 PlcBteChpx, 2.9.33 ChpxFkp)."""

    def __init__(self, data: bytes, table: bytes) -> None:
        self._data = data
        self._bounds: list[int] = [0]
        self._marks: list[bool] = [False]
        start, length = struct.unpack_from("<II", data, 0x00FA)
        count = max(0, (length - 4) // 8)
        if count == 0 or start + length > len(table):
            return
        for (page,) in struct.iter_unpack("<I", table[start + (count + 1) * 4 : start + (count + 1) * 4 + count * 4]):
            self._page((page & 0x3FFFFF) * 512)

    def _page(self, at: int) -> None:
        page = self._data[at : at + 512]
        if len(page) < 512:
            return
        runs = page[511]
        if (runs + 1) * 4 + runs > 511:
            return
        bounds = struct.unpack_from(f"<{runs + 1}I", page)
        for i in range(runs):
            place = page[(runs + 1) * 4 + i] * 2
            unseen = False
            if place:
                unseen = _is_unseen(page[place + 1 : place + 1 + page[place]])
            if bounds[i] >= self._bounds[-1]:
                self._bounds += [bounds[i], bounds[i + 1]]
                self._marks += [unseen, False]

    def divide(self, piece: _Piece) -> Iterator[tuple[str, bool]]:
        """Yield the text of a piece in runs, each with whether it is seen."""
        at, end = piece.start, min(piece.start + piece.characters * piece.width, len(self._data))
        while at < end:
            run = bisect_right(self._bounds, at) - 1
            until = min(end, self._bounds[run + 1]) if run + 1 < len(self._bounds) else end
            if piece.width == 2 and (until - at) % 2:
                until += 1
            # one character for each unit, so that the stories' lengths stay true
            units = self._data[at:until]
            text = units.decode("cp1252", "replace") if piece.width == 1 else _by_units(units)
            yield text, not self._marks[run]
            at = max(until, at + 1)


def _by_units(units: bytes) -> str:
    count = len(units) // 2
    return "".join(map(chr, struct.unpack(f"<{count}H", units[: count * 2])))


_OPERANDS = (1, 1, 2, 4, 2, 2, 0, 3)


def _is_unseen(properties: bytes) -> bool:
    """Tell whether character properties mark deleted (0x0800) or hidden (0x083C) text ([MS-DOC], 2.6.1)."""
    at, unseen = 0, False
    while at + 3 <= len(properties):
        code = struct.unpack_from("<H", properties, at)[0]
        size = _OPERANDS[code >> 13] or 1 + properties[at + 2]
        if code in (0x0800, 0x083C):
            unseen = unseen or properties[at + 2] not in (0, 0x80)
        at += 2 + size
    return unseen


def _plain(text: str) -> str:
    """Return Word's text without its marks: field codes, pictures and the like."""
    out: list[str] = []
    in_code = 0
    for char in text:
        if char == "\x13":
            in_code += 1
        elif char in "\x14\x15":
            in_code = max(0, in_code - 1) if char == "\x14" or in_code else in_code
        elif not in_code:
            out.append(_SIGNS.get(char, char))
    return _joined("".join(out))


def _joined(text: str) -> str:
    """Return text with pairs of surrogates made one character, lone ones U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


_SIGNS = {
    "\r": "\n",
    "\x0b": "\n",
    "\x07": " ",
    "\x0c": "\f",
    "\x1e": "\u2011",
    "\x1f": "",
    "\x01": "",
    "\x02": "",
    "\x05": "",
    "\x08": "",
    "\x03": "",
    "\x04": "",
    "\x00": "",
}
