"""Seccomp: a filter in the kernel that answers each system call of a process; what it does not name is death.

A profile says what is answered to which call. `program` builds the filter from it as plain bytes, for any machine
whose calls we know; `install` puts it before this process, for good, and before all that it forks. See the kernel's
Documentation/userspace-api/seccomp_filter.rst.

Rules for whoever changes this file:
- A profile for hostile bytes is a list of what is allowed. Everything else kills the process, at once.
- Before each filter stands the check of the architecture: the same number is another call on another one.
- Only the low half of an argument is compared, which is all that the calls compared here look at.
"""

import ctypes
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from errno import EACCES, EAFNOSUPPORT, ENOSYS, ENOTTY, EOPNOTSUPP, EPERM
from types import MappingProxyType
from typing import Final

from witnessmark.cell import calls, kernel

_NO_NEW_PRIVS, _GET_SECCOMP, _SET_SECCOMP = 38, 21, 22
_FILTER = 2

_LOAD, _EQUAL, _AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_OTHER_ABI = 0x4000_0000  # numbers of x86-64's "x32" calls begin here: the same calls by another door
_INSTRUCTION = struct.Struct("<HBBI")
MOST: Final = 4096
"""The longest filter that a kernel takes, in instructions."""

ALLOW: Final = 0x7FFF_0000
KILL: Final = 0x8000_0000
"""The whole process dies of SIGSYS."""


def refuse(number: int) -> int:
    """Return the answer that lets a call fail with an error number."""
    return 0x0005_0000 | number


PRETEND: Final = refuse(0)
"""Nothing is done, and the call returns as if it had been."""

ITSELF: Final = 0x7FFF_FFF1
"""Stands in a profile for the number of the process that will run behind the filter; no process can have it."""


@dataclass(frozen=True, slots=True)
class Check:
    """An answer that depends on one argument: `then` when `argument & mask` is among the values."""

    argument: int
    values: tuple[int, ...]
    otherwise: int
    mask: int = 0xFFFF_FFFF
    then: int = ALLOW


Answer = int | Check


@dataclass(frozen=True, slots=True)
class Profile:
    """What a kind of process may ask of the kernel."""

    answers: Mapping[str, Answer]
    otherwise: int = KILL


_PROT_EXEC = 4
_OPENED_TO_CHANGE = 0o1 | 0o2 | 0o100 | 0o1000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
_ITSELF = Check(0, (ITSELF,), KILL)
_NOT_TO_RUN = Check(2, (0,), refuse(EACCES), _PROT_EXEC)


def _each(names: str, answer: Answer) -> dict[str, Answer]:
    return dict.fromkeys(names.split(), answer)


_READING: Final[Mapping[str, Answer]] = {
    # The hot ones that need a look at an argument stand first; the kernel remembers its answer to the others.
    "mmap": _NOT_TO_RUN,
    "mprotect": _NOT_TO_RUN,
    **_each("fcntl", Check(1, (0, 1, 2, 3, 1030), refuse(EPERM))),  # F_DUPFD, F_*FD, F_GETFL; never F_SETOWN
    **_each("tgkill kill", _ITSELF),  # abort and raise: so that a crash is a crash
    **_each("read readv pread64 write writev lseek close fstat newfstatat dup", ALLOW),
    **_each("munmap mremap madvise brk futex membarrier getrandom rseq set_robust_list", ALLOW),
    **_each("clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times", ALLOW),
    **_each("getrusage sysinfo uname sched_yield sched_getaffinity getcpu", ALLOW),
    **_each("getpid gettid getppid getuid geteuid getgid getegid getpgid getpgrp getsid", ALLOW),
    **_each("rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall exit exit_group", ALLOW),
    **_each("poll ppoll select pselect6", ALLOW),
    **_each("sendto recvmsg", ALLOW),  # on the one socket there may be, by which the next small file comes
    "ioctl": refuse(ENOTTY),
    # What an honest library tries at times and can do without.
    **_each("prctl arch_prctl statx statfs fstatfs readlink readlinkat getdents64 getcwd chdir fchdir", refuse(EPERM)),
    **_each("stat lstat access faccessat faccessat2 prlimit64 getrlimit getpriority flock fadvise64", refuse(EPERM)),
    **_each("memfd_create ftruncate fallocate fsync unlink unlinkat rmdir mkdir mkdirat", refuse(EPERM)),
    **_each("rename renameat renameat2 sched_getparam sched_getscheduler openat2", refuse(EPERM)),
}

PURE: Final = Profile(
    MappingProxyType(
        {
            **_READING,
            "openat": Check(2, (0,), KILL, _OPENED_TO_CHANGE, refuse(EPERM)),
            "open": Check(1, (0,), KILL, _OPENED_TO_CHANGE, refuse(EPERM)),
        }
    )
)
"""For a reader that needs no file but the one it was given; whoever opens one to change it is no honest reader."""

READER: Final = Profile(
    MappingProxyType(
        {
            **_READING,
            "openat": Check(2, (0,), KILL, _OPENED_TO_CHANGE),
            "open": Check(1, (0,), KILL, _OPENED_TO_CHANGE),
            **_each("stat lstat statx access faccessat faccessat2 readlink readlinkat getdents64", ALLOW),
            # Code may be loaded, from where Landlock leaves something to be run.
            **_each("mmap mprotect", ALLOW),
        }
    )
)
"""For a reader that has to load something while it reads, from where Landlock lets it."""

