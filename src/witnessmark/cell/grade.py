"""Grade: what confines a reader on this machine, found out by attacking the cell from inside.

At the first start of a process that reads, and by `witnessmark doctor`, each of fourteen attempts is made in a
throw-away child that is confined as any reader is. An attempt was *blocked* (refused, or death), *contained* (it did
happen and could do nothing: a crash, an endless loop that was ended, a socket in an empty network), or nothing that
holds it was *observed*. What a kernel does not offer is never counted as passed. The grade is the worse of what the
children say of their walls and of what the attempts show.
"""

import os
import select
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from witnessmark.cell import attack, control, messages, wire
from witnessmark.cell.budget import Left
from witnessmark.cell.child import SLACK, Task
from witnessmark.cell.confine import Grade, Limits, Walls
from witnessmark.cell.nursery import Nursery, Readers, Zygote
from witnessmark.errors import WitnessmarkError
from witnessmark.model import codec

_LIMITS: Final = Limits(wall=5.0, cpu=5, text=SLACK + (1 << 20))
_SHORT = 0.1
"""Seconds until an attempt that never ends is ended, from when its child has said what confines it."""
_GRACE = 1.0
_ALWAYS: Final = frozenset(
    ("start a process", "crash", "abort", "never end", "take all memory", "flood the answer", "recurse without end")
)
"""What limits and a parent that kills hold by themselves: grade C is this much."""
_NOTHING: Final = Left(0, 0, 0)
_ENDINGS: Final = {"memory": "MemoryError", "refused-limit": "RecursionError"}


class Held(StrEnum):
    """What became of an attempt."""

    BLOCKED = "blocked"
    CONTAINED = "contained"
    NOT_OBSERVED = "not observed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt, what became of it, and what was seen."""

    name: str
    held: Held
    seen: str


@dataclass(frozen=True, slots=True)
class Observed:
    """The grade of this machine's cells, and the attempts that it was found by."""

    grade: Grade
    attempts: tuple[Attempt, ...]

    @property
    def held(self) -> int:
        """How many attempts were blocked or contained."""
        return sum(attempt.held is not Held.NOT_OBSERVED for attempt in self.attempts)


def worse(one: str, other: str) -> str:
    """Return the worse of two grades."""
    return max(one, other)


@cache
def observe(walls: Walls) -> Observed:
    """Attack a cell from inside and return what was seen; once a process.

    Raises:
        WitnessmarkError: when no process that reads can be started.
    """
    nursery = Nursery(Readers("witnessmark.cell.attack:attack", ("witnessmark.cell.attack",), walls=walls))
    try:
        with tempfile.TemporaryDirectory(prefix="witnessmark-") as folder:
            os.chmod(folder, 0o777)  # noqa: S103 - it is to be open to the attempt, and is ours for a second
            targets = {
                "read a file": "/etc/passwd",
                "list a folder": "/",
                "write a file": os.path.join(folder, "written"),
                "run a program": "/bin/true",
                "signal the parent": str(os.getpid()),
                "trace the parent": str(os.getpid()),
                "take all memory": str(4 << 30),
            }
            attacked = list(_attack(nursery, targets))
    finally:
        nursery.close()
    return Observed(_grade(attacked), tuple(attempt for attempt, _ in attacked))


def _grade(attacked: list[tuple[Attempt, str]]) -> Grade:
    """Return the grade that the attempts allow, given what each child said of its walls."""
    open_ = {attempt.name for attempt, _ in attacked if attempt.held is Held.NOT_OBSERVED}
    said = max(grade for _, grade in attacked)
    if open_ & _ALWAYS:
        return Grade.D
    return Grade(worse(said, Grade.C)) if open_ else Grade(said)


def _attack(nursery: Nursery, targets: dict[str, str]) -> Iterator[tuple[Attempt, str]]:
    """Make each attempt; yield it and the grade that its child said it had."""
    zygote: Zygote | None = None
    for name in attack.ATTEMPTS:
        zygote = zygote or nursery.zygote()
        if zygote is None:
            raise WitnessmarkError("the process that reads files dies as soon as it is started")
        heard = _Heard(zygote, name, targets.get(name, ""))
        heard.listen()
        yield Attempt(name, *heard.judgement()), heard.grade
        if not heard.ended_well:
            zygote.destroy()
            zygote = None
    if zygote is not None:
        zygote.close()


