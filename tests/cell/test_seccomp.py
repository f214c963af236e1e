"""Laws of the filters: each call of each machine gets the answer that its profile says, by an interpreter of our own."""

import errno
import mmap
import os
import re
import signal
import socket
import struct
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cell.forked import forked, tried

from witnessmark.cell import calls, kernel, seccomp
from witnessmark.cell.seccomp import ALLOW, ITSELF, KILL, PROGRAM, PURE, READER, Check, refuse

MACHINES = sorted(calls.NUMBERS)
PROFILES = {"pure": PURE, "reader": READER, "program": PROGRAM}
needs_seccomp = pytest.mark.skipif(not kernel.IS_KNOWN, reason="no system calls are known for this machine")
FORBIDDEN = (
    "socket connect socketpair clone clone3 fork vfork execve execveat ptrace mount unshare setns bpf keyctl "
    "io_uring_setup process_vm_readv process_vm_writev pidfd_getfd perf_event_open userfaultfd init_module chroot"
).split()


def answer(program, number, arguments=(0,) * 6, architecture=None):
    """Run a filter as the kernel does (Documentation/networking/filter.rst) and return its answer and its steps."""
    data = struct.pack(
        "<iIQ6Q", number & 0x7FFF_FFFF if number < 2**31 else number - 2**32, architecture, 0, *arguments
    )
    code = [struct.unpack_from("<HBBI", program, at) for at in range(0, len(program), 8)]
    at = accumulator = steps = 0
    while True:
        operation, yes, no, value = code[at]
        at += 1
        steps += 1
        if operation == 0x20:
            assert value % 4 == 0 and value < 64
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif operation == 0x15:
            at += yes if accumulator == value else no
        elif operation == 0x35:
            at += yes if accumulator >= value else no
        elif operation == 0x54:
            accumulator &= value
        elif operation == 0x06:
            return value
        else:
            raise AssertionError(f"an instruction that no filter of ours has: {operation:#x}")
        assert steps < 4096


def expected(profile, name, arguments):
    said = profile.answers.get(name, profile.otherwise)
    if isinstance(said, Check):
        return said.then if arguments[said.argument] & said.mask & 0xFFFF_FFFF in said.values else said.otherwise
    return said


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", PROFILES)
def test_every_call_number_gets_the_answer_of_its_profile(machine, name):
    profile, numbers = PROFILES[name], calls.NUMBERS[machine]
    program = seccomp.program(profile, machine)
    names = {number: call for call, number in numbers.items()}
    assert len(names) == len(numbers)
    for number in [*range(1200), 0x3FFF_FFFF]:
        assert answer(program, number, architecture=calls.ARCHITECTURES[machine]) == expected(
            profile, names.get(number), (0,) * 6
        )


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", PROFILES)
def test_another_architecture_and_another_abi_are_death(machine, name):
    program, numbers = seccomp.program(PROFILES[name], machine), calls.NUMBERS[machine].values()
    for number in range(600):
        for other in [0x4000_0003, 0xC000_003D, *(calls.ARCHITECTURES[one] for one in MACHINES if one != machine)]:
            assert answer(program, number, architecture=other) == KILL
    for number in [*numbers, 1000]:
        for high in (0x4000_0000, 0x8000_0000, 0xFFFF_FFFF):
            assert answer(program, number | high, architecture=calls.ARCHITECTURES[machine]) == KILL


CHECKED = [
    (machine, name, call)
    for machine in MACHINES
    for name, profile in PROFILES.items()
    for call, said in profile.answers.items()
    if isinstance(said, Check) and call in calls.NUMBERS[machine]
]


@given(st.sampled_from(CHECKED), st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 3000), min_size=6, max_size=6))
def test_arguments_decide_as_the_profile_says(row, arguments):
    machine, name, call = row
    program = seccomp.program(PROFILES[name], machine)
    number = calls.NUMBERS[machine][call]
    found = answer(program, number, arguments, calls.ARCHITECTURES[machine])
    assert found == expected(PROFILES[name], call, arguments)
    said = PROFILES[name].answers[call]
    for value in said.values:
        chosen = [*arguments]
        chosen[said.argument] = value
        assert answer(program, number, chosen, calls.ARCHITECTURES[machine]) == said.then


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", ["pure", "reader"])
def test_no_reader_may_open_a_way_out(machine, name):
    program = seccomp.for_process(seccomp.program(PROFILES[name], machine), 4711)
    numbers, architecture = calls.NUMBERS[machine], calls.ARCHITECTURES[machine]
    for call in FORBIDDEN:
        if call in numbers:
            assert answer(program, numbers[call], architecture=architecture) == KILL, call
    for call in ("kill", "tgkill"):
        assert answer(program, numbers[call], (4711, 9, 0, 0, 0, 0), architecture) == ALLOW
        for other in (1, 0, 2**32 - 1, 4712, ITSELF):
            assert answer(program, numbers[call], (other, 9, 0, 0, 0, 0), architecture) == KILL
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_RDONLY | os.O_TRUNC):
        assert answer(program, numbers["openat"], (0, 0, flags, 0, 0, 0), architecture) == KILL


