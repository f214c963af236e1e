"""Pages: one page of a paginated exhibit as pixels with a box around each word, drawn in a cell and kept.

What was drawn once is a derivative of the content and is not drawn again: reading room, recognition of characters,
redaction and disclosure stand on the same pixels. PDF and pictures are drawn in a cell. An Office document becomes a
PDF first, by LibreOffice where it is found on the machine, and that PDF is kept as a derivative too; a picture in HEIC
becomes a PNG first, by libheif's program, which is not kept. The pages of a recording are its still frames.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from witnessmark.archive.folder import Archive
from witnessmark.archive.store import Store, pieces
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import ExhibitRow
from witnessmark.cell.confine import Grade
from witnessmark.cell.grade import worse
from witnessmark.cell.program import Ended
from witnessmark.errors import Damaged, WrongUsage
from witnessmark.formats import table
from witnessmark.intake import heic, recordings
from witnessmark.intake.batch import seal
from witnessmark.model import codec
from witnessmark.model.derivative import Derivative
from witnessmark.model.digest import Digest
from witnessmark.model.words import StepName
from witnessmark.proof import png
from witnessmark.work import ffmpeg, heif, programs
from witnessmark.work.programs import needed
from witnessmark.work.reading import Job, ReadingResult, observations
from witnessmark.work.runner import Runner

VERSION: Final = "1"
LEAST_DPI, DPI, MOST_DPI = 36, 150, 600
_TYPE: Final = "application/pdf"
_PDF_SETTINGS: Final = codec.encode({"program": "libreoffice"})
_LARGEST_WORDS = 64 << 20
_LARGEST_PIXELS = 150_000_000
_PAPER = 97
"""Square inches of a sheet of paper (A4): a picture has as many pixels at the most as such a sheet at those dots."""

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
class _Drawn:
    """A page that was drawn just now: what is kept beside the pixels, the pixels, by which tools, how confined."""

    told: codec.Value
    pixels: Digest
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
    near: str = ""  # of a frame: the second that it was asked for
    is_key: bool = False  # a frame that stands by itself, perhaps seconds before it


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
    media_type = "" if row.reading is None else row.reading.derivative.media_type
    if media_type in recordings.TYPES:
        if dpi != DPI or grey:
            raise WrongUsage(f"{row.exhibit.id} is a recording: its frames are kept in one size and in colour")
        return _frame(archive, catalogue, row, number, clock)
    settings = codec.encode({"dpi": dpi, "grey": int(grey), "page": number})
    found = _found(archive, catalogue, row, settings, number)
    if found is not None:
        return found
    if media_type in table.DRAWN or media_type in table.HEIF:
        drawn = _draw_picture(archive, row, number, dpi, grey=grey)
    else:
        drawn = _draw(archive, row, _paginated(archive, catalogue, row, clock), number, dpi, grey=grey, runner=runner)
    said = archive.store.put(codec.encode_bytes(drawn.told))
    made = [
        Derivative(
            handle=row.exhibit.handle,
            step=step,
            version=VERSION,
            digest=digest,
            size=archive.store.size(digest),
            settings=settings,
            tools=drawn.tools,
            grade=drawn.grade,
        )
        for step, digest in ((StepName.PAGE, drawn.pixels), (StepName.WORDS, said))
    ]
    seal(archive, catalogue, made, clock())
    return _page(drawn.told, drawn.pixels, number, drawn=True)


def _found(
    archive: Archive, catalogue: Catalogue, row: ExhibitRow, settings: str, number: int, *, drawn: bool = False
) -> Page | None:
    """Return a page that was kept, if it is still here."""
    kept = catalogue.derivatives(row.exhibit.handle, VERSION, settings)
    pixels, words = kept.get(StepName.PAGE.value), kept.get(StepName.WORDS.value)
    if pixels is None or words is None or not (archive.store.has(pixels) and archive.store.has(words)):
        return None
    return _kept(archive, pixels, words, number, drawn=drawn)


def _frame(archive: Archive, catalogue: Catalogue, row: ExhibitRow, number: int, clock: Callable[[], str]) -> Page:
    """Return a still frame of a recording; one that nobody has looked at yet is looked at now."""
    settings = recordings.frame_settings(number)
    found = _found(archive, catalogue, row, settings, number)
    if found is not None:
        return found
    if not recordings.was_looked_at(catalogue, row):
        _look_at(archive, catalogue, row, clock)
        found = _found(archive, catalogue, row, settings, number, drawn=True)
    if found is None:
        first = _found(archive, catalogue, row, recordings.frame_settings(1), 1)
        frames = "no frame" if first is None else f"only {first.count} {'frame' if first.count == 1 else 'frames'}"
        raise WrongUsage(f"of {row.exhibit.id} {frames} could be drawn: there is no page {number}")
    return found


def _look_at(archive: Archive, catalogue: Catalogue, row: ExhibitRow, clock: Callable[[], str]) -> None:
    """Have ffprobe and ffmpeg look at a recording, and keep its frames."""
    folder, accepted = archive.store.disk.temporary, archive.settings.worst_grade
    programs_ = needed(ffmpeg.find(folder, accepted), f"the frames of {row.exhibit.id}, a recording, are", "ffmpeg")
    recordings.look_at(archive, catalogue, programs_, row, clock=clock)


def _draw_picture(archive: Archive, row: ExhibitRow, number: int, dpi: int, *, grey: bool) -> _Drawn:
    """Draw a picture in a cell; one in HEIC is made a PNG first, which passes."""
    assert row.reading is not None
    digest, size, tools, grade, count = row.exhibit.digest, row.exhibit.size, {}, Grade.A.value, 0
    wanted = {"frame": number, "most": _PAPER * dpi * dpi, "grey": int(grey), "turned": 0}
    with archive.store.passing() as passing, Runner(passing, 1, company=False) as own:
        if row.reading.derivative.media_type in table.HEIF:
            program = _heif(archive, row)
            found = heic.convert(archive, passing, row, program)
            count, tools, grade = len(found.pictures), program.tools, found.grade
            if not 1 <= number <= max(1, count):
                raise WrongUsage(f"page {number} of {row.exhibit.id} cannot be drawn: it has {count} pictures")
            if found.why:
                raise WrongUsage(f"{row.exhibit.id} cannot be drawn: {found.why}")
            digest, size = found.pictures[number - 1]
            wanted |= {"frame": 1, "turned": 1}
        job = _job(row, digest, size, "render_picture", wanted)
        result = next(iter(own.run([job])))
        picture = _picture(row, number, result)
        told = _words(passing, result, count)
        archive.store.take(passing, picture)
    return _Drawn(told, picture, {**tools, **result.tools}, worse(result.grade, grade))


def _heif(archive: Archive, row: ExhibitRow) -> programs.Program:
    program = heif.find(archive.store.disk.temporary, archive.settings.worst_grade)
    return needed(program, f"{row.exhibit.id}, a picture in HEIC, is", "libheif's program")


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
            f"{row.exhibit.id} is {media_type or 'of unknown type'}: only PDF, Office documents, pictures and "
            "recordings have pages that can be drawn here"
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
    what = f"the pages of {row.exhibit.id}, an Office document, are"
    program = needed(programs.libreoffice(folder, accepted), what, "LibreOffice")
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
    seal(archive, catalogue, [derivative], clock())
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
) -> _Drawn:
    wanted = {"page": number, "dpi": dpi, "grey": int(grey)}
    job = _job(row, paginated.digest, paginated.size, "render_page", wanted)
    if runner is not None:
        result = next(iter(runner.run([job])))
    else:
        with Runner(archive.store, 1, company=False) as own:
            result = next(iter(own.run([job])))
    picture = _picture(row, number, result)
    tools = {**paginated.tools, **result.tools}
    return _Drawn(_words(archive.store, result), picture, tools, worse(result.grade, paginated.grade))


def _job(row: ExhibitRow, digest: Digest, size: int, task: str, wanted: Mapping[str, int]) -> Job:
    name = row.exhibit.path[-1].name if row.exhibit.path else ""
    parameters = tuple(wanted.items())
    return Job(digest, size, name, row.depth, row.root_id, row.exhibit.handle, task=task, parameters=parameters)


def _picture(row: ExhibitRow, number: int, result: ReadingResult) -> Digest:
    if result.picture is None:
        raise WrongUsage(f"page {number} of {row.exhibit.id} cannot be drawn: {result.detail or result.outcome.value}")
    return result.picture.digest


def _words(store: Store, result: ReadingResult, count: int = 0) -> codec.Value:
    """Return what is kept beside the pixels: their size, how many pages there are, and the words."""
    assert result.picture is not None
    words = list[codec.Value]()
    for name, value in observations(store, result.observations, _LARGEST_WORDS):
        if name in {"page.pages", "picture.frames"} and isinstance(value, int):
            count = count or value
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


def _kept(archive: Archive, pixels: Digest, words: Digest, number: int, *, drawn: bool) -> Page:
    try:
        told = codec.decode_canonical_bytes(archive.store.read(words, _LARGEST_WORDS))
        return _page(told, pixels, number, drawn=drawn)
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
        near=told.get("near", ""),
        is_key=told.get("key", False),
    )
