"""PNG (ISO/IEC 15948): its chunks in order, the words in them, times, metadata and profile; no pixel is decoded."""

import struct
import zlib
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import dates, exif, icc, iptc, jumbf, picture, xmp
from witnessmark.formats.octets import Decoded, Octets, Room, observe_pairs
from witnessmark.model.derivative import Outcome

MOST_CHUNKS = 100_000
_MOST_LISTED = 200
_MODES = {0: "L", 2: "RGB", 3: "P", 4: "LA", 6: "RGBA"}
_MARK = b"\x89PNG\r\n\x1a\n"


def read_png(source: Source, report: Report) -> None:
    """Read the chunks of a PNG.

    Raises:
        ReadingStopped: when its header is missing.
    """
    data = picture.whole(source, report)
    # Apple's programs for telephones keep pictures with a chunk of their own before the header.
    at = 20 + int.from_bytes(data[8:12], "big") if data[12:16] == b"CgBI" else 8
    if data[:8] != _MARK or data[at + 4 : at + 8] != b"IHDR" or len(data) < at + 25:
        raise ReadingStopped(Outcome.CORRUPT, "the header of this PNG is missing")
    width, height, depth, colour, _, _, woven = struct.unpack_from(">IIBBBBB", data, at + 8)
    value = {"width": width, "height": height, "mode": _MODES.get(colour, str(colour)), "bits": depth}
    report.observe("picture.size", value)
    if woven:
        report.observe("png.interlaced", value=True)
    chunks = _Chunks(data, report)
    end = chunks.walk()
    chunks.close()
    if end is not None:
        picture.tell_rest(data, end, report)


class _Chunks:
    def __init__(self, data: bytes, report: Report) -> None:
        self._data, self._report = data, report
        self._listed: list[str] = []
        self._words: dict[str, str] = {}
        self._frames = 0
        self._room = Room(len(data), 2000)

    def walk(self) -> int | None:
        """Read chunk by chunk; return where the picture ends, or None when it ends too early."""
        data, place = self._data, 8
        for _ in range(MOST_CHUNKS):
            if place + 12 > len(data):
                self._report.outcome(Outcome.PARTIAL, "the PNG ends before its end chunk")
                return None
            length, kind = struct.unpack_from(">I4s", data, place)
            self._list(kind.decode("latin-1"), length)
            if kind == b"IEND":
                return int(place + 12 + length)
            if kind not in (b"IDAT", b"fdAT", b"fcTL") and self._room.holds(length):
                self._read(kind, place + 8, data[place + 8 : place + 8 + length])
            place += 12 + length
        self._report.outcome(Outcome.PARTIAL, "the PNG has too many chunks")
        return None

    def _list(self, kind: str, length: int) -> None:
        if self._listed and self._listed[-1].startswith(f"{kind} ") and kind in ("IDAT", "fdAT"):
            before = self._listed[-1].split()
            total, count = int(before[1]) + length, int(before[2].strip("(×)")) + 1 if len(before) > 2 else 2
            self._listed[-1] = f"{kind} {total} (×{count})"
        elif len(self._listed) < _MOST_LISTED:
            self._listed.append(f"{kind} {length}")

    def close(self) -> None:
        self._report.observe("png.chunks", self._listed)
        observe_pairs(self._report, "png.text", self._words)
        if self._frames:
            self._report.observe("picture.frames", self._frames)

    def _read(self, kind: bytes, at: int, body: bytes) -> None:
        if kind == b"tEXt":
            name, _, text = body.partition(b"\0")
            self._tell(name, text)
        elif kind == b"zTXt":
            name, _, text = body.partition(b"\0")
            self._tell(name, _unpack(text[1:]))
        elif kind == b"iTXt":
            name, _, rest = body.partition(b"\0")
            text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
            self._tell(name, _unpack(text) if rest[:1] == b"\1" else text)
        elif kind == b"eXIf":
            bare = body.removeprefix(b"Exif\0\0")
            exif.read_exif(bare, self._report, at + len(body) - len(bare))
        elif kind == b"iCCP":
            icc.read_icc(_unpack(body.partition(b"\0")[2][1:]), self._report)
        elif kind == b"tIME":
            _tell_time_chunk(body, self._report)
        elif kind == b"pHYs" and len(body) >= 9:
            across, down, unit = struct.unpack_from(">IIB", body)
            self._report.observe("png.density", {"x": across, "y": down, "unit": "metre" if unit == 1 else "aspect"})
        elif kind == b"acTL" and len(body) >= 4:
            self._frames = int.from_bytes(body[:4], "big")
        elif kind == b"caBX":
            jumbf.tell(Octets.of(body), self._report)

    def _tell(self, name: bytes, text: bytes) -> None:
        label = name[:79].decode("latin-1")
        if label == "XML:com.adobe.xmp":
            xmp.read_packet(text[: picture.LARGEST_TEXT], self._report)
        elif label.lower().startswith("raw profile type "):
            _tell_profile(label[17:].lower(), text, self._report)
        else:
            words = picture.tell_words(label, text, self._report)
            self._words[label or "text"] = words[:2000]
            _tell_meaning(label, words, self._report)


def _unpack(body: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(body, picture.LARGEST_TEXT)
    except zlib.error:
        return b""


def _tell_meaning(label: str, words: str, report: Report) -> None:
    if label == "Software":
        dates.observe_software(report, words, "", "PNG Software")
    elif label in ("Creation Time", "date:create", "create-date"):
        _tell_time("created", words, label, report)
    elif label in ("date:modify", "modify-date"):
        _tell_time("modified", words, label, report)


def _tell_time(name: str, words: str, label: str, report: Report) -> None:
    moments = (read(words) for read in (dates.from_iso, dates.from_exif, dates.from_mail))
    known = next((moment for moment in moments if moment.local is not None), dates.Moment(words[: dates.LONGEST]))
    dates.observe(report, name, known, f"PNG {label}")


def _tell_profile(kind: str, text: bytes, report: Report) -> None:
    # ImageMagick's form: a line with the name, one with the length, then hexadecimal.
    fields = text.split(None, 2)
    digits = b"".join(fields[2].split()) if len(fields) == 3 else b""
    try:
        block = bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
    except ValueError:
        return
    reader = _PROFILES.get(kind)
    if reader is not None:
        reader(block, Decoded(report))


def _read_exif_or_xmp(block: bytes, report: Report) -> None:
    if block.startswith(b"http://ns.adobe.com/xap/1.0/\0"):
        xmp.read_packet(block.partition(b"\0")[2], report)
    else:
        exif.read_exif(block.removeprefix(b"Exif\0\0"), report)


def _read_iptc(block: bytes, report: Report) -> None:
    (iptc.read_photoshop if block.startswith(b"8BIM") else iptc.read_iptc)(block, report)


_PROFILES: Final = {
    "exif": _read_exif_or_xmp,
    "app1": _read_exif_or_xmp,
    "iptc": _read_iptc,
    "8bim": _read_iptc,
    "xmp": xmp.read_packet,
    "icc": icc.read_icc,
    "icm": icc.read_icc,
}


def _tell_time_chunk(body: bytes, report: Report) -> None:
    if len(body) == 7:
        year, *rest = struct.unpack(">H5B", body)
        text = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(year, *rest)
        dates.observe(report, "modified", dates.from_iso(text), "PNG tIME")
