"""A store of four gigabytes is read within the memory that a cell gives."""

import json
import random
import subprocess
import sys

import pytest
from tests.forge import outlook_forge as forge
from tests.forge.outlook_forge import number, octets, text

READ = """
import json, os, resource, sys
from contextlib import contextmanager
from witnessmark.cell.report import Source
from witnessmark.formats import pst
from witnessmark.formats.warm import Deaf

class Counting(Deaf):
    members = octets = 0
    ended = "ok"
    @contextmanager
    def member(self, path, how, stated):
        self.members += 1
        yield self
    def write(self, data):
        self.octets += len(data)
    def outcome(self, outcome, detail=""):
        self.ended = detail

path = sys.argv[1]
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
with open("/proc/self/clear_refs", "w") as marks:  # the highest mark so far is forgotten
    marks.write("5")
def highest():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
before = highest()
report = Counting()
with open(path, "rb") as stream:
    pst.read_pst(Source(stream, os.path.getsize(path), "x.pst"), report)
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([report.members, report.octets, report.ended, highest() - before, used.ru_utime + used.ru_stime]))
"""


@pytest.mark.parametrize("messages", [200, pytest.param(20_000, marks=pytest.mark.soak)])
def test_a_large_store_is_read_in_little_memory(tmp_path, messages):
    path, dice = tmp_path / "x.pst", random.Random(1)
    with path.open("wb+") as file:
        made = forge.Store(file=file)
        made.add_folder(0x122, "", 0x122)
        for n in range(messages):
            plan = {0x3707: text("plan.bin"), 0x3705: number(1), 0x3701: octets(dice.randbytes(200_000))}
            made.add_node(
                0x200004 + (n << 5),
                made.message({0x0037: text(f"Roster {n}"), 0x1000: text("Keys.")}, (), [plan]),
                0x122,
            )
        head = made.finish()
        file.seek(0)
        file.write(head)
    size = path.stat().st_size
    assert size > messages * 200_000
    done = subprocess.run([sys.executable, "-c", READ, path], capture_output=True, text=True, check=True)
    path.unlink()
    members, octets_out, ended, grown, seconds = json.loads(done.stdout)
    assert (members, ended) == (messages, "ok")
    assert octets_out > size
    assert grown < 64 << 10, "KiB"
    print(f"{size >> 20} MiB in {seconds:.1f} CPU-s, {grown >> 10} MiB more memory")
