"""Warm-up: read one small specimen of each family before the first child is forked.

What is loaded for the first time inside a child is loaded again in every child: modules, codecs, patterns, fonts,
tables of libraries. Reading a specimen once in the nursery, which never sees a file of a leak, loads it for all.
The specimens are made here; a reader that fails on its specimen will say so when it meets a real file.
"""

import codecs
import encodings
import encodings.aliases
import gzip
import io
import os
import pkgutil
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress

from msoffcrypto.format.ooxml import OOXMLFile
from PIL import Image

from witnessmark.cell.report import NOTHING_STATED, MemberSink, Source
from witnessmark.formats.compound_build import build
from witnessmark.model.codec import Value
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind, How, Path

_CODECS = sorted(
    {*encodings.aliases.aliases.values(), *(module.name for module in pkgutil.iter_modules(encodings.__path__))}
)
"""Every codec there is: a file names what it likes, and behind the cell's walls none can be loaded any more."""

PASSWORD = "specimen"  # noqa: S105 - it locks nothing but a specimen

_WORDS = "The doors are locked at night. 门在夜里锁上。 Двери закрыты. ئىشىك تاقالدى. སྒོ་བརྒྱབ། Есік жабық. Türen zu. "

_HTML = (
    f"<!doctype html><html lang=en><meta charset=utf-8><title>t</title><p hidden>h<p>{_WORDS}<img alt=a src=x></html>"
)

_MAIL = (
    "From: a@lantern.example\r\nTo: b@lantern.example\r\nDate: Mon, 5 Mar 2018 10:00:00 +0100\r\n"
    "Subject: =?utf-8?B?4oCm?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nd=C3=A9\r\n"
    "--b\r\nContent-Type: text/html; charset=koi8-r\r\n\r\n<p>x</p>\r\n"
    "--b\r\nContent-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment; filename=a.txt\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\neA==\r\n--b--\r\n"
)

_XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:p="p" p:CreateDate="2018-03-05"/></rdf:RDF></x:xmpmeta>'
)

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"


_EPUB = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": '<container><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>',
    "a.opf": (
        '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>t</dc:title></metadata><manifest>'
        '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine>'
        "</package>"
    ),
    "a.xhtml": "<html><body><p>The doors</p></body></html>",
}
_PAGES = '<sl:document xmlns:sl="s" xmlns:sf="f"><sf:p>The doors<sf:br/>are locked</sf:p></sl:document>'


def warm(read: Callable[[Source, "Deaf"], None]) -> None:
    """Read every specimen; what goes wrong is of no interest here."""
    for name in _CODECS:
        with suppress(LookupError, ImportError):  # some are another system's
            codecs.lookup(name)
    Image.init()
    for name, data in _specimens():
        descriptor = os.memfd_create("specimen")
        with os.fdopen(descriptor, "w+b") as stream:
            stream.write(data)
            stream.flush()
            stream.seek(0)
            with suppress(Exception):
                read(Source(stream, len(data), name, (PASSWORD,)), Deaf())


