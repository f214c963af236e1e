"""Contents by digest: written once, hashed while they are written, never changed.

Rules for whoever changes this file:
- New content waits in `content/new` until a sync has covered it; only then it gets its final name (`settle`). So
  whatever has a final name has its right bytes, also after a power cut, and a crash leaves little to read again.
- Reading checks nothing; `audit` does.
"""

import contextlib
import hashlib
import io
import re
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, Self

from witnessmark.archive.disk import Disk, NewFile, failure, sentences
from witnessmark.archive.layout import CONTENT_FILE, PRIVATE_FOLDER, Layout
from witnessmark.errors import Damaged, DiskFailure, WrongUsage
from witnessmark.model.digest import Digest

CHUNK = 1 << 20
_HEX = re.compile(r"[0-9a-f]{64}\Z")


class ContentWriter:
    """Content being written; a context manager that aborts what was not committed.

    Up to one chunk waits in memory, so that known small content costs no file.
    """

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._hash = hashlib.sha256()
        self._size = 0
        self._waiting: list[bytes] = []
        self._file: NewFile | None = None

    def write(self, chunk: bytes) -> None:
        """Add bytes."""
        self._hash.update(chunk)
        self._size += len(chunk)
        if self._file is not None:
            self._file.write(chunk)
            return
        self._waiting.append(bytes(chunk))
        if self._size > CHUNK:
            self._spill()

    def commit(self) -> tuple[Digest, int, bool]:
        """Put the content in the store; return its digest, its size, and whether it is new there."""
        digest = Digest(self._hash.hexdigest())
        if self._store.has(digest):
            self.abort()
            return digest, self._size, False
        self._spill()
        if self._file is not None:
            self._store.adopt(digest, self._file)
        return digest, self._size, True

    def abort(self) -> None:
        """Forget what was written."""
        self._waiting.clear()
        if self._file is not None:
            self._file.drop()

    def _spill(self) -> None:
        if self._file is None:
            self._file = self._store.disk.new(CONTENT_FILE)
        for chunk in self._waiting:
            self._file.write(chunk)
        self._waiting.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.__exit__()


