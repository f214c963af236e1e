"""Laws of pictures: every directory is read once, every tag keeps its value, what lies inside comes out as it stands."""

import io
import struct
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.formats import collector
from tests.formats import made_media as made

from witnessmark.cell.report import ReadingStopped, Source
from witnessmark.formats import exif, heif, image, iptc, jpeg, photoshop, png, postscript, svg, xmp
from witnessmark.formats.octets import Octets
from witnessmark.formats.tiff import Structure
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

SECRET = "Kestrelnest"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def packet(body, about=""):
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Tern Core 1"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="{about}"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:q="urn:kestria"'
        ' xmlns:mm="http://ns.adobe.com/xap/1.0/mm/" xmlns:e="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"'
        f">{body}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


TITLE = packet(f"<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>{SECRET}</rdf:li></rdf:Alt></dc:title>")


def read(reader, data):
    collected = collector.Collected()
    try:
        reader(Source(io.BytesIO(data), len(data), "x"), collected)
    except ReadingStopped as stopped:
        collected.outcome(stopped.outcome, stopped.detail)
    return collected


def picture(form="JPEG", **more):
    stream = io.BytesIO()
    Image.new("RGB", (31, 17), (200, 10, 10)).save(stream, form, **more)
    return stream.getvalue()


def pairs(found, name):
    return {key: value for one in found.observed(name) for key, value in one.items()}


@pytest.mark.parametrize("order", ["<", ">"])
def test_every_directory_of_a_tiff_is_read_and_counted(order):
    pages = [
        [(0x100, made.short(order, 10 + n)), (0x101, made.short(order, 20)), (0x10E, made.text(f"page {n}"))]
        for n in range(5)
    ]
    found = read(image.read_tiff, made.tiff(order, *pages))
    assert found.observed("picture.frames") == [5]
    assert [pairs(found, f"exif.IFD{n}")["ImageWidth"] for n in range(5)] == ["10", "11", "12", "13", "14"]
    assert "page 4" in found.hidden_text
    assert found.observed("picture.size")[0]["width"] == 10


def test_words_of_very_many_pages_are_read_and_the_rest_is_said():
    pages = [
        [(0x100, made.short("<", 10)), (0x101, made.short("<", 20)), (0x10E, made.text(f"page {n}"))]
        for n in range(300)
    ]
    found = read(image.read_tiff, made.tiff("<", *pages))
    assert "page 299" in found.hidden_text
    assert found.observed("exif.unread")[0]["directories"] == 300


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("value", [(1, 60), (0, 0), (2**32 - 1, 1)])
def test_a_fraction_stays_as_it_stands(order, value):
    data = made.tiff(order, [(0x829A, made.rational(order, value)), (0x8298, (2, 12, b"Tarn\0Sable\0\0"))])
    tags = pairs(read(image.read_tiff, data), "exif.IFD0")
    assert tags["ExposureTime"] == f"{value[0]}/{value[1]}"
    assert tags["Copyright"] == "Tarn; Sable"


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=60), st.sampled_from("<>"))
def test_numbers_come_out_as_they_went_in(values, order):
    structure = Structure(Octets.of(made.tiff(order, [(0x144, made.long(order, *values))])))
    (directory,) = structure.directories()
    assert directory.entries[0x144].numbers() == values


def test_a_bigtiff_is_read():
    entry = struct.pack("<HHQQ", 0x100, 4, 1, 4000) + struct.pack("<HHQQ", 0x101, 4, 1, 3000)
    data = b"II+\0" + struct.pack("<HHQ", 8, 0, 16) + struct.pack("<Q", 2) + entry + bytes(8)
    assert read(image.read_tiff, data).observed("picture.size") == [{"width": 4000, "height": 3000, "mode": "TIFF"}]


def test_rings_of_directories_end():
    ring = b"II*\0" + struct.pack("<I", 8) + made.ifd("<", [(0x10F, *made.text("T"))], 8)
    found = read(image.read_tiff, ring)
    assert found.observed("picture.frames") == [1]
    inner = (
        b"II*\0"
        + struct.pack("<I", 8)
        + made.ifd("<", [(0x8769, *made.long("<", 8)), (0x14A, *made.long("<", 8, 8, 8))])
    )
    assert read(image.read_tiff, inner).ended is Outcome.OK


