"""What the styles of a Word document decide about its text: whether it vanishes, and whether it is numbered."""

from dataclasses import dataclass, field
from typing import Any

from witnessmark.formats import markup
from witnessmark.formats.package import Package

DEEPEST = 20
_LEVELS = frozenset("012345678")
_OFF = {"0", "false", "off", "none"}


@dataclass(frozen=True, slots=True)
class Style:
    """One style: what it is based on, whether it hides text, which list it counts in."""

    base: str = ""
    vanish: bool | None = None
    number: str = ""
    level: int = 0


@dataclass(slots=True)
class Styles:
    """The styles by id, read as they are asked for, and the one that paragraphs have by default."""

    elements: dict[str, Any] = field(default_factory=dict)
    by_id: dict[str, Style] = field(default_factory=dict)
    default: str = ""
    are_lost: bool = False
    """Whether the package was cut off before they ended: whether text of a style shows is then not known."""

    def vanishes(self, paragraph: str, run: str) -> bool:
        """Return whether text of these styles is hidden; the run's own style is the nearer one."""
        if not self.elements:
            return False
        for style in (run, paragraph or self.default):
            found = self._first(style, lambda one: one.vanish)
            if found is not None:
                return bool(found)
        return False

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
        styles.elements[key] = element
        if about.get("type") == "paragraph" and about.get("default") in ("1", "true", "on"):
            styles.default = key
    return styles


def _style(element: Any) -> Style:
    vanish = element.find("{*}rPr/{*}vanish")
    level = _value(element.find("{*}pPr/{*}numPr/{*}ilvl"))
    return Style(
        _value(element.find("{*}basedOn")),
        None if vanish is None else _value(vanish) not in _OFF,
        _value(element.find("{*}pPr/{*}numPr/{*}numId")),
        int(level) if level in _LEVELS else 0,
    )


def _value(element: Any) -> str:
    return "" if element is None else markup.attributes(element).get("val", "")
