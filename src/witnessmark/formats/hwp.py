"""Hangul documents (HWP 5): the paragraphs of every section, what is embedded, properties; comments and scripts apart.

The layout is that of the maker's "Hangul Word Processor file formats 5.0": a compound file whose streams are packed
by zlib and hold records of a type, a level and a length. A document "for distribution" is locked by a key that stands
in it.

Rules for whoever changes this file: unpacking is capped; a record moves forward by four bytes or more; nothing
recurses.
"""

import struct
import zlib
from collections.abc import Iterator
from operator import itemgetter
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats.compound import STREAM, CompoundEntry, CompoundFile, folded, opened
from witnessmark.formats.ole_properties import read_properties
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

LARGEST: Final = 64 << 20
MOST_SECTIONS: Final = 10_000
_PARAGRAPH, _CONTROL, _LOCKED = 67, 71, 28
"""Types of records: text of a paragraph, head of a control, the key of a document for distribution."""
_COMMENT: Final = b"tmct"  # "tcmt", least byte first
_WIDE: Final = frozenset((*range(1, 10), 11, 12, *range(14, 24)))
"""Control characters that take eight places; the rest take one."""
_SIGNS: Final = {9: "\t", 10: "\n", 13: "\n", 24: "-", 30: "\u00a0", 31: " "}


def read_hwp(source: Source, report: Report) -> None:
    """Read a Hangul document.

    Raises:
        ReadingStopped: when it asks for a password or cannot be followed.
    """
    file = opened(source)
    head = _stream(file, "FileHeader")
    if len(head) < 40:
        raise ReadingStopped(Outcome.CORRUPT, "the head of the document is missing")
    version, flags = struct.unpack_from("<II", head, 32)
    said = {"version": ".".join(str(byte) for byte in version.to_bytes(4, "big")), "flags": flags}
    report.observe("hwp.document", said)
    read_properties(file, report)
    if flags & 2:
        raise ReadingStopped(Outcome.ENCRYPTED, "the document asks for a password")
    packed = bool(flags & 1)
    broken = 0
    seen = set[str]()
    for number in range(MOST_SECTIONS):
        entry = file.find("ViewText" if flags & 4 else "BodyText", f"Section{number}")
        if entry is None:
            break
        broken += not _section(file.read(entry, LARGEST), report, seen, packed=packed, locked=bool(flags & 4))
    _rest(file, report, seen, packed=packed)
    if broken:
        report.outcome(Outcome.PARTIAL, f"{broken} of the document's sections break off")


def _stream(file: CompoundFile, *path: str) -> bytes:
    entry = file.find(*path)
    return b"" if entry is None else file.read(entry, LARGEST)


def _section(data: bytes, report: Report, seen: set[str], *, packed: bool, locked: bool) -> bool:
    """Report the text of a section; return whether it could be followed to its end."""
    if locked:
        data = _opened(data)
    whole = True
    if packed:
        data, whole = _unpacked(data)
    hidden_below: int | None = None
    shown, comments = list[str](), list[str]()
    for kind, level, body in _records(data):
        if hidden_below is not None and level <= hidden_below:
            hidden_below = None
        if kind == _CONTROL and body[:4] == _COMMENT and hidden_below is None:
            hidden_below = level
        elif kind == _PARAGRAPH:
            (shown if hidden_below is None else comments).append(_text(body))
    if shown:
        seen.update(line.strip() for part in shown for line in part.split("\n"))
        report.visible("\n".join(part.rstrip("\n") for part in shown) + "\n")
    said = "\n".join(comments).strip()
    if said:
        report.hidden("comment", said + "\n")
    return whole


