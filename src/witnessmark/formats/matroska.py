"""Matroska and WebM (RFC 8794, RFC 9559): info, tracks, tags, chapters, attachments; words of subtitle tracks.

Elements whose size is unknown are entered, not measured; clusters are passed over unless a text track is there.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import dates
from witnessmark.formats.octets import Octets, take_out
from witnessmark.formats.recording import Teller, seconds
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

MOST_ELEMENTS: Final = 200_000
MOST_BLOCKS: Final = 1_000_000
MOST_ATTACHMENTS: Final = 1000
_EPOCH = datetime(2001, 1, 1)  # noqa: DTZ001 - in UTC by the standard
EBML, SEGMENT, SEEK, INFO, TRACKS, CLUSTER = 0x1A45DFA3, 0x18538067, 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1F43B675
CUES, TAGS, CHAPTERS, ATTACHMENTS, VOID = 0x1C53BB6B, 0x1254C367, 0x1043A770, 0x1941A469, 0xEC
_TOP: Final = {SEEK, INFO, TRACKS, CLUSTER, CUES, TAGS, CHAPTERS, ATTACHMENTS}
_KINDS: Final = {1: "video", 2: "audio", 3: "complex", 16: "logo", 17: "text", 18: "buttons", 32: "control", 33: "data"}


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its number, its contents, whether its size is known and whole."""

    number: int
    octets: Octets
    known: bool = True
    cut: bool = False

    def whole(self) -> int:
        """Return an unsigned number."""
        return int.from_bytes(self.octets.take(0, 8), "big") if self.octets.size <= 8 else 0

    def real(self) -> float:
        """Return a floating number."""
        raw = self.octets.take(0, 8)
        code = {4: ">f", 8: ">d"}.get(len(raw))
        return float(struct.unpack(code, raw)[0]) if code else 0.0

    def text(self) -> str:
        """Return letters."""
        return self.octets.take(0, 1 << 20).split(b"\0")[0].decode("utf-8", "replace")


def elements(octets: Octets) -> Iterator[Element]:
    """Yield the elements of a run; what is no element ends it."""
    at = 0
    for _ in range(MOST_ELEMENTS):
        number, width = _varying(octets, at, keep=True)
        size, more = _varying(octets, at + width, keep=False)
        if not width or not more or width > 4:
            return
        start = at + width + more
        known = size != (1 << 7 * more) - 1
        size = size if known else octets.size - start
        yield Element(number, octets.part(start, size), known, start + size > octets.size)
        at = start + size


def _varying(octets: Octets, at: int, *, keep: bool) -> tuple[int, int]:
    """Return a number of varying width and that width (RFC 8794, section 4); 0, 0 where there is none."""
    head = octets.take(at, 8)
    if not head or not head[0]:
        return 0, 0
    width = 9 - head[0].bit_length()
    if len(head) < width:
        return 0, 0
    value = int.from_bytes(head[:width], "big")
    return (value if keep else value & ((1 << 7 * width) - 1)), width


def read_matroska(source: Source, report: Report) -> None:
    """Read a Matroska or WebM file.

    Raises:
        ReadingStopped: when it has no segment.
    """
    octets = Octets.whole(source)
    teller = Teller(report, "Matroska")
    found = False
    for element in elements(octets):
        if element.number == EBML:
            for inner in elements(element.octets):
                if inner.number == 0x4282:
                    teller.fact("type", inner.text()[:40])
        elif element.number == SEGMENT:
            found = True
            _Segment(teller).read(element.octets)
            if element.cut:
                report.outcome(Outcome.PARTIAL, "the recording ends before its segment does")
    teller.close()
    if not found:
        raise ReadingStopped(Outcome.CORRUPT, "no segment is found in this Matroska file")


