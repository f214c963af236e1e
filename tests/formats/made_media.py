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


def jxl(width, height):
    """The size header of a JPEG XL code stream, in the longest form."""
    bits = 0 | 3 << 1 | (height - 1) << 3 | 0 << 33 | 3 << 36 | (width - 1) << 38
    return b"\xff\x0a" + bits.to_bytes(12, "little")


def jumbf(*labels):
    inner = b"".join(jumbf(label) for label in labels[1:])
    return box("jumb", box("jumd", bytes(16), b"\3", labels[0].encode() + b"\0"), inner)


def chunk(name, *bodies, order="<"):
    body = b"".join(bodies)
    return name.encode() + struct.pack(order + "I", len(body)) + body + b"\0" * (len(body) % 2)


def wav(*more, rate=8000, data=bytes(4000)):
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    body = b"WAVE" + chunk("fmt ", form) + b"".join(more) + chunk("data", data)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def avi(*more, width=320, height=240):
    avih = struct.pack("<10I", 40_000, 0, 0, 16, 50, 0, 1, 0, width, height) + bytes(16)
    strh = b"vidsMJPG" + bytes(12) + struct.pack("<IIII", 1, 25, 0, 50) + bytes(12)
    strf = struct.pack("<IiiHH4s", 40, width, height, 1, 24, b"MJPG") + bytes(20)
    body = b"AVI " + chunk(
        "LIST", b"hdrl", chunk("avih", avih), chunk("LIST", b"strl", chunk("strh", strh), chunk("strf", strf))
    )
    body += b"".join(more)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def aiff(*more, rate=8000, frames=16000):
    power, mantissa = rate.bit_length() - 1, rate << (64 - rate.bit_length())
    comm = struct.pack(">HIHHQ", 1, frames, 16, 16383 + power, mantissa)
    body = b"AIFF" + chunk("COMM", comm, order=">") + b"".join(more)
    return b"FORM" + struct.pack(">I", len(body)) + body


def synchsafe(value):
    return bytes(value >> shift & 127 for shift in (21, 14, 7, 0))


def id3(*frames, version=3):
    """Frames: (name, bytes)."""
    body = b""
    for name, data in frames:
        if version == 2:
            body += name.encode() + len(data).to_bytes(3, "big") + data
        else:
            body += (
                name.encode()
                + (synchsafe(len(data)) if version == 4 else struct.pack(">I", len(data)))
                + b"\0\0"
                + data
            )
    return b"ID3" + bytes((version, 0, 0)) + synchsafe(len(body)) + body


def id3v1(title="", artist="", album="", year="", comment="", track=0, genre=17):
    fields = [
        value.encode("latin-1").ljust(size, b"\0")
        for value, size in ((title, 30), (artist, 30), (album, 30), (year, 4), (comment, 28))
    ]
    return b"TAG" + b"".join(fields) + bytes((0, track, genre))


def mp3_frames(count=100):
    """Frames of MPEG-1 layer III, 128 kbit/s, 44,100 Hz, mono, filled with nothing."""
    head = bytes((0xFF, 0xFB, 0x90, 0xC0))
    return (head + bytes(417 - 4)) * count


def ape(*items):
    body = b"".join(
        struct.pack("<II", len(value), flags) + name.encode() + b"\0" + value for name, value, flags in items
    )
    return body + b"APETAGEX" + struct.pack("<IIII", 2000, len(body) + 32, len(items), 0) + bytes(8)


def comments(*pairs, vendor="Tern encoder 1"):
    raw = struct.pack("<I", len(vendor)) + vendor.encode() + struct.pack("<I", len(pairs))
    for name, value in pairs:
        entry = f"{name}={value}".encode()
        raw += struct.pack("<I", len(entry)) + entry
    return raw


def picture_block(data, about="cover", kind="image/png"):
    return (
        struct.pack(">II", 3, len(kind)) + kind.encode() + struct.pack(">I", len(about)) + about.encode()
        + struct.pack(">IIIII", 1, 1, 24, 0, len(data)) + data
    )  # fmt: skip


