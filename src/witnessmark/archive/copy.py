"""A second archive: every content hashed while it is copied, the rest audited, and no word of being whole before it is.

Rules for whoever changes this file:
- `witnessmark.toml` makes a folder an archive: in a new copy it comes last. A copy that was whole stays so, as of its
  earlier checkpoint, until its new checkpoint has its place.
- What lies in the copy already is hashed, not trusted; what has the right digest is not copied again.
- What the ledger says was erased is erased in the copy too, before its checkpoint moves on. Between the two its audit
  names the erased entries, for the event that explains them lies beyond its checkpoint.
- Nothing is read from the source but what its latest checkpoint covers: it may be written to meanwhile.
"""

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from witnessmark.archive import erase, keys
from witnessmark.archive.audit import Problem, audit, hash_content
from witnessmark.archive.disk import Disk, sentences
from witnessmark.archive.folder import Archive
from witnessmark.archive.layout import (
    PRIVATE_FILE,
    PRIVATE_FOLDER,
    PUBLIC_FILE,
    PUBLIC_FOLDER,
    Layout,
)
from witnessmark.archive.ledger import Ledger
from witnessmark.archive.lock import Lock
from witnessmark.archive.log import PublicLog
from witnessmark.archive.recover import digests_named
from witnessmark.archive.store import Store
from witnessmark.archive.system import System
from witnessmark.errors import Damaged, WrongUsage
from witnessmark.model.digest import Digest

_SETTLED = 256
"""So many contents are copied, and so many bytes, before they are made durable together."""
_SETTLED_BYTES = 256 << 20


@dataclass(slots=True)
class Copied:
    """How far a copy has come."""

    contents: int = 0
    octets: int = 0
    known: int = 0
    damaged: tuple[str, ...] = ()
    is_whole: bool = False


def copy(
    source: Archive, target: Path, *, with_keys: bool = False, system: System | None = None
) -> Generator[Copied, None, None]:
    """Copy an archive, or bring a copy up to date; yields how far it has come, `is_whole` at the end alone.

    Where something of the source is damaged, all else is copied, `damaged` names it, and the copy does not become
    whole: repair the source and run again.

    Raises:
        WrongUsage: when the target is not empty and no copy of this archive.
        Damaged: when the target has gone on by itself.
        DiskFailure: when a disk refuses; what was copied stays, and the next run goes on.
        Busy: when the target is being written to.
    """
    layout = Layout(target)
    _check_target(source, layout)
    disk = Disk(target, layout.temporary, system)
    _make_folders(layout, disk)
    lock = Lock.take(layout.lock)
    well = False
    try:
        disk.empty_temporary()
        for name in (source._layout.earlier, source._layout.vkey):
            if name.is_file():
                disk.write_durably(layout.root / name.name, name.read_bytes(), PUBLIC_FILE)
        yield from _Copying(source, layout, disk).run(with_keys=with_keys)
        well = True
    finally:
        lock.release(well=well)


def _check_target(source: Archive, layout: Layout) -> None:
    root, own = Path(os.path.realpath(layout.root)), Path(os.path.realpath(source.root))
    if root == own or root.is_relative_to(own) or own.is_relative_to(root):
        raise WrongUsage(f"{layout.root} and the archive lie in one another: name another folder, on another disk")
    if not layout.root.exists():
        return
    if not layout.root.is_dir():
        raise WrongUsage(f"{layout.root} is a file: name a folder for the copy")
    with sentences("read", layout.root):
        found = {path.name for path in layout.root.iterdir()} - {"lost+found"}
        holds = any(
            path.is_file() and layout.temporary not in path.parents and path != layout.lock
            for path in layout.root.rglob("*")
        )
        ours = {f"{key.text}\n".encode() for key in source.ledger.log.keys.keys}
        same = layout.vkey.is_file() and layout.vkey.read_bytes() in ours
    if same:
        _check_behind(source, layout)
    elif found - {"vault", "log"} or holds:
        raise WrongUsage(f"{layout.root} is not empty and no copy of this archive: name a new folder")


def _check_behind(source: Archive, layout: Layout) -> None:
    """Refuse a copy that holds a checkpoint or events which the source does not have."""
    log, size = PublicLog(layout, source.ledger.log.keys), source.ledger.size
    if layout.checkpoint.is_file():
        log.open()
    # A copy that was stopped early may lack any folder.
    then, beyond = log.checkpoint, [one for one in log.all_sizes() if one > size] if layout.checkpoints.is_dir() else []
    if beyond or (then.size and not source.ledger.log.holds(then)):
        raise Damaged(
            f"the copy {layout.root} has a checkpoint of size {max([then.size, *beyond])} that this archive, of size "
            f"{size}, does not have: it was written to, or this archive was restored from an older backup. Nothing was "
            "copied; the copy may be the one to go on with"
        )


def _make_folders(layout: Layout, disk: Disk) -> None:
    with sentences("made", layout.root):
        layout.root.parent.mkdir(parents=True, exist_ok=True)
    disk.folder(layout.root, PRIVATE_FOLDER)
    for path in (layout.events, layout.new_content, layout.keys, layout.temporary):
        disk.folder(path, PRIVATE_FOLDER)
    for path in (layout.checkpoints, layout.tiles):
        disk.folder(path, PUBLIC_FOLDER)


