"""Landlock: a process gives up the file system, TCP, and signals to others, but for what its rules name.

The rules are inherited and can only be tightened. Everything that the running kernel can restrict is restricted, so
a newer kernel restricts more. What Landlock does not see (stat, chdir, chmod, sockets other than TCP and abstract
ones) is for `seccomp` and `namespaces`. See the kernel's Documentation/userspace-api/landlock.rst.
"""

import os
import stat
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from witnessmark.cell import kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVS = 38
NEWEST: Final = 7
"""The newest version of Landlock's interface that this file knows; a newer kernel is asked for no more."""


class Right(IntFlag):
    """What may be done below a path, as the kernel counts it (landlock_access_fs)."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


READ: Final = Right.READ_FILE | Right.READ_DIR
RUN: Final = READ | Right.EXECUTE
DEVICE: Final = Right.READ_FILE | Right.WRITE_FILE
"""For /dev/null and its like: to be read and written, and neither made nor removed."""
WRITE: Final = (
    READ
    | Right.WRITE_FILE
    | Right.REMOVE_DIR
    | Right.REMOVE_FILE
    | Right.MAKE_DIR
    | Right.MAKE_REG
    | Right.MAKE_SOCK
    | Right.MAKE_FIFO
    | Right.MAKE_SYM
    | Right.REFER
    | Right.TRUNCATE
)
"""For one folder of the process's own: everything but devices and running what lies there."""

_OF_A_FILE: Final = Right.EXECUTE | Right.WRITE_FILE | Right.READ_FILE | Right.TRUNCATE | Right.IOCTL_DEV


@dataclass(frozen=True, slots=True)
class Rule:
    """What may be done with a file, or with everything below a folder."""

    path: str
    rights: Right


def abi() -> int:
    """Return the version of Landlock's interface that this kernel offers; 0 where there is none."""
    try:
        return kernel.call(_CREATE_RULESET, 0, 0, _VERSION)
    except OSError:
        return 0


def handled(version: int) -> Right:
    """Return every right that a kernel of that version can take away."""
    newest = {1: Right.MAKE_SYM, 2: Right.REFER, 3: Right.TRUNCATE, 4: Right.TRUNCATE}
    last = newest.get(version, Right.IOCTL_DEV)
    return Right((last << 1) - 1)


def attributes(version: int) -> bytes:
    """Return the `landlock_ruleset_attr` that takes everything away that a kernel of that version can."""
    tcp = 0b11  # to bind and to connect
    scopes = 0b11  # abstract sockets and signals stay among those who share the rules
    if version < 4:
        return struct.pack("<Q", handled(version))
    if version < 6:
        return struct.pack("<QQ", handled(version), tcp)
    return struct.pack("<QQQ", handled(version), tcp, scopes)


def restrict(rules: Iterable[Rule] = (), version: int | None = None) -> int:
    """Restrict this process, for good, to the rules; a path that does not exist is passed over.

    Args:
        rules: what stays allowed; without any, no file can be opened.
        version: what to use instead of what the kernel offers (tests say 0: none).

    Returns:
        The version of the interface that was used; 0 when the kernel has none, and nothing is restricted.

    Raises:
        OSError: when the kernel has Landlock and refuses.
    """
    used = min(abi() if version is None else version, NEWEST)
    if used <= 0:
        return 0
    kernel.prctl(_NO_NEW_PRIVS, 1)
    asked = attributes(used)
    ruleset = kernel.call(_CREATE_RULESET, asked, len(asked), 0)
    try:
        for rule in rules:
            _allow(ruleset, rule, handled(used))
        kernel.call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return used


def _allow(ruleset: int, rule: Rule, possible: Right) -> None:
    try:
        place = os.open(rule.path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = rule.rights & possible
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _OF_A_FILE
        if rights:
            kernel.call(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("<Qi", rights, place), 0)
    finally:
        os.close(place)
