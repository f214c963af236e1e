"""What the parent and a zygote say to one another, beside the wire: fixed records that are checked by their length."""

import struct
from dataclasses import dataclass
from typing import Final

LONGEST = 1 << 16
"""The longest message, in bytes."""

STARTED: Final = struct.Struct(">cI")
ENDED: Final = struct.Struct(">ciQI")
DONE: Final = struct.Struct(">cI")
"""What a child that may read another file says to its zygote: milliseconds of the processor's time."""


@dataclass(frozen=True, slots=True)
class Started:
    """The child that reads has this number."""

    pid: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The file is done with: the wait status of the child, its largest resident memory in KiB, its processor seconds.

    A child that waits for another file counts as one that left with status 0.
    """

    status: int
    peak: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Gone:
    """The zygote itself is gone, or says what no zygote says."""


Said = Started | Ended | Gone


def parse(message: bytes) -> Said:
    """Return what a zygote said."""
    if len(message) == STARTED.size and message[:1] == b"s":
        return Started(STARTED.unpack(message)[1])
    if len(message) == ENDED.size and message[:1] == b"e":
        _, status, peak, milliseconds = ENDED.unpack(message)
        return Ended(status, peak, milliseconds / 1000)
    return Gone()
