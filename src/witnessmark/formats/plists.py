"""Reads a binary property list of Apple's, as macOS and iOS keep almost everything: its words in order."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats.bplist import MAGIC, BrokenObject, Plain, PropertyList
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

LARGEST: Final = 64 << 20
LEAST_MEMBER: Final = 64
MOST_WORDS: Final = 1000


def read_plist(source: Source, report: Report) -> None:
    """Read a binary property list: a line for each value, with the keys that lead to it; data as members.

    Raises:
        ReadingStopped: when it cannot be read, or is too large.
    """
    if source.size > LARGEST:
        raise ReadingStopped(Outcome.REFUSED_LIMIT, "a property list larger than 64 MiB")
    found = PropertyList(source.first(LARGEST))
    try:
        for path, value in found.values():
            _tell(path, value, report)
    except BrokenObject as error:
        _salvage(found, str(error), report)
        return
    if found.problems:
        said = (f"{what} ({count} times)" if count > 1 else what for what, count in found.problems.most_common(5))
        report.outcome(Outcome.PARTIAL, "; ".join(said))


def _tell(path: str, value: Plain, report: Report) -> None:
    if isinstance(value, bytes) and len(value) >= LEAST_MEMBER:
        with report.member((PathStep(path.strip(".")[:200] or "data"),), How.COPIED, {}) as sink:
            sink.write(value)
    elif not isinstance(value, bytes):
        report.visible(f"{path}: {_shown(value)}\n" if path else f"{_shown(value)}\n")


def _salvage(found: PropertyList, why: str, report: Report) -> None:
    """Give the texts of a list whose end, where everything is listed, is lost or wrong."""
    count = 0
    for text in found.texts_in_order():
        report.visible(text + "\n")
        count += 1
    if not count:
        raise ReadingStopped(Outcome.CORRUPT, f"a property list that cannot be read: {why}")
    report.outcome(Outcome.PARTIAL, f"{why}: {count} texts are given as they lie in the file, keys among them")


def words(value: bytes) -> list[str] | None:
    """Return the texts and dates of a property list; None when the bytes are none."""
    if not value.startswith(MAGIC):
        return None
    try:
        return [_shown(each) for each in islice(_shorter(PropertyList(value)), MOST_WORDS)]
    except BrokenObject:
        return None


def _shorter(found: PropertyList) -> Iterator[Plain]:
    return (each for _, each in found.values() if not isinstance(each, bytes))


def _shown(value: Plain) -> str:
    return f"{value.isoformat(timespec='seconds')}Z" if isinstance(value, datetime) else str(value)
