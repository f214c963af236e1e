"""Custody statements: checked, then sealed about an accession that is in the ledger."""

import re
from collections.abc import Sequence
from datetime import date

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import AccessionRow
from witnessmark.errors import WrongUsage
from witnessmark.model.custody import Custody, HandOver

LONGEST = 2_000
_HAND_OVER = re.compile(r"(\S+?):\s*(.+?)\s+->\s+(.+)", re.DOTALL)
_DAY = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?\Z")


def hand_over(text: str) -> HandOver:
    """Return the hand-over that `2032-06-11: the courier -> Lantern Watch` tells.

    Raises:
        WrongUsage: when it cannot be read so.
    """
    found = _HAND_OVER.fullmatch(text.strip())
    if found is None or not _is_day(found[1]):
        raise WrongUsage(f"{text!r} is no hand-over: write '2032-06-11: FROM -> TO', with a year, a month or a day")
    return HandOver(found[1], found[2].strip(), found[3].strip())


def _is_day(text: str) -> bool:
    if not _DAY.match(text):
        return False
    try:
        date.fromisoformat(f"{text}-01-01"[:10] if len(text) == 4 else f"{text}-01"[:10])
    except ValueError:
        return False
    return True


def accession_numbered(catalogue: Catalogue, number: int | None) -> AccessionRow:
    """Return the accession with that number, or the only one.

    Raises:
        WrongUsage: when there is none, or several and no number.
    """
    first: dict[int, AccessionRow] = {}
    for row in catalogue.accessions():
        first.setdefault(row.accession.number, row)
    if number is None and len(first) == 1:
        return next(iter(first.values()))
    if number is None:
        raise WrongUsage(f"there are {len(first)} accessions: say which with --accession N (`custody ARCHIVE list`)")
    if number not in first:
        raise WrongUsage(f"there is no accession {number}: `custody ARCHIVE list` shows them")
    return first[number]


def names(by: Sequence[str]) -> tuple[str, ...]:
    """Return the names of those who state it.

    Raises:
        WrongUsage: when they are not two different ones.
    """
    found = tuple(dict.fromkeys(" ".join(name.split()) for name in by if name.strip()))
    if len(found) < 2 or len({name.casefold() for name in found}) < 2:
        raise WrongUsage("a custody statement needs two different names: --by 'ONE' --by 'OTHER'")
    return found


def add(archive: Archive, catalogue: Catalogue, custody: Custody, at: str) -> int:
    """Seal a statement and return its place in the log.

    Raises:
        WrongUsage: when something of it is empty or too long.
    """
    for label, text in (("medium", custody.medium), ("operator", custody.operator), ("method", custody.method)):
        if not text.strip():
            raise WrongUsage(f"--{label} is empty: say it, or say that it is not known")
    texts = (custody.medium, custody.operator, custody.method, custody.note, *custody.by)
    if any(len(text) > LONGEST for text in texts):
        raise WrongUsage(f"a custody statement holds a text of more than {LONGEST:,} characters")
    batch = archive.ledger.batch()
    batch.add(custody.event(at))
    (recorded,) = archive.ledger.commit(batch)
    catalogue.catch_up(archive)
    return recorded.index