def test_a_lower_directory_may_begin_a_chain():
    lower = made.tiff("<", *([(0x100, made.short("<", size))] for size in (40, 20, 10)))
    head = made.tiff("<", [(0x100, made.short("<", 80)), (0x14A, made.long("<", 1000))])
    chain, at = bytearray(lower[8:]), 1000
    for number in range(2):
        (following,) = struct.unpack_from("<I", chain, number * 18 + 14)
        struct.pack_into("<I", chain, number * 18 + 14, following - 8 + at)
    found = read(image.read_tiff, head.ljust(at, b"\0") + bytes(chain))
    assert [pairs(found, f"exif.SubIFD{n}")["ImageWidth"] for n in ("", "1", "2")] == ["40", "20", "10"]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("inner", ["<", ">"])
def test_a_sensors_pattern_is_told_as_columns_rows_and_colours(order, inner):
    body = struct.pack(inner + "HH", 2, 2) + bytes((0, 1, 1, 2))
    block = made.tiff(order, [(0xA302, (7, len(body), body))])
    assert pairs(read(image.read_tiff, block), "exif.IFD0")["CFAPattern"] == "2 2 0 1 1 2"


def test_a_comment_in_ascii_ends_at_its_zero_byte_unless_words_follow():
    def comment(raw):
        return pairs(read(image.read_tiff, made.tiff("<", [(0x9286, (7, len(raw), raw))])), "exif.IFD0")["UserComment"]

    assert comment(b"ASCII\0\0\0by a tern\0\x07\x91\xff\0\x01") == "by a tern"
    assert comment(b"ASCII\0\0\0by a\0tern") == "by a tern"


def test_a_value_outside_the_file_is_counted_not_read():
    data = b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHIII", 1, 0x10F, 2, 2**31, 2**31, 0)
    found = read(image.read_tiff, data)
    assert found.observed("exif.unread") == [{"directory": "IFD0", "outside": 1, "repeated": 0}]


def test_a_canon_note_gives_the_numbers_of_body_and_lens():
    base = made.tiff("<", [(0x10F, made.text("Canon")), (0x8769, made.long("<", 0))])
    at = len(base) + 2 + 12 + 4
    note = made.ifd(
        "<", [(0x0C, *made.long("<", 1234567)), (0x95, *made.text("K 50mm")), (0x96, *made.text("ZX99"))], 0, at
    )
    inner = made.ifd("<", [(0x927C, 7, len(note), note)], 0, len(base))
    data = base.replace(struct.pack("<HHII", 0x8769, 4, 1, 0), struct.pack("<HHII", 0x8769, 4, 1, len(base))) + inner
    found = read(image.read_tiff, data)
    assert found.observed("camera.note") == [
        {"serial": "1234567", "lens": "K 50mm", "internal_serial": "ZX99", "make": "Canon"}
    ]
    assert "ZX99" in found.hidden_text


def _noted(make, note_at):
    """A picture of a maker with a note; `note_at` makes the note's bytes for the place where it will stand."""
    base = made.tiff("<", [(0x10F, made.text(make)), (0x8769, made.long("<", 0))])
    at = len(base) + 2 + 12 + 4
    note = note_at(at)
    inner = made.ifd("<", [(0x927C, 7, len(note), note)], 0, len(base))
    return base.replace(struct.pack("<HHII", 0x8769, 4, 1, 0), struct.pack("<HHII", 0x8769, 4, 1, len(base))) + inner


def _olympus(_at):
    head = b"OLYMPUS\0II\3\0"
    rest = made.ifd("<", [(0x2010, *made.long("<", 0))], 0, len(head))
    below = made.ifd("<", [(0x101, *made.text("OM-1234")), (0x202, *made.text("L-5678"))], 0, len(head) + len(rest))
    return (
        head
        + rest.replace(struct.pack("<HHII", 0x2010, 4, 1, 0), struct.pack("<HHII", 0x2010, 4, 1, len(head) + len(rest)))
        + below
    )


