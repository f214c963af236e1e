"""OFD, the fixed documents of Chinese offices (GB/T 33190-2016): pages in their order, what lies on them, what beside.

What a page draws is visible text: its templates, its own objects, and annotations that show; but for letters that
cannot be told from what is painted under them, or lie under a rectangle. Boundaries of objects cut nothing off here, as
viewers differ in it; what lies outside of the page's physical box is not seen. Fonts are not opened: a text code's
letters are those that the file says they are.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import markup, ofd_about
from witnessmark.formats.encodings import storable
from witnessmark.formats.ofd_marks import Marks, read_marks
from witnessmark.formats.ofd_measure import box_of
from witnessmark.formats.ofd_parts import Parts, said
from witnessmark.formats.ofd_place import Allowance, Drawings, Sheet
from witnessmark.formats.package import Package
from witnessmark.formats.page_lines import lines
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import PathStep

MOST_BODIES: Final = 100
MOST_PAGES: Final = 10_000
MOST_VERSIONS: Final = 100
MOST_LETTERS: Final = 20_000_000
"""Letters and objects of all pages that are placed."""
MOST_ADDRESSES: Final = 10_000


def read_ofd(source: Source, report: Report) -> None:
    """Read an OFD package.

    Raises:
        ReadingStopped: when it cannot be opened, unpacks to too much, or is locked; what is open was reported.
    """
    markup.name_tool(report)
    parts = Parts(Package(source))
    locked = ofd_about.read_locks(parts, report)
    reading = _Reading(parts, report)
    entry = parts.package.find(ofd_about.ENTRY)
    root = parts.root(entry)
    if root is None and locked is None:
        parts.missing.setdefault(ofd_about.ENTRY)
    for count, body in enumerate(() if root is None else root.iter("{*}DocBody")):
        if count < MOST_BODIES:
            reading.read_body(body)
    reading.read_rest()
    _take_members(parts, locked or {}, report)
    parts.package.observe_times(report)
    if locked is not None:
        raise ReadingStopped(Outcome.ENCRYPTED, "the document, or a part of it, is encrypted")
    parts.close(report)
    if reading.allowance.left < 0:
        report.outcome(Outcome.PARTIAL, f"more letters and objects are drawn than the {MOST_LETTERS} that are read")
    elif reading.pages > MOST_PAGES:
        report.outcome(Outcome.PARTIAL, f"the first {MOST_PAGES} of {reading.pages} pages were read")


def _take_members(parts: Parts, locked: dict[str, str], report: Report) -> None:
    parts.package.take_members(report, parts.also, locked.keys())
    for name, before in locked.items():
        path = tuple(PathStep(storable(step)) for step in name.split("/"))
        report.refuse_member(path, Outcome.ENCRYPTED, "the member is encrypted", {"name": before})


class _Document:
    """One document: its root, the pages that it lists, its page's box, its templates and drawings."""

    def __init__(self, parts: Parts, place: str, root: Any) -> None:
        self._parts, self.place, self.root = parts, place, root
        self.pages = [(page.get("ID") or "", page.get("BaseLoc")) for page in root.iterfind("{*}Pages/{*}Page")]
        self.box = box_of(said(root.find("{*}CommonData/{*}PageArea"), "PhysicalBox").get("PhysicalBox"))
        self.drawings = Drawings()
        self.drawn: set[str] = set()
        self.templates = {
            element.get("ID") or "": element.get("BaseLoc")
            for element in root.iterfind("{*}CommonData/{*}TemplatePage")
        }
        self._templates: dict[str, Any] = {}
        for name in ("PublicRes", "DocumentRes"):
            for element in root.iterfind("{*}CommonData/{*}" + name):
                self.read_resources(parts.follow(place, element.text))

    def read_resources(self, place: str | None) -> None:
        """Keep the composite drawings of a part of resources, and look whether the files that it names are there."""
        root = self._parts.kept(place) if place is not None and place not in self._parts.package.used else None
        for element in () if root is None else root.iter("{*}CompositeGraphicUnit"):
            self.drawings.units.setdefault(element.get("ID") or "", element)
        if root is not None:
            self.drawings.colours.learn(root)
        for element in () if root is None else root.iter("{*}MediaFile", "{*}FontFile"):
            base = (root.get("BaseLoc") or "").strip() if root is not None else ""
            self._parts.follow(place or "", f"{base}/{(element.text or '').strip()}" if base else element.text)

    def template(self, name: str) -> Any | None:
        """Return the root of a template, which stays in memory."""
        if name not in self._templates:
            self._templates[name] = self._parts.kept(self._parts.follow(self.place, self.templates.get(name)))
        return self._templates[name]

    def unused(self) -> Iterator[Any]:
        """Yield templates and drawings that no page shows."""
        for name in self.templates:
            if name not in self._templates and (root := self.template(name)) is not None:
                yield root
        yield from (unit for name, unit in self.drawings.units.items() if name not in self.drawn)


