"""Damages good files as chance does and as an attacker would: bits, lengths, spans, ends; inside of packages too."""

import io
import random
import struct
import zipfile
import zlib

EXTREMES = (b"\0", b"\xff", b"\x7f", b"\x80", b"\xff\xff", b"\0\0", b"\x7f\xff", b"\xff\x7f", b"\0\0\0\0")
EXTREMES += (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\x80\0\0\0", b"\xff" * 8)
NUMBERS = (
    b"-1",
    b"0",
    b"99999999999999999999",
    b"1e999",
    b"NaN",
    b"%s%n",
    b"../../x",
    b"\xed\xa0\x80",
    b"&#0;",
    b"{{{{",
)
MOST = 400 << 10
"""No mutant is longer."""


def mutant(data: bytes, chance: random.Random, other: bytes = b"") -> bytes:
    """Return the data with one to eight damages; `other` is a file of which a span may be put in."""
    if data[:4] == b"PK\3\4" and chance.random() < 0.6:
        return _repacked(data, chance, other)
    return _damaged(data, chance, other)


def _damaged(data: bytes, chance: random.Random, other: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        chance.choice(_DAMAGES)(out, chance, other)
    return bytes(out[:MOST])


def _place(out: bytearray, chance: random.Random) -> int:
    """Return a place; heads, where lengths stand, are likelier."""
    if not out:
        return 0
    return min(chance.randrange(len(out)), chance.randrange(len(out)) if chance.random() < 0.5 else len(out))


def _flip(out: bytearray, chance: random.Random, _: bytes) -> None:
    if out:
        out[_place(out, chance) % len(out)] ^= 1 << chance.randrange(8)


def _extreme(out: bytearray, chance: random.Random, _: bytes) -> None:
    value, at = chance.choice(EXTREMES), _place(out, chance)
    out[at : at + len(value)] = value


def _near(out: bytearray, chance: random.Random, _: bytes) -> None:
    """Make a number a little larger or smaller, or many times so."""
    form = chance.choice(("<H", ">H", "<I", ">I"))
    at, size = _place(out, chance), struct.calcsize(form)
    if at + size <= len(out):
        number = struct.unpack_from(form, out, at)[0]
        changed = chance.choice((number + 1, number - 1, number * 2, number // 2, number + 255, at, len(out)))
        struct.pack_into(form, out, at, changed % (1 << (8 * size)))


def _word(out: bytearray, chance: random.Random, _: bytes) -> None:
    at = _place(out, chance)
    out[at : at + chance.choice((0, 1, 4))] = chance.choice(NUMBERS)


def _drop(out: bytearray, chance: random.Random, _: bytes) -> None:
    at = _place(out, chance)
    del out[at : at + chance.choice((1, 2, 4, 16, 200))]


def _twice(out: bytearray, chance: random.Random, _: bytes) -> None:
    at, length = _place(out, chance), chance.choice((1, 4, 16, 200, 2000))
    out[at:at] = bytes(out[at : at + length]) * chance.choice((1, 1, 2, 20))


def _move(out: bytearray, chance: random.Random, _: bytes) -> None:
    at, to, length = _place(out, chance), _place(out, chance), chance.choice((4, 16, 64, 512))
    out[to : to + length] = out[at : at + length]


def _cut(out: bytearray, chance: random.Random, _: bytes) -> None:
    del out[chance.randrange(len(out) + 1) :]


def _noise(out: bytearray, chance: random.Random, _: bytes) -> None:
    at, length = _place(out, chance), chance.choice((1, 8, 64, 512))
    out[at : at + length] = chance.randbytes(length)


def _splice(out: bytearray, chance: random.Random, other: bytes) -> None:
    at, length = _place(out, chance), chance.choice((8, 64, 512, 4096))
    begin = chance.randrange(len(other)) if other else 0
    out[at : at + chance.choice((0, length))] = other[begin : begin + length]


_DAMAGES = (_flip, _flip, _extreme, _extreme, _near, _near, _word, _drop, _twice, _move, _cut, _noise, _splice)


def _repacked(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """Damage one part of a zip and pack it again, so that the reader of the part meets it and not the checksum."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = [(about, package.read(about)) for about in package.infolist()]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError):
        return _damaged(data, chance, other)
    if not parts:
        return _damaged(data, chance, other)
    hit, out = chance.randrange(len(parts)), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for number, (about, part) in enumerate(parts):
            package.writestr(about, _damaged(part, chance, other) if number == hit else part, about.compress_type)
    return out.getvalue()
