"""What the parent and a zygote say to one another, beside the wire: fixed records that are checked by their length."""

import struct
from dataclasses import dataclass
from typing import Final

LONGEST = 1 << 16
"""The longest message, in bytes."""

STARTED: Final = struct.Struct(">cI")
ENDED: Final = struct.Struct(">ciQI")


@dataclass(frozen=True, slots=True)
class Started:
    """The child that reads has this number."""

    pid: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The child is dead and reaped: its wait status, its largest resident memory in KiB, its processor seconds."""

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
