"""What is due: the contents that have no reading of this step, version and settings, as jobs."""

from collections.abc import Iterable, Iterator

from witnessmark.model.digest import Digest
from witnessmark.work.reading import Job

DueRow = tuple[Digest, str, int, str, int, str]
"""A row of `Catalogue.due`: digest, handle, size, name, depth, root id."""


def plan(rows: Iterable[DueRow]) -> Iterator[Job]:
    """Yield the job of each row that is due, lazily: there may be a million."""
    for digest, handle, size, name, depth, root_id in rows:
        yield Job(digest, size, name, depth, root_id, handle)
