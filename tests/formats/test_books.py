"""Laws of books and iWork documents: chapters in reading order, cells and paragraphs shown, comments apart."""

import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats import collector

from witnessmark.cell.report import Source
from witnessmark.formats import iwork, warm
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
    found = (
        read(package({"index.xml": DOCUMENT}), "a.pages") if not packed else _direct(iwork.read_iwork, package(parts))
    )
    assert found.visible_text.splitlines() == ["The doors", "are locked at night", "Beds", "17", "-137.5"]
    assert ("comment", "who wrote this?") in found.hidden_pieces


def _direct(reader, data):
    collected = collector.Collected()
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


CELL = "<sf:{0}{1}><sf:ct sfa:s='{2}'/></sf:{0}>"
MENU = (
    "<sf:pm><sf:menu-choices><sf:t sfa:ID='a'><sf:ct sfa:s='East'/></sf:t><sf:t sfa:ID='b'><sf:ct sfa:s='West'/></sf:t>"
    "</sf:menu-choices><sf:proxied-cell-ref sfa:IDREF='b'/></sf:pm>"
)
CELLS = (
    CELL.format("t", " sf:ct='1'", "Beds")
    + "<sf:n sf:v='872.39999999999998'/>"
    + "<sf:d sf:ct='254' sf:cell-date='276048000'/>"
    + MENU
    + "<sf:t sf:ct='2'><sf:so><sf:text-body><sf:p>two <sf:span>words</sf:span></sf:p></sf:text-body></sf:so></sf:t>"
    + "<sf:f><sf:fo sf:fs='=A1'/><sf:r><sf:rn sf:v='-137.5'/></sf:r></sf:f>"
)
STYLES = (
    "<sf:stylesheet><sf:chart-style sfa:ID='s' sf:ident='base'><sf:SFCShowChartTitleProperty><sf:number sfa:number='{}'/>"
    "</sf:SFCShowChartTitleProperty></sf:chart-style><sf:chart-style sfa:ID='own' sf:parent-ident='base'/></sf:stylesheet>"
)
CHART = (
    "<sf:chart-info><sf:style><sf:chart-style-ref sfa:IDREF='own'/></sf:style><sf:chart-row_names><sf:string sfa:string='East'/>"
    "<sf:string sfa:string=''/><sf:string sfa:string='West'/></sf:chart-row_names><sf:chart-name sfa:string='Keys'/>"
    "</sf:chart-info>"
)


def book_of_sheets(title_shown=1):
    table = "<sf:tabular-model sf:name='{}' sf:name-is-visible='{}'><sf:grid><sf:datasource>{}</sf:datasource></sf:grid></sf:tabular-model>"
    sheets = "".join(
        f"<ls:workspace ls:workspace-name='{name}'>{inner}</ls:workspace>"
        for name, inner in (
            ("Wing", table.format("Watch list", "true", CELLS) + "<sf:sticky-note><sf:p>who?</sf:p></sf:sticky-note>"),
            ("More", table.format("Table 1", "false", "") + CHART),
        )
    )
    about = "<sf:metadata><sf:authors><sf:string sfa:string='Ode Marr'/></sf:authors></sf:metadata>"
    pattern = f"<ls:tabular-prototypes>{table.format('Unnamed', 'false', '')}</ls:tabular-prototypes>"
    xml = f"{STYLES.format(title_shown)}{pattern}{sheets}{about}"
    return package({"index.xml": f'<ls:document xmlns:ls="l" xmlns:sf="f" xmlns:sfa="a">{xml}</ls:document>'})


def test_sheets_of_2009_show_their_names_the_rows_of_tables_and_the_words_of_charts(read):
    found = read(book_of_sheets(), "a")
    assert found.media_type == "application/vnd.apple.numbers"
    assert found.visible_text == (
        "Wing\nWatch list\nBeds\t872.4\n2009-10-01\tWest\ttwo words\t-137.5\n\fMore\nKeys\nEast\tWest\n"
    )
    assert found.hidden_pieces == [
        ("template", "Unnamed"),
        ("choice", "East\nWest"),
        ("comment", "who?"),
        ("name of a table", "Table 1"),
        ("metadata: authors", "Ode Marr"),
    ]


