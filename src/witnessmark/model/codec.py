"""Canonical JSON (RFC 8785 without floats) and strict base64: one spelling for each value.

Rules for whoever changes this file:
- `encode` gives the only accepted spelling of a value; `decode_canonical` refuses every other.
- No floats, no member twice, integers within ±(2^53 - 1) (RFC 7493, section 2.2), no lone surrogates.
- Members are sorted by their UTF-16 code units (RFC 8785, section 3.2.3).
"""

import binascii
import json
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from witnessmark.errors import Damaged

Value = Any
"""A JSON value without floats: None, bool, int, str, list of values, dict from str to value."""

Fields = Mapping[str, Any]
"""The opened fields of an event, by name."""

_quote = json.JSONEncoder(ensure_ascii=False).encode
_BEYOND = re.compile("[\ud800-\U0010ffff]")
# Values whose one spelling shows at a glance: a string without escapes, an integer well within the bounds, a constant.
_AT_A_GLANCE = re.compile(r'"([^"\\\x00-\x1f\ud800-\udfff]*)"|(0|-?[1-9][0-9]{0,14})|(null|true|false)').fullmatch
_CONSTANTS = {"null": None, "true": True, "false": False}
_DIGEST_LENGTH = 44

LARGEST = 2**53 - 1
DEEPEST = 64


def encode(value: Value) -> str:
    """Return the canonical JSON text of a value.

    Raises:
        ValueError: for floats, too large integers, lone surrogates, keys that are no strings, or nesting over 64.
    """
    parts: list[str] = []
    _encode(value, parts, 0)
    return "".join(parts)


def encode_bytes(value: Value) -> bytes:
    """Return the canonical JSON of a value as UTF-8."""
    return encode(value).encode()


def _encode(value: Value, parts: list[str], depth: int) -> None:
    if depth > DEEPEST:
        raise ValueError("nested too deeply for canonical JSON")
    if isinstance(value, str):
        parts.append(_string(value))
    elif value is None or value is True or value is False:
        parts.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, int):
        if abs(value) > LARGEST:
            raise ValueError("integer beyond 2^53 - 1 in canonical JSON")
        parts.append(str(int(value)))
    elif isinstance(value, (list, tuple)):
        parts.append("[")
        for i, item in enumerate(value):
            if i:
                parts.append(",")
            _encode(item, parts, depth + 1)
        parts.append("]")
    elif isinstance(value, Mapping):
        parts.append("{")
        if not all(isinstance(key, str) for key in value):
            raise ValueError("member name is no string in canonical JSON")
        for i, key in enumerate(sorted(value, key=None if all(map(str.isascii, value)) else _utf16)):
            if i:
                parts.append(",")
            parts.append(_string(key))
            parts.append(":")
            _encode(value[key], parts, depth + 1)
        parts.append("}")
    else:
        raise ValueError(f"no canonical JSON for {type(value).__name__}")


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def _string(text: str) -> str:
    # json writes \b \t \n \f \r \" \\ short and other control characters as \u00xx in lower case: RFC 8785, 3.2.2.2.
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError("lone surrogate in canonical JSON") from error
    return _quote(text)


def decode(text: str) -> Value:
    """Return the value of a JSON text; any spelling, but no floats and no member twice.

    Raises:
        Damaged: when the text is no such JSON.
    """
    try:
        return _decoder.decode(text)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"not strict JSON: {error}") from error


def decode_canonical(text: str) -> Value:
    """Return the value of a canonical JSON text and refuse every other spelling.

    Raises:
        Damaged: when the text is not the canonical spelling of its value.
    """
    if (seen := _AT_A_GLANCE(text)) is not None:
        return seen[1] if seen.lastindex == 1 else int(text) if seen.lastindex == 2 else _CONSTANTS[text]
    try:
        value = _scan(text, 0)[0]
        if _quick(value) == text and _is_plain(text):
            return value
    except (ValueError, StopIteration, RecursionError):
        pass  # what is wrong is said below
    value = decode(text)
    try:
        again = encode(value)
    except ValueError as error:
        raise Damaged(f"not canonical JSON: {error}") from error
    if again != text:
        raise Damaged("not canonical JSON: another spelling of the same value")
    return value


def _is_plain(text: str) -> bool:
    """Tell whether a text is nowhere too deep, and its names have the same order by characters and by UTF-16."""
    return text.count("[") + text.count("{") <= DEEPEST and (text.isascii() or not _BEYOND.search(text))


def decode_canonical_bytes(data: bytes) -> Value:
    """Return the value of canonical JSON in UTF-8.

    Raises:
        Damaged: when the bytes are not UTF-8 or not canonical.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Damaged("not canonical JSON: not UTF-8") from error
    return decode_canonical(text)


def _pairs(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _refuse_float(text: str) -> NoReturn:
    raise ValueError(f"a float ({text[:20]}) has no place here")


def _integer(text: str) -> int:
    if len(text) > 17:
        raise ValueError("integer too large")
    value = int(text)
    if abs(value) > LARGEST:
        raise ValueError("integer beyond 2^53 - 1")
    return value


def _make_quick() -> Callable[[Value], str]:
    """Return what spells a value many times faster than `encode`: canonical too where `_is_plain` says so."""
    slow = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return slow.encode
    # What `slow.encode` makes anew for each value.
    parts = make(None, slow.default, json.encoder.encode_basestring, None, ":", ",", True, False, False)
    return lambda value: "".join(parts(value, 0))


_quick = _make_quick()
_decoder = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_float=_refuse_float, parse_constant=_refuse_float, parse_int=_integer
)
# A member that stands twice shows when the value is spelled again, which `decode_canonical` does.
_scan = json.JSONDecoder(parse_float=_refuse_float, parse_constant=_refuse_float, parse_int=_integer).scan_once  # type: ignore[attr-defined]  # its initializer makes it


def to_base64(data: bytes) -> str:
    """Return standard base64 with padding (RFC 4648, section 4)."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def from_base64(text: str, length: int | None = None) -> bytes:
    """Return the bytes of a base64 text that is spelled the one right way.

    Raises:
        Damaged: for another alphabet, missing padding, stray bits or a wrong length.
    """
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:  # binascii's own is one
        raise Damaged("not base64") from error
    if binascii.b2a_base64(data, newline=False) != text.encode():
        raise Damaged("base64 in a second spelling")
    if length is not None and len(data) != length:
        raise Damaged(f"base64 of {len(data)} bytes where {length} belong")
    return data


def digests_from_base64(texts: Sequence[str]) -> list[bytes]:
    """Return the 32 bytes of each of many base64 texts, as `from_base64` does for one, and several times faster.

    Raises:
        Damaged: when one is not 32 bytes in their one right spelling.
    """
    return digests_at_once(texts) or [from_base64(text, 32) for text in texts]


def digests_at_once(texts: Sequence[str]) -> list[bytes] | None:
    """Return the 32 bytes of each of many texts, all decoded at once; None where one is not in its right spelling.

    The sign of padding, read as the digit nought, makes 33 bytes of each text; of the last one all bits are nought,
    as are those that a right spelling leaves over (RFC 4648, section 3.5).
    """
    count, joined = len(texts), "".join(texts)
    if set(map(len, texts)) != {_DIGEST_LENGTH} or joined[_DIGEST_LENGTH - 1 :: _DIGEST_LENGTH] != "=" * count:
        return None
    try:
        raw = binascii.a2b_base64(joined.replace("=", "A"), strict_mode=True)
    except ValueError:
        return None
    if joined.count("=") != count or any(raw[32::33]):
        return None
    return list(struct.unpack("32sx" * count, raw))
