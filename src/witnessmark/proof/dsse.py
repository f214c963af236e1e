"""Signed envelopes (DSSE): a payload, its type, and one Ed25519 signature over both."""

import hashlib
from dataclasses import dataclass
from typing import Self

from witnessmark.errors import Damaged, Falsified
from witnessmark.model import codec
from witnessmark.proof import ed25519

LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed payload; `keyid` is the base64 SHA-256 of the raw key."""

    payload_type: str
    payload: bytes
    keyid: str
    signature: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the envelope written in canonical JSON, with exactly one signature.

        Raises:
            Damaged: when it is none.
        """
        if len(text) > LARGEST:
            raise Damaged("not a signed envelope: larger than one mebibyte")
        value = codec.decode_canonical(text)
        if not isinstance(value, dict) or value.keys() != {"payload", "payloadType", "signatures"}:
            raise Damaged("not a signed envelope: payload, payloadType and signatures belong there")
        match value["payload"], value["payloadType"], value["signatures"]:
            case str() as payload, str() as payload_type, [{"keyid": str() as keyid, "sig": str() as sig, **rest}]:
                if rest:
                    raise Damaged("not a signed envelope: a signature has a keyid and a sig, no more")
                codec.from_base64(keyid, 32)
                return cls(payload_type, codec.from_base64(payload), keyid, codec.from_base64(sig, 64))
        raise Damaged("not a signed envelope: exactly one signature belongs there")

    @property
    def text(self) -> str:
        """The envelope as it is written."""
        return codec.encode(
            {
                "payload": codec.to_base64(self.payload),
                "payloadType": self.payload_type,
                "signatures": [{"keyid": self.keyid, "sig": codec.to_base64(self.signature)}],
            }
        )


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that are signed (DSSE, "Signature definition")."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def keyid(public: bytes) -> str:
    """Return how an envelope names a raw key."""
    return codec.to_base64(hashlib.sha256(public).digest())


def check(envelope: Envelope, public: bytes) -> None:
    """Check that the holder of this key has signed the envelope.

    Raises:
        Falsified: when the envelope names another key or its signature does not fit.
    """
    if envelope.keyid != keyid(public):
        raise Falsified("the envelope names another key")
    if not ed25519.verify(public, pae(envelope.payload_type, envelope.payload), envelope.signature):
        raise Falsified("the signature does not fit the envelope")