NOTES = {
    "NIKON CORPORATION": (lambda _: b"Nikon\0\2\x10\0\0" + made.tiff(">", [(0x1D, made.text("3001234")), (0xA7, made.long(">", 777))]), {"serial": "3001234", "shutter_count": "777"}),
    "OLYMPUS": (_olympus, {"serial": "OM-1234", "lens_serial": "L-5678"}),
    "FUJIFILM": (lambda _: b"FUJIFILM" + struct.pack("<I", 12) + made.ifd("<", [(0x10, *made.text("FX 593030"))], 0, 12), {"internal_serial": "FX 593030"}),
    "Panasonic": (lambda at: b"Panasonic\0\0\0" + made.ifd("<", [(0x25, 7, 16, b"F541005110191".ljust(16, b"\0"))], 0, at + 12), {"internal_serial": "F541005110191"}),
    "Apple": (lambda _: b"Apple iOS\0\0\1MM" + made.ifd(">", [(0x11, *made.text("0A1B-LIVE"))], 0, 14), {"live_photo": "0A1B-LIVE"}),
    "PENTAX": (lambda at: b"AOC\0II" + made.ifd("<", [(0x229, *made.text("7654321"))], 0, at + 6), {"serial": "7654321"}),
    "SIGMA": (lambda at: b"SIGMA\0\0\0\1\0" + made.ifd("<", [(0x2, *made.text("93001234"))], 0, at + 10), {"serial": "93001234"}),
}  # fmt: skip


@pytest.mark.parametrize("make", NOTES)
def test_notes_of_other_makers_give_their_numbers(make):
    note, numbers = NOTES[make]
    assert read(image.read_tiff, _noted(make, note)).observed("camera.note") == [numbers | {"make": make}]


@given(
    noise=st.binary(max_size=300),
    start=st.sampled_from([b"", b"Nikon\0\2\x10\0\0", b"OLYMPUS\0II\3\0", b"FUJIFILM", b"Apple iOS\0\0\1MM"]),
)
def test_no_note_trips_the_reader(noise, start):
    for make in ("Canon", "samsung", "Kestria"):
        read(image.read_tiff, _noted(make, lambda _: start + noise)).text.encode()


def test_serials_of_the_standard_stand_with_the_camera():
    tags = Image.Exif()
    tags[0x010F] = "Kestria"
    tags.get_ifd(0x8769)[0xA431], tags.get_ifd(0x8769)[0xA435] = "B-77", "L-88"
    assert read(jpeg.read_jpeg, picture(exif=tags)).observed("camera") == [
        {"make": "Kestria", "serial": "B-77", "lens_serial": "L-88"}
    ]


def test_a_place_is_told_in_degrees():
    tags = Image.Exif()
    tags.get_ifd(0x8825).update({1: "S", 2: (54.0, 30.0, 0.0), 3: "W", 4: (1.0, 15.0, 0.0)})
    (place,) = read(jpeg.read_jpeg, picture(exif=tags)).observed("place")
    assert (place["latitude"], place["longitude"]) == ("-54.5000000", "-1.2500000")


def _thumbnailed():
    small = picture(quality=20)
    block = made.tiff(
        "<", [(0x10F, made.text("Kestria"))], [(0x201, made.long("<", 0)), (0x202, made.long("<", len(small)))]
    )
    block = block.replace(struct.pack("<HHII", 0x201, 4, 1, 0), struct.pack("<HHII", 0x201, 4, 1, len(block)))
    return small, made.with_segments(picture(), made.segment(0xE1, b"Exif\0\0" + block + small))


def test_a_thumbnail_is_a_member_byte_for_byte():
    small, data = _thumbnailed()
    found = read(jpeg.read_jpeg, data)
    assert [(m.name, m.how, bytes(m.data)) for m in found.members] == [("thumbnail-IFD1.jpg", How.COPIED, small)]
    assert small in data


def test_a_thumbnail_out_of_letters_is_decoded():
    small, data = _thumbnailed()
    block = data[data.index(b"II*\0") : data.index(b"II*\0") + 200 + len(small)]
    text = b"\nexif\n %d\n" % len(block) + block.hex().encode()
    body = b"Raw profile type exif\0" + text
    chunk = struct.pack(">I", len(body)) + b"tEXt" + body + bytes(4)
    found = read(png.read_png, picture("PNG")[:33] + chunk + picture("PNG")[33:])
    assert [(m.how, bytes(m.data)) for m in found.members] == [(How.DECODED, small)]


