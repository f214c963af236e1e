"""Every refusal of merkle, note and opening in its own sentence, and every bound from both sides.

A sentence is what a stranger reads when something is false: it is part of the check, and held to the letter here.
"""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import Damaged, Falsified
from witnessmark.model import codec
from witnessmark.proof import merkle, note, opening
from witnessmark.proof.note import LARGEST, MOST_SIGNATURES, Note, Signature, Vkey

A, B, C = (hashlib.sha256(bytes([n])).digest() for n in range(3))
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
NAME = "lantern.example/log"
KEY, COSIGNER = Vkey.for_ed25519(NAME, PUBLIC), Vkey.for_cosigner(NAME, PUBLIC)
MOST = 2**63 - 1


def said(error, call, *arguments):
    with pytest.raises(error) as told:
        call(*arguments)
    assert type(told.value) is error
    return str(told.value)


LENGTH = "the inclusion proof has another length than index and size demand"


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ((-1, 2, A, [B], C), "entry -1 cannot stand in a log of 2 entries"),
        ((2, 2, A, [B], C), "entry 2 cannot stand in a log of 2 entries"),
        ((0, 0, A, [], A), "entry 0 cannot stand in a log of 0 entries"),
        ((0, MOST + 1, A, [], A), f"entry 0 cannot stand in a log of {MOST + 1} entries"),
        ((0, 1, A[:31], [], A), "a hash of an inclusion proof has not 32 bytes"),
        ((0, 1, A, [], A[:31]), "a hash of an inclusion proof has not 32 bytes"),
        ((0, 1, A[:31], [], A[:31]), "a hash of an inclusion proof has not 32 bytes"),
        ((0, 1, A, [B], A), LENGTH),
        ((0, 2, A, [B[:31]], A), LENGTH),
        ((0, 2, A, [B + b"x"], A), LENGTH),
        ((0, 2, A, [], A), LENGTH),
        ((0, MOST, A, [B] * 62, A), LENGTH),
        ((0, 2, A, [B], C), "the inclusion proof leads to another root"),
    ],
)
def test_an_inclusion_proof_is_refused_in_its_own_sentence(arguments, sentence):
    assert said(Falsified, merkle.check_inclusion, *arguments) == sentence


def test_the_largest_log_is_a_log():
    found = A
    for _ in range(63):
        found = merkle.node_hash(found, B)
    merkle.check_inclusion(0, MOST, A, [B] * 63, found)
    merkle.check_consistency(MOST, MOST, A, A, [])
    merkle.check_inclusion(0, 1, A, [], A)


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ((0, 1, A, A, []), "no consistency can be shown from 0 to 1 entries"),
        ((-1, 1, A, A, []), "no consistency can be shown from -1 to 1 entries"),
        ((2, 1, A, A, []), "no consistency can be shown from 2 to 1 entries"),
        ((1, MOST + 1, A, A, []), f"no consistency can be shown from 1 to {MOST + 1} entries"),
        ((2, 2, A, A, [B]), "a consistency proof between equal sizes is empty"),
        ((2, 2, A, B, []), "two different trees have the same size: the log was rewritten"),
        ((1, 2, A, B, [C[:31]]), "a hash of a consistency proof has not 32 bytes"),
        ((1, 2, A, B, [C, C[:31]]), "a hash of a consistency proof has not 32 bytes"),
        ((1, 2, A, B, []), "the consistency proof is empty"),
        ((1, 2, A, B, [C, C]), "the consistency proof has another length than the sizes demand"),
        ((1, 3, A, B, [C]), "the consistency proof has another length than the sizes demand"),
        ((3, 4, A, B, [A, B, C]), "the consistency proof does not lead to the smaller tree's root"),
        ((1, 2, A, B, [C]), "the consistency proof does not lead to the larger tree's root"),
    ],
)
def test_a_consistency_proof_is_refused_in_its_own_sentence(arguments, sentence):
    assert said(Falsified, merkle.check_consistency, *arguments) == sentence


