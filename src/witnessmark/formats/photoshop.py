"""Photoshop documents: header, image resources, names and texts of layers; no pixel is decoded."""

import re
import struct

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import exif, iptc, picture
from witnessmark.formats.octets import Octets
from witnessmark.model.derivative import Outcome


def read_psd(source: Source, report: Report) -> None:
    """Read header, image resources and names of layers of a Photoshop document.

    Raises:
        ReadingStopped: when there is no header.
    """
    exif.name_tool(report)
    octets = Octets.whole(source)
    head = octets.take(0, 30)
    if head[:4] != b"8BPS" or len(head) < 30:
        raise ReadingStopped(Outcome.CORRUPT, "no Photoshop document can be made out in these bytes")
    version, channels, height, width, bits, mode = struct.unpack(">H6xHIIHH", head[4:26])
    names = {0: "bitmap", 1: "L", 2: "P", 3: "RGB", 4: "CMYK", 7: "multichannel", 8: "duotone", 9: "Lab"}
    value = {"width": width, "height": height, "mode": names.get(mode, str(mode)), "bits": bits, "channels": channels}
    report.observe("picture.size", value)
    at = 30 + octets.number(26, 4)
    size = octets.number(at, 4)
    iptc.read_photoshop(octets.take(at + 4, size), report, {0x0422: exif.read_exif})
    at += 4 + size
    wide = 8 if version == 2 else 4
    layers = octets.take(at + wide, min(octets.number(at, wide), picture.LARGEST_TEXT * 4))
    found = list(dict.fromkeys(_layer_names(layers)))[:2000]
    if found:
        report.observe("psd.layers", found[:500])
        report.hidden("layer names", "\n".join(found) + "\n")
    texts = list(dict.fromkeys(_layer_texts(layers)))[:2000]
    if texts:
        report.hidden("layer texts", "\n".join(texts) + "\n")


_LUNI = re.compile(rb"8BIMluni....(....)", re.DOTALL)
_TXT = re.compile(rb"Txt TEXT(....)", re.DOTALL)


def _layer_names(layers: bytes) -> list[str]:
    return _wide(layers, _LUNI)


def _layer_texts(layers: bytes) -> list[str]:
    return _wide(layers, _TXT)


def _wide(data: bytes, mark: re.Pattern[bytes]) -> list[str]:
    found = []
    for match in mark.finditer(data):
        count = int.from_bytes(match[1], "big")
        if 0 < count < 100_000:
            text = (
                data[match.end() : match.end() + count * 2]
                .decode("utf-16-be", "replace")
                .strip("\0")
                .replace("\r", "\n")
            )
            if text.strip():
                found.append(text)
    return found
