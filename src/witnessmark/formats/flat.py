"""Office documents in one XML file: Word's own of 2003 (WordprocessingML), packages laid flat, flat OpenDocument.

A flat package is put together again in memory, part by part, and read as what it is. Flat OpenDocument has
under one root all that is content and styles elsewhere (ISO/IEC 26300-1, 3.1.2). Word's older form tells changes,
comments and notes in their place; they are sorted as in a docx, and packed pictures come out as members.
"""

import base64
import binascii
import io
import zipfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from html import escape
from typing import Any, Final

from lxml import etree

from witnessmark.cell.report import MemberSink, ReadingStopped, Relay, Report, Source
from witnessmark.formats import dates, markup, odf, office
from witnessmark.formats.docx import Buffer, Story
from witnessmark.formats.encodings import storable
from witnessmark.model.codec import Value
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, Path, PathStep

LARGEST: Final = 128 << 20
MOST_PARTS: Final = 10_000
_READERS: Final = (("xl/", office.read_xlsx), ("ppt/", office.read_pptx), ("", office.read_docx))


def read_flat_package(source: Source, report: Report) -> None:
    """Read a package that lies flat in one XML file.

    Raises:
        ReadingStopped: when it is too large or holds no part.
    """
    if source.size > LARGEST:
        raise ReadingStopped(Outcome.REFUSED_LIMIT, "the flat package is larger than 128 MiB")
    source.stream.seek(0)
    out, names, broken = io.BytesIO(), set[str](), False
    kinds = list[str]()
    with zipfile.ZipFile(out, "w") as package:
        try:
            for _, part in markup.ends(source.stream, "part"):
                about = markup.attributes(part)
                name = about.get("name", "").lstrip("/")
                if name and name not in names and len(names) < MOST_PARTS:
                    names.add(name)
                    kinds.append(
                        f'<Override PartName="/{escape(name)}" ContentType="{escape(about.get("contentType", ""))}"/>'
                    )
                    package.writestr(zipfile.ZipInfo(name, _NO_TIME), _bytes(part))
                markup.forget(part)
        except markup.BrokenMarkup:
            broken = True
        if "[Content_Types].xml" not in names:
            package.writestr(
                zipfile.ZipInfo("[Content_Types].xml", _NO_TIME), f'<Types xmlns="{_TYPES}">{"".join(kinds)}</Types>'
            )
    if not names:
        raise ReadingStopped(Outcome.CORRUPT, "the flat package holds no part")
    whole = out.getvalue()
    read = next(read for start, read in _READERS if any(name.startswith(start) for name in names))
    read(Source(io.BytesIO(whole), len(whole), source.name), _Timeless(report))
    if broken:
        report.outcome(Outcome.PARTIAL, "the flat package breaks off")


def read_flat_odf(source: Source, report: Report) -> None:
    """Read an OpenDocument text, sheet, drawing or presentation that lies in one XML file.

    Raises:
        ReadingStopped: when it is too large or no XML.
    """
    markup.name_tool(report)
    if source.size > LARGEST:
        raise ReadingStopped(Outcome.REFUSED_LIMIT, "the flat document is larger than 128 MiB")
    data = source.first(LARGEST)
    root = markup.parse(data)
    if root is None:
        raise ReadingStopped(Outcome.CORRUPT, "the flat document cannot be read")
    is_cut = not data.rstrip().endswith(b"document>")
    body, edges = root.find("{*}body"), root.find("{*}master-styles")
    odf.tell(report, odf.Styles(are_lost=is_cut and body is None), (root,), (root.find("{*}scripts"), body, edges))
    odf.tell_meta(root.find("{*}meta"), report)
    for number, element in enumerate(root.iter("{*}binary-data"), 1):
        packed = _decoded(element.text or "")
        if packed and number <= MOST_PARTS:
            with report.member((PathStep(f"data-{number}"),), How.DECODED, {}) as sink:
                sink.write(packed)
    if is_cut:
        report.outcome(Outcome.PARTIAL, "the document breaks off in its markup")


_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)


class _Timeless(Relay):
    """A report for a package that was put together here: nothing in the file says when its parts were packed."""

    def observe(self, name: str, value: Value) -> None:
        if name != "date.archived":
            super().observe(name, value)

    def member(self, path: Path, how: How, stated: Mapping[str, Value]) -> AbstractContextManager[MemberSink]:
        del how, stated  # those of the package that was made here
        return super().member(path, How.DECODED, {})


_TYPES: Final = "http://schemas.openxmlformats.org/package/2006/content-types"


def _bytes(part: Any) -> bytes:
    """Return the bytes of a part: the element that it wraps, or what its letters stand for."""
    for child in part:
        kind = markup.local(child)
        if kind == "xmlData" and len(child):
            return bytes(etree.tostring(child[0], encoding="utf-8", with_tail=False))
        if kind == "binaryData":
            return _decoded(child.text or "")
    return b""


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=False)
    except (binascii.Error, ValueError):
        return b""


