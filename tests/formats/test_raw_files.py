"""Laws of raw files and GIMP's: the camera's own picture comes out, its tags are the file's, words of layers are found."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.formats import collector
from tests.formats import made_media as made

from witnessmark.cell.report import ReadingStopped, Source
from witnessmark.formats import detect, image, jpeg, raw_files, xcf
from witnessmark.model.derivative import Outcome

SECRET = "Kestrelnest"
TIFF = made.tiff("<", [(0x10E, made.text(SECRET)), (0x132, made.text("2031:02:03 04:05:06"))])


def source(data):
    return Source(io.BytesIO(data), len(data), "x")


def read(reader, data):
    collected = collector.Collected()
    try:
        reader(source(data), collected)
    except ReadingStopped as stopped:
        collected.outcome(stopped.outcome, stopped.detail)
    return collected


def pairs(found, name):
    return {key: value for one in found.observed(name) for key, value in one.items()}


def photograph(block=TIFF):
    stream = io.BytesIO()
    Image.new("RGB", (31, 17), (200, 10, 10)).save(stream, "JPEG")
    return made.with_segments(stream.getvalue(), made.segment(0xE1, b"Exif\0\0" + block))


def raf(inner):
    head = b"FUJIFILMCCD-RAW 0201FF383501" + b"Tern T1".ljust(32, b"\0") + b"0100" + bytes(20)
    values = struct.pack(">IHHHH", 1, 0x100, 4, 2000, 3000)
    at = len(head) + 16
    return head + struct.pack(">4I", at + len(values), len(inner), at, len(values)) + values + inner


def mrw(block):
    parts = b"\0PRD" + struct.pack(">I", 16) + b"27820001" + struct.pack(">4H", 1000, 2000, 990, 1990)
    parts += b"\0TTW" + struct.pack(">I", len(block)) + block
    return b"\0MRM" + struct.pack(">I", len(parts)) + parts


def x3f(inner, **properties):
    out = b"FOVb" + struct.pack("<I", 0x20002) + bytes(20) + struct.pack("<II", 2640, 1760) + bytes(4)
    names = [text for pair in properties.items() for text in pair]
    places = [sum(len(text) + 1 for text in names[:number]) for number in range(len(names))]
    letters = "".join(f"{text}\0" for text in names).encode("utf-16-le")
    table = struct.pack(f"<{len(places)}I", *places)
    said = b"SECp" + struct.pack("<5I", 0x20000, len(properties), 0, 0, len(letters) // 2) + table + letters
    shown = b"SECi" + struct.pack("<6I", 0x20000, 2, 18, 31, 17, 0) + inner
    rows = struct.pack("<II4s", len(out), len(said), b"PROP")
    rows += struct.pack("<II4s", len(out) + len(said), len(shown), b"IMA2")
    at = len(out) + len(said) + len(shown)
    return out + said + shown + b"SECd" + struct.pack("<II", 0x20000, 2) + rows + struct.pack("<I", at)


def heap(*records):
    """A CIFF heap: values, then the table, then its place; records of up to eight bytes stand in the table."""
    values, rows = b"", b""
    for kind, body in records:
        if kind & 0xC000:
            rows += struct.pack("<H", kind) + body.ljust(8, b"\0")
        else:
            rows += struct.pack("<HII", kind, len(body), len(values))
            values += body
    return values + struct.pack("<H", len(records)) + rows + struct.pack("<I", len(values))


def crw(inner):
    lower = heap((0x080A, b"Kestria\0Tern 2\0"), (0x0810, SECRET.encode() + b"\0"), (0x580B, struct.pack("<I", 4711)))
    more = heap(
        (0x180E, struct.pack("<III", 1_900_000_000, 0, 0)), (0x1810, struct.pack("<II", 3072, 2048) + bytes(20))
    )
    whole = heap((0x3002, lower), (0x300A, more), (0x2007, inner))
    return b"II" + struct.pack("<I", 26) + b"HEAPCCDR" + struct.pack("<I", 0x10002) + bytes(8) + whole


def rw2(inner):
    order, entries = (
        "<",
        [(0x0002, made.short("<", 4000)), (0x000A, made.short("<", 12)), (0x002E, (7, len(inner), inner))],
    )
    return b"IIU\0" + made.tiff(order, entries)[4:]


def string(text):
    return struct.pack(">I", len(text) + 1) + text + b"\0"


def parasites(*named):
    body = b"".join(string(name) + struct.pack(">II", 1, len(data)) + data for name, data in named)
    return struct.pack(">II", 21, len(body)) + body


def gimp(version=b"file", wide=False):
    end = bytes(8)
    words = b'(text "Sand\\303\\244 \\"bank\\"")(font "Sans")'
    layer = (
        struct.pack(">III", 5, 5, 1) + string("Möwe".encode()) + parasites((b"gimp-text-layer", words + b"\0")) + end
    )
    block = b"Exif\0\0" + TIFF
    packet = b"GIMP_XMP_1<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
    head = b"gimp xcf " + version + b"\0" + struct.pack(">III", 64, 48, 0) + (struct.pack(">I", 150) if wide else b"")
    head += parasites((b"gimp-comment", b"by a tern\0"), (b"exif-data", block), (b"gimp-metadata", packet)) + end
    size = 8 if wide else 4
    return head + (len(head) + 2 * size).to_bytes(size, "big") + bytes(size) + layer


PHOTOGRAPH = photograph()
FILES = {
    "RAF": (raw_files.read_raf, raf(PHOTOGRAPH), (3000, 2000)),
    "X3F-1": (raw_files.read_x3f, x3f(PHOTOGRAPH, CAMMODEL="Tern 3", TIME="1900000000"), (2640, 1760)),
    "CIFF": (raw_files.read_crw, crw(PHOTOGRAPH), (3072, 2048)),
    "RW2": (image.read_tiff, rw2(PHOTOGRAPH), None),
}


@pytest.mark.parametrize("name", FILES)
def test_the_cameras_own_jpeg_comes_out_and_its_tags_are_the_files(name):
    reader, data, size = FILES[name]
    found = read(reader, data)
    assert found.ended is Outcome.OK
    assert [(one.name, bytes(one.data)) for one in found.members] == [(f"preview-{name}.jpg", PHOTOGRAPH)]
    assert pairs(found, "exif.IFD0")["ImageDescription"] == SECRET
    assert found.observed("date.modified")[0]["local"] == "2031-02-03T04:05:06"
    assert (
        size is None
        or (found.observed("picture.size")[0]["width"], found.observed("picture.size")[0]["height"]) == size
    )
    at = found.observed("exif.block")[0]["at"]
    assert data[at : at + 4] == b"II*\0"


def test_tags_of_panasonics_first_directory_have_panasonics_names():
    assert pairs(read(image.read_tiff, rw2(PHOTOGRAPH)), "exif.IFD0")["SensorWidth"] == "4000"
    assert "0x0002" in pairs(read(image.read_tiff, b"II*\0" + rw2(PHOTOGRAPH)[4:]), "exif.IFD0")


def test_blocks_of_an_mrw_are_read():
    found = read(raw_files.read_mrw, mrw(TIFF))
    assert pairs(found, "exif.IFD0")["ImageDescription"] == SECRET
    assert found.observed("picture.size") == [{"width": 2000, "height": 1000, "mode": "MRW"}]


def test_who_and_when_of_an_x3f_and_a_crw_are_told_without_a_zone():
    sigma, canon = read(*FILES["X3F-1"][:2]), read(*FILES["CIFF"][:2])
    assert sigma.observed("x3f.properties") == [{"CAMMODEL": "Tern 3", "TIME": "1900000000"}]
    assert canon.observed("camera")[-1] == {"make": "Kestria", "model": "Tern 2", "serial": "4711", "says": "CIFF"}
    assert canon.observed("ciff") == [{"owner": SECRET}]
    for found in (sigma, canon):
        assert found.observed("date.taken")[0]["local"] == "2030-03-17T17:46:40"
        assert found.observed("date.taken")[0]["utc"] is None


def test_a_sidecar_of_exiv2_is_read_as_the_segments_that_it_is():
    data = b"\xff\x01Exiv2" + made.segment(0xE1, b"Exif\0\0" + TIFF) + b"\xff\xd9"
    assert detect.detect(source(data)).media_type == "image/x-exv"
    assert pairs(read(jpeg.read_exv, data), "exif.IFD0")["ImageDescription"] == SECRET
    assert read(jpeg.read_exv, data).ended is Outcome.OK
    assert read(jpeg.read_exv, data[:-2]).ended is Outcome.PARTIAL
    assert read(jpeg.read_exv, b"\xff\xd8" + data).ended is Outcome.CORRUPT


def test_exif_that_goes_on_in_further_segments_is_one_block():
    comment = "tern " * 20_000
    block = made.tiff("<", [(0x10F, made.text("Kestria")), (0x10E, made.text(comment))])
    pieces = [made.segment(0xE1, b"Exif\0\0" + block[at : at + 65_000]) for at in range(0, len(block), 65_000)]
    stream = io.BytesIO()
    Image.new("RGB", (31, 17)).save(stream, "JPEG")
    found = read(jpeg.read_jpeg, made.with_segments(stream.getvalue(), *pieces))
    assert len(pieces) == 2
    assert pairs(found, "exif.IFD0")["ImageDescription"].startswith("tern tern")
    assert found.observed("exif.unread") == []


def test_two_whole_exif_blocks_of_a_jpeg_stay_two():
    second = made.tiff("<", [(0x10E, made.text("second"))])
    data = made.with_segments(photograph(), made.segment(0xE1, b"Exif\0\0" + second))
    found = read(jpeg.read_jpeg, data)
    assert [one["ImageDescription"] for one in found.observed("exif.IFD0")] == ["second", SECRET]


def test_a_jpeg_xr_tells_its_size_and_tags():
    entries = [(0xBC80, made.long("<", 640)), (0xBC81, made.long("<", 480)), (0x10F, made.text("Kestria"))]
    found = read(image.read_tiff, b"II\xbc\1" + made.tiff("<", entries)[4:])
    assert found.observed("picture.size") == [{"width": 640, "height": 480, "mode": "JPEG XR"}]
    assert pairs(found, "exif.IFD0")["Make"] == "Kestria"


@pytest.mark.parametrize(("version", "wide"), [(b"file", False), (b"v011", True)])
def test_words_of_layers_and_parasites_of_gimp_are_found(version, wide):
    found = read(xcf.read_xcf, gimp(version, wide))
    assert found.observed("picture.size") == [{"width": 64, "height": 48, "mode": "RGB"}]
    assert found.observed("picture.layers") == [1]
    for words in ("Möwe", 'Sandä "bank"', "by a tern", SECRET):
        assert words in found.hidden_text


def test_heaps_that_hold_themselves_end():
    ring = struct.pack("<HHIII", 1, 0x300A, 16, 0, 0)[:14] + bytes(2) + struct.pack("<I", 0)
    data = b"II" + struct.pack("<I", 26) + b"HEAPCCDR" + bytes(12) + ring
    assert read(raw_files.read_crw, data).ended is Outcome.OK


WHOLE = {name: (reader, data) for name, (reader, data, _) in FILES.items()} | {
    "MRW": (raw_files.read_mrw, mrw(TIFF)),
    "XCF": (xcf.read_xcf, gimp()),
    "EXV": (jpeg.read_exv, b"\xff\x01Exiv2" + made.segment(0xE1, b"Exif\0\0" + TIFF) + b"\xff\xd9"),
}


@pytest.mark.parametrize("name", WHOLE)
@given(data=st.data())
def test_no_damage_trips_a_reader(name, data):
    reader, whole = WHOLE[name]
    place = data.draw(st.integers(0, len(whole) - 1))
    noise = data.draw(st.one_of(st.binary(max_size=8), st.just(b"\xff" * 8), st.just(bytes(8))))
    cut = data.draw(st.sampled_from([len(whole), place]))
    read(reader, (whole[:place] + noise + whole[place + len(noise) :])[:cut]).text.encode()
