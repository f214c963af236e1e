"""Laws of compiled help: members come out byte for byte, whatever packed them; damage takes no more than it must."""

import random
import shutil
import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.forge import chm_forge as forge

from witnessmark.formats import chm, lzx
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

KINDS = {"verbatim": forge.VERBATIM, "aligned": forge.ALIGNED, "stored": forge.STORED}


def prose(size, seed="lantern"):
    chance = random.Random(seed)
    words = [bytes(chance.randrange(97, 123) for _ in range(chance.randrange(2, 9))) for _ in range(200)]
    return b" ".join(chance.choice(words) for _ in range(size // 4))[:size]


def program(size):
    """Return bytes in which many a call of a program seems to stand."""
    data = bytearray(prose(size))
    for at in range(0, size - 40, 41):
        data[at : at + 5] = struct.pack("<Bi", 0xE8, at * 3 - 9_000)
    return bytes(data)


def members(found):
    return {member.name: bytes(member.data) for member in found.members}


def test_pages_pictures_and_what_the_help_says_of_itself_come_out(read):
    found = read(forge.specimen(), "doors.chm")
    assert found.media_type == "application/vnd.ms-htmlhelp"
    assert (found.ended, found.detail, found.refused) == (Outcome.OK, "", [])
    wanted = {name[1:].decode(): data for name, data in forge.PAGES.items() if name != b"/#STRINGS"}
    assert members(found) == {**wanted, "plain.txt": b"The keys hang by the door.\n"}
    assert {member.name: member.how for member in found.members}["plain.txt"] is How.COPIED
    assert {member.name: member.how for member in found.members}["doors.htm"] is How.DECODED
    assert found.observed("chm.help") == [{"language": 1033, "title": "The doors", "compiled_as": "C:\\ode\\doors"}]
    assert found.observed("date.created")[0]["utc"] == "2019-04-17T18:40:00Z"
    assert found.observed("software")[0]["name"] == "HHA Version 4.74.8702"
    assert ("metadata: title", "The doors\n") in found.hidden_pieces
    assert ("titles and names", "The doors\nhtml/doors.htm\n") in found.hidden_pieces
    assert found.visible_text == ""


@pytest.mark.parametrize("turned", [0, 90_000])
@pytest.mark.parametrize("between", [1, 2, 4])
@pytest.mark.parametrize(
    "blocks",
    [
        (("verbatim", 0),),
        (("aligned", 0),),
        (("stored", 0),),
        (("verbatim", 20_001), ("stored", 33_333), ("aligned", 5_000), ("stored", 7), ("verbatim", 0)),
        (("stored", 32_767), ("aligned", 2), ("stored", 32_769), ("aligned", 0)),
        (("verbatim", 5), ("stored", 32_763), ("aligned", 0)),
    ],
)
def test_what_is_packed_by_any_blocks_unfolds_to_what_it_was(read, tmp_path, blocks, between, turned):
    pages = {b"/a.htm": prose(100_000), b"/b.bin": random.Random(3).randbytes(40_001), b"/c.exe": program(30_000)}
    plan = tuple((KINDS[kind], size) for kind, size in blocks)
    data = forge.help_file(pages, {}, blocks=plan, frames_between=between, turned=turned)
    found = read(data)
    assert found.ended is Outcome.OK
    if not turned:
        assert members(found) == {name[1:].decode(): body for name, body in pages.items()}
    else:  # the packer did not turn calls: the reader turned them back all the same
        assert members(found)["c.exe"] != pages[b"/c.exe"]
    if shutil.which("7z"):
        (tmp_path / "a.chm").write_bytes(data)
        subprocess.run(
            ["7z", "x", "-y", f"-o{tmp_path}/out", str(tmp_path / "a.chm")], check=False, capture_output=True
        )
        theirs = {name: (tmp_path / "out" / name).read_bytes() for name in members(found)}
        assert members(found) == theirs


def test_calls_of_programs_are_turned_back():
    frame = bytes(16) + b"\xe8" + struct.pack("<i", 5_000) + b"\xe8" + struct.pack("<i", -20) + bytes(40)
    packed = forge.interval(frame, ((forge.STORED, 0),), turned=1_000_000)[0]
    unfolded = lzx.Lzx(forge.WINDOW_BITS).frame(packed, len(frame))
    assert unfolded[:16] == bytes(16)
    assert struct.unpack("<xi", unfolded[16:21]) == (5_000 - 16,)
    assert struct.unpack("<xi", unfolded[21:26]) == (1_000_000 - 20,)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.integers(1, 60)), min_size=1, max_size=30),
    st.lists(st.tuples(st.sampled_from(sorted(KINDS.values())), st.integers(1, 900)), min_size=1, max_size=6),
)
def test_any_bytes_come_back(parts, blocks):
    data = b"".join(part * times for part, times in parts)
    machine = lzx.Lzx(forge.WINDOW_BITS)
    size, out = len(data), b""
    for frame in forge.interval(data, blocks):
        out += machine.frame(frame, min(lzx.FRAME, size - len(out)))
    assert out == data


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_lead_the_unfolding_astray(data):
    machine = lzx.Lzx(15)
    try:
        assert len(machine.frame(data)) == lzx.FRAME
    except lzx.BrokenLzx:
        assert len(machine.begun()) <= lzx.FRAME


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=6))
def test_damage_anywhere_ends_in_an_outcome(read, at, wrong):
    whole = forge.specimen()
    at %= len(whole) - len(wrong)
    found = read(whole[:at] + wrong + whole[at + len(wrong) :])
    assert found.ended in (Outcome.OK, Outcome.PARTIAL, Outcome.CORRUPT, Outcome.UNSUPPORTED)
    assert sum(len(member.data) for member in found.members) <= 1 << 20


