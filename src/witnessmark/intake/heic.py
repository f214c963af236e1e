"""Pictures in HEIC, made drawable: libheif's program writes each as PNG, which passes and is not kept."""

from dataclasses import dataclass
from typing import BinaryIO

from witnessmark.archive.folder import Archive
from witnessmark.archive.store import Passing, pieces
from witnessmark.catalogue.rows import ExhibitRow
from witnessmark.cell.program import Ended
from witnessmark.model.digest import Digest
from witnessmark.work import heif
from witnessmark.work.programs import Program


@dataclass(frozen=True, slots=True)
class Converted:
    """The pictures of the first rank in one file, in the passing store; `why` there are none; how confined."""

    pictures: tuple[tuple[Digest, int], ...]
    why: str
    grade: str


def convert(archive: Archive, passing: Passing, row: ExhibitRow, program: Program) -> Converted:
    """Have a picture written as PNG into the passing store."""
    made: list[tuple[Digest, int]] = []

    def take(_name: str, stream: BinaryIO, _size: int) -> None:
        made.append(passing.put_stream(stream))

    folder, accepted = archive.store.disk.temporary, archive.settings.worst_grade
    with archive.store.open(row.exhibit.digest) as source:
        ran = heif.convert(program, pieces(source), folder, accepted=accepted, take=take)
    why = "could make nothing of it" if ran.ended in {Ended.WELL, Ended.BADLY} else str(ran.ended)
    return Converted(tuple(made), "" if made else f"{program.name} {why}", ran.grade.value)
