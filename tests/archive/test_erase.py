"""Erasure: what was erased opens no more, what others need stays, and a stop anywhere is made good."""

import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap

import pytest

from witnessmark.archive import erase, segment
from witnessmark.archive import open as shown
from witnessmark.archive.audit import Audit, audit
from witnessmark.archive.folder import Archive
from witnessmark.archive.layout import Layout
from witnessmark.errors import Damaged, DiskFailure, WitnessmarkError, WrongUsage
from witnessmark.model.digest import Digest
from witnessmark.model.event import Event

AT = "2032-06-12T09:41:00Z"
BY = ("R. Sela", "O. Dorn")


def seal(archive, *rows):
    """Seal exhibits: name, text, handle, name of the container; each with two derivatives and a finding."""
    batch, known = archive.ledger.batch(), {}
    for name, text, handle, container in rows:
        digest = archive.store.put(text.encode())
        read, visible = archive.store.put(f"read {handle}".encode()), archive.store.put(f"text {handle}".encode())
        fields = {"at": AT, "id": name, "handle": handle, "digest": digest.hex, "path": [{"name": f"secret {name}"}]}
        known[name] = batch.add(Event("exhibit", fields | {"container": str(known[container]) if container else None}))
        batch.add(Event("derivative", {"handle": handle, "step": "read", "digest": read.hex}))
        batch.add(Event("derivative", {"handle": handle, "step": "visible", "text": visible.hex}))
        batch.add(Event("finding", {"exhibit": str(known[name]), "observed": f"secret {name}"}))
        batch.add(Event("decision", {"exhibit": str(known[name]), "publish": "nothing"}))
    return {one.fields["id"]: one for one in archive.ledger.commit(batch) if one.kind == "exhibit"}


ROWS = (
    ("letter", "a letter", "h1", None),
    ("zip", "a zip with inner and twin", "h2", None),
    ("inner", "inner", "h3", "zip"),
    ("twin", "a twin", "h4", "zip"),
    ("other twin", "a twin", "h4", None),
)


@pytest.fixture
def sealed(root, entropy):
    with Archive.writing(root, entropy=entropy) as archive:
        seal(archive, *ROWS)
    return root


def index_of(archive, name):
    return next(one.index for one in archive.ledger.replay() if one.fields.get("id") == name)


def erased(root, entropy, name, **more):
    with Archive.writing(root, entropy=entropy, **more) as archive:
        return archive.erase(archive.plan_erasure(index_of(archive, name)), reason="their wish", by=BY, at=AT)


def everything(root):
    """All bytes of an archive but the public log."""
    return b"".join(path.read_bytes() for path in sorted((root / "vault").rglob("*")) if path.is_file())


def contents(root):
    with Archive.reading(root) as archive:
        return set(archive.store.all())


def digests(*texts):
    return {Digest.of(text.encode()) for text in texts}


def test_an_erased_exhibit_leaves_its_entries_and_the_word_of_two_people(sealed, entropy):
    log = {
        path: path.read_bytes() for path in (sealed / "log").rglob("*") if path.is_file() and path.name != "checkpoint"
    }
    before = contents(sealed)
    with Archive.reading(sealed) as archive:
        salt = shown.opening(archive.ledger, index_of(archive, "letter"), []).salt
    erasure = erased(sealed, entropy, "letter")
    assert len(erasure.entries) == 4
    assert before - contents(sealed) == digests("a letter", "read h1", "text h1")
    assert b"secret letter" not in everything(sealed)
    assert segment.codec.to_base64(salt).encode() not in everything(sealed)
    for path, data in log.items():
        assert path.read_bytes() == data
    with Archive.reading(sealed) as archive:
        whole = Audit(archive)
        assert list(whole.problems()) == []
        (said,) = whole.told
        assert "erased on 2032-06-12 by R. Sela and O. Dorn (their wish)" in said.sentence
        assert "letter" not in [one.fields.get("id") for one in archive.ledger.replay()]
        assert archive.ledger.broken == []
        for index in erasure.entries:
            with pytest.raises(WrongUsage, match="was erased"):
                archive.ledger.recorded(index)
            with pytest.raises(WrongUsage, match="was erased"):
                shown.opening(archive.ledger, index, ["digest"])
        (event,) = [one for one in archive.ledger.replay() if one.kind == "erasure"]
        assert not {"digest", "path", "id"} & event.fields.keys()


