"""Drawings of AutoCAD as it saves them (DWG): version, summary, previews; the drawing itself is not followed.

By the Open Design Specification for .dwg files of the Open Design Alliance: the head, the summary (from 2004 on, where
it stands as it is), the list of previews (from release 13 on).

Rules for whoever changes this file: a string is held to what is there, and their number is capped.
"""

import struct
from collections.abc import Iterator
from typing import Final

from witnessmark.cell.report import Report, Source
from witnessmark.formats import strings
from witnessmark.formats.dxf_head import LONGEST_EDITED, VERSIONS, minutes, tell_date
from witnessmark.formats.octets import Octets, Room, take_out
from witnessmark.formats.windows_codecs import WESTERN, codec_of_page
from witnessmark.model.derivative import Outcome

LARGEST_SUMMARY: Final = 1 << 20
MOST_CUSTOM: Final = 2000
_HEAD: Final = 0x80
_SENTINEL: Final = bytes.fromhex("1f256d07d43628289d57ca3f9d44102b")
_ENDINGS: Final = {2: ".dib", 3: ".wmf", 6: ".png"}
_NAMES: Final = ("title", "subject", "author", "keywords", "comments", "lastsavedby", "revision", "hyperlinkbase")
_PAGES: Final = {
    22: 932, 24: 950, 25: 949, 26: 1361, 27: 866, 28: 1250, 29: 1251, 30: 1252, 31: 936, 32: 1253, 33: 1254, 34: 1255,
    35: 1256, 36: 1257, 37: 874, 38: 932, 39: 936, 40: 949, 41: 950, 42: 1361, 44: 1258,
}  # fmt: skip
"""Code pages by the number that the head states."""


def read_dwg(source: Source, report: Report) -> None:
    """Read what a drawing says of itself."""
    octets = Octets(source.stream, 0, source.size)
    head = octets.take(0, _HEAD)
    version = head[:6].decode("latin-1").strip("\0\r\n")
    told = {"version": version, "begun by": VERSIONS.get(version, "")}
    is_new = len(head) == _HEAD and version.startswith("AC10")
    if is_new and version >= "AC1012":
        _take_previews(octets, head, report)
    if is_new and version >= "AC1018":
        page = _PAGES.get(struct.unpack_from("<H", head, 0x13)[0], 1252)
        (place,) = struct.unpack_from("<I", head, 0x20)
        if place:
            summary = octets.take(place, LARGEST_SUMMARY)
            codec = "utf-16-le" if version >= "AC1021" else codec_of_page(page) or WESTERN
            told |= _tell_summary(summary, codec, report)
    report.observe("drawing", {key: value[:500] for key, value in told.items() if value})
    strings.say(source, report)
    report.outcome(Outcome.PARTIAL, "the drawing is not followed: only summary, previews and readable bytes are read")


def _take_previews(octets: Octets, head: bytes, report: Report) -> None:
    (place,) = struct.unpack_from("<I", head, 0x0D)
    listed = octets.take(place, 21 + 9 * 255)
    if not listed.startswith(_SENTINEL) or len(listed) < 21:
        return
    room = Room(octets.size)
    for number in range(listed[20]):
        at = 21 + 9 * number
        if at + 9 > len(listed):
            return
        kind, start, size = struct.unpack_from("<BII", listed, at)
        if kind in _ENDINGS and size and start + size <= octets.size and room.holds(size):
            take_out(octets.part(start, size), f"preview-{number}{_ENDINGS[kind]}", report)


def _tell_summary(data: bytes, codec: str, report: Report) -> dict[str, str]:
    """Report the summary; return what of it is observed."""
    told: dict[str, str] = {}
    texts = _Texts(data, codec)
    for name in _NAMES:
        words = texts.next()
        if words is None:
            return told
        if words.strip():
            told[name] = words
            report.hidden(f"metadata: {name}", f"{words}\n")
    numbers = texts.numbers("<6IH")  # days and milliseconds, three times
    if numbers is None:
        return told
    edited, created, modified = (numbers[at] + numbers[at + 1] / 86_400_000 for at in (0, 2, 4))
    tell_date(report, "created", created, 0, "drawing: summary")
    tell_date(report, "modified", modified, 0, "drawing: summary")
    if 0 < edited < LONGEST_EDITED:
        told["edited"] = minutes(edited)
    for name, words in _custom(texts, min(numbers[6], MOST_CUSTOM)):
        report.hidden(f"metadata: {name[:100]}", f"{words}\n")
    return told


def _custom(texts: "_Texts", count: int) -> Iterator[tuple[str, str]]:
    for _ in range(count):
        name, words = texts.next(), texts.next()
        if name is None or words is None:
            return
        if words.strip():
            yield name, words


class _Texts:
    """Strings one behind the other, each with its length in letters before it."""

    def __init__(self, data: bytes, codec: str) -> None:
        self._data, self._codec, self._at = data, codec, 0

    def next(self) -> str | None:
        """Return the next string; None where there is none."""
        if self._at + 2 > len(self._data):
            return None
        size = int.from_bytes(self._data[self._at : self._at + 2], "little") * (2 if self._codec == "utf-16-le" else 1)
        raw = self._data[self._at + 2 : self._at + 2 + size]
        self._at += 2 + size
        return raw.decode(self._codec, "replace").split("\0")[0] if len(raw) == size else None

    def numbers(self, pattern: str) -> tuple[int, ...] | None:
        """Return the next numbers; None where there are not so many."""
        size = struct.calcsize(pattern)
        if self._at + size > len(self._data):
            return None
        found = struct.unpack_from(pattern, self._data, self._at)
        self._at += size
        return found