def test_segments_tables_and_coding_are_observed():
    found = read(jpeg.read_jpeg, picture(quality=75, optimize=False))
    segments = found.observed("jpeg.segments")[0]
    data = picture(quality=75)
    assert [one["marker"] for one in segments][:2] == ["APP0", "DQT"]
    assert all(data[one["at"]] == 0xFF for one in segments)
    (tables,) = found.observed("jpeg.quantisation")
    assert [len(one["values"]) for one in tables] == [64, 64]
    assert tables[0]["values"][0] == 8  # 16 at quality 50, halved
    assert found.observed("jpeg.coding") == [
        {"scans": 1, "restart": 0, "huffman": ["DC0 standard", "AC0 standard", "DC1 standard", "AC1 standard"]}
    ]
    optimised = read(jpeg.read_jpeg, picture(quality=75, optimize=True)).observed("jpeg.coding")[0]
    assert "AC0 own" in optimised["huffman"]
    assert read(jpeg.read_jpeg, picture(progressive=True)).observed("jpeg.coding")[0]["scans"] > 1
    assert found.observed("jpeg.jfif")[0]["version"] == "1.01"


def test_second_pictures_of_a_jpeg_are_members():
    second = picture(quality=10)
    mark = b"MPF\0"
    entries = struct.pack("<IIIHH", 0x20030000, 0, 0, 0, 0) + struct.pack("<IIIHH", 0, len(second), 0xAAAA, 0, 0)
    body = (
        mark + b"II*\0" + struct.pack("<I", 8) + made.ifd("<", [(0xB001, *made.long("<", 2)), (0xB002, 7, 32, entries)])
    )
    first = made.with_segments(picture(), made.segment(0xE2, body))
    offset = len(first) - (2 + 4 + len(mark))
    data = first.replace(struct.pack("<I", 0xAAAA), struct.pack("<I", offset)) + second
    found = read(jpeg.read_jpeg, data)
    assert [bytes(m.data) for m in found.members] == [second]
    assert found.observed("picture.after_the_end")[0]["bytes"] == len(second)


def test_the_film_behind_a_photograph_is_a_member():
    film = made.box("ftyp", b"isom", bytes(4), b"isom") + made.box("mdat", bytes(40))
    found = read(jpeg.read_jpeg, picture() + b"MotionPhoto_Data, a trailer of this maker" + film)
    assert [m.name for m in found.members] == ["after-the-end", "motion-photo.mp4"]
    assert bytes(found.members[1].data) == film


def test_content_credentials_are_seen_by_their_labels():
    store = made.jumbf("c2pa", "urn:kestria:1", "c2pa.claim")
    body = b"JP" + struct.pack(">HI", 1, 1) + store
    found = read(jpeg.read_jpeg, made.with_segments(picture(), made.segment(0xEB, body)))
    assert found.observed("picture.jumbf") == [["c2pa", "c2pa/urn:kestria:1", "c2pa/c2pa.claim"]]
    assert found.observed("picture.content_credentials") == [True]


def test_every_property_of_a_packet_is_kept():
    body = (
        "<dc:subject><rdf:Bag><rdf:li>locks</rdf:li><rdf:li>keys</rdf:li></rdf:Bag></dc:subject><q:own q:field='1'/>"
        "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Tarn</rdf:li><rdf:li xml:lang='de'>Bergsee</rdf:li></rdf:Alt></dc:title>"
        "<mm:History><rdf:Seq><rdf:li rdf:parseType='Resource'><e:action>saved</e:action></rdf:li>"
        "<rdf:li e:action='cropped'/></rdf:Seq></mm:History>"
        "<q:link rdf:resource='https://lantern.example/x'/><q:deep><rdf:Description q:a='2'/></q:deep>"
    )
    collected = collector.Collected()
    xmp.read_packet(packet(body, "uuid:1"), collected)
    assert pairs(collected, "xmp") == {
        "x:xmptk": "Tern Core 1",
        "rdf:about": "uuid:1",
        "dc:subject": ["locks", "keys"],
        "q:own/q:field": "1",
        "dc:title[de]": "Bergsee",
        "dc:title": "Tarn",
        "xmpMM:History[1]/stEvt:action": "saved",
        "xmpMM:History[2]/stEvt:action": "cropped",
        "q:link": "https://lantern.example/x",
        "q:deep/q:a": "2",
    }
    assert "Bergsee" in collected.hidden_text


