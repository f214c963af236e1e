"""Unpacks what RAR 2.9 to 4.x packed, where files build on each other: libarchive has the way, but not that.

The way is that of the program, known from those who read its archives: as that of RAR 2.0, with other tables, the low
bits of far distances under a code of their own, and small programs that undo what was done to code, pictures and sound
before it was packed. Five of these programs everybody knows by their checksum; what they do is done here, and no other
is run. The second way of RAR 2.9, which predicts letters (PPMd), is not had: what builds on it is lost.

Rules for whoever changes this file: no more than the stated bytes are made; a program of a file is data; what lies
before the beginning of everything is zeros; what a program did is undone in what comes out, never in what repetitions
reach back to.
"""

import zlib
from dataclasses import dataclass, field
from typing import Final

from witnessmark.formats import rar_filters
from witnessmark.formats.bits import BrokenPacking, Table, canonical
from witnessmark.formats.rar2 import LENGTH_BASES, LENGTH_BITS, NEAR_BASES, NEAR_BITS, NO_CODES, bases, meaning
from witnessmark.formats.rar_bits import Bits, Way

LETTERS, DISTANCES, LOWS, AGAIN = 299, 60, 17, 28
WINDOW: Final = 4 << 20
MOST_PROGRAMS: Final = 1_024
MOST_PENDING: Final = 8_192
_CODES: Final = 20
_OF_DISTANCES: Final = (0, 0, 0, 0, *(bits for bits in range(1, 16) for _ in (0, 1)), *(16,) * 14, *(18,) * 12)
_DISTANCES: Final = bases(_OF_DISTANCES)
_SAME_LOW: Final = 15


@dataclass(slots=True)
class _Program:
    """A program that a file brought: which of those that are known, and on how many bytes it last ran."""

    kind: str
    length: int = 0
    runs: int = 0


@dataclass(frozen=True, slots=True)
class _Run:
    """A program that is to run on bytes from a place on, with what it was given."""

    kind: str
    start: int
    length: int
    given: dict[int, int] = field(default_factory=dict)


