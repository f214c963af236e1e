"""Laws of BZZ: what any packer packed comes back byte for byte; what nobody packed ends, soon and with a reason."""

import random
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.forge import djvu_forge as forge

from witnessmark.formats import bzz, zp_states

PARTS = st.lists(st.tuples(st.binary(min_size=1, max_size=30), st.integers(1, 40)), max_size=20)
VECTORS = {
    # packed by DjVuLibre 3.5.28
    b"The doors are locked at night.\n"
    * 3: "ffffa1facfb40bae8854ca52c0812e595cc3d4a5d5f8f60fa215a014b99e0accf7de877df729b864bf",
}


def prose(size, seed="lantern"):
    chance = random.Random(seed)
    words = [bytes(chance.randrange(97, 123) for _ in range(chance.randrange(2, 9))) for _ in range(300)]
    return b" ".join(chance.choice(words) for _ in range(size // 4))[:size]


def test_the_states_are_as_many_as_the_table_has_and_keep_their_likelier_bit():
    tables = (zp_states.STEPS, zp_states.THRESHOLDS, zp_states.UP, zp_states.DOWN)
    assert {len(table) for table in tables} == {251}
    assert all((state ^ then) & 1 == 0 for state, then in enumerate(zp_states.UP))
    assert max(*zp_states.UP, *zp_states.DOWN) < 251
    assert max(zp_states.STEPS) == 0x8000


@pytest.mark.parametrize(("data", "packed"), VECTORS.items())
def test_what_another_packer_made_comes_back(data, packed):
    assert bzz.unfold(bytes.fromhex(packed), 1 << 20) == bzz.Unfolded(data, len(data) + 1)


@settings(max_examples=80, deadline=None)
@given(PARTS, st.integers(1, 700), st.sampled_from((0, 1, 2)))
def test_any_bytes_come_back(parts, block, shift):
    data = b"".join(part * times for part, times in parts)
    unfolded = bzz.unfold(forge.bzz(data, block, shift), 1 << 20)
    assert (unfolded.data, unfolded.problem) == (data, "")
    assert unfolded.begun == len(data) + -(-len(data) // block)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_lead_the_unfolding_astray(packed):
    unfolded = bzz.unfold(packed, 20_000)
    assert len(unfolded.data) <= unfolded.begun <= 20_000


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_damage_costs_no_more_than_the_blocks_from_there_on(at, wrong):
    data = prose(3_000)
    packed = forge.bzz(data, 1_000)
    at %= len(packed) - len(wrong)
    unfolded = bzz.unfold(packed[:at] + wrong + packed[at + len(wrong) :], 8_000)
    assert unfolded.begun <= 8_000
    whole = (
        at * 3 // len(packed)
    )  # the blocks are packed about alike; that of the damage and the one before may be lost
    assert unfolded.data[: max(0, whole - 1) * 1_000] == data[: max(0, whole - 1) * 1_000]


def test_bytes_that_break_off_give_their_whole_blocks():
    data = prose(3_000)
    packed = forge.bzz(data, 1_000)
    unfolded = bzz.unfold(packed[: len(packed) // 2], 1 << 20)
    assert unfolded.data == data[:1_000]
    assert unfolded.problem


@pytest.mark.parametrize("size", [1 << 17, (4 << 20) + 1, (1 << 24) - 1])
def test_a_block_that_states_more_than_may_come_out_is_not_begun(size):
    bits = forge.Bits()
    forge.put_block(bits, b"The doors", 0, size=size)
    unfolded = bzz.unfold(bits.packed() + bytes(40), 1 << 16)
    assert (unfolded.data, unfolded.begun, bool(unfolded.problem)) == (b"", 0, True)


def test_nothing_is_begun_that_would_pass_the_bound():
    packed = forge.bzz(b"a" * 5_000, 1_000)
    assert bzz.unfold(packed, 2_500) == bzz.Unfolded(b"a" * 2_000, 2_002, "it unfolds to more than 2500 bytes", True)
    assert len(packed) < 40


def test_ones_without_end_unfold_to_little():
    unfolded = bzz.unfold(b"\xff" * 5_000, 1 << 22)
    assert unfolded.data == b""


@pytest.mark.skipif(shutil.which("bzz") is None, reason="DjVuLibre's programs are not on this machine")
@pytest.mark.parametrize("size", [1, 2, 3, 900, 40_000, 150_000])
def test_djvulibre_packs_what_is_read_here_and_reads_what_is_packed_here(tmp_path, size):
    for number, data in enumerate((prose(size), random.Random(size).randbytes(size), bytes(size))):
        (tmp_path / "plain").write_bytes(data)
        subprocess.run(["bzz", "-e50", "plain", "theirs"], cwd=tmp_path, check=True)
        assert bzz.unfold((tmp_path / "theirs").read_bytes(), 1 << 22).data == data
        if size <= 900:
            (tmp_path / "ours").write_bytes(forge.bzz(data, 300, number))
            subprocess.run(["bzz", "-d", "ours", "back"], cwd=tmp_path, check=True)
            assert (tmp_path / "back").read_bytes() == data
