"""Reads RAR archives, locked ones of RAR 2.9 and later with passwords at hand; lists what stays locked.

libarchive unpacks what RAR packs, but decrypts none of it, and of RAR 5.0 it does not tell what is locked. So it is
given an archive that is made while it is read: heads written anew without what locks them, the data of files decrypted
when they are asked for; and what stays locked is told to the one who asks it.

Rules for whoever changes this file: nothing is reported before a password fits; a file that no password opens is handed
on locked, never as what a wrong password makes of it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import packed, pieces, rar5, rar_blocks, rar_key, rar_old, rar_volumes, unarchive
from witnessmark.formats.pieces import BLOCK, AsItStands, Decrypted, Made, Piece
from witnessmark.formats.rar_block import Block, BrokenRar, HeadLock, Locked
from witnessmark.formats.rar_blocks import Joint
from witnessmark.formats.rar_key import Lock
from witnessmark.model.derivative import Outcome

MOST_ROUNDS: Final = 1 << 25
"""Rounds of hashing for all keys of one archive; RAR asks for three times 2^15, some 50 ms here."""
MOST_COMMENTS: Final = 10_000
PROBES: Final = 3
"""Files of an older archive that a password is tried on before it counts as wrong: the first may be damaged."""
_TOO_MANY: Final = (
    "the members are encrypted, and their keys ask for more than the 2^25 rounds of hashing that are gone through"
)


def opens(source: Source, report: Report) -> bool:
    """Read an archive of which a password opens something; return False, with nothing reported, where none does.

    Raises:
        ReadingStopped: when keys ask for too much; when the budget of the root file is spent.
    """
    if not unarchive.is_here():
        return False
    reading = _Reading(source)
    try:
        rewritten = reading.rewritten()
    except BrokenRar:
        return False
    if rewritten is None:
        return False
    seen = _seen(rewritten)
    told = packed.Told(reading.locked, reading.agrees, seen.unread, is_cut=reading.joint.is_cut)
    if told.unread or seen.is_old:
        rewritten, told = rar_old.unpacked(rewritten, told)
    packed.read_rar(rewritten, report, told)
    return True


def read_rar(source: Source, report: Report) -> None:
    """Read a RAR archive, or several volumes of one; what is locked in it is listed where its name stands open."""
    seen = _seen(source)
    joint, told = seen.joint, seen.told
    if joint.volumes > 1:
        source = rar_volumes.glued(source, rar_blocks.followed(source.stream, source.size, None))
        seen = _seen(source)
        told = replace(seen.told, is_cut=joint.is_cut)
    if told.unread or seen.is_old:
        source, told = rar_old.unpacked(source, told)
    for comment in dict.fromkeys(filter(None, map(rar_old.comment, seen.comments))):
        report.hidden("comment", comment + "\n")
    packed.read_rar(source, report, told)


@dataclass(slots=True)
class _Seen:
    """What the blocks of an archive are of, and what is to be told of the files in them."""

    joint: Joint = field(default_factory=Joint)
    locked: set[int] = field(default_factory=set)
    unread: dict[int, str] = field(default_factory=dict)
    comments: list[bytes] = field(default_factory=list)
    is_old: bool = False
    """Whether something in it is as older programs wrote it, which libarchive stumbles over."""

    @property
    def told(self) -> packed.Told:
        """What is told of the files."""
        return packed.Told(self.locked, unread=self.unread, is_cut=self.joint.is_cut)


def _seen(source: Source) -> _Seen:
    seen, files = _Seen(), 0
    with suppress(BrokenRar):  # libarchive says what is wrong
        if rar_blocks.head_lock(source.stream) is None:
            for block in rar_blocks.blocks(source.stream, source.size, None):
                seen.joint.see(block)
                seen.is_old = seen.is_old or bool(block.tidy) or block.is_aside
                if block.comment and len(seen.comments) < MOST_COMMENTS:
                    seen.comments.append(block.comment)
                if block.is_file:
                    seen.locked.update({files} if block.is_locked else ())
                    if block.old is not None:
                        seen.unread[files] = rar_old.not_unpacked(block.old)
                    files += 1
    return seen


def _agrees(locked: Locked, password: str, crc: int) -> bool:
    """Tell whether a CRC-32 is that of a file, under the right password; where there is none, any is."""
    return locked.crc in (None, crc if locked.lock is None else locked.lock.turned(crc, password))


class _Reading:
    """One archive, and the passwords that may open it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._fitted: list[str] = []
        self._keys: set[tuple[str, bytes, int]] = set()
        self._rounds_left = MOST_ROUNDS
        self._probes_left = PROBES
        self.agrees: dict[int, Callable[[int], bool]] = {}
        """Of files by their number, what tells whether a CRC-32 is theirs."""
        self._start = b""
        self.joint = Joint()
        self.locked: set[int] = set()
        """Files that no password opens, by their number."""

    def rewritten(self) -> Source | None:
        """Return the archive as far as passwords open it; None where they open nothing.

        Raises:
            BrokenRar: when it is no archive.
            ReadingStopped: when keys ask for too much.
        """
        self._start = rar_blocks.signature(self._source.stream)
        found = self._blocks(rar_blocks.head_lock(self._source.stream))
        if found is None:
            return None
        made: list[Piece] = [Made(self._start)]
        files = 0
        for block in self._of_one(found):
            password = None if block.locked is None else self._password(block, block.locked, made[:2])
            if block.locked is not None and password is not None:
                made += self._opened(block, block.locked, password)
                self.agrees[files] = partial(_agrees, block.locked, password)
            else:
                made += [Made(block.head), AsItStands(self._source.stream, block.data)]
                self.locked.update({files} if block.is_file and block.is_locked else ())
            files += block.is_file
        return pieces.source(made, self._source.name) if self._fitted else None

    def _of_one(self, found: Iterable[Block]) -> Iterable[Block]:
        """Return the blocks as those of one archive, where they are those of several volumes."""
        found = list(found)
        for block in found:
            self.joint.see(block)
        if self.joint.volumes == 1:
            return found
        self._source = rar_volumes.glued(self._source, found)
        return self._followed(None)

    def _followed(self, password: str | None) -> Iterator[Block]:
        return rar_blocks.followed(self._source.stream, self._source.size, password)

    def _blocks(self, lock: HeadLock | None) -> Iterator[Block] | None:
        """Return the blocks, as far as they can be followed; None where no password opens their heads."""
        if lock is None:
            return self._followed(None)
        for password in self._source.passwords:
            if not self._may_be(lock.lock, password):
                continue
            found = list(self._followed(password))
            opened = sum(bool(block.head) for block in found)
            if opened > (lock.lock is None):  # the first head of an older archive stands open
                self._fitted.append(password)
                return iter(found)
        return None

    def _may_be(self, lock: Lock | None, password: str) -> bool:
        """Tell whether a password may be the right one, as far as can be told without trying it."""
        if lock is None:
            return len(password) <= rar_key.LONGEST_OLD
        self._count(lock, password)
        return lock.fits(password) is not False

    def _password(self, block: Block, locked: Locked, before: list[Piece]) -> str | None:
        """Return the password of a file; `before` is what stands before the first file of the archive."""
        if locked.lock is None and self._fitted:
            return self._fitted[0]  # nothing tells it but a whole file, and programs lock all files with one
        for password in dict.fromkeys((*self._fitted, *self._source.passwords)):
            if self._fits(block, locked, password, before):
                if password not in self._fitted:
                    self._fitted.append(password)
                return password
        self._probes_left -= locked.lock is None and locked.unpacked > 0
        return None

    def _fits(self, block: Block, locked: Locked, password: str, before: list[Piece]) -> bool:
        """Tell whether a password is that of a file: by what is stated of it, else by what the file unpacks to."""
        if not self._may_be(locked.lock, password):
            return False
        if locked.lock is not None and locked.lock.fits(password):
            return True
        if not locked.unpacked:
            return password in self._fitted
        return self._probes_left > 0 and self._unpacks(block, locked, password, before)

    def _unpacks(self, block: Block, locked: Locked, password: str, before: list[Piece]) -> bool:
        """Tell whether a file unpacks under a password, as the first of an archive."""
        end = Made(rar_blocks.last(self._start))  # libarchive looks ahead
        made = [*before, *self._opened(block, locked, password), end]
        crc = packed.first_of_rar(pieces.source(made, self._source.name))
        return crc is not None and _agrees(locked, password, crc)

    def _opened(self, block: Block, locked: Locked, password: str) -> list[Piece]:
        """Return head and data of a file as they are without the lock."""
        size = block.data.size - block.data.size % BLOCK
        if locked.lock is None:
            key, start = rar_key.old_key(password, locked.salt)
        else:
            key, start = locked.lock.key(password), locked.lock.start
        opened = Decrypted(self._source.stream, block.data, size, start, key)
        if locked.stored is not None:
            opened = replace(opened, size=min(size, locked.stored))
        elif locked.lock is not None:
            opened = replace(opened, size=rar5.packed_size(opened))
        return [Made(locked.head(opened.size)), opened]

    def _count(self, lock: Lock, password: str) -> None:
        """Count the rounds that keys ask for, each key once.

        Raises:
            ReadingStopped: when all that were counted are more than may be.
        """
        if (password, lock.salt, lock.power) not in self._keys:
            self._keys.add((password, lock.salt, lock.power))
            self._rounds_left -= lock.rounds
        if self._rounds_left < 0:
            raise ReadingStopped(Outcome.ENCRYPTED, _TOO_MANY)
