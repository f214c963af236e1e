"""The directory of compiled help, and the bytes of what it lists: as they stand, or unfolded frame by frame.

The layout was never published by its maker; what is known of it (ITSF, ITSP, the chunks of names, the table of resets)
comes from the projects that read it.

Rules for whoever changes this file: a chunk of the directory is read once; a frame is looked for from the reset before
it and held until the next one is asked for; an interval that broke is not tried again.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from witnessmark.formats.lzx import FRAME, SLOTS, BrokenLzx, Lzx
from witnessmark.formats.octets import Octets

MOST_ENTRIES: Final = 200_000
LARGEST_TABLE: Final = 64 << 20
PLAIN, PACKED = 0, 1
"""Sections: bytes as they stand, and packed ones."""
_CHUNK_HEAD: Final = 20
_STORAGE: Final = b"::DataSpace/Storage/MSCompressed/"
_RESETS: Final = _STORAGE + b"Transform/{7FC28940-9D31-11D0-9B27-00A0C91E9C7C}/InstanceData/ResetTable"


class BrokenHelp(ValueError):  # noqa: N818 - it says what is broken
    """The directory cannot be followed."""


@dataclass(frozen=True, slots=True)
class HelpEntry:
    """An entry of the directory: in which section its bytes lie, from where on, and how many there are."""

    name: bytes
    section: int
    start: int
    size: int


class HelpFile:
    """Compiled help, opened: its directory is read at once, bytes when asked for."""

    def __init__(self, octets: Octets) -> None:
        """Read the directory.

        Raises:
            BrokenHelp: when there is none.
        """
        head = octets.take(0, 0x60)
        if head[:4] != b"ITSF" or len(head) < 0x60:
            raise BrokenHelp("no head of compiled help")
        version, self.language = struct.unpack_from("<I", head, 4)[0], struct.unpack_from("<I", head, 20)[0]
        at, size = struct.unpack_from("<QQ", head, 72)
        self._content = octets.part(struct.unpack_from("<Q", head, 88)[0] if version >= 3 else at + size)
        self.is_whole = True
        """Whether the directory could be followed to its end."""
        self.entries = tuple(self._listed(octets.part(at)))
        self._by_name = {entry.name: entry for entry in reversed(self.entries)}
        self._packed: _Packed | None = None
        self._problem = ""

    def pieces(self, entry: HelpEntry) -> Iterator[bytes]:
        """Yield the bytes of an entry.

        Raises:
            BrokenLzx: when they break off or cannot be unfolded; what was yielded stands.
        """
        if entry.section == PLAIN:
            yield from self._plain(entry)
            return
        if self._packed is None and not self._problem:
            try:
                self._packed = self._opened()
            except BrokenLzx as error:
                self._problem = str(error)
        if self._packed is None or entry.section != PACKED:
            raise BrokenLzx(self._problem or "packed in a way that is not known")
        yield from self._packed.pieces(entry.start, entry.size)

    def _plain(self, entry: HelpEntry) -> Iterator[bytes]:
        run = self._content.part(entry.start, entry.size)
        yield from run.pieces()
        if run.size < entry.size:
            raise BrokenLzx("the file breaks off")

    def _inner(self, name: bytes) -> bytes:
        entry = self._by_name.get(name)
        return b"" if entry is None else self._content.take(entry.start, min(entry.size, LARGEST_TABLE))

    def _opened(self) -> "_Packed":
        content = self._by_name.get(_STORAGE + b"Content")
        if content is None:
            raise BrokenLzx("the packed bytes are missing")
        run = self._content.part(content.start, content.size)
        return _Packed(run, self._inner(_STORAGE + b"ControlData"), self._inner(_RESETS))

    def _listed(self, octets: Octets) -> Iterator[HelpEntry]:
        head = octets.take(0, 0x54)
        if head[:4] != b"ITSP" or len(head) < 0x54:
            raise BrokenHelp("no head of a directory")
        (length,), (width,), (chunks,) = (struct.unpack_from("<I", head, place) for place in (8, 16, 44))
        if not _CHUNK_HEAD < width <= 1 << 20:
            raise BrokenHelp("chunks of no size")
        count = 0
        for number in range(chunks):
            chunk = octets.take(length + number * width, width)
            if len(chunk) < width:
                self.is_whole = False
                return
            if chunk[:4] != b"PMGL":
                continue  # an index of what the others list
            for entry in self._in_chunk(chunk):
                count += 1
                if count > MOST_ENTRIES:
                    self.is_whole = False
                    return
                yield entry

    def _in_chunk(self, chunk: bytes) -> Iterator[HelpEntry]:
        at, end = _CHUNK_HEAD, len(chunk) - struct.unpack_from("<I", chunk, 4)[0]
        while at < end:
            length, at = _number(chunk, at)
            name = chunk[at : at + length]
            section, at = _number(chunk, at + length)
            start, at = _number(chunk, at)
            size, at = _number(chunk, at)
            if at > end or len(name) < length:
                self.is_whole = False
                return
            yield HelpEntry(name, section, start, size)


def _number(chunk: bytes, at: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the highest first, and where it ends; a byte that ends it has no mark."""
    value = 0
    for place in range(at, min(at + 9, len(chunk))):
        value = value << 7 | chunk[place] & 0x7F
        if chunk[place] < 0x80:
            return value, place + 1
    return 0, len(chunk) + 1


