"""Anchors: what others say about a checkpoint, kept beside it in the public log folder and never in it.

  log/anchors/<size>/
    request.tsq          what time stamp authorities were asked about this checkpoint; its nonce is drawn once
    request.nonce        what blinds the digest that OpenTimestamps calendars are asked about; drawn once
    <16 hex>.cosigned    the line of one witness
    <16 hex>.tsr         the whole response of one authority
    <16 hex>.der         a certificate above an authority's own
    <16 hex>.ots         an OpenTimestamps proof

The 16 hexadecimal characters begin the SHA-256 of the file, so that nothing is kept twice.

Rules for whoever changes this file:
- Each anchor is a file of its own, put in its place whole and durable: a kill or a bad one touches no other.
- `checkpoint` and `checkpoint.archive` are never written here.
- What lies there is read as if a stranger had written it: what does not read or does not fit is left out.
- Nothing is removed but a proof that stands whole in a durable other one.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path

from witnessmark.archive.disk import sentences
from witnessmark.archive.folder import Archive
from witnessmark.archive.layout import PUBLIC_FILE, PUBLIC_FOLDER, Layout
from witnessmark.errors import BrokenEvidence, Damaged
from witnessmark.proof import cosignature, note, ots, timestamp
from witnessmark.proof.calendar import NONCE_SIZE
from witnessmark.proof.note import Note, Signature, Vkey
from witnessmark.proof.policy import LARGEST as LARGEST_POLICY
from witnessmark.proof.policy import Policy

LARGEST = timestamp.LARGEST
_REQUEST, _NONCE = "request.tsq", "request.nonce"
_MOST = 1000


class Sort(StrEnum):
    """What an anchor is; the value ends its file's name."""

    COSIGNATURE = "cosigned"
    RESPONSE = "tsr"
    CERTIFICATE = "der"
    PROOF = "ots"


class Anchors:
    """The anchors of one archive's checkpoints."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._layout = Layout(archive.root)

    def policy(self) -> Policy | None:
        """Return the archive's policy, `ARCHIVE/policy`: the witnesses and authorities that its keeper counts on.

        Raises:
            Damaged: when it is no policy.
        """
        path = self._layout.root / "policy"
        # A folder, a device or a link to nowhere is not "no policy": somebody meant one.
        if os.path.lexists(path) and not path.is_file():
            raise Damaged(f"{path} is no file: a policy is a file of its lines")
        data = _bytes(path, LARGEST_POLICY + 1)
        try:
            return None if data is None else Policy.parse(data)
        except Damaged as error:
            raise Damaged(f"{path}: {error}") from error

    def asked(self) -> list[int]:
        """Return the sizes of the checkpoints that others were asked about, rising."""
        folder = self._layout.anchors
        with sentences("read", folder):
            names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        sizes = {int(name) for name in names if name.isascii() and name.isdecimal() and len(name) < 20}
        return sorted(sizes.intersection(self._archive.ledger.sizes()))

    def note(self, size: int) -> Note:
        """Return the checkpoint of that size as the log signed it."""
        return note.parse(self._archive.ledger.note(size))

    def request(self, size: int) -> bytes | None:
        """Return what authorities were asked about the checkpoint of that size."""
        return _bytes(self._folder(size) / _REQUEST, LARGEST)

    def ask(self, size: int, make: Callable[[], bytes]) -> bytes:
        """Return what authorities are asked about the checkpoint of that size, drawn and kept at the first time."""
        return self.request(size) or self._drawn(size, _REQUEST, make)

    def nonce(self, size: int) -> bytes | None:
        """Return what blinds the digest that calendars were asked about for the checkpoint of that size."""
        return _bytes(self._folder(size) / _NONCE, LARGEST)

    def blind(self, size: int, make: Callable[[], bytes]) -> bytes:
        """Return that nonce, drawn and kept at the first time."""
        return self.nonce(size) or self._drawn(size, _NONCE, make)

    def _drawn(self, size: int, name: str, make: Callable[[], bytes]) -> bytes:
        found = make()
        self._put(size, name, found)
        return found

    def of(self, size: int, sort: Sort) -> list[bytes]:
        """Return all anchors of one sort for the checkpoint of that size."""
        folder = self._folder(size)
        with sentences("read", folder):
            paths = sorted(folder.glob(f"*.{sort}"))[:_MOST] if folder.is_dir() else []
        read = (_bytes(path, LARGEST) for path in paths)
        return [data for data in read if data is not None]

    def keep(self, size: int, sort: Sort, data: bytes) -> bool:
        """Keep an anchor that was checked; durable when this returns, and False when it was there."""
        name = _name(sort, data)
        if (self._folder(size) / name).is_file():
            return False
        self._put(size, name, data)
        return True

    def drop(self, size: int, sort: Sort, data: bytes) -> None:
        """Remove an anchor that stands whole in another one, which is durable."""
        path = self._folder(size) / _name(sort, data)
        if path.is_file():
            self._archive.store.disk.remove(path)

    def cosigned(self, size: int, keys: Sequence[Vkey]) -> Iterator[tuple[Vkey, Signature, int]]:
        """Yield the line of each of these witnesses that fits the checkpoint of that size, and its time.

        Of several lines of one witness the earliest counts: all are bounds from above.
        """
        text = self.note(size).text
        lines = [line for data in self.of(size, Sort.COSIGNATURE) for line in _lines(data)]
        for key in keys:
            times: dict[int, Signature] = {}
            for line in lines:
                if (line.name, line.key_id) == (key.name, key.key_id) and (time := fits(text, line, key)) is not None:
                    times.setdefault(time, line)
            if times:
                yield key, times[min(times)], min(times)

    def whole(self, size: int, keys: Sequence[Vkey]) -> Note:
        """Return the checkpoint of that size with the log's own line and those of these witnesses."""
        signed = self.note(size)
        return Note(signed.text, (*signed.signatures, *(line for _, line, _ in self.cosigned(size, keys))))

    @property
    def folder(self) -> Path:
        """The folder of all anchors."""
        return self._layout.anchors

    def wrong(self, size: int, check_request: Callable[[bytes, bytes], object]) -> Iterator[tuple[str, str]]:
        """Yield name and sentence of each file about that checkpoint that is not what was kept, or does not fit it.

        Args:
            size: of the checkpoint.
            check_request: raises Damaged where a request to authorities is not about some content.
        """
        policy = self.policy()
        keys = [] if policy is None else [witness.key for witness in policy.witnesses]
        text = self.note(size).text
        with sentences("read", self._folder(size)):
            paths = sorted(self._folder(size).iterdir())
        for path in paths:
            data = _bytes(path, LARGEST + 1) or b""
            if path.name == _REQUEST:
                says = _why_not(check_request, data, text.encode())
            else:
                says = _why_wrong(path.name, data, text, keys)
            if says is not None:
                yield path.name, says

    def _folder(self, size: int) -> Path:
        return self._layout.anchors / str(size)

    def _put(self, size: int, name: str, data: bytes) -> None:
        folder, disk = self._folder(size), self._archive.store.disk
        for place in (folder.parent, folder):
            if not place.is_dir():
                disk.folder(place, PUBLIC_FOLDER)
                disk.sync()
        disk.write_durably(folder / name, data, PUBLIC_FILE)


