"""Reads the blocks of a RAR, locked or not, and writes their heads anew without what locks them.

Of RAR 5.0 by "RAR 5.0 archive format" (RARLAB); of RAR 2.9 to 4.x by the technical note that came with the program.

Rules for whoever changes this file: no size is believed beyond the file; a head is one only when its checksum fits;
each block ends behind where it began.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from witnessmark.formats import rar_key
from witnessmark.formats.pieces import BLOCK, Span
from witnessmark.formats.rar_key import Lock

SIGNATURE: Final = b"Rar!\x1a\x07\x01\x00"
OLD_SIGNATURE: Final = b"Rar!\x1a\x07\x00"
MOST_BLOCKS: Final = 1_000_000
LARGEST_HEAD: Final = 2 << 20

_MAIN, _FILE, _SERVICE, _ENCRYPTION, _END = 1, 2, 3, 4, 5
_EXTRA, _DATA, _VOLUME = 1, 2, 1
_TIME, _CHECKSUM = 2, 4
_LOCK_RECORD, _HASH_RECORD = 1, 2
_METHOD: Final = 0x0380
"""How a file of RAR 5.0 is packed; 0 where it is not."""

_OLD_MAIN, _OLD_FILE, _OLD_END = 0x73, 0x74, 0x7B
_OLD_LOCKED, _OLD_SALTED, _OLD_LARGE, _OLD_DATA, _OLD_HEADS_LOCKED = 0x04, 0x0400, 0x0100, 0x8000, 0x80
_OLD_STORED: Final = 0x30
_OLD_AES: Final = 29
"""The version from which on files are locked by AES."""


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
class Block:
    """A block: its head as it is written where heads stand open, where its data lie, and how those are locked.

    What is locked in a way that is not known is locked all the same.
    """

    head: bytes
    data: Span
    is_file: bool = False
    is_locked: bool = False
    locked: Locked | None = None


@dataclass(frozen=True, slots=True)
class HeadLock:
    """What locks the heads of an archive: a lock of RAR 5.0, or None: in an older one each head brings a salt."""

    lock: Lock | None


def head_lock(stream: BinaryIO) -> HeadLock | None:
    """Return what locks the heads of an archive; None where they stand open.

    Raises:
        BrokenRar: when it is no archive.
    """
    stream.seek(0)
    start = stream.read(8)
    if start == SIGNATURE:
        head, _ = _head(stream, 8, None)
        kind, at = _vint(head, 0)
        return HeadLock(_encryption(head, at)) if kind == _ENCRYPTION else None
    if start[:7] != OLD_SIGNATURE:
        raise BrokenRar("no RAR")
    stream.seek(7)
    main = stream.read(7)
    if len(main) < 7 or main[2] != _OLD_MAIN:
        raise BrokenRar("its first block is no head")
    return HeadLock(None) if main[3] & _OLD_HEADS_LOCKED else None


def is_volume(stream: BinaryIO) -> bool:
    """Tell whether an archive says that it is one volume of several; where its heads are locked it says nothing.

    Raises:
        BrokenRar: when it is no archive.
    """
    stream.seek(0)
    if stream.read(8) != SIGNATURE:
        stream.seek(len(OLD_SIGNATURE))
        return bool(_old_head(stream, len(OLD_SIGNATURE), None)[0][3] & _VOLUME)
    head, _ = _head(stream, len(SIGNATURE), None)
    kind, at = _vint(head, 0)
    flags, at = _vint(head, at)
    at = _vint(head, at)[1] if flags & _EXTRA else at
    return kind == _MAIN and bool(_vint(head, at)[0] & _VOLUME)


def blocks(stream: BinaryIO, size: int, password: str | None) -> Iterator[Block]:
    """Yield the blocks of an archive, whose heads a password opens where they are locked.

    Raises:
        BrokenRar: when one does not fit; what was yielded stands.
    """
    stream.seek(0)
    found = _blocks(stream, size, password) if stream.read(8) == SIGNATURE else _old_blocks(stream, size, password)
    for number, block in enumerate(found):
        if number >= MOST_BLOCKS:
            raise BrokenRar("more blocks than are read")
        yield block


def _blocks(stream: BinaryIO, size: int, password: str | None) -> Iterator[Block]:
    at, key = len(SIGNATURE), None
    while at < size:
        head, end = _head(stream, at, key)
        kind, place = _vint(head, 0)
        flags, place = _vint(head, place)
        extra_size, place = _vint(head, place) if flags & _EXTRA else (0, place)
        data_size, place = _vint(head, place) if flags & _DATA else (0, place)
        if extra_size > len(head) - place:
            raise BrokenRar("a record that ends behind its head")
        body, extra = head[place : len(head) - extra_size], head[len(head) - extra_size :]
        data = Span(end, min(data_size, max(0, size - end)))
        if kind == _ENCRYPTION:
            lock = _encryption(head, _vint(head, 0)[1])
            key = None if password is None else lock.key(password)
        elif kind == _FILE:
            yield _file(head, flags, body, extra, data)
        elif kind != _SERVICE:  # what serves a file may be locked too, and is no file
            yield Block(_written(head), data)
        if kind == _END:
            return
        at = end + data_size


def _head(stream: BinaryIO, at: int, key: bytes | None) -> tuple[bytes, int]:
    """Return a head without checksum and size, and where it ends in the file."""
    stream.seek(at)
    start = b"" if key is None else stream.read(BLOCK)
    opening = None if key is None else _Opening(key, start)
    first = stream.read(BLOCK)
    first = first if opening is None else opening.update(first)
    length, place = _vint(first, 4)
    if not 0 < length <= LARGEST_HEAD:
        raise BrokenRar("a head of no size that there is")
    more = max(0, place + length - len(first))
    rest = stream.read(more) if opening is None else opening.update(stream.read(_whole(more)))
    whole = (first + rest)[: place + length]
    if len(whole) < place + length or zlib.crc32(whole[4:]) != int.from_bytes(whole[:4], "little"):
        raise BrokenRar("a head whose checksum does not fit")
    return whole[place:], at + (place + length if opening is None else BLOCK + _whole(place + length))


class _Opening:
    """Decrypts a head, piece by piece."""

    def __init__(self, key: bytes, start: bytes) -> None:
        if len(start) < BLOCK:
            raise BrokenRar("a head breaks off")
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(start)).decryptor()

    def update(self, data: bytes) -> bytes:
        return self._cipher.update(data[: len(data) - len(data) % BLOCK])


def _whole(size: int) -> int:
    """Return how many bytes the blocks take that hold so many."""
    return -(-size // BLOCK) * BLOCK


def _encryption(head: bytes, at: int) -> Lock:
    """Return the lock of the heads (archive encryption header)."""
    flags, at = _vint(head, at)
    if flags & _EXTRA:
        _, at = _vint(head, at)
    if flags & _DATA:
        _, at = _vint(head, at)
    version, at = _vint(head, at)
    with_check, at = _vint(head, at)
    return _lock(version, head[at:], with_check, start=False)


def _lock(version: int, fields: bytes, flags: int, *, start: bool) -> Lock:
    size = 17 + BLOCK * start + 12 * (flags & 1)
    if version or len(fields) < size or fields[0] > rar_key.MOST_POWER:
        raise BrokenRar("a lock that is made in no known way")
    at = 17 + BLOCK * start
    return Lock(fields[0], fields[1:17], fields[17:at], fields[at:size], is_turned=bool(flags & 2))


def _file(head: bytes, flags: int, body: bytes, extra: bytes, data: Span) -> Block:
    """Return the block of a file; where it is locked, also as it is without lock."""
    records = list(_records(extra))
    locks = [fields for kind, fields in records if kind == _LOCK_RECORD]
    if not locks:
        return Block(_written(head), data, is_file=True)
    version, at = _vint(locks[0], 0)
    lock_flags, at = _vint(locks[0], at)
    lock = _lock(version, locks[0][at:], lock_flags, start=True)
    file_flags, at = _vint(body, 0)
    size, at = _vint(body, at)
    _, at = _vint(body, at)
    at += 4 if file_flags & _TIME else 0
    crc = int.from_bytes(body[at : at + 4], "little") if file_flags & _CHECKSUM else None
    packing, _ = _vint(body, at + 4 * (crc is not None))
    kept = [(kind, fields) for kind, fields in records if kind != _LOCK_RECORD]
    if lock.is_turned:
        kept = [(kind, fields) for kind, fields in kept if kind != _HASH_RECORD]
        if crc is not None:
            after = _vint(body, 0)[1]
            body = _number(file_flags & ~_CHECKSUM) + body[after:at] + body[at + 4 :]
    more = b"".join(_number(len(_number(kind) + fields)) + _number(kind) + fields for kind, fields in kept)
    start = _number(_FILE) + _number(flags & ~_EXTRA | (_EXTRA if more else 0)) + (_number(len(more)) if more else b"")

    def opened(data_size: int) -> bytes:
        return _written(start + (_number(data_size) if flags & _DATA else b"") + body + more)

    stored = None if packing & _METHOD else size
    locked = Locked(opened, size, lock, stored=stored, crc=crc)
    return Block(_written(head), data, is_file=True, is_locked=True, locked=locked)


def _records(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(extra):
        size, at = _vint(extra, at)
        if not 0 < size <= len(extra) - at:
            raise BrokenRar("a record that ends behind its head")
        kind, start = _vint(extra, at)
        yield kind, extra[start : at + size]
        at += size


def _written(head: bytes) -> bytes:
    sized = _number(len(head)) + head
    return zlib.crc32(sized).to_bytes(4, "little") + sized


def _vint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, and where it ends."""
    value = 0
    for count, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << 7 * count
        if not byte & 0x80:
            return value, at + count + 1
    raise BrokenRar("a number without end")


