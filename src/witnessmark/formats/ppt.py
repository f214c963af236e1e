"""Reads PowerPoint 97 to 2003: slides in their order, and apart from them notes, comments and what no longer shows.

A presentation keeps what earlier saves wrote: words that only they hold are hidden text of an earlier revision. What
stands on a master stands apart, once; its placeholders only say what to type.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import dates, encodings, office_art, strings
from witnessmark.formats import ppt_file as pf
from witnessmark.formats.compound import CompoundFile, opened
from witnessmark.formats.legacy_parts import tell_parts
from witnessmark.formats.office_art import Record, records
from witnessmark.formats.ole_properties import page_of
from witnessmark.formats.ppt_shapes import Shape, Signs, diagram, shapes, texts, with_headers
from witnessmark.formats.windows_codecs import codec_of_page
from witnessmark.model.derivative import Outcome

LARGEST: Final = 256 << 20
MOST_SLIDES: Final = 5000
MOST_COMMENTS: Final = 10_000
MOST_PACKAGES: Final = 500
_SLIDE_NUMBER: Final = 8
_PROMPTS: Final = range(1, 7)
"""Placeholders of masters whose words only say what to type ([MS-PPT] 2.13.21)."""
_HANDOUT: Final = 0x0FC9
_HIDDEN_SLIDE: Final = 4
_HAS_DATE, _HAS_OWN_DATE, _HAS_NUMBER, _HAS_HEADER, _HAS_FOOTER = 1, 4, 8, 0x10, 0x20


@dataclass(slots=True)
class _Entry:
    """A slide in a list: its number among the objects, its own number, and the texts that its outline holds."""

    object: int
    number: int
    outline: list[tuple[str, int]] = field(default_factory=list)


def read_ppt(source: Source, report: Report) -> None:
    """Read an older presentation.

    Raises:
        ReadingStopped: when it asks for a password or cannot be followed.
    """
    file = opened(source)
    try:
        _read_stream(file, report)
    finally:
        tell_parts(file, report)


def _read_stream(file: CompoundFile, report: Report) -> None:
    # beside one for PowerPoint 95, a presentation may be kept in the later form
    later = ("PP97_DUALSTORAGE",) if file.find("PP97_DUALSTORAGE", "PowerPoint Document") else ()
    entry = file.find(*later, "PowerPoint Document")
    if entry is None:
        _tell_oldest(file, report)
        return
    user = file.find(*later, "Current User")
    slides = pf.open_slides(file.read(entry, LARGEST), b"" if user is None else file.read(user, 4096))
    if slides.is_locked or file.find("EncryptedSummary") is not None:
        raise ReadingStopped(Outcome.ENCRYPTED, "the presentation asks for a password")
    if slides.document is None:
        _tell_all(slides.data, file, report)
        report.outcome(
            Outcome.PARTIAL, "the saves of the presentation cannot be followed: which slides show is not known"
        )
        return
    try:
        _Telling(slides, slides.document, report).tell()
    except struct.error as error:
        raise ReadingStopped(Outcome.CORRUPT, "the records of the presentation break off") from error


def _tell_oldest(file: CompoundFile, report: Report) -> None:
    """Report what is readable in a presentation of PowerPoint 4, whose records are another kind."""
    entry = file.find("PP40")
    if entry is None:
        raise ReadingStopped(Outcome.CORRUPT, "no stream of a presentation")
    for text in strings.runs(file.read(entry, strings.MOST_READ)):
        report.hidden("readable bytes", text)
    report.outcome(Outcome.PARTIAL, "PowerPoint 4: only what is readable in the bytes is given")


def _tell_all(data: bytes, file: CompoundFile, report: Report) -> None:
    """Report every text there is, shown or not; PowerPoint 95 keeps all its words in a stream of their own."""
    said = list(dict.fromkeys(text for text in _every_text(data, 0, len(data)) if text.strip()))
    older = file.find("Text_Content")
    if not said and older is not None:
        raw = file.read(older, LARGEST)
        name = codec_of_page(page_of(file))
        name = name or encodings.choose(raw[: encodings.SAMPLE], whole=len(raw) <= encodings.SAMPLE).name
        said = [raw.decode(name, "replace").replace("\r", "\n").replace("\x0b", "\n").replace("\0", "")]
    if said:
        report.hidden("slides, shown or not", "\n".join(said) + "\n")
        return
    for text in strings.runs(data[: strings.MOST_READ]):
        report.hidden("readable bytes", text)


def _every_text(data: bytes, start: int, end: int) -> Iterator[str]:
    for record in office_art.descend(data, start, end):
        if record.type in (pf.TEXT_WIDE, pf.TEXT_NARROW, pf.STRING):
            codec = "latin-1" if record.type == pf.TEXT_NARROW else "utf-16-le"
            text = data[record.start : record.end].decode(codec, "replace")
            yield text.replace("\r", "\n").replace("\x0b", "\n").replace("\0", "")


class _Telling:
    """One presentation under way: what was told so far, and which objects are in use."""

    def __init__(self, slides: pf.Slides, document: Record, report: Report) -> None:
        self._slides, self._data, self._report = slides, slides.data, report
        self._document = document
        self._used = {document.start - 8}
        self._said: set[str] = set()
        self._comments = 0
        self._edges: dict[int, tuple[int, dict[int, str]]] = {}
        self._paper = (0, 0)
        self._lists: dict[int, list[_Entry]] = {0: [], 1: [], 2: []}
        self._packages = 0
        for record in records(self._data, document.start, document.end):
            if record.type == pf.LIST_WITH_TEXT:
                self._lists.setdefault(record.instance, []).extend(self._entries(record))
            elif record.type == pf.HEADERS_FOOTERS:
                self._edges[record.instance] = self._edge(record)
            elif record.type == pf.DOCUMENT_ATOM and record.end - record.start >= 8:
                self._paper = struct.unpack_from("<ii", self._data, record.start)
                if record.end - record.start >= 32:  # the masters of notes and of handouts
                    masters = struct.unpack_from("<II", self._data, record.start + 24)
                    self._lists[1] += [_Entry(number, 0) for number in masters if number]

    def tell(self) -> None:
        """Report everything."""
        notes = {entry.number: entry for entry in self._lists[2]}
        shown = 0
        for count, entry in enumerate(self._lists[0][:MOST_SLIDES], 1):
            record = self._use(entry, pf.SLIDE)
            if record is None:
                self._report.outcome(Outcome.PARTIAL, "a slide of the presentation cannot be found")
                continue
            notes_number, is_hidden = self._about(record)
            if not is_hidden:
                self._report.visible("\f" if shown else "")
                shown += 1
            self._slide(entry, record, count, is_hidden=is_hidden)
            if notes_number in notes:
                self._notes(notes.pop(notes_number), count)
        for entry in notes.values():
            self._notes(entry, 0)
        for entry in self._lists[1]:
            self._master(entry)
        for _, words in self._edges.values():
            self._put_aside("header or footer not shown", [text for text in words.values() if text not in self._said])
        self._addresses()
        self._out_of_use()

    def _entries(self, container: Record) -> Iterator[_Entry]:
        """Yield the entries of a list of slides; the texts of a slide's outline follow its entry."""
        entry: _Entry | None = None
        start = container.start
        atoms = list(records(self._data, container.start, container.end))[: 50 * MOST_SLIDES]
        for atom in atoms:
            if atom.type == pf.SLIDE_PERSIST and atom.end - atom.start >= 16:
                if entry is not None:
                    entry.outline = self._outline(start, atom.start - 8)
                    yield entry
                number, _, _, own = struct.unpack_from("<IIiI", self._data, atom.start)
                entry, start = _Entry(number, own), atom.end
        if entry is not None:
            entry.outline = self._outline(start, container.end)
            yield entry

    def _outline(self, start: int, end: int) -> list[tuple[str, int]]:
        return list(with_headers(self._data, Record(0, 0, True, start, end), Signs()))

    def _use(self, entry: _Entry, kind: int) -> Record | None:
        """Return the record of an entry, the first time that it is asked for."""
        offset, record = self._slides.object(entry.object)
        if record is None or record.type != kind or offset in self._used:
            return None
        self._used.add(offset)
        return record

    def _about(self, slide: Record) -> tuple[int, bool]:
        """Return the number of a slide's notes, and whether it is passed over when the slides are shown."""
        notes, hidden = 0, False
        for record in records(self._data, slide.start, slide.end):
            if record.type == pf.SLIDE_ATOM and record.end - record.start >= 20:
                notes = struct.unpack_from("<I", self._data, record.start + 16)[0]
            elif record.type == pf.SLIDE_SHOW and record.end - record.start >= 12:
                hidden = bool(struct.unpack_from("<H", self._data, record.start + 10)[0] & _HIDDEN_SLIDE)
        return notes, hidden

    def _edge(self, container: Record) -> tuple[int, dict[int, str]]:
        """Return flags and strings of headers and footers: 0 the date, 1 the header, 2 the footer."""
        flags, words = 0, dict[int, str]()
        for record in records(self._data, container.start, container.end):
            if record.type == pf.HEADERS_FOOTERS_ATOM and record.end - record.start >= 4:
                flags = struct.unpack_from("<H", self._data, record.start + 2)[0]
            elif record.type == pf.STRING:
                words[record.instance] = self._string(record)
        return flags, words

    def _string(self, record: Record) -> str:
        return self._data[record.start : record.end].decode("utf-16-le", "replace").replace("\0", "").strip()

    def _signs(self, record: Record, count: int, level: int) -> tuple[Signs, list[str]]:
        """Return what signs on this slide stand for, and the lines that its master draws for it."""
        own = [
            self._edge(part)
            for part in records(self._data, record.start, record.end)
            if part.type == pf.HEADERS_FOOTERS
        ]
        flags, words = own[0] if own else self._edges.get(level, (0, {}))
        date = words.get(0, "") if flags & _HAS_DATE and flags & _HAS_OWN_DATE else ""
        header = words.get(1, "") if flags & _HAS_HEADER else ""
        footer = words.get(2, "") if flags & _HAS_FOOTER else ""
        signs = Signs(str(count) if count else "", date, header, footer)
        return signs, [line for line in (date, header, footer) if line]

    def _slide(self, entry: _Entry, record: Record, count: int, *, is_hidden: bool) -> None:
        signs, edges = self._signs(record, count, 3)
        lines: list[str] = []
        referred: set[int] = set()
        for shape in shapes(self._data, record, signs):
            words = self._words(shape, entry, referred)
            self._beside(shape)
            if not words:
                continue
            why = "hidden shape" if shape.is_hidden else "beside the slide" if self._is_beside(shape) else ""
            if shape.is_deleted:
                why = "deleted shape"
            if why and not is_hidden:
                self._put_aside(why, words)
            else:
                lines += words
        lines += [line for line in edges if not any(line in said for said in lines)]
        left = [text for text, number in entry.outline if number not in referred and text.strip()]
        if is_hidden:
            self._put_aside("hidden slide", lines)
        elif lines:
            self._said.update(lines)
            self._report.visible("\n".join(lines) + "\n")
        self._put_aside("text of no shape", [text for text in left if text not in self._said])
        self._tell_comments(record)

    def _words(self, shape: Shape, entry: _Entry, referred: set[int]) -> list[str]:
        found = [text for text in shape.texts if text.strip()]
        for reference in shape.references:
            referred.add(reference)
            found += [text for text, number in entry.outline if number == reference and text.strip()]
        for start, end in shape.packages:
            self._packages += 1
            if not found and self._packages <= MOST_PACKAGES:
                found += diagram(self._data[start:end])
        return [text.strip("\n") for text in found]

    def _is_beside(self, shape: Shape) -> bool:
        if shape.anchor is None or min(self._paper) <= 0:
            return False
        left, top, right, bottom = shape.anchor
        return left >= self._paper[0] or top >= self._paper[1] or right <= 0 or bottom <= 0

    def _beside(self, shape: Shape) -> None:
        """Report what belongs to a shape and is not its text."""
        self._put_aside("alt text", shape.described)

    def _notes(self, entry: _Entry, count: int) -> None:
        record = self._use(entry, pf.NOTES)
        if record is None:
            return
        signs, edges = self._signs(record, count, 4)
        lines: list[str] = []
        referred: set[int] = set()
        for shape in shapes(self._data, record, signs):
            self._beside(shape)
            if shape.placeholder != _SLIDE_NUMBER:
                lines += self._words(shape, entry, referred)
        lines += [line for line in edges if not any(line in said for said in lines)]
        self._put_aside("speaker notes", lines)

    def _master(self, entry: _Entry) -> None:
        offset, record = self._slides.object(entry.object)
        if record is None or offset in self._used or record.type not in (pf.MASTER, pf.SLIDE, pf.NOTES, _HANDOUT):
            return
        self._used.add(offset)
        lines: list[str] = []
        for shape in shapes(self._data, record, Signs()):
            self._beside(shape)
            if shape.placeholder not in _PROMPTS:
                lines += self._words(shape, entry, set())
        self._put_aside("slide master", [line for line in dict.fromkeys(lines) if line not in self._said])

    def _tell_comments(self, slide: Record) -> None:
        for record in _in_tags(self._data, slide, pf.COMMENT):
            self._comments += 1
            if self._comments > MOST_COMMENTS:
                return
            words: dict[int, str] = {}
            for part in records(self._data, record.start, record.end):
                if part.type == pf.STRING:
                    words[part.instance] = self._string(part)
                elif part.type == pf.COMMENT_ATOM and part.end - part.start >= 20 and self._comments <= 1000:
                    year, month, _, day, hour, minute, second, _ = struct.unpack_from("<8H", self._data, part.start + 4)
                    raw = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
                    dates.observe(self._report, "commented", dates.from_iso(raw), "PowerPoint comment")
            self._put_aside("comment", [f"{words.get(0, '') or words.get(2, '')}: {words.get(1, '')}"])

    def _addresses(self) -> None:
        found: dict[str, None] = {}
        for record in office_art.descend(self._data, self._document.start, self._document.end):
            if record.type != pf.HYPERLINK:
                continue
            for part in records(self._data, record.start, record.end):
                text = self._string(part) if part.type == pf.STRING and part.instance == 1 else ""
                if ":" in text or "." in text:
                    found[text[:2000]] = None
        for address in list(found)[:500]:
            self._report.observe("address", address)
        self._put_aside("address", found)

    def _out_of_use(self) -> None:
        """Report words that only earlier saves, or slides that are in no list, hold."""
        in_use = set(self._slides.objects.values())
        places = dict.fromkeys(
            record.start - 8
            for record in records(self._data)
            if record.type in (pf.DOCUMENT, pf.SLIDE, pf.NOTES) and record.start - 8 not in self._used
        )
        places |= dict.fromkeys(place for place in self._slides.replaced if place not in self._used)
        for place in sorted(places):
            record = self._slides.at(place)
            if record is None or record.type not in (pf.DOCUMENT, pf.SLIDE, pf.NOTES) or place in self._used:
                continue
            self._used.add(place)
            label = "slide out of use" if place in in_use else "earlier revision"
            found = [text for text in self._old_texts(record) if text.strip() and text not in self._said]
            self._put_aside(label, dict.fromkeys(found))

    def _old_texts(self, record: Record) -> Iterator[str]:
        if record.type != pf.DOCUMENT:
            for shape in shapes(self._data, record, Signs()):
                yield from (text.strip("\n") for text in shape.texts)
            return
        for part in records(self._data, record.start, record.end):
            if part.type == pf.LIST_WITH_TEXT and part.instance != 1:
                yield from (text.strip("\n") for text in texts(self._data, part, Signs()))

    def _put_aside(self, label: str, lines: "list[str] | dict[str, None]") -> None:
        words = [line for line in lines if line.strip()]
        if words:
            self._said.update(words)
            self._report.hidden(label, "\n".join(words) + "\n")


def _in_tags(data: bytes, slide: Record, kind: int) -> Iterator[Record]:
    """Yield the records of a kind in a slide's tags, whose data are records again."""
    for record in office_art.descend(data, slide.start, slide.end):
        if record.type == pf.TAG_DATA:
            yield from (inner for inner in office_art.descend(data, record.start, record.end) if inner.type == kind)
