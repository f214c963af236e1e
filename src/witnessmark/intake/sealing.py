"""Sealing what readings give: derivatives and components in batches; each batch is written whole or not at all.

Rules for whoever changes this file:
- A reading is sealed after the last of the components made from it: after a kill it is due again, and what is here
  already is not sealed twice. So a container of many files needs no more memory than others.
- Every occurrence of a container gets all of its components or, where its received file has no budget left, none.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import Due, ExhibitRow
from witnessmark.cell.budget import Budgets
from witnessmark.intake.identity import identity_text
from witnessmark.intake.unpack import components, members
from witnessmark.model.derivative import LARGEST_OBSERVATIONS, Derivative, Outcome
from witnessmark.model.digest import Commitment, Digest
from witnessmark.model.event import Event
from witnessmark.model.words import StepName
from witnessmark.work import step
from witnessmark.work.progress import Progress
from witnessmark.work.reading import Job, Member, ReadingResult

BATCH_EVENTS = 2048
BATCH_SECONDS = 5.0
ROUND = 4096
"""Contents that are taken at a time."""
_MOST_TOLD = 100
"""Files whose reader broke its cell's rules that are named at the end of a run; the ledger has them all."""


@dataclass(slots=True)
class Readings:
    """What a run of reading has done so far."""

    progress: Progress = field(default_factory=Progress)
    components: int = 0
    second: int = 0  # contents that got a second look
    parked: int = 0  # of these, those that ended as before
    violations: list[tuple[str, str]] = field(default_factory=list)  # files whose reader broke its cell's rules
    unopened: int = 0  # occurrences of containers for which their received file has no budget left
    missing: set[Digest] = field(default_factory=set)  # contents that the vault should hold and does not
    joined: int = 0  # archives that were put together from volumes
    left_cut: list[tuple[str, str]] = field(default_factory=list)  # first volumes of others, and why they were not

    @property
    def outcomes(self) -> Counter[str]:
        """How many contents ended in which way."""
        return self.progress.outcomes


