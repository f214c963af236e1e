"""Pictures in boxes: HEIC and AVIF (ISO/IEC 23008-12), JPEG 2000 (15444-1), JPEG XL (18181-2), Canon's CR3.

Sizes, items, EXIF, XMP, profiles and content credentials are read from the container; nothing is decoded.
"""

import struct
from dataclasses import dataclass, field
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import exif, icc, iptc, jumbf, picture, xmp
from witnessmark.formats.boxes import Box, boxes, first
from witnessmark.formats.octets import Decoded, Octets, Room, take_out
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

MOST_ITEMS = 5000
LARGEST = 8 << 20
XMP_UUID: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
IPTC_UUIDS: Final = (
    bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"),
    bytes.fromhex("09a14e97c0b442e0bebf36df6f0ce36f"),
)
C2PA_UUID: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
CANON_UUID: Final = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
EXIF_UUIDS: Final = (
    b"JpgTiffExif->JP2",
    bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e"),
    bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03"),  # GeoJP2: a TIFF of one pixel with the map's place
)
PHOTOSHOP_UUID: Final = bytes.fromhex("2c4c0100850440b9a03e562148d6dfeb")


@dataclass(slots=True)
class _Item:
    kind: str = ""
    name: str = ""
    content: str = ""
    inside: bool = False
    extents: list[tuple[int, int]] = field(default_factory=list)


def read_heif(source: Source, report: Report) -> None:
    """Read the items of a HEIC, AVIF or CR3.

    Raises:
        ReadingStopped: when it has neither items nor a film's header.
    """
    exif.name_tool(report)
    octets = Octets.whole(source)
    listed: list[str] = []
    found = False
    for box in boxes(octets):
        listed.append(box.kind)
        if box.kind == "ftyp":
            report.observe("picture.brands", brands(box))
        elif box.kind == "meta":
            found = True
            _read_meta(octets, box, report)
        elif box.kind == "moov":
            found = True
            _read_canon(box, report)
        elif box.kind == "uuid":
            tell_uuid(box.octets, report)
        if box.cut:
            report.outcome(Outcome.PARTIAL, "the file ends before its last box does")
    report.observe("picture.boxes", listed[:200])
    if not found:
        raise ReadingStopped(Outcome.CORRUPT, "no items are found in this picture")


def brands(box: Box) -> list[str]:
    """Return the brands that a `ftyp` box names, the major one first."""
    raw = box.octets.take(0, 400)
    return [raw[at : at + 4].decode("latin-1").strip() for at in (0, *range(8, len(raw) - 3, 4))]


def _read_meta(octets: Octets, meta: Box, report: Report) -> None:
    _, _, body = meta.full()
    items: dict[int, _Item] = {}
    primary, idat, properties = 0, Octets.of(b""), []
    for box in boxes(body):
        if box.kind == "pitm":
            version, _, inner = box.full()
            primary = inner.number(0, 4 if version else 2)
        elif box.kind == "iinf":
            _read_names(box, items)
        elif box.kind == "iloc":
            _read_places(box, items)
        elif box.kind == "idat":
            idat = box.octets
        elif box.kind == "iprp":
            properties = _properties(box)
    _tell_sizes(properties, primary, meta, report)
    report.observe("picture.items", _counted(items))
    room = Room(octets.size)
    for number, item in list(items.items())[:MOST_ITEMS]:
        read = item.kind in ("Exif", "mime", "jpeg") and room.holds(sum(min(size, LARGEST) for _, size in item.extents))
        data = _bytes_of(idat if item.inside else octets, item) if read else b""
        whole = len(item.extents) == 1
        if item.kind == "Exif" and len(data) > 8:
            start = 4 + int.from_bytes(data[:4], "big")
            exif.read_exif(data[start:].removeprefix(b"Exif\0\0"), report if whole else Decoded(report))
        elif item.kind == "mime" and ("rdf+xml" in item.content or b"<x:xmpmeta" in data[:4096]):
            xmp.read_packet(data, report)
        elif item.kind == "jpeg" and number != primary and data[:2] == b"\xff\xd8":
            take_out(Octets.of(data), f"picture-{number}.jpg", report, How.COPIED if whole else How.DECODED)
        if item.name:
            report.hidden("name of an item", item.name + "\n")


def _counted(items: dict[int, _Item]) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in items.values():
        found[item.kind or "?"] = found.get(item.kind or "?", 0) + 1
    return found


