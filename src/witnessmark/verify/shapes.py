"""The JSON files of an edition, parsed whole at the border: a wrong shape is refused, an unknown member is newer."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.model.codec import Value
from witnessmark.model.public_id import PublicId
from witnessmark.proof import dsse
from witnessmark.proof.merkle import HASH_SIZE
from witnessmark.proof.note import COSIGNATURE, ED25519, Vkey
from witnessmark.proof.opening import OpenedField
from witnessmark.proof.succession import Succession
from witnessmark.verify.answers import ROLES
from witnessmark.verify.report import NewerVersion

SINGLE = frozenset({"exhibit", "reading", "text", "decision"})
"""Roles of which an exhibit has one opening at most."""

_REVIEWER_PROOF = re.compile(r"e/[a-z]{1,6}-[0-9]{5,12}/proof/reviewer-[1-9][0-9]{0,5}\.tlog-proof\Z")
_MOST_REVIEWERS = 10_000
_MOST_KEYS = 1_000
_KEY_PROOF = re.compile(r"proof/key-[1-9][0-9]{0,3}\.tlog-proof\Z")


@dataclass(frozen=True, slots=True)
class ListedReviewer:
    """A reviewer in `keys.json`: name, raw key, and the proof of the event that introduced them."""

    name: str
    public: bytes
    proof: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """An earlier key of the log, and what shows that it handed over: `proof` is a path from the edition's root."""

    key: Vkey
    size: int
    proof: str
    fields: tuple[OpenedField, ...]


@dataclass(frozen=True, slots=True)
class Keys:
    """`proof/keys.json`: every key whose signature may stand in the edition."""

    log: Vkey
    witnesses: tuple[Vkey, ...]
    reviewers: tuple[ListedReviewer, ...]
    earlier: tuple[HandedOver, ...] = ()

    @property
    def succession(self) -> Succession:
        """The keys of the log as they are claimed here."""
        return Succession(self.log, tuple((row.key, row.size) for row in self.earlier))

    @property
    def by_keyid(self) -> dict[str, ListedReviewer]:
        """Each reviewer by the name that a signed envelope has for their key."""
        return {dsse.keyid(row.public): row for row in self.reviewers}

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the keys written in canonical JSON."""
        value = codec.decode_canonical_bytes(data)
        has_earlier = isinstance(value, dict) and "earlier" in value
        value = _members(value, ("log", "witnesses", "reviewers", *(("earlier",) if has_earlier else ())))
        log = Vkey.parse(_text(value["log"]))
        witnesses = tuple(Vkey.parse(_text(text)) for text in _list(value["witnesses"]))
        if log.type != ED25519 or any(key.type != COSIGNATURE for key in witnesses):
            raise Damaged("the log's key signs, the witnesses' keys cosign: one of them is of the other type")
        reviewers = tuple(_reviewer(row) for row in _list(value["reviewers"]))
        if len(reviewers) > _MOST_REVIEWERS:
            raise Damaged(f"more than {_MOST_REVIEWERS:,} reviewers")
        for several in (
            [key.name for key in (log, *witnesses)],
            [row.name for row in reviewers],
            [row.public for row in reviewers],
        ):
            if len(set(several)) != len(several):
                raise Damaged("a name or a key stands twice")
        earlier = tuple(_handed_over(row) for row in _list(value["earlier"])) if has_earlier else ()
        if (has_earlier and not earlier) or len(earlier) > _MOST_KEYS:
            raise Damaged("the earlier keys of the log are a list of one or more")
        found = cls(log, witnesses, reviewers, earlier)
        _ = found.succession  # refuses keys that do not follow each other
        return found


@dataclass(frozen=True, slots=True)
class Link:
    """One step from a checkpoint to the next larger one."""

    smaller: int
    larger: int
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Continues:
    """`proof/continues.json`: how the checkpoints hang together, and what opens the release."""

    chain: tuple[Link, ...]
    release: tuple[OpenedField, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return chain and release written in canonical JSON."""
        value = _members(codec.decode_canonical_bytes(data), ("chain", "release"))
        release = _members(value["release"], ("fields",))
        return cls(tuple(_link(row) for row in _list(value["chain"])), fields(release["fields"]))


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """One opening as `exhibit.json` shows it; `proof` is relative to the exhibit's folder."""

    role: str
    proof: str
    fields: tuple[OpenedField, ...]
    disclosed: tuple[OpenedField, ...]


