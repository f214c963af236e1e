"""What machines found and people judged of one exhibit, as the openings show it: about this exhibit, signed, once each.

Rules for whoever changes this file:
- A review counts once, is signed under the name that is shown, and nobody stands beside it who did not sign.
- A finding that conflicts is shown only when a person has considered it.
"""

from collections.abc import Mapping, Sequence

from witnessmark.errors import Falsified, Undecided
from witnessmark.model import codec
from witnessmark.model.words import FindingOutcome, HoldState
from witnessmark.proof import dsse, opening
from witnessmark.verify import answers, shown
from witnessmark.verify.answers import Shown, judgement_of, of, text_of
from witnessmark.verify.report import NewerVersion
from witnessmark.verify.shapes import Keys, ListedReviewer, OpeningRow
from witnessmark.verify.statement import Judgement

_OUTCOMES = frozenset(answers.COUNTED)


def check_findings(rows: Sequence[Shown], exhibit: Shown) -> None:
    """Check that each finding is about this exhibit, has an outcome that counts, and waits for nobody."""
    waiting = answers.waiting(rows)
    considered = held(rows) - waiting
    for row in of(rows, "finding"):
        name = str(row.commitment)
        if text_of(row, "exhibit") != str(exhibit.commitment):
            raise Falsified("shows a finding about another exhibit")
        if text_of(row, "outcome") not in _OUTCOMES:
            raise NewerVersion("shows a finding of an outcome that this program does not know")
        if name in waiting:
            raise Falsified("shows a finding that still waits for a person")
        if text_of(row, "outcome") == FindingOutcome.CONFLICTS and name not in considered:
            raise Falsified("shows a finding that conflicts, and nothing says that a person has considered it")


def held(rows: Sequence[Shown]) -> frozenset[str]:
    """Return the commitments (base64) of the findings that were ever held, as far as the openings say."""
    return frozenset(text_of(row, "finding") for row in of(rows, "hold"))


def check_considered(rows: Sequence[Shown]) -> None:
    """Check that each finding said to be considered is shown, with the review that considered it."""
    findings = {str(row.commitment) for row in of(rows, "finding")}
    considered = {str(found) for row in of(rows, "attestation") for found in judgement_of(row).considers}
    for row in of(rows, "hold"):
        if text_of(row, "state") == HoldState.CONSIDERED:
            if text_of(row, "finding") not in findings:
                raise Falsified("a finding was considered and is not shown")
            if text_of(row, "finding") not in considered:
                raise Falsified("a finding is said to be considered, and no review shown here considers it")


def check_people(rows: Sequence[Shown]) -> None:
    """Check that each signed review counts once, and that each reviewer shown has signed one of them."""
    envelopes = [_envelope(row) for row in of(rows, "attestation")]
    if len({envelope.payload for envelope in envelopes}) != len(envelopes):
        raise Falsified("counts one signed review twice")
    signers = {envelope.keyid for envelope in envelopes}
    keys = [dsse.keyid(codec.from_base64(text_of(row, "public"), 32)) for row in of(rows, "reviewer")]
    if len(set(keys)) != len(keys):
        raise Falsified("introduces one reviewer twice")
    if not set(keys) <= signers:
        raise Falsified("shows a reviewer who signed no review that stands here")


def check_attestation(
    shown_row: Shown, row: OpeningRow, exhibit: Shown, reviewers: Mapping[str, Shown], keys: Keys | None
) -> None:
    """Check one review: about this exhibit, signed by a listed key, under the name that is shown.

    Args:
        shown_row: the attestation as it was opened.
        row: the same as `exhibit.json` has it, with the texts disclosed beside it.
        exhibit: the exhibit's own opening.
        reviewers: the reviewers shown here, by their key in base64.
        keys: the keys of the edition.
    """
    envelope = _envelope(shown_row)
    judgement = Judgement.parse(envelope)
    if exhibit.commitment not in judgement.subjects:
        raise Falsified("shows a review of other exhibits")
    signer = _signer(envelope, reviewers, keys)
    dsse.check(envelope, signer.public)
    if shown_row.fields.get("considers") != [str(found) for found in judgement.considers]:
        raise Falsified("a review considers other findings than were signed")
    disclosed = opening.check_disclosed(judgement.digests, row.disclosed)
    shown.check_disclosed(row.disclosed, disclosed)
    if disclosed["name"] != signer.name:
        raise Falsified("a review is signed under another name than its reviewer's")


def _signer(envelope: dsse.Envelope, reviewers: Mapping[str, Shown], keys: Keys | None) -> ListedReviewer:
    """Return the reviewer who signed: shown here by an opening, and listed in `keys.json`."""
    if keys is None:
        raise Undecided("its reviews cannot be checked without proof/keys.json")
    listed = keys.by_keyid.get(envelope.keyid)
    if listed is None:
        raise Falsified("a review is signed by a key that is not listed in proof/keys.json")
    public = codec.to_base64(listed.public)
    if public not in reviewers:
        raise Falsified("the reviewer who signed a review is not shown")
    if text_of(reviewers[public], "name") != listed.name:
        raise Falsified("a reviewer has another name here than in proof/keys.json")
    return listed


def _envelope(row: Shown) -> dsse.Envelope:
    return dsse.Envelope.parse(text_of(row, "envelope"))
