"""Office documents in zip packages: which parts of a document, workbook or presentation are read, and as what.

A part that no reader here asks for is no less in the file: the words of every remaining part go to the hidden text.
"""

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from witnessmark.cell.report import Report, Source
from witnessmark.formats import dates, markup
from witnessmark.formats.docx import Section, Story
from witnessmark.formats.docx_numbers import read_numbers
from witnessmark.formats.docx_styles import Styles, read_styles
from witnessmark.formats.encodings import storable
from witnessmark.formats.package import Package, close
from witnessmark.formats.pptx import read_slides
from witnessmark.formats.properties import read_properties
from witnessmark.formats.xlsb import read_binary
from witnessmark.formats.xlsx import read_workbook

_TECHNICAL = re.compile(
    r"(?:^|/)(?:\[content_types\]\.xml|styles\w*\.xml|theme\w*\.xml|settings\.xml|websettings\.xml|fonttable\.xml"
    r"|numbering\.xml|calcchain\.xml|printersettings\w*|tablestyles\.xml|presprops\.xml|viewprops\.xml|metadata\.xml"
    r"|stylesWithEffects\.xml|colors\d*\.xml|layout\d*\.xml|quickstyle\d*\.xml|sharedstrings\.xml|style\d*\.xml)\Z"
    r"|\.rels\Z|(?:^|/)docprops/(?:core|app|custom)\.xml\Z",
    re.IGNORECASE,
)
_LABELS = (
    ("comments", "comment"),
    ("threadedcomments", "comment"),
    ("charts/", "chart"),
    ("diagrams/", "diagram"),
    ("glossary/", "building blocks"),
    ("externallinks/", "external link"),
    ("connections", "connection"),
    ("querytables/", "connection"),
    ("pivotcache/", "pivot cache"),
    ("customxml/", "custom data"),
    ("notesslides/", "speaker notes"),
    ("slidemasters/", "slide master"),
    ("slidelayouts/", "slide layout"),
)
_WITH_ATTRIBUTES = ("externallinks/", "connections", "querytables/", "pivotcache/", "tables/", "slicer", "people")
_MACROS = re.compile(r"vbaproject[^/]*\.bin\Z|(?:^|/)(?:macrosheets|dialogsheets)/[^/]+\.(?:xml|bin)\Z", re.IGNORECASE)
_WORDY = re.compile(r"[^\W\d_]{2,}")
MOST_WORDS = 4 << 20


def read_docx(source: Source, report: Report) -> None:
    """Read a Word document.

    Raises:
        ReadingStopped: when it is encrypted, no package, or past a limit.
    """
    markup.name_tool(report)
    package = Package(source)
    main = package.main_part("word/document.xml")
    numbers = read_numbers(package, _one(package, main, "numbering"))
    styles = read_styles(package, _one(package, main, "styles"))
    if package.find(main) is None:
        package.broken.append(main)
    else:
        _tell_word(package, main, Story(numbers, styles).read(package, main), styles, report)
    _finish(package, report)


def read_xlsx(source: Source, report: Report) -> None:
    """Read a workbook.

    Raises:
        ReadingStopped: when it is encrypted, no package, or past a limit.
    """
    markup.name_tool(report)
    package = Package(source)
    main = package.main_part("xl/workbook.xml")
    main = package.find(main) or main
    if main.lower().endswith(".bin"):
        read_binary(package, main, report)
    else:
        read_workbook(package, main, report)
    _finish(package, report)


def read_pptx(source: Source, report: Report) -> None:
    """Read a presentation.

    Raises:
        ReadingStopped: when it is encrypted, no package, or past a limit.
    """
    markup.name_tool(report)
    package = Package(source)
    read_slides(package, report)
    _finish(package, report)


def _one(package: Package, main: str, kind: str) -> str | None:
    targets = package.targets(main, kind)
    return targets[0] if targets else None


def _tell_word(package: Package, main: str, body: Story, styles: Styles, report: Report) -> None:
    settings = package.root(_one(package, main, "settings"))
    shown = _shown_edges(package, main, body.sections, settings)
    edges: dict[str, list[str]] = {"header": [], "footer": []}
    stories = [body]
    for kind, texts in edges.items():
        for name in package.targets(main, kind):
            story = Story(styles=styles).read(package, name)
            stories.append(story)
            if name in shown:
                texts.append(story.visible)
            elif story.visible.strip():
                story.hidden.append((f"{kind} not shown", story.visible))
    notes = []
    for kind in ("footnotes", "endnotes"):
        for name in package.targets(main, kind):
            story = Story(styles=styles)
            story.shown_notes = body.notes
            stories.append(story.read(package, name))
            notes.append(story.visible)
    for text in (*edges["header"], body.visible, *notes, *edges["footer"]):
        if text.strip():
            report.visible(text)
    for name in package.targets(main, "comments"):
        story = Story().read(package, name)
        stories.append(story)
        if story.visible.strip():
            report.hidden("comment", story.visible)
    for story in stories:
        for label, text in story.hidden:
            report.hidden(label, text)
    _observe_changes(stories, report)
    _observe_settings(settings, report)
    for drawing in (name for name in package.names if re.search(r"diagrams/drawing\d*\.xml\Z", name)):
        words = _words(package.root(drawing), attributes=False)
        if words:
            report.visible(words + "\n")


