"""The nursery and its zygotes: warm interpreters that hold the parsers and nothing else, and fork a child per file.

The parent starts one nursery, by `exec` of a fresh interpreter with an empty environment. The nursery loads the
parsers once and forks a zygote for each worker; they share its memory. A zygote serves one file at a time: it gets
the open file and the end of a pipe, forks a child that reads, waits for its end, kills whatever the child left
behind, and reports how it died. Neither ever reads a file itself, holds a key, or knows where the archive lies.
Small files may be read in company: one child reads up to sixteen, one after another, and is thrown away; a file
whose child ends badly in company is read again alone, by the parent's order.

    parent ──▶ nursery ──▶ zygote 1 ──▶ child (one file)
          └──control─────▶ zygote 2 ──▶ child

Rules for whoever changes this file:
- No process outlives its parent: each asks to be killed with it, and each leaves when its control socket ends.
- A child's descendants are adopted here (subreaper), killed and reaped before its end is reported.
- What is loaded is named by the parent at the start: the one place where modules are imported by name.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from typing import NoReturn

from witnessmark.cell import child
from witnessmark.cell.confine import (
    PDEATHSIG,
    Apart,
    CannotConfine,
    Walls,
    adopt_orphans,
    die_with,
    hide_memory,
    leave_spaces,
    prctl,
    stand_apart,
)
from witnessmark.cell.control import DONE, ENDED, LONGEST, STARTED

MOST_IN_COMPANY = 16
"""How many small files one child may read, one after another, before it is thrown away."""


def main() -> NoReturn:
    """Run the nursery; its one argument is what the parent wants, as JSON."""
    wanted = json.loads(sys.argv[1])
    die_with(wanted["parent"])
    with suppress(CannotConfine):
        hide_memory()
    adopt_orphans()
    control = socket.socket(fileno=wanted["control"])
    failures = dict(_preload(wanted["preload"]))
    sys.dont_write_bytecode = True
    # The heap of the parsers is moved out of the collector's sight: children then leave its pages shared.
    gc.collect()
    gc.freeze()
    control.send(json.dumps(failures).encode())
    here, zygotes = os.getpid(), set[int]()
    walls = Walls.parse(wanted["walls"])
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, LONGEST, 1)
        if not message:
            break
        (theirs,) = descriptors
        _reap(zygotes)
        # A zygote that died by its child's hand leaves the child's descendants to us.
        _kill(pid for pid in _children() if pid not in zygotes)
        pid = _fork_zygote(control, theirs, here, walls)
        zygotes.add(pid)
        os.close(theirs)
        control.send(str(pid).encode())
    # The zygotes see the same end and clean up after their children; what is left after a moment is killed.
    _sweep(None, patience=2.0)
    os._exit(0)


def _reap(zygotes: set[int]) -> None:
    """Take note of zygotes that have ended; what they cost is then counted as ours."""
    for pid in tuple(zygotes):
        if os.waitpid(pid, os.WNOHANG)[0]:
            zygotes.discard(pid)


def _preload(modules: list[str]) -> Iterator[tuple[str, str]]:
    """Import each module, or import it and call the function after a colon; yield those that failed, and why."""
    for name in modules:
        module, _, function = name.partition(":")
        try:
            loaded = import_module(module)
            if function:
                getattr(loaded, function)()
        except Exception as error:  # noqa: BLE001 - the wall: a parser that does not load must not stop the others
            yield name, f"{type(error).__name__}: {error}"[:300]


def _fork_zygote(nursery: socket.socket, theirs: int, here: int, walls: Walls) -> int:
    """Fork a zygote that stands apart from the machine; return its number.

    Whoever leaves a space of processes stays in it, and only what it forks is in the new one: so a process goes
    before, forks the zygote, and is gone; the zygote becomes ours.
    """
    told, tell = os.pipe()
    outside = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    us = os.pidfd_open(here)
    pid = os.fork()
    if pid == 0:
        try:
            os.close(told)
            spaces = leave_spaces(walls)
            between = os.pidfd_open(os.getpid())
            zygote = os.fork()
            if zygote == 0:
                os.close(tell)
                # Until the process in between is gone, and with it the parent whose death would be ours.
                select.select([between], [], [])
                os.close(between)
                _zygote(nursery, theirs, us, stand_apart(walls, spaces, outside))
            os.write(tell, b"%d" % zygote)
        finally:
            os._exit(0)
    os.close(tell)
    os.close(outside)
    os.close(us)
    said = os.read(told, 20)
    os.close(told)
    os.waitpid(pid, 0)
    if not said and walls.namespaces:
        # The spaces were left and nothing could be started in them: better a lower grade, which is said, than none.
        return _fork_zygote(nursery, theirs, here, replace(walls, namespaces=False))
    return int(said)


def _zygote(nursery: socket.socket, theirs: int, parent: int, apart: Apart) -> NoReturn:
    prctl(PDEATHSIG, signal.SIGKILL)
    if select.select([parent], [], [], 0)[0]:
        os._exit(0)
    os.close(parent)
    nursery.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    adopt_orphans()
    served = _Served(socket.socket(fileno=theirs), apart)
    with suppress(OSError):
        while served.one():
            pass
    _sweep(apart, patience=0.0)
    os._exit(0)


@dataclass(slots=True)
class _Company:
    """A child that may read more than one small file: its number, the socket to it, how many files it was given."""

    pid: int
    link: socket.socket
    files: int = 0


class _Served:
    """A zygote's service: one file at a time, in a fresh child or in one that has read small files before."""

    def __init__(self, control: socket.socket, apart: Apart) -> None:
        self._control = control
        self._apart = apart
        self._company: _Company | None = None

    def one(self) -> bool:
        """Serve one file; return whether more may come."""
        message, descriptors, _, _ = socket.recv_fds(self._control, LONGEST, 2)
        if not message:
            return False
        if len(descriptors) != 2:
            return True  # a command to kill a child that has ended already
        if child.Task.parse(message).alone:
            self._dismiss()
            pid, company = self._fork(message, descriptors, None), None
        else:
            company = self._join(message, descriptors)
            pid = company.pid
        for descriptor in descriptors:
            os.close(descriptor)
        # In a space of its own its number means nothing to the parent, who kills us instead, and with us all of them.
        if not self._apart.rules_its_processes:
            self._control.send(STARTED.pack(b"s", pid))
        goes_on, done = _wait(self._control, pid, company)
        if done is not None:
            self._control.send(ENDED.pack(b"e", 0, 0, done))
            return goes_on
        if company is not None:
            company.link.close()
            self._company = None
        _, status, usage = os.wait4(pid, 0)
        _sweep(self._apart, patience=0.0)
        if goes_on:
            spent = int(1000 * (usage.ru_utime + usage.ru_stime))
            self._control.send(ENDED.pack(b"e", status, usage.ru_maxrss, spent))
        return goes_on

    def _fork(self, message: bytes, descriptors: list[int], link: socket.socket | None, *ours: socket.socket) -> int:
        """Fork a child; it keeps its file, its pipe, and `link` where it may get more files."""
        here = os.getpid()
        pid = os.fork()
        if pid == 0:
            waiting = () if self._company is None else (self._company.link,)
            _child((self._control, *ours, *waiting), message, descriptors, here, link, self._apart)
        return pid

    def _join(self, message: bytes, descriptors: list[int]) -> _Company:
        """Hand the file to the child that waits for one, or to a new one."""
        company = self._company
        if company is not None and company.files < MOST_IN_COMPANY:  # else its time is over
            company.files += 1
            with suppress(OSError):
                socket.send_fds(company.link, [message], descriptors)
                return company
        self._dismiss()
        ours, link = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._company = _Company(self._fork(message, descriptors, link, ours), ours, 1)
        link.close()
        return self._company

    def _dismiss(self) -> None:
        """Throw the child away that waits for a file, with whatever it has left behind."""
        if self._company is None:
            return
        self._company.link.close()
        with suppress(ProcessLookupError):
            os.kill(self._company.pid, signal.SIGKILL)
        self._company = None
        _sweep(self._apart, patience=0.0)


