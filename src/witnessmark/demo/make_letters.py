"""Letters and minutes as Word files: tracked changes, comments, hidden runs, one with dates that cannot be ordered."""

from collections.abc import Iterator

from witnessmark.demo import words
from witnessmark.demo.truth import Family, FileTruth, Made, Secret
from witnessmark.demo.write_docx import Comment, Core, Extras, Run, docx, plain
from witnessmark.model.exhibit import ExhibitKind

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_AUTHOR = "Tarn District Office"


def letters(seed: int) -> Iterator[Made]:
    """Yield the letters."""
    del seed
    yield _circular()
    yield _minutes()
    yield _inspection()
    yield _contract()


def _truth(name: str, phrases: tuple[str, ...], *secrets: Secret, conflict: str = "") -> FileTruth:
    return FileTruth(
        f"letters/{name}.docx",
        Family.LETTER,
        DOCX,
        ExhibitKind.DOCUMENT,
        phrases=phrases,
        secrets=secrets,
        date_conflict=conflict,
    )


def _circular() -> Made:
    """Return a circular whose tracked changes show how the order was softened."""
    deleted, comment, keywords = (
        Secret("QUILLMARK-20", "deleted text of a tracked change"),
        Secret("QUILLMARK-21", "comment in the Word file"),
        Secret("QUILLMARK-22", "keywords of the Word file"),
    )
    paragraphs = (
        (Run("Circular to all shifts", "bold"),),
        (
            Run("Doors are locked at night "),
            Run(f"so that nobody gets out {deleted.word}", "deleted"),
            Run("for the safety of students", "inserted"),
            Run("."),
        ),
        *plain(words.TWO_PEOPLE, "This circular is read out and then collected again."),
    )
    data = docx(
        paragraphs,
        Core("Circular on doors", _AUTHOR, "2018-02-19T07:30:00Z", "2018-02-19T08:55:00Z", keywords.word),
        Extras(
            comment=Comment(
                f"The old wording must not leave the house. {comment.word}", "K. P.", "2018-02-19T08:45:00Z"
            ),
            header="Tarn District Office",
            footnote="Collected copies are burned on Fridays.",
        ),
    )
    truth = _truth(
        "circular-on-doors",
        ("for the safety of students", "collected again", "burned on Fridays"),
        deleted,
        comment,
        keywords,
    )
    return Made(truth, data, "2018-02-19T09:00:00Z")


def _minutes() -> Made:
    hidden = Secret("QUILLMARK-23", "run with hidden text (w:vanish)")
    paragraphs = (
        *plain("Minutes of the meeting of 6 March 2018", "Present: the director, four shift chiefs."),
        (Run("The director asked whether the night keys are counted twice. "), Run(f"Name {hidden.word}.", "hidden")),
        *plain("The shift chiefs said that they are.", "The next meeting is on 20 March."),
    )
    data = docx(paragraphs, Core("Minutes", _AUTHOR, "2018-03-06T12:00:00Z", "2018-03-06T14:20:00Z"))
    truth = _truth("minutes-6-march", ("night keys are counted twice", "four shift chiefs"), hidden)
    return Made(truth, data, "2018-03-06T14:21:00Z")


def _inspection() -> Made:
    """Return a report that says it was modified four days before it was created."""
    paragraphs = plain(
        "Report on the inspection of Centre 3",
        "The inspection took place on 12 February. Three doors were found with one lock only.",
        "The beds were counted: 372 persons, 380 beds.",
    )
    data = docx(paragraphs, Core("Inspection", _AUTHOR, "2018-02-12T09:00:00Z", "2018-02-08T16:10:00Z"))
    truth = _truth(
        "inspection-of-february",
        ("Three doors were found with one lock only", "372 persons"),
        conflict="created-after-modified",
    )
    return Made(truth, data, "2018-02-12T09:30:00Z")


def _contract() -> Made:
    paragraphs = plain(
        "Contract on the south fence",
        "The builder takes down 140 metres of fence by 1 May and puts it up again by 9 May.",
        "The district pays 3,200 crowns for both.",
    )
    data = docx(
        paragraphs, Core("Contract", "Fence works", "2018-04-20T06:00:00Z", "2018-04-20T06:40:00Z", family="00C9F3B2")
    )
    return Made(_truth("contract-south-fence", ("140 metres of fence", "3,200 crowns")), data, "2018-04-20T06:41:00Z")
