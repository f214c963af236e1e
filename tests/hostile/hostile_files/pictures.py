"""Families 1 to 5: pictures and drawings."""

import struct
import zlib
from collections.abc import Iterator
from functools import partial

from hostile_files.specimen import CORRUPT, LIMIT, OK, PARTIAL, UNSUPPORTED, Hostile, Place, fixed, late, only

PIXELS = only(OK, PARTIAL, LIMIT, CORRUPT)
"""Who decodes no pixel may call a picture read; who does has to refuse it. Corrupt where the body is missing."""


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, bits: int = 1, colour: int = 0, extra: bytes = b"", rows: int | None = None) -> bytes:
    """Return a PNG of zeros; `rows` of them are really there."""
    packer = zlib.compressobj(9)
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = bytes(1 + (width * bits * samples + 7) // 8)
    body = bytearray()
    for _ in range(height if rows is None else rows):
        body += packer.compress(row)
    body += packer.flush()
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", bytes(body)) + chunk(b"IEND", b"")


def _pixels() -> Iterator[Hostile]:
    sizes = [
        (30_000, 30_000, 1, 0, 6_000),
        (20_000, 20_000, 8, 0, 500),
        (65_535, 65_535, 8, 2, 20),
        (2**31 - 1, 1, 8, 0, 0),
    ]
    sizes += [(1, 2**31 - 1, 8, 0, 1000), (2**31 - 1, 2**31 - 1, 16, 6, 0), (100_000, 3, 8, 6, 3), (0, 0, 8, 2, 0)]
    for width, height, bits, colour, rows in sizes:
        make = partial(png, width, height, bits, colour, rows=rows)
        yield Hostile(1, f"{width}x{height}-{bits}-{colour}.png", late(make), PIXELS, ("image/png",), memory=100)
    packed = zlib.compress(bytes(16 << 20), 9)
    bombs = {
        "ztxt": chunk(b"zTXt", b"Comment\0\0" + packed),
        "itxt": chunk(b"iTXt", b"Comment\0\1\0\0\0" + packed),
        "iccp": chunk(b"iCCP", b"profile\0\0" + packed),
        "many-text": chunk(b"tEXt", b"Comment\0word") * 60_000,
        "unknown": chunk(b"zzZz", bytes(1 << 20)),
        "lying-length": struct.pack(">I", 2**31 - 1) + b"tEXt" + b"Comment\0word",
    }
    for name, extra in bombs.items():
        yield Hostile(1, f"{name}.png", fixed(png(4, 4, extra=extra)), PIXELS, ("image/png",), memory=150)


def gif(frames: int, side: int = 1) -> bytes:
    """Return a GIF of many frames."""
    frame = b"\x21\xf9\x04\x00\x01\x00\x00\x00" + b"\x2c" + struct.pack("<HHHHB", 0, 0, side, side, 0)
    frame += b"\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes(6) + frame * frames + b"\x3b"


def tiff(directories: list[tuple[list[tuple[int, int, int, int]], int]]) -> bytes:
    """Return a TIFF of directories, each its entries (tag, type, count, value) and the place of the next one."""
    out = bytearray(b"II*\0" + struct.pack("<I", 8))
    for entries, after in directories:
        out += struct.pack("<H", len(entries))
        for entry in entries:
            out += struct.pack("<HHII", *entry)
        out += struct.pack("<I", after)
    return bytes(out)


SMALL = [
    (256, 3, 1, 1),
    (257, 3, 1, 1),
    (258, 3, 1, 8),
    (262, 3, 1, 1),
    (273, 4, 1, 8),
    (277, 3, 1, 1),
    (278, 3, 1, 1),
    (279, 4, 1, 1),
]
"""The entries of a picture of one pixel."""
_ONE = 2 + 12 * len(SMALL) + 4


def _chain(count: int) -> bytes:
    return tiff([(SMALL, 8 + _ONE * (n + 1) if n + 1 < count else 0) for n in range(count)])


def jpeg(
    width: int, height: int, marker: int = 0xC0, parts: int = 3, extra: bytes = b"", body: bytes = bytes(1000)
) -> bytes:
    """Return the frame of a JPEG with an empty body."""
    frame = struct.pack(">BHHB", 8, height, width, parts) + b"".join(bytes((n, 0x11, 0)) for n in range(min(parts, 4)))
    scan = struct.pack(">HB", 6 + 2 * 3, 3) + bytes((0, 0, 1, 0, 2, 0)) + bytes(3)
    return (
        b"\xff\xd8"
        + extra
        + b"\xff"
        + bytes((marker,))
        + struct.pack(">H", len(frame) + 2)
        + frame
        + b"\xff\xda"
        + scan
        + body
        + b"\xff\xd9"
    )


def _exif(block: bytes) -> bytes:
    body = b"Exif\0\0" + block
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _frames() -> Iterator[Hostile]:
    for frames in (1_000, 10_000, 50_000):
        yield Hostile(2, f"{frames}-frames.gif", late(partial(gif, frames)), PIXELS, ("image/gif",))
    yield Hostile(2, "large-frames.gif", late(partial(gif, 500, 65_535)), PIXELS, ("image/gif",), memory=150)
    actl = chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    fctl = b"".join(chunk(b"fcTL", struct.pack(">IIIIIHHBB", n, 1, 1, 0, 0, 1, 1, 0, 0)) for n in range(30_000))
    yield Hostile(2, "apng.png", fixed(png(1, 1, extra=actl + fctl)), PIXELS, ("image/png",))
    types = ("image/tiff",)
    circles = {
        "itself": tiff([(SMALL, 8)]),
        "two": tiff([(SMALL, 8 + _ONE), (SMALL, 8)]),
        "many": tiff([(SMALL, 8 + _ONE * ((n + 1) % 500)) for n in range(500)]),
        "chain": _chain(20_000),
        "outside": tiff([(SMALL, 2**32 - 1)]),
        "no-entries": tiff([([], 8)]),
        "exif-itself": tiff([([*SMALL, (34665, 4, 1, 8)], 0)]),
        "gps-itself": tiff([([*SMALL, (34853, 4, 1, 8)], 8)]),
        "sub-itself": tiff([([*SMALL, (330, 4, 1, 8)], 0)]),
        "huge-count": tiff([([*SMALL, (270, 2, 2**32 - 1, 8)], 0)]),
        "huge-rationals": tiff([([*SMALL, (282, 5, 2**31, 8)], 0)]),
        "maker-note": tiff([([*SMALL, (34665, 4, 1, 8), (37500, 7, 2**31 - 1, 8)], 0)]),
        "65535-entries": tiff([([(700 + n % 64_000, 3, 1, n) for n in range(65_535)], 0)]),
        "strips": tiff([([(256, 4, 1, 2**31 - 1), (257, 4, 1, 2**31 - 1), *SMALL[2:]], 0)]),
        "big": b"II+\0" + struct.pack("<HHQ", 8, 0, 16) + struct.pack("<Q", 2**60),
    }
    for name, data in circles.items():
        yield Hostile(2, f"ifd-{name}.tif", fixed(data), PIXELS, types, seconds=5)
    for name in ("itself", "exif-itself", "gps-itself", "huge-count", "chain"):
        extra = _exif(circles[name][:65_000])
        yield Hostile(2, f"exif-{name}.jpg", fixed(jpeg(8, 8, extra=extra)), PIXELS, ("image/jpeg",), seconds=5)


def _headers() -> Iterator[Hostile]:
    types = ("image/jpeg",)
    for width, height, marker, parts in (
        (65_500, 65_500, 0xC0, 3),
        (65_500, 65_500, 0xC2, 4),
        (0, 0, 0xC0, 3),
        (65_500, 0, 0xC1, 3),
        (65_500, 1, 0xC3, 255),
        (1, 65_500, 0xC9, 0),
    ):
        data = jpeg(width, height, marker, parts)
        yield Hostile(3, f"{width}x{height}-{marker:x}.jpg", fixed(data), PIXELS, types, memory=100)
    comment = b"\xff\xfe\x00\x06word"
    yield Hostile(3, "6000-comments.jpg", fixed(jpeg(8, 8, extra=comment * 6000)), PIXELS, types)
    yield Hostile(3, "markers.jpg", fixed(b"\xff\xd8" + b"\xff\xe1" * 300_000), PIXELS, types)
    yield Hostile(
        3, "fill.jpg", fixed(b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + b"\xff" * 2_000_000), PIXELS, types, seconds=5
    )
    jp2 = (
        b"\x00\x00\x00\x0cjP  \r\n\x87\n\x00\x00\x00\x14ftypjp2 \0\0\0\0jp2 \x00\x00\x00\x16ihdr"
        + struct.pack(">II", 2**31 - 1, 2**31 - 1)
        + b"\0\3\7\7\0\0"
    )
    for name, data in (
        ("huge.jp2", jp2),
        (
            "huge.bmp",
            b"BM" + struct.pack("<IHHIIiiHHIIiiII", 100, 0, 0, 54, 40, 2**31 - 1, 2**31 - 1, 1, 24, 0, 0, 0, 0, 0, 0),
        ),
        (
            "negative.bmp",
            b"BM" + struct.pack("<IHHIIiiHHIIiiII", 100, 0, 0, 54, 40, -5, -(2**31), 1, 24, 0, 0, 0, 0, 0, 0),
        ),
        (
            "huge.webp",
            b"RIFF"
            + struct.pack("<I", 30)
            + b"WEBPVP8X"
            + struct.pack("<I", 10)
            + b"\x02\0\0\0"
            + b"\xff" * 6
            + b"VP8 "
            + bytes(4),
        ),
        ("huge.ico", b"\0\0\1\0\xff\xff" + struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, 2**32 - 1, 22) + bytes(40)),
        ("huge.psd", b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 56, 2**31 - 1, 2**31 - 1, 8, 3) + bytes(64)),
    ):
        yield Hostile(3, name, fixed(data), PIXELS | {UNSUPPORTED}, memory=100)


SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"{more}>{body}<text>keys</text></svg>'


def svg(body: str, head: str = "", more: str = "") -> bytes:
    """Return a drawing with one word in it."""
    return (head + SVG.replace("{more}", more).replace("{body}", body)).encode()


_FETCHES = {
    "image": '<image href="URL" width="1" height="1"/>',
    "xlink": '<image xlink:href="URL"/>',
    "use": '<use href="URL#a"/>',
    "style": "<style>@import url(URL); text { fill: url(URL#x) }</style>",
    "font": "<style>@font-face { font-family: x; src: url(URL) }</style>",
    "filter": '<filter id="f"><feImage href="URL"/></filter>',
    "foreign": '<foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="URL"/></foreignObject>',
    "script": '<script href="URL">fetch("URL")</script>',
    "animate": '<animate attributeName="href" values="URL"/>',
    "link": '<a href="URL"><rect width="9" height="9"/></a>',
    "video": '<video xmlns="http://www.w3.org/1999/xhtml" src="URL" poster="URL"/>',
}


def _fetching(body: str, head: str, place: Place) -> bytes:
    return svg(body.replace("URL", place.url("svg")), head.replace("URL", place.url("dtd")))


def _drawings_that_fetch() -> Iterator[Hostile]:
    for name, body in _FETCHES.items():
        make = partial(_fetching, body, "")
        yield Hostile(4, f"{name}.svg", make, only(OK), ("image/svg+xml",), shown=("keys",), beacon=True)
    heads = {
        "sheet": '<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="URL"?>',
        "doctype": '<?xml version="1.0"?><!DOCTYPE svg SYSTEM "URL">',
        "entity": '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "URL">]>',
        "parameter": '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY % x SYSTEM "URL"> %x;]>',
    }
    for name, head in heads.items():
        body = "<text>&x;</text>" if name == "entity" else ""
        yield Hostile(
            4, f"{name}.svg", partial(_fetching, body, head), only(OK, PARTIAL), ("image/svg+xml",), beacon=True
        )
    xinclude = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="URL"/>'
    yield Hostile(4, "xinclude.svg", partial(_fetching, xinclude, ""), only(OK), ("image/svg+xml",), beacon=True)


