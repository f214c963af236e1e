"""Walk a source: every regular file in a fixed order, and everything that is refused, with its reason.

Rules for whoever changes this file: no symbolic link below a SOURCE is followed; names are bytes; nothing but a
regular file is ever opened; a folder that cannot be listed is a refusal, not an end.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from witnessmark.errors import Damaged, WrongUsage
from witnessmark.model.accession import Refusal, RefusalReason
from witnessmark.model.exhibit import Path, PathStep


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file of a source: where it lies now, its path relative to the source, its size when listed."""

    location: bytes
    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class SourceRoot:
    """One SOURCE of the command line: its absolute place and its last name."""

    location: bytes
    name: PathStep
    is_folder: bool


def source_root(location: str) -> SourceRoot:
    """Return what a SOURCE argument names; a link given by hand is followed, once.

    Raises:
        Damaged: when there is nothing, or nothing that can be read.
        WrongUsage: when it is neither a file nor a folder.
    """
    absolute = os.path.abspath(os.fsencode(location))
    try:
        found = os.stat(absolute)
    except OSError as error:
        raise Damaged(f"SOURCE {location!r} cannot be read: {error.strerror}; nothing was sealed") from error
    if not (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)):
        raise WrongUsage(f"SOURCE {location!r} is neither a file nor a folder")
    if not os.access(absolute, os.R_OK):
        raise Damaged(f"SOURCE {location!r} cannot be read: permission denied; nothing was sealed")
    name = PathStep.from_bytes(os.path.basename(absolute) or b"source")
    return SourceRoot(os.path.realpath(absolute), name, stat.S_ISDIR(found.st_mode))


def walk(root: SourceRoot) -> Iterator[FoundFile | Refusal]:
    """Yield every file and every refusal below a source, folder by folder, names in byte order."""
    if not root.is_folder:
        yield FoundFile(root.location, (root.name,), os.stat(root.location).st_size)
        return
    waiting: list[tuple[bytes, Path]] = [(root.location, ())]
    while waiting:
        folder, path = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError:
            yield Refusal(path, RefusalReason.UNREADABLE)
            continue
        below: list[tuple[bytes, Path]] = []
        for entry in entries:
            here = (*path, PathStep.from_bytes(entry.name))
            try:
                found = entry.stat(follow_symlinks=False)
            except OSError:
                yield Refusal(here, RefusalReason.VANISHED)
                continue
            if stat.S_ISDIR(found.st_mode):
                below.append((entry.path, here))
            elif stat.S_ISREG(found.st_mode):
                yield FoundFile(entry.path, here, found.st_size)
            else:
                yield Refusal(here, _reason(found.st_mode))
        waiting.extend(reversed(below))


def _reason(mode: int) -> RefusalReason:
    if stat.S_ISLNK(mode):
        return RefusalReason.SYMLINK
    if stat.S_ISFIFO(mode):
        return RefusalReason.FIFO
    if stat.S_ISSOCK(mode):
        return RefusalReason.SOCKET
    return RefusalReason.DEVICE
