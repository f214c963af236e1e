"""Confine: what a child gives up before it reads a byte, and the grade that it observed.

Grades: A and B come with the kernel's sandbox (Landlock, seccomp, namespaces); C is resource limits and a parent
that kills; D is nothing. `confine` is the one door: further walls are set up in it and raise the grade it returns.
"""

import ctypes
import os
import resource
import signal
from dataclasses import dataclass, replace
from enum import StrEnum

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38

_prctl = ctypes.CDLL(None, use_errno=True).prctl
_prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
_prctl.restype = ctypes.c_int


class Grade(StrEnum):
    """How well a reading was confined, as the child observed it."""

    A = "A"  # limits, Landlock, seccomp, namespaces
    B = "B"  # the same without namespaces
    C = "C"  # limits and a parent that kills
    D = "D"  # nothing


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take: seconds, bytes, open files, bytes of text."""

    wall: float = 30.0
    cpu: int = 20
    memory: int = 1 << 30
    files: int = 32
    text: int = 64 << 20

    def times(self, factor: int) -> "Limits":
        """Return the limits of a second look: more time and memory, nothing else."""
        return replace(self, wall=self.wall * factor, cpu=self.cpu * factor, memory=self.memory * factor)


class CannotConfine(Exception):  # noqa: N818 - it names what happened
    """A wall could not be set up; nothing is read then."""


def confine(limits: Limits) -> Grade:
    """Give up what reading does not need, for good, and return the grade observed.

    Raises:
        CannotConfine: when a limit is not in force afterwards.
    """
    wanted = {
        resource.RLIMIT_AS: (limits.memory, limits.memory),
        # At the soft limit SIGXCPU, which tells what happened; a second later SIGKILL.
        resource.RLIMIT_CPU: (limits.cpu, limits.cpu + 1),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_NOFILE: (limits.files, limits.files),
        resource.RLIMIT_CORE: (0, 0),
    }
    # Python ignores SIGXFSZ; a reader that writes to a file is to die of it.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    prctl(_PR_SET_DUMPABLE, 0)
    for number, pair in wanted.items():
        try:
            resource.setrlimit(number, pair)
        except (OSError, ValueError) as error:
            raise CannotConfine(f"limit {number} cannot be set") from error
    if any(resource.getrlimit(number) != pair for number, pair in wanted.items()):
        raise CannotConfine("a limit is not in force")
    return Grade.C


def prctl(option: int, value: int) -> None:
    """Set one attribute of this process (man 2 prctl).

    Raises:
        CannotConfine: when the kernel refuses.
    """
    if _prctl(option, value, 0, 0, 0) != 0:
        raise CannotConfine(f"prctl {option}: {os.strerror(ctypes.get_errno())}")


def die_with(parent: int) -> None:
    """Be killed when the parent dies; leave at once when it is dead already."""
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def adopt_orphans() -> None:
    """Become the parent of whatever our descendants leave behind, so that it can be killed and reaped."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


def hide_memory() -> None:
    """Keep other processes of the same user from reading our memory."""
    prctl(_PR_SET_DUMPABLE, 0)
