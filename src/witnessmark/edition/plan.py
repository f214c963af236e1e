"""The plan of an edition: all that decides its bytes, taken from decisions before it is written or from its release.

Rules for whoever changes this file:
- An edition is a pure function of its plan, of the ledger up to the plan's checkpoint, of this program and its fonts.
- A public id is given once, in a random order among those that are new together, and never given again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from witnessmark import __version__
from witnessmark.catalogue.rows import ReleaseRow
from witnessmark.edition.anchors import NOTHING, Carried
from witnessmark.errors import WrongUsage
from witnessmark.model.decision import Decision
from witnessmark.model.digest import Commitment
from witnessmark.model.public_id import PublicId
from witnessmark.proof import note as notes
from witnessmark.proof.checkpoint import Checkpoint
from witnessmark.proof.succession import Succession

PROGRAM: Final = f"witnessmark {__version__}"


@dataclass(frozen=True, slots=True)
class Planned:
    """One exhibit of an edition: its public name, and the decision about it."""

    id: PublicId
    decision: Decision
    decision_index: int
    decision_commitment: Commitment


@dataclass(frozen=True, slots=True)
class Plan:
    """What an edition is made from; `checkpoints` are those of all editions up to this one, this one's last.

    `published` names for each exhibit the checkpoints of the editions in which it stands, by their place in
    `checkpoints`.
    """

    edition: int
    on: str
    title: str
    keeper: str
    about: str
    keys: Succession
    exhibits: tuple[Planned, ...]
    checkpoints: tuple[str, ...]
    sizes: tuple[int, ...]
    published: Mapping[Commitment, tuple[int, ...]]
    carried: Carried = NOTHING
    rotations: tuple[int, ...] = ()  # where in the log each of `keys.earlier` hands over

    @property
    def vkey(self) -> str:
        """The key that signs the log now, as one line."""
        return self.keys.current.text

    @property
    def checkpoint(self) -> str:
        """The note of the checkpoint that the edition speaks of."""
        return self.checkpoints[-1]

    @property
    def size(self) -> int:
        """The size of the log that the edition speaks of."""
        return self.sizes[-1]

    @property
    def ids(self) -> tuple[tuple[Commitment, str], ...]:
        """Every exhibit with its public id, as a release holds them."""
        return tuple((row.decision.exhibit, str(row.id)) for row in self.exhibits)


def clean_note(text: str, keys: Succession) -> str:
    """Return a checkpoint's note with the log's own signature lines alone: an edition carries no other."""
    return notes.parse(text).kept(keys.keys).whole


def size_of(note: str) -> int:
    """Return the size of the log that a note signs."""
    return Checkpoint.parse(notes.parse(note).text).size


def editions(
    releases: Sequence[ReleaseRow], note: str, exhibits: Iterable[Commitment]
) -> tuple[tuple[str, ...], dict[Commitment, tuple[int, ...]]]:
    """Return the checkpoints of these releases and of the edition at hand, and in which each exhibit stands."""
    checkpoints = (*(row.release.checkpoint for row in releases), note)
    published: dict[Commitment, tuple[int, ...]] = {}
    for place, row in enumerate(releases):
        for commitment, _ in row.release.ids:
            published[commitment] = (*published.get(commitment, ()), place)
    for commitment in exhibits:
        published[commitment] = (*published.get(commitment, ()), len(releases))
    return checkpoints, published


def give_ids(
    exhibits: Iterable[Commitment],
    releases: Sequence[ReleaseRow],
    prefix: str,
    entropy: Callable[[int], bytes],
) -> dict[Commitment, PublicId]:
    """Return the public id of each exhibit: the one it has, or the next number, new ones in a random order.

    Raises:
        WrongUsage: when the prefix is not that of the first release.
    """
    known = {commitment: PublicId.parse(name) for row in releases for commitment, name in row.release.ids}
    first = next(iter(known.values()), None)
    if first is not None and first.prefix != prefix:
        raise WrongUsage(
            f"publication.prefix in witnessmark.toml is {prefix}, but the first release fixed it as {first.prefix}: "
            "set it back"
        )
    wanted = list(exhibits)
    # The decision file's order says something about the keeper's work, the log's order about the originals' owner.
    new = sorted((entropy(16), commitment) for commitment in wanted if commitment not in known)
    last = max((found.number for found in known.values()), default=0)
    known |= {commitment: PublicId(prefix, number) for number, (_, commitment) in enumerate(new, last + 1)}
    return {commitment: known[commitment] for commitment in wanted}


def proof_size(plan: Plan, exhibit: Commitment, index: int) -> int:
    """Return the size of the checkpoint under which an entry of an exhibit is shown.

    It is that of the first edition in which the exhibit stands and which covers the entry: made once, never changed.
    """
    return next(plan.sizes[place] for place in plan.published[exhibit] if plan.sizes[place] > index)
