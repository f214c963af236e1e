"""The ledger: what the archive says happened, in logical order, each event closed in the public log.

Rules for whoever changes this file:
- The order of a batch is contents, segment, bundles and tiles, one sync, archived checkpoint, checkpoint.
- Salts are drawn once, when an event enters a batch; after a crash the same salted entries are written again.
- In the log a batch stands in an order drawn at random, among dummies; in the vault in its logical order.
- What was signed is remembered outside the archive (guard.py), after the checkpoint and never before it.
- A write that failed closes the ledger: only opening the archive again can tell what reached the disk.
"""

import bisect
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from witnessmark.archive import segment
from witnessmark.archive.disk import sentences
from witnessmark.archive.guard import Memory
from witnessmark.archive.keys import Signer
from witnessmark.archive.layout import PRIVATE_FILE, Layout, segment_first
from witnessmark.archive.log import PublicLog
from witnessmark.archive.recorded import BrokenLine, Position, Recorded
from witnessmark.archive.seal import Entropy, Sealed, dummies, seal, shuffled
from witnessmark.archive.store import Store
from witnessmark.errors import Damaged, DiskFailure, WrongUsage
from witnessmark.model.digest import Commitment
from witnessmark.model.event import Event
from witnessmark.proof import tile
from witnessmark.proof.checkpoint import Checkpoint

__all__ = ["Batch", "BrokenLine", "Ledger", "Position", "Recorded"]

_CACHED = 4