class _Reading:
    """A package that is being read: pages are counted through all of its documents."""

    def __init__(self, parts: Parts, report: Report) -> None:
        self._parts, self._report = parts, report
        self.allowance = Allowance(MOST_LETTERS)
        self.pages = 0
        self._addresses: dict[str, None] = {}
        self._pages_read: set[str] = set()

    def read_body(self, body: Any) -> None:
        """Read one document: what it says of itself, its pages, what stands beside them, its other versions."""
        about = ofd_about.read_information(body, self._report)
        place = self._parts.follow(ofd_about.ENTRY, said(body, "DocRoot").get("DocRoot"))
        root = self._parts.root(place)
        ofd_about.read_signatures(body, self._parts, self._report)
        if root is not None and place is not None:
            document = _Document(self._parts, place, root)
            listed = len(document.pages)
            self._report.observe("ofd.document", {**about, "pages": listed, "templates": len(document.templates)})
            self._read_pages(document)
            ofd_about.read_document(root, place, self._parts, self._report)
            self._keep_addresses(root)
        self._read_versions(body, place)

    def _read_pages(self, document: _Document) -> None:
        marks = Marks(self._parts, self._parts.follow(document.place, _annotations(document.root)))
        for page, named in document.pages:
            self.pages += 1
            if self.pages > MOST_PAGES or self.allowance.left < 0:
                continue
            self._report.visible("\f" if self.pages > 1 else "")
            found = self._parts.follow(document.place, named)
            root = self._parts.root(found)
            if root is not None and found is not None:
                self._pages_read.add(found)
                self._read_page(document, found, root, marks.take(page))
        aside = Sheet(self.allowance, document.drawings, None)
        for root in marks.rest():
            read_marks(root, 0, self._report, aside)
            self._keep_addresses(root)
        aside.set_letters()
        self._put_aside("annotation", lines(aside.unseen))
        unused = [text for element in document.unused() for text in aside.leave(element)]
        self._put_aside("drawn on no page", dict.fromkeys(unused))

    def _read_page(self, document: _Document, place: str, root: Any, marks: Iterable[Any]) -> None:
        for resources in root.iterfind("{*}PageRes"):
            document.read_resources(self._parts.follow(place, resources.text))
        box = box_of(said(root.find("{*}Area"), "PhysicalBox").get("PhysicalBox")) or document.box
        sheet, over = (Sheet(self.allowance, document.drawings, box) for _ in range(2))
        names = [element.get("TemplateID") or "" for element in root.iterfind("{*}Template")]
        templates = [found for name in dict.fromkeys(names[:100]) if (found := document.template(name)) is not None]
        for drawn in (*templates, root):
            for content in drawn.iterfind("{*}Content"):
                sheet.draw(content)
        for mark in marks:
            read_marks(mark, self.pages, self._report, over)
            self._keep_addresses(mark)
        over.set_letters()
        sheet.paints.put_over(over.paints)
        sheet.set_letters()
        document.drawn |= sheet.drawn | over.drawn
        self._keep_addresses(root)
        self._say(sheet, over, [*(text for drawn in (*templates, root) for text in sheet.leave(drawn))])

    def _say(self, sheet: Sheet, over: Sheet, left: list[str]) -> None:
        for text in (*lines(sheet.shown), *lines(over.shown)):
            self._report.visible(storable(text) + "\n")
        unseen = [*lines(sheet.unseen), *left]
        if unseen:
            self._put_aside(f"not seen on page {self.pages}", unseen)
            self._report.observe("ofd.unseen", {"page": self.pages, "characters": sum(map(len, unseen))})
        self._put_aside("annotation", lines(over.unseen))

    def _put_aside(self, label: str, found: Iterable[str]) -> None:
        text = "\n".join(found)
        if text.strip():
            self._report.hidden(label, storable(text) + "\n")

    def _keep_addresses(self, root: Any) -> None:
        for element in root.iter("{*}URI"):
            address = f"{element.get('Base') or ''}{element.get('URI') or element.text or ''}".strip()
            if address and len(self._addresses) < MOST_ADDRESSES:
                self._addresses.setdefault(storable(address[:2000]))

    def _read_versions(self, body: Any, current: str | None) -> None:
        """Report the other versions of a document (section 19): of their pages those that it does not show itself."""
        for count, element in enumerate(body.iterfind("{*}Versions/{*}Version")):
            if count >= MOST_VERSIONS:
                return
            place = self._parts.follow(ofd_about.ENTRY, element.get("BaseLoc"))
            root = self._parts.root(place)
            about = said(root, "Name", "Version", "CreationDate", "DocRoot")
            stated = {name.lower(): text[:200] for name, text in about.items()}
            number = storable(element.get("Index") or element.get("ID") or "")[:100]
            is_current = (element.get("Current") or "").strip().lower() == "true"
            self._report.observe("ofd.version", {**stated, "index": number, "current": is_current})
            main = self._parts.follow(place or "", about.get("DocRoot"))
            if main is not None and main != current and (document := self._parts.root(main)) is not None:
                for page in document.iterfind("{*}Pages/{*}Page"):
                    self._read_aside(self._parts.follow(main, page.get("BaseLoc")), f"version {number}")

    def _read_aside(self, place: str | None, label: str) -> None:
        """Report the letters of a page that the document itself does not list; once."""
        if place is not None and place not in self._pages_read and (root := self._parts.root(place)) is not None:
            self._pages_read.add(place)
            self._put_letters(root, label)

    def _put_letters(self, root: Any, label: str) -> None:
        aside = Sheet(self.allowance, Drawings(), None)
        for content in root.iterfind("{*}Content"):
            aside.draw(content)
        aside.set_letters()
        self._put_aside(label, [*lines([*aside.shown, *aside.unseen]), *aside.leave(root)])
        self._keep_addresses(root)

    def read_rest(self) -> None:
        """Report pages that no document lists; whatever else is there and was not read comes out as a member."""
        for name in self._parts.package.names:
            if name.lower().endswith(".xml") and name not in self._parts.package.used:
                root = self._parts.package.root(name)
                if root is not None and markup.local(root) == "Page" and root.find(".//{*}TextCode") is not None:
                    self._put_letters(root, "page outside the document")
                else:
                    self._parts.also.add(name)
        for address in self._addresses:
            self._report.observe("address", address)
        self._put_aside("address", self._addresses)


def _annotations(document: Any) -> str | None:
    return said(document, "Annotations").get("Annotations")
