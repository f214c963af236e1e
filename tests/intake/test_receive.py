"""Receiving: what is the same adds nothing, what is new is sealed once, what cannot be sealed is refused and listed."""

import os
import socket
import threading
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from witnessmark.archive.audit import audit
from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.errors import WrongUsage
from witnessmark.intake import receive
from witnessmark.intake.receive import Receiver, Wanted, check_places, survey
from witnessmark.intake.walk import source_root
from witnessmark.settings import Settings

ORIGIN = "archive.example/abcdefgh23456722"


class Keeper:
    """An archive with a clock and a randomness of its own."""

    def __init__(self, root: Path, seed: int = 5) -> None:
        self.root = root
        self.entropy = Random(seed).randbytes
        Archive.create(root, Settings(origin=ORIGIN, pad=8), entropy=self.entropy)

    def take(self, *sources, stop_after=None, **said):
        """Receive; return the counts, the (printed path, digest) pairs in order, and the size of the ledger."""
        wanted = Wanted(tuple(source_root(os.fspath(source)) for source in sources), **said)
        with Archive.writing(self.root, entropy=self.entropy) as archive, Catalogue.open(archive) as catalogue:
            receiver = Receiver(archive, catalogue, clock=lambda: "2032-06-12T09:41:00Z", entropy=self.entropy)
            run = receiver.receive(wanted, seconds=lambda: 0.0)
            for count, _ in enumerate(run, 1):
                if count == stop_after:
                    run.close()
                    break
            return receiver.intake

    @property
    def size(self):
        with Archive.reading(self.root) as archive:
            return archive.ledger.size

    @property
    def rows(self):
        with Archive.reading(self.root) as archive, Catalogue.open(archive) as catalogue:
            return list(catalogue.exhibits())

    @property
    def refusals(self):
        with Archive.reading(self.root) as archive, Catalogue.open(archive) as catalogue:
            return {
                "/".join(step.name for step in row.refusal.path): row.refusal.reason.value
                for row in catalogue.refusals()
            }

    @property
    def problems(self):
        with Archive.reading(self.root) as archive:
            return list(audit(archive))


@pytest.fixture
def keeper(tmp_path):
    return Keeper(tmp_path / "archive")


@pytest.fixture
def leak(tmp_path):
    folder = tmp_path / "leak"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("one")
    (folder / "b.txt").write_text("two")
    (folder / "sub" / "a.txt").write_text("one")
    return folder


def test_files_are_sealed_as_they_are_and_the_facts_of_the_file_system_kept(keeper, leak):
    os.utime(leak / "a.txt", ns=(1, 1_500_000_000_123_456_789))
    os.chmod(leak / "a.txt", 0o640)
    intake = keeper.take(leak)
    assert (intake.files, intake.octets, intake.new_exhibits, intake.new_contents) == (3, 9, 3, 2)
    row = next(row for row in keeper.rows if row.printed == "a.txt")
    assert row.exhibit.filesystem.modified == 1_500_000_000_123_456_789
    assert row.exhibit.filesystem.mode == 0o640
    with Archive.reading(keeper.root) as archive:
        assert archive.store.read(row.exhibit.digest, 10) == b"one"


def test_the_same_folder_again_adds_nothing_at_all(keeper, leak):
    keeper.take(leak)
    before = keeper.size
    again = keeper.take(leak)
    assert (again.new_exhibits, again.known, keeper.size) == (0, 3, before)


def test_the_same_folder_adds_nothing_beside_another_source(keeper, leak, tmp_path):
    keeper.take(leak)
    other = tmp_path / "other"
    other.mkdir()
    (other / "c.txt").write_text("three")
    both = keeper.take(leak, other)
    assert (both.new_exhibits, both.known) == (1, 3)
    assert [row.printed for row in keeper.rows] == ["a.txt", "b.txt", "sub/a.txt", "other/c.txt"]


def test_the_same_folder_from_another_place_under_its_label_adds_nothing(keeper, leak, tmp_path):
    keeper.take(leak, label="envelope")
    moved = leak.rename(tmp_path / "moved")
    again = keeper.take(moved, label="envelope")
    assert (again.new_exhibits, again.known) == (0, 3)


def test_a_changed_file_is_a_new_exhibit_and_the_old_one_stays(keeper, leak):
    keeper.take(leak)
    (leak / "b.txt").write_text("two, changed")
    intake = keeper.take(leak)
    assert (intake.new_exhibits, intake.known) == (1, 2)
    both = [row for row in keeper.rows if row.printed == "b.txt"]
    assert len({row.exhibit.digest for row in both}) == len({row.exhibit.handle for row in both}) == 2
    assert len({row.exhibit.id for row in both}) == 2


