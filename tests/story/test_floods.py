"""Floods: a million tiny files, and ten gigabytes; killed twice each, nothing is lost or doubled, and memory stays flat."""

import json
import os
import random
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

TINY = int(os.environ.get("WITNESSMARK_FLOOD_FILES", "1000000"))
READ = min(TINY, 50_000)
"""How many of the tiny files are read before the run is asked to stop; all are sealed."""
OCTETS = int(os.environ.get("WITNESSMARK_FLOOD_BYTES", "10000000000"))
MOST_MEMORY = 1 << 30
"""Bytes of all processes together, shared pages counted once."""
BESIDE = 100
"""More events than a ledger of so many files and readings has for anything else."""
IN_A_FOLDER = 1_000


@dataclass(slots=True)
class Ran:
    """One run: how it ended, what it said last, its time in seconds and the most memory of its processes in bytes."""

    code: int
    said: dict
    seconds: float
    memory: int


def entries(archive: Path) -> int:
    """Return how many entries the log of an archive has: the second line of its checkpoint."""
    try:
        return int((archive / "log" / "checkpoint").read_text().split("\n")[1])
    except (FileNotFoundError, IndexError, ValueError):
        return 0


class Events:
    """How many events the vault has: dummies, of which a slow machine seals more, are not counted."""

    def __init__(self) -> None:
        self._known = dict[str, int]()

    def count(self, archive: Path) -> int:
        for path in (archive / "vault" / "events").glob("*.jsonl"):
            if path.name not in self._known:
                with path.open("rb") as lines:
                    self._known[path.name] = sum(not line.startswith(b'{"dummy":') for line in lines)
        return sum(self._known.values())


def contents(archive: Path) -> int:
    """Return how many contents the vault has; texts and observations are contents too."""
    return sum(len(names) for _, _, names in os.walk(archive / "vault"))


def octets(archive: Path) -> int:
    """Return how many bytes lie in the vault, the unfinished ones too."""
    total = 0
    for folder, _, names in os.walk(archive / "vault"):
        for name in names:
            with suppress(FileNotFoundError):
                total += os.stat(os.path.join(folder, name)).st_size
    return total


def memory(root: int) -> int:
    """Return the memory of a process and all below it, in bytes."""
    total, waiting = 0, [root]
    while waiting:
        one = waiting.pop()
        try:
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) << 10
            waiting += [int(word) for word in Path(f"/proc/{one}/task/{one}/children").read_text().split()]
        except (OSError, ValueError):
            continue
    return total


def run(wm, archive, source, when=None, sent=signal.SIGKILL):
    """Compile; when `when` says so, send the signal."""
    started, most, asked = time.monotonic(), 0, False
    with subprocess.Popen(
        wm.argv("compile", archive, source, "--json"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        while running.poll() is None:
            most = max(most, memory(running.pid))
            if when is not None and not asked and when():
                running.send_signal(sent)
                asked = True
            time.sleep(0.25)
        said = running.stdout.read().splitlines()
    assert asked == (when is not None), "the run ended before it was to be stopped"
    return Ran(running.returncode, json.loads(said[-1]) if said else {}, time.monotonic() - started, most)


def told(runs, record_property):
    for number, each in enumerate(runs):
        record_property(f"run {number}: seconds", round(each.seconds))
        record_property(f"run {number}: memory in MB", each.memory >> 20)
        print(f"run {number}: {each.seconds:.0f} s, {each.memory >> 20} MB")  # `pytest -s` shows it
    assert max(each.memory for each in runs) < MOST_MEMORY


@pytest.mark.soak
def test_a_million_tiny_files_are_sealed_and_read_in_flat_memory_through_two_kills(wm, tmp_path, record_property):
    leak, archive = tmp_path / "leak", tmp_path / "archive"
    for number in range(TINY):
        if number % IN_A_FOLDER == 0:
            (leak / f"{number // IN_A_FOLDER:04}").mkdir(parents=True)
        path = leak / f"{number // IN_A_FOLDER:04}" / f"{number}.txt"
        path.write_bytes(b"Paper %d on the doors of Centre %d.\n" % (number, number % 7))
    events = Events()
    runs = [
        run(wm, archive, leak, lambda: entries(archive) >= TINY // 3),
        run(wm, archive, leak, lambda: entries(archive) >= TINY + READ // 3),
        run(wm, archive, leak, lambda: events.count(archive) >= TINY + 2 * READ + BESIDE, signal.SIGINT),
    ]
    told(runs, record_property)
    assert [each.code for each in runs[:2]] == [-signal.SIGKILL, -signal.SIGKILL]
    status = wm.good("status", archive, "--json").last
    assert (status["received"], status["contents"], status["broken"]) == (TINY, TINY, [])
    assert set(status["outcomes"]) == {"ok"}
    assert status["outcomes"]["ok"] + status["due"] == TINY
    assert status["outcomes"]["ok"] >= READ or TINY == READ
    assert wm.good("audit", archive, "--json", "--sample", "1").last["problems"] == 0


@pytest.mark.soak
def test_ten_gigabytes_are_sealed_and_read_in_flat_memory_through_two_kills(wm, tmp_path, record_property):
    leak, archive = tmp_path / "leak", tmp_path / "archive"
    chance, left, number = random.Random(20320613), OCTETS, 0
    leak.mkdir()
    page = b"".join(b"The doors of Centre %d are locked at night; paper %d.\n" % (n % 7, n) for n in range(20_000))
    while left > 0:
        size = min(left, chance.choice((100 << 10, 1 << 20, 1 << 20, 20 << 20, 300 << 20)))
        with (leak / f"{number}.{('bin', 'csv', 'txt')[number % 3]}").open("wb") as file:
            for start in range(0, size, 1 << 20):
                piece = chance.randbytes(1 << 20) if number % 3 == 0 else b"%d,%d\n" % (number, start) + page
                file.write(piece[: min(1 << 20, size - start)])
        left, number = left - size, number + 1
    runs = [
        run(wm, archive, leak, lambda: octets(archive) >= OCTETS // 3),
        run(wm, archive, leak, lambda: contents(archive) >= number + number // 2),
        run(wm, archive, leak),
    ]
    told(runs, record_property)
    assert [each.code for each in runs] == [-signal.SIGKILL, -signal.SIGKILL, 0]
    status = wm.good("status", archive, "--json").last
    assert (status["received"], status["due"], status["broken"]) == (number, 0, [])
    assert sum(status["outcomes"].values()) == number
    assert wm.good("audit", archive, "--json", "--sample", "10").last["problems"] == 0
