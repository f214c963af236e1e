"""Families 41 to 43: text without end or form, text that traps patterns, objects that run when loaded."""

import struct
from collections.abc import Iterator
from functools import partial

from hostile_files.specimen import CORRUPT, LIMIT, OK, PARTIAL, READ, UNSUPPORTED, Hostile, fixed, late, only

MILLION = 1_000_000


def _endless() -> Iterator[Hostile]:
    read = READ | only(LIMIT)
    for depth in (1_000, 100_000, 500_000):
        yield Hostile(41, f"arrays-{depth}.json", fixed(b"[" * depth + b"]" * depth), read, seconds=6)
        yield Hostile(41, f"objects-{depth}.json", fixed(b'{"a":' * depth + b"1" + b"}" * depth), read, seconds=6)
        yield Hostile(
            41, f"elements-{depth}.xml", fixed(b"<a>" * depth + b"keys" + b"</a>" * depth), read, seconds=8, memory=300
        )
    yield Hostile(41, "unclosed.xml", fixed(b"<a>" * 300_000), read, seconds=8, memory=300)
    yield Hostile(41, "one-line.txt", late(partial(bytes.__mul__, b"keys ", 4 * MILLION)), READ, memory=100, seconds=15)
    yield Hostile(41, "one-word.txt", late(partial(bytes.__mul__, b"k", 10 * MILLION)), READ, memory=100, seconds=15)
    yield Hostile(41, "lines.txt", late(partial(bytes.__mul__, b"\n", 10 * MILLION)), READ, memory=100, seconds=15)
    yield Hostile(
        41,
        "more-than-kept.txt",
        late(partial(bytes.__mul__, b"The keys are with the porter. ", 2_400_000)),
        only(PARTIAL),
        memory=150,
        seconds=25,
    )
    texts = {
        "surrogates.txt": b"keys \xed\xa0\x80\xed\xb0\x80 \xed\xa0\x80 " * 5_000,
        "overlong.txt": b"keys \xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf " * 5_000,
        "beyond.txt": b"keys \xf4\x90\x80\x80\xf8\x88\x80\x80\x80 " * 5_000,
        "halves.txt": b"\xff\xfe" + struct.pack("<H", 0xD800) * 50_000,
        "mixed-utf16.txt": b"\xff\xfe" + "keys ".encode("utf-16-le") * 999 + b"\xfe\xff" + "keys ".encode("utf-16-be") * 999,
        "odd-utf16.txt": b"\xff\xfe" + "keys ".encode("utf-16-le") * 999 + b"k",
        "utf32.txt": b"\xff\xfe\0\0" + b"\xff" * 10_001,
        "joiners.txt": ("keys" + "\u200d" * 200_000).encode(),
        "marks.txt": ("k" + "\u0301" * 300_000).encode(),
        "nuls.txt": b"keys\0" * 100_000,
        "controls.txt": bytes(range(32)) * 5_000 + b"keys",
        "escapes.txt": b"\x1b[31mkeys\x1b]0;x\x07\x1b[2J" * 5_000,
        "bidi.txt": ("\u202e\u2067keys\u2069\u202c" * 20_000).encode(),
        "returns.txt": b"\r" * MILLION,
        "every-sign.txt": "".join(map(chr, range(32, 0xD800))).encode() + "".join(map(chr, range(0xE000, 0x30000))).encode(),
        "numbers.json": b"[" + b"9" * 500_000 + b"]",
        "escapes.json": b'["' + b"\\ud800" * 50_000 + b"\\" * 50_001 + b'u0041"]',
        "keys.json": b"{" + b",".join(b'"a":1' for _ in range(100_000)) + b"}",
        "cut.json": b'{"a": [1, 2, {"b": "keys',
        "lines.ndjson": b'{"a": 1}\n' * 100_000,
        "attributes.xml": b"<a " + b" ".join(b'a%d="keys"' % n for n in range(50_000)) + b"/>",
        "comments.xml": b"<a>" + b"<!-- keys -->" * 100_000 + b"</a>",
        "instructions.xml": b"<a>" + b"<?keys x?>" * 100_000 + b"</a>",
        "cdata.xml": b"<a>" + b"<![CDATA[keys]]>" * 50_000 + b"</a>",
        "namespaces.xml": b"<a " + b" ".join(b'xmlns:n%d="u%d"' % (n, n) for n in range(20_000)) + b"/>",
        "encoding.xml": b'<?xml version="1.0" encoding="utf-7"?><a>+ADw-keys+AD4-</a>',
        "long-name.xml": b"<" + b"a" * 500_000 + b">keys</" + b"a" * 500_000 + b">",
        "groups.rtf": b"{\\rtf1 " + b"{" * 200_000 + b"keys" + b"}" * 200_000 + b"}",
        "binary.rtf": b"{\\rtf1 \\bin2147483647 keys}",
        "numbers.rtf": b"{\\rtf1 \\u" + b"9" * 300_000 + b" keys}",
        "controls.rtf": b"{\\rtf1 " + b"\\b0\\i0\\uc0" * 100_000 + b"keys}",
    }  # fmt: skip
    for name, data in texts.items():
        yield Hostile(41, name, fixed(data), read | only(UNSUPPORTED, CORRUPT), memory=300, seconds=10)


