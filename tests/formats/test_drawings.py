"""Laws of AutoCAD's drawings: words that show are told from those that do not, of letters and of bytes alike."""

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.forge import drawing_forge as forge

from witnessmark.formats import dxf, dxf_pairs, dxf_words
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

SHOWN = "Двери 90° ⌀5 under\nThe doors\nare locked 1/2 {x}\nA-113\nsome 4 m\nIn the door\nThe lock\nabout 3 m\n"


def told(found):
    """Return what was said of a drawing, but for its numbers, which letters and bytes write differently."""
    return found.media_type, found.ended, found.visible_text.replace("4.0", "4"), sorted(found.hidden_pieces)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_words_that_show_are_told_from_those_that_do_not(read, end):
    found = read(forge.letters(forge.specimen(), end), "house.dxf")
    assert (found.media_type, found.ended, found.detail) == ("image/vnd.dxf", Outcome.OK, "")
    assert found.visible_text == SHOWN
    hidden = dict(found.hidden_pieces)
    assert [text for where, text in found.hidden_pieces if where == "layer that is off"] == [
        "Not on paper\n",
        "Nor this\n",
    ]
    assert hidden["unseen"] == "seen by nobody\n"
    assert hidden["block that is set nowhere"] == "A second way out\n"
    assert hidden["attribute"] == "NUMBER Which door? A-1\n"
    assert hidden["layer"] == "Walls\nSecret\nFrozen\n"
    assert hidden["block"] == "DOOR\nINNER\nUNUSED\nXREF\n"
    assert hidden["layout"] == "Cellar\n"
    assert hidden["reference"] == "C:\\ode\\plans\\cellar.dwg\nD:\\ode\\photo.jpg\n"
    assert hidden["application data"] == "drawn by the night shift\n"
    assert hidden["metadata: lastsavedby"] == "Ode Marr\n"
    assert hidden["metadata: Order"] == "Night watch\n"


def test_who_drew_when_is_observed(read):
    found = read(forge.letters(forge.specimen()))
    assert found.observed("drawing") == [
        {"version": "AC1032", "begun by": "2018", "lastsavedby": "Ode Marr", "edited": "360 minutes"}
    ]
    assert found.observed("date.created")[0] == {
        "raw": "2458591.5",
        "utc": "2019-04-17T06:00:00Z",
        "local": "2019-04-17T12:00:00",
        "offset": 360,
        "says": "drawing: $TDCREATE",
    }
    assert found.observed("date.modified")[0]["utc"] is None  # by the machine's clock alone


@pytest.mark.parametrize("version", ["AC1009", "AC1015", "AC1032"])
def test_bytes_say_what_letters_say(read, version):
    codec = "utf-8" if version == "AC1032" else "cp1251"
    pairs = forge.specimen(version)
    if version == "AC1009":
        pairs = [(code, value) for code, value in pairs if code < 255]
    letters = read(forge.letters(pairs, codec=codec))
    octets = read(forge.octets(pairs, codec, short=version == "AC1009"))
    assert told(octets) == told(letters)
    assert letters.visible_text == SHOWN
    assert octets.observed("date.created") == letters.observed("date.created")


def test_older_drawings_are_in_their_code_page_and_new_ones_in_utf_8(read):
    for version, page, codec in (("AC1015", "ANSI_936", "gb18030"), ("AC1018", "ANSI_1251", "cp1251")):
        words = "夜里锁门" if codec == "gb18030" else "Двери"
        pairs = forge.drawing(forge.head(version, DWGCODEPAGE=(3, page)), entities=[forge.text(words)])
        assert read(forge.letters(pairs, codec=codec)).visible_text == f"{words}\n"
    pairs = forge.drawing(forge.head("AC1021", DWGCODEPAGE=(3, "ANSI_1252")), entities=[forge.text("夜里")])
    assert read(forge.letters(pairs)).visible_text == "夜里\n"


