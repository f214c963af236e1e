"""What the ways of packing share that RAR had up to 4.x: bits from the highest on, repetitions, files one by one."""


class BrokenOff(ValueError):  # noqa: N818 - it says what is wrong
    """The packed bytes end, or say what cannot be."""


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
            BrokenOff: when there were not so many.
        """
        self._count -= count
        if self._at * 8 - self._count > len(self._data) * 8:
            raise BrokenOff("the packed bytes end")

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


def repeat(made: bytearray, length: int, distance: int) -> None:
    """Make bytes again that lie so far back; zeros where that is before the beginning."""
    missing = min(max(0, distance - len(made)), length) if distance else length
    made += bytes(missing)
    length -= missing
    if length:
        piece = bytes(made[len(made) - distance :][:length])
        made += (piece * (length // len(piece) + 1))[:length]


class Way:
    """A way of packing: unpacks the files of one archive, one after the other; each may build on those before.

    Whoever fills it in says how far back repetitions may reach, what is known before the first file (`_begin`), and
    how bytes are made of bits (`_make`): no more than up to `end`, or what is more is cut off.
    """

    window: int

    def __init__(self) -> None:
        self._made = bytearray()
        self._begin()

    def file(self, data: bytes, size: int, *, goes_on: bool) -> bytes:
        """Return what a file unpacks to, as far as it can be unpacked.

        Args:
            data: its packed bytes.
            size: how many bytes it unpacks to.
            goes_on: whether it builds on the files before it.
        """
        if not goes_on:
            self._made.clear()
            self._begin()
        if not size:
            return b""
        del self._made[: max(0, len(self._made) - self.window)]
        start = len(self._made)
        try:
            self._make(Bits(data), start + size)
        except BrokenOff:
            self._break_off(start + size)
        del self._made[start + size :]
        return self._done(start)

    def _begin(self) -> None:
        raise NotImplementedError

    def _make(self, bits: Bits, end: int) -> None:
        raise NotImplementedError

    def _break_off(self, end: int) -> None:
        """Take note that the packed bytes ended, or said what cannot be."""

    def _done(self, start: int) -> bytes:
        return bytes(self._made[start:])
