"""Unfolds LZX, by which compiled help is packed: frames of 32 KiB, each from its own place in the packed bytes.

By [MS-PATCH] 2.1 to 2.7, less what that document adds for differences between files: words of sixteen bits from the
highest bit on, blocks of three kinds, trees told by the change from those before, three offsets that come again.

Rules for whoever changes this file: a frame is held with its window and nothing more; every code of a table is checked
before it is used; no match passes the end of its block or frame; the loop over symbols is what takes the time.
"""

from typing import Final

from witnessmark.formats.bits import Table, canonical

FRAME: Final = 32 << 10
LARGEST_PACKED: Final = 4 * FRAME
"""Packed bytes of one frame that are believed; a packer stores what grows."""
SLOTS: Final = {15: 30, 16: 32, 17: 34, 18: 36, 19: 38, 20: 42, 21: 50}
"""Slots of offsets by the window's size as a power of two ([MS-PATCH] 2.5)."""

_VERBATIM, _ALIGNED, _STORED = 1, 2, 3
_EXTRA: Final = (0, 0, *(slot // 2 - 1 if slot < 36 else 17 for slot in range(2, 50)))
_BASES: Final = tuple(sum(1 << extra for extra in _EXTRA[:slot]) for slot in range(50))
_LENGTHS: Final = 249
_REST: Final = 16
"""Zero bytes behind a frame's packed ones, so that a few bytes can be taken at any place."""
_MOST_TURNED: Final = 1 << 30
"""Bytes in which calls of programs are turned back."""


class BrokenLzx(ValueError):  # noqa: N818 - it says what is broken
    """The packed bytes cannot be followed."""


def _table(lengths: list[int]) -> Table:
    """Return the table of a canonical code ([MS-PATCH] 2.6): shorter codes first, then by symbol.

    Raises:
        BrokenLzx: when there are more codes than fit.
    """
    entries, longest = canonical(lengths)
    if len(entries) > 1 << longest:
        raise BrokenLzx("more codes than fit")
    return entries, longest


class _Bits:
    """The packed bytes of a frame, a few bits at a time: words of sixteen bits, least byte first, highest bit first."""

    def __init__(self, packed: bytes) -> None:
        self.plain = packed
        self.go_on(0)

    def go_on(self, place: int) -> None:
        """Go on at a byte of the frame's packed ones; words begin there."""
        rest = self.plain[place:]
        turned = bytearray(rest + bytes(_REST + (len(rest) & 1)))
        turned[::2], turned[1::2] = turned[1::2], turned[::2]
        self.data, self.start, self.at = bytes(turned), place, 0
        self.held = self.count = 0

    @property
    def place(self) -> int:
        """How many of the frame's packed bytes were taken: words that were begun are."""
        return self.start + (8 * self.at - self.count + 15) // 16 * 2

    def fill(self) -> None:
        """Take eight bytes more; beyond the end, zeros."""
        self.held = (self.held & (1 << self.count) - 1) << 64 | int.from_bytes(
            self.data[self.at : self.at + 8].ljust(8, b"\0"), "big"
        )
        self.at += 8
        self.count += 64

    def take(self, count: int) -> int:
        """Return the next bits as a number.

        Raises:
            BrokenLzx: when there are no more.
        """
        while self.count < count:
            if self.at > len(self.data):
                raise BrokenLzx("they break off")
            self.fill()
        self.count -= count
        return self.held >> self.count & (1 << count) - 1

    def symbol(self, table: Table) -> int:
        """Return the next symbol.

        Raises:
            BrokenLzx: when no code of the table comes, or nothing does.
        """
        entries, longest = table
        value = self.take(longest)
        self.count += longest
        entry = entries[value]
        if not entry:
            raise BrokenLzx("a code that is none")
        self.count -= entry & 31
        return entry >> 5


class Lzx:
    """What is known on the way through packed frames."""

    def __init__(self, window_bits: int) -> None:
        """Begin; `window_bits` is one of `SLOTS`."""
        self._window, self._mains = 1 << window_bits, 256 + 8 * SLOTS[window_bits]
        self.reset()

    def reset(self) -> None:
        """Begin anew, as at each place from which packed bytes can be followed."""
        self._out = bytearray()  # the window, and what is being made
        self._start, self._given = 0, 0
        self._last = (1, 1, 1)
        self._main_lengths, self._length_lengths = [0] * self._mains, [0] * _LENGTHS
        self._main, self._length, self._low = _table([]), _table([]), _table([])
        self._kind, self._left, self._is_odd = 0, 0, False
        self._turned: int | None = None  # what calls of programs are turned by: the size of the program; 0 for none

    def frame(self, packed: bytes, size: int = FRAME) -> bytes:
        """Return what the packed bytes of the next frame unfold to; the last may be shorter, and be filled up in them.

        Raises:
            BrokenLzx: when they cannot be followed; nothing after them can, up to the next reset.
        """
        self._start = len(self._out)
        if len(packed) > LARGEST_PACKED:
            raise BrokenLzx("more packed bytes than a frame has")
        bits = _Bits(packed)
        if self._turned is None:
            self._turned = bits.take(32) if bits.take(1) else 0
        if len(self._out) > 2 * self._window:
            del self._out[: -self._window]
            self._start = len(self._out)
        end = self._start + FRAME
        while (before := len(self._out)) < end and (self._left or before < self._start + size):
            if not self._left:
                self._begin_block(bits)
            stop = min(end, before + self._left)
            if self._kind == _STORED:
                self._store(bits, stop)
            else:
                self._unfold(bits, stop)
            self._left -= len(self._out) - before
        if bits.place > len(packed) + 1:
            raise BrokenLzx("they break off")
        whole = self.begun()[:size]
        self._given += FRAME
        return whole

    def begun(self) -> bytes:
        """Return what there is of the last frame; less than all of it where it broke."""
        whole = bytes(self._out[self._start :])
        is_turned = self._turned and self._given < _MOST_TURNED
        return _turned_back(whole, self._given, self._turned or 0) if is_turned else whole

    def _begin_block(self, bits: _Bits) -> None:
        if self._is_odd:
            bits.go_on(bits.start + 1)
        self._kind, self._left = bits.take(3), bits.take(24)
        self._is_odd = self._kind == _STORED and self._left & 1 == 1
        if self._kind not in (_VERBATIM, _ALIGNED, _STORED) or not self._left:
            raise BrokenLzx("a block of no kind")
        if self._kind == _STORED:
            at = bits.place + (2 if (8 * bits.at - bits.count) % 16 == 0 else 0)  # one bit of padding at the least
            if at + 12 > len(bits.plain):
                raise BrokenLzx("they break off")
            first, second, third = (int.from_bytes(bits.plain[at + n : at + n + 4], "little") for n in (0, 4, 8))
            self._last = (first, second, third)
            bits.go_on(at + 12)
            return
        if self._kind == _ALIGNED:
            self._low = _table([bits.take(3) for _ in range(8)])
        _read_lengths(bits, self._main_lengths, 0, 256)
        _read_lengths(bits, self._main_lengths, 256, self._mains)
        _read_lengths(bits, self._length_lengths, 0, _LENGTHS)
        self._main, self._length = _table(self._main_lengths), _table(self._length_lengths)

    def _store(self, bits: _Bits, stop: int) -> None:
        """Take bytes that stand as they are; the bits go on behind them."""
        count, at = stop - len(self._out), bits.start
        piece = bits.plain[at : at + count]
        if len(piece) < count:
            raise BrokenLzx("they break off")
        self._out += piece
        at += count
        if self._is_odd and count == self._left and at < len(bits.plain):  # a block of odd length has a byte behind it
            self._is_odd = False
            at += 1
        bits.go_on(at)

    def _unfold(self, bits: _Bits, stop: int) -> None:
        """Unfold letters and matches up to a place, by the trees of the block ([MS-PATCH] 2.7)."""
        out, data = self._out, bits.data
        (main, main_bits), (longer, longer_bits), (low, low_bits) = self._main, self._length, self._low
        main_mask, longer_mask, low_mask = (1 << main_bits) - 1, (1 << longer_bits) - 1, (1 << low_bits) - 1
        is_aligned = self._kind == _ALIGNED
        first, second, third = self._last
        held, count, at, here = bits.held, bits.count, bits.at, len(out)
        while here < stop:
            if count < 64:
                held = (held & (1 << count) - 1) << 64 | int.from_bytes(data[at : at + 8], "big")
                at += 8
                count += 64
            entry = main[held >> count - main_bits & main_mask]
            if not entry:
                raise BrokenLzx("a code that is none")
            count -= entry & 31
            symbol = entry >> 5
            if symbol < 256:
                out.append(symbol)
                here += 1
                continue
            length, slot = (symbol & 7) + 2, symbol - 256 >> 3
            if length == 9:
                entry = longer[held >> count - longer_bits & longer_mask]
                if not entry:
                    raise BrokenLzx("a code that is none")
                count -= entry & 31
                length += entry >> 5
            if slot > 2:
                extra = _EXTRA[slot]
                if is_aligned and extra > 2:
                    count -= extra - 3
                    entry = low[held >> count - low_bits & low_mask]
                    if not entry:
                        raise BrokenLzx("a code that is none")
                    offset = _BASES[slot] + ((held >> count & (1 << extra - 3) - 1) << 3) + (entry >> 5) - 2
                    count -= entry & 31
                else:
                    count -= extra
                    offset = _BASES[slot] + (held >> count & (1 << extra) - 1) - 2
                first, second, third = offset, first, second
            elif slot == 0:
                offset = first
            elif slot == 1:
                offset, first, second = second, second, first
            else:
                offset, first, third = third, third, first
            start = here - offset
            if start < 0 or offset <= 0 or here + length > stop:
                raise BrokenLzx("a match that leads nowhere")
            if offset >= length:
                out += out[start : start + length]
            else:
                out += (out[start:] * (length // offset + 1))[:length]
            here += length
        self._last = first, second, third
        bits.held, bits.count, bits.at = held, count, at


def _read_lengths(bits: _Bits, lengths: list[int], at: int, end: int) -> None:
    """Read lengths of codes, each told by its change from before, by a small tree of its own ([MS-PATCH] 2.6.1)."""
    table = _table([bits.take(4) for _ in range(20)])
    while at < end:
        symbol = bits.symbol(table)
        if symbol < 17:
            lengths[at] = (lengths[at] - symbol) % 17
            at += 1
            continue
        if symbol == 19:
            count = bits.take(1) + 4
            symbol = bits.symbol(table)
            if symbol > 16:
                raise BrokenLzx("a run of no length")
            value = (lengths[at] - symbol) % 17
        else:
            count, value = (bits.take(4) + 4 if symbol == 17 else bits.take(5) + 20), 0
        if at + count > end:
            raise BrokenLzx("a run passes the end of a tree")
        lengths[at : at + count] = [value] * count
        at += count


def _turned_back(frame: bytes, given: int, size: int) -> bytes:
    """Return a frame with its calls of programs as they were: to places from where they stand ([MS-PATCH] 2.4)."""
    out, at, end = bytearray(frame), 0, len(frame) - 10
    while (at := frame.find(0xE8, at, max(0, end))) >= 0:
        absolute = int.from_bytes(frame[at + 1 : at + 5], "little", signed=True)
        here = given + at
        if -here <= absolute < size:
            relative = absolute - here if absolute >= 0 else absolute + size
            out[at + 1 : at + 5] = (relative & 0xFFFFFFFF).to_bytes(4, "little")
        at += 5
    return bytes(out)
