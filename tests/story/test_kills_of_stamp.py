"""Kill -9 of `stamp --import` at any moment: no half answer counts, no other file changes, and the next run ends it."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import time
import zipfile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from witnessmark.proof import cosignature, ots
from witnessmark.proof.calendar import Proof
from witnessmark.proof.note import Vkey

NOW = 1_971_497_172
WITNESSES = 40


def _tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _promise(nonce):
    uri = b"https://%d.example" % nonce
    tail = b"\0" + bytes.fromhex("83dfe30d2ef90c8e") + bytes([len(uri) + 1, len(uri)]) + uri
    return b"\xf0\x01" + bytes([nonce]) + b"\x08" + tail


@pytest.fixture(scope="module")
def asked(wm, compiled, tmp_path_factory):
    """An archive that asked forty witnesses and calendars, and a zip of their answers."""
    folder = tmp_path_factory.mktemp("asked")
    archive = wm.copied(compiled, folder / "archive")
    keys = [Ed25519PrivateKey.from_private_bytes(bytes([n + 1]) * 32) for n in range(WITNESSES)]
    vkeys = [Vkey.for_cosigner(f"w{n}.example", key.public_key().public_bytes_raw()) for n, key in enumerate(keys)]
    rows = "".join(f"witness w{n} {vkey.text}\n" for n, vkey in enumerate(vkeys))
    (archive / "policy").write_text(rows + "quorum none\n")
    wm.good("stamp", archive, "--export", folder / "request.zip")
    with zipfile.ZipFile(folder / "request.zip") as made:
        body = made.read("checkpoint.txt").decode()
        (digest,) = (name for name in made.namelist() if name.endswith(".digest"))
    head = ots.MAGIC + b"\x01\x08" + hashlib.sha256(body.encode()).digest()
    with zipfile.ZipFile(folder / "answers.zip", "w") as made:
        for n, (key, vkey) in enumerate(zip(keys, vkeys, strict=True)):
            made.writestr(f"{n}.txt", cosignature.make(body, vkey.name, vkey.public, key.sign, NOW + n).line + "\n")
        for n in range(1, 9):
            made.writestr(f"{n}.ots", head + _promise(n))
            made.writestr(f"{digest.removesuffix('.digest')}-{n}.calendar", _promise(n + 9))
        made.writestr("chain.pem", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
    return archive, folder / "answers.zip", int(body.split("\n")[1])


@pytest.fixture(scope="module")
def taken(wm, asked, tmp_path_factory):
    """What a run that nobody disturbs leaves, and how long it takes."""
    archive, answers, _ = asked
    done = wm.copied(archive, tmp_path_factory.mktemp("taken") / "archive")
    started = time.monotonic()
    ran = wm.alone("stamp", done, "--import", answers, "--json")
    span = time.monotonic() - started
    assert (ran.code, ran.err, ran.last["taken"]) == (0, "", WITNESSES + 17), ran
    return _tree(done / "log"), _tree(done / "vault" / "events"), span


def _is_whole(name, data):
    """Whether a file among the anchors is a whole answer under its own name."""
    stem, _, sort = name.partition(".")
    if stem == "request":
        return True
    if sort == "ots":
        Proof.parse(data)
    if sort == "cosigned":
        (line,) = cosignature.parse_lines(data.decode())
        assert line.line + "\n" == data.decode()
    return hashlib.sha256(data).hexdigest()[:16] == stem and sort in {"cosigned", "ots", "der"}


def _kill_often(wm, asked, taken, archive, draw, wanted):
    """Kill imports until so many were alive; return how many of them, and how many in the midst of the answers."""
    source, answers, size = asked
    after, events, span = taken
    lived = midst = 0
    wm.copied(source, archive)
    place = archive / "log" / "anchors" / str(size)
    requests = _tree(place)
    while lived < wanted:
        with subprocess.Popen(
            wm.argv("stamp", archive, "--import", answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            time.sleep(draw.uniform(0.2, 1.0) * span)
            was_alive = running.poll() is None
            if was_alive:
                os.kill(running.pid, signal.SIGKILL)
        lived += was_alive
        found = _tree(place)
        assert all(_is_whole(name, data) for name, data in found.items())
        midst += (
            was_alive
            and 0 < len(found.keys() - requests.keys())
            and found.keys() != {name.rpartition("/")[2] for name in after if f"anchors/{size}/" in name}
        )
        ran = wm.call("stamp", archive, "--import", answers, "--json")
        assert (ran.code, ran.err) == (0, ""), ran
        assert _tree(archive / "log") == after
        assert _tree(archive / "vault" / "events") == events
        assert _tree(archive / "vault" / "temporary") == {}
        for name in found.keys() | {path.name for path in place.iterdir()}:
            if name not in requests:
                (place / name).unlink(missing_ok=True)
    assert wm.good("audit", archive, "--json").last["problems"] == 0
    shutil.rmtree(archive)
    return lived, midst


def test_ten_kills_of_stamp_leave_no_half_answer(wm, asked, taken, tmp_path):
    lived, midst = _kill_often(wm, asked, taken, tmp_path / "archive", random.Random(20320612), 10)
    assert lived == 10
    assert midst, "no kill came between the first answer and the last"


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(50))
def test_a_thousand_kills_of_stamp(wm, asked, taken, tmp_path, record_property, seed):
    lived, midst = _kill_often(wm, asked, taken, tmp_path / "archive", random.Random(seed), 20)
    record_property("killed", lived)
    record_property("midst", midst)
