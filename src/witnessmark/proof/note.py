"""Signed notes (C2SP signed-note): a text, and lines by which keys sign it.

Rules for whoever changes this file:
- Signatures are split from the text at the last empty line; lines end at LF alone, never by `splitlines`.
- A line by a key that nobody asked about is ignored; a bad line by a known key makes the whole note false.
- Only Ed25519 (0x01) and its timestamped cosignature (0x04) are understood; a key of another type is refused.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from witnessmark.errors import Damaged, Falsified
from witnessmark.model import codec
from witnessmark.proof import ed25519

ED25519 = 0x01
COSIGNATURE = 0x04
LARGEST = 1 << 20
MOST_SIGNATURES = 100

_NAME = re.compile(r"[^\s+\x00-\x20]+\Z")
_LONGEST_NAME = 255
"""Of a key that is used here; lines by keys that nobody asked about may have longer names, and are ignored."""
_VKEY_ID = re.compile(r"[0-9a-f]{8}\Z")


@dataclass(frozen=True, slots=True)
class Vkey:
    """A public key with its name, as it is handed to those who check: `name+8 hex+base64`."""

    name: str
    key_id: bytes
    type: int
    public: bytes

    def __post_init__(self) -> None:
        if not _NAME.match(self.name) or len(self.name) > _LONGEST_NAME:
            raise Damaged("a key's name has no blank and no plus, and at most 255 characters")
        if self.type not in {ED25519, COSIGNATURE} or len(self.public) != 32:
            raise Damaged("a key of a type that this program does not know")
        if self.key_id != _key_id(self.name, self.type, self.public):
            raise Damaged(f"the key id of {self.name!r} does not belong to this name and key")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key written in one line.

        Raises:
            Damaged: when the line is no such key, or spelled another way.
        """
        parts = text.split("+", 2)
        if len(text) > 1024 or len(parts) != 3 or not _VKEY_ID.match(parts[1]):
            raise Damaged("not a verifier key: name, plus, 8 hexadecimal characters, plus, base64 belong there")
        key = codec.from_base64(parts[2])
        if not key:
            raise Damaged("not a verifier key: the key is empty")
        return cls(parts[0], bytes.fromhex(parts[1]), key[0], key[1:])

    @classmethod
    def for_ed25519(cls, name: str, public: bytes) -> Self:
        """Return the key under this name for 32 raw bytes."""
        return cls(name, _key_id(name, ED25519, public), ED25519, public)

    @classmethod
    def for_cosigner(cls, name: str, public: bytes) -> Self:
        """Return the cosigning key under this name for 32 raw bytes."""
        return cls(name, _key_id(name, COSIGNATURE, public), COSIGNATURE, public)

    @property
    def text(self) -> str:
        """The one line that is handed out."""
        return f"{self.name}+{self.key_id.hex()}+{codec.to_base64(bytes([self.type]) + self.public)}"

    def has_signed(self, text: str, blob: bytes) -> bool:
        """Return whether this key made the signature `blob` over the text of a note."""
        if self.type == ED25519:
            return ed25519.verify(self.public, text.encode(), blob)
        if len(blob) != 72:
            return False
        # C2SP tlog-cosignature: eight bytes of time, never 0 nor over 63 bits, then the signature over time and text.
        time = int.from_bytes(blob[:8])
        message = f"cosignature/v1\ntime {time}\n{text}"
        return 1 <= time < 1 << 63 and ed25519.verify(self.public, message.encode(), blob[8:])


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who says they signed, the first bytes of the key's digest, the signature's bytes."""

    name: str
    key_id: bytes
    blob: bytes

    @property
    def line(self) -> str:
        """The line without its LF."""
        return f"\u2014 {self.name} {codec.to_base64(self.key_id + self.blob)}"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in LF, and its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    @property
    def whole(self) -> str:
        """The note as it is written, text and signature lines."""
        return self.text + "\n" + "".join(signature.line + "\n" for signature in self.signatures)

    def kept(self, keys: Iterable[Vkey]) -> "Note":
        """Return the note with only the lines that name one of these keys."""
        known = {(key.name, key.key_id) for key in keys}
        return Note(self.text, tuple(found for found in self.signatures if (found.name, found.key_id) in known))


def parse(data: bytes | str) -> Note:
    """Return the note that is written there.

    Raises:
        Damaged: when it is no note, too large, or holds control characters.
    """
    try:
        text = data if isinstance(data, str) else data.decode()
        size = len(text.encode())
    except UnicodeError as error:
        raise Damaged("not a signed note: not UTF-8") from error
    if size > LARGEST:
        raise Damaged("not a signed note: larger than one mebibyte")
    if any(c < " " and c != "\n" for c in text):
        raise Damaged("not a signed note: it holds control characters")
    at = text.rfind("\n\n")
    if at < 0 or not text.endswith("\n"):
        raise Damaged("not a signed note: text, an empty line and signatures belong there")
    lines = text[at + 2 : -1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise Damaged("not a signed note: more than 100 signatures")
    return Note(text[: at + 1], tuple(_signature(line) for line in lines))


def sign(text: str, name: str, public: bytes, sign: Callable[[bytes], bytes]) -> str:
    """Return the whole note: the text with one Ed25519 signature line.

    Args:
        text: what is signed; it ends in LF.
        name: the key's name.
        public: the key's 32 raw bytes.
        sign: makes 64 bytes of signature from a message.
    """
    if not text.endswith("\n"):
        raise ValueError("the text of a note ends in a line feed")
    key = Vkey.for_ed25519(name, public)
    return Note(text, (Signature(name, key.key_id, sign(text.encode())),)).whole


def join(first: str, second: str) -> str:
    """Return the note with the signature lines of both; they sign one text.

    Raises:
        ValueError: when they do not.
    """
    one, other = parse(first), parse(second)
    if one.text != other.text:
        raise ValueError("two notes of different texts")
    return Note(one.text, tuple(dict.fromkeys((*one.signatures, *other.signatures)))).whole


def check(note: Note, keys: Sequence[Vkey]) -> tuple[Vkey, ...]:
    """Return those of the keys that have signed the note.

    Raises:
        Falsified: when a known key's signature is bad, or when none of the keys has signed.
    """
    known = {(key.name, key.key_id): key for key in keys}
    found: list[Vkey] = []
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue
        if not key.has_signed(note.text, signature.blob):
            raise Falsified(f"the signature of {signature.name} does not fit this checkpoint")
        if key not in found:
            found.append(key)
    if not found:
        raise Falsified("no signature by a key that was given")
    return tuple(found)


def _signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, blob = rest.partition(" ")
    if dash != "\u2014" or not _NAME.match(name):
        raise Damaged("not a signed note: a signature line is broken")
    data = codec.from_base64(blob)
    if len(data) < 5:
        raise Damaged("not a signed note: a signature line is too short")
    return Signature(name, data[:4], data[4:])


def _key_id(name: str, kind: int, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]
