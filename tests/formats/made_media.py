"""Writers of small pictures and recordings, byte by byte, for tests; no encoder is needed."""

import struct


def ifd(order, entries, following=0, at=8):
    """A TIFF directory; `entries`: (tag, kind, count, bytes); returns directory and values, laid out from `at`."""
    sizes = order + "H", order + "HHI", order + "I"
    place = at + 2 + 12 * len(entries) + 4
    head, rest = struct.pack(sizes[0], len(entries)), b""
    for tag, kind, count, value in sorted(entries):
        head += struct.pack(sizes[1], tag, kind, count)
        if len(value) <= 4:
            head += value.ljust(4, b"\0")
        else:
            head += struct.pack(sizes[2], place + len(rest))
            rest += value + b"\0" * (len(value) % 2)
    return head + struct.pack(sizes[2], following) + rest


def text(value):
    raw = value.encode() + b"\0"
    return 2, len(raw), raw


def short(order, *values):
    return 3, len(values), struct.pack(f"{order}{len(values)}H", *values)


def long(order, *values):
    return 4, len(values), struct.pack(f"{order}{len(values)}I", *values)


def rational(order, *pairs):
    return 5, len(pairs), b"".join(struct.pack(order + "II", *pair) for pair in pairs)


def tiff(order, *directories):
    """A TIFF structure whose directories follow each other; each is a list of (tag, (kind, count, bytes))."""
    out = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    for number, entries in enumerate(directories):
        flat = [(tag, *value) for tag, value in entries]
        size = len(ifd(order, flat, 0, len(out)))
        following = len(out) + size if number + 1 < len(directories) else 0
        out += ifd(order, flat, following, len(out))
    return out


def segment(kind, body):
    return bytes((0xFF, kind)) + struct.pack(">H", len(body) + 2) + body


def with_segments(jpeg, *segments):
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def box(kind, *bodies):
    body = b"".join(bodies)
    return struct.pack(">I", len(body) + 8) + kind.encode("latin-1") + body


def full(kind, version, flags, *bodies):
    return box(kind, struct.pack(">I", version << 24 | flags), *bodies)


def heic(exif_block, packet, width=640, height=480, brand=b"heic"):
    """A HEIC without a picture in it: two items of metadata, one of 640 by 480 that has no bytes."""
    exif_item = struct.pack(">I", 6) + b"Exif\0\0" + exif_block
    ftyp = box("ftyp", brand, bytes(4), b"mif1", brand)

    def meta(at):
        infes = (
            full("infe", 2, 0, struct.pack(">HH4s", 1, 0, b"hvc1"), b"\0"),
            full("infe", 2, 0, struct.pack(">HH4s", 2, 0, b"Exif"), b"\0"),
            full("infe", 2, 0, struct.pack(">HH4s", 3, 0, b"mime"), b"\0application/rdf+xml\0"),
        )
        places = struct.pack(">HHHHHII", 0x4400, 2, 2, 0, 1, at, len(exif_item)) + struct.pack(
            ">HHHII", 3, 0, 1, at + len(exif_item), len(packet)
        )
        return full(
            "meta", 0, 0,
            full("hdlr", 0, 0, bytes(4), b"pict", bytes(13)),
            full("pitm", 0, 0, struct.pack(">H", 1)),
            full("iinf", 0, 0, struct.pack(">H", 3), *infes),
            full("iloc", 0, 0, places),
            box("iprp", box("ipco", full("ispe", 0, 0, struct.pack(">II", 320, 240)), full("ispe", 0, 0, struct.pack(">II", width, height))),
                full("ipma", 0, 0, struct.pack(">IHBB", 1, 1, 1, 2))),
        )  # fmt: skip

    at = len(ftyp) + len(meta(0)) + 8
    return ftyp + meta(at) + box("mdat", exif_item, packet)


def psd(resources, width=30, height=20):
    blocks = b"".join(
        b"8BIM" + struct.pack(">HH", number, 0) + struct.pack(">I", len(data)) + data + b"\0" * (len(data) % 2)
        for number, data in resources
    )
    return (
        b"8BPS"
        + struct.pack(">H6xHIIHH", 1, 3, height, width, 8, 3)
        + bytes(4)
        + struct.pack(">I", len(blocks))
        + blocks
    )


def emf(words):
    raw = words.encode("utf-16-le")
    header = struct.pack("<II", 1, 88) + struct.pack("<8i", 0, 0, 99, 49, 0, 0, 99, 49) + b" EMF" + bytes(44)
    record = struct.pack("<II", 84, 76 + len(raw)) + bytes(36) + struct.pack("<II", len(words), 76) + bytes(24) + raw
    return header + record + struct.pack("<II", 14, 20) + bytes(12)


def wmf(words):
    raw = words.encode("cp1252")
    body = struct.pack("<H", len(raw)) + raw + b"\0" * (len(raw) % 2) + bytes(4)
    head = b"\xd7\xcd\xc6\x9a" + struct.pack("<H4hH", 0, 0, 0, 100, 50, 96) + bytes(6)
    return head + bytes(18) + struct.pack("<IH", 3 + len(body) // 2, 0x0521) + body + struct.pack("<IH", 3, 0)


def jxl(width, height):
    """The size header of a JPEG XL code stream, in the longest form."""
    bits = 0 | 3 << 1 | (height - 1) << 3 | 0 << 33 | 3 << 36 | (width - 1) << 38
    return b"\xff\x0a" + bits.to_bytes(12, "little")


def jumbf(*labels):
    inner = b"".join(jumbf(label) for label in labels[1:])
    return box("jumb", box("jumd", bytes(16), b"\3", labels[0].encode() + b"\0"), inner)
