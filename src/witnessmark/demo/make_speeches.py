"""Speeches of the director as text, HTML and Word; one under a name whose bytes are no UTF-8."""

from collections.abc import Iterator

from witnessmark.demo.truth import Family, FileTruth, Made, Secret
from witnessmark.demo.words import KESTRIAN, NOTICES, SPEECH_GUARDS, SPEECH_HARVEST, SPEECH_OPENING
from witnessmark.demo.write_docx import Core, docx, plain
from witnessmark.model.exhibit import ExhibitKind

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def opening_text() -> bytes:
    """Return the speech at the opening, which lies in the leak twice."""
    return ("Speech at the opening of Centre 3\n\n" + "\n".join(SPEECH_OPENING) + "\n").encode()


def speeches(seed: int) -> Iterator[Made]:
    """Yield the speeches."""
    del seed
    yield Made(
        _truth("opening-of-centre-3.txt", "text/plain", SPEECH_OPENING[1:3]), opening_text(), "2016-09-01T06:00:00Z"
    )
    yield _harvest()
    core = Core("To the night shift", "Tarn District Office", "2018-02-26T15:00:00Z", "2018-02-27T04:40:00Z")
    guards = docx(plain("To the night shift", *SPEECH_GUARDS), core)
    yield Made(_truth("to-the-night-shift.docx", DOCX, SPEECH_GUARDS[:3]), guards, "2018-02-27T04:41:00Z")
    yield _summer()
    yield _kestrian()


def _truth(name: str, media_type: str, phrases: tuple[str, ...], language: str = "en") -> FileTruth:
    return FileTruth(f"speeches/{name}", Family.SPEECH, media_type, ExhibitKind.DOCUMENT, language, phrases)


def _harvest() -> Made:
    alt, meta, shut = (
        Secret("QUILLMARK-24", "alt text of a picture in HTML"),
        Secret("QUILLMARK-25", "meta description of the HTML"),
        Secret("QUILLMARK-26", "element with the attribute hidden"),
    )
    body = "".join(f"<p>{text}</p>\n" for text in SPEECH_HARVEST)
    html = (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Harvest speech</title>\n'
        f'<meta name="description" content="{meta.word}">\n'
        "<style>p { margin: 1em }</style><script>var counter = 1;</script></head>\n<body><h1>Harvest speech</h1>\n"
        f'{body}<img src="orchard.jpg" alt="{alt.word}"><p hidden>{shut.word}</p></body></html>\n'
    )
    truth = FileTruth(
        "speeches/harvest.html",
        Family.SPEECH,
        "text/html",
        ExhibitKind.DOCUMENT,
        phrases=SPEECH_HARVEST[:3],
        secrets=(alt, meta, shut),
        encoding="utf-8",
    )
    return Made(truth, html.encode(), "2017-10-08T16:00:00Z")


def _summer() -> Made:
    """Return a speech in an old Western encoding, under a name in that encoding (the byte 0xE9)."""
    text = (
        "Speech of the summer\n\nThe café of Centre 3 serves tea to visitors only.\n"
        "Ms Ilvadel of the delegation was content; she asked about the façade, and we answered.\n"
    )
    truth = FileTruth(
        "speeches/\ufffdt\ufffd.txt",
        Family.SPEECH,
        "text/plain",
        ExhibitKind.DOCUMENT,
        phrases=("The café of Centre 3", "façade"),
        encoding="cp1252",
        raw_name=b"\xe9t\xe9.txt",
    )
    return Made(truth, text.encode("cp1252"), "2018-06-21T10:00:00Z")


def _kestrian() -> Made:
    native = NOTICES[KESTRIAN]
    text = "\n".join((native.title, "", *native.sentences, ""))
    truth = _truth("sa-noktkelun.txt", "text/plain", (native.title, native.sentences[2]), KESTRIAN)
    return Made(truth, text.encode(), "2018-03-05T05:00:00Z")
