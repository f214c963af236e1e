"""Hangul documents (HWP 5): the paragraphs of every section, what is embedded, properties; what no page shows apart.

The layout is that of the maker's "Hangul Word Processor file formats 5.0": a compound file whose streams are packed
by zlib and hold records of a type, a level and a length. A document "for distribution" is locked by a key that stands
in it.

Rules for whoever changes this file: unpacking is capped; a record moves forward by four bytes or more; nothing
recurses; words on paper that is not known show.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import hwp_ink, ink
from witnessmark.formats.compound import STREAM, CompoundEntry, CompoundFile, folded, opened
from witnessmark.formats.hangul_ink import Shapes, parted
from witnessmark.formats.ink import Paper, Said
from witnessmark.formats.ole_properties import read_properties
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

LARGEST: Final = 64 << 20
MOST_SECTIONS: Final = 10_000
_HEAD, _TEXT, _LETTERS, _TAGS, _CONTROL = 66, 67, 68, 70, 71
"""Types of records: of a paragraph its head, its text, the shapes of its letters, its tags; head of a control."""
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
    shapes = _shapes(file, packed=packed)
    is_odd = shapes.are_odd
    broken = 0
    seen = set[str]()
    for number in range(MOST_SECTIONS):
        entry = file.find("ViewText" if flags & 4 else "BodyText", f"Section{number}")
        if entry is None:
            break
        data, whole = _loosened(file.read(entry, LARGEST), packed=packed, locked=bool(flags & 4))
        page = hwp_ink.page_of(_records(data), shapes) if is_odd else Said.UNKNOWN
        _section(data, report, seen, shapes, page)
        broken += not whole
    _rest(file, report, seen, packed=packed)
    if broken:
        report.outcome(Outcome.PARTIAL, f"{broken} of the document's sections break off")


def _stream(file: CompoundFile, *path: str) -> bytes:
    entry = file.find(*path)
    return b"" if entry is None else file.read(entry, LARGEST)


@dataclass(slots=True)
class _Paragraph:
    """A paragraph as its records come: what it stands on, its text, and which of its letters have which shape."""

    paper: Paper = Said.UNKNOWN
    text: bytes | None = None
    level: int = -1
    is_comment: bool = False
    letters: bytes = b""
    tags: bytes = b""


def _shapes(file: CompoundFile, *, packed: bool) -> Shapes:
    data = _stream(file, "DocInfo")
    return hwp_ink.read_shapes(_records(_unpacked(data)[0] if packed else data))


def _loosened(data: bytes, *, packed: bool, locked: bool) -> tuple[bytes, bool]:
    """Return the records of a section, as far as they go, and whether they go to its end."""
    if locked:
        data = _opened(data)
    return _unpacked(data) if packed else (data, True)


def _section(data: bytes, report: Report, seen: set[str], shapes: Shapes, page: Paper) -> None:
    """Report the text of a section: what shows, then what does not, then comments."""
    shown, hidden, comments = list[str](), list[tuple[str, str]](), list[str]()
    for paragraph in _paragraphs(data, shapes, page):
        text = paragraph.text or b""
        if paragraph.is_comment:
            comments += _texts(text)
            continue
        places = hwp_ink.labels(paragraph.letters, paragraph.tags, paragraph.paper, shapes)
        texts = _texts(text, [at for at, _ in places[1:]])
        seen.update(line.strip() for line in "".join(texts).split("\n"))
        words, unseen = parted(list(zip([why for _, why in places] or [""], texts, strict=True)))
        shown.append(words)
        hidden += unseen
    if shown:
        report.visible("\n".join(part.rstrip("\n") for part in shown) + "\n")
    for why, words in hidden:
        report.hidden(why, words)
    said = "\n".join(comments).strip()
    if said:
        report.hidden("comment", said + "\n")


def _paragraphs(data: bytes, shapes: Shapes, page: Paper) -> Iterator[_Paragraph]:
    """Yield the paragraphs that have text; what those within tables and boxes stand on is not known."""
    comment: int | None = None
    here = _Paragraph()
    for kind, level, body in _records(data):
        if comment is not None and level <= comment:
            comment = None
        if kind == _CONTROL and body[:4] == _COMMENT and comment is None:
            comment = level
        elif kind == _HEAD:
            if here.text is not None:
                yield here
            around = Said.UNKNOWN if level else page
            here = _Paragraph(ink.beneath(hwp_ink.ground_of(body, shapes), around))
        elif kind == _TEXT:
            if here.text is not None:
                yield here
                here = _Paragraph()
            here.text, here.level, here.is_comment = body, level, comment is not None
        elif level == here.level and kind == _LETTERS:
            here.letters = body
        elif level == here.level and kind == _TAGS:
            here.tags = body
    if here.text is not None:
        yield here


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


def _texts(body: bytes, places: Sequence[int] = ()) -> list[str]:
    """Return the text of a paragraph in the parts that begin at its beginning and at some places."""
    units = struct.unpack(f"<{len(body) // 2}H", body[: len(body) // 2 * 2])
    outs, at = [list[int]()], 0
    out, ends = outs[0], [*places, len(units)]
    end = ends[0]
    while at < len(units):
        unit = units[at]
        while at >= end and not 0xDC00 <= unit < 0xE000:  # halves of a letter stay together
            out = list[int]()
            outs.append(out)
            end = ends[len(outs) - 1]
        if unit >= 32:
            out.append(unit)
        elif unit in _SIGNS:
            out.append(ord(_SIGNS[unit]))
        at += 8 if unit in _WIDE else 1
    outs += [[] for _ in range(len(places) + 1 - len(outs))]
    return [struct.pack(f"<{len(out)}H", *out).decode("utf-16-le", "replace") for out in outs]


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
