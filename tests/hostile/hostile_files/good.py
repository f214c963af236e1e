"""Good files of every format, small: what damage starts from. The rooms' own specimens, gathered, and what they lack."""

import gzip
import io
import lzma
import plistlib
import random
import sqlite3
import struct
import zipfile
import zlib
from bz2 import compress as bzip2
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.forge import chm_forge, djvu_forge, drawing_forge, evtx_forge, iwa_forge, pkzip_forge, rar_forge
from tests.forge import sevenzip_forge as forge
from tests.forge.macro_forge import project
from tests.forge.outlook_forge import number, text
from tests.formats import (
    test_access,
    test_books,
    test_cms,
    test_dbf,
    test_flat,
    test_hwp,
    test_hwpx,
    test_iwork13,
    test_legacy_parts,
    test_mac,
    test_mail_stores,
    test_mailboxes,
    test_metafile,
    test_ofd,
    test_office,
    test_onenote,
    test_outlook,
    test_packaged,
    test_pdf,
    test_pictures,
    test_ppt,
    test_quill,
    test_rar_old,
    test_rar_solid,
    test_raw_files,
    test_recordings,
    test_sas,
    test_shortcut,
    test_tar_sparse,
    test_visio,
    test_warc,
    test_word,
    test_wordperfect,
    test_xls,
    test_xlsb,
    test_xps,
    test_zip_methods,
)

from hostile_files import archives, messages, office, pdfs, pictures, zips
from witnessmark.formats import warm
from witnessmark.formats.compound_build import build

WITHOUT = {"plain.read_empty"}
"""Readers of which nothing can be damaged."""
_VISIO = (
    '<Types><Override PartName="/visio/document.xml" ContentType="application/vnd.ms-visio.drawing.main+xml"/></Types>'
)
_STORY = "<Story><ParagraphStyleRange><CharacterStyleRange><Content>The doors</Content></CharacterStyleRange></ParagraphStyleRange></Story>"
_CARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada Tern\r\nTEL;TYPE=CELL:+99 555\r\nPHOTO;ENCODING=b:QUJD\r\nEND:VCARD\r\n"
_DAY = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Night watch\\, east\r\nDTSTAMP:20310504T020000Z\r\n"
    b"ORGANIZER;CN=Ode Marr:mailto:ode@lantern.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@cache
def files() -> tuple[tuple[str, bytes], ...]:
    """Return names and bytes."""
    return tuple(
        (name, data)
        for kind in (_texts, _documents, _databases, _mail, _pictures, _recordings, _containers)
        for name, data in kind()
        if data
    )


def _texts() -> Iterator[tuple[str, bytes]]:
    words = "The doors are locked at night. \u95e8\u5728\u591c\u91cc\u9501\u4e0a. "
    yield "a.txt", words.encode() * 9
    yield "a.json", b'{"doors": ["locked", 2, {"keys": null}], "at": "night"}\n' * 3
    yield "a.csv", b"name,bed,note\n" + b'Ada Tern,1,"two\nkeys"\n' * 20
    yield (
        "a.html",
        (
            f"<!doctype html><html><head><style>.x{{display:none}} p>b{{color:#fff}}</style></head><body><p class=x>{words}"
            f"<p style='font-size:0'>h<table><tr><td>{words}<td>b</table><img alt=a src=x><a href=y>z</a></body></html>"
        ).encode(),
    )
    yield "a.xml", f"<?xml version='1.0'?><a b='c d e'><n:b xmlns:n='u'>{words}</n:b><!-- c --></a>".encode()
    yield (
        "a.rtf",
        b"{\\rtf1\\ansi\\ansicpg1251{\\fonttbl{\\f0 A;}}\\v hidden\\v0 The doors \\'c4\\u1090?\\par{\\field{\\*\\fldinst X}}}",
    )
    yield "a.svg", pictures.svg("<text>The doors</text><g display='none'><text>keys</text></g>")
    yield "a.vcf", _CARD
    yield "a.ics", _DAY


