"""Takes files of a Mac apart that carry two forks in one: AppleSingle, AppleDouble (`._name`), MacBinary.

The data fork comes out as the file itself, the resource fork as a member beside it. What macOS writes into `._name` is
told: who downloaded a file from where and when, labels, comments. Sources: RFC 1740 (AppleSingle, AppleDouble), the
MacBinary II and III standard; extended attributes by the layout in macOS' `vfs_xattr.c`.

Rules for whoever changes this file: an entry that points outside the file is cut where the file ends; nothing of a fork
is held as a whole.
"""

import binascii
import struct
from typing import Final

from witnessmark.cell.report import Report, Source
from witnessmark.formats import dates, names, plists
from witnessmark.formats.octets import Octets
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

MOST_ENTRIES: Final = 200
MOST_ATTRIBUTES: Final = 2000
LARGEST_ATTRIBUTE: Final = 1 << 20
LARGEST_WORDS: Final = 64 << 10
RESOURCES: Final = ".rsrc"
_DATA, _RESOURCE, _NAME, _COMMENT, _DATES, _FINDER = 1, 2, 3, 4, 8, 9
_SINCE_2000, _SINCE_1904 = 946_684_800, -2_082_844_800
_LINES: Final = str.maketrans("\n\t", "  ")
_UNKNOWN_DATE: Final = -0x80000000
_SUFFIXES: Final = {".bin": "", ".macbin": "", ".hqx": "", ".as": "", ".applesingle": ""}


def read_apple(source: Source, report: Report) -> None:
    """Read an AppleSingle or AppleDouble file: a list of entries, each with its number, place and length."""
    whole = Octets.whole(source)
    count = whole.number(24, 2)
    entries: list[tuple[int, Octets]] = []
    is_cut = False
    for index in range(min(count, MOST_ENTRIES)):
        raw = whole.take(26 + 12 * index, 12)
        if len(raw) < 12:
            is_cut = True
            break
        kind, at, size = struct.unpack(">III", raw)
        is_cut = is_cut or at + size > whole.size
        entries.append((kind, whole.part(at, size)))
    found = dict(reversed(entries))
    told = found[_NAME].take(0, 1024) if _NAME in found else b""
    name = step_of(told) if told else _stem(source.name)
    for kind, entry in entries:
        _tell(kind, entry, whole, report)
    _take(name, found.get(_DATA), found.get(_RESOURCE), report)
    if is_cut:
        report.outcome(Outcome.PARTIAL, "it breaks off before the end of its entries")


def _take(name: PathStep, data: Octets | None, resources: Octets | None, report: Report) -> None:
    if data is not None:
        with report.member((name,), How.COPIED, {}) as sink:
            for piece in data.pieces():
                sink.write(piece)
    if resources is not None and _says_something(resources):
        with report.member((PathStep(name.name + RESOURCES),), How.COPIED, {"fork": "resources"}) as sink:
            for piece in resources.pieces():
                sink.write(piece)


def _says_something(resources: Octets) -> bool:
    """Tell whether a resource fork holds anything: macOS writes an empty one, with a sentence in it, everywhere."""
    return resources.size > 0 and b"This resource fork intentionally left blank" not in resources.take(0, 512)


def _tell(kind: int, entry: Octets, whole: Octets, report: Report) -> None:
    if kind == _COMMENT:
        report.hidden("comment", entry.take(0, LARGEST_WORDS).decode("mac_roman"))
    elif kind == _DATES:
        for index, name in enumerate(("created", "modified", "backed_up", "accessed")):
            raw = entry.take(4 * index, 4)
            seconds = int.from_bytes(raw, "big", signed=True) if len(raw) == 4 else _UNKNOWN_DATE
            if seconds != _UNKNOWN_DATE:
                moment = dates.from_unix(seconds + _SINCE_2000)
                dates.observe(report, name, moment, "AppleSingle or AppleDouble")
    elif kind == _FINDER:
        tell_finder(entry.take(0, 8), report)
        _tell_attributes(entry, whole, report)


