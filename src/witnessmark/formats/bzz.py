"""Unfolds BZZ, by which DjVu packs text and directories: blocks sorted by what follows, ranks in a list, ZP-coded bits.

By the DjVu Reference (LizardTech, version 3, November 2005), appendices 3 and 4; the states are in `zp_states`.

Rules for whoever changes this file: a block states its size and is not believed, the caller says how much may come out;
bits behind the end are ones, and soon there are no more; a block comes out whole or not at all; the loop over bits is
what takes the time.
"""

from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from witnessmark.formats.zp_states import DOWN, STEPS, THRESHOLDS, UP

LARGEST_BLOCK: Final = 4 << 20
"""Bytes of the largest block that packers make."""
LARGEST_PACKED: Final = 4 << 20
FREE: Final = 16 << 10
FOLD: Final = 64
"""How many times their number packed bytes may unfold to; in 778 chunks that people made the most was 13 times."""
_BEHIND: Final = 32
"""Bytes behind the end that are taken for ones; a packer leaves out no more."""
_END: Final = 256
"""The rank that marks the end of what was sorted; it has no byte."""
_MOST_WEIGHT: Final = 1 << 28
_CONTEXTS: Final = 262


@dataclass(frozen=True, slots=True)
class Unfolded:
    """The bytes of the whole blocks; how many were begun, whole or not; why there are no more, and whether too many."""

    data: bytes
    begun: int
    problem: str = ""
    is_large: bool = False


class _BrokenBlock(ValueError):  # noqa: N818 - it says what is broken
    """A block cannot be unfolded."""


def _tree() -> tuple[int, ...]:
    """Return where each bit of a rank leads, by twice the context and the bit: to a context, else to a rank (inverted).

    The first two bits have three contexts each, by the rank before. Then a one leads to a number of 1, 2 … 7 bits.
    """
    leads = [0] * (2 * _CONTEXTS)
    for before in range(3):
        leads[2 * before : 2 * before + 2] = before + 3, ~0
        leads[2 * before + 6 : 2 * before + 8] = 6, ~1
    place = 6
    for width in range(1, 8):
        first, count = place + 1, 1 << width
        place += count
        leads[2 * first - 2 : 2 * first] = (place if width < 7 else ~_END), first
        for number in range(1, count):
            for bit in (0, 1):
                below = 2 * number + bit
                leads[2 * (first + number - 1) + bit] = first + below - 1 if below < count else ~below
    return tuple(leads)


_LEADS: Final = _tree()


def fair(size: int) -> int:
    """Return how many bytes a chunk of that size may unfold to; one that gives more was made to take time."""
    return FREE + FOLD * size


def unfold(packed: bytes, most: int) -> Unfolded:
    """Return what a chunk unfolds to: its blocks one behind the other, no more than `most` bytes of them together.

    A block that would pass the bound is not begun. One costs about 1.3 microseconds a byte of
    text, seven times that of noise, broken or not.
    """
    out, begun = bytearray(), 0
    if len(packed) > LARGEST_PACKED:
        return Unfolded(b"", 0, f"more than {LARGEST_PACKED >> 20} MiB are packed in one piece", is_large=True)
    machine = _Machine(packed)
    try:
        while size := machine.number(24):
            if size > LARGEST_BLOCK:
                return Unfolded(bytes(out), begun, "a block is larger than any can be")
            if begun + size > most:
                return Unfolded(bytes(out), begun, f"it unfolds to more than {most} bytes", is_large=True)
            begun += size
            out += _sorted_back(*machine.block(size))
    except IndexError:
        return Unfolded(bytes(out), begun, "the packed bytes break off")
    except _BrokenBlock as error:
        return Unfolded(bytes(out), begun, str(error))
    return Unfolded(bytes(out), begun)


