"""XML of hostile files: parsed without network, DTD or entities, within the limits of libxml2."""

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from lxml import etree

from witnessmark.cell.report import Report

MANY: Final = 100
_VALUES: Final = etree.XPath("@*", smart_strings=False)
_SAFE: Final = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


def name_tool(report: Report) -> None:
    """State that lxml read."""
    report.tool("lxml", etree.__version__)


def parse(data: bytes) -> Any | None:
    """Return the root element, or None when there is none; broken markup is mended where that can be done."""
    try:
        root = etree.fromstring(data, _parser())
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root


def events(stream: BinaryIO, kinds: tuple[str, ...] = ("start", "end")) -> Iterator[tuple[str, Any]]:
    """Yield the events of a part as it streams in; an end at broken markup is an end."""
    try:
        yield from etree.iterparse(stream, events=kinds, **_SAFE)
    except etree.XMLSyntaxError as error:
        raise BrokenMarkup(str(error)) from error


def ends(stream: BinaryIO, *names: str) -> Iterator[tuple[str, Any]]:
    """Yield the elements of some names as they are complete; a name without namespace is sought in any."""
    tags = [name if name.startswith("{") else "{*}" + name for name in names]
    try:
        yield from etree.iterparse(stream, events=("end",), tag=tags, **_SAFE)
    except etree.XMLSyntaxError as error:
        raise BrokenMarkup(str(error)) from error


def walk(root: Any) -> Iterator[tuple[str, Any]]:
    """Yield start and end of every element under a root, without recursion."""
    return iter(etree.iterwalk(root, events=("start", "end")))


def forget(element: Any) -> None:
    """Free an element that was read, and its elder siblings."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


class BrokenMarkup(ValueError):  # noqa: N818 - it names what is broken
    """A streamed part ends in markup that cannot be read on."""


def local(element: Any) -> str:
    """Return an element's name without its namespace; comments and entities have none."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def pairs(element: Any) -> list[tuple[str, str]]:
    """Return names and values of an element's attributes in one sweep.

    lxml looks each value up from the first attribute on: of a hundred thousand, that is all day.
    """
    if len(element.attrib) <= MANY:
        found: list[tuple[str, str]] = element.items()
        return found
    return list(zip(element.keys(), _VALUES(element), strict=True))


def attributes(element: Any) -> dict[str, str]:
    """Return an element's attributes by their names without namespace; the first of two twins wins."""
    found: dict[str, str] = {}
    for key, value in pairs(element):
        found.setdefault(key.rpartition("}")[2], value)
    return found


def whole(text: str) -> int | None:
    """Return a whole number of up to eight ASCII digits, as counts in a document are; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _parser() -> Any:
    return etree.XMLParser(recover=True, **_SAFE)
