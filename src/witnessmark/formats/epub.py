"""Electronic books (EPUB): the chapters in the order of the spine, as a reader turns the pages; pictures as members."""

import io
import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

from witnessmark.cell.report import Relay, Report, Source
from witnessmark.formats import html, markup
from witnessmark.formats.package import Package, close
from witnessmark.model.codec import Value
from witnessmark.model.derivative import Outcome

MOST_CHAPTERS = 10_000
LARGEST_CHAPTER = 16 << 20
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


class _Chapter(Relay):
    """A report that keeps what is said of a single chapter from being taken for the book's own."""

    def observe(self, name: str, value: Value) -> None:
        """Pass nothing on."""

    def outcome(self, outcome: Outcome, detail: str = "") -> None:
        """Pass nothing on: a chapter that breaks off does not end the book."""


def read_epub(source: Source, report: Report) -> None:
    """Read a book: its title and chapters as visible text, what the spine leaves out and the metadata apart."""
    markup.name_tool(report)
    package = Package(source)
    place = _package_document(package)
    root = package.root(place)
    if root is None or place is None:
        package.broken.append(place or "META-INF/container.xml")
    else:
        _read_metadata(root, report)
        shown = list(_spine(root, posixpath.dirname(place)))
        for count, name in enumerate(dict.fromkeys(shown)):
            report.visible("\f" if count else "")
            _read_chapter(package, name, _Chapter(report))
        for name in package.names:
            if name not in package.used and name.lower().endswith((".xhtml", ".html", ".htm")):
                _read_aside(package, name, report)
    package.take_members(report, set())
    package.observe_times(report)
    close(package, report)


def _package_document(package: Package) -> str | None:
    root = package.root("META-INF/container.xml")
    for element in () if root is None else root.iter("{*}rootfile"):
        found = package.find(element.get("full-path") or "")
        if found is not None:
            return found
    return next((name for name in package.names if name.lower().endswith(".opf")), None)


def _read_metadata(root: object, report: Report) -> None:
    for element in root.iter("{http://purl.org/dc/elements/1.1/}*"):  # type: ignore[attr-defined]
        text = " ".join((element.text or "").split())
        if text:
            report.hidden(f"metadata: {markup.local(element)}", text[:2000])
            report.observe(f"epub.{markup.local(element)}", text[:500])


def _spine(root: object, folder: str) -> Iterator[str]:
    """Yield the parts in reading order (EPUB 3.3, section 5.7)."""
    items = {}
    for element in root.iter("{*}item"):  # type: ignore[attr-defined]
        about = markup.attributes(element)
        if about.get("media-type") in _PAGES:
            items[about.get("id", "")] = posixpath.normpath(posixpath.join(folder, unquote(about.get("href", ""))))
    for count, element in enumerate(root.iter("{*}itemref")):  # type: ignore[attr-defined]
        if count < MOST_CHAPTERS and element.get("idref") in items:
            yield items[element.get("idref")]


def _read_chapter(package: Package, name: str, report: Report) -> None:
    data = package.read(name, LARGEST_CHAPTER)
    if data:
        html.read_html(Source(io.BytesIO(data), len(data), posixpath.basename(name)), report)
    else:
        package.broken.append(name)


def _read_aside(package: Package, name: str, report: Report) -> None:
    """Report a page that no reader is led to."""
    root = package.root(name)
    text = "" if root is None else " ".join(" ".join(root.itertext()).split())
    if text:
        report.hidden("page outside the book", text)
