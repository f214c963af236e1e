"""Measure a command from outside: wall and CPU seconds of the whole process tree, and its memory at its fullest."""

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run cost; memory is the largest sum of proportional set sizes over the tree, in bytes."""

    wall: float
    cpu: float
    memory: int
    code: int
    output: bytes


def run(command: Sequence[str], *, shell: bool = False, cwd: Path | None = None) -> Cost:
    """Run a command and return what it cost."""
    before = os.times()
    started = time.monotonic()
    child = subprocess.Popen(command, shell=shell, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    peak = _Peak(child.pid)
    peak.start()
    output, _ = child.communicate()
    wall = time.monotonic() - started
    peak.stop()
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return Cost(wall, cpu, peak.most, child.returncode, output)


def paired(first: Callable[[], float], second: Callable[[], float], rounds: int = 3) -> tuple[float, float, float]:
    """Return the medians of two timings taken in turn, and the median of their ratios."""
    ones, others = [], []
    for _ in range(rounds):
        ones.append(first())
        others.append(second())
    ratios = [one / other for one, other in zip(ones, others, strict=True)]
    return statistics.median(ones), statistics.median(others), statistics.median(ratios)


class _Peak(threading.Thread):
    """Looks at the tree ten times a second."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self._root = root
        self._end = threading.Event()
        self.most = 0

    def run(self) -> None:
        while not self._end.wait(0.1):
            self.most = max(self.most, sum(_memory(pid) for pid in _tree(self._root)))

    def stop(self) -> None:
        self._end.set()
        self.join()


def _tree(root: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                stat = Path(f"/proc/{name}/stat").read_text()
            except OSError:
                continue
            parents.setdefault(int(stat.rsplit(")", 1)[1].split()[1]), []).append(int(name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += parents.get(pid, [])
    return found


def _memory(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:")), 0)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def machine() -> str:
    """Return one line about this machine."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "unknown processor",
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) >> 20
    return f"{os.cpu_count()} × {model}, {memory} GiB, Linux {os.uname().release}, Python {'.'.join(map(str, __import__('sys').version_info[:3]))}"
