"""SVG: the words that are drawn, what hides beside them, its size, its references, and XMP in it."""

from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from witnessmark.cell.report import Report, Source
from witnessmark.formats import markup, xmltext, xmp
from witnessmark.formats.octets import Octets

MOST_LINKS: Final = 500
LARGEST: Final = 16 << 20
_LINKS: Final = ("href", "src")
_ACTIVE: Final = {"script", "foreignObject", "handler", "animate", "set"}


def read_svg(source: Source, report: Report) -> None:
    """Read the text of an SVG as XML, then its size, references, scripts and metadata; nothing is fetched or run."""
    xmltext.read_xml(source, report)
    data = Octets.whole(source).take(0, LARGEST)
    root = markup.parse(data)
    if root is None:
        return
    size = {name: value[:40] for name in ("width", "height", "viewBox") if (value := root.get(name))}
    if size:
        report.observe("picture.size", size | {"mode": "SVG"})
    links: dict[str, None] = {}
    active: dict[str, int] = {}
    embedded = 0
    for element in root.iter(etree.Element):
        name = markup.local(element)
        if name in _ACTIVE or any(key.startswith("on") for key in element.keys()):  # noqa: SIM118 - lxml's
            active[name] = active.get(name, 0) + 1
        for key, value in markup.attributes(element).items():
            if key in _LINKS and value and not value.startswith("#"):
                embedded += value.startswith("data:")
                if not value.startswith("data:") and len(links) < MOST_LINKS:
                    links[value[:2000]] = None
    _tell(list(links), active, embedded, report)
    for packet in xmp.packets(data):
        xmp.read_packet(packet, report)


def _tell(links: list[str], active: dict[str, int], embedded: int, report: Report) -> None:
    if links:
        report.observe("svg.references", links)
        report.observe("svg.hosts", sorted({host for link in links if (host := _host(link))})[:200])
        report.hidden("link", "\n".join(links) + "\n")
    if active:
        report.observe("svg.active", active)
    if embedded:
        report.observe("svg.embedded", embedded)


def _host(link: str) -> str:
    try:
        return urlsplit(link).hostname or ""
    except ValueError:
        return ""
