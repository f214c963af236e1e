"""Laws of time stamp tokens: what they say is read as openssl reads it; nothing hostile comes through."""

import hashlib
import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forge.stamp_forge import der, integer, oid

from witnessmark.errors import Damaged, Falsified, Undecided
from witnessmark.proof import timestamp
from witnessmark.proof.timestamp import Token

SHA256 = "2.16.840.1.101.3.4.2.1"


IMPRINT = der(0x30, der(0x30, oid(SHA256), der(5)), der(4, hashlib.sha256(b"what was stamped").digest()))
NAME = der(0xA4, der(0x30, der(0x31, der(0x30, oid("2.5.4.10"), der(0x0C, "Tarn Clock".encode())))))


def info(*, imprint=IMPRINT, time=b"20320612094100Z", tail=b"", version=1):
    return der(0x30, integer(version), oid("1.2.3.4"), imprint, integer(77), der(0x18, time), tail)


def token(inner=None, *, certificates=b"", signers=der(0x31, der(0x30, integer(1))), kind="1.2.840.113549.1.9.16.1.4"):
    signed = der(
        0x30, integer(3), der(0x31), der(0x30, oid(kind), der(0xA0, der(4, info() if inner is None else inner))),
        certificates, signers,
    )  # fmt: skip
    return der(0x30, oid("1.2.840.113549.1.7.2"), der(0xA0, signed))


def response(status=0, inner=None):
    return der(0x30, der(0x30, integer(status)), token() if inner is None else inner)


def test_what_a_token_says_is_read():
    tail = der(0x30, integer(2), der(0x80, b"\x05")) + der(1, b"\xff") + integer(-5) + der(0xA0, NAME)
    found = Token.parse(
        token(info(time=b"20320612094100.25Z", tail=tail), certificates=der(0xA0, der(0x30, integer(1))))
    )
    assert found == Token(
        "1.2.3.4", "sha256", hashlib.sha256(b"what was stamped").digest(), 77, "2032-06-12T09:41:00Z",
        1970646060 + 3, -5, "O=Tarn Clock", (der(0x30, integer(1)),),
    )  # fmt: skip
    assert found.certificate_digests == (hashlib.sha256(der(0x30, integer(1))).digest(),)
    assert timestamp.NOT_CHECKED == "present, not checked"


def test_a_response_and_its_bare_token_say_the_same():
    assert Token.parse(response()) == Token.parse(token()) == Token.parse(response(1))
    assert Token.parse(token()).no_later_than == 1970646060


def test_a_token_is_about_its_own_bytes_only():
    Token.parse(token()).check_imprint(b"what was stamped")
    with pytest.raises(Falsified):
        Token.parse(token()).check_imprint(b"what was not")
    sha1 = der(0x30, der(0x30, oid("1.3.14.3.2.26")), der(4, hashlib.sha1(b"x").digest()))
    with pytest.raises(Undecided, match=r"1\.3\.14\.3\.2\.26"):
        Token.parse(token(info(imprint=sha1))).check_imprint(b"x")


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("sigstage/response-sha256.tsr", b"hello"),
        ("sigstage/response-sha384.tsr", b"hello"),
        ("sigstage/response-sha512.tsr", b"hello"),
        ("sigstage/response-no-embedded-cert.tsr", b"hello"),
        ("test_tsa/response.tsr", b"hello"),
        ("test_tsa/response-injected-certs.tsr", b"hello"),
        ("identrust/issue-104.tsr", b"hello"),
        ("sigstore.mock/response-expired.tsr", None),
    ],
)
def test_real_tokens_say_to_us_what_they_say_to_openssl(corpus, name, payload):
    path = corpus / "timestamp/rfc3161" / name
    found = Token.parse(path.read_bytes())
    if payload is None:
        payload = (path.parent / "payload").read_bytes()
    found.check_imprint(payload)
    with pytest.raises(Falsified):
        found.check_imprint(payload + b"\n")
    if shutil.which("openssl") is None:
        return
    ran = subprocess.run(["openssl", "ts", "-reply", "-in", path, "-text"], capture_output=True, text=True, check=True)
    said = dict(re.findall(r"^([A-Z][A-Za-z ]+): (.*)$", ran.stdout, re.MULTILINE))
    assert (said["Policy OID"], said["Hash Algorithm"]) == (found.policy, found.algorithm)
    assert int(said["Serial number"].replace("0x", ""), 16) == found.serial
    assert said["Time stamp"].split()[2:4] == [found.time[11:19], found.time[:4]]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")