class _Segment:
    def __init__(self, teller: Teller) -> None:
        self._teller, self._report = teller, teller.report
        self._texts: dict[int, str] = {}
        self._scale = 1_000_000
        self._clusters = 0
        self._blocks = MOST_BLOCKS

    def read(self, octets: Octets) -> None:
        """Read what lies at the top of a segment."""
        at, unsized = 0, 0
        readers = {
            INFO: self._read_info, TRACKS: self._read_tracks, TAGS: self._read_tags, CHAPTERS: self._read_chapters,
            ATTACHMENTS: self._read_attachments, CLUSTER: self._read_cluster,
        }  # fmt: skip
        for element in elements(octets):
            if element.number in readers:
                readers[element.number](element.octets)
            if not element.known:
                at, unsized = element.octets.start - octets.start, element.number
                break
        if unsized == CLUSTER:
            self._read_unsized(octets.part(at))
        self._teller.fact("clusters", self._clusters)

    def _read_unsized(self, octets: Octets) -> None:
        """Go on behind a cluster without a size: its children stand beside what follows."""
        for element in elements(octets):
            if element.number == CLUSTER:
                self._clusters += 1
                if not element.known:
                    self._read_unsized_cluster(element.octets)
                    return
            elif element.number == TAGS:
                self._read_tags(element.octets)

    def _read_unsized_cluster(self, octets: Octets) -> None:
        for element in elements(octets):
            if element.number == TAGS:
                self._read_tags(element.octets)
            elif element.number == CLUSTER:
                self._clusters += 1

    def _read_info(self, octets: Octets) -> None:
        length = 0.0
        for element in elements(octets):
            if element.number == 0x2AD7B1:
                self._scale = element.whole()
            elif element.number == 0x4489:
                length = element.real()
            elif element.number == 0x4461:
                raw = int.from_bytes(element.octets.take(0, 8), "big", signed=True)
                self._tell_time(raw)
            elif element.number in _INFO:
                self._teller.tag(_INFO[element.number], element.text(), "Matroska info")
            elif element.number == 0x73A4:
                self._teller.fact("uid", element.octets.take(0, 16).hex())
        if 0 < length < 1e15 and self._scale:
            self._teller.duration(int(length) * self._scale // 1000, 1_000_000, "segment info")

    def _tell_time(self, nanoseconds: int) -> None:
        try:
            moment = dates.Moment(str(nanoseconds), _EPOCH + timedelta(microseconds=nanoseconds // 1000), 0)
        except OverflowError:
            moment = dates.Moment(str(nanoseconds))
        dates.observe(self._report, "created", moment, "Matroska DateUTC")

    def _read_tracks(self, octets: Octets) -> None:
        for entry in elements(octets):
            if entry.number == 0xAE:
                self._read_track(entry.octets)

    def _read_track(self, octets: Octets) -> None:
        found = {element.number: element for element in elements(octets)}
        number = found[0xD7].whole() if 0xD7 in found else 0
        kind = _KINDS.get(found[0x83].whole() if 0x83 in found else 0, "data")
        codec = found[0x86].text() if 0x86 in found else ""
        video = {e.number: e for e in elements(found[0xE0].octets)} if 0xE0 in found else {}
        audio = {e.number: e for e in elements(found[0xE1].octets)} if 0xE1 in found else {}
        length = found[0x23E383].whole() if 0x23E383 in found else 0
        rate = audio[0xB5].real() if 0xB5 in audio else 0.0
        self._teller.stream(
            kind,
            id=number,
            codec=codec[:64],
            language=found[0x22B59C].text()[:40] if 0x22B59C in found else "",
            name=found[0x536E].text()[:200] if 0x536E in found else "",
            width=video[0xB0].whole() if 0xB0 in video else 0,
            height=video[0xBA].whole() if 0xBA in video else 0,
            channels=audio[0x9F].whole() if 0x9F in audio else 0,
            sample_rate=int(rate) if 0 < rate < 1e9 else 0,
            bits=audio[0x6264].whole() if 0x6264 in audio else 0,
            frame_rate=seconds(1_000_000_000, length) if length else "",
            locked=True if _is_locked(found.get(0x6D80)) else None,
        )
        if 0x536E in found:
            self._report.hidden("name of a track", found[0x536E].text()[:2000] + "\n")
        if kind == "text" and codec.startswith("S_TEXT"):
            self._texts[number] = codec
            if codec in ("S_TEXT/ASS", "S_TEXT/SSA") and 0x63A2 in found:
                self._report.hidden("subtitle header", found[0x63A2].text() + "\n")

    def _read_tags(self, octets: Octets) -> None:
        for tag in elements(octets):
            if tag.number == 0x7373:
                for simple in elements(tag.octets):
                    if simple.number == 0x67C8:
                        self._read_simple(simple.octets, "", 0)

    def _read_simple(self, octets: Octets, above: str, depth: int) -> None:
        name = text = ""
        nested = []
        for element in elements(octets):
            if element.number == 0x45A3:
                name = element.text()[:200]
            elif element.number == 0x4487:
                text = element.text()
            elif element.number == 0x67C8 and depth < 8:
                nested.append(element.octets)
        name = f"{above}/{name}" if above else name
        self._teller.tag(name or "tag", text, "Matroska tag")
        for inner in nested:
            self._read_simple(inner, name, depth + 1)

    def _read_chapters(self, octets: Octets, depth: int = 0) -> None:
        for element in elements(octets):
            if element.number == 0x85:
                self._teller.tag("chapter", element.text(), "Matroska chapter")
            elif element.number in (0x45B9, 0xB6, 0x80) and depth < 8:
                self._read_chapters(element.octets, depth + 1)

    def _read_attachments(self, octets: Octets) -> None:
        for count, attached in enumerate(elements(octets)):
            if attached.number != 0x61A7 or count >= MOST_ATTACHMENTS:
                continue
            found = {element.number: element for element in elements(attached.octets)}
            name = found[0x466E].text() if 0x466E in found else f"attachment-{count + 1}"
            if 0x467E in found:
                self._report.hidden("description of an attachment", found[0x467E].text() + "\n")
            if 0x465C in found:
                kind = found[0x4660].text()[:100] if 0x4660 in found else ""
                take_out(found[0x465C].octets, name or f"attachment-{count + 1}", self._report, How.COPIED, type=kind)

    def _read_cluster(self, octets: Octets) -> None:
        self._clusters += 1
        if not self._texts:
            return
        for element in elements(octets):
            self._blocks -= 1
            if self._blocks < 0:
                self._report.outcome(
                    Outcome.PARTIAL, f"words of subtitles are read from {MOST_BLOCKS:,} blocks at most"
                )
                return
            if element.number == 0xA3:
                self._read_block(element.octets)
            elif element.number == 0xA0:
                for inner in elements(element.octets):
                    if inner.number == 0xA1:
                        self._read_block(inner.octets)

    def _read_block(self, octets: Octets) -> None:
        number, width = _varying(octets, 0, keep=False)
        codec = self._texts.get(number)
        if not width or codec is None:
            return
        text = octets.take(width + 3, 1 << 16).decode("utf-8", "replace")
        if codec in ("S_TEXT/ASS", "S_TEXT/SSA"):
            text = text.split(",", 8)[-1]
        if text.strip():
            self._report.visible(text.strip() + "\n")


def _is_locked(encodings: Element | None) -> bool:
    if encodings is None:
        return False
    return any(inner.number == 0x5035 for one in elements(encodings.octets) for inner in elements(one.octets))


_INFO: Final = {0x7BA9: "title", 0x4D80: "muxing_app", 0x5741: "writing_app", 0x7384: "file_name"}
