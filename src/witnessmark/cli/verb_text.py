"""`witnessmark text`: the text of one exhibit, visible and hidden."""

import argparse

from witnessmark.cli import compose, say
from witnessmark.cli.verb_files import exhibit_text, file_object


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = "example:\n  witnessmark text archive/ path:orders/17.pdf"
    parser.add_argument("archive", metavar="ARCHIVE")
    parser.add_argument("exhibit", metavar="ID", help="an exhibit's id, its public id, or path: and its path")


def run(arguments: argparse.Namespace) -> int:
    """Print the text."""
    with compose.for_reading(arguments.archive) as (archive, catalogue):
        row = catalogue.exhibit(arguments.exhibit)
        text = exhibit_text(archive, row)
        if arguments.json:
            say.line(say.json_line({**file_object(catalogue, row), "text": text}))
        elif text:
            say.line(say.text_block(text))
        else:
            say.error(f"witnessmark: no text was found in {say.safe(row.printed)}")
    return 0
