"""Families 37 to 39: messages and mailboxes."""

import base64
import random
import struct
import zlib
from collections.abc import Iterator
from functools import partial

from hostile_files.specimen import (
    CORRUPT,
    LIMIT,
    LOCKED,
    OK,
    PARTIAL,
    READ,
    UNSUPPORTED,
    Hostile,
    Place,
    fixed,
    late,
    only,
)

HEAD = b"From: a@lantern.example\r\nTo: b@lantern.example\r\nSubject: keys\r\nDate: Mon, 5 Mar 2018 10:00:00 +0100\r\nMIME-Version: 1.0\r\n"
EML = ("message/rfc822",)


def _nest(depth: int, *, same: bool = False) -> bytes:
    out = bytearray(HEAD)
    for level in range(depth):
        mark = b"b" if same else b"b%d" % level
        out += b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n--%b\r\n" % (mark, mark)
    return bytes(out) + b"Content-Type: text/plain\r\n\r\nThe keys\r\n"


def _forwarded(depth: int) -> bytes:
    data = HEAD + b"\r\nThe keys\r\n"
    for _ in range(depth):
        data = (
            HEAD
            + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n"
            + data
            + b"\r\n--x--\r\n"
        )
    return data


def _endless() -> Iterator[Hostile]:
    for depth in (50, 100, 1_000, 10_000):
        right = only(OK) if depth < 60 else only(PARTIAL)
        yield Hostile(37, f"deep-{depth}.eml", late(partial(_nest, depth)), right, EML, seconds=6)
        yield Hostile(37, f"deep-same-{depth}.eml", late(partial(_nest, depth, same=True)), READ, EML, seconds=6)
    for count in (6_000, 100_000):
        parts = b"--x\r\nContent-Type: text/plain\r\n\r\na\r\n" * count
        data = HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + parts
        yield Hostile(37, f"parts-{count}.eml", fixed(data), only(PARTIAL, LIMIT), EML, most_members=2_000, seconds=10)
    for name, header in (
        ("ten-megabytes", b"X-Long: " + b"x" * 10_000_000),
        ("folded", b"X-Long: x" + b"\r\n y" * 500_000),
        ("words", b"X-Long: " + b"=?utf-8?Q?=41?= " * 100_000),
        ("broken-words", b"X-Long: " + b"=?utf-8?Q?" * 100_000),
        ("addresses", b"Cc: " + b"a@b.example, " * 100_000),
        ("quotes", b"Cc: " + b'"' * 100_000),
        ("comments", b"Cc: " + b"(" * 100_000),
        ("received", b"Received: from a by b; Mon, 5 Mar 2018 10:00:00 +0100\r\n" * 30_000 + b"X-End: x"),
        ("parameters", b"Content-Disposition: attachment; " + b"; ".join(b"filename*%d=a" % n for n in range(20_000))),
        ("parameter-quotes", b'Content-Type: text/plain; name="' + b'\\"' * 200_000),
        ("semicolons", b"Content-Type: text/plain" + b";" * 300_000),
        ("date", b"Resent-Date: " + b"(" * 50_000 + b")" * 50_000),
    ):
        yield Hostile(37, f"{name}.eml", fixed(HEAD + header + b"\r\n\r\nThe keys\r\n"), READ, EML, seconds=8)
    many = b"".join(b"X-%d: x\r\n" % n for n in range(100_000))
    yield Hostile(37, "headers.eml", fixed(HEAD + many + b"\r\nThe keys\r\n"), READ, EML, seconds=8)
    for charset in (b"unknown-8", b"utf-7", b"rot13", b"../../etc/passwd", b"x" * 5_000, b"\xff\xfe", b"idna", b"zlib"):
        data = HEAD + b"Content-Type: text/plain; charset=" + charset + b"\r\n\r\nThe keys +ADw-script+AD4-\r\n"
        yield Hostile(37, f"charset-{zlib.crc32(charset) & 0xFFFF:04x}.eml", fixed(data), READ, EML, shown=("keys",))
    for boundary in (b'""', b"a" * 5_000, b'"(.*)+$"', b'"\\"', b"=?utf-8?Q?x?="):
        data = (
            HEAD
            + b"Content-Type: multipart/mixed; boundary="
            + boundary
            + b"\r\n\r\n--"
            + boundary.strip(b'"')
            + b"\r\n\r\nThe keys\r\n" * 500
        )
        yield Hostile(
            37, f"boundary-{zlib.crc32(boundary) & 0xFFFF:04x}.eml", fixed(data), READ, EML, has=("keys",), seconds=6
        )
    almost = HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x-\r\n--" * 300_000
    yield Hostile(37, "almost-boundaries.eml", fixed(almost), READ, EML, seconds=8)
    for name, encoding, body in (
        ("base64", b"base64", b"=" * 1_000_000),
        ("quoted", b"quoted-printable", b"=" * 1_000_000),
        ("uuencode", b"uuencode", b"begin 644 x\r\n" + b"M\r\n" * 300_000),
    ):
        data = HEAD + b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n" + body
        yield Hostile(37, f"{name}.eml", fixed(data), READ, EML, seconds=6)


