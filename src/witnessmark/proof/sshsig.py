"""SSH signatures (OpenSSH, PROTOCOL.sshsig) by Ed25519 keys: what `ssh-keygen -Y sign` writes.

Rules for whoever changes this file:
- The namespace is part of what is signed: who checks says which one they expect.
- Only ssh-ed25519 with SHA-512 or SHA-256; other keys are named as not understood, never guessed at.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Self

from witnessmark.errors import Damaged, Falsified
from witnessmark.model import codec
from witnessmark.proof import ed25519

LARGEST = 1 << 14
FIRST_LINE = "-----BEGIN SSH SIGNATURE-----"
LAST_LINE = "-----END SSH SIGNATURE-----"
WIDTH = 70

_MAGIC = b"SSHSIG"
_KIND = b"ssh-ed25519"
_HASHES = ("sha512", "sha256")
_NAMESPACE = re.compile(r"[!-~]{1,255}\Z")
_LINE = re.compile(r"[A-Za-z0-9+/=]{1,76}\Z")


@dataclass(frozen=True, slots=True)
class SshSignature:
    """A signature, the key that it names, and what it was made for."""

    public: bytes
    namespace: str
    algorithm: str
    signature: bytes

    def __post_init__(self) -> None:
        if len(self.public) != 32 or len(self.signature) != 64:
            raise Damaged("an SSH signature by Ed25519 has a key of 32 bytes and 64 bytes of signature")
        if not _NAMESPACE.match(self.namespace):
            raise Damaged("an SSH signature's namespace is a word without blanks")
        if self.algorithm not in _HASHES:
            raise Damaged("an SSH signature is made over SHA-512 or SHA-256")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the signature that an armoured file holds.

        Raises:
            Damaged: when it is none, or by a key of another type.
        """
        if len(text) > LARGEST:
            raise Damaged("not an SSH signature: larger than 16 KiB")
        lines = text.split("\n")
        if len(lines) < 4 or lines[0] != FIRST_LINE or lines[-2:] != [LAST_LINE, ""]:
            raise Damaged(f"not an SSH signature: it begins with {FIRST_LINE} and ends with {LAST_LINE}")
        if not all(_LINE.match(line) for line in lines[1:-2]) or len({len(line) for line in lines[1:-3]}) > 1:
            raise Damaged("not an SSH signature: lines of base64 of one length belong there")
        return cls(*_parts(codec.from_base64("".join(lines[1:-2]))))

    @property
    def text(self) -> str:
        """The armoured file."""
        blob = _MAGIC + (1).to_bytes(4) + _string(_public(self.public)) + _string(self.namespace.encode())
        blob += _string(b"") + _string(self.algorithm.encode()) + _string(_string(_KIND) + _string(self.signature))
        coded = codec.to_base64(blob)
        lines = [coded[i : i + WIDTH] for i in range(0, len(coded), WIDTH)]
        return "".join(line + "\n" for line in (FIRST_LINE, *lines, LAST_LINE))

    def check(self, data: bytes, namespace: str, public: bytes) -> None:
        """Check that the holder of this key signed these bytes for this purpose.

        Raises:
            Falsified: when the signature names another key or purpose, or does not fit.
        """
        if self.public != public:
            raise Falsified("the SSH signature names another key")
        if self.namespace != namespace:
            raise Falsified(f"the SSH signature was made for {self.namespace!r}, not for {namespace!r}")
        if not ed25519.verify(public, message(data, namespace, self.algorithm), self.signature):
            raise Falsified("the SSH signature does not fit these bytes")


def message(data: bytes, namespace: str, algorithm: str) -> bytes:
    """Return what is signed (PROTOCOL.sshsig, "Signed Data")."""
    hashed = hashlib.new(algorithm, data).digest()
    return _MAGIC + _string(namespace.encode()) + _string(b"") + _string(algorithm.encode()) + _string(hashed)


def parse_public(line: str) -> bytes:
    """Return the 32 raw bytes of a public key line `ssh-ed25519 <base64> [comment]`.

    Raises:
        Damaged: when it is no such line.
    """
    words = line.removesuffix("\n").split(" ", 2)
    if len(line) > LARGEST or "\n" in line.removesuffix("\n") or len(words) < 2 or words[0].encode() != _KIND:
        raise Damaged("not an SSH public key of type ssh-ed25519")
    return _key(codec.from_base64(words[1]))


def _parts(blob: bytes) -> tuple[bytes, str, str, bytes]:
    """Return key, namespace, hash and signature of a blob."""
    if not blob.startswith(_MAGIC) or blob[6:10] != (1).to_bytes(4):
        raise Damaged("not an SSH signature of version 1")
    public, namespace, reserved, algorithm, signature = _strings(blob[10:], 5)
    if reserved:
        raise Damaged("an SSH signature of a newer version: its reserved part is not empty")
    kind, raw = _strings(signature, 2)
    if kind != _KIND:
        raise Damaged("an SSH signature of another type than ssh-ed25519")
    try:
        return _key(public), namespace.decode("ascii"), algorithm.decode("ascii"), raw
    except UnicodeDecodeError as error:
        raise Damaged("an SSH signature's namespace is a word without blanks") from error


def _key(blob: bytes) -> bytes:
    # The type stands first: a key of another type may have another number of parts.
    if not blob.startswith(_string(_KIND)):
        raise Damaged("an SSH key of another type than ssh-ed25519")
    key = _strings(blob, 2)[1]
    if len(key) != 32:
        raise Damaged("an SSH key of type ssh-ed25519 has 32 bytes")
    return key


def _public(key: bytes) -> bytes:
    return _string(_KIND) + _string(key)


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data


def _strings(blob: bytes, count: int) -> list[bytes]:
    """Return exactly so many strings, each after its length in four bytes."""
    found, at = list[bytes](), 0
    for _ in range(count):
        start = at + 4
        at = start + int.from_bytes(blob[at:start])
        if start > len(blob) or at > len(blob):
            raise Damaged("an SSH key or signature is cut short")
        found.append(blob[start:at])
    if at != len(blob):
        raise Damaged("bytes after the end of an SSH key or signature")
    return found
