"""Reads XML that is no other format: the text of its elements; comments, attributes and instructions as unseen text.

Entities are never expanded, no DTD is loaded, nothing is fetched. What cannot be parsed is read as text without tags.
"""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from witnessmark.cell.report import Report, Source
from witnessmark.formats import markup, plain
from witnessmark.model.derivative import Outcome

MOST_UNSEEN = 2_000_000
"""Characters of attribute values that are kept."""
MOST_NAMED = 1_000_000
"""Characters of values that are kept a second time, with the name of their element."""
LONGEST_NAMED = 200
_TAG = re.compile(r"<[^<>]{0,100000}>")
_WORDY = re.compile(r"[^\W\d_]{2}")
_SPACE = re.compile(r"[ \t\r\n]+")
_DRAWN = frozenset(("d", "points", "transform", "style", "class", "id", "viewBox", "xmlns"))


def read_xml(source: Source, report: Report) -> None:
    """Read an XML document."""
    markup.name_tool(report)
    unseen: list[str] = []
    named: list[str] = []
    room, names_room = MOST_UNSEEN, MOST_NAMED
    entities = 0
    try:
        for kind, element in _events(source):
            if kind == "comment":
                _hide(report, "comment", element.text)
            elif kind == "pi":
                _hide(report, "instruction", element.text)
            elif kind == "start":
                for value in _values(element):
                    if room > 0:
                        unseen.append(value[:room])
                        room -= len(value)
            elif kind == "end":
                if names_room > 0 and (said := _named(element)):
                    named.append(said)
                    names_room -= len(said)
                entities += _say(element, report)
    except etree.XMLSyntaxError as error:
        report.outcome(Outcome.PARTIAL, f"no well-formed XML from line {error.lineno} on")
        _read_loosely(source, report)
    if unseen:
        report.hidden("attributes", "\n".join(unseen))
    if named:
        report.hidden("elements", "\n".join(named))
    if entities:
        report.observe("xml.entities", entities)


def _events(source: Source) -> Iterator[tuple[str, Any]]:
    source.stream.seek(0)
    yield from etree.iterparse(
        source.stream,
        events=("start", "end", "comment", "pi"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )


def _named(element: Any) -> str:
    """Return a short value with its element's name before it: in a file of data the name says what the value is."""
    text = element.text
    if not text or len(text) > LONGEST_NAMED or len(element) or text.isspace():
        return ""
    name = markup.local(element)
    return f"{name} : {_SPACE.sub(' ', text).strip()}" if len(name) > 2 else ""


def _say(element: Any, report: Report) -> int:
    """Report the text of a finished element, then let go of it; return how many entities were left as they are."""
    entities = 0
    parts = [element.text or ""]
    for child in element:
        entities += child.tag is etree.Entity
        parts.append(child.tail or "")
    text = _SPACE.sub(" ", " ".join(parts)).strip()
    if text:
        report.visible(text + "\n")
    tail = element.tail
    element.clear()
    element.tail = tail
    return entities


def _values(element: Any) -> Iterator[str]:
    for name, value in markup.pairs(element):
        if name not in _DRAWN and _WORDY.search(value) and "://www.w3.org/" not in value:
            yield value


def _hide(report: Report, where: str, text: str | None) -> None:
    if text and text.strip():
        report.hidden(where, text.strip())


def _read_loosely(source: Source, report: Report) -> None:
    for text in plain.decoded(source, report):
        loose = _SPACE.sub(" ", _TAG.sub(" ", text)).strip()
        if loose:
            report.visible(loose + "\n")
