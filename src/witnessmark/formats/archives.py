"""Takes the members out of zip, gzip, bzip2 and xz: streamed, counted, and never to a place that a name says.

Links, devices and entries that share bytes are named and refused; a name that climbs or repeats is data like any
other; what a damaged archive still holds is taken out and said to be partial.
"""

import bz2
import lzma
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

from witnessmark.cell.report import Report, Source
from witnessmark.formats import dates, names, packed, packed_member, unarchive, zip_gaps, zip_unfold, zips
from witnessmark.formats.octets import Octets
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, Path, PathStep

CHUNK = 256 << 10
MORE = 64 << 10
"""Bytes that a member may unfold to beyond what the container states before it is cut."""
_SPLIT = (b"PK\x07\x08", b"PK00")
"""What the first part of a split zip begins with; the second where one part turned out to be enough (APPNOTE 8.5.3)."""
BEFORE = "before-the-archive"
"""The name under which bytes before the first entry are taken out."""
MOST_NOTED = 200
"""Peculiarities of one kind that are listed."""


def read_zip(source: Source, report: Report) -> None:
    """Read a zip by its directory; by the entries' own headers where the directory is lost or wrong."""
    found = zips.end_record(source.stream, source.size)
    entries: list[zips.Entry] = []
    broken = "no directory at the end"
    if found is not None:
        start, length, shift, comment = found
        entries, broken = _listed(source.stream, start, length, shift)
        if comment.strip(b"\x00 \r\n"):
            report.hidden("archive comment", comment.decode("utf-8", "replace"))
    reading = _Zip(source, report)
    if found is not None and (entries or not broken):
        reading.take_listed(entries, found[0], found[2])
    else:
        source.stream.seek(0)
        if source.stream.read(4) in _SPLIT:
            broken = f"{broken}: the first part of a split zip"
        entries = list(zips.scan(source.stream, source.size))
        reading.take(entries, listed=False)
        reading.take_before(entries)
    reading.conclude(broken)


def _listed(stream: BinaryIO, start: int, length: int, shift: int) -> tuple[list[zips.Entry], str]:
    entries: list[zips.Entry] = []
    try:
        entries.extend(zips.directory(stream, start, length, shift))
    except zips.BrokenZip as error:
        return entries, str(error)
    return entries, ""


