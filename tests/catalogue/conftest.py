"""A small archive, made by hand: a source of files, readings of them, and what people said."""

import itertools
import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from witnessmark.archive.folder import Archive
from witnessmark.model.accession import Accession
from witnessmark.model.derivative import Derivative, Outcome
from witnessmark.model.digest import Commitment, Digest
from witnessmark.model.event import Event
from witnessmark.model.exhibit import Exhibit, ExhibitKind, How, PathStep
from witnessmark.model.words import StepName
from witnessmark.settings import Settings

AT = "2032-06-12T09:41:00Z"
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


class Keeper:
    """Writes an archive event by event; everything that would be random is drawn from one seed."""

    def __init__(self, root: Path, seed: int = 7) -> None:
        self.random = random.Random(seed)
        Archive.create(root, Settings("archive.invalid/aaaaaaaaaaaaaaaa"), entropy=self.random.randbytes)
        self.archive = Archive.writing(root, entropy=self.random.randbytes)
        self.batch = self.archive.ledger.batch()
        self.handles: dict[Digest, str] = {}

    def commit(self) -> None:
        self.archive.ledger.commit(self.batch)
        self.batch = self.archive.ledger.batch()

    def add(self, event: Event) -> Commitment:
        return self.batch.add(event)

    def accession(self, source: str = "leak", number: int = 1, root: str = "", **more) -> Commitment:
        path = (PathStep(root),) if root else ()
        return self.add(Accession(number, source, root=path, **more).event(AT))

    def exhibit(self, accession: Commitment, path: str, data: bytes, container: Commitment | None = None) -> Commitment:
        digest = self.archive.store.put(data)
        handle = self.handles.setdefault(digest, self.random.randbytes(16).hex())
        exhibit = Exhibit(
            "".join(self.random.choices(_BASE32, k=16)),
            handle,
            digest,
            len(data),
            tuple(PathStep(name) for name in path.split("/")),
            How.RECEIVED if container is None else How.COPIED,
            accession,
            container,
        )
        return self.add(exhibit.event(AT))

    def read(self, data: bytes, visible: str = "", hidden: str = "", version: str = "1", **more) -> None:
        handle = self.handles[Digest.of(data)]
        fields = {"outcome": Outcome.OK, "media_type": "text/plain", "kind": ExhibitKind.DOCUMENT} | more
        put = self.archive.store.put
        self.add(Derivative(handle, StepName.READ, version, put(b"{}"), 2, **fields).event(AT))
        for step, text in ((StepName.VISIBLE, visible), (StepName.HIDDEN, hidden)):
            if text:
                self.add(Derivative(handle, step, version, put(text.encode()), len(text.encode())).event(AT))

    def texts(self, texts: Iterable[str], name: str = "{}.txt") -> None:
        """Seal and read one file for each text."""
        accession = self.accession()
        for number, text in enumerate(texts):
            data = f"{number}:{text}".encode()
            self.exhibit(accession, name.format(number), data)
            self.read(data, text)
        self.commit()

    def close(self) -> None:
        self.archive.close()


@pytest.fixture
def keeper(tmp_path: Path):
    made = Keeper(tmp_path / "archive")
    yield made
    made.close()


@pytest.fixture
def new_keeper(tmp_path: Path):
    """Make archives of their own, one after the other."""
    made: list[Keeper] = []
    numbers = itertools.count()

    def make(seed: int = 7) -> Keeper:
        made.append(Keeper(tmp_path / f"archive-{next(numbers)}", seed))
        return made[-1]

    yield make
    for one in made:
        one.close()


MakeKeeper = Callable[..., Keeper]
