"""What RAR lets a sound expect of its next byte, before 2.9 in its way of packing and since in a program."""

from collections.abc import Sequence


def signed(byte: int) -> int:
    """Return a byte as a number that may be below nought."""
    return (byte & 0x7F) - (byte & 0x80)


class Expectation:
    """The next byte by the last one and weighed movements; the weight moves that would have missed least."""

    def __init__(self, movements: int) -> None:
        self._weights = [0] * movements
        self._misses = [0] * (2 * movements + 1)

    def byte(self, last: int, told: int, seen: Sequence[int]) -> int:
        """Return the byte that is `told` off what the last one and what was seen of movements let expect."""
        expected = (8 * last + sum(map(int.__mul__, self._weights, seen))) >> 3
        off = signed(told) << 3
        self._misses[0] += abs(off)
        for place, value in enumerate(seen):
            self._misses[2 * place + 1] += abs(off - value)
            self._misses[2 * place + 2] += abs(off + value)
        return (expected - told) & 0xFF

    def settle(self) -> None:
        """Move the weight that would have missed least, and begin to count anew."""
        best = self._misses.index(min(self._misses))
        self._misses = [0] * len(self._misses)
        if not best:
            return
        place = (best - 1) // 2
        if best % 2 and self._weights[place] >= -16:
            self._weights[place] -= 1
        elif not best % 2 and self._weights[place] < 16:
            self._weights[place] += 1
