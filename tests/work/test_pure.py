"""Every reader reads behind the walls what it reads without them: nothing is loaded, opened or asked for late."""

import random
from dataclasses import replace

import pytest

from witnessmark.cell.confine import Limits, Walls
from witnessmark.cell.grade import observe
from witnessmark.demo import make
from witnessmark.formats import warm
from witnessmark.model.derivative import Outcome
from witnessmark.work import step
from witnessmark.work.reading import Job
from witnessmark.work.runner import Runner

WITHOUT = Walls(landlock=False, seccomp=False, namespaces=False)
LOUD = {Outcome.VIOLATION, Outcome.CRASH}
needs_walls = pytest.mark.skipif(observe(Walls()).grade > "B", reason="this machine has no walls")


def both(store, files, passwords=()):
    """Read the files behind the walls and without them; return the two readings of each, by its content."""
    jobs = {store.put(data): Job(store.put(data), len(data), name) for name, data in files}
    found = []
    for walls in (Walls(), WITHOUT):
        with Runner(store, 2, Limits(), readers=replace(step.READERS, walls=walls), passwords=passwords) as runner:
            found.append({result.job.digest: result for result in runner.run(jobs.values())})
            assert runner.failures == {}
    assert set(found[0]) == set(found[1]) == set(jobs)
    return [(found[0][digest], found[1][digest]) for digest in jobs]


def same(pairs, *, observed=True):
    for walled, bare in pairs:
        assert walled.outcome not in LOUD, (walled.job.name, walled.detail)
        for name in (
            "outcome",
            "detail",
            "media_type",
            "visible",
            "hidden",
            "languages",
            "members",
            "refused",
            "tools",
        ):
            assert getattr(walled, name) == getattr(bare, name), (walled.job.name, name)
        if observed:
            assert walled.observations == bare.observations, walled.job.name
        assert (walled.grade <= "B", bare.grade) == (True, "C")


@needs_walls
def test_the_specimens_of_every_reader_are_read_alike(store):
    pairs = both(store, warm._specimens(), (warm.PASSWORD,))
    same(pairs)
    assert {walled.outcome for walled, _ in pairs} <= {Outcome.OK, Outcome.PARTIAL}


@needs_walls
def test_an_invented_leak_is_read_alike(store, tmp_path):
    make.make(tmp_path / "leak")
    same(both(store, [(path.name, path.read_bytes()) for path in (tmp_path / "leak").rglob("*") if path.is_file()]))


@needs_walls
@pytest.mark.corpus
def test_real_files_are_read_alike(store, corpus):
    files = [path for path in sorted(corpus.rglob("*")) if path.is_file() and path.stat().st_size < 1 << 20]
    chosen = random.Random(11).sample(files, 250)
    # Where a reader lists a set, its order is that of the process; texts and outcomes are held against each other.
    same(both(store, [(path.name, path.read_bytes()) for path in chosen]), observed=False)
