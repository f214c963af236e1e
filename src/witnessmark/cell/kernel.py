"""The kernel, by ctypes: the calls that the standard library does not offer.

Where a system does not have them each function raises `OSError` with `ENOSYS`; importing this file never fails.
"""

import ctypes
import errno
import os
import platform
from typing import Any, Final

MACHINE: Final = platform.machine()
"""The processor's name as the kernel gives it: `x86_64`, `aarch64`, …"""

IS_KNOWN: Final = (
    platform.system() == "Linux" and MACHINE in {"x86_64", "aarch64"} and ctypes.sizeof(ctypes.c_void_p) == 8
)
"""Whether this is a system whose calls we know by number."""


def _function(name: str) -> Any:
    try:
        return getattr(ctypes.CDLL(None, use_errno=True), name)
    except (OSError, AttributeError, TypeError):
        return None


_PRCTL = _function("prctl")
_SYSCALL = _function("syscall")
if _PRCTL is not None:
    _PRCTL.argtypes, _PRCTL.restype = [ctypes.c_int] + [ctypes.c_ulong] * 4, ctypes.c_int
if _SYSCALL is not None:
    _SYSCALL.argtypes, _SYSCALL.restype = [ctypes.c_long] * 6, ctypes.c_long


def prctl(option: int, *arguments: int) -> int:
    """Read or set an attribute of this process (man 2 prctl).

    Raises:
        OSError: when the kernel refuses.
    """
    if _PRCTL is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    return _checked(_PRCTL(option, *arguments, *(0,) * (4 - len(arguments))))


def call(number: int, *arguments: int | bytes) -> int:
    """Make a system call by its number (man 2 syscall); bytes are handed over by their address.

    Raises:
        OSError: when the kernel refuses, or is none whose numbers we know.
    """
    if _SYSCALL is None or not IS_KNOWN:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    kept = [ctypes.create_string_buffer(one, len(one)) for one in arguments if isinstance(one, bytes)]
    places = iter(kept)
    plain = [ctypes.addressof(next(places)) if isinstance(one, bytes) else one for one in arguments]
    return _checked(_SYSCALL(number, *plain, *(0,) * (5 - len(plain))))


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer
