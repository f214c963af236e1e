"""Questions about steps: which contents are due, what was made of each, and what there is to search."""

# ruff: noqa: S608 - what is put together here are constants of this room; values are always bound

import json
from collections.abc import Collection, Iterator, Sequence

from witnessmark.catalogue import looking, schema
from witnessmark.catalogue.count import NOT_READ
from witnessmark.catalogue.exhibits import Exhibits
from witnessmark.catalogue.rows import Due, ExhibitRow, Findable, path_of
from witnessmark.catalogue.tables import PAGE
from witnessmark.model.derivative import Derivative, Outcome
from witnessmark.model.digest import Digest
from witnessmark.model.words import Kind, StepName

_WELL = (Outcome.OK, Outcome.PARTIAL)
_KILLED = (
    "SELECT d.seq, c.digest, c.handle, c.size, e.path, e.depth, q.id FROM derivative d"
    " JOIN content c ON c.handle = d.handle JOIN exhibit e ON e.seq = c.first JOIN exhibit q ON q.seq = e.root"
    " WHERE d.step = 'read' AND d.outcome IN (SELECT value FROM json_each(?)) AND d.version = ? AND d.settings = ?"
    f" AND d.seq > ? AND d.seq <= ? AND d.seq = (SELECT max(seq) FROM derivative WHERE handle = d.handle"
    f" AND step = 'read' AND seq <= ?) ORDER BY d.seq LIMIT {PAGE}"
)
_TEXTS = (
    "SELECT t.step, t.digest FROM derivative t JOIN derivative r ON r.seq = (SELECT max(seq) FROM derivative"
    " WHERE handle = ? AND step = 'read' AND seq <= ?) WHERE t.handle = ? AND t.step <> 'read' AND t.seq <= ?"
    " AND t.version = r.version AND t.settings = r.settings ORDER BY t.seq"
)
_NAMES = 1_000
_RUN = Kind.EXAMINATION_RUN.value


class Steps(Exhibits):
    """What was done with contents, and what is to do."""

    _read_up_to: dict[tuple[str, str], int]
    """By version and settings: up to where in the order of first sealing nothing is due any more."""

    def due(self, step_version: str, settings: str) -> Iterator[Due]:
        """Yield contents that no `read` step of that version and settings has worked on, in order of first sealing."""
        sql = (
            "SELECT c.first, c.digest, c.handle, c.size, e.path, e.depth, q.id FROM content c"
            " JOIN exhibit e ON e.seq = c.first JOIN exhibit q ON q.seq = e.root"
            f" WHERE c.first > ? AND c.first <= ? AND {NOT_READ} ORDER BY c.first LIMIT {PAGE}"
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

    # What else one reading may ask for

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
