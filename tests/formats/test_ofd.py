"""Laws of OFD: lines are put together by place, what does not show is apart, and nothing of a package is followed far."""

from math import cos, radians, sin

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.forge.ofd_forge import element, package, page, part, words, zipped

from witnessmark.formats import ofd, ofd_place
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

INFORMATION = (
    element("DocID", "9b1d")
    + element("Title", "Night order")
    + element("Author", "Ada Tern")
    + element("CreationDate", "2019-3-7")
    + element("ModDate", "2019-03-08T09:10:11+08:00")
    + element("Creator", "Kestria Office Writer")
    + element("CreatorVersion", "4.1")
    + element("Keywords", element("Keyword", "doors") + element("Keyword", "keys"))
    + element("CustomDatas", element("CustomData", "N-17", Name="Register"))
)
MARKS = element(
    "Annot",
    element("Remark", "Ask the warden")
    + element("Parameters", element("Parameter", "of glass", Name="Note"))
    + element("Appearance", words("COPY", x=5, y=5), Boundary="100 200 40 20"),
    ID=7,
    Type="Watermark",
    Creator="Bo Lark",
    LastModDate="2019-03-08",
)
TAG = "<order><Number>N-17</Number><Line><ofd:ObjectRef PageRef='100'>3</ofd:ObjectRef></Line></order>"
SIGNED = element(
    "SignedInfo",
    element("Provider", ProviderName="Kestria Seal", Company="Harbour Office", Version="2")
    + element("SignatureMethod", "1.2.156.10197.1.501")
    + element("SignatureDateTime", "20190308011500Z")
    + element(
        "References",
        element("Reference", element("CheckValue", "q80="), FileRef="/Doc_0/Document.xml"),
        CheckMethod="1.2.156.10197.1.401",
    )
    + element("Seal", element("BaseLoc", "/Doc_0/Signs/Sign_0/Seal.esl")),
) + element("SignedValue", "SignedValue.dat")
BESIDE = {
    "Doc_0/Tpls/Tpl_0/Content.xml": page(words("Order of", x=20, y=20)),
    "Doc_0/Res.xml": part(
        "Res",
        element(
            "CompositeGraphicUnits",
            element("CompositeGraphicUnit", element("Content", words("sealed", x=0, y=4)), ID=50, Width=100, Height=20),
        )
        + element("MultiMedias", element("MultiMedia", element("MediaFile", "seal.png"), ID=51, Type="Image")),
        BaseLoc="Res",
    ),
    "Doc_0/Res/seal.png": b"\x89PNG of wax",
    "Doc_0/Annots/Annotations.xml": part(
        "Annotations", element("Page", element("FileLoc", "Page_0/Annotation.xml"), PageID=100)
    ),
    "Doc_0/Annots/Page_0/Annotation.xml": part("PageAnnot", MARKS),
    "Doc_0/Tags/CustomTags.xml": part(
        "CustomTags", element("CustomTag", element("FileLoc", "Tag.xml"), TypeID="order")
    ),
    "Doc_0/Tags/Tag.xml": TAG,
    "Doc_0/Attachs/Attachments.xml": part(
        "Attachments",
        element("Attachment", element("FileLoc", "list.xml"), ID=1, Name="List of keys", Format="xml", Visible="false"),
    ),
    "Doc_0/Attachs/list.xml": b"<keys><key>east</key></keys>",
    "Doc_0/Signs/Signatures.xml": part(
        "Signatures", element("Signature", ID=1, Type="Seal", BaseLoc="Sign_0/Signature.xml")
    ),
    "Doc_0/Signs/Sign_0/Signature.xml": part("Signature", SIGNED),
    "Doc_0/Signs/Sign_0/SignedValue.dat": b"0\x82signed",
    "Doc_0/Signs/Sign_0/Seal.esl": b"0\x82seal",
    "Doc_0/Pages/Page_9/Content.xml": page(words("struck out")),
    "Doc_0/Old.xml": part("Document", element("Pages", element("Page", ID=1, BaseLoc="Pages/Old/Content.xml"))),
    "Doc_0/Pages/Old/Content.xml": page(words("an open door")),
    "Doc_0/Versions/Version_1.xml": part(
        "DocVersion", element("DocRoot", "/Doc_0/Old.xml"), Version="1.0", Name="draft", CreationDate="2019-03-06"
    ),
}
LINK = element("Actions", element("Action", element("URI", URI="https://lantern.example/"), Event="CLICK"))
FIRST = page(
    words("the night", x=100, y=20),
    words("The doors", x=20, y=40),
    words("locked", x=76, y=40.4),
    words("are", x=60, y=40),
    element("CompositeObject", Boundary="20 50 100 20", CTM="1 0 0 1 0 0", ResourceID=50),
    words("nobody", y=60, Visible="false"),
    words("faint", y=70, Alpha=0),
    words("beyond", x=400, y=80),
    words("covered", x=20, y=90),
    element(
        "PathObject",
        element("FillColor", Value="0 0 0", ColorSpace=3) + element("AbbreviatedData", "M 0 0 L 40 0 L 40 8 L 0 8 C"),
        Boundary="18 85 40 8",
        Fill="true",
    ),
    before=element("Template", TemplateID=60, ZOrder="Background"),
)
GOOD = package(
    FIRST,
    page(words("Second page"), LINK),
    common=element("TemplatePage", ID=60, BaseLoc="Tpls/Tpl_0/Content.xml") + element("DocumentRes", "Res.xml"),
    document=element("Annotations", "Annots/Annotations.xml")
    + element("CustomTags", "/Doc_0/Tags/CustomTags.xml")
    + element("Attachments", "Attachs/Attachments.xml")
    + element("Outlines", element("OutlineElem", Title="Of doors"))
    + element("Permissions", element("Edit", "false")),
    body=element("Versions", element("Version", ID=1, Index=1, BaseLoc="Doc_0/Versions/Version_1.xml"))
    + element("Signatures", "/Doc_0/Signs/Signatures.xml"),
    information=INFORMATION,
    **BESIDE,
)


