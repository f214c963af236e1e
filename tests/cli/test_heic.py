"""Pictures as telephones take them: HEIC drawn by libheif's program where it is found, AVIF in the cell, as pages and for letters."""

import io
import re
import shutil
import struct
import subprocess

import pytest
from PIL import Image, features
from tests.cli.test_ocr import needs_tesseract

from witnessmark.demo.drawing import typed_page
from witnessmark.work import heif, programs


def has_heif():
    """Tell whether libheif's programs are here, and have what they need for HEIC: newer ones have it in packages apart."""
    found = [shutil.which(name, path=programs.PLACES) for name in ("heif-enc", *heif._NAMES)]
    if found[0] is None or not any(found[1:]):
        return False
    asked = ((found[0], "--list-encoders"), (next(filter(None, found[1:])), "--list-decoders"))
    said = (subprocess.run(words, capture_output=True, text=True, check=False, timeout=60) for words in asked)
    return all(re.search(r"^HEIC (en|de)coders:\n- ", one.stdout, re.MULTILINE) for one in said)


needs_heif = pytest.mark.skipif(
    not has_heif(), reason="libheif's programs, or what they read and write HEIC by, are not installed"
)
needs_avif = pytest.mark.skipif(not features.check("avif"), reason="this Pillow knows no AVIF")
LINES = (("ORDER No. 27", 46), ("The south gate is opened at seven.", 32), ("Carts are searched.", 32))


def marked(size=(640, 480)):
    """A white picture whose upper left corner is red and whose lower left one is blue."""
    picture = Image.new("RGB", size, "white")
    picture.paste((200, 20, 20), (0, 0, 100, 100))
    picture.paste((20, 20, 200), (0, size[1] - 100, 100, size[1]))
    return picture


