"""OpenDocument text, sheets and slides (ISO/IEC 26300): what shows, and what is deleted, noted or not displayed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import dates, ink, markup
from witnessmark.formats.encodings import storable
from witnessmark.formats.odf_ink import NOTHING, Looks, Sight
from witnessmark.formats.odf_lists import Lists
from witnessmark.formats.package import Package, close
from witnessmark.model.derivative import Outcome

LONGEST = 32 << 20
MOST_BLANKS = 1000
DEEPEST = 20
UNKNOWN = "text, shown or not"
_APART = {
    "tracked-changes": "deleted text",
    "annotation": "comment",
    "hidden-text": "hidden text",
    "hidden-paragraph": "hidden text",
    "notes": "speaker notes",
    "title": "alt text",
    "desc": "alt text",
    "forms": "form",
    "scripts": "script",
    "document": "embedded object",  # in a flat one; its own root is not walked
    "named-expressions": "defined name",
    "database-ranges": "defined name",
    "content-validations": "validation",
}
_UNREAD = {"automatic-styles", "styles", "font-face-decls", "sequence-decls", "binary-data", "meta", "settings"}
_SCRIPTS = ("Basic/", "Dialogs/", "Scripts/")
_PARAGRAPHS = frozenset(("p", "h"))
_SIGNS = frozenset(("mi", "mn", "mo", "mtext"))  # of a formula (MathML 3, 3.2)
_TIMES = {"creation-date": "created", "date": "modified", "print-date": "printed"}


@dataclass(slots=True)
class Styles:
    """Names of the styles whose text, rows, columns, sheets or slides do not show: their own word or their parent's."""

    stated: dict[str, bool] = field(default_factory=dict)  # whether what has the style is hidden, where it says so
    parents: dict[str, str] = field(default_factory=dict)
    are_lost: bool = False
    """Whether the package was cut off before they ended: of a style that is not there nothing is known then."""

    def why(self, name: str, label: str) -> str:
        """Return the label of what has this style, if it does not show, or if that is not known."""
        for _ in range(DEEPEST):
            if not name or name in self.stated:
                return label if self.stated.get(name) else ""
            if name not in self.parents:
                return UNKNOWN if self.are_lost else ""
            name = self.parents[name]
        return label


def read_odf(source: Source, report: Report) -> None:
    """Read an OpenDocument file.

    Raises:
        ReadingStopped: when it is encrypted, no package, or past a limit.
    """
    markup.name_tool(report)
    package = Package(source)
    package.refuse_locked()
    content, styles = package.root("content.xml"), package.root("styles.xml")
    if content is None:
        raise ReadingStopped(Outcome.CORRUPT, "the package holds no content")
    known = Styles(are_lost=package.is_cut and (styles is None or "styles.xml" in package.broken))
    edges = None if styles is None else styles.find("{*}master-styles")
    tell(report, known, (styles, content), (content, edges))
    tell_meta(package.root("meta.xml"), report)
    package.used.update(("content.xml", "styles.xml", "meta.xml", "settings.xml", "META-INF/manifest.xml"))
    for name in package.names:
        if name not in package.used and name.endswith("content.xml"):
            inner = package.root(name)
            texts = () if inner is None else ((element.text or "").strip() for element in inner.iter())
            words = "\n".join(text for text in texts if text)
            if words:
                report.hidden("embedded object", words[:LONGEST] + "\n")
    for name in package.names:
        if name.startswith(_SCRIPTS) and name.lower().endswith(".xml") and name not in package.used:
            script = package.root(name)
            words = "" if script is None else "".join(script.itertext()).strip()
            if words:
                report.hidden("macro", words[:LONGEST] + "\n")
    macros = [name for name in package.names if name.startswith(("Basic/", "Scripts/")) and not name.endswith("/")]
    if macros:
        report.observe("office.macros", {"parts": [storable(name) for name in macros[:200]]})
    package.take_members(report, set())
    package.observe_times(report)
    close(package, report)


