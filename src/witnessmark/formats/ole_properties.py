"""Document properties of a compound file ([MS-OLEPS]): who, when, with what; observations, and hidden words.

Every property of the three sets that Office writes is read, those that a user made included. A set that breaks off
gives what stands before the break.
"""

import re
import struct
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from witnessmark.cell.report import Report
from witnessmark.formats import dates
from witnessmark.formats.compound import STREAM, CompoundFile, folded
from witnessmark.formats.windows_codecs import WESTERN, codec_of_page

LARGEST: Final = 4 << 20
MOST_PROPERTIES: Final = 2000
MOST_VALUES: Final = 2000
MOST_SETS: Final = 200
LONGEST: Final = 10_000
SUMMARY: Final = "\x05SummaryInformation"
DOCUMENT_SUMMARY: Final = "\x05DocumentSummaryInformation"

Value = str | int | bool | datetime | timedelta | list[str] | None

_SUMMARY_NAMES: Final = {
    2: "title", 3: "subject", 4: "creator", 5: "keywords", 6: "description", 7: "template", 8: "lastmodifiedby",
    9: "revision", 10: "totaltime", 11: "printed", 12: "created", 13: "modified", 14: "pages", 15: "words",
    16: "characters", 18: "application", 19: "docsecurity",
}  # fmt: skip
_DOCUMENT_NAMES: Final = {
    2: "category", 3: "presentationformat", 4: "bytes", 5: "lines", 6: "paragraphs", 7: "slides", 8: "notes",
    9: "hiddenslides", 10: "mmclips", 12: "headingpairs", 13: "titlesofparts", 14: "manager", 15: "company",
    17: "characterswithspaces", 19: "shareddoc", 21: "hyperlinks", 22: "hyperlinkschanged", 23: "version",
    26: "contenttype", 27: "contentstatus", 28: "language", 29: "documentversion",
}  # fmt: skip
_UNTOLD: Final = frozenset(("docsecurity", "presentationformat", "headingpairs", "mmclips", "shareddoc", "version"))
_NO_WORDS: Final = frozenset(("revision", "totaltime", "application", "documentversion"))
_DATES: Final = frozenset(("printed", "created", "modified"))
_SETS: Final = (SUMMARY, DOCUMENT_SUMMARY, "\x05HwpSummaryInformation")
_NO_PROPERTY: Final = 0x80000000
"""From here on numbers say how a set is kept: its language, its behaviour."""
_CUSTOM: Final = bytes.fromhex("05d5cdd59c2e1b10939708002b2cf9ae")


def read_properties(file: CompoundFile, report: Report) -> None:
    """Report the properties that the file states of itself."""
    for stream in _SETS:
        entry = file.find(stream)
        if entry is None:
            continue
        names = _DOCUMENT_NAMES if stream == DOCUMENT_SUMMARY else _SUMMARY_NAMES
        try:
            for custom, key, value in properties(file.read(entry, LARGEST)):
                if custom:
                    _tell_custom(key, value, report)
                elif isinstance(key, int) and key in names:
                    _tell(names[key], value, report)
        except (struct.error, IndexError):
            report.observe("office.properties", "break off")


def read_other_sets(file: CompoundFile, report: Report) -> None:
    """Report the properties that have names in whatever other streams are sets of them ([MS-OLEPS] 2.21), each once."""
    told, read, known = set[tuple[str, str]](), 0, frozenset(map(folded, _SETS))
    for _, entry in file.walk():
        if entry.type != STREAM or folded(entry.name) in known or not _is_set(file.read(entry, _HEAD)):
            continue
        read += 1
        if read > MOST_SETS:
            report.observe("office.properties", f"stand in more than {MOST_SETS} streams: the rest is not read")
            return
        try:
            for custom, key, value in properties(file.read(entry, LARGEST)):
                if custom and isinstance(key, str) and value != "" and (key, str(value)) not in told:
                    told.add((key, str(value)))
                    _tell_custom(key, value, report)
        except (struct.error, IndexError):
            report.observe("office.properties", "break off")


def _is_set(head: bytes) -> bool:
    """Tell the head of a set: its byte order, version 0 or 1, one set or two."""
    return len(head) == _HEAD and head[:4] in (b"\xfe\xff\0\0", b"\xfe\xff\1\0") and head[24:28] in _COUNTS


_HEAD: Final = 28
_COUNTS: Final = (b"\1\0\0\0", b"\2\0\0\0")


def page_of(file: CompoundFile) -> int:
    """Return the code page that the file states of its properties, whose program wrote its text too; 0 without one."""
    entry = file.find(SUMMARY)
    data = b"" if entry is None else file.read(entry, LARGEST)
    try:
        start = struct.unpack_from("<I", data, 44)[0]
        for index in range(min(struct.unpack_from("<I", data, start + 4)[0], MOST_PROPERTIES)):
            key, at = struct.unpack_from("<II", data, start + 8 + 8 * index)
            if key == 1:
                return _small(data, start + at + 4)
    except struct.error:
        pass
    return 0


