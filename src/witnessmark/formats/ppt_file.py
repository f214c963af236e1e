"""The frame of a PowerPoint 97 to 2003 presentation: saves one behind another, and the objects that each wrote anew.

By [MS-PPT] 2.1.2: each save leaves a directory of the objects that it wrote; what a later save replaced still stands
in the file. Chains are followed once; nothing is believed that the stream's length does not allow.
"""

import struct
from dataclasses import dataclass, field
from typing import Final

from witnessmark.formats.office_art import Record, records

MOST_SAVES: Final = 10_000
MOST_OBJECTS: Final = 200_000
DOCUMENT, SLIDE, MASTER, NOTES = 0x03E8, 0x03EE, 0x03F8, 0x03F0
SLIDE_ATOM, SLIDE_SHOW, SLIDE_PERSIST, LIST_WITH_TEXT = 0x03EF, 0x03F9, 0x03F3, 0x0FF0
DOCUMENT_ATOM, DRAWING = 0x03E9, 0x040C
TEXT_HEADER, TEXT_WIDE, TEXT_NARROW, TEXT_REFERENCE, STRING = 0x0F9F, 0x0FA0, 0x0FA8, 0x0F9E, 0x0FBA
HEADERS_FOOTERS, HEADERS_FOOTERS_ATOM = 0x0FD9, 0x0FDA
PLACEHOLDER, HYPERLINK, COMMENT, COMMENT_ATOM, TAG_DATA = 0x0BC3, 0x0FD7, 0x2EE0, 0x2EE1, 0x138B
SLIDE_NUMBER_SIGN, FOOTER_SIGN, HEADER_SIGN, DATE_SIGN = 0x0FD8, 0x0FFA, 0x0FF9, 0x0FF8
DATE_SIGNS: Final = (0x0FF7, 0x1015)
_SAVE, _DIRECTORY = 0x0FF5, 0x1772
_LOCKED: Final = 0xF3D1C4DF


@dataclass(slots=True)
class Slides:
    """A presentation's stream, the objects in use by their number, and where the document stands."""

    data: bytes
    objects: dict[int, int] = field(default_factory=dict)
    replaced: list[int] = field(default_factory=list)
    document: Record | None = None
    is_locked: bool = False

    def at(self, offset: int) -> Record | None:
        """Return the record at an offset, if one can stand there."""
        return next(records(self.data, offset), None) if 0 <= offset <= len(self.data) - 8 else None

    def object(self, number: int) -> tuple[int, Record | None]:
        """Return where the object of this number stands, and its record."""
        offset = self.objects.get(number, -1)
        return offset, self.at(offset)


def open_slides(data: bytes, current_user: bytes) -> Slides:
    """Follow the saves of a presentation from the last to the first."""
    slides = Slides(data)
    slides.is_locked = len(current_user) >= 16 and struct.unpack_from("<I", current_user, 12)[0] == _LOCKED
    offset = struct.unpack_from("<I", current_user, 16)[0] if len(current_user) >= 20 else -1
    seen: set[int] = set()
    number = _follow(slides, offset, seen)
    # a chain that breaks leaves saves behind that stand in the stream all the same, the last of them last
    for offset in reversed([record.start - 8 for record in records(data) if record.type == _SAVE]):
        found = _follow(slides, offset, seen)
        number = number or found
    place, document_record = slides.object(number)
    if document_record is not None and document_record.type == DOCUMENT and place >= 0:
        slides.document = document_record
    return slides


def _follow(slides: Slides, offset: int, seen: set[int]) -> int:
    """Take up a save and those before it; return the number of the document that the first of them names."""
    number = 0
    while offset not in seen and len(seen) < MOST_SAVES:
        save = slides.at(offset)
        if save is None or save.type != _SAVE or save.end - save.start < 24:
            break
        seen.add(offset)
        offset, directory, document = struct.unpack_from("<III", slides.data, save.start + 8)
        slides.is_locked = slides.is_locked or save.end - save.start >= 32
        _read_directory(slides, directory)
        number = number or document
    return number


def _read_directory(slides: Slides, offset: int) -> None:
    """Take up the objects of one save; a later save's word stands."""
    record = slides.at(offset)
    if record is None or record.type != _DIRECTORY:
        return
    at = record.start
    while at + 4 <= record.end and len(slides.objects) + len(slides.replaced) < MOST_OBJECTS:
        head = struct.unpack_from("<I", slides.data, at)[0]
        at += 4
        count = min(head >> 20, (record.end - at) // 4)
        for number, place in enumerate(struct.unpack_from(f"<{count}I", slides.data, at), head & 0xFFFFF):
            if number not in slides.objects:
                slides.objects[number] = place
            elif slides.objects[number] != place:
                slides.replaced.append(place)
        at += 4 * count
