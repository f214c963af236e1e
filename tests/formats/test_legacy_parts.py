"""Laws of what older Office files carry beside their text: it comes out whole, and no lie about a length is believed."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.forge.macro_forge import packed, project

from witnessmark.formats import office_art, ole, vba
from witnessmark.formats.compound import STREAM, CompoundFile
from witnessmark.formats.compound_build import build
from witnessmark.formats.ole_properties import DOCUMENT_SUMMARY, SUMMARY
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

SECRET = "Kestrelnest"
CREATED = 132_000_000_000_000_000  # 2019-04-17T18:40:00Z
SUMMARY_SET = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
CUSTOM_SET = bytes.fromhex("05d5cdd59c2e1b10939708002b2cf9ae")
PNG = b"\x89PNG\r\n\x1a\n" + b"kestria" * 20


def text_value(text):
    raw = text.encode("cp1251") + b"\0"
    return struct.pack("<II", 30, len(raw)) + raw + bytes(-len(raw) % 4)


def property_set(kind, values):
    """Return a stream of one property set; `values` are (number, packed value)."""
    places, body, at = b"", b"", 8 + 8 * len(values)
    for key, value in values:
        places += struct.pack("<II", key, at + len(body))
        body += value
    section = struct.pack("<II", 8 + len(places) + len(body), len(values)) + places + body
    return struct.pack("<HHI16xI", 0xFFFE, 0, 0, 1) + kind + struct.pack("<I", 48) + section


def summary(author="Ирина Тарн"):
    return property_set(
        SUMMARY_SET,
        [
            (1, struct.pack("<II", 2, 1251)),
            (4, text_value(author)),
            (12, struct.pack("<IQ", 64, CREATED)),
            (10, struct.pack("<IQ", 64, 90 * 60 * 10_000_000)),
        ],
    )


def custom(name="Batch", text=SECRET):
    raw = name.encode("cp1251") + b"\0"
    names = struct.pack("<III", 1, 2, len(raw)) + raw
    names += bytes(-len(names) % 4)
    return property_set(CUSTOM_SET, [(0, names), (1, struct.pack("<II", 2, 1251)), (2, text_value(text))])


def record(kind, body, *, instance=0, version=0):
    return struct.pack("<HHI", instance << 4 | version, kind, len(body)) + body


def word_picture():
    blip = record(0xF01E, bytes(16) + b"\xff" + PNG, instance=0x6E0)
    records = record(0xF007, bytes(36) + blip, version=2)
    return struct.pack("<IHH60x", 68 + len(records), 68, 0x64) + records


def old_document(**more):
    """Return a Word 97 file whose text cannot be followed, with everything that may stand beside a text."""
    inner = {"Workbook": b"\x09\x08" + bytes(60), "deeper": {"x": SECRET.encode() * 400}}
    wrapped = b"Tarn\0C:\\tarn.txt\0" + bytes(4) + struct.pack("<I", 2) + b"t\0" + struct.pack("<I", 5) + b"inner"
    native = struct.pack("<IH", len(wrapped) + 2, 2) + wrapped
    tree = {
        "WordDocument": struct.pack("<HH", 0xA5EC, 0xC1) + bytes(1000),
        SUMMARY: summary(),
        DOCUMENT_SUMMARY: custom(),
        "Data": word_picture(),
        "Macros": project(f"Sub Lantern()\r\n' {SECRET}\r\nEnd Sub\r\n".encode()),
        "ObjectPool": {"_1": inner, "_2": {"\x01Ole10Native": native}},
    }
    return build({**tree, **more})


def test_properties_macros_objects_and_pictures_come_out(read):
    found = read(old_document(), "a.doc")
    assert found.media_type == "application/msword"
    assert found.ended is Outcome.CORRUPT  # its text is; the rest is told all the same
    assert found.observed("office.creator") == ["Ирина Тарн"]
    assert found.observed("date.created")[0]["utc"] == "2019-04-17T18:40:00Z"
    assert found.observed("office.totaltime") == [90]
    assert ("metadata: Batch", f"{SECRET}\n") in found.hidden_pieces
    assert ("macro", f"Module1\nSub Lantern()\n' {SECRET}\nEnd Sub\n\n") in found.hidden_pieces
    assert found.observed("office.macros") == [{"kind": "VBA", "modules": 1}]
    members = {member.name: member for member in found.members}
    assert sorted(members) == ["_1.xls", "_2/tarn.txt", "picture-1.png"]
    assert bytes(members["_2/tarn.txt"].data) == b"inner"
    assert bytes(members["picture-1.png"].data) == PNG
    assert members["_1.xls"].how is How.REBUILT
    rebuilt = bytes(members["_1.xls"].data)
    inner = CompoundFile(io.BytesIO(rebuilt), len(rebuilt))
    assert inner.read(inner.find("deeper", "x"), 1 << 20) == SECRET.encode() * 400
    assert found.visible_text == ""


def packaged(label, name, inner, *, kind=3, wide=()):
    """Return a packager's record, with its names in UTF-16 behind the file where some are given."""
    body = label + b"\0" + name + b"\0" + struct.pack("<HH", 0, kind) + struct.pack("<I", 2) + b"t\0"
    body += struct.pack("<I", len(inner)) + inner
    for text in wide:
        body += struct.pack("<I", len(text)) + text.encode("utf-16-le")
    return struct.pack("<IH", len(body) + 2, 2) + body


