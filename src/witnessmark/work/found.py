"""What `doctor` tells of the programs of this machine: which are found, and what the lack of one costs."""

from dataclasses import dataclass
from pathlib import Path

from witnessmark.work import ffmpeg, heif, programs
from witnessmark.work.programs import Program


@dataclass(frozen=True, slots=True)
class Told:
    """What `doctor` tells of a program: whether it is here, what it is for, what to install where it is not."""

    name: str
    program: Program | None
    purpose: str
    package: str
    more: tuple[str, ...] = ()
    """What else is missing: language packs."""


def told(folder: Path, accepted: str) -> tuple[Told, ...]:
    """Return every program that is used when it is found, with what its lack costs."""
    films = ffmpeg.find(folder, accepted)
    letters = programs.tesseract(folder, accepted)
    return (
        Told(
            "tesseract",
            None if letters is None else letters.program,
            "letters in pictures and scanned pages are not read",
            "tesseract-ocr and the packs of the languages of the leak, such as "
            + ", ".join(f"tesseract-ocr-{pack.replace('_', '-')}" for pack in programs.WISHED[:4]),
            () if letters is None else tuple(programs.missing_packs(letters)),
        ),
        Told(
            "libreoffice",
            programs.libreoffice(folder, accepted),
            "pages of Office documents cannot be drawn, nor what our readers fail at be read",
            "libreoffice-writer-nogui, libreoffice-calc-nogui and libreoffice-impress-nogui",
        ),
        Told(
            "ffmpeg",
            None if films is None else films.draw,
            "of recordings only the heads of their containers are read: no still frames, no sound to listen to or to "
            "write down (`compile --recordings`, `page`, `sound`)",
            "ffmpeg, which brings ffprobe",
        ),
        Told(
            "heif-convert",
            heif.find(folder, accepted),
            "pictures in HEIC, as telephones take them, cannot be drawn, nor letters be looked for in them (`page`)",
            "libheif-examples and, where there is such a package, libheif-plugin-libde265",
        ),
    )
