"""RIFF (WAV, AVI) and its kin AIFF, CAF, DSF, DSDIFF: formats, durations, words; samples are passed over."""

import struct
from collections.abc import Iterator
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import dates, id3, xmp
from witnessmark.formats.octets import Octets
from witnessmark.formats.recording import Teller, per_second, words
from witnessmark.model.derivative import Outcome

MOST_CHUNKS: Final = 20_000
LARGEST: Final = 8 << 20
_INFO: Final = {
    "INAM": "title",
    "IART": "artist",
    "ICMT": "comment",
    "ICOP": "copyright",
    "ICRD": "date",
    "IDIT": "recorded",
    "IGNR": "genre",
    "IKEY": "keywords",
    "IPRD": "album",
    "ISBJ": "subject",
    "ISFT": "software",
    "ISRC": "source",
    "ITCH": "technician",
    "IENG": "engineer",
    "IARL": "archive",
    "ICMS": "commissioned_by",
    "IMED": "medium",
    "ITRK": "track",
    "ISRF": "source_form",
    "ILNG": "language",
    "IAS1": "language",
    "ISMP": "timecode",
    "TAPE": "tape",
    "TCOD": "timecode",
}
_BEXT: Final = (("description", 0, 256), ("originator", 256, 32), ("originator_reference", 288, 32))
_CODECS: Final = {
    1: "PCM",
    2: "ADPCM",
    3: "float",
    6: "A-law",
    7: "µ-law",
    17: "IMA ADPCM",
    49: "GSM",
    85: "MP3",
    255: "AAC",
}


def _chunks(octets: Octets, at: int, end: int, order: str) -> Iterator[tuple[str, Octets, int]]:
    """Yield name, contents and stated size of chunks that stand one after another."""
    for _ in range(MOST_CHUNKS):
        if at + 8 > end:
            return
        name = octets.take(at, 4).decode("latin-1")
        size = octets.number(at + 4, 4, order)
        yield name, octets.part(at + 8, min(size, max(0, end - at - 8))), size
        at += 8 + size + (size & 1)


def read_riff(source: Source, report: Report) -> None:
    """Read a WAV or AVI (also RF64 and Wave64's plain cousins).

    Raises:
        ReadingStopped: when it is no RIFF.
    """
    octets = Octets.whole(source)
    head = octets.take(0, 12)
    if head[:4] not in (b"RIFF", b"RF64", b"RIFX", b"BW64") or len(head) < 12:
        raise ReadingStopped(Outcome.CORRUPT, "no RIFF header is found")
    order = "big" if head[:4] == b"RIFX" else "little"
    teller = Teller(report, head[8:12].decode("latin-1").strip())
    reader = _Riff(octets, teller, order)
    reader.read(12, octets.size)
    reader.close()
    stated = 8 + octets.number(4, 4, order)
    if head[:4] in (b"RIFF", b"RIFX"):
        if stated > octets.size + 1 and stated < 0xFFFFFFF0:
            report.outcome(Outcome.PARTIAL, "the recording ends before its header says")
        elif octets.size > stated + 1 and octets.take(stated + (stated & 1), 4) != b"RIFF":
            report.observe(
                "recording.after_the_end", {"bytes": octets.size - stated, "begins": octets.take(stated, 8).hex()}
            )


