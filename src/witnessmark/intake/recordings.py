"""Recordings, looked at by ffprobe and ffmpeg where they are found: streams, tags, duration and still frames.

Each program has one file and walls of its own. What ffprobe says is taken apart by one strict rule (`work/probed.py`)
and stands, in a later reading, beside what our own reader found in the headers. Still frames are kept as pages are, and
are private as pages are: who is to be seen in them has not been looked at by anybody.
"""

import shutil
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from witnessmark.archive.folder import Archive
from witnessmark.archive.store import pieces
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import ExhibitRow
from witnessmark.cell.confine import Grade
from witnessmark.cell.grade import worse
from witnessmark.cell.program import Ended, Ran
from witnessmark.intake import compared, later
from witnessmark.intake.batch import OpenBatch
from witnessmark.model import codec
from witnessmark.model.derivative import LARGEST_OBSERVATIONS, Derivative, Outcome
from witnessmark.model.text import clean
from witnessmark.model.words import StepName
from witnessmark.work import ffmpeg, probed, step
from witnessmark.work.ffmpeg import Ffmpeg, Frame, Recording
from witnessmark.work.probed import Probed
from witnessmark.work.reading import observations

SETTINGS: Final = codec.encode({"recordings": "ffmpeg"})
"""The settings of a reading by way of ffprobe and ffmpeg; their versions stand among its tools."""
TYPES: Final = frozenset(ffmpeg.FORMS)
"""What is looked at."""
OUTCOMES: Final = (
    Outcome.OK,
    Outcome.PARTIAL,
    Outcome.CORRUPT,
    Outcome.UNSUPPORTED,
    Outcome.CRASH,
    Outcome.TIMEOUT,
    Outcome.MEMORY,
)
"""How our own reading may have ended."""
LARGEST: Final = 4 << 30
"""A program gets a copy of the file, on the disk of the archive."""
EVERY: Final = 10
"""Seconds between two frames of a short recording; a long one has `ffmpeg.MOST_FRAMES` at even distances."""
FRAMES_VERSION: Final = "1"
_SPARE = 1 << 30


@dataclass(slots=True)
class Looking:
    """What a run has done so far."""

    exhibits: int = 0
    told: int = 0  # recordings of which ffprobe told something
    frames: int = 0
    differ: int = 0  # recordings of which the two readers say different things
    failed: int = 0  # recordings of which ffprobe told nothing
    left: int = 0  # recordings for which there was no room on the disk, or no process: they stay due
    seconds: float = 0.0


@dataclass(slots=True)
class Seen:
    """What came of one recording: what was said, how the runs ended, the frames and the times they were asked for."""

    probed: Probed | None
    ended: str
    grade: str
    times: tuple[str, ...] = ()
    frames: dict[int, Frame] = field(default_factory=dict)
    near_keys: frozenset[int] = frozenset()
    drawing_ended: str = ""


