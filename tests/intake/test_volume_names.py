"""Laws of names of volumes: each way of cutters is known, other names are none, and a gap is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.intake import volume_names
from witnessmark.intake.volume_names import LAST, Way

KNOWN = [
    ("orders.7z.001", Way.NUMBERED, "orders.7z", 1),
    ("orders.tar.gz.00", Way.NUMBERED, "orders.tar.gz", 0),
    ("orders.tar.gz.ab", Way.LETTERED, "orders.tar.gz", 1),
    ("orders.zip_aaz", Way.LETTERED, "orders.zip", 25),
    ("xaa", Way.LETTERED, "x", 0),
    ("orders.part1.rar", Way.RAR, "orders.rar", 1),
    ("ORDERS.PART012.RAR", Way.RAR, "ORDERS.rar", 12),
    ("orders.000.rar", Way.RAR, "orders.rar", 0),
    ("vol03.rar", Way.RAR, "archive.rar", 3),
    ("orders.rar", Way.OLD_RAR, "orders.rar", 0),
    ("orders.r00", Way.OLD_RAR, "orders.rar", 1),
    ("orders.s01", Way.OLD_RAR, "orders.rar", 102),
    ("orders.z01", Way.ZIP, "orders.zip", 1),
    ("orders.Z100", Way.ZIP, "orders.zip", 100),
    ("orders.zip", Way.ZIP, "orders.zip", LAST),
]


@pytest.mark.parametrize(("name", "way", "whole", "number"), KNOWN)
def test_each_way_of_cutters_is_known(name, way, whole, number):
    found = {one.series.way: one for one in volume_names.readings_of(name)}
    assert (found[way].series.whole, found[way].number) == (whole, number)
    assert found[way].bears_number == (name.lower() not in ("orders.rar", "orders.zip"))


@pytest.mark.parametrize("name", ["", "letter", "letter.docx", ".001", "song.mp3", "a.7z.12345", "aa", "page-1"])
def test_other_names_are_none_of_a_volume(name):
    assert list(volume_names.readings_of(name)) == []


@pytest.mark.parametrize("name", ["", "letter", "letter.docx", "song.mp3", "scan.jpg", "orders.zip", "orders.rar"])
def test_most_names_are_passed_over_quickly(name):
    assert not volume_names.may_bear_number(name)


@given(st.text(max_size=12), st.sampled_from([name for name, *_ in KNOWN]))
def test_whatever_stands_before_it_a_number_is_seen_quickly_where_one_is_read(before, name):
    readings = [one for one in volume_names.readings_of(before + name) if one.bears_number]
    first = [one for one in readings if one.series.way is not Way.LETTERED or one.number < 26]
    assert volume_names.may_bear_number(before + name) or not first


@given(st.text(max_size=20))
def test_any_name_is_read_without_an_error_and_no_series_twice(name):
    found = list(volume_names.readings_of(name))
    assert len({one.series for one in found}) == len(found)
    assert all(one.number >= 0 and one.series.whole for one in found)


@pytest.mark.parametrize(
    ("way", "numbers", "gap"),
    [
        (Way.NUMBERED, [1, 2, 3], 0),
        (Way.NUMBERED, [0, 1, 3], 3),
        (Way.RAR, [1, 3], 2),
        (Way.OLD_RAR, [0, 1, 2], 0),
        (Way.OLD_RAR, [0, 2], 2),
        (Way.ZIP, [1, 2, LAST], 0),
        (Way.ZIP, [1, LAST], 0),
        (Way.ZIP, [1, 2], 3),
        (Way.ZIP, [1, 3, LAST], 2),
        (Way.LETTERED, [0, 1, 26], 3),
    ],
)
def test_the_first_volume_that_is_missing_is_named(way, numbers, gap):
    assert volume_names.begins(numbers, way)
    assert volume_names.gap(numbers, way) == gap


@pytest.mark.parametrize(("way", "numbers"), [(Way.NUMBERED, [2, 3]), (Way.OLD_RAR, [1, 2]), (Way.ZIP, [2, LAST])])
def test_a_series_that_lacks_its_first_does_not_begin(way, numbers):
    assert not volume_names.begins(numbers, way)