class Batch:
    """Events sealed and not yet written; they may refer to each other's commitments."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self.sealed: list[Sealed] = []

    def add(self, event: Event) -> Commitment:
        """Seal an event and return its commitment; nothing is written."""
        sealed = seal(event, self._entropy)
        self.sealed.append(sealed)
        return sealed.commitment

    def __len__(self) -> int:
        return len(self.sealed)


class Writing:
    """What only a writer has: the key, the randomness, and the memory of what was signed on this machine."""

    def __init__(self, signer: Signer, entropy: Entropy, memory: Memory | None = None) -> None:
        self.signer = signer
        self.entropy = entropy
        self.memory = memory

    def check(self, log: PublicLog, size: int) -> None:
        """Refuse to sign what contradicts the memory of this machine.

        Raises:
            Damaged: when it does.
        """
        if self.memory is not None and not self.memory.allows(size, log.root(size)):
            raise Damaged(
                f"another tree of size {size} than this one was signed on this machine: nothing more is signed; "
                "restore all of log/ and vault/ from the newest backup"
            )


class Ledger:
    """The events of one archive and the log that closes them."""

    def __init__(self, layout: Layout, log: PublicLog, store: Store, pad: int, writing: Writing | None) -> None:
        self._layout = layout
        self._store = store
        self._pad = pad
        self._writing = writing
        self._failed = False
        self._bounds = _segment_bounds(layout, log)
        self._cached: dict[int, tuple[list[bytes], dict[int, int]]] = {}
        self._broken: dict[BrokenLine, None] = {}
        self.log = log

    @property
    def size(self) -> int:
        """The number of entries under the latest checkpoint."""
        return self.log.checkpoint.size

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.log.vkey.name

    @property
    def vkey(self) -> str:
        """The log's public key, one C2SP vkey line without its line feed."""
        return self.log.vkey.text

    @property
    def failed(self) -> bool:
        """Whether a write failed: the archive must be opened again."""
        return self._failed

    @property
    def broken(self) -> list[BrokenLine]:
        """The lines that replay met and could not read."""
        return list(self._broken)

    def sign_with(self, signer: Signer) -> None:
        """Let another key sign from now on."""
        self._writer().signer = signer

    def checkpoint(self) -> Checkpoint:
        """Return the latest checkpoint."""
        return self.log.checkpoint

    def note(self, size: int | None = None) -> str:
        """Return the signed note of the latest checkpoint, or of an earlier one, as first signed."""
        return self.log.note(size)

    def sizes(self) -> list[int]:
        """Return the sizes of all checkpoints, rising."""
        return self.log.sizes()

    def batch(self) -> Batch:
        """Return an empty batch.

        Raises:
            WrongUsage: when the archive was opened for reading.
        """
        return Batch(self._writer().entropy)

    def commit(self, batch: Batch) -> tuple[Recorded, ...]:
        """Write a batch, sign the checkpoint that covers it, and return its events in logical order.

        When this returns, the batch and all contents put before it are durable. The batch is empty afterwards.

        Raises:
            DiskFailure: when the disk refuses; what was committed before stays, and the archive must be opened again.
            Damaged: when another copy of the archive has signed meanwhile.
        """
        writer = self._writer()
        if self._failed:
            raise DiskFailure("an earlier write to this archive failed: run again; nothing sealed is lost")
        if not batch.sealed:
            return ()
        sealed, batch.sealed = batch.sealed, []
        first = self.size
        padding = dummies(-(first + len(sealed)) % self._pad, writer.entropy)
        places = [first + place for place in shuffled(len(sealed) + len(padding), writer.entropy)]
        halves = [(one.head, one.tail) for one in sealed] + [segment.dummy_halves(entry) for entry in padding]
        lines = [segment.finish(head, place, tail) for (head, tail), place in zip(halves, places, strict=True)]
        entries = [one.entry for one in sealed] + padding
        self._write(b"".join(lines), [entry for _, entry in sorted(zip(places, entries, strict=True))], writer)
        return tuple(
            Recorded(place, one.commitment, one.event.kind, one.event.fields, Position(first, line))
            for line, (place, one) in enumerate(zip(places, sealed, strict=False), 1)
        )

    def write_again(self, data: bytes, entries: list[bytes]) -> None:
        """Write a batch that a crash cut off from its checkpoint: the same segment, the same entries, in log order."""
        self._write(data, entries, self._writer())

    def _write(self, data: bytes, entries: list[bytes], writer: Writing) -> None:
        first, disk = self.size, self._store.disk
        if writer.memory is not None:
            writer.memory.check_still()
        self._failed = True
        disk.write(self._layout.segment(first), data, PRIVATE_FILE)
        self.log.lay(entries, disk)
        disk.sync()
        self._store.settle()
        writer.check(self.log, first + len(entries))
        signed = self.log.sign(first + len(entries), writer.signer, disk)
        self._bounds.append(self.size)
        if writer.memory is not None:
            writer.memory.remember(signed)
        self._failed = False

    def _writer(self) -> Writing:
        if self._writing is None:
            raise WrongUsage("this archive is open for reading only")
        return self._writing

    def replay(self, after: Position | None = None) -> Iterator[Recorded]:
        """Yield all events in logical order, or those after a position; lines that cannot be read go to `broken`.

        Dummies and erased events are passed over.
        """
        for first, end in list(pairwise(self._bounds)):
            if after is None or first >= after.segment:
                yield from self._replay_segment(first, end, after.line if after and after.segment == first else 0)

    def _replay_segment(self, first: int, end: int, after: int) -> Iterator[Recorded]:
        try:
            lines = segment.load(self._layout.segment(first))
        except Damaged as error:
            self._note_broken(first, 0, str(error))
            return
        if len(lines) != end - first:
            self._note_broken(first, 0, f"{len(lines)} lines where {end - first} belong")
        for number, line in enumerate(lines, 1):
            if number <= after:
                continue
            try:
                if not segment.is_event(line):
                    segment.body(line)
                    continue
                index, commitment, kind, fields = segment.read_event(line)
            except Damaged as error:
                self._note_broken(first, number, str(error))
                continue
            if first <= index < end:
                yield Recorded(index, commitment, kind, fields, Position(first, number))
            else:
                self._note_broken(first, number, "its index belongs elsewhere")

    def _note_broken(self, first: int, line: int, reason: str) -> None:
        self._broken[BrokenLine(first, line, reason)] = None

    def recorded(self, index: int) -> Recorded:
        """Return the event of one entry.

        Raises:
            WrongUsage: when there is no such entry, or it opens to nothing.
            Damaged: when its line cannot be read.
        """
        position, line = self._find(index)
        if not segment.is_event(line):
            raise opens_to_nothing(self.strict(index))
        try:
            found, commitment, kind, fields = segment.read_event(line)
        except Damaged as error:
            raise self._damaged(position, str(error)) from error
        return Recorded(found, commitment, kind, fields, position)

    def strict(self, index: int) -> segment.Line:
        """Return an entry's line read strictly, salts and all; for `open` and `audit` alone.

        Raises:
            WrongUsage: when there is no such entry.
            Damaged: when its line cannot be read.
        """
        position, line = self._find(index)
        try:
            return segment.parse(line)
        except Damaged as error:
            raise self._damaged(position, str(error)) from error

    def _find(self, index: int) -> tuple[Position, bytes]:
        if not 0 <= index < self.size:
            raise WrongUsage(f"the ledger has no entry {index}")
        first = self._bounds[bisect.bisect_right(self._bounds, index) - 1]
        try:
            lines, places = self._segment(first)
        except Damaged as error:
            raise self._damaged(Position(first, 0), str(error)) from error
        if index not in places:
            raise self._damaged(Position(first, 0), f"entry {index} is missing")
        return Position(first, places[index] + 1), lines[places[index]]

    def bounds(self) -> list[int]:
        """Return where each segment begins and the last one ends, rising."""
        return list(self._bounds)

    def segment_path(self, first: int) -> Path:
        """Return where a segment lies."""
        return self._layout.segment(first)

    def forget(self) -> None:
        """Read segments anew: one was written again."""
        self._cached.clear()

    def _segment(self, first: int) -> tuple[list[bytes], dict[int, int]]:
        if first not in self._cached:
            if len(self._cached) >= _CACHED:
                del self._cached[next(iter(self._cached))]
            lines = segment.load(self._layout.segment(first))
            self._cached[first] = lines, segment.places(lines)
        return self._cached[first]

    def _damaged(self, position: Position, reason: str) -> Damaged:
        path = self._layout.shown(self._layout.segment(position.segment))
        where = f"line {position.line} of {path}" if position.line else path
        return Damaged(f"{where} cannot be read ({reason}): restore it from a backup; all other lines stay readable")

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the proof that an entry stands in the log of a size (RFC 6962, section 2.1.1)."""
        if not 0 <= index < size <= self.size:
            raise WrongUsage(f"no entry {index} under a checkpoint of size {size}")
        return tile.inclusion_proof(index, size, self.log.read_tile)

    def consistency(self, size1: int, size2: int) -> list[bytes]:
        """Return the proof that the log only grew between two sizes (RFC 6962, section 2.1.2)."""
        if not 0 < size1 <= size2 <= self.size:
            raise WrongUsage(f"no proof from size {size1} to size {size2}")
        return tile.consistency_proof(size1, size2, self.log.read_tile)


def opens_to_nothing(line: segment.Line) -> WrongUsage:
    """Return the sentence about an entry that has nothing to show."""
    if line.is_erased:
        return WrongUsage(f"entry {line.index} was erased: `witnessmark audit` says when and by whom")
    return WrongUsage(f"entry {line.index} is a dummy: it opens to nothing")


def _segment_bounds(layout: Layout, log: PublicLog) -> list[int]:
    """Return where segments begin and the last one ends: each checkpoint closed one, so that a lost one is missed."""
    with sentences("read", layout.events):
        found = [segment_first(path.name) for path in layout.events.iterdir()]
    size = log.checkpoint.size
    return sorted({0, size, *log.sizes(), *(first for first in found if first is not None and first < size)})
