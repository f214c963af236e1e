"""Selectors (Selectors 4) matched to elements on one walk through the page, without ever looking back.

Each element carries, as bits, which beginnings of selectors it and the elements above and before it fulfil; so the time
is elements times selectors that could begin there, however long the chains are. What is not understood (`:has`, …)
counts as fulfilled, and its selector as not certain.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from witnessmark.formats.html_css import LONGEST_SELECTOR, unescaped

MOST_TESTS = 3_000_000
"""Comparisons of an element with a part of a selector; after that nothing can be told of an element."""
MOST_BEGINNINGS = 16_000
"""Beginnings of selectors, each a bit of every number that is kept; a page with more cannot be judged either."""
MOST_KEPT = 20_000
"""Answers that are kept for the next element of the same kind."""
_NONE: list[int] = []
_NAME = r"(?:[-\w\u0080-\U0010ffff]|\\[0-9a-fA-F]{1,6}\s?|\\.)++"
_PART = re.compile(
    rf"""\s*+(?P<join>>|\+|~|\|\|)\s*+|(?P<space>\s++)|(?P<comma>,)|(?P<space_of_names>(?:{_NAME}|\*)?\|(?!\|))?(?P<tag>{_NAME}|\*)|\.(?P<class>{_NAME})
    |\#(?P<id>{_NAME})|(?P<attribute>\[)|(?P<colons>::?)(?P<pseudo>{_NAME})(?P<call>\()?|(?P<nest>&)""",
    re.VERBOSE | re.DOTALL,
)
_ATTRIBUTE = re.compile(
    rf"""\s*(?:(?:{_NAME}|\*)?\|)?(?P<name>{_NAME})\s*(?:(?P<how>[~|^$*]?=)\s*(?P<value>"[^"]*"|'[^']*'|{_NAME})\s*(?P<flag>[is])?\s*)?\Z""",
    re.DOTALL | re.IGNORECASE,
)
_NTH = re.compile(
    r"\s*(?:(?P<word>odd|even)|(?P<a>[+-]?\d{0,6})n\s*(?P<b>[+-]\s*\d{1,6})?|(?P<only>[+-]?\d{1,6}))\s*\Z"
)
_NOT_NOW = frozenset(
    """hover active visited target target-within current past future fullscreen popover-open modal autofill
    user-invalid user-valid before after marker placeholder selection backdrop cue file-selector-button grammar-error
    spelling-error target-text view-transition""".split()  # noqa: SIM905
)
"""States that a page has not when it is opened, and parts that hold none of its words."""
_OWN = ("-webkit-any", "-moz-any", "-webkit-any-link", "-moz-any-link")
_FOLDED = ("is", "where", "matches", "-webkit-any", "-moz-any")

Specificity = tuple[int, int, int]


@dataclass(slots=True)
class Element:
    """What is known of an element when it begins."""

    tag: str
    attributes: Mapping[str, str | None]
    node: LexborNode | None
    index: int = 1  # among its siblings that are elements
    root: bool = False
    classes: list[str] = field(default_factory=list)


Test = Callable[[Element], bool]


@dataclass(slots=True)
class Compound:
    """One word of a selector; `key` is what an element must have for it to be looked at at all."""

    tag: str = ""
    id: str = ""
    classes: list[str] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    never: bool = False

    def fits(self, element: Element) -> bool:
        """Return whether an element is one of these."""
        if self.never or (self.tag and self.tag != element.tag):
            return False
        if self.id and self.id != (element.attributes.get("id") or ""):
            return False
        return all(name in element.classes for name in self.classes) and all(test(element) for test in self.tests)


@dataclass(slots=True)
class Selector:
    """Words and what joins each to the one before it."""

    compounds: list[Compound]
    joins: list[str]
    certain: bool = True
    specificity: Specificity = (0, 0, 0)

    @property
    def never(self) -> bool:
        """Whether no element is ever selected."""
        return any(compound.never for compound in self.compounds)


