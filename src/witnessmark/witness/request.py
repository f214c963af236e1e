"""The request for a cosignature (C2SP tlog-witness, "add-checkpoint"): old size, consistency proof, checkpoint."""

import re
from dataclasses import dataclass
from typing import Self

from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.proof import merkle, note
from witnessmark.proof.note import Note
from witnessmark.witness.refusal import Malformed

LARGEST = 1 << 17
"""Room for a hundred signature lines and the longest proof."""
MOST_HASHES = 63

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})\Z")
_SIZE = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")


@dataclass(frozen=True, slots=True)
class Head:
    """The three lines of a checkpoint that a witness speaks about; lines after them are the log's own affair."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the first three lines of a checkpoint's text.

        Raises:
            Malformed: when it is no checkpoint (C2SP tlog-checkpoint, "Note text").
        """
        lines = text.split("\n")[:-1]
        if len(lines) < 3 or not all(lines) or not _SIZE.match(lines[1]):
            raise Malformed("not a checkpoint: name, size and root, a line each, belong there")
        size = int(lines[1])
        if size > merkle.LARGEST_SIZE:
            raise Malformed("not a checkpoint: its size has more than 63 bits")
        try:
            return cls(lines[0], size, codec.from_base64(lines[2], merkle.HASH_SIZE))
        except Damaged as error:
            raise Malformed(f"not a checkpoint: its root is {error}") from error


@dataclass(frozen=True, slots=True)
class Request:
    """What a log asks of a witness."""

    old: int
    proof: tuple[bytes, ...]
    note: Note
    head: Head

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the request that these bytes hold.

        Raises:
            Malformed: when they hold none.
        """
        if len(data) > LARGEST:
            raise Malformed("not a request for a cosignature: larger than 128 KiB")
        try:
            first, blank, checkpoint = data.decode().partition("\n\n")
        except UnicodeDecodeError as error:
            raise Malformed("not a request for a cosignature: not UTF-8") from error
        old, *hashes = first.split("\n")
        size = _OLD.match(old)
        if size is None or not blank:
            raise Malformed("not a request for a cosignature: `old` and a size, a proof, an empty line belong there")
        if len(hashes) > MOST_HASHES:
            raise Malformed(f"not a request for a cosignature: more than {MOST_HASHES} lines of proof")
        try:
            proof = tuple(codec.from_base64(line, merkle.HASH_SIZE) for line in hashes)
            signed = note.parse(checkpoint)
        except Damaged as error:
            raise Malformed(f"not a request for a cosignature: {error}") from error
        return cls(int(size[1]), proof, signed, Head.parse(signed.text))

    @property
    def data(self) -> bytes:
        """The request as it is sent."""
        hashes = "".join(codec.to_base64(found) + "\n" for found in self.proof)
        return f"old {self.old}\n{hashes}\n{self.note.whole}".encode()


def make(old: int, proof: tuple[bytes, ...], checkpoint: str) -> bytes:
    """Return a request, for whoever keeps a log.

    Args:
        old: the size that the witness cosigned last, 0 at first.
        proof: that the log only grew since (RFC 6962, section 2.1.2); empty where `old` is 0 or the same size.
        checkpoint: the whole signed note.
    """
    found = note.parse(checkpoint)
    return Request(old, proof, found, Head.parse(found.text)).data
