"""Laws of OneNote: the words of every version are found, and the files that lie in a section come out."""

import struct
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import onenote
from witnessmark.model.derivative import Outcome

SECTION = uuid.UUID("7B5C52E4-D88C-4DA7-AEB1-5378D02996D3").bytes_le
TEXT, TITLE, AUTHOR, CREATED, ASCII = 0x1C001C22, 0x1C001CF3, 0x1C001D75, 0x14001D09, 0x1C003498
NAME = uuid.UUID("11111111-2222-3333-4444-555555555555")


def properties(*pairs):
    numbers, data = b"", b""
    for number, value in pairs:
        numbers += struct.pack("<I", number)
        kind = number >> 26 & 31
        if kind == 5:
            data += struct.pack("<I", value)
        elif kind == 7:
            raw = value if isinstance(value, bytes) else value.encode("utf-16-le") + b"\0\0"
            data += struct.pack("<I", len(raw)) + raw
        elif kind == 17:
            data += value
        elif kind == 16:
            data += struct.pack("<II", len(value), 0x44000000) + b"".join(value)
        elif kind in (9, 11, 13):
            data += struct.pack("<I", value)
    return struct.pack("<H", len(pairs)) + numbers + data


def thing(*pairs, ids=2, spaces=False):
    """An object: identifiers that it refers to, with or without those of spaces and contexts, and its properties."""
    head = struct.pack("<I", ids | (0 if spaces else 0x80000000)) + bytes(4 * ids)
    if spaces:
        head += struct.pack("<I", 1 | 0x40000000) + bytes(4) + struct.pack("<I", 1) + bytes(4)
    body = head + properties(*pairs)
    return body + bytes(-len(body) % 8)


def node(kind, body, reference=b"", forms=0):
    size = 4 + len(reference) + len(body)
    return struct.pack("<I", kind | size << 10 | forms | 1 << 31) + reference + body


def section(things, files=(), kinds=(0x0A4, 0x041), broken=0):
    """A section: its head, one list of nodes, then objects and files."""
    at = 1024 + 16 + 40 * (len(things) + broken) + 120 * len(files) + 8
    at += -at % 8
    nodes, data = b"", b""
    for index, one in enumerate(things):
        place = at + len(data)
        reference, forms = (
            (struct.pack("<QI", place, len(one)), 0),
            (struct.pack("<IB", place // 8, len(one) // 8), 3 << 23 | 2 << 25),
        )[index % 2 and len(one) < 2000]
        nodes += node(kinds[index % len(kinds)], bytes(9), reference, forms)
        data += one
    for _ in range(broken):
        nodes += node(0x0A4, bytes(9), struct.pack("<QI", at, 7), 0)
    for content, ending in files:
        place = at + len(data)
        store = onenote._FILE + struct.pack("<QIQ", len(content), 0, 0) + content
        data += store + bytes(-len(store) % 8) + uuid.UUID("71FBA722-0F79-4A0B-BB13-899256426B24").bytes_le
        nodes += node(0x094, NAME.bytes_le, struct.pack("<QI", place, len(store)))
        texts = [f"<ifndf>{{{str(NAME).upper()}}}", ending]
        nodes += node(0x072, bytes(9) + b"".join(struct.pack("<I", len(t)) + t.encode("utf-16-le") for t in texts))
    nodes += node(0x0FF, b"")
    head = SECTION + uuid.uuid4().bytes_le + bytes(16)
    head += uuid.UUID("109ADD3F-911B-49F5-A5D0-1791EDC8AED8").bytes_le
    made = head.ljust(1024, b"\0") + onenote._LIST + struct.pack("<II", 1, 0) + nodes
    assert len(made) <= at
    return made.ljust(at, b"\0") + data


WORDS = [
    thing((TEXT, "The gate stays shut."), (AUTHOR, "Clerk"), (CREATED, 1_073_001_600)),
    thing((TITLE, "Приказ 17"), (0x08000001, None), (0x24000002, 2), spaces=True),
    thing((0x44000003, properties((TEXT, "门是锁着的"))), (ASCII, b"caf\xe9 at noon")),
    thing((0x40000004, [properties((TEXT, "one of many")), properties((TEXT, "two of many"))]), ids=0),
]


def test_the_words_of_all_objects_are_found_and_none_passes_for_seen(read):
    found = read(section(WORDS), "a.one")
    assert (found.media_type, found.visible_text) == ("application/onenote", "")
    assert found.hidden_pieces == [
        ("text, shown or not", "The gate stays shut."),
        ("author", "Clerk"),
        ("title", "Приказ 17"),
        ("text, shown or not", "门是锁着的"),
        ("text, shown or not", "café at noon"),
        ("text, shown or not", "one of many"),
        ("text, shown or not", "two of many"),
    ]
    assert found.ended is Outcome.PARTIAL
    assert "which version" in found.detail
    assert found.observed("date.created")[0]["utc"] == "2014-01-01T00:00:00Z"


def test_a_text_that_several_versions_share_stands_once(read):
    assert read(section([WORDS[0]] * 5), "a.one").hidden_text.count("The gate stays shut.") == 1


@pytest.mark.parametrize("kind", sorted(onenote._OBJECTS))
def test_every_kind_of_object_is_read(read, kind):
    assert "The gate" in read(section(WORDS[:1], kinds=(kind,)), "a.one").hidden_text


def test_files_come_out_with_their_ending(read):
    found = read(section(WORDS, files=[(b"%PDF-1.4 inside", ".pdf")]), "a.one")
    assert [(member.name, bytes(member.data)) for member in found.members] == [("file-1.pdf", b"%PDF-1.4 inside")]


def test_a_file_that_breaks_off_gives_what_is_there(read):
    whole = section(WORDS, files=[(b"x" * 5000, ".bin")])
    found = read(whole[:-3000], "a.one")
    assert 1000 < len(found.members[0].data) < 5000
    assert "cannot be read" in found.detail


def test_an_object_that_cannot_be_read_costs_itself(read):
    found = read(section(WORDS, broken=3), "a.one")
    assert "The gate stays shut." in found.hidden_text
    assert found.detail.startswith("3 objects cannot be read")


def test_one_that_is_packed_for_a_server_gives_what_is_readable(read):
    data = bytearray(section([]))
    data[48:64] = uuid.UUID("638DE92F-A6D4-4BC1-9A36-B3FC2511A5B7").bytes_le
    found = read(bytes(data) + "The keys are in the drawer".encode("utf-16-le"), "a.one")
    assert "The keys are in the drawer" in found.hidden_text
    assert found.ended is Outcome.PARTIAL


def test_sets_without_end_end(read):
    deep = properties((TEXT, "deep"))
    for _ in range(60):
        deep = properties((0x44000003, deep))
    found = read(section([thing((0x44000003, deep)), WORDS[0]]), "a.one")
    assert "The gate" in found.hidden_text
    assert "1 objects cannot be read" in found.detail


@given(st.lists(st.tuples(st.integers(16, 3000), st.integers(0, 255)), max_size=40))
def test_changed_bytes_are_no_crash(read, changes):
    data = bytearray(section(WORDS, files=[(b"inside", ".bin")]))
    for at, byte in changes:
        data[16 + at % (len(data) - 16)] = byte
    found = read(bytes(data), "a.one")
    assert found.ended in (Outcome.PARTIAL, Outcome.CORRUPT)
