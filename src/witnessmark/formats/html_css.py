"""Style sheets of a page: their rules, as far as they can hide words, read in one pass whatever they look like.

What cannot be judged is kept and marked as not certain: such a rule may hide, and never shows again what another hides.
A sheet with odd brackets or quotes is read differently by different readers: nothing in it counts as certain.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

LARGEST = 8 << 20
"""Characters of style sheets that are read; a page with more cannot be judged."""
MOST_RULES = 50_000
LONGEST_SELECTOR = 2_000
DEEPEST = 50
"""Rules inside each other."""
MOST_VALUES = 8
"""Values of one variable that are looked at."""
SCREEN = {"width": 1280.0, "height": 800.0}
"""The window that rules for windows of some size are held against, in CSS pixels."""

Declaration = tuple[str, str, bool]
"""A property, its value, and whether it is marked important."""
RELEVANT = frozenset(
    """animation animation-name background background-clip background-color background-image clip clip-path color
    content content-visibility display fill fill-opacity filter font font-size height inset inset-block
    inset-block-start inset-inline inset-inline-start left letter-spacing margin margin-inline-start margin-left
    margin-right margin-top max-height max-width block-size inline-size max-block-size max-inline-size mask mask-image
    mso-hide opacity overflow overflow-x overflow-y padding padding-bottom padding-left padding-top position right
    rotate bottom scale text-indent top transform translate visibility width zoom
    -webkit-background-clip -webkit-clip-path -webkit-mask -webkit-mask-image
    -webkit-text-fill-color -webkit-text-security -webkit-transform""".split()  # noqa: SIM905
)
_TOKEN = re.compile(
    r"""/\*.*?(?:\*/|\Z)|(?<=url)(?<![\w-]url)\(\s*+(?!["'])(?:[^)\\]|\\.)*+\)?|"(?:[^"\\\n\r\f]|\\.)*+"?"""
    r"""|'(?:[^'\\\n\r\f]|\\.)*+'?|[{}();\[\]]|\\.?|/|[^{}();\[\]"'\\/]+""",
    re.DOTALL | re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_GROUPS = ("supports", "layer", "container", "scope", "document", "-moz-document", "starting-style")
_AT_NAME = re.compile(r"@(?:[\w-]|\\.)+")
_ODD = re.compile(r"""[\\"'()\[\]{}]|/\*""")
_SCOPE = re.compile(r"\(\s*([^()]+)\)")
_IMPORTANT = re.compile(r"!\s*important\s*\Z")
_FEATURE = re.compile(r"\(\s*(min-|max-)?(?:device-)?(width|height)\s*:\s*([\d.]+)\s*(px|em|rem)?\s*\)\Z")
_RANGE = re.compile(r"\(\s*(width|height)\s*(<=?|>=?)\s*([\d.]+)\s*(px|em|rem)?\s*\)\Z")
_FALSE_MEDIA = re.compile(
    r"\(\s*(?:prefers-color-scheme\s*:\s*dark|prefers-reduced-motion\s*:\s*reduce|prefers-contrast\s*:\s*(?:more|less)|"
    r"(?:any-)?hover\s*:\s*none|(?:any-)?pointer\s*:\s*(?:coarse|none)|orientation\s*:\s*portrait|monochrome|"
    r"forced-colors\s*:\s*active|display-mode\s*:\s*standalone|-ms-high-contrast\s*:\s*[\w-]+)\s*\)\Z"
)


@dataclass(slots=True)
class Rule:
    """Selectors as written, and the declarations that could hide or show; `layered` rules rank below all others."""

    selectors: str
    certain: bool
    layered: bool = False
    declarations: list[Declaration] = field(default_factory=list)


@dataclass(slots=True)
class _Frame:
    """An open block: `rule` takes the declarations that stand in it; a block to skip takes none."""

    rule: Rule | None
    certain: bool
    skipped: bool = False
    layered: bool = False


class Sheets:
    """All style sheets of a page."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.variables: dict[str, list[str]] = {}
        self.foreign = 0
        """Sheets that the page fetches and that cannot be read here."""
        self.beyond = False
        """Whether there is more than is read."""
        self._length = 0

    def add(self, text: str, *, media: str = "", certain: bool = True) -> None:
        """Read one sheet."""
        applies = judge_media(media) if media.strip() else True
        if applies is False or self.beyond:
            return
        self._length += len(text)
        if self._length > LARGEST or len(self.rules) > MOST_RULES:
            self.beyond = True
            return
        first = len(self.rules)
        if not _Reading(self, certain=certain and applies is True).read(text):
            for rule in self.rules[first:]:
                rule.certain = False

    def remember(self, name: str, value: str) -> None:
        """Keep a value that a variable has somewhere."""
        values = self.variables.setdefault(name, [])
        if value not in values and len(values) < MOST_VALUES:
            values.append(value)


class _Reading:
    """One sheet under way."""

    def __init__(self, sheets: Sheets, *, certain: bool, rule: Rule | None = None) -> None:
        self._sheets = sheets
        self._stack = [_Frame(rule, certain)]
        self._buffer: list[str] = []
        self._depth = 0
        self._even = True

    def read(self, text: str) -> bool:
        """Read to the end; return whether every bracket and quote found its other half."""
        for match in _TOKEN.finditer(text):
            piece = match[0]
            first = piece[0]
            if first == "{":
                self._check_depth()
                self._open(self._taken())
            elif first == "}":
                self._check_depth()
                self._close()
            elif first == ";":
                self._check_depth()
                self._flush()
            elif first in "([" and len(piece) == 1:
                self._depth += 1
                self._buffer.append(piece)
            elif first in ")]":
                self._depth -= 1
                self._buffer.append(piece)
            elif piece[:2] == "/*":
                self._buffer.append(" ")
            else:
                if first in "\"'" and (len(piece) == 1 or piece[-1] != first):
                    self._even = False
                self._buffer.append(piece)
            if self._sheets.beyond:
                return False
        while len(self._stack) > 1:
            self._close()
        self._flush()
        return self._even

    def _check_depth(self) -> None:
        if self._depth:
            self._even = False
            self._depth = 0

    def _taken(self) -> str:
        text = "".join(self._buffer).strip()
        self._buffer.clear()
        return text

    def _open(self, prelude: str) -> None:
        above = self._stack[-1]
        prelude = prelude.replace("<!--", " ").replace("-->", " ").strip()
        if above.skipped or not prelude or prelude.startswith("--") or len(self._stack) > DEEPEST:
            self._sheets.beyond = self._sheets.beyond or (len(self._stack) > DEEPEST and not above.skipped)
            self._stack.append(_Frame(None, certain=False, skipped=True))
        elif prelude.startswith("@"):
            self._stack.append(self._group(prelude, above))
        else:
            selectors = prelude if above.rule is None else _inside(above.rule.selectors, prelude)
            self._stack.append(
                _Frame(self._rule(selectors, above.certain, above.layered), above.certain, layered=above.layered)
            )

    def _rule(self, selectors: str, certain: bool, layered: bool) -> Rule:  # noqa: FBT001 - as its fields stand
        if len(self._sheets.rules) >= MOST_RULES:
            self._sheets.beyond = True
        rule = Rule(selectors, certain, layered)
        self._sheets.rules.append(rule)
        return rule

    def _group(self, prelude: str, above: _Frame) -> _Frame:
        match = _AT_NAME.match(prelude)
        name = "" if match is None else unescaped(match[0][1:]).lower()
        applies: bool | None = None
        if name == "media" and match is not None:
            applies = judge_media(prelude[match.end() :])
        elif name not in _GROUPS:
            applies = False  # key frames, font faces, pages: nothing in them is a rule
        if applies is False:
            return _Frame(None, certain=False, skipped=True)
        certain = above.certain and applies is True
        layered = above.layered or name == "layer"
        rule = None if above.rule is None else self._rule(above.rule.selectors, certain, layered)
        if name == "scope":
            # What is declared in a scope itself is said of the elements at its top.
            found = _SCOPE.search(prelude)
            rule = self._rule("*:cut-short" if found is None else found[1], certain=False, layered=layered)
        return _Frame(rule, certain, layered=layered)

    def _close(self) -> None:
        self._flush()
        if len(self._stack) == 1:
            self._even = False
        else:
            self._stack.pop()

    def _flush(self) -> None:
        if not self._buffer:
            return
        text = self._taken()
        frame = self._stack[-1]
        if frame.skipped or not text:
            return
        if text[0] == "@":
            self._sheets.foreign += text[:7].lower() == "@import"
            return
        found = _declaration(text)
        if found is None:
            return
        if found[0].startswith("--"):
            self._sheets.remember(found[0], found[1])
        elif frame.rule is not None:
            frame.rule.declarations.append(found)


def declarations(text: str) -> tuple[list[Declaration], bool]:
    """Return what the style attribute of an element declares, and whether every bracket and quote is closed in it."""
    if _ODD.search(text) is None:
        return [found for part in text.split(";") if (found := _declaration(part)) is not None], True
    rule, sheets = Rule("", certain=True), Sheets()
    even = _Reading(sheets, certain=True, rule=rule).read(text)
    return rule.declarations, even and not sheets.rules


def _declaration(text: str) -> Declaration | None:
    name, colon, value = text.partition(":")
    if not colon:
        return None
    name = unescaped(name).strip()
    name = name if name.startswith("--") else name.lower()
    if name not in RELEVANT and not name.startswith("--"):
        return None
    value = unescaped(value).strip().lower()
    important = _IMPORTANT.search(value)
    if important is not None:
        value = value[: important.start()].rstrip()
    return name, value[:1000], important is not None


def unescaped(text: str) -> str:
    """Return CSS text with its escapes written out (CSS Syntax 3, 4.3.7)."""
    return _ESCAPE.sub(_sign, text) if "\\" in text else text


def _sign(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[2]
    number = int(match[1], 16)
    return chr(number) if 0 < number < 0xD800 or 0xDFFF < number < 0x110000 else "\ufffd"


def _inside(above: str, below: str) -> str:
    """Return the selectors of a rule that stands inside another (CSS Nesting 1)."""
    outer = above if "," not in above else f":is({above})"
    parts = below.split(",") if "(" not in below else [below]
    whole = ",".join(part.replace("&", outer) if "&" in part else f"{outer} {part}" for part in parts)
    # What grows without end is not followed: it may select anything.
    return whole if len(whole) <= LONGEST_SELECTOR else "*:cut-short"


def judge_media(query: str) -> bool | None:
    """Return whether a media query holds for a common window (Media Queries 4); None when that cannot be told."""
    answers = [_one_medium(part.strip()) for part in query.lower().split(",")[:100]]
    return True if True in answers else None if None in answers else False


def _one_medium(query: str) -> bool | None:
    negated = query.startswith("not ")
    query = query.removeprefix("not ").removeprefix("only ").strip()
    if " or " in query or query.count("(") != query.count(")") or re.search(r"\(\s*\(|\(\s*not\b", query):
        return None
    answers = [_feature(part.strip()) for part in query.split(" and ")]
    answer = False if False in answers else None if None in answers else True
    return answer if not negated or answer is None else not answer


def _feature(text: str) -> bool | None:
    if text in ("", "all", "screen"):
        return True
    if text in ("print", "speech", "aural", "braille", "embossed", "handheld", "projection", "tty", "tv"):
        return False
    found = _FEATURE.match(text)
    if found is not None:
        return _compare(SCREEN[found[2]], {"min-": ">=", "max-": "<="}.get(found[1] or "", "="), found[3], found[4])
    found = _RANGE.match(text)
    if found is not None:
        return _compare(SCREEN[found[1]], found[2], found[3], found[4])
    return False if _FALSE_MEDIA.match(text) else None


def _compare(window: float, how: str, number: str, unit: str | None) -> bool | None:
    try:
        limit = float(number) * (1 if unit == "px" else 16)
    except ValueError:
        return None
    return {"<": window < limit, "<=": window <= limit, ">": window > limit, ">=": window >= limit}.get(
        how, window == limit
    )


def fetched(tags: Iterable[dict[str, str | None]]) -> list[str]:
    """Return the addresses of the style sheets that these link elements ask for."""
    return [
        link.get("href") or ""
        for link in tags
        if "stylesheet" in (link.get("rel") or "").lower().split()
        and judge_media(link.get("media") or "all") is not False
    ]