def end_of(signature: bytes) -> bytes:
    """Return the block that ends an archive of this signature."""
    if signature == SIGNATURE:
        return _written(bytes((_END, 0, 0)))
    return _old_written(bytes((0, 0, _OLD_END, 0, 0, 0, 0)), 0x4000)


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _old_blocks(stream: BinaryIO, size: int, password: str | None) -> Iterator[Block]:
    at, are_locked = len(OLD_SIGNATURE), False
    while at + 7 <= size:
        head, end = _old_head(stream, at, password if are_locked else None)
        kind, flags = head[2], int.from_bytes(head[3:5], "little")
        data_size = int.from_bytes(head[7:11], "little") if flags & _OLD_DATA and len(head) >= 11 else 0
        if kind == _OLD_FILE and flags & _OLD_LARGE and len(head) >= 36:
            data_size |= int.from_bytes(head[32:36], "little") << 32
        data = Span(end, min(data_size, max(0, size - end)))
        if kind == _OLD_MAIN:
            are_locked = bool(flags & _OLD_HEADS_LOCKED)
            if are_locked and password is None:
                raise BrokenRar("its heads are locked")
            opened = _old_written(head, flags & ~_OLD_HEADS_LOCKED)
            yield Block(opened, data)
        elif kind == _OLD_FILE:
            yield _old_file(head, flags, data)
        else:
            yield Block(head, data)
        if kind == _OLD_END:
            return
        at = end + data_size


