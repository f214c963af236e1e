"""The keys of one log, one after the other: which of them signs a checkpoint of which size.

A key hands over to the next at a checkpoint that both sign. Smaller checkpoints are the earlier key's, larger ones the
later key's: a line by a key whose time was over, or had not come, makes a checkpoint false.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from witnessmark.errors import Damaged, Falsified
from witnessmark.proof import note
from witnessmark.proof.checkpoint import Checkpoint
from witnessmark.proof.note import ED25519, Note, Vkey


@dataclass(frozen=True, slots=True)
class Succession:
    """The key that signs now, and each earlier one with the size of the checkpoint at which it handed over."""

    current: Vkey
    earlier: tuple[tuple[Vkey, int], ...] = ()

    def __post_init__(self) -> None:
        keys = self.keys
        if any(key.name != self.current.name or key.type != ED25519 for key in keys):
            raise Damaged("the keys of one log have one name and are of type Ed25519")
        if len(set(keys)) != len(keys):
            raise Damaged("a log's key stands twice among its keys")
        if any(smaller >= larger for (_, smaller), (_, larger) in pairwise(self.earlier)):
            raise Damaged("a log's keys do not hand over in rising size")

    @property
    def keys(self) -> tuple[Vkey, ...]:
        """All keys, in the order in which they signed."""
        return (*(key for key, _ in self.earlier), self.current)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes of the checkpoints at which keys hand over, rising."""
        return tuple(size for _, size in self.earlier)

    def at(self, size: int) -> "Succession":
        """Return the succession as it stood when the checkpoint of that size had been signed."""
        earlier = tuple((key, until) for key, until in self.earlier if until <= size)
        return Succession(self.keys[len(earlier)], earlier)

    def in_force(self, size: int) -> tuple[Vkey, ...]:
        """Return the keys that have to sign a checkpoint of that size: one, or two where one hands over."""
        first = sum(until < size for until in self.sizes)
        hands_over = first < len(self.earlier) and self.sizes[first] == size
        return self.keys[first : first + 1 + hands_over]

    def check(self, signed: Note, others: Iterable[Vkey] = ()) -> Checkpoint:
        """Return the checkpoint of a note after checking that the keys in force signed it, and no other key of the log.

        Args:
            signed: the note.
            others: keys of others (witnesses) whose lines are checked too where they stand.

        Raises:
            Falsified: when a known key's signature is bad, one in force is missing, or another of the log has signed.
            Damaged: when the text is no checkpoint.
        """
        have = note.check(signed, (*self.keys, *others))
        found = Checkpoint.parse(signed.text)
        if found.origin != self.current.name:
            raise Falsified("its checkpoint is of another log")
        wanted = self.in_force(found.size)
        for key in self.keys:
            if key in have and key not in wanted:
                raise Falsified(
                    f"its checkpoint of size {found.size} is signed by a key of the log that was not in force then"
                )
        if not set(wanted) <= set(have):
            raise Falsified("its checkpoint is not signed by the log's key")
        return found
