"""Unfolds what PKZIP 0.9 and 1 shrank: LZW that clears its dictionary in part (APPNOTE 6.3, section 5.1; method 1).

A string is a code's last byte behind the string of another code, as it is when it is asked for: a clearing may give
that other code to another string, and the program that packed went by what it then was.

Rules for whoever changes this file: a clearing costs as much as it clears; nothing follows links without end.
"""

import heapq
from collections.abc import Iterator
from typing import Final

from witnessmark.formats.bits import Bits, BrokenPacking

PIECE: Final = 256 << 10
CODES: Final = 1 << 13
_CONTROL: Final = 256
_WIDER, _CLEAR = 1, 2
_NARROWEST, _WIDEST = 9, 13


class _Strings:
    """The dictionary."""

    def __init__(self) -> None:
        self._known: list[bytes | None] = [bytes((n,)) for n in range(256)] + [None] * (CODES - 256)
        self._before, self._last = [0] * CODES, [-1] * CODES  # the code of what stands before, the last byte
        self._followers = [0] * CODES  # how many codes stand on this one
        self._free = list(range(_CONTROL + 1, CODES))
        self._leaves: set[int] = set()

    def of(self, code: int, string: bytes) -> bytes:
        """Return the string of a code; `string` is the one before it.

        The lowest free code is given to the string before and one byte more, the first of the string asked for: where
        that leads to this code, both begin alike.

        Raises:
            BrokenPacking: when it leads to another free code, or in a circle.
        """
        found = self._known[code]
        if found is not None:
            return found
        end = bytearray()
        at = code
        while (start := self._known[at]) is None and self._last[at] >= 0 and len(end) <= CODES:
            end.append(self._last[at])
            at = self._before[at]
        if start is None:
            if not (string and self._free and at == self._free[0]):
                raise BrokenPacking("a code that leads nowhere")
            return string + string[:1] + end[::-1]
        end.reverse()
        found = self._known[code] = start + end
        return found

    def add(self, before: int, string: bytes, last: int) -> None:
        """Give the lowest free code to a string, that of `before` and one byte more, unless there is none left."""
        if not self._free:
            return
        code = heapq.heappop(self._free)
        if self._followers[code]:  # they stand on what this code was, and from now on on what it becomes
            self._known[_CONTROL:] = [None] * (CODES - _CONTROL)
        else:
            self._leaves.add(code)
        has_string = before < _CONTROL or self._last[before] >= 0
        self._before[code], self._last[code] = before, last
        if before >= _CONTROL:
            self._followers[before] += 1
            self._leaves.discard(before)
        self._known[code] = string + bytes((last,)) if has_string and before != code else None

    def clear(self) -> None:
        """Free the codes that no other code stands on."""
        leaves, self._leaves = self._leaves, set()
        for code in leaves:
            before = self._before[code]
            self._known[code], self._last[code] = None, -1
            heapq.heappush(self._free, code)
            if before >= _CONTROL:
                self._followers[before] -= 1
                if not self._followers[before] and self._last[before] >= 0 and before not in leaves:
                    self._leaves.add(before)


def unfolded(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Yield what packed bytes unfold to, in pieces of at most `PIECE` and one string of 8 KiB; never more than `size`.

    Raises:
        BrokenPacking: when they break off or are damaged; what was yielded stands.
    """
    out = bytearray()
    try:
        for string in _strings(Bits(pieces), size):
            out += string
            if len(out) > PIECE:
                yield bytes(out)
                out.clear()
    except BrokenPacking:
        yield bytes(out)
        raise
    yield bytes(out)


def _strings(bits: Bits, left: int) -> Iterator[bytes]:
    strings = _Strings()
    width, code, string = _NARROWEST, -1, b""
    while left > 0:
        now = bits.take(width)
        if now == _CONTROL:
            what = bits.take(width)
            if what == _CLEAR:
                strings.clear()
            elif what == _WIDER and width < _WIDEST:
                width += 1
            else:
                raise BrokenPacking("a control code that is not in use")
            continue
        found = strings.of(now, string)
        if string:
            strings.add(code, string, found[0])
        yield found[:left]
        left -= len(found)
        code, string = now, found
