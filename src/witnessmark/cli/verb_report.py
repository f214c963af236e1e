"""`witnessmark report`: pages for people outside, made from the ledger alone."""

import argparse

from witnessmark.cli import compose, say
from witnessmark.edition import custody
from witnessmark.edition.custody import Custody, Line


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "custody   one page about one exhibit: who held it, how it came here, what was done with it, each line with\n"
        "          the log entry that it rests on and whose word it is\n\n"
        "The page tells names, paths and digests: it is for a court or a lawyer, not for the public.\n\n"
        "examples:\n"
        "  witnessmark report archive/ custody path:orders/17.pdf\n"
        "  witnessmark report archive/ custody TP-00017 --to custody-17.html"
    )
    parser.add_argument("archive", metavar="ARCHIVE")
    parser.add_argument("act", choices=["custody"])
    parser.add_argument("exhibit", metavar="EXHIBIT", help="id, public id, or path: and the path")
    parser.add_argument("--to", metavar="FILE", help="write the page as one HTML file for reading and printing")


def run(arguments: argparse.Namespace) -> int:
    """Make the page."""
    with compose.for_reading(arguments.archive) as (archive, catalogue):
        page = custody.gather(archive, catalogue, catalogue.exhibit(arguments.exhibit))
        title, keeper = archive.settings.title, archive.settings.keeper
    if arguments.to is not None:
        compose.write_new(arguments.to, [custody.render(page, title=title, keeper=keeper)])
    if arguments.json:
        say.line(say.json_line(dict(page.value())))
    elif arguments.to is not None:
        say.line(f"The custody of {say.safe(page.exhibit)} stands in {say.safe(arguments.to)}: open or print it.")
    else:
        _print(page)
    return 0


def _print(page: Custody) -> None:
    say.line(f"Custody of exhibit {say.safe(page.exhibit)}: {say.safe(page.path)}")
    say.line(f"  {page.size:,} bytes, SHA-256 {page.digest}; {page.fixity}")
    for warning in page.warnings:
        say.line(f"  note: {say.safe(warning)}")
    for heading, lines in (
        ("Before it came here", page.before),
        ("How it came into this archive", page.arrival),
        ("What was done with it since", page.since),
        ("Who else saw the log", page.others),
    ):
        say.line(f"{heading}:")
        for line in lines:
            _print_line(line)
        if not lines:
            say.line("  nothing is on record")
    say.line("What this does not show:")
    for sentence in custody.NOT_SHOWN:
        say.line(f"  {sentence}")


def _print_line(line: Line) -> None:
    entries = ", ".join(f"{entry:,}" for entry in line.entries)
    rests = f"; entry {entries}" if entries else ""
    say.line(f"  {line.when or '-':<10}  {say.safe(line.what)} [{say.safe(line.says)}{rests}]")
