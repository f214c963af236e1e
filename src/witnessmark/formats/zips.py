"""Finds the entries of a zip, from its directory or, where that is lost, from the entries themselves (APPNOTE 6.3).

Rules for whoever changes this file: no size is believed; a name is bytes; what overlaps is found before anything
is inflated; nothing is written anywhere.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

END = b"PK\x05\x06"
CENTRAL = b"PK\x01\x02"
LOCAL = b"PK\x03\x04"
MOST_ENTRIES = 1_000_000
CHUNK = 64 << 10


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
    disk: int = 0  # the part of a split zip that its header lies in, from 0 on
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
    tail, at = _end(stream, size)
    if at < 0:
        return None
    length, offset, comment = struct.unpack_from("<IIH", tail, at + 12)
    place = size - len(tail) + at
    wide = _end_record_64(stream, place)
    full = offset == 0xFFFFFFFF or length == 0xFFFFFFFF or tail[at + 10 : at + 12] == b"\xff\xff"
    # Some writers put the wide record (APPNOTE 4.3.14) also before a narrow one that holds the same.
    if wide is not None and (full or wide[:2] == (length, offset)):
        length, offset, place = wide
    start = place - length
    if not _is_central(stream, start) and _is_central(stream, offset):
        start = offset  # other bytes were put between the directory and its end
    if start < 0:
        return None
    return start, length, start - offset, tail[at + 22 : at + 22 + comment]


def _end(stream: BinaryIO, size: int) -> tuple[bytes, int]:
    span = min(size, 22 + 0xFFFF)
    stream.seek(size - span)
    tail = stream.read(span)
    at = tail.rfind(END)
    while at >= 0 and at + 22 > len(tail):
        at = tail.rfind(END, 0, at)
    return tail, at


def _is_central(stream: BinaryIO, at: int) -> bool:
    if at < 0:
        return False
    stream.seek(at)
    return stream.read(4) == CENTRAL


def part(stream: BinaryIO, size: int) -> int:
    """Return which part of a split zip this is, from 0 on, as its end record says (APPNOTE 4.3.16, 8.5)."""
    tail, at = _end(stream, size)
    found = int.from_bytes(tail[at + 4 : at + 6], "little") if at >= 0 else 0
    return 0 if found == 0xFFFF else found


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
    disk, _, attributes, offset = struct.unpack_from("<HHII", feed, at + 34)
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
        disk,
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
        at = next_header(stream, at, size)
        if at < 0:
            return
        entry = header(stream, at, size)
        if entry is None:
            return
        count += 1
        yield entry
        at = entry.data + max(entry.packed, 0)


def header(stream: BinaryIO, at: int, size: int) -> Entry | None:
    """Return the entry whose own header lies at a place; `packed` is -1 where it stands behind the packed bytes."""
    stream.seek(at)
    head = stream.read(30)
    if len(head) < 30 or head[:4] != LOCAL:
        return None
    flags, method, time, date, crc, packed, length, name_length, extra_length = struct.unpack_from(
        "<HHHHIIIHH", head, 6
    )
    name, extra = stream.read(name_length), stream.read(extra_length)
    length, packed, _ = _wide(extra, length, packed)
    data = at + 30 + name_length + extra_length
    held = -1 if flags & 8 and packed == 0 else min(packed, max(0, size - data))
    return Entry(name, flags, method, crc, held, length, at, (time, date), extra=extra, data=data)


def next_header(stream: BinaryIO, at: int, size: int) -> int:
    """Return where the next local header begins, or -1; it may begin beyond `size`, where looking ends."""
    step = 256  # mostly it stands where looking begins
    while at < size:
        stream.seek(at)
        block = stream.read(step)
        found = block.find(LOCAL)
        if found >= 0:
            return at + found
        if len(block) <= 3:
            return -1
        at += len(block) - 3
        step = min(16 * step, 1 << 20)
    return -1
