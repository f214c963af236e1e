"""EXIF (CIPA DC-008) and IPTC (IIM 4) blocks of a picture: times, camera, place and every tag; its words apart."""

import io
import logging
import struct
from collections.abc import Iterator, Mapping
from typing import Any

import exifread

from witnessmark.cell.report import Report
from witnessmark.formats import dates, encodings

MOST_TAGS = 500
LONGEST = 2000
LARGEST = 32 << 20
_TIMES = (
    ("EXIF DateTimeOriginal", "EXIF OffsetTimeOriginal", "taken"),
    ("EXIF DateTimeDigitized", "EXIF OffsetTimeDigitized", "digitised"),
    ("Image DateTime", "EXIF OffsetTime", "modified"),
    ("Image DateTimeOriginal", "", "taken"),
)
_WORDS = {
    "Image ImageDescription",
    "Image Artist",
    "Image Copyright",
    "Image DocumentName",
    "Image PageName",
    "Image HostComputer",
    "Image XPTitle",
    "Image XPComment",
    "Image XPAuthor",
    "Image XPKeywords",
    "Image XPSubject",
    "EXIF UserComment",
    "EXIF CameraOwnerName",
    "GPS GPSAreaInformation",
    "GPS GPSProcessingMethod",
}
_CAMERA = (
    ("make", "Image Make"),
    ("model", "Image Model"),
    ("serial", "EXIF BodySerialNumber"),
    ("lens", "EXIF LensModel"),
    ("lens_serial", "EXIF LensSerialNumber"),
    ("picture", "EXIF ImageUniqueID"),
)
logging.getLogger("exifread").setLevel(logging.CRITICAL)  # what it cannot read is observed, not printed
_TRIPS = (ArithmeticError, LookupError, ValueError, TypeError, AttributeError, AssertionError, OSError, struct.error)
_IPTC = {
    5: "title",
    7: "edit status",
    15: "category",
    20: "category",
    25: "keyword",
    26: "place code",
    40: "instructions",
    80: "by",
    85: "by, title",
    90: "city",
    92: "place",
    95: "province",
    101: "country",
    103: "transmission",
    105: "headline",
    110: "credit",
    115: "source",
    116: "copyright",
    118: "contact",
    120: "caption",
    122: "caption by",
}


def name_tool(report: Report) -> None:
    """State that exifread read."""
    report.tool("exifread", str(exifread.__version__))


def read_exif(block: bytes, report: Report) -> None:
    """Report an EXIF block: a TIFF structure without its picture."""
    if len(block) > LARGEST:
        report.observe("exif.unread", "larger than 32 MiB")
        return
    tags = _tags(block, report)
    _tell_times(tags, report)
    camera = {key: text for key, tag in _CAMERA if (text := _text(tags.get(tag)))}
    if camera:
        report.observe("camera", camera)
    dates.observe_software(report, _text(tags.get("Image Software")), "", "EXIF Software")
    _tell_place(tags, report)
    if "JPEGThumbnail" in tags or "Thumbnail Compression" in tags:
        report.observe("picture.thumbnail", {"bytes": len(tags.get("JPEGThumbnail", b""))})
    listed: dict[str, str] = {}
    for name, tag in list(tags.items())[:MOST_TAGS]:
        text = _text(tag)
        if text:
            listed[name] = text[:200]
            if name in _WORDS:
                report.hidden(f"EXIF {name.partition(' ')[2]}", text + "\n")
    if listed:
        report.observe("exif", listed)


def _tags(block: bytes, report: Report) -> Mapping[str, Any]:
    """Return all tags; when a maker's own block trips the library, those without it (and without comments)."""
    for details in (True, False):
        try:
            found: Mapping[str, Any] = exifread.process_file(io.BytesIO(block), details=details)
        except _TRIPS as error:  # the library meets broken structures with whatever Python raises
            report.observe("exif.unread", type(error).__name__)
        else:
            return found
    return {}


def _tell_times(tags: Mapping[str, Any], report: Report) -> None:
    for tag, zone, name in _TIMES:
        raw = _text(tags.get(tag))
        if raw:
            moment = dates.from_exif(raw, _text(tags.get(zone)))
            dates.observe(report, name, moment, f"EXIF {tag.partition(' ')[2]}")


