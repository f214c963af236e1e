"""The chunks of a DjVu file (IFF 85), and its directory: which pages there are, in which order, and where they lie.

By the DjVu Reference (LizardTech, version 3, November 2005), sections 8.1 to 8.3.2.

Rules for whoever changes this file: the chunks of the file follow each other and are walked once, so that no two pages
have bytes in common; the directory says only in which order they stand. What a page includes is not followed: each
file that is included is a component of its own, and read once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from witnessmark.formats import names
from witnessmark.formats.bzz import fair, unfold
from witnessmark.formats.octets import Octets

MOST_CHUNKS: Final = 500_000
PAGE, SHARED, MANY = b"DJVU", b"DJVI", b"DJVM"
"""What a FORM is: a page, a file that pages include, a document of several."""
_NAME: Final = re.compile(rb"[ -~]{4}.{4}", re.DOTALL)
_LARGEST_DIRECTORY: Final = 8 << 20
_IS_BUNDLED: Final = 0x80
_HAS_NAME, _HAS_TITLE, _KIND = 0x80, 0x40, 0x3F


class BrokenDjvu(ValueError):  # noqa: N818 - it says what is broken
    """It holds no page and no directory."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk: its four letters, where its bytes begin, how many there are, and whether it should have had more."""

    name: bytes
    start: int
    size: int
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Component:
    """A FORM with its chunks; `start` is where in the file it begins."""

    kind: bytes
    start: int
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of the directory: its names (identifier, file name, title), its kind (1: a page), where it begins."""

    names: tuple[str, ...]
    kind: int
    start: int


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory of a document: whether its components lie in the same file, the entries, what is wrong with it."""

    is_bundled: bool
    entries: tuple[Listed, ...]
    problem: str


class DjvuFile:
    """A DjVu file, opened: all its chunks are found at once, their bytes read when asked for."""

    def __init__(self, octets: Octets) -> None:
        """Walk the chunks.

        Raises:
            BrokenDjvu: when it is none.
        """
        self._octets = octets
        self._left = MOST_CHUNKS
        self.is_whole = True
        """Whether the chunks could be followed to their end."""
        base = 4 if octets.take(0, 4) == b"AT&T" else 0
        outer = next(self._walk(base, octets.size), None)
        if outer is None or outer.name != b"FORM" or outer.size < 4:
            raise BrokenDjvu("no FORM")
        self.kind = octets.take(outer.start, 4)
        self.components: tuple[Component, ...] = ()
        self.others: tuple[Chunk, ...] = ()
        """The chunks of the document itself: directory and outline."""
        self.directory: Directory | None = None
        end = outer.start + outer.size
        chunks = list(self._walk(outer.start + 4, end))
        if self.kind == MANY:
            listed = next((chunk for chunk in chunks if chunk.name == b"DIRM"), None)
            if listed is not None:
                self.directory = _directory(self.bytes_of(listed))
                chunks += self._resumed(chunks[-1], self.directory, end)
            self.others = tuple(chunk for chunk in chunks if chunk.name != b"FORM")
            self.components = tuple(self._component(chunk) for chunk in chunks if chunk.name == b"FORM")
        else:
            self.components = (Component(self.kind, base, tuple(chunks)),)

    def bytes_of(self, chunk: Chunk) -> bytes:
        """Return the bytes of a chunk, no more than can be asked for at once."""
        return self._octets.take(chunk.start, chunk.size)

    def pages(self) -> Iterator[Component | None]:
        """Yield the pages that are listed, in the directory's order; None for one that is not where it should be.

        Without a directory they come in the file's order.
        """
        found = {component.start: component for component in self.components}
        if self.directory is None:
            yield from (component for component in self.components if component.kind == PAGE)
            return
        for entry in self.directory.entries:
            component = found.pop(entry.start, None)
            if component is None:
                if entry.kind == 1:
                    yield None
            elif component.kind == PAGE:
                yield component

    def unlisted(self) -> Iterator[Component]:
        """Yield the components that the directory does not name, or names as no page: those that pages include, too."""
        listed = set() if self.directory is None else {entry.start for entry in self.directory.entries}
        for component in self.components:
            if component.kind != PAGE or (self.directory is not None and component.start not in listed):
                yield component

    def _resumed(self, last: Chunk, directory: Directory, end: int) -> Iterator[Chunk]:
        """Yield what follows where the chunks broke off: the directory knows where the next one begins."""
        stop = last.start + last.size
        for start in sorted({entry.start for entry in directory.entries}):
            if start >= stop + 8 and self._octets.take(start, 4) == b"FORM":
                for chunk in self._walk(start, end):
                    stop = chunk.start + chunk.size
                    yield chunk

    def _component(self, chunk: Chunk) -> Component:
        kind = self._octets.take(chunk.start, 4) if chunk.size >= 4 else b""
        inner = self._walk(chunk.start + 4, chunk.start + chunk.size) if kind in (PAGE, SHARED) else ()
        return Component(kind, chunk.start - 8, tuple(inner))

    def _walk(self, at: int, end: int) -> Iterator[Chunk]:
        while at + 8 <= end:
            at += at & 1
            head = self._octets.take(at, 8)
            self._left -= 1
            if not _NAME.match(head) or self._left < 0:
                self.is_whole = False
                return
            size = int.from_bytes(head[4:], "big")
            there = max(0, min(size, end - at - 8))
            self.is_whole = self.is_whole and there == size
            yield Chunk(head[:4], at + 8, there, there < size)
            at += 8 + there


def _directory(data: bytes) -> Directory:
    """Read a directory (8.3.2); where its packed half is damaged, what stands before it still says the order."""
    count, at = int.from_bytes(data[1:3], "big"), 3
    is_bundled = bool(data[:1] and data[0] & _IS_BUNDLED)
    starts = [0] * count
    if is_bundled:
        starts = [int.from_bytes(data[at + 4 * n : at + 4 * n + 4], "big") for n in range(count)]
        at += 4 * count
    if at > len(data) or len(data) < 3:
        return Directory(is_bundled, (), "it breaks off")
    packed = data[at:]
    unfolded = unfold(packed, min(fair(len(packed)), _LARGEST_DIRECTORY))
    flags, problem = unfolded.data[3 * count : 4 * count], unfolded.problem
    words = unfolded.data[4 * count :].split(b"\0")
    codec, place, entries = names.likely_codec(words[: 3 * count]), 0, list[Listed]()
    for number, start in enumerate(starts):
        flag = flags[number] if number < len(flags) else 0
        own = 1 + bool(flag & _HAS_NAME) + bool(flag & _HAS_TITLE)
        said = tuple(word.decode(codec, "replace") for word in words[place : place + own])
        place += own
        entries.append(Listed(said, flag & _KIND, start))
    if not problem and (len(flags) < count or place > len(words)):
        problem = "it breaks off"
    return Directory(is_bundled, tuple(entries), problem)
