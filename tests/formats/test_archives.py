"""Containers: every member comes out as bytes, none goes to a place that its name says."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.collector import Collected, run_bytes, run_stream

from witnessmark.formats import names
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

LETTERS = {
    "a.txt": b"alpha",
    "folder/b.txt": b"beta" * 5000,
    "../up.txt": b"up",
    "/abs.txt": b"abs",
    "C:\\x.txt": b"drive",
    "con.txt": b"con",
}


def make_zip(members, method=zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in members:
            made.writestr(name, data)
    return out.getvalue()


def make_tar(members, form=tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, encoding="utf-8") as made:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_000_000_000
            made.addfile(info, io.BytesIO(data))
    return out.getvalue()


def taken(found: Collected) -> dict[str, bytes]:
    return {member.name: bytes(member.data) for member in found.members}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_member_of_a_zip_comes_out_under_its_own_name(method):
    found = run_bytes(make_zip(LETTERS.items(), method), "x.zip")
    assert taken(found) == LETTERS
    assert found.ended is Outcome.OK
    assert {member.how for member in found.members} == {How.COPIED if method == zipfile.ZIP_STORED else How.DECODED}


def with_method_95(name, data):
    """A zip of one member packed by xz, as some programs write it: made from one that stores the packed bytes."""
    packed = lzma.compress(data)
    made = bytearray(make_zip([(name, packed)], zipfile.ZIP_STORED))
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        start = made.index(mark)
        made[start + at : start + at + 2] = (95).to_bytes(2, "little")
        made[start + at + 6 : start + at + 10] = zlib.crc32(data).to_bytes(4, "little")
        made[start + at + 14 : start + at + 18] = len(data).to_bytes(4, "little")
    return bytes(made)


def test_a_member_packed_by_xz_comes_out_and_a_damaged_one_is_said_to_be():
    whole = with_method_95("order.txt", b"The gate stays shut. " * 99)
    found = run_bytes(whole, "x.zip")
    assert (taken(found), found.ended) == ({"order.txt": b"The gate stays shut. " * 99}, Outcome.OK)
    at = whole.index(b"\xfd7zXZ") + 40
    broken = run_bytes(whole[:at] + bytes((whole[at] ^ 8,)) + whole[at + 1 :], "x.zip")
    assert broken.ended in {Outcome.PARTIAL, Outcome.CORRUPT}
    assert "damaged" in broken.detail


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_member_of_a_tar_comes_out_under_its_own_name(form):
    members = dict(LETTERS) | {"long/" + "n" * 99 + "/" + "m" * 60: b"x"}
    found = run_bytes(make_tar(members.items(), form), "x.tar")
    assert taken(found) == members
    assert found.members[0].stated["modified_utc"] == "2001-09-09T01:46:40Z"


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\0\\/"), min_size=1, max_size=20),
            st.binary(max_size=99),
        ),
        max_size=6,
    )
)
def test_a_zip_gives_back_what_was_put_in(members):
    kept = [(f"m{i}-{name}", data) for i, (name, data) in enumerate(members)]
    found = run_bytes(make_zip(kept), "x.zip")
    assert [(member.name, bytes(member.data)) for member in found.members] == kept


@pytest.mark.parametrize(
    ("pack", "name", "inner"),
    [
        (gzip.compress, "x.csv.gz", "x.csv"),
        (gzip.compress, "x.tgz", "x.tar"),
        (bz2.compress, "x.bz2", "x"),
        (lzma.compress, "x.tar.xz", "x.tar"),
    ],
)
def test_a_packed_stream_has_one_member(pack, name, inner):
    found = run_bytes(pack(b"one") + pack(b"two"), name)
    assert taken(found) == {inner: b"onetwo"}
    assert found.ended is Outcome.OK


def test_a_gzip_keeps_the_name_and_time_it_states():
    out = io.BytesIO()
    with gzip.GzipFile("letter.txt", "wb", fileobj=out, mtime=1_000_000_000) as made:
        made.write(b"text")
    found = run_bytes(out.getvalue(), "other.gz")
    assert taken(found) == {"letter.txt": b"text"}
    assert found.members[0].stated["modified_utc"] == "2001-09-09T01:46:40Z"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_stream_that_breaks_off_gives_what_it_held(pack):
    data = bytes(range(256)) * 20_000
    packed = pack(data)
    found = run_bytes(packed[: len(packed) // 2], "x.bin")
    assert data.startswith(bytes(found.members[0].data))
    assert found.ended in (Outcome.PARTIAL, Outcome.CORRUPT)


def test_names_that_are_no_utf8_keep_their_bytes():
    raw = "审计/压缩.txt".encode("gb18030")
    data = make_zip([("A" * len(raw), b"x")]).replace(b"A" * len(raw), raw)
    found = run_bytes(data, "x.zip")
    assert found.members[0].name == "审计/压缩.txt"
    assert b"/".join(step.as_bytes for step in found.members[0].path) == raw


@pytest.mark.parametrize(
    ("name", "codec"),
    [("文件夹/人员信息", "gb18030"), ("日本語のファイル", "cp932"), ("Приказ", "cp866"), ("Größe", "cp437")],
)
def test_names_are_read_in_the_likeliest_encoding(name, codec):
    assert names.likely_codec([name.encode(codec)]) == codec


def test_a_name_that_stands_twice_gives_two_members():
    with pytest.warns(UserWarning, match="Duplicate"):
        data = make_zip([("a.txt", b"1"), ("a.txt", b"2")])
    found = run_bytes(data, "x.zip")
    assert [bytes(member.data) for member in found.members] == [b"1", b"2"]
    assert found.observed("zip.names_twice") == [["a.txt"]]


def test_entries_that_share_bytes_are_refused_before_anything_is_inflated():
    data = bytearray(make_zip([("a.txt", b"a" * 5000), ("b.txt", b"b" * 5000), ("c.txt", b"c")]))
    central = data.find(b"PK\x01\x02")
    second = data.find(b"PK\x01\x02", central + 4)
    struct.pack_into("<I", data, second + 42, struct.unpack_from("<I", data, central + 42)[0])
    found = run_bytes(bytes(data), "x.zip")
    assert found.ended is Outcome.REFUSED_POLICY
    assert taken(found) == {"c.txt": b"c"}
    assert [outcome for _, outcome, _ in found.refused] == [Outcome.REFUSED_POLICY] * 2


def test_a_member_that_unfolds_to_more_than_it_states_is_cut():
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(bytes(20_000_000)) + packed.flush()
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 8, 0, 33, 1, len(body), 1000, 1, 0) + b"a"
    central = (
        struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, 8, 0, 33, 1, len(body), 1000, 1, 0, 0, 0, 0, 0, 0)
        + b"a"
    )
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(central), len(local) + len(body), 0)
    found = run_bytes(local + body + central + end, "x.zip")
    assert found.ended is Outcome.REFUSED_LIMIT
    assert len(found.members[0].data) == 1000 + 65_536


def test_a_spent_budget_stops_the_reading():
    data = gzip.compress(bytes(5_000_000))
    found = run_stream(io.BytesIO(data), len(data), "x.gz", Collected(budget=1_000_000))
    assert found.ended is Outcome.REFUSED_LIMIT
    assert len(found.members[0].data) <= 1_000_000


def test_links_devices_and_pipes_are_named_and_refused():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for i, kind in enumerate((tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(f"member-{i}")
            info.type, info.linkname = kind, "/etc/passwd"
            made.addfile(info)
        made.addfile(tarfile.TarInfo("ok.txt"))
    found = run_bytes(out.getvalue(), "x.tar")
    assert list(taken(found)) == ["ok.txt"]
    assert [name for name, _, _ in found.refused] == ["member-0", "member-1", "member-2", "member-3"]


def test_a_symbolic_link_in_a_zip_is_refused():
    info = zipfile.ZipInfo("link")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(info, "/etc/passwd")
    found = run_bytes(out.getvalue(), "x.zip")
    assert not found.members
    assert "/etc/passwd" in found.refused[0][2]


def test_an_encrypted_member_is_named():
    data = bytearray(make_zip([("a.txt", b"x" * 50), ("b.txt", b"y")]))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + at] |= 1
    found = run_bytes(bytes(data), "x.zip")
    assert found.refused == [("a.txt", Outcome.ENCRYPTED, "the member is encrypted")]
    assert taken(found) == {"b.txt": b"y"}
    assert found.ended is Outcome.PARTIAL


def test_a_wide_end_record_before_a_narrow_one_that_holds_the_same_is_passed_over():
    data = make_zip(LETTERS.items())
    at = data.rfind(b"PK\x05\x06")
    count, _, length, offset = struct.unpack_from("<HHII", data, at + 8)
    wide = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, length, offset)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, at, 1)
    found = run_bytes(data[:at] + wide + locator + data[at:], "x.zip")
    assert taken(found) == LETTERS
    assert found.ended is Outcome.OK


def test_a_zip_without_its_directory_is_read_by_its_entries():
    data = make_zip([(f"{i}.txt", str(i).encode() * 100) for i in range(20)])
    found = run_bytes(data[: data.find(b"PK\x01\x02") - 10], "x.zip")
    assert taken(found)["3.txt"] == b"3" * 100
    assert len(found.members) == 20
    assert found.ended is Outcome.PARTIAL


def test_a_name_that_header_and_directory_tell_differently_is_observed():
    data = make_zip([("aaaa.txt", b"x")]).replace(b"aaaa.txt", b"bbbb.txt", 1)
    found = run_bytes(data, "x.zip")
    assert found.observed("zip.disagreement") == [{"directory": "aaaa.txt", "header": "bbbb.txt"}]


def test_a_damaged_tar_goes_on_after_the_damage():
    data = bytearray(make_tar([("a.txt", b"a"), ("b.txt", b"b"), ("c.txt", b"c")], tarfile.USTAR_FORMAT))
    data[1024 + 10] ^= 0xFF
    found = run_bytes(bytes(data), "x.tar")
    assert list(taken(found)) == ["a.txt", "c.txt"]
    assert found.ended is Outcome.PARTIAL


def test_a_flipped_byte_is_told_by_the_checksum():
    data = bytearray(make_zip([("a.txt", b"alpha")], zipfile.ZIP_STORED))
    data[data.find(b"alpha")] ^= 1
    found = run_bytes(bytes(data), "x.zip")
    assert found.ended is Outcome.PARTIAL
    assert found.observed("zip.damaged")[0]["member"] == "a.txt"


@pytest.mark.parametrize("make", [make_zip, make_tar])
@given(at=st.integers(0, 5000), byte=st.integers(0, 255), cut=st.integers(0, 3000))
def test_no_damage_escapes_as_anything_but_an_outcome(make, at, byte, cut):
    data = bytearray(make([("a.txt", b"alpha"), ("b.bin", bytes(300)), ("c" * 120, b"c")]))
    data[at % len(data)] = byte
    run_bytes(bytes(data[: len(data) - cut % len(data)]), "x")


@pytest.mark.corpus
def test_hostile_archives_end_as_they_should(corpus):
    names = {
        name: run_bytes((corpus / "hostile" / name).read_bytes(), name)
        for name in ("traversal.zip", "names.zip", "links.tar", "truncated.zip")
    }
    assert "ok/inside.txt" in taken(names["traversal.zip"])
    assert len(names["names.zip"].members) == 7
    assert list(taken(names["links.tar"])) == ["ok.txt"]
    assert names["truncated.zip"].ended is Outcome.PARTIAL