class _Packed:
    """The packed bytes of the help, and where in them each frame begins."""

    def __init__(self, run: Octets, control: bytes, resets: bytes) -> None:
        """Read how they are packed.

        Raises:
            BrokenLzx: when it is not said, or in no way that can be.
        """
        if control[4:8] != b"LZXC" or len(control) < 20:
            raise BrokenLzx("how it is packed is not said")
        version, interval, window = struct.unpack_from("<III", control, 8)
        unit = 1 if version == 1 else FRAME  # sizes in bytes, later in frames
        bits = (window * unit).bit_length() - 1
        if bits not in SLOTS or window * unit != 1 << bits or interval * unit < FRAME or interval * unit % FRAME:
            raise BrokenLzx("it is packed in no way that can be")
        self._run, self._interval, self._lzx = run, interval * unit // FRAME, Lzx(bits)
        if len(resets) < 40:
            raise BrokenLzx("the table of its resets is missing")
        _, count, width, head, size, packed_size, frame = struct.unpack_from("<IIIIQQQ", resets)
        if width != 8 or frame != FRAME:
            raise BrokenLzx("the table of its resets cannot be followed")
        count = max(0, min(count, (len(resets) - head) // 8))
        self._places = struct.unpack_from(f"<{count}Q", resets, head) if count else ()
        self._size, self._packed_size = size, packed_size
        self._next, self._broken = 0, -1
        self._number, self._held = -1, b""

    def pieces(self, start: int, size: int) -> Iterator[bytes]:
        """Yield what lies there in the unfolded bytes.

        Raises:
            BrokenLzx: when it cannot be unfolded; what was yielded stands.
        """
        at, end = start, start + size
        while at < end:
            piece = self._frame(at // FRAME)[at % FRAME : at % FRAME + end - at]
            if not piece:
                raise BrokenLzx("the packed bytes break off")
            yield piece
            at += len(piece)

    def _frame(self, number: int) -> bytes:
        if number == self._number:
            return self._held
        first = number - number % self._interval
        if first == self._broken or number >= len(self._places):
            raise BrokenLzx("the packed bytes are damaged")
        if not first <= self._next <= number:
            self._next = first
        self._number = -1
        while self._next <= number:
            self._held = self._unfolded(self._next, first)
            self._next += 1
            if first == self._broken and self._next <= number:
                raise BrokenLzx("the packed bytes are damaged")
        self._number = number
        return self._held

    def _unfolded(self, number: int, first: int) -> bytes:
        """Return the next frame; what there is of it where it breaks, and with it all up to the next reset."""
        if number == first:
            self._lzx.reset()
        start = self._places[number]
        end = self._places[number + 1] if number + 1 < len(self._places) else self._packed_size
        size = min(FRAME, self._size - number * FRAME)
        packed = self._run.take(start, end - start) if end > start else b""
        try:
            return self._lzx.frame(packed, size) if size > 0 else b""
        except BrokenLzx:
            self._broken = first
            return self._lzx.begun()[:size]
