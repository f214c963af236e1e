"""Older workbooks: rows as they show, all else under its label, and no lie in a record costs more than the record."""

import io
import struct
from decimal import Decimal

import msoffcrypto
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msoffcrypto.method.xor_obfuscation import DocumentXOR
from tests.forge import xls_forge as made
from tests.forge.xls_forge import CHART, MACROS, SHEET, label, number, record, shared, workbook

from witnessmark.formats import biff, xls_parts
from witnessmark.formats.compound_build import build
from witnessmark.model.derivative import Outcome

SECRET = "lanternwatch"
ENDS = (Outcome.OK, Outcome.PARTIAL, Outcome.CORRUPT, Outcome.ENCRYPTED)
TEXT_TOKEN = b"\x17\x06\0" + b"hidden"


def specimen():
    before = b"".join(
        (
            record(0x005C, made.text("Ada Tern") + b" " * 90),
            made.font(),
            made.font(9),
            made.format_code(170, '0.00 "marks"'),
            made.format_code(171, ";;;"),
            made.style(),
            made.style(170),
            made.style(171),
            made.style(14),
            made.style(0, 1),
            made.style(0, 1, 1, 10),
            made.name("Tarn", TEXT_TOKEN),
            made.strings("door", ("東", "ひがし"), SECRET, "Двери"),
        )
    )
    first = b"".join(
        (
            record(0x0014, made.text("&L&BKestria&RPage &P")),
            record(0x0015, made.text("&CTarn Papers")),
            made.hidden_column(3),
            made.hidden_row(2),
            shared(0, 0, 0),
            shared(0, 1, 1),
            shared(0, 2, 3),
            label(0, 3, "in a hidden column"),
            number(1, 0, 3.14159, 1),
            number(1, 1, 43000.0, 3),
            made.packed(1, 2, 5 << 2 | 2),
            record(0x00BD, struct.pack("<HH", 1, 4) + struct.pack("<HI", 0, 700 << 2 | 3) * 2 + struct.pack("<H", 5)),
            record(0x0205, struct.pack("<HHHBB", 1, 6, 0, 1, 0)),
            record(0x0205, struct.pack("<HHHBB", 1, 7, 0, 42, 1)),
            label(2, 0, "in a hidden row"),
            label(3, 0, "unseen", 2),
            number(3, 1, 12.0, 2),
            label(3, 2, "white", 4),
            label(3, 3 + 1, "white on black", 5),
            made.formula(4, 0, 2.5, TEXT_TOKEN),
            made.formula(4, 1, b"\0" * 6 + b"\xff\xff"),
            record(0x0207, made.text("result")),
            made.formula(4, 2, b"\1\0\1\0\0\0\xff\xff"),
            made.formula(4, 4, b"\2\0\7\0\0\0\xff\xff"),
            made.shape_object(0x19, 1),
            made.box("look here"),
            made.shape_object(6, 2),
            made.box("in a box"),
            made.note(0, 0, 1, "Ada Tern"),
            made.link("https://tarn.example/c", "said"),
            record(0x0800, struct.pack("<HHHHH", 0x800, 0, 0, 0, 0) + "a tip\0".encode("utf-16-le")),
            record(0x01BE, struct.pack("<I", 0) + b"".join(map(made.text, ("Ask", "\0", "Why", "Because"))) + bytes(9)),
            record(
                0x089C,
                struct.pack("<H10x16xHHHHH", 0x89C, 2, 4, 0, 5, 0) + made.text("even") + made.text("first"),
            ),
            made.begin(CHART) + record(0x100D, b"\0\0" + made.text("a series", 1)) + number(0, 0, 77.0) + made.END,
        )
    )
    return before, [
        ("First", 0, SHEET, first),
        ("Behind", 1, SHEET, label(0, 0, "on a hidden sheet")),
        ("Deep", 2, SHEET, label(0, 0, "on a very hidden sheet")),
        ("Drawn", 0, CHART, record(0x100D, b"\0\0" + made.text("an axis", 1))),
        ("Run", 0, MACROS, made.formula(0, 0, 0.0, TEXT_TOKEN)),
    ]


