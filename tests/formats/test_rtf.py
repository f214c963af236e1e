"""Laws of reading RTF: the page shows, the rest is kept apart, what is embedded comes out, nothing recurses."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

SECRET = "Kestrelnest"
HEAD = (
    rb"{\rtf1\ansi\ansicpg1252\deff0\uc1{\fonttbl{\f0\fcharset0 Lantern;}{\f1\fcharset204 Lantern;}{\f2\fcharset134 L;}}"
    rb"{\colortbl;\red255\green255\blue255;\red200\green0\blue0;\red20\green20\blue20;\red250\green250\blue250;}"
)


def document(body):
    return HEAD + (body if isinstance(body, bytes) else body.encode()) + b"}"


def test_the_golden_document_reads_as_it_shows(read):
    found = read(
        document(
            rb"{\info{\title The roster}{\author A. Tern}{\creatim\yr2031\mo5\dy4\hr10\min30}}"
            rb"\pard Doors are \b locked\b0  at night\'85\par caf\'e9 \u8220?quoted\u8221? {\f1 \'c4\'e2\'e5\'f0\'e8} "
            rb"{\f2 \'c3\'c5}\line bed\tab 12\cell\row{\footnote two keys}\page last}"
        ),
        "a.rtf",
    )
    assert (found.media_type, found.ended) == ("application/rtf", Outcome.OK)
    assert found.visible_text == ("Doors are locked at night…\ncafé “quoted” Двери 门\nbed\t12\t\ntwo keys\flast")
    assert found.hidden_text == "metadata: title: The roster\n\nmetadata: author: A. Tern\n"
    assert found.observed("office.author") == ["A. Tern"]
    assert found.observed("date.created")[0]["local"] == "2031-05-04T10:30:00"


HIDING = {
    "hidden": r"{\v SECRET}",
    "hidden, switched on and off": r"\v SECRET\v0 ",
    "deleted": r"{\deleted\revauthdel1 SECRET}",
    "comment": r"{\*\annotation SECRET}",
    "comment's author": r"{\*\atnauthor SECRET}",
    "field code": r'{\field{\*\fldinst HYPERLINK "SECRET"}{\fldrslt shown}}',
    "bookmark": r"{\*\bkmkstart SECRET}{\*\bkmkend SECRET}",
    "index entry": r"{\xe SECRET}",
    "variable": r"{\*\docvar {SECRET}{SECRET}}",
    "form field": r"{\*\formfield{\*\ffdeftext SECRET}}",
    "property": r"{\info{\doccomm SECRET}}",
    "own property": r"{\*\userprops{\propname x}\proptype30{\staticval SECRET}}",
    "white on nothing": r"{\cf1 SECRET}",
    "nearly white": r"{\cf4 SECRET}",
    "red on red": r"{\cf2\highlight2 SECRET}",
    "no ink on a dark mark": r"{\highlight3 SECRET}",
    "dark on dark paper": r"\pard\cbpat3 {\cf3 SECRET}\pard ",
    "a point high": r"{\fs2 SECRET}",
    "a shape that is hidden": r"{\shp{\*\shpinst{\sp{\sn fHidden}{\sv 1}}{\shptxt SECRET}}}",
    "a shape off the page": r"{\shp{\*\shpinst\shpleft99000\shpright99900{\shptxt SECRET}}}",
    "a frame off the page": r"\pard\posx-90000 SECRET\pard ",
    "words of a shape": r"{\shp{\*\shpinst{\sp{\sn gtextUNICODE}{\sv SECRET}}}}",
    "after the end": "}SECRET{",
    "who changed": r"{\*\revtbl{Unknown;}{SECRET;}}",
    "nested in what is hidden": r"{\*\annotation {\fldrslt {\b SECRET}}}",
}


@pytest.mark.parametrize("how", HIDING)
def test_what_a_page_does_not_show_is_hidden_and_kept(read, how):
    found = read(document("Shown before. " + HIDING[how].replace("SECRET", SECRET) + " Shown after."), "a.rtf")
    assert SECRET not in found.visible_text
    assert SECRET in found.hidden_text
    assert found.visible_text.startswith("Shown before.")


@pytest.mark.parametrize(
    "body",
    [
        r"{\v0 SECRET}",
        r"{\v x}\plain SECRET",
        r"{\cf2 SECRET}",
        r"{\cf1\highlight3 SECRET}",
        r"\pard\cbpat3 {\cf1 SECRET}",
        r"{\fs20 SECRET}",
        r"{\header SECRET}",
        r"{\footnote SECRET}",
        r"{\shp{\*\shpinst\shpleft900\shpright9900{\sp{\sn fHidden}{\sv 0}}{\shptxt SECRET}}}",
        r"{\field{\*\fldinst PAGE}{\fldrslt SECRET}}",
        r"{\pntext SECRET}",
        r"{\*\unknowable x}SECRET",
    ],
)
def test_what_a_page_shows_is_visible(read, body):
    assert SECRET in read(document(body.replace("SECRET", SECRET)), "a.rtf").visible_text


@pytest.mark.parametrize("table", [r"{\stylesheet{\s0 Normal;}}", r"{\*\themedata 504b}", r"{\*\listtable{\list x}}"])
def test_tables_are_no_text(read, table):
    assert read(document(table + "words"), "a.rtf").text.strip() == "words"


def test_a_picture_and_an_embedded_file_come_out(read):
    package = (
        b"\x02\0note\0C:\\x\\note.txt\0\0\0\x03\0" + struct.pack("<I", 4) + b"x\\n\0" + struct.pack("<I", 5) + b"hello"
    )
    native = struct.pack("<II", 0x501, 2) + struct.pack("<I", 8) + b"Package\0" + bytes(8)
    native += struct.pack("<I", len(package)) + package
    found = read(
        document(
            b"{\\pict{\\*\\picprop x}\\pngblip 89504E470D0\r\nA1A0A}"
            rb"{\pict\jpegblip\bin4 {}\}}"
            rb"{\object\objemb{\*\objclass Package}{\*\objdata " + native.hex().encode() + b"}{\\result icon}}"
        ),
        "a.rtf",
    )
    assert [(member.name, bytes(member.data)) for member in found.members] == [
        ("picture-1.png", b"\x89PNG\r\n\x1a\n"),
        ("picture-2.jpg", b"{}\\}"),
        ("note.txt", b"hello"),
    ]
    assert {member.how for member in found.members} == {How.DECODED}
    assert found.visible_text == "icon"


def test_two_bytes_of_one_character_may_be_written_two_ways(read):
    assert read(document(rb"{\f2 \'c3\'c5\'83A}"), "a.rtf").visible_text == "门\u5130"[0] + b"\x83A".decode("gb18030")


def test_a_fallback_is_passed_over_whatever_it_is_written_in(read):
    assert (
        read(document(rb"\uc2\u38376\'c3\'c5!\uc0\u8212!\uc1\u-10179?\u-9138?."), "a.rtf").visible_text
        == "门!—!\U0001f44e."
    )


@pytest.mark.parametrize(
    "data",
    [
        b"{\\rtf1 " + b"{" * 200_000 + b"deep",
        b"{\\rtf1 " + b"{\\*\\annotation " * 50_000 + b"x",
        b"{\\rtf1 words" + b"}" * 100_000,
        b"{\\rtf1 \\u99999999999 \\uc-5 \\f-1 \\cf4000000000 \\bin99999999 rest",
        b"{\\rtf1{\\pict " + b"zz" * 1000 + b"4}",
        b"{\\rtf1{\\object{\\objdata 0105000002000000ffffffff41}}}",
        b"{\\rtf1 \\'",
        b"{\\rtf1 \\",
        b"{\\rtf1{\\colortbl" + b";" * 100_000 + b"}\\cf99999 x}",
    ],
)
def test_a_hostile_document_costs_nothing(read, data):
    found = read(data, "a.rtf")
    assert found.media_type == "application/rtf"
    assert found.ended in (Outcome.OK, Outcome.PARTIAL)


def test_a_document_that_breaks_off_is_partial_and_keeps_its_words(read):
    found = read(HEAD + rb"\par The doors are locked {\b at ni", "a.rtf")
    assert found.ended == Outcome.PARTIAL
    assert found.visible_text.endswith("The doors are locked at ni")


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60))
def test_what_is_written_is_read(read, text):
    units = text.encode("utf-16-le")
    coded = "".join(rf"\u{struct.unpack_from('<h', units, at)[0]}?" for at in range(0, len(units), 2))
    assert read(document(rf"{{{coded}}}"), "a.rtf").visible_text == text


def test_a_star_in_the_midst_of_a_group_hides_nothing(read):
    found = read(rb"{\rtf1\ansi {\f2\b0\*\cs7\cf0 The doors} {\*\unheard secret}{\b\i are locked}}", "a.rtf")
    assert found.visible_text.split() == ["The", "doors", "are", "locked"]
    assert "secret" not in found.visible_text
