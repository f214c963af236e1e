"""The log's signing key: made once, kept private, sealed with a passphrase or not, unlocked by whoever may write.

A key file holds comment lines and one line, either of

    witnessmark-key/v1 ed25519 <seed>
    witnessmark-key/v2 ed25519 scrypt <cost> <salt> chacha20poly1305 <nonce> <sealed seed>

Rules for whoever changes this file:
- The words before the sealed seed are its associated data: none of them can be changed without the passphrase.
- A cost beyond `_MOST` is refused before anything is computed: a key file may come from anywhere.
- Neither a passphrase nor a seed ever stands in a message.
"""

import stat
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from witnessmark.errors import Damaged, DiskFailure, WrongUsage
from witnessmark.model import codec
from witnessmark.proof import note

Passphrase = Callable[[], str]
"""Where the passphrase comes from; asked once, and only when the key is sealed."""

COST = 17
"""The binary logarithm of scrypt's N: 128 MiB and about half a second."""

_BARE = ("witnessmark-key/v1", "ed25519")
_SEALED = ("witnessmark-key/v2", "ed25519", "scrypt")
_CIPHER = "chacha20poly1305"
_LEAST, _MOST = 10, 20
_LARGEST = 4096
_NONCE = 12


class Signer(Protocol):
    """Whoever can sign for the log: a key in memory, or one that a passphrase opens at its first use."""

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""

    def note(self, text: str, name: str) -> str:
        """Return the text of a checkpoint as a note signed under the log's name."""

    def unlock(self) -> "SeedSigner":
        """Open the key now, so that nobody is asked later."""


class SeedSigner:
    """A signer that holds the key's seed."""

    def __init__(self, seed: bytes) -> None:
        self.seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature (RFC 8032)."""
        return self._key.sign(message)

    def note(self, text: str, name: str) -> str:
        """Return the signed note."""
        return note.sign(text, name, self.public, self.sign)

    def unlock(self) -> "SeedSigner":
        """Return the signer itself: it is open."""
        return self


class LockedSigner:
    """A signer whose seed is sealed; it is opened once, at its first signature or when asked to."""

    def __init__(self, sealed: "SealedKey", public: bytes, passphrase: Passphrase | None) -> None:
        self._sealed = sealed
        self._passphrase = passphrase
        self._open: SeedSigner | None = None
        self.public = public

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature."""
        return self.unlock().sign(message)

    def note(self, text: str, name: str) -> str:
        """Return the signed note."""
        return self.unlock().note(text, name)

    def unlock(self) -> SeedSigner:
        """Return the opened signer.

        Raises:
            WrongUsage: when there is no passphrase, or the wrong one.
            Damaged: when it opens to another log's key.
        """
        if self._open is None:
            if self._passphrase is None:
                raise WrongUsage("the signing key is sealed with a passphrase: give --passphrase-file FILE")
            self._open = self._sealed.open(self._passphrase())
            _check(self._open, self.public)
        return self._open


