"""A connection's bytes, counted and against the clock: a client that floods or drips is let go."""

import contextlib
import socket
import time
from collections.abc import Callable
from http.client import LineTooLong

_CHUNK = 1 << 14


class Slow(TimeoutError):  # noqa: N818 - it says what the client was
    """A client took longer than it may."""


class Incoming:
    """What a client sends: lines up to a limit in all, then a body, each request within its time."""

    def __init__(
        self, connection: socket.socket, limit: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._connection = connection
        self._limit = limit
        self._seconds = seconds
        self._clock = clock
        self._held = b""
        self._is_over = False
        self.begin()

    def begin(self) -> None:
        """Begin a new request: its lines and its time are counted from here."""
        self._left = self._limit
        self._deadline = self._clock() + self._seconds

    def readline(self, _size: int = -1) -> bytes:
        """Return the next line with its end, or what is left.

        Raises:
            LineTooLong: when all lines of a request are longer than they may be.
        """
        while (end := self._held.find(b"\n")) < 0 and len(self._held) <= self._left and self._more():
            pass
        size = end + 1 if end >= 0 else len(self._held)
        if size > self._left:
            raise LineTooLong("header")
        self._left -= size
        return self._take(size)

    def read(self, size: int) -> bytes:
        """Return so many bytes, fewer only when the client ends."""
        while len(self._held) < size and self._more():
            pass
        return self._take(size)

    def close(self) -> None:
        """Do nothing: the connection is closed by whoever opened it."""

    def _take(self, size: int) -> bytes:
        found, self._held = self._held[:size], self._held[size:]
        return found

    def _more(self) -> bool:
        if self._is_over:
            return False
        left = self._deadline - self._clock()
        if left <= 0:
            raise Slow("the client took too long")
        self._connection.settimeout(left)
        data = b""
        with contextlib.suppress(ConnectionError):
            data = self._connection.recv(_CHUNK)
        self._held += data
        self._is_over = not data
        return not self._is_over
