"""Laws of binary property lists: read as the standard library reads them, and object by object where they are damaged."""

import plistlib
import struct
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import bplist
from witnessmark.formats.bplist import BrokenObject, PropertyList
from witnessmark.model.derivative import Outcome

VALUES = (
    st.text(max_size=30)
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats(allow_nan=False)
    | st.booleans()
    | st.binary(max_size=90)
    | st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(lambda at: at.replace(microsecond=0))
    | st.integers(0, 1 << 40).map(plistlib.UID)
)
LISTS = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(min_size=1, max_size=9), inner, max_size=20),
    max_leaves=40,
)


def packed(value):
    return plistlib.dumps(value, fmt=plistlib.FMT_BINARY, sort_keys=False)


def flat(value, path=""):
    """The plain values of what the standard library reads, with their keys."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from flat(inner, path)
    else:
        yield path, value.data if isinstance(value, plistlib.UID) else value


@given(LISTS)
def test_a_list_is_read_as_the_standard_library_reads_it(value):
    data = packed(value)
    found = PropertyList(data)
    assert list(found.values()) == list(flat(plistlib.loads(data)))
    assert not found.problems


def forged(*objects, top=0, ref=1):
    """A list of objects as they are."""
    table, body = b"", b"bplist00"
    for one in objects:
        table += len(body).to_bytes(2, "big")
        body += one
    return body + table + struct.pack(">6xBBQQQ", 2, ref, len(objects), top, len(body))


@pytest.mark.parametrize(
    ("odd", "shown"),
    [
        (b"\x58" + "day’s é".encode()[:8], "day’s "),
        (b"\x54caf\x8e", "café"),  # as Apple wrote before Unicode
        (b"\x62\xd8\x00\x00a", "?a"),
    ],
)
def test_a_text_of_other_bytes_takes_nothing_with_it(read, odd, shown):
    data = forged(b"\xd2\1\2\3\4", b"\x51a", b"\x51b", odd, b"\x59The doors")
    found = read(data, "a.plist")
    assert found.visible_text == f"a: {shown}\nb: The doors\n"
    assert (found.ended, found.detail) == (Outcome.PARTIAL, "a text that holds other bytes than its kind may")


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (b"\x7f\x13" + b"\xff" * 8, "an object that breaks off"),
        (b"\xf0", "an object of a kind that is not in use"),
        (b"\x5f\x21", "a length that is none"),
        (b"\x21\0\0", "a number of a width that is not in use"),
        (b"\xa1\x77", "an object that is not listed"),
    ],
)
def test_an_object_that_cannot_be_takes_nothing_with_it(read, odd, why):
    found = read(forged(b"\xd2\1\2\3\4", b"\x51a", b"\x51b", odd, b"\x59The doors"), "a.plist")
    assert found.visible_text == "b: The doors\n"
    assert (found.ended, found.detail) == (Outcome.PARTIAL, why)


def test_a_date_that_is_none_is_given_as_its_number(read):
    found = read(forged(b"\xa1\1", b"\x33" + struct.pack(">d", 1e300)), "a.plist")
    assert (found.visible_text, found.detail) == ("1e+300\n", "a date that is none")


def test_a_list_that_is_cut_off_gives_its_texts(read):
    words = [f"gate {number} stays shut" for number in range(400)]
    data = packed({"orders": words, "from": "дом"})
    found = read(data[: len(data) * 2 // 3], "a.plist")
    assert found.ended is Outcome.PARTIAL
    lines = found.visible_text.splitlines()
    assert words[:200] == [line for line in lines if line.startswith("gate")][:200]
    assert "keys among them" in found.detail


def test_one_of_which_nothing_can_be_read_is_corrupt(read):
    assert read(b"bplist00" + b"\xff" * 60, "a.plist").ended is Outcome.CORRUPT


def test_depth_and_number_are_bounded_and_said(read, monkeypatch):
    deep = forged(*[bytes((0xA1, n + 1)) for n in range(60)], b"\x51a")
    assert read(deep, "a.plist").detail == "lists deeper than 40"
    monkeypatch.setattr(bplist, "MOST", 500)
    wide = forged(*[bytes((0xA2, n + 1, n + 1)) for n in range(30)], b"\x51a")
    found = read(wide, "a.plist")
    assert (found.ended, found.detail) == (Outcome.PARTIAL, "more than 500 values")
    assert len(found.visible_text) <= 1000


def test_lists_of_what_is_not_listed_end(read, monkeypatch):
    monkeypatch.setattr(bplist, "MOST", 500)
    inner = b"\xaf\x11\x03\xe8" + b"\x77" * 1000
    found = read(forged(b"\xaf\x11\x03\xe8" + b"\1" * 1000, inner), "a.plist")
    assert found.ended is Outcome.PARTIAL
    assert sum(PropertyList(forged(b"\xa1\1", inner)).problems.values()) == 0
    assert "500 times" in found.detail or "501 times" in found.detail or "499 times" in found.detail


@given(LISTS, st.integers(0, 5000), st.integers(0, 255))
def test_a_changed_byte_ends_as_an_outcome(read, value, at, byte):
    data = bytearray(packed(value))
    data[8 + at % (len(data) - 8)] = byte
    assert read(bytes(data), "a.plist").ended in (Outcome.OK, Outcome.PARTIAL, Outcome.CORRUPT)


@given(st.binary(max_size=200))
def test_noise_is_broken_or_plain(noise):
    found = PropertyList(b"bplist00" + noise)
    try:
        list(found.values())
    except BrokenObject as error:
        assert str(error)
    list(found.texts_in_order())
