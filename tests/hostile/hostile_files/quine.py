"""Archives that contain exactly themselves, as Russ Cox described in "Zip Files All The Way Down" (2010).

Every operation of the deflate stream takes five bytes, so that operations can copy each other; the checksum, which
stands inside what it is the checksum of, is found by linear algebra: a CRC is an affine function of each bit.
"""

import struct
import zlib
from collections.abc import Callable
from functools import cache

_LENGTHS = [(3 + n, 0) for n in range(8)] + [
    (base, extra)
    for extra, bases in (
        (1, (11, 13, 15, 17)),
        (2, (19, 23, 27, 31)),
        (3, (35, 43, 51, 59)),
        (4, (67, 83, 99, 115)),
        (5, (131, 163, 195, 227)),
    )
    for base in bases
]
_DISTANCES = [(1, 0), (2, 0), (3, 0), (4, 0)] + [
    (base, extra)
    for extra, bases in ((1, (5, 7)), (2, (9, 13)), (3, (17, 25)), (4, (33, 49)), (5, (65, 97)), (6, (129, 193)))
    for base in bases
]


def _code(table: list[tuple[int, int]], value: int) -> tuple[int, int, int]:
    """Return which code stands for a value, and the extra bits' value and number (RFC 1951, section 3.2.5)."""
    place = max(n for n, (base, _) in enumerate(table) if base <= value)
    return place, value - table[place][0], table[place][1]


class _Bits:
    def __init__(self) -> None:
        self.bits: list[int] = []

    def low_first(self, value: int, count: int) -> None:
        self.bits += [value >> n & 1 for n in range(count)]

    def high_first(self, value: int, count: int) -> None:
        self.bits += [value >> n & 1 for n in reversed(range(count))]

    def match(self, length: int, distance: int) -> None:
        code, value, extra = _code(_LENGTHS, length)
        if code + 257 < 280:
            self.high_first(code + 1, 7)
        else:
            self.high_first(0xC0 + code + 257 - 280, 8)
        self.low_first(value, extra)
        code, value, extra = _code(_DISTANCES, distance)
        self.high_first(code, 5)
        self.low_first(value, extra)

    def data(self) -> bytes:
        bits = self.bits + [0] * (-len(self.bits) % 8)
        return bytes(sum(bit << n for n, bit in enumerate(bits[at : at + 8])) for at in range(0, len(bits), 8))


def _copy(count: int, *, final: bool = False, exact: bool = True) -> bytes:
    """Return a block that repeats the last `count` bytes; `exact`: in five bytes."""
    ways = [(count,)] + [(a, count - a) for a in range(3, count - 2)]
    for lengths in ways:
        for empty in (0, 1):  # empty blocks before it fill up
            bits = _Bits()
            for _ in range(empty):
                bits.low_first(0b010, 3)
                bits.low_first(0, 7)
            bits.low_first(0b011 if final else 0b010, 3)
            for length in lengths:
                bits.match(length, count)
            bits.low_first(0, 7)
            if not exact or len(bits.bits) == 40:
                return bits.data()
    raise ValueError(count)


def _literal(count: int) -> bytes:
    return b"\0" + struct.pack("<HH", count, 0xFFFF ^ count)


def _stream(prefix: bytes, suffix: bytes) -> bytes:
    """Return the deflate stream that unfolds to prefix, itself and suffix."""
    first = _literal(len(prefix) + 5)
    again = _copy(len(prefix) + 5)
    none, one, four, copy = _literal(0), _literal(5), _literal(20), _copy(20)
    last = _copy(len(suffix) + 4, final=True, exact=False)
    assert len(last) == 4
    rest = _literal(len(suffix) + 4)
    return b"".join(
        (first, prefix, first, again, one, again, one, one, four, again, one, one, four, copy, four, copy, four, copy,
         four, copy, four, copy, none, none, rest, copy, none, none, rest, last, suffix, last)
    )  # fmt: skip


def _solved(build: Callable[[int], bytes]) -> bytes:
    """Return the file whose checksum is the number it was built with."""
    base = zlib.crc32(build(0))
    columns = [zlib.crc32(build(1 << n)) ^ base ^ (1 << n) for n in range(32)]
    rows = [[columns[n] >> bit & 1 for n in range(32)] + [base >> bit & 1] for bit in range(32)]
    for place in range(32):
        pivot = next(n for n in range(place, 32) if rows[n][place])  # StopIteration: no such file; take another name
        rows[place], rows[pivot] = rows[pivot], rows[place]
        for n in range(32):
            if n != place and rows[n][place]:
                rows[n] = [a ^ b for a, b in zip(rows[n], rows[place], strict=True)]
    found = build(sum(rows[n][32] << n for n in range(32)))
    assert zlib.crc32(found) == sum(rows[n][32] << n for n in range(32))
    return found


def _any_name(build: Callable[[int, int], bytes]) -> bytes:
    for nonce in range(200):
        try:
            return _solved(lambda crc, nonce=nonce: build(crc, nonce))
        except StopIteration:
            continue
    raise AssertionError("no name makes the equations solvable")


@cache
def gzip_quine() -> bytes:
    """Return a gzip file that unfolds to itself."""

    def build(crc: int, nonce: int) -> bytes:
        prefix = b"\x1f\x8b\x08\x08\0\0\0\0\0\x03" + b"r%02x\0" % nonce
        size = len(prefix) + len(_stream(prefix, bytes(8))) + 8
        suffix = struct.pack("<II", crc, size)
        return prefix + _stream(prefix, suffix) + suffix

    return _any_name(build)


@cache
def zip_quine() -> bytes:
    """Return a zip whose only member is the zip."""

    def build(crc: int, nonce: int) -> bytes:
        name = b"the-archive-in-itself-%04x.zip" % nonce
        packed = len(_stream(bytes(60), bytes(98)))
        size = 60 + packed + 98
        shared = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, packed, size, len(name), 0)
        prefix = b"PK\3\4" + shared + name
        central = b"PK\1\2" + struct.pack("<H", 20) + shared + bytes(14) + name
        suffix = central + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(central), 60 + packed, 0)
        return prefix + _stream(prefix, suffix) + suffix

    return _any_name(build)