class Sealing:
    """The open batch of readings and components."""

    def __init__(
        self,
        archive: Archive,
        catalogue: Catalogue,
        budgets: Budgets,
        clock: Callable[[], str],
        entropy: Callable[[int], bytes],
        readings: Readings,
    ) -> None:
        self.settings = step.SETTINGS
        """With what settings the readings were made that come now."""
        self._ended: dict[Digest, Outcome] = {}
        self._half_opened = catalogue.half_opened()
        self._archive, self._catalogue, self._budgets = archive, catalogue, budgets
        self._clock, self._entropy = clock, entropy
        self._readings = readings
        self._open()

    def _open(self) -> None:
        self._batch = self._archive.ledger.batch()
        self._handles: dict[Digest, str] = {}
        self._since = monotonic()

    @property
    def _is_later(self) -> bool:
        """Whether contents are looked at again that have components already."""
        return self.settings != step.SETTINGS

    def add(self, event: Event) -> None:
        """Seal another event together with the readings."""
        self._batch.add(event)

    def present_rows(self, rows: Iterator[Due]) -> list[Due]:
        """Return the next rows whose content is not known to be missing."""
        return list(islice((row for row in rows if row.digest not in self._readings.missing), ROUND))

    def present(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Yield the jobs whose content is in the vault; a damaged vault must not stop the reading of the rest."""
        for job in jobs:
            if self._archive.store.has(job.digest):
                if self._is_later or job.handle in self._half_opened:
                    self._budgets.of(job.root_id).refund(*self._catalogue.taken_from(job.handle))
                yield job
            else:
                self._readings.missing.add(job.digest)

    def take(self, result: ReadingResult) -> Outcome | None:
        """Seal one reading, and the components of every occurrence of its content.

        Returns:
            How the first look at it ended, where this is the second in this run.
        """
        at = self._clock()
        if result.members:
            for count, row in enumerate(self._catalogue.occurrences(result.job.handle)):
                # The first occurrence is the one that was read: its members were charged while they streamed.
                self._expand(row, result.members, at, is_charged=count == 0, in_pieces=True)
        for derivative in _derivatives(result, self.settings):
            self._batch.add(derivative.event(at))
        self._tell(result)
        if len(self._batch) >= BATCH_EVENTS or monotonic() - self._since >= BATCH_SECONDS:
            self.commit()
        return self._ended.pop(result.job.digest, None) if self.settings == step.AGAIN else None

    def _tell(self, result: ReadingResult) -> None:
        """Count what a keeper is told of."""
        if self.settings == step.AGAIN:
            self._readings.second += 1
            self._readings.parked += result.outcome in step.KILLED
        elif result.outcome in step.KILLED:
            self._ended[result.job.digest] = result.outcome
        if result.outcome is Outcome.VIOLATION and len(self._readings.violations) < _MOST_TOLD:
            self._readings.violations.append((result.job.name, result.detail))

    def expand_duplicates(self) -> bool:
        """Give components to occurrences that came after their content was read; tell whether there were any."""
        before = self._readings.components
        done: set[Commitment] = set()  # one whose newest reading lists no members stays unopened: once is enough
        while rows := [row for row in islice(self._catalogue.unopened(), ROUND) if row.commitment not in done]:
            at = self._clock()
            for row in rows:
                done.add(row.commitment)
                reading = row.reading
                if self._budgets.of(row.root_id).left(row.depth).entries == 0:
                    self._readings.unopened += 1
                    continue
                if reading is None or reading.derivative.digest is None:
                    continue
                found = members(self._archive.store.read(reading.derivative.digest, LARGEST_OBSERVATIONS))
                self._expand(row, found, at, is_charged=False)
                if len(self._batch) >= BATCH_EVENTS:
                    self.commit()
            self.commit()
        return self._readings.components > before

    def add_component(self, row: ExhibitRow, member: Member) -> bool:
        """Give one exhibit one component more; tell whether its received file has the budget for it."""
        before = self._readings.components
        self._expand(row, [member], self._clock(), is_charged=False)
        return self._readings.components > before

    def _expand(
        self, row: ExhibitRow, found: Sequence[Member], at: str, *, is_charged: bool, in_pieces: bool = False
    ) -> None:
        """Give one occurrence of a container its components: all of them, or none when its budget is too small.

        Copies cost no reading, but a copy of a container of containers multiplies exhibits: so they are charged too.
        In pieces only where the reading comes after them.
        """
        if self._catalogue.lies_in_itself(row):
            return
        if self._is_later or row.exhibit.handle in self._half_opened:
            found = self._missing_of(row, found)
        if not is_charged:
            budget = self._budgets.of(row.root_id)
            left = budget.left(row.depth)
            if len(found) > left.entries or left.depth == 0:
                self._readings.unopened += 1
                return
            budget.entries += len(found)
        for exhibit in components(row.exhibit, row.commitment, found, handle=self._handle, entropy=self._entropy):
            self._batch.add(exhibit.event(at))
            self._readings.components += 1
            if in_pieces and len(self._batch) >= BATCH_EVENTS:
                self.commit()

    def _missing_of(self, row: ExhibitRow, found: Sequence[Member]) -> list[Member]:
        """Return the members that are no components yet; one that a container holds twice is two."""
        here = dict[tuple[str, bytes], int]()
        missing = []
        for member in found:
            text = identity_text(member.path)
            key = text, member.digest.raw
            if key not in here:
                here[key] = self._catalogue.components_at(row.exhibit.id, text, member.digest)
            here[key] -= 1
            if here[key] < 0:
                missing.append(member)
        return missing

    def _handle(self, digest: Digest) -> str:
        found = self._handles.get(digest) or self._catalogue.handle_of(digest) or self._entropy(16).hex()
        self._handles[digest] = found
        return found

    def commit(self) -> None:
        """Write the open batch."""
        if len(self._batch):
            self._archive.ledger.commit(self._batch)
            self._catalogue.catch_up(self._archive)
            self._budgets.trim()
        self._open()


def _derivatives(result: ReadingResult, settings: str) -> Iterator[Derivative]:
    """Yield the reading itself, then its texts."""
    job = result.job
    yield Derivative(
        handle=job.handle,
        step=StepName.READ,
        version=step.VERSION,
        digest=result.observations,
        size=result.observations_size,
        settings=settings,
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
                settings=settings,
                tools=result.tools,
                grade=result.grade,
            )