def test_a_packaged_file_has_its_name_in_any_script():
    names = ("C:\\t\\夜班名单.txt", "夜班名单.txt", "D:\\夜班名单.txt")
    raw = names[1].encode("gb18030")
    for record_, wide in ((packaged(raw, raw, b"x", wide=names), "Wide"), (packaged(raw, raw, b"x"), "GB 18030")):
        assert ole.native(record_) == ("夜班名单.txt", b"x"), wide
    assert ole.native(packaged(names[1].encode(), b"", b"x")) == ("夜班名单.txt", b"x")
    for name, page in (("Übung.txt", "cp1252"), ("Список.txt", "cp1251")):
        assert ole.native(packaged(name.encode(page), b"", b"x")) == (name, b"x")


@pytest.mark.parametrize(
    "native",
    [
        packaged(b"Tarn", b"C:\\tarn.txt", b"x", kind=1),
        struct.pack("<IH", 90, 8) + b"Lantern\0Watch\0" + bytes(80),
        packaged(b"Tarn", b"t", b"xyz")[:20],
        b"",
    ],
    ids=["a link", "another program's data", "cut off", "nothing"],
)
def test_native_data_of_another_make_is_no_file(read, native):
    assert ole.native(native) is None
    found = read(old_document(ObjectPool={"_2": {"\x01Ole10Native": native}}), "a.doc")
    assert sorted(member.name for member in found.members) == ["_2.ole", "picture-1.png"]


def test_native_data_that_is_a_file_comes_out(read):
    bitmap = b"BM" + struct.pack("<IIIIiiHHIIiiII", 58, 0, 54, 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0) + bytes(4)
    native = struct.pack("<I", len(bitmap)) + bitmap + b"rest"
    found = read(old_document(ObjectPool={"_2": {"\x01Ole10Native": native}}), "a.doc")
    assert ("_2/Ole10Native.bmp", bitmap) in [(member.name, bytes(member.data)) for member in found.members]


def test_macros_of_newer_office_files_are_read(read):
    tree = project(f"Sub Lantern()\r\n' {SECRET}\r\nEnd Sub\r\n".encode())
    found = read(build({**tree, "PROJECT": b"x"}), "vbaProject.bin")
    assert found.media_type == "application/vnd.ms-office.vbaproject"
    assert found.ended is Outcome.OK
    assert found.hidden_pieces == [("macro", f"Module1\nSub Lantern()\n' {SECRET}\nEnd Sub\n\n")]
    assert found.visible_text == ""
    found = read(build({"VBA": {"dir": b"x", "Module1": b"no macro"}, "PROJECT": b"Lantern Watch project"}), "")
    assert found.ended is Outcome.PARTIAL
    assert "Lantern Watch project" in found.hidden_text


def test_a_compound_file_of_any_make_tells_who_made_it(read):
    found = read(build({"Props14": b"x", SUMMARY: summary(), DOCUMENT_SUMMARY: custom()}), "a.mpp")
    assert found.ended is Outcome.PARTIAL
    assert found.observed("office.creator") == ["Ирина Тарн"]
    assert ("metadata: Batch", f"{SECRET}\n") in found.hidden_pieces


def test_a_presentation_of_powerpoint_4_gives_what_is_readable(read):
    found = read(build({"PP40": b"\x01\x02Lantern Watch at night\0\3"}), "a.ppt")
    assert found.media_type == "application/vnd.ms-powerpoint"
    assert found.ended is Outcome.PARTIAL
    assert ("readable bytes", "Lantern Watch at night") in found.hidden_pieces


def blip(data):
    return record(0xF01E, bytes(16) + b"\xff" + data, instance=0x6E0)


def floating(place, count=1, *, flags=0x0200):
    """Return the head of a Word 97 stream and its tables, whose list of drawings tells of a picture at a place."""
    entry = bytes(20) + struct.pack("<IIII", 0, 1, place, 0)
    listed = record(0xF000, record(0xF001, record(0xF007, entry, version=2) * count, version=15), version=15)
    head = bytearray(struct.pack("<HH6xH", 0xA5EC, 0xC1, flags).ljust(0x400, b"\0"))
    struct.pack_into("<II", head, 0x9A + 8 * 50, 7, len(listed))
    return bytes(head), {"1Table": bytes(7) + listed}


def pictures_of(found):
    return [bytes(member.data) for member in found.members if member.name.startswith("picture")]


def test_pictures_that_float_beside_a_text_come_out(read):
    head, tables = floating(0x400)
    assert pictures_of(read(build({"WordDocument": head + blip(PNG), **tables}), "a.doc")) == [PNG]
    head, tables = floating(0x10000)
    assert pictures_of(read(build({"WordDocument": head + blip(PNG), **tables}), "a.doc")) == []
    head, tables = floating(0x400, 5000)
    assert pictures_of(read(build({"WordDocument": head + blip(PNG), **tables}), "a.doc")) == [PNG]


