"""libmagic's table for texts: whatever it says is what the whole table says."""

import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from witnessmark.formats import detect, magic_text
from witnessmark.formats.magic_text import Pattern, TextMagic, is_text

FILE = Path(str(detect.pylibmagic.data)) / "magic.mgc"
TABLE = FILE.read_bytes()
WHOLE = detect._MAGIC
STARTS = (
    b"class Door\n",
    b"  module Keys",
    b".include <keys.mk>\n",
    b"SUBDIRS = doors\n",
    b".PRECIOUS: %.o",
    b".TH DOOR 1\n",
    b".SH\n",
    b": keys ( n -- m ) 1 + ;\n",
    b"% SiSU 1.0\n",
    b"% SiSU master\n",
    b"\x08REF \n",
    b"a\t" * 12 + b"\n",
    b":door\n",
    b"  0\r\n",
    b"VPATH=.\n",
    b"PROC main\n",
    b"(ns ^{:doc 1} doors)\n",
    b"(defn- keys [])",
    b"BEGIN { print }\n",
    b"all: doors\n",
    b"(;FF[4]GM[1]\n",
    b"(;FF[4]gm[11]\n",
    b"import doors.keys;\n",
    b"LDFLAGS=-g\n",
    b" .globl keys\n",
    b"\t.text\n",
    b"<!DOCTYPE   html>\n",
    b"<html><head>",
    b"<Title>doors",
    b"<script >",
    b"<?xml version='1.0'?>\n",
    b"#! /usr/bin/env python\n",
    b"#!  /bin/node\n",
    b"@Book{doors,\n",
    b"=head1 DOORS\n",
    b"\n=encoding  utf8\n",
    b"From: a@lantern.example\nReceived: by lantern\n",
    b"BEGIN:VCARD\r\n",
    b"WEBVTT\n",
    b"%!PS-Adobe-3.0\n",
    b"{\\rtf1 ",
    b"doors, keys\n",
    b"\xef\xbb\xbf",
    "Türen ".encode("latin-1"),
    "门 ".encode(),
    b"\xef\xbb\xbf.include <keys.mk>\n",
)
_PIECES = st.lists(st.one_of(st.sampled_from(STARTS), st.binary(max_size=12)), max_size=8).map(b"".join)


@pytest.fixture(scope="module")
def texts() -> TextMagic:
    return TextMagic(TABLE)


def _descriptor(data: bytes) -> Iterator[int]:
    descriptor = os.memfd_create("text")
    try:
        os.write(descriptor, data)
        for _ in range(2):
            os.lseek(descriptor, 0, os.SEEK_SET)
            yield descriptor
    finally:
        os.close(descriptor)


def _both(texts: TextMagic, data: bytes) -> tuple[str, str]:
    descriptors = _descriptor(data)
    ours = texts.type_of(next(descriptors), data[: magic_text.LOOKED_AT])
    theirs = str(WHOLE.from_descriptor(next(descriptors)))  # type: ignore[no-untyped-call]
    return ours, theirs


def test_the_table_that_comes_with_the_library_is_understood(texts: TextMagic) -> None:
    assert TextMagic.of(FILE) is not None
    assert len(texts._table) < len(TABLE) * 0.9
    assert len(texts._shut) > 90


@pytest.mark.parametrize("start", STARTS)
def test_the_answer_is_that_of_the_whole_table(texts: TextMagic, start: bytes) -> None:
    for data in (start, start * 50, b"doors and keys\n" + start, b"x" * 9000 + start, start + b"keys; \n" * 20_000):
        if is_text(data):
            assert len(set(_both(texts, data))) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=_PIECES)
def test_the_answer_is_that_of_the_whole_table_for_whatever_is_text(texts: TextMagic, data: bytes) -> None:
    if is_text(data) and data:
        ours, theirs = _both(texts, data)
        assert ours == theirs


def test_what_was_opened_for_one_text_is_shut_again(texts: TextMagic) -> None:
    before = bytes(texts._table)
    assert _both(texts, b"import doors.keys;\nclass Door\n")[0] == "text/x-java"
    assert bytes(texts._table) == before


@pytest.mark.parametrize("data", [b"a\0b", b"\xff\xfea\0", b"\xfe\xffab", b"+/v8-", b"a\x0bb", b"\x7f"])
def test_what_libmagic_converts_or_takes_for_no_text_is_none(data: bytes) -> None:
    assert not is_text(data)


@pytest.mark.parametrize(
    ("posix", "text"),
    [
        (b"^[[:space:]]*(class|module)[[:space:]][A-Z]", b"\n\n  module\tK"),
        (b"^%?[ \t]*SiSU[ \t]+text", b"% SiSU  text"),
        (b"^import.*;$", b"a\nimport b;\n"),
        (b"^[!-?A-~]{1,255}(\t[^\t]+){3}", b"a\tb\tc\td"),
        (b"[[:space:]]\\(([[:space:]].*)? -- (.*[[:space:]])?\\)", b"x ( a -- b )"),
        (b"^(:|;)", b"a\n;"),
    ],
)
def test_a_pattern_finds_what_the_other_finds(posix: bytes, text: bytes) -> None:
    pattern = Pattern.of(posix)
    assert pattern is not None
    assert pattern.may_be_in(b"\n" + text, b"\n" + text.lower())
    assert not pattern.may_be_in(b"\nno such thing", b"\nno such thing")


@pytest.mark.parametrize("posix", [b"[[:alpha:]]x", rb"\bdoor", b"a*?b", b"(?i)a", rb"(a)\1", "tür".encode(), b"a^b"])
def test_a_pattern_that_python_may_read_otherwise_stays_open(posix: bytes) -> None:
    assert Pattern.of(posix) is None


def test_no_line_end_is_in_a_negated_list() -> None:
    pattern = Pattern.of(b"a[^b]c")
    assert pattern is not None
    assert pattern.compiled is not None
    assert re.search(pattern.compiled, b"a\nc") is None


@pytest.mark.parametrize(
    "table",
    [
        b"",
        TABLE[:-1],
        TABLE[:-376],
        struct.pack("<4I", 0xF11E041C, 17, 14723, 4569) + TABLE[16:],
        b"\0" * 376,
    ],
)
def test_another_table_is_let_alone(table: bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="version"):
        TextMagic(table)
    (tmp_path / "magic.mgc").write_bytes(table)
    assert TextMagic.of(tmp_path / "magic.mgc") is None
    assert TextMagic.of(tmp_path / "nothing") is None
