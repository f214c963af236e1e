"""Families 33 to 36: files that are two things, names that lie, pages that act."""

import struct
from collections.abc import Iterator
from functools import partial

from hostile_files import archives, office, pdfs, pictures, zips
from hostile_files.specimen import CORRUPT, OK, PARTIAL, READ, UNSUPPORTED, Hostile, Place, fixed, only

ZIP = zips.zipped([zips.Entry(b"inside.txt", b"The inner keys.\n")])
PDF = pdfs.simple()
GIF, PNG, JPEG = pictures.gif(1), pictures.png(1, 1), pictures.jpeg(8, 8)
HTML = b"<!doctype html><html><body><p>The keys</p></body></html>"


def _relocated(prefix: bytes) -> bytes:
    return zips.zipped([zips.Entry(b"inside.txt", b"The inner keys.\n")], prefix=prefix)


def _two_things() -> Iterator[Hostile]:
    ends = (("type", "application/zip"),)
    for name, first, rest in (
        ("pdf", PDF, "archive-at-the-end.zip"),
        ("gif", GIF, "after-the-end"),
        ("png", PNG, "after-the-end"),
        ("jpg", JPEG, "after-the-end"),
    ):
        yield Hostile(
            33, f"{name}-and-zip.{name}", fixed(first + ZIP), only(OK, PARTIAL), observed=ends, members=(rest,)
        )
        yield Hostile(
            33, f"{name}-around-zip.{name}", fixed(_relocated(first)), only(OK, PARTIAL), observed=ends, members=(rest,)
        )
    for name, first in (("html", HTML), ("txt", b"The keys\n" * 9)):
        members = ("inside.txt", "before-the-archive")
        yield Hostile(
            33,
            f"{name}-and-zip.{name}",
            fixed(first + ZIP),
            only(OK),
            ("application/zip",),
            members=members,
            observed=(("zip.prefix", ""),),
        )
    program = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(500)
    yield Hostile(
        33,
        "program-and-zip.exe",
        fixed(_relocated(program)),
        only(OK),
        ("application/zip",),
        members=("inside.txt", "before-the-archive"),
    )
    yield Hostile(33, "gif-and-script.gif", fixed(b"GIF89a/*" + GIF[8:] + b"*/=1;alert(1)"), only(OK, PARTIAL, CORRUPT))
    yield Hostile(33, "html-and-jpg.jpg", fixed(JPEG + HTML), only(OK, PARTIAL), ("image/jpeg",), most_members=1)
    yield Hostile(
        33,
        "html-in-comment.jpg",
        fixed(pictures.jpeg(8, 8, extra=b"\xff\xfe\x00\x22<script>alert(document)</script>")),
        only(OK, PARTIAL),
        ("image/jpeg",),
    )
    yield Hostile(33, "pdf-in-html.html", fixed(b"<!-- \n" + PDF + b"--><p>The keys</p>"), READ | only(CORRUPT))
    yield Hostile(
        33,
        "html-in-pdf.pdf",
        fixed(PDF.replace(b"%PDF-1.7\n", b"%PDF-1.7\n<script>alert(1)</script>\n")),
        READ,
        ("application/pdf",),
    )
    yield Hostile(33, "late-pdf.pdf", fixed(b"\n" * 900 + PDF), READ | only(CORRUPT))
    yield Hostile(
        33,
        "zip-in-zip-comment.zip",
        fixed(zips.zipped([zips.Entry(b"outer.txt")], comment=ZIP[:60_000])),
        READ,
        ("application/zip",),
    )
    head = bytearray(archives.tar(("a.txt", b"0", "", b"The keys\n")))
    yield Hostile(33, "tar-and-zip.tar", fixed(bytes(head) + ZIP), READ, ("application/x-tar", "application/zip"))
    yield Hostile(33, "eml-and-html.eml", fixed(b"From: a@b.example\nTo: c@d.example\nSubject: x\n\n" + HTML), READ)
    yield Hostile(33, "docx-is-zip.zip", fixed(office.docx(office.said("The keys"))), only(OK), shown=("The keys",))
    yield Hostile(
        33,
        "xml-and-html.xml",
        fixed(b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body>The keys</body></html>'),
        READ,
    )
    yield Hostile(33, "rtf-and-pdf.rtf", fixed(b"{\\rtf1 The keys}" + PDF), READ)


def _other_names() -> Iterator[Hostile]:
    program = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(200)
    docx, tar = office.docx(office.said("The keys")), archives.tar(("a.txt", b"0", "", b"The keys\n"))
    text = "The doors of the house are locked at night and the keys are with the porter.\n".encode() * 3
    for name, data, media_type in (
        ("program.pdf", program, "application/vnd.microsoft.portable-executable"),
        ("program.txt", program, "application/vnd.microsoft.portable-executable"),
        ("zip.jpg", ZIP, "application/zip"),
        ("zip.docx", ZIP, "application/zip"),
        ("zip.txt", ZIP, "application/zip"),
        ("pdf.docx", PDF, "application/pdf"),
        ("pdf.txt", PDF, "application/pdf"),
        ("pdf.exe", PDF, "application/pdf"),
        ("png.txt", PNG, "image/png"),
        ("jpeg.png", JPEG, "image/jpeg"),
        ("gif.pdf", GIF, "image/gif"),
        ("docx.pdf", docx, ""),
        ("tar.zip", tar, "application/x-tar"),
        ("html.jpg", HTML, "text/html"),
        ("html.txt", HTML, "text/html"),
        ("text.pdf", text, "text/plain"),
        ("text.exe", text, "text/plain"),
        ("text.zip", text, "text/plain"),
        ("nothing.pdf", b"", ""),
    ):
        types = (media_type,) if media_type and not media_type.endswith("executable") else ()
        right = only(UNSUPPORTED, PARTIAL) if data is program else only(OK)
        yield Hostile(34, name, fixed(data), right, types)


ODD = {
    "override": "annex\u202efdp.exe",
    "isolate": "a\u2066b\u2069c\u2067.txt",
    "zero-width": "a\u200bb\u200cc\u200d.txt",
    "homoglyph": "раураl.txt",
    "mark": "\ufeffa.txt",
    "separator": "a\u2028b\u2029c.txt",
    "tag": "a\U000e0041.txt",
    "combining": "a" + "\u0301" * 60 + ".txt",
}
RAW = {
    b"newline\nsecond: line.txt": b"newline",
    b"return\rover.txt": b"return",
    b"bell\x07.txt": b"bell",
    b"clear\x1b[2J\x1b[H.txt": b"escape",
    b"title\x1b]0;owned\x07.txt": b"title",
    b"link\x1b]8;;http://127.0.0.1\x1b\\x.txt": b"link",
    b"c1\xc2\x9b31m.txt": b"c1",
    b"latin\xe9\xff\xfe.txt": b"latin",
    b"delete\x7f.txt": b"delete",
    b"backspace\x08\x08\x08.txt": b"backspace",
    b"-rf --help.txt": b"option",
    b"$(id);`id`|& .txt": b"shell",
    b"<img src=x onerror=alert(1)>.txt": b"html",
    b"'; DROP TABLE exhibits; --.txt": b"sql",
    b"{{7*7}} %s %n ${x}.txt": b"template",
    b"quote\"'&amp;.txt": b"quote",
    b"tab\tfields,and,commas.txt": b"tab",
    b"con.txt": b"device",
    b"trailing. ": b"trailing",
    b"x" * 240 + b".txt": b"long",
}


def _odd_names() -> Iterator[Hostile]:
    for what, text in ODD.items():
        yield Hostile(35, text, fixed(f"The keys of {what}.\n".encode()), only(OK), shown=("The keys",))
    for name, what in RAW.items():
        yield Hostile(35, name, fixed(b"The keys of " + what + b".\n"), only(OK), shown=("The keys",))
    entries = [zips.Entry(name.encode() if isinstance(name, str) else name) for name in (*ODD.values(), *RAW)]
    yield Hostile(35, "all.zip", fixed(zips.zipped(entries)), only(OK), most_members=len(entries))


ACTING = {
    "script": "<script>fetch('URL')</script><script src='URL'></script>",
    "refresh": "<meta http-equiv=refresh content='0;url=URL'>",
    "base": "<base href='URL/'><img src=x>",
    "pixel": "<img src='URL' width=1 height=1>",
    "style": "<style>@import 'URL'; body{background:url(URL)}</style>",
    "inline": "<div style='background-image:url(URL)'>x</div>",
    "srcset": "<img srcset='URL 1x, URL 2x'>",
    "form": "<form action='URL' method=post><input name=x value=secret><button formaction='URL'>x</button></form>",
    "frame": "<iframe src='URL'></iframe><frame src='URL'><object data='URL'></object><embed src='URL'>",
    "srcdoc": "<iframe srcdoc=\"<script>fetch('URL')</script>\"></iframe>",
    "link": "<link rel=stylesheet href='URL'><link rel=preconnect href='URL'><link rel=manifest href='URL'>",
    "event": "<body onload=\"location='URL'\"><svg onload=\"fetch('URL')\"></svg>",
    "media": "<video src='URL' poster='URL'></video><audio src='URL'></audio><track src='URL'>",
    "ping": "<a href='javascript:fetch(`URL`)' ping='URL'>x</a>",
    "svg": "<svg><image href='URL'/><use href='URL#x'/></svg>",
    "math": "<math><mtext><script>fetch('URL')</script></mtext></math>",
    "noscript": "<noscript><img src='URL'></noscript>",
    "template": "<template shadowrootmode=open><img src='URL'></template>",
    "comment": "<!--[if IE]><script src='URL'></script><![endif]-->",
    "mutation": "<noembed><img title='</noembed><img src=URL onerror=alert(1)>'>",
    "applet": "<applet code=x codebase='URL'></applet><bgsound src='URL'>",
}


def _acting(body: str, place: Place) -> bytes:
    return f"<!doctype html><html><head><title>t</title></head>{body.replace('URL', place.url('html'))}<p>The keys</p></html>".encode()


def _pages() -> Iterator[Hostile]:
    for name, body in ACTING.items():
        seen = (
            (("html.references", "127.0.0.1"),)
            if name in ("pixel", "srcset", "media", "link", "frame", "refresh")
            else ()
        )
        yield Hostile(36, f"{name}.html", partial(_acting, body), READ, shown=("The keys",), observed=seen, beacon=True)
    deep = b"<div>" * 100_000 + b"The keys"
    yield Hostile(36, "deep.html", fixed(deep), READ, has=("The keys",), seconds=6)
    yield Hostile(36, "tables.html", fixed(b"<table>" * 3_000 + b"The keys"), READ, has=("The keys",), seconds=12)
    yield Hostile(
        36, "formatting.html", fixed(b"<p><b><i><u>" * 4_000 + b"The keys"), READ, has=("The keys",), seconds=15
    )
    yield Hostile(
        36,
        "attributes.html",
        fixed(b"<p " + b" ".join(b"a%d=1" % n for n in range(50_000)) + b">The keys"),
        READ,
        has=("The keys",),
        seconds=12,
    )
    yield Hostile(
        36,
        "options.html",
        fixed(b"<select>" + b"<option>x" * 60_000 + b"</select>The keys"),
        READ,
        has=("The keys",),
        seconds=12,
    )
    rules = (
        b"<style>" + b"".join(b"a%d b c > d ~ e:not(.x%d){display:none}" % (n, n) for n in range(20_000)) + b"</style>"
    )
    yield Hostile(
        36,
        "rules.html",
        fixed(rules + b"<a1><b><c><d></d></c></b></a1><p>The keys"),
        READ,
        has=("The keys",),
        seconds=15,
    )
    selector = b"<style>" + b":is(" * 2_000 + b"p" + b")" * 2_000 + b"{display:none}</style><p>The keys"
    yield Hostile(36, "selector.html", fixed(selector), READ, has=("The keys",), seconds=6)
    yield Hostile(
        36,
        "data.html",
        fixed(b"<img src='data:image/png;base64,%b'>The keys" % (b"A" * 1_000_000)),
        READ,
        shown=("The keys",),
    )
    yield Hostile(
        36,
        "nested-data.html",
        fixed(b"<iframe src='data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=='></iframe>The keys"),
        READ,
        shown=("The keys",),
        most_members=1,
    )


def files() -> Iterator[Hostile]:
    """Yield the files of families 33 to 36."""
    yield from _two_things()
    yield from _other_names()
    yield from _odd_names()
    yield from _pages()
