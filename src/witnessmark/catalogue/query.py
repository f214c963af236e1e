"""What the ledger means: questions about exhibits, findings, judgements and editions, answered from a projection.

Rules for whoever changes this file:
- Every answer is as of a checkpoint: rows later than `_top` are not looked at. Only `has`, `handle_of` and
  `known_size`, which keep a thing from being sealed twice, look at everything that is here.
- Rows are fetched page by page in logical order, so that the catalogue may grow while someone walks through it.
- A file that cannot be read as a catalogue of this ledger is made again, silently but for a line in `notes`.
"""

# ruff: noqa: S608 - what is put together here are constants of this room; values are always bound

import json
import re
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any, Self

from witnessmark.archive.erase import Erasure
from witnessmark.archive.folder import Archive
from witnessmark.archive.ledger import BrokenLine, Ledger
from witnessmark.catalogue import looking, schema
from witnessmark.catalogue.count import NOT_READ, count
from witnessmark.catalogue.replay import Replay, inside, place
from witnessmark.catalogue.rows import (
    EXHIBITS,
    AccessionRow,
    AttestationRow,
    Counts,
    CustodyRow,
    DecisionRow,
    Due,
    ExhibitRow,
    Findable,
    FindingRow,
    Named,
    RefusalRow,
    ReleaseRow,
    ReviewerRow,
    UnlockRow,
    exhibit_row,
    path_of,
)
from witnessmark.errors import BrokenEvidence, Damaged, WrongUsage
from witnessmark.model.accession import Accession, Refusal
from witnessmark.model.attestation import Attestation, Reviewer
from witnessmark.model.custody import Custody
from witnessmark.model.decision import Decision
from witnessmark.model.derivative import Derivative, Outcome
from witnessmark.model.digest import Commitment, Digest
from witnessmark.model.finding import Finding
from witnessmark.model.release import Release
from witnessmark.model.unlock import Unlock
from witnessmark.model.words import HoldState, Kind, StepName
from witnessmark.proof import merkle

_PAGE = 500
_CALLED_PAGE = 10_000
_CALLED = (
    f"SELECT seq, source, container, printed FROM exhibit WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT {_CALLED_PAGE}"
)
_ID = re.compile(r"[a-z2-7]{16}\Z")
_PUBLIC = re.compile(r"[A-Z]{1,6}-[0-9]{5,}\Z")
_SHOWN = 5
_WELL = (Outcome.OK, Outcome.PARTIAL)


