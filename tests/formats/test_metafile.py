"""Laws of Windows metafiles: words that are drawn in pieces are whole, in the letters of their font, line by line."""

import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forge import metafile_forge as made

from witnessmark.model.derivative import Outcome

SECRET = "Kestrelnest"
WORDS = "The night keys are counted twice"


def lines(read, data):
    found = read(data, "a.emf" if data[40:44] == b" EMF" else "a.wmf")
    assert found.ended is Outcome.OK
    return found.visible_text.splitlines()


def letter_by_letter(words, draw, step=10):
    return [draw(letter, 40 + step * place, 100) for place, letter in enumerate(words) if letter != " "]


def test_words_drawn_letter_by_letter_are_whole(read):
    new = made.emf(
        made.font(1), made.numbers(37, 1), *letter_by_letter(WORDS, lambda c, x, y: made.text(c, x, y, [10]))
    )
    old = made.wmf(
        made.old_font(),
        made.old_number(0x012D, 0),
        *letter_by_letter(WORDS, lambda c, x, y: made.old_steps(c.encode(), x, y, [10])),
    )
    assert lines(read, new) == [WORDS]
    assert lines(read, old) == [WORDS]


def test_the_same_letter_twice_in_a_word_stays_twice(read):
    drawn = [made.text(c, 40 + 6 * place, 100, [5]) for place, c in enumerate("llll")]
    assert lines(read, made.emf(made.font(1), made.numbers(37, 1), *drawn)) == ["llll"]


def test_a_shadow_is_no_second_word(read):
    drawn = [made.text(WORDS, 40 + off, 100 + off) for off in (2, 0)]
    assert lines(read, made.emf(made.font(1), made.numbers(37, 1), *drawn)) == [WORDS]
    apart = [made.text(WORDS, 40, 100 + off) for off in (0, 30)]
    assert lines(read, made.emf(made.font(1), made.numbers(37, 1), *apart)) == [WORDS] * 2


def test_lines_go_down_the_page_however_they_are_drawn(read):
    drawn = [made.text(words, 40, y) for words, y in (("third", 300), ("first", 100), ("second", 200))]
    assert lines(read, made.emf(*drawn)) == ["first", "second", "third"]


def test_a_step_far_wider_than_its_letter_divides_words(read):
    drawn = made.text("gatekeys", 40, 100, [10, 10, 10, 90, 10, 10, 10, 10])
    assert lines(read, made.emf(made.font(1), made.numbers(37, 1), drawn)) == ["gate keys"]


def test_the_font_that_is_selected_tells_the_letters_not_the_one_made_last(read):
    russian, greek = (made.old_font(charset=charset) for charset in (204, 161))
    data = made.wmf(
        russian, greek, made.old_number(0x012D, 0), made.old_text("двери".encode("cp1251"), 40, 100),
        made.old_number(0x012D, 1), made.old_text("θύρα".encode("cp1253"), 40, 200),
    )  # fmt: skip
    assert lines(read, data) == ["двери", "θύρα"]


def test_an_object_that_is_made_takes_the_first_free_place(read):
    pen, russian, greek = made.old(0x02FA, bytes(10)), made.old_font(charset=204), made.old_font(charset=161)
    deleted = made.old_number(0x01F0, 0)
    data = made.wmf(
        pen,
        greek,
        deleted,
        deleted,
        russian,
        made.old_number(0x012D, 0),
        made.old_text("двери".encode("cp1251"), 40, 100),
    )
    assert lines(read, data) == ["двери"]


def test_a_font_that_is_forgotten_is_not_selected(read):
    data = made.emf(
        made.font(1, charset=204), made.font(2, charset=161), made.numbers(37, 1), made.numbers(40, 2), made.numbers(37, 2),
        made.text("двери", 40, 100, codec="cp1251"),
    )  # fmt: skip
    assert lines(read, data) == ["двери"]


@pytest.mark.parametrize("charset, codec", [(128, "cp932"), (134, "gb18030"), (136, "big5hkscs"), (129, "cp949")])
def test_steps_that_are_stated_for_bytes_are_those_of_letters(read, charset, codec):
    raw = "門 二".encode(codec)
    steps = [20, 0, 100, 20, 0]
    old = made.wmf(made.old_font(charset=charset), made.old_number(0x012D, 0), made.old_steps(raw, 40, 100, steps))
    assert lines(read, old) == ["門 二"]


