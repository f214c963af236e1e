"""A query is understood in one way, said back in words, and never fails for its signs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.catalogue import ask
from witnessmark.catalogue.ask import Both, Either, Without, Words
from witnessmark.errors import WrongUsage


def word(said: str, *tokens: str, begins: bool = False) -> Words:
    return Words(tokens or (said,), begins, said)


@pytest.mark.parametrize(
    ("query", "wanted", "read_back"),
    [
        ("doors", word("doors"), "“doors”"),
        ("Doors Keys", Both((word("Doors", "doors"), word("Keys", "keys"))), "“Doors” and “Keys”"),
        ("doors AND keys", Both((word("doors"), word("keys"))), "“doors” and “keys”"),
        ("a OR b c", Either((word("a"), Both((word("b"), word("c"))))), "“a” or (“b” and “c”)"),
        ("(a OR b) c", Both((Either((word("a"), word("b"))), word("c"))), "(“a” or “b”) and “c”"),
        ("NOT a", Without(word("a")), "not “a”"),
        ("a NOT b", Both((word("a"), Without(word("b")))), "“a” and not “b”"),
        ("a AND NOT (b OR c)", Both((word("a"), Without(Either((word("b"), word("c")))))), "“a” and not (“b” or “c”)"),
        ('"night keys"', word("night keys", "night", "keys"), "the phrase “night keys”"),
        ("“night keys”", word("night keys", "night", "keys"), "the phrase “night keys”"),
        ('"night keys', word("night keys", "night", "keys"), "the phrase “night keys”"),
        ("kest*", word("kest", begins=True), "words that begin with “kest”"),
        ('"night ke"*', word("night ke", "night", "ke", begins=True), "the phrase “night ke…”"),
        ("讲话录", word("讲话录", "讲", "话", "录"), "the phrase “讲话录”"),
        ("17.pdf", word("17.pdf", "17", "pdf"), "the phrase “17.pdf”"),
        ("and or not", Both((word("and"), word("or"), word("not"))), "“and” and “or” and “not”"),
        ("doors & keys", Both((word("doors"), word("keys"))), "“doors” and “keys”"),
        ("doors OR &", word("doors"), "“doors”"),
        ("C++*", word("C++", "c"), "“C++”"),
        ("AND", word("AND", "and"), "“AND” (taken literally)"),
        ("doors AND", Both((word("doors"), word("AND", "and"))), "“doors” and “AND” (taken literally)"),
        ("(doors", word("doors"), "“doors” (taken literally)"),
        ("doors)", word("doors"), "“doors” (taken literally)"),
        ("NOT", word("NOT", "not"), "“NOT” (taken literally)"),
        ("()doors", word("doors"), "“doors” (taken literally)"),
    ],
)
def test_a_query_is_understood_so(query: str, wanted, read_back: str):
    found = ask.read(query)
    assert found.wanted == wanted
    assert found.read_back == read_back


@pytest.mark.parametrize("query", ["", " \n", "!!!", "()", '""', "*", "“”", "NOT ?", "\u200d"])
def test_a_query_without_a_word_is_refused_in_one_sentence(query: str):
    with pytest.raises(WrongUsage, match="no word in the query"):
        ask.read(query)


@given(st.text(st.sampled_from('ab中 "“*()+-:\\/ANDORT\ud800\x00'), max_size=60) | st.text(max_size=60))
def test_no_query_fails_for_its_signs(query: str):
    try:
        found = ask.read(query)
    except WrongUsage:
        return
    assert ask.leaves(found.wanted)
    assert found.read_back
    assert all(leaf.tokens for leaf in ask.leaves(found.wanted))


@pytest.mark.parametrize(
    "query", ["(" * 2000 + "a" + ")" * 1000, "NOT " * 900 + "a", "a OR " * 700 + "b", "a" * 4001, "a " * 2000]
)
def test_a_hostile_query_is_answered_or_refused(query: str):
    try:
        ask.read(query)
    except WrongUsage as error:
        assert "query" in str(error)


def test_only_what_is_sought_is_marked():
    found = ask.read("a NOT (b OR c) d").wanted
    assert [leaf.said for leaf in ask.leaves(found, only_sought=True)] == ["a", "d"]
