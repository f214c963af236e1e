"""Families 6 to 13: zip files (and what else packs) that nest, overlap, lie and mislead."""

import gzip
import io
import struct
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from hostile_files import quine
from hostile_files.specimen import (
    CORRUPT,
    LIMIT,
    LOCKED,
    OK,
    PARTIAL,
    POLICY,
    UNSUPPORTED,
    Hostile,
    fixed,
    late,
    only,
)

ZIP = ("application/zip",)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as its own header (`here`) and as the directory (`there`) state it."""

    name: bytes
    data: bytes = b"word\n"
    method: int = 8
    flags: int = 0x800
    mode: int = 0o100644
    size: int | None = None
    packed: int | None = None
    crc: int | None = None
    local_name: bytes | None = None
    local_size: int | None = None
    local_method: int | None = None
    local_flags: int | None = None
    listed: bool = True
    extra: bytes = b""
    made_by: int = 3


def deflated(data: bytes) -> bytes:
    """Return a raw deflate stream."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def zipped(entries: Iterable[Entry], *, comment: bytes = b"", prefix: bytes = b"", count: int | None = None) -> bytes:
    """Return a zip whose headers say what they are told to."""
    out, central = bytearray(prefix), bytearray()
    number = 0
    for entry in entries:
        body = deflated(entry.data) if entry.method == 8 else entry.data
        crc = zlib.crc32(entry.data) if entry.crc is None else entry.crc
        size = len(entry.data) if entry.size is None else entry.size
        packed = len(body) if entry.packed is None else entry.packed
        local = entry.name if entry.local_name is None else entry.local_name
        at = len(out)
        out += struct.pack(
            "<4sHHHHHIIIHH",
            b"PK\3\4",
            20,
            entry.flags if entry.local_flags is None else entry.local_flags,
            entry.method if entry.local_method is None else entry.local_method,
            0,
            33,
            crc,
            packed,
            size if entry.local_size is None else entry.local_size,
            len(local),
            len(entry.extra),
        )
        out += local + entry.extra + body
        if entry.listed:
            number += 1
            central += struct.pack(
                "<4sHHHHHHIIIHHHHHII",
                b"PK\1\2",
                entry.made_by << 8 | 20,
                20,
                entry.flags,
                entry.method,
                0,
                33,
                crc,
                packed,
                size,
                len(entry.name),
                len(entry.extra),
                0,
                0,
                0,
                entry.mode << 16,
                at,
            )
            central += entry.name + entry.extra
    total = (number if count is None else count) & 0xFFFF
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, total, total, len(central), len(out), len(comment))
    return bytes(out + central + end + comment)


def tarred(entries: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return a tar of names and contents."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as target:
        for name, data in entries:
            about = tarfile.TarInfo(name.decode("utf-8", "surrogateescape"))
            about.size = len(data)
            target.addfile(about, io.BytesIO(data))
    return out.getvalue()


def _wrapped(depth: int, kinds: str, width: int = 1) -> bytes:
    data = b"The leaf.\n"
    for level in range(depth):
        kind = kinds[level % len(kinds)]
        if kind == "z":
            data = zipped(Entry(b"inner-%d" % n, data) for n in range(width))
        elif kind == "t":
            data = tarred((b"inner-%d" % n, data) for n in range(width))
        else:
            data = gzip.compress(data, mtime=0)
    return data


def _nested() -> Iterator[Hostile]:
    for depth in (3, 6, 10, 18, 25, 60):
        kinds = (("zip", "z"),) if depth > 10 else (("zip", "z"), ("tar", "t"), ("gz", "g"), ("mixed", "ztg"))
        for name, letters in kinds:
            yield Hostile(6, f"{name}-{depth}", late(partial(_wrapped, depth, letters)), only(OK), most_members=depth)
    for width in (2, 16):  # the same contents everywhere: each is opened once
        yield Hostile(
            6, f"fan-{width}.zip", late(partial(_wrapped, 6, "z", width)), only(OK), ZIP, most_members=7 * width
        )
    many = zipped(
        Entry(b"%d.zip" % n, zipped([Entry(b"%d" % k, b"%d %d" % (n, k)) for k in range(40)])) for n in range(40)
    )
    yield Hostile(6, "forty-by-forty.zip", fixed(many), only(OK), ZIP, most_members=1640)


def shared(count: int, size: int, *, names: str = "%d.bin") -> bytes:
    """Return a zip of entries that share one body."""
    body, crc = deflated(bytes(size)), zlib.crc32(bytes(size))
    first = (names % 0).encode()
    head = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 33, crc, len(body), size, len(first), 0) + first
    central = bytearray()
    for number in range(count):
        name = (names % number).encode()
        central += (
            struct.pack(
                "<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 8, 0, 33, crc, len(body), size, len(name), 0, 0, 0, 0, 0, 0
            )
            + name
        )
    end = struct.pack(
        "<4sHHHHIIH", b"PK\5\6", 0, 0, count & 0xFFFF, count & 0xFFFF, len(central), len(head) + len(body), 0
    )
    return bytes(head + body + central + end)


