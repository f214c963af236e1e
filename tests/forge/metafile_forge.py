"""Makes Windows metafiles, record by record (MS-WMF, MS-EMF, MS-EMFPLUS)."""

import struct

PLACEABLE = b"\xd7\xcd\xc6\x9a" + struct.pack("<H4hH", 0, 0, 0, 1000, 500, 96) + bytes(6)
RIGHT, CENTRE, BASELINE, UPDATES = 2, 6, 24, 1


def old(kind, body=b""):
    """A record of 16 bits."""
    body += b"\0" * (len(body) % 2)
    return struct.pack("<IH", 3 + len(body) // 2, kind) + body


def wmf(*records, head=PLACEABLE):
    return head + struct.pack("<HHHIHIH", 1, 9, 0x300, 0, 0, 0, 0) + b"".join(records) + old(0)


def old_font(height=-20, charset=0, name="Tarn Sans", escapement=0):
    return old(
        0x02FB,
        struct.pack("<5h8B", height, 0, escapement, escapement, 400, 0, 0, 0, charset, 0, 0, 0, 0)
        + name.encode("latin-1")
        + b"\0",
    )


def old_number(kind, number):
    return old(kind, struct.pack("<h", number))


def old_pair(kind, across, down):
    return old(kind, struct.pack("<2h", down, across))


def old_text(raw, x, y):
    return old(0x0521, struct.pack("<H", len(raw)) + raw + b"\0" * (len(raw) % 2) + struct.pack("<2h", y, x))


def old_steps(raw, x, y, steps=(), options=0):
    body = struct.pack("<hhHH", y, x, len(raw), options) + (bytes(8) if options & 6 else b"")
    return old(0x0A32, body + raw + b"\0" * (len(raw) % 2) + struct.pack(f"<{len(steps)}h", *steps))


def comments(data, size=1000):
    """The comments of a metafile of 16 bits that hold one of 32."""
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    left, found = len(data), []
    for part in parts:
        left -= len(part)
        head = struct.pack("<IIIHIIIII", 0x43464D57, 1, 0x10000, 0, 0, len(parts), len(part), left, len(data))
        found.append(old(0x0626, struct.pack("<HH", 15, len(head) + len(part)) + head + part))
    return found


def record(kind, body=b""):
    """A record of 32 bits."""
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, 8 + len(body)) + body


def emf(*records):
    body = b"".join(records) + record(14, bytes(12))
    head = struct.pack("<8i", 0, 0, 999, 499, 0, 0, 26458, 13229) + b" EMF"
    count, at = 1, 0
    while at < len(body):
        count, at = count + 1, at + int.from_bytes(body[at + 4 : at + 8], "little")
    head += struct.pack("<IIIHH3I4i", 0x10000, 88 + len(body), count, 100, 0, 0, 0, 0, 1920, 1080, 508, 286)
    return record(1, head) + body


def font(handle, height=-20, charset=0, name="Tarn Sans", escapement=0):
    body = struct.pack("<I5i8B", handle, height, 0, escapement, escapement, 400, 0, 0, 0, charset, 0, 0, 0, 0)
    return record(82, body + name.encode("utf-16-le").ljust(64, b"\0"))


def numbers(kind, *values):
    return record(kind, struct.pack(f"<{len(values)}i", *values))


def world(*values, mode=None):
    return record(
        35 if mode is None else 36, struct.pack("<6f", *values) + (b"" if mode is None else struct.pack("<I", mode))
    )


def _said(at, x, y, raw, count, steps, options, box=(0, 0, 0, 0)):
    """An EmrText whose letters stand at a place, with the steps behind them."""
    place = at + len(raw) + -len(raw) % 4
    return struct.pack("<iiIII4iI", x, y, count, at, options, *box, place if steps else 0)


def text(words, x, y, steps=(), *, options=0, codec="utf-16-le", box=(0, 0, 0, 0)):
    raw = words.encode(codec)
    count = len(raw) // 2 if codec == "utf-16-le" else len(raw)
    body = bytes(16) + struct.pack("<Iff", 1, 0, 0) + _said(76, x, y, raw, count, steps, options, box)
    raw += b"\0" * (-len(raw) % 4)
    return record(84 if codec == "utf-16-le" else 83, body + raw + struct.pack(f"<{len(steps)}i", *steps))


def texts(*said):
    """Several texts in one record; each is words, x, y."""
    at, heads, raws = 40 + 40 * len(said), b"", b""
    for words, x, y in said:
        raw = words.encode("utf-16-le")
        heads += _said(at + len(raws), x, y, raw, len(words), (), 0)
        raws += raw + b"\0" * (-len(raw) % 4)
    return record(97, bytes(16) + struct.pack("<IffI", 1, 0, 0, len(said)) + heads + raws)


def small(words, x, y, *, short=True, bounds=False):
    options = (0x200 if short else 0) | (0 if bounds else 0x100)
    raw = words.encode("latin-1" if short else "utf-16-le")
    return record(
        108, struct.pack("<iiIIIff", x, y, len(words), options, 1, 0, 0) + (bytes(16) if bounds else b"") + raw
    )


def plus(*records):
    body = b"EMF+" + b"".join(records)
    return record(70, struct.pack("<I", len(body)) + body)


def plus_record(kind, flags, body=b""):
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<HHII", kind, flags, 12 + len(body), len(body)) + body


def plus_string(words):
    raw = words.encode("utf-16-le")
    return plus_record(0x401C, 0, struct.pack("<III4f", 0, 0, len(words), 0, 0, 9, 9) + raw)


def plus_letters(words, flags=1):
    raw = words.encode("utf-16-le")
    return plus_record(0x4036, 0, struct.pack("<4I", 0, flags, 0, len(words)) + raw + bytes(8 * len(words)))


def brush(handle, style=0, colour=(0, 0, 0)):
    return record(39, struct.pack("<II4BI", handle, style, *colour, 0, 0))


def rectangle(left, top, right, bottom):
    return numbers(43, left, top, right, bottom)


def polygon(*points, kind=86):
    body = struct.pack("<4iI", 0, 0, 0, 0, len(points))
    return record(kind, body + b"".join(struct.pack("<2h" if kind in (86, 89) else "<2i", *point) for point in points))


def path(*records, end=62):
    return record(59) + b"".join(records) + record(60) + record(end, bytes(16))


def blot(left, top, wide, high, operation=0xF00021):
    return record(76, bytes(16) + struct.pack("<4iI", left, top, wide, high, operation) + bytes(56))


def old_brush(style=0, colour=(0, 0, 0)):
    return old(0x02FC, struct.pack("<H4BH", style, *colour, 0, 0))


def old_rectangle(left, top, right, bottom):
    return old(0x041B, struct.pack("<4h", bottom, right, top, left))


def old_colour(kind, colour):
    return old(kind, struct.pack("<4B", *colour, 0))