class Store:
    """The contents of one archive."""

    def __init__(self, layout: Layout, disk: Disk | None) -> None:
        self._layout = layout
        self._disk = disk
        self._new: set[Digest] = set()

    @property
    def disk(self) -> Disk:
        """The hand that writes.

        Raises:
            WrongUsage: when the archive was opened for reading.
        """
        if self._disk is None:
            raise WrongUsage("this archive is open for reading only")
        return self._disk

    @property
    def room(self) -> int:
        """How many bytes more the disk takes."""
        return self.disk.room

    def has(self, digest: Digest) -> bool:
        """Tell whether the content is here."""
        return digest in self._new or any(path.exists() for path in self._places(digest))

    def size(self, digest: Digest) -> int:
        """Return the content's length in bytes.

        Raises:
            Damaged: when it is missing.
        """
        for path in self._places(digest):
            with sentences("read", path), contextlib.suppress(FileNotFoundError):
                return path.stat().st_size
        raise _missing(digest)

    def open(self, digest: Digest) -> BinaryIO:
        """Return the content for reading.

        Raises:
            Damaged: when it is missing.
            DiskFailure: when it cannot be read.
        """
        return io.BufferedReader(self.open_raw(digest))

    def open_raw(self, digest: Digest) -> io.FileIO:
        """Return the content for reading without a buffer between: most contents are small, and there are many.

        Raises:
            Damaged: when it is missing.
            DiskFailure: when it cannot be read.
        """
        for path in self._places(digest):
            try:
                return io.FileIO(path)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise failure("read", path, error) from error
        raise _missing(digest)

    def read(self, digest: Digest, limit: int) -> bytes:
        """Return the whole content, which has at most `limit` bytes.

        Raises:
            Damaged: when it is missing or longer.
        """
        with self.open(digest) as file:
            try:
                data = file.read(limit + 1)
            except OSError as error:
                raise DiskFailure(f"content {digest} could not be read: {error.strerror}") from error
        if len(data) > limit:
            raise Damaged(f"content {digest} is longer than the {limit} bytes that belong there")
        return data

    def put(self, data: bytes) -> Digest:
        """Put content at hand in the store."""
        with self.writer() as writer:
            writer.write(data)
            return writer.commit()[0]

    def put_stream(self, stream: BinaryIO) -> tuple[Digest, int]:
        """Put content in the store as it comes; return its digest and its size."""
        with self.writer() as writer:
            for chunk in pieces(stream):
                writer.write(chunk)
            digest, size, _ = writer.commit()
        return digest, size

    def writer(self) -> ContentWriter:
        """Return a writer for content that comes in pieces."""
        _ = self.disk
        return ContentWriter(self)

    def adopt(self, digest: Digest, file: NewFile) -> None:
        """Give written content its name among the new; `settle` gives it its final one."""
        file.keep(self._layout.of_new_content(digest))
        self._new.add(digest)

    @contextlib.contextmanager
    def passing(self) -> Iterator["Passing"]:
        """Yield a store in which all contents of this one can be read; what is put there is gone afterwards."""
        with sentences("made", self.disk.temporary):
            folder = tempfile.TemporaryDirectory(prefix="passing-", dir=self.disk.temporary)
        with folder as place:
            yield Passing(self, Path(place))

    def take(self, other: "Store", digest: Digest) -> int:
        """Copy a content from another store among the new, hashed on its way; return its size.

        Raises:
            Damaged: when it is missing there, or its bytes have changed.
        """
        hasher, size = hashlib.sha256(), 0
        with other.open(digest) as file, self.disk.new(CONTENT_FILE) as new:
            while chunk := _next(file, digest):
                hasher.update(chunk)
                size += len(chunk)
                new.write(chunk)
            if hasher.hexdigest() != digest.hex:
                raise Damaged(f"content {digest} has changed: its digest is now {hasher.hexdigest()}")
            self.adopt(digest, new)
        return size

    def all(self) -> Iterator[Digest]:
        """Yield every content that has its final name, named by an event or not."""
        for folder in sorted(self._layout.content.iterdir()):
            if len(folder.name) == 2 and folder.is_dir():
                for path in sorted(folder.iterdir()):
                    if _HEX.match(folder.name + path.name):
                        yield Digest(folder.name + path.name)

    def settle(self) -> None:
        """Give new contents their final names; called when a sync has covered them."""
        for digest in sorted(self._new):
            place = self._layout.of_content(digest)
            self.disk.folder(place.parent, PRIVATE_FOLDER)
            self.disk.move(self._layout.of_new_content(digest), place)
        self._new.clear()

    def recover(self) -> None:
        """Check what an earlier writer left among the new: keep what is whole, move aside what is not."""
        for path in sorted(self._layout.new_content.iterdir()):
            if _HEX.match(path.name) and _hash_file(path) == path.name:
                self._new.add(Digest(path.name))
            else:
                self._set_aside(path)
        if self._new:
            self.disk.sync()
            self.settle()

    def _set_aside(self, path: Path) -> None:
        if path.stat().st_size == 0:
            self.disk.remove(path)
            return
        self.disk.folder(self._layout.torn_content, PRIVATE_FOLDER)
        self.disk.move(path, free_name(self._layout.torn_content, path.name))

    def _places(self, digest: Digest) -> Iterator[Path]:
        # A writer may move the file from the second place to the first between two looks: hence the third.
        place = self._layout.of_content(digest)
        yield place
        yield self._layout.of_new_content(digest)
        yield place


class Passing(Store):
    """Contents that are needed for a moment: pixels, what a program made; those of the archive can be read too."""

    def __init__(self, real: Store, place: Path) -> None:
        super().__init__(real._layout, real.disk)
        self._real, self._place = real, place

    def has(self, digest: Digest) -> bool:
        """Tell whether the content is here, or in the archive."""
        return digest in self._new or self._real.has(digest)

    def adopt(self, digest: Digest, file: NewFile) -> None:
        """Keep written content for as long as it is needed."""
        file.keep(self._place / digest.hex)
        self._new.add(digest)

    def drop(self, digest: Digest) -> None:
        """Forget a content that passed; one of the archive stays."""
        if digest in self._new:
            self._new.discard(digest)
            self.disk.remove(self._place / digest.hex)

    def settle(self) -> None:
        """Never: what passes gets no final name."""
        raise AssertionError("what passes is never settled")

    def _places(self, digest: Digest) -> Iterator[Path]:
        if digest in self._new:
            yield self._place / digest.hex
        else:
            yield from self._real._places(digest)


def pieces(stream: BinaryIO) -> Iterator[bytes]:
    """Yield what a stream holds, piece by piece."""
    return iter(partial(stream.read, CHUNK), b"")


def free_name(folder: Path, name: str) -> Path:
    """Return a path in `folder` that nothing has yet."""
    path, count = folder / name, 1
    while path.exists():
        count += 1
        path = folder / f"{name}.{count}"
    return path


def _next(file: BinaryIO, digest: Digest) -> bytes:
    try:
        return file.read(CHUNK)
    except OSError as error:
        raise DiskFailure(f"content {digest} could not be read: {error.strerror}") from error


def _hash_file(path: Path) -> str:
    with sentences("read", path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _missing(digest: Digest) -> Damaged:
    return Damaged(f"content {digest} is missing from the vault: restore it from a backup")
