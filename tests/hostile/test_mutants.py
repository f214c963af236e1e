"""Damaged files of every format: each gets one reading, the same in any company, and none gets out of its cell."""

import os
import random
from collections.abc import Iterator, Sequence

import pytest
from hostile_files import bench, good, mutants

from witnessmark.formats import table
from witnessmark.model.derivative import Outcome
from witnessmark.work.reading import Job, ReadingResult
from witnessmark.work.runner import Runner

IS_FUZZ = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
COUNT = int(os.environ.get("MUTANTS", 100_000 if IS_FUZZ else 100))
SEED = os.environ.get("SEED") or (str(random.SystemRandom().randrange(1 << 32)) if IS_FUZZ else "lantern")
"""`make fuzz` makes other mutants each time; a failure names the seed that makes them again."""
AT_ONCE = 5_000
"""Mutants that lie on the disk at a time."""
GROUPS = 4
"""The good files are dealt to so many tests, which may run beside each other; `make fuzz` has one for each file."""
OVER = {Outcome.CRASH, Outcome.MEMORY, Outcome.TIMEOUT, Outcome.VIOLATION}
"""Ends of which no damage to a small file may be the cause."""
FILES = good.files()
DEALT = (
    [pytest.param([file], id=file[0]) for file in FILES]
    if IS_FUZZ
    else [pytest.param(FILES[group::GROUPS], id=str(group)) for group in range(GROUPS)]
)


@pytest.fixture
def contents(tmp_path):
    (tmp_path / "contents").mkdir()
    return bench.Contents(tmp_path / "contents")


def made(name: str, data: bytes, count: int, seed: str) -> Iterator[tuple[str, bytes]]:
    chance = random.Random(f"{seed}{name}")
    for number in range(count):
        yield f"{name}~{number}", mutants.mutant(data, chance, chance.choice(FILES)[1])


def read(
    contents: bench.Contents, files: Iterator[tuple[str, bytes]], company: bool = True
) -> dict[str, ReadingResult]:
    """Return what came of each file; asserts that each got one reading and that nothing fell but readers."""
    jobs = []
    for name, data in files:
        digest = contents.put(data)
        jobs.append(Job(digest, len(data), name.partition("~")[0], 0, name, digest.hex[:32]))
    with Runner(contents, 2, bench.PATIENT, budgets=bench.SmallBudgets(), company=company) as runner:
        results = list(runner.run(jobs))
        assert runner.failures == {}
    assert sorted(result.job.root_id for result in results) == sorted(job.root_id for job in jobs)
    return {result.job.root_id: result for result in results}


def withstood(contents: bench.Contents, files: Sequence[tuple[str, bytes]], count: int, seed: str) -> None:
    at_once = max(1, AT_ONCE // len(files))
    for batch in range(-(-count // at_once)):
        some = f"{seed}.{batch}" if batch else seed
        left = min(at_once, count - batch * at_once)
        found = read(contents, (mutant for name, data in files for mutant in made(name, data, left, some)))
        wrong = {
            name: f"{result.outcome}: {result.detail}"
            for name, result in found.items()
            if result.outcome in OVER or "gave up" in result.detail
        }
        assert wrong == {}, f"SEED={some} makes them again"
        for path in contents.folder.iterdir():
            path.unlink()


def said(result: ReadingResult) -> tuple[object, ...]:
    members = tuple((member.path, member.digest) for member in result.members)
    texts = result.visible, result.hidden, result.observations
    return (result.outcome, result.detail, result.media_type, result.languages, *texts, members)


def test_every_reader_has_a_good_file_that_it_reads(contents):
    names = set()
    for name, result in read(contents, iter(FILES)).items():
        reader = table.reader_of(result.media_type)
        assert reader is not None, f"{name} is said to be {result.media_type}"
        if result.outcome in {Outcome.OK, Outcome.PARTIAL, Outcome.ENCRYPTED}:
            names.add(f"{reader.module}.{reader.function}")
    assert {f"{reader.module}.{reader.function}" for reader in table.READERS} - names == good.WITHOUT


def test_a_mutant_is_made_again_by_its_seed_and_differs_from_the_good_file():
    for name, data in FILES:
        once, twice = list(made(name, data, 9, SEED)), list(made(name, data, 9, SEED))
        assert once == twice
        assert any(mutant != data for _, mutant in once)
        assert all(len(mutant) <= mutants.MOST for _, mutant in once)


@pytest.mark.parametrize("files", DEALT)
def test_a_damaged_file_gets_one_reading_and_does_nothing_else(files, contents):
    withstood(contents, files, COUNT, SEED)


def test_a_damaged_file_is_read_the_same_in_company_and_alone(contents):
    together, alone = (
        read(contents, (mutant for name, data in FILES for mutant in made(name, data, 5, SEED)), company)
        for company in (True, False)
    )
    assert {
        name: (said(together[name]), said(alone[name])) for name in alone if said(together[name]) != said(alone[name])
    } == {}


@pytest.mark.soak
def test_1500_damaged_files_of_each_format_do_nothing_else(contents):
    withstood(contents, FILES, 1_500, "tern")
