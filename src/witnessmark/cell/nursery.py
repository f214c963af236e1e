"""The parent's side of the nursery: starts it, gets zygotes from it, hands them files, kills what must end.

Rules for whoever changes this file:
- Nothing of ours is inherited but standard descriptors on /dev/null and one socket; the environment is made here.
- A process is killed by number only while its end has not been reported, so the number cannot be another's.
"""

import json
import mmap
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import witnessmark
from witnessmark.cell import control
from witnessmark.cell.child import Task
from witnessmark.cell.confine import Walls
from witnessmark.errors import WitnessmarkError

_PATIENCE = 120.0  # seconds to load the parsers, on a slow disk
_ENVIRONMENT: Final = {
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    # One thread a child: a forked process must not inherit half a pool.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
_LARGE_PAGES: Final = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
"""A child pays for each page that it touches first, and lives for milliseconds."""
_SMALL_PAGE = 4096
_START = (
    "import json, sys; "
    "sys.path += [path for path in json.loads(sys.argv[1])['paths'] if path not in sys.path]; "
    "from witnessmark.cell.zygote import main; main()"
)


@dataclass(frozen=True, slots=True)
class Readers:
    """What the nursery loads: the function that reads a file, what is loaded before the first file, and its walls.

    Names are `package.module:function`; of what is preloaded, a name without a function is imported only.
    """

    entry: str
    preload: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()  # further places to import from
    walls: Walls = field(default_factory=Walls)
    others: tuple[tuple[str, str], ...] = ()  # what may be done with a file beside reading it, by name

    def function(self, task: str) -> str:
        """Return the function of a task by its name; of reading, when it has none.

        Raises:
            KeyError: for a task that is not in the list: no text from elsewhere ever names a function.
        """
        return dict(self.others)[task] if task else self.entry

    @property
    def loaded(self) -> tuple[str, ...]:
        """What is loaded before the first file: nothing can be loaded later."""
        modules = (name.partition(":")[0] for name in (self.entry, *(function for _, function in self.others)))
        return tuple(dict.fromkeys((*self.preload, *modules)))


class Zygote:
    """A zygote as the parent holds it: it reads one file at a time."""

    def __init__(self, link: socket.socket, pid: int) -> None:
        self._link = link
        self._pid = pid
        self._child: int | None = None  # not told where it ends with its zygote, in a space of processes of its own

    def fileno(self) -> int:
        """Return the descriptor on which it speaks."""
        return self._link.fileno()

    def send(self, task: Task, source: int, output: int) -> bool:
        """Hand it a file and the pipe to answer on; return whether it took them."""
        try:
            socket.send_fds(self._link, [task.message], [source, output])
        except OSError:
            return False
        return True

    def receive(self) -> control.Said:
        """Return what it says; `Gone` when it is dead."""
        try:
            said = control.parse(self._link.recv(control.LONGEST))
        except OSError:
            return control.Gone()
        match said:
            case control.Started(pid=pid):
                self._child = pid or None
            case control.Ended():
                self._child = None
        return said

    def kill_child(self) -> None:
        """Have the child killed, with its process group; its end is reported as any other."""
        with suppress(OSError):
            self._link.send(b"k")

    def destroy(self) -> None:
        """Kill zygote and child at once: for a zygote that does not answer."""
        with suppress(OSError):
            if self._child is not None:
                os.killpg(self._child, signal.SIGKILL)
        with suppress(OSError):
            os.kill(self._pid, signal.SIGKILL)
        self.close()

    def close(self) -> None:
        """Let it go: it kills its child, cleans up and leaves."""
        self._link.close()


class Nursery:
    """The warm interpreter that zygotes are forked from; started once, replaced when it dies."""

    def __init__(self, readers: Readers) -> None:
        self._link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        wanted = {
            "control": theirs.fileno(),
            "parent": os.getpid(),
            "preload": list(readers.loaded),
            "paths": _paths(readers.paths),
            "walls": readers.walls.value,
        }
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-c", _START, json.dumps(wanted)],
                env=environment(mmap.PAGESIZE),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        finally:
            theirs.close()
        self.failures: dict[str, str] = {}
        try:
            self._link.settimeout(_PATIENCE)
            self.failures = {str(k): str(v) for k, v in json.loads(self._link.recv(control.LONGEST)).items()}
        except (OSError, ValueError, AttributeError) as error:
            self.close()
            raise WitnessmarkError("the process that reads files could not be started") from error

    def zygote(self) -> Zygote | None:
        """Return a new zygote, or None when the nursery is dead."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            socket.send_fds(self._link, [b"z"], [theirs.fileno()])
            pid = int(self._link.recv(control.LONGEST))
        except (OSError, ValueError):
            ours.close()
            return None
        finally:
            theirs.close()
        return Zygote(ours, pid)

    def close(self) -> None:
        """Let it go and wait for its end; its zygotes are to be closed before."""
        self._link.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def environment(page: int) -> dict[str, str]:
    """Return the whole environment of a nursery on a machine with pages of that size.

    With large pages the heap grows by one of them at a time: 2 MiB where a page has 4 KiB. Where it has 16 or 64, as
    on some ARM machines, a large one has 32 or 512 MiB, and a child may have 1 GiB altogether.
    """
    return {**_ENVIRONMENT, **(_LARGE_PAGES if page == _SMALL_PAGE else {})}


def _paths(further: Sequence[str]) -> list[str]:
    """Return where the child imports from: the package itself (it may be an editable installation), then as we do."""
    here = str(Path(witnessmark.__path__[0]).parent)
    ours = [path for path in sys.path if os.path.isabs(path)]
    return list(dict.fromkeys([here, *further, *ours]))
