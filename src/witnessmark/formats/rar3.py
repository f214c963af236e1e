"""Reads the blocks of a RAR of the kind that RAR 1.5 to 4.x wrote, and writes heads anew without what locks them.

By the technical note that came with the program; files are locked by AES from RAR 2.9 on.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import BinaryIO, Final

from witnessmark.formats import rar_key
from witnessmark.formats.pieces import BLOCK, Span
from witnessmark.formats.rar_block import OLD_SIGNATURE, Block, BrokenRar, HeadLock, Locked, Opening, next_volume, whole

_MAIN, _FILE, _END = 0x73, 0x74, 0x7B
_LOCKED, _SALTED, _LARGE, _DATA, _HEADS_LOCKED = 0x04, 0x0400, 0x0100, 0x8000, 0x80
_BEGAN, _GOES_ON, _NOT_LAST = 0x01, 0x02, 0x01
_VOLUME, _FIRST, _NAMED_BY_PART = 0x01, 0x0100, 0x10
_STORED: Final = 0x30
_AES: Final = 29
"""The version from which on files are locked by AES, and packed in the one way that libarchive has."""


def head_lock(stream: BinaryIO) -> HeadLock | None:
    """Return what locks the heads; None where they stand open."""
    stream.seek(len(OLD_SIGNATURE))
    main = stream.read(7)
    if len(main) < 7 or main[2] != _MAIN:
        raise BrokenRar("its first block is no head")
    return HeadLock(None) if main[3] & _HEADS_LOCKED else None


def last() -> bytes:
    """Return the block that ends an archive."""
    return _written(bytes((0, 0, _END, 0, 0, 0, 0)), 0x4000)


def blocks(stream: BinaryIO, size: int, password: str | None) -> Iterator[Block]:
    """Yield the blocks, whose heads a password opens where they are locked; of the volumes that follow too."""
    at, are_locked, is_first = len(OLD_SIGNATURE), False, True
    while at + 7 <= size:
        head, end = _head(stream, at, password if are_locked else None)
        kind, flags = head[2], int.from_bytes(head[3:5], "little")
        data_size = int.from_bytes(head[7:11], "little") if flags & _DATA and len(head) >= 11 else 0
        if kind == _FILE and flags & _LARGE and len(head) >= 36:
            data_size |= int.from_bytes(head[32:36], "little") << 32
        data = Span(end, min(data_size, max(0, size - end)))
        if kind == _MAIN:
            are_locked = bool(flags & _HEADS_LOCKED)
            if are_locked and password is None:
                raise BrokenRar("its heads are locked")
            opened = _written(head, flags & ~_HEADS_LOCKED)
            yield Block(opened, data, whole=partial(_of_one, opened))
        elif kind == _FILE:
            yield _file(head, flags, data, is_first=is_first)
            is_first = False
        else:
            yield Block(head, data, goes_on=bool(flags & _NOT_LAST) if kind == _END else None)
        at = end + data_size
        if kind not in (_FILE, _END):
            continue
        behind = next_volume(stream, at, OLD_SIGNATURE)  # older ones have no block that ends them
        if behind >= 0:
            yield Block(OLD_SIGNATURE, Span(behind, 0))
            at, are_locked = behind + len(OLD_SIGNATURE), False
        elif kind == _END:
            return


def _head(stream: BinaryIO, at: int, password: str | None) -> tuple[bytes, int]:
    stream.seek(at)
    if password is None:
        head = stream.read(7)
        length = int.from_bytes(head[5:7], "little")
        head += stream.read(max(0, length - 7))
        end = at + length
    else:
        opening = Opening(*rar_key.old_key(password, stream.read(8)))
        first = opening.update(stream.read(BLOCK))
        length = int.from_bytes(first[5:7], "little")
        rest = opening.update(stream.read(max(0, whole(length) - BLOCK)))
        head, end = (first + rest)[:length], at + 8 + max(whole(length), BLOCK)
    if length < 7 or len(head) < length:
        raise BrokenRar("a head breaks off")
    stated = int.from_bytes(head[:2], "little")
    if stated not in (zlib.crc32(head[2:]) & 0xFFFF, zlib.crc32(head[2:13]) & 0xFFFF):  # a comment is not counted
        raise BrokenRar("a head whose checksum does not fit")
    return head, end


def _file(head: bytes, flags: int, data: Span, *, is_first: bool) -> Block:
    """Return the block of a file; libarchive takes the rest of one for a file where it is the first that it meets."""
    began, goes_on, is_locked = bool(flags & _BEGAN), bool(flags & _GOES_ON), bool(flags & _LOCKED)
    block = Block(
        head,
        data,
        is_file=not began or is_first,
        is_locked=is_locked,
        begins_before=began,
        goes_on=goes_on,
        whole=partial(_in_one_piece, head, flags & ~(_BEGAN | _GOES_ON)),
        unread=_unread(head),
    )
    if not is_locked or began or goes_on or len(head) < 32:
        return block
    unpacked, is_large = int.from_bytes(head[11:15], "little"), bool(flags & _LARGE)
    if is_large:
        unpacked |= int.from_bytes(head[36:40], "little") << 32
    at = (40 if is_large else 32) + int.from_bytes(head[26:28], "little")
    salt = head[at : at + 8] if flags & _SALTED else b""

    opened = partial(_in_one_piece, head[:at] + head[at + len(salt) :], flags & ~(_LOCKED | _SALTED))
    stored = unpacked if head[25] == _STORED else None
    locked = Locked(opened, unpacked, None, salt, stored, int.from_bytes(head[16:20], "little"))
    return replace(block, locked=locked if head[24] >= _AES else None)


def _unread(head: bytes) -> str:
    """Say why a file is not unpacked: RAR packed otherwise before 2.9, and libarchive takes that for damage."""
    version, method = head[24:25], head[25:26]
    if not version or version[0] >= _AES or method == bytes((_STORED,)):
        return ""
    return f"it is packed in the way of RAR {version[0] // 10}.{version[0] % 10}, which is not unpacked here"


def _in_one_piece(head: bytes, flags: int, data_size: int) -> bytes:
    """Return the head of a file with those flags and so many bytes of data."""
    low, high = struct.pack("<I", data_size & 0xFFFFFFFF), struct.pack("<I", data_size >> 32)
    return _written(head[:7] + low + head[11:32] + (high + head[36:] if flags & _LARGE else head[32:]), flags)


def _of_one(head: bytes, _: int) -> bytes:
    """Return the head of an archive as that of one which is no volume."""
    return _written(head, int.from_bytes(head[3:5], "little") & ~(_VOLUME | _FIRST | _NAMED_BY_PART))


def _written(head: bytes, flags: int) -> bytes:
    rest = head[2:3] + struct.pack("<HH", flags, len(head)) + head[7:]
    return struct.pack("<H", zlib.crc32(rest if head[2] != _MAIN else rest[:11]) & 0xFFFF) + rest
