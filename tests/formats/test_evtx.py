"""Laws of Windows event logs: every record a line, left-over ones apart, and no damage takes the other records along."""

import struct
import time
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.forge import evtx_forge as forge

from witnessmark.formats import evtx_values, evtx_xml
from witnessmark.model.derivative import Outcome

REST = "EventID.Qualifiers=16\tChannel=Security"


def lines(found):
    return [line.split("\t") for line in found.visible_text.splitlines()]


def doors(found):
    return [line[7].removeprefix("Door=") for line in lines(found) if len(line) > 7]


def test_every_record_is_a_line(read):
    found = read(forge.log(forge.small("North gate", "Cell 4").whole()), "a.evtx")
    assert found.media_type == "application/x-ms-evtx"
    assert found.ended == Outcome.OK
    assert found.visible_text.splitlines() == [
        "1\t2031-12-20T09:46:40.6816409Z\tKestria-Doors\t4711\tInformation\tTARN-7\tS-1-5-32-544"
        f"\tDoor=North gate\tKeys=3\t{REST}",
        "2\t2031-12-20T09:46:40.6816410Z\tKestria-Doors\t4711\tInformation\tTARN-7\tS-1-5-32-544"
        f"\tDoor=Cell 4\tKeys=3\t{REST}",
    ]


def test_what_the_log_says_of_itself_is_observed(read):
    chunk = forge.small("a", "b")
    chunk.event(9, computer="TARN-8")
    found = read(forge.log(chunk.whole(), flags=2), "a.evtx")
    log = found.observed("evtx.log")[0]
    assert (log["version"], log["full"], log["dirty"], log["head_fits"]) == ("3.1", True, False, True)
    assert (log["chunks"], log["records"], log["leftover"]) == (1, 3, 0)
    assert found.observed("evtx.computers")[0]["most"] == [
        {"name": "TARN-7", "records": 2},
        {"name": "TARN-8", "records": 1},
    ]
    assert found.observed("evtx.providers")[0]["different"] == 1
    assert found.observed("evtx.users")[0]["most"][0]["name"] == "S-1-5-32-544"
    assert found.observed("evtx.gaps") == [{"gaps": 1, "first": [[3, 8]]}]
    assert found.observed("date.first_record")[0]["utc"] == "2031-12-20T09:46:40Z"
    assert found.observed("evtx.checksums") == []


def test_a_log_without_records_is_whole(read):
    found = read(forge.log(forge.Chunk().whole(), bytes(65_536), stated=1), "a.evtx")
    assert (found.ended, found.visible_text) == (Outcome.OK, "")


def test_a_record_behind_the_end_of_a_chunk_stands_apart(read):
    both, one = forge.small("North gate", "Cell 4"), forge.small("North gate")
    found = read(forge.log(one.whole(bytes(both.data[len(one.data) :]))), "a.evtx")
    assert doors(found) == ["North gate"]
    assert [where for where, _ in found.hidden_pieces] == ["record out of use"]
    assert "Door=Cell 4" in found.hidden_text
    assert found.observed("evtx.log")[0]["leftover"] == 1


def test_in_a_log_that_was_open_the_records_go_on_behind_the_end_that_is_stated(read):
    both, one = forge.small("North gate", "Cell 4"), forge.small("North gate")
    found = read(forge.log(one.whole(bytes(both.data[len(one.data) :])), flags=1), "a.evtx")
    assert doors(found) == ["North gate", "Cell 4"]


def test_a_left_over_record_whose_template_was_written_over_names_no_values(read):
    both, one = forge.small("North gate", "Cell 4"), forge.Chunk()
    one.event(7, "Archive")
    rest = bytearray(both.data[len(forge.small("North gate").data) :])
    place = rest.find(struct.pack("<BB", 0x0C, 1)) + 2
    rest[place : place + 4] = b"gone"
    found = read(forge.log(one.whole(bytes(rest))), "a.evtx")
    assert doors(found) == ["Archive"]
    assert "Door=Cell 4" not in found.hidden_text
    assert found.hidden_pieces[-1][0] == "readable bytes of a record out of use"
    assert "Kestria-Doo" in found.hidden_text


def test_a_chunk_whose_checksum_does_not_fit_is_read_and_told(read):
    bad = bytearray(forge.small("North gate").whole())
    place = bad.find("North".encode("utf-16-le"))
    bad[place] = ord("W")
    found = read(forge.log(forge.small("a").whole(), bytes(bad)), "a.evtx")
    assert doors(found) == ["a", "Worth gate"]
    assert found.observed("evtx.checksums") == [{"unfit": 1, "offsets": [4096 + 65_536]}]
    assert found.ended == Outcome.OK


def test_a_damaged_record_costs_itself(read):
    chunk = forge.small("a", "North gate", "c")
    data = bytearray(chunk.whole())
    second = data.find(b"**\0\0", 520)
    data[second + 4 : second + 8] = b"\0\0\0\0"
    found = read(forge.log(bytes(data)), "a.evtx")
    assert found.ended == Outcome.PARTIAL
    assert [line[0] for line in lines(found)] == ["1", "2", "3"]
    assert doors(found) == ["a", "North gate", "c"]
    data[second + 28 : second + 32] = b"\xff\xff\xff\xff"
    found = read(forge.log(bytes(data)), "a.evtx")
    assert [line[0] for line in lines(found)] == ["1", "2", "3"]
    assert "records of which a part could be read: 1 of 3" in found.detail


