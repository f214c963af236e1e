"""`witnessmark authenticate`: let the machine examine what is due; findings, never verdicts."""

import argparse
from functools import partial

from witnessmark.cli import compose, passphrase, say
from witnessmark.examine.run import Examined, authenticate

_SHOWN = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "Each exhibit is examined once by each version of a method. A finding that conflicts is held from\n"
        "publication until a person has considered its innocent explanations (attest … --considers).\n\n"
        "example:\n  witnessmark authenticate archive/"
    )
    parser.add_argument("archive", metavar="ARCHIVE")
    passphrase.options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run every examination and say what it came to."""
    progress = say.ProgressLine()
    examined = Examined()
    with compose.for_writing(arguments.archive, arguments) as (archive, catalogue), compose.Stop() as stop:
        for examined in authenticate(archive, catalogue, clock=compose.clock):
            progress.show(partial(_progress, examined))
            stop.check()
        progress.clear()
        held = [
            {
                "finding": row.commitment.hex[:16],
                "exhibit": (about := catalogue.by_commitment(row.finding.exhibit)).exhibit.id,
                "path": about.printed,
                "says": row.finding.says,
                "innocent": list(row.finding.innocent),
            }
            for row in catalogue.held()
        ]
    if arguments.json:
        say.line(say.json_line({"examined": examined.exhibits, "findings": dict(examined.findings), "waiting": held}))
        return 0
    outcomes = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in sorted(examined.findings.items()))
    say.line(f"Examined {say.counted(examined.exhibits, 'exhibit')}{': ' + outcomes if outcomes else ''}.")
    if held:
        say.line(f"{say.counted(len(held), 'finding waits', 'findings wait')} for a person:")
        for row in held[:_SHOWN]:
            say.line(f"  {row['finding']}  {say.safe(str(row['path']))}  (exhibit {row['exhibit']})")
            say.line(f"    {row['says']}")
            for text in row["innocent"] if isinstance(row["innocent"], list) else []:
                say.line(f"    innocent explanation: {text}")
        if len(held) > _SHOWN:
            say.line(f"  … and {len(held) - _SHOWN:,} more; --json lists them all")
    return 0


def _progress(examined: Examined) -> str:
    return f"examined {examined.exhibits:,} exhibits"
