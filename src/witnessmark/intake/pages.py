"""Pages: one page of a paginated exhibit as pixels with a box around each word, drawn in a cell and kept.

What was drawn once is a derivative of the content and is not drawn again: reading room, recognition of characters,
redaction and disclosure stand on the same pixels. Only PDF is drawn; an Office document becomes one first, by
LibreOffice where it is found on the machine, and that PDF is kept as a derivative too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from witnessmark.archive.folder import Archive
from witnessmark.archive.store import pieces
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import ExhibitRow
from witnessmark.cell.confine import Grade
from witnessmark.cell.grade import worse
from witnessmark.cell.program import Ended
from witnessmark.errors import Damaged, WrongUsage
from witnessmark.model import codec
from witnessmark.model.derivative import Derivative
from witnessmark.model.digest import Digest
from witnessmark.model.words import StepName
from witnessmark.proof import png
from witnessmark.work import programs
from witnessmark.work.reading import Job, ReadingResult, observations
from witnessmark.work.runner import Runner

VERSION: Final = "1"
LEAST_DPI, DPI, MOST_DPI = 36, 150, 600
_TYPE: Final = "application/pdf"
_PDF_SETTINGS: Final = codec.encode({"program": "libreoffice"})
_LARGEST_WORDS = 64 << 20
_LARGEST_PIXELS = 150_000_000

Box = tuple[str, int, int, int, int]
"""A word and its box: left, top, right, bottom in pixels, ends exclusive."""


@dataclass(frozen=True, slots=True)
class _Paginated:
    """What pages are drawn of: the exhibit itself, or the PDF that was made of it, by which tools, how confined."""

    digest: Digest
    size: int
    tools: Mapping[str, str]
    grade: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was drawn; `count` are the pages of the exhibit, `pixels` a content in the store."""

    number: int
    count: int
    width: int
    height: int
    channels: int
    pixels: Digest
    words: tuple[Box, ...]
    drawn: bool  # just now, not taken from what was kept


def page(
    archive: Archive,
    catalogue: Catalogue,
    row: ExhibitRow,
    number: int,
    *,
    dpi: int = DPI,
    grey: bool = False,
    clock: Callable[[], str],
    runner: Runner | None = None,
) -> Page:
    """Return a page: the one that was kept, or one that is drawn now, sealed and kept.

    Raises:
        WrongUsage: when the exhibit has no pages, or not that many, or cannot be drawn.
        Damaged: when what was kept cannot be read.
    """
    if not LEAST_DPI <= dpi <= MOST_DPI:
        raise WrongUsage(f"--dpi {dpi}: pages are drawn at {LEAST_DPI} to {MOST_DPI} dots an inch")
    settings = codec.encode({"dpi": dpi, "grey": int(grey), "page": number})
    kept = catalogue.derivatives(row.exhibit.handle, VERSION, settings)
    pixels, words = kept.get(StepName.PAGE.value), kept.get(StepName.WORDS.value)
    if pixels is not None and words is not None and archive.store.has(pixels) and archive.store.has(words):
        return _kept(archive, pixels, words, number)
    paginated = _paginated(archive, catalogue, row, clock)
    result = _draw(archive, row, paginated, number, dpi, grey=grey, runner=runner)
    if result.picture is None:
        raise WrongUsage(f"page {number} of {row.exhibit.id} cannot be drawn: {result.detail or result.outcome.value}")
    told = _words(archive, result)
    said = archive.store.put(codec.encode_bytes(told))
    batch = archive.ledger.batch()
    at = clock()
    for step, digest in ((StepName.PAGE, result.picture.digest), (StepName.WORDS, said)):
        made = Derivative(
            handle=row.exhibit.handle,
            step=step,
            version=VERSION,
            digest=digest,
            size=archive.store.size(digest),
            settings=settings,
            tools={**paginated.tools, **result.tools},
            grade=worse(result.grade, paginated.grade),
        )
        batch.add(made.event(at))
    archive.ledger.commit(batch)
    catalogue.catch_up(archive)
    return _page(told, result.picture.digest, number, drawn=True)


def as_png(archive: Archive, found: Page) -> bytes:
    """Return a page as a PNG."""
    return png.encode(found.width, found.height, found.channels, archive.store.read(found.pixels, _LARGEST_PIXELS))


