"""Checking of Ed25519 signatures with integers only (RFC 8032, section 5.1.7): slow, small, needs nothing.

Rules for whoever changes this file:
- It only checks. It never touches a secret, so it need not run in constant time.
- One spelling: S < L, points in their one encoding, and the plain equation [S]B = R + [k]A.
- A public key of small order is refused: with it one signature would fit every message.
"""

import hashlib
from functools import cache

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_D2 = 2 * _D % _P
_ROOT = pow(2, (_P - 1) // 4, _P)

_Point = tuple[int, int, int, int]
"""X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z (RFC 8032, section 5.1.4)."""

_NEUTRAL: _Point = (0, 1, 1, 0)
_BASE_WIDTH = 8
_KEY_WIDTH = 5


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether the signature over the message is by the holder of this key."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, s = _decode(public), int.from_bytes(signature[32:], "little")
    if key is None or s >= _L or _is_small(key):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    # Only the one encoding of R can come out of _encode, so R needs no decoding of its own.
    return _encode(_double_multiply(s, k, _negate(key))) == signature[:32]


def _double_multiply(s: int, k: int, key: _Point) -> _Point:
    """Return [s]B + [k]key, both scalars in one walk over their digits (Straus)."""
    bases, keys = _base_table(), _odd_multiples(key, _KEY_WIDTH)
    digits = list(zip(_digits(s, _BASE_WIDTH), _digits(k, _KEY_WIDTH), strict=True))
    while digits and digits[-1] == (0, 0):
        digits.pop()
    found = _NEUTRAL
    for of_base, of_key in reversed(digits):
        found = _double(found)
        if of_base:
            found = _add(found, _multiple(bases, of_base))
        if of_key:
            found = _add(found, _multiple(keys, of_key))
    return found


def _digits(scalar: int, width: int) -> list[int]:
    """Return 256 signed odd digits, lowest first, at most one in `width` of them not zero."""
    digits = []
    for _ in range(256):
        digit = 0
        if scalar & 1:
            digit = scalar & ((1 << width) - 1)
            if digit >> (width - 1):
                digit -= 1 << width
            scalar -= digit
        digits.append(digit)
        scalar >>= 1
    return digits


def _multiple(table: list[_Point], digit: int) -> _Point:
    return table[digit >> 1] if digit > 0 else _negate(table[-digit >> 1])


def _odd_multiples(point: _Point, width: int) -> list[_Point]:
    twice, table = _double(point), [point]
    for _ in range((1 << (width - 2)) - 1):
        table.append(_add(table[-1], twice))
    return table


@cache
def _base_table() -> list[_Point]:
    base = _decode((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))
    assert base is not None
    return _odd_multiples(base, _BASE_WIDTH)


def _add(left: _Point, right: _Point) -> _Point:
    x1, y1, z1, t1 = left
    x2, y2, z2, t2 = right
    a, b = (y1 - x1) * (y2 - x2) % _P, (y1 + x1) * (y2 + x2) % _P
    c, d = t1 * t2 * _D2 % _P, 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _double(point: _Point) -> _Point:
    x, y, z, _ = point
    a, b = x * x % _P, y * y % _P
    h = a + b
    e = h - (x + y) ** 2
    g = a - b
    f = 2 * z * z + g
    e, f = e % _P, f % _P
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _negate(point: _Point) -> _Point:
    x, y, z, t = point
    return -x % _P, y, z, -t % _P


def _is_small(point: _Point) -> bool:
    x, y, z, _ = _double(_double(_double(point)))
    return x == 0 and y == z


def _encode(point: _Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, _P)
    x, y = x * inverse % _P, y * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decode(data: bytes) -> _Point | None:
    """Return the point of an encoding, or None when it is none or not the one encoding (section 5.1.3)."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= _P:
        return None
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if v * x * x % _P == -u % _P:
        x = x * _ROOT % _P
    if v * x * x % _P != u or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P
