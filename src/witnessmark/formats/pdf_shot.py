"""Draws a page of a PDF twice, with some of its texts and without, and tells where that makes a difference."""

import ctypes
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

LONGEST_SIDE = 2000  # pixels
_BAND = 32
"""Rows of pixels that are looked at together: most texts in doubt are a line or two of a page."""
_SEEN = bytes(1 if level > 24 else 0 for level in range(256))


@dataclass(frozen=True, slots=True)
class Shot:
    """Pixels that differ between a page with the texts in doubt and without, and how page points map to them.

    `changed` has a byte for each pixel of some `rows`; in the others nothing differs.
    """

    width: int
    height: int
    rows: range
    changed: bytes
    origin: tuple[float, float]
    across: tuple[float, float]  # pixels for one point to the right
    up: tuple[float, float]  # pixels for one point up

    def share(self, left: float, right: float, bottom: float, top: float) -> tuple[float, int]:
        """Return which share of a box changed, and its height in pixels."""
        xa = self.origin[0] + left * self.across[0] + bottom * self.up[0]
        ya = self.origin[1] + left * self.across[1] + bottom * self.up[1]
        xb = self.origin[0] + right * self.across[0] + top * self.up[0]
        yb = self.origin[1] + right * self.across[1] + top * self.up[1]
        if not (_is_near(xa) and _is_near(ya) and _is_near(xb) and _is_near(yb)):
            return 0.0, 0
        x0, x1 = max(int(min(xa, xb)), 0), min(int(max(xa, xb)) + 1, self.width)
        y0, y1 = max(int(min(ya, yb)), 0), min(int(max(ya, yb)) + 1, self.height)
        if x1 <= x0 or y1 <= y0:
            return 0.0, 0
        width, wide, first, count, lit = self.width, x1 - x0, self.rows.start, self.changed.count, 0
        for y in range(max(y0, first), min(y1, self.rows.stop)):
            start = width * (y - first) + x0
            lit += count(1, start, start + wide)
        return lit / (wide * (y1 - y0)), y1 - y0


def _is_near(place: float) -> bool:
    return -1e9 < place < 1e9  # false also of what is no number


def changed_pixels(page: Any, text: list[Any]) -> Shot | None:
    """Return which pixels some texts change, or None when the page cannot be drawn."""
    points = (pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page))
    if not (0 < points[0] < 1e5 and 0 < points[1] < 1e5):
        return None
    scale = min(1.25, LONGEST_SIDE / max(points))
    width, height = max(int(points[0] * scale), 1), max(int(points[1] * scale), 1)
    full = _drawn(page, width, height)
    for item in text:
        pdfium.FPDFPageObj_SetIsActive(item, False)
    bare = _drawn(page, width, height)
    for item in text:
        pdfium.FPDFPageObj_SetIsActive(item, True)
    if full is None or bare is None:
        return None
    rows, changed = _differing(full, bare, width, height)
    origin, right, up = (_to_pixels(page, width, height, x, y) for x, y in ((0, 0), (1000, 0), (0, 1000)))
    return Shot(
        width,
        height,
        rows,
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


def _differing(one: bytearray, other: bytearray, width: int, height: int) -> tuple[range, bytes]:
    """Return the rows outside of which two pictures are alike, and for each pixel inside whether it differs."""
    band, view = 4 * width * _BAND, memoryview(other)
    apart = [at for at in range(0, len(one), band) if not one.startswith(view[at : at + band], at)]
    if not apart:
        return range(0), b""
    changed = []
    for at in range(apart[0], apart[-1] + 1, band):
        rows = one[at : at + band], other[at : at + band]
        changed.append(_changed(*rows, width) if at in apart else bytes(width * _BAND))
    first = apart[0] // (4 * width)
    return range(first, min(first + len(changed) * _BAND, height)), b"".join(changed)


def _changed(one: bytearray, other: bytearray, width: int) -> bytes:
    full, bare = (
        Image.frombuffer("RGBX", (width, len(rows) // (4 * width)), rows, "raw", "RGBX", 0, 1) for rows in (one, other)
    )
    first, second, third, _ = ImageChops.difference(full, bare).split()  # the fourth byte of a pixel is no colour
    return ImageChops.lighter(ImageChops.lighter(first, second), third).tobytes().translate(_SEEN)


def _drawn(page: Any, width: int, height: int) -> bytearray | None:
    """Return the page drawn on white, four bytes a pixel."""
    pixels = bytearray(b"\xff") * (4 * width * height)
    start = (ctypes.c_char * len(pixels)).from_buffer(pixels)
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGRx, start, 4 * width)
    if not bitmap:
        return None
    try:
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, 0)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    return pixels
