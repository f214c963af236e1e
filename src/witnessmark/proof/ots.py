"""OpenTimestamps proofs: from a file's digest, step by step, to what a Bitcoin block or a calendar is said to hold.

Rules for whoever changes this file:
- Reading shows where a proof leads, never that it ends in the chain: that needs a block's header from elsewhere.
- An operation that is not understood makes the whole proof refused; an attestation that is not, stays as unknown.
- Depth, operations, and the bytes that are hashed are counted and capped before the work is done.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Self

from witnessmark.errors import Damaged, Falsified, Undecided
from witnessmark.proof import ripemd160

MAGIC = bytes.fromhex("004f70656e54696d657374616d7073000050726f6f6600bf89e2e884e89294")
LARGEST = 1 << 20
DEEPEST = 256
MOST_OPERATIONS = 4096
MOST_ATTESTATIONS = 256
MOST_HASHED = 1 << 18
LARGEST_MESSAGE = 4096
LARGEST_PAYLOAD = 8192
LARGEST_URI = 1000
HEADER_SIZE = 80

_BITCOIN = bytes.fromhex("0588960d73d71901")
_PENDING = bytes.fromhex("83dfe30d2ef90c8e")
FORK, ATTESTATION = 0xFF, 0x00
APPEND, PREPEND, SHA256 = 0xF0, 0xF1, 0x08
_SHA1, _RIPEMD160, _REVERSE, _HEXLIFY = 0x02, 0x03, 0xF2, 0xF3
_FILE_HASHES = {_SHA1: ("sha1", 20), _RIPEMD160: ("ripemd160", 20), SHA256: ("sha256", 32)}
_URI = re.compile(rb"[A-Za-z0-9./:_-]+\Z")


@dataclass(frozen=True, slots=True)
class Bitcoin:
    """The claim that the block of this height has this Merkle root (in the order of bytes in the block)."""

    height: int
    merkle_root: bytes

    def check(self, header: bytes) -> int:
        """Return the time that a block's header states, in POSIX seconds, after holding it against the claim.

        Args:
            header: the 80 bytes of the header of the block of this height, got from somewhere the reader trusts.

        Raises:
            Falsified: when the header has another Merkle root, or not the work that it states.
            Damaged: when it is no header.
        """
        if len(header) != HEADER_SIZE:
            raise Damaged("a Bitcoin block's header has 80 bytes")
        if header[36:68] != self.merkle_root:
            raise Falsified(f"the header given for block {self.height} has another Merkle root")
        exponent, mantissa = header[75], int.from_bytes(header[72:75], "little")
        target = mantissa << 8 * (exponent - 3) if exponent >= 3 else mantissa >> 8 * (3 - exponent)
        work = hashlib.sha256(hashlib.sha256(header).digest()).digest()
        if mantissa >> 23 or int.from_bytes(work, "little") > target:
            raise Falsified(f"the header given for block {self.height} does not hold the work that it states")
        return int.from_bytes(header[68:72], "little")


@dataclass(frozen=True, slots=True)
class Pending:
    """A calendar has promised to put this message into a block; its answer must be fetched later."""

    uri: str
    message: bytes


@dataclass(frozen=True, slots=True)
class Unknown:
    """An attestation of a kind that this program does not know."""

    tag: bytes
    payload: bytes
    message: bytes


Attestation = Bitcoin | Pending | Unknown


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A proof file: what was stamped, and everything its paths lead to, in the order of the file."""

    algorithm: str
    digest: bytes
    attestations: tuple[Attestation, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the proof that a `.ots` file holds.

        Raises:
            Damaged: when it is none, cut short, beyond the caps, or of a newer version.
        """
        if len(data) > LARGEST:
            raise Damaged("not an OpenTimestamps proof: larger than one mebibyte")
        if not data.startswith(MAGIC):
            raise Damaged("not an OpenTimestamps proof: it begins otherwise")
        reader = _Reader(data, len(MAGIC))
        version = reader.number()
        if version != 1:
            raise Damaged(f"an OpenTimestamps proof of version {version}: only version 1 is understood")
        kind = reader.byte()
        if kind not in _FILE_HASHES:
            raise Damaged(f"an OpenTimestamps proof of a digest of unknown kind 0x{kind:02x}")
        algorithm, size = _FILE_HASHES[kind]
        digest = reader.take(size)
        attestations = _walk(reader, digest)
        if not reader.is_at_end:
            raise Damaged("bytes after the end of an OpenTimestamps proof")
        return cls(algorithm, digest, attestations)

    @property
    def bitcoin(self) -> tuple[Bitcoin, ...]:
        """The claims about Bitcoin blocks, lowest first."""
        return tuple(sorted((one for one in self.attestations if isinstance(one, Bitcoin)), key=lambda one: one.height))

    def check_content(self, data: bytes) -> None:
        """Check that the proof is about these bytes.

        Raises:
            Falsified: when it is about others.
            Undecided: when their digest is of a kind that can be collided.
        """
        if self.algorithm != "sha256":
            raise Undecided(f"the proof rests on {self.algorithm}, which no longer binds anyone to one file")
        if hashlib.sha256(data).digest() != self.digest:
            raise Falsified("the OpenTimestamps proof is about other bytes")


class _Reader:
    """Bytes, read from front to back."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self._at = at

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._data)

    def take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise Damaged("an OpenTimestamps proof is cut short")
        found, self._at = self._data[self._at : end], end
        return found

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        """Return a number written seven bits a byte, lowest first, in its one shortest spelling."""
        found = 0
        for shift in range(0, 63, 7):
            byte = self.byte()
            found |= (byte & 0x7F) << shift
            if not byte & 0x80:
                if not byte and shift:
                    break
                return found
        raise Damaged("a number in an OpenTimestamps proof is too large, or spelled another way")

    def sized(self, least: int, most: int) -> bytes:
        """Return bytes that stand after their length."""
        size = self.number()
        if not least <= size <= most:
            raise Damaged(f"a part of an OpenTimestamps proof has {size} bytes: {least} to {most} may stand there")
        return self.take(size)


