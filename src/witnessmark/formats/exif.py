"""EXIF (CIPA DC-008) and TIFF tags of a picture: every directory's tags, times, camera, place, thumbnail; words apart.

Names are those of the standards, as Pillow's tables spell them. Values are text: whole numbers joined by blanks,
fractions as they stand (`1/60`), letters up to their zero byte.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import PIL
from PIL import ExifTags

from witnessmark.cell.report import Report
from witnessmark.formats import dates, encodings, icc, iptc, makernotes, tag_names, xmp
from witnessmark.formats.encodings import storable
from witnessmark.formats.octets import Octets, Room, observe_pairs, take_out
from witnessmark.formats.tiff import MOST_DIRECTORIES, TEXT, UNDEFINED, Directory, Entry, Structure

LARGEST = 32 << 20
LONGEST = 2000
_MOST_VALUES = 64
_MOST_DIRECTORIES = 200
_STARTS: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_APART: Final = {"GPS": ExifTags.GPSTAGS, "Interop": {int(tag): tag.name for tag in ExifTags.Interop}}
_PANASONIC = b"U\0"
_TIMES: Final = (
    ("Exif", "DateTimeOriginal", "OffsetTimeOriginal", "taken"),
    ("Exif", "DateTimeDigitized", "OffsetTimeDigitized", "digitised"),
    ("IFD0", "DateTime", "OffsetTime", "modified"),
    ("IFD0", "DateTimeOriginal", "", "taken"),
)
_CAMERA: Final = (
    ("make", "IFD0", "Make"),
    ("model", "IFD0", "Model"),
    ("serial", "Exif", "BodySerialNumber"),
    ("serial", "IFD0", "CameraSerialNumber"),
    ("owner", "Exif", "CameraOwnerName"),
    ("lens", "Exif", "LensModel"),
    ("lens_serial", "Exif", "LensSerialNumber"),
    ("picture", "Exif", "ImageUniqueID"),
)
_MOSAIC = 0xA302
_WORDS: Final = {0xC615, 0xC68B, 0xC6F3, 0xC6F4, 0xC6F6, 0xC6F8, 0xC6FE}  # UTF-8 in BYTE or ASCII (DNG 1.4, 4)
_XP, _RATED = range(0x9C9B, 0x9CA0), {0x9286, 0x001B, 0x001C}
_SAID: Final = {*_XP, *_RATED, *_WORDS}
_CHARACTERS: Final = {0x9000, 0xA000, 0x0002}
_UNREAD: Final = {0x02BC, 0x83BB, 0x8649, 0x8773, 0x927C, 0xC634, 0x935C}  # blocks with readers of their own, and none
_BRANDS: Final = {"Exif": "EXIF", "GPS": "GPS", "Interop": "EXIF"}


def name_tool(report: Report) -> None:
    """State whose names the tags bear."""
    report.tool("pillow", PIL.__version__)


def read_exif(block: bytes, report: Report, at: int = -1) -> None:
    """Report an EXIF block, a TIFF structure without its picture; `at` is its place in the file where that is known."""
    if len(block) > LARGEST:
        report.observe("exif.unread", "larger than 32 MiB")
        return
    start = max(0, _start(block))
    if at >= 0:
        at += start
        report.observe("exif.block", {"at": at, "bytes": len(block)})  # offsets in it count from there
    read_structure(Octets.of(block[start:]), report)


def begins(block: bytes) -> bool:
    """Tell whether an EXIF block begins here, and does not only go on."""
    return _start(block) >= 0


def _start(block: bytes) -> int:
    # Some writers keep a name or a byte of padding before the structure itself.
    return next((place for place in range(min(16, len(block))) if block[place : place + 4] in _STARTS), -1)


def read_structure(octets: Octets, report: Report, name: str = "IFD0") -> Structure | None:
    """Report a TIFF structure, and the blocks of other kinds in it; None when there is none.

    `name` is what its first directory is called, where a container keeps a lower one apart.
    """
    try:
        structure = Structure(octets)
    except ValueError:
        report.observe("exif.unread", "no TIFF structure")
        return None
    tags: dict[str, dict[str, str]] = {}
    room = Room(octets.size)
    for count, directory in enumerate(structure.directories()):
        if directory.name == "IFD0":
            directory.name = name
        if count < _MOST_DIRECTORIES:
            named = tags.setdefault(directory.name, {})
            named |= {name: text for name, text in _tags(directory) if name not in named}
            _read_blocks(structure, directory, tags, room, report)
        else:
            _tell_words(directory, report)
        if directory.outside or directory.repeated:
            value = {"directory": directory.name, "outside": directory.outside, "repeated": directory.repeated}
            report.observe("exif.unread", value)
    if structure.pages > _MOST_DIRECTORIES:
        said = f"tags of the first {_MOST_DIRECTORIES} directories are listed, words of the first {MOST_DIRECTORIES}"
        report.observe("exif.unread", {"directories": structure.pages, "why": said})
    if not tags:
        report.observe("exif.unread", "no directory")
    _tell(tags, report)
    return structure


def _tell(tags: Mapping[str, Mapping[str, str]], report: Report) -> None:
    _tell_times(tags, report)
    _tell_camera(tags, report)
    dates.observe_software(report, tags.get("IFD0", {}).get("Software", ""), "", "EXIF Software")
    _tell_place(tags.get("GPS", {}), report)
    for group, named in tags.items():
        observe_pairs(report, f"exif.{group}", {name: text[:LONGEST] for name, text in named.items()})


def _tell_times(tags: Mapping[str, Mapping[str, str]], report: Report) -> None:
    for group, tag, zone, name in _TIMES:
        raw = tags.get(group, {}).get(tag, "")
        if raw:
            offset = tags.get("Exif", {}).get(zone, "")
            dates.observe(report, name, dates.from_exif(raw, offset), f"EXIF {tag}")


def _tell_camera(tags: Mapping[str, Mapping[str, str]], report: Report) -> None:
    camera: dict[str, str] = {}
    for key, group, tag in _CAMERA:
        text = tags.get(group, {}).get(tag, "")
        if text:
            camera.setdefault(key, text)
    if camera:
        report.observe("camera", camera)


def _tell_place(gps: Mapping[str, str], report: Report) -> None:
    names = ("GPSLatitude", "GPSLatitudeRef", "GPSLongitude", "GPSLongitudeRef", "GPSAltitude", "GPSDateStamp")
    place = {name: gps[name] for name in names if gps.get(name)}
    clock = _clock(gps.get("GPSTimeStamp", ""))
    if clock:
        place["GPSTimeStamp"] = clock
    for key, name in (("latitude", "GPSLatitude"), ("longitude", "GPSLongitude")):
        degrees = _degrees(gps.get(name, ""), gps.get(f"{name}Ref", ""))
        if degrees:
            place[key] = degrees
    if place:
        report.observe("place", place | {"says": "EXIF GPS"})
    if clock and "GPSDateStamp" in place:  # satellites tell the time in UTC
        dates.observe(report, "taken", dates.from_exif(f"{place['GPSDateStamp']} {clock}", "Z"), "EXIF GPS time")


def _degrees(text: str, side: str) -> str:
    parts = [_quotient(part) for part in text.split()]
    if len(parts) != 3 or any(part is None for part in parts):
        return ""
    degrees = sum((part or 0) / share for part, share in zip(parts, (1, 60, 3600), strict=True))
    return f"{-degrees if side[:1] in ('S', 'W', 's', 'w') else degrees:.7f}"


def _clock(text: str) -> str:
    parts = [_quotient(part) for part in text.split()]
    return ":".join(f"{int(part or 0):02}" for part in parts) if len(parts) == 3 and None not in parts else ""


def _quotient(text: str) -> float | None:
    over, _, under = text.partition("/")
    try:
        return int(over) / int(under or 1)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None


def _tags(directory: Directory) -> Iterator[tuple[str, str]]:
    for tag, entry in directory.entries.items():
        text = value_of(entry, gps=directory.name == "GPS")
        if text or entry.kind == TEXT or entry.tag in _RATED:
            yield _named(directory, tag), text


def value_of(entry: Entry, *, gps: bool = False) -> str:
    """Return a value as text that UTF-8 can hold."""
    if entry.tag in _UNREAD and not gps:
        return f"({entry.size} bytes)"
    if entry.kind == TEXT or (entry.kind == 1 and entry.tag in _WORDS and not gps):
        return _letters(entry)
    if not gps and entry.tag in _XP:
        return entry.raw.decode("utf-16-le", "replace").split("\0")[0]
    if entry.kind in (1, UNDEFINED):
        return _bytes(entry, gps=gps)
    if entry.kind in (5, 10):
        parts = [f"{over}/{under}" for over, under in entry.fractions(_MOST_VALUES + 1)]
    elif entry.kind in (11, 12):
        parts = [repr(value) for value in entry.reals(_MOST_VALUES + 1)]
    else:
        parts = [str(value) for value in entry.numbers(_MOST_VALUES + 1)]
    return " ".join(parts) if len(parts) <= _MOST_VALUES else f"({entry.count} values)"


def _letters(entry: Entry) -> str:
    raw = entry.raw.rstrip(b"\0")[: LONGEST * 4]
    if entry.tag == 0x8298:  # Copyright: the photographer's, a zero byte, the editor's
        raw = b"; ".join(part for part in raw.split(b"\0") if part.strip())
    raw = raw.split(b"\0")[0]
    return _plain(raw)


def _plain(raw: bytes) -> str:
    text = raw.decode(encodings.choose(raw).name, "replace") if raw else ""
    return storable(text)


def _bytes(entry: Entry, *, gps: bool) -> str:
    raw = entry.raw
    if entry.tag in _CHARACTERS and entry.kind == UNDEFINED:
        return raw.rstrip(b"\0").decode("ascii", "replace")
    if (gps and entry.tag in (0x1B, 0x1C)) or (not gps and entry.tag == 0x9286):
        return _coded(raw)
    if entry.tag == _MOSAIC and not gps:
        raw = _mosaic(entry)
    if entry.count > _MOST_VALUES:
        return f"({entry.size} bytes)"
    return " ".join(str(byte) for byte in raw)


def _mosaic(entry: Entry) -> bytes:
    """Return columns, rows and colours of a sensor's pattern (CIPA DC-008, 4.6.6, CFAPattern).

    The first two are SHORT in the block's order, or in the other one where a writer forgot it.
    """
    raw = entry.raw
    for order in ("little", "big") if entry.order == "<" else ("big", "little"):
        columns, rows = int.from_bytes(raw[:2], order), int.from_bytes(raw[2:4], order)
        if len(raw) > 4 and columns * rows == len(raw) - 4:
            return bytes((columns, rows)) + raw[4:] if max(columns, rows) < 256 else raw
    return raw


def _coded(raw: bytes) -> str:
    """Return a comment: eight bytes name its code (CIPA DC-008, 4.6.5, UserComment)."""
    code, rest = raw[:8], raw[8 : 8 + LONGEST * 4]
    if code == b"UNICODE\0":
        order = "utf-16-be" if rest[:1] == b"\0" else "utf-16-le"
        return rest.decode(order, "replace").strip("\0 ")
    if not code.startswith((b"ASCII", b"JIS")) and any(code):
        rest = raw[: LONGEST * 4]
    rest = rest.strip(b"\0 ")
    head, _, tail = rest.partition(b"\0")
    if code.startswith(b"ASCII") and not _PRINTABLE.fullmatch(tail):
        rest = head  # behind a zero byte some cameras keep numbers of their own
    return _plain(rest.replace(b"\0", b" "))


_PRINTABLE: Final = re.compile(rb"[\t\r\n -~\0]*")


def _read_blocks(
    structure: Structure, directory: Directory, tags: Mapping[str, Mapping[str, str]], room: Room, report: Report
) -> None:
    """Report what lies in a directory's blocks: words, maker notes, XMP, IPTC, profile, thumbnail."""
    _tell_words(directory, report)
    note = directory.entries.get(0x927C)
    if note is not None:
        make = tags.get("IFD0", {}).get("Make", "")
        said = makernotes.numbers(structure, note, make)
        if said:
            report.observe("camera.note", said | {"make": make})
            report.hidden("maker note", "\n".join(f"{name}: {text}" for name, text in said.items()) + "\n")
    for tag, reader in (
        (0x02BC, xmp.read_packet),
        (0x83BB, iptc.read_iptc),
        (0x8649, iptc.read_photoshop),
        (0x8773, icc.read_icc),
    ):
        entry = directory.entries.get(tag)
        if entry is not None and entry.size and room.holds(entry.size):
            reader(structure.octets.take(entry.at, entry.size), report)
    _take_thumbnail(structure, directory, room, report)