@dataclass(frozen=True, slots=True)
class ExhibitFile:
    """`e/<id>/exhibit.json`: what an exhibit's page is made from."""

    id: PublicId
    edition: int
    answers: Value
    openings: tuple[OpeningRow, ...]
    files: tuple[str, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the page's data written in canonical JSON."""
        value = _members(codec.decode_canonical_bytes(data), ("id", "edition", "answers", "openings", "files"))
        openings = tuple(_opening(row) for row in _list(value["openings"]))
        _check_order(openings)
        files = tuple(_text(name) for name in _list(value["files"]))
        if not set(files) <= {"text.txt", "file.txt", "file.csv"} or sorted(set(files)) != list(files):
            raise Damaged("the published files are text.txt, file.txt or file.csv, in this spelling and sorted")
        return cls(PublicId.parse(_text(value["id"])), _count(value["edition"]), value["answers"], openings, files)


def fields(value: Value) -> tuple[OpenedField, ...]:
    """Return opened fields: name, salt and value text each."""
    rows = []
    for row in _list(value):
        match row:
            case [str() as name, str() as salt, str() as text]:
                rows.append((name, salt, text))
            case _:
                raise Damaged("an opened field is name, salt and value")
    return tuple(rows)


def _check_order(openings: Iterable[OpeningRow]) -> None:
    """Refuse openings out of the order of their roles, or with another proof's name than theirs."""
    counts = dict.fromkeys(ROLES, 0)
    for row in openings:
        later = ROLES[ROLES.index(row.role) + 1 :]
        counts[row.role] += 1
        number = counts[row.role]
        expected = f"proof/{row.role}.tlog-proof" if row.role in SINGLE else f"proof/{row.role}-{number}.tlog-proof"
        if any(counts[role] for role in later) or row.proof != expected:
            raise Damaged(f"the openings are out of order: {expected} belongs where {row.proof[:80]!r} stands")


def _opening(value: Value) -> OpeningRow:
    names: tuple[str, ...] = ("proof", "role", "fields")
    match value:
        case {"role": "attestation"}:
            names += ("disclosed",)
        case {"role": str() as role} if role not in ROLES:
            raise NewerVersion(f"holds an opening of a role that this program does not know: {role[:40]!r}")
    row = _members(value, names)
    return OpeningRow(_text(row["role"]), _text(row["proof"]), fields(row["fields"]), fields(row.get("disclosed", [])))


def _link(value: Value) -> Link:
    row = _members(value, ("from", "to", "proof"))
    proof = _list(row["proof"])
    if len(proof) > 128:
        raise Damaged("a consistency proof of more than 128 hashes")
    return Link(
        _count(row["from"]), _count(row["to"]), tuple(codec.from_base64(_text(text), HASH_SIZE) for text in proof)
    )


def _reviewer(value: Value) -> ListedReviewer:
    row = _members(value, ("name", "ed25519", "proof"))
    proof = _text(row["proof"])
    if not _REVIEWER_PROOF.match(proof):
        raise Damaged("a reviewer's proof lies in an exhibit's folder")
    return ListedReviewer(_text(row["name"]), codec.from_base64(_text(row["ed25519"]), 32), proof)


def _handed_over(row: Value) -> HandedOver:
    value = _members(row, ("key", "size", "proof", "fields"))
    proof = _text(value["proof"])
    if not _KEY_PROOF.match(proof):
        raise Damaged("the proof of a handing over is proof/key-N.tlog-proof")
    return HandedOver(Vkey.parse(_text(value["key"])), _count(value["size"]), proof, fields(value["fields"]))


def _members(value: Value, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict) or not set(names) <= value.keys():
        raise Damaged(f"has not the members {', '.join(names)}")
    if unknown := sorted(value.keys() - set(names)):
        raise NewerVersion(f"holds a member that this program does not know: {unknown[0][:40]!r}")
    return value


def _list(value: Value) -> list[Any]:
    if not isinstance(value, list):
        raise Damaged("holds something else where a list belongs")
    return value


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise Damaged("holds something else where a text belongs")
    return value


def _count(value: Value) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Damaged("holds something else where a number from 0 belongs")
    return value
