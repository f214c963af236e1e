"""Read: run the step `read` on every content that is due, in cells, and seal what comes back.

Rules for whoever changes this file:
- A reading and the components made from it are sealed in one batch: a kill leaves both or neither.
- A round takes what is due now; members become due in the next round; the last round finds nothing.
- Whatever a file does, it becomes one outcome of the closed list.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import Due, ExhibitRow
from witnessmark.intake.unpack import components, members
from witnessmark.model.derivative import Derivative, StepName
from witnessmark.model.digest import Commitment, Digest
from witnessmark.work import step
from witnessmark.work.due import plan
from witnessmark.work.progress import Progress
from witnessmark.work.reading import Job, Member, ReadingResult
from witnessmark.work.runner import Runner

BATCH_EVENTS = 2048
BATCH_SECONDS = 5.0
_ROUND = 4096
_LARGEST_OBSERVATIONS = 256 << 20


@dataclass(slots=True)
class Readings:
    """What a run of reading has done so far."""

    progress: Progress = field(default_factory=Progress)
    components: int = 0
    missing: set[Digest] = field(default_factory=set)  # contents that the vault should hold and does not
    unloaded: dict[str, str] = field(default_factory=dict)  # readers that could not be loaded, and why

    @property
    def outcomes(self) -> Counter[str]:
        """How many contents ended in which way."""
        return self.progress.outcomes


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
    writer = _Writer(archive, catalogue, clock, entropy, readings)
    with Runner(archive.store, workers) as runner:
        yield readings
        started = monotonic()
        while True:
            waiting = list(islice((row for row in _due(catalogue) if row.digest not in readings.missing), _ROUND))
            if not waiting:
                if writer.expand_duplicates():
                    continue
                break
            due = catalogue.counts(step.VERSION, step.SETTINGS).due
            readings.progress.files_known = readings.progress.files + max(due, len(waiting))
            readings.progress.octets_known = readings.progress.octets + sum(row.size for row in waiting)
            try:
                for result in runner.run(writer.present(plan(waiting))):
                    readings.unloaded = runner.failures
                    writer.take(result)
                    spent = monotonic() - started
                    readings.progress.done(result.job.size, result.outcome, seconds=spent)
                    yield readings
            finally:
                writer.commit()
    yield readings


def _due(catalogue: Catalogue) -> Iterator[Due]:
    return catalogue.due(step.VERSION, step.SETTINGS)


class _Writer:
    """The open batch of readings and components."""

    def __init__(
        self,
        archive: Archive,
        catalogue: Catalogue,
        clock: Callable[[], str],
        entropy: Callable[[int], bytes],
        readings: Readings,
    ) -> None:
        self._archive, self._catalogue = archive, catalogue
        self._clock, self._entropy = clock, entropy
        self._readings = readings
        self._open()

    def _open(self) -> None:
        self._batch = self._archive.ledger.batch()
        self._handles: dict[Digest, str] = {}
        self._since = monotonic()

    def present(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Yield the jobs whose content is in the vault; a damaged vault must not stop the reading of the rest."""
        for job in jobs:
            if self._archive.store.has(job.digest):
                yield job
            else:
                self._readings.missing.add(job.digest)

    def take(self, result: ReadingResult) -> None:
        """Seal one reading, and the components of every occurrence of its content."""
        at = self._clock()
        for derivative in _derivatives(result):
            self._batch.add(derivative.event(at))
        if result.members:
            for row in self._catalogue.occurrences(result.job.handle):
                self._expand(row, result.members, at)
        if len(self._batch) >= BATCH_EVENTS or monotonic() - self._since >= BATCH_SECONDS:
            self.commit()

    def expand_duplicates(self) -> bool:
        """Give components to occurrences that came after their content was read; tell whether there were any."""
        before = self._readings.components
        done: set[Commitment] = set()  # one whose newest reading lists no members stays unopened: once is enough
        while rows := [row for row in islice(self._catalogue.unopened(), _ROUND) if row.commitment not in done]:
            at = self._clock()
            for row in rows:
                done.add(row.commitment)
                reading = row.reading
                if reading is None or reading.derivative.digest is None:
                    continue
                found = members(self._archive.store.read(reading.derivative.digest, _LARGEST_OBSERVATIONS))
                self._expand(row, found, at)
                if len(self._batch) >= BATCH_EVENTS:
                    self.commit()
            self.commit()
        return self._readings.components > before

    def _expand(self, row: ExhibitRow, found: tuple[Member, ...], at: str) -> None:
        if self._catalogue.lies_in_itself(row):
            return
        for exhibit in components(row.exhibit, row.commitment, found, handle=self._handle, entropy=self._entropy):
            self._batch.add(exhibit.event(at))
            self._readings.components += 1

    def _handle(self, digest: Digest) -> str:
        found = self._handles.get(digest) or self._catalogue.handle_of(digest) or self._entropy(16).hex()
        self._handles[digest] = found
        return found

    def commit(self) -> None:
        """Write the open batch."""
        if len(self._batch):
            self._archive.ledger.commit(self._batch)
            self._catalogue.catch_up(self._archive)
        self._open()


def _derivatives(result: ReadingResult) -> Iterator[Derivative]:
    """Yield the reading itself, then its texts."""
    job = result.job
    yield Derivative(
        handle=job.handle,
        step=StepName.READ,
        version=step.VERSION,
        digest=result.observations,
        size=result.observations_size,
        settings=step.SETTINGS,
        tools=result.tools,
        grade=result.grade,
        outcome=result.outcome,
        detail=result.detail,
        media_type=result.media_type,
        kind=result.kind,
        languages=result.languages,
        characters=result.characters,
        members=len(result.members),
    )
    texts = (
        (StepName.VISIBLE, result.visible, result.visible_size),
        (StepName.HIDDEN, result.hidden, result.hidden_size),
    )
    for name, digest, size in texts:
        if digest is not None:
            yield Derivative(
                handle=job.handle,
                step=name,
                version=step.VERSION,
                digest=digest,
                size=size,
                settings=step.SETTINGS,
                tools=result.tools,
                grade=result.grade,
            )