class _Parser:
    """One list of selectors under way."""

    def __init__(self, text: str, *, depth: int, fold: bool) -> None:
        self._text, self._depth, self._fold = text, depth, fold
        self.found: list[Selector] = []
        self.broken = False
        self._begin()

    def _begin(self) -> None:
        self._compounds = [Compound()]
        self._joins = [""]
        self._said = False  # whether the present word says anything
        self._certain = True
        self._counts = [0, 0, 0]

    def parse(self) -> "_Parser":
        place, text = 0, self._text
        while place < len(text):
            match = _PART.match(text, place)
            if match is None:
                self.broken = True
                following = text.find(",", place)
                self._begin()
                if following < 0:
                    return self
                place = following + 1
                continue
            place = self._take(match)
        self._end()
        return self

    def _take(self, match: re.Match[str]) -> int:
        kind, word = match.lastgroup, self._compounds[-1]
        if match["comma"]:
            self._end()
        elif match["join"] or match["space"]:
            self._join((match["join"] or " ").replace("||", " "))
        else:
            self._said = True
            if kind == "tag":
                word.tag = "" if match["tag"] == "*" else unescaped(match["tag"]).lower()
                self._counts[2] += match["tag"] != "*"
                self._certain = self._certain and match["space_of_names"] in (None, "*|")
            elif kind == "class":
                word.classes.append(self._name(match["class"]))
                self._counts[1] += 1
            elif kind == "id":
                word.id = self._name(match["id"])
                self._counts[0] += 1
            elif kind == "attribute":
                return self._attribute(match.end())
            elif kind == "nest":
                self._certain = False
            else:
                return self._pseudo(match)
        return match.end()

    def _name(self, text: str) -> str:
        text = unescaped(text)
        return text.lower() if self._fold else text

    def _join(self, join: str) -> None:
        if self._said:
            self._compounds.append(Compound())
            self._joins.append(join)
            self._said = False
        elif join != " " and len(self._joins) > 1 and self._joins[-1] == " ":
            self._joins[-1] = join
        elif join != " ":
            self.broken = True

    def _end(self) -> None:
        if not self._said and len(self._compounds) > 1:
            self._compounds.pop()
            self.broken = self.broken or self._joins.pop() != " "
            self._said = True
        if self._said:
            a, b, c = self._counts
            self.found.append(Selector(self._compounds, self._joins, self._certain, (a, b, c)))
        else:
            self.broken = True
        self._begin()

    def _attribute(self, start: int) -> int:
        end = _closing(self._text, start, "]")
        match = _ATTRIBUTE.match(self._text[start:end])
        self._counts[1] += 1
        if match is None:
            self._certain = False
        else:
            value = match["value"] or ""
            value = unescaped(value[1:-1] if value[:1] in ("'", '"') else value)
            name = unescaped(match["name"]).lower()
            fold = self._fold or (match["flag"] or "").lower() == "i"
            self._compounds[-1].tests.append(_attribute_test(name, match["how"], value, fold=fold))
        return end + 1

    def _pseudo(self, match: re.Match[str]) -> int:
        name, end = unescaped(match["pseudo"]).lower(), match.end()
        inner = ""
        if match["call"]:
            close = _closing(self._text, end, ")")
            inner, end = self._text[end:close], close + 1
        word = self._compounds[-1]
        self._counts[2 if match["colons"] == "::" else 1] += name != "where"
        if name in _NOT_NOW or (name.startswith("-") and name not in _OWN):
            word.never = True
        elif name in _FOLDED or name == "not":
            self._either(name, inner)
        elif name == "root":
            word.tests.append(lambda element: element.root)
        elif name in ("focus", "focus-visible"):
            word.tests.append(lambda element: "autofocus" in element.attributes)
        elif name == "empty":
            word.tests.append(_is_empty)
        elif name in ("link", "any-link", "-webkit-any-link", "-moz-any-link"):
            word.tests.append(lambda element: "href" in element.attributes)
        elif name == "checked":
            word.tests.append(lambda element: "checked" in element.attributes or "selected" in element.attributes)
        elif name in ("first-child", "nth-child") and (test := _nth_test(inner or "1")) is not None:
            word.tests.append(test)
        elif name == "last-child":
            word.tests.append(_is_last)
        else:
            self._certain = False
        return end

    def _either(self, name: str, inner: str) -> None:
        """Take a list of words of which one must, or none may, fit."""
        word = self._compounds[-1]
        if self._depth > 2:
            self._certain = False
            return
        parser = _Parser(inner, depth=self._depth + 1, fold=self._fold).parse()
        self._certain = self._certain and not parser.broken
        if name != "where" and parser.found:
            best = max(selector.specificity for selector in parser.found)
            self._counts = [mine + theirs for mine, theirs in zip(self._counts, best, strict=True)]
            self._counts[1] -= 1
        simple = [one.compounds[0] for one in parser.found if len(one.compounds) == 1 and one.certain]
        unsure = parser.broken or len(simple) < len(parser.found)
        if name == "not":
            self._certain = self._certain and not unsure
            word.tests.append(lambda element: not any(one.fits(element) for one in simple))
        elif unsure:
            # Each choice by its last word alone: that matches all that the whole choice would.
            self._certain = False
            last = [one.compounds[-1] for one in parser.found]
            if last and not parser.broken:
                word.tests.append(lambda element: any(one.fits(element) for one in last))
        elif all(one.never for one in simple):
            word.never = True
        else:
            word.tests.append(lambda element: any(one.fits(element) for one in simple))