def test_a_salt_a_dummy_and_an_entry_have_their_sizes():
    for call, extra in ((opening.field_digest, ("a", "1")), (opening.entry, (b"{}",))):
        for salt in (bytes(31), bytes(33), b""):
            assert said(Damaged, call, salt, *extra) == "a salt has 32 bytes"
    for size in (0, 31, 33):
        assert said(ValueError, opening.dummy, bytes(size)) == "a dummy is made from 32 random bytes"
    for raw in (b"", b"\x01" + bytes(31), b"\x01" + bytes(33), b"\x00" + bytes(32), b"\x02" + bytes(32)):
        assert said(Damaged, opening.commitment, raw) == "an entry is the byte 1 and 32 bytes"
    assert opening.commitment(b"\x01" + A).raw == A
    assert opening.dummy(A) == b"\x01" + A


def record(digests, kind="hold", **more):
    return codec.encode_bytes({"_sd": digests, "t": kind, **more})


EIGHT = sorted(codec.to_base64(hashlib.sha256(bytes([n])).digest()) for n in range(8))


def test_a_record_is_made_and_read_in_one_way():
    raw = [codec.from_base64(text) for text in reversed(EIGHT)]
    made = opening.make_record("hold", raw)
    assert made == record(EIGHT) == b'{"_sd":[' + ",".join(f'"{text}"' for text in EIGHT).encode() + b'],"t":"hold"}'
    assert opening.parse_record(made) == ("hold", tuple(codec.from_base64(text) for text in EIGHT))
    sentence = "a record has a multiple of eight different digests"
    for digests in (raw[:7], [*raw, A], [*raw[:7], raw[0]]):
        assert said(ValueError, opening.make_record, "hold", digests) == sentence
    assert opening.make_record("hold", []) == record([])
    assert opening.make_record("hold", [*raw, *(hashlib.sha256(bytes([n])).digest() for n in range(8, 16))])
    with pytest.raises(Damaged):
        opening.make_record("No Kind", raw)


@pytest.mark.parametrize(
    "data, sentence",
    [
        (record(EIGHT, extra=1), "not a record: exactly the members _sd and t belong there"),
        (codec.encode_bytes({"_sd": EIGHT}), "not a record: exactly the members _sd and t belong there"),
        (codec.encode_bytes([1]), "not a record: exactly the members _sd and t belong there"),
        (record(EIGHT, kind=1), "not a record: exactly the members _sd and t belong there"),
        (record(EIGHT[:7]), "not a record: the number of its digests is no multiple of eight"),
        (record("x"), "_sd is a list of base64 digests"),
        (record([1] * 8), "_sd is a list of base64 digests"),
        (record([*EIGHT[:7], EIGHT[6]]), "the digests of _sd are not sorted, or one stands twice"),
        (record(EIGHT[::-1]), "the digests of _sd are not sorted, or one stands twice"),
    ],
)
def test_a_record_is_refused_in_its_own_sentence(data, sentence):
    assert said(Damaged, opening.parse_record, data) == sentence


def test_a_record_cut_at_its_quotes_is_the_record_that_the_parser_reads(monkeypatch):
    def read(data):
        try:
            return opening.parse_record(data)
        except Damaged:
            return None

    good = record(EIGHT)
    changed = [
        good[:at] + sign + good[at + width :]
        for at in range(len(good))
        for sign in (b"", b'"', b"\\", b",", b'","', b"=", b"A", b" ", b"]", b"\x80", b'"],"t":"', b"z")
        for width in (0, 1)
    ]
    quick = [read(data) for data in changed]
    assert read(good) is not None
    monkeypatch.setattr(opening, "_cut", lambda _: None)
    assert quick == [read(data) for data in changed]


def test_a_field_is_opened_once_and_as_it_was_sealed():
    salt = codec.to_base64(A)
    known = {opening.field_digest(A, "state", '"held"')}
    assert opening.check_disclosed(known, [("state", salt, '"held"')]) == {"state": "held"}
    twice = [("state", salt, '"held"')] * 2
    assert said(Falsified, opening.check_disclosed, known, twice) == "the field state is opened twice"
    other = [("state", salt, '"free"')]
    assert said(Falsified, opening.check_disclosed, known, other) == "the opened field state is not what was sealed"
    for short in (A[:31], A + b"x"):
        with pytest.raises(Damaged):
            opening.check_disclosed(known, [("state", codec.to_base64(short), '"held"')])