class HandingOver:
    """Two signers, one after the other: what they sign carries both lines. The first is the log's key until then."""

    def __init__(self, old: Signer, new: Signer) -> None:
        self._old, self._new = old, new

    @property
    def public(self) -> bytes:
        """The 32 bytes of the key that hands over."""
        return self._old.public

    def note(self, text: str, name: str) -> str:
        """Return the note signed by both."""
        return note.join(self._old.note(text, name), self._new.note(text, name))

    def of(self, public: bytes) -> Signer:
        """Return the one of both that has this public key."""
        return self._old if self._old.public == public else self._new

    def unlock(self) -> SeedSigner:
        """Open both now; return the one that hands over."""
        self._new.unlock()
        return self._old.unlock()


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A key sealed with a passphrase, as its file states it."""

    cost: int
    salt: bytes
    nonce: bytes
    sealed: bytes

    @classmethod
    def seal(cls, seed: bytes, passphrase: str, *, entropy: Callable[[int], bytes], cost: int = COST) -> "SealedKey":
        """Return the seed sealed with a passphrase."""
        bare = cls(cost, entropy(32), entropy(_NONCE), b"")
        cipher = ChaCha20Poly1305(bare._derived(passphrase))
        return cls(cost, bare.salt, bare.nonce, cipher.encrypt(bare.nonce, seed, bare._header.encode()))

    def open(self, passphrase: str) -> SeedSigner:
        """Return the signer.

        Raises:
            WrongUsage: when it is another passphrase, or the memory for trying it is not there.
        """
        try:
            cipher = ChaCha20Poly1305(self._derived(passphrase))
            return SeedSigner(cipher.decrypt(self.nonce, self.sealed, self._header.encode()))
        except InvalidTag as error:
            raise WrongUsage(
                "this passphrase does not open the signing key (or vault/keys/log.key was changed): try again; "
                "nothing was changed"
            ) from error
        except MemoryError as error:
            raise WrongUsage(
                f"opening the signing key takes {(1 << self.cost) >> 10} MiB of memory, which are not there: free some"
            ) from error

    def _derived(self, passphrase: str) -> bytes:
        # One spelling of each letter: the same word typed on two keyboards is the same passphrase (RFC 8265).
        words = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogateescape")
        return Scrypt(salt=self.salt, length=32, n=1 << self.cost, r=8, p=1).derive(words)

    @property
    def _header(self) -> str:
        salt, nonce = codec.to_base64(self.salt), codec.to_base64(self.nonce)
        return " ".join([*_SEALED, str(self.cost), salt, _CIPHER, nonce])

    @property
    def text(self) -> str:
        """The line of the key file."""
        return f"{self._header} {codec.to_base64(self.sealed)}"


def key_text(seed: bytes, origin: str) -> str:
    """Return the file of a key without a passphrase."""
    return (
        f"# The signing key of the log {origin}: who holds this file can sign in its name. Never hand it out.\n"
        f"{' '.join(_BARE)} {codec.to_base64(seed)}\n"
    )


def sealed_text(key: SealedKey, origin: str) -> str:
    """Return the file of a key with a passphrase."""
    return (
        f"# The signing key of the log {origin}, sealed with a passphrase: without the passphrase nobody can sign, "
        f"you neither.\n{key.text}\n"
    )


def parse_key(text: str) -> SeedSigner | SealedKey:
    """Return what a key file describes.

    Raises:
        Damaged: when it is no such file, or of a newer version.
    """
    lines = [line for line in text.split("\n") if line and not line.startswith("#")]
    match lines[0].split(" ") if len(lines) == 1 else []:
        case [version, kind, seed] if (version, kind) == _BARE:
            return SeedSigner(codec.from_base64(seed, 32))
        case [version, kind, derivation, cost, salt, cipher, nonce, sealed] if (
            version,
            kind,
            derivation,
        ) == _SEALED and cipher == _CIPHER:
            if not (cost.isascii() and cost.isdecimal() and str(number := int(cost[:3])) == cost):
                raise Damaged("the signing key cannot be read: its cost is no number")
            if not _LEAST <= number <= _MOST:
                raise Damaged(f"the signing key cannot be read: its cost lies outside {_LEAST} to {_MOST}")
            raw = [codec.from_base64(word, size) for word, size in ((salt, 32), (nonce, _NONCE), (sealed, 48))]
            return SealedKey(number, *raw)
        case _:
            raise Damaged("the signing key cannot be read: restore vault/keys/log.key from a backup")


def read(path: Path) -> str:
    """Return the text of a key file.

    Raises:
        Damaged: when it is missing.
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
    return data.decode("utf-8", "replace")


def load(path: Path, public: bytes, passphrase: Passphrase | None = None) -> Signer:
    """Return the signer whose key lies there and belongs to that public key; a sealed one asks when it is used.

    Raises:
        Damaged: when the key is missing, no key, or another log's.
        WrongUsage: when others than its owner may read it.
    """
    found = parse_key(read(path))
    if isinstance(found, SealedKey):
        return LockedSigner(found, public, passphrase)
    _check(found, public)
    return found


def _check(signer: SeedSigner, public: bytes) -> None:
    if signer.public != public:
        raise Damaged("vault/keys/log.key and log.vkey do not belong together: restore both from one backup")