def parse(text: str, *, fold: bool) -> tuple[list[Selector], bool]:
    """Return the selectors of a list, and whether all of it was understood as a list.

    With `fold`, names of classes and ids match in any case, as they do in pages of the old kind.
    """
    if len(text) > 100 * LONGEST_SELECTOR:
        text = "*:cut-short"
    parser = _Parser(text.strip(), depth=0, fold=fold).parse()
    return parser.found, not parser.broken


def _closing(text: str, start: int, bracket: str) -> int:
    """Return where a bracket closes that opened before `start`; the end when it does not."""
    depth, quote = 1, ""
    opening = "(" if bracket == ")" else "["
    place = start
    while place < len(text):
        sign = text[place]
        if sign == "\\":
            place += 1
        elif quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == opening:
            depth += 1
        elif sign == bracket:
            depth -= 1
            if not depth:
                return place
        place += 1
    return len(text)


def _attribute_test(name: str, how: str | None, value: str, *, fold: bool) -> Test:
    wanted = value.lower() if fold else value

    def test(element: Element) -> bool:
        if name not in element.attributes:
            return False
        if how is None:
            return True
        found = element.attributes[name] or ""
        found = found.lower() if fold else found
        if how == "=":
            return found == wanted
        if how == "|=":
            return found == wanted or found.startswith(wanted + "-")
        if not wanted:
            return False
        if how == "~=":
            return wanted in found.split()
        return {"^=": found.startswith, "$=": found.endswith, "*=": found.__contains__}[how](wanted)

    return test


def _nth_test(inner: str) -> Test | None:
    match = _NTH.match(inner.lower())
    if match is None:
        return None
    if match["only"]:
        a, b = 0, int(match["only"])
    elif match["word"]:
        a, b = 2, int(match["word"] == "odd")
    else:
        sign = match["a"]
        a = int(sign + "1") if sign in ("", "+", "-") else int(sign)
        b = int((match["b"] or "0").replace(" ", ""))

    def test(element: Element) -> bool:
        rest = element.index - b
        return rest == 0 if a == 0 else rest % a == 0 and rest // a >= 0

    return test


def _is_empty(element: Element) -> bool:
    node = None if element.node is None else element.node.first_child
    while node is not None and node.tag == "-comment":
        node = node.next
    return node is None


def _is_last(element: Element) -> bool:
    node = None if element.node is None else element.node.next
    while node is not None and (node.tag or "-")[0] in "-_!":
        node = node.next
    return node is None


@dataclass(slots=True)
class Level:
    """An open element: the beginnings that it fulfils, that it or one above does, and those of its children so far."""

    own: int = 0
    line: int = 0
    last: int = 0
    elder: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class _Step:
    """A word of a selector in place: its bit, the bit that must stand before it and where, and what it completes."""

    bit: int
    before: int
    join: str
    compound: Compound
    completes: int  # the number of the rule, -1 for the beginning of a selector
    fold: bool