class _Zip:
    """One zip on its way into a report."""

    def __init__(self, source: Source, report: Report) -> None:
        self._stream, self._report = source.stream, report
        self._part = zips.part(source.stream, source.size)
        self._taken = self._locked = self._refused = self._elsewhere = self._misplaced = 0
        self._overlaps = self._limits = False
        self._damaged: list[str] = []
        self._listed: list[zips.Entry] = []
        self._codec = "utf-8"
        self._noted = Counter[str]()

    def take_listed(self, entries: list[zips.Entry], start: int, shift: int) -> None:
        """Take out what the directory leads to, then what it should lead to, then what it does not list.

        Args:
            entries: as the directory states them.
            start: where it begins.
            shift: how many bytes seem to stand before the zip.
        """
        placed = [zip_gaps.placed(self._stream, entry, shift, self._part) for entry in entries]
        placed = zip_gaps.found_again(self._stream, placed, start)
        moved = self._moved(entries, placed)
        self._misplaced = len(moved)
        for entry in moved:
            self._note("zip.misplaced", {"directory": names.shown(entry.name), "offset": str(entry.offset)})
        self.take(placed)
        if not self._overlaps:
            placed += self._take_unlisted(placed, start)
            self.take_before(placed)

    def _moved(self, stated: list[zips.Entry], placed: list[zips.Entry]) -> list[zips.Entry]:
        """Return the entries that do not lie where the directory says.

        Where parts of a split zip were put together, those of one part lie as far as that part from where it says.
        """
        pairs = [(then, now) for then, now in zip(stated, placed, strict=True) if now.offset != then.offset]
        far = {then.disk: now.offset - then.offset for then, now in reversed(pairs)}
        return [now for then, now in pairs if not then.disk < self._part or now.offset - then.offset != far[then.disk]]

    def take(self, entries: list[zips.Entry], *, listed: bool = True) -> None:
        """Take out every entry, in this order."""
        codec = self._codec = names.likely_codec(_name(entry) for entry in entries)
        shared = zips.overlapping(entries) if listed else frozenset[int]()
        twice = [name for name, count in Counter(entry.name for entry in entries).items() if count > 1]
        if twice:
            self._report.observe("zip.names_twice", [name.decode("utf-8", "replace") for name in twice[:MOST_NOTED]])
        alike = names.alike(entry.name for entry in entries if not entry.is_folder)
        if alike:
            self._report.observe("zip.names_alike", alike[:MOST_NOTED])
        for i, entry in enumerate(entries):
            if not (entry.is_folder and entry.size == 0):
                self._one(entry, names.path_of(_name(entry), codec), overlaps=i in shared)

    def _take_unlisted(self, listed: list[zips.Entry], start: int) -> list[zips.Entry]:
        found = list(zip_gaps.unlisted(self._stream, listed, start))
        for entry in found:
            self._note("zip.unlisted", {"header": names.shown(entry.name), "offset": str(entry.offset)})
            self._one(entry, names.path_of(_name(entry), self._codec), overlaps=False)
        for begin, size in zip_gaps.loose(self._stream, [*listed, *found], start):
            self._note("zip.between", {"offset": str(begin), "size": str(size)})
        return found

    def take_before(self, entries: list[zips.Entry]) -> None:
        """Take out what stands before the first entry."""
        first = min((entry.offset for entry in entries if entry.data >= 0), default=0)
        if first > 0:
            self._report.observe("zip.prefix", first)
        self._stream.seek(0)
        begins = self._stream.read(min(first, CHUNK))
        if begins.strip(b"\0\r\n ") not in (b"", *_SPLIT):
            with self._report.member((PathStep(BEFORE),), How.COPIED, {}) as sink:
                for piece in Octets(self._stream, 0, first).pieces():
                    sink.write(piece)

    def _one(self, entry: zips.Entry, path: Path, *, overlaps: bool) -> None:
        self._compare(entry)
        mode = entry.attributes >> 16 if entry.made_by >> 8 in (3, 19) else 0
        refusal = self._refusal(entry, mode, overlaps=overlaps)
        if refusal is not None:
            self._report.refuse_member(path, *refusal, {**_stated(entry, mode), "size": entry.size})
            return
        if entry.method in packed_member.METHODS:
            self._report.tool("libarchive", unarchive.version())
        how = How.COPIED if entry.method == zip_unfold.STORED else How.DECODED
        with self._report.member(path, how, _stated(entry, mode)) as sink:
            problem = _pour(zip_unfold.unpacked(self._stream, entry), entry, sink)
        self._taken += 1
        if problem:
            self._damaged.append(problem)
            self._limits = self._limits or problem is _TOO_LONG
            self._note("zip.damaged", {"member": names.shown(entry.name), "what": problem})

    def _refusal(self, entry: zips.Entry, mode: int, *, overlaps: bool) -> tuple[Outcome, str] | None:
        if overlaps:
            self._overlaps = True
            return Outcome.REFUSED_POLICY, "it shares bytes with another entry"
        if entry.is_encrypted:
            self._locked += 1
            return Outcome.ENCRYPTED, "the member is encrypted"
        if mode & 0xF000 not in (0, 0x8000, 0x4000):
            self._refused += 1
            return Outcome.REFUSED_POLICY, self._special(entry, mode)
        if entry.data < 0 and entry.disk < self._part:
            self._elsewhere += 1
            return (
                Outcome.UNSUPPORTED,
                f"it lies in part {entry.disk + 1} of a split zip, of which this is part {self._part + 1}",
            )
        if entry.data < 0:
            self._damaged.append("no header where the directory says")
            return Outcome.CORRUPT, "no header where the directory says"
        why = zip_unfold.why_not(entry)
        if why:
            self._refused += 1
            return Outcome.UNSUPPORTED, why
        return None

    def _special(self, entry: zips.Entry, mode: int) -> str:
        if mode & 0xF000 != 0xA000:
            return "a device, pipe or socket"
        target = b""
        if entry.data >= 0 and not zip_unfold.why_not(entry):
            try:
                target = next(zip_unfold.unpacked(self._stream, entry), b"")[:1000]
            except zips.BrokenZip:
                target = b""
        return f"a symbolic link to {target.decode('utf-8', 'replace')}; links are not followed"

    def _compare(self, entry: zips.Entry) -> None:
        if entry.local_name is not None and entry.local_name != entry.name:
            self._note(
                "zip.disagreement", {"directory": names.shown(entry.name), "header": names.shown(entry.local_name)}
            )
        elif entry.local_method not in (-1, entry.method):
            self._differs(entry, "another compression method")
        elif entry.local_flags >= 0 and (entry.local_flags ^ entry.flags) & 1:
            self._differs(
                entry, "encrypted here, not there" if entry.local_flags & 1 else "not encrypted here, but there"
            )
        elif entry.local_sizes is not None and entry.local_sizes != (entry.packed, entry.size):
            self._differs(entry, "other sizes: {} packed, {} unpacked".format(*entry.local_sizes))

    def _differs(self, entry: zips.Entry, how: str) -> None:
        self._note("zip.disagreement", {"directory": names.shown(entry.name), "header": how})

    def _note(self, name: str, value: dict[str, str]) -> None:
        self._noted[name] += 1
        if self._noted[name] <= MOST_NOTED:
            self._report.observe(name, value)

    def conclude(self, broken: str) -> None:
        """State the outcome."""
        say = self._report.outcome
        if self._overlaps:
            say(Outcome.REFUSED_POLICY, "entries share bytes with each other")
        elif self._limits:
            say(Outcome.REFUSED_LIMIT, "a member unfolds to more than the directory states")
        elif self._locked and not self._taken:
            say(Outcome.ENCRYPTED, f"{self._locked} members are encrypted")
        elif broken:
            say(Outcome.PARTIAL if self._taken else Outcome.CORRUPT, f"{broken}; {self._taken} members taken out")
        elif self._damaged:
            say(
                Outcome.PARTIAL if self._taken else Outcome.CORRUPT,
                f"{len(self._damaged)} members are damaged: {self._damaged[0]}",
            )
        elif self._elsewhere:
            say(
                Outcome.PARTIAL, f"{self._elsewhere} members lie in other parts of a split zip; {self._taken} taken out"
            )
        elif self._misplaced:
            say(
                Outcome.PARTIAL,
                f"{self._misplaced} members do not lie where the directory says, and were found by their own headers",
            )
        elif self._locked or self._refused:
            say(Outcome.PARTIAL, packed.kept_back(self._locked, self._refused))


