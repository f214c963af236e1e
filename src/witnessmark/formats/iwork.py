"""Pages, Numbers and Keynote up to 2009: one XML document in a zip; paragraphs, cells and comments of it.

Later versions keep their text in a form of their own: of those the preview, a PDF or pictures, comes out as a member.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import markup
from witnessmark.formats.package import LARGEST_PART, Package, close
from witnessmark.model.derivative import Outcome

_DOCUMENTS = ("index.xml", "index.apxl", "index.xml.gz", "index.apxl.gz", "presentation.apxl")
_ASIDE = {"annotation": "comment", "comment": "comment", "notes": "speaker notes", "master-slide": "slide master"}
_BREAKS = {"br": "\n", "lnbr": "\n", "pgbr": "\f", "sectbr": "\f", "contbr": "\n", "tab": "\t", "crbr": "\n"}


def read_iwork(source: Source, report: Report) -> None:
    """Read a document.

    Raises:
        ReadingStopped: when the package holds none.
    """
    markup.name_tool(report)
    package = Package(source)
    name = next((found for name in _DOCUMENTS if (found := package.find(name)) is not None), None)
    if name is None:
        raise ReadingStopped(Outcome.CORRUPT, "the package holds no document")
    try:
        for where, text in _texts(_stream(package, name)):
            if where:
                report.hidden(where, text)
            else:
                report.visible(text + "\n")
    except (markup.BrokenMarkup, OSError, EOFError, zlib.error):
        package.broken.append(name)
    package.used.add(name)
    package.take_members(report, set())
    package.observe_times(report)
    close(package, report)


def _stream(package: Package, name: str) -> BinaryIO:
    stream = package.open(name)
    if not name.endswith(".gz"):
        return stream
    with gzip.GzipFile(fileobj=stream) as unpacked:
        data = unpacked.read(LARGEST_PART)
    package.spend(len(data))
    return io.BytesIO(data)


def _texts(stream: BinaryIO) -> Iterator[tuple[str, str]]:
    """Yield each paragraph and each cell, in the order of the document, with where it stands when it does not show."""
    aside: list[str] = []
    depth = 0  # of paragraphs: one inside another is told with it
    for event, element in markup.events(stream):
        name = markup.local(element)
        if name in _ASIDE:
            if event == "start":
                aside.append(_ASIDE[name])
            elif aside:
                aside.pop()
        where = aside[-1] if aside else ""
        if name == "p":
            depth += 1 if event == "start" else -1
            if event == "end" and depth == 0:
                text = "".join(_words(element)).strip()
                if text:
                    yield where, text
                markup.forget(element)
        elif event == "end" and depth == 0:
            value = _cell(element, name)
            if value:
                yield where, value
            if name in ("grid", "tabular-model", "drawable", "styles", "stylesheet"):
                markup.forget(element)


def _words(element: Any) -> Iterator[str]:
    if element.text:
        yield element.text
    for child in element:
        yield _BREAKS.get(markup.local(child), "")
        yield from _words(child)
        if child.tail:
            yield child.tail


def _cell(element: Any, name: str) -> str:
    """Return what a cell of a table shows: its words, or its number as it is kept."""
    about = markup.attributes(element)
    if name == "ct":
        return about.get("s", "").strip()
    if name in ("n", "rn"):
        return about.get("v", "").strip()
    return ""
