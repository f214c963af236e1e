"""Packages of pages and stories in XML beside Office's own: Visio drawings, InDesign stories, other zips.

What a page shows is visible text; masters, stencils, properties and thumbnails are not. A type that is a zip of which
nothing more is known is taken apart as a zip.
"""

import re
from collections.abc import Iterator
from typing import Any

from witnessmark.cell.report import Report, Source
from witnessmark.formats import archives, markup, properties
from witnessmark.formats.package import Package, close

MOST_PAGES = 10_000
_NUMBERS = re.compile(r"(\d{1,9})")


def read_visio(source: Source, report: Report) -> None:
    """Read a Visio drawing ([MS-VSDX]): the text of the shapes of each page; masters apart."""
    package = Package(source)
    markup.name_tool(report)
    for count, name in enumerate(_parts(package, ".xml", "visio/pages/page")):
        if name.lower().endswith("pages.xml"):
            continue
        root = package.root(name)
        if root is None:
            package.broken.append(name)
            continue
        report.visible("\f" if count else "")
        for text in _texts(root):
            report.visible(text + "\n")
    for name in _parts(package, ".xml", "visio/masters/master"):
        for text in _texts(package.root(name)):
            report.hidden("master", text)
    for name in _parts(package, ".xml", "visio/comments"):
        for text in _whole_text(package.root(name)):
            report.hidden("comment", text)
    _finish(package, report)


def _texts(root: Any) -> Iterator[str]:
    for element in () if root is None else root.iter("{*}Text"):
        text = "".join(element.itertext()).strip()
        if text:
            yield text


def read_idml(source: Source, report: Report) -> None:
    """Read an InDesign exchange file: the text of each story; notes and changes apart."""
    package = Package(source)
    markup.name_tool(report)
    for name in _parts(package, ".xml", "Stories/"):
        root = package.root(name)
        if root is None:
            package.broken.append(name)
            continue
        for line in _story(root, report):
            report.visible(line + "\n")
        report.visible("\n")
    for name in _parts(package, ".xml", "META-INF/metadata"):
        for text in _whole_text(package.root(name)):
            report.hidden("properties", text)
    _finish(package, report)


def _story(root: Any, report: Report) -> Iterator[str]:
    line: list[str] = []
    aside = 0
    for event, element in markup.walk(root):
        name = markup.local(element)
        if name in ("Note", "HiddenText") or (name == "Change" and element.get("ChangeType") == "DeletedText"):
            aside += 1 if event == "start" else -1
            if event == "start":
                for text in _whole_text(element):
                    report.hidden("note" if name == "Note" else "hidden text", text)
        elif not aside and event == "end" and name == "Content":
            line.append(element.text or "")
        elif not aside and event == "end" and name in ("Br", "ParagraphStyleRange") and line:
            yield "".join(line)
            line = []
    if line:
        yield "".join(line)


def _whole_text(root: Any) -> Iterator[str]:
    if root is not None:
        text = " ".join(" ".join(root.itertext()).split())
        if text:
            yield text


def _parts(package: Package, suffix: str, start: str = "") -> list[str]:
    """Return the names of the parts that begin and end so, with the numbers in them in their order."""
    found = [n for n in package.names if n.lower().endswith(suffix) and n.lower().startswith(start.lower())]
    found = [name for name in found if "/_rels/" not in name]
    return sorted(found, key=lambda name: [int(p) if p.isdigit() else p for p in _NUMBERS.split(name)])[:MOST_PAGES]


def _finish(package: Package, report: Report) -> None:
    properties.read_properties(package, report)
    package.take_members(report, set())
    package.observe_times(report)
    close(package, report)


def read_as_zip(source: Source, report: Report) -> None:
    """Read a package of which no more is known as the zip that it is."""
    archives.read_zip(source, report)
