"""`witnessmark copy`: a second archive, every content hashed on its way; resumes, and brings a copy up to date."""

import argparse
from functools import partial
from pathlib import Path

from witnessmark.archive.copy import Copied, copy
from witnessmark.cli import compose, say
from witnessmark.errors import Damaged


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "TARGET is an archive only when everything is there and agrees with what is signed. The same command\n"
        "again goes on where it was stopped, brings a copy up to date, and erases there what was erased here.\n"
        "Without --with-keys the copy can be read, searched and audited, and cannot sign.\n\n"
        "examples:\n"
        "  witnessmark copy archive/ /media/disk/archive\n"
        "  witnessmark audit archive/ --repair-from /media/disk/archive"
    )
    parser.add_argument("archive", metavar="ARCHIVE")
    parser.add_argument("target", metavar="TARGET", help="a new folder, or a copy of this archive")
    parser.add_argument("--with-keys", action="store_true", help="copy the signing key too, sealed as it is")


def run(arguments: argparse.Namespace) -> int:
    """Copy, and say whether it is whole."""
    progress, copied = say.ProgressLine(), Copied()
    with compose.only_reading(arguments.archive) as archive, compose.Stop() as stop:
        steps = copy(archive, Path(arguments.target), with_keys=arguments.with_keys)
        try:
            for copied in steps:
                progress.show(partial(_progress, copied))
                stop.check()
        finally:
            steps.close()
            progress.clear()
        size = archive.ledger.size
    if arguments.json:
        say.line(
            say.json_line(
                {
                    "contents": copied.contents,
                    "bytes": copied.octets,
                    "known": copied.known,
                    "entries": size,
                    "damaged": list(copied.damaged),
                    "whole": copied.is_whole,
                }
            )
        )
    else:
        for sentence in copied.damaged:
            say.line(f"damaged: {say.safe(sentence)}")
        say.line(
            f"Copied {say.counted(copied.contents, 'content')}, {say.octets(copied.octets)}; "
            f"{copied.known:,} were there."
        )
    if not copied.is_whole:
        raise Damaged(
            f"{arguments.target} is no whole copy: {say.counted(len(copied.damaged), 'thing')} of the archive "
            f"{'is' if len(copied.damaged) == 1 else 'are'} damaged; put them back from another copy (`witnessmark "
            "audit ARCHIVE --repair-from COPY`) and run again"
        )
    if not arguments.json:
        say.line(f"{say.safe(arguments.target)} is a whole archive of {size:,} entries and agrees with what is signed.")
        if not arguments.with_keys:
            say.line("It has no signing key: keep one apart (`witnessmark keys ARCHIVE export --to FILE`).")
    return 0


def _progress(copied: Copied) -> str:
    return f"copied {copied.contents:,} contents, {say.octets(copied.octets)}; {copied.known:,} were there"
