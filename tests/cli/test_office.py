"""Documents by way of LibreOffice: only where our readers have nothing, behind walls, told as such, each tried once."""

import io
import os
import shutil
import struct
from pathlib import Path

import pytest

from witnessmark.work import programs

SOFFICE = shutil.which("soffice", path=programs.PLACES)
needs_libreoffice = pytest.mark.skipif(
    SOFFICE is None or not Path(os.path.realpath(SOFFICE)).with_name("libsclo.so").exists(),
    reason="LibreOffice with its tables (libreoffice-calc-nogui) is not installed",
)


def sheet(rows):
    """A table as Lotus 1-2-3 wrote it (WK1): a record a cell, column and row before the text."""

    def record(kind, data):
        return struct.pack("<HH", kind, len(data)) + data

    cells = (
        record(15, b"\xff" + struct.pack("<HH", column, row) + b"'" + text.encode() + b"\0")
        for row, line in enumerate(rows)
        for column, text in enumerate(line)
    )
    return record(0, struct.pack("<H", 0x0406)) + b"".join(cells) + record(1, b"")


@pytest.fixture(scope="module")
def lotus(wm, tmp_path_factory):
    leak = tmp_path_factory.mktemp("lotus") / "leak"
    leak.mkdir()
    for count in (1, 2):
        (leak / f"keys-{count}.wk1").write_bytes(sheet([["door", "key"], [f"Gate {count} is locked twice", "double"]]))
    (leak / "note.txt").write_text("A note with text of its own.")
    place = leak.parent / "archive"
    wm.good("compile", place, leak, "--no-programs")
    return place


@needs_libreoffice
def test_what_has_no_reader_is_read_by_way_of_libreoffice_and_told_so(wm, lotus, tmp_path):
    place = wm.copied(lotus, tmp_path / "archive")
    assert wm.files(place)["keys-1.wk1"]["outcome"] == "unsupported"
    ran = wm.good("compile", place, "--office", "--json").last
    assert ran["office"] == {"tried": 2, "read": 2, "failed": 0}
    files = {row["path"]: row for row in wm.good("files", place, "--json", "--text", "--observations").objects}
    for count in (1, 2):
        row = files[f"keys-{count}.wk1"]
        visible, _, hidden = row["text"].partition("--- hidden text")
        assert f"Gate {count} is locked twice" in visible
        assert "readable bytes" in hidden, "what our reader found stays"
        assert "LibreOffice/" not in row["text"], "what the OpenDocument says of itself is not the document's"
        assert (row["outcome"], row["media_type"]) == ("partial", "application/vnd.lotus-1-2-3")
        assert row["detail"].startswith("text by way of LibreOffice ")
        (told,) = [value for name, value in row["observations"] if name == "office"]
        assert (told["ended"], told["read"]) == ("well", "ok")
    assert not [name for name, _ in files["note.txt"]["observations"] if name == "office"]
    assert "keys-2.wk1" in wm.good("search", place, "gate locked").out
    before = wm.entries(place)
    assert wm.good("compile", place, "--office", "--json").last["office"]["tried"] == 0
    assert wm.entries(place) == before
    assert wm.call("audit", place).code == 0
    assert os.listdir(Path(place) / "vault" / "temporary") == []


@needs_libreoffice
def test_a_run_that_fails_for_all_is_made_again_for_each_alone(wm, lotus, tmp_path, monkeypatch):
    place = wm.copied(lotus, tmp_path / "archive")
    runs = []
    real = programs.convert

    def failing(program, documents, wanted, folder, *, accepted, take):
        runs.append(len(documents))
        if len(documents) > 1:
            take = lambda *_: None  # noqa: E731 - as if nothing had come out
        return real(program, documents, wanted, folder, accepted=accepted, take=take)

    monkeypatch.setattr(programs, "convert", failing)
    assert wm.good("compile", place, "--office", "--json").last["office"]["read"] == 2
    assert runs == [2, 1, 1]


@needs_libreoffice
def test_documents_of_which_the_same_comes_are_all_read(wm, lotus, tmp_path, monkeypatch):
    place = wm.copied(lotus, tmp_path / "archive")
    real = programs.convert

    def same(program, documents, wanted, folder, *, accepted, take):
        first = []

        def again(name, stream, _size):
            first.append(stream.read())
            take(name, io.BytesIO(first[0]), len(first[0]))

        return real(program, documents, wanted, folder, accepted=accepted, take=again)

    monkeypatch.setattr(programs, "convert", same)
    assert wm.good("compile", place, "--office", "--json").last["office"] == {"tried": 2, "read": 2, "failed": 0}


@needs_libreoffice
def test_what_libreoffice_makes_nothing_of_stays_as_it_was_and_is_not_tried_again(wm, lotus, tmp_path, monkeypatch):
    place = wm.copied(lotus, tmp_path / "archive")
    monkeypatch.setattr(programs, "OFFICE_ALLOWED", programs.Allowed(wall=0.01))
    assert wm.good("compile", place, "--office", "--json").last["office"] == {"tried": 2, "read": 0, "failed": 2}
    row = wm.files(place)["keys-1.wk1"]
    assert (row["outcome"], row["characters"]) == ("unsupported", 0)
    assert wm.good("compile", place, "--office", "--json").last["office"]["tried"] == 0


@needs_libreoffice
def test_it_is_read_without_being_asked_for_and_not_where_no_program_may(wm, lotus, tmp_path):
    place = wm.copied(lotus, tmp_path / "archive")
    assert wm.good("compile", place, "--no-programs", "--json").last["office"] is None
    assert wm.good("compile", place, "--json").last["office"] == {"tried": 2, "read": 2, "failed": 0}
    assert wm.good("compile", place, "--json").last["office"] is None


def test_where_it_is_not_found_that_is_told_and_the_rest_goes_well(wm, lotus, tmp_path, monkeypatch):
    monkeypatch.setattr(programs, "PLACES", "/nowhere")
    ran = wm.good("compile", wm.copied(lotus, tmp_path / "archive"), "--json").last
    assert (ran["office"], ran["not_found"]) == (None, ["libreoffice"])


@pytest.mark.parametrize("words", [("--office",), ("--office", "--seal-only"), ("--office", "--no-programs")])
def test_what_cannot_be_asked_for_is_one_sentence(wm, lotus, tmp_path, monkeypatch, words):
    monkeypatch.setattr(programs, "PLACES", "/nowhere")
    ran = wm.call("compile", wm.copied(lotus, tmp_path / "archive"), *words)
    assert ran.code == 64
    assert ran.sentence
