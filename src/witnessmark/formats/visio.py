"""Visio drawings up to 2010 (VSD): the text of shapes, page by page; masters and properties apart.

The layout was never published by its maker; what is known of it (the tree of pointers, the packing, the heads of
chunks) comes from the projects that read it. A block that is packed unfolds by Visio's own kind of LZ77 with a window
of 4 KiB.

Rules for whoever changes this file: a place is followed once; unfolding is capped for the whole file; a chunk moves
forward by its head at least.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import strings
from witnessmark.formats.compound import opened
from witnessmark.formats.ole_members import take_objects
from witnessmark.formats.ole_properties import read_properties
from witnessmark.formats.vba import read_macros
from witnessmark.formats.visio_parts import Parts
from witnessmark.model.derivative import Outcome

LARGEST: Final = 64 << 20
MOST_UNFOLDED: Final = 256 << 20
MOST_POINTERS: Final = 200_000
DEEPEST: Final = 32
_TRAILER: Final = 0x24
"""Where the pointer to the tree's root stands."""
_PAGE, _STENCILS = 0x15, 0x1D
_POINTERS, _CHUNKS = 0x5, (0x8, 0xC, 0xD)
_SIZE: Final = 18
"""Bytes of a pointer."""
_TEXT, _PICTURE, _OBJECT = 0x0E, 0x0C, 0x1F
_PACKED: Final = 2
_WINDOW, _BEHIND = 4096, 18


@dataclass(frozen=True, slots=True)
class _Pointer:
    """A place in the stream: the type of what lies there, where, how long, and how it is kept."""

    kind: int
    start: int
    length: int
    form: int


class _Budget:
    """Bytes that may still be unfolded, and places that may still be followed."""

    def __init__(self) -> None:
        self.octets, self.places = MOST_UNFOLDED, MOST_POINTERS
        self.seen = set[tuple[int, int]]()

    def holds(self, pointer: _Pointer) -> bool:
        """Tell whether a place may be followed, and count it."""
        place = (pointer.start, pointer.length)
        if place in self.seen or self.places <= 0 or self.octets <= 0:
            return False
        self.seen.add(place)
        self.places -= 1
        return True


def read_vsd(source: Source, report: Report) -> None:
    """Read an older Visio drawing.

    Raises:
        ReadingStopped: when it cannot be followed.
    """
    file = opened(source)
    entry = file.find("VisioDocument")
    data = b"" if entry is None else file.read(entry, LARGEST)
    if len(data) < _TRAILER + 18 or not data.startswith(b"Visio (TM) Drawing"):
        raise ReadingStopped(Outcome.CORRUPT, "no stream of a Visio drawing")
    version = data[0x1A]
    report.observe("visio.version", version)
    try:
        if version < 6:
            for text in strings.runs(data):
                report.hidden("readable bytes", text)
            report.outcome(Outcome.PARTIAL, "Visio 5 or older: only what is readable in the bytes is given")
        else:
            _read_tree(data, version, report)
    finally:
        read_properties(file, report)
        read_macros(file, report)
        take_objects(file, report)


def _read_tree(data: bytes, version: int, report: Report) -> None:
    said = dict[str, None]()
    masters = dict[str, None]()
    budget = _Budget()
    parts = Parts(report)
    root = _pointer(data, _TRAILER)
    if root is None:
        raise ReadingStopped(Outcome.CORRUPT, "the drawing has no root")
    waiting: list[tuple[_Pointer, int, bool]] = [(root, 0, False)]
    first = True
    while waiting:
        pointer, depth, is_master = waiting.pop()
        if depth > DEEPEST or not budget.holds(pointer):
            continue
        block = _block(data, pointer, budget)
        is_master = is_master or pointer.kind == _STENCILS
        if pointer.kind == _PAGE and not is_master:
            _flush(said, report, page=not first)
            first = False
        if pointer.form >> 4 in _CHUNKS:
            for kind, body in _chunks(block, version):
                if kind == _TEXT and (text := _text(body[8:], version)):
                    (masters if is_master else said)[text] = None
                elif kind == _PICTURE:
                    parts.picture(body)
                elif kind == _OBJECT:
                    parts.piece(body)
            parts.end()
        elif pointer.kind == _OBJECT:
            parts.piece(block[4:] if pointer.form & _PACKED else block)
        elif pointer.form >> 4 == _POINTERS:
            below = list(_below(block, 4 if pointer.form & _PACKED else 0))
            waiting += [(inner, depth + 1, is_master) for inner in reversed(below)]
    parts.end()
    _flush(said, report, page=False)
    words = "\n".join(masters)
    if words:
        report.hidden("masters", words + "\n")


