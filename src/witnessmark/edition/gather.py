"""What an edition shows of one exhibit: its openings, its published bytes and its five answers.

Rules for whoever changes this file:
- Nothing is opened but by the closed lists of `verify/shown.py` and the decision; a field that nobody named stays shut.
- What the page says comes from the openings that are gathered here; `verify.answers` makes the five answers of them.
- A finding that waits for a person is not shown; that it waits is.
- A reviewer's free texts may speak of every exhibit that was judged together: they open when all of those are shown.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.catalogue.rows import AttestationRow, ExhibitRow, ReviewerRow
from witnessmark.edition import decisions as deciding
from witnessmark.edition import plan as plans
from witnessmark.edition import proofs
from witnessmark.edition.plan import Plan, Planned
from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.model.codec import Value
from witnessmark.model.decision import Decision
from witnessmark.model.digest import Commitment, Digest
from witnessmark.model.words import REASON_FIELDS, FindingOutcome, HoldState, Publish
from witnessmark.proof import dsse
from witnessmark.proof.opening import OpenedField
from witnessmark.verify import answers
from witnessmark.verify import shown as showing
from witnessmark.verify.exhibits import COVERED
from witnessmark.verify.shapes import SINGLE

_SHOWS: Final = frozenset({Publish.TEXT, Publish.FILE})


@dataclass(frozen=True, slots=True)
class Open:
    """An entry that will be shown: what it is to the exhibit, which fields, and texts beside a signature."""

    role: str
    index: int
    commitment: Commitment
    names: frozenset[str]
    disclosed: tuple[OpenedField, ...] | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """Content that goes out as it stands, under a name beside the page."""

    name: str
    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class Gathered:
    """All of one exhibit that goes out; `exhibit` is the value of its `exhibit.json`.

    `proof_files` are their texts by name, `indices` the entries they speak of.
    """

    planned: Planned
    exhibit: Value
    proof_files: Mapping[str, str]
    indices: Mapping[str, int]
    published: tuple[Published, ...]
    reviewers: tuple[proofs.Reviewer, ...]
    waiting: int
    sizes: frozenset[int]


class Gathering:
    """The catalogue as of the plan's checkpoint, and what is looked up once for all exhibits."""

    def __init__(self, archive: Archive, catalogue: Catalogue, plan: Plan) -> None:
        self._ledger = archive.ledger
        self._catalogue = catalogue.as_of(plan.size)
        self._plan = plan
        self._shown = {row.decision.exhibit for row in plan.exhibits if row.decision.publish in _SHOWS}
        self._witnessing = plan.carried.witnessing(plan.keys.keys)
        self._reviewers = {_keyid(row): row for row in self._catalogue.reviewers()}

    def gather(self, planned: Planned) -> Gathered:
        """Return what goes out of one exhibit."""
        row = self._catalogue.by_commitment(planned.decision.exhibit)
        published = tuple(sorted(_published(row, planned), key=lambda file: file.name))
        texts: dict[str, str] = {}
        indices: dict[str, int] = {}
        openings: list[Value] = []
        shown: list[answers.Shown] = []
        reviewers: list[proofs.Reviewer] = []
        counts = dict.fromkeys(answers.ROLES, 0)
        sizes: set[int] = set()
        for found in sorted(self._openings(row, planned), key=lambda found: answers.ROLES.index(found.role)):
            counts[found.role] += 1
            number = "" if found.role in SINGLE else f"-{counts[found.role]}"
            name = f"proof/{found.role}{number}.tlog-proof"
            fields = proofs.opened(self._ledger, found.index, found.names)
            size = plans.proof_size(self._plan, row.commitment, found.index)
            sizes.add(size)
            texts[name] = proofs.proof_file(self._ledger, found.index, size)
            indices[name] = found.index
            opening = {"proof": name, "role": found.role, "fields": proofs.rows(fields)}
            if found.disclosed is not None:
                opening["disclosed"] = proofs.rows(found.disclosed)
            openings.append(opening)
            values = {field: codec.decode(text) for field, _, text in fields}
            shown.append(answers.Shown(found.role, found.commitment, values))
            if found.role == "reviewer":
                path = f"e/{planned.id.folder}/{name}"
                reviewers.append(proofs.Reviewer(values["name"], values["public"], path))
        last = max(indices[opening["proof"]] for opening in openings if opening["role"] in COVERED)
        five = answers.five(shown, self._witnessing.of(last))
        exhibit = {
            "id": str(planned.id),
            "edition": self._plan.edition,
            "answers": five,
            "openings": openings,
            "files": [file.name for file in published],
        }
        waiting = five["reviewed"]["waiting"]
        return Gathered(planned, exhibit, texts, indices, published, tuple(reviewers), waiting, frozenset(sizes))

    def _openings(self, row: ExhibitRow, planned: Planned) -> Iterator[Open]:
        """Yield what is shown, in the order of the log of acts; roles are put in their order by the caller."""
        decision = planned.decision
        yield _open("exhibit", row.index, row.commitment, decision)
        if row.reading is not None:
            yield _open("reading", row.reading.index, row.reading.commitment, decision)
            if decision.publish in _SHOWS and row.reading.visible_index is not None:
                index = row.reading.visible_index
                yield _open("text", index, self._ledger.recorded(index).commitment, decision)
        yield from self._findings(row, decision)
        yield from self._judgements(row, decision)
        yield _open("decision", planned.decision_index, planned.decision_commitment, decision)

    def _findings(self, row: ExhibitRow, decision: Decision) -> Iterator[Open]:
        for found in self._catalogue.findings(row.commitment):
            conflicts = found.finding.outcome is FindingOutcome.CONFLICTS
            if not conflicts or found.hold is HoldState.CONSIDERED:
                yield _open("finding", found.index, found.commitment, decision)
            if found.hold_index is not None:
                commitment = self._ledger.recorded(found.hold_index).commitment
                yield _open("hold", found.hold_index, commitment, decision)

    def _judgements(self, row: ExhibitRow, decision: Decision) -> Iterator[Open]:
        introduced: dict[Commitment, ReviewerRow] = {}
        for found in self._catalogue.attestations(row.commitment):
            disclosed = self._disclosed(found, decision)
            yield replace(_open("attestation", found.index, found.commitment, decision), disclosed=disclosed)
            keyid = dsse.Envelope.parse(found.attestation.envelope).keyid
            if keyid not in self._reviewers:
                raise Damaged("an attestation is signed by a key that no reviewer event introduces: run `audit`")
            reviewer = self._reviewers[keyid]
            introduced[reviewer.commitment] = reviewer
        for reviewer in introduced.values():
            yield _open("reviewer", reviewer.index, reviewer.commitment, decision)

    def _disclosed(self, row: AttestationRow, decision: Decision) -> tuple[OpenedField, ...]:
        are_shown = set(row.attestation.exhibits) <= self._shown
        opened = REASON_FIELDS if are_shown or deciding.OPEN_OF_ATTESTATION & set(decision.open) else ("name",)
        return tuple(field for field in row.attestation.shut if field[0] in opened)