FIELD_NAMES = ("state", "size", "é", "State", "", "a" * 33)
FIELD_TEXTS = ('"held"', "7", '{"a":["b"]}', "07", '"\ud800"', '{"a":1,"a":1}', "")


@given(
    st.lists(st.tuples(st.sampled_from(FIELD_NAMES[:4]), st.sampled_from(FIELD_TEXTS), st.booleans()), max_size=4)
    | st.lists(st.tuples(st.sampled_from(FIELD_NAMES), st.sampled_from(FIELD_TEXTS[:3]), st.just(True)), max_size=4)
    | st.permutations([("state", '"held"', True), ("size", "7", True), ("path", '["b"]', True)])
)
def test_fields_checked_together_are_what_each_is_checked_alone(opened):
    def said_of(check):
        try:
            return check()
        except (Damaged, Falsified) as error:
            return type(error), str(error)

    salts = [bytes([number]) * 32 for number in range(len(opened))]
    fields = [(name, codec.to_base64(salt), text) for salt, (name, text, _) in zip(salts, opened, strict=True)]
    known = {
        opening.field_digest(salt, name, text)
        for salt, (name, text, is_sealed) in zip(salts, opened, strict=True)
        if is_sealed and "\ud800" not in text
    }
    together = said_of(lambda: opening.check_disclosed(known, fields))
    assert together == said_of(lambda: opening._checked_one_by_one(known, salts, fields))


THREE = ("state", "size", "path")
SHOWN = ('"held"', "7", '["b"]')
SALTS = tuple(codec.to_base64(bytes([number]) * 32) for number in range(3))
DIGESTS = [
    opening.field_digest(codec.from_base64(salt), *field) for salt, *field in zip(SALTS, THREE, SHOWN, strict=True)
]


def opened(record, *columns):
    try:
        return opening.open_event(record, *columns)
    except (Damaged, Falsified) as error:
        return type(error), str(error)


