"""Windows metafiles of 16 bits (MS-WMF): the words that they draw, and the newer metafile that they may hold."""

import heapq
import struct
from collections.abc import Iterator
from typing import Final

from witnessmark.formats.metafile_place import Font, Page, by_letter

MOST_RECORDS: Final = 500_000
PLACEABLE: Final = b"\xd7\xcd\xc6\x9a"
HEADS: Final = (b"\1\0\t\0", b"\2\0\t\0")
_END, _FONT, _SELECT, _DELETE, _ESCAPE = 0x0000, 0x02FB, 0x012D, 0x01F0, 0x0626
_MAKES: Final = frozenset((0x00F7, 0x01F9, 0x0142, 0x02FA, _FONT, 0x02FC, 0x06FF))
"""Records that put an object into the first free place of the table."""
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
    objects: list[Font | None] = []
    free: list[int] = []
    for kind, body in records(data):
        if kind in _MAKES:
            made = _font(body) if kind == _FONT else None
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
            page.state.font = (objects[place] if place < len(objects) else None) or page.state.font
        elif kind == _TEXT and len(body) >= 2:
            _draw_plain(body, page)
        elif kind == _TEXT_WITH_STEPS and len(body) >= 8:
            _draw_with_steps(body, page)
        else:
            _change(kind, body, page)
    return page


def _font(body: bytes) -> Font:
    if len(body) < 14:
        return Font()
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
    if not options & _GLYPHS:
        text = _text(body[start : start + count], page)
        page.draw(text, (x, y), by_letter(steps, text, page.state.font.codec))


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
    if len(body) >= 4:
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
