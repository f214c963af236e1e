"""Plain sentences for people, and one object a file for programs; also what all this does not show."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from witnessmark.model.codec import Value
from witnessmark.verify.answers import Shown, judgement_of, of, text_of
from witnessmark.verify.report import Bound, Report, Verdict, Word

NOT_SHOWN = (
    "Nothing here says whether an exhibit is what it claims to be: only that its bytes have not changed since a day.",
    "The folder alone cannot show that a newer edition exists: ask with --at-least.",
    "The folder alone cannot show that no review, finding or reply was left out: a reviewer's receipt may show it.",
    "The days are told by the keeper's own clock: no witness has signed.",
    "Whether a text is a faithful reading of a withheld file cannot be checked here.",
    "The pages are not compared with the proofs, only with the release: the answers printed here are made from proofs.",
    "A verify.pyz inside the edition is a convenience, and could be changed with the folder: get it elsewhere.",
)

_WITNESSED = (
    "The days are told by the keeper's own clock: witnesses and time stamps say when something existed at the latest, "
    "never since when. Whose keys the witnesses of this edition are, the edition alone says: name those whom you trust "
    "with --policy."
)

_WORDS = {
    "mostly-fits": "mostly fits",
    "cannot-tell": "cannot tell",
    "mostly-does-not": "mostly does not fit",
    "does-not": "does not fit",
    "could_not_run": "could not run",
}
_MOST_LINES = 50
_MOST_EXHIBITS = 1000
# Controls, line separators and direction marks: what could move the cursor or turn a line around.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
_MARKS = re.compile('["\u201c-\u201f\u2033\uff02]')


def safe(text: str) -> str:
    """Return text that cannot move a terminal's cursor or its reading direction."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def not_shown(*, is_witnessed: bool) -> tuple[str, ...]:
    """Return what all this does not show."""
    return tuple(_WITNESSED if is_witnessed and "no witness" in line else line for line in NOT_SHOWN)


def exhibit(
    rows: Sequence[Shown], answers: Mapping[str, Value], index: int, bound: Bound | None, own: int | None
) -> tuple[str, ...]:
    """Return what can be said of one exhibit, in the order of the five answers.

    Args:
        rows: the openings of the exhibit.
        answers: the five answers.
        index: the exhibit's place in the log.
        bound: by when it existed, as far as the reader's own trust goes.
        own: by when the quorum of the edition's own policy saw it.
    """
    return (
        _sealed(answers["sealed"], index),
        *_witnessed(answers["witnessed"], bound, own),
        *_reviewed(rows, answers["reviewed"]),
        "No reply stands here.",
        _withheld(answers["withheld"]),
    )


def _sealed(sealed: Mapping[str, Value], index: int) -> str:
    day = f"{sealed['content_on']}, by the keeper's own clock (log entry {index})"
    match sealed["shows"]:
        case "file":
            return f"These bytes have not changed since {day}. Nothing is said here about before that."
        case "text":
            return (
                f"This text was sealed on {sealed['on']} as this program's reading of a file sealed on {day}. Whether "
                "it is a faithful reading cannot be checked while the file is withheld."
            )
        case _:
            return f"A file was sealed on {day}. It is not shown: nothing about its bytes can be checked here."


def _witnessed(witnessed: Mapping[str, Value], bound: Bound | None, own: int | None) -> Iterator[str]:
    if witnessed["count"]:
        saw = f"Seen by {witnessed['count']} of the {_counted(witnessed['of'], 'witness', 'witnesses')} of this edition"
        until = "" if own is None else f", as many as it asks for by {moment(own)}"
        yield f"{saw}: {', '.join(witnessed['names'])}{until}."
    if bound is not None:
        yield f"Existed by {moment(bound.time)}: so say {bound.by}."
    elif not witnessed["count"]:
        yield "No witness outside has signed when that was."


def moment(seconds: int) -> str:
    """Return a POSIX second as people and programs read it, whatever it is."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"second {seconds}"


def _reviewed(rows: Sequence[Shown], reviewed: Mapping[str, Value]) -> Iterator[str]:
    if any(reviewed["answers"].values()):
        names = sorted({text_of(row, "name") for row in of(rows, "reviewer")})
        yield f"Signed reviews: {_counts(reviewed['answers'])}; reviewers: {', '.join(map(_quoted, names))}."
        # An answer says nothing without its question, and a review may have asked another than its neighbour.
        questions = sorted({judgement_of(row).question for row in of(rows, "attestation")})
        which = "Asked" if len(questions) == 1 else "Asked, each reviewer one of these"
        yield f"{which}: {', '.join(map(_quoted, questions))}."
    else:
        yield "No review is shown."
    if any(reviewed["findings"].values()):
        yield f"Findings by machine: {_counts(reviewed['findings'])}."
    if waiting := reviewed["waiting"]:
        yield f"{waiting} {'finding waits' if waiting == 1 else 'findings wait'} for a person."


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{_WORDS.get(name, name)} {count}" for name, count in counts.items() if count)


def _withheld(withheld: Mapping[str, Value]) -> str:
    reason = f". The keeper's reason: {_quoted(withheld['reason'])}." if withheld["reason"] else "."
    match withheld["what"]:
        case "nothing":
            return "Nothing of the file is withheld."
        case "file":
            return f"The file is withheld, its text is shown{reason}"
        case _:
            return f"Everything but this page is withheld{reason}"


def _quoted(text: str) -> str:
    """Return the keeper's words between quotation marks that they cannot close: they must not read as said here."""
    return "“" + _MARKS.sub("'", text) + "”"


