"""Laws of SAS tables: every record a row, dates as their column shows them, packed records unpack to what they were."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forge import sas_forge as forge

from witnessmark.formats import sas_values
from witnessmark.model.derivative import Outcome

COLUMNS = (
    ("name", "Who", "$", 16, False),
    ("bed", "", "", 8, True),
    ("day", "Day of entry", "DDMMYYD", 8, True),
    ("seen", "", "DATETIME", 8, True),
)
ROWS = (("Ada Tern", 17.0, 0.0, 100.0), ("Ode Marr", -2.5, 366.0, 86400.0))
RECORDS = [name.encode().ljust(16) + struct.pack("<3d", *rest) for name, *rest in ROWS]
SAID = [
    "BEDS", "name\tbed\tday\tseen", "Who\t\tDay of entry\t",
    "Ada Tern\t17\t01-01-1960\t1960-01-01 00:01:40", "Ode Marr\t-2.5\t01-01-1961\t1960-01-02 00:00:00",
]  # fmt: skip


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("packing", [b"", b"SASYZCRL", b"SASYZCR2"])
def test_every_record_is_a_row_however_it_is_packed(read, wide, packing):
    pack = {b"SASYZCRL": forge.runs, b"SASYZCR2": forge.pairs}.get(packing)
    packed = None if pack is None else [pack(record) for record in RECORDS]
    assert packed is None or all(len(one) < len(record) for one, record in zip(packed, RECORDS, strict=True))
    found = read(forge.data_set(COLUMNS, RECORDS, wide=wide, packing=packing, packed=packed), "a.sas7bdat")
    assert found.media_type == "application/x-sas-data"
    assert found.ended == Outcome.OK, found.detail
    assert found.visible_text.splitlines() == SAID
    assert found.observed("sas.records") == [2]


def test_a_set_that_breaks_off_says_so(read):
    found = read(forge.data_set(COLUMNS, RECORDS, count=900), "a.sas7bdat")
    assert found.ended == Outcome.PARTIAL
    assert "2 of 900" in found.detail


def test_a_transport_file_gives_its_rows_and_no_blanks_at_its_end(read):
    rows = [name.encode().ljust(16) + b"".join(map(forge.ibm, rest)) for name, *rest in ROWS]
    found = read(forge.transport(COLUMNS, rows), "a.xpt")
    assert found.media_type == "application/x-sas-xport"
    assert found.ended == Outcome.OK, found.detail
    assert found.visible_text.splitlines() == [line.rstrip() for line in SAID]


@given(st.binary(max_size=400), st.integers(0, 40), st.sampled_from((b"\0", b" ", b"@", b"x")))
def test_packing_and_unpacking_are_inverse(record, count, fill):
    record += fill * count
    assert sas_values.unpack_runs(forge.runs(record), len(record)) == record
    assert sas_values.unpack_pairs(forge.pairs(record), len(record)) == record


@given(st.binary(max_size=400))
def test_unpacking_noise_gives_no_more_than_was_asked_for(noise):
    for unpack in (sas_values.unpack_runs, sas_values.unpack_pairs):
        assert len(unpack(noise, 100)) <= 100


@given(
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e60, max_value=1e60).filter(lambda v: abs(v) > 1e-60)
)
def test_a_number_of_a_mainframe_comes_back(value):
    from witnessmark.formats import sas_transport

    assert sas_transport._number(forge.ibm(value)) == pytest.approx(value, rel=1e-14)


@given(
    st.floats(), st.sampled_from(("DATE9.", "DATETIME20.", "TIME8.", "MMDDYY10.", "YYMMDDN8.", "MONYY7.", "BEST12."))
)
def test_any_number_under_any_format_is_some_text(value, form):
    assert isinstance(sas_values.shown(value, form), str)


@given(st.integers(0, 5000), st.binary(min_size=1, max_size=40))
def test_a_damaged_set_is_no_crash(read, place, noise):
    data = bytearray(forge.data_set(COLUMNS, RECORDS))
    data[place : place + len(noise)] = noise
    assert isinstance(read(bytes(data), "a.sas7bdat").ended, Outcome)
    data = bytearray(forge.transport(COLUMNS, RECORDS))
    data[place % len(data) : place % len(data) + len(noise)] = noise
    assert isinstance(read(bytes(data), "a.xpt").ended, Outcome)
