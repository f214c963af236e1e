"""Families 24 (in part) and 26 to 32: PDF."""

import hashlib
import random
import struct
import zlib
from collections.abc import Iterator, Mapping
from functools import partial

from hostile_files import zips
from hostile_files.specimen import (
    CORRUPT,
    KILLED,
    LIMIT,
    LOCKED,
    OK,
    PARTIAL,
    READ,
    Hostile,
    Place,
    fixed,
    late,
    only,
)

PDF = ("application/pdf",)
WORDS = b"BT /F1 12 Tf 72 700 Td (The keys) Tj ET"
Objects = Mapping[int, bytes]


def pdf(objects: Objects, trailer: bytes = b"", *, root: int = 1, version: bytes = b"1.7") -> bytes:
    """Return a PDF of numbered objects."""
    out, places = bytearray(b"%PDF-" + version + b"\n"), {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start, size = len(out), max(objects, default=0) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 %b \n" % (places.get(number, 0), b"n" if number in places else b"f")
    out += b"trailer\n<< /Size %d /Root %d 0 R %b >>\nstartxref\n%d\n%%%%EOF\n" % (size, root, trailer, start)
    return bytes(out)


def stream(data: bytes, about: bytes = b"") -> bytes:
    """Return a stream object."""
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(data), about, data)


FONT = b"/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"


def page(more: bytes = b"", resources: bytes = b"", box: bytes = b"[0 0 612 792]") -> bytes:
    """Return a page that shows object 4."""
    return b"<< /Type /Page /Parent 2 0 R /MediaBox %b /Contents 4 0 R /Resources << %b %b >> %b >>" % (
        box,
        FONT,
        resources,
        more,
    )


def simple(
    content: bytes = stream(WORDS),
    *,
    catalog: bytes = b"",
    the_page: bytes | None = None,
    extra: Objects | None = None,
    trailer: bytes = b"",
) -> bytes:
    """Return a PDF of one page."""
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R %b >>" % catalog,
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: page() if the_page is None else the_page,
        4: content,
    }
    return pdf(objects | dict(extra or {}), trailer)


def _deflated(size: int, times: int, inner: bytes = b"") -> bytes:
    packer = zlib.compressobj(9)
    data = packer.compress(inner + b" ")
    for _ in range(size >> 20):
        data += packer.compress(b" " * (1 << 20))
    data += packer.flush()
    for _ in range(times - 1):
        data = zlib.compress(data, 9)
    return data


def _flate(size: int, times: int) -> bytes:
    return simple(stream(_deflated(size, times, WORDS), b"/Filter [%b]" % (b"/FlateDecode " * times)))


def _unfolding() -> Iterator[Hostile]:
    right = READ | KILLED | only(CORRUPT)
    for size, times in ((1 << 20, 1), (64 << 20, 1), (64 << 20, 2), (256 << 20, 2), (256 << 20, 3)):
        yield Hostile(
            26,
            f"flate-{size >> 20}-{times}.pdf",
            late(partial(_flate, size, times)),
            right,
            PDF,
            memory=1100,
            seconds=12,
        )
    run = b"\x81 " * 400_000 + b"\x80"
    yield Hostile(26, "run-length.pdf", fixed(simple(stream(run, b"/Filter /RunLengthDecode"))), right, PDF, memory=600)
    again = zlib.compress(run, 9)
    yield Hostile(
        26,
        "run-length-flate.pdf",
        fixed(simple(stream(again, b"/Filter [/FlateDecode /RunLengthDecode]"))),
        right,
        PDF,
        memory=600,
    )
    hundred = simple(stream(WORDS.hex().encode(), b"/Filter [%b]" % (b"/ASCIIHexDecode " * 100_000)))
    yield Hostile(26, "hundred-thousand-filters.pdf", fixed(hundred), right, PDF, seconds=6)
    meta = late(
        lambda: simple(
            catalog=b"/Metadata 5 0 R",
            extra={5: stream(_deflated(128 << 20, 1), b"/Type /Metadata /Subtype /XML /Filter /FlateDecode")},
        )
    )
    yield Hostile(26, "metadata.pdf", meta, right, PDF, memory=1100)
    objstm = late(
        lambda: simple(
            extra={5: stream(_deflated(128 << 20, 1), b"/Type /ObjStm /N 1000000 /First 10 /Filter /FlateDecode")}
        )
    )
    yield Hostile(26, "object-stream.pdf", objstm, right, PDF, memory=300)
    predictor = stream(
        _deflated(16 << 20, 1),
        b"/Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns 2147483647 /Colors 32 /BitsPerComponent 16 >>",
    )
    yield Hostile(26, "predictor.pdf", fixed(simple(predictor)), right, PDF, memory=600)
    for side in (30_000, 65_535):
        image = stream(
            _deflated(1 << 20, 1),
            b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /FlateDecode"
            % (side, side),
        )
        body = stream(b"q 500 0 0 500 50 50 cm /I Do Q 3 Tr " + WORDS + b" BT 1 1 1 rg /F1 9 Tf 90 90 Td (pale) Tj ET")
        data = simple(body, the_page=page(resources=b"/XObject << /I 5 0 R >>"), extra={5: image})
        yield Hostile(26, f"image-{side}.pdf", fixed(data), right, PDF, memory=1100)


