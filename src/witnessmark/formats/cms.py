"""Signed, stamped and packed contents (CMS, RFC 5652; TimeStampedData, RFC 5544): the file inside, and who is named.

No signature is checked here: the certificates' names and the signing times are observed, and the content is taken out
as a member, so that it is read as what it is. Lengths may be indefinite and octet strings in pieces (X.690, BER).
"""

import binascii
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from witnessmark.cell.report import MemberSink, ReadingStopped, Report, Source
from witnessmark.formats import names
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

DEEPEST = 64
LARGEST_ARMOURED: Final = 64 << 20
_ARMOUR: Final = b"-----BEGIN "
CHUNK = 64 << 10
_SEQUENCE, _OCTETS, _OID, _SET, _END = 0x30, 0x04, 0x06, 0x31, 0x00
_NAMES: Final = {
    "1.2.840.113549.1.7.1": "data",
    "1.2.840.113549.1.7.2": "signed-data",
    "1.2.840.113549.1.7.3": "enveloped-data",
    "1.2.840.113549.1.7.5": "digested-data",
    "1.2.840.113549.1.7.6": "encrypted-data",
    "1.2.840.113549.1.9.16.1.9": "compressed-data",
    "1.2.840.113549.1.9.16.1.23": "authenticated-enveloped-data",
    "1.2.840.113549.1.9.16.1.31": "timestamped-data",
    "1.2.840.113549.1.9.16.1.4": "timestamp-token-info",
}
_SUFFIXES: Final = {".p7m": "", ".p7s": "", ".p7z": "", ".tsd": "", ".tst": "", ".der": "", ".pem": ""}
_NAMED = re.compile(rb"\x06\x03\x55\x04([\x03\x0a\x0b])(?:\x0c|\x13|\x14|\x16)([\x01-\x7f])", re.DOTALL)
"""An attribute of a distinguished name: common name, organisation or unit, as a short string."""


class _Broken(Exception):  # noqa: N818 - it names what was found
    """The encoding is not BER, or breaks off."""


@dataclass(frozen=True, slots=True)
class _Head:
    """A tag, where its content begins, and where it ends (None: at its end mark)."""

    tag: int
    start: int
    end: int | None


def read_cms(source: Source, report: Report) -> None:
    """Read one CMS object: what kind it is, whose names its certificates carry, and the content inside.

    Raises:
        ReadingStopped: when it is none that can be read, or too large.
    """
    source = _bare(source)
    walk = _Walk(source.stream, source.size)
    try:
        kind, body = _content_info(walk)
        report.observe("cms.type", kind)
        inside = _inside(walk, kind, body)
    except (_Broken, IndexError) as error:
        raise ReadingStopped(Outcome.CORRUPT, f"no cryptographic message that can be read: {error}") from error
    _say_names(source, report)
    if kind in ("enveloped-data", "encrypted-data", "authenticated-enveloped-data"):
        report.outcome(Outcome.ENCRYPTED, "the content is encrypted for somebody's key")
        return
    if inside is None:
        return  # a signature whose content lies in another file, or certificates alone
    path = names.without_suffix(source.name, _SUFFIXES)
    try:
        with report.member(path, How.DECODED, {"container": kind}) as sink:
            _pour(walk, inside, sink, packed=kind == "compressed-data")
    except _Broken as error:
        report.outcome(Outcome.PARTIAL, f"the content breaks off: {error}")


def _bare(source: Source) -> Source:
    """Return a file without its armour, lines of base64 between two of dashes (RFC 7468, sections 2, 8 and 9)."""
    if not source.first(len(_ARMOUR)).startswith(_ARMOUR):
        return source
    if source.size > LARGEST_ARMOURED:
        raise ReadingStopped(Outcome.REFUSED_LIMIT, "an armoured message larger than 64 MiB")
    letters = b"".join(source.first(LARGEST_ARMOURED).split(b"-----")[2:3])
    try:
        data = binascii.a2b_base64(b"".join(letters.split()))
    except binascii.Error as error:
        raise ReadingStopped(Outcome.CORRUPT, "what stands between its lines of dashes is no base64") from error
    return Source(io.BytesIO(data), len(data), source.name)


def _pour(walk: "_Walk", inside: _Head, sink: MemberSink, *, packed: bool) -> None:
    machine = zlib.decompressobj() if packed else None
    for piece in walk.octets(inside, 0):
        if machine is None:
            sink.write(piece)
            continue
        rest = piece
        while rest:
            try:
                sink.write(machine.decompress(rest, CHUNK))
            except zlib.error as error:
                raise _Broken("it is not packed as it says") from error
            rest = machine.unconsumed_tail
    if machine is not None:
        sink.write(machine.flush())


def _content_info(walk: "_Walk") -> tuple[str, _Head]:
    """Return the kind of the outermost object and the head of its value."""
    outer = walk.expect(0, _SEQUENCE)
    kind = walk.expect(outer.start, _OID)
    name = _dotted(walk.bytes_of(kind, 64))
    assert kind.end is not None
    explicit = walk.head(kind.end)
    if explicit.tag != 0xA0:
        raise _Broken("no content")
    return _NAMES.get(name, name), walk.head(explicit.start)


