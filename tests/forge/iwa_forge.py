"""Writes documents of iWork since 2013: Snappy, messages, archives and the zips around them, by the formats alone.

A message is a mapping of the numbers of fields to values: a whole number, a float, text, bytes, another message, or a
list of these. `ref` is how objects refer to each other. The numbers of kinds and fields are those of the specimens.
"""

import hashlib
import io
import struct
import zipfile

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

TILE_ROWS = 256
_LONGEST_COPY = 64


def varint(value):
    """Return a whole number as Protocol Buffers and Snappy write it."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


def message(fields):
    """Return the bytes of a message."""
    return b"".join(
        _field(number, one)
        for number, value in fields.items()
        for one in (value if isinstance(value, list) else [value])
    )


def _field(number, value):
    if isinstance(value, dict):
        value = message(value)
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(int(value))


def ref(number):
    """Return how an object refers to another."""
    return {1: number}


def marks(*places):
    """Return a table of a text: from which character on which object holds; without an object it ends."""
    return {1: [{1: place} if number is None else {1: place, 2: ref(number)} for place, number in places]}


def squeezed(data):
    """Return a block as Snappy packs it: letters, and copies of what stood before, none of them chosen well."""
    out = bytearray(varint(len(data)))
    at = start = 0
    seen = {}
    while at < len(data):
        key = data[at : at + 4]
        before = seen.get(key, -1)
        seen[key] = at
        if before < 0 or len(key) < 4:
            at += 1
            continue
        out += _letters(data[start:at])
        length = 4
        while length < _LONGEST_COPY and at + length < len(data) and data[before + length] == data[at + length]:
            length += 1
        out += _copy(at - before, length)
        at = start = at + length
    return bytes(out + _letters(data[start:]))


def _letters(data):
    if not data:
        return b""
    size = len(data) - 1
    if size < 60:
        return bytes((size << 2,)) + data
    width = (size.bit_length() + 7) // 8
    return bytes((59 + width << 2,)) + size.to_bytes(width, "little") + data


def _copy(back, length):
    if length <= 11 and back < 2048:
        return bytes((back >> 8 << 5 | length - 4 << 2 | 1, back & 255))
    if back < 1 << 16:
        return bytes((length - 1 << 2 | 2,)) + struct.pack("<H", back)
    return bytes((length - 1 << 2 | 3,)) + struct.pack("<I", back)


def archive(objects, pack=squeezed):
    """Return an archive of objects: number, kind, fields, and the numbers of those that it refers to."""
    out = bytearray()
    for number, kind, fields, *links in objects:
        body = fields if isinstance(fields, bytes) else message(fields)
        about = {1: kind, 2: b"\1\0\5", 3: len(body)}
        if links:
            about[5] = b"".join(map(varint, links[0]))
        head = message({1: number, 2: about})
        out += varint(len(head)) + head + body
    return blocks(bytes(out), pack)


def blocks(data, pack=squeezed):
    """Return bytes as an archive keeps them: blocks of up to 64 KiB."""
    pieces = [data[at : at + 65536] for at in range(0, len(data), 65536)] or [b""]
    return b"".join(b"\0" + len(one).to_bytes(3, "little") + one for one in map(pack, pieces))


def zipped(parts, folder=""):
    """Return a zip of parts, all of them in a folder if one is named."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, data in parts.items():
            target.writestr(folder + name, data)
    return out.getvalue()


def document(objects, more=None):
    """Return a document whose archives lie in the zip itself; what refers to anything stands in the first."""
    return zipped({"Index/Document.iwa": archive(objects), "preview.jpg": b"\xff\xd8\xffx", **(more or {})})


def locked(parts, password, rounds=3):
    """Return a document under a password: members encrypted in place, what checks the password beside them."""
    salt, start = bytes(range(16)), bytes(range(16, 32))
    key = hashlib.pbkdf2_hmac("sha1", password.encode(), salt, rounds, 16)
    noise = bytes(range(32))
    check = _encrypted(noise + hashlib.sha256(noise).digest(), key, start)
    closed = {}
    for name, data in parts.items():
        fill = 16 - len(data) % 16
        closed[name] = start + _encrypted(bytes(16) + data + bytes((fill,)) * fill, key, start) + bytes(20)
    return zipped({**closed, ".iwpv2": struct.pack("<HHI", 2, 1, rounds) + salt + start + check, ".iwph": b"the cat"})


