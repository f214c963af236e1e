"""What the ledger means: questions about exhibits, steps and acts, answered from a projection of it.

The questions stand by their subject in the files of those names; here the projection is opened and kept up.
A file that cannot be read as a catalogue of this ledger is made again, silently but for a line in `notes`.
"""

import sqlite3
from typing import Self

from witnessmark.archive.folder import Archive
from witnessmark.archive.ledger import BrokenLine, Ledger
from witnessmark.catalogue import schema
from witnessmark.catalogue.acts import Acts
from witnessmark.catalogue.count import count
from witnessmark.catalogue.replay import Replay
from witnessmark.catalogue.rows import Counts
from witnessmark.catalogue.steps import Steps
from witnessmark.errors import BrokenEvidence, Damaged, WrongUsage
from witnessmark.model.digest import Commitment
from witnessmark.proof import merkle


class Catalogue(Steps, Acts):
    """The projection of one ledger; a context manager that closes it."""

    def __init__(self, connection: sqlite3.Connection, ledger: Ledger, notes: list[str]) -> None:
        self._connection = connection
        self._ledger = ledger
        self._replay = Replay(connection)
        self._top = 0
        self._read_up_to: dict[tuple[str, str], int] = {}
        self.notes = notes

    @classmethod
    def open(cls, archive: Archive) -> Self:
        """Open the catalogue of an archive and bring it up to date; one that is no use is made again.

        Raises:
            DiskFailure: when its file can be neither read nor made.
            Busy: when another process holds it for too long.
        """
        notes: list[str] = []
        try:
            return cls._opened(archive, notes)
        except BrokenEvidence as error:
            notes.append(f"the catalogue was made again from the ledger: {error}")
            schema.remove(archive.catalogue_path)
        return cls._opened(archive, notes)

    @classmethod
    def _opened(cls, archive: Archive, notes: list[str]) -> Self:
        connection = _connect(archive)
        try:
            found = cls(connection, archive.ledger, notes)
            found._follow()
        except BaseException:
            connection.close()
            raise
        return found

    def catch_up(self, archive: Archive) -> None:
        """Take in the events that were committed since."""
        self._ledger = archive.ledger
        try:
            self._follow()
        except BrokenEvidence as error:
            self.notes.append(f"the catalogue was made again from the ledger: {error}")
            self.rebuild(archive)

    def rebuild(self, archive: Archive) -> None:
        """Make the catalogue again from the ledger alone."""
        self.close()
        schema.remove(archive.catalogue_path)
        self._ledger = archive.ledger
        self._connection = _connect(archive)
        self._replay = Replay(self._connection)
        self._read_up_to.clear()
        self._follow()

    def as_of(self, size: int) -> "Catalogue":
        """Return the catalogue as it was at the checkpoint of that size; it is closed with this one."""
        found = Catalogue(self._connection, self._ledger, self.notes)
        found._top = min(self._top, self._top_at(size))
        return found

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # How far it reaches

    @property
    def top(self) -> int:
        """The place in logical order of the last event that this catalogue speaks of."""
        return self._top

    def _follow(self) -> None:
        """Take in what is new.

        Raises:
            Damaged: when the catalogue is not of this ledger.
        """
        checkpoint = self._ledger.checkpoint()
        seen = self._one("SELECT size, root FROM seen WHERE size >= 0 ORDER BY size DESC LIMIT 1")
        if seen is not None and checkpoint.size < seen[0]:
            # Another process has committed more since this archive was opened; or the archive is an older copy.
            self._top = self._top_at(checkpoint.size)
            self._check_last()
            return
        if seen is not None and seen[0] > 0:
            proof = self._ledger.consistency(seen[0], checkpoint.size)
            merkle.check_consistency(seen[0], checkpoint.size, bytes.fromhex(seen[1]), checkpoint.root, proof)
        with schema.sentences():
            self._replay.follow(self._ledger)
        self._top = self._top_at(checkpoint.size)

    def _check_last(self) -> None:
        row = self._one("SELECT idx, commitment FROM event WHERE seq = ?", self._top)
        try:
            ours = row is None or self._ledger.recorded(row[0]).commitment.raw == row[1]
        except (WrongUsage, Damaged):
            ours = False
        if not ours:
            raise Damaged("it is about another ledger")

    def _top_at(self, size: int) -> int:
        row = self._one("SELECT seq FROM event WHERE idx < ? ORDER BY seq DESC LIMIT 1", size)
        return 0 if row is None else int(row[0])

    def last(self) -> Commitment | None:
        """Return the commitment of the last event that this catalogue speaks of."""
        row = self._one("SELECT commitment FROM event WHERE seq = ?", self._top)
        return None if row is None else Commitment(row[0])

    def recorded_at(self, seq: int, commitment: Commitment | None) -> bool:
        """Tell whether that event stands at that place in logical order; place 0 is before all events."""
        row = self._one("SELECT commitment FROM event WHERE seq = ?", seq)
        return (row is None and seq == 0) if commitment is None else row == (commitment.raw,)

    def broken(self) -> list[BrokenLine]:
        """Return the lines that replay could not read and left out, by whichever process."""
        return [BrokenLine(*row) for row in self._all("SELECT segment, line, reason FROM broken ORDER BY 1, 2")]

    def counts(self, step_version: str, settings: str) -> Counts:
        """Return how many there are of everything; due is what that version and settings of `read` has to do."""
        return count(self._all, self._top, step_version, settings)


def _connect(archive: Archive) -> sqlite3.Connection:
    """Return a connection to tables that are ours, made where there were none."""
    path, origin = archive.catalogue_path, archive.ledger.origin
    connection = schema.connect(path)
    try:
        with schema.sentences():
            if schema.is_empty(connection):
                schema.make(connection, origin)
            schema.check_ours(connection, origin)
    except BaseException:
        connection.close()
        raise
    return connection
