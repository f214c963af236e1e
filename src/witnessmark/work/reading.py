"""A job and its reading: what one file gave, gathered from the wire into the store.

Rules for whoever changes this file:
- Text is cleaned here, by the parent, whatever the child did to it.
- Contents go to the store as they come; only the finished reading names them. What a stopped reading leaves in the
  store without a name is harmless: the same content will be put there again.
- Of a child that broke the rules of the wire, nothing is kept but the type that it named.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from witnessmark.archive.store import ContentWriter, Store
from witnessmark.cell import messages, wire
from witnessmark.cell.budget import Budget
from witnessmark.cell.grade import worse
from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.model.codec import Value
from witnessmark.model.derivative import Outcome
from witnessmark.model.digest import Digest
from witnessmark.model.exhibit import ExhibitKind, How, Path, PathStep
from witnessmark.model.text import clean

UNKNOWN_TYPE = "application/octet-stream"
_ONE_LINE = str.maketrans("\n\f", "  ")


@dataclass(frozen=True, slots=True)
class Job:
    """One content to be read; `name` is a hint, `depth` 0 a received file, `root_id` the received file it is from.

    A `task` names what else is to be done with it, from the closed list of the readers, by its `parameters`.
    """

    digest: Digest
    size: int
    name: str = ""
    depth: int = 0
    root_id: str = ""
    handle: str = ""
    task: str = ""
    parameters: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a task asked for: its pixels, row by row, are a content in the store."""

    width: int
    height: int
    channels: int
    digest: Digest


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a container, in the store."""

    path: Path
    how: How
    stated: Value
    digest: Digest
    size: int

    def value(self) -> Value:
        """Return the member as the observations hold it."""
        return {
            "path": wire.path_value(self.path),
            "how": self.how.value,
            "stated": self.stated,
            "digest": self.digest.hex,
            "size": self.size,
        }


@dataclass(frozen=True, slots=True)
class RefusedMember:
    """A member that was not taken out, and why."""

    path: Path
    outcome: Outcome
    detail: str
    stated: Value = None  # what the container says of it, as data; None where nothing is known

    def value(self) -> Value:
        """Return the refusal as the observations hold it."""
        value = {"path": wire.path_value(self.path), "outcome": self.outcome.value, "detail": self.detail}
        return value if not self.stated else {**value, "stated": self.stated}

    @classmethod
    def from_value(cls, value: Value) -> Self:
        """Return the refusal that observations hold."""
        path = tuple(PathStep.from_value(step) for step in value["path"])
        return cls(path, Outcome(value["outcome"]), value["detail"], value.get("stated"))


@dataclass(frozen=True, slots=True)
class ReadingResult:
    """What came of reading one content.

    `visible`, `hidden` and `observations` are contents in the store, or None where there is nothing; `characters` are
    those of the visible text. Observations are canonical JSON: `members`, `observations` (pairs), `refused`,
    `truncated`.
    """

    job: Job
    outcome: Outcome
    detail: str
    media_type: str
    kind: ExhibitKind
    languages: tuple[str, ...]
    tools: dict[str, str]
    grade: str
    visible: Digest | None
    visible_size: int
    characters: int
    hidden: Digest | None
    hidden_size: int
    observations: Digest | None
    observations_size: int
    members: tuple[Member, ...]
    refused: tuple[RefusedMember, ...]
    seconds: float
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class _Text:
    """A finished text in the store."""

    digest: Digest | None = None
    size: int = 0
    characters: int = 0


class _TextWriter:
    """Text on its way into the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._writer: ContentWriter | None = None
        self._return = ""
        self._characters = 0

    @property
    def is_empty(self) -> bool:
        return self._writer is None

    def add(self, text: str) -> None:
        """Add text that may still be unclean; a line end may be cut in two."""
        text = self._return + text
        self._return = "\r" if text.endswith("\r") else ""
        self.add_clean(clean(text[: len(text) - len(self._return)]))

    def add_clean(self, text: str) -> None:
        """Add clean text."""
        if text:
            if self._writer is None:
                self._writer = self._store.writer()
            self._characters += len(text)
            self._writer.write(text.encode())

    def finish(self) -> _Text:
        """Put the text into the store."""
        self.add_clean(clean(self._return))
        self._return = ""
        if self._writer is None:
            return _Text()
        digest, size, _ = self._writer.commit()
        return _Text(digest, size, self._characters)

    def abort(self) -> None:
        """Forget the text."""
        if self._writer is not None:
            self._writer.abort()
            self._writer = None


