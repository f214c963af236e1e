"""The one place that chooses engines and holds the effects: clock, randomness, processes, signals."""

import argparse
import os
import signal
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Self, TypeVar

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.cli import passphrase, say
from witnessmark.errors import Damaged, DiskFailure, Interrupted, WrongUsage
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
    check(root)
    with Archive.reading(Path(root)) as archive:
        catalogue = Catalogue.open(archive)
        _tell_broken(catalogue)
        try:
            yield archive, catalogue
        finally:
            catalogue.close()


@contextmanager
def only_reading(root: str) -> Iterator[Archive]:
    """Open an archive to look at, without its catalogue."""
    check(root)
    with Archive.reading(Path(root)) as archive:
        yield archive


@contextmanager
def for_writing(
    root: str, arguments: argparse.Namespace, *, signs: bool = True, made: str | None = None
) -> Iterator[tuple[Archive, Catalogue]]:
    """Open an archive and its catalogue as the one writer.

    Whoever `signs` is asked for the passphrase at once, unless the archive was just `made` with it.
    """
    with writer(root, arguments, made=made) as archive:
        if signs:
            archive.unlock()
        catalogue = Catalogue.open(archive)
        _tell_broken(catalogue)
        try:
            yield archive, catalogue
        finally:
            catalogue.close()


def writer(
    root: str, arguments: argparse.Namespace, *, made: str | None = None, despite_conflict: bool = False
) -> Archive:
    """Open an archive as the one writer, without its catalogue; the passphrase is asked for when it is needed."""
    check(root)
    return Archive.writing(
        Path(root),
        entropy=entropy,
        passphrase=lambda: passphrase.to_open(arguments, root) if made is None else made,
        state=state_folder(root),
        despite_conflict=despite_conflict,
    )


def state_folder(root: str) -> Path:
    """Return where this machine remembers what was signed last: outside the archive and its backups.

    That is `WITNESSMARK_STATE`, else `$XDG_STATE_HOME/witnessmark`, else `~/.local/state/witnessmark`.

    Raises:
        WrongUsage: when it lies inside the archive, or there is no home.
    """
    named, base = os.environ.get("WITNESSMARK_STATE"), os.environ.get("XDG_STATE_HOME", "")
    if named:
        found = Path(named)
    elif os.path.isabs(base):  # a relative one is to be ignored (XDG Base Directory Specification)
        found = Path(base) / "witnessmark"
    else:
        try:
            found = Path.home() / ".local" / "state" / "witnessmark"
        except RuntimeError as error:
            raise WrongUsage(
                "there is no home folder to remember in what was signed: set WITNESSMARK_STATE to a folder outside "
                "the archive"
            ) from error
    if Path(os.path.realpath(found)).is_relative_to(os.path.realpath(root)):
        raise WrongUsage(
            f"WITNESSMARK_STATE {found} lies inside the archive: what is remembered there would be restored with it"
        )
    return found


@contextmanager
def state_in(folder: Path) -> Iterator[None]:
    """Remember what is signed in that folder, unless another one was asked for."""
    if os.environ.get("WITNESSMARK_STATE"):
        yield
        return
    os.environ["WITNESSMARK_STATE"] = str(folder)
    try:
        yield
    finally:
        del os.environ["WITNESSMARK_STATE"]


def _tell_broken(catalogue: Catalogue) -> None:
    """Say that a replay left something out; whoever reads the list would not know otherwise."""
    count = len(catalogue.broken())
    if count:
        say.error(
            f"note: {say.counted(count, 'line')} of the event segments cannot be read and what they say is left out: "
            "`witnessmark audit` names them; restore them from a backup, then `witnessmark rebuild`"
        )


def check(root: str) -> None:
    """Raise a clear sentence when a folder is no archive."""
    if not Archive.exists(Path(root)):
        raise Damaged(f"{root!r} is no archive: there is no witnessmark.toml in it; `witnessmark compile` makes one")


def write_new(place: str, chunks: Iterable[bytes]) -> None:
    """Write what a command was asked for to a new file, which its owner alone can read.

    Raises:
        WrongUsage: when there is one.
        DiskFailure: when the disk refuses.
    """
    try:
        descriptor = os.open(Path(place), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.writelines(chunks)
    except FileExistsError as error:
        raise WrongUsage(f"{place} is there already: name a new file") from error
    except OSError as error:
        raise DiskFailure(f"{place} cannot be written: {error.strerror}") from error


_State = TypeVar("_State")


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

    def follow(self, run: Generator[_State, None, None], state: _State, told: Callable[[_State], str]) -> _State:
        """Go through a run with a line of progress until it ends or a stop is asked for; return its last state.

        Args:
            run: yields its state again and again; closed early, it has sealed what was done.
            state: the state before it begins.
            told: what the line says of a state.

        Raises:
            Interrupted: when a stop was asked for.
        """
        progress, last = say.ProgressLine(), state
        try:
            for last in run:
                progress.show(partial(told, last))
                if self.asked:
                    break
        finally:
            run.close()
            progress.clear()
        self.check()
        return last