def flac(*blocks, rate=44100, samples=88200):
    info = bytes(10) + ((rate << 44) | (1 << 41) | (15 << 36) | samples).to_bytes(8, "big") + b"\7" * 16
    out = b"fLaC"
    listed = [(0, info), *blocks]
    for number, (kind, data) in enumerate(listed):
        out += bytes((kind | (0x80 if number + 1 == len(listed) else 0),)) + len(data).to_bytes(3, "big") + data
    return out


def ogg_page(serial, number, position, *packets, flags=0):
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes((len(packet) % 255,)) for packet in packets)
    return (
        b"OggS\0" + struct.pack("<BqIIIB", flags, position, serial, number, 0, len(lacing)) + lacing + b"".join(packets)
    )


def ogg(first, second, position):
    return (
        ogg_page(7, 0, 0, first, flags=2)
        + ogg_page(7, 1, 0, second, b"\5setup")
        + ogg_page(7, 2, position, bytes(50), flags=4)
    )


def vorbis(*pairs, rate=48000, position=96000):
    return ogg(b"\1vorbis" + struct.pack("<IBI", 0, 2, rate) + bytes(14), b"\3vorbis" + comments(*pairs), position)


def opus(*pairs):
    return ogg(b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 312, 44100, 0, 0), b"OpusTags" + comments(*pairs), 48312)


