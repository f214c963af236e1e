"""Namespaces: a process leaves the machine's network, processes, and names for empty ones of its own.

An empty network holds no device that is up, so nothing leaves it, whatever socket a process gets. A process in a user
namespace has no power over anything outside. Some systems forbid them to ordinary users (or in containers): then each
is tried, and what was left is what counts. See man 7 namespaces, man 7 user_namespaces.
"""

import ctypes
import os
import signal
import socket
from contextlib import suppress
from enum import Enum
from typing import Final

from witnessmark.cell import kernel

_CAPABILITY_VERSION = 0x2008_0522
_CAPSET: Final = {"x86_64": 126, "aarch64": 91}
_MOUNT: Final = {"x86_64": 165, "aarch64": 40}
_BIND, _PRIVATE_ALL = 0x1000, 0x4_4000  # MS_BIND; MS_PRIVATE | MS_REC
_UNSHARE: Final = {"x86_64": 272, "aarch64": 97}


class Space(Enum):
    """A namespace, by its name under /proc/PID/ns; the value is its flag (sched.h, CLONE_NEW*)."""

    MOUNT = "mnt", 0x0002_0000
    NAMES = "uts", 0x0400_0000
    MESSAGES = "ipc", 0x0800_0000
    USER = "user", 0x1000_0000
    PROCESSES = "pid", 0x2000_0000
    NETWORK = "net", 0x4000_0000

    @property
    def name_in_proc(self) -> str:
        """How the kernel calls it."""
        return self.value[0]

    @property
    def flag(self) -> int:
        """Its bit."""
        return self.value[1]


def leave(*spaces: Space) -> frozenset[Space]:
    """Enter new, empty namespaces; return those that were entered.

    First together with a new user namespace, as whose root an ordinary user may; then alone, as the machine's root may.
    A new namespace of processes holds the children of this process, the first of which rules it.
    """
    wanted: set[Space] = set(spaces) - {Space.USER}
    if Space.USER in spaces:
        if _unshare({Space.USER, *wanted}):
            return frozenset({Space.USER, *wanted})
        if _unshare({Space.USER}):
            return frozenset({Space.USER, *(space for space in wanted if _unshare({space}))})
    if _unshare(wanted):
        return frozenset(wanted)
    return frozenset(space for space in wanted if _unshare({space}))


def _unshare(spaces: set[Space]) -> bool:
    if not spaces:
        return True
    try:
        kernel.call(_UNSHARE[kernel.MACHINE], sum(space.flag for space in spaces))
    except (OSError, KeyError):
        return False
    return True


def is_network_empty() -> bool:
    """Tell, by trying, whether no address can be reached: not even our own machine's."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
            tried.connect(("127.0.0.1", 9))
    except OSError:
        return True
    return False


def show_as(folder: str, place: str) -> bool:
    """Let a folder be seen at another place, over what lies there, in a `MOUNT` space just entered; tell whether it is.

    Nobody outside sees it there.
    """
    mount = _MOUNT.get(kernel.MACHINE, -1)
    try:
        kernel.call(mount, b"none\0", b"/\0", 0, _PRIVATE_ALL, 0)
        kernel.call(mount, os.fsencode(folder) + b"\0", os.fsencode(place) + b"\0", 0, _BIND, 0)
    except OSError:
        return False
    return True


def drop_powers() -> None:
    """Give up every capability, also those over the namespaces entered; a root without them is a user like others.

    Raises:
        OSError: when the kernel refuses.
    """
    head = ctypes.c_uint32 * 2
    nothing = bytes(24)
    kernel.call(_CAPSET.get(kernel.MACHINE, -1), bytes(head(_CAPABILITY_VERSION, 0)), nothing)


class Nowhere:
    """An empty folder to make the root of one's files: that of a process, in /proc, which ends once it is entered.

    Nothing is in it, nor ever can be. It is made before namespaces are entered: in a new one of processes the numbers
    are not those of /proc, and an ordinary user may change its root in a new `USER` space only.
    """

    def __init__(self) -> None:
        self._process = os.fork()
        if self._process == 0:
            while True:
                signal.pause()

    def enter(self) -> bool:
        """Go there with this process and all that it forks from now on; tell whether nothing else is in sight.

        Files that are open stay so.
        """
        try:
            os.chdir(f"/proc/{self._process}/task")
            os.chroot(".")
        except OSError:
            return False
        finally:
            self.forget()
        with suppress(OSError):
            os.chdir("/")
        return not os.path.lexists("/proc")

    def forget(self) -> None:
        """End the process whose folder it is."""
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
