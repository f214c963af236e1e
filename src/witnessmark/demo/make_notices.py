"""Notices in Chinese, Uyghur, Tibetan, Kazakh and Russian as text, HTML and Word, some in old encodings."""

from collections.abc import Iterator
from html import escape

from witnessmark.demo.truth import Family, FileTruth, Made
from witnessmark.demo.words import NOTICES, Wording
from witnessmark.demo.write_docx import Core, Extras, docx, plain
from witnessmark.model.exhibit import ExhibitKind

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LANGUAGES = ("zh-Hans", "ug", "bo", "kk")
_ENCODINGS = {"zh-Hans": "gb18030"}


def notices(seed: int) -> Iterator[Made]:
    """Yield the notices."""
    del seed
    for language in LANGUAGES:
        notice = NOTICES[language]
        yield _text(notice, _ENCODINGS.get(language, "utf-8"))
        yield _html(notice)
        yield _word(notice)
    yield _text(NOTICES["ru"], "koi8-r")
    yield _text(NOTICES["ru"], "cp1251", name="notice-ru-old.txt", turned=True)


def _truth(notice: Wording, name: str, media_type: str, encoding: str, phrases: tuple[str, ...]) -> FileTruth:
    return FileTruth(
        f"notices/{name}",
        Family.NOTICE,
        media_type,
        ExhibitKind.DOCUMENT,
        language=notice.language,
        phrases=phrases,
        encoding=encoding,
    )


def _text(notice: Wording, encoding: str, *, name: str = "", turned: bool = False) -> Made:
    sentences = tuple(reversed(notice.sentences)) if turned else notice.sentences
    text = "\n".join((notice.title, "", *sentences, ""))
    truth = _truth(
        notice,
        name or f"notice-{notice.language.lower()}.txt",
        "text/plain",
        encoding,
        (notice.title, *notice.sentences[:3]),
    )
    return Made(truth, text.encode(encoding), "2018-03-04T12:00:00Z")


def _html(notice: Wording) -> Made:
    direction = ' dir="rtl"' if notice.right_to_left else ""
    rows = "".join(f"<li>{escape(text)}</li>\n" for text in notice.sentences[1:6])
    html = (
        f'<!DOCTYPE html>\n<html lang="{notice.language}"{direction}><head><meta charset="utf-8">'
        f"<title>{escape(notice.title)}</title></head>\n<body><h1>{escape(notice.title)}</h1>\n"
        f"<ol>\n{rows}</ol></body></html>\n"
    )
    truth = _truth(
        notice,
        f"notice-{notice.language.lower()}.html",
        "text/html",
        "utf-8",
        (notice.title, *notice.sentences[1:4]),
    )
    return Made(truth, html.encode(), "2018-03-05T12:00:00Z")


def _word(notice: Wording) -> Made:
    core = Core(notice.title, "Tarn District Office", "2018-03-03T08:00:00Z", "2018-03-03T09:10:00Z")
    texts = (notice.title, *notice.sentences[2:])
    data = docx(plain(*texts), core, Extras(right_to_left=notice.right_to_left))
    truth = _truth(
        notice, f"notice-{notice.language.lower()}.docx", DOCX, "utf-8", (notice.title, *notice.sentences[2:5])
    )
    return Made(truth, data, "2018-03-03T09:11:00Z")
