"""Packs as PKZIP did before 1993, simply: Shrink, Reduce, Implode (APPNOTE 6.3, section 5), for readers to be tried on."""

import heapq
import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SHRUNK, REDUCED, IMPLODED = 1, (2, 3, 4, 5), 6


class Bits:
    """Bits on their way into bytes, the lowest of a byte first."""

    def __init__(self) -> None:
        self._out = bytearray()
        self._held = self._count = 0

    def put(self, value: int, width: int) -> None:
        """Add a number."""
        self._held |= value << self._count
        self._count += width
        while self._count >= 8:
            self._out.append(self._held & 0xFF)
            self._held >>= 8
            self._count -= 8

    def done(self) -> bytes:
        """Return the bytes."""
        return bytes(self._out) + (bytes((self._held,)) if self._count else b"")


def shrink(data: bytes, most: int = 1 << 13) -> bytes:
    """Shrink; with codes below `most`, so that the dictionary of a few bytes is cleared too."""
    bits, width = Bits(), 9
    known: dict[tuple[int, int], int] = {}
    free = list(range(257, most))
    code = -1
    for byte in data:
        longer = known.get((code, byte)) if code >= 0 else byte
        if longer is not None and longer != code:
            code = longer
            continue
        width = _put(bits, code, width)
        if not free:
            bits.put(256, width)
            bits.put(2, width)
            inner = {before for before, _ in known}
            for key, leaf in list(known.items()):
                if leaf not in inner:
                    del known[key]
                    heapq.heappush(free, leaf)
        if free and (code, byte) not in known:
            known[code, byte] = heapq.heappop(free)
        code = byte
    if code >= 0:
        _put(bits, code, width)
    return bits.done()


def _put(bits: Bits, code: int, width: int) -> int:
    while code >> width:
        bits.put(256, width)
        bits.put(1, width)
        width += 1
    bits.put(code, width)
    return width


def matches(
    data: bytes, window: int, shortest: int, longest: int, *, overlapping: bool = True
) -> Iterator[tuple[bytes, int]]:
    """Yield bytes, and how far back they stand already, 0 for nowhere; what would lie before the beginning is zeros."""
    whole = bytes(window) + data
    at, end = window, len(whole)
    seen = {bytes(3): window - 3}
    while at < end:
        start = seen.get(whole[at : at + 3], at)
        length = 0
        most = longest if overlapping else min(longest, at - start)
        if at - window <= start < at:
            while at + length < end and length < most and whole[start + length] == whole[at + length]:
                length += 1
        taken, back = (length, at - start) if length >= shortest else (1, 0)
        yield whole[at : at + taken], back
        for place in range(at, min(at + taken, end - 2)):
            seen[whole[place : place + 3]] = place
        at += taken


def reduce(data: bytes, factor: int, *, overlapping: bool = True) -> bytes:
    """Reduce by a factor of 1 to 4; some readers refuse repetitions that reach into themselves."""
    low = 8 - factor
    most = (1 << low) - 1
    middle = bytearray()
    for those, back in matches(data, 256 << factor, 3, most + 255 + 3, overlapping=overlapping):
        length = len(those) - 3
        first = min(length, most) | (back - 1 >> 8) << low
        if back == 0 or first == 0:  # a first byte of nought is a byte 144 that stands for itself
            middle += those.replace(b"\x90", b"\x90\0")
            continue
        middle += bytes((0x90, first))
        middle += bytes((length - most,)) if length >= most else b""
        middle.append((back - 1) & 0xFF)
    return followed(bytes(middle))


def followed(data: bytes, sets: dict[int, bytes] | None = None) -> bytes:
    """Pack bytes by those that follow each: the 32 most frequent ones, unless they are given."""
    if sets is None:
        pairs: dict[int, Counter[int]] = {}
        for before, byte in zip(b"\0" + data, data, strict=False):
            pairs.setdefault(before, Counter())[byte] += 1
        sets = {before: bytes(byte for byte, _ in counts.most_common(32)) for before, counts in pairs.items()}
    bits = Bits()
    for byte in range(255, -1, -1):
        those = sets.get(byte, b"")
        bits.put(len(those), 6)
        for each in those:
            bits.put(each, 8)
    last = 0
    for byte in data:
        those = sets.get(last, b"")
        if byte in those:
            bits.put(those.index(byte) << 1, 1 + max(1, (len(those) - 1).bit_length()))
        elif those:
            bits.put(byte << 1 | 1, 9)
        else:
            bits.put(byte, 8)
        last = byte
    return bits.done()


