"""Finds the entries of a zip, from its directory or, where that is lost, from the entries themselves (APPNOTE 6.3).

Rules for whoever changes this file: no size is believed; a name is bytes; what overlaps is found before anything
is inflated; nothing is written anywhere.
"""

import bz2
import io
import lzma
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, Protocol

from witnessmark.formats import deflate64, packed, packed_member

END = b"PK\x05\x06"
CENTRAL = b"PK\x01\x02"
LOCAL = b"PK\x03\x04"
MOST_ENTRIES = 1_000_000
MOST_UNLISTED = 1_000
MOST_GAPS = 64 << 20
"""Bytes between the entries of a directory that are looked through."""
CHUNK = 64 << 10
GROWTH = 256 << 10
"""Bytes inflated at a time."""
STORED, DEFLATED, DEFLATED64, BZIP2, LZMA, XZ = 0, 8, 9, 12, 14, 95
XZ_MEMORY = 256 << 20
METHODS = (STORED, DEFLATED, DEFLATED64, BZIP2, LZMA, XZ, *packed_member.METHODS)


class BrokenZip(ValueError):  # noqa: N818 - it says what is broken
    """The zip cannot be followed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as the directory (or, without one, its own header) states it; `offset` is where its header lies."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    stamp: tuple[int, int]  # DOS time and date
    made_by: int = 0
    attributes: int = 0
    extra: bytes = b""
    comment: bytes = b""
    data: int = -1  # where the packed bytes begin; -1 until the local header was read
    local_name: bytes | None = None
    local_method: int = -1
    local_flags: int = -1
    local_sizes: tuple[int, int] | None = None  # packed and unpacked, where its own header states them

    @property
    def is_encrypted(self) -> bool:
        """Whether its bytes, or its headers, are encrypted."""
        return bool(self.flags & 0x2041)

    @property
    def is_folder(self) -> bool:
        """Whether it names a folder."""
        return self.name.endswith(b"/") or (self.name.endswith(b"\\") and self.size == 0)

    @property
    def end(self) -> int:
        """Where its packed bytes end."""
        return self.data + self.packed


def end_record(stream: BinaryIO, size: int) -> tuple[int, int, int, bytes] | None:
    """Return (where the directory begins, its length, bytes before the zip, comment), or None without an end record."""
    span = min(size, 22 + 0xFFFF)
    stream.seek(size - span)
    tail = stream.read(span)
    at = tail.rfind(END)
    while at >= 0 and at + 22 > len(tail):
        at = tail.rfind(END, 0, at)
    if at < 0:
        return None
    length, offset, comment = struct.unpack_from("<IIH", tail, at + 12)
    place = size - span + at
    wide = _end_record_64(stream, place)
    full = offset == 0xFFFFFFFF or length == 0xFFFFFFFF or tail[at + 10 : at + 12] == b"\xff\xff"
    # Some writers put the wide record (APPNOTE 4.3.14) also before a narrow one that holds the same.
    if wide is not None and (full or wide[:2] == (length, offset)):
        length, offset, place = wide
    start = place - length
    if start < 0:
        return None
    return start, length, start - offset, tail[at + 22 : at + 22 + comment]


def _end_record_64(stream: BinaryIO, place: int) -> tuple[int, int, int] | None:
    if place < 20:
        return None
    stream.seek(place - 20)
    locator = stream.read(20)
    if locator[:4] != b"PK\x06\x07":
        return None
    where = struct.unpack_from("<Q", locator, 8)[0]
    for candidate in (where, place - 20 - 56):
        if 0 <= candidate < place:
            stream.seek(candidate)
            record = stream.read(56)
            if record[:4] == b"PK\x06\x06" and len(record) == 56:
                length, offset = struct.unpack_from("<QQ", record, 40)
                return length, offset, candidate
    return None


def directory(stream: BinaryIO, start: int, length: int, shift: int) -> Iterator[Entry]:
    """Yield the entries that the directory states; `shift` is how many bytes stand before the zip.

    Raises:
        BrokenZip: when the directory ends or breaks off before its length.
    """
    stream.seek(start)
    feed, at, left = b"", 0, length
    for _ in range(MOST_ENTRIES):
        if len(feed) - at < 46 + 3 * 0xFFFF and left:
            block = stream.read(min(left, 1 << 20))
            left = left - len(block) if block else 0
            feed, at = feed[at:] + block, 0
        if len(feed) - at < 46 or feed[at : at + 4] != CENTRAL:
            if at < len(feed) and feed[at : at + 4] != b"PK\x05\x05":
                raise BrokenZip("the directory breaks off")
            return
        entry, used = _central(feed, at, shift)
        place = stream.tell()
        yield entry
        stream.seek(place)
        at += used
    raise BrokenZip("more entries than are read")


def _central(feed: bytes, at: int, shift: int) -> tuple[Entry, int]:
    made, _, flags, method, time, date, crc, packed, size, name_length, extra_length, comment_length = (
        struct.unpack_from("<HHHHHHIIIHHH", feed, at + 4)
    )
    attributes, offset = struct.unpack_from("<II", feed, at + 38)
    name_at = at + 46
    extra_at, comment_at = name_at + name_length, name_at + name_length + extra_length
    extra = feed[extra_at:comment_at]
    size, packed, offset = _wide(extra, size, packed, offset)
    entry = Entry(
        feed[name_at:extra_at],
        flags,
        method,
        crc,
        packed,
        size,
        offset + shift,
        (time, date),
        made,
        attributes,
        extra,
        feed[comment_at : comment_at + comment_length],
    )
    return entry, 46 + name_length + extra_length + comment_length


def _wide(extra: bytes, *narrow: int) -> tuple[int, int, int]:
    found = list(narrow)
    for tag, data in extra_fields(extra):
        if tag == 1:
            at = 0
            for i, value in enumerate(found):
                if value == 0xFFFFFFFF and at + 8 <= len(data):
                    found[i] = int.from_bytes(data[at : at + 8], "little")
                    at += 8
            break
    return found[0], found[1], found[2] if len(found) > 2 else 0


def extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and data of each extra field (APPNOTE 4.5)."""
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, at)
        yield tag, extra[at + 4 : at + 4 + length]
        at += 4 + length


