"""Tells the type of pictures and recordings by what they say: brands, heads of streams, makers of raw files."""

import re
import struct
from typing import Final

from witnessmark.cell.report import Source
from witnessmark.formats import asf, boxes, id3, ogg, sound
from witnessmark.formats.octets import Octets
from witnessmark.formats.tiff import Structure

_BRANDS: Final = (
    ("image/avif", ("avif", "avis")),
    ("image/heic", ("heic", "heix", "heim", "heis")),
    ("image/heic-sequence", ("hevc", "hevx", "hevm", "hevs")),
    ("image/x-canon-cr3", ("crx",)),
    ("image/jp2", ("jp2",)),
    ("image/jpx", ("jpx", "jpxb")),
    ("image/jpm", ("jpm",)),
    ("image/jxl", ("jxl",)),
    ("image/jph", ("jph",)),
    ("video/mj2", ("mjp2", "mj2s")),
    ("video/quicktime", ("qt",)),
    ("audio/mp4", ("M4A", "M4B", "M4P", "F4A", "F4B")),
    ("video/x-m4v", ("M4V", "M4VH", "M4VP")),
    ("image/heif", ("mif1", "mif2")),
    ("image/heif-sequence", ("msf1",)),
)
_RIFF: Final = {
    b"WAVE": "audio/vnd.wave",
    b"AVI ": "video/x-msvideo",
    b"WEBP": "image/webp",
    b"RMID": "audio/midi",
    b"ACON": "application/x-navi-animation",
    b"QLCM": "audio/qcelp",
}
_OGG: Final = (
    (b"\1vorbis", "audio/vorbis"),
    (b"OpusHead", "audio/opus"),
    (b"Speex   ", "audio/speex"),
    (b"\x7fFLAC", "audio/x-oggflac"),
    (b"\x80theora", "video/ogg"),
    (b"fishead", "video/ogg"),
    (b"\1video\0", "video/x-ogm"),
)
_STARTS: Final = (
    (b"\xff\xd8\xff\xf7", "image/jls"),
    (b"8BPS\0\1", "image/vnd.adobe.photoshop"),
    (b"8BPS\0\2", "image/vnd.adobe.photoshop"),
    (b"icns", "image/icns"),
    (b"\xffO\xffQ\0", "image/x-jp2-codestream"),
    (b"II\xbc\1", "image/vnd.ms-photo"),
    (b"DDS \x7c\0\0\0", "image/vnd-ms.dds"),
    (b"qoif", "image/x-qoi"),
    (b"gimp xcf ", "image/x-xcf"),
    (b"v/1\1", "image/x-exr"),
    (b"#?RADIANCE\n", "image/vnd.radiance"),
    (b"\1\0\t\0\0\3", "image/wmf"),
    (b"\2\0\t\0\0\3", "image/wmf"),
    (b"\xc5\xd0\xd3\xc6", "application/postscript"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR-WB", "audio/amr-wb"),
    (b"#!AMR", "audio/amr"),
    (b".snd\0\0", "audio/basic"),
    (b"caff\0\1", "audio/x-caf"),
    (b"FLV\1", "video/x-flv"),
    (b"MThd\0\0\0\6", "audio/midi"),
    (b"DSD \x1c\0\0\0", "audio/x-dsf"),
    (b"FRM8\0\0", "audio/x-dff"),
    (b"MAC \x96\x0f", "audio/x-ape"),
    (b"wvpk", "audio/x-wavpack"),
    (b"MPCKSH", "audio/x-musepack"),
    (b".RMF\0\0\0", "application/vnd.rn-realmedia"),
    (b"\0\0\1\xba", "video/mpeg"),
    (b"\0\0\1\xb3", "video/mpeg"),
    (b"FUJIFILMCCD-RAW", "image/x-raw-fuji"),
    (b"IIRO", "image/x-raw-olympus"),
    (b"IIRS", "image/x-raw-olympus"),
    (b"MMOR", "image/x-raw-olympus"),
    (b"IIU\0", "image/x-raw-panasonic"),
    (b"\0MRM", "image/x-raw-minolta"),
    (b"FOVb", "image/x-raw-sigma"),
    (b"\xff\1Exiv2", "image/x-exv"),
)
_MAKERS: Final = (
    ("sony", "image/x-raw-sony"),
    ("nikon", "image/x-raw-nikon"),
    ("pentax", "image/x-raw-pentax"),
    ("ricoh", "image/x-raw-pentax"),
    ("samsung", "image/x-raw-samsung"),
    ("epson", "image/x-raw-epson"),
)
_SENSOR, _PACKINGS = 32803, {32767, 34713, 65535}
_TIFF: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PNM = re.compile(rb"P([1-6])\s(?:\s|#[^\n]*\n)*\d+\s(?:\s|#[^\n]*\n)*\d+\s")
_PNM_TYPES: Final = ("image/x-portable-bitmap", "image/x-portable-graymap", "image/x-portable-pixmap")


def media_type(source: Source, head: bytes) -> str | None:
    """Return the type of a picture or recording, or None where these bytes are none that is told here."""
    found = next((kind for start, kind in _STARTS if head.startswith(start)), None)
    if found is not None:
        return found
    for test in (_boxed, _riff, _ogg, _tiff, _tagged, _framed, _small):
        found = test(source, head)
        if found is not None:
            return found
    return None


def _boxed(source: Source, head: bytes) -> str | None:
    if head[4:12] == b"jP  \r\n\x87\n":
        head = head[12:]
    if head[4:8] == b"ftyp":
        return _by_brand(head)
    if head[4:8] in (b"moov", b"mdat", b"wide", b"pnot") and boxes.is_boxed(head):
        kinds = [box.kind for box in boxes.boxes(Octets.whole(source), 20)]
        return "video/quicktime" if "moov" in kinds or kinds[:1] == ["wide"] else None
    return "video/mp4" if head[4:8] in (b"styp", b"moof") and boxes.is_boxed(head) else None


def _by_brand(head: bytes) -> str:
    size = min(max(int.from_bytes(head[:4], "big"), 16), 400)
    named = [head[at : at + 4].decode("latin-1").strip(" \0") for at in (8, *range(16, size - 3, 4))]
    for listed in (named[:1], named):  # what the major brand says counts before what else it agrees with
        for kind, brands in _BRANDS:
            if kind.startswith("image/hei") and kind in ("image/heif", "image/heif-sequence") and listed is not named:
                continue
            if any(name in brands for name in listed) and (listed is not named or kind.startswith("image/")):
                return kind
    if named[0].startswith("3g2"):
        return "video/3gpp2"
    return "video/3gpp" if named[0].startswith(("3gp", "3ge", "3gg", "3gs")) else "video/mp4"


def _riff(source: Source, head: bytes) -> str | None:  # noqa: ARG001 - one shape for all tests
    if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64"):
        return _RIFF.get(head[8:12])
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "audio/x-aiff"
    return None


def _ogg(source: Source, head: bytes) -> str | None:
    if head[:4] != b"OggS":
        return None
    found = "audio/ogg"
    for count, (_, _, _, body, _) in enumerate(ogg.pages(Octets.whole(source), 8)):
        first = body.take(0, 8)
        kind = next((kind for mark, kind in _OGG if first.startswith(mark)), None)
        if kind is not None and (count == 0 or kind.startswith("video/")):
            found = kind
    return found


def _tiff(source: Source, head: bytes) -> str | None:
    if head[:4] not in _TIFF or len(head) < 8:
        return None
    if head[8:10] == b"CR":
        return "image/x-canon-cr2"
    make, sensor = "", False
    structure = Structure(Octets.whole(source))
    for count, directory in enumerate(structure.directories()):
        entries = directory.entries
        if 0xC612 in entries:
            return "image/x-raw-adobe"
        if 0x010F in entries and not make:
            make = entries[0x010F].raw[:40].decode("latin-1").lower()
        numbers = [entries[tag].numbers(1) for tag in (0x106, 0x103) if tag in entries]
        sensor = sensor or [_SENSOR] in numbers or any(packing in numbers for packing in ([one] for one in _PACKINGS))
        if count > 12:
            break
    if sensor:
        return next((kind for word, kind in _MAKERS if word in make), "image/tiff")
    return "image/tiff"


def _tagged(source: Source, head: bytes) -> str | None:
    if head[:3] == b"ID3" and head[3:4] in (b"\2", b"\3", b"\4"):
        octets = Octets.whole(source)
        after = octets.take(id3.size_of(octets), 4)
        if after == b"fLaC":
            return "audio/flac"
        return "audio/x-aac" if after[:1] == b"\xff" and len(after) > 1 and after[1] & 0xF6 == 0xF0 else "audio/mpeg"
    if head[:16] == asf.HEADER:
        return _windows_media(head[: int.from_bytes(head[16:24], "little")])
    if head[:4] == b"\x1aE\xdf\xa3":
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    return None


def _windows_media(head: bytes) -> str:
    """Return the type of an ASF: by its makers' own codecs WMV or WMA, with any other plain ASF."""
    at = head.find(asf.VIDEO)
    if at >= 0:  # the code of the codec stands in the bitmap header behind the stream's properties
        return "video/x-ms-wmv" if head[at + 81 : at + 84].upper() in (b"WMV", b"WVC", b"MSS") else "video/x-ms-asf"
    at = head.find(asf.AUDIO)
    code = int.from_bytes(head[at + 54 : at + 56], "little")
    return "audio/x-ms-wma" if at >= 0 and code in asf.CODECS else "video/x-ms-asf"


def _framed(source: Source, head: bytes) -> str | None:
    if len(head) >= 8 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:  # layer 0: AAC in ADTS
        at = 0
        for count in range(3):
            if at + 7 > len(head):
                return "audio/x-aac" if count and at >= source.size else None
            if head[at] != 0xFF or head[at + 1] & 0xF6 != 0xF0:
                return None
            at += max(7, int.from_bytes(head[at + 3 : at + 6], "big") >> 5 & 0x1FFF)
        return "audio/x-aac"
    if head[:1] == b"\xff" and _runs_on(head, source.size):
        return "audio/mpeg"
    for start, step in ((0, 188), (4, 192)):
        if len(head) >= step * 5 and all(head[start + step * n] == 0x47 for n in range(5)):
            return "video/mp2t"
    return None


def _runs_on(head: bytes, size: int) -> bool:
    at = 0
    for count in range(4):
        length = sound.frame_size(int.from_bytes(head[at : at + 4], "big"))
        if not length:
            return count > 1 and at >= size - 128
        at += length
    return True


def _small(source: Source, head: bytes) -> str | None:
    if head[40:44] == b" EMF" and head[:4] == b"\1\0\0\0":
        return "image/emf"
    if head[:4] in (b"\0\0\1\0", b"\0\0\2\0") and _is_icon(head, source.size):
        return "image/vnd.microsoft.icon" if head[2] == 1 else "image/x-win-bitmap"
    match = _PNM.match(head[:1000])
    if match is not None:
        return _PNM_TYPES[(int(match[1]) - 1) % 3]
    if (
        head[:2] == b"BM"
        and len(head) >= 26
        and struct.unpack_from("<I", head, 14)[0] in (12, 16, 40, 52, 56, 64, 108, 124)
    ):
        return "image/bmp"
    return None


def _is_icon(head: bytes, size: int) -> bool:
    count = int.from_bytes(head[4:6], "little")
    if not 0 < count < 256 or len(head) < 22:
        return False
    length, at = struct.unpack_from("<II", head, 14)
    return head[9] == 0 and at >= 6 + 16 * count and length > 0 and at + length <= size
