"""Questions about exhibits: which there are, how each is called, what lies in what, and what is here already."""

# ruff: noqa: S608 - what is put together here are constants of this room; values are always bound

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from witnessmark.archive.erase import Erasure
from witnessmark.catalogue.replay import inside, place
from witnessmark.catalogue.rows import ExhibitRow, Named
from witnessmark.catalogue.tables import PAGE, Tables
from witnessmark.errors import WrongUsage
from witnessmark.model.digest import Commitment, Digest
from witnessmark.model.words import Kind

_CALLED_PAGE = 10_000
_CALLED = (
    f"SELECT seq, source, container, printed FROM exhibit WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT {_CALLED_PAGE}"
)
_ID = re.compile(r"[a-z2-7]{16}\Z")
_PUBLIC = re.compile(r"[A-Z]{1,6}-[0-9]{5,}\Z")
_SHOWN = 5


class Exhibits(Tables):
    """What the ledger says of exhibits."""

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
            islice(self._exhibits("AND e.handle IN (SELECT value FROM json_each(:handles))", handles=asked), PAGE)
        )
        if len(rows) == PAGE:
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
        for start in range(0, len(places), PAGE):
            page = json.dumps(places[start : start + PAGE])
            yield from self._exhibits("AND e.seq IN (SELECT value FROM json_each(:page))", page=page)

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