class Catalogue:
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

    def _one(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        with schema.sentences():
            found: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
        return found

    def _all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with schema.sentences():
            return self._connection.execute(sql, values).fetchall()

    # Exhibits

    def exhibits(self, after_index: int | None = None) -> Iterator[ExhibitRow]:
        """Yield exhibits in the order of their sealing, or those after the exhibit with that ledger index.

        Raises:
            WrongUsage: when there is no such exhibit.
        """
        last = 0
        if after_index is not None:
            row = self._one("SELECT seq FROM event WHERE idx = ?", after_index)
            if row is None:
                raise WrongUsage(f"the ledger has no event {after_index}")
            last = row[0]
        yield from self._exhibits("", last)

    def _exhibits(self, condition: str, last: int = 0, **values: object) -> Iterator[ExhibitRow]:
        sql = f"{EXHIBITS} WHERE e.seq > :last AND e.seq <= :top {condition} ORDER BY e.seq LIMIT {_PAGE}"
        while True:
            with schema.sentences():
                page = self._connection.execute(sql, {"last": last, "top": self._top, **values}).fetchall()
            yield from map(exhibit_row, page)
            if len(page) < _PAGE:
                return
            last = page[-1][0]

    def exhibit(self, ref: str) -> ExhibitRow:
        """Return the exhibit that a private id, a public id, or `path:` and a printed path names.

        Raises:
            WrongUsage: when none or several answer to it.
        """
        if ref.startswith("path:"):
            found = list(self._exhibits("AND e.printed = :printed", printed=ref.removeprefix("path:")))
        elif _PUBLIC.match(ref):
            found = list(
                self._exhibits(
                    "AND v.commitment = (SELECT exhibit FROM public WHERE name = :name AND seq <= :top)", name=ref
                )
            )
        elif _ID.match(ref):
            found = list(self._exhibits("AND e.id = :id", id=ref))
        else:
            raise WrongUsage(f"{ref!r} names no exhibit: give its id, its public id, or path: and its path")
        if not found:
            raise WrongUsage(f"no exhibit is called {ref!r}: `files` lists ids and paths")
        if len(found) > 1:
            ids = ", ".join(row.exhibit.id for row in found[:_SHOWN]) + (", …" if len(found) > _SHOWN else "")
            raise WrongUsage(f"{len(found)} exhibits are called {ref!r}: name one by its id ({ids})")
        return found[0]

    def by_commitment(self, commitment: Commitment) -> ExhibitRow:
        """Return the exhibit that an event closed with that commitment.

        Raises:
            WrongUsage: when there is none.
        """
        seq = "AND e.seq = (SELECT seq FROM event WHERE commitment = :commitment)"
        row = next(self._exhibits(seq, commitment=commitment.raw), None)
        if row is None:
            erased = self.erased(commitment)
            raise WrongUsage("no exhibit has that commitment" if erased is None else f"that exhibit was {erased}")
        return row

    def erased(self, commitment: Commitment) -> str | None:
        """Return when and by whom an exhibit was erased, in words; None for one that was not.

        What is gone is gone for every look at the archive, also as of an earlier checkpoint.
        """
        row = self._one(
            "SELECT a.fields FROM subject s JOIN act a USING (seq) WHERE s.commitment = ? AND s.kind = ?",
            commitment.raw,
            Kind.ERASURE.value,
        )
        return None if row is None else Erasure.from_fields(json.loads(row[0])).sentence

    def occurrences(self, handle: str) -> Iterator[ExhibitRow]:
        """Yield all exhibits of one content."""
        return self._exhibits("AND e.handle = :handle", handle=handle)

    def occurrences_of(self, handles: Sequence[str], most: int) -> dict[str, tuple[ExhibitRow, ...]]:
        """Return the exhibits of several contents, at most so many of each: one question where copies are few."""
        asked, found = json.dumps(handles), dict[str, list[ExhibitRow]]()
        rows = list(
            islice(self._exhibits("AND e.handle IN (SELECT value FROM json_each(:handles))", handles=asked), _PAGE)
        )
        if len(rows) == _PAGE:
            return {handle: tuple(islice(self.occurrences(handle), most)) for handle in handles}
        for row in rows:
            found.setdefault(row.exhibit.handle, []).append(row)
        return {handle: tuple(some[:most]) for handle, some in found.items()}

    def components(self, commitment: Commitment) -> Iterator[ExhibitRow]:
        """Yield the exhibits that lie directly in a container."""
        seq = "AND e.container = (SELECT seq FROM event WHERE commitment = :commitment)"
        return self._exhibits(seq, commitment=commitment.raw)

    def unopened(self) -> Iterator[ExhibitRow]:
        """Yield containers without components whose very content was unpacked where it occurs elsewhere.

        A container that lies in itself is left out: it would never end.
        """
        return self._exhibits(
            "AND NOT EXISTS (SELECT 1 FROM exhibit m WHERE m.container = e.seq)"
            " AND EXISTS (SELECT 1 FROM exhibit o JOIN exhibit m ON m.container = o.seq WHERE o.handle = e.handle)"
            " AND NOT EXISTS (WITH RECURSIVE up (seq) AS (SELECT e.container UNION"
            " SELECT x.container FROM exhibit x JOIN up USING (seq))"
            " SELECT 1 FROM up JOIN exhibit a USING (seq) WHERE a.handle = e.handle)"
        )

    def names(self, after: int = 0) -> Iterator[Named]:
        """Yield how each exhibit is called, in logical order; those after a place in it."""
        while True:
            page = self._all(_CALLED, after, self._top)
            yield from map(Named._make, page)
            if len(page) < _CALLED_PAGE:
                return
            after = page[-1][0]

    def at(self, places: Sequence[int]) -> Iterator[ExhibitRow]:
        """Yield the exhibits at those places in logical order, which go up."""
        for start in range(0, len(places), _PAGE):
            page = json.dumps(places[start : start + _PAGE])
            yield from self._exhibits("AND e.seq IN (SELECT value FROM json_each(:page))", page=page)

    def read_as(
        self,
        media_types: Collection[str],
        version: str,
        way: str,
        outcomes: Collection[Outcome] = _WELL,
        *,
        after: int = 0,
    ) -> Iterator[ExhibitRow]:
        """Yield the first exhibit of each content that was read as one of those types, and not yet in that way.

        Args:
            media_types: the types.
            version: the version of the step `read`.
            way: how the settings of that way begin.
            outcomes: how the newest reading ended.
            after: of readings later in logical order than this only.
        """
        with schema.sentences():
            found = looking.firsts(self._connection, self._top, media_types, version, way, outcomes, after)
        yield from self.at(found)

    def not_read_as(
        self,
        media_types: Collection[str],
        version: str,
        way: str,
        outcomes: Collection[Outcome] = _WELL,
        *,
        after: int = 0,
    ) -> int:
        """Return how many contents `read_as` would give."""
        with schema.sentences():
            return len(looking.firsts(self._connection, self._top, media_types, version, way, outcomes, after))

    def ways(self, begins: str) -> dict[str, int]:
        """Return the settings of the newest readings that begin so, each with the number of its contents."""
        with schema.sentences():
            return looking.ways(self._connection, self._top, begins)

    def looked_until(self, search: str) -> int:
        """Return up to where in logical order a search for what is due was made to its end; 0 for never."""
        row = self._one("SELECT seq FROM looked WHERE search = ? AND seq <= ?", search, self._top)
        return 0 if row is None else int(row[0])

    def note_looked(self, search: str, seq: int) -> None:
        """Keep that a search was made to its end, up to `seq`: forgotten with the tables, it costs a second one."""
        with schema.sentences():
            self._connection.execute("INSERT OR REPLACE INTO looked VALUES (?, ?)", (search, seq))

    def without_text(self, media_types: Collection[str]) -> int:
        """Return how many contents were read well as one of those types, and have no visible text."""
        with schema.sentences():
            return looking.without_text(self._connection, self._top, media_types)

    def lies_in_itself(self, row: ExhibitRow) -> bool:
        """Tell whether a container lies, at any depth, in a container of the same content."""
        found = self._one(
            "WITH RECURSIVE up (seq) AS (SELECT e.container FROM exhibit e JOIN event v USING (seq)"
            " WHERE v.commitment = ? UNION SELECT x.container FROM exhibit x JOIN up USING (seq))"
            " SELECT 1 FROM up JOIN exhibit a USING (seq) WHERE a.handle = ?",
            row.commitment.raw,
            row.exhibit.handle,
        )
        return found is not None

    def index_of(self, commitment: Commitment) -> int:
        """Return where an event stands in the log.

        Raises:
            WrongUsage: when no event has that commitment.
        """
        row = self._one("SELECT idx FROM event WHERE commitment = ? AND seq <= ?", commitment.raw, self._top)
        if row is None:
            raise WrongUsage("no event has that commitment")
        return int(row[0])

    # What keeps a thing from being sealed twice

    def has(self, source: str, identity_path_text: str, digest: Digest) -> bool:
        """Tell whether a received file is here: the same source label, path and content.

        The path is the canonical JSON of its steps, without the accession's `root` unless `named` was given.
        """
        key = place(source, identity_path_text, digest.raw)
        return self._one("SELECT 1 FROM exhibit WHERE place = ?", key) is not None

    def components_at(self, container_id: str, path_text: str, digest: Digest) -> int:
        """Return how many components are here of the same container, path and content."""
        row = self._one(
            "SELECT count(*) FROM exhibit WHERE place = ?", place(inside(container_id), path_text, digest.raw)
        )
        assert row is not None
        return int(row[0])

    def half_opened(self) -> frozenset[str]:
        """Return the handles of containers that were not read to their end: components are here, the reading is not."""
        rows = self._all(
            "SELECT o.handle FROM (SELECT DISTINCT container FROM exhibit WHERE container IS NOT NULL) k"
            " JOIN exhibit o ON o.seq = k.container"
            " WHERE NOT EXISTS (SELECT 1 FROM derivative d WHERE d.handle = o.handle AND d.step = 'read')"
        )
        return frozenset(str(row[0]) for row in rows)

    def handle_of(self, digest: Digest) -> str | None:
        """Return the handle of a content, if it has one."""
        row = self._one("SELECT handle FROM content WHERE digest = ?", digest.raw)
        return None if row is None else str(row[0])

    def known_size(self, size: int) -> bool:
        """Tell whether some content has exactly that many bytes."""
        return self._one("SELECT 1 FROM content WHERE size = ?", size) is not None

    def broken(self) -> list[BrokenLine]:
        """Return the lines that replay could not read and left out, by whichever process."""
        return [BrokenLine(*row) for row in self._all("SELECT segment, line, reason FROM broken ORDER BY 1, 2")]

    # Accessions

    def next_accession(self) -> int:
        """Return the number of the next accession."""
        return max((row.accession.number for row in self.accessions()), default=0) + 1

    def accessions(self) -> list[AccessionRow]:
        """Return all accession events in order."""
        rows = self._acts(Kind.ACCESSION)
        return [AccessionRow(Commitment(c), i, Accession.from_fields(json.loads(f))) for c, i, f in rows]

    def custody_of(self, accession: Commitment) -> list[CustodyRow]:
        """Return what was stated of one accession's custody, in the order in which it was sealed."""
        rows = ((c, i, json.loads(f)) for c, i, f in self._acts(Kind.CUSTODY, accession))
        return [CustodyRow(Commitment(c), i, Custody.from_fields(f), f["at"]) for c, i, f in rows]

    def unlocks_of(self, commitment: Commitment) -> list[UnlockRow]:
        """Return when passwords were tried on an exhibit."""
        rows = ((i, json.loads(f)) for _, i, f in self._acts(Kind.UNLOCK, commitment))
        return [UnlockRow(i, Unlock.from_fields(f), f["at"]) for i, f in rows]

    def refusals(self) -> list[RefusalRow]:
        """Return all that could not be sealed."""
        return [
            RefusalRow(row.accession.number, row.accession.source, refusal)
            for row in self.accessions()
            for refusal in row.accession.refusals
        ]

    def refusals_of(self, source: str) -> list[Refusal]:
        """Return what could not be sealed of one source."""
        return [row.refusal for row in self.refusals() if row.source == source]

    # Steps

    def due(self, step_version: str, settings: str) -> Iterator[Due]:
        """Yield contents that no `read` step of that version and settings has worked on, in order of first sealing."""
        sql = (
            "SELECT c.first, c.digest, c.handle, c.size, e.path, e.depth, q.id FROM content c"
            " JOIN exhibit e ON e.seq = c.first JOIN exhibit q ON q.seq = e.root"
            f" WHERE c.first > ? AND c.first <= ? AND {NOT_READ} ORDER BY c.first LIMIT {_PAGE}"
        )
        step = (step_version, settings)
        last = self._read_up_to.get(step, 0)  # a content that was read stays so: a later walk begins behind it
        while page := self._all(sql, last, self._top, *step, self._top):
            self._read_up_to.setdefault(step, 0)
            if last == self._read_up_to[step]:
                self._read_up_to[step] = page[0][0] - 1
            last = page[-1][0]
            for _, digest, handle, size, path, depth, root_id in page:
                steps = path_of(path)
                yield Due(Digest(digest.hex()), handle, size, steps[-1].name if steps else "", depth, root_id)

    def killed(self, step_version: str, settings: str, outcomes: Sequence[Outcome]) -> Iterator[Due]:
        """Yield contents whose newest reading is one of that version and settings and ended in one of those ways."""
        words = json.dumps([outcome.value for outcome in outcomes])
        last = 0
        while page := self._all(_KILLED, words, step_version, settings, last, self._top, self._top):
            last = page[-1][0]
            for _, digest, handle, size, path, depth, root_id in page:
                steps = path_of(path)
                yield Due(Digest(digest.hex()), handle, size, steps[-1].name if steps else "", depth, root_id)

    def derivatives(self, handle: str, version: str, settings: str) -> dict[str, Digest]:
        """Return what steps of a version and settings made of a content, by the step's name; the newest of each."""
        rows = self._all(
            "SELECT step, digest FROM derivative WHERE handle = ? AND version = ? AND settings = ? AND digest NOT NULL"
            " AND seq <= ? ORDER BY seq",
            handle,
            version,
            settings,
            self._top,
        )
        return {step: Digest(digest.hex()) for step, digest in rows}

    def made(self, handle: str, step: StepName, version: str) -> list[Derivative]:
        """Return what a step of a version made of a content, the newest first; what was made of it as a file only."""
        rows = self._all(
            "SELECT settings, digest, size, tools, grade FROM derivative WHERE handle = ? AND step = ? AND version = ?"
            " AND digest NOT NULL AND seq <= ? ORDER BY seq DESC",
            handle,
            step.value,
            version,
            self._top,
        )
        return [
            Derivative(handle, step, version, Digest(digest.hex()), size, settings, json.loads(tools), grade)
            for settings, digest, size, tools, grade in rows
        ]

    def spent(self, root_id: str) -> tuple[int, int, int]:
        """Return the size of a received file, and how many bytes and components were sealed from inside it.

        What was put together from volumes does not count: its bytes were here before, and nothing unfolded.
        """
        row = self._one("SELECT seq, size FROM exhibit WHERE id = ?", root_id)
        if row is None:
            return 0, 0, 0
        inner = self._one(
            "SELECT coalesce(sum(size), 0), count(*) FROM exhibit"
            " WHERE root = ? AND container IS NOT NULL AND how <> 'joined'",
            row[0],
        )
        assert inner is not None
        return int(row[1]), int(inner[0]), int(inner[1])

    def taken_from(self, handle: str) -> tuple[int, int]:
        """Return how many bytes and components were sealed directly from the first occurrence of a content."""
        row = self._one(
            "SELECT coalesce(sum(e.size), 0), count(*) FROM exhibit e JOIN content c ON c.first = e.container"
            " WHERE c.handle = ? AND e.how <> 'joined'",
            handle,
        )
        assert row is not None
        return int(row[0]), int(row[1])

    def unexamined(self, examination: str, version: str) -> Iterator[ExhibitRow]:
        """Yield exhibits that no run of this version of a method has covered, or only before they were read."""
        runs = self._all("SELECT seq, fields FROM act WHERE kind = ? AND seq <= ?", _RUN, self._top)
        fields = ((seq, json.loads(text)) for seq, text in runs)
        done = max((seq for seq, f in fields if (f["examination"], f["version"]) == (examination, version)), default=0)
        return self._exhibits(
            "AND (e.seq > :done OR (SELECT min(seq) FROM derivative WHERE handle = e.handle AND step = 'read') > :done)"
            " AND NOT EXISTS (SELECT 1 FROM finding f WHERE f.exhibit = v.commitment AND f.examination = :examination"
            " AND f.version = :version)",
            done=done,
            examination=examination,
            version=version,
        )

    # What can be searched

    def findable(self, after: int = 0) -> Iterator[Findable]:
        """Yield contents about which something was recorded after that place in logical order."""
        rows = self._all(
            "SELECT c.first, c.handle FROM content c WHERE c.handle IN"
            " (SELECT handle FROM exhibit WHERE seq > ? AND seq <= ? UNION"
            " SELECT handle FROM derivative WHERE seq > ? AND seq <= ?) ORDER BY c.first",
            *(after, self._top) * 2,
        )
        for first, handle in rows:
            texts = dict(self._all(_TEXTS, handle, self._top, handle, self._top))
            names = self._all(
                f"SELECT printed FROM exhibit WHERE handle = ? AND seq <= ? ORDER BY seq LIMIT {_NAMES}",
                handle,
                self._top,
            )
            visible, hidden = texts.get("visible"), texts.get("hidden")
            yield Findable(
                handle,
                first,
                None if visible is None else Digest(visible.hex()),
                None if hidden is None else Digest(hidden.hex()),
                tuple(name for (name,) in names),
            )

    def last(self) -> Commitment | None:
        """Return the commitment of the last event that this catalogue speaks of."""
        row = self._one("SELECT commitment FROM event WHERE seq = ?", self._top)
        return None if row is None else Commitment(row[0])

    def recorded_at(self, seq: int, commitment: Commitment | None) -> bool:
        """Tell whether that event stands at that place in logical order; place 0 is before all events."""
        row = self._one("SELECT commitment FROM event WHERE seq = ?", seq)
        return (row is None and seq == 0) if commitment is None else row == (commitment.raw,)

    # Findings and judgements

    def findings(self, commitment: Commitment) -> list[FindingRow]:
        """Return the findings about one exhibit."""
        return self._findings("f.exhibit = ?", commitment.raw)

    def held(self) -> list[FindingRow]:
        """Return the findings that wait for a person."""
        return [row for row in self._findings("1") if row.hold is HoldState.HELD]

    def _findings(self, condition: str, *values: object) -> list[FindingRow]:
        rows = self._all(
            "SELECT v.commitment, v.idx, f.fields, h.state, hv.idx FROM finding f JOIN event v USING (seq)"
            " LEFT JOIN hold h ON h.seq = (SELECT max(seq) FROM hold WHERE finding = v.commitment AND seq <= ?)"
            f" LEFT JOIN event hv ON hv.seq = h.seq WHERE f.seq <= ? AND {condition} ORDER BY f.seq",
            self._top,
            self._top,
            *values,
        )
        return [
            FindingRow(
                Commitment(c), i, Finding.from_fields(json.loads(f)), None if state is None else HoldState(state), at
            )
            for c, i, f, state, at in rows
        ]

    def reviewers(self) -> list[ReviewerRow]:
        """Return everyone whose signature is known."""
        rows = self._acts(Kind.REVIEWER)
        return [ReviewerRow(Commitment(c), i, Reviewer.from_fields(json.loads(f))) for c, i, f in rows]

    def attestations(self, commitment: Commitment) -> list[AttestationRow]:
        """Return the judgements about one exhibit."""
        rows = self._acts(Kind.ATTESTATION, commitment)
        return [AttestationRow(Commitment(c), i, Attestation.from_fields(json.loads(f))) for c, i, f in rows]

    # Decisions and editions

    def decisions(self) -> list[DecisionRow]:
        """Return the decision in force about each exhibit: the latest, in the order they were made."""
        latest: dict[Commitment, DecisionRow] = {}
        for commitment, index, fields in self._acts(Kind.DECISION):
            row = DecisionRow(Commitment(commitment), index, Decision.from_fields(json.loads(fields)))
            latest.pop(row.decision.exhibit, None)
            latest[row.decision.exhibit] = row
        return list(latest.values())

    def decisions_about(self, commitment: Commitment) -> list[DecisionRow]:
        """Return every decision about one exhibit, the one in force last."""
        rows = self._acts(Kind.DECISION, commitment)
        return [DecisionRow(Commitment(c), i, Decision.from_fields(json.loads(f))) for c, i, f in rows]

    def rotations(self) -> tuple[int, ...]:
        """Return where in the log its key handed over to another, in order."""
        rows = ((index, json.loads(fields)) for _, index, fields in self._acts(Kind.KEY))
        return tuple(index for index, fields in rows if fields.get("action") == "rotated")

    def releases(self) -> list[ReleaseRow]:
        """Return every edition that went out, in order."""
        rows = self._acts(Kind.RELEASE)
        return [ReleaseRow(Commitment(c), i, Release.from_fields(json.loads(f))) for c, i, f in rows]

    def _acts(self, kind: Kind, about: Commitment | None = None) -> list[tuple[Any, ...]]:
        sql = "SELECT v.commitment, v.idx, a.fields FROM act a JOIN event v USING (seq)"
        if about is None:
            return self._all(f"{sql} WHERE a.kind = ? AND a.seq <= ? ORDER BY a.seq", kind.value, self._top)
        return self._all(
            f"{sql} JOIN subject s USING (seq) WHERE s.commitment = ? AND s.kind = ? AND s.seq <= ? ORDER BY s.seq",
            about.raw,
            kind.value,
            self._top,
        )

    # How many

    def counts(self, step_version: str, settings: str) -> Counts:
        """Return how many there are of everything; due is what that version and settings of `read` has to do."""
        return count(self._all, self._top, step_version, settings)


_KILLED = (
    "SELECT d.seq, c.digest, c.handle, c.size, e.path, e.depth, q.id FROM derivative d"
    " JOIN content c ON c.handle = d.handle JOIN exhibit e ON e.seq = c.first JOIN exhibit q ON q.seq = e.root"
    " WHERE d.step = 'read' AND d.outcome IN (SELECT value FROM json_each(?)) AND d.version = ? AND d.settings = ?"
    f" AND d.seq > ? AND d.seq <= ? AND d.seq = (SELECT max(seq) FROM derivative WHERE handle = d.handle"
    f" AND step = 'read' AND seq <= ?) ORDER BY d.seq LIMIT {_PAGE}"
)
_TEXTS = (
    "SELECT t.step, t.digest FROM derivative t JOIN derivative r ON r.seq = (SELECT max(seq) FROM derivative"
    " WHERE handle = ? AND step = 'read' AND seq <= ?) WHERE t.handle = ? AND t.step <> 'read' AND t.seq <= ?"
    " AND t.version = r.version AND t.settings = r.settings ORDER BY t.seq"
)
_NAMES = 1_000
_RUN = Kind.EXAMINATION_RUN.value


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
