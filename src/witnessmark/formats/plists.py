"""Reads a binary property list of Apple's, as macOS and iOS keep almost everything: its words in order.

By the layout that CoreFoundation documents in `CFBinaryPList.c`; read by the standard library, which follows no list
into itself without end. A list is flattened: each text with the keys that lead to it.
"""

import plistlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

MAGIC: Final = b"bplist00"
LARGEST: Final = 64 << 20
MOST: Final = 200_000
DEEPEST: Final = 40
LEAST_MEMBER: Final = 64
_BROKEN: Final = (
    plistlib.InvalidFileException,
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
    MemoryError,
    RecursionError,
    AttributeError,
)
"""What the library raises of lists that are none."""


def read_plist(source: Source, report: Report) -> None:
    """Read a binary property list: a line for each value, with the keys that lead to it; data as members.

    Raises:
        ReadingStopped: when it cannot be read, or is too large.
    """
    if source.size > LARGEST:
        raise ReadingStopped(Outcome.REFUSED_LIMIT, "a property list larger than 64 MiB")
    root = _loaded(source.first(LARGEST))
    if root is None:
        raise ReadingStopped(Outcome.CORRUPT, "a property list that cannot be read")
    for count, (path, value) in enumerate(_flat(root[0], "")):
        if count == MOST:
            report.outcome(Outcome.PARTIAL, f"more than {MOST:,} values")
            return
        if isinstance(value, bytes) and len(value) >= LEAST_MEMBER:
            with report.member((PathStep(path.strip(".")[:200] or "data"),), How.COPIED, {}) as sink:
                sink.write(value)
        elif not isinstance(value, bytes):
            report.visible(f"{path}: {_shown(value)}\n" if path else f"{_shown(value)}\n")


def words(value: bytes) -> list[str] | None:
    """Return the texts and dates of a property list; None when the bytes are none."""
    if value[:8] != MAGIC:
        return None
    root = _loaded(value)
    if root is None:
        return None
    found = (each for _, each in _flat(root[0], "") if not isinstance(each, bytes))
    return [_shown(each) for each, _ in zip(found, range(1000), strict=False)]


def _loaded(data: bytes) -> tuple[Any] | None:
    try:
        return (plistlib.loads(data, fmt=plistlib.FMT_BINARY),)
    except _BROKEN:
        return None


def _flat(value: Any, path: str, depth: int = 0, left: list[int] | None = None) -> Iterator[tuple[str, Any]]:
    """Yield the plain values; a list that holds itself, or one list many times, ends at a count."""
    left = [MOST + 1] if left is None else left
    left[0] -= 1
    if depth > DEEPEST or left[0] < 0:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key), depth + 1, left)
    elif isinstance(value, list):
        for inner in value:
            yield from _flat(inner, path, depth + 1, left)
    else:
        yield path, value


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.isoformat(timespec='seconds')}Z"
    return str(value.data if isinstance(value, plistlib.UID) else value)
