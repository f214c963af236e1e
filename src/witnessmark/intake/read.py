"""Read: run the step `read` on every content that is due, in cells, and seal what comes back.

When nothing is due any more, what was killed for its time or memory, or died, gets one second look with four times the
limits, one file at a time; what ends so again is parked until somebody has it read anew.

Rules for whoever changes this file:
- A round takes what is due now; members become due in the next round, and what was put together from volumes when
  nothing else is; the last round finds nothing.
- Whatever a file does, it becomes one outcome of the closed list.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from time import monotonic

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import Due
from witnessmark.cell.budget import Budgets, Spent
from witnessmark.cell.confine import Limits
from witnessmark.errors import Damaged
from witnessmark.intake import volumes
from witnessmark.intake.sealing import Readings, Sealing
from witnessmark.work import step
from witnessmark.work.due import plan
from witnessmark.work.runner import Runner

Join = Callable[[], Generator[Readings, None, bool]]
"""What is asked when nothing is due: it puts volumes together, and tells whether there were any."""


def read_due(
    archive: Archive,
    catalogue: Catalogue,
    *,
    workers: int,
    clock: Callable[[], str],
    entropy: Callable[[int], bytes],
) -> Generator[Readings, None, None]:
    """Read until nothing is due; yield the counts as they grow.

    A caller that closes the generator early has what was read so far sealed.
    """
    readings = Readings()
    budgets = Budgets(lambda root: Spent(*catalogue.spent(root)))
    sealing = Sealing(archive, catalogue, budgets, clock, entropy, readings)
    join = partial(volumes.join, archive, catalogue, sealing, readings, clock)
    limits = Limits()
    started = monotonic()
    yield readings
    with Runner(archive.store, workers, limits, budgets=budgets) as runner:
        yield from _rounds(runner, sealing, catalogue, readings, join, started)
    while killed := sealing.present_rows(catalogue.killed(step.VERSION, step.SETTINGS, step.KILLED)):
        # One at a time: the most that may be in memory is one file's.
        with Runner(archive.store, 1, limits.times(step.TIMES), budgets=budgets, company=False) as runner:
            sealing.settings = step.AGAIN
            readings.progress.files_known = readings.progress.files + len(killed)
            yield from _run(runner, sealing, killed, readings, started)
            sealing.settings = step.SETTINGS
        with Runner(archive.store, workers, limits, budgets=budgets) as runner:
            yield from _rounds(runner, sealing, catalogue, readings, join, started)  # what the second look unpacked
    yield readings


def _rounds(
    runner: Runner, sealing: Sealing, catalogue: Catalogue, readings: Readings, join: Join, started: float
) -> Generator[Readings, None, None]:
    """Read what is due until nothing is, then what volumes give together; each round ends with its readings sealed."""
    while True:
        waiting = sealing.present_rows(catalogue.due(step.VERSION, step.SETTINGS))
        if not waiting:
            if sealing.expand_duplicates() or (yield from join()):
                continue
            return
        due = catalogue.counts(step.VERSION, step.SETTINGS).due
        readings.progress.files_known = readings.progress.files + max(due, len(waiting))
        readings.progress.octets_known = readings.progress.octets + sum(row.size for row in waiting)
        yield from _run(runner, sealing, waiting, readings, started)


def _not_loaded(failures: Mapping[str, str]) -> str:
    name, why = min(failures.items())
    more = f" and {len(failures) - 1} more" if len(failures) > 1 else ""
    return (
        f"this installation is not whole: the reader {name} cannot be loaded ({why}){more}. Nothing was read; what was "
        "sealed stays sealed. Install witnessmark again and run compile again"
    )


def _run(
    runner: Runner, sealing: Sealing, waiting: list[Due], readings: Readings, started: float
) -> Iterator[Readings]:
    try:
        for result in runner.run(sealing.present(plan(waiting))):
            if runner.failures:
                raise Damaged(_not_loaded(runner.failures))  # before anything is sealed as unreadable that is not
            earlier = sealing.take(result)
            if earlier is not None:
                readings.progress.undo(earlier)
            readings.progress.done(result.job.size, result.outcome, seconds=monotonic() - started)
            yield readings
    finally:
        sealing.commit()
