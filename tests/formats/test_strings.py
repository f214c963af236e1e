"""Laws of readable runs: words are found wherever they lie, chance is not, and the type stays unread."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import strings
from witnessmark.model.derivative import Outcome

WORDS = "The doors are locked at night"


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("at", [0, 1, strings.BLOCK - 20, strings.BLOCK, strings.BLOCK - strings.OVERLAP])
def test_words_are_found_wherever_they_lie(read, codec, at):
    data = bytes(at) + b"\x00\x01\x02" + WORDS.encode(codec) + b"\x00\x01\x02" + bytes(3 * strings.BLOCK)
    found = read(b"\x7f\x0c\x44\x2b" + data, "a.bin")
    assert found.ended == Outcome.UNSUPPORTED
    assert WORDS in found.hidden_text
    assert found.visible_text == ""


def test_chance_in_packed_bytes_is_no_text(read):
    assert list(strings.runs(os.urandom(1 << 20))) == []


def test_what_is_kept_has_an_end(read):
    data = b"\x7f\x0c\x44\x2b" + b"".join(b"\x00\x01doors number %08d" % n for n in range(60_000))
    found = read(data, "a.bin")
    assert len(found.hidden_text) < 3 * strings.MOST_SAID


@given(st.binary(max_size=2000))
def test_any_bytes_give_runs_that_stand_in_them(data):
    for text in strings.runs(data):
        assert any(text.encode(codec) in data for codec in ("utf-8", "utf-16-le", "utf-16-be"))
