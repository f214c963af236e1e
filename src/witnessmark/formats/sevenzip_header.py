"""Reads how the streams of a 7z are packed, and writes a 7z around streams that are packed otherwise (`7zFormat.txt`).

Only that part of the header is understood here which says how streams are packed. What it says of the files (names,
sizes, dates, checksums) is handed on as it stands, for libarchive to read.

Rules for whoever changes this file: no count is believed; each thing that is counted takes at least one byte of the
header, so that nothing is made that the header does not hold.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from witnessmark.formats.pieces import Span

SIGNATURE: Final = b"7z\xbc\xaf\x27\x1c"
HEAD: Final = 32
"""Bytes before the packed streams: signature, version, and where the header is."""
LARGEST: Final = 64 << 20
"""Bytes of a header that is read."""
MOST_CODERS: Final = 32
COPY: Final = b"\0"

_END, _HEADER, _PROPERTIES, _MAIN, _FILES, _PACKED, _UNPACKED, _PARTS = 0, 1, 2, 4, 5, 6, 7, 8
_SIZES, _CHECKSUMS, _FOLDERS, _CODER_SIZES, _PART_COUNTS, _NAMES = 9, 10, 11, 12, 13, 17
PACKED_HEADER: Final = 0x17
"""The byte that a header begins with whose own streams are to be unpacked first."""


_NAMED: Final = {
    "00": "Copy",
    "03": "Delta",
    "0a": "ARM64",
    "0b": "RISC-V",
    "21": "LZMA2",
    "030101": "LZMA",
    "03030103": "BCJ",
    "0303011b": "BCJ2",
    "03030205": "PPC",
    "03030401": "IA64",
    "03030501": "ARM",
    "03030701": "ARMT",
    "03030805": "SPARC",
    "030401": "PPMd",
    "040108": "Deflate",
    "040109": "Deflate64",
    "040202": "BZip2",
    "04f71101": "Zstandard",
    "04f71102": "Brotli",
    "04f71104": "LZ4",
}


def name_of(method: bytes) -> str:
    """Return what a way of packing is called (`Methods.txt`); its number where nobody names it."""
    return _NAMED.get(method.hex(), method.hex())


class BrokenSevenZip(ValueError):  # noqa: N818 - it says what is wrong
    """The header is none, or is of a kind that nobody writes."""


@dataclass(frozen=True, slots=True)
class Coder:
    """One way of packing in a folder: its identifier (`Methods.txt`), what it needs to know, its streams."""

    method: bytes
    properties: bytes
    inputs: int = 1
    outputs: int = 1


@dataclass(frozen=True, slots=True)
class Folder:
    """Streams that are unpacked together, by coders that feed each other.

    Inputs and outputs are counted through all coders. `bonds` are pairs of an input and the output that feeds it;
    `fed` are the inputs that packed streams go into; `sizes` are the bytes that each output gives.
    """

    coders: tuple[Coder, ...]
    bonds: tuple[tuple[int, int], ...]
    fed: tuple[int, ...]
    sizes: tuple[int, ...]
    crc: int | None = None

    @property
    def size(self) -> int:
        """Bytes that the folder unfolds to: those of the output that feeds nothing."""
        bound = {output for _, output in self.bonds}
        return next(size for output, size in enumerate(self.sizes) if output not in bound)


@dataclass(frozen=True, slots=True)
class Files:
    """What is stated of the files in a folder: how many, and what the first unfolds to: its bytes, its CRC-32."""

    count: int
    size: int
    crc: int | None


@dataclass(frozen=True, slots=True)
class Streams:
    """Every folder of a header with its packed streams, and the bytes of the header behind them."""

    folders: tuple[Folder, ...]
    spans: tuple[tuple[Span, ...], ...]
    rest: bytes


class _Fields:
    """The bytes of a header, one field after the other."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        found = self._data[self._at : self._at + count]
        if len(found) < count:
            raise BrokenSevenZip("its header breaks off")
        self._at += count
        return found

    def byte(self) -> int:
        if self._at == len(self._data):
            raise BrokenSevenZip("its header breaks off")
        self._at += 1
        return self._data[self._at - 1]

    def number(self) -> int:
        """Return a number whose first byte tells by its leading ones how many follow."""
        first = self.byte()
        if first < 0x80:
            return first
        more = 8 - (first ^ 0xFF).bit_length()
        return int.from_bytes(self.take(more), "little") | (first & 0x7F >> more) << 8 * more

    def count(self) -> int:
        """Return a number of things of which each takes a byte or more of what is left."""
        found = self.number()
        if found > len(self._data) - self._at:
            raise BrokenSevenZip("its header counts more than it holds")
        return found

    def expect(self, kind: int) -> None:
        if self.byte() != kind:
            raise BrokenSevenZip("its header is not in the usual order")

    def checksums(self, count: int) -> list[int | None]:
        if self.byte():
            return list(struct.unpack(f"<{count}I", self.take(4 * count)))
        bits = self.take((count + 7) // 8)
        stated = [bool(bits[at // 8] & 0x80 >> at % 8) for at in range(count)]
        return [struct.unpack("<I", self.take(4))[0] if is_stated else None for is_stated in stated]

    def rest(self) -> bytes:
        return self._data[self._at :]


def header(stream: BinaryIO, size: int) -> bytes:
    """Return the header of an archive as it stands, packed or not (`SignatureHeader`).

    Raises:
        BrokenSevenZip: when there is none where the beginning says.
    """
    stream.seek(0)
    head = stream.read(HEAD)
    if len(head) < HEAD or head[:6] != SIGNATURE:
        raise BrokenSevenZip("no 7z")
    at, length, crc = struct.unpack("<QQI", head[12:])
    if at + length > size - HEAD or length > LARGEST or not length:
        raise BrokenSevenZip("no header where the beginning says")
    stream.seek(HEAD + at)
    found = stream.read(length)
    if zlib.crc32(found) != crc:
        raise BrokenSevenZip("its header is damaged")
    return found


def streams(found: bytes, end: int) -> Streams:
    """Return how the streams of a header are packed: of the archive's files, or of the header that is packed itself.

    Args:
        found: the header.
        end: how long the file is.

    Raises:
        BrokenSevenZip: when it breaks off, or states what cannot be.
    """
    fields = _Fields(found)
    kind = fields.byte()
    if kind == _HEADER:
        kind = fields.byte()
        if kind == _PROPERTIES:
            while fields.byte() != _END:
                fields.take(fields.number())
            kind = fields.byte()
        if kind in (_FILES, _END):
            return Streams((), (), bytes((kind,)) + fields.rest())
        if kind != _MAIN:
            raise BrokenSevenZip("its header is of a kind that is not in use")
    elif kind != PACKED_HEADER:
        raise BrokenSevenZip("no header")
    packed = _packed(fields)
    if packed and packed[-1].at + packed[-1].size > end:
        raise BrokenSevenZip("packed streams beyond the end")
    folders = _folders(fields)
    if not folders:
        fields.expect(_END)
    return Streams(tuple(folders), tuple(_spread(folders, packed)), fields.rest())


def _packed(fields: _Fields) -> list[Span]:
    fields.expect(_PACKED)
    at, count = HEAD + fields.number(), fields.count()
    found: list[Span] = []
    while (kind := fields.byte()) != _END:
        if kind == _SIZES:
            for _ in range(count):
                found.append(Span(at, fields.number()))
                at += found[-1].size
        elif kind == _CHECKSUMS:  # of packed bytes; no program writes them
            fields.checksums(count)
        else:
            raise BrokenSevenZip("its header is not in the usual order")
    return found


def _folders(fields: _Fields) -> list[Folder]:
    fields.expect(_UNPACKED)
    fields.expect(_FOLDERS)
    count = fields.count()
    fields.expect(0)  # the folders stand here, not in another stream
    bare = [_folder(fields) for _ in range(count)]
    fields.expect(_CODER_SIZES)
    sizes = [tuple(fields.number() for _ in range(len(folder.bonds) + 1)) for folder in bare]
    checksums: list[int | None] = [None] * count
    while (kind := fields.byte()) != _END:
        if kind != _CHECKSUMS:
            raise BrokenSevenZip("its header is not in the usual order")
        checksums = fields.checksums(count)
    known = zip(bare, sizes, checksums, strict=True)
    return [Folder(folder.coders, folder.bonds, folder.fed, size, crc) for folder, size, crc in known]


def _folder(fields: _Fields) -> Folder:
    """Return a folder, as yet without its sizes."""
    count = fields.number()
    if not 0 < count <= MOST_CODERS:
        raise BrokenSevenZip(f"a folder of more than {MOST_CODERS} coders, or of none")
    coders = tuple(_coder(fields) for _ in range(count))
    inputs, outputs = sum(coder.inputs for coder in coders), sum(coder.outputs for coder in coders)
    bonds = tuple((fields.number(), fields.number()) for _ in range(outputs - 1))
    bound = {bond[0] for bond in bonds}
    fed = tuple(at for at in range(inputs) if at not in bound)
    if len(fed) > 1:
        fed = tuple(fields.number() for _ in fed)
    if not fed or sorted((*fed, *(bond[0] for bond in bonds))) != list(range(inputs)):
        raise BrokenSevenZip("a folder whose streams are fed twice, or by nothing")
    if len({bond[1] for bond in bonds} & set(range(outputs))) != len(bonds):
        raise BrokenSevenZip("a folder whose streams feed more than one")
    return Folder(coders, bonds, fed, ())


def _coder(fields: _Fields) -> Coder:
    flags = fields.byte()
    if flags & 0xC0:
        raise BrokenSevenZip("a coder of a kind that is not in use")
    method = fields.take(flags & 0x0F)
    inputs, outputs = (fields.number(), fields.number()) if flags & 0x10 else (1, 1)
    if not (0 < inputs <= MOST_CODERS and 0 < outputs <= MOST_CODERS):
        raise BrokenSevenZip("a coder of too many streams, or of none")
    return Coder(method, fields.take(fields.number()) if flags & 0x20 else b"", inputs, outputs)


def _spread(folders: Sequence[Folder], packed: Sequence[Span]) -> Iterator[tuple[Span, ...]]:
    """Yield the packed streams of each folder: they follow each other as the folders do."""
    at = 0
    for folder in folders:
        found = tuple(packed[at : at + len(folder.fed)])
        if len(found) < len(folder.fed):
            raise BrokenSevenZip("its folders need more packed streams than there are")
        at += len(found)
        yield found


def files(found: Streams) -> list[Files]:
    """Return what is stated of the files in each folder (`SubStreamsInfo`); without a word it is one file.

    Raises:
        BrokenSevenZip: when what stands there breaks off, or cannot be.
    """
    counts = [1] * len(found.folders)
    sizes = [folder.size for folder in found.folders]
    checksums = [folder.crc for folder in found.folders]
    fields = _Fields(found.rest)
    if not found.folders or fields.byte() != _PARTS:
        return [Files(*one) for one in zip(counts, sizes, checksums, strict=True)]
    kind = fields.byte()
    if kind == _PART_COUNTS:
        counts = [fields.number() for _ in counts]
        kind = fields.byte()
    if sum(counts) > len(found.rest):
        raise BrokenSevenZip("its header counts more than it holds")
    if kind == _SIZES:
        for at, count in enumerate(counts):
            stated = [fields.number() for _ in range(count - 1)]  # the last takes what is left
            sizes[at] = stated[0] if stated else sizes[at]
        kind = fields.byte()
    if kind == _CHECKSUMS:
        unstated = [
            0 if count == 1 and crc is not None else count for count, crc in zip(counts, checksums, strict=True)
        ]
        stated_ones = iter(fields.checksums(sum(unstated)))
        for at, count in enumerate(unstated):
            of_folder = [next(stated_ones) for _ in range(count)]
            checksums[at] = of_folder[0] if of_folder else checksums[at]
    return [Files(*one) for one in zip(counts, sizes, checksums, strict=True)]


def written(folders: Sequence[Folder], sizes: Sequence[int], rest: bytes) -> tuple[bytes, bytes]:
    """Return the beginning and the header of an archive whose packed streams, of these sizes, stand between them."""
    coded = b"".join(map(_written, folders))
    packed = bytes((_PACKED,)) + _number(0) + _number(len(sizes)) + bytes((_SIZES,)) + b"".join(map(_number, sizes))
    unpacked = bytes((_UNPACKED, _FOLDERS)) + _number(len(folders)) + b"\0" + coded + bytes((_CODER_SIZES,))
    unpacked += b"".join(_number(size) for folder in folders for size in folder.sizes)
    main = bytes((_MAIN,)) + packed + b"\0" + unpacked + _checksums(folders) + b"\0"
    whole = bytes((_HEADER,)) + (main if folders else b"") + rest
    start = struct.pack("<QQI", sum(sizes), len(whole), zlib.crc32(whole))
    return SIGNATURE + b"\0\x04" + struct.pack("<I", zlib.crc32(start)) + start, whole


ONE_FILE: Final = bytes((_PARTS, _END, _END, _FILES, 1, _NAMES, 5, 0)) + "a\0".encode("utf-16-le") + bytes((_END, _END))
"""The rest of a header that says of its one folder that it is one file, named `a`."""


def _written(folder: Folder) -> bytes:
    out = [_number(len(folder.coders))]
    for coder in folder.coders:
        is_simple = coder.inputs == coder.outputs == 1
        flags = len(coder.method) | (0 if is_simple else 0x10) | (0x20 if coder.properties else 0)
        out += (bytes((flags,)), coder.method)
        if not is_simple:
            out += (_number(coder.inputs), _number(coder.outputs))
        if coder.properties:
            out += (_number(len(coder.properties)), coder.properties)
    out += (_number(at) for bond in folder.bonds for at in bond)
    if len(folder.fed) > 1:
        out += map(_number, folder.fed)
    return b"".join(out)


def _checksums(folders: Sequence[Folder]) -> bytes:
    stated = "".join("0" if folder.crc is None else "1" for folder in folders)
    if "1" not in stated:
        return b""
    stated = stated.ljust(-(-len(stated) // 8) * 8, "0")
    bits = int(stated, 2).to_bytes(len(stated) // 8, "big")
    known = (struct.pack("<I", folder.crc) for folder in folders if folder.crc is not None)
    return bytes((_CHECKSUMS, 0)) + bits + b"".join(known)


def _number(value: int) -> bytes:
    """Return a number as `_Fields.number` reads it."""
    for more in range(8):
        if value < 1 << 7 * (more + 1):
            first = 0xFF00 >> more & 0xFF | value >> 8 * more
            return bytes((first,)) + (value & (1 << 8 * more) - 1).to_bytes(more, "little")
    return b"\xff" + value.to_bytes(8, "little")
