"""The text of a checkpoint (C2SP tlog-checkpoint): a log's name, its size and its root."""

import re
from dataclasses import dataclass
from typing import Self

from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.proof import merkle

_SIZE = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log's key signs: "the log of this name has so many entries and this root"."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not self.origin or any(c < " " for c in self.origin):
            raise Damaged("a checkpoint begins with the log's name")
        if not 0 <= self.size <= merkle.LARGEST_SIZE or len(self.root) != merkle.HASH_SIZE:
            raise Damaged("a checkpoint has a size from 0 and a root of 32 bytes")
        if self.size == 0 and self.root != merkle.EMPTY_ROOT:
            raise Damaged("a checkpoint of no entries has the root of the empty tree")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the checkpoint that stands in the text of a note.

        Raises:
            Damaged: when it is none; lines after the root are refused, for nobody would check them.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not _SIZE.match(lines[1]):
            raise Damaged("not a checkpoint: name, size and root, a line each, belong there")
        return cls(lines[0], int(lines[1]), codec.from_base64(lines[2], merkle.HASH_SIZE))

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{codec.to_base64(self.root)}\n"
