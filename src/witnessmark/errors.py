"""Everything that can go wrong, as a tree; each class has its exit code and one sentence.

    WitnessmarkError                 70  our bug, if nothing more precise is raised
    ├── WrongUsage                   64  the call is wrong: an option, a decision row, a key inside the archive
    ├── BrokenEvidence                   what was given is broken
    │   ├── Falsified                 1  a check failed: something is false
    │   ├── Undecided                 2  it cannot be decided with what is here
    │   └── Damaged                  65  missing, damaged, or written by a newer version
    ├── DiskFailure                  74  disk or file could not be read or written
    ├── Busy                         75  another writer holds the archive: try again
    └── Interrupted                 130  the person stopped it; the next run goes on

Only `cli` (and later the reading room) catches, prints and exits.
"""

from typing import ClassVar


class WitnessmarkError(Exception):
    """Any failure that has one clear sentence: what, which exhibit, what to do."""

    exit_code: ClassVar[int] = 70


class WrongUsage(WitnessmarkError):  # noqa: N818 - the sentence says what is wrong, not that it is an error
    """The call cannot be carried out as it stands."""

    exit_code = 64


class BrokenEvidence(WitnessmarkError):  # noqa: N818
    """What was given is broken."""

    exit_code = 65


class Falsified(BrokenEvidence):
    """A check was made and failed."""

    exit_code = 1


class Undecided(BrokenEvidence):
    """The question cannot be decided with what is here."""

    exit_code = 2


class Damaged(BrokenEvidence):
    """Input is missing, damaged, or written by a newer version."""

    exit_code = 65


class DiskFailure(WitnessmarkError):  # noqa: N818
    """A disk or file could not be read or written."""

    exit_code = 74


class Busy(WitnessmarkError):  # noqa: N818
    """Another writer holds the archive."""

    exit_code = 75


class Interrupted(WitnessmarkError):  # noqa: N818
    """The person stopped the work; nothing is lost."""

    exit_code = 130