def _specimens() -> Iterator[tuple[str, bytes]]:
    yield "a.txt", (_WORDS * 40).encode()
    yield "b.txt", ("The doors are locked at night and the keys are kept by two people. " * 20).encode()
    yield "c.txt", ("Двери закрыты на ночь, ключи хранятся у двоих. " * 20).encode("cp1251")
    yield "d.txt", ("门在夜里锁上。" * 40).encode("gb18030")
    yield "a.csv", b"name,bed\n" + b"a,1\n" * 20
    yield "a.html", _HTML.encode()
    yield "a.xml", f"<?xml version='1.0'?><a><b>{_WORDS}</b></a>".encode()
    yield "a.json", b'{"a": [1, 2]}'
    yield "a.eml", _MAIL.encode()
    yield "a.mbox", b"From a@lantern.example Mon Mar  5 10:00:00 2018\n" + _MAIL.encode().replace(b"\r", b"")
    yield "winmail.dat", b"\x78\x9f\x3e\x22\x01\x00\x01\x04\x80\x01\x00\x02\x00\x00\x00x\x00x\x00"
    yield "a.vcf", b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada Tern\r\nEND:VCARD\r\n"
    yield "a.ics", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    yield "a.pdf", _pdf()
    yield "a.docx", _docx()
    yield "a.epub", _zip(_EPUB)
    yield "a.pages", _zip({"index.xml": _PAGES})
    yield "a.xlsx", _xlsx()
    yield "locked.docx", _locked()
    yield (
        "a.doc",
        build({"WordDocument": bytes(0x60), "Macros": {"VBA": {"dir": b"\x01"}}, "ObjectPool": {"_1": {"a": b"x"}}}),
    )
    yield "a.wpd", b"\xffWPC\x10\0\0\0\1\x0a\2\1\0\0\0\0The\x80doors"
    yield "a.hwp", build({"FileHeader": bytes(256), "BodyText": {"Section0": struct.pack("<I", 67 | 2 << 20) + b"a\0"}})
    yield "a.vsd", build({"VisioDocument": b"Visio (TM) Drawing".ljust(0x1A, b"\0") + b"\x0b" + bytes(64)})
    yield "flat.xml", _flat()
    yield "b.doc", build(_word())
    yield "a.xls", build({"Workbook": _workbook()})
    yield "a.ppt", build(_slides())
    yield "a.zip", _zip({"a.txt": "x", "b/c.txt": "y"})
    yield "a.tar", _tar()
    yield "a.gz", gzip.compress(b"x" * 1000, mtime=0)
    tags = Image.Exif()
    tags[0x010F] = "K"
    for kind in ("JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP", "ICO"):
        out = io.BytesIO()
        Image.new("RGB", (16, 16), "white").save(out, kind, exif=tags, xmp=_XMP)
        yield f"a.{kind.lower()}", out.getvalue()
    yield "a.mp3", b"ID3\3\0\0\0\0\0\x10TIT2\0\0\0\5\0\0\1\xff\xfea\0"
    yield "a.mp4", b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x08moov"
    yield "a.flac", b"fLaC\x84\0\0\x08" + bytes(8)
    yield "a.mkv", b"\x1aE\xdf\xa3\x80\x18S\x80g\x80"
    yield "a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><text>t</text></svg>'


