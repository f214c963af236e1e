"""Flash video and MPEG streams: script data, the first heads of streams; no sample is decoded."""

import struct
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats.octets import Octets
from witnessmark.formats.recording import Teller
from witnessmark.model.derivative import Outcome

MOST_TAGS: Final = 2_000_000


def read_flv(source: Source, report: Report) -> None:
    """Read the script data and the first streams of a Flash video.

    Raises:
        ReadingStopped: when it is none.
    """
    octets = Octets.whole(source)
    if octets.take(0, 3) != b"FLV":
        raise ReadingStopped(Outcome.CORRUPT, "no FLV header is found")
    teller = Teller(report, "FLV")
    at, kinds, last = octets.number(5, 4) + 4, set(), 0
    for _ in range(MOST_TAGS):
        head = octets.take(at, 12)
        if len(head) < 12:
            break
        kind, size = head[0] & 31, int.from_bytes(head[1:4], "big")
        last = max(last, int.from_bytes(head[4:7], "big") | head[7] << 24)
        if kind == 18:
            for name, value in _script(octets.take(at + 11, min(size, 1 << 20))):
                teller.tag(name, value, "FLV")
        elif kind == 8 and 8 not in kinds:
            teller.stream("audio", codec=f"FLV audio {head[11] >> 4}", channels=1 + (head[11] & 1))
        elif kind == 9 and 9 not in kinds:
            teller.stream("video", codec=f"FLV video {head[11] & 15}")
        kinds.add(kind)
        at += 11 + size + 4
    teller.duration(last, 1000, "last tag")
    teller.close()


def _script(data: bytes) -> list[tuple[str, str]]:
    """Return the flat names and values of `onMetaData` (AMF0)."""
    found: list[tuple[str, str]] = []
    at = data.find(b"onMetaData")
    at = at + 15 if at >= 0 else len(data)
    while at + 3 < len(data) and len(found) < 500:
        size = int.from_bytes(data[at : at + 2], "big")
        name, at = data[at + 2 : at + 2 + size].decode("utf-8", "replace"), at + 2 + size
        kind = data[at] if at < len(data) else 9
        if kind == 0 and at + 9 <= len(data):
            found.append((name, repr(struct.unpack_from(">d", data, at + 1)[0])))
            at += 9
        elif kind == 1:
            found.append((name, str(bool(data[at + 1 : at + 2].strip(b"\0")))))
            at += 2
        elif kind == 2:
            size = int.from_bytes(data[at + 1 : at + 3], "big")
            found.append((name, data[at + 3 : at + 3 + size].decode("utf-8", "replace")))
            at += 3 + size
        elif kind == 11 and at + 11 <= len(data):
            found.append((name, repr(struct.unpack_from(">d", data, at + 1)[0])))
            at += 11
        else:
            break
    return found


def read_stream(source: Source, report: Report) -> None:
    """Tell what an MPEG program or transport stream is, as far as its first bytes show."""
    octets = Octets.whole(source)
    head = octets.take(0, 1 << 16)
    if head[:4] == b"\0\0\1\xba":
        teller = Teller(report, "MPEG program stream", version=2 if head[4] >> 6 == 1 else 1)
        seen = {head[at + 3] for at in range(len(head) - 4) if head[at : at + 3] == b"\0\0\1" and head[at + 3] >= 0xBD}
        for number in sorted(seen):
            if 0xE0 <= number <= 0xEF or 0xC0 <= number <= 0xDF:
                teller.stream("video" if number >= 0xE0 else "audio", id=number, codec="MPEG")
    else:
        teller = Teller(report, "MPEG transport stream")
        _tell_programs(head, teller)
    sequence = head.find(b"\0\0\1\xb3")
    if sequence >= 0 and sequence + 8 <= len(head):
        bits = int.from_bytes(head[sequence + 4 : sequence + 7], "big")
        teller.stream("video", codec="MPEG", width=bits >> 12, height=bits & 0xFFF)
    teller.close()


_TS: Final = {
    1: "MPEG-1 video",
    2: "MPEG-2 video",
    3: "MPEG-1 audio",
    4: "MPEG-2 audio",
    15: "AAC",
    27: "H.264",
    36: "H.265",
    129: "AC-3",
}


def _tell_programs(head: bytes, teller: Teller) -> None:
    start = 4 if head[:1] != b"\x47" and head[4:5] == b"\x47" else 0
    step = 192 if start else 188
    tables: set[int] = set()
    for at in range(start, len(head) - 187, step):
        packet = head[at : at + 188]
        number = int.from_bytes(packet[1:3], "big") & 0x1FFF
        if packet[0] != 0x47 or not packet[1] & 0x40:
            continue
        body = packet[5 + packet[4] if packet[3] & 0x20 else 4 :]
        body = body[1 + body[0] :] if body else b""
        if number == 0 and body[:1] == b"\0":
            tables |= {int.from_bytes(body[n + 2 : n + 4], "big") & 0x1FFF for n in range(8, min(len(body) - 4, 60), 4)}
        elif number in tables and body[:1] == b"\2":
            end = 3 + (int.from_bytes(body[1:3], "big") & 0xFFF) - 4
            place = 12 + (int.from_bytes(body[10:12], "big") & 0xFFF)
            while place + 5 <= min(end, len(body)):
                kind, pid = body[place], int.from_bytes(body[place + 1 : place + 3], "big") & 0x1FFF
                codec = _TS.get(kind, f"0x{kind:02X}")
                teller.stream(
                    "video" if kind in (1, 2, 27, 36) else "audio" if kind in _TS else "data", id=pid, codec=codec
                )
                place += 5 + (int.from_bytes(body[place + 3 : place + 5], "big") & 0xFFF)
            return