def _shown_edges(package: Package, main: str, sections: list[Section], settings: Any | None) -> set[str]:
    """Return the header and footer parts that some page shows (29500-1, 17.10)."""
    found = None if settings is None else settings.find("{*}evenAndOddHeaders")
    even = found is not None and markup.attributes(found).get("val") not in ("0", "false", "off")
    links = package.links(main)
    shown = set()
    first = False
    for section in sections:
        first = first or section.first_differs
        for _, kind, link in section.parts:
            if kind == "default" or (kind == "first" and first) or (kind == "even" and even):
                target = package.find(links[link].target) if link in links else None
                shown |= set() if target is None else {target}
    return shown


def _observe_changes(stories: list[Story], report: Report) -> None:
    moments = sorted(date for story in stories for date in story.changes)
    authors = sorted({author for story in stories for author in story.authors})
    if moments or authors:
        report.observe("office.changes", {"authors": authors, "count": len(moments)})
    for moment in dict.fromkeys((moments[0], moments[-1])) if moments else ():
        dates.observe(report, "changed", dates.from_iso(moment), "Office tracked change")


def _observe_settings(settings: Any | None, report: Report) -> None:
    if settings is None:
        return
    marks = [markup.attributes(e).get("val", "") for e in settings.iter("{*}rsid")]
    root = settings.find("{*}rsids/{*}rsidRoot")
    if marks:
        first = "" if root is None else markup.attributes(root).get("val", "")
        report.observe("office.rsids", {"root": first, "count": len(marks), "all": sorted(marks)[:2000]})


def _finish(package: Package, report: Report) -> None:
    """Report what all Office packages have: properties, addresses, remaining words, members, packing times."""
    read_properties(package, report)
    addresses: dict[str, None] = {}
    also: set[str] = set()
    for name in ["", *package.names]:
        if name.endswith(".rels"):
            continue
        for link in package.links(name).values() if _may_link(package, name) else ():
            if link.external:
                addresses[storable(link.target)[:2000]] = None
            elif link.kind == "aFChunk" and (found := package.find(link.target)) is not None:
                also.add(found)
    for address in list(addresses)[:500]:
        report.observe("address", address)
    if addresses:
        report.hidden("address", "\n".join(addresses) + "\n")
    for name in package.names:
        low = name.lower()
        if name in package.used or name in also or not low.endswith((".xml", ".vml")) or _TECHNICAL.search(low):
            continue
        words = _words(package.root(name), attributes=any(part in low for part in _WITH_ATTRIBUTES))
        if words:
            label = next((label for part, label in _LABELS if part in low), f"part {posixpath.basename(name)}")
            report.hidden(storable(label), words + "\n")
    macros = [storable(name) for name in package.names if _MACROS.search(name)]
    if macros:
        report.observe("office.macros", {"parts": macros[:200]})
    package.take_members(report, also)
    package.observe_times(report)
    close(package, report)


def _may_link(package: Package, name: str) -> bool:
    folder, last = posixpath.split(name)
    return package.find(posixpath.join(folder, "_rels", f"{last}.rels")) is not None


def _words(root: Any, *, attributes: bool) -> str:
    """Return every word of a part: text by paragraphs or pieces, and attributes where a part keeps its words there."""
    found: dict[str, None] = {}
    room = MOST_WORDS
    for value in () if root is None else _pieces(root, attributes=attributes):
        text = value.strip()
        if text and room > 0:
            room -= len(text)
            found[text] = None
    return storable("\n".join(found))


def _pieces(root: Any, *, attributes: bool) -> Iterator[str]:
    """Yield the text of a part, the runs of a paragraph as one; what stands behind an element is text as well."""
    paragraphs: list[list[str]] = []
    for event, element in markup.walk(root):
        kind = markup.local(element)
        if event == "end":
            if kind == "p" and paragraphs:
                yield "".join(paragraphs.pop())
            if element is not root:
                yield element.tail or ""
            continue
        if paragraphs and kind == "t":
            paragraphs[-1].append(element.text or "")
        else:
            yield element.text or ""
        if kind == "p":
            paragraphs.append([])
        elif paragraphs and kind in ("br", "cr", "tab"):
            paragraphs[-1].append(" ")
        elif kind == "ddeLink":
            yield f"{element.get('ddeService', '')}|{element.get('ddeTopic', '')}"
        if attributes:
            for key, value in markup.pairs(element):
                if _WORDY.search(value) and not key.startswith("{"):
                    yield value
        else:
            about = markup.attributes(element)
            yield from (about.get(key, "") for key in ("descr", "alt", "href"))
