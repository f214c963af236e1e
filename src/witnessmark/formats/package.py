"""The zip package around an Office file (ISO/IEC 29500-2): parts through counted streams, relationships, members.

Nothing here trusts a size that the package states: every part is read through a counter, all parts together have one
budget, and entries whose bytes overlap are refused before anything is unpacked. A package that was cut off has lost
its directory: its parts are then found by their own headers.
"""

import io
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, BinaryIO

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import compound, dates, markup, names, package_part, zip_unfold, zips
from witnessmark.formats.encodings import storable
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

LARGEST_PART = 256 << 20
LARGEST_PACKAGE = 1 << 30
MOST_PARTS = 20_000
CHUNK = 1 << 16
_MARKUP = (".xml", ".rels", ".vml")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    struct.error,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Relationship:
    """A link from one part to another, or to an address outside."""

    id: str
    kind: str  # the last word of its type: "image", "hyperlink", "oleObject"
    target: str
    external: bool


class Package:
    """An opened package."""

    def __init__(self, source: Source) -> None:
        source.stream.seek(0)
        head = source.stream.read(8)
        if head == compound.MAGIC:
            raise ReadingStopped(*_why_ole(source))
        source.stream.seek(0)
        self._stream = source.stream
        self.is_cut = False  # whether its directory is lost
        self._zip: zipfile.ZipFile | _WithoutDirectory
        try:
            self._zip = zipfile.ZipFile(source.stream)
        except _BROKEN as error:
            self._zip = _WithoutDirectory(source)
            self.is_cut = True
            if not self._zip.infolist():
                raise ReadingStopped(Outcome.CORRUPT, "the package around the document cannot be opened") from error
        entries = self._zip.infolist()
        if len(entries) > MOST_PARTS:
            raise ReadingStopped(Outcome.REFUSED_LIMIT, f"the package has more than {MOST_PARTS} parts")
        _refuse_overlaps(entries)
        locked = sum(entry.flag_bits & 1 for entry in entries)
        if locked and (not self.is_cut or locked == len(entries)):
            raise ReadingStopped(Outcome.ENCRYPTED, "parts of the package are encrypted")
        self._entries = {_normal(name): entry for name, entry in _spelled(entries) if name and not entry.is_dir()}
        self._rooms = LARGEST_PACKAGE
        self._links: dict[str, dict[str, Relationship]] = {}
        self.broken: list[str] = []
        self.used: set[str] = set()

    @property
    def names(self) -> list[str]:
        """The names of the parts, in the package's order."""
        return list(self._entries)

    @cached_property
    def _by_fold(self) -> dict[str, str]:
        return {name.lower(): name for name in reversed(self._entries)}

    def find(self, name: str) -> str | None:
        """Return a part's name as the package spells it; part names do not depend on case (29500-2, 6.2.2.3)."""
        return name if name in self._entries else self._by_fold.get(name.lower())

    def open(self, name: str) -> BinaryIO:
        """Return a stream of a part that counts what it gives.

        Raises:
            ReadingStopped: when the package's budget is spent.
            KeyError: when there is no such part.
        """
        self.used.add(name)
        small = None if self.is_cut else package_part.unpacked(self._stream, self._entries[name], self._rooms)
        if small is not None:
            self.spend(len(small))
            return io.BytesIO(small)
        try:
            return io.BufferedReader(_Counted(self._zip.open(self._entries[name]), self), CHUNK)
        except _BROKEN:
            self.broken.append(name)
            return io.BytesIO()

    def read(self, name: str | None, limit: int = 16 << 20) -> bytes:
        """Return a part's bytes, no more than `limit`; a missing or broken part is empty."""
        found = None if name is None else self.find(name)
        if found is None:
            return b""
        data = self.open(found).read(limit + 1)
        if len(data) > limit:
            self.broken.append(found)
        return data[:limit]

    def refuse_locked(self) -> None:
        """Refuse a package whose manifest says that parts of it are locked (ODF 1.3, part 2, 4.4; OWPML has the same).

        Raises:
            ReadingStopped: when it says so.
        """
        if b"encryption-data" in self.read("META-INF/manifest.xml", 4 << 20):
            raise ReadingStopped(Outcome.ENCRYPTED, "the document asks for a password")

    def method(self, name: str) -> int:
        """Return the method by which a part is said to be packed."""
        return self._entries[name].compress_type

    def stamp(self, name: str) -> tuple[int, int, int, int, int, int]:
        """Return when a part was packed, as the package says."""
        return self._entries[name].date_time

    def root(self, name: str | None) -> Any | None:
        """Return the root element of a part, or None."""
        data = self.read(name)
        return markup.parse(data) if data else None

    def links(self, name: str) -> dict[str, Relationship]:
        """Return a part's relationships by id; the empty name stands for the package."""
        if name not in self._links:
            self._links[name] = {link.id: link for link in self._read_links(name)}
        return self._links[name]

    def _read_links(self, name: str) -> Iterator[Relationship]:
        folder, last = posixpath.split(name)
        root = self.root(posixpath.join(folder, "_rels", f"{last}.rels"))
        for element in () if root is None else root.iter("{*}Relationship"):
            external = element.get("TargetMode") == "External"
            target = element.get("Target") or ""
            if not external:
                target = _normal(posixpath.normpath(posixpath.join("/" + folder, target)))
            yield Relationship(
                element.get("Id") or "", (element.get("Type") or "").rpartition("/")[2], target, external
            )

    def targets(self, name: str, kind: str) -> list[str]:
        """Return the parts that a part is linked to by one kind of relationship, as far as they are there."""
        inside = [link for link in self.links(name).values() if link.kind == kind and not link.external]
        return [found for link in inside if (found := self.find(link.target)) is not None]

    def main_part(self, fallback: str) -> str:
        """Return the name of the main document part: the one linked to, or the one that is there by a usual name."""
        targets = self.targets("", "officeDocument")
        return targets[0] if targets else self.find(fallback) or fallback

    def spend(self, count: int) -> None:
        """Charge bytes that were unpacked.

        Raises:
            ReadingStopped: when the budget is spent.
        """
        self._rooms -= count
        if self._rooms < 0:
            raise ReadingStopped(Outcome.REFUSED_LIMIT, "the package unpacks to more than 1 GiB")

    def take_members(self, report: Report, also: set[str], but: AbstractSet[str] = frozenset()) -> None:
        """Take out every part that is no markup (pictures, embedded files), and those in `also`; none of `but`."""
        records = {name for name in self.used if name.lower().endswith(".bin")}  # parts that a reader has read
        for name, entry in self._entries.items():
            if name in records or name in but:
                continue
            if (name.lower().endswith(_MARKUP) and name not in also) or name == "mimetype":
                continue
            how = How.COPIED if entry.compress_type == zipfile.ZIP_STORED else How.DECODED
            path = tuple(PathStep(storable(step)) for step in name.split("/"))
            stated = {"modified": dates.from_zip(entry.date_time).raw}
            with report.member(path, how, stated) as sink:
                stream = self.open(name)
                while chunk := stream.read(CHUNK):
                    sink.write(chunk)

    def observe_times(self, report: Report) -> None:
        """Report the earliest and latest packing time; Office itself writes 1980-01-01 everywhere."""
        times = sorted(entry.date_time for entry in self._entries.values())
        if times:
            report.observe("package.parts", len(times))
            for time in dict.fromkeys((times[0], times[-1])):
                dates.observe(report, "archived", dates.from_zip(time), "zip time of a part")


