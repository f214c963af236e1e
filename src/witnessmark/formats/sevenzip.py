"""Reads 7z archives, locked ones with passwords at hand; lists what stays locked and what nothing here unpacks.

libarchive unpacks what 7z packs, but decrypts none of it, and gives up on all that follows where it meets a way of
packing that it does not know. So it is given an archive that is made while it is read: locked streams are decrypted
when they are asked for, what cannot be unpacked is put under a lock, and the header is written anew to fit.

Rules for whoever changes this file: nothing is reported before a password fits; a folder that no password opens is
handed on locked, never as what a wrong password makes of it; an archive in which nothing is locked and all can be
unpacked is handed on as it stands.
"""

import zlib
from bisect import bisect_right
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import packed, sevenzip_header, sevenzip_key, unarchive
from witnessmark.formats.pieces import BLOCK, AsItStands, Decrypted, Piece, Span
from witnessmark.formats.sevenzip_header import BrokenSevenZip, Coder, Files, Folder
from witnessmark.formats.sevenzip_key import METHOD, Lock
from witnessmark.formats.sevenzip_made import GivenFolder, archive
from witnessmark.model.derivative import Outcome

MOST_ROUNDS: Final = 1 << 24
"""Rounds of hashing for all keys that one password makes for one archive; 7-Zip asks for 2^19."""
MOST_HEADERS: Final = 4
"""Headers packed in headers; 7-Zip packs one once."""
PROBES: Final = 3
"""Folders that a password is tried on before it counts as wrong: the first file of one may be damaged."""
SURE: Final = 8
"""Zeros at the end of locked streams that tell the right password, whatever is damaged before: by chance, 1 in 2^64."""
LIKELY: Final = 4
"""Zeros that tell that a password which opened another folder opens this one too."""
_ANY_LOCK: Final = Coder(METHOD, bytes((sevenzip_key.UNHASHED,)))
_TOO_MANY: Final = (
    "the members are encrypted, and their keys ask for more than the 2^24 rounds of hashing that are gone through"
)


def opens(source: Source, report: Report) -> bool:
    """Read an archive of which a password opens something; return False, with nothing reported, where none does.

    Raises:
        ReadingStopped: when a key asks for too much; when the budget of the root file is spent.
    """
    return unarchive.is_here() and _hand_on(_Reading(source), report)


def read_7z(source: Source, report: Report) -> None:
    """Read a 7-Zip archive; what is locked in it is listed where its name stands open."""
    if not unarchive.is_here() or not _hand_on(_Reading(replace(source, passwords=())), report):
        packed.read_7z(source, report)


def _hand_on(reading: "_Reading", report: Report) -> bool:
    """Read the archive as it is written anew; return False where it need not be, or cannot."""
    try:
        rewritten = reading.rewritten()
    except BrokenSevenZip:
        return False
    if rewritten is None:
        return False
    packed.read_7z(rewritten.source, report, rewritten.why_not)
    return True


@dataclass(frozen=True, slots=True)
class _Rewritten:
    """An archive written anew; of each folder how many files are in it and before it, and why it is not unpacked."""

    source: Source
    ends: list[int]
    words: list[str]

    def why_not(self, number: int) -> str:
        """Return why the file of that number, of those that have contents, is not unpacked; nothing where it is."""
        place = bisect_right(self.ends, number)
        return self.words[place] if place < len(self.words) else ""


@dataclass(frozen=True, slots=True)
class _Packed:
    """A folder and its packed streams as they stand in the file, and what is stated of the files in it."""

    folder: Folder
    spans: tuple[Span, ...]
    files: Files

    @property
    def is_locked(self) -> bool:
        return any(coder.method == METHOD for coder in self.folder.coders)

    @property
    def packed_size(self) -> int:
        return sum(span.size for span in self.spans)

    @property
    def locks(self) -> list[Lock]:
        return [Lock.of(coder) for coder in self.folder.coders if coder.method == METHOD]


