"""A small part of a package, unpacked at once where nothing about it is odd: streams cost more than the unpacking."""

import io
import struct
import zipfile
import zlib
from typing import BinaryIO

SMALL = 1 << 20
"""Parts up to so many bytes are unpacked at once."""
_PLAIN = 0x80E
"""Flags that change nothing about the bytes: how hard they were packed, sizes behind them, a name in UTF-8."""
_HEAD = struct.Struct("<4s22xHH")
"""Of an entry's own header its mark and how long its name and its extra fields are (APPNOTE 4.3.7)."""


def unpacked(stream: BinaryIO, entry: zipfile.ZipInfo, most: int) -> bytes | None:
    """Return a part's bytes, up to `most`; None where anything is odd, and a stream has to find out what.

    What is returned is what `zipfile` gives: header and directory name the same part, length and checksum agree.
    """
    if max(entry.file_size, entry.compress_size) > min(most, SMALL) or entry.flag_bits & ~_PLAIN:
        return None
    stream.seek(entry.header_offset)
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    mark, name_length, extra_length = _HEAD.unpack(head)
    name = stream.read(name_length)
    if mark != b"PK\x03\x04" or name != entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437"):
        return None
    stream.seek(extra_length, io.SEEK_CUR)
    packed = stream.read(entry.compress_size)
    data = packed if entry.compress_type == zipfile.ZIP_STORED else _inflated(entry, packed)
    whole = data is not None and len(packed) == entry.compress_size and len(data) == entry.file_size
    return data if whole and zlib.crc32(data or b"") == entry.CRC else None


def _inflated(entry: zipfile.ZipInfo, packed: bytes) -> bytes | None:
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        return None
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = engine.decompress(packed, entry.file_size + 1)
    except zlib.error:
        return None
    return data if engine.eof else None
