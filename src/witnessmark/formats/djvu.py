"""DjVu: the text layer page by page, outline, annotations and metadata; no picture is decoded.

No viewer shows the text layer: a page is its picture, and the text was recognised by a machine or typed by somebody. So
it is hidden text, as recognised text behind the scan of a PDF is, and pages without one are read as scans are: `ok`.

Rules for whoever changes this file: no component is read twice, whatever includes it; packed bytes unfold to no more
than what such bytes may, and all together to no more than a bound that grows with the file.
"""

from dataclasses import dataclass
from itertools import islice
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import djvu_notes
from witnessmark.formats.bzz import LARGEST_PACKED, fair, unfold
from witnessmark.formats.djvu_file import MANY, PAGE, BrokenDjvu, Chunk, Component, DjvuFile
from witnessmark.formats.djvu_notes import Notes, decoded
from witnessmark.formats.encodings import storable
from witnessmark.formats.octets import Octets
from witnessmark.model.derivative import Outcome

MOST_PAGES: Final = 10_000
MOST_UNFOLDED: Final = 32 << 20
"""Bytes that are unfolded of one file, at about 0.75 MB a second; of a small one 1 MiB and 16 times its size."""
MOST_PAPERS: Final = 100
"""Pages of other sizes than the one before that are observed."""
_LINES: Final = str.maketrans({"\v": "\n", "\x1d": "\n", "\x1e": "\n", "\x1f": "\n", "\0": None, "\f": "\n"})
"""What ends columns, regions and paragraphs in the text layer (8.3.5)."""
_TURNED: Final = {5: 90, 2: 180, 6: 270}
"""How far a page is turned with the clock, by the lowest bits of its flags (8.3.11)."""


def read_djvu(source: Source, report: Report) -> None:
    """Read one DjVu file.

    Raises:
        ReadingStopped: when it holds no page and no directory of pages.
    """
    try:
        file = DjvuFile(Octets.whole(source))
    except BrokenDjvu as error:
        raise ReadingStopped(Outcome.CORRUPT, "the chunks of the DjVu file cannot be followed") from error
    reading = _Reading(file, min(MOST_UNFOLDED, (1 << 20) + 16 * source.size), report)
    reading.read_document()
    reading.close()


@dataclass(frozen=True, slots=True)
class _Paper:
    """What the INFO chunk says of a page."""

    width: int
    height: int
    dpi: int
    turned: int


