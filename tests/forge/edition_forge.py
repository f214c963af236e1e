"""A keeper in memory who makes editions, and the adversary's tools; written with `proof` and `model` alone.

It shares no code with the rooms that make real editions, so that one mistake cannot stand on both sides.
"""

import hashlib
import json
import random
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from witnessmark.model import codec
from witnessmark.model.attestation import Attestation, Reviewer
from witnessmark.model.decision import Decision
from witnessmark.model.derivative import Derivative, Outcome
from witnessmark.model.digest import Commitment, Digest
from witnessmark.model.event import Event
from witnessmark.model.exhibit import Exhibit, ExhibitKind, How, PathStep
from witnessmark.model.finding import Finding, FindingClass, Hold
from witnessmark.model.release import Release
from witnessmark.model.words import (
    PAYLOAD_TYPE,
    PREDICATE_TYPE,
    STATEMENT_TYPE,
    Answer,
    FindingOutcome,
    HoldState,
    Publish,
    StepName,
)
from witnessmark.proof import dsse, merkle, note, opening, tile
from witnessmark.proof.bundle import ProofBundle
from witnessmark.proof.checkpoint import Checkpoint

OUTSIDE = ("manifest", "proof/release.tlog-proof", "proof/continues.json")
OPEN = {
    "exhibit": ("handle", "sealed"),
    "reading": ("handle", "step", "version", "sealed", "kind", "outcome"),
    "text": ("handle", "step", "version", "text", "sealed"),
    "finding": (
        *("sealed", "exhibit", "examination", "version", "class", "question", "outcome", "result", "says"),
        *("caveats", "innocent", "error", "forge_cost"),
    ),
    "hold": ("sealed", "finding", "state"),
    "attestation": ("sealed", "envelope", "considers"),
    "reviewer": ("sealed", "name", "public", "field"),
    "decision": ("sealed", "exhibit", "publish", "title", "language", "open", "decided_on", "reason"),
    "release": (
        *("sealed", "edition", "manifest", "checkpoint", "previous", "program", "ids", "decisions"),
        *("title", "keeper", "about"),
    ),
}
Files = dict[str, bytes]


@dataclass
class Entry:
    """What the keeper knows of an entry."""

    index: int
    salt: bytes
    record: bytes
    rows: list[list[str]]
    event: Event

    @property
    def commitment(self) -> Commitment:
        return opening.commitment(opening.entry(self.salt, self.record))

    def open(self, names):
        return [row for row in self.rows if row[0] in names]


class Keeper:
    """A log, its key, and what the keeper chose to show."""

    def __init__(self, seed: int = 1, name: str = "archive.invalid/abcdefghijklmnop", pad: int = 16) -> None:
        self.random = random.Random(seed)
        self.key = Ed25519PrivateKey.from_private_bytes(self.random.randbytes(32))
        self.public = self.key.public_key().public_bytes_raw()
        self.vkey = note.Vkey.for_ed25519(name, self.public)
        self.pad = pad
        self.leaves: list[bytes] = []
        self.tiles: Files = {}
        self.notes: dict[int, str] = {}

    def seal(self, *events: Event) -> list[Entry]:
        """Log events, pad with dummies, sign a checkpoint."""
        start, made = len(self.leaves), []
        for event in events:
            rows, digests = [], []
            for field_name, value in event.fields.items():
                salt, text = self.random.randbytes(32), codec.encode(value)
                rows.append([field_name, codec.to_base64(salt), text])
                digests.append(opening.field_digest(salt, field_name, text))
            digests += [self.random.randbytes(32) for _ in range(-len(digests) % 8)]
            record = opening.make_record(event.kind, digests)
            made.append(Entry(start + len(made), self.random.randbytes(32), record, rows, event))
        leaves = [merkle.leaf_hash(opening.entry(entry.salt, entry.record)) for entry in made]
        while (start + len(leaves)) % self.pad:
            leaves.append(merkle.leaf_hash(opening.dummy(self.random.randbytes(32))))
        self.tiles.update(tile.grow(start, leaves, self.read))
        self.leaves += leaves
        self.sign()
        return made

    def sign(self) -> str:
        size = len(self.leaves)
        text = Checkpoint(self.vkey.name, size, tile.root(size, self.read)).text
        self.notes[size] = note.sign(text, self.vkey.name, self.public, self.key.sign)
        return self.notes[size]

    def read(self, level: int, number: int, width: int) -> bytes:
        path = tile.path(level, number, width)
        return self.tiles[path] if path in self.tiles else self.tiles[tile.path(level, number)][: 32 * width]

    def proof(self, entry: Entry, size: int) -> bytes:
        hashes = tile.inclusion_proof(entry.index, size, self.read)
        return ProofBundle(entry.index, tuple(hashes), self.notes[size], entry.salt + entry.record).text.encode()


