"""Laws of archives in programs: what would unpack itself comes out without being run; letters alone make no archive."""

import io
import shutil
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import unarchive
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

LIBRARY = pytest.mark.skipif(not unarchive.is_here(), reason="needs libarchive")
ORDER = b"The gate stays shut at night.\n" * 40


def program(signed_from=0, signed=0) -> bytes:
    """The beginning of a program of Windows, with words in it and, where asked for, a place for its signatures."""
    optional = struct.pack("<H", 0x20B) + bytes(110) + bytes(32) + struct.pack("<II", signed_from, signed) + bytes(88)
    coff = struct.pack("<HHIIIHH", 0x8664, 0, 1_400_000_000, 0, 0, len(optional), 0x22)
    head = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + coff + optional
    return (head + b"This installer was written for the office by hand.\0").ljust(1024, b"\0")


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(zipfile.ZipInfo("order.txt"), ORDER)  # of one day: two makings are compared
    return out.getvalue()


def cabinet(name=b"order.txt", data=ORDER) -> bytes:
    """A cabinet of one file that is stored as it is ([MS-CAB] 2.1 to 2.4; a checksum of 0 is none)."""
    file = struct.pack("<IIHHHH", len(data), 0, 0, 0x4A21, 0x6000, 0x20) + name + b"\0"
    block = struct.pack("<IHH", 0, len(data), len(data)) + data
    at = 36 + 8 + len(file)
    head = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, at + len(block), 0, 44, 0, 3, 1, 1, 1, 0, 0, 0)
    return head + struct.pack("<IHH", at, 1, 0) + file + block


def number(value) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes((value & 127 | 128,)), value >> 7
    return out + bytes((value,))


def rar5(name=b"order.txt", data=ORDER) -> bytes:
    """A RAR 5 of one file that is stored as it is."""

    def block(body, rest=b""):
        head = number(len(body)) + body
        return struct.pack("<I", zlib.crc32(head)) + head + rest

    of_file = (
        number(4) + number(len(data)) + number(0o644) + struct.pack("<I", zlib.crc32(data)) + number(0) + number(1)
    )
    file = number(2) + number(2) + number(len(data)) + of_file + number(len(name)) + name
    return (
        b"Rar!\x1a\7\1\0"
        + block(number(1) + number(0) + number(0))
        + block(file, data)
        + block(number(5) + number(0) + number(0))
    )


def rar4(name=b"order.txt", data=ORDER) -> bytes:
    """A RAR 4 of one file that is stored as it is."""

    def block(kind, flags, rest=b""):
        body = struct.pack("<BHH", kind, flags, 7 + len(rest)) + rest
        return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body

    size, crc = len(data), zlib.crc32(data)
    file = struct.pack("<IIBIIBBHI", size, size, 3, crc, 0x4A216000, 20, 0x30, len(name), 0o100644) + name
    return b"Rar!\x1a\7\0" + block(0x73, 0, bytes(6)) + block(0x74, 0x8000, file) + data + block(0x7B, 0)


@LIBRARY
@pytest.mark.parametrize("make", [cabinet, rar5, rar4])
def test_the_archives_of_these_tests_are_archives(read, make):
    found = read(make(), "a.bin")
    assert [(member.name, bytes(member.data)) for member in found.members] == [("order.txt", ORDER)]
    assert found.ended is Outcome.OK, found.detail


@pytest.mark.parametrize(("make", "suffix"), [(cabinet, "cab"), (rar5, "rar"), (rar4, "rar")])
@pytest.mark.parametrize("start", [program(), b"\x7fELF\2\1\1" + bytes(3000)])
def test_an_archive_behind_a_program_is_a_member_byte_for_byte(read, make, suffix, start):
    found = read(start + make(), "setup.exe")
    assert [(member.name, bytes(member.data), member.how) for member in found.members] == [
        (f"archive-{len(start)}.{suffix}", make(), How.COPIED)
    ]
    assert found.ended is Outcome.UNSUPPORTED


def test_the_program_keeps_its_words(read):
    assert "installer was written for the office" in read(program() + cabinet(), "setup.exe").hidden_text


def test_a_zip_before_the_signatures_of_a_program_comes_out_without_them(read):
    data = zipped()
    whole = program(1024 + len(data), 4096) + data + b"\x30" * 4096
    found = read(whole, "setup.exe")
    assert [(member.name, bytes(member.data)) for member in found.members] == [("archive-at-the-end.zip", data)]
    assert found.ended is Outcome.UNSUPPORTED


def test_several_come_out_and_what_lies_in_one_does_not_come_out_twice(read):
    outer = cabinet(b"inner.cab", cabinet())
    found = read(program() + outer + bytes(2_000_000) + cabinet() + zipped(), "setup.exe")
    assert [bytes(member.data) for member in found.members] == [zipped(), outer, cabinet()]


def test_one_that_lies_across_the_pieces_that_are_looked_through_is_found(read):
    for place in (1 << 20, (1 << 20) + 1, (1 << 20) - 3, (2 << 20) - 1):
        found = read(program().ljust(place, b"\1") + cabinet() + bytes(99), "setup.exe")
        assert [bytes(member.data) for member in found.members] == [cabinet()]


def test_letters_that_look_like_an_archive_are_none(read):
    letters = b"7z\xbc\xaf\x27\x1c Rar!\x1a\7\0 Rar!\x1a\7\1\0 MSCF\0\0\0\0 " * 50
    assert not read(program() + letters + bytes(5000), "archiver.exe").members


@pytest.mark.skipif(
    shutil.which("7z") is None or not Path("/usr/lib/p7zip/7zCon.sfx").exists(), reason="needs 7z and its program"
)
def test_what_7z_makes_to_unpack_itself_comes_out(read, tmp_path):
    (tmp_path / "order.txt").write_bytes(ORDER)
    made = ["7z", "a", "-sfx7zCon.sfx", "setup.exe", "order.txt"]
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    found = read((tmp_path / "setup.exe").read_bytes(), "setup.exe")
    (member,) = found.members
    assert member.name.endswith(".7z")
    inner = read(bytes(member.data), member.name)
    assert [(one.name, bytes(one.data)) for one in inner.members] == [("order.txt", ORDER)]


@given(st.binary(max_size=200), st.sampled_from([b"MZ", b"\x7fELF", b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0"]))
def test_noise_in_a_program_is_no_crash(read, noise, start):
    found = read(start + noise + b"MSCF\0\0\0\0" + noise, "a.exe")
    assert found.media_type
