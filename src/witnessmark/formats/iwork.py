"""Pages, Numbers and Keynote up to 2009: one XML document in a zip; its paragraphs, tables, charts and comments.

What shows: paragraphs, the names of sheets, the names and rows of tables, title and words of charts, slide by slide.
Apart from it: comments, speaker notes, masters, hidden slides, what menus in cells offer, names and titles that do not
show, properties. Later versions keep their text in a form of their own: see `iwork13`.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO, Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import iwork_cells, markup
from witnessmark.formats.iwork_cells import Cells
from witnessmark.formats.package import LARGEST_PART, Package, close
from witnessmark.formats.packages import IWORK_09, bundle_folder
from witnessmark.model.derivative import Outcome

_ASIDE = {
    "annotation": "comment",
    "comment": "comment",
    "sticky-note": "comment",
    "cell-comment-drawable-info": "comment",
    "notes": "speaker notes",
    "master-slide": "slide master",
    "section-prototypes": "template",
    "tabular-prototypes": "template",
}
_BREAKS = {"br": "\n", "lnbr": "\n", "pgbr": "\f", "sectbr": "\f", "contbr": "\n", "tab": "\t", "crbr": "\n"}
_WHOLE: Final = frozenset(("chart-info", "metadata", "chart-style"))
"""Elements that are told at their end, with all that is in them."""
_MOST_PARENTS: Final = 20
_LOOKED_AT: Final = 200
Told = Iterator[tuple[str, str]]


def read_iwork(source: Source, report: Report) -> None:
    """Read a document: a package, or the XML of one alone.

    Raises:
        ReadingStopped: when the package holds none.
    """
    markup.name_tool(report)
    if source.first(_LOOKED_AT).lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(b"<"):
        source.stream.seek(0)
        if not _tell(source.stream, report):
            report.outcome(Outcome.PARTIAL, "the document breaks off")
        return
    package = Package(source)
    folder = bundle_folder(package.names)
    name = next((found for name in IWORK_09 if (found := package.find(folder + name)) is not None), None)
    if name is None:
        raise ReadingStopped(Outcome.CORRUPT, "the package holds no document")
    is_whole = False
    with suppress(OSError, EOFError, zlib.error):
        is_whole = _tell(_stream(package, name), report)
    if not is_whole:
        package.broken.append(name)
    package.used.add(name)
    package.take_members(report, set(), {name} if is_whole else set())
    package.observe_times(report)
    close(package, report)


def _tell(stream: BinaryIO, report: Report) -> bool:
    """Report what a document says; return whether it could be followed to its end."""
    try:
        for where, text in _Document().texts(stream):
            if where:
                report.hidden(where, text)
            else:
                report.visible(text if text == "\f" else text + "\n")
    except markup.BrokenMarkup:
        return False
    return True


def _stream(package: Package, name: str) -> BinaryIO:
    stream = package.open(name)
    if not name.endswith(".gz"):
        return stream
    with gzip.GzipFile(fileobj=stream) as unpacked:
        data = unpacked.read(LARGEST_PART)
    package.spend(len(data))
    return io.BytesIO(data)


class _Document:
    """A document on its way: in what it is just now."""

    def __init__(self) -> None:
        self._aside: list[str] = []
        self._paragraphs = 0  # one inside another is told with it
        self._whole = 0
        self._pages = 0
        self._cells: Cells | None = None
        self._depth = 0  # below the list of cells of a table
        self._said: list[str] = []  # paragraphs of the cell
        self._in_sheet = False
        self._names = set[str]()  # of tables, where they do not show
        self._titles: dict[str, tuple[bool | None, str]] = {}

    def texts(self, stream: BinaryIO) -> Told:
        """Yield what is said, in the order of the document, with where it stands when it does not show.

        Raises:
            BrokenMarkup: when the document breaks off; the rows of a table up to there have been yielded.
        """
        try:
            for event, element in markup.events(stream):
                name = markup.local(element)
                if event == "start":
                    yield from self._start(name, element)
                else:
                    yield from self._end(name, element)
        except markup.BrokenMarkup:
            if self._cells is not None:
                yield from self._rows(self._cells)
            raise

    def _where(self, otherwise: str = "") -> str:
        return (self._aside[-1] if self._aside else "") or otherwise

    def _start(self, name: str, element: Any) -> Told:
        if name in _WHOLE:
            self._whole += 1
        if self._whole:
            return
        about = markup.attributes(element) if name in ("slide", "workspace", "tabular-model") else {}
        if name in _ASIDE:
            self._aside.append(_ASIDE[name])
        elif name == "slide":
            self._aside.append("hidden slide" if about.get("hidden") == "true" else "")
        if name == "workspace" or (name == "slide" and not self._where()):
            if self._pages:
                yield "", "\f"
            self._pages += 1
        if name == "workspace":
            self._in_sheet = True
        if about.get("workspace-name"):
            yield self._where(), about["workspace-name"]
        if name == "tabular-model":
            yield from self._name_of_table(about)
        if name == "datasource" and self._cells is None:
            self._cells, self._depth = Cells(), 0
        elif self._cells is not None:
            self._depth += 1
        if name == "p":
            self._paragraphs += 1

    def _name_of_table(self, about: dict[str, str]) -> Told:
        """Yield the name of a table: a sheet may show it, pages and slides never do."""
        name = about.get("name", "").strip()
        if name and self._in_sheet and about.get("name-is-visible") == "true":
            yield self._where(), name
        elif name and name not in self._names:
            self._names.add(name)
            yield self._where("name of a table"), name

    def _end(self, name: str, element: Any) -> Told:
        if name in _WHOLE:
            self._whole -= 1
            if not self._whole:
                yield from self._told_whole(name, element)
                markup.forget(element)
            return
        if self._whole:
            return
        if (name in _ASIDE or name == "slide") and self._aside:
            self._aside.pop()
        if name == "workspace":
            self._in_sheet = False
        if name == "p":
            self._paragraphs -= 1
        if self._cells is not None:
            yield from self._end_in_table(name, element, self._cells)
        elif name == "p" and self._paragraphs == 0:
            text = "".join(_words(element)).strip()
            if text:
                yield self._where(), text
            markup.forget(element)
        elif self._paragraphs == 0:
            value = iwork_cells.shown((element,))  # older tables have no list of their cells
            if value:
                yield self._where(), value
            if name in ("grid", "tabular-model", "drawable", "styles", "stylesheet"):
                markup.forget(element)

    def _end_in_table(self, name: str, element: Any, cells: Cells) -> Told:
        if name == "datasource" and self._depth == 0:
            yield from self._rows(cells)
            self._cells = None
            return
        self._depth -= 1
        if name == "p" and self._paragraphs == 0:
            self._said.append("".join(_words(element)).strip())
        if self._depth == 0:
            cells.add(element, " ".join(word for word in self._said if word))
            self._said = []
            markup.forget(element)

    def _rows(self, cells: Cells) -> Told:
        for row in cells.rows():
            yield self._where(), row
        offered = "\n".join(dict.fromkeys(cells.choices))
        if offered:
            yield "choice", offered

    def _told_whole(self, name: str, element: Any) -> Told:
        if name == "chart-style":
            self._note_style(element)
        elif name == "metadata":
            for inner in element:
                text = ", ".join(_strings(inner))
                if text:
                    yield f"metadata: {markup.local(inner)}", text
        else:
            yield from self._chart(element)

    def _chart(self, element: Any) -> Told:
        """Yield the title of a chart and the names of its rows and columns: one of them stands beside it, one below."""
        title, rows, columns = (
            next(element.iter("{*}" + name), None) for name in ("chart-name", "chart-row_names", "chart-column_names")
        )
        words = "" if title is None else markup.attributes(title).get("string", "").strip()
        if words:
            yield self._where("" if self._shows_title(element) else "title or caption not shown"), words
        for names in (rows, columns):
            line = "" if names is None else "\t".join(_strings(names))
            if line:
                yield self._where(), line

    def _note_style(self, style: Any) -> None:
        """Note whether charts of a style show their titles: it says so, or the style that it is made from."""
        about = markup.attributes(style)
        shows = None
        for shown in style.iter("{*}SFCShowChartTitleProperty"):
            for value in shown.iter("{*}number"):
                shows = markup.attributes(value).get("number") != "0"
        for name in {about.get("ID", ""), about.get("ident", "")} - {""}:
            self._titles.setdefault(name, (shows, about.get("parent-ident", "")))

    def _shows_title(self, chart: Any) -> bool:
        name = next((markup.attributes(ref).get("IDREF", "") for ref in chart.iter("{*}chart-style-ref")), "")
        for _ in range(_MOST_PARENTS):
            shows, parent = self._titles.get(name, (None, ""))
            if shows is not None:
                return shows
            if not parent:
                break
            name = parent
        return True


def _strings(element: Any) -> list[str]:
    values = (markup.attributes(inner).get("string", "").strip() for inner in element.iter("{*}string"))
    return [value for value in values if value]


def _words(element: Any) -> Iterator[str]:
    if element.text:
        yield element.text
    for child in element:
        yield _BREAKS.get(markup.local(child), "")
        yield from _words(child)
        if child.tail:
            yield child.tail