def test_packets_without_an_end_are_looked_for_once():
    started = time.process_time()
    data = b"<x:xmpmeta <rdf:RDF " * 200_000 + TITLE
    assert list(xmp.packets(b"<x:xmpmeta <rdf:RDF " * 200_000)) == []
    assert len(list(xmp.packets(data))) >= 1
    assert list(xmp.packets(TITLE + b"rest" + TITLE)) == [TITLE, TITLE]
    assert time.process_time() - started < 5


def test_letters_of_a_code_page_do_not_end_a_packet():
    body = "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Möwe</rdf:li></rdf:Alt></dc:title><q:a>late\x02r</q:a>"
    found = collector.Collected()
    xmp.read_packet(packet(body).decode().encode("cp1252"), found)
    assert found.observed("xmp")[0]["dc:title"] == "Möwe"
    assert found.observed("xmp")[0]["q:a"] == "late r"


def test_deep_nesting_of_a_packet_ends():
    body = "<q:a rdf:parseType='Resource'>" * 100 + "x" + "</q:a>" * 100
    collected = collector.Collected()
    xmp.read_packet(packet(body), collected)
    xmp.read_packet(b"<rdf:RDF>" + b"<" * 100, collected)
    assert len(pairs(collected, "xmp")) < 5


@given(st.dictionaries(st.text("abcXYZ", min_size=1, max_size=8), st.text("Tarn Küste 山", max_size=20), max_size=8))
def test_simple_properties_come_out_as_they_went_in(values):
    collected = collector.Collected()
    xmp.read_packet(packet("".join(f"<q:{key}>{value}</q:{key}>" for key, value in values.items())), collected)
    assert {key[2:]: value for key, value in pairs(collected, "xmp").items() if key[:2] == "q:"} == values


def _sets(*values):
    return b"".join(b"\x1c" + struct.pack(">BBH", record, number, len(raw)) + raw for record, number, raw in values)


def test_all_data_sets_of_iptc_are_observed():
    collected = collector.Collected()
    iptc.read_iptc(
        _sets((1, 90, b"\x1b%G"), (2, 0, b"\0\4"), (2, 25, b"keys"), (2, 25, "Küste".encode()), (2, 99, b"x")),
        collected,
    )
    assert pairs(collected, "iptc") == {
        "CodedCharacterSet": "\x1b%G",
        "ApplicationRecordVersion": "4",
        "Keywords": ["keys", "Küste"],
        "2:99": "x",
    }


def test_words_of_iptc_end_at_a_zero_byte_and_its_numbers_are_numbers():
    found = collector.Collected()
    iptc.read_iptc(_sets((2, 80, b"Ada Tern\0\0\xf7\xff"), (2, 200, b"\0\x0b"), (7, 90, b"\0\0\1\0")), found)
    said = {"By-line": "Ada Tern", "ObjectPreviewFileFormat": "11", "ObjectSizeAnnounced": "256"}
    assert found.observed("iptc") == [said]


def test_iptc_in_a_png_is_found_whatever_the_case_of_its_label():
    block = _sets((2, 25, SECRET.encode()))
    profile = b"\niptc\n%8d\n" % len(block) + block.hex().encode() + b"\n"
    whole = picture("PNG")
    chunk = b"zTXtraw profile type iptc\0\0" + zlib.compress(profile)
    chunk = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    assert read(png.read_png, whole[:33] + chunk + whole[33:]).observed("iptc") == [{"Keywords": SECRET}]


def test_iptc_behind_the_end_of_a_jpeg_is_found():
    def foot(kind, body):
        return body + struct.pack(">HI", kind, len(body) + 10) + b"\xa1\xb2\xc3\xd4"

    behind = foot(3, b"thumbnail") + foot(1, _sets((2, 105, SECRET.encode()))) + foot(2, bytes(40))
    assert read(jpeg.read_jpeg, picture() + behind).observed("iptc") == [{"Headline": SECRET}]