def quoted(count: int, size: int) -> bytes:
    """Return a zip whose entries quote each other's headers as stored blocks, so that each runs into the next."""
    kernel = deflated(bytes(size))
    heads: list[bytes] = []
    data, unpacked = kernel, bytes(size)
    for number in reversed(range(count)):
        name = b"%d.bin" % number
        head = (
            struct.pack(
                "<4sHHHHHIIIHH",
                b"PK\3\4",
                20,
                0,
                8,
                0,
                33,
                zlib.crc32(unpacked),
                len(data),
                len(unpacked),
                len(name),
                0,
            )
            + name
        )
        heads.append(head)
        if number:
            data = b"\0" + struct.pack("<HH", len(head), 0xFFFF ^ len(head)) + head + data
            unpacked = head + unpacked
    heads.reverse()
    out, central, places = bytearray(), bytearray(), []
    for number, head in enumerate(heads):
        if number:
            out += b"\0" + struct.pack("<HH", len(head), 0xFFFF ^ len(head))
        places.append(len(out))
        out += head
    out += kernel
    for head, place in zip(heads, places, strict=True):
        crc, packed, length = struct.unpack_from("<III", head, 14)
        central += (
            struct.pack(
                "<4sHHHHHHIIIHHHHHII",
                b"PK\1\2",
                20,
                20,
                0,
                8,
                0,
                33,
                crc,
                packed,
                length,
                len(head) - 30,
                0,
                0,
                0,
                0,
                0,
                place,
            )
            + head[30:]
        )
    return bytes(out + central) + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(central), len(out), 0)


def _overlapping() -> Iterator[Hostile]:
    for count in (2, 10, 200, 1000):
        data = late(partial(shared, count, 1 << 20))
        yield Hostile(7, f"shared-{count}.zip", data, only(POLICY), ZIP, members=(), seconds=2)
    for count in (2, 20, 200):
        yield Hostile(
            7, f"quoted-{count}.zip", late(partial(quoted, count, 1 << 20)), only(POLICY), ZIP, members=(), seconds=2
        )
    yield Hostile(
        7, "shared-20000.zip", late(partial(shared, 20_000, 1 << 16)), only(POLICY), ZIP, members=(), seconds=8
    )
    parts = {
        "docx": (
            "word/document.xml",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        ),
        "xlsx": ("xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"),
    }
    for kind, (part, about) in parts.items():
        types = f'<Types><Override PartName="/{part}" ContentType="{about}"/></Types>'.encode()
        data = zipped([Entry(b"[Content_Types].xml", types), Entry(part.encode(), b"<x/>")])
        yield Hostile(7, f"shared.{kind}", fixed(_doubled(data, 30)), only(POLICY), members=(), seconds=2)
    odt = zipped([Entry(b"mimetype", b"application/vnd.oasis.opendocument.text", 0), Entry(b"content.xml", b"<x/>")])
    yield Hostile(7, "shared.odt", fixed(_doubled(odt, 30)), only(POLICY), members=(), seconds=2)
    plain = zipped([Entry(b"a.txt", b"a" * 99, 0), Entry(b"b.txt", b"b" * 99, 0)])
    yield Hostile(7, "by-one-byte.zip", fixed(_moved(plain, -1)), only(POLICY, PARTIAL, CORRUPT), ZIP, seconds=2)


def _doubled(data: bytes, times: int) -> bytes:
    """Return a zip whose last entry stands in the directory many times."""
    start = data.rfind(b"PK\1\2")
    end = data.rfind(b"PK\5\6")
    last = data[start:end]
    count = struct.unpack_from("<H", data, end + 10)[0] + times
    length = struct.unpack_from("<I", data, end + 12)[0] + times * len(last)
    record = bytearray(data[end:])
    struct.pack_into("<HHI", record, 8, count, count, length)
    return data[:end] + last * times + bytes(record)


