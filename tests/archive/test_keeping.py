"""Keys, copies, erasure and doctor as a keeper calls them."""

import contextlib
import io
import json
import os
import shutil
import stat
from dataclasses import dataclass

import pytest

from witnessmark.archive import keys
from witnessmark.cli import compose, passphrase
from witnessmark.cli.main import main
from witnessmark.errors import WrongUsage


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def last(self):
        return json.loads(self.out.splitlines()[-1])


def call(*words):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(word) for word in words])
    assert "Traceback" not in err.getvalue() and "our bug" not in err.getvalue(), err.getvalue()
    return Ran(code, out.getvalue(), err.getvalue())


def good(*words):
    ran = call(*words)
    assert (ran.code, ran.err) == (0, ""), ran
    return ran


def private(path, text):
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.fixture
def cheap(monkeypatch):
    seal = keys.SealedKey.seal
    monkeypatch.setattr(keys.SealedKey, "seal", lambda *given, **more: seal(*given, **(more | {"cost": 10})))


@pytest.fixture
def leak(tmp_path):
    folder = tmp_path / "leak"
    folder.mkdir()
    (folder / "a.txt").write_text("The zebra keys are counted.\n")
    (folder / "b.txt").write_text("The doors are locked.\n")
    return folder


@pytest.fixture
def archive(tmp_path, leak):
    good("compile", tmp_path / "archive", leak, "--seal-only")
    return tmp_path / "archive"


def test_a_passphrase_from_a_file_protects_the_key_from_the_first_day(tmp_path, leak, cheap):
    archive, word, other = (
        tmp_path / "archive",
        private(tmp_path / "p", "night keys\nmore\n"),
        private(tmp_path / "q", "day\r\n"),
    )
    ran = good("compile", archive, leak, "--seal-only", "--passphrase-file", word)
    assert "sealed with a passphrase" in ran.out
    assert "night" not in ran.out + (archive / "vault/keys/log.key").read_text()
    for words in ((), ("--no-passphrase",)):
        ran = call("compile", archive, leak, *words)
        assert ran.code == 64 and "--passphrase-file" in ran.err
    assert call("compile", archive, leak, "--passphrase-file", other).code == 64
    good("compile", archive, leak, "--seal-only", "--passphrase-file", word)
    good("rebuild", archive)  # signs nothing
    good("status", archive)
    shown = good("keys", archive, "show", "--json").last
    assert (shown["sealed"], shown["size"]) == (True, shown["remembered"])
    good("keys", archive, "passphrase", "--passphrase-file", word, "--new-passphrase-file", other)
    assert call("keys", archive, "passphrase", "--passphrase-file", word, "--remove").code == 64
    assert good("keys", archive, "export", "--to", tmp_path / "k", "--json").last["sealed"] is True
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600
    assert call("keys", archive, "export", "--to", tmp_path / "k").code == 64
    assert call("keys", archive, "export", "--to", archive / "k").code == 64
    assert call("keys", archive, "export").code == 64
    good("keys", archive, "passphrase", "--passphrase-file", other, "--remove")
    assert good("keys", archive, "show", "--json").last["sealed"] is False
    assert call("keys", archive, "passphrase").code == 64  # nobody to ask


@pytest.mark.parametrize("text", ["", "\n", "x" * 2000, "\n\nlate"])
def test_a_passphrase_file_without_a_passphrase_makes_no_archive(tmp_path, leak, text):
    assert call("compile", tmp_path / "archive", leak, "--passphrase-file", private(tmp_path / "p", text)).code == 64
    assert not (tmp_path / "archive").exists()


def test_a_passphrase_file_that_others_read_or_that_lies_in_the_archive_is_refused(tmp_path, archive, leak):
    word = private(tmp_path / "p", "x\n")
    word.chmod(0o644)
    assert "chmod 600" in call("keys", archive, "passphrase", "--new-passphrase-file", word).err
    inside = private(archive / "p", "x\n")
    (tmp_path / "link").symlink_to(inside)
    for path in (inside, tmp_path / "link"):
        assert "must not lie in the archive" in call("keys", archive, "passphrase", "--new-passphrase-file", path).err
    assert call("keys", archive, "passphrase", "--new-passphrase-file", tmp_path / "none").code == 74


def test_at_a_terminal_a_new_passphrase_is_asked_for_twice(tmp_path, leak, cheap, monkeypatch):
    answers = iter(["one", "two", "night", "night", ""])
    monkeypatch.setattr(passphrase, "_is_terminal", lambda: True)
    monkeypatch.setattr(passphrase.getpass, "getpass", lambda prompt: next(answers))
    ran = call("compile", tmp_path / "archive", leak, "--seal-only")
    assert ran.code == 64 and "differ" in ran.err
    assert "sealed with a passphrase" in good("compile", tmp_path / "archive", leak, "--seal-only").out
    assert "without a passphrase" in good("compile", tmp_path / "other", leak, "--seal-only").out
    assert next(answers, None) is None


