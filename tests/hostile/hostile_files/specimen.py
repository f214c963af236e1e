"""A hostile file and what has to come of it; the names by which families are known."""

from collections.abc import Callable
from dataclasses import dataclass

from witnessmark.model.derivative import Outcome

OK, PARTIAL, LIMIT, POLICY = Outcome.OK, Outcome.PARTIAL, Outcome.REFUSED_LIMIT, Outcome.REFUSED_POLICY
LOCKED, CORRUPT, TIMEOUT, MEMORY = Outcome.ENCRYPTED, Outcome.CORRUPT, Outcome.TIMEOUT, Outcome.MEMORY
CRASH, VIOLATION, UNSUPPORTED = Outcome.CRASH, Outcome.VIOLATION, Outcome.UNSUPPORTED

PASSWORD = "doors-seventeen"

READ = frozenset((OK, PARTIAL))
"""Read as far as it goes."""
KILLED = frozenset((TIMEOUT, MEMORY, LIMIT, CRASH))
"""Ended by a limit, or by a library that gives up: contained, and no more."""

FAMILIES = {
    1: "pictures of billions of pixels",
    2: "pictures of endless frames and directories",
    3: "pictures whose header lies",
    4: "drawings that fetch",
    5: "drawings that grow",
    6: "archives in archives",
    7: "archives whose entries share bytes",
    8: "archives that contain themselves",
    9: "archives that lie about sizes",
    10: "archives of countless entries",
    11: "archives with names that climb or mislead",
    12: "archives with twins",
    13: "archives with two truths",
    14: "links in archives",
    15: "devices and other things that are no files",
    16: "archives under a password",
    17: "streams that unfold without end",
    18: "heads without a body, and what nobody reads",
    19: "documents that include files of the machine",
    20: "documents that fetch",
    21: "tables without end",
    22: "documents with macros",
    23: "tables with formulas that run",
    24: "documents under a password",
    25: "compound files in circles",
    26: "PDF streams that unfold without end",
    27: "PDF forms that fan out",
    28: "PDF in circles",
    29: "PDF pages without end",
    30: "PDF that acts",
    31: "PDF with files inside",
    32: "PDF with damaged pictures",
    33: "files that are two things",
    34: "files under another's name",
    35: "file names that mislead or inject",
    36: "pages that fetch, run and inject",
    37: "messages without end",
    38: "messages that fetch, mislead and nest",
    39: "mailboxes that are forged or cut",
    40: "recordings that lie and fetch",
    41: "text without end or form",
    42: "text that traps patterns",
    43: "objects that run when they are loaded",
    44: "readers that are taken over",
}


@dataclass(frozen=True, slots=True)
class Place:
    """What a file may point at: the port of a listener on this machine, and a file that nobody may read."""

    port: int
    secret: str

    def url(self, what: str = "x") -> str:
        """Return an address at which the listener would hear a beacon."""
        return f"http://127.0.0.1:{self.port}/{what}"


Make = Callable[[Place], bytes]


@dataclass(frozen=True, slots=True)
class Hostile:
    """One hostile file and what has to come of it.

    `outcomes` are those that are right. `members` and `refused` are printed paths, exactly, where they are stated.
    `has` stands in the visible or the hidden text, `shown` in the visible one, `lacks` in no derivative at all.
    `observed` are pairs of an observation's name and a text that its JSON contains. `seconds` bounds the processor's
    time, `memory` the MiB above what reading an empty file takes. A `beacon` points at the listener. `unlocked` are the
    outcomes that are right with `PASSWORD` at hand, where that matters.
    """

    family: int
    name: str | bytes
    make: Make
    outcomes: frozenset[Outcome]
    media_types: tuple[str, ...] = ()
    members: tuple[str, ...] | None = None
    refused: tuple[str, ...] | None = None
    has: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    observed: tuple[tuple[str, str], ...] = ()
    seconds: float = 10.0
    memory: int = 400
    beacon: bool = False
    most_members: int | None = None
    unlocked: frozenset[Outcome] | None = None

    @property
    def file_name(self) -> bytes:
        """The name in a folder: the family's number, then its own."""
        own = self.name if isinstance(self.name, bytes) else self.name.encode()
        return b"%02d-%b" % (self.family, own)


def fixed(data: bytes) -> Make:
    """Return a maker of bytes that point at nothing."""
    return lambda _: data


def late(make: Callable[[], bytes]) -> Make:
    """Return a maker of bytes that point at nothing and cost something to make."""
    return lambda _: make()


def only(*outcomes: Outcome) -> frozenset[Outcome]:
    """Return the outcomes as a set."""
    return frozenset(outcomes)
