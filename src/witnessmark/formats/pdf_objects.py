"""What hangs on a PDF beside its pages' text: annotations, form values, attachments, bookmarks, scripts, alt texts."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2.raw as pdfium

from witnessmark.cell.report import Report
from witnessmark.formats import dates
from witnessmark.formats.encodings import storable
from witnessmark.formats.pdf_call import narrow, raw, wide
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

MOST_ANNOTATIONS = 5000
MOST_BOOKMARKS = 5000
MOST_ELEMENTS = 5000
MOST_ATTACHMENTS = 5000
MOST_ADDRESSES = 200
MOST_CHOICES = 2000
"""Of one list of a form."""
LARGEST_ATTACHMENT = 512 << 20
_BOXES = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)
_EMPTY_BOX = "Off"
"""What a box holds that nobody ticked (ISO 32000-2, 12.7.5.2.3)."""
_TEXT_KEYS = ((b"Contents", "annotation"), (b"RC", "annotation"), (b"T", "annotation: by"), (b"Subj", "annotation"))
_FIELD_KEYS = ((b"V", "form field"), (b"TU", "form field"), (b"DV", "form field"))


@contextmanager
def form(document: Any) -> Iterator[Any]:
    """Give what pdfium needs to tell of form fields, nothing where the document has no form; no script of it runs."""
    if pdfium.FPDF_GetFormType(document) == pdfium.FORMTYPE_NONE:
        yield None
        return
    calls = pdfium.FPDF_FORMFILLINFO(version=2)  # kept until the end: pdfium keeps its address
    handle = pdfium.FPDFDOC_InitFormFillEnvironment(document, calls)
    try:
        yield handle
    finally:
        if handle:
            pdfium.FPDFDOC_ExitFormFillEnvironment(handle)


def annotations(page: Any, number: int, fields: Any, report: Report) -> list[tuple[str, str]]:
    """Return labelled texts of a page's annotations and fields; report their addresses, dates and attached files."""
    texts: list[tuple[str, str]] = []
    for place in range(min(pdfium.FPDFPage_GetAnnotCount(page), MOST_ANNOTATIONS)):
        mark = pdfium.FPDFPage_GetAnnot(page, place)
        if not mark:
            continue
        try:
            is_field = fields and pdfium.FPDFAnnot_GetSubtype(mark) == pdfium.FPDF_ANNOT_WIDGET
            texts += _texts_of_field(fields, mark) if is_field else _texts_of(mark)
            _observe_mark(mark, number, report)
        finally:
            pdfium.FPDFPage_CloseAnnot(mark)
    return texts


def _texts_of(mark: Any) -> Iterator[tuple[str, str]]:
    kind = pdfium.FPDFAnnot_GetSubtype(mark)
    keys: tuple[tuple[bytes, str], ...] = _TEXT_KEYS
    if kind == pdfium.FPDF_ANNOT_WIDGET:
        keys = _FIELD_KEYS
    elif kind == pdfium.FPDF_ANNOT_LINK:
        keys = _TEXT_KEYS[:1]
    for key, label in keys:
        text = wide(pdfium.FPDFAnnot_GetStringValue, mark, key).strip()
        if text:
            yield label, text


def _texts_of_field(fields: Any, mark: Any) -> Iterator[tuple[str, str]]:
    """Yield a field's value, its own or that of the fields above it, and what there is to choose from.

    See ISO 32000-2, 12.7.4 and 12.7.5.4.
    """
    is_box = pdfium.FPDFAnnot_GetFormFieldType(fields, mark) in _BOXES
    inherited = {b"V": pdfium.FPDFAnnot_GetFormFieldValue, b"TU": pdfium.FPDFAnnot_GetFormFieldAlternateName}
    for key, label in _FIELD_KEYS:
        text = wide(inherited[key], fields, mark).strip() if key in inherited else ""
        text = text or wide(pdfium.FPDFAnnot_GetStringValue, mark, key).strip()  # a field that the form does not list
        if text and not (is_box and text == _EMPTY_BOX):
            yield label, text
    for place in range(min(pdfium.FPDFAnnot_GetOptionCount(fields, mark), MOST_CHOICES)):
        text = wide(pdfium.FPDFAnnot_GetOptionLabel, fields, mark, place).strip()
        if text:
            yield "form field: choice", text


def _observe_mark(mark: Any, number: int, report: Report) -> None:
    for key in (b"M", b"CreationDate"):
        date = wide(pdfium.FPDFAnnot_GetStringValue, mark, key)
        if date:
            name = "modified" if key == b"M" else "created"
            dates.observe(report, f"annotation.{name}", dates.from_pdf(date), f"pdf annotation on page {number}")
    if pdfium.FPDFAnnot_GetSubtype(mark) == pdfium.FPDF_ANNOT_FILEATTACHMENT:
        attached = pdfium.FPDFAnnot_GetFileAttachment(mark)
        if attached:
            _take_out(attached, f"page-{number}", report)


def addresses(document: Any, page: Any) -> Iterator[str]:
    """Yield the addresses that links of a page lead to; nothing is ever fetched."""
    position = ctypes.c_int(0)
    link = (pdfium.FPDF_LINK)()
    for _ in range(MOST_ADDRESSES):
        if not pdfium.FPDFLink_Enumerate(page, position, link):
            return
        action = pdfium.FPDFLink_GetAction(link)
        if not action:
            continue
        if pdfium.FPDFAction_GetType(action) == pdfium.PDFACTION_URI:
            yield narrow(pdfium.FPDFAction_GetURIPath, document, action)
        elif pdfium.FPDFAction_GetType(action) in (pdfium.PDFACTION_LAUNCH, pdfium.PDFACTION_REMOTEGOTO):
            yield narrow(pdfium.FPDFAction_GetFilePath, action)


