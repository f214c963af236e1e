"""Calendars of OpenTimestamps, as an archive asks them: a blinded digest now, what became of a promise later.

Rules for whoever changes this file:
- All proofs about one checkpoint are joined in one file; it is durable before those that stand in it are removed.
- An answer counts for the question under which it was got and for no other; nothing here touches the network.
- That a calendar promises, or names a block, is kept and shown; whether the block exists is asked of a header later.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from witnessmark.archive.anchors import Anchors, Sort
from witnessmark.archive.seal import Entropy
from witnessmark.errors import BrokenEvidence, Damaged, Falsified
from witnessmark.proof import calendar
from witnessmark.proof.calendar import NONCE_SIZE, Proof


@dataclass(frozen=True, slots=True)
class Promise:
    """What a calendar has promised about a checkpoint, and nothing has come of yet."""

    size: int
    uri: str
    """The calendar as the proof names it: a stranger's text, never an address to follow by itself."""
    commitment: bytes


@dataclass(frozen=True, slots=True)
class Joined:
    """What is kept about one checkpoint after something was taken."""

    size: int
    proof: Proof
    is_new: bool

    @property
    def says(self) -> str:
        """Where the proof leads, in a few words."""
        return told(self.proof)


def told(proof: Proof) -> str:
    """Say where a proof leads."""
    if proof.heights:
        return f"leads to Bitcoin block {', '.join(map(str, proof.heights))}, not checked"
    named = ", ".join(sorted({one.uri for one in proof.waiting}))
    return f"promised by {named}: upgrade it in some hours" if named else "leads to nothing that is known here"


def ask(anchors: Anchors, size: int, entropy: Entropy) -> bytes:
    """Return the 32 bytes that calendars are asked about the checkpoint of that size; their nonce is kept."""
    nonce = anchors.blind(size, lambda: entropy(NONCE_SIZE))
    return _blinded(anchors, size, nonce)


def _blinded(anchors: Anchors, size: int, nonce: bytes) -> bytes:
    try:
        return calendar.blinded(_digest(anchors, size), nonce)
    except Damaged as error:
        raise Damaged(f"log/anchors/{size}/request.nonce was altered: restore log/ from a backup") from error


def _digest(anchors: Anchors, size: int) -> bytes:
    return hashlib.sha256(anchors.note(size).text.encode()).digest()


def kept(anchors: Anchors, size: int) -> Iterator[tuple[bytes, Proof]]:
    """Yield the proofs about the checkpoint of that size that read and fit, each with its bytes."""
    digest = _digest(anchors, size)
    for data in anchors.of(size, Sort.PROOF):
        try:
            proof = Proof.parse(data)
        except BrokenEvidence:
            continue
        if proof.digest == digest:
            yield data, proof


def promises(anchors: Anchors) -> list[Promise]:
    """Return what calendars have promised and nothing has come of yet, for all checkpoints."""
    found = (
        Promise(size, one.uri, one.message)
        for size in anchors.asked()
        for _, proof in kept(anchors, size)
        for one in proof.waiting
    )
    return list(dict.fromkeys(found))


def answered(anchors: Anchors, sizes: Sequence[int], question: bytes, answer: bytes) -> Joined:
    """Take what a calendar answered about a question: a blinded digest, or something that was promised.

    Raises:
        Falsified: when nothing of the kind was asked.
        Damaged: when the answer does not read.
    """
    for size in reversed(sizes):
        nonce = anchors.nonce(size)
        if nonce is not None and _blinded(anchors, size, nonce) == question:
            return join(anchors, size, Proof.answered(_digest(anchors, size), nonce, answer))
    for size in reversed(sizes):
        for _, proof in kept(anchors, size):
            if any(one.message == question for one in proof.waiting):
                return join(anchors, size, proof.upgraded(question, answer))
    raise Falsified("no calendar was asked this, or its promise is kept already: the file's name says what was asked")


def join(anchors: Anchors, size: int, proof: Proof, data: bytes | None = None) -> Joined:
    """Keep a proof about the checkpoint of that size, together with all that is kept about it."""
    before = dict(kept(anchors, size))
    whole, within = proof, list[bytes]()
    for other, known in before.items():
        try:
            whole = whole.joined(known)
        except Damaged:
            continue  # too much for one proof: it stays beside
        within.append(other)
    same = next((other for other in within if whole.paths.keys() == before[other].paths.keys()), None)
    written = same or (data if data is not None and not within else whole.data)
    if same is None:
        anchors.keep(size, Sort.PROOF, written)
    # Also where nothing is new: a kill may have left what was joined before beside the whole.
    for other in within:
        if other != written:
            anchors.drop(size, Sort.PROOF, other)
    return Joined(size, whole, is_new=same is None)
