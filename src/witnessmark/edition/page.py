"""What an exhibit's page says, made from its `exhibit.json` and the published text, and from nothing else."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from witnessmark.edition import html, language
from witnessmark.model import codec
from witnessmark.model.codec import Value
from witnessmark.model.words import Answer
from witnessmark.proof import dsse
from witnessmark.verify.statement import Judgement

TEXT_ON_PAGE: Final = 200_000
"""So many bytes of a text stand on its page; the rest is in `text.txt`."""

_DISSENT_FIRST: Final = (
    Answer.DOES_NOT,
    Answer.MOSTLY_DOES_NOT,
    Answer.CANNOT_TELL,
    Answer.MOSTLY_FITS,
    Answer.FITS,
)
_ANSWERS: Final = {
    Answer.FITS: "Fits",
    Answer.MOSTLY_FITS: "Mostly fits",
    Answer.CANNOT_TELL: "Cannot tell",
    Answer.MOSTLY_DOES_NOT: "Mostly does not fit",
    Answer.DOES_NOT: "Does not fit",
}
_OUTCOMES: Final = {
    "supports": ("●", "Supports"),
    "conflicts": ("▲", "Conflicts"),
    "neutral": ("○", "Neutral"),
    "could_not_run": ("–", "Could not run"),
}
_QUESTIONS: Final = {
    "integrity": "Has it been changed?",
    "origin": "Where does it come from?",
    "date": "When was it made?",
    "place": "Where was it made?",
    "device": "What made it?",
    "identity": "Who is named in it?",
    "alteration": "Was it altered?",
    "relation": "What does it belong to?",
    "completeness": "Is it whole?",
}
_FORGE_COST: Final = {
    "none": "nothing but an ordinary computer is needed",
    "tool": "a common tool is needed",
    "skill": "skill is needed",
    "insider": "knowledge from inside is needed",
    "key": "a secret key is needed",
}
_KINDS: Final = {
    "document": "Document",
    "table": "Table",
    "message": "Message",
    "picture": "Picture",
    "recording": "Recording",
    "container": "Container of files",
    "other": "File",
}
_TEXTS: Final = (
    ("method", "Method"),
    ("alternatives", "Alternatives considered"),
    ("would_change_my_mind", "What would change my mind"),
    ("limits", "Limits"),
)
_BY_DEFAULT: Final = frozenset({"handle", "sealed", "step", "version", "kind", "outcome"})
_LABELS: Final = {
    "path": "Path in what was received",
    "size": "Size in bytes",
    "digest": "SHA-256 of the file",
    "how": "How its bytes were got",
    "filesystem": "Says the file system of the copy",
    "stated": "Says the container",
    "at": "Second of sealing, by our clock",
    "media_type": "Type of the file",
    "languages": "Languages, by machine",
    "characters": "Characters read",
    "detail": "About the reading",
    "members": "Files taken out of it",
    "grade": "Grade of the reading",
    "tools": "Programs used",
    "accession": "Entry of the accession",
    "container": "Entry of the container",
}
_SHUT: Final = {
    "path": "its name and place",
    "filesystem": "its times",
    "size": "its size",
    "digest": "its fingerprint",
}


@dataclass(frozen=True, slots=True)
class Opened:
    """One opening as `exhibit.json` shows it; `index` is the entry that its proof names."""

    role: str
    proof: str
    index: int | None
    fields: Mapping[str, Value]
    disclosed: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Review:
    """A signed judgement as the page tells it; texts that stay shut are None or left out.

    `considered` counts the findings of this page that waited for it; `signature` tells one judgement from another.
    """

    answer: str
    answer_words: str
    dissents: bool
    name: str
    field: str
    question: str
    sealed: str
    reasons: str | None
    texts: tuple[tuple[str, str], ...]
    considered: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Seen:
    """A finding as the page tells it: a shape and a word, never a colour."""

    outcome: str
    outcome_words: str
    shape: str
    question_words: str
    examination: str
    version: str
    says: str
    innocent: tuple[str, ...]
    caveats: tuple[str, ...]
    error: str
    forge_cost_words: str
    observed: str | None


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened on a day; `is_sum` where arithmetic shows that it was sealed."""

    on: str
    words: str
    index: int | None
    is_sum: bool


