"""Reading: every content once, every occurrence with components of its own, no end without an outcome."""

import base64
import json
import shutil
import zipfile
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from tests.intake.keeping import Keeper

from witnessmark.cell.budget import Budgets
from witnessmark.cell.confine import Limits
from witnessmark.cell.nursery import Readers
from witnessmark.errors import Damaged
from witnessmark.intake import read, sealing
from witnessmark.work.runner import Runner

HERE = str(Path(__file__).resolve().parent)


@pytest.fixture
def keeper(tmp_path, monkeypatch):
    readers = Readers("holding_readers:read", (), (HERE,))
    monkeypatch.setattr(read, "Runner", partial(Runner, readers=readers))
    return Keeper(tmp_path / "archive")


@pytest.fixture
def leak(tmp_path):
    folder = tmp_path / "leak"
    folder.mkdir()
    return folder


def bag(_names=(), **files):
    names = [*files, *_names]
    return json.dumps(
        {"bag": names, "files": {name: base64.b64encode(data).decode() for name, data in files.items()}}
    ).encode()


def at_most(entries):
    """Budgets of so many members a received file."""

    class Small(Budgets):
        def of(self, root, *, root_size=None):
            found = super().of(root, root_size=root_size)
            found.most_entries = entries
            return found

    return Small


def test_a_content_is_read_once_and_each_occurrence_has_components_of_its_own(keeper, leak):
    inner = bag(a=b"one", b=b"two")
    for name in ("x", "y", "z"):
        (leak / name).write_bytes(inner)
    (leak / "outer").write_bytes(bag(in1=inner, in2=inner))
    keeper.seal(leak)
    readings = keeper.read()
    assert sum(readings.outcomes.values()) == 4, "two bags, two texts"
    wanted = {"x", "y", "z", "outer", "outer!/in1", "outer!/in2"}
    wanted |= {f"{place}!/{name}" for place in ("x", "y", "z", "outer!/in1", "outer!/in2") for name in "ab"}
    assert keeper.paths == Counter(wanted)
    assert readings.components == len(wanted) - 4
    by_content = {row.exhibit.handle: row.exhibit.digest for row in keeper.rows}
    assert len(by_content) == 4
    containers = {row.printed: row.exhibit.id for row in keeper.rows}
    for row in keeper.rows:
        assert row.container_id == containers.get(row.printed.rpartition("!/")[0])
    assert keeper.problems == []


class _Killed(Exception):  # noqa: N818 - it stands for a kill
    pass


@pytest.mark.parametrize("killed_at", range(1, 9))
def test_a_container_of_many_files_is_sealed_in_pieces_and_a_kill_between_them_loses_and_doubles_nothing(
    keeper, leak, monkeypatch, killed_at
):
    monkeypatch.setattr(sealing, "BATCH_EVENTS", 4)
    twins = bag(["twin", "twin"], **{f"n{i}": b"x%d" % i for i in range(9)}, twin=b"of one content")
    (leak / "large").write_bytes(twins)
    (leak / "copy").write_bytes(twins)
    keeper.seal(leak)
    commit, commits = sealing.Sealing.commit, []

    def until_killed(self):
        if len(commits) + 1 >= killed_at:
            raise _Killed
        commits.append(len(self._batch))
        commit(self)

    monkeypatch.setattr(sealing.Sealing, "commit", until_killed)
    with pytest.raises(_Killed):
        keeper.read()
    assert max(commits, default=0) <= 8, "no piece is as large as the container"
    monkeypatch.setattr(sealing.Sealing, "commit", commit)
    monkeypatch.setattr(read, "Budgets", at_most(24))  # what a killed run was charged is not charged again
    readings = keeper.read()
    assert readings.unopened == 0
    members = Counter({f"n{i}": 1 for i in range(9)}) + Counter({"twin": 3})
    wanted = Counter({f"{place}!/{name}": count for place in ("large", "copy") for name, count in members.items()})
    assert keeper.paths == wanted + Counter(("large", "copy"))
    assert keeper.problems == []


