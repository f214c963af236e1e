"""Older workbooks made by code: records of BIFF8 and of the forms before it."""

import struct

from witnessmark.formats.compound_build import build

GLOBALS, SHEET, CHART, MACROS = 5, 0x10, 0x20, 0x40


def record(kind, body=b""):
    return struct.pack("<HH", kind, len(body)) + body


def begin(kind, version=0x600):
    return record(0x0809, struct.pack("<HHHHII", version, kind, 0, 0, 0, 0))


END = record(0x000A)


def text(words, size=2):
    """Return a string of BIFF8, in one byte a character where that will do."""
    count = len(words.encode("utf-16-le")) // 2
    head = count.to_bytes(size, "little")
    try:
        return head + b"\0" + words.encode("latin-1")
    except UnicodeEncodeError:
        return head + b"\1" + words.encode("utf-16-le")


def font(colour=0x7FFF):
    return record(0x0031, struct.pack("<HHHHH6x", 200, 0, colour, 400, 0) + text("Arial", 1))


def style(format_number=0, font_number=0, pattern=0, colours=0):
    return record(
        0x00E0, struct.pack("<HHHBBBBIIH", font_number, format_number, 0, 0, 0, 0, 0, 0, pattern << 26, colours)
    )


def format_code(number, code):
    return record(0x041E, struct.pack("<H", number) + text(code))


def strings(*words):
    """Return the shared strings; a pair is a text and its reading aid."""
    body = struct.pack("<II", len(words), len(words))
    for word in words:
        if isinstance(word, tuple):
            aid = word[1].encode("utf-16-le")
            extra = struct.pack("<HHIHHH", 1, 0, 0, 0, len(word[1]), len(word[1])) + aid
            raw = word[0].encode("utf-16-le")
            body += struct.pack("<HBI", len(raw) // 2, 5, len(extra)) + raw + extra
        else:
            body += text(word)
    return record(0x00FC, body)


def name(words, formula=b"", flags=0):
    body = struct.pack("<HBBHHHBBBB", flags, 0, len(words), len(formula), 0, 0, 0, 0, 0, 0)
    return record(0x0018, body + b"\0" + words.encode("latin-1") + formula)


def shared(row, column, number, style_number=0):
    return record(0x00FD, struct.pack("<HHHI", row, column, style_number, number))


def label(row, column, words, style_number=0):
    return record(0x0204, struct.pack("<HHH", row, column, style_number) + text(words))


def number(row, column, value, style_number=0):
    return record(0x0203, struct.pack("<HHHd", row, column, style_number, value))


def packed(row, column, raw, style_number=0):
    return record(0x027E, struct.pack("<HHHI", row, column, style_number, raw))


def formula(row, column, result, tokens=b"", style_number=0):
    """Return a formula: its result is a number, or eight bytes."""
    raw = result if isinstance(result, bytes) else struct.pack("<d", result)
    return record(0x0006, struct.pack("<HHH8sHIH", row, column, style_number, raw, 0, 0, len(tokens)) + tokens)


def hidden_row(row):
    return record(0x0208, struct.pack("<HHHHHHHH", row, 0, 9, 255, 0, 0, 0x20, 0))


def hidden_column(column):
    return record(0x007D, struct.pack("<HHHHHH", column, column, 2000, 0, 1, 0))


def shape_object(kind, number):
    return record(0x005D, struct.pack("<HHHHH12x", 0x15, 0x12, kind, number, 0))


def box(words):
    return record(0x01B6, struct.pack("<HHHHHHHI", 0, 0, 0, 0, 0, len(words), 8, 0)) + record(
        0x003C, b"\1" + words.encode("utf-16-le")
    )


def note(row, column, number, author):
    return record(0x001C, struct.pack("<HHHH", row, column, 0, number) + text(author) + b"\0")


def link(address, words):
    def counted(said):
        return struct.pack("<I", len(said) + 1) + (said + "\0").encode("utf-16-le")

    url = (address + "\0").encode("utf-16-le")
    moniker = bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b") + struct.pack("<I", len(url)) + url
    return record(0x01B8, bytes(24) + struct.pack("<II", 2, 0x17) + counted(words) + moniker)


def stream(before, *sheets, version=0x600):
    """Return a workbook's stream; a sheet is its name, its state, its kind and its records."""

    def listed(places):
        return b"".join(
            record(0x0085, struct.pack("<IBB", place, state, {SHEET: 0, CHART: 2, MACROS: 1}[kind]) + text(title, 1))
            for place, (title, state, kind, _) in zip(places, sheets, strict=True)
        )

    head = begin(GLOBALS, version) + before
    place = len(head) + len(listed([0] * len(sheets))) + len(END)
    bodies, places = [], []
    for _, _, kind, records in sheets:
        places.append(place)
        bodies.append(begin(kind, version) + records + END)
        place += len(bodies[-1])
    return head + listed(places) + END + b"".join(bodies)


def workbook(before, *sheets, **more):
    return build({"Workbook": stream(before, *sheets), **more})