def test_damage_goes_no_further_than_the_next_reset(read):
    pages = {f"/{n:02}.htm".encode(): prose(20_000, n) for n in range(12)}
    data = forge.help_file(pages, {}, frames_between=1, is_padded=False)
    packed = forge.interval((whole := b"".join(pages.values()))[: lzx.FRAME], ((forge.VERBATIM, 0),))[0]
    at = data.index(packed) + 30
    found = read(data[:at] + bytes(60) + data[at + 60 :])
    assert found.ended is Outcome.PARTIAL
    assert found.detail.endswith("members taken out")
    whole_ones = [name for name, body in members(found).items() if body == pages[f"/{name}".encode()]]
    assert whole_ones == [f"{n:02}.htm" for n in range(2, 12)]
    assert len(whole) > 7 * lzx.FRAME


def test_help_that_is_cut_off_gives_what_is_there(read):
    pages = {f"/{n:02}.htm".encode(): prose(20_000, n) for n in range(12)}
    whole = forge.help_file(pages, {b"/#SYSTEM": forge.system()}, frames_between=1)
    content_last = read(whole[: len(whole) * 2 // 3])
    assert content_last.ended is Outcome.PARTIAL
    assert content_last.members
    assert read(whole[:500]).ended is Outcome.CORRUPT


def test_members_that_share_bytes_are_refused(read):
    more = [(b"/again.htm", 1, 0, 500), (b"/plainer.txt", 0, 0, 9)]
    found = read(forge.specimen(extra=more))
    assert {(outcome, detail) for _, outcome, detail in found.refused} == {
        (Outcome.REFUSED_POLICY, "it shares bytes with another member")
    }
    assert found.ended is Outcome.PARTIAL
    assert sum(len(member.data) for member in found.members) < 10_000


def test_what_stands_too_far_behind_is_not_unfolded(read, monkeypatch):
    monkeypatch.setattr(chm, "MOST_UNFOLDED", 1 << 20)
    found = read(forge.specimen(extra=[(b"/far.htm", 1, 1 << 20, 9)]))
    assert found.refused == [("far.htm", Outcome.REFUSED_LIMIT, "it stands behind the first 1 MiB")]
    assert found.detail == "1 members are damaged or not taken out; 4 members taken out"


@pytest.mark.parametrize(
    "entry",
    [
        (b"/far.htm", 1, 1 << 60, 9),
        (b"/far.txt", 0, 1 << 60, 9),
        (b"/large.htm", 1, 5_000, 1 << 62),
        (b"/odd.htm", 7, 0, 9),
    ],
)
def test_an_entry_that_leads_beyond_the_file_is_damaged(read, entry):
    found = read(forge.specimen(extra=[entry]))
    assert found.ended is Outcome.PARTIAL
    assert found.detail.startswith("1 members are damaged or not taken out")


@pytest.mark.parametrize(
    ("place", "value"),
    [(8, 9), (12, 99), (16, 3), (16, 1 << 30)],
    ids=["no version", "an odd interval", "a window of no size", "a window too large"],
)
def test_packing_that_cannot_be_is_named(read, place, value):
    data = bytearray(forge.specimen())
    at = data.index(b"LZXC") - 4
    struct.pack_into("<I", data, at + place, value)
    found = read(bytes(data))
    assert found.ended in (Outcome.PARTIAL, Outcome.OK)
    assert members(found)["plain.txt"] == b"The keys hang by the door.\n"


def test_names_that_climb_stay_data(read):
    found = read(forge.help_file({b"/../../etc/doors": b"x" * 50}, {}))
    assert [member.name for member in found.members] == ["../../etc/doors"]


def test_own_files_are_looked_into_up_to_a_bound(read, monkeypatch):
    monkeypatch.setattr(chm, "LARGEST_OWN", 9)
    found = read(forge.specimen())
    assert ("titles and names", "The door\n") in found.hidden_pieces
