"""Recognition of letters: pictures, and pages of PDFs without text, are read by tesseract where it is found.

So are pages whose letters the file does not name (`pdf.unmapped`): what the file says there stays, and what was
recognised stands below it.

A page is drawn in a cell; its pixels go to the program behind walls of its own and are forgotten; what the program says
is taken apart by one strict rule (`work/recognised.py`). The text becomes visible text, in a later reading whose
settings name the packs: text that a machine read is never taken for the file's own. Where each word stands is kept,
page by page.
"""

from collections import deque
from collections.abc import Callable, Collection, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Final

from witnessmark.archive.folder import Archive
from witnessmark.archive.store import Passing
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import ExhibitRow
from witnessmark.cell.confine import Grade
from witnessmark.cell.grade import worse
from witnessmark.cell.program import Ended
from witnessmark.errors import Damaged, WrongUsage
from witnessmark.formats import table
from witnessmark.intake import heic, later
from witnessmark.intake.batch import OpenBatch
from witnessmark.model import codec
from witnessmark.model.derivative import LARGEST_OBSERVATIONS, Derivative, Outcome
from witnessmark.model.digest import Digest
from witnessmark.model.words import StepName
from witnessmark.work import heif, programs, recognised, step
from witnessmark.work.programs import Recogniser
from witnessmark.work.reading import Job, Picture, ReadingResult, observations
from witnessmark.work.recognised import Recognised
from witnessmark.work.runner import Runner

PDF: Final = "application/pdf"
TYPES: Final = frozenset((PDF, *table.DRAWN, *table.HEIF))
"""What letters are looked for in."""
DPI: Final = 300
_SMALLER_DPI = 100
MOST_PIXELS: Final = 16_000_000
MOST_PAGES: Final = 500
"""Pages of one exhibit that are looked at; how many more there are is observed."""
ANY: Final = '{"ocr":'
"""How the settings of each reading begin for which letters were looked for, with whichever packs."""
_FEW_LETTERS = 500
"""A page that pictures cover (`pdf.pictured`), with fewer letters of its own, is a scan with a line or a stamp."""
_SOME_WORDS, _DOUBTFUL, _MOST_TRIES = 8, 65, 6
"""A page with so many words, of which the program is less sure than this, is tried with each other pack."""
_LEAST_SIDE, _LEAST_PIXELS = 24, 4_000


@dataclass(slots=True)
class Recognising:
    """What a run has done so far."""

    exhibits: int = 0
    pages: int = 0
    with_text: int = 0  # exhibits in which letters were found
    unfinished: int = 0  # pages that the program was stopped at, or that could not be drawn
    undrawable: int = 0  # pictures in HEIC that wait for a program that draws them
    passed: int = 0  # contents that were considered: many have text of their own on each page
    known: int = 0  # contents that are to be considered


@dataclass(frozen=True, slots=True)
class _Seen:
    """What came of one page: what was recognised, with which packs, how the program ended."""

    found: Recognised
    packs: tuple[str, ...]
    script: str
    ended: str
    grade: str


@dataclass(slots=True)
class _Page:
    """A page on its way; without a picture it could not be drawn, for that reason."""

    number: int
    dpi: int
    picture: Picture | None
    reason: str
    seen: Future[_Seen] | None = None


@dataclass(slots=True)
class _Item:
    """An exhibit on its way."""

    row: ExhibitRow
    text: str
    count: int = 0  # pages or frames that it has
    pages: list[_Page] = field(default_factory=list)
    pictured: set[int] = field(default_factory=set)  # pages with some text of their own on a picture, or beside it
    tools: dict[str, str] = field(default_factory=dict)
    grade: str = Grade.A.value

    @property
    def is_heif(self) -> bool:
        return self.row.reading is not None and self.row.reading.derivative.media_type in table.HEIF

    @property
    def is_pdf(self) -> bool:
        return self.row.reading is not None and self.row.reading.derivative.media_type == PDF