class Unpacker(Way):
    """The way of RAR 2.9 that has repetitions."""

    window = WINDOW

    def _begin(self) -> None:
        self._lengths = [0] * (LETTERS + DISTANCES + LOWS + AGAIN)
        self._distances = [0] * 4
        self._length = self._low = self._same_lows = 0
        self._letters: Table = NO_CODES
        self._far: Table = NO_CODES
        self._lows: Table = NO_CODES
        self._again: Table = NO_CODES
        self._programs: list[_Program] = []
        self._last_program = 0
        self._runs: list[_Run] = []
        self._has_tables = False

    def _make(self, bits: Bits, end: int) -> None:
        self._runs.clear()
        if not self._has_tables:
            self._read_tables(bits)
        while len(self._made) <= end and self._one(bits):
            pass

    def _done(self, start: int) -> bytes:
        """Return what was made with the programs run on it; up to a run that cannot be had."""
        made = self._made[start:]
        for run in self._runs:
            at = run.start - start
            piece = bytes(made[at : at + run.length])
            if at < 0 or len(piece) < run.length:
                return bytes(made[: max(0, at)])
            undone = rar_filters.undone(run.kind, piece, at, run.given)
            if undone is None:
                return bytes(made[:at])
            made[at : at + run.length] = undone
        return bytes(made)

    def _read_tables(self, bits: Bits) -> None:
        bits.align()
        if bits.peek(1):
            raise BrokenPacking("packed by prediction of letters")
        bits.skip(1)
        self._low = self._same_lows = 0
        if not bits.take(1):
            self._lengths = [0] * len(self._lengths)
        codes: list[int] = []
        while len(codes) < _CODES:
            length = bits.take(4)
            zeros = bits.take(4) if length == 15 else 0
            codes += [0] * (zeros + 2) if zeros else [length]
        lengths: list[int] = []
        of_lengths = canonical(codes[:_CODES])
        while len(lengths) < len(self._lengths):
            code = meaning(bits, of_lengths)
            if code < 16:
                lengths.append((code + self._lengths[len(lengths)]) & 15)
                continue
            count = bits.take(7) + 11 if code % 2 else bits.take(3) + 3
            if code < 18 and not lengths:
                raise BrokenPacking("a length again, and none before it")
            lengths += (lengths[-1:] if code < 18 else [0]) * count
        self._lengths = lengths[: len(self._lengths)]
        ends = (LETTERS, LETTERS + DISTANCES, LETTERS + DISTANCES + LOWS)
        self._letters = canonical(self._lengths[: ends[0]])
        self._far = canonical(self._lengths[ends[0] : ends[1]])
        self._lows = canonical(self._lengths[ends[1] : ends[2]])
        self._again = canonical(self._lengths[ends[2] :])
        self._has_tables = True

    def _one(self, bits: Bits) -> bool:
        """Make what the next code means; return whether the file goes on."""
        code = meaning(bits, self._letters)
        if code < 256:
            self._made.append(code)
        elif code == 256:
            return self._ends(bits)
        elif code == 257:
            self._program(bits)
        elif code == 258:
            if self._length:
                self._copy(self._length, self._distances[0])
        elif code < 263:
            distance = self._distances.pop(code - 259)
            place = meaning(bits, self._again)
            self._repeat(LENGTH_BASES[place] + bits.take(LENGTH_BITS[place]) + 2, distance)
        elif code < 271:
            place = code - 263
            distance = NEAR_BASES[place] + bits.take(NEAR_BITS[place]) + 1
            self._distances.pop()
            self._repeat(2, distance)
        else:
            place = code - 271
            length = LENGTH_BASES[place] + bits.take(LENGTH_BITS[place]) + 3
            distance = self._distance(bits)
            self._distances.pop()
            self._repeat(length + (distance >= 0x2000) + (distance >= 0x40000), distance)
        return True

    def _distance(self, bits: Bits) -> int:
        place = meaning(bits, self._far)
        distance, count = _DISTANCES[place] + 1, _OF_DISTANCES[place]
        if place <= 9:
            return distance + bits.take(count)
        if count > 4:
            distance += bits.take(count - 4) << 4
        if self._same_lows:
            self._same_lows -= 1
        else:
            low = meaning(bits, self._lows)
            if low == 16:
                self._same_lows = _SAME_LOW
            else:
                self._low = low
        return distance + self._low

    def _repeat(self, length: int, distance: int) -> None:
        self._distances.insert(0, distance)
        self._length = length
        self._copy(length, distance)

    def _ends(self, bits: Bits) -> bool:
        """Take what ends a block: new tables, or the end of the file; return whether the file goes on."""
        if bits.take(1):
            self._read_tables(bits)
            return True
        self._has_tables = not bits.take(1)
        return False

    def _program(self, bits: Bits) -> None:
        first = bits.take(8)
        length = (first & 7) + 1
        if length == 7:
            length = bits.take(8) + 7
        elif length == 8:
            length = bits.take(16)
        code = Bits(bytes(bits.take(8) for _ in range(length)))
        number = self._last_program
        if first & 0x80:
            number = _number(code)
            if number:
                number -= 1
            else:
                self._programs.clear()
                self._runs.clear()
        if number > len(self._programs) or number >= MOST_PROGRAMS or len(self._runs) >= MOST_PENDING:
            raise BrokenPacking("a program that is not there")
        self._last_program = number
        is_new = number == len(self._programs)
        start = len(self._made) + _number(code) + (258 if first & 0x40 else 0)
        size = _number(code) if first & 0x20 else 0 if is_new else self._programs[number].length
        given = {}
        if first & 0x10:
            mask = code.take(7)
            given = {register: _number(code) for register in range(7) if mask >> register & 1}
        if is_new:
            words = bytes(code.take(8) for _ in range(min(_number(code), 1 << 16)))
            self._programs.append(_Program(rar_filters.KNOWN.get((len(words), zlib.crc32(words)), "")))
        program = self._programs[number]
        program.length, program.runs = size, program.runs + 1
        self._runs.append(_Run(program.kind, start, size, given))


def _number(bits: Bits) -> int:
    """Return a number as programs are given them: of 4, 8, 16 or 32 bits, or one a little below nought."""
    kind = bits.take(2)
    if kind == 0:
        return bits.take(4)
    if kind == 1:
        first = bits.take(4)
        if first:
            return first << 4 | bits.take(4)
        return 0xFFFFFF00 | bits.take(8)
    if kind == 2:
        return bits.take(16)
    high = bits.take(16)
    return high << 16 | bits.take(16)