@pytest.mark.parametrize("machine", MACHINES)
def test_a_program_gets_no_socket_to_elsewhere_and_no_new_space(machine):
    program, numbers = seccomp.program(PROGRAM, machine), calls.NUMBERS[machine]
    for family in range(64):
        expect = ALLOW if family == socket.AF_UNIX else refuse(errno.EAFNOSUPPORT)
        assert answer(program, numbers["socket"], (family,) + (0,) * 5, calls.ARCHITECTURES[machine]) == expect
    for flag in (0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        for made_with in (17, 0x3D0F00):
            made = answer(program, numbers["clone"], (flag | made_with,) + (0,) * 5, calls.ARCHITECTURES[machine])
            assert made == refuse(errno.EPERM)


@pytest.mark.parametrize("machine", MACHINES)
def test_a_program_gets_threads_and_no_process(machine):
    program, numbers = seccomp.program(PROGRAM, machine), calls.NUMBERS[machine]
    architecture = calls.ARCHITECTURES[machine]
    assert answer(program, numbers["clone"], (0x3D0F00,) + (0,) * 5, architecture) == ALLOW  # as threads are made
    for flags in (17, 0x1200011, 0x4111, 0x100):  # as fork, posix_spawn and vfork ask for it
        assert answer(program, numbers["clone"], (flags,) + (0,) * 5, architecture) == refuse(errno.EPERM)
    for call in ("fork", "vfork"):
        if call in numbers:
            assert answer(program, numbers[call], (0,) * 6, architecture) == refuse(errno.EPERM)
    assert answer(program, numbers["clone3"], (0,) * 6, architecture) == refuse(errno.ENOSYS)


HEADERS = {"x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "aarch64": "/usr/include/asm-generic/unistd.h"}


@pytest.mark.parametrize("machine", MACHINES)
def test_numbers_are_those_of_the_kernels_headers(machine):
    header = Path(HEADERS[machine])
    if not header.exists():
        pytest.skip("the kernel's headers are not installed")
    found = dict(re.findall(r"#define\s+__NR(?:3264)?_(\w+)\s+(\d+)", header.read_text()))
    found.setdefault("newfstatat", found.get("fstatat"))
    for call, number in calls.NUMBERS[machine].items():
        assert found.get(call, number) in (number, str(number)), call
    assert sum(call in found for call in calls.NUMBERS[machine]) > 100


def closed(profile, act):
    def run():
        code = seccomp.for_process(seccomp.program(profile), os.getpid())
        seccomp.install(code)
        return act()

    return run


@needs_seccomp
@pytest.mark.parametrize("profile", [PURE, READER], ids=["pure", "reader"])
@pytest.mark.parametrize(
    "act",
    [
        os.fork,
        lambda: socket.socket(),
        lambda: socket.socketpair(),
        lambda: os.execv("/bin/true", ["true"]),
        lambda: os.kill(os.getppid(), 0),
        lambda: os.killpg(os.getpgid(0), 0),
        lambda: open("/tmp/never", "w"),
        lambda: threading.Thread(target=print).start(),
        lambda: os.pipe(),
    ],
    ids=["fork", "socket", "socketpair", "exec", "kill", "killpg", "write", "thread", "pipe"],
)
def test_what_is_closed_kills_at_once(profile, act):
    assert forked(closed(profile, act)) == (None, signal.SIGSYS)


@needs_seccomp
def test_an_open_way_stays_open_and_a_crash_a_crash():
    kept = []

    def act():
        kept.append(bytearray(1 << 22))
        mmap.mmap(-1, 1 << 20).close()
        return [seccomp.is_in_force(), tried(open, "/etc/passwd"), tried(os.stat, "/nowhere at all"), str(2**100)]

    assert not seccomp.is_in_force()
    assert forked(closed(PURE, act)) == ([True, errno.EPERM, errno.ENOENT, str(2**100)], None)
    assert forked(closed(PURE, os.abort)) == (None, signal.SIGABRT)
    run = lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)  # noqa: E731
    assert forked(closed(PURE, lambda: tried(run))) == (errno.EACCES, None)


@needs_seccomp
def test_a_program_may_have_threads_but_start_nothing_and_call_nobody():
    def act():
        return [
            tried(os.fork),
            tried(os.posix_spawn, "/bin/true", ["true"], {}),
            tried(socket.socket),
            tried(lambda: socket.socket(socket.AF_UNIX).close()),
            tried(os.chroot, "/"),
            tried(lambda: threading.Thread(target=int).start()),
        ]

    assert forked(closed(PROGRAM, act)) == (
        [errno.EPERM, errno.EPERM, errno.EAFNOSUPPORT, 0, errno.EPERM, 0],
        None,
    )
