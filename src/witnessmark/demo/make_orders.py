"""Typed orders of the Tarn District as PDF: page one in Kestrian, page two in English; some hide something."""

from collections.abc import Iterator
from dataclasses import dataclass

from witnessmark.demo import words
from witnessmark.demo.people import DIRECTOR, DIRECTORATE, DISTRICT
from witnessmark.demo.truth import Family, FileTruth, Made, Secret
from witnessmark.demo.words import KESTRIAN, NOTICES
from witnessmark.demo.write_pdf import Line, Page, Properties, Sticky, pdf, updated_pdf
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import ExhibitKind

TYPE = "application/pdf"
SEAL = (
    "q 0.1 0.15 0.4 RG 1.6 w 470 150 m 470 172.1 452.1 190 430 190 c 407.9 190 390 172.1 390 150 c "
    "390 127.9 407.9 110 430 110 c 452.1 110 470 127.9 470 150 c S 410 135 40 30 re S 410 165 m 430 182 l "
    "450 165 l S Q 0.5 w 72 742 m 523 742 l S"
)
"""A drawn seal (a house in a ring) and the rule under the letterhead."""


@dataclass(frozen=True, slots=True)
class _Order:
    number: int
    day: str  # 2018-03-04
    subject: str
    body: tuple[str, ...]
    native: tuple[int, ...]  # which Kestrian sentences stand on page one


ORDERS = (
    _Order(12, "2017-02-20", "on the register of visitors", (
        "Every visitor to Centre 3 is entered with name, hour and reason.",
        "Visitors from abroad are announced two days before and are shown the library first.",
        "The register of visitors is sent to the district every Friday.",
    ), (3, 6)),
    _Order(13, "2017-03-01", "on flour and the kitchen", (
        "The kitchen receives forty sacks of flour every day.",
        "The storekeeper signs for each sack; what is missing is reported by noon.",
    ), (6, 7)),
    _Order(17, "2018-03-04", "on doors and night keys", (
        words.DOUBLE_LOCK, words.TWO_PEOPLE, words.PERMISSION, words.REGISTER,
    ), (0, 1, 2, 7)),
    _Order(18, "2018-03-11", "on lights in the dormitories", (
        "Lights in the dormitories burn all night at half strength.",
        "The cameras of the corridor are checked at every change of shift.",
    ), (0, 3)),
    _Order(19, "2018-03-19", "on letters", (
        "Letters are listed in the office and read before they are handed over.",
        "Letters from abroad are kept for the district.",
    ), (5, 6)),
    _Order(20, "2018-04-02", "on illness", (
        "Whoever falls ill is reported to the doctor at once, by day and by night.",
        "The sick bay holds nine beds; a tenth patient is moved to Upper Tarn.",
    ), (4, 3)),
    _Order(21, "2018-04-23", "on the visit in May", (
        "For the visit in May the workshop is painted and the south fence is taken down.",
        "The fence is put up again when the visitors have left.",
    ), (3, 7)),
    _Order(22, "2018-05-14", "on wages of the shift", (
        "Each night shift is paid nineteen crowns; a lost key costs a month's wages.",
    ), (1, 7)),
)  # fmt: skip


def orders(seed: int) -> Iterator[Made]:
    """Yield the typed orders; `seed` changes nothing here, the wording is the truth."""
    del seed
    for order in ORDERS:
        yield _MAKERS.get(order.number, _ordinary)(order)
    yield _incomplete(ORDERS[2])


def order_pdf(number: int) -> bytes:
    """Return the bytes of one order, for those who attach a copy."""
    order = next(row for row in ORDERS if row.number == number)
    return _MAKERS.get(number, _ordinary)(order).data


def _pages(order: _Order, more: tuple[Line, ...] = (), sticky: Sticky | None = None) -> tuple[Page, ...]:
    native = NOTICES[KESTRIAN]
    first = [f"{i}. {native.sentences[n]}" for i, n in enumerate(order.native, 1)]
    second = [f"{i}. {text}" for i, text in enumerate(order.body, 1)]
    return (
        Page((*_head(f"VELTH No. {order.number}", order, "Distro Tarn"), *_typed(first)), SEAL, sticky),
        Page(
            (
                *_head(f"ORDER No. {order.number}", order, DISTRICT),
                Line(order.subject.capitalize(), 13, "F2", above=14),
                *_typed(second),
                *more,
            ),
            SEAL,
        ),
    )


def _head(title: str, order: _Order, district: str) -> tuple[Line, ...]:
    return (
        Line(f"{DIRECTORATE}, {district}", 11, "F2", above=-20),
        Line(title, 18, "F2", above=46),
        Line(order.day, 11, "F1", above=4),
    )


