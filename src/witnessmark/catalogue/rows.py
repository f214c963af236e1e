"""What the catalogue answers with: frozen rows, made from its tables."""

# ruff: noqa: S608 - what is put together here are constants of this room; values are always bound

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from witnessmark.model.accession import Accession, Refusal
from witnessmark.model.attestation import Attestation, Reviewer
from witnessmark.model.custody import Custody
from witnessmark.model.decision import Decision
from witnessmark.model.derivative import Derivative, Outcome
from witnessmark.model.digest import Commitment, Digest
from witnessmark.model.exhibit import Exhibit, ExhibitKind, FileFacts, How, Path, PathStep
from witnessmark.model.finding import Finding
from witnessmark.model.public_id import PublicId
from witnessmark.model.release import Release
from witnessmark.model.unlock import Unlock
from witnessmark.model.words import HoldState, StepName


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest reading of a content, and the two texts that were made with it."""

    commitment: Commitment
    index: int
    derivative: Derivative
    visible: Derivative | None = None
    hidden: Derivative | None = None
    visible_index: int | None = None
    hidden_index: int | None = None


@dataclass(frozen=True, slots=True)
class ExhibitRow:
    """An exhibit with what the ledger says about its place, its names and its newest reading.

    `depth` counts the containers around it; `root_id` is the received file at the top (itself, at depth 0).
    """

    exhibit: Exhibit
    commitment: Commitment
    index: int
    printed: str
    source: str
    sealed: str
    at: str
    depth: int
    root_id: str
    container_id: str | None
    public_id: PublicId | None
    reading: Reading | None


class Due(NamedTuple):
    """A content that a step has not worked on yet; name, depth and root are those of its first exhibit."""

    digest: Digest
    handle: str
    size: int
    name: str
    depth: int
    root_id: str


class Named(NamedTuple):
    """How an exhibit is called: its place in logical order, its source, that of its container, its printed path."""

    order: int
    source: str
    container: int | None
    printed: str


class Findable(NamedTuple):
    """What of a content can be searched: its two texts, and the printed paths of its exhibits.

    `order` is the place in logical order of its first exhibit.
    """

    handle: str
    order: int
    visible: Digest | None
    hidden: Digest | None
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccessionRow:
    """An accession event; one accession may have several, each with refusals of its own."""

    commitment: Commitment
    index: int
    accession: Accession


@dataclass(frozen=True, slots=True)
class CustodyRow:
    """What people stated of an accession's custody, and when it was sealed (`at`, by the keeper's clock)."""

    commitment: Commitment
    index: int
    custody: Custody
    at: str


@dataclass(frozen=True, slots=True)
class UnlockRow:
    """That passwords were tried on an exhibit, and when."""

    index: int
    unlock: Unlock
    at: str


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """Something that could not be sealed, and the label of the source it lay in."""

    number: int
    source: str
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding, whether it waits for a person, and the ledger index of the event that says so."""

    commitment: Commitment
    index: int
    finding: Finding
    hold: HoldState | None
    hold_index: int | None


@dataclass(frozen=True, slots=True)
class ReviewerRow:
    """Someone whose signature is known."""

    commitment: Commitment
    index: int
    reviewer: Reviewer


@dataclass(frozen=True, slots=True)
class AttestationRow:
    """A signed judgement."""

    commitment: Commitment
    index: int
    attestation: Attestation


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision about one exhibit."""

    commitment: Commitment
    index: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """An edition that went out."""

    commitment: Commitment
    index: int
    release: Release


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are of everything; `outcomes` to `kinds` count exhibits by their newest reading.

    `due` counts contents that were not read by the step asked about; `unknown` counts events that this version does
    not understand, `unknown_kinds` those of them whose kind it does not know, by kind.
    """

    events: int
    exhibits: int
    received: int
    components: int
    contents: int
    octets: int
    due: int
    outcomes: tuple[tuple[str, int], ...]
    media_types: tuple[tuple[str, int], ...]
    kinds: tuple[tuple[str, int], ...]
    findings: tuple[tuple[str, int], ...]
    held: int
    attestations: int
    reviewers: int
    decisions: int
    releases: int
    unknown: int
    unknown_kinds: tuple[tuple[str, int], ...]