class _Riff:
    def __init__(self, octets: Octets, teller: Teller, order: str) -> None:
        self._octets, self._teller, self._order = octets, teller, order
        self._listed: list[str] = []
        self._rate = self._octets_a_second = self._align = self._samples = self._data = 0
        self._kind = ""

    def read(self, at: int, end: int, depth: int = 0) -> None:
        """Read chunks, and those of lists in them."""
        for name, body, size in _chunks(self._octets, at, end, self._order):
            if len(self._listed) < 200:
                self._listed.append(f"{name} {size}")
            if name == "LIST" and depth < 6:
                self._read_list(body, depth)
            elif name == "data":
                self._data = size if size < 0xFFFFFFF0 else body.size
            elif name in _READERS:
                _READERS[name](self, body)
            elif name.startswith("TC") or name in ("IDIT", "ISMP"):
                self._teller.tag(_INFO.get(name, name), words(body.take(0, LARGEST)), "RIFF")

    def _read_list(self, body: Octets, depth: int) -> None:
        kind = body.take(0, 4)
        if kind in (b"INFO", b"exif"):
            for name, value, _ in _chunks(body, 4, body.size, self._order):
                self._teller.tag(_INFO.get(name, name), words(value.take(0, LARGEST).split(b"\0")[0]), "RIFF INFO")
        elif kind == b"adtl":
            for name, value, _ in _chunks(body, 4, body.size, self._order):
                if name in ("labl", "note"):
                    self._teller.tag("label", words(value.take(4, LARGEST)), "RIFF")
        elif kind in (b"hdrl", b"strl", b"odml", b"INF0"):
            at = body.start - self._octets.start
            self.read(at + 4, at + body.size, depth + 1)

    def _format(self, body: Octets) -> None:
        raw = body.take(0, 40)
        if len(raw) < 16:
            return
        code, channels, rate, average, align, bits = struct.unpack_from(
            "<HHIIHH" if self._order == "little" else ">HHIIHH", raw
        )
        if code == 0xFFFE and len(raw) >= 26:
            (code,) = struct.unpack_from("<H", raw, 24)
        self._rate, self._octets_a_second, self._align = rate, average, align
        self._teller.stream(
            "audio",
            codec=_CODECS.get(code, f"0x{code:04X}"),
            channels=channels,
            sample_rate=rate,
            bits=bits,
            bit_rate=average * 8,
        )

    def _fact(self, body: Octets) -> None:
        self._samples = body.number(0, 4, self._order)

    def _bext(self, body: Octets) -> None:
        raw = body.take(0, LARGEST)
        for name, at, size in _BEXT:
            self._teller.tag(name, words(raw[at : at + size].split(b"\0")[0]), "bext")
        day, clock = (words(raw[at : at + size].split(b"\0")[0]) for at, size in ((320, 10), (330, 8)))
        if day.strip("\0 -"):
            dates.observe(
                self._teller.report,
                "created",
                dates.from_iso(f"{day.replace(':', '-')} {clock.replace('-', ':')}"),
                "bext",
            )
        self._teller.tag("coding_history", words(raw[602:]), "bext")
        if any(raw[348:412]):
            self._teller.fact("umid", raw[348:412].rstrip(b"\0").hex())

    def _text(self, body: Octets) -> None:
        self._teller.tag("iXML", words(body.take(0, LARGEST)), "iXML")

    def _xmp(self, body: Octets) -> None:
        xmp.read_packet(body.take(0, xmp.LARGEST), self._teller.report)

    def _id3(self, body: Octets) -> None:
        id3.read_id3(body, self._teller)

    def _avi_header(self, body: Octets) -> None:
        micro, _, _, flags, frames, _, streams, _, width, height = struct.unpack(
            "<10I", body.take(0, 40).ljust(40, b"\0")
        )
        self._teller.fact("streams", streams)
        self._teller.fact("size", f"{width}x{height}")
        self._teller.fact("indexed", bool(flags & 0x10))
        if micro:
            self._teller.duration(frames * micro, 1_000_000, "AVI header")

    def _stream_header(self, body: Octets) -> None:
        raw = body.take(0, 48).ljust(48, b"\0")
        self._kind = raw[:4].decode("latin-1")
        scale, rate, _, length = struct.unpack_from("<IIII", raw, 20)
        if self._kind != "auds":
            kind = {"vids": "video", "txts": "text", "mids": "midi"}.get(self._kind, "data")
            self._waiting = {"codec": raw[4:8].decode("latin-1").strip("\0 "), "frames": length}
            self._waiting["frame_rate"] = per_second(rate, scale, 1) if scale else ""
            if kind != "video":
                self._teller.stream(kind, **self._waiting)

    def _stream_format(self, body: Octets) -> None:
        if self._kind == "auds":
            self._format(body)
        elif self._kind == "vids":
            _, width, height, _, bits, codec = struct.unpack("<IiiHH4s", body.take(0, 20).ljust(20, b"\0"))
            found = codec.decode("latin-1").strip("\0 ")
            self._waiting["codec"] = found or self._waiting.get("codec", "")
            self._teller.stream("video", width=width, height=abs(height), bits=bits, **self._waiting)

    _waiting: dict[str, str | int]

    def close(self) -> None:
        """Tell what is known at the end."""
        if self._samples and self._rate and self._octets_a_second * 2 != self._rate * self._align * 2:
            self._teller.duration(self._samples, self._rate, "fact chunk")
        elif self._octets_a_second and self._data:
            self._teller.duration(self._data, self._octets_a_second, "data chunk")
        self._teller.fact("chunks", self._listed)
        self._teller.close()


_READERS: Final = {
    "fmt ": _Riff._format,
    "fact": _Riff._fact,
    "bext": _Riff._bext,
    "iXML": _Riff._text,
    "axml": _Riff._text,
    "_PMX": _Riff._xmp,
    "id3 ": _Riff._id3,
    "ID3 ": _Riff._id3,
    "avih": _Riff._avi_header,
    "strh": _Riff._stream_header,
    "strf": _Riff._stream_format,
}


