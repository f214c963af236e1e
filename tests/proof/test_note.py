"""Laws of signed notes and checkpoints: good ones come back, bent ones are refused."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import Damaged, Falsified
from witnessmark.model import codec
from witnessmark.proof import checkpoint, merkle, note
from witnessmark.proof.note import Vkey

# The example key and note of C2SP signed-note and of golang.org/x/mod/sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GOOD = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
TESSERA = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes_raw()
NAME = "archive.invalid/abcdefghijklmnop"


def test_a_known_note_is_read_and_its_signature_fits():
    key, found = Vkey.parse(PETER), note.parse(GOOD)
    assert found.whole == GOOD
    assert key.text == PETER
    assert note.check(found, [key]) == (key,)


def test_a_changed_text_is_false():
    with pytest.raises(Falsified):
        note.check(note.parse(GOOD.replace("answer", "Answer")), [Vkey.parse(PETER)])


def test_lines_by_unknown_keys_are_ignored_but_one_known_line_is_needed():
    mine = note.sign(note.parse(GOOD).text, NAME, PUBLIC, KEY.sign)
    both = note.parse(GOOD + mine.rsplit("\n\n", 1)[1])
    own = Vkey.for_ed25519(NAME, PUBLIC)
    assert note.check(both, [own]) == (own,)
    assert note.check(both, [Vkey.parse(PETER), own]) == (Vkey.parse(PETER), own)
    with pytest.raises(Falsified):
        note.check(both, [Vkey.for_ed25519("someone", PUBLIC)])
    with pytest.raises(Falsified):
        note.check(both, [])
    assert both.kept([own]).whole == mine


def test_one_bad_line_by_a_known_key_makes_the_note_false():
    bad = GOOD.replace("x08go/ZJ", "x08go/ZK")
    mine = note.sign(note.parse(GOOD).text, NAME, PUBLIC, KEY.sign).rsplit("\n\n", 1)[1]
    with pytest.raises(Falsified):
        note.check(note.parse(bad + mine), [Vkey.parse(PETER), Vkey.for_ed25519(NAME, PUBLIC)])


def test_cosignatures_are_checked_over_time_and_text():
    key = Vkey.for_cosigner("witness.invalid", PUBLIC)
    text, when = "log\n1\nAAAA\n", 1_700_000_000
    blob = when.to_bytes(8) + KEY.sign(f"cosignature/v1\ntime {when}\n{text}".encode())
    signed = note.Note(text, (note.Signature(key.name, key.key_id, blob),))
    assert note.check(signed, [Vkey.parse(key.text)]) == (key,)
    later = note.Note(text, (note.Signature(key.name, key.key_id, (when + 1).to_bytes(8) + blob[8:]),))
    for bent in (later, note.Note(text, (note.Signature(key.name, key.key_id, blob[8:]),))):
        with pytest.raises(Falsified):
            note.check(bent, [key])


SIGNATURE = GOOD.rsplit("\n\n", 1)[1]


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n\n",
        GOOD[:-1],
        GOOD.replace("\n\n", "\n"),
        GOOD + "\n",
        GOOD + "not a signature\n",
        "a\tb\n\n" + SIGNATURE,
        "a\rb\n\n" + SIGNATURE,
        "a\0b\n\n" + SIGNATURE,
        "a\n\n" + SIGNATURE.replace("\u2014", "-"),
        "a\n\n" + SIGNATURE.replace("\u2014 ", "\u2014  "),
        "a\n\n" + SIGNATURE.replace("PeterNeumann", "Peter+Neumann"),
        "a\n\n" + SIGNATURE.replace("AM=", "AN="),
        "a\n\n" + SIGNATURE.replace("=", ""),
        "a\n\n\u2014 name\n",
        "a\n\n\u2014 name AAAA\n",
        "a\n\n\u2014 name AAAAAA==\u2028\n",
        "a\n\n" + SIGNATURE * 101,
        "a" * (1 << 20) + "\n\n" + SIGNATURE,
        "\ud800\n\n" + SIGNATURE,
        b"\xff\n\n" + SIGNATURE.encode(),
    ],
)
def test_malformed_notes_are_refused(bad):
    with pytest.raises(Damaged):
        note.parse(bad)


def test_a_line_by_a_key_that_nobody_asked_about_is_ignored_however_long_its_name():
    # C2SP signed-note limits no name; the note as a whole is limited.
    for name in ("w" * 5000, "w\x7f", "\u00fcber/\u05d0", "w\u200b"):
        found = note.parse(GOOD + f"\u2014 {name} AAAAAAA=\n")
        assert note.check(found, [Vkey.parse(PETER)]) == (Vkey.parse(PETER),)
    with pytest.raises(Damaged):
        Vkey.for_ed25519("w" * 256, PUBLIC)
    assert Vkey.for_ed25519("w" * 255, PUBLIC)


def test_a_name_holds_no_control_character_no_plus_and_none_of_unicode_s_spaces():
    spaces = [0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000]
    refused = {*range(0x21), ord("+"), *spaces}

    def is_refused(code):
        try:
            note.parse(f"a\n\n\u2014 b{chr(code)}c AAAAAAA=\n")
        except Damaged:
            return True
        return False

    every = (*range(0xD800), *range(0xE000, 0x10000), 0x10000, 0x1F600, 0x10FFFF)
    assert {code for code in every if is_refused(code)} == refused


def test_the_text_may_hold_empty_lines():
    found = note.parse(note.sign("a\n\nb\n", NAME, PUBLIC, KEY.sign))
    assert found.text == "a\n\nb\n"
    assert note.check(found, [Vkey.for_ed25519(NAME, PUBLIC)])
    with pytest.raises(ValueError):
        note.sign("no end", NAME, PUBLIC, KEY.sign)


def _vkey(name, kind, public):
    key_id = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).hexdigest()[:8]
    return f"{name}+{key_id}+{codec.to_base64(bytes([kind]) + public)}"


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "name",
        "name+00000000",
        "name+00000000+",
        PETER.replace("c74f20a3", "C74F20A3"),
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER.replace("Peter", "Petra"),
        PETER + " ",
        PETER + "\n",
        " " + PETER,
        _vkey("a b", 1, PUBLIC),
        _vkey("", 1, PUBLIC),
        _vkey("a", 2, PUBLIC),
        _vkey("a", 6, PUBLIC),
        _vkey("a", 1, PUBLIC[:31]),
        "x" * 2000,
    ],
)
def test_malformed_keys_are_refused(bad):
    with pytest.raises(Damaged):
        Vkey.parse(bad)


@given(st.binary(min_size=32, max_size=32))
def test_keys_come_back_also_when_base64_holds_a_plus(public):
    for key in (Vkey.for_ed25519(NAME, public), Vkey.for_cosigner(NAME, public)):
        assert Vkey.parse(key.text) == key


def test_another_programs_checkpoints_are_signed_as_it_says(corpus):
    log, key = corpus / "tlog/tessera-log/log", Vkey.parse(TESSERA)
    for size in range(15):
        data = (log / f"checkpoint.{size}").read_bytes()
        found = note.parse(data)
        assert found.whole.encode() == data
        assert note.check(found, [key]) == (key,)
        assert checkpoint.Checkpoint.parse(found.text).text == found.text


@given(st.integers(1, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_checkpoints_come_back(size, root):
    made = checkpoint.Checkpoint(NAME, size, root)
    assert checkpoint.Checkpoint.parse(made.text) == made


ROOT = codec.to_base64(merkle.tree_root([bytes(32)]))


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "origin\n1\n",
        f"origin\n1\n{ROOT}",
        f"\n1\n{ROOT}\n",
        f"origin\n01\n{ROOT}\n",
        f"origin\n+1\n{ROOT}\n",
        f"origin\n-1\n{ROOT}\n",
        f"origin\n1 \n{ROOT}\n",
        f"origin\n\u0661\n{ROOT}\n",
        f"origin\n0\n{ROOT}\n",
        f"origin\n{2**63}\n{ROOT}\n",
        f"origin\n{10**30}\n{ROOT}\n",
        f"origin\n1\n{ROOT[:-4]}\n",
        f"origin\n1\n{ROOT}\nextension\n",
        f"ori\tgin\n1\n{ROOT}\n",
    ],
)
def test_malformed_checkpoints_are_refused(bad):
    with pytest.raises(Damaged):
        checkpoint.Checkpoint.parse(bad)
