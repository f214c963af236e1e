"""The child's end: reads one file in a process of its own and says on the wire what the reader reports.

Rules for whoever changes this file:
- It runs after hostile bytes may have been read: the parent believes nothing of it. What is kept here (caps, order,
  cleanliness) only makes an honest reader's report fit `wire`; the parent checks the same again.
- It is the sandbox wall: the one place where any exception of a reader is caught and becomes an outcome.
"""

import encodings.utf_16_be
import encodings.utf_16_le  # noqa: F401 - a codec is found by name; behind the walls it would be too late
import json
import mmap
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from importlib import import_module
from typing import NoReturn, Self

from witnessmark.cell import messages, wire
from witnessmark.cell.budget import Left
from witnessmark.cell.confine import Apart, CannotConfine, Limits, confine
from witnessmark.cell.control import DONE, LONGEST
from witnessmark.cell.report import NOTHING_STATED, MemberSink, ReadingStopped, Report, Source
from witnessmark.model import codec
from witnessmark.model.codec import Value
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind, How, Path

PIECE = 1 << 16
"""Characters of text, or bytes of a member, in one frame."""

LABEL = 80
SLACK = 1 << 20
"""How much less text than the parent admits an honest child sends: room for the heads of frames."""

_FLUSH_AFTER = 0.05
_SAID_BY_THE_PARENT = {Outcome.TIMEOUT, Outcome.CRASH, Outcome.VIOLATION}
_MOST_IGNORED = 1 << 26
_LONGEST_STRING = 1 << 14
_TIDY_DEPTH = 16
_TIDY_ITEMS = 10_000


@dataclass(frozen=True, slots=True)
class Task:
    """What a child is to do; `alone` asks for a fresh process that reads nothing else."""

    entry: str
    name: str
    size: int
    limits: Limits
    left: Left
    alone: bool = True
    passwords: tuple[str, ...] = ()
    parameters: Mapping[str, int] = field(default_factory=dict)

    @property
    def message(self) -> bytes:
        """The task as it is sent."""
        said = {name: getattr(self, name) for name in _SAID}  # `asdict` copies what is thrown away at once
        said["limits"], said["left"] = asdict(self.limits), asdict(self.left)
        return json.dumps(said).encode()

    @classmethod
    def parse(cls, message: bytes) -> Self:
        """Return the task that was sent."""
        said = json.loads(message)
        limits, left = Limits(**said["limits"]), Left(**said["left"])
        passwords = tuple(said["passwords"])
        entry, name, size = said["entry"], said["name"], said["size"]
        return cls(entry, name, size, limits, left, said["alone"], passwords, said["parameters"])


_SAID = tuple(one.name for one in fields(Task))