def _walk(reader: _Reader, digest: bytes) -> tuple[Attestation, ...]:
    """Return what all paths lead to, without recursion: hostile proofs are deep."""
    waiting: list[tuple[bytes, int]] = [(digest, 0)]
    found: list[Attestation] = []
    budget = _Budget()
    while waiting:
        message, depth = waiting.pop()
        tag = reader.byte()
        if tag == FORK:
            # One branch follows, then the rest of this message's paths.
            waiting.append((message, depth))
            tag = reader.byte()
        if tag == ATTESTATION:
            if len(found) == MOST_ATTESTATIONS:
                raise Damaged(f"an OpenTimestamps proof has more than {MOST_ATTESTATIONS} attestations")
            found.append(_attestation(reader, message))
            continue
        if depth == DEEPEST:
            raise Damaged(f"an OpenTimestamps proof is nested deeper than {DEEPEST}")
        budget.spend(len(message))
        waiting.append((_apply(tag, message, reader), depth + 1))
    return tuple(found)


class _Budget:
    """How much work a proof may still ask for."""

    def __init__(self) -> None:
        self._operations = MOST_OPERATIONS
        self._bytes = MOST_HASHED

    def spend(self, size: int) -> None:
        self._operations -= 1
        self._bytes -= size
        if self._operations < 0 or self._bytes < 0:
            raise Damaged("an OpenTimestamps proof asks for too much work")


def _apply(tag: int, message: bytes, reader: _Reader) -> bytes:
    """Return what an operation makes of a message."""
    if tag == SHA256:
        return hashlib.sha256(message).digest()
    if tag == _SHA1:
        return hashlib.sha1(message, usedforsecurity=False).digest()
    if tag == _RIPEMD160:
        return ripemd160.digest(message)
    if tag in {APPEND, PREPEND}:
        more = reader.sized(1, LARGEST_MESSAGE)
        return _bounded(message + more if tag == APPEND else more + message)
    if tag == _REVERSE:
        return message[::-1]
    if tag == _HEXLIFY:
        return _bounded(message.hex().encode())
    raise Damaged(f"an OpenTimestamps proof uses an operation that this program does not know: 0x{tag:02x}")


def _bounded(message: bytes) -> bytes:
    if len(message) > LARGEST_MESSAGE:
        raise Damaged(f"a message in an OpenTimestamps proof is longer than {LARGEST_MESSAGE} bytes")
    return message


def _attestation(reader: _Reader, message: bytes) -> Attestation:
    tag = reader.take(8)
    payload = reader.sized(0, LARGEST_PAYLOAD)
    inner = _Reader(payload)
    if tag == _BITCOIN:
        height = inner.number()
        if not inner.is_at_end or len(message) != 32:
            raise Damaged("a Bitcoin attestation holds a height, and its path ends in 32 bytes")
        return Bitcoin(height, message)
    if tag == _PENDING:
        uri = inner.sized(1, LARGEST_URI)
        if not inner.is_at_end or not _URI.match(uri):
            raise Damaged("a calendar's address in an OpenTimestamps proof holds characters that may not stand there")
        return Pending(uri.decode("ascii"), message)
    return Unknown(tag, payload, message)
