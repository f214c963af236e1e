"""The erasure of an exhibit: first the event that says so, then its content, what was made of it, and the salts.

What an erased exhibit leaves is the 33 bytes of each of its entries in the public log, which nobody can open again,
and the erasure event: when, by whom, why, and which entries.

Rules for whoever changes this file:
- The event goes first and says all that must be gone; destruction may be stopped anywhere and is finished by the next
  writer, which `vault/erasing` tells to look.
- Contents go before the lines that name them: without the lines nobody would know what else must go.
- Content that an event still names which is not erased stays. While any line cannot be read, nothing is destroyed.
- The event holds no digest and no name: it must not tell what it made unknown.
"""

import shutil
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from witnessmark.archive import segment
from witnessmark.archive.disk import sentences
from witnessmark.archive.layout import PRIVATE_FILE, Layout
from witnessmark.archive.ledger import Ledger
from witnessmark.archive.recorded import Recorded
from witnessmark.archive.recover import digests_named
from witnessmark.archive.store import Store
from witnessmark.errors import Damaged, WrongUsage
from witnessmark.model.codec import Fields
from witnessmark.model.digest import Commitment, Digest
from witnessmark.model.event import Event
from witnessmark.model.exhibit import volumes_of
from witnessmark.model.words import Kind


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure event says: which exhibits, why, by whom, when, and the entries whose salts must be gone.

    The first of the exhibits is the one that was asked for; the others were taken out of it.
    """

    exhibits: tuple[Commitment, ...]
    entries: tuple[int, ...]
    reason: str
    by: tuple[str, ...]
    at: str

    def event(self) -> Event:
        """Return the event."""
        return Event(
            Kind.ERASURE,
            {
                "at": self.at,
                "sealed": self.at[:10],
                "exhibits": [str(commitment) for commitment in self.exhibits],
                "entries": list(self.entries),
                "reason": self.reason,
                "by": list(self.by),
            },
        )

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Return what an event says.

        Raises:
            Damaged: when it is no erasure of this version.
        """
        match dict(fields):
            case {
                "exhibits": list(exhibits),
                "entries": list(entries),
                "reason": str(reason),
                "by": list(by),
                "at": str(at),
            }:
                if all(type(index) is int for index in entries) and all(isinstance(one, str) for one in exhibits + by):
                    gone = tuple(map(Commitment.parse, exhibits))
                    return cls(gone, tuple(entries), reason, tuple(by), at)
        raise Damaged("an erasure event of a newer version")

    @property
    def sentence(self) -> str:
        """When it was, and by whom."""
        return f"erased on {self.at[:10]} by {' and '.join(self.by)}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What erasing an exhibit would destroy, and what it cannot."""

    exhibits: tuple[Commitment, ...]
    names: tuple[str, ...]  # private ids of the exhibits that go: itself and all that was taken out of it
    entries: tuple[int, ...]
    contents: tuple[Digest, ...]
    shared: tuple[str, ...]  # private ids of exhibits that stay and have content in common with these
    signed: int  # attestations and decisions about these exhibits: they are people's words and stay


def check_names(by: Iterable[str]) -> tuple[str, ...]:
    """Return the names of those who erase.

    Raises:
        WrongUsage: when they are not at least two different people.
    """
    names = tuple(" ".join(name.split()) for name in by)
    different = {unicodedata.normalize("NFKC", name).casefold() for name in names}
    if len(names) < 2 or len(different) != len(names) or "" in different:
        raise WrongUsage("an erasure needs two different names: --by A --by B")
    return names


def plan(ledger: Ledger, index: int) -> Plan:
    """Return what erasing the exhibit at an index of the log would destroy.

    Raises:
        WrongUsage: when it is no exhibit, or lies in a container whose bytes hold it too.
        Damaged: when a line of the ledger cannot be read: it might name the same content.
    """
    top = ledger.recorded(index)
    if top.kind != Kind.EXHIBIT:
        raise WrongUsage(f"entry {index} is no exhibit")
    if top.fields.get("container") is not None:
        raise WrongUsage(
            f"exhibit {top.fields['id']} lies inside a container, whose bytes hold it too: erase the container, and "
            "with it all that was taken out of it"
        )
    gone, handles = _exhibits_of(ledger, top)
    shared, staying = _sharing(ledger, gone, handles)
    made, signed = _made_of(ledger, gone, handles - shared)
    entries = sorted([one.index for one in gone.values()] + made)
    _check_readable(ledger)
    contents = _only_named_by(ledger, set(entries))
    names = tuple(str(one.fields["id"]) for one in gone.values())
    exhibits = tuple(one.commitment for one in gone.values())
    return Plan(exhibits, names, tuple(entries), tuple(sorted(contents)), tuple(staying), signed)


def _exhibits_of(ledger: Ledger, top: Recorded) -> tuple[dict[str, Recorded], set[str]]:
    """Return an exhibit with all that was taken out of it, by commitment, and their handles.

    With any of its volumes goes an archive that was put together of them: it holds their bytes.
    """
    gone = {str(top.commitment): top}
    for one in ledger.replay():
        if one.kind == Kind.EXHIBIT and not gone.keys().isdisjoint(_holders(one)):
            gone[str(one.commitment)] = one
    return gone, {str(one.fields["handle"]) for one in gone.values()}


