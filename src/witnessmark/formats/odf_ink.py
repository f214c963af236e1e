"""Ink and paper of OpenDocument: what styles say of colours, and whether words under way can be told from their ground.

By ISO/IEC 26300-1: text 20.186 (colour), 20.183 (size), grounds 20.182, the window's colour 20.391; a style's parent
counts where it says nothing (16.2), then the default of its family (16.4).
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from witnessmark.formats import ink, markup
from witnessmark.formats.ink import Ink, Paper, Said

DEEPEST: Final = 20
NOTHING: Final = "hidden text"
_FAMILIES: Final = {
    "p": "paragraph",
    "h": "paragraph",
    "span": "text",
    "a": "text",
    "section": "section",
    "table": "table",
    "table-row": "table-row",
    "table-cell": "table-cell",
    "covered-table-cell": "table-cell",
}
_DRAWN: Final = frozenset(
    (
        "page", "frame", "text-box", "custom-shape", "rect", "circle", "ellipse", "line", "polygon", "polyline", "path",
        "regular-polygon", "connector", "caption", "measure", "control", "g",
    )
)  # fmt: skip
"""What is drawn may be filled, and lies on what it covers."""
_GROUNDS: Final = frozenset(
    f"{kind}-properties" for kind in ("paragraph", "section", "table", "table-row", "table-cell")
)
_SIZE: Final = re.compile(r"([0-9.]{1,9})(pt|in|cm|mm|px)")
_POINTS: Final = {"pt": 1.0, "in": 72.0, "cm": 72 / 2.54, "mm": 7.2 / 2.54, "px": 0.75}
_NOT_LETTERS: Final = frozenset(("section", "table", "table-row"))


@dataclass(slots=True)
class Look:
    """What a style says: ink, the paper of letters, the ground under them; whether they are too small."""

    ink: Ink = None
    paper: Paper = None
    ground: Paper = None
    is_nothing: bool | None = None


@dataclass(slots=True)
class Looks:
    """The looks of the styles of a document, by family and name; the default of a family has no name."""

    own: dict[tuple[str, str], Look] = field(default_factory=dict)
    parents: dict[tuple[str, str], str] = field(default_factory=dict)
    page: Paper = ink.WHITE
    _whole: dict[tuple[str, str], Look] = field(default_factory=dict)

    def learn(self, root: Any) -> None:
        """Take in the styles under an element; None stands for one that is not there."""
        for element in () if root is None else root.iter("{*}style", "{*}default-style", "{*}page-layout"):
            about = markup.attributes(element)
            if markup.local(element) == "page-layout":
                self._learn_page(element)
                continue
            key = about.get("family", ""), about.get("name", "") if markup.local(element) == "style" else ""
            self.parents.setdefault(key, about.get("parent-style-name", ""))
            look = self.own.setdefault(key, Look())
            for inner in element:
                kind = markup.local(inner)
                if kind == "text-properties":
                    _take_letters(look, markup.attributes(inner))
                elif kind in _GROUNDS:
                    look.ground = _ground(inner) or look.ground
                elif kind == "map":  # another style, where a condition holds
                    look.ground = Said.UNKNOWN

    def _learn_page(self, element: Any) -> None:
        for inner in element:
            paper = _ground(inner) if markup.local(inner) == "page-layout-properties" else None
            if paper not in (None, Said.NOTHING, ink.WHITE):
                self.page = Said.UNKNOWN  # which page a paragraph falls on is not told

    def may_hide(self) -> bool:
        """Tell whether some words may be lost on some ground, or too small: most documents need not be asked."""
        looks = self.own.values()
        inks = {look.ink for look in looks if isinstance(look.ink, tuple)}
        papers = {paper for look in looks for paper in (look.paper, look.ground) if isinstance(paper, tuple)}
        return any(look.is_nothing for look in looks) or any(
            ink.are_close(colour, paper) for colour in inks for paper in papers | {ink.WHITE}
        )

    def of(self, family: str, name: str) -> Look:
        """Return what a style says with its parents and the default of its family."""
        found = self._whole.get((family, name))
        if found is None:
            found = self._whole[family, name] = self._added_up(family, name)
        return found

    def _added_up(self, family: str, name: str) -> Look:
        chain = list[Look]()
        for _ in range(DEEPEST):
            if not name or (family, name) not in self.own:
                break
            chain.append(self.own[family, name])
            name = self.parents[family, name]
        chain.append(self.own.get((family, ""), Look()))
        return Look(
            next((look.ink for look in chain if look.ink is not None), None),
            next((look.paper for look in chain if look.paper is not None), None),
            next((look.ground for look in chain if look.ground is not None), None),
            next((look.is_nothing for look in chain if look.is_nothing is not None), None),
        )


class Sight:
    """Which words can be seen, while a document is gone through element by element."""

    def __init__(self, looks: Looks) -> None:
        self._looks = looks
        self._open: list[tuple[Any, Look]] = []
        self._sheet = False
        self.why = ""
        """The label of words at this place that cannot be seen."""

    def start(self, kind: str, element: Any, style: str) -> None:
        """Enter an element that has a style, or none."""
        if kind == "spreadsheet":
            self._sheet = True
        family = _FAMILIES.get(kind)
        if family is None:
            if kind in _DRAWN:
                self._enter(element, Look(Said.NOTHING, Said.UNKNOWN, None, False))
            return
        look = self._looks.of(family, style)
        if family == "text":
            look = Look(look.ink, look.paper, None, look.is_nothing)
        elif family == "paragraph" and not self._sheet:
            look = Look(look.ink or Said.NOTHING, look.paper, look.ground, bool(look.is_nothing))
        elif family in _NOT_LETTERS or not self._sheet:
            look = Look(None, None, look.ground, None)
        self._enter(element, look)

    def end(self, element: Any) -> None:
        """Leave an element."""
        if self._open and self._open[-1][0] is element:
            self._open.pop()
            self._look()

    def _enter(self, element: Any, look: Look) -> None:
        self._open.append((element, look))
        self._look()

    def _look(self) -> None:
        looks = [look for _, look in reversed(self._open)]
        nothing = next((look.is_nothing for look in looks if look.is_nothing is not None), False)
        colour = next((look.ink for look in looks if look.ink is not None), None)
        self.why = NOTHING if nothing else ""
        if not nothing and isinstance(colour, tuple):
            papers = (paper for look in looks for paper in (look.paper, look.ground))
            self.why = ink.why(colour, ink.beneath(*papers, self._looks.page))


def _take_letters(look: Look, about: dict[str, str]) -> None:
    if about.get("use-window-font-color") == "true":
        look.ink = Said.NOTHING
    elif "color" in about:
        look.ink = ink.parsed(about["color"]) or Said.NOTHING
    if "background-color" in about:
        look.paper = _painted(about["background-color"])
    if (size := _SIZE.fullmatch(about.get("font-size", ""))) is not None:
        look.is_nothing = _points(size[1], size[2]) <= 1


def _points(number: str, unit: str) -> float:
    return float(number) * _POINTS[unit] if number.count(".") < 2 and number.strip(".") else 12.0


def _painted(colour: str) -> Paper:
    return Said.NOTHING if colour == "transparent" else ink.parsed(colour) or Said.UNKNOWN


def _ground(properties: Any) -> Paper:
    """Return what the properties of a paragraph, a cell, a page paint under it."""
    about = markup.attributes(properties)
    if any(markup.local(inner) == "background-image" and len(markup.attributes(inner)) for inner in properties):
        return Said.UNKNOWN
    fill = about.get("fill", "")
    if fill and fill != "none":
        return _painted(about.get("fill-color", "")) if fill == "solid" else Said.UNKNOWN
    return _painted(about["background-color"]) if "background-color" in about else None