class Gathering:
    """What a child has said so far of one job."""

    def __init__(self, store: Store, job: Job, budget: Budget, at_best: str) -> None:
        self.said: messages.Said | None = None
        self.finished = False
        self._store = store
        self._job = job
        self._budget = budget
        self._found = messages.Found(UNKNOWN_TYPE, ExhibitKind.OTHER)
        self._grade = "D"
        self._at_best = at_best
        self._languages: tuple[str, ...] = ()
        self._tools: dict[str, str] = {}
        self._visible = _TextWriter(store)
        self._hidden = _TextWriter(store)
        self._observed: list[str] = []
        self._members: list[Member] = []
        self._refused: list[RefusedMember] = []
        self._open: tuple[messages.MemberBegin, ContentWriter] | None = None
        self._dropped: list[Path] = []
        self._drawing: tuple[messages.Picture, ContentWriter] | None = None
        self._picture: Picture | None = None
        self._pixels = 0
        self._text_cut = self._rest_cut = False

    def take(self, message: messages.Message) -> None:
        """Take one checked message.

        Raises:
            BudgetSpent: when the root file's budget does not cover a member.
        """
        match message:
            case messages.MemberBytes(data=data):
                self._budget.charge(len(data))
                assert self._open is not None
                self._open[1].write(data)
            case messages.Pixels(data=data):
                self._draw(data)
            case messages.Picture():
                self._drawing = message, self._store.writer()
            case messages.Visible(text=text):
                self._visible.add(text)
            case messages.Hidden():
                self._take_hidden(message)
            case messages.Observation(name=name, value_text=value_text):
                self._observed.append(f"[{codec.encode(name)},{value_text}]")
            case messages.MemberBegin(path=path):
                self._dropped.append(path)  # until its end says that it is whole
                self._budget.enter(self._job.depth)
                self._open = message, self._store.writer()
            case messages.MemberEnd(whole=whole):
                self._end_member(whole=whole)
            case messages.Refused(path=path, outcome=outcome, detail=detail, stated=stated):
                self._refused.append(RefusedMember(path, outcome, detail, stated))
            case messages.Found():
                self._found = message
            case messages.Tool(name=name, version=version):
                self._tools[name] = version
            case messages.Languages(codes=codes):
                self._languages = codes
            case messages.Said():
                self.said = message
            case messages.Confined(grade=grade):
                self._grade = worse(grade, self._at_best)
            case messages.End(text_cut=text_cut, rest_cut=rest_cut):
                self.finished = True
                self._text_cut, self._rest_cut = text_cut, rest_cut

    def finish(self, outcome: Outcome, detail: str, seconds: float) -> ReadingResult:
        """Return the reading; texts and observations are in the store then."""
        self._end_member(whole=False)
        self._end_picture()
        if outcome is Outcome.VIOLATION:
            self._quarantine()
        if outcome is Outcome.OK and self._text_cut:
            outcome, detail = Outcome.PARTIAL, "more text than is kept of one file"
        self._refuse_dropped(outcome, detail)
        if outcome is Outcome.OK and self._refused:  # `files` looks for members not taken out where not all is well
            outcome, detail = Outcome.PARTIAL, f"a member is not taken out: {self._refused[0].detail}"
        if outcome is Outcome.REFUSED_LIMIT and self._members:
            outcome = Outcome.PARTIAL
        if not self._hidden.is_empty:
            self._hidden.add_clean("\n")
        visible, hidden, observations = self._visible.finish(), self._hidden.finish(), self._observations()
        return ReadingResult(
            job=self._job,
            outcome=outcome,
            detail=detail,
            media_type=self._found.media_type,
            kind=self._found.kind,
            languages=self._languages,
            tools=self._tools,
            grade=self._grade,
            visible=visible.digest,
            visible_size=visible.size,
            characters=visible.characters,
            hidden=hidden.digest,
            hidden_size=hidden.size,
            observations=observations.digest,
            observations_size=observations.size,
            members=tuple(self._members),
            refused=tuple(self._refused),
            seconds=seconds,
            picture=self._picture if outcome in {Outcome.OK, Outcome.PARTIAL} else None,
        )

    def abort(self) -> None:
        """Forget everything that is not in the store yet."""
        self._end_member(whole=False)
        self._end_picture()
        self._visible.abort()
        self._hidden.abort()

    def _take_hidden(self, piece: messages.Hidden) -> None:
        if not piece.continues:
            label = clean(piece.where).replace("]", ")")
            self._hidden.add_clean(("" if self._hidden.is_empty else "\n") + f"[{label}] ")
        self._hidden.add_clean(clean(piece.text).translate(_ONE_LINE))

    def _end_member(self, *, whole: bool) -> None:
        if self._open is None:
            return
        (begun, writer), self._open = self._open, None
        with writer:
            if whole:
                digest, size, _ = writer.commit()
                self._members.append(Member(begun.path, begun.how, begun.stated, digest, size))
                self._dropped.pop()
            else:
                writer.abort()

    def _draw(self, data: bytes) -> None:
        assert self._drawing is not None
        begun, writer = self._drawing
        writer.write(data)
        self._pixels += len(data)
        if self._pixels == begun.size:
            digest, _, _ = writer.commit()
            self._picture = Picture(begun.width, begun.height, begun.channels, digest)
            self._drawing = None

    def _end_picture(self) -> None:
        if self._drawing is not None:
            self._drawing[1].abort()
            self._drawing = None

    def _refuse_dropped(self, outcome: Outcome, detail: str) -> None:
        """List members that were begun and not kept, unless the reader itself said why."""
        if not self._dropped:
            return
        said = {refused.path for refused in self._refused}
        if outcome in {Outcome.OK, Outcome.PARTIAL}:
            outcome, detail = Outcome.CORRUPT, "could not be read to its end"
        for path in self._dropped:
            if path not in said:
                self._refused.append(RefusedMember(path, outcome, detail))

    def _quarantine(self) -> None:
        self.abort()
        self._observed.clear()
        self._members.clear()
        self._refused.clear()
        self._dropped.clear()
        self._languages, self._tools, self._picture = (), {}, None

    def _observations(self) -> _Text:
        if not (self._observed or self._members or self._refused or self._rest_cut):
            return _Text()
        with self._store.writer() as writer:
            writer.write(b'{"members":[')
            for count, member in enumerate(self._members):
                writer.write((b"," if count else b"") + codec.encode_bytes(member.value()))
            writer.write(b'],"observations":[' + ",".join(self._observed).encode() + b'],"refused":[')
            for count, refused in enumerate(self._refused):
                writer.write((b"," if count else b"") + codec.encode_bytes(refused.value()))
            writer.write(b'],"truncated":' + (b"true}" if self._rest_cut else b"false}"))
            digest, size, _ = writer.commit()
        return _Text(digest, size)