def _fan(levels: int, width: int, kind: str) -> bytes:
    extra = {}
    for level in range(levels):
        number = 5 + level
        calls = b"/X Do " * width if level + 1 < levels else WORDS
        resources = b"/XObject << /X %d 0 R >>" % (number + 1) if level + 1 < levels else FONT
        extra[number] = stream(
            calls, b"/Type /XObject /Subtype /Form /BBox [0 0 600 700] /Resources << %b >>" % resources
        )
    body = stream(b"/X Do " * width)
    if kind == "pattern":
        extra[5] = stream(
            b"/X Do " * width,
            b"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 1 1] /XStep 0.01 /YStep 0.01 /Resources << /XObject << /X 6 0 R >> >>",
        )
        resources = b"/Pattern << /P 5 0 R >>"
        body = stream(b"/Pattern cs /P scn 0 0 600 700 re f 1 1 1 rg " + WORDS)
        return simple(body, the_page=page(resources=resources), extra=extra)
    return simple(body, the_page=page(resources=b"/XObject << /X 5 0 R >>"), extra=extra)


def _forms() -> Iterator[Hostile]:
    right = READ | KILLED | only(CORRUPT)
    for levels, width in ((3, 10), (7, 20), (28, 2), (12, 10)):
        yield Hostile(
            27, f"forms-{levels}-{width}.pdf", fixed(_fan(levels, width, "form")), right, PDF, memory=1100, seconds=12
        )
    yield Hostile(27, "pattern.pdf", fixed(_fan(5, 10, "pattern")), right, PDF, memory=1100, seconds=12)
    itself = stream(b"/X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >>")
    data = simple(stream(b"/X Do " + WORDS), the_page=page(resources=b"/XObject << /X 5 0 R >>"), extra={5: itself})
    yield Hostile(27, "itself.pdf", fixed(data), right, PDF)
    glyph = stream(b"1000 0 0 0 750 750 d1 BT /F 1 Tf (a) Tj ET")
    font = b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 750 750] /FontMatrix [0.001 0 0 0.001 0 0] /CharProcs << /a 6 0 R >> /Encoding << /Differences [97 /a] >> /FirstChar 97 /LastChar 97 /Widths [1000] /Resources << /Font << /F 5 0 R >> >> >>"
    data = simple(
        stream(b"BT /F 12 Tf 72 700 Td (aaaa) Tj ET"),
        the_page=b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        extra={5: font, 6: glyph},
    )
    yield Hostile(27, "glyph-in-itself.pdf", fixed(data), right, PDF)
    deep = stream(b"q " * 200_000 + WORDS)
    yield Hostile(27, "deep-states.pdf", fixed(simple(deep)), right, PDF, memory=600)
    nested = b"<< /A " * 50_000 + b"1" + b" >>" * 50_000
    yield Hostile(27, "deep-dictionary.pdf", fixed(simple(extra={5: nested})), right, PDF)
    arrays = b"[" * 100_000 + b"]" * 100_000
    yield Hostile(27, "deep-array.pdf", fixed(simple(catalog=b"/X " + arrays)), right, PDF)
    paths = stream(b"0 0 m " + b"9 9 l 5 700 l " * 100_000 + b"f 1 1 1 rg " + WORDS)
    yield Hostile(27, "path.pdf", fixed(simple(paths)), right, PDF, memory=600, seconds=12)
    words = stream(b"BT /F1 1 Tf 9 700 Td " + b"(word) Tj " * 100_000 + b"ET")
    yield Hostile(27, "hundred-thousand-words.pdf", fixed(simple(words)), right, PDF, memory=600, seconds=12)
    boxes = b"0.9 g " + b"0 0 600 700 re f " * 3_000 + b"0 g BT /F1 1 Tf 9 700 Td " + b"(w) Tj 0 1 Td " * 3_000 + b"ET "
    yield Hostile(27, "boxes-over-words.pdf", fixed(simple(stream(boxes))), right, PDF, memory=600, seconds=12)


