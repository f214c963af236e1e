"""What the file system says of a file: times, owner, mode, extended attributes; a claim of the copy, no more."""

import ctypes
import os
import sys

from witnessmark.model.exhibit import FileFacts

_STATX_BTIME = 0x800
_AT_EMPTY_PATH = 0x1000
_LARGEST_ATTRIBUTES = 64 * 1024


class _Timestamp(ctypes.Structure):
    _fields_ = [("sec", ctypes.c_int64), ("nsec", ctypes.c_uint32), ("pad", ctypes.c_int32)]


class _Statx(ctypes.Structure):  # statx(2), struct statx
    _fields_ = [
        ("mask", ctypes.c_uint32),
        ("blksize", ctypes.c_uint32),
        ("attributes", ctypes.c_uint64),
        ("nlink", ctypes.c_uint32),
        ("uid", ctypes.c_uint32),
        ("gid", ctypes.c_uint32),
        ("mode", ctypes.c_uint16),
        ("pad", ctypes.c_uint16),
        ("ino", ctypes.c_uint64),
        ("size", ctypes.c_uint64),
        ("blocks", ctypes.c_uint64),
        ("attributes_mask", ctypes.c_uint64),
        ("atime", _Timestamp),
        ("btime", _Timestamp),
        ("rest", ctypes.c_char * 256),
    ]


_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_statx = getattr(_libc, "statx", None)


def facts(descriptor: int, found: os.stat_result) -> FileFacts:
    """Return the facts of an open file."""
    return FileFacts(
        found.st_mtime_ns,
        found.st_ctime_ns,
        _birth(descriptor),
        found.st_uid,
        found.st_gid,
        found.st_mode & 0o7777,
        _attributes(descriptor),
    )


def _birth(descriptor: int) -> int | None:
    if _statx is None:
        return None
    answer = _Statx()
    if _statx(descriptor, b"", _AT_EMPTY_PATH, _STATX_BTIME, ctypes.byref(answer)) != 0:
        return None
    if not answer.mask & _STATX_BTIME:
        return None
    return int(answer.btime.sec) * 1_000_000_000 + int(answer.btime.nsec)


def _attributes(descriptor: int) -> tuple[tuple[str, bytes], ...]:
    """Return the extended attributes, at most 64 KiB of them."""
    try:
        names = os.listxattr(descriptor)
    except OSError:
        return ()
    rows: list[tuple[str, bytes]] = []
    left = _LARGEST_ATTRIBUTES
    for name in sorted(names):
        try:
            value = os.getxattr(descriptor, name)
        except OSError:
            continue
        left -= len(value)
        if left < 0:
            break
        rows.append((os.fsencode(name).decode(errors="replace"), value))
    return tuple(rows)
