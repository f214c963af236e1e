"""The calls to the operating system that write: thin, so that a test can record or fail each one."""

import ctypes
import os
from collections.abc import Callable
from pathlib import Path


def _find_syncfs() -> Callable[[int], int] | None:
    try:
        library = ctypes.CDLL(None, use_errno=True)
    except OSError:
        return None
    found: Callable[[int], int] | None = getattr(library, "syncfs", None)
    return found


_SYNCFS = _find_syncfs()


class System:
    """The writing half of the operating system; every method may raise OSError."""

    has_sync = _SYNCFS is not None
    """Whether one call makes a whole file system durable (Linux `syncfs`)."""

    def create(self, path: Path, mode: int) -> int:
        """Make a new file and return its descriptor."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)

    def write(self, descriptor: int, data: bytes | memoryview) -> None:
        """Write all bytes at the end of the file."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def sync_file(self, descriptor: int) -> None:
        """Make a file's bytes durable."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Close a file."""
        os.close(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file its name, in the place of what had it."""
        os.rename(old, new)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        os.unlink(path)

    def make_folder(self, path: Path, mode: int) -> None:
        """Make one folder; its parent exists."""
        os.mkdir(path, mode)

    def sync_folder(self, path: Path) -> None:
        """Make the names in a folder durable."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def sync_all(self, path: Path) -> None:
        """Make everything durable on the file system that holds `path` (only where `has_sync`)."""
        if _SYNCFS is None:
            os.sync()
            return
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if _SYNCFS(descriptor) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number))
        finally:
            os.close(descriptor)