class WireReport:
    """A `Report` onto the wire: joins small pieces, cuts large ones, and keeps the caps of a file."""

    def __init__(self, output: int, limits: Limits, left: Left, *, patient: bool = False) -> None:
        """Speak on `output`; who is `patient` says nothing before there is enough of it, or it takes long."""
        self._output = output
        self._patient = patient
        self._waiting = bytearray()
        self._flushed = time.monotonic()
        self._visible: list[str] = []
        self._visible_size = 0
        self._text_left = limits.text - SLACK
        self._ignored = 0
        self._octets_left = left.octets
        self._entries_left = left.entries
        self._depth_left = left.depth
        self._observed_left = wire.MOST_OBSERVED // 2
        self._observations_left = wire.MOST_FRAMES[wire.OBSERVATION]
        self._named_left = wire.MOST_NAMED // 2
        self._refusals_left = wire.MOST_FRAMES[wire.REFUSED]
        self._tools: set[str] = set()
        self._found = 0
        self._languages: tuple[str, ...] = ()
        self._ending: list[str] | None = None
        self._in_member = False
        self._later = bytearray()
        self._text_cut = self._rest_cut = False

    def found(self, media_type: str, kind: ExhibitKind) -> None:
        """State the type by content; sent at once, so that it is known even of a file that kills its reader.

        In company, what it said before it was killed counts for nothing: it is read again alone.
        """
        if self._found < wire.MOST_FRAMES[wire.FOUND]:
            self._found += 1
            self._say(wire.record(wire.FOUND, [media_type.lower(), kind.value]))
            if not self._patient:
                self._flush()

    def tool(self, name: str, version: str) -> None:
        """State which library read; the same again is not repeated."""
        if name not in self._tools and len(self._tools) < wire.MOST_FRAMES[wire.TOOL]:
            self._tools.add(name)
            self._say(wire.record(wire.TOOL, [_ascii(name, 64) or "?", _ascii(version, 64) or "?"]))

    def visible(self, text: str) -> None:
        """Add text that a reader of the file sees."""
        text = self._allowed(text, 0)
        self._visible.append(text)
        self._visible_size += len(text)
        if self._visible_size >= PIECE and not self._in_member:
            self._send_visible()
        else:
            self._tick()

    def hidden(self, where: str, text: str) -> None:
        """Add text that is in the file and not seen."""
        label = _whole_characters(where[:LABEL])
        text = self._allowed(text, len(label.encode()))
        for at in range(0, len(text), PIECE):
            self._say(wire.hidden(label, text[at : at + PIECE].encode(), continues=at > 0))

    def observe(self, name: str, value: Value) -> None:
        """Add an observation, made fit for canonical JSON."""
        frame = wire.record(wire.OBSERVATION, [_name(name), tidy(value)])
        most = min(wire.LONGEST[wire.OBSERVATION], self._observed_left)
        if len(frame) > most or self._observations_left <= 0:
            self._rest_cut = True
            return
        self._observed_left -= len(frame)
        self._observations_left -= 1
        self._say(frame)

    @contextmanager
    def member(self, path: Path, how: How, stated: Mapping[str, Value]) -> Iterator[MemberSink]:
        """Open a member; what is written to it while the block runs are its bytes.

        Raises:
            ReadingStopped: with `refused-limit` when the budget of the root file, or the room for names, is spent.
        """
        if self._in_member:
            raise RuntimeError("a member is open already")
        if self._depth_left <= 0:
            raise ReadingStopped(Outcome.REFUSED_LIMIT, "containers nested too deeply")
        if self._entries_left <= 0:
            raise ReadingStopped(Outcome.REFUSED_LIMIT, "too many members in one received file")
        self._entries_left -= 1
        self._name_member(wire.MEMBER, [wire.path_value(_clean_path(path)), how.value, tidy(dict(stated))])
        self._in_member = True
        whole = False
        try:
            yield _Sink(self._member_bytes)
            whole = True
        finally:
            self._end_member(whole=whole)

    def refuse_member(
        self, path: Path, outcome: Outcome, detail: str, stated: Mapping[str, Value] = NOTHING_STATED
    ) -> None:
        """Name a member that is not taken out, why, and what the container says of it."""
        if self._refusals_left <= 0:
            self._rest_cut = True
            return
        self._refusals_left -= 1
        said = [wire.path_value(_clean_path(path)), outcome.value, _whole_characters(detail[: messages.DETAIL])]
        self._name_member(wire.REFUSED, [*said, tidy(dict(stated))])

    def picture(self, width: int, height: int, channels: int, rows: Iterable[bytes]) -> None:
        """Give the picture that the task asks for.

        Raises:
            ReadingStopped: when it is larger than one may be.
            ValueError: when the rows are not what was said.
        """
        if self._in_member:
            raise RuntimeError("a member is open")
        if not (0 < width <= messages.MOST_SIDE and 0 < height <= messages.MOST_SIDE):
            raise ReadingStopped(Outcome.REFUSED_LIMIT, "a page larger than is drawn")
        self._put(wire.record(wire.PICTURE, [width, height, channels]))
        left = width * height * channels
        try:
            for row in rows:
                if len(row) != width * channels or left == 0:
                    raise ValueError("other rows than were said")
                self._put(wire.frame(wire.PIXELS, row))
                left -= len(row)
            if left:
                raise ValueError("fewer rows than were said")
        finally:
            # An honest child never breaks the wire, whatever happened to it: its outcome says that this is no picture.
            while left:
                self._put(wire.frame(wire.PIXELS, bytes(min(left, wire.TEXT_FRAME))))
                left -= min(left, wire.TEXT_FRAME)

    def languages(self, codes: tuple[str, ...]) -> None:
        """State the languages of the visible text; the last word counts."""
        self._languages = codes[:16]

    def outcome(self, outcome: Outcome, detail: str = "") -> None:
        """State how the reading ended; the last word counts."""
        mine = Outcome.CORRUPT if outcome in _SAID_BY_THE_PARENT else outcome
        self._ending = [mine.value, _whole_characters(detail[: messages.DETAIL])]

    def confined(self, grade: str) -> None:
        """State the grade of confinement; the first word of all."""
        self._put(wire.frame(wire.CONFINED, grade.encode()))
        if not self._patient:
            self._flush()

    def end(self) -> None:
        """Say that all is said."""
        if self._in_member:
            self._end_member(whole=False)
        self._send_visible()
        if self._languages:
            self._put(wire.record(wire.LANGUAGES, list(self._languages)))
        if self._ending is not None:
            self._put(wire.record(wire.SAID, self._ending))
        self._put(wire.frame(wire.END, bytes((self._text_cut | self._rest_cut << 1,))))
        self._flush()

    def _allowed(self, text: str, label: int) -> str:
        text = _whole_characters(text)
        size = len(text.encode()) + label + wire.LEAST_TEXT
        if size <= self._text_left:
            self._text_left -= size
            return text
        # The rest of a file may still hold members; so its text is passed over, up to a point.
        self._text_cut = True
        self._ignored += size
        kept = text.encode()[: max(0, self._text_left - label - wire.LEAST_TEXT)].decode(errors="ignore")
        self._text_left = 0
        if self._ignored > _MOST_IGNORED:
            raise ReadingStopped(Outcome.PARTIAL, "more text than is kept of one file")
        return kept

    def _send_visible(self) -> None:
        text = "".join(self._visible)
        self._visible.clear()
        self._visible_size = 0
        for at in range(0, len(text), PIECE):
            self._say(wire.frame(wire.VISIBLE, text[at : at + PIECE].encode()))

    def _name_member(self, kind: bytes, said: Value) -> None:
        frame = wire.record(kind, said)
        if len(frame) > wire.LONGEST[kind] or len(said[0]) > messages.MOST_STEPS or len(frame) > self._named_left:
            raise ReadingStopped(Outcome.REFUSED_LIMIT, "the members' names are longer than is kept of one file")
        self._named_left -= len(frame)
        self._say(frame)

    def _member_bytes(self, data: bytes) -> None:
        if not self._in_member:
            raise RuntimeError("the member is closed")
        view = memoryview(data).cast("B")
        for at in range(0, len(view), wire.TEXT_FRAME):
            piece = view[at : at + wire.TEXT_FRAME]
            self._octets_left -= len(piece)
            if self._octets_left < 0:
                raise ReadingStopped(Outcome.REFUSED_LIMIT, "unpacks to more than one received file may")
            self._put(wire.frame(wire.BYTES, bytes(piece)))

    def _end_member(self, *, whole: bool) -> None:
        self._put(wire.frame(wire.MEMBER_END, b"\1" if whole else b"\0"))
        self._in_member = False
        later, self._later = self._later, bytearray()
        self._put(later)

    def _say(self, frame: bytes) -> None:
        """Send a frame, or keep it until the open member is closed."""
        if self._in_member:
            self._later += frame
        else:
            self._tick()
            self._put(frame)

    def _put(self, data: bytes | bytearray) -> None:
        self._waiting += data
        if len(self._waiting) >= PIECE or self._is_late():
            self._flush()

    def _tick(self) -> None:
        """Send what waits when it has waited long; text only where no member is open."""
        if self._is_late():
            if self._visible and not self._in_member:
                self._send_visible()
            self._flush()

    def _is_late(self) -> bool:
        # A wake-up of the parent costs more than a frame: so frames travel together, but a slow reader's at once.
        return time.monotonic() - self._flushed > _FLUSH_AFTER

    def _flush(self) -> None:
        waiting, self._waiting = memoryview(self._waiting), bytearray()
        while waiting:
            waiting = waiting[os.write(self._output, waiting) :]
        self._flushed = time.monotonic()


