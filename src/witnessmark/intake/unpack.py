"""Unpack: the members that a reading took out of a container become component exhibits of it.

A content is read once, however often it occurs; each of its occurrences gets components of its own, made from the
reading's list of members. A container that holds itself (a quine) is not unpacked a second time below itself.
"""

from collections.abc import Callable, Iterable, Iterator

from witnessmark.errors import Damaged
from witnessmark.intake.identity import exhibit_id
from witnessmark.model import codec
from witnessmark.model.digest import Commitment, Digest
from witnessmark.model.exhibit import Exhibit, How, PathStep
from witnessmark.work.reading import Member


def members(observations: bytes) -> tuple[Member, ...]:
    """Return the members listed in a reading's observations.

    Raises:
        Damaged: when they cannot be read.
    """
    try:
        found = codec.decode(observations.decode())
        return tuple(
            Member(
                tuple(PathStep.from_value(step) for step in value["path"]),
                How(value["how"]),
                value["stated"],
                Digest(value["digest"]),
                value["size"],
            )
            for value in found["members"]
        )
    except (UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise Damaged("a reading's list of members cannot be read: run `witnessmark audit`") from error


def components(
    container: Exhibit,
    commitment: Commitment,
    found: Iterable[Member],
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