def _without_locks(folder: Folder) -> tuple[Folder, list[tuple[Lock, int] | None]]:
    """Return a folder without its locks, and for each packed stream its lock and how many bytes are under it.

    Raises:
        BrokenSevenZip: when something other than a packed stream is locked, which no program does.
    """
    fed, bonds = list(folder.fed), dict(folder.bonds)
    locks: list[tuple[Lock, int] | None] = [None] * len(fed)
    coders, inputs, outputs = list[Coder](), list[int](), list[int]()
    at_input = at_output = 0
    for coder in folder.coders:
        into, out = range(at_input, at_input + coder.inputs), range(at_output, at_output + coder.outputs)
        at_input, at_output = into.stop, out.stop
        kept = coder
        if coder.method == METHOD:
            if len(into) != 1 or len(out) != 1 or into[0] not in fed or locks[fed.index(into[0])] is not None:
                raise BrokenSevenZip("a lock where no packed stream is")
            stream = fed.index(into[0])
            locks[stream] = Lock.of(coder), folder.sizes[out[0]]
            following = next((other for other, source in bonds.items() if source == out[0]), None)
            if following is not None:  # what is decrypted goes where the lock's output went
                fed[stream] = following
                del bonds[following]
                continue
            kept = Coder(sevenzip_header.COPY, b"")  # locked and nothing else
        coders.append(kept)
        inputs += into
        outputs += out
    new_bonds = tuple((inputs.index(into), outputs.index(out)) for into, out in bonds.items())
    new_fed = tuple(inputs.index(at) for at in fed)
    return Folder(tuple(coders), new_bonds, new_fed, tuple(folder.sizes[at] for at in outputs), folder.crc), locks


def _is_filled_up(opened: GivenFolder, least: int) -> bool:
    """Tell whether 7-Zip filled up the last blocks of locked streams: with zeros, at least so many in all."""
    filler = b"".join(piece.filler() for piece in opened.pieces if isinstance(piece, Decrypted))
    return len(filler) >= least and not filler.strip(b"\0")


