"""IPTC data sets (IIM 4) and Photoshop's image resources: words, dates, places of agencies, and a second thumbnail."""

import struct
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Final

from witnessmark.cell.report import Report
from witnessmark.formats import dates, encodings, icc, xmp
from witnessmark.formats.octets import Octets, observe_pairs, take_out

MOST_SETS = 5000
MOST_RESOURCES = 2000
LONGEST = 10_000
_NAMES: Final = {
    (1, 0): "EnvelopeRecordVersion",
    (1, 5): "Destination",
    (1, 20): "FileFormat",
    (1, 22): "FileVersion",
    (1, 30): "ServiceIdentifier",
    (1, 40): "EnvelopeNumber",
    (1, 50): "ProductID",
    (1, 60): "EnvelopePriority",
    (1, 70): "DateSent",
    (1, 80): "TimeSent",
    (1, 90): "CodedCharacterSet",
    (1, 100): "UniqueObjectName",
    (2, 0): "ApplicationRecordVersion",
    (2, 3): "ObjectTypeReference",
    (2, 4): "ObjectAttributeReference",
    (2, 5): "ObjectName",
    (2, 7): "EditStatus",
    (2, 8): "EditorialUpdate",
    (2, 10): "Urgency",
    (2, 12): "SubjectReference",
    (2, 15): "Category",
    (2, 20): "SupplementalCategories",
    (2, 22): "FixtureIdentifier",
    (2, 25): "Keywords",
    (2, 26): "ContentLocationCode",
    (2, 27): "ContentLocationName",
    (2, 30): "ReleaseDate",
    (2, 35): "ReleaseTime",
    (2, 37): "ExpirationDate",
    (2, 38): "ExpirationTime",
    (2, 40): "SpecialInstructions",
    (2, 42): "ActionAdvised",
    (2, 45): "ReferenceService",
    (2, 47): "ReferenceDate",
    (2, 50): "ReferenceNumber",
    (2, 55): "DateCreated",
    (2, 60): "TimeCreated",
    (2, 62): "DigitalCreationDate",
    (2, 63): "DigitalCreationTime",
    (2, 65): "OriginatingProgram",
    (2, 70): "ProgramVersion",
    (2, 75): "ObjectCycle",
    (2, 80): "By-line",
    (2, 85): "By-lineTitle",
    (2, 90): "City",
    (2, 92): "Sub-location",
    (2, 95): "Province-State",
    (2, 100): "Country-PrimaryLocationCode",
    (2, 101): "Country-PrimaryLocationName",
    (2, 103): "OriginalTransmissionReference",
    (2, 105): "Headline",
    (2, 110): "Credit",
    (2, 115): "Source",
    (2, 116): "CopyrightNotice",
    (2, 118): "Contact",
    (2, 120): "Caption-Abstract",
    (2, 121): "LocalCaption",
    (2, 122): "Writer-Editor",
    (2, 130): "ImageType",
    (2, 131): "ImageOrientation",
    (2, 135): "LanguageIdentifier",
    (2, 150): "AudioType",
    (2, 151): "AudioSamplingRate",
    (2, 152): "AudioSamplingResolution",
    (2, 153): "AudioDuration",
    (2, 154): "AudioOutcue",
    (2, 184): "JobID",
    (2, 187): "UniqueDocumentID",
    (2, 200): "ObjectPreviewFileFormat",
    (2, 201): "ObjectPreviewFileVersion",
    (2, 202): "ObjectPreviewData",
    (2, 221): "Prefs",
    (2, 230): "DocumentNotes",
    (2, 231): "DocumentHistory",
    (2, 232): "ExifCameraInfo",
    (2, 240): "CatalogSets",
    (7, 10): "SizeMode",
    (7, 20): "MaxSubfileSize",
    (7, 90): "ObjectSizeAnnounced",
    (7, 95): "MaximumObjectSize",
}
_NUMBERS: Final = {(1, 0), (2, 0), (1, 20), (1, 22), (2, 200), (2, 201), (7, 10), (7, 20), (7, 90), (7, 95)}
_BINARY: Final = {(2, 125), (2, 202)}


def read_iptc(block: bytes, report: Report) -> None:
    """Report all data sets of an IPTC block, and its dates; its words are hidden text."""
    sets = list(islice(_sets(block), MOST_SETS + 1))
    if len(sets) > MOST_SETS:
        report.observe("iptc.unread", f"more than {MOST_SETS} data sets")
    encoding = _encoding(sets)
    found: dict[str, list[str]] = {}
    for record, number, value in sets[:MOST_SETS]:
        name = _NAMES.get((record, number), f"{record}:{number}")
        text = _text(record, number, value, encoding)
        found.setdefault(name, []).append(text)
        if text.strip() and (record, number) not in _NUMBERS and (record, number) != (1, 90):
            report.hidden(f"IPTC {name}", text + "\n")
    if found:
        observe_pairs(report, "iptc", {name: texts[0] if len(texts) == 1 else texts for name, texts in found.items()})
    for day, clock, what in (
        ("DateCreated", "TimeCreated", "created"),
        ("DigitalCreationDate", "DigitalCreationTime", "digitised"),
    ):
        if found.get(day):
            dates.observe(report, what, _moment(found[day][0] + found.get(clock, [""])[0]), "IPTC")


