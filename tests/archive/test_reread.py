import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from witnessmark.archive import reread
from witnessmark.archive.audit import audit
from witnessmark.archive.folder import Archive

pytestmark = pytest.mark.filterwarnings("error")
forking = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")


@pytest.fixture
def sealed(root, entropy, commit):
    """An archive of five segments: things are wrong in three, in a content, a tile and a checkpoint."""
    with Archive.writing(root, entropy=entropy) as archive:
        for name in "abcde":
            commit(archive, f"{name}1", f"{name}2")
    damaged = sorted((root / "vault/events").glob("*.jsonl"))
    assert len(damaged) == 5
    damaged[1].write_bytes(damaged[1].read_bytes().replace(b"hold", b"hald").replace(b"9", b"8", 1))
    damaged[3].unlink()
    damaged[4].write_bytes(damaged[4].read_bytes()[:-30])
    next(path for path in sorted((root / "vault/content").rglob("*")) if path.is_file()).unlink()
    (root / "log/checkpoint.archive/16").write_bytes(b"")
    next((root / "log/tile/0").rglob("40")).write_bytes(bytes(40 * 32))
    return root


@pytest.fixture
def shared(monkeypatch):
    """Segments are read by three processes, however small they are."""
    monkeypatch.setattr(reread, "_WORTH_A_START", 0)
    monkeypatch.setattr(reread, "_may_fork", lambda: False)
    monkeypatch.setattr(reread, "_allowed", lambda: 3)


def found(root):
    with Archive.reading(root) as archive:
        return list(audit(archive))


def test_several_processes_find_what_one_finds(sealed, monkeypatch, request):
    alone = found(sealed)
    assert len({problem.where.split(" ")[0] for problem in alone if problem.part.value == "event"}) == 3
    assert {problem.part.value for problem in alone} == {"event", "content", "tile", "checkpoint"}
    request.getfixturevalue("shared")
    asked = []
    ask = reread._Other.ask
    monkeypatch.setattr(
        reread._Other, "ask", lambda other, *what: asked.append(other._process.pid) or ask(other, *what)
    )
    assert found(sealed) == alone
    assert len(asked) == 5
    assert len(set(asked)) == 3


def test_a_process_that_is_lost_costs_nothing_but_time(sealed, monkeypatch, request):
    alone = found(sealed)
    request.getfixturevalue("shared")
    ask, lost = reread._Other.ask, []

    def ask_the_dying(other, *what):
        if other._process.pid not in lost:
            lost.append(other._process.pid)
            other._process.kill()
            other._process.join()
        ask(other, *what)

    monkeypatch.setattr(reread._Other, "ask", ask_the_dying)
    assert found(sealed) == alone
    assert len(lost) == 3


@pytest.mark.parametrize("how", ["Spawn", "Fork"])
def test_processes_that_cannot_be_started_cost_nothing_but_time(sealed, monkeypatch, request, how):
    alone = found(sealed)
    request.getfixturevalue("shared")

    def refused(_):
        raise OSError("no more processes")

    monkeypatch.setattr(reread, "_may_fork", lambda: how == "Fork")
    monkeypatch.setattr(reread, "_WORTH_A_FORK", 0)
    monkeypatch.setattr(getattr(reread.multiprocessing.context, f"{how}Process"), "start", refused)
    assert found(sealed) == alone


def test_no_process_is_left_when_the_audit_is_left(sealed, shared, monkeypatch):
    started = []
    ask = reread._Other.ask
    monkeypatch.setattr(reread._Other, "ask", lambda other, *what: started.append(other._process) or ask(other, *what))
    with Archive.reading(sealed) as archive:
        found = audit(archive)
        next(found)
        found.close()
    assert started
    assert not any(process.is_alive() for process in started)


# What follows is forked, and so runs in a process of its own: the tests' own one may have several threads.

_FORKED = """
import json, os, signal, sys, threading, time
from pathlib import Path
from witnessmark.archive import reread
from witnessmark.archive.audit import audit
from witnessmark.archive.folder import Archive
from witnessmark.archive.lock import Lock
reread._WORTH_A_FORK, reread._WORTH_A_START, reread._allowed = 0, 0, lambda: 3
root, others, ask = Path(sys.argv[1]), [], reread._Other.ask
def asking(other, *what):
    if other not in others:
        others.append(other)
    ask(other, *what)
reread._Other.ask = asking
def found():
    with Archive.reading(root) as archive:
        return [problem.sentence for problem in audit(archive)]
if __name__ == "__main__":
    assert reread._may_fork()
"""


