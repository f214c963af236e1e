"""Where a passphrase comes from: a file that was named, or the person at the terminal; never the command line."""

import argparse
import getpass
import os
import stat
import sys
from pathlib import Path

from witnessmark.errors import DiskFailure, WrongUsage

_LONGEST = 1024


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command that signs."""
    group = parser.add_argument_group("the signing key")
    which = group.add_mutually_exclusive_group()
    which.add_argument(
        "--passphrase-file",
        metavar="FILE",
        help="read its passphrase from the first line of FILE, which lies outside the archive",
    )
    which.add_argument("--no-passphrase", action="store_true", help="never ask for one; a new key is then kept without")


def to_open(arguments: argparse.Namespace, root: str) -> str:
    """Return the passphrase that opens the key of an archive.

    Raises:
        WrongUsage: when there is no file, nobody to ask, or nobody may be asked.
    """
    if arguments.passphrase_file is not None:
        return from_file(arguments.passphrase_file, root)
    if arguments.no_passphrase or not _is_terminal():
        raise WrongUsage(
            f"the signing key of {root!r} is sealed with a passphrase: give --passphrase-file FILE, or run this in a "
            "terminal"
        )
    return getpass.getpass(f"Passphrase of the signing key of {root}: ")


def to_make(arguments: argparse.Namespace, root: str) -> str | None:
    """Return the passphrase for a new key; None without a terminal, when asked to, or when none is typed."""
    if arguments.passphrase_file is not None:
        return from_file(arguments.passphrase_file, root)
    if arguments.no_passphrase or not _is_terminal():
        return None
    return ask_twice(f"A passphrase for the signing key of {root} (empty: none): ")


def ask_twice(prompt: str) -> str | None:
    """Return what is typed twice alike; None for nothing.

    Raises:
        WrongUsage: when the two differ, or there is no terminal.
    """
    if not _is_terminal():
        raise WrongUsage("there is no terminal to ask for a new passphrase: give --new-passphrase-file FILE")
    found = getpass.getpass(prompt)
    if not found:
        return None
    if getpass.getpass("The same again: ") != found:
        raise WrongUsage("the two passphrases differ: nothing was changed; run again")
    return found


def from_file(name: str, root: str) -> str:
    """Return the first line of a file that only its owner can read and that lies outside the archive.

    Raises:
        WrongUsage: when it is otherwise, or empty.
        DiskFailure: when it cannot be read.
    """
    place, archive = Path(os.path.realpath(name)), Path(os.path.realpath(root))
    if place.is_relative_to(archive):
        raise WrongUsage(f"{name}: a passphrase must not lie in the archive whose key it seals; keep it elsewhere")
    try:
        with open(name, "rb") as file:
            found = os.fstat(file.fileno())
            line = file.readline(_LONGEST + 2)
    except OSError as error:
        raise DiskFailure(f"the passphrase file {name} cannot be read: {error.strerror}") from error
    if stat.S_ISREG(found.st_mode) and found.st_mode & 0o077:
        raise WrongUsage(f"others can read the passphrase file {name}: take that right away (chmod 600)")
    try:
        text = line.rstrip(b"\r\n").decode()
    except UnicodeDecodeError as error:
        raise WrongUsage(f"the passphrase file {name} is no UTF-8 text") from error
    if not text or len(line) > _LONGEST:
        raise WrongUsage(f"the first line of the passphrase file {name} is {'too long' if text else 'empty'}")
    return text


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
