"""Laws of ink and paper: words that no one can tell from their ground are hidden and kept, all others show.

The ground of a word is the innermost thing that is painted under it; what is not known shows.
"""

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forge import word_forge as made

from witnessmark.formats import ink

SECRET = "Kestrelnest"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OASIS = "urn:oasis:names:tc:opendocument:xmlns"
ODF = " ".join(
    [f'xmlns:{name}="{OASIS}:{name}:1.0"' for name in ("office", "style", "text", "table")]
    + [f'xmlns:draw="{OASIS}:drawing:1.0"', f'xmlns:fo="{OASIS}:xsl-fo-compatible:1.0"', 'xmlns:loext="urn:loext"']
)

colours = st.tuples(*[st.integers(0, 255)] * 3)


def pack(parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(zipfile.ZipInfo(name, (2031, 5, 4, 10, 20, 30)), data)
    return stream.getvalue()


def link(number, kind, target):
    return f'<Relationship Id="r{number}" Type="{KIND}/{kind}" Target="{target}"/>'


def docx(body, styles="", before=""):
    return pack(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": f'<Relationships xmlns="{LINKS}">{link(1, "officeDocument", "word/document.xml")}</Relationships>',
            "word/document.xml": f"<w:document {W}>{before}<w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{LINKS}">{link(1, "styles", "styles.xml")}</Relationships>',
            "word/styles.xml": f"<w:styles {W}>{styles}</w:styles>",
        }
    )


def run(text, *properties):
    return f"<w:r><w:rPr>{''.join(properties)}</w:rPr><w:t>{text}</w:t></w:r>"


def p(*runs, of=""):
    return f"<w:p><w:pPr>{of}</w:pPr>{''.join(runs)}</w:p>"


def colour(value):
    return f'<w:color w:val="{value}"/>'


def shade(fill, pattern="clear", fore="auto"):
    return f'<w:shd w:val="{pattern}" w:color="{fore}" w:fill="{fill}"/>'


def style(kind, name, inner, base=""):
    return f'<w:style w:type="{kind}" w:styleId="{name}"><w:basedOn w:val="{base}"/>{inner}</w:style>'


def table(cell, of="", of_cell=""):
    return f"<w:tbl><w:tblPr>{of}</w:tblPr><w:tr><w:tc><w:tcPr>{of_cell}</w:tcPr>{cell}</w:tc></w:tr></w:tbl>"


WHITE, BLACK = colour("FFFFFF"), colour("000000")
MARKED = '<w:highlight w:val="black"/>'
STYLES = (
    style("character", "White", f"<w:rPr>{WHITE}</w:rPr>")
    + style("character", "Dark", f"<w:rPr>{shade('101010')}</w:rPr>")
    + style("paragraph", "Pale", f"<w:rPr>{WHITE}</w:rPr>")
    + style("paragraph", "Child", "", "Pale")
    + style("paragraph", "Night", f"<w:pPr>{shade('000000')}</w:pPr>")
    + style("table", "Grid", "")
    + style("table", "Banded", f'<w:tblStylePr w:type="firstRow"><w:tcPr>{shade("000000")}</w:tcPr></w:tblStylePr>')
    + style("table", "Heir", "", "Banded")
)
BOX = "<w:r><w:drawing><w:txbxContent>{}</w:txbxContent></w:drawing></w:r>"

