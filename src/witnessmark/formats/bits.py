"""Takes packed bytes a few bits at a time, the lowest of a byte first, and copies what was unfolded before.

What the readers of old ways of packing stand on: Deflate64, and those of PKZIP before 1993.
"""

from collections.abc import Iterator


class BrokenPacking(ValueError):  # noqa: N818 - it says what is broken
    """The packed bytes cannot be followed."""


class Bits:
    """Packed bytes as bits: the next ones are the lowest of `held`, of which `count` are there."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.data, self.at = b"", 0
        self.held = self.count = 0

    def more(self) -> None:
        """Take eight bytes or what is left; beyond the end, nothing."""
        while self.at + 8 > len(self.data) and (piece := next(self._pieces, b"")):
            self.data, self.at = self.data[self.at :] + piece, 0
        piece = self.data[self.at : self.at + 8]
        self.held |= int.from_bytes(piece, "little") << self.count
        self.count += 8 * len(piece)
        self.at += len(piece)

    def take(self, count: int) -> int:
        """Return the next bits as a number.

        Raises:
            BrokenPacking: when there are no more.
        """
        while self.count < count:
            before = self.count
            self.more()
            if self.count == before:
                raise BrokenPacking("they break off")
        found = self.held & ((1 << count) - 1)
        self.held >>= count
        self.count -= count
        return found


def copy(out: bytearray, distance: int, length: int) -> None:
    """Append `length` bytes, the first of which lies `distance` back; they may reach into themselves."""
    start = len(out) - distance
    if distance >= length:
        out += out[start : start + length]
    else:
        out += (out[start:] * (length // distance + 1))[:length]


def copy_or_zeros(out: bytearray, distance: int, length: int) -> None:
    """Append as `copy` does; what would lie before the beginning is zeros (APPNOTE 5.2, 5.3)."""
    missing = min(distance - len(out), length)
    if missing > 0:
        out += bytes(missing)
        length -= missing
    if length:
        copy(out, distance, length)
