"""Pictures of other kinds than JPEG and PNG: GIF, TIFF and raw files, BMP, WebP, icons, Photoshop's, and simple ones.

A picture has no visible text here; every word in it is hidden text. No pixel is ever decoded.
"""

import re
import struct
from collections.abc import Callable
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import exif, icc, jumbf, picture, raw_files, xmp
from witnessmark.formats.octets import Octets, Room, take_out
from witnessmark.formats.tiff import UNDEFINED, Structure
from witnessmark.model.derivative import Outcome

MOST_BLOCKS = 1_000_000
_WHOLE_JPEG: Final = 0x002E  # of Panasonic's raw files: the JPEG that the camera made


def _stop(what: str) -> ReadingStopped:
    return ReadingStopped(Outcome.CORRUPT, f"no {what} can be made out in these bytes")


def read_tiff(source: Source, report: Report) -> None:
    """Read all directories of a TIFF, or of a raw file that is built like one.

    Raises:
        ReadingStopped: when there is none.
    """
    exif.name_tool(report)
    octets = Octets.whole(source)
    structure = exif.read_structure(octets, report)
    if structure is None:
        raise _stop("TIFF")
    first = structure.directory("IFD0", structure.first)
    if first is None:
        raise _stop("TIFF directory")
    for mode, tags in (("TIFF", (0x100, 0x101)), ("JPEG XR", (0xBC80, 0xBC81))):
        size = [entry.numbers(1)[0] for tag in tags if (entry := first.entries.get(tag)) and entry.numbers(1)]
        if len(size) == 2:
            report.observe("picture.size", {"width": size[0], "height": size[1], "mode": mode})
    report.observe("picture.frames", structure.pages)
    whole = first.entries.get(_WHOLE_JPEG)
    if whole is not None and whole.kind == UNDEFINED:
        raw_files.take_picture(octets.part(whole.at, whole.size), "RW2", report)
    _take_previews(structure, report)


def _take_previews(structure: Structure, report: Report) -> None:
    """Take out a whole JPEG that a raw file holds in one strip."""
    fresh, room = Structure(structure.octets), Room(structure.octets.size)
    for directory in fresh.directories():
        parts = [directory.entries.get(tag) for tag in (0x0111, 0x0117, 0x0103)]
        if any(part is None or len(part.numbers(2)) != 1 for part in parts):
            continue
        at, size, packing = (part.numbers(1)[0] for part in parts if part is not None)
        octets = structure.octets.part(at, size)
        if (
            packing in (6, 7)
            and size > 1000
            and octets.take(0, 3) == b"\xff\xd8\xff"
            and octets.take(octets.size - 2, 2) == b"\xff\xd9"
            and room.holds(octets.size)
        ):
            report.observe("picture.preview", {"directory": directory.name, "bytes": size})
            take_out(octets, f"preview-{directory.name}.jpg", report)


def read_gif(source: Source, report: Report) -> None:
    """Read the blocks of a GIF (GIF89a): size, frames, comments, texts, extensions.

    Raises:
        ReadingStopped: when its header is missing.
    """
    data = picture.whole(source, report)
    if data[:3] != b"GIF" or len(data) < 13:
        raise _stop("GIF")
    width, height, packed = struct.unpack_from("<HHB", data, 6)
    report.observe(
        "picture.size", {"width": width, "height": height, "mode": "P", "version": data[3:6].decode("latin-1")}
    )
    end, frames = _walk_gif(data, 13 + (2 << (packed & 7)) * 3 * (packed >> 7), report)
    report.observe("picture.frames", frames)
    if end is None:
        report.outcome(Outcome.PARTIAL, "the GIF ends before its trailer")
    else:
        picture.tell_rest(data, end, report)


def _walk_gif(data: bytes, place: int, report: Report) -> tuple[int | None, int]:
    frames, extensions = 0, []
    for _ in range(MOST_BLOCKS):
        kind = data[place : place + 1]
        if kind == b";":
            place += 1
            break
        if kind == b",":
            if place + 10 > len(data):
                return None, frames
            frames += 1
            packed = data[place + 9]
            place = _skip(data, place + 11 + (2 << (packed & 7)) * 3 * (packed >> 7))
        elif kind == b"!":
            label, start = data[place + 1 : place + 2], place + 2
            place = _skip(data, start)
            if label in (b"\xfe", b"\x01"):
                body = _join(data, start, place)
                picture.tell_words("comment" if label == b"\xfe" else "text of the picture", body, report)
            elif label == b"\xff":
                name = data[start + 1 : start + 12]
                extensions.append(name.decode("latin-1"))
                if name == b"XMP DataXMP":
                    for packet in xmp.packets(data[start + 12 : place]):
                        xmp.read_packet(packet, report)
                elif name == b"ICCRGBG1012":
                    icc.read_icc(_join(data, start + 12, place), report)
                elif name == b"C2PA_GIF\x01\x00\x00":
                    jumbf.tell(Octets.of(_join(data, start + 12, place)), report)
        else:
            return None, frames
    if extensions:
        report.observe("gif.extensions", extensions[:100])
    return place, frames


