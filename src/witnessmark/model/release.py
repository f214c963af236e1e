"""A release: the event that makes an edition count, and binds its manifest to the ledger."""

from dataclasses import dataclass
from typing import Self

from witnessmark.model import codec
from witnessmark.model.digest import Commitment, Digest
from witnessmark.model.event import Event
from witnessmark.model.words import Kind


@dataclass(frozen=True, slots=True)
class Release:
    """One edition: its number, its manifest's digest, the whole note of checkpoint C, and what it rests on.

    `ids` maps exhibit commitments to *every* public id in force (base64 commitment → `TP-00417`); `decisions` are
    the commitments of the decisions in force, one for each exhibit. `title`, `keeper` and `about` are the words of the
    settings on that day, so that the edition can be written again after they have changed. `anchors` is the content
    that keeps its policy and the witnesses' and authorities' words that it carries, if it carries any.
    """

    edition: int
    manifest: Digest
    checkpoint: str
    previous: Commitment | None
    program: str
    ids: tuple[tuple[Commitment, str], ...]
    decisions: tuple[Commitment, ...]
    title: str = ""
    keeper: str = ""
    about: str = ""
    anchors: Digest | None = None

    def event(self, at: str) -> Event:
        """Return the event of this release at `at`."""
        return Event(
            Kind.RELEASE,
            {
                "at": at,
                "sealed": at[:10],
                "edition": self.edition,
                "manifest": self.manifest.hex,
                "checkpoint": self.checkpoint,
                "previous": None if self.previous is None else str(self.previous),
                "program": self.program,
                "ids": [[str(found), name] for found, name in self.ids],
                "decisions": [str(found) for found in self.decisions],
                "title": self.title,
                "keeper": self.keeper,
                "about": self.about,
            }
            | ({} if self.anchors is None else {"anchors": self.anchors.hex}),
        )

    @classmethod
    def from_fields(cls, fields: codec.Fields) -> Self:
        """Return the release that an event describes."""
        previous = fields["previous"]
        return cls(
            fields["edition"],
            Digest(fields["manifest"]),
            fields["checkpoint"],
            None if previous is None else Commitment.parse(previous),
            fields["program"],
            tuple((Commitment.parse(found), name) for found, name in fields["ids"]),
            tuple(Commitment.parse(found) for found in fields["decisions"]),
            fields.get("title", ""),
            fields.get("keeper", ""),
            fields.get("about", ""),
            Digest(fields["anchors"]) if "anchors" in fields else None,
        )
