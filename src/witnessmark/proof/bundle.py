"""Proof files (C2SP tlog-proof): index, inclusion proof and checkpoint of one entry, and what opens it."""

import re
from dataclasses import dataclass
from typing import Self

from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.proof import merkle

FIRST_LINE = "c2sp.org/tlog-proof@v1"
LARGEST = 1 << 20
MOST_HASHES = 63

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})\Z")


@dataclass(frozen=True, slots=True)
class ProofBundle:
    """All that is needed offline to see that one entry is in a signed log.

    `checkpoint` is a whole signed note. `extra` is not signed: it holds salt and record of the event, and is
    checked by computing the entry from it.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the proof that is written there.

        Raises:
            Damaged: when it is none, too large, or spelled another way.
        """
        if len(text) > LARGEST:
            raise Damaged("not a proof file: larger than one mebibyte")
        head, blank, note = text.partition("\n\n")
        lines = head.split("\n")
        if lines[0] != FIRST_LINE or not blank or not note:
            raise Damaged(f"not a proof file: it begins with {FIRST_LINE} and ends with a checkpoint")
        extra, lines = _extra(lines[1:])
        index = _INDEX.match(lines[0]) if lines else None
        if index is None or len(lines) - 1 > MOST_HASHES:
            raise Damaged("not a proof file: an index and at most 63 hashes belong there")
        hashes = tuple(codec.from_base64(line, merkle.HASH_SIZE) for line in lines[1:])
        return cls(int(index[1]), hashes, note, extra)

    @property
    def text(self) -> str:
        """The proof as it is written."""
        extra = f"extra {codec.to_base64(self.extra)}\n" if self.extra else ""
        hashes = "".join(codec.to_base64(found) + "\n" for found in self.hashes)
        return f"{FIRST_LINE}\n{extra}index {self.index}\n{hashes}\n{self.checkpoint}"


def _extra(lines: list[str]) -> tuple[bytes, list[str]]:
    if not lines or not lines[0].startswith("extra "):
        return b"", lines
    extra = codec.from_base64(lines[0][6:])
    if not extra:
        raise Damaged("not a proof file: an empty extra line is left out")
    return extra, lines[1:]
