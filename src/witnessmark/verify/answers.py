"""The five answers of an exhibit page, made from the shown openings alone; the edition and the verifier call it.

Rules for whoever changes this file:
- Nothing comes in but what is shown: whoever has the page can make the same answers.
- Days are kept apart: when the content was sealed, and when that was sealed which is shown.
- What no opening says is counted as nothing, never guessed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from witnessmark.errors import Falsified
from witnessmark.model.codec import Fields, Value
from witnessmark.model.digest import Commitment
from witnessmark.model.words import Answer, FindingOutcome, HoldState, Publish
from witnessmark.proof import dsse
from witnessmark.verify.shown import day
from witnessmark.verify.statement import Judgement

ROLES = ("exhibit", "reading", "text", "finding", "hold", "attestation", "reviewer", "decision")
"""What an opening is to its exhibit, in the order of `exhibit.json`."""

COUNTED = (
    FindingOutcome.SUPPORTS,
    FindingOutcome.CONFLICTS,
    FindingOutcome.NEUTRAL,
    FindingOutcome.COULD_NOT_RUN,
)
WITHHELD = {Publish.NOTHING: "everything", Publish.TEXT: "file", Publish.PAGES: "file", Publish.FILE: "nothing"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One shown opening: its role, which entry it opens, and the opened fields."""

    role: str
    commitment: Commitment
    fields: Fields


@dataclass(frozen=True, slots=True)
class Witnessed:
    """Who outside has cosigned a checkpoint that covers what is shown: names, of how many, and whether they suffice."""

    names: tuple[str, ...]
    of: int
    is_quorum: bool


NOBODY = Witnessed((), 0, is_quorum=False)


def five(shown: Iterable[Shown], witnessed: Witnessed = NOBODY) -> dict[str, Value]:
    """Return the five answers in their fixed order.

    Args:
        shown: the openings of the exhibit.
        witnessed: who saw what `sealed` speaks about, by the policy of the edition.

    Raises:
        Falsified: when the exhibit or its decision is not shown, or lacks an open field that an answer needs.
        Damaged: when a signed statement, or the finding that a hold names, cannot be read.
    """
    rows = tuple(shown)
    exhibit, decision = only(rows, "exhibit"), only(rows, "decision")
    return {
        "sealed": _sealed(rows, exhibit, decision) | {"clock": "witnessed" if witnessed.is_quorum else "own"},
        "witnessed": {"count": len(witnessed.names), "of": witnessed.of, "names": list(witnessed.names)},
        "reviewed": _reviewed(rows),
        # Replies are not written yet; until then no opening can contest.
        "contested": {"count": 0},
        "withheld": {
            "publish": text_of(decision, "publish"),
            "what": WITHHELD[publish_of(decision)],
            "reason": text_of(decision, "reason"),
        },
    }


def only(rows: Sequence[Shown], role: str) -> Shown:
    """Return the one opening of a role.

    Raises:
        Falsified: when there is none or more than one.
    """
    match of(rows, role):
        case [found]:
            return found
        case others:
            raise Falsified(f"exactly one opening of the {role} belongs here, found {len(others)}")


def of(rows: Sequence[Shown], role: str) -> list[Shown]:
    """Return the openings of a role."""
    return [row for row in rows if row.role == role]


def text_of(row: Shown, name: str) -> str:
    """Return the text of an opened field.

    Raises:
        Falsified: when the field is shut or no text.
    """
    value = row.fields.get(name)
    if not isinstance(value, str):
        raise Falsified(f"the {row.role} has no open field {name!r} that is a text")
    return value


def publish_of(decision: Shown) -> Publish:
    """Return what a decision lets out.

    Raises:
        Falsified: when it is none of the known choices.
    """
    text = text_of(decision, "publish")
    if text not in {known.value for known in Publish}:
        raise Falsified(f"the decision has the unknown choice {text[:40]!r}")
    return Publish(text)


def _sealed(rows: Sequence[Shown], exhibit: Shown, decision: Shown) -> dict[str, Value]:
    content_on = day(text_of(exhibit, "sealed"))
    match publish_of(decision):
        case Publish.TEXT | Publish.PAGES:
            return {
                "on": day(text_of(only(rows, "text"), "sealed")),
                "content_on": content_on,
                "shows": "text",
            }
        case Publish.FILE:
            return {"on": content_on, "content_on": content_on, "shows": "file"}
        case Publish.NOTHING:
            return {"on": content_on, "content_on": content_on, "shows": "nothing"}


def _reviewed(rows: Sequence[Shown]) -> dict[str, Value]:
    given = [judgement_of(row).answer for row in of(rows, "attestation")]
    outcomes = [text_of(row, "outcome") for row in of(rows, "finding")]
    return {
        "answers": {answer.value: given.count(answer) for answer in Answer},
        "findings": {outcome.value: outcomes.count(outcome.value) for outcome in COUNTED},
        "waiting": len(waiting(rows)),
    }


def judgement_of(attestation: Shown) -> Judgement:
    """Return what was signed; the signature is checked elsewhere."""
    return Judgement.parse(dsse.Envelope.parse(text_of(attestation, "envelope")))


def waiting(rows: Sequence[Shown]) -> set[str]:
    """Return the commitments (base64) of the findings that still wait for a person."""
    # A commitment in a second spelling would be a finding of its own: it must read, and has only one.
    states = [(str(Commitment.parse(text_of(row, "finding"))), text_of(row, "state")) for row in of(rows, "hold")]
    considered = {finding for finding, state in states if state == HoldState.CONSIDERED.value}
    return {finding for finding, _ in states} - considered