def _why_wrong(name: str, data: bytes, text: str, keys: Sequence[Vkey]) -> str | None:
    """Return what is wrong with a file among the anchors of a checkpoint, or None."""
    ending = name.rpartition(".")[2]
    if name == _NONCE:
        return None if len(data) == NONCE_SIZE else "what blinds the question to calendars is not whole"
    try:
        if ending not in set(Sort):
            return "it is nothing that is kept here"
        if _name(Sort(ending), data) != name:
            return "it is not what was kept: its name is its digest"
        if ending == Sort.COSIGNATURE:
            return _why_line_wrong(data, text, keys)
        if ending == Sort.RESPONSE:
            timestamp.Token.parse(data).check_imprint(text.encode())
        elif ending == Sort.PROOF:
            ots.Timestamp.parse(data).check_content(text.encode())
    except BrokenEvidence as error:
        return f"it does not speak of this checkpoint: {error}"
    return None


def _why_not(check: Callable[[bytes, bytes], object], data: bytes, content: bytes) -> str | None:
    try:
        check(data, content)
    except BrokenEvidence as error:
        return str(error)
    return None


def _why_line_wrong(data: bytes, text: str, keys: Sequence[Vkey]) -> str | None:
    lines = _lines(data)
    if not lines:
        return "it holds no line of a witness"
    for line in lines:
        known = [key for key in keys if (line.name, line.key_id) == (key.name, key.key_id)]
        if any(fits(text, line, key) is None for key in known):
            return "the line of this witness does not fit the checkpoint"
    return None


def _name(sort: Sort, data: bytes) -> str:
    return f"{hashlib.sha256(data).hexdigest()[:16]}.{sort}"


def fits(text: str, line: Signature, key: Vkey) -> int | None:
    """Return when the witness cosigned this text by this line, or None when it did not."""
    try:
        return cosignature.check(text, line, key)
    except BrokenEvidence:
        return None


def _lines(data: bytes) -> tuple[Signature, ...]:
    try:
        return cosignature.parse_lines(data.decode())
    except (Damaged, UnicodeDecodeError):
        return ()


def _bytes(path: Path, most: int) -> bytes | None:
    with sentences("read", path):
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(most)
