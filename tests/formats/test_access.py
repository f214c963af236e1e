"""Laws of Access databases: every row of every table, what was deleted apart, files in fields as members."""

import math
import shutil
import struct
import subprocess
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forge import jet_forge as forge

from witnessmark.formats import jet, jet_values
from witnessmark.model.derivative import Outcome

COLUMNS = (
    ("Id", forge.LONG),
    ("Name", forge.TEXT),
    ("Paid", forge.MONEY),
    ("Day", forge.DATE),
    ("Held", forge.TRUTH),
    ("Notes", forge.MEMO),
)
ROWS = [
    (1, "Ахмет К.", 123_400, 42_000.0, True, "The gate stays shut."),
    (2, None, -5_000, 42_000.5, False, None),
    (3, "Второй", None, None, True, "x" * 700),
]


def people(*, old=False, key=0, **more):
    made = forge.Forge(old=old)
    made.table("Люди", COLUMNS, ROWS, **more)
    return made.build(key)


@pytest.mark.parametrize("old", [False, True])
def test_rows_stand_under_their_columns(read, old):
    found = read(people(old=old), "a.mdb")
    assert (found.media_type, found.ended, found.detail) == ("application/x-msaccess", Outcome.OK, "")
    assert found.visible_text.splitlines() == [
        "Люди",
        "Id\tName\tPaid\tDay\tHeld\tNotes",
        "1\tАхмет К.\t12.3400\t2014-12-27\tyes\tThe gate stays shut.",
        "2\t\t-0.5000\t2014-12-27 12:00:00\tno\t",
        "3\tВторой\t\t\tyes\t" + "x" * 700,
        "",
    ]


@pytest.mark.skipif(shutil.which("mdb-export") is None, reason="needs mdb-export (Debian: mdbtools)")
@pytest.mark.parametrize("old", [False, True])
def test_the_databases_of_these_tests_are_databases(tmp_path, old):
    (tmp_path / "a.mdb").write_bytes(people(old=old))
    env = {"PATH": "/usr/bin:/bin", "MDB_JET3_CHARSET": "cp1251", "LC_ALL": "C.UTF-8"}
    out = subprocess.run(["mdb-export", tmp_path / "a.mdb", "Люди"], check=True, capture_output=True, env=env).stdout
    assert [line.split(b",")[0] for line in out.splitlines()] == [b"Id", b"1", b"2", b"3"]
    assert "Ахмет".encode() in out
    assert b"The gate stays shut." in out


@pytest.mark.parametrize("old", [False, True])
def test_a_row_marked_as_deleted_stands_apart(read, old):
    found = read(people(old=old, marks=(0,)), "a.mdb")
    assert "Ахмет" not in found.visible_text
    assert ("deleted row of Люди", "1\tАхмет К.\t12.3400\t2014-12-27\tyes\tThe gate stays shut.") in found.hidden_pieces
    assert found.observed("access.deleted_rows") == [1]
    assert found.ended is Outcome.OK


def test_a_row_that_lies_elsewhere_comes_once(read):
    made = forge.Forge()
    number = made.add(made.definition(COLUMNS, 1))
    there = made.add(made.data(number, [(made.row(COLUMNS, ROWS[0]), 0x8000)]))
    made.add(made.data(number, [(struct.pack("<I", there << 8), 0x4000)]))
    made.objects.append((number, 0, "Moved", 1, 0, None))
    found = read(made.build(), "a.mdb")
    assert found.visible_text.count("Ахмет") == 1
    assert "Ахмет" not in found.hidden_text
    assert found.ended is Outcome.OK


@pytest.mark.parametrize("old", [False, True])
def test_a_long_text_in_pages_of_its_own_is_whole(read, old):
    made = forge.Forge(old=old)
    text = "".join(f"word{n} " for n in range(700))
    raw, step, after = made.text(text), 1500, 0
    for at in reversed(range(0, len(raw), step)):
        page = made.add(made.data(b"LVAL", [(struct.pack("<I", after) + raw[at : at + step], 0)]))
        after = page << 8
    single = made.add(made.data(b"LVAL", [(b"other", 0), (made.text("in one piece"), 0)]))
    columns = (("Chain", forge.MEMO), ("Single", forge.MEMO))
    cells = [
        forge.Cell(struct.pack("<III", *head)) for head in ((len(raw), after, 0), (0x40000000 | 99, single << 8 | 1, 0))
    ]
    made.table("T", columns, [cells])
    assert f"{text}\tin one piece" in read(made.build(), "a.mdb").visible_text


@pytest.mark.parametrize("old", [False, True])
def test_a_database_that_is_encoded_by_its_own_key_is_read(read, old):
    assert read(people(old=old, key=0x1234_5678), "a.mdb").visible_text == read(people(old=old), "a.mdb").visible_text


def test_a_newer_database_under_a_password_is_locked(read):
    data = bytearray(people(key=0x1234_5678))
    data[0x14] = 2
    assert read(bytes(data), "a.accdb").ended is Outcome.ENCRYPTED