def test_an_erasure_of_a_newer_version_is_told_with_its_place_and_is_no_problem(sealed, entropy):
    with Archive.writing(sealed, entropy=entropy) as archive:
        batch = archive.ledger.batch()
        batch.add(Event("erasure", {"at": AT, "sealed": AT[:10], "whose": "nobody's"}))
        (newer,) = archive.ledger.commit(batch)
        whole = Audit(archive)
        assert list(whole.problems()) == []
        (said,) = whole.told
    assert said.sentence == f"log entry {newer.index}: an erasure event of a newer version"


def test_with_a_container_goes_all_that_was_taken_out_of_it_but_what_another_exhibit_shares(sealed, entropy):
    before = contents(sealed)
    with Archive.reading(sealed) as archive:
        plan = archive.plan_erasure(index_of(archive, "zip"))
    assert plan.names == ("zip", "inner", "twin")
    assert plan.shared == ("other twin",)
    assert plan.signed == 3
    erased(sealed, entropy, "zip")
    assert before - contents(sealed) == digests(
        "a zip with inner and twin", "read h2", "text h2", "inner", "read h3", "text h3"
    )
    erased(sealed, entropy, "other twin")
    assert not digests("a twin", "read h4", "text h4") & contents(sealed)
    with Archive.reading(sealed) as archive:
        assert list(audit(archive)) == []
        assert [one.fields["id"] for one in archive.ledger.replay() if one.kind == "exhibit"] == ["letter"]


def test_what_lies_in_a_container_is_not_erased_without_it(sealed, entropy):
    with Archive.reading(sealed) as archive:
        with pytest.raises(WrongUsage, match="erase the container"):
            archive.plan_erasure(index_of(archive, "inner"))
        with pytest.raises(WrongUsage, match="is no exhibit"):
            archive.plan_erasure(next(one.index for one in archive.ledger.replay() if one.kind == "finding"))


@pytest.mark.parametrize("by", [(), ("A",), ("A", "A"), ("A", " a "), ("A", ""), ("Å", "A\u030a"), ("A", "B", "b")])
def test_one_person_alone_erases_nothing(sealed, entropy, by):
    before = everything(sealed)
    with Archive.writing(sealed, entropy=entropy) as archive:
        plan = archive.plan_erasure(index_of(archive, "letter"))
        with pytest.raises(WrongUsage, match="two different names"):
            archive.erase(plan, reason="x", by=by, at=AT)
        with pytest.raises(WrongUsage, match="reason"):
            archive.erase(plan, reason=" ", by=BY, at=AT)
        assert archive.ledger.size % 8 == 0
    assert everything(sealed) == before


def test_while_a_line_cannot_be_read_nothing_is_destroyed(sealed, entropy):
    path = sealed / "vault/events/0000000000000000.jsonl"
    lines = path.read_bytes().split(b"\n")
    lines[-3] = lines[-3][:40]
    path.write_bytes(b"\n".join(lines))
    before = contents(sealed)
    with pytest.raises(Damaged, match="repair"):
        erased(sealed, entropy, "letter")
    assert contents(sealed) == before


def test_what_is_gone_without_an_event_and_what_stays_despite_one_are_problems(sealed, entropy, tmp_path):
    copy = shutil.copytree(sealed, tmp_path / "copy")
    erasure = erased(sealed, entropy, "letter")
    first = "vault/events/0000000000000000.jsonl"
    shutil.copyfile(copy / first, saved := tmp_path / "saved")
    shutil.copyfile(sealed / first, copy / first)
    with Archive.reading(copy) as archive:
        assert [one.says for one in audit(archive)] == ["it was erased, and no erasure event says so"] * 4
    shutil.copyfile(saved, sealed / first)
    with Archive.reading(sealed) as archive:
        found = [one.where for one in audit(archive) if "still here" in one.says]
    assert found == [f"entry {index}" for index in erasure.entries]


class Stopping:
    """The operating system, failing once after so many acts: as near to a kill as one process can come."""

    def __init__(self, base, left):
        self._base, self._left = base, left

    def __getattr__(self, name):
        found = getattr(self._base, name)
        if not callable(found):
            return found

        def act(*given):
            self._left -= 1
            if self._left <= 0:
                raise OSError(5, "stopped")
            return None if name.startswith("sync") else found(*given)

        return act