def tell_finder(raw: bytes, report: Report) -> None:
    """Report the four letters each of a file's type and of the program that made it."""
    if len(raw) == 8 and raw.strip(b"\0"):
        report.observe("mac.type", {"type": raw[:4].decode("mac_roman"), "creator": raw[4:].decode("mac_roman")})


def _tell_attributes(entry: Octets, whole: Octets, report: Report) -> None:
    """Report the extended attributes that macOS puts behind the Finder's words: head `ATTR`, then a list."""
    if entry.take(34, 4) != b"ATTR":
        return
    at = 34 + 36
    for _ in range(min(entry.number(34 + 34, 2), MOST_ATTRIBUTES)):
        head = entry.take(at, 11)
        if len(head) < 11:
            return
        place, size, _, length = struct.unpack(">IIHB", head)
        name = entry.take(at + 11, length).split(b"\0")[0].decode("utf-8", "replace")
        _tell_attribute(name, whole.take(place, min(size, LARGEST_ATTRIBUTE)), size, report)
        at += (11 + length + 3) // 4 * 4


def _tell_attribute(name: str, value: bytes, size: int, report: Report) -> None:
    words = plists.words(value)
    if words is None:
        try:
            text = value.rstrip(b"\0").decode()
        except UnicodeDecodeError:
            text = ""
        words = [text] if text and text.translate(_LINES).isprintable() else []
    report.observe("mac.attribute", {"name": name[:200], "size": size, "value": [word[:2000] for word in words[:50]]})
    for word in words:
        report.hidden(name[:60], word)
    if name == "com.apple.quarantine" and words:
        _tell_quarantine(words[0], report)


def _tell_quarantine(text: str, report: Report) -> None:
    """Report when and by what a file was downloaded: flags, seconds in hexadecimal, program, identifier."""
    parts = text.split(";")
    if len(parts) >= 3:
        try:
            moment = dates.from_unix(int(parts[1], 16))
        except ValueError:
            return
        dates.observe(report, "downloaded", moment, f"com.apple.quarantine, by {parts[2][:100]}")


def is_macbinary(head: bytes) -> bool:
    """Tell a MacBinary II or III by its head: three zeros, a length of a name, and a checksum that agrees."""
    if len(head) < 128 or head[0] or head[74] or head[82] or not 0 < head[1] < 64 or head[122] not in (129, 130):
        return False
    return binascii.crc_hqx(head[:124], 0) == int.from_bytes(head[124:126], "big")


def read_macbinary(source: Source, report: Report) -> None:
    """Read a MacBinary: a head of 128 bytes, then the forks, each filled up to 128."""
    whole = Octets.whole(source)
    head = whole.take(0, 128)
    data_size, resource_size = struct.unpack_from(">II", head, 83)
    comment_size = int.from_bytes(head[99:101], "big")
    more = int.from_bytes(head[120:122], "big")
    tell_finder(head[65:73], report)
    for name, at in (("created", 91), ("modified", 95)):
        seconds = int.from_bytes(head[at : at + 4], "big")
        if seconds:  # by the clock of that Mac, in its own time
            moment = dates.from_unix(seconds + _SINCE_1904)
            dates.observe(report, name, dates.Moment(str(seconds), moment.local), "MacBinary, local time")
    at = 128 + _full(more)
    resources = at + _full(data_size)
    comment = resources + _full(resource_size)
    _take(step_of(head[2 : 2 + head[1]]), whole.part(at, data_size), whole.part(resources, resource_size), report)
    if comment_size:
        report.hidden("comment", whole.take(comment, comment_size).decode("mac_roman"))
    if resources + resource_size > whole.size:
        report.outcome(Outcome.PARTIAL, "it breaks off before the end of its forks")


def _full(size: int) -> int:
    return (size + 127) // 128 * 128


def step_of(raw: bytes) -> PathStep:
    """Return the name of a file as a Mac wrote it."""
    step = names.step_of(raw, "mac_roman")
    return PathStep(step.name.replace("/", ":"), raw) if "/" in step.name else step  # a Mac divides paths at colons


def _stem(name: str) -> PathStep:
    if name.startswith("._") and len(name) > 2:
        return PathStep(name[2:])
    return names.without_suffix(name, _SUFFIXES)[-1]
