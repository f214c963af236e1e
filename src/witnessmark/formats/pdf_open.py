"""Opens a PDF for whoever reads or draws it: with the passwords at hand, and by its objects where its table lies."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

from witnessmark.cell.report import ReadingStopped, Source
from witnessmark.model.derivative import Outcome

LARGEST = 512 << 20
"""Bytes of a PDF that are read into memory."""
_PAGES_TRIED = 20
_START = b"startxref"
_REASONS = {
    pdfium.FPDF_ERR_PASSWORD: (Outcome.ENCRYPTED, "the PDF asks for a password"),
    pdfium.FPDF_ERR_SECURITY: (Outcome.ENCRYPTED, "the PDF is protected by a scheme that is not read here"),
}
_NO_DOCUMENT = Outcome.CORRUPT, "no PDF document can be opened in these bytes"


@dataclass(slots=True)
class Opened:
    """An open document: pdfium's handle, whether it asked for a password, and whether its table was passed over."""

    handle: Any
    is_locked: bool
    is_rebuilt: bool
    tried: tuple[int, Any] | None
    """The first page that could be opened, counted from 0, for whoever asks for it first: opening costs."""

    def page(self, place: int) -> Any:
        """Return a page, counted from 0, to be closed by whoever asks; nothing when it cannot be opened."""
        if self.tried is not None and self.tried[0] == place:
            page, self.tried = self.tried[1], None
            return page
        return pdfium.FPDF_LoadPage(self.handle, place)

    def close(self) -> None:
        """Close the document, and a page that nobody asked for."""
        _close(self.handle, self.tried)


def whole(source: Source) -> bytes:
    """Return the bytes of the file.

    Raises:
        ReadingStopped: when they are too many.
    """
    if source.size > LARGEST:
        raise ReadingStopped(Outcome.REFUSED_LIMIT, "the PDF is larger than 512 MiB")
    return source.first(LARGEST)


@contextmanager
def opened(data: bytes, passwords: tuple[str, ...] = ()) -> Iterator[Opened]:
    """Open the document and close it in the end.

    Raises:
        ReadingStopped: when it asks for a password, or holds no document that can be opened.
    """
    handle, is_locked = _with_passwords(data, passwords)
    error = pdfium.FPDF_ERR_SUCCESS if handle else pdfium.FPDF_GetLastError()
    tried = _first_page(handle) if handle and error == pdfium.FPDF_ERR_SUCCESS else None
    copy = b""  # pdfium reads in it until the document is closed
    if error in (pdfium.FPDF_ERR_SUCCESS, pdfium.FPDF_ERR_FORMAT) and (tried is None or _is_blank(handle, tried[1])):
        copy = data.replace(_START, b"startxxxx")
        rebuilt, found = _rebuilt(copy)
        if found is not None and (tried is None or not _is_blank(rebuilt, found[1])):
            _close(handle, tried)
            handle, tried = rebuilt, found
        else:
            _close(rebuilt, found)
            copy = b""
    if not handle:
        raise ReadingStopped(*_REASONS.get(error, _NO_DOCUMENT))
    document = Opened(handle, is_locked, is_rebuilt=bool(copy), tried=tried)
    try:
        yield document
    finally:
        document.close()


def _with_passwords(data: bytes, passwords: tuple[str, ...]) -> tuple[Any, bool]:
    handle = pdfium.FPDF_LoadMemDocument64(data, len(data), None)
    is_locked = not handle
    for password in passwords:
        if handle or pdfium.FPDF_GetLastError() != pdfium.FPDF_ERR_PASSWORD:
            break
        handle = pdfium.FPDF_LoadMemDocument64(data, len(data), password.encode())
    return handle, is_locked


def _rebuilt(copy: bytes) -> tuple[Any, tuple[int, Any] | None]:
    """Return the document that shows a page when it is opened by its objects, and that page; or nothing.

    pdfium looks for the objects itself when no `startxref` names a table of their places (ISO 32000-2, 7.5.5). The
    copy is as long as the file, so that every place in it stays true.
    """
    handle = pdfium.FPDF_LoadMemDocument64(copy, len(copy), None)
    tried = _first_page(handle) if handle else None
    if handle and tried is None:
        pdfium.FPDF_CloseDocument(handle)
        return None, None
    return handle, tried


def _close(handle: Any, tried: tuple[int, Any] | None) -> None:
    if tried is not None:
        pdfium.FPDF_ClosePage(tried[1])
    if handle:
        pdfium.FPDF_CloseDocument(handle)


def _is_blank(handle: Any, first: Any) -> bool:
    """Tell whether nothing is drawn on any of the first pages: their drawings may not lie where the table says."""
    if pdfium.FPDFPage_CountObjects(first) > 0:
        return False
    for place in range(min(pdfium.FPDF_GetPageCount(handle), _PAGES_TRIED)):
        page = pdfium.FPDF_LoadPage(handle, place)
        count = pdfium.FPDFPage_CountObjects(page) if page else 0
        if page:
            pdfium.FPDF_ClosePage(page)
        if count > 0:
            return False
    return True


def _first_page(handle: Any) -> tuple[int, Any] | None:
    """Return the first page that can be opened, of the first pages."""
    for place in range(min(pdfium.FPDF_GetPageCount(handle), _PAGES_TRIED)):
        page = pdfium.FPDF_LoadPage(handle, place)
        if page:
            return place, page
    return None
