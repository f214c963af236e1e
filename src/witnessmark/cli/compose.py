"""The one place that chooses engines and holds the effects: clock, randomness, processes, signals."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Self

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.cli import say
from witnessmark.errors import Damaged, Interrupted
from witnessmark.intake.identity import exhibit_id
from witnessmark.settings import Settings

DEFAULT_DOMAIN = "archive.invalid"


def clock() -> str:
    """Return the present UTC second as events write it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: TID251 - this is the edge


def entropy(count: int) -> bytes:
    """Return random bytes from the operating system."""
    return os.urandom(count)


def workers() -> int:
    """Return how many cells read at once: one for each processor we may use."""
    return max(1, len(os.sched_getaffinity(0)))


def new_settings(domain: str, title: str | None, keeper: str | None, prefix: str | None, about: str | None) -> Settings:
    """Return the settings of a new archive; its origin is drawn at random below the keeper's domain."""
    base = Settings(origin=f"{domain}/{exhibit_id(entropy)}")
    return Settings(
        origin=base.origin,
        title=title or base.title,
        keeper=keeper or base.keeper,
        prefix=prefix or base.prefix,
        about=about or base.about,
    )


@contextmanager
def for_reading(root: str) -> Iterator[tuple[Archive, Catalogue]]:
    """Open an archive and its catalogue to look at."""
    _check(root)
    with Archive.reading(Path(root)) as archive:
        catalogue = Catalogue.open(archive)
        _tell_broken(archive)
        try:
            yield archive, catalogue
        finally:
            catalogue.close()


@contextmanager
def for_writing(root: str) -> Iterator[tuple[Archive, Catalogue]]:
    """Open an archive and its catalogue as the one writer."""
    _check(root)
    with Archive.writing(Path(root), entropy=entropy) as archive:
        catalogue = Catalogue.open(archive)
        _tell_broken(archive)
        try:
            yield archive, catalogue
        finally:
            catalogue.close()


def _tell_broken(archive: Archive) -> None:
    """Say that a replay left something out; whoever reads the list would not know otherwise."""
    count = len(archive.ledger.broken)
    if count:
        say.error(
            f"note: {say.counted(count, 'line')} of the event segments cannot be read and what they say is left out: "
            "`witnessmark audit` names them; restore them from a backup"
        )


def _check(root: str) -> None:
    if not Archive.exists(Path(root)):
        raise Damaged(f"{root!r} is no archive: there is no witnessmark.toml in it; `witnessmark compile` makes one")


class Stop:
    """Ctrl-C, asked once: finish what is open and stop; asked twice: stop at once. Nothing is lost either way."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def check(self, what_next: str = "run the same command again to go on") -> None:
        """Raise when a stop was asked for.

        Raises:
            Interrupted: then.
        """
        if self.asked:
            raise Interrupted(f"stopped; nothing is lost: {what_next}")
