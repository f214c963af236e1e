"""ASF (Windows Media): file properties, streams, descriptions, tags and pictures in them; no sample is read."""

import struct
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import dates
from witnessmark.formats.octets import Octets
from witnessmark.formats.recording import LONGEST, Teller
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

MOST_OBJECTS: Final = 5000
LARGEST: Final = 16 << 20


def _guid(text: str) -> bytes:
    return UUID(text).bytes_le


HEADER: Final = _guid("75B22630-668E-11CF-A6D9-00AA0062CE6C")
_FILE = _guid("8CABDCA1-A947-11CF-8EE4-00C00C205365")
_STREAM = _guid("B7DC0791-A9B7-11CF-8EE6-00C00C205365")
_CONTENT = _guid("75B22633-668E-11CF-A6D9-00AA0062CE6C")
_EXTENDED = _guid("D2D0A440-E307-11D2-97F0-00A0C95EA850")
_HEADER_MORE = _guid("5FBF03B5-A92E-11CF-8EE3-00C00C205365")
_METADATA = _guid("C5F8CBEA-5BAF-4877-8467-AA8C44FA4CCA")
_LIBRARY = _guid("44231C94-9498-49D1-A141-1D134E457054")
_CODECS = _guid("86D15240-311D-11D0-A3A4-00A0C90348F6")
_LOCKED = {_guid("2211B3FB-BD23-11D2-B4B7-00A0C955FC6E"), _guid("298AE614-2622-4C17-B935-DAE07EE9289C")}
AUDIO: Final = _guid("F8699E40-5B4D-11CF-A8FD-00805F5C442B")
VIDEO: Final = _guid("BC19EFC0-5B4D-11CF-A8FD-00805F5C442B")
_KINDS: Final = {AUDIO: "audio", VIDEO: "video"}
CODECS: Final = {
    0x160: "WMA 1",
    0x161: "WMA 2",
    0x162: "WMA Pro",
    0x163: "WMA lossless",
    0x55: "MP3",
    10: "WMA Voice",
}
_PLAIN: Final = ("title", "author", "copyright", "description", "rating")


def read_asf(source: Source, report: Report) -> None:
    """Read the header of an ASF, WMA or WMV.

    Raises:
        ReadingStopped: when it is none.
    """
    octets = Octets.whole(source)
    if octets.take(0, 16) != HEADER:
        raise ReadingStopped(Outcome.CORRUPT, "no ASF header is found")
    teller = Teller(report, "ASF")
    _read_objects(octets.part(30, octets.number(16, 8, "little") - 30), teller, 0)
    teller.close()


def objects(octets: Octets) -> Iterator[tuple[bytes, Octets]]:
    """Yield the GUID and contents of each object of a run."""
    at = 0
    for _ in range(MOST_OBJECTS):
        mark, size = octets.take(at, 16), octets.number(at + 16, 8, "little")
        if len(mark) < 16 or size < 24:
            return
        yield mark, octets.part(at + 24, size - 24)
        at += size


def _read_objects(octets: Octets, teller: Teller, depth: int) -> None:
    for mark, body in objects(octets):
        if mark == _FILE:
            _read_file(body, teller)
        elif mark == _STREAM:
            _read_stream(body, teller)
        elif mark == _CONTENT:
            _read_content(body, teller)
        elif mark == _EXTENDED:
            _read_extended(body, teller)
        elif mark in (_METADATA, _LIBRARY):
            _read_library(body, teller)
        elif mark == _CODECS:
            _read_codecs(body, teller)
        elif mark in _LOCKED:
            teller.fact("locked", True)
        elif mark == _HEADER_MORE and depth < 3:
            _read_objects(body.part(22), teller, depth + 1)


def _read_file(body: Octets, teller: Teller) -> None:
    raw = body.take(0, 80).ljust(80, b"\0")
    created, _, length = struct.unpack_from("<QQQ", raw, 24)
    (preroll,) = struct.unpack_from("<Q", raw, 56)
    if created:
        dates.observe(teller.report, "created", dates.from_filetime(created), "ASF file properties")
    teller.fact("file_id", raw[:16].hex())
    if length:
        teller.duration(max(0, length - preroll * 10_000), 10_000_000, "file properties")


