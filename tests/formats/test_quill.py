"""Laws of Publisher and Works: the text of every script is found and stands apart; lists that lie end in order."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import quill
from witnessmark.formats.compound_build import build
from witnessmark.model.derivative import Outcome

WORDS = "Ночной список\rNight roster\r夜班名单\r"
PNG = b"\x89PNG\r\n\x1a\n" + b"kestria" * 20


@pytest.fixture
def read():
    from tests.formats.collector import run_bytes

    return run_bytes


def made(*chunks, blocks=1, following=0xFFFFFFFF):
    """Return a stream of chunks, named and filled as given; the last one stands in a second block of the list."""
    lists = [list(chunks)] if blocks == 1 else [list(chunks[:-1]), list(chunks[-1:])]
    body = bytearray(b"CHNKINK " + bytes(0x200 - 8))
    places = []
    for _, inner in chunks:
        places.append((len(body), len(inner)))
        body += inner
    at, number = 0x18, 0
    for block in lists:
        following_at = at
        entries = b""
        for name, _ in block:
            entries += struct.pack("<H4sHHH4sII", 0x18, name, 0, 1, 0, name, *places[number])
            number += 1
        head = struct.pack("<HHI", 0x1F8, len(block), following)
        if at == 0x18:
            body[at : at + 8 + len(entries)] = head + entries
        else:
            body += head + entries
        if block is not lists[-1]:
            at = len(body)
            body[following_at + 4 : following_at + 8] = struct.pack("<I", at)
    return bytes(body)


def text(words=WORDS):
    return b"TEXT", words.encode("utf-16-le")


@pytest.mark.parametrize("blocks", [1, 2])
def test_the_text_of_a_publication_is_found_and_stands_apart(read, blocks):
    contents = made((b"STSH", b"x" * 30), text(), blocks=blocks)
    found = read(build({"Quill": {"QuillSub": {"CONTENTS": contents}}, "Contents": b"x"}), "a.pub")
    assert found.media_type == "application/x-mspublisher"
    assert found.ended is Outcome.PARTIAL
    assert found.hidden_pieces == [("text, shown or not", WORDS.replace("\r", "\n") + "\n")]
    assert found.visible_text == ""


def test_the_text_of_a_document_of_works_is_found(read):
    found = read(build({"CONTENTS": made(text("Plan\x0b\x01B")), "\x01CompObj": b"x"}), "a.wps")
    assert found.media_type == "application/vnd.ms-works"
    assert found.hidden_pieces == [("text, shown or not", "Plan\nB\n")]
    found = read(build({"MatOST": {"MM": b"Lantern Watch at night"}}), "a.wps")
    assert found.ended is Outcome.PARTIAL
    assert "Lantern Watch" in found.hidden_text


def test_pictures_and_objects_of_a_publication_come_out(read):
    blip = struct.pack("<HHI", 0x6E0 << 4, 0xF01E, 17 + len(PNG)) + bytes(16) + b"\xff" + PNG
    tree = {
        "Quill": {"QuillSub": {"CONTENTS": made(text())}},
        "Escher": {"EscherStm": b"x", "EscherDelayStm": blip},
        "Objects": {"1": {"Workbook": b"\x09\x08" + bytes(60)}},
        "Envelope": {"x": b"y"},
    }
    found = read(build(tree), "a.pub")
    members = {member.name: bytes(member.data) for member in found.members}
    assert sorted(members) == ["1.xls", "picture-1.png"]
    assert members["picture-1.png"] == PNG


def test_a_list_that_leads_back_or_names_one_text_again_and_again_ends():
    assert len(list(quill.chunks(made(text(), following=0x18)))) == 1
    body = bytearray(made(*[text()] * 20))
    for number in range(20):  # every entry names the whole stream
        struct.pack_into("<II", body, 0x20 + 24 * number + 16, 0, len(body))
    assert sum(len(inner) for _, inner in quill.chunks(bytes(body))) <= len(body)


@given(st.binary(max_size=600))
def test_chunks_of_any_bytes_end(noise):
    assert sum(len(inner) for _, inner in quill.chunks(b"CHNKINK " + bytes(16) + noise)) <= len(noise) + 24