def _holders(exhibit: Recorded) -> tuple[str, ...]:
    """Return the commitments of the container of an exhibit, and of the volumes that it was put together of."""
    fields = exhibit.fields
    return str(fields.get("container")), *volumes_of(fields.get("how"), fields.get("stated"))


def _sharing(ledger: Ledger, gone: dict[str, Recorded], handles: set[str]) -> tuple[set[str], list[str]]:
    """Return the handles that exhibits have which stay, and the private ids of those exhibits."""
    shared, staying = set[str](), list[str]()
    for one in ledger.replay():
        if one.kind == Kind.EXHIBIT and one.fields.get("handle") in handles and str(one.commitment) not in gone:
            shared.add(str(one.fields["handle"]))
            staying.append(str(one.fields["id"]))
    return shared, staying


def _made_of(ledger: Ledger, gone: dict[str, Recorded], handles: set[str]) -> tuple[list[int], int]:
    """Return the entries of derivatives and findings that go, and how many judgements and decisions stay."""
    made, signed = list[int](), 0
    for one in ledger.replay():
        match one.kind:
            case Kind.DERIVATIVE if one.fields.get("handle") in handles:
                made.append(one.index)
            case Kind.FINDING if one.fields.get("exhibit") in gone:
                made.append(one.index)
            case Kind.DECISION if one.fields.get("exhibit") in gone:
                signed += 1
            case Kind.ATTESTATION if any(name in gone for name in one.fields.get("exhibits") or ()):
                signed += 1
            case _:
                pass
    return made, signed


def _only_named_by(ledger: Ledger, entries: set[int]) -> set[Digest]:
    """Return the contents that these entries name and no other event does."""
    found = set[Digest]()
    for one in ledger.replay():
        if one.index in entries:
            found.update(digests_named(one.kind, one.fields))
    for one in ledger.replay() if found else ():
        if one.index not in entries:
            found.difference_update(digests_named(one.kind, one.fields))
    return found


def _check_readable(ledger: Ledger) -> None:
    if ledger.broken:
        raise Damaged(
            f"{len(ledger.broken)} lines of the event segments cannot be read and may name the same content: nothing "
            "is erased; repair them first (`witnessmark audit ARCHIVE --repair-from COPY`)"
        )


def begin(ledger: Ledger, layout: Layout, store: Store, erasure: Erasure) -> Recorded:
    """Seal the erasure event; whatever it names must be gone, and `finish` sees to it."""
    store.disk.write_durably(layout.erasing, b"", PRIVATE_FILE)
    batch = ledger.batch()
    batch.add(erasure.event())
    (recorded,) = ledger.commit(batch)
    return recorded


def erasures(ledger: Ledger) -> list[Erasure]:
    """Return all erasures that the ledger tells of."""
    return [Erasure.from_fields(one.fields) for one in ledger.replay() if one.kind == Kind.ERASURE]


def is_unfinished(layout: Layout) -> bool:
    """Tell whether an erasure was stopped before its end."""
    return layout.erasing.exists()


def finish(ledger: Ledger, layout: Layout, store: Store) -> None:
    """Destroy whatever the erasure events name and is still here.

    Raises:
        Damaged: when a line of the ledger cannot be read: it might name the same content.
        DiskFailure: when the disk refuses; the next writer goes on.
    """
    entries = {index for erasure in erasures(ledger) for index in erasure.entries}
    _check_readable(ledger)
    for digest in sorted(_only_named_by(ledger, entries)):
        destroy(layout, store, digest)
    store.disk.sync()
    for first in ledger.bounds()[:-1]:
        _rewrite(ledger, store, first, entries)
    ledger.forget()
    drop_projections(layout, store)
    if layout.erasing.exists():
        store.disk.remove(layout.erasing)
        store.disk.sync()


def destroy(layout: Layout, store: Store, digest: Digest) -> None:
    """Remove a content wherever it lies."""
    torn = sorted(layout.torn_content.glob(f"{digest.hex}*")) if layout.torn_content.is_dir() else []
    for path in (layout.of_content(digest), layout.of_new_content(digest), *torn):
        if path.exists():
            store.disk.remove(path)


def _rewrite(ledger: Ledger, store: Store, first: int, entries: set[int]) -> None:
    """Write a segment again without the salts, records and fields of those entries."""
    path = ledger.segment_path(first)
    lines, changed = segment.load(path), False
    for index, at in segment.places(lines).items():
        if index in entries and segment.is_event(lines[at]):
            lines[at], changed = segment.erased(segment.parse(lines[at]).entry, index).rstrip(b"\n"), True
    if changed:
        store.disk.write_durably(path, b"".join(line + b"\n" for line in lines), PRIVATE_FILE)


def drop_projections(layout: Layout, store: Store) -> None:
    """Remove catalogue and index, which still hold what was erased; whoever opens them next makes them again."""
    for suffix in ("-wal", "-shm", ""):
        path = layout.catalogue.with_name(layout.catalogue.name + suffix)
        if path.exists():
            store.disk.remove(path)
    for suffix in ("", ".new", ".old"):
        folder = layout.index.with_name(layout.index.name + suffix)
        with sentences("removed", folder):
            if folder.is_dir():
                shutil.rmtree(folder)
