"""What the styles of a Word document decide about its text: whether it can be seen, and whether it is numbered."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from witnessmark.formats import ink, markup
from witnessmark.formats.ink import Ink, Paper, Said
from witnessmark.formats.package import Package

DEEPEST = 20
MOST_LOOKS = 4096
_LEVELS = frozenset("012345678")
_OFF = {"0", "false", "off", "none"}


@dataclass(frozen=True, slots=True)
class Style:
    """One style: what it is based on, whether it hides text, which list it counts in."""

    base: str = ""
    vanish: bool | None = None
    is_tiny: bool | None = None
    ink: Ink = None
    paper: Paper = None
    ground: Paper = None
    number: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """How text of a paragraph style and a run style looks: the paper lies on the ground, the paragraph's shade."""

    vanishes: bool = False
    is_tiny: bool = False
    ink: Ink = None
    paper: Paper = None
    ground: Paper = None


_PLAIN: Final = Style()
_AS_IT_IS: Final = Look()


@dataclass(slots=True)
class Styles:
    """The styles by id, read as they are asked for, and the one that paragraphs have by default."""

    elements: dict[str, Any] = field(default_factory=dict)
    by_id: dict[str, Style] = field(default_factory=dict)
    default: str = ""
    outermost: Style = _PLAIN
    """What counts where no style says a word."""
    page: Paper = ink.WHITE
    looks: dict[tuple[str, str], Look] = field(default_factory=dict)
    are_lost: bool = False
    """Whether the package was cut off before they ended: whether text of a style shows is then not known."""

    def look(self, paragraph: str, run: str) -> Look:
        """Return how text of these styles looks; the run's own style is the nearer one."""
        if not self.elements and self.outermost is _PLAIN:
            return _AS_IT_IS
        found = self.looks.get((paragraph, run))
        if found is None:
            if len(self.looks) >= MOST_LOOKS:
                self.looks.clear()
            found = self.looks[paragraph, run] = self._look(paragraph or self.default, run)
        return found

    def paints(self, table: str) -> bool:
        """Tell whether a style of tables shades some of its cells, or is not known."""
        for _ in range(DEEPEST):
            if table not in self.elements:
                return bool(table)
            if any(
                shade_of(markup.attributes(shade)) is not Said.NOTHING for shade in self.elements[table].iter("{*}shd")
            ):
                return True
            table = _value(self.elements[table].find("{*}basedOn"))
            if not table:
                return False
        return True

    def _look(self, paragraph: str, run: str) -> Look:
        def nearest(ask: Any) -> Any:
            found = self._first(run, ask)
            found = self._first(paragraph, ask) if found is None else found
            return ask(self.outermost) if found is None else found

        return Look(
            bool(nearest(lambda style: style.vanish)),
            bool(nearest(lambda style: style.is_tiny)),
            nearest(lambda style: style.ink),
            nearest(lambda style: style.paper),
            self._first(paragraph, lambda style: style.ground),
        )

    def numbering(self, paragraph: str) -> tuple[str, int]:
        """Return the list and level that a paragraph style counts in."""
        found = self._first(paragraph, lambda one: (one.number, one.level) if one.number else None)
        return found or ("", 0)

    def _first(self, name: str, ask: Any) -> Any:
        for _ in range(DEEPEST):
            if name not in self.elements:
                return None
            style = self.by_id.get(name) or self.by_id.setdefault(name, _style(self.elements[name]))
            answer = ask(style)
            if answer is not None:
                return answer
            name = style.base
        return None


def read_styles(package: Package, name: str | None) -> Styles:
    """Return the styles of the style part."""
    styles = Styles()
    root = None if name is None else package.root(name)
    styles.are_lost = package.is_cut and (root is None or name in package.broken)
    if root is None:
        return styles
    for element in root.iter("{*}style"):
        about = markup.attributes(element)
        key = about.get("styleId", "")
        if not key:
            continue  # nothing can be of it
        styles.elements[key] = element
        if about.get("type") == "paragraph" and about.get("default") in ("1", "true", "on"):
            styles.default = key
    defaults = root.find("{*}docDefaults/{*}rPrDefault")
    if defaults is not None:
        styles.outermost = _style(defaults)
    return styles


_HIGHLIGHTS: Final = {
    "black": (0, 0, 0), "blue": (0, 0, 255), "cyan": (0, 255, 255), "green": (0, 255, 0), "magenta": (255, 0, 255),
    "red": (255, 0, 0), "yellow": (255, 255, 0), "white": (255, 255, 255), "darkBlue": (0, 0, 139),
    "darkCyan": (0, 139, 139), "darkGreen": (0, 100, 0), "darkMagenta": (128, 0, 128), "darkRed": (139, 0, 0),
    "darkYellow": (128, 128, 0), "darkGray": (169, 169, 169), "lightGray": (211, 211, 211),
}  # fmt: skip
"""By ISO/IEC 29500-1, 17.18.40."""
_SHARE: Final = re.compile(r"pct([0-9]{1,2})")
TINY: Final = frozenset(("0", "1", "2"))
"""Half points: no one reads letters of a point."""


def ink_of(value: dict[str, str]) -> Ink:
    """Return what a `color` says; a colour of the theme is named beside the one it had when the file was saved."""
    return ink.parsed(value.get("val", "")) or Said.NOTHING


def highlight_of(value: dict[str, str]) -> Paper:
    """Return what a `highlight` paints."""
    return _HIGHLIGHTS.get(value.get("val", ""), Said.NOTHING)


def shade_of(value: dict[str, str]) -> Paper:
    """Return what a `shd` paints (17.3.5, 17.18.78): a fill, or all pattern, or as much of it as its name says."""
    pattern = value.get("val", "clear")
    if pattern == "nil":
        return Said.NOTHING
    fill, fore = (_colour_or_none(value.get(name, "auto")) for name in ("fill", "color"))
    if pattern == "clear":
        return fill
    share = _SHARE.fullmatch(pattern)
    if share is None and pattern != "solid":
        return Said.UNKNOWN
    return ink.mixed(fore, fill, int(share[1]) / 100 if share else 1.0)


def _colour_or_none(text: str) -> Paper:
    return Said.NOTHING if text == "auto" else ink.parsed(text) or Said.UNKNOWN


def _style(element: Any) -> Style:
    vanish = element.find("{*}rPr/{*}vanish")
    level = _value(element.find("{*}pPr/{*}numPr/{*}ilvl"))
    size, colour = element.find("{*}rPr/{*}sz"), element.find("{*}rPr/{*}color")
    marked, shade = element.find("{*}rPr/{*}highlight"), element.find("{*}rPr/{*}shd")
    ground = element.find("{*}pPr/{*}shd")
    return Style(
        _value(element.find("{*}basedOn")),
        None if vanish is None else _value(vanish) not in _OFF,
        None if size is None else _value(size) in TINY,
        None if colour is None else ink_of(markup.attributes(colour)),
        ink.beneath(
            None if marked is None else highlight_of(markup.attributes(marked)),
            None if shade is None else shade_of(markup.attributes(shade)),
        ),
        None if ground is None else shade_of(markup.attributes(ground)),
        _value(element.find("{*}pPr/{*}numPr/{*}numId")),
        int(level) if level in _LEVELS else 0,
    )


def _value(element: Any) -> str:
    return "" if element is None else markup.attributes(element).get("val", "")
