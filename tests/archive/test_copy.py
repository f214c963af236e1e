"""Copies and repair: a copy is whole or is no archive; nothing is put back that is not what was sealed."""

import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap

import pytest

from witnessmark.archive.audit import audit
from witnessmark.archive.copy import copy
from witnessmark.archive.folder import Archive
from witnessmark.archive.repair import repair
from witnessmark.archive.system import System
from witnessmark.errors import Busy, Damaged, DiskFailure, WitnessmarkError, WrongUsage
from witnessmark.model.digest import Digest
from witnessmark.settings import Settings


@pytest.fixture
def sealed(root, entropy, commit):
    with Archive.writing(root, entropy=entropy) as archive:
        for text in ("a", "b", "c"):
            commit(archive, text, f"{text} again")
    return root


def copied(root, target, **more):
    with Archive.reading(root) as archive:
        *_, last = copy(archive, target, **more)
    return last


def problems(root):
    with Archive.reading(root) as archive:
        return [one.sentence for one in audit(archive)]


def content(root, text):
    hex_ = Digest.of(text.encode()).hex
    return root / "vault/content" / hex_[:2] / hex_[2:]


def kept(root):
    """What must be alike in an archive and its copy."""
    return {
        path.relative_to(root): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name not in {"lock", "log.key"}
    }


def test_a_copy_is_the_same_archive_without_its_key(sealed, tmp_path, entropy, commit):
    target = tmp_path / "disk" / "copy"
    last = copied(sealed, target)
    assert (last.contents, last.known, last.is_whole) == (6, 0, True)
    assert kept(target) == kept(sealed)
    assert problems(target) == []
    assert not (target / "vault/keys/log.key").exists()
    assert {path.stat().st_mode & 0o077 for path in (target / "vault").rglob("*") if path.name != "log"} == {0}
    with pytest.raises(Damaged, match="signing key"):
        Archive.writing(target, entropy=entropy)
    copied(sealed, target, with_keys=True)
    with Archive.writing(target, entropy=entropy) as archive:
        commit(archive, "d")


def test_a_copy_is_brought_up_to_date_and_copies_nothing_twice(sealed, tmp_path, entropy, commit):
    target = tmp_path / "copy"
    copied(sealed, target)
    with Archive.writing(sealed, entropy=entropy) as archive:
        commit(archive, "d")
    last = copied(sealed, target)
    assert (last.contents, last.known, last.is_whole) == (1, 6, True)
    content(target, "a").chmod(0o600)
    content(target, "a").write_bytes(b"x")
    last = copied(sealed, target)
    assert (last.contents, last.known) == (1, 6)
    assert kept(target) == kept(sealed)


def test_what_is_damaged_in_the_archive_does_not_become_a_whole_copy(sealed, tmp_path):
    target = tmp_path / "copy"
    content(sealed, "b").chmod(0o600)
    content(sealed, "b").write_bytes(b"x")
    last = copied(sealed, target)
    assert not last.is_whole
    assert len(last.damaged) == 2  # changed here, and so missing there
    assert not Archive.exists(target)
    content(sealed, "b").write_bytes(b"b")
    last = copied(sealed, target)
    assert (last.contents, last.known, last.is_whole) == (1, 5, True)


@pytest.mark.parametrize("name", ["log/tile/0/000.p/24", "log/tile/entries/000.p/24", "vault/events/0000000000000008.jsonl",
                                  "log/checkpoint.archive/8"])  # fmt: skip
