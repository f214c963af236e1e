"""Names of exhibits: the private id that we draw, and the text by which the same occurrence is known again."""

import base64
from collections.abc import Callable

from witnessmark.model import codec
from witnessmark.model.exhibit import Path


def exhibit_id(entropy: Callable[[int], bytes]) -> str:
    """Return a new private id: 80 random bits as 16 base32 characters in lower case (RFC 4648, section 6)."""
    return base64.b32encode(entropy(10)).decode("ascii").lower()


def identity_text(path: Path) -> str:
    """Return the text by which a path is compared: canonical JSON of its steps, bytes and all."""
    return codec.encode([step.value() for step in path])
