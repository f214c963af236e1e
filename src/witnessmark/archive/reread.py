"""The segments of the vault read again, strictly: what is not as it was sealed, and what of it the whole audit needs.

A segment is read for itself alone, so that several processes can share an archive's segments between them.

Rules for whoever changes this file:
- A process that ends early or cannot be started costs time and nothing else: its segments are read here.
- No process outlives the one that it reads for: the end of its pipe tells it.
- A forked process lets go of every descriptor but its own pipe's and the three standard ones: it holds no lock of the
  archive, keeps no other pipe open, and ends without writing what this process had still to write.
"""

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Self

from witnessmark.archive import guard, segment
from witnessmark.archive.erase import Erasure
from witnessmark.archive.log import WIDTH, PublicLog
from witnessmark.archive.recover import digests_named
from witnessmark.errors import Damaged, DiskFailure, Falsified
from witnessmark.model import codec
from witnessmark.model.codec import Fields, Value
from witnessmark.model.words import Kind
from witnessmark.proof import opening

_WORTH_A_FORK = 1 << 20
_WORTH_A_START = 8 << 20
"""Bytes of segments from which on others read too: they are forked in milliseconds, or take a fifth of a second."""
_STANDARD = 2
"""The last of the three standard descriptors."""
_MOST = 8
_AHEAD = 8
"""Segments that each may have read before they are needed."""
_BUNDLES = 256
_SHORT = 200
"""Characters of the longest value that is remembered."""

