"""The laws of folding and of tokens: pinned, closed under equivalent spellings, with a way back to the source."""

import sys
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from witnessmark.model import text, text_table

SCRIPTS = (
    "abc XYZ-09 é ß ﬁ İ ŉ ὖ ς Ａｂ ½ ¼ "
    "国家安全局，。《讲话》〇々ガガパ豈 \U00020000 "
    "བོད་ལྗོངས།༌྄ཱིྀ "
    "ئۇيغۇرىيیکك ەه ﺍﻟﻌـﺮ ﷲ "
    "Қазақ һәм і hi йё "
    "각각 \u1100\u1161\u11a8 \u200d\u200b\u00ad\u061c\ufe0f \u202e\u0301\u0316\u0345 \n\f"
)
texts = st.text(st.one_of(st.sampled_from(SCRIPTS), st.characters(exclude_categories=["Cs"])), max_size=40)


def _assigned() -> set[str]:
    found = set()
    for piece in text_table.ASSIGNED.split():
        low, _, high = piece.partition("-")
        found.update(map(chr, range(int(low, 16), int(high or low, 16) + 1)))
    return found


ASSIGNED = _assigned()


def test_text_is_cleaned_so_that_only_line_and_page_breaks_are_left_of_control_characters():
    assert text.clean("a\r\nb\rc\td\fe\x00\x0b\x1b\x85\ud800") == "a\nb\nc d\fe" + "\ufffd" * 5
    kept = "".join(chr(c) for c in range(sys.maxunicode + 1) if chr(c) == text.clean(chr(c)))
    assert set(map(chr, range(0xA0))) - set(kept) == set(map(chr, [*range(10), 11, *range(13, 32), *range(127, 160)]))


@given(st.text())
def test_what_was_cleaned_is_clean(given_text: str):
    once = text.clean(given_text)
    assert text.clean(once) == once
    once.encode()


@pytest.mark.parametrize(
    ("source", "folded"),
    [
        ("Straße", "strasse"),
        ("ﬁne", "fine"),
        ("e\u0301", "é"),
        ("ＡＢＣ，", "abc,"),
        ("ka\u00adt\u200dze", "katze"),
        ("مـەكتەپ", "مەكتەپ"),
        ("ئۇیغۇر تىلی", "ئۇيغۇر تيلي"),
        ("کىتاب", "كيتاب"),
        ("ﻛﺘﺎﺏ", "كتاب"),
        ("ي\u0654", "ئ"),
        ("བོད༌", "བོད་"),
        ("\u0f73", "\u0f71\u0f72"),
        ("\u0f77", "\u0fb2\u0f71\u0f80"),
        ("Казаh iс", "казаһ іс"),
        ("iPhone hi", "iphone hi"),
        ("Σίσυφος", "σίσυφοσ"),
    ],
)
def test_text_folds_by_the_rules_of_its_script(source: str, folded: str):
    assert text.normalise(source).text == folded
    assert text.normalise(unicodedata.normalize("NFD", source)).text == folded


@given(texts)
@example("ᾳ\u0301")
@example("İ\u0307")
def test_equivalent_spellings_fold_to_the_same_tokens(source: str):
    kept = "".join(c if c in ASSIGNED else "?" for c in source)
    plain = [found.text for found in text.tokens(kept)]
    for form in ("NFC", "NFD"):
        assert [found.text for found in text.tokens(unicodedata.normalize(form, kept))] == plain


@given(texts)
def test_folding_a_folded_text_changes_nothing(source: str):
    once = text.normalise(source).text
    assert text.normalise(once).text == once
    assert [t.text for t in text.tokens(source)] == [t.text for t in text.tokens(once)]


@given(texts, texts)
def test_what_stands_on_either_side_of_a_line_break_folds_by_itself(one: str, other: str):
    both = [t.text for t in text.tokens(one + "\n" + other)]
    assert both == text.words(one) + text.words(other) == text.words(one + "\n" + other)


@given(texts)
def test_every_token_points_at_its_source(source: str):
    found = text.tokens(source)
    assert [t.start for t in found] == sorted(t.start for t in found)
    for token in found:
        assert 0 <= token.start < token.end <= len(source)
        assert token.text in text.normalise(source[token.start : token.end]).text


@given(texts)
def test_the_walk_and_the_look_up_agree(source: str):
    folded = text.normalise(source)
    for start in range(len(folded.text)):
        for end in (start + 1, len(folded.text)):
            assert folded._here == () or tuple(x[0] for x in folded._back([start], [end])) == folded.span(start, end)
    assert folded.span(0, 0)[0] == folded.span(0, 0)[1]


def test_the_way_back_leads_to_whole_characters_of_the_source():
    source = "Aﬁne e\u0301t\u200d，话录 Ａ"
    assert [(t.text, source[t.start : t.end]) for t in text.tokens(source)] == [
        ("afine", "Aﬁne"),
        ("ét", "e\u0301t\u200d"),
        (",", "，"),
        ("话", "话"),
        ("录", "录"),
        ("a", "Ａ"),
    ]


def test_each_cjk_character_is_a_token_and_punctuation_beside_one_counts():
    assert text.words("第3章，讲话录 (on line) 。") == ["第", "3", "章", ",", "讲", "话", "录", "on", "line", "。"]
    assert text.words("话\n录") == ["话", "录"]
    assert text.words("话,录") == text.words("话，录") == ["话", ",", "录"]
    assert text.words("カ\u3099") == ["ガ"]


def test_tibetan_syllables_and_uyghur_and_kazakh_words_are_tokens():
    assert text.words("བོད་ལྗོངས་ཀྱི།") == ["བོད", "ལྗོངས", "ཀྱི"]
    assert text.words("ئۇيغۇر تىلى،") == ["ئۇيغۇر", "تيلي"]
    assert text.words("Қазақстан Республикасы") == ["қазақстан", "республикасы"]


def test_characters_younger_than_the_table_stay_as_they_are():
    young = "\U0001e030"  # a letter since 15.0: whatever this Python knows of it is not asked
    assert text.normalise("É" + young + "É").text == "é" + young + "é"
    assert text.words(f"x{young}y") == ["x", "y"]
    assert text.words("\U00031350\U00031351") == ["\U00031350", "\U00031351"]  # ideographs count by block


def test_a_long_word_is_cut_into_tokens_side_by_side():
    found = text.tokens("k" * 300)
    assert [(t.start, t.end) for t in found] == [(0, 128), (128, 256), (256, 300)]


@pytest.mark.parametrize(
    "unit", ["\u0301\u0316", "\ud800", "\u200d", "a\u0345\u0301", "\u0f71\u0f72\u0f74", "hі", "，", "각"]
)
def test_hostile_text_is_folded_in_linear_time(unit: str):
    hostile = unit * (1_000_000 // len(unit))
    start = time.process_time()
    found = text.tokens(hostile)
    assert time.process_time() - start < 10
    assert all(0 <= t.start < t.end <= len(hostile) for t in found)
