"""A page as a picture: drawn once, kept, the same pixels each time; what has no pages is one sentence."""

import pytest
from PIL import Image

from witnessmark.formats import warm


@pytest.fixture
def with_pdf(wm, tmp_path):
    leak = tmp_path / "leak"
    leak.mkdir()
    (leak / "order.pdf").write_bytes(warm._pdf())
    (leak / "note.txt").write_text("The doors are locked at night.")
    wm.good("compile", tmp_path / "archive", leak)
    return tmp_path / "archive"


def test_a_page_is_drawn_once_and_kept(wm, with_pdf, tmp_path):
    first = wm.good("page", with_pdf, "path:order.pdf", 1, "--to", tmp_path / "1.png", "--json").last
    again = wm.good("page", with_pdf, "path:order.pdf", 1, "--to", tmp_path / "2.png", "--json").last
    assert (first.pop("drawn"), again.pop("drawn")) == (True, False)
    assert first == again
    assert (tmp_path / "1.png").read_bytes() == (tmp_path / "2.png").read_bytes()
    assert (first["page"], first["pages"], first["channels"]) == (1, 1, 3)
    words = {word[0]: word[1:] for word in first["words"]}
    assert {"The", "doors", "locked"} <= set(words)
    with Image.open(tmp_path / "1.png") as picture:
        assert picture.size == (first["width"], first["height"]) == (1275, 1650)
        grey = picture.convert("L")
        assert grey.crop(tuple(words["doors"])).getextrema()[0] < 100, "there is ink in the box"
        assert grey.getpixel((5, 5)) == 255
    assert wm.call("audit", with_pdf).code == 0
    before = wm.entries(with_pdf)
    wm.good("rebuild", with_pdf)
    assert wm.good("page", with_pdf, "path:order.pdf", 1, "--json").last["drawn"] is False
    assert wm.entries(with_pdf) == before
    grey = wm.good("page", with_pdf, "path:order.pdf", 1, "--grey", "--dpi", 72, "--json").last
    assert (grey["width"], grey["height"], grey["channels"], grey["drawn"]) == (612, 792, 1, True)


@pytest.mark.parametrize(
    "words", [("path:order.pdf", 2), ("path:order.pdf", 0), ("path:note.txt", 1), ("path:order.pdf", 1, "--dpi", 9999)]
)
def test_what_cannot_be_drawn_is_one_sentence(wm, with_pdf, words):
    before = wm.entries(with_pdf)
    ran = wm.call("page", with_pdf, *words)
    assert ran.code == 64
    assert ran.sentence
    assert wm.entries(with_pdf) == before
