"""Reads sections of OneNote (.one): the words of all objects, of earlier versions too, and the files that lie in them.

By [MS-ONESTORE] (the file) and [MS-ONE] (what the properties mean). A section keeps every version of a page that it can
still go back to, and all of them are read; which version shows is not told, so that no word passes for seen.

Rules for whoever changes this file: an object that breaks off costs itself; lists are found by
their marks, not by the pointers that lead to them, so that a damaged root loses nothing.
"""

import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from witnessmark.cell.report import Report, Source
from witnessmark.formats import dates, strings
from witnessmark.formats.encodings import storable
from witnessmark.formats.octets import Octets
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

MOST_OBJECTS: Final = 500_000
MOST_FILES: Final = 10_000
LARGEST_OBJECT: Final = 16 << 20
DEEPEST: Final = 20
_LIST: Final = b"\xc4\xf4\xf7\xf5\xb1\x7a\x56\xa4"  # 0xA4567AB1F5F7F4C4, [MS-ONESTORE] 2.4.2
_FILE: Final = uuid.UUID("BDE316E7-2665-4511-A4C4-8D4D0B7A9EAC").bytes_le  # 2.6.13
_PACKED: Final = uuid.UUID("638DE92F-A6D4-4BC1-9A36-B3FC2511A5B7").bytes_le  # 2.8
_OBJECTS: Final = frozenset((0x02D, 0x02E, 0x041, 0x042, 0x0A4, 0x0A5, 0x0C4, 0x0C5))
"""Nodes that lead to the properties of an object (2.5.23 to 2.5.31)."""
_FILE_DATA, _FILE_REFERENCE = 0x072, 0x094
_END: Final = 0x0FF
_BLOCK: Final = 1 << 20
_TEXTS: Final = {0x1C001C22: "text, shown or not", 0x1C001CF3: "title", 0x1C001D3C: "title", 0x1C00349B: "section"}
_NAMES: Final = {
    0x1C001D75: "author",
    0x1C001DD7: "picture",
    0x1C001D9C: "file",
    0x1C001D9D: "file from",
    0x1C001E20: "link",
    0x1C001E58: "text of a picture",
    0x1C001E22: "address",
}
_ASCII: Final = 0x1C003498
_DATES: Final = {0x14001D09: "created", 0x14001D7A: "modified"}
_SINCE_1980: Final = 315_532_800
_SIZES: Final = {1: 0, 2: 0, 3: 1, 4: 2, 5: 4, 6: 8, 8: 0, 10: 0, 12: 0}


@dataclass(slots=True)
class _Told:
    """What was found, each text once, in the order of the file."""

    texts: dict[tuple[str, str], None] = field(default_factory=dict)
    endings: dict[bytes, str] = field(default_factory=dict)  # of files, by their identifier
    places: dict[int, bytes] = field(default_factory=dict)  # identifiers of files, by where they lie
    moments: dict[tuple[str, int], None] = field(default_factory=dict)
    objects: int = 0
    broken: int = 0


def read_onenote(source: Source, report: Report) -> None:
    """Read a section or a notebook's list of sections."""
    told = _Told()
    whole = Octets.whole(source)
    files: list[int] = []
    for mark, at in _marks(source.stream, source.size):
        if mark == _LIST:
            _read_list(whole, at, told)
        elif len(files) <= MOST_FILES:
            files.append(at)
    for label, text in told.texts:
        report.hidden(label, text)
    for name in sorted(set(_DATES.values())):
        found = sorted(seconds for one, seconds in told.moments if one == name and seconds)
        for says, some in (("first", found[:1]), ("last", found[-1:])):
            for seconds in some:
                dates.observe(report, name, dates.from_unix(seconds + _SINCE_1980), f"OneNote: the {says} of its parts")
    for number, at in enumerate(files[:MOST_FILES], 1):
        _take_file(whole, at, number, told, report)
    report.observe("onenote.objects", told.objects)
    _conclude(source, whole, len(files), told, report)


def _conclude(source: Source, whole: Octets, files: int, told: _Told, report: Report) -> None:
    if whole.take(48, 16) == _PACKED and not told.objects:
        strings.say(source, report)
        report.outcome(Outcome.PARTIAL, "the section is packed as for a server: what is readable in its bytes is kept")
    elif not told.objects:
        strings.say(source, report)
        report.outcome(Outcome.CORRUPT, "no list of objects can be found")
    elif told.broken or told.objects >= MOST_OBJECTS or files > MOST_FILES:
        strings.say(source, report)
        report.outcome(Outcome.PARTIAL, f"{told.broken:,} objects cannot be read; which of the text shows is not told")
    else:
        report.outcome(Outcome.PARTIAL, "which version of the text shows is not told: all of it is kept as hidden text")