def settings_of(packs: Sequence[str], *, found: bool) -> str:
    """Return the settings of a reading with those packs, by which letters were found or not.

    Where none were, the text is the file's own, and the settings say so.
    """
    asked: codec.Fields = {"ocr": "+".join(packs)}
    return codec.encode(asked if found else {**asked, "ocr_found": False})


def way(packs: Sequence[str]) -> str:
    """Return how the settings of each reading with those packs begin, found or not."""
    return settings_of(packs, found=True).removesuffix("}")


def due(catalogue: Catalogue) -> int:
    """Return how many contents nobody has looked for letters in; many of them have text of their own on each page."""
    return catalogue.not_read_as(TYPES, step.VERSION, ANY, after=catalogue.looked_until(_search(TYPES, ANY)))


def by_fewer_packs(catalogue: Catalogue, packs: Sequence[str]) -> int:
    """Return for how many contents letters were looked for without one of those packs."""
    counts = catalogue.ways(ANY).items()
    return sum(
        count for settings, count in counts if not set(packs) <= set(str(codec.decode(settings)["ocr"]).split("+"))
    )


def _search(types: Collection[str], begins: str) -> str:
    return codec.encode({"types": sorted(types), "version": step.VERSION, "way": begins})


def chosen(recogniser: Recogniser, wanted: str) -> tuple[str, ...]:
    """Return the packs that a keeper names, as `uig+eng`; all that are here for an empty word.

    Raises:
        WrongUsage: when one is not here.
    """
    names = tuple(dict.fromkeys(name for name in wanted.split("+") if name))
    missing = [name for name in names if name not in recogniser.packs]
    if missing:
        raise WrongUsage(
            f"tesseract has no pack {missing[0]!r} here; there are {', '.join(recogniser.packs)}: install "
            f"tesseract-ocr-{missing[0].replace('_', '-')} or leave it out"
        )
    return names or recogniser.packs


def recognise_due(
    archive: Archive,
    catalogue: Catalogue,
    recogniser: Recogniser,
    packs: tuple[str, ...],
    *,
    again: bool,
    workers: int,
    clock: Callable[[], str],
) -> Generator[Recognising, None, None]:
    """Look for letters in what is due; yield the counts after each content.

    Args:
        archive: open for writing.
        catalogue: of the archive.
        recogniser: tesseract.
        packs: its packs to use.
        again: also look at what was looked at with other packs only.
        workers: how many pages to look at at once.
        clock: the time.

    A caller that closes the generator early has sealed what was recognised so far.
    """
    state = Recognising()
    with archive.store.passing() as passing:
        accepted = archive.settings.worst_grade
        looking = _Looking(archive, catalogue, passing, recogniser, packs, workers, accepted)
        sealing = _Sealing(archive, catalogue, looking, clock, state)
        waiting: deque[_Item] = deque()
        try:
            types = TYPES
            if looking.heif is None:
                types, state.undrawable = TYPES - table.HEIF, catalogue.without_text(table.HEIF)
            begins = way(packs) if again else ANY
            search, top = _search(types, begins), catalogue.top
            after = catalogue.looked_until(search)
            state.known = catalogue.not_read_as(types, step.VERSION, begins, after=after)
            for row in catalogue.read_as(types, step.VERSION, begins, after=after):
                state.passed += 1
                item = looking.begin(row)
                if item is None:
                    yield state
                    continue
                waiting.append(item)
                while waiting and (len(waiting) > 2 * workers or _is_done(waiting[0])):
                    sealing.take(waiting.popleft())
                    yield state
            while waiting:
                sealing.take(waiting.popleft())
                yield state
            sealing.commit()  # before it is noted: what is not sealed is due
            if not looking.missing:
                catalogue.note_looked(search, top)
        finally:
            looking.close()
            sealing.commit()
    yield state


def _is_done(item: _Item) -> bool:
    return all(page.seen is None or page.seen.done() for page in item.pages)