def read_aiff(source: Source, report: Report) -> None:
    """Read an AIFF or AIFF-C.

    Raises:
        ReadingStopped: when it is neither.
    """
    octets = Octets.whole(source)
    head = octets.take(0, 12)
    if head[:4] != b"FORM" or head[8:11] != b"AIF":
        raise ReadingStopped(Outcome.CORRUPT, "no AIFF header is found")
    teller = Teller(report, head[8:12].decode("latin-1").strip())
    names = {"NAME": "title", "AUTH": "author", "(c) ": "copyright", "ANNO": "comment"}
    for name, body, _ in _chunks(octets, 12, octets.size, "big"):
        if name == "COMM" and body.size >= 18:
            channels, frames, bits = struct.unpack(">HIH", body.take(0, 8))
            rate = _extended(body.take(8, 10))
            codec = body.take(18, 4).decode("latin-1").strip() if head[11:12] == b"C" else "PCM"
            teller.stream("audio", codec=codec, channels=channels, sample_rate=rate, bits=bits)
            teller.duration(frames, rate, "COMM chunk")
        elif name in names:
            teller.tag(names[name], words(body.take(0, LARGEST)), "AIFF")
        elif name == "COMT":
            at = 2
            for _ in range(body.number(0, 2)):
                size = body.number(at + 6, 2)
                teller.tag("comment", words(body.take(at + 8, size)), "AIFF")
                at += 8 + size + (size & 1)
        elif name == "ID3 ":
            id3.read_id3(body, teller)
    teller.close()


def _extended(raw: bytes) -> int:
    """Return the whole part of an 80-bit number (IEEE 754 extended)."""
    power, mantissa = struct.unpack(">HQ", raw.ljust(10, b"\0"))
    power = (power & 0x7FFF) - 16383 - 63
    return mantissa >> -power if -64 < power <= 0 else 0


def read_caf(source: Source, report: Report) -> None:
    """Read a Core Audio file.

    Raises:
        ReadingStopped: when it is none.
    """
    octets = Octets.whole(source)
    if octets.take(0, 4) != b"caff":
        raise ReadingStopped(Outcome.CORRUPT, "no Core Audio header is found")
    teller = Teller(report, "CAF")
    at, rate, per_packet = 8, 0, 0
    for _ in range(MOST_CHUNKS):
        name, size = octets.take(at, 4).decode("latin-1"), octets.number(at + 4, 8)
        body = octets.part(at + 12, size)
        if not name:
            break
        if name == "desc" and body.size >= 32:
            real, codec, _, _, per_packet, channels, bits = struct.unpack(">d4sIIIII", body.take(0, 32))
            rate = int(real) if 0 < real < 1e9 else 0
            teller.stream("audio", codec=codec.decode("latin-1"), channels=channels, sample_rate=rate, bits=bits)
        elif name == "pakt":
            packets, frames = body.number(0, 8), body.number(8, 8)
            teller.duration(frames or packets * per_packet, rate, "packet table")
        elif name == "info":
            parts = body.take(4, LARGEST).split(b"\0")
            for key, value in zip(parts[::2], parts[1::2], strict=False):
                teller.tag(key[:100].decode("utf-8", "replace"), value.decode("utf-8", "replace"), "CAF")
        at += 12 + size
    teller.close()


def read_dsd(source: Source, report: Report) -> None:
    """Read a DSF or DSDIFF.

    Raises:
        ReadingStopped: when it is neither.
    """
    octets = Octets.whole(source)
    head = octets.take(0, 80)
    if head[:4] == b"DSD " and len(head) >= 72:
        teller = Teller(report, "DSF")
        channels, rate, bits, samples = struct.unpack_from("<IIIQ", head, 52)
        teller.stream("audio", codec="DSD", channels=channels, sample_rate=rate, bits=bits)
        teller.duration(samples, rate, "format chunk")
        (tags,) = struct.unpack_from("<Q", head, 20)
        if tags:
            id3.read_id3(octets.part(tags), teller)
    elif head[:4] == b"FRM8":
        teller = Teller(report, "DSDIFF")
        at = 16
        for _ in range(MOST_CHUNKS):
            name, size = octets.take(at, 4), octets.number(at + 4, 8)
            if not name:
                break
            if name == b"ID3 ":
                id3.read_id3(octets.part(at + 12, size), teller)
            elif name == b"PROP":
                _tell_properties(octets.part(at + 16, size - 4), teller)
            at += 12 + size + (size & 1)
    else:
        raise ReadingStopped(Outcome.CORRUPT, "no DSD header is found")
    teller.close()


def _tell_properties(octets: Octets, teller: Teller) -> None:
    """Tell the sampling rate and channels of a DSDIFF."""
    at = rate = channels = 0
    for _ in range(100):
        name, size = octets.take(at, 4), octets.number(at + 4, 8)
        if not name:
            break
        if name == b"FS  ":
            rate = octets.number(at + 12, 4)
        elif name == b"CHNL":
            channels = octets.number(at + 12, 2)
        at += 12 + size + (size & 1)
    teller.stream("audio", codec="DSD", channels=channels, sample_rate=rate)
