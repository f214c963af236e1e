"""Laws of reading pictures: words in them are hidden text, dates and sizes observations, and no pixel is decoded."""

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from tests.formats import collector

from witnessmark.cell.report import ReadingStopped, Source
from witnessmark.formats.image import read_bmp, read_gif, read_tiff, read_webp
from witnessmark.formats.jpeg import read_jpeg
from witnessmark.formats.png import read_png
from witnessmark.model.derivative import Outcome

SECRET = "Kestrelnest"
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:dc="d" xmlns:xmp="p" xmp:CreateDate="2031-02-03T04:05:06+08:00" xmp:CreatorTool="Tern 2">'
    "<dc:description><rdf:Alt><rdf:li>Kestrelnest</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
).encode()


def read(reader, data, name="x"):
    """Call one reader as the child would, with a stopped reading turned into its outcome."""
    collected = collector.Collected()
    try:
        reader(Source(io.BytesIO(data), len(data), name), collected)
    except ReadingStopped as stopped:
        collected.outcome(stopped.outcome, stopped.detail)
    return collected


def jpeg(**more):
    stream = io.BytesIO()
    Image.new("RGB", (31, 17), (200, 10, 10)).save(stream, "JPEG", **more)
    return stream.getvalue()


def png(info=None, **more):
    stream = io.BytesIO()
    Image.new("RGBA", (31, 17)).save(stream, "PNG", pnginfo=info, **more)
    return stream.getvalue()


def tags(**values):
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131] = "Kestria", "K-1", "Firmware 7"
    exif[0x0132] = "2031:05:04 10:20:30"
    inner = exif.get_ifd(0x8769)
    inner[0x9003], inner[0x9011] = "2031:05:04 10:20:29", "+08:00"
    for name, value in values.items():
        tag = int(name[1:], 16)
        (inner if tag >= 0x9000 and tag < 0x9C00 else exif)[tag] = value
    return exif


def segment(kind, body):
    return bytes((0xFF, kind)) + struct.pack(">H", len(body) + 2) + body


def with_segment(kind, body):
    data = jpeg()
    return data[:2] + segment(kind, body) + data[2:]


IPTC = b"\x1c\x02\x78" + struct.pack(">H", 11) + SECRET.encode() + b"\x1c\x02\x37\x00\x0820310203"
PLACES = {
    "EXIF description": (read_jpeg, jpeg(exif=tags(x010E=SECRET))),
    "EXIF artist": (read_jpeg, jpeg(exif=tags(x013B=SECRET))),
    "EXIF comment": (read_jpeg, jpeg(exif=tags(x9286=b"ASCII\0\0\0" + SECRET.encode()))),
    "EXIF comment, wide": (read_jpeg, jpeg(exif=tags(x9286=b"UNICODE\0" + SECRET.encode("utf-16-le")))),
    "Windows comment": (read_jpeg, jpeg(exif=tags(x9C9C=SECRET.encode("utf-16-le")))),
    "JPEG comment": (read_jpeg, jpeg(comment=SECRET.encode())),
    "XMP": (read_jpeg, with_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)),
    "IPTC": (read_jpeg, with_segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(IPTC)) + IPTC)),
}


def _png_with(kind):
    info = PngImagePlugin.PngInfo()
    if kind == "tEXt":
        info.add_text("Comment", SECRET)
    elif kind == "zTXt":
        info.add_text("Comment", SECRET, zip=True)
    elif kind == "iTXt":
        info.add_itxt("Comment", SECRET, zip=True)
    elif kind == "XMP":
        info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    else:
        raw = b"\nexif\n 8\n" + (b"Exif\0\0" + tags(x010E=SECRET).tobytes().removeprefix(b"Exif\0\0")).hex().encode()
        info.add_text("Raw profile type exif", raw.decode(), zip=True)
    return png(info)


PLACES |= {f"PNG {kind}": (read_png, _png_with(kind)) for kind in ("tEXt", "zTXt", "iTXt", "XMP", "profile")}
PLACES["PNG eXIf"] = (read_png, png(exif=tags(x010E=SECRET)))


