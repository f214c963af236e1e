"""Boxes of ISO base media files (ISO/IEC 14496-12): films, HEIC, AVIF, JPEG 2000, JPEG XL and JUMBF stand on them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from witnessmark.formats.octets import Octets

MOST_BOXES: Final = 20_000
"""Boxes that are listed beside each other."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its four letters, its place, its contents; `cut` when it says it is longer than what is there."""

    kind: str
    at: int
    octets: Octets
    cut: bool = False

    def full(self) -> tuple[int, int, Octets]:
        """Return version, flags and contents of a full box."""
        head = self.octets.number(0, 4)
        return head >> 24, head & 0xFFFFFF, self.octets.part(4)


def boxes(octets: Octets, most: int = MOST_BOXES) -> Iterator[Box]:
    """Yield the boxes of a run; a size that cannot be ends it."""
    at = 0
    for _ in range(most):
        head = octets.take(at, 16)
        if len(head) < 8:
            return
        size, start = int.from_bytes(head[:4], "big"), 8
        if size == 1:
            size, start = int.from_bytes(head[8:16], "big"), 16
        elif size == 0:
            size = octets.size - at
        if size < start:
            return
        yield Box(head[4:8].decode("latin-1"), at, octets.part(at + start, size - start), at + size > octets.size)
        at += size


def first(octets: Octets, *path: str) -> Box | None:
    """Return the first box along a path of kinds, each inside the one before."""
    found = None
    for kind in path:
        found = next((box for box in boxes(octets) if box.kind == kind), None)
        if found is None:
            return None
        octets = found.octets
    return found


def is_boxed(head: bytes) -> bool:
    """Tell whether a file's beginning looks like a box."""
    size = int.from_bytes(head[:4], "big")
    return len(head) >= 12 and (size == 1 or 8 <= size < 1 << 28) and head[4:8].isalnum() and head[4:8].isascii()
