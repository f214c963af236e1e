"""Takes members out of 7z, RAR, cabinets, ISO images and other packings by libarchive, streamed and counted.

libarchive is a library of the machine; where it is missing, such a file is sealed, named and `unsupported`. Nothing is
written anywhere by it: members go into the report, links and devices are named and refused, names are data.
"""

import ctypes
import locale
import os
import sys
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from itertools import islice
from typing import Any, BinaryIO, Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import dates, names, rar_block
from witnessmark.formats.packed_feed import Feed
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, Path

try:
    # Naming the library spares a search for it, which would start other programs.
    os.environ.setdefault("LIBARCHIVE", "libarchive.so.13")
    import libarchive
    from libarchive import ffi
except (ImportError, OSError, AttributeError, TypeError):  # no such library on this machine
    libarchive = None

with suppress(locale.Error):
    # libarchive turns UTF-8 names into wide characters by the locale; without one it gives up on them.
    locale.setlocale(locale.LC_CTYPE, "C.UTF-8")

CHUNK: Final = 256 << 10
MOST_MEMBERS: Final = 1_000_000
MOST_OPENED: Final = 100
"""Times that one packing is opened anew, to read what lies behind a locked member."""
_NEVER_EMPTY: Final = ("rar", "rar5", "cab")
"""Kinds that no program makes without a member: one without is cut off, and libarchive does not say so."""
_REGULAR, _FOLDER, _LINK = 0o100000, 0o040000, 0o120000
_VOLUME = "not all volumes of an archive in several, whose members go on from one to the other"
_NO_LIBRARY = "reading it needs the library libarchive (Debian: libarchive13), which is not on this machine"

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


class CannotUnfold(ValueError):  # noqa: N818 - it says what is wrong
    """libarchive gives up on what it is given; `is_unknown` where it does not know that way of packing."""

    @property
    def is_unknown(self) -> bool:
        """Whether it says so."""
        said = str(self)
        return "codec" in said or "nsupported" in said


# Made when this file is loaded: behind the walls no memory becomes a program.
_FEED: Final = Feed()
_NEXT: Final = None if libarchive is None else libarchive.ffi.READ_CALLBACK(_FEED.next)
_SEEK: Final = None if libarchive is None else libarchive.ffi.SEEK_CALLBACK(_FEED.seek)


