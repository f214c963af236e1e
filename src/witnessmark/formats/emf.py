"""Windows metafiles of 32 bits (MS-EMF): the words that their records draw, a picture in them kept once more.

Records of EMF+ (MS-EMFPLUS) stand in comments. Most files hold both kinds, and a program draws the one or the other.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Final

from witnessmark.formats.emf_paint import Painter, point
from witnessmark.formats.ink import Said
from witnessmark.formats.metafile_place import Page
from witnessmark.formats.metafile_state import Brush, Font, by_letter, colour, turned
from witnessmark.formats.plane import Matrix

MOST_RECORDS: Final = 500_000
_END, COMMENT = 14, 70
_TEXT, _TEXT_WIDE, _TEXTS, _TEXTS_WIDE, _SMALL_TEXT = 83, 84, 96, 97, 108
_OPAQUE, _GLYPHS, _UNBOUNDED, _SHORT = 0x2, 0x10, 0x100, 0x200
_MOST_STRINGS: Final = 10_000
_STEPS_DOWN: Final = 0x2000
_PLUS: Final = b"EMF+"
_PLUS_HEAD, _PLUS_STRING, _PLUS_LETTERS = 0x4001, 0x401C, 0x4036


def records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the kind of each record, and the record whole."""
    at = 0
    for _ in range(MOST_RECORDS):
        if at + 8 > len(data):
            return
        kind, size = struct.unpack_from("<II", data, at)
        yield kind, data[at : at + max(size, 8)]
        if kind == _END or size < 8:
            return
        at += size


