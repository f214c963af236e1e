"""Run examinations over an archive: observations in, findings and one closing event out.

Rules for whoever changes this file: no parser is imported; an exhibit is examined once by each version of a method;
a finding that conflicts is held from the first moment, in the same batch; `not_applicable` is counted, not stored.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import ExhibitRow
from witnessmark.errors import Damaged
from witnessmark.examine.dates import FileTime
from witnessmark.examine.method import Examination, Observed, Weighed
from witnessmark.model import codec
from witnessmark.model.derivative import LARGEST_OBSERVATIONS
from witnessmark.model.finding import ExaminationRun, Finding, Hold
from witnessmark.model.words import FindingOutcome, HoldState

EXAMINATIONS: tuple[Examination, ...] = (FileTime(),)
_BATCH = 512


@dataclass(slots=True)
class Examined:
    """What a run has done so far."""

    exhibits: int = 0
    findings: Counter[str] = field(default_factory=Counter)
    held: int = 0


def authenticate(archive: Archive, catalogue: Catalogue, *, clock: Callable[[], str]) -> Iterator[Examined]:
    """Run every examination over every exhibit that it has not seen in this version; yield the counts as they grow."""
    examined = Examined()
    for examination in EXAMINATIONS:
        yield from _run(examination, archive, catalogue, clock, examined)
    yield examined


def _run(
    examination: Examination, archive: Archive, catalogue: Catalogue, clock: Callable[[], str], examined: Examined
) -> Iterator[Examined]:
    counts: Counter[str] = Counter()
    covered = hashlib.sha256()
    ledger = archive.ledger
    batch = ledger.batch()
    for row in catalogue.unexamined(examination.id, examination.version):
        weighed = _weigh(examination, archive, row)
        counts[weighed.outcome.value] += 1
        covered.update(row.commitment.raw)
        examined.exhibits += 1
        examined.findings[weighed.outcome.value] += 1
        if weighed.outcome is not FindingOutcome.NOT_APPLICABLE:
            at = clock()
            finding = batch.add(_bind(examination, row, weighed).event(at))
            if weighed.outcome is FindingOutcome.CONFLICTS:
                batch.add(Hold(finding, HoldState.HELD).event(at))
                examined.held += 1
        if len(batch) >= _BATCH:
            ledger.commit(batch)
            batch = ledger.batch()
            yield examined
    if counts:
        run = ExaminationRun(examination.id, examination.version, tuple(sorted(counts.items())), covered.hexdigest())
        batch.add(run.event(clock()))
        ledger.commit(batch)
        catalogue.catch_up(archive)


def _weigh(examination: Examination, archive: Archive, row: ExhibitRow) -> Weighed:
    reading = row.reading
    if reading is None or reading.derivative.digest is None:
        return Weighed(
            FindingOutcome.NOT_APPLICABLE, "not-read", "The file was not read.", {}, ("Nothing was looked at.",)
        )
    try:
        raw = archive.store.read(reading.derivative.digest, LARGEST_OBSERVATIONS)
        found = codec.decode(raw.decode())
        observations = tuple((str(name), value) for name, value in found["observations"])
    except (Damaged, UnicodeDecodeError, KeyError, TypeError, ValueError):
        return Weighed(
            FindingOutcome.COULD_NOT_RUN,
            "observations-damaged",
            "What was observed of the file cannot be read again.",
            {},
            ("Nothing was looked at; run the reading again.",),
        )
    sealed = datetime.fromisoformat(row.at.removesuffix("Z")).replace(tzinfo=UTC)
    exhibit = row.exhibit
    return examination.weigh(
        Observed(observations, reading.derivative.media_type, exhibit.filesystem, exhibit.how, sealed)
    )


def _bind(examination: Examination, row: ExhibitRow, weighed: Weighed) -> Finding:
    return Finding(
        exhibit=row.commitment,
        examination=examination.id,
        version=examination.version,
        klass=examination.klass,
        question=examination.question,
        outcome=weighed.outcome,
        result=weighed.result,
        says=weighed.says,
        observed=dict(weighed.observed),
        caveats=weighed.caveats,
        innocent=weighed.innocent,
        forge_cost=examination.forge_cost,
        error=examination.error,
        independence=examination.independence,
    )