def test_a_negatives_name_of_its_file_is_a_word_also_in_bytes():
    name = f"{SECRET}.raw".encode() + b"\0"
    found = read(image.read_tiff, made.tiff("<", [(0xC68B, (1, len(name), name))]))
    assert pairs(found, "exif.IFD0") == {"OriginalRawFileName": f"{SECRET}.raw"}
    assert SECRET in found.hidden_text


def test_undeclared_western_letters_are_read_as_such():
    collected = collector.Collected()
    iptc.read_iptc(_sets((2, 120, "the gate of Künstadt, seen from the river".encode("cp1252"))), collected)
    assert "Künstadt" in collected.hidden_text


def test_photoshop_documents_tell_their_blocks():
    block = made.tiff(">", [(0x10E, made.text(SECRET))])
    found = read(photoshop.read_psd, made.psd([(0x0422, block), (0x0404, _sets((2, 5, b"Tarn"))), (0x0424, TITLE)]))
    assert found.observed("picture.size")[0]["width"] == 30
    assert {"EXIF ImageDescription", "IPTC ObjectName", "metadata: XMP"} <= {label for label, _ in found.hidden_pieces}


def test_heic_is_read_from_its_boxes():
    block = made.tiff(">", [(0x10F, made.text("Kestria")), (0x132, made.text("2031:05:04 10:20:30"))])
    found = read(heif.read_heif, made.heic(block, TITLE))
    assert found.observed("picture.size") == [{"width": 640, "height": 480, "mode": "HEIF"}]
    assert found.observed("camera") == [{"make": "Kestria"}]
    assert SECRET in found.hidden_text
    assert found.observed("picture.items") == [{"hvc1": 1, "Exif": 1, "mime": 1}]


def test_jpeg_2000_and_jpeg_xl_tell_their_size():
    ihdr = made.box("jp2h", made.box("ihdr", struct.pack(">IIHBBBB", 75, 100, 3, 7, 7, 0, 0)))
    data = (
        made.box("jP  ", b"\r\n\x87\n")
        + made.box("ftyp", b"jp2 ", bytes(4), b"jp2 ")
        + ihdr
        + made.box("uuid", heif.XMP_UUID, TITLE)
    )
    found = read(heif.read_boxed, data)
    assert found.observed("picture.size")[0]["width"] == 100
    assert SECRET in found.hidden_text
    assert read(heif.read_boxed, made.jxl(4032, 3024)).observed("picture.size") == [
        {"width": 4032, "height": 3024, "mode": "JPEG XL"}
    ]
    boxed = made.box("JXL ", b"\r\n\x87\n") + made.box("jxlc", made.jxl(5, 7)) + made.box("brob", b"Exif")
    found = read(heif.read_boxed, boxed)
    assert found.observed("picture.size") == [{"width": 5, "height": 7, "mode": "JPEG XL"}]
    assert found.observed("picture.unread")[0]["box"] == "Exif"


def test_a_bare_code_stream_of_jpeg_2000_tells_its_size():
    stream = (
        b"\xff\x4f\xff\x51" + struct.pack(">HH8IH", 47, 0, 650, 490, 10, 10, 64, 64, 0, 0, 3) + bytes((7, 1, 1)) * 3
    )
    size = read(heif.read_boxed, stream).observed("picture.size")
    assert size == [{"width": 640, "height": 480, "mode": "JPEG 2000", "bits": 8, "components": 3}]


def test_the_first_bitmap_of_an_os2_array_tells_its_size():
    inner = b"IC" + struct.pack("<IHHI", 50, 8, 8, 26) + struct.pack("<IHHHH", 12, 32, 64, 1, 1)
    data = b"BA" + struct.pack("<IIHH", 40, 0, 640, 480) + inner
    assert read(image.read_bmp, data).observed("picture.size")[0]["width"] == 32


def test_frames_and_comments_of_a_gif():
    stream = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), (shade * 60, 0, 0)) for shade in range(5)]
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], comment=SECRET.encode())
    found = read(image.read_gif, stream.getvalue())
    assert found.observed("picture.frames") == [5]
    assert SECRET in found.hidden_text
    assert read(image.read_gif, stream.getvalue()[:-20]).ended is Outcome.PARTIAL