def test_a_letter_of_two_halves_has_two_steps(read):
    data = made.emf(made.font(1), made.numbers(37, 1), made.text("𠮷keys", 40, 100, [20, 0, 10, 10, 10, 10]))
    assert lines(read, data) == ["𠮷keys"]


@pytest.mark.parametrize("align, first, second", [(0, 0, 100), (made.RIGHT, 100, 200), (made.CENTRE, 50, 150)])
def test_where_a_text_stands_is_told_by_its_alignment(read, align, first, second):
    drawn = made.text("gatehouses", first, 100, [10] * 10), made.text("keys", second + 20, 100, [10] * 4)
    close = (
        made.text("gatehouses", first, 100, [10] * 10),
        made.text("s", second - {0: 0, made.RIGHT: 90, made.CENTRE: 45}[align], 100, [10]),
    )
    head = made.font(1), made.numbers(37, 1), made.numbers(22, align | made.BASELINE)
    assert lines(read, made.emf(*head, *drawn)) == ["gatehouses keys"]
    assert lines(read, made.emf(*head, *close)) == ["gatehousess"]


def test_text_that_moves_the_pen_goes_on_where_it_ended(read):
    drawn = [made.text(c, 0, 0, [10]) for c in "gate"]
    head = made.font(1), made.numbers(37, 1), made.numbers(22, made.UPDATES), made.numbers(27, 300, 200)
    assert lines(read, made.emf(*head, *drawn, made.numbers(27, 300, 260), made.text("keys", 0, 0))) == ["gate", "keys"]
    old = [made.old_steps(c, 0, 0, [10]) for c in (b"g", b"a", b"t", b"e")]
    head = (
        made.old_font(),
        made.old_number(0x012D, 0),
        made.old_number(0x012E, made.UPDATES),
        made.old_pair(0x0214, 300, 200),
    )
    assert lines(read, made.wmf(*head, *old)) == ["gate"]


def test_turned_text_is_a_line_of_its_own_angle(read):
    turned = [made.text(c, 500, 400 - 10 * place, [10]) for place, c in enumerate("upwards")]
    data = made.emf(
        made.font(1),
        made.font(2, escapement=900),
        made.numbers(37, 1),
        made.text("across", 480, 380),
        made.numbers(37, 2),
        *turned,
    )
    assert lines(read, data) == ["across", "upwards"]
    world = made.world(0, -1, 1, 0, 500, 400)  # a quarter to the left
    by_world = [made.text(c, 10 * place, 0, [10]) for place, c in enumerate("upwards")]
    data = made.emf(made.font(1), made.numbers(37, 1), made.text("across", 480, 380), world, *by_world)
    assert lines(read, data) == ["across", "upwards"]


def test_what_was_saved_is_restored_with_its_font_and_its_space(read):
    head = made.font(1, charset=204), made.font(2, charset=161), made.numbers(37, 1), made.record(33)
    inside = made.numbers(37, 2), made.world(1, 0, 0, 1, 0, 500), made.text("θύρα", 40, 0, codec="cp1253")
    after = made.numbers(34, -1), made.text("двери", 40, 100, codec="cp1251")
    assert lines(read, made.emf(*head, *inside, *after)) == ["двери", "θύρα"]


@pytest.mark.parametrize("mode, is_after", [(2, True), (3, False)])
def test_a_world_is_modified_from_within_or_from_without(read, mode, is_after):
    # Twice as large and then 50 aside, or 50 aside and all of it twice as large.
    changed = made.world(2, 0, 0, 2, 0, 0), made.world(1, 0, 0, 1, 0, 50, mode=mode)
    height = 100 if is_after else 50
    marks = (
        made.world(1, 0, 0, 1, 0, 0, mode=1),
        made.text("before", 0, height - 25),
        made.text("behind", 0, height + 25),
    )
    head = made.font(1, -8), made.numbers(37, 1), made.numbers(22, made.BASELINE)
    assert lines(read, made.emf(*head, *changed, made.text("here", 300, 0), *marks)) == ["before", "here", "behind"]


