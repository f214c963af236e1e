"""Laws of the filters: each call of each machine gets the answer that its profile says, by an interpreter of our own."""

import errno
import mmap
import os
import re
import signal
import socket
import struct
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cell.forked import forked, tried

from witnessmark.cell import calls, kernel, landlock, namespaces, seccomp
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


HEADERS = {
    "x86_64": ["/usr/include/x86_64-linux-gnu/asm/unistd_64.h"],
    "aarch64": ["/usr/include/aarch64-linux-gnu/asm/unistd_64.h", "/usr/include/asm-generic/unistd.h"],
}


def in_the_headers(machine):
    """Return the number of each call as the kernel's headers have it."""
    header = next((Path(one) for one in HEADERS[machine] if Path(one).exists()), None)
    if header is None:
        pytest.skip("the kernel's headers are not installed")
    found = dict(re.findall(r"#define\s+__NR(?:3264)?_(\w+)\s+(\d+)", header.read_text()))
    found.setdefault("newfstatat", found.get("fstatat"))
    return {call: int(number) for call, number in found.items() if number is not None}


@pytest.mark.parametrize("machine", MACHINES)
def test_numbers_are_those_of_the_kernels_headers(machine):
    found = in_the_headers(machine)
    ours = {
        **calls.NUMBERS[machine],
        "capset": namespaces._CAPSET[machine],
        "mount": namespaces._MOUNT[machine],
        "unshare": namespaces._UNSHARE[machine],
        "landlock_create_ruleset": landlock._CREATE_RULESET,
        "landlock_add_rule": landlock._ADD_RULE,
        "landlock_restrict_self": landlock._RESTRICT_SELF,
    }
    for call, number in ours.items():
        assert found.get(call, number) == number, call
    assert sum(call in found for call in calls.NUMBERS[machine]) > 150
    for call in ("capset", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"):
        assert call in found


@pytest.mark.parametrize("machine", MACHINES)
def test_a_call_that_one_machine_is_answered_is_forgotten_on_no_other_that_has_it(machine):
    found = in_the_headers(machine)
    named = {call for numbers in calls.NUMBERS.values() for call in numbers}
    assert {call for call in named if call in found and call not in calls.NUMBERS[machine]} == set()


NEWER = {
    "open": "openat", "access": "faccessat", "readlink": "readlinkat", "mkdir": "mkdirat", "mknod": "mknodat",
    "unlink": "unlinkat", "rmdir": "unlinkat", "rename": "renameat", "poll": "ppoll", "select": "pselect6",
    "getpgrp": "getpgid", "time": "gettimeofday", "fork": "clone", "vfork": "clone", "chmod": "fchmodat",
    "chown": "fchownat", "lchown": "fchownat", "utime": "utimensat", "utimes": "utimensat", "futimesat": "utimensat",
    "stat": "newfstatat", "lstat": "newfstatat",
}  # fmt: skip
"""What the libraries of a machine without an old call ask instead (include/uapi/asm-generic/unistd.h has no such)."""
OF_ONE_PROCESSOR = {"arch_prctl", "iopl", "ioperm", "modify_ldt"}


@pytest.mark.parametrize("name", PROFILES)
def test_what_has_another_name_on_arm_gets_the_same_answer_there(name):
    old, new = calls.NUMBERS["x86_64"], calls.NUMBERS["aarch64"]
    assert set(old) - set(new) == set(NEWER) | OF_ONE_PROCESSOR
    assert set(new) <= set(old)
    profile = PROFILES[name]
    for call, instead in NEWER.items():
        assert instead in new
        one, other = (profile.answers.get(which, profile.otherwise) for which in (call, instead))
        if isinstance(one, Check) and isinstance(other, Check):
            one, other = (replace(which, argument=0) for which in (one, other))
        if call in {"stat", "lstat"}:  # that of an open file goes by the newer name on both
            assert other == ALLOW
        elif call in {"fork", "vfork"}:  # which is to clone without any flag
            assert one == expected(profile, instead, (0,) * 6)
        else:
            assert one == other, call


SIGKILL_TO_ITSELF = (4711, 9)
ARM = [  # number, arguments, answers of PURE, READER, PROGRAM: by hand, from the kernel's header and the man pages
    (63, (0, 0, 1), ALLOW, ALLOW, ALLOW),  # read
    (64, (1, 0, 1), ALLOW, ALLOW, ALLOW),  # write
    (57, (3,), ALLOW, ALLOW, ALLOW),  # close
    (80, (3,), ALLOW, ALLOW, ALLOW),  # fstat
    (56, (0, 0, 0), refuse(1), ALLOW, ALLOW),  # openat, to read
    (56, (0, 0, 0o200000), refuse(1), ALLOW, ALLOW),  # … with O_DIRECT, which is x86-64's O_DIRECTORY
    (56, (0, 0, 0o1), KILL, KILL, ALLOW),  # … to write
    (56, (0, 0, 0o100), KILL, KILL, ALLOW),  # … to make
    (56, (0, 0, 0o1000), KILL, KILL, ALLOW),  # … to empty
    (56, (0, 0, 0o20040002), KILL, KILL, ALLOW),  # … to make one without a name: O_TMPFILE
    (222, (0, 0, 3), ALLOW, ALLOW, ALLOW),  # mmap
    (222, (0, 0, 5), refuse(13), ALLOW, ALLOW),  # … to run
    (226, (0, 0, 0x15), refuse(13), ALLOW, ALLOW),  # mprotect to run, with PROT_BTI
    (226, (0, 0, 0x21), ALLOW, ALLOW, ALLOW),  # mprotect to read, with PROT_MTE
    (25, (0, 3), ALLOW, ALLOW, ALLOW),  # fcntl: F_GETFL
    (25, (0, 8), refuse(1), refuse(1), ALLOW),  # fcntl: F_SETOWN
    (29, (0,), refuse(25), refuse(25), ALLOW),  # ioctl
    (35, (0, 0, 0x200), refuse(1), refuse(1), ALLOW),  # unlinkat: the rmdir by which the filter is tried
    (38, (), refuse(1), refuse(1), ALLOW),  # renameat
    (36, (), KILL, KILL, ALLOW),  # symlinkat
    (37, (), KILL, KILL, ALLOW),  # linkat
    (59, (), KILL, KILL, ALLOW),  # pipe2
    (93, (0,), ALLOW, ALLOW, ALLOW),  # exit
    (94, (0,), ALLOW, ALLOW, ALLOW),  # exit_group
    (98, (), ALLOW, ALLOW, ALLOW),  # futex
    (129, SIGKILL_TO_ITSELF, ALLOW, ALLOW, ALLOW),  # kill
    (129, (1, 9), KILL, KILL, ALLOW),
    (131, SIGKILL_TO_ITSELF, ALLOW, ALLOW, ALLOW),  # tgkill
    (131, (1, 9), KILL, KILL, ALLOW),
    (130, SIGKILL_TO_ITSELF, KILL, KILL, ALLOW),  # tkill
    (139, (), ALLOW, ALLOW, ALLOW),  # rt_sigreturn
    (167, (4,), refuse(1), refuse(1), ALLOW),  # prctl
    (172, (), ALLOW, ALLOW, ALLOW),  # getpid
    (198, (1,), KILL, KILL, ALLOW),  # socket: AF_UNIX
    (198, (2,), KILL, KILL, refuse(97)),  # … AF_INET
    (199, (1,), KILL, KILL, ALLOW),  # socketpair
    (203, (), KILL, KILL, refuse(13)),  # connect
    (206, (), ALLOW, ALLOW, refuse(13)),  # sendto
    (211, (), KILL, KILL, refuse(13)),  # sendmsg
    (212, (), ALLOW, ALLOW, ALLOW),  # recvmsg
    (220, (17,), KILL, KILL, refuse(1)),  # clone: a fork
    (220, (0x3D0F00,), KILL, KILL, ALLOW),  # … a thread
    (220, (0x1000_0000,), KILL, KILL, refuse(1)),  # … into a space of users
    (435, (), KILL, KILL, refuse(38)),  # clone3
    (221, (), KILL, KILL, ALLOW),  # execve
    (281, (), KILL, KILL, ALLOW),  # execveat
    (117, (), KILL, KILL, refuse(1)),  # ptrace
    (40, (), KILL, KILL, refuse(1)),  # mount
    (51, (), KILL, KILL, refuse(1)),  # chroot
    (97, (), KILL, KILL, refuse(1)),  # unshare
    (91, (), KILL, KILL, ALLOW),  # capset
    (270, (), KILL, KILL, refuse(1)),  # process_vm_readv
    (280, (), KILL, KILL, refuse(1)),  # bpf
    (425, (), KILL, KILL, refuse(1)),  # io_uring_setup
    (45, (), KILL, KILL, refuse(13)),  # truncate
    (53, (), KILL, KILL, refuse(0)),  # fchmodat
    (5, (), KILL, KILL, refuse(95)),  # setxattr
    (2, (), KILL, KILL, ALLOW),  # x86-64's open: here io_submit
]


@pytest.mark.parametrize("place", range(3), ids=PROFILES)
def test_the_filter_for_arm_answers_number_by_number_what_was_written_down_by_hand(place):
    profile = list(PROFILES.values())[place]
    program = seccomp.for_process(seccomp.program(profile, "aarch64"), 4711)
    for number, arguments, *answers in ARM:
        filled = (*arguments, *(0,) * (6 - len(arguments)))
        assert answer(program, number, filled, 0xC00000B7) == answers[place], (number, arguments)
        assert answer(program, number, filled, 0x40000028) == KILL  # a 32-bit program on the same machine
        assert answer(program, number, filled, 0x800000B7) == KILL  # one of the other order of bytes


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
