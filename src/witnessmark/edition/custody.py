"""The custody of one exhibit on one page: who held it, how it came here, what was done with it, and who says so.

Every line comes from the ledger, names the log entry that it rests on, and says whose word it is; nothing is inferred.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from witnessmark.archive.anchors import Anchors, Sort
from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import AccessionRow, CustodyRow, ExhibitRow
from witnessmark.edition.html import Pages, spoken
from witnessmark.errors import Damaged
from witnessmark.model.digest import Commitment
from witnessmark.model.exhibit import How, volumes_of
from witnessmark.proof import timestamp

CLOCK: Final = "our own clock"
_CHUNK = 1 << 20
_HOW: Final = {
    How.COPIED: "its bytes stand so in the container",
    How.DECODED: "unpacked or decoded from the container",
    How.REBUILT: "put together from properties of the container; not the bytes of any file",
    How.JOINED: "the bytes of the volumes of one archive, of which this is the first, one after the other",
}
NOT_SHOWN: Final = (
    "Who held it before it came here is what the people named have stated; nothing here checks it.",
    "Times of files are what the file system of the copy says; copying and clocks change them.",
    "Days of sealing are told by this archive's own clock, except where a witness or an authority is named.",
    "What a document says, who wrote it, and anything about the time before it was sealed are not judged here.",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: when (as it was told), what, whose word it is, and the log entries that it rests on.

    `parts` are `what` cut where a name may run in another direction than the sentence.
    """

    when: str
    what: str
    says: str
    entries: tuple[int, ...] = ()
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Custody:
    """The page of one exhibit; `before`, `arrival`, `since` and `others` are in the order of the ledger."""

    exhibit: str
    path: str
    digest: str
    size: int
    fixity: str
    before: tuple[Line, ...]
    arrival: tuple[Line, ...]
    since: tuple[Line, ...]
    others: tuple[Line, ...]
    warnings: tuple[str, ...]
    as_of: str
    origin: str
    entries: int

    def value(self) -> Mapping[str, object]:
        """Return the page for `--json`."""
        return asdict(self) | {"not_shown": list(NOT_SHOWN)}


def gather(archive: Archive, catalogue: Catalogue, row: ExhibitRow) -> Custody:
    """Return everything that the ledger says of the custody of one exhibit.

    Raises:
        Damaged: when its accession is not in the ledger.
    """
    chain = list(_chain(catalogue, row))
    accession = _accession(catalogue, row)
    stated = catalogue.custody_of(accession.commitment)
    checkpoint = archive.ledger.checkpoint()
    last = archive.ledger.recorded(chain[-1].index)
    return Custody(
        exhibit=str(row.public_id or row.exhibit.id),
        path=row.printed,
        digest=row.exhibit.digest.hex,
        size=row.exhibit.size,
        fixity=_fixity(archive, row),
        before=tuple(_before(stated)),
        arrival=tuple(_arrival(accession, last.fields["at"], chain)),
        since=tuple(_since(catalogue, row)),
        others=tuple(_others(archive, row.index)),
        warnings=tuple(_warnings(stated, chain[-1].sealed)),
        as_of=max([row.sealed, *(line.at[:10] for line in stated)]),
        origin=archive.ledger.origin,
        entries=checkpoint.size,
    )


def render(page: Custody, *, title: str, keeper: str) -> bytes:
    """Return the page as one HTML file that needs nothing beside it."""
    sections = (
        ("Before it came here", page.before, "Nothing was stated of its custody before it came here."),
        ("How it came into this archive", page.arrival, ""),
        ("What was done with it since", page.since, "Nothing was done with it since it was sealed."),
        ("Who else saw the log", page.others, "No witness and no authority has seen the log with this entry in it."),
    )
    values = {"page": page, "sections": sections, "title": title, "keeper": keeper, "not_shown": NOT_SHOWN}
    return Pages().render("custody.html", values)


def _chain(catalogue: Catalogue, row: ExhibitRow) -> Iterator[ExhibitRow]:
    """Yield the exhibit, its container or volumes (the last first), and so on up to the received file."""
    yield row
    while row.exhibit.container is not None:
        _, *others = volumes_of(row.exhibit.how, row.exhibit.stated) or (None,)
        yield from (catalogue.by_commitment(Commitment.parse(other)) for other in reversed(others) if other)
        row = catalogue.by_commitment(row.exhibit.container)
        yield row


def _accession(catalogue: Catalogue, row: ExhibitRow) -> AccessionRow:
    found = next((one for one in catalogue.accessions() if one.commitment == row.exhibit.accession), None)
    if found is None:
        raise Damaged(f"the accession of {row.exhibit.id} is not in the ledger: run `witnessmark audit`")
    return found


def _fixity(archive: Archive, row: ExhibitRow) -> str:
    """Say whether the content read now is the one that was sealed."""
    digest = row.exhibit.digest
    if not archive.store.has(digest):
        return "the content is not in the vault: it cannot be checked"
    hashed = hashlib.sha256()
    with archive.store.open(digest) as file:
        while chunk := file.read(_CHUNK):
            hashed.update(chunk)
    if hashed.hexdigest() == digest.hex:
        return "read again for this page: its SHA-256 agrees with the one that was sealed"
    return "read again for this page: its SHA-256 does not agree with the one that was sealed"