def heic(folder, picture, *more):
    picture.save(folder / "picture.png", **dict(more))
    subprocess.run(
        ["heif-enc", "-q", "80", folder / "picture.png", "-o", folder / "picture.heic"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return (folder / "picture.heic").read_bytes()


def boxes(data, start, end):
    while start < end:
        size, kind = struct.unpack(">I4s", data[start : start + 8])
        yield kind, start, start + size
        start += size


def turned(data):
    """Add to the one item of a HEIC that it is to be turned by 90 degrees (ISO/IEC 23008-12, 6.5.10)."""
    whole = {kind: (start, end) for kind, start, end in boxes(data, 0, len(data))}
    meta = {kind: (start, end) for kind, start, end in boxes(data, whole[b"meta"][0] + 12, whole[b"meta"][1])}
    iprp = {kind: (start, end) for kind, start, end in boxes(data, meta[b"iprp"][0] + 8, meta[b"iprp"][1])}
    ipco, ipma = data[slice(*iprp[b"ipco"])], bytearray(data[slice(*iprp[b"ipma"])])
    count = sum(1 for _ in boxes(data, iprp[b"ipco"][0] + 8, iprp[b"ipco"][1]))
    irot = struct.pack(">I4sB", 9, b"irot", 1)
    assert (ipma[8:12], ipma[12:16]) == (bytes(4), struct.pack(">I", 1)), "one item, one byte for a property"
    ipma[18] += 1
    ipma += bytes((0x80 | count + 1,))

    def sized(kind, body):
        return struct.pack(">I4s", 8 + len(body), kind) + body

    new_iprp = sized(b"iprp", sized(b"ipco", ipco[8:] + irot) + sized(b"ipma", bytes(ipma[8:])))
    more = len(new_iprp) - (meta[b"iprp"][1] - meta[b"iprp"][0])
    start = struct.pack(">I", whole[b"mdat"][0] + 8)
    iloc = data[slice(*meta[b"iloc"])]
    assert iloc.count(start) == 1
    new_iloc = iloc.replace(start, struct.pack(">I", whole[b"mdat"][0] + 8 + more))
    body = data[whole[b"meta"][0] + 8 : whole[b"meta"][1]].replace(iloc, new_iloc).replace(
        data[slice(*meta[b"iprp"])], new_iprp
    )  # fmt: skip
    return data[: whole[b"meta"][0]] + sized(b"meta", body) + data[whole[b"meta"][1] :]


def compiled(wm, tmp_path, **files):
    (tmp_path / "leak").mkdir()
    for name, data in files.items():
        (tmp_path / "leak" / name.replace("_", ".")).write_bytes(data)
    wm.good("compile", tmp_path / "archive", tmp_path / "leak", "--no-programs")
    return tmp_path / "archive"


def drawn(wm, place, name, tmp_path, *more):
    told = wm.good("page", place, f"path:{name}", 1, "--to", tmp_path / f"{name}.png", "--json", *more).last
    with Image.open(tmp_path / f"{name}.png") as picture:
        picture.load()
        return told, picture


def is_near(pixel, wanted):
    return all(abs(one - other) < 40 for one, other in zip(pixel, wanted, strict=True))


@needs_heif
def test_a_picture_in_heic_is_a_page_in_its_colours(wm, tmp_path):
    data = heic(tmp_path, marked())
    place = compiled(wm, tmp_path, a_heic=data, b_heic=turned(data))
    told, picture = drawn(wm, place, "a.heic", tmp_path)
    assert {name: told[name] for name in ("page", "pages", "width", "height", "channels", "words", "drawn")} == {
        "page": 1, "pages": 1, "width": 640, "height": 480, "channels": 3, "words": [], "drawn": True,
    }  # fmt: skip
    assert is_near(picture.getpixel((50, 50)), (200, 20, 20))
    assert is_near(picture.getpixel((50, 430)), (20, 20, 200))
    assert is_near(picture.getpixel((400, 240)), (255, 255, 255))
    _, upright = drawn(wm, place, "b.heic", tmp_path)
    assert upright.size == (480, 640), "it stands as the container says"
    assert is_near(upright.getpixel((50, 590)), (200, 20, 20))
    assert wm.good("page", place, "path:a.heic", 1, "--json").last["drawn"] is False
    assert wm.call("page", place, "path:a.heic", 2).code == 64
    assert wm.call("audit", place).code == 0
    assert wm.files(place)["a.heic"]["media_type"] == "image/heic"
    smaller, _ = drawn(wm, wm.copied(place, tmp_path / "other"), "a.heic", tmp_path / "leak", "--dpi", 36, "--grey")
    assert (smaller["channels"], smaller["width"] * smaller["height"] <= 97 * 36 * 36) == (1, True)


@needs_heif
def test_what_exif_says_turns_no_picture_in_heic(wm, tmp_path):
    """The container's own turn is the one that counts (ISO/IEC 23008-12); a PNG that carries both is not turned twice."""
    exif = Image.Exif()
    exif[0x112] = 6
    marked().save(tmp_path / "picture.jpg", quality=95, exif=exif)
    subprocess.run(
        ["heif-enc", "-q", "80", tmp_path / "picture.jpg", "-o", tmp_path / "picture.heic"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    with_exif = (tmp_path / "picture.heic").read_bytes()
    assert b"Exif" in with_exif
    place = compiled(wm, tmp_path, a_heic=with_exif)
    told, picture = drawn(wm, place, "a.heic", tmp_path)
    stands = b"irot" in with_exif  # a newer libheif writes the turn of the EXIF into the container
    assert (told["width"], told["height"]) == ((480, 640) if stands else (640, 480))
    corner = (430, 50) if stands else (50, 50)
    assert is_near(picture.getpixel(corner), (200, 20, 20))


@needs_heif
@needs_tesseract
def test_letters_are_looked_for_in_heic(wm, tmp_path):
    place = compiled(wm, tmp_path, scan_heic=heic(tmp_path, typed_page(LINES, "a scan").convert("RGB")))
    assert wm.good("compile", place, "--no-programs", "--json").last["without_text"] == 1
    ran = wm.good("compile", place, "--ocr", "eng", "--json").last["ocr"]
    assert (ran["exhibits"], ran["with_text"], ran["undrawable"]) == (1, 1, 0)
    row = wm.files(place)["scan.heic"]
    assert row["machine_read"].startswith("tesseract ")
    assert "south gate is opened" in wm.call("text", place, "path:scan.heic").out
    assert wm.good("compile", place, "--ocr", "eng", "--json").last["ocr"]["exhibits"] == 0


@needs_heif
def test_a_broken_picture_is_one_sentence(wm, tmp_path):
    data = heic(tmp_path, marked())
    place = compiled(wm, tmp_path, cut_heic=data[: len(data) * 2 // 3])
    ran = wm.call("page", place, "path:cut.heic", 1)
    assert ran.code in {0, 64}
    assert ran.code == 0 or "could make nothing of it" in ran.sentence


@needs_heif
def test_without_the_program_there_is_one_sentence_and_it_stays_due(wm, tmp_path, monkeypatch):
    place = compiled(wm, tmp_path, a_heic=heic(tmp_path, marked()))
    monkeypatch.setattr(heif, "_NAMES", ())
    ran = wm.call("page", place, "path:a.heic", 1)
    assert (ran.code, "doctor" in ran.sentence) == (64, True)
    if shutil.which("tesseract", path=programs.PLACES) is None:
        return
    said = wm.good("compile", place, "--ocr", "eng").out
    assert "1 picture in HEIC could not be looked at" in said
    monkeypatch.undo()
    assert wm.good("compile", place, "--ocr", "eng", "--json").last["ocr"]["exhibits"] == 1


@needs_avif
def test_a_picture_in_avif_needs_no_program(wm, tmp_path, monkeypatch):
    monkeypatch.setattr(programs, "PLACES", "/nowhere")
    out = io.BytesIO()
    marked().save(out, "AVIF", quality=90)
    place = compiled(wm, tmp_path, a_avif=out.getvalue())
    told, picture = drawn(wm, place, "a.avif", tmp_path)
    assert (told["width"], told["height"], told["pages"]) == (640, 480, 1)
    assert is_near(picture.getpixel((50, 50)), (200, 20, 20))
    assert is_near(picture.getpixel((50, 430)), (20, 20, 200))


def test_any_picture_is_a_page(wm, tmp_path):
    exif = Image.Exif()
    exif[0x112] = 8
    files = {}
    for name, form, more in (
        ("a_jpg", "JPEG", {"exif": exif, "quality": 95}),
        ("b_png", "PNG", {}),
        ("c_tiff", "TIFF", {}),
    ):
        out = io.BytesIO()
        marked().save(out, form, **more)
        files[name] = out.getvalue()
    two = io.BytesIO()
    marked().save(two, "TIFF", save_all=True, append_images=[Image.new("RGB", (60, 40), "green")])
    place = compiled(wm, tmp_path, d_tiff=two.getvalue(), **files)
    told, picture = drawn(wm, place, "a.jpg", tmp_path)
    assert (told["width"], told["height"]) == (480, 640), "its EXIF says how it stands"
    assert is_near(picture.getpixel((50, 590)), (200, 20, 20))
    _, picture = drawn(wm, place, "b.png", tmp_path)
    assert is_near(picture.getpixel((50, 430)), (20, 20, 200))
    second = wm.good("page", place, "path:d.tiff", 2, "--json").last
    assert (second["pages"], second["width"], second["height"]) == (2, 60, 40)
    assert wm.call("page", place, "path:d.tiff", 3).code == 64
