"""The story of a Word part (body, header, note, comment): one pass that sorts what shows from the rest.

Words are told by local names, so that the transitional and the strict form (ISO/IEC 29500-1 and -4) read alike.
"""

from dataclasses import dataclass, field
from typing import Any

from witnessmark.formats import ink, markup
from witnessmark.formats.docx_numbers import Numbers
from witnessmark.formats.docx_styles import TINY, Styles, highlight_of, ink_of, shade_of
from witnessmark.formats.ink import Ink, Paper, Said
from witnessmark.formats.package import Package

DELETED, MOVED, VANISHED, FIELD, ALT = "deleted text", "moved text", "hidden text", "field code", "alt text"
UNKNOWN = "text, shown or not"
LONGEST = 32 << 20
_PROPERTIES = {
    "rPr",
    "pPr",
    "sectPr",
    "tblPr",
    "trPr",
    "tcPr",
    "sdtPr",
    "tblGrid",
    "bodyPr",
    "lstStyle",
    "spPr",
    "style",
}
_OFF = {"0", "false", "off", "none"}
_BREAKS = {"br": "\n", "cr": "\n", "tab": "\t", "ptab": "\t", "noBreakHyphen": "\u2011", "softHyphen": "\u00ad"}
_CHANGES = ("del", "moveFrom", "ins", "moveTo")
_SHAPES = ("docPr", "cNvPr", "shape", "imagedata", "rect", "oval")
_CHOICES = ("listItem", "placeholder", "docPart")
_SAID_BY_PROPERTIES = frozenset(
    (
        "headerReference", "footerReference", "titlePg", "pStyle", "rStyle", "vanish", "specVanish", "numId", "ilvl",
        "color", "shd", "highlight", "sz", "hidden", "del", "tblStyle", *_CHOICES,
    )
)  # fmt: skip
_BEFORE = frozenset(
    ("rPrChange", "pPrChange", "sectPrChange", "tblPrChange", "trPrChange", "tcPrChange", "tblPrExChange")
)
"""What properties were before a tracked change of them."""
_STARTS = frozenset(
    (
        "Fallback", *_BEFORE, *_PROPERTIES, *_SAID_BY_PROPERTIES, "r", "p", *_CHANGES, "txbxContent", *_SHAPES, "tbl",
        "tr", "tc", "rt", "footnoteReference", "endnoteReference", "footnote", "endnote", "comment", "fldSimple",
        "background",
    )
)  # fmt: skip
"""The elements whose beginning says something; most of a document are others."""
_ENDS = frozenset(
    (
        *_PROPERTIES, "t", "delText", "instrText", "delInstrText", *_BREAKS, "sym", "r", "p", "del", "moveFrom",
        "txbxContent", "tc", "tr", "tbl", "ruby", "rt", "comment", "drawing", "pict",
    )
)  # fmt: skip
_GENERIC = ("picture", "rectangle", "text box", "image", "shape", "object", "chart", "diagram", "group", "line", "oval")


@dataclass(slots=True)
class Buffer:
    """Text under way; a text box inside a paragraph gets a buffer of its own and follows the paragraph."""

    parts: list[str] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Section:
    """What a section says of its headers and footers."""

    parts: list[tuple[str, str, str]] = field(default_factory=list)  # (header or footer, type, relationship)
    first_differs: bool = False