def _pixel(place: Place) -> bytes:
    html = f"<p>The keys</p><img src='{place.url('mail')}' width=1 height=1><link rel=stylesheet href='{place.url('css')}'>"
    return HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + html.encode()


def _external(place: Place) -> bytes:
    body = f'Content-Type: message/external-body; access-type=URL; URL="{place.url("body")}"\r\n\r\nContent-Type: text/plain\r\n\r\n'
    return HEAD + body.encode()


def _receipt(place: Place) -> bytes:
    return (
        HEAD
        + f"Disposition-Notification-To: spy@kestria.example\r\nX-Confirm-Reading-To: a@b.example\r\nList-Unsubscribe: <{place.url('list')}>\r\n\r\nThe keys\r\n".encode()
    )


def tnef(*attributes: bytes) -> bytes:
    """Return a winmail.dat of attributes ([MS-OXTNEF])."""
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


def attribute(level: int, name: int, data: bytes, length: int | None = None) -> bytes:
    """Return an attribute of a winmail.dat; its length may lie."""
    return (
        struct.pack("<BII", level, name, len(data) if length is None else length)
        + data
        + struct.pack("<H", sum(data) & 0xFFFF)
    )


def _with(kind: bytes, name: bytes, data: bytes) -> bytes:
    return (
        HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nThe keys\r\n--x\r\nContent-Type: "
        + kind + b"; name=" + name + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data) + b"--x--\r\n"
    )  # fmt: skip


def _misleading() -> Iterator[Hostile]:
    yield Hostile(
        38,
        "pixel.eml",
        _pixel,
        only(OK),
        EML,
        shown=("The keys",),
        observed=(("html.references", "127.0.0.1"),),
        beacon=True,
    )
    yield Hostile(38, "external.eml", _external, READ, EML, beacon=True)
    yield Hostile(38, "receipt.eml", _receipt, only(OK), EML, shown=("The keys",), beacon=True)
    for name, subject in (
        ("bidi", "=?utf-8?B?" + base64.b64encode("invoice \u202efdp.exe\u202c".encode()).decode() + "?="),
        ("newline", "=?utf-8?Q?keys=0D=0ABcc:_spy@kestria.example?="),
        ("nul", "=?utf-8?Q?keys=00=1B[2J?="),
        ("nested", "=?utf-8?Q?=3D=3Futf-8=3FQ=3Fkeys=3F=3D?="),
        ("charset", "=?../../x?Q?keys?="),
        ("cut", "=?utf-8?B?a2V5"),
        ("raw", "caf\xe9 \xff keys"),
    ):
        data = HEAD.replace(b"Subject: keys", b"Subject: " + subject.encode("latin-1")) + b"\r\nThe keys\r\n"
        yield Hostile(38, f"subject-{name}.eml", fixed(data), READ, EML, shown=("The keys",))
    twice = HEAD + b"From: other@kestria.example\r\nSubject: another\r\n\r\nThe keys\r\n"
    yield Hostile(38, "twice.eml", fixed(twice), only(OK), EML, observed=(("mail.fields_twice", "from"),))
    for depth in (2, 10, 30, 60):
        yield Hostile(38, f"forwarded-{depth}.eml", fixed(_forwarded(depth)), READ, EML, most_members=depth)
    for name in (
        b'"../../up.txt"',
        b'"C:\\\\x.exe"',
        b'"a\\0b"',
        b"=?utf-8?Q?=E2=80=AEtxt.exe?=",
        b'""',
        b"con",
        b'"' + b"x" * 5_000 + b'"',
    ):
        data = _with(b"application/octet-stream", name, b"The inner keys\n")
        yield Hostile(
            38, f"name-{zlib.crc32(name) & 0xFFFF:04x}.eml", fixed(data), READ, EML, shown=("The keys",), most_members=1
        )
    good = tnef(attribute(1, 0x00018004, b"The keys\0"), attribute(1, 0x0002800C, b"body\0"))
    cases = {
        "good": good,
        "length": tnef(attribute(1, 0x00018004, b"The keys\0", 2**32 - 1)),
        "cut": good[:-8],
        "head": good[:6],
        "rtf": tnef(attribute(1, 0x00069003, struct.pack("<IHHI", 1, 0x102, 0x1009, 1) + struct.pack("<I", 2**31 - 1))),
        "properties": tnef(attribute(1, 0x00069003, struct.pack("<I", 2**32 - 1) + bytes(100))),
        "many": tnef(*(attribute(2, 0x00069002, bytes(14)) for _ in range(20_000))),
        "lzfu": tnef(
            attribute(
                1,
                0x00069003,
                struct.pack("<IHHII", 1, 0x102, 0x1009, 1, 30)
                + struct.pack("<IIII", 26, 2**31 - 1, 0x75465A4C, 0)
                + bytes(14)
                + bytes(2),
            )
        ),
    }
    for name, data in cases.items():
        yield Hostile(38, f"{name}-winmail.dat", fixed(data), READ | only(CORRUPT, LIMIT), seconds=6)
    yield Hostile(
        38,
        "winmail.eml",
        fixed(_with(b"application/ms-tnef", b"winmail.dat", good)),
        READ,
        EML,
        members=("winmail.dat",),
    )


