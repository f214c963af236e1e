"""Unfolds one member of a zip by libarchive: what is packed by Zstandard or PPMd (APPNOTE 6.3, 4.4.5: 93 and 98).

The member is fed to it as a zip of that one member, whose header is written here and whose packed bytes are passed on
as they are asked for; so our own reader of zips stays the one that decides what is taken out, and under what name.

Rules for whoever changes this file: the functions that libarchive calls back are made when this file is loaded, since
behind the walls no memory becomes a program.
"""

import ctypes
import struct
from collections.abc import Iterator
from typing import Final

from witnessmark.formats import unarchive
from witnessmark.formats.packed_feed import Feed
from witnessmark.formats.unarchive import ArchiveError, ffi

ZSTANDARD, PPMD = 93, 98
METHODS: Final = (ZSTANDARD, PPMD)
CHUNK: Final = 256 << 10


_FEED: Final = Feed()
_NEXT: Final = None if ffi is None else ffi.READ_CALLBACK(_FEED.next)


def unfolded(method: int, crc: int, size: int, packed_size: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what a member unfolds to, in pieces of at most `CHUNK`.

    Args:
        method: `ZSTANDARD` or `PPMD`.
        crc: the checksum of the unfolded bytes, as the zip states it.
        size: how many those are, as it states.
        packed_size: how many bytes `pieces` are.
        pieces: the packed bytes.

    Raises:
        unarchive.CannotUnfold: when they are damaged; what was yielded stands.
    """
    handle = ffi.read_new()
    try:
        ffi.get_read_filter_function("none")(handle)
        ffi.libarchive.archive_read_support_format_zip_streamable(ctypes.c_void_p(handle))
        whole = _zip(method, crc, size, packed_size, pieces)
        _FEED.begin(lambda: next(whole, b""))
        ffi.read_open(handle, None, ffi.NO_OPEN_CB, _NEXT, ffi.NO_CLOSE_CB)
        entry = ffi.entry_new()
        try:
            ffi.read_next_header2(handle, entry)
            room = ctypes.create_string_buffer(CHUNK)
            while (count := ffi.read_data(handle, room, CHUNK)) > 0:
                yield room.raw[:count]
        finally:
            ffi.entry_free(entry)
    except ArchiveError as error:
        raise unarchive.CannotUnfold(unarchive.said(error)) from error
    finally:
        ffi.read_free(handle)
        _FEED.end()


def _zip(method: int, crc: int, size: int, packed_size: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a zip that begins with this member; it needs no directory to be read in order (APPNOTE 4.3.7, 4.5.3)."""
    wide = struct.pack("<HHQQ", 1, 16, size, packed_size)
    head = (63, 0, method, 0, 33, crc, 0xFFFFFFFF, 0xFFFFFFFF, 1, len(wide))
    yield b"PK\x03\x04" + struct.pack("<HHHHHIIIHH", *head) + b"a" + wide
    yield from pieces