UNSEEN = {
    "white": (p(run(SECRET, WHITE)), ink.PALE),
    "nearly white": (p(run(SECRET, colour("F2F2F2"))), ink.PALE),
    "white on white shade": (p(run(SECRET, WHITE, shade("FFFFFF"))), ink.PALE),
    "white by the run's style": (p(run(SECRET, '<w:rStyle w:val="White"/>')), ink.PALE),
    "white by a paragraph style's base": (p(run(SECRET), of='<w:pStyle w:val="Child"/>'), ink.PALE),
    "black on black mark": (p(run(SECRET, BLACK, MARKED)), ink.DROWNED),
    "the reader's choice on black mark": (p(run(SECRET, MARKED)), ink.DROWNED),
    "automatic on black mark": (p(run(SECRET, colour("auto"), MARKED)), ink.DROWNED),
    "black on black shade": (p(run(SECRET, BLACK, shade("000000"))), ink.DROWNED),
    "black on a shade that is all pattern": (p(run(SECRET, BLACK, shade("FFFFFF", "solid"))), ink.DROWNED),
    "white on a pale pattern": (p(run(SECRET, WHITE, shade("auto", "pct5"))), ink.PALE),
    "black on a paragraph's shade": (p(run(SECRET, BLACK), of=shade("101010")), ink.DROWNED),
    "black on a paragraph style's shade": (p(run(SECRET, BLACK), of='<w:pStyle w:val="Night"/>'), ink.DROWNED),
    "black on a run style's shade": (p(run(SECRET, BLACK, '<w:rStyle w:val="Dark"/>')), ink.DROWNED),
    "black in a black cell": (table(p(run(SECRET, BLACK)), of_cell=shade("000000")), ink.DROWNED),
    "black on black mark in a box": (p(BOX.format(p(run(SECRET, BLACK, MARKED)))), ink.DROWNED),
    "white in a table without paint": (table(p(run(SECRET, WHITE)), of='<w:tblStyle w:val="Grid"/>'), ink.PALE),
    "a mark lies over the shade": (p(run(SECRET, BLACK, MARKED, shade("FFFFFF"))), ink.DROWNED),
    "of a point, by a style": (p(run(SECRET, '<w:rStyle w:val="Dust"/>')), "hidden text"),
}
SEEN = {
    "black": p(run(SECRET, BLACK)),
    "a pale grey that Office offers": p(run(SECRET, colour("D9D9D9"))),
    "the reader's choice on a black shade": p(run(SECRET, shade("000000"))),
    "the reader's choice on a yellow mark": p(run(SECRET, '<w:highlight w:val="yellow"/>')),
    "chosen to be read, in a pale style": p(run(SECRET, colour("auto")), of='<w:pStyle w:val="Pale"/>'),
    "white on black mark": p(run(SECRET, WHITE, MARKED)),
    "white on a paragraph's shade": p(run(SECRET, WHITE), of=shade("203864")),
    "white on a paragraph style's shade": p(run(SECRET, WHITE), of='<w:pStyle w:val="Night"/>'),
    "white on a pattern": p(run(SECRET, WHITE, shade("FFFFFF", "pct50"))),
    "white on stripes": p(run(SECRET, WHITE, shade("FFFFFF", "horzStripe"))),
    "white in a dark cell": table(p(run(SECRET, WHITE)), of_cell=shade("000000")),
    "white in a table with a shade of its own": table(p(run(SECRET, WHITE)), of=shade("000000")),
    "white in a table whose style paints": table(p(run(SECRET, WHITE)), of='<w:tblStyle w:val="Heir"/>'),
    "white in a table of a style that is not there": table(p(run(SECRET, WHITE)), of='<w:tblStyle w:val="Gone"/>'),
    "white in a box": p(BOX.format(p(run(SECRET, WHITE)))),
    "after a box": p(BOX.format(p(run("Box"))), run(SECRET, BLACK)),
    "white before a tracked change": p(run(SECRET, f"<w:rPrChange><w:rPr>{WHITE}<w:vanish/></w:rPr></w:rPrChange>")),
    "the mark of the paragraph is white": p(run(SECRET), of=f"<w:rPr>{WHITE}</w:rPr>"),
}
DUST = style("character", "Dust", '<w:rPr><w:sz w:val="2"/></w:rPr>')


@pytest.mark.parametrize("place", UNSEEN)
def test_words_of_word_that_cannot_be_told_from_their_ground_are_hidden(read, place):
    body, label = UNSEEN[place]
    found = read(docx(p(run("Before")) + body + p(run("After")), STYLES + DUST), "a.docx")
    assert SECRET not in found.visible_text
    assert (label, SECRET + "\n") in found.hidden_pieces
    assert found.visible_text.startswith("Before\n")
    assert found.visible_text.endswith("After\n")


