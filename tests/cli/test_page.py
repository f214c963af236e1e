"""A page as a picture: drawn once, kept, the same pixels each time; what has no pages is one sentence."""

import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from witnessmark.demo.write_docx import Core, docx, plain
from witnessmark.formats import warm
from witnessmark.work import programs

needs_libreoffice = pytest.mark.skipif(
    shutil.which("soffice", path=programs.PLACES) is None, reason="LibreOffice is not installed"
)
CORE = Core("Order", "Clerk", "2018-03-09T08:00:00Z", "2018-03-09T08:00:00Z")


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


@pytest.fixture
def with_office(wm, tmp_path):
    leak = tmp_path / "leak"
    leak.mkdir()
    (leak / "order.docx").write_bytes(docx(plain("The doors are locked at night.", "The keys are counted."), CORE))
    (leak / "broken.docx").write_bytes(docx(plain("x"), CORE)[:-200])
    wm.good("compile", tmp_path / "archive", leak)
    return tmp_path / "archive"


@needs_libreoffice
def test_an_office_document_becomes_a_pdf_once_and_its_page_is_drawn(wm, with_office, tmp_path):
    first = wm.good("page", with_office, "path:order.docx", 1, "--to", tmp_path / "1.png", "--json").last
    assert (first["page"], first["pages"], first["drawn"]) == (1, 1, True)
    words = {word[0]: word[1:] for word in first["words"]}
    assert {"The", "doors", "locked", "counted."} <= set(words)
    with Image.open(tmp_path / "1.png") as picture:
        assert picture.convert("L").crop(tuple(words["doors"])).getextrema()[0] < 128, "there is ink in the box"
    count = len(_derivatives(with_office))
    assert wm.good("page", with_office, "path:order.docx", 1, "--json").last["drawn"] is False
    assert len(_derivatives(with_office)) == count
    wm.good("page", with_office, "path:order.docx", 1, "--dpi", 72)
    assert len(_derivatives(with_office)) == count + 2, "a picture and its words: the PDF was kept"
    made = {
        one.fields["step"]: one.fields
        for one in _derivatives(with_office)
        if one.fields["step"] in {"pdf", "page", "words"}
    }
    assert set(made["pdf"]["tools"]) == {"libreoffice"}
    assert set(made["page"]["tools"]) >= {"libreoffice", "pdfium"}
    assert made["pdf"]["grade"] <= made["page"]["grade"] <= "D"
    assert wm.call("audit", with_office).code == 0
    assert os.listdir(Path(with_office) / "vault" / "temporary") == []


def _derivatives(place):
    from witnessmark.archive.folder import Archive

    with Archive.reading(Path(place)) as archive:
        return [one for one in archive.ledger.replay() if one.kind == "derivative"]


@pytest.mark.parametrize("missing", [True, pytest.param(False, marks=needs_libreoffice)])
def test_an_office_document_that_cannot_be_drawn_is_one_sentence(wm, with_office, monkeypatch, missing):
    before = wm.entries(with_office)
    name = "path:broken.docx"
    if missing:
        monkeypatch.setattr(programs, "PLACES", "/nowhere")
        name = "path:order.docx"
    ran = wm.call("page", with_office, name, 1)
    assert ran.code == 64
    assert ("doctor" in ran.sentence) is missing
    assert wm.entries(with_office) == before
