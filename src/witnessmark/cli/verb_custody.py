"""`witnessmark custody`: state who held an accession before it came here, and how it was copied."""

import argparse

from witnessmark.cli import compose, passphrase, say
from witnessmark.errors import WrongUsage
from witnessmark.intake import custody
from witnessmark.model.custody import Custody


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "add    seal a statement about one accession, by two people at least; nothing of it is ever published\n"
        "list   the accessions, and what was stated of each\n\n"
        "A statement is never changed: a better one is added after it. Never write the name of a source that must\n"
        "stay unknown: whoever holds the archive can read it. `report ARCHIVE custody EXHIBIT` makes the page.\n\n"
        "example:\n"
        "  witnessmark custody archive/ add --medium 'USB stick, 64 GB, black' --operator 'R. Sela' \\\n"
        "    --method 'write blocker; copied with rsync --checksum onto an encrypted disk' \\\n"
        "    --hand-over '2032-06-09: a courier -> R. Sela' --by 'R. Sela' --by 'O. Dorn'"
    )
    parser.add_argument("archive", metavar="ARCHIVE")
    parser.add_argument("act", choices=["add", "list"])
    parser.add_argument("--accession", type=int, metavar="N", help="which one; needless where there is only one")
    parser.add_argument("--medium", metavar="TEXT", help="what it came on")
    parser.add_argument("--operator", metavar="NAME", help="who copied it")
    parser.add_argument("--method", metavar="TEXT", help="how it was copied, and what kept the original unchanged")
    parser.add_argument(
        "--hand-over", metavar="TEXT", action="append", default=[], help="'2032-06-09: FROM -> TO'; again for more"
    )
    parser.add_argument("--by", metavar="NAME", action="append", default=[], help="who states this; two names at least")
    parser.add_argument("--note", metavar="TEXT", default="", help="anything else")
    passphrase.options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    return _add(arguments) if arguments.act == "add" else _list(arguments)


def _add(arguments: argparse.Namespace) -> int:
    missing = [name for name in ("medium", "operator", "method") if getattr(arguments, name) is None]
    if missing:
        raise WrongUsage(f"add also needs --{missing[0]}: say it, or say that it is not known")
    by = custody.names(arguments.by)
    hand_overs = tuple(map(custody.hand_over, arguments.hand_over))
    with compose.for_writing(arguments.archive, arguments) as (archive, catalogue):
        row = custody.accession_numbered(catalogue, arguments.accession)
        stated = Custody(
            row.commitment, arguments.medium, arguments.operator, arguments.method, hand_overs, by, arguments.note
        )
        index = custody.add(archive, catalogue, stated, compose.clock())
    if arguments.json:
        say.line(say.json_line({"accession": row.accession.number, "entry": index}))
    else:
        say.line(
            f"Sealed as log entry {index:,}: custody of accession {row.accession.number} "
            f"({say.safe(row.accession.source)}), stated by {say.safe(' and '.join(by))}."
        )
    return 0


def _list(arguments: argparse.Namespace) -> int:
    with compose.for_reading(arguments.archive) as (_, catalogue):
        seen: set[int] = set()
        for row in catalogue.accessions():
            about = row.accession
            if about.number in seen:
                continue
            seen.add(about.number)
            stated = catalogue.custody_of(row.commitment)
            if arguments.json:
                rows = [
                    {
                        "entry": one.index,
                        "medium": one.custody.medium,
                        "operator": one.custody.operator,
                        "method": one.custody.method,
                        "hand_overs": [step.value() for step in one.custody.hand_overs],
                        "by": list(one.custody.by),
                        "note": one.custody.note,
                        "stated": one.at,
                    }
                    for one in stated
                ]
                say.line(say.json_line({"accession": about.number, "source": about.source, "custody": rows}))
                continue
            say.line(f"accession {about.number}: {say.safe(about.source)}" + ("" if stated else "; nothing was stated"))
            for one in stated:
                for step in one.custody.hand_overs:
                    say.line(f"  {step.on}: {say.safe(step.giver)} -> {say.safe(step.taker)}")
                how = f"{one.custody.medium}; copied by {one.custody.operator}: {one.custody.method}"
                by = " and ".join(one.custody.by)
                say.line(f"  {say.safe(how)} (stated by {say.safe(by)}, entry {one.index:,})")
    return 0