def _circles() -> Iterator[Hostile]:
    right = only(CORRUPT, PARTIAL, OK, LIMIT)
    objects = {1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"}
    yield Hostile(28, "pages-itself.pdf", fixed(pdf(objects)), right, PDF)
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R 3 0 R] /Count 9 >>",
        3: b"<< /Type /Pages /Kids [2 0 R] /Count 9 >>",
    }
    yield Hostile(28, "pages-two.pdf", fixed(pdf(objects)), right, PDF)
    yield Hostile(28, "catalog-is-pages.pdf", fixed(pdf({1: b"<< /Type /Catalog /Pages 1 0 R >>"})), right, PDF)
    data = simple(the_page=b"<< /Type /Page /Parent 3 0 R /Contents 4 0 R >>")
    yield Hostile(28, "parent-itself.pdf", fixed(data), right, PDF)
    good = simple()
    place = int(good.rpartition(b"startxref\n")[2].split()[0])
    yield Hostile(28, "previous-itself.pdf", fixed(simple(trailer=b"/Prev %d" % place)), right, PDF)
    yield Hostile(28, "previous-outside.pdf", fixed(simple(trailer=b"/Prev 99999999999999999999")), right, PDF)
    yield Hostile(28, "start-itself.pdf", fixed(good.replace(b"startxref\n%d" % place, b"startxref\n0")), right, PDF)
    yield Hostile(
        28, "reference-itself.pdf", fixed(simple(extra={5: b"5 0 R"}, catalog=b"/Outlines 5 0 R")), right, PDF
    )
    yield Hostile(
        28, "length-itself.pdf", fixed(simple(b"<< /Length 4 0 R >>\nstream\n" + WORDS + b"\nendstream")), right, PDF
    )
    outlines = {
        5: b"<< /First 6 0 R /Last 6 0 R /Count 1 >>",
        6: b"<< /Title (mark) /Parent 5 0 R /Next 6 0 R /First 6 0 R /Prev 6 0 R >>",
    }
    yield Hostile(28, "bookmarks.pdf", fixed(simple(extra=outlines, catalog=b"/Outlines 5 0 R")), right, PDF)
    many = {5: b"<< /First 6 0 R >>"} | {
        6 + n: b"<< /Title (mark) /Next %d 0 R >>" % (6 + (n + 1) % 500) for n in range(500)
    }
    yield Hostile(28, "many-bookmarks.pdf", fixed(simple(extra=many, catalog=b"/Outlines 5 0 R")), right, PDF)
    tree = {5: b"<< /Kids [5 0 R] >>"}
    yield Hostile(
        28,
        "names.pdf",
        fixed(simple(extra=tree, catalog=b"/Names << /EmbeddedFiles 5 0 R /JavaScript 5 0 R >>")),
        right,
        PDF,
    )
    structure = {
        5: b"<< /Type /StructTreeRoot /K 6 0 R /ParentTree 5 0 R >>",
        6: b"<< /S /P /K [6 0 R 6 0 R] /P 6 0 R /Pg 3 0 R /Alt (alt) >>",
    }
    yield Hostile(
        28,
        "structure.pdf",
        fixed(simple(extra=structure, catalog=b"/StructTreeRoot 5 0 R /MarkInfo << /Marked true >>")),
        right,
        PDF,
        seconds=12,
    )
    fields = {5: b"<< /Fields [6 0 R] >>", 6: b"<< /T (f) /Kids [6 0 R] /Parent 6 0 R >>"}
    yield Hostile(28, "fields.pdf", fixed(simple(extra=fields, catalog=b"/AcroForm 5 0 R")), right, PDF)
    objstm = {5: stream(b"5 0 << >>", b"/Type /ObjStm /N 1 /First 4 /Extends 5 0 R")}
    yield Hostile(28, "object-stream.pdf", fixed(simple(extra=objstm)), right, PDF)
    for what, data in (
        ("no-xref", good[:place]),
        ("cut", good[: place // 2]),
        ("head", b"%PDF-1.7\n"),
        ("twice", good + good),
        ("backwards", good[:9] + good[9:][::-1]),
    ):
        yield Hostile(28, f"{what}.pdf", fixed(data), right, PDF)
    revisions = good + b"".join(
        b"4 0 obj\n" + stream(WORDS) + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % place for _ in range(3000)
    )
    yield Hostile(28, "three-thousand-revisions.pdf", fixed(revisions), right | only(OK), PDF, seconds=12)


def _pages() -> Iterator[Hostile]:
    right = only(OK, PARTIAL, LIMIT, CORRUPT)
    for box in (
        b"[0 0 200000 200000]",
        b"[0 0 1e38 1e38]",
        b"[0 0 0 0]",
        b"[9 9 -9 -9]",
        b"[nan nan nan nan]",
        b"[-99999999999 0 99999999999 9]",
        b"[0 0 612]",
        b"/Name",
    ):
        pale = stream(b"1 1 1 rg " + WORDS)
        number = zlib.crc32(box) & 0xFFFF
        yield Hostile(
            29, f"box-{number:04x}.pdf", fixed(simple(pale, the_page=page(box=box))), right, PDF, memory=150, seconds=5
        )
    unit = simple(the_page=page(b"/UserUnit 1e30 /Rotate 1234567"))
    yield Hostile(29, "user-unit.pdf", fixed(unit), right, PDF)
    for count in (1_000_000, 2**31 - 1, -1, 0):
        objects = {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count %d >>" % count,
            3: page(),
            4: stream(WORDS),
        }
        yield Hostile(29, f"count-{count}.pdf", fixed(pdf(objects)), right | KILLED, PDF, seconds=12)
    shared = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        3: page(),
        4: stream(WORDS),
        2: b"<< /Type /Pages /Kids [5 0 R] /Count 1000000 >>",
    }
    for level in range(3):
        kid = b"%d 0 R " % (6 + level) if level < 2 else b"3 0 R "
        shared[5 + level] = b"<< /Type /Pages /Parent 2 0 R /Kids [%b] /Count %d >>" % (kid * 100, 100 ** (3 - level))
    yield Hostile(29, "shared-pages.pdf", fixed(pdf(shared)), right | KILLED, PDF, seconds=12)
    twelve = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        4: stream(WORDS),
        2: b"<< /Type /Pages /Count 12000 /Kids [%b] >>" % b" ".join(b"%d 0 R" % n for n in range(10, 12_010)),
    }
    twelve |= {n: page() for n in range(10, 12_010)}
    yield Hostile(29, "twelve-thousand.pdf", late(partial(pdf, twelve)), right | KILLED, PDF, seconds=25, memory=600)


