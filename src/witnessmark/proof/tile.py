"""The log as files of 256 hashes (C2SP tlog-tiles): where tiles lie, how they grow, proofs read from them.

Rules for whoever changes this file:
- A tile holds 1 to 256 hashes; a partial tile is never hashed into the level above.
- Hash i of tile n at level L is the root over the leaves (n*256+i)*256^L up to the next.
- Entry bundles are written by whoever holds the entries; only their bytes are made here.
"""

from collections.abc import Callable, Iterator, Sequence

from witnessmark.errors import Damaged
from witnessmark.proof import merkle
from witnessmark.proof.merkle import HASH_SIZE

WIDTH = 256
HIGHEST_LEVEL = 63
LARGEST_ENTRY = 65535

ReadTile = Callable[[int, int, int], bytes]
"""Reads level, number, width and returns the first `width` hashes of that tile, `width * 32` bytes."""


def path(level: int, number: int, width: int = WIDTH) -> str:
    """Return where a hash tile lies, relative to the log."""
    if not 0 <= level <= HIGHEST_LEVEL:
        raise ValueError("tile level lies between 0 and 63")
    return f"tile/{level}/{_number(number, width)}"


def entries_path(number: int, width: int = WIDTH) -> str:
    """Return where an entry bundle lies, relative to the log."""
    return f"tile/entries/{_number(number, width)}"


def _number(number: int, width: int) -> str:
    if number < 0 or not 1 <= width <= WIDTH:
        raise ValueError("a tile has a number from 0 and a width from 1 to 256")
    text = f"{number % 1000:03d}"
    while number := number // 1000:
        text = f"x{number % 1000:03d}/{text}"
    return text if width == WIDTH else f"{text}.p/{width}"


def bundle(entries: Sequence[bytes]) -> bytes:
    """Return the bytes of an entry bundle: each entry after its length in two bytes, big-endian."""
    if not 1 <= len(entries) <= WIDTH or any(len(entry) > LARGEST_ENTRY for entry in entries):
        raise ValueError("a bundle holds 1 to 256 entries of at most 65535 bytes")
    return b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def parse_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    Raises:
        Damaged: when the bytes are cut short, empty or too many.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start])
        if start > len(data) or at > len(data) or len(entries) == WIDTH:
            raise Damaged("an entry bundle is cut short or holds more than 256 entries")
        entries.append(data[start:at])
    if not entries:
        raise Damaged("an entry bundle is empty")
    return entries


def root(size: int, read: ReadTile) -> bytes:
    """Return the root of the tree of `size` leaves."""
    return _Tree(size, read).root(0, size) if size else merkle.EMPTY_ROOT


def inclusion_proof(index: int, size: int, read: ReadTile) -> list[bytes]:
    """Return the proof that leaf `index` stands in the tree of `size` leaves (RFC 6962, section 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError("index lies outside the tree")
    tree, proof = _Tree(size, read), list[bytes]()
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(tree.root(middle, high))
            high = middle
        else:
            proof.append(tree.root(low, middle))
            low = middle
    return proof[::-1]


def consistency_proof(size1: int, size2: int, read: ReadTile) -> list[bytes]:
    """Return the proof that the tree of `size2` leaves begins with that of `size1` (RFC 6962, section 2.1.2)."""
    if not 0 < size1 <= size2:
        raise ValueError("consistency is shown from a smaller tree with leaves to a larger one")
    tree, proof = _Tree(size2, read), list[bytes]()
    low, high = 0, size2
    while high != size1:
        middle = low + _split(high - low)
        if size1 <= middle:
            proof.append(tree.root(middle, high))
            high = middle
        else:
            proof.append(tree.root(low, middle))
            low = middle
    if low:
        proof.append(tree.root(low, high))
    return proof[::-1]


def grow(old_size: int, new_leaf_hashes: Sequence[bytes], read: ReadTile) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of every hash tile that the log needs at its new size, from the leaves up.

    Args:
        old_size: how many leaves the log has.
        new_leaf_hashes: hashes of the leaves that come after them.
        read: reads the partial tiles of the old size.
    """
    level, fresh = 0, list(new_leaf_hashes)
    while fresh:
        number, width = divmod(old_size >> (8 * level), WIDTH)
        held = read(level, number, width) if width else b""
        hashes = _hashes(held, width) + fresh
        fresh = []
        for start in range(0, len(hashes), WIDTH):
            row = hashes[start : start + WIDTH]
            yield path(level, number + start // WIDTH, len(row)), b"".join(row)
            if len(row) == WIDTH:
                fresh.append(merkle.tree_root(row))
        level += 1


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def _hashes(data: bytes, width: int) -> list[bytes]:
    if len(data) != width * HASH_SIZE:
        raise Damaged(f"a tile of {width} hashes has {len(data)} bytes")
    return [data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)]


class _Tree:
    """Roots of ranges of one tree, from its tiles; each tile is read once."""

    def __init__(self, size: int, read: ReadTile) -> None:
        self._size = size
        self._read = read
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def root(self, low: int, high: int) -> bytes:
        """Return the root over leaves `low` to `high`, a range that RFC 6962's splitting produces."""
        complete: list[bytes] = []
        while low < high:
            height = (high - low).bit_length() - 1
            complete.append(self._complete(height, low >> height))
            low += 1 << height
        found = complete.pop()
        while complete:
            found = merkle.node_hash(complete.pop(), found)
        return found

    def _complete(self, height: int, index: int) -> bytes:
        level, inner = divmod(height, 8)
        number, start = divmod(index << inner, WIDTH)
        return merkle.tree_root(self._tile(level, number)[start : start + (1 << inner)])

    def _tile(self, level: int, number: int) -> list[bytes]:
        if (level, number) not in self._tiles:
            width = min(WIDTH, (self._size >> (8 * level)) - number * WIDTH)
            self._tiles[level, number] = _hashes(self._read(level, number, width), width)
        return self._tiles[level, number]