@pytest.fixture(scope="module")
def good(read):
    return read(GOOD, "a.ofd")


def test_pages_are_read_in_their_order_and_lines_by_their_places(good):
    assert (good.media_type, good.ended, good.detail) == ("application/ofd", Outcome.OK, "")
    first, second = good.visible_text.split("\f")
    assert first.splitlines()[0] == "Order of the night"  # one from the template, one from the page
    assert first.splitlines()[1:] == ["The doors are locked", "sealed", "COPY"]
    assert second.strip() == "Second page"


def test_words_that_do_not_show_are_hidden(good):
    hidden = dict(good.hidden_pieces)
    assert hidden["not seen on page 1"].split() == ["nobody", "faint", "beyond", "covered"]
    assert hidden["page outside the document"].strip() == "struck out"
    assert hidden["version 1"].strip() == "an open door"
    assert {"nobody", "faint", "beyond", "struck"}.isdisjoint(good.visible_text.split())


def test_what_stands_beside_the_pages_is_told_and_hidden(good):
    hidden = dict(good.hidden_pieces)
    assert hidden["annotation"].splitlines() == ["Bo Lark", "Ask the warden", "Note: of glass"]
    assert hidden["custom tag order"].splitlines() == ["Number: N-17"]
    assert hidden["attachment"].strip() == "List of keys"
    assert hidden["bookmarks"].strip() == "Of doors"
    assert hidden["address"].strip() == "https://lantern.example/"
    assert hidden["metadata: Register"].strip() == "N-17"
    assert hidden["metadata: Keywords"].strip() == "doors, keys"
    (about,) = good.observed("ofd.document")
    assert about["title"] == "Night order"
    assert about["pages"] == 2
    (created,) = good.observed("date.created")
    assert (created["raw"], created["local"]) == ("2019-3-7", "2019-03-07T00:00:00")
    assert good.observed("date.modified")[0]["utc"] == "2019-03-08T01:10:11Z"
    assert good.observed("software") == [
        {"name": "Kestria Office Writer", "version": "4.1", "says": "OFD Creator"},
    ]
    assert good.observed("ofd.annotation")[0]["creator"] == "Bo Lark"
    assert good.observed("ofd.version")[0] == {
        "name": "draft",
        "version": "1.0",
        "creationdate": "2019-03-06",
        "docroot": "/Doc_0/Old.xml",
        "index": "1",
        "current": False,
    }