def test_an_archive_restored_from_a_backup_goes_on_only_on_the_keepers_word(tmp_path, archive, leak):
    backup = shutil.copytree(archive, tmp_path / "backup")
    (leak / "c.txt").write_text("c")
    good("compile", archive, leak, "--seal-only")
    ran = call("compile", backup, leak, "--seal-only")
    assert ran.code == 65 and "restored from an older backup" in ran.err
    ran = call("audit", backup, "--json")
    assert (ran.code, ran.last["problems"]) == (1, 1)
    assert "older than what its key signed here" in good("doctor", backup).out
    assert call("keys", backup, "fork").code == 64
    good("keys", backup, "fork", "--reason", "the disk is lost")
    good("compile", backup, leak, "--seal-only")
    ran = good("audit", backup)
    assert "as the keeper said on" in ran.out and "the disk is lost" in ran.out
    assert call("keys", backup, "fork", "--reason", "again").code == 64
    assert good("status", backup, "--json").last["unknown_events"] == 0


def test_what_the_log_lost_and_the_vault_still_holds_is_no_second_history(tmp_path, archive, leak):
    before = (archive / "log/checkpoint").read_bytes()
    sizes = {path.name for path in (archive / "log/checkpoint.archive").iterdir()}
    (leak / "c.txt").write_text("c")
    good("compile", archive, leak, "--seal-only")
    after = (archive / "log/checkpoint").read_bytes()
    (archive / "log/checkpoint").write_bytes(before)
    for path in (archive / "log/checkpoint.archive").iterdir():
        if path.name not in sizes:
            path.unlink()
    good("compile", archive, leak, "--seal-only")
    assert (archive / "log/checkpoint").read_bytes() == after
    good("audit", archive)


def test_the_state_folder_is_where_it_is_asked_for_and_never_in_the_archive(archive, tmp_path, monkeypatch):
    monkeypatch.setenv("WITNESSMARK_STATE", str(archive / "state"))
    with pytest.raises(WrongUsage, match="inside the archive"):
        compose.state_folder(str(archive))
    monkeypatch.delenv("WITNESSMARK_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert compose.state_folder(str(archive)) == tmp_path / "xdg" / "witnessmark"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert compose.state_folder(str(archive)) == tmp_path / "home" / ".local" / "state" / "witnessmark"
    with compose.state_in(tmp_path / "demo"):
        assert compose.state_folder(str(archive)) == tmp_path / "demo"
    assert "WITNESSMARK_STATE" not in os.environ


def test_an_erased_exhibit_is_gone_from_every_list_and_from_the_copy(tmp_path, archive, leak):
    good("compile", archive, leak)
    assert good("copy", archive, tmp_path / "copy", "--json").last["whole"] is True
    words = ("erase", archive, "path:a.txt", "--reason", "their wish", "--by", "R. Sela")
    assert call(*words).code == 64
    assert call(*words, "--by", "r.  sela").code == 64
    assert good(*words, "--by", "O. Dorn", "--dry-run", "--json").last["erased"] is False
    assert good("search", archive, "zebra", "--json").last
    said = good(*words, "--by", "O. Dorn").out
    assert "every copy and backup" in said and "leak" in said
    assert "a.txt" not in good("files", archive).out
    assert "0 hits" in good("search", archive, "zebra").out
    assert b"zebra" not in b"".join(path.read_bytes() for path in archive.rglob("*") if path.is_file())
    assert "by R. Sela and O. Dorn (their wish)" in good("audit", archive).out
    assert call(*words, "--by", "O. Dorn").code == 64
    good("copy", archive, tmp_path / "copy")
    assert b"zebra" not in b"".join(path.read_bytes() for path in (tmp_path / "copy").rglob("*") if path.is_file())
    assert good("status", archive, "--json").last["unknown_events"] == 0


def test_damage_is_put_back_from_a_copy(tmp_path, archive, leak):
    good("copy", archive, tmp_path / "copy")
    victims = [next((archive / "vault/content").glob("??/*")), archive / "log/tile/0/000"]
    for path in victims:
        path.chmod(0o600)
        path.write_bytes(b"x")
    assert call("audit", archive).code == 1
    ran = call("copy", archive, tmp_path / "second")
    assert ran.code == 65 and "no whole copy" in ran.err and "damaged: " in ran.out
    ran = good("audit", archive, "--repair-from", tmp_path / "copy", "--json")
    assert len(ran.last["repaired"]) == 2
    good("audit", archive, "--sample", "0.5")
    for percent in ("0", "-1", "101", "x", "nan", "inf", ""):
        assert call("audit", archive, "--sample", percent).code == 64
    assert call("audit", archive, "--repair-from", tmp_path).code == 65
    assert call("copy", archive, archive / "in").code == 64


def test_doctor_says_how_an_archive_is_kept(tmp_path, archive):
    found = good("doctor", archive, "--json").last
    assert found["signing_key"] == "without a passphrase"
    assert found["libraries"]["pylibmagic"] != "missing"
    assert found["disk_encrypted"].split(" (")[0] in {"yes", "no", "cannot tell"}
    assert found["state_size"] == found["entries"]
    assert "missing" not in good("doctor").out
    (archive / "vault/keys/log.key").unlink()
    assert good("doctor", archive, "--json").last["signing_key"].startswith("cannot sign: ")
    assert call("doctor", tmp_path / "none").code == 65