class _Copying:
    """One run of a copy, under the lock of the target."""

    def __init__(self, source: Archive, layout: Layout, disk: Disk) -> None:
        self._source = source
        self._from = source._layout
        self._to = layout
        self._disk = disk
        self._store = Store(layout, disk)
        self._copied = Copied()
        self._waiting = [0, 0]

    def run(self, *, with_keys: bool) -> Iterator[Copied]:
        """Copy everything; the rules at the head of this file are its order."""
        self._store.recover()
        yield from self._contents()
        self._settle()
        self._log()
        self._segments()
        self._disk.sync()
        log = PublicLog(self._to, self._source.ledger.log.keys)
        log.checkpoint = self._source.ledger.checkpoint()
        ledger = Ledger(self._to, log, self._store, self._source.settings.pad, None)
        self._damaged(*(problem.sentence for problem in self._audited(ledger)))
        yield self._copied
        if not self._copied.damaged:
            self._erase(ledger)
            self._finish(with_keys=with_keys)
            self._copied.is_whole = True
            yield self._copied

    def _contents(self) -> Iterator[Copied]:
        seen = set[bytes]()
        for one in self._source.ledger.replay():
            for digest in digests_named(one.kind, one.fields):
                if digest.raw not in seen:
                    seen.add(digest.raw)
                    self._content(digest)
                    yield self._copied
        for line in self._source.ledger.broken:
            name = self._from.shown(self._from.segment(line.segment))
            self._damaged(f"{name} line {line.line}: {line.reason}")

    def _content(self, digest: Digest) -> None:
        if self._store.has(digest):
            if hash_content(self._store, digest) == digest:
                self._copied.known += 1
                return
            self._disk.remove(self._to.of_content(digest))
        try:
            size = self._store.take(self._source.store, digest)
        except Damaged as error:
            self._damaged(str(error))
            return
        self._copied.contents += 1
        self._copied.octets += size
        self._waiting = [self._waiting[0] + 1, self._waiting[1] + size]
        if self._waiting[0] >= _SETTLED or self._waiting[1] >= _SETTLED_BYTES:
            self._settle()

    def _settle(self) -> None:
        if self._waiting[0]:
            self._disk.sync()
            self._store.settle()
        self._waiting = [0, 0]

    def _log(self) -> None:
        """Copy the public log as far as the checkpoint covers it; the audit compares it with what is signed."""
        size = self._source.ledger.size
        for path in self._source.ledger.log.files(size):
            self._file(path, PUBLIC_FILE)
        for path in sorted(self._from.anchors.rglob("*")):
            if path.is_file():
                self._file(path, PUBLIC_FILE)
        if self._from.policy.is_file():
            self._file(self._from.policy, PUBLIC_FILE)

    def _segments(self) -> None:
        for first in self._source.ledger.bounds()[:-1]:
            path = self._from.segment(first)
            if path.is_file():
                self._file(path, PRIVATE_FILE)

    def _file(self, path: Path, mode: int) -> None:
        place = self._to.root / path.relative_to(self._from.root)
        with sentences("read", path):
            data = path.read_bytes()
        with sentences("read", place):
            if place.is_file() and place.read_bytes() == data:
                return
        self._disk.folder(place.parent, PUBLIC_FOLDER if mode == PUBLIC_FILE else PRIVATE_FOLDER)
        # What takes another file's place must be on the disk before the other is gone.
        (self._disk.write_durably if place.exists() else self._disk.write)(place, data, mode)

    def _erase(self, ledger: Ledger) -> None:
        """Erase in the copy what was erased in the source since: its lines are gone already, its contents are not.

        The audit came first: every line was read, and what none of them names is what was erased.
        """
        if not erase.erasures(ledger):
            return
        kept = {digest.raw for one in ledger.replay() for digest in digests_named(one.kind, one.fields)}
        for digest in self._store.all():
            if digest.raw not in kept:
                erase.destroy(self._to, self._store, digest)
        erase.drop_projections(self._to, self._store)
        self._disk.sync()

    def _audited(self, ledger: Ledger) -> Iterator[Problem]:
        copied = Archive(self._to, self._source.settings, self._store, ledger, None)
        yield from audit(copied, lambda _: False)  # contents were hashed above, those that lay here too

    def _damaged(self, *sentences: str) -> None:
        self._copied.damaged += tuple(one for one in sentences if one not in self._copied.damaged)

    def _finish(self, *, with_keys: bool) -> None:
        if with_keys:
            self._disk.write_durably(self._to.key, keys.read(self._from.key).encode(), PRIVATE_FILE)
        note = self._source.ledger.note().encode()
        self._disk.sync()
        self._disk.write_durably(self._to.checkpoint, note, PUBLIC_FILE)
        with sentences("read", self._from.settings):
            settings = self._from.settings.read_bytes()
        self._disk.write_durably(self._to.settings, settings, PRIVATE_FILE)