def _read_names(iinf: Box, items: dict[int, _Item]) -> None:
    version, _, body = iinf.full()
    for box in boxes(body.part(4 if version else 2), MOST_ITEMS):
        if box.kind != "infe":
            continue
        version, _, inner = box.full()
        if version < 2:
            continue
        wide = 4 if version == 3 else 2
        item = items.setdefault(inner.number(0, wide), _Item())
        item.kind = inner.take(wide + 2, 4).decode("latin-1")
        names = inner.take(wide + 6, 1000).split(b"\0")
        item.name = names[0].decode("utf-8", "replace")
        item.content = names[1].decode("utf-8", "replace") if len(names) > 1 and item.kind == "mime" else ""


def _read_places(iloc: Box, items: dict[int, _Item]) -> None:
    version, _, body = iloc.full()
    sizes = body.number(0, 2)
    offset_size, length_size, base_size, index_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15
    wide = 4 if version == 2 else 2
    count, at = body.number(2, wide), 2 + wide
    for _ in range(min(count, MOST_ITEMS)):
        if at >= body.size:
            return
        item = items.setdefault(body.number(at, wide), _Item())
        at += wide
        if version in (1, 2):
            item.inside = body.number(at, 2) & 15 == 1
            at += 2
        base = body.number(at + 2, base_size)
        extents = body.number(at + 2 + base_size, 2)
        at += 4 + base_size
        for _ in range(min(extents, 1000 if offset_size + length_size else 0)):
            if at >= body.size:
                return
            if version in (1, 2):
                at += index_size
            item.extents.append((base + body.number(at, offset_size), body.number(at + offset_size, length_size)))
            at += offset_size + length_size


def _bytes_of(octets: Octets, item: _Item) -> bytes:
    if item.kind not in ("Exif", "mime", "jpeg"):
        return b""
    out, room = b"", LARGEST
    for at, size in item.extents[:64]:
        out += octets.take(at, min(size or octets.size, room))
        room = LARGEST - len(out)
    return out


def _properties(iprp: Box) -> list[Box]:
    ipco = first(iprp.octets, "ipco")
    return list(boxes(ipco.octets, MOST_ITEMS)) if ipco is not None else []


def _tell_sizes(properties: list[Box], primary: int, meta: Box, report: Report) -> None:
    sizes = []
    for box in properties:
        if box.kind == "ispe":
            sizes.append((box.octets.number(4, 4), box.octets.number(8, 4)))
        elif box.kind == "colr" and box.octets.take(0, 4) in (b"prof", b"rICC"):
            icc.read_icc(box.octets.take(4, LARGEST), report)
        elif box.kind == "irot":
            report.observe("picture.turned", (box.octets.number(0, 1) & 3) * 90)
    own = _own_size(properties, primary, meta)
    if own is None and sizes:
        own = max(sizes)
    if own is not None:
        report.observe("picture.size", {"width": own[0], "height": own[1], "mode": "HEIF"})
        report.observe("picture.sizes", [f"{width}x{height}" for width, height in dict.fromkeys(sizes)][:64])


def _own_size(properties: list[Box], primary: int, meta: Box) -> tuple[int, int] | None:
    """Return the size that is associated with the primary item (`ipma`)."""
    ipma = first(meta.octets.part(4), "iprp", "ipma")
    if ipma is None:
        return None
    version, flags, body = ipma.full()
    count, at = body.number(0, 4), 4
    wide = 2 if version < 1 else 4
    for _ in range(min(count, MOST_ITEMS)):
        item, linked = body.number(at, wide), body.number(at + wide, 1)
        at += wide + 1
        step = 2 if flags & 1 else 1
        for _ in range(linked):
            index = body.number(at, step) & (0x7FFF if flags & 1 else 0x7F)
            at += step
            if item == primary and 0 < index <= len(properties) and properties[index - 1].kind == "ispe":
                inner = properties[index - 1].octets
                return inner.number(4, 4), inner.number(8, 4)
    return None


def _read_canon(moov: Box, report: Report) -> None:
    for box in boxes(moov.octets):
        if box.kind == "uuid" and box.octets.take(0, 16) == CANON_UUID:
            for inner in boxes(box.octets.part(16)):
                name = {"CMT1": "IFD0", "CMT2": "Exif", "CMT4": "GPS"}.get(inner.kind)
                if name is not None:
                    exif.read_structure(inner.octets, report, name)
                elif inner.kind == "THMB" and inner.octets.take(16, 2) == b"\xff\xd8":
                    take_out(inner.octets.part(16), "thumbnail-CR3.jpg", report)


