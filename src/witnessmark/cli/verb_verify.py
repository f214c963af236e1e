"""`witnessmark verify`: check an edition as a stranger would; the same code as verify.pyz."""

import argparse

from witnessmark.verify.__main__ import main as check


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "Without --key every check still runs, and the answer is: agrees with itself (exit 2).\n\n"
        "example:\n  witnessmark verify site/ --key log.vkey"
    )
    parser.add_argument("site", metavar="SITE")
    parser.add_argument("--key", metavar="KEY", help="the log's public key: a vkey line, or a file that holds one")
    parser.add_argument("--policy", metavar="FILE", help="whom you trust: log, witnesses, how many, authorities")
    parser.add_argument(
        "--bitcoin-header", metavar="FILE", action="append", default=[], help="a block's header, got elsewhere"
    )
    parser.add_argument("--at-least", metavar="CHECKPOINT", help="refuse an edition older than this checkpoint file")


def run(arguments: argparse.Namespace) -> int:
    """Hand over to the stranger's own program."""
    given = [arguments.site]
    if arguments.key is not None:
        given += ["--key", arguments.key]
    if arguments.at_least is not None:
        given += ["--at-least", arguments.at_least]
    if arguments.policy is not None:
        given += ["--policy", arguments.policy]
    for header in arguments.bitcoin_header:
        given += ["--bitcoin-header", header]
    if arguments.json:
        given.append("--json")
    return check(given)