_TOO_LONG = "it unfolds to more than the container states"


def _pour(pieces: Iterator[bytes], entry: zips.Entry, sink: Any) -> str:
    """Write a member's bytes and return what is wrong with them, or nothing."""
    crc, size = 0, 0
    unstated = entry.packed < 0 or (entry.flags & 8 and entry.size == 0)
    try:
        for piece in pieces:
            if not unstated and size + len(piece) > entry.size + MORE:
                sink.write(piece[: max(0, entry.size + MORE - size)])
                return _TOO_LONG
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            sink.write(piece)
    except zips.BrokenZip as error:
        return str(error)
    if not unstated and (size != entry.size or crc != entry.crc):
        return "size or checksum do not agree"
    return ""


def _name(entry: zips.Entry) -> bytes:
    for tag, data in zips.extra_fields(entry.extra):
        # Info-ZIP Unicode Path (APPNOTE 4.6.9): counts only for the name whose checksum it carries
        if tag == 0x7075 and data[:1] == b"\x01" and int.from_bytes(data[1:5], "little") == zlib.crc32(entry.name):
            return data[5:]
    return entry.name


def _stated(entry: zips.Entry, mode: int) -> dict[str, Any]:
    time, date = entry.stamp
    clock = (1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, (time & 31) * 2)
    stated: dict[str, Any] = {"modified": dates.from_zip(clock).raw, "attributes": f"{entry.attributes:#010x}"}
    if mode:
        stated["mode"] = f"{mode & 0o7777:04o}"
    for tag, data in zips.extra_fields(entry.extra):
        if tag == 0x5455 and len(data) >= 5 and data[0] & 1:
            seconds = int.from_bytes(data[1:5], "little", signed=True)
            utc = dates.from_unix(seconds).utc
            stated["modified_utc"] = str(seconds) if utc is None else f"{utc.isoformat(timespec='seconds')}Z"
    if entry.comment:
        stated["comment"] = entry.comment[:2000].decode("utf-8", "replace")
    return stated


