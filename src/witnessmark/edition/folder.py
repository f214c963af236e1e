"""A folder that appears whole or not at all: written beside its place under another name, then renamed.

Rules for whoever changes this file:
- The place must be missing or empty; nothing there is ever overwritten.
- File times would tell the second, and the order, in which an edition was made: they are set to its day.
- Every write goes through `System`, so that a test can stop it anywhere; all is durable before the folder has its name,
  and the name is durable before `keep` returns.
- Until `keep`, whatever was written lies in one unfinished folder beside the place, and is removed on failure; but
  once the edition is recorded it is left there, as a sign that the edition has to be finished.
"""

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, Self

from witnessmark.archive.system import System
from witnessmark.edition import manifest
from witnessmark.edition.manifest import Row
from witnessmark.errors import DiskFailure, WrongUsage
from witnessmark.model.digest import Digest

CHUNK: Final = 1 << 20
_FILE, _FOLDER = 0o666, 0o777
"""Readable as the person's umask says: an edition is for everyone."""


class Folder:
    """The folder of one edition while it is written; a context manager that removes what was not kept."""

    def __init__(self, place: Path, edition: int, system: System | None = None) -> None:
        self._system = System() if system is None else system
        self._place = place
        self._edition = edition
        self.unfinished = unfinished(place, edition)
        self._rows: list[Row] = []
        self._made = set[Path]()
        self._is_left = False

    def __enter__(self) -> Self:
        with _sentences(self._place):
            if self.unfinished.exists():
                shutil.rmtree(self.unfinished)
            self._folder(self.unfinished)
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_left:
            shutil.rmtree(self.unfinished, ignore_errors=True)

    @property
    def rows(self) -> tuple[Row, ...]:
        """A manifest row for each file written so far."""
        return tuple(self._rows)

    def write(self, path: str, data: bytes) -> None:
        """Write a file that the manifest will name."""
        self.write_outside(path, data)
        self._rows.append(manifest.row(path, data))

    def write_outside(self, path: str, data: bytes) -> None:
        """Write a file that the manifest does not name."""
        with _sentences(self._place), self._create(path) as write:
            write(data)

    def copy(self, path: str, source: BinaryIO) -> Row:
        """Write a file from a stream, and return its row."""
        digest, size = hashlib.sha256(), 0
        with _sentences(self._place), self._create(path) as write:
            while chunk := source.read(CHUNK):
                write(chunk)
                digest.update(chunk)
                size += len(chunk)
        row = Row(Digest(digest.hexdigest()), size, path)
        self._rows.append(row)
        return row

    @contextlib.contextmanager
    def _create(self, path: str) -> Iterator[Callable[[bytes], None]]:
        """Make a new file and yield what writes in it."""
        if not manifest.PATH.match(path):
            raise ValueError(f"no name for a file of an edition: {path[:200]!r}")
        place = self.unfinished / path
        self._folder(place.parent)
        descriptor = self._system.create(place, _FILE)
        try:
            yield lambda data: self._system.write(descriptor, data)
        finally:
            self._system.close(descriptor)

    def _folder(self, path: Path) -> None:
        """Make a folder and those above it, where they are missing."""
        if path in self._made or path.is_dir():
            return
        self._folder(path.parent)
        self._system.make_folder(path, _FOLDER)
        self._made.add(path)

    def leave(self) -> None:
        """From now on leave the unfinished folder where it is, whatever happens."""
        self._is_left = True

    def keep(self, on: str) -> None:
        """Make what was written durable and give it its place; files and folders bear the times of the day `on`."""
        with _sentences(self._place):
            self._date(on)
            self._system.sync_all(self._place.parent)
            # An empty folder in this place gives way to it.
            self._system.rename(self.unfinished, self._place)
            self._system.sync_folder(self._place.parent)
        self._is_left = True

    def _date(self, on: str) -> None:
        # A second for each edition after midnight: a server tells two editions of one day apart.
        time = datetime.fromisoformat(on).replace(tzinfo=UTC).timestamp() + self._edition % 86_400
        for folder, _, names in os.walk(self.unfinished, topdown=False):
            for name in (*names, "."):
                os.utime(os.path.join(folder, name), (time, time))


def unfinished(place: Path, edition: int) -> Path:
    """Return where an edition lies until it is whole."""
    return place.parent / f".{place.name}.edition-{edition}.unfinished"


def check_free(site: Path, archive: Path) -> Path:
    """Return the absolute place of a site after checking that a folder can appear there.

    Raises:
        WrongUsage: when something lies there, or the place is inside the archive.
        DiskFailure: when it cannot be looked at.
    """
    place = Path(os.path.abspath(site))
    with _sentences(place):
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            raise WrongUsage(f"{site} is no folder: give a new or an empty one")
        if place.is_dir() and next(place.iterdir(), None) is not None:
            raise WrongUsage(f"{site} is not empty: an edition is written into a new or an empty folder")
        if Path(os.path.realpath(place)).is_relative_to(os.path.realpath(archive)):
            raise WrongUsage(f"{site} lies inside the archive: what is published must lie elsewhere")
    return place


@contextlib.contextmanager
def _sentences(place: Path) -> Iterator[None]:
    """Turn what the operating system refuses inside into one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFailure(
                f"the disk is full: the edition could not be written to {place}; nothing stands there"
            ) from error
        raise DiskFailure(f"the edition could not be written to {place}: {error.strerror or error}") from error
