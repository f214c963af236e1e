"""What frames say, one message for each kind; a payload is checked word by word, and whatever is odd is a violation.

No object is ever unpickled: payloads are UTF-8 text, flags, or strict JSON. Where a word may be one of a list, the list
is closed; what only the parent may say, a child that says it has broken the rules.
"""

import re
from dataclasses import dataclass
from typing import Final, TypeVar

from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.model.codec import Value
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind, How, Path, PathStep

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


def printable(text: str, most: int = DETAIL) -> str:
    """Return a text of at most `most` characters for one line: what cannot be shown as it is becomes U+FFFD."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text[:most])


def confined(payload: bytes) -> Message:
    """Return the grade of confinement that a payload holds; raises `Violation`."""
    if payload not in _GRADES:
        raise Violation("named an unknown grade")
    return Confined(payload.decode())


def found(payload: bytes) -> Message:
    """Return the type by content that a payload holds; raises `Violation`."""
    media_type, kind = _strings(payload, 2)
    return Found(_match(_MEDIA_TYPE, media_type), _enum(ExhibitKind, kind))


def tool(payload: bytes) -> Message:
    """Return the tool that a payload holds; raises `Violation`."""
    name, version = _strings(payload, 2)
    return Tool(_match(_WORD, name), _match(_WORD, version))


def visible(payload: bytes) -> Message:
    """Return the piece of visible text that a payload holds; raises `Violation`."""
    return Visible(_text(payload), len(payload))


def hidden(payload: bytes) -> Message:
    """Return the piece of hidden text that a payload holds; raises `Violation`."""
    if len(payload) < 3 or payload[0] > 1:
        raise Violation("sent hidden text without its head")
    end = 3 + (payload[1] << 8 | payload[2])
    if end > len(payload) or end > 1024:
        raise Violation("sent hidden text with a wrong label")
    return Hidden(printable(_text(payload[3:end]), 80), _text(payload[end:]), len(payload), bool(payload[0]))


def observation(payload: bytes) -> Message:
    """Return the observation that a payload holds; raises `Violation`."""
    value = _value(payload)
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], str):
        raise Violation("sent a malformed observation")
    return Observation(_match(_NAME, value[0]), _canonical(value[1]))


def languages(payload: bytes) -> Message:
    """Return the languages that a payload holds; raises `Violation`."""
    value = _value(payload)
    if not isinstance(value, list) or len(value) > 16 or not all(isinstance(code, str) for code in value):
        raise Violation("sent malformed languages")
    return Languages(tuple(_match(_LANGUAGE, code) for code in value))


def member(payload: bytes) -> Message:
    """Return the member's beginning that a payload holds; raises `Violation`."""
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


def member_end(payload: bytes) -> Message:
    """Return the member's end that a payload holds; raises `Violation`."""
    if payload not in {b"\0", b"\1"}:
        raise Violation("sent a malformed end of a member")
    return MemberEnd(payload == b"\1")


def picture(payload: bytes) -> Message:
    """Return the picture's size that a payload holds; raises `Violation`."""
    value = _value(payload)
    if not isinstance(value, list) or len(value) != 3 or not all(type(part) is int for part in value):
        raise Violation("sent a malformed picture")
    width, height, channels = value
    if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE and channels in CHANNELS):
        raise Violation("sent a picture larger than one may be, or of other channels")
    return Picture(width, height, channels)


def refused(payload: bytes) -> Message:
    """Return the refusal that a payload holds; raises `Violation`."""
    value = _value(payload)
    match value:
        case [path, str(outcome), str(detail), dict(stated)]:
            _canonical(stated)
            return Refused(_path(path), _enum(Outcome, outcome), printable(detail), stated)
        case _:
            raise Violation("sent a malformed refusal")


def said(payload: bytes) -> Message:
    """Return the how the reading ended that a payload holds; raises `Violation`."""
    outcome, detail = _strings(payload, 2)
    found = _enum(Outcome, outcome)
    if found in {Outcome.TIMEOUT, Outcome.CRASH, Outcome.VIOLATION}:
        raise Violation("named an outcome that is not its own to name")
    return Said(found, printable(detail))


def end(payload: bytes) -> Message:
    """Return the end that a payload holds; raises `Violation`."""
    if len(payload) != 1 or payload[0] > 3:
        raise Violation("sent a malformed end")
    return End(bool(payload[0] & 1), bool(payload[0] & 2))


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
