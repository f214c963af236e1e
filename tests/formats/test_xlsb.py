"""Binary workbooks: told as those of markup are, and no lie in a record costs more than the record."""

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import xlsb
from witnessmark.model.derivative import Outcome

SECRET = "lanternwatch"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ENDS = (Outcome.OK, Outcome.PARTIAL, Outcome.CORRUPT, Outcome.REFUSED_LIMIT)


def record(kind, body=b""):
    """Return a record: type and length in seven bits a byte."""
    head = bytes((kind,)) if kind < 0x80 else bytes((kind & 0x7F | 0x80, kind >> 7))
    length = b""
    size = len(body)
    while True:
        length += bytes((size & 0x7F | (0x80 if size > 0x7F else 0),))
        size >>= 7
        if not size:
            return head + length + body


def wide(words):
    return struct.pack("<I", len(words)) + words.encode("utf-16-le")


def cell(kind, column, body, style=0):
    return record(kind, struct.pack("<II", column, style) + body)


def row(number, hidden=False):
    return record(0, struct.pack("<IIHBBI", number, 0, 300, 0, 0x10 if hidden else 0, 0))


def listed(name, relation, state=0):
    return record(156, struct.pack("<II", state, 1) + wide(relation) + wide(name))


def links(*targets):
    body = "".join(
        f'<Relationship Id="r{number}" Type="{R}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{body}</Relationships>'


def style(number, font=0, fill=0):
    return record(47, struct.pack("<HHHHHHHH", 0, number, font, fill, 0, 0, 0, 0))


def parts():
    fonts = record(43, struct.pack("<HHHHBBBB", 220, 0, 400, 0, 0, 0, 0, 0) + struct.pack("<BBhI", 5, 0, 0, 0xFFFFFFFF))
    styles = record(44, struct.pack("<H", 170) + wide('0.00 "marks"')) + record(
        44, struct.pack("<H", 171) + wide(";;;")
    )
    styles += record(43, bytes(20)) + fonts + record(45, bytes(64)) + record(617, struct.pack("<I", 5))
    styles += style(0) + style(170) + style(171) + style(14) + style(0, 1) + record(618)
    strings = record(19, b"\0" + wide("door")) + record(19, b"\2" + wide("東") + wide("ひがし"))
    strings += record(19, b"\1" + wide(SECRET) + struct.pack("<II", 1, 0))
    first = b"".join(
        (
            record(60, struct.pack("<IIIIH", 3, 3, 2000, 0, 1)),
            row(0),
            cell(7, 0, struct.pack("<I", 0)),
            cell(7, 1, struct.pack("<I", 1)),
            cell(6, 3, wide("in a hidden column")),
            row(1),
            cell(5, 0, struct.pack("<d", 3.14159), 1),
            cell(5, 1, struct.pack("<d", 43000.0), 3),
            cell(2, 2, struct.pack("<i", 5 << 2 | 2)),
            cell(2, 4, struct.pack("<i", 700 << 2 | 3)),
            cell(4, 5, b"\1"),
            cell(3, 6, b"\x2a"),
            cell(8, 7, wide("result") + bytes(8)),
            cell(9, 8, struct.pack("<d", 2.5) + bytes(8)),
            cell(62, 9, b"\1" + wide("rich") + struct.pack("<II", 1, 0)),
            row(2, hidden=True),
            cell(6, 0, wide("in a hidden row")),
            row(3),
            cell(6, 0, wide("unseen"), 2),
            cell(6, 1, wide("white"), 4),
            record(146),
            record(494, struct.pack("<IIII", 0, 0, 0, 0) + wide("r9") + wide("") + wide("a tip") + wide("said")),
            record(479, struct.pack("<H", 0) + wide("&CKestria") + wide("&RTarn") + wide("even") + b"\xff" * 12),
        )
    )
    comments = record(632, wide("Ada Tern")) + record(635, bytes(36)) + record(637, b"\0" + wide("look here"))
    main = record(153, bytes(8)) + listed("First", "r1") + listed("Behind", "r2", 1) + listed("Deep", "r3", 2)
    main += record(39, bytes(9) + wide("Tarn"))
    kind = "application/vnd.ms-excel.sheet.binary.macroEnabled.main"
    return {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/xl/workbook.bin" ContentType="{kind}"/></Types>',
        "_rels/.rels": links(("officeDocument", "xl/workbook.bin")),
        "xl/workbook.bin": main,
        "xl/_rels/workbook.bin.rels": links(
            ("worksheet", "worksheets/sheet1.bin"),
            ("worksheet", "worksheets/sheet2.bin"),
            ("worksheet", "worksheets/sheet3.bin"),
            ("sharedStrings", "sharedStrings.bin"),
            ("styles", "styles.bin"),
        ),
        "xl/worksheets/sheet1.bin": first,
        "xl/worksheets/_rels/sheet1.bin.rels": links(("comments", "../comments1.bin")),
        "xl/worksheets/binaryIndex1.bin": bytes(40),
        "xl/worksheets/sheet2.bin": row(0) + cell(6, 0, wide("on a hidden sheet")),
        "xl/worksheets/sheet3.bin": row(0) + cell(6, 0, wide("on a very hidden sheet")),
        "xl/comments1.bin": comments,
        "xl/sharedStrings.bin": strings,
        "xl/styles.bin": styles,
    }


def packed(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, body in parts.items():
            target.writestr(name, body)
    return out.getvalue()


def test_a_binary_workbook_shows_what_its_sheets_show(read):
    found = read(packed(parts()), "a.xlsb")
    assert found.media_type == "application/vnd.ms-excel.sheet.binary.macroenabled.12"
    assert found.ended is Outcome.OK
    assert found.visible_text == (
        "First\ndoor\t東\n3.14 marks\t2017-09-22\t5\t7\tTRUE\t#N/A\tresult\t2.5\trich\nKestria\nTarn\n"
    )
    pieces = dict(found.hidden_pieces)
    for where, words in (
        ("reading aid", "東 ひがし"),
        ("hidden column", "in a hidden column"),
        ("hidden row", "in a hidden row"),
        ("cell that shows nothing", "unseen"),
        ("white text", "white"),
        ("comment", "Ada Tern: look here"),
        ("link", "a tip said"),
        ("header or footer not shown", "even"),
        ("hidden sheet", "Behind\non a hidden sheet"),
        ("very hidden sheet", "Deep\non a very hidden sheet"),
        ("defined name", "Tarn"),
        ("text of no cell", SECRET),
    ):
        assert pieces[where] == f"{words}\n"
    assert found.members == []


def test_a_workbook_of_before_the_release_is_read(read):
    early = parts() | {"xl/workbook.bin": record(156, struct.pack("<III", 0, 0, 1) + wide("r2") + wide("Early"))}
    assert read(packed(early), "a.xlsb").visible_text == "Early\non a hidden sheet\n"


@pytest.mark.parametrize(
    "name", ["xl/workbook.bin", "xl/worksheets/sheet1.bin", "xl/sharedStrings.bin", "xl/styles.bin"]
)
@pytest.mark.parametrize("lie", [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x81\x01\0\x7f"])
def test_records_that_lie_end_in_order(read, name, lie):
    whole = parts()
    body = whole[name]
    for place in range(0, len(body) - 4, 2):
        changed = packed(whole | {name: body[:place] + lie + body[place + 4 :]})
        assert read(changed, "a.xlsb").ended in ENDS


@given(st.binary(max_size=300))
def test_no_bytes_make_the_walk_endless(raw):
    assert sum(1 for _ in xlsb.records(raw)) <= len(raw)
    xlsb.rich(raw, 0)


@given(st.lists(st.tuples(st.integers(0, 16383), st.binary(max_size=300)), max_size=20))
def test_records_come_back_as_they_were(written):
    assert list(xlsb.records(b"".join(record(kind, body) for kind, body in written))) == written