def test_an_occurrence_that_comes_later_gets_its_components_without_a_second_reading(keeper, leak, tmp_path):
    (leak / "x").write_bytes(bag(a=b"one"))
    keeper.seal(leak)
    keeper.read()
    later = tmp_path / "later"
    later.mkdir()
    shutil.copy(leak / "x", later / "again")
    keeper.seal(later)
    readings = keeper.read()
    assert (sum(readings.outcomes.values()), readings.components) == (0, 1)
    assert keeper.paths == Counter(["x", "x!/a", "again", "again!/a"])
    assert keeper.read().components == 0


def test_a_container_that_holds_itself_ends(keeper, leak):
    (leak / "quine").write_bytes(bag(("itself",), a=b"one"))
    keeper.seal(leak)
    readings = keeper.read()
    assert keeper.paths == Counter(["quine", "quine!/a", "quine!/itself"])
    assert sum(readings.outcomes.values()) == 2
    assert keeper.due == 0
    assert keeper.read().components == 0


def test_a_quine_among_its_twins_ends_too(keeper, leak, tmp_path):
    quine = bag(("itself",), a=b"one")
    for name in ("one", "two"):
        (leak / name).write_bytes(quine)
    (leak / "outer").write_bytes(bag(inside=quine, beside=b"text"))
    keeper.seal(leak)
    keeper.read()
    places = ("one", "two", "outer!/inside")
    wanted = [*places, "outer", "outer!/beside", *(f"{place}!/{name}" for place in places for name in ("a", "itself"))]
    assert keeper.paths == Counter(wanted)
    assert keeper.problems == []


def test_a_reader_that_dies_or_stops_is_an_outcome_and_the_rest_goes_on(keeper, leak):
    (leak / "crash").write_text('{"crash": 1, "bag": []}')
    (leak / "stop").write_text(json.dumps({"bag": ["a"], "files": {"a": "b25l"}, "stop": 1}))
    (leak / "broken").write_text('{"bag": ["missing"], "files": {}}')
    (leak / "fine").write_text("fine")
    keeper.seal(leak)
    outcomes = keeper.read().outcomes
    assert sum(outcomes.values()) == 5
    assert outcomes["ok"] == 2
    assert outcomes["crash"] >= 1
    assert outcomes["partial"] + outcomes["corrupt"] >= 1
    assert "stop!/a" in keeper.paths
    assert keeper.due == 0
    assert keeper.read().progress.files == 0, "what failed is not tried again and again"


def test_a_run_that_is_stopped_anywhere_loses_nothing_and_doubles_nothing(keeper, leak):
    for number in range(4):
        (leak / f"bag{number}").write_bytes(bag(a=b"one", b=f"two {number}".encode()))
    keeper.seal(leak)
    for _ in range(40):
        keeper.read(stop_after=1, workers=1)
        if not keeper.due:
            break
    keeper.read()
    wanted = [name for n in range(4) for name in (f"bag{n}", f"bag{n}!/a", f"bag{n}!/b")]
    assert keeper.paths == Counter(wanted)
    assert keeper.problems == []


def test_what_was_killed_gets_one_second_look_with_four_times_the_limits(keeper, leak, monkeypatch):
    monkeypatch.setattr(read, "Limits", partial(Limits, wall=0.6, cpu=5))
    (leak / "slow").write_text(json.dumps({"sleep": 1.2, "bag": ["a", "b"], "files": {"a": "b25l", "b": "dHdv"}}))
    (leak / "endless").write_text(json.dumps({"sleep": 60, "bag": []}))
    (leak / "fine").write_text("fine")
    keeper.seal(leak)
    readings = keeper.read()
    assert (readings.second, readings.parked) == (2, 1)
    assert readings.outcomes == {"ok": 4, "timeout": 1}
    assert keeper.paths == Counter(["slow", "slow!/a", "slow!/b", "endless", "fine"])
    again = keeper.read()
    assert (again.second, again.parked, again.progress.files) == (0, 0, 0), "what is parked stays so"
    assert keeper.problems == []