_NEW_SPACES, _THREAD = 0x7E02_0080, 0x0001_0000  # CLONE_NEW* and CLONE_THREAD of sched.h
_ADMINISTRATION = (
    "ptrace mount umount2 pivot_root chroot unshare setns bpf perf_event_open keyctl add_key request_key "
    "userfaultfd io_uring_setup io_uring_enter io_uring_register process_vm_readv process_vm_writev pidfd_getfd "
    "open_by_handle_at name_to_handle_at init_module finit_module delete_module kexec_load kexec_file_load reboot "
    "swapon swapoff settimeofday clock_settime clock_adjtime adjtimex acct quotactl quotactl_fd syslog iopl ioperm "
    "modify_ldt mount_setattr open_tree move_mount fsopen fsconfig fsmount fspick lookup_dcookie vhangup sethostname "
    "setdomainname mknod mknodat kcmp process_madvise move_pages migrate_pages memfd_secret fanotify_init"
)

PROGRAM: Final = Profile(
    MappingProxyType(
        {
            **_each(_ADMINISTRATION, refuse(EPERM)),
            # Threads, and no process: one that starts others for ever would outrun whoever counts them.
            "clone": Check(0, (_THREAD,), refuse(EPERM), _NEW_SPACES | _THREAD),
            **_each("fork vfork", refuse(EPERM)),
            "clone3": refuse(
                ENOSYS
            ),  # its flags lie in memory, where a filter cannot look; libraries fall back to clone
            "socket": Check(0, (1,), refuse(EAFNOSUPPORT)),  # AF_UNIX
            "socketpair": Check(0, (1,), refuse(EAFNOSUPPORT)),
            # A socket in a folder is a door to whoever listens there, and Landlock does not see it.
            **_each("connect sendto sendmsg sendmmsg", refuse(EACCES)),
            "bind": PRETEND,  # some will not go on without a door of their own; nobody could knock
            "listen": PRETEND,
            # Nor does it see the marks of files, which could be changed wherever they lie: it is told that it did.
            **_each("chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat", PRETEND),
            **_each("utime utimes futimesat utimensat", PRETEND),
            **_each("setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr", refuse(EOPNOTSUPP)),
            **_each("setxattrat removexattrat", refuse(EOPNOTSUPP)),
            "truncate": refuse(EACCES),  # by its name: an older Landlock does not see it
        }
    ),
    otherwise=ALLOW,
)
"""For an external program: whatever it likes, but no way to speak to others, none to start others, and nothing that
governs the machine.

Too many programs need too many calls for a list of what is allowed: Landlock and the namespaces are its walls.
"""

LISTENING: Final = Profile(
    MappingProxyType({name: answer for name, answer in PROGRAM.answers.items() if name not in {"bind", "listen"}}),
    otherwise=ALLOW,
)
"""The same where its own folder is out of everybody's sight: some wait at a door of their own."""


def program(profile: Profile, machine: str = kernel.MACHINE) -> bytes:
    """Return the filter of a profile, for any process; `for_process` makes it that of one.

    Raises:
        ValueError: for a machine whose calls we do not know, or a filter that is too long.
    """
    if machine not in calls.ARCHITECTURES:
        raise ValueError(f"no system calls are known for {machine}")
    numbers = calls.NUMBERS[machine]
    code = [
        _INSTRUCTION.pack(_LOAD, 0, 0, _ARCHITECTURE),
        _INSTRUCTION.pack(_EQUAL, 1, 0, calls.ARCHITECTURES[machine]),
        _INSTRUCTION.pack(_RETURN, 0, 0, KILL),
        _INSTRUCTION.pack(_LOAD, 0, 0, _NUMBER),
        _INSTRUCTION.pack(_AT_LEAST, 0, 1, _OTHER_ABI),
        _INSTRUCTION.pack(_RETURN, 0, 0, KILL),
    ]
    for name, answer in profile.answers.items():
        if name in numbers:
            block = _block(answer)
            code += [_INSTRUCTION.pack(_EQUAL, 0, len(block), numbers[name]), *block]
    code.append(_INSTRUCTION.pack(_RETURN, 0, 0, profile.otherwise))
    if len(code) > MOST:
        raise ValueError("the filter is longer than a kernel takes")
    return b"".join(code)


def _block(answer: Answer) -> list[bytes]:
    if isinstance(answer, int):
        return [_INSTRUCTION.pack(_RETURN, 0, 0, answer)]
    values = answer.values
    return [
        _INSTRUCTION.pack(_LOAD, 0, 0, _ARGUMENTS + 8 * answer.argument),
        _INSTRUCTION.pack(_AND, 0, 0, answer.mask),
        # To the last instruction but one, over the values that follow and the refusal.
        *(_INSTRUCTION.pack(_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)),
        _INSTRUCTION.pack(_RETURN, 0, 0, answer.otherwise),
        _INSTRUCTION.pack(_RETURN, 0, 0, answer.then),
    ]


def for_process(filter_: bytes, number: int) -> bytes:
    """Return the filter with the number of the process that it is for."""
    return filter_.replace(ITSELF.to_bytes(4, "little"), number.to_bytes(4, "little"))


def install(filter_: bytes) -> None:
    """Put a filter before this process and all that it forks, for good.

    Raises:
        OSError: when the kernel has no filters, or refuses this one.
    """
    kernel.prctl(_NO_NEW_PRIVS, 1)
    code = ctypes.create_string_buffer(filter_, len(filter_))
    head = struct.pack("@HP", len(filter_) // _INSTRUCTION.size, ctypes.addressof(code))
    held = ctypes.create_string_buffer(head, len(head))
    kernel.prctl(_SET_SECCOMP, _FILTER, ctypes.addressof(held))


def is_in_force() -> bool:
    """Tell whether a filter for readers answers: it refuses what the kernel itself would not find."""
    try:
        os.rmdir("")
    except OSError as error:
        return error.errno == EPERM
    return False
