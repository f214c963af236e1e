"""Laws of XPS: pages in their order, words whole and in lines; what a page covers or leaves out is not on it."""

import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forge.xps_forge import NS, box, canvas, font, glyphs, veiled, xps

from witnessmark.formats.font_widths import FontWidths, opened
from witnessmark.model.derivative import Outcome

SECRET = "Kestrelnest"
NAME = "48230029-18BE-6784-E14A-6C3DD62CAE72"

GOOD = xps(
    canvas(
        glyphs("The doors", more=f'FontUri="/Resources/{NAME}.odttf" Indices="5,50;6;(2:1)7,30"') + box(y=300),
        'RenderTransform="1,0,0,1,5,5"',
    ),
    box(fill="sc#1,0,0,0")
    + glyphs("keys", fill="{StaticResource ink}")
    + glyphs("שער", x=200, y=200, more='BidiLevel="1"'),
    **{f"Resources/{NAME}.odttf": veiled(font([500, 100, 200], "Tedo"), NAME)},
)


def page(read, inner):
    found = read(xps(inner), "a.xps")
    assert found.ended is Outcome.OK
    return found


def shows(read, inner):
    """Tell whether the secret shows; it is in the file in any case."""
    found = page(read, inner)
    assert SECRET in found.text
    return SECRET in found.visible_text


def test_pages_follow_each_other_as_the_document_lists_them(read):
    found = read(xps(glyphs("one"), glyphs("two"), glyphs("three"), order=(3, 1, 2)), "a.xps")
    assert [part.strip() for part in found.visible_text.split("\f")] == ["three", "one", "two"]


def test_a_page_that_no_document_lists_is_told_apart(read):
    found = read(xps(glyphs("one"), glyphs(SECRET), order=(1,)), "a.xps")
    assert found.visible_text.strip() == "one"
    assert ("page outside the document", f"{SECRET}\n") in found.hidden_pieces


def test_a_page_that_is_listed_and_not_there_is_said_to_be_broken(read):
    found = read(xps(glyphs("one"), order=(1, 7)), "a.xps")
    assert found.visible_text.strip() == "one"
    assert found.ended is Outcome.PARTIAL
    assert "7.fpage" in found.detail


def test_words_on_one_baseline_are_one_line_of_a_page(read):
    first = glyphs("are locked", x=150, y=10) + glyphs("The doors", x=50, y=10.4) + glyphs("at night", x=50, y=40)
    found = read(xps(first, *(glyphs(f"page {n}") for n in range(2, 12))), "a.xps")
    assert found.media_type == "application/vnd.ms-xpsdocument"
    pages = found.visible_text.split("\f")
    assert pages[0].splitlines() == ["The doors are locked", "at night"]
    assert [page.strip() for page in pages[1:]] == [f"page {n}" for n in range(2, 12)]


def test_a_page_that_is_no_xml_is_said_to_be_broken(read):
    assert read(xps(glyphs("one"), **{"Documents/1/Pages/1.fpage": "\x00"}), "a.xps").ended == Outcome.PARTIAL


def test_a_word_in_pieces_is_whole_and_words_apart_stay_apart(read):
    pieces = glyphs("The do", x=50, more='Indices=",60;,50;,40;,30;,50;,50"') + glyphs(
        "ors", x=106, more='Indices=",50;,30;,50"'
    )
    behind = glyphs("are locked", x=137, size=20)
    assert page(read, behind + pieces).visible_text == "The doors are locked\n"


def test_widths_that_are_not_stated_are_those_of_the_font(read):
    # With widths that are guessed the gap would be none.
    narrow = font([500, 100, 100, 100, 100], "gate")
    data = xps(
        glyphs("gate", x=50, more='FontUri="/Resources/a.odttf"') + glyphs("keys", x=64),
        **{"Resources/a.odttf": narrow},
    )
    assert read(data, "a.xps").visible_text == "gate keys\n"
    name = f"Resources/{NAME}.odttf"
    data = xps(
        glyphs("gate", x=50, more=f'FontUri="../../../{name}"') + glyphs("keys", x=64), **{name: veiled(narrow, NAME)}
    )
    assert read(data, "a.xps").visible_text == "gate keys\n"