def test_a_second_look_adds_only_what_the_first_did_not_take_out(keeper, leak, monkeypatch):
    files = {"a": "b25l", "b": "dHdv"}
    (leak / "slow").write_text(json.dumps({"bag": ["a", "b"], "files": files, "sleep_after": {"a": 1.2}}))
    keeper.seal(leak)
    monkeypatch.setattr(read, "Limits", partial(Limits, wall=0.6, cpu=5))
    keeper.read()
    assert keeper.paths == Counter(["slow", "slow!/a", "slow!/b"])
    assert keeper.problems == []


def test_copies_of_containers_of_containers_are_charged_to_the_received_file(keeper, leak, monkeypatch):
    monkeypatch.setattr(read, "Budgets", at_most(60))
    inner = bag(**{f"c{n}": b"x" for n in range(10)})
    middle = bag(**{f"b{n}": inner for n in range(10)})
    (leak / "outer").write_bytes(bag(**{f"a{n}": middle for n in range(10)}))
    (leak / "fine").write_bytes(inner)
    keeper.seal(leak)
    readings = keeper.read()
    inside = sum(path.startswith("outer!/") for path in keeper.paths)
    assert inside <= 60
    assert readings.unopened > 0
    assert sum(path.startswith("fine!/") for path in keeper.paths) == 10
    before = keeper.paths
    assert keeper.read().components == 0
    assert keeper.paths == before


def test_a_restart_does_not_reset_a_budget(keeper, leak, monkeypatch):
    monkeypatch.setattr(read, "Budgets", at_most(12))
    bags = {f"a{n}": bag(**{f"b{m}": f"{n} {m}".encode() for m in range(3)}) for n in range(6)}
    (leak / "outer").write_bytes(bag(**bags))
    keeper.seal(leak)
    for _ in range(40):
        keeper.read(stop_after=1, workers=1)
        if not keeper.due:
            break
    assert sum(path.startswith("outer!/") for path in keeper.paths) <= 12


def test_a_file_whose_reader_breaks_the_rules_is_named(keeper, leak):
    (leak / "bad").write_text('{"violate": 1, "bag": []}')
    keeper.seal(leak)
    readings = keeper.read()
    assert readings.outcomes == {"violation": 1}
    assert [name for name, _ in readings.violations] == ["bad"]
    assert readings.second == 0, "quarantine, no second look"


def test_an_installation_that_is_not_whole_reads_nothing(keeper, leak, monkeypatch):
    (leak / "fine").write_text("fine")
    keeper.seal(leak)
    torn = Readers("holding_readers:read", ("no_such_library_here",), (HERE,))
    monkeypatch.setattr(read, "Runner", partial(Runner, readers=torn))
    with pytest.raises(Damaged, match="not whole: the reader no_such_library_here"):
        keeper.read()
    assert keeper.due == 1, "nothing is taken for unreadable that is not"
    monkeypatch.setattr(read, "Runner", partial(Runner, readers=Readers("holding_readers:read", (), (HERE,))))
    assert keeper.read().outcomes == {"ok": 1}


def test_a_real_quine_of_zip_ends(corpus, tmp_path):
    keeper = Keeper(tmp_path / "archive")
    leak = tmp_path / "leak"
    leak.mkdir()
    shutil.copy(corpus / "archive" / "tika" / "droste.zip", leak / "one.zip")
    shutil.copy(corpus / "archive" / "tika" / "droste.zip", leak / "two.zip")
    keeper.seal(leak)
    keeper.read()
    names = zipfile.ZipFile(leak / "one.zip").namelist()
    assert set(keeper.paths) >= {f"one.zip!/{names[0]}", f"two.zip!/{names[0]}"}
    assert set(keeper.paths.values()) == {1}
    assert (keeper.due, keeper.problems) == (0, [])
