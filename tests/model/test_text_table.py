"""The table of characters is what its maker makes, and cutting a text into pieces by it changes no outcome."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.model import make_text_table as make

from witnessmark.model import text, text_table


def _points(ranges: str) -> list[str]:
    return [
        chr(c)
        for piece in ranges.split()
        for low, _, high in [piece.partition("-")]
        for c in range(int(low, 16), int(high or low, 16) + 1)
    ]


ASSIGNED, EXTENDERS = _points(text_table.ASSIGNED), _points(text_table.EXTENDERS)


@pytest.mark.skipif(unicodedata.unidata_version != text_table.UNICODE, reason="needs the Unicode data of Python 3.11")
def test_the_table_is_what_its_maker_makes():
    assert make.TARGET.read_text(encoding="utf-8") == make.table()


def _whole(source: str) -> str:
    return text._homoglyphs(make.fold(source))


def test_every_character_folds_in_pieces_as_it_does_in_whole():
    for low in range(0, len(ASSIGNED), 64):
        row = "\n".join("a" + c + "b" for c in ASSIGNED[low : low + 64])
        assert text.normalise(row).text == _whole(row)


@given(st.text(st.sampled_from(ASSIGNED), max_size=12))
def test_any_text_folds_in_pieces_as_it_does_in_whole(source: str):
    assert text.normalise(source).text == _whole(source)


@given(st.text(st.one_of(st.sampled_from(EXTENDERS), st.sampled_from("aاཀ가ᄀ国ىкhi")), max_size=12))
def test_marks_fold_in_pieces_as_they_do_in_whole(source: str):
    assert text.normalise(source).text == _whole(source)
