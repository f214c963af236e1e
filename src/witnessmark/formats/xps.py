"""XPS and OpenXPS, the pages that Windows prints into a file (ECMA-388): what each page shows, and what it does not.

Pages follow each other as their documents list them; a page that none lists is told apart. Letters lie where their
runs of glyphs put them, line by line; those that a page paints over, in the ink of their ground, or outside of it are
in the file and not on the page.
"""

import posixpath
from collections.abc import Iterable, Iterator
from typing import Any, Final

from witnessmark.cell.report import Report, Source
from witnessmark.formats import markup, properties
from witnessmark.formats.encodings import storable
from witnessmark.formats.font_widths import FontWidths, opened
from witnessmark.formats.package import Package, close
from witnessmark.formats.page_lines import lines
from witnessmark.formats.xps_page import MOST_LETTERS, Sheet, entries

MOST_PAGES: Final = 10_000
MOST_ADDRESSES: Final = 1_000
MOST_FONTS: Final = 200
LARGEST_FONT: Final = 32 << 20
_ROOT = "fixedrepresentation"


def read_xps(source: Source, report: Report) -> None:
    """Read an XPS or OpenXPS document: the letters of each page, line by line."""
    package = Package(source)
    markup.name_tool(report)
    left, addresses, fonts = MOST_LETTERS, dict[str, None](), _Fonts(package)
    listed = list(dict.fromkeys(_listed(package)))
    for number, name in enumerate(listed[:MOST_PAGES], 1):
        report.visible("\f" if number > 1 else "")
        sheet = _sheet(package, name, left, fonts)
        if sheet is None:
            continue
        left -= sheet.letters
        addresses |= dict.fromkeys(sheet.addresses)
        for text in lines(sheet.shown):
            report.visible(storable(text) + "\n")
        _put_aside(report, f"not seen on page {number}", lines(sheet.unseen))
        _put_aside(report, "alt text", sheet.hints)
    for name in package.names:
        if (
            name.lower().endswith(".fpage")
            and name not in package.used
            and (sheet := _sheet(package, name, left, fonts))
        ):
            left -= sheet.letters
            _put_aside(report, "page outside the document", lines([*sheet.shown, *sheet.unseen]))
            _put_aside(report, "alt text", sheet.hints)
    for address in list(addresses)[:MOST_ADDRESSES]:
        report.observe("address", address)
    _put_aside(report, "address", list(addresses)[:MOST_ADDRESSES])
    properties.read_properties(package, report)
    package.take_members(report, set())
    package.observe_times(report)
    close(package, report)


class _Fonts:
    """The fonts of a package, read as far as pages ask how wide their letters are."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._known: dict[str, FontWidths | None] = {}

    def widths(self, page: str, uri: str) -> FontWidths | None:
        """Return the widths of the font that a page names; None where it cannot be had."""
        name = self._package.find(_joined(page, uri.partition("#")[0])) if uri else None
        if name is None:
            return None
        if name not in self._known:
            data = self._package.read(name, LARGEST_FONT) if len(self._known) < MOST_FONTS else b""
            self._known[name] = FontWidths.read(opened(data, name))
        return self._known[name]


def _listed(package: Package) -> Iterator[str]:
    """Yield the pages in the order of the documents that the sequence lists (ECMA-388, section 10)."""
    first = package.targets("", _ROOT) or [name for name in package.names if name.lower().endswith(".fdseq")]
    for sequence in first[:1]:
        for document in _named(package, sequence, "DocumentReference"):
            yield from _named(package, document, "PageContent")


def _named(package: Package, name: str, kind: str) -> Iterator[str]:
    """Yield the parts that elements of one kind name; of pages and documents in pieces the package holds the whole."""
    root = package.root(name)
    if root is None:
        package.broken.append(name)
        return
    for element in root.iter("{*}" + kind):
        if (found := _place(package, name, element.get("Source"))) is not None:
            yield found


def _sheet(package: Package, name: str, left: int, fonts: _Fonts) -> Sheet | None:
    root = package.root(name)
    if root is None:
        package.broken.append(name)
        return None
    named: dict[str, Any] = {}
    sources = (element.get("Source") for element in root.iter("{*}ResourceDictionary"))
    for source in dict.fromkeys(filter(None, sources)):
        dictionary = package.root(_place(package, name, source))
        named |= {} if dictionary is None else entries(dictionary)
    return Sheet(root, left, named, lambda uri: fonts.widths(name, uri))


def _place(package: Package, name: str, said: str | None) -> str | None:
    """Return the part that another one names; what is not there is noted as broken."""
    place = _joined(name, said or "")
    found = package.find(place)
    if found is None:
        package.broken.append(place[:200])
    return found


def _joined(name: str, said: str) -> str:
    return posixpath.normpath(posixpath.join("/" + posixpath.dirname(name), said)).lstrip("/")


def _put_aside(report: Report, label: str, found: Iterable[str]) -> None:
    text = "\n".join(found)
    if text.strip():
        report.hidden(label, storable(text) + "\n")
