"""What is true of each file of the invented leak: phrases, hidden secrets, planted conflicts, expected outcomes.

Later work is tested against these rows; a row says what a careful person would find, not what our readers find.
"""

from dataclasses import dataclass
from enum import StrEnum

from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind

SEED = 1731
"""The seed of the leak that the demo shows."""


class Family(StrEnum):
    """The sorts of files that the leak is made of."""

    ORDER = "order"
    SCAN = "scan"
    TABLE = "table"
    PHOTOGRAPH = "photograph"
    MAIL = "mail"
    LETTER = "letter"
    SPEECH = "speech"
    NOTICE = "notice"
    BUNDLE = "bundle"
    RECORD = "record"
    HOSTILE = "hostile"


@dataclass(frozen=True, slots=True)
class Secret:
    """A word planted where a reader of the file does not see it; it must never stand in a published site.

    `read` tells that a reading is expected to put it into the hidden text; some places only later examinations open.
    """

    word: str
    where: str
    read: bool = True


@dataclass(frozen=True, slots=True)
class FileTruth:
    """What is true of one file.

    `path` is printed as `files` prints it; `raw_name` holds the last name's bytes where they are no UTF-8.
    `phrases` stand in the visible text, `drawn` only in the picture. `members` are the printed member paths (after
    `!/`) of a container, `same_as` the path of a file with the same bytes. `outcomes` are those a reading may end
    with. `identifiers` counts ID numbers that are well formed, and those with a planted error.
    """

    path: str
    family: Family
    media_type: str
    kind: ExhibitKind
    language: str = "en"
    phrases: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()
    secrets: tuple[Secret, ...] = ()
    members: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = (Outcome.OK,)
    encoding: str = ""
    date_conflict: str = ""
    identifiers: tuple[int, int] = (0, 0)
    same_as: str = ""
    raw_name: bytes = b""
    hostile: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A file of the leak: its truth, its bytes, and when the file system says it was last written (UTC)."""

    truth: FileTruth
    data: bytes
    written: str