def alone(record, *columns):
    """What `opened` gives where record and fields are each looked at by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "_agreed", lambda *_: None)
        return opened(record, *columns)


def test_an_event_that_is_whole_is_opened_at_once():
    whole = opening.make_record("hold", [*DIGESTS, *(codec.from_base64(text) for text in EIGHT[:5])])
    assert opening._agreed(whole, THREE, SALTS, SHOWN) == "hold"
    assert opened(whole, THREE, SALTS, SHOWN) == ("hold", {"state": "held", "size": 7, "path": ["b"]})
    assert opened(whole, THREE[:1], SALTS[:1], SHOWN[:1]) == ("hold", {"state": "held"})
    assert opened(whole, (), (), ()) == ("hold", {})
    assert opened(whole, THREE[:1], SALTS[1:2], SHOWN[:1])[0] is Falsified
    assert opened(whole, THREE, SALTS, (*SHOWN[:2], '"\ud800"')) == alone(whole, THREE, SALTS, (*SHOWN[:2], '"\ud800"'))
    for at in range(3):
        held = [text if other != at else '"other"' for other, text in enumerate(SHOWN)]
        assert opened(whole, THREE, SALTS, held) == (Falsified, f"the opened field {THREE[at]} is not what was sealed")


GOOD = sorted([*map(codec.to_base64, DIGESTS), *EIGHT[:5]])
MORE = [*GOOD, *EIGHT[5:], "AA==", EIGHT[0][:-2] + "==", EIGHT[0][:-1] + "A"]


@given(
    digests=st.just(GOOD) | st.permutations(GOOD) | st.lists(st.sampled_from(MORE), max_size=17).map(sorted),
    kind=st.sampled_from(["hold", "No Kind", "", 'a"b']),
    names=st.just(THREE) | st.permutations(THREE),
    salts=st.just(SALTS)
    | st.permutations(SALTS)
    | st.sampled_from([(*SALTS[:2], ""), (SALTS[0] + "=", SALTS[1][1:], "A")]),
    texts=st.just(SHOWN) | st.permutations(SHOWN) | st.sampled_from([(*SHOWN[:2], bad) for bad in FIELD_TEXTS]),
)
def test_an_event_opened_at_once_is_what_its_parts_are_alone(digests, kind, names, salts, texts):
    made = record(digests, kind)
    assert opened(made, names, salts, texts) == alone(made, names, salts, texts)


@pytest.mark.parametrize(
    "names, more, found",
    [
        (THREE, EIGHT[:6], (Damaged, "not a record: the number of its digests is no multiple of eight")),
        (("state", "size", "state"), EIGHT[:5], (Falsified, "the field state is opened twice")),
        (("state", "No", "path"), EIGHT[:5], (Damaged, "not a field name: 'No'")),
    ],
)
def test_an_event_that_was_sealed_against_the_rules_is_opened_by_nobody(names, more, found):
    digests = [
        opening.field_digest(codec.from_base64(salt), *one) for salt, *one in zip(SALTS, names, SHOWN, strict=True)
    ]
    made = record(sorted([*map(codec.to_base64, digests), *more]))
    assert opened(made, names, SALTS, SHOWN) == alone(made, names, SALTS, SHOWN) == found


def test_columns_of_different_lengths_are_no_fields():
    whole = opening.make_record("hold", [*DIGESTS, *(codec.from_base64(text) for text in EIGHT[:5])])
    for columns in ((THREE[:2], SALTS, SHOWN), (THREE, SALTS[:2], SHOWN), (THREE, SALTS, SHOWN[:2])):
        with pytest.raises(ValueError):
            opening.open_event(whole, *columns)
        with pytest.raises(ValueError):
            alone(whole, *columns)


def test_an_event_whose_record_was_changed_by_one_sign_is_refused_as_its_parts_are_alone():
    good = opening.make_record("hold", [*DIGESTS, *(codec.from_base64(text) for text in EIGHT[:5])])
    for at in range(len(good)):
        for sign in (b"", b'"', b",", b'","', b"=", b"A", b"z", b"\x80"):
            for width in (0, 1):
                bent = good[:at] + sign + good[at + width :]
                assert opened(bent, THREE, SALTS, SHOWN) == alone(bent, THREE, SALTS, SHOWN)


# Notes


def line(key=KEY, blob=bytes(64), name=NAME):
    return f"\u2014 {name} {codec.to_base64(key.key_id + blob)}\n"


def whole(*lines, text="text\n"):
    return f"{text}\n{''.join(lines)}"


@pytest.mark.parametrize(
    "fields, sentence",
    [
        (("a b", KEY.key_id, 1, PUBLIC), "a key's name has no blank and no plus, and at most 255 characters"),
        (("a+b", KEY.key_id, 1, PUBLIC), "a key's name has no blank and no plus, and at most 255 characters"),
        ((NAME, KEY.key_id, 2, PUBLIC), "a key of a type that this program does not know"),
        ((NAME, KEY.key_id, 1, PUBLIC[:31]), "a key of a type that this program does not know"),
        ((NAME, bytes(4), 1, PUBLIC), f"the key id of '{NAME}' does not belong to this name and key"),
        ((NAME, COSIGNER.key_id, 1, PUBLIC), f"the key id of '{NAME}' does not belong to this name and key"),
    ],
)
def test_a_key_is_refused_in_its_own_sentence(fields, sentence):
    assert said(Damaged, Vkey, *fields) == sentence


def test_a_key_line_is_as_long_as_it_may_be_and_no_longer():
    sentence = "not a verifier key: name, plus, 8 hexadecimal characters, plus, base64 belong there"
    for text in ("", "a+b", f"{NAME}+0000000+AAAA", KEY.text.replace("+", "-")):
        assert said(Damaged, Vkey.parse, text) == sentence
    longest = f"{NAME}+00000000+" + "A" * (1024 - len(NAME) - 10)
    assert len(longest) == 1024
    assert said(Damaged, Vkey.parse, longest) != sentence
    assert said(Damaged, Vkey.parse, longest + "A") == sentence
    assert said(Damaged, Vkey.parse, f"{NAME}+00000000+") == "not a verifier key: the key is empty"
    assert Vkey.parse(KEY.text) == KEY


def test_a_cosignature_has_a_time_between_one_and_63_bits():
    def cosigned(time):
        message = f"cosignature/v1\ntime {time}\ntext\n".encode()
        return time.to_bytes(8, "big") + PRIVATE.sign(message)

    assert [COSIGNER.has_signed("text\n", cosigned(time)) for time in (0, 1, 2, (1 << 63) - 1, 1 << 63)] == [
        False, True, True, True, False,
    ]  # fmt: skip
    assert not COSIGNER.has_signed("text\n", cosigned(5)[:71])
    assert not COSIGNER.has_signed("text\n", cosigned(5) + b"x")


def test_a_note_is_as_large_as_it_may_be_and_no_larger():
    end = whole(line(), text="\n")
    room = LARGEST - len(end.encode())
    assert len(note.parse("x" * room + end).text) == room + 1
    assert said(Damaged, note.parse, "x" * (room + 1) + end) == "not a signed note: larger than one mebibyte"
    # The size is counted in bytes, not in letters.
    letters = "\u95e8" * (room // 3 + 1)
    assert said(Damaged, note.parse, letters + end) == "not a signed note: larger than one mebibyte"


@pytest.mark.parametrize(
    "data, sentence",
    [
        (b"\xff", "not a signed note: not UTF-8"),
        ("\ud800\n\n" + line(), "not a signed note: not UTF-8"),
        (whole(line(), text="a\x00b\n"), "not a signed note: it holds control characters"),
        (whole(line(), text="a\tb\n"), "not a signed note: it holds control characters"),
        ("text\n", "not a signed note: text, an empty line and signatures belong there"),
        (whole(line())[:-1], "not a signed note: text, an empty line and signatures belong there"),
        ("text\n\n" + line() * (MOST_SIGNATURES + 1), "not a signed note: more than 100 signatures"),
        (whole("- x AAAAAAAA\n"), "not a signed note: a signature line is broken"),
        ("t\n\n\u2014\n", "not a signed note: a signature line is broken"),
        (whole("\u2014 a+b AAAAAAAA\n"), "not a signed note: a signature line is broken"),
        (whole(f"\u2014 {NAME} {codec.to_base64(bytes(4))}\n"), "not a signed note: a signature line is too short"),
    ],
)
def test_a_note_is_refused_in_its_own_sentence(data, sentence):
    assert said(Damaged, note.parse, data) == sentence


def test_a_note_holds_what_it_may_hold():
    assert len(note.parse("text\n\n" + line() * MOST_SIGNATURES).signatures) == MOST_SIGNATURES
    assert note.parse(whole(f"\u2014 {NAME} {codec.to_base64(bytes(5))}\n")).signatures[0].blob == b"\0"
    assert note.parse("\n\n" + line()).text == "\n"
    assert note.parse(b"a\n\nb\n\n" + line().encode()).text == "a\n\nb\n"
    assert said(Damaged, note.parse, whole(f"\u2014 {NAME} {codec.to_base64(bytes(68))} more\n")) == "not base64"
    assert said(Damaged, note.parse, whole("\u2014 x\n")) == "not a signed note: a signature line is too short"


def test_what_is_signed_ends_in_a_line_feed():
    sentence = said(ValueError, note.sign, "text", NAME, PUBLIC, PRIVATE.sign)
    assert sentence == "the text of a note ends in a line feed"


def test_a_bad_line_and_no_line_are_told_apart():
    bad = Note("text\n", (Signature(NAME, KEY.key_id, bytes(64)),))
    assert said(Falsified, note.check, bad, [KEY]) == f"the signature of {NAME} does not fit this checkpoint"
    assert said(Falsified, note.check, bad, []) == "no signature by a key that was given"
    good = note.parse(note.sign("text\n", NAME, PUBLIC, PRIVATE.sign))
    double = Note(good.text, good.signatures * 2)
    assert note.check(double, [KEY]) == (KEY,)
    two = Note(good.text, (*bad.signatures, *good.signatures))
    assert said(Falsified, note.check, two, [KEY]) == f"the signature of {NAME} does not fit this checkpoint"
