"""Cells of tables of iWork up to 2009: where each stands, and what it shows.

A table lists its cells one after the other. Each says how far it stands from the one before it, counted in 256 to a row
(`ct`; one, where it does not say). Kinds: text, number, date, the result of a formula, a menu of which one is chosen.
Numbers are shown as they are kept, to fifteen digits: how they are formatted stands in styles that are not read.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from witnessmark.formats import markup, xlsx_numbers

ROW: Final = 256
MOST_CELLS: Final = 2_000_000
_LONGEST_NUMBER: Final = 100
_NUMBERS: Final = frozenset(("n", "rn", "sl", "st", "du", "rdu"))
_DATES: Final = frozenset(("d", "rd"))


class Cells:
    """The cells of one table, as they come."""

    def __init__(self) -> None:
        self._place = 0
        self._cells: list[tuple[int, str]] = []
        self.choices: list[str] = []
        """What its menus offer."""

    def add(self, cell: Any, words: str) -> None:
        """Take in a cell; `words` are those of the paragraphs in it."""
        step = markup.attributes(cell).get("ct", "1")
        self._place += int(step) if step.isascii() and step.isdigit() and len(step) < 8 else 1
        text = words or (self._chosen(cell) if markup.local(cell) == "pm" else shown(cell.iter()))
        if text and len(self._cells) < MOST_CELLS:
            self._cells.append((self._place, " ".join(text.split())))

    def rows(self) -> Iterator[str]:
        """Yield the rows, their cells parted by tabs."""
        row, line = -1, list[str]()
        for place, text in self._cells:
            if place // ROW != row and line:
                yield "\t".join(line)
                line = []
            row = place // ROW
            line.append(text)
        if line:
            yield "\t".join(line)

    def _chosen(self, menu: Any) -> str:
        """Return what a menu shows, and keep what it offers."""
        chosen = ""
        wanted = next((markup.attributes(ref).get("IDREF", "") for ref in menu.iter("{*}proxied-cell-ref")), "")
        for choices in menu.iter("{*}menu-choices"):
            for choice in choices:
                text = shown(choice.iter())
                self.choices += [text] if text else []
                if markup.attributes(choice).get("ID") == wanted:
                    chosen = text
        return chosen or next((shown(inner.iter()) for inner in menu.iter("{*}proxied-cell")), "")


def shown(elements: Iterable[Any]) -> str:
    """Return the first text, number or date among some elements."""
    for element in elements:
        name = markup.local(element)
        about = markup.attributes(element) if name in _NUMBERS or name in _DATES or name == "ct" else {}
        if name == "ct" and about.get("s", "").strip():
            return about["s"].strip()
        if about.get("v"):
            return number(about["v"])
        if about.get("cell-date"):
            return _date(about["cell-date"])
    return ""


def number(value: str) -> str:
    """Return a number to fifteen digits; what is none, as it stands."""
    try:
        found = Decimal(value.strip()[:_LONGEST_NUMBER])
    except InvalidOperation:
        return value.strip()[:_LONGEST_NUMBER]
    return xlsx_numbers.general(found) if found.is_finite() and abs(found.adjusted()) < _LONGEST_NUMBER else str(found)


def _date(seconds: str) -> str:
    """Return a date that is seconds since 2001; what is none, as it stands."""
    try:
        moment = datetime(2001, 1, 1, tzinfo=UTC) + timedelta(seconds=int(float(seconds)))
    except (ValueError, OverflowError):
        return seconds[:_LONGEST_NUMBER]
    return moment.strftime("%Y-%m-%d %H:%M" if moment.hour or moment.minute else "%Y-%m-%d")
