"""What has to come of the hostile corpus: the outcome that is right, nothing lost in silence, and nothing beyond that."""

import os
import socket
from collections import defaultdict
from dataclasses import replace

import pytest
from hostile_files import bench, specimen, table

IN_CODE = {44}
"""Readers that are taken over are no files: `tests/work` has them, as canaries."""
NOTHING = specimen.Hostile(0, "nothing", specimen.fixed(b""), specimen.READ)


@pytest.fixture(scope="module")
def listener():
    listening = bench.Listener()
    yield listening
    listening.close()


@pytest.fixture
def place(listener, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text(bench.SECRET)
    return specimen.Place(listener.port, str(secret))


@pytest.fixture
def contents(tmp_path):
    (tmp_path / "contents").mkdir()
    return bench.Contents(tmp_path / "contents")


def test_the_corpus_has_every_family_and_no_name_twice():
    families = defaultdict(int)
    for hostile in table.files():
        families[hostile.family] += 1
    assert set(specimen.FAMILIES) - set(families) == IN_CODE
    assert sum(families.values()) >= 900
    assert len({hostile.file_name for hostile in table.files()}) == sum(families.values())


@pytest.mark.parametrize("family", sorted(set(specimen.FAMILIES) - IN_CODE))
def test_of_each_hostile_file_comes_what_has_to_come(family, contents, place, listener):
    files = [hostile for hostile in table.files() if hostile.family == family]
    handles = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
    found = bench.read_all([NOTHING, *files], contents, place, limits=bench.PATIENT)
    idle = found[NOTHING.file_name].peak
    wrongs = {
        hostile.file_name: wrong
        for hostile in files
        if (wrong := list(bench.wrongs(hostile, found[hostile.file_name], contents, idle)))
    }
    assert wrongs == {}
    assert listener.heard == 0, "a reader called home"
    for path in contents.folder.iterdir():
        assert bench.SECRET.encode() not in path.read_bytes(), "a reader read what no file may name"
    if handles is not None:
        assert len(os.listdir("/proc/self/fd")) == handles


def test_of_what_is_locked_comes_what_has_to_come_with_passwords_at_hand(contents, place):
    files = [
        replace(hostile, outcomes=hostile.unlocked, members=None, refused=None)
        for hostile in table.files()
        if hostile.unlocked is not None
    ]
    passwords = ("x" * 200, "keys", specimen.PASSWORD)
    found = bench.read_all(files, contents, place, limits=bench.PATIENT, passwords=passwords)
    wrongs = {
        hostile.file_name: wrong
        for hostile in files
        if (wrong := list(bench.wrongs(hostile, found[hostile.file_name], contents)))
    }
    assert wrongs == {}


def test_the_listener_hears_what_a_beacon_would_say(listener):
    """A listener that heard nothing at all would let every reader pass."""
    before = listener.heard
    with socket.create_connection(("127.0.0.1", listener.port)) as caller:
        caller.recv(1)  # the listener counts, then closes
    assert listener.heard == before + 1
    listener.heard = before


def test_beacons_point_at_the_listener(place):
    """Some are packed, so that the address cannot be looked for: they change with it."""
    moved = specimen.Place(place.port + 1, place.secret)
    beacons = [hostile for hostile in table.files() if hostile.beacon]
    assert len(beacons) >= 80
    assert [hostile.file_name for hostile in beacons if hostile.make(place) == hostile.make(moved)] == []


def test_a_wrong_expectation_is_told(contents, place):
    """The judge itself can fail: a file that must not be readable, and is, is told."""
    hostile = specimen.Hostile(
        0,
        "a.txt",
        specimen.fixed(b"the keys\n"),
        frozenset({specimen.CORRUPT}),
        members=("x",),
        lacks=("keys",),
        shown=("doors",),
    )
    found = bench.read_all([hostile], contents, place)
    said = " ".join(bench.wrongs(hostile, found[hostile.file_name], contents))
    for told in ("ended as", "gave the members", "holds 'keys'", "does not show 'doors'"):
        assert told in said