def test_whatever_part_is_damaged_the_copy_says_so(sealed, tmp_path, name):
    target, path = tmp_path / "copy", sealed / name
    data = path.read_bytes()
    for changed in (data[: len(data) // 2], data[:40] + bytes([data[40] ^ 1]) + data[41:]):
        path.write_bytes(changed)
        assert copied(sealed, target).damaged
        assert not Archive.exists(target)
    path.write_bytes(data)
    assert copied(sealed, target).is_whole


def test_a_folder_that_is_no_copy_of_this_archive_is_left_alone(sealed, tmp_path, entropy):
    other = tmp_path / "other"
    Archive.create(other, Settings("archive.invalid/otheraaaaaaaaaaa", pad=8), entropy=entropy)
    full = tmp_path / "full"
    full.mkdir()
    (full / "file").write_text("mine")
    for target in (other, full, full / "file", sealed, sealed / "in", sealed.parent):
        before = kept(target) if target.is_dir() else None
        with pytest.raises(WrongUsage):
            copied(sealed, target)
        assert before is None or kept(target) == before


def test_a_copy_that_is_ahead_is_not_turned_back(sealed, tmp_path, entropy, commit):
    target = tmp_path / "copy"
    copied(sealed, target, with_keys=True)
    with Archive.writing(target, entropy=entropy) as archive:
        commit(archive, "d")
    before = kept(target)
    with pytest.raises(Damaged, match="may be the one to go on with"):
        copied(sealed, target)
    with Archive.writing(sealed, entropy=entropy) as archive:
        commit(archive, "other")
        commit(archive, "more")
    with pytest.raises(Damaged, match="may be the one to go on with"):
        copied(sealed, target)
    assert kept(target) == before


def test_two_do_not_copy_to_one_place_at_once(sealed, tmp_path):
    with Archive.reading(sealed) as archive:
        one = copy(archive, tmp_path / "copy")
        next(one)
        with pytest.raises(Busy):
            next(copy(archive, tmp_path / "copy"))
        one.close()
    assert copied(sealed, tmp_path / "copy").is_whole


class Failing(System):
    """The operating system, refusing one act and all after it, as a full disk or a pulled cable does."""

    def __init__(self, left):
        self._left = left

    def _act(self):
        self._left -= 1
        if self._left <= 0:
            raise OSError(28, "No space left on device")

    def create(self, path, mode):
        self._act()
        return super().create(path, mode)

    def rename(self, old, new):
        self._act()
        super().rename(old, new)

    def sync_all(self, path):
        self._act()

    def sync_file(self, descriptor):
        self._act()

    def sync_folder(self, path):
        pass


def test_a_copy_that_is_stopped_anywhere_is_no_archive_and_goes_on(sealed, tmp_path):
    number = 0
    while True:
        number += 3
        target = tmp_path / f"copy-{number}"
        try:
            copied(sealed, target, system=Failing(number))
            break
        except DiskFailure as error:
            assert "disk is full" in str(error)
        assert not Archive.exists(target)
        assert copied(sealed, target, system=Failing(10**6)).is_whole
        assert kept(target) == kept(sealed)
    assert number > 40


def test_an_update_that_is_stopped_anywhere_leaves_the_earlier_copy(sealed, tmp_path, entropy, commit):
    whole = tmp_path / "whole"
    copied(sealed, whole, system=Failing(10**6))
    with Archive.writing(sealed, entropy=entropy) as archive:
        commit(archive, "d")
        archive.erase(archive.plan_erasure(next(archive.ledger.replay()).index), reason="r", by="AB", at="2032-06-12")
        commit(archive, "e")
    number = 0
    while True:
        number += 3
        target = shutil.copytree(whole, tmp_path / f"copy-{number}")
        try:
            copied(sealed, target, system=Failing(number))
            break
        except DiskFailure:
            pass
        with Archive.reading(target) as archive:
            assert archive.ledger.size in {24, 48}
        assert copied(sealed, target, system=Failing(10**6)).is_whole
        assert kept(target) == kept(sealed)
        assert not content(target, "a").exists()
    assert number > 20


CHILD = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from witnessmark.archive.copy import copy
    from witnessmark.archive.folder import Archive
    with Archive.reading(Path(sys.argv[1])) as archive:
        for copied in copy(archive, Path(sys.argv[2])):
            print(copied.contents, flush=True)
    """
)


def test_a_killed_copy_is_no_archive_and_goes_on(sealed, tmp_path, entropy, commit):
    with Archive.writing(sealed, entropy=entropy) as archive:
        commit(archive, *map(str, range(100)))
    chance, target, killed = random.Random(3), tmp_path / "copy", 0
    for _ in range(4):
        with subprocess.Popen([sys.executable, "-c", CHILD, str(sealed), str(target)], stdout=subprocess.PIPE) as child:
            for _ in range(chance.randrange(1, 60)):
                child.stdout.readline()
            os.kill(child.pid, signal.SIGKILL)
        killed += not Archive.exists(target)
    assert killed
    assert copied(sealed, target).is_whole
    assert kept(target) == kept(sealed)


def put_back(root, source):
    with Archive.repairing(root) as archive, Archive.reading(source) as other:
        return list(repair(archive, other))


@pytest.fixture
def large(tmp_path, entropy, commit):
    """An archive of more than two levels' worth of tiles, and its copy; changed bytes are to be healed."""
    root = tmp_path / "large"
    Archive.create(root, Settings("archive.invalid/kestriaaaaaaaaaa", pad=1), entropy=entropy)
    with Archive.writing(root, entropy=entropy) as archive:
        commit(archive, *(f"text {number}" for number in range(300)))
        commit(archive, *(f"text {number}" for number in range(290, 530)))
    copied(root, tmp_path / "copy")
    return root, tmp_path / "copy"


def test_any_one_damaged_or_missing_file_is_put_back(large):
    root, source = large
    whole, chance = kept(root), random.Random(5)
    names = [name for name in whole if str(name) not in {"witnessmark.toml", "log.vkey", "log/checkpoint"}]
    few = [name for name in names if "content" not in str(name)] + chance.sample(names, 4)
    for name in few:
        path = root / name
        data, mode = path.read_bytes(), path.stat().st_mode
        path.chmod(0o600)
        flipped = data[:9] + bytes([data[9 % len(data)] ^ 1]) + data[10:]
        for changed in (None, chance.choice([data[: len(data) // 2], flipped])):
            if changed is None:
                path.unlink()
            elif changed == data:
                continue
            else:
                path.write_bytes(changed)
            if problems(root):
                assert put_back(root, source), (name, changed)
            else:
                assert changed is None, "a partial tile is not needed where the full one is; a changed one is a problem"
                path.write_bytes(data)
            assert path.read_bytes() == data, name
        path.chmod(mode)
    assert problems(root) == []
    assert put_back(root, source) == []


def test_damage_at_random_in_both_is_healed_where_one_of_them_is_right(large):
    root, source = large
    whole, chance = kept(root), random.Random(6)
    names = [name for name in whole if str(name) not in {"witnessmark.toml", "log.vkey", "log/checkpoint"}]
    chosen = chance.sample(names, 40)
    for number, name in enumerate(chosen):
        path = (root, source)[number % 2] / name
        path.chmod(0o600)
        path.write_bytes(bytes(byte ^ 0x55 for byte in path.read_bytes()))
    put_back(root, source)
    assert problems(root) == []
    assert kept(root) == whole


def test_nothing_is_taken_from_a_copy_that_lies(large):
    root, source = large
    for path in sorted(source.rglob("*")):
        if path.is_file() and path.name not in {"witnessmark.toml", "log.vkey", "checkpoint"}:
            path.chmod(0o600)
            path.write_bytes(b"x" * path.stat().st_size)
    before = kept(root)
    assert put_back(root, source) == []
    victims = [content(root, "text 7"), root / "log/tile/0/001", root / "log/tile/entries/000"]
    for path in victims:
        path.chmod(0o600)
        path.write_bytes(b"y" * path.stat().st_size)
    after = kept(root)
    assert put_back(root, source) == []
    assert kept(root) == after
    assert problems(root)
    assert before.keys() == after.keys()


def test_what_was_erased_does_not_come_back_from_an_older_copy(sealed, tmp_path, entropy):
    source = tmp_path / "copy"
    copied(sealed, source)
    with Archive.writing(sealed, entropy=entropy) as archive:
        index = next(one.index for one in archive.ledger.replay() if one.fields["id"] == "a")
        archive.erase(archive.plan_erasure(index), reason="r", by="AB", at="2032-06-12T00:00:00Z")
    erased = kept(sealed)
    for damage in (lambda path: path.unlink(), lambda path: path.write_bytes(b"{}\n")):
        damage(sealed / "vault/events/0000000000000000.jsonl")
        assert put_back(sealed, source) == ["vault/events/0000000000000000.jsonl"]
        assert problems(sealed) == []
        assert kept(sealed) == erased
    assert not content(sealed, "a").exists()
    last = copied(sealed, source)
    assert last.is_whole
    assert kept(source) == erased
    assert not content(source, "a").exists()


def test_another_archive_is_no_copy_to_repair_from(sealed, tmp_path, entropy):
    other = tmp_path / "other"
    Archive.create(other, Settings("archive.invalid/otheraaaaaaaaaaa", pad=8), entropy=entropy)
    with pytest.raises(WrongUsage, match="no copy of this archive"):
        put_back(sealed, other)
    with pytest.raises(WitnessmarkError):
        put_back(sealed, tmp_path / "nothing")


def test_a_sample_reads_what_it_chose_and_misses_nothing_that_is_gone(sealed):
    content(sealed, "a").unlink()
    content(sealed, "b").chmod(0o600)
    content(sealed, "b").write_bytes(b"x")
    with Archive.reading(sealed) as archive:
        assert [one.exhibit for one in audit(archive, lambda _: False)] == ["a"]
        assert [one.exhibit for one in audit(archive, lambda digest: digest == Digest.of(b"b"))] == ["a", "b"]
