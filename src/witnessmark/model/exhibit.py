"""An exhibit: one occurrence of some content, that is, one sealed file in its place; the unit that is cited."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.model.codec import Value
from witnessmark.model.digest import Commitment, Digest
from witnessmark.model.event import Event
from witnessmark.model.words import Kind

_EXHIBIT_ID = re.compile(r"[a-z2-7]{16}\Z")
_HANDLE = re.compile(r"[0-9a-f]{32}\Z")
MEMBER = "!/"
"""What stands between a container's path and its member's, when printed; never parsed."""


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step of a path: the name as text and, where the name is no UTF-8, its exact bytes."""

    name: str
    raw: bytes | None = None

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Return the step for a name as the file system gives it; bytes that are no UTF-8 show as U+FFFD."""
        try:
            return cls(raw.decode())
        except UnicodeDecodeError:
            return cls(raw.decode(errors="replace"), raw)

    @property
    def as_bytes(self) -> bytes:
        """The name's bytes."""
        return self.name.encode(errors="surrogatepass") if self.raw is None else self.raw

    def value(self) -> Value:
        """Return the step as an event holds it."""
        return {"name": self.name} if self.raw is None else {"name": self.name, "bytes": codec.to_base64(self.raw)}

    @classmethod
    def from_value(cls, value: Value) -> Self:
        """Return the step that an event holds."""
        raw = value.get("bytes")
        return cls(value["name"], None if raw is None else codec.from_base64(raw))


Path = tuple[PathStep, ...]


def printed(path: Path) -> str:
    """Return a path as `files` prints it."""
    return "/".join(step.name for step in path)


class How(StrEnum):
    """How an exhibit's bytes were got."""

    RECEIVED = "received"  # a file of the source
    COPIED = "copied"  # the bytes stand so in the container
    DECODED = "decoded"  # base64, decompression
    REBUILT = "rebuilt"  # made from properties (PST, MSG, TNEF)
    JOINED = "joined"  # the bytes of the container and of the other volumes of its archive, one after the other


def volumes_of(how: Value, stated: Value) -> tuple[str, ...]:
    """Return the commitments of the volumes that an exhibit was put together of, in their order, as an event has it."""
    match stated:
        case {"volumes": list(volumes)} if how == How.JOINED:
            return tuple(volume for volume in volumes if isinstance(volume, str))
    return ()


class ExhibitKind(StrEnum):
    """What sort of thing the reader saw."""

    DOCUMENT = "document"
    TABLE = "table"
    MESSAGE = "message"
    PICTURE = "picture"
    RECORDING = "recording"
    CONTAINER = "container"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the file system of the copy says; times in nanoseconds since 1970 UTC, as decimal strings in events."""

    modified: int
    changed: int
    born: int | None
    owner: int
    group: int
    mode: int
    attributes: tuple[tuple[str, bytes], ...] = ()

    def value(self) -> Value:
        """Return the facts as an event holds them."""
        return {
            "mtime": str(self.modified),
            "ctime": str(self.changed),
            "birth": None if self.born is None else str(self.born),
            "uid": self.owner,
            "gid": self.group,
            "mode": self.mode,
            "xattrs": {name: codec.to_base64(raw) for name, raw in self.attributes},
        }

    @classmethod
    def from_value(cls, value: Value) -> Self:
        """Return the facts that an event holds."""
        birth = value["birth"]
        return cls(
            int(value["mtime"]),
            int(value["ctime"]),
            None if birth is None else int(birth),
            value["uid"],
            value["gid"],
            value["mode"],
            tuple(sorted((n, codec.from_base64(v)) for n, v in value["xattrs"].items())),
        )


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One occurrence: content, accession and path.

    `path` is the whole printed path's own part: relative to the source for a received file, relative to the
    container for a component. `container` is the commitment of the container's exhibit event.
    """

    id: str
    handle: str
    digest: Digest
    size: int
    path: Path
    how: How
    accession: Commitment
    container: Commitment | None = None
    filesystem: FileFacts | None = None
    stated: Value = None  # what the container says of the member (times, mode), as data

    def __post_init__(self) -> None:
        if not _EXHIBIT_ID.match(self.id) or not _HANDLE.match(self.handle):
            raise Damaged("an exhibit id has 16 base32 characters, a handle 32 hexadecimal ones")

    def event(self, at: str) -> Event:
        """Return the event that seals this exhibit at `at` (UTC second, `2032-06-12T09:41:00Z`)."""
        return Event(
            Kind.EXHIBIT,
            {
                "at": at,
                "sealed": at[:10],
                "id": self.id,
                "handle": self.handle,
                "digest": self.digest.hex,
                "size": self.size,
                "path": [step.value() for step in self.path],
                "how": self.how.value,
                "accession": str(self.accession),
                "container": None if self.container is None else str(self.container),
                "filesystem": None if self.filesystem is None else self.filesystem.value(),
                "stated": self.stated,
            },
        )

    @classmethod
    def from_fields(cls, fields: codec.Fields) -> Self:
        """Return the exhibit that an event describes."""
        container, facts = fields["container"], fields["filesystem"]
        return cls(
            fields["id"],
            fields["handle"],
            Digest(fields["digest"]),
            fields["size"],
            tuple(PathStep.from_value(step) for step in fields["path"]),
            How(fields["how"]),
            Commitment.parse(fields["accession"]),
            None if container is None else Commitment.parse(container),
            None if facts is None else FileFacts.from_value(facts),
            fields.get("stated"),
        )
