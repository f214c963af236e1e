"""Unpacks what RAR 1.5 packed: letters and repetitions under codes that follow what was met before.

The way is that of the program, known from those who read its archives. Flags, read eight at a time, tell what comes: a
letter, a short repetition, or a long one; which of two flags means which depends on what was met more often. What is
met moves forward in its rank, and a rank's code depends on the average of the ranks before.

Rules for whoever changes this file: no more than the stated bytes are made; whoever runs out of bits has broken off;
what lies before the beginning of everything is zeros.
"""

from typing import Final

from witnessmark.formats.bits import BrokenPacking
from witnessmark.formats.rar_bits import Bits, Way

WINDOW: Final = 1 << 16
"""How far back a repetition may reach."""


def _code(start: int, limits: tuple[int, ...], firsts: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return for each run of 12 bits what its first code means, and how long that is.

    A code of length `start + n` lies below `limits[n]`, taken as 16 bits; its meanings go up from its first.
    """
    found, length, below = list[tuple[int, int]](), start, 0
    for number in range(0, 1 << 16, 16):
        while limits[length - start] <= number:
            below = limits[length - start]
            length += 1
        found.append((((number - below) >> 16 - length) + firsts[length - start], length))
    return found


_FIRST = _code(
    2,
    (0x8000, 0xA000, 0xC000, 0xD000, 0xE000, 0xEA00, 0xEE00, 0xF000, 0xF200, 0xF200, 0xFFFF),
    (0, 2, 3, 5, 7, 11, 16, 20, 24, 32, 32),
)
_SECOND = _code(
    3,
    (0xA000, 0xC000, 0xD000, 0xE000, 0xEA00, 0xEE00, 0xF000, 0xF200, 0xF240, 0xFFFF),
    (0, 5, 7, 9, 13, 18, 22, 26, 34, 36),
)
_RANKS = (
    _code(
        4, (0x8000, 0xC000, 0xE000, 0xF200, 0xF200, 0xF200, 0xF200, 0xF200, 0xFFFF), (0, 8, 16, 24, 33, 33, 33, 33, 33)
    ),
    _code(5, (0x2000, 0xC000, 0xE000, 0xF000, 0xF200, 0xF200, 0xF7E0, 0xFFFF), (0, 4, 44, 60, 76, 80, 80, 127)),
    _code(5, (0x1000, 0x2400, 0x8000, 0xC000, 0xFA00, 0xFFFF), (0, 2, 7, 53, 117, 233)),
    _code(6, (0x0800, 0x2400, 0xEE00, 0xFE80, 0xFFFF), (0, 2, 16, 218, 251)),
    _code(8, (0xFF00, 0xFFFF), (0, 255)),
)
"""Codes of ranks: the higher ranks are on the average, the later one is used."""
_LETTER_LIMITS: Final = (0x0DFF, 0x35FF, 0x5DFF, 0x75FF)
_PLACE_LIMITS: Final = (0x06FF, 0x28FF)


def _short(codes: tuple[tuple[int, int], ...], odd: int, longer: int) -> list[tuple[int, int]]:
    """Return for each run of 8 bits which code it begins with, and how long that is; one may be a bit longer."""
    found = []
    for number in range(256):
        for place, (begins, length) in enumerate(codes):
            bits = length + (longer if place == odd else 0)
            if (number ^ begins) >> 8 - bits == 0:
                found.append((place, bits))
                break
        else:
            found.append((-1, 0))
    return found


_BELOW = (
    (0x00, 1), (0xA0, 3), (0xD0, 4), (0xE0, 4), (0xF0, 5), (0xF8, 6), (0xFC, 7), (0xFE, 8), (0xFF, 8), (0xC0, 4),
    (0x80, 4), (0x90, 5), (0x98, 6), (0x9C, 6), (0xB0, 4),
)  # fmt: skip
_ABOVE = (
    (0x00, 2), (0x40, 3), (0x60, 3), (0xA0, 3), (0xD0, 4), (0xE0, 4), (0xF0, 5), (0xF8, 6), (0xFC, 6), (0xC0, 4),
    (0x80, 4), (0x90, 5), (0x98, 6), (0x9C, 6), (0xB0, 4),
)  # fmt: skip
_SHORT = [[_short(_BELOW, 1, longer), _short(_ABOVE, 3, longer)] for longer in (0, 1)]
"""What a short repetition begins with: by whether one code is a bit longer, and by the average length."""


class _Ranked:
    """Signs in the order of how often they were met, in steps: each knows how often, each step where it begins."""

    def __init__(self, signs: list[int], most: int, *, stepped: bool) -> None:
        self._signs, self._counts, self._steps = signs, [0] * 256, [0] * 256
        self._most = most
        if stepped:
            self._level()

    def _level(self) -> None:
        self._counts = [7 - place // 32 for place in range(256)]
        self._steps = [(7 - count) * 32 if count < 7 else 0 for count in range(256)]

    def take(self, place: int) -> int:
        """Return the sign at a place, which was met once more."""
        sign = self._signs[place]
        while True:
            count = self._counts[place]
            forward = self._steps[count]
            self._steps[count] = (forward + 1) & 0xFF
            if count < self._most:
                break
            self._level()
        self._signs[place], self._counts[place] = self._signs[forward], self._counts[forward]
        self._signs[forward], self._counts[forward] = sign, count + 1
        return sign


class Unpacker(Way):
    """The way of RAR 1.5."""

    window = WINDOW

    def _begin(self) -> None:
        self._letters = _Ranked(list(range(256)), 0xA1, stepped=False)
        self._places = _Ranked(list(range(256)), 0xFF, stepped=True)
        self._flags = _Ranked([-number & 0xFF for number in range(256)], 0xFF, stepped=False)
        self._near = list(range(256))
        self._distances, self._turn = [0] * 4, 0
        self._length = self._distance = 0
        self._letter_rank, self._place_rank = 0x3500, 0
        self._short_average = self._long_average = self._far_average = 0
        self._many_letters = self._many_long = 0x80
        self._far_from = 0x2001
        self._in_a_row = self._longer = 0
        self._reset()

    def _reset(self) -> None:
        self._flag_bits = self._flags_left = self._same = 0
        self._only_letters = False

    def _make(self, bits: Bits, end: int) -> None:
        self._reset()
        self._read_flags(bits)
        self._flags_left = 8
        while len(self._made) < end:
            self._one(bits)

    def _one(self, bits: Bits) -> None:
        if self._only_letters:
            self._letter(bits)
        elif self._flag(bits):
            (self._long if self._many_long > self._many_letters else self._letter)(bits)
        elif self._flag(bits):
            (self._letter if self._many_long > self._many_letters else self._long)(bits)
        else:
            self._short(bits)

    def _flag(self, bits: Bits) -> int:
        self._flags_left -= 1
        if self._flags_left < 0:
            self._read_flags(bits)
            self._flags_left = 7
        found = self._flag_bits & 0x80
        self._flag_bits <<= 1
        return found

    def _read_flags(self, bits: Bits) -> None:
        place = bits.of(_RANKS[2])
        if place < 256:
            self._flag_bits = self._flags.take(place)

    def _letter(self, bits: Bits) -> None:
        ahead = bits.peek(16)
        rank = bits.of(_RANKS[sum(self._letter_rank > limit for limit in _LETTER_LIMITS)]) & 0xFF
        if self._only_letters:
            if rank == 0 and ahead > 0xFFF:
                rank = 0x100
            rank -= 1
            if rank < 0:
                self._leave(bits)
                return
        else:
            self._only_letters = self._in_a_row >= 16 and self._flags_left == 0
            self._in_a_row += 1
        self._letter_rank += rank
        self._letter_rank -= self._letter_rank >> 8
        self._many_letters += 16
        if self._many_letters > 0xFF:
            self._many_letters, self._many_long = 0x90, self._many_long >> 1
        self._made.append(self._letters.take(rank))

    def _leave(self, bits: Bits) -> None:
        """Take what interrupts a run of letters: its end, or a repetition."""
        if bits.take(1):
            self._in_a_row, self._only_letters = 0, False
            return
        length = 3 + bits.take(1)
        place = bits.of(_RANKS[2])
        self._copy(length, place << 5 | bits.take(5))

    def _short(self, bits: Bits) -> None:
        self._in_a_row = 0
        if self._same == 2:
            if bits.take(1):
                self._copy(self._length, self._distance)
                return
            self._same = 0
        place, count = _SHORT[self._longer][self._short_average >= 37][bits.peek(8)]
        if place < 0:
            raise BrokenPacking("a code that means nothing")
        bits.skip(count)
        if place == 9:
            self._same += 1
            self._copy(self._length, self._distance)
            return
        self._same = 0
        if place == 14:
            length = bits.of(_SECOND) + 5
            self._repeat(length, bits.take(15) | 0x8000, keep=False)
        elif place > 9:
            distance = self._distances[(self._turn - (place - 9)) & 3]
            length = bits.of(_FIRST) + 2
            if length == 0x101 and place == 10:
                self._longer ^= 1
                return
            self._repeat(length + (distance > 256) + (distance >= self._far_from), distance)
        else:
            self._short_average += place
            self._short_average -= self._short_average >> 4
            rank = bits.of(_RANKS[2]) & 0xFF
            distance = self._near[rank]
            if rank:
                self._near[rank - 1], self._near[rank] = distance, self._near[rank - 1]
            self._repeat(place + 2, distance + 1)

    def _long(self, bits: Bits) -> None:
        self._in_a_row = 0
        self._many_long += 16
        if self._many_long > 0xFF:
            self._many_long, self._many_letters = 0x90, self._many_letters >> 1
        average = self._long_average
        if average >= 122:
            length = bits.of(_SECOND)
        elif average >= 64:
            length = bits.of(_FIRST)
        elif bits.peek(16) < 0x100:
            length = bits.take(16)
        else:
            length = 16 - bits.peek(16).bit_length()
            bits.skip(length + 1)
        self._long_average += length
        self._long_average -= self._long_average >> 5
        place = bits.of(_RANKS[sum(self._place_rank > limit for limit in _PLACE_LIMITS)])
        self._place_rank += place
        self._place_rank -= self._place_rank >> 8
        distance = self._places.take(place & 0xFF) << 7 | bits.take(7)
        far = self._far_average
        if length == 0 and distance <= self._far_from:
            self._far_average += 1
            self._far_average -= self._far_average >> 8
        elif length not in (1, 4) and self._far_average:
            self._far_average -= 1
        length += 3 + (distance >= self._far_from) + (8 if distance <= 256 else 0)
        self._far_from = 0x7F00 if far > 0xB0 or (self._letter_rank >= 0x2A00 and average < 0x40) else 0x2001
        self._repeat(length, distance)

    def _repeat(self, length: int, distance: int, *, keep: bool = True) -> None:
        if keep:
            self._distances[self._turn] = distance
            self._turn = (self._turn + 1) & 3
        self._length, self._distance = length, distance
        self._copy(length, distance)
