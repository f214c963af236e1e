"""Pages: one page of a paginated exhibit as pixels with a box around each word, drawn in a cell and kept.

What was drawn once is a derivative of the content and is not drawn again: reading room, recognition of characters,
redaction and disclosure stand on the same pixels. Only PDF is drawn; another format becomes one first.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import ExhibitRow
from witnessmark.errors import Damaged, WrongUsage
from witnessmark.model import codec
from witnessmark.model.derivative import Derivative
from witnessmark.model.digest import Digest
from witnessmark.model.words import StepName
from witnessmark.proof import png
from witnessmark.work.reading import Job, ReadingResult
from witnessmark.work.runner import Runner

VERSION: Final = "1"
LEAST_DPI, DPI, MOST_DPI = 36, 150, 600
_TYPE: Final = "application/pdf"
_LARGEST_WORDS = 64 << 20
_LARGEST_PIXELS = 150_000_000

Box = tuple[str, int, int, int, int]
"""A word and its box: left, top, right, bottom in pixels, ends exclusive."""


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
    if row.reading is None or row.reading.derivative.media_type != _TYPE:
        kind = "not read yet" if row.reading is None else row.reading.derivative.media_type or "of unknown type"
        raise WrongUsage(f"{row.exhibit.id} is {kind}: only PDF has pages that can be drawn here")
    settings = codec.encode({"dpi": dpi, "grey": int(grey), "page": number})
    kept = catalogue.derivatives(row.exhibit.handle, VERSION, settings)
    pixels, words = kept.get(StepName.PAGE.value), kept.get(StepName.WORDS.value)
    if pixels is not None and words is not None and archive.store.has(pixels) and archive.store.has(words):
        return _kept(archive, pixels, words, number)
    result = _draw(archive, row, number, dpi, grey=grey, runner=runner)
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
            tools=result.tools,
            grade=result.grade,
        )
        batch.add(made.event(at))
    archive.ledger.commit(batch)
    catalogue.catch_up(archive)
    return _page(told, result.picture.digest, number, drawn=True)


def as_png(archive: Archive, found: Page) -> bytes:
    """Return a page as a PNG."""
    return png.encode(found.width, found.height, found.channels, archive.store.read(found.pixels, _LARGEST_PIXELS))


def _draw(
    archive: Archive, row: ExhibitRow, number: int, dpi: int, *, grey: bool, runner: Runner | None
) -> ReadingResult:
    job = Job(
        row.exhibit.digest,
        row.exhibit.size,
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
    for name, value in _observations(archive, result.observations):
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


def _observations(archive: Archive, digest: Digest | None) -> Iterator[tuple[str, codec.Value]]:
    if digest is not None:
        found = codec.decode(archive.store.read(digest, _LARGEST_WORDS).decode())
        yield from ((name, value) for name, value in found["observations"])


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
