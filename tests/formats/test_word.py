"""Older Word documents: what shows is visible, all else is hidden under its label, and no lie in them costs more."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.forge import word_forge as made
from tests.forge.word_forge import document, older, para

from witnessmark.formats import word, word_lists, word_properties, word_story
from witnessmark.formats.compound_build import build
from witnessmark.model.derivative import Outcome

SECRET = "lanternwatch"


def field(code, result):
    return ("\x13", made.SPECIAL), code, ("\x14", made.SPECIAL), result, ("\x15", made.SPECIAL)


def test_a_document_shows_what_its_page_shows(read):
    lists = made.list_parts(made.level("\0."), made.level("\0.\1)", form=4))
    body = [
        para("Tarn ", ("Papers", made.INSERTED), (SECRET, made.DELETED + made.by(1)), " of Kestria"),
        para(*field(' HYPERLINK "https://tarn.example/a" ', "the link")),
        para("first", pap=made.listed(1)),
        para("inner", pap=made.listed(1, 1)),
        para("second", pap=made.listed(1)),
        para("door", pap=made.IN_TABLE, mark="\x07"),
        para("key", pap=made.IN_TABLE, mark="\x07"),
        para(pap=made.IN_TABLE + made.ROW_END, mark="\x07"),
        para("a", ("b", made.HIDDEN), "c", ("white", made.WHITE), "\x0bd\x1ee\x1ff"),
        para(("(", made.SPECIAL + struct.pack("<HHH", 0x6A09, 3, 0x2713)), (" all of it hides", made.HIDDEN)),
        para(("gone", made.HIDDEN), has=made.HIDDEN),
    ]
    found = read(document(body, {**lists, 51: made.wide_names("Unknown", "Ada Tern")}), "a.doc")
    assert (found.media_type, found.ended) == ("application/msword", Outcome.OK)
    assert found.visible_text == (
        "Tarn Papers of Kestria\nthe link\n1. first\n1.a) inner\n2. second\ndoor\tkey\nac\nd\u2011e\u00adf\n\u2713\n"
    )
    pieces = found.hidden_pieces
    assert ("deleted text", f"{SECRET}\n") in pieces
    assert ("field code", 'HYPERLINK "https://tarn.example/a"\n') in pieces
    assert ("address", "https://tarn.example/a\n") in pieces
    assert ("hidden text", "b\n") in pieces
    assert ("hidden text", "all of it hides\n") in pieces
    assert ("hidden text", "gone\n") in pieces
    assert ("white text", "white\n") in pieces
    assert found.observed("address") == ["https://tarn.example/a"]
    (changes,) = found.observed("office.changes")
    assert changes["authors"] == ["Ada Tern", "Unknown"]
    assert found.observed("date.changed")[0]["local"] == word_story.moment_of(0x4D12_3456)


def test_hidden_by_style_is_hidden_and_a_run_may_say_otherwise(read):
    style = struct.pack("<HH", 0x4A30, 10)
    shows, turned = struct.pack("<HB", 0x083C, 0), struct.pack("<HB", 0x083C, 0x81)
    body = [para("a ", ("styled", style), (" shown", style + shows), (" turned", style + turned))]
    found = read(document(body, {1: made.character_style(made.HIDDEN)}), "a.doc")
    assert found.visible_text == "a  shown turned\n"
    assert ("hidden text", "styled\n") in found.hidden_pieces


def test_notes_boxes_comments_and_edges_come_where_they_belong(read):
    edge = [para("even header"), para("header"), para("even footer"), para("footer"), para("first header"), para("ff")]
    lengths = [0] * 6 + [len("".join(run for run, _ in runs)) for runs, _, _ in edge]
    places = [sum(lengths[:i]) for i in range(len(lengths) + 1)]
    comments = [para("look here"), para("and there")]
    stories = {
        "body": [para("body", ("\x02", made.SPECIAL))],
        "footnotes": [para(("\x02", made.SPECIAL), " a note")],
        "edges": edge,
        "comments": comments,
        "endnotes": [para("an endnote")],
        "boxes": [para("in a box")],
        "macros": [para("old macro")],
    }
    initials = struct.pack("<H", 2) + "AT".encode("utf-16-le").ljust(18, b"\0")
    parts = {
        4: made.plc([0, 1, 5], [initials + struct.pack("<HHHI", owner, 0, 0, 0) for owner in (1, 9)]),
        5: made.plc([0, 10, 20, 21]),
        6: made.plc([0, 5], [struct.pack("<HIHI", 0, 0, 0, 0)]),
        11: made.plc([*places, places[-1] + 1]),
        31: bytes(500),
        36: made.in_a_row("Nobody", "Ada Tern"),
        71: made.wide_names("Ada Tern", "C:\\Kestria\\tarn.doc"),
    }
    found = read(document(stories, parts), "a.doc")
    assert found.ended is Outcome.OK
    assert found.visible_text == "header\nbody\n a note\nan endnote\nin a box\nfooter\n"
    pieces = found.hidden_pieces
    assert ("comment", "Ada Tern: look here\n") in pieces
    assert ("comment", "AT: and there\n") in pieces
    assert ("macro text", "old macro\n") in pieces
    for label, text in (("header", "even header"), ("footer", "even footer"), ("header", "first header")):
        assert (f"{label} not shown", f"{text}\n") in pieces
    assert found.observed("office.savedby") == [{"author": "Ada Tern", "path": "C:\\Kestria\\tarn.doc"}]
    facing = read(document(stories, {**parts, 31: b"\1" + bytes(500)}), "a.doc")
    assert "even header\nheader\n" in facing.visible_text


def test_text_that_a_hasty_save_left_behind_is_told_as_such(read):
    left = f"The {SECRET} keeps two keys under the stone\r".encode("utf-16-le").ljust(512, b"\0")
    found = read(document([para("kept")], left=left, flags=0x0204), "a.doc")
    assert found.visible_text == "kept\n"
    assert ("text no longer in use", f"The {SECRET} keeps two keys under the stone\n") in found.hidden_pieces
    assert SECRET not in read(document([para("kept")], left=left), "a.doc").text


def test_bytes_that_only_look_like_letters_are_no_words_left_behind(read):
    left = bytes(range(0xFF, 0xB9, -3)).ljust(512, b"\0")
    found = read(document([para("kept")], left=left, flags=0x0204), "a.doc")
    assert "text no longer in use" not in [label for label, _ in found.hidden_pieces]


def test_words_left_behind_in_word_95_are_in_the_code_page_of_its_language():
    raw = "Ключи лежат под камнем".encode("cp1251")
    assert list(word._words(raw, "cp1251", in_han=False)) == ["Ключи лежат под камнем"]


def test_what_a_piece_carries_holds_for_its_text(read):
    found = read(document([para(SECRET)], change=made.DELETED), "a.doc")
    assert SECRET not in found.visible_text
    assert ("deleted text", f"{SECRET}\n") in found.hidden_pieces


def test_a_document_under_a_password_is_told_as_such(read):
    assert read(document([para("x")], flags=0x0300), "a.doc").ended is Outcome.ENCRYPTED


@pytest.mark.parametrize(
    ("words", "language", "charset", "codec"),
    [
        ("Двери закрыты", 0x0419, 0, "cp1251"),
        ("Двери закрыты", 0x0409, 204, "cp1251"),
        ("门在夜里锁上", 0x0804, 0, "gb18030"),
        ("Türen zu", 0x0407, 0, "cp1252"),
        ("Dveře zavřeny", 0x0405, 0, "cp1250"),
    ],
)
def test_word_6_is_read_in_its_own_code_page(read, words, language, charset, codec):
    raw = words.encode(codec)
    font = bytes((93, 0, 0))
    found = read(
        older(
            raw + b"\rseen unseen\r",
            language=language,
            charset=charset,
            runs=[
                (0, len(raw) + 1, font),
                (len(raw) + 1, len(raw) + 6, b""),
                (len(raw) + 6, len(raw) + 12, bytes((92, 1))),
                (len(raw) + 12, len(raw) + 13, b""),
            ],
        ),
        "a.doc",
    )
    assert found.ended is Outcome.OK
    assert found.visible_text == f"{words}\nseen \n"
    assert ("hidden text", "unseen\n") in found.hidden_pieces


def test_word_95_of_the_far_east_keeps_two_bytes_a_character(read):
    words = "夜班名单\rNight roster\r"
    found = read(older(words.encode("utf-16-le"), language=0x0804, flags=0x1000, count=len(words)), "a.doc")
    assert found.ended is Outcome.OK
    assert found.visible_text == words.replace("\r", "\n")


def test_word_2_gives_its_text_and_says_that_it_cannot_tell_more(read):
    head = bytearray(0x180)
    struct.pack_into("<HHHH", head, 0, 0xA5DB, 0x2D, 0, 0x0409)
    struct.pack_into("<II", head, 0x18, 0x180, 0x180 + 11)
    found = read(bytes(head) + b"The keys\rB\r" + bytes(3000), "a.doc")
    assert found.ended is Outcome.PARTIAL
    assert "The keys\nB\n" in found.hidden_text


WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Co", "Cn"), exclude_characters="\ufeff"), max_size=12)
RUNS = st.lists(st.tuples(WORDS, st.sampled_from((b"", made.DELETED, made.HIDDEN))), max_size=6)


@given(st.lists(RUNS, min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_text_comes_back_whole_and_on_its_own_side(read, paragraphs):
    found = read(document([para(*runs) for runs in paragraphs]), "a.doc")
    assert found.ended is Outcome.OK
    shown = "".join("".join(text for text, has in runs if not has) + "\n" for runs in paragraphs)
    assert found.visible_text.strip() == shown.rstrip("\n").strip()
    for label, has in (("deleted text", made.DELETED), ("hidden text", made.HIDDEN)):
        hidden = "".join(text for runs in paragraphs for text, mark in runs if mark == has)
        said = "".join(text for where, text in found.hidden_pieces if where == label)
        assert "".join(said.split()) == "".join(hidden.split())


@given(st.binary(max_size=80))
def test_no_changes_make_the_reader_stray(raw):
    word_properties.changes(raw)
    word_properties.older_changes(raw)


LIES = (0, 1, 0x7FFFFFFF, 0xFFFFFFFF)
SPECIMEN = made.streams(
    {
        "body": [para("one", (" two", made.DELETED)), para("three", pap=made.listed(1))],
        "footnotes": [para("note")],
        "edges": [para("edge")],
        "comments": [para("comment")],
        "boxes": [para("box")],
    },
    {
        **made.list_parts(made.level("\0.")),
        1: made.character_style(made.HIDDEN),
        4: made.plc([0, 1], [bytes(30)]),
        5: made.plc([0, 8, 9]),
        6: made.plc([0, 5], [bytes(12)]),
        11: made.plc([0] * 12 + [5, 6]),
        36: made.in_a_row("Ada"),
        51: made.wide_names("Ada"),
        71: made.wide_names("Ada", "C:"),
    },
)
ENDS = (Outcome.OK, Outcome.PARTIAL, Outcome.CORRUPT)


@pytest.mark.parametrize("lie", LIES)
def test_a_head_that_lies_ends_in_order(read, lie):
    data = SPECIMEN["WordDocument"]
    for place in (*range(0x18, 0x20, 4), *range(0x4C, 0x6C, 4), *range(0x98, 0x9A + 8 * 114, 4)):
        found = read(
            build({**SPECIMEN, "WordDocument": data[:place] + struct.pack("<I", lie) + data[place + 4 :]}), "a.doc"
        )
        assert found.ended in ENDS


@pytest.mark.parametrize("lie", LIES)
def test_tables_that_lie_end_in_order(read, lie):
    data = SPECIMEN["1Table"]
    for place in range(0, len(data) - 4, 3):
        found = read(build({**SPECIMEN, "1Table": data[:place] + struct.pack("<I", lie) + data[place + 4 :]}), "a.doc")
        assert found.ended in ENDS


def test_pages_that_lie_end_in_order(read):
    data = SPECIMEN["WordDocument"]
    for place in range(made.TEXT_AT, len(data), 7):
        for lie in (b"\xff", b"\0"):
            found = read(build({**SPECIMEN, "WordDocument": data[:place] + lie + data[place + 1 :]}), "a.doc")
            assert found.ended in ENDS


def test_pieces_that_name_one_text_again_and_again_give_it_no_more_than_the_file_holds(read):
    streams = made.streams([para("x" * 4000)])
    count = 20_000
    bounds = struct.pack(f"<{count + 1}I", *(4000 * i for i in range(count + 1)))
    clx = b"\2" + struct.pack("<I", len(bounds) + 8 * count) + bounds + struct.pack("<HIH", 0, made.TEXT_AT, 0) * count
    head = bytearray(streams["WordDocument"])
    struct.pack_into("<I", head, 0x4C, 4000 * count)
    struct.pack_into("<II", head, 0x1A2, len(streams["1Table"]), len(clx))
    found = read(build({"WordDocument": bytes(head), "1Table": streams["1Table"] + clx}), "a.doc")
    assert len(found.visible_text) < 5 * len(head)


def test_comments_that_all_name_the_whole_story_end_in_order(read):
    streams = made.streams({"body": [para("x")], "comments": [para("y" * 3000)]})
    places = made.plc([0, 3001] * 30_000)
    head = bytearray(streams["WordDocument"])
    struct.pack_into("<II", head, 0x9A + 8 * 5, len(streams["1Table"]), len(places))
    found = read(build({"WordDocument": bytes(head), "1Table": streams["1Table"] + places}), "a.doc")
    assert found.ended is Outcome.PARTIAL
    assert len(found.hidden_text) < 5 * len(head) + 100_000


def test_lists_that_break_off_number_nothing():
    assert word_lists._level(b"\0" * 10, 0)[1] == 10