def draw(data: bytes) -> Page:
    """Return what the records draw."""
    page, objects = Page(), _STOCK.copy()
    plus, painter = _Plus(page), Painter(page)
    for kind, body in records(data):
        if kind in (_TEXT, _TEXT_WIDE):
            _draw_text(body, 36, page, wide=kind == _TEXT_WIDE)
        elif kind in (_TEXTS, _TEXTS_WIDE) and len(body) >= 40:
            (count,) = struct.unpack_from("<I", body, 36)
            for number in range(min(count, _MOST_STRINGS, len(body) // 40)):
                _draw_text(body, 40 + 40 * number, page, wide=kind == _TEXTS_WIDE)
        elif kind == _SMALL_TEXT and len(body) >= 36:
            _draw_small(body, page)
        elif kind == COMMENT and body[12:16] == _PLUS:
            plus.take(body)
        elif kind in _CHANGES:
            change, size = _CHANGES[kind]
            if len(body) >= size:
                change(body, page, objects)
        painter.take(kind, body)
    page.set_letters()
    return page


def _draw_text(body: bytes, at: int, page: Page, *, wide: bool) -> None:
    """Draw an EmrText (MS-EMF, section 2.2.5)."""
    if at + 20 > len(body):
        return
    x, y, count, place, options = struct.unpack_from("<iiIII", body, at)
    if options & _OPAQUE and not options & _UNBOUNDED and at + 36 <= len(body):
        left, top, right, bottom = struct.unpack_from("<4i", body, at + 20)
        page.fill_box(left, top, right, bottom, page.state.paper)
    if options & _GLYPHS or not place:
        return
    letters = body[place : place + min(count, page.room + 1) * (2 if wide else 1)]
    after = at + 20 + (0 if options & _UNBOUNDED else 16)
    steps: tuple[int, ...] = ()
    if after + 4 <= len(body):
        (offset,) = struct.unpack_from("<I", body, after)
        each = 8 if options & _STEPS_DOWN else 4
        if offset and offset + each * count <= len(body):
            steps = struct.unpack_from(f"<{each // 4 * count}i", body, offset)[:: each // 4]
    codec = "utf-16-le" if wide else page.state.font.codec
    text = letters.decode(codec, "replace")
    page.draw(text, (x, y), by_letter(steps, text, codec))


def _draw_small(body: bytes, page: Page) -> None:
    x, y, count, options = struct.unpack_from("<iiII", body, 8)
    start, size = 36 if options & _UNBOUNDED else 52, 1 if options & _SHORT else 2
    if not options & _GLYPHS:
        letters = body[start : start + min(count, len(body)) * size]
        page.draw(letters.decode("latin-1" if options & _SHORT else "utf-16-le", "replace"), (x, y))


class _Plus:
    """Reads the strings of EMF+: drawn where nothing else draws them, else in the place of the others."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._is_alone = False

    def take(self, body: bytes) -> None:
        """Take the records of one comment (MS-EMFPLUS, sections 2.3.3.1, 2.3.4.14 and 2.3.4.6)."""
        at, end = 16, min(len(body), 12 + struct.unpack_from("<I", body, 8)[0])
        while at + 12 <= end:
            kind, flags, size, length = struct.unpack_from("<HHII", body, at)
            inside = body[at + 12 : min(end, at + 12 + length)]
            if kind == _PLUS_HEAD:
                self._is_alone = not flags & 1
            elif kind == _PLUS_STRING and len(inside) >= 28:
                (count,) = struct.unpack_from("<I", inside, 8)
                self._say(inside[28 : 28 + 2 * min(count, len(inside))])
            elif kind == _PLUS_LETTERS and len(inside) >= 16:
                _, options, _, count = struct.unpack_from("<4I", inside)
                if options & 1:  # the letters are told by their characters, not by the font's own numbers
                    self._say(inside[16 : 16 + 2 * min(count, len(inside))])
            if size < 12:
                return
            at += size

    def _say(self, raw: bytes) -> None:
        text = raw.decode("utf-16-le", "replace")
        if self._is_alone:
            self._page.add_line(text)
        elif len(self._page.aside) < _MOST_STRINGS:
            self._page.aside.append(text)


_Objects = dict[int, Font | Brush]
_Change = Callable[[bytes, Page, _Objects], None]
_REGION_COPY: Final = 5
_STOCK: Final[_Objects] = {
    **{0x8000_0000 + number: Brush((level, level, level)) for number, level in enumerate((255, 192, 128, 64, 0))},
    0x8000_0005: Brush(Said.NOTHING),
}
"""Brushes that need not be made (MS-EMF, section 2.1.31)."""


def _number(body: bytes) -> int:
    return int(struct.unpack_from("<i", body, 8)[0])


def _matrix(body: bytes) -> Matrix:
    found = struct.unpack_from("<6f", body, 8)
    return found[0], found[1], found[2], found[3], found[4], found[5]


def _make_font(body: bytes, _: Page, objects: _Objects) -> None:
    handle, height, _, escapement = struct.unpack_from("<Iiii", body, 8)
    if len(objects) < MOST_RECORDS:
        objects[handle] = Font.of(height, escapement, body[35], body[40:104].decode("utf-16-le", "replace"))


def _make_brush(body: bytes, _: Page, objects: _Objects) -> None:
    handle, style = struct.unpack_from("<II", body, 8)
    if len(objects) < MOST_RECORDS:
        objects[handle] = Brush.of(style, body[16:20])


def _make_pattern(body: bytes, _: Page, objects: _Objects) -> None:
    if len(objects) < MOST_RECORDS:
        objects[struct.unpack_from("<I", body, 8)[0]] = Brush()


def _select(body: bytes, page: Page, objects: _Objects) -> None:
    page.select(objects.get(struct.unpack_from("<I", body, 8)[0]))


def _select_region(body: bytes, page: Page, _: _Objects) -> None:
    size, mode = struct.unpack_from("<II", body, 8)
    page.state.is_cut = not (size == 0 and mode == _REGION_COPY)


def _cut(_: bytes, page: Page, __: _Objects) -> None:
    page.state.is_cut = True


def _forget(body: bytes, _: Page, objects: _Objects) -> None:
    objects.pop(struct.unpack_from("<I", body, 8)[0], None)


def _set_window(body: bytes, page: Page, _: _Objects) -> None:
    page.set_window(*point(body))


def _modify_world(body: bytes, page: Page, _: _Objects) -> None:
    page.state.world = turned(page.state.world, _matrix(body), struct.unpack_from("<I", body, 32)[0])


def _set(name: str, value: Callable[[bytes], object]) -> _Change:
    return lambda body, page, _: setattr(page.state, name, value(body))


_CHANGES: Final[dict[int, tuple[_Change, int]]] = {
    9: (_set_window, 16),
    10: (_set("window_at", point), 16),
    11: (_set("view", point), 16),
    12: (_set("view_at", point), 16),
    17: (_set("mode", _number), 12),
    18: (_set("is_opaque", lambda body: _number(body) == 2), 12),
    20: (_set("copies", lambda body: _number(body) == 13), 12),
    22: (_set("align", _number), 12),
    24: (_set("ink", lambda body: colour(body[8:12])), 12),
    25: (_set("paper", lambda body: colour(body[8:12])), 12),
    27: (_set("at", point), 16),
    29: (_cut, 8),
    30: (_cut, 8),
    33: (lambda _, page, __: page.save(), 8),
    34: (lambda body, page, _: page.restore(_number(body)), 12),
    35: (_set("world", _matrix), 32),
    36: (_modify_world, 36),
    37: (_select, 12),
    39: (_make_brush, 20),
    40: (_forget, 12),
    54: (_set("at", point), 16),
    75: (_select_region, 16),
    82: (_make_font, 40),
    93: (_make_pattern, 12),
    94: (_make_pattern, 12),
}
"""What other records change, and how long they are at least."""