_READING = "version, settings, digest, size, tools, grade, outcome, detail, media_type, kind, languages, characters"
_READ = ", ".join(f"r.{name}" for name in _READING.split(", "))


def _text_of(step: str, name: str) -> str:
    return (
        f" LEFT JOIN derivative {name} ON {name}.seq = (SELECT max(seq) FROM derivative WHERE handle = e.handle"
        f" AND step = '{step}' AND version = r.version AND settings = r.settings AND seq <= :top)"
        f" LEFT JOIN event {name}v ON {name}v.seq = {name}.seq"
    )


EXHIBITS = (
    "SELECT e.seq, v.idx, v.commitment, e.id, e.handle, e.digest, e.size, e.path, e.how, e.accession, e.filesystem,"
    " e.stated, e.printed, e.source, e.sealed, e.at, e.depth, q.id, c.id, cv.commitment,"
    " (SELECT name FROM public WHERE exhibit = v.commitment AND seq <= :top ORDER BY seq DESC LIMIT 1),"
    f" rv.idx, rv.commitment, {_READ},"
    " a.digest, a.size, a.tools, a.grade, av.idx, b.digest, b.size, b.tools, b.grade, bv.idx"
    " FROM exhibit e JOIN event v ON v.seq = e.seq JOIN exhibit q ON q.seq = e.root"
    " LEFT JOIN exhibit c ON c.seq = e.container LEFT JOIN event cv ON cv.seq = e.container"
    " LEFT JOIN derivative r ON r.seq = (SELECT max(seq) FROM derivative WHERE handle = e.handle AND step = 'read'"
    " AND seq <= :top) LEFT JOIN event rv ON rv.seq = r.seq" + _text_of("visible", "a") + _text_of("hidden", "b")
)
"""Exhibits with their newest reading as of `:top`; `exhibit_row` reads the columns."""


def exhibit_row(row: tuple[Any, ...]) -> ExhibitRow:
    """Return the row that `EXHIBITS` selected."""
    (_, index, commitment, name, handle, digest, size, path, how, accession, facts, stated, printed, source, sealed,
     at, depth, root_id, container_id, container, public, *rest) = row  # fmt: skip
    exhibit = Exhibit(
        name,
        handle,
        Digest(digest.hex()),
        size,
        path_of(path),
        How(how),
        Commitment(accession),
        None if container is None else Commitment(container),
        None if facts is None else FileFacts.from_value(json.loads(facts)),
        None if stated is None else json.loads(stated),
    )
    public_id = None if public is None else PublicId.parse(public)
    reading = None if rest[0] is None else _reading(handle, rest)
    return ExhibitRow(
        exhibit,
        Commitment(commitment),
        index,
        printed,
        source,
        sealed,
        at,
        depth,
        root_id,
        container_id,
        public_id,
        reading,
    )


def path_of(text: str) -> Path:
    """Return the path that a row holds."""
    return tuple(PathStep.from_value(step) for step in json.loads(text))


def _reading(handle: str, rest: list[Any]) -> Reading:
    (index, commitment, version, settings, digest, size, tools, grade, outcome, detail, media_type, kind, languages,
     characters, *texts) = rest  # fmt: skip
    derivative = Derivative(
        handle,
        StepName.READ,
        version,
        _digest(digest),
        size,
        settings,
        json.loads(tools),
        grade,
        None if outcome is None else Outcome(outcome),
        detail,
        media_type,
        None if kind is None else ExhibitKind(kind),
        tuple(json.loads(languages)),
        characters,
    )
    visible, hidden = (
        None
        if one[4] is None
        else Derivative(handle, step, version, _digest(one[0]), one[1], settings, json.loads(one[2]), one[3])
        for step, one in ((StepName.VISIBLE, texts[:5]), (StepName.HIDDEN, texts[5:]))
    )
    return Reading(Commitment(commitment), index, derivative, visible, hidden, texts[4], texts[9])


def _digest(raw: bytes | None) -> Digest | None:
    return None if raw is None else Digest(raw.hex())
