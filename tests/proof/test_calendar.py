"""Laws of joining OpenTimestamps proofs: whatever is joined says what its parts said, and reads strictly."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import Damaged, Undecided
from witnessmark.proof import calendar
from witnessmark.proof.calendar import Proof
from witnessmark.proof.ots import MAGIC, Bitcoin, Timestamp

DIGEST = hashlib.sha256(b"x").digest()
PENDING, BITCOIN = bytes.fromhex("83dfe30d2ef90c8e"), bytes.fromhex("0588960d73d71901")


def pending(uri):
    return b"\0" + PENDING + bytes([len(uri) + 1, len(uri)]) + uri


def bitcoin(height):
    return b"\0" + BITCOIN + bytes([1, height])


def file(tail, kind=8, digest=DIGEST):
    return MAGIC + b"\x01" + bytes([kind]) + digest + tail


operations = st.one_of(
    st.sampled_from([b"\x08", b"\x02", b"\x03", b"\xf2"]),
    st.tuples(st.sampled_from([b"\xf0", b"\xf1"]), st.binary(min_size=1, max_size=130)).map(
        lambda pair: pair[0] + calendar_number(len(pair[1])) + pair[1]
    ),
)
leaves = st.one_of(
    st.integers(1, 9).map(lambda n: pending(b"https://%d.example" % n)),
    st.integers(1, 99).map(lambda n: b"\x08" + bitcoin(n)),
    st.binary(max_size=9).map(lambda payload: b"\0unknown!" + bytes([len(payload)]) + payload),
)


def calendar_number(value):
    return bytes([value]) if value < 128 else bytes([value & 0x7F | 0x80, value >> 7])


trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(operations, inner).map(b"".join),
        st.tuples(leaves, inner).map(lambda pair: b"\xff" + pair[0] + pair[1]),
        st.tuples(operations, leaves, inner).map(lambda parts: b"\xff" + parts[0] + parts[1] + parts[2]),
    ),
    max_leaves=8,
)


def meanings(data):
    return set(Timestamp.parse(data).attestations)


@given(trees)
def test_a_proof_written_again_says_the_same_and_has_one_spelling(tree):
    proof = Proof.parse(file(tree))
    assert meanings(proof.data) == meanings(file(tree)) == set(proof.paths.values())
    assert Proof.parse(proof.data) == proof and Proof.parse(proof.data).data == proof.data


@given(trees, trees)
def test_two_proofs_joined_say_what_both_said_in_whatever_order(one, two):
    first, second = Proof.parse(file(one)), Proof.parse(file(two))
    joined = first.joined(second)
    assert meanings(joined.data) == meanings(file(one)) | meanings(file(two))
    assert joined.data == second.joined(first).data == joined.joined(first).data


@given(trees, st.binary(min_size=16, max_size=16))
def test_an_answer_counts_for_the_blinded_digest(tree, nonce):
    found = Proof.answered(DIGEST, nonce, tree)
    assert set(found.paths.values()) == meanings(file(tree, digest=calendar.blinded(DIGEST, nonce)))
    assert found.digest == DIGEST


@given(trees)
def test_what_a_calendar_tells_later_stands_beside_its_promise(tree):
    before = Proof.parse(
        file(b"\xff\xf0\x01a" + pending(b"https://a.example") + b"\xf0\x01b" + pending(b"https://b.example"))
    )
    promise = next(one for one in before.waiting if one.uri == "https://a.example")
    after = before.upgraded(promise.message, tree)
    mark = [one for one in after.paths.values() if one not in before.paths.values()]
    assert set(after.paths.values()) >= set(before.paths.values())
    assert (promise in after.waiting) == (not any(isinstance(one, Bitcoin) for one in mark))
    assert any(one.uri == "https://b.example" for one in after.waiting)
    assert before.upgraded(b"what nobody promised", tree) == before


@given(st.binary(max_size=200))
def test_whatever_a_calendar_sends_is_a_proof_or_refused(data):
    try:
        found = Proof.answered(DIGEST, bytes(16), data)
    except Damaged:
        return
    assert Proof.parse(found.data) == found


def test_what_is_too_much_is_refused():
    with pytest.raises(Damaged, match="10000"):
        Proof.answered(DIGEST, bytes(16), b"\x08" * 10_001)
    with pytest.raises(Damaged, match="deeper"):
        Proof.answered(DIGEST, bytes(16), b"\x08" * 255 + bitcoin(1))
    deepest = Proof.answered(DIGEST, bytes(16), b"\x08" * 254 + bitcoin(1))
    assert Proof.parse(deepest.data) == deepest
    with pytest.raises(Damaged, match="after the end"):
        Proof.answered(DIGEST, bytes(16), bitcoin(1) * 2)
    with pytest.raises(Damaged, match="nonce"):
        calendar.blinded(DIGEST, b"short")
    with pytest.raises(Undecided):
        Proof.parse(file(b"\x08" + bitcoin(1), 2, bytes(20)))
    with pytest.raises(ValueError):
        Proof.parse(file(b"\x08" + bitcoin(1))).joined(Proof.parse(file(b"\x08" + bitcoin(1), 8, bytes(32))))


def test_real_proofs_are_written_again_with_the_same_meaning(corpus):
    folder = corpus / "timestamp/opentimestamps"
    for name in ("hello-world.txt", "empty", "incomplete.txt", "two-calendars.txt", "known-and-unknown-notary.txt"):
        data = (folder / f"{name}.ots").read_bytes()
        assert meanings(Proof.parse(data).data) == meanings(data)
        assert Proof.parse(data).data == data  # their writer sorts as ours does
