"""What was checked and how it came out: one word and one sentence for each check, collected and never raised."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType

from witnessmark.errors import BrokenEvidence, Damaged, DiskFailure, Undecided
from witnessmark.model.codec import Value
from witnessmark.proof.note import Vkey


class Word(StrEnum):
    """The only verdicts there are: arithmetic agrees or it does not; it never says what is true."""

    AGREES = "agrees"
    FALSE = "does not agree"
    UNDECIDED = "cannot be checked"


class NewerVersion(Damaged):
    """Written by a newer version: what stands there is not known here."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check of one file of the edition; `file` is empty where it is about the whole."""

    file: str
    word: Word
    says: str
    exit: int


@dataclass(frozen=True, slots=True)
class Bound:
    """A time, in POSIX seconds, by which something existed, and who says so in whom the reader trusts."""

    time: int
    by: str


@dataclass(frozen=True, slots=True)
class ExhibitReport:
    """What the openings of one exhibit say, recomputed here."""

    id: str
    folder: str
    index: int
    answers: Mapping[str, Value]
    sentences: tuple[str, ...]
    bound: Bound | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """What the release event says of the edition, as opened."""

    edition: int
    sealed: str
    index: int
    manifest: str
    size: int
    """How many entries the log had when the edition was made (checkpoint C)."""
    latest: int
    """How many entries the log had when the release was in it (checkpoint C2)."""
    ids: Mapping[bytes, str]
    decisions: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that `verify` found, for people and for programs."""

    site: str
    files: Mapping[str, int]
    """Every file that was found or should be there, and its size (-1: it is missing)."""
    verdicts: tuple[Verdict, ...]
    exhibits: tuple[ExhibitReport, ...]
    release: Release | None
    log: Vkey | None
    is_key_from_outside: bool
    not_shown: tuple[str, ...] = field(default=())

    @property
    def exit_code(self) -> int:
        """The exit code of `verify`: false beats everything, a disk that cannot be read beats the undecided."""
        codes = {verdict.exit for verdict in self.verdicts}
        if 1 in codes:
            return 1
        return max(codes | {0 if self.is_key_from_outside else 2})

    @property
    def sound(self) -> tuple[ExhibitReport, ...]:
        """The exhibits in whose folder nothing is wrong: only of these may be said what their openings say."""
        wrong = {"/".join(verdict.file.split("/")[:2]) for verdict in self.verdicts if verdict.word is not Word.AGREES}
        return tuple(found for found in self.exhibits if found.folder not in wrong)

    @property
    def word(self) -> Word:
        """The verdict about the whole."""
        return {0: Word.AGREES, 1: Word.FALSE}.get(self.exit_code, Word.UNDECIDED)


class Tally:
    """Verdicts as they come, in the order of checking."""

    def __init__(self) -> None:
        self.verdicts: list[Verdict] = []

    def agrees(self, file: str, says: str) -> None:
        """Note that a check agrees."""
        self.verdicts.append(Verdict(file, Word.AGREES, says, 0))

    def false(self, file: str, says: str) -> None:
        """Note that a check does not agree."""
        self.verdicts.append(Verdict(file, Word.FALSE, says, 1))

    def undecided(self, file: str, says: str, exit_code: int = 2) -> None:
        """Note that something cannot be checked."""
        self.verdicts.append(Verdict(file, Word.UNDECIDED, says, exit_code))

    def judging(self, file: str) -> "Judging":
        """Return a block in which a failed check becomes a verdict about `file`."""
        return Judging(self, file)


@dataclass(frozen=True, slots=True)
class Judging:
    """A block of checks: the first that fails ends it, and is noted rather than raised."""

    tally: Tally
    file: str

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> bool:
        """Note a failed check; let everything else pass."""
        match error:
            case Undecided() | NewerVersion() | DiskFailure():
                self.tally.undecided(self.file, str(error), error.exit_code)
            case BrokenEvidence():
                self.tally.false(self.file, str(error))
        return isinstance(error, BrokenEvidence | DiskFailure)
