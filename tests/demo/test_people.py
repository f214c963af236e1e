"""Laws of the invented people and their ID numbers."""

import random

from hypothesis import given
from hypothesis import strategies as st

from witnessmark.demo import people

NINE = st.integers(0, 999_999_999).map(lambda number: f"{number:09d}")


def test_golden_check_digits():
    assert people.id_number(31, 1969, 1711) == "KE31690171116"
    assert people.check_digits("000000000") == "01"


@given(NINE)
def test_number_with_its_check_leaves_one_modulo_97(nine):
    assert int(nine + people.check_digits(nine)) % 97 == 1


@given(NINE, st.integers(0, 10), st.integers(1, 9))
def test_no_single_wrong_digit_passes(nine, at, step):
    digits = list(nine + people.check_digits(nine))
    digits[at] = str((int(digits[at]) + step) % 10)
    assert not people.is_well_formed("KE" + "".join(digits))


@given(NINE, st.integers(0, 9))
def test_no_swapped_neighbours_pass(nine, at):
    digits = list(nine + people.check_digits(nine))
    if digits[at] == digits[at + 1]:
        return
    digits[at], digits[at + 1] = digits[at + 1], digits[at]
    assert not people.is_well_formed("KE" + "".join(digits))


@given(st.integers(0, 2**32))
def test_planted_error_always_breaks_the_check(seed):
    draw = random.Random(seed)
    right = people.id_number(people.TARN, draw.randint(1950, 1999), draw.randint(0, 99_999))
    assert people.is_well_formed(right)
    assert not people.is_well_formed(people.mistyped(right, draw))


@given(st.integers(0, 1000))
def test_people_have_distinct_names_and_as_many_errors_as_asked(seed):
    found = people.people(seed, 24, 3, ("student",))
    assert len({person.name for person in found}) == 24
    assert sum(not person.is_well_formed for person in found) == 3


def test_other_shapes_are_no_number():
    for text in ("", "KE", "KE3169017111", "KE316901711160", "ke31690171116", "KE31690171116\n", "KE٣1690171116"):
        assert not people.is_well_formed(text)
