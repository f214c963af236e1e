"""Laws of Hangul's packages: what a page shows is read in its order; deleted words and notes never pass for shown."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.formats import hwpx_ink
from witnessmark.model.derivative import Outcome

SPACES = "".join(
    f' xmlns:{short}="http://www.hancom.co.kr/hwpml/2011/{name}"'
    for short, name in (("hs", "section"), ("hp", "paragraph"), ("hh", "head"), ("hc", "core"))
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


def brush(inside):
    return f"<hc:fillBrush>{inside}</hc:fillBrush>"


def plain(colour, more='hatchColor="#000000" alpha="0"'):
    return brush(f'<hc:winBrush faceColor="{colour}" {more}/>')


FILLS = {
    1: "",
    2: plain("#101010"),
    3: brush('<hc:imgBrush mode="TOTAL"/>'),
    4: plain("#000000", 'hatchStyle="CROSS" alpha="0"'),
    5: plain("none"),
    6: plain("#000000", 'alpha="0.5"'),
    7: brush('<hc:winBrush faceColor="#000000"/><hc:imgBrush mode="TOTAL"/>'),
}
SCRIPTS = ("hangul", "latin", "hanja", "japanese", "other", "symbol", "user")
LETTERS = {
    "black": ('textColor="#000000" shadeColor="none"', ""),
    "white": ('textColor="#FFFFFF" shadeColor="none"', ""),
    "white on dark": ('textColor="#FFFFFF" shadeColor="#1F1F1F"', ""),
    "white on a dark fill": ('textColor="#FFFFFF" borderFillIDRef="2"', ""),
    "white on a lost fill": ('textColor="#FFFFFF" borderFillIDRef="77"', ""),
    "white on white": ('textColor="#FFFFFF" shadeColor="#FFFFFF"', ""),
    "black on black": ('textColor="#000000" shadeColor="#000000"', ""),
    "black on white": ('textColor="#000000" shadeColor="#FFFFFF"', ""),
    "white on no colour": ('textColor="#FFFFFF" shadeColor="dark"', ""),
    "no colour": ('textColor="white"', ""),
    "tiny": ('height="100"', ""),
    "small": ('height="101"', ""),
    "made larger": ('height="100"', '<hh:relSz hangul="100" latin="250"/>'),
    "made smaller": ('height="900"', "<hh:relSz " + "".join(f'{name}="11" ' for name in SCRIPTS) + "/>"),
    "shadowed": ('textColor="#FFFFFF"', '<hh:outline type="NONE"/><hh:shadow type="DROP"/>'),
    "unshadowed": ('textColor="#FFFFFF"', '<hh:outline type="NONE"/><hh:shadow type="NONE"/>'),
    "raised": ('textColor="#FFFFFF"', "<hh:emboss/>"),
}
HEAD = (
    f"<hh:head{SPACES}>"
    + "".join(f'<hh:borderFill id="{key}">{inside}</hh:borderFill>' for key, inside in FILLS.items())
    + "".join(f'<hh:charPr id="{key}" {said}>{more}</hh:charPr>' for key, (said, more) in enumerate(LETTERS.values()))
    + "".join(f'<hh:paraPr id="{key}"><hh:border borderFillIDRef="{key}"/></hh:paraPr>' for key in (*FILLS, 66))
    + "</hh:head>"
)
SHOWN, PALE, DROWNED, TINY = "", "white text", "text in the colour of its ground", "hidden text"


def run(look, text):
    number = list(LETTERS).index(look) if look in LETTERS else look
    return f'<hp:run charPrIDRef="{number}"><hp:t>{text}</hp:t></hp:run>'


def inked(*runs, ground=1):
    return f'<hp:p paraPrIDRef="{ground}">{"".join(runs)}</hp:p>'


def table(*cells, fill=1, **about):
    said = "".join(f' {key}="{value}"' for key, value in about.items())
    rows = "".join(f'<hp:tr><hp:tc borderFillIDRef="{key}">{inside}</hp:tc></hp:tr>' for key, inside in cells)
    return f'<hp:tbl borderFillIDRef="{fill}"{said}>{rows}</hp:tbl>'


def why(read, *paragraphs, **parts):
    """Return the label under which the word "gate" is hidden, or nothing when it is shown."""
    found = read(hwpx(section(*paragraphs), Contents__header_xml=HEAD, **parts), "a.hwpx")
    assert found.ended == Outcome.OK, found.detail
    labels = [where for where, text in found.hidden_pieces if "gate" in text]
    assert ("gate" in found.visible_text, len(labels)) in ((True, 0), (False, 1))
    return "".join(labels)


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


def test_words_without_contrast_are_apart_and_those_beside_them_stay_as_they_stand(read):
    first = inked(run("black", "Open"), run("white", "the gate"), run("white", " now"), run("black", "at six"))
    second = inked(run("white", "all of it")) + inked(run("black", "a"), run("white", " \u00a0"), run("black", "b"))
    third = inked(
        run("black", "tail "),
        run("white", "one"),
        run("tiny", "two"),
        run("black", ", end"),
        run("white", "three"),
        run("black", " of all"),
    )
    found = read(hwpx(section(first, second, third), Contents__header_xml=HEAD))
    assert found.visible_text == "Open at six\na \u00a0b\ntail , end of all\n"
    assert [piece for piece in found.hidden_pieces if "metadata" not in piece[0]] == [
        (PALE, "the gate now\n"),
        (PALE, "all of it\n"),
        (PALE, "one\n"),
        (TINY, "two\n"),
        (PALE, "three\n"),
    ]


@pytest.mark.parametrize(
    ("look", "ground", "label"),
    [
        ("black", 1, SHOWN),
        ("white", 1, PALE),
        ("white", 5, PALE),
        ("unshadowed", 1, PALE),
        ("white", 2, SHOWN),
        ("black", 2, DROWNED),
        ("white on dark", 1, SHOWN),
        ("white on a dark fill", 1, SHOWN),
        ("white on white", 1, PALE),
        ("black on black", 1, DROWNED),
        ("black on white", 2, SHOWN),
        ("white on white", 2, SHOWN),
        ("no colour", 1, SHOWN),
        ("tiny", 1, TINY),
        ("tiny", 3, TINY),
        ("small", 1, SHOWN),
        ("made larger", 1, SHOWN),
        ("made smaller", 1, TINY),
        ("shadowed", 1, SHOWN),
        ("raised", 1, SHOWN),
        ("white", 3, SHOWN),
        ("black", 4, SHOWN),
        ("black", 6, SHOWN),
        ("black", 7, SHOWN),
        ("white", 66, SHOWN),
        ("white", 7777, SHOWN),
        ("white", "x", SHOWN),
        ("white", 0, SHOWN),
        ("white on a lost fill", 1, SHOWN),
        ("white on no colour", 1, SHOWN),
        (7777, 1, SHOWN),
        ("-1", 1, SHOWN),
        ("", 1, SHOWN),
    ],
)
def test_ink_and_the_nearest_paper_tell_whether_words_show_and_what_is_not_known_shows(read, look, ground, label):
    assert why(read, inked(run(look, "gate"), ground=ground)) == label


@pytest.mark.parametrize(
    ("inside", "label"),
    [
        (table((1, inked(run("white", "gate")))), PALE),
        (table((2, inked(run("white", "gate")))), SHOWN),
        (table((2, inked(run("black", "gate")))), DROWNED),
        (table((1, inked(run("white", "gate"))), fill=2), SHOWN),
        (table((2, f"<hp:subList>{inked(run('black', 'gate'))}</hp:subList>")), DROWNED),
        (table((2, inked(run("black", "x"))), (1, inked(run("white", "gate")))), PALE),
        (table((3, inked(run("white", "gate")))), SHOWN),
        (table((88, inked(run("white", "gate")))), SHOWN),
        (table(("", inked(run("white", "gate")))), SHOWN),
        (table((1, inked(run("white", "gate"))), textWrap="IN_FRONT_OF_TEXT"), SHOWN),
        (
            table((1, inked(run("white", "gate")))).replace("<hp:tr>", '<hp:cellzone borderFillIDRef="2"/><hp:tr>'),
            SHOWN,
        ),
        (table((1, inked(run("white", "gate")))).replace("<hp:tr>", '<hp:cellzone borderFillIDRef="1"/><hp:tr>'), PALE),
        (f"<hp:rect><hp:drawText>{inked(run('white', 'gate'))}</hp:drawText></hp:rect>", SHOWN),
        (f"<hp:rect><hp:drawText>{inked(run('white', 'gate'), ground=2)}</hp:drawText></hp:rect>", SHOWN),
        (f"<hp:rect><hp:drawText>{inked(run('black on black', 'gate'))}</hp:drawText></hp:rect>", DROWNED),
        (f"<hp:pic><hp:caption><hp:subList>{inked(run('white', 'gate'))}</hp:subList></hp:caption></hp:pic>", SHOWN),
        (f"<hp:odd><hp:subList>{inked(run('white', 'gate'))}</hp:subList></hp:odd>", SHOWN),
        (f"<hp:footNote><hp:subList>{inked(run('white', 'gate'))}</hp:subList></hp:footNote>", PALE),
        (f"<hp:header><hp:subList>{inked(run('white', 'gate'))}</hp:subList></hp:header>", PALE),
        (f"<hp:hiddenComment><hp:subList>{inked(run('tiny', 'gate'))}</hp:subList></hp:hiddenComment>", "comment"),
    ],
)
def test_in_tables_boxes_and_notes_words_stand_on_what_is_known_there(read, inside, label):
    around = inked(f'<hp:run charPrIDRef="0"><hp:t>before</hp:t>{inside}<hp:t>after</hp:t></hp:run>')
    assert why(read, around) == label
    assert why(read, around, inked(run("white", "later gate")).replace("gate", "door")) == label


def test_a_note_of_a_dark_paragraph_stands_on_the_page_and_its_table_on_what_is_not_known(read):
    note = f"<hp:footNote><hp:subList>{inked(run('black', 'gate'))}</hp:subList></hp:footNote>"
    for inside in (note, table((1, inked(run("white", "gate"))))):
        assert why(read, inked(f'<hp:run charPrIDRef="1">{inside}</hp:run>', ground=2)) == SHOWN


def test_a_marker_is_the_paper_of_the_words_under_its_stroke(read):
    for colour, look, label in (
        ("#000000", "black", DROWNED),
        ("#000000", "white", SHOWN),
        ("#FFFF00", "black", SHOWN),
        ("dark", "white", SHOWN),
    ):
        marked = run(look, f'<hp:markpenBegin color="{colour}"/>gate<hp:markpenEnd/>')
        assert why(read, inked(marked)) == label
        assert why(read, inked(marked.replace("gate", "door"), run("white", "gate"))) == PALE
    unclosed = run("white", '<hp:markpenBegin color="#000000"/>door')
    assert why(read, inked(unclosed), inked(run("black", "gate"))) == SHOWN


def test_a_zone_of_a_table_ends_with_it(read):
    zoned = table((1, inked(run("white", "door")))).replace("<hp:tr>", '<hp:cellzone borderFillIDRef="2"/><hp:tr>')
    for between in ("", "<hp:t>x</hp:t>"):
        two = zoned + between + table((1, inked(run("white", "gate"))))
        assert why(read, inked(f'<hp:run charPrIDRef="0">{two}</hp:run>')) == PALE


def test_on_a_page_that_is_painted_or_drawn_on_words_show(read, monkeypatch):
    white = inked(run("white", "gate"))

    def page(fill):
        return f'<hp:p><hp:run><hp:secPr><hp:pageBorderFill borderFillIDRef="{fill}"/></hp:secPr></hp:run></hp:p>'

    assert [why(read, page(fill) + white) for fill in (1, 2, 3, 5, 99)] == [PALE, SHOWN, SHOWN, PALE, SHOWN]
    drawn = '<hp:p><hp:run><hp:rect textWrap="{}"/></hp:run></hp:p>'
    assert why(read, white, drawn.format("SQUARE")) == PALE
    assert why(read, white, drawn.format("BEHIND_TEXT")) == SHOWN
    for size in range(1, 30):
        monkeypatch.setattr(hwpx_ink, "_CHUNK", size)
        assert why(read, white, drawn.format("BEHIND_TEXT")) == SHOWN
    assert why(read, white, Contents__masterpage0_xml="<m><rect textWrap='SQUARE'/></m>".replace("'", '"')) == SHOWN
    assert why(read, white, Contents__masterpage0_xml="<m/>") == PALE


def test_an_entry_that_stands_twice_in_a_table_is_not_known(read):
    white = list(LETTERS).index("white")
    doubled = HEAD.replace("</hh:head>", f'<hh:charPr id="{white}" textColor="#FFFFFF"/></hh:head>')
    data = hwpx(section(inked(run("white", "gate"))), Contents__header_xml=doubled)
    assert read(data).visible_text == "gate\n"


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