def test_a_log_that_breaks_off_gives_what_is_there(read):
    data = forge.log(forge.small("a").whole(), forge.small("b", "c", first=2).whole())
    found = read(data[:-65_536], "a.evtx")
    assert doors(found) == ["a"]
    assert (found.ended, found.detail) == (Outcome.PARTIAL, "chunks that are there: 1 of 2")


def test_chunks_that_lie_elsewhere_are_found_and_one_without_its_head_is_read(read):
    lost = forge.small("b", first=2).whole()
    found = read(forge.log(b"noise" * 7, forge.small("a").whole(), b"\1" * 8 + lost[8:], stated=2), "a.evtx")
    assert doors(found) == ["a", "b"]
    assert found.ended == Outcome.PARTIAL
    head = forge.log(b"", stated=1)[:100]
    assert read(head, "a.evtx").ended == Outcome.CORRUPT
    assert read(forge.log(b"", stated=1), "a.evtx").ended == Outcome.CORRUPT


def test_arrays_and_broken_lines_stay_in_one_line(read):
    chunk = forge.Chunk()
    chunk.event(1, "North\r\ngate", keys=(0x81, "a\0b\0".encode("utf-16-le")))
    found = read(forge.log(chunk.whole()), "a.evtx")
    assert lines(found)[0][7:9] == ["Door=North gate", "Keys=a; b"]


def test_a_template_that_holds_itself_ends(read):
    chunk = forge.Chunk()
    chunk.record(1, ("Event", [], ["x"]), [])
    data = bytearray(chunk.whole())
    place = data.find(struct.pack("<BB", 0x0C, 1))
    start = place + 10 + 24 + 4
    instance = bytes(data[place : place + 10]) + bytes(4)
    data[start : start + len(instance)] = instance
    found = read(forge.log(bytes(data)), "a.evtx")
    assert found.ended == Outcome.PARTIAL


def test_fragments_in_fragments_end_at_a_depth(read):
    def nested(chunk, depth):
        if depth:
            chunk.fragment(("Room", [], [0]), [(0x21, lambda: nested(chunk, depth - 1))])
        else:
            chunk.fragment(("Room", [], ["deep"]), [])

    for depth, ended in ((2, Outcome.OK), (60, Outcome.PARTIAL)):
        chunk = forge.Chunk()
        chunk.record(1, ("Event", [], [0]), [(0x21, lambda c=chunk, d=depth: nested(c, d))])
        assert read(forge.log(chunk.whole()), "a.evtx").ended == ended


def test_a_chunk_that_unfolds_without_end_is_stopped(read):
    chunk = forge.Chunk()
    spec = ("Event", [], [0] * 3000)
    while len(chunk.data) < 60_000:
        chunk.record(len(chunk.numbers) + 1, spec, [forge.text("keys " * 200)])
    began = time.process_time()
    found = read(forge.log(*[chunk.whole()] * 3), "a.evtx")
    assert time.process_time() - began < 5
    assert len(found.visible_text) < 3.5 * evtx_xml.MOST_WORK
    assert found.ended == Outcome.PARTIAL


@pytest.mark.parametrize(
    ("kind", "raw", "said"),
    [
        (3, b"\xff", "-1"),
        (0x0D, b"\1\0\0\0", "true"),
        (0x0D, b"\x10\0\0\0", "16"),
        (0x0E, b"\x0a\xff", "0AFF"),
        (0x0F, uuid.UUID(int=1).bytes_le, "{00000000-0000-0000-0000-000000000001}"),
        (0x11, b"\xff" * 8, str(2**64 - 1)),
        (0x12, struct.pack("<8H", 2031, 12, 0, 21, 17, 46, 40, 5), "2031-12-21T17:46:40.005"),
        (0x13, b"\1\x0f", "010F"),
        (0x14, b"\x10\0\0\0", "0x10"),
        (0x0B, struct.pack("<f", 0.1), "0.1"),
        (0x86, b"\1\0\2\0", "1; 2"),
        (0x86, b"\1\0\2", "010002"),
        (0x77, b"\1", "01"),
    ],
)
def test_values_stand_as_event_viewer_writes_them(kind, raw, said):
    assert evtx_values.text_of(kind, raw) == said


@given(st.lists(st.text(st.characters(categories=["L", "N"]), max_size=30), min_size=1, max_size=20))
@settings(max_examples=30)
def test_what_was_written_is_read(read, said):
    assert doors(read(forge.log(forge.small(*said).whole()), "a.evtx")) == said


@given(st.integers(512, 3000), st.binary(min_size=1, max_size=40))
def test_noise_in_a_chunk_is_no_crash(read, place, noise):
    data = bytearray(forge.small("a", "b", "c").whole())
    data[place : place + len(noise)] = noise
    assert read(forge.log(bytes(data)), "a.evtx").ended in (Outcome.OK, Outcome.PARTIAL, Outcome.CORRUPT)