def test_the_same_bytes_from_a_second_source_are_a_second_exhibit_of_one_content(keeper, leak, tmp_path):
    keeper.take(leak)
    again = tmp_path / "again"
    again.mkdir()
    (again / "a.txt").write_text("one")
    intake = keeper.take(again)
    assert (intake.new_exhibits, intake.new_contents) == (1, 0)
    same = [row for row in keeper.rows if row.exhibit.size == 3 and row.exhibit.digest == keeper.rows[0].exhibit.digest]
    assert [row.source for row in same] == ["leak", "leak", "again"]
    assert len({row.exhibit.handle for row in same}) == 1


def test_a_large_file_is_kept_once_and_read_to_its_end(keeper, leak):
    data = Random(3).randbytes((2 << 20) + 17)
    for name in ("large", "large twin"):
        (leak / name).write_bytes(data)
    (leak / "large other").write_bytes(data[:-1] + b"x")
    intake = keeper.take(leak)
    assert (intake.new_exhibits, intake.new_contents) == (6, 4)
    with Archive.reading(keeper.root) as archive:
        row = next(row for row in keeper.rows if row.printed == "large twin")
        assert archive.store.read(row.exhibit.digest, 3 << 20) == data
    assert keeper.problems == []


def test_everything_that_lies_in_a_source_is_an_exhibit_or_a_refusal(keeper, leak):
    (leak / "link").symlink_to("a.txt")
    os.mkfifo(leak / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(leak / "s"))
        intake = keeper.take(leak)
    assert keeper.refusals == {"link": "symlink", "pipe": "fifo", "s": "socket"}
    assert {refusal.reason.value for _, refusal in intake.refused} == {"symlink", "fifo", "socket"}
    (leak / "s").unlink()
    before = keeper.size
    keeper.take(leak)
    assert keeper.size == before, "the same refusals are told once"


def test_a_file_that_vanishes_after_it_was_listed_is_refused(keeper, leak, monkeypatch):
    real = os.open

    def vanishing(path, *rest, **more):
        if os.fsencode(path).endswith(b"leak/b.txt"):
            os.unlink(path)
        return real(path, *rest, **more)

    monkeypatch.setattr(receive.os, "open", vanishing)
    intake = keeper.take(leak)
    monkeypatch.undo()
    assert (intake.new_exhibits, keeper.refusals) == (2, {"b.txt": "vanished"})


def test_a_file_that_changes_while_it_is_read_gets_a_second_chance(keeper, leak, monkeypatch):
    changes = ["two, written over"]
    monkeypatch.setattr(receive, "_chunks", _rewriting(leak / "b.txt", changes))
    intake = keeper.take(leak)
    monkeypatch.undo()
    assert (intake.new_exhibits, intake.refused) == (3, [])
    with Archive.reading(keeper.root) as archive:
        row = next(row for row in keeper.rows if row.printed == "b.txt")
        assert archive.store.read(row.exhibit.digest, 100) == b"two, written over"


def test_a_file_that_goes_on_changing_is_refused_and_sealed_when_it_rests(keeper, leak, monkeypatch):
    monkeypatch.setattr(receive, "_chunks", _rewriting(leak / "b.txt", [f"change {n}" * n for n in range(1, 9)]))
    intake = keeper.take(leak)
    monkeypatch.undo()
    assert [refusal.reason.value for _, refusal in intake.refused] == ["changed"]
    assert (intake.new_exhibits, keeper.refusals) == (2, {"b.txt": "changed"})
    assert keeper.take(leak).new_exhibits == 1
    assert keeper.problems == []


def _rewriting(place, changes):
    """Return `_chunks` as it is, but that the file is written anew while it is read, as often as there are changes."""
    real = receive._chunks
    inode = place.stat().st_ino

    def chunks(descriptor, size):
        yield from real(descriptor, size)
        if os.fstat(descriptor).st_ino == inode and changes:
            place.write_text(changes.pop(0))

    return chunks


def test_a_file_that_somebody_writes_all_the_time_is_sealed_whole_or_refused(keeper, leak):
    """A writer in earnest: whatever is sealed has the size it was sealed with, and the run ends."""
    place, stop = leak / "busy.log", threading.Event()
    place.write_bytes(b"x" * (1 << 21))

    def write():
        with place.open("ab") as out:
            while not stop.is_set():
                out.write(b"more\n" * 200)
                out.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        intake = keeper.take(leak)
    finally:
        stop.set()
        writer.join()
    assert intake.new_exhibits + len(intake.refused) == 4
    assert keeper.problems == []