def test_attachments_and_objects_come_out_as_files(read):
    inner = struct.pack("<I", 8) + bytes(4) + b"PDF inside"
    packed = struct.pack("<II", 1, len(inner)) + zlib.compress(inner)
    plain = struct.pack("<II", 0, len(inner)) + inner
    record = b"\2\0keys.txt\0C:\\keys.txt\0\0\0\3\0" + struct.pack("<I", 9) + b"C:\\x.txt\0"
    record += struct.pack("<I", 9) + b"two keys\n"
    named = struct.pack("<I", 8) + b"Package\0" + struct.pack("<II", 0, 0)
    ole = b"\x15\x1c" + struct.pack("<H", 20) + bytes(16)
    ole += struct.pack("<II", 0x501, 2) + named + struct.pack("<I", len(record)) + record
    made = forge.Forge()
    made.table("f_" + "0A" * 16 + "_Files", (("FileName", forge.TEXT), ("FileData", forge.OLE)), [
        ("a.pdf", packed), ("b.pdf", plain),
    ], flags=-0x7FF60000)  # fmt: skip
    made.table("Letters", (("Object", forge.OLE),), [(ole,), (b"nothing that is known",)])
    made.objects.append((2, 0, "MSysObjects", 1, -0x80000000, None))
    found = read(made.build(), "a.accdb")
    assert [(m.path[-1].name, bytes(m.data)) for m in found.members] == [
        ("a.pdf", b"PDF inside"),
        ("b.pdf", b"PDF inside"),
        ("keys.txt", b"two keys\n"),
        ("Object", b"nothing that is known"),
    ]
    assert "MSysObjects" not in found.visible_text


def test_a_table_elsewhere_a_query_and_a_table_that_is_gone_are_hidden_text(read):
    made = forge.Forge()
    made.objects.append((0, 0, "Prisoners", 6, 0, "Z:\\secret\\register.accdb"))
    made.table("MSysQueries", (("Expression", forge.TEXT), ("Name1", forge.TEXT)), [("[Held]=True", "Люди")], flags=2)
    made.add(made.data(77, [(made.text("a forgotten sentence stands here"), 0)]))
    found = read(made.build(), "a.mdb")
    assert ("linked table", "Prisoners: Z:\\secret\\register.accdb") in found.hidden_pieces
    assert ("query", "[Held]=True | Люди") in found.hidden_pieces
    assert "a forgotten sentence stands here" in found.hidden_text


def test_rows_that_are_missing_are_said(read):
    found = read(people(stated=9), "a.mdb")
    assert (found.ended, found.detail) == (
        Outcome.PARTIAL,
        "1 parts cannot be read: table Люди: 3 of 9 rows are found",
    )


@pytest.mark.parametrize("old", [False, True])
def test_one_that_breaks_off_gives_the_tables_before(read, old):
    made = forge.Forge(old=old)
    made.table("First", COLUMNS, ROWS)
    made.table("Second", COLUMNS, ROWS)
    data = made.build()
    found = read(data[: len(data) - made.size - 100], "a.mdb")
    assert found.visible_text.count("Ахмет") == 1
    assert found.ended is Outcome.PARTIAL


def test_chains_that_go_round_end(read):
    made = forge.Forge()
    page = made.add(b"")
    made.pages[page] = made.data(b"LVAL", [(struct.pack("<I", page << 8) + b"ab" * 10, 0)])
    made.table("T", (("Notes", forge.MEMO),), [(forge.Cell(struct.pack("<III", 0x3FFFFFFF, page << 8, 0)),)])
    number = made.table("U", (("Id", forge.LONG),), [(1,)])
    looped = bytearray(made.pages[number])
    looped[4:8] = struct.pack("<I", number)
    made.pages[number] = bytes(looped)
    before = time.process_time()
    found = read(made.build(), "a.mdb")
    assert time.process_time() - before < 5
    assert found.ended in (Outcome.OK, Outcome.PARTIAL)


@given(st.text(st.characters(codec="utf-16", exclude_characters="\0"), max_size=30))
def test_text_with_its_zeros_left_out_is_the_same(text):
    packed, is_short = bytearray(b"\xff\xfe"), True
    for char in text:
        raw = char.encode("utf-16-le")
        wants_short = len(raw) == 2 and raw[1] == 0
        if not wants_short and b"\0" in raw[::2]:
            return  # such a letter is never left in a short text
        if wants_short != is_short:
            packed.append(0)
            is_short = wants_short
        packed += raw[:1] if wants_short else raw
    assert jet_values.text_of(bytes(packed), "") == text


@given(st.floats())
def test_any_number_of_days_is_a_moment_or_itself(days):
    shown = jet_values._moment(days)
    assert shown == format(days, ".15g") or shown[:4].isdigit()


@pytest.mark.parametrize("days", [math.nan, math.inf, -math.inf, 1e300])
def test_what_is_no_number_of_days_stands_as_it_is(days):
    assert jet_values._moment(days) == format(days, ".15g")


@given(st.lists(st.tuples(st.integers(0, 6 * 4096 - 1), st.integers(0, 255)), max_size=30), st.booleans())
def test_changed_bytes_are_no_crash(read, changes, old):
    data = bytearray(people(old=old))
    for at, byte in changes:
        data[max(0x15, at % len(data))] = byte
    found = read(bytes(data), "a.mdb")
    assert found.media_type


def test_a_code_page_that_nobody_knows_costs_no_table(read):
    data = bytearray(people(old=True))
    data[60] = 0  # changes the code page that the first page states to one that does not exist
    found, good = read(bytes(data), "a.mdb"), read(people(old=True), "a.mdb")
    assert dict(good.observations)["access.tables"] == ["Люди"]
    assert dict(found.observations)["access.tables"] == ["Люди".encode("cp1251").decode("cp1252")]
    assert found.ended == good.ended


def test_the_cipher_is_rc4():
    assert jet.rc4(b"Key", b"Plaintext").hex() == "bbf316e8d940af0ad3"  # a vector that everybody gives
