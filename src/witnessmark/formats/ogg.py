"""FLAC and Ogg (RFC 9639, RFC 3533): stream headers, Vorbis comments, pictures; durations from the last page."""

import binascii
import struct
from collections.abc import Iterator
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import id3
from witnessmark.formats.octets import Octets
from witnessmark.formats.recording import Teller, per_second, words
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

MOST_COMMENTS: Final = 10_000
MOST_PAGES: Final = 20_000
LARGEST: Final = 24 << 20
_LAST: Final = 70_000  # a page is at most 65,307 bytes


def read_flac(source: Source, report: Report) -> None:
    """Read the metadata blocks of a FLAC.

    Raises:
        ReadingStopped: when it is none.
    """
    octets = Octets.whole(source)
    teller = Teller(report, "FLAC")
    at = id3.read_id3(octets, teller)
    if octets.take(at, 4) != b"fLaC":
        raise ReadingStopped(Outcome.CORRUPT, "no FLAC header is found")
    at += 4
    listed: list[str] = []
    for _ in range(2000):
        head = octets.number(at, 4)
        kind, size = head >> 24 & 0x7F, head & 0xFFFFFF
        _read_block(kind, octets.part(at + 4, size), teller, listed)
        at += 4 + size
        if head >> 31 or at >= octets.size:
            break
    teller.fact("blocks", listed)
    id3.read_id3v1(octets, teller)
    teller.close()


def _read_block(kind: int, body: Octets, teller: Teller, listed: list[str]) -> None:
    if len(listed) < 200:
        listed.append(f"{_BLOCKS.get(kind, str(kind))} {body.size}")
    if kind == 0:
        _tell_streaminfo(body.take(0, 34), teller)
    elif kind == 2:
        teller.fact("application", body.take(0, 4).decode("latin-1"))
    elif kind == 4:
        read_comments(body.take(0, LARGEST), teller)
    elif kind == 6:
        read_picture(body, teller, How.COPIED)


_BLOCKS: Final = {
    0: "stream",
    1: "padding",
    2: "application",
    3: "seek table",
    4: "comments",
    5: "cue sheet",
    6: "picture",
}


def _tell_streaminfo(raw: bytes, teller: Teller) -> None:
    if len(raw) < 34:
        return
    bits = int.from_bytes(raw[10:18], "big")
    rate, channels, depth, samples = bits >> 44, (bits >> 41 & 7) + 1, (bits >> 36 & 31) + 1, bits & (1 << 36) - 1
    teller.stream("audio", codec="FLAC", channels=channels, sample_rate=rate, bits=depth)
    teller.fact("md5_of_sound", raw[18:34].hex())
    if samples:
        teller.duration(samples, rate, "stream info")


def read_comments(raw: bytes, teller: Teller) -> None:
    """Tell a block of Vorbis comments."""
    (size,) = struct.unpack_from("<I", raw.ljust(4, b"\0"))
    teller.tag("encoder", words(raw[4 : 4 + size], "utf-8"), "Vorbis comment")
    at = 4 + size
    count = int.from_bytes(raw[at : at + 4], "little")
    at += 4
    for _ in range(min(count, MOST_COMMENTS)):
        size = int.from_bytes(raw[at : at + 4], "little")
        if at + 4 > len(raw) or not size:
            break
        entry = raw[at + 4 : at + 4 + size]
        name, _, value = entry.partition(b"=")
        key = name[:200].decode("ascii", "replace").lower()
        if key in ("metadata_block_picture", "coverart"):
            _take_picture(key, value, teller)
        else:
            teller.tag(key, value.decode("utf-8", "replace"), "Vorbis comment")
        at += 4 + size


def _take_picture(key: str, value: bytes, teller: Teller) -> None:
    try:
        data = binascii.a2b_base64(value[:LARGEST])
    except (binascii.Error, ValueError):
        return
    if key == "coverart":
        teller.picture(Octets.of(data), "COVERART", How.DECODED)
    else:
        read_picture(Octets.of(data), teller, How.DECODED)


def read_picture(body: Octets, teller: Teller, how: How) -> None:
    """Tell a picture block of FLAC (RFC 9639, section 8.8)."""
    kind = body.number(4, 4)
    length = body.number(8 + kind, 4)
    about = words(body.take(12 + kind, min(length, 1 << 16)), "utf-8")
    at = 12 + kind + length + 16
    size = body.number(at, 4)
    teller.picture(body.part(at + 4, size), "picture block", how, about)


