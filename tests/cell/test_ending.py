"""Laws of endings: each way to die has one outcome."""

import signal

import pytest

from witnessmark.cell.confine import Limits
from witnessmark.cell.control import ENDED, STARTED, Ended, Gone, Started, parse
from witnessmark.cell.ending import Stop, Why, outcome
from witnessmark.cell.messages import Said
from witnessmark.model.derivative import Outcome

LIMITS = Limits()
NEAR = LIMITS.memory // 1024 * 3 // 4


def ending(status, *, said=None, finished=True, stop=None, peak=10_000, seconds=0.1):
    return outcome(Ended(status, peak, seconds), said=said, finished=finished, stop=stop, limits=LIMITS)


def test_a_clean_end_is_what_the_reader_said():
    assert ending(0) == (Outcome.OK, "")
    assert ending(0, said=Said(Outcome.PARTIAL, "half")) == (Outcome.PARTIAL, "half")


def test_silence_is_a_crash():
    assert ending(0, finished=False)[0] is Outcome.CRASH
    assert ending(3 << 8)[0] is Outcome.CRASH
    assert ending(3 << 8, finished=False) == (Outcome.CRASH, "the reader ended without an answer (exit 3)")


@pytest.mark.parametrize("number", [n for n in signal.Signals if n not in {signal.SIGSTOP, signal.SIGCONT}])
def test_no_death_by_signal_is_a_good_end(number):
    for peak in (10_000, NEAR):
        found, detail = ending(int(number), said=Said(Outcome.OK, ""), peak=peak)
        assert found in {Outcome.CRASH, Outcome.MEMORY, Outcome.TIMEOUT, Outcome.VIOLATION}
        assert detail


@pytest.mark.parametrize(
    ("number", "peak", "seconds", "expected"),
    [
        (signal.SIGSEGV, 10_000, 1, Outcome.CRASH),
        (signal.SIGSEGV, NEAR, 1, Outcome.MEMORY),
        (signal.SIGABRT, NEAR, 1, Outcome.MEMORY),
        (signal.SIGKILL, NEAR, 1, Outcome.MEMORY),
        (signal.SIGKILL, 10_000, 1, Outcome.CRASH),
        (signal.SIGKILL, 10_000, 21, Outcome.TIMEOUT),
        (signal.SIGXCPU, 10_000, 20, Outcome.TIMEOUT),
        (signal.SIGXFSZ, 10_000, 1, Outcome.VIOLATION),
        (signal.SIGSYS, 10_000, 1, Outcome.VIOLATION),
        (signal.SIGTERM, NEAR, 1, Outcome.CRASH),
    ],
)
def test_a_signal_is_told_by_what_went_before(number, peak, seconds, expected):
    assert ending(int(number), finished=False, peak=peak, seconds=seconds)[0] is expected


def test_what_the_parent_stopped_is_named_for_its_reason():
    for why, expected in (
        (Why.DEADLINE, Outcome.TIMEOUT),
        (Why.VIOLATION, Outcome.VIOLATION),
        (Why.BUDGET, Outcome.REFUSED_LIMIT),
    ):
        assert ending(int(signal.SIGKILL), stop=Stop(why, "because")) == (expected, "because")
        assert outcome(None, said=None, finished=False, stop=Stop(why, "x"), limits=LIMITS) == (expected, "x")


def test_a_zygote_that_died_too_is_a_crash():
    assert outcome(None, said=None, finished=True, stop=None, limits=LIMITS)[0] is Outcome.CRASH


def test_control_records_are_read_by_their_length():
    assert parse(STARTED.pack(b"s", 12)) == Started(12)
    assert parse(ENDED.pack(b"e", 9, 4096, 1500)) == Ended(9, 4096, 1.5)
    for noise in (b"", b"s", b"e" * STARTED.size, b"s" * ENDED.size, STARTED.pack(b"s", 1) + b"x"):
        assert parse(noise) == Gone()
