"""A later reading: what a program of the machine adds to what our reader found; nothing that was found is lost.

The newest reading of a content counts. So a program's has all that the earlier one had (observations, members, hidden
text), and what the program gave besides; its settings say which program, and that is how it is told everywhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.rows import ExhibitRow
from witnessmark.cell.grade import worse
from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.model.derivative import LARGEST_OBSERVATIONS, LARGEST_TEXT, Derivative, Outcome
from witnessmark.model.digest import Digest
from witnessmark.model.words import StepName
from witnessmark.work import reading, step


@dataclass(frozen=True, slots=True)
class Added:
    """What a program gave of a content.

    `visible` is the whole visible text from now on, `hidden` is added to what there is.
    """

    settings: str
    visible: str
    hidden: str
    observed: Sequence[tuple[str, codec.Value]]
    tools: Mapping[str, str]
    grade: str
    outcome: Outcome
    detail: str
    languages: tuple[str, ...]


def visible_text(archive: Archive, row: ExhibitRow) -> str:
    """Return the visible text of the newest reading."""
    newest = row.reading
    found = None if newest is None or newest.visible is None else newest.visible.digest
    return "" if found is None else sealed_text(archive, found)


def sealed_text(archive: Archive, digest: Digest) -> str:
    """Return a text that was sealed.

    Raises:
        Damaged: when it is missing, or not what was sealed.
    """
    try:
        return archive.store.read(digest, LARGEST_TEXT).decode()
    except UnicodeDecodeError as error:
        raise Damaged(f"the text {digest} cannot be read: run `witnessmark audit`") from error


def derivatives(archive: Archive, row: ExhibitRow, added: Added) -> Iterator[Derivative]:
    """Yield the reading and its texts as they are from now on; their contents are in the store then.

    Raises:
        Damaged: when what was read before is missing, or not what was sealed.
    """
    assert row.reading is not None
    before = row.reading.derivative
    observations = _observations(archive, before.digest, added.observed)
    tools = {**before.tools, **added.tools}
    grade = worse(before.grade, added.grade)
    digest = archive.store.put(observations)
    yield Derivative(
        handle=before.handle,
        step=StepName.READ,
        version=step.VERSION,
        digest=digest,
        size=len(observations),
        settings=added.settings,
        tools=tools,
        grade=grade,
        outcome=added.outcome,
        detail=added.detail,
        media_type=before.media_type,
        kind=before.kind,
        languages=added.languages or before.languages,
        characters=len(added.visible),
        members=before.members,
    )
    hidden = row.reading.hidden
    apart = None if hidden is None else hidden.digest
    kept = "" if apart is None else sealed_text(archive, apart)
    for name, text in ((StepName.VISIBLE, added.visible), (StepName.HIDDEN, kept + added.hidden)):
        if text:
            data = text.encode()
            yield Derivative(
                handle=before.handle,
                step=name,
                version=step.VERSION,
                digest=archive.store.put(data),
                size=len(data),
                settings=added.settings,
                tools=tools,
                grade=grade,
            )


def _observations(archive: Archive, earlier: Digest | None, observed: Sequence[tuple[str, codec.Value]]) -> bytes:
    """Return the observations of the earlier reading with the new ones behind them."""
    found: codec.Fields = {"members": [], "observations": [], "refused": [], "truncated": False}
    if earlier is not None:
        found = reading.observed(archive.store, earlier, LARGEST_OBSERVATIONS)
    listed = [*found["observations"], *([name, value] for name, value in observed)]
    return codec.encode_bytes({**found, "observations": listed})
