"""A SHA-256 digest and an entry's commitment: 32 bytes each, with one spelling each."""

import hashlib
import re
from dataclasses import dataclass
from typing import Self

from witnessmark.errors import Damaged
from witnessmark.model import codec

_HEX = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """The SHA-256 of some content (FIPS 180-4); 64 lower-case hexadecimal characters when written."""

    hex: str

    def __post_init__(self) -> None:
        if not _HEX.match(self.hex):
            raise Damaged("not a SHA-256 digest: 64 lower-case hexadecimal characters belong there")

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Return the digest of bytes at hand."""
        return cls(hashlib.sha256(data).hexdigest())

    @property
    def raw(self) -> bytes:
        """The 32 bytes."""
        return bytes.fromhex(self.hex)

    def __str__(self) -> str:
        return self.hex


@dataclass(frozen=True, slots=True, order=True)
class Commitment:
    """What the public log holds of an event: the 32 bytes after 0x01 of its entry; says nothing by itself.

    Written in base64 inside events, in hexadecimal under the digest name `witnessmark-entry` in signed texts.
    """

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != 32:
            raise Damaged("a commitment has 32 bytes")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the commitment written in base64."""
        return cls(codec.from_base64(text, 32))

    @classmethod
    def parse_hex(cls, text: str) -> Self:
        """Return the commitment written in hexadecimal."""
        return cls(Digest(text).raw)

    @property
    def hex(self) -> str:
        """The hexadecimal spelling used in signed texts."""
        return self.raw.hex()

    def __str__(self) -> str:
        return codec.to_base64(self.raw)