@pytest.mark.parametrize("place", SEEN)
def test_words_of_word_that_can_be_read_show(read, place):
    found = read(docx(SEEN[place], STYLES), "a.docx")
    assert SECRET in found.visible_text
    assert SECRET not in found.hidden_text


def test_white_words_on_a_painted_page_show(read):
    body = p(run(SECRET, WHITE))
    assert SECRET in read(docx(body, before='<w:background w:color="203864"/>'), "a.docx").visible_text
    assert SECRET in read(docx(body, before='<w:background w:color="FFFFFF"/>'), "a.docx").hidden_text


def test_defaults_of_the_document_count_where_no_style_says_a_word(read):
    defaults = f"<w:docDefaults><w:rPrDefault><w:rPr>{WHITE}</w:rPr></w:rPrDefault></w:docDefaults>"
    found = read(docx(p(run(SECRET), run("Told", BLACK)), defaults), "a.docx")
    assert (found.visible_text, found.hidden_pieces) == ("Told\n", [(ink.PALE, SECRET + "\n")])


def test_a_style_without_a_name_is_nobodys(read):
    nameless = f"<w:style><w:rPr>{WHITE}<w:vanish/></w:rPr></w:style>"
    assert read(docx(p(run(SECRET)), nameless + style("paragraph", "Some", "")), "a.docx").visible_text == SECRET + "\n"


def test_a_blank_is_one_in_any_colour(read):
    found = read(
        docx(p(run("two"), run(" ", WHITE), run("words"), run("a", WHITE), run(" "), run("b", WHITE))), "a.docx"
    )
    assert found.visible_text == "two words \n"


def test_what_was_before_a_tracked_change_of_properties_counts_no_more(read):
    was = f'<w:pPrChange><w:pPr><w:pStyle w:val="Pale"/>{shade("000000")}</w:pPr></w:pPrChange>'
    assert read(docx(p(run(SECRET), of=was), STYLES), "a.docx").visible_text == SECRET + "\n"


# Word's older documents

RED = struct.pack("<HBBBB", 0x6870, 200, 0, 0, 0)
NUMBERED_BLACK = struct.pack("<HB", 0x2A42, 1)
OLD_UNSEEN = {
    "white by number": (made.WHITE, b"", ink.PALE),
    "white by channels": (struct.pack("<HBBBB", 0x6870, 255, 255, 255, 0), b"", ink.PALE),
    "black on black mark": (NUMBERED_BLACK + struct.pack("<HB", 0x2A0C, 1), b"", ink.DROWNED),
    "no colour of its own on black mark": (struct.pack("<HB", 0x2A0C, 1), b"", ink.DROWNED),
    "black on black shade": (NUMBERED_BLACK + struct.pack("<HH", 0x4866, 1 << 5), b"", ink.DROWNED),
    "red on red shade": (
        RED + struct.pack("<HB4B4BH", 0xCA71, 10, 0, 0, 0, 255, 201, 0, 0, 0, 0),
        b"",
        ink.DROWNED,
    ),
    "white on a pale pattern": (made.WHITE + struct.pack("<HH", 0x4866, 8 << 5 | 2 << 10), b"", ink.PALE),
    "black on a solid pattern": (NUMBERED_BLACK + struct.pack("<HH", 0x4866, 1 | 1 << 10), b"", ink.DROWNED),
    "black on a paragraph's shade": (NUMBERED_BLACK, struct.pack("<HH", 0x442D, 1 << 5), ink.DROWNED),
    "of a point": (struct.pack("<HH", 0x4A43, 2), b"", "hidden text"),
}
OLD_SEEN = {
    "black": (NUMBERED_BLACK, b""),
    "no colour of its own on black shade": (struct.pack("<HH", 0x4866, 1 << 5), b""),
    "no colour of its own on yellow mark": (struct.pack("<HB", 0x2A0C, 7), b""),
    "white on black shade": (made.WHITE + struct.pack("<HH", 0x4866, 1 << 5), b""),
    "white on a paragraph's shade": (made.WHITE, struct.pack("<HH", 0x442D, 1 << 5)),
    "white on a mixture": (made.WHITE + struct.pack("<HH", 0x4866, 8 << 5 | 5 << 10), b""),
    "white in a cell": (made.WHITE, made.IN_TABLE),
    "white where automatic is said": (struct.pack("<HBBBB", 0x6870, 255, 255, 255, 255), b""),
}


