"""Laws of the child's report: an honest reader never breaks the wire, whatever its file holds."""

import datetime as dt
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.cell import child, messages, wire
from witnessmark.cell.budget import Left
from witnessmark.cell.child import WireReport, tidy
from witnessmark.cell.confine import Limits
from witnessmark.cell.report import ReadingStopped
from witnessmark.model import codec
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind, How, PathStep

LEFT = Left(1 << 20, 100, 3)
LIMITS = Limits(text=4 << 20)


def conversation(speak, left=LEFT, limits=LIMITS):
    """Return what the parent hears when `speak` is given a report."""
    ours, theirs = os.pipe()
    pieces = []

    def drain():
        while data := os.read(ours, 1 << 16):
            pieces.append(data)

    listener = threading.Thread(target=drain)
    listener.start()
    try:
        report = WireReport(theirs, limits, left)
        report.confined("C")
        speak(report)
        report.end()
    finally:
        os.close(theirs)
        listener.join()
        os.close(ours)
    decoder = wire.Decoder(limits.text)
    heard = list(decoder.feed(b"".join(pieces)))
    assert decoder.is_between
    assert isinstance(heard[-1], messages.End)
    return heard


TEXTS = st.text(st.characters() | st.characters(categories=["Cs", "Cc"]), max_size=50)
CALLS = st.one_of(
    st.tuples(st.just("visible"), TEXTS),
    st.tuples(st.just("hidden"), TEXTS, TEXTS),
    st.tuples(st.just("observe"), TEXTS, st.recursive(TEXTS | st.floats() | st.integers(), st.lists)),
    st.tuples(st.just("tool"), TEXTS, TEXTS),
    st.tuples(st.just("outcome"), st.sampled_from(Outcome), TEXTS),
    st.tuples(
        st.just("refuse_member"),
        st.builds(lambda name: (PathStep(name),), TEXTS),
        st.sampled_from(Outcome),
        TEXTS,
        st.dictionaries(TEXTS, TEXTS | st.integers() | st.floats(), max_size=3),
    ),
)


@given(st.lists(CALLS, max_size=30), st.booleans(), st.sampled_from([-1.0, 0.0, 0.05, 1000.0]))
def test_whatever_an_honest_reader_says_arrives_fast_or_slow(calls, within, flush_after):
    def speak(report):
        if within:
            report.visible("a")
            with report.member((PathStep("m"),), How.COPIED, {"x": 1.5}) as sink:
                sink.write(b"one")
                say(report)
                sink.write(b"two")
        else:
            say(report)

    def say(report):
        for name, *arguments in calls:
            getattr(report, name)(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child, "_FLUSH_AFTER", flush_after)
        heard = conversation(speak)
    spoken = "".join(arguments[0] for name, *arguments in calls if name == "visible")
    arrived = "".join(message.text for message in heard if isinstance(message, messages.Visible))
    assert arrived.count("a") == spoken.count("a") + within
    if within:
        assert b"".join(message.data for message in heard if isinstance(message, messages.MemberBytes)) == b"onetwo"


def test_long_text_is_cut_into_frames_and_joined_again():
    text = "བོད་ཡིག Тарн 漢字 " * 30_000
    heard = conversation(lambda report: (report.visible(text), report.hidden("note", text[:200_000])))
    assert "".join(message.text for message in heard if isinstance(message, messages.Visible)) == text
    pieces = [message for message in heard if isinstance(message, messages.Hidden)]
    assert "".join(piece.text for piece in pieces) == text[:200_000]
    assert [piece.continues for piece in pieces] == [False, True, True, True]


def test_text_over_the_cap_is_left_out_and_said_to_be():
    def speak(report):
        for _ in range(100):
            report.visible("x" * 100_000)
        report.found("text/plain", ExhibitKind.DOCUMENT)

    heard = conversation(speak)
    assert heard[-1].text_cut is True
    assert messages.Found("text/plain", ExhibitKind.DOCUMENT) in heard
    arrived = sum(len(message.text) for message in heard if isinstance(message, messages.Visible))
    assert LIMITS.text * 0.7 < arrived < LIMITS.text


def test_halves_of_characters_are_joined_or_replaced():
    heard = conversation(lambda report: report.visible("\ud83d\ude00 \ud83d"))
    assert heard[1].text == "\U0001f600 \ufffd"


def test_a_child_keeps_the_budget_it_was_told():
    def member(report, octets=1):
        with report.member((PathStep("m"),), How.COPIED, {}) as sink:
            sink.write(bytes(octets))

    def too_many(report):
        for _ in range(LEFT.entries):
            member(report)
        with pytest.raises(ReadingStopped, match="too many members"):
            member(report)

    def too_large(report):
        with pytest.raises(ReadingStopped, match="unpacks to more"):
            member(report, LEFT.octets + 1)

    def too_deep(report):
        with pytest.raises(ReadingStopped, match="nested"):
            member(report)

    assert sum(isinstance(m, messages.MemberEnd) and m.whole for m in conversation(too_many)) == LEFT.entries
    assert [m.whole for m in conversation(too_large) if isinstance(m, messages.MemberEnd)] == [False]
    conversation(too_deep, Left(1000, 10, 0))


def test_one_member_is_open_at_a_time():
    def speak(report):
        with report.member((PathStep("a"),), How.COPIED, {}) as sink:
            with pytest.raises(RuntimeError), report.member((PathStep("b"),), How.COPIED, {}):
                pass
            sink.write(b"x")
        with pytest.raises(RuntimeError):
            sink.write(b"late")

    assert sum(isinstance(message, messages.MemberBegin) for message in conversation(speak)) == 1


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | TEXTS
        | st.binary()
        | st.datetimes()
        | st.complex_numbers(),
        lambda inner: st.lists(inner) | st.dictionaries(TEXTS | st.integers(), inner) | st.tuples(inner, inner),
    )
)
def test_any_property_is_made_fit_for_canonical_json(value):
    codec.decode_canonical(codec.encode(tidy(value)))


def test_what_is_fit_is_left_as_it_is():
    value = {"a": [1, None, True, "ü"], "b": {"c": -(2**53) + 1}}
    assert tidy(value) == value
    assert tidy(10**5000).startswith("0x")
    assert tidy(dt.date(2032, 6, 12)) == "2032-06-12"


@pytest.mark.parametrize("patient", [False, True])
def test_the_type_is_known_at_once_of_a_file_that_is_read_alone(patient):
    ours, theirs = os.pipe()
    try:
        os.set_blocking(ours, False)
        report = WireReport(theirs, LIMITS, LEFT, patient=patient)
        report.confined("A")
        report.found("text/plain", ExhibitKind.DOCUMENT)
        if patient:
            with pytest.raises(BlockingIOError):
                os.read(ours, 100)
        else:
            assert len(list(wire.Decoder(LIMITS.text).feed(os.read(ours, 1000)))) == 2
        report.end()
        assert os.read(ours, 1000)
    finally:
        os.close(ours)
        os.close(theirs)
