"""Which characters of a PDF page a reader sees: the rest is in the file all the same, and must not pass for visible.

Two passes. The first looks at the page's objects for anything that could hide text: an invisible render mode, a pale or
transparent colour, something painted over it later, a clip, a place outside the page, a layer. Most pages have
nothing of the kind and are done. A page in doubt is drawn twice, with the texts in doubt and without; a character
that changes no pixel in its box is not seen, whatever the reason (white on white, under a bar or picture, cut off).
"""

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from witnessmark.formats import pdf_call

Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points."""
Colour = tuple[int, int, int]

MOST_OBJECTS = 200_000
LONGEST_SIDE = 2000  # pixels
DEEPEST_FORM = 8
MANY_PAINTS = 300
PALE = 180
THIN = 2.5
INVISIBLE = 3
"""The text rendering mode that paints nothing (ISO 32000-1, table 106)."""
_WORD = re.compile(r"[^\W\u2e80-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]{2,}")
_SEEN = bytes(1 if level > 24 else 0 for level in range(256))


@dataclass(frozen=True, slots=True)
class Paint:
    """Something painted that is no text: where, and in which plain colour, if it has one."""

    where: Box
    colour: Colour | None


@dataclass(slots=True)
class Survey:
    """What the first pass found: texts that paint nothing, texts in doubt, and all the others with their boxes."""

    unpainted: list[Any] = field(default_factory=list)
    doubtful: list[Any] = field(default_factory=list)
    others: list[tuple[Any, Box | None]] = field(default_factory=list)
    paints: list[Paint] = field(default_factory=list)

    def doubt_what_lies_under(self, where: Box) -> None:
        """Move the texts that something now covers to the doubtful ones."""
        kept = []
        for item, bounds in self.others:
            if bounds is not None and _meet(where, bounds):
                self.doubtful.append(item)
            else:
                kept.append((item, bounds))
        self.others = kept


def unseen(page: Any, text_page: Any, count: int, *, layers: bool) -> list[bool] | None:
    """Return for each character whether it is unseen, or None when all are seen."""
    found = _survey(page)
    if layers:
        found.doubtful += [item for item, _ in found.others]
    if not found.doubtful:
        if not found.unpainted:
            return None
        if not found.others:
            return [True] * count
    shot = _changed_pixels(page, found.doubtful) if found.doubtful else None
    hidden = _judge(text_page, count, found, shot)
    return hidden if any(hidden) else None


def _survey(page: Any) -> Survey:
    found = Survey()
    paper = (0.0, 0.0, pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page))
    crop = pdf_call.box(pdfium.FPDFPage_GetCropBox, page) or pdf_call.box(pdfium.FPDFPage_GetMediaBox, page) or paper
    crop = (min(crop[0], crop[2]), min(crop[1], crop[3]), max(crop[0], crop[2]), max(crop[1], crop[3]))
    for place in range(min(pdfium.FPDFPage_CountObjects(page), MOST_OBJECTS)):
        item = pdfium.FPDFPage_GetObject(page, place)
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            _survey_text(item, crop, found)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM:
            for inner in _texts_of_form(item):
                invisible = pdfium.FPDFTextObj_GetTextRenderMode(inner) == INVISIBLE
                (found.unpainted if invisible else found.doubtful).append(inner)
            _survey_paint(item, kind, found)
        else:
            _survey_paint(item, kind, found)
    return found


def _survey_text(item: Any, crop: Box, found: Survey) -> None:
    mode = pdfium.FPDFTextObj_GetTextRenderMode(item)
    if mode == INVISIBLE:
        found.unpainted.append(item)
        return
    bounds = pdf_call.box(pdfium.FPDFPageObj_GetBounds, item)
    colour = _colour(item)
    doubtful = (
        mode not in (0, 2)
        or colour is None
        or min(colour) > PALE
        or len(found.paints) > MANY_PAINTS
        or (bounds is not None and (not _holds(crop, bounds) or _is_clipped(item, bounds)))
        or (
            bounds is not None and any(_is_like(paint, colour) and _meet(paint.where, bounds) for paint in found.paints)
        )
    )
    if doubtful:
        found.doubtful.append(item)
    else:
        found.others.append((item, bounds))


def _is_like(paint: Paint, colour: Colour) -> bool:
    return paint.colour is None or max(abs(a - b) for a, b in zip(paint.colour, colour, strict=True)) < 80


def _survey_paint(item: Any, kind: int, found: Survey) -> None:
    """Note what is painted; thin lines under or through words do not count."""
    colour = None
    if kind == pdfium.FPDF_PAGEOBJ_PATH:
        fill, stroke = ctypes.c_int(), ctypes.c_int()
        if not pdfium.FPDFPath_GetDrawMode(item, fill, stroke):
            return
        width = ctypes.c_float()
        thick = bool(stroke.value) and bool(pdfium.FPDFPageObj_GetStrokeWidth(item, width)) and width.value > THIN
        if not fill.value and not thick:
            return
        colour = _colour(item) if fill.value and not thick else None
    where = pdf_call.box(pdfium.FPDFPageObj_GetBounds, item)
    if where is None or min(where[2] - where[0], where[3] - where[1]) < THIN:
        return
    if len(found.paints) > MANY_PAINTS:  # a drawing: every text on the page is looked at
        found.doubtful += [text for text, _ in found.others]
        found.others = []
        return
    found.doubt_what_lies_under(where)
    found.paints.append(Paint(where, colour))


def _meet(one: Box, other: Box) -> bool:
    return min(one[2], other[2]) - max(one[0], other[0]) > 1 and min(one[3], other[3]) - max(one[1], other[1]) > 1


def _colour(item: Any) -> Colour | None:
    """Return an object's plain fill colour; None when it is transparent or no plain colour."""
    red, green, blue, alpha = ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint()
    if not pdfium.FPDFPageObj_GetFillColor(item, red, green, blue, alpha) or alpha.value < 128:
        return None
    return red.value, green.value, blue.value


