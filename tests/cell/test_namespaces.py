"""Laws of the namespaces: what is left is out of reach, and what was not left is said."""

import errno
import os

import pytest
from tests.cell.forked import forked, tried

from witnessmark.cell import kernel, namespaces
from witnessmark.cell.namespaces import Nowhere, Space

ALL = (Space.USER, Space.NETWORK, Space.MESSAGES, Space.NAMES, Space.PROCESSES)
USERS = [None] if os.getuid() else [None, 65534]


def offered():
    return set(forked(lambda: [space.name for space in namespaces.leave(*ALL)])[0])


needs_namespaces = pytest.mark.skipif(
    not kernel.IS_KNOWN or offered() != {space.name for space in ALL}, reason="this system forbids namespaces"
)


@needs_namespaces
@pytest.mark.parametrize("uid", USERS)
def test_the_network_left_is_empty_and_the_first_child_rules_its_processes(uid):
    def see():
        before = {space: os.readlink(f"/proc/self/ns/{space.name_in_proc}") for space in ALL}
        full, nowhere = namespaces.is_network_empty(), Nowhere()
        left = namespaces.leave(*ALL)
        moved = [
            space.name
            for space in ALL
            if space is not Space.PROCESSES and os.readlink(f"/proc/self/ns/{space.name_in_proc}") != before[space]
        ]
        entered = nowhere.enter()
        ours, theirs = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(theirs, b"%d %d" % (os.getpid(), os.getppid()))
            os._exit(0)
        os.waitpid(pid, 0)
        return {
            "full": full,
            "left": len(left),
            "moved": sorted(moved),
            "empty": namespaces.is_network_empty(),
            "nowhere": entered,
            "first": os.read(ours, 100).decode(),
            "files": tried(os.stat, "/proc") == 0 or tried(os.stat, "/etc") == 0,
        }

    found, died = forked(see, uid=uid)
    assert died is None
    assert found == {
        "full": False,
        "left": 5,
        "moved": ["MESSAGES", "NAMES", "NETWORK", "USER"],
        "empty": True,
        "nowhere": True,
        "first": "1 0",
        "files": False,
    }


@pytest.mark.skipif(os.getuid() != 0 or not kernel.IS_KNOWN, reason="only root has powers to drop")
def test_a_root_without_powers_is_a_user_like_others(tmp_path):
    def see():
        namespaces.drop_powers()
        return [
            tried(os.chroot, "/"),
            tried(os.chown, tmp_path, 1, 1),
            [s.name for s in namespaces.leave(Space.NETWORK)],
        ]

    assert forked(see)[0] == [errno.EPERM, errno.EPERM, []]


def test_what_is_not_offered_is_not_said_to_be_left(monkeypatch):
    monkeypatch.setattr(namespaces, "_UNSHARE", {})
    assert namespaces.leave(*ALL) == frozenset()
