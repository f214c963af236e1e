"""Derives the keys by which streams of a 7z are locked (coder 7zAES).

Source: `Methods.txt` of the LZMA SDK (06F10701: AES-256, SHA-256).
"""

import hashlib
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from witnessmark.formats.pieces import BLOCK
from witnessmark.formats.sevenzip_header import BrokenSevenZip, Coder

METHOD: Final = bytes.fromhex("06f10701")
UNHASHED: Final = 0x3F
"""The power that stands for no hashing: salt and password themselves are the key."""
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