def _tell_words(directory: Directory, report: Report) -> None:
    brand = _BRANDS.get(directory.name, "EXIF" if directory.name == "IFD0" else directory.name)
    for name, text in _tags(directory):
        tagged = directory.entries
        if text and any(letter.isalpha() for letter in text):
            entry = next((tagged[tag] for tag in tagged if _named(directory, tag) == name), None)
            if entry is not None and (entry.kind == TEXT or entry.tag in _SAID):
                report.hidden(f"{brand} {name}", text[:LONGEST] + "\n")


def _named(directory: Directory, tag: int) -> str:
    if directory.name in _APART:
        return _APART[directory.name].get(tag) or f"0x{tag:04X}"
    own = tag_names.PANASONIC.get(tag) if directory.dialect == _PANASONIC else None
    return own or tag_names.MORE.get(tag) or ExifTags.TAGS.get(tag) or f"0x{tag:04X}"


def _take_thumbnail(structure: Structure, directory: Directory, room: Room, report: Report) -> None:
    """Take out the small JPEG that a directory points to; one in strips is only observed."""
    at, size = (directory.entries.get(tag) for tag in (0x0201, 0x0202))
    if at is not None and size is not None and at.numbers(1) and size.numbers(1):
        octets = structure.octets.part(at.numbers(1)[0], size.numbers(1)[0])
        head = octets.take(0, 2)
        value = {"directory": directory.name, "bytes": size.numbers(1)[0]}
        if head == b"\xff\xd8" and octets.size > 100 and room.holds(octets.size):
            report.observe("picture.thumbnail", value | {"form": "JPEG"})
            take_out(octets, f"thumbnail-{directory.name}.jpg", report)
        else:
            report.observe("picture.thumbnail", value | {"form": "unknown", "begins": head.hex()})
    elif directory.name == "IFD1" and 0x0111 in directory.entries:
        width, height = (
            directory.entries[tag].numbers(1) if tag in directory.entries else [] for tag in (0x100, 0x101)
        )
        report.observe("picture.thumbnail", {"directory": "IFD1", "form": "strips", "width": width, "height": height})
