"""Laws of the grade: it is what was observed, whoever runs it, and a missing wall is never counted as passed."""

import errno
import os
import tempfile

import pytest
from tests.cell.forked import forked, tried

from witnessmark.cell import grade, kernel, landlock, namespaces, seccomp
from witnessmark.cell.attack import ATTEMPTS
from witnessmark.cell.confine import APART, Apart, Grade, Limits, Walls, confine, leave_spaces, stand_apart
from witnessmark.cell.grade import Held, observe, worse

USERS = [None] if os.getuid() else [None, 65534]
OFFERED = kernel.IS_KNOWN and landlock.abi() > 0
SPACES = OFFERED and len(forked(lambda: [space.name for space in namespaces.leave(*APART)])[0]) == len(APART)
needs_walls = pytest.mark.skipif(not OFFERED, reason="this kernel has not all of the walls")
needs_spaces = pytest.mark.skipif(not SPACES, reason="this system forbids namespaces")
NONE = Walls(landlock=False, seccomp=False, namespaces=False)


def told(walls):
    found = observe.__wrapped__(walls)
    return [found.grade, found.held, {one.name: [one.held, one.seen] for one in found.attempts}]


def see(walls, uid=None):
    found, died = forked(lambda: told(walls), uid=uid)
    assert died is None
    return found


@needs_walls
@needs_spaces
@pytest.mark.parametrize("uid", USERS)
def test_all_fourteen_attempts_are_blocked_or_contained(uid):
    found, held, attempts = see(Walls(), uid)
    assert (found, held, list(attempts)) == ("A", 14, list(ATTEMPTS))
    killed = [name for name, (_, seen) in attempts.items() if seen == "killed by SIGSYS"]
    assert killed == [
        "write a file", "open a connection", "start a process", "run a program", "signal the parent", "trace the parent",
    ]  # fmt: skip
    assert {name for name, (was, _) in attempts.items() if was == "contained"} == {
        "crash", "abort", "never end", "flood the answer",
    }  # fmt: skip


@needs_walls
@pytest.mark.parametrize("uid", USERS)
@pytest.mark.parametrize(
    ("walls", "expected", "open_"),
    [
        (Walls(namespaces=False), "B", set()),
        (Walls(landlock=False, namespaces=False), "C", set()),
        (Walls(seccomp=False, namespaces=False), "C", {"open a connection"}),
        (NONE, "C", {"read a file", "list a folder", "open a connection", "run a program", "signal the parent"}),
    ],
    ids=["no namespaces", "no Landlock", "no seccomp", "none"],
)
def test_a_missing_wall_lowers_the_grade_and_is_never_passed(uid, walls, expected, open_):
    if walls.seccomp is False and walls.landlock and landlock.abi() < 6:
        pytest.skip("this Landlock does not hold signals")
    found, held, attempts = see(walls, uid)
    assert found == expected
    assert {name for name, (was, _) in attempts.items() if was == "not observed"} == open_
    assert held == 14 - len(open_)


@needs_walls
@needs_spaces
def test_a_machine_too_slow_to_start_a_child_in_time_is_not_called_unconfined(monkeypatch):
    """What never ends is ended once it has begun: a child that had not yet come to say its walls was graded D."""
    monkeypatch.setattr(grade, "_SHORT", 0.0)
    found, held, attempts = see(Walls())
    assert (found, held) == ("A", 14)
    assert attempts["never end"] == ["contained", "ended at its deadline"]


@needs_spaces
def test_namespaces_alone_are_grade_c_though_they_hold_much():
    found, held, attempts = see(Walls(landlock=False, seccomp=False))
    assert (found, held) == ("C", 14)
    assert attempts["open a connection"] == ["contained", "it got a socket, and ENETUNREACH on it"]
    assert attempts["start a process"] == ["contained", "it got a process"]


def test_the_worse_of_two_grades_counts():
    assert [worse("A", "C"), worse("C", "A"), worse("B", "B")] == ["C", "C", "B"]
    assert [str(one) for one in Grade] == ["A", "B", "C", "D"]
    assert [one.value for one in Held] == ["blocked", "contained", "not observed"]


def test_nothing_is_left_of_the_attack(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = len(os.listdir("/proc/self/fd"))
    told(NONE)
    assert len(os.listdir("/proc/self/fd")) == before
    assert list(tmp_path.iterdir()) == []


def test_on_a_machine_whose_calls_are_unknown_everything_is_missing_and_said_to_be(monkeypatch):
    monkeypatch.setattr(kernel, "IS_KNOWN", False)

    def see():
        spaces = leave_spaces(Walls())
        outside = os.open("/", os.O_PATH | os.O_DIRECTORY)
        apart = stand_apart(Walls(), spaces, outside)
        return [
            len(spaces),
            apart.is_apart,
            apart.filter.hex(),
            confine(Limits(), apart).value,
            tried(os.fstat, outside),
        ]

    assert (landlock.abi(), landlock.restrict()) == (0, 0)
    assert tried(kernel.call, 39) == errno.ENOSYS
    assert forked(see) == ([0, False, "", "C", errno.EBADF], None)


@needs_walls
def test_a_wall_that_does_not_hold_is_not_counted():
    """A filter that allows everything is put up, and answers nothing: so it is no wall."""

    def see():
        outside = os.open("/", os.O_PATH | os.O_DIRECTORY)
        nothing = seccomp.program(seccomp.Profile({}, otherwise=seccomp.ALLOW))
        return confine(
            Limits(), Apart(Walls(), frozenset(), network_is_empty=True, outside=outside, filter=nothing)
        ).value

    assert forked(see) == ("C", None)