def _word() -> Mapping[str, bytes]:
    """Return the streams of an older document of one word."""
    text = "doors\r".encode("utf-16-le")
    head = bytearray(0x600)
    struct.pack_into("<HHHHHH", head, 0, 0xA5EC, 0xC1, 0, 0x0409, 0, 0x0200)
    struct.pack_into("<I", head, 0x4C, len(text) // 2)
    struct.pack_into("<H", head, 0x98, 93)
    pieces = b"\2" + struct.pack("<IIIHIH", 16, 0, len(text) // 2, 0, len(head), 0)
    struct.pack_into("<II", head, 0x1A2, 0, len(pieces))
    return {"WordDocument": bytes(head) + text, "1Table": pieces}


def _workbook() -> bytes:
    """Return the stream of an older workbook of one sheet."""
    begin = struct.pack("<HHHHHHII", 0x0809, 16, 0x0600, 5, 0, 0, 0, 0)
    end = struct.pack("<HH", 0x000A, 0)
    listed = struct.pack("<HHIHBBB", 0x0085, 9, len(begin) + 13 + len(end), 0, 1, 0, ord("s"))
    words = struct.pack("<HHHHHHB", 0x0204, 14, 0, 0, 0, 5, 0) + b"doors"
    date = struct.pack("<HHHHHd", 0x0203, 14, 1, 0, 0, 43000.5)
    return begin + listed + end + begin + words + date + end


def _slides() -> Mapping[str, bytes]:
    """Return the streams of an older presentation without a slide."""
    document = struct.pack("<HHI", 15, 0x03E8, 0)
    directory = struct.pack("<HHIII", 0, 0x1772, 8, 1 << 20 | 1, 0)
    save = struct.pack("<HHIIIIIIII", 0, 0x0FF5, 28, 0, 0, 0, len(document), 1, 1, 0)
    user = struct.pack("<HHIIII", 0, 0x0FF6, 12, 20, 0xE391C05F, len(document) + len(directory))
    return {"PowerPoint Document": document + directory + save, "Current User": user}


def _zip(parts: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, text in parts.items():
            target.writestr(name, text)
    return out.getvalue()


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as target:
        about = tarfile.TarInfo("a.txt")
        about.size = 1
        target.addfile(about, io.BytesIO(b"x"))
    return out.getvalue()


def _relations(kind: str, target: str) -> str:
    return (
        f'<Relationships xmlns="{_RELS}"><Relationship Id="r1" Type="{_R}/{kind}" Target="{target}"/></Relationships>'
    )


def _content_types(part: str, kind: str) -> str:
    whole = f"application/vnd.openxmlformats-officedocument.{kind}+xml"
    return f'<Types xmlns="{_TYPES}"><Override PartName="/{part}" ContentType="{whole}"/></Types>'


def _docx() -> bytes:
    body = f"<w:p><w:r><w:t>{_WORDS}</w:t></w:r><w:del><w:r><w:delText>d</w:delText></w:r></w:del></w:p>"
    return _zip(
        {
            "[Content_Types].xml": _content_types("word/document.xml", "wordprocessingml.document.main"),
            "_rels/.rels": _relations("officeDocument", "word/document.xml"),
            "word/document.xml": f'<w:document xmlns:w="{_W}"><w:body>{body}</w:body></w:document>',
        }
    )


def _flat() -> bytes:
    parts = (
        f'<pkg:part pkg:name="/word/document.xml"><pkg:xmlData><w:document xmlns:w="{_W}"/></pkg:xmlData></pkg:part>'
    )
    return (
        f'<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">{parts}</pkg:package>'.encode()
    )


def _locked() -> bytes:
    """Return a document behind a password; long enough that it is no small stream, which the library writes wrongly."""
    whole, out = io.BytesIO(_docx()), io.BytesIO()
    with zipfile.ZipFile(whole, "a", zipfile.ZIP_STORED) as target:
        target.writestr("padding", bytes(8192))
    OOXMLFile(whole).encrypt(PASSWORD, out)
    return out.getvalue()


def _xlsx() -> bytes:
    cell = '<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c><c r="B1"><v>1</v></c></row>'
    sheets = f'<sheets><sheet name="s" sheetId="1" r:id="r1" xmlns:r="{_R}"/></sheets>'
    return _zip(
        {
            "[Content_Types].xml": _content_types("xl/workbook.xml", "spreadsheetml.sheet.main"),
            "_rels/.rels": _relations("officeDocument", "xl/workbook.xml"),
            "xl/workbook.xml": f'<workbook xmlns="{_S}">{sheets}</workbook>',
            "xl/_rels/workbook.xml.rels": _relations("worksheet", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_S}"><sheetData>{cell}</sheetData></worksheet>',
        }
    )


def _pdf() -> bytes:
    """Return a page with words in two fonts, an invisible one, and a shape, so that all of its readers are warm."""
    content = (
        b"BT /F1 12 Tf 72 700 Td (The doors are locked) Tj 0 -20 Td 3 Tr (unseen) Tj ET "
        b"1 0 0 rg 60 600 100 40 re f BT /F2 12 Tf 0 g 72 610 Td (keys) Tj ET"
    )
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /%b >>"
    fonts = b"<< /Font << /F1 %b /F2 %b >> >>" % (font % b"Helvetica", font % b"Times-Roman")
    bodies = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font "
        + fonts
        + b" >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Title (t) /CreationDate (D:20180305100000Z) >>",
    )
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size 6 /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


class _Nowhere:
    """Where the bytes of a specimen's members go."""

    def write(self, data: bytes, /) -> None:
        """Drop them."""


class Deaf:
    """A report that listens to nothing."""

    def found(self, media_type: str, kind: ExhibitKind) -> None:
        """Hear nothing."""

    def tool(self, name: str, version: str) -> None:
        """Hear nothing."""

    def visible(self, text: str) -> None:
        """Hear nothing."""

    def hidden(self, where: str, text: str) -> None:
        """Hear nothing."""

    def observe(self, name: str, value: Value) -> None:
        """Hear nothing."""

    @contextmanager
    def member(self, path: Path, how: How, stated: Mapping[str, Value]) -> Iterator[MemberSink]:  # noqa: ARG002
        """Take a member's bytes and drop them."""
        yield _Nowhere()

    def refuse_member(
        self, path: Path, outcome: Outcome, detail: str, stated: Mapping[str, Value] = NOTHING_STATED
    ) -> None:
        """Hear nothing."""

    def picture(self, width: int, height: int, channels: int, rows: Iterable[bytes]) -> None:  # noqa: ARG002
        """Have it drawn, and drop it."""
        for _ in rows:
            pass

    def languages(self, codes: tuple[str, ...]) -> None:
        """Hear nothing."""

    def outcome(self, outcome: Outcome, detail: str = "") -> None:
        """Hear nothing."""
