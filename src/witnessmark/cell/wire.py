"""The wire: what crosses the wall of a cell, as frames that the parent checks and never believes.

A frame is a kind (one byte), the payload's length (four bytes, big-endian) and the payload. The child writes frames
with the functions here; the parent puts whatever comes through a `Decoder`, which yields messages or raises
`Violation`. No object is ever unpickled: payloads are UTF-8 text, member bytes, flags, or strict JSON.

Rules for whoever changes this file:
- The child is presumed hostile once it has read a byte. Every length, type, word and order is checked in `Decoder`,
  before memory is taken for it; what honest children may send is a subset, kept by `cell/child.py`.
- First comes exactly one `confined`, last exactly one `end`; member bytes stand between a begin and an end only.
- Whatever is added here has a cap a file, not only a frame.
"""

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.model.codec import Value
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind, How, Path, PathStep

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

MOST_STEPS = 1024
DEEPEST = 24
"""How deep an observation may nest."""

MOST_SIDE = 10_000
"""Pixels of the longest side of a picture."""

CHANNELS: Final = (1, 3)
"""Bytes of a pixel: grey; blue, green and red."""

DETAIL = 300
"""Characters of a detail."""

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}\Z")
_NAME = re.compile(r"[A-Za-z0-9_.:#/ -]{1,128}\Z")
_WORD = re.compile(r"[ -~]{1,64}\Z")
_TAKEN_OUT: Final = (How.COPIED, How.DECODED, How.REBUILT)
"""How a child may say that it got a member; the others are the parent's own to say."""
_Word = TypeVar("_Word", ExhibitKind, How, Outcome)
_GRADES = {b"A", b"B", b"C", b"D"}


class Violation(Exception):  # noqa: N818 - it names what the child did
    """The child sent what no honest child sends."""


@dataclass(frozen=True, slots=True)
class Confined:
    """The grade of confinement that the child observed before it read."""

    grade: str


@dataclass(frozen=True, slots=True)
class Found:
    """The type by content."""

    media_type: str
    kind: ExhibitKind


@dataclass(frozen=True, slots=True)
class Tool:
    """A library that read."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Visible:
    """A piece of the text that a reader of the file sees."""

    text: str
    size: int


@dataclass(frozen=True, slots=True)
class Hidden:
    """A piece of text that is in the file and not seen; `continues` the piece before, or begins one."""

    where: str
    text: str
    size: int
    continues: bool


@dataclass(frozen=True, slots=True)
class Observation:
    """A name and the canonical JSON of its value."""

    name: str
    value_text: str


@dataclass(frozen=True, slots=True)
class Languages:
    """The languages of the visible text."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemberBegin:
    """A member begins."""

    path: Path
    how: How
    stated: Value


@dataclass(frozen=True, slots=True)
class MemberBytes:
    """Bytes of the open member."""

    data: bytes


@dataclass(frozen=True, slots=True)
class MemberEnd:
    """The open member ends; not `whole`: it is to be dropped."""

    whole: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture begins: exactly so many pixels follow, row by row from the top."""

    width: int
    height: int
    channels: int

    @property
    def size(self) -> int:
        """Return how many bytes its pixels are."""
        return self.width * self.height * self.channels


@dataclass(frozen=True, slots=True)
class Pixels:
    """Pixels of the picture that was begun."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """A member that was not taken out."""

    path: Path
    outcome: Outcome
    detail: str
    stated: Value  # what the container says of it


@dataclass(frozen=True, slots=True)
class Said:
    """How the reading ended, in the child's words."""

    outcome: Outcome
    detail: str


@dataclass(frozen=True, slots=True)
class End:
    """The child has said everything; what it left out because it was too much."""

    text_cut: bool
    rest_cut: bool


Message = (
    Confined
    | Found
    | Tool
    | Visible
    | Hidden
    | Observation
    | Languages
    | MemberBegin
    | MemberBytes
    | MemberEnd
    | Picture
    | Pixels
    | Refused
    | Said
    | End
)


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


