"""A block of a RAR of either kind: what is told of it, and how locked heads are decrypted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from witnessmark.formats.pieces import BLOCK, Span
from witnessmark.formats.rar_key import Lock

SIGNATURE: Final = b"Rar!\x1a\x07\x01\x00"
OLD_SIGNATURE: Final = b"Rar!\x1a\x07\x00"


MOST_ZEROS: Final = 4 << 10
"""Bytes behind the end of a volume that are looked through for the next."""


class BrokenRar(ValueError):  # noqa: N818 - it says what is wrong
    """The archive is not as it should be; heads that do not fit are also what a wrong password gives."""


@dataclass(frozen=True, slots=True)
class Locked:
    """How the bytes of a file are locked: with a lock of RAR 5.0, or with the salt of the older key.

    `stored` is how many bytes are meant where the file is not packed, and `unpacked` how many it unpacks to; `crc` is
    its checksum as it stands there. `head` gives the head without the lock, for so many bytes of data.
    """

    head: Callable[[int], bytes]
    unpacked: int
    lock: Lock | None = None
    salt: bytes = b""
    stored: int | None = None
    crc: int | None = None


@dataclass(frozen=True, slots=True)
class Old:
    """How a file is packed that was packed before RAR 2.9, which libarchive does not unpack.

    `version` is that of the way, times ten; `unpacked` how many bytes it unpacks to, and `crc` their checksum;
    `builds_on` whether it builds on the files before it. `stored` gives its head as that of one which is not packed.
    """

    version: int
    unpacked: int
    crc: int
    builds_on: bool
    stored: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Block:
    """A block: its head as it is written where heads stand open, where its data lie, and how those are locked.

    What is locked in a way that is not known is locked all the same, and so is a part of a file that goes on elsewhere.
    `begins_before` and `goes_on` tell of volumes: that a file, or the archive, began in the volume before, and that it
    goes on in the next. Only the first part of a file is one. `whole` gives the head as that of a file, or an archive,
    that is in one piece, for so many bytes of data.
    """

    head: bytes
    data: Span
    is_file: bool = False
    is_locked: bool = False
    locked: Locked | None = None
    begins_before: bool = False
    goes_on: bool | None = None  # None where the block says nothing of that
    whole: Callable[[int], bytes] | None = None
    old: Old | None = None
    comment: bytes = b""  # what stood in the head, and its checksum did not count: a block of its own
    tidy: bytes = b""  # the head without what libarchive stumbles over, where there is any
    is_aside: bool = False  # whether it is one that older programs wrote beside files, which libarchive stumbles over


@dataclass(frozen=True, slots=True)
class HeadLock:
    """What locks the heads of an archive: a lock of RAR 5.0, or None: in an older one each head brings a salt."""

    lock: Lock | None


def next_volume(stream: BinaryIO, at: int, signature: bytes) -> int:
    """Return where the next volume begins, where one stands behind another; -1 where none does. Some end with zeros."""
    stream.seek(at)
    behind = stream.read(MOST_ZEROS)
    zeros = len(behind) - len(behind.lstrip(b"\0"))
    return at + zeros if behind.startswith(signature, zeros) else -1


class Opening:
    """Decrypts a head, piece by piece."""

    def __init__(self, key: bytes, start: bytes) -> None:
        if len(start) < BLOCK:
            raise BrokenRar("a head breaks off")
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(start)).decryptor()

    def update(self, data: bytes) -> bytes:
        """Return the next bytes decrypted, as many as fill whole blocks."""
        return self._cipher.update(data[: len(data) - len(data) % BLOCK])


def whole(size: int) -> int:
    """Return how many bytes the blocks take that hold so many."""
    return -(-size // BLOCK) * BLOCK
