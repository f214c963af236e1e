"""Windows metafiles of 16 bits (MS-WMF): the words that they draw, and the newer metafile that they may hold."""

import heapq
import struct
from collections.abc import Iterator
from typing import Final

from witnessmark.formats.ink import Said
from witnessmark.formats.metafile_place import Page
from witnessmark.formats.metafile_state import Brush, Font, blotted, by_letter, colour

MOST_RECORDS: Final = 500_000
PLACEABLE: Final = b"\xd7\xcd\xc6\x9a"
HEADS: Final = (b"\1\0\t\0", b"\2\0\t\0")
_END, _FONT, _SELECT, _DELETE, _ESCAPE = 0x0000, 0x02FB, 0x012D, 0x01F0, 0x0626
_BRUSH, _PEN, _REGION, _PALETTE = 0x02FC, 0x02FA, 0x06FF, 0x00F7
_MAKES: Final = frozenset((_PALETTE, 0x01F9, 0x0142, _PEN, _FONT, _BRUSH, _REGION))
"""Records that put an object into the first free place of the table."""
_RECTANGLE, _POLYGON, _BLOT = 0x041B, 0x0324, 0x061D
_UNKNOWN_SHAPES: Final = frozenset(
    (
        0x061C,
        0x0418,
        0x081A,
        0x0830,
        0x0538,
        0x0419,
        0x0548,
        0x0228,
        0x012B,
        0x0922,
        0x0B23,
        0x0940,
        0x0B41,
        0x0F43,
        0x0D33,
    )
)
"""Records that paint something of which no more is known: round shapes, regions, pictures."""
_INK, _PAPER, _BEHIND, _OPERATION = 0x0209, 0x0201, 0x0102, 0x0104
_CUTS: Final = frozenset((0x012C, 0x0415, 0x0416))
_COPY: Final = 13
_OPAQUE: Final = 2
_TEXT, _TEXT_WITH_STEPS = 0x0521, 0x0A32
_BOUNDED: Final = 6  # ETO_OPAQUE, ETO_CLIPPED: a rectangle stands before the letters
_GLYPHS: Final = 0x10
_SAVE, _RESTORE, _ALIGN, _MODE, _EXTRA, _MOVE, _LINE = 0x001E, 0x0127, 0x012E, 0x0103, 0x0108, 0x0214, 0x0213
_WINDOW_AT, _WINDOW, _VIEW_AT, _VIEW = 0x020B, 0x020C, 0x020D, 0x020E
_MOST_OBJECTS: Final = 65_536
_COMMENT: Final = struct.Struct("<HHIIIHIIIII")
_NEWER: Final = 0x43464D57  # "WMFC"


