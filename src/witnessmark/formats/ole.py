"""The file that an embedded object wraps ([MS-OLEDS]): a compound file around it, or a packager's record."""

import io
import struct
from collections.abc import Iterator, Mapping
from typing import Final

from witnessmark.formats.compound import BrokenCompound, CompoundEntry, CompoundFile, folded
from witnessmark.formats.names import likely_codec

LARGEST: Final = 256 << 20
HEAD: Final = 8
"""Bytes that tell a whole file."""


WRAPPING: Final = ("Package", "CONTENTS", "EmbeddedOdf")
"""Names of streams that hold the file that an object wraps."""


def wrapped(data: bytes) -> tuple[str, bytes] | None:
    """Return name and bytes of the file that an embedded object wraps ([MS-OLEDS] 2.3.6), or None."""
    try:
        file = CompoundFile(io.BytesIO(data), len(data))
    except BrokenCompound:
        return None
    return wrapped_in(file, file.streams())


def wrapped_in(file: CompoundFile, streams: Mapping[str, CompoundEntry]) -> tuple[str, bytes] | None:
    """Return name and bytes of the file that the streams of one object, by their names folded, wrap, or None."""
    for name in WRAPPING:
        inner = file.read(streams[folded(name)], LARGEST) if folded(name) in streams else b""
        if inner[:4] in (b"%PDF", b"PK\x03\x04", b"8BPS"):
            return name + _WHOLE.get(inner[:4], ""), inner
    record = streams.get(folded("\x01Ole10Native"))
    return None if record is None else native(file.read(record, LARGEST))


def ending_of(head: bytes) -> str:
    """Return the end of the name of the file that begins like this, where it is one that a stream may hold whole."""
    return next((ending for start, ending in _ALONE.items() if head.startswith(start)), "")


def native(data: bytes) -> tuple[str, bytes] | None:
    """Unwrap the native data of an object of the first OLE: a packager's record, or a file as it stands; else None.

    The packager's record is length, a mark, label, file name, kind, command, length and bytes of the file; newer ones
    give the three names once more, in UTF-16.
    """
    if data[4:6] != _PACKAGER:
        ending = next((ending for start, ending in _WHOLE.items() if data[4 : 4 + len(start)] == start), None)
        size = int.from_bytes(data[:4], "little")
        return None if ending is None else (f"Ole10Native{ending}", data[4 : 4 + size])
    label, place = _string(data, 6)
    name, place = _string(data, place)
    if place + 8 > len(data) or data[place + 2 : place + 4] == _LINKED:
        return None
    (length,) = struct.unpack_from("<I", data, place + 4)
    place += 8 + length
    if place + 4 > len(data):
        return None
    (length,) = struct.unpack_from("<I", data, place)
    place += 4
    wide = list(_wide(data, place + length))
    chosen = (wide[2] or wide[1]) if len(wide) == 3 else _read(name or label)
    return chosen.replace("\\", "/").rpartition("/")[2] or "embedded", data[place : place + length]


_PACKAGER: Final = b"\x02\0"
_LINKED: Final = b"\x01\0"
"""The kind of a record that names a file and holds none."""
_WHOLE: Final = {b"%PDF": ".pdf", b"8BPS": ".psd", b"BM": ".bmp", b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg"}

_ALONE: Final = {
    b"%PDF-": ".pdf",
    b"8BPS\0\1": ".psd",
    b"\x89PNG\r\n\x1a\n": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"GIF87a": ".gif",
    b"GIF89a": ".gif",
}


def _string(data: bytes, place: int) -> tuple[bytes, int]:
    end = data.find(b"\0", place, place + 1024)
    if end < 0:
        return b"", len(data)
    return data[place:end], end + 1


def _wide(data: bytes, place: int) -> Iterator[str]:
    """Yield the names in UTF-16 behind the file: its length in characters before each."""
    for _ in range(3):
        size = int.from_bytes(data[place : place + 4], "little") * 2
        if place + 4 > len(data) or size > min(4096, len(data) - place - 4):
            return
        yield data[place + 4 : place + 4 + size].decode("utf-16-le", "replace")
        place += 4 + size


def _read(name: bytes) -> str:
    """Return a name in the code page of some Windows, which is said nowhere."""
    codec = likely_codec((name,))
    if codec in ("cp437", "cp866", "cp1251"):  # the letters between which a letter stands tell its alphabet
        stem = name.replace(b"\\", b"/").rpartition(b"/")[2].rpartition(b".")[0]
        latin, other = sum(stem.count(letter) for letter in _LATIN), sum(byte > 0x7F for byte in stem)
        codec = "cp1251" if codec != "cp437" and other > latin else "cp1252"
    return name.decode(codec, "replace")


_LATIN: Final = tuple(bytes((letter,)) for letter in b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
