"""Reads one file: detects its type by content, calls the reader that the table names, tells the languages."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from importlib import import_module

from witnessmark.cell.report import NOTHING_STATED, MemberSink, Relay, Report, Source
from witnessmark.formats import (
    appended,
    detect,
    encodings,
    language,
    legacy_parts,
    locked,
    magic_text,
    programs,
    strings,
    table,
)
from witnessmark.formats.warm import warm
from witnessmark.model.codec import Value
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind, How, Path, printed

SAMPLE = 20_000
"""Characters of visible text that the languages are told from."""


class _Listening(Relay):
    """A report that passes everything on; keeps the beginning of the visible text, and whether a rest was taken out."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self._kept: list[str] = []
        self._room = SAMPLE
        self.has_rest = False

    @property
    def sample(self) -> str:
        return "".join(self._kept)

    def member(self, path: Path, how: How, stated: Mapping[str, Value]) -> AbstractContextManager[MemberSink]:
        self.has_rest = self.has_rest or path[-1].name == "after-the-end"
        return super().member(path, how, stated)

    def refuse_member(
        self, path: Path, outcome: Outcome, detail: str, stated: Mapping[str, Value] = NOTHING_STATED
    ) -> None:
        super().refuse_member(path, outcome, detail, stated)
        super().hidden("not taken out", printed(path))  # so that its name is found by searching

    def visible(self, text: str) -> None:
        if self._room > 0:
            self._kept.append(text[: self._room])
            self._room -= len(text)
        super().visible(text)


def read(source: Source, report: Report) -> None:
    """Read a file and say what is in it.

    Raises:
        ReadingStopped: when a reader gives up; what it reported before stands.
    """
    found = detect.detect(source)
    reader, kind = _reader(source, found), table.kind_of(found.media_type)
    report.found(found.media_type, reader.kind if reader is not None and kind is ExhibitKind.OTHER else kind)
    for name, version in found.tools:
        report.tool(name, version)
    if found.observed:
        report.observe("type", dict(found.observed))
    listening = _Listening(report)
    if reader is None:
        told = legacy_parts.tell_unread(source, listening)
        if told is not Outcome.OK:
            strings.say(source, report)
            kept = f": only {_KEPT}" if told is Outcome.PARTIAL else ""
            report.outcome(told, f"no reader for {found.media_type}{kept}")
        if not programs.take(source, listening):
            _take_end(source, found, listening)
        return
    source.stream.seek(0)
    if locked.opens(source, found.media_type, listening):
        return
    source.stream.seek(0)
    try:
        _function(reader)(source, listening)
        _take_end(source, found, listening)
    finally:
        codes = language.languages(listening.sample)
        if codes:
            report.languages(codes)


def _reader(source: Source, found: detect.Detected) -> table.Reader | None:
    """Return the reader of a file: that of its type, else the one for whatever is a zip or text all the same."""
    reader = table.reader_of(found.media_type)
    if reader is not None or found.is_zip:
        return reader or table.UNPACKED
    return table.TEXT if not found.media_type.startswith(_NO_WORDS) and _is_text(source) else None


_NO_WORDS = ("image/", "audio/", "video/", "application/pgp-encrypted")
"""Types that are text at times, and say nothing in words."""


def _is_text(source: Source) -> bool:
    """Tell whether a file of a type that has no reader is text all the same: keys, settings, code, lists of points."""
    head = source.first(detect.HEAD)
    is_utf8 = encodings.holds(head, "utf-8", whole=source.size <= len(head))
    return bool(head) and is_utf8 and magic_text.is_text(head)


_KEPT = "its properties, macros, whole files in its streams, and readable bytes are read"
"""What is read of a compound file of unknown make."""


def _take_end(source: Source, found: detect.Detected, listening: _Listening) -> None:
    if "ends_as" in found.observed and not listening.has_rest:
        appended.take(source, listening)


def _function(reader: table.Reader) -> Callable[[Source, Report], None]:
    module = import_module(f"witnessmark.formats.{reader.module}")
    function: Callable[[Source, Report], None] = getattr(module, reader.function)
    return function


def preload() -> None:
    """Load every reader, and let each read a specimen, before a cell is closed."""
    for name in table.modules():
        import_module(name)
    warm(read)