class _Heard:
    """What is heard of one attempt: frames, a death, and whether the pipe is let go of."""

    def __init__(self, zygote: Zygote, name: str, target: str) -> None:
        self.grade = Grade.D.value
        self._zygote, self._name = zygote, name
        self._has_begun = False
        self._decoder = wire.Decoder(_LIMITS.text)
        self._said: list[object] = []
        self._outcome = ""
        self._death: control.Said | None = None
        self._stopped = ""
        self._is_let_go = False
        ours, theirs = os.pipe()
        source = os.open(os.devnull, os.O_RDONLY)
        self._pipe = ours
        task = Task("witnessmark.cell.attack:attack", f"{name}:{target}", 0, _LIMITS, _NOTHING)
        try:
            zygote.send(task, source, theirs)
        finally:
            os.close(source)
            os.close(theirs)

    def listen(self) -> None:
        """Hear everything; end what does not end by itself."""
        end = time.monotonic() + _LIMITS.wall
        last = end + _GRACE
        while not (self._is_let_go and self._death is not None):
            now = time.monotonic()
            if now >= last:
                break
            if now >= end and not self._stopped:
                self._stop("ended at its deadline")
            waiting = [one for one, done in ((self._pipe, self._is_let_go), (self._zygote, self._death)) if not done]
            ready, _, _ = select.select(waiting, [], [], max(0.0, (last if self._stopped else end) - now))
            if self._pipe in ready:
                self._hear()
                if self._name == "never end" and self._has_begun:
                    # A slow machine takes longer than this to fork a child: only now is there something to end.
                    end = min(end, time.monotonic() + _SHORT)
            if self._zygote in ready:
                said = self._zygote.receive()
                self._death = None if isinstance(said, control.Started) else said
        os.close(self._pipe)

    def _stop(self, why: str) -> None:
        self._stopped = why
        self._zygote.kill_child()

    def _hear(self) -> None:
        data = os.read(self._pipe, 1 << 18)
        self._is_let_go = not data
        if self._stopped:
            return
        try:
            for message in self._decoder.feed(data):
                match message:
                    case messages.Confined(grade=grade):
                        self.grade, self._has_begun = grade, True
                    case messages.Observation(value_text=text):
                        self._said = codec.decode(text)
                    case messages.Said(outcome=outcome):
                        self._outcome = outcome.value
        except messages.Violation:
            self._stop("ended at the cap of its answer")

    @property
    def ended_well(self) -> bool:
        """Whether the child is gone with all that it started, and its zygote is there to serve again."""
        return isinstance(self._death, control.Ended) and self._is_let_go

    def judgement(self) -> tuple[Held, str]:
        """Return what became of the attempt, and what was seen of it."""
        if not isinstance(self._death, control.Ended) or not self._is_let_go:
            return Held.NOT_OBSERVED, "its keeper was lost, or something it started lives on"
        status = self._death.status
        if self._stopped:
            return Held.CONTAINED, self._stopped
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
            return (Held.BLOCKED if number in {signal.SIGSYS, signal.SIGXFSZ} else Held.CONTAINED), f"killed by {name}"
        if self._outcome:
            return Held.BLOCKED, {"memory": "MemoryError", "refused-limit": "RecursionError"}.get(
                self._outcome, "ended"
            )
        if not self._said:
            return Held.NOT_OBSERVED, "something else ran in its place"
        word, got = str(self._said[0]), str(self._said[1])
        if word == attack.REFUSED:
            return Held.BLOCKED, got
        return (Held.CONTAINED if self._is_harmless(got) else Held.NOT_OBSERVED), f"it got {got}"

    def _is_harmless(self, got: str) -> bool:
        """Tell whether what was got is nothing: a process that is gone, an empty folder, a socket to nowhere."""
        return self._name == "start a process" or got == "0 names" or got.startswith("a socket, and ")
