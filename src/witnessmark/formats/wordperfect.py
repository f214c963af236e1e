"""WordPerfect documents, 5.x and 6 to X: text, notes, headers; what was deleted and can be undone apart.

The layout is that of the developers' documentation of WordPerfect: a document is a stream of characters and functions
of known length. From version 6 on, notes and headers lie in packets of their own, which the functions in the text
point to.

Rules for whoever changes this file: a function moves the place forward by one byte at least; no length is believed
past the end; packets do not point to packets further than once.
"""

import struct
from dataclasses import dataclass, field
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import wordperfect_signs as signs
from witnessmark.model.derivative import Outcome

LARGEST: Final = 64 << 20
MOST_PACKETS: Final = 65_535
_TEXT_PACKET: Final = 0x08
_FIXED_6: Final = (4, 5, 3, 3, 3, 3, 4, 4, 4, 5, 5, 6, 6, 8, 8, 1)
"""Bytes of the functions 0xF0 to 0xFF."""
_FIXED_5: Final = (4, 9, 11, 3, 3, 5, 6, 7, 4, 5, 6, 6, 8, 10, 10, 12)
"""Bytes of the functions 0xC0 to 0xCF."""
_HEADER, _NOTE = 0xD6, 0xD7
_ONES_6: Final = {
    0x80: " ",
    0x81: "\u00a0",
    0x82: "\u00ad",
    0x83: "\u00ad",
    0x84: "-",
    0x87: "\n",
    0x89: "\n",
    0xC6: "\t",
}
_ONES_5: Final = {
    0x0A: "\n", 0x0B: " ", 0x0C: "\f", 0x0D: " ", 0x8C: "\n", 0x99: "\n", 0xA0: "\u00a0",
    0xA9: "-", 0xAA: "-", 0xAB: "-",
    **dict.fromkeys(range(0x90, 0x96), " "),
}  # fmt: skip


@dataclass(slots=True)
class _Text:
    """What a stream of characters and functions says."""

    shown: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    apart: list[str] = field(default_factory=list)
    notes: list[int] = field(default_factory=list)
    others: list[int] = field(default_factory=list)


def read_wordperfect(source: Source, report: Report) -> None:
    """Read a WordPerfect document.

    Raises:
        ReadingStopped: when it asks for a password, breaks off, or is no document but another file of WordPerfect's.
    """
    data = source.first(LARGEST)
    if len(data) < 16:
        raise ReadingStopped(Outcome.CORRUPT, "the WordPerfect file breaks off in its first bytes")
    start, product, kind, major, minor, key = struct.unpack_from("<IBBBBH", data, 4)
    report.observe("wordperfect.version", {"major": major, "minor": minor, "product": product, "kind": kind})
    if key:
        raise ReadingStopped(Outcome.ENCRYPTED, "the document asks for a password")
    if kind not in (0x0A, 0x2C):
        raise ReadingStopped(Outcome.UNSUPPORTED, "a file of WordPerfect that is no document")
    if start > len(data):
        raise ReadingStopped(Outcome.CORRUPT, "the text lies beyond the end of the file")
    if major == 0:
        text = _five(data[start:])
        _say(text, report)
    else:
        text = _six(data[start:])
        _say(text, report)
        _packets(data, text, report)
    if source.size > LARGEST:
        report.outcome(Outcome.PARTIAL, "the first 64 MiB were read")


def _say(text: _Text, report: Report) -> None:
    shown = "".join(text.shown).strip("\n")
    if shown.strip():
        report.visible(shown + "\n")
    for label, parts in (("deleted, can be undone", text.undone), ("header, footer or note", text.apart)):
        said = "".join(parts).strip()
        if said:
            report.hidden(label, said + "\n")


