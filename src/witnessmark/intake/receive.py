"""Receive: seal every file of a source as it is, before anything is read in it.

Rules for whoever changes this file:
- Contents first, then events, one sync for a batch of at most 512 files or 5 seconds (archive/ledger.py).
- The same (source, path, content) adds nothing; the same content from elsewhere is a new exhibit of one content.
- Each file is read once where that can be: a small one through memory; a large one is hashed first only when a
  content of exactly its size is already kept.
- Whatever cannot be sealed is a refusal with a reason and a line in the accession; nothing is passed over silently.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace

from witnessmark.archive.folder import Archive
from witnessmark.archive.ledger import Batch
from witnessmark.catalogue.query import Catalogue
from witnessmark.errors import WrongUsage
from witnessmark.intake.facts import facts
from witnessmark.intake.identity import exhibit_id, identity_text
from witnessmark.intake.walk import FoundFile, SourceRoot, walk
from witnessmark.model.accession import Accession, Refusal, RefusalReason
from witnessmark.model.digest import Commitment, Digest
from witnessmark.model.exhibit import Exhibit, FileFacts, How, Path

BATCH_FILES = 512
BATCH_SECONDS = 5.0
_SMALL = 1 << 20
_CHUNK = 1 << 20

Clock = Callable[[], str]
Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the keeper asked to take in: the sources, and what was said about them."""

    sources: tuple[SourceRoot, ...]
    label: str | None = None
    received: str | None = None
    note: str | None = None