def test_a_window_that_changes_within_a_picture_is_reckoned_with(read):
    font = made.old_font(), made.old_number(0x012D, 0)
    first = made.old_pair(0x020C, 1000, 500), made.old_text(b"below", 40, 400)
    second = (
        made.old_pair(0x020C, 10_000, 5_000),
        made.old_pair(0x020B, 0, 0),
        made.old_font(-200),
        made.old_number(0x012D, 1),
        made.old_text(b"above", 400, 1000),
    )
    assert lines(read, made.wmf(*font, *first, *second)) == ["above", "below"]


def test_a_page_whose_heights_go_up_is_read_from_its_top(read):
    data = made.emf(made.numbers(17, 2), made.text("below", 40, -300), made.text("above", 40, -100))
    assert lines(read, data) == ["above", "below"]


def test_numbers_of_a_font_are_no_letters(read):
    data = made.emf(made.text("+,-", 40, 100, options=0x10), made.text("keys", 40, 200))
    assert lines(read, data) == ["keys"]
    assert lines(read, made.wmf(made.old_steps(b"+,-", 40, 100, options=0x10), made.old_text(b"keys", 40, 200))) == [
        "keys"
    ]


def test_letters_of_a_font_of_signs_are_signs(read):
    data = made.wmf(
        made.old_font(name="Wingdings", charset=2), made.old_number(0x012D, 0), made.old_text(b"n", 40, 100)
    )
    assert lines(read, data) == ["\uf06e"]
    data = made.emf(made.font(1, name="Symbol", charset=2), made.numbers(37, 1), made.text("a=2", 40, 100))
    assert lines(read, data) == ["\uf061=2"]


def test_texts_of_other_records_are_drawn_too(read):
    data = made.emf(
        made.texts(("gate", 40, 100), ("keys", 40, 200)),
        made.small("doors", 40, 300),
        made.small("门", 40, 400, short=False, bounds=True),
    )
    assert lines(read, data) == ["gate", "keys", "doors", "门"]


def test_a_rectangle_that_is_left_out_moves_what_stands_behind_it(read):
    raw = "ll".encode("utf-16-le")
    body = bytes(16) + struct.pack("<IffiiIIII", 1, 0, 0, 40, 100, 2, 60, 0x100, 64) + raw + struct.pack("<2i", 90, 10)
    assert lines(read, made.emf(made.font(1), made.numbers(37, 1), made.record(84, body))) == ["l l"]


def test_text_from_right_to_left_is_read_so(read):
    drawn = [
        made.text(words, x, 100, [10] * len(words))
        for words, x in (
            (
                "שער",
                60,
            ),
            ("מפתח", 10),
        )
    ]
    assert lines(read, made.emf(made.font(1), made.numbers(37, 1), *drawn)) == ["שער מפתח"]


def test_a_newer_metafile_in_an_older_one_is_what_shows(read):
    inner = made.emf(made.text("门 and keys", 40, 100), *[made.text("x" * 90, 40, 150 + 50 * n) for n in range(9)])
    data = made.wmf(made.old_text(b"? and keys", 40, 100), *made.comments(inner, 700))
    found = read(data, "a.wmf")
    assert found.visible_text.splitlines()[0] == "门 and keys"
    assert found.hidden_pieces == [("drawn by some programs", "? and keys\n")]


def test_what_an_older_metafile_hides_is_not_lost_where_a_newer_one_shows(read):
    inner = made.emf(made.text("gate", 40, 100))
    covered = (
        made.old_text(b"keys", 40, 100)
        + made.old_brush()
        + made.old_number(0x012D, 0)
        + made.old_rectangle(30, 90, 700, 130)
    )
    found = read(made.wmf(covered, *made.comments(inner)), "a.wmf")
    assert found.visible_text == "gate\n"
    assert ("drawn by some programs", "keys\n") in found.hidden_pieces


def test_a_newer_metafile_that_is_not_whole_is_passed_over(read):
    parts = made.comments(made.emf(*[made.text(f"line {n}", 40, 50 * n) for n in range(20)]), 700)
    assert len(parts) > 2
    assert lines(read, made.wmf(made.old_text(b"line 0", 40, 100), *parts))[-1] == "line 19"
    for lost in range(len(parts)):
        left = parts[:lost] + parts[lost + 1 :]
        assert lines(read, made.wmf(made.old_text(b"older", 40, 100), *left)) == ["older"]


