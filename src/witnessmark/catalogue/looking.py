"""What programs of the machine have not looked at yet; each answer is as of a place in logical order.

A million contents may be there, of most of which nothing is due: so each question begins at the readings of the types
that it is about (`derivative_type`), or at those that are not our readers' own (`derivative_way`).
"""

# ruff: noqa: S608 - what is put together here are constants; values are always bound

import json
import sqlite3
from collections.abc import Collection
from typing import Final

from witnessmark.model.derivative import Outcome

_NEWEST: Final = (
    " JOIN content c ON c.handle = r.handle WHERE r.step = 'read' AND c.first <= :top AND r.seq <= :top AND NOT EXISTS"
    " (SELECT 1 FROM derivative n WHERE n.handle = r.handle AND n.step = 'read' AND n.seq > r.seq AND n.seq <= :top)"
)
_FIRSTS: Final = (
    f"SELECT c.first FROM derivative r {_NEWEST} AND r.media_type IN (SELECT value FROM json_each(:types))"
    " AND r.seq > :after AND r.outcome IN (SELECT value FROM json_each(:outcomes))"
    " AND NOT EXISTS (SELECT 1 FROM derivative x WHERE x.handle = r.handle AND x.step = 'read'"
    " AND x.version = :version AND substr(x.settings, 1, length(:way)) = :way AND x.seq <= :top) ORDER BY c.first"
)
_WAYS: Final = (
    f"SELECT r.settings, count(*) FROM derivative r {_NEWEST} AND r.settings <> '{{}}'"
    " AND substr(r.settings, 1, length(:begins)) = :begins GROUP BY r.settings"
)
_WITHOUT_TEXT: Final = (
    f"SELECT count(*) FROM derivative r {_NEWEST} AND r.media_type IN (SELECT value FROM json_each(:types))"
    " AND r.characters = 0 AND r.outcome IN ('ok', 'partial') AND substr(r.settings, 1, 6) <> '{\"ocr\"'"
)


def firsts(
    connection: sqlite3.Connection,
    top: int,
    media_types: Collection[str],
    version: str,
    way: str,
    outcomes: Collection[Outcome],
    after: int,
) -> list[int]:
    """Return the first exhibit (`seq`) of each content whose newest reading is of those types, and none in that way.

    Args:
        connection: to the tables.
        top: up to where events are looked at.
        media_types: the types.
        version: the version of the step `read`.
        way: how the settings of that way begin.
        outcomes: how the newest reading ended.
        after: of readings later in logical order than this only.
    """
    asked = {
        "top": top,
        "types": json.dumps(sorted(media_types)),
        "outcomes": json.dumps([outcome.value for outcome in outcomes]),
        "version": version,
        "way": way,
        "after": after,
    }
    return [row[0] for row in connection.execute(_FIRSTS, asked)]


def ways(connection: sqlite3.Connection, top: int, begins: str) -> dict[str, int]:
    """Return the settings of the newest readings that begin so, each with the number of its contents."""
    return dict(connection.execute(_WAYS, {"top": top, "begins": begins}).fetchall())


def without_text(connection: sqlite3.Connection, top: int, media_types: Collection[str]) -> int:
    """Return how many contents of those types were read well and have no text; none that was looked at for letters."""
    asked = {"top": top, "types": json.dumps(sorted(media_types))}
    return int(connection.execute(_WITHOUT_TEXT, asked).fetchone()[0])