def tell(report: Report, known: Styles, styled: Iterable[Any], told: Iterable[Any]) -> None:
    """Report the text under some elements, given those that hold styles; None stands for what is not there."""
    lists, looks = Lists(), Looks()
    for root in styled:
        _read_styles(root, known)
        lists.learn(root)
        looks.learn(root)
    may_hide = looks.may_hide()
    for root in told:
        if root is not None:
            _Story(report, known, lists, Sight(looks) if may_hide else None).read(root)


def _read_styles(root: Any, known: Styles) -> None:
    for element in () if root is None else root.iter("{*}style"):
        style = markup.attributes(element)
        name = style.get("name", "")
        known.parents.setdefault(name, style.get("parent-style-name", ""))
        for inner in element:
            about = markup.attributes(inner)
            for kind, key, hides in _HIDES:
                if markup.local(inner) == kind and key in about:
                    known.stated[name] = about[key] == hides or known.stated.get(name, False)


_HIDES = (
    ("text-properties", "display", "none"),
    ("table-properties", "display", "false"),
    ("drawing-page-properties", "visibility", "hidden"),
)


class _Story:
    def __init__(self, report: Report, known: Styles, lists: Lists, sight: Sight | None) -> None:
        self._report, self._known, self._lists, self._sight = report, known, lists, sight
        self._why: list[tuple[Any, str]] = []  # open elements that hide what is in them
        self._parts: list[str] = []
        self._aside: dict[str, list[str]] = {}
        self._columns: list[tuple[bool, str]] = []  # columns of the table under way: does not show; style of its cells
        self._row_style = ""
        self._column = 0
        self._pages = 0
        self._length = 0
        self._paragraphs = 0  # that are open: one may stand in another's note

    def read(self, root: Any) -> None:
        """Report the text under an element, in order; an explicit walk, for elements nest as deep as they like."""
        skip: Any = None
        for event, element in markup.walk(root):
            kind = markup.local(element)
            if skip is not None:
                if event == "end" and element is skip:
                    skip = None
                    self._put(element.tail)
                continue
            if event == "start":
                if kind in _UNREAD or kind.endswith("-source"):
                    skip = element
                    continue
                self._start(kind, element)
                self._put(element.text)
            else:
                self._end(kind, element)
                self._put(element.tail)
        text = "".join(self._parts).strip("\n")
        if text:
            self._report.visible(text + "\n")
        for label, parts in self._aside.items():
            words = "".join(parts).strip()
            if words:
                self._report.hidden(label, words + "\n")

    def _put(self, text: str | None) -> None:
        if not text or (not self._paragraphs and text.isspace()):
            return  # what stands between paragraphs is how the file was laid out
        # Line breaks and runs of blanks in the markup are layout of the file, not of the text (26300, 6.1.2).
        blank = text[0].isspace(), text[-1].isspace()
        folded = (" " if blank[0] else "") + " ".join(text.split()) + (" " if blank[1] and text.strip() else "")
        self._say(folded)

    def _say(self, text: str) -> None:
        self._length += len(text)
        if self._length > LONGEST:
            raise ReadingStopped(Outcome.REFUSED_LIMIT, "the document holds more than 32 million characters")
        if self._why:
            self._aside.setdefault(self._why[-1][1], []).append(text)
            return
        why = self._sight.why if self._sight is not None else ""
        if why:
            self._aside.setdefault(why, []).append(text)
        if not why or (why != NOTHING and text.isspace()):  # a blank is one in any colour
            self._parts.append(text)

    def _start(self, kind: str, element: Any) -> None:
        self._paragraphs += kind in _PARAGRAPHS
        about = markup.attributes(element)
        why = _APART.get(kind, "")
        if kind == "annotation" and "encoding" in about:
            why = "formula"  # as it was typed: MathML 3, 5.1
        style = about.get("style-name", "")
        if style:
            label = {"table": "hidden sheet", "page": "hidden slide"}.get(kind, "hidden text")
            why = self._known.why(style, label) or why
        if about.get("visibility") in ("collapse", "filter") and kind in ("table-row", "table-row-group"):
            why = "hidden row"
        if kind == "page" and not why:
            if self._pages:
                self._say("\f")
            self._pages += 1
            self._say("")
        if kind == "table":
            self._columns = []
            if about.get("name"):
                self._why += [(element, why)] if why else []
                why = ""
                self._say(about["name"] + "\n")
        if kind == "table-column":
            hidden = about.get("visibility") in ("collapse", "filter")
            if len(self._columns) < 20_000:
                column = hidden, about.get("default-cell-style-name", "")
                self._columns += [column] * min(_count(about, "number-columns-repeated"), 16_384)
        if kind == "table-row":
            self._column = 0
            self._row_style = about.get("default-cell-style-name", "")
        if kind in ("table-cell", "covered-table-cell"):
            hidden, column_style = self._columns[self._column] if self._column < len(self._columns) else (False, "")
            style = style or self._row_style or column_style
            self._column += _count(about, "number-columns-repeated")
            why = why or ("hidden column" if hidden else "")
            if about.get("formula", "").count('"'):
                self._aside.setdefault("formula", []).append(about["formula"] + "\n")
        if why:
            self._why.append((element, why))
        if self._sight is not None:
            self._sight.start(kind, element, style)
        self._number(kind, about)
        if kind == "s":
            self._say(" " * min(_count(about, "c"), MOST_BLANKS))
        elif kind == "tab":
            self._say("\t")
        elif kind == "line-break":
            self._say("\n")

    def _number(self, kind: str, about: dict[str, str]) -> None:
        """Say the number that stands before a paragraph; of what does not show, it is not counted."""
        if kind == "list":
            self._lists.open_list(about)
        elif kind == "list-item":
            self._lists.open_item(about)
        elif kind in _PARAGRAPHS and not self._why:
            number = self._lists.heading(about) if kind == "h" else self._lists.paragraph()
            if number:
                self._say(number + " ")

    def _end(self, kind: str, element: Any) -> None:
        self._paragraphs -= kind in _PARAGRAPHS
        if kind in ("p", "h", "table-row", "title", "desc", "creator", "date", "hidden-text"):
            self._say("\n")
        elif kind == "list":
            self._lists.close_list()
        elif kind in _SIGNS:
            self._say(" ")
        elif kind in ("table-cell", "covered-table-cell"):
            parts = self._parts if not self._why else self._aside.get(self._why[-1][1], [])
            while parts and parts[-1] in ("\n", " "):
                parts.pop()
            if len(element):
                self._say("\t")
        while self._why and self._why[-1][0] is element:
            self._why.pop()
        if self._sight is not None:
            self._sight.end(element)
            if kind in _PARAGRAPHS:
                self._end_lines()

    def _end_lines(self) -> None:
        """End the line of what did not show of a paragraph that shows otherwise."""
        for label in (NOTHING, *ink.LOST):
            parts = self._aside.get(label)
            if parts and not parts[-1].endswith("\n"):
                parts.append("\n")


def _count(about: dict[str, str], name: str) -> int:
    text = about.get(name, "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def tell_meta(root: Any, report: Report) -> None:
    """Report what a document says of itself."""
    for element in () if root is None else root.iter():
        kind, text = markup.local(element), (element.text or "").strip()[:10_000]
        if not kind or not text:
            continue
        if kind in _TIMES:
            dates.observe(report, _TIMES[kind], dates.from_iso(text), f"OpenDocument {kind}")
        elif kind == "generator":
            dates.observe_software(report, text, "", "OpenDocument generator")
        elif kind in ("editing-cycles", "editing-duration"):
            report.observe(f"office.{kind}", text[:100])
        else:
            report.hidden(f"metadata: {kind}", text + "\n")
