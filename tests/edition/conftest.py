"""A small archive whose truth is known, written by the ledger alone; secrets wherever nothing may go out."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.edition.write import Published, publish, publish_again
from witnessmark.model.accession import Accession
from witnessmark.model.decision import HEADER
from witnessmark.model.derivative import Derivative, Outcome
from witnessmark.model.digest import Commitment
from witnessmark.model.exhibit import Exhibit, ExhibitKind, FileFacts, How, PathStep
from witnessmark.model.finding import Finding, FindingClass, Hold
from witnessmark.model.words import Answer, FindingOutcome, HoldState, StepName
from witnessmark.review.attest import attest
from witnessmark.review.key import ReviewerKey
from witnessmark.review.reasons import Reasons
from witnessmark.review.sign import Answered
from witnessmark.settings import Settings

ORIGIN = "lantern.example/abcdefgh23456722"
UYGHUR = "ئىشىكلەر كەچ سائەت 21:30 دىن 6:00 گىچە قۇلۇپلىنىدۇ.\nNo. 17 / 2031\n\u202eevil\u202c"
ORDER = "INTERIOR SECURITY DIRECTORATE\nNo. 17 / 2031\n\n1. All doors are to be locked from 21:30.\fPage two."


@dataclass
class Made:
    """An archive on disk, its clock and its randomness, and where its exhibits are."""

    root: Path
    folder: Path
    day: str = "2032-06-12"
    random: Random = field(default_factory=lambda: Random(17))
    exhibits: dict[str, Commitment] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)

    def clock(self) -> str:
        return f"{self.day}T09:41:00Z"

    def entropy(self, count: int) -> bytes:
        return self.random.randbytes(count)

    def writing(self) -> Archive:
        return Archive.writing(self.root, entropy=self.entropy)

    def decisions(self, *rows: tuple[str, ...], name: str = "decisions.csv") -> Path:
        """Write a decision file; a row is exhibit, publish, title, language, open, reason."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(HEADER)
        for exhibit, publish_word, title, language, opened, reason in rows:
            writer.writerow((exhibit, publish_word, title, language, opened, "two editors", "2032-07-01", reason))
        path = self.folder / name
        path.write_text(out.getvalue())
        return path

    def publish(self, site: Path, decisions: Path) -> Published:
        with self.writing() as archive, Catalogue.open(archive) as catalogue:
            return publish(archive, catalogue, site, decisions, clock=self.clock, entropy=self.entropy)

    def publish_again(self, site: Path, number: int) -> Published:
        with self.writing() as archive, Catalogue.open(archive) as catalogue:
            return publish_again(archive, catalogue, site, number)

    def vkey(self) -> str:
        with Archive.reading(self.root) as archive:
            return archive.ledger.vkey

    def secret(self, place: str) -> str:
        found = f"SECRET{self.entropy(6).hex()}{place.upper()}"
        self.secrets.append(found)
        return found


def _seal(made: Made, archive: Archive, rows: list[tuple[str, str, str, str, ExhibitKind]]) -> None:
    """Seal and "read" files: name, media type, visible text, raw bytes' text, kind."""
    batch = archive.ledger.batch()
    accession = batch.add(Accession(1, made.secret("source"), named=True).event(made.clock()))
    for name, media_type, visible, raw, kind in rows:
        handle = made.entropy(16).hex()
        hidden = f"comment: {made.secret('hidden')}"
        data = raw.encode()
        made.ids[name] = "".join("abcdefghijklmnopqrstuvwxyz234567"[byte % 32] for byte in made.entropy(16))
        path = (PathStep(made.secret("folder")), PathStep(name))
        facts = FileFacts(1_614_874_320_000_000_000, 1_614_874_320_000_000_000, None, 1000, 1000, 0o644)
        exhibit = Exhibit(
            made.ids[name], handle, archive.store.put(data), len(data), path, How.RECEIVED, accession, None, facts
        )
        made.secrets += [made.ids[name], exhibit.digest.hex]
        made.exhibits[name] = batch.add(exhibit.event(made.clock()))
        texts = {StepName.VISIBLE: visible, StepName.HIDDEN: hidden}
        batch.add(
            Derivative(
                handle, StepName.READ, "1", archive.store.put(b"{}"), 2, outcome=Outcome.OK,
                media_type=media_type, kind=kind, languages=("en",), characters=len(visible) + len(hidden),
            ).event(made.clock())
        )  # fmt: skip
        for step, text in texts.items():
            if text:
                digest = archive.store.put(text.encode())
                batch.add(Derivative(handle, step, "1", digest, len(text.encode())).event(made.clock()))
    archive.ledger.commit(batch)


