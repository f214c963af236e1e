"""A program of this machine, run once on one file, behind walls: the parent's side; `cell/launch.py` puts them up.

What a program leaves is as hostile as the file: it comes back as bytes, capped, and is read in an ordinary cell.

Rules for whoever changes this file:
- No shell, no text from a file in a command line, no name from a leak on the disk.
- Whatever a program does, it costs its deadline; when `run` is done its folder is gone, and with it every process.
"""

import json
import os
import select
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final

import witnessmark
from witnessmark.cell.confine import Grade, Walls
from witnessmark.errors import DiskFailure, WitnessmarkError

FOLDER: Final = "{folder}"
"""Stands in a command for the program's own folder, the only place where it can write."""
_ENVIRONMENT: Final = {
    "PATH": "/usr/bin:/bin",
    "HOME": FOLDER,
    "TMPDIR": FOLDER,
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    # As many files are read at once as there are processors: threads of each would only be in their way.
    "OMP_NUM_THREADS": "1",
    "OMP_THREAD_LIMIT": "1",
    "SAL_USE_VCLPLUGIN": "svp",  # LibreOffice draws in memory
}
_GRACE = 3.0
_CHUNK = 1 << 18
_START = (
    "import json, sys; "
    "sys.path += [path for path in json.loads(sys.argv[1])['paths'] if path not in sys.path]; "
    "from witnessmark.cell.launch import main; main()"
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What one run of a program may take: seconds, bytes, processes; `memory` and `disk` are those of all together."""

    wall: float = 60.0
    cpu: int = 60
    address: int = 4 << 30
    memory: int = 1 << 30
    disk: int = 512 << 20
    processes: int = 64
    files: int = 512
    output: int = 16 << 20


@dataclass(frozen=True, slots=True)
class Command:
    """A program by its whole path, its arguments with `FOLDER` in them, and what it finds when it starts.

    `files` are put into its folder beforehand, by their names there; `reads` is what it may read beside that folder and
    what is installed for everybody.
    """

    program: str
    arguments: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    allowed: Allowed = field(default_factory=Allowed)


class Ended(StrEnum):
    """How a run ended."""

    WELL = "ended well"
    BADLY = "ended with an error"
    SIGNAL = "died of a signal"
    TIMEOUT = "was not done at its deadline"
    MEMORY = "took more memory than it may"
    DISK = "wrote more than it may"
    PROCESSES = "started more processes than it may"
    OUTPUT = "said more than is kept"
    UNCONFINED = "was not started: the walls that stand here are fewer than was accepted"
    UNSTARTED = "could not be started"


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run: how it ended, what it said on its standard output, the grade observed, seconds."""

    ended: Ended
    status: int
    output: bytes
    grade: Grade
    seconds: float


Take = Callable[[str, BinaryIO, int], None]
"""Takes a file that a program made: the name that it was asked for by, a stream, and its length."""


def run(
    command: Command,
    folder: Path,
    *,
    accepted: str,
    sources: Mapping[str, Iterable[bytes]] = MappingProxyType({}),
    made: Sequence[str] = (),
    take: Take | None = None,
    walls: Walls = Walls(),  # noqa: B008 - it cannot change
) -> Ran:
    """Run a program, on files where some are given, and return what came of it.

    Args:
        command: what to run.
        folder: where its own folder is made, and removed.
        accepted: the worst grade that will do; behind fewer walls nothing is started.
        sources: the bytes of each file, by what it is called in the program's folder.
        made: the names, in that folder, of the files that are taken when the program ends well.
        take: what takes them.
        walls: which of the kernel's walls to put up; all, but in a test of what happens when one is missing.

    Raises:
        DiskFailure: when its folder cannot be made or filled.
        WitnessmarkError: when no process can be started.
    """
    started = time.monotonic()
    own = _folder(folder)
    try:
        _fill(own, command, sources)
        said, output = _launch(command, own, accepted, walls)
        ended = Ended[str(said["ended"])]
        for name in made if ended is Ended.WELL else ():
            assert take is not None
            _give(own, name, take, command.allowed.disk)
    finally:
        _remove(own)
    return Ran(ended, int(str(said["status"])), output, Grade(str(said["grade"])), time.monotonic() - started)


def _folder(above: Path) -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="program-", dir=above)).resolve()
    except OSError as error:
        raise DiskFailure(f"no folder can be made for a program in {above}: {error.strerror}") from error