@pytest.mark.parametrize("indices", ["(4:1)9,40", "(2:1)9,20;(2:1)9,20", "(1:2)1,5;2,5;,10;,10;,10", ",10;,10;,10;,10"])
def test_letters_that_are_drawn_together_take_what_their_glyphs_take(read, indices):
    drawn = glyphs("gate", x=50, more=f'Indices="{indices}"') + glyphs("keys", x=64)
    assert page(read, drawn).visible_text == "gate keys\n"
    close = glyphs("gate", x=50, more=f'Indices="{indices}"') + glyphs("s", x=58)
    assert page(read, close).visible_text == "gates\n"


def test_text_from_right_to_left_is_read_so(read):
    first = glyphs("שער", x=200, more='BidiLevel="1" Indices=",50;,50;,50"')
    second = glyphs("מפתח", x=160, more='BidiLevel="1" Indices=",50;,50;,50;,50"')
    assert page(read, second + first).visible_text == "שער מפתח\n"


def test_words_of_both_directions_are_read_as_they_were_set(read):
    ways = 'BidiLevel="1" Indices=",50;,50;,50;,50"'
    shown = (
        glyphs("מפתח", x=90, more=ways),
        glyphs("keys", x=100, more='Indices=",50;,50;,50;,50"'),
        glyphs("מפתח", x=190, more=ways),
    )
    assert page(read, "".join(shown)).visible_text == "מפתח keys מפתח\n"
    left = glyphs("שער", x=190, more=ways), *shown[1:2], glyphs("מפתח", x=90, more=ways)
    assert page(read, "".join(left)).visible_text == "שער keys מפתח\n"


def test_what_lies_in_a_canvas_lies_where_its_matrix_lays_it(read):
    below = canvas(glyphs("below", y=10), 'RenderTransform="1,0,0,1,0,300"')
    element = "<Canvas.RenderTransform><MatrixTransform Matrix='2,0,0,2,0,100'/></Canvas.RenderTransform>"
    above = canvas(element + glyphs("above", y=10, size=10))
    named = "<FixedPage.Resources><ResourceDictionary><MatrixTransform x:Key='far' Matrix='1,0,0,1,0,600'/></ResourceDictionary></FixedPage.Resources>"
    last = canvas(glyphs("last", y=10), 'RenderTransform="{StaticResource far}"')
    assert page(read, named + last + below + above).visible_text.splitlines() == ["above", "below", "last"]


@pytest.mark.parametrize("covered", [
    glyphs(SECRET) + box(),
    glyphs(SECRET) + box(fill="#000000"),
    glyphs(SECRET) + box(fill="sc#1,0,0,0"),
    glyphs(SECRET) + '<Path Data="F1 m 40,80 h 700 v 30 h -700 z" Fill="#FF102030"/>',
    glyphs(SECRET) + '<Path Data="M40,80 V 110 H 740 V 80 z"><Path.Fill><SolidColorBrush Color="#FF000000"/></Path.Fill></Path>',
    glyphs(SECRET) + '<Path Fill="#FF000000"><Path.Data><PathGeometry Figures="M40,80L740,80 740,110 40,110Z"/></Path.Data></Path>',
    glyphs(SECRET) + canvas(box(y=-20), 'RenderTransform="1,0,0,1,0,100"'),
    canvas(glyphs(SECRET)) + canvas(canvas(box())),
    glyphs(SECRET) + box(more='Clip="M 0,0 L 790,0 790,500 0,500 Z"'),
    glyphs(SECRET, fill="#FFFFFFFF"),
    glyphs(SECRET, fill="#FFFFFF"),
    glyphs(SECRET, fill="sc#1,1,1"),
    box(fill="#FF101010") + glyphs(SECRET),
    glyphs(SECRET, fill=None),
    glyphs(SECRET, fill="#00000000"),
    glyphs(SECRET, fill=None, inner='<Glyphs.Fill><SolidColorBrush Color="#FF000000" Opacity="0"/></Glyphs.Fill>'),
    glyphs(SECRET, more='Opacity="0"'),
    canvas(glyphs(SECRET), 'Opacity="0"'),
    glyphs(SECRET, size=1),
    canvas(glyphs(SECRET), 'RenderTransform="0.01,0,0,0.01,50,50"'),
    glyphs(SECRET, x=-500),
    glyphs(SECRET, y=1500),
    canvas(glyphs(SECRET), 'Clip="M 0,0 L 700,0 700,50 0,50 Z"'),
    glyphs(SECRET, size=20, y="1e300"),
])  # fmt: skip
def test_what_a_page_does_not_show_is_hidden_text(read, covered):
    assert not shows(read, covered)


