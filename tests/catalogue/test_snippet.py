"""Snippets show the words of a query where they stand in the text as it was kept."""

from hypothesis import given
from hypothesis import strategies as st

from witnessmark.catalogue import ask, snippet
from witnessmark.model import text


def cut(source: str, query: str):
    return snippet.cut(source, ask.leaves(ask.read(query).wanted, only_sought=True), hidden=False)


def marked(source: str, query: str) -> list[list[str]]:
    return [[found.text[a:b] for a, b in found.marks] for found in cut(source, query)]


def test_words_are_marked_as_they_are_spelled_in_the_text():
    assert marked("The Größe of\nthe DOORS, doors.", "grösse doors") == [["Größe", "DOORS", "doors"]]
    assert marked("e\u0301te\u0301 été", "été") == [["e\u0301te\u0301", "été"]]
    assert cut("x y\nz\fw", "y")[0].text == "x y z w"


def test_a_phrase_is_marked_as_one_and_only_where_it_stands():
    assert marked("keys at night; night keys; night, keys", '"night keys"') == [["night keys", "night, keys"]]
    assert marked("讲话，录。讲话\n录音", "话录") == [["话\n录".replace("\n", " ")]]


def test_the_beginning_of_a_word_marks_the_whole_word():
    assert marked("kestrels and a kestrel", "kest*") == [["kestrels", "kestrel"]]
    assert marked("night keys night kettle", '"night ke"*') == [["night keys", "night kettle"]]


def test_words_far_apart_have_snippets_of_their_own():
    source = "doors " + "filler " * 3000 + "keys " + "filler " * 3000 + "locks " + "filler " * 20_000 + "hinges"
    assert marked(source, "doors keys locks hinges") == [["doors"], ["keys"], ["locks"]]
    assert all(len(found.text) < 250 for found in cut(source, "doors keys"))


def test_what_is_not_there_has_no_snippet():
    assert cut("nothing of the kind", "doors") == []
    assert cut("", "doors") == []


def test_a_place_deep_in_a_long_text_is_found():
    assert marked("filler " * 100_000 + "the keys", "keys") == [["keys"]]


@given(
    st.lists(
        st.sampled_from(["doors", "Kēys", "讲", "话", "，", "е\u0306", " ", "\n", "x" * 200, "འི་", "ی"]), max_size=300
    )
)
def test_every_mark_folds_to_what_was_asked_for(parts: list[str]):
    source = "".join(parts)
    for query in ("doors", "话", "讲话", "ي", "འི"):
        wanted = text.words(query)
        for found in cut(source, query):
            assert found.marks
            assert found.text.replace(" ", "") in source.replace("\n", "").replace(" ", "")
            for start, end in found.marks:
                folded = text.words(found.text[start:end])
                assert folded[: len(wanted)] == wanted
