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
from witnessmark.formats.rar_bits import Way
from witnessmark.formats.rar_block import OLD_SIGNATURE, Old

MOST: Final = 24 << 20
"""Bytes that the files of one archive may unpack to; some 20 seconds."""
_SPARE: Final = 1 << 20
"""Bytes that a packed file may be longer than twice what it unpacks to; more are not read into memory."""
_COMMENT = struct.Struct("<7xHBB2x")
_STORED: Final = 0x30
_THIRD: Final = (29, 36)
"""Versions of the way that libarchive has where files do not build on each other."""


def _ways() -> dict[int, Way]:
    """Return the ways that are had, each new, by the versions that have them."""
    second, third = rar2.Unpacker(), rar29.Unpacker()
    return {15: rar15.Unpacker(), 20: second, 26: second, **dict.fromkeys(_THIRD, third)}


def not_unpacked(old: Old) -> str:
    """Say of a file why it is not unpacked, where it is not."""
    if old.version in _THIRD:
        return "it builds on files before it, and they or it are packed in a way that is not unpacked here"
    return f"it is packed in the way of RAR {old.version // 10}.{old.version % 10}, which is not unpacked here"


def unpacked(source: Source, told: Told) -> tuple[Source, Told]:
    """Return an archive with its old files unpacked, as far as that can be done, and what is told of its files then."""
    made: list[Piece] = [Made(OLD_SIGNATURE)]
    unread, agrees = dict(told.unread), dict(told.agrees)
    ways = _ways()
    files, left = 0, MOST
    for block in rar_blocks.followed(source.stream, source.size, None):
        if block.is_aside:
            continue
        number = files
        files += block.is_file
        old = block.old
        way = None if old is None else ways.get(old.version)
        data = b""
        if old is not None and way is not None:
            is_whole = not (block.is_locked or block.begins_before or block.goes_on)
            if is_whole and old.unpacked <= left:
                source.stream.seek(block.data.at)
                packed = source.stream.read(min(block.data.size, 2 * old.unpacked + _SPARE))
                data = way.file(packed, old.unpacked, goes_on=old.builds_on)
            else:
                way.lose()
                if is_whole:
                    unread[number] = f"{not_unpacked(old)} beyond {MOST >> 20} MiB"
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
        way = None if version in _THIRD else _ways().get(version)
        if way is None:
            return ""
        data = way.file(data, size, goes_on=False)
    chosen = encodings.choose(data)
    return encodings.storable(data.decode(chosen.name, "replace")).strip()