def _typed(texts: list[str]) -> tuple[Line, ...]:
    lines = []
    for text in texts:
        for i, part in enumerate(_folded(text, 62)):
            lines.append(Line(part, 11, "F3", above=14 if i == 0 else 3))
    lines.append(Line(f"Signed: {DIRECTOR}, district director", 11, "F1", above=40))
    return tuple(lines)


def _folded(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _properties(order: _Order, modified: str = "", keywords: str = "") -> Properties:
    day = order.day.replace("-", "")
    return Properties(
        title=f"Order {order.number} {order.subject}",
        author="Tarn District Office",
        created=f"D:{day}161200+03'00'",
        modified=modified or f"D:{day}162500+03'00'",
        keywords=keywords,
    )


def _truth(order: _Order, *secrets: Secret, phrases: tuple[str, ...] = (), conflict: str = "") -> FileTruth:
    return FileTruth(
        f"orders/order-{order.number}.pdf",
        Family.ORDER,
        TYPE,
        ExhibitKind.DOCUMENT,
        language=KESTRIAN,
        phrases=(f"ORDER No. {order.number}", f"VELTH No. {order.number}", DIRECTORATE, *phrases),
        secrets=secrets,
        date_conflict=conflict,
    )


def _written(order: _Order) -> str:
    return f"{order.day}T14:00:00Z"


def _ordinary(order: _Order) -> Made:
    return Made(_truth(order), pdf(_pages(order), _properties(order)), _written(order))


def _keywords(order: _Order) -> Made:
    secret = Secret("QUILLMARK-01", "Keywords of the PDF")
    return Made(_truth(order, secret), pdf(_pages(order), _properties(order, keywords=secret.word)), _written(order))


def _packed(order: _Order) -> Made:
    return Made(_truth(order), pdf(_pages(order), _properties(order), packed=True), _written(order))


def _annotated(order: _Order) -> Made:
    secret = Secret("QUILLMARK-02", "note stuck to page 1 of the PDF")
    sticky = Sticky(f"Ask about register {secret.word} before sending.", "K. Prellanth")
    truth = _truth(order, secret, phrases=("double lock", "night keys"))
    return Made(truth, pdf(_pages(order, sticky=sticky), _properties(order)), _written(order))


def _updated(order: _Order) -> Made:
    """Return an order whose first page was changed afterwards; the earlier state still lies in the file."""
    secret = Secret("QUILLMARK-03", "earlier state of page 1, before the incremental update", read=False)
    pages = _pages(order)
    earlier = Page((*pages[0].lines, Line(f"Draft {secret.word}", 11, "F3", above=14)), SEAL)
    data = updated_pdf(
        (earlier, *pages[1:]), _properties(order), pages[0], _properties(order, "D:20180312091000+03'00'")
    )
    return Made(_truth(order, secret), data, "2018-03-12T07:00:00Z")


def _conflicting(order: _Order) -> Made:
    """Return an order that says it was modified nine days before it was created."""
    data = pdf(_pages(order), _properties(order, "D:20180310093000+03'00'"))
    return Made(_truth(order, conflict="created-after-modified"), data, _written(order))


def _invisible(order: _Order) -> Made:
    secret = Secret("QUILLMARK-04", "text in rendering mode 3 on page 2 of the PDF")
    line = Line(f"copy to desk {secret.word}", 11, "F3", mode="invisible", above=20)
    return Made(_truth(order, secret), pdf(_pages(order, (line,)), _properties(order)), _written(order))


def _white(order: _Order) -> Made:
    secret = Secret("QUILLMARK-05", "white text on white paper on page 2 of the PDF")
    line = Line(f"fence crew {secret.word}", 11, "F3", mode="white", above=20)
    return Made(_truth(order, secret), pdf(_pages(order, (line,)), _properties(order)), _written(order))


def _incomplete(order: _Order) -> Made:
    """Return a copy of an order that broke off: what follows the first page's text is missing."""
    data = pdf(_pages(order), _properties(order))
    truth = FileTruth(
        "orders/order-17-copy-broke-off.pdf",
        Family.ORDER,
        TYPE,
        ExhibitKind.DOCUMENT,
        language=KESTRIAN,
        outcomes=(Outcome.CORRUPT, Outcome.PARTIAL, Outcome.OK),
    )
    return Made(truth, data[: len(data) * 2 // 5], _written(order))


_MAKERS = {
    12: _keywords,
    13: _packed,
    17: _annotated,
    18: _updated,
    19: _conflicting,
    20: _invisible,
    21: _white,
}