class _Sink:
    """Where a member's bytes go."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    def write(self, data: bytes, /) -> None:
        """Take some bytes."""
        self._take(data)


def live(task: Task, source: int, output: int, company: socket.socket | None, apart: Apart) -> NoReturn:
    """Confine this process, read a file, say what is in it, and leave; never returns.

    With `company`, a socket to its zygote, it says when it is done and may be handed the next small file.
    """
    try:
        grade = confine(task.limits, apart).value
        while True:
            started = time.process_time()
            report = WireReport(output, task.limits, task.left, patient=company is not None)
            report.confined(grade)
            _read(task, source, report)
            report.end()
            if company is None:
                break
            os.close(source)
            os.close(output)
            company.send(DONE.pack(b"d", int(1000 * (time.process_time() - started))))
            message, descriptors, _, _ = socket.recv_fds(company, LONGEST, 2)
            if len(descriptors) != 2:
                break
            task = Task.parse(message)
            source, output = descriptors
    except (OSError, CannotConfine):
        os._exit(3)
    except BaseException:  # noqa: BLE001 - the wall: nothing of a child's goes further
        os._exit(4)
    os._exit(0)


def _read(task: Task, source: int, report: WireReport) -> None:
    """Run the reader; whatever it raises becomes an outcome."""
    # Given back when memory runs out, so that there is some to say so; a mapping costs nothing until it is touched.
    reserve = mmap.mmap(-1, 1 << 22)
    try:
        module, _, function = task.entry.partition(":")
        entry: Callable[[Source, Report], None] = getattr(import_module(module), function)
        with open(source, "rb", closefd=False) as stream:
            entry(Source(stream, task.size, task.name, task.passwords, task.parameters), report)
    except ReadingStopped as stopped:
        ending = stopped.outcome, str(stopped.detail)
    except MemoryError:
        reserve.close()
        ending = Outcome.MEMORY, "reading it took more memory than a file may"
    except RecursionError:
        ending = Outcome.REFUSED_LIMIT, "nested too deeply to be read"
    except BaseException as error:  # noqa: BLE001 - the wall
        ending = Outcome.CORRUPT, _told(error)
    else:
        return
    finally:
        reserve.close()
    report.outcome(*ending)


def _told(error: BaseException) -> str:
    """Return the type of an exception and as much of its message as is plain ASCII: the message may be the file's."""
    try:
        message = str(error)
    except BaseException:  # noqa: BLE001 - an exception made to trap whoever prints it
        message = ""
    name = type(error).__name__
    return f"the reader gave up: {_ascii(f'{name}: {message}' if message else name, 120)}"


