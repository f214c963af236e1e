"""Laws of letters that are drawn twice: a shadow is not read, and what only looks like one is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.test_pdf import pdf, read

from witnessmark.formats.pdf import read_pdf

WIDTHS = {" ": 278, "i": 222, "l": 222, "t": 278, "r": 333, "m": 833, "w": 722, "M": 833, "I": 278, "-": 333, ".": 278}
"""Advances of Helvetica in thousandths of its size, where they are not 556 (Adobe's core metrics)."""


def doubled(words, across, up, size=10):
    """Draw the words letter by letter, and then all of them once more, so far aside."""
    parts = []
    for dx, dy in ((across, up), (0, 0)):
        parts.append(f"BT /F {size} Tf {50 + dx:.3f} {700 + dy:.3f} Td ({words[0]}) Tj")
        for before, letter in zip(words, words[1:], strict=False):
            parts.append(f"{WIDTHS.get(before, 556) * size / 1000:.3f} 0 Td ({letter}) Tj")
        parts.append("ET")
    return "\n".join(parts)


def seen(content):
    return " ".join(read(read_pdf, pdf(content)).visible_text.split())


@pytest.mark.parametrize(("across", "up"), [(0.96, -0.96), (0.8, -0.8), (-0.9, 0.5), (1.1, 0)])
def test_a_shadow_is_not_read(across, up):
    for words in ("the doors are locked", "Saint-Sauveur 25b", "night order 1144"):
        assert seen(doubled(words, across, up)).replace(" ", "") == words.replace(" ", "")


def test_letters_that_stand_twice_side_by_side_are_read_as_they_are():
    for words in ("aabbccddee 11223344", "llllllll", "11111111", "--------", "iill iill iill"):
        assert seen(f"BT /F 10 Tf 50 700 Td ({words}) Tj ET") == words


def test_a_far_copy_is_read():
    assert seen(doubled("doors", 0, -6)).replace(" ", "").count("d") == 2


@given(st.text("abilm 1-.", min_size=1, max_size=24))
def test_whatever_is_written_once_loses_no_letter(words):
    content = f"BT /F 10 Tf 50 700 Td ({words}) Tj ET"
    assert seen(content).replace(" ", "") == words.replace(" ", "")