@dataclass(slots=True)
class Intake:
    """What one run has seen so far; printed as progress and at the end."""

    files: int = 0
    octets: int = 0
    new_exhibits: int = 0
    new_contents: int = 0
    known: int = 0
    refused: list[tuple[str, Refusal]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A file's bytes as they were read: stored when they were new."""

    digest: Digest
    size: int
    facts: FileFacts
    is_new: bool


def survey(sources: tuple[SourceRoot, ...]) -> tuple[int, int]:
    """Return how many files and bytes the sources list now, for progress; nothing is opened."""
    files = octets = 0
    for root in sources:
        for found in walk(root):
            if isinstance(found, FoundFile):
                files += 1
                octets += found.size
    return files, octets


def check_places(archive_root: str, sources: tuple[SourceRoot, ...]) -> None:
    """Refuse an archive inside a source, a source inside the archive, and two sources of one last name.

    Raises:
        WrongUsage: when it is so.
    """
    names = [root.name for root in sources]
    if len(set(names)) < len(names):
        raise WrongUsage("two SOURCEs have the same last name: compile them one after the other, or rename one")
    archive = os.path.realpath(os.fsencode(archive_root))
    for root in sources:
        if os.path.commonpath([archive, root.location]) in (archive, root.location):
            raise WrongUsage(
                f"the archive and SOURCE {os.fsdecode(root.location)!r} lie inside one another: "
                "give the archive a place of its own"
            )


class Receiver:
    """One run of receiving into one archive."""

    def __init__(self, archive: Archive, catalogue: Catalogue, *, clock: Clock, entropy: Entropy) -> None:
        self._archive = archive
        self._catalogue = catalogue
        self._clock = clock
        self._entropy = entropy
        self.intake = Intake()

    def receive(self, wanted: Wanted, *, seconds: Callable[[], float]) -> Generator[Intake, None, None]:
        """Seal what is new in each source; yield the counts after each file and at the end.

        A caller that stops early loses at most the open batch, whose files lie untouched in the source.
        """
        many = len(wanted.sources) > 1
        for root in wanted.sources:
            run = _SourceRun(self, root, wanted, many=many)
            yield from run.go(seconds)
        yield self.intake


class _SourceRun:
    """The sealing of one source: its accession, its open batch."""

    def __init__(self, receiver: Receiver, root: SourceRoot, wanted: Wanted, *, many: bool) -> None:
        self._archive, self._catalogue = receiver._archive, receiver._catalogue
        self._clock, self._entropy = receiver._clock, receiver._entropy
        self._intake = receiver.intake
        self._root = root
        self._accession = Accession(
            number=self._catalogue.next_accession(),
            source=wanted.label if wanted.label is not None else root.name.name,
            received=wanted.received,
            note=wanted.note,
            root=(root.name,) if many and root.is_folder else (),
            named=wanted.label is not None,
        )
        self._commitment: Commitment | None = None
        self._refusals: list[Refusal] = []
        self._open_batch()

    def _open_batch(self) -> None:
        self._batch: Batch = self._archive.ledger.batch()
        self._handles: dict[Digest, str] = {}
        self._identities: set[tuple[str, str]] = set()
        self._waiting = 0

    def go(self, seconds: Callable[[], float]) -> Iterator[Intake]:
        """Walk, seal, commit in batches; a caller that stops early has its open batch committed."""
        started = seconds()
        for found in walk(self._root):
            if isinstance(found, Refusal):
                self._refuse(found)
                continue
            sealed = self._seal(found)
            self._intake.files += 1
            self._intake.octets += found.size
            if sealed is not None:
                self._add(found, sealed)
            if self._waiting >= BATCH_FILES or seconds() - started >= BATCH_SECONDS:
                self._commit()
                started = seconds()
            try:
                yield self._intake
            except GeneratorExit:
                self._commit()
                raise
        self._commit()
        self._close()
        yield self._intake

    def _refuse(self, refusal: Refusal) -> None:
        whole = replace(refusal, path=(*self._accession.root, *refusal.path))
        self._refusals.append(whole)
        self._intake.refused.append((self._accession.source, whole))

    def _seal(self, found: FoundFile) -> _Sealed | None:
        """Read one file and store its bytes when they are new; None when it had to be refused."""
        for _attempt in range(2):  # a file that changed while it was read gets a second chance
            try:
                descriptor = os.open(found.location, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            except FileNotFoundError:
                self._refuse(Refusal(found.path, RefusalReason.VANISHED))
                return None
            except OSError:
                self._refuse(Refusal(found.path, RefusalReason.UNREADABLE))
                return None
            try:
                sealed = self._seal_open(descriptor)
            except _SourceUnreadableError:
                self._refuse(Refusal(found.path, RefusalReason.UNREADABLE))
                return None
            finally:
                os.close(descriptor)
            if sealed is not None:
                return sealed
        self._refuse(Refusal(found.path, RefusalReason.CHANGED))
        return None

    def _seal_open(self, descriptor: int) -> _Sealed | None:
        """Return the sealed bytes of an open file, or None when it changed under our hands."""
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            return None
        store = self._archive.store
        if before.st_size <= _SMALL:
            data = b"".join(_chunks(descriptor, before.st_size))
            digest, size = Digest.of(data), len(data)
            is_new = not store.has(digest)
            if is_new:
                store.put(data)
        elif (known := self._known_large(descriptor, before.st_size)) is not None:
            digest, size, is_new = known, before.st_size, False
        else:
            os.lseek(descriptor, 0, os.SEEK_SET)
            with store.writer() as writer:
                read = 0
                for chunk in _chunks(descriptor, before.st_size):
                    writer.write(chunk)
                    read += len(chunk)
                if read != before.st_size:
                    return None
                digest, size, is_new = writer.commit()
        after = os.fstat(descriptor)
        if size != after.st_size or (after.st_mtime_ns, after.st_size) != (before.st_mtime_ns, before.st_size):
            return None
        return _Sealed(digest, size, facts(descriptor, after), is_new)

    def _known_large(self, descriptor: int, size: int) -> Digest | None:
        if not self._catalogue.known_size(size):
            return None
        state = hashlib.sha256()
        for chunk in _chunks(descriptor, size):
            state.update(chunk)
        digest = Digest(state.hexdigest())
        return digest if self._archive.store.has(digest) else None

    def _add(self, found: FoundFile, sealed: _Sealed) -> None:
        path: Path = (*self._accession.root, *found.path)
        identity = identity_text(found.path if not self._accession.named else path)
        key = (identity, sealed.digest.hex)
        if key in self._identities or self._catalogue.has(self._accession.source, identity, sealed.digest):
            self._intake.known += 1
            return
        self._identities.add(key)
        exhibit = Exhibit(
            id=exhibit_id(self._entropy),
            handle=self._handle(sealed.digest),
            digest=sealed.digest,
            size=sealed.size,
            path=path,
            how=How.RECEIVED,
            accession=self._accession_commitment(),
            filesystem=sealed.facts,
        )
        self._batch.add(exhibit.event(self._clock()))
        self._waiting += 1
        self._intake.new_exhibits += 1
        self._intake.new_contents += sealed.is_new

    def _handle(self, digest: Digest) -> str:
        found = self._handles.get(digest) or self._catalogue.handle_of(digest) or self._entropy(16).hex()
        self._handles[digest] = found
        return found

    def _accession_commitment(self) -> Commitment:
        if self._commitment is None:
            # Refusals met so far stand in the first event; those met later follow in a second one.
            self._accession = replace(self._accession, refusals=tuple(self._refusals))
            self._commitment = self._batch.add(self._accession.event(self._clock()))
        return self._commitment

    def _commit(self) -> None:
        if len(self._batch):
            self._archive.ledger.commit(self._batch)
            self._catalogue.catch_up(self._archive)
        self._open_batch()

    def _close(self) -> None:
        """Write down refusals that no event tells yet; the same refusals of the same source are told once."""
        told = len(self._accession.refusals) if self._commitment is not None else 0
        untold = tuple(self._refusals[told:])
        if not untold or set(untold) <= set(self._catalogue.refusals_of(self._accession.source)):
            return
        self._batch.add(replace(self._accession, refusals=untold).event(self._clock()))
        self._commit()


class _SourceUnreadableError(Exception):
    """The source's disk gave an error while a file was read."""


def _chunks(descriptor: int, size: int) -> Iterator[bytes]:
    """Yield the bytes of a file, and little beyond its size: one that grows faster than it is read has no end."""
    read = 0
    while read <= size:
        try:
            chunk = os.read(descriptor, _CHUNK)
        except OSError as error:
            raise _SourceUnreadableError from error
        if not chunk:
            return
        read += len(chunk)
        yield chunk
