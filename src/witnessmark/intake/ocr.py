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
from typing import Final

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.errors import WrongUsage
from witnessmark.formats import table
from witnessmark.intake import ocr_looking
from witnessmark.intake.ocr_looking import ANY, Item, Looking
from witnessmark.intake.ocr_sealing import Recognising, Sealing, way
from witnessmark.model import codec
from witnessmark.work import step
from witnessmark.work.programs import Recogniser

TYPES: Final = frozenset((ocr_looking.PDF, *table.DRAWN, *table.HEIF))
"""What letters are looked for in."""


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
        looking = Looking(archive, catalogue, passing, recogniser, packs, workers, accepted)
        sealing = Sealing(archive, catalogue, looking, clock, state)
        waiting: deque[Item] = deque()
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


def _is_done(item: Item) -> bool:
    return all(page.seen is None or page.seen.done() for page in item.pages)