TRAPS: dict[str, bytes] = {
    "a-and-mark": b"a" * MILLION + b"!",
    "digits": b"1234567890" * (MILLION // 10),
    "digits-and-blanks": b"12 34 " * (MILLION // 6),
    "brackets": b"[" * (MILLION // 2) + b"]" * (MILLION // 2),
    "parentheses": b"(" * MILLION,
    "quotes": b'"' * MILLION,
    "backslashes": b"\\" * MILLION,
    "blanks": b" " * MILLION,
    "tabs-and-blanks": b"\t " * (MILLION // 2),
    "blank-lines": b" \n" * (MILLION // 2),
    "hyphens": b"a-" * (MILLION // 2),
    "at-signs": b"a@" * (MILLION // 2),
    "dots": b"a." * (MILLION // 2),
    "addresses": b"a.b.c@d.e.f." * (MILLION // 12),
    "slashes": b"http://" * (MILLION // 7),
    "less-than": b"<" * MILLION,
    "open-tags": b"<a " * (MILLION // 3),
    "comments": b"<!--" * (MILLION // 4),
    "instructions": b"<?" * (MILLION // 2),
    "ends-only": b"]]>" * (MILLION // 3),
    "doctypes": b"<!DOCTYPE x [" * (MILLION // 13),
    "entities": b"&amp;&lt;" * (MILLION // 9),
    "ampersands": b"&" * MILLION,
    "unicode-escapes": b"\\u00" * (MILLION // 4),
    "encoded-words": b"=?utf-8?q?" * (MILLION // 10),
    "colons": b"a:" * (MILLION // 2),
    "fields": b"a: b\n" * (MILLION // 5),
    "commas": b"," * MILLION,
    "semicolons": b";" * MILLION,
    "numbers": b"0.1e5," * (MILLION // 6),
    "dates": b"2018-03-05T10:00:00" * (MILLION // 19),
    "equals": b"=" * MILLION,
    "braces": b"{" * MILLION,
    "hashes": b"#" * MILLION,
    "apostrophes": b"a'" * (MILLION // 2),
    "cyrillic": "а'".encode() * (MILLION // 3),
    "high-bytes": b"\xe9\xe8" * (MILLION // 2),
    "latin-words": b"caf\xe9 " * (MILLION // 5),
    "gb-or-not": bytes(range(0x81, 0xFF)) * (MILLION // 126),
    "kana": "ア".encode("cp932") * (MILLION // 2),
    "escape-2022": b"\x1b$B" * (MILLION // 3),
    "from-lines": b"From a Mon 10:00\n" * (MILLION // 17),
    "begin-lines": b"BEGIN:VCARD\n" * (MILLION // 12),
    "xmp": b"<x:xmpmeta " * (MILLION // 11),
    "rdf": b"<rdf:RDF " * (MILLION // 9),
    "pdf-heads": b"\n%PDF-" * (MILLION // 6),
    "streams": b"%PDF-1.4\n" + b"stream\n" * (MILLION // 7),
    "objects": b"%PDF-1.4\n" + b"1 0 obj\n" * (MILLION // 8),
    "subrip": b"1\r\n00:00:00,000 --> 00:00:00,000\r\n" * (MILLION // 36),
    "robots": b"#\n" * (MILLION // 2),
    "graph": b"//\n" * (MILLION // 3),
    "dxf": b"999\n\n" * (MILLION // 5),
    "selectors": b"<style>" + b"a>b+c~d " * (MILLION // 8),
    "css-comments": b"<style>/*" + b"*/ /*" * (MILLION // 5),
    "css-urls": b"<style>url(" * (MILLION // 11),
    "css-strings": b'<style>"\\\n' * (MILLION // 10),
    "inline-style": b"<p style='" + b"color:" * (MILLION // 6),
    "meta": b"<meta charset" * (MILLION // 13),
}


def _traps() -> Iterator[Hostile]:
    right = READ | only(CORRUPT, LIMIT, UNSUPPORTED)
    for name, data in TRAPS.items():
        yield Hostile(42, f"{name}.txt", fixed(data), right, seconds=1.0 * len(data) / MILLION)
    for name, suffix in (("fields", "eml"), ("less-than", "html"), ("open-tags", "html"), ("comments", "xml"), ("commas", "csv"),
                         ("quotes", "csv"), ("unicode-escapes", "json"), ("backslashes", "rtf"), ("fields", "vcf")):  # fmt: skip
        start = {"eml": b"From: a@b.example\nTo: c@d.example\n", "html": b"<!doctype html>", "xml": b"<?xml version='1.0'?>", "rtf": b"{\\rtf1 ",
                 "json": b'{"a": "', "csv": b"a,b\n", "vcf": b"BEGIN:VCARD\n"}[suffix]  # fmt: skip
        data = start + TRAPS[name]
        yield Hostile(42, f"{name}.{suffix}", fixed(data), right, seconds=1.0 * len(data) / MILLION)


def _objects() -> Iterator[Hostile]:
    cases = {
        "system.pickle": b"\x80\x04\x95\x1d\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94.",
        "system-0.pkl": b"cposix\nsystem\n(S'id'\ntR.",
        "objects.npy": b"\x93NUMPY\x01\0v\0" + b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n" + b"\x80\x04N.",
        "huge.npy": b"\x93NUMPY\x01\0v\0" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,), }".ljust(117) + b"\n",
        "model.joblib": b"\x80\x04\x95\x20\0\0\0\0\0\0\0\x8c\x13joblib.numpy_pickle\x94.",
        "object.yaml": b"!!python/object/apply:os.system ['id']\nkeys: [&a [*a, *a]]\n",
        "laughs.yaml": b"a: &a [x,x]\n" + b"".join(b"%c: &%c [*%c,*%c]\n" % (n, n, n - 1, n - 1) for n in range(98, 123)),
        "object.php": b'O:8:"Kestrel":1:{s:4:"keys";s:2:"id";}',
        "object.ser": b"\xac\xed\x00\x05sr\x00\x04java" + bytes(30),
        "module.pyc": b"\xa7\r\r\n" + bytes(12) + b"\xe3" + bytes(40),
        "script.py": b"import os\nos.system('id')\n# The keys are kept by two people at night.\n",
        "script.sh": b"#!/bin/sh\nid\n# The keys are kept by two people at night.\n",
        "model.h5": b"\x89HDF\r\n\x1a\n" + bytes(200),
        "data.rds": b"\x1f\x8b\x08\0" + bytes(6) + b"\x03\0" + bytes(8),
        "object.plist": b"bplist00" + b"\xff" * 40,
        "desktop.desktop": b"[Desktop Entry]\nType=Application\nExec=id\nName=The keys of the house\n",
        "workflow.url": b"[InternetShortcut]\nURL=file:///etc/passwd\nIconFile=\\\\127.0.0.1\\share\\x.ico\n",
    }  # fmt: skip
    for name, data in cases.items():
        right = only(UNSUPPORTED, OK, PARTIAL) | (
            only(CORRUPT) if name.endswith((".rds", ".plist", ".pickle")) else only()
        )
        yield Hostile(43, name, fixed(data), right, lacks=("uid=",), seconds=4)


def files() -> Iterator[Hostile]:
    """Yield the files of families 41 to 43."""
    yield from _endless()
    yield from _traps()
    yield from _objects()