class _WithoutDirectory:
    """A zip whose directory is lost: its entries as their own headers state them, the first of a name alone."""

    def __init__(self, source: Source) -> None:
        self._stream = source.stream
        found = list(zips.scan(source.stream, source.size, MOST_PARTS + 1))
        ends = [*(entry.offset for entry in found[1:]), source.size][: len(found)]
        self._entries: dict[str, tuple[zipfile.ZipInfo, zips.Entry]] = {}
        for entry, end in zip(found, ends, strict=True):
            name = entry.name.split(b"\0")[0].decode("utf-8" if entry.flags & 0x800 else "cp437", "replace")
            if name and name not in self._entries:
                here = entry if entry.packed >= 0 else replace(entry, packed=max(0, end - entry.data))
                self._entries[name] = _stated(name, here), here

    def infolist(self) -> list[zipfile.ZipInfo]:
        """Return what is known of each entry."""
        return [about for about, _ in self._entries.values()]

    def open(self, about: zipfile.ZipInfo) -> "_Unfolding":
        """Return a stream of an entry's bytes."""
        return _Unfolding(self._stream, about.filename, self._entries[about.filename][1])


def _stated(name: str, entry: zips.Entry) -> zipfile.ZipInfo:
    time, date = entry.stamp
    clock = (1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, (time & 31) * 2)
    about = zipfile.ZipInfo(name, clock)
    about.flag_bits, about.compress_type, about.CRC = entry.flags, entry.method, entry.crc
    about.compress_size, about.file_size, about.header_offset = entry.packed, entry.size, entry.offset
    return about