def _six(data: bytes) -> _Text:
    """Follow a stream of version 6 or later."""
    text = _Text()
    at, size, undoing = 0, len(data), False
    while at < size:
        code = data[at]
        put = text.undone if undoing else text.shown
        if code <= 0x20:
            put.append(signs.SHORT[code])
            at += 1
        elif code < 0x7F:
            put.append(chr(code))
            at += 1
        elif code == 0x8A:  # a page's number as it was last printed stands up to the closing mark
            end = data.find(b"\x8b", at)
            at = size if end < 0 else end + 1
        elif code < 0xD0:
            put.append(_ONES_6.get(code) or ("\n" if code >= 0xB4 else ""))
            at += 1
        elif code < 0xF0:
            at = _function(data, at, put, text)
        else:
            if code == 0xF0 and at + 3 < size:
                put.append(signs.sign(data[at + 2], data[at + 1]))
            elif code == 0xF1 and at + 1 < size:
                undoing = {0: True, 1: False}.get(data[at + 1], undoing)
            at += _FIXED_6[code - 0xF0]
    return text


def _function(data: bytes, at: int, put: list[str], text: _Text) -> int:
    """Take in a function of variable length; return where it ends."""
    if at + 4 > len(data):
        return len(data)
    code, group, length = struct.unpack_from("<BBH", data, at)
    if code == 0xD0:
        put.append("\t" if group == 0x0A else " " if group in _SOFT else "\n" if group else "")
    elif code in (0xD5, 0xE0):
        put.append(" " if code == 0xD5 else "\t")
    if at + 6 <= len(data) and data[at + 4] & 0x80:
        count = min(data[at + 5], (len(data) - at - 6) // 2)
        found = struct.unpack_from(f"<{count}H", data, at + 6)
        (text.notes if code in (_HEADER, _NOTE) else text.others).extend(found)
    return at + max(int(length), 4)


_SOFT: Final = (1, 2, 3, 20, 21, 22)
"""Ends of lines that are there only as the text is set (function 0xD0)."""


def _packets(data: bytes, text: _Text, report: Report) -> None:
    """Report the packets of text: those of notes and headers, which show, and others, of which it is not known here."""
    (index,) = struct.unpack_from("<H", data, 14)
    if index + 14 > len(data) or index < 16:
        return
    count = min(struct.unpack_from("<H", data, index + 2)[0], MOST_PACKETS)
    room, said = len(data), set[int]()
    shown = set(text.notes)
    for number in range(1, count):
        place = index + 14 * number
        if place + 14 > len(data):
            break
        _, kind, _, _, size, start = struct.unpack_from("<BBHHII", data, place)
        if kind != _TEXT_PACKET or start in said or size > room:
            continue
        said.add(start)
        room -= size
        packet = _six(_blocks(data[start : start + size]))
        packet.apart = []
        if number not in shown:
            packet.apart, packet.shown = packet.shown, []
        _say(packet, report)


def _blocks(packet: bytes) -> bytes:
    """Return the text of a packet: a count, a place, the blocks' sizes, the blocks."""
    if len(packet) < 6:
        return b""
    count = struct.unpack_from("<H", packet)[0]
    start = 6 + 4 * count
    if start > len(packet):
        return b""
    return packet[start : start + sum(struct.unpack_from(f"<{count}I", packet, 6))]


def _five(data: bytes, *, inner: bool = False) -> _Text:
    """Follow a stream of version 5."""
    text = _Text()
    at, size = 0, len(data)
    while at < size:
        code = data[at]
        if 0x20 <= code < 0x7F:
            text.shown.append(chr(code))
            at += 1
        elif code < 0xC0:
            text.shown.append(_ONES_5.get(code, ""))
            at += 1
        elif code < 0xD0:
            if code == 0xC0 and at + 3 < size:
                text.shown.append(signs.sign(data[at + 2], data[at + 1]))
            elif code in (0xC1, 0xC2):
                text.shown.append("\t")
            at += _FIXED_5[code - 0xC0]
        else:
            length = struct.unpack_from("<H", data, at + 2)[0] if at + 4 <= size else size
            if code in (_HEADER, _NOTE) and not inner:
                within = _five(data[at + 4 : at + length], inner=True)
                text.apart += [*within.shown, "\n"]
            at += 4 + length
    return text
