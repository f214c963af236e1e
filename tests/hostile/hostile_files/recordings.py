"""Family 40: recordings that lie about their length, and playlists that fetch."""

import struct
from collections.abc import Iterator
from functools import partial

from hostile_files.specimen import CORRUPT, LIMIT, OK, PARTIAL, READ, UNSUPPORTED, Hostile, Place, fixed, late, only

ANY = READ | only(CORRUPT, UNSUPPORTED, LIMIT)


def box(kind: bytes, body: bytes = b"", size: int | None = None) -> bytes:
    """Return a box (ISO/IEC 14496-12) whose size may lie."""
    return struct.pack(">I", len(body) + 8 if size is None else size) + kind + body


def mp4(*boxes: bytes) -> bytes:
    """Return an MP4 of boxes after its brand."""
    return box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + b"".join(boxes)


def mvhd(scale: int, duration: int) -> bytes:
    """Return a movie header, version 1."""
    return box(b"mvhd", b"\1\0\0\0" + struct.pack(">QQIQ", 2**63, 2**63, scale, duration) + bytes(80))


def vint(value: int, width: int = 8) -> bytes:
    """Return a size as EBML writes it."""
    return ((1 << 7 * width) | value).to_bytes(width, "big")


def mkv(*elements: bytes) -> bytes:
    """Return a Matroska file of elements in a segment of unknown size."""
    head = b"\x42\x82\x88matroska"
    return (
        b"\x1a\x45\xdf\xa3"
        + vint(len(head))
        + head
        + b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff"
        + b"".join(elements)
    )


def _nested(kind: bytes, depth: int) -> bytes:
    out = b""
    for _ in range(depth):
        out = box(kind, out)
    return out


