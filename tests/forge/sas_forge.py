"""Makes SAS data sets and transport files, small: header, one page about the columns, records loose, mixed in or packed."""

import struct

from witnessmark.formats.sas import MAGIC

PAGE = 4096


def _words(columns, wide, packing):
    text = bytearray(struct.pack("<HHI", 0, 0, 0) + packing.ljust(8) + bytes(12))
    places = []
    for name, label, form, *_ in columns:
        mine = []
        for part in (name, label, form):
            raw = part.encode("cp1252")
            mine.append((0, len(text), len(raw)))
            text += raw + bytes(-len(raw) % 4)
        places.append(mine)
    struct.pack_into("<H", text, 0, len(text))
    return bytes(text), places


def tables(columns, count, mixed, wide, packing):
    """Return the tables about the columns, each with the kind of packing that its pointer states."""
    number = "<Q" if wide else "<I"
    step = 8 if wide else 4

    def sign(value):
        return struct.pack("<I", value) + (b"\xff" * 4 if wide and value >= 0xFFFFFB00 else b"\0" * 4 if wide else b"")

    rows = bytearray(sign(0xF7F7F7F7).ljust(808 if wide else 480, b"\0"))
    width = sum(column[3] for column in columns)
    for place, value in ((5, width), (6, count), (9, len(columns)), (15, mixed)):
        struct.pack_into(number, rows, place * step, value)
    sizes = sign(0xF6F6F6F6) + struct.pack(number, len(columns)) + bytes(step)
    words, places = _words(columns, wide, packing)
    names, shapes, labels, start = bytearray(sign(0xFFFFFFFF) + bytes(8)), bytearray(sign(0xFFFFFFFC) + bytes(8)), [], 0
    for (name, label, form), (*_, width, is_number) in zip(places, columns, strict=True):
        names += struct.pack("<HHHH", *name, 0)
        shapes += struct.pack(number, start) + struct.pack("<IHBB", width, 0, 1 if is_number else 2, 0)
        start += width
        about = bytearray(sign(0xFFFFFBFE).ljust((52 if not wide else 64), b"\0"))
        struct.pack_into("<HHH", about, 22 + 3 * step, *form)
        struct.pack_into("<HHH", about, 28 + 3 * step, *label)
        labels.append(bytes(about))
    tail = bytes(12 + step)
    return [
        bytes(rows),
        sizes,
        sign(0xFFFFFFFD) + words,
        bytes(names) + tail[: 4 + step],
        bytes(shapes) + tail[: 4 + step],
        *labels,
    ]


def data_set(columns, records, *, wide=True, packing=b"", packed=None, count=None, name="BEDS"):
    """Return a data set: records stand behind the tables of one page, or packed among them."""
    base, step = (32, 8) if wide else (16, 4)
    number = "<Q" if wide else "<I"
    total = len(records) if count is None else count
    parts = [(table, 0, 0) for table in tables(columns, total, 0 if packed else len(records), wide, packing)]
    parts += [(record, 4, 1) for record in packed or ()]
    page = bytearray(PAGE)
    struct.pack_into(
        "<HHH", page, base, 0x0 if packed else 0x200, len(parts) + (0 if packed else len(records)), len(parts)
    )
    at, end = base + 8, PAGE
    for table, how, own in parts:
        end -= len(table) + (-len(table) % 8)
        struct.pack_into(number, page, at, end)
        struct.pack_into(number, page, at + step, len(table))
        page[at + 2 * step : at + 2 * step + 2] = bytes((how, own))
        page[end : end + len(table)] = table
        at += 3 * step
    at += at % 8
    for record in () if packed else records:
        page[at : at + len(record)] = record
        at += len(record)
    head = bytearray(1024)
    head[: len(MAGIC)] = MAGIC
    head[32], head[35], head[37], head[39], head[70] = 0x33 if wide else 0x22, 0x33 if wide else 0x22, 1, 0x31, 20
    head[84:92], head[92:156], head[156:164] = b"SAS FILE", name.encode().ljust(64), b"DATA    "
    shift = 4 if wide else 0
    struct.pack_into("<dd", head, 164 + shift, 1e9, 1e9)
    struct.pack_into("<II", head, 196 + shift, 1024, PAGE)
    struct.pack_into(number, head, 204 + shift, 1)
    head[216 + shift + shift : 224 + shift + shift] = b"9.0401M5"
    return bytes(head + page)


