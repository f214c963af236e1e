"""The folder as it lies there: every name accounted for, nothing followed, nothing read before its size is known.

Rules for whoever changes this file:
- Names come from the folder and from the manifest; neither is trusted, and only names of the one allowed form
  are ever opened.
- Links, devices, sockets and pipes are false and are not opened. A file is opened without following a link.
- A file is read only when its size is that of the manifest, and small files only up to their cap.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO

from witnessmark.errors import Damaged, DiskFailure, Falsified
from witnessmark.verify.report import Tally

MOST_FILES = 2_000_000
LONGEST_PATH = 1024
DEEPEST = 16
LARGEST_MANIFEST = 1 << 29
LARGEST_JSON = 1 << 26
LARGEST_PROOF = 1 << 20

MANIFEST = "manifest"
RELEASE = "proof/release.tlog-proof"
CONTINUES = "proof/continues.json"
OUTSIDE = frozenset({MANIFEST, RELEASE, CONTINUES})
"""The only files that the manifest does not name; each is checked by itself."""

_SEGMENT = r"[a-z0-9][a-z0-9._-]*"
_PATH = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*\Z")
_LINE = re.compile(rb"([0-9a-f]{64}) (0|[1-9][0-9]{0,15}) ([a-z0-9][a-z0-9._/-]*)\Z")
_DIRECTORY, _PLAIN = "folder", "file"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a manifest: what a file must be."""

    digest: bytes
    size: int


def is_allowed(path: str) -> bool:
    """Return whether a path has the one form that an edition uses."""
    return len(path) <= LONGEST_PATH and _PATH.match(path) is not None


def parse_manifest(data: bytes) -> dict[str, Row]:
    """Return the files that a manifest names, in its order.

    Raises:
        Damaged: when a line is malformed, out of order, twice there, or names a file that lies outside.
    """
    rows: dict[str, Row] = {}
    before = b""
    if not data.endswith(b"\n"):
        raise Damaged("the manifest is empty or its last line is cut short")
    for number, line in enumerate(data[:-1].split(b"\n"), 1):
        match = _LINE.match(line) if len(line) <= LONGEST_PATH + 82 else None
        if match is None or not is_allowed(path := match[3].decode()):
            raise Damaged(f"line {number} of the manifest is not: digest, size, path")
        if match[3] <= before:
            raise Damaged(f"line {number} of the manifest is out of order or stands twice")
        if path in OUTSIDE or number > MOST_FILES:
            raise Damaged(f"line {number} of the manifest names what cannot stand in a manifest")
        rows[path] = Row(bytes.fromhex(match[1].decode()), int(match[2]))
        before = match[3]
    return rows


class Site:
    """The plain files of one folder, each with its size, and the digests of those that were read."""

    def __init__(self, root: str, tally: Tally) -> None:
        self.root = root
        self.files: dict[str, int] = {}
        self._digests: dict[str, bytes] = {}
        self._survey(tally)

    def _survey(self, tally: Tally) -> None:
        """Note every name under the root; what is no plain file of an allowed name is false."""
        folders, seen = [""], 0
        while folders:
            folder = folders.pop()
            try:
                rows = sorted(self._rows(folder))
            except OSError as error:
                tally.undecided(folder, f"cannot be read: {error.strerror}", DiskFailure.exit_code)
                continue
            seen += len(rows)
            if seen > MOST_FILES:
                raise Damaged(f"more than {MOST_FILES:,} files: nothing further was read")
            if not rows:
                tally.false(folder, "an empty folder does not belong to an edition")
            for path, kind, size in rows:
                if not is_allowed(path):
                    tally.false(path, "has a name that an edition does not use (small letters, digits, . _ - only)")
                elif kind == _DIRECTORY:
                    if path.count("/") < DEEPEST:
                        folders.append(path)
                    else:
                        tally.false(path, "is a folder deeper than an edition has any; it was not opened")
                elif kind == _PLAIN:
                    self.files[path] = size
                else:
                    tally.false(path, f"is a {kind}, not a plain file of an edition; it was not followed or opened")

    def _rows(self, folder: str) -> Iterator[tuple[str, str, int]]:
        with os.scandir(self._where(folder)) as entries:
            for number, entry in enumerate(entries):
                if number > MOST_FILES:
                    return
                state = entry.stat(follow_symlinks=False)
                yield f"{folder}/{entry.name}" if folder else entry.name, _kind(state.st_mode), state.st_size

    def _where(self, path: str) -> str:
        return os.path.join(self.root, path)

    def has(self, path: str) -> bool:
        """Return whether a plain file of this name is there."""
        return path in self.files

    def _size(self, path: str) -> int:
        if path not in self.files:
            raise Falsified("is missing")
        return self.files[path]

    def _open(self, path: str) -> FileIO:
        size = self._size(path)
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            descriptor = os.open(self._where(path), flags)
        except OSError as error:
            raise DiskFailure(f"cannot be read: {error.strerror}") from error
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode) or state.st_size != size:
            os.close(descriptor)
            raise Falsified("changed while it was checked")
        return FileIO(descriptor, "rb")

    def read(self, path: str, most: int) -> bytes:
        """Return the bytes of a small file.

        Raises:
            Falsified: when it is missing, larger than its cap, or changed since its digest was made.
            DiskFailure: when it cannot be read.
        """
        if (size := self._size(path)) > most:
            raise Falsified(f"is larger than the {most:,} bytes that such a file may have; it was not read")
        with self._open(path) as source:
            try:
                data = source.read(size)
            except OSError as error:
                raise DiskFailure(f"cannot be read: {error.strerror}") from error
        digest = hashlib.sha256(data).digest()
        if self._digests.setdefault(path, digest) != digest:
            raise Falsified("changed while it was checked")
        return data

    def text(self, path: str, most: int) -> str:
        """Return a small file that must be UTF-8."""
        try:
            return self.read(path, most).decode()
        except UnicodeDecodeError as error:
            raise Falsified("is not UTF-8") from error

    def digest(self, path: str, size: int | None = None) -> bytes:
        """Return the SHA-256 of a file of any size, read once, and only when it has the size that was announced.

        Raises:
            Falsified: when it is missing, has another size than its first caller gave, or changes meanwhile.
            DiskFailure: when it cannot be read.
        """
        if path not in self._digests:
            if size != self._size(path):
                raise Falsified("was not read, since it has not the size that the manifest says")
            with self._open(path) as source:
                try:
                    self._digests[path] = hashlib.file_digest(source, "sha256").digest()
                except OSError as error:
                    raise DiskFailure(f"cannot be read: {error.strerror}") from error
        return self._digests[path]


def account(site: Site, rows: dict[str, Row], tally: Tally) -> None:
    """Hold every file against the manifest, and the manifest against every file."""
    for path in sorted(rows.keys() | site.files.keys()):
        if path in OUTSIDE:
            continue
        with tally.judging(path):
            if path not in rows:
                raise Falsified("is not in the manifest: it does not belong to this edition")
            if path not in site.files:
                raise Falsified("is in the manifest and missing here")
            if site.files[path] != rows[path].size:
                raise Falsified(f"has {site.files[path]} bytes where the manifest says {rows[path].size}")
            if site.digest(path, rows[path].size) != rows[path].digest:
                raise Falsified("has other bytes than the manifest says")
            tally.agrees(path, "has the bytes that the manifest says")


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return _DIRECTORY
    if stat.S_ISREG(mode):
        return _PLAIN
    return "link" if stat.S_ISLNK(mode) else "special file"
