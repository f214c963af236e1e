"""The log's signing key: made once, kept private, loaded by whoever may write.

A key file holds comment lines and one line `witnessmark-key/v1 ed25519 <base64 of the 32-byte seed>`.
"""

import stat
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from witnessmark.errors import Damaged, DiskFailure, WrongUsage
from witnessmark.model import codec

_WORDS = ("witnessmark-key/v1", "ed25519")
_LARGEST = 4096


class Signer(Protocol):
    """Whoever can sign for the log: a key in memory now; a passphrase or a token may stand behind it later."""

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature (RFC 8032)."""


class SeedSigner:
    """A signer that holds the key's seed."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        """Return the signature."""
        return self._key.sign(message)


def key_text(seed: bytes, origin: str) -> str:
    """Return a key file."""
    return (
        f"# The signing key of the log {origin}: who holds this file can sign in its name. Never hand it out.\n"
        f"{' '.join(_WORDS)} {codec.to_base64(seed)}\n"
    )


def parse_key(text: str) -> SeedSigner:
    """Return the signer that a key file describes.

    Raises:
        Damaged: when it is no such file.
    """
    lines = [line for line in text.split("\n") if line and not line.startswith("#")]
    words = lines[0].split(" ") if len(lines) == 1 else []
    if len(words) != 3 or tuple(words[:2]) != _WORDS:
        raise Damaged("the signing key cannot be read: restore vault/keys/log.key from a backup")
    return SeedSigner(codec.from_base64(words[2], 32))


def load(path: Path) -> Signer:
    """Return the signer whose key lies there.

    Raises:
        Damaged: when the key is missing or no key.
        WrongUsage: when others than its owner may read it.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            data = file.read(_LARGEST)
    except FileNotFoundError as error:
        raise Damaged(f"the signing key {path} is missing: restore it from a backup") from error
    except OSError as error:
        raise DiskFailure(f"the signing key {path} could not be read: {error.strerror}") from error
    if mode & 0o077:
        raise WrongUsage(f"others can read the signing key {path}: take that right away (chmod 600) and run again")
    return parse_key(data.decode("utf-8", "replace"))
