"""The decision file: CSV, one row for each exhibit that gets a page; taken whole or refused whole.

Rules for whoever changes this file:
- Nothing is guessed: an unknown word, name or exhibit refuses the whole file, with the row and the reason.
- What may be opened is a closed list; what would tell a withheld file's bytes opens only with the file itself.
- An exhibit that was ever published keeps a row for good.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import ExhibitRow
from witnessmark.edition import language
from witnessmark.errors import DiskFailure, WrongUsage
from witnessmark.model.decision import HEADER, Decision
from witnessmark.model.derivative import Outcome
from witnessmark.model.digest import Commitment
from witnessmark.model.words import Publish
from witnessmark.verify import shown

LARGEST: Final = 64 << 20
OPEN_OF_ATTESTATION: Final = frozenset({"reasons"})
OPEN: Final = frozenset[str]().union(OPEN_OF_ATTESTATION, *shown.BY_DECISION.values())
"""The names that the column `open` may hold."""
FILE_NAMES: Final = {"text/plain": "file.txt", "text/csv": "file.csv"}
"""The media types that go out byte for byte, and under which name."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Decided:
    """One row of a decision file that was taken: what was decided, and about which exhibit."""

    number: int
    decision: Decision
    exhibit: ExhibitRow


def read(path: Path) -> str:
    """Return the text of a decision file.

    Raises:
        WrongUsage: when it is missing, too large or no UTF-8.
        DiskFailure: when it cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise WrongUsage(f"there is no decision file {path}: {error.strerror}") from error
    except OSError as error:
        raise DiskFailure(f"the decision file {path} cannot be read: {error.strerror}") from error
    if len(data) > LARGEST:
        raise WrongUsage(f"the decision file {path} is larger than {LARGEST >> 20} MiB: is it the right file?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongUsage(f"the decision file {path} is no UTF-8: save it as CSV in UTF-8") from error


def parse(text: str, catalogue: Catalogue, published: Mapping[Commitment, str]) -> tuple[Decided, ...]:
    """Return all rows of a decision file.

    Args:
        text: the file.
        catalogue: resolves what a row calls its exhibit.
        published: the exhibits that an earlier edition showed, with their public ids.

    Raises:
        WrongUsage: when one row is wrong or one is missing; then none is taken.
    """
    found: dict[Commitment, Decided] = {}
    for number, row in _rows(text):
        try:
            decided = _decided(number, row, catalogue)
        except WrongUsage as error:
            raise WrongUsage(f"decision file, row {number} ({row['exhibit'][:80]}): {error}") from error
        earlier = found.get(decided.exhibit.commitment)
        if earlier is not None:
            raise WrongUsage(
                f"decision file, row {number} ({row['exhibit'][:80]}): the exhibit has a row already, row "
                f"{earlier.number}; keep one of them"
            )
        found[decided.exhibit.commitment] = decided
    _check_kept(found, published)
    return tuple(found.values())


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows that hold something, numbered as a spreadsheet numbers them."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if tuple(header) != HEADER:
            raise WrongUsage(f"the first row of a decision file is exactly: {','.join(HEADER)}")
        for number, row in enumerate(reader, 2):
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(HEADER):
                raise WrongUsage(
                    f"decision file, row {number} has {len(row)} cells where {len(HEADER)} belong: put text with a "
                    "comma in double quotes"
                )
            yield number, dict(zip(HEADER, (cell.strip() for cell in row), strict=True))
    except csv.Error as error:
        raise WrongUsage(f"decision file, line {reader.line_num} is no CSV: {error}") from error


def _decided(number: int, row: Mapping[str, str], catalogue: Catalogue) -> Decided:
    for name, cell in row.items():
        if _CONTROL.search(cell):
            raise WrongUsage(f"{name} holds a line break or another control character; write it in one line")
    exhibit = catalogue.exhibit(row["exhibit"])
    publish = _publish(row["publish"])
    opened = tuple(sorted(set(row["open"].split())))
    _check_open(opened, publish)
    _check_facts(exhibit, opened, publish)
    if row["language"] and not language.is_tag(row["language"]):
        raise WrongUsage(f"{row['language']!r} is no language tag: write en, zh-Hans, ug, bo … or leave it empty")
    _check_day(row["decided_on"])
    if publish is Publish.NOTHING and not row["reason"]:
        raise WrongUsage("reason is empty: say why nothing of this exhibit is published")
    _check_possible(exhibit, publish, opened)
    decision = Decision(
        exhibit.commitment,
        publish,
        row["title"],
        row["language"],
        opened,
        row["decided_by"],
        row["decided_on"],
        row["reason"],
    )
    return Decided(number, decision, exhibit)


def _publish(word: str) -> Publish:
    if word == Publish.PAGES.value:
        raise WrongUsage("page images cannot be published yet: decide text or nothing")
    try:
        return Publish(word)
    except ValueError:
        raise WrongUsage(f"{word!r} is no word for publish: write nothing, text or file") from None


def _check_open(names: Iterable[str], publish: Publish) -> None:
    for name in names:
        if name not in OPEN:
            raise WrongUsage(f"{name!r} is no field that can be opened; those are: {', '.join(sorted(OPEN))}")
        if name in shown.WITH_FILE and publish is not Publish.FILE:
            raise WrongUsage(
                f"{name!r} would let whoever holds the withheld file know it again: it opens with publish = file only"
            )
        if name in shown.WITH_TEXT and publish is Publish.NOTHING:
            raise WrongUsage(f"{name!r} would tell the size of a text that is not shown: decide text, or leave it shut")


def _check_facts(exhibit: ExhibitRow, names: Iterable[str], publish: Publish) -> None:
    """Refuse what the file system says of a withheld file where it may tell the file itself."""
    facts = exhibit.exhibit.filesystem
    if "filesystem" in names and publish is not Publish.FILE and facts is not None and facts.attributes:
        raise WrongUsage(
            "'filesystem' holds extended attributes of the file, which may be a checksum or an address: it opens with "
            "publish = file only"
        )


def _check_day(text: str) -> None:
    try:
        is_day = date.fromisoformat(text).isoformat() == text
    except ValueError:
        is_day = False
    if not is_day:
        raise WrongUsage(f"decided_on is {text!r}: write the day as 2032-06-12")


def _check_possible(exhibit: ExhibitRow, publish: Publish, opened: Collection[str]) -> None:
    """Refuse what cannot be shown of this exhibit."""
    if publish is Publish.NOTHING:
        return
    reading = exhibit.reading
    if reading is None:
        raise WrongUsage("the file has not been read yet: run `witnessmark compile` to the end first")
    if reading.derivative.outcome is Outcome.VIOLATION:
        raise WrongUsage(
            "it is in quarantine: its reader broke the rules of its cell, which an honest file does not make it do; "
            "decide nothing, with a reason"
        )
    if publish is Publish.FILE and reading.derivative.media_type not in FILE_NAMES:
        raise WrongUsage(
            f"only plain text and CSV go out as a file, this is {reading.derivative.media_type or 'of unknown type'}: "
            "decide text, for it may hold metadata, pictures or earlier revisions"
        )
    if publish is Publish.TEXT and (reading.visible is None or reading.visible.size == 0):
        raise WrongUsage("it has no text that a reader would see: decide nothing, with a reason")
    if publish is Publish.TEXT and reading.derivative.recognised is not None and "tools" not in opened:
        raise WrongUsage(
            "letters in pictures were recognised by a machine for its text, not without errors: compare it with the "
            "pictures, then open `tools`, so that its page says so"
        )


def _check_kept(found: Mapping[Commitment, Decided], published: Mapping[Commitment, str]) -> None:
    missing = sorted(name for commitment, name in published.items() if commitment not in found)
    if missing:
        raise WrongUsage(
            f"decision file: {missing[0]} was published before and has no row"
            + (f" (nor have {len(missing) - 1} others)" if len(missing) > 1 else "")
            + "; give it `nothing` with a reason if it should go"
        )
