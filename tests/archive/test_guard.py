"""No second history: a key that has signed more, or something else, signs nothing here until a keeper says why."""

import os
import random
import shutil
import stat

import pytest

from witnessmark.archive import guard
from witnessmark.archive.audit import Audit, audit
from witnessmark.archive.folder import Archive
from witnessmark.errors import Damaged, DiskFailure


@pytest.fixture
def state(tmp_path):
    return tmp_path / "home" / "state"


@pytest.fixture
def write(entropy, commit, state):
    def write(root, *texts, **more):
        with Archive.writing(root, entropy=entropy, state=state, **more) as archive:
            for text in texts:
                commit(archive, text)

    return write


def notes(root):
    return sorted(path.name for path in (root / "log/anchors").iterdir())


def test_the_last_checkpoint_is_remembered_outside_and_only_its_owner_reads_it(root, state, write):
    write(root, "a", "b")
    (found,) = state.iterdir()
    assert found.name == "archive.invalid_kestriaaaaaaaaaa.checkpoint"
    assert found.read_text() == (root / "log/checkpoint").read_text()
    assert stat.S_IMODE(found.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.stat().st_mode) == 0o700


def test_an_archive_restored_from_an_older_backup_signs_nothing(root, tmp_path, write):
    write(root, "a")
    backup = shutil.copytree(root, tmp_path / "backup")
    write(root, "b")
    before = (backup / "log/checkpoint").read_bytes()
    for _ in range(2):
        with pytest.raises(Damaged, match="ends at size 8, but its key has signed size 16"):
            write(backup, "c")
        assert (backup / "log/checkpoint").read_bytes() == before
        assert [name[:12] for name in notes(backup)] == ["conflict-16-", "conflict-8-" + notes(backup)[1][11:12]]
    write(root, "d")  # the newer copy goes on


def test_a_copy_that_was_written_to_elsewhere_signs_nothing(root, tmp_path, write, entropy, commit):
    write(root, "a")
    other = shutil.copytree(root, tmp_path / "other")
    write(root, "b")
    for texts in (["x"], ["y"]):  # of the same size, then of a larger one
        with Archive.writing(other, entropy=entropy, despite_conflict=True) as archive:
            commit(archive, *texts)
        with pytest.raises(Damaged, match="signed two histories"):
            write(other, "c")
    assert len([name for name in notes(other) if name.startswith("conflict-16-")]) == 2


def test_two_copies_open_at_once_do_not_both_sign(root, tmp_path, state, commit, entropy):
    with Archive.writing(root, entropy=entropy, state=state) as one:
        other_root = shutil.copytree(root, tmp_path / "other")
        with Archive.writing(other_root, entropy=entropy, state=state) as other:
            commit(one, "a")
            with pytest.raises(Damaged, match="another copy of this archive has signed"):
                commit(other, "b")
            assert other.ledger.size == 0


def test_a_machine_that_remembers_less_goes_on(root, state, write, entropy, commit):
    write(root, "a")
    with Archive.writing(root, entropy=entropy) as archive:  # killed before it could remember, or on another machine
        commit(archive, "b")
    write(root, "c")
    write(root)


@pytest.mark.parametrize("data", [b"\xff", b"x\n", b"a\n1\nb\n\n"])
def test_a_memory_that_cannot_be_read_is_no_leave_to_sign(root, state, write, data):
    write(root, "a")
    (path,) = state.iterdir()
    path.write_bytes(data)
    with pytest.raises(Damaged, match="then remove that file"):
        write(root, "b")
    path.unlink()
    write(root, "b")


def test_a_checkpoint_that_another_key_signed_is_no_memory(root, tmp_path, state, write, entropy):
    write(root, "a")
    (path,) = state.iterdir()
    text = path.read_text()
    path.write_text(text[:-20] + ("A" if text[-20] != "A" else "B") + text[-19:])
    with pytest.raises(Damaged, match="cannot be read"):
        write(root, "b")


def test_an_empty_memory_is_what_a_power_cut_leaves(root, state, write):
    write(root, "a")
    (path,) = state.iterdir()
    path.write_bytes(b"")
    write(root, "b")
    assert path.read_text() == (root / "log/checkpoint").read_text()


