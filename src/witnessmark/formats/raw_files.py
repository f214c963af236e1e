"""Raw files of cameras that are no TIFF: Fujifilm's RAF, Minolta's MRW, Sigma's X3F, and Canon's CRW (CIFF).

None is a standard; what is read stands openly: where the JPEG lies that the camera made beside the raw picture, and
who, when and with what. That JPEG is a member; its EXIF is the file's own. No sensor's value is decoded.
"""

import struct
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from witnessmark.cell.report import MemberSink, ReadingStopped, Relay, Report, Source
from witnessmark.formats import dates, exif, jpeg
from witnessmark.formats.octets import Octets, Room, observe_pairs, take_out
from witnessmark.model.codec import Value
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, Path

_LARGEST_JPEG: Final = 32 << 20
_MOST_BLOCKS: Final = 1000
_LONGEST: Final = 2000


class _Nothing:
    def write(self, data: bytes, /) -> None:
        """Let it go."""


class _Own(Relay):
    """A report for the JPEG inside a raw file: what it says is the file's, what lies in it comes out of the member."""

    def member(self, path: Path, how: How, stated: Mapping[str, Value]) -> AbstractContextManager[MemberSink]:  # noqa: ARG002
        """Keep nothing."""
        return nullcontext(_Nothing())


def take_picture(octets: Octets, name: str, report: Report) -> None:
    """Take out the JPEG that a camera made beside the raw picture, and report its EXIF as the file's own."""
    if octets.size > 100 and octets.take(0, 2) == b"\xff\xd8":
        report.observe("picture.preview", {"directory": name, "bytes": octets.size})
        jpeg.tell_blocks(octets.take(0, _LARGEST_JPEG), _Own(report), base=octets.start)
        take_out(octets, f"preview-{name}.jpg", report)


def read_raf(source: Source, report: Report) -> None:
    """Read the head of a RAF: the camera, the JPEG, the size of the raw picture.

    Raises:
        ReadingStopped: when it does not begin as one.
    """
    exif.name_tool(report)
    octets = Octets.whole(source)
    if octets.take(0, 15) != b"FUJIFILMCCD-RAW":
        raise _stop("RAF")
    model = _letters(octets.take(28, 32))
    if model:
        report.observe("camera", {"model": model, "says": "RAF"})
    at, size, values = (octets.number(place, 4) for place in (84, 88, 92))
    entries, place = octets.number(values, 4), values + 4
    for _ in range(min(entries, _MOST_BLOCKS)):
        tag, length = octets.number(place, 2), octets.number(place + 2, 2)
        if tag == 0x100 and length == 4:
            _tell_size(octets.take(place + 4, 4), "RAF", report)
        place += 4 + length
    take_picture(octets.part(at, size), "RAF", report)


def _tell_size(raw: bytes, mode: str, report: Report) -> None:
    """Report a size that stands as height and width, two bytes each, the higher one first."""
    height, width = struct.unpack(">HH", raw.ljust(4, b"\0"))
    report.observe("picture.size", {"width": width, "height": height, "mode": mode})


def read_mrw(source: Source, report: Report) -> None:
    """Read the blocks of an MRW: the size, and a TIFF structure with all tags.

    Raises:
        ReadingStopped: when it does not begin as one.
    """
    exif.name_tool(report)
    octets = Octets.whole(source)
    if octets.take(0, 4) != b"\0MRM":
        raise _stop("MRW")
    end, place = 8 + octets.number(4, 4), 8
    for _ in range(_MOST_BLOCKS):
        kind, size = octets.take(place, 4), octets.number(place + 4, 4)
        if place + 8 > min(end, octets.size):
            break
        if kind == b"\0PRD" and size >= 12:
            _tell_size(octets.take(place + 16, 4), "MRW", report)
        elif kind == b"\0TTW":
            exif.read_structure(octets.part(place + 8, size), report)
        place += 8 + size


def read_x3f(source: Source, report: Report) -> None:
    """Read the sections of an X3F: its properties, and the JPEGs.

    Raises:
        ReadingStopped: when it does not begin as one.
    """
    exif.name_tool(report)
    octets = Octets.whole(source)
    if octets.take(0, 4) != b"FOVb":
        raise _stop("X3F")
    width, height = octets.number(28, 4, "little"), octets.number(32, 4, "little")
    report.observe("picture.size", {"width": width, "height": height, "mode": "X3F"})
    at = octets.number(octets.size - 4, 4, "little")
    if octets.take(at, 4) != b"SECd":
        report.outcome(Outcome.PARTIAL, "the list of sections is missing in this X3F")
        return
    room = Room(octets.size)
    for number in range(min(octets.number(at + 8, 4, "little"), _MOST_BLOCKS)):
        place, size, kind = struct.unpack("<II4s", octets.take(at + 12 + number * 12, 12).ljust(12, b"\0"))
        section = octets.part(place, size)
        if kind == b"PROP":
            _tell_properties(section, report)
        elif kind in (b"IMAG", b"IMA2") and section.take(28, 2) == b"\xff\xd8" and room.holds(section.size):
            take_picture(section.part(28), f"X3F-{number}", report)


