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
from witnessmark.formats.rar_block import (
    OLD_SIGNATURE,
    Block,
    BrokenRar,
    HeadLock,
    Locked,
    Old,
    Opening,
    next_volume,
    whole,
)

_MAIN, _FILE, _SERVICE, _END = 0x73, 0x74, 0x7A, 0x7B
_LOCKED, _SALTED, _LARGE, _DATA, _HEADS_LOCKED = 0x04, 0x0400, 0x0100, 0x8000, 0x80
_BEGAN, _GOES_ON, _NOT_LAST = 0x01, 0x02, 0x01
_VOLUME, _FIRST, _NAMED_BY_PART = 0x01, 0x0100, 0x10
_SOLID, _BUILDS_ON, _FOLDER = 0x08, 0x10, 0xE0
_COMMENT, _MAIN_COMMENT, _TIMES = 0x08, 0x02, 0x1000
_ASIDE: Final = range(0x75, 0x7A)
"""Kinds of blocks that older programs wrote beside files: comments, seals, owners, spare data."""
_STORED: Final = 0x30
_FIRST_WAY: Final = 15
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
    at, are_locked, is_first, is_solid = len(OLD_SIGNATURE), False, True, False
    while at + 7 <= size:
        head, end = _head(stream, at, password if are_locked else None)
        kind, flags = head[2], int.from_bytes(head[3:5], "little")
        data_size = int.from_bytes(head[7:11], "little") if flags & _DATA and len(head) >= 11 else 0
        if kind == _FILE and flags & _LARGE and len(head) >= 36:
            data_size |= int.from_bytes(head[32:36], "little") << 32
        data = Span(end, min(data_size, max(0, size - end)))
        if kind == _MAIN:
            are_locked, is_solid = bool(flags & _HEADS_LOCKED), bool(flags & _SOLID)
            if are_locked and password is None:
                raise BrokenRar("its heads are locked")
            opened, bare = _written(head, flags & ~_HEADS_LOCKED), _bare(head)
            is_odd = bare != head or is_solid
            tidy = _written(bare, flags & ~(_HEADS_LOCKED | _MAIN_COMMENT | _SOLID)) if is_odd else b""
            yield Block(opened, data, whole=partial(_of_one, opened), comment=head[len(bare) :], tidy=tidy)
        elif kind == _FILE:
            yield _file(head, flags, data, is_first=is_first, is_solid=is_solid)
            is_first = False
        else:
            goes_on = bool(flags & _NOT_LAST) if kind == _END else None
            tidy = _written(head, flags & ~_BUILDS_ON) if kind == _SERVICE and flags & _BUILDS_ON else b""
            yield Block(head, data, goes_on=goes_on, is_aside=kind in _ASIDE, tidy=tidy)
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
    fits = any(stated == zlib.crc32(part[2:]) & 0xFFFF for part in (head, head[:13], _bare(head)))
    if not fits and head[2] not in _ASIDE:  # of some of those it counts the data too
        raise BrokenRar("a head whose checksum does not fit")
    return head, end


def _file(head: bytes, flags: int, data: Span, *, is_first: bool, is_solid: bool) -> Block:
    """Return the block of a file; libarchive takes the rest of one for a file where it is the first that it meets."""
    began, goes_on, is_locked = bool(flags & _BEGAN), bool(flags & _GOES_ON), bool(flags & _LOCKED)
    bare = _bare(head)
    tidy = b"" if bare == head and not flags & _BUILDS_ON else _written(bare, flags & ~(_COMMENT | _BUILDS_ON))
    block = Block(
        head,
        data,
        comment=head[len(bare) :],
        tidy=tidy,
        is_file=not began or is_first,
        is_locked=is_locked,
        begins_before=began,
        goes_on=goes_on,
        whole=partial(_in_one_piece, head, flags & ~(_BEGAN | _GOES_ON)),
        old=_old(bare, flags & ~_COMMENT, is_first=is_first, is_solid=is_solid),
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


def _bare(head: bytes) -> bytes:
    """Return the head of an archive or a file without the comment in it, where it has one."""
    kind, flags = head[2], int.from_bytes(head[3:5], "little")
    if kind == _MAIN and flags & _MAIN_COMMENT:
        return head[:13]
    if kind == _FILE and flags & _COMMENT and not flags & (_TIMES | _LARGE) and len(head) >= 32:
        return head[: 32 + int.from_bytes(head[26:28], "little") + (8 if flags & _SALTED else 0)]
    return head


def _old(head: bytes, flags: int, *, is_first: bool, is_solid: bool) -> Old | None:
    """Return how a file is packed, where that is no way of libarchive's; before 2.0 the archive says what builds on."""
    if len(head) < 32 or head[25] == _STORED or flags & (_FOLDER | _LARGE) in (_FOLDER, _LARGE):
        return None
    version, unpacked = head[24], int.from_bytes(head[11:15], "little")
    if version >= _AES and not is_solid:
        return None
    builds_on = is_solid and not is_first if version <= _FIRST_WAY else bool(flags & _BUILDS_ON)
    stored = partial(_stored, head, flags & ~(_BEGAN | _GOES_ON | _BUILDS_ON))
    return Old(version, unpacked, int.from_bytes(head[16:20], "little"), builds_on, stored)


def _stored(head: bytes, flags: int, size: int) -> bytes:
    """Return the head of a file as that of one which is not packed, of so many bytes."""
    made = head[:11] + struct.pack("<I", size) + head[15:25] + bytes((_STORED,)) + head[26:]
    return _in_one_piece(made, flags, size)


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