def _moved(data: bytes, by: int) -> bytes:
    """Return a zip whose second entry is said to begin elsewhere."""
    at = data.rfind(b"PK\1\2")
    offset = struct.unpack_from("<I", data, at + 42)[0]
    out = bytearray(data)
    struct.pack_into("<I", out, at + 42, offset + by)
    return bytes(out)


def _quines() -> Iterator[Hostile]:
    yield Hostile(8, "itself.gz", late(quine.gzip_quine), only(OK), ("application/gzip",), most_members=2)
    yield Hostile(8, "itself.zip", late(quine.zip_quine), only(OK), ZIP, most_members=2)
    inside = late(lambda: zipped([Entry(b"itself.zip", quine.zip_quine())]))
    yield Hostile(8, "around-itself.zip", inside, only(OK), ZIP, most_members=3)
    inside = late(lambda: tarred([(b"itself.gz", quine.gzip_quine())]))
    yield Hostile(8, "around-itself.tar", inside, only(OK), most_members=3)


BIG = 24 << 20


def _lying() -> Iterator[Hostile]:
    cut = only(LIMIT, PARTIAL)
    for said in (0, 1000, 65_536):
        entry = Entry(b"a.bin", bytes(BIG), size=said)
        yield Hostile(9, f"says-{said}.zip", late(partial(_one, entry)), cut, ZIP, memory=64, seconds=3)
    for more in (0, 100):  # honest members beside it are kept
        entries = [Entry(b"good.txt"), Entry(b"a.bin", bytes(BIG), size=more), Entry(b"also.txt", b"more\n")]
        yield Hostile(9, f"among-{more}.zip", late(partial(zipped, entries)), cut, ZIP, memory=64)
    entry = Entry(b"a.txt", size=2**32 - 2, packed=2**32 - 2)
    yield Hostile(9, "beyond-the-file.zip", fixed(zipped([entry])), only(PARTIAL, CORRUPT, POLICY), ZIP, memory=64)
    yield Hostile(9, "larger.zip", fixed(zipped([Entry(b"a.txt", size=10**9)])), only(PARTIAL, CORRUPT), ZIP, memory=64)
    yield Hostile(9, "stored.zip", fixed(zipped([Entry(b"a.txt", method=0, size=10**9)])), only(PARTIAL, CORRUPT), ZIP)
    yield Hostile(9, "local.zip", fixed(zipped([Entry(b"a.txt", local_size=7)])), only(OK), ZIP, members=("a.txt",))
    yield Hostile(9, "checksum.zip", fixed(zipped([Entry(b"a.txt", crc=1)])), only(PARTIAL), ZIP, members=("a.txt",))
    for name, extra in (
        ("zip64", struct.pack("<HHQQ", 1, 16, 2**63, 2**63)),
        ("zip64-short", struct.pack("<HH", 1, 16)),
    ):
        entry = Entry(b"a.txt", size=2**32 - 1, packed=2**32 - 1, extra=extra)
        yield Hostile(9, f"{name}.zip", fixed(zipped([entry])), only(PARTIAL, CORRUPT, POLICY), ZIP, memory=64)
    for count in (0, 7, 65_535):
        yield Hostile(9, f"count-{count}.zip", fixed(zipped([Entry(b"a.txt")], count=count)), only(OK, PARTIAL), ZIP)
    huge = _docx(bytes(BIG), size=10)
    yield Hostile(9, "part.docx", late(huge), only(PARTIAL, LIMIT, CORRUPT), memory=100, seconds=4)


def _one(entry: Entry) -> bytes:
    return zipped([entry])


def _docx(body: bytes, size: int) -> "partial[bytes]":
    about = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    types = f'<Types><Override PartName="/word/document.xml" ContentType="{about}"/></Types>'.encode()
    return partial(zipped, [Entry(b"[Content_Types].xml", types), Entry(b"word/document.xml", body, size=size)])