@pytest.mark.parametrize("seen", [
    glyphs(SECRET),
    box() + glyphs(SECRET, fill="#FFFFFFFF"),
    box(fill="#FFFF0000") + glyphs(SECRET),
    glyphs(SECRET) + box(y=300),
    glyphs(SECRET) + box(fill="#80000000"),
    glyphs(SECRET) + box(more='Opacity="0.5"'),
    glyphs(SECRET) + canvas(box(), 'Opacity="0.5"'),
    glyphs(SECRET) + box(height=2),
    glyphs(SECRET) + box(more='Clip="M 0,0 L 790,0 790,50 0,50 Z"'),
    glyphs(SECRET) + box(more='Clip="M 0,0 L 10,90 790,50 0,50 Z"'),
    glyphs(SECRET) + '<Path Data="M 40,80 L 740,80 390,110 Z" Fill="#FF000000"/>',
    glyphs(SECRET) + '<Path Data="M 40,80 C 1,2 3,4 740,80 L 740,110 40,110 Z" Fill="#FF000000"/>',
    glyphs(SECRET) + '<Path Data="M 40,80 L 740,80 740,110 40,110 Z" Stroke="#FF000000"/>',
    glyphs(SECRET) + '<Path Data="M 40,80 L 740,80 740,110 40,110 Z"><Path.Fill><ImageBrush ImageSource="a.png"/></Path.Fill></Path>',
    glyphs(SECRET) + canvas(box(), 'RenderTransform="0.7,0.7,-0.7,0.7,0,0"'),
    '<Path Data="M 0,0 C 1,2 3,4 800,80 L 740,800 Z" Fill="#FF000000"/>' + glyphs(SECRET, fill="#FFFFFFFF"),
    glyphs(SECRET, fill="ContextColor profile.icc 1.0,0,0,0,0"),
    glyphs(SECRET, fill="{StaticResource nobody}"),
    glyphs(SECRET, fill=None, inner='<Glyphs.Fill><ImageBrush ImageSource="a.png"/></Glyphs.Fill>'),
    '<Path Data="M 0,0 L 9,0 9,9 0,9 Z"><Path.Fill><VisualBrush><VisualBrush.Visual><Canvas>' + glyphs(SECRET) + "</Canvas></VisualBrush.Visual></VisualBrush></Path.Fill></Path>",
    f"<Unheard>{glyphs(SECRET)}</Unheard>",
    f'<Glyphs UnicodeString="{SECRET}" Fill="#FF000000"/>',
    glyphs(SECRET, size="x", x="nan"),
    "<Canvas>" * 250 + glyphs(SECRET) + "</Canvas>" * 250,
])  # fmt: skip
def test_what_shows_or_is_not_known_is_visible_text(read, seen):
    assert shows(read, seen)


def test_a_word_that_is_covered_by_half_is_seen_by_half(read):
    steps = ";".join([",50"] * 8)
    found = page(read, glyphs("ninekeys", x=100, more=f'Indices="{steps}"') + box(x=139, width=100))
    assert found.visible_text == "nine\n"
    assert ("not seen on page 1", "keys\n") in found.hidden_pieces


def test_a_brush_in_a_dictionary_is_painted_where_it_is_named(read):
    brush = (
        f'<VisualBrush x:Key="stamp"><VisualBrush.Visual>{canvas(glyphs(SECRET))}</VisualBrush.Visual></VisualBrush>'
    )
    black = '<SolidColorBrush x:Key="ink" Color="#FFFFFFFF"/>'
    head = f"<FixedPage.Resources><ResourceDictionary>{brush}{black}</ResourceDictionary></FixedPage.Resources>"
    assert shows(read, head + box(fill="{StaticResource stamp}"))
    assert not shows(read, head + glyphs("else"))
    assert not shows(read, head.replace(SECRET, "else") + glyphs(SECRET, fill="{StaticResource ink}"))


