"""Sign: a person's answer about exhibits, as an in-toto statement in a DSSE envelope over `_sd` digests.

Shape: bytes.md, "Attestation"; in-toto Attestation Framework v1 (Statement); DSSE v1 (PAE). The free texts are salted
digests in the predicate, so that each can stay shut and the signature still verifies.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from witnessmark.model import codec
from witnessmark.model.attestation import Attestation
from witnessmark.model.codec import Value
from witnessmark.model.digest import Commitment
from witnessmark.model.words import PAYLOAD_TYPE, PREDICATE_TYPE, REASON_FIELDS, STATEMENT_TYPE, SUBJECT_DIGEST, Answer
from witnessmark.proof import dsse, opening
from witnessmark.review.key import ReviewerKey
from witnessmark.review.reasons import Reasons


@dataclass(frozen=True, slots=True)
class Answered:
    """What a person says: who, which answer, why, about what, and which findings were considered."""

    name: str
    answer: Answer
    reasons: Reasons
    exhibits: tuple[Commitment, ...]
    considers: tuple[Commitment, ...] = ()


def texts(answered: Answered) -> dict[str, str]:
    """Return the free texts of a judgement, each of which can stay shut."""
    reasons = answered.reasons
    return {
        "name": answered.name,
        "method": reasons.method,
        "reasons": reasons.reasons,
        "alternatives": reasons.alternatives,
        "would_change_my_mind": reasons.would_change_my_mind,
        "limits": reasons.limits,
    }


def predicate(answered: Answered, digests: Iterable[str]) -> dict[str, Value]:
    """Return what a judgement states in the clear, and the digests of its texts."""
    return {
        "question": answered.reasons.question,
        "answer": answered.answer.value,
        "codebook": answered.reasons.codebook,
        "considers": [found.hex for found in answered.considers],
        "_sd": sorted(digests),
    }


def sign(answered: Answered, key: ReviewerKey, *, entropy: Callable[[int], bytes]) -> Attestation:
    """Return the signed attestation; salts are drawn anew for each field."""
    rows: list[tuple[str, str, str]] = []
    digests: list[str] = []
    free = texts(answered)
    for name in REASON_FIELDS:
        salt, text = entropy(32), codec.encode(free[name])
        rows.append((name, codec.to_base64(salt), text))
        digests.append(codec.to_base64(opening.field_digest(salt, name, text)))
    digests += [codec.to_base64(entropy(32)) for _ in range(-len(digests) % 8)]
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"digest": {SUBJECT_DIGEST: found.hex}} for found in answered.exhibits],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate(answered, digests),
    }
    payload = codec.encode_bytes(statement)
    signature = key.sign(dsse.pae(PAYLOAD_TYPE, payload))
    envelope = dsse.Envelope(PAYLOAD_TYPE, payload, dsse.keyid(key.public), signature)
    return Attestation(answered.exhibits, envelope.text, tuple(rows), answered.considers)
