"""What `compile` has programs of the machine do, when it is asked to: LibreOffice and tesseract, with progress."""

import time

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.cli import compose, say
from witnessmark.errors import WrongUsage
from witnessmark.intake import ocr, office
from witnessmark.work import programs


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
        say.line(line)
    elif silent:
        noun = say.counted(silent, "picture or PDF has", "pictures and PDFs have")
        say.line(f"{noun} no text of their own: --ocr looks for letters in them.")