def _encrypted(data, key, start):
    machine = Cipher(algorithms.AES(key), modes.CBC(start)).encryptor()
    return machine.update(data) + machine.finalize()


# what a document of Pages, a workbook and a presentation are made of


def text(words, kind=3, **tables):
    """Return a text; tables by the numbers of their fields, as `f9=marks(...)`."""
    return {1: kind, 3: words, **{int(name[1:]): value for name, value in tables.items()}}


def box(storage, **base):
    """Return a box of a text; what all drawables have by the numbers of the fields, as `f8="words"`."""
    about = {int(name[1:]): value for name, value in base.items()}
    return {1: {1: about}, 4: ref(storage)}


def cell(kind, string=None, rich=None, value=None, comment=None, date=None, number=None):
    """Return a cell of version 5."""
    parts = (
        (0x1, None if value is None else decimal(value)),
        (0x4, None if date is None else struct.pack("<d", date)),
        (0x8, None if string is None else struct.pack("<I", string)),
        (0x10, None if rich is None else struct.pack("<I", rich)),
        (0x2000, None if number is None else struct.pack("<I", number)),
        (0x80000, None if comment is None else struct.pack("<I", comment)),
    )
    mask = sum(bit for bit, data in parts if data is not None)
    return bytes((5, kind)) + bytes(6) + struct.pack("<I", mask) + b"".join(data for _, data in parts if data)


def old_cell(kind, string=None, value=None, date=None, number=None):
    """Return a cell of version 4."""
    parts = (
        (0x4, None if number is None else struct.pack("<I", number)),
        (0x10, None if string is None else struct.pack("<I", string)),
        (0x20, None if value is None else struct.pack("<d", value)),
        (0x40, None if date is None else struct.pack("<d", date)),
    )
    mask = sum(bit for bit, data in parts if data is not None)
    return struct.pack("<BBHII", 4, kind, 0, mask, 0) + b"".join(data for _, data in parts if data)


def decimal(value):
    """Return a decimal number in sixteen bytes: (digits, power)."""
    digits, power = value
    whole = abs(digits) | power + 6176 << 113 | (digits < 0) << 127
    return whole.to_bytes(16, "little")


def row(index, cells, *, old=False):
    """Return a row of a tile; a column without a cell is None."""
    buffer, offsets = b"", b""
    for one in cells:
        offsets += struct.pack("<H", 0xFFFF if one is None else len(buffer))
        buffer += one or b""
    return {1: index, 2: len(cells), 3: buffer, 4: offsets} if old else {1: index, 6: buffer, 7: offsets}


def table(first, rows, lists, *, name="Watch list", shown=True, hidden=((), ())):
    """Return the objects of a table, numbered from `first` on: where it stands, its model, its tile, its lists.

    `lists` is by the number of its field in the store: entries by key. `hidden` names rows and columns.
    """
    store = {1: {1: 0, 2: ref(first + 3)}, 2: ref(first + 4), 3: {1: {1: 0, 2: ref(first + 2)}, 2: TILE_ROWS}}
    made = [
        (first, 6000, {1: {}, 2: ref(first + 1)}),
        (first + 2, 6002, {1: 9, 5: rows}),
        *(
            (first + 3 + place, 6006, {2: [{1: index, 3: 1, 4: 1} for index in which] or {1: 99, 3: 0}})
            for place, which in enumerate(hidden)
        ),
    ]
    for place, (field, entries) in enumerate(lists.items()):
        store[field] = ref(first + 10 + place)
        made.append((first + 10 + place, 6005, {1: 1, 3: [{1: key, 2: 1, **entry} for key, entry in entries.items()]}))
    return [*made, (first + 1, 6001, {4: store, 6: len(rows), 7: 9, 8: name, 22: shown})]
