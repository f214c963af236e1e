"""Laws of books and iWork documents: chapters in reading order, cells and paragraphs shown, comments apart."""

import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import warm
from witnessmark.model.derivative import Outcome


def package(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, text in parts.items():
            target.writestr(name, text)
    return out.getvalue()


def book(**chapters):
    items = "".join(f'<item id="{n}" href="t%20x/{n}.xhtml" media-type="application/xhtml+xml"/>' for n in chapters)
    refs = "".join(f'<itemref idref="{n}"/>' for n in reversed(chapters) if not n.startswith("aside"))
    opf = (
        '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>The Tarn Papers</dc:title>'
        f"</metadata><manifest>{items}</manifest><spine>{refs}</spine></package>"
    )
    parts = {**warm._EPUB, "META-INF/container.xml": '<c><rootfile full-path="o/b.opf"/></c>', "o/b.opf": opf}
    del parts["a.opf"], parts["a.xhtml"]
    return package({**parts, **{f"o/t x/{n}.xhtml": f"<html><body>{t}</body></html>" for n, t in chapters.items()}})


def test_chapters_come_in_the_order_of_the_spine(read):
    data = book(one="<p>second</p>", two="<p>first</p><p hidden>secret</p>", aside="<p>left out</p>")
    found = read(data, "a.epub")
    assert found.media_type == "application/epub+zip"
    assert found.ended == Outcome.OK, found.detail
    assert [page.strip() for page in found.visible_text.split("\f")] == ["first", "second"]
    assert "secret" in found.hidden_text
    assert ("page outside the book", "left out") in found.hidden_pieces
    assert found.observed("epub.title") == ["The Tarn Papers"]


def test_a_book_without_its_chapters_is_partial(read):
    parts = dict(warm._EPUB)
    del parts["a.xhtml"]
    assert read(package(parts), "a.epub").ended == Outcome.PARTIAL


DOCUMENT = (
    '<sl:document xmlns:sl="s" xmlns:sf="f" xmlns:sfa="a"><sf:p>The doors<sf:br/>are <sf:span>locked</sf:span> at night</sf:p>'
    '<sf:grid><sf:t><sf:ct sfa:s="Beds"/></sf:t><sf:n sf:v="17"/><sf:r><sf:rn sf:v="-137.5"/></sf:r></sf:grid>'
    "<sf:annotation><sf:p>who wrote this?</sf:p></sf:annotation></sl:document>"
)


@pytest.mark.parametrize("packed", [False, True])
def test_paragraphs_and_cells_show_and_comments_do_not(read, packed):
    parts = {"index.xml.gz": gzip.compress(DOCUMENT.encode())} if packed else {"index.xml": DOCUMENT}
    from witnessmark.formats import iwork

    found = (
        read(package({"index.xml": DOCUMENT}), "a.pages") if not packed else _direct(iwork.read_iwork, package(parts))
    )
    assert found.visible_text.splitlines() == ["The doors", "are locked at night", "Beds", "17", "-137.5"]
    assert ("comment", "who wrote this?") in found.hidden_pieces


def _direct(reader, data):
    import sys

    from witnessmark.cell.report import Source

    collected = sys.modules["formats_collector"].Collected()
    reader(Source(io.BytesIO(data), len(data), "a.pages"), collected)
    return collected


def test_a_document_that_breaks_off_is_partial(read):
    found = read(package({"index.xml": DOCUMENT[:-40]}), "a.pages")
    assert found.ended == Outcome.PARTIAL
    assert "The doors" in found.visible_text


def test_a_deep_nest_of_paragraphs_is_no_crash(read):
    deep = "<sl:document xmlns:sl='s' xmlns:sf='f'>" + "<sf:p>" * 3000 + "x" + "</sf:p>" * 3000 + "</sl:document>"
    assert isinstance(read(package({"index.xml": deep}), "a.pages").ended, Outcome)


@given(st.binary(max_size=300))
def test_noise_in_a_part_is_no_crash(read, noise):
    assert isinstance(read(package({**warm._EPUB, "a.xhtml": noise, "a.opf": noise}), "a.epub").ended, Outcome)
    assert isinstance(read(package({"index.xml": b"<sl:document>" + noise}), "a.pages").ended, Outcome)