def element(number, *bodies, unknown=False):
    """An EBML element; `number` with its marker bits."""
    body = b"".join(bodies)
    name = number.to_bytes((number.bit_length() + 7) // 8, "big")
    size = b"\x01" + b"\xff" * 7 if unknown else (len(body) | 1 << 56).to_bytes(8, "big")
    return name + size + body


def unsigned(number, value):
    return element(number, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def simple_tag(name, value):
    return element(0x67C8, element(0x45A3, name.encode()), element(0x4487, value.encode()))


def matroska(*more, doctype=b"matroska", unknown=False, tracks=()):
    info = element(
        0x1549A966, unsigned(0x2AD7B1, 1_000_000), element(0x4489, struct.pack(">d", 2500.0)),
        element(0x4461, (600_000_000_000_000_000).to_bytes(8, "big")), element(0x7BA9, b"The night gate"),
        element(0x4D80, b"ternmux 1"), element(0x5741, b"ternwrite 2"),
    )  # fmt: skip
    video = element(
        0xAE,
        unsigned(0xD7, 1),
        unsigned(0x83, 1),
        element(0x86, b"V_VP8"),
        element(0xE0, unsigned(0xB0, 320), unsigned(0xBA, 240)),
    )
    return element(0x1A45DFA3, element(0x4282, doctype)) + element(
        0x18538067, info, element(0x1654AE6B, video, *tracks), *more, unknown=unknown
    )


def subtitle_track(number=2, codec=b"S_TEXT/UTF8"):
    return element(0xAE, unsigned(0xD7, number), unsigned(0x83, 17), element(0x86, codec), element(0x22B59C, b"eng"))


def subtitle_cluster(number, *lines):
    blocks = (element(0xA0, element(0xA1, bytes((0x80 | number,)) + bytes(3) + line.encode())) for line in lines)
    return element(0x1F43B675, unsigned(0xE7, 0), *blocks)


def track(kind, entry, scale=1000, duration=2500, language=0x15C7, tables=(), number=1):
    """A track of an ISO media file; `entry` is its sample entry."""
    tkhd = full("tkhd", 0, 7, struct.pack(">IIIII", 3_800_000_000, 3_800_000_000, number, 0, duration), bytes(16),
                struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30), struct.pack(">II", 320 << 16, 240 << 16))  # fmt: skip
    mdhd = full("mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, scale, duration, language, 0))
    hdlr = full("hdlr", 0, 0, bytes(4), kind, bytes(12), b"Tern handler\0")
    stbl = box("stbl", full("stsd", 0, 0, struct.pack(">I", 1), entry), *tables)
    return box("trak", tkhd, box("mdia", mdhd, hdlr, box("minf", stbl)))


def visual(codec="avc1", width=320, height=240):
    return box(codec, bytes(24), struct.pack(">HH", width, height), bytes(50))


def audible(codec="mp4a", rate=48000, channels=2):
    return box(codec, bytes(16), struct.pack(">HHHHI", channels, 16, 0, 0, rate << 16))


def item(name, kind, value):
    return box(name, box("data", struct.pack(">II", kind, 0), value))


def mp4(*more, scale=1000, duration=2500, brand=b"isom", tracks=None):
    tracks = (track(b"vide", visual()), track(b"soun", audible(), number=2)) if tracks is None else tracks
    mvhd = full("mvhd", 0, 0, struct.pack(">IIII", 3_800_000_000, 3_800_000_000, scale, duration), bytes(80))
    return box("ftyp", brand, bytes(4), b"isom") + box("moov", mvhd, *tracks, *more) + box("mdat", bytes(32))


def ilst(*items):
    return full("meta", 0, 0, full("hdlr", 0, 0, bytes(4), b"mdir", bytes(12)), box("ilst", *items))


def keyed(*pairs):
    """QuickTime's keys and values: `meta` as a plain box."""
    names = b"".join(box("mdta", name.encode()) for name, _ in pairs)
    values = b"".join(struct.pack(">I", 8 + len(data)) + struct.pack(">I", number) + data
                      for number, (_, value) in enumerate(pairs, 1) for data in [box("data", struct.pack(">II", 1, 0), value.encode())])  # fmt: skip
    return box(
        "meta",
        full("hdlr", 0, 0, bytes(4), b"mdta", bytes(12)),
        full("keys", 0, 0, struct.pack(">I", len(pairs)), names),
        box("ilst", values),
    )


def mp4_with_text(*lines):
    samples = [struct.pack(">H", len(line.encode())) + line.encode() for line in lines]
    sizes = full("stsz", 0, 0, struct.pack(">II", 0, len(samples)), *[struct.pack(">I", len(one)) for one in samples])
    runs = full("stsc", 0, 0, struct.pack(">IIII", 1, 1, len(samples), 1))

    def whole(at):
        chunks = full("stco", 0, 0, struct.pack(">II", 1, at))
        return mp4(tracks=(track(b"sbtl", box("tx3g", bytes(30)), tables=(sizes, runs, chunks)),))

    at = len(whole(0)) + 8
    return whole(at) + box("mdat", *samples)


def guid(text):
    import uuid

    return uuid.UUID(text).bytes_le


def asf_object(name, *bodies):
    body = b"".join(bodies)
    return guid(name) + struct.pack("<Q", len(body) + 24) + body


def wide(text):
    return text.encode("utf-16-le") + b"\0\0"


def asf(*more, kind="F8699E40-5B4D-11CF-A8FD-00805F5C442B", form=struct.pack("<HHIIHH", 0x161, 2, 44100, 16000, 4, 16)):
    file = asf_object(
        "8CABDCA1-A947-11CF-8EE4-00C00C205365",
        bytes(24),
        struct.pack("<QQQQQ", 132_000_000_000_000_000, 0, 55_000_000, 0, 500),
        bytes(20),
    )
    stream = asf_object(
        "B7DC0791-A9B7-11CF-8EE6-00C00C205365", guid(kind), bytes(32), struct.pack("<H", 1), bytes(4), form
    )
    parts = (file, stream, *more)
    body = b"".join(parts)
    return guid("75B22630-668E-11CF-A6D9-00AA0062CE6C") + struct.pack("<QIH", len(body) + 30, len(parts), 0x0201) + body


def asf_content(title, author):
    fields = [wide(title), wide(author), b"", b"", b""]
    return asf_object("75B22633-668E-11CF-A6D9-00AA0062CE6C", struct.pack("<5H", *map(len, fields)), *fields)


def asf_extended(*pairs):
    body = struct.pack("<H", len(pairs))
    for name, kind, value in pairs:
        body += struct.pack("<H", len(wide(name))) + wide(name) + struct.pack("<HH", kind, len(value)) + value
    return asf_object("D2D0A440-E307-11D2-97F0-00A0C95EA850", body)


def midi(*events):
    """Events: (kind, text) of meta events."""
    track = b"".join(b"\0\xff" + bytes((kind, len(text))) + text.encode() for kind, text in events)
    track = b"\0\x90\x40\x40" + b"\x10\x40\x00" + track + b"\0\xff\x2f\0"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + struct.pack(">I", len(track)) + track


def adts(count=50):
    head = int("111111111111000101010000100000" + f"{107:013b}" + "11111111111" + "00", 2).to_bytes(7, "big")
    return (head + bytes(100)) * count
