"""`witnessmark text`: the text of one exhibit, visible and hidden."""

import argparse

from witnessmark.cli import compose, say
from witnessmark.cli.verb_files import exhibit_text, file_object


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "Where letters in pictures were read by a machine, a note says so.\n\n"
        "example:\n  witnessmark text archive/ path:orders/17.pdf"
    )
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
            how = None if row.reading is None else row.reading.derivative.recognised
            if how is not None:
                say.error(f"note: letters in pictures were read by a machine, {how}: check each word against the page")
            say.line(say.text_block(text))
        else:
            say.error(f"witnessmark: no text was found in {say.safe(row.printed)}")
    return 0
