"""Unfolds what PKZIP 0.9 reduced: bytes by those that often follow the one before, then repetitions (APPNOTE 6.3, 5.2).

Rules for whoever changes this file: each byte goes through both halves at once; the loop over them takes the time.
"""

from collections.abc import Iterator
from typing import Final

from witnessmark.formats.bits import Bits, BrokenPacking, copy_or_zeros, in_pieces

PIECE: Final = 256 << 10
WINDOW: Final = 4 << 10
"""How far back a repetition reaches: four bits and eight, and one more."""
MOST_FOLLOWERS: Final = 32
_REPEAT: Final = 144
_Followers = list[tuple[int, int, list[int]] | None]
"""For each byte: how many bits tell that a follower comes and which, a mask for which, the followers; or None."""


def unfolded(pieces: Iterator[bytes], size: int, factor: int) -> Iterator[bytes]:
    """Yield what packed bytes unfold to, in pieces of at most `PIECE` and one repetition; never more than `size`.

    Args:
        pieces: the packed bytes.
        size: how many bytes they unfold to: nothing else says where they end.
        factor: 1 to 4, for the methods 2 to 5.

    Raises:
        BrokenPacking: when they break off or are damaged; what was yielded stands.
    """
    out = bytearray()
    return in_pieces(_unfold(Bits(pieces), out, size, factor) if size else (), out, WINDOW)


def _followers(bits: Bits) -> _Followers:
    found: _Followers = [None] * 256
    for byte in range(255, -1, -1):
        count = bits.take(6)
        if count > MOST_FOLLOWERS:
            raise BrokenPacking("more followers than there may be")
        if count:
            width = max(1, (count - 1).bit_length())
            those = [bits.take(8) for _ in range(count)]
            found[byte] = 1 + width, (1 << width) - 1, those + [-1] * ((1 << width) - count)
    return found


def _unfold(bits: Bits, out: bytearray, left: int, factor: int) -> Iterator[None]:
    """Unfold into `out`; yield whenever a piece is full, and go on with what is left of `out`."""
    followers = _followers(bits)
    shift, longest = 8 - factor, (1 << 8 - factor) - 1
    step = last = high = length = 0
    held, count = bits.held, bits.count
    while left > 0:
        if count < 9:
            bits.held, bits.count = held, count
            bits.more()
            held, count = bits.held, bits.count
        known = followers[last]
        if known is None:
            width, last = 8, held & 0xFF
        elif held & 1:
            width, last = 9, held >> 1 & 0xFF
        else:
            width, mask, those = known
            last = those[held >> 1 & mask]
        if width > count or last < 0:
            raise BrokenPacking("they break off" if width > count else "a follower that is none")
        held >>= width
        count -= width
        if step == 0 and last != _REPEAT:
            out.append(last)
            left -= 1
        elif step == 0:
            step = 1
        elif step == 1 and last == 0:
            out.append(_REPEAT)
            left -= 1
            step = 0
        elif step == 1:
            high, length = last >> shift, last & longest
            step = 2 if length == longest else 3
        elif step == 2:
            length += last
            step = 3
        else:
            copy_or_zeros(out, (high << 8) + last + 1, min(length + 3, left))
            left -= length + 3
            step = 0
        if len(out) > PIECE:
            yield