class Story:
    """One part of a Word document, read."""

    def __init__(self, numbers: Numbers | None = None, styles: Styles | None = None) -> None:
        self._numbers = numbers or Numbers()
        self._styles = styles or Styles()
        self.hidden: list[tuple[str, str]] = []
        self.sections: list[Section] = []
        self.notes: set[str] = set()  # ids of the foot- and endnotes that the shown text refers to
        self.authors: dict[str, int] = {}
        self.changes: list[str] = []
        self.shown_notes: set[str] | None = None  # when set, notes of other ids are not shown
        self.broken = False
        self._stack: list[Buffer] = [Buffer()]
        self._aside: dict[str, list[str]] = {}
        self._skip = self._deleted = self._moved = 0
        self._papers: list[Paper] = []  # of the tables, cells and boxes that are open
        self._properties: list[str] = []  # open property elements
        self._rows: list[bool] = []  # open table rows: hidden or deleted
        self._shape_hidden = False
        self._unshown = False
        self._start_paragraph()
        self._start_run()
        self._ruby: list[str] | None = None
        self._reading = ""
        self._length = 0

    @property
    def visible(self) -> str:
        """The text that shows."""
        return "".join(self._stack[0].parts)

    def read(self, package: Package, name: str) -> "Story":
        """Read a part from end to end; broken markup ends it early."""
        names: dict[str, str] = {}
        try:
            with package.open(name) as stream:
                for event, element in markup.events(stream):
                    tag = element.tag
                    kind = names.get(tag)
                    if kind is None:
                        kind = names.setdefault(tag, markup.local(element))
                    if event == "start":
                        if kind in _STARTS or self._skip:
                            self._start(kind, element)
                    else:
                        if kind in _ENDS or self._skip:
                            self._end(kind, element)
                        if kind == "p":
                            element.clear()
                    if self._length > LONGEST:
                        package.broken.append(name)
                        break
        except markup.BrokenMarkup:
            package.broken.append(name)
            self.broken = True
        while len(self._stack) > 1:
            self._end_box()
        self._flush_aside()
        return self

    def _start_paragraph(self) -> None:
        self._style = self._number = ""
        self._level: int | None = None
        self._ground: Paper = None
        self._fresh = True

    def _start_run(self) -> None:
        self._vanished: bool | None = None
        self._run_style = ""
        self._ink: Ink = None
        self._marked: Paper = None
        self._shade: Paper = None
        self._tiny: bool | None = None

    def _start(self, kind: str, element: Any) -> None:
        if self._skip or kind == "Fallback" or kind in _BEFORE:
            self._skip += 1
            return
        if kind in _PROPERTIES:
            self._properties.append(kind)
            if kind == "sectPr":
                self.sections.append(Section())
            return
        if self._properties:
            self._start_property(kind, element)
            return
        if kind == "r":
            self._start_run()
        elif kind == "p":
            self._start_paragraph()
        elif kind in _CHANGES:
            self._note_change(element)
            self._deleted += kind == "del"
            self._moved += kind == "moveFrom"
        elif kind == "txbxContent":
            self._stack.append(Buffer())
            self._papers.append(Said.UNKNOWN)
        elif kind in _SHAPES:
            self._note_alternatives(element)
        elif kind in ("tbl", "tc"):
            self._papers.append(None)
        elif kind == "tr":
            self._rows.append(False)
        elif kind == "rt":
            self._ruby = []
        elif kind in ("footnoteReference", "endnoteReference"):
            if not (self._deleted or self._moved):
                self.notes.add(markup.attributes(element).get("id", ""))
        elif kind in ("footnote", "endnote") and self.shown_notes is not None:
            self._unshown = markup.attributes(element).get("id", "") not in self.shown_notes
        elif kind == "comment":
            about = markup.attributes(element)
            self._aside.setdefault("comment", []).append(f"{about.get('author', '')}: ")
        elif kind == "fldSimple":
            self._put_aside(FIELD, markup.attributes(element).get("instr", ""))
        elif kind == "background":
            about = markup.attributes(element)
            self._styles.page = ink.parsed(about.get("color") or about.get("bgcolor", "")) or Said.UNKNOWN

    def _start_property(self, kind: str, element: Any) -> None:
        value = markup.attributes(element)
        if kind in ("headerReference", "footerReference") and self.sections:
            self.sections[-1].parts.append((kind[:6], value.get("type", "default"), value.get("id", "")))
        elif kind == "titlePg" and self.sections:
            self.sections[-1].first_differs = value.get("val") not in _OFF
        elif kind == "pStyle":
            self._style = value.get("val", "")
        elif kind == "rStyle":
            self._run_style = value.get("val", "")
        elif kind in ("vanish", "specVanish"):
            self._vanished = value.get("val") not in _OFF
        elif kind == "numId":
            self._number = value.get("val", "")
        elif kind == "ilvl":
            text = value.get("val", "")
            self._level = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else None
        elif kind == "color":
            self._ink = ink_of(value)
        elif kind == "highlight":
            self._marked = highlight_of(value)
        elif kind == "shd":
            self._note_shade(shade_of(value))
        elif kind == "tblStyle" and self._papers and self._styles.paints(value.get("val", "")):
            self._papers[-1] = Said.UNKNOWN  # which of its cells is not asked
        elif kind == "sz":
            self._tiny = value.get("val") in TINY
        elif kind in ("hidden", "del") and self._properties[-1] == "trPr" and self._rows:
            self._rows[-1] = value.get("val") not in _OFF
        elif kind in _CHOICES:
            self._put_aside("choice", value.get("displayText", ""))

    def _note_shade(self, paper: Paper) -> None:
        kind = self._properties[-1]
        if kind == "pPr":
            self._ground = paper
        elif kind in ("tcPr", "tblPr") and self._papers and paper is not Said.NOTHING:
            self._papers[-1] = paper if kind == "tcPr" else Said.UNKNOWN  # LibreOffice paints none of the table's own
        elif kind == "rPr":
            self._shade = paper

    def _end(self, kind: str, element: Any) -> None:
        if self._skip:
            self._skip -= 1
            return
        if kind in _PROPERTIES:
            self._properties.pop()
            if kind == "pPr":
                self._start_run()  # what the paragraph mark has is not its words'
            return
        if self._properties:
            return
        if kind == "t":
            self._put(element.text or "")
        elif kind == "delText":
            self._put_aside(MOVED if self._moved else DELETED, element.text or "")
        elif kind in ("instrText", "delInstrText"):
            self._put_aside(FIELD, element.text or "")
        elif kind in _BREAKS:
            self._put(_BREAKS[kind])
        elif kind == "sym":
            self._put(_sign(markup.attributes(element).get("char", "")))
        elif kind == "r":
            self._start_run()
        elif kind == "p":
            self._end_paragraph()
        elif kind == "del":
            self._deleted -= 1
        elif kind == "moveFrom":
            self._moved -= 1
        elif kind == "txbxContent":
            self._end_box()
        elif kind in ("tc", "tr", "tbl"):
            self._end_cell(kind)
        elif kind in ("ruby", "rt"):
            self._end_ruby(kind)
        elif kind == "comment":
            self._flush_aside()
        elif kind in ("drawing", "pict"):
            self._shape_hidden = False

    def _why_hidden(self) -> str:
        """Return the label for text at this place, or nothing when it shows."""
        if self._deleted:
            return DELETED
        if self._moved:
            return MOVED
        vanished = self._vanished
        if vanished is None and self._styles.are_lost and (self._style or self._run_style):
            return UNKNOWN
        look = self._styles.look(self._style, self._run_style)
        vanished = look.vanishes if vanished is None else vanished
        tiny = look.is_tiny if self._tiny is None else self._tiny
        if vanished or tiny or self._shape_hidden or any(self._rows):
            return VANISHED
        colour = ink.over_mark(look.ink if self._ink is None else self._ink, self._marked)
        if isinstance(colour, tuple):
            ground = look.ground if self._ground is None else self._ground
            paper = look.paper if self._shade is None else self._shade
            papers = (self._marked, paper, ground, *reversed(self._papers), self._styles.page)
            if reason := ink.why(colour, ink.beneath(*papers)):
                return reason
        return "note not shown" if self._unshown else ""

    def _put(self, text: str) -> None:
        if not text:
            return
        why = self._why_hidden()
        if why:
            self._put_aside(why, text)
            if why not in ink.LOST or not text.isspace():
                return  # a blank is one in any colour
        if self._ruby is not None:
            self._ruby.append(text)
            return
        if self._fresh:
            self._fresh = False
            self._put_number()
        self._length += len(text)
        self._stack[-1].parts.append(text)

    def _put_number(self) -> None:
        number, level = self._styles.numbering(self._style)
        number = self._number or number
        if number and number != "0":
            label = self._numbers.next(number, self._level if self._level is not None else level)
            if label:
                self._stack[-1].parts.append(label + " ")

    def _put_aside(self, label: str, text: str) -> None:
        if text:
            self._length += len(text)
            self._aside.setdefault(label, []).append(text)

    def _flush_aside(self) -> None:
        for label, parts in self._aside.items():
            text = "".join(parts).strip()
            if text:
                self.hidden.append((label, text + "\n"))
        self._aside = {}

    def _end_paragraph(self) -> None:
        buffer = self._stack[-1]
        buffer.parts.append("\n")
        if buffer.boxes:
            buffer.parts += buffer.boxes
            buffer.boxes = []
        for parts in self._aside.values():
            parts.append("\n")
        if len(self._stack) == 1 and "comment" not in self._aside:
            self._flush_aside()
        self._start_paragraph()
        self._start_run()

    def _end_box(self) -> None:
        inner = self._stack.pop()
        self._close_paper()
        text = "".join(inner.parts + inner.boxes).strip("\n")
        if text:
            self._stack[-1].boxes.append(text + "\n")

    def _close_paper(self) -> None:
        if self._papers:
            self._papers.pop()

    def _end_cell(self, kind: str) -> None:
        parts = self._stack[-1].parts
        if kind != "tr":
            self._close_paper()
        if kind == "tc":
            while parts and parts[-1] == "\n":
                parts.pop()
            parts.append("\t")
        elif kind == "tr":
            if self._rows:
                self._rows.pop()
            if parts and parts[-1] == "\t":
                parts.pop()
            parts.append("\n")

    def _end_ruby(self, kind: str) -> None:
        # A reading stands before its base in the markup and above it on the page: "base (reading)" in a line.
        if kind == "rt" and self._ruby is not None:
            self._reading = "".join(self._ruby)
            self._ruby = None
        elif kind == "ruby" and self._reading:
            self._put(f" ({self._reading})")
            self._reading = ""

    def _note_change(self, element: Any) -> None:
        about = markup.attributes(element)
        author = about.get("author", "")
        if author and (author in self.authors or len(self.authors) < 200):
            self.authors[author] = self.authors.get(author, 0) + 1
        if about.get("date") and len(self.changes) < 20_000:
            self.changes.append(about["date"][:40])

    def _note_alternatives(self, element: Any) -> None:
        about = markup.attributes(element)
        style = about.get("style", "").replace(" ", "").lower()
        if about.get("hidden") in ("1", "true") or "visibility:hidden" in style:
            self._shape_hidden = True
        for key in ("descr", "title", "alt", "name"):
            text = about.get(key, "").strip()
            if text and not (key in ("name", "title") and text.lower().rstrip(" 0123456789").startswith(_GENERIC)):
                self._put_aside(ALT, text + "\n")
        self._put_aside("address", about.get("href", ""))


def _sign(code: str) -> str:
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    return chr(number) if 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE else ""
