"""Which words of a page a reader sees, as far as the page itself decides: tags, attributes, styles, and colours.

Hidden is the safe side. A rule that may select an element hides it; a rule shows again what another hides only when it
surely does. What a sheet of another address would say is not known.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from selectolax.lexbor import LexborHTMLParser, LexborNode

from witnessmark.formats import html_css, html_selectors, html_values
from witnessmark.formats.html_css import Declaration, Sheets
from witnessmark.formats.html_selectors import Element, Level, Matcher, Selector
from witnessmark.formats.html_values import CLEAR, CURRENT, FAINT, FAR, LOW, TINY, Colour, Trait

MOST_DOUBTS = 50
MOST_SETTING = 10_000
"""Elements that set variables of style that are looked at."""
_UNSEEN = frozenset(
    """script style template noscript datalist iframe object canvas video audio noembed noframes progress meter applet
    embed xml annotation annotation-xml mphantom area param""".split()  # noqa: SIM905
)
_TELLING_TAGS = _UNSEEN | {"title", "dialog", "option"}
_UNSEEN_IN_SVG = frozenset(
    """metadata desc title defs symbol clippath mask pattern marker lineargradient radialgradient filter hatch
    animate set""".split()  # noqa: SIM905
)
_PAINTED = "rect,path,circle,ellipse,polygon,polyline,image,use,line"
_TELLING = frozenset(
    """hidden style popover label bgcolor background color text fill opacity display visibility font-size fill-opacity
    x y size""".split()  # noqa: SIM905
)
_DRAWN = ("fill", "opacity", "fill-opacity", "display", "visibility", "font-size")
_OWN_COLOURS: dict[str, dict[str, object]] = {
    "mark": {"colour": (0.0, 0.0, 0.0, 1.0), "under": (255.0, 255.0, 0.0, 1.0)},
    **{
        tag: {"colour": (0.0, 0.0, 0.0, 1.0), "under": (240.0, 240.0, 240.0, 1.0)}
        for tag in ("button", "input", "select", "textarea")
    },
}
_PAPER: tuple[Colour, ...] = ((255.0, 255.0, 255.0, 1.0),)
_LINK: Colour = (0.0, 0.0, 238.0, 1.0)
_HIDE_ALONE = (
    "display", "visibility", "mso-hide", "clip", "clip-path", "content-visibility", "content", "transform", "scale",
    "translate", "filter", "mask", "rotate", "zoom", "security",
)  # fmt: skip
_AWAY = ("left", "top", "right", "bottom")
_PUSHED = ("margin-left", "margin-top", "margin-right")
_BOX = ("width", "height", "max-width", "max-height")
_STRONGEST = (True, (999, 0, 0))
"""The rank of a rule in doubt: above all others of a style sheet."""
_PALE = 200.0
_TELLING_TRAITS = frozenset((*_HIDE_ALONE, *_AWAY, *_PUSHED, "overflow", "opacity"))
_DATA_SHEET = re.compile(r"data:\s*text/css[^,]{0,100},", re.IGNORECASE)
_VARIABLE = re.compile(r"var\(\s*(--[^\s,()]+)\s*(?:,\s*((?:[^()]|\([^()]*\))*))?\)")


@dataclass(frozen=True, slots=True)
class Ground:
    """What letters at some place inherit; `under` is the colours they stand on, none when those are not known."""

    size: float = 16.0
    colour: Colour = (0.0, 0.0, 0.0, 1.0)
    ink: Colour | None = None  # when the letters are filled in another colour
    under: tuple[Colour, ...] = _PAPER
    cut: tuple[Colour, ...] | None = None  # when letters are cut out of a background: its colours
    indented: bool = False
    squeezed: bool = False
    svg: bool = False

    def unseen(self) -> bool:
        """Return whether letters here are not seen."""
        if self.size <= TINY or self.indented or self.squeezed:
            return True
        letters = self.colour if self.ink is None else self.ink
        if not isinstance(letters, str) and letters[3] <= FAINT:
            if self.cut is None:
                return True
            return bool(self.cut) and all(_alike(one, self.under) for one in self.cut)
        return _alike(letters, self.under)


@dataclass(slots=True)
class _Open:
    """An element that is open: its level for selectors, what its words inherit, and whether they are unseen."""

    level: Level
    ground: Ground
    unseen: bool


class Hiding:
    """The styles of one page, asked on one walk through it."""

    def __init__(self, parser: LexborHTMLParser, *, old: bool) -> None:
        self._sheets = Sheets()
        _read_sheets(parser, self._sheets)
        self._variables = self._sheets.variables
        self.doubts: dict[str, None] = {}
        self._matcher = Matcher()
        self._rules: list[tuple[tuple[Any, ...], list[Declaration], str]] = []
        if not self._sheets.beyond:
            self._compile(old=old)
        self._parser: LexborHTMLParser | None = parser  # until the variables that elements set are read
        self._styled = bool(self._rules)
        self._stack = [_Open(Level(), Ground(), unseen=False)]
        self._titled = False
        self.beyond = self._sheets.beyond
        """Whether the page's styles are more than can be judged: then nothing more of it counts as seen."""
        self.unseen = self.beyond
        """Whether letters that stand here are not seen."""
        self._said: dict[tuple[int, ...], list[tuple[tuple[Any, ...], Trait]]] = {}

    @property
    def foreign(self) -> int:
        """How many style sheets the page would fetch."""
        return self._sheets.foreign

    def enter(self, tag: str, attributes: Mapping[str, str | None], node: LexborNode) -> bool:
        """Take note of an element that begins; return whether nothing in it is seen."""
        above = self._stack[-1]
        ground = above.ground
        level, said = above.level, None
        if self._styled:
            element = Element(tag, attributes, node, root=len(self._stack) == 1)
            found, level = self._matcher.enter(element, level)
            if found:
                said = self._of_rules(tuple(found))
            if self._matcher.spent:
                self.beyond = self.unseen = True
        plain = said is None and (not attributes or _TELLING.isdisjoint(attributes))
        if plain and (tag not in _WITH_MEANING or (tag == "a" and not above.unseen and ground.under == _PAPER)):
            self._stack.append(_Open(level, ground, above.unseen) if self._styled else above)
            return (tag in _TELLING_TAGS or ground.svg) and self._tag_hides(tag, attributes, ground)
        traits = self._traits(tag, attributes, said, ground)
        ground = _stand(tag, traits, ground, node)
        unseen = above.unseen if ground is above.ground else ground.unseen()
        self._stack.append(_Open(level, ground, unseen))
        self.unseen = unseen or self.beyond
        return self._tag_hides(tag, attributes, ground) or _hides(traits)

    def leave(self) -> None:
        """Take note that the element that began last ends."""
        self._stack.pop()
        self.unseen = self._stack[-1].unseen or self.beyond

    def _tag_hides(self, tag: str, attributes: Mapping[str, str | None], ground: Ground) -> bool:
        if tag in _UNSEEN or "hidden" in attributes or "popover" in attributes:
            return True
        if tag == "title" and not ground.svg:
            titled, self._titled = self._titled, True
            return titled
        if tag == "dialog":
            return "open" not in attributes
        if tag == "option":
            return bool((attributes.get("label") or "").strip())
        return ground.svg and tag in _UNSEEN_IN_SVG

    def _compile(self, *, old: bool) -> None:
        for rule in self._sheets.rules:
            if not rule.declarations:
                continue
            selectors, whole = html_selectors.parse(rule.selectors, fold=False)
            hiding = [one for one in rule.declarations if _may_hide(one)]
            for selector in selectors:
                if selector.never:
                    continue
                certain = rule.certain and selector.certain and whole
                said = rule.declarations if certain else hiding
                if not said:
                    continue
                rank = (not rule.layered, selector.specificity) if certain else _STRONGEST
                self._take(selector, rank, said, rule.selectors if not certain else "", fold=False)
            if old and hiding:
                for selector in html_selectors.parse(rule.selectors, fold=True)[0]:
                    if not selector.never:
                        self._take(selector, (True, selector.specificity), hiding, "", fold=True)

    def _take(
        self, selector: Selector, rank: tuple[Any, ...], said: list[Declaration], doubt: str, *, fold: bool
    ) -> None:
        number = len(self._rules)
        self._rules.append(((*rank, number), said, " ".join(doubt.split())[:200]))
        self._matcher.add(selector, number, fold=fold)

    def _read_set_variables(self, parser: LexborHTMLParser) -> None:
        self._parser = None
        for node in parser.css('[style*="--"]')[:MOST_SETTING]:
            for part in (node.attributes.get("style") or "").split(";"):
                name, _, value = part.partition(":")
                if name.strip().startswith("--"):
                    self._sheets.remember(name.strip(), value.strip().lower())

    def _of_rules(self, found: tuple[int, ...]) -> list[tuple[tuple[Any, ...], Trait]]:
        """Return what these rules say together, the stronger later."""
        known = self._said.get(found)
        if known is not None:
            return known
        said = []
        for number in found:
            rank, declarations, doubt = self._rules[number]
            if doubt and len(self.doubts) < MOST_DOUBTS:
                self.doubts[doubt] = None
            for name, value, important in declarations:
                for trait in self._worked_out(name, value):
                    said.append(((important, *rank), trait) if not doubt or _is_hiding(trait) else ((False,), trait))
        said.sort(key=lambda one: one[0])
        if len(self._said) < html_selectors.MOST_KEPT:
            self._said[found] = said
        return said

    def _worked_out(self, name: str, value: str) -> tuple[Trait, ...]:
        if "var(" not in value:
            return html_values.traits(name, value)
        if self._parser is not None:
            self._read_set_variables(self._parser)
        choices = [html_values.traits(name, one) for one in self._expanded(value)]
        return next((some for some in choices if any(map(_is_hiding, some))), choices[0] if choices else ())

    def _expanded(self, value: str) -> list[str]:
        """Return what a value with variables may come to; a variable that is set nowhere gives its fallback."""
        values = [value]
        for _ in range(4):
            following: list[str] = []
            for one in values:
                match = _VARIABLE.search(one)
                if match is None:
                    following.append(one)
                    continue
                known = self._variables.get(match[1]) or ([match[2].strip()] if match[2] is not None else [])
                following += [one[: match.start()] + each + one[match.end() :] for each in known]
            values = [one[:1000].lower() for one in following[: html_css.MOST_VALUES]]
        return [one for one in values if "var(" not in one]

    def _traits(
        self,
        tag: str,
        attributes: Mapping[str, str | None],
        said: list[tuple[tuple[Any, ...], Trait]] | None,
        ground: Ground,
    ) -> dict[str, object]:
        traits: dict[str, object] = {}
        if tag in _OWN_COLOURS:
            traits.update(_OWN_COLOURS[tag])
        elif tag == "a" and "href" in attributes:
            traits["colour"] = _LINK
        traits.update(_of_attributes(tag, attributes, ground))
        style = attributes.get("style")
        own, even = _own_style(style) if style else ((), True)
        strong: list[Trait] = []
        for rank, trait in said or ():
            if rank[0]:
                strong.append(trait)
            else:
                traits[trait[0]] = trait[1]
        for important in (False, True):
            if important:
                traits.update(strong)
            for name, value, urgent in own:
                if urgent is important:
                    traits.update(one for one in self._worked_out(name, value) if even or _is_hiding(one))
        return traits


