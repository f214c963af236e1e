"""Laws of OpenTimestamps proofs: where each path leads, and that no hostile one costs anything."""

import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.errors import Damaged, Falsified, Undecided
from witnessmark.proof import ripemd160
from witnessmark.proof.ots import MAGIC, Bitcoin, Pending, Timestamp, Unknown

PENDING = bytes.fromhex("83dfe30d2ef90c8e")
BITCOIN = bytes.fromhex("0588960d73d71901")
DIGEST = hashlib.sha256(b"x").digest()
# The proof "Hello World!" of the OpenTimestamps client's examples ends in this root, as its documentation prints it.
ROOT_358391 = "007ee445d23ad061af4a36b809501fab1ac4f2d7e7a739817dd0cbb7ec661b8a"


def proof(tail, digest=DIGEST, kind=8, version=b"\x01"):
    return MAGIC + version + bytes([kind]) + digest + tail


def pending(uri=b"https://a.example"):
    payload = bytes([len(uri)]) + uri
    return b"\0" + PENDING + bytes([len(payload)]) + payload


def bitcoin(height):
    return b"\0" + BITCOIN + bytes([len(height)]) + height


def refused(data, match="OpenTimestamps|Bitcoin"):
    with pytest.raises(Damaged, match=match):
        Timestamp.parse(data)


def test_every_operation_does_what_it_says():
    tail = b"\xf0\x02ab" + b"\xf1\x02cd" + b"\xf2" + b"\xf3" + b"\x02" + b"\x03" + b"\x08" + bitcoin(b"\xd7\x04")
    message = b"cd" + DIGEST + b"ab"
    for step in (lambda m: m[::-1], lambda m: m.hex().encode(), lambda m: hashlib.sha1(m).digest(), ripemd160.digest):
        message = step(message)
    assert Timestamp.parse(proof(tail)).attestations == (Bitcoin(599, hashlib.sha256(message).digest()),)


def test_forks_are_followed_in_order_and_each_branch_has_its_own_message():
    unknown = b"\0" + b"12345678" + b"\x03abc"
    tail = b"\xff\xf0\x01a\xff" + pending(b"a") + b"\x08" + bitcoin(b"\x05") + b"\xff" + unknown + pending(b"b")
    assert Timestamp.parse(proof(tail)).attestations == (
        Pending("a", DIGEST + b"a"),
        Bitcoin(5, hashlib.sha256(DIGEST + b"a").digest()),
        Unknown(b"12345678", b"abc", DIGEST),
        Pending("b", DIGEST),
    )


def test_real_proofs_lead_where_they_are_known_to_lead(corpus):
    folder = corpus / "timestamp/opentimestamps"
    hello = Timestamp.parse((folder / "hello-world.txt.ots").read_bytes())
    assert [(one.height, one.merkle_root.hex()) for one in hello.attestations] == [(358391, ROOT_358391)]
    hello.check_content((folder / "hello-world.txt").read_bytes())
    two = Timestamp.parse((folder / "two-calendars.txt.ots").read_bytes())
    assert [one.uri.split("/")[2] for one in two.attestations] == [
        "alice.btc.calendar.opentimestamps.org",
        "bob.btc.calendar.opentimestamps.org",
    ]
    assert [one.height for one in Timestamp.parse((folder / "empty.ots").read_bytes()).bitcoin] == [129405]
    old = Timestamp.parse((folder / "bitcoin.pdf.ots").read_bytes())
    assert old.algorithm == "sha1"
    with pytest.raises(Undecided):
        old.check_content(b"")


def test_a_proof_is_about_its_own_file_only(corpus):
    folder = corpus / "timestamp/opentimestamps"
    for name in ("hello-world.txt", "empty", "incomplete.txt", "two-calendars.txt", "known-and-unknown-notary.txt"):
        found = Timestamp.parse((folder / f"{name}.ots").read_bytes())
        found.check_content((folder / name).read_bytes())
        with pytest.raises(Falsified):
            found.check_content((folder / name).read_bytes() + b"\n")


@pytest.mark.parametrize("name", ["bad-major-version", "exceeds-max-msg-length", "invalid-file-digest-type"])
def test_invalid_proofs_of_others_are_refused(corpus, name):
    refused((corpus / f"timestamp/opentimestamps/{name}.ots").read_bytes())


def test_every_cut_of_a_real_proof_is_refused(corpus):
    data = (corpus / "timestamp/opentimestamps/hello-world.txt.ots").read_bytes()
    for end in range(len(data)):
        refused(data[:end])
    refused(data + b"\0")


