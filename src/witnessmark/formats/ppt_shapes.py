"""Shapes of an older presentation and their words ([MS-ODRAW] 2.2.12 to 2.2.14, [MS-PPT] 2.9)."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from witnessmark.formats import markup
from witnessmark.formats import ppt_file as pf
from witnessmark.formats.office_art import Record, records

MOST_SHAPES: Final = 200_000
GROUP, SHAPE = 0xF003, 0xF004
_SHAPE_ATOM, _OPTIONS, _CLIENT_TEXT, _CLIENT_DATA = 0xF00A, (0xF00B, 0xF121, 0xF122), 0xF00D, 0xF011
_CHILD_ANCHOR, _CLIENT_ANCHOR = 0xF00F, 0xF010
_WORD_ART, _NAME, _DESCRIPTION, _PACKAGE, _GROUP_FLAGS = 0x00C0, 0x0380, 0x0381, 0x03A9, 0x03BF
_HIDDEN: Final = 0x00020002
_LONGEST: Final = 4 << 20
_MOST_PARTS: Final = 200
_DIAGRAM: Final = re.compile(r"drs/diagrams/drawing\d*\.xml\Z")
_PARAGRAPH: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}p"


@dataclass(slots=True)
class Shape:
    """A shape: its words, where they stand when they stand elsewhere, and what hides it."""

    texts: list[str] = field(default_factory=list)
    references: list[int] = field(default_factory=list)
    placeholder: int | None = None
    is_hidden: bool = False
    is_deleted: bool = False
    anchor: tuple[int, int, int, int] | None = None
    described: list[str] = field(default_factory=list)
    packages: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Signs:
    """What the signs in a text stand for: the slide's number, date, header and footer."""

    number: str = ""
    date: str = ""
    header: str = ""
    footer: str = ""


def shapes(data: bytes, container: Record, signs: Signs) -> Iterator[Shape]:
    """Yield the shapes of a slide, a master or notes as they are drawn; a group that is hidden hides them."""
    waiting: list[tuple[Iterator[Record], bool]] = [(records(data, container.start, container.end), False)]
    count = 0
    while waiting and count < MOST_SHAPES:
        record = next(waiting[-1][0], None)
        if record is None:
            waiting.pop()
            continue
        hidden = waiting[-1][1]
        if record.type == SHAPE:
            count += 1
            shape = read_shape(data, record, signs)
            shape.is_hidden = shape.is_hidden or hidden
            yield shape
        elif record.type == GROUP:
            head = next(records(data, record.start, record.end), None)
            if head is not None and head.type == SHAPE and not hidden:
                hidden = read_shape(data, head, signs).is_hidden
            waiting.append((records(data, record.start, record.end), hidden))
        elif record.is_container and record.type in (0xF002, pf.DRAWING) and len(waiting) < 256:
            waiting.append((records(data, record.start, record.end), hidden))


def read_shape(data: bytes, record: Record, signs: Signs) -> Shape:
    """Read one shape."""
    shape = Shape()
    for part in records(data, record.start, record.end):
        if part.type == _SHAPE_ATOM and part.end - part.start >= 8:
            shape.is_deleted = bool(struct.unpack_from("<I", data, part.start + 4)[0] & 8)
        elif part.type in _OPTIONS:
            _read_options(data, part, shape)
        elif part.type == _CLIENT_TEXT:
            shape.texts += texts(data, part, signs)
            shape.references += [
                struct.unpack_from("<I", data, atom.start)[0]
                for atom in records(data, part.start, part.end)
                if atom.type == pf.TEXT_REFERENCE and atom.end - atom.start >= 4
            ]
        elif part.type == _CLIENT_DATA:
            for atom in records(data, part.start, part.end):
                if atom.type == pf.PLACEHOLDER and atom.end - atom.start >= 5:
                    shape.placeholder = data[atom.start + 4]
        elif part.type == _CLIENT_ANCHOR:
            shape.anchor = _anchor(data, part)
    return shape


