"""Laws of signature checking: RFC 8032's vectors, agreement with another program, one spelling."""

import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.proof import ed25519

L = 2**252 + 27742317777372353535851937790883648493
P = 2**255 - 19

# RFC 8032, section 7.1: TEST 1, 2, 3, SHA(abc).
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize("vector", VECTORS)
def test_the_standards_own_signatures_fit(vector):
    public, message, signature = (bytes.fromhex(text) for text in vector)
    assert ed25519.verify(public, message, signature)
    assert not ed25519.verify(public, message + b"\0", signature)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.integers(0, 511))
def test_each_signature_fits_and_no_flipped_bit_does(seed, message, bit):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert ed25519.verify(public, message, signature)
    bent = (int.from_bytes(signature) ^ (1 << bit)).to_bytes(64)
    assert not ed25519.verify(public, message, bent)
    assert not ed25519.verify((int.from_bytes(public) ^ (1 << bit % 256)).to_bytes(32), message, signature)


def test_a_second_spelling_of_a_signature_is_refused():
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public, signature = key.public_key().public_bytes_raw(), key.sign(b"x")
    s = int.from_bytes(signature[32:], "little") + L
    assert not ed25519.verify(public, b"x", signature[:32] + s.to_bytes(32, "little"))
    assert not ed25519.verify(public, b"x", signature + b"\0")
    assert not ed25519.verify(public + b"\0", b"x", signature)


@pytest.mark.parametrize("y", [0, 1, P - 1, P, P + 1, 2**255 - 1])
@pytest.mark.parametrize("sign", [0, 1])
def test_keys_of_small_order_or_without_canonical_spelling_are_refused(y, sign):
    public = (y | sign << 255).to_bytes(32, "little")
    neutral = (1).to_bytes(32, "little")
    for message in (b"", b"a", b"b", b"c", b"d", b"e", b"f", b"g"):
        assert not ed25519.verify(public, message, neutral + bytes(32))


def test_a_key_that_is_no_point_is_refused():
    not_a_point = next(y for y in range(2, 50) if ed25519._decode(y.to_bytes(32, "little")) is None)
    assert not ed25519.verify(not_a_point.to_bytes(32, "little"), b"", bytes(64))


def test_checking_takes_less_than_twenty_milliseconds():
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public, signature = key.public_key().public_bytes_raw(), key.sign(b"x")
    ed25519.verify(public, b"x", signature)
    start = time.process_time()
    for _ in range(20):
        assert ed25519.verify(public, b"x", signature)
    assert (time.process_time() - start) / 20 < 0.020