def _open(role: str, index: int, commitment: Commitment, decision: Decision) -> Open:
    return Open(role, index, commitment, showing.names(role, decision.open, decision.publish))


def _published(row: ExhibitRow, planned: Planned) -> Iterator[Published]:
    """Yield the contents that go out beside the page."""
    decision, reading = planned.decision, row.reading
    if decision.publish not in _SHOWS or reading is None:
        return
    if decision.publish is Publish.FILE:
        name = deciding.FILE_NAMES.get(reading.derivative.media_type)
        if name is None:
            raise Damaged(f"{planned.id} was decided as a file and is read as {reading.derivative.media_type} now")
        yield Published(name, row.exhibit.digest, row.exhibit.size)
    if reading.visible is not None and reading.visible.digest is not None:
        yield Published("text.txt", reading.visible.digest, reading.visible.size)


def _keyid(row: ReviewerRow) -> str:
    return dsse.keyid(codec.from_base64(row.reviewer.public))


def reviewers(shown: Iterable[Iterable[proofs.Reviewer]]) -> tuple[proofs.Reviewer, ...]:
    """Return each reviewer once, by the proof met first, sorted by name."""
    found: dict[str, proofs.Reviewer] = {}
    for reviewer in (one for several in shown for one in several):
        found.setdefault(reviewer.public, reviewer)
    return tuple(sorted(found.values(), key=lambda reviewer: reviewer.name))
