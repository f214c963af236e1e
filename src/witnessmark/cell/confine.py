"""Confine: what a zygote and its children give up before a byte is read, and the grade that they observed.

What can be put up once for all children is put up by the zygote (`stand_apart`): an empty network, processes and
names of its own, no files in sight, no powers. The rest each child puts up for itself (`confine`), for it closes the
way to fork: limits, Landlock, the filter of system calls. Every wall is tried right after it is put up, and only what
held counts: A is all of it, B without namespaces, C limits and a parent that kills, D nothing.
"""

import os
import resource
import signal
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from errno import EACCES
from typing import Any, Self

from witnessmark.cell import kernel, landlock, namespaces, seccomp
from witnessmark.cell.landlock import RUN, Rule
from witnessmark.cell.namespaces import Nowhere, Space

PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38

APART = (Space.USER, Space.NETWORK, Space.MESSAGES, Space.NAMES, Space.PROCESSES)
"""What a zygote leaves; grade A needs the first three."""


class Grade(StrEnum):
    """How well a reading was confined, as the child observed it."""

    A = "A"  # limits, Landlock, seccomp, namespaces
    B = "B"  # the same without namespaces
    C = "C"  # limits and a parent that kills
    D = "D"  # nothing


SECOND_OF = 8 << 20
"""Bytes of a file for which it gets one second more."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take: seconds, bytes, open files, bytes of text."""

    wall: float = 30.0
    cpu: int = 20
    memory: int = 1 << 30
    files: int = 32
    text: int = 64 << 20

    def sized(self, octets: int) -> "Limits":
        """Return the limits of a file of that size: a second of time more for each `SECOND_OF` bytes.

        What has to be read through takes its time; a small file that takes as long is up to something.
        """
        more = octets // SECOND_OF
        return self if more == 0 else replace(self, wall=self.wall + more, cpu=self.cpu + more)

    def times(self, factor: int) -> "Limits":
        """Return the limits of a second look: more time and memory, nothing else."""
        return replace(self, wall=self.wall * factor, cpu=self.cpu * factor, memory=self.memory * factor)


class CannotConfine(Exception):  # noqa: N818 - it names what happened
    """A wall could not be set up; nothing is read then."""


@dataclass(frozen=True, slots=True)
class Walls:
    """Which of the kernel's walls to put up; all, but in a test of what is said when one is missing.

    `files` are folders that a reader may load code from while it reads; without any it sees no file but its own.
    """

    landlock: bool = True
    seccomp: bool = True
    namespaces: bool = True
    files: tuple[str, ...] = ()

    @property
    def value(self) -> dict[str, object]:
        """The walls as they are told to a nursery."""
        return asdict(self)

    @classmethod
    def parse(cls, value: dict[str, Any]) -> Self:
        """Return the walls that were told."""
        return cls(value["landlock"], value["seccomp"], value["namespaces"], tuple(value["files"]))


@dataclass(frozen=True, slots=True)
class Apart:
    """What a zygote has given up for all its children, and what it has ready for them."""

    walls: Walls = field(default_factory=Walls)
    spaces: frozenset[Space] = frozenset()
    network_is_empty: bool = False
    outside: int = -1
    """A descriptor of the machine's root folder, to try Landlock on; each child closes it."""
    filter: bytes = b""

    @property
    def is_apart(self) -> bool:
        """Whether what grade A needs was left, and the network observed to be empty."""
        return {Space.USER, Space.NETWORK, Space.MESSAGES} <= self.spaces and self.network_is_empty

    @property
    def rules_its_processes(self) -> bool:
        """Whether the zygote is the first of a space of processes, all of whom are its own."""
        return Space.PROCESSES in self.spaces


def leave_spaces(walls: Walls) -> frozenset[Space]:
    """Leave the machine's namespaces; the next process that is forked is the first of a new space of processes.

    Without files to load, the root of all files becomes an empty folder as well.
    """
    if not walls.namespaces:
        return frozenset()
    nowhere = None if walls.files else _nowhere()
    spaces = namespaces.leave(*APART)
    if nowhere is not None and Space.PROCESSES in spaces:
        nowhere.enter()  # without a space of processes /proc is needed, to find what a child leaves behind
    elif nowhere is not None:
        nowhere.forget()
    return spaces


def _nowhere() -> Nowhere | None:
    return Nowhere() if os.path.isdir("/proc/self") else None


def stand_apart(walls: Walls, spaces: frozenset[Space], outside: int) -> Apart:
    """Give up, in a zygote, what none of its children needs; return what they are to know of it."""
    with suppress(OSError):
        namespaces.drop_powers()
    profile = seccomp.READER if walls.files else seccomp.PURE
    filter_ = seccomp.program(profile) if walls.seccomp and kernel.IS_KNOWN else b""
    empty = Space.NETWORK in spaces and namespaces.is_network_empty()
    return Apart(walls, spaces, empty, outside, filter_)


def confine(limits: Limits, apart: Apart) -> Grade:
    """Give up what reading does not need, for good, and return the grade observed.

    Raises:
        CannotConfine: when a limit is not in force afterwards.
    """
    _limit(limits)
    has_landlock = apart.walls.landlock and _close_files(apart)
    if apart.outside >= 0:
        os.close(apart.outside)
    has_filter = bool(apart.filter) and _close_calls(apart.filter)
    if not (has_landlock and has_filter):
        return Grade.C
    return Grade.A if apart.is_apart else Grade.B


def _limit(limits: Limits) -> None:
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


def _close_files(apart: Apart) -> bool:
    """Put up Landlock; tell whether a folder that lies before us can no longer be opened."""
    try:
        landlock.restrict(Rule(folder, RUN) for folder in apart.walls.files)
        os.close(os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=apart.outside))
    except OSError as error:
        return error.errno == EACCES
    return False


def _close_calls(filter_: bytes) -> bool:
    """Put up the filter of system calls; tell whether it answers."""
    try:
        seccomp.install(seccomp.for_process(filter_, os.getpid()))
    except OSError:
        return False
    return seccomp.is_in_force()


def prctl(option: int, value: int) -> None:
    """Set one attribute of this process (man 2 prctl).

    Raises:
        CannotConfine: when the kernel refuses.
    """
    try:
        kernel.prctl(option, value)
    except OSError as error:
        raise CannotConfine(f"prctl {option}: {error.strerror}") from error


def die_with(parent: int) -> None:
    """Be killed when the parent dies; leave at once when it is dead already."""
    prctl(PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def adopt_orphans() -> None:
    """Become the parent of whatever our descendants leave behind, so that it can be killed and reaped."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


def hide_memory() -> None:
    """Keep other processes of the same user from reading our memory."""
    prctl(_PR_SET_DUMPABLE, 0)
