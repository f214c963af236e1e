"""The values of the vocabulary have one spelling each, and events give back what was put into them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.model.accession import Accession, Refusal, RefusalReason
from witnessmark.model.attestation import Attestation, Reviewer
from witnessmark.model.decision import Decision
from witnessmark.model.derivative import Derivative, Outcome
from witnessmark.model.digest import Commitment, Digest
from witnessmark.model.event import Event
from witnessmark.model.exhibit import Exhibit, ExhibitKind, FileFacts, How, PathStep, printed
from witnessmark.model.finding import Finding, FindingClass, Hold
from witnessmark.model.public_id import PublicId
from witnessmark.model.release import Release
from witnessmark.model.words import FindingOutcome, HoldState, Kind, Publish, StepName

AT = "2032-06-12T09:41:00Z"

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
digests = st.binary(min_size=32, max_size=32).map(lambda raw: Digest(raw.hex()))
commitments = st.binary(min_size=32, max_size=32).map(Commitment)
names = st.binary(min_size=1, max_size=12).map(PathStep.from_bytes)
paths = st.lists(names, max_size=3).map(tuple)
many = st.lists(text, max_size=3).map(tuple)
facts = st.builds(
    FileFacts,
    st.integers(-(2**63), 2**63),
    st.integers(0, 2**63),
    st.none() | st.integers(0, 2**63),
    st.integers(0, 2**32),
    st.integers(0, 2**32),
    st.integers(0, 2**16),
    st.dictionaries(text, st.binary(max_size=9), max_size=2).map(lambda found: tuple(sorted(found.items()))),
)
handles = st.binary(min_size=16, max_size=16).map(bytes.hex)
ids = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=16, max_size=16)
numbers = st.integers(0, codec.LARGEST)

EVENTS = {
    Accession: st.builds(
        Accession,
        numbers,
        text,
        st.none() | text,
        st.none() | text,
        paths,
        st.booleans(),
        st.lists(st.builds(Refusal, paths, st.sampled_from(RefusalReason)), max_size=2).map(tuple),
    ),
    Exhibit: st.builds(
        Exhibit,
        ids,
        handles,
        digests,
        numbers,
        paths,
        st.sampled_from(How),
        commitments,
        st.none() | commitments,
        st.none() | facts,
        st.none() | st.dictionaries(text, text, max_size=2),
    ),
    Derivative: st.builds(
        Derivative,
        handles,
        st.just(StepName.READ),
        text,
        st.none() | digests,
        numbers,
        text,
        st.dictionaries(text, text, max_size=2),
        text,
        st.sampled_from(Outcome),
        text,
        text,
        st.none() | st.sampled_from(ExhibitKind),
        many,
        numbers,
    )
    | st.builds(
        Derivative, handles, st.sampled_from([StepName.VISIBLE, StepName.HIDDEN]), text, digests, numbers, text
    ),
    Finding: st.builds(
        Finding,
        commitments,
        text,
        text,
        st.sampled_from(FindingClass),
        text,
        st.sampled_from(FindingOutcome),
        text,
        text,
        st.dictionaries(text, numbers, max_size=2),
        st.lists(text, min_size=1, max_size=2).map(tuple),
        st.lists(text, min_size=1, max_size=2).map(tuple),
    ),
    Hold: st.builds(Hold, commitments, st.sampled_from(HoldState), st.none() | commitments),
    Reviewer: st.builds(Reviewer, text, text, text),
    Attestation: st.builds(
        Attestation,
        st.lists(commitments, max_size=3).map(tuple),
        text,
        st.lists(st.tuples(text, text, text), max_size=2).map(tuple),
        st.lists(commitments, max_size=2).map(tuple),
    ),
    Decision: st.builds(Decision, commitments, st.sampled_from(Publish), text, text, many, text, text, text),
    Release: st.builds(
        Release,
        numbers,
        digests,
        text,
        st.none() | commitments,
        text,
        st.lists(st.tuples(commitments, text), max_size=2).map(tuple),
        st.lists(commitments, max_size=2).map(tuple),
    ),
}


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_an_event_gives_back_what_was_put_into_it(kind, data):
    value = data.draw(EVENTS[kind])
    event = value.event(AT)
    fields = {name: codec.decode_canonical(codec.encode(found)) for name, found in event.fields.items()}
    assert kind.from_fields(fields) == value
    assert event.fields["at"] == AT
    assert event.fields["sealed"] == "2032-06-12"
    assert event.kind in set(Kind)


@given(st.binary(min_size=1, max_size=20))
def test_a_name_keeps_its_bytes(raw: bytes):
    step = PathStep.from_bytes(raw)
    assert step.as_bytes == raw
    assert PathStep.from_value(codec.decode_canonical(codec.encode(step.value()))) == step


def test_a_name_that_is_no_utf8_is_shown_with_replacement_characters():
    assert printed((PathStep.from_bytes(b"or\xe9ders"), PathStep("a"))) == "or�ders/a"
    assert "bytes" not in PathStep.from_bytes("ordres é".encode()).value()


@given(st.binary(max_size=100))
def test_a_digest_has_one_spelling(data: bytes):
    found = Digest.of(data)
    assert Digest(str(found)) == found
    assert bytes.fromhex(found.hex) == found.raw
    for other in (found.hex.upper(), found.hex[:-1], found.hex + "\n", " " + found.hex):
        if other != found.hex:
            with pytest.raises(Damaged):
                Digest(other)


@given(commitments)
def test_a_commitment_has_one_spelling_in_each_of_its_two_alphabets(found: Commitment):
    assert Commitment.parse(str(found)) == Commitment.parse_hex(found.hex) == found
    with pytest.raises(Damaged):
        Commitment.parse(str(found)[:-1])
    with pytest.raises(Damaged):
        Commitment(found.raw[:-1])


@given(st.text("ABCXYZ", min_size=1, max_size=6), st.integers(1, 10**9))
def test_a_public_id_has_one_spelling(prefix: str, number: int):
    found = PublicId(prefix, number)
    assert PublicId.parse(str(found)) == found
    assert found.folder == str(found).lower()


@pytest.mark.parametrize(
    "text",
    ["TP-417", "TP-000417", "tp-00417", "TP-00000", "TP00417", "-00417", "ABCDEFG-00001", "TP-00417\n", "TP-٠٠٤١٧", ""],
)
def test_a_second_spelling_of_a_public_id_is_refused(text: str):
    with pytest.raises(Damaged):
        PublicId.parse(text)


@pytest.mark.parametrize("name", ["", "At", "1a", "a-b", "a" * 33, "a\n", "é"])
def test_no_other_name_names_a_field(name: str):
    with pytest.raises(Damaged, match="field name"):
        Event("exhibit", {name: 1})


@pytest.mark.parametrize("kind", ["", "Exhibit", "exhibit\n", "9", "a" * 65])
def test_no_other_word_names_a_kind(kind: str):
    with pytest.raises(Damaged, match="kind of event"):
        Event(kind, {})


def test_a_finding_without_a_caveat_cannot_be_made():
    with pytest.raises(Damaged, match="does not show"):
        _finding(FindingOutcome.NEUTRAL, (), ())
    with pytest.raises(Damaged, match="innocent"):
        _finding(FindingOutcome.CONFLICTS, ("only this file was looked at",), ())


def _finding(outcome: FindingOutcome, caveats: tuple[str, ...], innocent: tuple[str, ...]) -> Finding:
    commitment = Commitment(bytes(32))
    return Finding(commitment, "dates", "1", FindingClass.STRUCTURAL, "When?", outcome, "", "", {}, caveats, innocent)