def read_wordml(source: Source, report: Report) -> None:
    """Read a Word document of 2003 in XML."""
    markup.name_tool(report)
    source.stream.seek(0)
    story = _Story(report)
    broken = False
    try:
        for event, element in markup.events(source.stream):
            story.take(event, element)
            if story.is_full:
                report.outcome(Outcome.PARTIAL, "the text is longer than is kept")
                break
    except markup.BrokenMarkup:
        broken = True
    story.finish()
    for text in (*story.edges["hdr"], story.visible, *story.notes_said, *story.edges["ftr"]):
        if text.strip():
            report.visible(text.rstrip("\n") + "\n")
    for label, text in story.hidden:
        report.hidden(label, text)
    if story.authors or story.changes:
        report.observe("office.changes", {"authors": sorted(story.authors), "count": len(story.changes)})
        for moment in dict.fromkeys((min(story.changes), max(story.changes))) if story.changes else ():
            dates.observe(report, "changed", dates.from_iso(moment), "Office tracked change")
    if broken:
        report.outcome(Outcome.PARTIAL, "the document breaks off in its markup")


class _Story(Story):
    """The story of a document of 2003: as in a docx, but that notes, comments and headers stand in place."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self._report = report
        self.edges: dict[str, list[str]] = {"hdr": [], "ftr": []}
        self.notes_said: list[str] = []
        self._asides: list[tuple[str, list[str], dict[str, bool]]] = []
        self._kinds: list[str] = []
        self._about: list[str] = []
        self._label = ""

    @property
    def is_full(self) -> bool:
        """Whether no more text is kept."""
        return self._length > 32 << 20

    def take(self, event: str, element: Any) -> None:
        """Take in the start or the end of an element."""
        kind = markup.local(element)
        if event == "start":
            self._begin(kind, element)
            return
        self._close(kind, element)
        if kind in ("p", "binData", "style", "font"):
            element.clear()

    def finish(self) -> None:
        """Close what is open where the markup broke off."""
        while self._asides:
            self._close_aside()
        while len(self._stack) > 1:
            self._end_box()
        self._flush_aside()

    def _begin(self, kind: str, element: Any) -> None:
        if kind == "annotation":
            kind = "" if self._skip else _ANNOTATIONS.get(markup.attributes(element).get("type", ""), "")
            self._kinds.append(kind)
            if kind in ("del", "ins"):
                about = markup.attributes(element)
                known = {"author": about.get("author", ""), "date": about.get("createdate", "")}
                plain = etree.Element("change", {name: value for name, value in known.items() if value})
                self._start(kind, plain)
            elif kind == _BEFORE:
                self._start(kind, element)
            elif kind == "comment":
                author = markup.attributes(element).get("author", "")
                self._open_aside(kind, f"{author}: " if author else "")
        elif kind in ("hdr", "ftr", "footnote", "endnote"):
            self._open_aside(kind, "")
        elif kind == "DocumentProperties":
            self._about.append(kind)
        elif not self._about and kind not in _MUTE:
            self._start(kind, element)

    def _close(self, kind: str, element: Any) -> None:
        if kind == "annotation":
            kind = self._kinds.pop() if self._kinds else ""
            if kind in ("del", _BEFORE):
                self._end(kind, element)
            elif kind == "comment":
                self._close_aside()
        elif kind in ("hdr", "ftr", "footnote", "endnote"):
            self._close_aside()
        elif kind == "DocumentProperties":
            self._about.clear()
        elif self._about:
            self._tell_property(kind, (element.text or "").strip())
        elif kind == "binData":
            self._take_member(element)
        elif kind not in _MUTE:
            self._end(kind, element)

    def _start_property(self, kind: str, element: Any) -> None:
        if kind == "t":  # what Word drew before the paragraph: its number
            self._label = markup.attributes(element).get("val", "")
        super()._start_property(kind, element)

    def _put_number(self) -> None:
        if self._label:
            self._stack[-1].parts.append(self._label + " ")
            self._label = ""

    def _open_aside(self, kind: str, text: str) -> None:
        self._asides.append((kind, self._properties, {"fresh": self._fresh}))
        self._properties = []
        self._stack.append(Buffer([text] if text else []))
        self._start_paragraph()
        self._start_run()

    def _close_aside(self) -> None:
        if not self._asides or len(self._stack) < 2:
            return
        kind, self._properties, before = self._asides.pop()
        inner = self._stack.pop()
        self._fresh = before["fresh"]
        text = "".join(inner.parts + inner.boxes).strip("\n")
        if not text.strip():
            return
        if kind == "comment":
            self.hidden.append((kind, text + "\n"))
        elif kind in self.edges:
            if text not in self.edges[kind]:
                self.edges[kind].append(text)
        else:
            self.notes_said.append(text)

    def _tell_property(self, kind: str, value: str) -> None:
        if not value:
            return
        if kind in ("Created", "LastSaved", "LastPrinted"):
            name = {"Created": "created", "LastSaved": "modified", "LastPrinted": "printed"}[kind]
            dates.observe(self._report, name, dates.from_iso(value), f"Office property {kind}")
        else:
            self._report.observe(f"office.{kind.lower()}"[:60], value[:500])
            if not value.isdigit():
                self.hidden.append((f"metadata: {kind}", value + "\n"))

    def _take_member(self, element: Any) -> None:
        name = markup.attributes(element).get("name", "").rpartition("/")[2] or "data"
        data = _decoded(element.text or "")
        if data:
            with self._report.member((PathStep(storable(name)),), How.DECODED, {}) as sink:
                sink.write(data)


_BEFORE: Final = "rPrChange"
_ANNOTATIONS: Final = {
    "Word.Deletion": "del",
    "Word.Insertion": "ins",
    "Word.Comment": "comment",
    "Word.Formatting": _BEFORE,
}
_MUTE: Final = frozenset(
    ("binData", "content", "annotationRef", "footnoteRef", "endnoteRef", "footnotePr", "endnotePr")
)
