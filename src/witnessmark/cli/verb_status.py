"""`witnessmark status`: what is here, what failed and why, what is due, what waits for a person."""

import argparse

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.cli import compose, say
from witnessmark.model.derivative import Outcome
from witnessmark.work import step

_SHOWN = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = "example:\n  witnessmark status archive/ --json | python3 -m json.tool"
    parser.add_argument("archive", metavar="ARCHIVE")


def run(arguments: argparse.Namespace) -> int:
    """Say how the archive stands."""
    with compose.for_reading(arguments.archive) as (archive, catalogue):
        found = _status(archive, catalogue)
    if arguments.json:
        say.line(say.json_line(found))
    else:
        _print(found)
    return 0


def _status(archive: Archive, catalogue: Catalogue) -> dict[str, object]:
    counts = catalogue.counts(step.VERSION, step.SETTINGS)
    refusals: dict[str, int] = {}
    for row in catalogue.refusals():
        refusals[row.refusal.reason.value] = refusals.get(row.refusal.reason.value, 0) + 1
    return {
        "title": archive.settings.title,
        "origin": archive.ledger.origin,
        "key": archive.ledger.vkey,
        "entries": archive.ledger.size,
        "exhibits": counts.exhibits,
        "received": counts.received,
        "components": counts.components,
        "contents": counts.contents,
        "bytes": counts.octets,
        "outcomes": dict(counts.outcomes),
        "media_types": dict(counts.media_types),
        "due": counts.due,
        "second_look": sum(1 for _ in catalogue.killed(step.VERSION, step.SETTINGS, step.KILLED)),
        "refused": refusals,
        "findings": dict(counts.findings),
        "waiting": [
            {"finding": row.commitment.hex[:16], "exhibit": catalogue.by_commitment(row.finding.exhibit).exhibit.id}
            for row in catalogue.held()
        ],
        "attestations": counts.attestations,
        "editions": len(catalogue.releases()),
        "unknown_events": counts.unknown,
        "broken": [{"segment": row.segment, "line": row.line, "reason": row.reason} for row in catalogue.broken()],
    }


def _print(found: dict[str, object]) -> None:
    say.line(f"{say.safe(str(found['title']))}  ({found['origin']})")
    say.line(
        f"  {found['exhibits']:,} exhibits of {found['contents']:,} contents, {say.octets(_whole(found['bytes']))}: "
        f"{found['received']:,} received, {found['components']:,} components"
    )
    for name, label in (("outcomes", "read"), ("refused", "refused"), ("findings", "findings")):
        rows = found[name]
        if isinstance(rows, dict) and rows:
            say.line(f"  {label}: " + ", ".join(f"{key} {count:,}" for key, count in rows.items()))
    outcomes = found["outcomes"]
    if isinstance(outcomes, dict) and outcomes.get(Outcome.VIOLATION.value):
        count = say.counted(outcomes[Outcome.VIOLATION.value], "exhibit is", "exhibits are")
        say.line(f"  QUARANTINE: {count} of files whose reader broke its cell's rules: files … --outcome violation")
    if found["second_look"]:
        say.line(f"  {found['second_look']:,} contents wait for a second look: run compile again")
    if found["due"]:
        say.line(f"  due: {found['due']:,} contents wait to be read: run compile again")
    waiting = found["waiting"]
    if isinstance(waiting, list) and waiting:
        noun = "finding waits" if len(waiting) == 1 else "findings wait"
        say.line(f"  {len(waiting)} {noun} for a person:")
        for row in waiting[:_SHOWN]:
            say.line(f"    {row['finding']} on exhibit {row['exhibit']}: attest … --considers {row['finding']}")
        if len(waiting) > _SHOWN:
            say.line(f"    … and {len(waiting) - _SHOWN:,} more; --json lists them all")
    say.line(
        f"  {found['attestations']:,} attestations, {found['editions']:,} editions, {found['entries']:,} log entries"
    )
    broken = found["broken"]
    if isinstance(broken, list):
        for row in broken:
            say.line(f"  damaged: event segment {row['segment']}, line {row['line']}: {row['reason']}")


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
