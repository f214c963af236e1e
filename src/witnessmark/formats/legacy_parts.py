"""What the older Office formats carry beside their text: properties, macros, embedded objects, pictures."""

import io
import struct
import zlib
from typing import Final

from witnessmark.cell.report import Report, Source
from witnessmark.formats import office_art, ole, strings
from witnessmark.formats.compound import BrokenCompound, CompoundFile, opened
from witnessmark.formats.encodings import storable
from witnessmark.formats.ole_members import take_objects
from witnessmark.formats.ole_properties import read_properties
from witnessmark.formats.vba import read_macros
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

LARGEST: Final = 256 << 20
LARGEST_OBJECT: Final = 64 << 20
MOST_OBJECTS: Final = 1000
_OBJECT = 0x1011
_DRAWINGS, _CONTINUED = 0x00EB, 0x003C


def tell_parts(file: CompoundFile, report: Report) -> None:
    """Report what stands beside the text, as far as it can be followed."""
    try:
        read_parts(file, report)
    except (struct.error, IndexError):
        report.observe("office.parts", "break off")


def read_parts(file: CompoundFile, report: Report) -> None:
    """Report properties, macros, embedded objects and pictures of an older Office file."""
    read_properties(file, report)
    read_macros(file, report)
    take_objects(file, report)
    pictures = office_art.Pictures(report)
    for name, take in (("Data", _of_word), ("Workbook", _of_excel), ("Pictures", _of_slides)):
        entry = file.find(name)
        if entry is not None:
            take(file.read(entry, LARGEST), pictures)
    slides = file.find("PowerPoint Document")
    if slides is not None:
        _objects_of_slides(file.read(slides, LARGEST), report)


def read_project(source: Source, report: Report) -> None:
    """Read a project of macros, as newer Office files keep it in a part of their own."""
    if not read_macros(opened(source), report):
        strings.say(source, report)
        report.outcome(Outcome.PARTIAL, "no macro of the project can be followed: only what is readable is given")


def tell_unread(source: Source, report: Report) -> None:
    """Report what a compound file of any make tells of itself: its properties and macros."""
    try:
        file = CompoundFile(source.stream, source.size)
        read_properties(file, report)
        read_macros(file, report)
    except (BrokenCompound, struct.error, IndexError):
        return


def _of_word(data: bytes, pictures: office_art.Pictures) -> None:
    """Take the pictures that stand in lines of text ([MS-DOC] 2.9.192 PICFAndOfficeArtData)."""
    at = 0
    while at + 68 <= len(data):
        length, head = struct.unpack_from("<IH", data, at)
        if head != 68 or length <= 68:
            return
        start = at + 68
        if struct.unpack_from("<H", data, at + 6)[0] == 0x66 and start < len(data):
            start += 1 + data[start]  # the name of a linked file stands before the records
        pictures.take(data, start, at + length)
        at += length


def _of_excel(data: bytes, pictures: office_art.Pictures) -> None:
    """Take the pictures of the drawing group, whose records are cut at 8 KiB ([MS-XLS] 2.4.171)."""
    at, parts, is_open = 0, list[bytes](), False
    while at + 4 <= len(data):
        kind, length = struct.unpack_from("<HH", data, at)
        if kind == _DRAWINGS or (kind == _CONTINUED and is_open):
            parts.append(data[at + 4 : at + 4 + length])
            is_open = True
        else:
            is_open = False
        at += 4 + length
    pictures.take(b"".join(parts))


def _of_slides(data: bytes, pictures: office_art.Pictures) -> None:
    pictures.take(data)


def _objects_of_slides(data: bytes, report: Report) -> None:
    """Take the embedded objects of a presentation, and its macros ([MS-PPT] 2.10.34)."""
    count = 0
    for record in office_art.descend(data):
        if record.type != _OBJECT or count >= MOST_OBJECTS:
            continue
        body = data[record.start : record.end]
        if record.instance == 1:
            try:
                body = zlib.decompressobj().decompress(body[4:], LARGEST_OBJECT)
            except zlib.error:
                continue
        try:
            inner = CompoundFile(io.BytesIO(body), len(body))
        except (BrokenCompound, struct.error):
            continue
        if read_macros(inner, report):
            continue
        count += 1
        found = ole.wrapped(body)
        step = PathStep(f"object-{count}" + ("" if found else ".ole"))
        path = (step, PathStep(_plain(found[0]))) if found else (step,)
        with report.member(path, How.DECODED if found or record.instance == 1 else How.COPIED, {}) as sink:
            sink.write(found[1] if found else body)


def _plain(name: str) -> str:
    return storable(name).replace("/", "_") or "object"
