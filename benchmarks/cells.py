"""What the kernel's walls cost: real files read behind them and without them, by the same warm processes otherwise."""

import os
import random
import resource
import statistics
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from witnessmark.archive.folder import Archive
from witnessmark.archive.store import Store
from witnessmark.cell.confine import Limits, Walls
from witnessmark.cell.grade import observe
from witnessmark.settings import Settings
from witnessmark.work import step
from witnessmark.work.reading import Job
from witnessmark.work.runner import Runner

BARE = Walls(landlock=False, seccomp=False, namespaces=False)
FILES = 400


def costs(corpus: Path, suffixes: tuple[str, ...], folder: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield rows of a table: what, here, yardstick, ratio, asked."""
    files = [path for path in sorted(corpus.rglob("*")) if path.is_file() and path.name.lower().endswith(suffixes)]
    files = [path for path in files if path.stat().st_size < 2_000_000 and "hostile" not in path.parts]
    chosen = random.Random(7).sample(files, min(FILES, len(files)))
    Archive.create(folder / "archive", Settings(origin="bench.example/aaaaaaaaaaaaaaaa"), entropy=os.urandom)
    with Archive.writing(folder / "archive", entropy=os.urandom) as archive:
        jobs = list({job.digest: job for job in (_job(archive.store, path) for path in chosen)}.values())
        grade = observe(Walls()).grade
        observe(BARE)
        for company in (False, True):
            walled, bare = [], []
            for _ in range(3):
                bare.append(_run(archive.store, jobs, BARE, company=company))
                walled.append(_run(archive.store, jobs, Walls(), company=company))
            here, there = (tuple(map(statistics.median, zip(*runs, strict=True))) for runs in (walled, bare))
            how = "small files in company" if company else "a child for each file"
            yield (
                f"cell, grade {grade}, {how}, {len(jobs)} real files: files per CPU-second",
                f"{here[0]:.0f}",
                f"without the kernel's walls: {there[0]:.0f}",
                f"{statistics.median(w[0] / b[0] for w, b in zip(walled, bare, strict=True)):.2f}",
                "≥ 60",
            )
            yield (
                f"… {how}: processor ms a file",
                f"{1000 / here[0]:.1f}",
                f"{1000 / there[0]:.1f}",
                f"{statistics.median(b[0] / w[0] for w, b in zip(walled, bare, strict=True)):.2f}",
                "",
            )
            yield (
                f"… {how}: median ms a file, one at a time",
                f"{1000 * here[1]:.1f}",
                f"{1000 * there[1]:.1f}",
                f"{statistics.median(w[1] / b[1] for w, b in zip(walled, bare, strict=True)):.2f}",
                "≤ 5 ms more" if not company else "",
            )


def _job(store: Store, path: Path) -> Job:
    data = path.read_bytes()
    with store.writer() as writer:
        writer.write(data)
        digest, size, _ = writer.commit()
    return Job(digest, size, path.name)


def _run(store: Store, jobs: list[Job], walls: Walls, *, company: bool) -> tuple[float, float]:
    """Return files per processor second, the parent's included and the loading of parsers left out, and the median."""
    cost, seconds = [], [0.0]
    for some in (jobs[:1], jobs):
        before = _spent()
        with Runner(store, 1, Limits(), readers=replace(step.READERS, walls=walls), company=company) as runner:
            seconds = [result.seconds for result in runner.run(some)]
        cost.append(_spent() - before)
    assert len(seconds) == len(jobs)
    return (len(jobs) - 1) / (cost[1] - cost[0]), statistics.median(seconds)


def _spent() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)
