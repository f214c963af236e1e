"""Kill -9 at any moment: the next run ends with what a clean run has, nothing lost, nothing doubled."""

import os
import random
import shutil
import signal
import subprocess
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from witnessmark.demo.write_docx import Core, docx, plain
from witnessmark.demo.write_zip import packed


@pytest.fixture(scope="module")
def many(wm, tmp_path_factory):
    """Some more files than a batch of work takes: text, letters, zips in zips, twins."""
    folder = wm.leak(tmp_path_factory.mktemp("many") / "leak")
    core = Core("A letter", "Clerk", "2018-02-09T08:00:00Z", "2018-03-09T08:00:00Z")
    for number in range(24):
        text = f"Paper {number % 20} on the doors of Centre {number % 7}.\n".encode()
        inner = packed([("a.txt", text), (f"b{number}.txt", text * 2)])
        (folder / f"{number:02d}.txt").write_bytes(text * 40)
        (folder / f"{number:02d}.docx").write_bytes(docx(plain(f"Letter {number} on keys."), core))
        (folder / f"{number:02d}.zip").write_bytes(packed([("inner.zip", inner), ("beside.txt", text * 3)]))
    (folder / "large.bin").write_bytes(random.Random(1).randbytes(6 << 20))
    return folder


@pytest.fixture(scope="module")
def clean(wm, many, tmp_path_factory):
    """What a run that nobody disturbs seals, how it reads, and how long it takes."""
    archive = tmp_path_factory.mktemp("clean") / "archive"
    started = time.monotonic()
    assert wm.alone("compile", archive, many).code == 0
    return wm.digests(archive), _told(wm, archive), time.monotonic() - started


def _told(wm, archive):
    """Return what `files` says of each path, less what is drawn at random."""
    rows = wm.good("files", archive, "--json", "--text").objects
    return sorted(
        (row["path"], row["size"], row["outcome"], row["media_type"], row["characters"], row["text"]) for row in rows
    )


def _killed(wm, archive, source, after):
    """Start a run and kill it; return whether it was still alive then."""
    with subprocess.Popen(
        wm.argv("compile", archive, source), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        try:
            running.wait(after)
        except subprocess.TimeoutExpired:
            os.kill(running.pid, signal.SIGKILL)
            running.wait()
            return True
        return False


def _kill_often(wm, many, clean, folder, draw, wanted):
    """Kill runs until so many were still alive, each archive until a run ends before its kill; check each archive."""
    sealed, told, span = clean
    lived = number = 0
    while lived < wanted:
        archive, number = folder / str(number), number + 1
        alive = True
        while alive and lived < wanted:
            # A run that goes on has less to do than one that begins.
            alive = _killed(wm, archive, many, draw.uniform(0.05, 0.7) * span)
            lived += alive
        last = wm.alone("compile", archive, many, "--json")
        assert (last.code, last.err) == (0, ""), last
        assert wm.digests(archive) == sealed
        assert _told(wm, archive) == told
        assert wm.good("audit", archive, "--json").last["problems"] == 0
        status = wm.good("status", archive, "--json").last
        assert (status["due"], status["broken"]) == (0, [])
        size = wm.entries(archive)
        assert wm.good("compile", archive, many, "--json").last["exhibits"] == 0
        assert wm.entries(archive) == size
        shutil.rmtree(archive)
    return lived


def test_ten_kills_lose_nothing_and_double_nothing(wm, many, clean, tmp_path):
    assert _kill_often(wm, many, clean, tmp_path, random.Random(20320612), 10) == 10


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100))
def test_a_thousand_kills_of_compile(wm, many, clean, tmp_path, record_property, seed):
    record_property("killed", _kill_often(wm, many, clean, tmp_path, random.Random(seed), 10))


def test_what_reads_dies_with_its_parent(wm, many, tmp_path):
    """No process that reads hostile bytes outlives a killed run."""
    archive = tmp_path / "archive"
    with subprocess.Popen(
        wm.argv("compile", archive, many), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as running:
        end = time.monotonic() + 30
        while not (family := _family(running.pid)) and time.monotonic() < end:
            time.sleep(0.02)
        assert family
        running.kill()
        running.wait()
    end = time.monotonic() + 20
    while any(_is_alive(pid) for pid in family) and time.monotonic() < end:
        time.sleep(0.05)
    assert [pid for pid in family if _is_alive(pid)] == []


def _family(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as listed:
            below = [int(word) for word in listed.read().split()]
    except OSError:
        return []
    return below + [one for child in below for one in _family(child)]


def _is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as listed:
            return listed.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(scope="module")
def searched(wm, compiled, tmp_path_factory):
    """An archive whose projections stand as compile left them, and a copy where they were made again."""
    grown = wm.copied(compiled, tmp_path_factory.mktemp("grown") / "archive")
    again = wm.copied(compiled, tmp_path_factory.mktemp("again") / "archive")
    wm.good("rebuild", again)
    bare = wm.copied(compiled, tmp_path_factory.mktemp("bare") / "archive")
    (bare / "catalogue.sqlite").unlink()
    shutil.rmtree(bare / "index")
    return grown, again, bare


_WORDS = st.sampled_from(
    ["door", "doors", "key", "keys", "double", "lock", "centre", "night", "register", "counted", "钥匙", "通知", "report",
     "clerk", "orders", "txt", "Centre 3", "double lock", "café", "nothere"]
)  # fmt: skip
_QUERIES = st.recursive(
    _WORDS.map(lambda word: f'"{word}"' if " " in word else word),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" ", " AND ", " OR ", " NOT "]), inner).map("".join), inner.map("({})".format)
    ),
    max_leaves=4,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(query=_QUERIES)
def test_projections_that_were_made_again_say_the_same(wm, searched, query):
    """The same hits, counts and snippets: whether the index grew or was made from the ledger alone."""
    said = [wm.call("search", place, query, "--json", "--limit", "100") for place in searched]
    counted = [wm.call("search", place, query) for place in searched]
    assert {ran.code for ran in said} <= {0, 64}
    assert {ran.code for ran in said} == {counted[0].code}
    hits = [sorted((hit["path"], str(hit["exhibits"]), str(hit["snippets"])) for hit in ran.objects) for ran in said]
    assert hits[0] == hits[1] == hits[2]
    assert len({ran.out.splitlines()[0] if ran.out else "" for ran in counted}) == 1


def test_what_was_made_again_lists_and_counts_the_same(wm, searched):
    for verb in ("files", "status"):
        assert len({wm.good(verb, place, "--json").out for place in searched}) == 1
