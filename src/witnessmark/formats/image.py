"""Pictures: what is said of them in their own bytes (size, EXIF, XMP, IPTC, comments); no pixel is ever decoded.

A picture has no visible text here; every word in it is hidden text.
"""

import hashlib
import io
import re
import struct
import warnings
import zlib

import PIL
from PIL import Image, UnidentifiedImageError

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import dates, encodings, exif, xmp
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

LARGEST = 256 << 20
LARGEST_TEXT = 4 << 20
MOST_SEGMENTS = 5000
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_JPEG_MODES = {1: "L", 3: "YCbCr", 4: "CMYK"}
_PNG_MODES = {0: "L", 2: "RGB", 3: "P", 4: "LA", 6: "RGBA"}
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_MORE = b"http://ns.adobe.com/xmp/extension/\0"
_PNG = b"\x89PNG\r\n\x1a\n"
_TRIPS = (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, struct.error)


def read_jpeg(source: Source, report: Report) -> None:
    """Read the segments of a JPEG (ISO/IEC 10918-1, annex B).

    Raises:
        ReadingStopped: when there is no frame in it.
    """
    data = _start(source, report)
    jpeg = _Jpeg(data, report)
    end = jpeg.walk()
    jpeg.close()
    if not jpeg.framed:
        raise ReadingStopped(Outcome.CORRUPT, "no picture frame is found in this JPEG")
    if end is None:
        report.outcome(Outcome.PARTIAL, "the JPEG ends before its end marker")
    else:
        _tell_rest(data, end, report)


def _start(source: Source, report: Report) -> bytes:
    if source.size > LARGEST:
        raise ReadingStopped(Outcome.REFUSED_LIMIT, f"the picture is larger than {LARGEST >> 20} MiB")
    exif.name_tool(report)
    source.stream.seek(0)
    return source.stream.read(LARGEST)


class _Jpeg:
    def __init__(self, data: bytes, report: Report) -> None:
        self._data, self._report = data, report
        self.framed = False
        self._tables = hashlib.sha256()
        self._tabled = False
        self._order: list[str] = []
        self._more_xmp: dict[int, bytes] = {}

    def walk(self) -> int | None:
        """Read segment by segment; return where the picture ends, or None when its end marker is missing."""
        data, place = self._data, 2 if self._data[:2] == b"\xff\xd8" else 0
        for _ in range(MOST_SEGMENTS):
            match = _MARKER.search(data, place)
            if match is None:
                return None
            kind, place = data[match.end() - 1], match.end()
            if kind == 0xD9:
                return place
            if kind in (0x01, 0xD8):
                continue
            if place + 2 > len(data):
                return None
            (length,) = struct.unpack_from(">H", data, place)
            self._read(kind, data[place + 2 : place + max(length, 2)])
            place += max(length, 2)
        return None

    def _read(self, kind: int, body: bytes) -> None:
        if len(self._order) < 64 and kind >= 0xE0:
            self._order.append(f"COM {len(body)}" if kind == 0xFE else f"APP{kind - 0xE0}")
        if kind in _SIZES and len(body) >= 6 and not self.framed:
            depth, height, width, parts = struct.unpack_from(">BHHB", body)
            self.framed = True
            value = {"width": width, "height": height, "mode": _JPEG_MODES.get(parts, str(parts)), "bits": depth}
            self._report.observe("picture.size", value)
            sampling = " ".join(f"{b >> 4}x{b & 15}" for b in body[7 : 6 + parts * 3 : 3])
            self._report.observe("jpeg.frame", {"process": kind - 0xC0, "sampling": sampling})
        elif kind == 0xDB:
            self._tables.update(body)
            self._tabled = True
        elif kind == 0xE1 and body.startswith(b"Exif\0"):
            exif.read_exif(body[6:], self._report)
        elif kind == 0xE1 and body.startswith(_XMP):
            xmp.read_packet(body[len(_XMP) :], self._report)
        elif kind == 0xE1 and body.startswith(_XMP_MORE) and len(body) > len(_XMP_MORE) + 40:
            (offset,) = struct.unpack_from(">I", body, len(_XMP_MORE) + 36)
            self._more_xmp[offset] = body[len(_XMP_MORE) + 40 :]
        elif kind == 0xED and body.startswith(b"Photoshop 3.0\0"):
            exif.read_photoshop(body[14:], self._report)
        elif kind == 0xFE:
            _tell_words("comment", body, self._report)
        elif kind == 0xEB and b"jumb" in body[:64]:
            self._report.observe("picture.content_credentials", value=True)

    def close(self) -> None:
        """Report what is known only at the end."""
        if self._more_xmp:
            xmp.read_packet(b"".join(self._more_xmp[offset] for offset in sorted(self._more_xmp)), self._report)
        if self._tabled:
            self._report.observe("jpeg.tables", self._tables.hexdigest()[:16])
        if self._order:
            self._report.observe("jpeg.segments", self._order)


