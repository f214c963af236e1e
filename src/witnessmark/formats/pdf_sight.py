"""Which characters of a PDF page a reader sees: the rest is in the file all the same, and must not pass for visible.

How much of the page pictures cover is told as well: letters in them are no characters of the page.

Two passes. The first looks at the page's objects for anything that could hide text: an invisible render mode, letters
of a point, a pale or transparent colour, something painted over it later, a clip, a place outside the page, a layer.
Most pages have nothing of the kind and are done. A page in doubt is drawn twice, with the texts in doubt and without; a
character that changes no pixel in its box is not seen, whatever the reason (white on white, under a bar or picture,
cut off).
A letter of a font that the file does not hold and pdfium does not carry (Chinese, most often) cannot be drawn here; a
reader's machine has the font. Where such a letter stands in doubt, boxes decide: what is painted over it, or under it
in its own colour.
"""

import ctypes
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pypdfium2.raw as pdfium

from witnessmark.formats import pdf_call, pdf_shot

Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points."""
Colour = tuple[int, int, int]

MOST_OBJECTS = 200_000
DEEPEST_FORM = 8
MANY_PAINTS = 300
PALE = 180
THIN = 2.5
DUST = 1.05
"""Points: nobody reads letters as small, on paper or on a screen that shows a page."""
COVERED = 0.3
"""A letter of which paint covers more than this share is not taken for seen where it cannot be drawn."""
INVISIBLE = 3
"""The text rendering mode that paints nothing (ISO 32000-1, table 106)."""
_WORD = re.compile(r"[^\W\u2e80-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]{2,}")


@dataclass(frozen=True, slots=True)
class Paint:
    """Something painted that is no text: where, in which plain colour, if it has one, and when in the page's order."""

    where: Box
    colour: Colour | None
    order: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A text of the page that nothing but paint can hide: its colour, and when it is painted in the page's order."""

    colour: Colour
    order: int


@dataclass(frozen=True, slots=True)
class Sight:
    """What a page shows: for each character whether it is unseen, None when all are seen; how much is pictures."""

    unseen: list[bool] | None
    severed: tuple[str, ...]
    """Words of which a reader sees some letters only, whole and each once: in parts nobody would find them."""
    pictured: int
    """Hundredths of the page that pictures cover, as if none lay over another."""


@dataclass(slots=True)
class Survey:
    """What the first pass found: texts that paint nothing, texts in doubt, and all the others with their boxes."""

    unpainted: list[Any] = field(default_factory=list)
    doubtful: list[Any] = field(default_factory=list)
    others: list[tuple[Any, Box | None]] = field(default_factory=list)
    paints: list[Paint] = field(default_factory=list)
    standing: dict[int, Standing] = field(default_factory=dict)  # by the text's address
    pictured: float = 0.0  # share of the page

    def doubt_what_lies_under(self, where: Box) -> None:
        """Move the texts that something now covers to the doubtful ones."""
        kept = []
        for item, bounds in self.others:
            if bounds is not None and _meet(where, bounds):
                self.doubtful.append(item)
            else:
                kept.append((item, bounds))
        self.others = kept


def look(page: Any, text_page: Any, count: int, *, layers: bool) -> Sight:
    """Return what a page with that many characters shows."""
    found = _survey(page)
    unseen, severed = _unseen(page, text_page, count, found, layers=layers)
    return Sight(unseen, severed, min(100, round(100 * found.pictured)))


def _unseen(
    page: Any, text_page: Any, count: int, found: Survey, *, layers: bool
) -> tuple[list[bool] | None, tuple[str, ...]]:
    if layers:
        found.doubtful += [item for item, _ in found.others]
        found.standing.clear()
    if not found.doubtful:
        if not found.unpainted:
            return None, ()
        if not found.others:
            return [True] * count, ()
    shot = pdf_shot.changed_pixels(page, found.doubtful) if found.doubtful else None
    hidden, letters = _judge(text_page, count, found, shot)
    return (hidden, _severed(hidden, letters)) if any(hidden) else (None, ())


