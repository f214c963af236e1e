"""The wire: what crosses the wall of a cell, as frames that the parent checks and never believes.

A frame is a kind (one byte), the payload's length (four bytes, big-endian) and the payload. The child writes frames
with the functions here; the parent puts whatever comes through a `Decoder`, which yields messages or raises
`Violation`. What a payload says is checked in `messages`.

Rules for whoever changes this file:
- The child is presumed hostile once it has read a byte. Every length, kind and order is checked in `Decoder`,
  before memory is taken for it; what honest children may send is a subset, kept by `cell/child.py`.
- First comes exactly one `confined`, last exactly one `end`; member bytes stand between a begin and an end only.
- Whatever is added here has a cap a file, not only a frame.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Final

from witnessmark.cell import messages
from witnessmark.cell.messages import Message, Violation
from witnessmark.model import codec
from witnessmark.model.codec import Value
from witnessmark.model.exhibit import Path

CONFINED, FOUND, TOOL, VISIBLE, HIDDEN, OBSERVATION = b"C", b"F", b"T", b"V", b"H", b"O"
LANGUAGES, MEMBER, BYTES, MEMBER_END, REFUSED, SAID, END = b"L", b"M", b"B", b"N", b"R", b"S", b"E"
PICTURE, PIXELS = b"P", b"X"

HEAD: Final = struct.Struct(">cI")
TEXT_FRAME = 1 << 18
"""The longest payload of text or member bytes."""

LONGEST: Final = {
    CONFINED: 1,
    FOUND: 1 << 10,
    TOOL: 1 << 10,
    VISIBLE: TEXT_FRAME,
    HIDDEN: TEXT_FRAME + 1024,
    OBSERVATION: 1 << 17,
    LANGUAGES: 1 << 10,
    MEMBER: 1 << 19,
    BYTES: TEXT_FRAME,
    MEMBER_END: 1,
    PICTURE: 64,
    PIXELS: TEXT_FRAME,
    REFUSED: 1 << 19,
    SAID: 1 << 12,
    END: 1,
}
"""The longest payload of each kind, in bytes."""

MOST_FRAMES: Final = {CONFINED: 1, FOUND: 8, TOOL: 64, OBSERVATION: 20_000, LANGUAGES: 8, REFUSED: 10_000, SAID: 64}
"""How many frames of a kind a file may send; the others are bounded by bytes or by the root's budget."""

LEAST_TEXT: Final = 16
"""What each frame of text counts at least, as the child counts each piece that it is given."""

MOST_OBSERVED = 4 << 20
"""Bytes of all observations of a file."""

MOST_NAMED = 64 << 20
"""Bytes of all that a file says of its members."""


def frame(kind: bytes, payload: bytes) -> bytes:
    """Return a frame."""
    return HEAD.pack(kind, len(payload)) + payload


def record(kind: bytes, value: Value) -> bytes:
    """Return a frame whose payload is a JSON value.

    Raises:
        ValueError: when the value has no canonical JSON.
    """
    return frame(kind, codec.encode_bytes(value))


def hidden(where: str, piece: bytes, *, continues: bool) -> bytes:
    """Return the frame of a piece of hidden text; `piece` is UTF-8."""
    label = where.encode()
    return frame(HIDDEN, bytes((continues, len(label) >> 8, len(label) & 255)) + label + piece)


def path_value(path: Path) -> Value:
    """Return a path as frames hold it."""
    return [step.value() for step in path]


_READERS: Final[dict[bytes, Callable[[bytes], Message]]] = {
    CONFINED: messages.confined,
    FOUND: messages.found,
    TOOL: messages.tool,
    VISIBLE: messages.visible,
    HIDDEN: messages.hidden,
    OBSERVATION: messages.observation,
    LANGUAGES: messages.languages,
    MEMBER: messages.member,
    MEMBER_END: messages.member_end,
    PICTURE: messages.picture,
    REFUSED: messages.refused,
    SAID: messages.said,
    END: messages.end,
}


class Decoder:
    """The parent's ear: takes bytes as they come, yields checked messages.

    After a `Violation` it is not to be fed again.
    """

    def __init__(self, most_text: int, *, pictures: int = 0) -> None:
        self._waiting = bytearray()
        self._pictures_left = pictures
        self._pixels_left = 0
        self._counts: dict[bytes, int] = {}
        self._most_text = most_text
        self._text = 0
        self._observed = 0
        self._named = 0
        self._first = True
        self._ended = False
        self._open = False
        self._where = False

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield the messages that these bytes complete.

        Raises:
            Violation: at the first byte that no honest child sends.
        """
        waiting = self._waiting
        waiting += data
        at = 0
        try:
            while len(waiting) - at >= HEAD.size:
                kind, length = HEAD.unpack_from(waiting, at)
                self._admit(kind, length)
                end = at + HEAD.size + length
                if len(waiting) < end:
                    break
                payload = bytes(waiting[at + HEAD.size : end])
                at = end
                self._count(kind, length)
                yield self._message(kind, payload)
        finally:
            del waiting[:at]

    @property
    def is_between(self) -> bool:
        """Whether no frame is begun and not complete."""
        return not self._waiting

    def _admit(self, kind: bytes, length: int) -> None:
        most = LONGEST.get(kind)
        if most is None:
            raise Violation("sent a frame of an unknown kind")
        if length > most:
            raise Violation("sent a frame longer than its kind may be")
        if self._first is not (kind == CONFINED) or self._ended:
            raise Violation("sent a frame out of its order")
        if self._open is not (kind in {BYTES, MEMBER_END}):
            raise Violation("sent a frame out of its order beside a member")
        if (self._pixels_left > 0) is not (kind == PIXELS):
            raise Violation("sent a frame out of its order beside a picture")
        if kind == PIXELS and not 0 < length <= self._pixels_left:
            raise Violation("sent other pixels than the picture has")

    def _count(self, kind: bytes, length: int) -> None:
        self._first = False
        most = MOST_FRAMES.get(kind)
        if most is not None:
            count = self._counts.get(kind, 0) + 1
            if count > most:
                raise Violation("sent too many frames of a kind")
            self._counts[kind] = count
        if kind in {VISIBLE, HIDDEN}:
            # A frame's head counts too, and so does looking at it: or a flood of empty pieces would cost nothing.
            self._text += max(length + HEAD.size, LEAST_TEXT)
            if self._text > self._most_text:
                raise Violation("sent more text than a file may")
        elif kind == OBSERVATION:
            self._observed += length
            if self._observed > MOST_OBSERVED:
                raise Violation("sent more observations than a file may")
        elif kind in {MEMBER, REFUSED}:
            self._named += length
            if self._named > MOST_NAMED:
                raise Violation("said more of its members than a file may")

    def _message(self, kind: bytes, payload: bytes) -> Message:
        if kind == BYTES:
            return messages.MemberBytes(payload)
        if kind == PIXELS:
            self._pixels_left -= len(payload)
            return messages.Pixels(payload)
        message = _READERS[kind](payload)
        match message:
            case messages.MemberBegin():
                self._open = True
            case messages.MemberEnd():
                self._open = False
            case messages.Picture(size=size):
                self._pictures_left -= 1
                if self._pictures_left < 0:
                    raise Violation("sent a picture that nobody asked for")
                self._pixels_left = size
            case messages.Hidden(continues=continues):
                if continues and not self._where:
                    raise Violation("continued a text that was not begun")
                self._where = True
            case messages.End():
                self._ended = True
        return message
