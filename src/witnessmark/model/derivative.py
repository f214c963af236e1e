"""A derivative: what a step of ours made of some content: a reading, its visible text, its hidden text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

from witnessmark.model import codec
from witnessmark.model.digest import Digest
from witnessmark.model.event import Event
from witnessmark.model.exhibit import ExhibitKind
from witnessmark.model.words import Kind, StepName

LARGEST_TEXT: Final = 256 << 20
"""Bytes of one text that are read back at once: more than any reading gives."""
LARGEST_OBSERVATIONS: Final = 256 << 20
"""Bytes of the observations of one reading, its members among them, that are read back at once."""


class Outcome(StrEnum):
    """How a reading ended: the closed list of the cell; there is no "error"."""

    OK = "ok"
    PARTIAL = "partial"
    REFUSED_LIMIT = "refused-limit"
    REFUSED_POLICY = "refused-policy"
    ENCRYPTED = "encrypted"
    CORRUPT = "corrupt"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASH = "crash"
    VIOLATION = "violation"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Derivative:
    """One result of one step on one content; `handle` names the content without telling it.

    `digest` is that of the result's bytes in the store. It is the field `text` for the two texts and `digest`
    for observations. The fields `outcome` to `characters` stand in a reading only.
    """

    handle: str
    step: StepName
    version: str
    digest: Digest | None
    size: int
    settings: str = "{}"
    tools: Mapping[str, str] = field(default_factory=dict)
    grade: str = "D"
    outcome: Outcome | None = None
    detail: str = ""  # one plain sentence about an outcome that is not ok
    media_type: str = ""
    kind: ExhibitKind | None = None
    languages: tuple[str, ...] = ()
    characters: int = 0
    members: int = 0  # how many components the reading took out of a container

    @property
    def recognised(self) -> str | None:
        """Which program recognised letters in pictures for this text; None where the text is the file's own."""
        settings = codec.decode(self.settings)
        packs = settings.get("ocr")
        if packs is None or settings.get("ocr_found") is False:
            return None
        return f"tesseract {self.tools.get('tesseract', '')} ({packs})"

    def event(self, at: str) -> Event:
        """Return the event of this derivative at `at`."""
        found = None if self.digest is None else self.digest.hex
        fields: dict[str, codec.Value] = {
            "at": at,
            "sealed": at[:10],
            "handle": self.handle,
            "step": self.step.value,
            "version": self.version,
            "settings": self.settings,
            "size": self.size,
            "tools": dict(self.tools),
            "grade": self.grade,
            "digest" if self.step is StepName.READ else "text": found,
        }
        if self.step is StepName.READ:
            fields |= {
                "outcome": None if self.outcome is None else self.outcome.value,
                "detail": self.detail,
                "media_type": self.media_type,
                "kind": None if self.kind is None else self.kind.value,
                "languages": list(self.languages),
                "characters": self.characters,
                "members": self.members,
            }
        return Event(Kind.DERIVATIVE, fields)

    @classmethod
    def from_fields(cls, fields: codec.Fields) -> Self:
        """Return the derivative that an event describes.

        Raises:
            ValueError: for a step of a newer version.
        """
        step = StepName(fields["step"])
        found = fields["digest" if step is StepName.READ else "text"]
        outcome, kind = fields.get("outcome"), fields.get("kind")
        return cls(
            fields["handle"],
            step,
            fields["version"],
            None if found is None else Digest(found),
            fields["size"],
            fields["settings"],
            fields["tools"],
            fields["grade"],
            None if outcome is None else Outcome(outcome),
            fields.get("detail", ""),
            fields.get("media_type", ""),
            None if kind is None else ExhibitKind(kind),
            tuple(fields.get("languages", ())),
            fields.get("characters", 0),
            fields.get("members", 0),
        )
