"""Laws of cryptographic messages: the content comes out as it was put in, in any encoding of its lengths."""

import base64
import shutil
import subprocess
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.model.derivative import Outcome

SIGNED = bytes.fromhex("06092a864886f70d010702")
DATA = bytes.fromhex("06092a864886f70d010701")
PACKED = bytes.fromhex("060b2a864886f70d0109100109")
STAMPED = bytes.fromhex("060b2a864886f70d010910011f")
LOCKED = bytes.fromhex("06092a864886f70d010703")


def der(tag, *parts):
    body = b"".join(parts)
    if len(body) < 128:
        return bytes((tag, len(body))) + body
    length = len(body).to_bytes(4, "big")
    return bytes((tag, 0x84)) + length + body


def ber(tag, *parts):
    return bytes((tag, 0x80)) + b"".join(parts) + b"\0\0"


def pieces(content, size=100):
    return ber(0x24, *(der(4, content[at : at + size]) for at in range(0, len(content), size)))


def signed(content, wrap=der):
    octets = der(4, content) if wrap is der else pieces(content)
    algorithms = der(0x31, der(0x30, bytes.fromhex("0609608648016503040201")))
    return wrap(0x30, SIGNED, wrap(0xA0, wrap(0x30, b"\2\1\1", algorithms, wrap(0x30, DATA, wrap(0xA0, octets)))))


@pytest.mark.parametrize("wrap", [der, ber])
@pytest.mark.parametrize("size", [1, 100, 70_000])
def test_the_content_comes_out_as_it_was_put_in(read, wrap, size):
    content = (b"The doors are locked. " * 4000)[:size]
    found = read(signed(content, wrap), "order.txt.p7m")
    assert [(member.name, bytes(member.data)) for member in found.members] == [("order.txt", content)]
    assert found.observed("cms.type") == ["signed-data"]
    assert found.ended == Outcome.OK


def test_a_packed_content_is_unpacked(read):
    inner = der(0x30, DATA, der(0xA0, der(4, zlib.compress(b"two keys " * 900))))
    algorithm = der(0x30, bytes.fromhex("060b2a864886f70d0109100308"))
    data = der(0x30, PACKED, der(0xA0, der(0x30, b"\2\1\0", algorithm, inner)))
    found = read(data, "keys.txt.p7z")
    assert bytes(found.members[0].data) == b"two keys " * 900


def test_a_stamped_content_comes_out(read):
    data = ber(0x30, STAMPED, ber(0xA0, ber(0x30, b"\2\1\1", pieces(b"two keys " * 99))))
    assert bytes(read(data, "keys.tsd").members[0].data) == b"two keys " * 99


def test_a_message_in_armour_is_read_as_without(read):
    letters = base64.encodebytes(signed(b"The doors are locked.")).decode()
    for kind in ("PKCS7", "CMS"):
        found = read(f"-----BEGIN {kind}-----\n{letters}-----END {kind}-----\n".encode(), "order.pem")
        assert found.media_type == "application/pkcs7-mime"
        assert [(member.name, bytes(member.data)) for member in found.members] == [("order", b"The doors are locked.")]
    for broken in (b"-----BEGIN CMS-----\nMIIB", b"-----BEGIN CMS-----\nM-----END CMS-----", b"-----BEGIN CMS-----\n"):
        assert read(broken, "order.pem").ended == Outcome.CORRUPT


def test_an_encrypted_content_is_said_to_be_so(read):
    data = der(0x30, LOCKED, der(0xA0, der(0x30, b"\2\1\0", der(0x31), der(0x30, DATA))))
    found = read(data, "keys.p7m")
    assert (found.members, found.ended) == ([], Outcome.ENCRYPTED)


def test_a_content_that_breaks_off_is_partial(read):
    found = read(signed(b"x" * 5000, ber)[:3000], "a.p7m")
    assert found.ended in (Outcome.PARTIAL, Outcome.CORRUPT)


def test_an_endless_nest_is_refused(read):
    found = read(ber(0x30, SIGNED, b"\xa0\x80" + b"\x30\x80" * 400), "a.p7m")
    assert found.ended in (Outcome.CORRUPT, Outcome.OK)


@given(st.binary(max_size=200))
def test_noise_is_no_crash(read, noise):
    assert isinstance(read(b"\x30\x80" + SIGNED + noise, "a.p7m").ended, Outcome)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
def test_what_openssl_signs_is_read(read, tmp_path):
    (tmp_path / "order.txt").write_bytes(b"The doors are locked at night.\n")

    def call(*words):
        subprocess.run(["openssl", *words], cwd=tmp_path, check=True, capture_output=True)

    call("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k", "-out", "c", "-subj", "/CN=Orrin Brandveth")
    for flag in ([], ["-stream"]):
        call("cms", "-sign", "-binary", "-nodetach", *flag, "-in", "order.txt", "-signer", "c", "-inkey", "k",
             "-outform", "DER", "-out", "order.p7m")  # fmt: skip
        found = read((tmp_path / "order.p7m").read_bytes(), "order.p7m")
        assert bytes(found.members[0].data) == b"The doors are locked at night.\n"
        assert ("certificate", "Orrin Brandveth") in found.hidden_pieces
