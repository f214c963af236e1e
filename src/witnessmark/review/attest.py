"""Attest: write a signed judgement into the ledger and give its author a receipt.

Rules for whoever changes this file: the key never enters the archive; a finding is released from its hold only by an
attestation that names it and one of its exhibits; the receipt is the attestation's own proof, so that its author can
show later that it was left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from witnessmark.archive import open as shown
from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import AttestationRow
from witnessmark.errors import WrongUsage
from witnessmark.model import codec
from witnessmark.model.attestation import Reviewer
from witnessmark.model.codec import Value
from witnessmark.model.digest import Commitment
from witnessmark.model.finding import Hold
from witnessmark.model.words import HoldState
from witnessmark.proof import dsse
from witnessmark.proof.opening import OpenedField
from witnessmark.review.key import ReviewerKey
from witnessmark.review.sign import Answered, predicate, sign, texts


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the author of an attestation takes home.

    `proof` (C2SP tlog-proof) shows that an entry stands in the log; `fields` open that entry and hold the signed
    envelope: only both together show that *this* judgement was sealed.
    """

    commitment: Commitment
    index: int
    size: int
    proof: str
    fields: tuple[OpenedField, ...]
    released: int

    @property
    def opened(self) -> str:
        """The opened fields as they are written beside the proof: canonical JSON."""
        return codec.encode({"fields": [list(field) for field in self.fields]})


def attest(
    archive: Archive,
    catalogue: Catalogue,
    answered: Answered,
    key: ReviewerKey,
    *,
    clock: Callable[[], str],
    entropy: Callable[[int], bytes],
) -> Receipt:
    """Sign and seal one judgement; introduce the reviewer when the key is new.

    A judgement that was sealed before, word for word, is not sealed again: its receipt is given once more.

    Raises:
        WrongUsage: when the name belongs to another key, or a considered finding is about another exhibit.
    """
    _check_reviewer(catalogue, answered.name, key)
    _check_considered(catalogue, answered)
    before = _sealed_before(catalogue, answered, key)
    if before is not None:
        return _receipt(archive, before.commitment, before.index, 0)
    attestation = sign(answered, key, entropy=entropy)
    at = clock()
    batch = archive.ledger.batch()
    public = codec.to_base64(key.public)
    if all(row.reviewer.public != public for row in catalogue.reviewers()):
        batch.add(Reviewer(answered.name, public, answered.reasons.field).event(at))
    commitment = batch.add(attestation.event(at))
    for finding in answered.considers:
        batch.add(Hold(finding, HoldState.CONSIDERED, commitment).event(at))
    recorded = archive.ledger.commit(batch)
    catalogue.catch_up(archive)
    index = next(row.index for row in recorded if row.commitment == commitment)
    return _receipt(archive, commitment, index, len(answered.considers))


def _receipt(archive: Archive, commitment: Commitment, index: int, released: int) -> Receipt:
    size = archive.ledger.size
    fields = shown.opening(archive.ledger, index, ("sealed", "envelope")).fields
    return Receipt(commitment, index, size, shown.proof_bundle(archive.ledger, index, size).text, fields, released)


def _sealed_before(catalogue: Catalogue, answered: Answered, key: ReviewerKey) -> AttestationRow | None:
    """Return the attestation in which this key said exactly this of exactly these exhibits."""
    wanted = texts(answered)
    for row in catalogue.attestations(answered.exhibits[0]):
        envelope = dsse.Envelope.parse(row.attestation.envelope)
        if (
            envelope.keyid == dsse.keyid(key.public)
            and row.attestation.exhibits == answered.exhibits
            and row.attestation.considers == answered.considers
            and _stated(codec.decode_canonical_bytes(envelope.payload)["predicate"]) == _stated(predicate(answered, []))
            and {name: codec.decode(text) for name, _, text in row.attestation.shut} == wanted
        ):
            return row
    return None


def _stated(predicate: Mapping[str, Value]) -> dict[str, Value]:
    """Return what a statement says in the clear, without the salted digests."""
    return {name: value for name, value in predicate.items() if name != "_sd"}


def _check_reviewer(catalogue: Catalogue, name: str, key: ReviewerKey) -> None:
    public = codec.to_base64(key.public)
    for row in catalogue.reviewers():
        known = row.reviewer
        if known.public == public and known.name != name:
            raise WrongUsage(f"this key is known here as {known.name!r}: sign with that name, or make another key")
        if known.name == name and known.public != public:
            raise WrongUsage(f"{name!r} is known here by another key: use that key, or another name")


def _check_considered(catalogue: Catalogue, answered: Answered) -> None:
    for wanted in answered.considers:
        found = [
            row for exhibit in answered.exhibits for row in catalogue.findings(exhibit) if row.commitment == wanted
        ]
        if not found:
            raise WrongUsage("--considers names a finding that is not about the exhibits named: attest on its exhibit")
