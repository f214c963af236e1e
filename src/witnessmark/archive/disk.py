"""All writes of the archive: temporary file, rename, and the one sync of a batch.

Rules for whoever changes this file:
- A file appears under its name by rename only, whole or not at all; it is never written in place.
- Nothing is durable before `sync` (or `write_durably`) returns; what must follow on it is written after it.
- Every failure of the operating system leaves as DiskFailure with one sentence.
"""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from witnessmark.archive.system import System
from witnessmark.errors import DiskFailure


@contextlib.contextmanager
def sentences(act: str, path: Path) -> Iterator[None]:
    """Turn what the operating system refuses inside into one sentence.

    Raises:
        DiskFailure: in the place of OSError.
    """
    try:
        yield
    except OSError as error:
        raise failure(act, path, error) from error


def failure(act: str, path: Path, error: OSError) -> DiskFailure:
    """Return the sentence for an error of the operating system."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFailure(
            f"the disk is full: {path} could not be {act}; free some space and run again, nothing sealed is lost"
        )
    return DiskFailure(f"{path} could not be {act}: {error.strerror or error}")


class NewFile:
    """A file being written under a temporary name; `keep` gives it its own."""

    def __init__(self, disk: "Disk", path: Path, mode: int) -> None:
        self._disk = disk
        self._path = path
        with sentences("written", disk.root):
            self._descriptor = disk.system.create(path, mode)
        self._open = True

    def write(self, data: bytes | memoryview) -> None:
        """Add bytes."""
        try:
            self._disk.system.write(self._descriptor, data)
        except OSError as error:
            raise failure("written", self._disk.root, error) from error

    def keep(self, path: Path, *, durable: bool = False) -> None:
        """Close the file and give it its name; with `durable` its bytes are on the disk before it has the name."""
        with sentences("written", path):
            if durable:
                self._disk.system.sync_file(self._descriptor)
            self._close()
            self._disk.system.rename(self._path, path)
        self._disk.wrote(path)

    def drop(self) -> None:
        """Close the file and forget it."""
        with contextlib.suppress(OSError):
            self._close()
        with contextlib.suppress(OSError):
            self._disk.system.remove(self._path)

    def _close(self) -> None:
        if self._open:
            self._open = False
            self._disk.system.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._open:
            self.drop()


class Disk:
    """The only hand that writes in an archive's folder."""

    def __init__(self, root: Path, temporary: Path, system: System | None = None) -> None:
        self.system = System() if system is None else system
        self.root = root
        self._temporary = temporary
        self._count = 0
        self._folders: set[Path] = set()
        self._unsynced: set[Path] = set()

    @property
    def temporary(self) -> Path:
        """The folder of what is being written; a program may be given a folder of its own in it."""
        return self._temporary

    @property
    def room(self) -> int:
        """How many bytes more the file system takes of whoever runs this."""
        with sentences("measured", self.root):
            return shutil.disk_usage(self.root).free

    def new(self, mode: int) -> NewFile:
        """Return a new file under a temporary name."""
        self._count += 1
        return NewFile(self, self._temporary / f"{os.getpid()}-{self._count}", mode)

    def write(self, path: Path, data: bytes, mode: int) -> None:
        """Put a file in its place; durable after the next `sync`."""
        with self.new(mode) as file:
            file.write(data)
            file.keep(path)

    def write_durably(self, path: Path, data: bytes, mode: int) -> None:
        """Put a file in its place; durable when this returns."""
        with self.new(mode) as file:
            file.write(data)
            file.keep(path, durable=True)
        with sentences("written", path):
            self.system.sync_folder(path.parent)

    def move(self, old: Path, new: Path) -> None:
        """Give a file another name; durable after the next `sync`."""
        with sentences("moved", old):
            self.system.rename(old, new)
        self.wrote(new)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        with sentences("removed", path):
            self.system.remove(path)

    def folder(self, path: Path, mode: int) -> None:
        """Make a folder and those above it, where they are missing."""
        if path in self._folders:
            return
        if not path.is_dir():
            self.folder(path.parent, mode)
            with sentences("made", path), contextlib.suppress(FileExistsError):
                self.system.make_folder(path, mode)
            self.wrote(path)
        self._folders.add(path)

    def sync(self) -> None:
        """Make everything written so far durable: one call to the operating system where it has one."""
        with sentences("written to the disk", self.root):
            if self.system.has_sync:
                self.system.sync_all(self.root)
            else:
                self._sync_each()

    def wrote(self, path: Path) -> None:
        """Remember a path for the next sync, where each must be synced by itself."""
        if not self.system.has_sync:
            self._unsynced.add(path)

    def _sync_each(self) -> None:
        for path in self._unsynced:
            if path.is_file():
                descriptor = os.open(path, os.O_RDONLY)
                try:
                    self.system.sync_file(descriptor)
                finally:
                    self.system.close(descriptor)
        for parent in {path.parent for path in self._unsynced}:
            self.system.sync_folder(parent)
        self._unsynced.clear()

    def empty_temporary(self) -> None:
        """Remove whatever an earlier writer left unfinished."""
        with sentences("emptied", self._temporary):
            if self._temporary.is_dir():
                shutil.rmtree(self._temporary)
            self._temporary.mkdir(mode=0o700)
