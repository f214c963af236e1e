"""Hangul documents since 2014 (HWPX): the paragraphs of every section in their order; what no page shows apart.

The layout is OWPML, the Korean standard KS X 6101: a zip whose sections are markup. A paragraph may hold tables, boxes,
notes and headers, which hold paragraphs again; those come out where they stand, between the words around them. What
each of them stands on is kept beside it.

Rules for whoever changes this file: sections are streamed and forgotten paragraph by paragraph; nothing recurses; what
is deleted or said in a margin never becomes visible text; words on paper that is not known show.
"""

import re
from typing import Any, Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import dates, hwpx_ink, ink, markup
from witnessmark.formats.encodings import storable
from witnessmark.formats.hangul_ink import Shapes, filled, parted
from witnessmark.formats.ink import Paper, Said
from witnessmark.formats.package import Package, close
from witnessmark.model.derivative import Outcome

_SECTION: Final = re.compile(r"Contents/section(\d{1,6})\.xml", re.IGNORECASE)
_SIGNS: Final = {"tab": "\t", "lineBreak": "\n", "nbSpace": "\u00a0", "fwSpace": " ", "hyphen": "-"}
_ASIDE: Final = frozenset(("hiddenComment", "memo", "fieldBegin"))
"""Elements whose paragraphs no page shows; a field holds paragraphs where it is a memo."""
_LAID: Final = frozenset(("p", "tbl", "tc", "drawText", "subList"))
"""Elements whose words stand on a paper of their own, or may do so."""
_ON_PAGE: Final = frozenset(("header", "footer", "footNote", "endNote"))
_CAPTIONS: Final = {
    "checkBtn": "caption",
    "radioBtn": "caption",
    "btn": "caption",
    "textart": "text",
    "compose": "composeText",
}
_SHOWN: Final = frozenset(("script", "mainText", "subText", "text"))
_KEPT: Final = {
    "shapeComment": "alt text",
    "metaTag": "tag",
    "firstKey": "index mark",
    "secondKey": "index mark",
    "stringParam": "field",
}
_NAMED: Final = {
    "bookmark": ("name",),
    "tc": ("name",),
    "fieldBegin": ("name",),
    "subList": ("metatag",),
    "listItem": ("displayText", "value"),
}


def read_hwpx(source: Source, report: Report) -> None:
    """Read a document.

    Raises:
        ReadingStopped: when it asks for a password, or holds no section.
    """
    package = Package(source)
    markup.name_tool(report)
    package.refuse_locked()
    sections = sorted((int(found[1]), name) for name in package.names if (found := _SECTION.fullmatch(name)))
    if not sections:
        raise ReadingStopped(Outcome.CORRUPT, "the document has no section")
    head = package.root("Contents/header.xml")
    shapes = hwpx_ink.read_shapes(head)
    is_odd = shapes.are_odd
    for _, name in sections:
        _Section(report, shapes, hwpx_ink.page_of(package, name) if is_odd else None).read(package, name)
    _authors(head, report)
    _metadata(package, report)
    preview = package.read("Preview/PrvText.txt", 1 << 20).decode("utf-8", "replace").strip()
    if preview:
        report.hidden("preview", storable(preview) + "\n")
    for name in package.names:
        if name.startswith("DocHistory/") and name.endswith((".xml", ".hml")):
            report.observe("hwpx.history", storable(name)[:200])
    kept = {name for name in package.names if name.startswith(("DocHistory/", "Chart/"))}
    about = {name for name in package.names if name.endswith((".hpf", ".rdf"))}
    package.take_members(report, kept, {"Preview/PrvText.txt", *about})
    package.observe_times(report)
    close(package, report)