def test_a_query_of_openssl_is_no_token_and_brings_one_sentence(tmp_path):
    ran = subprocess.run(["openssl", "ts", "-query", "-data", "/dev/null", "-sha256"], capture_output=True, check=True)
    with pytest.raises(Damaged):
        Token.parse(ran.stdout)


def test_a_refusal_of_the_authority_is_no_token():
    with pytest.raises(Damaged, match="status 2"):
        Token.parse(der(0x30, der(0x30, integer(2))))
    with pytest.raises(Damaged, match="without a token"):
        Token.parse(der(0x30, der(0x30, integer(0))))


def test_every_cut_and_every_extension_of_a_real_token_is_refused(corpus):
    data = (corpus / "timestamp/rfc3161/test_tsa/response.tsr").read_bytes()
    for end in range(len(data)):
        with pytest.raises(Damaged):
            Token.parse(data[:end])
    with pytest.raises(Damaged):
        Token.parse(data + b"\0")


LONG = bytearray(token())
LONG[1:4] = bytes([0x83, 0]) + bytes(LONG[2:4])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(LONG),
        b"\x30\x80" + token()[3:] + b"\0\0",
        b"\x30\x85\0\0\0\0\1\0",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x1f" + token()[1:],
        token(kind="1.2.840.113549.1.7.1"),
        token(signers=der(0x31)),
        token(signers=b""),
        token(info(version=2)),
        token(info(time=b"20320612094100")),
        token(info(time=b"20320612094100.0Z")),
        token(info(time=b"20320612094100.50Z")),
        token(info(time=b"20321312094100Z")),
        token(info(time=b"20320612094160Z")),
        token(info(time="２0320612094100Z".encode())),
        token(info(tail=der(2, b"\0\1"))),
        token(info(tail=der(2, b"\xff\x80"))),
        token(info(tail=der(2))),
        token(info(tail=der(0x30, integer(-1)))),
        token(info(tail=der(0x30, der(0x80, b"\x03\xe8")))),
        token(info(tail=der(0xA0, NAME) + der(0xA0, NAME))),
        token(info(tail=der(0xA0, NAME, NAME))),
        token(info(tail=der(0xA0, der(0xA4, der(0x30, der(0x30)))))),
        token(info(imprint=der(0x30, der(0x30, oid(SHA256)), der(4, bytes(31))))),
        token(info(imprint=der(0x30, der(0x30, der(6, b"\x80\x01")), der(4, bytes(32))))),
        token(info(imprint=der(0x30, der(0x30, der(6, b"\x81")), der(4, bytes(32))))),
        bytes(2 << 20),
    ],
)
def test_what_is_no_token_or_no_der_is_refused(data):
    with pytest.raises(Damaged):
        Token.parse(data)


@given(st.data())
def test_a_changed_byte_is_refused_or_read_but_brings_nothing_else(data):
    octets = bytearray(response())
    octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        Token.parse(bytes(octets))
    except Damaged:
        pass


@given(st.binary(max_size=100))
def test_no_bytes_bring_more_than_a_sentence(data):
    for whole in (data, der(0x30, data), token(data), token(info(tail=data))):
        try:
            Token.parse(whole)
        except Damaged:
            pass


@given(st.integers(-(2**100), 2**100))
def test_integers_are_read_as_they_are(value):
    assert Token.parse(token(info(tail=integer(value)))).nonce == value
