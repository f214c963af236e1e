import os
import re
import stat
import subprocess
import sys

import pytest

from witnessmark.archive import keys
from witnessmark.archive.audit import audit
from witnessmark.archive.folder import Archive
from witnessmark.archive.system import System
from witnessmark.errors import Busy, Damaged, WrongUsage
from witnessmark.proof import ed25519
from witnessmark.settings import Settings

ORIGIN = "archive.invalid/kestriaaaaaaaaaa"


def test_an_archive_is_made_once(root, entropy):
    assert Archive.exists(root)
    with pytest.raises(WrongUsage, match="already"):
        Archive.create(root, Settings(ORIGIN), entropy=entropy)


def test_no_archive_is_made_among_other_files(tmp_path, entropy):
    (tmp_path / "novel.txt").write_text("")
    with pytest.raises(WrongUsage, match="not empty"):
        Archive.create(tmp_path, Settings(ORIGIN), entropy=entropy)
    with pytest.raises(WrongUsage, match="is a file"):
        Archive.create(tmp_path / "novel.txt", Settings(ORIGIN), entropy=entropy)


def test_no_archive_is_made_over_events_whose_settings_were_lost(root, entropy, commit):
    with Archive.writing(root, entropy=entropy) as archive:
        commit(archive, "a")
    (root / "witnessmark.toml").unlink()
    with pytest.raises(WrongUsage, match=r"restore witnessmark\.toml"):
        Archive.create(root, Settings(ORIGIN), entropy=entropy)


@pytest.mark.parametrize("open_", [Archive.reading, lambda root: Archive.writing(root, entropy=os.urandom)])
def test_no_archive_can_be_opened_where_there_is_none(tmp_path, open_):
    with pytest.raises(WrongUsage, match="no archive"):
        open_(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_an_archive_of_a_newer_format_is_refused_untouched(root):
    path = root / "witnessmark.toml"
    path.write_text(path.read_text().replace("format = 1", "format = 2"))
    for open_ in (Archive.reading, lambda root: Archive.writing(root, entropy=os.urandom)):
        with pytest.raises(Damaged, match="newer"):
            open_(root)


def test_one_writer_at_a_time(root, entropy):
    with Archive.writing(root, entropy=entropy), pytest.raises(Busy, match=f"process {os.getpid()} "):
        Archive.writing(root, entropy=entropy)
    with Archive.writing(root, entropy=entropy):
        program = (
            "import os, sys; from pathlib import Path; from witnessmark.archive.folder import Archive\n"
            "Archive.writing(Path(sys.argv[1]), entropy=os.urandom)"
        )
        done = subprocess.run([sys.executable, "-c", program, str(root)], capture_output=True, text=True, check=False)
        assert f"Busy: process {os.getpid()} is writing" in done.stderr
    Archive.writing(root, entropy=entropy).close()


def test_readers_need_no_lock_and_see_what_was_signed_when_they_opened(root, entropy, commit):
    with Archive.writing(root, entropy=entropy) as archive:
        commit(archive, "a")
        with Archive.reading(root) as reader:
            commit(archive, "b")
            assert [one.fields["id"] for one in reader.ledger.replay()] == ["a"]
            assert reader.ledger.sizes() == [0, 8]
        with Archive.reading(root) as reader:
            assert [one.fields["id"] for one in reader.ledger.replay()] == ["a", "b"]


def test_the_key_is_private_and_says_what_it_is(root):
    path = root / "vault/keys/log.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert re.fullmatch(
        r"# [^\n]+Never hand it out\.\nwitnessmark-key/v1 ed25519 [A-Za-z0-9+/]{43}=\n", path.read_text()
    )
    signer = keys.load(path, keys.parse_key(path.read_text()).public)
    assert ed25519.verify(signer.public, b"message", signer.sign(b"message"))


def test_a_key_that_others_can_read_is_refused(root, entropy):
    (root / "vault/keys/log.key").chmod(0o640)
    with pytest.raises(WrongUsage, match="chmod 600"):
        Archive.writing(root, entropy=entropy)
    (root / "vault/keys/log.key").chmod(0o600)
    Archive.writing(root, entropy=entropy).close()


@pytest.mark.parametrize("text", ["", "x", "witnessmark-key/v1 ed25519\n", "witnessmark-key/v2 ed25519 AA==\n",
                                  "witnessmark-key/v1 ed25519 AA==\n", f"a\n{keys.key_text(bytes(32), 'o')}"])  # fmt: skip
def test_what_is_no_key_is_refused(text):
    with pytest.raises(Damaged):
        keys.parse_key(text)


def test_a_key_that_is_not_the_logs_signs_nothing(root, entropy):
    path = root / "vault/keys/log.key"
    path.write_text(keys.key_text(bytes(range(32)), ORIGIN))
    with pytest.raises(Damaged, match="do not belong together"):
        Archive.writing(root, entropy=entropy)
    path.unlink()
    with pytest.raises(Damaged, match="is missing"):
        Archive.writing(root, entropy=entropy)


@pytest.mark.parametrize("name", ["log.vkey", "log/checkpoint"])
@pytest.mark.parametrize("data", [None, b"", b"\xff", b"no such thing\n"])
def test_a_damaged_public_file_is_named(root, name, data):
    (root / name).unlink() if data is None else (root / name).write_bytes(data)
    with pytest.raises(Damaged, match=name):
        Archive.reading(root)


def test_a_checkpoint_signed_by_another_key_is_refused(root, tmp_path):
    Archive.create(tmp_path / "other", Settings(ORIGIN), entropy=os.urandom)
    (root / "log/checkpoint").write_bytes((tmp_path / "other/log/checkpoint").read_bytes())
    with pytest.raises(Damaged, match="no checkpoint signed by this log"):
        Archive.reading(root)


def test_the_scratch_folder_is_emptied_by_the_next_writer(root, entropy):
    with Archive.writing(root, entropy=entropy) as archive:
        (archive.temporary() / "draft").write_text("x")
        assert archive.temporary() == archive.temporary()
    with Archive.writing(root, entropy=entropy) as archive:
        assert list(archive.temporary().iterdir()) == []


def test_projections_lie_in_the_archive(root):
    with Archive.reading(root) as archive:
        assert archive.catalogue_path == root / "catalogue.sqlite"
        assert archive.index_path == root / "index"
        assert archive.desk_path == root / "desk.sqlite"
        assert archive.settings.origin == archive.ledger.origin == ORIGIN


class Old(System):
    """An operating system that can only sync file by file."""

    has_sync = False

    def __init__(self):
        self.files = self.folders = 0

    def sync_file(self, descriptor):
        self.files += 1
        super().sync_file(descriptor)

    def sync_folder(self, path):
        self.folders += 1
        super().sync_folder(path)


def test_without_one_sync_for_all_each_file_is_synced(root, entropy, commit):
    system = Old()
    with Archive.writing(root, entropy=entropy, system=system) as archive:
        commit(archive, "a", "b")
        assert list(audit(archive)) == []
    assert system.files == 2 + 1 + 2 + 2  # contents, segment, bundle and tile, two checkpoints
    assert system.folders > 3
