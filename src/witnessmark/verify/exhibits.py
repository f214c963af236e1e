"""One exhibit: its folder, its openings, what they say of each other, and the five answers made anew.

Rules for whoever changes this file:
- A check that fails names the file to look at and never stops the other checks.
- What an opening says is used only after its way to the key was walked.
- The answers on the page are never believed: they are made again and compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from witnessmark.errors import Falsified, Undecided
from witnessmark.model import codec
from witnessmark.model.attestation import Reviewer
from witnessmark.model.decision import Publish
from witnessmark.model.derivative import StepName
from witnessmark.model.event import Kind
from witnessmark.model.exhibit import PublicId
from witnessmark.proof import dsse, opening
from witnessmark.verify import answers, explain
from witnessmark.verify.answers import Shown, of, only, publish_of, text_of
from witnessmark.verify.report import ExhibitReport, NewerVersion, Release, Tally
from witnessmark.verify.sealed import Log, Sealed
from witnessmark.verify.shapes import ExhibitFile, Keys, OpeningRow
from witnessmark.verify.statement import Judgement
from witnessmark.verify.walk import LARGEST_JSON, LARGEST_PROOF, Site

_KINDS = {
    "exhibit": Kind.EXHIBIT,
    "reading": Kind.DERIVATIVE,
    "text": Kind.DERIVATIVE,
    "finding": Kind.FINDING,
    "hold": Kind.HOLD,
    "attestation": Kind.ATTESTATION,
    "reviewer": Kind.REVIEWER,
    "decision": Kind.DECISION,
}


@dataclass(frozen=True, slots=True)
class Context:
    """What every exhibit is checked against."""

    site: Site
    log: Log
    keys: Keys | None
    release: Release | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class Checked:
    """What one exhibit gave: its report, its decision's commitment, and its reviewers by proof file."""

    report: ExhibitReport
    commitment: bytes
    decision: bytes
    reviewers: Mapping[str, tuple[str, str]]


def check(context: Context, folder: str, files: set[str]) -> Checked | None:
    """Check one folder of `e/`; `files` are the paths that lie in it."""
    tally, page_path = context.tally, f"{folder}/exhibit.json"
    with tally.judging(page_path):
        page = ExhibitFile.parse(context.site.read(page_path, LARGEST_JSON))
        with tally.judging(page_path):
            _check_place(page, folder, context.release)
        _check_files(page, folder, files, tally)
        entries = [_walk(context, folder, row) for row in page.openings]
        rows: list[Shown] = []
        for row, entry in zip(page.openings, entries, strict=True):
            if entry is not None:
                with tally.judging(page_path):
                    rows.append(Shown(row.role, entry.commitment, entry.opened(row.fields)))
        if len(rows) < len(page.openings):
            raise Undecided("its five answers cannot be made again, since not all of its openings agree")
        return _check_rows(context, folder, page, rows, [entry for entry in entries if entry is not None])
    return None


def _check_place(page: ExhibitFile, folder: str, release: Release | None) -> None:
    if folder != f"e/{page.id.folder}":
        raise Falsified(f"says that it is {page.id}, which does not lie in {folder}")
    if release is not None and not 1 <= page.edition <= release.edition:
        raise Falsified(f"says edition {page.edition} inside edition {release.edition}")


def _check_files(page: ExhibitFile, folder: str, files: set[str], tally: Tally) -> None:
    expected = {f"{folder}/{name}" for name in ("index.html", "exhibit.json", *page.files)}
    expected |= {f"{folder}/{row.proof}" for row in page.openings}
    for path in sorted(files - expected):
        tally.false(path, f"is not used by {folder}/exhibit.json")
    for path in sorted(expected - files):
        tally.false(path, f"is named by {folder}/exhibit.json and missing here")


def _walk(context: Context, folder: str, row: OpeningRow) -> Sealed | None:
    path = f"{folder}/{row.proof}"
    with context.tally.judging(path):
        found = context.log.walk(context.site.text(path, LARGEST_PROOF))
        if found.kind != _KINDS[row.role]:
            raise Falsified(f"proves an entry of kind {found.kind} where a {_KINDS[row.role]} belongs")
        if context.release is not None and found.size > context.release.size:
            raise Falsified("is made under a checkpoint that is younger than the edition")
        context.tally.agrees(path, f"stands in the log as entry {found.index} of {found.size}")
        return found
    return None


def _check_rows(
    context: Context, folder: str, page: ExhibitFile, rows: Sequence[Shown], entries: Sequence[Sealed]
) -> Checked:
    tally, page_path = context.tally, f"{folder}/exhibit.json"
    exhibit, decision = only(rows, "exhibit"), only(rows, "decision")
    with tally.judging(page_path):
        if len({row.commitment for row in rows}) != len(rows):
            raise Falsified("shows one entry twice")
    with tally.judging(page_path):
        _check_release(context.release, page.id, exhibit, decision)
    with tally.judging(page_path):
        _check_published(page, rows, publish_of(decision))
    _check_bytes(context, folder, page, rows)
    with tally.judging(page_path):
        _check_findings(rows, exhibit)
    for row, shown in zip(page.openings, rows, strict=True):
        if row.role == "attestation":
            with tally.judging(page_path):
                _check_attestation(shown, row, exhibit, rows, context.keys)
    with tally.judging(page_path):
        _check_considered(rows)
    made = answers.five(rows)
    with tally.judging(page_path):
        if codec.encode(made) != codec.encode(page.answers):
            raise Falsified("states other answers than its openings give")
        tally.agrees(page_path, "its five answers are what its openings give")
    index = next(entry.index for entry in entries if entry.commitment == exhibit.commitment)
    report = ExhibitReport(str(page.id), folder, index, made, explain.exhibit(rows, made, index))
    return Checked(report, exhibit.commitment.raw, decision.commitment.raw, _reviewers(folder, page, rows))