def _survey(page: Any) -> Survey:
    found = Survey()
    paper = (0.0, 0.0, pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page))
    crop = pdf_call.box(pdfium.FPDFPage_GetCropBox, page) or pdf_call.box(pdfium.FPDFPage_GetMediaBox, page) or paper
    crop = (min(crop[0], crop[2]), min(crop[1], crop[3]), max(crop[0], crop[2]), max(crop[1], crop[3]))
    for place in range(min(pdfium.FPDFPage_CountObjects(page), MOST_OBJECTS)):
        item = pdfium.FPDFPage_GetObject(page, place)
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            _survey_text(item, crop, found, place)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM:
            pictures = False
            for inner, scale in _texts_and_pictures_of_form(item):
                if pdfium.FPDFPageObj_GetType(inner) == pdfium.FPDF_PAGEOBJ_IMAGE:
                    pictures = True
                    continue
                invisible = pdfium.FPDFTextObj_GetTextRenderMode(inner) == INVISIBLE
                invisible = invisible or _is_dust(inner, pdf_call.box(pdfium.FPDFPageObj_GetBounds, inner), scale)
                (found.unpainted if invisible else found.doubtful).append(inner)
            _survey_paint(item, kind, found, place)
            found.pictured += _part_of(crop, item) if pictures else 0.0
        else:
            _survey_paint(item, kind, found, place)
            found.pictured += _part_of(crop, item) if kind == pdfium.FPDF_PAGEOBJ_IMAGE else 0.0
    return found


def _part_of(crop: Box, item: Any) -> float:
    """Return which share of the page an object covers."""
    where = pdf_call.box(pdfium.FPDFPageObj_GetBounds, item)
    return 0.0 if where is None or not _meet(where, crop) else _share(where, crop)


def _survey_text(item: Any, crop: Box, found: Survey, order: int) -> None:
    mode = pdfium.FPDFTextObj_GetTextRenderMode(item)
    if mode == INVISIBLE:
        found.unpainted.append(item)
        return
    bounds = pdf_call.box(pdfium.FPDFPageObj_GetBounds, item)
    if _is_dust(item, bounds):
        found.unpainted.append(item)
        return
    colour = _colour(item)
    hides = (
        mode not in (0, 2)
        or colour is None
        or min(colour) > PALE
        or (bounds is not None and (not _holds(crop, bounds) or _is_clipped(item, bounds)))
    )
    bounds = _reach(item, bounds)
    if colour is not None and not hides and len(found.paints) <= MANY_PAINTS:
        found.standing[_address(item)] = Standing(colour, order)
    doubtful = (
        hides
        or len(found.paints) > MANY_PAINTS
        or (
            bounds is not None
            and any(
                _meet(paint.where, bounds) and (colour is None or _is_like(paint, colour)) for paint in found.paints
            )
        )
    )
    if doubtful:
        found.doubtful.append(item)
    else:
        found.others.append((item, bounds))


def _reach(item: Any, bounds: Box | None) -> Box | None:
    """Return the bounds, wider by a letter's size where the font is not in the file: pdfium measures what it draws."""
    font = pdfium.FPDFTextObj_GetFont(item)
    if bounds is None or not font or pdfium.FPDFFont_GetIsEmbedded(font) == 1:
        return bounds
    most = _size(item)
    return bounds[0] - most, bounds[1] - most, bounds[2] + most, bounds[3] + most


def _size(item: Any) -> float:
    """Return how high the letters of a text are where it stands, in points; 0 when that cannot be told."""
    size = ctypes.c_float()
    return abs(size.value) * _scale(item) if pdfium.FPDFTextObj_GetFontSize(item, size) else 0.0


def _scale(item: Any) -> float:
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(item, matrix):
        return 0.0
    return max(math.hypot(matrix.a, matrix.b), math.hypot(matrix.c, matrix.d))


def _is_dust(item: Any, bounds: Box | None, scale: float = 1.0) -> bool:
    """Tell whether letters are of a point or less: a full stop is as small, but its letters are not."""
    if bounds is None or min(bounds[2] - bounds[0], bounds[3] - bounds[1]) * scale > DUST:
        return False
    return 0 < _size(item) * scale <= DUST


def _is_like(paint: Paint, colour: Colour) -> bool:
    return paint.colour is None or max(abs(a - b) for a, b in zip(paint.colour, colour, strict=True)) < 80


def _survey_paint(item: Any, kind: int, found: Survey, order: int) -> None:
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
        found.standing.clear()
        found.doubtful += [text for text, _ in found.others]
        found.others = []
        return
    found.doubt_what_lies_under(where)
    found.paints.append(Paint(where, colour, order))


