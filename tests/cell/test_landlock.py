"""Laws of the Landlock wall: what no rule names is closed, whatever the process was, and nothing opens it again."""

import errno
import os
import socket
import struct

import pytest
from tests.cell.forked import forked, tried

from witnessmark.cell import landlock
from witnessmark.cell.landlock import READ, RUN, WRITE, Right, Rule

needs_landlock = pytest.mark.skipif(landlock.abi() == 0, reason="this kernel has no Landlock")
USERS = [None] if os.getuid() else [None, 65534]


@pytest.mark.parametrize(
    ("version", "rights", "size"),
    [(1, 13, 8), (2, 14, 8), (3, 15, 8), (4, 15, 16), (5, 16, 16), (6, 16, 24), (7, 16, 24)],
)
def test_each_version_is_asked_for_all_that_it_can_take_away(version, rights, size):
    asked = landlock.attributes(version)
    assert len(asked) == size
    assert struct.unpack_from("<Q", asked)[0] == (1 << rights) - 1 == landlock.handled(version)
    assert asked[8:] == (struct.pack("<QQ", 3, 3) if size == 24 else struct.pack("<Q", 3) if size == 16 else b"")


def test_without_landlock_nothing_is_restricted_and_that_is_said():
    def see():
        return landlock.restrict((), 0), tried(os.listdir, "/")

    assert forked(see) == ([0, 0], None)


@needs_landlock
@pytest.mark.parametrize("uid", USERS)
def test_without_rules_no_file_can_be_opened_made_or_run(uid, tmp_path):
    tmp_path.chmod(0o777)

    def see():
        used = landlock.restrict()
        return [
            used,
            tried(open, "/etc/passwd"),
            tried(os.listdir, "/"),
            tried(open, tmp_path / "made", "w"),
            tried(os.mkdir, tmp_path / "folder"),
            tried(os.execv, "/bin/true", ["true"]),
        ]

    found, died = forked(see, uid=uid)
    assert died is None
    assert found == [min(landlock.abi(), landlock.NEWEST)] + [errno.EACCES] * 5
    assert list(tmp_path.iterdir()) == []


@needs_landlock
def test_a_rule_opens_what_it_names_and_no_more(tmp_path):
    for name in ("in", "out", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("words")

    def see():
        landlock.restrict(
            [
                Rule(str(tmp_path / "in"), READ),
                Rule(str(tmp_path / "out"), WRITE),
                Rule(str(tmp_path / "other" / "file"), RUN),
                Rule(str(tmp_path / "no such folder"), WRITE),
            ]
        )
        return {
            "read": tried((tmp_path / "in" / "file").read_text),
            "written": tried((tmp_path / "in" / "file").write_text, "x"),
            "made": tried((tmp_path / "out" / "new").write_text, "x"),
            "moved": tried(os.rename, tmp_path / "out" / "new", tmp_path / "out" / "newer"),
            "device": tried(os.mknod, tmp_path / "out" / "null", 0o20666, os.makedev(1, 3)),
            "file": tried((tmp_path / "other" / "file").read_text),
            "beside": tried(os.listdir, tmp_path / "other"),
        }

    found, _ = forked(see)
    assert found == {
        "read": 0,
        "written": errno.EACCES,
        "made": 0,
        "moved": 0,
        "device": errno.EACCES,
        "file": 0,
        "beside": errno.EACCES,
    }
    assert (tmp_path / "out" / "newer").read_text() == "x"


@needs_landlock
def test_rules_can_only_be_tightened(tmp_path):
    def see():
        landlock.restrict([Rule(str(tmp_path), READ)])
        landlock.restrict([Rule("/", WRITE | Right.EXECUTE)])
        return tried(os.listdir, tmp_path), tried(os.listdir, "/"), tried(open, tmp_path / "x", "w")

    assert forked(see)[0] == [0, errno.EACCES, errno.EACCES]


@pytest.mark.skipif(landlock.abi() < 6, reason="this kernel's Landlock knows neither TCP nor signals")
def test_tcp_signals_and_abstract_sockets_are_closed():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind(f"\0witnessmark-test-{os.getpid()}")
    abstract.listen()
    here = os.getpid()

    def see():
        landlock.restrict()
        return [
            tried(socket.socket().connect, listener.getsockname()),
            tried(socket.socket().bind, ("127.0.0.1", 0)),
            tried(os.kill, here, 0),
            tried(socket.socket(socket.AF_UNIX).connect, abstract.getsockname()),
        ]

    with listener, abstract:
        assert forked(see)[0] == [errno.EACCES, errno.EACCES, errno.EPERM, errno.EPERM]
