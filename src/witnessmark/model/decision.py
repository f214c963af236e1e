"""A decision: what of one exhibit may go out, who decided it, when and why."""

from dataclasses import dataclass
from typing import Self

from witnessmark.model import codec
from witnessmark.model.digest import Commitment
from witnessmark.model.event import Event
from witnessmark.model.words import Kind, Publish

HEADER = ("exhibit", "publish", "title", "language", "open", "decided_by", "decided_on", "reason")
"""The header of a decision file (CSV)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One row of a decision file, about one exhibit. `open` names the fields that the page may show."""

    exhibit: Commitment
    publish: Publish
    title: str
    language: str
    open: tuple[str, ...]
    decided_by: str
    decided_on: str
    reason: str

    def event(self, at: str) -> Event:
        """Return the event of this decision at `at`."""
        return Event(
            Kind.DECISION,
            {
                "at": at,
                "sealed": at[:10],
                "exhibit": str(self.exhibit),
                "publish": self.publish.value,
                "title": self.title,
                "language": self.language,
                "open": list(self.open),
                "decided_by": self.decided_by,
                "decided_on": self.decided_on,
                "reason": self.reason,
            },
        )

    @classmethod
    def from_fields(cls, fields: codec.Fields) -> Self:
        """Return the decision that an event describes."""
        return cls(
            Commitment.parse(fields["exhibit"]),
            Publish(fields["publish"]),
            fields["title"],
            fields["language"],
            tuple(fields["open"]),
            fields["decided_by"],
            fields["decided_on"],
            fields["reason"],
        )