def _paginated(archive: Archive, catalogue: Catalogue, row: ExhibitRow, clock: Callable[[], str]) -> _Paginated:
    """Return what the pages of an exhibit are drawn of; of an Office document, the PDF that is kept or made now."""
    if row.reading is None:
        raise WrongUsage(f"{row.exhibit.id} is not read yet: run compile")
    media_type = row.reading.derivative.media_type
    if media_type == _TYPE:
        return _Paginated(row.exhibit.digest, row.exhibit.size, {}, Grade.A.value)
    suffix = programs.office_suffix(media_type)
    if suffix is None:
        raise WrongUsage(
            f"{row.exhibit.id} is {media_type or 'of unknown type'}: only PDF and Office documents have pages that can "
            "be drawn here"
        )
    for kept in catalogue.made(row.exhibit.handle, StepName.PDF, VERSION):
        if kept.digest is not None and archive.store.has(kept.digest):
            return _Paginated(kept.digest, kept.size, kept.tools, kept.grade)
    return _converted(archive, catalogue, row, suffix, clock)


def _converted(
    archive: Archive, catalogue: Catalogue, row: ExhibitRow, suffix: str, clock: Callable[[], str]
) -> _Paginated:
    """Have LibreOffice make a PDF of a document; seal and keep it."""
    folder, accepted = archive.store.disk.temporary, archive.settings.worst_grade
    program = programs.libreoffice(folder, accepted)
    if program is None:
        raise WrongUsage(
            f"the pages of {row.exhibit.id}, an Office document, are drawn by LibreOffice, which is not found here: "
            "`witnessmark doctor` says what to install"
        )
    made: list[tuple[Digest, int]] = []

    def take(_name: str, stream: BinaryIO, _size: int) -> None:
        made.append(archive.store.put_stream(stream))

    with archive.store.open(row.exhibit.digest) as source:
        document = {f"exhibit{suffix}": pieces(source)}
        ran = programs.convert(program, document, "pdf", folder, accepted=accepted, take=take)
    if not made:
        why = "could make nothing of it" if ran.ended in {Ended.WELL, Ended.BADLY} else str(ran.ended)
        raise WrongUsage(f"{row.exhibit.id} cannot be drawn: LibreOffice {why}")
    digest, size = made[0]
    derivative = Derivative(
        handle=row.exhibit.handle,
        step=StepName.PDF,
        version=VERSION,
        digest=digest,
        size=size,
        settings=_PDF_SETTINGS,
        tools=program.tools,
        grade=ran.grade.value,
    )
    batch = archive.ledger.batch()
    batch.add(derivative.event(clock()))
    archive.ledger.commit(batch)
    catalogue.catch_up(archive)
    return _Paginated(digest, size, program.tools, ran.grade.value)


def _draw(
    archive: Archive,
    row: ExhibitRow,
    paginated: _Paginated,
    number: int,
    dpi: int,
    *,
    grey: bool,
    runner: Runner | None,
) -> ReadingResult:
    job = Job(
        paginated.digest,
        paginated.size,
        row.exhibit.path[-1].name if row.exhibit.path else "",
        row.depth,
        row.root_id,
        row.exhibit.handle,
        task="render_page",
        parameters=(("page", number), ("dpi", dpi), ("grey", int(grey))),
    )
    if runner is not None:
        return next(iter(runner.run([job])))
    with Runner(archive.store, 1, company=False) as own:
        return next(iter(own.run([job])))


def _words(archive: Archive, result: ReadingResult) -> codec.Value:
    """Return what is kept beside the pixels: their size, how many pages there are, and the words."""
    assert result.picture is not None
    count, words = 0, list[codec.Value]()
    for name, value in observations(archive.store, result.observations, _LARGEST_WORDS):
        if name == "page.pages" and isinstance(value, int):
            count = value
        elif name == "page.words" and isinstance(value, list):
            words += [one for one in value if _is_box(one)]
    drawn = result.picture
    return {
        "pages": count,
        "width": drawn.width,
        "height": drawn.height,
        "channels": drawn.channels,
        "words": words,
    }


def _is_box(value: codec.Value) -> bool:
    match value:
        case [str(), int(), int(), int(), int()]:
            return True
    return False


def _kept(archive: Archive, pixels: Digest, words: Digest, number: int) -> Page:
    try:
        return _page(
            codec.decode_canonical_bytes(archive.store.read(words, _LARGEST_WORDS)), pixels, number, drawn=False
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged("a page that was kept cannot be read: run `witnessmark audit`") from error


def _page(told: codec.Value, pixels: Digest, number: int, *, drawn: bool) -> Page:
    return Page(
        number=number,
        count=told["pages"],
        width=told["width"],
        height=told["height"],
        channels=told["channels"],
        pixels=pixels,
        words=tuple((str(text), left, top, right, bottom) for text, left, top, right, bottom in told["words"]),
        drawn=drawn,
    )
