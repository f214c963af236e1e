"""Reads the middle layer of an Outlook store ([MS-PST], 2.3): heaps on nodes, property lists, tables."""

import struct
from collections.abc import Iterator
from itertools import islice

from witnessmark.formats.mapi import DATA, Plain, value_of
from witnessmark.formats.pst_pages import BrokenStore, Node, Pages

MOST_BLOCKS = 4_096
MOST_PROPERTIES = 4_096
MOST_ROWS = 100_000
LARGEST_VALUE = 48 << 20
_PROPERTIES, _TABLE, _TREE = 0xBC, 0x7C, 0xB5
_PAGES = (0x3FDE, 0x3FFD)
_INLINE = {0x02: 2, 0x03: 4, 0x04: 4, 0x0A: 4, 0x0B: 1}


class Heap:
    """The values of a node: small ones in its own blocks, large ones in subnodes."""

    def __init__(self, pages: Pages, node: Node) -> None:
        self._pages = pages
        self._blocks = list(islice(pages.blocks(node.data), MOST_BLOCKS))
        if not self._blocks or len(self._blocks[0]) < 12 or self._blocks[0][2] != 0xEC:
            raise BrokenStore("a node without a heap")
        self.kind = self._blocks[0][3]
        (self._root,) = struct.unpack_from("<I", self._blocks[0], 4)
        self.subnodes = {one.number: one for one in islice(pages.subnodes(node.subnodes), MOST_ROWS)}

    def properties(self, page: int = 0) -> dict[int, Plain]:
        """Return the properties of a list (2.3.3), read by its own code page if it states one.

        An attachment's data is left where it is: its reference stands for it.
        """
        if self.kind != _PROPERTIES:
            raise BrokenStore("a node without properties")
        records = [record for record in islice(self._tree(self._root), MOST_PROPERTIES) if len(record) >= 8]
        listed = [struct.unpack_from("<HHI", record) for record in records]
        page = next((value for number, _, value in listed if number in _PAGES and 0 < value <= 65_535), page)
        found: dict[int, Plain] = {}
        for number, kind, value in listed:
            if number == DATA and kind in (0x0102, 0x0D):
                found[number] = self._object(value) if kind == 0x0D else value
                continue
            raw = value.to_bytes(4, "little") if kind in _INLINE else self.value(value)
            read = value_of(kind, raw, page)
            if read is not None:
                found[number] = read
        return found

    def _object(self, reference: int) -> int:
        """Return the subnode that an object's reference names (2.3.3.5)."""
        wrapped = self.value(reference) if not reference & 0x1F else b""
        return struct.unpack_from("<I", wrapped)[0] if len(wrapped) >= 4 else reference

    def rows(self, page: int = 0) -> Iterator[dict[int, Plain]]:
        """Yield the rows of a table (2.3.4)."""
        if self.kind != _TABLE:
            raise BrokenStore("a node without a table")
        head = self._small(self._root)
        if len(head) < 22 or head[0] != _TABLE:
            raise BrokenStore("a table without a head")
        width, (place,) = struct.unpack_from("<H", head, 8)[0], struct.unpack_from("<I", head, 14)
        bits = struct.unpack_from("<H", head, 6)[0]
        columns = [struct.unpack_from("<HHHBB", head, 22 + i * 8) for i in range(min(head[1], (len(head) - 22) // 8))]
        if width < 4:
            return
        for block in self._pieces(place):
            for at in range(0, len(block) - width + 1, width):
                yield self._row(block[at : at + width], columns, bits, page)

    def row_numbers(self) -> Iterator[int]:
        """Yield the numbers of a table's rows, which are those of the nodes they stand for (2.3.4.3)."""
        head = self._small(self._root)
        if self.kind != _TABLE or len(head) < 22:
            raise BrokenStore("a node without a table")
        for record in self._tree(struct.unpack_from("<I", head, 10)[0]):
            yield int.from_bytes(record[:4], "little")

    def _row(self, row: bytes, columns: list[tuple[int, ...]], bits: int, page: int) -> dict[int, Plain]:
        found: dict[int, Plain] = {}
        for kind, number, at, size, bit in columns:
            if bits + bit // 8 >= len(row) or not row[bits + bit // 8] & 0x80 >> bit % 8:
                continue
            raw = row[at : at + size]
            if kind not in _INLINE and not (kind in (0x14, 0x40) and size == 8) and len(raw) == 4:
                raw = self.value(int.from_bytes(raw, "little"))
            read = value_of(kind, raw, page)
            if read is not None:
                found[number] = read
        return found

    def value(self, reference: int) -> bytes:
        """Return the bytes that a reference names, in the heap or in a subnode."""
        if not reference & 0x1F:
            return self._small(reference)
        out = bytearray()
        for piece in self._pieces(reference):
            out += piece
            if len(out) > LARGEST_VALUE:
                break
        return bytes(out[:LARGEST_VALUE])

    def pieces(self, reference: int) -> Iterator[bytes]:
        """Yield the bytes that a reference names, block by block."""
        yield from self._pieces(reference)

    def size(self, reference: int) -> int:
        """Return how many bytes a reference names."""
        if not reference & 0x1F:
            return len(self._small(reference))
        node = self.subnodes.get(reference)
        return 0 if node is None else self._pages.size_of(node.data)

    def _pieces(self, reference: int) -> Iterator[bytes]:
        if not reference & 0x1F:
            yield self._small(reference)
        elif reference in self.subnodes:
            yield from self._pages.blocks(self.subnodes[reference].data)

    def _small(self, reference: int) -> bytes:
        if self._pages.shape.page == 4096:
            index, number = reference >> 5 & 0x3FFF, reference >> 19
        else:
            index, number = reference >> 5 & 0x7FF, reference >> 16
        if not index or number >= len(self._blocks):
            return b""
        block = self._blocks[number]
        if len(block) < 2:
            return b""
        (at,) = struct.unpack_from("<H", block)
        if at + 4 + 2 * (index + 1) > len(block):
            return b""
        start, end = struct.unpack_from("<HH", block, at + 4 + 2 * (index - 1))
        return block[start:end] if start <= end else b""

    def _tree(self, reference: int) -> Iterator[bytes]:
        """Yield the records of a tree on the heap (2.3.2), keys first."""
        head = self._small(reference)
        if len(head) < 8 or head[0] != _TREE:
            raise BrokenStore("a heap without its tree")
        key, entry, levels = head[1], head[2], head[3]
        waiting, seen = [(struct.unpack_from("<I", head, 4)[0], levels)], set[int]()
        if not key or levels > 8:
            raise BrokenStore("a tree of no known shape")
        while waiting:
            place, level = waiting.pop()
            if place in seen or not place:
                continue
            seen.add(place)
            data = self._small(place)
            width = key + (4 if level else entry)
            records = [data[at : at + width] for at in range(0, len(data) - width + 1, width)]
            if level:
                waiting += [(int.from_bytes(one[key:], "little"), level - 1) for one in reversed(records)]
            else:
                yield from records
