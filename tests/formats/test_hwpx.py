"""Laws of Hangul's packages: what a page shows is read in its order; deleted words and notes never pass for shown."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.model.derivative import Outcome

SPACES = "".join(
    f' xmlns:{short}="http://www.hancom.co.kr/hwpml/2011/{name}"'
    for short, name in (("hs", "section"), ("hp", "paragraph"), ("hh", "head"))
)
HPF = (
    '<opf:package xmlns:opf="http://www.idpf.org/2007/opf/"><opf:metadata><opf:title>당직 명령</opf:title>'
    '<opf:meta name="creator" content="text">Ada Tern</opf:meta>'
    '<opf:meta name="ModifiedDate" content="text">2031-06-10T09:00:00Z</opf:meta></opf:metadata></opf:package>'
)


def words(text):
    return f"<hp:p><hp:run><hp:t>{text}</hp:t></hp:run></hp:p>"


def section(*paragraphs):
    return f"<hs:sec{SPACES}>{''.join(paragraphs)}</hs:sec>"


def hwpx(*sections, manifest="<manifest/>", **parts):
    """Return a package of these sections; further parts by their names, with two lines for a slash, one for a dot."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/hwp+zip", zipfile.ZIP_STORED)
        package.writestr("version.xml", '<hv:v xmlns:hv="v" application="Hancom Office Hangul" appVersion="9, 1"/>')
        package.writestr("Contents/content.hpf", HPF)
        package.writestr("META-INF/manifest.xml", manifest)
        for number, data in enumerate(sections):
            package.writestr(f"Contents/section{number}.xml", data)
        for name, data in parts.items():
            package.writestr(name.replace("__", "/").replace("_", "."), data)
    return out.getvalue()


def test_paragraphs_come_in_their_order_and_sections_by_their_numbers(read):
    found = read(hwpx(*(section(words(f"절 {number}"), words("gate")) for number in range(11))), "order.hwpx")
    assert (found.media_type, found.ended) == ("application/hwp+zip", Outcome.OK)
    assert found.visible_text.split("\n")[:-1] == [line for n in range(11) for line in (f"절 {n}", "gate")]


def test_what_stands_in_a_paragraph_comes_out_where_it_stands(read):
    inside = f"<hp:tbl><hp:tr><hp:tc>{words('cell one')}</hp:tc><hp:tc>{words('cell two')}</hp:tc></hp:tr></hp:tbl>"
    box = f"<hp:rect><hp:drawText>{words('in a box')}</hp:drawText></hp:rect>"
    outer = f"<hp:p><hp:run><hp:t>before</hp:t>{inside}<hp:t>between</hp:t>{box}<hp:t>after</hp:t></hp:run></hp:p>"
    assert read(hwpx(section(outer))).visible_text.split("\n") == [
        "before", "cell one", "cell two", "between", "in a box", "after", ""
    ]  # fmt: skip


def test_signs_stand_for_themselves(read):
    text = "a<hp:tab/>b<hp:nbSpace/>c<hp:fwSpace/>d<hp:hyphen/>e<hp:lineBreak/>f<hp:markpenBegin/>g<hp:markpenEnd/>h"
    assert read(hwpx(section(words(text)))).visible_text == "a\tb\u00a0c d-e\nfgh\n"


def test_deleted_words_are_hidden_and_inserted_ones_are_shown(read):
    text = (
        'Open <hp:deleteBegin Id="1"/>no door<hp:deleteEnd Id="1"/><hp:insertBegin Id="2"/>at six<hp:insertEnd Id="2"/>'
    )
    over = words('kept<hp:deleteBegin Id="3"/>gone') + words('gone too<hp:deleteEnd Id="3"/>back')
    found = read(hwpx(section(words(text), over)))
    assert found.visible_text == "Open at six\nkept\nback\n"
    assert [text for where, text in found.hidden_pieces if where == "deleted text"] == [
        "no door\n",
        "gone\n",
        "gone too\n",
    ]


