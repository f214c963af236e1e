"""The medium under a folder: whether the operating system says that it is encrypted; "cannot tell" is an answer.

Only what the kernel tells is looked at: mounts in `/proc`, block devices in `/sys`. An encrypted container of another
system, a drive that encrypts itself, or a virtual machine on an encrypted host cannot be seen from inside.
"""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "fuse.sshfs", "ceph", "glusterfs"}
_ENCRYPTING = {"ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs"}
_MEMORY = {"tmpfs", "ramfs"}
_DEEPEST = 8


class Encrypted(StrEnum):
    """What can be said of a medium."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, slots=True)
class Medium:
    """What lies under a folder, and why that is said."""

    encrypted: Encrypted
    why: str


def under(folder: Path, *, proc: Path = Path("/proc"), sys: Path = Path("/sys")) -> Medium:
    """Return what the kernel tells of the medium under a folder."""
    found = _mount(folder, proc)
    if found is None:
        return Medium(Encrypted.UNKNOWN, "the kernel's list of mounts cannot be read")
    number, kind, source = found
    if kind in _ENCRYPTING:
        return Medium(Encrypted.YES, f"a file system that encrypts: {kind}")
    if kind in _NETWORK:
        return Medium(Encrypted.UNKNOWN, f"the folder lies on another machine or a host: {kind}")
    if kind in _MEMORY:
        return Medium(Encrypted.UNKNOWN, f"the folder lies in memory ({kind}), which may be swapped to a disk")
    device = sys / "dev" / "block" / number
    if not device.exists() and source.startswith("/dev/"):
        device = sys / "class" / "block" / os.path.basename(os.path.realpath(source))
    if not device.exists():
        return Medium(Encrypted.UNKNOWN, f"the device under the folder cannot be seen ({kind} on {source})")
    return _device(device, source)


def on_one_disk(one: Path, other: Path) -> bool:
    """Tell whether two places lie on one file system; of a place that is missing, its nearest folder counts."""
    return _number(one) == _number(other)


def _number(path: Path) -> int:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path.stat().st_dev


def _device(device: Path, source: str) -> Medium:
    layers = _layers(device)
    if layers is None:
        return Medium(Encrypted.UNKNOWN, f"the devices under {source} are too many to follow")
    if layers and all(layers):
        return Medium(Encrypted.YES, f"{source} lies on dm-crypt")
    if any(layers):
        return Medium(Encrypted.NO, f"of the devices under {source} only some lie on dm-crypt")
    return Medium(Encrypted.NO, f"no dm-crypt under {source}; a drive or a host may encrypt unseen")


def _layers(device: Path, depth: int = 0) -> list[bool] | None:
    """Return, for each way down from a device, whether it passes dm-crypt; None when it goes too deep."""
    if depth > _DEEPEST:
        return None
    try:
        name = (device / "dm" / "uuid").read_text(encoding="utf-8", errors="replace")
    except OSError:
        name = ""
    if name.startswith("CRYPT-"):
        return [True]
    try:
        below = sorted((device / "slaves").iterdir())
    except OSError:
        below = []
    ways = [_layers(one, depth + 1) for one in below]
    if None in ways:
        return None
    return [way for one in ways if one is not None for way in one] or [False]


def _mount(folder: Path, proc: Path) -> tuple[str, str, str] | None:
    """Return device number, kind and source of the mount that holds a folder (man 5 proc, mountinfo)."""
    wanted, best = os.path.realpath(folder), None
    try:
        lines = (proc / "self" / "mountinfo").read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    except OSError:
        return None
    for line in lines:
        words, _, rest = line.partition(" - ")
        left, right = words.split(" "), rest.split(" ")
        if len(left) < 5 or len(right) < 2:
            continue
        place = _unescaped(left[4])
        # The last of two mounts on one place is the one that is seen.
        if os.path.commonpath([place, wanted]) == place and (best is None or len(place) >= len(best[0])):
            best = place, (left[2], right[0], _unescaped(right[1]))
    return None if best is None else best[1]


def _unescaped(text: str) -> str:
    for code, sign in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, sign)
    return text