def printable(text: str, most: int = DETAIL) -> str:
    """Return a text of at most `most` characters for one line: what cannot be shown as it is becomes U+FFFD."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text[:most])


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
            return MemberBytes(payload)
        if kind == PIXELS:
            self._pixels_left -= len(payload)
            return Pixels(payload)
        message = _READERS[kind](payload)
        match message:
            case MemberBegin():
                self._open = True
            case MemberEnd():
                self._open = False
            case Picture(size=size):
                self._pictures_left -= 1
                if self._pictures_left < 0:
                    raise Violation("sent a picture that nobody asked for")
                self._pixels_left = size
            case Hidden(continues=continues):
                if continues and not self._where:
                    raise Violation("continued a text that was not begun")
                self._where = True
            case End():
                self._ended = True
        return message


def _confined(payload: bytes) -> Message:
    if payload not in _GRADES:
        raise Violation("named an unknown grade")
    return Confined(payload.decode())


def _found(payload: bytes) -> Message:
    media_type, kind = _strings(payload, 2)
    return Found(_match(_MEDIA_TYPE, media_type), _enum(ExhibitKind, kind))


def _tool(payload: bytes) -> Message:
    name, version = _strings(payload, 2)
    return Tool(_match(_WORD, name), _match(_WORD, version))


def _visible(payload: bytes) -> Message:
    return Visible(_text(payload), len(payload))


def _hidden(payload: bytes) -> Message:
    if len(payload) < 3 or payload[0] > 1:
        raise Violation("sent hidden text without its head")
    end = 3 + (payload[1] << 8 | payload[2])
    if end > len(payload) or end > 1024:
        raise Violation("sent hidden text with a wrong label")
    return Hidden(printable(_text(payload[3:end]), 80), _text(payload[end:]), len(payload), bool(payload[0]))


def _observation(payload: bytes) -> Message:
    value = _value(payload)
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], str):
        raise Violation("sent a malformed observation")
    return Observation(_match(_NAME, value[0]), _canonical(value[1]))


def _languages(payload: bytes) -> Message:
    value = _value(payload)
    if not isinstance(value, list) or len(value) > 16 or not all(isinstance(code, str) for code in value):
        raise Violation("sent malformed languages")
    return Languages(tuple(_match(_LANGUAGE, code) for code in value))


def _member(payload: bytes) -> Message:
    value = _value(payload)
    if not isinstance(value, list) or len(value) != 3 or not isinstance(value[1], str):
        raise Violation("sent a malformed member")
    stated = value[2]
    if not isinstance(stated, dict):
        raise Violation("sent a malformed member")
    _canonical(stated)
    how = _enum(How, value[1])
    if how not in _TAKEN_OUT:
        raise Violation("named a way of getting bytes that is not its own to name")
    return MemberBegin(_path(value[0]), how, stated)


def _member_end(payload: bytes) -> Message:
    if payload not in {b"\0", b"\1"}:
        raise Violation("sent a malformed end of a member")
    return MemberEnd(payload == b"\1")


def _picture(payload: bytes) -> Message:
    value = _value(payload)
    if not isinstance(value, list) or len(value) != 3 or not all(type(part) is int for part in value):
        raise Violation("sent a malformed picture")
    width, height, channels = value
    if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE and channels in CHANNELS):
        raise Violation("sent a picture larger than one may be, or of other channels")
    return Picture(width, height, channels)


def _refused(payload: bytes) -> Message:
    value = _value(payload)
    match value:
        case [path, str(outcome), str(detail), dict(stated)]:
            _canonical(stated)
            return Refused(_path(path), _enum(Outcome, outcome), printable(detail), stated)
        case _:
            raise Violation("sent a malformed refusal")


def _said(payload: bytes) -> Message:
    outcome, detail = _strings(payload, 2)
    found = _enum(Outcome, outcome)
    if found in {Outcome.TIMEOUT, Outcome.CRASH, Outcome.VIOLATION}:
        raise Violation("named an outcome that is not its own to name")
    return Said(found, printable(detail))


def _end(payload: bytes) -> Message:
    if len(payload) != 1 or payload[0] > 3:
        raise Violation("sent a malformed end")
    return End(bool(payload[0] & 1), bool(payload[0] & 2))


_READERS: Final[dict[bytes, Callable[[bytes], Message]]] = {
    CONFINED: _confined,
    FOUND: _found,
    TOOL: _tool,
    VISIBLE: _visible,
    HIDDEN: _hidden,
    OBSERVATION: _observation,
    LANGUAGES: _languages,
    MEMBER: _member,
    MEMBER_END: _member_end,
    PICTURE: _picture,
    REFUSED: _refused,
    SAID: _said,
    END: _end,
}


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise Violation("sent text that is not UTF-8") from error


def _value(payload: bytes) -> Value:
    try:
        return codec.decode(_text(payload))
    except Damaged as error:
        raise Violation("sent what is not strict JSON") from error


def _canonical(value: Value) -> str:
    """Return the one spelling of a value that we keep."""
    if not _is_shallow(value, DEEPEST):
        raise Violation("sent a value nested too deeply")
    try:
        return codec.encode(value)
    except ValueError as error:
        raise Violation("sent a value that has no canonical JSON") from error


def _is_shallow(value: Value, levels: int) -> bool:
    if not isinstance(value, (list, dict)):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(item, levels - 1) for item in inner)


def _strings(payload: bytes, count: int) -> list[str]:
    value = _value(payload)
    if not isinstance(value, list) or len(value) != count or not all(isinstance(item, str) for item in value):
        raise Violation("sent a malformed record")
    return value


def _match(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.match(text):
        raise Violation("sent a word that does not belong there")
    return text


def _enum(words: type[_Word], text: str) -> _Word:
    try:
        return words(text)
    except ValueError as error:
        raise Violation("sent a word outside the closed list") from error


def _path(value: Value) -> Path:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_STEPS:
        raise Violation("sent a malformed path")
    return tuple(_step(step) for step in value)


def _step(value: Value) -> PathStep:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or not set(value) <= {"name", "bytes"}:
        raise Violation("sent a malformed path")
    _canonical(value["name"])
    raw = value.get("bytes")
    if raw is None and "bytes" not in value:
        return PathStep(value["name"])
    if not isinstance(raw, str):
        raise Violation("sent a malformed path")
    try:
        return PathStep(value["name"], codec.from_base64(raw))
    except Damaged as error:
        raise Violation("sent a malformed path") from error
