"""The tables of the catalogue, and opening their file: a cache that is made again rather than mended.

`seq` is the place of an event in logical order, counted from 1; a smaller `seq` was recorded earlier. Whatever is
asked "as of" a checkpoint is asked of the rows with `seq` up to some top.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from witnessmark.errors import Busy, Damaged, DiskFailure

VERSION = 5
"""Changed with every change of a table or of what replay puts into it."""

_CHECKED = 16 << 20
"""Smaller files are looked through when they are opened."""

_NAME = re.compile(r"CREATE TABLE (\w+)")

_REFUSED = (
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_NOMEM,
)

_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE seen (size INTEGER PRIMARY KEY, root TEXT NOT NULL, seq INTEGER NOT NULL,
    segment INTEGER NOT NULL, line INTEGER NOT NULL);
CREATE TABLE looked (search TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE broken (segment INTEGER NOT NULL, line INTEGER NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (segment, line)) WITHOUT ROWID;
CREATE TABLE event (seq INTEGER PRIMARY KEY, idx INTEGER NOT NULL, commitment BLOB NOT NULL, kind TEXT NOT NULL,
    understood INTEGER NOT NULL);
CREATE TABLE content (first INTEGER PRIMARY KEY, handle TEXT NOT NULL, digest BLOB NOT NULL, size INTEGER NOT NULL);
CREATE TABLE exhibit (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, handle TEXT NOT NULL, digest BLOB NOT NULL,
    size INTEGER NOT NULL, path TEXT NOT NULL, printed TEXT NOT NULL, how TEXT NOT NULL, accession BLOB NOT NULL,
    source TEXT NOT NULL, container INTEGER, root INTEGER NOT NULL, depth INTEGER NOT NULL, place BLOB NOT NULL,
    filesystem TEXT, stated TEXT, at TEXT NOT NULL, sealed TEXT NOT NULL);
CREATE TABLE derivative (seq INTEGER PRIMARY KEY, handle TEXT NOT NULL, step TEXT NOT NULL, version TEXT NOT NULL,
    settings TEXT NOT NULL, digest BLOB, size INTEGER NOT NULL, tools TEXT NOT NULL, grade TEXT NOT NULL,
    outcome TEXT, detail TEXT NOT NULL, media_type TEXT NOT NULL, kind TEXT, languages TEXT NOT NULL,
    characters INTEGER NOT NULL);
CREATE TABLE finding (seq INTEGER PRIMARY KEY, exhibit BLOB NOT NULL, examination TEXT NOT NULL,
    version TEXT NOT NULL, outcome TEXT NOT NULL, fields TEXT NOT NULL);
CREATE TABLE hold (seq INTEGER PRIMARY KEY, finding BLOB NOT NULL, state TEXT NOT NULL);
CREATE TABLE act (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, fields TEXT NOT NULL);
CREATE TABLE subject (commitment BLOB NOT NULL, kind TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (commitment, kind, seq)) WITHOUT ROWID;
CREATE TABLE public (name TEXT PRIMARY KEY, exhibit BLOB NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX event_commitment ON event (commitment);
CREATE UNIQUE INDEX content_handle ON content (handle);
"""

_LATER = """
CREATE INDEX IF NOT EXISTS event_idx ON event (idx);
CREATE INDEX IF NOT EXISTS content_digest ON content (digest);
CREATE INDEX IF NOT EXISTS content_size ON content (size);
CREATE INDEX IF NOT EXISTS exhibit_id ON exhibit (id);
CREATE INDEX IF NOT EXISTS exhibit_handle ON exhibit (handle);
CREATE INDEX IF NOT EXISTS exhibit_place ON exhibit (place);
CREATE INDEX IF NOT EXISTS exhibit_container ON exhibit (container) WHERE container IS NOT NULL;
CREATE INDEX IF NOT EXISTS exhibit_root ON exhibit (root) WHERE container IS NOT NULL;
CREATE INDEX IF NOT EXISTS derivative_handle ON derivative (handle, step);
CREATE INDEX IF NOT EXISTS derivative_type ON derivative (media_type, seq) WHERE step = 'read';
CREATE INDEX IF NOT EXISTS derivative_way ON derivative (settings) WHERE step = 'read' AND settings <> '{}';
CREATE INDEX IF NOT EXISTS finding_exhibit ON finding (exhibit);
CREATE INDEX IF NOT EXISTS hold_finding ON hold (finding);
CREATE INDEX IF NOT EXISTS act_kind ON act (kind);
CREATE INDEX IF NOT EXISTS public_exhibit ON public (exhibit);
"""
"""Indices that replay does without: over a table that is filled already they are made in a fraction of the time."""


@contextmanager
def sentences() -> Iterator[None]:
    """Say in one sentence what SQLite could not do.

    Raises:
        Busy: when another process holds the file for too long.
        DiskFailure: when the disk refuses.
        Damaged: when the file is not what was written.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        if code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Busy("another process is bringing the catalogue up to date: try again") from error
        if code & 0xFF in _REFUSED and code != sqlite3.SQLITE_IOERR_SHORT_READ:
            raise DiskFailure(f"the catalogue could not be read or written: {error}") from error
        raise Damaged(
            f"the catalogue is damaged ({error}): run `witnessmark rebuild`; nothing sealed is lost"
        ) from error


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, or make one without tables; it is readable by its owner alone."""
    with sentences():
        connection = sqlite3.connect(path, timeout=30, isolation_level=None, cached_statements=256)
        try:
            path.chmod(0o600)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA cache_size=-65536")
            connection.execute("PRAGMA temp_store=MEMORY")
            _check_pages(connection, path.stat().st_size)
        except OSError as error:
            connection.close()
            raise DiskFailure(f"the catalogue could not be read: {error.strerror}") from error
        except sqlite3.DatabaseError:
            connection.close()
            raise
    return connection


def _check_pages(connection: sqlite3.Connection, size: int) -> None:
    if size < _CHECKED and connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise sqlite3.DatabaseError("its pages contradict each other")


def remove(path: Path) -> None:
    """Remove the file and what SQLite keeps beside it.

    Raises:
        DiskFailure: when the disk refuses.
    """
    try:
        for suffix in ("-wal", "-shm", ""):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    except OSError as error:
        raise DiskFailure(f"the catalogue {path.name} cannot be removed: {error.strerror}") from error


def make(connection: sqlite3.Connection, origin: str) -> None:
    """Make the tables, empty, unless another process has just made them."""
    connection.execute("BEGIN IMMEDIATE")
    if not _has_tables(connection):
        for statement in filter(str.strip, _TABLES.split(";")):
            connection.execute(statement)
        connection.executemany("INSERT INTO about VALUES (?, ?)", [("schema", str(VERSION)), ("origin", origin)])
    connection.execute("COMMIT")


def make_indices(connection: sqlite3.Connection) -> None:
    """Make the indices that are not there yet."""
    for statement in filter(str.strip, _LATER.split(";")):
        connection.execute(statement)


def check_ours(connection: sqlite3.Connection, origin: str) -> None:
    """Refuse tables of another version, or about another ledger.

    Raises:
        Damaged: when they are.
    """
    about = dict(connection.execute("SELECT name, value FROM about")) if _has_tables(connection) else {}
    if about != {"schema": str(VERSION), "origin": origin}:
        raise Damaged("it was of another version or another ledger")
    here = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not here >= set(_NAME.findall(_TABLES)):
        raise Damaged("a table is missing")


def is_empty(connection: sqlite3.Connection) -> bool:
    """Tell whether there are no tables at all."""
    return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None


def _has_tables(connection: sqlite3.Connection) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'about'").fetchone()
    return found is not None