def located(stream: BinaryIO, entry: Entry) -> Entry | None:
    """Return the entry with what its own header says, or None when no header lies there."""
    if entry.offset < 0:
        return None
    stream.seek(entry.offset)
    header = stream.read(30)
    if len(header) < 30 or header[:4] != LOCAL:
        return None
    flags, method = struct.unpack_from("<HH", header, 6)
    packed, size, name_length, extra_length = struct.unpack_from("<IIHH", header, 18)
    name = stream.read(name_length)
    stated = None if flags & 8 or 0xFFFFFFFF in (packed, size) else (packed, size)
    return replace(
        entry,
        data=entry.offset + 30 + name_length + extra_length,
        local_name=name,
        local_method=method,
        local_flags=flags,
        local_sizes=stated,
    )


def overlapping(entries: list[Entry]) -> frozenset[int]:
    """Return the places in the list of entries that share bytes with another one."""
    order = sorted((entry.offset, max(entry.end, entry.data), i) for i, entry in enumerate(entries) if entry.data >= 0)
    found: set[int] = set()
    reach, owner = -1, -1
    for start, end, i in order:
        if start < reach:
            found |= {i, owner}
        if end > reach:
            reach, owner = end, i
    return frozenset(found)


def scan(stream: BinaryIO, size: int, limit: int = MOST_ENTRIES) -> Iterator[Entry]:
    """Yield the entries of a zip without a directory, by their own headers; each is yielded before its end is known."""
    at, count = 0, 0
    while count < limit:
        at = _next_header(stream, at, size)
        if at < 0:
            return
        stream.seek(at)
        header = stream.read(30)
        if len(header) < 30:
            return
        flags, method, time, date, crc, packed, length, name_length, extra_length = struct.unpack_from(
            "<HHHHIIIHH", header, 6
        )
        name, extra = stream.read(name_length), stream.read(extra_length)
        length, packed, _ = _wide(extra, length, packed)
        data = at + 30 + name_length + extra_length
        unknown = bool(flags & 8) and packed == 0
        entry = Entry(name, flags, method, crc, packed, length, at, (time, date), extra=extra, data=data)
        entry = replace(entry, packed=-1 if unknown else min(packed, max(0, size - data)))
        count += 1
        yield entry
        at = data if unknown else data + max(entry.packed, 0)


