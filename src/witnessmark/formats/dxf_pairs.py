"""The pairs of a DXF drawing: group codes and values, from letters or from bytes (Autodesk's DXF Reference).

Rules for whoever changes this file: a pair moves forward; a line and a value are held up to a bound, what is longer is
cut; numbers come out as letters too, so that whoever reads the pairs need not know how they were kept.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

BINARY: Final = b"AutoCAD Binary DXF\r\n\x1a\0"
MOST_READ: Final = 256 << 20
LONGEST: Final = 64 << 10
_BLOCK: Final = 1 << 20

Pair = tuple[int, bytes]


def pairs(stream: BinaryIO) -> Iterator[Pair]:
    """Yield group code and value of each pair, up to the first that is none."""
    stream.seek(0)
    if stream.read(len(BINARY)) == BINARY:
        yield from _binary(stream)
        return
    stream.seek(0)
    lines = _lines(stream)
    for code in lines:
        value = next(lines, None)
        digits = code.strip().removeprefix(b"\xef\xbb\xbf")
        if value is None or not digits.lstrip(b"-").isdigit() or len(digits) > 6:
            return
        yield int(digits), value


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield lines, whatever ends them; of a line that is too long its beginning."""
    kept, read = b"", 0
    while read < MOST_READ and (block := stream.read(_BLOCK)):
        read += len(block)
        data = kept + block
        found = data.splitlines()
        # the last may go on, and its end may be half of one
        whole = data.endswith((b"\n",))
        kept = b"" if whole else found.pop() + (b"\r" if data.endswith(b"\r") else b"")
        if len(kept) > _BLOCK:
            kept = kept[:LONGEST]
        yield from (line[:LONGEST] for line in found)
    if kept:
        yield from (line[:LONGEST] for line in kept.splitlines())


class _Fed:
    """A stream that is read in large pieces and given out in small ones."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._data, self._at, self._read = stream, b"", 0, 0

    def take(self, count: int) -> bytes:
        """Return the next bytes; fewer at the end."""
        while self._at + count > len(self._data) and self._more():
            pass
        piece = self._data[self._at : self._at + count]
        self._at += len(piece)
        return piece

    def string(self) -> bytes | None:
        """Return the bytes up to the next zero, None where there is none in reach."""
        while (end := self._data.find(b"\0", self._at)) < 0:
            if len(self._data) - self._at > _BLOCK or not self._more():
                return None
        piece = self._data[self._at : end]
        self._at = end + 1
        return piece[:LONGEST]

    def _more(self) -> bool:
        block = self._stream.read(_BLOCK) if self._read < MOST_READ else b""
        self._read += len(block)
        self._data, self._at = self._data[self._at :] + block, 0
        return bool(block)


def _binary(stream: BinaryIO) -> Iterator[Pair]:
    fed = _Fed(stream)
    head = fed.take(2)
    # Before release 13 a code had one byte, and three from 255 on: a section begins, or a comment stands before it.
    is_short = head[:1] == b"\xff" or (head[:1] == b"\0" and head[1:] != b"\0")
    fed = _Fed(stream)
    stream.seek(len(BINARY))
    while True:
        raw = fed.take(1 if is_short else 2)
        if is_short and raw == b"\xff":
            raw = fed.take(2)
        if not raw:
            return
        code = int.from_bytes(raw, "little")
        value = _value(fed, code)
        if value is None:
            return
        yield code, value


def _value(fed: _Fed, code: int) -> bytes | None:
    """Return the value of a code as letters; None where nothing like it is there."""
    kind = next((kind for first, last, kind in _KINDS if first <= code <= last), "s")
    if kind == "s":
        return fed.string()
    if kind == "c":
        size = fed.take(1)
        raw = fed.take(size[0]) if size else b""
        return raw.hex().encode() if size and len(raw) == size[0] else None
    raw = fed.take(struct.calcsize(kind))
    return f"{struct.unpack(kind, raw)[0]!r}".encode() if len(raw) == struct.calcsize(kind) else None


_KINDS: Final = (
    (10, 59, "<d"), (60, 79, "<h"), (90, 99, "<i"), (110, 149, "<d"), (160, 169, "<q"), (170, 179, "<h"),
    (210, 239, "<d"), (270, 289, "<h"), (290, 299, "<B"), (310, 319, "c"), (370, 389, "<h"), (400, 409, "<h"),
    (420, 429, "<i"), (440, 459, "<i"), (460, 469, "<d"), (1004, 1004, "c"), (1010, 1059, "<d"), (1060, 1070, "<h"),
    (1071, 1071, "<i"),
)  # fmt: skip
"""Codes and how their values are kept: numbers, chunks with their length before them; all others are strings."""
