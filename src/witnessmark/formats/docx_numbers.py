"""List numbers of a Word document: they are seen on the page and stand nowhere in its text (ISO/IEC 29500-1, 17.9)."""

from dataclasses import dataclass, replace
from typing import Any

from witnessmark.formats import markup
from witnessmark.formats.package import Package

LEVELS = 9
_ROMAN = tuple(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"),
        strict=True,
    )
)
_UNCOUNTED = ("bullet", "none")
_HAN = "〇一二三四五六七八九"
_IN_HAN = ("chineseCounting", "chineseCountingThousand", "ideographDigital", "japaneseCounting")


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: its form, its pattern with %1 to %9, and where it begins."""

    form: str = "decimal"
    pattern: str = ""
    start: int = 1
    is_legal: bool = False  # all numbers in it are written in digits (17.9.4)
    restarts_below: int = 9  # it begins anew after a level before this one (17.9.10)


class Numbers:
    """The lists of a document, those of a numbering part read as paragraphs ask for them, and how far each counted."""

    def __init__(self, root: Any | None = None) -> None:
        self.lists: dict[str, tuple[str, dict[int, Level]]] = {}  # numId: (abstract id, levels)
        self._abstract: dict[str, Any] = {}
        self._elements: dict[str, Any] = {}  # by numId
        self._counts: dict[str, list[int | None]] = {}
        if root is not None:
            self._abstract = {_value(one, "abstractNumId", own=True): one for one in root.iter("{*}abstractNum")}
            self._elements = {_value(one, "numId", own=True): one for one in root.iter("{*}num")}

    def next(self, number: str, level: int) -> str:
        """Count one paragraph and return the number that stands before it."""
        if number in self._elements and number not in self.lists:
            self.lists[number] = self._list(self._elements[number])
        if number not in self.lists or not 0 <= level < LEVELS:
            return ""
        key, levels = self.lists[number]
        counts = self._counts.setdefault(key, [None] * LEVELS)
        own = levels.get(level, Level())
        now = counts[level]
        counts[level] = own.start if now is None else now + 1
        for place in range(level + 1, LEVELS):
            if level < levels.get(place, Level()).restarts_below:
                counts[place] = None
        if own.form == "bullet":
            return ""
        label = own.pattern
        for place in range(level + 1):
            above = levels.get(place, Level())
            count = counts[place]
            if count is None:  # a level that was passed over has been counted all the same
                count = counts[place] = above.start
            form = "decimal" if own.is_legal and above.form not in (*_UNCOUNTED, "decimalZero") else above.form
            label = label.replace(f"%{place + 1}", "" if form in _UNCOUNTED else written(count, form))
        return label.strip()

    def _list(self, element: Any) -> tuple[str, dict[int, Level]]:
        """Return by which name a list is counted, and its levels."""
        base = element.find("{*}abstractNumId")
        key = "" if base is None else _value(base, "val", own=True)
        levels = _levels(self._abstract[key]) if key in self._abstract else {}
        shared = True
        for override in element.iter("{*}lvlOverride"):
            place = _whole(_value(override, "ilvl", own=True))
            levels.update(_levels(override))
            start = override.find("{*}startOverride")
            if start is not None:
                shared = False
                old = levels.get(place, Level())
                levels[place] = replace(old, start=_whole(_value(start, "val", own=True)))
        return key if shared else f"{key}/{_value(element, 'numId', own=True)}", levels


def read_numbers(package: Package, name: str | None) -> Numbers:
    """Return the lists that the numbering part defines."""
    return Numbers(None if name is None else package.root(name))


def _levels(parent: Any) -> dict[int, Level]:
    return {
        _whole(_value(element, "ilvl", own=True)): Level(
            _value(element, "numFmt") or "decimal",
            _value(element, "lvlText"),
            _whole(_value(element, "start")),  # nought where it is not said (17.9.25)
            is_legal=element.find("{*}isLgl") is not None and _value(element, "isLgl") not in ("0", "false", "off"),
            restarts_below=_whole(_value(element, "lvlRestart") or "9"),
        )
        for element in parent.iter("{*}lvl")
    }


def _value(element: Any, name: str, *, own: bool = False) -> str:
    """Return the attribute `name` of an element (own), or the attribute `val` of its child `name`."""
    if not own:
        child = element.find("{*}" + name)
        return "" if child is None else _value(child, "val", own=True)
    for key, value in markup.pairs(element):
        if key.rpartition("}")[2] == name:
            return str(value)
    return ""


def _whole(text: str) -> int:
    return markup.whole(text) or 0


def written(count: int, form: str) -> str:
    """Return a count in one of the forms of 17.18.59; a form that is not known here is decimal."""
    if form in ("lowerRoman", "upperRoman") and 0 < count < 4000:
        text = ""
        for value, sign in _ROMAN:
            text += sign * (count // value)
            count %= value
        return text if form == "lowerRoman" else text.upper()
    if form in ("lowerLetter", "upperLetter") and 0 < count < 1000:
        text = chr(97 + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return text if form == "lowerLetter" else text.upper()
    if form in _IN_HAN and 0 < count < 100:
        tens, ones = divmod(count, 10)
        return (("" if tens == 1 else _HAN[tens]) + "十" if tens else "") + (_HAN[ones] if ones else "")
    if form == "ordinal":
        ends = {1: "st", 2: "nd", 3: "rd"}
        return f"{count}{'th' if count % 100 in (11, 12, 13) else ends.get(count % 10, 'th')}"
    if form == "decimalZero":
        return f"{count:02}"
    return str(count)