def test_webp_icons_and_simple_pictures():
    found = read(image.read_webp, picture("WEBP", exif=made.tiff("<", [(0x10E, made.text(SECRET))]), xmp=TITLE))
    assert found.observed("picture.size")[0] == {"width": 31, "height": 17, "mode": "VP8X"}
    assert found.hidden_text.count(SECRET) == 2
    assert read(image.read_icon, picture("ICO", sizes=[(16, 16)])).members[0].name == "icon-1.png"
    assert read(image.read_simple, b"P6 # made by a tern\n12 7\n255\n").observed("picture.size")[0]["width"] == 12
    assert read(image.read_bmp, picture("BMP")).observed("picture.size")[0]["bits"] == 24


def test_a_bitmap_without_the_head_of_a_file_is_read():
    bare = picture("BMP")[14:]
    assert read(image.read_bmp, bare).observed("picture.size")[0] == {
        "width": 31,
        "height": 17,
        "mode": "BMP",
        "bits": 24,
        "header": 40,
    }
    assert read(image.read_bmp, bare[:6]).ended is Outcome.CORRUPT


def test_an_svg_shows_its_words_and_names_what_it_refers_to():
    data = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="3cm" height="2cm">'
        f'<text>Gate</text><image xlink:href="https://lantern.example/p.png"/><script>1</script>{TITLE.decode()}</svg>'
    ).encode()
    found = read(svg.read_svg, data)
    assert found.observed("picture.size") == [{"width": "3cm", "height": "2cm", "mode": "SVG"}]
    assert found.observed("svg.hosts") == [["lantern.example"]]
    assert found.observed("svg.active") == [{"script": 1}]
    assert "Gate" in found.visible_text
    assert pairs(found, "xmp")["dc:title"] == SECRET


def test_postscript_is_read_by_its_comments():
    found = read(postscript.read_postscript, b"%!PS-Adobe-3.0 EPSF-3.0\n%%Title: Tarn\n%%Creator: Tern 2\n" + TITLE)
    assert found.observed("postscript") == [{"Title": "Tarn", "Creator": "Tern 2"}]
    assert found.ended is Outcome.PARTIAL


def test_a_png_of_apples_telephones_is_read_behind_their_own_chunk():
    whole = picture("PNG")
    found = read(png.read_png, whole[:8] + struct.pack(">I", 4) + b"CgBI" + bytes(8) + whole[8:])
    assert found.ended is Outcome.OK
    assert found.observed("picture.size")[0]["width"] == 31


def test_png_chunks_are_listed_in_order():
    listed = read(png.read_png, picture("PNG")).observed("png.chunks")[0]
    assert [one.split()[0] for one in listed] == ["IHDR", "IDAT", "IEND"]


