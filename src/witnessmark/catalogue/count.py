"""How many there are of everything, as of a place in logical order."""

# ruff: noqa: S608 - what is put together here are constants of this room; values are always bound

from collections.abc import Callable
from typing import Any

from witnessmark.catalogue.rows import Counts
from witnessmark.model.words import Kind

Select = Callable[..., list[tuple[Any, ...]]]

NOT_READ = (
    "NOT EXISTS (SELECT 1 FROM derivative d WHERE d.handle = c.handle AND d.step = 'read' AND d.version = ?"
    " AND d.settings = ? AND d.seq <= ?)"
)
"""Of a content `c`: no reading of a version and settings, up to a place; the three are bound in this order."""

_KNOWN = {kind.value for kind in Kind}


def count(select: Select, top: int, step_version: str, settings: str) -> Counts:
    """Return how many there are up to `top`; due is what that version and settings of `read` has to do."""
    unknown = select(
        "SELECT kind, count(*) FROM event WHERE NOT understood AND seq <= ? GROUP BY kind ORDER BY kind", top
    )
    ((contents, octets),) = select("SELECT count(*), coalesce(sum(size), 0) FROM content WHERE first <= ?", top)
    ((exhibits, received),) = select("SELECT count(*), count(*) - count(container) FROM exhibit WHERE seq <= ?", top)
    acts: dict[str, int] = dict(select("SELECT kind, count(*) FROM act WHERE seq <= ? GROUP BY kind", top))
    findings = select("SELECT outcome, count(*) FROM finding WHERE seq <= ? GROUP BY outcome ORDER BY outcome", top)
    return Counts(
        events=select("SELECT count(*) FROM event WHERE seq <= ?", top)[0][0],
        exhibits=exhibits,
        received=received,
        components=exhibits - received,
        contents=contents,
        octets=octets,
        due=select(
            f"SELECT count(*) FROM content c WHERE c.first <= ? AND {NOT_READ}", top, step_version, settings, top
        )[0][0],
        outcomes=_by(select, top, "outcome"),
        media_types=_by(select, top, "media_type"),
        kinds=_by(select, top, "kind"),
        findings=tuple((str(name), int(number)) for name, number in findings),
        held=_held(select, top),
        attestations=acts.get(Kind.ATTESTATION.value, 0),
        reviewers=acts.get(Kind.REVIEWER.value, 0),
        decisions=acts.get(Kind.DECISION.value, 0),
        releases=acts.get(Kind.RELEASE.value, 0),
        unknown=sum(number for _, number in unknown),
        unknown_kinds=tuple((kind, number) for kind, number in unknown if kind not in _KNOWN),
    )


def _by(select: Select, top: int, column: str) -> tuple[tuple[str, int], ...]:
    rows = select(
        "WITH newest AS (SELECT handle, max(seq) AS seq FROM derivative WHERE step = 'read' AND seq <= ?"
        f" GROUP BY handle) SELECT d.{column}, count(*) FROM exhibit e JOIN newest USING (handle)"
        " JOIN derivative d ON d.seq = newest.seq"
        f" WHERE e.seq <= ? AND d.{column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1",
        top,
        top,
    )
    return tuple((str(name), int(number)) for name, number in rows)


def _held(select: Select, top: int) -> int:
    rows = select(
        "SELECT count(*) FROM finding f JOIN event v USING (seq) JOIN hold h ON h.seq ="
        " (SELECT max(seq) FROM hold WHERE finding = v.commitment AND seq <= ?)"
        " WHERE f.seq <= ? AND h.state = 'held'",
        top,
        top,
    )
    return int(rows[0][0])
