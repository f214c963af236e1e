"""What every examination shares: a method with a version, and the weighing of one exhibit's observations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from witnessmark.model.codec import Value
from witnessmark.model.exhibit import FileFacts, How
from witnessmark.model.finding import FindingClass
from witnessmark.model.words import FindingOutcome


@dataclass(frozen=True, slots=True)
class Observed:
    """What a reader observed in one exhibit's content, and what is known of its place.

    `observations` are `(name, value)` in the order in which the reader gave them; `sealed_at` is our own clock.
    """

    observations: tuple[tuple[str, Value], ...]
    media_type: str
    filesystem: FileFacts | None
    how: How
    sealed_at: datetime

    def named(self, prefix: str) -> Iterable[tuple[str, Value]]:
        """Yield the observations whose name begins with `prefix`."""
        return ((name, value) for name, value in self.observations if name.startswith(prefix))


@dataclass(frozen=True, slots=True)
class Weighed:
    """The outcome of one examination on one exhibit, before it is bound to the exhibit."""

    outcome: FindingOutcome
    result: str
    says: str
    observed: Mapping[str, Value]
    caveats: tuple[str, ...]
    innocent: tuple[str, ...] = ()


class Examination(Protocol):
    """A stated method. Pure: the same observations give the same finding."""

    id: str
    version: str
    klass: FindingClass
    question: str
    independence: str
    forge_cost: str
    error: str

    def weigh(self, observed: Observed) -> Weighed:
        """Return what the observations amount to; `not_applicable` where the question does not arise."""
