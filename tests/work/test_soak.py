"""Many thousands of small files, some of which crash, loop or break the rules: nothing is left, and nothing grows."""

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from witnessmark.cell.confine import Limits, Walls
from witnessmark.cell.grade import observe
from witnessmark.model.derivative import Outcome
from witnessmark.work.reading import Job
from witnessmark.work.runner import Runner

FILES = int(os.environ.get("WITNESSMARK_SOAK_FILES", "100000"))
BAD = {
    "segfault": Outcome.CRASH,
    "grandchild": Outcome.VIOLATION,
    "unknown_kind": Outcome.VIOLATION,
    "recurse": Outcome.REFUSED_LIMIT,
    "exit_silently": Outcome.CRASH,
}


def descendants():
    """The processes below this one, zombies too."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                parents[int(name)] = int(Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found, waiting = set(), [os.getpid()]
    while waiting:
        one = waiting.pop()
        below = [pid for pid, parent in parents.items() if parent == one]
        found.update(below)
        waiting.extend(below)
    return found


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.soak
@pytest.mark.skipif(observe(Walls()).grade != "A", reason="this machine has not all of the walls")
def test_nothing_is_left_after_many_files(store, confined):
    before = len(os.listdir("/proc/self/fd"))
    digest, outcomes, worst = store.put(b"The doors are locked."), Counter(), 0.0
    bad, files = [*BAD], len(os.listdir(store.folder))

    def jobs():
        for number in range(FILES):
            name = f"{bad[number // 97 % len(bad)]}:{number}" if number % 97 == 96 else f"quick:{number}"
            yield Job(digest, 21, name, handle=str(number))

    sizes, most = [], 0
    with Runner(store, 2, Limits(), readers=replace(confined)) as runner:
        for count, result in enumerate(runner.run(jobs())):
            name = result.job.name.partition(":")[0]
            outcomes[name, result.outcome] += 1
            worst = max(worst, result.seconds)
            if count % 500 == 499:
                most = max(most, len(descendants()))
                sizes.append(resident())
    assert sum(outcomes.values()) == FILES
    assert {name: outcome for name, outcome in outcomes if name != "quick"} == BAD
    assert {outcome for name, outcome in outcomes if name == "quick"} == {Outcome.OK}
    assert most <= 1 + 2 * 2, "the nursery, two zygotes, two children"
    assert descendants() == set()
    assert len(os.listdir("/proc/self/fd")) == before
    assert len(os.listdir(store.folder)) == files, "the text is the file"
    assert sizes[-1] < sizes[0] * 1.2 + (8 << 20)
    assert worst < 5.0
