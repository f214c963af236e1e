"""Derives the keys by which streams of a 7z are locked (coder 7zAES), and decrypts such a stream from any place on.

Sources: `Methods.txt` of the LZMA SDK (06F10701: AES-256, SHA-256); CBC mode (NIST SP 800-38A, section 6.2).
"""

import hashlib
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO, Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from witnessmark.formats.sevenzip_header import BrokenSevenZip, Coder, Span

METHOD: Final = bytes.fromhex("06f10701")
UNHASHED: Final = 0x3F
"""The power that stands for no hashing: salt and password themselves are the key."""
BLOCK: Final = 16
_AT_ONCE: Final = 4096
"""Rounds that are hashed in one piece; never more than 2^32 in all, see `_COUNTED`."""
_COUNTED: Final = 4
"""Bytes of the round's number that ever change."""


@dataclass(frozen=True, slots=True)
class Lock:
    """What a coder says of its key: 2^`power` rounds of hashing, with which salt; and what CBC begins with."""

    power: int
    salt: bytes
    start: bytes

    @classmethod
    def of(cls, coder: Coder) -> "Lock":
        """Return the lock of a coder by its properties.

        Raises:
            BrokenSevenZip: when they are too short.
        """
        first, second, rest = coder.properties[:1], coder.properties[1:2], coder.properties[2:]
        if not first:
            raise BrokenSevenZip("a lock that does not tell its key")
        if not first[0] & 0xC0:
            return cls(first[0], b"", bytes(BLOCK))
        sizes = second[0] if second else 0
        salt, start = (first[0] >> 7) + (sizes >> 4), (first[0] >> 6 & 1) + (sizes & 15)
        if len(rest) < salt + start:
            raise BrokenSevenZip("a lock that does not tell its key")
        return cls(first[0] & 0x3F, rest[:salt], rest[salt : salt + start].ljust(BLOCK, b"\0"))

    @property
    def rounds(self) -> int:
        """Rounds of hashing that the key asks for."""
        return 0 if self.power == UNHASHED else 1 << self.power

    def key(self, password: str) -> bytes:
        """Return the key of 32 bytes that a password gives."""
        return _key(password, self.salt, self.power)


@lru_cache(maxsize=4096)
def _key(password: str, salt: bytes, power: int) -> bytes:
    """Return SHA-256 over salt, password in UTF-16 and the round's number, for all rounds one after the other."""
    word = salt + password.encode("utf-16-le")
    if power == UNHASHED:
        return word[:32].ljust(32, b"\0")
    many = min(1 << power, _AT_ONCE)
    room = bytearray((word + bytes(8)) * many)
    digest = hashlib.sha256()
    for first in range(0, 1 << power, many):
        numbers = struct.pack(f"<{many}Q", *range(first, first + many))
        for place in range(_COUNTED):
            room[len(word) + place :: len(word) + 8] = numbers[place::8]
        digest.update(room)
    return digest.digest()


@dataclass(frozen=True, slots=True)
class Decrypted:
    """A locked stream under a key; any part of it can be asked for, as each block needs but the one before it."""

    stream: BinaryIO
    span: Span
    size: int
    lock: Lock
    key: bytes

    def read(self, at: int, count: int) -> bytes:
        """Return the bytes from a place on, fewer where the file breaks off."""
        first = at - at % BLOCK
        self.stream.seek(self.span.at + max(0, first - BLOCK))
        before = self.stream.read(BLOCK) if first else self.lock.start
        found = self.stream.read(-(-(at + count) // BLOCK) * BLOCK - first)
        whole = len(found) - len(found) % BLOCK
        if not whole:
            return b""
        plain = Cipher(algorithms.AES(self.key), modes.CBC(before)).decryptor().update(found[:whole])
        return plain[at - first : at - first + count]

    def filler(self) -> bytes:
        """Return the bytes that fill the last block: 7-Zip writes zeros."""
        return self.read(self.size, min(self.span.size - self.size, BLOCK))
