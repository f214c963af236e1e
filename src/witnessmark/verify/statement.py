"""A signed judgement as it is read back: an in-toto statement about exhibits, inside its envelope."""

from dataclasses import dataclass
from typing import Any, Self

from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.model.digest import Commitment
from witnessmark.model.words import PAYLOAD_TYPE, PREDICATE_TYPE, STATEMENT_TYPE, SUBJECT_DIGEST, Answer
from witnessmark.proof import opening
from witnessmark.proof.dsse import Envelope


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was signed: about which exhibits, which question, which answer, which findings were considered.

    `digests` stand for the texts that may stay shut (bytes.md, "Attestation").
    """

    subjects: tuple[Commitment, ...]
    question: str
    answer: Answer
    considers: tuple[Commitment, ...]
    digests: tuple[bytes, ...]

    @classmethod
    def parse(cls, envelope: Envelope) -> Self:
        """Return the judgement in an envelope; the signature is checked elsewhere.

        Raises:
            Damaged: when the payload is no such statement.
        """
        if envelope.payload_type != PAYLOAD_TYPE:
            raise Damaged("the envelope holds something else than a statement")
        match codec.decode_canonical_bytes(envelope.payload):
            case {
                "_type": str() as kind,
                "subject": list() as subjects,
                "predicateType": str() as predicate_type,
                "predicate": {"question": str() as question, "answer": str() as answer, "_sd": digests} as predicate,
            } if kind == STATEMENT_TYPE and predicate_type == PREDICATE_TYPE:
                found = tuple(_subject(subject) for subject in subjects)
                considers = predicate.get("considers", [])
                if answer not in {known.value for known in Answer} or not found:
                    raise Damaged("the statement has no known answer, or is about nothing")
                return cls(found, question, Answer(answer), _commitments(considers), opening.parse_digests(digests))
        raise Damaged("the envelope holds no review statement of a kind known here")


def _subject(subject: Any) -> Commitment:
    match subject:
        case {"digest": {"witnessmark-entry": str() as text}}:
            return Commitment.parse_hex(text)
    raise Damaged(f"a subject of the statement has no digest {SUBJECT_DIGEST}")


def _commitments(value: Any) -> tuple[Commitment, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise Damaged("the findings considered are a list of digests")
    return tuple(Commitment.parse_hex(text) for text in value)
