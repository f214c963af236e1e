"""Laws of packages of pages: words on one line are one line, masters and notes are apart, unknown zips are zips."""

import io
import zipfile

from witnessmark.model.derivative import Outcome


def package(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, text in parts.items():
            target.writestr(name, text)
    return out.getvalue()


def xps(*pages):
    parts = {f"Documents/1/Pages/{n}.fpage": f"<FixedPage>{page}</FixedPage>" for n, page in enumerate(pages, 1)}
    return package(**{"_rels/.rels": "<Relationships/>", "FixedDocSeq.fdseq": "<FixedDocumentSequence/>", **parts})


def test_words_on_one_baseline_are_one_line_of_a_page(read):
    glyphs = '<Glyphs OriginX="{}" OriginY="{}" UnicodeString="{}"/>'
    first = (
        glyphs.format(90, 10, "are locked") + glyphs.format(10, 10.4, "The doors") + glyphs.format(10, 30, "at night")
    )
    data = xps(first, *(glyphs.format(1, 1, f"page {n}") for n in range(2, 12)))
    found = read(data, "a.xps")
    assert found.media_type == "application/vnd.ms-xpsdocument"
    pages = found.visible_text.split("\f")
    assert pages[0].splitlines() == ["The doors are locked", "at night"]
    assert [page.strip() for page in pages[1:]] == [f"page {n}" for n in range(2, 12)]


def test_masters_of_a_drawing_are_no_words_of_its_pages(read):
    kinds = '<Types><Override PartName="/visio/document.xml" ContentType="application/vnd.ms-visio.drawing.main+xml"/></Types>'
    shape = "<PageContents xmlns='v'><Shapes><Shape><Text>{}</Text></Shape></Shapes></PageContents>"
    data = package(
        **{
            "[Content_Types].xml": kinds,
            "visio/pages/pages.xml": "<Pages/>",
            "visio/pages/page1.xml": shape.format("Gate <cp IX='0'/>three"),
            "visio/masters/master1.xml": shape.format("Placeholder"),
        }
    )
    found = read(data, "a.vsdx")
    assert found.media_type == "application/vnd.ms-visio.drawing"
    assert found.visible_text.strip() == "Gate three"
    assert ("master", "Placeholder") in found.hidden_pieces


def test_notes_and_deleted_words_of_a_story_are_hidden(read):
    story = (
        "<Story><ParagraphStyleRange><CharacterStyleRange><Content>The doors</Content><Note><Content>secret</Content>"
        "</Note><Change ChangeType='DeletedText'><Content>windows</Content></Change><Content> are locked</Content><Br/>"
        "<Content>at night</Content></CharacterStyleRange></ParagraphStyleRange></Story>"
    )
    data = package(mimetype="application/vnd.adobe.indesign-idml-package", **{"Stories/Story_u1.xml": story})
    found = read(data, "a.idml")
    assert found.visible_text.split("\n")[:2] == ["The doors are locked", "at night"]
    assert {("note", "secret"), ("hidden text", "windows")} <= set(found.hidden_pieces)


def test_a_package_of_which_no_more_is_known_is_a_zip(read):
    found = read(package(**{"doc.kml": "<kml/>", "a.txt": "x"}), "a.kmz")
    assert found.media_type == "application/vnd.google-earth.kmz"
    assert [member.name for member in found.members] == ["doc.kml", "a.txt"]
    assert found.ended == Outcome.OK


def test_a_page_that_is_no_xml_is_said_to_be_broken(read):
    data = package(**{"_rels/.rels": "<R/>", "a.fdseq": "<S/>", "Documents/1/Pages/1.fpage": "\x00"})
    assert read(data, "a.xps").ended == Outcome.PARTIAL