def _before(stated: Sequence[CustodyRow]) -> Iterator[Line]:
    for row in stated:
        custody, says = row.custody, " and ".join(row.custody.by)
        for one in custody.hand_overs:
            parts = (one.giver, " handed it to ", one.taker)
            yield Line(one.on, "".join(parts), says, (row.index,), parts)
        yield Line(
            row.at[:10],
            f"Medium: {custody.medium}. Copied by {custody.operator}: {custody.method}."
            + (f" {custody.note}" if custody.note else ""),
            f"{says}; when it was stated: {CLOCK}",
            (row.index,),
        )


def _arrival(accession: AccessionRow, at: str, chain: Sequence[ExhibitRow]) -> Iterator[Line]:
    about, root = accession.accession, chain[-1]
    received = f"Received: {about.received}. " if about.received else ""
    note = f" {about.note}" if about.note else ""
    yield Line(
        at[:10],
        f"{received}Taken in as accession {about.number}, labelled \u201c{about.source}\u201d.{note}",
        f"the keeper; the day: {CLOCK}",
        (accession.index,),
    )
    facts = root.exhibit.filesystem
    if facts is not None:
        moment = datetime.fromtimestamp(facts.modified // 1_000_000_000, UTC)
        yield Line(
            moment.strftime("%Y-%m-%d"),
            f"Last change of {root.printed}, {moment.strftime('%H:%M:%S')} UTC",
            "the file system of the copy",
            (root.index,),
        )
    for row in reversed(chain):
        inside = "" if row.exhibit.how is How.RECEIVED else f": {_HOW.get(row.exhibit.how, row.exhibit.how.value)}"
        yield Line(
            row.sealed,
            f"Sealed as exhibit {row.exhibit.id}: {row.printed}{inside}; {row.exhibit.size:,} bytes, "
            f"SHA-256 {row.exhibit.digest.hex}",
            f"this program; the day: {CLOCK}",
            (row.index,),
        )


def _since(catalogue: Catalogue, row: ExhibitRow) -> Iterator[Line]:
    """Yield what this program and people did with it, in the order of the log."""
    found = [*_by_the_program(catalogue, row), *_by_people(catalogue, row)]
    yield from sorted(found, key=lambda line: line.entries)


def _by_the_program(catalogue: Catalogue, row: ExhibitRow) -> Iterator[Line]:
    says = "this program"
    if row.reading is not None:
        made = row.reading.derivative
        tools = ", ".join(f"{name} {version}" for name, version in sorted(made.tools.items()))
        outcome = "" if made.outcome is None else f": {made.outcome.value}"
        what = f"Read as {made.media_type or 'unknown'}{outcome}" + (f" ({tools})" if tools else "")
        yield Line("", what, says, (row.reading.index,))
    for one in catalogue.unlocks_of(row.commitment):
        what = "one opened it" if one.unlock.opened else "none opened it"
        yield Line(one.at[:10], f"{one.unlock.tried} passwords tried: {what}", CLOCK, (one.index,))
    for finding in catalogue.findings(row.commitment):
        what = f"Examined ({finding.finding.examination}): {finding.finding.outcome.value}"
        yield Line("", what, says, (finding.index,))
    for release in catalogue.releases():
        if any(commitment == row.commitment for commitment, _ in release.release.ids):
            yield Line("", f"Went out in edition {release.release.edition}", says, (release.index,))


def _by_people(catalogue: Catalogue, row: ExhibitRow) -> Iterator[Line]:
    for attested in catalogue.attestations(row.commitment):
        yield Line("", "A reviewer signed a judgement about it", "its signer", (attested.index,))
    for decided in catalogue.decisions_about(row.commitment):
        decision = decided.decision
        reason = f": {decision.reason}" if decision.reason else ""
        what = f"Decided that {decision.publish.value} of it goes out{reason}"
        yield Line(decision.decided_on, what, decision.decided_by, (decided.index,))


def _others(archive: Archive, index: int) -> Iterator[Line]:
    """Yield the earliest word of each witness and authority about a checkpoint that covers the entry."""
    anchors = Anchors(archive)
    policy = anchors.policy()
    keys = [] if policy is None else [witness.key for witness in policy.witnesses]
    seen: set[str] = set()
    for size in anchors.asked():
        if size <= index:
            continue
        for key, _, time in anchors.cosigned(size, keys):
            if key.name not in seen:
                seen.add(key.name)
                yield Line(_day(time), f"Cosigned the log at {size:,} entries", f"the witness {key.name}")
        for data in anchors.of(size, Sort.RESPONSE):
            when = _stamped(data)
            if when is not None:
                yield Line(
                    when, f"Stamped the log at {size:,} entries; the signature is not checked here", "an authority"
                )


def _stamped(data: bytes) -> str | None:
    try:
        return timestamp.Token.parse(data).time[:10]
    except (Damaged, ValueError):
        return None


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def _warnings(stated: Sequence[CustodyRow], sealed: str) -> Iterator[str]:
    """Yield what does not go together in the stated days; it is recorded all the same."""
    for row in stated:
        days = [one.on for one in row.custody.hand_overs]
        for earlier, later in pairwise(days):
            if later[: len(earlier)] < earlier[: len(later)]:
                yield f"Entry {row.index:,} tells a hand-over of {later} after one of {earlier}."
        for day in days:
            if day > sealed[: len(day)]:
                yield f"Entry {row.index:,} tells a hand-over of {day}, after the sealing here ({spoken(sealed)})."
