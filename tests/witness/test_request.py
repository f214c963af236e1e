"""Laws of the request for a cosignature: one spelling, and nothing hostile comes through."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from witnessmark.proof import note
from witnessmark.witness import request
from witnessmark.witness.refusal import Malformed
from witnessmark.witness.request import Head, Request


def test_a_request_reads_as_c2sp_writes_it(log):
    data = log.request(3, 5)
    lines = data.decode().split("\n")
    assert lines[0] == "old 3"
    assert lines[5:8] == ["", log.origin, "5"]
    found = Request.parse(data)
    assert (found.old, found.proof, found.head) == (3, log.proof(3, 5), Head(log.origin, 5, log.root(5)))
    assert found.data == data


@given(old=st.integers(0, 254), size=st.integers(0, 254))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_request_comes_back(log, old, size):
    data = log.request(old, size, proof=tuple(log.leaves[: old % 64]))
    assert Request.parse(data).data == data


def test_lines_after_the_root_are_the_logs_own_affair(log):
    more = log.checkpoint(5, log.text(5) + "a line of its own\n")
    assert Request.parse(b"old 0\n\n" + more.encode()).head == Head(log.origin, 5, log.root(5))


@pytest.mark.parametrize(
    "bend",
    [
        lambda text: "",
        lambda text: text.replace("old 3", "old 03"),
        lambda text: text.replace("old 3", "old -3"),
        lambda text: text.replace("old 3", "old  3"),
        lambda text: text.replace("old 3", "Old 3"),
        lambda text: text.replace("old 3", "old 3 "),
        lambda text: text.replace("old 3", "old ３"),
        lambda text: text.replace("old 3", "old 99999999999999999999"),
        lambda text: text.replace("old 3\n", ""),
        lambda text: "\n" + text,
        lambda text: text.replace("\n\n", "\n", 1),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\nAAAA\n", 1),
        lambda text: text.replace("\n", "\n" + "A" * 43 + "=\n", 1).replace("A=", "B=", 1),
        lambda text: text.replace("\n", "\n" + ("A" * 43 + "=\n") * 64, 1),
        lambda text: text.split("\n\n")[0] + "\n\n",
        lambda text: text.replace("\n5\n", "\n05\n"),
        lambda text: text.replace("\n5\n", "\n9999999999999999999\n"),
        lambda text: text.replace("\n5\n", "\n"),
        lambda text: text[:-1],
        lambda text: text + "\n",
        lambda text: text + "x",
        lambda text: text.replace("\n5\n", "\n5\n\n"),
    ],
)
def test_a_second_spelling_is_refused(log, bend):
    with pytest.raises(Malformed):
        Request.parse(bend(log.request(3, 5).decode()).encode())


def test_what_is_too_large_or_no_text_is_refused(log):
    for data in (log.request(3, 5) + b"\xff", bytes(request.LARGEST + 1), b"old 0\n\n" + b"a\n" * 70000):
        with pytest.raises(Malformed):
            Request.parse(data)


def test_a_hundred_signature_lines_fit(log):
    whole = note.parse(log.checkpoint(5))
    lines = whole.signatures + tuple(note.Signature(f"w{n}", bytes(4), bytes(72)) for n in range(99))
    assert len(Request.parse(b"old 0\n\n" + note.Note(whole.text, lines).whole.encode()).note.signatures) == 100


@given(st.binary(max_size=300))
def test_no_bytes_bring_more_than_a_sentence(data):
    for whole in (data, b"old 0\n" + data, b"old 0\n\na\n1\n" + data):
        try:
            Request.parse(whole)
        except Malformed:
            pass
