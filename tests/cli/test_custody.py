"""Custody from the command line: stated by two, listed, and made into a page; what is no statement changes nothing."""

import pytest

STATED = ("--medium", "USB stick", "--operator", "R. Sela", "--method", "rsync", "--by", "R. Sela", "--by", "O. Dorn")


def test_a_statement_is_sealed_listed_and_reported(wm, archive, tmp_path):
    ran = wm.good("custody", archive, "add", *STATED, "--hand-over", "2032-06-09: a courier -> R. Sela", "--json")
    entry = ran.last["entry"]
    (listed,) = wm.good("custody", archive, "list", "--json").objects
    assert listed["custody"][0]["entry"] == entry
    assert listed["custody"][0]["hand_overs"] == [{"on": "2032-06-09", "from": "a courier", "to": "R. Sela"}]
    path = next(path for path in wm.files(archive) if "!/" in path)
    text = wm.good("report", archive, "custody", f"path:{path}").out
    assert "a courier handed it to R. Sela" in text
    assert f"entry {entry:,}" in text
    page = tmp_path / "page.html"
    wm.good("report", archive, "custody", f"path:{path}", "--to", page)
    assert "a courier" in page.read_text(encoding="utf-8")
    assert page.stat().st_mode & 0o077 == 0
    assert wm.call("report", archive, "custody", f"path:{path}", "--to", page).code == 64
    assert wm.good("report", archive, "custody", f"path:{path}", "--json").last["before"][0]["entries"] == [entry]
    assert wm.call("audit", archive).code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("add",),
        ("add", *STATED[:-2]),
        ("add", *STATED, "--hand-over", "yesterday: A -> B"),
        ("add", *STATED, "--accession", "9"),
        ("add", *STATED[2:], "--medium", "  "),
        ("add", *STATED[2:], "--medium", "x" * 3000),
    ],
)
def test_what_is_no_statement_changes_nothing(wm, archive, words):
    before = wm.entries(archive)
    ran = wm.call("custody", archive, *words)
    assert ran.code == 64
    assert ran.sentence
    assert wm.entries(archive) == before


def test_an_exhibit_that_is_not_there_has_no_page(wm, archive, tmp_path):
    ran = wm.call("report", archive, "custody", "path:no/such.txt", "--to", tmp_path / "page.html")
    assert ran.code == 64
    assert not (tmp_path / "page.html").exists()
