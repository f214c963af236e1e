"""Laws of the list of files: what a container names and nobody took out is listed too, and is no exhibit."""

import io
import tarfile
import zipfile

import pytest

NAME = "люди/список задержанных.txt"


def partly_locked() -> bytes:
    """A zip of two members, the first marked as encrypted."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(zipfile.ZipInfo(NAME, (2014, 5, 6, 7, 8, 10)), b"x" * 40)
        made.writestr("open.txt", b"nothing is locked here")
    data = bytearray(out.getvalue())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + at] |= 1
    return bytes(data)


def with_a_link() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        made.addfile(tarfile.TarInfo("order.txt"))
        link = tarfile.TarInfo("newest")
        link.type, link.linkname = tarfile.SYMTYPE, "\x1b[31m/etc/passwd"
        made.addfile(link)
    return out.getvalue()


@pytest.fixture
def held(wm, tmp_path):
    leak = tmp_path / "leak"
    leak.mkdir()
    (leak / "a.zip").write_bytes(partly_locked())
    (leak / "b.tar").write_bytes(with_a_link())
    wm.good("compile", tmp_path / "archive", leak)
    return tmp_path / "archive"


def test_a_locked_member_is_listed_with_name_size_and_date_and_is_no_exhibit(wm, held):
    rows = wm.files(held)
    member = rows[f"a.zip!/{NAME}"]
    assert (member["id"], member["outcome"], member["size"]) == (None, "encrypted", 40)
    assert member["stated"]["modified"].startswith("2014-05-06")
    assert member["container"] == rows["a.zip"]["id"]
    assert rows["a.zip!/open.txt"]["id"]
    status = wm.good("status", held, "--json").last
    assert (status["exhibits"], status["components"]) == (4, 2)
    assert wm.call("text", held, f"path:a.zip!/{NAME}").code == 64


def test_a_member_that_is_not_taken_out_has_the_fields_of_an_exhibit(wm, held):
    rows = wm.good("files", held, "--json", "--text", "--observations").objects
    assert len(rows) == 6
    assert {frozenset(row) for row in rows} == {frozenset(rows[0])}
    assert [(row["text"], row["observations"]) for row in rows if row["id"] is None] == [("", []), ("", [])]


def test_a_link_is_listed_with_where_it_leads_and_moves_no_terminal(wm, held):
    assert "/etc/passwd" in wm.files(held)["b.tar!/newest"]["detail"]
    assert "\x1b" not in wm.good("files", held).out + wm.good("files", held, "--json").out


def test_the_outcome_asked_for_is_the_member_s_own(wm, held):
    assert [row["path"] for row in wm.good("files", held, "--json", "--outcome", "encrypted").objects] == [
        f"a.zip!/{NAME}"
    ]
    assert [row["path"] for row in wm.good("files", held, "--json", "--outcome", "partial").objects] == [
        "a.zip",
        "b.tar",
    ]


def test_the_name_of_a_locked_member_is_found_by_searching(wm, held):
    assert "a.zip" in wm.good("search", held, "задержанных").out


def test_a_list_of_members_that_is_gone_is_said_and_the_rest_is_listed(wm, held):
    from witnessmark.archive.folder import Archive
    from witnessmark.catalogue.query import Catalogue

    with Archive.reading(held) as opened, Catalogue.open(opened) as catalogue:
        digest = catalogue.exhibit("path:a.zip").reading.derivative.digest.hex
    (gone,) = (file for file in held.rglob("*") if file.is_file() and file.name == digest[2:])
    gone.unlink()
    ran = wm.call("files", held)
    assert ran.code == 65
    assert "audit" in ran.err
    assert ran.out.count("\n") == 5