def _countless() -> Iterator[Hostile]:
    counted = only(PARTIAL, LIMIT)
    for count in (3_000, 20_000):
        entries = [Entry(b"%d" % n, b"", 0) for n in range(count)]
        yield Hostile(10, f"{count}.zip", late(partial(zipped, entries)), counted, ZIP, most_members=2_000, seconds=15)
        tar = [(b"%d" % n, b"") for n in range(count if count < 10_000 else 6_000)]
        yield Hostile(10, f"{count}.tar", late(partial(tarred, tar)), counted, most_members=2_000, seconds=15)
    same = [Entry(b"same", b"", 0) for _ in range(5_000)]
    yield Hostile(10, "same-name.zip", late(partial(zipped, same)), counted, ZIP, most_members=2_000)
    folders = [Entry(b"%d/" % n, b"", 0, mode=0o40755) for n in range(50_000)]
    yield Hostile(10, "folders.zip", late(partial(zipped, folders)), only(OK), ZIP, members=(), seconds=8)
    ghosts = zipped([Entry(b"a", b"", 0)])
    record = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2**31) + b"x"
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 60_000, 60_000, 46 * 60_000 + 60_000, len(ghosts), 0)
    yield Hostile(
        10, "ghosts.zip", fixed(ghosts + record * 60_000 + end), only(CORRUPT, PARTIAL, LIMIT), ZIP, seconds=15
    )
    long = [Entry(b"x" * 60_000 + b"%d" % n, b"", 0) for n in range(150)]
    yield Hostile(10, "long-names.zip", late(partial(zipped, long)), only(OK, PARTIAL, LIMIT), ZIP, seconds=15)
    slashes = [Entry(b"/" * 60_000, b"word", 0)]
    yield Hostile(10, "slashes.zip", fixed(zipped(slashes)), only(OK, LIMIT), ZIP)


NAMES = {
    "up": b"../../../../tmp/up.txt",
    "absolute": b"/etc/cron.d/absolute",
    "drive": b"C:\\Windows\\drive.txt",
    "share": b"\\\\127.0.0.1\\share\\x.txt",
    "nul": b"a.txt\0.exe",
    "long": b"x" * 300 + b".txt",
    "device": b"con.txt",
    "stream": b"a.txt:hidden",
    "dot": b"./././a.txt",
    "dotdot": b"..",
    "empty-steps": b"a//b///c.txt",
    "tilde": b"~/.bashrc",
    "shell": b"$(touch x);`id`|&.txt",
    "newline": b"a\nb.txt",
    "escape": b"\x1b[2J\x1b]0;title\x07.txt",
    "override": "a\u202excod.txt".encode(),
    "blank": b" ",
    "latin": b"caf\xe9.txt",
    "html": b"<script>alert(1)</script>.txt",
}


def _named() -> Iterator[Hostile]:
    for what, name in NAMES.items():
        data = fixed(zipped([Entry(name, b"word %b\n" % what.encode())]))
        yield Hostile(11, f"{what}.zip", data, only(OK), ZIP, most_members=1)
        if b"\0" not in name:
            data = fixed(tarred([(name, b"word %b\n" % what.encode())]))
            yield Hostile(11, f"{what}.tar", data, only(OK), ("application/x-tar",), most_members=1)
    everything = [Entry(name, b"word\n") for name in NAMES.values()]
    yield Hostile(11, "all.zip", fixed(zipped(everything)), only(OK), ZIP)
    no_name = zipped([Entry(b"", b"word\n")])
    yield Hostile(11, "no-name.zip", fixed(no_name), only(OK, PARTIAL), ZIP, most_members=1)


def _twins() -> Iterator[Hostile]:
    twins = {
        "same-bytes": [(b"a.txt", b"one"), (b"a.txt", b"one")],
        "other-bytes": [(b"a.txt", b"one"), (b"a.txt", b"two")],
        "case": [(b"Order.txt", b"one"), (b"order.TXT", b"two")],
        "accents": [("é.txt".encode(), b"one"), ("e\u0301.txt".encode(), b"two")],
        "dot": [(b"a.txt", b"one"), (b"a.txt.", b"two")],
        "blank": [(b"a.txt", b"one"), (b"a.txt ", b"two")],
        "slash": [(b"a/b.txt", b"one"), (b"a\\b.txt", b"two")],
        "folder": [(b"a", b"one"), (b"a/b.txt", b"two")],
        "climbing": [(b"b.txt", b"one"), (b"a/../b.txt", b"two")],
    }
    flagged = {"same-bytes": "names_twice", "other-bytes": "names_twice", "case": "names_alike", "accents": "names_alike",
               "dot": "names_alike", "blank": "names_alike", "slash": "names_alike", "climbing": "names_alike"}  # fmt: skip
    for what, pairs in twins.items():
        names = tuple(name.decode() for name, _ in pairs)
        seen = ((f"zip.{flagged[what]}", ""),) if what in flagged else ()
        data = fixed(zipped(Entry(*pair) for pair in pairs))
        yield Hostile(12, f"{what}.zip", data, only(OK), ZIP, members=names, observed=seen)
        seen = ((f"tar.{flagged[what]}", ""),) if what in flagged else ()
        yield Hostile(12, f"{what}.tar", fixed(tarred(pairs)), only(OK), members=names, observed=seen)
    hundred = [Entry(b"a.txt", b"%d" % n) for n in range(100)]
    seen = (("zip.names_twice", "a.txt"),)
    yield Hostile(12, "hundred.zip", fixed(zipped(hundred)), only(OK), ZIP, members=("a.txt",) * 100, observed=seen)


