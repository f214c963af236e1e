"""What the ways of packing share that RAR had up to 4.x: bits from the highest on, repetitions, files one by one."""

from witnessmark.formats.bits import BrokenPacking, copy_or_zeros


class Bits:
    """Bits of packed bytes, from the highest on."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0
        self._held = self._count = 0

    def peek(self, count: int) -> int:
        """Return the next bits, at most 16, as a number; past the end they are zeros."""
        if self._count < count:
            piece = self._data[self._at : self._at + 8].ljust(8, b"\0")
            self._at += 8
            self._held = (self._held & ((1 << self._count) - 1)) << 64 | int.from_bytes(piece, "big")
            self._count += 64
        return self._held >> (self._count - count) & ((1 << count) - 1)

    def skip(self, count: int) -> None:
        """Pass over bits that were looked at.

        Raises:
            BrokenPacking: when there were not so many.
        """
        self._count -= count
        if self._at * 8 - self._count > len(self._data) * 8:
            raise BrokenPacking("they break off")

    def take(self, count: int) -> int:
        """Return the next bits, at most 16, as a number, and pass over them."""
        if not count:
            return 0
        found = self.peek(count)
        self.skip(count)
        return found

    def align(self) -> None:
        """Pass over bits up to the next whole byte."""
        self.skip(self._count % 8)

    def of(self, code: list[tuple[int, int]]) -> int:
        """Return what the next bits mean in a code: for each run of 12 bits a meaning, and how many of them it took."""
        meaning, count = code[self.peek(12)]
        self.skip(count)
        return meaning

    @property
    def left(self) -> int:
        """How many whole bytes are not passed over."""
        return len(self._data) - self._at + self._count // 8


class Way:
    """A way of packing: unpacks the files of one archive, one after the other; each may build on those before.

    Whoever fills it in says how far back repetitions may reach, what is known before the first file (`_begin`), and
    how bytes are made of bits (`_make`): no more than up to `end`, or what is more is cut off. Of a file that builds on
    one of which something is missing, nothing is made.
    """

    window: int

    def __init__(self) -> None:
        self._made = bytearray()
        self._is_lost = False
        self._begin()

    def lose(self) -> None:
        """Take note that a file was passed over: what builds on it cannot be unpacked."""
        self._is_lost = True

    def file(self, data: bytes, size: int, *, goes_on: bool) -> bytes:
        """Return what a file unpacks to, as far as it can be unpacked.

        Args:
            data: its packed bytes.
            size: how many bytes it unpacks to.
            goes_on: whether it builds on the files before it.
        """
        if not goes_on:
            self._made.clear()
            self._is_lost = False
            self._begin()
        if not size or self._is_lost:
            return b""
        del self._made[: max(0, len(self._made) - self.window)]
        start = len(self._made)
        try:
            self._make(Bits(data), start + size)
        except BrokenPacking:
            self._is_lost = len(self._made) < start + size
        del self._made[start + size :]
        return self._done(start)

    def _begin(self) -> None:
        raise NotImplementedError

    def _make(self, bits: Bits, end: int) -> None:
        raise NotImplementedError

    def _copy(self, length: int, distance: int) -> None:
        """Make bytes again that lie so far back; where nothing says how far, and before the beginning, zeros."""
        copy_or_zeros(self._made, distance or len(self._made) + length, length)

    def _done(self, start: int) -> bytes:
        return bytes(self._made[start:])
