"""Unfolds what PKZIP 1 imploded: repetitions, and codes by Shannon and Fano (APPNOTE 6.3, section 5.3; method 6).

Rules for whoever changes this file: every tree is checked before it is used; the loop over codes takes the time.
"""

from collections.abc import Iterator
from typing import Final

from witnessmark.formats.bits import Bits, BrokenPacking, Table, copy_or_zeros, enter, in_pieces

PIECE: Final = 256 << 10
WINDOW: Final = 8 << 10
WIDE, WITH_LETTERS = 2, 4
"""Flags of the member: a window of 8 KiB and not 4; a tree for letters too."""
_LONGEST_CODE: Final = 16
_LONGEST_LENGTH: Final = 63


def least(flags: int) -> int:
    """Return the shortest repetition of a member with these flags."""
    return 3 if flags & WITH_LETTERS else 2


def unfolded(pieces: Iterator[bytes], size: int, flags: int, shortest: int) -> Iterator[bytes]:
    """Yield what packed bytes unfold to, in pieces of at most `PIECE` and one repetition; never more than `size`.

    Args:
        pieces: the packed bytes.
        size: how many bytes they unfold to: nothing else says where they end.
        flags: those of the member.
        shortest: the shortest repetition, `least(flags)` where the program that packed did as is written.

    Raises:
        BrokenPacking: when they break off or are damaged; what was yielded stands.
    """
    out = bytearray()
    return in_pieces(_unfold(Bits(pieces), out, size, flags, shortest) if size else (), out, WINDOW)


def _tree(bits: Bits, count: int) -> Table:
    """Return a tree as it is stored: runs of code lengths; the codes count down from the shortest (section 5.3.7)."""
    lengths: list[int] = []
    for _ in range(bits.take(8) + 1):
        run = bits.take(8)
        lengths += [(run & 15) + 1] * ((run >> 4) + 1)
    if len(lengths) != count:
        raise BrokenPacking("a tree of another size")
    longest = max(lengths)
    entries = [0] * (1 << longest)
    code = 0
    for symbol in sorted(range(count), key=lengths.__getitem__)[::-1]:
        length = lengths[symbol]
        if code >= 1 << _LONGEST_CODE:
            raise BrokenPacking("more codes than fit")
        enter(entries, longest, symbol, code >> _LONGEST_CODE - length, length)
        code += 1 << _LONGEST_CODE - length
    return entries, longest


def _unfold(bits: Bits, out: bytearray, left: int, flags: int, shortest: int) -> Iterator[None]:
    """Unfold into `out`; yield whenever a piece is full, and go on with what is left of `out`."""
    letters, letter_mask = [n << 5 | 8 for n in range(256)], 0xFF
    if flags & WITH_LETTERS:
        letters, longest = _tree(bits, 256)
        letter_mask = (1 << longest) - 1
    lengths, distances = _tree(bits, 64), _tree(bits, 64)
    low = 7 if flags & WIDE else 6
    append = out.append
    held, count = bits.held, bits.count
    while left > 0:
        if count < 17:
            bits.held, bits.count = held, count
            bits.more()
            held, count = bits.held, bits.count
        if held & 1:
            found = letters[held >> 1 & letter_mask]
            width = 1 + (found & 31)
            if width > count or width == 1:
                raise BrokenPacking("a code that is none" if width == 1 else "they break off")
            append(found >> 5)
            held >>= width
            count -= width
            left -= 1
        else:
            bits.held, bits.count = held, count
            distance = 1 + (bits.take(1 + low) >> 1)
            distance += bits.symbol(distances) << low
            length = bits.symbol(lengths)
            length += shortest + (bits.take(8) if length == _LONGEST_LENGTH else 0)
            copy_or_zeros(out, distance, min(length, left))
            left -= length
            held, count = bits.held, bits.count
        if len(out) > PIECE:
            yield
