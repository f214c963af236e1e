"""ICC profiles (ISO 15076-1): what a picture says of its colours' origin, in the profile's own words."""

import struct

from witnessmark.cell.report import Report
from witnessmark.formats import dates

_LARGEST_TEXT = 2000
_MOST_TAGS = 100


def read_icc(profile: bytes, report: Report) -> None:
    """Report name, maker, day and words of a profile; a broken one says nothing."""
    if len(profile) < 132 or profile[36:40] != b"acsp":
        report.observe("picture.profile", {"bytes": len(profile)})
        return
    version = f"{profile[8]}.{profile[9] >> 4}"
    value = {"bytes": len(profile), "version": version}
    for name, at in (("program", 4), ("class", 12), ("space", 16), ("platform", 40), ("maker", 48), ("model", 52)):
        word = profile[at : at + 4].strip(b"\0 ").decode("ascii", "replace")
        if word:
            value[name] = word
    words = {name: text for tag, name in _TAGS if (text := _words(profile, tag))}
    report.observe("picture.profile", value | words)
    if words:
        report.hidden("colour profile", "\n".join(words.values()) + "\n")
    year, month, day, hour, minute, second = struct.unpack_from(">6H", profile, 24)
    if year:
        clock = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        report.observe("picture.profile_day", dates.from_iso(clock).raw)


_TAGS = ((b"desc", "description"), (b"cprt", "copyright"), (b"dmnd", "device_maker"), (b"dmdd", "device_model"))


def _words(profile: bytes, tag: bytes) -> str:
    (count,) = struct.unpack_from(">I", profile, 128)
    for place in range(132, 132 + 12 * min(count, _MOST_TAGS), 12):
        if profile[place : place + 4] == tag and place + 12 <= len(profile):
            at, size = struct.unpack_from(">II", profile, place + 4)
            return _text(profile[at : at + size])
    return ""


def _text(value: bytes) -> str:
    kind = value[:4]
    if kind == b"text":
        return value[8:_LARGEST_TEXT].split(b"\0")[0].decode("latin-1").strip()
    if kind == b"desc" and len(value) >= 12:
        (size,) = struct.unpack_from(">I", value, 8)
        return value[12 : 12 + min(size, _LARGEST_TEXT)].split(b"\0")[0].decode("latin-1").strip()
    if kind == b"mluc" and len(value) >= 28:
        size, at = struct.unpack_from(">II", value, 20)
        return value[at : at + min(size, _LARGEST_TEXT)].decode("utf-16-be", "replace").strip("\0 ")
    return ""
