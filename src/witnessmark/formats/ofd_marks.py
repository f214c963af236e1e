"""Annotations of an OFD document: what they draw on a page, who made them, and what was remarked (section 15)."""

from collections.abc import Iterator
from typing import Any, Final

from witnessmark.cell.report import Report
from witnessmark.formats.encodings import storable
from witnessmark.formats.ofd_parts import Parts, said
from witnessmark.formats.ofd_place import Sheet

MOST_MARKS: Final = 10_000
"""Annotations of a page that are read."""


class Marks:
    """The annotations of a document by the page that they lie on; each is given once."""

    def __init__(self, parts: Parts, place: str | None) -> None:
        self._parts = parts
        self._by_page: dict[str, list[str]] = {}
        root = parts.root(place) if place is not None else None
        for page in () if root is None else root.iter("{*}Page"):
            named = said(page, "FileLoc").get("FileLoc") or page.get("BaseLoc")
            found = parts.follow(place or "", named)
            if found is not None:
                self._by_page.setdefault(page.get("PageID") or "", []).append(found)

    def take(self, page: str) -> list[Any]:
        """Return the roots of a page's annotations, the first time that they are asked for."""
        return [root for name in self._by_page.pop(page, ()) if (root := self._parts.root(name)) is not None]

    def rest(self) -> Iterator[Any]:
        """Yield the roots of annotations whose page is not there."""
        for page in list(self._by_page):
            yield from self.take(page)


def read_marks(root: Any, number: int, report: Report, sheet: Sheet) -> None:
    """Report the annotations of a part and draw what they look like; page 0 is a page that is not there."""
    for count, element in enumerate(root.iter("{*}Annot")):
        if count >= MOST_MARKS:
            break
        shows = number > 0 and element.get("Visible", "true").strip().lower() not in ("false", "0")
        about = said(element, "Type", "Subtype", "Creator", "LastModDate")
        stated = {name.lower(): text[:200] for name, text in about.items()}
        report.observe("ofd.annotation", {"page": number, **stated, "shows": shows})
        words = [about[name] for name in ("Creator",) if name in about]
        words += said(element, "Remark").values()
        for parameter in element.iter("{*}Parameter"):
            text = " ".join("".join(parameter.itertext()).split())
            words.append(storable(f"{parameter.get('Name') or ''}: {text}".removeprefix(": ")))
        if words:
            report.hidden("annotation", "\n".join(words) + "\n")
        for appearance in element.iter("{*}Appearance"):
            sheet.draw(appearance, shows=shows)
