"""Laws of the folder: what is counted, what is opened, what changes while it is checked, what cannot be read."""

import hashlib
import os
import signal

import pytest

from witnessmark.errors import Damaged, DiskFailure, Falsified
from witnessmark.verify import walk
from witnessmark.verify.checks import verify_site
from witnessmark.verify.report import Tally, Word
from witnessmark.verify.walk import Row, Site


def surveyed(root):
    """Return the site of a folder and what its survey said: file, word, sentence."""
    tally = Tally()
    return Site(str(root), tally), [(one.file, one.word, one.says) for one in tally.verdicts]


def put(root, *paths, data=b"x"):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)


def row(path, size=5):
    return b"0" * 64 + b" %d " % size + path.encode() + b"\n"


# The manifest


def test_a_manifest_may_begin_with_any_allowed_name():
    """A digit sorts before every letter, and no name before the first."""
    assert walk.parse_manifest(row("0") + row("a") + row("a/b")) == {
        path: Row(bytes(32), 5) for path in ("0", "a", "a/b")
    }


def test_a_manifest_names_as_many_files_as_a_folder_may_hold(monkeypatch):
    monkeypatch.setattr(walk, "MOST_FILES", 2)
    assert list(walk.parse_manifest(row("a") + row("b"))) == ["a", "b"]
    with pytest.raises(Damaged, match="line 3 of the manifest names what cannot stand"):
        walk.parse_manifest(row("a") + row("b") + row("c"))


def test_a_manifest_whose_last_line_is_cut_short_is_refused_however_little_is_missing():
    """Without its line feed the last name could be cut to another that is allowed."""
    whole = row("a") + row("bcd")
    assert list(walk.parse_manifest(whole)) == ["a", "bcd"]
    for cut in range(1, 4):
        with pytest.raises(Damaged, match="the manifest is empty or its last line is cut short"):
            walk.parse_manifest(whole[:-cut])


@pytest.mark.parametrize("bad", ["A", "a/../b", "a//b"])
def test_the_line_that_is_wrong_is_named_by_its_number(bad):
    with pytest.raises(Damaged, match="line 2 of the manifest is not: digest, size, path"):
        walk.parse_manifest(row("0") + row(bad))
    with pytest.raises(Damaged, match="line 2 of the manifest is out of order or stands twice"):
        walk.parse_manifest(row("b") + row("a"))
    with pytest.raises(Damaged, match="line 1 of the manifest names what cannot stand"):
        walk.parse_manifest(row(walk.RELEASE))


# The survey


@pytest.mark.parametrize("paths", [("a", "b", "c"), ("d/a", "d/b"), ("d/e/a",), ("d/a", "e")])
def test_as_many_names_as_allowed_are_taken_and_one_more_is_refused(paths, tmp_path, monkeypatch):
    """Three names each: folders count, and it is the same whether they lie in one folder or in several."""
    put(tmp_path, *paths)
    monkeypatch.setattr(walk, "MOST_FILES", 3)
    assert sorted(surveyed(tmp_path)[0].files) == sorted(paths)
    monkeypatch.setattr(walk, "MOST_FILES", 2)
    with pytest.raises(Damaged, match="more than 2 files: nothing further was read"):
        surveyed(tmp_path)


def test_a_folder_of_too_many_names_is_not_listed_to_its_end(tmp_path, monkeypatch):
    put(tmp_path, *map(str, range(9)))
    monkeypatch.setattr(walk, "MOST_FILES", 2)
    asked, kind = [], walk._kind
    monkeypatch.setattr(walk, "_kind", lambda mode: asked.append(mode) or kind(mode))
    with pytest.raises(Damaged):
        surveyed(tmp_path)
    assert len(asked) == 3


def test_sixteen_folders_deep_is_allowed_and_seventeen_is_not_opened(tmp_path):
    deep = "/".join(["d"] * walk.DEEPEST)
    put(tmp_path, f"{deep}/file")
    assert surveyed(tmp_path)[1] == []
    put(tmp_path, f"{deep}/d/file", "z/file")
    site, said = surveyed(tmp_path)
    assert [(file, word) for file, word, _ in said] == [(f"{deep}/d", Word.FALSE)]
    assert sorted(site.files) == [f"{deep}/file", "z/file"]


