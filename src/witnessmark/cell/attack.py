"""Attack: what a reader that a file has taken over would try; run in a child, as any reader is, by `cell/grade.py`.

Each attempt does one thing and says how far it came: `refused` with the error's name, or `done` with what it got.
Most are ended by the kernel or by the parent before they can say anything. None does harm where nothing holds it.
"""

import ctypes
import errno
import os
import signal
import socket
import stat
from collections.abc import Callable
from typing import Final

from witnessmark.cell import calls, kernel, wire
from witnessmark.cell.report import Report, Source

OBSERVATION: Final = "attempt"
REFUSED: Final = "refused"
DONE: Final = "done"
_SEIZE = 0x4206  # PTRACE_SEIZE: like attaching, but the other process is not stopped


def attack(source: Source, report: Report) -> None:
    """Make the attempt that the file's name names, on the target that it names after a colon."""
    name, _, target = source.name.partition(":")
    try:
        got = ATTEMPTS[name](target)
    except OSError as error:
        report.observe(OBSERVATION, [REFUSED, errno.errorcode.get(error.errno or 0, str(error.errno))])
    else:
        report.observe(OBSERVATION, [DONE, got])


def _read(target: str) -> str:
    with open(target, "rb") as stream:
        return f"{len(stream.read(100))} bytes"


def _list(target: str) -> str:
    return f"{len(os.listdir(target))} names"


def _write(target: str) -> str:
    with open(target, "wb", buffering=0) as stream:
        stream.write(b"x")
    return "written"


def _socket(_: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        try:
            made.connect(("127.0.0.1", 9))  # no packet is sent
        except OSError as error:
            return f"a socket, and {errno.errorcode.get(error.errno or 0, 'nothing')} on it"
    return "a way out"


def _fork(_: str) -> str:
    if os.fork() == 0:
        os.setsid()
        while True:
            signal.pause()
    return "a process"


def _execute(target: str) -> str:
    os.execv(target, [target])  # noqa: S606


def _signal(target: str) -> str:
    os.kill(int(target), 0)
    return "a signal"


def _trace(target: str) -> str:
    kernel.call(calls.NUMBERS[kernel.MACHINE]["ptrace"] if kernel.IS_KNOWN else -1, _SEIZE, int(target), 0, 0)
    return "traced"


def _crash(_: str) -> str:
    return str(ctypes.string_at(0))


def _abort(_: str) -> str:
    os.abort()


def _loop(_: str) -> str:
    while True:
        pass


def _allocate(target: str) -> str:
    return f"{len(bytearray(int(target)))} bytes"


def _flood(_: str) -> str:
    pipe = next(number for number in range(3, 64) if _is_pipe(number))
    piece = wire.frame(wire.VISIBLE, b"x" * wire.TEXT_FRAME)
    while True:
        os.write(pipe, piece)


def _is_pipe(number: int) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(number).st_mode)
    except OSError:
        return False


def _recurse(target: str) -> str:
    return _recurse(target) + "x"


ATTEMPTS: Final[dict[str, Callable[[str], str]]] = {
    "read a file": _read,
    "list a folder": _list,
    "write a file": _write,
    "open a connection": _socket,
    "start a process": _fork,
    "run a program": _execute,
    "signal the parent": _signal,
    "trace the parent": _trace,
    "crash": _crash,
    "abort": _abort,
    "never end": _loop,
    "take all memory": _allocate,
    "flood the answer": _flood,
    "recurse without end": _recurse,
}
"""The attempts by name, in the order in which they are told."""