class Matcher:
    """All selectors of a page, by what an element must have to begin with."""

    def __init__(self) -> None:
        self._by_class: dict[str, list[_Step]] = {}
        self._by_id: dict[str, list[_Step]] = {}
        self._by_tag: dict[str, list[_Step]] = {}
        self._bits = 0
        self._siblings = False
        self._candidates: dict[tuple[str, str, str], tuple[list[_Step], bool]] = {}
        self._answers: dict[tuple[object, ...], tuple[int, list[int]]] = {}
        self._tests = 0

    def add(self, selector: Selector, number: int, *, fold: bool) -> None:
        """Take in a selector of the rule of this number."""
        if self.spent:
            return
        before = 0
        for place, (compound, join) in enumerate(zip(selector.compounds, selector.joins, strict=True)):
            last = place == len(selector.compounds) - 1
            bit = 0 if last else 1 << self._bits
            self._bits += not last
            step = _Step(bit, before, join, compound, number if last else -1, fold)
            self._siblings = self._siblings or join in ("+", "~")
            if compound.id:
                self._by_id.setdefault(compound.id.lower(), []).append(step)
            elif compound.classes:
                self._by_class.setdefault(compound.classes[0].lower(), []).append(step)
            else:
                self._by_tag.setdefault(compound.tag, []).append(step)
            before = bit

    @property
    def spent(self) -> bool:
        """Whether there is so much to compare that nothing more can be told."""
        return self._tests > MOST_TESTS or self._bits > MOST_BEGINNINGS

    def enter(self, element: Element, above: Level) -> tuple[list[int], Level]:
        """Return the rules that select an element, and its level for the elements in it."""
        above.count += 1
        element.index = above.count
        key = (element.tag, element.attributes.get("class") or "", element.attributes.get("id") or "")
        known = self._candidates.get(key)
        if known is None:
            known = self._look_up(*key)
        steps, plain = known
        own, found = 0, _NONE
        if steps:
            before = (above.last, above.elder) if self._siblings else ()
            where = (key, above.own, above.line, *before) if plain else None
            answer = None if where is None else self._answers.get(where)
            if answer is None:
                answer = self._compare(element, steps, above)
                if where is not None and len(self._answers) < MOST_KEPT:
                    self._answers[where] = answer
            own, found = answer
        if self._siblings:
            above.last = own
            above.elder |= own
        return found, Level(own, above.line | own)

    def _compare(self, element: Element, steps: list[_Step], above: Level) -> tuple[int, list[int]]:
        own, found = 0, []
        element.classes = (element.attributes.get("class") or "").split()
        folded: Element | None = None
        self._tests += len(steps)
        for step in steps:
            if step.join and not _stands(step, above):
                continue
            if step.fold and folded is None:
                folded = _fold(element)
            if step.compound.fits(folded if step.fold and folded is not None else element):
                own |= step.bit
                if step.completes >= 0:
                    found.append(step.completes)
        return own, found

    def _look_up(self, tag: str, classes: str, name: str) -> tuple[list[_Step], bool]:
        steps = [*self._by_tag.get("", ()), *self._by_tag.get(tag, ())] if tag else []
        if name:
            steps += self._by_id.get(name.lower(), ())
        for one in dict.fromkeys(classes.lower().split()):
            steps += self._by_class.get(one, ())
        self._tests += len(steps)
        known = steps, not any(step.compound.tests for step in steps)
        if len(self._candidates) < MOST_KEPT:
            self._candidates[tag, classes, name] = known
        return known


def _stands(step: _Step, above: Level) -> bool:
    """Return whether what must stand before a word does."""
    if step.join == " ":
        return bool(above.line & step.before)
    if step.join == ">":
        return bool(above.own & step.before)
    return bool((above.last if step.join == "+" else above.elder) & step.before)


def _fold(element: Element) -> Element:
    """Return an element with its names in small letters."""
    attributes = dict(element.attributes)
    if attributes.get("id"):
        attributes["id"] = (attributes["id"] or "").lower()
    classes = [name.lower() for name in element.classes]
    return Element(element.tag, attributes, element.node, element.index, element.root, classes)