def _tell_properties(section: Octets, report: Report) -> None:
    """Report names and values, which stand in UTF-16 behind a table of their places."""
    count = min(section.number(8, 4, "little"), _MOST_BLOCKS)
    letters = section.take(24 + count * 8, 1 << 20)
    found: dict[str, Value] = {}
    for number in range(count):
        places = struct.unpack("<II", section.take(24 + number * 8, 8).ljust(8, b"\0"))
        name, value = (_wide(letters, place) for place in places)
        if name:
            found[name] = value
    observe_pairs(report, "x3f.properties", found)
    camera = {key: found[name] for key, name in _X3F_CAMERA if found.get(name)}
    if camera:
        report.observe("camera", camera | {"says": "X3F"})
    _tell_seconds(str(found.get("TIME", "")), "X3F TIME", report)
    if found:
        report.hidden("properties", "".join(f"{name}: {value}\n" for name, value in found.items()))


_X3F_CAMERA: Final = (("make", "CAMMANUF"), ("model", "CAMMODEL"), ("serial", "CAMSERIAL"), ("lens", "LENSMODEL"))


def _wide(letters: bytes, place: int) -> str:
    run = letters[place * 2 : place * 2 + _LONGEST * 2]
    return run.decode("utf-16-le", "replace").split("\0")[0]


def _tell_seconds(text: str, says: str, report: Report) -> None:
    """Report seconds since 1970 by the camera's own clock, whose zone nobody knows."""
    if text.isdecimal() and 0 < int(text) < 1 << 32:
        moment = dates.from_unix(int(text))
        dates.observe(report, "taken", dates.Moment(text, moment.local), says)


_HEAP = b"HEAPCCDR"
_TEXTS: Final = {
    0x0805: "comment",
    0x080B: "firmware",
    0x0810: "owner",
    0x0815: "image_type",
    0x0816: "file_name",
    0x0817: "thumbnail_name",
}


def read_crw(source: Source, report: Report) -> None:
    """Read the heaps of a CIFF (version 1.0): camera, owner, time, size, and its JPEGs.

    Raises:
        ReadingStopped: when it does not begin as one.
    """
    exif.name_tool(report)
    octets = Octets.whole(source)
    order = {b"II": "little", b"MM": "big"}.get(octets.take(0, 2), "")
    if not order or octets.take(6, 8) != _HEAP:
        raise _stop("CIFF")
    ciff = _Ciff(order, report)
    ciff.walk(octets.part(octets.number(2, 4, order)), 0)
    ciff.close()


class _Ciff:
    """The values of a CIFF, as they are read."""

    def __init__(self, order: str, report: Report) -> None:
        self._order, self._report = order, report
        self._camera: dict[str, Value] = {}
        self._values: dict[str, Value] = {}
        self._left = _MOST_BLOCKS

    def walk(self, heap: Octets, depth: int) -> None:
        """Read one heap, whose last four bytes tell where its table lies, and those below it."""
        table = heap.number(heap.size - 4, 4, self._order)
        for number in range(min(heap.number(table, 2, self._order), self._left)):
            self._left -= 1
            row = heap.part(table + 2 + number * 10, 10)
            kind = row.number(0, 2, self._order)
            inside = kind & 0xC000 == 0x4000  # the value stands in the row itself
            body = row.part(2, 8) if inside else heap.part(row.number(6, 4, self._order), row.number(2, 4, self._order))
            if kind & 0x3800 in (0x2800, 0x3000):
                if depth < 4 and not inside:
                    self.walk(body, depth + 1)
            else:
                self._read(kind & 0x3FFF, body)

    def _read(self, kind: int, body: Octets) -> None:
        if kind == 0x080A:
            make, _, model = body.take(0, 200).partition(b"\0")
            self._camera |= {"make": _letters(make), "model": _letters(model)}
        elif kind in _TEXTS:
            text = _letters(body.take(0, _LONGEST))
            if text:
                self._values[_TEXTS[kind]] = text
        elif kind == 0x180B:
            self._camera["serial"] = str(body.number(0, 4, self._order))
        elif kind == 0x180E:
            _tell_seconds(str(body.number(0, 4, self._order)), "CIFF time", self._report)
        elif kind == 0x1810:
            width, height = (body.number(at, 4, self._order) for at in (0, 4))
            self._report.observe("picture.size", {"width": width, "height": height, "mode": "CIFF"})
        elif kind in (0x2007, 0x2008):
            take_picture(body, "CIFF" if kind == 0x2007 else "CIFF-thumbnail", self._report)

    def close(self) -> None:
        """Report what was gathered."""
        if self._camera:
            self._report.observe("camera", self._camera | {"says": "CIFF"})
        observe_pairs(self._report, "ciff", self._values)
        if self._values:
            self._report.hidden("CIFF", "".join(f"{name}: {text}\n" for name, text in self._values.items()))


def _letters(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("latin-1").strip()


def _stop(what: str) -> ReadingStopped:
    return ReadingStopped(Outcome.CORRUPT, f"no {what} can be made out in these bytes")