def test_strings_of_the_newest_kind_are_read_where_nothing_else_draws_them(read):
    strings = made.plus_string("gate"), made.plus_letters("keys"), made.plus_letters("+-", flags=0)
    alone = made.emf(made.plus(made.plus_record(0x4001, 0, bytes(16)), *strings))
    both = made.emf(made.plus(made.plus_record(0x4001, 1, bytes(16)), *strings), made.text("gate", 40, 100))
    assert lines(read, alone) == ["gate", "keys"]
    found = read(both, "a.emf")
    assert found.visible_text == "gate\n"
    assert found.hidden_pieces == [("drawn by some programs", "keys\n")]


def test_a_place_that_is_none_loses_no_word(read):
    for values in ((float("nan"),) * 6, (float("inf"),) * 6, (3e38,) * 6, (0.0,) * 6):
        found = read(made.emf(made.world(*values), made.text("keys", 2**31 - 1, -(2**31))), "a.emf")
        assert found.visible_text == "keys\n"


def test_a_document_within_a_metafile_comes_out(read):
    inner = b"%PDF-1.4 doors %%EOF "
    found = read(made.emf(made.record(70, bytes(24) + inner), made.text("keys", 40, 100)), "a.emf")
    assert [(member.name, bytes(member.data).rstrip(b"\0")) for member in found.members] == [("picture.pdf", inner)]
    assert found.visible_text == "keys\n"


BOX = 30, 90, 700, 130
SAID = made.text(SECRET, 40, 100)
BLACK = made.brush(5) + made.numbers(37, 5)
WHITE_INK, CLEAR_GROUND = made.record(24, b"\xff\xff\xff\0"), made.numbers(18, 1)
CORNERS = (30, 90), (700, 90), (700, 130), (30, 130)
LINES = made.numbers(27, 30, 90), made.numbers(54, 700, 90), made.numbers(54, 700, 130), made.numbers(54, 30, 130)
OLD_SAID = made.old_text(SECRET.encode(), 40, 100)
OLD_BLACK = made.old_brush() + made.old_number(0x012D, 0)
OLD_WHITE, OLD_CLEAR = made.old_colour(0x0209, (255, 255, 255)), made.old_number(0x0102, 1)


@pytest.mark.parametrize("drawn", [
    SAID + BLACK + made.rectangle(*BOX),
    SAID + made.numbers(37, -0x7FFFFFFC) + made.rectangle(*BOX),
    SAID + BLACK + made.polygon(*CORNERS),
    SAID + BLACK + made.polygon(*CORNERS, kind=3),
    SAID + BLACK + made.path(*LINES, made.record(61)),
    SAID + BLACK + made.path(LINES[0], made.polygon(*CORNERS[1:], kind=89), made.record(61)),
    SAID + BLACK + made.path(made.rectangle(*BOX), end=63),
    SAID + BLACK + made.blot(30, 90, 700, 40),
    SAID + made.blot(30, 90, 700, 40, 0x42),
    SAID + made.record(25, b"\0\0\0\0") + made.text(" ", 0, 0, options=2, box=BOX),
    made.record(33) + made.world(1, 0, 0, 1, 0, 50) + made.text(SECRET, 40, 50) + made.numbers(34, -1) + BLACK + made.rectangle(*BOX),
    WHITE_INK + SAID,
    WHITE_INK + CLEAR_GROUND + SAID,
    BLACK + made.rectangle(*BOX) + CLEAR_GROUND + SAID,
    made.record(25, b"\x05\x05\x05\0") + SAID,
    SAID + BLACK + made.numbers(30, 0, 0, 9, 9) + made.record(75, struct.pack("<II", 0, 5)) + made.rectangle(*BOX),
])  # fmt: skip
def test_what_is_painted_over_or_in_the_ink_of_its_ground_is_hidden_text(read, drawn):
    found = read(made.emf(drawn), "a.emf")
    assert SECRET not in found.visible_text
    assert ("not seen", f"{SECRET}\n") in found.hidden_pieces


