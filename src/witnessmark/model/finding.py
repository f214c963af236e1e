"""A finding: what an examination saw, what it would mean under either explanation, and what it does not show."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.model.codec import Value
from witnessmark.model.digest import Commitment
from witnessmark.model.event import Event
from witnessmark.model.words import FindingOutcome, HoldState, Kind


class FindingClass(StrEnum):
    """What sort of observation a finding rests on."""

    CRYPTOGRAPHIC = "K"
    STRUCTURAL = "S"
    LINKAGE = "L"
    STATISTICAL = "P"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen on one exhibit by one method in one version.

    `says` is made from a template by the examination and holds no value of the file; `observed` holds the values
    and opens by decision only. `innocent` is mandatory where the outcome is a conflict, `caveats` always.
    """

    exhibit: Commitment
    examination: str
    version: str
    klass: FindingClass
    question: str
    outcome: FindingOutcome
    result: str
    says: str
    observed: Value
    caveats: tuple[str, ...]
    innocent: tuple[str, ...] = ()
    forge_cost: str = "tool"
    error: str = "unmeasured"
    independence: str = ""

    def __post_init__(self) -> None:
        if not self.caveats:
            raise Damaged("a finding says what it does not show")
        if self.outcome is FindingOutcome.CONFLICTS and not self.innocent:
            raise Damaged("a finding that conflicts names its innocent explanations")

    def event(self, at: str) -> Event:
        """Return the event of this finding at `at`."""
        return Event(
            Kind.FINDING,
            {
                "at": at,
                "sealed": at[:10],
                "exhibit": str(self.exhibit),
                "examination": self.examination,
                "version": self.version,
                "class": self.klass.value,
                "question": self.question,
                "outcome": self.outcome.value,
                "result": self.result,
                "says": self.says,
                "observed": self.observed,
                "caveats": list(self.caveats),
                "innocent": list(self.innocent),
                "forge_cost": self.forge_cost,
                "error": self.error,
                "independence": self.independence,
            },
        )

    @classmethod
    def from_fields(cls, fields: codec.Fields) -> Self:
        """Return the finding that an event describes."""
        return cls(
            Commitment.parse(fields["exhibit"]),
            fields["examination"],
            fields["version"],
            FindingClass(fields["class"]),
            fields["question"],
            FindingOutcome(fields["outcome"]),
            fields["result"],
            fields["says"],
            fields["observed"],
            tuple(fields["caveats"]),
            tuple(fields["innocent"]),
            fields["forge_cost"],
            fields["error"],
            fields["independence"],
        )


@dataclass(frozen=True, slots=True)
class Hold:
    """A conflicting finding waits, or a person has considered it (`attestation` says who)."""

    finding: Commitment
    state: HoldState
    attestation: Commitment | None = None

    def event(self, at: str) -> Event:
        """Return the event of this hold at `at`."""
        return Event(
            Kind.HOLD,
            {
                "at": at,
                "sealed": at[:10],
                "finding": str(self.finding),
                "state": self.state.value,
                "attestation": None if self.attestation is None else str(self.attestation),
            },
        )

    @classmethod
    def from_fields(cls, fields: codec.Fields) -> Self:
        """Return the hold that an event describes."""
        attestation = fields["attestation"]
        return cls(
            Commitment.parse(fields["finding"]),
            HoldState(fields["state"]),
            None if attestation is None else Commitment.parse(attestation),
        )


@dataclass(frozen=True, slots=True)
class ExaminationRun:
    """The end of a run: how many exhibits were covered, by outcome; `not_applicable` is counted here only."""

    examination: str
    version: str
    counts: tuple[tuple[str, int], ...]
    covered: str  # hex SHA-256 over the covered exhibits' commitments in log order

    def event(self, at: str) -> Event:
        """Return the event of this run at `at`."""
        return Event(
            Kind.EXAMINATION_RUN,
            {
                "at": at,
                "sealed": at[:10],
                "examination": self.examination,
                "version": self.version,
                "counts": dict(self.counts),
                "covered": self.covered,
            },
        )