@pytest.mark.parametrize(
    "inside",
    [
        '<hp:ctrl><hp:fieldBegin type="MEMO"><hp:subList>{}</hp:subList></hp:fieldBegin></hp:ctrl>',
        "<hp:ctrl><hp:hiddenComment><hp:subList>{}</hp:subList></hp:hiddenComment></hp:ctrl>",
    ],
)
def test_notes_in_the_margin_are_hidden(read, inside):
    paragraph = f"<hp:p><hp:run><hp:t>shown </hp:t>{inside.format(words('said aside'))}<hp:t>too</hp:t></hp:run></hp:p>"
    found = read(hwpx(section(paragraph)))
    assert found.visible_text == "shown\ntoo\n"
    assert ("comment", "said aside\n") in found.hidden_pieces


def test_captions_and_formulas_are_shown_and_names_and_alternative_texts_are_not(read):
    things = (
        '<hp:p><hp:run><hp:checkBtn caption="agreed"/><hp:equation><hp:script>a over b</hp:script></hp:equation>'
        "<hp:pic><hp:shapeComment>A gate</hp:shapeComment></hp:pic></hp:run></hp:p>"
    )
    named = f'<hp:p><hp:run><hp:tbl><hp:tr><hp:tc name="rank">{words("x")}</hp:tc></hp:tr></hp:tbl></hp:run></hp:p>'
    found = read(hwpx(section(things, named)))
    assert found.visible_text == "agreeda over b\nx\n"
    assert {("alt text", "A gate\n"), ("tc name", "rank\n")} <= set(found.hidden_pieces)


def test_what_the_document_says_of_itself_is_observed(read):
    found = read(
        hwpx(
            section(words("x")),
            Preview__PrvText_txt="An older line",
            Contents__header_xml='<h><trackChangeAuthor name="Orrin"/></h>',
        )
    )
    assert found.observed("hwpx.creator") == ["Ada Tern"]
    assert found.observed("hwpx.title") == ["당직 명령"]
    assert {("preview", "An older line\n"), ("author of changes", "Orrin\n")} <= set(found.hidden_pieces)
    assert any("2031-06-10" in str(value) for value in found.observed("date.modified"))


def test_pictures_and_earlier_versions_are_members(read):
    found = read(hwpx(section(words("x")), BinData__image1_png=b"\x89PNG", DocHistory__last_hml="<HWPML>old</HWPML>"))
    assert {"/".join(step.name for step in member.path) for member in found.members} == {
        "BinData/image1.png",
        "DocHistory/last.hml",
    }
    assert found.observed("hwpx.history") == ["DocHistory/last.hml"]


def test_a_locked_one_is_told(read):
    locked = hwpx(section(words("x")), manifest="<manifest><odf:encryption-data/></manifest>")
    assert read(locked).ended == Outcome.ENCRYPTED
    assert read(hwpx()).ended == Outcome.CORRUPT


def test_a_section_that_breaks_off_keeps_what_was_read(read):
    found = read(hwpx(section(words("first"), words("second"))[:-60]))
    assert found.ended == Outcome.PARTIAL
    assert found.visible_text.startswith("first\n")


def test_paragraphs_in_paragraphs_are_followed_as_deep_as_markup_is(read):
    deep = "<hp:p><hp:run><hp:t>x</hp:t>" * 200 + "</hp:run></hp:p>" * 200
    found = read(hwpx(section(deep)))
    assert (found.ended, found.visible_text.count("x") > 100) == (Outcome.PARTIAL, True)


@given(st.lists(st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=20), max_size=6))
def test_every_letter_is_read(read, texts):
    escaped = [text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for text in texts]
    found = read(hwpx(section(*map(words, escaped))), "a.hwpx")
    assert "".join(found.visible_text.split()) == "".join("".join(texts).split())