@pytest.mark.parametrize("name", ["index.xml", "index.xml.gz"])
@pytest.mark.parametrize("folder", ["", "a b.numbers/"])
def test_a_document_of_2009_is_known_in_a_folder_that_was_zipped_and_in_a_gzip(read, folder, name):
    xml = zipfile.ZipFile(io.BytesIO(book_of_sheets())).read("index.xml")
    parts = {folder + name: gzip.compress(xml) if name.endswith(".gz") else xml, folder + "thumbs/a.jpg": b"x"}
    found, plain = read(package({**parts, "__MACOSX/a": "x"} if folder else parts), "a"), read(book_of_sheets(), "a")
    assert found.media_type == "application/vnd.apple.numbers"
    assert (found.visible_text, found.hidden_pieces) == (plain.visible_text, plain.hidden_pieces)
    assert [member.name for member in found.members if "MACOSX" not in member.name] == [folder + "thumbs/a.jpg"]


def test_a_document_of_2009_is_read_without_its_package_too(read):
    xml = zipfile.ZipFile(io.BytesIO(book_of_sheets())).read("index.xml")
    xml = xml.replace(b'xmlns:ls="l"', b"xmlns:ls='http://developer.apple.com/namespaces/ls'")
    for data in (xml, b"<?xml version='1.0'?>\n" + xml):
        found, plain = read(data, "index.xml"), read(book_of_sheets(), "a")
        assert (found.media_type, found.ended) == ("application/vnd.apple.numbers", Outcome.OK)
        assert (found.visible_text, found.hidden_pieces) == (plain.visible_text, plain.hidden_pieces)
    assert read(xml[:-30], "index.xml").ended == Outcome.PARTIAL
    assert read(b"<?xml version='1.0'?><document><p>x</p></document>", "a.xml").media_type == "application/xml"


def test_a_table_of_2009_that_breaks_off_keeps_its_rows(read):
    whole = zipfile.ZipFile(io.BytesIO(book_of_sheets())).read("index.xml").decode()
    found = read(package({"index.xml": whole[: whole.index("two")]}), "a")
    assert found.ended == Outcome.PARTIAL
    assert found.visible_text == "Wing\nWatch list\nBeds\t872.4\n2009-10-01\tWest\n"


def test_a_title_that_the_style_of_a_chart_takes_away_is_apart(read):
    found = read(book_of_sheets(title_shown=0), "a")
    assert "Keys" not in found.visible_text
    assert ("title or caption not shown", "Keys") in found.hidden_pieces


def test_slides_of_2009_are_pages_and_hidden_ones_are_apart(read):
    slides = "".join(f"<key:slide{about}><sf:p>{text}</sf:p></key:slide>" for about, text in (
        ("", "first"), (" key:hidden='true'", "secret"), ("", "second")))  # fmt: skip
    master = "<key:master-slide><sf:tabular-model sf:name='Old'/><sf:p>Title</sf:p></key:master-slide>"
    xml = f'<key:presentation xmlns:key="k" xmlns:sf="f">{master}<key:slide-list>{slides}</key:slide-list></key:presentation>'
    found = read(package({"index.apxl": xml, "index.xml": xml}), "a.key")
    assert found.visible_text == "first\n\fsecond\n"
    assert found.hidden_pieces == [("slide master", "Old"), ("slide master", "Title"), ("hidden slide", "secret")]


@given(st.text(st.sampled_from("0123456789.-+eENaInfinity"), max_size=30))
def test_no_number_of_2009_trips_the_reader(value):
    from witnessmark.formats import iwork_cells

    assert isinstance(iwork_cells.number(value), str)
