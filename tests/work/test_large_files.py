"""A table and a store larger than memory are read in a cell: within its limits, in little memory, with their members kept."""

import json
import random
import subprocess
import sys

import pytest
from tests.forge import outlook_forge as forge
from tests.forge.outlook_forge import number, octets, text

from witnessmark.cell.confine import Walls
from witnessmark.cell.grade import observe

pytestmark = pytest.mark.skipif(observe(Walls()).grade != "A", reason="this machine has not all of the walls")

READ = """
import json, os, resource, sys
from pathlib import Path
from witnessmark.archive.folder import Archive
from witnessmark.cell.confine import Limits
from witnessmark.settings import Settings
from witnessmark.work import step
from witnessmark.work.reading import Job
from witnessmark.work.runner import Runner

source, folder = Path(sys.argv[1]), Path(sys.argv[2])
Archive.create(folder, Settings(origin="soak.example/aaaaaaaaaaaaaaaa"), entropy=os.urandom)
with Archive.writing(folder, entropy=os.urandom) as archive:
    with source.open("rb") as stream, archive.store.writer() as writer:
        while piece := stream.read(1 << 20):
            writer.write(piece)
        digest, size, _ = writer.commit()
    source.unlink()
    with Runner(archive.store, 1, Limits(), readers=step.READERS) as runner:
        (result,) = runner.run([Job(digest, size, source.name)])
    seen = None if result.observations is None else json.loads(archive.store.read(result.observations, 1 << 26))
below = resource.getrusage(resource.RUSAGE_CHILDREN)
# Not getrusage: what it says of a process counts the one that started it, up to the start.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
own = int(status["VmHWM"].split()[0])
print(json.dumps({
    "outcome": result.outcome.value, "detail": result.detail, "members": len(result.members), "size": size,
    "visible": result.visible_size, "hidden": result.hidden_size, "seconds": result.seconds, "below": below.ru_maxrss, "own": own,
    "cpu": below.ru_utime + below.ru_stime,
    "observed": [pair for pair in seen["observations"] if pair[0] == "table"] if seen else [],
}))
"""


def read(path, folder):
    done = subprocess.run([sys.executable, "-c", READ, path, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    print(
        f"{found['size'] >> 20} MiB: {found['outcome']}, {found['members']} members, {found['seconds']:.1f} s, {found['cpu']:.1f} CPU-s, "
        f"{found['below'] >> 10} MiB the largest process below, {found['own'] >> 10} MiB the parent"
    )
    return found


@pytest.mark.parametrize("rows", [2_000, pytest.param(10_000_000, marks=pytest.mark.soak)])
def test_a_large_table_is_read_as_far_as_text_is_kept_in_little_memory(tmp_path, rows):
    path = tmp_path / "beds.csv"
    with path.open("w") as out:
        out.write("number,name,ward,held,note\n")
        for start in range(0, rows, 1000):
            out.write(
                "".join(
                    f'{n},Ada Tern {n},ward {n % 97},{n % 3650},"two keys, one of them; the other is lost {n:>9} and nobody knows where"\n'
                    for n in range(start, start + 1000)
                )
            )
    size = path.stat().st_size
    found = read(path, tmp_path / "archive")
    assert (found["size"], found["members"]) == (size, 0)
    if size < 64 << 20:
        assert found["outcome"] == "ok", found["detail"]
        assert found["observed"] == [["table", {"columns": 5, "delimiter": ",", "rows": rows + 1}]]
    else:
        assert (found["outcome"], found["detail"]) == ("partial", "more text than is kept of one file")
        assert 50 << 20 < found["visible"] <= 64 << 20
    assert max(found["below"], found["own"]) < 400 << 10, "KiB"


class Sparse(forge._OnDisk):
    """A store with wide gaps between its blocks, which cost no room on the disk."""

    def skip(self, size):
        self._file.seek(size, 1)
        self._size += size


@pytest.mark.parametrize(("messages", "gap"), [(40, 1 << 16), pytest.param(400, 10 << 20, marks=pytest.mark.soak)])
def test_a_large_store_gives_every_message_in_little_memory(tmp_path, messages, gap):
    path, dice = tmp_path / "x.pst", random.Random(1)
    with path.open("wb+") as file:
        made = forge.Store(file=file)
        made.out.__class__ = Sparse
        made = _filled(made, messages, gap, dice)
        head = made.finish()
        file.seek(0)
        file.write(head)
    size = path.stat().st_size
    assert size > messages * (200_000 + gap)
    found = read(path, tmp_path / "archive")
    assert (found["outcome"], found["members"], found["size"]) == ("ok", messages, size), found["detail"]
    assert max(found["below"], found["own"]) < 400 << 10, "KiB"


def _filled(made, messages, gap, dice):
    made.add_folder(0x122, "", 0x122)
    for n in range(messages):
        plan = {0x3707: text("plan.bin"), 0x3705: number(1), 0x3701: octets(dice.randbytes(200_000))}
        made.add_node(
            0x200004 + (n << 5), made.message({0x0037: text(f"Roster {n}"), 0x1000: text("Keys.")}, (), [plan]), 0x122
        )
        made.out.skip(gap)
    return made
