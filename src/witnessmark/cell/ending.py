"""How a reading ended: the one function that turns a death and the last words into an outcome of the closed list."""

import os
import signal
from dataclasses import dataclass
from enum import Enum

from witnessmark.cell.confine import Limits
from witnessmark.cell.control import Ended
from witnessmark.cell.messages import Said
from witnessmark.model.derivative import Outcome


class Why(Enum):
    """Why the parent stopped a child."""

    DEADLINE = "deadline"
    VIOLATION = "violation"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True)
class Stop:
    """That the parent stopped a child, and what for."""

    why: Why
    detail: str


_STARVED = {signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS}
_BY_STOP = {
    Why.DEADLINE: Outcome.TIMEOUT,
    Why.VIOLATION: Outcome.VIOLATION,
    Why.BUDGET: Outcome.REFUSED_LIMIT,
}


def outcome(
    death: Ended | None, *, said: Said | None, finished: bool, stop: Stop | None, limits: Limits
) -> tuple[Outcome, str]:
    """Return the outcome and one plain sentence ("" for `ok`).

    Args:
        death: how the child died; None when its zygote died with it.
        said: the child's last word on its outcome.
        finished: whether it said that it had said everything.
        stop: what the parent stopped it for.
        limits: what it was allowed.
    """
    if stop is not None:
        return _BY_STOP[stop.why], stop.detail
    if death is None:
        return Outcome.CRASH, "the reader took its keeper down with it"
    if os.WIFSIGNALED(death.status):
        return _by_signal(os.WTERMSIG(death.status), death, limits)
    if not finished or os.waitstatus_to_exitcode(death.status) != 0:
        return Outcome.CRASH, f"the reader ended without an answer (exit {os.waitstatus_to_exitcode(death.status)})"
    return (Outcome.OK, "") if said is None else (said.outcome, said.detail)


def _by_signal(number: int, death: Ended, limits: Limits) -> tuple[Outcome, str]:
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    if number == signal.SIGXCPU or (number == signal.SIGKILL and death.seconds >= limits.cpu):
        return Outcome.TIMEOUT, f"not read after {limits.cpu} s of the processor's time"
    if number == signal.SIGXFSZ:
        return Outcome.VIOLATION, "the reader tried to write a file"
    if number == signal.SIGSYS:
        return Outcome.VIOLATION, "the reader made a system call that is closed to it"
    if number in _STARVED and death.peak * 1024 >= limits.memory // 2:
        return Outcome.MEMORY, f"the reader died of {name} near its memory limit"
    return Outcome.CRASH, f"the reader died of {name}"
