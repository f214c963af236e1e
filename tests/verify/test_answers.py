"""Laws of the five answers and of the signed statement: made from what is shown alone, nothing guessed, nothing lost."""

import pytest

from witnessmark.errors import Damaged, Falsified
from witnessmark.model import codec
from witnessmark.model.digest import Commitment
from witnessmark.model.words import PAYLOAD_TYPE, PREDICATE_TYPE, STATEMENT_TYPE, Answer, FindingOutcome, Publish
from witnessmark.proof.dsse import Envelope
from witnessmark.verify import answers
from witnessmark.verify.answers import Shown, Witnessed
from witnessmark.verify.statement import Judgement

EXHIBIT, OTHER, FINDING = (Commitment(bytes([n]) * 32) for n in (1, 2, 3))
DIGEST = bytes([4]) * 32


def statement(**more):
    predicate = {"question": "Does the form fit?", "answer": "mostly-fits", "_sd": [codec.to_base64(DIGEST)]}
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"digest": {"witnessmark-entry": EXHIBIT.hex}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate | {"considers": [FINDING.hex]},
    } | more


def envelope(payload, kind=PAYLOAD_TYPE):
    return Envelope(kind, codec.encode_bytes(payload), codec.to_base64(bytes(32)), bytes(64))


def predicate(**more):
    made = statement()["predicate"] | more
    return statement(predicate={name: value for name, value in made.items() if value is not None})


# The signed statement


def test_a_judgement_says_what_was_signed():
    found = Judgement.parse(
        envelope(statement(subject=[{"digest": {"witnessmark-entry": c.hex}} for c in (EXHIBIT, OTHER)]))
    )
    assert found == Judgement((EXHIBIT, OTHER), "Does the form fit?", Answer.MOSTLY_FITS, (FINDING,), (DIGEST,))


@pytest.mark.parametrize("answer", Answer)
def test_each_of_the_five_answers_is_read(answer):
    assert Judgement.parse(envelope(predicate(answer=answer.value))).answer is answer


def test_a_review_that_considers_nothing_may_leave_the_list_out():
    assert Judgement.parse(envelope(predicate(considers=None))).considers == ()
    assert Judgement.parse(envelope(predicate(considers=[]))).considers == ()


KIND = "the envelope holds no review statement of a kind known here"
SUBJECT = "a subject of the statement has no digest witnessmark-entry"
CONSIDERS = "the findings considered are a list of digests"
NO_ANSWER = "the statement has no known answer, or is about nothing"
NO_DIGEST = "not a SHA-256 digest: 64 lower-case hexadecimal characters belong there"


STATEMENTS = [
    (statement(_type="https://in-toto.io/Statement/v0.1"), KIND),
    (statement(_type=1), KIND),
    (statement(predicateType="https://slsa.dev/provenance/v1"), KIND),
    (statement(predicateType=None), KIND),
    (statement(subject={}), KIND),
    (statement(predicate=[]), KIND),
    ([statement()], KIND),
    (predicate(question=None), KIND),
    (predicate(question=1), KIND),
    (predicate(answer=None), KIND),
    (predicate(answer=1), KIND),
    (predicate(_sd=None), KIND),
    (predicate(_sd={}), "_sd is a list of base64 digests"),
    (predicate(_sd=[codec.to_base64(bytes(31))]), "base64 of 31 bytes where 32 belong"),
    (predicate(answer="fits well"), NO_ANSWER),
    (predicate(answer="FITS"), NO_ANSWER),
    (statement(subject=[]), NO_ANSWER),
    (statement(subject=[{"digest": {"sha256": EXHIBIT.hex}}]), SUBJECT),
    (statement(subject=[{"digest": {"witnessmark-entry": 1}}]), SUBJECT),
    (statement(subject=[{"name": "order-1"}]), SUBJECT),
    (statement(subject=[EXHIBIT.hex]), SUBJECT),
    (statement(subject=[{"digest": {"witnessmark-entry": EXHIBIT.hex}}, {}]), SUBJECT),
    (statement(subject=[{"digest": {"witnessmark-entry": "ABCD" * 16}}]), NO_DIGEST),
    (predicate(considers={}), CONSIDERS),
    (predicate(considers=FINDING.hex), CONSIDERS),
    (predicate(considers=[FINDING.hex, 1]), CONSIDERS),
    (predicate(considers=[FINDING.hex[:-1]]), NO_DIGEST),
]


