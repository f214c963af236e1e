"""A zip whose bytes depend on nothing but what is in it: packed here, by deflate with fixed codes (RFC 1951, 3.2.6).

Libraries that deflate differ in their output from version to version; an edition has to be the same byte for byte
wherever it is written again. What is packed here is unpacked by everybody's zlib.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator

WINDOW = 1 << 15
SHORTEST, LONGEST = 4, 258
TRIES = 16
"""How many earlier places are compared for the longest match."""

_STAMP = struct.pack("<HH", 0, 33)
"""1980-01-01, the earliest time that a zip can say: the same sources give the same bytes on every day."""


def archive(members: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a zip of the members in the order given (APPNOTE 6.3), each a plain file that its owner may write."""
    out, directory, count = bytearray(), bytearray(), 0
    for name, data in members:
        packed, raw = deflated(data), name.encode()
        sizes = struct.pack("<III", zlib.crc32(data), len(packed), len(data))
        about = struct.pack("<HHH", 20, 0x800, 8) + _STAMP + sizes + struct.pack("<HH", len(raw), 0)
        directory += b"PK\x01\x02" + struct.pack("<H", 3 << 8 | 20) + about
        directory += struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, len(out)) + raw
        out += b"PK\x03\x04" + about + raw + packed
        count += 1
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(out), 0)
    return bytes(out + directory + b"PK\x05\x06" + end)


def deflated(data: bytes) -> bytes:
    """Return the bytes as one block of deflate with fixed codes."""
    out, held, bits = bytearray(), 0b011, 3  # the last block, with fixed codes
    for code, width in _codes(data):
        held |= code << bits
        bits += width
        while bits >= 8:
            out.append(held & 255)
            held >>= 8
            bits -= 8
    if bits:
        out.append(held)
    return bytes(out)


def _codes(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the codes of a greedy parse, and how many bits each has."""
    places: dict[bytes, list[int]] = {}
    at, end = 0, len(data)
    while at < end:
        length, distance = _match(data, at, places.get(data[at : at + SHORTEST], []))
        if length:
            yield _LENGTHS[length]
            yield _distance(distance)
        else:
            length = 1
            yield _LITERALS[data[at]]
        for place in range(at, min(at + length, end - SHORTEST + 1)):
            places.setdefault(data[place : place + SHORTEST], []).append(place)
        at += length
    yield _LITERALS[256]


def _match(data: bytes, at: int, places: list[int]) -> tuple[int, int]:
    """Return the longest earlier run that goes on here, and how far back it lies; the nearest of several."""
    best, distance = 0, 0
    most = min(LONGEST, len(data) - at)
    for place in reversed(places[-TRIES:]):
        if at - place > WINDOW:
            break
        length = SHORTEST
        while length < most and data[place + length] == data[at + length]:
            length += 1
        if length > best:
            best, distance = length, at - place
    return best, distance


def _turned(code: int, width: int) -> int:
    """Return a code with its bits in the order in which they are written (RFC 1951, 3.1.1)."""
    return int(f"{code:0{width}b}"[::-1], 2)


def _literal(symbol: int) -> tuple[int, int]:
    """Return the fixed code of a literal or length symbol (RFC 1951, 3.2.6)."""
    for first, last, code, width in ((0, 143, 48, 8), (144, 255, 400, 9), (256, 279, 0, 7), (280, 287, 192, 8)):
        if first <= symbol <= last:
            return _turned(code + symbol - first, width), width
    raise ValueError(symbol)


def _steps(first: int, most: int, each: int) -> Iterator[tuple[int, int]]:
    """Yield base and number of further bits of the symbols of a table of RFC 1951, 3.2.5."""
    base, extra, count = first, 0, 0
    while base <= most:
        yield base, extra
        base += 1 << extra
        count += 1
        if count >= 2 * each and count % each == 0:
            extra += 1


_LITERALS = [_literal(symbol) for symbol in range(288)]
_LENGTHS: dict[int, tuple[int, int]] = {}
for _symbol, (_base, _extra) in enumerate(_steps(3, 257, 4), 257):
    _code, _width = _LITERALS[_symbol]
    for _more in range(1 << _extra):
        _LENGTHS[_base + _more] = _code | _more << _width, _width + _extra
_LENGTHS[258] = _LITERALS[285]
_DISTANCES = list(_steps(1, WINDOW, 2))


def _distance(distance: int) -> tuple[int, int]:
    symbol = max(place for place, (base, _) in enumerate(_DISTANCES) if base <= distance)
    base, extra = _DISTANCES[symbol]
    return _turned(symbol, 5) | (distance - base) << 5, 5 + extra
