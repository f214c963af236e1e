"""Draws a page of a PDF twice, with some of its texts and without, and tells where that makes a difference."""

import ctypes
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

LONGEST_SIDE = 2000  # pixels
_SEEN = bytes(1 if level > 24 else 0 for level in range(256))


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


def changed_pixels(page: Any, text: list[Any]) -> Shot | None:
    """Return which pixels some texts change, or None when the page cannot be drawn."""
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