def test_a_signature_is_told_as_it_stands(good):
    (found,) = good.observed("ofd.signature")
    assert found["covers"] == [["/Doc_0/Document.xml", "q80="]]
    assert (found["method"], found["digest"]) == ("1.2.156.10197.1.501", "1.2.156.10197.1.401")
    assert (found["type"], found["providername"], found["company"]) == ("Seal", "Kestria Seal", "Harbour Office")
    assert good.observed("date.signed")[0]["utc"] == "2019-03-08T01:15:00Z"


def test_pictures_attachments_and_seals_are_members_byte_for_byte(good):
    assert {(member.name, bytes(member.data)) for member in good.members} == {
        (name, BESIDE[name])
        for name in (
            "Doc_0/Res/seal.png",
            "Doc_0/Attachs/list.xml",
            "Doc_0/Signs/Sign_0/SignedValue.dat",
            "Doc_0/Signs/Sign_0/Seal.esl",
        )
    }
    assert {member.how for member in good.members} == {How.DECODED}


def test_a_gap_between_two_objects_of_a_line_is_a_blank_and_none_is_none(read):
    found = read(package(page(words("门在夜里", x=20), words("锁上", x=36), words("钥匙", x=60))), "a.ofd")
    assert found.visible_text.splitlines() == ["门在夜里锁上 钥匙"]


def test_lines_within_one_text_code_are_lines(read):
    code = 'DeltaX="g 3 4 -12 g 3 4" DeltaY="g 3 0 6 g 3 0"'
    found = read(package(page(words("门在夜里锁上钥匙", code=code))), "a.ofd")
    assert found.visible_text.splitlines() == ["门在夜里", "锁上钥匙"]


def test_a_column_of_letters_is_one_word_and_columns_go_from_right_to_left(read):
    down = 'DeltaY="g 3 4"'
    found = read(package(page(words("锁上钥匙", x=20, code=down), words("门在夜里", x=30, code=down))), "a.ofd")
    assert found.visible_text.splitlines() == ["门在夜里", "锁上钥匙"]


@pytest.mark.parametrize("angle", [0, 30, 90, 180, 270])
def test_a_turned_line_is_a_line(read, angle):
    turn = f"{cos(radians(angle))} {sin(radians(angle))} {-sin(radians(angle))} {cos(radians(angle))} 90 90"
    objects = [words(text, x=0, y=0, Boundary="0 0 210 297", CTM=turn) for text in ("门在夜里锁上",)]
    later = words("钥匙", Boundary="0 0 210 297", CTM=turn).replace('X="0"', 'X="40"')
    below = words("有人", Boundary="0 0 210 297", CTM=turn).replace('Y="4"', 'Y="14"')
    found = read(package(page(below, later, *objects)), "a.ofd")
    assert found.visible_text.splitlines() == ["门在夜里锁上 钥匙", "有人"]


def test_a_page_in_columns_keeps_the_order_of_the_file(read):
    left = [words(f"左边的第{n}行文字在这里", x=20, y=20 + 6 * n) for n in range(9)]
    right = [words(f"右边的第{n}行文字在这里", x=120, y=20 + 6 * n) for n in range(9)]
    lines = read(package(page(*left, *right)), "a.ofd").visible_text.splitlines()
    assert [line[0] for line in lines] == ["左"] * 9 + ["右"] * 9


def test_a_table_written_cell_by_cell_is_read_row_by_row(read):
    cells = [words(f"{name}{row}", x=x, y=20 + 6 * row) for x, name in ((20, "床"), (60, "名")) for row in range(9)]
    assert read(package(page(*cells)), "a.ofd").visible_text.splitlines()[:2] == ["床0 名0", "床1 名1"]


def test_letters_that_cut_a_shape_are_hidden(read):
    clip = element("Clips", element("Clip", element("Area", element("Text", "<ofd:TextCode>keys</ofd:TextCode>"))))
    found = read(package(page(words("doors", inner=clip))), "a.ofd")
    assert (found.visible_text.strip(), found.hidden_pieces) == ("doors", [("not seen on page 1", "keys\n")])


