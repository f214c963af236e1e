"""System calls by name: their numbers on x86-64 and on 64-bit ARM, and the architectures as seccomp names them.

From the kernel's arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h; numbers never change.
A call that a machine does not have is not in its table. Only calls that a profile of ours names are here.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ARCHITECTURES: Final[Mapping[str, int]] = MappingProxyType({"x86_64": 0xC000003E, "aarch64": 0xC00000B7})
"""AUDIT_ARCH_* of include/uapi/linux/audit.h."""


def _table(text: str) -> Mapping[str, int]:
    pairs = (line.split("=") for line in text.split())
    return MappingProxyType({name: int(number) for name, number in pairs})


_X86_64 = _table(
    """
    read=0 write=1 readv=19 writev=20 pread64=17 pwrite64=18 lseek=8 close=3 close_range=436 fstat=5 newfstatat=262
    mmap=9 mprotect=10 munmap=11 mremap=25 madvise=28 brk=12 futex=202 getrandom=318 clock_gettime=228
    clock_getres=229 clock_nanosleep=230 nanosleep=35 gettimeofday=96 time=201 times=100 getrusage=98 sysinfo=99
    uname=63 sched_yield=24 sched_getaffinity=204 getpid=39 gettid=186 getppid=110 getuid=102 geteuid=107 getgid=104
    getegid=108 getpgid=121 getsid=124 rt_sigaction=13 rt_sigprocmask=14 rt_sigreturn=15 sigaltstack=131
    restart_syscall=219 set_robust_list=273 rseq=334 exit=60 exit_group=231 poll=7 ppoll=271 select=23 pselect6=270
    dup=32 fcntl=72 ioctl=16 sendto=44 recvmsg=47 tgkill=234 kill=62 getpgrp=111 getcpu=309 membarrier=324 prctl=157
    arch_prctl=158 open=2 openat=257 openat2=437 stat=4 lstat=6 statx=332 statfs=137 fstatfs=138 access=21
    faccessat=269 faccessat2=439 readlink=89 readlinkat=267 getdents64=217 getcwd=79 chdir=80 fchdir=81 unlink=87
    unlinkat=263 rmdir=84 mkdir=83 mkdirat=258 rename=82 renameat=264 renameat2=316 memfd_create=319 ftruncate=77
    fallocate=285 flock=73 fsync=74 fadvise64=221 prlimit64=302 getrlimit=97 getpriority=140 sched_getparam=143
    sched_getscheduler=145 ptrace=101 mount=165 umount2=166 pivot_root=155 chroot=161 unshare=272 setns=308 clone=56
    clone3=435 bpf=321 perf_event_open=298 keyctl=250 add_key=248 request_key=249 userfaultfd=323 io_uring_setup=425
    io_uring_enter=426 io_uring_register=427 process_vm_readv=310 process_vm_writev=311 pidfd_getfd=438
    open_by_handle_at=304 name_to_handle_at=303 init_module=175 finit_module=313 delete_module=176 kexec_load=246
    kexec_file_load=320 reboot=169 swapon=167 swapoff=168 settimeofday=164 clock_settime=227 clock_adjtime=305
    adjtimex=159 acct=163 quotactl=179 quotactl_fd=443 syslog=103 iopl=172 ioperm=173 modify_ldt=154 mount_setattr=442
    open_tree=428 move_mount=429 fsopen=430 fsconfig=431 fsmount=432 fspick=433 lookup_dcookie=212 vhangup=153
    sethostname=170 setdomainname=171 mknod=133 mknodat=259 kcmp=312 process_madvise=440 move_pages=279
    migrate_pages=256 memfd_secret=447 socket=41 socketpair=53 fanotify_init=300 connect=42 execve=59 execveat=322
    fork=57 vfork=58 sendmsg=46 sendmmsg=307 bind=49 listen=50 truncate=76 chmod=90 fchmod=91 fchmodat=268 fchmodat2=452
    chown=92 fchown=93 lchown=94 fchownat=260 utime=132 utimes=235 futimesat=261 utimensat=280 setxattr=188
    lsetxattr=189 fsetxattr=190 removexattr=197 lremovexattr=198 fremovexattr=199 setxattrat=463 removexattrat=466
    """
)
_AARCH64 = _table(
    """
    read=63 write=64 readv=65 writev=66 pread64=67 pwrite64=68 lseek=62 close=57 close_range=436 fstat=80
    newfstatat=79 mmap=222 mprotect=226 munmap=215 mremap=216 madvise=233 brk=214 futex=98 getrandom=278
    clock_gettime=113 clock_getres=114 clock_nanosleep=115 nanosleep=101 gettimeofday=169 times=153 getrusage=165
    sysinfo=179 uname=160 sched_yield=124 sched_getaffinity=123 getpid=172 gettid=178 getppid=173 getuid=174
    geteuid=175 getgid=176 getegid=177 getpgid=155 getsid=156 rt_sigaction=134 rt_sigprocmask=135 rt_sigreturn=139
    sigaltstack=132 restart_syscall=128 set_robust_list=99 rseq=293 exit=93 exit_group=94 ppoll=73 pselect6=72 dup=23
    fcntl=25 ioctl=29 sendto=206 recvmsg=212 tgkill=131 kill=129 getcpu=168 membarrier=283 prctl=167 openat=56
    openat2=437 statx=291 statfs=43 fstatfs=44 faccessat=48 faccessat2=439 readlinkat=78 getdents64=61 getcwd=17
    chdir=49 fchdir=50 unlinkat=35 mkdirat=34 renameat=38 renameat2=276 memfd_create=279 ftruncate=46 fallocate=47
    flock=32 fsync=82 fadvise64=223 prlimit64=261 getrlimit=163 getpriority=141 sched_getparam=121
    sched_getscheduler=120 ptrace=117 mount=40 umount2=39 pivot_root=41 chroot=51 unshare=97 setns=268 clone=220
    clone3=435 bpf=280 perf_event_open=241 keyctl=219 add_key=217 request_key=218 userfaultfd=282 io_uring_setup=425
    io_uring_enter=426 io_uring_register=427 process_vm_readv=270 process_vm_writev=271 pidfd_getfd=438
    open_by_handle_at=265 name_to_handle_at=264 init_module=105 finit_module=273 delete_module=106 kexec_load=104
    kexec_file_load=294 reboot=142 swapon=224 swapoff=225 settimeofday=170 clock_settime=112 clock_adjtime=266
    adjtimex=171 acct=89 quotactl=60 quotactl_fd=443 syslog=116 mount_setattr=442 open_tree=428 move_mount=429
    fsopen=430 fsconfig=431 fsmount=432 fspick=433 lookup_dcookie=18 vhangup=58 sethostname=161 setdomainname=162
    mknodat=33 kcmp=272 process_madvise=440 move_pages=239 migrate_pages=238 memfd_secret=447 socket=198
    socketpair=199 fanotify_init=262 connect=203 execve=221 execveat=281
    sendmsg=211 sendmmsg=269 bind=200 listen=201 truncate=45 fchmod=52 fchmodat=53 fchmodat2=452 fchownat=54 fchown=55
    utimensat=88 setxattr=5 lsetxattr=6 fsetxattr=7 removexattr=14 lremovexattr=15 fremovexattr=16 setxattrat=463
    removexattrat=466
    """
)

NUMBERS: Final[Mapping[str, Mapping[str, int]]] = MappingProxyType({"x86_64": _X86_64, "aarch64": _AARCH64})
"""The number of each call, by the processor's name."""