def _meet(one: Box, other: Box) -> bool:
    return min(one[2], other[2]) - max(one[0], other[0]) > 1 and min(one[3], other[3]) - max(one[1], other[1]) > 1


def _colour(item: Any) -> Colour | None:
    """Return an object's plain fill colour; None when it is transparent or no plain colour."""
    red, green, blue, alpha = ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint()
    if not pdfium.FPDFPageObj_GetFillColor(item, red, green, blue, alpha) or alpha.value < 128:
        return None
    return red.value, green.value, blue.value


def _texts_and_pictures_of_form(form: Any) -> Iterator[tuple[Any, float]]:
    """Yield the texts and pictures in a form and in the forms inside it, as long as their count is bearable.

    With each goes by how much the forms around it enlarge it.
    """
    pending, left = [(form, 0, _scale(form))], MOST_OBJECTS
    while pending:
        outer, depth, scale = pending.pop()
        for place in range(max(pdfium.FPDFFormObj_CountObjects(outer), 0)):
            left -= 1
            if left < 0:
                return
            item = pdfium.FPDFFormObj_GetObject(outer, place)
            kind = pdfium.FPDFPageObj_GetType(item)
            if kind in (pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_IMAGE):
                yield item, scale
            elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < DEEPEST_FORM:
                pending.append((item, depth + 1, scale * _scale(item)))


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


def _judge(text_page: Any, count: int, found: Survey, shot: pdf_shot.Shot | None) -> tuple[list[bool], str]:
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
            shows = shot is not None and _shows(text_page, place, shot)
            hidden.append(not shows and not _would_show(text_page, place, code, found))
        else:
            hidden.append(False)
    _drown_islands(hidden, owners)
    whole = "".join(letters)
    return _settle(hidden, whole), whole


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


def _shows(text_page: Any, place: int, shot: pdf_shot.Shot) -> bool:
    box = pdf_call.letter_box(text_page, place)
    if box is not None and box[3] > box[2]:
        share, tall = shot.share(*box)
        return share >= (0.1 if tall < 24 else 0.03)
    loose = pdfium.FS_RECTF()  # a glyph without a box of its own
    if not pdfium.FPDFText_GetLooseCharBox(text_page, place, loose):
        return False
    return shot.share(loose.left, loose.right, loose.bottom, loose.top)[0] >= 0.05


def _would_show(text_page: Any, place: int, code: int, found: Survey) -> bool:
    """Tell whether a letter that cannot be drawn here would show where its font is at hand."""
    item = pdfium.FPDFText_GetTextObject(text_page, place)
    standing = found.standing.get(_address(item))
    font = pdfium.FPDFTextObj_GetFont(item) if standing is not None else None
    if standing is None or not font or pdfium.FPDFFont_GetIsEmbedded(font) != 0:
        return False
    if pdfium.FPDFFont_GetGlyphPath(font, code, 12.0):
        return False
    loose = pdfium.FS_RECTF()
    if not pdfium.FPDFText_GetLooseCharBox(text_page, place, loose):
        return False
    box = (
        min(loose.left, loose.right),
        min(loose.bottom, loose.top),
        max(loose.left, loose.right),
        max(loose.bottom, loose.top),
    )
    return not any(
        (paint.order > standing.order or _is_like(paint, standing.colour)) and _share(paint.where, box) > COVERED
        for paint in found.paints
    )


def _share(cover: Box, box: Box) -> float:
    """Return which share of a box another covers; all of it, when it has no size."""
    wide = min(cover[2], box[2]) - max(cover[0], box[0])
    high = min(cover[3], box[3]) - max(cover[1], box[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    if not area > 0:
        return 1.0
    return max(wide, 0.0) * max(high, 0.0) / area


def _addresses(items: list[Any]) -> set[int]:
    return {_address(item) for item in items}


def _address(item: Any) -> int:
    return ctypes.addressof(item.contents) if item else 0


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


def _severed(hidden: list[bool], letters: str) -> tuple[str, ...]:
    words = (match for match in _WORD.finditer(letters) if len({*hidden[match.start() : match.end()]}) == 2)
    return tuple(dict.fromkeys(match[0] for match in words))
