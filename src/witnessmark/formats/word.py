"""Reads Word 6 to 2003 documents: every story, as it shows, and apart from it what does not show.

The order is that of a page: headers, text, notes, text boxes, footers. Comments stand apart with their authors, and so
does what was deleted with changes tracked, what is marked hidden, the instructions of fields, headers that no page
shows, and, where a document was saved in haste, text that it no longer uses.
"""

import re
import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import dates, strings
from witnessmark.formats import word_properties as wp
from witnessmark.formats.compound import MAGIC, CompoundFile, opened
from witnessmark.formats.legacy_parts import tell_parts
from witnessmark.formats.word_file import STORIES, Part, WordFile, names, strings_in_a_row
from witnessmark.formats.word_lists import read_lists
from witnessmark.formats.word_story import Document, Story, joined, moment_of, page_of_language
from witnessmark.model.derivative import Outcome

LARGEST: Final = 256 << 20
MOST_LEFT: Final = 256 << 10
"""Characters that are kept of text that a document no longer uses."""
_OLDEST: Final = (b"\xdb\xa5", b"\x9b\xa5", b"\x31\xbe", b"\x32\xbe")
_EDGES: Final = 6
_IN_HAN: Final = (0x04, 0x11, 0x12)  # primary languages, [MS-LCID]
_GUARD: Final = "\r\n\f \0"
_WORDS: Final = re.compile(r"[^\W\d_]{2}")
_LINES: Final = re.compile(r"[\w \t.,;:!?'\"()\[\]«»„“”‘’–—/%&+\-，。、：；？！（）《》་།]{8,}")


def read_doc(source: Source, report: Report) -> None:
    """Read an older Word document.

    Raises:
        ReadingStopped: when it asks for a password or cannot be followed.
    """
    source.stream.seek(0)
    head = source.stream.read(8)
    if head[:2] in _OLDEST:
        _read_oldest(source, report)
        return
    if head != MAGIC:
        strings.say(source, report)
    file = opened(source)
    try:
        _read_streams(file, report)
    finally:
        tell_parts(file, report)


def _read_oldest(source: Source, report: Report) -> None:
    """Read the text of Word 1 or 2 or of Write, whose heads say where it begins and ends."""
    data = source.first(LARGEST)
    if len(data) < 0x80:
        raise ReadingStopped(Outcome.CORRUPT, "the document breaks off")
    is_write = data[:2] in _OLDEST[2:]
    first, last = (0x80, struct.unpack_from("<I", data, 14)[0]) if is_write else struct.unpack_from("<II", data, 0x18)
    page = "cp1252" if is_write else page_of_language(struct.unpack_from("<H", data, 6)[0])
    text = data[first : min(last, len(data))].decode(page, "replace")
    lines = re.sub(r"\r\n?|\x0b", "\n", text).replace("\x07", "\t")
    words = re.sub(r"[\x00-\x08\x0e-\x1f]", "", lines)
    if words.strip():
        report.hidden("text, shown or not", words)
    report.outcome(Outcome.PARTIAL, "of a document this old, what is deleted or hidden is not told apart")


def _read_streams(file: CompoundFile, report: Report) -> None:
    entry = file.find("WordDocument")
    if entry is None:
        raise ReadingStopped(Outcome.CORRUPT, "no stream of a Word document")
    data = file.read(entry, LARGEST)
    if len(data) < 0x60:
        raise ReadingStopped(Outcome.CORRUPT, "the Word document breaks off")
    flags = struct.unpack_from("<H", data, 10)[0]
    if flags & 0x0100:
        raise ReadingStopped(Outcome.ENCRYPTED, "the document asks for a password")
    tables = file.find("1Table" if flags & 0x0200 else "0Table")
    objects = file.find("Data")
    try:
        document = WordFile(
            data,
            b"" if tables is None else file.read(tables, LARGEST),
            b"" if objects is None else file.read(objects, LARGEST),
        )
        _tell(document, report)
    except (struct.error, IndexError, ValueError) as error:
        for text in strings.runs(data[: strings.MOST_READ]):
            report.hidden("readable bytes", text)
        raise ReadingStopped(Outcome.CORRUPT, "the tables of the Word document cannot be followed") from error