class _Machine:
    """The decoder of bits: the interval's lower end, the code in it, how many bits were taken, a state each context."""

    def __init__(self, packed: bytes) -> None:
        padded = packed + b"\xff" * (_BEHIND + 2)
        self._words = [a << 16 | b << 8 | c for a, b, c in zip(padded, padded[1:], padded[2:], strict=False)]
        self._low, self._code, self._at = 0, self._words[0] >> 8, 16
        self._states = [0] * _CONTEXTS

    def number(self, width: int) -> int:
        """Return a number whose bits are as likely as not (12.4, pass-through).

        The reference adds three eighths of the lower end; what packers made asks for a half, as later blocks show.
        """
        value = 0
        for _ in range(width):
            middle = 0x8000 + (self._low >> 1)
            bit = middle > self._code
            if bit:
                self._low += 0x10000 - middle
                self._code += 0x10000 - middle
            else:
                self._low = middle
            self._shift()
            value = value << 1 | bit
        return value

    def _shift(self) -> None:
        while self._low >= 0x8000:
            self._low = self._low << 1 & 0xFFFF
            taken = self._words[self._at >> 3] >> 23 - (self._at & 7) & 1
            self._code = (self._code << 1 | taken) & 0xFFFF
            self._at += 1

    def block(self, size: int) -> tuple[bytearray, int]:
        """Return the bytes of a block as they were sorted, and where among them its end stands (13.2.1.2).

        Raises:
            IndexError: when the packed bytes end.
            _BrokenBlock: when the end is missing, first, or comes twice.
        """
        shift = 1 + self.number(1) if self.number(1) else 0
        steps, thresholds, up, down, leads = STEPS, THRESHOLDS, UP, DOWN, _LEADS
        words, states = self._words, self._states
        low, code, at = self._low, self._code, self._at
        fence = min(code, 0x7FFF)
        out, front = bytearray(size), list(range(256))
        first = second = third = fourth = 0
        weight, rank, end = 4, 3, -1
        for place in range(size):
            node = rank if rank < 2 else 2  # noqa: FURB136 - here and below a call would cost more than the bit
            while node >= 0:
                state = states[node]
                middle = low + steps[state]
                if middle <= fence:
                    low = middle
                    node = leads[node + node | state & 1]
                    continue
                most = 0x6000 + (middle + low >> 2)
                if middle > most:  # noqa: PLR1730
                    middle = most
                if middle > code:
                    states[node] = down[state]
                    node = leads[node + node | ~state & 1]
                    low += 0x10000 - middle
                    code += 0x10000 - middle
                    count = 16 - (low ^ 0xFFFF).bit_length()
                    taken = words[at >> 3] >> 24 - (at & 7) - count & (1 << count) - 1
                    low = low << count & 0xFFFF
                    code = (code << count | taken) & 0xFFFF
                    at += count
                else:
                    if low >= thresholds[state]:
                        states[node] = up[state]
                    node = leads[node + node | state & 1]
                    low = middle << 1 & 0xFFFF
                    code = (code << 1 | words[at >> 3] >> 23 - (at & 7) & 1) & 0xFFFF
                    at += 1
                fence = code if code < 0x7FFF else 0x7FFF  # noqa: FURB136
            rank = ~node
            if rank == _END:
                if end >= 0:
                    raise _BrokenBlock("a block ends twice")
                end = place
                continue
            weight += weight >> shift
            if weight > _MOST_WEIGHT:
                weight >>= 24
                first, second, third, fourth = first >> 24, second >> 24, third >> 24, fourth >> 24
            if not rank:
                first += weight
                out[place] = front[0]
                continue
            out[place] = byte = front.pop(rank)
            if rank == 1:
                if second + weight < first:
                    second += weight
                    front.insert(1, byte)
                    continue
                first, second = second + weight, first
            elif rank == 2:
                if third + weight < second:
                    third += weight
                    front.insert(2, byte)
                    continue
                if third + weight < first:
                    second, third = third + weight, second
                    front.insert(1, byte)
                    continue
                first, second, third = third + weight, first, second
            else:
                own = fourth + weight if rank == 3 else weight
                if own < third:
                    fourth = own
                    front.insert(3, byte)
                    continue
                if own < second:
                    third, fourth = own, third
                    front.insert(2, byte)
                    continue
                if own < first:
                    second, third, fourth = own, second, third
                    front.insert(1, byte)
                    continue
                first, second, third, fourth = own, first, second, third
            front.insert(0, byte)
        self._low, self._code, self._at = low, code, at
        if end < 1:
            raise _BrokenBlock("a block has no end")
        return out, end


def _sorted_back(ranked: bytearray, end: int) -> bytes:
    """Return a block in its order: each place of the sorted bytes leads to the next by one stable sort (13.2.1.3).

    Raises:
        _BrokenBlock: when the way does not end where the block does.
    """
    size = len(ranked)
    counts = [ranked.count(byte) for byte in range(256)]
    counts[0] -= 1  # of the end, which has no byte and is sorted first
    places = list(accumulate(counts, initial=1))
    leads = [end] * size
    for start, stop in ((0, end), (end + 1, size)):
        for place, byte in enumerate(ranked[start:stop], start):
            leads[places[byte]] = place
            places[byte] += 1
    out, at = bytearray(size - 1), end
    for place in range(size - 1):
        at = leads[at]
        out[place] = ranked[at]
    if leads[at] != end:
        raise _BrokenBlock("a block does not end where it should")
    return bytes(out)
