"""GIMP's own files (XCF, versions 0 to 13): size, names and words of layers, and the blocks that are attached.

What GIMP calls a parasite is a named block of bytes that belongs to a picture or a layer: comments, EXIF, XMP, IPTC,
profiles, and the words of text layers. No pixel is decoded; no layer is shown, for which is seen nobody knows here.
"""

import re
import struct
from collections.abc import Iterator
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import exif, icc, iptc, picture, xmp
from witnessmark.formats.octets import Octets
from witnessmark.model.derivative import Outcome

_HEAD = re.compile(rb"gimp xcf (?:file|v(\d{3}))\0")
_WIDE_FROM: Final = 11  # the version from which on places have eight bytes
_PRECISE_FROM: Final = 4
_MOST_LAYERS: Final = 2000
_MOST_PROPERTIES: Final = 2000
_LARGEST: Final = 8 << 20
_PARASITES: Final = 21
_MODES: Final = {0: "RGB", 1: "L", 2: "P"}
_SAID = re.compile(rb'\((text|markup) "((?:[^"\\]|\\.)*)"')
_MARKUP = re.compile(rb"<[^<>]{0,1000}>")


def read_xcf(source: Source, report: Report) -> None:
    """Read the head, the layers and the parasites of an XCF.

    Raises:
        ReadingStopped: when it does not begin as one.
    """
    exif.name_tool(report)
    octets = Octets.whole(source)
    head = _HEAD.match(octets.take(0, 14))
    if head is None:
        raise ReadingStopped(Outcome.CORRUPT, "no picture of GIMP can be made out in these bytes")
    version = int(head[1] or 0)
    width, height, mode = struct.unpack(">III", octets.take(14, 12).ljust(12, b"\0"))
    report.observe("picture.size", {"width": width, "height": height, "mode": _MODES.get(mode, str(mode))})
    place = _read_properties(octets, 26 + (4 if version >= _PRECISE_FROM else 0), report)
    layers = list(_places(octets, place, 8 if version >= _WIDE_FROM else 4))
    for at in layers:
        _read_layer(octets, at, report)
    report.observe("picture.layers", len(layers))


def _places(octets: Octets, place: int, size: int) -> Iterator[int]:
    for _ in range(_MOST_LAYERS):
        at = octets.number(place, size)
        if not at:
            return
        yield at
        place += size


def _read_layer(octets: Octets, at: int, report: Report) -> None:
    name, place = _string(octets, at + 12)
    if name:
        report.hidden("name of a layer", name.decode("utf-8", "replace") + "\n")
    _read_properties(octets, place, report)


def _string(octets: Octets, at: int) -> tuple[bytes, int]:
    """Return a string, which ends in a zero byte that its length counts, and the place behind it."""
    size = octets.number(at, 4)
    return octets.take(at + 4, min(size, _LARGEST)).rstrip(b"\0"), at + 4 + size


def _read_properties(octets: Octets, place: int, report: Report) -> int:
    """Read properties up to the one that ends them; return the place behind it."""
    for _ in range(_MOST_PROPERTIES):
        kind, size = octets.number(place, 4), octets.number(place + 4, 4)
        if kind == _PARASITES:
            _read_parasites(octets.part(place + 8, size), report)
        place += 8 + size
        if not kind or place >= octets.size:
            break
    return place


def _read_parasites(octets: Octets, report: Report) -> None:
    place = 0
    for _ in range(_MOST_PROPERTIES):
        if place + 12 > octets.size:
            return
        name, place = _string(octets, place)
        size = octets.number(place + 4, 4)
        body = octets.part(place + 8, size)
        place += 8 + size
        _read_parasite(name.decode("utf-8", "replace"), body, report)


def _read_parasite(name: str, body: Octets, report: Report) -> None:
    data = body.take(0, _LARGEST)
    if name == "exif-data":
        bare = data.removeprefix(b"Exif\0\0")
        exif.read_exif(bare, report, body.start + len(data) - len(bare))
    elif name == "icc-profile":
        icc.read_icc(data, report)
    elif name == "iptc-data":
        iptc.read_iptc(data, report)
    elif name == "gimp-text-layer":
        for kind, words in _SAID.findall(data):
            bare = _MARKUP.sub(b"", words) if kind == b"markup" else words
            picture.tell_words("text layer", _unescaped(bare), report)
    elif name in ("gimp-metadata", "metadata") and data.startswith(b"GIMP_XMP_1"):
        xmp.read_packet(data[10:], report)
    elif name == "gimp-image-metadata":
        picture.tell_words("metadata", _MARKUP.sub(b"\n", data), report)
    elif name == "gimp-comment":
        picture.tell_words("comment", data, report)


def _unescaped(words: bytes) -> bytes:
    """Return the words of a text layer's Scheme string."""
    words = re.sub(rb"\\([0-7]{3})", lambda digits: bytes((int(digits[1], 8) & 0xFF,)), words)
    return re.sub(rb"\\(.)", lambda escaped: {b"n": b"\n", b"t": b"\t"}.get(escaped[1], escaped[1]), words)
