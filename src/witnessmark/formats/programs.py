"""Takes archives out of programs: what a self-extracting archive would unpack, without running it.

A program of Windows, Linux or a Mac is not read here. A zip, 7z, RAR or cabinet that lies in it or behind it is a
component and is read for itself. Sources of the shapes: Microsoft's PE Format (headers, certificate table), 7-Zip's
`7zFormat.txt`, [MS-CAB] section 2.1, RAR 5.0 archive format (header CRC), APPNOTE 6.3.

Rules for whoever changes this file: letters that merely look like the beginning of an archive are not enough: programs
that read archives hold them too. A header has to agree with itself.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from witnessmark.cell.report import Report, Source
from witnessmark.formats import appended
from witnessmark.formats.octets import Octets
from witnessmark.model.exhibit import How, PathStep

MOST_LOOKED: Final = 512 << 20
"""Bytes of a program that are looked through."""
MOST_ARCHIVES: Final = 100
BLOCK: Final = 1 << 20
_HEAD: Final = 64
_STARTS: Final = re.compile(rb"7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|MSCF\0\0\0\0")
_PROGRAMS: Final = (
    b"MZ",
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe\0\0\0",
)


@dataclass(frozen=True, slots=True)
class _Archive:
    at: int
    end: int
    suffix: str


def take(source: Source, report: Report) -> bool:
    """Take the archives out, if the file is a program; return whether it is one."""
    source.stream.seek(0)
    head = source.stream.read(4096)
    if not head.startswith(_PROGRAMS):
        return False
    end = _before_certificates(source.stream, head, source.size)
    zipped = appended.take(source, report, end)
    for count, archive in enumerate(_archives(source.stream, end if zipped is None else zipped)):
        if count == MOST_ARCHIVES:
            report.observe("program.archives", f"more than {MOST_ARCHIVES}: the rest is not taken out")
            break
        report.observe("program.archive", {"offset": str(archive.at), "size": str(archive.end - archive.at)})
        name = f"archive-{archive.at}.{archive.suffix}"
        with report.member((PathStep(name),), How.COPIED, {}) as sink:
            for piece in Octets(source.stream, archive.at, archive.end - archive.at).pieces():
                sink.write(piece)
    return True


def _before_certificates(stream: BinaryIO, head: bytes, size: int) -> int:
    """Return where the signatures of a signed program of Windows begin, behind all else; else its size."""
    if head[:2] != b"MZ" or len(head) < 64:
        return size
    stream.seek(struct.unpack_from("<I", head, 60)[0])
    header = stream.read(24 + 160)
    if header[:4] != b"PE\0\0" or len(header) < 184:
        return size
    wide = struct.unpack_from("<H", header, 24)[0] == 0x20B
    place, length = struct.unpack_from("<II", header, 24 + (144 if wide else 128))
    return place if length and 0 < place < size and place + length <= size else size


def _archives(stream: BinaryIO, end: int) -> Iterator[_Archive]:
    at, most = 1, min(end, MOST_LOOKED)
    while at < most:
        stream.seek(at)
        block = stream.read(min(BLOCK + _HEAD, most - at))
        found = next((one for one in _starts(stream, block, at, end) if one.end > one.at), None)
        if found is not None:
            yield found
            at = found.end
        else:
            at += BLOCK


def _starts(stream: BinaryIO, block: bytes, at: int, end: int) -> Iterator[_Archive]:
    for found in _STARTS.finditer(block[: BLOCK + 8]):
        place = at + found.start()
        stream.seek(place)
        archive = _agreeing(stream.read(4096), place, end)
        if archive is not None:
            yield archive


def _agreeing(head: bytes, at: int, end: int) -> _Archive | None:
    if head[:2] == b"7z":
        return _seven_zip(head, at, end)
    if head[:4] == b"MSCF":
        return _cabinet(head, at, end)
    return _Archive(at, end, "rar") if _is_rar(head) else None


def _seven_zip(head: bytes, at: int, end: int) -> _Archive | None:
    if len(head) < 32 or zlib.crc32(head[12:32]) != int.from_bytes(head[8:12], "little"):
        return None
    offset, size = struct.unpack_from("<QQ", head, 12)
    return _Archive(at, min(end, at + 32 + offset + size), "7z")


def _cabinet(head: bytes, at: int, end: int) -> _Archive | None:
    if len(head) < 36:
        return None
    size, third, files_at, fourth, version, folders, files = struct.unpack_from("<IIIIHHH", head, 8)
    fits = 36 <= files_at < size <= end - at
    return (
        _Archive(at, at + size, "cab")
        if fits and version == 0x0103 and folders and files and not third | fourth
        else None
    )


def _is_rar(head: bytes) -> bool:
    if head[6:7] == b"\0":  # RAR 1.5 to 4: the archive's header is of type 0x73 and its CRC of the lower half agrees
        size = int.from_bytes(head[12:14], "little")
        crc = zlib.crc32(head[9 : 7 + size]) & 0xFFFF
        return head[9:10] == b"\x73" and 13 <= size <= 256 and crc == int.from_bytes(head[7:9], "little")
    if head[6:8] != b"\1\0":
        return False
    size, shift, place = 0, 0, 12
    while place < len(head) and shift <= 14:
        size |= (head[place] & 127) << shift
        place, shift = place + 1, shift + 7
        if head[place - 1] < 128:
            break
    body = head[12 : place + size]
    return 0 < size <= 2048 and zlib.crc32(body) == int.from_bytes(head[8:12], "little")
