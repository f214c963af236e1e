"""`witnessmark audit`: reread everything that is kept and recompute what is signed."""

import argparse
from decimal import Decimal, InvalidOperation
from pathlib import Path

from witnessmark.archive.audit import Audit, Chosen, every
from witnessmark.archive.folder import Archive
from witnessmark.archive.repair import repair
from witnessmark.cli import compose, say
from witnessmark.errors import WrongUsage
from witnessmark.model.digest import Digest


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "Whatever was erased is told with its date and its two names; it is no problem.\n\n"
        "examples:\n"
        "  witnessmark audit archive/\n"
        "  witnessmark audit archive/ --sample 5\n"
        "  witnessmark audit archive/ --repair-from /media/disk/archive"
    )
    parser.add_argument("archive", metavar="ARCHIVE")
    parser.add_argument(
        "--sample", metavar="P", help="read only P percent of the contents again, drawn at random; all else whole"
    )
    parser.add_argument(
        "--repair-from",
        metavar="COPY",
        help="first put back what is damaged: only what the signed root, or a content's digest, says is right",
    )


def run(arguments: argparse.Namespace) -> int:
    """Name whatever does not agree."""
    chosen = every if arguments.sample is None else _sample(arguments.sample)
    repaired = list[str]() if arguments.repair_from is None else _repair(arguments)
    problems = 0
    with compose.for_reading(arguments.archive) as (archive, _):
        audit = Audit(archive, chosen)
        for problem in audit.problems():
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
        for one in audit.told:
            if arguments.json:
                say.line(say.json_line({"told": one.where, "says": one.says}))
            else:
                say.line(say.safe(one.sentence))
    if arguments.json:
        put_back = {} if arguments.repair_from is None else {"repaired": repaired}
        say.line(say.json_line({"problems": problems, **put_back, "exit": 1 if problems else 0}))
    elif not problems:
        say.line("Everything that is kept agrees with what is signed. Nothing is said here about before it was sealed.")
        if arguments.sample is not None:
            say.line(f"Of the contents, {arguments.sample} % were read again; that the others are there was looked at.")
    return 1 if problems else 0


def _sample(percent: str) -> Chosen:
    """Return a draw of so many percent of all contents, another one at each run."""
    try:
        share = Decimal(percent)
    except InvalidOperation:
        share = Decimal(0)
    if not share.is_finite() or not 0 < share <= 100:
        raise WrongUsage(f"--sample {percent!r} is no percentage: write a number above 0, up to 100")
    limit = int(share * (1 << 32) / 100)

    def chosen(_: Digest) -> bool:
        return int.from_bytes(compose.entropy(4), "big") < limit

    return chosen


def _repair(arguments: argparse.Namespace) -> list[str]:
    names = list[str]()
    with (
        compose.only_reading(arguments.repair_from) as copy,
        compose.Stop() as stop,
        Archive.repairing(Path(arguments.archive)) as archive,
    ):
        for name in repair(archive, copy):
            names.append(name)
            if not arguments.json:
                say.line(f"put back: {say.safe(name)}")
            stop.check()
    return names