def _reviewers(folder: str, page: ExhibitFile, rows: Sequence[Shown]) -> dict[str, tuple[str, str]]:
    return {
        f"{folder}/{row.proof}": (text_of(shown, "name"), text_of(shown, "public"))
        for row, shown in zip(page.openings, rows, strict=True)
        if row.role == "reviewer"
    }


def _check_release(release: Release | None, name: PublicId, exhibit: Shown, decision: Shown) -> None:
    if text_of(decision, "exhibit") != str(exhibit.commitment):
        raise Falsified("shows a decision about another exhibit")
    if release is None:
        return
    if release.ids.get(exhibit.commitment.raw) != str(name):
        raise Falsified(f"{name} is not the name that the release gives to this exhibit")
    if decision.commitment.raw not in release.decisions:
        raise Falsified("shows a decision that the release does not rest on")


def _check_published(page: ExhibitFile, rows: Sequence[Shown], publish: Publish) -> None:
    """Hold what lies there against what was decided."""
    texts = [name for name in page.files if name == "text.txt"]
    whole = [name for name in page.files if name != "text.txt"]
    is_right = False
    match publish:
        case Publish.NOTHING:
            is_right = not page.files
        case Publish.TEXT:
            is_right = bool(texts) and not whole
        case Publish.FILE:
            is_right = len(whole) == 1
        case Publish.PAGES:
            raise NewerVersion("publishes pages, which this program does not know")
    if not is_right:
        raise Falsified(f"the decision lets out {publish.value!r}, and other files are published")
    if len(of(rows, "text")) != len(texts):
        raise Falsified("a published text and the opening of its text belong together")


def _check_bytes(context: Context, folder: str, page: ExhibitFile, rows: Sequence[Shown]) -> None:
    """Check that the published bytes are those that were sealed for this very exhibit."""
    tally, exhibit = context.tally, only(rows, "exhibit")
    for role, step in (("reading", StepName.READ), ("text", StepName.VISIBLE)):
        with tally.judging(f"{folder}/exhibit.json"):
            for row in of(rows, role):
                if text_of(row, "handle") != text_of(exhibit, "handle"):
                    raise Falsified(f"the {role} that is shown was made from another content")
                if text_of(row, "step") != step.value:
                    raise Falsified(f"the {role} that is shown is of another step")
    for name in page.files:
        path = f"{folder}/{name}"
        with tally.judging(path):
            source, opened = (only(rows, "text"), "text") if name == "text.txt" else (exhibit, "digest")
            if context.site.digest(path).hex() != text_of(source, opened):
                raise Falsified("has other bytes than were sealed")
            tally.agrees(path, f"has the bytes that were sealed on {text_of(source, 'sealed')}")


def _check_findings(rows: Sequence[Shown], exhibit: Shown) -> None:
    for row in of(rows, "finding"):
        if text_of(row, "exhibit") != str(exhibit.commitment):
            raise Falsified("shows a finding about another exhibit")


def _check_attestation(shown: Shown, row: OpeningRow, exhibit: Shown, rows: Sequence[Shown], keys: Keys | None) -> None:
    envelope = dsse.Envelope.parse(text_of(shown, "envelope"))
    judgement = Judgement.parse(envelope)
    if exhibit.commitment not in judgement.subjects:
        raise Falsified("shows a review of other exhibits")
    signer = _signer(envelope, rows, keys)
    dsse.check(envelope, codec.from_base64(signer.public, 32))
    considers = shown.fields.get("considers")
    if considers is not None and considers != [str(found) for found in judgement.considers]:
        raise Falsified("a review considers other findings than were signed")
    disclosed = opening.check_disclosed(judgement.digests, row.disclosed)
    if disclosed.get("name", signer.name) != signer.name:
        raise Falsified("a review is signed under another name than its reviewer's")


def _signer(envelope: dsse.Envelope, rows: Sequence[Shown], keys: Keys | None) -> Reviewer:
    """Return the reviewer who signed: shown here by an opening, and listed in `keys.json`."""
    if keys is None:
        raise Undecided("its reviews cannot be checked without proof/keys.json")
    listed = {dsse.keyid(row.public): row for row in keys.reviewers}.get(envelope.keyid)
    if listed is None:
        raise Falsified("a review is signed by a key that is not listed in proof/keys.json")
    for row in of(rows, "reviewer"):
        if text_of(row, "public") == codec.to_base64(listed.public):
            if text_of(row, "name") != listed.name:
                raise Falsified("a reviewer has another name here than in proof/keys.json")
            return Reviewer(listed.name, codec.to_base64(listed.public))
    raise Falsified("the reviewer who signed a review is not shown")


def _check_considered(rows: Sequence[Shown]) -> None:
    """Check that each finding said to be considered is shown, with the review that considered it."""
    findings = {str(row.commitment) for row in of(rows, "finding")}
    signed = [Judgement.parse(dsse.Envelope.parse(text_of(row, "envelope"))) for row in of(rows, "attestation")]
    considered = {str(found) for judgement in signed for found in judgement.considers}
    for row in of(rows, "hold"):
        if text_of(row, "state") == "considered":
            if text_of(row, "finding") not in findings:
                raise Falsified("a finding was considered and is not shown")
            if text_of(row, "finding") not in considered:
                raise Falsified("a finding is said to be considered, and no review shown here considers it")