def read_png(source: Source, report: Report) -> None:
    """Read the chunks of a PNG (ISO/IEC 15948).

    Raises:
        ReadingStopped: when its header is missing.
    """
    data = _start(source, report)
    if data[:8] != _PNG or data[12:16] != b"IHDR" or len(data) < 33:
        raise ReadingStopped(Outcome.CORRUPT, "the header of this PNG is missing")
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    value = {"width": width, "height": height, "mode": _PNG_MODES.get(colour, str(colour)), "bits": depth}
    report.observe("picture.size", value)
    place = 33
    for _ in range(MOST_SEGMENTS * 20):
        if place + 12 > len(data):
            report.outcome(Outcome.PARTIAL, "the PNG ends before its end chunk")
            return
        length, kind = struct.unpack_from(">I4s", data, place)
        if kind == b"IEND":
            _tell_rest(data, place + 12 + length, report)
            return
        if kind in _CHUNKS:
            _CHUNKS[kind](data[place + 8 : place + 8 + length], report)
        place += 12 + length
    report.outcome(Outcome.PARTIAL, "the PNG has too many chunks")


def _text_chunk(body: bytes, report: Report) -> None:
    name, _, text = body.partition(b"\0")
    _tell_chunk(name, text, report)


def _packed_chunk(body: bytes, report: Report) -> None:
    name, _, text = body.partition(b"\0")
    _tell_chunk(name, _unpack(text[1:]), report)


def _international_chunk(body: bytes, report: Report) -> None:
    name, _, rest = body.partition(b"\0")
    packed = rest[:1] == b"\1"
    text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    _tell_chunk(name, _unpack(text) if packed else text, report)


def _unpack(body: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(body, LARGEST_TEXT)
    except zlib.error:
        return b""


def _tell_chunk(name: bytes, text: bytes, report: Report) -> None:
    label = name[:79].decode("latin-1")
    if label == "XML:com.adobe.xmp":
        xmp.read_packet(text[:LARGEST_TEXT], report)
    elif label.startswith("Raw profile type "):
        _tell_profile(label[17:].lower(), text, report)
    else:
        words = _tell_words(label, text, report)
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
    if kind in ("exif", "app1"):
        exif.read_exif(block.removeprefix(b"Exif\0\0"), report)
    elif kind == "iptc":
        (exif.read_photoshop if block.startswith(b"8BIM") else exif.read_iptc)(block, report)
    elif kind == "xmp":
        xmp.read_packet(block, report)


def _time_chunk(body: bytes, report: Report) -> None:
    if len(body) == 7:
        year, *rest = struct.unpack(">H5B", body)
        text = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(year, *rest)
        dates.observe(report, "modified", dates.from_iso(text), "PNG tIME")


_CHUNKS = {
    b"tEXt": _text_chunk,
    b"zTXt": _packed_chunk,
    b"iTXt": _international_chunk,
    b"eXIf": exif.read_exif,
    b"tIME": _time_chunk,
}


def _tell_words(label: str, raw: bytes, report: Report) -> str:
    raw = raw[:LARGEST_TEXT].strip(b"\0")
    text = raw.decode(encodings.choose(raw).name, "replace").strip() if raw else ""
    if text:
        report.hidden(label or "text", text + "\n")
    return text


def _tell_rest(data: bytes, end: int, report: Report) -> None:
    """Report bytes that stand after the picture's end, and take them out when they say anything."""
    rest = data[end:]
    if not rest:
        return
    report.observe("picture.after_the_end", {"bytes": len(rest), "begins": rest[:8].hex()})
    if len(rest) >= 32 and rest.strip(b"\0\xff\r\n "):
        with report.member((PathStep("after-the-end"),), How.COPIED, {}) as sink:
            sink.write(rest)


def read_picture(source: Source, report: Report) -> None:
    """Read size, comment and metadata of a GIF, TIFF, BMP or WebP, as far as the header tells.

    Raises:
        ReadingStopped: when no picture can be made out.
    """
    data = _start(source, report)
    report.tool("pillow", PIL.__version__)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a size too large to decode is no matter: nothing is decoded
            picture = Image.open(io.BytesIO(data), formats=("GIF", "TIFF", "BMP", "WEBP"))
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        ValueError,
        SyntaxError,
        struct.error,
    ) as error:
        raise ReadingStopped(Outcome.CORRUPT, "no picture can be made out in these bytes") from error
    report.observe("picture.size", {"width": picture.width, "height": picture.height, "mode": picture.mode})
    comment = picture.info.get("comment")
    if isinstance(comment, bytes):
        _tell_words("comment", comment, report)
    if data[:4] in (b"II*\0", b"MM\0*"):
        exif.read_exif(data, report)
    block = picture.info.get("exif")
    if isinstance(block, bytes):
        exif.read_exif(block.removeprefix(b"Exif\0\0"), report)
    for packet in xmp.packets(data):
        xmp.read_packet(packet, report)