@pytest.mark.parametrize("place", OLD_UNSEEN)
def test_words_of_an_older_document_that_cannot_be_told_from_their_ground_are_hidden(read, place):
    letters, whole, label = OLD_UNSEEN[place]
    found = read(made.document([made.para("Before ", (SECRET, letters), "after", pap=whole)]), "a.doc")
    assert found.visible_text == "Before after\n"
    assert (label, SECRET + "\n") in found.hidden_pieces


@pytest.mark.parametrize("place", OLD_SEEN)
def test_words_of_an_older_document_that_can_be_read_show(read, place):
    letters, whole = OLD_SEEN[place]
    found = read(made.document([made.para("Before ", (SECRET, letters), " after", pap=whole)]), "a.doc")
    assert SECRET in found.visible_text
    assert SECRET not in found.hidden_text


def test_ink_of_an_older_document_may_come_from_a_style(read):
    body = [made.para("Before ", (SECRET, struct.pack("<HH", 0x4A30, 10)), "after")]
    found = read(made.document(body, {1: made.character_style(made.WHITE)}), "a.doc")
    assert (ink.PALE, SECRET + "\n") in found.hidden_pieces


# OpenDocument


def odt(inner, styles="", kind="text", layout=""):
    automatic = f"<office:automatic-styles>{styles}</office:automatic-styles>"
    body = f"<office:body><office:{kind}>{inner}</office:{kind}></office:body>"
    page = f"<office:automatic-styles><style:page-layout>{layout}</style:page-layout></office:automatic-styles>"
    return pack(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f"<office:document-content {ODF}>{automatic}{body}</office:document-content>",
            "styles.xml": f"<office:document-styles {ODF}>{page}</office:document-styles>",
        }
    )


def odf_style(family, name, letters="", ground="", parent=""):
    inner = f"<style:text-properties {letters}/>" if letters else ""
    inner += f"<style:{family}-properties {ground}/>" if ground else ""
    return f'<style:style style:family="{family}" style:name="{name}" style:parent-style-name="{parent}">{inner}</style:style>'


LOOKS = (
    odf_style("text", "W", 'fo:color="#ffffff"')
    + odf_style("text", "K", 'fo:color="#000000"')
    + odf_style("text", "KK", 'fo:color="#000000" fo:background-color="#0a0a0a"')
    + odf_style("text", "WK", 'fo:color="#ffffff" fo:background-color="#000000"')
    + odf_style("text", "Auto", 'fo:color="#ffffff" style:use-window-font-color="true"')
    + odf_style("text", "Dust", 'fo:font-size="1pt"')
    + odf_style("text", "Window", 'style:use-window-font-color="true" loext:opacity="0%"')
    + odf_style("paragraph", "PW", 'fo:color="#ffffff"')
    + odf_style("paragraph", "Child", parent="PW")
    + odf_style("paragraph", "PK", 'fo:color="#000000"', 'fo:background-color="#000000"')
    + odf_style("paragraph", "Night", ground='fo:background-color="#000000"')
    + odf_style("section", "Dark", ground='fo:background-color="#000000"')
    + odf_style("table-cell", "CW", 'fo:color="#ffffff"')
    + odf_style("table-cell", "CD", 'fo:color="#ffffff"', 'fo:background-color="#203864"')
    + odf_style("table-cell", "Heir", parent="CW")
    + '<style:style style:family="table-cell" style:name="If"><style:text-properties fo:color="#ffffff"/>'
    '<style:map style:condition="x" style:apply-style-name="CD"/></style:style>'
    + '<style:style style:family="paragraph" style:name="Picture"><style:text-properties fo:color="#ffffff"/>'
    '<style:paragraph-properties><style:background-image style:repeat="stretch"/></style:paragraph-properties></style:style>'
)


def line(inner, name=""):
    return f'<text:p text:style-name="{name}">{inner}</text:p>'


def span(inner, name):
    return f'<text:span text:style-name="{name}">{inner}</text:span>'