def tell_uuid(octets: Octets, report: Report) -> None:
    """Report what is known by its UUID: XMP, EXIF, IPTC, content credentials."""
    mark, body = octets.take(0, 16), octets.part(16)
    if mark == XMP_UUID:
        xmp.read_packet(body.take(0, xmp.LARGEST), report)
    elif mark in EXIF_UUIDS:
        exif.read_exif(body.take(0, LARGEST), report, body.start)
    elif mark in IPTC_UUIDS:
        iptc.read_iptc(body.take(0, LARGEST), report)
    elif mark == PHOTOSHOP_UUID:
        iptc.read_photoshop(body.take(0, LARGEST), report, {0x0422: exif.read_exif})
    elif mark == C2PA_UUID:
        at = 4 + len(body.take(4, 64).split(b"\0")[0]) + 1 + 8
        jumbf.tell(body.part(at), report)
        report.observe("picture.content_credentials", value=True)
    else:
        report.observe("box.uuid", {"uuid": mark.hex(), "bytes": octets.size})


def read_boxed(source: Source, report: Report) -> None:
    """Read the boxes of a JPEG 2000 or JPEG XL; a bare code stream tells its size.

    Raises:
        ReadingStopped: when there are neither boxes nor a code stream.
    """
    exif.name_tool(report)
    octets = Octets.whole(source)
    head = octets.take(0, 12)
    if head[:2] == b"\xff\x0a":
        _tell_jxl_size(octets, report)
        return
    if head[:4] == b"\xff\x4f\xff\x51":
        _tell_stream_size(octets, report)
        return
    if head[4:8] not in (b"jP  ", b"JXL "):
        raise ReadingStopped(Outcome.CORRUPT, "no boxes of a picture are found")
    listed = []
    streams = b""
    for box in boxes(octets):
        listed.append(f"{box.kind} {box.octets.size}")
        _read_box(box, report)
        if box.kind in ("jxlc", "jxlp") and not streams:
            streams = box.octets.take(0 if box.kind == "jxlc" else 4, 64)
            _tell_jxl_size(Octets.of(streams), report)
        if box.cut:
            report.outcome(Outcome.PARTIAL, "the file ends before its last box does")
    report.observe("picture.boxes", listed[:200])


def _read_box(box: Box, report: Report) -> None:
    octets = box.octets
    if box.kind == "jp2h":
        _read_jp2_header(octets, report)
    elif box.kind == "uuid":
        tell_uuid(octets, report)
    elif box.kind == "xml ":
        data = octets.take(0, LARGEST)
        if b"rdf:RDF" in data:
            xmp.read_packet(data, report)
        else:
            picture.tell_words("XML", data, report)
    elif box.kind == "Exif":
        data = octets.take(0, LARGEST)
        exif.read_exif(data[4 + int.from_bytes(data[:4], "big") :], report)
    elif box.kind == "jumb":
        # the box itself is the superbox; its head stands eight bytes before what it holds
        jumbf.tell(Octets.of(struct.pack(">I4s", 8 + octets.size, b"jumb") + octets.take(0, LARGEST)), report)
    elif box.kind == "brob":
        report.observe("picture.unread", {"box": octets.take(0, 4).decode("latin-1"), "why": "packed with Brotli"})


def _tell_stream_size(octets: Octets, report: Report) -> None:
    """Report the size that a JPEG 2000 code stream begins with (ISO/IEC 15444-1, A.5.1, SIZ)."""
    right, bottom, left, top = struct.unpack(">4I", octets.take(8, 16).ljust(16, b"\0"))
    parts, bits = octets.number(40, 2), octets.number(42, 1)
    value = {"width": right - left, "height": bottom - top, "mode": "JPEG 2000", "bits": (bits & 0x7F) + 1}
    report.observe("picture.size", value | {"components": parts})


def _read_jp2_header(octets: Octets, report: Report) -> None:
    for box in boxes(octets):
        if box.kind == "ihdr" and box.octets.size >= 11:
            height, width, parts, bits = struct.unpack(">IIHB", box.octets.take(0, 11))
            value = {
                "width": width,
                "height": height,
                "mode": "JPEG 2000",
                "bits": (bits & 0x7F) + 1,
                "components": parts,
            }
            report.observe("picture.size", value)
        elif box.kind == "colr" and box.octets.number(0, 1) == 2:
            icc.read_icc(box.octets.take(3, LARGEST), report)


def _tell_jxl_size(octets: Octets, report: Report) -> None:
    """Report the size that a JPEG XL code stream begins with (ISO/IEC 18181-1, SizeHeader)."""
    raw = octets.take(0, 32)
    if raw[:2] != b"\xff\x0a":
        return
    bits, at = int.from_bytes(raw[2:], "little"), 0

    def take(count: int) -> int:
        nonlocal at
        value = bits >> at & ((1 << count) - 1)
        at += count
        return value

    small = take(1)

    def side() -> int:
        return (take(5) + 1) * 8 if small else take((9, 13, 18, 30)[take(2)]) + 1

    height = side()
    ratio = take(3)
    shares = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
    width = height * shares[ratio][0] // shares[ratio][1] if ratio else side()
    report.observe("picture.size", {"width": width, "height": height, "mode": "JPEG XL"})