def test_a_code_page_that_nobody_knows_is_that_of_the_west(read):
    for page in ("ANSI_121", "ANSI_0", "dos999999999999", "ANSI_1252"):
        pairs = forge.drawing(forge.head("AC1015", DWGCODEPAGE=(3, page)), entities=[forge.text("Türen")])
        assert read(forge.letters(pairs, codec="cp1252")).visible_text == "Türen\n"


def test_a_comment_may_stand_before_the_first_section(read):
    data = b"999\nLantern CAD 2\n" + forge.letters(forge.section("ENTITIES", forge.text("The doors are locked")), "\n")
    found = read(data, "a.txt")
    assert found.media_type == "image/vnd.dxf"
    assert found.visible_text == "The doors are locked\n"
    assert ("comment", "Lantern CAD 2\n") in found.hidden_pieces
    assert found.ended is Outcome.PARTIAL  # no end is marked


def test_properties_of_older_drawings_stand_in_a_record(read):
    record = ((1, "DWGPROPS COOKIE"), (2, "Cellar"), (4, "Ode Marr"), (300, "Order=Night watch"), (301, "="))
    found = read(forge.letters(forge.drawing(forge.head("AC1015"), objects=[("XRECORD", record)])))
    assert ("metadata: title", "Cellar\n") in found.hidden_pieces
    assert ("metadata: author", "Ode Marr\n") in found.hidden_pieces
    assert ("metadata: Order", "Night watch\n") in found.hidden_pieces


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("%%c20%%p0.5", "⌀20±0.5"),
        ("%%065%%%", "A%"),
        ("%%oover%%O %%z", "over %%z"),
        ("\\U+591C\\M+1889F", "夜亜"),
        ("a^Jb^Ic^ d", "a\nb\tc^d"),
    ],
)
def test_what_a_line_shows(written, shown):
    assert dxf_words.single(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("one\\Ptwo\\~three", "one\ntwo\u00a0three"),
        ("{\\fSimSun|b0|i0|c134|p2;夜}\\C1;x\\H0.7x;y", "夜xy"),
        ("\\LTitle\\l \\pi-2,l2;item", "Title item"),
        ("\\S+0.1^ -0.2; \\S3#4;", "+0.1/-0.2 3/4"),
        ("C:\\\\plans \\{x\\}", "C:\\plans {x}"),
        ("\\A1;\\W0.8;\\T1;\\Q15;\\c255;a", "a"),
        ("broken \\S1/2", "broken 1/2"),
        ("ends in \\", "ends in \\"),
    ],
)
def test_what_several_lines_show(written, shown):
    assert dxf_words.several(written) == shown


@given(st.text(alphabet="abc\\%{}^;SPUfHdp+0149 /#~J", max_size=60))
def test_any_codes_give_words(text):
    assert len(dxf_words.single(text)) <= len(text)
    assert len(dxf_words.several(text)) <= len(text)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 1, 2, 5, 8, 100, 330, 1000]),
            st.text(
                alphabet=st.characters(codec="utf-8", exclude_characters="\0\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"),
                max_size=20,
            ),
        ),
        max_size=40,
    )
)
def test_pairs_come_back_as_they_were_written(pairs):
    pairs = [(0, "SECTION"), *pairs]
    wanted = [(code, value.encode()) for code, value in pairs]
    assert list(dxf_pairs.pairs(io.BytesIO(forge.octets(pairs)))) == wanted
    lines = b"".join(f"{code}\n".encode() + value + b"\n" for code, value in wanted)
    assert list(dxf_pairs.pairs(io.BytesIO(lines))) == wanted


def test_a_line_that_blocks_divide_is_one(read, monkeypatch):
    data = forge.letters(forge.specimen())
    whole = read(data)
    for size in (7, 64, 511):
        monkeypatch.setattr(dxf_pairs, "_BLOCK", size)
        assert told(read(data)) == told(whole)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 5_000), st.binary(min_size=1, max_size=5), st.booleans())
def test_damage_anywhere_ends_in_an_outcome(read, at, wrong, binary):
    whole = (forge.octets if binary else forge.letters)(forge.specimen())
    at %= len(whole) - len(wrong)
    found = read(whole[:at] + wrong + whole[at + len(wrong) :])
    assert found.ended in (Outcome.OK, Outcome.PARTIAL, Outcome.CORRUPT, Outcome.UNSUPPORTED)


