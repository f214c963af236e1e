"""Calls into libarchive: a packing is opened, its entries gone through, the bytes of each poured out, in its own words.

libarchive is a library of the machine; where it is missing, whoever asks is told so by `is_here`, or by a reading that
ends as `unsupported`.

Rules for whoever changes this file: the functions that libarchive calls back are made when this file is loaded, since
behind the walls no memory becomes a program.
"""

import ctypes
import locale
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, BinaryIO, Final

from witnessmark.cell.report import ReadingStopped, Source
from witnessmark.formats import dates, names
from witnessmark.formats.packed_feed import Feed
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import Path

__all__ = [
    "CHUNK",
    "FOLDER",
    "LINK",
    "REGULAR",
    "ArchiveError",
    "CannotUnfold",
    "Fatal",
    "entries",
    "ffi",
    "is_encrypted",
    "is_here",
    "is_locked_whole",
    "locked_of",
    "opened",
    "path_of",
    "pour",
    "refusal_of",
    "said",
    "size_of",
    "stated_of",
    "version",
]  # fmt: skip

try:
    # Naming the library spares a search for it, which would start other programs.
    os.environ.setdefault("LIBARCHIVE", "libarchive.so.13")
    from libarchive import ArchiveError, ffi
except (ImportError, OSError, AttributeError, TypeError):  # no such library on this machine
    ArchiveError, ffi = OSError, None

with suppress(locale.Error):
    # libarchive turns UTF-8 names into wide characters by the locale; without one it gives up on them.
    locale.setlocale(locale.LC_CTYPE, "C.UTF-8")

CHUNK: Final = 256 << 10
MOST_MEMBERS: Final = 1_000_000
REGULAR, FOLDER, LINK = 0o100000, 0o040000, 0o120000
NO_LIBRARY = "reading it needs the library libarchive (Debian: libarchive13), which is not on this machine"

_FEED: Final = Feed()
_NEXT: Final = None if ffi is None else ffi.READ_CALLBACK(_FEED.next)
_SEEK: Final = None if ffi is None else ffi.SEEK_CALLBACK(_FEED.seek)


class CannotUnfold(ValueError):  # noqa: N818 - it says what is wrong
    """libarchive gives up on what it is given; `is_unknown` where it does not know that way of packing."""

    @property
    def is_unknown(self) -> bool:
        """Whether it says so."""
        said = str(self)
        return "codec" in said or "nsupported" in said


def is_here() -> bool:
    """Tell whether libarchive is on this machine."""
    return ffi is not None


class Fatal(str):
    """What is wrong, where libarchive says that nothing may be asked of the archive any more; asked, it dies."""

    __slots__ = ()


@contextmanager
def opened(source: Source, formats: tuple[str, ...], filters: str, password: str = "") -> Iterator[Any]:
    """Open the packing at its beginning."""
    if ffi is None:
        raise ReadingStopped(Outcome.UNSUPPORTED, NO_LIBRARY)
    handle = ffi.read_new()
    try:
        ffi.get_read_filter_function(filters)(handle)
        for name in formats:
            ffi.get_read_format_function(name)(handle)
        if password:
            ffi.read_add_passphrase(handle, password.encode())
        try:
            _open(handle, source.stream)
        except ArchiveError as error:
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


def entries(handle: Any) -> Iterator[Any]:
    """Yield each entry as libarchive's own; it holds until the next."""
    entry = ffi.entry_new()
    try:
        for _ in range(MOST_MEMBERS):
            if ffi.read_next_header2(handle, entry) == ffi.ARCHIVE_EOF:
                return
            yield entry
    finally:
        ffi.entry_free(entry)


def size_of(entry: Any) -> int | None:
    """Return how many bytes an entry states that it has, or None."""
    return ffi.entry_size(entry) if ffi.entry_size_is_set(entry) else None


def pour(handle: Any, write: Callable[[bytes], None], size: int | None = None) -> str:
    """Write the bytes of the entry, as many as are stated, and return what is wrong with them, or nothing."""
    room = ctypes.create_string_buffer(CHUNK)
    left = sys.maxsize if size is None else size
    while True:
        try:
            count = ffi.read_data(handle, room, CHUNK)
        except ArchiveError as error:
            return Fatal(said(error)) if error.retcode == ffi.ARCHIVE_FATAL else said(error)
        if count <= 0:
            return "a member breaks off" if size is not None and left else ""
        write(room.raw[: min(count, left)])
        left -= min(count, left)


def path_of(entry: Any) -> Path:
    """Return the name of an entry as steps."""
    wide = ffi.entry_pathname_w(entry)
    raw = wide.encode("utf-8", "surrogatepass") if wide else ffi.entry_pathname(entry) or b"data"
    return names.path_of(raw.replace(b"\\", b"/") if b"/" not in raw else raw)


def stated_of(entry: Any) -> dict[str, Any]:
    """Return what an entry states of itself: its mode and when it was modified."""
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


def locked_of(entry: Any) -> dict[str, Any]:
    """Return the same of an entry that is not taken out, and its size."""
    size = size_of(entry)
    return stated_of(entry) if size is None else {**stated_of(entry), "size": size}


def refusal_of(entry: Any, kind: int) -> str:
    """Say what an entry is that is no file."""
    target = ffi.entry_symlink_w(entry) if kind == LINK else ffi.entry_hardlink_w(entry)
    if target:
        return f"a link to {target[:1000]}; links are not followed".encode("utf-8", "replace").decode()
    return "a device, pipe or socket"


def is_encrypted(entry: Any) -> bool:
    """Tell whether libarchive holds an entry to be locked."""
    return bool(ffi.libarchive.archive_entry_is_encrypted(ctypes.c_void_p(entry)))


def is_locked_whole(handle: Any) -> bool:
    """Tell whether even the names are locked."""
    return bool(ffi.libarchive.archive_read_has_encrypted_entries(ctypes.c_void_p(handle)) == 1)


def said(error: Any) -> str:
    """Return libarchive's own words; `str(error)` ends with an address in memory, which no two readings share."""
    text = str(error.msg or "libarchive gives no reason")
    return text.encode("ascii", "replace").decode()[:200]


def version() -> str:
    """Return the version of libarchive."""
    number = ffi.version_number()
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"