Part = tuple[Path, int, int]
"""A segment: its file, the index of its first entry, the index after its last."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a line, counted from 1, or with the whole segment (0); the exhibit's handle, where known."""

    line: int
    says: str
    handle: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An erasure, at an index of the log, of which it cannot be said what it erased."""

    index: int
    says: str


Telling = Erasure | Unreadable | guard.Fork


@dataclass(slots=True)
class Reread:
    """What the lines of one segment say."""

    first: int
    wrong: list[Wrong] = field(default_factory=list)
    erased: list[int] = field(default_factory=list)
    """Entries that open to nothing any more."""
    told: list[Telling] = field(default_factory=list)
    """What the ledger says of what is not here, or should not be."""
    exhibits: dict[str, str] = field(default_factory=dict)
    """Handle and private id of each exhibit that is sealed here."""
    contents: dict[str, str | None] = field(default_factory=dict)
    """Digests of the contents that are named here, each with the handle of the first exhibit that names it."""


@contextlib.contextmanager
def reading(log: PublicLog, parts: Sequence[Part]) -> Iterator[Iterator[Reread]]:
    """Yield the segments, in order, read again; where that is worth it by other processes, which begin at once."""
    with contextlib.ExitStack() as stack:
        is_forked = _may_fork()
        count = _processes(parts, _WORTH_A_FORK if is_forked else _WORTH_A_START)
        others = [stack.enter_context(_Other(log, is_forked=is_forked)) for _ in range(count if count > 1 else 0)]
        shared = _Shared(parts, others)
        yield (reread(log, *parts[at]) if found is None else found for at, found in enumerate(shared.answers()))


def _processes(parts: Sequence[Part], worth: int) -> int:
    size = 0
    for path, _, _ in parts:
        with contextlib.suppress(OSError):
            size += path.stat().st_size
    return min(_allowed(), _MOST, len(parts)) if size >= worth else 0


def _may_fork() -> bool:
    """Tell whether this process may be forked: on Linux, and with one thread, for the others would be cut in two."""
    try:
        return sys.platform == "linux" and len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False


def _allowed() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Shared:
    """Segments dealt to other processes: each goes to the one that has least to do."""

    def __init__(self, parts: Sequence[Part], others: Sequence["_Other"]) -> None:
        self._parts, self._others = parts, others
        self._found: dict[int, Reread | None] = {}
        self._next = 0
        self._ask(0)

    def answers(self) -> Iterator[Reread | None]:
        """Yield what each segment says, in order; None where it has to be read here."""
        for at in range(len(self._parts)):
            self._take(waiting=0)
            self._ask(at)
            while at not in self._found:
                self._take(waiting=None)
            yield self._found.pop(at)

    def _ask(self, at: int) -> None:
        """Have those segments read that may be read while this process is at one."""
        end = min(len(self._parts), at + max(1, len(self._others) * _AHEAD))
        for number in range(self._next, end):
            at_hand = [other for other in self._others if not other.is_lost]
            if at_hand:
                min(at_hand, key=lambda other: len(other.asked)).ask(number, self._parts[number])
            else:
                self._found[number] = None
        self._next = max(self._next, end)

    def _take(self, waiting: float | None) -> None:
        """Take what others have found; None waits until one of them has found something."""
        busy = [other for other in self._others if other.asked and not other.is_lost]
        ready = wait([other.pipe for other in busy], waiting) if busy else []
        for other in busy:
            if other.pipe in ready:
                other.answer(self._found)
        for other in self._others:
            if other.is_lost:
                self._found.update(dict.fromkeys(other.asked))
                other.asked.clear()


class _Other:
    """Another process that reads segments again, one after another; a context manager that ends it."""

    def __init__(self, log: PublicLog, *, is_forked: bool) -> None:
        self.pipe, there = multiprocessing.Pipe()
        self.is_lost = False
        self.asked: deque[int] = deque()
        """What it has not answered yet."""
        if is_forked:  # docs/decisions/0037
            forking = multiprocessing.get_context("fork")
            self._process: BaseProcess = forking.Process(target=_serve_forked, args=(there, log), daemon=True)
        else:
            spawning = multiprocessing.get_context("spawn")
            self._process = spawning.Process(target=_serve, args=(there, log), daemon=True)
        with self._losing():
            self._process.start()
        there.close()

    def ask(self, number: int, part: Part) -> None:
        """Let it read a segment when it has read those before it."""
        self.asked.append(number)
        with self._losing():
            _send(self.pipe, part)

    def answer(self, found: dict[int, Reread | None]) -> None:
        """Add what it says of the first segment that it was asked for."""
        with self._losing():
            answer = self.pipe.recv()
            assert isinstance(answer, Reread)
            found[self.asked.popleft()] = answer

    @contextlib.contextmanager
    def _losing(self) -> Iterator[None]:
        try:
            yield
        except (OSError, EOFError):
            self.is_lost = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.pipe.close()
        if self._process.pid is not None:
            self._process.kill()  # it may have inherited a handler of gentler signals, and has nothing to tidy up
            self._process.join()


def _send(pipe: Connection, value: object) -> None:
    """Send a value as `Connection.send` does, which leaves a view of its own buffer behind when the pipe is broken.

    From Python 3.13 on the collector of garbage complains of such a view.
    """
    with ForkingPickler.dumps(value) as view:
        data = bytes(view)
    pipe.send_bytes(data)


def _serve_forked(asked: Connection, log: PublicLog) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > _STANDARD and int(name) != asked.fileno():
            with contextlib.suppress(OSError):  # the folder's own is closed already
                os.close(int(name))
    gc.freeze()  # what is inherited is never looked through for garbage: that would copy it
    _serve(asked, log)


def _serve(asked: Connection, log: PublicLog) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked is told, and ends this
    with contextlib.suppress(EOFError, OSError):
        while True:
            _send(asked, reread(log, *asked.recv()))


def reread(log: PublicLog, path: Path, first: int, end: int) -> Reread:
    """Return what the lines of a segment say, each made again from its fields up to the entry in the log."""
    found = Reread(first)
    try:
        lines = segment.load(path)
    except (Damaged, DiskFailure) as error:
        found.wrong.append(Wrong(0, str(error)))
        return found
    seen, entries = set[int](), _Entries(log)
    for number, line in enumerate(lines, 1):
        try:
            read = segment.parse(line)
        except Damaged as error:
            found.wrong.append(Wrong(number, str(error)))
            continue
        if read.index in seen or not first <= read.index < end:
            found.wrong.append(Wrong(number, "its index stands elsewhere too, or belongs to another segment"))
        seen.add(read.index)
        _line(found, number, read, entries)
    missing = end - first - len(seen)
    if missing:
        found.wrong.append(Wrong(0, f"{missing} of {end - first} entries are missing or cannot be read"))
    return found


def _line(found: Reread, number: int, line: segment.Line, entries: "_Entries") -> None:
    handle: str | None = None
    if line.is_erased:
        found.erased.append(line.index)
    if line.is_event:
        try:
            decode = _decode_short if max(map(len, line.texts), default=0) <= _SHORT else _decode
            kind, fields = opening.open_event(line.record, line.names, line.salts, line.texts, decode)
            named = digests_named(kind, fields)
        except (Damaged, Falsified) as error:
            found.wrong.append(Wrong(number, f"its record or a field is not as it was sealed: {error}"))
            return
        handle = _remember(found, line.index, kind, fields)
        for digest in named:
            found.contents.setdefault(digest.hex, handle)
    try:
        agrees = entries.at(line.index) == line.entry
    except (Damaged, DiskFailure, IndexError):
        return  # the tiles' half of the audit has named it
    if not agrees:
        found.wrong.append(Wrong(number, f"it is not what entry {line.index} of the log closes", handle))


def _decode(text: str) -> Value:
    """Return the value of a field; those that stand in many lines are decoded once, and only looked at here."""
    return _decode_short(text) if len(text) <= _SHORT else codec.decode_canonical(text)


_decode_short = lru_cache(maxsize=4096)(codec.decode_canonical)


def _remember(found: Reread, index: int, kind: str, fields: Fields) -> str | None:
    """Note what the whole audit needs of an event; return the handle of the exhibit that it is about."""
    if kind == Kind.ERASURE:
        try:
            found.told.append(Erasure.from_fields(fields))
        except Damaged as error:
            found.told.append(Unreadable(index, str(error)))
    elif (fork := guard.Fork.from_event(kind, fields)) is not None:
        found.told.append(fork)
    handle, private = fields.get("handle"), fields.get("id")
    if not isinstance(handle, str):
        return None
    if kind == Kind.EXHIBIT and isinstance(private, str):
        found.exhibits.setdefault(handle, private)
    return handle


class _Entries:
    """Entries of the log by index: a batch stands in it at random, so its lines go to and fro between bundles."""

    def __init__(self, log: PublicLog) -> None:
        self._log = log
        self._bundles: dict[int, list[bytes]] = {}

    def at(self, index: int) -> bytes:
        """Return an entry.

        Raises:
            IndexError: when the log has none there.
            Damaged: when its bundle is missing or shorter.
            DiskFailure: when that cannot be read.
        """
        number = index // WIDTH
        if number not in self._bundles:
            if len(self._bundles) >= _BUNDLES:
                self._bundles.clear()
            width = min(WIDTH, self._log.checkpoint.size - number * WIDTH)
            self._bundles[number] = self._log.entries(number, width)
        return self._bundles[number][index % WIDTH]
