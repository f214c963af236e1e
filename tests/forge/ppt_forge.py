"""Older presentations made by code: saves, slides of shapes, notes, masters, comments, tags."""

import struct

from witnessmark.formats.compound_build import build

SLIDE, MASTER, NOTES, DOCUMENT = 0x03EE, 0x03F8, 0x03F0, 0x03E8
HIDDEN_SHAPE = struct.pack("<HI", 0x03BF, 0x00020002)


def atom(kind, body=b"", instance=0, version=0):
    return struct.pack("<HHI", instance << 4 | version, kind, len(body)) + body


def box(kind, *parts, instance=0):
    """Return a container."""
    return atom(kind, b"".join(parts), instance, 15)


def wide(text):
    return atom(0x0FA0, text.encode("utf-16-le"))


def narrow(text):
    return atom(0x0FA8, text.encode("latin-1"))


def string(text, instance=0):
    return atom(0x0FBA, text.encode("utf-16-le"), instance)


def described(text):
    raw = text.encode("utf-16-le") + b"\0\0"
    return atom(0xF00B, struct.pack("<HI", 0xC381, len(raw)) + raw, 1, 3)


def shape(*texts, options=b"", anchor=(10, 10, 100, 100), placeholder=None, flags=0, reference=None, more=b""):
    """Return a shape; `anchor` is left, top, right, bottom."""
    left, top, right, bottom = anchor
    parts = [atom(0xF00A, struct.pack("<II", 1, flags)), more]
    if options:
        parts.append(atom(0xF00B, options, len(options) // 6, 3))
    parts.append(atom(0xF010, struct.pack("<4h", top, left, right, bottom)))
    if placeholder is not None:
        parts.append(box(0xF011, atom(0x0BC3, struct.pack("<IBBH", 0, placeholder, 0, 0))))
    inner = b"".join(text if isinstance(text, bytes) else atom(0x0F9F, bytes(4)) + wide(text) for text in texts)
    if reference is not None:
        inner += atom(0x0F9E, struct.pack("<I", reference))
    if inner:
        parts.append(atom(0xF00D, inner, version=15))
    return box(0xF004, *parts)


def group(*shapes, options=b""):
    return box(0xF003, shape(options=options), *shapes)


def page(kind, *shapes, notes=0, hidden=False, more=b""):
    """Return a slide, a master or notes."""
    about = atom(0x03EF if kind != NOTES else 0x03F1, struct.pack("<I8xIIHH", 0, 0, notes, 7, 0), version=2)
    show = atom(0x03F9, struct.pack("<II2xHBx", 0, 0, 4 if hidden else 0, 0)) if kind == SLIDE else b""
    return box(kind, about, show, box(0x040C, box(0xF002, box(0xF003, shape(), *shapes))), more)


def comment(author, text):
    when = struct.pack("<I8H", 1, 2019, 4, 3, 17, 18, 40, 0, 0)
    inner = box(0x2EE0, string(author, 0), string(text, 1), string("XX", 2), atom(0x2EE1, when))
    return box(0x1388, box(0x138A, string("___PPT10"), atom(0x138B, inner)))


def edges(footer, instance, flags=0x20):
    return box(0x0FD9, atom(0x0FDA, struct.pack("<HH", 0, flags)), string(footer, 2), instance=instance)


def listed(instance, entries):
    """Return a list of slides: (object, number, texts of the outline)."""
    parts = []
    for number, own, texts in entries:
        parts.append(atom(0x03F3, struct.pack("<IIiII", number, 0, len(texts), own, 0)))
        parts += [atom(0x0F9F, bytes(4)) + wide(text) for text in texts]
    return box(0x0FF0, *parts, instance=instance)


def head(*parts, notes_master=0):
    """Return a document; a slide is 1000 by 800."""
    about = struct.pack("<iiiiiiIIHHBBBB", 1000, 800, 800, 1000, 1, 1, notes_master, 0, 1, 0, 0, 0, 0, 0)
    return box(DOCUMENT, atom(0x03E9, about, version=1), *parts)


def streams(*saves, locked=False):
    """Return the streams of a presentation; a save is a mapping of object numbers to records, 1 the document."""
    data, before, user = b"", 0, 0
    for save in saves:
        places = {}
        for number, record in save.items():
            places[number] = len(data)
            data += record
        directory = len(data)
        data += atom(0x1772, b"".join(struct.pack("<II", 1 << 20 | n, place) for n, place in places.items()))
        user = len(data)
        data += atom(0x0FF5, struct.pack("<IHBBIIIIHH", 0, 0, 0, 3, before, directory, 1, 99, 0, 0))
        before = user
    token = 0xF3D1C4DF if locked else 0xE391C05F
    current = atom(0x0FF6, struct.pack("<IIIHHBBH", 20, token, user, 0, 0x3F4, 3, 0, 0))
    return {"PowerPoint Document": data, "Current User": current}


def presentation(*saves, **more):
    return build(streams(*saves, **more))
