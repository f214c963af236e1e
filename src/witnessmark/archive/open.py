"""The only hand on salts when something is shown: it opens the fields asked for, and no others."""

from collections.abc import Iterable
from dataclasses import dataclass

from witnessmark.archive import segment
from witnessmark.archive.ledger import Ledger, opens_to_nothing
from witnessmark.proof.bundle import ProofBundle
from witnessmark.proof.opening import OpenedField


@dataclass(frozen=True, slots=True)
class Opening:
    """What shows an entry: its salt and record, and the fields that were asked for."""

    index: int
    salt: bytes
    record: bytes
    fields: tuple[OpenedField, ...]


def opening(ledger: Ledger, index: int, names: Iterable[str]) -> Opening:
    """Return the opening of an entry with the named fields and no others, in the order of the event.

    Names that the event does not have are passed over: the caller sees what it got.

    Raises:
        WrongUsage: when the entry opens to nothing.
        Damaged: when its line cannot be read.
    """
    line = _line(ledger, index)
    wanted = set(names)
    fields = tuple(field for field in line.fields if field[0] in wanted)
    return Opening(index, line.salt, line.record, fields)


def proof_bundle(ledger: Ledger, index: int, size: int) -> ProofBundle:
    """Return the proof that an entry stands under the archived checkpoint of a size, as first signed.

    Raises:
        WrongUsage: when no checkpoint of that size covers the entry, or it opens to nothing.
        Damaged: when its line cannot be read.
    """
    line = _line(ledger, index)
    hashes = ledger.inclusion(index, size)
    return ProofBundle(index, tuple(hashes), ledger.note(size), line.salt + line.record)


def _line(ledger: Ledger, index: int) -> segment.Line:
    line = ledger.strict(index)
    if not line.is_event:
        raise opens_to_nothing(line)
    return line