def test_a_file_that_grows_faster_than_it_is_read_is_refused_and_not_followed(keeper, leak, monkeypatch):
    real, inode, asked = os.read, (leak / "b.txt").stat().st_ino, []

    def endless(descriptor, count):
        if os.fstat(descriptor).st_ino != inode:
            return real(descriptor, count)
        asked.append(count)
        assert len(asked) < 100
        return b"more\n" * 1000

    monkeypatch.setattr(receive.os, "read", endless)
    intake = keeper.take(leak)
    assert [refusal.reason.value for _, refusal in intake.refused] == ["changed"]
    assert intake.new_exhibits > 0


def test_a_disk_that_fails_under_a_file_makes_a_refusal(keeper, leak, monkeypatch):
    real, inode = os.read, (leak / "b.txt").stat().st_ino

    def failing(descriptor, count):
        if os.fstat(descriptor).st_ino == inode:
            raise OSError(5, "Input/output error")
        return real(descriptor, count)

    monkeypatch.setattr(receive.os, "read", failing)
    intake = keeper.take(leak)
    monkeypatch.undo()
    assert (intake.new_exhibits, keeper.refusals) == (2, {"b.txt": "unreadable"})


def test_a_run_that_is_stopped_goes_on_where_it_was(keeper, leak):
    first = keeper.take(leak, stop_after=1)
    assert first.new_exhibits == 1
    second = keeper.take(leak)
    assert (second.new_exhibits, second.known) == (2, 1)
    assert sorted(row.printed for row in keeper.rows) == ["a.txt", "b.txt", "sub/a.txt"]


def test_batches_stay_small_and_lose_nothing(keeper, tmp_path, monkeypatch):
    monkeypatch.setattr(receive, "BATCH_FILES", 7)
    many = tmp_path / "many"
    many.mkdir()
    for number in range(40):
        (many / f"{number:02d}").write_text(f"paper {number % 30}")
    intake = keeper.take(many)
    assert (intake.new_exhibits, intake.new_contents, len(keeper.rows)) == (40, 30, 40)
    assert len({row.exhibit.handle for row in keeper.rows}) == 30
    segments = list((keeper.root / "vault" / "events").glob("*.jsonl"))
    assert len(segments) == 6
    assert keeper.problems == []


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(
    names=st.lists(
        st.binary(min_size=1, max_size=12).filter(
            lambda name: not set(name) & {0, ord("/")} and name not in (b".", b"..")
        ),
        unique=True,
        max_size=5,
    )
)
def test_any_name_is_kept_to_the_byte(names, tmp_path_factory):
    base = tmp_path_factory.mktemp("names")
    keeper, folder = Keeper(base / "archive"), base / "leak"
    folder.mkdir()
    for name in names:
        with open(os.path.join(os.fsencode(folder), name), "wb") as out:
            out.write(name)
    keeper.take(folder)
    kept = {b"/".join(step.as_bytes for step in row.exhibit.path): row.exhibit.size for row in keeper.rows}
    assert kept == {name: len(name) for name in names}
    assert keeper.take(folder).new_exhibits == 0


def test_the_survey_counts_without_opening(leak, monkeypatch):
    monkeypatch.setattr(receive.os, "open", None)
    assert survey((source_root(str(leak)),)) == (3, 9)


def test_archive_and_source_must_not_lie_in_one_another(leak, tmp_path):
    root = source_root(str(leak))
    for place in (leak, leak / "archive", leak.parent, tmp_path / "leak" / "sub"):
        with pytest.raises(WrongUsage, match="inside one another"):
            check_places(str(place), (root,))
    link = tmp_path / "by-another-name"
    link.symlink_to(leak)
    with pytest.raises(WrongUsage, match="inside one another"):
        check_places(str(link / "archive"), (root,))
    check_places(str(tmp_path / "leak-archive"), (root,))


def test_two_sources_of_one_last_name_are_refused(leak, tmp_path):
    (tmp_path / "more" / "leak").mkdir(parents=True)
    with pytest.raises(WrongUsage, match="same last name"):
        check_places(str(tmp_path / "archive"), (source_root(str(leak)), source_root(str(tmp_path / "more" / "leak"))))
