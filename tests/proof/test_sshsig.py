"""Laws of SSH signatures: what ssh-keygen signs is read; another purpose, key or byte is refused."""

import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import Damaged, Falsified
from witnessmark.model import codec
from witnessmark.proof import sshsig
from witnessmark.proof.sshsig import SshSignature

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
SPACE = "attestation@witnessmark"


def made(data=b"what is said", space=SPACE, algorithm="sha512"):
    return SshSignature(PUBLIC, space, algorithm, KEY.sign(sshsig.message(data, space, algorithm)))


def blob(*parts):
    return b"".join(len(part).to_bytes(4) + part for part in parts)


def armoured(data):
    coded = codec.to_base64(data)
    lines = [coded[i : i + 70] for i in range(0, len(coded), 70)]
    return "\n".join([sshsig.FIRST_LINE, *lines, sshsig.LAST_LINE, ""])


def test_what_is_signed_begins_with_the_purpose():
    assert sshsig.message(b"", "file", "sha256") == bytes.fromhex(
        "535348534947" "00000004" "66696c65" "00000000" "00000006" "736861323536" "00000020"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )  # fmt: skip


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not here")
def test_ssh_keygen_and_we_read_each_other(tmp_path):
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "I. Mavrel", "-f", key], check=True)
    (tmp_path / "said").write_bytes(b"The form fits.\n")
    public = sshsig.parse_public((tmp_path / "key.pub").read_text())
    for algorithm in ("sha512", "sha256"):
        more = ["-O", f"hashalg={algorithm}"]
        ran = subprocess.run(
            ["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", SPACE, *more],
            check=True, input=b"The form fits.\n", capture_output=True,
        )  # fmt: skip
        found = SshSignature.parse(ran.stdout.decode())
        assert (found.algorithm, found.namespace, found.text) == (algorithm, SPACE, ran.stdout.decode())
        found.check(b"The form fits.\n", SPACE, public)
        with pytest.raises(Falsified):
            found.check(b"The form fits\n", SPACE, public)
    (tmp_path / "signers").write_text("desk ssh-ed25519 " + codec.to_base64(blob(b"ssh-ed25519", PUBLIC)) + "\n")
    (tmp_path / "ours.sig").write_text(made(b"The form fits.\n").text)
    subprocess.run(
        ["ssh-keygen", "-Y", "verify", "-f", tmp_path / "signers", "-I", "desk", "-n", SPACE, "-s", tmp_path / "ours.sig"],
        check=True, input=b"The form fits.\n", capture_output=True,
    )  # fmt: skip


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not here")
def test_keys_of_another_type_are_refused_by_name(tmp_path):
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", key], check=True)
    ran = subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", "x"], check=True, input=b"", capture_output=True
    )
    with pytest.raises(Damaged, match="another type"):
        SshSignature.parse(ran.stdout.decode())
    with pytest.raises(Damaged, match="ssh-ed25519"):
        sshsig.parse_public((tmp_path / "key.pub").read_text())


def test_another_key_purpose_or_content_is_false():
    found = made()
    found.check(b"what is said", SPACE, PUBLIC)
    for data, space, public in (
        (b"else", SPACE, PUBLIC),
        (b"what is said", "file", PUBLIC),
        (b"what is said", SPACE, bytes(32)),
    ):
        with pytest.raises(Falsified):
            found.check(data, space, public)


@given(st.binary(max_size=50), st.text("abc@.-", min_size=1, max_size=40), st.sampled_from(["sha256", "sha512"]))
def test_a_signature_comes_back(data, space, algorithm):
    found = made(data, space, algorithm)
    assert SshSignature.parse(found.text) == found


GOOD = blob(b"ssh-ed25519", PUBLIC), b"file", b"", b"sha512", blob(b"ssh-ed25519", bytes(64))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SSHSIG",
        b"sshsig\0\0\0\1" + blob(*GOOD),
        b"SSHSIG\0\0\0\2" + blob(*GOOD),
        b"SSHSIG\0\0\0\1" + blob(*GOOD) + b"x",
        b"SSHSIG\0\0\0\1" + blob(*GOOD)[:-1],
        b"SSHSIG\0\0\0\1" + b"\xff\xff\xff\xff" + blob(*GOOD),
        b"SSHSIG\0\0\0\1" + blob(*GOOD[:1], b"", *GOOD[2:]),
        b"SSHSIG\0\0\0\1" + blob(*GOOD[:1], b"a b", *GOOD[2:]),
        b"SSHSIG\0\0\0\1" + blob(*GOOD[:1], b"\xff", *GOOD[2:]),
        b"SSHSIG\0\0\0\1" + blob(*GOOD[:2], b"more", *GOOD[3:]),
        b"SSHSIG\0\0\0\1" + blob(*GOOD[:3], b"sha1", *GOOD[4:]),
        b"SSHSIG\0\0\0\1" + blob(*GOOD[:4], blob(b"ssh-ed25519", bytes(63))),
        b"SSHSIG\0\0\0\1" + blob(*GOOD[:4], blob(b"ssh-rsa", bytes(64))),
        b"SSHSIG\0\0\0\1" + blob(blob(b"ssh-ed25519", bytes(31)), *GOOD[1:]),
        b"SSHSIG\0\0\0\1" + blob(blob(b"sk-ssh-ed25519@openssh.com", bytes(32), b"ssh:"), *GOOD[1:]),
    ],
)
def test_what_is_no_such_signature_is_refused(data):
    with pytest.raises(Damaged):
        SshSignature.parse(armoured(data))


@pytest.mark.parametrize(
    "bend",
    [
        lambda text: text[:-1],
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("BEGIN", "begin"),
        lambda text: text.replace("\n", "\n\n", 1),
        lambda text: text.replace(sshsig.FIRST_LINE + "\n", sshsig.FIRST_LINE + "\nU1N\n"),
        lambda text: text.replace("=", ""),
        lambda text: text + "A" * (1 << 15),
        lambda text: "",
    ],
)
def test_a_second_spelling_of_the_armour_is_refused(bend):
    with pytest.raises(Damaged):
        SshSignature.parse(bend(made().text))


@given(st.binary(max_size=200))
def test_no_bytes_bring_more_than_a_sentence(data):
    try:
        SshSignature.parse(armoured(b"SSHSIG\0\0\0\1" + data))
    except Damaged:
        pass


@pytest.mark.parametrize(
    "line", ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa AAAA", "a\nssh-ed25519 AAAA", "ssh-ed25519  AAAA"]
)
def test_what_is_no_public_key_line_is_refused(line):
    with pytest.raises(Damaged):
        sshsig.parse_public(line)
