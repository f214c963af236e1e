"""Walks the fields of a message of Protocol Buffers without knowing its kind (protobuf.dev, "Encoding").

A field has a number and a value: a whole number, or bytes (text, another message, a fixed number). What a number means
the reader of a format knows. Rules for whoever changes this file: no length is believed beyond the bytes there are;
nothing here calls itself; groups, which nobody writes any more, are an end.
"""

import struct
from collections.abc import Iterator
from typing import Final

MOST_FIELDS: Final = 2_000_000
"""Fields of one message that are looked at."""
_WIDEST: Final = 10
"""Bytes that a whole number takes at most."""


class BrokenMessage(ValueError):  # noqa: N818 - it says what is broken
    """A message breaks off or holds what is no field; what was yielded stands."""


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the whole number that stands at a place, and the place behind it.

    Raises:
        BrokenMessage: when it breaks off or is too wide.
    """
    value = 0
    for i, byte in enumerate(data[at : at + _WIDEST]):
        value |= (byte & 0x7F) << 7 * i
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at + i + 1
    raise BrokenMessage("a number breaks off")


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of each field.

    Raises:
        BrokenMessage: when the message cannot be followed to its end.
    """
    at, end = 0, len(data)
    for _ in range(MOST_FIELDS):
        if at >= end:
            return
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
            yield key >> 3, value
            continue
        if kind == 2:
            length, at = varint(data, at)
        else:
            length = {1: 8, 5: 4}.get(kind, -1)
        if length < 0 or at + length > end:
            raise BrokenMessage("a field breaks off, or is of no kind")
        yield key >> 3, data[at : at + length]
        at += length
    raise BrokenMessage("more fields than are looked at")


class Message:
    """A message whose fields are found by their numbers; of one that breaks off those before are there."""

    __slots__ = ("_found", "data", "is_broken")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.is_broken = False
        self._found: dict[int, list[int | bytes]] | None = None

    @property
    def _fields(self) -> dict[int, list[int | bytes]]:
        if self._found is None:
            self._found = {}
            try:
                for number, value in fields(self.data):
                    self._found.setdefault(number, []).append(value)
            except BrokenMessage:
                self.is_broken = True
        return self._found

    def follow(self) -> bool:
        """Look at all fields; return whether they end where the message does."""
        len(self._fields)
        return not self.is_broken

    def __contains__(self, number: int) -> bool:
        return number in self._fields

    def whole(self, number: int, default: int = 0) -> int:
        """Return a field that is a whole number; of several the last counts."""
        return next((value for value in reversed(self._fields.get(number, ())) if isinstance(value, int)), default)

    def pieces(self, number: int) -> list[bytes]:
        """Return the bytes of a field, as often as it is there."""
        return [value for value in self._fields.get(number, ()) if isinstance(value, bytes)]

    def piece(self, number: int) -> bytes:
        """Return the bytes of a field, or none."""
        found = self.pieces(number)
        return found[-1] if found else b""

    def texts(self, number: int) -> list[str]:
        """Return a field of text, as often as it is there."""
        return [value.decode("utf-8", "replace") for value in self.pieces(number)]

    def text(self, number: int) -> str:
        """Return a field of text, or none."""
        return self.piece(number).decode("utf-8", "replace")

    def messages(self, number: int) -> "Iterator[Message]":
        """Yield the messages in a field, one by one: a list of a million is not kept."""
        return map(Message, self.pieces(number))

    def message(self, number: int) -> "Message":
        """Return the message in a field; one that is not there is empty."""
        return Message(self.piece(number))

    def double(self, number: int) -> float | None:
        """Return a field that is a fixed number of eight bytes."""
        found = self.piece(number)
        return struct.unpack("<d", found)[0] if len(found) == 8 else None

    def wholes(self, number: int) -> list[int]:
        """Return a field of many whole numbers, be they packed into one or not."""
        found = list[int]()
        for value in self._fields.get(number, ()):
            if isinstance(value, int):
                found.append(value)
                continue
            at = 0
            try:
                while at < len(value):
                    one, at = varint(value, at)
                    found.append(one)
            except BrokenMessage:
                self.is_broken = True
        return found
