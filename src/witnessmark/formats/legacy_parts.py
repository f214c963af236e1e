"""What the older Office formats carry beside their text: properties, macros, embedded objects, pictures."""

import io
import re
import struct
import zlib
from typing import Final

from witnessmark.cell.report import Report, Source
from witnessmark.formats import office_art, ole, strings
from witnessmark.formats.compound import BrokenCompound, CompoundFile, opened
from witnessmark.formats.encodings import storable
from witnessmark.formats.ole_members import take_objects, take_whole, take_wrapped
from witnessmark.formats.ole_properties import read_other_sets, read_properties
from witnessmark.formats.vba import read_macros
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

LARGEST: Final = 256 << 20
LARGEST_OBJECT: Final = 64 << 20
MOST_OBJECTS: Final = 1000
_OBJECT = 0x1011
_DRAWINGS, _CONTINUED, _EDGE_PICTURE = 0x00EB, 0x003C, 0x0866
_TAGS, _BULLET = 0x138B, 0x07F9


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
    for name, take in (("Data", _of_word), ("Workbook", _of_excel), ("Book", _of_excel), ("Pictures", _of_slides)):
        entry = file.find(name)
        if entry is not None:
            take(file.read(entry, LARGEST), pictures)
    delayed = file.find("Escher", "EscherDelayStm")
    if delayed is not None:
        _of_slides(file.read(delayed, LARGEST), pictures)
    document = file.find("WordDocument")
    if document is not None:
        _of_drawings(file, file.read(document, LARGEST), pictures)
    slides = file.find("PowerPoint Document")
    if slides is not None:
        data = file.read(slides, LARGEST)
        _of_bullets(data, pictures)
        _objects_of_slides(data, report)


def read_project(source: Source, report: Report) -> None:
    """Read a project of macros, as newer Office files keep it in a part of their own."""
    if not read_macros(opened(source), report):
        strings.say(source, report)
        report.outcome(Outcome.PARTIAL, "no macro of the project can be followed: only what is readable is given")


def tell_unread(source: Source, report: Report) -> Outcome:
    """Report what a compound file of any make tells of itself: its properties, macros and whole files in its streams.

    Returns `ok` for the envelope of a file that is taken out, `unsupported` where this is no compound file.
    """
    try:
        file = CompoundFile(source.stream, source.size)
    except (BrokenCompound, struct.error, IndexError):
        return Outcome.UNSUPPORTED
    try:
        read_properties(file, report)
        read_other_sets(file, report)
        read_macros(file, report)
    except (struct.error, IndexError):
        report.observe("office.parts", "break off")
    is_envelope = take_wrapped(file, report)
    take_whole(file, report)
    return Outcome.OK if is_envelope else Outcome.PARTIAL


def _of_word(data: bytes, pictures: office_art.Pictures) -> None:
    """Take the pictures that stand in lines of text ([MS-DOC] 2.9.192 PICFAndOfficeArtData).

    Other things stand between them, whose lengths only the text's properties tell: the next head is looked for.
    """
    at = 0
    while (found := _PICTURE_HEAD.search(data, at + 4)) is not None and found.start() >= 4:
        at = found.start() - 4
        length, head = struct.unpack_from("<IH", data, at)
        if length <= head or at + head > len(data):
            at += 1
            continue
        start = at + head
        if found[1] == b"\x66" and start < len(data):
            start += 1 + data[start]  # the name of a linked file stands before the records
        pictures.take(data, start, at + length)
        at = min(at + length, len(data)) - 4


def _of_drawings(file: CompoundFile, data: bytes, pictures: office_art.Pictures) -> None:
    """Take the pictures that float beside a text: a list in the tables tells where in the text's stream each stands."""
    if len(data) < _DRAWINGS_AT + 8:
        return
    version, flags = struct.unpack_from("<H", data, 2)[0], struct.unpack_from("<H", data, 10)[0]
    tables = file.find("1Table" if flags & 0x0200 else "0Table")
    if version < _WORD_97 or flags & 0x0100 or tables is None:
        return
    start, length = struct.unpack_from("<II", data, _DRAWINGS_AT)
    listed = file.read(tables, LARGEST)[start : start + length]
    room, seen = len(data), set[int]()
    for record in office_art.descend(listed):
        if record.type != office_art.STORE_ENTRY or record.end - record.start < 36:
            continue
        place = struct.unpack_from("<I", listed, record.start + 28)[0]
        blip = next(office_art.records(data, place), None) if place not in seen else None
        seen.add(place)
        found = None if blip is None or room < 0 else office_art.picture(data, blip)
        if blip is not None and found is not None and found.data:
            room -= blip.end - blip.start
            pictures.add(found)
    pictures.take(listed)


_PICTURE_HEAD: Final = re.compile(rb"\x44\0([\x64\x66])\0")
"""The length of a picture's head, and what follows it: records, or a name and records ([MS-DOC] 2.9.190 PICF)."""
_DRAWINGS_AT: Final = 0x9A + 8 * 50
"""Where the place and the length of the drawings stand among those of the parts ([MS-DOC] 2.5.6, fcDggInfo)."""
_WORD_97: Final = 0x00C1


def _of_excel(data: bytes, pictures: office_art.Pictures) -> None:
    """Take the pictures of the drawing group, whose records are cut at 8 KiB ([MS-XLS] 2.4.171)."""
    at, parts, is_open = 0, list[bytes](), False
    edges: list[bytes] = []
    while at + 4 <= len(data):
        kind, length = struct.unpack_from("<HH", data, at)
        if kind == _DRAWINGS or (kind == _CONTINUED and is_open):
            parts.append(data[at + 4 : at + 4 + length])
            is_open = True
        else:
            is_open = False
            if kind == _EDGE_PICTURE:
                edges.append(data[at + 18 : at + 4 + length])
        at += 4 + length
    pictures.take(b"".join(parts))
    pictures.take(b"".join(edges))  # of headers and footers ([MS-XLS] 2.4.138)


def _of_slides(data: bytes, pictures: office_art.Pictures) -> None:
    pictures.take(data)


def _of_bullets(data: bytes, pictures: office_art.Pictures) -> None:
    """Take the pictures that mark lines of lists ([MS-PPT] 2.9.73 BlipEntityAtom, in the tags of the document)."""
    for record in office_art.descend(data):
        if record.type == _TAGS:
            for inner in office_art.descend(data, record.start, record.end):
                if inner.type == _BULLET:
                    pictures.take(data, inner.start + 2, inner.end)


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
