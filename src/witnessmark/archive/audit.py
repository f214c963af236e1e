"""The audit: reread everything that the archive holds and name each thing that is not as it was sealed.

Replay trusts checksums and reading trusts names; here nothing is trusted but the public key: contents are hashed
again, records made again from their fields, entries from records, tiles from entries, roots from tiles. What was
erased is missed by nobody: the erasure events say what has to be gone, and nothing else may be.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from witnessmark.archive import guard, reread
from witnessmark.archive.anchors import Anchors
from witnessmark.archive.disk import sentences
from witnessmark.archive.erase import Erasure
from witnessmark.archive.folder import Archive
from witnessmark.archive.log import WIDTH
from witnessmark.archive.stamp import query_nonce
from witnessmark.archive.store import Store
from witnessmark.errors import Damaged, DiskFailure
from witnessmark.model.digest import Digest
from witnessmark.proof import merkle, tile

_BUFFER = memoryview(bytearray(1 << 18))
"""What contents are read into: the audit has one thread."""


class Part(StrEnum):
    """What sort of thing a problem was found in."""

    CONTENT = "content"
    EVENT = "event"
    TILE = "tile"
    CHECKPOINT = "checkpoint"
    ANCHOR = "anchor"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it was sealed; `exhibit` is the private id of the exhibit it touches, where known."""

    part: Part
    where: str
    says: str
    exhibit: str | None = None

    @property
    def sentence(self) -> str:
        """The problem in one sentence."""
        touched = "" if self.exhibit is None else f" (exhibit {self.exhibit})"
        return f"{self.where}{touched}: {self.says}"


@dataclass(frozen=True, slots=True)
class Told:
    """Something that is not here, or should not be, and of which the ledger itself says why."""

    where: str
    says: str

    @property
    def sentence(self) -> str:
        """The whole of it in one sentence."""
        return f"{self.where}: {self.says}"


Chosen = Callable[[Digest], bool]
"""Whether the bytes of a content are read again; that it is there is looked at in any case."""


def every(_: Digest) -> bool:
    """Choose every content."""
    return True


class Audit:
    """The audit of one archive, which is walked through once."""

    def __init__(self, archive: Archive, chosen: Chosen = every) -> None:
        self._archive = archive
        self._vault = _Vault(archive, chosen)

    def problems(self) -> Iterator[Problem]:
        """Yield every problem; none means that all agrees with what was signed."""
        ledger = self._archive.ledger
        parts = [(ledger.segment_path(first), first, end) for first, end in pairwise(ledger.bounds())]
        with reread.reading(ledger.log, parts) as segments:
            yield from _checkpoints(self._archive)
            yield from _tiles(self._archive)
            yield from self._vault.problems(segments)
        yield from _evidence(self._archive, self._vault.told)
        yield from _anchors(self._archive)

    @property
    def told(self) -> list[Told]:
        """What was erased, and which lost checkpoints a keeper has owned up to, as far as was walked."""
        return list(map(_told, self._vault.told))


def audit(archive: Archive, chosen: Chosen = every) -> Iterator[Problem]:
    """Yield every problem of an archive; none means that all agrees with what was signed."""
    return Audit(archive, chosen).problems()


def _anchors(archive: Archive) -> Iterator[Problem]:
    """Read what others said about checkpoints again: each file is named by its digest and speaks of its checkpoint."""
    anchors = Anchors(archive)
    with sentences("read", anchors.folder):
        folders = sorted(path for path in anchors.folder.iterdir() if path.is_dir()) if anchors.folder.is_dir() else []
    sizes = {str(size) for size in archive.ledger.sizes()}
    for folder in folders:
        where = f"log/anchors/{folder.name}"
        if folder.name not in sizes:
            yield Problem(Part.ANCHOR, where, "this log has no checkpoint of that size")
            continue
        for name, says in anchors.wrong(int(folder.name), query_nonce):
            yield Problem(Part.ANCHOR, f"{where}/{name}", says)


def _told(one: reread.Telling) -> Told:
    match one:
        case Erasure(entries=entries, reason=reason):
            return Told(f"log entries {', '.join(map(str, entries))}", f"{one.sentence} ({reason})")
        case guard.Fork(signed, reason, at):
            says = f"signed by this key and not part of this log, as the keeper said on {at[:10]} ({reason})"
            return Told(f"checkpoint of size {guard.size_of(signed)}", says)
        case reread.Unreadable(index, says):
            return Told(f"log entry {index}", says)


def _evidence(archive: Archive, told: list[reread.Telling]) -> Iterator[Problem]:
    """Hold each kept checkpoint of a conflict against the log, unless the ledger tells of it."""
    owned = {one.signed for one in told if isinstance(one, guard.Fork)}
    for name, text in guard.evidence(archive.ledger.log):
        try:
            agrees = text in owned or guard.is_part(archive.ledger.log, text)
        except (Damaged, DiskFailure):
            continue  # the archived checkpoint is damaged, and named as such
        if not agrees:
            says = (
                "this log's key signed it, and it is not part of this log: a second history, or a later part was lost"
            )
            yield Problem(Part.CHECKPOINT, f"log/anchors/{name}", says)


