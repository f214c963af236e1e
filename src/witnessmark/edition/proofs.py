"""Proof files of an edition: one for each entry shown, the keys, the release, and that the log only grew.

Rules for whoever changes this file:
- A proof of an exhibit's entry is a pure function of the ledger: made once, the same in every later edition.
- A note in a proof goes out with the log's own signature alone: witnesses' lines come later than a proof is made, and
  stand in `proof/anchors/`; a line by a key that is not in `keys.json` would be false.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from witnessmark.archive import open as shown
from witnessmark.archive.ledger import Ledger
from witnessmark.edition import plan as plans
from witnessmark.model import codec
from witnessmark.model.codec import Value
from witnessmark.proof.opening import OpenedField
from witnessmark.proof.succession import Succession
from witnessmark.verify.shown import RELEASE

KEY_FIELDS: Final = ("sealed", "action", "previous", "public")
"""The fields of the event by which a key hands over; the reason stays shut."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A reviewer as `keys.json` lists them; `proof` is a path from the root of the edition."""

    name: str
    public: str
    proof: str


def proof_file(ledger: Ledger, index: int, size: int) -> str:
    """Return the proof file of an entry under the archived checkpoint of a size."""
    bundle = shown.proof_bundle(ledger, index, size)
    return replace(bundle, checkpoint=plans.clean_note(bundle.checkpoint, ledger.log.keys)).text


def opened(ledger: Ledger, index: int, names: Iterable[str]) -> tuple[OpenedField, ...]:
    """Return the named fields of an entry with what opens them, and no others."""
    return shown.opening(ledger, index, names).fields


def rows(fields: Iterable[OpenedField]) -> list[Value]:
    """Return opened fields as JSON holds them."""
    return [list(field) for field in fields]


def earlier(ledger: Ledger, keys: Succession, rotations: Sequence[int]) -> list[Value]:
    """Return the rows of `keys.json` about earlier keys: each with the opened event by which it handed over."""
    return [
        {
            "key": key.text,
            "size": size,
            "proof": key_proof(number),
            "fields": rows(opened(ledger, index, KEY_FIELDS)),
        }
        for number, ((key, size), index) in enumerate(zip(keys.earlier, rotations, strict=True), 1)
    ]


def key_proof(number: int) -> str:
    """Return the path of the proof of a handing over."""
    return f"proof/key-{number}.tlog-proof"


def keys(
    vkey: str, reviewers: Sequence[Reviewer], witnesses: Sequence[str] = (), earlier: Sequence[Value] = ()
) -> bytes:
    """Return `proof/keys.json`: every key whose signature may stand in the edition."""
    listed = [{"name": row.name, "ed25519": row.public, "proof": row.proof} for row in reviewers]
    found: dict[str, Value] = {"log": vkey, "witnesses": list(witnesses), "reviewers": listed}
    # Without an earlier key there is no such member: editions from before keys could be handed over stay as they were.
    return codec.encode_bytes(found | ({"earlier": list(earlier)} if earlier else {}))


def continues(ledger: Ledger, sizes: Iterable[int], release: int) -> bytes:
    """Return `proof/continues.json`: that each of these checkpoints grew into the next; and the opened release."""
    rising = sorted(set(sizes))
    chain = [
        {"from": one, "to": other, "proof": [codec.to_base64(found) for found in ledger.consistency(one, other)]}
        for one, other in pairwise(rising)
    ]
    fields = rows(opened(ledger, release, RELEASE))
    return codec.encode_bytes({"chain": chain, "release": {"fields": fields}})