def _lying() -> Iterator[Hostile]:
    track = box(b"trak", box(b"tkhd", bytes(84)) + box(b"mdia", box(b"mdhd", bytes(24)) + box(b"hdlr", bytes(24))))
    cases = {
        "duration.mp4": mp4(box(b"moov", mvhd(1, 2**64 - 1))),
        "no-scale.mp4": mp4(box(b"moov", mvhd(0, 1))),
        "tracks.mp4": mp4(box(b"moov", mvhd(1000, 1) + track * 20_000)),
        "size-zero.mp4": mp4(box(b"moov", mvhd(1, 1), 0)),
        "size-one.mp4": mp4(box(b"moov", struct.pack(">Q", 2**63) + mvhd(1, 1), 1)),
        "size-small.mp4": mp4(box(b"moov", mvhd(1, 1), 4)),
        "size-huge.mp4": mp4(box(b"moov", mvhd(1, 1), 2**32 - 1)),
        "deep.mp4": mp4(_nested(b"moov", 5_000)),
        "deep-meta.mp4": mp4(box(b"moov", _nested(b"udta", 2_000))),
        "boxes.mp4": mp4(box(b"free") * 300_000),
        "brands.mp4": box(b"ftyp", b"isom" * 100_000),
        "table.mp4": mp4(box(b"moov", mvhd(1, 1) + box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", box(b"stts", bytes(4) + struct.pack(">I", 2**32 - 1)))))))),
        "duration.mkv": mkv(b"\x15\x49\xa9\x66" + vint(11) + b"\x44\x89\x88" + struct.pack(">d", float("inf"))),
        "not-a-number.mkv": mkv(b"\x15\x49\xa9\x66" + vint(11) + b"\x44\x89\x88" + struct.pack(">d", float("nan"))),
        "size.mkv": mkv(b"\x16\x54\xae\x6b" + vint(2**55)),
        "tracks.mkv": mkv(b"\x16\x54\xae\x6b" + vint(20_000 * 5) + b"\xae\x83\xd7\x81\x01" * 20_000),
        "unknown.mkv": mkv(*([b"\xec\x80"] * 200_000)),
        "deep.mkv": mkv(b"\x15\x49\xa9\x66\x01\xff\xff\xff\xff\xff\xff\xff" * 5_000),
        "attachment.mkv": mkv(b"\x19\x41\xa4\x69" + vint(2**50) + b"\x61\xa7" + vint(2**49) + b"\x46\x5c" + vint(2**48)),
        "size.wav": b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff" + bytes(40),
        "chunks.wav": b"RIFF\xff\xff\xff\xffWAVE" + b"LIST\0\0\0\0" * 100_000,
        "deep.avi": b"RIFF\xff\xff\xff\xffAVI " + b"LIST\xff\xff\xff\xffhdrl" * 5_000,
        "rate.wav": b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0" + struct.pack("<HHIIHH", 1, 0, 0, 0, 0, 0) + b"data\xff\xff\xff\xff",
        "frames.mp3": b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + b"TIT2\x7f\x7f\x7f\x7f\0\0" + bytes(100),
        "many-frames.mp3": b"ID3\x03\0\0\0\x0f\x7f\x7f" + b"TXXX\0\0\0\1\0\0x" * 20_000 + b"\xff\xfb\x90\x00" + bytes(400),
        "pages.ogg": (b"OggS\0\2" + bytes(8) + bytes(12) + b"\0") * 50_000,
        "comments.ogg": b"OggS\0\2" + bytes(20) + b"\1\x1e\x01vorbis" + bytes(23) + b"OggS\0\0" + bytes(20) + b"\1\x20\x03vorbis" + b"\xff" * 25,
        "blocks.flac": b"fLaC" + b"\x04\xff\xff\xff" + bytes(100),
        "objects.wma": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + struct.pack("<QIH", 2**62, 2**31 - 1, 0x201) + bytes(200),
        "tracks.mid": b"MThd\0\0\0\6\0\1\xff\xff\0\0" + b"MTrk\xff\xff\xff\xff",
    }  # fmt: skip
    for name, data in cases.items():
        yield Hostile(40, name, fixed(data), ANY, memory=100, seconds=8)


LISTS = {
    "file.m3u8": '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="file://SECRET"\n#EXTINF:1,\nfile://SECRET\n',
    "http.m3u8": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nURL\n",
    "concat.m3u8": "#EXTM3U\n#EXTINF:1,\nconcat:URL|file://SECRET\n",
    "list.pls": "[playlist]\nFile1=URL\nNumberOfEntries=999999999\n",
    "list.asx": "<asx version='3.0'><entry><ref href='URL'/></entry></asx>",
    "list.xspf": "<?xml version='1.0'?><playlist xmlns='http://xspf.org/ns/0/'><trackList><track><location>URL</location></track></trackList></playlist>",
    "media.mpd": "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'><BaseURL>URL</BaseURL></MPD>",
    "media.smil": "<smil><body><video src='URL'/></body></smil>",
    "media.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\na=control:URL\n",
}


def _list(text: str, place: Place) -> bytes:
    return text.replace("URL", place.url("list")).replace("SECRET", place.secret).encode()


def _reference(place: Place) -> bytes:
    url = place.url("mp4").encode() + b"\0"
    data = box(b"dref", bytes(4) + struct.pack(">I", 1) + box(b"url ", bytes(4) + url))
    return mp4(box(b"moov", mvhd(1, 1) + box(b"trak", box(b"mdia", box(b"minf", box(b"dinf", data))))))


def files() -> Iterator[Hostile]:
    """Yield the files of family 40."""
    yield from _lying()
    for name, text in LISTS.items():
        yield Hostile(
            40, name, partial(_list, text), only(OK, PARTIAL, UNSUPPORTED), lacks=("kestrelnest",), beacon="URL" in text
        )
    yield Hostile(40, "reference.mp4", _reference, ANY, beacon=True)
    yield Hostile(40, "zeros.mp4", late(lambda: mp4(box(b"mdat", bytes(8 << 20)))), ANY, memory=100)
