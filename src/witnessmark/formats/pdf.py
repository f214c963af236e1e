"""PDF: text page by page, told apart into what a reader sees and what is in the file all the same; attachments; facts.

pdfium reads the copy in memory. Annotations and form fields that show are first drawn into that copy's pages, for
pdfium leaves them out of page text: a leaked form is its field values.
"""

import ctypes
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

import pypdfium2.raw as pdfium

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import (
    dates,
    pdf_bytes,
    pdf_doubled,
    pdf_library,
    pdf_objects,
    pdf_open,
    pdf_revisions,
    pdf_second,
    pdf_sight,
    xmp,
)
from witnessmark.formats.encodings import storable
from witnessmark.formats.pdf_call import wide
from witnessmark.model.derivative import Outcome

MOST_PAGES = 10_000
LONGEST_PAGE = 4_000_000
UNMAPPED_LOOK = 2_000
"""Characters of a page that are asked whether the file says which letters they are."""
PICTURED = 40
"""Hundredths of a page with text from which on it is observed that pictures cover so much of it."""
_INFO = ("Title", "Author", "Subject", "Keywords", "Creator", "Producer")


def read_pdf(source: Source, report: Report) -> None:
    """Read one PDF.

    Raises:
        ReadingStopped: when it is too large, asks for a password, or holds no document that can be opened.
    """
    report.tool("pdfium", pdf_library.VERSION)
    data = pdf_open.whole(source)
    pdf_bytes.observe_bytes(data, report)
    pdf_bytes.observe_actions(data, report)
    with pdf_open.opened(data, source.passwords) as document:
        if document.is_rebuilt:
            report.observe("pdf.rebuilt", value=True)
        _read_document(document, data, report)


def _read_document(opened: pdf_open.Opened, data: bytes, report: Report) -> None:
    document = opened.handle
    _read_protection(document, report, is_locked=opened.is_locked)
    _read_info(document, data, report)
    count = pdfium.FPDF_GetPageCount(document)
    report.observe("pdf.pages", count)
    if count <= 0:
        raise ReadingStopped(Outcome.CORRUPT, "the PDF has no pages")
    layers = pdf_bytes.has_layers(data)
    if layers:
        report.observe("pdf.layers", value=True)
    tagged = bool(pdfium.FPDFCatalog_IsTagged(document))
    with pdf_objects.form(document) as fields:
        pages = _Pages(opened, report, layers, tagged, fields, dict.fromkeys(pdf_second.chosen(count)))
        broken = sum(not pages.read(place) for place in range(min(count, MOST_PAGES)))
    _read_rest(document, report)
    pdf_revisions.read_revisions(document, data, report, linearised=pdf_bytes.is_linearised(data))
    if count > MOST_PAGES:
        report.outcome(Outcome.PARTIAL, f"the first {MOST_PAGES} of {count} pages were read")
    elif broken == count:
        report.outcome(Outcome.CORRUPT, "no page of the PDF can be opened")
    elif broken:
        report.outcome(Outcome.PARTIAL, f"{broken} of {count} pages cannot be opened")
    if pdfium.FPDF_GetSecurityHandlerRevision(document) < 0:
        pdf_second.compare(data, (page for page in pages.second.values() if page is not None), report)
        pdf_second.read_again(data, pages.unnamed, report)


def _read_protection(document: Any, report: Report, *, is_locked: bool) -> None:
    revision = pdfium.FPDF_GetSecurityHandlerRevision(document)
    if revision >= 0:
        how = "with a password" if is_locked else "without a password"
        allowed = pdfium.FPDF_GetDocPermissions(document) & 0xFFFFFFFF
        report.observe(
            "pdf.encrypted",
            {
                "revision": revision,
                "permissions": allowed,
                "opens": how,
            },
        )


def _read_info(document: Any, data: bytes, report: Report) -> None:
    for key in _INFO:
        text = wide(pdfium.FPDF_GetMetaText, document, key.encode()).strip()
        if not text:
            continue
        report.observe(f"pdf.info.{key.lower()}", storable(text[:500]))
        report.hidden(f"metadata: {key}", storable(text) + "\n")
        if key in ("Creator", "Producer"):
            dates.observe_software(report, storable(text), "", f"pdf Info {key}")
    for key, name in (("CreationDate", "created"), ("ModDate", "modified")):
        moment = dates.from_pdf(storable(wide(pdfium.FPDF_GetMetaText, document, key.encode())))
        dates.observe(report, name, moment, f"pdf Info {key}")
    for packet in xmp.packets(data):
        xmp.read_packet(packet, report)
    for unpacked in pdf_bytes.metadata_streams(data):
        for packet in xmp.packets(unpacked):
            xmp.read_packet(packet, report)


