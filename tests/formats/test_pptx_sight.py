"""Laws of what a slide shows: text under a bar, in the colour of its shape or of a point is hidden, all other text shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats import test_office as office

from witnessmark.formats import ink, pptx_sight

SECRET = office.SECRET
BLACK, WHITE = ('<a:solidFill><a:srgbClr val="%s"/></a:solidFill>' % value for value in ("000000", "FFFFFF"))


def place(left=1_000_000, top=1_000_000, wide=2_000_000, high=500_000, turned=0):
    return f'<a:xfrm rot="{turned}"><a:off x="{left}" y="{top}"/><a:ext cx="{wide}" cy="{high}"/></a:xfrm>'


def box(text=SECRET, run="", where=None, fill="", form="rect", number=2, about=""):
    """Return a shape with a line of text, or with none."""
    body = f"<p:txBody><a:p><a:r><a:rPr {run if '<' not in run else ''}>{run if '<' in run else ''}</a:rPr><a:t>{text}</a:t></a:r></a:p></p:txBody>"
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="n" {about}/></p:nvSpPr>'
        f'<p:spPr>{place() if where is None else where}<a:prstGeom prst="{form}"/>{fill}</p:spPr>{body if text else ""}</p:sp>'
    )


def bar(where=None, fill=BLACK, **more):
    return box(
        "", where=place(900_000, 900_000, 2_200_000, 700_000) if where is None else where, fill=fill, number=3, **more
    )


TIMED = '<p:timing><p:tgtEl><p:spTgt spid="3"/></p:tgtEl></p:timing>'
UNSEEN = {
    "under a black bar": (box() + bar(), "covered text"),
    "under a bar of the theme's colour": (
        box() + bar(fill='<a:solidFill><a:schemeClr val="tx1"/></a:solidFill>'),
        "covered text",
    ),
    "under a bar with words of its own": (box() + box("Told", where=place(), fill=WHITE), "covered text"),
    "black in a black shape": (box(run=BLACK, fill=BLACK), ink.DROWNED),
    "white in a white shape": (box(run=WHITE, fill=WHITE), ink.PALE),
    "black under a black mark": (box(run=BLACK + '<a:highlight><a:prstClr val="black"/></a:highlight>'), ink.DROWNED),
    "of a point": (box(run='sz="100"'), "hidden text"),
}
SEEN = {
    "plain": box(),
    "over a bar": bar() + box(),
    "white on black": box(run=WHITE, fill=BLACK),
    "white in a shape that states no colour": box(run=WHITE),
    "white in a shape of the theme's colour": box(
        run=WHITE, fill='<a:solidFill><a:schemeClr val="bg1"/></a:solidFill>'
    ),
    "under a bar in part": box() + bar(place(900_000, 900_000, 1_000_000, 700_000)),
    "under a bar that is turned": box() + bar(place(900_000, 900_000, 2_200_000, 700_000, 60_000)),
    "under a round shape": box() + bar(form="ellipse"),
    "under a bar that light comes through": box()
    + bar(fill='<a:solidFill><a:srgbClr val="000000"><a:alpha val="50000"/></a:srgbClr></a:solidFill>'),
    "under a bar that is not filled": box() + bar(fill="<a:noFill/>"),
    "under a bar that is hidden": box() + bar(about='hidden="1"'),
    "a shape that does not say where it is": box(where="") + bar(),
    "of two points": box(run='sz="200"'),
}


@pytest.mark.parametrize("place", UNSEEN)
def test_text_that_cannot_be_seen_is_hidden(read, place):
    shapes, label = UNSEEN[place]
    found = read(office.pptx(office.slide(office.shape("Before"), shapes)), "a.pptx")
    assert SECRET not in found.visible_text
    assert (label, SECRET + "\n") in found.hidden_pieces
    assert found.visible_text.startswith("Before\n")


@pytest.mark.parametrize("place", SEEN)
def test_text_that_can_be_seen_shows(read, place):
    found = read(office.pptx(office.slide(SEEN[place])), "a.pptx")
    assert SECRET in found.visible_text
    assert SECRET not in found.hidden_text


def test_what_an_animation_moves_covers_nothing(read):
    still = office.slide(box() + bar())
    assert SECRET in read(office.pptx(still), "a.pptx").hidden_text
    assert SECRET in read(office.pptx(still.replace("</p:sld>", TIMED + "</p:sld>")), "a.pptx").visible_text


def test_runs_beside_an_unseen_one_show(read):
    runs = "".join(
        f"<a:r><a:rPr>{fill}</a:rPr><a:t>{words}</a:t></a:r>"
        for words, fill in (("The doors", ""), (" ", BLACK), ("open", BLACK), (" at six", WHITE))
    )
    whole = box("x", fill=BLACK).replace("<a:r><a:rPr ></a:rPr><a:t>x</a:t></a:r>", runs)
    found = read(office.pptx(office.slide(whole)), "a.pptx")
    assert found.visible_text == "The doors  at six\n"
    assert (ink.DROWNED, " open\n") in found.hidden_pieces


def test_very_many_bars_are_not_asked(read, monkeypatch):
    monkeypatch.setattr(pptx_sight, "MOST_COVERS", 3)
    assert SECRET in read(office.pptx(office.slide(box(), bar() * 3)), "a.pptx").hidden_text
    assert SECRET in read(office.pptx(office.slide(box(), bar() * 4)), "a.pptx").visible_text


lengths = st.integers(-(10**13), 10**13).map(str) | st.sampled_from(["", "x", "1e3"])


@given(st.lists(st.tuples(lengths, lengths, lengths, lengths), min_size=2, max_size=2))
def test_no_word_is_lost_wherever_shapes_lie(read, places):
    text, over = (place(*where) for where in places)
    found = read(office.pptx(office.slide(box(where=text), bar(over))), "a.pptx")
    assert (found.visible_text + found.hidden_text).count(SECRET) == 1