def test_pictures_in_lines_come_out_whatever_stands_between_them(read):
    other = blip(PNG + b"2")
    second = struct.pack("<IHH60x", 68 + 4 + len(other), 68, 0x66) + b"\3abc" + other
    data = b"\x71\x24\1\x17\2" * 9 + word_picture() + bytes(77) + b"\x44\0\x64\0" + second
    assert pictures_of(read(old_document(Data=data), "a.doc")) == [PNG, PNG + b"2"]


def test_pictures_of_a_workbook_s_headers_come_out(read):
    drawn = record(0xF000, record(0xF001, record(0xF007, bytes(36) + blip(PNG), version=2), version=15), version=15)
    cut = len(drawn) // 2
    edge = b"".join(struct.pack("<HH", 0x866, 14 + len(part)) + bytes(14) + part for part in (drawn[:cut], drawn[cut:]))
    workbook = struct.pack("<HHHH4x", 0x809, 8, 0x600, 5) + edge + struct.pack("<HH", 10, 0)
    for name in ("Workbook", "Book"):
        assert pictures_of(read(build({name: workbook}), "a.xls")) == [PNG]


def test_pictures_that_mark_the_lines_of_lists_come_out(read):
    bullet = record(0x7F8, record(0x7F9, b"\6\6" + blip(PNG)), version=15)
    tags = record(0x1388, record(0x138A, record(0x138B, bullet), version=15), version=15)
    slides = record(0x3E8, tags, version=15)
    assert pictures_of(read(build({"PowerPoint Document": slides, "Current User": b"x"}), "a.ppt")) == [PNG]


@given(st.binary(max_size=200))
def test_drawings_of_any_bytes_end_in_order(noise):
    from tests.formats.collector import run_bytes

    head, tables = floating(0x400, 3)
    found = run_bytes(build({"WordDocument": head + noise, "Data": noise + b"\x44\0\x64\0" + noise, **tables}), "a.doc")
    assert found.ended in set(Outcome) - {Outcome.CRASH}


def test_objects_of_a_presentation_come_out(read):
    object_file = build({"WordDocument": b"w" * 5000})
    body = record(0x1011, struct.pack("<I", len(object_file)) + zlib.compress(object_file), instance=1)
    found = read(build({"PowerPoint Document": body, "Current User": b"x"}), "a.ppt")
    (member,) = found.members
    assert (member.name, bytes(member.data)) == ("object-1.ole", object_file)


NAMES = st.text("abcdefghXYZ01", min_size=1, max_size=12)
TREES = st.recursive(
    st.binary(max_size=9000),
    lambda inner: st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, TREES, max_size=8))
@settings(max_examples=60, deadline=None)
def test_what_is_built_reads_as_it_was(tree):
    data = build(tree)
    file = CompoundFile(io.BytesIO(data), len(data))
    flat, waiting = {}, [((), tree)]
    while waiting:
        path, here = waiting.pop()
        for name, inner in here.items():
            if isinstance(inner, bytes):
                flat[(*path, name)] = inner
            else:
                waiting.append(((*path, name), inner))
    assert {path: file.read(entry, 1 << 20) for path, entry in file.walk() if entry.type == STREAM} == flat


@given(st.binary(max_size=9000))
@settings(max_examples=60, deadline=None)
def test_what_was_packed_unpacks_as_it_was(source):
    assert vba.decompress(packed(source), 1 << 20) == source


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_the_unpacker_stray(data):
    assert len(vba.decompress(b"\x01" + data, 4096)) <= 4096


def test_text_that_repeats_itself_unpacks():
    chunk = b"\x08abc" + struct.pack("<H", 2 << 12 | 6)  # three letters, then nine signs from three back
    assert vba.decompress(b"\x01" + struct.pack("<H", 0xB000 | (len(chunk) - 1)) + chunk, 99) == b"abc" * 4


@pytest.mark.parametrize("place", range(24, 100, 4))
@pytest.mark.parametrize("lie", [0, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_property_set_that_lies_costs_that_set_alone(read, place, lie):
    data = summary()[:place] + struct.pack("<I", lie) + summary()[place + 4 :]
    found = read(old_document(**{SUMMARY: data}), "a.doc")
    assert SECRET in found.hidden_text
    assert any(member.name == "picture-1.png" for member in found.members)


@given(st.binary(max_size=600))
@settings(max_examples=200, deadline=None)
def test_no_records_make_the_walk_endless(data):
    count = sum(1 for _ in office_art.descend(data))
    assert count <= len(data) // 8 + 1


@pytest.mark.parametrize("place", range(512, 40_000, 331))
def test_a_damaged_file_ends_in_order(read, place):
    data = bytearray(old_document())
    data[place % len(data)] ^= 0xFF
    assert read(bytes(data), "a.doc").ended in (Outcome.CORRUPT, Outcome.UNSUPPORTED, Outcome.OK)
