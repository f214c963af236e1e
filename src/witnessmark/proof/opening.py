"""Event, record, entry and opening: how an event is hidden in the log and shown later, field by field.

Rules for whoever changes this file (bytes.md, "Event, entry, opening"):
- Every hash begins with its own domain text; a field digest, a record and an entry cannot be taken for each other.
- A record is exactly `{"_sd": […], "t": kind}` in canonical JSON; digests are sorted, none stands twice.
- A field is shown only by salt, name and the exact canonical text of its value.
"""

import hashlib
import operator
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache

from witnessmark.errors import Damaged, Falsified
from witnessmark.model import codec
from witnessmark.model.codec import Value
from witnessmark.model.digest import Commitment
from witnessmark.model.words import check_field_name, check_kind
from witnessmark.proof.merkle import HASH_SIZE

FIELD_DOMAIN = b"witnessmark/field/v1\0"
ENTRY_DOMAIN = b"witnessmark/entry/v1\0"
SALT_SIZE = 32
PAD = 8
"""Records are padded to a multiple of so many digests: the number of fields tells too."""

OpenedField = tuple[str, str, str]
"""Name, salt in base64, value as canonical JSON text."""


def field_digest(salt: bytes, name: str, value_text: str) -> bytes:
    """Return the digest that stands for a field in a record."""
    if len(salt) != SALT_SIZE:
        raise Damaged("a salt has 32 bytes")
    return hashlib.sha256(FIELD_DOMAIN + salt + f"{name}\0{value_text}".encode()).digest()


def make_record(kind: str, digests: Iterable[bytes]) -> bytes:
    """Return the record of an event: its kind and the digests of its fields, padding included.

    Raises:
        ValueError: when a digest stands twice or their number is no multiple of eight.
    """
    found = sorted(codec.to_base64(digest) for digest in digests)
    if len(set(found)) != len(found) or len(found) % PAD:
        raise ValueError("a record has a multiple of eight different digests")
    return codec.encode_bytes({"_sd": found, "t": check_kind(kind)})


def parse_record(data: bytes) -> tuple[str, tuple[bytes, ...]]:
    """Return the kind and the field digests of a record.

    Raises:
        Damaged: when it is no record, or spelled another way.
    """
    kind, texts = _cut(data) or _decoded(data)
    digests = parse_digests(texts)
    if len(digests) % PAD:
        raise Damaged("not a record: the number of its digests is no multiple of eight")
    return check_kind(kind), digests


def _cut(data: bytes) -> tuple[str, Value] | None:
    """Return kind and digests of a record cut at its quotes, several times faster than by parsing; None elsewhere.

    No good kind and no good digest holds a quote: what passes the checks of both was the record's one right spelling.
    """
    end = data.rfind(b'"],"t":"')
    if end < 0 or not data.startswith(b'{"_sd":["') or not data.endswith(b'"}') or not data.isascii():
        return None
    return data[end + 8 : -2].decode("ascii"), data[9:end].decode("ascii").split('","')


def _decoded(data: bytes) -> tuple[str, Value]:
    value = codec.decode_canonical_bytes(data)
    if not isinstance(value, dict) or value.keys() != {"_sd", "t"} or not isinstance(value["t"], str):
        raise Damaged("not a record: exactly the members _sd and t belong there")
    return value["t"], value["_sd"]


def parse_digests(value: Value) -> tuple[bytes, ...]:
    """Return the digests of an `_sd` list: base64, sorted, none twice.

    Raises:
        Damaged: when it is no such list.
    """
    if not isinstance(value, list) or not set(map(type, value)) <= {str}:
        raise Damaged("_sd is a list of base64 digests")
    if not _is_ascending(value):
        raise Damaged("the digests of _sd are not sorted, or one stands twice")
    return tuple(codec.digests_from_base64(value))


def _is_ascending(texts: Sequence[str]) -> bool:
    return all(map(operator.lt, texts, texts[1:]))


def entry(salt: bytes, record: bytes) -> bytes:
    """Return the 33 bytes that the public log holds of an event."""
    if len(salt) != SALT_SIZE:
        raise Damaged("a salt has 32 bytes")
    return b"\x01" + hashlib.sha256(ENTRY_DOMAIN + salt + record).digest()


def dummy(random: bytes) -> bytes:
    """Return an entry that hides nothing, from 32 random bytes; nobody can tell it from the others."""
    if len(random) != HASH_SIZE:
        raise ValueError("a dummy is made from 32 random bytes")
    return b"\x01" + random