def people(report: Report) -> Iterator[str]:
    """Yield the report as lines for people, safe to print."""
    for line in _people(report):
        yield safe(line)


def _people(report: Report) -> Iterator[str]:
    yield from _head(report)
    wrong = [verdict for verdict in report.verdicts if verdict.word is not Word.AGREES]
    wrong.sort(key=lambda verdict: verdict.word is not Word.FALSE)
    for verdict in wrong[:_MOST_LINES]:
        yield f"  {verdict.word:17} {verdict.file or 'the edition'}: {verdict.says}"
    if len(wrong) > _MOST_LINES:
        yield f"  … and {len(wrong) - _MOST_LINES:,} more (all of them with --json)"
    sound = report.sound
    for found in sound[:_MOST_EXHIBITS]:
        yield ""
        yield f"{found.id}"
        for sentence in found.sentences:
            yield f"  {sentence}"
    if len(sound) > _MOST_EXHIBITS:
        yield f"… and {len(sound) - _MOST_EXHIBITS:,} more exhibits (all of them with --json)"
    yield ""
    yield "What this does not show"
    for sentence in report.not_shown:
        yield f"  - {sentence}"
    yield ""
    yield f"{report.word}: {conclusion(report)}"


def _head(report: Report) -> Iterator[str]:
    present = [size for size in report.files.values() if size >= 0]
    files = f"{_counted(len(present), 'file')}, {sum(present):,} bytes"
    if report.release is None:
        yield f"An edition: {files}"
    else:
        yield (
            f"Edition {report.release.edition}, as of {report.release.sealed}: "
            f"{_counted(len(report.exhibits), 'exhibit')}, {files}; its log had {report.release.size:,} entries"
        )
    if report.log is not None:
        yield f"Key: {report.log.text}" + ("" if report.is_key_from_outside else "  (from the folder itself)")
    agreeing = {v.file for v in report.verdicts} - {v.file for v in report.verdicts if v.word is not Word.AGREES}
    yield f"  agrees            {_counted(len(agreeing & set(report.files)), 'file')}"


def conclusion(report: Report) -> str:
    """Return the last sentence: what was found about the whole."""
    wrong = sorted({v.file or "the edition" for v in report.verdicts if v.word is Word.FALSE})
    if wrong:
        more = f" and {len(wrong) - 3:,} more" if len(wrong) > 3 else ""
        return f"something is false: {', '.join(wrong[:3])}{more}."
    undecided = sorted({v.file or "the edition" for v in report.verdicts if v.word is Word.UNDECIDED})
    if undecided:
        return f"nothing was found false, and not everything could be checked: {', '.join(undecided[:3])}."
    if not report.is_key_from_outside:
        return "agrees with itself; compare this key with one you got elsewhere, and give it with --key."
    return "every file is the one that was released, and every proof leads to the key you gave."


def objects(report: Report) -> Iterator[dict[str, Value]]:
    """Yield one object for each file, and a summary last, with the exit code."""
    by_file: dict[str, list[Verdict]] = {path: [] for path in report.files}
    for verdict in report.verdicts:
        by_file.setdefault(verdict.file, []).append(verdict)
    shown = {f"{found.folder}/exhibit.json": found for found in report.sound}
    about_all = by_file.pop("", [])
    for path in sorted(by_file):
        row: dict[str, Value] = {"file": path, "verdict": _word(by_file[path]), "says": _says(by_file[path])}
        if path in shown:
            row |= {"id": shown[path].id, "answers": dict(shown[path].answers), "explains": list(shown[path].sentences)}
            bound = shown[path].bound
            row["existed_by"] = None if bound is None else {"time": moment(bound.time), "by": bound.by}
        yield row
    release = report.release
    yield {
        "verdict": str(report.word),
        "says": [*_says(about_all), conclusion(report)],
        "files": sum(size >= 0 for size in report.files.values()),
        "exhibits": len(report.exhibits),
        "edition": None if release is None else release.edition,
        "as_of": None if release is None else release.sealed,
        "log_entries": None if release is None else release.size,
        "key": None if report.log is None else report.log.text,
        "key_from_outside": report.is_key_from_outside,
        "not_shown": list(report.not_shown),
        "exit": report.exit_code,
    }


def _word(verdicts: Sequence[Verdict]) -> str:
    words = {verdict.word for verdict in verdicts}
    return str(next((word for word in (Word.FALSE, Word.UNDECIDED, Word.AGREES) if word in words), Word.UNDECIDED))


def _says(verdicts: Sequence[Verdict]) -> list[str]:
    return [verdict.says for verdict in verdicts]


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
