"""OpenTimestamps calendars: what one is asked, and how answers of several become one proof.

A calendar is sent a digest and answers with operations that lead from it to a promise; asked again hours later about
what it promised, it answers with operations that lead to a block of Bitcoin.

Rules for whoever changes this file:
- A calendar learns a blinded digest: a nonce stands between what is stamped and what is asked.
- An answer does not say what it answers: it counts only for the question under which it was got.
- Whatever is put together here is read by the strict reader (ots.py), with all its caps, before it counts.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Self

from witnessmark.errors import Damaged, Undecided
from witnessmark.proof import ots
from witnessmark.proof.ots import Attestation, Bitcoin, Pending, Timestamp

LARGEST_ANSWER = 10_000
"""Answers of calendars are shorter; the client of the OpenTimestamps project reads no more either."""
NONCE_SIZE = 16

Path = tuple[bytes, ...]
"""The operations that lead from a digest to an attestation, and the attestation, each as it is spelled."""


def blinded(digest: bytes, nonce: bytes) -> bytes:
    """Return what calendars are asked about a digest: 32 bytes that say nothing of it without the nonce."""
    if len(nonce) != NONCE_SIZE:
        raise Damaged(f"a calendar's nonce has {NONCE_SIZE} bytes")
    return hashlib.sha256(digest + nonce).digest()


@dataclass(frozen=True, slots=True)
class Proof:
    """An OpenTimestamps proof of a SHA-256 digest as the set of its paths: two about one digest can be joined."""

    digest: bytes
    paths: Mapping[Path, Attestation]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the proof that a `.ots` file holds.

        Raises:
            Damaged: when it is none.
            Undecided: when it rests on a digest that can be collided.
        """
        found = Timestamp.parse(data)
        if found.algorithm != "sha256":
            raise Undecided(f"the proof rests on {found.algorithm}, which no longer binds anyone to one file")
        paths = _paths(data[len(_head(found.digest)) :])
        return cls(found.digest, dict(zip(paths, found.attestations, strict=True)))

    @classmethod
    def answered(cls, digest: bytes, nonce: bytes, answer: bytes) -> Self:
        """Return the proof of a digest that a calendar's answer about `blinded(digest, nonce)` makes.

        Raises:
            Damaged: when the answer is none.
        """
        return cls._made(digest, (bytes([ots.APPEND, len(nonce)]) + nonce, bytes([ots.SHA256])), answer)

    @classmethod
    def _made(cls, digest: bytes, operations: Path, answer: bytes) -> Self:
        if len(answer) > LARGEST_ANSWER:
            raise Damaged(f"no calendar's answer: more than {LARGEST_ANSWER} bytes")
        return cls.parse(_head(digest) + b"".join(operations) + answer)

    @property
    def data(self) -> bytes:
        """The proof as a `.ots` file."""
        return _head(self.digest) + _written(sorted(self.paths), 0)

    @property
    def waiting(self) -> tuple[Pending, ...]:
        """The promises from which no path leads to a block yet."""
        return tuple(
            one for path, one in self.paths.items() if isinstance(one, Pending) and not self._leads_on(path[:-1])
        )

    def _leads_on(self, operations: Path) -> bool:
        """Return whether a path leads to a block from where these operations lead."""
        return any(
            isinstance(one, Bitcoin) and path[: len(operations)] == operations for path, one in self.paths.items()
        )

    @property
    def heights(self) -> tuple[int, ...]:
        """The heights of the Bitcoin blocks that it claims to lead to, rising."""
        return tuple(sorted({one.height for one in self.paths.values() if isinstance(one, Bitcoin)}))

    def upgraded(self, commitment: bytes, answer: bytes) -> Self:
        """Return this proof with what a calendar answered about something it had promised.

        Raises:
            Damaged: when the answer is none, or too much for one proof.
        """
        found = self
        for path, one in self.paths.items():
            if isinstance(one, Pending) and one.message == commitment:
                found = found.joined(self._made(self.digest, path[:-1], answer))
        return found

    def joined(self, other: Self) -> Self:
        """Return all paths of two proofs of one digest.

        Raises:
            Damaged: when they are too many for one proof.
        """
        if other.digest != self.digest:
            raise ValueError("proofs of different digests")
        return self.parse(type(self)(self.digest, {**self.paths, **other.paths}).data)


def _head(digest: bytes) -> bytes:
    """Return what a proof of version 1 of a SHA-256 digest begins with."""
    return ots.MAGIC + bytes([1, ots.SHA256]) + digest


def _paths(data: bytes) -> list[Path]:
    """Return the paths of a proof in the order of the file; it has been read by the strict reader."""
    waiting: list[Path] = [()]
    found: list[Path] = []
    at = 0
    while waiting:
        path = waiting.pop()
        if data[at] == ots.FORK:
            waiting.append(path)
            at += 1
        tag, end = data[at], at + 1
        if tag in {ots.ATTESTATION, ots.APPEND, ots.PREPEND}:
            size, begin = _number(data, end + 8 * (tag == ots.ATTESTATION))
            end = begin + size
        (found if tag == ots.ATTESTATION else waiting).append((*path, data[at:end]))
        at = end
    return found


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return a number written seven bits a byte, and where it ends."""
    found = shift = 0
    while True:
        found |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return found, at


def _written(paths: list[Path], depth: int) -> bytes:
    """Return the branches of paths that are alike up to a depth, sorted; all but the last follow a fork's mark."""
    branches: list[bytes] = []
    for part, group in groupby(paths, key=lambda path: path[depth]):
        below = [path for path in group if len(path) > depth + 1]
        branches.append(part + _written(below, depth + 1) if below else part)
    return b"".join(bytes([ots.FORK]) + one for one in branches[:-1]) + branches[-1]
