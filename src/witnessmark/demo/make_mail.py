"""E-mails between the offices of the Tarn District: attachments, a forwarded message, HTML, headers that tell."""

from collections.abc import Iterator

from witnessmark.demo.make_orders import order_pdf
from witnessmark.demo.truth import Family, FileTruth, Made, Secret
from witnessmark.demo.words import NOTICES
from witnessmark.demo.write_docx import Core, Extras, docx, plain
from witnessmark.demo.write_mail import Part, message, single
from witnessmark.model.exhibit import ExhibitKind

EML = "message/rfc822"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_OFFICE = "Tarn District Office <office@tarn.kestria.example>"
_CENTRE = "Centre 3, shift <shift@centre3.kestria.example>"
_ADVISERS = "Advisers' desk <advisers@isd.kestria.example>"


def mail(seed: int) -> Iterator[Made]:
    """Yield the e-mails."""
    del seed
    yield _night_keys()
    yield _advisers()
    yield _forwarded()
    for language, day in (("zh-Hans", 6), ("ug", 7), ("bo", 8), ("kk", 9)):
        yield _notice(language, day)


def _headers(sender: str, to: str, subject: str, when: tuple[str, str], number: int) -> tuple[tuple[str, str], ...]:
    """Return the usual headers; `when` is the sending time and, two minutes later, the receiving time."""
    return (
        ("Received", f"from mx.isd.kestria.example by mail.kestria.example; {when[1]}"),
        ("From", sender),
        ("To", to),
        ("Date", when[0]),
        ("Subject", subject),
        ("Message-ID", f"<{number:04d}.2018@tarn.kestria.example>"),
    )


def _when(text: str, minute: int) -> tuple[str, str]:
    return f"{text}:{minute:02d}:00 +0300", f"{text}:{minute + 2:02d}:10 +0300"


def _night_keys() -> Made:
    body = "To the shift chief.\nOrder No. 17 on night keys is attached. Read it out tonight.\n"
    headers = _headers(_OFFICE, _CENTRE, "Order 17: night keys", _when("Sun, 4 Mar 2018 16", 40), 1)
    attached = Part("application/pdf", order_pdf(17), "order-17.pdf")
    truth = FileTruth(
        "mail/2018-03-04-night-keys.eml",
        Family.MAIL,
        EML,
        ExhibitKind.MESSAGE,
        phrases=("Read it out tonight", "Order 17: night keys"),
        secrets=(Secret("QUILLMARK-02", "note stuck to the attached PDF", read=False),),
        members=("order-17.pdf",),
    )
    return Made(truth, message(headers, (Part("text/plain", body.encode()), attached)), "2018-03-04T13:45:00Z")


def _advisers() -> Made:
    bcc, origin, comment, shut = (
        Secret("QUILLMARK-16", "Bcc header"),
        Secret("QUILLMARK-17", "X-Originating-Desk header"),
        Secret("QUILLMARK-18", "comment in the HTML body"),
        Secret("QUILLMARK-19", "text with display:none in the HTML body"),
    )
    html = (
        "<!DOCTYPE html><html><head><title>Visit in May</title></head><body><p>The visitors see the library first, "
        f"then the workshop.</p><!-- {comment.word} --><p style='display:none'>{shut.word}</p>"
        "<p>Nobody answers questions about the south fence.</p></body></html>"
    )
    headers = (
        *_headers(_ADVISERS, _OFFICE, "Visit in May", _when("Wed, 25 Apr 2018 09", 15), 2),
        ("Bcc", f"archive <{bcc.word.lower()}@isd.kestria.example>"),
        ("X-Originating-Desk", origin.word),
    )
    plain_text = (
        "The visitors see the library first, then the workshop.\nNobody answers questions about the south fence.\n"
    )
    truth = FileTruth(
        "mail/2018-04-25-visit-in-may.eml",
        Family.MAIL,
        EML,
        ExhibitKind.MESSAGE,
        phrases=("library first", "south fence", "Visit in May"),
        secrets=(Secret("quillmark-16", bcc.where), origin, comment, shut),
    )
    parts = (Part("text/plain", plain_text.encode()), Part("text/html", html.encode()))
    return Made(truth, message(headers, parts, how="alternative"), "2018-04-25T06:20:00Z")


def _forwarded() -> Made:
    inner = single(
        _headers(_CENTRE, _OFFICE, "Bed 7", _when("Tue, 13 Mar 2018 06", 20), 3),
        "Bed 7 in dormitory 4 is empty since Tuesday. The list was not changed.\n",
    )
    table = b"bed,state\r\n6,taken\r\n7,empty\r\n8,taken\r\n"
    headers = _headers(_OFFICE, _ADVISERS, "Fwd: Bed 7", _when("Tue, 13 Mar 2018 08", 5), 4)
    parts = (
        Part("text/plain", b"For your knowledge. Nothing is to be written about this.\n"),
        Part("message/rfc822", inner),
        Part("text/csv", table, "beds.csv"),
    )
    truth = FileTruth(
        "mail/2018-03-13-bed-7.eml",
        Family.MAIL,
        EML,
        ExhibitKind.MESSAGE,
        phrases=("Nothing is to be written about this",),
        members=("beds.csv",),
    )
    return Made(truth, message(headers, parts), "2018-03-13T05:10:00Z")


def _notice(language: str, day: int) -> Made:
    """Return a message in another language; the Tibetan one carries its text as a Word file too."""
    notice = NOTICES[language]
    text = "\n".join((notice.sentences[0], notice.sentences[2], notice.sentences[4], "")).encode()
    weekday = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")[(day - 4) % 7]
    headers = _headers(_OFFICE, _CENTRE, notice.title, _when(f"{weekday}, {day} Mar 2018 11", 10), 10 + day)
    parts = [Part("text/plain", text)]
    members: tuple[str, ...] = ()
    if language == "bo":
        core = Core(notice.title, "Tarn District Office", "2018-03-07T08:00:00Z", "2018-03-07T08:30:00Z")
        parts.append(Part(DOCX, docx(plain(notice.title, *notice.sentences), core, Extras()), "notice-bo.docx"))
        members = ("notice-bo.docx",)
    truth = FileTruth(
        f"mail/2018-03-{day:02d}-notice-{language.lower()}.eml",
        Family.MAIL,
        EML,
        ExhibitKind.MESSAGE,
        language=language,
        phrases=(notice.title, notice.sentences[0], notice.sentences[2]),
        members=members,
        encoding="utf-8",
    )
    return Made(truth, message(headers, tuple(parts)), f"2018-03-{day:02d}T08:15:00Z")
