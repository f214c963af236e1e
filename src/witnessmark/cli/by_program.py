"""What `compile` has programs of the machine do, when it is asked to: LibreOffice, ffmpeg, tesseract; with progress."""

import time
from dataclasses import asdict, dataclass

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.cli import compose, say
from witnessmark.errors import WrongUsage
from witnessmark.intake import ocr, office, recordings
from witnessmark.work import ffmpeg, programs


@dataclass(frozen=True, slots=True)
class Done:
    """What programs did in one run of `compile`, and what they could do."""

    seen: ocr.Recognising | None
    converted: office.Converting | None
    looked: recordings.Looking | None
    silent: int
    by_headers: int

    @property
    def told(self) -> dict[str, object]:
        """The counts, as JSON names them."""
        return {
            "without_text": self.silent,
            "by_headers": self.by_headers,
            "office": None if self.converted is None else told(self.converted),
            "recordings": None if self.looked is None else seen_of(self.looked),
            "ocr": None if self.seen is None else asdict(self.seen),
        }


def told(converted: office.Converting) -> dict[str, int]:
    """Return the counts of a run of LibreOffice."""
    return {"tried": converted.tried, "read": converted.read, "failed": converted.failed}


def convert(archive: Archive, catalogue: Catalogue, stop: compose.Stop) -> office.Converting:
    """Have LibreOffice read what has no text; what was read before a stop is sealed."""
    found = programs.libreoffice(archive.store.disk.temporary, archive.settings.worst_grade)
    if found is None:
        raise WrongUsage(
            "--office: LibreOffice is not found here, or could not be started behind walls; what was read is sealed: "
            "`witnessmark doctor` says what to install"
        )
    run = office.read_by_office(archive, catalogue, found, clock=compose.clock)
    return stop.follow(run, office.Converting(), _converting)


def _converting(state: office.Converting) -> str:
    return f"by way of LibreOffice: {say.counted(state.tried, 'document')}, {state.read:,} with text"


def print_converted(converted: office.Converting | None) -> None:
    """Say what came of the documents that LibreOffice was given."""
    if converted is not None:
        say.line(
            f"By way of LibreOffice: {say.counted(converted.tried, 'document')} in {say.seconds(converted.seconds)}; "
            f"{converted.read:,} have text now, {converted.failed:,} it made nothing of."
        )


def look(archive: Archive, catalogue: Catalogue, workers: int, stop: compose.Stop) -> recordings.Looking:
    """Have ffprobe and ffmpeg look at recordings; what was seen before a stop is sealed."""
    found = ffmpeg.find(archive.store.disk.temporary, archive.settings.worst_grade)
    if found is None:
        raise WrongUsage(
            "--recordings: ffmpeg and ffprobe are not found here, or could not be started behind walls; what was read "
            "is sealed: `witnessmark doctor` says what to install"
        )
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


def print_looked(looked: recordings.Looking | None, by_headers: int) -> None:
    """Say what was seen of recordings, or how many were read by their headers alone."""
    if looked is not None:
        line = (
            f"By way of ffprobe and ffmpeg: {say.counted(looked.exhibits, 'recording')} in "
            f"{say.seconds(looked.seconds)}, {say.counted(looked.frames, 'still frame')} kept (`page` shows them)."
        )
        if looked.differ:
            line += (
                f" Of {looked.differ:,} the headers and ffprobe say different things (`files --json --observations`)."
            )
        if looked.failed:
            line += f" Of {looked.failed:,} ffprobe told nothing."
        if looked.left:
            line += f" {looked.left:,} wait for more room on the disk, or a free process: run it again."
        say.line(line)
    elif by_headers:
        noun = say.counted(by_headers, "recording was", "recordings were")
        say.line(
            f"{noun} read by the heads of the container alone: --recordings has ffprobe and ffmpeg look at the "
            "streams and keep still frames."
        )


def recognise(archive: Archive, catalogue: Catalogue, wanted: str, workers: int, stop: compose.Stop) -> ocr.Recognising:
    """Look for letters in what has no text; what was recognised before a stop is sealed."""
    found = programs.tesseract(archive.store.disk.temporary, archive.settings.worst_grade)
    if found is None:
        raise WrongUsage(
            "--ocr: tesseract is not found here, or has no language packs, or could not be started behind walls; what "
            "was read is sealed: `witnessmark doctor` says what to install"
        )
    started = time.monotonic()
    packs = ocr.chosen(found, wanted)
    run = ocr.recognise_due(archive, catalogue, found, packs, workers=workers, clock=compose.clock)
    return stop.follow(run, ocr.Recognising(), lambda state: _recognising(state, started))


def _recognising(state: ocr.Recognising, started: float) -> str:
    spent = max(0.001, time.monotonic() - started)
    return (
        f"looking for letters: {say.counted(state.exhibits, 'content')}, {say.counted(state.pages, 'page')}, "
        f"{state.pages / spent:.1f} pages/s, {state.with_text:,} with text"
    )


def print_seen(seen: ocr.Recognising | None, silent: int) -> None:
    """Say what letters were found in pictures, or how many pictures were not looked at."""
    if seen is not None:
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
        say.line(line)
    elif silent:
        noun = say.counted(silent, "picture or PDF has", "pictures and PDFs have")
        say.line(f"{noun} no text of their own: --ocr looks for letters in them.")