def pages(octets: Octets, most: int = MOST_PAGES) -> Iterator[tuple[int, int, int, Octets, bytes]]:
    """Yield stream, position, flags, contents and lacing of each page."""
    at = 0
    for _ in range(most):
        head = octets.take(at, 27)
        if len(head) < 27 or head[:4] != b"OggS":
            return
        flags, position, stream = struct.unpack_from("<BQI", head, 5)
        lacing = octets.take(at + 27, head[26])
        size = sum(lacing)
        yield stream, position, flags, octets.part(at + 27 + len(lacing), size), lacing
        at += 27 + len(lacing) + size


class _Stream:
    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self.open = b""
        self.codec = ""
        self.rate = 0
        self.skip = 0
        self.last = 0

    def add(self, octets: Octets, lacing: bytes) -> None:
        """Put together the first packets of a stream."""
        at = 0
        for size in lacing:
            if len(self.packets) >= 3 or len(self.open) > LARGEST:
                return
            self.open += octets.take(at, size)
            at += size
            if size < 255:
                self.packets.append(self.open)
                self.open = b""


def read_ogg(source: Source, report: Report) -> None:
    """Read the streams of an Ogg.

    Raises:
        ReadingStopped: when it has no page.
    """
    octets = Octets.whole(source)
    teller = Teller(report, "Ogg")
    streams: dict[int, _Stream] = {}
    for stream, position, _, body, lacing in pages(octets):
        if stream not in streams and len(streams) >= 100:
            continue
        found = streams.setdefault(stream, _Stream())
        if position != 0xFFFFFFFFFFFFFFFF:
            found.last = max(found.last, position)
        if len(found.packets) < 3:
            found.add(body, lacing)
        elif all(len(one.packets) >= 3 for one in streams.values()):
            break
    if not streams:
        raise ReadingStopped(Outcome.CORRUPT, "no Ogg page is found")
    for found in streams.values():
        if found.open and len(found.packets) < 3:
            found.packets.append(found.open)
        _tell_stream(found, teller)
    _tell_end(octets, streams, teller)
    teller.close()


def _tell_stream(found: _Stream, teller: Teller) -> None:
    first = found.packets[0] if found.packets else b""
    rest = found.packets[1:]
    if first[:7] == b"\1vorbis" and len(first) >= 16:
        channels, found.rate = struct.unpack_from("<BI", first, 11)
        teller.stream("audio", codec="Vorbis", channels=channels, sample_rate=found.rate)
        _comments(rest, b"\3vorbis", teller)
    elif first[:8] == b"OpusHead" and len(first) >= 16:
        channels, found.skip, original = struct.unpack_from("<BHI", first, 9)
        found.rate = 48000
        teller.stream("audio", codec="Opus", channels=channels, sample_rate=original or 48000)
        _comments(rest, b"OpusTags", teller)
    elif first[:8] == b"Speex   " and len(first) >= 56:
        found.rate, _, _, channels = struct.unpack_from("<IIII", first, 36)
        teller.stream("audio", codec="Speex", channels=channels, sample_rate=found.rate)
        _comments(rest, b"", teller)
    elif first[:5] == b"\x7fFLAC" and first[9:13] == b"fLaC":
        _tell_streaminfo(first[17:51], teller)
        for packet in rest:
            if packet and packet[0] & 0x7F == 4:
                read_comments(packet[4:], teller)
    elif first[:7] == b"\x80theora" and len(first) >= 30:
        width, height = int.from_bytes(first[14:17], "big"), int.from_bytes(first[17:20], "big")
        over, under = struct.unpack_from(">II", first, 22)
        teller.stream("video", codec="Theora", width=width, height=height, frame_rate=per_second(over, under, 1))
        _comments(rest, b"\x81theora", teller)
    elif first:
        teller.stream("data", codec=first[:8].decode("latin-1").strip("\0"))


def _comments(packets: list[bytes], mark: bytes, teller: Teller) -> None:
    packet = next((one for one in packets if one.startswith(mark)), None)
    if packet is not None:
        read_comments(packet[len(mark) :], teller)


def _tell_end(octets: Octets, streams: dict[int, _Stream], teller: Teller) -> None:
    """Tell the duration by the position that the last pages state."""
    start = max(0, octets.size - _LAST)
    tail = octets.take(start, _LAST)
    at = tail.find(b"OggS")
    while at >= 0:
        if at + 18 <= len(tail):
            position, stream = struct.unpack_from("<QI", tail, at + 6)
            if stream in streams and position != 0xFFFFFFFFFFFFFFFF:
                streams[stream].last = max(streams[stream].last, position)
        at = tail.find(b"OggS", at + 4)
    timed = [one for one in streams.values() if one.rate and one.last > one.skip]
    if timed:
        longest = max(timed, key=lambda one: one.last * 1000 // one.rate)
        teller.duration(longest.last - longest.skip, longest.rate, "last page")
