"""Reads hostile files by the real runner, and tells whether what came of each is what has to come of it."""

import hashlib
import json
import socket
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from hostile_files.specimen import CRASH, TIMEOUT, VIOLATION, Hostile, Place
from witnessmark.cell.budget import Budget, Budgets
from witnessmark.cell.confine import Limits
from witnessmark.model.digest import Digest
from witnessmark.model.exhibit import printed
from witnessmark.work.reading import Job, ReadingResult
from witnessmark.work.runner import Runner

LIMITS = Limits(wall=6.0, cpu=5)
"""Short ones, for a machine that is quiet: a family that is about time costs this much, and no more."""
PATIENT = Limits(wall=40.0, cpu=5)
"""For a machine that does other things too: the processor's time counts, and the clock only ends what sleeps."""
OVERSHOOT = 0.5
OCTETS, ENTRIES = 64 << 20, 2_000
"""The budget of a hostile file here; smaller than in use, so that bombs end soon."""
SECRET = "kestrelnest: what no reader may read"


class Listener:
    """Listens on this machine for whatever a file makes its reader fetch; hears nothing, if all is well."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.heard = 0
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._socket.getsockname()[1]

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.heard += 1
            connection.close()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


class SmallBudgets(Budgets):
    """Budgets that are spent soon."""

    def of(self, root: str, *, root_size: int | None = None) -> Budget:
        del root_size
        return self._of.setdefault(root, Budget(most_octets=OCTETS, most_entries=ENTRIES))


class MeasuredRunner(Runner):
    """A runner that remembers what the kernel said of each child: its largest memory in KiB, its processor's time."""

    def __init__(self, *arguments, **more) -> None:
        super().__init__(*arguments, **more)
        self.spent: dict[str, tuple[int, float]] = {}

    def _end(self, cell, death):
        if death is not None:
            self.spent[cell.job.name] = death.peak, death.seconds
        yield from super()._end(cell, death)


@dataclass(slots=True)
class Found:
    """What came of one hostile file and of all that was taken out of it."""

    result: ReadingResult
    peak: int
    seconds: float
    below: list[ReadingResult] = field(default_factory=list)


class Contents:
    """A folder of contents by digest, with the calls that the runner uses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, digest: Digest) -> Path:
        return self.folder / digest.hex

    def has(self, digest: Digest) -> bool:
        return self.place(digest).exists()

    def open(self, digest: Digest):
        return self.place(digest).open("rb")

    def read(self, digest: Digest) -> bytes:
        return self.place(digest).read_bytes()

    def put(self, data: bytes) -> Digest:
        digest = Digest(hashlib.sha256(data).hexdigest())
        if not self.has(digest):  # a twin may be reading it
            self.place(digest).write_bytes(data)
        return digest

    def writer(self) -> "_Writer":
        return _Writer(self)


class _Writer:
    def __init__(self, contents: Contents) -> None:
        self._contents, self._data = contents, bytearray()

    def write(self, chunk: bytes) -> None:
        self._data += chunk

    def commit(self) -> tuple[Digest, int, bool]:
        digest = Digest(hashlib.sha256(self._data).hexdigest())
        is_new = not self._contents.has(digest)
        if is_new:
            self._contents.place(digest).write_bytes(self._data)
        return digest, len(self._data), is_new

    def abort(self) -> None:
        self._data.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def key(name: bytes) -> str:
    """Return a file's name as a job bears it."""
    return name.decode("utf-8", "replace")