def _anchor(data: bytes, part: Record) -> tuple[int, int, int, int] | None:
    """Return left, top, right and bottom."""
    if part.end - part.start >= 16:
        top, left, right, bottom = struct.unpack_from("<4i", data, part.start)
    elif part.end - part.start >= 8:
        top, left, right, bottom = struct.unpack_from("<4h", data, part.start)
    else:
        return None
    return left, top, right, bottom


def _read_options(data: bytes, part: Record, shape: Shape) -> None:
    """Read a table of options: fixed entries, then the bytes of those that are long ([MS-ODRAW] 2.3.1)."""
    at = part.start + 6 * part.instance
    for place in range(part.start, min(at, part.end - 5), 6):
        code, value = struct.unpack_from("<HI", data, place)
        number = code & 0x3FFF
        if number == _GROUP_FLAGS and value & _HIDDEN == _HIDDEN:
            shape.is_hidden = True
        if not code & 0x8000:
            continue
        start, at = at, at + value
        raw = data[start : min(at, part.end, start + _LONGEST)]
        if number == _WORD_ART:
            shape.texts.append(_plain(raw.decode("utf-16-le", "replace").split("\0")[0]))
        elif number == _DESCRIPTION:
            shape.described.append(_plain(raw.decode("utf-16-le", "replace").split("\0")[0]))
        elif number == _PACKAGE and raw[:4] == b"PK\x03\x04":
            shape.packages.append((start, start + len(raw)))


def texts(data: bytes, container: Record, signs: Signs) -> Iterator[str]:
    """Yield the texts that stand one after another in a container, their signs replaced by what they show."""
    yield from (text for text, _ in with_headers(data, container, signs))


def with_headers(data: bytes, container: Record, signs: Signs) -> Iterator[tuple[str, int]]:
    """Yield each text with the number of text headers before it."""
    text: str | None = None
    at: list[tuple[int, str]] = []
    header = -1
    for atom in records(data, container.start, container.end):
        if atom.type == pf.TEXT_HEADER:
            if text is not None:
                yield _filled(text, at), header
            text, at, header = None, [], header + 1
        elif atom.type in (pf.TEXT_WIDE, pf.TEXT_NARROW):
            if text is not None:
                yield _filled(text, at), header
            raw = data[atom.start : atom.end]
            text, at = raw.decode("utf-16-le" if atom.type == pf.TEXT_WIDE else "latin-1", "replace"), []
        elif atom.end - atom.start >= 4 and text is not None:
            said = _said(atom.type, signs)
            if said is not None and len(at) < 1000:
                at.append((struct.unpack_from("<I", data, atom.start)[0], said))
    if text is not None:
        yield _filled(text, at), header


def _said(kind: int, signs: Signs) -> str | None:
    if kind in pf.DATE_SIGNS:
        return ""  # the day of looking
    return {
        pf.SLIDE_NUMBER_SIGN: signs.number,
        pf.FOOTER_SIGN: signs.footer,
        pf.HEADER_SIGN: signs.header,
        pf.DATE_SIGN: signs.date,
    }.get(kind)


def _filled(text: str, at: list[tuple[int, str]]) -> str:
    for place, said in sorted(at, reverse=True):
        if place < len(text) and text[place] == "*":
            text = text[:place] + said + text[place + 1 :]
    return _plain(text)


def _plain(text: str) -> str:
    return "".join("\n" if sign in "\r\x0b" else sign for sign in text if sign >= " " or sign in "\r\x0b\n\t")


def diagram(raw: bytes) -> list[str]:
    """Return the lines of a diagram that a newer program put beside a shape, as a package ([MS-ODRAW] 2.3.2.23)."""
    lines: list[str] = []
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            for entry in package.infolist()[:_MOST_PARTS]:
                if not _DIAGRAM.match(entry.filename) or entry.file_size > _LONGEST:
                    continue
                with package.open(entry) as stream:
                    for _, paragraph in markup.ends(io.BytesIO(stream.read(_LONGEST)), _PARAGRAPH):
                        lines.append("".join(text.text or "" for text in paragraph.iter("{*}t")))
    except (markup.BrokenMarkup, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError):
        return lines
    except (ValueError, struct.error):
        return lines
    return [line for line in lines if line.strip()]
