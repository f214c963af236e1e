"""Reads the lowest layer of an Outlook store ([MS-PST], 2.2): its two trees of pages, and the blocks that they name.

Rules for whoever changes this file:
- A page is visited once in a walk; no tree is followed deeper than `DEEPEST`; nothing recurses without a bound.
- Damage is counted and passed by. Where a tree is broken, its leaves are looked for in the whole file.
"""

import struct
import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

DEEPEST = 8
LARGEST_TREE = 1 << 20
"""Blocks of one node that are followed."""
_NODES, _BLOCKS = 0x81, 0x80
_KEPT_PAGES = 2_048
_R = bytes.fromhex(
    "41361362a8216ebbf416cc047f64e85d1ef2cb2a74c55e35d295479e962d9a884c7d843fdbac31b6485ff6c4d8398be7233b388ec8c1df25"
    "b120a546604e9cfbaad35651457c550007c92b9d859b09a08fadb30f63ab894bd7a7155a716642bf264a6b98faea7753b270052cfd593a86"
    "7ece06eb827857c78d43afb41cd45bcde2e9274fc3087280cfb0eff5286dbe304d3492d50e3c2232e5e4f99fc2d10a8112e1ee918376e397"
    "e6618a1779a4b7dc907a5c8c02a6ca69de501a1193b9528758fced1d37491b6ae0293399bd6cd994f340546ff0c673b8d63e6518441fdd67"
    "10f10c19ecae03a1147ba90bfff8a3c0a201f72ebc2468750dfeba2fb5d0da3d"
)
_S = bytes.fromhex(
    "14530f56b3c87a9ceb65481716159f02cc547c83000d0c0ba262a876dbd9edc7c5a4dcac8574d6d0a79bae9a967166c36399b8dd73928e84"
    "7da55ed15d93b1575150808952944f4e0a6bbc8d7f6e47464140440111cb033ff7f4e1a98f3c3af9fbf0193082092ec99da08649ee6f4d6d"
    "c42d813425871b88aafc06a11238fd4c4272641337246a757743ffe6b44b365ce4d8353d45b92cecb7312b290768a30e697b189e2139be28"
    "1a5b78f523ca2ab0af3efe048ce7e5983295d3f64ae8a6eae9f3d52f7020f21f0567ad5510cecde3273bdabad7c226d4911dd21c2233f8fa"
    "f15aefcf90b68bb5bdc0bf08971e6ce261e0c6c159abbb58de5fdf60797eb28a"
)
_I = bytes(_R.index(byte) for byte in range(256))
"""The tables of [MS-PST], 5.1: the third undoes the first."""


class BrokenStore(ValueError):  # noqa: N818 - it says what is broken
    """The store, or a part of it, cannot be followed."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its number, the block of its data, the block that lists its subnodes, its parent's number."""

    number: int
    data: int
    subnodes: int
    parent: int = 0


@dataclass(frozen=True, slots=True)
class _Shape:
    """What differs between the three kinds of file: sizes of pages, of numbers, and where things stand."""

    name: str
    wide: bool
    page: int
    entries: int
    trailer: int
    block: int

    @property
    def number(self) -> str:
        return "Q" if self.wide else "I"


_ANSI = _Shape("ANSI", wide=False, page=512, entries=496, trailer=12, block=8180)
_UNICODE = _Shape("Unicode", wide=True, page=512, entries=488, trailer=16, block=8176)
_LARGE = _Shape("Unicode, pages of 4 KiB", wide=True, page=4096, entries=4056, trailer=24, block=65512)


_Page = tuple[int, list[tuple[int, ...]], list[int]]
"""A page of a tree: its level, its entries, and their keys."""


