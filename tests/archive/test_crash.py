"""Every moment at which a machine may stop: each prefix of a batch's writes, with what no sync covered kept or lost."""

import errno
import random
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tests.archive.crashing import WAYS, Failing, Inode, Quick, Recording, after_crash, moved, put_on_disk

from witnessmark.archive.audit import audit
from witnessmark.archive.folder import Archive
from witnessmark.errors import DiskFailure
from witnessmark.model.digest import Digest
from witnessmark.proof import merkle, tile
from witnessmark.settings import Settings

TEXTS = ("one", "two", "three", "four", "five")


def seal(archive: Archive, commit, texts=TEXTS) -> list[str]:
    """Seal the texts that the archive does not have yet; return all ids that it has."""
    known = [one.fields["id"] for one in archive.ledger.replay()]
    commit(archive, *[text for text in texts if text not in known])
    return [one.fields["id"] for one in archive.ledger.replay()]


def check(root: Path, commit, entropy, *, reported: set[str]) -> None:
    """Open after a crash: nothing reported is lost, nothing stands twice, the log agrees, and work goes on."""
    signed = {path.name: path.read_bytes() for path in (root / "log/checkpoint.archive").iterdir()}
    with Archive.writing(root, entropy=entropy, system=Quick()) as archive:
        ids = [one.fields["id"] for one in archive.ledger.replay()]
        assert len(set(ids)) == len(ids)
        assert reported <= set(ids)
        assert set(ids) in ({"before"}, {"before", *TEXTS})
        assert list(audit(archive)) == []
        assert all(int(path.name) <= archive.ledger.size for path in (root / "log/tile").glob("*/*.p/*"))
        leaves = []
        for number in range(-(-archive.ledger.size // 256)):
            width = min(256, archive.ledger.size - number * 256)
            bundle = (root / "log" / tile.entries_path(number, width)).read_bytes()
            leaves += [merkle.leaf_hash(entry) for entry in tile.parse_bundle(bundle)]
        assert merkle.tree_root(leaves) == archive.ledger.checkpoint().root
        assert sorted(seal(archive, commit)) == sorted(["before", *TEXTS])
        assert list(audit(archive)) == []
        assert all(archive.store.has(Digest.of(text.encode())) for text in TEXTS)
    for name, data in signed.items():
        assert (root / "log/checkpoint.archive" / name).read_bytes() == data
    leftovers = [path for path in (root / "vault/temporary").rglob("*") if path.is_file()]
    assert leftovers == []


@pytest.fixture
def base(tmp_path, entropy, commit) -> Path:
    """An archive with one sealed text, whole on the disk."""
    path = tmp_path / "base"
    Archive.create(path, Settings("archive.invalid/kestriaaaaaaaaaa", pad=8), entropy=entropy, system=Quick())
    with Archive.writing(path, entropy=entropy, system=Quick()) as archive:
        commit(archive, "before")
    return path


@pytest.mark.parametrize("way", WAYS)
def test_after_every_prefix_of_a_batch_the_archive_goes_on(base, tmp_path, entropy, commit, way):
    keep_names, keep_bytes = WAYS[way]
    work = tmp_path / "work"
    shutil.copytree(base, work)
    recording = Recording()
    with Archive.writing(work, entropy=entropy, system=recording) as archive:
        commit(archive, *TEXTS)
    acts = recording.acts
    assert [act for act in acts if act[0] == "sync all"] == [("sync all",)]
    for length in range(len(acts) + 1):
        state = after_crash(moved(acts[:length], work, base), base, keep_names, keep_bytes)
        crashed = tmp_path / f"crashed-{length}"
        put_on_disk(state, base, crashed)
        (crashed / "vault/lock").write_text("1\n")
        check(crashed, commit, entropy, reported={"before", *TEXTS} if length == len(acts) else {"before"})
        shutil.rmtree(crashed)


@pytest.mark.parametrize("crashes", [60, pytest.param(5000, marks=pytest.mark.soak)])
def test_after_a_crash_with_anything_unsynced_lost_the_archive_goes_on(base, tmp_path, entropy, commit, crashes):
    work = tmp_path / "work"
    shutil.copytree(base, work)
    recording = Recording()
    with Archive.writing(work, entropy=entropy, system=recording) as archive:
        commit(archive, *TEXTS)
    acts, chance = recording.acts, random.Random(crashes)
    for number in range(crashes):
        length = chance.randrange(len(acts) + 1)

        def some(waiting):
            return [act for act in waiting if act[0] == "folder" or chance.random() < 0.7]

        state = after_crash(
            moved(acts[:length], work, base), base, some, lambda loose: chance.choice([0, len(loose) // 3, len(loose)])
        )
        crashed = tmp_path / f"crashed-{number}"
        put_on_disk(state, base, crashed)
        (crashed / "vault/lock").write_text("1\n")
        check(crashed, commit, entropy, reported={"before", *TEXTS} if length == len(acts) else {"before"})
        shutil.rmtree(crashed)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_refuses_is_told_in_a_sentence_and_loses_nothing(base, tmp_path, entropy, commit, error):
    number = 0
    while True:
        number += 1
        work = tmp_path / f"work-{number}"
        shutil.copytree(base, work)
        archive = Archive.writing(work, entropy=entropy, system=Failing(number, error))
        try:
            commit(archive, *TEXTS)
        except DiskFailure as failure:
            assert ("disk is full" in str(failure)) == (error == errno.ENOSPC)
            assert "\n" not in str(failure)
            if archive.ledger.failed:
                with pytest.raises(DiskFailure, match="run again"):
                    commit(archive, "more")
        else:
            archive.close()
            break
        archive.close()
        check(work, commit, entropy, reported={"before"})
        shutil.rmtree(work)
    assert number > 20


def test_an_interrupted_making_is_begun_anew(tmp_path, entropy, commit):
    number = 0
    while True:
        number += 1
        root = tmp_path / f"made-{number}"
        try:
            Archive.create(
                root,
                Settings("archive.invalid/kestriaaaaaaaaaa", pad=8),
                entropy=entropy,
                system=Failing(number, errno.EIO),
            )
        except DiskFailure:
            if not Archive.exists(root):
                Archive.create(
                    root, Settings("archive.invalid/kestriaaaaaaaaaa", pad=8), entropy=entropy, system=Quick()
                )
        else:
            break
        with Archive.writing(root, entropy=entropy, system=Quick()) as archive:
            commit(archive, "a")
            assert list(audit(archive)) == []


CHILD = textwrap.dedent(
    """
    import os, sys
    from pathlib import Path
    from witnessmark.archive.folder import Archive
    from witnessmark.model.event import Event

    start = int(sys.argv[2])
    with Archive.writing(Path(sys.argv[1]), entropy=os.urandom) as archive:
        for round in range(10**6):
            batch = archive.ledger.batch()
            ids = [f"{start}-{round}-{number}" for number in range(5)]
            for one in ids:
                digest = archive.store.put(one.encode() * 100)
                batch.add(Event("exhibit", {"id": one, "handle": one, "digest": digest.hex}))
            archive.ledger.commit(batch)
            print(*ids, sep="\\n", flush=True)
    """
)


def test_a_killed_writer_loses_nothing_that_it_reported(root, entropy):
    reported: set[str] = set()
    chance = random.Random(9)
    for turn in range(10):
        with subprocess.Popen([sys.executable, "-c", CHILD, str(root), str(turn)], stdout=subprocess.PIPE) as child:
            lines = [child.stdout.readline() for _ in range(chance.randrange(1, 40))]
            child.send_signal(signal.SIGKILL)
            lines += child.stdout.read().splitlines(keepends=True)
        reported |= {line.decode().strip() for line in lines if line.endswith(b"\n")}
        with Archive.reading(root) as archive:
            ids = [one.fields["id"] for one in archive.ledger.replay()]
            assert reported <= set(ids)
            assert archive.ledger.broken == []
    with Archive.writing(root, entropy=entropy) as archive:
        ids = [one.fields["id"] for one in archive.ledger.replay()]
        assert len(ids) == len(set(ids)) >= len(reported) > 50
        assert list(audit(archive)) == []


def test_content_that_a_killed_writer_left_is_synced_before_it_gets_its_final_name(base, entropy):
    with Archive.writing(base, entropy=entropy, system=Quick()) as archive:
        digest = archive.store.put(b"left behind")
    recording = Recording()
    recording._named[base / "vault/content/new" / digest.hex] = Inode(0o400)
    with Archive.writing(base, entropy=entropy, system=recording) as archive:
        assert archive.store.has(digest)
    assert [act[0] for act in recording.acts if act[0] in {"sync all", "rename"}] == ["sync all", "rename"]
