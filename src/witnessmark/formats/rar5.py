"""Reads the blocks of a RAR 5.0, and writes heads anew without what locks them ("RAR 5.0 archive format", RARLAB)."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO, Final

from witnessmark.formats import rar_key
from witnessmark.formats.pieces import BLOCK, Decrypted, Span
from witnessmark.formats.rar_block import SIGNATURE, Block, BrokenRar, HeadLock, Locked, Opening, next_volume, whole
from witnessmark.formats.rar_key import Lock

LARGEST_HEAD: Final = 2 << 20

_MAIN, _FILE, _SERVICE, _ENCRYPTION, _END = 1, 2, 3, 4, 5
_EXTRA, _DATA, _BEGAN, _GOES_ON = 1, 2, 8, 16
_VOLUME, _COUNTED, _NOT_LAST = 1, 2, 1
_TIME, _CHECKSUM = 2, 4
_LOCK_RECORD, _HASH_RECORD = 1, 2
_METHOD: Final = 0x0380
"""How a file is packed; 0 where it is not."""
_MIXED, _LAST = 0x5A, 0x40
"""What the bytes of a packed block's beginning give together, and the flag of the last block."""


def head_lock(stream: BinaryIO) -> HeadLock | None:
    """Return what locks the heads; None where they stand open."""
    head, _ = _head(stream, len(SIGNATURE), None)
    about = _about(head)
    return HeadLock(_encryption(head, about.at)) if about.kind == _ENCRYPTION else None


def last() -> bytes:
    """Return the block that ends an archive."""
    return _written(bytes((_END, 0, 0)))


def blocks(stream: BinaryIO, size: int, password: str | None) -> Iterator[Block]:
    """Yield the blocks, whose heads a password opens where they are locked; of the volumes that follow too."""
    at, key = len(SIGNATURE), None
    while at < size:
        head, end = _head(stream, at, key)
        about = _about(head)
        if about.extra_size > len(head) - about.at:
            raise BrokenRar("a record that ends behind its head")
        data = Span(end, min(about.data_size, max(0, size - end)))
        if about.kind == _ENCRYPTION:
            lock = _encryption(head, about.at)
            key = None if password is None else lock.key(password)
        elif about.kind == _FILE:
            yield _file(head, about, data)
        elif about.kind == _MAIN:
            yield _main(head, about, data)
        elif about.kind == _END:
            yield Block(_written(head), data, goes_on=bool(_vint(head, about.at)[0] & _NOT_LAST))
        elif about.kind != _SERVICE:  # what serves a file may be locked too, and is no file
            yield Block(_written(head), data)
        at = end + about.data_size
        if about.kind == _END:
            at = next_volume(stream, at, SIGNATURE)
            if at < 0:
                return
            yield Block(SIGNATURE, Span(at, 0))
            at, key = at + len(SIGNATURE), None


@dataclass(frozen=True, slots=True)
class _About:
    """What every head begins with, and where that ends."""

    kind: int
    flags: int
    extra_size: int
    data_size: int
    at: int


def _about(head: bytes) -> _About:
    kind, at = _vint(head, 0)
    flags, at = _vint(head, at)
    extra_size, at = _vint(head, at) if flags & _EXTRA else (0, at)
    data_size, at = _vint(head, at) if flags & _DATA else (0, at)
    return _About(kind, flags, extra_size, data_size, at)


def packed_size(opened: Decrypted) -> int:
    """Return how many bytes of a file's data are packed, without those that fill the last block of the cipher.

    libarchive takes those for more of the file. Packed data are blocks that begin with flags, a checksum and
    their size; one flag marks the last.
    """
    at = 0
    while at < opened.size:
        head = opened.read(at, 5)
        count = (head[0] >> 3 & 3) + 1 if len(head) == 5 else 0
        size = int.from_bytes(head[2 : 2 + count], "little")
        if count not in (1, 2, 3) or head[0] ^ head[1] ^ size & 0xFF ^ size >> 8 & 0xFF ^ size >> 16 != _MIXED:
            return opened.size
        at += 2 + count + size
        if head[0] & _LAST:
            return min(at, opened.size)
    return opened.size


def _head(stream: BinaryIO, at: int, key: bytes | None) -> tuple[bytes, int]:
    """Return a head without checksum and size, and where it ends in the file."""
    stream.seek(at)
    start = b"" if key is None else stream.read(BLOCK)
    opening = None if key is None else Opening(key, start)
    first = stream.read(BLOCK)
    first = first if opening is None else opening.update(first)
    length, place = _vint(first, 4)
    if not 0 < length <= LARGEST_HEAD:
        raise BrokenRar("a head of no size that there is")
    more = max(0, place + length - len(first))
    rest = stream.read(more) if opening is None else opening.update(stream.read(whole(more)))
    head = (first + rest)[: place + length]
    if len(head) < place + length or zlib.crc32(head[4:]) != int.from_bytes(head[:4], "little"):
        raise BrokenRar("a head whose checksum does not fit")
    return head[place:], at + (place + length if opening is None else BLOCK + whole(place + length))


def _encryption(head: bytes, at: int) -> Lock:
    """Return the lock of the heads (archive encryption header)."""
    version, at = _vint(head, at)
    with_check, at = _vint(head, at)
    return _lock(version, head[at:], with_check, start=False)


def _lock(version: int, fields: bytes, flags: int, *, start: bool) -> Lock:
    size = 17 + BLOCK * start + 12 * (flags & 1)
    if version or len(fields) < size or fields[0] > rar_key.MOST_POWER:
        raise BrokenRar("a lock that is made in no known way")
    at = 17 + BLOCK * start
    return Lock(fields[0], fields[1:17], fields[17:at], fields[at:size], is_turned=bool(flags & 2))


def _main(head: bytes, about: _About, data: Span) -> Block:
    """Return the block of the archive itself, which says whether it is a volume, and which."""
    flags, at = _vint(head, about.at)
    number, at = _vint(head, at) if flags & _COUNTED else (0, at)
    rest = head[at : len(head) - about.extra_size]

    def whole(_: int) -> bytes:
        return _written(bytes((_MAIN, 0)) + _number(flags & ~(_VOLUME | _COUNTED)) + rest)

    return Block(_written(head), data, begins_before=bool(flags & _VOLUME) and number > 0, whole=whole)


def _file(head: bytes, about: _About, data: Span) -> Block:
    """Return the block of a file; where it is locked, also as it is without lock."""
    flags, behind = about.flags, len(head) - about.extra_size
    body, records = head[about.at : behind], list(_records(head[behind:]))
    locks = [fields for kind, fields in records if kind == _LOCK_RECORD]
    began, goes_on = bool(flags & _BEGAN), bool(flags & _GOES_ON)
    extra = head[behind:]

    def written(body: bytes, records: bytes, data_size: int) -> bytes:
        kept = flags & ~(_BEGAN | _GOES_ON | _EXTRA) | (_EXTRA if records else 0)
        start = _number(_FILE) + _number(kept) + (_number(len(records)) if records else b"")
        return _written(start + (_number(data_size) if flags & _DATA else b"") + body + records)

    block = Block(
        _written(head),
        data,
        is_file=not began,
        is_locked=bool(locks),
        begins_before=began,
        goes_on=goes_on,
        whole=partial(written, body, extra),
    )
    if not locks or began or goes_on:
        return block
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
    stored = None if packing & _METHOD else size
    locked = Locked(partial(written, body, more), size, lock, stored=stored, crc=crc)
    return replace(block, locked=locked)


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


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
