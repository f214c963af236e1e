"""Putting back what is damaged, from a copy: each piece is taken only if it is what was sealed.

Rules for whoever changes this file:
- Nothing of the copy is trusted. A tile is right if the signed root says so, a bundle if its tile does, a line if its
  bundle does, a content if its name does.
- What is right in the archive is not touched; what was erased does not come back.
"""

from collections.abc import Iterator
from itertools import pairwise, product

from witnessmark.archive import erase, segment
from witnessmark.archive.audit import hash_content
from witnessmark.archive.folder import Archive
from witnessmark.archive.layout import PRIVATE_FILE, PUBLIC_FILE
from witnessmark.archive.log import WIDTH, PublicLog
from witnessmark.archive.recover import digests_named
from witnessmark.errors import Damaged, DiskFailure, Falsified, WrongUsage
from witnessmark.model.digest import Digest
from witnessmark.proof import merkle, opening, tile


def repair(archive: Archive, copy: Archive) -> Iterator[str]:
    """Yield the name of each piece that was put back; an audit tells what could not be.

    Raises:
        WrongUsage: when the copy is not one of this archive.
    """
    if not {archive.ledger.log.vkey, copy.ledger.log.vkey} & (
        set(archive.ledger.log.keys.keys) & set(copy.ledger.log.keys.keys)
    ):
        raise WrongUsage(f"{copy.root} is no copy of this archive: it has another log")
    archive.store.recover()  # what a repair that was stopped had put among the new
    tree = _Tree(archive, copy)
    yield from tree.heal()
    archive.store.disk.sync()
    yield from _segments(archive, copy, tree)
    yield from _contents(archive, copy)
    archive.store.disk.sync()
    archive.store.settle()
    # A damaged content has its final name until that move is durable, and would be read there.
    archive.store.disk.sync()


