"""Laws of what packs the members of a zip: what other programs packed comes out as it was, whatever they packed it by."""

import random
import shutil
import struct
import subprocess
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli import calling as wm

from witnessmark.formats import deflate64, unarchive, zip_unfold
from witnessmark.formats.bits import BrokenPacking
from witnessmark.model.derivative import Outcome

SEVEN_ZIP = pytest.mark.skipif(shutil.which("7z") is None, reason="needs 7z (Debian: p7zip-full)")
ZSTD = pytest.mark.skipif(shutil.which("zstd") is None, reason="needs zstd")
LIBRARY = pytest.mark.skipif(not unarchive.is_here(), reason="needs libarchive")


def text(words):
    rng = random.Random(17)
    return " ".join(
        rng.choice(("door", "keys", "night", "the", "order", "门", "закрыта")) for _ in range(words)
    ).encode()


CONTENTS = {
    "empty.txt": b"",
    "short.txt": b"The gate stays shut.\n",
    "text.txt": text(60_000),
    "noise.bin": random.Random(4).randbytes(200_000),
    "zeros.bin": bytes(3_000_000),
    "far.bin": (noise := random.Random(5).randbytes(60_000)) + noise * 3,
}


def by_7z(tmp_path, method):
    for name, data in CONTENTS.items():
        (tmp_path / name).write_bytes(data)
    subprocess.run(
        ["7z", "a", "-tzip", f"-mm={method}", "made.zip", *CONTENTS], cwd=tmp_path, check=True, capture_output=True
    )
    return (tmp_path / "made.zip").read_bytes()


def one(method, packed, data, name=b"a.txt", flags=0):
    """A zip of one member, packed somehow."""
    about = struct.pack("<HHHHHIIIHH", 63, flags, method, 0, 33, zlib.crc32(data), len(packed), len(data), len(name), 0)
    local = b"PK\3\4" + about + name + packed
    central = b"PK\1\2" + struct.pack("<H", 63) + about + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    return local + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


@SEVEN_ZIP
@pytest.mark.parametrize("method", ["Deflate64", "BZip2", "LZMA", pytest.param("PPMd", marks=LIBRARY)])
def test_what_7z_packed_comes_out_as_it_was(read, tmp_path, method):
    data = by_7z(tmp_path, method)
    found = read(data, "made.zip")
    assert {member.name: bytes(member.data) for member in found.members} == CONTENTS
    assert (found.ended, found.detail) == (Outcome.OK, "")


@ZSTD
@LIBRARY
def test_what_zstd_packed_comes_out_as_it_was(read):
    data = text(9000)
    packed = subprocess.run(["zstd", "-c"], input=data, check=True, capture_output=True).stdout
    found = read(one(93, packed, data), "a.zip")
    assert [bytes(member.data) for member in found.members] == [data]
    assert found.ended is Outcome.OK
    assert "libarchive" in found.tools


@ZSTD
@LIBRARY
def test_the_walls_of_the_cell_stand_while_a_library_calls_back(tmp_path):
    data = text(9000)
    packed = subprocess.run(["zstd", "-c"], input=data, check=True, capture_output=True).stdout
    (tmp_path / "leak").mkdir()
    (tmp_path / "leak" / "a.zip").write_bytes(one(93, packed, data))
    wm.good("compile", tmp_path / "archive", tmp_path / "leak")
    rows = wm.files(tmp_path / "archive")
    assert (rows["a.zip"]["outcome"], rows["a.zip!/a.txt"]["size"]) == ("ok", len(data))


def test_without_the_library_the_member_is_named_with_what_is_missing(read, monkeypatch):
    monkeypatch.setattr(unarchive, "ffi", None)
    found = read(one(93, b"(\xb5/\xfd", b"x"), "a.zip")
    assert not found.members
    assert "libarchive" in found.refused[0][2]
    assert found.ended is Outcome.PARTIAL


@pytest.mark.parametrize(("method", "name"), [(10, "PKWARE's library"), (97, "WavPack"), (77, "method 77")])
def test_a_method_that_is_not_unpacked_is_named(read, method, name):
    found = read(one(method, b"abc", b"x"), "a.zip")
    assert found.refused == [("a.txt", Outcome.UNSUPPORTED, f"it is packed by {name}, which is not unpacked here")]


# Deflate is Deflate64 but for the last length code and two distances; zlib writes what has to come out of both.
@given(st.lists(st.sampled_from([b"door", b"keys ", b"\x00" * 40, bytes(range(200))]), max_size=80), st.integers(0, 9))
def test_what_zlib_packs_without_its_longest_match_unfolds(parts, level):
    data = b"".join(parts)[:200]  # no match of 258 bytes can be in it
    machine = zlib.compressobj(level, zlib.DEFLATED, -15)
    packed = machine.compress(data) + machine.flush()
    assert b"".join(deflate64.unfolded(iter([packed]))) == data
    assert b"".join(deflate64.unfolded(packed[at : at + 1] for at in range(len(packed)))) == data


@SEVEN_ZIP
def test_one_that_breaks_off_gives_what_it_held(read, tmp_path):
    (tmp_path / "text.txt").write_bytes(CONTENTS["text.txt"])
    subprocess.run(
        ["7z", "a", "-tzip", "-mm=Deflate64", "made.zip", "text.txt"], cwd=tmp_path, check=True, capture_output=True
    )
    whole = (tmp_path / "made.zip").read_bytes()
    found = read(whole[: len(whole) // 2], "made.zip")
    assert len(found.members[0].data) > 20_000
    assert CONTENTS["text.txt"].startswith(bytes(found.members[0].data))
    assert found.ended is Outcome.PARTIAL


def test_a_bomb_is_stopped_by_the_budget_and_by_the_size_that_is_stated(read):
    # A fixed block: a zero, then matches of 65,538 bytes at distance 1 (code 285 and 16 bits, all ones), without end.
    bits = "1" + "10" + "00110000" + ("11000101" + "1" * 16 + "00000") * 3000
    packed = bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))
    found = read(one(9, packed, b"x" * 1000), "a.zip")
    assert found.ended is Outcome.REFUSED_LIMIT
    assert len(found.members[0].data) == 1000 + 65_536
    unfolded, pieces = 0, 0
    with pytest.raises(BrokenPacking):
        for piece in deflate64.unfolded(iter([packed])):
            pieces += 1
            unfolded += len(piece)
            assert len(piece) < 1 << 20
    assert unfolded > 190_000_000


@pytest.mark.parametrize("method", [9, 93, 98])
@given(noise=st.binary(max_size=300))
def test_noise_ends_as_an_outcome(read, method, noise):
    found = read(one(method, noise, b"x" * 50), "a.zip")
    assert found.ended in (Outcome.PARTIAL, Outcome.CORRUPT, Outcome.REFUSED_LIMIT)


@given(st.binary(max_size=200))
def test_noise_is_broken_or_ends_by_itself(noise):
    try:
        b"".join(deflate64.unfolded(iter([noise])))
    except BrokenPacking as error:
        assert str(error)


def test_every_method_that_is_named_is_one_that_is_not_unpacked():
    assert not set(zip_unfold.METHOD_NAMES) & set(zip_unfold.METHODS)