def _tell(file: WordFile, report: Report) -> None:
    document = Document(file, read_lists(file))
    stories: list[Story] = []
    headers, footers = _edges(document, stories)
    body = _story(document, STORIES.index("body"), stories)
    notes = [_story(document, STORIES.index(name), stories) for name in ("footnotes", "endnotes")]
    boxes = [_story(document, STORIES.index(name), stories) for name in ("boxes", "edge boxes")]
    for text in (*headers, body, *notes, *boxes, *footers):
        if text.strip(_GUARD):
            report.visible(text)
    _tell_comments(document, report)
    macros = Story(document).read(*file.story(STORIES.index("macros")))
    if macros.visible.strip(_GUARD):
        report.hidden("macro text", macros.visible)
    for story in stories:
        for label, text in story.hidden:
            report.hidden(label, text)
    if document.addresses:
        for address in document.addresses:
            report.observe("address", address)
        report.hidden("address", "\n".join(document.addresses) + "\n")
    report.observe("doc.characters", sum(file.lengths))
    _observe_changes(document, report)
    _observe_saves(document, report)
    if file.is_fast_saved:
        _tell_left(file, report)
    if document.room <= 0:
        report.outcome(Outcome.PARTIAL, "the document names the same text again and again")
    elif sum(file.lengths) > sum(piece.characters for piece in file.pieces):
        report.outcome(Outcome.PARTIAL, "the document's pieces hold less text than it counts")


def _story(document: Document, number: int, stories: list[Story]) -> str:
    start, end = document.file.story(number)
    if start >= end:
        return ""
    story = Story(document, document.file.fields(number), is_body=number == 0).read(start, end)
    stories.append(story)
    return story.visible.strip("\0").rstrip("\r\n") + "\n"


def _edges(document: Document, stories: list[Story]) -> tuple[list[str], list[str]]:
    """Read headers and footers; those that no page shows are hidden ([MS-DOC] 2.8.22 Plcfhdd)."""
    number = STORIES.index("edges")
    start, end = document.file.story(number)
    places = document.file.plc(Part.EDGES, 0)[0]
    found: tuple[list[str], list[str]] = ([], [])
    if start >= end:
        return found
    bounds = [(start + low, start + min(high, end - start)) for low, high in pairwise(places[:-1])]
    sections = (len(bounds) - _EDGES) // _EDGES
    if document.file.is_older or sections < 1:
        found[0].append(_story(document, number, stories))
        return found
    shown = _shown_edges(document, bounds, sections)
    marks = document.file.fields(number)
    for place, (low, high) in enumerate(bounds[: _EDGES * (sections + 1)]):
        if low >= high:
            continue
        story = Story(document, marks).read(low, high, start)
        text = story.visible.strip("\0").rstrip("\r\n") + "\n"
        stories.append(story)
        is_footer = place % _EDGES in (2, 3, 5)
        if not text.strip(_GUARD) or place < _EDGES:
            continue
        if place in shown:
            found[is_footer].append(text)
        else:
            story.hidden.append((f"{'footer' if is_footer else 'header'} not shown", text))
    return found


def _shown_edges(document: Document, bounds: list[tuple[int, int]], sections: int) -> set[int]:
    """Return which headers and footers some page shows; an empty one is that of the section before."""
    settings = document.file.part(Part.SETTINGS)
    facing = bool(settings and settings[0] & 1)
    items = document.file.plc(Part.SECTIONS, 12)[1]
    first_differs = [_differs_first(document, int.from_bytes(item[2:6], "little")) for item in items]
    shown: set[int] = set()
    latest = [-1] * _EDGES
    for section in range(sections):
        for kind in range(_EDGES):
            place = _EDGES * (section + 1) + kind
            if bounds[place][0] < bounds[place][1]:
                latest[kind] = place
        differs = section < len(first_differs) and first_differs[section]
        for kind, is_used in ((0, facing), (1, True), (2, facing), (3, True), (4, differs), (5, differs)):
            if is_used:
                shown.add(latest[kind])
    return shown


def _differs_first(document: Document, at: int) -> bool:
    data = document.file.data
    if at + 2 > len(data):
        return False
    length = int.from_bytes(data[at : at + 2], "little")
    return wp.whole(document.properties.read(data[at + 2 : at + 2 + length]), wp.FIRST_PAGE_DIFFERS) == 1


def _tell_comments(document: Document, report: Report) -> None:
    number = STORIES.index("comments")
    start, end = document.file.story(number)
    if start >= end:
        return
    is_older = document.file.is_older
    about = document.file.plc(Part.COMMENT_PLACES, 20 if is_older else 30)[1]
    owners = strings_in_a_row(document.file.part(Part.COMMENT_AUTHORS), wide=not is_older, page=document.page)
    places = document.file.plc(Part.COMMENT_TEXTS, 0)[0][:-1] or (0, end - start)
    moments = document.file.part(Part.COMMENT_DATES) if not is_older else b""
    marks = document.file.fields(number)
    for count, (low, high) in enumerate(pairwise(places)):
        story = Story(document, marks).read(start + low, start + min(high, end - start), start)
        author = _author(about[count] if count < len(about) else b"", owners, is_older=is_older, page=document.page)
        if story.visible.strip(_GUARD) or author:
            report.hidden("comment", f"{author}: {story.visible.strip(_GUARD)}\n")
        for label, text in story.hidden:
            report.hidden(label, text)
        moment = moment_of(int.from_bytes(moments[18 * count : 18 * count + 4], "little"))
        if moment and count < 1000:
            dates.observe(report, "commented", dates.from_iso(moment), "Word comment")


