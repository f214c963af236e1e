"""Earlier revisions of a PDF that lie whole in the file: what stood on their pages and is there no more.

An incremental update (ISO 32000-1, 7.5.6) leaves all that was before it; the file up to the end of an earlier trailer
is the document as it was saved then. What a later revision covered or took away is still there for whoever looks.
"""

import ctypes
from collections.abc import Iterator
from typing import Any

import pypdfium2.raw as pdfium

from witnessmark.cell.report import Report

MOST = 20
"""Revisions that are read of one file, the latest first."""
MOST_PAGES = 500
LONGEST_PAGE = 500_000


def read_revisions(document: Any, data: bytes, report: Report, *, linearised: bool) -> None:
    """Report as hidden text the lines of earlier revisions that the latest does not have."""
    ends = _ends(document)
    if linearised:
        ends = ends[1:]  # the first trailer of a linearised file stands before most of its only revision (annex F)
    earlier = [end for end in ends[:-1] if 0 < end < len(data)]
    if not earlier:
        return
    report.observe("pdf.revisions", len(earlier) + 1)
    known = set(_lines(document))
    first = max(0, len(earlier) - MOST)
    for number in range(len(earlier), first, -1):
        older = pdfium.FPDF_LoadMemDocument64(data, earlier[number - 1], None)
        if not older:
            continue
        gone = 0
        try:
            pages = pdfium.FPDF_GetPageCount(older)
            for line in _lines(older):
                if line not in known:
                    known.add(line)
                    gone += 1
                    report.hidden(f"earlier revision {number}", line)
        finally:
            pdfium.FPDF_CloseDocument(older)
        report.observe("pdf.revision", {"number": number, "bytes": earlier[number - 1], "pages": pages, "gone": gone})


def _ends(document: Any) -> list[int]:
    """Return where each trailer ends, as pdfium found them."""
    count = pdfium.FPDF_GetTrailerEnds(document, None, 0)
    if not 1 < count <= 10_000:
        return []
    buffer = (ctypes.c_uint * count)()
    pdfium.FPDF_GetTrailerEnds(document, buffer, count)
    return sorted(set(buffer))


def _lines(document: Any) -> Iterator[str]:
    """Yield the lines of every page, with what its annotations and fields show, blanks folded."""
    for place in range(min(pdfium.FPDF_GetPageCount(document), MOST_PAGES)):
        page = pdfium.FPDF_LoadPage(document, place)
        if not page:
            continue
        try:
            if pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_SUCCESS:
                pdfium.FPDF_ClosePage(page)
                page = pdfium.FPDF_LoadPage(document, place)
            if page:
                yield from _page_lines(page)
        finally:
            if page:
                pdfium.FPDF_ClosePage(page)


def _page_lines(page: Any) -> Iterator[str]:
    text_page = pdfium.FPDFText_LoadPage(page)
    if not text_page:
        return
    try:
        count = min(pdfium.FPDFText_CountChars(text_page), LONGEST_PAGE)
        if count > 0:
            buffer = (ctypes.c_ushort * (count * 2 + 2))()
            written = pdfium.FPDFText_GetText(text_page, 0, count, buffer)
            text = bytes(buffer)[: max(written - 1, 0) * 2].decode("utf-16-le", "replace")
            for line in text.replace("\0", "").splitlines():
                folded = " ".join(line.split())
                if folded:
                    yield folded
    finally:
        pdfium.FPDFText_ClosePage(text_page)
