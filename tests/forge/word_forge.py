"""Older Word documents made by code: stories of paragraphs of runs, with pages of properties, lists and parts."""

import struct

from witnessmark.formats.compound_build import build

STORIES = ("body", "footnotes", "edges", "macros", "comments", "endnotes", "boxes", "edge boxes")
DELETED, INSERTED, HIDDEN, SPECIAL = (struct.pack("<HB", code, 1) for code in (0x0800, 0x0801, 0x083C, 0x0855))
WHITE = struct.pack("<HB", 0x2A42, 8)
IN_TABLE, ROW_END = struct.pack("<HB", 0x2416, 1), struct.pack("<HB", 0x2417, 1)
TEXT_AT = 0x800
_COUNTED = 136


def listed(number, level=0):
    return struct.pack("<HBHH", 0x260A, level, 0x460B, number)


def by(author, when=0x4D12_3456):
    return struct.pack("<HHHI", 0x4863, author, 0x6864, when)


def para(*runs, pap=b"", mark="\r", style=0, has=b""):
    """Return a paragraph: runs are text, or text and what its characters have."""
    return [run if isinstance(run, tuple) else (run, b"") for run in runs] + [(mark, has)], pap, style


def wide_names(*texts):
    """Return a table of strings."""
    return struct.pack("<HHH", 0xFFFF, len(texts), 0) + b"".join(
        struct.pack("<H", len(text)) + text.encode("utf-16-le") for text in texts
    )


def in_a_row(*texts):
    return b"".join(struct.pack("<H", len(text)) + text.encode("utf-16-le") for text in texts)


def plc(places, items=()):
    return struct.pack(f"<{len(places)}I", *places) + b"".join(items)


def level(pattern, form=0, start=1, flags=0, limit=0):
    text = struct.pack("<H", len(pattern)) + pattern.encode("utf-16-le")
    return struct.pack("<IBB9sBII", start, form, flags, b"", 0, 0, 0) + struct.pack("<BBBB", 0, 0, limit, 0) + text


def list_parts(*levels):
    """Return the parts of one list, of the nine levels given and their followers."""
    nine = [*levels, *(level("", 255) for _ in range(9 - len(levels)))]
    head = struct.pack("<HII18xBB", 1, 77, 0, 0, 0)
    return {
        73: (head, b"".join(nine)),
        74: struct.pack("<I", 1) + struct.pack("<I8xBBBB", 77, 0, 0, 0, 0) + b"\xff" * 4,
    }


def character_style(changes, base=0x0FFF):
    """Return a style sheet whose tenth style is of characters that have these changes."""
    name = struct.pack("<H", 1) + "h\0".encode("utf-16-le")
    raw = struct.pack("<HHHHH", 0, 2 | base << 4, 1, 0, 0) + name
    raw += struct.pack("<H", len(changes)) + changes
    body = b"\0\0" * 10 + struct.pack("<H", len(raw)) + raw
    return struct.pack("<HHHHHHHHHH", 18, 11, 10, 1, 0x5B, 15, 0, 0, 0, 0) + body


def _pages(runs, first_page, width):
    """Return pages of properties and, for each, the places that it covers."""
    pages, bounds = [], []
    at = 0
    while at < len(runs):
        room, take, store = 511, 0, b""
        places = []
        while at + take < len(runs):
            raw = runs[at + take][2]
            need = len(raw) + (len(raw) & 1)
            if (take + 2) * 4 + (take + 1) * width + len(store) + need > room or take > 100:
                break
            store = raw + bytes(need - len(raw)) + store
            places.append(need)
            take += 1
        page = bytearray(512)
        struct.pack_into(f"<{take + 1}I", page, 0, *(run[0] for run in runs[at : at + take]), runs[at + take - 1][1])
        end = 511 & ~1
        for i, need in enumerate(places):
            end -= need
            page[(take + 1) * 4 + i * width] = end // 2 if need else 0
            page[end : end + len(runs[at + i][2])] = runs[at + i][2]
        page[511] = take
        bounds.append((runs[at][0], runs[at + take - 1][1], first_page + len(pages)))
        pages.append(bytes(page))
        at += take
    return b"".join(pages), bounds