@pytest.mark.parametrize("drawn", [
    BLACK + made.rectangle(*BOX) + SAID,  # on paper of its own
    BLACK + made.rectangle(*BOX) + WHITE_INK + CLEAR_GROUND + SAID,
    SAID + BLACK + made.rectangle(30, 300, 700, 330),
    SAID + BLACK + made.rectangle(30, 105, 700, 109),
    SAID + made.brush(5, 1) + made.numbers(37, 5) + made.rectangle(*BOX),
    SAID + made.brush(5, 2) + made.numbers(37, 5) + made.rectangle(*BOX),
    SAID + BLACK + made.record(93, bytes([6]) + bytes(7)) + made.numbers(37, 6) + made.rectangle(*BOX),
    SAID + BLACK + made.numbers(42, *BOX),
    SAID + BLACK + made.polygon(*CORNERS[:3]),
    SAID + BLACK + made.path(*LINES, end=64),
    SAID + BLACK + made.path(*LINES, end=68),
    SAID + BLACK + made.path(*LINES, made.polygon((1, 2), (3, 4), (5, 6), kind=88)),
    SAID + BLACK + made.path(*LINES, *LINES),
    SAID + BLACK + made.record(59) + made.rectangle(*BOX),
    SAID + BLACK + made.numbers(20, 7) + made.rectangle(*BOX),
    SAID + BLACK + made.numbers(30, 0, 0, 9, 9) + made.rectangle(*BOX),
    SAID + BLACK + made.path(*LINES, end=67) + made.rectangle(*BOX),
    SAID + made.blot(30, 90, 700, 40, 0xCC0020),
    made.blot(0, 0, 900, 400, 0xCC0020) + WHITE_INK + CLEAR_GROUND + SAID,
    made.record(81, bytes(80)) + WHITE_INK + CLEAR_GROUND + SAID,
    made.record(24, b"\xff\xff\xff\1") + SAID,
])  # fmt: skip
def test_what_shows_or_is_not_known_is_visible_text(read, drawn):
    assert read(made.emf(drawn), "a.emf").visible_text == f"{SECRET}\n"


@pytest.mark.parametrize("drawn, shows", [
    (OLD_SAID + OLD_BLACK + made.old_rectangle(*BOX), False),
    (OLD_SAID + OLD_BLACK + made.old(0x061D, struct.pack("<I4h", 0xF00021, 40, 700, 90, 30)), False),
    (OLD_SAID + OLD_BLACK + made.old(0x0324, struct.pack("<9h", 4, 30, 90, 700, 90, 700, 130, 30, 130)), False),
    (OLD_SAID + made.old_colour(0x0201, (0, 0, 0)) + made.old(0x0A32, struct.pack("<hhHH4h", 0, 0, 0, 2, *BOX)), False),
    (OLD_WHITE + OLD_SAID, False),
    (OLD_WHITE + OLD_CLEAR + OLD_SAID, False),
    (OLD_BLACK + made.old_rectangle(*BOX) + OLD_CLEAR + OLD_SAID, False),
    (OLD_BLACK + made.old_rectangle(*BOX) + OLD_WHITE + OLD_CLEAR + OLD_SAID, True),
    (OLD_SAID + made.old_brush(1) + made.old_number(0x012D, 0) + made.old_rectangle(*BOX), True),
    (OLD_SAID + made.old(0x0142, bytes(40)) + made.old_number(0x012D, 0) + made.old_rectangle(*BOX), True),
    (OLD_SAID + OLD_BLACK + made.old(0x0418, struct.pack("<4h", 130, 700, 90, 30)), True),
    (OLD_SAID + OLD_BLACK + made.old_number(0x0104, 7) + made.old_rectangle(*BOX), True),
    (OLD_SAID + OLD_BLACK + made.old(0x0416, struct.pack("<4h", 9, 9, 0, 0)) + made.old_rectangle(*BOX), True),
    (made.old(0x0F43, bytes(60)) + OLD_WHITE + OLD_CLEAR + OLD_SAID, True),
])  # fmt: skip
def test_an_older_metafile_is_asked_what_it_paints_as_well(read, drawn, shows):
    found = read(made.wmf(made.old_pair(0x020C, 1000, 500), drawn), "a.wmf")
    assert (SECRET in found.visible_text) is shows
    assert SECRET in found.text