def _skip(data: bytes, place: int) -> int:
    while place < len(data) and data[place]:
        place += 1 + data[place]
    return place + 1


def _join(data: bytes, place: int, end: int) -> bytes:
    out = bytearray()
    while place < min(end, len(data)) and data[place] and len(out) < picture.LARGEST_TEXT:
        out += data[place + 1 : place + 1 + data[place]]
        place += 1 + data[place]
    return bytes(out)


def read_webp(source: Source, report: Report) -> None:
    """Read the chunks of a WebP (RFC 9649).

    Raises:
        ReadingStopped: when it has no header.
    """
    data = picture.whole(source, report)
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise _stop("WebP")
    room = Room(len(data))
    place, end, frames = 12, min(len(data), 8 + struct.unpack_from("<I", data, 4)[0]), 0
    listed: list[str] = []
    sized = False
    while place + 8 <= end and len(listed) < 1000:
        kind, size = struct.unpack_from("<4sI", data, place)
        body = data[place + 8 : place + 8 + size]
        listed.append(f"{kind.decode('latin-1')} {size}")
        frames += kind == b"ANMF"
        if not sized and (value := _webp_size(kind, body)):
            report.observe("picture.size", value)
            sized = True
        reader = _WEBP.get(kind)
        if kind in _WEBP and not room.holds(len(body)):
            kind, reader = b"", None
        if kind == b"EXIF":
            bare = body.removeprefix(b"Exif\0\0")
            exif.read_exif(bare, report, place + 8 + len(body) - len(bare))
        elif reader is not None:
            reader(body, report)
        place += 8 + size + (size & 1)
    report.observe("webp.chunks", listed[:200])
    report.observe("picture.frames", max(1, frames))
    if not sized:
        raise _stop("WebP picture")
    if place > len(data):
        report.outcome(Outcome.PARTIAL, "the WebP ends before its last chunk does")
    picture.tell_rest(data, end, report)


def _webp_size(kind: bytes, body: bytes) -> dict[str, int | str]:
    if kind == b"VP8X" and len(body) >= 10:
        width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (4, 7))
        return {"width": width, "height": height, "mode": "VP8X"}
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a" and len(body) >= 10:
        width, height = struct.unpack_from("<HH", body, 6)
        return {"width": width & 0x3FFF, "height": height & 0x3FFF, "mode": "VP8"}
    if kind == b"VP8L" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return {"width": (bits & 0x3FFF) + 1, "height": (bits >> 14 & 0x3FFF) + 1, "mode": "VP8L"}
    return {}


_WEBP: Final[dict[bytes, Callable[[bytes, Report], None]]] = {
    b"EXIF": exif.read_exif,
    b"XMP ": xmp.read_packet,
    b"ICCP": icc.read_icc,
    b"C2PA": lambda body, report: jumbf.tell(Octets.of(body), report),
}


def read_bmp(source: Source, report: Report) -> None:
    """Read the header of a BMP, its profile, and what stands behind the picture.

    Documents keep pictures without the first fourteen bytes of a file, as they lie in memory (DIB).

    Raises:
        ReadingStopped: when there is no header.
    """
    data = picture.whole(source, report)
    if data[:4] in _BARE:
        data = b"BM" + struct.pack("<III", len(data) + 14, 0, 0) + data
    if data[:2] == b"BA":  # an array of bitmaps, as OS/2 keeps them: the first one
        data = data[14:]
    if data[:2] not in _BITMAPS or len(data) < 26:
        raise _stop("BMP")
    (head,) = struct.unpack_from("<I", data, 14)
    if head == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
    elif len(data) >= 30:
        width, height, _, bits = struct.unpack_from("<iiHH", data, 18)
    else:
        raise _stop("BMP header")
    report.observe("picture.size", {"width": width, "height": abs(height), "mode": "BMP", "bits": bits, "header": head})
    if head >= 124 and len(data) >= 138:
        at, size = struct.unpack_from("<II", data, 126)
        if size and data[70:74] == b"DEBM":
            icc.read_icc(data[14 + at : 14 + at + size], report)
    (stated,) = struct.unpack_from("<I", data, 2)
    if 54 <= stated < len(data):
        picture.tell_rest(data, stated, report)


_BITMAPS = (b"BM", b"IC", b"PT", b"CI", b"CP")  # a bitmap; OS/2's icons and pointers
_BARE = tuple(size.to_bytes(4, "little") for size in (12, 40, 52, 56, 64, 108, 124))
"""Sizes of the header that a bitmap without a file's own begins with."""


