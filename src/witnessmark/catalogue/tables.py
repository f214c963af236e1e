"""The tables as they are asked: as of a place in logical order, and page by page.

Rules for whoever asks:
- Every answer is as of a checkpoint: rows later than `_top` are not looked at. Only what keeps a thing from being
  sealed twice looks at everything that is here.
- Rows are fetched page by page in logical order, so that the catalogue may grow while someone walks through it.
"""

import sqlite3
from collections.abc import Iterator
from typing import Any

from witnessmark.catalogue import schema
from witnessmark.catalogue.rows import EXHIBITS, ExhibitRow, exhibit_row
from witnessmark.model.digest import Commitment
from witnessmark.model.words import Kind

PAGE = 500
"""Rows that are fetched at once."""


class Tables:
    """The tables of one ledger, looked at up to a place in logical order."""

    _connection: sqlite3.Connection
    _top: int

    def _one(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        with schema.sentences():
            found: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
        return found

    def _all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with schema.sentences():
            return self._connection.execute(sql, values).fetchall()

    def _exhibits(self, condition: str, last: int = 0, **values: object) -> Iterator[ExhibitRow]:
        sql = f"{EXHIBITS} WHERE e.seq > :last AND e.seq <= :top {condition} ORDER BY e.seq LIMIT {PAGE}"
        while True:
            with schema.sentences():
                page = self._connection.execute(sql, {"last": last, "top": self._top, **values}).fetchall()
            yield from map(exhibit_row, page)
            if len(page) < PAGE:
                return
            last = page[-1][0]

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