ACTIONS = {
    "script": b"/OpenAction << /S /JavaScript /JS (app.launchURL\\('URL'\\)) >>",
    "launch": b"/OpenAction << /S /Launch /F (/bin/sh) /Win << /F (cmd.exe) /P (/c calc) >> >>",
    "uri": b"/OpenAction << /S /URI /URI (URL) >>",
    "submit": b"/OpenAction << /S /SubmitForm /F << /FS /URL /F (URL) >> >>",
    "remote": b"/OpenAction << /S /GoToR /F (\\\\\\\\127.0.0.1\\\\share\\\\x.pdf) /D [0 /Fit] >>",
    "import": b"/OpenAction << /S /ImportData /F (URL) >>",
    "chain": b"/OpenAction 5 0 R",
    "additional": b"/AA << /WC << /S /JavaScript /JS (this.submitForm\\('URL'\\)) >> >>",
    "names": b"/Names << /JavaScript << /Names [(run) << /S /JavaScript /JS (app.alert\\('URL'\\)) >>] >> >>",
    "xfa": b"/AcroForm << /XFA 6 0 R /Fields [] >>",
    "rendition": b"/OpenAction << /S /Rendition /R << /S /MR /C << /S /MCD /D << /FS /URL /F (URL) >> >> >> /OP 0 >>",
}


