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
from witnessmark.model.public_id import PublicId
from witnessmark.model.words import Kind, Publish, StepName
from witnessmark.verify import answers, explain, judgements, shown
from witnessmark.verify.answers import Shown, of, only, publish_of, text_of
from witnessmark.verify.report import ExhibitReport, NewerVersion, Release, Tally
from witnessmark.verify.sealed import Log, Sealed
from witnessmark.verify.shapes import ExhibitFile, Keys, OpeningRow
from witnessmark.verify.walk import LARGEST_JSON, LARGEST_PROOF, Site
from witnessmark.verify.witnessed import Anchored

COVERED = frozenset({"exhibit", "text"})
"""The openings that the answer `sealed` speaks about: a witness counts when it saw all of them."""

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
    anchored: Anchored
    tally: Tally


@dataclass(frozen=True, slots=True)
class Checked:
    """What one exhibit gave: its report, its decision's commitment, its reviewers by proof file, what was held."""

    report: ExhibitReport
    commitment: bytes
    decision: bytes
    reviewers: Mapping[str, tuple[str, str]]
    held: frozenset[str]
    is_seen: bool
    """Whether the witnesses that the reader's policy asks for have seen it."""


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
    opened, publish = _opened(decision), publish_of(decision)
    for row in rows:
        with tally.judging(page_path):
            shown.check(row.role, row.fields, opened, publish)
    _check_bytes(context, folder, page, rows)
    _check_judgements(context, page_path, page, rows, exhibit)
    places = [(row.role, entry.index) for row, entry in zip(rows, entries, strict=True)]
    (index,) = (place for role, place in places if role == "exhibit")
    last = max(place for role, place in places if role in COVERED)
    made = answers.five(rows, context.anchored.answer(last))
    with tally.judging(page_path):
        if codec.encode(made) != codec.encode(page.answers):
            raise Falsified("states other answers than its openings give")
        tally.agrees(page_path, "its five answers are what its openings give")
    bound = context.anchored.bound(last)
    sentences = explain.exhibit(rows, made, index, bound, context.anchored.own_time(last))
    report = ExhibitReport(str(page.id), folder, index, made, sentences, bound)
    reviewers, held = _reviewers(folder, page, rows), judgements.held(rows)
    is_seen = context.anchored.is_seen(last)
    return Checked(report, exhibit.commitment.raw, decision.commitment.raw, reviewers, held, is_seen)


def _check_judgements(
    context: Context, page_path: str, page: ExhibitFile, rows: Sequence[Shown], exhibit: Shown
) -> None:
    tally = context.tally
    with tally.judging(page_path):
        judgements.check_findings(rows, exhibit)
    with tally.judging(page_path):
        judgements.check_people(rows)
    reviewers = {text_of(row, "public"): row for row in of(rows, "reviewer")}
    for row, found in zip(page.openings, rows, strict=True):
        if row.role == "attestation":
            with tally.judging(page_path):
                judgements.check_attestation(found, row, exhibit, reviewers, context.keys)
    with tally.judging(page_path):
        judgements.check_considered(rows)


def _opened(decision: Shown) -> frozenset[str]:
    """Return the fields that the decision names to be opened."""
    found = decision.fields.get("open")
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise Falsified("the decision does not say which fields it opens")
    return frozenset(found)


def _reviewers(folder: str, page: ExhibitFile, rows: Sequence[Shown]) -> dict[str, tuple[str, str]]:
    return {
        f"{folder}/{row.proof}": (text_of(found, "name"), text_of(found, "public"))
        for row, found in zip(page.openings, rows, strict=True)
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
    if not _is_let_out(publish, texts, whole):
        raise Falsified(f"the decision lets out {publish.value!r}, and other files are published")
    if len(of(rows, "text")) != len(texts):
        raise Falsified("a published text and the opening of its text belong together")


def _is_let_out(publish: Publish, texts: Sequence[str], whole: Sequence[str]) -> bool:
    match publish:
        case Publish.NOTHING:
            return not texts and not whole
        case Publish.TEXT:
            return bool(texts) and not whole
        case Publish.FILE:
            return len(whole) == 1
        case Publish.PAGES:
            raise NewerVersion("publishes pages, which this program does not know")


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
