"""A witness that is killed at any moment never lets a second history be cosigned."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import importlib.util, json, os, signal, sys, pathlib
spec = importlib.util.spec_from_file_location("fixtures", sys.argv[1])
fixtures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fixtures)
from witnessmark.errors import WitnessmarkError
from witnessmark.witness import keep
from witnessmark.witness.cosign import cosign
from witnessmark.witness.keep import Folder
from witnessmark.witness.request import Request

log, liar = fixtures.Log(), fixtures.Log(lie_from=3)
CALLS = ("open", "write", "fsync", "replace", "close")

class Killing:
    # The operating system as `keep` sees it: the k-th call is never made.
    def __init__(self, left):
        self.left = left
    def __getattr__(self, name):
        real = getattr(os, name)
        if name not in CALLS:
            return real
        def call(*args, **more):
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self.left -= 1
            return real(*args, **more)
        return call

def ask(place, data, out, left=None):
    folder = Folder.open(place)
    if left is not None:
        keep.os = Killing(left)
    line = cosign(folder, Request.parse(data), clock=lambda: fixtures.NOW).line.line
    if left is not None and keep.os.left >= 0 and out is None:
        os.kill(os.getpid(), signal.SIGKILL)
    return line

for at in range(100):
    place = pathlib.Path(sys.argv[2]) / str(at)
    folder = Folder.create(place, "witness.example/desk", entropy=lambda count: bytes(count))
    folder.trust(log.vkey)
    cosign(folder, Request.parse(log.request(0, 3)), clock=lambda: fixtures.NOW)
    pid = os.fork()
    if pid == 0:
        ask(place, log.request(3, 5), None, at)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status), status
    kept = Folder.open(place).kept(log.origin)
    found = {"at": at, "size": kept.head.size, "honest": kept.head.root == log.root(kept.head.size)}
    try:
        ask(place, liar.request(kept.head.size, 5), "out")
        found["second"] = True
    except WitnessmarkError as error:
        found["second"] = False
    now = Folder.open(place).kept(log.origin)
    found["after"] = [now.head.size, now.head.root == log.root(5)]
    print(json.dumps(found), flush=True)
    if kept.head.size == 5 and at > 20:
        break
"""


def test_killed_at_any_call_it_never_cosigns_a_second_history(tmp_path):
    fixtures = Path(__file__).with_name("conftest.py")
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, fixtures, tmp_path], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    # Nobody got a line before the kill; what was kept by then decides, and it alone.
    assert {row["size"] for row in rows} == {3, 5}
    assert [row["size"] for row in rows] == sorted(row["size"] for row in rows)
    for row in rows:
        assert row["honest"]
        assert row["second"] == (row["size"] == 3)
        assert row["after"] == [5, row["size"] == 5]
