"""A fresh archive, fixed randomness, and invented events for the tests of the archive room."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from witnessmark.archive.folder import Archive
from witnessmark.archive.ledger import Recorded
from witnessmark.model.event import Event
from witnessmark.settings import Settings

ORIGIN = "archive.invalid/kestriaaaaaaaaaa"


@pytest.fixture
def entropy() -> Callable[[int], bytes]:
    return random.Random(20320612).randbytes


@pytest.fixture
def root(tmp_path: Path, entropy: Callable[[int], bytes]) -> Path:
    """An empty archive whose checkpoints are padded to 8 entries."""
    path = tmp_path / "archive"
    Archive.create(path, Settings(ORIGIN, pad=8), entropy=entropy)
    return path


@pytest.fixture
def commit() -> Callable[..., tuple[Recorded, ...]]:
    """Seal texts as contents with one exhibit event each, in one batch."""

    def commit(archive: Archive, *texts: str) -> tuple[Recorded, ...]:
        batch = archive.ledger.batch()
        for text in texts:
            digest = archive.store.put(text.encode())
            batch.add(
                Event("exhibit", {"at": "2032-06-12T09:41:00Z", "digest": digest.hex, "id": text, "handle": text})
            )
        return archive.ledger.commit(batch)

    return commit
