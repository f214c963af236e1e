"""Older presentations: slides in order, all else apart, and no chain of saves without an end."""

import io
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.forge import ppt_forge as made
from tests.forge.ppt_forge import NOTES, SLIDE, page, presentation, shape

from witnessmark.formats import ppt_shapes
from witnessmark.formats.compound_build import build
from witnessmark.model.derivative import Outcome

SECRET = "lanternwatch"
ENDS = (Outcome.OK, Outcome.PARTIAL, Outcome.CORRUPT, Outcome.ENCRYPTED)


def diagram():
    out = io.BytesIO()
    a = "http://schemas.openxmlformats.org/drawingml/2006/main"
    with zipfile.ZipFile(out, "w") as target:
        target.writestr("drs/diagrams/drawing1.xml", f'<d xmlns:a="{a}"><a:p><a:r><a:t>in a ring</a:t></a:r></a:p></d>')
    raw = out.getvalue()
    return made.atom(0xF122, struct.pack("<HI", 0xC3A9, len(raw)) + raw, 1, 3)


def specimen():
    """Return two saves: the later one replaced the third slide and took the fourth out."""
    old = page(SLIDE, shape("kept"), shape(f"the {SECRET} as it was"))
    first = {
        1: made.head(made.listed(0, [(4, 256, ())])),
        2: page(made.MASTER, shape("Click to edit", placeholder=1), shape("Kestria Police")),
        3: page(SLIDE, shape("Second", made.narrow("caf\xe9\rtwo\x0bthree"))),
        4: page(
            SLIDE,
            shape(reference=0),
            made.group(shape("in a group"), options=made.HIDDEN_SHAPE),
            shape("far off", anchor=(1200, 10, 1300, 50)),
            shape("gone", flags=8),
            shape(more=diagram()),
            shape("page *, *" + "", more=made.described("a lantern")),
            notes=300,
            more=made.comment("Ada Tern", "look here"),
        ),
        5: page(NOTES, shape("say this", placeholder=12)),
        6: old,
        7: page(SLIDE, shape("nobody lists me")),
        8: page(SLIDE, shape("not for all"), hidden=True),
        9: page(NOTES, shape("Click to edit notes", placeholder=6)),
    }
    link = made.box(0x0FD7, made.string("Tarn"), made.string("https://tarn.example/b", 1))
    second = {
        1: made.head(
            made.listed(1, [(2, 0x80000000, ())]),
            made.listed(0, [(4, 256, ("Title", "nowhere drawn")), (3, 257, ()), (6, 258, ()), (8, 259, ())]),
            made.listed(2, [(5, 300, ())]),
            made.edges("Tarn Papers", 3),
            made.box(0x0409, link),
            notes_master=9,
        ),
        6: page(SLIDE, shape("kept")),
    }
    return first, second


def test_slides_show_in_their_order_and_the_rest_stands_apart(read):
    found = read(presentation(*specimen()), "a.ppt")
    assert (found.media_type, found.ended) == ("application/vnd.ms-powerpoint", Outcome.OK)
    assert found.visible_text == (
        "Title\nin a ring\npage *, *\nTarn Papers\n\fSecond\ncafé\ntwo\nthree\nTarn Papers\n\fkept\nTarn Papers\n"
    )
    pieces = found.hidden_pieces
    for label, text in (
        ("hidden shape", "in a group"),
        ("beside the slide", "far off"),
        ("deleted shape", "gone"),
        ("alt text", "a lantern"),
        ("speaker notes", "say this"),
        ("comment", "Ada Tern: look here"),
        ("hidden slide", "not for all\nTarn Papers"),
        ("slide master", "Kestria Police"),
        ("text of no shape", "nowhere drawn"),
        ("earlier revision", f"the {SECRET} as it was"),
        ("slide out of use", "nobody lists me"),
        ("address", "https://tarn.example/b"),
    ):
        assert (label, f"{text}\n") in pieces
    assert "Click to edit" not in found.text
    assert found.observed("date.commented")[0]["local"] == "2019-04-17T18:40:00"
    assert found.observed("address") == ["https://tarn.example/b"]


def test_signs_in_a_text_show_what_they_stand_for(read):
    text = made.atom(0x0F9F, bytes(4)) + made.wide("page * of *, *")
    text += made.atom(0x0FD8, struct.pack("<I", 5)) + made.atom(0x0FFA, struct.pack("<I", 10))
    text += made.atom(0x0FF7, struct.pack("<I", 13))
    slide = page(SLIDE, shape(text), more=made.edges("Kestria", 0))
    found = read(presentation({1: made.head(made.listed(0, [(2, 256, ())])), 2: slide}), "a.ppt")
    assert found.visible_text == "page 1 of Kestria, \n"