def forked(tmp_path, root, code):
    """Run lines after the above in a process of one thread; return what it says as JSON in its last line."""
    script = tmp_path / "forked.py"
    script.write_text(_FORKED + "".join(f"    {line}\n" for line in code.strip().splitlines()))
    done = subprocess.run([sys.executable, "-W", "error", script, root], capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    *before, last = done.stdout.decode().splitlines()
    return before, json.loads(last)


@forking
def test_forked_processes_find_what_one_finds_in_the_same_order(sealed, tmp_path):
    alone = [problem.sentence for problem in found(sealed)]
    code = "print(json.dumps([found(), [type(other._process).__name__ for other in others]]))"
    assert forked(tmp_path, sealed, code)[1] == [alone, ["ForkProcess"] * 3]


@forking
def test_a_forked_process_that_is_killed_costs_nothing_but_time(sealed, tmp_path):
    alone = [problem.sentence for problem in found(sealed)]
    code = """
answer, killed = reread._Other.answer, []
def of_the_dying(other, *found):
    if len(killed) < 2:
        killed.append(other._process.pid)
        other._process.kill()
        other._process.join()
    return answer(other, *found)
reread._Other.answer = of_the_dying
print(json.dumps([found(), len(set(killed))]))
"""
    assert forked(tmp_path, sealed, code)[1] == [alone, 2]


@forking
def test_a_forked_process_holds_no_lock_and_no_pipe_but_its_own(sealed, tmp_path):
    code = """
lock = Lock.take(root / "held")
with Archive.reading(root) as archive:
    problems = audit(archive)
    next(problems)
    held = []
    for other in others:
        folder = f"/proc/{other._process.pid}/fd"
        while len(os.listdir(folder)) > 4:
            time.sleep(0.01)
        held.append([os.readlink(f"{folder}/{name}")[:6] for name in os.listdir(folder) if int(name) > 2])
    lock.release(well=True)
    Lock.take(root / "held").release(well=True)
    problems.close()
print(json.dumps(held))
"""
    assert forked(tmp_path, sealed, code)[1] == [["socket"]] * 3


@forking
def test_a_forked_process_writes_nothing_that_waited_here(sealed, tmp_path):
    before, _ = forked(tmp_path, sealed, 'print("once")\nfound()\nprint(json.dumps([]))')
    assert before == ["once"]


@forking
def test_forked_processes_go_though_a_handler_of_signals_was_inherited(sealed, tmp_path):
    code = """
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, lambda *_: None)
with Archive.reading(root) as archive:
    problems = audit(archive)
    next(problems)
    problems.close()
print(json.dumps([other._process.exitcode is not None for other in others]))
"""
    assert forked(tmp_path, sealed, code)[1] == [True] * 3


@forking
def test_a_process_of_several_threads_is_not_forked(sealed, tmp_path):
    alone = [problem.sentence for problem in found(sealed)]
    code = """
end = threading.Event()
thread = threading.Thread(target=end.wait)
thread.start()
sentences = found()
end.set()
thread.join()
print(json.dumps([sentences, [type(other._process).__name__ for other in others]]))
"""
    assert forked(tmp_path, sealed, code)[1] == [alone, ["SpawnProcess"] * 3]


def test_a_process_that_cannot_count_its_threads_is_not_forked(monkeypatch):
    def unreadable(_):
        raise OSError("no such folder")

    monkeypatch.setattr(reread.os, "listdir", unreadable)
    assert not reread._may_fork()


def test_threads_forbid_a_fork():
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    try:
        assert not reread._may_fork()
    finally:
        end.set()
        thread.join()


_AUDIT = """
import sys, time
from pathlib import Path
from witnessmark.archive import reread
from witnessmark.archive.folder import Archive
reread._WORTH_A_FORK, reread._WORTH_A_START, reread._allowed = 0, 0, lambda: 3
reread._may_fork = lambda: sys.argv[2] == "fork"
if __name__ == "__main__":
    with Archive.reading(Path(sys.argv[1])) as archive:
        ledger = archive.ledger
        bounds = ledger.bounds()
        parts = [(ledger.segment_path(a), a, b) for a, b in zip(bounds, bounds[1:])]
        with reread.reading(ledger.log, parts) as segments:
            for one in segments:
                print("read", flush=True)
                time.sleep(60)
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="children are looked up in /proc")
@pytest.mark.parametrize("how", ["spawn", pytest.param("fork", marks=forking)])
def test_no_process_outlives_an_audit_that_is_killed(sealed, tmp_path, how):
    script = tmp_path / "audit.py"
    script.write_text(_AUDIT)
    with subprocess.Popen([sys.executable, script, sealed, how], stdout=subprocess.PIPE) as process:
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
    def never(*_, **__):
        raise AssertionError("a process was started")

    monkeypatch.setattr(reread, "_Other", never)
    shutil.copytree(sealed, sealed.parent / "other")
    assert found(sealed.parent / "other")