def laughs(levels: int, width: int, word: str = "lol") -> str:
    """Return the document type of a billion laughs."""
    entities = [f'<!ENTITY l0 "{word}">']
    entities += [f'<!ENTITY l{n} "{f"&l{n - 1};" * width}">' for n in range(1, levels + 1)]
    return f'<?xml version="1.0"?><!DOCTYPE svg [{"".join(entities)}]>'


def _drawings_that_grow() -> Iterator[Hostile]:
    grown = only(OK, PARTIAL, LIMIT)
    types = ("image/svg+xml", "application/xml")
    for levels, width in ((3, 10), (9, 10), (30, 2), (100, 100)):
        data = svg(f"<text>&l{levels};</text>", laughs(levels, width))
        yield Hostile(5, f"laughs-{levels}-{width}.svg", fixed(data), grown, types, lacks=("lollollol",), memory=80)
    long = "a" * 50_000
    data = svg("<text>" + "&a;" * 20_000 + "</text>", f'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "{long}">]>')
    yield Hostile(5, "quadratic.svg", fixed(data), grown, types, memory=100, seconds=5)
    data = svg('<rect fill="&l9;"/>', laughs(9, 10))
    yield Hostile(5, "in-attribute.svg", fixed(data), grown, types, memory=80)
    circle = '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "&b;"><!ENTITY b "&a;">]>'
    yield Hostile(5, "circle.svg", fixed(svg("<text>&a;</text>", circle)), grown, types)
    uses = '<g id="u0"><text>x</text></g>' + "".join(
        f'<g id="u{n}">' + f'<use href="#u{n - 1}"/>' * 10 + "</g>" for n in range(1, 12)
    )
    yield Hostile(5, "use-fan-out.svg", fixed(svg(uses)), only(OK), types, memory=80)
    yield Hostile(5, "use-itself.svg", fixed(svg('<g id="a"><use href="#a"/></g>')), only(OK), types)
    for depth in (200, 10_000, 200_000):
        data = svg("<g>" * depth + "</g>" * depth)
        yield Hostile(5, f"deep-{depth}.svg", fixed(data), grown, types, memory=150)
    attributes = " ".join(f'a{n}="word {n}"' for n in range(100_000))
    yield Hostile(5, "attributes.svg", fixed(svg("", more=" " + attributes)), grown, types, seconds=8)


def files() -> Iterator[Hostile]:
    """Yield the files of families 1 to 5."""
    yield from _pixels()
    yield from _frames()
    yield from _headers()
    yield from _drawings_that_fetch()
    yield from _drawings_that_grow()
