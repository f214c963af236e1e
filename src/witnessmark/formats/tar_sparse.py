"""Reads the maps of sparse members of a tar: which parts of a file are held, the rest being zeros.

By GNU tar's manual, appendix "Storing Sparse Files": the old GNU form with its map in the header, and the forms 0.0,
0.1 and 1.0 with theirs in pax records or before the data.

Rules for whoever changes this file: no size of a map is believed before the parts were seen to lie in order inside the
file and inside what is stored; a hole costs nothing until somebody writes it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

BLOCK = 512
MOST_PARTS = 200_000
LONGEST_MAP = 8 << 20
ZEROS = bytes(256 << 10)


@dataclass(frozen=True, slots=True)
class Map:
    """The parts that are held, each offset and length, one after the other; `size` is the whole file's."""

    parts: tuple[tuple[int, int], ...]
    size: int

    @property
    def held(self) -> int:
        """How many bytes are held."""
        return sum(length for _, length in self.parts)

    @property
    def holes(self) -> int:
        """How many bytes are zeros that nobody stored."""
        return self.size - self.held

    def agrees(self, stored: int) -> bool:
        """Tell whether the parts lie in order, in the file, and in so many stored bytes."""
        end = 0
        for offset, length in self.parts:
            if offset < end or length < 0:
                return False
            end = offset + length
        return end <= self.size and self.held <= stored


def expanded(found: Map, read: Callable[[int, int], Iterator[bytes]]) -> Iterator[bytes]:
    """Yield the file with its holes.

    Args:
        found: the map.
        read: gives the stored bytes, by where they begin among all stored ones and how many they are.
    """
    at, stored = 0, 0
    for offset, length in (*found.parts, (found.size, 0)):
        while at < offset:
            piece = ZEROS[: min(len(ZEROS), offset - at)]
            at += len(piece)
            yield piece
        for block in read(stored, length):
            at += len(block)
            yield block
        stored += length
        if at < offset + length:
            return  # the tar breaks off here


def of_header(block: bytes, more: Sequence[bytes], number: Callable[[bytes], int]) -> Map:
    """Return the map of the old GNU form: four parts in the header, 21 in each block behind it."""
    raw = block[386:482] + b"".join(each[:504] for each in more)
    parts = [(number(raw[at : at + 12]), number(raw[at + 12 : at + 24])) for at in range(0, len(raw), 24)]
    return Map(tuple((offset, length) for offset, length in parts if length), number(block[483:495]))


def of_records(records: Sequence[tuple[str, bytes]], pax: dict[str, bytes]) -> Map | None:
    """Return the map that pax records hold (0.0 repeats two of them, 0.1 has a list); None where they hold none."""
    size = whole(pax.get("GNU.sparse.size"))
    if "GNU.sparse.map" in pax:
        numbers = [whole(part) for part in pax["GNU.sparse.map"].split(b",")]
    else:
        numbers = [whole(value) for key, value in records if key in ("GNU.sparse.offset", "GNU.sparse.numbytes")]
    if size is None or (not numbers and "GNU.sparse.numblocks" not in pax):
        return None
    return _of_numbers(numbers, size)


def of_data(start: bytes, size: int) -> tuple[Map, int] | None:
    """Return the map that stands before the data (1.0), and how many bytes it takes; None where there is none.

    It is decimal numbers, each with a line feed: how many parts, then offset and length of each, padded to a block.
    """
    head = re.match(rb"(\d{1,7})\n", start)
    if head is None or int(head[1]) > MOST_PARTS:
        return None
    numbers: list[int | None] = []
    at = head.end()
    for _ in range(2 * int(head[1])):
        end = start.find(b"\n", at, at + 22)
        if end < 0:
            return None
        numbers.append(whole(start[at:end]))
        at = end + 1
    found = _of_numbers(numbers, size)
    return None if found is None else (found, (at + BLOCK - 1) // BLOCK * BLOCK)


def whole(text: bytes | None) -> int | None:
    """Return a decimal number as pax writes it."""
    return int(text) if text is not None and re.fullmatch(rb"[0-9]{1,19}", text) else None


def _of_numbers(numbers: Sequence[int | None], size: int) -> Map | None:
    known = [each for each in numbers if each is not None]
    if len(known) != len(numbers) or len(known) % 2 or len(known) > 2 * MOST_PARTS:
        return None
    parts = zip(known[::2], known[1::2], strict=True)
    return Map(tuple((offset, length) for offset, length in parts if length), size)
