"""One writer at a time: a lock file that names its holder and tells whether the last one ended well."""

import fcntl
import os
from pathlib import Path
from typing import Self

from witnessmark.archive.disk import sentences
from witnessmark.archive.layout import PRIVATE_FILE
from witnessmark.errors import Busy


class Lock:
    """The writer's lock (`flock`), which the operating system drops with the process.

    The file holds the writer's process id while it writes, and is empty after a good end: what the next writer
    finds in it says whether it must clean up (`was_torn`).
    """

    def __init__(self, descriptor: int, *, was_torn: bool) -> None:
        self._descriptor = descriptor
        self.was_torn = was_torn

    @classmethod
    def take(cls, path: Path) -> Self:
        """Take the lock.

        Raises:
            Busy: when another process holds it.
        """
        with sentences("locked", path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
            try:
                return cls(descriptor, was_torn=_take(descriptor))
            except BaseException:
                os.close(descriptor)
                raise

    def release(self, *, well: bool) -> None:
        """Give the lock back; `well` says that nothing was left unfinished."""
        if self._descriptor < 0:
            return
        try:
            if well:
                os.ftruncate(self._descriptor, 0)
        finally:
            os.close(self._descriptor)
            self._descriptor = -1


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
        raise Busy(f"process {holder} is writing to this archive: wait until it has ended, then try again") from error
    left = os.pread(descriptor, 20, 0)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
    # Durable before anything is written: a power cut must not make an unfinished writer look finished.
    os.fsync(descriptor)
    return bool(left)