def _mailboxes() -> Iterator[Hostile]:
    mail = b"From a@lantern.example Mon Mar  5 10:00:00 2018\n" + HEAD.replace(b"\r", b"") + b"\nThe keys\n\n"
    boxes = {
        "injected": mail + b"From here on it is\nFrom: forged@kestria.example\n\nnobody's\n" + mail,
        "quoted": mail + b">From the porter\n>>From x\n" + mail,
        "no-blank": mail.rstrip() + b"\n" + mail,
        "length": mail.replace(b"MIME-Version", b"Content-Length: 99999999999\nMIME-Version") + mail,
        "crlf": mail.replace(b"\n", b"\r\n") * 2,
        "empty-messages": b"From a@b Mon Mar  5 10:00:00 2018\n\n" * 5_000,
        "three-thousand": mail * 3_000,
        "cut": mail * 2 + mail[:70],
        "binary": mail + bytes(range(256)) * 50 + b"\n" + mail,
    }
    for name, data in boxes.items():
        yield Hostile(39, f"{name}.mbox", fixed(data), READ | only(LIMIT), most_members=2_000, seconds=15)
    chance = random.Random(39)
    for version in (14, 15, 23, 36, 99):
        head = bytearray(b"!BDN" + bytes(4) + b"SM" + struct.pack("<H", version) + bytes(552))
        struct.pack_into("<I", head, 4, zlib.crc32(bytes(head[8:479])))
        for size in (0, 5_000):
            data = bytes(head) + chance.randbytes(size)
            yield Hostile(
                39, f"version-{version}-{size}.pst", fixed(data), only(CORRUPT, PARTIAL, UNSUPPORTED, LOCKED), seconds=6
            )
    yield Hostile(
        39,
        "noise.pst",
        fixed(b"!BDN" + chance.randbytes(20_000)),
        only(CORRUPT, PARTIAL, UNSUPPORTED, LOCKED),
        seconds=6,
    )
    yield Hostile(
        39, "vcards.vcf", fixed(b"BEGIN:VCARD\nVERSION:3.0\nFN:A\nEND:VCARD\n" * 50_000), READ | only(LIMIT), seconds=15
    )
    yield Hostile(
        39,
        "calendar.ics",
        fixed(b"BEGIN:VCALENDAR\n" * 20_000 + b"RRULE:FREQ=SECONDLY;COUNT=999999999\n"),
        READ | only(LIMIT, CORRUPT),
        seconds=8,
    )


def files() -> Iterator[Hostile]:
    """Yield the files of families 37 to 39."""
    yield from _endless()
    yield from _misleading()
    yield from _mailboxes()
