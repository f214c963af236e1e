"""An event: one thing that the ledger says happened, as a kind and named fields.

The list of kinds is closed; an unknown kind from a newer version is kept, audited and shown as unknown, so
`Event.kind` is a string and `Kind` names those that this version understands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from witnessmark.model.codec import Value
from witnessmark.model.words import check_field_name, check_kind


@dataclass(frozen=True, slots=True)
class Event:
    """A kind and its fields; each field becomes one salted digest, so that it can be shown or stay shut.

    Field names are `[a-z][a-z0-9_]{0,31}`; values are JSON values without floats.
    """

    kind: str
    fields: Mapping[str, Value]

    def __post_init__(self) -> None:
        check_kind(self.kind)
        for name in self.fields:
            check_field_name(name)
        object.__setattr__(self, "fields", MappingProxyType(dict(self.fields)))
