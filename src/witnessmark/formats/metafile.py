"""Windows metafiles (MS-WMF, MS-EMF): the words that their records draw, as a reader of the picture sees them."""

import struct
from collections.abc import Iterator

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats.octets import Octets
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

MOST_RECORDS = 500_000
MOST_TEXT = 1_000_000
LARGEST = 32 << 20
_PLACEABLE = b"\xd7\xcd\xc6\x9a"
_CHARSETS = {
    0: "cp1252",
    1: "cp1252",
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    134: "gb18030",
    136: "big5",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
}


def read_metafile(source: Source, report: Report) -> None:
    """Read the text records of a WMF or EMF.

    Raises:
        ReadingStopped: when it is neither.
    """
    data = Octets.whole(source).take(0, LARGEST)
    if data[40:44] == b" EMF" and len(data) >= 88:
        texts = _emf(data, report)
    elif data[:4] == _PLACEABLE or data[:4] in (b"\1\0\t\0", b"\2\0\t\0"):
        texts = _wmf(data, report)
    else:
        raise ReadingStopped(Outcome.CORRUPT, "no metafile can be made out in these bytes")
    room = MOST_TEXT
    for text in texts:
        if text.strip() and room > 0:
            report.visible(text[:room] + "\n")
            room -= len(text)


def _emf(data: bytes, report: Report) -> Iterator[str]:
    left, top, right, bottom = struct.unpack_from("<4i", data, 8)
    report.observe("picture.size", {"width": right - left + 1, "height": bottom - top + 1, "mode": "EMF"})
    length, place = struct.unpack_from("<II", data, 60)
    if length and place:
        words = data[place : place + min(length, 2000) * 2].decode("utf-16-le", "replace").replace("\0", "\n").strip()
        if words:
            report.hidden("description", words + "\n")
    at = 0
    for _ in range(MOST_RECORDS):
        if at + 8 > len(data):
            return
        kind, size = struct.unpack_from("<II", data, at)
        if kind in (83, 84) and size >= 76 and at + 56 <= len(data):  # EXTTEXTOUTA, EXTTEXTOUTW
            count, start = struct.unpack_from("<II", data, at + 44)
            count = min(count, size)
            if kind == 84:
                yield data[at + start : at + start + count * 2].decode("utf-16-le", "replace")
            else:
                yield data[at + start : at + start + count].decode("cp1252", "replace")
        if kind == 70 and b"%PDF-" in data[at : min(at + size, at + 256)]:  # a comment that holds the picture once more
            start = data.index(b"%PDF-", at)
            with report.member((PathStep("picture.pdf"),), How.COPIED, {}) as sink:
                sink.write(data[start : at + size])
        if kind == 14 or size < 8:  # EOF
            return
        at += size


def _wmf(data: bytes, report: Report) -> Iterator[str]:
    at = 0
    if data[:4] == _PLACEABLE and len(data) >= 22:
        left, top, right, bottom, inch = struct.unpack_from("<4hH", data, 6)
        value = {"width": abs(right - left), "height": abs(bottom - top), "mode": "WMF", "units_per_inch": inch}
        report.observe("picture.size", value)
        at = 22
    at += 18
    charset = "cp1252"
    for _ in range(MOST_RECORDS):
        if at + 6 > len(data):
            return
        size, kind = struct.unpack_from("<IH", data, at)
        body = data[at + 6 : at + max(size, 3) * 2]
        if kind == 0x02FB and len(body) > 13:  # CREATEFONTINDIRECT
            charset = _CHARSETS.get(body[13], "cp1252")
        elif kind == 0x0A32 and len(body) >= 8:  # EXTTEXTOUT
            count, options = struct.unpack_from("<HH", body, 4)
            start = 16 if options & 6 else 8
            yield body[start : start + count].decode(charset, "replace")
        elif kind == 0x0521 and len(body) >= 2:  # TEXTOUT
            (count,) = struct.unpack_from("<H", body)
            yield body[2 : 2 + count].decode(charset, "replace")
        if kind == 0 or size < 3:
            return
        at += size * 2