HOSTILE = {
    "box of size 0": (heif.read_heif, made.box("ftyp", b"heic", bytes(4)) + b"\0\0\0\0meta" + bytes(20)),
    "box of size 1": (heif.read_heif, made.box("ftyp", b"heic", bytes(4)) + b"\0\0\0\1meta" + b"\xff" * 8),
    "a million extents": (heif.read_heif, made.box("ftyp", b"heic", bytes(4)) + made.full("meta", 0, 0, made.full("iloc", 2, 0, struct.pack(">HI", 0x8888, 2**32 - 1), b"\xff" * 300))),
    "extents of nothing": (heif.read_heif, made.box("ftyp", b"heic", bytes(4)) + made.full("meta", 0, 0, made.full("iloc", 0, 0, struct.pack(">HH", 0, 65535), b"\0\1\0\0\xff\xff" * 10_000))),
    "exif in a thousand segments": (jpeg.read_jpeg, made.with_segments(picture(), *[made.segment(0xE1, b"Exif\0\0" + made.tiff("<", [(0x9999, made.short("<", *range(5000)))] * 1))] * 1000)),
    "one thumbnail from every directory": (image.read_tiff, made.tiff("<", *[[(0x201, made.long("<", 8)), (0x202, made.long("<", 2**31))]] * 300)),
    "one chunk of text ten thousand times": (png.read_png, picture("PNG")[:33] + (struct.pack(">I", 3) + b"zTXta\0\0" + bytes(4)) * 10_000),
    "quantisation without end": (jpeg.read_jpeg, made.with_segments(picture(), *[made.segment(0xDB, b"\x1f" + bytes(20))] * 400)),
    "gif of empty frames": (image.read_gif, b"GIF89a" + bytes(7) + (b"," + bytes(9) + b"\2\0") * 50_000 + b";"),
    "icon of 65,535": (image.read_icon, b"\0\0\1\0\xff\xff" + b"\xff" * 4096),
    "psd of lies": (photoshop.read_psd, b"8BPS" + struct.pack(">H6xHIIHH", 2, 3, 1, 1, 8, 3) + b"\xff" * 200),
    "jumbf ring": (jpeg.read_jpeg, made.with_segments(picture(), made.segment(0xEB, b"JP\0\1\0\0\0\1" + made.box("jumb", *[b"\0\0\0\x08jumb"] * 4000)))),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pictures_end_soon_and_in_an_outcome(name):
    reader, data = HOSTILE[name]
    started = time.process_time()
    found = read(reader, data)
    found.text.encode()
    assert time.process_time() - started < 5
    assert sum(len(member.data) for member in found.members) <= len(data)


def test_what_is_taken_out_is_never_more_than_the_file():
    small = picture()
    room = [[(0x201, made.long("<", 0)), (0x202, made.long("<", len(small)))] for _ in range(50)]
    data = made.tiff("<", *room)
    data = data.replace(struct.pack("<HHII", 0x201, 4, 1, 0), struct.pack("<HHII", 0x201, 4, 1, len(data))) + small
    found = read(image.read_tiff, data)
    assert found.members and sum(len(member.data) for member in found.members) <= len(data)


WHOLE = {
    "jpeg": (jpeg.read_jpeg, _thumbnailed()[1]),
    "tiff": (image.read_tiff, made.tiff("<", [(0x10F, made.text("Canon")), (0x8825, made.long("<", 8)), (0x829A, made.rational("<", (1, 60)))])),
    "psd": (photoshop.read_psd, made.psd([(0x0422, made.tiff(">", [(0x10E, made.text(SECRET))])), (0x0404, _sets((2, 5, b"Tarn")))])),
    "heic": (heif.read_heif, made.heic(made.tiff("<", [(0x10F, made.text("K"))]), TITLE)),
    "gif": (image.read_gif, picture("GIF", comment=b"words")),
    "webp": (image.read_webp, picture("WEBP", exif=made.tiff("<", [(0x10E, made.text(SECRET))]))),
    "png": (png.read_png, picture("PNG")),
    "bmp": (image.read_bmp, picture("BMP")),
    "ico": (image.read_icon, picture("ICO", sizes=[(16, 16)])),
    "jp2": (heif.read_boxed, made.box("jP  ", b"\r\n\x87\n") + made.box("jp2h", made.box("ihdr", bytes(14)))),
    "bpg": (image.read_simple, b"BPG\xfb\x20\x08\x20\x20\0\x40\1\x1e" + made.tiff("<", [(0x10F, made.text("K"))])),
    "eps, hex": (postscript.read_postscript, b"%!PS-Adobe-3.0\n%BeginPhotoshop: 40\n% " + made.psd([(0x0404, _sets((2, 5, b"Tarn")))])[34:].hex().encode() + b"\n%EndPhotoshop\n"),
    "xmp": (postscript.read_sidecar, TITLE),
    "eps": (postscript.read_postscript, b"\xc5\xd0\xd3\xc6" + struct.pack("<6I", 32, 200, 0, 0, 0, 0) + bytes(4) + b"%!PS\n%%Title: T\n" + TITLE),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
@given(data=st.data())
def test_no_damage_trips_a_reader(name, data):
    reader, whole = WHOLE[name]
    place = data.draw(st.integers(0, len(whole) - 1))
    noise = data.draw(st.one_of(st.binary(max_size=8), st.just(b"\xff" * 8), st.just(bytes(8))))
    cut = data.draw(st.sampled_from([len(whole), place]))
    read(reader, (whole[:place] + noise + whole[place + len(noise) :])[:cut]).text.encode()


def test_names_of_tags_are_pillows_own():
    assert exif.value_of.__module__ == "witnessmark.formats.exif"
    tags = pairs(
        read(image.read_tiff, made.tiff("<", [(0x9999, made.short("<", 7)), (0x011E, made.rational("<", (0, 1)))])),
        "exif.IFD0",
    )
    assert tags == {"0x9999": "7", "XPosition": "0/1"}