def _texts_of_form(form: Any) -> Iterator[Any]:
    """Yield the texts in a form and in the forms inside it, as long as the count of objects is bearable."""
    pending, left = [(form, 0)], MOST_OBJECTS
    while pending:
        outer, depth = pending.pop()
        for place in range(max(pdfium.FPDFFormObj_CountObjects(outer), 0)):
            left -= 1
            if left < 0:
                return
            item = pdfium.FPDFFormObj_GetObject(outer, place)
            kind = pdfium.FPDFPageObj_GetType(item)
            if kind == pdfium.FPDF_PAGEOBJ_TEXT:
                yield item
            elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < DEEPEST_FORM:
                pending.append((item, depth + 1))


def _is_clipped(item: Any, bounds: Box) -> bool:
    clip = pdfium.FPDFPageObj_GetClipPath(item)
    if not clip:
        return False
    for path in range(pdfium.FPDFClipPath_CountPaths(clip)):
        across, along = [], []
        x, y = ctypes.c_float(), ctypes.c_float()
        for place in range(min(pdfium.FPDFClipPath_CountPathSegments(clip, path), 64)):
            segment = pdfium.FPDFClipPath_GetPathSegment(clip, path, place)
            if pdfium.FPDFPathSegment_GetPoint(segment, x, y):
                across.append(x.value)
                along.append(y.value)
        if not across or not _holds((min(across), min(along), max(across), max(along)), bounds):
            return True
    return False


def _holds(outer: Box, inner: Box) -> bool:
    # Bounds of text are loose by some points; only what sticks out by more than that can be cut off.
    slack = 3 + 0.25 * (inner[3] - inner[1])
    return (
        inner[0] >= outer[0] - slack
        and inner[1] >= outer[1] - slack
        and inner[2] <= outer[2] + slack
        and inner[3] <= outer[3] + slack
    )


@dataclass(frozen=True, slots=True)
class Shot:
    """Pixels that differ between a page with the texts in doubt and without, and how page points map to them."""

    width: int
    height: int
    changed: bytes
    origin: tuple[float, float]
    across: tuple[float, float]  # pixels for one point to the right
    up: tuple[float, float]  # pixels for one point up

    def share(self, left: float, right: float, bottom: float, top: float) -> tuple[float, int]:
        """Return which share of a box changed, and its height in pixels."""
        xs, ys = [], []
        for x, y in ((left, bottom), (right, top)):
            xs.append(self.origin[0] + x * self.across[0] + y * self.up[0])
            ys.append(self.origin[1] + x * self.across[1] + y * self.up[1])
        if not all(-1e9 < place < 1e9 for place in (*xs, *ys)):  # also what is no number
            return 0.0, 0
        x0, x1 = max(int(min(xs)), 0), min(int(max(xs)) + 1, self.width)
        y0, y1 = max(int(min(ys)), 0), min(int(max(ys)) + 1, self.height)
        if x1 <= x0 or y1 <= y0:
            return 0.0, 0
        lit = sum(self.changed.count(1, y * self.width + x0, y * self.width + x1) for y in range(y0, y1))
        return lit / ((x1 - x0) * (y1 - y0)), y1 - y0


