"""Maker notes: the numbers of bodies, lenses and pictures that makers of cameras write into a block of their own.

The blocks are no standard; only what is documented openly and stands unenciphered is read, and only what tells one
device or one picture from another. A note that was moved by an editor may point elsewhere: what is no text is left.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from witnessmark.formats.octets import Octets
from witnessmark.formats.tiff import TEXT, Directory, Entry, Structure

_READABLE = re.compile(r"[\x20-\x7e]*[0-9A-Za-z][\x20-\x7e]*\Z")


@dataclass(frozen=True, slots=True)
class _Layout:
    """How one maker lays out the note: its beginning, the directory's place, where offsets count from, its tags."""

    start: bytes
    at: int
    base: str  # "tiff": the EXIF block; "note": the note; "own": a TIFF structure of its own at that place
    tags: dict[int, str]
    order: str = ""
    below: tuple[int, dict[int, str]] | None = None


_NIKON: Final = {0x1D: "serial", 0xA0: "serial", 0xA7: "shutter_count", 0x84: "lens"}
_EQUIPMENT: Final = (0x2010, {0x101: "serial", 0x102: "internal_serial", 0x202: "lens_serial", 0x203: "lens"})
_OLYMPUS: Final = {0x404: "serial", 0x101A: "serial", 0x207: "firmware"}
_PANASONIC: Final = {0x25: "internal_serial", 0x51: "lens", 0x52: "lens_serial", 0x54: "accessory_serial"}
_CANON: Final = {
    0x07: "firmware",
    0x09: "owner",
    0x0C: "serial",
    0x28: "picture",
    0x95: "lens",
    0x96: "internal_serial",
}
_LAYOUTS: Final = (
    _Layout(b"Nikon\0\2", 10, "own", _NIKON),
    _Layout(b"Nikon\0\1", 8, "tiff", {}),
    _Layout(b"OLYMPUS\0", 12, "note", _OLYMPUS, below=_EQUIPMENT),
    _Layout(b"OM SYSTEM\0", 16, "note", _OLYMPUS, below=_EQUIPMENT),
    _Layout(b"OLYMP\0", 8, "tiff", _OLYMPUS, below=_EQUIPMENT),
    _Layout(b"Panasonic\0", 12, "tiff", _PANASONIC),
    _Layout(b"LEICA\0\0\0", 8, "tiff", _PANASONIC),
    _Layout(b"FUJIFILM", 12, "note", {0x10: "internal_serial"}, order="<"),
    _Layout(b"AOC\0", 6, "tiff", {0x229: "serial"}),
    _Layout(b"PENTAX \0", 10, "note", {0x229: "serial"}),
    _Layout(b"SIGMA\0\0\0", 10, "tiff", {0x02: "serial"}),
    _Layout(b"FOVEON\0\0", 10, "tiff", {0x02: "serial"}),
    _Layout(b"Apple iOS\0", 14, "note", {0x11: "live_photo", 0x15: "picture", 0x2B: "photo"}, order=">"),
    _Layout(b"Ricoh\0\0\0", 8, "tiff", {0x05: "internal_serial"}),
    _Layout(b"RICOH\0\0\0", 8, "tiff", {0x05: "internal_serial"}),
)
_BY_MAKE: Final = (
    ("canon", _Layout(b"", 0, "tiff", _CANON)),
    ("nikon", _Layout(b"", 0, "tiff", _NIKON)),
    ("samsung", _Layout(b"", 0, "note", {0xA002: "serial", 0xA005: "lens_serial"})),
)


def numbers(block: Structure, note: Entry, make: str) -> dict[str, str]:
    """Return what a maker note says of body, lens and picture."""
    layout = next((known for known in _LAYOUTS if note.raw.startswith(known.start)), None)
    if layout is None:
        layout = next((known for word, known in _BY_MAKE if word in make.lower()), None)
    if layout is None:
        return {}
    found: dict[str, str] = {}
    for directory, tags in _directories(block, note, layout):
        for tag, name in tags.items():
            entry = directory.entries.get(tag)
            text = "" if entry is None else _text(entry)
            if text and name not in found:
                found[name] = text
    return found


def _directories(block: Structure, note: Entry, layout: _Layout) -> Iterator[tuple[Directory, dict[int, str]]]:
    structure, at = block, note.at + layout.at
    if layout.base == "own":
        try:
            structure = Structure(block.octets.part(note.at + layout.at))
        except ValueError:
            return
        at = structure.first
    elif layout.base == "note":
        structure, at = _moved(block, block.octets.part(note.at), layout, note.raw), layout.at
        if layout.start == b"FUJIFILM":
            at = int.from_bytes(note.raw[8:12], "little")
    directory = structure.directory("note", at)
    if directory is None:
        return
    yield directory, layout.tags
    if layout.below is not None:
        entry = directory.entries.get(layout.below[0])
        # Older bodies hold the directory's place, newer ones the directory itself.
        place = 0 if entry is None else (entry.numbers(1) or [0])[0] if entry.kind in (4, 13) else entry.at
        below = structure.directory("note", place) if place else None
        if below is not None:
            yield below, layout.below[1]


def _moved(block: Structure, octets: Octets, layout: _Layout, raw: bytes) -> Structure:
    """Return a structure whose offsets count from the note's beginning."""
    mark = raw[layout.at - 4 : layout.at] if layout.at >= 4 else b""
    named = "<" if b"II" in mark else ">" if b"MM" in mark else block.order
    return Structure(octets, layout.order or named)


def _text(entry: Entry) -> str:
    if entry.kind == TEXT or entry.kind in (1, 7):
        if entry.tag == 0x28 and entry.count == 16:  # Canon's number of a picture is no text
            return entry.raw.hex() if any(entry.raw) else ""
        text = entry.raw.split(b"\0")[0].decode("ascii", "replace").strip()
        return text[:64] if _READABLE.match(text) else ""
    values = entry.numbers(1)
    return str(values[0]) if values and values[0] > 0 else ""