def _encoding(sets: list[tuple[int, int, bytes]]) -> str:
    """Return the encoding that a block declares (1:90), else the likeliest of all its words together."""
    if any(value == b"\x1b%G" for record, number, value in sets if (record, number) == (1, 90)):
        return "utf-8"
    words = b"\n".join(value for record, number, value in sets if record == 2 and (2, number) not in _BINARY and number)
    odd = sum(byte > 127 for byte in words)
    if not odd:
        return "ascii"
    chosen = encodings.choose(words[:LONGEST]).name
    # A handful of odd letters among many plain ones tells a Western language; a text in another script has more.
    return (
        "cp1252"
        if odd * 5 < len(words) and odd < 40 and chosen not in ("utf-8", "gb18030", "cp932", "big5")
        else chosen
    )


def _text(record: int, number: int, value: bytes, encoding: str) -> str:
    if (record, number) in _NUMBERS:
        return str(int.from_bytes(value[:4], "big"))
    if (record, number) in _BINARY or record not in (1, 2):
        return f"({len(value)} bytes)"
    # Some writers give the length of the room, not of the words, which then end in a zero byte.
    return value[:LONGEST].decode(encoding, "replace").lstrip("\0").split("\0")[0]


def _moment(raw: str) -> dates.Moment:
    moment = dates.from_pdf(raw[:17] + ("'" + raw[17:19] + "'" if raw[17:19] else ""))
    return dates.Moment(raw[: dates.LONGEST], moment.local, moment.offset)


def _sets(block: bytes) -> Iterator[tuple[int, int, bytes]]:
    place = 0
    while place + 5 <= len(block) and block[place] == 0x1C:
        record, number, size = struct.unpack_from(">BBH", block, place + 1)
        place += 5
        if size & 0x8000:  # an extended data set: its size stands in as many bytes as these fifteen bits say
            width = size & 0x7FFF
            if width > 8:
                return
            size = int.from_bytes(block[place : place + width], "big")
            place += width
        yield record, number, block[place : place + size]
        place += size


Reader = Callable[[bytes, Report], None]


def read_photoshop(block: bytes, report: Report, more: Mapping[int, Reader] | None = None) -> None:
    """Report Photoshop's image resources: those with words, the thumbnail, and which others there are."""
    listed: list[str] = []
    readers = _RESOURCES | dict(more or {})
    for number, name, data in resources(block):
        listed.append(f"0x{number:04X}" + (f" {name}" if name else ""))
        reader = readers.get(number)
        if reader is not None:
            reader(data, report)
        elif number in (0x0409, 0x040C):
            _take_thumbnail(data, report)
        elif name:
            report.hidden("Photoshop path", name + "\n")
    if listed:
        report.observe("photoshop.resources", listed[:300])


def resources(block: bytes) -> Iterator[tuple[int, str, bytes]]:
    """Yield number, name and bytes of each image resource."""
    place = 0
    for _ in range(MOST_RESOURCES):
        if block[place : place + 4] not in _MARKS or place + 12 > len(block):
            return
        number, length = struct.unpack_from(">HB", block, place + 4)
        name = block[place + 7 : place + 7 + length].decode("latin-1")
        start = place + 6 + (length + 2) // 2 * 2
        if start + 4 > len(block):
            return
        (size,) = struct.unpack_from(">I", block, start)
        yield number, name, block[start + 4 : start + 4 + size]
        place = start + 4 + (size + 1) // 2 * 2


_MARKS: Final = (b"8BIM", b"AgHg", b"DCSR", b"PHUT", b"MeSa")


def _take_thumbnail(data: bytes, report: Report) -> None:
    if len(data) > 28 and data[28:30] == b"\xff\xd8":
        width, height = struct.unpack_from(">II", data, 4)
        value = {"directory": "Photoshop", "bytes": len(data) - 28, "form": "JPEG", "width": width, "height": height}
        report.observe("picture.thumbnail", value)
        take_out(Octets.of(data[28:]), "thumbnail-Photoshop.jpg", report)


def _read_caption(data: bytes, report: Report) -> None:
    text = data[1 : 1 + data[0]].decode("latin-1").strip() if data else ""
    if text:
        report.hidden("Photoshop caption", text + "\n")


def _read_address(data: bytes, report: Report) -> None:
    text = data.decode("latin-1").strip("\0 ")
    if text:
        report.hidden("Photoshop URL", text[:LONGEST] + "\n")


def _read_version(data: bytes, report: Report) -> None:
    texts, place = [], 5
    for _ in range(2):
        if place + 4 <= len(data):
            (count,) = struct.unpack_from(">I", data, place)
            texts.append(data[place + 4 : place + 4 + min(count, 200) * 2].decode("utf-16-be", "replace").strip("\0"))
            place += 4 + count * 2
    report.observe("photoshop.program", texts)


_RESOURCES: Final[dict[int, Reader]] = {
    0x0404: read_iptc,
    0x0424: xmp.read_packet,
    0x040F: icc.read_icc,
    0x03F0: _read_caption,
    0x040B: _read_address,
    0x0421: _read_version,
}
"""What is read of a resource by its number; `more` brings EXIF (0x0422) where a caller reads that."""