_WITH_MEANING = frozenset((*_OWN_COLOURS, "svg", "a", "foreignobject"))


@lru_cache(maxsize=4096)
def _own_style(style: str) -> tuple[tuple[Declaration, ...], bool]:
    said, even = html_css.declarations(style)
    return tuple(said), even


def _read_sheets(parser: LexborHTMLParser, sheets: Sheets) -> None:
    for node in parser.css("style,link"):
        about = node.attributes
        if node.tag == "link":
            for address in html_css.fetched([about]):
                match = _DATA_SHEET.match(address)
                if match is None or "base64" in match[0].lower():
                    sheets.foreign += 1
                else:
                    sheets.add(unquote_to_bytes(address[match.end() :]).decode("utf-8", "replace"), certain=False)
            continue
        kind = (about.get("type") or "").strip().lower()
        certain = kind in ("", "text/css") and "title" not in about
        sheets.add(node.text(deep=True), media=about.get("media") or "", certain=certain)


def _of_attributes(tag: str, attributes: Mapping[str, str | None], ground: Ground) -> Iterator[Trait]:
    """Yield what the attributes of old pages and of drawings say."""
    for name, trait in (("bgcolor", "under"), ("color", "colour"), ("text", "colour")):
        value = attributes.get(name)
        if value and (name != "text" or tag == "body"):
            found = html_values.colour(value.strip().lower()) or html_values.colour("#" + value.strip().lower())
            if found is not None:
                yield trait, found
    if attributes.get("background"):
        yield "image", ()
    if not ground.svg:
        return
    for name in _DRAWN:
        value = attributes.get(name)
        if value:
            yield from html_values.traits(name, value.strip().lower())
    for name, trait in (("x", "left"), ("y", "top")):
        place = html_values.length((attributes.get(name) or "").partition(" ")[0].strip().lower())
        if place is not None and place <= -FAR:
            yield trait, place