def _acting(action: bytes, place: Place) -> bytes:
    url = place.url("pdf").encode()
    extra = {
        5: b"<< /S /URI /URI (URL) /Next 5 0 R >>".replace(b"URL", url),
        6: stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'><submit target='%b'/></xdp:xdp>" % url),
    }
    return simple(catalog=action.replace(b"URL", url), extra=extra)


def _annotated(place: Place) -> bytes:
    url = place.url("link").encode()
    kinds = (
        b"/S /URI /URI (%b)" % url,
        b"/S /Launch /F (%b)" % url,
        b"/S /GoToR /F (%b)" % url,
        b"/S /JavaScript /JS (x)",
    )
    links = b" ".join(b"<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << %b >> >>" % kind for kind in kinds)
    return simple(the_page=page(b"/Annots [%b]" % links))


def _acts() -> Iterator[Hostile]:
    for name, action in ACTIONS.items():
        has = ("127.0.0.1",) if name in ("names",) else ()
        yield Hostile(
            30,
            f"{name}.pdf",
            partial(_acting, action),
            only(OK),
            PDF,
            shown=("The keys",),
            has=has,
            observed=(("pdf.actions", ""),) if name not in ("xfa",) else (),
            beacon=True,
        )
    yield Hostile(
        30,
        "links.pdf",
        _annotated,
        only(OK),
        PDF,
        shown=("The keys",),
        observed=(("address", "127.0.0.1"),),
        beacon=True,
    )


def attached(name: bytes, data: bytes, about: bytes = b"") -> bytes:
    """Return a PDF with one file inside."""
    extra = {
        5: b"<< /Type /Filespec /F (%b) /UF (%b) /EF << /F 6 0 R >> >>" % (name, name),
        6: stream(data, b"/Type /EmbeddedFile " + about),
    }
    return simple(catalog=b"/Names << /EmbeddedFiles << /Names [(%b) 5 0 R] >> >>" % name, extra=extra)


def _nested(depth: int) -> bytes:
    data = simple()
    for level in range(depth):
        data = attached(b"inner-%d.pdf" % level, data)
    return data


def _inside() -> Iterator[Hostile]:
    program = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(100)
    inner = zips.zipped([zips.Entry(b"a.txt")])
    for name, data in (("run.exe", program), ("a.zip", inner), ("a.pdf", simple()), ("a.html", b"<script>1</script>")):
        twice = (
            ("archive-at-the-end.zip",) if data is inner else ()
        )  # stored bare, so that unzip opens the whole file too
        yield Hostile(
            31,
            f"{name}.pdf",
            fixed(attached(name.encode(), data)),
            only(OK),
            PDF,
            members=(name, *twice),
            shown=("The keys",),
        )
    yield Hostile(
        31, "climbing.pdf", fixed(attached(b"../../../up.txt", b"word")), only(OK), PDF, members=("../../../up.txt",)
    )
    yield Hostile(31, "nested.pdf", fixed(_nested(8)), only(OK), PDF, most_members=8)
    bomb = attached(b"zeros.bin", _deflated(256 << 20, 1), b"/Filter /FlateDecode")
    yield Hostile(31, "zeros.pdf", fixed(bomb), READ | KILLED, PDF, memory=1100, seconds=12)
    overlap = attached(b"a.zip", zips.shared(50, 1 << 20))
    yield Hostile(31, "overlap.pdf", fixed(overlap), only(OK), PDF, members=("a.zip", "archive-at-the-end.zip"))
    missing = simple(catalog=b"/Names << /EmbeddedFiles << /Names [(a.txt) << /F (a.txt) /EF << /F 99 0 R >> >>] >> >>")
    yield Hostile(31, "missing.pdf", fixed(missing), only(OK, PARTIAL), PDF, members=())
    many = b" ".join(b"(%d) 5 0 R" % n for n in range(4_000))
    extra = {5: b"<< /F (a.txt) /EF << /F 6 0 R >> >>", 6: stream(b"word")}
    yield Hostile(
        31,
        "four-thousand.pdf",
        fixed(simple(catalog=b"/Names << /EmbeddedFiles << /Names [%b] >> >>" % many, extra=extra)),
        READ | only(LIMIT),
        PDF,
        most_members=2_000,
        seconds=12,
    )