def read_gzip(source: Source, report: Report) -> None:
    """Read a gzip file as one member, however many parts it has (RFC 1952, section 2.2)."""
    source.stream.seek(0)
    head = source.stream.read(70_000)
    name, stated = _gzip_header(head)
    path = (
        (PathStep("data"),) if not head else (names.path_of(name) if name else names.without_suffix(source.name, _GZIP))
    )
    unfold(source, report, path, stated, "gzip")


def read_bzip2(source: Source, report: Report) -> None:
    """Read a bzip2 file as one member."""
    unfold(source, report, names.without_suffix(source.name, _BZIP2), {}, "bzip2")


def read_xz(source: Source, report: Report) -> None:
    """Read an xz file as one member."""
    unfold(source, report, names.without_suffix(source.name, _XZ), {}, "xz")


_GZIP = {".tgz": ".tar", ".svgz": ".svg", ".gz": "", ".emz": ".emf", ".wmz": ".wmf"}
_BZIP2 = {".tbz2": ".tar", ".tbz": ".tar", ".bz2": ""}
_XZ = {".txz": ".tar", ".xz": ""}


def _gzip_header(head: bytes) -> tuple[bytes, dict[str, Any]]:
    flags, at = (head[3], 10) if len(head) >= 10 else (0, 10)
    stated: dict[str, Any] = {}
    seconds = int.from_bytes(head[4:8], "little")
    if seconds:
        moment = dates.from_unix(seconds)
        stated["modified"] = moment.raw
        if moment.utc is not None:
            stated["modified_utc"] = f"{moment.utc.isoformat(timespec='seconds')}Z"
    if flags & 4:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    name = comment = b""
    if flags & 8:
        name = head[at:].split(b"\x00")[0]
        at += len(name) + 1
    if flags & 16:
        comment = head[at:].split(b"\x00")[0]
        stated["comment"] = comment[:2000].decode("latin-1")
    return name, stated


def unfold(source: Source, report: Report, path: Path, stated: dict[str, Any], kind: str) -> None:
    """Read one packed stream as one member: `gzip`, `bzip2`, `xz` or `zlib`; what it held before damage is kept."""
    problem, size = "", 0
    with report.member(path, How.DECODED, stated) as sink:
        try:
            for piece in _streams(source.stream, kind, report):
                size += len(piece)
                sink.write(piece)
        except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError) as error:
            problem = f"the packed bytes are damaged ({error})"
    if problem:
        report.outcome(Outcome.PARTIAL if size else Outcome.CORRUPT, problem)


def _streams(stream: BinaryIO, kind: str, report: Report) -> Iterator[bytes]:
    """Yield what the parts unfold to, one after the other; what follows the last is observed, not read."""
    stream.seek(0)
    machine = _new(kind)
    started, rest = 0, b""
    while block := rest or stream.read(zips.CHUNK):
        rest = b""
        yield from machine.push(block)
        if not machine.eof:
            continue
        started += 1
        rest = machine.unused or stream.read(zips.CHUNK)
        if kind == "xz":
            rest = rest.lstrip(b"\x00") or stream.read(zips.CHUNK)
        if kind not in _MARKS or not rest.startswith(_MARKS[kind]):
            if rest.strip(b"\x00"):
                report.observe(f"{kind}.trailing", len(rest))
            return
        machine = _new(kind)
    if not machine.eof:
        raise EOFError("they break off")


_MARKS = {"gzip": b"\x1f\x8b", "bzip2": b"BZh", "xz": b"\xfd7zXZ"}


def _new(kind: str) -> zip_unfold.Inflating | zip_unfold.Unpacking:
    if kind == "gzip":
        return zip_unfold.Inflating(31)
    if kind == "zlib":
        return zip_unfold.Inflating(15)
    if kind == "bzip2":
        return zip_unfold.Unpacking(bz2.BZ2Decompressor())
    return zip_unfold.Unpacking(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=zip_unfold.XZ_MEMORY))
