"""An event: one thing that the ledger says happened, as a kind and named fields.

The list of kinds is closed; an unknown kind from a newer version is kept, audited and shown as unknown, so
`Event.kind` is a string and `Kind` names those that this version understands.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from witnessmark.errors import Damaged
from witnessmark.model.codec import Value

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
_KIND = re.compile(r"[a-z][a-z0-9-]{0,63}\Z")


class Kind(StrEnum):
    """The kinds of event that this version writes or will write (DESIGN, "Events")."""

    ACCESSION = "accession"
    CUSTODY = "custody"
    EXHIBIT = "exhibit"
    DERIVATIVE = "derivative"
    RENDITION = "rendition"
    UNLOCK = "unlock"
    TEXT_CORRECTION = "text-correction"
    FINDING = "finding"
    EXAMINATION_RUN = "examination-run"
    HOLD = "hold"
    REVIEWER = "reviewer"
    REVIEW_ROUND = "review-round"
    ATTESTATION = "attestation"
    ENTITY_MERGE = "entity-merge"
    ENTITY_SPLIT = "entity-split"
    STATEMENT = "statement"
    LINK = "link"
    CASE = "case"
    DECISION = "decision"
    REDACTION = "redaction"
    APPROVAL = "approval"
    RELEASE = "release"
    REPLY_REQUEST = "reply-request"
    REPLY = "reply"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"
    ERASURE = "erasure"
    KEY = "key"
    HAND_OVER = "hand-over"


@dataclass(frozen=True, slots=True)
class Event:
    """A kind and its fields; each field becomes one salted digest, so that it can be shown or stay shut.

    Field names are `[a-z][a-z0-9_]{0,31}`; values are JSON values without floats.
    """

    kind: str
    fields: Mapping[str, Value]

    def __post_init__(self) -> None:
        if not _KIND.match(self.kind):
            raise Damaged(f"not a kind of event: {self.kind[:80]!r}")
        for name in self.fields:
            check_field_name(name)
        object.__setattr__(self, "fields", MappingProxyType(dict(self.fields)))


def check_field_name(name: str) -> None:
    """Refuse what is no field name.

    Raises:
        Damaged: when it is none.
    """
    if not _NAME.match(name):
        raise Damaged(f"not a field name: {name[:80]!r}")
