"""The open batch of what is made of contents that were sealed before: pages, sound, later readings.

A batch is written whole or not at all; the catalogue knows what was written when `commit` returns.
"""

import time
from collections.abc import Iterable
from typing import Final

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.model.derivative import Derivative

_EVENTS: Final = 512
_SECONDS: Final = 5.0


class OpenBatch:
    """Derivatives that wait to be written together: until there are many, or some time has gone by."""

    def __init__(self, archive: Archive, catalogue: Catalogue) -> None:
        self._archive, self._catalogue = archive, catalogue
        self._open()

    def _open(self) -> None:
        self._batch = self._archive.ledger.batch()
        self._since = time.monotonic()

    def add(self, derivatives: Iterable[Derivative], at: str) -> None:
        """Put derivatives that were made at some time into the batch; nothing is written yet."""
        for derivative in derivatives:
            self._batch.add(derivative.event(at))

    def commit_when_due(self) -> None:
        """Write the batch when it is large or old enough."""
        if len(self._batch) >= _EVENTS or time.monotonic() - self._since >= _SECONDS:
            self.commit()

    def commit(self) -> None:
        """Write what is in the batch, if anything is."""
        if len(self._batch):
            self._archive.ledger.commit(self._batch)
            self._catalogue.catch_up(self._archive)
        self._open()


def seal(archive: Archive, catalogue: Catalogue, derivatives: Iterable[Derivative], at: str) -> None:
    """Write derivatives in a batch of their own."""
    batch = OpenBatch(archive, catalogue)
    batch.add(derivatives, at)
    batch.commit()