def commitment(entry: bytes) -> Commitment:
    """Return the commitment that an entry holds."""
    if len(entry) != 1 + HASH_SIZE or entry[0] != 1:
        raise Damaged("an entry is the byte 1 and 32 bytes")
    return Commitment(entry[1:])


def check_fields(record: bytes, fields: Sequence[OpenedField]) -> dict[str, Value]:
    """Return the values of opened fields after checking that each stands in the record.

    Raises:
        Falsified: when one does not, or a name stands twice.
        Damaged: when the record or a field is malformed.
    """
    return check_disclosed(parse_record(record)[1], fields)


def open_event(
    record: bytes,
    names: Sequence[str],
    salts: Sequence[str],
    texts: Sequence[str],
    decode: Callable[[str], Value] = codec.decode_canonical,
) -> tuple[str, dict[str, Value]]:
    """Return an event's kind and the values of its opened fields, after checking all of it against the record.

    Args:
        record: the record.
        names: those of the opened fields.
        salts: theirs, in base64.
        texts: their values, each as canonical JSON text.
        decode: `decode_canonical`, or what says the same and remembers.

    Raises:
        Falsified: when a field is not in the record, or a name stands twice.
        Damaged: when the record or a field is malformed.
    """
    kind = _agreed(record, names, salts, texts)
    if kind is not None:
        return kind, dict(zip(names, map(decode, texts), strict=True))
    kind, digests = parse_record(record)
    return kind, check_disclosed(digests, list(zip(names, salts, texts, strict=True)), decode)


def _agreed(record: bytes, names: Sequence[str], salts: Sequence[str], texts: Sequence[str]) -> str | None:
    """Return the kind of an event whose record and fields are well formed and agree; None where another must look.

    All salts and digests are decoded at once, which takes half the time of a look at each part by itself.
    """
    found = _cut(record)
    if found is None:
        return None
    kind, shown = found
    raw = codec.digests_at_once([*salts, *shown])
    if raw is None or len(shown) % PAD or not _is_ascending(shown) or not _are_names(tuple(names)):
        return None
    made = _field_digests(raw[: len(salts)], names, texts)
    return check_kind(kind) if made is not None and set(raw[len(salts) :]).issuperset(made) else None


def _field_digests(salts: Sequence[bytes], names: Sequence[str], texts: Sequence[str]) -> list[bytes] | None:
    """Return what `field_digest` makes of each field, whose salts have the right length; None for a lone surrogate."""
    hashed, domain = hashlib.sha256, FIELD_DOMAIN
    try:
        return [
            hashed(domain + salt + f"{name}\0{text}".encode()).digest()
            for salt, name, text in zip(salts, names, texts, strict=True)
        ]
    except UnicodeEncodeError:
        return None


def check_disclosed(
    digests: Collection[bytes], fields: Sequence[OpenedField], decode: Callable[[str], Value] = codec.decode_canonical
) -> dict[str, Value]:
    """Return the values of opened fields after checking that the digest of each is among these.

    Args:
        digests: those of the record.
        fields: what is opened.
        decode: `decode_canonical`, or what says the same and remembers.

    Raises:
        Falsified: when one is not, or a name stands twice.
        Damaged: when a field is malformed.
    """
    known = frozenset(digests)
    salts = codec.digests_from_base64([salt for _, salt, _ in fields])
    names, texts = tuple([name for name, _, _ in fields]), [text for _, _, text in fields]
    made = _field_digests(salts, names, texts)
    if made is None or not known.issuperset(made) or not _are_names(names):
        return _checked_one_by_one(known, salts, fields)
    return dict(zip(names, map(decode, texts), strict=True))


@lru_cache(maxsize=256)  # events of one kind have the same
def _are_names(names: tuple[str, ...]) -> bool:
    """Tell whether all are names of fields, and none stands twice."""
    try:
        for name in names:
            check_field_name(name)
    except Damaged:
        return False
    return len(set(names)) == len(names)


def _checked_one_by_one(
    known: Collection[bytes], salts: Sequence[bytes], fields: Sequence[OpenedField]
) -> dict[str, Value]:
    """Return what `check_disclosed` does, more slowly, and say what the first thing is that is wrong."""
    values = dict[str, Value]()
    for salt, (name, _, text) in zip(salts, fields, strict=True):
        check_field_name(name)
        if name in values:
            raise Falsified(f"the field {name} is opened twice")
        value = codec.decode_canonical(text)
        if field_digest(salt, name, text) not in known:
            raise Falsified(f"the opened field {name} is not what was sealed")
        values[name] = value
    return values
