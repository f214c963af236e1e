"""No second history: what was signed last is remembered outside the archive, and compared before anything is signed.

An archive that is restored from an older backup does not know what its key has signed since. A small file for each log
does: it lies in a state folder that no backup of the archive holds.

Rules for whoever changes this file:
- It is written after the checkpoint has its name, by rename and without a sync: it may be behind, never ahead.
- An empty file is what a power cut leaves of one that was not synced: it counts as none. Any other file that is not a
  checkpoint of this log is refused.
- Both notes of a conflict are kept in `log/anchors`: two checkpoints of one key that exclude each other are evidence.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from witnessmark.archive.disk import Disk, sentences
from witnessmark.archive.layout import PRIVATE_FILE, PRIVATE_FOLDER, PUBLIC_FILE, PUBLIC_FOLDER, Layout
from witnessmark.archive.log import PublicLog
from witnessmark.archive.recorded import Recorded
from witnessmark.errors import BrokenEvidence, Damaged
from witnessmark.model.codec import Fields, to_base64
from witnessmark.model.event import Event
from witnessmark.model.words import Kind
from witnessmark.proof import note
from witnessmark.proof.checkpoint import Checkpoint

_LARGEST = 1 << 16


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two signed checkpoints of one log that exclude each other, or of which the archive has lost the later."""

    remembered: str
    present: str

    @property
    def is_behind(self) -> bool:
        """Whether the archive may only have lost its later part."""
        then, now = size_of(self.remembered), size_of(self.present)
        return then is not None and now is not None and then > now

    @property
    def sentence(self) -> str:
        """What happened and what to do."""
        then, now = (Checkpoint.parse(note.parse(text).text) for text in (self.remembered, self.present))
        if then.size > now.size:
            happened = (
                f"this archive ends at size {now.size}, but its key has signed size {then.size}: it "
                "was restored from an older backup, or another copy of it was written to"
            )
        else:
            happened = (
                f"the checkpoint of size {then.size} that was signed on this machine is not one of this archive: "
                "two copies of it were written to, and its key has signed two histories"
            )
        return (
            f"{happened}. Nothing is sealed here; both checkpoints are kept in log/anchors. Go on with the other copy; "
            "if it is lost for good, `witnessmark keys ARCHIVE fork --reason TEXT` writes that down and goes on here"
        )


class Memory:
    """What was signed last for one log on this machine: the whole signed note, in a file of the state folder."""

    def __init__(self, folder: Path, origin: str) -> None:
        self._folder = folder
        self.path = folder / f"{origin.replace('/', '_')}.checkpoint"
        self._place = os.fspath(self.path)
        self._waiting = f"{self._place}.{os.getpid()}"
        self._known: bytes | None = None
        self._seen: tuple[int, int, int] | None = None  # inode, time and size of the file that holds what is known
        self._bound: Checkpoint | None = None

    def read(self) -> str | None:
        """Return the note that is remembered, or None.

        Raises:
            Damaged: when the file is no text.
        """
        self._known = self._bytes()
        try:
            return self._known.decode() or None
        except UnicodeDecodeError as error:
            raise self._unreadable("it is no text") from error

    def check_still(self) -> None:
        """Refuse when another copy of the archive has signed since this one was opened.

        Raises:
            Damaged: then.
        """
        try:
            found = os.stat(self._place)
        except OSError:
            found = None
        if found is not None and self._seen == (found.st_ino, found.st_mtime_ns, found.st_size):
            return
        if self._bytes() != self._known:
            raise Damaged(
                "another copy of this archive has signed since this one was opened: nothing more is sealed here; run "
                "again to see both checkpoints"
            )

    def allows(self, size: int, root: bytes) -> bool:
        """Tell whether a tree may be signed: one that is remembered as signed may be, another of its size may not."""
        return self._bound is None or size < self._bound.size or (size, root) == (self._bound.size, self._bound.root)

    def remember(self, text: str) -> None:
        """Put a signed note in the place of the last; not synced, for the archive is.

        Raises:
            DiskFailure: when it cannot be written.
        """
        data = text.encode()
        if data == self._known or (self._bound is not None and size_of(text) != self._bound.size):
            return
        with sentences("written (WITNESSMARK_STATE names another folder)", self.path):
            try:
                self._put(data)
            except FileNotFoundError:
                self._folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
                self._put(data)
        self._known = data

    def _put(self, data: bytes) -> None:
        descriptor = os.open(self._waiting, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE_FILE)
        try:
            os.write(descriptor, data)
            found = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        os.rename(self._waiting, self._place)
        self._seen = found.st_ino, found.st_mtime_ns, found.st_size

    def towards(self, conflict: Conflict | None) -> None:
        """Let the log grow to what is remembered and no other way; without a conflict, any way."""
        self._bound = None if conflict is None else Checkpoint.parse(note.parse(conflict.remembered).text)

    def compare(self, log: PublicLog) -> Conflict | None:
        """Return what contradicts the archive, or None when all that was signed here is part of its log.

        Raises:
            Damaged: when what is remembered cannot be read.
        """
        text = self.read()
        if text is None or text == log.note():
            return None
        try:
            log.keys.check(note.parse(text))
        except BrokenEvidence as error:
            raise self._unreadable(str(error)) from error
        return None if is_part(log, text) else Conflict(text, log.note())

    def _bytes(self) -> bytes:
        with sentences("read (WITNESSMARK_STATE names another folder)", self.path):
            try:
                with self.path.open("rb") as file:
                    return file.read(_LARGEST)
            except FileNotFoundError:
                return b""

    def _unreadable(self, reason: str) -> Damaged:
        return Damaged(
            f"{self.path} should hold what this archive's key signed last, but cannot be read ({reason}): compare "
            "log/checkpoint with a copy kept elsewhere, then remove that file"
        )


