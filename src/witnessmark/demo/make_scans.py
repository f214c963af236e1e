"""Scanned papers: pages that are pictures only (PDF, PNG, JPEG), with noise; their words wait for OCR."""

import io
from collections.abc import Iterator

from PIL import Image, PngImagePlugin

from witnessmark.demo.drawing import typed_page
from witnessmark.demo.people import DIRECTOR, DIRECTORATE, DISTRICT
from witnessmark.demo.truth import Family, FileTruth, Made, Secret
from witnessmark.demo.write_pdf import Page, Properties, pdf
from witnessmark.model.exhibit import ExhibitKind

_SCANS = (
    # number, day, title, pages of body lines
    ("14", "2018-01-09", "ORDER No. 14", (
        ("The new wing of Centre 3 takes in ninety students.", "Beds are counted every evening."),
    )),
    ("15", "2018-02-02", "ORDER No. 15", (
        ("The south gate is opened from 7.00 to 7.30 only.", "Carts are searched in both directions."),
    )),
    ("16", "2018-02-20", "ORDER No. 16", (
        ("The list of dormitory 4 is attached on page 2.", "It is not to be copied."),
        ("Dormitory 4: eleven beds.", "Bed 7 is empty since Tuesday."),
    )),
)  # fmt: skip


def scans(seed: int) -> Iterator[Made]:
    """Yield the scanned papers."""
    for number, day, title, pages in _SCANS:
        yield _scan(seed, number, day, title, pages)
    yield _receipt(seed)
    yield _slip(seed)


def _scan(seed: int, number: str, day: str, title: str, pages: tuple[tuple[str, ...], ...]) -> Made:
    drawn = []
    for i, body in enumerate(pages):
        head = ((f"{DIRECTORATE}, {DISTRICT}", 28), (title, 46), (day, 28), ("", 28))
        lines = (*head, *((text, 32) for text in body), ("", 40), (f"Signed: {DIRECTOR}", 28))
        picture = typed_page(lines, f"{number} {seed} {i}", tilt=(0.6, -0.4)[i % 2])
        drawn.append(Page(jpeg=(_jpeg(picture), *picture.size)))
    stamp = f"D:{day.replace('-', '')}103000+03'00'"
    properties = Properties(f"Scan {number}", "Kestrel Scan 200", stamp, stamp, producer="Kestrel Scan 200")
    truth = FileTruth(
        f"scans/order-{number}-scan.pdf",
        Family.SCAN,
        "application/pdf",
        ExhibitKind.DOCUMENT,
        drawn=(title, *(text for body in pages for text in body)),
    )
    return Made(truth, pdf(tuple(drawn), properties), f"{day}T08:00:00Z")


def _receipt(seed: int) -> Made:
    lines = (("Receipt for keys", 44), ("Key 4A and key 4B, night of 4 March", 32), ("Two people signed.", 32))
    secret = Secret("QUILLMARK-06", "text chunk of the PNG")
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", f"box {secret.word}")
    out = io.BytesIO()
    picture = typed_page(lines, f"receipt {seed}", tilt=-0.8)
    picture.quantize(16).save(out, "PNG", pnginfo=words)
    truth = FileTruth(
        "scans/receipt-for-keys.png",
        Family.SCAN,
        "image/png",
        ExhibitKind.PICTURE,
        drawn=tuple(text for text, _ in lines),
        secrets=(secret,),
    )
    return Made(truth, out.getvalue(), "2018-03-05T06:10:00Z")


def _slip(seed: int) -> Made:
    lines = (("Slip for one person to leave", 42), ("from Centre 3, 6 April, 9.00 to 12.00", 32), ("Refused.", 40))
    truth = FileTruth(
        "scans/slip-to-leave.jpg",
        Family.SCAN,
        "image/jpeg",
        ExhibitKind.PICTURE,
        drawn=tuple(text for text, _ in lines),
    )
    return Made(truth, _jpeg(typed_page(lines, f"slip {seed}")), "2018-04-06T06:40:00Z")


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=58)
    return out.getvalue()