def test_a_drawing_that_breaks_off_gives_what_is_there(read):
    whole = forge.letters(forge.specimen())
    found = read(whole[: whole.index(b"ATTRIB")])
    assert (found.ended, found.detail) == (Outcome.PARTIAL, "the drawing breaks off")
    assert found.visible_text.startswith("Двери 90° ⌀5 under\nThe doors\n")


def test_blocks_that_are_set_in_each_other_end(read):
    blocks = [*forge.block("A", forge.text("one"), ("INSERT", ((2, "B"),))), *forge.block("B", ("INSERT", ((2, "A"),)))]
    pairs = forge.drawing(forge.head(), blocks=blocks, entities=[("INSERT", ((2, "A"),)), ("INSERT", ((2, "A"),))])
    assert read(forge.letters(pairs)).visible_text == "one\n"


def test_more_words_in_blocks_than_are_kept_are_said(read, monkeypatch):
    monkeypatch.setattr(dxf, "MOST_KEPT", 30)
    blocks = forge.block("A", *(forge.text(f"word {n} of many") for n in range(9)))
    found = read(forge.letters(forge.drawing(forge.head(), blocks=blocks, entities=[("INSERT", ((2, "A"),))])))
    assert found.ended is Outcome.PARTIAL
    assert found.detail == "it holds more words and names than are kept"


PNG, BITMAP = b"\x89PNG\r\n\x1a\n" + bytes(40), struct.pack("<IiiHH", 40, 1, 1, 1, 24) + bytes(28)
SUMMARY = ("Cellar", "Doors", "Ode Marr", "", "locked at night", "Tova Lind", "7", "")


@pytest.mark.parametrize(("version", "wide"), [(b"AC1018", False), (b"AC1032", True)])
def test_a_dwg_says_who_saved_it_and_shows_its_previews(read, version, wide):
    data = forge.dwg(version, SUMMARY, [("Order", "Night watch"), ("empty", "")], [(2, BITMAP), (6, PNG)], wide=wide)
    found = read(data, "house.dwg")
    assert (found.media_type, found.ended) == ("image/vnd.dwg", Outcome.PARTIAL)
    drawing = found.observed("drawing")[0]
    assert drawing["lastsavedby"] == "Tova Lind"
    assert drawing["edited"] == "60 minutes"
    assert found.observed("date.created")[0]["local"] == "2019-04-17T12:00:00"
    for name, words in (
        ("title", "Cellar"),
        ("author", "Ode Marr"),
        ("lastsavedby", "Tova Lind"),
        ("Order", "Night watch"),
    ):
        assert (f"metadata: {name}", f"{words}\n") in found.hidden_pieces
    assert [(member.name, bytes(member.data), member.how) for member in found.members] == [
        ("preview-0.dib", BITMAP, How.COPIED),
        ("preview-1.png", PNG, How.COPIED),
    ]


def test_an_older_dwg_has_its_preview_and_no_summary(read):
    found = read(forge.dwg(b"AC1015", SUMMARY, (), [(6, PNG)]))
    assert found.observed("drawing") == [{"version": "AC1015", "begun by": "2000"}]
    assert [member.name for member in found.members] == ["preview-0.png"]
    assert read(b"AC1.50\0" + bytes(90)).ended is Outcome.PARTIAL


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 700), st.binary(min_size=1, max_size=6))
def test_a_damaged_dwg_gives_no_more_than_it_has(read, at, wrong):
    whole = forge.dwg(b"AC1032", SUMMARY, [("Order", "Night watch")], [(2, BITMAP), (6, PNG)])
    at = 6 + at % (len(whole) - 12)
    found = read(whole[:at] + wrong + whole[at + len(wrong) :])
    assert found.ended in (Outcome.PARTIAL, Outcome.OK, Outcome.UNSUPPORTED)
    assert sum(len(member.data) for member in found.members) <= len(whole)
