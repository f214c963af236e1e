"""Time stamp tokens (RFC 3161): what an authority says it saw, and when; read in plain DER.

Rules for whoever changes this file:
- A token that was read is "present, not checked": the authority's signature and certificates are not looked at here.
- Only DER is read: lengths in their shortest form, none indefinite, nothing after the end.
- An imprint by SHA-1 or MD5 binds nobody to one content and is never compared.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from witnessmark.errors import Damaged, Falsified, Undecided

LARGEST = 1 << 20
NOT_CHECKED = "present, not checked"
"""What may be said of a token that was only read."""

_INTEGER, _OCTETS, _OID, _GENERALIZED_TIME, _SEQUENCE, _SET = 0x02, 0x04, 0x06, 0x18, 0x30, 0x31
_BOOLEAN = 0x01
_CONTEXT = 0xA0
_MILLIS, _MICROS = 0x80, 0x81
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_HASHES = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_WORDS = {"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU"}
_TEXTS = {0x0C: "utf-8", 0x13: "ascii", 0x16: "ascii", 0x14: "latin-1", 0x1E: "utf-16-be"}
_TIME = re.compile(r"([0-9]{14})(?:\.([0-9]{0,8}[1-9]))?Z\Z")
_MOST_PARTS = 4096


@dataclass(frozen=True, slots=True)
class Token:
    """What a time stamp token says; nothing in it is checked by having been read."""

    policy: str
    algorithm: str
    imprint: bytes
    serial: int
    time: str
    """The second that it states, UTC, as `2032-06-12T09:41:00Z`."""
    no_later_than: int
    """That time in POSIX seconds, rounded up, with the inaccuracy that the authority states added."""
    nonce: int | None
    authority: str
    """The authority's name as the token gives it; empty where it gives none."""
    certificates: tuple[bytes, ...]
    """The certificates that came with it, in DER."""

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the token that a response, or a bare token, holds.

        Raises:
            Damaged: when there is none, or it is no DER.
        """
        if len(data) > LARGEST:
            raise Damaged("not a time stamp: larger than one mebibyte")
        outer = _Der(_only(data, "a time stamp"))
        if outer.peek() == _SEQUENCE:
            _check_status(outer)
            if outer.is_at_end:
                raise Damaged("a time stamp response without a token")
            token = outer.take(_SEQUENCE)
            outer.end()
            outer = _Der(token)
        info, certificates = _signed(outer)
        return cls(*_info(info), certificates)

    def check_imprint(self, data: bytes) -> None:
        """Check that the token is about these bytes.

        Raises:
            Falsified: when it is about others.
            Undecided: when it names them by a digest that this program does not accept.
        """
        if self.algorithm not in _HASHES.values():
            raise Undecided(f"the time stamp names its content by {self.algorithm}, which is not accepted here")
        if hashlib.new(self.algorithm, data).digest() != self.imprint:
            raise Falsified("the time stamp is about other bytes")

    @property
    def certificate_digests(self) -> tuple[bytes, ...]:
        """The SHA-256 of each certificate, as a policy names an authority."""
        return tuple(hashlib.sha256(certificate).digest() for certificate in self.certificates)


def check_certificate(data: bytes) -> None:
    """Check that bytes have the form of a certificate in DER, to lie beside a time stamp; no more is looked at.

    Raises:
        Damaged: when they have not.
    """
    _only(data, "a certificate")


class _Der:
    """The elements inside one constructed value, taken from front to back."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._data)

    def peek(self) -> int | None:
        """Return the tag that comes next, or none at the end."""
        return None if self.is_at_end else self._data[self._at]

    def take(self, tag: int) -> bytes:
        """Return the content of the next element, which must have this tag."""
        return self.element(tag)[1]

    def element(self, tag: int | None = None) -> tuple[int, bytes, bytes]:
        """Return tag, content and the whole bytes of the next element."""
        start = self._at
        found = self._byte()
        if found & 0x1F == 0x1F or (tag is not None and found != tag):
            raise Damaged(f"not a time stamp: tag 0x{found:02x} where another belongs")
        size = self._length()
        end = self._at + size
        if end > len(self._data):
            raise Damaged("a time stamp is cut short")
        content, self._at = self._data[self._at : end], end
        return found, content, self._data[start:end]

    def elements(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield what is left."""
        for _ in range(_MOST_PARTS):
            if self.is_at_end:
                return
            yield self.element()
        raise Damaged("a time stamp has too many parts")

    def end(self) -> None:
        """Refuse anything more."""
        if not self.is_at_end:
            raise Damaged("bytes after the end of a part of a time stamp or certificate")

    def _byte(self) -> int:
        if self._at >= len(self._data):
            raise Damaged("a time stamp is cut short")
        self._at += 1
        return self._data[self._at - 1]

    def _length(self) -> int:
        first = self._byte()
        if first < 0x80:
            return first
        count = first & 0x7F
        if not 1 <= count <= 4:
            raise Damaged("a time stamp is not DER: a length is indefinite or too long")
        size = int.from_bytes(bytes(self._byte() for _ in range(count)))
        if size < 0x80 or size >> 8 * (count - 1) == 0:
            raise Damaged("a time stamp is not DER: a length is spelled another way")
        return size


def _only(data: bytes, what: str) -> bytes:
    """Return the content of the one SEQUENCE that the bytes are."""
    reader = _Der(data)
    try:
        content = reader.take(_SEQUENCE)
        reader.end()
    except Damaged as error:
        raise Damaged(f"not {what}: {error}") from error
    return content


def _check_status(outer: _Der) -> None:
    """Refuse a response that grants nothing (RFC 3161, section 2.4.2)."""
    status = _integer(_Der(outer.take(_SEQUENCE)).take(_INTEGER))
    if status not in {0, 1}:
        raise Damaged(f"the authority granted no time stamp: its answer has the status {status}")


def _signed(content_info: _Der) -> tuple[bytes, tuple[bytes, ...]]:
    """Return the TSTInfo inside a CMS SignedData (RFC 5652, section 5.1), and the certificates beside it."""
    if _oid(content_info.take(_OID)) != _SIGNED_DATA:
        raise Damaged("not a time stamp: no signed data")
    signed = _Der(_only(content_info.take(_CONTEXT), "a time stamp"))
    content_info.end()
    signed.take(_INTEGER)
    signed.take(_SET)
    encapsulated = _Der(signed.take(_SEQUENCE))
    if _oid(encapsulated.take(_OID)) != _TST_INFO:
        raise Damaged("not a time stamp: something else is signed")
    wrapped = _Der(encapsulated.take(_CONTEXT))
    encapsulated.end()
    info = wrapped.take(_OCTETS)
    wrapped.end()
    certificates: tuple[bytes, ...] = ()
    if signed.peek() == _CONTEXT:
        certificates = tuple(whole for tag, _, whole in _Der(signed.take(_CONTEXT)).elements() if tag == _SEQUENCE)
    if signed.peek() == _CONTEXT + 1:
        signed.take(_CONTEXT + 1)
    if not signed.take(_SET):
        raise Damaged("a time stamp that nobody signed")
    signed.end()
    return info, certificates


def _info(data: bytes) -> tuple[str, str, bytes, int, str, int, int | None, str]:
    """Return the fields of a TSTInfo (RFC 3161, section 2.4.2)."""
    info = _Der(_only(data, "a time stamp"))
    if _integer(info.take(_INTEGER)) != 1:
        raise Damaged("a time stamp of a version that this program does not know")
    policy = _oid(info.take(_OID))
    algorithm, imprint = _imprint(_Der(info.take(_SEQUENCE)))
    serial = _integer(info.take(_INTEGER))
    time, seconds, fraction = _time(info.take(_GENERALIZED_TIME))
    micros = _accuracy(_Der(info.take(_SEQUENCE))) if info.peek() == _SEQUENCE else 0
    if info.peek() == _BOOLEAN:
        info.take(_BOOLEAN)
    nonce = _integer(info.take(_INTEGER)) if info.peek() == _INTEGER else None
    authority = _general_name(_Der(info.take(_CONTEXT))) if info.peek() == _CONTEXT else ""
    if info.peek() == _CONTEXT + 1:
        info.take(_CONTEXT + 1)
    info.end()
    # What is left of a second counts as a whole one: this is an upper bound.
    bound = seconds - (-(fraction + micros) // 1_000_000)
    return policy, algorithm, imprint, serial, time, bound, nonce, authority


def _imprint(imprint: _Der) -> tuple[str, bytes]:
    algorithm = _Der(imprint.take(_SEQUENCE))
    name = _oid(algorithm.take(_OID))
    hashed = imprint.take(_OCTETS)
    imprint.end()
    known = _HASHES.get(name, name)
    if known in _HASHES.values() and len(hashed) != hashlib.new(known).digest_size:
        raise Damaged("a time stamp's imprint has another length than its algorithm gives")
    return known, hashed


def _time(content: bytes) -> tuple[str, int, int]:
    """Return a GeneralizedTime as text, in POSIX seconds, and the microseconds beyond, rounded up."""
    found = _TIME.match(content.decode("latin-1"))
    if found is None:
        raise Damaged("a time stamp's time is not written as RFC 3161 asks")
    try:
        moment = datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise Damaged("a time stamp's time is no time") from error
    digits = found[2] or ""
    micros = int(digits[:6].ljust(6, "0")) + (len(digits) > 6)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ"), int(moment.timestamp()), micros


def _accuracy(accuracy: _Der) -> int:
    """Return the stated inaccuracy in microseconds."""
    total = 0
    for tag, scale in ((_INTEGER, 1_000_000), (_MILLIS, 1000), (_MICROS, 1)):
        if accuracy.peek() == tag:
            value = _integer(accuracy.take(tag))
            if not 0 <= value <= (1 << 32 if tag == _INTEGER else 999):
                raise Damaged("a time stamp states an accuracy that cannot be")
            total += value * scale
    accuracy.end()
    return total


def _integer(content: bytes) -> int:
    if not 1 <= len(content) <= 64 or _is_long(content):
        raise Damaged("a time stamp is not DER: an integer is spelled another way")
    return int.from_bytes(content, signed=True)


def _is_long(content: bytes) -> bool:
    """Return whether the first byte of an integer says nothing that the second does not."""
    return content[:1] in {b"\0", b"\xff"} and len(content) > 1 and (content[0] ^ content[1]) < 0x80


def _oid(content: bytes) -> str:
    if not 1 <= len(content) <= 64 or content[-1] & 0x80:
        raise Damaged("a time stamp is not DER: an object identifier is broken")
    numbers, number, fresh = list[int](), 0, True
    for byte in content:
        if fresh and byte == 0x80:
            raise Damaged("a time stamp is not DER: an object identifier is spelled another way")
        number, fresh = number << 7 | byte & 0x7F, not byte & 0x80
        if fresh:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def _general_name(name: _Der) -> str:
    """Return an authority's name: a directory name, in the order of the token; empty for names of another form."""
    tag, content, _ = name.element()
    name.end()
    if tag != _CONTEXT + 4:
        return ""
    parts: list[str] = []
    for tag, one, _ in _Der(_only(content, "a name")).elements():
        if tag != _SET:
            raise Damaged("a name in a time stamp is broken")
        for kind, pair, _ in _Der(one).elements():
            if kind != _SEQUENCE:
                raise Damaged("a name in a time stamp is broken")
            parts.append(_attribute(_Der(pair)))
    return ", ".join(parts)


def _attribute(pair: _Der) -> str:
    word = _oid(pair.take(_OID))
    tag, content, _ = pair.element()
    pair.end()
    try:
        text = content.decode(_TEXTS[tag])
    except (KeyError, UnicodeDecodeError) as error:
        raise Damaged("a name in a time stamp is written in an unknown way") from error
    return f"{_WORDS.get(word, word)}={text}"