def _records(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at + 4 <= len(data):
        (head,) = struct.unpack_from("<I", data, at)
        at += 4
        size = head >> 20
        if size == 0xFFF and at + 4 <= len(data):
            (size,) = struct.unpack_from("<I", data, at)
            at += 4
        yield head & 0x3FF, head >> 10 & 0x3FF, data[at : at + size]
        at += size


def _text(body: bytes) -> str:
    units = struct.unpack(f"<{len(body) // 2}H", body[: len(body) // 2 * 2])
    out, at = list[int](), 0
    while at < len(units):
        unit = units[at]
        if unit >= 32:
            out.append(unit)
        elif unit in _SIGNS:
            out.append(ord(_SIGNS[unit]))
        at += 8 if unit in _WIDE else 1
    return struct.pack(f"<{len(out)}H", *out).decode("utf-16-le", "replace")


def _unpacked(data: bytes) -> tuple[bytes, bool]:
    """Return what a stream unpacks to, as far as it goes, and whether it went to its end."""
    machine = zlib.decompressobj(-15)
    out = list[bytes]()
    try:
        for at in range(0, len(data), 1 << 16):
            out.append(machine.decompress(data[at : at + (1 << 16)], LARGEST))
            if machine.eof or sum(map(len, out)) > LARGEST:
                break
    except zlib.error:
        return b"".join(out), False
    return b"".join(out), machine.eof or not data


def _opened(data: bytes) -> bytes:
    """Open a section of a document for distribution: its first record holds the key, under a stream of chance bytes."""
    (_, _, locked), *_ = [*_records(data[:264]), (0, 0, b"")]
    start = 4 + len(locked)
    if len(locked) < 256:
        return b""
    (seed,) = struct.unpack_from("<I", locked)
    mask = bytearray()
    state = seed
    while len(mask) < 256:  # the generator of Microsoft's C library, two draws a run: a byte, and how often it comes
        state = (state * 214013 + 2531011) & 0xFFFFFFFF
        byte = state >> 16 & 0xFF
        state = (state * 214013 + 2531011) & 0xFFFFFFFF
        mask += bytes((byte,)) * ((state >> 16 & 0xF) + 1)
    clear = bytes(one ^ other for one, other in zip(locked, mask, strict=False))
    at = 4 + (seed & 0xF)
    key = clear[at : at + 16]
    body = data[start : start + (len(data) - start) // 16 * 16]
    # ECB, because the format says so: nothing is kept secret here
    machine = Cipher(algorithms.AES(key), modes.ECB()).decryptor()  # noqa: S305
    return machine.update(body) + machine.finalize()


def _rest(file: CompoundFile, report: Report, seen: set[str], *, packed: bool) -> None:
    """Take out what is embedded; report scripts, and the lines of the preview that the document no longer has."""
    for path, entry in sorted(file.walk(), key=itemgetter(0)):  # of a damaged one two may have one path
        if entry.type != STREAM:
            continue
        name = folded(path[0])
        if name == "BINDATA" and len(path) == 2:
            _take(path[1], _loose(file, entry, packed=packed), report)
        elif name == "SCRIPTS" and len(path) == 2:
            for words in _strings(_loose(file, entry, packed=packed)):
                report.hidden("script", words + "\n")
        elif name == "PRVIMAGE" and len(path) == 1:
            _take("PrvImage", file.read(entry, LARGEST), report)
        elif name == "PRVTEXT" and len(path) == 1:
            lines = file.read(entry, LARGEST).decode("utf-16-le", "replace").strip("\0").splitlines()
            words = "\n".join(line for line in lines if line.strip() and line.strip() not in seen)
            if words:
                report.hidden("preview", words + "\n")


def _strings(data: bytes) -> Iterator[str]:
    """Yield the strings of a script's stream, each with its length before it."""
    at = 0
    while at + 4 <= len(data):
        (count,) = struct.unpack_from("<I", data, at)
        words = data[at + 4 : at + 4 + 2 * count].decode("utf-16-le", "replace").replace("\r\n", "\n").strip()
        if count <= len(data) and any(char.isalpha() for char in words):
            yield words
        at += 4 + 2 * count


def _loose(file: CompoundFile, entry: CompoundEntry, *, packed: bool) -> bytes:
    data = file.read(entry, LARGEST)
    if not packed:
        return data
    loose, whole = _unpacked(data)
    return loose if whole else data  # a picture may be stored as it is


def _take(name: str, data: bytes, report: Report) -> None:
    if data:
        with report.member((PathStep(name.replace("/", "_")),), How.DECODED, {}) as sink:
            sink.write(data)
