"""Unpacks what RAR 2.0 to 2.8 packed: repetitions and letters under codes that change, and sound by prediction.

The way is that of the program, known from those who read its archives: bits from the highest on; tables of code lengths
that may build on those before; the last four distances can be named; a block of sound says of each byte how far it is
from what the bytes before it in its channel let expect.

Rules for whoever changes this file: no more than the stated bytes are made; whoever runs out of bits has broken off;
what lies before the beginning of everything is zeros.
"""

from itertools import accumulate
from typing import Final

from witnessmark.formats.bits import BrokenPacking, Table, canonical
from witnessmark.formats.rar_bits import Bits, Way
from witnessmark.formats.rar_sound import Expectation, signed

LETTERS, DISTANCES, LENGTHS, SOUNDS = 298, 48, 28, 257
"""How many codes there are: of letters and lengths, of distances, of lengths of what is named again, of sound."""
WINDOW: Final = 1 << 20
"""How far back a repetition may reach."""
_CODES: Final = 19
LENGTH_BITS: Final = (0,) * 8 + (1,) * 4 + (2,) * 4 + (3,) * 4 + (4,) * 4 + (5,) * 4
_OF_DISTANCES: Final = (0, 0, *(bits for bits in range(16) for _ in (0, 1)), *(16,) * 14)
NEAR_BITS: Final = (2, 2, 3, 4, 5, 6, 6, 6)


def bases(bits: tuple[int, ...]) -> tuple[int, ...]:
    """Return what each place of a scale begins with, by how many bits follow each."""
    return tuple(accumulate((1 << count for count in bits[:-1]), initial=0))


LENGTH_BASES, _DISTANCE, NEAR_BASES = bases(LENGTH_BITS), bases(_OF_DISTANCES), bases(NEAR_BITS)


NO_CODES: Final[Table] = ([0], 0)


def meaning(bits: Bits, table: Table) -> int:
    """Return what the next code of a table means."""
    entries, longest = table
    found = entries[bits.peek(longest)]
    if not found:
        raise BrokenPacking("a code that means nothing")
    bits.skip(found & 31)
    return found >> 5


class _Channel:
    """One channel of sound: what it was last, and how it moved."""

    def __init__(self) -> None:
        self._expectation = Expectation(5)
        self._before = [0] * 4
        self._delta = self._last = self._count = 0

    def next(self, told: int, across: int) -> tuple[int, int]:
        """Return the next byte and how far it is from the one before it, which the next channel is told."""
        first, second, third, _ = self._before
        self._before = [self._delta, self._delta - first, second, third]
        byte = self._expectation.byte(self._last, told, [*self._before, across])
        self._delta, self._last = signed(byte - self._last), byte
        self._count += 1
        if not self._count & 0x1F:
            self._expectation.settle()
        return byte, self._delta


class Unpacker(Way):
    """The way of RAR 2.0."""

    window = WINDOW

    def _begin(self) -> None:
        self._lengths = [0] * (4 * SOUNDS)
        self._distances = [0] * 4
        self._turn = self._length = self._distance = 0
        self._letters: Table = NO_CODES
        self._far: Table = NO_CODES
        self._again: Table = NO_CODES
        self._channels = [_Channel() for _ in range(4)]
        self._sounds: list[Table] = []
        self._has_tables = False
        self._channel = self._across = 0

    def _make(self, bits: Bits, end: int) -> None:
        if not self._has_tables:
            self._read_tables(bits)
        while len(self._made) < end:
            if self._sounds:
                self._sound(bits)
            else:
                self._one(bits)
        if bits.left >= 5:
            self._last_tables(bits)

    def _last_tables(self, bits: Bits) -> None:
        """Read the tables for the next file, where they stand behind this one."""
        is_sound = bool(self._sounds)
        code = meaning(bits, self._sounds[self._channel] if is_sound else self._letters)
        if code == (256 if is_sound else 269):
            self._read_tables(bits)

    def _read_tables(self, bits: Bits) -> None:
        is_sound, builds_on = bits.take(1), bits.take(1)
        if not builds_on:
            self._lengths = [0] * (4 * SOUNDS)
        channels = bits.take(2) + 1 if is_sound else 0
        if self._channel >= max(channels, 1):
            self._channel = 0
        count = SOUNDS * channels if is_sound else LETTERS + DISTANCES + LENGTHS
        codes = canonical([bits.take(4) for _ in range(_CODES)])
        lengths: list[int] = []
        while len(lengths) < count:
            code = meaning(bits, codes)
            if code < 16:
                lengths.append((code + self._lengths[len(lengths)]) & 15)
            elif code == 16:
                if not lengths:
                    raise BrokenPacking("a length again, and none before it")
                lengths += lengths[-1:] * (bits.take(2) + 3)
            else:
                lengths += [0] * (bits.take(3) + 3 if code == 17 else bits.take(7) + 11)
        self._has_tables = True
        lengths = lengths[:count]
        self._lengths[:count] = lengths
        if is_sound:
            self._sounds = [canonical(lengths[at : at + SOUNDS]) for at in range(0, count, SOUNDS)]
        else:
            self._sounds = []
            self._letters = canonical(lengths[:LETTERS])
            self._far = canonical(lengths[LETTERS : LETTERS + DISTANCES])
            self._again = canonical(lengths[LETTERS + DISTANCES :])

    def _sound(self, bits: Bits) -> None:
        told = meaning(bits, self._sounds[self._channel])
        if told == 256:
            self._read_tables(bits)
            return
        byte, self._across = self._channels[self._channel].next(told, self._across)
        self._made.append(byte)
        self._channel = (self._channel + 1) % len(self._sounds)

    def _one(self, bits: Bits) -> None:
        """Make what the next code means."""
        code = meaning(bits, self._letters)
        if code < 256:
            self._made.append(code)
        elif code == 269:
            self._read_tables(bits)
        elif code == 256:
            self._repeat(self._length, self._distance)
        elif code < 261:
            distance = self._distances[(self._turn - (code - 256)) & 3]
            length = self._long(bits, meaning(bits, self._again)) + 2
            self._repeat(length + (distance >= 0x101) + (distance >= 0x2000) + (distance >= 0x40000), distance)
        elif code < 269:
            place = code - 261
            self._repeat(2, NEAR_BASES[place] + bits.take(NEAR_BITS[place]) + 1)
        else:
            length = self._long(bits, code - 270) + 3
            place = meaning(bits, self._far)
            distance = _DISTANCE[place] + bits.take(_OF_DISTANCES[place]) + 1
            self._repeat(length + (distance >= 0x2000) + (distance >= 0x40000), distance)

    def _long(self, bits: Bits, place: int) -> int:
        return LENGTH_BASES[place] + bits.take(LENGTH_BITS[place])

    def _repeat(self, length: int, distance: int) -> None:
        self._distances[self._turn & 3] = distance
        self._turn += 1
        self._length, self._distance = length, distance
        self._copy(length, distance)
