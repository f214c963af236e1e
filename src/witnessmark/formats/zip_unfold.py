"""Unfolds the members of a zip, whatever they are packed by (APPNOTE 6.3, section 4.4.5), a bounded piece at a time."""

import bz2
import lzma
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from witnessmark.formats import deflate64, explode, packed_member, unarchive, unreduce, unshrink
from witnessmark.formats.bits import BrokenPacking
from witnessmark.formats.zips import CHUNK, BrokenZip, Entry

GROWTH = 256 << 10
"""Bytes inflated at a time."""
STORED, DEFLATED, DEFLATED64, BZIP2, LZMA, XZ = 0, 8, 9, 12, 14, 95
SHRUNK, REDUCED, IMPLODED = 1, (2, 3, 4, 5), 6
XZ_MEMORY = 256 << 20
_OLD = (SHRUNK, *REDUCED, IMPLODED)
"""What PKZIP packed by before 1993; the packed bytes do not say where they end."""
METHODS = (STORED, *_OLD, DEFLATED, DEFLATED64, BZIP2, LZMA, XZ, *packed_member.METHODS)
LARGEST_TRIED = 4 << 20
"""Bytes of an imploded member that are unfolded to find out which of two ways it was packed in."""


class Decompressor(Protocol):
    """What inflates, a bounded piece at a time."""

    @property
    def eof(self) -> bool:
        """Whether the packed stream has come to its own end."""

    def push(self, data: bytes) -> Iterator[bytes]:
        """Yield what some packed bytes unfold to."""


class _Stored:
    eof = False

    def push(self, data: bytes) -> Iterator[bytes]:
        yield data


class Inflating:
    """Deflate, raw (-15), with a zlib (15) or gzip header (31), never more than `GROWTH` bytes at a time."""

    def __init__(self, window: int = -15) -> None:
        self._machine = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        """Whether the packed stream has come to its own end."""
        return self._machine.eof

    @property
    def unused(self) -> bytes:
        """What was pushed beyond that end."""
        return self._machine.unused_data

    def push(self, data: bytes) -> Iterator[bytes]:
        """Yield what some packed bytes unfold to."""
        while data and not self._machine.eof:
            before = self._machine.copy()
            try:
                out = self._machine.decompress(data, GROWTH)
            except zlib.error:
                yield _up_to_the_damage(before, data)
                raise
            data = self._machine.unconsumed_tail
            if out:
                yield out


def _up_to_the_damage(machine: "zlib._Decompress", data: bytes) -> bytes:
    """Return what stands before a damage: zlib gives nothing of a piece in which there is one."""
    found = bytearray()
    try:
        for at in range(len(data)):
            waiting = data[at : at + 1]
            while waiting and len(found) < GROWTH:
                found += machine.decompress(waiting, GROWTH)
                waiting = machine.unconsumed_tail
    except zlib.error:
        pass
    return bytes(found)


