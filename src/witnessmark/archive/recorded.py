"""An event as the ledger holds it, and its place there."""

from dataclasses import dataclass

from witnessmark.model.codec import Fields
from witnessmark.model.digest import Commitment


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in logical order: the segment, named by its first index, and the line in it, counted from 1."""

    segment: int
    line: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event of the ledger; `index` is its place in the log, `position` its place in the vault."""

    index: int
    commitment: Commitment
    kind: str
    fields: Fields
    position: Position


@dataclass(frozen=True, slots=True, order=True)
class BrokenLine:
    """A line of a segment that cannot be read, counted from 1; line 0 stands for lines that are missing."""

    segment: int
    line: int
    reason: str