def test_several_documents_of_one_package_follow_each_other(read):
    bodies = "".join(element("DocBody", element("DocRoot", f"D{n}/Document.xml")) for n in (1, 2))
    listed = element("Pages", element("Page", ID=1, BaseLoc="P.xml"))
    parts = {f"D{n}/Document.xml": part("Document", listed) for n in (1, 2)}
    pages = {f"D{n}/P.xml": page(words(f"document {n}")) for n in (1, 2)}
    found = read(zipped({"OFD.xml": part("OFD", bodies), **parts, **pages}), "a.ofd")
    assert [text.strip() for text in found.visible_text.split("\f")] == ["document 1", "document 2"]


@pytest.mark.parametrize(
    "place",
    ["/Doc_0/Pages/P.xml", "Pages/P.xml", "./Pages/../pages/p.XML", "\\Doc_0\\Pages\\P.xml", "Doc_0/Pages/P.xml"],
)
def test_a_reference_is_followed_however_it_is_written(read, place):
    listed = element("Pages", element("Page", ID=1, BaseLoc=place))
    bodies = element("DocBody", element("DocRoot", "Doc_0/Document.xml"))
    parts = {"Doc_0/Document.xml": part("Document", listed), "Doc_0/Pages/P.xml": page(words("doors"))}
    found = read(zipped({"OFD.xml": part("OFD", bodies), **parts}), "a.ofd")
    assert (found.ended, found.visible_text.strip()) == (Outcome.OK, "doors")


def test_a_part_that_is_missing_makes_it_partial_and_the_rest_is_read(read):
    found = read(package(page(words("doors")), document=element("Attachments", "../../../etc/passwd")), "a.ofd")
    assert (found.ended, found.visible_text.strip()) == (Outcome.PARTIAL, "doors")
    assert found.detail == "parts that the document refers to are not there: ../../../etc/passwd"


def test_names_in_an_old_encoding_are_found(read):
    attached = element("Attachment", element("FileLoc", "名单.txt"), ID=1, Name="list")
    parts = {"Doc_0/XXXX/YYYY.xml": part("Attachments", attached), "Doc_0/XXXX/ZZZZ.txt": "east"}
    data = package(page(words("doors")), document=element("Attachments", "附件/目录.xml"), **parts)
    for plain, name in ((b"XXXX", "附件"), (b"YYYY", "目录"), (b"ZZZZ", "名单")):
        data = data.replace(plain, name.encode("gb18030"))
    found = read(data, "a.ofd")
    assert (found.ended, found.detail) == (Outcome.OK, "")
    assert [member.name for member in found.members] == ["Doc_0/附件/名单.txt"]


def test_a_locked_package_says_for_whom(read):
    info = element(
        "EncryptInfo",
        element("Provider", ProviderName="Kestria Seal", Company="Harbour Office")
        + element("EncryptScope", "All")
        + element("EncryptDate", "2019-03-08")
        + element("DecryptSeedLoc", "/seed.dat")
        + element("EntriesMapLoc", "/map.dat"),
        ID=1,
    )
    parts = {
        "Encryptions.xml": part("Encryptions", info),
        "seed.dat": part("DecyptSeed", element("UserInfo", element("UserName", "Ada Tern"))),
        "map.dat": part("EncryptEntries", element("EncryptEntry", Path="/OFD.xml", EPath="/OFD.dat")),
        "OFD.dat": b"\x91\x17",
        "cover.png": b"wax",
    }
    found = read(zipped(parts), "a.ofd")
    assert (found.media_type, found.ended) == ("application/ofd", Outcome.ENCRYPTED)
    assert ("keys are held by", "Ada Tern\n") in found.hidden_pieces
    assert found.refused == [("OFD.dat", Outcome.ENCRYPTED, "the member is encrypted")]
    assert "cover.png" in [member.name for member in found.members]
    assert found.observed("ofd.encryption")[0]["users"] == ["Ada Tern"]


def test_a_zip_with_a_file_of_that_name_is_no_ofd(read):
    assert read(zipped({"OFD.xml": "<order/>", "a.txt": "x"}), "a.ofd").media_type == "application/zip"


