"""Make the Tarn Papers: every file of the invented leak, the same bytes for the same seed, written into a folder."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from witnessmark.demo import (
    make_bundles,
    make_hostile,
    make_letters,
    make_mail,
    make_notices,
    make_orders,
    make_photographs,
    make_scans,
    make_speeches,
    make_tables,
)
from witnessmark.demo.truth import SEED, FileTruth, Made
from witnessmark.errors import DiskFailure, WrongUsage

_FAMILIES: tuple[Callable[[int], Iterator[Made]], ...] = (
    make_orders.orders,
    make_scans.scans,
    make_tables.tables,
    make_photographs.photographs,
    make_mail.mail,
    make_letters.letters,
    make_speeches.speeches,
    make_notices.notices,
    make_bundles.bundles,
    make_bundles.records,
    make_hostile.hostile,
)


def files(seed: int = SEED) -> Iterator[Made]:
    """Yield every file of the leak with its truth."""
    for family in _FAMILIES:
        yield from family(seed)


def truth(seed: int = SEED) -> tuple[FileTruth, ...]:
    """Return what is true of every file of the leak, in path order."""
    return tuple(sorted((made.truth for made in files(seed)), key=lambda row: row.path))


def make(folder: str | os.PathLike[str], *, seed: int = SEED) -> tuple[FileTruth, ...]:
    """Write the leak into a new or empty folder; return the truth of what the file system could hold.

    A name that this file system refuses (bytes that are no UTF-8, a direction mark) is left out.

    Raises:
        WrongUsage: when the folder is not empty.
        DiskFailure: when it cannot be written.
    """
    root = Path(folder)
    try:
        root.mkdir(parents=True, exist_ok=True)
        if any(root.iterdir()):
            raise WrongUsage(f"{str(root)!r} is not empty: the invented leak needs a new folder")
        return tuple(sorted((row for row in _write(root, seed)), key=lambda row: row.path))
    except OSError as error:
        raise DiskFailure(f"the invented leak could not be written to {str(root)!r}: {error.strerror}") from error


def _write(root: Path, seed: int) -> Iterator[FileTruth]:
    for made in files(seed):
        place = _place(root, made.truth)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        is_odd = made.truth.raw_name or "\u202e" in made.truth.path
        try:
            with open(place, "wb") as out:
                out.write(made.data)
        except OSError:
            if not is_odd:
                raise
            continue
        when = datetime.fromisoformat(made.written.removesuffix("Z")).replace(tzinfo=UTC).timestamp()
        os.utime(place, (when, when))
        yield made.truth


def _place(root: Path, row: FileTruth) -> bytes:
    """Return where a file goes, in bytes, since one name is no UTF-8."""
    parts = row.path.encode().split(b"/")
    if row.raw_name:
        parts[-1] = row.raw_name
    return os.path.join(os.fsencode(root), *parts)
