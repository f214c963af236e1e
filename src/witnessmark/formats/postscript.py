"""PostScript by its comments, EPS previews, and XMP that stands in a file of its own: nothing is run."""

import re
import struct

from witnessmark.cell.report import Report, Source
from witnessmark.formats import exif, iptc, picture, xmltext, xmp
from witnessmark.formats.octets import Decoded, Octets, take_out
from witnessmark.model.derivative import Outcome


def read_sidecar(source: Source, report: Report) -> None:
    """Read an XMP packet that stands in a file of its own."""
    xmltext.read_xml(source, report)
    for packet in xmp.packets(Octets.whole(source).take(0, xmp.LARGEST * 4)):
        xmp.read_packet(packet, report)


def read_postscript(source: Source, report: Report) -> None:
    """Read the comments at the head of a PostScript file, its XMP, and the preview of an old EPS.

    The page's own words are put together by a program and are not read.
    """
    exif.name_tool(report)
    octets = Octets.whole(source)
    head = octets.take(0, 32)
    if head[:4] == b"\xc5\xd0\xd3\xc6" and len(head) >= 28:
        at, size, wmf, wmf_size, tiff, tiff_size = struct.unpack_from("<6I", head, 4)
        for place, length, name in ((wmf, wmf_size, "preview.wmf"), (tiff, tiff_size, "preview.tif")):
            if length:
                take_out(octets.part(place, length), name, report)
        octets = octets.part(at, size)
    data = octets.take(0, 32 << 20)
    told = {name.decode(): value.strip()[:500].decode("latin-1") for name, value in _DSC.findall(data[:20000])}
    if told:
        report.observe("postscript", told)
        report.hidden("PostScript comments", "\n".join(f"{name}: {value}" for name, value in told.items()) + "\n")
    for packet in xmp.packets(data):
        xmp.read_packet(packet, report)
    for match in _BEGIN_PHOTOSHOP.finditer(data):
        digits = re.sub(rb"[^0-9A-Fa-f]", b"", match[1])[: picture.LARGEST_TEXT]
        block = bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
        iptc.read_photoshop(block, Decoded(report), {0x0422: exif.read_exif})
    report.outcome(Outcome.PARTIAL, "the page's own words are drawn by a program that is not run")


_DSC = re.compile(
    rb"^%%(Title|Creator|CreationDate|For|Author|Copyright|Version|DocumentFonts|BoundingBox|Pages): *([^\r\n]*)",
    re.MULTILINE,
)
_BEGIN_PHOTOSHOP = re.compile(rb"%BeginPhotoshop: *\d+\s+((?:% ?[0-9A-Fa-f]+\s+)*)%?EndPhotoshop")