def lengths_of(counts: Counter[int], symbols: int) -> list[int]:
    """Return how long each code is, 16 bits at most; every symbol has one."""
    heap = [(counts[symbol] + 1, symbol, (symbol,)) for symbol in range(symbols)]
    heapq.heapify(heap)
    lengths = [0] * symbols
    while len(heap) > 1:
        (one, _, few), (two, order, many) = heapq.heappop(heap), heapq.heappop(heap)
        for symbol in few + many:
            lengths[symbol] += 1
        heapq.heappush(heap, (one + two, order, few + many))
    if max(lengths) > 16:  # evened out until they fit
        return lengths_of(Counter({symbol: count // 2 for symbol, count in counts.items()}), symbols)
    return lengths


def stored(lengths: list[int]) -> bytes:
    """Return a tree as it is stored."""
    runs: list[list[int]] = []
    for length in lengths:
        if runs and runs[-1][0] == length and runs[-1][1] < 16:
            runs[-1][1] += 1
        else:
            runs.append([length, 1])
    return bytes((len(runs) - 1, *((count - 1) << 4 | length - 1 for length, count in runs)))


def codes(lengths: list[int]) -> list[tuple[int, int]]:
    """Return each code as it is put, and its length: counting up from the longest, the last first."""
    found, code = [(0, 0)] * len(lengths), 0
    for symbol in sorted(range(len(lengths)), key=lambda symbol: (lengths[symbol], symbol))[::-1]:
        length = lengths[symbol]
        found[symbol] = int(f"{code >> 16 - length:0{length}b}"[::-1], 2), length
        code += 1 << 16 - length
    return found


def implode(data: bytes, flags: int = 6, shortest: int | None = None) -> bytes:
    """Implode; flag 2 for a window of 8 KiB, 4 for a tree of letters."""
    least = (3 if flags & 4 else 2) if shortest is None else shortest
    low = 7 if flags & 2 else 6
    found = list(matches(data, 64 << low, max(3, least), least + 63 + 255))
    literals = Counter(those[0] for those, back in found if not back)
    sizes = Counter(min(len(those) - least, 63) for those, back in found if back)
    places = Counter((back - 1) >> low for _, back in found if back)
    trees = [lengths_of(literals, 256)] if flags & 4 else []
    trees += [lengths_of(sizes, 64), lengths_of(places, 64)]
    bits = Bits()
    for byte in b"".join(map(stored, trees)):
        bits.put(byte, 8)
    letters, lengths, distances = map(codes, trees if flags & 4 else [[8] * 256, *trees])
    for those, back in found:
        bits.put(not back, 1)
        if not back:
            bits.put(*(letters[those[0]] if flags & 4 else (those[0], 8)))
            continue
        bits.put((back - 1) & (1 << low) - 1, low)
        bits.put(*distances[(back - 1) >> low])
        length = len(those) - least
        bits.put(*lengths[min(length, 63)])
        if length >= 63:
            bits.put(length - 63, 8)
    return bits.done()


def zipped(*members: tuple[str, int, int, bytes, bytes]) -> bytes:
    """Return a zip of members: name, method, flags, the packed bytes, what they unfold to."""
    out, central = b"", b""
    for name, method, flags, packed, data in members:
        about = struct.pack(
            "<HHHHHIIIHH", 10, flags, method, 0, 33, zlib.crc32(data), len(packed), len(data), len(name), 0
        )
        central += b"PK\1\2" + struct.pack("<H", 10) + about + struct.pack("<HHHII", 0, 0, 0, 0, len(out))
        central += name.encode()
        out += b"PK\3\4" + about + name.encode() + packed
    count = len(members)
    return out + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(central), len(out), 0)
