"""Browse lists: every exhibit reachable from the first page by links alone, in pages of two hundred."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from witnessmark.edition import html, language
from witnessmark.edition.page import ExhibitPage

PAGE: Final = 200
_MANY_DAYS: Final = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """A link to a list, with how many exhibits stand in it."""

    title: str
    address: str
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """Lists that share one question: by kind, by language, by day."""

    label: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of one list."""

    title: str
    address: str
    addresses: tuple[str, ...]
    number: int
    total: int
    rows: tuple[ExhibitPage, ...]

    @property
    def pages(self) -> int:
        """How many pages the list has."""
        return len(self.addresses)

    @property
    def first(self) -> str:
        """The address of the list's first page."""
        return self.addresses[0]


@dataclass(frozen=True, slots=True)
class State:
    """What the home page counts."""

    exhibits: int
    shown: int
    withheld: int
    as_text: int
    as_file: int
    judgements: int
    reviewed: int
    waiting: int
    contested: int
    witnesses: int
    first: str
    last: str


def state(rows: Sequence[ExhibitPage]) -> State:
    """Return the counts of an edition."""
    days = sorted(row.answers["sealed"]["on"] for row in rows)
    as_text, as_file = (sum(row.publish == word for row in rows) for word in ("text", "file"))
    return State(
        exhibits=len(rows),
        shown=as_text + as_file,
        withheld=len(rows) - as_text - as_file,
        as_text=as_text,
        as_file=as_file,
        judgements=len({review.signature for row in rows for review in row.reviews}),
        reviewed=sum(bool(row.reviews) for row in rows),
        waiting=sum(row.answers["reviewed"]["waiting"] for row in rows),
        contested=sum(row.answers["contested"]["count"] for row in rows),
        witnesses=max((row.answers["witnessed"]["count"] for row in rows), default=0),
        first=days[0] if days else "",
        last=days[-1] if days else "",
    )


def lists(rows: Sequence[ExhibitPage]) -> tuple[tuple[Facet, ...], Iterator[Listing]]:
    """Return the links to all lists, and the pages of all lists."""
    named: list[tuple[str, list[tuple[str, str, Sequence[ExhibitPage]]]]] = [
        ("", [("All exhibits", "index", rows), ("Reviewed by people", "reviewed", [r for r in rows if r.reviews])]),
        ("By kind", _groups(rows, lambda row: (row.kind_words, f"kind-{row.kind}"))),
        ("By language", _groups([row for row in rows if row.language], _by_language)),
        ("By day of sealing", _groups(rows, _by_day(rows))),
    ]
    facets = tuple(
        Facet(label, tuple(Entry(title, f"{stem}.html", len(found)) for title, stem, found in groups))
        for label, groups in named
        if groups
    )
    return facets, (page for _, groups in named for group in groups for page in _pages(*group))


def _groups(
    rows: Sequence[ExhibitPage], key: Callable[[ExhibitPage], tuple[str, str]]
) -> list[tuple[str, str, Sequence[ExhibitPage]]]:
    found: dict[str, tuple[str, list[ExhibitPage]]] = {}
    for row in rows:
        title, stem = key(row)
        found.setdefault(stem, (title, []))[1].append(row)
    return [(title, stem, members) for stem, (title, members) in sorted(found.items(), key=_order)]


def _order(one: tuple[str, tuple[str, list[ExhibitPage]]]) -> str:
    """Return what a list is sorted by: a day by the calendar, everything else by its name."""
    stem, (title, _) = one
    return stem if stem.startswith("sealed-") else title


def _by_language(row: ExhibitPage) -> tuple[str, str]:
    return language.name(row.language), f"language-{row.language.lower()}"


def _by_day(rows: Sequence[ExhibitPage]) -> Callable[[ExhibitPage], tuple[str, str]]:
    if len({row.answers["sealed"]["on"] for row in rows}) <= _MANY_DAYS:
        return lambda row: (html.spoken(row.answers["sealed"]["on"]), f"sealed-{row.answers['sealed']['on']}")
    return lambda row: (html.month(row.answers["sealed"]["on"]), f"sealed-{row.answers['sealed']['on'][:7]}")


def _pages(title: str, stem: str, rows: Sequence[ExhibitPage]) -> Iterator[Listing]:
    count = max(1, -(-len(rows) // PAGE))
    addresses = tuple(f"{stem}.html" if number == 1 else f"{stem}-{number}.html" for number in range(1, count + 1))
    for number, address in enumerate(addresses, 1):
        part = tuple(rows[(number - 1) * PAGE : number * PAGE])
        yield Listing(title, address, addresses, number, len(rows), part)
