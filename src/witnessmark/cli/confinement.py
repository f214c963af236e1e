"""Whether files may be read here at all: the grade that the cell has on this machine, and a keeper's word on it."""

import argparse
import sys
from typing import Final

from witnessmark import settings
from witnessmark.cell.confine import Grade, Walls
from witnessmark.cell.grade import Observed, observe
from witnessmark.errors import Undecided
from witnessmark.settings import GRADES

ENOUGH: Final = Grade(settings.ENOUGH)

MEANING: Final = {
    Grade.A: "all of the kernel's walls stand",
    Grade.B: "the kernel's walls stand but for the empty network",
    Grade.C: "limits and kills only: a file that takes its reader over can read what you can read and open connections",
    Grade.D: "nothing holds a file that takes its reader over, or one that never ends",
}


def option(parser: argparse.ArgumentParser) -> None:
    """Add the option of every command that reads files."""
    parser.add_argument(
        "--accept-grade",
        metavar="GRADE",
        choices=GRADES,
        help="read files although this machine confines them no better than GRADE (A to D; `doctor` tells); remembered",
    )


def agreed(arguments: argparse.Namespace, walls: Walls, accepted: str = ENOUGH) -> str | None:
    """Return the grade to be remembered as accepted, or None when there is nothing new to remember.

    Args:
        arguments: those of the command.
        walls: what files are to be read behind.
        accepted: the worst grade that the archive's settings accept.

    Raises:
        Undecided: when the grade observed is below what was accepted, and nobody says that it will do.
    """
    found = observe(walls)
    if found.grade <= max(accepted, ENOUGH):
        return None
    if arguments.accept_grade is not None and found.grade <= arguments.accept_grade:
        return str(arguments.accept_grade)
    if arguments.accept_grade is None and _is_terminal() and _asked(found):
        return found.grade.value
    raise Undecided(
        f"files would be read here in cells of grade {found.grade} ({MEANING[found.grade]}): `witnessmark doctor` "
        f"tells why; accept it with --accept-grade {found.grade}, on a machine without a network and with nothing else "
        "on it"
    )


def _asked(found: Observed) -> bool:
    sys.stderr.write(
        f"Files would be read here in cells of grade {found.grade}: {MEANING[found.grade]}.\n"
        "Read them all the same? It is remembered for this archive. [y/N] "
    )
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
