"""The runner: reads many files at once, each in a cell of its own, and gives results as they come.

One loop waits for all cells; it hands out files, hears what the children say, and ends what must end. A file can
cost the run its deadline and no more.

Rules for whoever changes this file:
- No outcome is lost: each job taken from the iterator comes back as exactly one result, whatever its reader does.
- When the generator is closed, or anything is raised, every process is gone and every descriptor closed.
- Only as many jobs are taken as there are cells: the iterator may be a million long, and slow.
"""

import os
import selectors
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Self

from witnessmark.archive.store import Store
from witnessmark.cell import control, grade, messages, wire
from witnessmark.cell.budget import Budgets, BudgetSpent
from witnessmark.cell.child import Task
from witnessmark.cell.confine import Limits
from witnessmark.cell.ending import Stop, Why
from witnessmark.cell.ending import outcome as ending
from witnessmark.cell.nursery import Nursery, Readers, Zygote
from witnessmark.errors import WitnessmarkError
from witnessmark.model.derivative import Outcome
from witnessmark.work import step
from witnessmark.work.reading import Gathering, Job, ReadingResult

_CHUNK = 1 << 18
_MOST_LEFT = 64
_SMALL = 256 << 10
"""Files up to so many bytes may be read in company."""
_GRACE = 0.3
"""Seconds from the order to kill a child until its zygote is killed as well."""


_BAD_ENDS = {Outcome.CRASH, Outcome.MEMORY, Outcome.TIMEOUT, Outcome.VIOLATION}


@dataclass(slots=True)
class _Cell:
    """A file being read: its zygote, its two descriptors, what was heard, and until when it may go on."""

    zygote: Zygote
    job: Job
    source: BinaryIO
    pipe: int
    decoder: wire.Decoder
    gathering: Gathering
    started: float
    deadline: float
    alone: bool
    limits: Limits
    stop: Stop | None = None
    closed: bool = False


