"""Unlock: try passwords that a keeper gave on what is locked; what opens is read, and each trying is an event.

Passwords go to the cell and nowhere else: neither ledger nor catalogue nor any file of the archive holds one, nor says
which of them fitted.
"""

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import ExhibitRow
from witnessmark.cell.budget import Budgets, Spent
from witnessmark.cell.confine import Limits
from witnessmark.intake.sealing import Readings, Sealing
from witnessmark.model.derivative import Outcome
from witnessmark.model.unlock import Unlock
from witnessmark.work import step
from witnessmark.work.reading import Job, ReadingResult
from witnessmark.work.runner import Runner

MOST_AT_ONCE = 40
"""Passwords that are tried in one cell: deriving a key is made to take long."""


@dataclass(slots=True)
class Unlocking:
    """What a run of unlocking has done so far."""

    exhibits: int = 0  # locked exhibits that passwords were tried on
    opened: list[str] = field(default_factory=list)  # printed paths
    locked: list[str] = field(default_factory=list)
    readings: Readings = field(default_factory=Readings)


def locked_exhibits(catalogue: Catalogue) -> Iterator[ExhibitRow]:
    """Yield the first exhibit of each content that is locked, whole or in part."""
    seen: set[str] = set()
    for row in catalogue.exhibits():
        if is_locked(row) and row.exhibit.handle not in seen:
            seen.add(row.exhibit.handle)
            yield row


def is_locked(row: ExhibitRow) -> bool:
    """Tell whether a reading ended at a password."""
    reading = row.reading
    if reading is None or reading.derivative.outcome is None:
        return False
    found = reading.derivative
    return found.outcome is Outcome.ENCRYPTED or (
        found.outcome is Outcome.PARTIAL and _locked_members(found.detail) > 0
    )


_MEMBERS = re.compile(r"(\d+) members? (?:is|are) encrypted", re.ASCII)


def _locked_members(detail: str) -> int:
    """Return how many members a reading that is partial calls encrypted; one, where it does not count them."""
    found = _MEMBERS.search(detail)
    return int(found[1]) if found else int("encrypted" in detail)


def unlock(
    archive: Archive,
    catalogue: Catalogue,
    rows: Sequence[ExhibitRow],
    passwords: Sequence[str],
    *,
    clock: Callable[[], str],
    entropy: Callable[[int], bytes],
) -> Generator[Unlocking, None, None]:
    """Try the passwords on each exhibit; yield the state after each.

    A caller that closes the generator early has sealed what was tried so far.
    """
    state = Unlocking()
    budgets = Budgets(lambda root: Spent(*catalogue.spent(root)))
    sealing = Sealing(archive, catalogue, budgets, clock, entropy, state.readings)
    sealing.settings = step.UNLOCKED
    limits = Limits().times(step.TIMES)
    try:
        for row in rows:
            result = _try(archive, row, passwords, limits, budgets)
            sealing.add(Unlock(row.commitment, len(passwords), result is not None).event(clock()))
            state.exhibits += 1
            if result is None:
                state.locked.append(row.printed)
            else:
                state.opened.append(row.printed)
                sealing.take(result)
            yield state
    finally:
        sealing.commit()
    yield state


def _try(
    archive: Archive, row: ExhibitRow, passwords: Sequence[str], limits: Limits, budgets: Budgets
) -> ReadingResult | None:
    """Return the reading under the first password that fits, or None."""
    name = row.exhibit.path[-1].name if row.exhibit.path else ""
    job = Job(row.exhibit.digest, row.exhibit.size, name, row.depth, row.root_id, row.exhibit.handle)
    waiting = iter(passwords)
    while some := tuple(islice(waiting, MOST_AT_ONCE)):
        with Runner(archive.store, 1, limits, budgets=budgets, company=False, passwords=some) as runner:
            for result in runner.run([job]):
                if result.outcome in (Outcome.OK, Outcome.PARTIAL, Outcome.REFUSED_LIMIT) and not _still(result, row):
                    return result
    return None


def _still(result: ReadingResult, row: ExhibitRow) -> bool:
    """Tell whether as many members are locked as were before: some of an archive may be under another password."""
    left = _locked_members(result.detail) if result.outcome is Outcome.PARTIAL else 0
    before = None if row.reading is None else row.reading.derivative
    if before is None or before.outcome is not Outcome.PARTIAL:
        return False
    return 0 < _locked_members(before.detail) <= left
