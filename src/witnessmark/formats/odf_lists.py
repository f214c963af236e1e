"""Numbers of lists and headings in OpenDocument: they are seen on the page and stand nowhere in its text.

By ISO/IEC 26300-1: lists 5.3, their styles 16.30 and 16.31, outline numbering 16.34. A list counts where a paragraph of
it begins; one that is opened and holds only a deeper list counts nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from witnessmark.formats import markup
from witnessmark.formats.docx_numbers import written

LEVELS: Final = 10
MOST_STYLES: Final = 20_000
MOST_KNOWN: Final = 20_000
"""Lists that a later one may continue."""
_FORMS: Final = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_HAN: Final = "chineseCounting"
_NUMBERS: Final = frozenset(("list-level-style-number", "outline-level-style"))

Counts = list[int | None]


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: the form of its numbers (empty: none is written), what stands around them, how many show."""

    form: str = ""
    prefix: str = ""
    suffix: str = ""
    start: int = 1
    shown: int = 1


class Lists:
    """The lists of a document, and how far each has counted."""

    def __init__(self) -> None:
        self._styles: dict[str, dict[int, Level]] = {}
        self._outline: dict[int, Level] = {}
        self._headings: Counts = [None] * LEVELS
        self._by_style: dict[str, Counts] = {}
        self._by_id: dict[str, Counts] = {}
        self._open: list[str] = []  # the style of each list that is open
        self._counts: Counts = [None] * LEVELS
        self._waits = False  # an item was opened, and no paragraph of it has begun
        self._value: int | None = None  # that the item under way was given

    def learn(self, root: Any) -> None:
        """Take in the styles of lists under an element; None stands for one that is not there."""
        for element in () if root is None else root.iter("{*}list-style", "{*}outline-style"):
            levels = dict(_levels(element))
            if markup.local(element) == "outline-style":
                self._outline = levels
            elif len(self._styles) < MOST_STYLES:
                self._styles[markup.attributes(element).get("name", "")] = levels

    def open_list(self, about: dict[str, str]) -> None:
        """Begin a list, inside of another or not."""
        style = about.get("style-name") or (self._open[-1] if self._open else "")
        if not self._open:
            earlier = self._by_id.get(about.get("continue-list", ""))
            if earlier is None and about.get("continue-numbering") == "true":
                earlier = self._by_style.get(style)
            self._counts = [None] * LEVELS if earlier is None else earlier
            if len(self._by_id) < MOST_KNOWN and len(self._by_style) < MOST_KNOWN:
                self._by_style[style] = self._counts
                if about.get("id"):
                    self._by_id[about["id"]] = self._counts
        self._open.append(style)
        self._waits = False

    def close_list(self) -> None:
        """End a list."""
        if self._open:
            self._open.pop()
        self._waits = False

    def open_item(self, about: dict[str, str]) -> None:
        """Begin an item, whose first paragraph bears the number."""
        self._waits = True
        self._value = markup.whole(about.get("start-value", ""))

    def paragraph(self) -> str:
        """Begin a paragraph and return the number before it, or nothing."""
        if not self._waits or not self._open:
            return ""
        self._waits = False
        levels, place = self._styles.get(self._open[-1], {}), min(len(self._open), LEVELS)
        return _label(levels, self._counts, place, self._value)

    def heading(self, about: dict[str, str]) -> str:
        """Begin a heading and return the number before it: that of its list, else of the outline."""
        number = self.paragraph()
        level = markup.whole(about.get("outline-level", "1")) or 1
        if number or self._open or level > LEVELS or about.get("is-list-header") == "true":
            return number
        value = markup.whole(about.get("start-value", "")) if about.get("restart-numbering") == "true" else None
        return _label(self._outline, self._headings, level, value)


def _label(levels: dict[int, Level], counts: Counts, place: int, value: int | None) -> str:
    """Count one at a level, from 1, and return what is written."""
    own, now = levels.get(place, Level()), counts[place - 1]
    counts[place - 1] = value if value is not None else own.start if now is None else now + 1
    counts[place:] = [None] * (LEVELS - place)
    parts = list[str]()
    for above in range(1, place + 1):
        level, count = levels.get(above, Level()), counts[above - 1]
        if count is None:  # a level that was passed over has been counted all the same
            count = counts[above - 1] = level.start
        if level.form and above > place - own.shown:
            parts.append(written(count, level.form))
    if not own.form:
        return ""
    return f"{own.prefix}{'.'.join(parts)}{own.suffix}"


def _levels(element: Any) -> Iterable[tuple[int, Level]]:
    for inner in element:
        if markup.local(inner) not in _NUMBERS:
            continue
        about = markup.attributes(inner)
        place, form = markup.whole(about.get("level", "")) or 0, about.get("num-format", "")
        if 1 <= place <= LEVELS:
            start, shown = markup.whole(about.get("start-value", "")), markup.whole(about.get("display-levels", ""))
            named = _FORMS.get(form, _HAN if form.startswith("一") else "decimal") if form else ""
            prefix, suffix = about.get("num-prefix", "")[:20], about.get("num-suffix", "")[:20]
            yield place, Level(named, prefix, suffix, 1 if start is None else start, shown or 1)