def _wait(control: socket.socket, pid: int, company: _Company | None) -> tuple[bool, int | None]:
    """Wait until the child is dead, or done with its file; kill it when the parent says so, or is gone.

    Returns:
        Whether more may come; the milliseconds that a child in company took, None when it is dead.
    """
    ended = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(control, select.POLLIN)
    if company is not None:
        poll.register(company.link, select.POLLIN)
    goes_on = True
    try:
        while True:
            ready = dict(poll.poll())
            if ended in ready:
                return goes_on, None
            if company is not None and company.link.fileno() in ready:
                said = company.link.recv(LONGEST)
                if len(said) == DONE.size:
                    return goes_on, DONE.unpack(said)[1]
                poll.unregister(company.link)  # it says what no child says, or is about to die
                company = None
                continue
            goes_on = bool(control.recv(LONGEST))
            if not goes_on:
                poll.unregister(control)
            # The child may not lead its own group yet: so it is also killed by itself.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            os.kill(pid, signal.SIGKILL)
    finally:
        os.close(ended)


def _child(
    others: tuple[socket.socket, ...],
    message: bytes,
    descriptors: list[int],
    parent: int,
    link: socket.socket | None,
    apart: Apart,
) -> NoReturn:
    try:
        os.setsid()
        die_with(parent)
        for other in others:
            other.close()
        task = child.Task.parse(message)
    except BaseException:  # noqa: BLE001 - the wall: a forked child must never run on as a zygote
        os._exit(3)
    child.live(task, descriptors[0], descriptors[1], link, apart)


def _sweep(apart: Apart | None, *, patience: float) -> None:
    """Kill and reap every process that is ours, after `patience` seconds for those that leave by themselves."""
    rules = apart is not None and apart.rules_its_processes
    with suppress(ChildProcessError):
        for _ in range(int(patience / 0.02)):
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                select.select([], [], [], 0.02)
        while True:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                _kill([-1] if rules else _children())
                select.select([], [], [], 0.001)


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _children() -> Iterator[int]:
    """Yield the processes whose parent we are (man 5 proc, `stat`)."""
    here = os.getpid()
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                if int(file.read().rpartition(b")")[2].split()[1]) == here:
                    yield int(name)