def test_a_workbook_shows_what_its_sheets_show(read):
    before, sheets = specimen()
    cache = record(0x00CD, made.text("kept in a cache"))
    found = read(workbook(before, *sheets, _SX_DB_CUR={"0001": cache}), "a.xls")
    assert (found.media_type, found.ended) == ("application/vnd.ms-excel", Outcome.OK)
    assert found.visible_text == (
        "First\nKestria Page\nTarn Papers\ndoor\t東\tДвери\n3.14 marks\t2017-09-22\t5\t7\t7\tTRUE\t#N/A\n"
        "white on black\n2.5\tresult\tTRUE\t#DIV/0!\nin a box\nfirst\na series\n\fDrawn\nan axis\n"
    )
    pieces = found.hidden_pieces
    for where, words in (
        ("reading aid", "東 ひがし"),
        ("hidden column", "in a hidden column"),
        ("hidden row", "in a hidden row"),
        ("cell that shows nothing", "unseen\t12"),
        ("white text", "white"),
        ("words in a formula", "hidden\nhidden"),
        ("comment", "Ada Tern: look here"),
        ("link", "said\na tip"),
        ("address", "https://tarn.example/c"),
        ("validation", "Ask\nWhy\nBecause"),
        ("header or footer not shown", "even"),
        ("hidden sheet", "Behind\non a hidden sheet"),
        ("very hidden sheet", "Deep\non a very hidden sheet"),
        ("macro sheet", "Run\n0"),
        ("defined name", "Tarn = hidden"),
        ("text of no cell", SECRET),
        ("metadata: last opened by", "Ada Tern"),
        ("pivot cache", "kept in a cache"),
    ):
        assert (where, f"{words}\n") in pieces
    assert found.observed("address") == ["https://tarn.example/c"]
    assert found.observed("office.macros") == [{"kind": "Excel 4", "sheet": "Run"}]


def test_strings_run_over_into_the_next_record_in_another_width(read):
    body = struct.pack("<II", 2, 2) + struct.pack("<HB", 10, 0) + b"abcdef"
    more = b"\1" + "ghij".encode("utf-16-le") + struct.pack("<HBH", 3, 9, 1) + "дом".encode("utf-16-le") + bytes(4)
    before = record(0x00FC, body) + record(0x003C, more)
    found = read(workbook(before, ("S", 0, SHEET, shared(0, 0, 0) + shared(0, 1, 1))), "a.xls")
    assert found.visible_text == "S\nabcdefghij\tдом\n"


def test_a_sheet_that_no_list_names_is_hidden_text(read):
    data = made.stream(b"", ("S", 0, SHEET, label(0, 0, "shown")))
    data += made.begin(SHEET) + label(0, 0, SECRET) + made.END
    found = read(build({"Workbook": data}), "a.xls")
    assert found.visible_text == "S\nshown\n"
    assert ("sheet in no list", f"{SECRET}\n") in found.hidden_pieces


def older(version, *records):
    begin = {2: 0x0009, 3: 0x0209, 4: 0x0409}[version]
    body = struct.pack("<HH", 0, 0x10) if version == 2 else struct.pack("<HHH", 0, 0x10, 0)
    return record(begin, body) + b"".join(records) + made.END


@pytest.mark.parametrize("version", [2, 3, 4])
def test_the_oldest_forms_are_read_in_their_code_page(read, version):
    words = "двери".encode("cp1251")
    page = record(0x0042, struct.pack("<H", 1251))
    if version == 2:
        cells = record(0x0004, struct.pack("<HH3xB", 0, 0, len(words)) + words)
        cells += record(0x0002, struct.pack("<HH3xH", 0, 1, 7)) + record(0x0003, struct.pack("<HH3xd", 1, 0, 2.5))
    else:
        cells = record(0x0204, struct.pack("<HHHH", 0, 0, 0, len(words)) + words)
        cells += number(0, 1, 7.0) + number(1, 0, 2.5)
    found = read(older(version, page, cells), "a.xls")
    assert found.media_type == f"application/vnd.ms-excel.sheet.{version}"
    assert found.visible_text == "двери\t7\n2.5\n"