def cells(inner, name="", column=""):
    return (
        f'<table:table><table:table-column table:default-cell-style-name="{column}" table:number-columns-repeated="3"/>'
        f'<table:table-row><table:table-cell table:style-name="{name}">{line(inner)}</table:table-cell></table:table-row></table:table>'
    )


ODF_UNSEEN = {
    "white": ("text", line("Before " + span(SECRET, "W")), ink.PALE),
    "white paragraph": ("text", line(SECRET, "PW"), ink.PALE),
    "white by its base": ("text", line(SECRET, "Child"), ink.PALE),
    "black on black letters": ("text", line(span(SECRET, "KK")), ink.DROWNED),
    "black on a black paragraph": ("text", line(SECRET, "PK"), ink.DROWNED),
    "of a point": ("text", line(span(SECRET, "Dust")), "hidden text"),
    "white cell": ("spreadsheet", cells(SECRET, "CW"), ink.PALE),
    "white cell by its base": ("spreadsheet", cells(SECRET, "Heir"), ink.PALE),
    "white cell by its column": ("spreadsheet", cells(SECRET, column="CW"), ink.PALE),
    "white in a table of a text": ("text", cells(span(SECRET, "W")), ink.PALE),
}
ODF_SEEN = {
    "black in a white paragraph": ("text", line(span(SECRET, "K"), "PW")),
    "white on black letters": ("text", line(span(SECRET, "WK"))),
    "white on a black paragraph": ("text", line(span(SECRET, "W"), "Night")),
    "white in a dark section": (
        "text",
        f'<text:section text:style-name="Dark">{line(span(SECRET, "W"))}</text:section>',
    ),
    "chosen to be read": ("text", line(span(SECRET, "Auto"))),
    "chosen to be read, and said to be clear": ("text", line(span(SECRET, "Window"))),
    "white on a picture": ("text", line(SECRET, "Picture")),
    "white in a box": (
        "text",
        line(f"<draw:frame><draw:text-box>{line(span(SECRET, 'W'))}</draw:text-box></draw:frame>"),
    ),
    "a box in a white paragraph": (
        "text",
        line(f"<draw:frame><draw:text-box>{line(SECRET)}</draw:text-box></draw:frame>", "PW"),
    ),
    "white on a slide": ("presentation", f"<draw:page>{line(span(SECRET, 'W'))}</draw:page>"),
    "white on a dark cell": ("spreadsheet", cells(SECRET, "CD")),
    "white where a condition may paint": ("spreadsheet", cells(SECRET, "If")),
    "white in a dark cell of a text": ("text", cells(span(SECRET, "W"), "CD")),
}


@pytest.mark.parametrize("place", ODF_UNSEEN)
def test_words_of_opendocument_that_cannot_be_told_from_their_ground_are_hidden(read, place):
    kind, inner, label = ODF_UNSEEN[place]
    found = read(odt(inner, LOOKS, kind), "a.odt")
    assert SECRET not in found.visible_text
    assert (label, SECRET + "\n") in found.hidden_pieces


@pytest.mark.parametrize("place", ODF_SEEN)
def test_words_of_opendocument_that_can_be_read_show(read, place):
    kind, inner = ODF_SEEN[place]
    found = read(odt(inner, LOOKS, kind), "a.odt")
    assert SECRET in found.visible_text
    assert SECRET not in found.hidden_text


def test_white_words_on_a_painted_page_of_opendocument_show(read):
    dark = '<style:page-layout-properties fo:background-color="#203864"/>'
    assert SECRET in read(odt(line(SECRET, "PW"), LOOKS, layout=dark), "a.odt").visible_text
    white = '<style:page-layout-properties fo:background-color="#ffffff" draw:fill="none"/>'
    assert SECRET in read(odt(line(SECRET, "PW"), LOOKS, layout=white), "a.odt").hidden_text


def test_lines_of_what_does_not_show_stay_lines_and_blanks_stay_blanks(read):
    inner = line("one" + span("a", "W") + span(" ", "W") + "two") + line(span("b", "W") + "three")
    found = read(odt(inner, LOOKS), "a.odt")
    assert found.visible_text == "one two\nthree\n"
    assert found.hidden_pieces == [(ink.PALE, "a \nb\n")]