def _documents() -> Iterator[tuple[str, bytes]]:
    yield "a.pdf", pdfs.simple(extra={9: pdfs.stream(b"BT (x) Tj ET")})
    yield "a.djvu", djvu_forge.specimen()
    yield "form.pdf", test_pdf.FORM_TO_FILL
    yield "attached.pdf", pdfs.attached(b"a.txt", b"word")
    yield "warm.pdf", warm._pdf()
    runs = test_office.paragraph(test_office.run("The doors")) + test_office.paragraph(
        test_office.run("hidden", "<w:vanish/>")
    )
    yield "a.docx", _typed(test_office.docx(runs), "word/document.xml", "wordprocessingml.document")
    row = f'<row r="1">{test_office.cell("A1", "Name")}{test_office.cell("B1", "Bed")}</row>'
    yield "a.xlsx", _typed(test_office.xlsx(row), "xl/workbook.xml", "spreadsheetml.sheet")
    slides = test_office.pptx(test_office.slide(test_office.shape("Seen"), test_office.shape("not", 'hidden="1"')))
    yield "a.pptx", _typed(slides, "ppt/presentation.xml", "presentationml.presentation")
    body = "<office:text><text:h>Order</text:h><text:p>The <text:span>doors</text:span></text:p></office:text>"
    yield "a.odt", office.odf("text", body)
    sheet = "<table:table table:name='t'><table:table-row><table:table-cell><text:p>1</text:p></table:table-cell></table:table-row></table:table>"
    yield "a.ods", office.odf("spreadsheet", f"<office:spreadsheet>{sheet}</office:spreadsheet>")
    yield "a.fodt", test_flat.flat_odf("text", "<text:p>The <text:span>doors</text:span></text:p>")
    yield "a.fods", test_flat.flat_odf("spreadsheet", sheet)
    yield "locked.docx", warm._locked()
    yield "a.doc", _word_document()
    yield "parts.doc", test_legacy_parts.old_document()
    record = test_legacy_parts.record
    atom = record(0x0FA0, "The doors".encode("utf-16-le"))
    yield (
        "a.ppt",
        test_legacy_parts.build({"PowerPoint Document": record(0x0FF0, atom, version=15), "Current User": b"x"}),
    )
    yield "a.xls", office.ole({"Workbook": _sheet()})
    yield "stories.doc", test_word.build(test_word.SPECIMEN)
    roster = test_quill.made((b"STSH", b"x" * 30), test_quill.text(), blocks=2)
    yield "a.pub", build({"Quill": {"QuillSub": {"CONTENTS": roster}}, "Contents": b"x"})
    yield "vbaProject.bin", build({**project(b"Sub Lantern()\r\n' keys\r\nEnd Sub\r\n"), "PROJECT": b"x"})
    yield "saves.ppt", test_ppt.presentation(*test_ppt.specimen())
    before, sheets = test_xls.specimen()
    yield "sheets.xls", test_xls.workbook(before, *sheets)
    yield "sheets.xlsb", test_xlsb.packed(test_xlsb.parts())
    yield "a.xps", test_xps.GOOD
    yield "a.ofd", test_ofd.GOOD
    shape = "<PageContents xmlns='v'><Shapes><Shape><Text>The doors</Text></Shape></Shapes></PageContents>"
    drawing = {"[Content_Types].xml": _VISIO, "visio/pages/page1.xml": shape}
    yield "a.vsdx", test_packaged.package(**drawing)
    kind = "application/vnd.adobe.indesign-idml-package"
    yield "a.idml", test_packaged.package(mimetype=kind, **{"Stories/Story_u1.xml": _STORY})
    yield "a.kmz", test_packaged.package(**{"doc.kml": "<kml/>", "a.txt": "x"})
    yield "a.vsd", test_visio.drawing()
    yield "a.hwp", test_hwp.GOOD
    yield "a.hwpx", test_hwpx.hwpx(*(test_hwpx.section(test_hwpx.words(f"door {n}")) for n in range(2)))
    yield "a.one", test_onenote.section(test_onenote.WORDS, files=[(b"inside", ".bin")])
    value = {"URL": "https://lantern.example/", "Seen": [{"name": "Ada"}, 7], "Raw": b"x" * 80}
    yield "a.plist", plistlib.dumps(value, fmt=plistlib.FMT_BINARY)
    yield "a.wpd", test_wordperfect.six(test_wordperfect.TEXT, test_wordperfect.NOTES)
    yield "old.wp", test_wordperfect.five(b"The doors\rare\x0alocked \xc0\x1b\x01\xc0")
    yield "wordml.xml", test_flat.wordml(test_flat.BODY)
    yield "flat.xml", test_flat.flat(warm._docx(), picture=b"x")
    yield "a.epub", test_books.book(one="<p>second</p>", two="<p>first</p><p hidden>secret</p>")
    yield "a.pages", test_books.package({"index.xml": test_books.DOCUMENT})
    for kind, objects in test_iwork13.KINDS.items():
        yield f"new.{kind}", iwa_forge.document(objects)
    yield "locked.pages", test_books.package({".iwph": "the cat", ".iwpv2": "x", "Data/a.png": "y"})