class _Tree:
    """The public log, healed from the signed root downwards."""

    def __init__(self, archive: Archive, copy: Archive) -> None:
        self._archive = archive
        self._disk = archive.store.disk
        self._own = archive.ledger.log
        self._other = copy.ledger.log
        self._size = archive.ledger.size
        self._right: dict[tuple[int, int], bytes] = {}  # level and number: tiles that the signed root says are right
        self._entries: dict[int, list[bytes]] = {}

    def entry(self, index: int) -> bytes | None:
        """Return an entry of the log, if it is known to be right."""
        entries = self._entries.get(index // WIDTH)
        return None if entries is None else entries[index % WIDTH]

    def heal(self) -> Iterator[str]:
        """Yield each file that was put back."""
        yield from self._edge()
        for level in range(_height(self._size), -1, -1):
            yield from self._full(level)
        for number in range(-(-self._size // WIDTH)):
            yield from self._bundle(number)
        yield from self._checkpoints()

    def _edge(self) -> Iterator[str]:
        """Heal the partial tiles, of which only the root tells whether they are right, and only together."""
        root = self._own.checkpoint.root
        edge = _edge_of(self._size)
        for chosen in product((self._own, self._other), repeat=len(edge)):
            source = dict(zip(edge, chosen, strict=True))
            read = {place: _tile(log, place) for place, log in source.items()}
            if any(data is None for data in read.values()):
                continue
            if tile.root(self._size, lambda *place, read=read: _at(read, place)) == root:
                for place, log in source.items():
                    self._right[place[:2]] = _at(read, place)
                    if log is self._other:
                        yield self._put(tile.path(*place), _at(read, place))
                return

    def _full(self, level: int) -> Iterator[str]:
        count = self._size // WIDTH**level
        for number in range(count // WIDTH):
            parent = self._right.get((level + 1, number // WIDTH))
            if parent is None:
                continue
            expected = _hashes(parent)[number % WIDTH]
            for log in (self._own, self._other):
                data = _tile(log, (level, number, WIDTH))
                if data is not None and merkle.tree_root(_hashes(data)) == expected:
                    self._right[level, number] = data
                    if log is self._other:
                        yield self._put(tile.path(level, number), data)
                    break

    def _bundle(self, number: int) -> Iterator[str]:
        width = min(WIDTH, self._size - number * WIDTH)
        hashes = self._right.get((0, number))
        if hashes is None:
            return
        for log in (self._own, self._other):
            entries = _entries(log, number, width)
            if entries is not None and [merkle.leaf_hash(entry) for entry in entries] == _hashes(hashes):
                self._entries[number] = entries
                if log is self._other:
                    yield self._put(tile.entries_path(number, width), tile.bundle(entries))
                return

    def _checkpoints(self) -> Iterator[str]:
        """Heal each earlier checkpoint, and the partial tiles and bundles that it needs: beginnings of those of now."""
        for size in sorted({*self._own.sizes(), *(one for one in self._other.sizes() if one <= self._size)}):
            yield from self._earlier(size)
            try:
                right = self._other.archived(size)
                note = self._other.note(size)
                if not self._is_known(size) or self._own.root(size) != right.root:
                    continue
            except (Damaged, DiskFailure, WrongUsage):
                continue
            place = self._archive._layout.archived(size)
            if not place.is_file() or place.read_bytes() != note.encode():
                try:
                    self._own.archived(size)
                except Damaged:
                    self._disk.write(place, note.encode(), PUBLIC_FILE)
                    yield f"log/checkpoint.archive/{size}"

    def _is_known(self, size: int) -> bool:
        return all(place[:2] in self._right for place in _edge_of(size))

    def _earlier(self, size: int) -> Iterator[str]:
        for level, number, width in _edge_of(size):
            now = self._right.get((level, number))
            if now is not None and _tile(self._own, (level, number, width)) != now[: width * merkle.HASH_SIZE]:
                yield self._put(tile.path(level, number, width), now[: width * merkle.HASH_SIZE])
        number, width = divmod(size, WIDTH)
        entries = self._entries.get(number) if width else None
        if entries is not None and _entries(self._own, number, width) != entries[:width]:
            yield self._put(tile.entries_path(number, width), tile.bundle(entries[:width]))

    def _put(self, name: str, data: bytes) -> str:
        self._own.put(name, data, self._disk)
        return f"log/{name}"


_Place = tuple[int, int, int]


def _height(size: int) -> int:
    level = 0
    while size >= WIDTH ** (level + 1):
        level += 1
    return level


def _edge_of(size: int) -> list[_Place]:
    """Return level, number and width of the partial tiles of a tree."""
    counts = [(level, size // WIDTH**level) for level in range(_height(size) + 1)]
    return [(level, count // WIDTH, count % WIDTH) for level, count in counts if count % WIDTH]


def _at(read: dict[_Place, bytes | None], place: tuple[int, ...]) -> bytes:
    level, number, width = place
    data = read[level, number, width]
    if data is None:
        raise Damaged("a tile is missing")
    return data


def _hashes(data: bytes) -> list[bytes]:
    return [data[at : at + merkle.HASH_SIZE] for at in range(0, len(data), merkle.HASH_SIZE)]


def _tile(log: PublicLog, place: _Place) -> bytes | None:
    try:
        return log.read_tile(*place)
    except (Damaged, DiskFailure):
        return None


def _entries(log: PublicLog, number: int, width: int) -> list[bytes] | None:
    try:
        return log.entries(number, width)
    except (Damaged, DiskFailure):
        return None


def _segments(archive: Archive, copy: Archive, tree: _Tree) -> Iterator[str]:
    """Heal event segments line by line, each held against its entry in the log."""
    gone: set[int] | None = None
    for first, end in pairwise(archive.ledger.bounds()):
        own, other = _lines(archive, first), _lines(copy, first)
        right = [_is_right(tree, line, first, end) for line in own]
        if len(own) == end - first and all(right):
            continue
        if gone is None:
            gone = {
                index for one in (archive, copy) for erasure in erase.erasures(one.ledger) for index in erasure.entries
            }
        if len(own) != end - first:
            own, right = [b""] * (end - first), [False] * (end - first)
        merged = [
            line if good or at >= len(other) or not _is_right(tree, other[at], first, end) else _kept(other[at], gone)
            for at, (line, good) in enumerate(zip(own, right, strict=True))
        ]
        if merged != own and b"" not in merged:
            path = archive.ledger.segment_path(first)
            archive.store.disk.write_durably(path, b"".join(line + b"\n" for line in merged), PRIVATE_FILE)
            archive.ledger.forget()
            erase.drop_projections(archive._layout, archive.store)
            yield archive._layout.shown(path)


def _lines(archive: Archive, first: int) -> list[bytes]:
    try:
        return segment.load(archive.ledger.segment_path(first))
    except (Damaged, DiskFailure):
        return []


def _is_right(tree: _Tree, line: bytes, first: int, end: int) -> bool:
    try:
        read = segment.parse(line)
        if read.is_event:
            opening.check_fields(read.record, read.fields)
        return first <= read.index < end and tree.entry(read.index) == read.entry
    except (Damaged, DiskFailure, Falsified):
        return False


def _kept(line: bytes, gone: set[int]) -> bytes:
    """Return a line of the copy, without what was erased since the copy was made."""
    read = segment.parse(line)
    if read.is_event and read.index in gone:
        return segment.erased(read.entry, read.index).rstrip(b"\n")
    return line


def _contents(archive: Archive, copy: Archive) -> Iterator[str]:
    seen = set[bytes]()
    for one in archive.ledger.replay():
        for digest in digests_named(one.kind, one.fields):
            if digest.raw in seen:
                continue
            seen.add(digest.raw)
            if not _is_whole(archive, digest) and _is_whole(copy, digest):
                # A disk of ours that refuses ends the repair: nobody must think that the copy had nothing to give.
                archive.store.take(copy.store, digest)
                yield archive._layout.shown(archive._layout.of_content(digest))


def _is_whole(archive: Archive, digest: Digest) -> bool:
    try:
        return hash_content(archive.store, digest) == digest
    except (Damaged, DiskFailure):
        return False