def test_a_dictionary_of_its_own_part_is_looked_up(read):
    entry = '<SolidColorBrush x:Key="ink" Color="#FFFFFFFF"/>'
    head = '<FixedPage.Resources><ResourceDictionary Source="/Resources/inks.dict"/></FixedPage.Resources>'
    data = xps(
        head + glyphs(SECRET, fill="{StaticResource ink}"),
        **{"Resources/inks.dict": f"<ResourceDictionary {NS}>{entry}</ResourceDictionary>"},
    )
    found = read(data, "a.xps")
    assert SECRET not in found.visible_text
    assert SECRET in found.hidden_text


def test_what_pictures_are_said_to_show_and_where_pages_lead_is_told(read):
    more = 'AutomationProperties.Name="The gate" AutomationProperties.HelpText="at night" FixedPage.NavigateUri="https://lantern.example/"'
    found = page(read, box(y=300, more=more) + glyphs("keys"))
    assert ("alt text", "The gate\nat night\n") in found.hidden_pieces
    assert found.observed("address") == ["https://lantern.example/"]


def test_braces_before_a_text_that_begins_with_one_are_no_letters(read):
    assert page(read, glyphs("{}{gate}")).visible_text == "{gate}\n"


@pytest.mark.parametrize("form", [4, 12])
def test_a_font_tells_how_wide_its_letters_are(form):
    widths = FontWidths.read(font([500, 250, 750], "ag", form))
    assert (widths.of_letter("a"), widths.of_letter("g"), widths.of_letter("x")) == (0.25, 0.75, None)
    assert widths.of_glyph(99) == 0.75
    collected = b"ttcf" + b"\0\1\0\0" + (1).to_bytes(4, "big") + (16).to_bytes(4, "big")
    assert FontWidths.read(collected + b"nothing of a font") is None


@given(st.data())
def test_a_damaged_font_is_none_or_has_widths(data):
    whole = font([500, 250, 750], "ag", data.draw(st.sampled_from([4, 12])))
    place = data.draw(st.integers(0, len(whole) - 1))
    noise = data.draw(st.one_of(st.binary(max_size=8), st.just(b"\xff" * 8), st.just(bytes(8))))
    widths = FontWidths.read(
        (whole[:place] + noise + whole[place + len(noise) :])[: data.draw(st.sampled_from([len(whole), place]))]
    )
    assert widths is None or 0 <= (widths.of_letter("a") or 0) <= 20


def _overlapping(form):
    if form == 12:
        sub = struct.pack(">HHIII", 12, 0, 0, 0, 50_000) + struct.pack(">3I", 0, 69_000, 1) * 50_000
    else:
        ends, starts = b"\xff\xff" * 30_000, bytes(2 * 30_000)
        sub = struct.pack(">7H", 4, 0, 0, 60_000, 0, 0, 0) + ends + b"\0\0" + starts + starts + starts
    return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + sub


@pytest.mark.parametrize("form", [4, 12])
def test_letters_that_a_font_lists_again_and_again_are_soon_enough(form):
    whole, table = font([500, 250], "a"), _overlapping(form)
    data = bytearray(whole + table)
    struct.pack_into(">II", data, 12 + 8, len(whole), len(table))  # the first table of the directory
    started = time.process_time()
    assert FontWidths.read(bytes(data)) is not None
    assert time.process_time() - started < 5


def test_pages_that_ask_for_ever_end_soon(read):
    clusters = glyphs("a", more='Indices="(1:99999)"') * 20_000
    head = (
        "<Canvas.Resources><ResourceDictionary>"
        + "".join(f'<SolidColorBrush x:Key="k{n}"/>' for n in range(9))
        + "</ResourceDictionary></Canvas.Resources>"
    )
    named = head.replace("Canvas", "FixedPage").replace("k", "far") + canvas(head + glyphs("b", y=300)) * 5_000
    started = time.process_time()
    for inner in (clusters, named):
        assert read(xps(inner), "a.xps").ended is Outcome.OK
    assert time.process_time() - started < 20


def test_a_font_without_a_number_for_a_name_is_as_it_is():
    data = font([500], "a")
    assert opened(data, "Resources/plain.odttf") == opened(data, f"Resources/{NAME}.ttf") == data
    assert opened(veiled(data, NAME), f"Resources/{{{NAME}}}.ODTTF") == data