def _marks(stream: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield where lists and files begin, in the order of the file; both stand at multiples of four bytes or so."""
    at = 0
    while at < size:
        stream.seek(at)
        block = stream.read(_BLOCK + 16)
        found = []
        for mark in (_LIST, _FILE):
            place = block.find(mark)
            while 0 <= place < _BLOCK:
                found.append((at + place, mark))
                place = block.find(mark, place + 1)
        for place, mark in sorted(found):
            yield mark, place
        at += _BLOCK


def _read_list(whole: Octets, at: int, told: _Told) -> None:
    """Read the nodes of one piece of a list ([MS-ONESTORE] 2.4.1, 2.4.3)."""
    place = at + 16
    while told.objects < MOST_OBJECTS:
        raw = whole.take(place, 4)
        if len(raw) < 4:
            return
        head = int.from_bytes(raw, "little")
        kind, size = head & 0x3FF, head >> 10 & 0x1FFF
        if kind in (0, _END) or size < 4:
            return
        try:
            _read_node(kind, head, whole.take(place, size)[4:], whole, told)
        except (struct.error, IndexError, ValueError):
            told.broken += 1
        place += size


def _read_node(kind: int, head: int, data: bytes, whole: Octets, told: _Told) -> None:
    if kind in _OBJECTS:
        at, size, _ = _reference(head, data)
        told.objects += 1
        if 0 < size <= LARGEST_OBJECT:
            _read_object(whole.take(at, size), told)
    elif kind == _FILE_REFERENCE:
        at, _, used = _reference(head, data)
        told.places[at] = data[used : used + 16]
    elif kind == _FILE_DATA:
        at = 9  # behind two numbers of the object and a count of one byte
        identifier, at = _counted(data, at)
        ending, _ = _counted(data, at)
        if identifier.startswith("<ifndf>{"):
            told.endings[uuid.UUID(identifier[7:45]).bytes_le] = ending


def _counted(data: bytes, at: int) -> tuple[str, int]:
    count = struct.unpack_from("<I", data, at)[0]
    end = at + 4 + 2 * count
    if end > len(data):
        raise ValueError("a string breaks off")
    return data[at + 4 : end].decode("utf-16-le", "replace").rstrip("\0"), end


def _reference(head: int, data: bytes) -> tuple[int, int, int]:
    """Return where a node leads, how many bytes lie there, and how long the reference is (2.2.4.2)."""
    form, of_size = head >> 23 & 3, head >> 25 & 3
    width, times = ((8, 1), (4, 1), (2, 8), (4, 8))[form]
    at = int.from_bytes(data[:width], "little") * times
    size_width, size_times = ((4, 1), (8, 1), (1, 8), (2, 8))[of_size]
    size = int.from_bytes(data[width : width + size_width], "little") * size_times
    return at, size, width + size_width


def _read_object(data: bytes, told: _Told) -> None:
    """Read the properties of an object: lists of what it refers to, then the set (2.6.1)."""
    head = struct.unpack_from("<I", data, 0)[0]
    at = 4 + 4 * (head & 0xFFFFFF)
    if not head >> 31:
        second = struct.unpack_from("<I", data, at)[0]
        at += 4 + 4 * (second & 0xFFFFFF)
        if second >> 30 & 1:
            at += 4 + 4 * (struct.unpack_from("<I", data, at)[0] & 0xFFFFFF)
    _read_set(data, at, told, 0)


def _read_set(data: bytes, at: int, told: _Told, depth: int) -> int:
    """Read a set of properties (2.6.7) and return where it ends."""
    if depth > DEEPEST:
        raise ValueError("sets of properties nested too deeply")
    count = struct.unpack_from("<H", data, at)[0]
    numbers = struct.unpack_from(f"<{count}I", data, at + 2)
    at += 2 + 4 * count
    for number in numbers:
        kind = number >> 26 & 31
        if kind in _SIZES:
            if number & 0x7FFFFFFF in _DATES:
                seconds = struct.unpack_from("<I", data, at)[0]
                told.moments[_DATES[number & 0x7FFFFFFF], seconds] = None
            at += _SIZES[kind]
        elif kind == 7:
            length = struct.unpack_from("<I", data, at)[0]
            _keep(number & 0x7FFFFFFF, data[at + 4 : at + 4 + length], told)
            at += 4 + length
        elif kind in (9, 11, 13):
            at += 4
        elif kind == 16:
            inner = struct.unpack_from("<I", data, at)[0]
            at += 8 if inner else 4
            for _ in range(min(inner, 10_000)):
                at = _read_set(data, at, told, depth + 1)
        elif kind == 17:
            at = _read_set(data, at, told, depth + 1)
        else:
            raise ValueError("a property of a kind that is not in use")
        if at > len(data):
            raise ValueError("a property breaks off")
    return at


def _keep(number: int, raw: bytes, told: _Told) -> None:
    label = _TEXTS.get(number) or _NAMES.get(number)
    if number == _ASCII:
        text, label = raw.decode("cp1252", "replace"), _TEXTS[0x1C001C22]
    elif label is None:
        return
    else:
        text = raw[: len(raw) & ~1].decode("utf-16-le", "replace")
    text = text.rstrip("\0").strip()
    if text:
        told.texts[label, text] = None


def _take_file(whole: Octets, at: int, number: int, told: _Told, report: Report) -> None:
    """Take out a file ([MS-ONESTORE] 2.6.13): mark, length, twelve bytes, content."""
    size = whole.number(at + 16, 8, "little")
    content = whole.part(at + 36, size)
    if content.size < size:
        told.broken += 1
    ending = told.endings.get(told.places.get(at, b""), "")
    name = storable(f"file-{number}{ending}"[:100]).replace("/", "_")
    with report.member((PathStep(name),), How.COPIED, {}) as sink:
        for piece in content.pieces():
            sink.write(piece)
