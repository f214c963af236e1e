"""What `compile` has programs of the machine do, where they are found: LibreOffice, ffmpeg, tesseract."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Final

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.cli import compose, say
from witnessmark.errors import WrongUsage
from witnessmark.intake import ocr, ocr_looking, ocr_sealing, office, recordings
from witnessmark.work import ffmpeg, programs


@dataclass(frozen=True, slots=True)
class Asked:
    """What a keeper wants of programs: one that is named has to be found; what gives text runs where it is found."""

    office: bool = False
    recordings: bool = False
    ocr: str | None = None
    """Packs, as `uig+eng`; an empty word for all that are here."""
    nothing: bool = False

    @property
    def by_name(self) -> bool:
        """Whether any is named."""
        return self.office or self.recordings or self.ocr is not None


@dataclass(frozen=True, slots=True)
class Done:
    """What programs did in one run of `compile`, what is left, and which program was not found for it."""

    seen: ocr_sealing.Recognising | None
    converted: office.Converting | None
    looked: recordings.Looking | None
    silent: int
    by_headers: int
    by_fewer_packs: int = 0
    not_found: tuple[str, ...] = ()

    @property
    def told(self) -> dict[str, object]:
        """The counts, as JSON names them."""
        return {
            "without_text": self.silent,
            "by_headers": self.by_headers,
            "office": None if self.converted is None else told(self.converted),
            "recordings": None if self.looked is None else seen_of(self.looked),
            "ocr": None if self.seen is None else asdict(self.seen),
            "by_fewer_packs": self.by_fewer_packs,
            "not_found": list(self.not_found),
        }


NOTHING: Final = Done(None, None, None, 0, 0)


def run(
    archive: Archive, catalogue: Catalogue, asked: Asked, workers: int, stop: compose.Stop, *, silently: bool
) -> Done:
    """Have programs look at what is due for them; what was found before a stop is sealed.

    Each says what came of it when it is through, unless silently.

    Raises:
        WrongUsage: when a program is asked for by name that is not found, or cannot be started behind walls.
        Interrupted: when a stop was asked for.
    """
    folder, accepted = archive.store.disk.temporary, archive.settings.worst_grade
    missing: list[str] = []
    converted = looked = seen = None
    fewer = 0

    def say_so(line: str) -> None:
        if not silently:
            say.line(line)

    if asked.office or (not asked.nothing and office.is_due(archive, catalogue)):
        if (libreoffice := programs.libreoffice(folder, accepted)) is None:
            missing.append(_not_found("libreoffice", named=asked.office))
        else:
            converted = convert(archive, catalogue, libreoffice, stop)
            say_so(_converted(converted))
    if asked.recordings:
        if (films := ffmpeg.find(folder, accepted)) is None:
            missing.append(_not_found("ffmpeg", named=True))
        else:
            looked = look(archive, catalogue, films, workers, stop)
            say_so(_looked(looked))
    again = asked.ocr is not None
    is_due = again or (not asked.nothing and ocr.due(catalogue) > 0)
    if is_due or (not asked.nothing and catalogue.ways(ocr_looking.ANY)):
        letters = programs.tesseract(folder, accepted)
        if letters is None and is_due:
            missing.append(_not_found("tesseract", named=again))
        if letters is not None:
            packs = ocr.chosen(letters, asked.ocr or "")
            if is_due:
                seen = recognise(archive, catalogue, letters, packs, workers, stop, again=again)
                say_so(_seen(seen))
            fewer = ocr.by_fewer_packs(catalogue, packs)
    silent, by_headers = catalogue.without_text(ocr.TYPES), recordings.due(catalogue)
    done = Done(seen, converted, looked, silent, by_headers, fewer, tuple(missing))
    for line in _left(done):
        say_so(line)
    return done


_FLAG: Final = {"libreoffice": "--office", "ffmpeg": "--recordings", "tesseract": "--ocr"}
_NAME: Final = {"libreoffice": "LibreOffice is", "ffmpeg": "ffmpeg and ffprobe are", "tesseract": "tesseract is"}


def _not_found(name: str, *, named: bool) -> str:
    """Return the program's name.

    Raises:
        WrongUsage: when it was asked for by name.
    """
    if named:
        packs = ", or has no language packs" if name == "tesseract" else ""
        raise WrongUsage(
            f"{_FLAG[name]}: {_NAME[name]} not found here{packs}, or could not be started behind walls; what was read "
            "is sealed: `witnessmark doctor` says what to install"
        )
    return name


def told(converted: office.Converting) -> dict[str, int]:
    """Return the counts of a run of LibreOffice."""
    return {"tried": converted.tried, "read": converted.read, "failed": converted.failed}


def convert(archive: Archive, catalogue: Catalogue, found: programs.Program, stop: compose.Stop) -> office.Converting:
    """Have LibreOffice read what has no text; what was read before a stop is sealed."""
    run = office.read_by_office(archive, catalogue, found, clock=compose.clock)
    return stop.follow(run, office.Converting(), _converting)


def _converting(state: office.Converting) -> str:
    return f"by way of LibreOffice: {say.counted(state.tried, 'document')}, {state.read:,} with text"


def _converted(converted: office.Converting) -> str:
    """Return what came of the documents that LibreOffice was given."""
    return (
        f"By way of LibreOffice: {say.counted(converted.tried, 'document')} in {say.seconds(converted.seconds)}; "
        f"{converted.read:,} have text now, {converted.failed:,} it made nothing of."
    )


def look(
    archive: Archive, catalogue: Catalogue, found: ffmpeg.Ffmpeg, workers: int, stop: compose.Stop
) -> recordings.Looking:
    """Have ffprobe and ffmpeg look at recordings; what was seen before a stop is sealed."""
    run = recordings.look_at_due(archive, catalogue, found, workers=workers, clock=compose.clock)
    return stop.follow(run, recordings.Looking(), _looking)


def _looking(state: recordings.Looking) -> str:
    return (
        f"looking at recordings: {state.exhibits:,}, {say.counted(state.frames, 'frame')}, "
        f"{say.seconds(state.seconds)}" + (f"; {state.failed:,} not told" if state.failed else "")
    )


def seen_of(looked: recordings.Looking) -> dict[str, int]:
    """Return the counts of a run of ffprobe and ffmpeg."""
    names = ("exhibits", "told", "frames", "differ", "failed", "left")
    return {name: getattr(looked, name) for name in names}


def _looked(looked: recordings.Looking) -> str:
    """Return what was seen of recordings."""
    line = (
        f"By way of ffprobe and ffmpeg: {say.counted(looked.exhibits, 'recording')} in {say.seconds(looked.seconds)}, "
        f"{say.counted(looked.frames, 'still frame')} kept (`page` shows them)."
    )
    if looked.differ:
        line += f" Of {looked.differ:,} the headers and ffprobe say different things (`files --json --observations`)."
    if looked.failed:
        line += f" Of {looked.failed:,} ffprobe told nothing."
    if looked.left:
        line += f" {looked.left:,} wait for more room on the disk, or a free process: run it again."
    return line


def recognise(
    archive: Archive,
    catalogue: Catalogue,
    found: programs.Recogniser,
    packs: tuple[str, ...],
    workers: int,
    stop: compose.Stop,
    *,
    again: bool,
) -> ocr_sealing.Recognising:
    """Look for letters in what has no text; what was recognised before a stop is sealed."""
    started = time.monotonic()
    run = ocr.recognise_due(archive, catalogue, found, packs, again=again, workers=workers, clock=compose.clock)
    return stop.follow(run, ocr_sealing.Recognising(), lambda state: _recognising(state, started))


def _recognising(state: ocr_sealing.Recognising, started: float) -> str:
    spent = max(0.001, time.monotonic() - started)
    left = (state.known - state.passed) * spent / max(1, state.passed)
    return (
        f"looking for letters: {state.passed:,} of {state.known:,} contents, {say.counted(state.pages, 'page')}, "
        f"{state.pages / spent:.1f} pages/s, {state.with_text:,} with text, {say.seconds(max(0.0, left))} left"
    )


def _seen(seen: ocr_sealing.Recognising) -> str:
    """Return what letters were found in pictures."""
    line = (
        f"Letters were looked for on {say.counted(seen.pages, 'page')} of {say.counted(seen.exhibits, 'content')}; "
        f"{seen.with_text:,} have text now, read by a machine: check each word against the picture."
    )
    if seen.unfinished:
        line += f" {say.counted(seen.unfinished, 'page')} could not be drawn or took too long."
    if seen.undrawable:
        line += (
            f" {say.counted(seen.undrawable, 'picture')} in HEIC could not be looked at: no program that draws "
            "them is found here (`witnessmark doctor`)."
        )
    return line


def _left(done: Done) -> Iterator[str]:
    """Yield what no program has looked at, and why."""
    if done.silent:
        noun = say.counted(done.silent, "picture or PDF has", "pictures and PDFs have")
        yield f"{noun} no text of their own, and letters were not looked for in them."
    if done.by_headers:
        noun = say.counted(done.by_headers, "recording was", "recordings were")
        yield (
            f"{noun} read by the heads of the container alone: --recordings has ffprobe and ffmpeg look at the streams "
            "and keep still frames."
        )
    if done.not_found:
        yield (
            f"Not found here, and there may be work for it: {', '.join(done.not_found)}. `witnessmark doctor` says "
            "what to install; then compile again."
        )
    if done.by_fewer_packs:
        yield (
            f"In {say.counted(done.by_fewer_packs, 'content')} letters were looked for with fewer packs than there are "
            "now: --ocr looks again with all."
        )
