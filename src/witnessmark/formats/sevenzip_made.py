"""Makes a 7z while it is read: packed streams, as they stand or decrypted, between a beginning and a header of ours."""

import io
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO

from witnessmark.cell.report import Source
from witnessmark.formats import packed, sevenzip_header
from witnessmark.formats.sevenzip_header import Folder, Span
from witnessmark.formats.sevenzip_key import Decrypted


@dataclass(frozen=True, slots=True)
class Made:
    """Bytes of an archive that were made here."""

    data: bytes

    @property
    def size(self) -> int:
        """How many they are."""
        return len(self.data)

    def read(self, at: int, count: int) -> bytes:
        """Return some of them."""
        return self.data[at : at + count]


@dataclass(frozen=True, slots=True)
class AsItStands:
    """A packed stream of the file."""

    stream: BinaryIO
    span: Span

    @property
    def size(self) -> int:
        """How many bytes it is."""
        return self.span.size

    def read(self, at: int, count: int) -> bytes:
        """Return the bytes from a place on, fewer where the file breaks off."""
        self.stream.seek(self.span.at + at)
        return self.stream.read(count)


Piece = Made | AsItStands | Decrypted


class _Joined(io.RawIOBase):
    """Pieces one after the other, as one stream."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = [piece for piece in pieces if piece.size]
        self._starts = list(accumulate((piece.size for piece in self._pieces), initial=0))
        self._at = 0

    @property
    def size(self) -> int:
        return self._starts[-1]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        at = offset + (0, self._at, self.size)[whence]
        if at < 0:
            raise OSError("a place before the beginning")
        self._at = at
        return at

    def readinto(self, room: memoryview) -> int:  # type: ignore[override]
        if self._at >= self.size:
            return 0
        place = bisect_right(self._starts, self._at) - 1
        count = min(len(room), self._starts[place + 1] - self._at)
        found = self._pieces[place].read(self._at - self._starts[place], count)
        room[: len(found)] = found
        self._at += len(found)
        return len(found)


@dataclass(frozen=True, slots=True)
class GivenFolder:
    """A folder as an archive is given it: how it is packed, and its packed streams."""

    folder: Folder
    pieces: tuple[Piece, ...]


def archive(rewritten: Iterable[GivenFolder], rest: bytes, name: str) -> Source:
    """Return an archive of these folders; the rest of its header says what files are in them."""
    folders, pieces = list[Folder](), list[Piece]()
    for one in rewritten:
        folders.append(one.folder)
        pieces += one.pieces
    head, header = sevenzip_header.written(folders, [piece.size for piece in pieces], rest)
    joined = _Joined((Made(head), *pieces, Made(header)))
    return Source(io.BufferedReader(joined, packed.CHUNK), joined.size, name)