def test_excel_5_is_read_in_its_code_page(read):
    words = "двери".encode("cp1251")
    sheet_name = "Лист".encode("cp1251")
    head = made.begin(5, 0x500) + record(0x0042, struct.pack("<H", 1251))

    def listed(place):
        return record(0x0085, struct.pack("<IBBB", place, 0, 0, len(sheet_name)) + sheet_name)

    place = len(head) + len(listed(0)) + 4
    cells = record(0x0204, struct.pack("<HHHH", 0, 0, 0, len(words)) + words)
    cells += record(0x001C, struct.pack("<HHH", 0, 0, len(words)) + words)
    data = head + listed(place) + made.END + made.begin(SHEET, 0x500) + cells + made.END
    found = read(build({"Book": data}), "a.xls")
    assert found.ended is Outcome.OK
    assert found.visible_text == "Лист\nдвери\n"
    assert ("comment", "двери\n") in found.hidden_pieces


def test_a_workbook_under_a_password_is_told_as_such(read):
    assert read(workbook(record(0x002F, bytes(54))), "a.xls").ended is Outcome.ENCRYPTED


def test_the_password_that_excel_itself_tries_is_tried(read, monkeypatch):
    asked = []

    class Locked:
        format = "xls"

        def __init__(self, stream):
            self._data = stream.read()

        def is_encrypted(self):
            return True

        def load_key(self, password):
            asked.append(password)

        def decrypt(self, out):
            out.write(workbook(b"", ("S", 0, SHEET, label(0, 0, "open to all"))))

    monkeypatch.setattr(msoffcrypto, "OfficeFile", Locked)
    found = read(workbook(record(0x002F, bytes(54))), "a.xls")
    assert (found.ended, found.visible_text) == (Outcome.OK, "S\nopen to all\n")
    assert asked == ["VelvetSweatshop"]


def older_book(key):
    """Return the stream of an Excel 95 workbook of one cell, its records mixed as they are under a password."""

    def listed(place):
        return record(0x0085, struct.pack("<IBBB", place, 0, 0, 4) + b"Plan")

    words = b"Kestria's doors"
    cells = record(0x0204, struct.pack("<HHHH", 0, 0, 0, len(words)) + words)
    head = made.begin(5, 0x500) + record(0x002F, key)
    place = len(head) + len(listed(0)) + len(made.END)
    data = bytearray(head + listed(place) + made.END + made.begin(SHEET, 0x500) + cells + made.END)
    mix = DocumentXOR.create_xor_array_method1("VelvetSweatshop")
    for kind, start, end in list(biff.records(bytes(data))):
        for at in range(start + 4 * (kind == 0x85), end if kind in (0x85, 0x204) else start):
            turned = data[at] >> 3 | (data[at] << 5) & 0xFF
            data[at] = turned ^ mix[(start + (end - start) + at - start) % 16]
    return bytes(data)


def test_an_excel_95_workbook_under_the_password_that_excel_itself_tries_is_read(read):
    mixed = older_book(bytes.fromhex("59b30a9a"))
    assert b"doors" not in mixed
    found = read(build({"Book": mixed}), "a.xls")
    assert (found.ended, found.visible_text) == (Outcome.OK, "Plan\nKestria's doors\n")
    assert found.observed("office.locked") == ["under a password that opens it to everyone"]
    assert read(build({"Book": older_book(bytes.fromhex("59b30b9a"))}), "a.xls").ended is Outcome.ENCRYPTED


@given(st.binary(max_size=300))
def test_records_of_any_bytes_under_that_password_end_in_order(noise):
    from tests.formats.collector import run_bytes

    head = made.begin(5, 0x500) + record(0x002F, bytes.fromhex("59b30a9a"))
    assert run_bytes(build({"Book": head + noise}), "a.xls").ended in ENDS


