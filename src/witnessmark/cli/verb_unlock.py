"""`witnessmark unlock`: try passwords that you have on exhibits that are locked."""

import argparse
import os
from pathlib import Path

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import ExhibitRow
from witnessmark.cli import compose, confinement, passphrase, say
from witnessmark.cli.verb_compile import read_all
from witnessmark.errors import DiskFailure, WrongUsage
from witnessmark.intake.unlock import Unlocking, is_locked, locked_exhibits, unlock
from witnessmark.work import step

LARGEST_FILE = 1 << 20
LONGEST = 255
_SHOWN = 50


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "The file has one password a line, UTF-8. How many were tried on which exhibit is sealed, and whether one\n"
        "fitted; the passwords themselves are kept nowhere. Opened are PDF, Office documents of all years, iWork's\n"
        "since 2013, zips, 7z, and RAR since 2.9. What opens is read at once, and what lay inside becomes exhibits\n"
        "of its own.\n\n"
        "examples:\n"
        "  witnessmark files archive/ --outcome encrypted\n"
        "  witnessmark unlock archive/ --passwords /media/usb/words.txt\n"
        "  witnessmark unlock archive/ --passwords words.txt --exhibit path:letters/3.pdf"
    )
    parser.add_argument("archive", metavar="ARCHIVE")
    parser.add_argument("--passwords", metavar="FILE", required=True, help="the passwords to try, one a line")
    parser.add_argument(
        "--exhibit",
        metavar="EXHIBIT",
        action="append",
        help="only this (again for more): id, or path: and its path",
    )
    confinement.option(parser)
    passphrase.options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Try, read what opened, say what came of it."""
    passwords = _passwords(arguments.passwords)
    components = 0
    compose.check(arguments.archive)
    accepted = Archive.settings_of(Path(arguments.archive)).accept_grade
    accepted_now = confinement.agreed(arguments, step.READERS.walls, accepted)
    with compose.for_writing(arguments.archive, arguments) as (archive, catalogue), compose.Stop() as stop:
        if accepted_now is not None:
            archive.accept(accepted_now)
        rows = list(_chosen(catalogue, arguments.exhibit) if arguments.exhibit else locked_exhibits(catalogue))
        trying = unlock(archive, catalogue, rows, passwords, clock=compose.clock, entropy=compose.entropy)
        state = stop.follow(trying, Unlocking(), lambda state: _trying(state, len(rows)))
        components = state.readings.components
        if components:
            components += read_all(archive, catalogue, compose.workers(), stop).components
    _print(arguments, state, len(passwords), components)
    return 0


def _passwords(place: str) -> tuple[str, ...]:
    """Return the passwords of a file, each once."""
    try:
        if os.path.getsize(place) > LARGEST_FILE:
            raise WrongUsage(f"{place} is larger than 1 MiB: give a list of passwords, one a line")
        lines = Path(place).read_bytes().decode("utf-8-sig").split("\n")
    except OSError as error:
        raise DiskFailure(f"{place} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise WrongUsage(f"{place} is no UTF-8 text: save the list of passwords as UTF-8") from None
    found = tuple(dict.fromkeys(line.removesuffix("\r") for line in lines if line.removesuffix("\r")))
    if not found:
        raise WrongUsage(f"{place} holds no password: write one a line")
    if any(len(password.encode()) > LONGEST or "\0" in password for password in found):
        raise WrongUsage(f"{place} holds a line that is no password: longer than {LONGEST} bytes, or with a zero in it")
    return found


def _chosen(catalogue: Catalogue, names: list[str]) -> list[ExhibitRow]:
    rows = [catalogue.exhibit(name) for name in names]
    for name, row in zip(names, rows, strict=True):
        if not is_locked(row):
            raise WrongUsage(f"{name} is not locked: its reading asked for no password")
    return rows


def _trying(state: Unlocking, count: int) -> str:
    return f"unlocking {state.exhibits:,} of {count:,}; {len(state.opened):,} opened"


def _print(arguments: argparse.Namespace, state: Unlocking, tried: int, components: int) -> None:
    if arguments.json:
        for word, paths in (("opened", state.opened), ("locked", state.locked)):
            for path in paths:
                say.line(say.json_line({"path": path, "state": word}))
        say.line(
            say.json_line(
                {
                    "tried": tried,
                    "exhibits": state.exhibits,
                    "opened": len(state.opened),
                    "locked": len(state.locked),
                    "components": components,
                }
            )
        )
        return
    if not state.exhibits:
        say.line("Nothing is locked.")
        return
    noun = say.counted(state.exhibits, "locked exhibit")
    say.line(f"Tried {say.counted(tried, 'password')} on {noun}: {len(state.opened):,} opened.")
    for word, paths in (("opened", state.opened), ("still locked", state.locked)):
        for path in paths[:_SHOWN]:
            say.line(f"  {word}: {say.safe(path)}")
        if len(paths) > _SHOWN:
            say.line(f"  {word}: {len(paths) - _SHOWN:,} more; --json lists them all")
    if components:
        say.line(f"{say.counted(components, 'component')} came out and were read.")
