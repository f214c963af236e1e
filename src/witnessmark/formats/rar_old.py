"""Writes a RAR archive anew in which files stand unpacked that libarchive does not unpack.

Those are what was packed before RAR 2.9, and what RAR 2.9 to 4.x packed so that files build on each other.

What was unpacked is kept in memory until it is handed on: such archives are small. A file that breaks off stands there
as far as it goes, and its checksum tells.
"""

import struct
from dataclasses import replace
from functools import partial
from typing import Final

from witnessmark.cell.report import Source
from witnessmark.formats import encodings, pieces, rar2, rar15, rar29, rar_blocks
from witnessmark.formats.packed import Told
from witnessmark.formats.pieces import AsItStands, Made, Piece
from witnessmark.formats.rar_block import OLD_SIGNATURE, Block, Old

MOST: Final = 24 << 20
"""Bytes that the files of one archive may unpack to; some 20 seconds."""
_SPARE: Final = 1 << 20
"""Bytes that a packed file may be longer than twice what it unpacks to; more are not read into memory."""
_COMMENT = struct.Struct("<7xHBB2x")
_STORED: Final = 0x30
_FIRST, _SECOND, _THIRD = (15,), (20, 26), (29, 36)
_WAYS: Final = frozenset((*_FIRST, *_SECOND, *_THIRD))


def not_unpacked(old: Old) -> str:
    """Say of a file why it is not unpacked, where it is not."""
    if old.version in _THIRD:
        return "it builds on files before it, and they or it are packed in a way that is not unpacked here"
    return f"it is packed in the way of RAR {old.version // 10}.{old.version % 10}, which is not unpacked here"


def unpacked(source: Source, told: Told) -> tuple[Source, Told]:
    """Return an archive with its old files unpacked, as far as that can be done, and what is told of its files then."""
    made: list[Piece] = [Made(OLD_SIGNATURE)]
    unread, agrees = dict(told.unread), dict(told.agrees)
    first, second, third = rar15.Unpacker(), rar2.Unpacker(), rar29.Unpacker()
    files, left = 0, MOST
    for block in rar_blocks.followed(source.stream, source.size, None):
        if block.is_aside:
            continue
        number = files
        files += block.is_file
        old = block.old
        data = b""
        if old is not None and _is_at_hand(block, old):
            if old.unpacked > left:
                unread[number] = f"{not_unpacked(old)} beyond {MOST >> 20} MiB"
            else:
                source.stream.seek(block.data.at)
                way = first if old.version in _FIRST else second if old.version in _SECOND else third
                packed = source.stream.read(min(block.data.size, 2 * old.unpacked + _SPARE))
                data = way.file(packed, old.unpacked, goes_on=old.builds_on)
        if old is None or not data:
            if old is not None and old.version in _THIRD and not old.builds_on:
                unread.pop(number, None)  # the first of several: libarchive has both ways
            made += [Made(block.tidy or block.head), AsItStands(source.stream, block.data)]
            continue
        left -= len(data)
        unread.pop(number, None)
        agrees[number] = partial(int.__eq__, old.crc)
        made += [Made(old.stored(len(data))), Made(data)]
    return pieces.source(made, source.name), replace(told, unread=unread, agrees=agrees)


def comment(block: bytes) -> str:
    """Return the text of a comment that stood in a head as a block of its own; empty where it cannot be read."""
    if len(block) < _COMMENT.size or block[2] != 0x75:
        return ""
    size, version, method = _COMMENT.unpack_from(block)
    data = block[_COMMENT.size :]
    if method != _STORED:
        if version not in (*_FIRST, *_SECOND):
            return ""
        way = rar15.Unpacker() if version in _FIRST else rar2.Unpacker()
        data = way.file(data, size, goes_on=False)
    chosen = encodings.choose(data)
    return encodings.storable(data.decode(chosen.name, "replace")).strip()


def _is_at_hand(block: Block, old: Old) -> bool:
    """Tell whether a file is packed in a way that is had, open, and all here."""
    return old.version in _WAYS and not block.is_locked and not block.begins_before and not block.goes_on