def _checkpoints(archive: Archive) -> Iterator[Problem]:
    log = archive.ledger.log
    sizes = log.sizes()
    if archive.ledger.size not in sizes:
        yield Problem(Part.CHECKPOINT, f"log/checkpoint.archive/{archive.ledger.size}", "it is missing")
    for size in sizes:
        try:
            log.check_root(log.archived(size))
        except (Damaged, DiskFailure) as error:
            yield Problem(Part.CHECKPOINT, f"log/checkpoint.archive/{size}", str(error))
        yield from _earlier_bundle(archive, size)


def _earlier_bundle(archive: Archive, size: int) -> Iterator[Problem]:
    """Compare the partial bundle that an earlier checkpoint needed with what the bundle holds now."""
    log, (number, width) = archive.ledger.log, divmod(size, WIDTH)
    if not width:
        return
    now = min(WIDTH, archive.ledger.size - number * WIDTH)
    try:
        agrees = log.entries(number, width) == log.entries(number, now)[:width]
    except (Damaged, DiskFailure) as error:
        yield Problem(Part.TILE, f"log/{tile.entries_path(number, width)}", str(error))
        return
    if not agrees:
        yield Problem(Part.TILE, f"log/{tile.entries_path(number, width)}", "its entries are not those of the log now")


def _tiles(archive: Archive) -> Iterator[Problem]:
    """Compare each hash tile with what lies below it: entries below level 0, tiles below the others."""
    log, count, level = archive.ledger.log, archive.ledger.size, 0
    while count:
        for number in range(-(-count // WIDTH)):
            width = min(WIDTH, count - number * WIDTH)
            try:
                below = (
                    [merkle.leaf_hash(entry) for entry in log.entries(number, width)]
                    if level == 0
                    else [_root(log.read_tile(level - 1, number * WIDTH + child, WIDTH)) for child in range(width)]
                )
                agrees = b"".join(below) == log.read_tile(level, number, width)
            except (Damaged, DiskFailure) as error:
                yield Problem(Part.TILE, f"log/{tile.path(level, number, width)}", str(error))
                continue
            if not agrees:
                says = "its hashes are not those of the entries" if level == 0 else "its hashes are not those below"
                yield Problem(Part.TILE, f"log/{tile.path(level, number, width)}", says)
        count //= WIDTH
        level += 1


def _root(data: bytes) -> bytes:
    return merkle.tree_root([data[at : at + 32] for at in range(0, len(data), 32)])


class _Vault:
    """The private half of the audit: each line of each segment, and each content it names, once."""

    def __init__(self, archive: Archive, chosen: Chosen) -> None:
        self._archive = archive
        self._chosen = chosen
        self._erased: set[int] = set()
        self.told: list[reread.Telling] = []
        self._checked: set[bytes] = set()
        self._exhibit_of: dict[str, str] = {}

    def problems(self, segments: Iterator[reread.Reread]) -> Iterator[Problem]:
        """Yield what is wrong in the vault, given its segments read again."""
        for found in segments:
            yield from self._segment(found)
        yield from self._untold()

    def _segment(self, found: reread.Reread) -> Iterator[Problem]:
        self._erased.update(found.erased)
        self.told += found.told
        for handle, private in found.exhibits.items():
            self._exhibit_of.setdefault(handle, private)
        name = f"vault/events/{found.first:016d}.jsonl"
        for wrong in found.wrong:
            where = f"{name} line {wrong.line}" if wrong.line else name
            yield Problem(Part.EVENT, where, wrong.says, self._exhibit(wrong.handle))
        for digest, named_by in found.contents.items():
            yield from self._content(Digest(digest), named_by)

    def _exhibit(self, handle: str | None) -> str | None:
        return None if handle is None else self._exhibit_of.get(handle)

    def _untold(self) -> Iterator[Problem]:
        said = {index for one in self.told if isinstance(one, Erasure) for index in one.entries}
        for index in sorted(self._erased ^ said):
            if index in said:
                says = "an erasure event names it, and it is still here: the next command that writes finishes that"
            else:
                says = "it was erased, and no erasure event says so"
            yield Problem(Part.EVENT, f"entry {index}", says)

    def _content(self, digest: Digest, handle: str | None) -> Iterator[Problem]:
        if digest.raw in self._checked:
            return
        self._checked.add(digest.raw)
        where = f"vault/content/{digest.hex[:2]}/{digest.hex[2:]}"
        try:
            if not self._chosen(digest):
                self._archive.store.size(digest)
                return
            found = hash_content(self._archive.store, digest)
        except (Damaged, DiskFailure) as error:
            yield Problem(Part.CONTENT, where, str(error), self._exhibit(handle))
            return
        if found != digest:
            says = f"its bytes have changed: their digest is now {found}"
            yield Problem(Part.CONTENT, where, says, self._exhibit(handle))


def hash_content(store: Store, digest: Digest) -> Digest:
    """Return the digest that stored content has now."""
    hasher = hashlib.sha256()
    with store.open_raw(digest) as file:
        try:
            while size := file.readinto(_BUFFER):
                hasher.update(_BUFFER[:size])
        except OSError as error:
            raise DiskFailure(f"it could not be read: {error.strerror}") from error
    return Digest(hasher.hexdigest())
