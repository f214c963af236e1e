"""Unpack: the members that a reading took out of a container become component exhibits of it.

A content is read once, however often it occurs; each of its occurrences gets components of its own, made from the
reading's list of members. A container that holds itself (a quine) is not unpacked a second time below itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

from witnessmark.errors import Damaged
from witnessmark.intake.identity import exhibit_id
from witnessmark.model import codec
from witnessmark.model.codec import Value
from witnessmark.model.digest import Commitment, Digest
from witnessmark.model.exhibit import Exhibit, How, Path, PathStep


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the reading lists it: where it lay, how its bytes were got, what they are."""

    path: Path
    how: How
    stated: Value
    digest: Digest
    size: int

    def value(self) -> Value:
        """Return the member as the reading's observations hold it."""
        return {
            "path": [step.value() for step in self.path],
            "how": self.how.value,
            "stated": self.stated,
            "digest": self.digest.hex,
            "size": self.size,
        }

    @classmethod
    def from_value(cls, value: Value) -> Self:
        """Return the member that observations hold."""
        return cls(
            tuple(PathStep.from_value(step) for step in value["path"]),
            How(value["how"]),
            value["stated"],
            Digest(value["digest"]),
            value["size"],
        )


def members(observations: bytes) -> tuple[Member, ...]:
    """Return the members listed in a reading's observations.

    Raises:
        Damaged: when they cannot be read.
    """
    try:
        found = codec.decode(observations.decode())
        return tuple(Member.from_value(value) for value in found.get("members", ()))
    except (UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Damaged("a reading's list of members cannot be read: compile again with --redo") from error


def components(
    container: Exhibit,
    commitment: Commitment,
    found: tuple[Member, ...],
    *,
    handle: Callable[[Digest], str],
    entropy: Callable[[int], bytes],
) -> Iterator[Exhibit]:
    """Yield the component exhibits of one occurrence of a container."""
    for member in found:
        yield Exhibit(
            id=exhibit_id(entropy),
            handle=handle(member.digest),
            digest=member.digest,
            size=member.size,
            path=member.path,
            how=member.how,
            accession=container.accession,
            container=commitment,
            stated=member.stated,
        )
