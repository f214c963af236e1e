"""An attestation: a person's signed judgement about exhibits; the reviewer who made it."""

from dataclasses import dataclass
from typing import Self

from witnessmark.model import codec
from witnessmark.model.digest import Commitment
from witnessmark.model.event import Event
from witnessmark.model.words import Kind


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Someone whose signature is known to this archive; `public` is the raw Ed25519 key in base64."""

    name: str
    public: str
    field: str = ""

    def event(self, at: str) -> Event:
        """Return the event that introduces this reviewer at `at`."""
        return Event(
            Kind.REVIEWER,
            {"at": at, "sealed": at[:10], "name": self.name, "public": self.public, "field": self.field},
        )

    @classmethod
    def from_fields(cls, fields: codec.Fields) -> Self:
        """Return the reviewer that an event describes."""
        return cls(fields["name"], fields["public"], fields["field"])


@dataclass(frozen=True, slots=True)
class Attestation:
    """A signed judgement: the exhibits, the DSSE envelope as it was signed, and what opens its `_sd` fields.

    `shut` is `((name, base64 salt, canonical JSON text), …)`: private until opened beside the envelope.
    """

    exhibits: tuple[Commitment, ...]
    envelope: str
    shut: tuple[tuple[str, str, str], ...]
    considers: tuple[Commitment, ...] = ()

    def event(self, at: str) -> Event:
        """Return the event of this attestation at `at`."""
        return Event(
            Kind.ATTESTATION,
            {
                "at": at,
                "sealed": at[:10],
                "exhibits": [str(found) for found in self.exhibits],
                "envelope": self.envelope,
                "shut": [list(row) for row in self.shut],
                "considers": [str(found) for found in self.considers],
            },
        )

    @classmethod
    def from_fields(cls, fields: codec.Fields) -> Self:
        """Return the attestation that an event describes."""
        return cls(
            tuple(Commitment.parse(text) for text in fields["exhibits"]),
            fields["envelope"],
            tuple((row[0], row[1], row[2]) for row in fields["shut"]),
            tuple(Commitment.parse(text) for text in fields["considers"]),
        )