def _inside(walk: "_Walk", kind: str, body: _Head) -> _Head | None:
    """Return the head of the octets that hold the content, or None where there is none."""
    if kind == "timestamped-data":
        for part in walk.parts(body):
            if part.tag & 0xDF == _OCTETS:
                return part
        return None
    if kind not in ("signed-data", "digested-data", "compressed-data"):
        return body if kind == "data" else None
    for part in walk.parts(body):
        if part.tag != _SEQUENCE:
            continue
        first = walk.head(part.start)
        if first.tag != _OID or first.end is None or _dotted(walk.bytes_of(first, 64)) not in _NAMES:
            continue  # an algorithm
        if part.end is not None and first.end >= part.end:
            return None
        explicit = walk.head(first.end)
        return walk.head(explicit.start) if explicit.tag == 0xA0 else None
    return None


def _say_names(source: Source, report: Report) -> None:
    """Report names of certificates and signing times as hidden text: claims inside the file, unchecked."""
    for at in (0, max(0, source.size - (256 << 10))):
        source.stream.seek(at)
        data = source.stream.read(256 << 10)
        seen: set[str] = set()
        for found in _NAMED.finditer(data):
            raw = data[found.end() : found.end() + found[2][0]]
            text = raw.decode("utf-8", "replace")
            if text.isprintable() and text not in seen and len(seen) < 200:
                seen.add(text)
                report.hidden("certificate", text)
        if source.size <= 256 << 10:
            break


class _Walk:
    """BER heads read where they lie in a stream."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._size = stream, size

    def head(self, at: int) -> _Head:
        """Return the tag and extent of what begins at `at`."""
        self._stream.seek(at)
        raw = self._stream.read(16)
        if len(raw) < 2 or raw[0] & 31 == 31:
            raise _Broken("a tag that is not there or of many bytes")
        if raw[1] == 0x80:
            return _Head(raw[0], at + 2, None)
        if raw[1] < 0x80:
            return _Head(raw[0], at + 2, at + 2 + raw[1])
        count = raw[1] & 127
        if count > 8 or len(raw) < 2 + count:
            raise _Broken("a length that is none")
        length = int.from_bytes(raw[2 : 2 + count])
        start = at + 2 + count
        if start + length > self._size + (1 << 20) and raw[0] == _SEQUENCE:
            raise _Broken("a length beyond the file")
        return _Head(raw[0], start, start + length)

    def expect(self, at: int, tag: int) -> _Head:
        """Return the head at `at`, which is to have this tag."""
        found = self.head(at)
        if found.tag != tag:
            raise _Broken(f"tag {found.tag:#04x} where {tag:#04x} belongs")
        return found

    def bytes_of(self, head: _Head, most: int) -> bytes:
        """Return the bytes of something short."""
        self._stream.seek(head.start)
        return self._stream.read(min(most, (head.end or head.start) - head.start))

    def parts(self, head: _Head) -> Iterator[_Head]:
        """Yield the heads of what stands inside, one after the other."""
        at, count = head.start, 0
        while (head.end is None and at < self._size) or (head.end is not None and at < min(head.end, self._size)):
            count += 1
            part = self.head(at)
            if (part.tag == _END and part.start == part.end) or count > 10_000:
                return
            yield part
            at = self.after(part, 0)

    def after(self, head: _Head, depth: int) -> int:
        """Return where the thing ends, counted through its parts where its length is not stated."""
        if head.end is not None:
            return head.end
        if depth > DEEPEST:
            raise _Broken("nested too deeply")
        at = head.start
        while at < self._size:
            part = self.head(at)
            if part.tag == _END and part.start == part.end:
                return part.start
            at = self.after(part, depth + 1)
        raise _Broken("it breaks off")

    def octets(self, head: _Head, depth: int) -> Iterator[bytes]:
        """Yield the bytes of an octet string, in one piece or in many."""
        if depth > DEEPEST:
            raise _Broken("nested too deeply")
        if not head.tag & 0x20:
            at, end = head.start, head.end or head.start
            while at < end:
                self._stream.seek(at)
                piece = self._stream.read(min(CHUNK, end - at))
                if not piece:
                    raise _Broken("it breaks off")
                at += len(piece)
                yield piece
            return
        at = head.start
        while at < (self._size if head.end is None else head.end):
            part = self.head(at)
            if part.tag == _END:
                return
            if part.tag & 0x1F != _OCTETS:
                raise _Broken("a piece that is no octet string")
            yield from self.octets(part, depth + 1)
            at = self.after(part, depth + 1)


def _dotted(raw: bytes) -> str:
    """Return an object identifier as text (X.690, 8.19)."""
    numbers, value = [], 0
    for byte in raw:
        value = value << 7 | byte & 127
        if byte < 128:
            numbers.append(value)
            value = 0
    if not numbers:
        return ""
    first = min(2, numbers[0] // 40)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))