def read_all(
    files: Iterable[Hostile],
    contents: Contents,
    place: Place,
    workers: int = 2,
    limits: Limits = LIMITS,
    passwords: tuple[str, ...] = (),
) -> dict[bytes, Found]:
    """Read each file alone, then all that came out of it, each content once, as compile does; as unlock, with passwords."""
    jobs, names, taken = {}, {}, set()

    def waiting() -> Iterator[Job]:
        for hostile in files:
            data = hostile.make(place)
            digest = contents.put(data)
            taken.add(digest)
            job = Job(digest, len(data), key(hostile.file_name), 0, key(hostile.file_name), digest.hex[:32])
            names[job.name] = hostile.file_name
            yield job

    found: dict[str, Found] = {}
    with MeasuredRunner(
        contents, workers, limits, budgets=SmallBudgets(), company=False, passwords=passwords
    ) as runner:
        for result in runner.run(waiting()):
            found[result.job.name] = Found(result, *runner.spent.get(result.job.name, (0, 0.0)))
        layer = [each.result for each in found.values()]
        while layer:
            jobs = list(_members(layer, taken))
            layer = []
            for result in runner.run(jobs):
                found[result.job.root_id].below.append(result)
                layer.append(result)
        assert runner.failures == {}
    return {names[name]: each for name, each in found.items()}


def _members(layer: list[ReadingResult], taken: set[Digest]) -> Iterator[Job]:
    for result in layer:
        for member in result.members:
            if member.digest not in taken:
                taken.add(member.digest)
                job = result.job
                name = member.path[-1].name
                yield Job(member.digest, member.size, name, job.depth + 1, job.root_id, member.digest.hex[:32])


def wrongs(hostile: Hostile, found: Found, contents: Contents, idle: int = 0) -> Iterator[str]:
    """Yield what is not as it has to be; `idle` is the memory in KiB that reading nothing takes."""
    result = found.result
    if result.outcome not in hostile.outcomes:
        yield f"ended as {result.outcome} ({result.detail}), not as {sorted(hostile.outcomes)}"
    if hostile.media_types and result.media_type not in hostile.media_types:
        yield f"is said to be {result.media_type}"
    names = tuple(printed(member.path) for member in result.members)
    if hostile.members is not None and sorted(names) != sorted(hostile.members):
        yield f"gave the members {names[:20]}"
    refused = tuple(printed(each.path) for each in result.refused)
    if hostile.refused is not None and sorted(refused) != sorted(hostile.refused):
        yield f"refused the members {refused[:20]}"
    if (
        hostile.most_members is not None
        and len(names) + sum(len(each.members) for each in found.below) > hostile.most_members
    ):
        yield f"gave {len(names)} members and {[len(each.members) for each in found.below][:20]} below"
    yield from _wrong_words(hostile, result, contents)
    above = (found.peak - idle) / 1024
    if idle and above > hostile.memory:
        yield f"took {above:.0f} MiB, not {hostile.memory}"
    for each in found.below:
        if each.outcome in (CRASH, VIOLATION):
            yield f"holds {each.job.name!r}, whose reading ended as {each.outcome} ({each.detail})"


def _text(contents: Contents, digest: Digest | None) -> str:
    return "" if digest is None else contents.read(digest).decode()


def _wrong_words(hostile: Hostile, result: ReadingResult, contents: Contents) -> Iterator[str]:
    visible, hidden = _text(contents, result.visible), _text(contents, result.hidden)
    noted = _text(contents, result.observations)
    for word in hostile.shown:
        if word not in visible:
            yield f"does not show {word!r}"
    for word in hostile.has:
        if word not in visible and word not in hidden:
            yield f"lacks {word!r}"
    for word in hostile.lacks:
        if word in visible or word in hidden or word in noted:
            yield f"holds {word!r}"
    seen = json.loads(noted)["observations"] if noted else []
    for name, value in hostile.observed:
        if not any(found == name and value in json.dumps(said) for found, said in seen):
            yield f"does not observe {name} {value!r}"


def delays(hostile: Hostile, found: Found, limits: Limits = LIMITS) -> Iterator[str]:
    """Yield where a reading took more time than it may; for a bench, since a busy machine is no fault of a reader."""
    result = found.result
    if result.seconds > limits.sized(result.job.size).wall + OVERSHOOT:
        yield f"took {result.seconds:.2f} s of the clock"
    if result.outcome is not TIMEOUT and found.seconds > hostile.seconds:
        yield f"took {found.seconds:.2f} s of the processor, not {hostile.seconds:g}"