def _flush(said: dict[str, None], report: Report, *, page: bool) -> None:
    if said:
        report.visible("\n".join(said) + "\n")
        said.clear()
        if page:
            report.visible("\f")


def _pointer(data: bytes, at: int) -> _Pointer | None:
    if at + _SIZE > len(data):
        return None
    kind, _, start, length, form = struct.unpack_from("<IIIIH", data, at)
    return _Pointer(kind, start, length, form)


def _block(data: bytes, pointer: _Pointer, budget: _Budget) -> bytes:
    raw = data[pointer.start : pointer.start + pointer.length]
    block = _unfolded(raw, budget.octets) if pointer.form & _PACKED else raw
    budget.octets -= len(block)
    return block


def _unfolded(data: bytes, most: int) -> bytes:
    """Unfold a packed block: a byte of eight flags, then as many letters or references into the window."""
    out = bytearray()
    at, size = 0, len(data)
    while at < size and len(out) < most:
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= size:
                break
            if flags >> bit & 1:
                out.append(data[at])
                at += 1
                continue
            if at + 1 >= size:
                return bytes(out)
            low, high = data[at], data[at + 1]
            at += 2
            count = (high & 0x0F) + 3
            place = (low | (high & 0xF0) << 4) + _BEHIND
            # the window is the last 4,096 letters, by their place in the whole
            back = (len(out) - place) % _WINDOW or _WINDOW
            for _ in range(count):
                out.append(out[-back] if back <= len(out) else 0)
    return bytes(out)


def _below(block: bytes, shift: int) -> Iterator[_Pointer]:
    """Yield the pointers that a block lists: where the list begins, how many there are, the list."""
    if shift + 4 > len(block):
        return
    at = struct.unpack_from("<I", block, shift)[0] + shift
    if at + 8 > len(block):
        return
    (count,) = struct.unpack_from("<I", block, at)
    for number in range(min(count, len(block) // _SIZE)):
        found = _pointer(block, at + 8 + _SIZE * number)
        if found is not None and found.kind and found.length:
            yield found


_HEAD: Final = 19
_EIGHT_11: Final = frozenset((0x2C, 0x65, 0x66, 0x69, 0x6A, 0x6B, 0x70, 0x71))
_EIGHT_6: Final = frozenset((0x0D, 0x2C, *range(0x64, 0x74), 0x76))
_FOUR: Final = frozenset((0x64, 0x65, 0x66, 0x69, 0x6A, 0x6B, 0x6F, 0x71, 0x92, 0xA9, 0xB4, 0xB6, 0xB9, 0xC7))
_NONE: Final = frozenset((0x1F, 0xC9, 0x2D, 0xD1))
"""Types of chunks by what follows them: eight bytes, four, nothing at all."""


def _chunks(block: bytes, version: int) -> Iterator[tuple[int, bytes]]:
    """Yield type and body of the chunks of a block."""
    at = 0
    while at + _HEAD <= len(block):
        if not block[at]:
            at += 1
            continue
        kind, _, listed, length, level, mark = struct.unpack_from("<IIIIHB", block, at)
        start = at + _HEAD
        yield kind, block[start : start + length]
        at = start + min(length, len(block)) + _behind(kind, listed, level, mark, version)


def _behind(kind: int, listed: int, level: int, mark: int, version: int) -> int:
    """Return how many bytes follow a chunk before the next."""
    if kind in _NONE:
        return 0
    if version < 11:
        return 8 if listed or kind in _EIGHT_6 else 0
    size = 8 if listed or kind in _EIGHT_11 else 0
    if (
        listed
        or (level == 2 and (mark == 0x55 or (mark == 0x54 and kind == 0xAA)))
        or (level == 3 and mark not in (0x50, 0x54))
    ):
        size += 4
    return size + 4 if kind in _FOUR and size not in (4, 12) else size


def _text(data: bytes, version: int) -> str:
    text = data.decode("utf-16-le" if version >= 11 else "cp1252", "replace").split("\0")[0]
    # U+FFFC stands for a field; U+2028 and the like for breaks
    text = "".join(_SIGNS.get(char, char) for char in text)
    return text.strip()


_SIGNS: Final = {"\ufffc": "", "\u2028": "\n", "\u2029": "\n", "\x0b": "\n", "\r": "\n", "\x1e": "\t"}
