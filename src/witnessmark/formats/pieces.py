"""An archive that is made while it is read: bytes of ours, and bytes of a file, as they stand or decrypted."""

import io
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO, Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from witnessmark.cell.report import Source

BLOCK: Final = 16
"""Bytes of a block of AES."""
CHUNK: Final = 256 << 10


@dataclass(frozen=True, slots=True)
class Span:
    """Where bytes lie in a file."""

    at: int
    size: int


@dataclass(frozen=True, slots=True)
class Made:
    """Bytes of an archive that were made here."""

    data: bytes

    @property
    def size(self) -> int:
        """How many they are."""
        return len(self.data)

    def read(self, at: int, count: int) -> bytes:
        """Return some of them."""
        return self.data[at : at + count]


@dataclass(frozen=True, slots=True)
class AsItStands:
    """Bytes of the file."""

    stream: BinaryIO
    span: Span

    @property
    def size(self) -> int:
        """How many they are."""
        return self.span.size

    def read(self, at: int, count: int) -> bytes:
        """Return the bytes from a place on, fewer where the file breaks off."""
        self.stream.seek(self.span.at + at)
        return self.stream.read(count)


@dataclass(frozen=True, slots=True)
class Decrypted:
    """Bytes of the file that are locked by AES in CBC mode, with their key and what the mode begins with.

    Any part can be asked for, as each block needs but the one before it (NIST SP 800-38A, section 6.2). Of the bytes
    at hand, which fill whole blocks, the first `size` are meant.
    """

    stream: BinaryIO
    span: Span
    size: int
    start: bytes
    key: bytes

    def read(self, at: int, count: int) -> bytes:
        """Return the bytes from a place on, fewer where the file breaks off."""
        first = at - at % BLOCK
        self.stream.seek(self.span.at + max(0, first - BLOCK))
        before = self.stream.read(BLOCK) if first else self.start
        found = self.stream.read(-(-(at + count) // BLOCK) * BLOCK - first)
        whole = len(found) - len(found) % BLOCK
        if not whole:
            return b""
        plain = Cipher(algorithms.AES(self.key), modes.CBC(before)).decryptor().update(found[:whole])
        return plain[at - first : at - first + count]

    def filler(self) -> bytes:
        """Return the bytes that fill the last block."""
        return self.read(self.size, min(self.span.size - self.size, BLOCK))


Piece = Made | AsItStands | Decrypted


class _Joined(io.RawIOBase):
    """Pieces one after the other, as one stream."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = [piece for piece in pieces if piece.size]
        self._starts = list(accumulate((piece.size for piece in self._pieces), initial=0))
        self._at = 0

    @property
    def size(self) -> int:
        return self._starts[-1]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        at = offset + (0, self._at, self.size)[whence]
        if at < 0:
            raise OSError("a place before the beginning")
        self._at = at
        return at

    def readinto(self, room: memoryview) -> int:  # type: ignore[override]
        if self._at >= self.size:
            return 0
        place = bisect_right(self._starts, self._at) - 1
        count = min(len(room), self._starts[place + 1] - self._at)
        found = self._pieces[place].read(self._at - self._starts[place], count)
        room[: len(found)] = found
        self._at += len(found)
        return len(found)


def source(pieces: Sequence[Piece], name: str) -> Source:
    """Return pieces one after the other as a file of this name."""
    joined = _Joined(pieces)
    return Source(io.BufferedReader(joined, CHUNK), joined.size, name)
