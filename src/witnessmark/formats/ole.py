"""The file that an embedded object wraps ([MS-OLEDS]): a compound file around it, or a packager's record."""

import io
import struct
from collections.abc import Mapping
from typing import Final

from witnessmark.formats.compound import STREAM, BrokenCompound, CompoundEntry, CompoundFile

LARGEST: Final = 256 << 20


def wrapped(data: bytes) -> tuple[str, bytes] | None:
    """Return name and bytes of the file that an embedded object wraps ([MS-OLEDS] 2.3.6), or None."""
    try:
        file = CompoundFile(io.BytesIO(data), len(data))
    except BrokenCompound:
        return None
    return wrapped_in(file, {entry.name: entry for entry in reversed(file.entries) if entry.type == STREAM})


def wrapped_in(file: CompoundFile, streams: Mapping[str, CompoundEntry]) -> tuple[str, bytes] | None:
    """Return name and bytes of the file that the streams of one object wrap, or None."""
    for name, ending in (("Package", ""), ("CONTENTS", ".pdf"), ("EmbeddedOdf", ".odf")):
        inner = file.read(streams[name], LARGEST) if name in streams else b""
        if inner[:4] in (b"%PDF", b"PK\x03\x04"):
            return f"{name}{ending if inner[:4] == b'%PDF' else ''}", inner
    record = streams.get("\x01Ole10Native")
    return None if record is None else native(file.read(record, LARGEST))


def native(data: bytes) -> tuple[str, bytes] | None:
    """Unwrap a packager object: length, flags, label, file name, command, then length and bytes of the file."""
    if len(data) < 8:
        return None
    place = 6
    label, place = _string(data, place)
    name, place = _string(data, place)
    place += 4
    if place + 4 > len(data):
        return None
    (length,) = struct.unpack_from("<I", data, place)
    place += 4 + length
    if place + 4 > len(data):
        return None
    (length,) = struct.unpack_from("<I", data, place)
    place += 4
    chosen = name or label
    return chosen.replace("\\", "/").rpartition("/")[2] or "embedded", data[place : place + length]


def _string(data: bytes, place: int) -> tuple[str, int]:
    end = data.find(b"\0", place, place + 1024)
    if end < 0:
        return "", len(data)
    return data[place:end].decode("cp1252", "replace"), end + 1
