"""Laws of zips whose directory is wrong: each member comes out once, by whatever leads to it, and that is said."""

import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.collector import run_bytes

from witnessmark.formats import zip_gaps, zips
from witnessmark.model.derivative import Outcome

NAMES = [f"{letter}.txt" for letter in "abcdef"]
CONTENTS = {name: f"{name} stays shut at night. ".encode() * 9 for name in NAMES}


def made(contents=CONTENTS, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as target:
        for name, data in contents.items():
            target.writestr(name, data)
    return out.getvalue()


def starts(data):
    """Where each member begins, and where the directory does."""
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        return [*(about.header_offset for about in source.infolist()), source.start_dir]


def taken(found):
    return [(member.name, bytes(member.data)) for member in found.members]


@given(
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    before=st.integers(1, 6),
    put=st.binary(min_size=1, max_size=90).filter(lambda put: b"P" not in put),
)
def test_bytes_put_between_members_hide_none_and_double_none(method, before, put):
    data = made(method=method)
    at = starts(data)[before]
    found = run_bytes(data[:at] + put + data[at:], "a.zip")
    assert sorted(pair for pair in taken(found) if pair[0] != "before-the-archive") == sorted(CONTENTS.items())
    assert not found.refused
    assert found.ended is Outcome.PARTIAL
    assert found.detail == f"{before} members do not lie where the directory says, and were found by their own headers"
    assert len(found.observed("zip.misplaced")) == before


def test_bytes_put_behind_the_directory_change_nothing():
    data = made()
    at = data.rfind(b"PK\5\6")
    found = run_bytes(data[:at] + b"more words" * 9 + data[at:], "a.zip")
    assert (found.ended, taken(found)) == (Outcome.OK, list(CONTENTS.items()))


def test_a_writer_that_forgets_what_stands_behind_a_member_loses_none():
    parts, central, stated = b"", b"", 0
    for number, (name, data) in enumerate(CONTENTS.items()):
        flags = 8 if number % 2 else 0
        about = struct.pack("<HHHHHIIIHH", 20, flags, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(name), 0)
        central += b"PK\1\2" + struct.pack("<H", 20) + about + struct.pack("<HHHII", 0, 0, 0, 0, stated) + name.encode()
        local = b"PK\3\4" + about + name.encode() + data
        stated += len(local)
        behind = b"PK\7\x08" + struct.pack("<III", zlib.crc32(data), len(data), len(data)) if flags else b""
        parts += local + behind
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 6, 6, len(central), stated, 0)
    found = run_bytes(parts + central + end, "a.zip")
    assert sorted(taken(found)) == sorted(CONTENTS.items())
    assert (found.ended, found.refused) == (Outcome.PARTIAL, [])


def split(data, at):
    """A zip in two parts, the second with its members' places counted from its own beginning (APPNOTE 8.5)."""
    places = starts(data)
    first, rest = data[: places[at]], bytearray(data[places[at] :])
    place = places[-1] - places[at]
    for number, offset in enumerate(places[:-1]):
        struct.pack_into("<H", rest, place + 34, number >= at)
        struct.pack_into("<I", rest, place + 42, offset - (places[at] if number >= at else 0))
        place += 46 + sum(struct.unpack_from("<HHH", rest, place + 28))
    struct.pack_into("<HHHHII", rest, place + 4, 1, 1, 6, 6, place - (places[-1] - places[at]), places[-1] - places[at])
    return b"PK\7\x08" + first, bytes(rest)


def test_the_last_part_of_a_split_zip_names_what_lies_in_others():
    _, last = split(made(), 4)
    found = run_bytes(b"rest of a member" + last[:0] + last, "a.zip")
    assert [name for name, _ in taken(found)] == ["e.txt", "f.txt", "before-the-archive"]
    assert {name for name, _, _ in found.refused} == {"a.txt", "b.txt", "c.txt", "d.txt"}
    assert {why for _, _, why in found.refused} == {"it lies in part 1 of a split zip, of which this is part 2"}
    assert (found.ended, found.detail) == (
        Outcome.PARTIAL,
        "4 members lie in other parts of a split zip; 2 taken out",
    )


