"""Sound without much of a container: MPEG audio, AAC, AMR, AU, MIDI."""

import struct
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import id3
from witnessmark.formats.octets import Octets
from witnessmark.formats.recording import Teller, words
from witnessmark.model.derivative import Outcome

MOST_FRAMES: Final = 2_000_000
_SEARCH: Final = 1 << 16
_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_BITS: Final = {
    (3, 3): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (3, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 1): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 3): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 1): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Kilobits a second by version (3 = MPEG-1) and layer (3 = I, 2 = II, 1 = III), from index 1 on (ISO/IEC 11172-3)."""
_MODES: Final = ("stereo", "joint stereo", "dual channel", "mono")


def read_mpeg_audio(source: Source, report: Report) -> None:
    """Read the tags and the first frame of MPEG audio.

    Raises:
        ReadingStopped: when there is neither a tag nor a frame.
    """
    octets = Octets.whole(source)
    teller = Teller(report, "MPEG audio")
    start = 0
    while size := id3.read_id3(octets.part(start), teller):
        start += size
        if start >= octets.size:
            break
    end = octets.size - id3.read_id3v1(octets, teller)
    id3.read_lyrics(octets, end, teller)
    end -= id3.read_ape(octets, end, teller)
    found = _frame(octets, start)
    if found is not None:
        _tell_frame(octets, found, end, teller)
    elif start:
        report.outcome(Outcome.PARTIAL, "the file ends within its tag or right behind it: no sound follows")
    teller.close()
    if found is None and not start:
        raise ReadingStopped(Outcome.CORRUPT, "no frame of MPEG audio is found")


def _frame(octets: Octets, start: int) -> tuple[int, int] | None:
    """Return place and head of the first frame that another follows."""
    data = octets.take(start, _SEARCH)
    at = data.find(b"\xff")
    while at >= 0:
        head = int.from_bytes(data[at : at + 4], "big")
        size = frame_size(head)
        if size:
            after = octets.number(start + at + size, 4)
            if frame_size(after) or start + at + size >= octets.size:
                return start + at, head
        at = data.find(b"\xff", at + 1)
    return None


def frame_size(head: int) -> int:
    """Return the length of the frame that a head begins; 0 when it is none."""
    version, layer, index, rate = head >> 19 & 3, head >> 17 & 3, head >> 12 & 15, head >> 10 & 3
    if head >> 21 != 0x7FF or version == 1 or layer == 0 or index in (0, 15) or rate == 3:
        return 0
    hertz = _RATES[version][rate]
    bits = kilobits(version, layer, index) * 1000
    padding = head >> 9 & 1
    if layer == 3:
        return (12 * bits // hertz + padding) * 4
    return (72 if layer == 1 and version != 3 else 144) * bits // hertz + padding


def kilobits(version: int, layer: int, index: int) -> int:
    """Return kilobits a second by a frame head's fields."""
    table = _BITS[3 if version == 3 else 2, layer if version == 3 or layer == 3 else 1]
    return table[index - 1]


def _tell_frame(octets: Octets, found: tuple[int, int], end: int, teller: Teller) -> None:
    at, head = found
    version, layer, index, rate = head >> 19 & 3, head >> 17 & 3, head >> 12 & 15, head >> 10 & 3
    hertz, mode = _RATES[version][rate], head >> 6 & 3
    samples = 384 if layer == 3 else 576 if layer == 1 and version != 3 else 1152
    bits = kilobits(version, layer, index) * 1000
    first = octets.take(at, max(frame_size(head), 256))
    frames, encoder = _lame(first, version, mode)
    if frames:
        teller.duration(frames * samples, hertz, "Xing header")
    elif bits and end > at:
        teller.duration((end - at) * 8, bits, "size and bit rate of the first frame")
    teller.tag("encoder", encoder, "LAME")
    teller.stream(
        "audio",
        codec=f"MPEG-{ {3: '1', 2: '2', 0: '2.5'}[version] } layer {4 - layer}",
        channels=1 if mode == 3 else 2,
        mode=_MODES[mode],
        sample_rate=hertz,
        bit_rate=bits,
        variable=(bool(frames) and b"Xing" in first[:200]) or None,
    )


def _lame(first: bytes, version: int, mode: int) -> tuple[int, str]:
    """Return the number of frames and the encoder that a first frame states (Xing, Info, VBRI)."""
    at = 4 + (17 if mode == 3 else 32) if version == 3 else 4 + (9 if mode == 3 else 17)
    if first[at : at + 4] in (b"Xing", b"Info"):
        flags = int.from_bytes(first[at + 4 : at + 8], "big")
        place = at + 8
        frames = int.from_bytes(first[place : place + 4], "big") if flags & 1 else 0
        place += 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
        encoder = first[place : place + 9]
        return frames, encoder.decode("latin-1").strip("\0 ") if encoder[:1].isalpha() and encoder.isascii() else ""
    if first[36:40] == b"VBRI":
        return int.from_bytes(first[50:54], "big"), ""
    return 0, ""