def test_what_is_no_plain_file_is_named_for_what_it_is(tmp_path):
    put(tmp_path, "a", "linked/b")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    (tmp_path / "folder-link").symlink_to(tmp_path / "linked")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").mkdir()
    (tmp_path / "Named").mkdir()
    put(tmp_path, "Named/c")
    site, said = surveyed(tmp_path)
    assert {file: says.split(" of an edition")[0].split(" (")[0] for file, _, says in said} == {
        "link": "is a link, not a plain file",
        "folder-link": "is a link, not a plain file",
        "pipe": "is a special file, not a plain file",
        "empty": "an empty folder does not belong to an edition",
        "Named": "has a name that an edition does not use",
    }
    assert {word for _, word, _ in said} == {Word.FALSE}
    assert site.files == {"a": 1, "linked/b": 1}


def test_the_folder_of_an_edition_may_be_reached_by_a_link(site, key, tmp_path):
    """Only what lies in it may be none: how the reader names the folder is the reader's."""
    (tmp_path / "by-link").symlink_to(site, target_is_directory=True)
    assert verify_site(str(tmp_path / "by-link"), key).exit_code == 0


def test_a_folder_that_cannot_be_listed_is_said_and_the_others_are_read(tmp_path, monkeypatch):
    put(tmp_path, "a/x", "b/x", "c/x")
    real = os.scandir

    def refuse(path):
        if str(path).endswith("/b"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    tally = Tally()
    site = Site(str(tmp_path), tally)
    assert sorted(site.files) == ["a/x", "c/x"]
    (only,) = tally.verdicts
    assert (only.file, only.word, only.exit) == ("b", Word.UNDECIDED, DiskFailure.exit_code)
    assert only.says == "cannot be read: Permission denied"
    assert surveyed(tmp_path / "a" / "b")[0].files == {}, "the first that is asked may be the one that fails"


# One file


def test_a_file_as_large_as_its_cap_is_read_and_one_byte_more_is_not(tmp_path):
    put(tmp_path, "a", data=b"12345")
    site, _ = surveyed(tmp_path)
    assert site.read("a", 5) == b"12345"
    with pytest.raises(Falsified, match="is larger than the 4 bytes that such a file may have; it was not read"):
        site.read("a", 4)


def test_an_empty_file_is_a_file(tmp_path):
    put(tmp_path, "a", data=b"")
    site, said = surveyed(tmp_path)
    assert (said, site.read("a", 0), site.digest("a", 0)) == ([], b"", hashlib.sha256().digest())


def test_what_is_missing_is_said_to_be_missing(tmp_path):
    site, _ = surveyed(tmp_path)
    for ask in (lambda: site.read("a", 5), lambda: site.digest("a"), lambda: site.digest("a", 1)):
        with pytest.raises(Falsified, match="is missing"):
            ask()
    assert not site.has("a")


def test_a_file_of_another_size_than_its_caller_gives_is_not_read(tmp_path):
    put(tmp_path, "a", data=b"12345")
    site, _ = surveyed(tmp_path)
    for size in (4, 6, None):
        with pytest.raises(Falsified, match="was not read, since it has not the size that the manifest says"):
            site.digest("a", size)
    assert site.digest("a", 5) == hashlib.sha256(b"12345").digest()
    assert site.digest("a") == site.digest("a", 5)


@pytest.mark.parametrize("data", [b"", b"x", b"xy"])
def test_a_file_of_which_nobody_gave_the_size_is_not_read(data, tmp_path):
    put(tmp_path, "a", data=data)
    site, _ = surveyed(tmp_path)
    with pytest.raises(Falsified, match="was not read"):
        site.digest("a")


def test_no_more_is_asked_for_than_the_survey_found(tmp_path, monkeypatch):
    """What grows while it is read is not read on."""
    put(tmp_path, "a", data=b"12345")
    site, _ = surveyed(tmp_path)
    asked, real = [], walk.FileIO

    class Growing(real):
        def read(self, size=-1):
            asked.append(size)
            put(tmp_path, "a", data=b"1234567")
            return real.read(self, size)

    monkeypatch.setattr(walk, "FileIO", Growing)
    assert (site.read("a", 99), asked) == (b"12345", [5])


def test_a_text_is_utf8(tmp_path):
    put(tmp_path, "a", data="ü".encode())
    put(tmp_path, "b", data=b"\xff")
    site, _ = surveyed(tmp_path)
    assert site.text("a", 2) == "ü"
    with pytest.raises(Falsified, match="is not UTF-8"):
        site.text("b", 1)


def link(path):
    path.rename(path.with_name("moved"))
    path.symlink_to(path.with_name("moved"))


def pipe(path):
    path.unlink()
    os.mkfifo(path)


def grown(path):
    path.write_bytes(path.read_bytes() + b"x")


def emptied(path):
    path.write_bytes(b"")


def gone(path):
    path.unlink()


CHANGES = [
    (link, DiskFailure, "cannot be read"),
    (pipe, Falsified, "changed while it was checked"),
    (grown, Falsified, "changed while it was checked"),
    (emptied, Falsified, "changed while it was checked"),
    (gone, DiskFailure, "cannot be read"),
]


@pytest.fixture
def impatient():
    """Fail where a test would wait for ever for the other end of a pipe."""

    def late(*_):
        raise TimeoutError("it waits")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(5)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("change", "error", "sentence"), CHANGES)
