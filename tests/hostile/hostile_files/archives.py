"""Families 14 to 18: links, devices, passwords, endless streams, and heads without a body."""

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import zlib
from collections.abc import Iterator
from functools import partial

from tests.forge import sevenzip_forge as forge

from hostile_files.specimen import (
    CORRUPT,
    LIMIT,
    LOCKED,
    OK,
    PARTIAL,
    PASSWORD,
    POLICY,
    UNSUPPORTED,
    Hostile,
    fixed,
    late,
    only,
)
from hostile_files.zips import ZIP, Entry, zipped

TAR = ("application/x-tar",)
Member = tuple[str, bytes, str, bytes]


def tar(*members: Member, form: int = tarfile.GNU_FORMAT) -> bytes:
    """Return a tar of members: name, type, target of a link, contents."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as target:
        for name, kind, link, data in members:
            about = tarfile.TarInfo(name)
            about.type, about.linkname, about.size = kind, link, len(data)
            target.addfile(about, io.BytesIO(data))
    return out.getvalue()


def _file(name: str, data: bytes = b"word\n") -> Member:
    return (name, tarfile.REGTYPE, "", data)


TARGETS = {
    "absolute": "/etc/passwd",
    "up": "../../../../etc/passwd",
    "itself": "link",
    "folder": "/",
    "nothing": "",
    "long": "x/" * 60 + "y",
    "escape": "\x1b[31mred",
    "secret": "/proc/self/environ",
}


def _links() -> Iterator[Hostile]:
    for what, target in TARGETS.items():
        for how, kind in (("symbolic", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE)):
            data = tar(("link", kind, target, b""), _file("link/through.txt"), _file("plain.txt"))
            yield Hostile(
                14, f"{how}-{what}.tar", fixed(data), only(PARTIAL), TAR,
                members=("link/through.txt", "plain.txt"), refused=("link",), lacks=("root:x:",),
            )  # fmt: skip
        entries = [Entry(b"link", target.encode(), 0, mode=0o120777), Entry(b"link/through.txt"), Entry(b"plain.txt")]
        yield Hostile(
            14, f"symbolic-{what}.zip", fixed(zipped(entries)), only(PARTIAL), ZIP,
            members=("link/through.txt", "plain.txt"), refused=("link",), lacks=("root:x:",),
        )  # fmt: skip
    alone = tar(("link", tarfile.SYMTYPE, "/etc/passwd", b""))
    yield Hostile(14, "alone.tar", fixed(alone), only(POLICY), TAR, members=(), refused=("link",))
    circle = tar(("a", tarfile.SYMTYPE, "b", b""), ("b", tarfile.SYMTYPE, "a", b""), _file("a/c.txt"))
    yield Hostile(14, "circle.tar", fixed(circle), only(PARTIAL), TAR, members=("a/c.txt",), refused=("a", "b"))


def raw_tar(name: bytes, kind: bytes, size: bytes, body: bytes = b"") -> bytes:
    """Return a tar of one header with these fields."""
    head = bytearray(512)
    head[: len(name)] = name
    head[100:108], head[124 : 124 + len(size)], head[156:157] = b"0000644\0", size, kind
    head[257:265] = b"ustar\x0000"
    head[148:156] = b"        "
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + body + bytes(1024)


def _sparse() -> Iterator[Hostile]:
    huge = 1 << 40
    for what, parts, size, name in (
        ("nothing", (), 0, "thing"),
        ("terabyte", ((0, 8), (huge, 8)), huge + 8, "thing.without-holes"),
        ("over", ((0, 8), (4, 8)), 1000, None),
        ("more", ((0, 1 << 50),), 1 << 50, None),
    ):
        stored = b"word" * (4 if parts else 0)
        head = bytearray(raw_tar(b"thing", b"S", b"%011o\0" % len(stored))[:512])
        for place, number in zip(range(386, 482, 12), (value for part in parts for value in part), strict=False):
            head[place : place + 12] = b"\x80" + number.to_bytes(11, "big")
        head[483:495] = b"\x80" + size.to_bytes(11, "big")
        head[148:156] = b"        "
        head[148:156] = b"%06o\0 " % sum(head)
        data = bytes(head) + stored + bytes(-len(stored) % 512) + tar(_file("plain.txt"))
        members = ("plain.txt",) if name is None else (name, "plain.txt")
        right = only(OK) if what == "nothing" else only(PARTIAL)
        refused = ("thing",) if name is None else ()
        yield Hostile(15, f"sparse-{what}.tar", fixed(data), right, TAR, members=members, refused=refused, seconds=3)


def _devices() -> Iterator[Hostile]:
    kinds = {"character": tarfile.CHRTYPE, "block": tarfile.BLKTYPE, "pipe": tarfile.FIFOTYPE,
             "volume": b"V", "other-volume": b"M", "names": b"N", "unknown": b"Z"}  # fmt: skip
    for what, kind in kinds.items():
        data = tar(("thing", kind, "", b""), _file("plain.txt"))
        right = only(OK, PARTIAL) if what in ("volume",) else only(PARTIAL)
        refused = () if what == "volume" else ("thing",)
        yield Hostile(15, f"{what}.tar", fixed(data), right, TAR, members=("plain.txt",), refused=refused)
    yield from _sparse()
    for what, mode in (("device", 0o020666), ("pipe", 0o010666), ("socket", 0o140666), ("block", 0o060666)):
        entries = [Entry(b"thing", b"", 0, mode=mode), Entry(b"plain.txt")]
        yield Hostile(
            15, f"{what}.zip", fixed(zipped(entries)), only(PARTIAL), ZIP, members=("plain.txt",), refused=("thing",)
        )
    sizes = {"negative": b"\xff" * 12, "huge": b"\x80" + b"\x7f" * 11, "octal": b"77777777777\0", "letters": b"zzz"}
    for what, size in sizes.items():
        data = raw_tar(b"a.bin", b"0", size, b"word")
        yield Hostile(15, f"size-{what}.tar", fixed(data), only(OK, PARTIAL, CORRUPT), TAR, most_members=1)
    for kind in b"Lxg":
        data = raw_tar(b"././@LongLink", bytes([kind]), b"77777777777\0", b"word" * 100)
        yield Hostile(15, f"extended-{chr(kind)}.tar", fixed(data), only(OK, PARTIAL, CORRUPT), TAR)
    pax = b"30 path=../../up and over.txt\n" + b"22 size=99999999999999\n" + b"999999999 x=y\n"
    data = raw_tar(b"pax", b"x", b"%011o\0" % len(pax), pax.ljust(512, b"\0"))[:-1024] + tar(_file("a.txt"))
    yield Hostile(15, "pax.tar", fixed(data), only(OK, PARTIAL, CORRUPT), TAR)
    yield Hostile(
        15, "noise.tar", fixed(tar(_file("a.txt"))[:1024] + b"noise " * 100_000), only(PARTIAL), TAR, seconds=5
    )
    for mode, what in ((0o120777, "link"), (0o020666, "device")):
        body = b"/etc/passwd"
        names = ((b"thing", mode, body), (b"plain.txt", 0o100644, b"word\n"), (b"TRAILER!!!", 0, b""))
        yield Hostile(
            15, f"{what}.cpio", fixed(b"".join(_cpio(*name) for name in names)), only(PARTIAL),
            members=("plain.txt",), refused=("thing",), lacks=("root:x:",),
        )  # fmt: skip


def _cpio(name: bytes, mode: int, data: bytes) -> bytes:
    fields = (7, mode, 0, 0, 1, 0, len(data), 0, 0, 1, 1, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def sevenzip(header: bytes, streams: bytes = b"") -> bytes:
    """Return a 7z file around packed streams and the header that describes them."""
    start = struct.pack("<QQI", len(streams), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<I", zlib.crc32(start)) + start + streams + header


def locked_7z() -> bytes:
    """Return a 7z whose header is encrypted (AES-256, coder 06F10701)."""
    properties = b"\x53\x07" + bytes(range(8))
    coder = b"\x24\x06\xf1\x07\x01" + bytes([len(properties)]) + properties
    header = b"\x17\x06\x00\x01\x09\x20\x00" + b"\x07\x0b\x01\x00\x01" + coder + b"\x0c\x20\x00\x00"
    return sevenzip(header, random.Random(7).randbytes(32))


def _locked() -> Iterator[Hostile]:
    noise = random.Random(1).randbytes(64)
    crypt = Entry(b"secret.txt", noise, 0, flags=0x801, size=52)
    strong = Entry(b"secret.txt", noise, 0, flags=0x841, size=40)
    extra = struct.pack("<HHHHBH", 0x9901, 7, 2, 0x4541, 3, 8)
    aes = Entry(b"secret.txt", noise, 99, flags=0x801, size=40, extra=extra)
    for what, entry in (("zipcrypto", crypt), ("strong", strong), ("aes", aes)):
        yield Hostile(16, f"{what}.zip", fixed(zipped([entry])), only(LOCKED), ZIP, members=(), refused=("secret.txt",))
        data = zipped([entry, Entry(b"open.txt")])
        yield Hostile(
            16, f"{what}-half.zip", fixed(data), only(PARTIAL), ZIP, members=("open.txt",), refused=("secret.txt",)
        )
    masked = Entry(b"1", noise, 0, flags=0x2801)
    yield Hostile(16, "masked-names.zip", fixed(zipped([masked])), only(LOCKED), ZIP)
    yield Hostile(16, "header.7z", fixed(locked_7z()), only(LOCKED, UNSUPPORTED))
    about = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    types = f'<Types><Override PartName="/word/document.xml" ContentType="{about}"/></Types>'.encode()
    data = zipped([Entry(b"[Content_Types].xml", types), Entry(b"word/document.xml", noise, 0, flags=0x801)])
    yield Hostile(16, "part.docx", fixed(data), only(LOCKED))
    rar4 = b"Rar!\x1a\x07\x00" + _rar_block(0x73, 0x80, bytes(6)) + noise
    yield Hostile(16, "header.rar", fixed(rar4), only(LOCKED, CORRUPT, UNSUPPORTED))
    body = b"\x04\x00\x00\x0f" + bytes(16)
    rar5 = (
        b"Rar!\x1a\x07\x01\x00" + struct.pack("<I", zlib.crc32(bytes([len(body)]) + body)) + bytes([len(body)]) + body
    )
    yield Hostile(16, "header5.rar", fixed(rar5 + noise), only(LOCKED, CORRUPT, UNSUPPORTED))


def _sevenzips() -> Iterator[Hostile]:
    """Yield 7z archives of which each would take a password for ever, or lies of what it holds."""
    lock = forge.Lock(PASSWORD)
    word = forge.Folder({"a.txt": b"word\n" * 99}, lock, forge.LZMA)
    for what, header in (("names", lock), ("open", None)):
        closed = only(LOCKED)
        data = forge.archive([word], header)
        yield Hostile(16, f"{what}.7z", fixed(data), closed, unlocked=only(OK))
        yield Hostile(16, f"{what}-cut.7z", fixed(data[:-9]), only(CORRUPT), unlocked=only(CORRUPT))
        for power in (22, 25, 62):
            asked = forge.coder(forge.AES, lock.properties)
            at = data.index(asked) + len(asked) - len(lock.properties)
            changed = data[:at] + bytes((0x40 | power,)) + data[at + 1 :]
            length = int.from_bytes(changed[12:20], "little")
            changed = forge.whole(changed[32 : 32 + length], changed[32 + length :])
            yield Hostile(16, f"{what}-rounds-{power}.7z", fixed(changed), closed, unlocked=closed)
    many = [forge.Folder({f"{n}.txt": b"word"}, lock if n % 2 else None) for n in range(1500)]
    yield Hostile(16, "between.7z", fixed(forge.archive(many)), only(PARTIAL), unlocked=only(OK))
    salts = [forge.Folder({f"{n}.txt": b"word"}, forge.Lock(PASSWORD, 1, b"%d" % n)) for n in range(1500)]
    yield Hostile(16, "salts.7z", fixed(forge.archive(salts)), only(LOCKED), unlocked=only(OK))
    zeros = forge.Folder({"a.bin": bytes(ENDLESS)}, lock, forge.LZMA)
    yield Hostile(16, "zeros.7z", fixed(forge.archive([zeros], lock)), only(LOCKED), unlocked=only(LIMIT), memory=100)
    large = forge.locked_header(b"", bytes(ENDLESS), lock)
    yield Hostile(16, "header-zeros.7z", fixed(large), only(LOCKED), unlocked=only(LOCKED))
    packed, header = b"", forge.header([word])
    for _ in range(20):
        inner = forge.Folder({"": header}, lock, forge.LZMA, crc=True)
        header = b"\x17" + forge.streams([inner], len(packed)) + b"\0"
        packed += inner.packed
    yield Hostile(16, "headers.7z", fixed(forge.whole(packed, header)), only(LOCKED), unlocked=only(LOCKED))
    aes = forge.coder(forge.AES, lock.properties)
    head = b"\x01\x04\x06\x00\x01\x09\x10\x00\x07\x0b\x01\x00"
    for what, rest in (
        ("circle", b"\x02" + aes + aes + b"\x00\x00\x0c\x01\x01\x00\x00\x00"),
        ("folders", forge.number(1 << 60)),
        ("files", b"\x01" + aes + b"\x0c\x10\x00\x08\x0d" + forge.number(1 << 60) + b"\0\0\5" + forge.number(1 << 60)),
        ("size", b"\x01" + aes + b"\x0c" + forge.number(1 << 62) + b"\0\0\0"),
    ):
        lie = (head[:-2] if what == "folders" else head) + rest
        wrong = only(CORRUPT, LOCKED, PARTIAL, OK)
        yield Hostile(16, f"{what}-lie.7z", fixed(forge.whole(bytes(16), lie)), wrong, unlocked=wrong, members=())
        yield Hostile(
            16, f"{what}-lie-names.7z", fixed(forge.locked_header(bytes(16), lie, lock)), only(LOCKED), unlocked=wrong
        )


def _rar_block(kind: int, flags: int, body: bytes) -> bytes:
    rest = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
    return struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest


ENDLESS = 96 << 20
"""Bytes that the endless streams unfold to: more than the budget of the tests, less than a test can bear."""


def _zeros(kind: str, size: int = ENDLESS) -> bytes:
    block = bytes(1 << 20)
    if kind == "gz":
        out = io.BytesIO()
        with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as target:
            for _ in range(size >> 20):
                target.write(block)
        return out.getvalue()
    packer = (
        bz2.BZ2Compressor(9)
        if kind == "bz2"
        else lzma.LZMACompressor(lzma.FORMAT_XZ if kind == "xz" else lzma.FORMAT_ALONE, preset=0)
    )
    return b"".join(packer.compress(block) for _ in range(size >> 20)) + packer.flush()


def zstd_zeros(size: int) -> bytes:
    """Return a Zstandard frame of RLE blocks (RFC 8878, section 3.1.1.2)."""
    blocks = size >> 17
    out = b"\x28\xb5\x2f\xfd" + b"\x00" + b"\x58"
    return out + b"".join(
        struct.pack("<I", (1 << 17) << 3 | 1 << 1 | (n + 1 == blocks))[:3] + b"\0" for n in range(blocks)
    )


def lz4_zeros(size: int) -> bytes:
    """Return an LZ4 frame of one block of zeros for each 4 MiB."""
    run = (4 << 20) - 1 - 5 - 4 - 15
    length = b"\xff" * (run // 255) + bytes([run % 255])
    block = b"\x1f\0\x01\x00" + length + b"\x50" + bytes(5)
    head = b"\x40\x70"
    check = bytes([_xxh32(head) >> 8 & 255])
    return b"\x04\x22\x4d\x18" + head + check + (struct.pack("<I", len(block)) + block) * (size >> 22) + bytes(4)


def _xxh32(data: bytes) -> int:
    mask, prime2, prime3, prime5 = 0xFFFFFFFF, 2246822519, 3266489917, 374761393
    total = prime5 + len(data)
    for byte in data:
        total = (total + byte * prime5) & mask
        total = ((total << 11 | total >> 21) & mask) * 2654435761 & mask
    total ^= total >> 15
    total = total * prime2 & mask
    total ^= total >> 13
    total = total * prime3 & mask
    return total ^ total >> 16


def _streams() -> Iterator[Hostile]:
    over = only(LIMIT)
    for kind in ("gz", "bz2", "xz", "lzma"):
        yield Hostile(17, f"zeros.{kind}", late(partial(_zeros, kind)), over, members=(), memory=100, seconds=8)
    for kind, make in (("zst", zstd_zeros), ("lz4", lz4_zeros)):
        yield Hostile(17, f"zeros.{kind}", late(partial(make, ENDLESS)), over, members=(), memory=100, seconds=8)
    for kind in ("gz", "bz2", "xz"):
        data = late(partial(_concatenated, kind))
        yield Hostile(17, f"concatenated.{kind}", data, over, members=(), memory=100, seconds=12)
    yield Hostile(17, "twice.gz.gz", late(lambda: gzip.compress(_zeros("gz"), mtime=0)), only(OK), most_members=2)
    yield Hostile(17, "zeros.tar.gz", late(_tar_of_zeros), only(OK, LIMIT), most_members=2, seconds=12)
    yield Hostile(17, "million-parts.gz", late(lambda: gzip.compress(b"", mtime=0) * 200_000), only(OK), seconds=12)
    small = gzip.compress(b"word\n" * 99, mtime=0)
    for what, data in (
        ("cut.gz", small[:-12]),
        ("checksum.gz", small[:-8] + b"\1\2\3\4\1\2\3\4"),
        ("trailing.gz", small + b"MZ" + bytes(500)),
        ("head.gz", b"\x1f\x8b\x08\x1c" + bytes(6) + b"\xff\xff" + bytes(70_000)),
        ("cut.bz2", bz2.compress(b"word" * 99)[:-9]),
        ("cut.xz", lzma.compress(b"word" * 99)[:-9]),
        ("dictionary.xz", _xz_of_large_dictionary()),
    ):
        yield Hostile(17, what, fixed(data), only(OK, PARTIAL, CORRUPT, LIMIT), memory=64, seconds=4)
    yield Hostile(17, "zeros.br", fixed(b"\x5b\xff\xff\xaf\x02" + bytes(100)), only(UNSUPPORTED))
    yield Hostile(17, "zeros.Z", fixed(b"\x1f\x9d\x90" + bytes(100_000)), only(OK, PARTIAL, CORRUPT, LIMIT))


def _concatenated(kind: str) -> bytes:
    return _zeros(kind, 4 << 20) * 24


def _tar_of_zeros() -> bytes:
    about = tarfile.TarInfo("zeros")
    about.size = ENDLESS
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    out = packer.compress(about.tobuf())
    for _ in range(ENDLESS >> 20):
        out += packer.compress(bytes(1 << 20))
    return out + packer.compress(bytes(1024)) + packer.flush()


def _xz_of_large_dictionary() -> bytes:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 16}]
    data = bytearray(lzma.compress(b"word" * 99, filters=filters))
    place = data.index(b"\x21\x01", 12)  # LZMA2's id and the length of its properties
    data[place + 2] = 40  # 4 GiB
    end = 12 + (data[12] + 1) * 4
    data[end - 4 : end] = struct.pack("<I", zlib.crc32(bytes(data[12 : end - 4])))
    return bytes(data)


HEADS = {
    "rar4.rar": b"Rar!\x1a\x07\x00",
    "rar5.rar": b"Rar!\x1a\x07\x01\x00",
    "cabinet.cab": b"MSCF\x00\x00\x00\x00" + struct.pack("<IIIIBBHHHHH", 100, 0, 44, 0, 3, 1, 1, 1, 0, 0, 0),
    "disk.iso": bytes(32_768) + b"\x01CD001\x01" + bytes(2041) + b"\xffCD001\x01" + bytes(2041),
    "seven.7z": b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(24),
    "seven-lies.7z": sevenzip(b"\x01\x04\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
    "archive.xar": b"xar!\x00\x1c\x00\x01" + struct.pack(">QQI", 2**40, 2**40, 1),
    "archive.ar": b"!<arch>\n" + b"name/           0           0     0     644     9999999999`\n",
    "package.rpm": b"\xed\xab\xee\xdb\x03\x00" + bytes(90) + b"\x8e\xad\xe8\x01" + b"\xff" * 12,
    "archive.cpio": b"070701" + b"FFFFFFFF" * 13,
    "archive.lzh": b"\x20\x00-lh5-" + b"\xff" * 25,
    "archive.arj": b"\x60\xea" + random.Random(2).randbytes(400),
    "program.elf": b"\x7fELF\x02\x01\x01" + bytes(57),
    "program.exe": b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(100),
    "program.macho": b"\xcf\xfa\xed\xfe" + bytes(60),
    "class.class": b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(40),
    "module.wasm": b"\0asm\x01\0\0\0" + bytes(20),
    "disk.qcow2": b"QFI\xfb\x00\x00\x00\x03" + bytes(96),
    "disk.vhdx": b"vhdxfile" + random.Random(2).randbytes(400),
    "volume.luks": b"LUKS\xba\xbe\x00\x01" + bytes(200),
    "locked.gpg": b"\x85\x01\x0c\x03" + bytes(200),
    "shortcut.lnk": struct.pack("<I", 0x4C) + bytes.fromhex("0114020000000000c000000000000046") + b"\xff" * 60,
    "help.chm": b"ITSF\x03\x00\x00\x00" + b"\xff" * 90,
    "scan.djvu": b"AT&TFORM\xff\xff\xff\xffDJVUTXTz\xff\xff\xff\xff" + b"\xff" * 900,
    "scans.djvu": b"AT&TFORM\x00\x00\x10\x00DJVMDIRM\x00\x00\x00\x40\x81\xff\xff" + b"\xff" * 900,
    "movie.swf": b"CWS\x0a" + struct.pack("<I", 2**32 - 1) + zlib.compress(bytes(1000)),
    "font.ttf": b"\0\1\0\0\xff\xff" + b"\xff" * 40,
}


def _heads() -> Iterator[Hostile]:
    for name, data in HEADS.items():
        right = only(UNSUPPORTED, CORRUPT, PARTIAL) | {"locked.gpg": only(LOCKED), "seven.7z": only(OK)}.get(
            name, only()
        )
        yield Hostile(18, name, fixed(data), right, most_members=1, seconds=4)
    chance = random.Random(18)
    for number in range(8):
        data = chance.randbytes(1 << (4 + number))
        yield Hostile(18, f"noise-{number}", fixed(data), only(UNSUPPORTED, OK, PARTIAL, CORRUPT), seconds=4)


def files() -> Iterator[Hostile]:
    """Yield the files of families 14 to 18."""
    yield from _links()
    yield from _devices()
    yield from _locked()
    yield from _sevenzips()
    yield from _streams()
    yield from _heads()