def test_a_state_folder_that_cannot_be_made_is_said_before_anything_is_sealed(root, tmp_path, entropy):
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskFailure, match="WITNESSMARK_STATE"):
        Archive.writing(root, entropy=entropy, state=tmp_path / "file" / "state")
    Archive.writing(root, entropy=entropy).close()


def test_a_keeper_can_say_why_and_go_on(root, tmp_path, state, write, entropy):
    write(root, "a")
    backup = shutil.copytree(root, tmp_path / "backup")
    write(root, "b")
    lost = (root / "log/checkpoint").read_text()
    with Archive.writing(backup, entropy=entropy, state=state, despite_conflict=True) as archive:
        batch = archive.ledger.batch()
        batch.add(
            guard.fork(archive.conflict, archive.ledger.log.vkey.public, "the disk is lost", "2032-06-12T00:00:00Z")
        )
        (event,) = archive.ledger.commit(batch)
    assert (event.kind, event.fields["action"], event.fields["signed"]) == ("key", "forked", lost)
    write(backup, "c")
    with Archive.reading(backup) as archive:
        assert archive.ledger.size == 24
        whole = Audit(archive)
        assert list(whole.problems()) == []
        says = "signed by this key and not part of this log, as the keeper said on 2032-06-12 (the disk is lost)"
        assert [one.sentence for one in whole.told] == [f"checkpoint of size 16: {says}"]
    with pytest.raises(Damaged, match="signed two histories|ends at size"):
        write(root, "d")


def test_whatever_is_copied_and_written_no_two_roots_of_one_size_are_signed(
    root, tmp_path, state, write, entropy, commit
):
    """Copies are made and written to at random; whoever signs does so on the one history."""
    chance, copies, signed = random.Random(1), [root], {}
    for number in range(30):
        chosen = chance.choice(copies)
        if chance.random() < 0.3 and len(copies) < 6:
            copies.append(shutil.copytree(chosen, tmp_path / f"copy-{number}"))
            continue
        try:
            write(chosen, str(number))
        except Damaged:
            continue
        with Archive.reading(chosen) as archive:
            checkpoint = archive.ledger.checkpoint()
            assert list(audit(archive)) == []
        assert signed.setdefault(checkpoint.size, checkpoint.root) == checkpoint.root
    assert max(signed) >= 24
    assert len(copies) > 2


def test_remembering_costs_little(root, state, entropy):
    """A bound that even a busy machine keeps; the benchmark tells the share of a commit."""
    memory = guard.Memory(state, "archive.invalid/kestriaaaaaaaaaa")
    memory.read()
    started = os.times()
    for number in range(200):
        memory.check_still()
        memory.remember(f"{number}\n")
    ended = os.times()
    assert (ended.user + ended.system - started.user - started.system) / 200 < 0.005


def test_evidence_in_the_archive_itself_counts_where_the_machine_remembers_nothing(
    root, tmp_path, write, entropy, commit
):
    write(root, "a")
    backup = shutil.copytree(root, tmp_path / "backup")
    write(root, "b")
    with pytest.raises(Damaged, match="ends at size 8"):
        write(backup, "c")
    elsewhere = tmp_path / "another" / "machine"
    before = (backup / "log/checkpoint").read_bytes()
    for memory in (elsewhere, None):
        with pytest.raises(Damaged, match="ends at size 8, but its key has signed size 16"):
            Archive.writing(backup, entropy=entropy, state=memory)
    assert (backup / "log/checkpoint").read_bytes() == before
    with Archive.writing(backup, entropy=entropy, state=elsewhere, despite_conflict=True) as archive:
        batch = archive.ledger.batch()
        batch.add(
            guard.fork(archive.conflict, archive.ledger.log.vkey.public, "the disk was lost", "2032-06-12T09:41:00Z")
        )
        archive.ledger.commit(batch)
    with Archive.writing(backup, entropy=entropy, state=elsewhere) as archive:
        commit(archive, "goes on")
        assert list(audit(archive)) == []


def test_what_anyone_can_put_into_the_anchors_stops_nobody(root, write):
    write(root, "a")
    folder = root / "log/anchors"
    folder.mkdir(exist_ok=True)
    (folder / "conflict-99-0000000000000000.note").write_text("no note")
    write(root, "b")