def _author(raw: bytes, owners: list[str], *, is_older: bool, page: str) -> str:
    if is_older:
        initials, place = raw[1 : 1 + min(raw[0], 9)].decode(page, "replace") if raw else "", raw[10:12]
    else:
        initials = raw[2 : 2 + 2 * min(int.from_bytes(raw[:2], "little"), 9)].decode("utf-16-le", "replace")
        place = raw[20:22]
    number = int.from_bytes(place, "little")
    return joined(owners[number]) if raw and number < len(owners) else initials


def _observe_changes(document: Document, report: Report) -> None:
    if not document.changes:
        return
    raw = document.file.part(Part.CHANGE_AUTHORS)
    known = names(raw, wide=not document.file.is_older, page=document.page)
    authors = sorted({joined(known[number]) for number in document.authors if number < len(known)})
    report.observe("office.changes", {"authors": authors, "count": len(document.moments)})
    moments = sorted(document.moments)
    for moment in dict.fromkeys((moments[0], moments[-1])) if moments else ():
        dates.observe(report, "changed", dates.from_iso(moment), "Office tracked change")


def _observe_saves(document: Document, report: Report) -> None:
    """Report who saved the document last, and where: authors and paths by turns, ten of each at most."""
    if document.file.is_older:
        return
    found = [joined(name) for name in names(document.file.part(Part.SAVED_BY), wide=True, page=document.page)]
    for author, path in list(zip(found[::2], found[1::2], strict=False))[:100]:
        report.observe("office.savedby", {"author": author[:500], "path": path[:500]})
    if found:
        report.hidden("metadata: saved by", "\n".join(name for name in found[:200] if name) + "\n")
    raw = document.file.part(Part.SAVE_MARKS)
    if len(raw) >= 28:
        count = min(struct.unpack_from("<I", raw)[0], (len(raw) - 24) // 4)
        marks = [f"{mark:08X}" for mark in struct.unpack_from(f"<{count}I", raw, 24)]
        if marks:
            report.observe("office.rsids", {"root": "", "count": count, "all": sorted(marks)[:2000]})


def _tell_left(file: WordFile, report: Report) -> None:
    """Report words that stand among the text and that no piece uses: what was there before the last saves."""
    used = sorted((piece.start, piece.start + piece.characters * piece.width) for piece in file.pieces)
    end = max((high for _, high in used), default=0)
    pages = {*file.page_numbers(Part.CHARACTER_PAGES, 0x18A), *file.page_numbers(Part.PARAGRAPH_PAGES, 0x18C)}
    at, room = file.text_from, MOST_LEFT
    for low, high in (*used, (end, end)):
        for text in _left(file, at, min(low, len(file.data)), pages):
            if room > 0:
                report.hidden("text no longer in use", text[:room] + "\n")
                room -= len(text)
        at = max(at, high)


def _left(file: WordFile, start: int, end: int, pages: set[int]) -> Iterator[str]:
    """Yield the words of a gap, less the pages of properties in it, in whichever width they stand."""
    in_han = file.language & 0x3FF in _IN_HAN
    page = page_of_language(file.language) if file.is_older else "cp1252"
    while start < end:
        stop = min(end, (start // wp.PAGE + 1) * wp.PAGE)
        if start // wp.PAGE not in pages:
            while stop < end and stop // wp.PAGE not in pages:
                stop = min(end, stop + wp.PAGE)
            yield from _words(file.data[start:stop], page, in_han=in_han)
        start = stop


def _words(raw: bytes, page: str, *, in_han: bool) -> Iterator[str]:
    texts = (raw[: len(raw) & ~1].decode("utf-16-le", "replace"), raw.decode(page, "replace"))
    found = [[match[0].strip() for match in _LINES.finditer(text) if _common(match[0], in_han)] for text in texts]
    wide, narrow = (sum(map(len, lines)) / max(1, len(text)) for lines, text in zip(found, texts, strict=True))
    yield from (line for line in found[0 if wide > narrow else 1] if len(_WORDS.findall(line)) >= 2)


def _common(text: str, in_han: bool) -> bool:  # noqa: FBT001
    """Tell whether signs stand together as they do in words: of one script, and Han only where it is written.

    Letters with accents stand among plain ones; where they do not, bytes of another make look like letters.
    """
    letters = [sign for sign in text if sign.isalpha()]
    blocks = {ord(sign) >> 8 for sign in letters}
    if blocks == {0} and sum(sign > "\x7f" for sign in letters) * 2 > len(letters):
        return False
    return len(blocks) <= 2 or (in_han and all(0x4E <= block < 0xA0 or block in (0, 0x30) for block in blocks))