def unlisted(stream: BinaryIO, entries: list[Entry], start: int) -> Iterator[Entry]:
    """Yield the entries that lie whole in gaps between those of the directory, which begins at `start`."""
    at, looked = 0, 0
    listed = sorted((entry.offset, max(entry.end, entry.data)) for entry in entries if entry.data >= 0)
    for begin, end in (*listed, (start, start)):
        if begin - at > 30:
            looked += begin - at
            if looked > MOST_GAPS:
                return
            yield from _in_gap(stream, at, begin)
        at = max(at, end)


def _in_gap(stream: BinaryIO, at: int, end: int) -> Iterator[Entry]:
    stream.seek(at)
    gap = io.BytesIO(stream.read(end - at))
    size = len(gap.getbuffer())
    for entry in scan(gap, size, MOST_UNLISTED):
        # Other bytes hold the mark by chance, or as a program that unpacks does: a header has to make sense.
        known = entry.method in METHODS and 0 < len(entry.name) <= 1024 and b"\0" not in entry.name
        if known and (entry.packed < 0 or entry.end <= size) and not entry.flags & 0x9000:
            yield replace(entry, offset=entry.offset + at, data=entry.data + at)


def _next_header(stream: BinaryIO, at: int, size: int) -> int:
    while at < size:
        stream.seek(at)
        block = stream.read(1 << 20)
        found = block.find(LOCAL)
        if found >= 0:
            return at + found
        if len(block) <= 3:
            return -1
        at += len(block) - 3
    return -1


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
        except (deflate64.BrokenDeflate64, packed.CannotUnfold) as error:
            raise BrokenZip(f"the packed bytes are damaged ({error})") from error
        return
    at, left = entry.data, entry.packed
    machine: Decompressor | None = None
    try:
        if entry.method == LZMA:
            machine, used = _lzma(stream, at)
            at, left = at + used, max(0, left - used)
        machine = machine or _machine(entry.method)
        while left != 0 and not machine.eof:
            stream.seek(at)
            block = stream.read(CHUNK if left < 0 else min(CHUNK, left))
            if not block:
                break
            at, left = at + len(block), left - len(block) if left > 0 else left
            yield from machine.push(block)
    except (zlib.error, lzma.LZMAError, OSError, ValueError) as error:
        raise BrokenZip(f"the packed bytes are damaged ({error})") from error
    if not machine.eof and (left > 0 or entry.method in (DEFLATED, BZIP2, XZ)):
        raise BrokenZip("the packed bytes break off")


def _by_another(stream: BinaryIO, entry: Entry) -> Iterator[bytes] | None:
    """Return what unfolds a method that asks for its bytes itself."""
    if entry.method == DEFLATED64:
        return deflate64.unfolded(_packed(stream, entry))
    if entry.method in packed_member.METHODS:
        pieces = _packed(stream, entry)
        return packed_member.unfolded(entry.method, entry.crc, entry.size, max(entry.packed, 0), pieces)
    return None


def _packed(stream: BinaryIO, entry: Entry) -> Iterator[bytes]:
    at, left = entry.data, entry.packed
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
    if entry.method in packed_member.METHODS:
        if not packed_member.is_here():
            return "unpacking it needs the library libarchive (Debian: libarchive13), which is not on this machine"
        if entry.packed < 0 or (entry.flags & 8 and entry.size == 0):
            return "how long it is stands in a directory that is lost"
    return ""


METHOD_NAMES = {
    1: "Shrink",
    2: "Reduce",
    3: "Reduce",
    4: "Reduce",
    5: "Reduce",
    6: "Implode",
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
