"""One spelling for each value: canonical JSON and base64."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import Damaged
from witnessmark.model import codec

strings = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-codec.LARGEST, codec.LARGEST) | strings,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(strings, inner, max_size=5),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        # Order of members: the example of RFC 8785, section 3.2.3.
        (
            {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7},
            '{"\\r":2,"1":4,"\x80":6,"\u00f6":7,"\u20ac":1,"\U0001f600":5,"\ufb33":3}',
        ),
        # Strings and literals: the example of RFC 8785, section 3.2.2.
        (
            {"string": '\u20ac$\x0f\nA\'B"\\\\"/', "literals": [None, True, False]},
            '{"literals":[null,true,false],"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
        ),
        ({"numbers": [0, -1, codec.LARGEST]}, '{"numbers":[0,-1,9007199254740991]}'),
        ("\b\t\f\x7f\u2028", '"\\b\\t\\f\x7f\u2028"'),
        ([], "[]"),
        ({}, "{}"),
    ],
)
def test_a_value_is_spelled_as_rfc_8785_says(value, spelled: str):
    assert codec.encode(value) == spelled
    assert codec.decode_canonical(spelled) == value


@given(values)
def test_every_value_comes_back(value):
    assert codec.decode_canonical(codec.encode(value)) == value
    assert codec.decode_canonical_bytes(codec.encode_bytes(value)) == value


@given(values)
def test_no_other_spelling_is_taken_for_the_canonical_one(value):
    for other in (json.dumps(value), json.dumps(value, indent=1), " " + codec.encode(value)):
        if other != codec.encode(value):
            with pytest.raises(Damaged):
                codec.decode_canonical(other)


@pytest.mark.parametrize(
    "hostile",
    [
        '{"a":1,"a":1}',
        "1.0",
        "1e3",
        "-0",
        "NaN",
        "Infinity",
        "9007199254740992",
        "9" * 5000,
        "[" * 100_000,
        "[" * 66 + "]" * 66,
        '"\\ud800"',
        '"\\u0041"',
        "",
        "{",
        "nul",
        "\ufeff1",
    ],
)
def test_hostile_json_is_refused_in_one_sentence(hostile: str):
    with pytest.raises(Damaged, match="JSON"):
        codec.decode_canonical(hostile)


@pytest.mark.parametrize("value", [1.5, float("nan"), 2**53, "\ud800", {1: 2}, {"a": object()}, b"x", [[[1.0]]]])
def test_what_has_no_canonical_spelling_is_not_spelled(value):
    with pytest.raises(ValueError, match="canonical JSON"):
        codec.encode(value)


def test_bytes_that_are_no_utf8_are_no_json():
    with pytest.raises(Damaged, match="UTF-8"):
        codec.decode_canonical_bytes(b'"\xff"')


@given(st.binary(max_size=80))
def test_bytes_come_back_from_base64(data: bytes):
    assert codec.from_base64(codec.to_base64(data), len(data)) == data


@pytest.mark.parametrize("spelled", ["QQ", "QR==", "QQ==\n", "Q Q==", "-_==", "QQ===", "é", "QQ==QQ=="])
def test_base64_has_one_spelling(spelled: str):
    with pytest.raises(Damaged, match="base64"):
        codec.from_base64(spelled)


def test_base64_of_another_length_is_refused():
    with pytest.raises(Damaged, match="3 bytes where 4"):
        codec.from_base64("QUJD", 4)


def test_names_beyond_the_basic_plane_are_sorted_by_their_utf16_units_also_when_they_are_read():
    canonical, by_character = '{"\U00010000":1,"\ue000":2}', '{"\ue000":2,"\U00010000":1}'
    assert codec.encode({"\ue000": 2, "\U00010000": 1}) == canonical
    assert codec.decode_canonical(canonical) == {"\ue000": 2, "\U00010000": 1}
    with pytest.raises(Damaged):
        codec.decode_canonical(by_character)


def test_the_deepest_nesting_is_read_and_one_deeper_is_not():
    for opened, shut in (("[", "]"), ('{"a":', "}")):
        inner = "1" if opened != "[" else ""
        deep = opened * codec.DEEPEST + inner + shut * codec.DEEPEST
        codec.decode_canonical(deep)
        with pytest.raises(Damaged):
            codec.decode_canonical(opened * 2 + deep + shut * 2)
    wide = "[" + ",".join(["[]"] * 500) + "]"
    assert codec.decode_canonical(wide) == [[]] * 500


@given(st.text(alphabet='[]{}:,"\\u0e19 -\n\ue000\U00010000\ud800', max_size=12))
def test_the_quick_reading_says_the_same_as_the_slow_one(text):
    def slowly():
        value = codec.decode(text)
        try:
            return value if codec.encode(value) == text else None
        except ValueError:
            return None

    try:
        expected = slowly()
    except Damaged:
        expected = None
    try:
        found = codec.decode_canonical(text)
    except Damaged:
        assert expected is None or text == "null"
    else:
        assert found == expected


@pytest.mark.parametrize(
    "text", ["null", "true", "false", "0", "-1", "999999999999999", '"é"', '"a b"', '"\x7f"', '""']
)
def test_what_shows_its_spelling_at_a_glance_is_what_the_parser_reads(text):
    found = codec.decode_canonical(text)
    assert (type(found), found) == (type(codec.decode(text)), codec.decode(text))
    assert codec.encode(found) == text


@pytest.mark.parametrize(
    "text",
    ["-0", "00", "01", "+1", "1\n", "nul", "null ", '"a', '"\n"', '"\ud800"', '"a"b"', '"\\u0041"', "9" * 16, "٣"],
)
def test_what_only_looks_canonical_is_refused(text):
    with pytest.raises(Damaged):
        codec.decode_canonical(text)


def test_digests_decoded_at_once_are_those_whose_every_text_is_in_its_one_right_spelling():
    digests = [bytes(range(at, at + 32)) for at in (0, 90, 224)]
    texts = [codec.to_base64(digest) for digest in digests]
    assert codec.digests_at_once(texts) == digests
    assert codec.digests_at_once([]) is None
    signs = "ABQgwxyz0189+/=-_ \n\u00e9"
    for number, text in enumerate(texts):
        others = texts[:number], texts[number + 1 :]
        bent = [text[:at] + sign + text[at + width :] for at in range(45) for sign in ("", *signs) for width in (0, 1)]
        for one in bent:
            try:
                expected = [codec.from_base64(each, 32) for each in (*others[0], one, *others[1])]
            except Damaged:
                expected = None
            assert codec.digests_at_once([*others[0], one, *others[1]]) == expected
    assert codec.digests_at_once([f"{texts[0][:5]}={texts[0][6:43]}A"]) is None
    assert codec.digests_at_once([texts[0] + texts[1][:1], texts[1][1:], texts[2]]) is None
    assert codec.digests_at_once(["".join(texts)]) is None


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=5), st.integers(0, 999), st.sampled_from("A/+=-_\n é"))
def test_many_digests_are_read_as_one_is(digests, at, sign):
    texts = [codec.to_base64(digest) for digest in digests]
    assert codec.digests_from_base64(texts) == digests
    if texts:
        number, place = at % len(texts), at % 44
        bent = texts[number][:place] + sign + texts[number][place + 1 :]
        texts[number] = bent
        try:
            expected = [codec.from_base64(text, 32) for text in texts]
        except Damaged:
            with pytest.raises(Damaged):
                codec.digests_from_base64(texts)
        else:
            assert codec.digests_from_base64(texts) == expected
    for short in (b"", bytes(31), bytes(33), bytes(30)):
        with pytest.raises(Damaged):
            codec.digests_from_base64([*texts[:0], codec.to_base64(short)])