def _two_truths() -> Iterator[Hostile]:
    flag = (("zip.disagreement", ""),)
    both = only(OK, PARTIAL)
    cases = {
        "name": [Entry(b"order.txt", local_name=b"other.exe")],
        "name-case": [Entry(b"order.txt", local_name=b"ORDER.TXT")],
        "name-length": [Entry(b"order.txt", local_name=b"a-longer-name.txt")],
        "method": [Entry(b"order.txt", local_method=0)],
        "size": [Entry(b"order.txt", local_size=1)],
        "encrypted-there": [Entry(b"order.txt", flags=0x801, local_flags=0x800)],
        "encrypted-here": [Entry(b"order.txt", local_flags=0x801)],
    }
    for what, entries in cases.items():
        outcomes = only(OK, PARTIAL, LOCKED) if "encrypted" in what else both
        seen = flag if "there" not in what else ()
        yield Hostile(13, f"{what}.zip", fixed(zipped(entries)), outcomes, ZIP, observed=seen)
    unlisted = [Entry(b"shown.txt"), Entry(b"unlisted.txt", b"kept from the directory\n", listed=False)]
    seen = (("zip.unlisted", "unlisted.txt"),)
    yield Hostile(13, "unlisted.zip", fixed(zipped(unlisted)), both, ZIP, observed=seen)
    unlisted.reverse()
    yield Hostile(13, "unlisted-first.zip", fixed(zipped(unlisted)), both, ZIP, observed=seen)
    first, second = zipped([Entry(b"first.txt", b"first\n")]), zipped([Entry(b"second.txt", b"second\n")])
    yield Hostile(13, "two-ends.zip", fixed(first + second), both, ZIP, observed=(("zip.unlisted", "first.txt"),))
    yield Hostile(13, "in-comment.zip", fixed(zipped([Entry(b"outer.txt")], comment=first)), both, ZIP)
    yield Hostile(
        13,
        "prefix.zip",
        fixed(zipped([Entry(b"a.txt")], prefix=b"MZ" + bytes(500))),
        both | only(UNSUPPORTED),
        observed=(("zip.prefix", "502"),),
        most_members=2,
    )
    unicode_path = struct.pack("<HHBI", 0x7075, 5 + 9, 1, zlib.crc32(b"order.txt")) + b"other.exe"
    yield Hostile(13, "unicode-path.zip", fixed(zipped([Entry(b"order.txt", extra=unicode_path)])), both, ZIP)
    descriptor = zipped([Entry(b"a.txt", flags=0x808, size=0, packed=0, crc=0), Entry(b"b.txt")])
    yield Hostile(13, "descriptor.zip", fixed(descriptor), only(OK, PARTIAL, CORRUPT, POLICY), ZIP)
    nothing = zipped([Entry(b"a.txt", listed=False), Entry(b"b.txt", listed=False)])
    yield Hostile(13, "empty-directory.zip", fixed(nothing), both, ZIP)
    strange = zipped([Entry(b"a.txt", method=97), Entry(b"b.txt")])
    yield Hostile(13, "unread-method.zip", fixed(strange), only(PARTIAL), ZIP, members=("b.txt",), refused=("a.txt",))
    for what, cut in (("half", 0.5), ("tail", 0.9), ("head", 0.1)):
        data = zipped([Entry(b"%d.txt" % n, b"%d " % n * 100, 0) for n in range(20)])
        yield Hostile(13, f"cut-{what}.zip", fixed(data[: int(len(data) * cut)]), only(PARTIAL, CORRUPT), ZIP)


def files() -> Iterator[Hostile]:
    """Yield the files of families 6 to 13."""
    yield from _nested()
    yield from _overlapping()
    yield from _quines()
    yield from _lying()
    yield from _countless()
    yield from _named()
    yield from _twins()
    yield from _two_truths()