def look_at_due(
    archive: Archive, catalogue: Catalogue, programs_: Ffmpeg, *, workers: int, clock: Callable[[], str]
) -> Generator[Looking, None, None]:
    """Look at every recording that was not looked at; yield the counts after each.

    A caller that closes the generator early has sealed what was seen so far.
    """
    state, started = Looking(), time.monotonic()
    sealing = _Sealing(archive, catalogue, programs_, clock, state)
    waiting: deque[tuple[ExhibitRow, Future[Seen]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="recordings")
    try:
        for row in catalogue.read_as(TYPES, step.VERSION, SETTINGS, OUTCOMES):
            if not archive.store.has(row.exhibit.digest):
                continue
            if not _has_room(archive, min(row.exhibit.size, LARGEST) * workers):
                state.left += 1
                continue
            waiting.append((row, pool.submit(look, archive, row, programs_)))
            # Frames are held until they are sealed: a few recordings at once, no more.
            while waiting and (len(waiting) > workers or waiting[0][1].done()):
                sealing.take(*_next(waiting))
                state.seconds = time.monotonic() - started
                yield state
        while waiting:
            sealing.take(*_next(waiting))
            state.seconds = time.monotonic() - started
            yield state
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        sealing.commit()
    yield state


def _has_room(archive: Archive, size: int) -> bool:
    """Tell whether the disk takes copies of that size, and leaves what an archive needs to go on."""
    return shutil.disk_usage(archive.store.disk.temporary).free > size + _SPARE


def _next(waiting: deque[tuple[ExhibitRow, Future[Seen]]]) -> tuple[ExhibitRow, Seen]:
    row, seen = waiting.popleft()
    return row, seen.result()


def due(catalogue: Catalogue) -> int:
    """Return how many recordings were read by their headers alone."""
    return catalogue.not_read_as(TYPES, step.VERSION, SETTINGS, OUTCOMES)


def look_at(
    archive: Archive, catalogue: Catalogue, programs_: Ffmpeg, row: ExhibitRow, *, clock: Callable[[], str]
) -> None:
    """Look at one recording now, and seal what was seen."""
    sealing = _Sealing(archive, catalogue, programs_, clock, Looking())
    sealing.take(row, look(archive, row, programs_))
    sealing.commit()


def was_looked_at(catalogue: Catalogue, row: ExhibitRow) -> bool:
    """Tell whether a recording was looked at, whatever came of it."""
    return any(one.settings == SETTINGS for one in catalogue.made(row.exhibit.handle, StepName.READ, step.VERSION))


def frame_settings(number: int) -> str:
    """Return the settings of a kept frame."""
    return codec.encode({"frame": number, "most": ffmpeg.SIDE})


def times_of(seconds: str) -> tuple[str, ...]:
    """Return when frames are asked for: at the beginning, then at even distances, never at the very end."""
    length = int(Decimal(seconds) * 1000) if seconds and not seconds.startswith("-") else 0
    count = min(ffmpeg.MOST_FRAMES, max(1 + length // (EVERY * 1000), 2 if length >= 3000 else 1))
    return tuple(f"{at // 1000}.{at % 1000:03}" for at in (length * number // count for number in range(count)))


def look(archive: Archive, row: ExhibitRow, programs_: Ffmpeg) -> Seen:
    """Have both programs look at a recording; safe to be called in another thread."""
    assert row.reading is not None
    if row.exhibit.size > LARGEST:
        return Seen(None, f"larger than {LARGEST >> 30} GiB", Grade.A.value)
    media_type = row.reading.derivative.media_type
    folder, accepted = archive.store.disk.temporary, archive.settings.worst_grade
    with archive.store.open(row.exhibit.digest) as source:
        recording = Recording(media_type, row.exhibit.size, pieces(source))
        ran = ffmpeg.probe(programs_, recording, folder, accepted=accepted)
    found = probed.parse(ran.output) if ran.ended is Ended.WELL else None
    seen = Seen(found, ran.ended.name.lower(), ran.grade.value)
    if found is not None and found.of("video"):
        seen.times = times_of(found.of("video")[0].facts.get("duration", found.seconds))
        _draw(archive, row, programs_, seen)
    return seen


def _draw(archive: Archive, row: ExhibitRow, programs_: Ffmpeg, seen: Seen) -> None:
    """Have the frames drawn; those that do not come are asked for again, as near as a frame stands by itself."""
    assert row.reading is not None
    media_type = row.reading.derivative.media_type

    def draw(times: Sequence[str], *, keys: bool) -> tuple[dict[int, Frame], Ran]:
        folder, accepted = archive.store.disk.temporary, archive.settings.worst_grade
        with archive.store.open(row.exhibit.digest) as source:
            recording = Recording(media_type, row.exhibit.size, pieces(source))
            drawn, ran = ffmpeg.frames(programs_, recording, times, folder, accepted=accepted, keys=keys)
        seen.grade = worse(seen.grade, ran.grade.value)
        return drawn, ran

    seen.frames, ran = draw(seen.times, keys=False)
    seen.drawing_ended = ran.ended.name.lower()
    missing = [number for number in range(len(seen.times)) if number not in seen.frames]
    if missing and ran.ended is not Ended.UNCONFINED:
        again, _ = draw([seen.times[number] for number in missing], keys=True)
        found = {missing[place]: frame for place, frame in again.items()}
        seen.frames |= found
        seen.near_keys = frozenset(found)


class _Sealing:
    """Puts what was seen into later readings and frames, and seals them."""

    def __init__(
        self, archive: Archive, catalogue: Catalogue, programs_: Ffmpeg, clock: Callable[[], str], state: Looking
    ) -> None:
        self._archive, self._programs = archive, programs_
        self._clock, self._state = clock, state
        self._batch = OpenBatch(archive, catalogue)

    def take(self, row: ExhibitRow, seen: Seen) -> None:
        """Seal what was seen of a recording."""
        assert row.reading is not None
        if seen.ended == Ended.UNSTARTED.name.lower():  # nothing is known of it: another time, perhaps
            self._state.left += 1
            return
        before_reading, at = row.reading.derivative, self._clock()
        before = list(observations(self._archive.store, before_reading.digest, LARGEST_OBSERVATIONS))
        kept = self._keep_frames(row, seen, at)
        observed, hidden = self._told(seen, before, kept)
        added = later.Added(
            settings=SETTINGS,
            visible=later.visible_text(self._archive, row),
            hidden=hidden,
            observed=observed,
            tools=self._programs.tools,
            grade=seen.grade,
            outcome=before_reading.outcome or Outcome.OK,
            detail=before_reading.detail,
            languages=(),
        )
        self._batch.add(later.derivatives(self._archive, row, added), at)
        self._state.exhibits += 1
        self._state.told += seen.probed is not None
        self._state.failed += seen.probed is None
        self._state.frames += kept
        self._state.differ += any(name == "ffprobe.differs" for name, _ in observed)
        self._batch.commit_when_due()

    def _told(
        self, seen: Seen, before: Sequence[tuple[str, codec.Value]], kept: int
    ) -> tuple[list[tuple[str, codec.Value]], str]:
        """Return what is observed from now on, and the hidden text that comes with it."""
        says = f"ffprobe {self._programs.probe.version}"
        observed: list[tuple[str, codec.Value]] = [("ffprobe", {"says": says, "ended": seen.ended})]
        hidden = ""
        if seen.probed is not None:
            observed += compared.observations(seen.probed, before, says)
            tags = compared.new_tags(seen.probed, before)
            hidden = "".join(f"[{_label(name)}] {_one_line(text)}\n" for name, text in tags.items())
        if seen.times:
            told: dict[str, codec.Value] = {"asked": list(seen.times), "kept": kept, "ended": seen.drawing_ended}
            observed.append(("ffmpeg.frames", {"says": f"ffmpeg {self._programs.draw.version}", **told}))
        return observed, hidden

    def _keep_frames(self, row: ExhibitRow, seen: Seen, at: str) -> int:
        """Seal each frame that is not the same as the one before, as pages are sealed; return how many."""
        frames: list[tuple[int, Frame]] = []
        for number, frame in sorted(seen.frames.items()):
            if not frames or frames[-1][1] != frame:
                frames.append((number, frame))
        for page, (number, frame) in enumerate(frames, 1):
            about = {
                "pages": len(frames),
                "width": frame.width,
                "height": frame.height,
                "channels": 3,
                "words": [],
                "near": seen.times[number],
                "key": number in seen.near_keys,
            }
            for name, data in ((StepName.PAGE, frame.pixels), (StepName.WORDS, codec.encode_bytes(about))):
                made = Derivative(
                    handle=row.exhibit.handle,
                    step=name,
                    version=FRAMES_VERSION,
                    digest=self._archive.store.put(data),
                    size=len(data),
                    settings=frame_settings(page),
                    tools=self._programs.tools,
                    grade=seen.grade,
                )
                self._batch.add([made], at)
        return len(frames)

    def commit(self) -> None:
        """Write what waits."""
        self._batch.commit()


def _label(name: str) -> str:
    return f"ffprobe, {name}"[:80].replace("]", ")")


def _one_line(text: str) -> str:
    return clean(text).replace("\n", " ").replace("\f", " ")
