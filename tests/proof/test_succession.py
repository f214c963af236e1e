"""Laws of a log's keys: at each size exactly the keys in force sign, where one hands over both do, and no other may."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from witnessmark.errors import BrokenEvidence, Damaged, Falsified
from witnessmark.proof import note
from witnessmark.proof.checkpoint import Checkpoint
from witnessmark.proof.note import Note, Vkey
from witnessmark.proof.succession import Succession

NAME = "lantern.example/abcdefgh23456722"
SEEDS = [bytes([n]) * 32 for n in (1, 2, 3)]
PRIVATE = [Ed25519PrivateKey.from_private_bytes(seed) for seed in SEEDS]
PUBLIC = [key.public_key().public_bytes_raw() for key in PRIVATE]
KEYS = [Vkey.for_ed25519(NAME, public) for public in PUBLIC]
THREE = Succession(KEYS[2], ((KEYS[0], 4), (KEYS[1], 8)))
RIGHT = {1: {0}, 3: {0}, 4: {0, 1}, 5: {1}, 8: {1, 2}, 9: {2}, 100: {2}}


def signed(size, *by, name=NAME):
    text = Checkpoint(name, size, bytes(32)).text
    whole = note.sign(text, NAME, PUBLIC[by[0]], PRIVATE[by[0]].sign)
    for number in by[1:]:
        whole = note.join(whole, note.sign(text, NAME, PUBLIC[number], PRIVATE[number].sign))
    return note.parse(whole)


SUBSETS = [(0,), (1,), (2,), (0, 1), (1, 0), (0, 2), (1, 2), (0, 1, 2)]


@pytest.mark.parametrize("size", RIGHT)
@pytest.mark.parametrize("by", SUBSETS)
def test_exactly_the_keys_in_force_sign_a_checkpoint(size, by):
    if set(by) == RIGHT[size]:
        assert THREE.check(signed(size, *by)).size == size
    else:
        with pytest.raises(Falsified):
            THREE.check(signed(size, *by))


def test_the_succession_as_it_stood_knows_no_later_key():
    assert THREE.at(3) == Succession(KEYS[0])
    assert THREE.at(4) == THREE.at(7) == Succession(KEYS[1], ((KEYS[0], 4),))
    assert THREE.at(8) == THREE.at(99) == THREE
    assert [set(map(KEYS.index, THREE.in_force(size))) for size in RIGHT] == list(RIGHT.values())


def test_a_bad_line_of_any_key_makes_the_checkpoint_false():
    good = signed(9, 2)
    bad = Note(good.text, (*good.signatures, type(good.signatures[0])(NAME, KEYS[0].key_id, bytes(64))))
    with pytest.raises(Falsified):
        THREE.check(bad)


def test_another_log_s_checkpoint_is_false():
    with pytest.raises(BrokenEvidence):
        THREE.check(signed(9, 2, name="other.example/abcdefgh23456722"))


@pytest.mark.parametrize(
    "earlier",
    [
        ((KEYS[0], 8), (KEYS[1], 4)),
        ((KEYS[0], 4), (KEYS[1], 4)),
        ((KEYS[0], 4), (KEYS[0], 8)),
        ((KEYS[2], 4),),
        ((Vkey.for_ed25519("other.example/x", PUBLIC[0]), 4),),
        ((Vkey.for_cosigner(NAME, PUBLIC[0]), 4),),
    ],
)
def test_keys_that_do_not_follow_each_other_are_none(earlier):
    with pytest.raises(Damaged):
        Succession(KEYS[2], earlier)


def test_notes_of_different_texts_are_never_joined():
    with pytest.raises(ValueError, match="different"):
        note.join(signed(3, 0).whole, signed(4, 0).whole)
    assert note.join(signed(3, 0).whole, signed(3, 0).whole) == signed(3, 0).whole