def records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the kind and the parameters of each record."""
    at = (22 if data[:4] == PLACEABLE else 0) + 18
    for _ in range(MOST_RECORDS):
        if at + 6 > len(data):
            return
        size, kind = struct.unpack_from("<IH", data, at)
        yield kind, data[at + 6 : at + max(size, 3) * 2]
        if kind == _END or size < 3:
            return
        at += size * 2


def newer(data: bytes) -> bytes:
    """Return the metafile of 32 bits that its comments hold, in pieces, when it is whole; else nothing."""
    found, whole = bytearray(), 0
    for kind, body in records(data):
        if kind != _ESCAPE or len(body) < _COMMENT.size:
            continue
        function, _, mark, sort, _, _, _, _, here, _, size = _COMMENT.unpack_from(body)
        if (function, mark, sort) == (15, _NEWER, 1) and size <= len(data):
            found += body[_COMMENT.size : _COMMENT.size + here]
            whole = size
    return bytes(found) if len(found) == whole and found[40:44] == b" EMF" else b""


def draw(data: bytes) -> Page:
    """Return what the records draw."""
    page = Page(8)
    objects: list[Font | Brush | None] = []
    free: list[int] = []
    for kind, body in records(data):
        if kind in _MAKES:
            made = _made(kind, body)
            if free:
                objects[heapq.heappop(free)] = made
            elif len(objects) < _MOST_OBJECTS:
                objects.append(made)
        elif kind == _DELETE and len(body) >= 2:
            (place,) = struct.unpack_from("<H", body)
            if place < len(objects) and len(free) < _MOST_OBJECTS:
                heapq.heappush(free, place)
        elif kind == _SELECT and len(body) >= 2:
            (place,) = struct.unpack_from("<H", body)
            page.select(objects[place] if place < len(objects) else None)
        elif kind == _TEXT and len(body) >= 2:
            _draw_plain(body, page)
        elif kind == _TEXT_WITH_STEPS and len(body) >= 8:
            _draw_with_steps(body, page)
        elif not _paint(kind, body, page):
            _change(kind, body, page)
    page.set_letters()
    return page


def _made(kind: int, body: bytes) -> Font | Brush | None:
    if kind == _BRUSH and len(body) >= 6:
        return Brush.of(struct.unpack_from("<H", body)[0], body[2:6])
    if kind != _FONT or len(body) < 14:
        return None if kind in (_PEN, _REGION, _PALETTE) else Font() if kind == _FONT else Brush()
    height, _, escapement = struct.unpack_from("<3h", body)
    return Font.of(height, escapement, body[13], body[18:50].decode("latin-1"))


def _draw_plain(body: bytes, page: Page) -> None:
    (count,) = struct.unpack_from("<H", body)
    end = 2 + count + count % 2
    y, x = struct.unpack_from("<2h", body, end) if end + 4 <= len(body) else (0, 0)
    page.draw(_text(body[2 : 2 + count], page), (x, y))


def _text(raw: bytes, page: Page) -> str:
    font = page.state.font
    return raw.decode("latin-1" if font.has_signs else font.codec, "replace")


def _draw_with_steps(body: bytes, page: Page) -> None:
    y, x, count, options = struct.unpack_from("<hhHH", body)
    start = 16 if options & _BOUNDED else 8
    end = start + count + count % 2
    steps = struct.unpack_from(f"<{count}h", body, end) if end + 2 * count <= len(body) else ()
    if options & _OPAQUE and len(body) >= 16:
        left, top, right, bottom = struct.unpack_from("<4h", body, 8)
        page.fill_box(left, top, right, bottom, page.state.paper)
    if not options & _GLYPHS:
        text = _text(body[start : start + count], page)
        page.draw(text, (x, y), by_letter(steps, text, page.state.font.codec))


def _paint(kind: int, body: bytes, page: Page) -> bool:
    """Paint what a record fills; tell whether it was one that does."""
    state = page.state
    if kind == _RECTANGLE and len(body) >= 8:
        bottom, right, top, left = struct.unpack_from("<4h", body)
        page.fill_box(left, top, right, bottom, state.brush)
    elif kind == _BLOT and len(body) >= 12:
        operation, height, wide, top, left = struct.unpack_from("<I4h", body)
        page.fill_box(left, top, left + wide, top + height, blotted(operation, state.brush))
    elif kind == _POLYGON and len(body) >= 2:
        count = min(struct.unpack_from("<H", body)[0], (len(body) - 2) // 4)
        page.fill(list(struct.iter_unpack("<2h", body[2 : 2 + 4 * count])), state.brush)
    elif kind in _UNKNOWN_SHAPES:
        page.fill(None, Said.UNKNOWN)
    else:
        return False
    return True


def _change(kind: int, body: bytes, page: Page) -> None:
    """Do what a record says of the state; most records say nothing of words."""
    state = page.state
    if kind == _SAVE:
        page.save()
    if len(body) >= 2:
        (number,) = struct.unpack_from("<h", body)
        if kind == _RESTORE:
            page.restore(number)
        elif kind == _ALIGN:
            state.align = number & 0xFFFF
        elif kind == _MODE:
            state.mode = number
        elif kind == _EXTRA:
            state.extra = number
        elif kind == _BEHIND:
            state.is_opaque = number == _OPAQUE
        elif kind == _OPERATION:
            state.copies = number == _COPY
        elif kind in _CUTS:
            state.is_cut = True
    if len(body) >= 4:
        if kind == _INK:
            state.ink = colour(body[:4])
        elif kind == _PAPER:
            state.paper = colour(body[:4])
        down, across = struct.unpack_from("<2h", body)
        if kind in (_MOVE, _LINE):
            state.at = across, down
        elif kind == _WINDOW_AT:
            state.window_at = across, down
        elif kind == _WINDOW:
            page.set_window(across, down)
        elif kind == _VIEW_AT:
            state.view_at = across, down
        elif kind == _VIEW:
            state.view = across, down