def _typed(data: bytes, main: str, kind: str) -> bytes:
    """Return an Office package with the list of types by which it is known."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts.pop("[Content_Types].xml", None)
    return office.package(main, f"{office.BASE}{kind}.main+xml", parts)


def _word_document() -> bytes:
    """Return a Word 97 document of two paragraphs, one piece each: sixteen-bit characters, then eight-bit ones."""
    wide, narrow = "The doors are locked.\r", b"Two keys.\r"
    start, size = 0x600, len(wide) + len(narrow)
    heads = struct.pack("<HHHHHH", 0xA5EC, 0xC1, 0, 0x409, 0, 0x1200) + bytes(20)
    counts = struct.pack("<H", 14) + bytes(28) + struct.pack("<H22I", 22, 0, 0, 0, size, *bytes(18))
    pieces = struct.pack("<3I", 0, len(wide), size) + struct.pack("<HIH", 0, start, 0)
    pieces += struct.pack("<HIH", 0, 0x40000000 | 2 * (start + 2 * len(wide)), 0)
    table = b"\2" + struct.pack("<I", len(pieces)) + pieces
    places = [0] * (2 * 93)
    places[66:68] = 0, len(table)
    document = heads + counts + struct.pack("<H186I", 93, *places)
    return office.ole(
        {"WordDocument": document.ljust(start, b"\0") + wide.encode("utf-16-le") + narrow, "1Table": table}
    )


def _sheet() -> bytes:
    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    start = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    name = record(0x85, struct.pack("<IHBB", 0, 0, 5, 0) + b"Doors")
    cells = record(0x809, struct.pack("<HHHHII", 0x600, 16, 0, 0, 0, 0)) + record(
        0x203, struct.pack("<HHHd", 0, 0, 0, 17.5)
    )
    cells += record(0x204, struct.pack("<HHHHB", 1, 0, 0, 9, 0) + b"The doors") + record(0x0A, b"")
    place = len(start) + len(name) + 4
    name = record(0x85, struct.pack("<IHBB", place, 0, 5, 0) + b"Doors")
    return start + name + record(0x0A, b"") + cells


def _databases() -> Iterator[tuple[str, bytes]]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        base = sqlite3.connect(path)
        base.execute("PRAGMA page_size=512")
        base.execute("CREATE TABLE beds (id INTEGER PRIMARY KEY, ward TEXT, held REAL, note)")
        rows = [(n, f"ward {n}", 0.25, "note " * (n % 60)) for n in range(1, 40)]
        base.executemany("INSERT INTO beds VALUES (?,?,?,?)", rows)
        base.commit()
        base.close()
        yield "a.db", path.read_bytes()
    yield "a.mdb", test_access.people(marks=(1,))
    yield "old.mdb", test_access.people(old=True)
    yield "a.dbf", test_dbf.table(test_dbf.FIELDS, test_dbf.RECORDS)
    events = evtx_forge.small("North gate", "Cell 4", "Archive")
    yield "a.evtx", evtx_forge.log(events.whole(bytes(evtx_forge.small("Attic").data[512:])), flags=1)
    yield "a.sas7bdat", test_sas.forge.data_set(test_sas.COLUMNS, test_sas.RECORDS)
    yield "a.xpt", test_sas.forge.transport(test_sas.COLUMNS, test_sas.RECORDS)
    answer = test_warc.record("response", test_warc.answer(test_warc.PAGE))
    yield "a.warc", test_warc.record("warcinfo", b"software: lantern\r\n", "", "application/warc-fields") + answer
    block = test_warc.answer(test_warc.PAGE)
    head = b"filedesc://a.arc 0.0.0.0 20320611100000 text/plain 5\n1 0 I\n\n"
    yield (
        "a.arc",
        head + f"{test_warc.PLACE} 192.0.2.7 20320611100001 text/html {len(block)}\n".encode() + block + b"\n",
    )


def _mail() -> Iterator[tuple[str, bytes]]:
    letter = warm._MAIL.encode()
    yield "a.eml", letter
    yield "a.mbox", b"".join(test_mailboxes.LINE + test_mailboxes.letter(n) + b"\n" for n in range(3))
    yield "a.mmdf", b"".join(b"\1\1\1\1\n" + test_mailboxes.letter(n) + b"\1\1\1\1\n" for n in range(3))
    yield "a.dbx", test_mail_stores.store(*(test_mail_stores.letter(n) for n in range(3)))
    yield "a.mbx", test_mail_stores.mbx(*(test_mail_stores.letter(n) for n in range(3)))
    yield "a.tbb", test_mail_stores.tbb(*(test_mail_stores.letter(n) for n in range(3)), head=64)
    yield "a.emlx", f"{len(letter)}\n".encode() + letter + b"<?xml version='1.0'?><plist><dict/></plist>"
    forge = test_outlook.forge
    attached = [{0x3707: text("plan.bin"), 0x3705: number(1), 0x3701: test_outlook.octets(b"plan")}]
    yield "a.msg", forge.msg(test_outlook.PROPERTIES, recipients=test_outlook.RECIPIENTS, attachments=attached)
    yield "winmail.dat", forge.tnef(test_outlook.PROPERTIES, attachments=[])
    small = forge.Store()
    small.add_folder(0x122, "", 0x122, folders=[0x8022])
    small.add_folder(0x8022, "Top", 0x122, listed=[0x200024])
    small.add_node(0x200024, small.message(test_outlook.INNER), 0x8022)
    yield "a.pst", small.build()
    yield "a.p7m", test_cms.signed(b"The doors are locked. " * 20)
    yield "attributes.dat", messages.tnef(messages.attribute(1, 0x18004, b"Roster\0"))


def _pictures() -> Iterator[tuple[str, bytes]]:
    for name, (_, data) in test_pictures.WHOLE.items():
        if name != "jp2":  # by itself it is not known for what it is
            yield f"a.{name}", data
    yield "a.emf", test_metafile.WHOLE
    yield "a.wmf", test_metafile.OLD
    for name, (_, data) in test_raw_files.WHOLE.items():
        yield f"c.{name}", data
    for name, data in test_recordings.OTHERS.items():
        if name != "image/wmf":
            yield f"b.{name.partition('/')[2]}", data
    yield "a.dxf", drawing_forge.letters(drawing_forge.specimen())
    yield "bytes.dxf", drawing_forge.octets(drawing_forge.specimen())
    previews = [(6, b"\x89PNG\r\n\x1a\n" + bytes(40)), (3, b"\1\0\x09\0" + bytes(40))]
    yield (
        "a.dwg",
        drawing_forge.dwg(summary=["Cellar", *"abcdefg"], custom=[("Order", "Night watch")], previews=previews),
    )
    yield "a.icns", b"icns" + struct.pack(">I", 32) + b"ic07" + struct.pack(">I", 24) + b"\x89PNG\r\n\x1a\n" + bytes(8)


def _recordings() -> Iterator[tuple[str, bytes]]:
    for name, (_, data) in test_recordings.SPECIMENS.items():
        yield f"a.{name}", data
    yield "a.au", b".snd" + struct.pack(">5I", 32, 1600, 3, 8000, 1) + b"Tarn\0\0\0\0" + bytes(1600)
    audio = struct.pack(">d4sIIIII", 8000.0, b"lpcm", 0, 2, 1, 1, 16)
    yield (
        "a.caf",
        b"caff\0\1\0\0desc" + struct.pack(">q", 32) + audio + b"info" + struct.pack(">qI", 13, 1) + b"title\0T\0ab",
    )
    wave = struct.pack("<4sQIIIIIIQII", b"fmt ", 52, 1, 0, 2, 2, 2822400, 1, 28224, 4096, 0)
    yield "a.dsf", b"DSD " + struct.pack("<QQQ", 28, 28 + len(wave), 0) + wave
    tag = b"\2\0\x0aonMetaData\x08\0\0\0\1\0\x08duration\0\x40\0\0\0\0\0\0\0\0\0\x09"
    yield "a.flv", b"FLV\1\5\0\0\0\x09\0\0\0\0\x12" + len(tag).to_bytes(3, "big") + bytes(7) + tag + bytes(4)


def _containers() -> Iterator[tuple[str, bytes]]:
    yield "a.zip", zips.zipped([zips.Entry(b"a.txt", b"keys " * 40), zips.Entry(b"b/c.txt")])
    yield "a.tar", archives.tar(("a.txt", b"0", "", b"The keys\n"), ("b", b"2", "a.txt", b""))
    yield "sparse.tar", test_tar_sparse.old(b"a", [(0, 5), (9000, 3)], 9009, b"firstend") + bytes(1024)
    deflated = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = deflated.compress(b"The keys are in the drawer. " * 4) + deflated.flush()  # Deflate64 as well: it is short
    yield "deflate64.zip", test_zip_methods.one(9, packed, b"The keys are in the drawer. " * 4)
    words = b"The keys are in the drawer. " * 9
    yield (
        "pkzip.zip",
        pkzip_forge.zipped(
            ("a", 1, 0, pkzip_forge.shrink(words, 300), words),
            ("b", 4, 0, pkzip_forge.reduce(words, 3), words),
            ("c", 6, 6, pkzip_forge.implode(words), words),
        ),
    )
    strings = [(4, "The order"), (16, "C:\\orders"), (32, "/s")]
    parts = [test_shortcut.drive(), test_shortcut.item(b"NIGHT.DOC", "night.doc")]
    blocks = test_shortcut.tracker() + test_shortcut.properties("C:\\orders\\old.doc")
    yield "a.lnk", test_shortcut.link(items=parts, strings=strings, blocks=blocks)
    attributes = [("com.apple.quarantine", b"0083;5f5e1000;Safari;6A6B")]
    yield "._a", test_mac.apple(0x51607, [(9, test_mac.finder(attributes)), (2, test_mac.FORK)])
    yield "a.bin", test_mac.macbinary()
    yield "a.hqx", test_mac.hqx()
    yield "a.gz", gzip.compress(b"The keys " * 40, mtime=0)
    yield "a.zlib", zlib.compress(random.Random(8).randbytes(600))
    yield "a.bz2", bzip2(b"The keys " * 40)
    yield "a.xz", lzma.compress(b"The keys " * 40)
    yield "a.chm", chm_forge.specimen()
    yield "a.cab", _cabinet(b"a.txt", b"The keys\n")
    head = struct.pack("<IIBIIBBHI", 9, 9, 3, zlib.crc32(b"The keys\n"), 0x21210000, 20, 0x30, 5, 0x81A4)
    rar = archives._rar_block(0x73, 0, bytes(6)) + archives._rar_block(0x74, 0x8000, head + b"a.txt") + b"The keys\n"
    yield "a.rar", b"Rar!\x1a\7\0" + rar + archives._rar_block(0x7B, 0x4000, b"")
    for packing in ("zstd", "lz4", "lzma", "compress"):
        yield f"a.txt.{packing}", _by_libarchive("raw", packing)
    lock = forge.Lock("nobody knows it")
    for what, header in (("locked", None), ("names", lock)):
        yield f"{what}.7z", forge.archive([forge.Folder({"a.txt": b"The keys"}, lock, forge.LZMA)], header, ["b"])
    shut = rar_forge.File("a.txt", b"The keys " * 9, rar_forge.Lock("nobody knows it"), is_packed=True)
    old = rar_forge.File("b.txt", test_rar_old.GOLDEN, version=15, method=0x33, plain=test_rar_old.SENTENCE)
    yield "old.rar", rar_forge.old_archive([test_rar_old.old("a.txt", b"The doors stay shut"), old])
    solid = [test_rar_solid.FIRST, test_rar_solid.SECOND]
    yield "solid.rar", rar_forge.old_archive(solid, solid=True)
    yield "locked.rar", rar_forge.archive([shut, rar_forge.File("b.txt", b"The doors", is_packed=True)])
    for kind in ("7zip", "iso9660", "cpio_newc", "xar", "ar_bsd"):
        yield f"a.{kind}", _by_libarchive(kind)


def _cabinet(name: bytes, data: bytes) -> bytes:
    """Return a cabinet of one file that is not packed (Microsoft Cabinet Format, sections 2.1 to 2.4)."""
    file = struct.pack("<IIHHHH", len(data), 0, 0, 0x54CC, 0x5000, 0x20) + name + b"\0"
    start = 36 + 8 + len(file)
    whole = start + 8 + len(data)
    head = b"MSCF" + struct.pack("<IIIIIBBHHHHH", 0, whole, 0, 44, 0, 3, 1, 1, 1, 0, 0, 0)
    return head + struct.pack("<IHH", start, 1, 0) + file + struct.pack("<IHH", 0, len(data), len(data)) + data


def _by_libarchive(kind: str, packing: str | None = None) -> bytes:
    try:
        import libarchive
    except Exception:  # noqa: BLE001 - the machine has no libarchive: the readers say so too
        return b""
    out = io.BytesIO()
    with libarchive.custom_writer(lambda block: out.write(bytes(block)), kind, packing) as archive:
        archive.add_file_from_memory("a.txt", 9, b"The keys\n", mtime=1_900_000_000)
    return out.getvalue()
