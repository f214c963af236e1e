"""Hands bytes to libarchive that are no file of the system: what is decrypted, taken apart or put together here.

Rules for whoever changes this file: libarchive, a library in C, calls the methods back; none of them may raise.
"""

import ctypes
from collections.abc import Callable
from typing import Any


class Feed:
    """What libarchive reads from, one piece after the other; one thing at a time.

    Whoever makes one makes the functions to be called back from its methods when its own file is loaded: behind the
    walls no memory becomes a program.
    """

    def __init__(self) -> None:
        self._piece: Any = None
        self.end()

    def begin(self, piece: Callable[[], bytes], seek: Callable[[int, int], int] | None = None) -> None:
        """Hand on what `piece` gives, until it gives nothing; `seek` goes to a place, as that of a file does."""
        self._next, self._seek = piece, seek

    def end(self) -> None:
        """Hand on nothing any more."""
        self._next, self._seek, self._piece = bytes, None, None

    def next(self, _archive: Any, _context: Any, place: Any) -> int:
        """Give the next piece; libarchive reads it before it asks again."""
        try:
            data = self._next()
        except Exception:  # noqa: BLE001 - nothing may be raised into a library in C
            return -1
        self._piece = ctypes.create_string_buffer(data, len(data)) if data else None
        place[0] = ctypes.cast(self._piece, ctypes.c_void_p) if data else None
        return len(data)

    def seek(self, _archive: Any, _context: Any, offset: int, whence: int) -> int:
        """Go to a place and return it."""
        try:
            return self._seek(offset, whence) if self._seek else -1
        except Exception:  # noqa: BLE001 - as above
            return -1
