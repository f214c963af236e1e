"""An unlock: that somebody tried passwords on a locked exhibit, how many, and whether one opened it."""

from dataclasses import dataclass
from typing import Self

from witnessmark.model import codec
from witnessmark.model.digest import Commitment
from witnessmark.model.event import Event
from witnessmark.model.words import Kind


@dataclass(frozen=True, slots=True)
class Unlock:
    """Passwords tried on one exhibit. The passwords themselves are kept nowhere."""

    exhibit: Commitment
    tried: int
    opened: bool

    def event(self, at: str) -> Event:
        """Return the event of this unlock at `at`."""
        fields: dict[str, codec.Value] = {
            "at": at,
            "sealed": at[:10],
            "exhibit": str(self.exhibit),
            "tried": self.tried,
            "opened": self.opened,
        }
        return Event(Kind.UNLOCK, fields)

    @classmethod
    def from_fields(cls, fields: codec.Fields) -> Self:
        """Return the unlock that an event describes."""
        return cls(Commitment.parse(fields["exhibit"]), int(fields["tried"]), bool(fields["opened"]))
