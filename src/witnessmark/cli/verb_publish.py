"""`witnessmark publish`: write an edition: a folder of plain files that anyone can check."""

import argparse

from witnessmark.cli import compose, passphrase, say
from witnessmark.edition.write import publish, publish_again
from witnessmark.errors import WrongUsage


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "Nothing goes out without a row about that exhibit. A decision file is CSV with the header\n"
        "  exhibit,publish,title,language,open,decided_by,decided_on,reason\n"
        "publish is nothing, text or file; the whole file is refused when one row is wrong.\n\n"
        "examples:\n"
        "  witnessmark publish archive/ site-1/ --decisions decisions.csv\n"
        "  witnessmark publish archive/ site-1-again/ --release 1"
    )
    parser.add_argument("archive", metavar="ARCHIVE")
    parser.add_argument("site", metavar="SITE", help="a new or empty folder")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--decisions", metavar="FILE", help="make the next edition by these decisions")
    what.add_argument("--release", type=int, metavar="N", help="write edition N again, byte for byte")
    passphrase.options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Publish and say how to check it."""
    if arguments.decisions is None and arguments.release is None:
        raise WrongUsage("say --decisions FILE for a new edition, or --release N to write edition N again")
    with compose.for_writing(arguments.archive, arguments) as (archive, catalogue):
        if arguments.release is not None:
            published = publish_again(archive, catalogue, arguments.site, arguments.release)
        else:
            published = publish(
                archive, catalogue, arguments.site, arguments.decisions, clock=compose.clock, entropy=compose.entropy
            )
        key = archive.ledger.vkey
    if arguments.json:
        say.line(
            say.json_line(
                {
                    "edition": published.edition,
                    "exhibits": published.exhibits,
                    "files": published.files,
                    "waiting": published.waiting,
                    "site": arguments.site,
                    "key": key,
                }
            )
        )
        return 0
    say.line(
        f"Edition {published.edition}: {say.counted(published.exhibits, 'exhibit')}, "
        f"{say.counted(published.files, 'file')} in {say.safe(arguments.site)}"
    )
    if published.waiting:
        say.line(f"{say.counted(published.waiting, 'finding waits', 'findings wait')} for a person and is not shown.")
    say.line(f"Check it: python3 -I -S {say.safe(arguments.site)}/verify.pyz {say.safe(arguments.site)} --key '{key}'")
    say.line("Give the key to your readers by another way than the site: on paper, by a partner, in a newspaper.")
    return 0
