"""Derives the keys by which RAR locks files and heads, of RAR 5.0 and of RAR 2.9 to 4.x; tells a right password.

Sources: "RAR 5.0 archive format" (RARLAB), encryption records; RFC 8018, section 5.2 (PBKDF2). How the older key is
made, and how checksums are turned, is written down nowhere but in programs: `docs/decisions/0042`.
"""

import hashlib
import hmac
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MOST_POWER: Final = 24
"""The power of two of rounds that the format allows at most."""
OLD_ROUNDS: Final = 1 << 18
LONGEST_OLD: Final = 28
"""Characters of the longest password by which an older archive is opened: with longer ones the older programs hash
otherwise, by a mistake of theirs that is not followed here."""
_PARTS: Final = 16
"""Rounds of the older key are looked at so many times; each look gives a byte of what CBC begins with."""


@dataclass(frozen=True, slots=True)
class Lock:
    """What a record of RAR 5.0 says of a key: 2^`power` rounds with which salt; what CBC begins with.

    `check` tells the right password, if it is there; `is_turned` says that the file's checksum is turned by the key.
    """

    power: int
    salt: bytes
    start: bytes
    check: bytes = b""
    is_turned: bool = False

    @property
    def rounds(self) -> int:
        """Rounds of hashing that the keys of one password ask for: three are made."""
        return 3 << self.power

    def fits(self, password: str) -> bool | None:
        """Tell whether a password is the right one; None where nothing tells."""
        if len(self.check) != 12 or hashlib.sha256(self.check[:8]).digest()[:4] != self.check[8:]:
            return None
        found = bytearray(8)
        for at, byte in enumerate(_pbkdf2(password, self.salt, self.power, 32)):
            found[at % 8] ^= byte
        return bytes(found) == self.check[:8]

    def key(self, password: str) -> bytes:
        """Return the key of 32 bytes."""
        return _pbkdf2(password, self.salt, self.power, 0)

    def turned(self, crc: int, password: str) -> int:
        """Return a CRC-32 as it stands in the archive."""
        if not self.is_turned:
            return crc
        key = _pbkdf2(password, self.salt, self.power, 16)
        words = struct.unpack("<8I", hmac.digest(key, crc.to_bytes(4, "little"), "sha256"))
        found = 0
        for word in words:
            found ^= word
        return found


@lru_cache(maxsize=4096)
def _pbkdf2(password: str, salt: bytes, power: int, more: int) -> bytes:
    """Return 32 bytes of PBKDF2, HMAC-SHA-256: the key; with 16 rounds more that of checksums; with 32 the check."""
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, (1 << power) + more)


@lru_cache(maxsize=4096)
def old_key(password: str, salt: bytes) -> tuple[bytes, bytes]:
    """Return the key of 16 bytes of an older archive, and what CBC begins with: SHA-1 over password, salt and count."""
    word = password.encode("utf-16-le") + salt
    many = OLD_ROUNDS // _PARTS
    room = bytearray((word + bytes(3)) * many)
    step, digest, start = len(word) + 3, hashlib.sha1(usedforsecurity=False), bytearray()
    for part in range(_PARTS):
        numbers = struct.pack(f"<{many}I", *range(part * many, (part + 1) * many))
        for place in range(3):
            room[len(word) + place :: step] = numbers[place::4]
        digest.update(room[:step])
        start.append(digest.digest()[-1])
        digest.update(room[step:])
    return struct.pack("<4I", *struct.unpack(">5I", digest.digest())[:4]), bytes(start)
