"""Publish: decisions in, a folder out that anyone can check; or an edition that went out, again, byte for byte.

Rules for whoever changes this file:
- The order is DESIGN's: decisions and checkpoint C; render; manifest; release and checkpoint C2; the three files that
  vouch for the rest; rename. What a crash leaves between release and rename is finished by `--release N`.
- The manifest lies in the store before the release that names it, so that an edition can be compared later.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import DecisionRow, ReleaseRow
from witnessmark.edition import anchors, manifest, plan, proofs
from witnessmark.edition import decisions as deciding
from witnessmark.edition import folder as folders
from witnessmark.edition.anchors import NOTHING, Carried
from witnessmark.edition.decisions import Decided
from witnessmark.edition.folder import Folder
from witnessmark.edition.gather import Gathering
from witnessmark.edition.plan import PROGRAM, Plan, Planned
from witnessmark.edition.render import Rendered, Rendering
from witnessmark.errors import DiskFailure, Undecided, WrongUsage
from witnessmark.model.decision import Decision
from witnessmark.model.digest import Commitment, Digest
from witnessmark.model.public_id import PublicId
from witnessmark.model.release import Release

OUTSIDE: Final = ("manifest", "proof/release.tlog-proof", "proof/continues.json")
"""The three files that the manifest does not name; each can be checked by itself."""
_LARGEST_MANIFEST: Final = 1 << 30
_NAMED: Final = 8


@dataclass(frozen=True, slots=True)
class Published:
    """What went out."""

    edition: int
    exhibits: int
    files: int
    waiting: int


def publish(
    archive: Archive,
    catalogue: Catalogue,
    site: Path | str,
    decisions_path: Path | str,
    *,
    clock: Callable[[], str],
    entropy: Callable[[int], bytes],
) -> Published:
    """Make the next edition by a decision file and write it into a new folder.

    Raises:
        WrongUsage: when SITE is not empty, a row of the decisions is wrong, or an edition waits to be finished.
        DiskFailure: when it cannot be written; the sentence says whether the edition counts already.
        Damaged: when a content that should go out is missing or changed.
    """
    place = folders.check_free(Path(site), Path(archive.root))
    releases = catalogue.releases()
    _check_finished(place, releases)
    text = deciding.read(Path(decisions_path))
    ids_before = releases[-1].release.ids if releases else ()
    published = {commitment: name for commitment, name in ids_before if catalogue.erased(commitment) is None}
    decided = deciding.parse(text, catalogue, published)
    ids = plan.give_ids([row.decision.exhibit for row in decided], releases, archive.settings.prefix, entropy)
    at = clock()
    in_force = _decide(archive, catalogue, decided, at)
    made = _plan(archive, catalogue, releases, decided, in_force, ids, at)
    with Folder(place, made.edition, archive.store.disk.system) as folder:
        rendered = Rendering(archive, made, folder).render(Gathering(archive, catalogue, made))
        found = manifest.text(folder.rows)
        release = _release(archive, made, found, releases, at)
        with _recorded(folder, made.edition):
            catalogue.catch_up(archive)
            _vouch(archive, made, folder, found, release, rendered)
            folder.keep(made.on)
    return _published(made, rendered, folder)


def publish_again(archive: Archive, catalogue: Catalogue, site: Path | str, number: int) -> Published:
    """Write an edition that went out once more, byte for byte, from its release.

    Raises:
        WrongUsage: when SITE is not empty, or there is no such edition.
        Undecided: when this program makes other bytes; then nothing is written and what differs is named.
    """
    place = folders.check_free(Path(site), Path(archive.root))
    releases = catalogue.releases()
    row = next((row for row in releases if row.release.edition == number), None)
    if row is None:
        have = f"there are {len(releases)}" if releases else "there is none yet"
        raise WrongUsage(f"there is no edition {number}: {have}")
    made = _plan_again(archive, catalogue, [earlier for earlier in releases if earlier.index <= row.index])
    with Folder(place, number, archive.store.disk.system) as folder:
        rendered = Rendering(archive, made, folder).render(Gathering(archive, catalogue, made))
        found = manifest.text(folder.rows)
        _check_same(archive, row.release, found)
        _vouch(archive, made, folder, found, row.index, rendered)
        folder.keep(made.on)
    return _published(made, rendered, folder)


def _published(made: Plan, rendered: Rendered, folder: Folder) -> Published:
    return Published(made.edition, rendered.exhibits, len(folder.rows) + len(OUTSIDE), rendered.waiting)


def _check_finished(place: Path, releases: Sequence[ReleaseRow]) -> None:
    """Refuse to begin an edition while an earlier one is recorded and was not written to its end."""
    for row in releases:
        number = row.release.edition
        left = folders.unfinished(place, number)
        if left.exists():
            raise WrongUsage(
                f"edition {number} is recorded and was not written to its end: run `publish` with --release {number} "
                "first"
            )


def _decide(
    archive: Archive, catalogue: Catalogue, decided: Sequence[Decided], at: str
) -> dict[Commitment, DecisionRow]:
    """Append the decisions that are new or changed; return the one in force about each exhibit of the file."""
    known = {row.decision.exhibit: row for row in catalogue.decisions()}
    batch = archive.ledger.batch()
    for row in decided:
        if row.decision.exhibit not in known or known[row.decision.exhibit].decision != row.decision:
            batch.add(row.decision.event(at))
    for recorded in archive.ledger.commit(batch):
        made = DecisionRow(recorded.commitment, recorded.index, Decision.from_fields(recorded.fields))
        known[made.decision.exhibit] = made
    catalogue.catch_up(archive)
    return {row.decision.exhibit: known[row.decision.exhibit] for row in decided}


def _plan(
    archive: Archive,
    catalogue: Catalogue,
    releases: Sequence[ReleaseRow],
    decided: Sequence[Decided],
    in_force: dict[Commitment, DecisionRow],
    ids: dict[Commitment, PublicId],
    at: str,
) -> Plan:
    ledger, settings = archive.ledger, archive.settings
    keys = ledger.log.keys
    note = plan.clean_note(ledger.note(), keys)
    planned = tuple(_planned(ids[row.decision.exhibit], in_force[row.decision.exhibit]) for row in decided)
    checkpoints, published = plan.editions(releases, note, ids)
    return Plan(
        edition=releases[-1].release.edition + 1 if releases else 1,
        on=at[:10],
        title=settings.title,
        keeper=settings.keeper,
        about=settings.about,
        keys=keys,
        exhibits=tuple(sorted(planned, key=lambda row: row.id)),
        checkpoints=checkpoints,
        sizes=tuple(map(plan.size_of, checkpoints)),
        published=published,
        carried=anchors.gather(archive, plan.size_of(note)),
        rotations=catalogue.rotations()[: len(keys.earlier)],
    )


def _plan_again(archive: Archive, catalogue: Catalogue, releases: Sequence[ReleaseRow]) -> Plan:
    """Return the plan behind the last of these releases."""
    release, earlier = releases[-1].release, releases[:-1]
    names = dict(release.ids)
    planned = []
    for commitment in release.decisions:
        index = catalogue.index_of(commitment)
        decision = Decision.from_fields(archive.ledger.recorded(index).fields)
        row = DecisionRow(commitment, index, decision)
        planned.append(_planned(PublicId.parse(names[decision.exhibit]), row))
    checkpoints, published = plan.editions(earlier, release.checkpoint, names)
    keys = archive.ledger.log.keys.at(plan.size_of(release.checkpoint))
    return Plan(
        edition=release.edition,
        on=archive.ledger.recorded(releases[-1].index).fields["sealed"],
        title=release.title,
        keeper=release.keeper,
        about=release.about,
        keys=keys,
        exhibits=tuple(sorted(planned, key=lambda row: row.id)),
        checkpoints=checkpoints,
        sizes=tuple(map(plan.size_of, checkpoints)),
        published=published,
        carried=_carried(archive, release),
        rotations=catalogue.rotations()[: len(keys.earlier)],
    )


def _carried(archive: Archive, release: Release) -> Carried:
    """Return the anchors that an edition went out with."""
    return NOTHING if release.anchors is None else Carried.parse(archive.store.read(release.anchors, anchors.LARGEST))


def _planned(name: PublicId, row: DecisionRow) -> Planned:
    return Planned(name, row.decision, row.index, row.commitment)


def _release(archive: Archive, made: Plan, found: bytes, releases: Sequence[ReleaseRow], at: str) -> int:
    """Append the release, from which on the edition counts, and return its place in the log."""
    release = Release(
        edition=made.edition,
        manifest=archive.store.put(found),
        checkpoint=made.checkpoint,
        previous=releases[-1].commitment if releases else None,
        program=PROGRAM,
        ids=made.ids,
        decisions=tuple(row.decision_commitment for row in made.exhibits),
        title=made.title,
        keeper=made.keeper,
        about=made.about,
        anchors=archive.store.put(made.carried.data) if made.carried.files else None,
    )
    batch = archive.ledger.batch()
    batch.add(release.event(at))
    (recorded,) = archive.ledger.commit(batch)
    return recorded.index


def _vouch(archive: Archive, made: Plan, folder: Folder, found: bytes, release: int, rendered: Rendered) -> None:
    """Add the three files outside the manifest."""
    ledger = archive.ledger
    latest = next(size for size in ledger.sizes() if size > release)
    path_of_manifest, path_of_release, path_of_continues = OUTSIDE
    folder.write_outside(path_of_manifest, found)
    folder.write_outside(path_of_release, proofs.proof_file(ledger, release, latest).encode())
    sizes = rendered.sizes | {made.size, latest, *made.carried.notes}
    folder.write_outside(path_of_continues, proofs.continues(ledger, sizes, release))


@contextmanager
def _recorded(folder: Folder, edition: int) -> Iterator[None]:
    """Say of a failure after the release that the edition counts and how it is finished."""
    folder.leave()
    try:
        yield
    except DiskFailure as error:
        raise DiskFailure(
            f"{error}; edition {edition} is recorded: run `publish` with --release {edition} to write it"
        ) from error


def _check_same(archive: Archive, release: Release, found: bytes) -> None:
    if Digest.of(found) == release.manifest:
        return
    if not archive.store.has(release.manifest):
        what = "its manifest is no longer in the store, so that it cannot be said what differs"
    else:
        before = archive.store.read(release.manifest, _LARGEST_MANIFEST)
        paths = manifest.differences(before, found)
        more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
        what = f"{len(paths)} files differ: {', '.join(paths[:_NAMED])}{more}"
    raise Undecided(
        f"edition {release.edition} was made by {release.program}, this is {PROGRAM}; {what}; nothing was written"
    )
