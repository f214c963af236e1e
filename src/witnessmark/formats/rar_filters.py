"""What RAR 2.9 to 4.x did to code, pictures and sound before it packed them, undone; by programs that everybody knows.

An archive brings the programs themselves; here they are told by their length and checksum, and done in our own words.
"""

from collections.abc import Mapping
from typing import Final

from witnessmark.formats.rar_sound import Expectation, signed

KNOWN: Final = {
    (53, 0xAD576887): "calls",
    (57, 0x3CD7E57E): "calls and jumps",
    (29, 0x0E06077D): "differences",
    (149, 0x1C2C5DC8): "picture",
    (216, 0xBC85E701): "sound",
}
"""Programs by their length and CRC-32."""
_SPAN: Final = 0x1000000
_MOST_CHANNELS: Final = 128


def undone(kind: str, data: bytes, at: int, given: Mapping[int, int]) -> bytes | None:
    """Return bytes as they were before; None where that is not known.

    Args:
        kind: of `KNOWN`.
        data: the bytes.
        at: where they begin in the file.
        given: registers of the program by their number.
    """
    if kind.startswith("calls"):
        return _calls(data, at, b"\xe8\xe9" if kind.endswith("jumps") else b"\xe8")
    channels = given.get(0, 0)
    if kind == "differences" and 0 < channels <= _MOST_CHANNELS:
        return _differences(data, channels)
    if kind == "picture" and channels >= 3:
        return _picture(data, channels - 3, given.get(1, 0))
    if kind == "sound" and 0 < channels <= _MOST_CHANNELS:
        return _sound(data, channels)
    return None


def _calls(data: bytes, at: int, codes: bytes) -> bytes:
    """Make addresses relative again that were made absolute: those behind a call, or a jump."""
    made, place, last = bytearray(data), 0, len(data) - 4
    while place < last:
        code = made[place]
        place += 1
        if code not in codes:
            continue
        address, here = int.from_bytes(made[place : place + 4], "little", signed=True), place + at
        if address < 0 <= address + here:
            made[place : place + 4] = (address + _SPAN & 0xFFFFFFFF).to_bytes(4, "little")
        elif 0 <= address < _SPAN:
            made[place : place + 4] = (address - here & 0xFFFFFFFF).to_bytes(4, "little")
        place += 4
    return bytes(made)


def _differences(data: bytes, channels: int) -> bytes:
    made, source = bytearray(len(data)), iter(data)
    for channel in range(channels):
        before = 0
        for place in range(channel, len(data), channels):
            before = (before - next(source)) & 0xFF
            made[place] = before
    return bytes(made)


def _picture(data: bytes, width: int, first: int) -> bytes:
    made, source = bytearray(len(data)), iter(data)
    for channel in range(3):
        before = 0
        for place in range(channel, len(data), 3):
            expected, above = before, place - width
            if above >= 3:
                upper, corner = made[above], made[above - 3]
                expected = before + upper - corner
                off = (abs(expected - before), abs(expected - upper), abs(expected - corner))
                expected = (before, upper, corner)[off.index(min(off))]
            before = (expected - next(source)) & 0xFF
            made[place] = before
    for place in range(first, len(data) - 2, 3):
        green = made[place + 1]
        made[place] = (made[place] + green) & 0xFF
        made[place + 2] = (made[place + 2] + green) & 0xFF
    return bytes(made)


def _sound(data: bytes, channels: int) -> bytes:
    made, source = bytearray(len(data)), iter(data)
    for channel in range(channels):
        expectation = Expectation(3)
        last = moved = first = second = 0
        for count, place in enumerate(range(channel, len(data), channels)):
            third, second, first = second, moved - first, moved
            byte = made[place] = expectation.byte(last, next(source), (first, second, third))
            moved, last = signed(byte - last), byte
            if not count & 0x1F:
                expectation.settle()
    return bytes(made)
