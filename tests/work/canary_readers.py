"""Readers that do what hostile files make readers do; imported by name in the cell's child only."""

import ctypes
import os
import signal
import subprocess
import sys
import time

from witnessmark.cell import wire
from witnessmark.cell.report import ReadingStopped
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind, How, PathStep


def read(source, report):
    """Do what the file's name says."""
    globals()[source.name.partition(":")[0]](source, report)


def output():
    """The pipe to the parent: the highest pipe that is open."""
    pipes = [n for n in range(3, 32) if _links_to_pipe(n)]
    return pipes[-1]


def _links_to_pipe(number):
    try:
        return (os.fstat(number).st_mode & 0o170000) == 0o010000
    except OSError:
        return False


def quick(source, report):
    report.found("text/plain", ExhibitKind.DOCUMENT)
    report.visible(source.stream.read().decode())


def everything(source, report):
    report.found("application/x-all", ExhibitKind.CONTAINER)
    report.tool("canary", "1.0")
    report.visible("first page\r")
    report.visible("\nsecond line\twith\x00 dirt \ud800\f")
    report.hidden("comment", "line one\nline two")
    report.hidden("hidden [sheet]", "x")
    report.observe("a.date", {"raw": "2032", "deep": [1, None, True, 2**60, 1.5, b"\xff"]})
    with report.member((PathStep("folder"), PathStep("a?", b"a\xff")), How.COPIED, {"mtime": "12"}) as sink:
        report.observe("inside", 1)
        report.visible("said while a member was open")
        sink.write(b"member ")
        sink.write(b"bytes")
    with report.member((PathStep("empty"),), How.DECODED, {}):
        pass
    report.refuse_member((PathStep("link"),), Outcome.REFUSED_POLICY, "a link", {"size": 3})
    report.languages(("ug", "zh"))
    report.outcome(Outcome.CORRUPT, "overridden")
    report.outcome(Outcome.PARTIAL, "half of it")


def loop(source, report):
    report.found("text/plain", ExhibitKind.DOCUMENT)
    report.visible("kept before the loop")
    time.sleep(0.1)
    report.visible(".")
    while True:
        pass


def sleep_ignoring_sigterm(source, report):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    time.sleep(1000)


def burn(source, report):
    while True:
        pass


def allocate(source, report):
    report.visible("before")
    kept = []
    for _ in range(64):
        kept.append(bytearray(64 << 20))


def allocate_at_once(source, report):
    bytearray(4 << 30)


def abort_near_limit(source, report):
    kept = []
    try:
        while True:
            kept.append(b"x" * (8 << 20))
    except MemoryError:
        os.abort()


def segfault(source, report):
    report.found("text/plain", ExhibitKind.DOCUMENT)
    ctypes.string_at(0)


def abort(source, report):
    os.abort()


def kill_itself(source, report):
    os.kill(os.getpid(), signal.SIGKILL)


def kill_its_zygote(source, report):
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(1000)


def stop_its_zygote(source, report):
    os.kill(os.getppid(), signal.SIGSTOP)
    time.sleep(1000)


def kill_zygote_and_leave_grandchild(source, report):
    if os.fork() == 0:
        os.setsid()
        time.sleep(1000)
    kill_its_zygote(source, report)


def flood_text(source, report):
    while True:
        report.visible("flood " * 10_000)


def flood_raw(source, report):
    piece = wire.frame(wire.VISIBLE, b"x" * wire.TEXT_FRAME)
    while True:
        os.write(output(), piece)


def flood_empty_frames(source, report):
    piece = wire.frame(wire.VISIBLE, b"") * 1000
    while True:
        os.write(output(), piece)


def flood_member(source, report):
    with report.member((PathStep("bomb"),), How.DECODED, {}) as sink:
        while True:
            sink.write(bytes(1 << 20))


def flood_member_raw(source, report):
    report.found("application/zip", ExhibitKind.CONTAINER)
    with report.member((PathStep("good"),), How.DECODED, {}) as sink:
        sink.write(b"good")
    report._flush()
    out = output()
    os.write(out, wire.record(wire.MEMBER, [[{"name": "bomb"}], "decoded", {}]))
    while True:
        os.write(out, wire.frame(wire.BYTES, bytes(1 << 18)))


def flood_members(source, report):
    for number in range(10**6):
        with report.member((PathStep(str(number)),), How.COPIED, {}):
            pass


def too_deep(source, report):
    with report.member((PathStep("inner"),), How.COPIED, {}) as sink:
        sink.write(b"x")


def lie_about_length(source, report):
    os.write(output(), wire.HEAD.pack(b"V", 2**32 - 1))
    time.sleep(1000)


def malformed_json(source, report):
    os.write(output(), wire.frame(b"O", b'["a", nan]'))
    time.sleep(1000)


def unknown_kind(source, report):
    os.write(output(), b"?\0\0\0\0")
    time.sleep(1000)


def half_a_frame(source, report):
    report._flush()
    os.write(output(), wire.HEAD.pack(b"V", 100) + b"x")
    os._exit(0)


def claim_violation(source, report):
    report.outcome(Outcome.VIOLATION, "as if")


def exit_silently(source, report):
    os._exit(0)


def exit_by_exception(source, report):
    sys.exit(0)


def grandchild(source, report):
    report.visible("parent's word")
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
        time.sleep(1000)


def spawn(source, report):
    subprocess.Popen(["sleep", source.stream.read().decode()], start_new_session=True)
    time.sleep(1000)


def write_file(source, report):
    with open(source.stream.read().decode(), "w") as file:
        file.write("x" * 100_000)


def recurse(source, report):
    recurse(source, report)


class Odd(Exception):
    def __str__(self):
        raise RuntimeError("trap")


class Shown(Exception):
    pass


def odd_exception(source, report):
    raise Odd


def hostile_message(source, report):
    raise Shown("\x1b[31mred\u202e" + "long " * 100)


def interrupt(source, report):
    raise KeyboardInterrupt


def stopped(source, report):
    raise ReadingStopped(Outcome.ENCRYPTED, "a password is asked for")


def broken_member(source, report):
    with report.member((PathStep("good"),), How.COPIED, {}) as sink:
        sink.write(b"good")
    with report.member((PathStep("bad"),), How.COPIED, {}) as sink:
        sink.write(b"half")
        raise ValueError("bad checksum")


def many_observations(source, report):
    for number in range(30_000):
        report.observe("n", number)


def long_names(source, report):
    report.visible("kept")
    with report.member((PathStep("x" * 600_000),), How.COPIED, {}):
        pass


def big_member(source, report):
    with report.member((PathStep("big"),), How.COPIED, {}) as sink:
        for _ in range(64):
            sink.write(bytes(1 << 20))


def slow_to_say(source, report):
    with report.member((PathStep("more than a pipe holds"),), How.COPIED, {}) as sink:
        sink.write(bytes(2 << 20))


def environment(source, report):
    report.observe("environ", dict(os.environ))
    report.observe("argv", sys.argv)
    report.observe("open", [n for n in range(64) if _is_open(n)])
    report.observe("session", os.getsid(0) == os.getpid())
    report.observe("writes", _can_write(source.stream.fileno()))


def _is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _can_write(number):
    try:
        os.write(number, b"x")
    except OSError:
        return False
    return True


def picture(source, report):
    report.picture(2, 1, 1, [b"xy"])


def half_a_picture(source, report):
    report.picture(2, 2, 1, [b"xy"])


def lies_about_pixels(source, report):
    report._flush()
    os.write(output(), wire.record(wire.PICTURE, [2, 2, 1]) + wire.frame(wire.PIXELS, b"12345"))
    time.sleep(1000)
