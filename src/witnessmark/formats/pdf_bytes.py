"""What can be seen of a PDF in its bytes, without following its objects: states, metadata streams, layers."""

import re
import zlib
from collections import Counter
from collections.abc import Iterator

from witnessmark.cell.report import Report

_ACTION = re.compile(
    rb"/S[ \t\r\n\x00\x0c]{0,8}/(JavaScript|Launch|URI|SubmitForm|ImportData|GoToR|GoToE|Rendition|Movie|Sound|Thread"
    rb"|Hide|ResetForm|SetOCGState|RichMediaExecute|GoTo3DView)(?![\w#])|/(OpenAction|AA|XFA)(?![\w#])"
)
_VERSION = re.compile(rb"%PDF-(\d\.\d)")
LARGEST = 8 << 20
"""Bytes that one stream may unpack to here."""
MOST_STREAMS = 4000


def observe_bytes(data: bytes, report: Report) -> None:
    """Report version, states and linearisation as observations (ISO 32000-1, 7.5.5, 7.5.6 and annex F)."""
    version = _VERSION.search(data, 0, 2048)
    if version is not None:
        report.observe("pdf.version", version[1].decode())
    report.observe("pdf.startxref", data.count(b"startxref"))
    report.observe("pdf.eof", data.count(b"%%EOF"))
    report.observe("pdf.linearised", is_linearised(data))
    signatures = data.count(b"/ByteRange")
    if signatures:
        report.observe("pdf.byte_ranges", signatures)


def is_linearised(data: bytes) -> bool:
    """Return whether the file begins as one that is laid out for the web (annex F)."""
    return b"/Linearized" in data[:2048]


def metadata_streams(data: bytes) -> Iterator[bytes]:
    """Yield the bytes of compressed metadata streams; plain ones are found in the file as it stands."""
    if b"/Metadata" not in data:
        return
    for about, start in _streams(data):
        if b"/Metadata" in about and b"/FlateDecode" in about:
            yield _unpack(data, start)


def has_layers(data: bytes) -> bool:
    """Return whether the file has optional content (layers that can be off), also inside object streams."""
    if b"/OCProperties" in data:
        return True
    if b"/ObjStm" not in data:
        return False
    return any(b"/ObjStm" in about and b"/OCProperties" in _unpack(data, start) for about, start in _streams(data))


def observe_actions(data: bytes, report: Report) -> None:
    """Report how often each kind of action stands in the file (ISO 32000-1, 12.6), also inside object streams.

    Nothing is run, and nothing is said of whether it would be: an action may hang on nothing.
    """
    found = Counter(_actions(data))
    if b"/ObjStm" in data:
        for about, start in _streams(data):
            if b"/ObjStm" in about:
                found.update(_actions(_unpack(data, start)))
    if found:
        report.observe("pdf.actions", dict(sorted(found.items())))


def _actions(data: bytes) -> Iterator[str]:
    for match in _ACTION.finditer(data):
        yield (match[1] or match[2]).decode()


def _streams(data: bytes) -> Iterator[tuple[bytes, int]]:
    # Looking back from each "stream" for its dictionary keeps the search linear.
    place = 0
    for _ in range(MOST_STREAMS):
        place = data.find(b"stream", place + 6)
        if place < 0:
            return
        if data[place - 3 : place] == b"end":
            continue
        start = place + 6
        start += 2 if data[start : start + 2] == b"\r\n" else 1
        head = data[max(place - 1500, 0) : place]
        yield head[head.rfind(b" obj") + 1 :], start


def _unpack(data: bytes, start: int) -> bytes:
    engine = zlib.decompressobj()
    try:
        return engine.decompress(data[start : start + LARGEST], LARGEST)
    except zlib.error:
        return b""
