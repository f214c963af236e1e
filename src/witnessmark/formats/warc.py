"""Archived web pages (WARC, ISO 28500; ARC of the Internet Archive): what each server answered, as a member.

An answer's body comes out as a browser would have had it: without the fields of HTTP, chunks joined, unpacked where the
fields say how. Requests, fields and notes are hidden text. Nothing is asked of any server.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from witnessmark.cell.report import Report, Source
from witnessmark.formats import names
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

CHUNK = 64 << 10
LONGEST_HEAD = 64 << 10
LONGEST_NOTE = 256 << 10
MOST_LISTED = 2_000
"""Records that are listed in the observations."""
_FIELD = re.compile(rb"\A([!-9;-~]{1,128})[ \t]*:[ \t]*(.*)\Z", re.DOTALL)
_VERSION = re.compile(rb"\AWARC/\d+\.\d+\s*\Z")
_ARC = re.compile(rb"\A(\S.*) (\S+) (\d{8,14}) (\S+)(?: (?:\S+ ){5}?)? ?(\d{1,18})\s*\Z", re.DOTALL)
_NOTES: Final = frozenset(["warcinfo", "metadata", "request"])


@dataclass(frozen=True, slots=True)
class _Record:
    """One record: its kind, its address, its fields, and where its block lies."""

    kind: str
    address: bytes
    date: str
    media_type: str
    start: int
    size: int


class _Cut(Exception):  # noqa: N818 - it names what was found
    """The archive breaks off, or goes on with what is no record."""


def read_warc(source: Source, report: Report) -> None:
    """Read a WARC, record by record."""
    _read(_warc_records(source), source, report, "warc")


def read_arc(source: Source, report: Report) -> None:
    """Read an ARC, record by record."""
    _read(_arc_records(source), source, report, "arc")


def _read(records: Iterator[_Record], source: Source, report: Report, family: str) -> None:
    kinds, taken, problem, listed = Counter[str](), 0, "", 0
    while True:
        try:
            record = next(records, None)
        except _Cut as cut:
            problem = str(cut)
            break
        if record is None:
            break
        kinds[record.kind] += 1
        if listed < MOST_LISTED:
            listed += 1
            about = {"kind": record.kind, "address": _shown(record.address), "date": record.date}
            report.observe(f"{family}.record", about)
        taken += _one(record, source.stream, report)
        if record.start + record.size > source.size:
            problem = "its last record breaks off"
            break
    report.observe(f"{family}.records", dict(kinds))
    if problem:
        report.outcome(Outcome.PARTIAL if taken else Outcome.CORRUPT, f"{problem}; {taken} members taken out")


def _one(record: _Record, stream: BinaryIO, report: Report) -> int:
    """Report one record; return how many members it gave."""
    if record.kind in _NOTES:
        stream.seek(record.start)
        note = stream.read(min(record.size, LONGEST_NOTE)).decode("utf-8", "replace").strip()
        if note:
            report.hidden(record.kind, note)
        return 0
    if record.kind == "revisit" or not record.address:
        return 0
    body = _Body(stream, record)
    if body.head:
        report.hidden(f"HTTP {record.kind}", body.head)
    stated = {"date": record.date, "media_type": body.media_type or record.media_type}
    with report.member((names.step_of(record.address[: names.LONGEST]),), body.how, stated) as sink:
        for piece in body.pieces():
            sink.write(piece)
    return 1


def _warc_records(source: Source) -> Iterator[_Record]:
    stream, at = source.stream, 0
    while at < source.size:
        stream.seek(at)
        line = stream.readline(LONGEST_HEAD)
        if not line.strip():
            at += len(line)
            continue
        if not _VERSION.match(line):
            raise _Cut(f"what stands at byte {at:,} is no record")
        fields, start = _fields(stream)
        length = fields.get(b"content-length", b"")
        if not length.isdigit() or len(length) > 18:
            raise _Cut("a record without its length")
        kind = fields.get(b"warc-type", b"").decode("ascii", "replace").lower()[:40]
        date = _shown(fields.get(b"warc-date", b""))[:40]
        address = fields.get(b"warc-target-uri", b"").strip(b"<>")
        media_type = _shown(fields.get(b"content-type", b""))[:200]
        yield _Record(kind, address, date, media_type, start, int(length))
        at = start + int(length)


def _arc_records(source: Source) -> Iterator[_Record]:
    stream, at = source.stream, 0
    while at < source.size:
        stream.seek(at)
        line = stream.readline(LONGEST_HEAD)
        if not line.strip():
            at += len(line)
            continue
        found = _ARC.match(line)
        if found is None:
            raise _Cut(f"what stands at byte {at:,} is no record")
        address, _, date, media_type, length = found.groups()
        is_note = address.startswith((b"filedesc:", b"dns:"))
        start = stream.tell()
        kind = "metadata" if is_note else "response"
        yield _Record(kind, address, _shown(date), _shown(media_type)[:200], start, int(length))
        at = start + int(length)


def _fields(stream: BinaryIO) -> tuple[dict[bytes, bytes], int]:
    """Return the fields that follow, by their names in lower case, and where what they head begins."""
    found: dict[bytes, bytes] = {}
    last, left = b"", LONGEST_HEAD
    while left > 0:
        line = stream.readline(left)
        left -= len(line)
        if not line.strip():
            break
        if line[:1] in b" \t" and last:
            found[last] += b" " + line.strip()
            continue
        match = _FIELD.match(line.rstrip(b"\r\n"))
        if match is not None:
            last = match[1].lower()
            found.setdefault(last, match[2].strip())
    return found, stream.tell()


class _Body:
    """The body inside a record's block: where it begins, and how it has to be unwrapped."""

    def __init__(self, stream: BinaryIO, record: _Record) -> None:
        self._stream, self._at, self._end = stream, record.start, record.start + record.size
        self.how, self.head, self.media_type = How.COPIED, "", ""
        self._is_chunked, self._packing = False, b""
        stream.seek(record.start)
        if record.kind != "response" or stream.read(5) != b"HTTP/":
            return
        stream.seek(record.start)
        first = stream.readline(LONGEST_HEAD)
        fields, start = _fields(stream)
        if start > self._end:
            return
        self._at = start
        stream.seek(record.start)
        self.head = stream.read(min(start - record.start, LONGEST_HEAD)).decode("latin-1").strip()
        self.media_type = _shown(fields.get(b"content-type", b""))[:200]
        self._packing = fields.get(b"content-encoding", b"").lower()
        self._is_chunked = b"chunked" in fields.get(b"transfer-encoding", b"").lower() and bool(first)
        if self._is_chunked or self._packing in (b"gzip", b"x-gzip", b"deflate"):
            self.how = How.DECODED

    def pieces(self) -> Iterator[bytes]:
        """Yield the body; where it is not packed as its fields say, as it stands."""
        joined = self._chunks() if self._is_chunked else self._plain(self._at, self._end)
        if self._packing in (b"gzip", b"x-gzip", b"deflate"):
            return _unpacked(joined)
        return joined

    def _plain(self, at: int, end: int) -> Iterator[bytes]:
        while at < end:
            self._stream.seek(at)
            piece = self._stream.read(min(CHUNK, end - at))
            if not piece:
                return
            at += len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        """Yield what the chunks hold (RFC 9112, section 7.1); what is no chunk comes as it stands."""
        at = self._at
        while at < self._end:
            self._stream.seek(at)
            line = self._stream.readline(1024)
            size = re.match(rb"\A([0-9a-fA-F]{1,15})\s*(?:;.*)?\r?\n\Z", line, re.DOTALL)
            if size is None:
                yield from self._plain(at, self._end)
                return
            length = int(size[1], 16)
            if length == 0:
                return
            start = at + len(line)
            yield from self._plain(start, min(self._end, start + length))
            self._stream.seek(start + length)
            at = start + length + len(self._stream.readline(4))


def _unpacked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    machine, is_first = zlib.decompressobj(47), True  # 47: the packing tells whether it is gzip or zlib
    for piece in pieces:
        rest = piece
        while rest:
            try:
                out = machine.decompress(rest, CHUNK)
            except zlib.error:
                if not is_first:
                    return
                machine = zlib.decompressobj(-15)
                try:
                    out = machine.decompress(rest, CHUNK)
                except zlib.error:
                    yield piece
                    yield from pieces
                    return
            is_first = False
            yield out
            rest = machine.unconsumed_tail


def _shown(raw: bytes) -> str:
    return raw[:2000].decode("utf-8", "replace")
