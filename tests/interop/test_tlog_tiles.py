"""A checker in another language, written from C2SP's text alone, agrees with our logs and refuses bent ones."""

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from witnessmark.archive.folder import Archive
from witnessmark.model.event import Event
from witnessmark.settings import Settings

CHECKER = Path(__file__).with_name("tlog_tiles_check.mjs")
TESSERA = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
ORIGIN = "archive.invalid/kestriaaaaaaaaaa"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not here")


def check(log, vkey, *checkpoint):
    """Return what the checker says; several checkpoints are asked about at once."""
    started = [
        subprocess.Popen([NODE, CHECKER, log, vkey, *one], stdout=subprocess.PIPE, text=True)
        for one in ([[path] for path in checkpoint] or [[]])
    ]
    said = [(json.loads(one.communicate(timeout=60)[0]), one.returncode) for one in started]
    assert all(found["ok"] == (code == 0) for found, code in said)
    return [found for found, _ in said]


def seal(root, *counts, pad):
    """Make an archive, a batch of so many events each; return its key."""
    entropy = random.Random(20320612).randbytes
    Archive.create(root, Settings(ORIGIN, pad=pad), entropy=entropy)
    with Archive.writing(root, entropy=entropy) as archive:
        for count in counts:
            batch = archive.ledger.batch()
            for number in range(count):
                batch.add(Event("hold", {"sealed": "2032-06-12", "state": "held", "finding": str(number)}))
            archive.ledger.commit(batch)
        return archive.ledger.vkey


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """A log with every kind of tile: 1, 255, 256, 257 and 600 entries were signed; and its key."""
    root = tmp_path_factory.mktemp("interop") / "archive"
    return root / "log", seal(root, 1, 254, 1, 1, 343, pad=1)


def test_every_checkpoint_of_our_log_passes_the_other_checker(sealed):
    log, vkey = sealed
    archived = sorted((log / "checkpoint.archive").iterdir(), key=lambda path: int(path.name))
    found = check(log, vkey, log / "checkpoint", *archived)
    assert [one["size"] for one in found] == [600, *(int(path.name) for path in archived)]
    assert {1, 255, 256, 257, 600} <= {one["size"] for one in found}
    assert all(one["ok"] for one in found), found
    assert found[0]["tiles"] == 4  # two full and one partial at level 0, one partial at level 1
    assert len({one["root"] for one in found}) == len(found) - 1


def test_a_log_padded_as_by_default_passes(tmp_path):
    vkey = seal(tmp_path / "archive", 3, pad=256)
    (found,) = check(tmp_path / "archive/log", vkey)
    assert (found["ok"], found["size"], found["tiles"]) == (True, 256, 2)


def test_a_partial_tile_may_be_gone_once_its_full_one_is_there(sealed, tmp_path):
    log = Path(shutil.copytree(sealed[0], tmp_path / "log"))
    for kind in ("0", "entries"):
        shutil.rmtree(log / "tile" / kind / "000.p")
    assert all(
        one["ok"] for one in check(log, sealed[1], *(log / "checkpoint.archive" / size for size in ("1", "255")))
    )


def test_one_changed_byte_anywhere_is_found(sealed, tmp_path):
    log, vkey = sealed
    names = [
        "checkpoint",
        "tile/0/000",
        "tile/0/002.p/88",
        "tile/1/000.p/2",
        "tile/entries/001",
        "tile/entries/002.p/88",
    ]
    folders = []
    for number, name in enumerate(names):
        bent = Path(shutil.copytree(log, tmp_path / str(number)))
        data = bytearray((bent / name).read_bytes())
        data[len(data) // 2] ^= 1
        (bent / name).write_bytes(data)
        folders.append(bent)
    gone = Path(shutil.copytree(log, tmp_path / "gone"))
    (gone / "tile/1/000.p/2").unlink()
    for folder in (*folders, gone):
        assert not check(folder, vkey)[0]["ok"], folder
    assert not check(log, TESSERA)[0]["ok"]


def test_the_checker_agrees_with_a_log_of_others(corpus):
    log = corpus / "tlog/tessera-log/log"
    found = check(log, TESSERA, *(log / f"checkpoint.{number}" for number in (0, 1, 7, 14)), log / "checkpoint")
    assert all(one["ok"] for one in found), found
