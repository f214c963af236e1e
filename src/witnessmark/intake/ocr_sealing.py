"""What was recognised, as later readings whose settings name the packs, and where each word stands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.cell.grade import worse
from witnessmark.errors import Damaged
from witnessmark.intake import later
from witnessmark.intake.batch import OpenBatch
from witnessmark.intake.ocr_looking import MOST_PAGES, Item, Looking, Page, Seen
from witnessmark.model import codec
from witnessmark.model.derivative import Derivative, Outcome
from witnessmark.model.words import StepName
from witnessmark.work import recognised, step
from witnessmark.work.reading import Picture


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


def settings_of(packs: Sequence[str], *, found: bool) -> str:
    """Return the settings of a reading with those packs, by which letters were found or not.

    Where none were, the text is the file's own, and the settings say so.
    """
    asked: codec.Fields = {"ocr": "+".join(packs)}
    return codec.encode(asked if found else {**asked, "ocr_found": False})


def way(packs: Sequence[str]) -> str:
    """Return how the settings of each reading with those packs begin, found or not."""
    return settings_of(packs, found=True).removesuffix("}")


class Sealing:
    """Puts what was recognised into later readings, and seals them."""

    def __init__(
        self, archive: Archive, catalogue: Catalogue, looking: Looking, clock: Callable[[], str], state: Recognising
    ) -> None:
        self._archive, self._looking = archive, looking
        self._clock, self._state = clock, state
        self._batch = OpenBatch(archive, catalogue)

    def take(self, item: Item) -> None:
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
    def _texts(item: Item) -> dict[int, str]:
        return dict(enumerate(item.text.split("\f"), 1)) if item.is_pdf else {}

    def _seal(
        self,
        item: Item,
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

    def _keep_words(self, item: Item, page: Page, picture: Picture, seen: Seen, at: str) -> None:
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