class _Unfolding:
    """The bytes of an entry found by its own header; where they break off, those before have been given."""

    def __init__(self, stream: BinaryIO, name: str, entry: zips.Entry) -> None:
        if entry.is_encrypted or entry.method not in zip_unfold.METHODS:
            raise NotImplementedError(name)
        self.name, self._entry = name, entry
        self._pieces = zip_unfold.unpacked(stream, entry)
        self._waiting = b""
        self._crc = self._count = 0

    def read(self, count: int) -> bytes:
        """Return the next bytes.

        Raises:
            BrokenZip: when the packed bytes break off, or are not those that were packed.
        """
        while not self._waiting:
            piece = next(self._pieces, None)
            if piece is None:
                stated = not self._entry.flags & 8
                if stated and (self._count, self._crc) != (self._entry.size, self._entry.crc):
                    raise zips.BrokenZip("the bytes are not those that were packed")
                return b""
            self._waiting = piece
            self._crc = zlib.crc32(piece, self._crc)
            self._count += len(piece)
        data, self._waiting = self._waiting[:count], self._waiting[count:]
        return data


class _Counted(io.RawIOBase):
    """A part's stream with a counter; a checksum or packing error is an end, and noted."""

    def __init__(self, stream: Any, package: Package) -> None:
        self._stream, self._package, self._left = stream, package, LARGEST_PART

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._stream.read(min(len(buffer), self._left))
        except _BROKEN:
            self._package.broken.append(self._stream.name)
            return 0
        self._left -= len(data)
        self._package.spend(len(data))
        if self._left <= 0 and data:
            self._package.broken.append(self._stream.name)
        buffer[: len(data)] = data
        return len(data)


def close(package: Package, report: Report) -> None:
    """State as the outcome what could not be read of a package."""
    if package.is_cut:
        parts = f"{len(package.names)} parts were found by their own headers"
        broken = f", of them broken: {', '.join(dict.fromkeys(package.broken[:3]))}" if package.broken else ""
        report.outcome(Outcome.PARTIAL, storable(f"the package has lost its directory: {parts}{broken}")[:300])
    elif package.broken:
        names = ", ".join(dict.fromkeys(package.broken[:3]))
        report.outcome(Outcome.PARTIAL, f"parts of the package are broken or too large: {storable(names)[:300]}")


def _why_ole(source: Source) -> tuple[Outcome, str]:
    source.stream.seek(0)
    head = source.stream.read(64 << 20)
    if "encryptedpackage".encode("utf-16-le") in head.lower():  # names of streams have no case ([MS-CFB] 2.6.4)
        return Outcome.ENCRYPTED, "the document asks for a password"
    return Outcome.UNSUPPORTED, "this is a document of the older, binary kind"


def _refuse_overlaps(entries: list[zipfile.ZipInfo]) -> None:
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise ReadingStopped(Outcome.REFUSED_POLICY, "parts of the package overlap")
        end = entry.header_offset + 30 + entry.compress_size


def _spelled(entries: list[zipfile.ZipInfo]) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Yield each entry with its name: one that is not said to be UTF-8 is read as all of them together look."""
    odd = [entry for entry in entries if not entry.flag_bits & 0x800 and not entry.filename.isascii()]
    raw = {id(entry): entry.filename.encode("cp437", "replace") for entry in odd}
    codec = names.likely_codec(raw.values()) if raw else "utf-8"
    for entry in entries:
        name = raw.get(id(entry))
        yield entry.filename if name is None else name.decode(codec, "replace"), entry


def _normal(name: str) -> str:
    return name.replace("\\", "/").lstrip("/")