def test_an_erasure_that_is_stopped_anywhere_is_finished_or_never_was(sealed, entropy, tmp_path):
    from witnessmark.archive.system import System

    wanted, number, finished = None, 0, 0
    while True:
        number += 1
        work = shutil.copytree(sealed, tmp_path / f"work-{number}")
        try:
            erased(work, entropy, "zip", system=Stopping(System(), number))
            ended = True
        except DiskFailure:
            ended = False
        Archive.writing(work, entropy=entropy).close()
        assert not Layout(work).erasing.exists()
        with Archive.reading(work) as archive:
            assert list(audit(archive)) == []
            was_said = bool(erase.erasures(archive.ledger))
            assert was_said is (b"secret zip" not in everything(work))
        finished += was_said
        if was_said:
            wanted = wanted or contents(work)
            assert contents(work) == wanted
            assert not digests("inner", "read h3") & contents(work)
        else:
            assert contents(work) == contents(sealed)
        shutil.rmtree(work)
        if ended:
            break
    assert finished > 5
    assert number - finished > 5


CHILD = textwrap.dedent(
    """
    import os, sys
    from pathlib import Path
    from witnessmark.archive.folder import Archive
    with Archive.writing(Path(sys.argv[1]), entropy=os.urandom) as archive:
        index = next(one.index for one in archive.ledger.replay() if one.fields.get("id") == "zip")
        plan = archive.plan_erasure(index)
        print("go", flush=True)
        archive.erase(plan, reason="r", by=("A", "B"), at="2032-06-12T09:41:00Z")
    """
)


def test_a_killed_erasure_is_finished_by_the_next_writer(sealed, entropy, tmp_path):
    chance = random.Random(4)
    for turn in range(4):
        work = shutil.copytree(sealed, tmp_path / f"work-{turn}")
        with subprocess.Popen([sys.executable, "-c", CHILD, str(work)], stdout=subprocess.PIPE) as child:
            child.stdout.readline()
            try:
                child.wait(chance.uniform(0, 0.08))
            except subprocess.TimeoutExpired:
                os.kill(child.pid, signal.SIGKILL)
        with Archive.writing(work, entropy=entropy) as archive:
            assert list(audit(archive)) == []
            assert bool(erase.erasures(archive.ledger)) is (b"secret inner" not in everything(work))


def test_erasing_again_and_again_never_takes_what_a_living_exhibit_needs(root, entropy):
    chance = random.Random(7)
    with Archive.writing(root, entropy=entropy) as archive:
        rows = []
        for number in range(24):
            container = f"e{chance.randrange(number)}" if number > 4 and chance.random() < 0.4 else None
            text = chance.randrange(8)
            rows.append((f"e{number}", f"text {text}", f"h{text}", container))
        seal(archive, *rows)
        parents = {name: container for name, _, _, container in rows}
        tops = [name for name, container in parents.items() if container is None]
        chance.shuffle(tops)
        for name in tops:
            archive.erase(archive.plan_erasure(index_of(archive, name)), reason="r", by=BY, at=AT)
            assert list(audit(archive)) == []
            living = {one.fields["digest"] for one in archive.ledger.replay() if one.kind == "exhibit"}
            handles = {one.fields["handle"] for one in archive.ledger.replay() if one.kind == "exhibit"}
            left = {digest.hex for digest in archive.store.all()}
            made = {Digest.of(f"{word} {one}".encode()).hex for one in handles for word in ("read", "text")}
            assert left == living | made
        assert left == set()


@pytest.mark.parametrize(
    "line",
    ['{"erased":"AA==","i":1}', '{"erased":1,"i":1}', '{"erased":"%s","i":"1"}', '{"erased":"%s","i":1,"x":2}',
     '{"i":1,"erased":"%s"}'],
)  # fmt: skip
def test_a_hostile_erased_line_is_refused(line):
    body = line.replace("%s", segment.codec.to_base64(bytes(32))).encode()
    with pytest.raises(WitnessmarkError):
        segment.parse(b"%b %08x" % (body, segment.zlib.crc32(body)))


def test_the_golden_erased_line():
    line = segment.erased(b"\x01" + bytes(32), 419)
    assert line == b'{"erased":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","i":419} 0ba1f174\n'
    read = segment.parse(line.rstrip(b"\n"))
    assert (read.index, read.entry, read.is_erased, read.is_event) == (419, b"\x01" + bytes(32), True, False)
