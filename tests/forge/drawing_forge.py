"""Drawings of AutoCAD made by code: pairs of DXF as letters and as bytes, and the head of a DWG with its summary."""

import struct

DOUBLES = (*range(10, 60), *range(110, 150), *range(210, 240), *range(1010, 1060))
SHORTS = (*range(60, 80), *range(170, 180), *range(270, 290), *range(1060, 1071))
LONGS = (*range(90, 100), 1071)
SENTINEL = bytes.fromhex("1f256d07d43628289d57ca3f9d44102b")


def letters(pairs, end="\r\n", codec="utf-8"):
    """Return pairs as letters."""
    return "".join(f"{code:>3}{end}{value}{end}" for code, value in pairs).encode(codec)


def octets(pairs, codec="utf-8", short=False):
    """Return pairs as bytes; before release 13 a code had one byte (`short`)."""
    out = b"AutoCAD Binary DXF\r\n\x1a\0"
    for code, value in pairs:
        out += (
            (bytes((code,)) if code < 255 else b"\xff" + struct.pack("<H", code)) if short else struct.pack("<H", code)
        )
        if code in DOUBLES:
            out += struct.pack("<d", float(value))
        elif code in SHORTS:
            out += struct.pack("<h", int(value))
        elif code in LONGS:
            out += struct.pack("<i", int(value))
        elif 290 <= code < 300:
            out += bytes((int(value),))
        elif 310 <= code < 320 or code == 1004:
            out += bytes((len(value) // 2,)) + bytes.fromhex(value)
        else:
            out += str(value).encode(codec) + b"\0"
    return out


def section(name, *entities):
    """Return the pairs of a section; an entity is its type and its pairs."""
    inside = [pair for kind, pairs in entities for pair in ((0, kind), *pairs)]
    return [(0, "SECTION"), (2, name), *inside, (0, "ENDSEC")]


def head(version="AC1032", **values):
    """Return the pairs of a head; a value is a code and what stands there."""
    variables = [(9, "$ACADVER"), (1, version)]
    for name, (code, value) in values.items():
        variables += [(9, f"${name.rstrip('_')}"), (code, value)]
    return [(0, "SECTION"), (2, "HEADER"), *variables, (0, "ENDSEC")]


def layer(name, colour=7, flags=0):
    return "LAYER", ((2, name), (70, flags), (62, colour))


def text(words, layer_="0", kind="TEXT", *more):
    return kind, ((8, layer_), (10, 1.5), (1, words), *more)


def block(name, *entities, path=""):
    inside = [("BLOCK", ((8, "0"), (2, name), (1, path))), *entities, ("ENDBLK", ())]
    return inside


def drawing(header, tables=(), blocks=(), entities=(), objects=()):
    """Return the pairs of a drawing."""
    return [
        *header,
        *section("TABLES", ("TABLE", ((2, "LAYER"),)), *tables, ("ENDTAB", ())),
        *section("BLOCKS", *blocks),
        *section("ENTITIES", *entities),
        *section("OBJECTS", *objects),
        (0, "EOF"),
    ]


def specimen(version="AC1032"):
    """Return the pairs of a small house."""
    header = head(
        version,
        DWGCODEPAGE=(3, "ANSI_1251"),
        LASTSAVEDBY=(1, "Ode Marr"),
        CUSTOMPROPERTYTAG=(1, "Order"),
        CUSTOMPROPERTY=(1, "Night watch"),
        TDCREATE=(40, 2458591.5),
        TDUCREATE=(40, 2458591.25),
        TDUPDATE=(40, 2458592.5),
        TDINDWG=(40, 0.25),
    )
    return drawing(
        header,
        tables=[layer("Walls"), layer("Secret", -7), layer("Frozen", 7, 1)],
        blocks=[
            *block("DOOR", text("In the door"), text("A-1", "0", "ATTDEF", (2, "NUMBER"), (3, "Which door?"), (70, 0)),
                   ("INSERT", ((2, "INNER"),))),
            *block("INNER", text("The lock")),
            *block("UNUSED", text("A second way out")),
            *block("*D1", text("about 3 m", "Defpoints", "MTEXT")),
            *block("XREF", path="C:\\ode\\plans\\cellar.dwg"),
        ],
        entities=[
            text("Двери 90%%d %%c5 %%uunder%%u", "Walls"),
            text("Not on paper", "SECRET"),
            text("Nor this", "Frozen"),
            ("MTEXT", ((8, "0"), (3, "{\\fArial|b0;The doors}\\Pare \\H2.5x;loc"), (1, "ked \\S1/2; \\{x\\}"))),
            ("INSERT", ((2, "door"), (66, 1))),
            text("A-113", "0", "ATTRIB", (2, "NUMBER"), (70, 0)),
            text("seen by nobody", "0", "ATTRIB", (2, "NOTE"), (70, 1)),
            ("DIMENSION", ((2, "*D1"), (1, "about <> m"), (42, 3))),
            ("DIMENSION", ((2, "*D9"), (1, "some <> m"), (42, 4))),
            ("CIRCLE", ((8, "0"), (1000, "drawn by the night shift"))),
        ],
        objects=[("LAYOUT", ((1, "printer.pc3"), (1, "Cellar"))), ("IMAGEDEF", ((1, "D:\\ode\\photo.jpg"),))],
    )  # fmt: skip


def dwg(version=b"AC1032", summary=(), custom=(), previews=(), page=30, wide=True):
    """Return the head of a drawing with its summary and previews."""

    def string(words):
        raw = (words + "\0").encode("utf-16-le" if wide else "cp1252")
        return struct.pack("<H", len(raw) // (2 if wide else 1)) + raw

    about = b"".join(map(string, summary))
    about += struct.pack("<6IH", 0, 3_600_000, 2458591, 43_200_000, 2458592, 0, len(custom))
    about += b"".join(string(name) + string(words) + bytes(8) for name, words in custom)
    at = 0x80 + len(about)
    start = at + 21 + 9 * len(previews)
    listed, pictures = SENTINEL + struct.pack("<IB", 0, len(previews)), b""
    for kind, data in previews:
        listed += struct.pack("<BII", kind, start + len(pictures), len(data))
        pictures += data
    begin = version + bytes(7) + struct.pack("<IHH", at, 0, page)
    begin = begin.ljust(0x20, b"\0") + struct.pack("<I", 0x80)
    return begin.ljust(0x80, b"\0") + about + listed + pictures
