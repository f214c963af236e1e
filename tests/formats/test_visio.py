"""Laws of older Visio drawings: words of shapes page by page, masters apart, packed blocks unfold, circles end."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forge.macro_forge import project

from witnessmark.formats import visio
from witnessmark.formats.compound_build import build
from witnessmark.model.derivative import Outcome

PACKED = 2


def fold(data):
    """Pack a block without a reference: eight letters behind each byte of flags."""
    return b"".join(b"\xff" + data[at : at + 8] for at in range(0, len(data), 8))


def chunk(kind, body, listed=0, level=2, mark=0x50):
    return struct.pack("<IIIIHB", kind, 1, listed, len(body), level, mark) + body


def text(words):
    return chunk(0x0E, bytes(8) + words.encode("utf-16-le") + b"\0\0")


class Drawing:
    """A stream under way: blocks are appended, pointers are told where they came to lie."""

    def __init__(self):
        self.data = bytearray(b"Visio (TM) Drawing\r\n".ljust(0x1A, b"\0") + b"\x0b" + bytes(0x100 - 0x1B))

    def put(self, block, kind, form):
        start = len(self.data)
        self.data += fold(block) if form & PACKED else block
        return struct.pack("<IIIIH", kind, 0, start, len(self.data) - start, form)

    def tree(self, pointers, kind, packed=True):
        head = bytes(4) if packed else b""
        block = head + struct.pack("<IIII", 8, 0, len(pointers), 0)
        block = head + struct.pack("<I", 8) + bytes(4) + struct.pack("<II", len(pointers), 0) + b"".join(pointers)
        return self.put(block, kind, 0x50 | (PACKED if packed else 0))

    def file(self, root):
        self.data[0x24 : 0x24 + 18] = root
        return build({"VisioDocument": bytes(self.data)})


def drawing(packed=True):
    made = Drawing()
    form = 0xD0 | (PACKED if packed else 0)
    pages = [
        made.tree([made.put(chunk(0x48, b"xyz") + text(words) + text(words), 0x46, form)], 0x15, packed)
        for words in ("The doors", "are locked")
    ]
    masters = made.tree([made.put(text("Cupboard"), 0x46, form)], 0x1D, packed)
    return made.file(made.tree([masters, *pages], 0x14, packed))


def pieces(data, size=512):
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("packed", [True, False])
def test_pictures_objects_and_macros_come_out(read, packed):
    made = Drawing()
    form = 0xD0 | (PACKED if packed else 0)
    picture, bare = b"\x89PNG\r\n\x1a\n" + bytes(40), struct.pack("<IiiHH", 40, 1, 1, 1, 24) + bytes(28)
    inner = build({"Workbook": b"\x09\x08" + bytes(2000), "\x01Ole": b"x"})
    other = build({"Package": b"%PDF-1.4 x"})
    block = text("Map") + chunk(0x0C, picture) + b"".join(chunk(0x1F, piece) for piece in pieces(inner))
    block += b"".join(chunk(0x1F, piece) for piece in pieces(other)) + chunk(0x98, bytes(40)) + chunk(0x0C, bare)
    macros = build(project(b"Sub Lantern()\r\nEnd Sub\r\n"))
    head = bytes(4) if packed else b""
    project_pieces = [made.put(head + piece, 0x1F, 0x40 | (PACKED if packed else 0)) for piece in pieces(macros)]
    page = made.tree([made.put(block, 0x46, form)], 0x15, packed)
    found = read(made.file(made.tree([*project_pieces, page], 0x14, packed)), "a.vsd")
    assert found.visible_text == "Map\n"
    members = {member.name: bytes(member.data) for member in found.members}
    assert members == {
        "picture-1.png": picture,
        "picture-2.dib": bare,
        "object-1.ole": inner,
        "object-2/Package.pdf": b"%PDF-1.4 x",
    }
    assert found.observed("office.macros") == [{"kind": "VBA", "modules": 1}]
    assert "Sub Lantern()" in found.hidden_text


@given(st.lists(st.tuples(st.sampled_from([0x0C, 0x1F, 0x0E]), st.binary(max_size=40)), max_size=8))
def test_pieces_of_anything_end_in_order(parts):
    from tests.formats.collector import run_bytes

    made = Drawing()
    head = bytes.fromhex("d0cf11e0a1b11ae1")
    block = b"".join(chunk(kind, (head if kind == 0x1F else b"") + body) for kind, body in parts)
    pages = [made.tree([made.put(block, 0x46, 0xD2)], 0x15)]
    assert run_bytes(made.file(made.tree(pages, 0x14)), "a.vsd").ended in set(Outcome) - {Outcome.CRASH}


@pytest.mark.parametrize("packed", [True, False])
def test_the_words_of_pages_show_and_those_of_masters_do_not(read, packed):
    found = read(drawing(packed), "a.vsd")
    assert found.media_type == "application/vnd.visio"
    assert found.ended == Outcome.OK, found.detail
    assert [page.strip() for page in found.visible_text.split("\f")] == ["The doors", "are locked"]
    assert found.hidden_pieces == [("masters", "Cupboard\n")]


def test_a_reference_into_the_window_repeats_what_stands_there():
    # three letters, then a reference to them: the window begins 18 places before its end
    place = (4096 - visio._BEHIND) & 0xFFF
    packed = bytes((0b0111,)) + b"abc" + bytes((place & 0xFF, (place >> 4 & 0xF0) | 0))
    assert visio._unfolded(packed, 100) == b"abcabc"


def test_a_tree_that_comes_back_to_itself_ends(read):
    made = Drawing()
    start = len(made.data)
    own = struct.pack("<IIIIH", 0x15, 0, start, 16 + 18 * 2, 0x50)
    root = made.tree([own, own], 0x15, packed=False)
    assert read(made.file(root), "a.vsd").ended == Outcome.OK


def test_an_unfolding_without_end_is_capped(read, monkeypatch):
    monkeypatch.setattr(visio, "MOST_UNFOLDED", 1000)
    made = Drawing()
    blocks = [made.put(bytes(5000) + text("unsaid"), 0x46, 0xD2) for _ in range(3)]
    found = read(made.file(made.tree(blocks, 0x15)), "a.vsd")
    assert found.visible_text == ""


def test_a_drawing_of_version_five_gives_what_is_readable(read):
    data = bytearray(b"Visio (TM) Drawing\r\n".ljust(0x1A, b"\0") + b"\x05" + bytes(0x40) + b"The doors are locked.\0")
    found = read(build({"VisioDocument": bytes(data)}), "a.vsd")
    assert found.ended == Outcome.PARTIAL
    assert ("readable bytes", "The doors are locked.") in found.hidden_pieces


@given(st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7FF), min_size=1, max_size=40))
def test_the_words_of_a_shape_come_back(read, words):
    made = Drawing()
    found = read(made.file(made.tree([made.put(text(words), 0x46, 0xD2)], 0x15)), "a.vsd")
    assert found.visible_text.strip("\n") == words.strip().replace("\u2028", "\n")


@given(st.binary(max_size=300))
def test_noise_in_the_stream_is_no_crash(read, noise):
    head = b"Visio (TM) Drawing\r\n".ljust(0x1A, b"\0") + b"\x0b" + bytes(9)
    assert isinstance(read(build({"VisioDocument": head + noise}), "a.vsd").ended, Outcome)
    made = Drawing()
    root = made.tree([made.put(noise, 0x46, 0xD2)], 0x15)
    assert isinstance(read(made.file(root), "a.vsd").ended, Outcome)