def _ascii(text: str, most: int) -> str:
    return "".join(c for c in text[: 4 * most] if " " <= c <= "~")[:most]


def _name(name: str) -> str:
    cleaned = "".join(c if c.isascii() and (c.isalnum() or c in "_.:#/ -") else "_" for c in name[:128])
    return cleaned or "_"


def _whole_characters(text: str) -> str:
    """Return the text with halves of characters joined where both are there, else replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _clean_path(path: Path) -> Path:
    return tuple(type(step)(_whole_characters(step.name), step.raw) for step in path)


def tidy(value: Value, levels: int = _TIDY_DEPTH) -> Value:
    """Return the nearest value that has canonical JSON: what a property of a hostile file may be, kept readable."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) <= codec.LARGEST else _large(value)
    if isinstance(value, str):
        return _whole_characters(value[:_LONGEST_STRING])
    if isinstance(value, (bytes, bytearray, memoryview)):
        return codec.to_base64(bytes(value)[:_LONGEST_STRING])
    if levels == 0:
        return "…"
    if isinstance(value, Mapping):
        pairs = zip(range(_TIDY_ITEMS), value.items(), strict=False)
        return {_whole_characters(str(key)[:256]): tidy(item, levels - 1) for _, (key, item) in pairs}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [tidy(item, levels - 1) for _, item in zip(range(_TIDY_ITEMS), value, strict=False)]
    return _whole_characters(str(value)[:_LONGEST_STRING])


def _large(value: int) -> str:
    # Python refuses to print integers of more than 4,300 digits; in base sixteen it does not.
    return str(value) if value.bit_length() < 4096 else hex(value)[:_LONGEST_STRING]
