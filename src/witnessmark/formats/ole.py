"""Compound files ([MS-CFB]) as far as embedded objects need them: the streams, and the file that a stream wraps.

The file comes as bytes at hand; sector chains end at a sector met twice, so that a loop costs nothing.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
MOST_ENTRIES = 10_000
MINI_CUTOFF = 4096
_END = 0xFFFFFFFA  # this and above are no sectors


@dataclass(frozen=True, slots=True)
class Entry:
    """A stream of the file: its name, where it begins, its size."""

    name: str
    start: int
    size: int


class Compound:
    """An opened compound file.

    Raises:
        ValueError: when the bytes are none.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) < 512 or data[:8] != MAGIC:
            raise ValueError("no compound file")
        self._data = data
        shift, mini = struct.unpack_from("<HH", data, 30)
        if not (7 <= shift <= 16 and 2 <= mini <= shift):
            raise ValueError("no compound file: sector size")
        self._size, self._mini_size = 1 << shift, 1 << mini
        self._last = len(data) >> shift
        self._table = self._read_table()
        (first_directory,) = struct.unpack_from("<I", data, 48)
        (first_mini,) = struct.unpack_from("<I", data, 60)
        directory = self._chain(first_directory, len(data))
        self.entries = list(self._read_directory(directory))
        self._mini_table = _numbers(self._chain(first_mini, len(data)))
        root = next((entry for entry in self.entries if entry.name == "Root Entry"), Entry("", _END, 0))
        self._mini_stream = self._chain(root.start, root.size)

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self._data[start : start + self._size]

    def _read_table(self) -> list[int]:
        places = [n for n in struct.unpack_from("<109I", self._data, 76) if n < _END]
        (more,) = struct.unpack_from("<I", self._data, 68)
        met: set[int] = set()
        while more < _END and more not in met and more < self._last:
            met.add(more)
            numbers = _numbers(self._sector(more))
            if not numbers:
                break
            places += [n for n in numbers[:-1] if n < _END]
            more = numbers[-1]
        table: list[int] = []
        for place in dict.fromkeys(places):
            if place < self._last:
                table += _numbers(self._sector(place))
        return table

    def _chain(self, start: int, size: int) -> bytes:
        parts, met, number = [], set(), start
        left = size
        while number < _END and number < len(self._table) and number not in met and left > 0:
            met.add(number)
            parts.append(self._sector(number))
            left -= self._size
            number = self._table[number]
        return b"".join(parts)[:size]

    def _read_directory(self, data: bytes) -> Iterator[Entry]:
        for place in range(0, min(len(data), MOST_ENTRIES * 128) - 127, 128):
            length, kind = struct.unpack_from("<HB", data, place + 64)
            start, size = struct.unpack_from("<IQ", data, place + 116)
            if kind in (2, 5) and 2 <= length <= 64:
                name = data[place : place + length - 2].decode("utf-16-le", "replace")
                yield Entry(name, start, size & 0xFFFFFFFF if self._size == 512 else size)

    def read(self, entry: Entry) -> bytes:
        """Return a stream's bytes, as many as there are."""
        if entry.size >= MINI_CUTOFF:
            return self._chain(entry.start, min(entry.size, len(self._data)))
        parts, met, number = [], set(), entry.start
        while number < _END and number < len(self._mini_table) and number not in met:
            met.add(number)
            parts.append(self._mini_stream[number * self._mini_size : (number + 1) * self._mini_size])
            number = self._mini_table[number]
        return b"".join(parts)[: entry.size]

    def find(self, name: str) -> Entry | None:
        """Return the first stream of a name."""
        return next((entry for entry in self.entries if entry.name == name), None)


def wrapped(data: bytes) -> tuple[str, bytes] | None:
    """Return name and bytes of the file that an embedded object wraps ([MS-OLEDS] 2.3.6), or None."""
    try:
        compound = Compound(data)
    except (ValueError, struct.error):
        return None
    for name, ending in (("Package", ""), ("CONTENTS", ".pdf"), ("EmbeddedOdf", ".odf")):
        entry = compound.find(name)
        inner = compound.read(entry) if entry is not None else b""
        if inner[:4] in (b"%PDF", b"PK\x03\x04"):
            return f"{name}{ending if inner[:4] == b'%PDF' else ''}", inner
    entry = compound.find("\x01Ole10Native")
    return None if entry is None else _native(compound.read(entry))


def _native(data: bytes) -> tuple[str, bytes] | None:
    """Unwrap a packager object: length, flags, label, file name, command, then length and bytes of the file."""
    if len(data) < 8:
        return None
    place = 6
    label, place = _string(data, place)
    name, place = _string(data, place)
    place += 4
    if place + 4 > len(data):
        return None
    (length,) = struct.unpack_from("<I", data, place)
    place += 4 + length
    if place + 4 > len(data):
        return None
    (length,) = struct.unpack_from("<I", data, place)
    place += 4
    chosen = name or label
    return chosen.replace("\\", "/").rpartition("/")[2] or "embedded", data[place : place + length]


def _string(data: bytes, place: int) -> tuple[str, int]:
    end = data.find(b"\0", place, place + 1024)
    if end < 0:
        return "", len(data)
    return data[place:end].decode("cp1252", "replace"), end + 1


def _numbers(data: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4]))