def refused_members(store: Store, digest: Digest | None, most: int) -> tuple[RefusedMember, ...]:
    """Return the members that a reading named and did not take out; `most` bytes of its observations are read.

    Raises:
        Damaged: when they cannot be read.
    """
    if digest is None:
        return ()
    try:
        found = codec.decode(store.read(digest, most).decode())
        return tuple(RefusedMember.from_value(value) for value in found["refused"])
    except (UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Damaged("a reading's list of members cannot be read: run `witnessmark audit`") from error


def observed(store: Store, digest: Digest, most: int) -> codec.Fields:
    """Return what a reading observed, whole, as its contents are named above; `most` bytes of it are read.

    Raises:
        Damaged: when it cannot be read.
    """
    try:
        found = codec.decode(store.read(digest, most).decode())
        return {**found, "observations": list(found["observations"])}
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged("what a reading observed cannot be read: run `witnessmark audit`") from error


def observations(store: Store, digest: Digest | None, most: int) -> Iterator[tuple[str, Value]]:
    """Yield the names and values that a reading observed; `most` bytes of them are read.

    Raises:
        Damaged: when they cannot be read.
    """
    if digest is None:
        return
    try:
        found = [(name, value) for name, value in observed(store, digest, most)["observations"]]
    except (TypeError, ValueError) as error:
        raise Damaged("what a reading observed cannot be read: run `witnessmark audit`") from error
    yield from found
