"""Takes members out of 7z, RAR, cabinets, ISO images and other packings by libarchive, streamed and counted.

libarchive is a library of the machine; where it is missing, such a file is sealed, named and `unsupported`. Nothing is
written anywhere by it: members go into the report, links and devices are named and refused, names are data.
"""

import ctypes
import zlib
from collections.abc import Callable, Generator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import islice
from typing import Any, Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import names, rar_block, unarchive
from witnessmark.formats.unarchive import ArchiveError, ffi
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

MOST_OPENED: Final = 100
"""Times that one packing is opened anew, to read what lies behind a locked member."""
_NEVER_EMPTY: Final = ("rar", "rar5", "cab")
"""Kinds that no program makes without a member: one without is cut off, and libarchive does not say so."""
_VOLUME = "not all volumes of an archive in several, whose members go on from one to the other"

_SUFFIXES: Final = {
    ".tar.z": ".tar",
    ".taz": ".tar",
    ".tzst": ".tar",
    ".tlz": ".tar",
    ".z": "",
    ".zst": "",
    ".lz4": "",
    ".lzma": "",
    ".lz": "",
    ".lzo": "",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What libarchive cannot tell of entries, by their number: which are locked, or packed in no way that it has, and
    whether a CRC-32 is theirs.

    And whether the archive began in another file, or goes on in one.
    """

    locked: AbstractSet[int] = frozenset()
    agrees: Mapping[int, Callable[[int], bool]] = field(default_factory=dict)
    unread: Mapping[int, str] = field(default_factory=dict)
    is_cut: bool = False


def _no_reason(_: int) -> str:
    """Say that nothing keeps a file from being unpacked."""
    return ""


def read_7z(source: Source, report: Report, why_not: Callable[[int], str] = _no_reason) -> None:
    """Read a 7-Zip archive.

    Args:
        source: the archive.
        report: where it is reported.
        why_not: says of a file by its number, among those that have contents, why it only seems to be locked.
    """
    _read(source, report, ("7zip",), "none", why_not=why_not)


def unfolded(source: Source) -> Generator[bytes, None, None]:
    """Yield what the first member of a 7-Zip archive unfolds to.

    Raises:
        unarchive.CannotUnfold: when it is damaged; what was yielded stands.
    """
    with unarchive.opened(source, ("7zip",), "none") as handle:
        room = ctypes.create_string_buffer(unarchive.CHUNK)
        try:
            next(unarchive.entries(handle), None)
            while (count := ffi.read_data(handle, room, unarchive.CHUNK)) > 0:
                yield room.raw[:count]
        except ArchiveError as error:
            raise unarchive.CannotUnfold(unarchive.said(error)) from error


def read_rar(source: Source, report: Report, told: Told) -> None:
    """Read a RAR archive of either kind, of whose entries something is told beforehand."""
    _read(source, report, (_kind_of_rar(source),), "none", told=told)


def first_of_rar(source: Source) -> int | None:
    """Return the CRC-32 of what the first entry of a RAR archive unpacks to; None where it does not to its end."""
    with suppress(ReadingStopped, ArchiveError), unarchive.opened(source, (_kind_of_rar(source),), "none") as handle:
        counted = _Counted(lambda _: None)
        for entry in islice(unarchive.entries(handle), 1):
            return None if unarchive.pour(handle, counted.write, unarchive.size_of(entry)) else counted.crc
    return None


def _kind_of_rar(source: Source) -> str:
    source.stream.seek(0)
    return "rar5" if source.stream.read(8).startswith(rar_block.SIGNATURE[:7]) else "rar"


def read_cabinet(source: Source, report: Report) -> None:
    """Read a cabinet of Microsoft's."""
    _read(source, report, ("cab",), "none")


def read_iso(source: Source, report: Report) -> None:
    """Read the image of an optical disk (ISO 9660, Rock Ridge, Joliet)."""
    _read(source, report, ("iso9660",), "none")


def read_other(source: Source, report: Report) -> None:
    """Read cpio, ar, xar, lha and what is packed in an RPM."""
    _read(source, report, ("cpio", "ar", "xar", "lha"), "all")


def read_single(source: Source, report: Report) -> None:
    """Unfold one packed stream: compress, Zstandard, LZ4, LZMA, lzip."""
    path = names.without_suffix(source.name, _SUFFIXES)
    with unarchive.opened(source, ("raw",), "all") as handle:
        report.tool("libarchive", unarchive.version())
        entries = unarchive.entries(handle)
        try:
            next(entries, None)
        except ArchiveError as error:
            raise ReadingStopped(Outcome.CORRUPT, f"the packed bytes are damaged ({unarchive.said(error)})") from error
        with report.member(path, How.DECODED, {}) as sink:
            problem = unarchive.pour(handle, sink.write)
        if problem:
            report.outcome(Outcome.PARTIAL, f"the packed bytes are damaged ({problem})")


def read_locked_zip(source: Source, report: Report) -> bool:
    """Read a zip whose members are locked, with the passwords at hand; return whether one opened a member."""
    if not unarchive.is_here():
        return False
    for password in source.passwords:
        with unarchive.opened(source, ("zip",), "none", password) as handle:
            if _fits(handle):
                break
    else:
        return False
    _read(source, report, ("zip",), "none", password)
    return True


def _fits(handle: Any) -> bool:
    """Tell whether the first locked member can be unpacked to its end: its checksum tells."""
    try:
        for entry in unarchive.entries(handle):
            if unarchive.is_encrypted(entry):
                return not unarchive.pour(handle, lambda _: None, unarchive.size_of(entry))
    except ArchiveError:
        return False
    return False


def _read(
    source: Source,
    report: Report,
    formats: tuple[str, ...],
    filters: str,
    password: str = "",
    why_not: Callable[[int], str] = _no_reason,
    told: Told | None = None,
) -> None:
    taking = _Taking(report, formats[0], password, why_not, told or Told())
    for _ in range(MOST_OPENED):
        with unarchive.opened(source, formats, filters, password) as handle:
            report.tool("libarchive", unarchive.version())
            if taking.take(handle):
                break
    else:
        taking.problem = f"locked members stand between others, more than {MOST_OPENED} times"
    taking.conclude()


class _Counted:
    """Bytes that are handed on, and their CRC-32."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write, self.crc = write, 0

    def write(self, data: bytes) -> None:
        self.crc = zlib.crc32(data, self.crc)
        self._write(data)


class _Late:
    """Where bytes go, opened when the first of them come: a member of which nothing can be had is no empty file."""

    def __init__(self, opened: Callable[[], Callable[[bytes], None]]) -> None:
        self._opened = opened
        self._write: Callable[[bytes], None] | None = None

    @property
    def is_open(self) -> bool:
        return self._write is not None

    def open(self) -> Callable[[bytes], None]:
        if self._write is None:
            self._write = self._opened()
        return self._write

    def write(self, data: bytes) -> None:
        self.open()(data)


class _Came(Enum):
    """What came of an entry."""

    PASSED = auto()
    SHUT = auto()
    READ = auto()
    FATAL = auto()


class _Taking:
    """The members of one packing on their way into a report."""

    def __init__(
        self,
        report: Report,
        kind: str,
        password: str,
        why_not: Callable[[int], str],
        told: Told,
    ) -> None:
        self._report, self._kind, self._password = report, kind, password
        self._why_not, self._told = why_not, told
        self._seen = self._taken = self._refused = self._locked = self._seeming = self._contents = 0
        self.problem = ""

    def take(self, handle: Any) -> bool:
        """Take the members that were not seen yet; return whether those were all that can be had.

        In a 7z, libarchive passes over a locked member only where it has unpacked nothing before: else the archive is
        to be opened anew.
        """
        has_read = False
        try:
            for number, entry in enumerate(unarchive.entries(handle)):
                if number < self._seen:
                    continue
                self._seen += 1
                came = self._one(handle, entry)
                if came is _Came.FATAL:
                    break
                has_read = has_read or came is _Came.READ
                if came is _Came.SHUT and has_read and self._kind == "7zip":
                    return False
        except ArchiveError as error:
            self.problem = self.problem or unarchive.said(error)
            says_so = "ncrypt" in str(error) or "assphrase" in str(error)
            self._locked += not self._seeming and (unarchive.is_locked_whole(handle) or says_so)
        return True

    def _one(self, handle: Any, entry: Any) -> _Came:
        path, kind, number = unarchive.path_of(entry), ffi.entry_filetype(entry), self._seen - 1
        if kind == unarchive.FOLDER:
            return _Came.PASSED
        has_contents = kind == unarchive.LINK or bool(unarchive.size_of(entry))
        word = self._why_not(self._contents) if has_contents else ""
        self._contents += has_contents
        word = word or ("" if number in self._told.locked else self._told.unread.get(number, ""))
        if word:
            self._seeming += 1
            self._report.refuse_member(path, Outcome.UNSUPPORTED, word, unarchive.locked_of(entry))
            return _Came.SHUT
        if kind not in (unarchive.REGULAR, 0) or ffi.entry_hardlink_w(entry):
            self._refused += 1
            self._report.refuse_member(
                path, Outcome.REFUSED_POLICY, unarchive.refusal_of(entry, kind), unarchive.stated_of(entry)
            )
            return _Came.PASSED
        if (unarchive.is_encrypted(entry) and not self._password) or number in self._told.locked:
            self._locked += 1
            self._report.refuse_member(path, Outcome.ENCRYPTED, "the member is encrypted", unarchive.locked_of(entry))
            return _Came.SHUT
        agrees = self._told.agrees.get(number)
        with ExitStack() as stack:
            sink = _Late(
                lambda: stack.enter_context(self._report.member(path, How.DECODED, unarchive.stated_of(entry))).write
            )
            counted = _Counted(sink.write)
            wrong = unarchive.pour(handle, sink.write if agrees is None else counted.write, unarchive.size_of(entry))
            if not wrong:
                sink.open()
        if agrees is not None and not wrong and not agrees(counted.crc):
            wrong = "a member does not fit its checksum"
        if sink.is_open:
            self._taken += 1
        else:
            self._report.refuse_member(path, Outcome.CORRUPT, wrong, unarchive.locked_of(entry))
        self.problem = self.problem or wrong
        return _Came.FATAL if isinstance(wrong, unarchive.Fatal) else _Came.READ

    def conclude(self) -> None:
        """State the outcome."""
        if not (self._seen or self.problem or self._locked) and self._kind in _NEVER_EMPTY:
            self.problem = "no member can be found in it"
        refused = self._refused + self._seeming
        if self._locked and not self._taken:
            self._report.outcome(Outcome.ENCRYPTED, "the members, or even their names, are encrypted")
        elif self._told.is_cut:
            outcome = Outcome.PARTIAL if self._taken else Outcome.UNSUPPORTED
            why = f" ({self.problem})" if self.problem else ""
            self._report.outcome(outcome, f"{_VOLUME}; {self._taken} members taken out{why}")
        elif self.problem:
            outcome = Outcome.PARTIAL if self._taken else Outcome.CORRUPT
            locked = f", {self._locked} members are encrypted" if self._locked else ""
            self._report.outcome(outcome, f"{self.problem}; {self._taken} members taken out{locked}")
        elif self._locked or refused:
            self._report.outcome(Outcome.PARTIAL, kept_back(self._locked, refused))


def kept_back(locked: int, refused: int) -> str:
    """Say how many members are locked and how many are not taken out for another reason, of which there is one."""
    counted = ((locked, "encrypted"), (refused, "not taken out"))
    return ", ".join(
        f"{count} {'member is' if count == 1 else 'members are'} {what}" for count, what in counted if count
    )
