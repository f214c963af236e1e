"""Custody: who held an accession before it came here, on what, and how it was copied; as the people named state it."""

from dataclasses import dataclass
from typing import Self

from witnessmark.model import codec
from witnessmark.model.digest import Commitment
from witnessmark.model.event import Event
from witnessmark.model.words import Kind


@dataclass(frozen=True, slots=True)
class HandOver:
    """One passing on: the day as it was told (a year, a month or a day), from whom, to whom."""

    on: str
    giver: str
    taker: str

    def value(self) -> codec.Value:
        """Return the hand-over as an event holds it."""
        return {"on": self.on, "from": self.giver, "to": self.taker}

    @classmethod
    def from_value(cls, value: codec.Value) -> Self:
        """Return the hand-over that an event holds."""
        return cls(str(value["on"]), str(value["from"]), str(value["to"]))


@dataclass(frozen=True, slots=True)
class Custody:
    """What is stated of one accession; `by` are the people who state it, two different names at least."""

    accession: Commitment
    medium: str
    operator: str
    method: str
    hand_overs: tuple[HandOver, ...]
    by: tuple[str, ...]
    note: str = ""

    def event(self, at: str) -> Event:
        """Return the event of this statement at `at`."""
        return Event(
            Kind.CUSTODY,
            {
                "at": at,
                "sealed": at[:10],
                "accession": str(self.accession),
                "medium": self.medium,
                "operator": self.operator,
                "method": self.method,
                "hand_overs": [one.value() for one in self.hand_overs],
                "by": list(self.by),
                "note": self.note,
            },
        )

    @classmethod
    def from_fields(cls, fields: codec.Fields) -> Self:
        """Return the statement that an event describes."""
        return cls(
            Commitment.parse(fields["accession"]),
            str(fields["medium"]),
            str(fields["operator"]),
            str(fields["method"]),
            tuple(HandOver.from_value(value) for value in fields["hand_overs"]),
            tuple(map(str, fields["by"])),
            str(fields["note"]),
        )