def streams(stories, parts=None, *, flags=0x0200, change=b"", left=b"", language=0x0409):
    """Return the streams of a Word 97 document: text in two bytes behind the head, `left` before it out of use."""
    stories = {"body": stories} if isinstance(stories, list) else stories
    text, lengths, runs, paragraphs = b"", [], [], []
    at = TEXT_AT + len(left)
    for name in STORIES:
        before = len(text)
        for content, pap, style in stories.get(name, ()):
            start = at + len(text)
            for words, has in content:
                raw = words.encode("utf-16-le", "surrogatepass")
                if raw:
                    runs.append((at + len(text), at + len(text) + len(raw), bytes((len(has),)) + has if has else b""))
                text += raw
            grpprl = struct.pack("<H", style) + pap
            grpprl += bytes((len(grpprl) & 1) ^ 1)
            paragraphs.append((start, at + len(text), bytes(((len(grpprl) + 1) // 2,)) + grpprl))
        lengths.append((len(text) - before) // 2)
    body = bytes(TEXT_AT) + left + text
    body += bytes(-len(body) % 512)
    character_pages, character_bounds = _pages(runs, len(body) // 512, 1)
    body += character_pages
    paragraph_pages, paragraph_bounds = _pages(paragraphs, len(body) // 512, 13)
    body += paragraph_pages
    total = sum(lengths)
    prc = b"\1" + struct.pack("<H", len(change)) + change if change else b""
    pieces = struct.pack("<IIHIH", 0, total, 0, at, 1 if change else 0)
    whole = {
        12: plc([low for low, _, _ in character_bounds] + [character_bounds[-1][1]] if character_bounds else [0],
                [struct.pack("<I", page) for _, _, page in character_bounds]),
        13: plc([low for low, _, _ in paragraph_bounds] + [paragraph_bounds[-1][1]] if paragraph_bounds else [0],
                [struct.pack("<I", page) for _, _, page in paragraph_bounds]),
        33: prc + b"\2" + struct.pack("<I", len(pieces)) + pieces,
        **(parts or {}),
    }  # fmt: skip
    head = bytearray(body)
    struct.pack_into("<HHHHHH", head, 0, 0xA5EC, 0xC1, 0, language, 0, flags)
    struct.pack_into("<II", head, 0x18, TEXT_AT, at + len(text))
    struct.pack_into("<8I", head, 0x4C, *lengths)
    struct.pack_into("<H", head, 0x98, _COUNTED)
    tables = bytearray(16)
    for index, part in whole.items():
        counted, behind = part if isinstance(part, tuple) else (part, b"")
        struct.pack_into("<II", head, 0x9A + 8 * index, len(tables), len(counted))
        tables += counted + behind
    return {"WordDocument": bytes(head), "1Table": bytes(tables)}


def document(stories, parts=None, **more):
    """Return a Word 97 document."""
    return build(streams(stories, parts, **more))


def older(text, *, language=0x0409, charset=0, runs=(), flags=0, count=None):
    """Return a Word 6 document of one-byte characters; `runs` are start, end and properties of characters."""
    at = 0x300
    body = bytearray(bytes(at) + text)
    body += bytes(-len(body) % 512)
    all_runs = [(at + low, at + high, bytes((len(has),)) + has if has else b"") for low, high, has in runs]
    pages, bounds = _pages(all_runs, len(body) // 512, 1) if all_runs else (b"", [])
    body += pages
    struct.pack_into("<HHHHHH", body, 0, 0xA5DC, 0x65, 0, language, 0, flags)
    struct.pack_into("<II", body, 0x18, at, at + len(text))
    struct.pack_into("<I", body, 0x34, len(text) if count is None else count)
    fonts = struct.pack("<BBHBB", 9, 0, 400, charset, 0) + b"Ari\0"
    fonts = struct.pack("<H", len(fonts) + 2) + fonts
    listed_pages = (
        plc([low for low, _, _ in bounds] + [bounds[-1][1]], [struct.pack("<H", page) for *_, page in bounds])
        if bounds
        else b""
    )
    for index, part in ((15, fonts), (12, listed_pages)):
        struct.pack_into("<II", body, 0x58 + 8 * index, len(body), len(part))
        body += part
    return build({"WordDocument": bytes(body) + bytes(64)})