def _may_hide(declaration: Declaration) -> bool:
    name, value, _ = declaration
    return "var(" in value or any(map(_is_hiding, html_values.traits(name, value)))


def _is_hiding(trait: Trait) -> bool:
    """Return whether a trait could hide, alone or with others."""
    name, value = trait
    if name in _HIDE_ALONE or name in ("overflow", "indent", "spacing"):
        return value is True
    if name in ("opacity", "fill-opacity"):
        return isinstance(value, float) and value <= FAINT
    if name in _AWAY or name in _PUSHED:
        return isinstance(value, float) and (value <= -FAR or value >= 5 * FAR)
    if name in _BOX:
        return isinstance(value, float) and value < LOW
    if name == "size":
        return isinstance(value, str) and html_values.size(value, 16.0) <= TINY
    if name in ("colour", "ink", "fill"):
        return isinstance(value, tuple) and (value[3] <= FAINT or min(value[:3]) > _PALE)
    return False


def _hides(traits: dict[str, object]) -> bool:
    """Return whether an element with these traits shows nothing of what is in it."""
    if _TELLING_TRAITS.isdisjoint(traits):
        return False
    if any(traits.get(name) for name in _HIDE_ALONE):
        return True
    opacity = traits.get("opacity", 1.0)
    if isinstance(opacity, float) and opacity <= FAINT:
        return True
    if any(_is_far(traits.get(name)) for name in _PUSHED):
        return True
    if not traits.get("still") and any(_is_far(traits.get(name)) for name in _AWAY):
        return True
    if traits.get("overflow"):
        if any(isinstance(size := traits.get(name), float) and size < LOW for name in ("width", "max-width")):
            return True
        if any(isinstance(size := traits.get(name), float) and size < LOW for name in ("height", "max-height")):
            return sum(_plain(traits.get(name)) for name in ("padding-top", "padding-bottom")) < 10
        return any(_plain(traits.get(name)) >= FAR for name in ("padding-top", "padding-left"))
    return False


