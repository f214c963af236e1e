"""What a reader may say about a file: the narrow vocabulary that crosses the wall of the cell.

A reader in `formats` gets a `Source` (the file, read-only) and a `Report` to write to. It calls the report's
methods while it reads and returns nothing; whatever was reported before a crash or a deadline is kept. The
child's end is `cell/child.py`, which puts each call on the wire; tests use a report that collects.

Rules for whoever changes this file: plain data only; nothing here imports a parser; every size is capped on the
parent's side too, which believes no length that the child states.
"""

import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import BinaryIO, Final, Protocol

from witnessmark.model.codec import Value
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind, How, Path

NOTHING_STATED: Final[Mapping[str, Value]] = MappingProxyType({})


class ReadingStopped(Exception):  # noqa: N818
    """A reader gives up with an outcome of the closed list and one plain sentence; what it reported is kept."""

    def __init__(self, outcome: Outcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Source:
    """The file as a reader sees it: an open, seekable, read-only stream, its size, and its name as a hint only.

    `passwords` are what a keeper gave to be tried on a file that is locked; most readings have none.
    `parameters` are what the task asks for beside reading: which page, how many dots an inch.
    """

    stream: BinaryIO
    size: int
    name: str
    passwords: tuple[str, ...] = ()
    parameters: Mapping[str, int] = field(default_factory=dict)

    def first(self, most: int) -> bytes:
        """Return the file's first bytes, no more than `most`.

        Room for what is asked for is made at once, and large pages are emptied for it: so of a short file no more is
        asked for than there is.
        """
        there = self.stream.seek(0, os.SEEK_END)
        self.stream.seek(0)
        return self.stream.read(min(most, there))


class MemberSink(Protocol):
    """Where a member's bytes go."""

    def write(self, data: bytes, /) -> None:
        """Take some bytes.

        Raises:
            ReadingStopped: with `refused-limit` when the budget of the root file is spent.
        """


class Report(Protocol):
    """What a reader may say."""

    def found(self, media_type: str, kind: ExhibitKind) -> None:
        """State the type by content; called once, first."""

    def tool(self, name: str, version: str) -> None:
        """State which library read, in which version."""

    def visible(self, text: str) -> None:
        """Add text that a reader of the file sees; pieces are joined as they come, pages divided by form feed."""

    def hidden(self, where: str, text: str) -> None:
        """Add text that is in the file and not seen; `where` is a short label: "comment", "Subject", "hidden sheet"."""

    def observe(self, name: str, value: Value) -> None:
        """Add an observation (dates, sizes, properties) under a dotted name; the same name may come again."""

    def member(self, path: Path, how: How, stated: Mapping[str, Value]) -> AbstractContextManager[MemberSink]:
        """Open a member of a container; `stated` is what the container says of it (times, mode)."""

    def refuse_member(
        self, path: Path, outcome: Outcome, detail: str, stated: Mapping[str, Value] = NOTHING_STATED
    ) -> None:
        """Name a member that is not taken out (a link, a device, a locked one), why, and what the container says."""

    def picture(self, width: int, height: int, channels: int, rows: Iterable[bytes]) -> None:
        """Give the picture that the task asks for: its pixels row by row, `channels` bytes each."""

    def languages(self, codes: tuple[str, ...]) -> None:
        """State the languages of the visible text, most of it first (ISO 639-1, else 639-3)."""

    def outcome(self, outcome: Outcome, detail: str = "") -> None:
        """State how the reading ended when it is not `ok`; the last word before a plain return counts."""


class Relay:
    """A report that passes everything on to another; a reader that wants to hear or change a word overrides it."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def found(self, media_type: str, kind: ExhibitKind) -> None:
        """Pass on."""
        self._report.found(media_type, kind)

    def tool(self, name: str, version: str) -> None:
        """Pass on."""
        self._report.tool(name, version)

    def visible(self, text: str) -> None:
        """Pass on."""
        self._report.visible(text)

    def hidden(self, where: str, text: str) -> None:
        """Pass on."""
        self._report.hidden(where, text)

    def observe(self, name: str, value: Value) -> None:
        """Pass on."""
        self._report.observe(name, value)

    def member(self, path: Path, how: How, stated: Mapping[str, Value]) -> AbstractContextManager[MemberSink]:
        """Pass on."""
        return self._report.member(path, how, stated)

    def refuse_member(
        self, path: Path, outcome: Outcome, detail: str, stated: Mapping[str, Value] = NOTHING_STATED
    ) -> None:
        """Pass on."""
        self._report.refuse_member(path, outcome, detail, stated)

    def picture(self, width: int, height: int, channels: int, rows: Iterable[bytes]) -> None:
        """Pass on."""
        self._report.picture(width, height, channels, rows)

    def languages(self, codes: tuple[str, ...]) -> None:
        """Pass on."""
        self._report.languages(codes)

    def outcome(self, outcome: Outcome, detail: str = "") -> None:
        """Pass on."""
        self._report.outcome(outcome, detail)