class _Looking:
    """Draws pages one by one and has several looked at at once."""

    def __init__(
        self,
        archive: Archive,
        catalogue: Catalogue,
        passing: Passing,
        recogniser: Recogniser,
        packs: tuple[str, ...],
        workers: int,
        accepted: str,
    ) -> None:
        self.packs = packs
        self.missing = False  # of a content something is not in the vault: it stays due
        self.tools = recogniser.program.tools
        self._archive, self._catalogue, self._passing, self._recogniser = archive, catalogue, passing, recogniser
        self._accepted = accepted
        self.heif = heif.find(archive.store.disk.temporary, accepted)
        self._runner = Runner(passing, 1, company=False)
        self._runner.__enter__()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="ocr")
        self._room = BoundedSemaphore(2 * workers)

    def close(self) -> None:
        """End everything that is on its way."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._runner.close()

    def begin(self, row: ExhibitRow) -> _Item | None:
        """Have the pages of an exhibit looked at; None where it has text on each."""
        if not self._archive.store.has(row.exhibit.digest):
            self.missing = True
            return None
        try:
            item = _Item(row, self._own_text(row))
            unnamed, pictured = self._worth_a_look(row) if item.is_pdf else (set(), set())
        except Damaged:  # `audit` names it
            self.missing = True
            return None
        if item.is_pdf:
            texts = item.text.split("\f")
            own = {number: len(text.strip()) for number, text in enumerate(texts, 1)}
            item.pictured = {number for number in pictured if 0 < own.get(number, 0) < _FEW_LETTERS}
            due = [number for number in own if not own[number] or number in unnamed or number in item.pictured]
            if not due:
                return None
            item.count = len(texts)
            for number in due[:MOST_PAGES]:
                self._draw_page(item, number)
        elif not item.text.strip() and item.is_heif:
            self._draw_heif(item)
        elif not item.text.strip():
            number = 1
            while number <= min(max(1, item.count), MOST_PAGES):
                self._draw_frame(item, number)
                number += 1
        else:
            return None
        return item

    def _worth_a_look(self, row: ExhibitRow) -> tuple[set[int], set[int]]:
        """Return the pages half of whose letters, or more, the file does not name, and those that pictures cover."""
        digest = None if row.reading is None else row.reading.derivative.digest
        unnamed, pictured = set(), set()
        for name, value in observations(self._archive.store, digest, LARGEST_OBSERVATIONS):
            if name == "pdf.unmapped" and 2 * value["characters"] >= value["of"]:
                unnamed.add(value["page"])
            elif name == "pdf.pictured":
                pictured.add(value["page"])
        return unnamed, pictured

    def _own_text(self, row: ExhibitRow) -> str:
        """Return the visible text as our reader found it, whatever was recognised since with other packs."""
        if row.reading is not None and not row.reading.derivative.settings.startswith(ANY):
            return later.visible_text(self._archive, row)
        for made in self._catalogue.made(row.exhibit.handle, StepName.VISIBLE, step.VERSION):
            if not made.settings.startswith(ANY) and made.digest is not None:
                return later.sealed_text(self._archive, made.digest)
        return ""

    def _draw_page(self, item: _Item, number: int) -> None:
        dpi = DPI
        result = self._draw(item, "render_page", (("page", number), ("dpi", dpi), ("grey", 1)))
        if result.outcome is Outcome.REFUSED_LIMIT:  # a poster
            dpi = _SMALLER_DPI
            result = self._draw(item, "render_page", (("page", number), ("dpi", dpi), ("grey", 1)))
        self._look(item, _Page(number, dpi, result.picture, result.detail))

    def _draw_frame(self, item: _Item, number: int) -> None:
        result = self._draw(item, "render_picture", (("frame", number), ("most", MOST_PIXELS)))
        for name, value in observations(self._passing, result.observations, 1 << 20):
            if name == "picture.frames" and isinstance(value, int):
                item.count = value
        self._look(item, _Page(number, 0, result.picture, result.detail))

    def _draw_heif(self, item: _Item) -> None:
        """Draw the pictures that libheif's program makes of one in HEIC; they stand as the container says."""
        assert self.heif is not None
        made = heic.convert(self._archive, self._passing, item.row, self.heif)
        item.tools |= self.heif.tools
        item.grade = worse(item.grade, made.grade)
        item.count = len(made.pictures)
        if not made.pictures:
            self._look(item, _Page(1, 0, None, made.why))
        for number, (digest, size) in enumerate(made.pictures, 1):
            wanted = (("frame", 1), ("most", MOST_PIXELS), ("turned", 1))
            result = self._draw(item, "render_picture", wanted, (digest, size))
            self._look(item, _Page(number, 0, result.picture, result.detail))
        for digest in {digest for digest, _ in made.pictures}:  # two of them may be the same
            self._passing.drop(digest)

    def _draw(
        self,
        item: _Item,
        task: str,
        parameters: tuple[tuple[str, int], ...],
        made: tuple[Digest, int] | None = None,
    ) -> ReadingResult:
        row = item.row
        digest, size = made or (row.exhibit.digest, row.exhibit.size)
        job = Job(
            digest,
            size,
            "",
            row.depth,
            row.root_id,
            row.exhibit.handle,
            task=task,
            parameters=parameters,
        )
        (result,) = self._runner.run([job])
        item.tools |= result.tools
        item.grade = worse(item.grade, result.grade)
        return result

    def _look(self, item: _Item, page: _Page) -> None:
        item.pages.append(page)
        picture = page.picture
        if picture is None:
            return
        pixels = self._passing.read(picture.digest, picture.width * picture.height)
        self._passing.drop(picture.digest)
        if min(picture.width, picture.height) < _LEAST_SIDE or picture.width * picture.height < _LEAST_PIXELS:
            page.picture, page.reason = None, "too small for letters"
            return
        drawn = b"P5 %d %d 255\n" % (picture.width, picture.height) + pixels
        self._room.acquire()
        page.seen = self._pool.submit(self._seen, drawn, picture, page.dpi)
        page.seen.add_done_callback(lambda _: self._room.release())

    def _seen(self, drawn: bytes, picture: Picture, dpi: int) -> _Seen:
        """Have one page looked at: first which script it is in, where there are packs of several; in another thread."""
        folder, packs, script = self._archive.store.disk.temporary, self.packs, ""
        tried: list[tuple[str, ...]] = []
        if packs == self._recogniser.packs and len(packs) > 1:
            if self._recogniser.tells_scripts:
                script, _ = programs.script_of(self._recogniser, drawn, folder, accepted=self._accepted)
            packs = self._recogniser.packs_of(script)
            tried += [(pack,) for pack in self._recogniser.packs if (pack,) != packs][:_MOST_TRIES]
        best = self._read(drawn, picture, dpi, packs, script)
        if len(best.found.words) >= _SOME_WORDS and best.found.sure < _DOUBTFUL:
            # The quick look is wrong about some scripts: what reads the page best is right.
            others = (self._read(drawn, picture, dpi, other, script) for other in tried)
            best = max((best, *others), key=lambda seen: seen.found.sure)
        return best

    def _read(self, drawn: bytes, picture: Picture, dpi: int, packs: tuple[str, ...], script: str) -> _Seen:
        folder = self._archive.store.disk.temporary
        ran = programs.recognise(self._recogniser, drawn, packs, dpi, folder, accepted=self._accepted)
        table_ = ran.output if ran.ended is Ended.WELL else b""
        found = recognised.parse(table_, picture.width, picture.height)
        return _Seen(found, packs, script, ran.ended.name.lower(), ran.grade.value)


