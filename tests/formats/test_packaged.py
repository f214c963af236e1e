"""Laws of packages of pages: words on one line are one line, masters and notes are apart, unknown zips are zips."""

import io
import zipfile

import pytest

from witnessmark.formats import table
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind


def package(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, text in parts.items():
            target.writestr(name, text)
    return out.getvalue()


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


SAYING = (
    *(kind for kind in table.UNPACKED.types if "opendocument" in kind or "openofficeorg" in kind),
    "application/vnd.etsi.asic-e+zip",
    "application/vnd.etsi.asic-s+zip",
    "application/x-unheard-of+zip",
    "application/vnd.recordare.musicxml",
    "image/openraster",
)
NAMES = {
    "Payload/Tern.app/Info.plist": "application/x-itunes-ipa",
    "tern-1.0.dist-info/WHEEL": "application/x-wheel+zip",
    "AppxManifest.xml": "application/appx",
    "extension.vsixmanifest": "application/vsix",
    "WEB-INF/web.xml": "application/x-tika-java-web-archive",
    "tern.usdc": "model/vnd.usdz+zip",
}


@pytest.mark.parametrize("kind", SAYING)
def test_a_package_that_nothing_else_reads_is_taken_apart_and_keeps_its_type(read, kind):
    found = read(package(mimetype=kind, **{"report.txt": "x", "META-INF/signatures.xml": "<s/>"}), "a.bin")
    assert (found.media_type, found.ended) == (kind, Outcome.OK)
    assert found.kind is (ExhibitKind.PICTURE if kind == "image/openraster" else ExhibitKind.CONTAINER)
    assert [member.name for member in found.members] == ["mimetype", "report.txt", "META-INF/signatures.xml"]


@pytest.mark.parametrize(("name", "kind"), NAMES.items())
def test_names_tell_a_package_which_is_taken_apart(read, name, kind):
    found = read(package(**{name: "x", "b.txt": "y"}), "a.zip")
    assert (found.media_type, found.kind, found.ended) == (kind, ExhibitKind.CONTAINER, Outcome.OK)
    assert [member.name for member in found.members] == [name, "b.txt"]


@pytest.mark.parametrize("kind", ["text/plain", "image/svg+xml", "application/pdf", "message/rfc822"])
def test_a_zip_that_calls_itself_something_else_hides_nothing(read, kind):
    found = read(package(mimetype=kind, **{"order.txt": "x"}), "a.zip")
    assert found.media_type == "application/zip"
    assert "order.txt" in [member.name for member in found.members]


@pytest.mark.parametrize(
    ("head", "kind"),
    [(b"(DWF V06.00)", "model/vnd.dwf"), (b"Cr24\3\0\0\0\x04\0\0\0sign", "application/x-chrome-extension")],
)
def test_what_stands_before_a_package_is_kept_and_nothing_comes_out_twice(read, head, kind):
    found = read(head + package(**{"manifest.xml": "<m/>"}), "a.bin")
    assert (found.media_type, found.ended) == (kind, Outcome.OK)
    assert [(member.name, bytes(member.data)) for member in found.members] == [
        ("manifest.xml", b"<m/>"),
        ("before-the-archive", head),
    ]
