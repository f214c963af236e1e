"""Sound: a track of a recording as a plain WAV, drawn by ffmpeg where it is found, for listening and writing down.

The program gives bare samples: sixteen thousand a second, one channel, sixteen bits. The head of the WAV is ours. It is
drawn when somebody asks for it, and kept: an hour is 115 megabytes. Nothing here writes down what is said.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from witnessmark.archive.folder import Archive
from witnessmark.archive.store import pieces
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import ExhibitRow
from witnessmark.cell.program import Ended
from witnessmark.errors import WrongUsage
from witnessmark.intake import recordings
from witnessmark.intake.batch import seal
from witnessmark.model import codec
from witnessmark.model.derivative import Derivative
from witnessmark.model.digest import Digest
from witnessmark.model.words import StepName
from witnessmark.work import ffmpeg
from witnessmark.work.ffmpeg import RATE, Recording
from witnessmark.work.programs import needed

VERSION: Final = "1"
_SAMPLE = 2
_HEAD = 44
_MOST_TRACKS = 100


@dataclass(frozen=True, slots=True)
class Sound:
    """A track of sound as it was drawn: a WAV in the store."""

    track: int
    digest: Digest
    size: int
    drawn: bool  # just now, not taken from what was kept

    @property
    def milliseconds(self) -> int:
        """How long it is."""
        return (self.size - _HEAD) // _SAMPLE * 1000 // RATE


def sound(archive: Archive, catalogue: Catalogue, row: ExhibitRow, track: int, *, clock: Callable[[], str]) -> Sound:
    """Return a track of sound: the one that was kept, or one that is drawn now, sealed and kept.

    Raises:
        WrongUsage: when the exhibit is no recording, or has no such track, or it cannot be drawn.
    """
    media_type = "" if row.reading is None else row.reading.derivative.media_type
    if media_type not in recordings.TYPES:
        what = media_type or "not read yet"
        raise WrongUsage(f"{row.exhibit.id} is {what}: sound is drawn of recordings that ffmpeg can be told of")
    if not 1 <= track <= _MOST_TRACKS:
        raise WrongUsage(f"--track {track}: tracks of sound are counted from 1")
    settings = codec.encode({"rate": RATE, "track": track})
    for kept in catalogue.made(row.exhibit.handle, StepName.SOUND, VERSION):
        if kept.settings == settings and kept.digest is not None and archive.store.has(kept.digest):
            return Sound(track, kept.digest, kept.size, drawn=False)
    folder, accepted = archive.store.disk.temporary, archive.settings.worst_grade
    programs_ = needed(ffmpeg.find(folder, accepted), f"the sound of {row.exhibit.id} is", "ffmpeg")
    made: list[tuple[Digest, int]] = []

    def take(_name: str, stream: BinaryIO, size: int) -> None:
        if size >= _SAMPLE:
            made.append(_put(archive, stream, size - size % _SAMPLE))

    with archive.store.open(row.exhibit.digest) as source:
        recording = Recording(media_type, row.exhibit.size, pieces(source))
        ran = ffmpeg.sound(programs_, recording, track, folder, accepted=accepted, take=take)
    if not made:
        why = "found no such track in it, or could not decode it" if ran.ended in _OF_ITSELF else str(ran.ended)
        raise WrongUsage(f"track {track} of {row.exhibit.id} cannot be drawn: ffmpeg {why}")
    digest, size = made[0]
    derivative = Derivative(
        handle=row.exhibit.handle,
        step=StepName.SOUND,
        version=VERSION,
        digest=digest,
        size=size,
        settings=settings,
        tools=programs_.draw.tools,
        grade=ran.grade.value,
    )
    seal(archive, catalogue, [derivative], clock())
    return Sound(track, digest, size, drawn=True)


_OF_ITSELF: Final = (Ended.WELL, Ended.BADLY)


def chunks(archive: Archive, found: Sound) -> Iterator[bytes]:
    """Yield the WAV piece by piece."""
    with archive.store.open(found.digest) as stream:
        yield from pieces(stream)


def _put(archive: Archive, samples: BinaryIO, size: int) -> tuple[Digest, int]:
    """Put samples into the store as a WAV: of the file that a program made, as many bytes as it had at first."""
    with archive.store.writer() as writer:
        writer.write(_head(size))
        left = size
        while left and (piece := samples.read(min(left, 1 << 20))):
            writer.write(piece)
            left -= len(piece)
        digest, written, _ = writer.commit()
    return digest, written


def _head(size: int) -> bytes:
    """Return the head of a WAV of so many bytes of samples (Multimedia Programming Interface 1.0, RIFF)."""
    form = struct.pack("<HHIIHH", 1, 1, RATE, RATE * _SAMPLE, _SAMPLE, 8 * _SAMPLE)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + size)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + form
        + b"data"
        + struct.pack("<I", size)
    )