def _changed_pixels(page: Any, text: list[Any]) -> Shot | None:
    points = (pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page))
    if not (0 < points[0] < 1e5 and 0 < points[1] < 1e5):
        return None
    scale = min(1.25, LONGEST_SIDE / max(points))
    width, height = max(int(points[0] * scale), 1), max(int(points[1] * scale), 1)
    full = _draw(page, width, height)
    for item in text:
        pdfium.FPDFPageObj_SetIsActive(item, False)
    bare = _draw(page, width, height)
    for item in text:
        pdfium.FPDFPageObj_SetIsActive(item, True)
    if full is None or bare is None:
        return None
    red, green, blue = ImageChops.difference(full, bare).split()
    changed = ImageChops.lighter(ImageChops.lighter(red, green), blue).tobytes().translate(_SEEN)
    origin, right, up = (_to_pixels(page, width, height, x, y) for x, y in ((0, 0), (1000, 0), (0, 1000)))
    return Shot(
        width,
        height,
        changed,
        origin,
        ((right[0] - origin[0]) / 1000, (right[1] - origin[1]) / 1000),
        ((up[0] - origin[0]) / 1000, (up[1] - origin[1]) / 1000),
    )


def _to_pixels(page: Any, width: int, height: int, x: float, y: float) -> tuple[float, float]:
    across, down = ctypes.c_int(), ctypes.c_int()
    # pdfium answers in whole pixels: ask on a grid 16 times as fine.
    pdfium.FPDF_PageToDevice(page, 0, 0, width * 16, height * 16, 0, x, y, across, down)
    return across.value / 16, down.value / 16


def _draw(page: Any, width: int, height: int) -> Image.Image | None:
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGRx, None, 0)
    if not bitmap:
        return None
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, 0)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        pixels = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * height)
        return Image.frombuffer("RGB", (width, height), pixels, "raw", "BGRX", stride, 1)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)


def _judge(text_page: Any, count: int, found: Survey, shot: Shot | None) -> list[bool]:
    unpainted, doubtful = _addresses(found.unpainted), _addresses(found.doubtful)
    known = unpainted | doubtful | _addresses([item for item, _ in found.others])
    hidden: list[bool | None] = []
    letters: list[str] = []
    owners: list[int] = []
    for place in range(count):
        owners.append(0)
        code = pdfium.FPDFText_GetUnicode(text_page, place)
        letter = chr(code) if 0 < code < 0x110000 else "\ufffd"
        letters.append(letter)
        if letter.isspace() or pdfium.FPDFText_IsGenerated(text_page, place) == 1:
            hidden.append(None)
            continue
        owner = owners[-1] = _address(pdfium.FPDFText_GetTextObject(text_page, place))
        if owner in unpainted:
            hidden.append(True)
        elif owner in doubtful or owner not in known:
            hidden.append(shot is None or not _shows(text_page, place, shot))
        else:
            hidden.append(False)
    _drown_islands(hidden, owners)
    return _settle(hidden, "".join(letters))


def _drown_islands(hidden: list[bool | None], owners: list[int]) -> None:
    """Hide the few seen characters of a text that is mostly unseen: white words cross a line, tails stick out."""
    start = 0
    for place in range(1, len(owners) + 1):
        if place < len(owners) and owners[place] in (owners[start], 0):
            continue
        inked = [i for i in range(start, place) if hidden[i] is not None]
        unseen_ones = sum(hidden[i] is True for i in inked)
        if 0 < len(inked) - unseen_ones <= max(2, len(inked) // 10) and unseen_ones * 2 > len(inked):
            for i in inked:
                hidden[i] = True
        start = place


def _shows(text_page: Any, place: int, shot: Shot) -> bool:
    left, right, bottom, top = ctypes.c_double(), ctypes.c_double(), ctypes.c_double(), ctypes.c_double()
    if pdfium.FPDFText_GetCharBox(text_page, place, left, right, bottom, top) and top.value > bottom.value:
        share, tall = shot.share(left.value, right.value, bottom.value, top.value)
        return share >= (0.1 if tall < 24 else 0.03)
    loose = pdfium.FS_RECTF()  # a glyph without a box of its own
    if not pdfium.FPDFText_GetLooseCharBox(text_page, place, loose):
        return False
    return shot.share(loose.left, loose.right, loose.bottom, loose.top)[0] >= 0.05


def _addresses(items: list[Any]) -> set[int]:
    return {_address(item) for item in items}


def _address(item: Any) -> int:
    return ctypes.cast(item, ctypes.c_void_p).value or 0


def _settle(hidden: list[bool | None], letters: str) -> list[bool]:
    """Give blanks their neighbours' state, and a word that is mostly unseen one state throughout."""
    for match in _WORD.finditer(letters):
        own = [hidden[i] for i in range(*match.span())]
        if sum(state is True for state in own) * 2 > len(own):
            hidden[match.start() : match.end()] = [True] * len(own)
    settled: list[bool] = []
    for state in hidden:
        settled.append((settled[-1] if settled else False) if state is None else state)
    return settled