def read_icon(source: Source, report: Report) -> None:
    """Read the directory of an icon or cursor; pictures in it that are PNG are members.

    Raises:
        ReadingStopped: when there is no directory.
    """
    data = picture.whole(source, report)
    if len(data) < 22 or data[:2] != b"\0\0" or data[2] not in (1, 2):
        raise _stop("icon")
    (count,) = struct.unpack_from("<H", data, 4)
    sizes, room = [], Room(len(data), 256)
    for number in range(min(count, (len(data) - 6) // 16, 256)):
        width, height, _, _, _, bits, size, at = struct.unpack_from("<BBBBHHII", data, 6 + number * 16)
        sizes.append({"width": width or 256, "height": height or 256, "bits": bits, "bytes": size})
        if data[at : at + 4] == b"\x89PNG" and room.holds(size):
            take_out(Octets.of(data).part(at, size), f"icon-{number + 1}.png", report)
    if sizes:
        report.observe("picture.size", {"width": sizes[0]["width"], "height": sizes[0]["height"], "mode": "icon"})
    report.observe("picture.frames", count)
    report.observe("icon.pictures", sizes)


def read_icns(source: Source, report: Report) -> None:
    """Read the elements of an Apple icon; pictures in it that are PNG or JPEG 2000 are members.

    Raises:
        ReadingStopped: when there is no header.
    """
    data = picture.whole(source, report)
    if data[:4] != b"icns" or len(data) < 16:
        raise _stop("icon")
    place = 8
    listed: list[str] = []
    while place + 8 <= len(data) and len(listed) < 256:
        kind, size = struct.unpack_from(">4sI", data, place)
        listed.append(f"{kind.decode('latin-1')} {size}")
        for begin, suffix in ((b"\x89PNG", "png"), (b"\0\0\0\x0cjP  ", "jp2")):
            if data[place + 8 : place + 8 + len(begin)] == begin:
                take_out(Octets.of(data).part(place + 8, size - 8), f"icon-{len(listed)}.{suffix}", report)
        place += max(size, 8)
    report.observe("icon.elements", listed)


_PNM = re.compile(rb"P[1-6]\s(?:#[^\n]*\n|\s)*(\d{1,9})\s+(?:#[^\n]*\n)?(\d{1,9})")
_COMMENT = re.compile(rb"^#[ \t]*([^\n]*)", re.MULTILINE)


def read_simple(source: Source, report: Report) -> None:
    """Read size and comments of a PNM, PCX, Targa, DDS, PICT or the like, as far as a header tells."""
    exif.name_tool(report)
    head = Octets.whole(source).take(0, 4096)
    size: tuple[int, int] | None = None
    if head[:1] == b"P" and (match := _PNM.match(head)):
        size = int(match[1]), int(match[2])
        for comment in _COMMENT.findall(head[: match.end()]):
            picture.tell_words("comment", comment, report)
    elif head[:1] == b"\x0a" and len(head) >= 12:
        left, top, right, bottom = struct.unpack_from("<4H", head, 4)
        size = right - left + 1, bottom - top + 1
    elif head[:4] == b"DDS " and len(head) >= 20:
        height, width = struct.unpack_from("<II", head, 12)
        size = width, height
    elif head[:4] == b"BPG\xfb":
        _read_bpg(Octets.whole(source), report)
    elif head[:4] == b"qoif" and len(head) >= 12:
        size = struct.unpack_from(">II", head, 4)
    elif len(head) >= 18 and head[1] in (0, 1) and head[2] in (1, 2, 3, 9, 10, 11):
        size = struct.unpack_from("<HH", head, 12)
    if size is not None:
        report.observe("picture.size", {"width": size[0], "height": size[1], "mode": "?"})


def _read_bpg(octets: Octets, report: Report) -> None:
    data = octets.take(4, 1 << 20)
    if len(data) < 4:
        return
    flags, place = data[1], 2
    numbers = []
    for _ in range(3):
        value, place = _varying(data, place)
        numbers.append(value)
    report.observe("picture.size", {"width": numbers[0], "height": numbers[1], "mode": "BPG"})
    if not flags & 8:
        return
    length, place = _varying(data, place)
    end = place + length
    while place < min(end, len(data)):
        tag, place = _varying(data, place)
        size, place = _varying(data, place)
        body = data[place : place + size]
        if tag == 1:
            exif.read_exif(body, report)
        elif tag == 2:
            icc.read_icc(body, report)
        elif tag == 3:
            xmp.read_packet(body, report)
        place += size


def _varying(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for _ in range(5):
        if place >= len(data):
            break
        value = value << 7 | data[place] & 0x7F
        place += 1
        if not data[place - 1] & 0x80:
            break
    return value, place