class Unpacking:
    """bzip2, xz and raw LZMA, never more than `GROWTH` bytes at a time."""

    def __init__(self, machine: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._machine = machine

    @property
    def eof(self) -> bool:
        """Whether the packed stream has come to its own end."""
        return self._machine.eof

    @property
    def unused(self) -> bytes:
        """What was pushed beyond that end."""
        return self._machine.unused_data

    def push(self, data: bytes) -> Iterator[bytes]:
        """Yield what some packed bytes unfold to."""
        out = self._machine.decompress(data, GROWTH)
        while True:
            if out:
                yield out
            if self._machine.eof or self._machine.needs_input:
                return
            out = self._machine.decompress(b"", GROWTH)


def unpacked(stream: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """Yield what an entry unfolds to, in bounded pieces.

    Raises:
        BrokenZip: when the packed bytes break off or are damaged; what was yielded stands.
    """
    by_another = _by_another(stream, entry)
    if by_another is not None:
        try:
            yield from by_another
        except (BrokenPacking, unarchive.CannotUnfold) as error:
            raise BrokenZip(f"the packed bytes are damaged ({error})") from error
        return
    taken = 0
    try:
        machine, taken = _lzma(stream, entry.data) if entry.method == LZMA else (_machine(entry.method), 0)
        for block in _packed(stream, entry, taken):
            taken += len(block)
            yield from machine.push(block)
            if machine.eof:
                break
    except (zlib.error, lzma.LZMAError, OSError, ValueError) as error:
        raise BrokenZip(f"the packed bytes are damaged ({error})") from error
    if not machine.eof and (taken < entry.packed or entry.method in (DEFLATED, BZIP2, XZ)):
        raise BrokenZip("the packed bytes break off")


def _by_another(stream: BinaryIO, entry: Entry) -> Iterator[bytes] | None:
    """Return what unfolds a method that asks for its bytes itself."""
    if entry.method == DEFLATED64:
        return deflate64.unfolded(_packed(stream, entry))
    if entry.method == SHRUNK:
        return unshrink.unfolded(_packed(stream, entry), entry.size)
    if entry.method in REDUCED:
        return unreduce.unfolded(_packed(stream, entry), entry.size, entry.method - 1)
    if entry.method == IMPLODED:
        return explode.unfolded(_packed(stream, entry), entry.size, entry.flags, _shortest(stream, entry))
    if entry.method in packed_member.METHODS:
        pieces = _packed(stream, entry)
        return packed_member.unfolded(entry.method, entry.crc, entry.size, max(entry.packed, 0), pieces)
    return None


def _shortest(stream: BinaryIO, entry: Entry) -> int:
    """Return the shortest repetition of an imploded member.

    PKZIP 1.01 went by the size of the window there, where the number of trees should tell: by which, the checksum says.
    """
    stated, other = explode.least(entry.flags), 3 if entry.flags & explode.WIDE else 2
    if stated == other or entry.size > LARGEST_TRIED:
        return stated
    crc = 0
    try:
        for piece in explode.unfolded(_packed(stream, entry), entry.size, entry.flags, other):
            crc = zlib.crc32(piece, crc)
    except BrokenPacking:
        return stated
    return other if crc == entry.crc else stated


def _packed(stream: BinaryIO, entry: Entry, past: int = 0) -> Iterator[bytes]:
    """Yield the packed bytes of a member past the first ones, up to the file's end where their number is lost."""
    at, left = entry.data + past, entry.packed if entry.packed < 0 else max(0, entry.packed - past)
    while left != 0:
        stream.seek(at)
        block = stream.read(CHUNK if left < 0 else min(CHUNK, left))
        if not block:
            return
        at, left = at + len(block), left - len(block) if left > 0 else left
        yield block


def why_not(entry: Entry) -> str:
    """Return why the method of an entry is not unfolded here, or nothing."""
    if entry.method not in METHODS:
        return f"it is packed by {METHOD_NAMES.get(entry.method, f'method {entry.method}')}, which is not unpacked here"
    if entry.method in packed_member.METHODS and not unarchive.is_here():
        return "unpacking it needs the library libarchive (Debian: libarchive13), which is not on this machine"
    if entry.method in (*packed_member.METHODS, *_OLD) and (entry.packed < 0 or (entry.flags & 8 and entry.size == 0)):
        return "how long it is stands in a directory that is lost"
    return ""


METHOD_NAMES = {
    10: "PKWARE's library",
    16: "IBM z/OS CMPSC",
    18: "IBM TERSE",
    19: "LZ77 of IBM",
    94: "MP3",
    96: "JPEG of WinZip",
    97: "WavPack",
}


def _machine(method: int) -> Decompressor:
    if method == DEFLATED:
        return Inflating()
    if method == BZIP2:
        return Unpacking(bz2.BZ2Decompressor())
    if method == XZ:
        return Unpacking(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY))
    return _Stored()


def _lzma(stream: BinaryIO, at: int) -> tuple[Decompressor, int]:
    stream.seek(at)
    head = stream.read(9)
    if len(head) < 9 or head[2:4] != b"\x05\x00":
        raise BrokenZip("LZMA properties that are not in use")
    first, size = head[4], int.from_bytes(head[5:9], "little")
    chain = {
        "id": lzma.FILTER_LZMA1,
        "dict_size": min(max(size, 4096), 64 << 20),
        "lc": first % 9,
        "lp": first // 9 % 5,
        "pb": min(first // 45, 4),
    }
    return Unpacking(lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[chain])), 9
