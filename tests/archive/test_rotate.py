"""The log's key handed over: every moment at which a machine may stop, every write that a disk may refuse, and after."""

import errno
import random
import shutil

import pytest
from tests.archive import crashing

from witnessmark.archive import rotate
from witnessmark.archive.audit import audit
from witnessmark.archive.copy import copy
from witnessmark.archive.folder import Archive
from witnessmark.archive.layout import Layout
from witnessmark.errors import DiskFailure, WitnessmarkError, WrongUsage
from witnessmark.proof import note
from witnessmark.settings import Settings

AT = "2032-06-12T09:41:00Z"


SOME = pytest.mark.parametrize("count", [12, pytest.param(100_000, marks=pytest.mark.soak)])


@pytest.fixture
def passphrase():
    return None


BOTH = pytest.mark.parametrize("passphrase", [None, "the doors are locked"], ids=["bare", "sealed"])


@pytest.fixture
def base(tmp_path, entropy, commit, passphrase):
    path = tmp_path / "base"
    settings = Settings("archive.invalid/kestriaaaaaaaaaa", pad=8)
    Archive.create(path, settings, entropy=entropy, system=crashing.Quick(), passphrase=passphrase)
    with opened(path, entropy, passphrase) as archive:
        commit(archive, "one", "two")
    return path


def opened(path, entropy, passphrase, system=None):
    asked = None if passphrase is None else lambda: passphrase
    return Archive.writing(path, entropy=entropy, system=system or crashing.Quick(), passphrase=asked)


def kinds(archive):
    return [one.fields.get("action") for one in archive.ledger.replay() if one.kind == "key"]


def check(path, entropy, passphrase, commit, old, *, done):
    """Whatever is left: the log has one key that signs, every checkpoint agrees, and sealing goes on."""
    with opened(path, entropy, passphrase) as archive:
        changed = kinds(archive) == ["rotated"]
        assert changed or not done
        assert (archive.ledger.vkey != old) == changed
        assert [key.text for key, _ in archive.ledger.log.keys.earlier] == ([old] if changed else [])
        assert not rotate.is_begun(Layout(path))
        commit(archive, "three")
        assert list(audit(archive)) == []
        signers = [len(note.parse(archive.ledger.note(size)).signatures) for size in archive.ledger.sizes()]
        assert sorted(signers)[-1] == (2 if changed else 1)
        assert signers[-1] == 1
    with opened(path, entropy, passphrase) as archive:
        commit(archive, "four")
        assert list(audit(archive)) == []
        assert sorted(one.fields["id"] for one in archive.ledger.replay() if one.kind == "exhibit") == sorted(
            set(one.fields["id"] for one in archive.ledger.replay() if one.kind == "exhibit")
        )


@BOTH
def test_after_a_handing_over_the_new_key_signs_alone(base, entropy, passphrase, commit):
    with opened(base, entropy, passphrase) as archive:
        old = archive.ledger.vkey
        new = archive.rotate_key("yearly", AT, entropy=entropy)
        assert archive.ledger.vkey == new.text != old
        assert archive.is_sealed == (passphrase is not None)
        commit(archive, "in the same run")
        assert list(audit(archive)) == []
    check(base, entropy, passphrase, commit, old, done=True)
    with opened(base, entropy, passphrase) as archive:
        archive.rotate_key("again", AT, entropy=entropy)
        assert len(archive.ledger.log.keys.earlier) == 2
        assert list(audit(archive)) == []
    with Archive.reading(base) as archive:
        assert list(audit(archive)) == []


@SOME
@pytest.mark.parametrize("way", crashing.WAYS)
def test_after_every_prefix_the_log_has_one_key(base, tmp_path, entropy, passphrase, commit, way, count):
    work, recording = tmp_path / "work", crashing.Recording()
    shutil.copytree(base, work)
    with opened(work, entropy, passphrase, recording) as archive:
        old = archive.ledger.vkey
        archive.rotate_key("yearly", AT, entropy=entropy)
    acts = crashing.moved(recording.acts, work, base)
    assert len(acts) > 30
    chosen = {len(acts)} | set(random.Random(way).sample(range(len(acts)), min(count, len(acts))))
    for length in sorted(chosen):
        place = tmp_path / f"crashed-{length}"
        crashing.put_on_disk(crashing.after_crash(acts[:length], base, *crashing.WAYS[way]), base, place)
        (place / "vault/lock").write_text("1\n")
        check(place, entropy, passphrase, commit, old, done=length == len(acts))
        shutil.rmtree(place)


@SOME
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_refuses_leaves_the_old_key_or_the_new(base, tmp_path, entropy, passphrase, commit, error, count):
    for number in range(1, 1000, 1 if count > 1000 else 5):
        work = tmp_path / f"work-{number}"
        shutil.copytree(base, work)
        with Archive.reading(work) as archive:
            old = archive.ledger.vkey
        try:
            with opened(work, entropy, passphrase, crashing.Failing(number, error)) as archive:
                archive.rotate_key("yearly", AT, entropy=entropy)
        except DiskFailure:
            check(work, entropy, passphrase, commit, old, done=False)
            shutil.rmtree(work)
        else:
            check(work, entropy, passphrase, commit, old, done=True)
            break
    assert number > 15, "it has so many writes to refuse"


@BOTH
def test_a_closed_log_can_be_read_and_never_written(base, entropy, passphrase):
    with opened(base, entropy, passphrase) as archive:
        archive.retire_key("the project has ended", AT)
        size = archive.ledger.size
    with pytest.raises(WrongUsage, match="closed"):
        opened(base, entropy, passphrase)
    with Archive.reading(base) as archive:
        assert (archive.ledger.size, kinds(archive), list(audit(archive))) == (size, ["retired"], [])


def test_a_copy_follows_and_is_brought_up_to_date_across_a_handing_over(base, tmp_path, entropy, passphrase, commit):
    target = tmp_path / "copy"
    with opened(base, entropy, passphrase) as archive:
        assert list(copy(archive, target, system=crashing.Quick()))[-1].is_whole
        archive.rotate_key("yearly", AT, entropy=entropy)
        commit(archive, "after")
        assert list(copy(archive, target, system=crashing.Quick()))[-1].is_whole
        key, size = archive.ledger.vkey, archive.ledger.size
    with Archive.reading(target) as archive:
        assert (archive.ledger.vkey, archive.ledger.size, list(audit(archive))) == (key, size, [])


@pytest.mark.parametrize("reason", ["", "  "])
def test_without_a_reason_nothing_happens(base, entropy, passphrase, reason):
    with opened(base, entropy, passphrase) as archive:
        before = archive.ledger.size
        with pytest.raises(WrongUsage):
            archive.rotate_key(reason, AT, entropy=entropy)
        with pytest.raises(WrongUsage):
            archive.retire_key(reason, AT)
        assert archive.ledger.size == before


@pytest.mark.parametrize("text", ["x", "a b\n", "{key} 08\n", "{key} 8", "{key} -1\n", "\n"])
def test_a_damaged_list_of_earlier_keys_is_one_sentence(base, entropy, passphrase, text):
    with Archive.reading(base) as archive:
        key = archive.ledger.vkey
    other = "archive.invalid/kestriaaaaaaaaaa+00000000+AAAA"
    (base / "log.earlier").write_text(text.format(key=other if "{key}" in text else key))
    with pytest.raises(WitnessmarkError) as told:
        Archive.reading(base)
    assert "\n" not in str(told.value)
