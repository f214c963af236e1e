"""Signing: the signature covers the digests, every free text can stay shut, keys stay outside and private."""

import json
import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import Damaged, Falsified, WrongUsage
from witnessmark.model import codec
from witnessmark.model.attestation import Attestation
from witnessmark.model.digest import Commitment
from witnessmark.model.words import REASON_FIELDS, Answer
from witnessmark.proof import dsse, opening
from witnessmark.review import key as keys
from witnessmark.review import reasons
from witnessmark.review.sign import Answered, sign

WHY = reasons.Reasons(
    "Does the form fit?", "form/1", "history", "compared", "it fits", "a clerk", "a register", "text only"
)
EXHIBIT = Commitment(b"\x07" * 32)


@pytest.fixture
def key(tmp_path):
    return keys.make(str(tmp_path / "reviewer.pem"), entropy_seed=b"\x01" * 32)


def answered(answer=Answer.MOSTLY_FITS, name="I. Mavrel"):
    return Answered(name, answer, WHY, (EXHIBIT,))


def test_the_signature_verifies_while_every_text_stays_shut(key):
    made = sign(answered(), key, entropy=os.urandom)
    envelope = dsse.Envelope.parse(made.envelope)
    dsse.check(envelope, key.public)
    for word in ("Mavrel", "compared", "it fits", "text only"):
        assert word not in envelope.payload.decode()


def test_each_opened_text_is_bound_to_the_signature(key):
    made = sign(answered(), key, entropy=os.urandom)
    predicate = codec.decode(dsse.Envelope.parse(made.envelope).payload.decode())["predicate"]
    digests = opening.parse_digests(predicate["_sd"])
    assert len(digests) % 8 == 0
    found = opening.check_disclosed(digests, list(made.shut))
    assert tuple(found) == REASON_FIELDS
    name, salt, _ = made.shut[0]
    with pytest.raises(Falsified):
        opening.check_disclosed(digests, [(name, salt, '"Somebody Else"')])


def test_the_subject_is_the_exhibits_commitment_and_never_a_content_digest(key):
    payload = json.loads(dsse.Envelope.parse(sign(answered(), key, entropy=os.urandom).envelope).payload)
    assert payload["subject"] == [{"digest": {"witnessmark-entry": EXHIBIT.hex}}]


@given(st.sampled_from(Answer), st.text(min_size=1, max_size=40))
def test_an_attestation_survives_the_ledger(answer, name):
    key = keys.ReviewerKey(keys.Ed25519PrivateKey.from_private_bytes(b"\x02" * 32))
    made = sign(answered(answer, name), key, entropy=os.urandom)
    fields = codec.decode_canonical(codec.encode(dict(made.event("2032-06-12T09:41:00Z").fields)))
    assert Attestation.from_fields(fields) == made


def test_openssl_reads_the_key_and_agrees_on_the_signature(key, tmp_path):
    made = dsse.Envelope.parse(sign(answered(), key, entropy=os.urandom).envelope)
    (tmp_path / "message").write_bytes(dsse.pae(made.payload_type, made.payload))
    (tmp_path / "signature").write_bytes(made.signature)
    public = subprocess.run(
        ["openssl", "pkey", "-in", tmp_path / "reviewer.pem", "-pubout", "-out", tmp_path / "public.pem"], check=False
    )
    if public.returncode:
        pytest.skip("openssl is not here")
    subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", tmp_path / "public.pem", "-rawin"]
        + ["-in", tmp_path / "message", "-sigfile", tmp_path / "signature"],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def test_a_key_is_private_and_never_overwritten(tmp_path):
    path = tmp_path / "k.pem"
    keys.make(str(path), entropy_seed=b"\x03" * 32)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(WrongUsage, match="never overwritten"):
        keys.make(str(path), entropy_seed=b"\x04" * 32)
    path.chmod(0o644)
    with pytest.raises(WrongUsage, match="chmod 600"):
        keys.load(str(path))


def test_a_key_inside_the_archive_is_refused_even_through_a_link(tmp_path):
    archive = tmp_path / "archive"
    (archive / "vault").mkdir(parents=True)
    (tmp_path / "link").symlink_to(archive / "vault")
    for path in (archive / "k.pem", archive / "vault" / "k.pem", tmp_path / "link" / "k.pem"):
        with pytest.raises(WrongUsage, match="inside the archive"):
            keys.check_outside(str(path), str(archive))
    (archive / "k.pem").write_text("x")
    (tmp_path / "key-link").symlink_to(archive / "k.pem")
    with pytest.raises(WrongUsage, match="inside the archive"):
        keys.check_outside(str(tmp_path / "key-link"), str(archive))
    keys.check_outside(str(tmp_path / "k.pem"), str(archive))


@pytest.mark.parametrize(
    "text", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"\xff" * 100]
)
def test_what_is_no_key_is_one_sentence(tmp_path, text):
    path = tmp_path / "k.pem"
    path.write_bytes(text)
    path.chmod(0o600)
    with pytest.raises(Damaged):
        keys.load(str(path))


def test_the_example_of_reasons_is_complete(tmp_path):
    (tmp_path / "r.toml").write_text(reasons.EXAMPLE)
    assert reasons.load(str(tmp_path / "r.toml")).method.startswith("Compared")


@pytest.mark.parametrize("leave", ["question", "method", "reasons", "alternatives", "would_change_my_mind", "limits"])
def test_reasons_that_leave_something_out_are_refused(tmp_path, leave):
    kept = [row for row in reasons.EXAMPLE.splitlines() if not row.startswith(f"{leave} =")]
    (tmp_path / "r.toml").write_text("\n".join(kept))
    with pytest.raises(WrongUsage, match=leave):
        reasons.load(str(tmp_path / "r.toml"))


@pytest.mark.parametrize("text", ["x = ", 'score = "9"\n' + reasons.EXAMPLE, "question = 7\n"])
def test_hostile_reasons_are_one_sentence(tmp_path, text):
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises((Damaged, WrongUsage)):
        reasons.load(str(tmp_path / "r.toml"))
