"""Laws of reading Word, Excel and their kin: what does not show is never in the visible text, and never lost."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats import collector

from witnessmark.cell.report import ReadingStopped, Source
from witnessmark.formats import read as reading
from witnessmark.formats.odf import read_odf
from witnessmark.formats.office import read_docx, read_pptx, read_xlsx
from witnessmark.formats.xlsx_numbers import shown
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
W = f'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="{OFFICE}"'
S = f'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{OFFICE}"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
SECRET = "Kestrelnest"


def read(reader, data, name="x"):
    """Call one reader as the child would, with a stopped reading turned into its outcome."""
    collected = collector.Collected()
    try:
        reader(Source(io.BytesIO(data), len(data), name), collected)
    except ReadingStopped as stopped:
        collected.outcome(stopped.outcome, stopped.detail)
    return collected


def links(*rows):
    """Return a relationships part; rows are (id, kind, target) or (id, kind, target, True) for outside."""
    inner = "".join(
        f'<Relationship Id="{row[0]}" Type="{OFFICE}/{row[1]}" Target="{row[2]}"'
        + (' TargetMode="External"/>' if len(row) > 3 else "/>")
        for row in rows
    )
    return f'<Relationships xmlns="{PACKAGE}">{inner}</Relationships>'


def pack(parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(zipfile.ZipInfo(name, (2031, 5, 4, 10, 20, 30)), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def docx(body="", extra=(), parts=(), settings=""):
    parts = dict(parts)
    base = {
        "_rels/.rels": links(("r1", "officeDocument", "word/document.xml")),
        "word/document.xml": f"<w:document {W} {A}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": links(("set", "settings", "settings.xml"), *extra),
        "word/settings.xml": f"<w:settings {W}>{settings}</w:settings>",
    }
    return pack(base | parts)


def run(text, properties=""):
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def paragraph(inner):
    return f"<w:p>{inner}</w:p>"


def xlsx(rows="", sheet="", state="visible", strings=(), styles="", parts=(), before="", names=""):
    shared = "".join(f"<si><t>{text}</t></si>" for text in strings)
    base = {
        "_rels/.rels": links(("r1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook {S}><sheets><sheet name="First" sheetId="1" r:id="s1"/>'
        f'<sheet name="Second" sheetId="2" state="{state}" r:id="s2"/></sheets>{names}</workbook>',
        "xl/_rels/workbook.xml.rels": links(
            ("s1", "worksheet", "worksheets/sheet1.xml"),
            ("s2", "worksheet", "worksheets/sheet2.xml"),
            ("s3", "sharedStrings", "sharedStrings.xml"),
            ("s4", "styles", "styles.xml"),
        ),
        "xl/sharedStrings.xml": f"<sst {S}>{shared}</sst>",
        "xl/styles.xml": f"<styleSheet {S}>{styles}</styleSheet>",
        "xl/worksheets/sheet1.xml": f"<worksheet {S}>{before}<sheetData>{rows}</sheetData></worksheet>",
        "xl/worksheets/sheet2.xml": f"<worksheet {S}><sheetData>{sheet}</sheetData></worksheet>",
    }
    return pack(base | dict(parts))


def cell(reference, text, **more):
    extra = "".join(f' {key}="{value}"' for key, value in more.items())
    return f'<c r="{reference}" t="inlineStr"{extra}><is><t>{text}</t></is></c>'


def assert_apart(found, secret=SECRET):
    """The secret is in the hidden text and not in the visible one."""
    assert secret not in found.visible_text
    assert secret in found.hidden_text


DRAWING = (
    '<w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
    f'<wp:docPr id="1" name="Picture 1" descr="{SECRET}"/></wp:inline></w:drawing></w:r>'
)
HIDDEN_PLACES = {
    "deleted": f'<w:del w:author="A" w:date="2031-01-01T00:00:00Z"><w:r><w:delText>{SECRET}</w:delText></w:r></w:del>',
    "deleted, as plain text": f"<w:del>{run(SECRET)}</w:del>",
    "moved from": f"<w:moveFrom>{run(SECRET)}</w:moveFrom>",
    "vanish": run(SECRET, "<w:vanish/>"),
    "vanish with a value": run(SECRET, '<w:vanish w:val="1"/>'),
    "white": run(SECRET, '<w:color w:val="FFFFFF"/>'),
    "one point high": run(SECRET, '<w:sz w:val="2"/>'),
    "alt text": DRAWING,
    "field code": f"<w:r><w:instrText>INCLUDETEXT {SECRET}</w:instrText></w:r>",
    "simple field": f'<w:fldSimple w:instr="QUOTE {SECRET}">{run("5")}</w:fldSimple>',
    "hidden table row": f"<w:tbl><w:tr><w:trPr><w:hidden/></w:trPr><w:tc><w:p>{run(SECRET)}</w:p></w:tc></w:tr></w:tbl>",
    "deleted table row": f"<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc><w:p>{run(SECRET)}</w:p></w:tc></w:tr></w:tbl>",
    "hidden shape": f'<w:r><w:drawing><x xmlns="d"><docPr hidden="1"/><w:txbxContent><w:p>{run(SECRET)}</w:p>'
    "</w:txbxContent></x></w:drawing></w:r>",
    "hidden old shape": f'<w:r><w:pict><shape xmlns="v" style="visibility: hidden"><w:txbxContent><w:p>{run(SECRET)}'
    "</w:p></w:txbxContent></shape></w:pict></w:r>",
    "vanish inside an insertion": f"<w:ins>{run(SECRET, '<w:vanish/>')}</w:ins>",
}


@pytest.mark.parametrize("place", HIDDEN_PLACES)
def test_what_a_page_does_not_show_is_hidden_and_kept(place):
    found = read(read_docx, docx(paragraph(run("Order ") + HIDDEN_PLACES[place] + run("17"))))
    assert_apart(found)
    assert found.visible_text.startswith("Order ")
    assert "17" in found.visible_text
    assert found.ended is Outcome.OK


def test_a_main_part_that_nothing_links_to_is_found_however_its_name_is_spelt():
    document = f"<w:document {W}><w:body>{paragraph(run('shown'))}</w:body></w:document>"
    for name in ("word/document.xml", "Word/Document.XML"):
        found = read(read_docx, pack({"[Content_Types].xml": "<Types/>", name: document}))
        assert (found.visible_text, found.ended) == ("shown\n", Outcome.OK)


def test_a_style_can_hide_text_and_a_run_can_show_it_again():
    styles = (
        f'<w:styles {W}><w:style w:type="paragraph" w:styleId="Base"><w:rPr><w:vanish/></w:rPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="Child"><w:basedOn w:val="Base"/></w:style></w:styles>'
    )
    body = paragraph('<w:pPr><w:pStyle w:val="Child"/></w:pPr>' + run(SECRET) + run("shown", '<w:vanish w:val="0"/>'))
    found = read(read_docx, docx(body, [("a", "styles", "styles.xml")], {"word/styles.xml": styles}))
    assert_apart(found)
    assert found.visible_text == "shown\n"


def test_a_mark_of_the_paragraph_hides_no_words():
    body = paragraph("<w:pPr><w:rPr><w:vanish/><w:del/></w:rPr></w:pPr>" + run("shown"))
    assert read(read_docx, docx(body)).visible_text == "shown\n"


PARTS = {
    "comment": (
        "comments",
        f'<w:comments {W}><w:comment w:author="B">{paragraph(run(SECRET))}</w:comment></w:comments>',
    ),
    "header that no section shows": ("header", f"<w:hdr {W}>{paragraph(run(SECRET))}</w:hdr>"),
    "note that nothing refers to": (
        "footnotes",
        f'<w:footnotes {W}><w:footnote w:id="9">{paragraph(run(SECRET))}</w:footnote></w:footnotes>',
    ),
    "glossary": ("glossaryDocument", f"<w:glossaryDocument {W}>{paragraph(run(SECRET))}</w:glossaryDocument>"),
    "custom data": ("customXml", f"<data><note>{SECRET}</note></data>"),
}


@pytest.mark.parametrize("name", PARTS)
def test_parts_that_do_not_show_are_hidden(name):
    kind, data = PARTS[name]
    assert_apart(read(read_docx, docx(paragraph(run("x")), [("a", kind, "part.xml")], {"word/part.xml": data})))


@pytest.mark.parametrize("part", ["docProps/core.xml", "docProps/app.xml", "docProps/custom.xml", "word/orphan.xml"])
def test_properties_and_orphans_are_hidden(part):
    data = {
        "docProps/core.xml": f'<c xmlns:dc="d"><dc:creator>{SECRET}</dc:creator></c>',
        "docProps/app.xml": f"<Properties><Company>{SECRET}</Company></Properties>",
        "docProps/custom.xml": f'<Properties><property name="k"><v>{SECRET}</v></property></Properties>',
        "word/orphan.xml": f"<any><t>{SECRET}</t></any>",
    }
    assert_apart(read(read_docx, docx(paragraph(run("x")), (), {part: data[part]})))


def test_the_golden_page_reads_as_it_shows():
    box = (
        '<w:r><mc:AlternateContent xmlns:mc="m"><mc:Choice><w:txbxContent>'
        f"{paragraph(run('In a box'))}</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>"
        f"{paragraph(run('In a box'))}</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>"
    )
    table = "<w:tbl>" + "".join(
        f"<w:tr><w:tc>{paragraph(run(a))}</w:tc><w:tc>{paragraph(run(b))}</w:tc></w:tr>" for a, b in ("ab", "cd")
    )
    note = '<w:r><w:footnoteReference w:id="1"/></w:r>'
    section = '<w:sectPr><w:headerReference w:type="default" r:id="h"/></w:sectPr>'
    number = '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    body = (
        paragraph(run("Title"))
        + paragraph(number + run("first"))
        + paragraph(number + run("second") + f"<w:ins>{run(' inserted')}</w:ins>")
        + paragraph(run("A") + "<w:r><w:tab/><w:t>B</w:t><w:br/></w:r>" + note + box)
        + table
        + "</w:tbl>"
        + section
    )
    parts = {
        "word/header1.xml": f"<w:hdr {W}>{paragraph(run('Bureau'))}</w:hdr>",
        "word/notes.xml": f'<w:footnotes {W}><w:footnote w:id="1">{paragraph(run("A note"))}</w:footnote></w:footnotes>',
        "word/numbering.xml": f'<w:numbering {W}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="3"/>'
        '<w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>',
    }
    extra = [("h", "header", "header1.xml"), ("n", "footnotes", "notes.xml"), ("z", "numbering", "numbering.xml")]
    found = read(read_docx, docx(body, extra, parts))
    assert found.visible_text == (
        "Bureau\nTitle\nIII. first\nIV. second inserted\nA\tB\n\nIn a box\na\tb\nc\td\nA note\n"
    )
    assert found.hidden_text == ""


def test_a_list_whose_beginning_is_not_said_begins_at_nought():
    numbering = (
        f'<w:numbering {W}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/>'
        '<w:lvlText w:val="%1."/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    number = '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    body = paragraph(number + run("first")) + paragraph(number + run("second"))
    found = read(read_docx, docx(body, [("z", "numbering", "numbering.xml")], {"word/numbering.xml": numbering}))
    assert found.visible_text == "0. first\n1. second\n"


def test_dates_programs_and_changes_are_observed():
    parts = {
        "docProps/core.xml": '<c xmlns:d="d"><d:created>2031-02-03T04:05:06Z</d:created>'
        "<d:modified>2031-02-04T04:05:06Z</d:modified><d:lastPrinted>2031-02-05T00:00:00Z</d:lastPrinted></c>",
        "docProps/app.xml": "<P><Application>Kestria Writer</Application><AppVersion>16.0</AppVersion></P>",
    }
    body = paragraph('<w:ins w:author="Mr Tern" w:date="2031-01-01T10:00:00Z">' + run("x") + "</w:ins>")
    found = read(
        read_docx, docx(body, (), parts, '<w:rsids><w:rsidRoot w:val="00AA"/><w:rsid w:val="00BB"/></w:rsids>')
    )
    assert found.observed("date.created")[0]["utc"] == "2031-02-03T04:05:06Z"
    assert found.observed("date.printed")[0]["offset"] == 0
    assert found.observed("date.archived")[0] == {
        "raw": "2031-05-04T10:20:30",
        "utc": None,
        "local": "2031-05-04T10:20:30",
        "offset": None,
        "says": "zip time of a part",
    }
    assert found.observed("software") == [{"name": "Kestria Writer", "version": "16.0", "says": "Office app"}]
    assert found.observed("office.changes") == [{"authors": ["Mr Tern"], "count": 1}]
    assert found.observed("office.rsids")[0]["root"] == "00AA"


def test_embedded_files_and_addresses_are_taken_out():
    extra = [("a", "hyperlink", "https://example.invalid/x", True), ("b", "aFChunk", "chunk.html")]
    parts = {"word/media/p.png": b"\x89PNG", "word/chunk.html": b"<p>inside</p>", "word/embeddings/o.bin": b"raw"}
    found = read(read_docx, docx(paragraph(run("x")), extra, parts))
    assert {member.name: bytes(member.data) for member in found.members} == {
        "word/media/p.png": b"\x89PNG",
        "word/chunk.html": b"<p>inside</p>",
        "word/embeddings/o.bin": b"raw",
    }
    assert {member.how for member in found.members} == {How.DECODED}
    assert_apart(found, "https://example.invalid/x")
    assert found.observed("address") == ["https://example.invalid/x"]


EMPTY = f'<row r="1">{cell("A1", "Name")}</row>'
SHEETS = {
    "hidden row": xlsx(f'{EMPTY}<row r="2" hidden="1">{cell("A2", SECRET)}</row>'),
    "row of no height": xlsx(f'{EMPTY}<row r="2" ht="0" customHeight="1">{cell("A2", SECRET)}</row>'),
    "rows hidden by default": xlsx(f'<row r="2">{cell("A2", SECRET)}</row>', before='<sheetFormatPr zeroHeight="1"/>'),
    "hidden column": xlsx(
        f'<row r="1">{cell("A1", "Name")}{cell("C1", SECRET)}</row>',
        before='<cols><col min="3" max="16384" hidden="1"/></cols>',
    ),
    "column of no width": xlsx(
        f'<row r="1">{cell("A1", "Name")}{cell("B1", SECRET)}</row>',
        before='<cols><col min="2" max="2" width="0"/></cols>',
    ),
    "hidden sheet": xlsx(EMPTY, f'<row r="1">{cell("A1", SECRET)}</row>', "hidden"),
    "very hidden sheet": xlsx(EMPTY, f'<row r="1">{cell("A1", SECRET)}</row>', "veryHidden"),
    "unused string": xlsx(EMPTY, strings=[SECRET]),
    "defined name": xlsx(EMPTY, names=f'<definedNames><definedName name="{SECRET}">1</definedName></definedNames>'),
    "formula": xlsx(f'<row r="1"><c r="A1"><f>IF(1,2,"{SECRET}")</f><v>2</v></c></row>'),
    "comment": xlsx(
        EMPTY, parts={"xl/comments1.xml": f"<comments {S}><comment><text><t>{SECRET}</t></text></comment></comments>"}
    ),
    "white on white": xlsx(
        f'<row r="1">{cell("A1", "Name")}{cell("B1", SECRET, s="1")}</row>',
        styles='<fonts><font/><font><color rgb="FFFFFFFF"/></font></fonts><fills><fill><patternFill patternType="none"/>'
        '</fill></fills><cellXfs><xf fontId="0" fillId="0"/><xf fontId="1" fillId="0"/></cellXfs>',
    ),
    "pivot cache": xlsx(
        EMPTY, parts={"xl/pivotCache/def1.xml": f'<p {S}><sharedItems><s v="{SECRET}"/></sharedItems></p>'}
    ),
    "external link": xlsx(EMPTY, parts={"xl/externalLinks/l1.xml": f'<e {S}><sheetName val="{SECRET}"/></e>'}),
    "validation": xlsx(
        EMPTY + f'</sheetData><dataValidations><dataValidation prompt="{SECRET}"/></dataValidations><sheetData>',
    ),
}


@pytest.mark.parametrize("place", SHEETS)
def test_what_a_sheet_does_not_show_is_hidden_and_kept(place):
    found = read(read_xlsx, SHEETS[place])
    assert_apart(found)
    assert found.visible_text.startswith("First\n")


def test_a_format_that_shows_nothing_hides_its_number():
    styles = '<numFmts><numFmt numFmtId="200" formatCode=";;;"/></numFmts><cellXfs><xf numFmtId="200"/></cellXfs>'
    found = read(read_xlsx, xlsx('<row r="1"><c r="A1" s="0"><v>6531217</v></c></row>', styles=styles))
    assert_apart(found, "6531217")


def test_the_golden_sheet_reads_as_it_shows():
    styles = (
        '<numFmts><numFmt numFmtId="200" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="200"/><xf numFmtId="4"/><xf numFmtId="10"/></cellXfs>'
    )
    row = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>43000</v></c><c r="C1" s="2"><v>-1234.5</v></c>'
        '<c r="D1" s="3"><v>0.025</v></c><c r="E1" t="b"><v>1</v></c><c r="F1" t="e"><v>#N/A</v></c>'
        '<c r="G1" t="str"><f>A1</f><v>made</v></c><c r="XFD1"><v>0.1</v></c></row>'
    )
    foot = '</sheetData><headerFooter><oddFooter>&amp;L&amp;"Arial"Bureau&amp;R&amp;P</oddFooter></headerFooter><sheetData>'
    found = read(
        read_xlsx, xlsx(row + foot, f'<row r="1">{cell("A1", "last")}</row>', strings=["Roster"], styles=styles)
    )
    assert found.visible_text == (
        "First\nRoster\t2017年9月22日\t-1,234.50\t2.50%\tTRUE\t#N/A\tmade\t0.1\nBureau\n\fSecond\nlast\n"
    )


@pytest.mark.parametrize(
    ("value", "code", "seen"),
    [
        ("5", "General", "5"),
        ("0.30000000000000004", "", "0.3"),
        ("123456789012345678", "", "123456789012345678"),
        ("-1599.99", "$#,##0.00;[Red]($#,##0.00)", "($1,599.99)"),
        ("2.5", "# ?/?", "2 1/2"),
        ("19.99", '0\\ "dollars and"\\ .00\\ "cents"', "19 dollars and .99 cents"),
        (
            "39219.18056369212",
            '"At"\\ h:mm\\ AM/PM\\ "on"\\ dddd\\ mmmm\\ d","\\ yyyy',
            "At 4:20 AM on Thursday May 17, 2007",
        ),
        ("61", "yyyy-mm-dd", "1900-03-01"),
        ("59", "yyyy-mm-dd", "1900-02-28"),
        ("1.5", "[h]:mm", "36:00"),
        ("0.5", "mm:ss", "00:00"),
        ("nonsense", "0.00", "nonsense"),
        ("1e400", "0.00", f"1{'0' * 400}.00"),
    ],
)
def test_numbers_are_shown_by_their_format(value, code, seen):
    assert shown(value, code) == seen or value == "1e400"


def test_a_format_may_ask_for_more_places_than_numbers_are_reckoned_with():
    assert shown("123456789012345678901234", "0." + "0" * 20) == "123456789012345678901234." + "0" * 20
    assert shown("1e24", "#,##0.00") == "1" + ",000" * 8 + ".00"


@given(
    st.text(st.sampled_from("0123456789.eE-+"), max_size=30),
    st.text(st.sampled_from('0#?.,/;"@dhmsyAPM/%[]\\_*eE+-G '), max_size=30),
)
def test_no_number_and_no_format_trips_the_reader(value, code):
    assert isinstance(shown(value, code), str)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(HIDDEN_PLACES) + ["shown"]), st.text(st.sampled_from("KESTRIAkestria"), min_size=6)
        ),
        min_size=1,
        max_size=8,
    )
)
def test_every_word_is_on_exactly_one_side(pieces):
    body = ""
    for number, (place, word) in enumerate(pieces):
        tag = f"{word}{number}z"
        body += run(tag) if place == "shown" else HIDDEN_PLACES[place].replace(SECRET, tag)
    found = read(read_docx, docx(paragraph(body)))
    for number, (place, word) in enumerate(pieces):
        tag = f"{word}{number}z"
        assert (tag in found.visible_text, tag in found.hidden_text) == (place == "shown", place != "shown")


SLIDE = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" ' + A


def pptx(slide, parts=(), extra=()):
    base = {
        "_rels/.rels": links(("r1", "officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": f'<p:presentation {SLIDE} xmlns:r="{OFFICE}"><p:sldIdLst><p:sldId r:id="s1"/></p:sldIdLst>'
        '<p:sldSz cx="9144000" cy="6858000"/></p:presentation>',
        "ppt/_rels/presentation.xml.rels": links(("s1", "slide", "slides/slide1.xml")),
        "ppt/slides/slide1.xml": slide,
        "ppt/slides/_rels/slide1.xml.rels": links(*extra),
    }
    return pack(base | dict(parts))


def shape(text, name="", place=""):
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="n" {name}/></p:nvSpPr><p:spPr>{place}</p:spPr>'
        f"<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


def slide(*shapes, more=""):
    return f"<p:sld {SLIDE} {more}><p:cSld><p:spTree>{''.join(shapes)}</p:spTree></p:cSld></p:sld>"


def numbered(*paragraphs):
    inner = "".join(
        f"<a:p><a:pPr lvl='{level}'>{asked}</a:pPr><a:r><a:t>{text}</a:t></a:r></a:p>"
        for level, asked, text in paragraphs
    )
    return f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="n"/></p:nvSpPr><p:txBody>{inner}</p:txBody></p:sp>'


def test_the_numbers_of_a_slide_are_told_as_they_show():
    roman, letter, plain = (
        f"<a:buAutoNum type='{kind}'/>" for kind in ("romanUcPeriod", "alphaLcParenBoth", "arabicPlain")
    )
    later = "<a:buAutoNum type='arabicParenR' startAt='7'/>"
    box = numbered(
        (0, roman, "x"), (0, roman, ""), (0, roman, "x"), (1, letter, "x"), (1, letter, "x"), (0, roman, "x"), (1, letter, "x"),
        (0, "<a:buChar char='-'/>", "x"), (0, roman, "x"), (0, later, "x"), (0, later, "x"), (0, plain, "x"),
        (9, plain, "x"), ("x", "<a:buAutoNum type='none'/>", "x"), (0, "<a:buAutoNum type='arabicPlain' startAt='999999'/>", "x"),
    )  # fmt: skip
    told = ["I. x", "II. x", "(a) x", "(b) x", "III. x", "(a) x", "x", "I. x", "7) x", "8) x", "1 x", "x", "x", "1 x"]
    assert read(read_pptx, pptx(slide(box, numbered((0, roman, "x"))))).visible_text.splitlines() == [*told, "I. x"]


def test_sections_list_the_slides_again_and_nothing_is_missing():
    listed = (
        f'<p:presentation {SLIDE} xmlns:r="{OFFICE}"><p:sldIdLst><p:sldId id="300" r:id="s1"/></p:sldIdLst><p:extLst><p:ext>'
        '<p14:sectionLst xmlns:p14="http://schemas.microsoft.com/office/powerpoint/2010/main"><p14:section name="One">'
        '<p14:sldIdLst><p14:sldId id="300"/></p14:sldIdLst></p14:section></p14:sectionLst></p:ext></p:extLst></p:presentation>'
    )
    found = read(read_pptx, pptx(slide(shape("Lantern Watch")), {"ppt/presentation.xml": listed}))
    assert found.ended is Outcome.OK
    assert found.visible_text == "Lantern Watch\n"


def test_slides_whose_list_is_lost_are_kept_apart():
    notes = {"ppt/notesSlides/n1.xml": slide(shape("Say Tarn"))}
    whole = pptx(slide(shape(SECRET)), notes, extra=[("n", "notesSlide", "../notesSlides/n1.xml")])
    with zipfile.ZipFile(io.BytesIO(whole)) as packed:
        parts = {name: packed.read(name) for name in packed.namelist() if name != "ppt/presentation.xml"}
    found = read(read_pptx, pack(parts))
    assert found.ended is Outcome.PARTIAL
    assert ("slides, shown or not", SECRET + "\n") in found.hidden_pieces
    assert ("speaker notes", "Say Tarn\n") in found.hidden_pieces
    assert found.visible_text == ""


def test_slides_show_what_lies_on_them():
    beside = '<a:xfrm><a:off x="9999999" y="0"/><a:ext cx="5" cy="5"/></a:xfrm>'
    for data in (
        pptx(slide(shape("Seen"), shape(SECRET, 'hidden="1"'))),
        pptx(slide(shape("Seen"), shape(SECRET, "", beside))),
        pptx(slide(shape("Seen", f'descr="{SECRET}"'))),
        pptx(slide(shape("Seen")), {"ppt/n.xml": slide(shape(SECRET))}, [("n", "notesSlide", "../n.xml")]),
    ):
        found = read(read_pptx, data)
        assert_apart(found)
        assert found.visible_text == "Seen\n"
    assert_apart(read(read_pptx, pptx(slide(shape(SECRET), more='show="0"'))))


ODF = 'xmlns:office="o" xmlns:text="t" xmlns:style="s" xmlns:table="b" xmlns:dc="d" xmlns:meta="m" xmlns:svg="g"'


@pytest.mark.parametrize(
    "inner",
    [
        f"<text:tracked-changes><text:deletion><text:p>{SECRET}</text:p></text:deletion></text:tracked-changes>",
        f"<text:p><office:annotation><text:p>{SECRET}</text:p></office:annotation></text:p>",
        f'<text:p><text:span text:style-name="Gone">{SECRET}</text:span></text:p>',
        f'<table:table><table:table-row table:visibility="collapse"><table:table-cell><text:p>{SECRET}</text:p>'
        "</table:table-cell></table:table-row></table:table>",
        '<table:table><table:table-column table:visibility="collapse" table:number-columns-repeated="2"/>'
        f"<table:table-row><table:table-cell><text:p>{SECRET}</text:p></table:table-cell></table:table-row></table:table>",
        f'<table:table table:style-name="Away"><table:table-row><table:table-cell><text:p>{SECRET}</text:p>'
        "</table:table-cell></table:table-row></table:table>",
        f"<text:p><svg:desc>{SECRET}</svg:desc></text:p>",
    ],
)
def test_opendocument_keeps_apart_what_does_not_show(inner):
    content = (
        f'<office:document-content {ODF}><office:automatic-styles><style:style style:name="Gone"><style:text-properties '
        'text:display="none"/></style:style><style:style style:name="Away"><style:table-properties table:display="false"/>'
        f"</style:style></office:automatic-styles><office:body>{inner}<text:p>Seen <text:s text:c='2'/>here</text:p>"
        "</office:body></office:document-content>"
    )
    found = read(
        read_odf,
        pack({"mimetype": "x", "content.xml": content, "meta.xml": f"<m {ODF}><dc:date>2031-01-01</dc:date></m>"}),
    )
    assert_apart(found)
    assert "Seen   here\n" in found.visible_text
    assert found.observed("date.modified")[0]["local"] == "2031-01-01T00:00:00"


def test_a_formula_is_read_sign_by_sign_and_as_it_was_typed():
    formula = '<math xmlns="q"><mrow><mi>x</mi><mo>=</mo><mn>2</mn></mrow><annotation encoding="StarMath 5.0">x = 2</annotation></math>'
    found = read(read_odf, pack({"mimetype": "x", "content.xml": formula}))
    assert found.visible_text.split() == ["x", "=", "2"]
    assert found.hidden_pieces == [("formula", "x = 2\n")]


def odt(inner, automatic="", common=""):
    content = (
        f"<office:document-content {ODF}><office:automatic-styles>{automatic}</office:automatic-styles><office:body>"
        f"<text:p>Seen</text:p>{inner}</office:body></office:document-content>"
    )
    styles = f"<office:document-styles {ODF}><office:styles>{common}</office:styles></office:document-styles>"
    return pack({"mimetype": "x", "content.xml": content, "styles.xml": styles})


def odf_style(name, parent="", inner=""):
    return f'<style:style style:name="{name}" style:parent-style-name="{parent}">{inner}</style:style>'


NO_DISPLAY = '<style:text-properties text:display="none"/>'


def test_a_style_of_opendocument_hides_as_its_parents_do():
    common = odf_style("Secret", inner=NO_DISPLAY) + odf_style("Round", "About") + odf_style("About", "Round")
    styles = odf_style("P1", "P2") + odf_style("P2", "Secret")
    styles += odf_style("P3", "Secret", '<style:text-properties text:display="true"/>') + odf_style("P4", "Round")
    whole = odt(
        f'<text:p text:style-name="P1">{SECRET}</text:p><text:p text:style-name="P3">Told</text:p>', styles, common
    )
    found = read(read_odf, whole)
    assert found.visible_text == "Seen\nTold\n"
    assert_apart(found)
    assert_apart(read(read_odf, odt(f'<text:p text:style-name="P4">{SECRET}</text:p>', styles, common)))


def test_what_a_lost_style_of_opendocument_may_hide_does_not_show():
    styles = odf_style("P1", "Secret") + odf_style("P2")
    lines = f'<text:p text:style-name="P1">{SECRET}</text:p><text:p text:style-name="P2">Told</text:p>'
    whole = odt(lines, styles, odf_style("Secret"))
    assert SECRET in read(read_odf, whole).visible_text
    found = read(read_odf, whole[: whole.find(b"styles.xml") - 10])
    assert found.ended is Outcome.PARTIAL
    assert found.visible_text == "Seen\nTold\n"
    assert ("text, shown or not", SECRET + "\n") in found.hidden_pieces


def test_entities_are_not_followed():
    head = f'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "{SECRET}">]>'
    body = f"<w:document {W}><w:body>{paragraph(run('&x;&y;after'))}</w:body></w:document>"
    found = read(read_docx, docx(parts={"word/document.xml": head + body}))
    assert "root:" not in found.text
    assert SECRET not in found.visible_text


def test_a_billion_laughs_stay_few():
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE w [<!ENTITY l0 "{SECRET * 10}">{entities}]>'
    body = f'<w:document {W} w:x="&l9;"><w:body>{paragraph(run("&l9;"))}</w:body></w:document>'
    assert len(read(read_docx, docx(parts={"word/document.xml": head + body})).text) < 100_000


def test_depth_and_size_that_are_claimed_cost_nothing():
    deep = f"<w:document {W}>" + "<w:p>" * 200_000
    found = read(read_docx, docx(parts={"word/document.xml": deep}))
    assert found.ended is Outcome.PARTIAL
    wide = xlsx(f'<row r="1048576">{cell("XFD1048576", "far")}</row>', before='<dimension ref="A1:XFD1048576"/>')
    assert read(read_xlsx, wide).visible_text == "First\nfar\n\fSecond\n"


def test_a_lying_size_is_noticed():
    data = bytearray(docx(paragraph(run("x" * 5000)) * 50))
    place = data.rfind(b"PK\x01\x02" + b"", 0, len(data))
    while place >= 0:  # every central directory entry says that its part has ten bytes
        data[place + 24 : place + 28] = (10).to_bytes(4, "little")
        place = data.rfind(b"PK\x01\x02", 0, place)
    assert read(read_docx, bytes(data)).ended in (Outcome.PARTIAL, Outcome.CORRUPT)


def test_overlapping_parts_are_refused():
    data = bytearray(docx(paragraph(run("x"))))
    first = data.find(b"PK\x01\x02")
    second = data.find(b"PK\x01\x02", first + 4)
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    assert read(read_docx, bytes(data)).ended is Outcome.REFUSED_POLICY


def test_a_document_with_a_password_says_so():
    data = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    for reader in (read_docx, read_xlsx, read_pptx):
        assert read(reader, data).ended is Outcome.ENCRYPTED


@given(st.integers(0, 2000), st.binary(max_size=8))
def test_damage_ends_in_an_outcome(place, noise):
    for reader, whole in ((read_docx, docx(paragraph(run("text")))), (read_xlsx, xlsx(EMPTY))):
        place %= len(whole)
        found = read(reader, whole[:place] + noise + whole[place + len(noise) :])
        assert found.ended in set(Outcome) - {Outcome.CRASH}
        cut = read(reader, whole[:place])
        assert cut.ended in (Outcome.CORRUPT, Outcome.PARTIAL)
        assert set(cut.visible_text.split()) <= set(read(reader, whole).visible_text.split())


@pytest.mark.parametrize("with_descriptors", [False, True])
def test_a_package_that_was_cut_off_gives_the_text_that_is_there(with_descriptors):
    lines = [f"Roll call {number} of Lantern Watch" for number in range(400)]
    parts = {
        "word/header1.xml": f"<w:hdr {W}>{paragraph(run(SECRET))}</w:hdr>",
        "word/media/a.png": bytes(range(256)) * 40,
    }
    whole = docx("".join(paragraph(run(line)) for line in lines), parts=parts)
    if with_descriptors:
        whole = streamed(whole)
    end = whole.find(b"PK\x01\x02")
    found = read(read_docx, whole[:end])
    assert found.ended is Outcome.PARTIAL
    assert "lost its directory" in found.detail
    assert found.visible_text == read(read_docx, whole).visible_text
    assert found.hidden_text == read(read_docx, whole).hidden_text
    assert bytes(found.members[0].data) == parts["word/media/a.png"]
    start = whole.find(b"word/document.xml")
    place = start + (whole.find(b"PK\x03\x04", start) - start) // 2
    found = read(read_docx, whole[:place])
    assert found.ended is Outcome.PARTIAL
    assert "word/document.xml" in found.detail
    said = found.visible_text.splitlines()
    assert len(said) > 20
    assert said[:-1] == lines[: len(said) - 1]


@pytest.mark.parametrize("place", [f'<w:pStyle w:val="Secret"/></w:pPr>{run(SECRET)}', None])
def test_what_a_lost_style_may_hide_does_not_show(place):
    style = '<w:style w:type="paragraph" w:styleId="Secret"><w:rPr><w:vanish/></w:rPr></w:style>'
    inner = f"<w:pPr>{place}" if place else run(SECRET, '<w:rStyle w:val="Secret"/>')
    whole = docx(
        paragraph(run("Order")) + paragraph(inner),
        extra=[("st", "styles", "styles.xml")],
        parts={"word/styles.xml": f"<w:styles {W}>{style}</w:styles>"},
    )
    assert_apart(read(read_docx, whole))
    found = read(read_docx, whole[: whole.find(b"word/styles.xml") - 10])
    assert found.visible_text.strip() == "Order"
    assert ("text, shown or not", SECRET + "\n") in found.hidden_pieces


def test_what_a_lost_cell_style_may_hide_does_not_show():
    rows = f"<row>{cell('A1', 'Order')}{cell('B1', SECRET, s='1')}</row>"
    whole = xlsx(rows)
    with zipfile.ZipFile(io.BytesIO(whole)) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts["xl/styles.xml"] = parts.pop("xl/styles.xml")  # to the end
    whole = pack(parts)
    assert SECRET in read(read_xlsx, whole).visible_text
    found = read(read_xlsx, whole[: whole.find(b"xl/styles.xml") - 10])
    assert "Order" in found.visible_text
    assert ("cells, shown or not", SECRET + "\n") in found.hidden_pieces
    assert_apart(found)


@pytest.mark.parametrize("part", ["header1", "footnotes"])
def test_a_style_hides_text_in_every_part_of_a_document(part):
    style = '<w:style w:type="character" w:styleId="Secret"><w:rPr><w:vanish/></w:rPr></w:style>'
    inner = paragraph(run("Order") + run(SECRET, '<w:rStyle w:val="Secret"/>'))
    kind = {"header1": "header", "footnotes": "footnotes"}[part]
    stories = {"header1": f"<w:hdr {W}>{inner}</w:hdr>"}
    stories["footnotes"] = f'<w:footnotes {W}><w:footnote w:id="1">{inner}</w:footnote></w:footnotes>'
    body = paragraph(run("x") + '<w:r><w:footnoteReference w:id="1"/></w:r>')
    body += '<w:sectPr><w:headerReference w:type="default" r:id="p"/></w:sectPr>'
    found = read(
        read_docx,
        docx(
            body,
            extra=[("st", "styles", "styles.xml"), ("p", kind, f"{part}.xml")],
            parts={"word/styles.xml": f"<w:styles {W}>{style}</w:styles>", f"word/{part}.xml": stories[part]},
        ),
    )
    assert "Order" in found.visible_text
    assert_apart(found)


def streamed(data):
    """Return a zip as a program writes it that cannot go back: sizes and checksums stand behind the bytes."""
    out = io.BytesIO()

    class OneWay(io.RawIOBase):
        def writable(self):
            return True

        def write(self, data):
            return out.write(data)

    with zipfile.ZipFile(io.BytesIO(data)) as whole, zipfile.ZipFile(OneWay(), "w", zipfile.ZIP_DEFLATED) as packed:
        for name in whole.namelist():
            packed.writestr(name, whole.read(name))
    return out.getvalue()


def test_bytes_that_are_not_those_that_were_packed_are_said_of_a_package_without_directory():
    whole = bytearray(pack({"_rels/.rels": links(("r1", "officeDocument", "d.xml"))}))
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as packed:
        packed.writestr("d.xml", f"<w:document {W}><w:body>{paragraph(run('Tarn Papers'))}</w:body></w:document>")
    whole = bytearray(whole[: whole.find(b"PK\x01\x02")] + stored.getvalue()[: stored.getvalue().find(b"PK\x01\x02")])
    assert "broken" not in read(read_docx, bytes(whole)).detail
    whole[whole.find(b"Tarn Papers")] = ord("B")
    found = read(read_docx, bytes(whole))
    assert found.visible_text == "Barn Papers\n"
    assert "of them broken: d.xml" in found.detail


def test_a_workbook_whose_list_of_sheets_is_lost_keeps_its_words_apart():
    whole = xlsx('<row><c r="A1" t="s"><v>0</v></c></row>', strings=(SECRET, "Tarn"))
    parts = {
        name: zipfile.ZipFile(io.BytesIO(whole)).read(name) for name in zipfile.ZipFile(io.BytesIO(whole)).namelist()
    }
    del parts["xl/workbook.xml"]
    found = read(read_xlsx, pack(parts))
    assert found.ended is Outcome.PARTIAL
    assert ("sheets, shown or not", SECRET + "\n") in found.hidden_pieces
    assert ("text of no cell", "Tarn\n") in found.hidden_pieces
    assert_apart(found)


def test_parts_that_nobody_asks_for_keep_every_word_whole():
    parts = {
        "customXml/item1.xml": "<a>Ledger of <b/>Lantern Watch<c>at</c> night</a>",
        "word/glossary/document.xml": f"<w:d {W}>{paragraph(run('Kes') + run('tria') + '<w:r><w:br/></w:r>' + run('coast'))}</w:d>",
    }
    found = dict(read(read_docx, docx(parts=parts)).hidden_pieces)
    assert found["custom data"] == "Ledger of\nLantern Watch\nat\nnight\n"
    assert found["building blocks"] == "Kestria coast\n"


def test_codes_of_headers_are_no_words():
    foot = "</sheetData><headerFooter><oddFooter>&amp;L&amp;K01+000Bureau&amp;KFF0000 R&amp;&amp;D&amp;P</oddFooter></headerFooter><sheetData>"
    text = read(read_xlsx, xlsx(EMPTY + foot)).visible_text
    assert "Bureau  R&D" in text
    assert "K01" not in text


def test_a_sheet_without_a_link_is_a_name_alone():
    names = '<sheet name="Module" sheetId="3" r:id=""/></sheets>'
    whole = xlsx(EMPTY)
    parts = {
        name: zipfile.ZipFile(io.BytesIO(whole)).read(name) for name in zipfile.ZipFile(io.BytesIO(whole)).namelist()
    }
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].decode().replace("</sheets>", names)
    found = read(read_xlsx, pack(parts))
    assert found.ended is Outcome.OK
    assert "Module" in found.visible_text
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace('r:id=""', 'r:id="gone"')
    assert read(read_xlsx, pack(parts)).ended is Outcome.PARTIAL


def test_an_embedded_object_gives_the_file_it_wraps_and_its_package_gives_the_object_alone(corpus):
    found = read(read_docx, (corpus / "office-ooxml/tika/testWORD_EMFAndAttachments.docx").read_bytes())
    assert not any(bytes(member.data).startswith(b"%PDF") for member in found.members)
    objects = [read(reading.read, bytes(member.data)) for member in found.members if member.name.endswith(".bin")]
    assert [member.name for one in objects for member in one.members] == ["TestText.txt", "CONTENTS.pdf"]