def properties(data: bytes) -> Iterator[tuple[bool, int | str, Value]]:
    """Yield whether a property is the user's own, its number or name, and its value ([MS-OLEPS] 2.21, 2.20)."""
    count = min(struct.unpack_from("<I", data, 24)[0], 4)
    left = MOST_PROPERTIES
    for place in range(28, 28 + 20 * count, 20):
        is_custom = data[place : place + 16] == _CUSTOM
        start = struct.unpack_from("<I", data, place + 16)[0]
        number = min(struct.unpack_from("<I", data, start + 4)[0], left)
        left -= number
        places = [struct.unpack_from("<II", data, start + 8 + 8 * index) for index in range(number)]
        page = next((_small(data, start + at + 4) for key, at in places if key == 1), 1252)
        names: dict[int, str] = {}
        for key, at in places:
            if key == 0:
                names = _dictionary(data, start + at, page)
        for key, at in places:
            if 1 < key < _NO_PROPERTY:
                yield is_custom, names.get(key, key), _value(data, start + at, page)


def _tell(name: str, value: Value, report: Report) -> None:
    if isinstance(value, datetime):
        if name in _DATES:
            dates.observe(report, name, _moment(value), f"OLE property {name}")
        return
    if name == "totaltime" and isinstance(value, timedelta):
        report.observe("office.totaltime", int(value.total_seconds()) // 60)
        return
    if isinstance(value, list):
        words = "\n".join(dict.fromkeys(text for text in value if text.strip()))
        if words and name == "titlesofparts":
            report.hidden("metadata: titles of parts", words + "\n")
        return
    if value is None or value == "" or isinstance(value, timedelta) or name in _UNTOLD:
        return
    if name == "application":
        dates.observe_software(report, str(value), "", "OLE property application")
    report.observe(f"office.{name}", str(value)[:500] if isinstance(value, str) else int(value))
    if isinstance(value, str) and name not in _NO_WORDS:
        report.hidden(f"metadata: {name}", value[:LONGEST] + "\n")


def _tell_custom(key: int | str, value: Value, report: Report) -> None:
    name = str(key)[:100]
    if isinstance(value, datetime):
        dates.observe(report, "stated", _moment(value), "OLE custom property")
        value = value.isoformat(timespec="seconds") + "Z"
    if name == "_PID_HLINKS" or value is None or isinstance(value, list | timedelta):
        return
    report.hidden(f"metadata: {name}", f"{value}"[:LONGEST] + "\n")


def _moment(value: datetime) -> dates.Moment:
    return dates.Moment(value.isoformat(timespec="seconds") + "Z", value.replace(microsecond=0), 0)


def _small(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<H", data, at)[0])


def decode(data: bytes, page: int) -> str:
    """Return text in a Windows code page up to its end mark; a page that is not known here is read as Western."""
    if page == 1200:
        return data.decode("utf-16-le", "replace").split("\0")[0]
    return data.split(b"\0")[0].decode(codec_of_page(page) or WESTERN, "replace")


def _dictionary(data: bytes, at: int, page: int) -> dict[int, str]:
    names: dict[int, str] = {}
    count = struct.unpack_from("<I", data, at)[0]
    at += 4
    for _ in range(min(count, MOST_PROPERTIES)):
        if at + 8 > len(data):
            break
        key, length = struct.unpack_from("<II", data, at)
        size = length * 2 if page == 1200 else length
        names[key] = decode(data[at + 8 : at + 8 + min(size, LONGEST)], page)
        at += 8 + (size + 3) // 4 * 4 if page == 1200 else 8 + size
    return names


def _filetime(data: bytes, at: int) -> Value:
    ticks = struct.unpack_from("<Q", data, at)[0]
    if ticks == 0:
        return None
    if ticks < 10_000_000 * 86400 * 366 * 100:  # a span: no file is from before 1701
        return timedelta(microseconds=ticks // 10)
    return dates.from_filetime(ticks).local


def _ansi(data: bytes, at: int, page: int) -> tuple[str, int]:
    size = struct.unpack_from("<I", data, at)[0]
    return decode(data[at + 4 : at + 4 + min(size, LARGEST)], page), at + 4 + size


def _wide(data: bytes, at: int, _: int) -> tuple[str, int]:
    size = struct.unpack_from("<I", data, at)[0] * 2
    text = data[at + 4 : at + 4 + min(size, LARGEST)].decode("utf-16-le", "replace").split("\0")[0]
    return text, at + 4 + (size + 3) // 4 * 4


def _value(data: bytes, at: int, page: int) -> Value:
    kind = _small(data, at)
    at += 4
    if kind in (2, 18):
        return int(struct.unpack_from("<h" if kind == 2 else "<H", data, at)[0])
    if kind in (3, 22, 19, 23):
        return int(struct.unpack_from("<i" if kind in (3, 22) else "<I", data, at)[0])
    if kind in (4, 5):
        return str(struct.unpack_from("<f" if kind == 4 else "<d", data, at)[0])
    if kind == 11:
        return _small(data, at) != 0
    if kind in (8, 30):
        return _ansi(data, at, page)[0]
    if kind == 31:
        return _wide(data, at, page)[0]
    if kind == 64:
        return _filetime(data, at)
    if kind in (0x101E, 0x101F):
        return _strings(data, at, page, _ansi if kind == 0x101E else _wide)
    return None


def _strings(data: bytes, at: int, page: int, one: Callable[[bytes, int, int], tuple[str, int]]) -> list[str]:
    count = min(struct.unpack_from("<I", data, at)[0], MOST_VALUES)
    at += 4
    found = []
    for _ in range(count):
        text, at = one(data, at, page)
        found.append(re.sub(r"\s+", " ", text))
    return found