def _read_stream(body: Octets, teller: Teller) -> None:
    mark = body.take(0, 16)
    kind = _KINDS.get(mark, "data")
    flags = body.number(48, 2, "little")
    inner = body.part(54)
    if kind == "audio":
        code, channels, rate, average, _, bits = struct.unpack("<HHIIHH", inner.take(0, 16).ljust(16, b"\0"))
        codec = CODECS.get(code, f"0x{code:04X}")
        teller.stream(
            kind, id=flags & 0x7F, codec=codec, channels=channels, sample_rate=rate, bits=bits, bit_rate=average * 8
        )
    elif kind == "video":
        width, height = inner.number(0, 4, "little"), inner.number(4, 4, "little")
        teller.stream(kind, id=flags & 0x7F, codec=inner.take(27, 4).decode("latin-1"), width=width, height=height)
    else:
        teller.stream(kind, id=flags & 0x7F)
    if flags >> 15:
        teller.fact("locked", True)


def _wide(raw: bytes) -> str:
    return raw[: 2 * LONGEST].decode("utf-16-le", "replace").rstrip("\0")


def _read_content(body: Octets, teller: Teller) -> None:
    at = 10
    for number, name in enumerate(_PLAIN):
        size = body.number(number * 2, 2, "little")
        teller.tag(name, _wide(body.take(at, size)), "ASF")
        at += size


def _read_extended(body: Octets, teller: Teller) -> None:
    at = 2
    for _ in range(min(body.number(0, 2, "little"), MOST_OBJECTS)):
        size = body.number(at, 2, "little")
        name = _wide(body.take(at + 2, size))
        kind, length = body.number(at + 2 + size, 2, "little"), body.number(at + 4 + size, 2, "little")
        _tell(name, kind, body.part(at + 6 + size, length), teller)
        at += 6 + size + length


def _read_library(body: Octets, teller: Teller) -> None:
    at = 2
    for _ in range(min(body.number(0, 2, "little"), MOST_OBJECTS)):
        size, kind = body.number(at + 4, 2, "little"), body.number(at + 6, 2, "little")
        length = body.number(at + 8, 4, "little")
        name = _wide(body.take(at + 12, size))
        _tell(name, kind, body.part(at + 12 + size, length), teller)
        at += 12 + size + length


def _tell(name: str, kind: int, value: Octets, teller: Teller) -> None:
    if name == "WM/Picture" and kind == 1:
        raw = value.take(0, LARGEST)
        size = int.from_bytes(raw[1:5], "little")
        parts = _strings(raw[5:])
        teller.picture(Octets.of(raw[len(raw) - size :] if size else b""), "WM/Picture", How.COPIED, parts[1])
    elif kind == 0:
        teller.tag(name.removeprefix("WM/"), _wide(value.take(0, LARGEST)), "ASF")
    elif kind in (2, 3, 4, 5):
        teller.tag(name.removeprefix("WM/"), str(int.from_bytes(value.take(0, 8), "little")), "ASF")


def _strings(raw: bytes) -> tuple[str, str]:
    found: list[str] = []
    start = 0
    for at in range(0, min(len(raw) - 1, 4096), 2):
        if raw[at : at + 2] == b"\0\0":
            found.append(raw[start:at].decode("utf-16-le", "replace"))
            start = at + 2
            if len(found) == 2:
                return found[0], found[1]
    return "", ""


def _read_codecs(body: Octets, teller: Teller) -> None:
    at = 20
    for _ in range(min(body.number(16, 4, "little"), 100)):
        size = body.number(at + 2, 2, "little") * 2
        name = _wide(body.take(at + 4, size))
        at += 4 + size
        size = body.number(at, 2, "little") * 2
        about = _wide(body.take(at + 2, size))
        at += 2 + size
        at += 2 + body.number(at, 2, "little")
        teller.tag("codec", f"{name} {about}", "ASF")