class _Sealing:
    """Puts what was recognised into later readings, and seals them."""

    def __init__(
        self, archive: Archive, catalogue: Catalogue, looking: _Looking, clock: Callable[[], str], state: Recognising
    ) -> None:
        self._archive, self._looking = archive, looking
        self._clock, self._state = clock, state
        self._batch = OpenBatch(archive, catalogue)

    def take(self, item: _Item) -> None:
        """Wait for the pages of an exhibit, and seal what they gave."""
        at, texts = self._clock(), self._texts(item)
        observed: list[tuple[str, codec.Value]] = [
            ("ocr", {"settings": "+".join(self._looking.packs), "unsure_below": recognised.UNSURE})
        ]
        grade, is_found = item.grade, False
        for page in item.pages:
            seen = None if page.seen is None else page.seen.result()
            told: dict[str, codec.Value] = {"page": page.number}
            if seen is None or page.picture is None:
                observed.append(("ocr.page", told | {"ended": page.reason or "not drawn"}))
                self._state.unfinished += page.reason != "too small for letters"
                continue
            grade = worse(grade, seen.grade)
            found = seen.found
            told |= {
                "ended": seen.ended,
                "packs": "+".join(seen.packs),
                "script": seen.script,
                "words": len(found.words),
                "sure": found.sure,
                "odd": found.odd,
            }
            observed.append(("ocr.page", told))
            self._state.unfinished += seen.ended != "well"
            own = texts.get(page.number, "").rstrip()
            seen_text = recognised.besides(found.text, own) if page.number in item.pictured else found.text
            if seen_text:
                is_found = True
                texts[page.number] = f"{own}\n{seen_text}" if own else seen_text
                self._keep_words(item, page, page.picture, seen, at)
        if item.count > MOST_PAGES:
            observed.append(("ocr.left_out", item.count - MOST_PAGES))
        self._seal(item, texts, observed, grade, at, found=is_found)

    @staticmethod
    def _texts(item: _Item) -> dict[int, str]:
        return dict(enumerate(item.text.split("\f"), 1)) if item.is_pdf else {}

    def _seal(
        self,
        item: _Item,
        texts: dict[int, str],
        observed: list[tuple[str, codec.Value]],
        grade: str,
        at: str,
        *,
        found: bool,
    ) -> None:
        assert item.row.reading is not None
        before = item.row.reading.derivative
        pages = [texts.get(number, "") for number in range(1, max((*texts, 0)) + 1)]
        added = later.Added(
            settings=settings_of(self._looking.packs, found=found),
            visible="\f".join(pages),
            hidden="",
            observed=observed,
            tools={**item.tools, **self._looking.tools},
            grade=grade,
            outcome=before.outcome or Outcome.OK,
            detail=before.detail,
            languages=(),
        )
        try:
            made = list(later.derivatives(self._archive, item.row, added))
        except Damaged:
            self._looking.missing = True
            return
        self._batch.add(made, at)
        self._state.exhibits += 1
        self._state.pages += len(item.pages)
        self._state.with_text += found
        self._batch.commit_when_due()

    def _keep_words(self, item: _Item, page: _Page, picture: Picture, seen: _Seen, at: str) -> None:
        """Seal where the words of a page stand, in the pixels that they were found in."""
        told = {
            "pages": item.count,
            "width": picture.width,
            "height": picture.height,
            "channels": 1,
            "words": seen.found.boxes(),
        }
        data = codec.encode_bytes(told)
        wanted = {"dpi": page.dpi, "grey": 1, "ocr": "+".join(seen.packs), "page": page.number}
        made = Derivative(
            handle=item.row.exhibit.handle,
            step=StepName.WORDS,
            version=step.VERSION,
            digest=self._archive.store.put(data),
            size=len(data),
            settings=codec.encode(wanted),
            tools={**item.tools, **self._looking.tools},
            grade=worse(item.grade, seen.grade),
        )
        self._batch.add([made], at)

    def commit(self) -> None:
        """Write what waits."""
        self._batch.commit()
