"""A reviewer's own key: made by the reviewer, kept outside the archive, one for each archive.

The file is PKCS #8 in PEM (RFC 5958, RFC 8410), readable by openssl; mode 0600.
"""

import os
import stat
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from witnessmark.errors import Damaged, DiskFailure, WrongUsage


@dataclass(frozen=True, slots=True)
class ReviewerKey:
    """An Ed25519 key pair in memory."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The raw 32 bytes of the public key."""
        return self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature (RFC 8032, section 5.1.6)."""
        return self.private.sign(message)


def check_outside(path: str, archive_root: str) -> None:
    """Refuse a reviewer's key inside the archive: whoever holds the archive could sign as the reviewer.

    Raises:
        WrongUsage: when the file lies, or would lie, inside.
    """
    folder = os.path.realpath(os.path.dirname(os.path.abspath(path)))
    whole = os.path.realpath(path)
    archive = os.path.realpath(archive_root)
    if archive in (os.path.commonpath([archive, folder]), os.path.commonpath([archive, whole])):
        raise WrongUsage(
            f"{path}: a reviewer's key must not lie inside the archive, since whoever holds the archive could then "
            "sign as the reviewer; keep it on a medium of the reviewer's own"
        )


def make(path: str, *, entropy_seed: bytes) -> ReviewerKey:
    """Write a new key to a new file with mode 0600.

    Raises:
        WrongUsage: when the file is there already; an old key is never overwritten.
        DiskFailure: when it cannot be written.
    """
    key = Ed25519PrivateKey.from_private_bytes(entropy_seed)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise WrongUsage(f"{path} is there already: a key is never overwritten; name another file") from error
    except OSError as error:
        raise DiskFailure(f"{path} cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    return ReviewerKey(key)


def load(path: str) -> ReviewerKey:
    """Return the key in a file.

    Raises:
        Damaged: when it is missing or no Ed25519 key.
        WrongUsage: when others can read it.
    """
    try:
        with open(path, "rb") as source:
            mode = os.fstat(source.fileno()).st_mode
            text = source.read(1 << 16)
    except OSError as error:
        raise Damaged(f"the key {path} cannot be read: {error.strerror}; make one with --make-key") from error
    if stat.S_IMODE(mode) & 0o077:
        raise WrongUsage(f"the key {path} can be read by others: chmod 600 it first")
    try:
        key = load_pem_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Damaged(f"{path} is no private key in PEM without a passphrase") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Damaged(f"{path} is no Ed25519 key")
    return ReviewerKey(key)
