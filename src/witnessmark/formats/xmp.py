"""XMP packets (ISO 16684-1) of PDF and pictures: their dates, their software, and their words."""

import re
from collections.abc import Iterator

from witnessmark.cell.report import Report
from witnessmark.formats import dates, markup

_PACKET = re.compile(rb"<(?:x|xap):x[am]pmeta\b.*?</(?:x|xap):x[am]pmeta\s*>|<rdf:RDF\b.*?</rdf:RDF\s*>", re.DOTALL)
MOST_PACKETS = 16
LARGEST = 4 << 20
MOST_WORDS = 2000

_DATES = {
    "CreateDate": "created",
    "ModifyDate": "modified",
    "MetadataDate": "modified",
    "DateTimeOriginal": "taken",
    "DateTimeDigitized": "digitised",
    "DateCreated": "created",
}
_SOFTWARE = {"CreatorTool", "Producer", "Software"}
_STRUCTURE = {"RDF", "Description", "Alt", "Seq", "Bag", "li", "xmpmeta", "xapmeta"}
_MACHINE = re.compile(
    r"\s*(?:(?:xmp\.(?:did|iid)|uuid|adobe:docid)\b\S*|[0-9A-Fa-f-]{32,}|application/\w+|[\d./:+-]*)\s*\Z"
)


def packets(data: bytes) -> Iterator[bytes]:
    """Yield the XMP packets that stand uncompressed in some bytes."""
    for count, match in enumerate(_PACKET.finditer(data)):
        if count >= MOST_PACKETS:
            return
        if len(match[0]) <= LARGEST:
            yield match[0]


def read_packet(packet: bytes, report: Report) -> None:
    """Report the dates and programs of one packet as observations, its words as hidden text."""
    root = markup.parse(packet)
    if root is None:
        return
    words: dict[str, None] = {}
    for element in root.iter():
        name = markup.local(element)
        if not name:
            continue
        pairs = list(markup.attributes(element).items())
        pairs.append((_owner(element, name), element.text or ""))
        for key, value in pairs:
            _read_pair(key, value.strip(), report, words)
    if words:
        report.hidden("metadata: XMP", "\n".join(words) + "\n")


def _owner(element: object, name: str) -> str:
    # The text of rdf:li belongs to the property two steps up: dc:creator / rdf:Seq / rdf:li.
    node = element
    while name in _STRUCTURE:
        node = node.getparent()  # type: ignore[attr-defined]
        if node is None:
            return ""
        name = markup.local(node)
    return name


def _read_pair(key: str, value: str, report: Report, words: dict[str, None]) -> None:
    if not value or key in ("about", "resource", "parseType", "lang", "xmptk", "x"):
        return
    if key in _DATES:
        dates.observe(report, _DATES[key], dates.from_iso(value), f"XMP {key}")
        return
    if key in _SOFTWARE:
        dates.observe_software(report, value, "", f"XMP {key}")
    if len(words) < MOST_WORDS and not _MACHINE.match(value):
        words[f"{key}: {value[:10000]}"] = None
