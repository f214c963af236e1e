"""Laws of taking members out by libarchive: every member once, links never followed, damage is partial and said."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import unarchive
from witnessmark.model.derivative import Outcome

libarchive = pytest.importorskip("libarchive", exc_type=Exception)
SUFFIX = {"7zip": ".7z", "iso9660": ".iso", "cpio_newc": ".cpio", "ar_bsd": ".a", "xar": ".xar"}
FILES = {"orders/night.txt": b"The doors are locked.\n", "门/钥匙.txt": b"two keys\n", "empty.txt": b""}


def pack(kind, files, filter_name=None):
    out = []
    with libarchive.custom_writer(lambda block: out.append(bytes(block)) or len(block), kind, filter_name) as archive:
        for name, data in files.items():
            archive.add_file_from_memory(name, len(data), data, mtime=1_900_000_000)
    return b"".join(out)


def pack_folder(kind):
    out = []
    with libarchive.custom_writer(lambda block: out.append(bytes(block)) or len(block), kind) as archive:
        archive.add_files(".")
    return b"".join(out)


@pytest.mark.parametrize("kind", ["7zip", "iso9660", "cpio_newc", "xar"])
def test_every_member_comes_out_once_as_it_was(read, kind):
    found = read(pack(kind, FILES), "a" + SUFFIX[kind])
    assert found.ended == Outcome.OK, found.detail
    assert {member.name: bytes(member.data) for member in found.members} == FILES
    assert "libarchive" in found.tools
    assert all(member.stated["modified"] == "1900000000" for member in found.members)


def lha(name, data):
    """One entry that is stored as it is, under a header of the oldest kind (level 0), and the end."""
    rest = b"-lh0-" + struct.pack("<IIIBBB", len(data), len(data), 0x4E21_0000, 0x20, 0, len(name)) + name
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    rest += struct.pack("<H", crc)
    return bytes((len(rest), sum(rest) & 0xFF)) + rest + data + b"\0"


def test_lha_is_known_and_taken_out(read):
    found = read(lha(b"order.txt", b"The gate stays shut.\n"), "a.lzh")
    assert (found.media_type, found.ended) == ("application/x-lha", Outcome.OK), found.detail
    assert [(member.name, bytes(member.data)) for member in found.members] == [("order.txt", b"The gate stays shut.\n")]


def test_after_what_libarchive_calls_fatal_nothing_more_is_asked_of_the_archive(read, monkeypatch):
    asked = []
    further = unarchive.ffi.read_next_header2

    def next_header(handle, entry):
        asked.append("header")
        return further(handle, entry)

    def no_data(*_):
        asked.append("data")
        raise libarchive.ArchiveError(
            "the folder lies", retcode=unarchive.ffi.ARCHIVE_FATAL, archive_p=0x7F00_1234_5678
        )

    monkeypatch.setattr(unarchive.ffi, "read_next_header2", next_header)
    monkeypatch.setattr(unarchive.ffi, "read_data", no_data)
    found = read(pack("cpio_newc", FILES), "a.cpio")
    assert asked == ["header", "data"]
    assert (found.ended, found.detail) == (Outcome.CORRUPT, "the folder lies; 0 members taken out")


def test_what_libarchive_says_is_told_without_an_address_in_memory():
    error = libarchive.ArchiveError(None, errno=0, retcode=-30, archive_p=0x7F00_1234_5678)
    assert unarchive.said(error) == "libarchive gives no reason"


@pytest.mark.parametrize("name", ["zstd", "lz4", "lzma", "lzip", "compress"])
def test_one_packed_stream_is_one_member(read, name):
    data = b"The doors are locked at night. " * 2000
    suffix = {"zstd": "zst", "lzip": "lz", "compress": "Z"}.get(name, name)
    found = read(pack("raw", {"x": data}, name), f"night.txt.{suffix}")
    assert [(member.name, bytes(member.data)) for member in found.members] == [("night.txt", data)]
    assert found.ended == Outcome.OK


@pytest.mark.parametrize("kind", ["7zip", "cpio_newc"])
def test_a_link_is_named_and_never_followed(read, kind, tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_bytes(b"x")
    (tmp_path / "b.txt").symlink_to("/etc/hosts")
    monkeypatch.chdir(tmp_path)
    found = read(pack_folder(kind), "a" + SUFFIX[kind])
    assert [(member.name[-5:], bytes(member.data)) for member in found.members] == [("a.txt", b"x")]
    assert [(name[-5:], outcome) for name, outcome, _ in found.refused] == [("b.txt", Outcome.REFUSED_POLICY)]
    assert "/etc/hosts" in found.refused[0][2]
    assert found.ended == Outcome.PARTIAL


@pytest.mark.parametrize("name", ["../../up.txt", "/root.txt", "a/./b.txt", "CON"])
def test_a_name_is_data(read, name):
    found = read(pack("cpio_newc", {name: b"x"}), "a.cpio")
    assert [member.name for member in found.members] == [name]


@pytest.mark.parametrize("kind", ["7zip", "cpio_newc"])
def test_a_packing_that_breaks_off_says_so(read, kind):
    whole = pack(kind, {"a.txt": b"first " * 5000, "b.txt": bytes(range(256)) * 400})
    found = read(whole[: len(whole) // 2], "a" + SUFFIX[kind])
    assert found.ended in (Outcome.PARTIAL, Outcome.CORRUPT)
    assert found.detail


def test_a_member_is_cut_by_the_budget(read):
    bomb = pack("7zip", {"a.bin": bytes(64 << 20)})
    assert len(bomb) < 100_000
    found = read(bomb, "a.7z", budget=1 << 20)
    assert found.ended == Outcome.REFUSED_LIMIT


def test_without_the_library_it_is_sealed_and_said(read, monkeypatch):
    data = pack("7zip", FILES)
    monkeypatch.setattr(unarchive, "ffi", None)
    found = read(data, "a.7z")
    assert found.ended == Outcome.UNSUPPORTED
    assert "libarchive" in found.detail


@given(
    st.binary(max_size=400),
    st.sampled_from([b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00", b"MSCF\0\0\0\0"]),
)
def test_noise_behind_a_true_beginning_is_no_crash(read, noise, head):
    found = read(head + noise, "a.bin")
    assert found.ended in (Outcome.CORRUPT, Outcome.PARTIAL, Outcome.ENCRYPTED, Outcome.OK)
    assert io.BytesIO(found.text.encode())
