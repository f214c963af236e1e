"""A report that collects in memory what a reader says, and helpers that read a file in this process."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path as FilePath
from typing import Any

from witnessmark.cell.report import ReadingStopped, Source
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind, How, Path, printed


@dataclass
class Member:
    """A member as the container gave it."""

    path: Path
    how: How
    stated: dict[str, Any]
    data: bytearray = field(default_factory=bytearray)

    @property
    def name(self) -> str:
        return printed(self.path)


class _Sink:
    def __init__(self, member: Member, collected: "Collected") -> None:
        self._member, self._collected = member, collected

    def write(self, data: bytes, /) -> None:
        self._collected.spent += len(data)
        if self._collected.spent > self._collected.budget:
            raise ReadingStopped(Outcome.REFUSED_LIMIT, "the budget of the root file is spent")
        self._member.data += data


@dataclass
class Collected:
    """Everything that was reported; it is itself a `Report`."""

    budget: int = 512 << 20
    spent: int = 0
    media_type: str = ""
    kind: ExhibitKind | None = None
    ended: Outcome = Outcome.OK
    detail: str = ""
    tools: dict[str, str] = field(default_factory=dict)
    pieces: list[str] = field(default_factory=list)
    hidden_pieces: list[tuple[str, str]] = field(default_factory=list)
    observations: list[tuple[str, Any]] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    refused: list[tuple[str, Outcome, str]] = field(default_factory=list)
    refused_stated: list[dict[str, Any]] = field(default_factory=list)
    codes: tuple[str, ...] = ()

    @property
    def visible_text(self) -> str:
        return "".join(self.pieces)

    @property
    def hidden_text(self) -> str:
        return "\n".join(f"{where}: {text}" for where, text in self.hidden_pieces)

    @property
    def text(self) -> str:
        return self.visible_text + "\n" + self.hidden_text

    def observed(self, name: str) -> list[Any]:
        return [value for found, value in self.observations if found == name]

    def found(self, media_type: str, kind: ExhibitKind) -> None:
        self.media_type, self.kind = media_type, kind

    def tool(self, name: str, version: str) -> None:
        self.tools[name] = version

    def visible(self, text: str) -> None:
        self.pieces.append(text)

    def hidden(self, where: str, text: str) -> None:
        self.hidden_pieces.append((where, text))

    def observe(self, name: str, value: Any) -> None:
        self.observations.append((name, value))

    @contextmanager
    def member(self, path: Path, how: How, stated: Mapping[str, Any]) -> Iterator[_Sink]:
        member = Member(path, how, dict(stated))
        self.members.append(member)
        yield _Sink(member, self)

    def refuse_member(self, path: Path, outcome: Outcome, detail: str, stated: Mapping[str, Any] = {}) -> None:
        self.refused.append((printed(path), outcome, detail))
        self.refused_stated.append(dict(stated))

    def languages(self, codes: tuple[str, ...]) -> None:
        self.codes = codes

    def outcome(self, outcome: Outcome, detail: str = "") -> None:
        self.ended, self.detail = outcome, detail


def run_stream(
    stream: Any, size: int, name: str, collected: Collected | None = None, passwords: tuple[str, ...] = ()
) -> Collected:
    """Read a stream as the cell's child would, with a stopped reading turned into its outcome."""
    collected = Collected() if collected is None else collected
    try:
        import_module("witnessmark.formats.read").read(Source(stream, size, name, passwords), collected)
    except ReadingStopped as stopped:
        collected.outcome(stopped.outcome, stopped.detail)
    return collected


def run(path: FilePath | str) -> Collected:
    """Read a file of this machine."""
    path = FilePath(path)
    with path.open("rb") as stream:
        return run_stream(stream, path.stat().st_size, path.name)


def run_bytes(data: bytes, name: str = "", budget: int = 512 << 20, passwords: tuple[str, ...] = ()) -> Collected:
    """Read bytes at hand."""
    return run_stream(io.BytesIO(data), len(data), name, Collected(budget), passwords)
