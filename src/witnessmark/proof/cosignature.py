"""Cosignatures (C2SP tlog-cosignature, Ed25519): a witness says when it saw a log that had only grown.

Rules for whoever changes this file:
- A cosignature says when: a time of zero, or one beyond 63 bits, is no cosignature.
- What is signed is the whole text of the note, so a checkpoint's further lines are covered too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from witnessmark.errors import Damaged, Falsified
from witnessmark.proof import ed25519, note
from witnessmark.proof.note import COSIGNATURE, Signature, Vkey

LARGEST_TIME = 2**63 - 1
_SIZE = 8 + 64


@dataclass(frozen=True, slots=True)
class Cosignature:
    """What stands in a cosignature's line after the key id: POSIX seconds, and the signature."""

    time: int
    signature: bytes

    def __post_init__(self) -> None:
        if not 1 <= self.time <= LARGEST_TIME or len(self.signature) != 64:
            raise Damaged("not a cosignature: a time from 1 and 64 bytes of signature belong there")

    @classmethod
    def parse(cls, blob: bytes) -> Self:
        """Return the cosignature that these bytes hold.

        Raises:
            Damaged: when they hold none.
        """
        if len(blob) != _SIZE:
            raise Damaged("not a cosignature: eight bytes of time and 64 of signature belong there")
        return cls(int.from_bytes(blob[:8]), blob[8:])

    @property
    def blob(self) -> bytes:
        """The bytes that stand in the line."""
        return self.time.to_bytes(8) + self.signature


def message(text: str, time: int) -> bytes:
    """Return what is signed: a fixed line, the time, and the note's text."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def make(text: str, name: str, public: bytes, sign: Callable[[bytes], bytes], time: int) -> Signature:
    """Return a witness's signature line for the text of a checkpoint's note.

    Args:
        text: the note's text; it ends in LF.
        name: the witness's name.
        public: the witness's 32 raw bytes.
        sign: makes 64 bytes of Ed25519 signature from a message.
        time: now, in POSIX seconds.
    """
    if not text.endswith("\n"):
        raise ValueError("the text of a note ends in a line feed")
    found = Cosignature(time, sign(message(text, time)))
    return Signature(name, Vkey.for_cosigner(name, public).key_id, found.blob)


def check(text: str, signature: Signature, key: Vkey) -> int:
    """Return when the holder of this key cosigned the text of a note.

    Raises:
        Falsified: when the line is not by this key, or does not fit the text.
    """
    if key.type != COSIGNATURE or (signature.name, signature.key_id) != (key.name, key.key_id):
        raise Falsified(f"this line is no cosignature by {key.name}")
    try:
        found = Cosignature.parse(signature.blob)
    except Damaged as error:
        raise Falsified(f"the cosignature of {key.name} is broken") from error
    if not ed25519.verify(key.public, message(text, found.time), found.signature):
        raise Falsified(f"the cosignature of {key.name} does not fit this checkpoint")
    return found.time


def parse_lines(text: str) -> tuple[Signature, ...]:
    """Return the signature lines of a witness's answer (C2SP tlog-witness, "add-checkpoint").

    Raises:
        Damaged: when it holds anything else.
    """
    signed = note.parse("answer\n\n" + text)
    if signed.text != "answer\n":
        raise Damaged("a witness's answer holds signature lines and nothing else")
    return signed.signatures