@dataclass(frozen=True, slots=True)
class File:
    """A published file beside the page."""

    name: str
    label: str
    size: int


@dataclass(frozen=True, slots=True)
class ProofFile:
    """A proof beside the page."""

    name: str
    address: str
    index: int | None


@dataclass(frozen=True, slots=True)
class ExhibitPage:
    """All that a page says of one exhibit."""

    id: str
    folder: str
    title: str
    title_language: str
    language: str
    language_name: str
    kind: str
    kind_words: str
    publish: str
    reason: str
    decided_on: str
    decided_by: str | None
    answers: Mapping[str, Any]
    reviews: tuple[Review, ...]
    findings: tuple[Seen, ...]
    text_sheets: tuple[Markup, ...]
    is_cut: bool
    has_controls: bool
    files: tuple[File, ...]
    opened: tuple[tuple[str, str], ...]
    shut: tuple[str, ...]
    moments: tuple[Moment, ...]
    proofs: tuple[ProofFile, ...]

    @property
    def people(self) -> int:
        """How many people signed the reviews: one who answers twice is one."""
        return len({review.name for review in self.reviews})


def read(exhibit: Value, indices: Mapping[str, int], text: str | None, sizes: Mapping[str, int]) -> ExhibitPage:
    """Return the page of an exhibit.

    Args:
        exhibit: the value of `exhibit.json`.
        indices: the log index that each proof file names.
        text: the published text, when there is one.
        sizes: the size of each file in `files`.
    """
    rows = [_opened(row, indices) for row in exhibit["openings"]]
    one = {row.role: row for row in rows}
    decision, sealed = one["decision"].fields, one["exhibit"].fields
    reading = one["reading"].fields if "reading" in one else {}
    sheets, is_cut = _sheets(text or "")
    title = str(decision["title"]).strip() or f"Exhibit {exhibit['id']}"
    kind = reading.get("kind") or "other"
    return ExhibitPage(
        id=exhibit["id"],
        folder=str(exhibit["id"]).lower(),
        title=title,
        title_language=language.of_title(title, decision["language"]),
        language=decision["language"],
        language_name=language.name(decision["language"]),
        kind=kind,
        kind_words=_KINDS.get(kind, "File"),
        publish=decision["publish"],
        reason=decision["reason"],
        decided_on=decision["decided_on"],
        decided_by=decision.get("decided_by"),
        answers=exhibit["answers"],
        reviews=_reviews(rows),
        findings=tuple(_seen(row.fields) for row in rows if row.role == "finding"),
        text_sheets=sheets,
        is_cut=is_cut,
        has_controls=html.CONTROLS.search(text or "") is not None,
        files=tuple(File(name, _file_label(name), sizes[name]) for name in exhibit["files"]),
        opened=tuple((_LABELS[name], _plain(name, value)) for name, value in _more(sealed, reading)),
        shut=tuple(words for name, words in _SHUT.items() if name not in sealed),
        moments=_moments(rows),
        proofs=tuple(ProofFile(row.proof.rpartition("/")[2], row.proof, row.index) for row in rows),
    )


def _opened(row: Value, indices: Mapping[str, int]) -> Opened:
    fields = {name: codec.decode(text) for name, _, text in row["fields"]}
    disclosed = {name: codec.decode(text) for name, _, text in row.get("disclosed", [])}
    return Opened(row["role"], row["proof"], indices.get(row["proof"]), fields, disclosed)


def _more(sealed: Mapping[str, Value], reading: Mapping[str, Value]) -> list[tuple[str, Value]]:
    return [(name, found[name]) for name in _LABELS for found in (sealed, reading) if name in found]


def _plain(name: str, value: Value) -> str:
    if name == "path":
        return "/".join(step["name"] for step in value)
    if name == "languages":
        return ", ".join(language.name(tag) for tag in value)
    return value if isinstance(value, str) else codec.encode(value)


def _file_label(name: str) -> str:
    return {"text.txt": "Text", "file.txt": "The file itself, plain text", "file.csv": "The file itself, CSV"}[name]