def test_the_first_part_of_a_split_zip_is_said_to_be_one():
    first, _ = split(made(), 4)
    found = run_bytes(first, "a.z01")
    assert [name for name, _ in taken(found)] == ["a.txt", "b.txt", "c.txt", "d.txt"]
    assert (found.ended, found.detail) == (
        Outcome.PARTIAL,
        "no directory at the end: the first part of a split zip; 4 members taken out",
    )


@pytest.mark.parametrize("at", range(1, 6))
def test_parts_put_together_give_every_member_once(at):
    found = run_bytes(b"".join(split(made(), at)), "a.zip")
    assert sorted(taken(found)) == sorted(CONTENTS.items())
    assert not found.refused


def test_an_older_version_of_a_member_is_not_taken_for_the_one_that_is_missing():
    older = made({"a.txt": b"The gate is open.\n"})[: starts(made({"a.txt": b"The gate is open.\n"}))[-1]]
    data = made()
    at = starts(data)[1]  # b to f are misplaced by as much as the older version is long
    whole = bytearray(data[:at] + older + data[at:])
    found = run_bytes(bytes(whole), "a.zip")
    assert sorted(taken(found)) == sorted([*CONTENTS.items(), ("a.txt", b"The gate is open.\n")])
    assert found.observed("zip.unlisted") == [{"header": "a.txt", "offset": str(at)}]


def test_a_header_counts_once_however_often_the_directory_wants_it():
    data = made({"a.txt": b"x" * 99})
    place = starts(data)[-1]
    record = bytearray(data[place:-22])
    struct.pack_into("<I", record, 42, 5)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 50, 50, 50 * len(record), place, 0)
    found = run_bytes(data[:place] + bytes(record) * 50 + end, "a.zip")
    assert taken(found) == [("a.txt", b"x" * 99)]
    assert len(found.refused) == 49
    assert found.ended is Outcome.PARTIAL


def test_looking_costs_the_same_however_often_a_name_is_wanted():
    stale = b"".join(
        b"PK\3\4" + struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 33, number, 0, 0, 1, 0) + b"a"
        for number in range(1, 20_000)
    )
    entries = [
        zips.Entry(b"a", 0, 0, 1 << 31, 1, 1, 7, (0, 33)) for _ in range(100_000)
    ]  # each of the headers compared with each of these would take minutes
    assert zip_gaps.found_again(io.BytesIO(stale), entries, len(stale)) == entries


def test_bytes_that_belong_to_no_member_are_told_of():
    data = made()
    at = starts(data)[-1]
    found = run_bytes(data[:at] + b"kept beside" * 20 + data[at:], "a.zip")
    assert found.observed("zip.between") == [{"offset": str(at), "size": "220"}]
    assert sorted(taken(found)) == sorted(CONTENTS.items())


def test_looking_ends_at_a_count(monkeypatch):
    data = made()
    at = starts(data)[-1]
    data = b"PK\3\4" * 50 + b"x" * 40 + data[:at] + b"yy" + data[at:]
    assert not run_bytes(data, "a.zip").refused
    monkeypatch.setattr(zip_gaps, "MOST_TRIED", 5)
    assert len(run_bytes(data, "a.zip").refused) == len(CONTENTS)


@given(st.binary(max_size=60), st.integers(0, 5000), st.integers(0, 60))
def test_no_damage_gives_a_member_twice(noise, at, cut):
    data = made(method=zipfile.ZIP_STORED)
    at %= len(data)
    found = run_bytes(b"PK\3\4"[: len(noise) % 5] + data[:at] + noise + data[at + cut :], "a.zip")
    names = [name for name, _ in taken(found) if name in NAMES]
    assert len(names) == len(set(names)) or found.observed("zip.unlisted") or found.observed("zip.names_twice")
