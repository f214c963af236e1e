"""The sealing of one event: salts, field digests, record, entry, and its line for the vault."""

from collections.abc import Callable
from dataclasses import dataclass

from witnessmark.archive import segment
from witnessmark.model.codec import encode, to_base64
from witnessmark.model.digest import Commitment
from witnessmark.model.event import Event
from witnessmark.proof import opening

Entropy = Callable[[int], bytes]
"""Random bytes from the operating system, as many as asked for."""

SALT = 32
_PAD = 8


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event with its salts drawn: the entry for the log, and the two halves of its vault line around the index."""

    event: Event
    commitment: Commitment
    entry: bytes
    head: bytes
    tail: bytes


def seal(event: Event, entropy: Entropy) -> Sealed:
    """Draw the salts of an event and close it.

    The record's digests are padded with random ones to a multiple of eight: their number would tell too.
    """
    count = len(event.fields)
    drawn = entropy(SALT * (count + -count % _PAD + 1))
    salt = drawn[:SALT]
    at = SALT
    digests, opened = [], []
    for name, value in event.fields.items():
        text = encode(value)
        field_salt = drawn[at : at + SALT]
        at += SALT
        digests.append(opening.field_digest(field_salt, name, text))
        opened.append((name, to_base64(field_salt), text))
    digests.extend(drawn[rest : rest + SALT] for rest in range(at, len(drawn), SALT))
    record = opening.make_record(event.kind, digests)
    entry = opening.entry(salt, record)
    head, tail = segment.event_halves(opened, record, salt)
    return Sealed(event, opening.commitment(entry), entry, head, tail)


def dummies(count: int, entropy: Entropy) -> list[bytes]:
    """Return entries that open to nothing and cannot be told from others."""
    drawn = entropy(SALT * count)
    return [opening.dummy(drawn[at : at + SALT]) for at in range(0, len(drawn), SALT)]


def shuffled(count: int, entropy: Entropy) -> list[int]:
    """Return the numbers below `count` in an order drawn at random."""
    drawn = entropy(16 * count)
    return sorted(range(count), key=lambda number: drawn[16 * number : 16 * number + 16])