def is_here() -> bool:
    """Tell whether libarchive is on this machine."""
    return libarchive is not None


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
        CannotUnfold: when it is damaged; what was yielded stands.
    """
    with _opened(source, ("7zip",), "none") as handle:
        room = ctypes.create_string_buffer(CHUNK)
        try:
            next(_entries(handle), None)
            while (count := ffi.read_data(handle, room, CHUNK)) > 0:
                yield room.raw[:count]
        except libarchive.ArchiveError as error:
            raise CannotUnfold(said(error)) from error


def read_rar(source: Source, report: Report, told: Told) -> None:
    """Read a RAR archive of either kind, of whose entries something is told beforehand."""
    _read(source, report, (_kind_of_rar(source),), "none", told=told)


def first_of_rar(source: Source) -> int | None:
    """Return the CRC-32 of what the first entry of a RAR archive unpacks to; None where it does not to its end."""
    with suppress(ReadingStopped, libarchive.ArchiveError), _opened(source, (_kind_of_rar(source),), "none") as handle:
        counted = _Counted(lambda _: None)
        for entry in islice(_entries(handle), 1):
            return None if _pour(handle, counted.write, _size(entry)) else counted.crc
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
    with _opened(source, ("raw",), "all") as handle:
        report.tool("libarchive", version())
        entries = _entries(handle)
        try:
            next(entries, None)
        except libarchive.ArchiveError as error:
            raise ReadingStopped(Outcome.CORRUPT, f"the packed bytes are damaged ({said(error)})") from error
        with report.member(path, How.DECODED, {}) as sink:
            problem = _pour(handle, sink.write)
        if problem:
            report.outcome(Outcome.PARTIAL, f"the packed bytes are damaged ({problem})")


def read_locked_zip(source: Source, report: Report) -> bool:
    """Read a zip whose members are locked, with the passwords at hand; return whether one opened a member."""
    if libarchive is None:
        return False
    for password in source.passwords:
        with _opened(source, ("zip",), "none", password) as handle:
            if _fits(handle):
                break
    else:
        return False
    _read(source, report, ("zip",), "none", password)
    return True


def _fits(handle: Any) -> bool:
    """Tell whether the first locked member can be unpacked to its end: its checksum tells."""
    try:
        for entry in _entries(handle):
            if _is_encrypted(entry):
                return not _pour(handle, lambda _: None, _size(entry))
    except libarchive.ArchiveError:
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
        with _opened(source, formats, filters, password) as handle:
            report.tool("libarchive", version())
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
            for number, entry in enumerate(_entries(handle)):
                if number < self._seen:
                    continue
                self._seen += 1
                came = self._one(handle, entry)
                if came is _Came.FATAL:
                    break
                has_read = has_read or came is _Came.READ
                if came is _Came.SHUT and has_read and self._kind == "7zip":
                    return False
        except libarchive.ArchiveError as error:
            self.problem = self.problem or said(error)
            says_so = "ncrypt" in str(error) or "assphrase" in str(error)
            self._locked += not self._seeming and (_is_locked_whole(handle) or says_so)
        return True

    def _one(self, handle: Any, entry: Any) -> _Came:
        path, kind, number = _path(entry), ffi.entry_filetype(entry), self._seen - 1
        if kind == _FOLDER:
            return _Came.PASSED
        has_contents = kind == _LINK or bool(_size(entry))
        word = self._why_not(self._contents) if has_contents else ""
        self._contents += has_contents
        word = word or ("" if number in self._told.locked else self._told.unread.get(number, ""))
        if word:
            self._seeming += 1
            self._report.refuse_member(path, Outcome.UNSUPPORTED, word, _locked(entry))
            return _Came.SHUT
        if kind not in (_REGULAR, 0) or ffi.entry_hardlink_w(entry):
            self._refused += 1
            self._report.refuse_member(path, Outcome.REFUSED_POLICY, _refusal(entry, kind), _stated(entry))
            return _Came.PASSED
        if (_is_encrypted(entry) and not self._password) or number in self._told.locked:
            self._locked += 1
            self._report.refuse_member(path, Outcome.ENCRYPTED, "the member is encrypted", _locked(entry))
            return _Came.SHUT
        agrees = self._told.agrees.get(number)
        with ExitStack() as stack:
            sink = _Late(lambda: stack.enter_context(self._report.member(path, How.DECODED, _stated(entry))).write)
            counted = _Counted(sink.write)
            wrong = _pour(handle, sink.write if agrees is None else counted.write, _size(entry))
            if not wrong:
                sink.open()
        if agrees is not None and not wrong and not agrees(counted.crc):
            wrong = "a member does not fit its checksum"
        if sink.is_open:
            self._taken += 1
        else:
            self._report.refuse_member(path, Outcome.CORRUPT, wrong, _locked(entry))
        self.problem = self.problem or wrong
        return _Came.FATAL if isinstance(wrong, _Fatal) else _Came.READ

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


class _Fatal(str):
    """What is wrong, where libarchive says that nothing may be asked of the archive any more; asked, it dies."""

    __slots__ = ()


@contextmanager
def _opened(source: Source, formats: tuple[str, ...], filters: str, password: str = "") -> Iterator[Any]:
    """Open the packing at its beginning."""
    if libarchive is None:
        raise ReadingStopped(Outcome.UNSUPPORTED, _NO_LIBRARY)
    handle = ffi.read_new()
    try:
        ffi.get_read_filter_function(filters)(handle)
        for name in formats:
            ffi.get_read_format_function(name)(handle)
        if password:
            ffi.read_add_passphrase(handle, password.encode())
        try:
            _open(handle, source.stream)
        except libarchive.ArchiveError as error:
            locked = "ncrypt" in str(error)
            raise ReadingStopped(Outcome.ENCRYPTED if locked else Outcome.CORRUPT, said(error)) from error
        yield handle
    finally:
        ffi.read_free(handle)
        _FEED.end()


def _open(handle: Any, stream: BinaryIO) -> None:
    stream.seek(0)
    try:
        descriptor = stream.fileno()
    except OSError:
        _FEED.begin(partial(stream.read, CHUNK), stream.seek)
        ffi.read_set_seek_callback(handle, _SEEK)
        ffi.read_open(handle, None, ffi.NO_OPEN_CB, _NEXT, ffi.NO_CLOSE_CB)
        return
    os.lseek(descriptor, 0, os.SEEK_SET)
    ffi.read_open_fd(handle, descriptor, CHUNK)


def _entries(handle: Any) -> Iterator[Any]:
    """Yield each entry as libarchive's own; it holds until the next."""
    entry = ffi.entry_new()
    try:
        for _ in range(MOST_MEMBERS):
            if ffi.read_next_header2(handle, entry) == ffi.ARCHIVE_EOF:
                return
            yield entry
    finally:
        ffi.entry_free(entry)