def _sheets(text: str) -> tuple[tuple[Markup, ...], bool]:
    """Return a text's pages as they stand in HTML, and whether something had to be left for the download."""
    sheets: list[Markup] = []
    room = TEXT_ON_PAGE
    for sheet in text.split("\f") if text.strip() else []:
        found = html.marked(sheet.strip("\n"))
        weight = len(found.encode())
        if weight > room:
            beginning = _beginning(sheet.strip("\n"), room)
            return (*sheets, *([beginning] if beginning else [])), True
        sheets.append(found)
        room -= weight + 100  # what surrounds a page weighs too
        if room <= 0:
            return tuple(sheets), True
    return tuple(sheets), False


def _beginning(sheet: str, room: int) -> Markup:
    """Return as much of a page as fits, ended at a line where there is one."""
    # Cutting and marking again until it fits: a mark weighs more than the character it stands for.
    keep = min(len(sheet), room)
    while keep and len(html.marked(sheet[:keep]).encode()) > room:
        keep = keep * 3 // 4
    cut = sheet.rfind("\n", keep // 2, keep)
    return html.marked(sheet[: cut if cut > 0 else keep])


def _reviews(rows: Sequence[Opened]) -> tuple[Review, ...]:
    fields = {row.fields["public"]: row.fields["field"] for row in rows if row.role == "reviewer"}
    keyids = {dsse.keyid(codec.from_base64(public)): field for public, field in fields.items()}
    holds = {row.fields["finding"] for row in rows if row.role == "hold" and row.fields["state"] == "considered"}
    found = [_review(row, keyids, holds) for row in rows if row.role == "attestation"]
    order = [answer.value for answer in _DISSENT_FIRST]
    return tuple(sorted(found, key=lambda review: order.index(review.answer)))


def _review(row: Opened, keyids: Mapping[str, str], holds: Collection[str]) -> Review:
    envelope = dsse.Envelope.parse(row.fields["envelope"])
    judgement = Judgement.parse(envelope)
    shown = row.disclosed
    return Review(
        answer=judgement.answer.value,
        answer_words=_ANSWERS[judgement.answer],
        dissents=judgement.answer not in {Answer.FITS, Answer.MOSTLY_FITS},
        name=shown.get("name", "A reviewer whose name is not shown"),
        field=keyids.get(envelope.keyid, ""),
        question=judgement.question,
        sealed=row.fields["sealed"],
        reasons=shown.get("reasons"),
        texts=tuple((label, shown[name]) for name, label in _TEXTS if shown.get(name)),
        considered=sum(str(found) in holds for found in judgement.considers),
        signature=envelope.signature,
    )


def _seen(fields: Mapping[str, Value]) -> Seen:
    shape, words = _OUTCOMES.get(fields["outcome"], ("–", str(fields["outcome"])))
    return Seen(
        outcome=fields["outcome"],
        outcome_words=words,
        shape=shape,
        question_words=_QUESTIONS.get(fields["question"], str(fields["question"])),
        examination=fields["examination"],
        version=fields["version"],
        says=fields["says"],
        innocent=tuple(fields["innocent"]),
        caveats=tuple(fields["caveats"]),
        error=fields["error"],
        forge_cost_words=_FORGE_COST.get(fields["forge_cost"], str(fields["forge_cost"])),
        observed=codec.encode(fields["observed"]) if "observed" in fields else None,
    )


_HAPPENED: Final = {
    "exhibit": "The file was sealed.",
    "reading": "This program read it, and what it found was sealed.",
    "text": "The text shown here was sealed.",
    "finding": "An examination’s finding was sealed.",
    "attestation": "A reviewer’s signed judgement was sealed.",
    "reviewer": "A reviewer’s key was entered.",
    "decision": "The decision about this page was sealed.",
}


def _moments(rows: Sequence[Opened]) -> tuple[Moment, ...]:
    found = [_moment(row) for row in rows]
    return tuple(sorted(found, key=lambda moment: moment.on))


def _moment(row: Opened) -> Moment:
    if row.role == "hold":
        held = row.fields["state"] == "held"
        words = "A finding was held back until a person considers it." if held else "A person considered a finding."
    else:
        words = _HAPPENED[row.role]
    return Moment(row.fields["sealed"], words, row.index, row.role in {"exhibit", "text"})