class _Reading:
    """What was read so far, and what went wrong."""

    def __init__(self, file: DjvuFile, room: int, report: Report) -> None:
        self._file, self._report, self._notes = file, report, Notes(report)
        self._room = room  # for what is unfolded
        self._damaged, self._refused = set[int](), set[int]()  # chunks, by where they begin
        self._missing = self._without = self._papers = self._pages = self._read = 0
        self._paper: _Paper | None = None
        self._is_indirect = file.directory is not None and not file.directory.is_bundled

    def read_document(self) -> None:
        """Report all: the outline first, then page by page, then what belongs to no page that is listed."""
        directory = self._file.directory
        if directory is not None:
            self._report.observe("djvu.files", {"files": len(directory.entries), "bundled": directory.is_bundled})
            said = dict.fromkeys(name for entry in directory.entries for name in entry.names if name)
            self._notes.hide("names of pages and files", "\n".join(said))
        for chunk in self._file.others:
            if chunk.name == b"NAVM":
                self._tell_outline(chunk)
        self._read_pages()
        self._read_rest()

    def _read_pages(self) -> None:
        if self._is_indirect:
            return
        for page in self._file.pages():
            self._pages += 1
            if self._pages > MOST_PAGES:
                continue
            if self._pages > 1:
                self._report.visible("\f")
            if page is None:
                self._missing += 1
            else:
                self._read += 1
                self._read_page(page)

    def _read_rest(self) -> None:
        unlisted = 0
        for component in self._file.unlisted():
            unlisted += component.kind == PAGE
            where = "a page that is not listed" if component.kind == PAGE else "a file that pages include"
            self._tell_text(component, f"text of {where}")
        if unlisted:
            self._report.observe("djvu.unlisted", unlisted)

    def close(self) -> None:
        """Report how many pages there are, and how the reading ended."""
        report, directory = self._report, self._file.directory
        if self._is_indirect and directory is not None:
            there = sum(entry.kind == 1 for entry in directory.entries)
            report.observe("djvu.pages", there)
            damaged = "; the directory of its pages is damaged" if directory.problem else ""
            report.outcome(Outcome.PARTIAL, f"its {there} pages are other files, which it names{damaged}")
            return
        report.observe("djvu.pages", self._pages)
        if self._without:
            report.observe("djvu.without_text", self._without)
        problems = [] if self._file.is_whole else ["its chunks break off"]
        if self._file.kind == MANY and directory is None:
            problems.append("the directory of its pages is missing")
        elif directory is not None and directory.problem:
            problems.append("the directory of its pages is damaged")
        if self._missing:
            problems.append(f"{self._missing} of {self._pages} pages are not where they should be")
        if self._pages > MOST_PAGES:
            problems.append(f"the first {MOST_PAGES} of {self._pages} pages were read")
        if torn := len(self._damaged - self._refused):
            problems.append(f"{torn} texts, outlines or annotations are damaged")
        if self._refused:
            problems.append(f"{len(self._refused)} texts, outlines or annotations would unfold to too much")
        if problems:
            report.outcome(Outcome.PARTIAL if self._read else Outcome.CORRUPT, "; ".join(problems))

    def _read_page(self, page: Component) -> None:
        for chunk in page.chunks:
            if chunk.name == b"INFO":
                self._tell_paper(chunk)
                break
        characters = self._tell_text(page, f"not seen on page {self._pages}")
        if characters:
            self._report.observe("djvu.unseen", {"page": self._pages, "characters": characters})
        else:
            self._without += 1

    def _tell_text(self, component: Component, label: str) -> int:
        """Report text and annotations of a component; return how many characters the text has."""
        characters = 0
        for chunk in component.chunks:
            if chunk.name in (b"TXTa", b"TXTz"):
                text = self._text(chunk)
                if text:
                    characters += len(text)
                    self._report.hidden(label, text + "\n")
            elif chunk.name in (b"ANTa", b"ANTz"):
                djvu_notes.tell_annotations(self._plain(chunk), self._notes)
        return characters

    def _text(self, chunk: Chunk) -> str:
        """Return the text of a text layer (8.3.5); the boxes of its words stand behind it and are left."""
        data = self._plain(chunk)
        size = int.from_bytes(data[:3], "big")
        raw = data[3 : 3 + size]
        if len(raw) < size:
            self._damaged.add(chunk.start)
        return storable(decoded(raw).replace("\r\n", "\n").translate(_LINES)).strip("\n ")

    def _tell_outline(self, chunk: Chunk) -> None:
        data = self._unfolded(chunk)
        lines = list(djvu_notes.titles(data))
        if len(lines) < int.from_bytes(data[:2], "big"):
            self._damaged.add(chunk.start)
        self._notes.hide("bookmarks", "\n".join(title for title, _ in lines if title))
        for _, link in islice(lines, djvu_notes.MOST_ADDRESSES):
            self._notes.lead(link)

    def _tell_paper(self, chunk: Chunk) -> None:
        """Observe size, dots an inch and turn of a page, where they are others than those of the page before."""
        info = self._file.bytes_of(chunk)[:10]
        if len(info) < 5:
            self._damaged.add(chunk.start)
            return
        dpi = int.from_bytes(info[6:8], "little")
        turned = _TURNED.get(info[9] & 7, 0) if len(info) > 9 else 0
        paper = _Paper(int.from_bytes(info[:2], "big"), int.from_bytes(info[2:4], "big"), dpi, turned)
        if paper != self._paper and self._papers < MOST_PAPERS:
            self._papers += 1
            said = {"page": self._pages, "width": paper.width, "height": paper.height, "dpi": dpi, "turned": turned}
            self._report.observe("djvu.page", {**said, "version": ".".join(map(str, info[5:3:-1]))})
        self._paper = paper

    def _plain(self, chunk: Chunk) -> bytes:
        if chunk.name.endswith(b"z"):
            return self._unfolded(chunk)
        if chunk.is_cut:
            self._damaged.add(chunk.start)
        return self._file.bytes_of(chunk)

    def _unfolded(self, chunk: Chunk) -> bytes:
        if chunk.size > LARGEST_PACKED:
            self._refused.add(chunk.start)
            return b""
        unfolded = unfold(self._file.bytes_of(chunk), min(fair(chunk.size), self._room))
        self._room -= unfolded.begun
        if unfolded.problem:
            (self._refused if unfolded.is_large else self._damaged).add(chunk.start)
        return unfolded.data