def _find(made: Made, archive: Archive, name: str, outcome: FindingOutcome) -> Commitment:
    batch = archive.ledger.batch()
    finding = Finding(
        made.exhibits[name], "file.time", "1", FindingClass.STRUCTURAL, "date", outcome, "ordered",
        "The dates inside the file are in an order that saving would leave.", {"raw": made.secret("observed")},
        ("Dates can be set to anything.",), ("The clock was wrong.",),
    )  # fmt: skip
    commitment = batch.add(finding.event(made.clock()))
    if outcome is FindingOutcome.CONFLICTS:
        batch.add(Hold(commitment, HoldState.HELD).event(made.clock()))
    archive.ledger.commit(batch)
    return commitment


def _judge(
    made: Made, archive: Archive, catalogue: Catalogue, who: tuple[str, Answer], names: list[str], **more: object
) -> None:
    reviewer, answer = who
    key = ReviewerKey(Ed25519PrivateKey.from_private_bytes(reviewer.encode().ljust(32)[:32]))
    secret = more.get("secret", "")
    reasons = Reasons(
        "Does the form fit?", "form/1", "historian", "Compared.", f"Reasons of {reviewer}. {secret}", "None.", "A register.",
        "Text only.",
    )  # fmt: skip
    answered = Answered(
        reviewer, answer, reasons, tuple(made.exhibits[name] for name in names), more.get("considers", ())
    )
    attest(archive, catalogue, answered, key, clock=made.clock, entropy=made.entropy)


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Return an archive with six exhibits, findings of every sort, and three reviewers, one of whom dissents."""
    made = Made(tmp_path / "archive", tmp_path)
    Archive.create(
        made.root,
        Settings(ORIGIN, pad=8, prefix="TP", title="The Tarn Papers", keeper="Lantern Watch"),
        entropy=made.entropy,
    )
    with made.writing() as archive, Catalogue.open(archive) as catalogue:
        _seal(
            made,
            archive,
            [
                ("order.pdf", "application/pdf", ORDER, f"pdf {made.secret('raw')}", ExhibitKind.DOCUMENT),
                ("notice.html", "text/html", UYGHUR, f"html {made.secret('raw')}", ExhibitKind.DOCUMENT),
                ("keys.csv", "text/csv", "door,key\n1,double\n", "door,key\n1,double\n", ExhibitKind.TABLE),
                ("roster.xlsx", "application/xlsx", f"names {made.secret('nothing')}", "x", ExhibitKind.TABLE),
                ("undecided.txt", "text/plain", f"text {made.secret('undecided')}", "y", ExhibitKind.DOCUMENT),
                ("gate.jpg", "image/jpeg", "", "jpeg", ExhibitKind.PICTURE),
            ],
        )
        made.day = "2032-06-28"
        catalogue.catch_up(archive)
        _find(made, archive, "order.pdf", FindingOutcome.NEUTRAL)
        considered = _find(made, archive, "order.pdf", FindingOutcome.CONFLICTS)
        _find(made, archive, "notice.html", FindingOutcome.CONFLICTS)
        _find(made, archive, "undecided.txt", FindingOutcome.NEUTRAL)
        catalogue.catch_up(archive)
        _judge(made, archive, catalogue, ("Ilva Mavrel", Answer.FITS), ["order.pdf", "notice.html"])
        _judge(made, archive, catalogue, ("Tessel Quorn", Answer.MOSTLY_FITS), ["order.pdf"], considers=(considered,))
        _judge(made, archive, catalogue, ("Orrin Brandveth", Answer.DOES_NOT), ["order.pdf"])
        _judge(
            made, archive, catalogue, ("Sorn Velk", Answer.CANNOT_TELL), ["keys.csv", "undecided.txt"],
            secret=made.secret("reasons"),
        )  # fmt: skip
    made.day = "2032-07-09"
    return made


ROWS = (
    ("order.pdf", "text", "Order No. 17 <b>&", "en", "decided_by", "Names officials only."),
    ("notice.html", "text", "بۇيرۇق: ئىشىكلەر", "ug", "", ""),
    ("keys.csv", "file", "Register of keys", "en", "", ""),
    ("roster.xlsx", "nothing", "A roster", "", "", "Names of private people."),
)


@pytest.fixture
def rows(made: Made) -> Callable[..., list[tuple[str, ...]]]:
    """Return the usual decisions, by private id."""

    def usual(**changed: tuple[str, ...]) -> list[tuple[str, ...]]:
        return [(made.ids[name], *rest) for name, *rest in (changed.get(row[0].partition(".")[0], row) for row in ROWS)]

    return usual


@pytest.fixture
def site(made: Made, rows: Callable[..., list[tuple[str, ...]]]) -> Iterator[Path]:
    """Return the first edition, published."""
    place = made.folder / "site"
    made.publish(place, made.decisions(*rows()))
    return place