@pytest.mark.parametrize("place", PLACES)
def test_every_word_in_a_picture_is_hidden_text(place):
    reader, data = PLACES[place]
    found = read(reader, data)
    assert found.visible_text == ""
    assert SECRET in found.hidden_text
    assert found.ended is Outcome.OK


def test_size_camera_and_dates_are_observed():
    found = read(read_jpeg, jpeg(exif=tags()))
    assert found.observed("picture.size") == [{"width": 31, "height": 17, "mode": "YCbCr", "bits": 8}]
    assert found.observed("camera") == [{"make": "Kestria", "model": "K-1"}]
    assert found.observed("software")[0]["name"] == "Firmware 7"
    assert found.observed("date.taken")[0] == {
        "raw": "2031:05:04 10:20:29",
        "utc": "2031-05-04T02:20:29Z",
        "local": "2031-05-04T10:20:29",
        "offset": 480,
        "says": "EXIF DateTimeOriginal",
    }
    assert found.observed("date.modified")[0]["utc"] is None


def test_xmp_dates_and_programs_are_observed():
    found = read(read_jpeg, PLACES["XMP"][1])
    assert found.observed("date.created")[0]["utc"] == "2031-02-02T20:05:06Z"
    assert found.observed("software")[0]["name"] == "Tern 2"


def test_png_size_and_time():
    found = read(read_png, png().replace(b"IDAT", b"IDAT", 1))
    assert found.observed("picture.size") == [{"width": 31, "height": 17, "mode": "RGBA", "bits": 8}]


@pytest.mark.parametrize(("reader", "data"), [(read_jpeg, jpeg()), (read_png, png())])
def test_what_stands_after_the_end_is_seen_and_taken_out(reader, data):
    found = read(reader, data + b"PK\x03\x04" + SECRET.encode() * 9)
    assert found.observed("picture.after_the_end")[0]["begins"] == b"PK\x03\x04Kest".hex()
    assert SECRET in bytes(found.members[0].data).decode()
    assert read(reader, data).members == []


@pytest.mark.parametrize(("reader", "data"), [(read_jpeg, jpeg()), (read_png, png())])
def test_a_cut_picture_is_partial_or_corrupt(reader, data):
    assert read(reader, data[:-30]).ended is Outcome.PARTIAL
    assert read(reader, data[:12]).ended is Outcome.CORRUPT


def test_a_huge_size_is_only_observed():
    head = (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 2**31 - 1, 2**31 - 1, 1, 0, 0, 0, 0) + bytes(4)
    )
    found = read(read_png, head + struct.pack(">I4s", 0, b"IEND") + bytes(4))
    assert found.observed("picture.size")[0]["width"] == 2**31 - 1


def test_a_text_chunk_that_unpacks_to_much_is_cut():
    body = b"Comment\0\0" + zlib.compress(b"a" * (64 << 20))
    data = png()[:33] + struct.pack(">I4s", len(body), b"zTXt") + body + bytes(4) + png()[33:]
    assert len(read(read_png, data).hidden_text) <= (4 << 20) + 100


def test_xmp_entities_are_not_followed():
    packet = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + XMP.replace(SECRET.encode(), b"&e;")
    assert "root:" not in read(read_jpeg, with_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)).text


OTHERS = {"GIF": read_gif, "BMP": read_bmp, "TIFF": read_tiff, "WEBP": read_webp}


@pytest.mark.parametrize("form", OTHERS)
def test_other_pictures_tell_their_size(form):
    stream = io.BytesIO()
    Image.new("L", (31, 17)).save(stream, form)
    found = read(OTHERS[form], stream.getvalue())
    assert (found.observed("picture.size")[0]["width"], found.observed("picture.size")[0]["height"]) == (31, 17)
    assert read(OTHERS[form], b"none of them").ended is Outcome.CORRUPT


@given(st.integers(0, 600), st.binary(min_size=1, max_size=6))
def test_no_damage_trips_the_readers(place, noise):
    for reader, data in (PLACES["EXIF comment"], PLACES["IPTC"], PLACES["PNG zTXt"]):
        broken = data[: place % len(data)] + noise + data[place % len(data) + len(noise) :]
        found = read(reader, broken)
        assert found.visible_text == ""
        found.text.encode()