@pytest.mark.parametrize(("payload", "sentence"), STATEMENTS)
def test_what_is_no_review_statement_is_refused_in_its_own_sentence(payload, sentence):
    with pytest.raises(Damaged) as caught:
        Judgement.parse(envelope(payload))
    assert str(caught.value) == sentence


def test_an_envelope_of_another_type_is_no_judgement():
    with pytest.raises(Damaged, match=r"\Athe envelope holds something else than a statement\Z"):
        Judgement.parse(envelope(statement(), "application/json"))


# The five answers


def row(role, number=1, **fields):
    return Shown(role, Commitment(bytes([number]) * 32), fields)


def decision(publish="text", **more):
    return row("decision", 9, **({"publish": publish, "reason": "Safety", "sealed": "2032-06-20"} | more))


EXHIBIT_ROW = row("exhibit", sealed="2032-06-12")
TEXT_ROW = row("text", 2, sealed="2032-06-13")
NONE_REVIEWED = {
    "answers": {"fits": 0, "mostly-fits": 0, "cannot-tell": 0, "mostly-does-not": 0, "does-not": 0},
    "findings": {"supports": 0, "conflicts": 0, "neutral": 0, "could_not_run": 0},
    "waiting": 0,
}

SHOWS = [
    ("text", "2032-06-13", "text", "file"),
    ("pages", "2032-06-13", "text", "file"),
    ("file", "2032-06-12", "file", "nothing"),
    ("nothing", "2032-06-12", "nothing", "everything"),
]


@pytest.mark.parametrize(("publish", "on", "shows", "withheld"), SHOWS)
def test_the_five_answers_stand_in_one_order_and_say_what_the_decision_lets_out(publish, on, shows, withheld):
    found = answers.five([EXHIBIT_ROW, TEXT_ROW, decision(publish)])
    assert found == {
        "sealed": {"on": on, "content_on": "2032-06-12", "shows": shows, "clock": "own"},
        "witnessed": {"count": 0, "of": 0, "names": []},
        "reviewed": NONE_REVIEWED,
        "contested": {"count": 0},
        "withheld": {"publish": publish, "what": withheld, "reason": "Safety"},
    }
    assert list(found) == ["sealed", "witnessed", "reviewed", "contested", "withheld"]


@pytest.mark.parametrize(("is_quorum", "clock"), [(True, "witnessed"), (False, "own")])
def test_only_a_quorum_makes_the_clock_anothers(is_quorum, clock):
    witnessed = Witnessed(("desk.example", "hall.example"), 3, is_quorum=is_quorum)
    found = answers.five([EXHIBIT_ROW, decision("file")], witnessed)
    assert found["sealed"]["clock"] == clock
    assert found["witnessed"] == {"count": 2, "of": 3, "names": ["desk.example", "hall.example"]}


def test_signed_answers_and_findings_are_counted_each():
    reviews = [
        row("attestation", 10 + n, envelope=envelope(predicate(answer=answer)).text)
        for n, answer in enumerate(["fits", "does-not", "does-not", "cannot-tell"])
    ]
    outcomes = ["supports", "conflicts", "conflicts", "neutral", "neutral", "neutral", "could_not_run"]
    findings = [row("finding", 20 + n, outcome=outcome) for n, outcome in enumerate(outcomes)]
    found = answers.five([EXHIBIT_ROW, *findings, *reviews, decision("file")])["reviewed"]
    assert found["answers"] == NONE_REVIEWED["answers"] | {"fits": 1, "does-not": 2, "cannot-tell": 1}
    assert found["findings"] == {"supports": 1, "conflicts": 2, "neutral": 3, "could_not_run": 1}


def test_what_does_not_apply_is_no_outcome_that_counts():
    assert set(FindingOutcome) - set(answers.COUNTED) == {FindingOutcome.NOT_APPLICABLE}
    rows = [EXHIBIT_ROW, row("finding", 3, outcome="not_applicable"), decision("file")]
    assert answers.five(rows)["reviewed"] == NONE_REVIEWED


def hold(finding, state, number=7):
    return row("hold", number, finding=finding, state=state)


