"""Laws of Pages, Numbers and Keynote since 2013: what shows is told in order, what does not is apart, none is skipped."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.forge import iwa_forge as forge
from tests.forge.iwa_forge import box, cell, marks, old_cell, ref, row, text

from witnessmark.formats import iwa, iwa_format, protobuf, snappy
from witnessmark.formats.iwa_cell import decimal
from witnessmark.model.derivative import Outcome

PEOPLE = [(90, 212, {1: "Ode Marr"}), (91, 3056, {1: "who says?", 3: ref(90), 4: ref(92)}), (92, 3056, {1: "I do"})]
PAGES = [
    (1, 10000, {4: ref(2), 5: ref(10), 3: ref(20), 15: {}}),
    (
        2,
        2001,
        text(
            "The \U0001f511 doors\u2028are locked\ufffc\x0e now\nand gone\x05Beds:\ufffc",
            kind=0,
            f9=marks((23, 3), (44, 4)),
            f11=marks((4, 6), (6, None)),
            f16=marks((24, 5)),
            f22=marks((30, 7), (38, None)),
            f23=marks((4, 8), (8, None)),
        ),
    ),
    (3, 2004, {1: "7"}),
    (4, 2003, {1: ref(30)}),
    (5, 2008, {2: ref(9)}),
    (6, 2032, {2: "https://lantern.example/"}),
    (7, 2060, {1: 2}),
    (8, 2013, {1: ref(91)}),
    (9, 2001, text("a foot note", kind=2)),
    (10, 10011, {23: ref(11), 25: ref(12)}),
    (11, 10143, {1: ref(13)}),
    (12, 10143, {1: [ref(14), ref(15)], 2: ref(16)}),
    (13, 2001, text("First page only", kind=1)),
    (14, 2001, text("Lantern", kind=1)),
    (15, 2001, text("East wing", kind=1)),
    (16, 2001, text("page", kind=1)),
    (20, 10010, {1: [{1: 4, 4: {1: ref(23)}}, {1: 0, 4: [{1: ref(21)}, {1: ref(25)}]}]}),
    (21, 2011, box(22, f8="a drawing of keys", f4="https://b.example/")),
    (22, 2001, text("In a box")),
    (23, 2011, box(24)),
    (24, 2001, text("On page five")),
    (25, 3005, {1: {8: "a lamp", 10: ref(26), 12: 0, 11: ref(28), 13: 1}}),
    (26, 633, {1: box(27)}),
    (27, 2001, text("Figure 1")),
    (28, 633, {1: box(29)}),
    (29, 2001, text("unseen words")),
    (60, 2001, text("left behind")),
    *forge.table(30, [row(0, [cell(3, string=1), cell(2, value=(17, 0))])], {4: {1: {3: "Bed"}}}),
    *PEOPLE,
]
FORMATS = {1: {6: {1: 257, 2: 2, 3: "EUR", 5: 1, 6: 1}}, 2: {6: {1: 258, 2: 1}}, 3: {6: {1: 261, 14: "d MMM yyyy"}}}
ROWS = [
    row(0, [cell(3, string=1), cell(3, string=2), None, cell(3, string=3)]),
    row(
        1, [cell(9, rich=1), cell(2, value=(-1375, -1), comment=1), cell(5, date=86400.0 * 365), cell(6, value=(1, 0))]
    ),
    row(2, [cell(7, value=(5400, 0)), cell(2, value=(-775, 0), number=1), cell(2, value=(5, -2), number=2)]),
    row(3, [cell(3, string=4)]),
]
LISTS = {
    4: {1: {3: "Name"}, 2: {3: "Bed"}, 3: {3: "Key"}, 4: {3: "hidden words"}, 5: {3: "no longer used"}},
    17: {1: {9: ref(70)}},
    19: {1: {10: ref(91)}},
    22: FORMATS,
}
NUMBERS = [
    (1, 1, {1: [ref(2), ref(3)], 4: ref(0), 8: {}}),
    (2, 2, {1: "Wing", 2: [ref(30), ref(50)], 18: ref(5)}),
    (3, 2, {1: "Put away", 25: 1, 2: ref(6)}),
    (5, 2001, text("printed above", kind=1)),
    (6, 2011, box(7)),
    (7, 2001, text("in the put away sheet")),
    *forge.table(30, ROWS, LISTS, hidden=((3,), (3,))),
    (
        50,
        5021,
        {
            1: {},
            10000: {7: {1: ["East", "West"], 2: ["May"], 3: [{1: {1: 17.0}}, {1: {1: 0.5}}]}, 10: ref(51), 14: ref(52)},
        },
    ),
    (51, 5023, {1: {}, 10000: {21: 1, 23: "Keys by wing"}}),
    (52, 5027, {1: {}, 10000: {14: 0, 16: "Value Axis"}}),
    (70, 6218, {1: ref(71)}),
    (71, 2001, text("Ada\nTern", kind=5)),
    *PEOPLE,
]
KEYNOTE = [
    (1, 1, {2: ref(2), 3: {}}),
    (2, 2, {3: {1: ref(3)}}),
    (3, 4, {1: [ref(4), ref(5), ref(6)]}),
    (4, 4, {2: ref(10), 4: 0}),
    (5, 4, {2: ref(11), 4: 1}),
    (6, 4, {2: ref(12), 4: 0}),
    (10, 5, {5: ref(20), 6: ref(22), 7: [ref(22), ref(20), ref(24)], 27: ref(26), 17: ref(13)}),
    (11, 5, {5: ref(28), 7: ref(28)}),
    (12, 5, {5: ref(30), 7: [ref(32), ref(34)], 17: ref(13)}),
    (13, 5, {5: ref(36), 7: ref(36)}),
    (14, 5, {5: ref(38), 7: ref(38)}),
    *((place, 7, {1: box(place + 1), 2: 2}) for place in (20, 22, 28, 30, 36, 38)),
    (21, 2001, text("Doors")),
    (23, 2001, text("are locked\nat night")),
    (24, 2011, box(25, f6=ref(91))),
    (25, 2001, text("by hand")),
    (26, 15, {1: ref(27)}),
    (27, 2001, text("say it slowly", kind=4)),
    (29, 2001, text("not in the show")),
    (31, 2001, text("a title that was taken away")),
    (32, 3008, {1: {}, 2: [ref(33), ref(32)]}),
    (33, 2011, box(40)),
    (34, 2014, {1: box(35), 2: ref(91)}),
    (35, 2001, text("who says?")),
    (37, 2001, text("Title Text")),
    (39, 2001, text("Title Text")),
    (40, 2001, text("in a group")),
    *PEOPLE,
]
KINDS = {"pages": PAGES, "numbers": NUMBERS, "keynote": KEYNOTE}


@given(st.binary(max_size=4000))
def test_what_snappy_packed_unfolds_to_what_it_was(data):
    assert snappy.unfolded(forge.squeezed(data), len(data)) == data
    assert iwa.unfolded(forge.blocks(data), len(data)) == (data, True)


@given(st.binary(max_size=300), st.integers(0, 3000))
def test_noise_unfolds_to_no_more_than_is_asked_for(noise, most):
    try:
        assert len(snappy.unfolded(noise, most)) <= most
    except snappy.BrokenSnappy as broken:
        assert len(broken.so_far) <= most


def test_a_block_that_states_more_than_it_can_hold_makes_nothing():
    with pytest.raises(snappy.BrokenSnappy) as stopped:
        snappy.unfolded(b"\xff\xff\xff\xff\x07\0a", 1 << 40)
    assert stopped.value.so_far == b""


@given(st.dictionaries(st.integers(1, 5000), st.integers(0, 2**64 - 1) | st.text(), max_size=20))
def test_fields_come_back_by_their_numbers(fields):
    found = protobuf.Message(forge.message(fields))
    assert found.follow()
    for number, value in fields.items():
        assert (found.whole(number) if isinstance(value, int) else found.text(number)) == value


@given(st.binary(max_size=200))
def test_noise_is_a_message_of_the_fields_before_it_breaks(noise):
    found = protobuf.Message(forge.message({1: "before"}) + noise)
    assert found.texts(1)[0] == "before"
    assert isinstance(found.follow(), bool)
    assert isinstance(found.wholes(2), list)


def test_a_document_shows_headers_body_notes_boxes_and_footers(read):
    found = read(forge.document(PAGES), "a")
    assert found.media_type == "application/vnd.apple.pages.13"
    assert found.ended == Outcome.OK, found.detail
    assert [line for line in found.visible_text.splitlines() if line] == [
        "Lantern\tEast wing",
        "The \U0001f511 doors",
        "are locked7 now",
        "Beds:",
        "Watch list",
        "Bed\t17",
        "a foot note",
        "In a box",
        "Figure 1",
        "On page five",
        "page",
    ]
    assert "\f" in found.visible_text
    assert dict(found.hidden_pieces) == {
        "header not shown": "First page only\n",
        "deleted text": "and gone\n",
        "address": "https://lantern.example/\nhttps://b.example/\n",
        "alt text": "a drawing of keys\na lamp\n",
        "comment": "Ode Marr: who says?\nI do\n",
        "metadata: authors of comments": "Ode Marr\n",
        "title or caption not shown": "unseen words\n",
        "text outside the pages": "left behind\n",
    }
    assert [member.name for member in found.members] == ["preview.jpg"]


def test_a_workbook_shows_its_cells_as_their_formats_say(read):
    found = read(forge.document(NUMBERS), "a")
    assert found.media_type == "application/vnd.apple.numbers.13"
    assert found.visible_text.splitlines() == [
        "Wing",
        "printed above",
        "Watch list",
        "Name\tBed",
        "Ada Tern\t-137.5\t2002-01-01",
        "1h 30m\t\u20ac (775.00)\t5.0%",
        "Keys by wing",
        "East\tWest",
        "May",
    ]
    assert dict(found.hidden_pieces) == {
        "hidden row": "hidden words\n",
        "hidden column": "Key\nTRUE\n",
        "comment": "Ode Marr: who says?\nI do\n",
        "metadata: authors of comments": "Ode Marr\n",
        "text of no cell": "no longer used\n",
        "title or caption not shown": "Value Axis\n",
        "data of a chart": "17\n0.5\n",
        "hidden sheet": "Put away\nin the put away sheet\n",
    }


def test_older_cells_are_read_and_menus_say_what_was_chosen(read):
    rows = [
        row(0, [old_cell(3, string=1), old_cell(2, value=1.0, number=9), old_cell(5, date=0.0, number=3)], old=True)
    ]
    lists = {4: {1: {3: "Bed"}}, 11: {**FORMATS, 9: {6: {1: 266, 39: 1}}}, 16: {1: {4: ref(80)}}}
    menu = (80, 6206, {2: [{1: 1}, {1: 5, 5: {1: "East"}}, {1: 5, 5: {1: "West"}}]})
    sheet = [(1, 1, {1: ref(2), 8: {}}), (2, 2, {1: "Wing", 2: ref(30)}), menu]
    found = read(forge.document([*sheet, *forge.table(30, rows, lists, shown=False)]), "a")
    assert found.visible_text.splitlines() == ["Wing", "Bed\tEast\t1 Jan 2001"]
    assert found.hidden_pieces == [("name of a table", "Watch list\n"), ("choice", "East\nWest\n")]


def test_slides_come_in_their_order_and_masters_once(read):
    found = read(forge.document(KEYNOTE), "a")
    assert found.media_type == "application/vnd.apple.keynote.13"
    assert found.visible_text == "Doors\nare locked\nat night\nby hand\n\fin a group\n"
    assert dict(found.hidden_pieces) == {
        "comment": "Ode Marr: who says?\nI do\n",
        "metadata: authors of comments": "Ode Marr\n",
        "speaker notes": "say it slowly\n",
        "hidden slide": "not in the show\n",
        "text that the slide does not show": "a title that was taken away\n",
        "slide master": "Title Text\n",
    }


@pytest.mark.parametrize(("kind", "objects"), KINDS.items())
def test_the_same_document_is_read_from_a_zip_inside_and_from_a_folder_that_was_zipped(read, kind, objects):
    index = forge.zipped({"Index/Document.iwa": forge.archive(objects), "Index/Tables/Tile.iwa": b""})
    parts = {"Index.zip": index, "Metadata/DocumentIdentifier": b"0-0", "Data/a.png": b"\x89PNGx"}
    plain = read(forge.document(objects), "a")
    folder = forge.zipped({**{f"a b.key/{name}": data for name, data in parts.items()}, "__MACOSX/a b.key/._x": b"x"})
    for data in (forge.zipped(parts), folder, index):
        found = read(data, "a")
        assert found.media_type == f"application/vnd.apple.{kind}.13"
        assert found.ended == Outcome.OK, found.detail
        assert (found.visible_text, found.hidden_pieces) == (plain.visible_text, plain.hidden_pieces)
    found = read(folder, "a")
    assert [member.name for member in found.members] == [
        "a b.key/Metadata/DocumentIdentifier",
        "a b.key/Data/a.png",
        "__MACOSX/a b.key/._x",
    ]


def test_a_zip_inside_that_holds_more_than_archives_comes_out_itself(read):
    index = forge.zipped({"Index/Document.iwa": forge.archive(KEYNOTE), "notes.txt": b"more"})
    assert [member.name for member in read(forge.zipped({"Index.zip": index}), "a").members] == ["Index.zip"]


def test_a_zip_of_two_folders_is_no_document(read):
    parts = {"Index.zip": forge.zipped({"Index/Document.iwa": forge.archive(KEYNOTE)})}
    two = {**{f"a.key/{name}": data for name, data in parts.items()}, "b.key/Index.zip": b"x"}
    assert read(forge.zipped(two), "a.key").media_type == "application/zip"


def test_an_archive_that_breaks_off_is_partial_and_kept(read):
    whole = forge.archive(PAGES, pack=lambda data: forge.varint(len(data)) + forge._letters(data))
    found = read(forge.zipped({"Index/Document.iwa": whole[:-30]}), "a")
    assert found.ended == Outcome.PARTIAL
    assert "Index/Document.iwa" in found.detail
    assert "are locked" in found.visible_text
    assert [member.name for member in found.members] == ["Index/Document.iwa"]


@pytest.mark.parametrize("folder", ["", "a.key/"])
def test_a_document_that_was_cut_off_tells_what_is_there(read, folder):
    index = forge.zipped({"Index/Document.iwa": forge.archive(KEYNOTE), "Index/Slide.iwa": forge.archive([])})
    for parts in ({"Index.zip": index[:-60]}, {"Index/Document.iwa": forge.archive(KEYNOTE), "Data/a.png": b"x" * 99}):
        whole = forge.zipped({"preview.jpg": b"\xff\xd8\xff", **parts}, folder)
        for data in (whole, whole[:-80]):
            found = read(data, "a.key")
            assert found.media_type == "application/vnd.apple.keynote.13"
            assert "are locked" in found.visible_text
            assert f"{folder}preview.jpg" in [member.name for member in found.members]
            assert found.ended == (Outcome.OK if data is whole and "Index.zip" not in parts else Outcome.PARTIAL)


def test_a_package_without_its_document_gives_its_members(read):
    found = read(forge.zipped({"Index/Document.iwa": b"noise", "Data/a.png": b"x"}), "a.pages")
    assert found.ended == Outcome.CORRUPT
    assert [member.name for member in found.members] == ["Index/Document.iwa", "Data/a.png"]


def test_an_archive_in_another_packing_is_named_and_kept(read):
    found = read(forge.document(PAGES, {"Index/OperationStorage.iwa": b"bvxn\0\0"}), "a")
    assert (found.ended, "OperationStorage" in found.detail) == (Outcome.PARTIAL, True)
    assert "Index/OperationStorage.iwa" in [member.name for member in found.members]


def test_objects_that_hold_each_other_are_told_once(read):
    deep = [(100 + i, 3008, {1: {}, 2: [ref(101 + i), ref(99 + i)]}) for i in range(3000)]
    objects = [(1, 10000, {4: ref(2), 3: ref(3), 15: {}}), (2, 2001, text("a\ufffc", f9=marks((1, 4)))), *deep]
    objects += [(3, 10010, {1: {1: 0, 4: {1: ref(100)}}}), (4, 2003, {1: ref(5)}), (5, 2011, box(2))]
    found = read(forge.document([*objects, (99, 2011, box(98)), (98, 2001, text("inside"))]), "a")
    assert found.visible_text.split() == ["a", "inside"]


def test_one_string_in_a_million_cells_is_refused(read):
    rows = [row(i, [cell(3, string=1)] * 200) for i in range(256)]
    sheet = [(1, 1, {1: ref(2), 8: {}}), (2, 2, {1: "Wing", 2: ref(30)})]
    found = read(forge.document([*sheet, *forge.table(30, rows, {4: {1: {3: "word" * 1000}}})]), "a")
    assert found.ended == Outcome.REFUSED_LIMIT


@pytest.mark.parametrize(
    ("fields", "seconds", "seen"),
    [
        ({7: 1, 15: 1, 16: 4}, "7275600", "12w 0d 5h"),
        ({7: 1, 15: 2, 16: 2}, "-31017600", "-359d"),
        ({7: 0, 15: 4, 16: 32}, "5461.25", "1:31:01.250"),
        ({7: 2, 15: 4, 16: 8}, "3660", "1 hour 1 minute"),
        ({7: 1, 15: 1, 16: 4, 40: 1}, "789", "13m 9s"),
        ({7: 1, 40: 1}, "0", "0s"),
    ],
)
def test_a_duration_is_shown_in_its_units(fields, seconds, seen):
    about = iwa_format.read(protobuf.Message(forge.message({1: 268, **fields})))
    assert about.duration(Decimal(seconds)) == seen


def test_a_date_before_workbooks_count_as_the_calendar_does_is_the_day_it_is():
    day = Decimal(-3187296000)  # 1900-01-01
    assert iwa_format.Format("dd/mm/yyyy").moment(day) == "1900-01-01"
    assert iwa_format.Format("dd/mm/yyyy").moment(day + 60 * 86400) == "02/03/1900"


@given(
    st.dictionaries(st.sampled_from((1, 2, 4, 5, 6, 7, 15, 16, 39, 40)), st.integers(0, 300)),
    st.sampled_from((256, 257, 258, 259, 261, 266, 268)),
    st.text("yMdhHmsaE' #0;[]", max_size=12),
    st.decimals(-(10**12), 10**12, places=3),
)
def test_no_format_trips_the_reader(fields, kind, pattern, value):
    about = iwa_format.read(protobuf.Message(forge.message({**fields, 1: kind, 3: 'E"U;R', 14: pattern})))
    for shown in (about.number(value), about.moment(value), about.duration(value)):
        assert isinstance(shown, str)


def test_a_decimal_is_read_by_its_sign_digits_and_power():
    for digits, power in ((0, 0), (1, 0), (-1375, -1), (10**33, 20), (-7, -6000)):
        assert decimal(forge.decimal((digits, power))) == Decimal(digits).scaleb(power)
    assert decimal(b"\xff" * 16) is None


def test_a_document_under_a_password_tells_its_hint_and_what_is_locked(read):
    parts = {".iwpv2": bytes(104), ".iwph": b"the cat", "Index/Document.iwa": b"noise", "Data/a.png": b"noise"}
    found = read(forge.zipped({**parts, "Metadata/Properties.plist": b"bplist00"}), "a")
    assert (found.media_type, found.ended) == ("application/x-tika-iworks-protected", Outcome.ENCRYPTED)
    assert ("password hint", "the cat\n") in found.hidden_pieces
    assert [name for name, *_ in found.refused] == ["Index/Document.iwa", "Data/a.png"]
    assert [member.name for member in found.members] == ["Metadata/Properties.plist"]


def test_a_document_of_2009_under_a_password_is_encrypted(read):
    data = bytearray(forge.zipped({"index.xml": b"noise", "thumbs/a.png": b"noise"}))
    for mark, place in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + place : at + place + 2] = (25452).to_bytes(2, "little")
    found = read(bytes(data), "a.pages")
    assert (found.media_type, found.ended) == ("application/x-tika-iworks-protected", Outcome.ENCRYPTED)
    assert [name for name, *_ in found.refused] == ["index.xml", "thumbs/a.png"]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(sorted(KINDS)), st.data())
def test_damage_is_no_crash(read, kind, data):
    body = bytearray(forge.archive(KINDS[kind], pack=lambda one: forge.varint(len(one)) + forge._letters(one)))
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(8, len(body) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(read(forge.zipped({"Index/Document.iwa": bytes(body)}), "a").ended, Outcome)