@dataclass
class Shelf:
    """One exhibit as the keeper holds it: its openings by role, its files, its public id."""

    exhibit: Entry
    files: Files = field(default_factory=dict)
    openings: dict[str, list[Entry]] = field(default_factory=dict)
    open: tuple[str, ...] = ()
    name: str = ""
    since: int = 0  # the size of the checkpoint of first publication
    shut: dict[int, tuple] = field(default_factory=dict)  # what opens each attestation's texts


class House:
    """A whole archive of twelve exhibits, published in two editions; the second is the one to be checked."""

    def __init__(self, seed: int = 1, exhibits: int = 12, name: str = "archive.invalid/abcdefghijklmnop") -> None:
        self.keeper = Keeper(seed, name)
        self.draw = random.Random(seed + 1)
        self.reviewers: dict[str, tuple[Ed25519PrivateKey, Entry]] = {}
        self.shelves = [self._seal_exhibit(i) for i in range(exhibits)]
        self._examine_and_review()
        self._decide(self.shelves[: max(1, exhibits * 2 // 3)])
        self.met: set[int] = set()  # sizes of checkpoints that stand elsewhere than under an exhibit
        self.first = self.release(self.pages(1), 1)
        self._decide(self.shelves)
        self.size = len(self.keeper.leaves)

    def edition(self) -> Files:
        """Return every file of the second edition."""
        return self.release(self.pages(2), 2)

    def at(self) -> str:
        return "2032-06-12T09:41:00Z"

    def _seal_exhibit(self, i: int) -> Shelf:
        text = f"Order {i} of the Republic of Kestria.\nDeliver {i + 3} crates to Tarn.\n".encode()
        original = text if i % 4 == 1 else b"%PDF-" + text + str(i).encode()
        handle, digest = self.draw.randbytes(16).hex(), Digest.of(original)
        letters = "".join(self.draw.choices("abcdefghijklmnopqrstuvwxyz234567", k=16))
        path = (PathStep(f"order-{i}.pdf"),)
        accession = Commitment(bytes(32))
        made = Exhibit(letters, handle, digest, len(original), path, How.RECEIVED, accession)
        found = Derivative(handle, StepName.READ, "1", None, 0, outcome=Outcome.OK, kind=ExhibitKind.DOCUMENT)
        visible = Derivative(handle, StepName.VISIBLE, "1", Digest.of(text), len(text))
        (exhibit,) = self.keeper.seal(made.event(self.at()))
        reading, words = self.keeper.seal(found.event(self.at()), visible.event("2032-06-13T08:00:00Z"))
        shelf = Shelf(exhibit, openings={"exhibit": [exhibit], "reading": [reading]})
        match self.publish(i):
            case Publish.TEXT:
                shelf.files["text.txt"] = text
                shelf.openings["text"] = [words]
            case Publish.FILE:
                shelf.files["file.txt"] = original
                shelf.open = ("digest",)
        return shelf

    def publish(self, i: int) -> Publish:
        return (Publish.TEXT, Publish.FILE, Publish.TEXT, Publish.NOTHING)[i % 4]

    def _examine_and_review(self) -> None:
        for name in ("Ada Quill", "Bero Lind"):
            key = Ed25519PrivateKey.from_private_bytes(self.draw.randbytes(32))
            public = codec.to_base64(key.public_key().public_bytes_raw())
            self.reviewers[name] = (key, self.keeper.seal(Reviewer(name, public, "forms").event(self.at()))[0])
        for i, shelf in enumerate(self.shelves):
            kind = (FindingOutcome.SUPPORTS, FindingOutcome.CONFLICTS, FindingOutcome.CONFLICTS)[i % 3]
            finding = self.finding(shelf, kind)
            if kind is FindingOutcome.CONFLICTS:
                shelf.openings["hold"] = self.keeper.seal(Hold(finding.commitment, HoldState.HELD).event(self.at()))
            if i % 3 == 1:
                attested = self.review(shelf, "Ada Quill", Answer.MOSTLY_FITS, (finding.commitment,))
                hold = Hold(finding.commitment, HoldState.CONSIDERED, attested.commitment)
                shelf.openings["hold"] += self.keeper.seal(hold.event(self.at()))
            if i % 3 != 2:
                shelf.openings["finding"] = [finding]
            if i % 4 == 0:
                self.review(shelf, "Bero Lind", Answer.DOES_NOT)

    def finding(self, shelf: Shelf, outcome: FindingOutcome) -> Entry:
        made = Finding(
            *(shelf.exhibit.commitment, "dates.inner", "1", FindingClass.STRUCTURAL, "date", outcome, "compared"),
            *("Two dates were compared.", {"later": "2031-01-02"}, ("A clock may be wrong.",), ("A copy was made.",)),
        )
        return self.keeper.seal(made.event(self.at()))[0]

    def review(self, shelf: Shelf, name: str, answer: Answer, considers: tuple[Commitment, ...] = ()) -> Entry:
        key, introduced = self.reviewers[name]
        texts = dict.fromkeys(("method", "reasons", "alternatives", "would_change_my_mind", "limits"), "I looked.")
        shut, digests = [], []
        for row, text in ({"name": name} | texts).items():
            salt = self.draw.randbytes(32)
            shut.append((row, codec.to_base64(salt), codec.encode(text)))
            digests.append(opening.field_digest(salt, row, codec.encode(text)))
        digests += [self.draw.randbytes(32) for _ in range(-len(digests) % 8)]
        predicate = {
            "question": "Does the form fit?",
            "answer": answer.value,
            "codebook": "tarn-1",
            "considers": [found.hex for found in considers],
            "_sd": sorted(codec.to_base64(digest) for digest in digests),
        }
        subject = [{"digest": {"witnessmark-entry": shelf.exhibit.commitment.hex}}]
        payload = codec.encode_bytes(
            {"_type": STATEMENT_TYPE, "subject": subject, "predicateType": PREDICATE_TYPE, "predicate": predicate}
        )
        keyid = dsse.keyid(key.public_key().public_bytes_raw())
        envelope = dsse.Envelope(PAYLOAD_TYPE, payload, keyid, key.sign(dsse.pae(PAYLOAD_TYPE, payload))).text
        attestation = Attestation((shelf.exhibit.commitment,), envelope, tuple(shut), considers)
        (entry,) = self.keeper.seal(attestation.event(self.at()))
        shelf.openings.setdefault("attestation", []).append(entry)
        shelf.shut[entry.index] = tuple(shut)
        if introduced not in shelf.openings.setdefault("reviewer", []):
            shelf.openings["reviewer"].append(introduced)
        return entry

    def _decide(self, shelves: list[Shelf]) -> None:
        events = []
        for i, shelf in enumerate(shelves):
            shelf.name = shelf.name or f"TP-{i + 1:05d}"
            publish = self.publish(self.shelves.index(shelf))
            made = Decision(
                *(
                    shelf.exhibit.commitment,
                    publish,
                    f"Order {i}",
                    "en",
                    shelf.open,
                    "The board",
                    "2032-06-20",
                    "Safety",
                ),
            )
            events.append(made.event("2032-06-20T10:00:00Z"))
        for shelf, entry in zip(shelves, self.keeper.seal(*events), strict=True):
            shelf.openings["decision"] = [entry]
            shelf.since = shelf.since or len(self.keeper.leaves)

    def pages(self, edition: int) -> Files:
        """Return every file of an edition but the three outside its manifest."""
        self.size = len(self.keeper.leaves)
        shelves = [shelf for shelf in self.shelves if shelf.name]
        files = {
            "index.html": b"<!doctype html><title>The Tarn Papers</title>",
            "check.html": b"<!doctype html><title>Check it yourself</title>",
            "static/style.css": b"body{}",
            "browse/1.html": b"<!doctype html>",
            "verify.pyz": b"a convenience",
        }
        listed = {}
        for shelf in shelves:
            made = self.page(shelf, edition)
            files |= made
            folder = f"e/{shelf.name.lower()}"
            for n, entry in enumerate(shelf.openings.get("reviewer", ()), 1):
                fields = entry.event.fields
                listed.setdefault(fields["name"], (fields["public"], f"{folder}/proof/reviewer-{n}.tlog-proof"))
        reviewers = [{"name": n, "ed25519": public, "proof": path} for n, (public, path) in sorted(listed.items())]
        keys = {"log": self.keeper.vkey.text, "witnesses": [], "reviewers": reviewers}
        return files | {"proof/keys.json": codec.encode_bytes(keys)}

    def page(self, shelf: Shelf, edition: int) -> Files:
        folder, openings, files = f"e/{shelf.name.lower()}", [], {}
        for role in ("exhibit", "reading", "text", "finding", "hold", "attestation", "reviewer", "decision"):
            for n, entry in enumerate(shelf.openings.get(role, ()), 1):
                number = "" if role in {"exhibit", "reading", "text", "decision"} else f"-{n}"
                proof = f"proof/{role}{number}.tlog-proof"
                names = OPEN[role] + (shelf.open if role == "exhibit" else ())
                row = {"proof": proof, "role": role, "fields": entry.open(names)}
                if role == "attestation":
                    row["disclosed"] = [list(found) for found in shelf.shut[entry.index]]
                openings.append(row)
                files[f"{folder}/{proof}"] = self.keeper.proof(entry, self.size_for(shelf, entry))
        page = {
            "id": shelf.name,
            "edition": edition,
            "answers": self.answers(shelf),
            "openings": openings,
            "files": sorted(shelf.files),
        }
        files[f"{folder}/exhibit.json"] = codec.encode_bytes(page)
        files[f"{folder}/index.html"] = f"<!doctype html><title>{shelf.name}</title>".encode()
        return files | {f"{folder}/{name}": data for name, data in shelf.files.items()}

    def size_for(self, shelf: Shelf, entry: Entry) -> int:
        return shelf.since if entry.index < shelf.since else self.size

    def answers(self, shelf: Shelf) -> dict:
        """Return the five answers, worked out here a second time."""
        decision = shelf.openings["decision"][0].event.fields
        publish = decision["publish"]
        day = shelf.openings["text"][0].event.fields["sealed"] if publish in {"text", "pages"} else "2032-06-12"
        given = [
            json.loads(dsse.Envelope.parse(e.event.fields["envelope"]).payload)["predicate"]["answer"]
            for e in shelf.openings.get("attestation", ())
        ]
        outcomes = [e.event.fields.get("outcome") for e in shelf.openings.get("finding", ())]
        holds = [(e.event.fields["finding"], e.event.fields["state"]) for e in shelf.openings.get("hold", ())]
        waiting = {f for f, _ in holds} - {f for f, state in holds if state == "considered"}
        return {
            "sealed": {
                "on": day,
                "content_on": "2032-06-12",
                "shows": "text" if publish == "pages" else publish,
                "clock": "own",
            },
            "witnessed": {"count": 0, "of": 0, "names": []},
            "reviewed": {
                "answers": {answer.value: given.count(answer.value) for answer in Answer},
                "findings": {o: outcomes.count(o) for o in ("supports", "conflicts", "neutral", "could_not_run")},
                "waiting": len(waiting),
            },
            "contested": {"count": 0},
            "withheld": {
                "publish": publish,
                "what": {"file": "nothing", "nothing": "everything"}.get(publish, "file"),
                "reason": decision["reason"],
            },
        }

    def release(self, files: Files, edition: int, /, **bent) -> Files:
        """Sign a release of whatever stands there: also of what a keeper bent.

        `bent` fields say what they say; a bent `kind` makes it an event of another kind.
        """
        listing = manifest(files)
        shelves = [shelf for shelf in self.shelves if shelf.name]
        made = Release(
            *(edition, Digest.of(listing), self.keeper.notes[self.size], None, "witnessmark 0.1.0"),
            tuple((shelf.exhibit.commitment, shelf.name) for shelf in shelves),
            tuple(shelf.openings["decision"][0].commitment for shelf in shelves),
        )
        event = made.event("2032-06-21T10:00:00Z")
        (entry,) = self.keeper.seal(Event(bent.pop("kind", event.kind), dict(event.fields) | bent))
        last = len(self.keeper.leaves)
        sizes = {shelf.since for shelf in shelves} | {self.size, last} | self.met
        sizes |= {self.size_for(s, e) for s in shelves for row in s.openings.values() for e in row}
        anchored = {path.split("/")[2] for path in files if path.startswith("proof/anchors/")}
        sizes |= {size for size in self.keeper.notes if str(size) in anchored}
        chain = []
        for smaller, larger in zip(sorted(sizes), sorted(sizes)[1:], strict=False):
            proof = tile.consistency_proof(smaller, larger, self.keeper.read)
            chain.append({"from": smaller, "to": larger, "proof": [codec.to_base64(step) for step in proof]})
        continues = {"chain": chain, "release": {"fields": entry.open(OPEN["release"])}}
        return files | {
            "manifest": listing,
            "proof/release.tlog-proof": self.keeper.proof(entry, last),
            "proof/continues.json": codec.encode_bytes(continues),
        }


def manifest(files: Files) -> bytes:
    """Return the manifest of files, the three outside left out."""
    rows = sorted((path.encode(), data) for path, data in files.items() if path not in OUTSIDE)
    return b"".join(f"{hashlib.sha256(d).hexdigest()} {len(d)} ".encode() + p + b"\n" for p, d in rows)


def remanifest(files: Files) -> Files:
    """Return the files with a manifest that fits them: what anyone can do who has no key."""
    return files | {"manifest": manifest(files)}


def inside(files: Files) -> Files:
    """Return the files that a manifest names."""
    return {path: data for path, data in files.items() if path not in OUTSIDE}


def write(files: Files, folder: Path) -> Path:
    """Write files into a folder."""
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return folder


def bend_json(data: bytes, bend) -> bytes:
    """Return JSON after `bend` changed its value in place, written canonically."""
    value = codec.decode(data.decode())
    bend(value)
    return codec.encode_bytes(value)