def test_what_takes_a_files_place_after_the_survey_is_not_read(change, error, sentence, tmp_path):
    for at, ask in enumerate((lambda site: site.read("a", 99), lambda site: site.digest("a", 5))):
        root = tmp_path / str(at)
        put(root, "a", data=b"12345")
        site, _ = surveyed(root)
        change(root / "a")
        opened = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
        with pytest.raises(error, match=sentence):
            ask(site)
        if opened:
            assert len(os.listdir("/proc/self/fd")) == opened


@pytest.mark.usefixtures("impatient")
def test_a_pipe_of_no_size_in_the_place_of_an_empty_file_is_seen(tmp_path):
    put(tmp_path, "a", data=b"")
    site, _ = surveyed(tmp_path)
    pipe(tmp_path / "a")
    with pytest.raises(Falsified, match="changed while it was checked"):
        site.read("a", 5)


def test_a_file_is_opened_as_plain_bytes_without_following_or_waiting(tmp_path, monkeypatch):
    """Where a system has such flags: one that has none of them is given none."""
    put(tmp_path, "a")
    site, _ = surveyed(tmp_path)
    real, asked = os.open, []
    monkeypatch.setattr(os, "open", lambda path, flags: asked.append(flags) or real(path, os.O_RDONLY))
    names = {"O_NOFOLLOW": 1 << 20, "O_NONBLOCK": 1 << 21, "O_BINARY": 1 << 22}
    for name, flag in names.items():
        monkeypatch.setattr(os, name, flag, raising=False)
    site.read("a", 1)
    for name in names:
        monkeypatch.delattr(os, name)
    site.read("a", 1)
    assert asked == [os.O_RDONLY | 7 << 20, os.O_RDONLY]


def test_bytes_that_change_between_two_readings_are_seen(tmp_path):
    put(tmp_path, "a", data=b"12345")
    site, _ = surveyed(tmp_path)
    assert site.read("a", 5) == site.read("a", 5)
    put(tmp_path, "a", data=b"12346")
    with pytest.raises(Falsified, match="changed while it was checked"):
        site.read("a", 5)


@pytest.mark.parametrize("ask", [lambda site: site.read("a", 5), lambda site: site.digest("a", 5)])
def test_a_disk_that_fails_while_it_is_read_is_said(ask, tmp_path, monkeypatch):
    put(tmp_path, "a", data=b"12345")
    site, _ = surveyed(tmp_path)

    class Broken(walk.FileIO):
        def read(self, *_):
            raise OSError(5, "Input/output error")

        readinto = read

    monkeypatch.setattr(walk, "FileIO", Broken)
    with pytest.raises(DiskFailure, match="cannot be read: Input/output error"):
        ask(site)


# Files against the manifest


def test_files_and_manifest_are_held_against_each_other(tmp_path):
    put(tmp_path, "good", "short", "bent", "extra", *walk.OUTSIDE)
    tally = Tally()
    site = Site(str(tmp_path), tally)
    digest = hashlib.sha256(b"x").digest()
    rows = {"good": Row(digest, 1), "short": Row(digest, 2), "bent": Row(bytes(32), 1), "absent": Row(digest, 1)}
    walk.account(site, rows, tally)
    assert [(one.file, one.word is Word.AGREES, one.says) for one in tally.verdicts] == [
        ("absent", False, "is in the manifest and missing here"),
        ("bent", False, "has other bytes than the manifest says"),
        ("extra", False, "is not in the manifest: it does not belong to this edition"),
        ("good", True, "has the bytes that the manifest says"),
        ("short", False, "has 1 bytes where the manifest says 2"),
    ]