class _Section:
    """One section on its way into a report: the paragraphs that are open, and what they stand in."""

    def __init__(self, report: Report, shapes: Shapes, page: Paper) -> None:
        """Begin a section on paper, or on none, where no letters can be lost on what lies behind them."""
        self._report, self._shapes, self._page = report, shapes, page
        self._laid = frozenset[str]() if page is None else _LAID
        self._open: list[list[tuple[str, str]]] = []  # labels of what cannot be read, and words
        self._runs: list[int | None] = []  # shapes of letters
        self._papers: list[Paper] = [None]  # what is painted beneath each open element, as far as something is
        self._zoned: list[int] = []  # at which of these tables stand whose zones are painted over their cells
        self._marked: Paper = Said.NOTHING
        self._aside = 0  # how many elements are open whose paragraphs no page shows
        self._deleted = False

    def read(self, package: Package, name: str) -> None:
        """Read a part; what breaks off is named as broken."""
        try:
            for event, element in markup.events(package.open(name)):
                tag = markup.local(element)
                if event == "start":
                    self._begin(tag, element)
                else:
                    self._end(tag, element)
        except markup.BrokenMarkup:
            package.broken.append(name)
        while self._open:
            self._flush()
            self._open.pop()

    def _begin(self, tag: str, element: Any) -> None:
        if tag == "p":
            if self._open:
                self._flush()
            self._open.append([])
            self._marked = Said.NOTHING
        elif tag == "run":
            self._runs.append(hwpx_ink.number_of(element, "charPrIDRef"))
        elif tag == "cellzone" and ink.beneath(self._fill(element)) is not None:
            if len(self._papers) not in self._zoned:
                self._zoned.append(len(self._papers))
        elif tag == "pageBorderFill" and ink.beneath(self._fill(element), ink.WHITE) != ink.WHITE:
            self._page = Said.UNKNOWN  # there are three, and which of them counts on a page is not known here
        elif tag in _ASIDE:
            if self._open:
                self._flush()
            self._aside += 1
        elif tag in _CAPTIONS:
            self._say(markup.attributes(element).get(_CAPTIONS[tag], ""))
        if tag in self._laid:
            self._papers.append(self._paper(tag, element))

    def _paper(self, tag: str, element: Any) -> Paper:
        """Return what is painted beneath the words of an element, as far as something is."""
        around = self._papers[-1]
        if tag == "p":
            return ink.beneath(self._shapes.ground(hwpx_ink.number_of(element, "paraPrIDRef")), around)
        if tag == "tc":
            return Said.UNKNOWN if len(self._papers) in self._zoned else ink.beneath(self._fill(element), around)
        if tag == "tbl":
            is_afloat = around is not None or element.get("textWrap") == "IN_FRONT_OF_TEXT"
            return ink.beneath(self._fill(element), Said.UNKNOWN if is_afloat else None)
        holder = markup.local(element.getparent()) if tag == "subList" else tag
        return None if holder in _ON_PAGE else around if holder == "tc" else Said.UNKNOWN

    def _fill(self, element: Any) -> Paper:
        return filled(self._shapes.fills, hwpx_ink.number_of(element, "borderFillIDRef"))

    def _end(self, tag: str, element: Any) -> None:
        if tag == "t":
            self._words(element)
        elif tag == "run":
            self._runs.pop()
        elif tag == "p":
            if self._open:
                self._flush()
                self._open.pop()
            if not self._open:
                markup.forget(element)
        elif tag in _SHOWN:
            self._say(element.text or "")
        elif tag in _KEPT and (element.text or "").strip():
            self._report.hidden(_KEPT[tag], storable(element.text.strip()) + "\n")
        if tag in _NAMED:
            about = markup.attributes(element)
            for name in _NAMED[tag]:
                if about.get(name, "").strip():
                    self._report.hidden(f"{tag} {name}", storable(about[name].strip()) + "\n")
        if tag in _ASIDE and self._aside:
            if self._open:
                self._flush()
            self._aside -= 1
        if tag in self._laid:
            self._papers.pop()
            while self._zoned and self._zoned[-1] > len(self._papers):
                self._zoned.pop()

    def _words(self, element: Any) -> None:
        """Take the text of a run: signs stand for themselves, and marks say where deleted text begins and ends."""
        self._say(element.text or "", self._why())
        for inner in element:
            tag = markup.local(inner)
            if tag == "deleteBegin":
                self._deleted = True
            elif tag == "deleteEnd":
                self._deleted = False
            elif tag == "markpenBegin":
                self._marked = hwpx_ink.colour(inner.get("color"))
            elif tag == "markpenEnd":
                self._marked = Said.NOTHING
            self._say(_SIGNS.get(tag, "") + (inner.tail or ""), self._why())

    def _why(self) -> str:
        """Return the label of words in the run that is open, or nothing when they can be read."""
        if not self._runs:
            return ""
        return self._shapes.why(self._runs[-1], self._marked, ink.beneath(self._papers[-1], self._page))

    def _say(self, text: str, why: str = "") -> None:
        if not text:
            return
        if self._deleted:
            self._report.hidden("deleted text", storable(text) + "\n")
        elif self._open:
            self._open[-1].append((why, text))
        else:
            self._put(text)

    def _flush(self) -> None:
        pieces = self._open[-1]
        if not pieces:
            return
        text, hidden = parted([("", words) for _, words in pieces] if self._aside else pieces)
        pieces.clear()
        if text.strip():
            self._put(text)
        for why, words in hidden:
            self._report.hidden(why, storable(words))

    def _put(self, text: str) -> None:
        text = storable(text.rstrip()) + "\n"
        if self._aside:
            self._report.hidden("comment", text)
        else:
            self._report.visible(text)


def _authors(head: Any, report: Report) -> None:
    for element in () if head is None else head.iter("{*}trackChangeAuthor"):
        if name := (element.get("name") or "").strip():
            report.hidden("author of changes", storable(name) + "\n")


def _metadata(package: Package, report: Report) -> None:
    """Report what the document says of itself, and which program wrote it."""
    root = package.root("Contents/content.hpf")
    for element in () if root is None else root.iter("{*}title", "{*}meta"):
        name = element.get("name") or markup.local(element)
        text = storable(" ".join((element.text or "").split()))
        if not text:
            continue
        if name in ("CreatedDate", "ModifiedDate"):
            told = "created" if name == "CreatedDate" else "modified"
            dates.observe(report, told, dates.from_iso(text), f"HWPX {name}")
            continue
        report.hidden(f"metadata: {storable(name)[:40]}", text[:2000] + "\n")
        if name in ("title", "creator", "lastsaveby"):
            report.observe(f"hwpx.{name}", text[:500])
    version = package.root("version.xml")
    if version is not None and (program := (version.get("application") or "").strip()):
        dates.observe_software(
            report, storable(program)[:200], storable(version.get("appVersion") or "")[:200], "HWPX version.xml"
        )
