"""Laws of compound files: names of streams have no case, and one of unknown make tells what it says of itself."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forge import outlook_forge
from tests.forge.macro_forge import project
from tests.formats import test_hwp, test_legacy_parts, test_outlook, test_ppt, test_quill, test_visio, test_xls
from tests.formats.collector import Collected

from witnessmark.cell.report import Source
from witnessmark.formats import compound, warm
from witnessmark.formats import read as reading
from witnessmark.formats.compound import STREAM, CompoundFile
from witnessmark.formats.compound_build import build
from witnessmark.formats.ole_properties import DOCUMENT_SUMMARY, MOST_SETS, SUMMARY
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

PDF = b"%PDF-1.4 " + b"lantern " * 700
STAR_DRAW = bytes.fromhex("a005892ebd85d11189d0008029e4b0b1")
STAR_IMPRESS = bytes.fromhex("21725c56bc85d11189d0008029e4b0b1")
_RECORD = b"Keys\0C:\\keys.txt\0" + bytes(4) + struct.pack("<I", 2) + b"t\0" + struct.pack("<I", 6) + b"locked"
NATIVE = struct.pack("<IH", len(_RECORD) + 2, 2) + _RECORD
BEFORE, SHEETS = test_xls.specimen()
SPECIMENS = {
    "msg": outlook_forge.msg(test_outlook.PROPERTIES, recipients=test_outlook.RECIPIENTS),
    "visio": test_visio.drawing(),
    "hwp": test_hwp.GOOD,
    "publisher": build({"Quill": {"QuillSub": {"CONTENTS": test_quill.made(test_quill.text())}}}),
    "word": test_legacy_parts.old_document(),
    "slides": test_ppt.presentation(*test_ppt.specimen()),
    "sheets": test_xls.workbook(BEFORE, *SHEETS),
    "locked": warm._locked(),
    "macros": build({**project(b"Sub Lantern()\r\nEnd Sub\r\n"), "PROJECT": b"x"}),
    "wrapped": build({"WordDocument": bytes(0x60), "ObjectPool": {"_1": {"Package": PDF}}}),
}


def in_case(data, change):
    """Return a compound file with the names of everything in it changed."""
    file = CompoundFile(io.BytesIO(data), len(data))
    tree = {}
    folders = {(): tree}
    for path, entry in sorted(file.walk(), key=lambda found: len(found[0])):
        folder = folders[path[:-1]]
        if entry.type == STREAM:
            folder[change(path[-1])] = file.read(entry, 1 << 26)
        else:
            folder[change(path[-1])] = folders[path] = {}
    return build(tree, file.entries[0].class_id)


def told(found):
    """Return what was read; names of members come from names of streams and are left out, their order too."""
    members = sorted((bytes(member.data), member.how) for member in found.members if member.how is not How.REBUILT)
    hidden = sorted((where, text.lower()) for where, text in found.hidden_pieces)
    return found.media_type, found.ended, found.detail, found.pieces, hidden, members, len(found.members)


@pytest.mark.parametrize("change", [str.upper, str.lower, str.swapcase])
@pytest.mark.parametrize("name", SPECIMENS)
def test_names_of_streams_have_no_case(read, name, change):
    specimen = SPECIMENS[name]
    whole, changed = read(in_case(specimen, str)), read(in_case(specimen, change))
    assert told(changed) == told(whole)
    assert whole.media_type not in ("application/x-ole-storage", "")


def test_names_are_compared_letter_by_letter():
    assert compound.folded("straße") == "STRAßE"  # no letter becomes two
    assert compound.folded("ночь") == "НОЧЬ"
    assert compound.folded("\U00010428") == "\U00010428"  # two units of UTF-16, of which neither is a letter


@given(st.text(max_size=31))
def test_a_folded_name_is_as_long_and_folds_no_further(name):
    assert len(compound.folded(name)) == len(name)
    assert compound.folded(compound.folded(name)) == compound.folded(name)


def unknown(**more):
    return build(
        {
            SUMMARY: test_legacy_parts.summary(),
            DOCUMENT_SUMMARY: test_legacy_parts.custom(),
            "Drawing": b"The doors are locked at night. " * 9,
            **more,
        }
    )


def test_a_file_of_unknown_make_tells_its_properties_and_what_is_readable(read):
    found = read(unknown(Preview=test_legacy_parts.PNG, Below={"Order.pdf": PDF}), "a.sldasm")
    assert found.media_type == "application/x-ole-storage"
    assert found.ended is Outcome.PARTIAL
    assert found.detail.startswith("no reader for application/x-ole-storage: only its properties")
    assert found.visible_text == ""
    assert found.observed("office.creator") == ["Ирина Тарн"]
    assert found.observed("date.created")[0]["utc"] == "2019-04-17T18:40:00Z"
    assert ("metadata: creator", "Ирина Тарн\n") in found.hidden_pieces
    assert ("metadata: Batch", f"{test_legacy_parts.SECRET}\n") in found.hidden_pieces
    assert any(where == "readable bytes" and "doors are locked" in text for where, text in found.hidden_pieces)
    members = {member.name: (bytes(member.data), member.how) for member in found.members}
    assert members == {
        "Preview.png": (test_legacy_parts.PNG, How.COPIED),
        "Below/Order.pdf": (PDF, How.COPIED),
    }


@pytest.mark.parametrize(
    ("streams", "name", "data"),
    [
        ({"CONTENTS": PDF}, "CONTENTS.pdf", PDF),
        ({"Package": b"PK\3\4 keys"}, "Package", b"PK\3\4 keys"),
        ({"\x01Ole10Native": NATIVE}, "keys.txt", b"locked"),
    ],
)
def test_the_envelope_of_a_file_gives_the_file_once_and_nothing_else(read, streams, name, data):
    found = read(build({**streams, "\x01Ole": bytes(20), "\x01CompObj": b"Program " * 9, "\x03ObjInfo": bytes(6)}))
    assert (found.ended, found.hidden_pieces) == (Outcome.OK, [])
    assert [(member.name, bytes(member.data)) for member in found.members] == [(name, data)]


def test_what_wraps_a_file_and_has_more_is_read_in_part(read):
    found = read(
        build({"CONTENTS": PDF, "Below": {"CONTENTS": test_legacy_parts.PNG}, "Note": b"The doors are locked."})
    )
    assert found.ended is Outcome.PARTIAL
    assert [member.name for member in found.members] == ["CONTENTS.pdf", "Below/CONTENTS.png"]


def test_properties_in_any_stream_are_told_once(read):
    more = test_legacy_parts.custom("Folder", "C:\\orders")
    found = read(unknown(**{"Config-0": more, "Config-1": more, "empty": test_legacy_parts.custom("Machine", "")}))
    assert [piece for piece in found.hidden_pieces if piece[0] in ("metadata: Folder", "metadata: Machine")] == [
        ("metadata: Folder", "C:\\orders\n")
    ]


def test_more_streams_of_properties_than_anybody_has_are_not_read(read):
    one = test_legacy_parts.custom()
    found = read(build({f"s{number:04}": one for number in range(MOST_SETS + 1)}))
    assert found.observed("office.properties") == [f"stand in more than {MOST_SETS} streams: the rest is not read"]
    assert found.ended is Outcome.PARTIAL


def test_a_set_that_breaks_off_is_observed(read):
    found = read(unknown(Config=test_legacy_parts.custom()[:60]))
    assert "break off" in found.observed("office.properties")
    assert found.ended is Outcome.PARTIAL


def test_what_cannot_be_followed_has_no_properties(read):
    found = read(compound.MAGIC + b"The doors are locked. " * 40)
    assert (found.media_type, found.ended) == ("application/x-ole-storage", Outcome.UNSUPPORTED)


@pytest.mark.parametrize(
    ("class_id", "media_type"),
    [
        (STAR_DRAW, "application/vnd.stardivision.draw"),
        (STAR_IMPRESS, "application/vnd.stardivision.impress"),
        (bytes(16), "application/vnd.stardivision.impress"),
    ],
)
def test_drawings_and_slides_of_star_office_are_told_by_their_class(read, class_id, media_type):
    file = build({"SfxDocumentInfo": b"x", "StarDrawDocument3": struct.pack("<I", 7) * 40}, class_id)
    assert read(file).media_type == media_type


@pytest.mark.parametrize("change", [str.upper, str.lower])
def test_a_locked_document_opens_whatever_the_case_of_its_streams(change):
    data = in_case(warm._locked(), change)
    found = Collected()
    reading.read(Source(io.BytesIO(data), len(data), "a.docx", (warm.PASSWORD,)), found)
    assert (found.ended, [member.name for member in found.members]) == (Outcome.OK, ["a.docx"])