def test_links_of_every_make_give_their_address():
    path = b"C:\\tarn.doc\0"
    wide = "C:\\Тарн.doc".encode("utf-16-le")
    head = bytes(24) + struct.pack("<II", 2, 1) + bytes.fromhex("0303000000000000c000000000000046")
    narrow = head + struct.pack("<HI", 0, len(path)) + path + bytes(24)
    assert xls_parts.link(narrow + struct.pack("<I", 0)) == ("C:\\tarn.doc", [])
    assert xls_parts.link(narrow + struct.pack("<IIH", len(wide) + 6, len(wide), 3) + wide) == ("C:\\Тарн.doc", [])
    said = "Sheet2!A1\0".encode("utf-16-le")
    assert xls_parts.link(bytes(24) + struct.pack("<III", 2, 8, len(said) // 2) + said) == ("", ["Sheet2!A1"])


WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Co", "Cn"), exclude_characters="\ufeff"), max_size=20)


@given(st.lists(st.tuples(st.lists(WORDS, max_size=5), st.booleans()), max_size=8))
@settings(max_examples=60, deadline=None)
def test_text_comes_back_whole_and_on_its_own_side(read, rows):
    hidden = b"".join(made.hidden_row(place) for place, (_, hides) in enumerate(rows) if hides)
    words = [word for row, _ in rows for word in row]
    cells, count = b"", 0
    for place, (row, _) in enumerate(rows):
        for column, _ in enumerate(row):
            cells += shared(place, column, count)
            count += 1
    found = read(workbook(made.strings(*words), ("S", 0, SHEET, cells + hidden)), "a.xls")
    assert found.ended is Outcome.OK
    shown = "".join("".join(row) for row, hides in rows if not hides)
    assert "".join(found.visible_text.split()) == "S" + "".join(shown.split())
    said = "".join(text for where, text in found.hidden_pieces if where == "hidden row")
    unseen = "".join("".join(row) for row, hides in rows if hides)
    assert "".join(said.split()) == "".join(unseen.split())


@given(st.integers(-(2**29), 2**29 - 1), st.booleans())
def test_packed_numbers_read_as_they_were(read_value, whole, hundredth):
    assert read_value(whole, hundredth) == Decimal(whole) / (100 if hundredth else 1)


@pytest.fixture(scope="module")
def read_value(read):
    def value(whole, hundredth):
        raw = (whole << 2 | 2 | hundredth) & 0xFFFFFFFF
        found = read(workbook(b"", ("S", 0, SHEET, made.packed(0, 0, raw))), "a.xls")
        return Decimal(found.visible_text.split("\n")[1])

    return value


@given(st.binary(max_size=200), st.sampled_from((None, "cp1251")))
@settings(max_examples=300)
def test_no_formula_and_no_string_makes_the_reader_stray(raw, page):
    list(biff.formula_strings(raw, page))
    biff.Text(raw, 0, len(raw), page).string(2)
    xls_parts.link(raw)
    list(xls_parts.edges(raw))


@pytest.mark.parametrize("lie", [0, 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_records_that_lie_end_in_order(read, lie):
    before, sheets = specimen()
    data = made.stream(before, *sheets)
    for place in range(0, len(data) - 4, 3):
        changed = data[:place] + struct.pack("<I", lie) + data[place + 4 :]
        assert read(build({"Workbook": changed}), "a.xls").ended in ENDS


def test_one_string_in_very_many_cells_is_told_up_to_a_limit(read):
    cells = b"".join(shared(row, 0, 0) for row in range(20_000))
    found = read(workbook(made.strings("x" * 8000), ("S", 0, SHEET, cells)), "a.xls")
    assert found.ended is Outcome.PARTIAL
    assert len(found.visible_text) < 70 << 20


def test_columns_without_number_cost_nothing(read):
    lies = record(0x007D, struct.pack("<HHHHHH", 0, 0xFFFF, 0, 0, 1, 0)) * 5000
    found = read(workbook(b"", ("S", 0, SHEET, lies + label(0, 0, "x"))), "a.xls")
    assert ("hidden column", "x\n") in found.hidden_pieces


def test_bytes_that_begin_as_no_workbook_are_corrupt_and_still_searched(read):
    found = read(build({"Workbook": b"\0" * 40 + f"The {SECRET} keeps two keys".encode() + bytes(90)}), "a.xls")
    assert found.ended is Outcome.CORRUPT
    assert SECRET in found.hidden_text


def test_an_end_of_file_in_the_middle_of_a_record_keeps_what_came_before(read):
    data = made.stream(b"", ("S", 0, SHEET, label(0, 0, "kept") + label(1, 0, "x" * 4000)))
    found = read(io.BytesIO(build({"Workbook": data[:-3000]})).getvalue(), "a.xls")
    assert "kept" in found.text