def _tell_place(tags: Mapping[str, Any], report: Report) -> None:
    names = ("GPSLatitude", "GPSLatitudeRef", "GPSLongitude", "GPSLongitudeRef", "GPSAltitude", "GPSDate")
    place = {name: text for name in names if (text := _text(tags.get(f"GPS {name}")))}
    time = tags.get("GPS GPSTimeStamp")
    try:
        clock = ":".join(f"{int(part):02}" for part in time.values) if time is not None else ""
    except _TRIPS:
        clock = ""
    if place:
        report.observe("place", place | ({"GPSTimeStamp": clock} if clock else {}))
    if clock and "GPSDate" in place:  # satellites tell the time in UTC
        dates.observe(report, "taken", dates.from_exif(f"{place['GPSDate']} {clock}", "Z"), "EXIF GPS time")


def _text(tag: Any) -> str:
    """Return a tag's value as text that UTF-8 can hold."""
    if tag is None or isinstance(tag, bytes):
        return ""
    values = getattr(tag, "values", None)
    try:
        if isinstance(values, list) and values and getattr(tag, "field_type", 0) in (1, 7):
            text = _letters(bytes(value & 0xFF for value in values[:LONGEST]))
        elif isinstance(values, bytes):
            text = _letters(values[:LONGEST])
        elif isinstance(values, str):
            text = values
        else:
            text = str(tag)
    except _TRIPS:
        return ""
    return text.encode("utf-8", "replace").decode().replace("\0", " ").strip()[:LONGEST]


def _letters(raw: bytes) -> str:
    """Return the text of an untyped tag: a comment with its code, UTF-16 as Windows writes it, or plain letters."""
    code, rest = raw[:8], raw[8:]
    if code == b"UNICODE\0":
        order = "utf-16-be" if rest[:1] == b"\0" else "utf-16-le"
        return rest.decode(order, "replace")
    if code in (b"ASCII\0\0\0", b"\0" * 8):
        raw = rest
    if len(raw) >= 2 and raw.count(0) * 3 > len(raw):
        return raw.decode("utf-16-le", "replace")
    if b"\0" in raw.rstrip(b"\0") and not code.startswith((b"ASCII", b"JIS")):
        return " ".join(str(byte) for byte in raw[:32])
    raw = raw.rstrip(b"\0")
    return raw.decode(encodings.choose(raw).name, "replace") if raw else ""


def read_photoshop(block: bytes, report: Report) -> None:
    """Report the IPTC data among Photoshop's image resources."""
    place = 0
    while block[place : place + 4] == b"8BIM" and place + 12 <= len(block):
        number, name = struct.unpack_from(">HB", block, place + 4)
        start = place + 6 + (name + 2) // 2 * 2
        if start + 4 > len(block):
            return
        (size,) = struct.unpack_from(">I", block, start)
        if number == 0x0404:
            read_iptc(block[start + 4 : start + 4 + size], report)
        place = start + 4 + (size + 1) // 2 * 2


def read_iptc(block: bytes, report: Report) -> None:
    """Report the words and dates of an IPTC block."""
    utf8 = False
    found: dict[int, list[bytes]] = {}
    for record, number, value in _iptc_sets(block):
        if (record, number) == (1, 90):
            utf8 = value == b"\x1b%G"
        elif record == 2:
            found.setdefault(number, []).append(value)
    for number, label in _IPTC.items():
        for value in found.get(number, ()):
            name = "utf-8" if utf8 else encodings.choose(value).name
            text = value.decode(name, "replace").strip("\0 ")
            if text:
                report.hidden(f"IPTC {label}", text + "\n")
    for day, clock, what in ((55, 60, "created"), (62, 63, "digitised")):
        if found.get(day):
            raw = (found[day][0] + found.get(clock, [b""])[0]).decode("ascii", "replace")
            dates.observe(report, what, _iptc_moment(raw), "IPTC")


def _iptc_moment(raw: str) -> dates.Moment:
    moment = dates.from_pdf(raw[:17] + ("'" + raw[17:19] + "'" if raw[17:19] else ""))
    return dates.Moment(raw[: dates.LONGEST], moment.local, moment.offset)


def _iptc_sets(block: bytes) -> Iterator[tuple[int, int, bytes]]:
    place = 0
    while place + 5 <= len(block) and block[place] == 0x1C:
        record, number, size = struct.unpack_from(">BBH", block, place + 1)
        if size & 0x8000:  # sizes of sizes are for huge data, of which there is none here
            return
        yield record, number, block[place + 5 : place + 5 + size]
        place += 5 + size
