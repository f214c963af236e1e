"""Laws of zlib streams: told by inflating and by nothing less, read to the last good byte, their checksum compared."""

import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import zlibs
from witnessmark.model.derivative import Outcome

WORDS = " ".join(random.Random(7).choices(("door", "keys", "night", "the", "order", "gate"), k=20_000)).encode()


@pytest.mark.parametrize("level", range(10))
@pytest.mark.parametrize(
    "data", [b"", b"The gate stays shut.\n", WORDS, bytes(300_000)], ids=["none", "line", "words", "zeros"]
)
def test_a_stream_is_one_member_at_every_level(read, level, data):
    found = read(zlib.compress(data, level), "letter.txt.zlib")
    assert (found.media_type, found.ended) == ("application/zlib", Outcome.OK)
    assert [(member.name, bytes(member.data)) for member in found.members] == [("letter.txt", data)]


@pytest.mark.parametrize("window", range(9, 16))
def test_a_stream_of_any_window_is_told(window):
    machine = zlib.compressobj(9, zlib.DEFLATED, window)
    assert zlibs.begins(machine.compress(WORDS) + machine.flush())


@given(st.binary(max_size=3000), st.integers(0, 9))
def test_whatever_was_packed_comes_out(read, data, level):
    assert bytes(read(zlib.compress(data, level), "a.zz").members[0].data) == data


@pytest.mark.parametrize("start", [b"x\x9c", b"x\x01", b"x\xda", b"x^", b"h\x81", b"\x18\x19"])
@given(rest=st.binary(max_size=2000))
def test_two_bytes_make_no_stream(read, start, rest):
    assert read(start + b"\xff" + rest, "a.bin").media_type != "application/zlib"
    try:
        whole = zlib.decompressobj(15)
        whole.decompress(start + rest)
    except zlib.error:
        whole = None
    assert whole is not None or not zlibs.begins(start + rest)


def test_a_formula_is_a_text(read):
    assert read(b"x^2 + y^2 = z^2, for all doors\n", "a.txt").media_type == "text/plain"


def test_one_that_breaks_off_gives_what_it_held(read):
    packed = zlib.compress(WORDS)
    found = read(packed[: len(packed) // 2], "a.zlib")
    assert (found.media_type, found.ended) == ("application/zlib", Outcome.PARTIAL)
    assert len(found.members[0].data) > len(WORDS) // 3
    assert WORDS.startswith(bytes(found.members[0].data))


def test_a_wrong_checksum_is_said_and_all_bytes_are_kept(read):
    packed = zlib.compress(WORDS)
    found = read(packed[:-1] + bytes((packed[-1] ^ 1,)), "a.zlib")
    assert found.ended is Outcome.PARTIAL
    assert "damaged" in found.detail
    assert bytes(found.members[0].data) == WORDS


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_what_stands_before_a_damage_comes_out(read, share):
    plain = random.Random(3).randbytes(270_000)
    machine = zlib.compressobj(6)
    blocks = [
        machine.compress(plain[at : at + 9000]) + machine.flush(zlib.Z_FULL_FLUSH) for at in range(0, len(plain), 9000)
    ]
    count = int(len(blocks) * share)
    head = b"".join(blocks[:count])
    found = read(head + b"\xff" * 50 + b"".join(blocks[count:]), "a.zlib")  # no block is of that kind
    assert found.ended is Outcome.PARTIAL
    assert bytes(found.members[0].data) == plain[: 9000 * count]


def test_what_follows_the_end_is_observed(read):
    found = read(zlib.compress(WORDS) + b"more", "a.zlib")
    assert (found.ended, found.observed("zlib.trailing")) == (Outcome.OK, [4])