def _plain(value: object) -> float:
    return value if isinstance(value, float) else 0.0


def _is_far(value: object) -> bool:
    return isinstance(value, float) and (value <= -FAR or value >= 5 * FAR)


def _stand(tag: str, traits: dict[str, object], above: Ground, node: LexborNode) -> Ground:
    """Return what the words of an element inherit."""
    changed: dict[str, Any] = {}
    if tag == "svg" and not above.svg:
        changed = {"svg": True, "colour": (0.0, 0.0, 0.0, 1.0)}
        if node.css_first(_PAINTED) is not None:
            changed["under"] = ()
    elif tag == "foreignobject":
        changed["svg"] = False
    size = traits.get("size")
    if isinstance(size, str):
        changed["size"] = html_values.size(size, above.size)
    colour: Any = traits.get("fill") if above.svg or tag == "svg" else traits.get("colour")
    if colour is not None and colour != CURRENT:
        changed["colour"] = colour
    faint = traits.get("fill-opacity")
    if isinstance(faint, float) and faint <= FAINT and above.svg:
        changed["colour"] = CLEAR
    if "ink" in traits:
        changed["ink"] = None if traits["ink"] == CURRENT else traits["ink"]
    for name, trait in (("indented", "indent"), ("squeezed", "spacing")):
        if trait in traits:
            changed[name] = bool(traits[trait])
    if ("under" in traits or "image" in traits) and not above.svg:
        letters: Colour = changed.get("colour", above.colour)
        under = _underground(traits, above.under, letters)
        if traits.get("cut"):
            changed["cut"] = under if under != above.under else None
        else:
            changed["under"] = under
    return replace(above, **changed) if changed else above


def _underground(traits: dict[str, object], above: tuple[Colour, ...], letters: Colour) -> tuple[Colour, ...]:
    colour: Any = traits.get("under", CLEAR)
    image: Any = traits.get("image")
    if colour == CURRENT:
        colour = letters
    if image:
        return tuple(_over(one, above) for one in image)
    if not isinstance(colour, str) and colour[3] <= FAINT:
        return above if image is None else ()
    return (_over(colour, above),)


def _over(colour: Colour, under: tuple[Colour, ...]) -> Colour:
    """Return a colour as it looks on another."""
    if isinstance(colour, str) or colour[3] >= 1 or not under or isinstance(under[0], str):
        return colour
    share, below = colour[3], under[0]
    red, green, blue = (mine * share + theirs * (1 - share) for mine, theirs in zip(colour[:3], below[:3], strict=True))
    return red, green, blue, 1.0


def _alike(letters: Colour, under: tuple[Colour, ...]) -> bool:
    """Return whether letters cannot be told from what they stand on."""
    if not under:
        return False
    if isinstance(letters, str) or any(isinstance(one, str) for one in under):
        return all(one == letters for one in under)
    shown = _over(letters, under)
    return all(
        max(abs(mine - theirs) for mine, theirs in zip(shown[:3], one[:3], strict=True)) <= 20
        for one in under
        if not isinstance(one, str) and not isinstance(shown, str)
    )