class Runner:
    """Reads jobs in `workers` cells at once; with `company`, small files may share a child, up to sixteen.

    As a context manager it keeps its warm processes from run to run; otherwise each run ends them.
    """

    def __init__(
        self,
        store: Store,
        workers: int | None = None,
        limits: Limits | None = None,
        *,
        readers: Readers | None = None,
        budgets: Budgets | None = None,
        company: bool = True,
        passwords: tuple[str, ...] = (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.failures: dict[str, str] = {}
        self._store = store
        self._workers = workers or os.cpu_count() or 1
        self._limits = limits or Limits()
        self._readers = readers or step.READERS
        self._grade = ""
        self._budgets = budgets or Budgets()
        self._company = company
        self._passwords = passwords
        self._now = monotonic
        self._nursery: Nursery | None = None
        self._idle: list[Zygote] = []
        self._cells: dict[int, _Cell] = {}
        self._selector: selectors.BaseSelector | None = None
        self._again: deque[Job] = deque()
        self._stays = False

    def __enter__(self) -> Self:
        self._stays = True
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, jobs: Iterable[Job]) -> Iterator[ReadingResult]:
        """Yield the reading of each job as it is done, in the order of their ends.

        Raises:
            WitnessmarkError: when no process that reads can be started.
        """
        waiting, done = iter(jobs), deque[ReadingResult]()
        finished = False
        try:
            self._selector = selectors.DefaultSelector()
            while True:
                more = self._fill(waiting)
                while done:
                    left = self._now()
                    yield done.popleft()
                    self._forgive(self._now() - left)
                if not self._cells:
                    if not (more or self._again):
                        break
                    continue
                done.extend(self._listen(self._selector))
            finished = True
        finally:
            if not (finished and self._stays):
                self.close()
            elif self._selector is not None:
                self._selector.close()
                self._selector = None

    def close(self) -> None:
        """End every process that reads, and forget what they were reading."""
        for cell in self._cells.values():
            cell.gathering.abort()
            self._release(cell)
            cell.zygote.close()
        self._cells.clear()
        self._again.clear()
        for zygote in self._idle:
            zygote.close()
        self._idle.clear()
        if self._selector is not None:
            self._selector.close()
            self._selector = None
        if self._nursery is not None:
            self._nursery.close()
            self._nursery = None

    def _fill(self, waiting: Iterator[Job]) -> bool:
        """Give a job to every free worker; return whether there may be more."""
        while len(self._cells) < self._workers:
            if self._again:
                self._begin(self._again.popleft(), alone=True)
                continue
            job = next(waiting, None)
            if job is None:
                return False
            self._begin(job, alone=job.size > _SMALL or not self._company)
        return True

    def _begin(self, job: Job, *, alone: bool) -> None:
        source, limits = self._store.open(job.digest), self._limits.sized(job.size)
        try:
            budget = self._budgets.of(job.root_id or job.digest.hex, root_size=None if job.depth else job.size)
            task = Task(
                self._readers.function(job.task),
                job.name[:1024],
                job.size,
                limits,
                budget.left(job.depth),
                alone=alone,
                passwords=self._passwords,
                parameters=dict(job.parameters),
            )
            zygote, pipe = self._hand_out(task, source)
        except BaseException:
            source.close()
            raise
        now = self._now()
        cell = _Cell(
            zygote,
            job,
            source,
            pipe,
            wire.Decoder(limits.text, pictures=int(bool(job.task))),
            Gathering(self._store, job, budget, self._grade),
            now,
            now + limits.wall,
            alone,
            limits,
        )
        self._cells[zygote.fileno()] = cell
        assert self._selector is not None
        self._selector.register(pipe, selectors.EVENT_READ, cell)
        self._selector.register(zygote, selectors.EVENT_READ, cell)

    def _hand_out(self, task: Task, source: BinaryIO) -> tuple[Zygote, int]:
        """Give a task to a zygote that is alive; return it and the end of the pipe to hear the child on."""
        for _ in range(8):
            zygote = self._idle.pop() if self._idle else self._new_zygote()
            ours, theirs = os.pipe()
            os.set_blocking(ours, False)
            sent = zygote.send(task, source.fileno(), theirs)
            os.close(theirs)
            if sent:
                return zygote, ours
            os.close(ours)
            zygote.destroy()
        raise WitnessmarkError("the processes that read files die before they are given one")

    def _new_zygote(self) -> Zygote:
        for _ in range(3):
            if self._nursery is None:
                # What a child says of its walls counts only as far as the attack on them bears it out.
                self._grade = grade.observe(self._readers.walls).grade.value
                self._nursery = Nursery(self._readers)
                self.failures = self._nursery.failures
            zygote = self._nursery.zygote()
            if zygote is not None:
                return zygote
            self._nursery.close()
            self._nursery = None
        raise WitnessmarkError("the process that reads files dies as soon as it is started")

    def _listen(self, selector: selectors.BaseSelector) -> Iterator[ReadingResult]:
        """Wait for the next word or deadline; yield what is finished."""
        nearest = min(cell.deadline for cell in self._cells.values())
        said: list[_Cell] = []
        for key, _ in selector.select(max(0.0, nearest - self._now())):
            if isinstance(key.fileobj, int):
                self._hear(key.data)
            else:
                said.append(key.data)
        for cell in said:
            match cell.zygote.receive():
                case control.Ended() as death:
                    yield from self._end(cell, death)
                case control.Gone():
                    yield from self._end(cell, None)
        now = self._now()
        for cell in [cell for cell in self._cells.values() if cell.deadline <= now]:
            if cell.stop is None:
                self._hear(cell)
                self._stop(cell, Stop(Why.DEADLINE, f"not read after {cell.limits.wall:g} s"))
            else:
                yield from self._end(cell, None)

    def _hear(self, cell: _Cell) -> bool:
        """Take what the child has written; return whether there may be more at once."""
        if cell.closed:
            return False
        try:
            data = os.read(cell.pipe, _CHUNK)
        except BlockingIOError:
            return False
        if not data:
            self._close_pipe(cell)
            return False
        try:
            for message in cell.decoder.feed(data):
                cell.gathering.take(message)
        except messages.Violation as violation:
            self._stop(cell, Stop(Why.VIOLATION, f"the reader {violation}"))
        except BudgetSpent as spent:
            self._stop(cell, Stop(Why.BUDGET, str(spent)))
        return True

    def _stop(self, cell: _Cell, stop: Stop) -> None:
        if cell.stop is None:
            cell.stop = stop
            cell.deadline = self._now() + _GRACE
        self._close_pipe(cell)
        cell.zygote.kill_child()

    def _end(self, cell: _Cell, death: control.Ended | None) -> Iterator[ReadingResult]:
        """Yield the reading of a cell whose child is dead or done, and free its worker.

        A file whose child ended badly in company is not judged by it: another file may be to blame. It is read again.
        """
        # Whatever the child wrote lies in the pipe now; nothing alive holds its other end.
        for _ in range(_MOST_LEFT):
            if not self._hear(cell):
                break
        if not cell.decoder.is_between and cell.stop is None and death is not None and death.status == 0:
            cell.stop = Stop(Why.VIOLATION, "the reader left in the middle of a frame")
        assert self._selector is not None
        self._selector.unregister(cell.zygote)
        del self._cells[cell.zygote.fileno()]
        self._release(cell)
        if death is None:
            cell.zygote.destroy()
        else:
            self._idle.append(cell.zygote)
        heard = cell.gathering
        outcome, detail = ending(death, said=heard.said, finished=heard.finished, stop=cell.stop, limits=cell.limits)
        if not cell.alone and outcome in _BAD_ENDS:
            heard.abort()
            self._again.append(cell.job)
            return
        result = heard.finish(outcome, detail, self._now() - cell.started)
        if cell.job.depth == 0:
            self._budgets.forget(cell.job.root_id or cell.job.digest.hex)
        yield result

    def _release(self, cell: _Cell) -> None:
        self._close_pipe(cell)
        cell.source.close()

    def _close_pipe(self, cell: _Cell) -> None:
        if cell.closed:
            return
        cell.closed = True
        if self._selector is not None:
            with suppress(KeyError):
                self._selector.unregister(cell.pipe)
        os.close(cell.pipe)

    def _forgive(self, seconds: float) -> None:
        """Move the deadlines by the time that the caller took: a child may have waited for us to listen."""
        for cell in self._cells.values():
            cell.deadline += seconds
