"""`witnessmark rebuild`: make catalogue and index again from the ledger."""

import argparse

from witnessmark.catalogue.search import Search
from witnessmark.cli import compose, passphrase, say
from witnessmark.work import step


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = "example:\n  witnessmark rebuild archive/"
    parser.add_argument("archive", metavar="ARCHIVE")
    passphrase.options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Drop the projections and replay."""
    with compose.for_writing(arguments.archive, arguments, signs=False) as (archive, catalogue):
        catalogue.rebuild(archive)
        with Search.open(archive, catalogue) as search:
            search.rebuild(archive, catalogue)
        counts = catalogue.counts(step.VERSION, step.SETTINGS)
    if arguments.json:
        say.line(say.json_line({"exhibits": counts.exhibits, "contents": counts.contents, "due": counts.due}))
    else:
        say.line(f"Catalogue and index made again: {say.counted(counts.exhibits, 'exhibit')}.")
    return 0