def read_aac(source: Source, report: Report) -> None:
    """Read the frames' heads of AAC in ADTS (ISO/IEC 13818-7).

    Raises:
        ReadingStopped: when there is none.
    """
    octets = Octets.whole(source)
    teller = Teller(report, "ADTS")
    at = id3.read_id3(octets, teller)
    rates = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
    rate = frames = 0
    first = at
    for _ in range(MOST_FRAMES):
        head = octets.take(at, 7)
        if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
            break
        bits = int.from_bytes(head, "big")
        size = bits >> 13 & 0x1FFF
        if frames == 0:
            index = bits >> 34 & 15
            rate = rates[index] if index < len(rates) else 0
            teller.stream("audio", codec="AAC", channels=bits >> 30 & 7, sample_rate=rate)
        if size < 7:
            break
        frames += 1
        at += size
        if frames == 2000 and octets.size > at * 2:  # the rest is much like the beginning
            frames = frames * (octets.size - first) // (at - first)
            break
    if not frames:
        raise ReadingStopped(Outcome.CORRUPT, "no frame of AAC is found")
    teller.duration(frames * 1024, rate, "frames counted")
    id3.read_id3v1(octets, teller)
    teller.close()


def read_amr(source: Source, report: Report) -> None:
    """Read an AMR recording (RFC 4867, section 5).

    Raises:
        ReadingStopped: when it is none.
    """
    octets = Octets.whole(source)
    head = octets.take(0, 15)
    if not head.startswith(b"#!AMR"):
        raise ReadingStopped(Outcome.CORRUPT, "no AMR header is found")
    wide = head.startswith(b"#!AMR-WB")
    sizes = (
        (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1)
        if wide
        else (13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1)
    )
    teller = Teller(report, "AMR")
    teller.stream("audio", codec="AMR-WB" if wide else "AMR-NB", channels=1, sample_rate=16000 if wide else 8000)
    at, frames, buffer, base = head.index(b"\n") + 1 if b"\n" in head else 6, 0, b"", 0
    while frames < MOST_FRAMES:
        if at - base >= len(buffer):
            base, buffer = at, octets.take(at, 1 << 18)
            if not buffer:
                break
        at += sizes[buffer[at - base] >> 3 & 15]
        frames += 1
    teller.duration(frames * 20, 1000, "frames counted")
    teller.close()


def read_au(source: Source, report: Report) -> None:
    """Read a Sun AU.

    Raises:
        ReadingStopped: when it is none.
    """
    octets = Octets.whole(source)
    head = octets.take(0, 24)
    if head[:4] != b".snd" or len(head) < 24:
        raise ReadingStopped(Outcome.CORRUPT, "no AU header is found")
    start, size, code, rate, channels = struct.unpack_from(">5I", head, 4)
    depth = {1: 8, 2: 8, 3: 16, 4: 24, 5: 32, 6: 32, 7: 64, 27: 8}.get(code, 0)
    teller = Teller(report, "AU")
    teller.stream(
        "audio",
        codec={1: "µ-law", 27: "A-law"}.get(code, f"AU {code}"),
        channels=channels,
        sample_rate=rate,
        bits=depth,
    )
    teller.tag("comment", words(octets.take(24, min(start - 24, 1 << 16))), "AU")
    size = octets.size - start if size in (0, 0xFFFFFFFF) else size
    if depth and channels and size > 0:
        teller.duration(size * 8 // (depth * channels), rate, "size")
    teller.close()


def read_midi(source: Source, report: Report) -> None:
    """Read the texts and the tempo of a standard MIDI file.

    Raises:
        ReadingStopped: when it is none.
    """
    octets = Octets.whole(source)
    if octets.take(0, 4) == b"RIFF":
        octets = octets.part(20)
    head = octets.take(0, 14)
    if head[:4] != b"MThd" or len(head) < 14:
        raise ReadingStopped(Outcome.CORRUPT, "no MIDI header is found")
    form, tracks, division = struct.unpack_from(">HHH", head, 8)
    teller = Teller(report, "MIDI", midi_format=form, tracks=tracks, division=division)
    at = 8 + octets.number(4, 4)
    for _ in range(min(tracks, 1000)):
        if octets.take(at, 4) != b"MTrk":
            break
        size = octets.number(at + 4, 4)
        _read_midi_track(octets.part(at + 8, size).take(0, 8 << 20), teller)
        at += 8 + size
    teller.close()


_MIDI: Final = {1: "text", 2: "copyright", 3: "name of a track", 4: "instrument", 5: "lyric", 6: "marker", 7: "cue"}


def _read_midi_track(data: bytes, teller: Teller) -> None:
    at, status = 0, 0
    lyrics: list[str] = []
    while at < len(data):
        while at < len(data) and data[at] & 0x80:
            at += 1
        at += 1
        if at >= len(data):
            break
        if data[at] & 0x80:
            status = data[at]
            at += 1
        if status == 0xFF and at < len(data):
            kind = data[at]
            size, at = _varying(data, at + 1)
            if kind == 5:
                lyrics.append(words(data[at : at + size]))
            elif kind in _MIDI:
                teller.tag(_MIDI[kind], words(data[at : at + size]), "MIDI")
            at += size
        elif status in (0xF0, 0xF7):
            size, at = _varying(data, at)
            at += size
        else:
            at += 1 if status & 0xE0 == 0xC0 else 2
    teller.tag("lyrics", "".join(lyrics), "MIDI")


def _varying(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    while at < len(data):
        value = (value << 7 | data[at] & 0x7F) & 0xFFFFFFF
        at += 1
        if not data[at - 1] & 0x80:
            break
    return value, at
