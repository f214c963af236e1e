import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from witnessmark.archive import reread
from witnessmark.archive.audit import audit
from witnessmark.archive.folder import Archive

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def sealed(root, entropy, commit):
    """An archive of five segments, of which things are wrong in three."""
    with Archive.writing(root, entropy=entropy) as archive:
        for name in "abcde":
            commit(archive, f"{name}1", f"{name}2")
    damaged = sorted((root / "vault/events").glob("*.jsonl"))
    assert len(damaged) == 5
    damaged[1].write_bytes(damaged[1].read_bytes().replace(b"hold", b"hald").replace(b"9", b"8", 1))
    damaged[3].unlink()
    damaged[4].write_bytes(damaged[4].read_bytes()[:-30])
    return root


@pytest.fixture
def shared(monkeypatch):
    """Segments are read by three processes, however small they are."""
    monkeypatch.setattr(reread, "_WORTH_IT", 0)
    monkeypatch.setattr(reread, "_allowed", lambda: 3)


def found(root):
    with Archive.reading(root) as archive:
        return list(audit(archive))


def test_several_processes_find_what_one_finds(sealed, monkeypatch, request):
    alone = found(sealed)
    assert len({problem.where.split(" ")[0] for problem in alone if problem.part.value == "event"}) == 3
    request.getfixturevalue("shared")
    asked = []
    ask = reread._Other.ask
    monkeypatch.setattr(reread._Other, "ask", lambda other, part: asked.append(other._process.pid) or ask(other, part))
    assert found(sealed) == alone
    assert len(asked) == 5
    assert len(set(asked)) == 3


def test_a_process_that_is_lost_costs_nothing_but_time(sealed, monkeypatch, request):
    alone = found(sealed)
    request.getfixturevalue("shared")
    ask, lost = reread._Other.ask, []

    def ask_the_dying(other, part):
        if other._process.pid not in lost:
            lost.append(other._process.pid)
            other._process.kill()
            other._process.join()
        ask(other, part)

    monkeypatch.setattr(reread._Other, "ask", ask_the_dying)
    assert found(sealed) == alone
    assert len(lost) == 3


def test_processes_that_cannot_be_started_cost_nothing_but_time(sealed, monkeypatch, request):
    alone = found(sealed)
    request.getfixturevalue("shared")

    def refused(_):
        raise OSError("no more processes")

    monkeypatch.setattr(reread.multiprocessing.context.SpawnProcess, "start", refused)
    assert found(sealed) == alone


def test_no_process_is_left_when_the_audit_is_left(sealed, shared, monkeypatch):
    started = []
    ask = reread._Other.ask
    monkeypatch.setattr(reread._Other, "ask", lambda other, part: started.append(other._process) or ask(other, part))
    with Archive.reading(sealed) as archive:
        found = audit(archive)
        next(found)
        found.close()
    assert started
    assert not any(process.is_alive() for process in started)


_AUDIT = """
import sys, time
from pathlib import Path
from witnessmark.archive import reread
from witnessmark.archive.folder import Archive
reread._WORTH_IT, reread._allowed = 0, lambda: 3
if __name__ == "__main__":
    with Archive.reading(Path(sys.argv[1])) as archive:
        ledger = archive.ledger
        bounds = ledger.bounds()
        parts = [(ledger.segment_path(a), a, b) for a, b in zip(bounds, bounds[1:])]
        for one in reread.segments(ledger.log, parts):
            print("read", flush=True)
            time.sleep(60)
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="children are looked up in /proc")
def test_no_process_outlives_an_audit_that_is_killed(sealed, tmp_path):
    script = tmp_path / "audit.py"
    script.write_text(_AUDIT)
    with subprocess.Popen([sys.executable, script, sealed], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"read\n"
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as children:
            pids = [int(pid) for pid in children.read().split()]
        assert len(pids) >= 3
        process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(os.path.exists(f"/proc/{pid}") and "Z" not in _state(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _state(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return "Z"


def test_small_archives_are_read_by_one_process(sealed, monkeypatch):
    def never(*_):
        raise AssertionError("a process was started")

    monkeypatch.setattr(reread, "_Other", never)
    shutil.copytree(sealed, sealed.parent / "other")
    assert found(sealed.parent / "other")
