"""Launch: puts up the walls around one program, watches it, ends it, and says how it ended. Run in a fresh interpreter.

    parent ──▶ launcher (watches) ──▶ first (of the space of processes) ──▶ the program, and what it starts

The launcher opens neither the file nor anything that the program makes. It lives until everything behind it is dead.

Rules for whoever changes this file:
- Every wall is tried right after it is put up; only what held counts in the grade.
- Before the program runs nothing of ours is open but its three standard descriptors.
- A grade that was not accepted, or a wall that breaks in our hands, means that the program does not run.
"""

import json
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from errno import EACCES, EAFNOSUPPORT
from typing import Any, Final, NamedTuple, NoReturn

from witnessmark.cell import kernel, landlock, namespaces, seccomp
from witnessmark.cell.confine import PDEATHSIG, Grade, Walls, adopt_orphans, die_with, hide_memory, prctl
from witnessmark.cell.landlock import DEVICE, READ, RUN, WRITE, Rule
from witnessmark.cell.namespaces import Space

TICK: Final = 0.05
"""Seconds between two looks at what a program takes, at least."""
THREADS: Final = 4
"""How many threads there may be, all together, for each process that there may be."""
_FIRST_SERVED = -20  # the niceness of who watches, where that may be chosen
_MOST_ENTRIES = 20_000
_HOLDS_SIGNALS = 6  # the version of Landlock that keeps signals among those who share its rules
_NO_NEW_PRIVS = 38
_UNSTARTED, _UNCONFINED = b"!", b"?"
_SPACES = (Space.USER, Space.NETWORK, Space.MESSAGES, Space.NAMES, Space.PROCESSES, Space.MOUNT)
_FOLDER = "{folder}"
_OURS = "/tmp"  # noqa: S108 - the program's own folder, seen by nobody else under this name
SEEN: Final = (
    *(Rule(place, RUN) for place in ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin")),
    *(Rule(place, READ) for place in ("/etc/fonts", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d")),
    *(Rule(place, READ) for place in ("/etc/alternatives", "/etc/localtime", "/var/cache/fontconfig")),
    *(Rule(place, DEVICE) for place in ("/dev/null", "/dev/zero", "/dev/full")),
    *(Rule(place, READ) for place in ("/dev/urandom", "/dev/random", "/proc/cpuinfo", "/proc/meminfo")),
)
"""What every program may see: what is installed for everybody. No account, no address, no key, no home."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the parent asks for."""

    control: int
    parent: int
    folder: str
    """Its own folder: by another name than the machine's, where that can be."""
    command: tuple[str, ...]
    reads: tuple[str, ...]
    environment: Mapping[str, str]
    allowed: Mapping[str, Any]
    accepted: str
    walls: Walls
    may_listen: bool = False
    """Whether a socket that it makes in its own folder is out of everybody's sight."""

    def in_folder(self, place: str, *, may_listen: bool) -> "Wanted":
        """Return the same with the folder called so."""
        command = tuple(one.replace(_FOLDER, place) for one in self.command)
        environment = {name: value.replace(_FOLDER, place) for name, value in self.environment.items()}
        return replace(self, folder=place, command=command, environment=environment, may_listen=may_listen)


def main() -> NoReturn:
    """Run one program; its one argument is what the parent wants, as JSON."""
    told = json.loads(sys.argv[1])
    wanted = Wanted(
        told["control"],
        told["parent"],
        told["folder"],
        tuple(told["command"]),
        tuple(told["reads"]),
        told["environment"],
        told["allowed"],
        told["accepted"],
        Walls.parse(told["walls"]),
    )
    die_with(wanted.parent)
    hide_memory()
    adopt_orphans()
    control = socket.socket(fileno=wanted.control)
    control.set_inheritable(False)
    said = _run(wanted, control)
    with suppress(OSError):
        control.send(json.dumps(said).encode())
    os._exit(0)


def _run(wanted: Wanted, control: socket.socket) -> dict[str, object]:
    here = os.getpid()
    told, tell = os.pipe()
    ordinary = _hurry()
    spaces = namespaces.leave(*_SPACES) if wanted.walls.namespaces else frozenset()
    is_ours = Space.MOUNT in spaces and namespaces.show_as(wanted.folder, _OURS)
    wanted = wanted.in_folder(_OURS if is_ours else wanted.folder, may_listen=is_ours)
    first = _fork_first(wanted, control, spaces, here, told, tell, ordinary)
    if first is None:  # the spaces were left, and nothing can be started in them
        return _said("UNSTARTED", 0, Grade.D.value)
    os.close(tell)
    why = _watch(wanted, control, first)
    with suppress(ProcessLookupError):
        os.kill(first, signal.SIGKILL)  # and, where it rules a space of processes, everything in it
    os.waitpid(first, 0)
    _sweep()
    os.set_blocking(told, False)
    try:
        said = os.read(told, 64)
    except BlockingIOError:
        said = b""
    return _judged(said, why)


def _hurry() -> int:
    """Be served before whatever runs behind the walls, however much of it there is: only root may ask for that.

    Returns:
        How we were served before, and the program is to be: an ordinary user may not ask for better.
    """
    ordinary = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _FIRST_SERVED)
    return ordinary


def _said(ended: str, status: int, grade: str) -> dict[str, object]:
    return {"ended": ended, "status": status, "grade": grade}


def _judged(said: bytes, why: str) -> dict[str, object]:
    """Return how it ended, from what was written behind the walls: the grade, a mark when nothing ran, the status."""
    grade = said[:1].decode() if said[:1] in (b"A", b"B", b"C") else Grade.D.value
    rest = said[1:] if grade != Grade.D.value else said
    if why:
        return _said(why, 0, grade)
    if rest[:1] == _UNCONFINED:
        return _said("UNCONFINED", 0, grade)
    if rest[:1] == _UNSTARTED or not rest.isdigit():
        return _said("UNSTARTED", 0, grade)
    status = int(rest)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        by_signal = {signal.SIGXCPU.value: "TIMEOUT", signal.SIGXFSZ.value: "DISK"}
        return _said(by_signal.get(number, "SIGNAL"), number, grade)
    code = os.waitstatus_to_exitcode(status)
    return _said("BADLY" if code else "WELL", code, grade)


def _fork_first(
    wanted: Wanted, control: socket.socket, spaces: frozenset[Space], parent: int, told: int, tell: int, niceness: int
) -> int | None:
    """Fork the first process of the new space of processes: it starts the program, reaps, and says how it ended."""
    us = os.pidfd_open(parent)
    try:
        pid = os.fork()
    except OSError:
        os.close(us)
        return None
    if pid:
        os.close(us)
        return pid
    try:
        prctl(PDEATHSIG, signal.SIGKILL)
        if select.select([us], [], [], 0)[0]:
            os._exit(0)
        os.close(us)
        os.close(told)
        control.close()
        os.setpriority(os.PRIO_PROCESS, 0, niceness)
        adopt_orphans()
        _first(wanted, spaces, tell)
    finally:
        os._exit(1)


def _first(wanted: Wanted, spaces: frozenset[Space], tell: int) -> None:
    with suppress(OSError):
        namespaces.drop_powers()
    empty = Space.NETWORK in spaces and namespaces.is_network_empty()
    is_apart = empty and {Space.USER, Space.MESSAGES} <= spaces
    here = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            die_with(here)
            _become(wanted, spaces, tell, is_apart=is_apart)
        except BaseException:  # noqa: BLE001 - the wall: a forked child must never run on as its parent
            with suppress(OSError):
                os.write(tell, _UNSTARTED)
        finally:
            os._exit(126)
    while True:
        ended, status = os.wait()
        if ended == pid:
            break
    os.write(tell, b"%d" % status)


def _become(wanted: Wanted, spaces: frozenset[Space], tell: int, *, is_apart: bool) -> None:
    """Put up the walls, say which held, and become the program."""
    os.chdir(wanted.folder)
    os.closerange(3, tell)
    os.closerange(tell + 1, 65536)
    _limit(wanted.allowed, is_counted=Space.USER in spaces)
    seen = [*SEEN, *(Rule(place, RUN) for place in wanted.reads), Rule(wanted.folder, WRITE)]
    profile = seccomp.LISTENING if wanted.may_listen else seccomp.PROGRAM
    has_landlock = wanted.walls.landlock and _close_files(seen)
    has_filter = wanted.walls.seccomp and _close_calls(profile)
    holds_signals = Space.PROCESSES in spaces or landlock.abi() >= _HOLDS_SIGNALS
    grade = Grade.C
    if has_landlock and has_filter and holds_signals:
        grade = Grade.A if is_apart else Grade.B
    os.write(tell, grade.value.encode())
    if grade.value > wanted.accepted:
        os.write(tell, _UNCONFINED)
        return
    os.execve(wanted.command[0], list(wanted.command), dict(wanted.environment))  # noqa: S606


def _limit(allowed: Mapping[str, Any], *, is_counted: bool) -> None:
    wanted = {
        resource.RLIMIT_AS: allowed["address"],
        resource.RLIMIT_FSIZE: allowed["disk"],
        resource.RLIMIT_NOFILE: allowed["files"],
        resource.RLIMIT_CORE: 0,
    }
    if is_counted:  # in a space of users of our own; else all processes of this user would count
        wanted[resource.RLIMIT_NPROC] = THREADS * allowed["processes"]  # threads count as well; root is let off
    for number, most in wanted.items():
        resource.setrlimit(number, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (allowed["cpu"], allowed["cpu"] + 1))
    prctl(_NO_NEW_PRIVS, 1)
    # Python ignores these two, and what is ignored stays so in the program.
    for ignored in (signal.SIGXFSZ, signal.SIGPIPE):
        signal.signal(ignored, signal.SIG_DFL)


def _close_files(seen: list[Rule]) -> bool:
    """Put up Landlock; tell whether the machine's root folder can no longer be opened."""
    try:
        landlock.restrict(seen)
        os.close(os.open("/", os.O_RDONLY | os.O_DIRECTORY))
    except OSError as error:
        return error.errno == EACCES
    return False


def _close_calls(profile: seccomp.Profile) -> bool:
    """Put up the filter of system calls; tell whether it refuses a socket to elsewhere."""
    if not kernel.IS_KNOWN:
        return False
    try:
        seccomp.install(seccomp.for_process(seccomp.program(profile), os.getpid()))
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()
    except OSError as error:
        return error.errno == EAFNOSUPPORT
    return False


def _watch(wanted: Wanted, control: socket.socket, first: int) -> str:
    """Wait until the first process has ended; return why it is to be ended before, or nothing."""
    allowed = wanted.allowed
    page = os.sysconf("SC_PAGE_SIZE")
    end = time.monotonic() + allowed["wall"]
    poll = select.poll()
    ended = os.pidfd_open(first)
    poll.register(ended, select.POLLIN)
    poll.register(control, select.POLLIN)
    next_look = 0.0
    try:
        while True:
            ready = dict(poll.poll(int(TICK * 1000)))
            if ended in ready:
                return ""
            if control.fileno() in ready:
                return "OUTPUT" if control.recv(16) else "TIMEOUT"  # without a word the parent is gone
            now = time.monotonic()
            if now >= end:
                return "TIMEOUT"
            if now < next_look:
                continue
            family = list(_family(first))
            if len(family) - 1 > allowed["processes"]:
                return "PROCESSES"
            if sum(one.threads for one in family) > THREADS * allowed["processes"]:
                return "PROCESSES"
            if sum(one.pages for one in family) * page > allowed["memory"]:
                return "MEMORY"
            if _written(wanted.folder) > allowed["disk"]:
                return "DISK"
            next_look = now + max(TICK, 10 * (time.monotonic() - now))  # a look costs a tenth of the time at most
    finally:
        os.close(ended)


class _Process(NamedTuple):
    """What is counted of a process: its number, that of its group, how many threads and pages in memory it has."""

    number: int
    group: int
    threads: int
    pages: int


def _family(first: int) -> Iterator[_Process]:
    """Yield a process, if it still is there, and all that come from it."""
    known: dict[int, _Process] = {}
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
                one = _Process(int(name), int(fields[2]), int(fields[17]), int(fields[21]))
                known[one.number] = one
                children.setdefault(int(fields[1]), []).append(one.number)
    waiting = [first]
    while waiting:
        number = waiting.pop()
        if number in known:
            yield known[number]
        waiting += children.get(number, ())


def _written(folder: str) -> int:
    """Return how many bytes a folder holds; more entries than are worth counting are too many."""
    total = entries = 0
    waiting = [folder]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as found:
            for entry in found:
                entries += 1
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
                if entries > _MOST_ENTRIES:
                    return 1 << 62
    return total


def _sweep() -> None:
    """Kill and reap whatever became ours: without a space of processes, what the program left behind.

    By groups first: no process can be born into a group while the kernel goes through it.
    """
    here, ours = os.getpid(), os.getpgrp()
    with suppress(ChildProcessError):
        while True:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                family = [one for one in _family(here) if one.number != here]
                for group in {one.group for one in family} - {ours}:
                    with suppress(ProcessLookupError):
                        os.killpg(group, signal.SIGKILL)
                for one in family:
                    with suppress(ProcessLookupError):
                        os.kill(one.number, signal.SIGKILL)
                select.select([], [], [], 0.002)
