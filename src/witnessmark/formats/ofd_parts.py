"""The parts of an OFD package, found from each other, and which of them are not there (GB/T 33190-2016, 7.1)."""

import posixpath
from collections.abc import Iterator
from typing import Any, Final

from witnessmark.cell.report import Report
from witnessmark.formats import markup
from witnessmark.formats.encodings import storable
from witnessmark.formats.package import Package, close
from witnessmark.model.derivative import Outcome

MOST_KEPT: Final = 48 << 20
"""Bytes of parts that are kept in memory while pages are read: templates, and resources with drawings of their own."""
MOST_MISSING: Final = 1_000
LONGEST: Final = 10_000


class Parts:
    """A package and what was sought in it."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.missing: dict[str, None] = {}
        self.also: set[str] = set()  # parts in XML that come out as members all the same
        self._kept = 0

    def follow(self, base: str, place: str | None) -> str | None:
        """Return the part that a part refers to: from the root, its own folder, or as some write it from others."""
        place = (place or "").strip().replace("\\", "/")
        if not place:
            return None
        folders = ["/"] if place.startswith("/") else [f"/{posixpath.dirname(base)}", "/", f"/{base.partition('/')[0]}"]
        for folder in folders:
            found = self.package.find(posixpath.normpath(posixpath.join(folder, place)).lstrip("/"))
            if found is not None:
                return found
        if len(self.missing) < MOST_MISSING:
            self.missing[storable(place[:200])] = None
        return None

    def root(self, name: str | None) -> Any | None:
        """Return the root element of a part; a part that is no XML is noted as broken."""
        root = self.package.root(name)
        if root is None and name is not None:
            self.package.broken.append(name)
        return root

    def kept(self, name: str | None) -> Any | None:
        """Return the root element of a part that stays in memory, within a budget."""
        data = self.package.read(name)
        self._kept += len(data)
        root = markup.parse(data) if data and self._kept <= MOST_KEPT else None
        if root is None and name is not None:
            self.package.broken.append(name)
        return root

    def close(self, report: Report) -> None:
        """State as the outcome what is missing, broken or too large."""
        close(self.package, report)
        if self.missing and not self.package.is_cut:
            names = ", ".join(list(self.missing)[:3])
            report.outcome(Outcome.PARTIAL, f"parts that the document refers to are not there: {names[:250]}")


def said(element: Any | None, *names: str) -> dict[str, str]:
    """Return the texts of some children, or of attributes of these names, as far as they are there."""
    found: dict[str, str] = {}
    if element is None:
        return found
    for name in names:
        child = element.find("{*}" + name)
        text = (element.get(name) or "") if child is None else "".join(child.itertext())
        text = " ".join(text[:LONGEST].split())
        if text:
            found[name] = storable(text)
    return found


def texts(root: Any | None, most: int = 100_000) -> Iterator[str]:
    """Yield what the elements of a part say, each with its name: texts and attributes, no references to objects."""
    for count, element in enumerate(() if root is None else root.iter("*")):
        if count >= most:
            return
        name = markup.local(element)
        if name.endswith("ObjectRef"):  # with a prefix where its name space is not said
            continue
        about = [f"{key}={value}" for key, value in markup.attributes(element).items() if value.strip()]
        text = " ".join(" ".join((element.text or "", *about)).split())
        if text:
            yield storable(f"{name}: {text[:LONGEST]}")