def _size(entry: Any) -> int | None:
    return ffi.entry_size(entry) if ffi.entry_size_is_set(entry) else None


def _pour(handle: Any, write: Callable[[bytes], None], size: int | None = None) -> str:
    """Write the bytes of the entry, as many as are stated, and return what is wrong with them, or nothing."""
    room = ctypes.create_string_buffer(CHUNK)
    left = sys.maxsize if size is None else size
    while True:
        try:
            count = ffi.read_data(handle, room, CHUNK)
        except libarchive.ArchiveError as error:
            return _Fatal(said(error)) if error.retcode == ffi.ARCHIVE_FATAL else said(error)
        if count <= 0:
            return "a member breaks off" if size is not None and left else ""
        write(room.raw[: min(count, left)])
        left -= min(count, left)


def _path(entry: Any) -> Path:
    wide = ffi.entry_pathname_w(entry)
    raw = wide.encode("utf-8", "surrogatepass") if wide else ffi.entry_pathname(entry) or b"data"
    return names.path_of(raw.replace(b"\\", b"/") if b"/" not in raw else raw)


def _stated(entry: Any) -> dict[str, Any]:
    stated: dict[str, Any] = {}
    mode = ffi.entry_mode(entry) & 0o7777
    if mode:
        stated["mode"] = f"{mode:04o}"
    if ffi.entry_mtime_is_set(entry):
        moment = dates.from_unix(ffi.entry_mtime(entry))
        stated["modified"] = moment.raw
        if moment.utc is not None:
            stated["modified_utc"] = f"{moment.utc.isoformat(timespec='seconds')}Z"
    return stated


def _locked(entry: Any) -> dict[str, Any]:
    size = _size(entry)
    return _stated(entry) if size is None else {**_stated(entry), "size": size}


def _refusal(entry: Any, kind: int) -> str:
    target = ffi.entry_symlink_w(entry) if kind == _LINK else ffi.entry_hardlink_w(entry)
    if target:
        return f"a link to {target[:1000]}; links are not followed".encode("utf-8", "replace").decode()
    return "a device, pipe or socket"


def _is_encrypted(entry: Any) -> bool:
    return bool(ffi.libarchive.archive_entry_is_encrypted(ctypes.c_void_p(entry)))


def _is_locked_whole(handle: Any) -> bool:
    return bool(ffi.libarchive.archive_read_has_encrypted_entries(ctypes.c_void_p(handle)) == 1)


def said(error: Any) -> str:
    """Return libarchive's own words; `str(error)` ends with an address in memory, which no two readings share."""
    text = str(error.msg or "libarchive gives no reason")
    return text.encode("ascii", "replace").decode()[:200]


def version() -> str:
    """Return the version of libarchive."""
    number = ffi.version_number()
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"