# Workbooks


def xlsx(font, fill):
    sheet = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    links = f'<Relationships xmlns="{LINKS}">'
    return pack(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": f"{links}{link(1, 'officeDocument', 'xl/workbook.xml')}</Relationships>",
            "xl/workbook.xml": f'<workbook {sheet} xmlns:r="{KIND}"><sheets><sheet name="S" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f"{links}{link(1, 'worksheet', 's.xml')}{link(2, 'styles', 't.xml')}</Relationships>",
            "xl/s.xml": f'<worksheet {sheet}><sheetData><row><c t="inlineStr" s="1"><is><t>{SECRET}</t></is></c></row>'
            "</sheetData></worksheet>",
            "xl/t.xml": f"<styleSheet {sheet}><fonts><font/><font>{font}</font></fonts><fills><fill/>"
            f'<fill>{fill}</fill></fills><cellXfs><xf/><xf fontId="1" fillId="1"/></cellXfs></styleSheet>',
        }
    )


def filled(colour, pattern="solid"):
    return f'<patternFill patternType="{pattern}"><fgColor {colour}/></patternFill>'


BLACK_FILL = filled('rgb="FF000000"')
SHEET_UNSEEN = {
    "white": ('<color rgb="FFFFFFFF"/>', filled("", "none"), ink.PALE),
    "white in a fill that says nothing": ('<color rgb="FFFFFFFF"/>', "", ink.PALE),
    "white of the theme": ('<color theme="0"/>', filled('indexed="9"'), ink.PALE),
    "black on black": ('<color rgb="FF000000"/>', BLACK_FILL, ink.DROWNED),
    "black of the theme": ('<color theme="1"/>', filled('theme="1"'), ink.DROWNED),
    "no colour of its own on black": ("", BLACK_FILL, ink.DROWNED),
    "red on red": ('<color indexed="10"/>', filled('rgb="FFF80000"'), ink.DROWNED),
}
SHEET_SEEN = {
    "white on black": ('<color rgb="FFFFFFFF"/>', BLACK_FILL),
    "white on a pattern": ('<color rgb="FFFFFFFF"/>', filled('rgb="FFFFFFFF"', "gray125")),
    "white on a gradient": ('<color rgb="FFFFFFFF"/>', "<gradientFill/>"),
    "a shade of the theme": ('<color theme="0" tint="-0.5"/>', filled("", "none")),
    "black": ('<color theme="1"/>', filled("", "none")),
}


@pytest.mark.parametrize("place", SHEET_UNSEEN)
def test_words_of_a_cell_that_cannot_be_told_from_it_are_hidden(read, place):
    font, fill, label = SHEET_UNSEEN[place]
    found = read(xlsx(font, fill), "a.xlsx")
    assert SECRET not in found.visible_text
    assert (label, SECRET + "\n") in found.hidden_pieces


@pytest.mark.parametrize("place", SHEET_SEEN)
def test_words_of_a_cell_that_can_be_read_show(read, place):
    found = read(xlsx(*SHEET_SEEN[place]), "a.xlsx")
    assert SECRET in found.visible_text
    assert SECRET not in found.hidden_text


# Any


@given(colours, colours)
def test_which_of_two_is_the_ink_does_not_matter_and_a_colour_is_lost_on_itself(one, other):
    assert ink.are_close(one, other) == ink.are_close(other, one)
    assert ink.why(one, one) in ink.LOST
    assert bool(ink.why(one, other)) == ink.are_close(one, other)
    assert ink.why(one, None) == ink.why(None, other) == ink.why(one, ink.Said.UNKNOWN) == ""


@given(colours)
def test_a_colour_is_parsed_as_it_is_written_and_nothing_else_is(colour):
    digits = "".join(f"{channel:02x}" for channel in colour)
    assert ink.parsed(digits) == ink.parsed(f"#{digits.upper()}") == colour


@given(st.text(max_size=8))
def test_what_is_no_colour_is_none(text):
    found = ink.parsed(text)
    assert found is None or len(text.removeprefix("#")) == 6