def _pictures() -> Iterator[Hostile]:
    chance = random.Random(32)
    heads = {
        b"JBIG2Decode": b"\x00\x00\x00\x00\x30\x00\x01\x00\x00\x00\x13\xff\xff\xff\xff\xff\xff\xff\xff",
        b"JPXDecode": b"\x00\x00\x00\x0cjP  \r\n\x87\n\xff\x4f\xff\x51\x00\x29",
        b"CCITTFaxDecode": b"",
        b"DCTDecode": b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xdc\xff\xdc\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00",
        b"LZWDecode": b"\x80\x0b",
    }
    for kind, head in heads.items():
        for number in range(6):
            body = head + chance.randbytes(20 << number)
            width = (8, 64, 1000, 5000, 20_000, 65_535)[number]
            about = (
                b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /%b"
                % (width, width, kind)
            )
            drawn = stream(b"q 600 0 0 700 0 0 cm /I Do Q 1 1 1 rg " + WORDS)
            data = simple(drawn, the_page=page(resources=b"/XObject << /I 5 0 R >>"), extra={5: stream(body, about)})
            yield Hostile(
                32, f"{kind.decode().lower()}-{number}.pdf", fixed(data), READ | KILLED, PDF, memory=1100, seconds=12
            )


PAD = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")


def rc4(key: bytes, data: bytes) -> bytes:
    """Return data under RC4, which PDF still asks for."""
    box = list(range(256))
    j = 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) & 255
        box[i], box[j] = box[j], box[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) & 255
        j = (j + box[i]) & 255
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) & 255])
    return bytes(out)


def locked(user: bytes, owner: bytes) -> bytes:
    """Return a PDF under a password by the standard handler, revision 2 (ISO 32000-1, 7.6.3)."""
    md5 = lambda data: hashlib.md5(data, usedforsecurity=False).digest()  # noqa: E731
    identity = b"0123456789abcdef"
    o = rc4(md5((owner + PAD)[:32])[:5], (user + PAD)[:32])
    key = md5((user + PAD)[:32] + o + struct.pack("<i", -4) + identity)[:5]
    u = rc4(key, PAD)
    own = md5(key + b"\x04\0\0\0\0")[:10]
    trailer = b"/ID [<%b> <%b>] /Encrypt << /Filter /Standard /V 1 /R 2 /O <%b> /U <%b> /P -4 >>" % (
        identity.hex().encode(), identity.hex().encode(), o.hex().encode(), u.hex().encode(),
    )  # fmt: skip
    return simple(stream(rc4(own, WORDS)), trailer=trailer)


def _under_a_password() -> Iterator[Hostile]:
    for user, owner in ((b"night", b"night"), (b"night", b"keys"), (b"x" * 40, b"")):
        yield Hostile(24, f"user-{len(user)}-{len(owner)}.pdf", fixed(locked(user, owner)), only(LOCKED), PDF)
    for owner in (b"", b"keys"):
        seen = (("pdf.encrypted", "without a password"),)
        yield Hostile(
            24, f"empty-{len(owner)}.pdf", fixed(locked(b"", owner)), only(OK), PDF, shown=("The keys",), observed=seen
        )
    strange = simple(trailer=b"/Encrypt << /Filter /Kestrel /V 9 /R 9 >>")
    yield Hostile(24, "strange.pdf", fixed(strange), only(LOCKED, CORRUPT), PDF)
    broken = simple(trailer=b"/Encrypt << /Filter /Standard /V 5 /R 6 /Length 256 /O () /U () /P 0 >>")
    yield Hostile(24, "broken.pdf", fixed(broken), only(LOCKED, CORRUPT), PDF)


def files() -> Iterator[Hostile]:
    """Yield the files of families 26 to 32, and the PDF of family 24."""
    yield from _under_a_password()
    yield from _unfolding()
    yield from _forms()
    yield from _circles()
    yield from _pages()
    yield from _acts()
    yield from _inside()
    yield from _pictures()