def test_a_package_that_was_cut_off_gives_the_pages_that_are_whole(read):
    found = read(GOOD[: GOOD.index(b"PK\x01\x02")], "a.ofd")
    assert (found.media_type, found.ended) == ("application/ofd", Outcome.PARTIAL)
    assert "Second page" in found.visible_text


def unit(number, *inner):
    return element("CompositeGraphicUnit", element("Content", "".join(inner)), ID=number)


def composite(number):
    return element("CompositeObject", Boundary="0 0 9 9", ResourceID=number)


def test_drawings_that_hold_each_other_end(read, monkeypatch):
    monkeypatch.setattr(ofd, "MOST_LETTERS", 20_000)
    units = "".join(unit(n, *[composite(n + 1)] * 20, words("key")) for n in range(9)) + unit(9, composite(0))
    resources = {"Doc_0/Res.xml": part("Res", element("CompositeGraphicUnits", units))}
    made = package(page(words("doors"), composite(0)), common=element("DocumentRes", "Res.xml"), **resources)
    found = read(made, "a.ofd")
    assert (found.ended, found.detail) == (
        Outcome.PARTIAL,
        "more letters and objects are drawn than the 20000 that are read",
    )
    assert "doors" in found.visible_text


def test_deep_markup_is_walked(read):
    deep = "<ofd:PageBlock>" * 200 + words("doors") + "</ofd:PageBlock>" * 200
    assert read(package(page(deep)), "a.ofd").visible_text.strip() == "doors"


@pytest.mark.parametrize("number", ["nan", "inf", "1e999", "-1e300", "", "x", "g", "1 g 9999999999999 1", "g 1"])
def test_numbers_that_are_none_lose_no_letter(read, number):
    code = f'DeltaX="{number}" DeltaY="{number}"'
    about = {"Boundary": f"{number} 1 2 3", "CTM": f"{number} 0 0 1 0 0", "Alpha": number}
    objects = (words("doors", code=code, **about), words("keys", size=4, Size=number))
    found = read(package(page(*objects)), "a.ofd")
    assert found.ended == Outcome.OK
    assert {"doors", "keys"} <= set(found.text.replace("\n", " ").split())


@given(st.lists(st.tuples(st.integers(0, 20), st.floats(-2, 2)), max_size=9), st.integers(0, 40))
@example([(0, 0.0), (0, 0.0)], 1)
def test_offsets_written_short_are_those_written_out(groups, count):
    short = " ".join(f"g {times} {value}" for times, value in groups)
    long = " ".join(f"{value}" for times, value in groups for _ in range(times))
    assert ofd_place.offsets(short, count) == ofd_place.offsets(long, count)


@settings(deadline=None)
@given(st.permutations(range(12)), st.data())
def test_lines_do_not_depend_on_the_order_in_which_they_are_written(read, order, data):
    split = data.draw(st.lists(st.integers(1, 5), min_size=12, max_size=12))
    pieces = []
    for line in order:
        text, at = "门在夜里锁上"[line % 2 :] + str(line % 10), split[line]
        pieces += [words(text[at:], x=20 + 4 * at, y=20 + 8 * line), words(text[:at], y=20 + 8 * line)]
    lines = read(package(page(*pieces)), "a.ofd").visible_text.splitlines()
    assert lines == ["门在夜里锁上"[line % 2 :] + str(line % 10) for line in range(12)]


numbers = st.floats(-1000, 1000, allow_nan=False) | st.sampled_from([0, 1, -1])


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.text("门在夜里锁上abc", min_size=1, max_size=9), st.lists(numbers, min_size=24, max_size=24)))
)
def test_no_letter_is_lost_wherever_it_is_drawn(read, objects):
    made = []
    for text, values in objects:
        said = [str(value) for value in values]
        code = f'DeltaX="{" ".join(said[10:17])}" DeltaY="{" ".join(said[17:])}"'
        made.append(words(text, code=code, Boundary=" ".join(said[:4]), CTM=" ".join(said[4:10])))
    found = read(package(page(*made)), "a.ofd")
    seen = found.visible_text + "".join(text for _, text in found.hidden_pieces)
    assert sorted("".join(seen.split())) == sorted("".join(text for text, _ in objects))
