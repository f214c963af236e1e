"""Writes a compound file ([MS-CFB]): an embedded object that is a storage becomes a file of its own that way.

The streams are those of the storage, byte for byte; what holds them together is written new, so that such a member
is called *rebuilt*.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Final

from witnessmark.formats.compound import MAGIC

Tree = Mapping[str, "bytes | Tree"]

_SECTOR: Final = 512
_MINI: Final = 64
_CUTOFF: Final = 4096
_FREE, _END, _FAT, _DIFAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC
_NONE: Final = 0xFFFFFFFF


class _Entry:
    def __init__(self, name: str, kind: int, class_id: bytes = bytes(16)) -> None:
        self.name, self.kind, self.class_id = name[:31], kind, class_id
        self.left = self.right = self.child = _NONE
        self.start, self.size = _END, 0

    def packed(self) -> bytes:
        name = self.name.encode("utf-16-le", "surrogatepass")[:62]
        place = (self.left, self.right, self.child)
        return (
            name.ljust(64, b"\0")
            + struct.pack("<HBB3I", len(name) + 2, self.kind, 1, *place)
            + self.class_id
            + struct.pack("<IQQIQ", 0, 0, 0, self.start, self.size)
        )


def build(tree: Tree, class_id: bytes = bytes(16)) -> bytes:
    """Return a compound file that holds these storages and streams."""
    entries, contents = _listed(tree, class_id)
    sectors: list[bytes] = []
    chains: list[int] = []

    def put(data: bytes) -> int:
        count = -(-len(data) // _SECTOR)
        first = len(chains)
        chains.extend([*range(first + 1, first + count), _END] if count else [])
        sectors.append(data.ljust(count * _SECTOR, b"\0"))
        return first if count else _END

    minis = bytearray()
    mini_chain: list[int] = []
    for entry, data in contents:
        entry.size = len(data)
        if len(data) >= _CUTOFF:
            entry.start = put(data)
        elif data:
            entry.start = len(minis) // _MINI
            count = -(-len(data) // _MINI)
            mini_chain += [*range(entry.start + 1, entry.start + count), _END]
            minis += data.ljust(count * _MINI, b"\0")
    entries[0].size, entries[0].start = len(minis), put(bytes(minis))
    mini_table = put(_table(mini_chain))
    directory = b"".join(entry.packed() for entry in entries)
    first_directory = put(directory + _Entry("", 0).packed() * (-len(entries) % 4))
    return _assembled(b"".join(sectors), chains, first_directory, (mini_table, -(-len(mini_chain) // 128)))


def _listed(tree: Tree, class_id: bytes) -> tuple[list[_Entry], list[tuple[_Entry, bytes]]]:
    root = _Entry("Root Entry", 5, class_id)
    entries, contents, waiting = [root], list[tuple[_Entry, bytes]](), [(root, tree)]
    while waiting:
        parent, children = waiting.pop()
        # siblings form a search tree by length, then upper case ([MS-CFB] 2.6.4); a balanced one is made by halving
        numbers = []
        for name in sorted(children, key=lambda text: (len(text), text.upper())):
            inner = children[name]
            entry = _Entry(name, 2 if isinstance(inner, bytes) else 1)
            numbers.append(len(entries))
            entries.append(entry)
            if isinstance(inner, bytes):
                contents.append((entry, inner))
            else:
                waiting.append((entry, inner))
        parent.child = _tie(entries, numbers)
    return entries, contents


def _tie(entries: list[_Entry], numbers: list[int]) -> int:
    top = _NONE
    for low, high, parent, side in _halves(len(numbers)):
        middle = numbers[(low + high) // 2]
        if parent < 0:
            top = middle
        else:
            setattr(entries[numbers[parent]], side, middle)
    return top


def _halves(count: int) -> Iterator[tuple[int, int, int, str]]:
    waiting = [(0, count, -1, "")]
    while waiting:
        low, high, parent, side = waiting.pop()
        if low >= high:
            continue
        yield low, high, parent, side
        middle = (low + high) // 2
        waiting += [(low, middle, middle, "left"), (middle + 1, high, middle, "right")]


def _table(chain: list[int]) -> bytes:
    return struct.pack(f"<{len(chain)}I", *chain) + b"\xff" * (-len(chain) * 4 % _SECTOR)


def _assembled(body: bytes, chains: list[int], directory: int, mini: tuple[int, int]) -> bytes:
    used = len(chains)
    fats = difats = 0
    while True:  # the table must have room for itself
        needed = -(-(used + fats + difats) // 128)
        extra = -(-max(0, needed - 109) // 127)
        if (needed, extra) == (fats, difats):
            break
        fats, difats = needed, extra
    chains += [_FAT] * fats + [_DIFAT] * difats
    numbers = list(range(used, used + fats))
    first, rest = numbers[:109], numbers[109:]
    links = b""
    for index in range(difats):
        part = rest[index * 127 : index * 127 + 127]
        part += [_FREE] * (127 - len(part))
        links += struct.pack("<128I", *part, used + fats + index + 1 if index + 1 < difats else _END)
    header = MAGIC + bytes(16) + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<4I", 0, fats, directory, 0) + struct.pack("<I", _CUTOFF)
    header += struct.pack("<2I", mini[0] if mini[1] else _END, mini[1])
    header += struct.pack("<2I", used + fats if difats else _END, difats)
    header += struct.pack(f"<{len(first)}I", *first) + b"\xff" * (4 * (109 - len(first)))
    return header + body + _table(chains) + links