@pytest.mark.parametrize(
    "tail",
    [
        b"",
        b"\xff",
        b"\xff\xff" + pending() + pending(),
        b"\xf0\x00" + pending(),
        b"\xf0\x82\x00ab" + pending(),
        b"\xf0\xff\xff\x7f" + pending(),
        b"\x67" + pending(),
        b"\xf4" + pending(),
        pending(b"https://a.example/?q"),
        pending(b""),
        bitcoin(b"\x05\x00"),
        bitcoin(b"\x85\x00"),
        bitcoin(b""),
        bitcoin(b"\xff" * 9),
        b"\xf0\x01a" + bitcoin(b"\x05"),
        b"\0" + b"12345678" + b"\x81\x40" + bytes(8193),
    ],
)
def test_a_second_spelling_or_an_unknown_step_is_refused(tail):
    refused(proof(tail))


@pytest.mark.parametrize("data", [b"", MAGIC[:-1], b"x" + MAGIC, proof(pending(), version=b"\x02"), bytes(2 << 20)])
def test_what_is_no_proof_is_refused(data):
    refused(data)


@pytest.mark.parametrize(
    "tail",
    [
        b"\x08" * 257 + pending(),
        b"\xff\x08" * 300 + pending() * 300,
        b"\xff\x08\x00" + b"12345678\x00",
        (b"\xff\x03" + pending(b"a")) * 5000 + pending(b"a"),
        b"\xf0\xa0\x1e" + bytes(3872) + b"\xf0\x40" + bytes(64) + (b"\xff\x03" + pending(b"a")) * 5000 + pending(b"a"),
        b"\xf3" * 100 + pending(),
        (b"\xff" + pending(b"a")) * 257 + pending(b"a"),
    ],
)
def test_deep_wide_and_costly_proofs_are_refused_soon(tail):
    start = time.process_time()
    refused(proof(tail))
    assert time.process_time() - start < 3


@given(st.binary(max_size=200))
def test_no_bytes_bring_more_than_a_sentence(tail):
    try:
        Timestamp.parse(proof(tail))
    except Damaged:
        pass


def header(root, bits=0x207FFFFF, moment=1_500_000_000):
    for nonce in range(1000):
        found = (
            bytes(36) + root + moment.to_bytes(4, "little") + bits.to_bytes(4, "little") + nonce.to_bytes(4, "little")
        )
        work = hashlib.sha256(hashlib.sha256(found).digest()).digest()
        if int.from_bytes(work, "little") < 0x7FFFFF << 8 * (0x20 - 3):
            return found
    raise AssertionError


def test_a_header_from_elsewhere_gives_the_time_and_no_other_header_does():
    found = Bitcoin(7, DIGEST)
    assert found.check(header(DIGEST)) == 1_500_000_000
    with pytest.raises(Falsified, match="another Merkle root"):
        found.check(header(bytes(32)))
    with pytest.raises(Falsified, match="work"):
        found.check(header(DIGEST)[:72] + (0x1D00FFFF).to_bytes(4, "little") + bytes(4))
    with pytest.raises(Damaged):
        found.check(header(DIGEST)[:79])


def test_the_first_block_of_bitcoin_is_what_everyone_knows():
    root = bytes.fromhex("3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a")
    genesis = (1).to_bytes(4, "little") + bytes(32) + root + bytes.fromhex("29ab5f49ffff001d1dac2b7c")
    assert Bitcoin(0, root).check(genesis) == 1231006505


# RIPEMD-160, appendix B of its paper, as its authors print them.
@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "9c1185a5c5e9fc54612808977ee8f548b2258d31"),
        (b"a", "0bdc9d2d256b3ee9daae347be6f4dc835a467ffe"),
        (b"abc", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
        (b"message digest", "5d0689ef49d2fae572b881b123a85ffa21595f36"),
        (b"1234567890" * 8, "9b752e45573d4b39f4dbd3323cab82bf63326bfb"),
    ],
)
def test_ripemd160_gives_the_hashes_of_its_authors(data, digest):
    assert ripemd160.digest(data).hex() == digest


@given(st.binary(max_size=300))
def test_ripemd160_agrees_with_openssl(data):
    try:
        theirs = hashlib.new("ripemd160", data).digest()
    except ValueError:
        pytest.skip("this OpenSSL has no RIPEMD-160")
    assert ripemd160.digest(data) == theirs
