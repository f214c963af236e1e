"""Macros of Office files ([MS-OVBA]): that there are some, and their source text, which is never run.

The source of a module stands compressed in its stream, from an offset that the project's `dir` stream tells. Where
that stream cannot be followed, compressed text is looked for by its first words.
"""

import struct
from collections.abc import Iterator
from typing import Final

from witnessmark.cell.report import Report
from witnessmark.formats.compound import STREAM, CompoundEntry, CompoundFile
from witnessmark.formats.ole_properties import decode

LARGEST: Final = 8 << 20
MOST_MODULES: Final = 2000
LONGEST: Final = 16 << 20
_CHUNK: Final = 4096
_START: Final = b"\x00Attribut"
_NAME, _STREAM, _OFFSET, _PAGE, _VERSION = 0x0019, 0x001A, 0x0031, 0x0003, 0x0009


def read_macros(file: CompoundFile, report: Report) -> int:
    """Report the macros of every project in the file; return how many modules there are."""
    room = LONGEST
    modules = 0
    folders: dict[tuple[str, ...], dict[str, CompoundEntry]] = {}
    for path, entry in file.walk():
        if entry.type == STREAM and len(path) > 1 and path[-2].lower() == "vba":
            folders.setdefault(path[:-1], {})[path[-1].lower()] = entry
    for folder in folders.values():
        if "dir" not in folder:
            continue
        page, listed = _modules(decompress(file.read(folder["dir"], LARGEST), LARGEST))
        told = {name.lower(): offset for name, offset in listed}
        for name, inner in folder.items():
            if name in ("dir", "_vba_project") or name.startswith("__srp_") or modules >= MOST_MODULES:
                continue
            data = file.read(inner, LARGEST)
            source = _source(data, told.get(name), min(room, LARGEST))
            if not source:
                continue
            modules += 1
            room -= len(source)
            report.hidden("macro", f"{inner.name}\n{decode(source, page)}\n".replace("\r\n", "\n"))
    if modules:
        report.observe("office.macros", {"kind": "VBA", "modules": modules})
    return modules


def _source(data: bytes, offset: int | None, limit: int) -> bytes:
    if offset is not None and data[offset : offset + 1] == b"\x01":
        return decompress(data[offset:], limit)
    at = data.find(_START)
    return decompress(data[at - 3 :], limit) if at >= 3 else b""


def _modules(directory: bytes) -> tuple[int, list[tuple[str, int]]]:
    """Return the project's code page, and stream name and offset of each module ([MS-OVBA] 2.3.4.2)."""
    page, found, stream = 1252, list[tuple[str, int]](), ""
    for kind, data in _records(directory):
        if kind == _PAGE and len(data) >= 2:
            page = struct.unpack_from("<H", data)[0]
        elif kind == _STREAM:
            stream = decode(data, page)
        elif kind == _OFFSET and len(data) >= 4:
            found.append((stream, struct.unpack_from("<I", data)[0]))
    return page, found


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 6 <= len(data):
        kind, size = struct.unpack_from("<HI", data, at)
        if kind == _VERSION:
            size = 6  # this record states 4 and has 6 bytes
        yield kind, data[at + 6 : at + 6 + size]
        at += 6 + size


def decompress(data: bytes, limit: int) -> bytes:
    """Return what a compressed container holds, as far as it can be followed ([MS-OVBA] 2.4.1.3)."""
    if data[:1] != b"\x01":
        return b""
    out = bytearray()
    at = 1
    while at + 2 <= len(data) and len(out) < limit:
        head = struct.unpack_from("<H", data, at)[0]
        end = min(at + (head & 0x0FFF) + 3, len(data))
        if (head >> 12) & 7 != 3:
            break
        if head & 0x8000:
            _chunk(data, at + 2, end, out)
        else:
            out += data[at + 2 : min(at + 2 + _CHUNK, len(data))]
        at = end
    return bytes(out[:limit])


def _chunk(data: bytes, at: int, end: int, out: bytearray) -> None:
    start = len(out)
    while at < end and len(out) - start < _CHUNK:
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= end:
                return
            if not flags >> bit & 1:
                out.append(data[at])
                at += 1
                continue
            if at + 2 > end or len(out) == start:
                return
            token = struct.unpack_from("<H", data, at)[0]
            at += 2
            wide = max((len(out) - start - 1).bit_length(), 4)
            back = (token >> (16 - wide)) + 1
            length = (token & (0xFFFF >> wide)) + 3
            if back > len(out) - start:
                return
            for _ in range(min(length, _CHUNK)):
                out.append(out[-back])