def test_a_word_that_is_covered_by_half_is_seen_by_half(read):
    drawn = (
        made.font(1),
        made.numbers(37, 1),
        made.text("ninekeys", 100, 100, [10] * 8),
        BLACK,
        made.rectangle(140, 90, 300, 130),
    )
    found = read(made.emf(*drawn), "a.emf")
    assert found.visible_text == "nine\n"
    assert ("not seen", "keys\n") in found.hidden_pieces


def test_the_shadow_that_is_covered_is_not_the_word_that_shows(read):
    drawn = SAID + BLACK + made.rectangle(*BOX) + CLEAR_GROUND + WHITE_INK + made.text(SECRET, 42, 102)
    found = read(made.emf(drawn), "a.emf")
    assert found.visible_text == f"{SECRET}\n"
    assert ("not seen", f"{SECRET}\n") in found.hidden_pieces


HOSTILE = {
    "boxes over and under": made.emf(*[BLACK, *[made.rectangle(n % 900, 0, n % 900 + 90, 400) for n in range(900)], CLEAR_GROUND, *[made.text("keys " * 9, n, n % 400) for n in range(900)]] * 2),
    "boxes without end": made.emf(BLACK, CLEAR_GROUND, *[made.rectangle(n % 900, 0, n % 900 + 90, 400) + made.text("k", n % 900, n % 400) for n in range(40_000)]),
    "lies": made.emf()[:100] + struct.pack("<II", 84, 2**32 - 1) + b"\xff" * 100,
    "one string ten thousand times": made.emf(made.record(97, bytes(16) + struct.pack("<IffI", 1, 0, 0, 9999) + struct.pack("<iiIII4iI", 0, 0, 400_000, 0x28, 0, 0, 0, 0, 0, 0) * 20_000)),
    "steps without end": made.emf(made.font(1), made.numbers(37, 1), made.text("l" * 200_000, 0, 0, [30] * 200_000)),
    "letters one by one": made.emf(made.font(1), made.numbers(37, 1), *[made.text("l", n * 5 % 900, n // 180 * 20, [5]) for n in range(100_000)]),
    "fonts without end": made.wmf(*[made.old_font() + made.old_number(0x01F0, 0)] * 1000, *[made.old_font()] * 70_000, made.old_text(b"keys", 0, 0)),
    "saved without end": made.emf(*[made.record(33)] * 100_000, *[made.numbers(34, -1)] * 100_000, made.text("keys", 0, 0)),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_metafiles_end_soon(read, name):
    started = time.process_time()
    found = read(HOSTILE[name], "a.emf")
    assert found.ended in {Outcome.OK, Outcome.PARTIAL}
    assert len(found.visible_text) < 5_000_000
    assert time.process_time() - started < 10


def test_what_is_drawn_beyond_all_reason_is_cut_and_said_to_be(read):
    found = read(HOSTILE["one string ten thousand times"], "a.emf")
    assert found.ended is Outcome.PARTIAL


WHOLE = made.emf(
    made.font(1),
    made.numbers(37, 1),
    made.world(1, 0, 0, 1, 5, 5),
    made.text(WORDS, 40, 100, [10] * len(WORDS)),
    made.small("x", 1, 2),
    made.texts(("a", 1, 2)),
)
OLD = made.wmf(
    made.old_font(),
    made.old_number(0x012D, 0),
    made.old_steps(WORDS.encode(), 40, 100, [10] * len(WORDS)),
    *made.comments(WHOLE, 300),
)


@pytest.mark.parametrize("whole", [WHOLE, OLD], ids=["emf", "wmf"])
@given(data=st.data())
def test_no_damage_trips_the_reader(read, whole, data):
    place = data.draw(st.integers(44, len(whole) - 1))
    noise = data.draw(st.one_of(st.binary(max_size=8), st.just(b"\xff" * 8), st.just(bytes(8))))
    cut = data.draw(st.sampled_from([len(whole), place]))
    found = read((whole[:place] + noise + whole[place + len(noise) :])[:cut], "a.emf")
    assert "gave up" not in found.detail
    found.text.encode()