class Pages:
    """A store opened for reading."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._size = stream, size
        head = self._at(0, 564)
        if len(head) < 564 or head[:4] != b"!BDN":
            raise BrokenStore("no head of an Outlook store")
        self.version = struct.unpack_from("<H", head, 10)[0]
        shape = {14: _ANSI, 15: _ANSI, 23: _UNICODE, 36: _LARGE, 37: _LARGE}.get(self.version)
        if shape is None:
            raise BrokenStore(f"a kind of store that is not known: version {self.version}")
        self.shape = shape
        if shape.wide:
            self._node_root, self._block_root = struct.unpack_from("<QxxxxxxxxQ", head, 224)
            self.encoding = head[513]
        else:
            self._node_root, self._block_root = struct.unpack_from("<IxxxxI", head, 188)
            self.encoding = head[461]
        self.client = "IPM" if head[8:10] == b"SM" else head[8:10].decode("latin-1")
        self.damaged_pages = self.damaged_blocks = self.missing_blocks = 0
        self._kept: OrderedDict[int, _Page | None] = OrderedDict()
        self._found: dict[int, tuple[int, int, int]] | None = None

    def nodes(self) -> Iterator[Node]:
        """Yield every node in order; behind a damaged tree also those that only its leaves still tell."""
        seen: set[int] = set()
        before = self.damaged_pages
        for entry in self._leaves(self._node_root, _NODES):
            node = _node(entry)
            if node.number not in seen:
                seen.add(node.number)
                yield node
        if self.damaged_pages > before or not seen:
            for entry in self._scattered(_NODES):
                node = _node(entry)
                if node.number not in seen:
                    seen.add(node.number)
                    yield node

    def node(self, number: int) -> Node | None:
        """Return a node by its number."""
        entry = self._search(self._node_root, _NODES, number)
        return None if entry is None else _node(entry)

    def blocks(self, number: int) -> Iterator[bytes]:
        """Yield the data that a block names: its own, or that of the blocks which it lists (2.2.2.8.3.2)."""
        waiting, followed = [(number, 0)], 0
        while waiting:
            number, depth = waiting.pop()
            followed += 1
            if not number or followed > LARGEST_TREE or depth > 2:
                continue
            data = self._block(number)
            if data is None:
                self.missing_blocks += 1
            elif not number & 2:
                yield data
            elif len(data) >= 8 and data[0] == 1:
                count = struct.unpack_from("<H", data, 2)[0]
                width = 8 if self.shape.wide else 4
                count = min(count, (len(data) - 8) // width)
                listed = struct.unpack_from(f"<{count}{self.shape.number}", data, 8)
                waiting += [(one, depth + 1) for one in reversed(listed)]

    def size_of(self, number: int) -> int:
        """Return how many bytes the data behind a block has, as stated."""
        if not number & 2:
            place = self._place(number)
            return 0 if place is None else place[2] or place[1]
        data = self._block(number)
        return struct.unpack_from("<I", data, 4)[0] if data is not None and len(data) >= 8 and data[0] == 1 else 0

    def subnodes(self, number: int) -> Iterator[Node]:
        """Yield the subnodes that a block lists (2.2.2.8.3.3)."""
        waiting, seen = [(number, 0)], set[int]()
        while waiting:
            number, depth = waiting.pop()
            if not number or number in seen or depth > 2 or len(seen) > LARGEST_TREE:
                continue
            seen.add(number)
            data = self._block(number)
            if data is None or len(data) < 8 or data[0] != 2:
                self.missing_blocks += 1
                continue
            start, letter = (8, "Q") if self.shape.wide else (4, "I")
            form = struct.Struct(f"<{letter * (2 if data[1] else 3)}")
            count = min(struct.unpack_from("<H", data, 2)[0], (len(data) - start) // form.size)
            entries = [form.unpack_from(data, start + i * form.size) for i in range(count)]
            if data[1]:
                waiting += [(entry[1], depth + 1) for entry in reversed(entries)]
            else:
                for entry in entries:
                    yield Node(entry[0] & 0xFFFFFFFF, entry[1], entry[2])

    def _block(self, number: int) -> bytes | None:
        place = self._place(number)
        if place is None:
            return None
        offset, size, whole = place
        width = (size + self.shape.trailer + 63) & ~63 if self.shape is not _LARGE else (size + 24 + 511) & ~511
        raw = self._at(offset, width)
        if len(raw) < size:
            self.damaged_blocks += 1
            return None
        data, trailer = raw[:size], raw[width - self.shape.trailer :]
        stated = struct.unpack_from("<I", trailer, 4 if self.shape.wide else 8)[0] if len(trailer) >= 12 else None
        if stated != _checksum(data):
            self.damaged_blocks += 1
        if whole and whole != size:
            try:
                data = zlib.decompressobj().decompress(data, 1 << 16)
            except zlib.error:
                self.damaged_blocks += 1
                return None
        return data if number & 2 else _decoded(data, self.encoding, number)

    def _place(self, number: int) -> tuple[int, int, int] | None:
        entry = self._search(self._block_root, _BLOCKS, number)
        if entry is not None:
            return entry[1], entry[2], entry[3]
        if self.damaged_pages and self._found is None:
            self._found = {one[0] & ~1: (one[1], one[2], one[3]) for one in self._scattered(_BLOCKS)}
        return self._found.get(number & ~1) if self._found else None

    def _search(self, root: int, kind: int, number: int) -> tuple[int, ...] | None:
        wanted = number & ~1 if kind == _BLOCKS else number
        offset, level = root, DEEPEST
        for _ in range(DEEPEST):
            page = self._page(offset, kind)
            if page is None or page[0] >= level + 1:
                return None
            level, entries = page[0] - 1, page[1]
            low = bisect_right(page[2], wanted)
            if not low:
                return None
            entry = entries[low - 1]
            if page[0] == 0:
                return entry if page[2][low - 1] == wanted else None
            offset = entry[2]
        return None

    def _leaves(self, root: int, kind: int) -> Iterator[tuple[int, ...]]:
        waiting, seen = [(root, DEEPEST)], set[int]()
        while waiting:
            offset, below = waiting.pop()
            if offset in seen:
                self.damaged_pages += 1
                continue
            seen.add(offset)
            page = self._page(offset, kind)
            if page is None or page[0] >= below:
                self.damaged_pages += 1
                continue
            if page[0] == 0:
                yield from page[1]
            else:
                waiting += [(entry[2], page[0]) for entry in reversed(page[1])]

    def _scattered(self, kind: int) -> Iterator[tuple[int, ...]]:
        """Yield the entries of all leaves that lie anywhere in the file and whose checksum agrees."""
        step = self.shape.page
        for base in range(0, self._size, 1 << 20):
            piece = self._at(base, 1 << 20)
            for at in range(0, len(piece) - step + 1, step):
                mark = at + self.shape.page - self.shape.trailer
                if piece[mark] == kind and piece[mark + 1] == kind:
                    page = self._parsed(piece[at : at + step], kind)
                    if page is not None and page[0] == 0:
                        yield from page[1]

    def _page(self, offset: int, kind: int) -> _Page | None:
        if offset in self._kept:
            self._kept.move_to_end(offset)
            return self._kept[offset]
        page = self._parsed(self._at(offset, self.shape.page), kind)
        self._kept[offset] = page
        if len(self._kept) > _KEPT_PAGES:
            self._kept.popitem(last=False)
        return page

    def _parsed(self, raw: bytes, kind: int) -> _Page | None:
        shape = self.shape
        mark = shape.page - shape.trailer
        if len(raw) < shape.page or raw[mark] != kind or raw[mark + 1] != kind:
            return None
        (stated,) = struct.unpack_from("<I", raw, mark + (4 if shape.wide else 8))
        if stated != _checksum(raw[:mark]):
            return None
        if shape is _LARGE:
            count, _, width, level = struct.unpack_from("<HHBB", raw, shape.entries)
        else:
            count, _, width, level = raw[shape.entries : shape.entries + 4]
        letter = shape.number
        if level:
            form = struct.Struct(f"<{letter * 3}")
        elif kind == _NODES:
            form = struct.Struct(f"<{letter * 3}I")
        else:
            form = struct.Struct(f"<{letter * 2}HH")
        if width < form.size or count * width > shape.entries:
            return None
        entries = [form.unpack_from(raw, i * width) for i in range(count)]
        if not level and kind == _BLOCKS:
            large = shape is _LARGE
            entries = [(one[0], one[1], one[2], one[3] if large else 0) for one in entries]
        return level, entries, [one[0] & ~1 if kind == _BLOCKS else one[0] for one in entries]

    def _at(self, offset: int, count: int) -> bytes:
        if not 0 <= offset < self._size:
            return b""
        self._stream.seek(offset)
        return self._stream.read(count)


def _node(entry: tuple[int, ...]) -> Node:
    return Node(entry[0] & 0xFFFFFFFF, entry[1], entry[2], entry[3])


def _checksum(data: bytes) -> int:
    """Return the sum of [MS-PST], 5.3: CRC-32 that begins and ends plainly."""
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


def _decoded(data: bytes, encoding: int, number: int) -> bytes:
    """Return a block's data with its encoding undone ([MS-PST], 5.1 and 5.2); it keeps nobody out."""
    if encoding == 1:
        return data.translate(_I)
    if encoding != 2:
        return data
    # Each byte is turned by a key of two bytes that counts up; whole blocks are summed at once, as one long number.
    key = (number ^ number >> 16) & 0xFFFF
    low, count = key & 0xFF, len(data)
    runs = (count + low) // 256 + 1
    lows = (_COUNTED * runs)[low : low + count]
    highs = b"".join(bytes(((key >> 8) + i & 0xFF,)) * 256 for i in range(runs))[low : low + count]
    data = _sum(data, lows).translate(_R)
    data = _sum(data, highs).translate(_S)
    data = _sum(data, highs.translate(_LESS)).translate(_I)
    return _sum(data, lows.translate(_LESS))


_COUNTED = bytes(range(256))
_LESS = bytes(-byte & 0xFF for byte in range(256))


def _sum(one: bytes, other: bytes) -> bytes:
    """Return the sums of bytes, each modulo 256: two bytes of room for each, so that none runs into the next."""
    count = len(one)
    left, right = bytearray(2 * count), bytearray(2 * count)
    left[::2], right[::2] = one, other
    total = int.from_bytes(left, "little") + int.from_bytes(right, "little")
    return total.to_bytes(2 * count + 1, "little")[: 2 * count : 2]
