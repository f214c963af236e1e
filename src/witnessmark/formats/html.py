"""Reads HTML: what a reader of the page sees, in reading order; and what the page holds unseen.

Nothing is fetched and no script is run: what the page would fetch is listed. Nothing recurses: pages are nested as
deep as their makers like.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from importlib.metadata import version
from urllib.parse import unquote_to_bytes

from selectolax.lexbor import LexborHTMLParser, LexborNode

from witnessmark.cell.report import Relay, Report, Source
from witnessmark.formats import encodings
from witnessmark.formats.html_hiding import Hiding
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

LARGEST = 48 << 20
"""Bytes of a page that are read; the rest is left out and said so."""
DEEPEST = 5_000
"""Elements inside each other; a page with more is read as text without tags."""
MOST_LINKS = 1_000
MOST_PICTURES = 1_000
_META = re.compile(
    rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})|<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.-]{2,40})",
    re.IGNORECASE,
)
_BLOCKS = frozenset(
    """address article aside blockquote body br button caption center dd details dialog dir div dl dt fieldset
    figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 head header hr html iframe legend li main menu
    nav ol optgroup option p pre section select summary table tbody tfoot thead title tr ul""".split()  # noqa: SIM905
)
_ANY_TAG = re.compile(r"<[^<>]{0,10000}>")
_NESTING = re.compile(
    r"<(/?)(?!(?:br|hr|img|input|meta|link|base|area|col|param|source|track|wbr|embed|p|li|dt|dd|tr|td|th|option)\b)[a-z]",
    re.IGNORECASE,
)
"""Beginnings and ends of elements that have to be closed."""
_SELECT = re.compile(r"<(/?)select\b", re.IGNORECASE)
_CELLS = frozenset(("td", "th"))
_ODD_TAGS = {
    "x-select": "select", "option": "option", "optgroup": "optgroup", "rp": "rp", "clipPath": "clippath",
    "linearGradient": "lineargradient", "radialGradient": "radialgradient", "foreignObject": "foreignobject",
}  # fmt: skip
"""Elements that need a look of their own, and their names in small letters."""
_UNWRITTEN = frozenset(("hidden", "password", "checkbox", "radio", "file", "image", "range", "color"))
"""Fields of a form that do not write out what they hold."""
MOST_SCRIPT = 256 << 10
"""Characters of a page's data blocks that are kept: scripts that run nothing, and hold what is shown (HTML, 4.12.1)."""
_CODE = re.compile(
    r"\s*(?:(?:text|application)/(?:(?:x-)?(?:java|ecma|live|j)script[\d.]*)|module|importmap|speculationrules)?\s*\Z",
    re.IGNORECASE,
)
"""Types of a script that is run, or tells the browser what to do."""
_OLD = re.compile(r"\A(?:\s|<!--.*?-->)*<!doctype\s+html\s*(?:>|system)", re.IGNORECASE | re.DOTALL)
"""The beginning of a page of the new kind, where names of classes have a case."""
_SPACE = re.compile(r"[ \t\r\n\f]+")
_URL_ATTRIBUTES = ("src", "background", "data", "poster", "action", "srcset", "href", "cite", "longdesc", "formaction")
_CSS_URL = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])((?:https?:)?//[^"')\s]{1,500})""", re.IGNORECASE)
_TEXT_ATTRIBUTES = ("alt", "title", "aria-label", "placeholder", "summary", "srcdoc", "standby", "abbr")
_TEXTS, _ADDRESSES = frozenset(_TEXT_ATTRIBUTES), frozenset(_URL_ATTRIBUTES)
_ADDRESS = re.compile(r"(?:https?:|ftps?:|wss?:|file:)?//|\\\\\\\\", re.IGNORECASE)
_VERSION = version("selectolax")


def read_html(source: Source, report: Report) -> None:
    """Read a page."""
    data = source.first(LARGEST)
    if source.size > len(data):
        report.outcome(Outcome.PARTIAL, f"only the first {LARGEST >> 20} MiB of the page were read")
    report.tool("selectolax", _VERSION)
    text = page_text(data, report)
    if _is_abyss(text):
        report.outcome(Outcome.PARTIAL, "nested too deeply to be read as a page: nobody can tell which words show")
        _tell_unread(text, report)
    elif source.size > len(data):
        # A style sheet in the rest may hide words of the beginning.
        _Page(Unseen(report)).read(text)
    elif not _Page(report).read(text):
        report.outcome(Outcome.PARTIAL, "its style sheets are too large: nobody can tell which words show")


class Unseen(Relay):
    """A report of a page of which nobody can tell what shows: all words are hidden ones."""

    def visible(self, text: str) -> None:
        """Report as hidden."""
        self._report.hidden("page in doubt", text)


def _tell_unread(text: str, report: Report) -> None:
    report.hidden("page in doubt", _SPACE.sub(" ", _ANY_TAG.sub(" ", text)).strip() + "\n")


def _is_abyss(text: str) -> bool:
    """Tell a page with elements nested by thousands: parsers take quadratic time for it."""
    depth = 0
    if text.count("<") < DEEPEST:
        return False
    for match in _NESTING.finditer(text):
        depth = max(0, depth - 1) if match[1] else depth + 1
        if depth > DEEPEST:
            return True
    return False


def page_text(data: bytes, report: Report, declared: str | None = None) -> str:
    """Return a page's text by mark, declaration or look; the encoding is observed."""
    found = _META.search(data[:8192])
    named = (found[1] or found[2]).decode("ascii") if found is not None else declared
    sample = data[: encodings.SAMPLE]
    chosen = encodings.choose(sample, named, whole=len(sample) == len(data))
    if chosen.name == "utf-8" and len(sample) < len(data) and not encodings.holds(data, "utf-8", whole=True):
        chosen = encodings.choose(data, named)
    text = data[chosen.mark :].decode(chosen.name, "replace")
    observed = {"name": chosen.name, "why": chosen.why}
    replaced = text.count("\ufffd") - data.count(b"\xef\xbf\xbd")
    if replaced > 0:
        observed["replaced"] = str(replaced)
    report.observe("encoding", observed)
    return text


def read_fragment(text: str, report: Report) -> None:
    """Read HTML that is already text, as the body of a message is."""
    if _is_abyss(text):
        _tell_unread(text, report)
    else:
        _Page(report).read(text)


class _Page:
    """One page on its way into a report."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._line: list[str] = []
        self._blank = True  # whether the line ends in a blank or is empty
        self._links: dict[str, None] = {}
        self._targets: dict[str, None] = {}  # where links lead
        self._pictures = 0
        self._script_room = MOST_SCRIPT
        self._pale: list[str] = []  # words that cannot be told from what they stand on

    def read(self, text: str) -> bool:
        """Read a page; return whether what shows could be told to the end."""
        if text.count("<option") > DEEPEST:
            text = _SELECT.sub(r"<\1x-select", text)  # lexbor takes quadratic time for long lists to choose from
        parser = LexborHTMLParser(text, scripting=True)
        self._hiding = Hiding(parser, old=_OLD.match(text[:20_000]) is None)
        self._shadowed = "shadowroot" in text
        root = parser.root
        if root is not None:
            self._walk(root.parent or root)
        self._break()
        if self._targets:
            self._report.hidden("address", "\n".join(self._targets))
        if self._links:
            self._report.observe("html.references", sorted(self._links)[:MOST_LINKS])
        if self._hiding.foreign:
            self._report.observe("html.style-unknown", self._hiding.foreign)
        if self._hiding.doubts:
            self._report.observe("html.style-doubt", list(self._hiding.doubts))
        return not self._hiding.beyond

    def _walk(self, root: LexborNode) -> None:
        hidden_from = -1  # the depth of the element that hides, -1 outside of one
        unseen: list[str] = []
        kept = False  # inside pre or textarea: blanks stand
        for node, depth, entering in _nodes(root):
            tag = node.tag
            if not entering:
                if depth == hidden_from:
                    self._hidden(tag, " ".join(unseen))
                    hidden_from, unseen = -1, []
                if tag in ("pre", "textarea"):
                    kept = False
                if hidden_from < 0 and tag and tag[0] not in "-!":
                    self._hiding.leave()
                    self._leave(tag)
                continue
            if tag == "-text":
                text = node.text_content or ""
                if hidden_from >= 0:
                    unseen.append(text)
                elif self._hiding.unseen:
                    self._pale.append(text)
                else:
                    self._say(text, kept=kept)
            elif tag == "-comment":
                self._comment(node)
            elif tag and tag[0] not in "-!":
                attributes = node.attributes
                if tag == "script":
                    self._data_block(node, attributes)
                if hidden_from < 0 and self._enter(node, tag, attributes):
                    hidden_from, unseen = depth, []
                if attributes:
                    self._attributes(tag, attributes, seen=hidden_from < 0 and not self._hiding.unseen)
                kept = kept or tag in ("pre", "textarea")
                if hidden_from < 0 and tag in _BLOCKS:
                    self._break()

    def _enter(self, node: LexborNode, tag: str, attributes: dict[str, str | None]) -> bool:
        """Return whether nothing shows of what is in an element."""
        if tag in _ODD_TAGS:
            return self._enter_odd(node, tag, attributes)
        hides = self._hiding.enter(tag, attributes, node)
        return hides or (self._shadowed and _has_shadow(node))

    def _enter_odd(self, node: LexborNode, tag: str, attributes: dict[str, str | None]) -> bool:
        hides = self._hiding.enter(_ODD_TAGS[tag], attributes, node)
        if tag in ("option", "optgroup") and attributes.get("label"):
            self._tell_label(attributes["label"] or "", seen=not hides or tag == "option")
        if tag == "rp":
            return hides or len((node.text(deep=True) or "").strip()) > 1
        return hides

    def _tell_label(self, label: str, *, seen: bool) -> None:
        if seen and not self._hiding.unseen:
            self._break()
            self._say(label + " ", kept=False)
        else:
            self._report.hidden("label", label)

    def _hidden(self, tag: str | None, text: str) -> None:
        text = _SPACE.sub(" ", text).strip()
        if text and tag not in ("script", "style"):
            self._report.hidden("hidden element", text)

    def _data_block(self, node: LexborNode, attributes: dict[str, str | None]) -> None:
        kind = attributes.get("type") or ""
        if self._script_room > 0 and _CODE.match(kind) is None:
            text = (node.text(deep=True) or "").strip()[: self._script_room]
            self._script_room -= len(text)
            if text:
                self._report.hidden("data block", text)

    def _leave(self, tag: str | None) -> None:
        if tag in _BLOCKS:
            self._break()
        elif tag in _CELLS:
            self._say(" ", kept=False)

    def _say(self, text: str, *, kept: bool) -> None:
        if not kept:
            text = _SPACE.sub(" ", text)
            if self._blank:
                text = text.lstrip(" ")
        if text:
            self._line.append(text)
            self._blank = text[-1] in " \n"

    def _break(self) -> None:
        text = "".join(self._line).rstrip(" ")
        if text:
            self._report.visible(text + "\n")
        self._line, self._blank = [], True
        if self._pale:
            self._hidden(None, " ".join(self._pale))
            self._pale = []

    def _comment(self, node: LexborNode) -> None:
        text = (node.comment_content or "").strip()
        if text:
            self._report.hidden("comment", text)

    def _attributes(self, tag: str, attributes: dict[str, str | None], *, seen: bool) -> None:
        if not _TEXTS.isdisjoint(attributes):
            for name in _TEXT_ATTRIBUTES:
                text = (attributes.get(name) or "").strip()
                if text:
                    self._report.hidden(name, text)
        if tag == "input":
            self._input(attributes, seen=seen)
        elif tag == "meta":
            self._meta(attributes)
        if not _ADDRESSES.isdisjoint(attributes):
            for name in _URL_ATTRIBUTES:
                address = attributes.get(name)
                if address:
                    self._reference(tag, name, address)
        style = attributes.get("style")
        if style and "url(" in style:
            self._remember(*_CSS_URL.findall(style))

    def _input(self, attributes: dict[str, str | None], *, seen: bool) -> None:
        value = (attributes.get("value") or "").strip()
        kind = (attributes.get("type") or "text").lower()
        if not value:
            return
        if kind in _UNWRITTEN or not seen:
            self._report.hidden("form value", value)
        else:
            self._say(f" {value} ", kept=False)

    def _meta(self, attributes: dict[str, str | None]) -> None:
        name = attributes.get("name") or attributes.get("property") or attributes.get("http-equiv") or ""
        content = (attributes.get("content") or "").strip()
        if name and content and name.lower() not in ("viewport", "content-type"):
            self._report.hidden(name[:60], content)
        if name.lower() == "refresh":
            self._remember(*re.findall(r"url\s*=\s*[\"']?([^\"'\s]{1,500})", content, re.IGNORECASE))

    def _reference(self, tag: str, name: str, address: str) -> None:
        if address[:5].lower() == "data:":
            self._picture(tag, address)
        elif tag != "a" and name == "srcset":
            self._remember(*(part.split()[0] for part in address.split(",") if part.split()))
        elif tag not in ("a", "area") or name != "href":
            self._remember(address.strip())
        elif len(self._targets) < MOST_LINKS and (target := address.strip()) and not target.startswith("#"):
            self._targets[target[:500]] = None

    def _remember(self, *addresses: str) -> None:
        for address in addresses:
            if len(self._links) < MOST_LINKS and _ADDRESS.match(address):
                self._links[address[:500]] = None

    def _picture(self, tag: str, address: str) -> None:
        """Take out what stands in the page itself as base64 (RFC 2397)."""
        head, _, body = address.partition(",")
        media_type, *parameters = head[5:].strip().lower().split(";")
        if tag == "a" or not body or self._pictures >= MOST_PICTURES:
            return
        try:
            raw = unquote_to_bytes(body)
            data = (
                base64.b64decode(re.sub(rb"\s", b"", raw)) if "base64" in [part.strip() for part in parameters] else raw
            )
        except (binascii.Error, ValueError):
            return
        if not data:
            return
        self._pictures += 1
        suffix = re.sub(r"[^a-z0-9]", "", media_type.partition("/")[2].partition("+")[0])[:8] or "bin"
        with self._report.member(
            (PathStep(f"embedded-{self._pictures}.{suffix}"),), How.DECODED, {"type": media_type[:100]}
        ) as sink:
            sink.write(data)


def _has_shadow(node: LexborNode) -> bool:
    """Return whether an element shows another tree (a declarative shadow root) in place of what is in it."""
    child = node.first_child
    while child is not None:
        if child.tag == "template" and any(name.startswith("shadowroot") for name in child.attributes):
            return True
        child = child.next
    return False


def _nodes(root: LexborNode) -> Iterator[tuple[LexborNode, int, bool]]:
    """Yield each node with its depth, on entering (True) and on leaving (False).

    Nodes are never compared: that would write out all that is below them each time.
    """
    node, depth = root, 0
    while True:
        yield node, depth, True
        child = node.first_child
        if child is not None:
            node, depth = child, depth + 1
            continue
        yield node, depth, False
        while depth and node.next is None:
            above = node.parent
            if above is None:
                return
            node, depth = above, depth - 1
            yield node, depth, False
        after = node.next
        if not depth or after is None:
            return
        node = after