def is_part(log: PublicLog, text: str) -> bool:
    """Tell whether the checkpoint of a note is one of this log's."""
    return log.holds(Checkpoint.parse(note.parse(text).text))


def evidence(log: PublicLog) -> Iterator[tuple[str, str]]:
    """Yield name and note of each checkpoint that was kept as part of a conflict and bears this log's signature."""
    for name, text in log.conflicts():
        try:
            note.check(note.parse(text), log.keys.keys)
        except BrokenEvidence:
            continue  # anyone can put a file there; only what the key signed speaks against it
        yield name, text


def unsettled(log: PublicLog, replay: Callable[[], Iterable[Recorded]]) -> Conflict | None:
    """Return what the archive's own evidence says against it and no keeper has owned up to; None without any.

    A machine that remembers nothing still has the checkpoints that another one kept in `log/anchors`.
    """
    against = [text for _, text in evidence(log) if not is_part(log, text)]
    if not against:
        return None
    forks = (Fork.from_event(one.kind, one.fields) for one in replay())
    owned = {fork.signed for fork in forks if fork is not None}
    return next((Conflict(text, log.note()) for text in against if text not in owned), None)


@dataclass(frozen=True, slots=True)
class Fork:
    """What a keeper has owned up to: a checkpoint that the key signed and that this log lost."""

    signed: str
    reason: str
    at: str

    @classmethod
    def from_event(cls, kind: str, fields: Fields) -> Self | None:
        """Return what an event says, or None when it says nothing of the kind."""
        match dict(fields):
            case {"action": "forked", "signed": str(signed), "reason": str(reason), "at": str(at)} if kind == Kind.KEY:
                return cls(signed, reason, at)
        return None


def size_of(text: str | None) -> int | None:
    """Return the size that a remembered note states, or None when nothing is remembered."""
    return None if text is None else Checkpoint.parse(note.parse(text).text).size


def fork(conflict: Conflict, public: bytes, reason: str, at: str) -> Event:
    """Return the event by which a keeper says that this key has signed something that is not in this log."""
    return Event(
        Kind.KEY,
        {
            "at": at,
            "sealed": at[:10],
            "action": "forked",
            "public": to_base64(public),
            "signed": conflict.remembered,
            "present": conflict.present,
            "reason": reason,
        },
    )


def keep_evidence(conflict: Conflict, layout: Layout, disk: Disk) -> None:
    """Keep both notes of a conflict in the public log folder."""
    disk.folder(layout.anchors, PUBLIC_FOLDER)
    for text in (conflict.remembered, conflict.present):
        place = layout.conflict(Checkpoint.parse(note.parse(text).text))
        if not place.is_file():
            disk.write_durably(place, text.encode(), PUBLIC_FILE)
