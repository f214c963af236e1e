"""Laws of SQLite databases: every row that the library gives comes out, deleted words apart, no circle holds."""

import sqlite3
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from witnessmark.model.derivative import Outcome


def database(tmp_path, *commands, page_size=512, encoding="UTF-8", rows=()):
    path = tmp_path / "a.db"
    path.unlink(missing_ok=True)
    base = sqlite3.connect(path)
    base.execute(f"PRAGMA page_size={page_size}")
    base.execute(f"PRAGMA encoding='{encoding}'")
    for command in commands:
        base.execute(command)
    if rows:
        base.executemany(f"INSERT INTO beds VALUES ({','.join('?' * len(rows[0]))})", rows)
    base.commit()
    base.close()
    return path.read_bytes()


BEDS = "CREATE TABLE beds (id INTEGER PRIMARY KEY, ward TEXT, held REAL, note)"


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
@pytest.mark.parametrize("page_size", [512, 4096, 65536])
def test_every_row_of_every_table_is_visible(read, tmp_path, encoding, page_size):
    rows = [(n, f"ward {n} 门", n / 4, None if n % 3 else "x" * (n * 7)) for n in range(1, 400)]
    found = read(database(tmp_path, BEDS, encoding=encoding, page_size=page_size, rows=rows), "a.db")
    assert found.media_type == "application/x-sqlite3"
    assert found.ended == Outcome.OK, found.detail
    lines = found.visible_text.splitlines()
    assert lines[0] == "beds"
    for n, ward, held, note in rows:
        assert f"{n}\t{ward}\t{format(held, '.15g')}\t{note or ''}".rstrip() in [line.rstrip() for line in lines]
    assert "CREATE TABLE beds" in found.hidden_text


def test_tables_without_row_numbers_and_indices_are_read_once(read, tmp_path):
    data = database(
        tmp_path,
        "CREATE TABLE beds (ward TEXT PRIMARY KEY, note TEXT) WITHOUT ROWID",
        "CREATE INDEX by_note ON beds (note)",
        rows=[(f"ward-{n:03d}", f"keys of two {n}") for n in range(300)],
    )
    found = read(data, "a.db")
    assert found.ended == Outcome.OK
    for n in range(300):
        assert found.visible_text.count(f"ward-{n:03d}\t") == 1


def test_a_file_in_a_field_is_a_member(read, tmp_path):
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
    data = database(tmp_path, BEDS, rows=[(1, "gate", 0.5, picture), (2, "yard", 0.5, b"short")])
    found = read(data, "a.db")
    assert [(m.name, bytes(m.data)) for m in found.members] == [("beds/row 1, column 4", picture)]
    assert f"({len(picture)} bytes)" in found.visible_text


def test_what_was_deleted_and_not_written_over_is_hidden_text(read, tmp_path):
    rows = [(n, "the doors are locked at night " * 4, 0.0, "") for n in range(1, 200)]
    path = tmp_path / "b.db"
    path.write_bytes(database(tmp_path, BEDS, rows=rows))
    base = sqlite3.connect(path)
    base.execute("PRAGMA secure_delete=OFF")
    base.execute("DELETE FROM beds")
    base.commit()
    base.close()
    found = read(path.read_bytes(), "b.db")
    assert "doors are locked" not in found.visible_text
    assert any(where == "deleted" and "doors are locked" in text for where, text in found.hidden_pieces)


def test_a_database_that_breaks_off_says_so(read, tmp_path):
    rows = [(n, f"ward {n}", 0.5, "note " * 9) for n in range(1, 400)]
    whole = database(tmp_path, BEDS, rows=rows)
    found = read(whole[: len(whole) // 2 // 512 * 512], "a.db")
    assert found.ended == Outcome.PARTIAL
    assert "ward 1\t" in found.visible_text


def test_pages_in_a_circle_are_read_once(read, tmp_path):
    data = bytearray(database(tmp_path, BEDS, rows=[(n, f"ward {n}", 0.5, "note " * 9) for n in range(1, 200)]))
    root = next(at for at in range(512, len(data), 512) if data[at] == 5)
    struct.pack_into(">I", data, root + 8, root // 512 + 1)
    first = struct.unpack_from(">H", data, root + 12)[0]
    struct.pack_into(">I", data, root + first, root // 512 + 1)
    found = read(bytes(data), "a.db")
    assert found.ended == Outcome.PARTIAL
    assert "two places" in found.detail


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_of_a_page_is_a_crash(read, tmp_path_factory, data):
    whole = bytearray(_SMALL or _make_small(tmp_path_factory))
    for _ in range(data.draw(st.integers(1, 12))):
        whole[data.draw(st.integers(16, len(whole) - 1))] = data.draw(st.integers(0, 255))
    found = read(bytes(whole), "a.db")
    assert found.ended in (Outcome.OK, Outcome.PARTIAL, Outcome.CORRUPT)


_SMALL = b""


def _make_small(factory):
    global _SMALL
    rows = [(n, f"ward {n}", 0.25, "note " * (n % 60)) for n in range(1, 40)]
    _SMALL = database(factory.mktemp("db"), BEDS, rows=rows)
    return _SMALL


def test_a_header_alone_is_corrupt(read):
    assert read(b"SQLite format 3\x00" + bytes(20), "a.db").ended == Outcome.CORRUPT
