"""`witnessmark audit`: reread everything that is kept and recompute what is signed."""

import argparse

from witnessmark.archive.audit import audit
from witnessmark.cli import compose, say


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = "example:\n  witnessmark audit archive/"
    parser.add_argument("archive", metavar="ARCHIVE")


def run(arguments: argparse.Namespace) -> int:
    """Name whatever does not agree."""
    problems = 0
    with compose.for_reading(arguments.archive) as (archive, _):
        for problem in audit(archive):
            problems += 1
            if arguments.json:
                say.line(
                    say.json_line(
                        {
                            "part": problem.part.value,
                            "where": problem.where,
                            "exhibit": problem.exhibit,
                            "says": problem.says,
                        }
                    )
                )
            else:
                say.line(f"does not agree: {say.safe(problem.sentence)}")
    if arguments.json:
        say.line(say.json_line({"problems": problems, "exit": 1 if problems else 0}))
    elif not problems:
        say.line("Everything that is kept agrees with what is signed. Nothing is said here about before it was sealed.")
    return 1 if problems else 0
