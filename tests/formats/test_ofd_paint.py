"""Laws of what an OFD page paints: letters under a rectangle or in the ink of their ground are hidden, all others show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forge import ofd_forge as made
from tests.forge.ofd_forge import element, words

from witnessmark.formats import page_paint

SECRET = "Kestrelnest"


def fill(value="0 0 0", **about):
    return element("FillColor", Value=value, **about)


def bar(box="15 15 80 10", colour=None, data=None, **about):
    """Return a filled rectangle of the size of its boundary."""
    _, _, wide, high = box.split()
    data = data or f"M 0 0 L {wide} 0 L {wide} {high} L 0 {high} C"
    inner = (fill() if colour is None else colour) + element("AbbreviatedData", data)
    return element("PathObject", inner, **{"Boundary": box, "Fill": "true", "Stroke": "false", **about})


WHITE = fill("255 255 255")
TEXT, PALE = words(SECRET), words(SECRET, inner=WHITE)
RESOURCES = element(
    "DrawParams",
    element("DrawParam", WHITE, ID=7) + element("DrawParam", ID=8, Relative=7) + element("DrawParam", ID=9, Relative=9),
)
UNSEEN = {
    "white": PALE,
    "white in one component": words(SECRET, inner=fill("255")),
    "white in hexadecimal digits": words(SECRET, inner=fill("#FF #ff #Fe")),
    "white by its parameter": words(SECRET, DrawParam=7),
    "white by what its parameter is built on": words(SECRET, DrawParam=8),
    "under a black bar": TEXT + bar(),
    "under a white bar": TEXT + bar(colour=WHITE),
    "under a bar that is turned by a quarter": TEXT
    + bar(CTM="0 1 -1 0 80 0", data="M 0 0 L 10 0 L 10 80 L 0 80 L 0 0"),
    "under a bar made larger": TEXT + bar(CTM="80 0 0 10 0 0", data="M 0 0 L 1 0 L 1 1 L 0 1 C"),
    "black on a black bar": bar() + TEXT,
    "white on a white bar on black": bar() + bar(colour=WHITE) + PALE,
}
SEEN = {
    "plain": TEXT,
    "over a white page": bar("0 0 210 297", WHITE) + TEXT,
    "white on a black bar": bar() + PALE,
    "white on a picture": element("ImageObject", Boundary="15 15 80 10", ResourceID=1, CTM="80 0 0 10 0 0") + PALE,
    "white on a shade": bar(colour=element("FillColor", element("AxialShd"))) + PALE,
    "white on a round shape": bar(data="M 0 0 B 1 1 2 2 80 10 L 0 0 C") + PALE,
    "under a bar that is not filled": TEXT + bar(Fill="false"),
    "under a bar that is transparent": TEXT + bar(colour=fill(Alpha=90)),
    "under a bar that is not visible": TEXT + bar(Visible="false"),
    "under a bar that is cut out": TEXT + bar(colour=fill() + element("Clips")),
    "under a bar that goes beyond its boundary": TEXT + bar("15 15 80 2", data="M 0 0 L 80 0 L 80 10 L 0 10 C"),
    "under a picture": TEXT + element("ImageObject", Boundary="15 15 80 10", ResourceID=1),
    "underlined": TEXT + bar("15 20.5 80 0.4"),
    "beside a bar": TEXT + bar("15 40 80 10"),
    "of a parameter that is not there": words(SECRET, DrawParam=70),
    "of a parameter that is built on itself": words(SECRET, DrawParam=9),
    "white with an outline": words(SECRET, inner=WHITE, Stroke="true"),
    "a colour that is none": words(SECRET, inner=fill("255 255 #zz")),
}


def package(*objects, **more):
    parts = {"Doc_0__Res.xml": made.part("Res", RESOURCES)}
    return made.package(made.page(*objects), common=element("PublicRes", "Res.xml"), **parts, **more)


@pytest.mark.parametrize("place", UNSEEN)
def test_letters_that_cannot_be_seen_are_hidden(read, place):
    found = read(package(words("Before", y=8), UNSEEN[place]), "a.ofd")
    assert found.visible_text.split() == ["Before"]
    assert ("not seen on page 1", SECRET + "\n") in found.hidden_pieces


@pytest.mark.parametrize("place", SEEN)
def test_letters_that_can_be_seen_show(read, place):
    found = read(package(SEEN[place]), "a.ofd")
    assert SECRET in found.visible_text
    assert SECRET not in found.hidden_text


def test_letters_under_a_bar_are_hidden_alone(read):
    found = read(package(words("Doors of Tarn"), bar("44 15 60 10")), "a.ofd")
    assert found.visible_text.split() == ["Doors"]
    assert dict(found.hidden_pieces)["not seen on page 1"].split() == ["of", "Tarn"]


def test_a_layer_may_say_the_colour_of_its_texts(read):
    layer = element("Layer", TEXT + words("Told", y=40, inner=fill("0 0 0")), DrawParam=7)
    page = made.part("Page", element("Content", layer))
    parts = {"Doc_0__Res.xml": made.part("Res", RESOURCES)}
    found = read(made.package(page, common=element("PublicRes", "Res.xml"), **parts), "a.ofd")
    assert found.visible_text.split() == ["Told"]


def test_an_annotation_may_lie_over_letters_of_the_page(read):
    marks = made.part("PageAnnot", element("Annot", element("Appearance", bar(), Boundary="0 0 210 297"), ID=1))
    listed = made.part("Annotations", element("Page", element("FileLoc", "Page_0/Annot.xml"), PageID=100))
    parts = {"Doc_0__Annots__Annotations.xml": listed, "Doc_0__Annots__Page_0__Annot.xml": marks}
    document = element("Annotations", "Annots/Annotations.xml")
    found = read(package(TEXT, words("Told", y=40), document=document, **parts), "a.ofd")
    assert found.visible_text.split() == ["Told"]
    assert ("not seen on page 1", SECRET + "\n") in found.hidden_pieces


def test_a_drawing_of_very_many_parts_is_not_asked_what_it_hides(read, monkeypatch):
    bars = [bar(f"15 15 {80 + number} 10") for number in range(4)]
    assert SECRET in read(package(TEXT, *bars), "a.ofd").hidden_text
    monkeypatch.setattr(page_paint, "MOST_PAINTS", 3)
    assert SECRET in read(package(TEXT, *bars), "a.ofd").visible_text


numbers = st.floats(-300, 300, allow_nan=False).map(str) | st.sampled_from(["0", "1", "nan", "#F", "C", "L", "M", "x"])


@given(st.lists(st.lists(numbers, min_size=26, max_size=26), max_size=4))
def test_no_letter_is_lost_whatever_is_painted(read, paths):
    bars = [
        bar(" ".join(path[:4]), fill(" ".join(path[4:7])), " ".join(path[7:20]), CTM=" ".join(path[20:]))
        for path in paths
    ]
    found = read(package(*bars[::2], TEXT, *bars[1::2]), "a.ofd")
    seen = found.visible_text + "".join(text for _, text in found.hidden_pieces)
    assert sorted("".join(seen.split())) == sorted(SECRET)
