"""Languages: by script where it tells, by model elsewhere, nothing where there is too little."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import language
from witnessmark.formats.language import languages, script_of

TEXTS = {
    "bo": "འགྲོ་བ་མིའི་རིགས་རྒྱུད་ཡོངས་ལ་སྐྱེས་ཙམ་ཉིད་ནས་ཆེ་མཐོངས་དང༌།",
    "ug": "ھەممە ئادەم زاتىدىنلا ئەركىن، ئىززەت-ھۆرمەت ۋە ھوقۇقتا باپباراۋەر بولۇپ تۇغۇلغان.",
    "kk": "Барлық адамдар тумысынан азат және қадір-қасиеті мен құқықтары тең болып дүниеге келеді.",
    "zh": "人人生而自由，在尊严和权利上一律平等。",
    "ja": "すべての人間は、生まれながらにして自由であり、平等である。",
    "ko": "모든 인간은 태어날 때부터 자유로우며 동등하다.",
    "ru": "Все люди рождаются свободными и равными в своем достоинстве и правах.",
    "ar": "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق.",
    "en": "All human beings are born free and equal in dignity and rights.",
    "de": "Alle Menschen sind frei und gleich an Würde und Rechten geboren.",
    "tr": "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar.",
}


@pytest.mark.parametrize(("code", "text"), TEXTS.items())
def test_a_sentence_tells_its_language(code, text):
    assert languages(text) == (code,)


def test_languages_stand_in_the_order_of_their_share():
    assert languages(TEXTS["zh"] * 9 + TEXTS["bo"] * 2) == ("zh", "bo")
    assert languages(TEXTS["en"] + TEXTS["ug"] * 5) == ("ug", "en")


@pytest.mark.parametrize("text", ["", "12 34.5", "a", "— • —"])
def test_too_little_text_has_no_language(text):
    assert languages(text) == ()


@given(st.text(max_size=400))
def test_any_text_is_looked_at(text):
    assert all(code.isalpha() for code in languages(text))


@given(st.characters())
def test_every_sign_has_one_script_or_none(char):
    assert isinstance(script_of(char), str)


@given(st.text(st.one_of(st.characters(), st.sampled_from("aZé的かбا")), max_size=200))
def test_letters_are_counted_by_script_in_the_order_of_their_first(text):
    counted = dict.fromkeys(filter(None, map(script_of, text)), 0)
    for char in text:
        if script_of(char):
            counted[script_of(char)] += language._WEIGHT.get(script_of(char), 1)
    found = language._by_script(text)
    if "kana" not in counted and "han" not in counted:
        assert list(found.items()) == list(counted.items())
    assert sum(found.values()) == sum(counted.values())


@given(st.text(st.sampled_from("abcé-’ .的б"), max_size=300), st.integers(1, 60))
def test_words_of_a_script_are_those_of_the_whole_text(text, longest):
    text *= longest
    whole = " ".join(language._word("latin").findall(text, 0, language._LONGEST * 8))
    assert language._words("latin", text) == whole[: language._LONGEST]
