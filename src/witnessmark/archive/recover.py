"""What a new writer does about the last one's end: write the unsigned batch again, or move it aside.

Rules for whoever changes this file:
- A segment beyond the latest checkpoint is taken only when it is whole; else it goes to `vault/events/torn`, and
  nothing in it was ever reported as sealed.
- A segment that another follows was signed, for a batch begins after the last was: where one is torn or missing
  before another, log/ is older than vault/, and nothing is moved or signed.
- Contents are checked before (store.py), so that here their presence says that they are right.
- A tree that was signed is never signed otherwise: an archived checkpoint beyond the latest binds the segment.
"""

from collections.abc import Iterator
from pathlib import Path

from witnessmark.archive import segment
from witnessmark.archive.disk import Disk, sentences
from witnessmark.archive.layout import PRIVATE_FOLDER, Layout, segment_first
from witnessmark.archive.ledger import Ledger
from witnessmark.archive.store import Store, free_name
from witnessmark.errors import Damaged
from witnessmark.model.codec import Fields
from witnessmark.model.digest import Digest
from witnessmark.model.words import Kind
from witnessmark.proof.checkpoint import Checkpoint

_NAMING = {
    Kind.EXHIBIT.value: ("digest",),
    Kind.DERIVATIVE.value: ("digest", "text"),
    Kind.RELEASE.value: ("manifest", "anchors"),
}


def recover(ledger: Ledger, layout: Layout, store: Store, disk: Disk, pad: int) -> None:
    """Bring the ledger to a signed state, or refuse.

    Raises:
        Damaged: when tiles, segment and signed checkpoints contradict each other.
    """
    ledger.log.check_root(ledger.checkpoint())
    bound = ledger.log.beyond()
    unsigned = _beyond(layout, ledger.size)
    if bound is not None:
        whole = _whole(unsigned[0], ledger.size, store, pad) if unsigned else None
        if whole is None or bound.size != ledger.size + len(whole):
            raise _unbound(bound)
    is_older = len(unsigned) > 1
    while unsigned:
        path, *further = unsigned
        whole = _whole(path, ledger.size, store, pad)
        if whole is not None:
            ledger.write_again(b"".join(line + b"\n" for line in segment.load(path)), whole)
        elif is_older or int(path.stem) != ledger.size:
            raise _older(ledger.size)
        else:
            disk.folder(layout.torn_events, PRIVATE_FOLDER)
            disk.move(path, free_name(layout.torn_events, path.name))
        unsigned = further


def _beyond(layout: Layout, size: int) -> list[Path]:
    with sentences("read", layout.events):
        found = sorted(path for path in layout.events.iterdir() if segment_first(path.name) is not None)
    return [path for path in found if int(path.stem) >= size]


def _whole(path: Path, size: int, store: Store, pad: int) -> list[bytes] | None:
    """Return the segment's entries in log order, or None when something of it is missing."""
    if int(path.stem) != size:
        return None
    lines = segment.load(path)
    entries: dict[int, bytes] = {}
    try:
        for line in lines:
            parsed = segment.parse(line)
            entries[parsed.index] = parsed.entry
        complete = all(store.has(digest) for digest in _named(lines))
    except Damaged:
        return None
    expected = list(range(size, size + len(lines)))
    is_whole = complete and bool(lines) and (size + len(lines)) % pad == 0 and sorted(entries) == expected
    return [entries[index] for index in expected] if is_whole else None


def _named(lines: list[bytes]) -> Iterator[Digest]:
    """Yield the digests of all contents that the events of a segment name."""
    for line in lines:
        if segment.is_event(line):
            _, _, kind, fields = segment.read_event(line)
            yield from digests_named(kind, fields)


def digests_named(kind: str, fields: Fields) -> list[Digest]:
    """Return the digests of the contents that an event names."""
    found = [fields.get(name) for name in _NAMING.get(kind, ())]
    return [Digest(text) for text in found if isinstance(text, str)]


def _older(size: int) -> Damaged:
    return Damaged(
        f"vault/events reaches beyond size {size}, the latest checkpoint, with segments that were signed: log/ is "
        "older than vault/, or a segment is lost; nothing more is signed; restore all of log/ and vault/ from the "
        "newest backup"
    )


def _unbound(bound: Checkpoint) -> Damaged:
    return Damaged(
        f"a checkpoint of size {bound.size} was signed, but the events under it are not all here: nothing more is "
        "signed; restore vault/ from a backup that holds them"
    )
