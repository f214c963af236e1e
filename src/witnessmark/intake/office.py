"""Documents that our readers fail at, or know no reader for, read by way of LibreOffice where it is found.

LibreOffice writes each as OpenDocument, behind walls of its own, up to sixteen in one run; what a run does not give is
tried once again alone. The OpenDocument is read in a cell as any file is, and forgotten; its text becomes the text of
the document, in a later reading that says so.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Final

from witnessmark.archive.folder import Archive
from witnessmark.archive.store import Passing, pieces
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import ExhibitRow
from witnessmark.cell.grade import worse
from witnessmark.cell.program import Ended, Ran
from witnessmark.errors import Damaged
from witnessmark.formats import table
from witnessmark.intake import later
from witnessmark.intake.batch import OpenBatch
from witnessmark.model import codec
from witnessmark.model.derivative import LARGEST_TEXT, Outcome
from witnessmark.model.digest import Digest
from witnessmark.work import programs, step
from witnessmark.work.programs import Program
from witnessmark.work.reading import Job, ReadingResult
from witnessmark.work.runner import Runner

SETTINGS: Final = codec.encode({"office": "libreoffice"})
"""The settings of a reading by way of LibreOffice."""
TOGETHER: Final = 16
"""Documents in one run, as small files share a child (decision 23)."""
_LARGEST = 64 << 20
_TOGETHER_BYTES = 64 << 20
_FAILED = (
    Outcome.UNSUPPORTED,
    Outcome.CORRUPT,
    Outcome.CRASH,
    Outcome.TIMEOUT,
    Outcome.MEMORY,
    Outcome.PARTIAL,
)
"""What ended well without a word is empty: LibreOffice would fill in fields anew."""
_WANTED: Final = ("odt", "ods", "odp", "odg")
_OWN_FACTS = "[metadata"  # what an OpenDocument says of itself is LibreOffice's word, not the document's


@dataclass(slots=True)
class Converting:
    """What a run has done so far."""

    tried: int = 0
    read: int = 0  # documents that have text now
    failed: int = 0  # documents that LibreOffice made nothing of
    seconds: float = 0.0  # in LibreOffice


@dataclass(frozen=True, slots=True)
class _Came:
    """What came of one document: the OpenDocument in the passing store, or None, and how the run ended."""

    row: ExhibitRow
    digest: Digest | None
    size: int
    ran: Ran


def read_by_office(
    archive: Archive, catalogue: Catalogue, program: Program, *, clock: Callable[[], str]
) -> Generator[Converting, None, None]:
    """Have LibreOffice read what it can of what has no text; yield the counts after each run of it.

    A caller that closes the generator early has sealed what was read so far.
    """
    state = Converting()
    accepted = archive.settings.worst_grade
    with archive.store.passing() as passing, Runner(passing, 1, company=False) as runner:
        for wanted in _WANTED:
            rows = _wanting(archive, catalogue, wanted)
            while some := _some(rows):
                started = time.monotonic()
                came = list(_converted(archive, passing, program, some, wanted, accepted))
                state.seconds += time.monotonic() - started
                _seal(archive, catalogue, passing, runner, program, came, clock(), state)
                yield state
    yield state


def is_due(archive: Archive, catalogue: Catalogue) -> bool:
    """Tell whether LibreOffice might read a document that has no text."""
    return any(True for wanted in _WANTED for _ in _wanting(archive, catalogue, wanted))


def _wanting(archive: Archive, catalogue: Catalogue, wanted: str) -> Iterator[ExhibitRow]:
    """Yield what has no text and LibreOffice writes as that kind of OpenDocument."""
    types = [name for name, office in table.OFFICE.items() if office.opendocument == wanted]
    rows = catalogue.read_as(types, step.VERSION, SETTINGS, _FAILED)
    return (row for row in rows if _is_wanting(archive, row))


def _is_wanting(archive: Archive, row: ExhibitRow) -> bool:
    reading = row.reading
    if reading is None or row.exhibit.size > _LARGEST or not archive.store.has(row.exhibit.digest):
        return False
    found = reading.derivative
    return found.characters == 0 and "encrypted" not in found.detail


def _some(rows: Iterator[ExhibitRow]) -> list[ExhibitRow]:
    """Return the next rows for one run: a few, and not too many bytes in all."""
    found: list[ExhibitRow] = []
    for row in islice(rows, TOGETHER):
        found.append(row)
        if sum(one.exhibit.size for one in found) > _TOGETHER_BYTES:
            break
    return found


def _converted(
    archive: Archive, passing: Passing, program: Program, rows: Sequence[ExhibitRow], wanted: str, accepted: str
) -> Iterator[_Came]:
    """Yield what came of each document: of all in one run, else of each in one of its own."""
    made, ran = _convert(archive, passing, program, rows, wanted, accepted)
    for number, row in enumerate(rows):
        if number in made:
            yield _Came(row, *made[number], ran)
        elif len(rows) == 1 or ran.ended is Ended.UNCONFINED:
            yield _Came(row, None, 0, ran)
        else:
            alone, again = _convert(archive, passing, program, [row], wanted, accepted)
            digest, size = alone[0] if alone else (None, 0)
            yield _Came(row, digest, size, again)


def _convert(
    archive: Archive, passing: Passing, program: Program, rows: Sequence[ExhibitRow], wanted: str, accepted: str
) -> tuple[dict[int, tuple[Digest, int]], Ran]:
    names: dict[str, int] = {}
    made: dict[int, tuple[Digest, int]] = {}

    def take(name: str, stream: BinaryIO, _size: int) -> None:
        made[names[name]] = passing.put_stream(stream)

    with ExitStack() as stack:
        documents = {}
        for number, row in enumerate(rows):
            assert row.reading is not None
            name = f"{number + 1}{programs.office_suffix(row.reading.derivative.media_type)}"
            names[name] = number
            documents[name] = pieces(stack.enter_context(archive.store.open(row.exhibit.digest)))
        folder = archive.store.disk.temporary
        ran = programs.convert(program, documents, wanted, folder, accepted=accepted, take=take)
    return made, ran


def _seal(
    archive: Archive,
    catalogue: Catalogue,
    passing: Passing,
    runner: Runner,
    program: Program,
    came: Sequence[_Came],
    at: str,
    state: Converting,
) -> None:
    """Read what came out, and seal it as a later reading; what LibreOffice made nothing of is sealed as tried."""
    batch = OpenBatch(archive, catalogue)
    for one in came:
        result = None if one.digest is None else _read(runner, one)
        visible, hidden = _texts(passing, result)
        state.tried += 1
        state.read += bool(visible.strip())
        state.failed += one.digest is None
        added = _added(program, one, result, visible, hidden)
        try:
            batch.add(list(later.derivatives(archive, one.row, added)), at)
        except Damaged:  # what was read before is not in the vault: it stays due, and `audit` names it
            state.failed += 1
    batch.commit()
    for digest in {one.digest for one in came if one.digest is not None}:  # of two documents the same may come
        passing.drop(digest)


def _read(runner: Runner, one: _Came) -> ReadingResult:
    assert one.digest is not None
    row = one.row
    job = Job(one.digest, one.size, "", row.depth, row.root_id, row.exhibit.handle)
    (result,) = runner.run([job])
    return result


def _texts(passing: Passing, result: ReadingResult | None) -> tuple[str, str]:
    """Return the visible text, and the hidden but for what the OpenDocument says of itself."""
    if result is None:
        return "", ""
    visible, hidden = (
        "" if digest is None else passing.read(digest, LARGEST_TEXT).decode()
        for digest in (result.visible, result.hidden)
    )
    kept = [line for line in hidden.splitlines(keepends=True) if not line.startswith(_OWN_FACTS)]
    return visible, "".join(kept)


def _added(program: Program, one: _Came, result: ReadingResult | None, visible: str, hidden: str) -> later.Added:
    assert one.row.reading is not None
    before = one.row.reading.derivative
    outcome, detail = before.outcome or Outcome.OK, before.detail
    if visible.strip():
        outcome = Outcome.PARTIAL
        detail = f"text by way of LibreOffice {program.version}; our reader: {before.detail or 'no text'}"
    told: codec.Value = {
        "program": f"libreoffice {program.version}",
        "ended": one.ran.ended.name.lower(),
        "read": None if result is None else result.outcome.value,
        "characters": len(visible),
    }
    return later.Added(
        settings=SETTINGS,
        visible=visible,
        hidden=hidden,
        observed=[("office", told)],
        tools={**program.tools, **({} if result is None else result.tools)},
        grade=one.ran.grade.value if result is None else worse(one.ran.grade.value, result.grade),
        outcome=outcome,
        detail=detail,
        languages=() if result is None else result.languages,
    )
