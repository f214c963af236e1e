"""The segments of the vault read again, strictly: what is not as it was sealed, and what of it the whole audit needs.

A segment is read for itself alone, so that several processes can share an archive's segments between them.

Rules for whoever changes this file:
- A process that ends early or cannot be started costs time and nothing else: its segments are read here.
- No process outlives the one that it reads for: the end of its pipe tells it.
"""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

from witnessmark.archive import guard, segment
from witnessmark.archive.erase import Erasure
from witnessmark.archive.log import WIDTH, PublicLog
from witnessmark.archive.recover import digests_named
from witnessmark.errors import Damaged, DiskFailure, Falsified
from witnessmark.model.codec import Fields
from witnessmark.model.words import Kind
from witnessmark.proof import opening

_WORTH_IT = 8 << 20
"""Bytes of segments from which on other processes are started: each takes a tenth of a second to be there."""
_MOST = 8
_AHEAD = 2
_BUNDLES = 256

Part = tuple[Path, int, int]
"""A segment: its file, the index of its first entry, the index after its last."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a line, counted from 1, or with the whole segment (0); the exhibit's handle, where known."""

    line: int
    says: str
    handle: str | None = None


@dataclass(slots=True)
class Reread:
    """What the lines of one segment say."""

    first: int
    wrong: list[Wrong] = field(default_factory=list)
    erased: list[int] = field(default_factory=list)
    """Entries that open to nothing any more."""
    said: list[int] = field(default_factory=list)
    """Entries of which an erasure says that it destroyed them."""
    forks: list[guard.Fork] = field(default_factory=list)
    exhibits: dict[str, str] = field(default_factory=dict)
    """Handle and private id of each exhibit that is sealed here."""
    contents: dict[str, str | None] = field(default_factory=dict)
    """Digests of the contents that are named here, each with the handle of the first exhibit that names it."""


def segments(log: PublicLog, parts: Sequence[Part]) -> Iterator[Reread]:
    """Yield each segment, in order, read again; by several processes where that is worth it."""
    with contextlib.ExitStack() as stack:
        count = _processes(parts)
        others = [stack.enter_context(_Other(log)) for _ in range(count if count > 1 else 0)]
        for at, part in enumerate(parts[: len(others) * _AHEAD]):
            others[at % len(others)].ask(part)
        for at, part in enumerate(parts):
            found = others[at % len(others)].answer() if others else None
            ahead = at + len(others) * _AHEAD
            if others and ahead < len(parts):
                others[at % len(others)].ask(parts[ahead])
            yield reread(log, *part) if found is None else found


def _processes(parts: Sequence[Part]) -> int:
    size = 0
    for path, _, _ in parts:
        with contextlib.suppress(OSError):
            size += path.stat().st_size
    return min(_allowed(), _MOST, len(parts)) if size >= _WORTH_IT else 0


def _allowed() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Other:
    """Another process that reads segments again, one after another; a context manager that ends it."""

    def __init__(self, log: PublicLog) -> None:
        self._here, there = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")  # a fork would copy whatever else this process is doing
        self._process = context.Process(target=_serve, args=(there, log), daemon=True)
        with self._losing():
            self._process.start()
        there.close()

    def ask(self, part: Part) -> None:
        """Let it read a segment when it has read those before it."""
        with self._losing():
            self._here.send(part)

    def answer(self) -> Reread | None:
        """Return the next segment that was asked for, or None when the process is lost."""
        with self._losing():
            found = self._here.recv()
            assert isinstance(found, Reread)
            return found
        return None

    @contextlib.contextmanager
    def _losing(self) -> Iterator[None]:
        try:
            yield
        except (OSError, EOFError):
            self._here.close()  # from now on it refuses, and that is met here again

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._here.close()
        if self._process.pid is not None:
            self._process.terminate()
            self._process.join()


def _serve(asked: Connection, log: PublicLog) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked is told, and ends this
    with contextlib.suppress(EOFError, OSError):
        while True:
            asked.send(reread(log, *asked.recv()))


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
            kind, digests = opening.parse_record(line.record)
            fields = opening.check_disclosed(digests, line.fields)
            named = digests_named(kind, fields)
        except (Damaged, Falsified) as error:
            found.wrong.append(Wrong(number, f"its record or a field is not as it was sealed: {error}"))
            return
        handle = _remember(found, kind, fields)
        for digest in named:
            found.contents.setdefault(digest.hex, handle)
    try:
        agrees = entries.at(line.index) == line.entry
    except (Damaged, DiskFailure, IndexError):
        return  # the tiles' half of the audit has named it
    if not agrees:
        found.wrong.append(Wrong(number, f"it is not what entry {line.index} of the log closes", handle))


def _remember(found: Reread, kind: str, fields: Fields) -> str | None:
    """Note what the whole audit needs of an event; return the handle of the exhibit that it is about."""
    if kind == Kind.ERASURE:
        with contextlib.suppress(Damaged):  # of a newer version: what it erased is named as untold
            found.said += Erasure.from_fields(fields).entries
    elif (fork := guard.Fork.from_event(kind, fields)) is not None:
        found.forks.append(fork)
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