def attachments(document: Any, report: Report) -> None:
    """Take the files out that are embedded in the document."""
    for place in range(min(max(pdfium.FPDFDoc_GetAttachmentCount(document), 0), MOST_ATTACHMENTS)):
        attached = pdfium.FPDFDoc_GetAttachment(document, place)
        if attached:
            _take_out(attached, f"attachment-{place + 1}", report)


def _take_out(attached: Any, fallback: str, report: Report) -> None:
    name = wide(pdfium.FPDFAttachment_GetName, attached) or fallback
    path = (PathStep(_plain(name)),)
    stated = {
        key.decode().lower(): text
        for key in (b"CreationDate", b"ModDate")
        if (text := wide(pdfium.FPDFAttachment_GetStringValue, attached, key))
    }
    length = ctypes.c_ulong()
    if not pdfium.FPDFAttachment_GetFile(attached, None, 0, length):
        report.refuse_member(path, Outcome.CORRUPT, "the attached file's bytes cannot be found in the PDF")
        return
    if length.value > LARGEST_ATTACHMENT:
        report.refuse_member(path, Outcome.REFUSED_LIMIT, "the attached file is larger than 512 MiB")
        return
    buffer = ctypes.create_string_buffer(max(length.value, 1))
    pdfium.FPDFAttachment_GetFile(attached, buffer, length.value, length)
    with report.member(path, How.DECODED, stated) as sink:
        view = memoryview(buffer)[: length.value]
        for start in range(0, length.value, 1 << 20):
            sink.write(bytes(view[start : start + (1 << 20)]))


def _plain(name: str) -> str:
    return storable(name).replace("\0", "\ufffd") or "attachment"


def bookmarks(document: Any) -> Iterator[str]:
    """Yield the titles of the outline, in order; loops end, because each place is visited once."""
    pending = [pdfium.FPDFBookmark_GetFirstChild(document, None)]
    met: set[int] = set()
    while pending and len(met) < MOST_BOOKMARKS:
        mark = pending.pop()
        where = ctypes.cast(mark, ctypes.c_void_p).value
        if not where or where in met:
            continue
        met.add(where)
        title = wide(pdfium.FPDFBookmark_GetTitle, mark).strip()
        if title:
            yield title
        pending.append(pdfium.FPDFBookmark_GetNextSibling(document, mark))
        pending.append(pdfium.FPDFBookmark_GetFirstChild(document, mark))


def scripts(document: Any) -> Iterator[str]:
    """Yield the scripts that would run when the document opens; nothing runs here."""
    for place in range(min(max(pdfium.FPDFDoc_GetJavaScriptActionCount(document), 0), 200)):
        action = pdfium.FPDFDoc_GetJavaScriptAction(document, place)
        if not action:
            continue
        try:
            name = wide(pdfium.FPDFJavaScriptAction_GetName, action)
            yield f"{name}\n{wide(pdfium.FPDFJavaScriptAction_GetScript, action)}".strip()
        finally:
            pdfium.FPDFDoc_CloseJavaScriptAction(action)


def alternatives(page: Any) -> Iterator[str]:
    """Yield alternative, expanded and replacement texts of a tagged page (ISO 32000-1, 14.9)."""
    tree = pdfium.FPDF_StructTree_GetForPage(page)
    if not tree:
        return
    try:
        top = range(min(max(pdfium.FPDF_StructTree_CountChildren(tree), 0), MOST_ELEMENTS))
        pending = [pdfium.FPDF_StructTree_GetChildAtIndex(tree, place) for place in reversed(top)]
        seen = 0
        while pending and seen < MOST_ELEMENTS:
            element = pending.pop()
            if not element:
                continue
            seen += 1
            for call in (pdfium.FPDF_StructElement_GetAltText, pdfium.FPDF_StructElement_GetActualText):
                text = raw(call, element).decode("utf-16-le", "replace").rstrip("\0").strip()
                if text:
                    yield text
            inner = range(min(max(pdfium.FPDF_StructElement_CountChildren(element), 0), MOST_ELEMENTS))
            pending += [pdfium.FPDF_StructElement_GetChildAtIndex(element, place) for place in reversed(inner)]
    finally:
        pdfium.FPDF_StructTree_Close(tree)


def signatures(document: Any, report: Report) -> None:
    """Report what signature fields state: their times and kinds; whether they hold is not looked at here."""
    for place in range(min(max(pdfium.FPDF_GetSignatureCount(document), 0), 100)):
        signature = pdfium.FPDF_GetSignatureObject(document, place)
        if not signature:
            continue
        when = narrow(pdfium.FPDFSignatureObj_GetTime, signature)
        if when:
            dates.observe(report, "signed", dates.from_pdf(when), "pdf signature M")
        report.observe("pdf.signature", {"kind": narrow(pdfium.FPDFSignatureObj_GetSubFilter, signature)})
        reason = wide(pdfium.FPDFSignatureObj_GetReason, signature).strip()
        if reason:
            report.hidden("signature", reason + "\n")
