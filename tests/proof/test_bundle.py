"""Laws of proof files, records, openings and envelopes."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import BrokenEvidence, Damaged, Falsified
from witnessmark.model import codec
from witnessmark.proof import dsse, opening
from witnessmark.proof.bundle import ProofBundle

NOTE = "origin\n1\nAAAA\n\n\u2014 origin AAAAAAAA\n"
HASH = codec.to_base64(bytes(range(32)))
GOLDEN = f"c2sp.org/tlog-proof@v1\nextra c2FsdA==\nindex 5\n{HASH}\n{HASH}\n\n{NOTE}"


def test_a_proof_file_is_read_as_the_standard_says():
    found = ProofBundle.parse(GOLDEN)
    assert found == ProofBundle(5, (bytes(range(32)),) * 2, NOTE, b"salt")
    assert found.text == GOLDEN


@given(st.integers(0, 2**63 - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=63), st.binary(max_size=90))
def test_proof_files_come_back(index, hashes, extra):
    made = ProofBundle(index, tuple(hashes), NOTE, extra)
    assert ProofBundle.parse(made.text) == made


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "c2sp.org/tlog-proof@v1\n",
        GOLDEN.replace("@v1", "@v2"),
        GOLDEN.replace("index 5\n", ""),
        GOLDEN.replace("index 5", "index 05"),
        GOLDEN.replace("index 5", "index -5"),
        GOLDEN.replace("index 5", "index  5"),
        GOLDEN.replace("index 5", "index \u0665"),
        GOLDEN.replace("c2FsdA==", "c2FsdA"),
        GOLDEN.replace("c2FsdA==", "c2FsdB=="),
        GOLDEN.replace("c2FsdA==", ""),
        GOLDEN.replace("extra c2FsdA==\nindex 5", "index 5\nextra c2FsdA=="),
        GOLDEN.replace(HASH, HASH[:-4]),
        GOLDEN.replace("\n\n" + NOTE, "\n"),
        GOLDEN.replace(f"{HASH}\n", f"{HASH}\n" * 32),
        GOLDEN.replace("\n", "\r\n"),
        " " + GOLDEN,
        "x" * (2 << 20),
    ],
)
def test_malformed_proof_files_are_refused(bad):
    with pytest.raises(Damaged):
        ProofBundle.parse(bad)


def salt(n):
    return bytes([n]) * 32


FIELDS = [("sealed", salt(1), '"2032-06-12"'), ("size", salt(2), "17"), ("path", salt(3), '[{"name":"a"}]')]
DIGESTS = [opening.field_digest(s, n, v) for n, s, v in FIELDS] + [salt(n) for n in range(10, 15)]
RECORD = opening.make_record("exhibit", DIGESTS)
OPENED = [(n, codec.to_base64(s), v) for n, s, v in FIELDS]


def test_digests_and_entries_are_what_the_page_of_bytes_says():
    expected = hashlib.sha256(b"witnessmark/field/v1\0" + salt(2) + b"size" + b"\0" + b"17").digest()
    assert opening.field_digest(salt(2), "size", "17") == expected
    whole = opening.entry(salt(9), RECORD)
    assert whole == b"\x01" + hashlib.sha256(b"witnessmark/entry/v1\0" + salt(9) + RECORD).digest()
    assert opening.commitment(whole).raw == whole[1:]
    assert len(opening.dummy(salt(4))) == len(whole) == 33


def test_a_record_has_one_spelling():
    assert RECORD == codec.encode_bytes({"_sd": sorted(codec.to_base64(d) for d in DIGESTS), "t": "exhibit"})
    assert opening.parse_record(RECORD) == ("exhibit", tuple(sorted(DIGESTS, key=codec.to_base64)))


def _bent_records():
    value = codec.decode(RECORD.decode())
    yield b""
    yield b"[]"
    yield b"\xff"
    yield RECORD.replace(b",", b", ", 1)
    yield codec.encode_bytes(value | {"x": 1})
    yield codec.encode_bytes({"t": "exhibit"})
    yield codec.encode_bytes(value | {"t": "Exhibit"})
    yield codec.encode_bytes(value | {"t": 5})
    yield codec.encode_bytes(value | {"_sd": value["_sd"][::-1]})
    yield codec.encode_bytes(value | {"_sd": value["_sd"][:-1]})
    yield codec.encode_bytes(value | {"_sd": value["_sd"][:-1] + value["_sd"][-1:] * 2})
    yield codec.encode_bytes(value | {"_sd": [5] * 8})
    yield codec.encode_bytes(value | {"_sd": {}})
    yield codec.encode_bytes(value | {"_sd": sorted(value["_sd"][:-1] + ["AAAA"])})


@pytest.mark.parametrize("bad", list(_bent_records()))
def test_malformed_records_are_refused(bad):
    with pytest.raises(Damaged):
        opening.parse_record(bad)


@pytest.mark.parametrize("digests", [DIGESTS[:7], DIGESTS[:7] * 2, [salt(1)] * 8])
def test_a_record_of_another_number_of_digests_is_not_made(digests):
    with pytest.raises(ValueError):
        opening.make_record("exhibit", digests)


def test_any_choice_of_fields_can_be_opened():
    for mask in range(8):
        chosen = [row for i, row in enumerate(OPENED) if mask >> i & 1]
        assert set(opening.check_fields(RECORD, chosen)) == {row[0] for row in chosen}
    assert opening.check_fields(RECORD, OPENED)["path"] == [{"name": "a"}]


@pytest.mark.parametrize(
    "row",
    [
        ("size", OPENED[1][1], "18"),
        ("sise", OPENED[1][1], "17"),
        ("size", OPENED[0][1], "17"),
        ("size", OPENED[1][1], " 17"),
        ("size", OPENED[1][1], "17.0"),
        ("size", OPENED[1][1][:-4], "17"),
        ("size", "", "17"),
        ("Size", OPENED[1][1], "17"),
        ("", OPENED[1][1], "17"),
        ("size", OPENED[1][1], "[" * 5000),
    ],
)
def test_nothing_else_can_be_opened(row):
    with pytest.raises(BrokenEvidence):
        opening.check_fields(RECORD, [row])


def test_a_field_is_opened_once():
    with pytest.raises(Falsified, match="twice"):
        opening.check_fields(RECORD, [OPENED[0], OPENED[0]])


def test_domains_keep_hashes_apart():
    with pytest.raises(Damaged):
        opening.entry(b"short", RECORD)
    with pytest.raises(Damaged):
        opening.field_digest(b"short", "size", "17")
    with pytest.raises(Damaged):
        opening.commitment(b"\x02" + salt(1))
    with pytest.raises(ValueError):
        opening.dummy(b"short")


KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes_raw()


def _envelope(payload=b"{}", kind="application/x"):
    return dsse.Envelope(kind, payload, dsse.keyid(PUBLIC), KEY.sign(dsse.pae(kind, payload)))


def test_the_bytes_signed_are_those_of_the_standard():
    # The example of the DSSE protocol text.
    assert dsse.pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


@given(st.binary(max_size=200), st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_envelopes_come_back_and_are_checked(payload, kind):
    made = _envelope(payload, kind)
    assert dsse.Envelope.parse(made.text) == made
    dsse.check(made, PUBLIC)


def test_a_bent_envelope_is_false():
    made, other = _envelope(), Ed25519PrivateKey.from_private_bytes(salt(1)).public_key().public_bytes_raw()
    for bent, key in (
        (dsse.Envelope(made.payload_type, b"[]", made.keyid, made.signature), PUBLIC),
        (dsse.Envelope("application/y", made.payload, made.keyid, made.signature), PUBLIC),
        (made, other),
        (dsse.Envelope(made.payload_type, made.payload, dsse.keyid(other), made.signature), other),
    ):
        with pytest.raises(Falsified):
            dsse.check(bent, key)


def _bent_envelopes():
    value = codec.decode(_envelope().text)
    signature = value["signatures"][0]
    yield ""
    yield "[]"
    yield " " + _envelope().text
    yield codec.encode(value | {"x": 1})
    yield codec.encode(value | {"signatures": []})
    yield codec.encode(value | {"signatures": [signature, signature]})
    yield codec.encode(value | {"signatures": [signature | {"x": 1}]})
    yield codec.encode(value | {"signatures": [signature | {"sig": "AAAA"}]})
    yield codec.encode(value | {"signatures": [signature | {"keyid": "AAAA"}]})
    yield codec.encode(value | {"payload": "e30"})
    yield codec.encode(value | {"payload": 5})
    yield "x" * (2 << 20)


@pytest.mark.parametrize("bad", list(_bent_envelopes()))
def test_malformed_envelopes_are_refused(bad):
    with pytest.raises(Damaged):
        dsse.Envelope.parse(bad)
