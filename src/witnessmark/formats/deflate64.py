"""Unfolds Deflate64, which Windows writes for large members of a zip (APPNOTE 6.3, section 4.4.5, method 9).

It is Deflate (RFC 1951) with three differences, as zlib's `contrib/infback9` has them: the window is 64 KiB, the
distance codes 30 and 31 are in use with 14 extra bits each, and the length code 285 stands for 3 and 16 extra bits.

Rules for whoever changes this file: no more is held than the window and one piece; every code of a table is checked
before it is used; the loop over symbols is what takes the time.
"""

from collections.abc import Iterator
from typing import Final

from witnessmark.formats.bits import Bits, BrokenPacking, Table, copy, enter, in_pieces

WINDOW: Final = 64 << 10
PIECE: Final = 256 << 10
"""Bytes that are gathered before they are given out; a match adds 65,538 at most."""

_LENGTHS: Final = (
    *((3 + n, 0) for n in range(8)),
    *((base + (n << extra), extra) for base, extra in ((11, 1), (19, 2), (35, 3), (67, 4), (131, 5)) for n in range(4)),
    (3, 16),
)
_DISTANCES: Final = (
    *((1 + n, 0) for n in range(4)),
    *(((1 << extra + 1) + 1 + (n << extra), extra) for extra in range(1, 15) for n in range(2)),
)
_ORDER: Final = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
_END: Final = 256


def _table(lengths: list[int]) -> Table:
    """Return the table of a canonical Huffman code (RFC 1951, section 3.2.2), its codes turned as they come in.

    Raises:
        BrokenPacking: when there are more codes than fit.
    """
    longest = max(lengths, default=0)
    if longest == 0:
        return [0], 0
    code, first = 0, [0] * (longest + 1)
    for length in range(1, longest + 1):
        code = (code + (lengths.count(length - 1) if length > 1 else 0)) << 1
        first[length] = code
        if code + lengths.count(length) > 1 << length:
            raise BrokenPacking("more codes than fit")
    entries = [0] * (1 << longest)
    for symbol, length in enumerate(lengths):
        if length:
            enter(entries, longest, symbol, first[length], length)
            first[length] += 1
    return entries, longest


_FIXED: Final = (_table([8] * 144 + [9] * 112 + [7] * 24 + [8] * 8), _table([5] * 32))


class _Bits(Bits):
    """Packed bytes as bits, with what is stored as it is."""

    def octets(self, count: int) -> bytes:
        """Return the next so many bytes; no bits of a byte may be left over.

        Raises:
            BrokenPacking: when there are not so many.
        """
        found = bytearray()
        while len(found) < count and self.count:
            found.append(self.take(8))
        while len(found) < count:
            if self.at == len(self.data):
                self.data, self.at = next(self._pieces, b""), 0
                if not self.data:
                    raise BrokenPacking("they break off")
            piece = self.data[self.at : self.at + count - len(found)]
            found += piece
            self.at += len(piece)
        return bytes(found)


def unfolded(packed: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what packed bytes unfold to, in pieces of at most `PIECE` and one match.

    Raises:
        BrokenPacking: when they break off or are damaged; what was yielded stands.
    """
    out = bytearray()
    return in_pieces(_blocks(_Bits(packed), out), out, WINDOW)


def _blocks(bits: _Bits, out: bytearray) -> Iterator[None]:
    last = False
    while not last:
        last, kind = bool(bits.take(1)), bits.take(2)
        yield from _stored(bits, out) if kind == 0 else _symbols(bits, out, *_tables(bits, kind))


def _stored(bits: _Bits, out: bytearray) -> Iterator[None]:
    bits.take(bits.count % 8)
    length, inverse = bits.take(16), bits.take(16)
    if length ^ inverse != 0xFFFF:
        raise BrokenPacking("a length that its copy denies")
    out += bits.octets(length)
    if len(out) > PIECE:
        yield


def _tables(bits: _Bits, kind: int) -> tuple[Table, Table]:
    if kind == 1:
        return _FIXED
    if kind == 3:
        raise BrokenPacking("a block of a kind that is not in use")
    literals, distances, known = 257 + bits.take(5), 1 + bits.take(5), 4 + bits.take(4)
    of_lengths = [0] * 19
    for place in _ORDER[:known]:
        of_lengths[place] = bits.take(3)
    table = _table(of_lengths)
    lengths: list[int] = []
    while len(lengths) < literals + distances:
        symbol = bits.symbol(table)
        if symbol < 16:
            lengths.append(symbol)
        elif symbol == 16:
            if not lengths:
                raise BrokenPacking("a repetition of nothing")
            lengths += [lengths[-1]] * (3 + bits.take(2))
        else:
            lengths += [0] * (3 + bits.take(3) if symbol == 17 else 11 + bits.take(7))
    if len(lengths) != literals + distances:
        raise BrokenPacking("more lengths of codes than are announced")
    return _table(lengths[:literals]), _table(lengths[literals:])


def _symbols(bits: _Bits, out: bytearray, letters: Table, far: Table) -> Iterator[None]:
    """Unfold one block into `out`; yield whenever a piece is full, and go on with what is left of `out`."""
    entries, longest = letters
    mask = (1 << longest) - 1
    append = out.append
    held, count = bits.held, bits.count
    while True:
        if count < 32:
            bits.held, bits.count = held, count
            bits.more()
            held, count = bits.held, bits.count
        found = entries[held & mask]
        width = found & 31
        if not width or width > count:
            raise BrokenPacking("they break off" if width else "a code that is none")
        held >>= width
        count -= width
        symbol = found >> 5
        if symbol < _END:
            append(symbol)
            continue
        bits.held, bits.count = held, count
        if symbol == _END:
            if len(out) > PIECE:
                yield
            return
        _copy(bits, out, symbol - 257, far)
        if len(out) > PIECE + WINDOW:
            yield
        held, count = bits.held, bits.count


def _copy(bits: _Bits, out: bytearray, code: int, far: Table) -> None:
    if code >= len(_LENGTHS):
        raise BrokenPacking("a length that is not in use")
    base, extra = _LENGTHS[code]
    length = base + (bits.take(extra) if extra else 0)
    base, extra = _DISTANCES[bits.symbol(far)]
    distance = base + (bits.take(extra) if extra else 0)
    if distance > len(out):
        raise BrokenPacking("a distance beyond the beginning")
    copy(out, distance, length)
