"""Unlocking from the command line: what opens is read, the tries are sealed, and no password lies anywhere."""

import io
import zipfile
from hashlib import sha256

import pytest
from msoffcrypto.format.ooxml import OOXMLFile
from tests.forge import sevenzip_forge as forge

from witnessmark.demo.write_docx import Core, docx, plain

# Long enough that its stream is not one of the small ones, which the library at hand writes wrongly.
_DOCUMENT = docx(
    plain("Report on the doors", *(sha256(b"%d" % n).hexdigest() for n in range(300))),
    Core("Report", "Clerk", "2018-03-09T08:00:00Z", "2018-03-09T08:00:00Z"),
)
RIGHT = "doors-seventeen-kestria"


@pytest.fixture
def locked(wm, tmp_path):
    """An archive with one locked document and one plain text."""
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(_DOCUMENT)).encrypt(RIGHT, out)
    leak = tmp_path / "leak"
    leak.mkdir()
    (leak / "order.docx").write_bytes(out.getvalue())
    (leak / "plain.txt").write_text("nothing is locked here")
    wm.good("compile", tmp_path / "archive", leak)
    return tmp_path / "archive"


def test_what_opens_is_read_and_no_password_is_kept(locked, wm, tmp_path):
    words = tmp_path / "words.txt"
    words.write_text(f"wrong\r\n\nother\n{RIGHT}\n{RIGHT}\n")
    found = wm.call("unlock", locked, "--passwords", words, "--json")
    assert found.code == 0
    assert found.last == {
        "tried": 3, "exhibits": 1, "opened": 1, "locked": 0, "components": 1,
    }  # fmt: skip
    paths = set(wm.files(locked))
    assert "order.docx!/order.docx" in paths
    assert "order.docx!/order.docx" in wm.call("search", locked, "report").out
    for file in locked.rglob("*"):
        if file.is_file():
            assert RIGHT.encode() not in file.read_bytes(), file
    again = wm.call("unlock", locked, "--passwords", words)
    assert (again.code, again.out.strip()) == (0, "Nothing is locked.")
    assert wm.call("audit", locked).code == 0
    wm.call("rebuild", locked)
    assert wm.call("files", locked, "--outcome", "encrypted").out == ""


def test_a_wrong_password_leaves_it_locked_and_the_try_is_sealed(locked, wm, tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("wrong\n")
    found = wm.call("unlock", locked, "--passwords", words)
    assert "still locked: order.docx" in found.out
    assert "order.docx" in wm.call("files", locked, "--outcome", "encrypted").out


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00", b"x" * 300])
def test_a_list_that_is_none_is_refused(locked, wm, tmp_path, content):
    words = tmp_path / "words.txt"
    words.write_bytes(content)
    found = wm.call("unlock", locked, "--passwords", words)
    assert found.code == 64
    assert found.sentence


def test_what_is_not_locked_is_refused(locked, wm, tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("x\n")
    assert wm.call("unlock", locked, "--passwords", words, "--exhibit", "path:plain.txt").code == 64
    assert wm.call("unlock", locked, "--passwords", tmp_path / "none").code == 74


def test_a_7z_opens_for_each_password_as_far_as_it_goes(wm, tmp_path):
    pytest.importorskip("libarchive", exc_type=Exception)
    leak, words = tmp_path / "leak", tmp_path / "words.txt"
    leak.mkdir()
    for name, header in (("open.7z", None), ("shut.7z", forge.Lock(RIGHT))):
        files = [
            forge.Folder({f"{key}.txt": f"what {key} opens".encode()}, forge.Lock(key)) for key in (RIGHT, "other")
        ]
        (leak / name).write_bytes(forge.archive([*files, forge.Folder({"plain.txt": b"open to all"})], header))
    wm.good("compile", tmp_path / "archive", leak)
    assert "open.7z!/plain.txt" in set(wm.files(tmp_path / "archive"))
    for said, opened, left in (("wrong", 0, 2), (RIGHT, 2, 0), ("wrong", 0, 2), (f"other\n{RIGHT}", 2, 0)):
        words.write_text(said)
        found = wm.call("unlock", tmp_path / "archive", "--passwords", words, "--json")
        assert (found.last["opened"], found.last["locked"]) == (opened, left), said
    assert {f"{name}!/{what}.txt" for name in ("open.7z", "shut.7z") for what in (RIGHT, "other", "plain")} <= set(
        wm.files(tmp_path / "archive")
    )
    assert wm.call("unlock", tmp_path / "archive", "--passwords", words).out.strip() == "Nothing is locked."
    assert wm.call("audit", tmp_path / "archive").code == 0


def test_an_archive_with_a_link_is_not_called_locked(wm, tmp_path):
    leak, words = tmp_path / "leak", tmp_path / "words.txt"
    leak.mkdir()
    with zipfile.ZipFile(leak / "a.zip", "w") as made:
        link = zipfile.ZipInfo("link")
        link.external_attr, link.create_system = 0o120777 << 16, 3
        made.writestr(link, "/etc/passwd")
        made.writestr("a.txt", "two keys")
    wm.good("compile", tmp_path / "archive", leak)
    words.write_text("wrong")
    assert wm.call("unlock", tmp_path / "archive", "--passwords", words).out.strip() == "Nothing is locked."