def test_a_chain_of_saves_that_breaks_is_mended_by_what_stands_in_the_stream(read):
    streams = made.streams(*specimen())
    data = bytearray(streams["PowerPoint Document"])
    last = len(data) - 28
    struct.pack_into("<I", data, last + 8, 0x7FFFFFF0)
    found = read(build({**streams, "PowerPoint Document": bytes(data)}), "a.ppt")
    assert found.ended is Outcome.OK
    assert found.visible_text.startswith("Title\n")
    struct.pack_into("<I", data, last + 8, last - 8)  # a save that comes before itself
    assert read(build({**streams, "PowerPoint Document": bytes(data)}), "a.ppt").ended is Outcome.OK
    del streams["Current User"]
    found = read(build({**streams, "PowerPoint Document": bytes(data)}), "a.ppt")
    assert found.visible_text.startswith("Title\n")


def test_without_saves_all_text_is_hidden(read):
    found = read(build({"PowerPoint Document": page(SLIDE, shape(SECRET)), "Current User": b"x"}), "a.ppt")
    assert found.ended is Outcome.PARTIAL
    assert found.visible_text == ""
    assert SECRET in found.hidden_text


def test_powerpoint_95_gives_the_words_that_it_keeps_apart(read):
    words = "Двери закрыты на ночь, ключи хранятся у двоих.\rВторой слайд о том же"
    found = read(build({"PowerPoint Document": bytes(3000), "Text_Content": words.encode("cp1251")}), "a.ppt")
    assert found.ended is Outcome.PARTIAL
    assert ("slides, shown or not", words.replace("\r", "\n") + "\n") in found.hidden_pieces


def test_powerpoint_95_writes_in_the_code_page_of_its_properties(read):
    summary = struct.pack("<HHI", 0xFFFE, 0, 2) + bytes(16) + struct.pack("<I", 1) + bytes(16) + struct.pack("<I", 48)
    summary += struct.pack("<II", 24, 1) + struct.pack("<II", 1, 16) + struct.pack("<Ihh", 2, 1252, 0)
    words = "“Actualités” – à la une… don’t"  # of cp1252 and cp850 alike, as far as letters tell
    tree = {
        "PowerPoint Document": bytes(3000),
        "Text_Content": words.encode("cp1252"),
        "\x05SummaryInformation": summary,
    }
    assert words in read(build(tree), "a.ppt").hidden_text


def test_the_later_form_of_a_presentation_kept_twice_is_read(read):
    streams = made.streams({1: made.head(made.listed(0, [(2, 256, ())])), 2: page(SLIDE, shape("later"))})
    found = read(build({"PowerPoint Document": b"older" * 99, "PP97_DUALSTORAGE": streams}), "a.ppt")
    assert found.visible_text == "later\n"


def test_a_presentation_under_a_password_is_told_as_such(read):
    assert read(presentation(*specimen(), locked=True), "a.ppt").ended is Outcome.ENCRYPTED


def test_one_slide_listed_a_thousand_times_is_told_once(read):
    save = {1: made.head(made.listed(0, [(2, 256, ())] * 1000)), 2: page(SLIDE, shape(SECRET))}
    assert read(presentation(save), "a.ppt").text.count(SECRET) == 1


TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Co", "Cn"), exclude_characters="\ufeff"), max_size=20)


@given(st.lists(st.tuples(st.lists(TEXTS, max_size=4), st.booleans()), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_text_comes_back_whole_and_on_its_own_side(read, slides):
    objects = {2 + i: page(SLIDE, *map(shape, texts), hidden=hides) for i, (texts, hides) in enumerate(slides)}
    document = made.head(made.listed(0, [(number, 250 + number, ()) for number in objects]))
    found = read(presentation({1: document, **objects}), "a.ppt")
    assert found.ended is Outcome.OK
    for hides, said in ((False, found.visible_text), (True, "".join(t for _, t in found.hidden_pieces))):
        wanted = [text for texts, hidden in slides if hidden is hides for text in texts if text.strip()]
        assert "".join(said.split()) == "".join("".join(wanted).split())


@pytest.mark.parametrize("lie", [0, 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_records_that_lie_end_in_order(read, lie):
    streams = made.streams(*specimen())
    data = streams["PowerPoint Document"]
    for place in range(0, len(data) - 4, 5):
        changed = data[:place] + struct.pack("<I", lie) + data[place + 4 :]
        assert read(build({**streams, "PowerPoint Document": changed}), "a.ppt").ended in ENDS


@given(st.binary(max_size=300))
def test_no_package_makes_a_diagram_stray(raw):
    assert ppt_shapes.diagram(b"PK\x03\x04" + raw) == []


def test_groups_within_groups_end():
    nest = shape("deep")
    for _ in range(400):
        nest = made.group(nest)
    data = made.box(0x040C, made.box(0xF002, nest))
    record = next(ppt_shapes.records(data))
    assert len(list(ppt_shapes.shapes(data, record, ppt_shapes.Signs()))) <= 401
