"""Laws of cosignatures: they say who saw which checkpoint when, and fit nothing else."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import Damaged, Falsified
from witnessmark.model import codec
from witnessmark.proof import cosignature, note
from witnessmark.proof.cosignature import Cosignature
from witnessmark.proof.note import Signature, Vkey

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
NAME = "witness.example/desk"
VKEY = Vkey.for_cosigner(NAME, PUBLIC)
BODY = "archive.invalid/kestriaaaaaaaaaa\n3\nRcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=\n"
LINE = (
    "\u2014 witness.example/desk FqLkSAAAAAB1gqjUXHW9pcdrsucCklOcVefAqUx0emEXmKd2wUFzTHiAXw2wNuUH+0buxJyViwk33lbB9NU9"
    "V4VTXpSf7UV++AGzBw=="
)


def made(time=1971497172, body=BODY):
    return cosignature.make(body, NAME, PUBLIC, KEY.sign, time)


def test_the_signed_message_is_the_one_that_c2sp_shows():
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert cosignature.message(text, 1679315147) == (
        b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
        b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )


def test_a_line_that_was_made_once_is_made_again():
    assert made().line == LINE
    assert cosignature.check(BODY, made(), VKEY) == 1971497172


def test_the_note_agrees_that_it_is_signed():
    whole = note.parse(BODY + "\n" + LINE + "\n")
    assert note.check(whole, [VKEY]) == (VKEY,)
    assert cosignature.parse_lines(LINE + "\n") == whole.signatures


@pytest.mark.parametrize("changed", [BODY.replace("3", "4", 1), BODY + "more\n"])
def test_it_fits_no_other_checkpoint(changed):
    with pytest.raises(Falsified):
        cosignature.check(changed, made(), VKEY)


def test_it_fits_no_other_time():
    found = Cosignature.parse(made().blob)
    moved = Signature(NAME, VKEY.key_id, Cosignature(found.time + 1, found.signature).blob)
    with pytest.raises(Falsified):
        cosignature.check(BODY, moved, VKEY)


def test_it_is_by_no_other_key_and_no_log_key():
    for other in (Vkey.for_ed25519(NAME, PUBLIC), Vkey.for_cosigner("someone", PUBLIC)):
        with pytest.raises(Falsified):
            cosignature.check(BODY, made(), other)


@pytest.mark.parametrize("size", [0, 8, 71, 73])
def test_a_blob_of_another_size_is_none(size):
    with pytest.raises(Damaged):
        Cosignature.parse(bytes([1]) * size)


@pytest.mark.parametrize("time", [0, 2**63, 2**64 - 1])
def test_a_time_that_says_nothing_is_refused_even_when_it_is_signed(time):
    blob = time.to_bytes(8) + KEY.sign(cosignature.message(BODY, time))
    with pytest.raises(Damaged):
        Cosignature.parse(blob)
    with pytest.raises(Falsified):
        cosignature.check(BODY, Signature(NAME, VKEY.key_id, blob), VKEY)
    assert not VKEY.has_signed(BODY, blob)


@given(st.integers(1, 2**63 - 1), st.binary(min_size=64, max_size=64))
def test_a_blob_comes_back(time, signature):
    assert Cosignature.parse(Cosignature(time, signature).blob) == Cosignature(time, signature)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        LINE,
        "text\n" + LINE + "\n",
        "text\n\n" + LINE + "\n",
        "\n\n" + LINE + "\n",
        LINE + "\n\n",
        "\u2014 a " + codec.to_base64(b"1") + "\n",
    ],
)
def test_an_answer_holds_signature_lines_and_nothing_else(answer):
    with pytest.raises(Damaged):
        cosignature.parse_lines(answer)