class _Reading:
    """One archive, and the passwords that may open it."""

    def __init__(self, source: Source) -> None:
        self._stream, self._size, self._name = source.stream, source.size, source.name
        self._passwords = source.passwords
        self._fitted: list[str] = []
        self._keys: set[tuple[bytes, int]] = set()
        self._rounds_left = MOST_ROUNDS
        self._cannot: dict[tuple[bytes, ...], bool] = {}

    def rewritten(self) -> _Rewritten | None:
        """Return the archive written anew: open as far as passwords open it, and without what cannot be unpacked.

        With passwords, None where they open nothing; without, where nothing is locked and all can be unpacked.

        Raises:
            BrokenSevenZip: when it cannot be told how the archive is packed.
            ReadingStopped: when a key asks for too much.
        """
        found = self._streams()
        if found is None:
            return None
        folders, rest = found
        locked = sorted((one for one in folders if one.is_locked), key=lambda one: one.packed_size)
        if self._passwords and not self._fitted and all(self._password(one) is None for one in locked[:PROBES]):
            return None
        if not self._fitted and not locked and not any(map(self._cannot_be_had, folders)):
            return None
        as_handed = [self._as_far_as_it_opens(one) for one in folders]
        words = [word for _, word in as_handed]
        source = archive((one for one, _ in as_handed), rest, self._name)
        return _Rewritten(source, list(accumulate(one.files.count for one in folders)), words)

    def _as_far_as_it_opens(self, one: _Packed) -> tuple[GivenFolder, str]:
        """Return a folder as libarchive is given it, and why it is not unpacked where that is not for its lock."""
        password = self._password(one) if one.is_locked else ""
        if password is None:
            return self._under(one, next(coder for coder in one.folder.coders if coder.method == METHOD)), ""
        opened = self._open(one, password)
        if not self._cannot_unpack(opened):
            return opened, ""
        named = " and ".join(sevenzip_header.name_of(coder.method) for coder in opened.folder.coders)
        return self._under(one, _ANY_LOCK), f"it is packed by {named}, which this libarchive does not unpack"

    def _cannot_be_had(self, one: _Packed) -> bool:
        methods = tuple(coder.method for coder in one.folder.coders)
        known = self._cannot.get(methods)
        return self._cannot_unpack(self._open(one, "")) if known is None else known

    def _cannot_unpack(self, opened: GivenFolder) -> bool:
        """Tell whether libarchive knows no way to unpack what is packed so; each way is tried once."""
        methods = tuple(coder.method for coder in opened.folder.coders)
        if methods not in self._cannot:
            self._cannot[methods] = False
            with closing(self._unfolded(opened)) as pieces:
                try:
                    next(pieces, b"")
                except unarchive.CannotUnfold as error:
                    self._cannot[methods] = error.is_unknown
        return self._cannot[methods]

    def _streams(self) -> tuple[list[_Packed], bytes] | None:
        """Return the folders, and the rest of the header; None when the header is locked and no password opens it."""
        header = sevenzip_header.header(self._stream, self._size)
        for _ in range(MOST_HEADERS):
            found = sevenzip_header.streams(header, self._size)
            stated = sevenzip_header.files(found)
            folders = [_Packed(*one) for one in zip(found.folders, found.spans, stated, strict=True)]
            if header[0] != sevenzip_header.PACKED_HEADER:
                return folders, found.rest
            if len(folders) != 1 or not 0 < folders[0].folder.size <= sevenzip_header.LARGEST:
                raise BrokenSevenZip("its header is packed in a way that is not in use")
            password = self._password(folders[0]) if folders[0].is_locked else ""
            if password is None:
                return None
            opened = self._open(folders[0], password)
            if not self._fits(folders[0], opened):
                raise BrokenSevenZip("its header is damaged")
            with closing(self._unfolded(opened)) as pieces:
                header = b"".join(pieces)
        raise BrokenSevenZip("its header is packed again and again")

    def _password(self, one: _Packed) -> str | None:
        """Return the password that opens a locked folder; those that opened another need less to be believed."""
        for password in dict.fromkeys((*self._fitted, *self._passwords)):
            opened = self._open(one, password)
            if password in self._fitted:
                least = 0 if self._cannot_unpack(opened) else LIKELY
                if _is_filled_up(opened, least) or self._fits(one, opened):
                    return password
            elif _is_filled_up(opened, SURE) or self._fits(one, opened):
                self._fitted.append(password)
                return password
        return None

    def _open(self, one: _Packed, password: str) -> GivenFolder:
        """Return a folder as it is under a password."""
        if not one.is_locked:
            return GivenFolder(one.folder, tuple(AsItStands(self._stream, span) for span in one.spans))
        self._count(one.locks)
        folder, locks = _without_locks(one.folder)
        pieces = list[Piece]()
        for span, locked in zip(one.spans, locks, strict=True):
            if locked is None:
                pieces.append(AsItStands(self._stream, span))
                continue
            lock, size = locked
            if size > span.size - span.size % BLOCK:
                raise BrokenSevenZip("a locked stream of fewer bytes than it states")
            pieces.append(Decrypted(self._stream, span, size, lock.start, lock.key(password)))
        return GivenFolder(folder, tuple(pieces))

    def _under(self, one: _Packed, lock: Coder) -> GivenFolder:
        """Return a folder as one stream that is locked and nothing else: so its files are listed, however packed."""
        folder = Folder((replace(lock, inputs=1, outputs=1),), (), (0,), (one.folder.size,), one.folder.crc)
        return GivenFolder(folder, (AsItStands(self._stream, one.spans[0]),))

    def _unfolded(self, opened: GivenFolder) -> Generator[bytes, None, None]:
        """Return what a folder unfolds to; whether its checksum holds, the caller finds out."""
        alone = replace(opened, folder=replace(opened.folder, crc=None))
        return packed.unfolded(archive([alone], sevenzip_header.ONE_FILE, self._name))

    def _fits(self, one: _Packed, opened: GivenFolder) -> bool:
        """Tell whether the first file of a folder unfolds to what its checksum says."""
        crc, left = 0, one.files.size
        with closing(self._unfolded(opened)) as pieces, suppress(unarchive.CannotUnfold):
            while left and (piece := next(pieces, b"")):
                crc, left = zlib.crc32(piece[:left], crc), left - min(left, len(piece))
        return not left and one.files.crc in (None, crc)

    def _count(self, locks: Sequence[Lock]) -> None:
        """Count the rounds that keys ask for, each key once.

        Raises:
            ReadingStopped: when all that were counted are more than may be.
        """
        for lock in locks:
            if (lock.salt, lock.power) not in self._keys:
                self._keys.add((lock.salt, lock.power))
                self._rounds_left -= lock.rounds
        if self._rounds_left < 0:
            raise ReadingStopped(Outcome.ENCRYPTED, _TOO_MANY)
