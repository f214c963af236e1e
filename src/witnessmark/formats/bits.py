"""Takes packed bytes a few bits at a time, the lowest of a byte first, and copies what was unfolded before.

What the readers of old ways of packing stand on: Deflate64, and those of PKZIP before 1993.
"""

from collections.abc import Iterable, Iterator, Sequence


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

    def symbol(self, table: "Table") -> int:
        """Return the next symbol.

        Raises:
            BrokenPacking: when no code of the table comes, or nothing does.
        """
        entries, longest = table
        if self.count < longest:
            self.more()
        found = entries[self.held & ((1 << longest) - 1)]
        if not found:
            raise BrokenPacking("a code that is none")
        self.take(found & 31)
        return found >> 5


Table = tuple[list[int], int]
"""For each value of the next so many bits: the symbol and, in the lowest five bits, its code's length; 0 for none."""


def enter(entries: list[int], longest: int, symbol: int, code: int, length: int) -> None:
    """Put a symbol in each place of a table where its code, turned as it comes in, is followed by anything."""
    turned = int(f"{code:0{length}b}"[::-1], 2)
    entries[turned :: 1 << length] = [symbol << 5 | length] * (1 << longest - length)


def canonical(lengths: Sequence[int]) -> Table:
    """Return the table of a canonical code whose bits come highest first: shorter codes first, then by symbol.

    Where there are more codes than fit, there are more entries than the longest code has values.
    """
    longest = max(lengths, default=0)
    by_length: list[list[int]] = [[] for _ in range(longest + 1)]
    for symbol, length in enumerate(lengths):
        by_length[length].append(symbol)
    entries: list[int] = []
    for length in range(1, longest + 1):
        width = 1 << longest - length
        for symbol in by_length[length]:
            entries += [symbol << 5 | length] * width
    return entries + [0] * ((1 << longest) - len(entries)), longest


def in_pieces(steps: Iterable[None], out: bytearray, window: int) -> Iterator[bytes]:
    """Yield what steps unfold into `out`, which afterwards keeps no more than the window.

    Raises:
        BrokenPacking: what a step raises; what was unfolded before is yielded.
    """
    given = 0  # bytes at the beginning of `out` that were yielded, and are kept as the window
    try:
        for _ in steps:
            yield bytes(out[given:])
            del out[:-window]
            given = len(out)
    except BrokenPacking:
        yield bytes(out[given:])
        raise
    yield bytes(out[given:])


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
