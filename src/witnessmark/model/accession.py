"""An accession: what was taken in together, from one source at one time."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from witnessmark.model import codec
from witnessmark.model.codec import Value
from witnessmark.model.event import Event
from witnessmark.model.exhibit import Path, PathStep
from witnessmark.model.words import Kind


class RefusalReason(StrEnum):
    """Why something in a source could not be sealed."""

    SYMLINK = "symlink"
    DEVICE = "device"
    FIFO = "fifo"
    SOCKET = "socket"
    UNREADABLE = "unreadable"
    VANISHED = "vanished"
    CHANGED = "changed"  # changed while it was read


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something of a source that was seen and not sealed, and why."""

    path: Path
    reason: RefusalReason

    def value(self) -> Value:
        """Return the refusal as an event holds it."""
        return {"path": [step.value() for step in self.path], "reason": self.reason.value}

    @classmethod
    def from_value(cls, value: Value) -> Self:
        """Return the refusal that an event holds."""
        return cls(tuple(PathStep.from_value(step) for step in value["path"]), RefusalReason(value["reason"]))


@dataclass(frozen=True, slots=True)
class Accession:
    """What was taken in together.

    `source` is a label, never a person's name. `root` is the path that printed paths begin with: empty for a
    single SOURCE, its last name where several were given. `named` tells that `--from` gave the label.
    A second event with the same number adds refusals that were met while reading.
    """

    number: int
    source: str
    received: str | None = None
    note: str | None = None
    root: Path = ()
    named: bool = False
    refusals: tuple[Refusal, ...] = ()

    def event(self, at: str) -> Event:
        """Return the event of this accession at `at`."""
        return Event(
            Kind.ACCESSION,
            {
                "at": at,
                "sealed": at[:10],
                "number": self.number,
                "source": self.source,
                "received": self.received,
                "note": self.note,
                "root": [step.value() for step in self.root],
                "named": self.named,
                "refusals": [refusal.value() for refusal in self.refusals],
            },
        )

    @classmethod
    def from_fields(cls, fields: codec.Fields) -> Self:
        """Return the accession that an event describes."""
        return cls(
            fields["number"],
            fields["source"],
            fields["received"],
            fields["note"],
            tuple(PathStep.from_value(step) for step in fields["root"]),
            fields["named"],
            tuple(Refusal.from_value(value) for value in fields["refusals"]),
        )
