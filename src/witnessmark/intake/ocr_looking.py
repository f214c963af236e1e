"""Pages in which letters are looked for: drawn one by one in a cell, several looked at at once."""

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
from witnessmark.errors import Damaged
from witnessmark.formats import table
from witnessmark.intake import heic, later
from witnessmark.model.derivative import LARGEST_OBSERVATIONS, Outcome
from witnessmark.model.digest import Digest
from witnessmark.model.words import StepName
from witnessmark.work import heif, programs, recognised, step
from witnessmark.work.programs import Recogniser
from witnessmark.work.reading import Job, Picture, ReadingResult, observations
from witnessmark.work.recognised import Recognised
from witnessmark.work.runner import Runner

PDF: Final = "application/pdf"
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


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of one page: what was recognised, with which packs, how the program ended."""

    found: Recognised
    packs: tuple[str, ...]
    script: str
    ended: str
    grade: str


@dataclass(slots=True)
class Page:
    """A page on its way; without a picture it could not be drawn, for that reason."""

    number: int
    dpi: int
    picture: Picture | None
    reason: str
    seen: Future[Seen] | None = None


@dataclass(slots=True)
class Item:
    """An exhibit on its way."""

    row: ExhibitRow
    text: str
    count: int = 0  # pages or frames that it has
    pages: list[Page] = field(default_factory=list)
    pictured: set[int] = field(default_factory=set)  # pages with some text of their own on a picture, or beside it
    tools: dict[str, str] = field(default_factory=dict)
    grade: str = Grade.A.value

    @property
    def is_heif(self) -> bool:
        """Whether it is a picture that only a program of the machine can draw."""
        return self.row.reading is not None and self.row.reading.derivative.media_type in table.HEIF

    @property
    def is_pdf(self) -> bool:
        """Whether it has pages with a text of their own."""
        return self.row.reading is not None and self.row.reading.derivative.media_type == PDF


class Looking:
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

    def begin(self, row: ExhibitRow) -> Item | None:
        """Have the pages of an exhibit looked at; None where it has text on each."""
        if not self._archive.store.has(row.exhibit.digest):
            self.missing = True
            return None
        try:
            item = Item(row, self._own_text(row))
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

    def _draw_page(self, item: Item, number: int) -> None:
        dpi = DPI
        result = self._draw(item, "render_page", (("page", number), ("dpi", dpi), ("grey", 1)))
        if result.outcome is Outcome.REFUSED_LIMIT:  # a poster
            dpi = _SMALLER_DPI
            result = self._draw(item, "render_page", (("page", number), ("dpi", dpi), ("grey", 1)))
        self._look(item, Page(number, dpi, result.picture, result.detail))

    def _draw_frame(self, item: Item, number: int) -> None:
        result = self._draw(item, "render_picture", (("frame", number), ("most", MOST_PIXELS)))
        for name, value in observations(self._passing, result.observations, 1 << 20):
            if name == "picture.frames" and isinstance(value, int):
                item.count = value
        self._look(item, Page(number, 0, result.picture, result.detail))

    def _draw_heif(self, item: Item) -> None:
        """Draw the pictures that libheif's program makes of one in HEIC; they stand as the container says."""
        assert self.heif is not None
        made = heic.convert(self._archive, self._passing, item.row, self.heif)
        item.tools |= self.heif.tools
        item.grade = worse(item.grade, made.grade)
        item.count = len(made.pictures)
        if not made.pictures:
            self._look(item, Page(1, 0, None, made.why))
        for number, (digest, size) in enumerate(made.pictures, 1):
            wanted = (("frame", 1), ("most", MOST_PIXELS), ("turned", 1))
            result = self._draw(item, "render_picture", wanted, (digest, size))
            self._look(item, Page(number, 0, result.picture, result.detail))
        for digest in {digest for digest, _ in made.pictures}:  # two of them may be the same
            self._passing.drop(digest)

    def _draw(
        self,
        item: Item,
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

    def _look(self, item: Item, page: Page) -> None:
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

    def _seen(self, drawn: bytes, picture: Picture, dpi: int) -> Seen:
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

    def _read(self, drawn: bytes, picture: Picture, dpi: int, packs: tuple[str, ...], script: str) -> Seen:
        folder = self._archive.store.disk.temporary
        ran = programs.recognise(self._recogniser, drawn, packs, dpi, folder, accepted=self._accepted)
        table_ = ran.output if ran.ended is Ended.WELL else b""
        found = recognised.parse(table_, picture.width, picture.height)
        return Seen(found, packs, script, ran.ended.name.lower(), ran.grade.value)
