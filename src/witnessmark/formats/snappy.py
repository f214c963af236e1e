"""Unfolds one block that Snappy packed (google/snappy, format_description.txt): a length, then letters and copies.

Rules for whoever changes this file: the length that a block states bounds what is made, and is itself bounded by who
asks; every element makes at least one byte, so that the loop ends with the bytes.
"""

from typing import Final

_LONGEST_COUNT: Final = 5
"""Bytes that the length of a block takes at most."""
_MOST_GROWTH: Final = 22
"""A copy of three bytes makes 64 at most: a block that states more than this many times its bytes cannot hold it."""


class BrokenSnappy(ValueError):  # noqa: N818 - it says what is broken
    """A block cannot be unfolded to its end; `so_far` is what it gave before."""

    def __init__(self, what: str, so_far: bytes = b"") -> None:
        super().__init__(what)
        self.so_far = so_far


def unfolded(block: bytes, most: int) -> bytes:
    """Return what a block unfolds to.

    Raises:
        BrokenSnappy: when it states more than `most` bytes, breaks off, or gives others than it states.
    """
    size, at = _size(block)
    if size > most or size > _MOST_GROWTH * len(block):
        raise BrokenSnappy("the block states more than it can hold, or than is read")
    out = bytearray()
    end = len(block)
    while at < end:
        tag = block[at]
        at += 1
        kind = tag & 3
        if kind == 0:
            length = tag >> 2
            if length >= 60:
                more = length - 59
                length = int.from_bytes(block[at : at + more], "little")
                at += more
            length += 1
            room = size - len(out)
            out += block[at : at + min(length, room)]
            at += length
            if at > end or length > room:
                raise BrokenSnappy("letters break off", bytes(out))
            continue
        if kind == 1:
            length, width, high = (tag >> 2 & 7) + 4, 1, tag >> 5 << 8
        else:
            length, width, high = (tag >> 2) + 1, 2 if kind == 2 else 4, 0
        back = high | int.from_bytes(block[at : at + width], "little")
        at += width
        if at > end or not 0 < back <= len(out) or len(out) + length > size:
            raise BrokenSnappy("a copy is of nothing", bytes(out))
        _copy(out, back, length)
    if len(out) != size:
        raise BrokenSnappy("the block is shorter than it states", bytes(out))
    return bytes(out)


def _copy(out: bytearray, back: int, length: int) -> None:
    """Add a copy of what stands `back` bytes before the end; one that is longer than that repeats it."""
    start = len(out) - back
    if back >= length:
        out += out[start : start + length]
    else:
        out += (out[start:] * (length // back + 1))[:length]


def _size(block: bytes) -> tuple[int, int]:
    size = 0
    for at, byte in enumerate(block[:_LONGEST_COUNT]):
        size |= (byte & 0x7F) << 7 * at
        if byte < 0x80:
            return size, at + 1
    raise BrokenSnappy("the block has no length")