def _old_head(stream: BinaryIO, at: int, password: str | None) -> tuple[bytes, int]:
    stream.seek(at)
    if password is None:
        head = stream.read(7)
        length = int.from_bytes(head[5:7], "little")
        head += stream.read(max(0, length - 7))
        end = at + length
    else:
        opening = _Opening(*rar_key.old_key(password, stream.read(8)))
        first = opening.update(stream.read(BLOCK))
        length = int.from_bytes(first[5:7], "little")
        rest = opening.update(stream.read(max(0, _whole(length) - BLOCK)))
        head, end = (first + rest)[:length], at + 8 + max(_whole(length), BLOCK)
    if length < 7 or len(head) < length:
        raise BrokenRar("a head breaks off")
    stated = int.from_bytes(head[:2], "little")
    if stated not in (zlib.crc32(head[2:]) & 0xFFFF, zlib.crc32(head[2:13]) & 0xFFFF):  # a comment is not counted
        raise BrokenRar("a head whose checksum does not fit")
    return head, end


def _old_file(head: bytes, flags: int, data: Span) -> Block:
    if not flags & _OLD_LOCKED or len(head) < 32:
        return Block(head, data, is_file=True)
    unpacked, is_large = int.from_bytes(head[11:15], "little"), bool(flags & _OLD_LARGE)
    if is_large:
        unpacked |= int.from_bytes(head[36:40], "little") << 32
    at = (40 if is_large else 32) + int.from_bytes(head[26:28], "little")
    salt = head[at : at + 8] if flags & _OLD_SALTED else b""

    def opened(data_size: int) -> bytes:
        low, high = struct.pack("<I", data_size & 0xFFFFFFFF), struct.pack("<I", data_size >> 32)
        start = head[:7] + low + head[11:32] + (high + head[36:at] if is_large else head[32:at])
        return _old_written(start + head[at + len(salt) :], flags & ~(_OLD_LOCKED | _OLD_SALTED))

    stored = unpacked if head[25] == _OLD_STORED else None
    locked = Locked(opened, unpacked, None, salt, stored, int.from_bytes(head[16:20], "little"))
    return Block(head, data, is_file=True, is_locked=True, locked=locked if head[24] >= _OLD_AES else None)


def _old_written(head: bytes, flags: int) -> bytes:
    rest = head[2:3] + struct.pack("<HH", flags, len(head)) + head[7:]
    return struct.pack("<H", zlib.crc32(rest if head[2] != _OLD_MAIN else rest[:11]) & 0xFFFF) + rest
