"""Laws of dBASE tables: every record a row, deleted records apart, and a table cut short says so."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from witnessmark.model.derivative import Outcome


def table(fields, records, *, version=3, language=0x03, codec="cp1252", count=None):
    size = 1 + sum(width for _, _, width, _ in fields)
    head = struct.pack("<BBBBIHH17xB2x", version, 132, 6, 11, len(records) if count is None else count,
                       32 + 32 * len(fields) + 1, size, language)  # fmt: skip
    for name, kind, width, decimals in fields:
        head += struct.pack("<11sc4xBB14x", name.encode(), kind.encode(), width, decimals)
    body = b"".join(
        mark
        + b"".join(v if isinstance(v, bytes) else v.encode(codec).ljust(f[2]) for v, f in zip(row, fields, strict=True))
        for mark, row in records
    )
    return head + b"\r" + body + b"\x1a"


FIELDS = [("NAME", "C", 12, 0), ("DAY", "D", 8, 0), ("BEDS", "N", 6, 2), ("KEYS", "I", 4, 0)]
RECORDS = [
    (b" ", ("Tarn", "20320611", "  3.50", struct.pack("<i", -2))),
    (b"*", ("Ghost", "20320612", "  0.00", struct.pack("<i", 7))),
]


def test_every_record_is_a_row_and_a_deleted_one_stands_apart(read):
    found = read(table(FIELDS, RECORDS), "a.dbf")
    assert found.media_type == "application/x-dbf"
    assert found.visible_text.splitlines() == ["NAME\tDAY\tBEDS\tKEYS", "Tarn\t2032-06-11\t3.50\t-2"]
    assert found.hidden_pieces == [("deleted record", "Ghost\t2032-06-12\t0.00\t7")]
    assert found.ended == Outcome.OK


def test_the_code_page_that_the_table_names_is_used(read):
    data = table([("NAME", "C", 12, 0)], [(b" ", ("Дверь",))], language=0xC9, codec="cp1251")
    assert "Дверь" in read(data, "a.dbf").visible_text


def test_a_table_that_breaks_off_says_so(read):
    found = read(table(FIELDS, RECORDS, count=900), "a.dbf")
    assert found.ended == Outcome.PARTIAL
    assert "2 of 900" in found.detail


@given(st.binary(max_size=300))
def test_noise_behind_a_true_header_is_no_crash(read, noise):
    found = read(table(FIELDS, RECORDS)[:33] + noise, "a.dbf")
    assert isinstance(found.ended, Outcome)
