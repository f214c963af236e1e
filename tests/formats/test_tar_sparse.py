"""Laws of sparse members: a file with holes comes out as it was, and a hole costs no more than it may."""

import io
import random
import shutil
import struct
import subprocess
import tarfile
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import tar_sparse, tars
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

GNU_TAR = pytest.mark.skipif(
    shutil.which("tar") is None or b"GNU tar" not in subprocess.run(["tar", "--version"], capture_output=True).stdout,
    reason="needs GNU tar",
)
FORMS = [
    ("gnu", None),
    ("posix", "0.0"),
    ("posix", "0.1"),
    ("posix", "1.0"),
]


def holed(parts, size):
    data = bytearray(size)
    for at, piece in parts:
        data[at : at + len(piece)] = piece
    return bytes(data)


FEW = holed([(0, b"first"), (700_000, b"keys" * 3000), (1_500_000, b"end")], 2_000_000)
MANY = holed([(n * 40_960, random.Random(n).randbytes(700)) for n in range(120)], 40_960 * 120)
FILES = {"few.bin": FEW, "many.bin": MANY, "all-zeros.bin": bytes(900_000), "plain.txt": b"The gate stays shut.\n"}


def made(tmp_path, form, version):
    for name, data in FILES.items():
        with (tmp_path / name).open("wb") as file:  # a file that has no hole on the disk is never packed with one
            for at in range(0, len(data), 4096):
                if data[at : at + 4096].strip(b"\0"):
                    file.seek(at)
                    file.write(data[at : at + 4096])
            file.truncate(len(data))
    words = ["tar", "-cf", "a.tar", f"--format={form}", "-S", "--hole-detection=raw"]
    if version:
        words.append(f"--sparse-version={version}")
    subprocess.run([*words, *FILES], cwd=tmp_path, check=True, capture_output=True)
    return (tmp_path / "a.tar").read_bytes()


@GNU_TAR
@pytest.mark.parametrize(("form", "version"), FORMS)
def test_what_gnu_tar_packed_with_holes_comes_out_as_it_was(read, tmp_path, form, version):
    data = made(tmp_path, form, version)
    assert len(data) < 400_000
    found = read(data, "a.tar")
    assert {member.name: bytes(member.data) for member in found.members} == FILES
    assert {member.name: member.how for member in found.members}["few.bin"] is How.DECODED
    assert (found.ended, found.detail) == (Outcome.OK, "")


@GNU_TAR
@pytest.mark.parametrize(("form", "version"), FORMS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_one_that_breaks_off_gives_what_it_held(read, tmp_path, form, version, share):
    data = made(tmp_path, form, version)
    found = read(data[: int(len(data) * share)], "a.tar")
    assert found.members
    assert all(FILES[member.name].startswith(bytes(member.data)) for member in found.members)
    assert found.ended is Outcome.PARTIAL


def old(name, parts, size, stored):
    """A member of the old GNU form, made here: no tar at hand makes a hole of a terabyte."""

    def number(value, width):
        if value < 8 ** (width - 1):
            return f"{value:0{width - 1}o}\0".encode()
        return b"\x80" + value.to_bytes(width - 1, "big")

    block = bytearray(512)
    block[:100] = name.ljust(100, b"\0")
    block[100:108], block[124:136], block[136:148] = b"0000644\0", number(len(stored), 12), number(0, 12)
    block[156:157], block[257:265] = b"S", b"ustar  \0"
    for i, (offset, length) in enumerate(parts):
        block[386 + 24 * i : 410 + 24 * i] = number(offset, 12) + number(length, 12)
    block[483:495] = number(size, 12)
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block) + stored + bytes(-len(stored) % 512)


def test_a_hole_of_a_terabyte_comes_out_without_it_and_at_once(read):
    before = time.process_time()
    found = read(old(b"disk.img", [(0, 5), (1 << 40, 3)], (1 << 40) + 3, b"firstend") + bytes(1024), "a.tar")
    assert time.process_time() - before < 2
    assert [(member.name, bytes(member.data)) for member in found.members] == [("disk.img.without-holes", b"firstend")]
    assert (found.ended, found.detail) == (Outcome.PARTIAL, "1 sparse files are taken out without their holes")
    assert found.observed("tar.without_holes")[0]["size"] == str((1 << 40) + 3)


def test_holes_are_counted_over_the_whole_tar(read, monkeypatch):
    monkeypatch.setattr(tars, "MOST_HOLES", 2500)
    data = b"".join(old(b"%d" % n, [(1000, 4)], 1004, b"keys") for n in range(4)) + bytes(1024)
    found = read(data, "a.tar")
    assert [member.name for member in found.members] == ["0", "1", "2.without-holes", "3.without-holes"]


@pytest.mark.parametrize(
    "parts", [[(0, 5), (3, 3)], [(10, 3), (0, 5)], [(0, 99)], [(0, 5), (2000, 3)]], ids=["over", "back", "more", "far"]
)
def test_a_map_that_cannot_be_is_named_and_refused(read, parts):
    found = read(old(b"disk.img", parts, 1000, b"firstend") + bytes(1024), "a.tar")
    assert not found.members
    assert found.refused[0][2] == "a sparse file whose map of holes is damaged"


def test_the_budget_stops_a_hole(read):
    found = read(old(b"a", [(900 << 20, 4)], (900 << 20) + 4, b"keys") + bytes(1024), "a.tar", budget=1 << 20)
    assert found.ended is Outcome.REFUSED_LIMIT


def test_maps_of_1_0_that_lie_are_refused(read):
    for start in (b"9999999\n", b"2\n1\n", b"x", b"1\n5\n-3\n", b"1\n" + b"9" * 30 + b"\n1\n"):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
            info = tarfile.TarInfo("GNUSparseFile.0/a")
            info.pax_headers = {
                "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "a", "GNU.sparse.realsize": "99",
            }  # fmt: skip
            data = start.ljust(512, b"\0") + b"keys"
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        found = read(out.getvalue(), "a.tar")
        assert (found.members, [name for name, _, _ in found.refused]) == ([], ["a"]), start


@given(st.lists(st.tuples(st.integers(0, 50), st.binary(min_size=1, max_size=20)), max_size=20), st.integers(0, 60))
def test_a_map_gives_back_the_file(gaps, end):
    whole, parts, stored = bytearray(), [], b""
    for gap, piece in gaps:
        whole += bytes(gap)
        parts.append((len(whole), len(piece)))
        whole += piece
        stored += piece
    whole += bytes(end)
    found = tar_sparse.Map(tuple(parts), len(whole))
    assert found.agrees(len(stored))
    assert b"".join(tar_sparse.expanded(found, lambda at, size: iter([stored[at : at + size]]))) == whole


@given(st.binary(max_size=300), st.integers(0, 511))
def test_noise_in_a_header_is_no_crash(read, noise, at):
    data = bytearray(old(b"a", [(0, 5), (100, 3)], 1000, b"firstend") + bytes(1024))
    data[at : at + len(noise)] = noise
    block = data[:512]
    block[148:156] = b" " * 8
    data[148:156] = struct.pack("8s", f"{sum(block):06o}\0 ".encode())
    found = read(bytes(data), "a.tar")
    assert found.spent < 1 << 31