@dataclass(slots=True)
class _Pages:
    """Reads pages one by one, and keeps of some what the second reader is to look at."""

    opened: pdf_open.Opened
    report: Report
    layers: bool
    tagged: bool
    fields: Any
    """pdfium's form, or nothing."""
    second: dict[int, pdf_second.Page | None]
    """By number from 0: the pages that two readers are compared on."""
    unnamed: dict[int, str] = field(default_factory=dict)
    """By number from 1: what was found on pages many of whose letters have no name."""

    def read(self, place: int) -> bool:
        """Report one page; return False when it cannot be opened. Every page but the first begins with a form feed."""
        if place:
            self.report.visible("\f")
        document, page = self.opened.handle, self.opened.page(place)
        if not page:
            return False
        try:
            marks: list[tuple[str, str]] = []
            # Before annotations are drawn into it: the second reader does not draw them.
            found = _plain_text(page) if place in self.second else ""
            if pdfium.FPDFPage_GetAnnotCount(page) > 0:
                marks = pdf_objects.annotations(page, place + 1, self.fields, self.report)
                for address in dict.fromkeys(pdf_objects.addresses(document, page)):
                    self.report.observe("address", storable(address[:2000]))
                # Drawn into the page of this copy, what shows of them becomes page text.
                if pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_SUCCESS:
                    pdfium.FPDF_ClosePage(page)
                    page = pdfium.FPDF_LoadPage(document, place)
                    if not page:
                        return False
            shown = self._text(page, place + 1)
            if place in self.second:
                self.second[place] = pdf_second.Page(place + 1, found, shown)
            _report_marks(marks, shown, self.report)
            if self.tagged:
                _report_marks([("alt text", text) for text in pdf_objects.alternatives(page)], shown, self.report)
        finally:
            if page:
                pdfium.FPDF_ClosePage(page)
        return True

    def _text(self, page: Any, number: int) -> str:
        """Report a page's text and return what of it shows; keep it where many of its letters have no name."""
        text_page = pdfium.FPDFText_LoadPage(page)
        if not text_page:
            return ""
        report = self.report
        try:
            count = min(pdfium.FPDFText_CountChars(text_page), LONGEST_PAGE)
            if count <= 0:
                return ""
            whole = _characters(text_page, 0, count)
            if _observe_unmapped(text_page, number, count, report) and len(self.unnamed) < pdf_second.MOST_PAGES:
                self.unnamed[number] = whole
            sight = pdf_sight.look(page, text_page, count, layers=self.layers)
            unseen = sight.unseen
            if sight.pictured >= PICTURED:
                report.observe("pdf.pictured", {"page": number, "share": sight.pictured})
            copies = pdf_doubled.copies(text_page, count, whole)
            if unseen is None:
                shown = whole if not copies else _without(copies, text_page, 0, count)
                report.visible(shown + "\n")
                return shown
            parts: dict[bool, list[str]] = {False: [], True: []}
            start = 0
            for place in range(1, count + 1):
                if place == count or unseen[place] != unseen[start]:
                    parts[unseen[start]].append(_without(copies, text_page, start, place))
                    start = place
            shown = " ".join(parts[False]).strip()
            if shown:
                report.visible(shown + "\n")
            report.hidden(f"not seen on page {number}", " ".join(parts[True]).strip() + "\n")
            if sight.severed:
                report.hidden(f"words seen in part on page {number}", storable(" ".join(sight.severed)) + "\n")
            report.observe("pdf.unseen", {"page": number, "characters": sum(unseen)})
            return shown
        finally:
            pdfium.FPDFText_ClosePage(text_page)


def _without(copies: list[int], text_page: Any, start: int, end: int) -> str:
    """Return the text from one place to another, without letters that are second copies."""
    parts, at = list[str](), start
    for place in (*copies[bisect_left(copies, start) : bisect_left(copies, end)], end):
        parts.append(_characters(text_page, at, place - at) if place > at else "")
        at = place + 1
    return "".join(parts)


def _plain_text(page: Any) -> str:
    """Return all text of a page, seen or not, as far as the second reader may need it."""
    text_page = pdfium.FPDFText_LoadPage(page)
    if not text_page:
        return ""
    try:
        count = min(pdfium.FPDFText_CountChars(text_page), pdf_second.LONGEST_PAGE + 1)
        return _characters(text_page, 0, count) if count > 0 else ""
    finally:
        pdfium.FPDFText_ClosePage(text_page)


def _observe_unmapped(text_page: Any, number: int, count: int, report: Report) -> bool:
    """Observe a page many of whose signs have no letter in the file, and tell of it: its text is noise."""
    some = min(count, UNMAPPED_LOOK)
    unmapped = sum(pdfium.FPDFText_HasUnicodeMapError(text_page, place) == 1 for place in range(some))
    if unmapped * 20 <= some:
        return False
    report.observe("pdf.unmapped", {"page": number, "characters": unmapped, "of": some})
    return True


def _characters(text_page: Any, start: int, count: int) -> str:
    buffer = (ctypes.c_ushort * (count * 2 + 2))()
    written = pdfium.FPDFText_GetText(text_page, start, count, buffer)
    text = bytes(buffer)[: max(written - 1, 0) * 2].decode("utf-16-le", "replace")
    # A word broken at a line's end: pdfium leaves a mark where the hyphen stood. U+00AD says the same in text.
    return text.replace("\r\n", "\n").replace("\ufffe", "\u00ad").replace("\x02", "\u00ad").replace("\0", "")


def _report_marks(marks: list[tuple[str, str]], shown: str, report: Report) -> None:
    folded = "".join(shown.split())
    for label, text in dict.fromkeys(marks):
        if "".join(text.split()) not in folded:
            report.hidden(label, storable(text) + "\n")


def _read_rest(document: Any, report: Report) -> None:
    titles = "\n".join(pdf_objects.bookmarks(document))
    if titles:
        report.hidden("bookmarks", storable(titles) + "\n")
    for script in pdf_objects.scripts(document):
        report.hidden("script", storable(script) + "\n")
    pdf_objects.signatures(document, report)
    pdf_objects.attachments(document, report)