def test_a_finding_waits_until_a_hold_says_that_it_was_considered():
    one, two, three = (str(Commitment(bytes([n]) * 32)) for n in (1, 2, 3))
    rows = [hold(one, "held"), hold(two, "held"), hold(two, "considered"), hold(three, "held")]
    assert answers.waiting(rows) == {one, three}
    assert answers.waiting([*rows, hold(one, "seen")]) == {one, three}
    assert answers.five([EXHIBIT_ROW, *rows, decision("file")])["reviewed"]["waiting"] == 2
    assert answers.waiting([]) == set()


LACKING = [
    ([decision("file")], "exactly one opening of the exhibit belongs here, found 0"),
    ([EXHIBIT_ROW], "exactly one opening of the decision belongs here, found 0"),
    ([EXHIBIT_ROW, EXHIBIT_ROW, decision("file")], "exactly one opening of the exhibit belongs here, found 2"),
    ([EXHIBIT_ROW, decision("file"), decision("file")], "exactly one opening of the decision belongs here, found 2"),
    ([EXHIBIT_ROW, decision("text")], "exactly one opening of the text belongs here, found 0"),
    ([EXHIBIT_ROW, TEXT_ROW, TEXT_ROW, decision("pages")], "exactly one opening of the text belongs here, found 2"),
    ([row("exhibit"), decision("file")], "the exhibit has no open field 'sealed' that is a text"),
    ([row("exhibit", sealed=20320612), decision("file")], "the exhibit has no open field 'sealed' that is a text"),
    ([row("exhibit", sealed="soon"), decision("file")], "says 'soon' where a day belongs"),
    ([EXHIBIT_ROW, row("text", 2, sealed="soon"), decision("text")], "says 'soon' where a day belongs"),
    ([EXHIBIT_ROW, decision(None)], "the decision has no open field 'publish' that is a text"),
    ([EXHIBIT_ROW, decision("FILE")], "the decision has the unknown choice 'FILE'"),
    ([EXHIBIT_ROW, decision("x" * 41)], f"the decision has the unknown choice {'x' * 40!r}"),
    ([EXHIBIT_ROW, decision("file", reason=None)], "the decision has no open field 'reason' that is a text"),
    ([EXHIBIT_ROW, row("finding"), decision("file")], "the finding has no open field 'outcome' that is a text"),
    (
        [EXHIBIT_ROW, row("hold", finding=str(FINDING)), decision("file")],
        "the hold has no open field 'state' that is a text",
    ),
    ([EXHIBIT_ROW, row("hold", state="held"), decision("file")], "the hold has no open field 'finding' that is a text"),
    (
        [EXHIBIT_ROW, row("attestation"), decision("file")],
        "the attestation has no open field 'envelope' that is a text",
    ),
]


@pytest.mark.parametrize(("rows", "sentence"), LACKING)
def test_no_answer_is_made_from_what_is_not_shown(rows, sentence):
    with pytest.raises(Falsified) as caught:
        answers.five(rows)
    assert str(caught.value) == sentence


NO_COMMITMENTS = ["", "x", str(FINDING)[:-1], str(FINDING) + "=", "\n" + str(FINDING), codec.to_base64(bytes(31))]
# The last of 43 characters has two bits that say nothing: a second spelling of the same 32 bytes.
NO_COMMITMENTS += [str(FINDING)[:42] + mark + "=" for mark in "NOP"]


@pytest.mark.parametrize("text", NO_COMMITMENTS)
def test_a_hold_names_its_finding_in_one_spelling(text):
    assert str(FINDING)[42] == "M"
    with pytest.raises(Damaged, match="base64"):
        answers.waiting([hold(text, "held")])


def test_openings_of_one_role_are_found_in_their_order():
    rows = [row("hold", 1), EXHIBIT_ROW, row("hold", 2)]
    assert answers.of(rows, "hold") == [rows[0], rows[2]]
    assert answers.of(rows, "text") == []


def test_nobody_is_no_witness_of_none():
    assert answers.NOBODY == Witnessed((), 0, is_quorum=False)
    assert answers.five([EXHIBIT_ROW, decision("file")])["sealed"]["clock"] == "own"


def test_the_roles_stand_in_the_order_of_a_page():
    assert " ".join(answers.ROLES) == "exhibit reading text finding hold attestation reviewer decision"


def test_every_choice_says_what_is_withheld():
    assert set(answers.WITHHELD) == set(Publish)
