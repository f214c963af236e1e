"""Write small PDF files with real text operators and the standard fonts; the same input gives the same bytes.

ISO 32000-1: file structure 7.5, incremental updates 7.5.6, text 9.4, annotations 12.5, information dictionary 14.3.3.
"""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

PAGE = (595, 842)
"""A4 in points."""

_FONTS = {
    "F1": "Times-Roman",
    "F2": "Times-Bold",
    "F3": "Courier",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: its font and size, how it is shown, and the space above it.

    `mode` is empty, `invisible` (text rendering mode 3) or `white` (white ink on white paper).
    """

    text: str
    size: int = 12
    font: str = "F1"
    mode: str = ""
    above: int = 6
    left: int = 72


@dataclass(frozen=True, slots=True)
class Sticky:
    """A note stuck to the page (12.5.6.4): its words show only when somebody opens it."""

    words: str
    author: str


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a page from the top, and operators drawn under them."""

    lines: tuple[Line, ...] = ()
    drawing: str = ""
    sticky: Sticky | None = None
    jpeg: tuple[bytes, int, int] | None = None  # data, width, height; fills the page


@dataclass(slots=True)
class _File:
    """A PDF as it grows; `offsets` holds where each object of the current section begins."""

    data: bytearray = field(default_factory=lambda: bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"))
    offsets: dict[int, int] = field(default_factory=dict)
    size: int = 1
    previous: int | None = None

    def reserve(self) -> int:
        self.size += 1
        return self.size - 1

    def put(self, number: int, body: bytes) -> None:
        self.offsets[number] = len(self.data)
        self.data += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"

    def close(self, root: int, info: int, identity: str) -> None:
        """Write the cross-reference table and trailer of this section."""
        at = len(self.data)
        rows = ["0 1\n0000000000 65535 f \n"] if self.previous is None else []
        for number in sorted(self.offsets):
            rows.append(f"{number} 1\n{self.offsets[number]:010d} 00000 n \n")
        previous = "" if self.previous is None else f" /Prev {self.previous}"
        self.data += ("xref\n" + "".join(rows)).encode()
        self.data += (
            f"trailer\n<< /Size {self.size} /Root {root} 0 R /Info {info} 0 R{previous} "
            f"/ID [<{identity}> <{identity}>] >>\nstartxref\n{at}\n%%EOF\n"
        ).encode()
        self.previous = at
        self.offsets = {}


@dataclass(frozen=True, slots=True)
class Properties:
    """The information dictionary; dates as PDF writes them (`D:20170304161200+03'00'`)."""

    title: str
    author: str
    created: str
    modified: str
    producer: str = "Kestrel Writer 4.2"
    keywords: str = ""


def pdf(pages: tuple[Page, ...], properties: Properties, *, packed: bool = False) -> bytes:
    """Return a PDF of these pages; `packed` compresses the page contents."""
    file, root, info, _ = _first(pages, properties, packed=packed)
    file.close(root, info, _identity(properties))
    return bytes(file.data)


def updated_pdf(pages: tuple[Page, ...], properties: Properties, later: Page, changed: Properties) -> bytes:
    """Return a PDF whose first page was replaced by an incremental update; the earlier state stays inside."""
    file, root, info, contents = _first(pages, properties, packed=False)
    file.close(root, info, _identity(properties))
    file.put(contents[0], _stream(_operators(later), packed=False))
    file.put(info, _info(changed))
    file.close(root, info, _identity(properties))
    return bytes(file.data)


def _first(pages: tuple[Page, ...], properties: Properties, *, packed: bool) -> tuple[_File, int, int, list[int]]:
    file = _File()
    root, tree, info = file.reserve(), file.reserve(), file.reserve()
    fonts = {name: file.reserve() for name in _FONTS}
    kids: list[int] = []
    contents: list[int] = []
    file.put(root, f"<< /Type /Catalog /Pages {tree} 0 R >>".encode())
    file.put(info, _info(properties))
    for name, number in fonts.items():
        file.put(
            number,
            f"<< /Type /Font /Subtype /Type1 /BaseFont /{_FONTS[name]} /Encoding /WinAnsiEncoding >>".encode(),
        )
    for page in pages:
        kids.append(file.reserve())
        contents.append(_put_page(file, page, kids[-1], tree, fonts, packed=packed))
    listed = " ".join(f"{kid} 0 R" for kid in kids)
    file.put(tree, f"<< /Type /Pages /Kids [{listed}] /Count {len(kids)} >>".encode())
    return file, root, info, contents


def _put_page(file: _File, page: Page, number: int, tree: int, fonts: Mapping[str, int], *, packed: bool) -> int:
    content = file.reserve()
    extra, pictures = "", ""
    if page.sticky is not None:
        note = file.reserve()
        file.put(note, _note(page.sticky))
        extra = f" /Annots [{note} 0 R]"
    if page.jpeg is not None:
        picture = file.reserve()
        file.put(picture, _picture(*page.jpeg))
        pictures = f" /XObject << /Im1 {picture} 0 R >>"
    named = " ".join(f"/{name} {fonts[name]} 0 R" for name in fonts)
    file.put(
        number,
        f"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {PAGE[0]} {PAGE[1]}] /Contents {content} 0 R "
        f"/Resources << /Font << {named} >>{pictures} >>{extra} >>".encode(),
    )
    file.put(content, _stream(_operators(page), packed=packed))
    return content


def _operators(page: Page) -> bytes:
    parts = [page.drawing.encode()] if page.drawing else []
    if page.jpeg is not None:
        parts.append(f"q {PAGE[0]} 0 0 {PAGE[1]} 0 0 cm /Im1 Do Q".encode())
    y = PAGE[1] - 72
    for line in page.lines:
        y -= line.size + line.above
        show = {"": b"0 Tr 0 g", "invisible": b"3 Tr 0 g", "white": b"0 Tr 1 g"}[line.mode]
        parts.append(
            b"BT /%s %d Tf %s 1 0 0 1 %d %d Tm %s Tj ET"
            % (line.font.encode(), line.size, show, line.left, y, _literal(line.text))
        )
    return b"\n".join(parts)


def _stream(content: bytes, *, packed: bool) -> bytes:
    kept = zlib.compress(content, 6) if packed else content
    how = b" /Filter /FlateDecode" if packed else b""
    return b"<< /Length %d%s >>\nstream\n" % (len(kept), how) + kept + b"\nendstream"


def _picture(data: bytes, width: int, height: int) -> bytes:
    head = (
        f"<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceGray "
        f"/BitsPerComponent 8 /Filter /DCTDecode /Length {len(data)} >>\nstream\n"
    )
    return head.encode() + data + b"\nendstream"


def _note(sticky: Sticky) -> bytes:
    return b"<< /Type /Annot /Subtype /Text /Rect [500 700 520 720] /Contents %s /T %s /F 4 >>" % (
        _literal(sticky.words),
        _literal(sticky.author),
    )


def _info(properties: Properties) -> bytes:
    rows = {
        "Title": properties.title,
        "Author": properties.author,
        "Producer": properties.producer,
        "CreationDate": properties.created,
        "ModDate": properties.modified,
    }
    if properties.keywords:
        rows["Keywords"] = properties.keywords
    return b"<< " + b" ".join(b"/%s %s" % (name.encode(), _literal(value)) for name, value in rows.items()) + b" >>"


def _identity(properties: Properties) -> str:
    """Return the file identifier (14.4), made from the title so that it is always the same."""
    return hashlib.sha256(f"{properties.title} {properties.created}".encode()).hexdigest()[:32].upper()


def _literal(text: str) -> bytes:
    raw = text.encode("cp1252").replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")
    return b"(" + raw + b")"
