"""One page of a PDF as pixels, with a box around each word: the task `render_page`.

Parameters: `page` from 1, `dpi`, and `grey` (1: one byte a pixel; else three, blue, green and red). What shows is
drawn, annotations and form fields too. Pixels are counted before anything is drawn. Fonts that the file does not hold
are replaced by those that pdfium carries: behind the cell's walls no machine's fonts are in sight.
"""

import ctypes
from collections.abc import Iterator
from typing import Any

import pypdfium2.raw as pdfium

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import pdf_library, pdf_open
from witnessmark.model.derivative import Outcome

MOST_SIDE = 10_000
MOST_PIXELS = 50_000_000
MOST_CHARACTERS = 1_000_000
LONGEST_WORD = 200
_TOGETHER = 400
"""Words in one observation."""


def render_page(source: Source, report: Report) -> None:
    """Draw a page, and observe `page.pages`, `page.words`: `[text, left, top, right, bottom]` in pixels of the picture.

    Raises:
        ReadingStopped: when there is no such page, it asks for a password, or it would be too large a picture.
    """
    report.tool("pdfium", pdf_library.VERSION)
    with pdf_open.opened(pdf_open.whole(source), source.passwords) as document:
        _draw(document.handle, source, report)


def _draw(document: Any, source: Source, report: Report) -> None:
    number, dpi = source.parameters.get("page", 1), source.parameters.get("dpi", 150)
    count = pdfium.FPDF_GetPageCount(document)
    report.observe("page.pages", count)
    if not 1 <= number <= count:
        raise ReadingStopped(Outcome.CORRUPT, f"there is no page {number} among {count}")
    page = _shown_page(document, number - 1)
    try:
        wide, high = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
        if not (0 < wide < 1e7 and 0 < high < 1e7 and 0 < dpi <= 2400):  # false for what is no number, too
            raise ReadingStopped(Outcome.REFUSED_LIMIT, "the page has no size that can be drawn")
        width, height = max(1, round(wide * dpi / 72)), max(1, round(high * dpi / 72))
        if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
            raise ReadingStopped(
                Outcome.REFUSED_LIMIT, f"the page would be {width:,} × {height:,} pixels: more than is drawn"
            )
        _observe_words(page, width, height, report)
        _paint(page, width, height, report, grey=bool(source.parameters.get("grey", 0)))
    finally:
        pdfium.FPDF_ClosePage(page)


def _shown_page(document: Any, place: int) -> Any:
    """Return the page with what shows of its annotations drawn into it, in this copy only."""
    page = pdfium.FPDF_LoadPage(document, place)
    if (
        page
        and pdfium.FPDFPage_GetAnnotCount(page) > 0
        and pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_SUCCESS
    ):
        pdfium.FPDF_ClosePage(page)
        page = pdfium.FPDF_LoadPage(document, place)
    if not page:
        raise ReadingStopped(Outcome.CORRUPT, f"page {place + 1} cannot be opened")
    return page


def _paint(page: Any, width: int, height: int, report: Report, *, grey: bool) -> None:
    channels = 1 if grey else 3
    kind = pdfium.FPDFBitmap_Gray if grey else pdfium.FPDFBitmap_BGR
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, kind, None, 0)
    if not bitmap:
        raise ReadingStopped(Outcome.MEMORY, "no memory for the picture of the page")
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        flags = pdfium.FPDF_ANNOT | (pdfium.FPDF_GRAYSCALE if grey else 0)
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, flags)
        start = ctypes.cast(pdfium.FPDFBitmap_GetBuffer(bitmap), ctypes.c_void_p).value or 0
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        rows = (ctypes.string_at(start + row * stride, width * channels) for row in range(height))
        report.picture(width, height, channels, rows)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)


def _observe_words(page: Any, width: int, height: int, report: Report) -> None:
    text_page = pdfium.FPDFText_LoadPage(page)
    if not text_page:
        return
    try:
        waiting: list[list[str | int]] = []
        for word in _words(page, text_page, width, height):
            waiting.append(word)
            if len(waiting) == _TOGETHER:
                report.observe("page.words", waiting)
                waiting = []
        if waiting:
            report.observe("page.words", waiting)
    finally:
        pdfium.FPDFText_ClosePage(text_page)


def _words(page: Any, text_page: Any, width: int, height: int) -> Iterator[list[str | int]]:
    """Yield what stands between white space, with the box around its letters; parts outside the picture are cut off."""
    letters: list[str] = []
    box: list[int] = []
    for place in range(min(pdfium.FPDFText_CountChars(text_page), MOST_CHARACTERS)):
        code = pdfium.FPDFText_GetUnicode(text_page, place)
        letter = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""
        is_part = bool(letter) and not letter.isspace()
        if letters and (not is_part or len(letters) == LONGEST_WORD):
            yield ["".join(letters), *box]
            letters, box = [], []
        edges = _box(page, text_page, place, width, height) if is_part else None
        if edges is not None:
            letters.append(letter)
            box = edges if not box else [*map(min, box[:2], edges[:2]), *map(max, box[2:], edges[2:])]
    if letters:
        yield ["".join(letters), *box]


def _box(page: Any, text_page: Any, place: int, width: int, height: int) -> list[int] | None:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    if not pdfium.FPDFText_GetCharBox(text_page, place, left, right, bottom, top):
        return None
    across, down = ctypes.c_int(), ctypes.c_int()
    corners = []
    for x, y in ((left.value, top.value), (right.value, bottom.value)):
        if not pdfium.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, across, down):
            return None
        corners.append((min(max(across.value, 0), width), min(max(down.value, 0), height)))
    (a, b), (c, d) = corners
    return [min(a, c), min(b, d), max(a, c), max(b, d)]
