"""Bytes of a file, read at a place: what the readers of pictures and recordings stand on instead of whole files.

Rules for whoever changes this file:
- No length that a file states is believed: a read past the end is shorter, one that is too long is cut.
- Nothing is read that nobody asked for: a recording of many gigabytes costs as much as its headers.
"""

import io
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import BinaryIO, Final

from witnessmark.cell.report import MemberSink, Relay, Report, Source
from witnessmark.model.codec import Value
from witnessmark.model.exhibit import How, Path, PathStep

LARGEST: Final = 32 << 20
"""Bytes that one read gives at most."""
_PIECE = 1 << 18
_FULL = 60_000


class Octets:
    """A run of bytes of a file: from `start`, `size` long, never more than there is."""

    def __init__(self, stream: BinaryIO, start: int, size: int) -> None:
        self._stream = stream
        self.start, self.size = start, max(0, size)

    @classmethod
    def of(cls, data: bytes) -> "Octets":
        """Return bytes at hand as a run."""
        return cls(io.BytesIO(data), 0, len(data))

    @classmethod
    def whole(cls, source: Source) -> "Octets":
        """Return a file as a run."""
        return cls(source.stream, 0, source.size)

    def take(self, at: int, size: int) -> bytes:
        """Return the bytes at a place; fewer where the run ends, none before its beginning."""
        size = min(size, self.size - at, LARGEST)
        if at < 0 or size <= 0:
            return b""
        self._stream.seek(self.start + at)
        return self._stream.read(size)

    def number(self, at: int, size: int, order: str = "big") -> int:
        """Return the whole number at a place; 0 where there are not enough bytes."""
        raw = self.take(at, size)
        return int.from_bytes(raw, "big" if order == "big" else "little") if len(raw) == size else 0

    def part(self, at: int, size: int | None = None) -> "Octets":
        """Return a run inside this one."""
        at = min(max(0, at), self.size)
        left = self.size - at
        return Octets(self._stream, self.start + at, left if size is None else min(size, left))

    def pieces(self) -> Iterator[bytes]:
        """Yield all bytes, piece by piece."""
        at = 0
        while at < self.size:
            piece = self.take(at, _PIECE)
            if not piece:
                return
            yield piece
            at += len(piece)


class Decoded(Relay):
    """A report for blocks that stand packed or in pieces in the file: what comes out of them is decoded, not copied."""

    def member(self, path: Path, how: How, stated: Mapping[str, Value]) -> AbstractContextManager[MemberSink]:  # noqa: ARG002
        """Say that a member was decoded."""
        return super().member(path, How.DECODED, stated)


class Room:
    """Keeps what is taken out of a file, or read of its blocks, within the file's own size: places may overlap."""

    def __init__(self, octets: int, blocks: int = 100) -> None:
        self._octets, self._blocks = octets, blocks

    def holds(self, size: int) -> bool:
        """Tell whether one more block of that size is within bounds, and count it when it is."""
        if self._blocks <= 0 or size > self._octets:
            return False
        self._blocks -= 1
        self._octets -= size
        return True


def take_out(octets: Octets, name: str, report: Report, how: How = How.COPIED, **stated: Value) -> None:
    """Report a run of bytes as a member of the file."""
    with report.member((PathStep(name),), how, stated) as sink:
        for piece in octets.pieces():
            sink.write(piece)


def observe_pairs(report: Report, name: str, pairs: Mapping[str, Value]) -> None:
    """Report a mapping under one name, in as many observations as its length asks for."""
    waiting: dict[str, Value] = {}
    room = _FULL
    for key, value in pairs.items():
        cost = len(key) + len(str(value)) + 8
        if waiting and cost > room:
            report.observe(name, waiting)
            waiting, room = {}, _FULL
        waiting[key] = value
        room -= cost
    if waiting:
        report.observe(name, waiting)