def _fill(own: Path, command: Command, sources: Mapping[str, Iterable[bytes]]) -> None:
    try:
        for place, data in command.files.items():
            (own / place).parent.mkdir(parents=True, exist_ok=True)
            (own / place).write_bytes(data)
        for name, source in sources.items():
            with open(own / name, "xb") as copy:
                copy.writelines(source)
    except OSError as error:
        raise DiskFailure(f"the folder of a program cannot be filled: {error.strerror}") from error


def _launch(command: Command, own: Path, accepted: str, walls: Walls) -> tuple[dict[str, object], bytes]:
    """Start the launcher, hear program and launcher, and return what both said."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    wanted = {
        "control": theirs.fileno(),
        "parent": os.getpid(),
        "paths": [str(Path(witnessmark.__path__[0]).parent)],
        "folder": str(own),
        "command": [command.program, *command.arguments],
        "reads": list(command.reads),
        "environment": _ENVIRONMENT,
        "allowed": asdict(command.allowed),
        "accepted": accepted,
        "walls": walls.value,
    }
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-X", "utf8", "-c", _START, json.dumps(wanted)],
            env={"LANG": "C.UTF-8", "TZ": "UTC"},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        ours.close()
        raise WitnessmarkError(f"no process can be started for a program: {error.strerror}") from error
    finally:
        theirs.close()
    with ours:
        return _hear(process, ours, command.allowed)


def _hear(
    process: subprocess.Popen[bytes], control: socket.socket, allowed: Allowed
) -> tuple[dict[str, object], bytes]:
    """Hear the program's output and, last of all, the launcher's word; without one, the launcher is killed."""
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    os.set_blocking(pipe, False)
    output = bytearray()
    said: dict[str, object] = {"ended": "UNSTARTED", "status": 0, "grade": "D"}
    end = time.monotonic() + allowed.wall + _GRACE
    is_over = False
    try:
        while True:
            waiting: list[socket.socket | int] = [control] if is_over else [control, pipe]
            ready, _, _ = select.select(waiting, [], [], max(0.0, end - time.monotonic()))
            if not ready:
                said["ended"] = "TIMEOUT"
                break
            if pipe in ready:
                is_over = _take_in(pipe, output, allowed.output)
                if len(output) > allowed.output:
                    with suppress(OSError):
                        control.send(b"o")  # the launcher ends it, and says why
            if control in ready:
                word = control.recv(1 << 16)
                said = json.loads(word) if word else said
                break
        while not is_over:  # what lies in the pipe; nothing alive holds its other end but the launcher, who is silent
            try:
                is_over = _take_in(pipe, output, allowed.output)
            except BlockingIOError:
                break
    finally:
        control.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_GRACE)
        process.kill()
        process.wait()
        process.stdout.close()
    if len(output) > allowed.output and said["ended"] == Ended.WELL.name:
        # It was done before the launcher could end it; what is kept is cut all the same.
        said["ended"] = Ended.OUTPUT.name
    return said, bytes(output[: allowed.output])


def _take_in(pipe: int, output: bytearray, most: int) -> bool:
    """Take what lies in the pipe; return whether that was all there is, or one byte more than is kept."""
    data = os.read(pipe, _CHUNK)
    output += data[: most + 1 - len(output)]
    return not data or len(output) > most


def _give(own: Path, name: str, take: Take, most: int) -> None:
    """Hand over a plain file that the program made: never a link, a pipe, or more than it was allowed to write."""
    try:
        descriptor = os.open(own / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_size > most:
        os.close(descriptor)
        return
    with open(descriptor, "rb") as file:
        take(name, file, found.st_size)


def _remove(own: Path) -> None:
    """Remove the folder, also where a program without walls changed its modes."""
    for _ in range(3):
        shutil.rmtree(own, ignore_errors=True)
        if not os.path.lexists(own):
            return
        for place, _, _ in os.walk(own):
            with suppress(OSError):
                os.chmod(place, stat.S_IRWXU)