def runs(record):
    """Pack a record by runs: long runs of blanks and zeros, all else as it is."""
    out, at = bytearray(), 0
    while at < len(record):
        byte = record[at]
        count = 1
        while at + count < len(record) and record[at + count] == byte and count < 17:
            count += 1
        if byte == 0x20 and count >= 3:
            out.append(0xE0 | (count - 2))
        elif byte == 0 and count >= 3:
            out.append(0xF0 | (count - 2))
        elif count >= 4:
            out += bytes((0xC0 | (count - 3), byte))
        else:
            count = min(count, 16)
            out += bytes((0x80 | (count - 1),)) + record[at : at + count]
        at += count
    return bytes(out)


def pairs(record):
    """Pack a record by references: runs of three and more of one byte, all else as it is."""
    items, at = [], 0
    while at < len(record):
        count = 1
        while at + count < len(record) and record[at + count] == record[at] and count < 18:
            count += 1
        if count >= 3:
            items.append((1, bytes((count - 3, record[at]))))
        else:
            count = 1
            items.append((0, record[at : at + 1]))
        at += count
    out = bytearray()
    for start in range(0, len(items), 16):
        some = items[start : start + 16]
        bits = sum(flag << (15 - place) for place, (flag, _) in enumerate(some))
        out += bits.to_bytes(2, "big") + b"".join(data for _, data in some)
    return bytes(out)


def ibm(value):
    """Return a number as the mainframes of IBM write it."""
    if not value:
        return bytes(8)
    sign, power, fraction = 0x80 if value < 0 else 0, 0, abs(value)
    while fraction >= 1:
        fraction, power = fraction / 16, power + 1
    while fraction < 1 / 16:
        fraction, power = fraction * 16, power - 1
    return bytes((sign | (power + 64),)) + int(fraction * (1 << 56)).to_bytes(7, "big")


def transport(columns, records, name="BEDS"):
    """Return a transport file of version 5 with one set."""

    def line(kind, rest="0" * 30):
        return f"HEADER RECORD*******{kind:<8}HEADER RECORD!!!!!!!{rest}".ljust(80).encode()

    out = (
        line("LIBRARY")
        + b"SAS     SAS     SASLIB  9.4     ".ljust(64)
        + b"04MAY31:02:00:00"
        + b"04MAY31:02:00:00".ljust(80)
    )
    out += line("MEMBER", "000000000000000001600000000140") + line("DSCRPTR")
    out += (
        b"SAS     "
        + name.encode().ljust(8)
        + b"SASDATA 9.4     ".ljust(48)
        + b"04MAY31:02:00:00"
        + b"04MAY31:02:00:00".ljust(80)
    )
    out += line("NAMESTR", f"000000{len(columns):04d}00000000000000000000")
    about, start = b"", 0
    for place, (name, label, form, width, is_number) in enumerate(columns, 1):
        about += struct.pack(
            ">HHHH8s40s8s",
            1 if is_number else 2,
            0,
            width,
            place,
            *(part.encode().ljust(size) for part, size in ((name, 8), (label, 40), (form, 8))),
        )
        about += struct.pack(">HHH2x8sHHI52x", 8, 0, 0, b" " * 8, 0, 0, start)
        start += width
    out += about.ljust(-(-len(about) // 80) * 80) + line("OBS")
    body = b"".join(records)
    return out + body.ljust(-(-len(body) // 80) * 80)
