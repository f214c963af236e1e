"""Pages, Numbers and Keynote since 2013: archives of objects in a zip, in a zip inside it, in a folder that was zipped.

What shows: the body of a document and its foot notes, boxes, the headers and footers that some page has, the names of
sheets, the names and cells of tables, words of charts, slide by slide. Apart from it: comments with authors, speaker
notes, deleted text that is tracked, hidden sheets, slides, rows and columns, texts of slide masters (once each: most
only say what to type where; Keynote keeps a dozen masters that nobody uses), and text that no page leads to.
"""

import io
from collections.abc import Iterator
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import iwa, iwa_shapes, iwa_table, iwa_text
from witnessmark.formats.encodings import storable
from witnessmark.formats.iwa import KEYNOTE, NUMBERS, PAGES, Thing
from witnessmark.formats.iwa_objects import LONGEST_NAME, STORAGES, Objects, put_comment, reference, references
from witnessmark.formats.package import Package, close
from witnessmark.formats.packages import bundle_folder
from witnessmark.formats.protobuf import Message
from witnessmark.model.derivative import Outcome

LARGEST_INDEX: Final = 256 << 20
_LZFSE: Final = b"bvx"
"""How what lzfse packed begins; records of who changed what, where several write together, are packed so."""
MOST_PAGES: Final = 100_000
OUTSIDE: Final = "text outside the pages"
_COMMENT: Final = 3056
_AUTHOR: Final = 212


def read_iwork13(source: Source, report: Report) -> None:
    """Read a document.

    Raises:
        ReadingStopped: when the package holds none, is encrypted, or says more than is read.
    """
    package = Package(source)
    folder = bundle_folder(package.names)
    index, inner = _index(package, folder)
    objects = _objects(package, index, inner)
    if not len(objects):
        _take_members(package, index, inner, objects.unread, report)
        raise ReadingStopped(Outcome.CORRUPT, "the package holds no document")
    for label, text in _PROGRAMS[objects.program](objects):
        if label:
            objects.put_aside(label, text)
        elif text:
            report.visible(text)
    _tell_rest(objects)
    objects.flush(report)
    _take_members(package, index, inner, objects.unread, report)
    package.broken += objects.broken
    package.observe_times(report)
    if objects.unread:
        names = storable(", ".join(objects.unread[:3]))[:300]
        report.outcome(Outcome.PARTIAL, f"archives packed by LZFSE are not read: {names}")
    close(package, report)


def _index(package: Package, folder: str) -> tuple[Package, str]:
    """Return the package that the archives lie in, and the name of the zip that it is, if it lies in another.

    Raises:
        ReadingStopped: when that zip is locked, or past a limit.
    """
    name = package.find(f"{folder}Index.zip")
    if name is None:
        return package, ""
    data = package.read(name, LARGEST_INDEX)
    try:
        return Package(Source(io.BytesIO(data), len(data), "Index.zip")), name
    except ReadingStopped as stopped:
        if stopped.outcome is not Outcome.CORRUPT:
            raise
        package.broken.append(name)
        return package, name


def _objects(package: Package, index: Package, inner: str) -> Objects:
    """Return the objects of all archives; those of the document first, whose root tells the program."""
    names = sorted((name for name in index.names if name.lower().endswith(".iwa")), key=_first)
    room = iwa.MOST_UNFOLDED
    objects = Objects("")
    for name in names:
        packed = index.read(name, LARGEST_INDEX)
        if packed.startswith(_LZFSE):
            objects.unread.append(f"{inner}/{name}" if inner else name)
            continue
        data, is_whole = iwa.unfolded(packed, room)
        room -= len(data)
        try:
            for thing in iwa.things(data):
                objects.add(thing)
                objects.program = objects.program or iwa.program_of(thing)
        except iwa.BrokenArchive:
            is_whole = False
        if not is_whole:
            package.broken.append(f"{inner}/{name}" if inner else name)
    objects.program = objects.program or KEYNOTE
    if index is not package:
        package.broken += [*index.broken, *([inner] if index.is_cut else ())]
    return objects


def _first(name: str) -> tuple[bool, str]:
    return not name.endswith("Index/Document.iwa"), name


def _take_members(package: Package, index: Package, inner: str, unread: list[str], report: Report) -> None:
    """Take out what is no archive that was read: pictures, previews, lists of properties.

    A zip inside, which the archives lie in, is taken out only if it holds anything else.
    """
    kept = {*package.broken, *unread}
    read = {name for name in package.names if not inner and name.lower().endswith(".iwa") and name not in kept}
    if inner and not kept and all(name.lower().endswith(".iwa") for name in index.names):
        read.add(inner)
    package.take_members(report, set(package.names), read)


def _pages(objects: Objects) -> Iterator[tuple[str, str]]:
    """Yield the texts of a document of Pages: headers, body with what stands in it, boxes page by page, footers."""
    root = next(iter(objects.of_kind(10000)), None)
    if root is None:
        return
    about = root.message
    body = objects.get(reference(about, 4), *STORAGES)
    sections = [reference(about, 5)]
    if body is not None:
        sections += [reference(entry, 2) for entry in body.message.message(17).messages(1)]
    headers, footers = dict[str, None](), dict[str, None]()
    for section in dict.fromkeys(sections):
        _edges(objects, section, headers, footers)
    yield from (("", text + "\n") for text in headers)
    yield "", _ended(iwa_text.told(objects, reference(about, 4), iwa_shapes.told))
    floating = objects.get(reference(about, 3), 10010)
    groups = [] if floating is None else sorted((group.whole(1), group.data) for group in floating.message.messages(1))
    for _, group in groups[:MOST_PAGES]:
        for field in (2, 4, 3):  # what lies behind the text, in it and before it
            for entry in Message(group).messages(field):
                yield "", _ended(iwa_shapes.told(objects, reference(entry, 1)))
    yield from (("", text + "\n") for text in footers)


def _edges(objects: Objects, number: int, headers: dict[str, None], footers: dict[str, None]) -> None:
    """Gather headers and footers of a section; of its three kinds of pages those that it has (TP.SectionArchive)."""
    section = objects.claim(number, 10011)
    if section is None:
        return
    about = section.message
    shown = {23: about.whole(18) and not about.whole(28), 24: about.whole(19), 25: 1}
    for field, is_shown in shown.items():
        master = objects.claim(reference(about, field), 10143)
        if master is None:
            continue
        for kind, part, lines in (("header", 1, headers), ("footer", 2, footers)):
            texts = (_line(objects, one) for one in references(master.message, part))
            line = "\t".join(text for text in texts if text)
            if line and is_shown:
                lines[line] = None
            else:
                objects.put_aside(f"{kind} not shown", line)
        for drawable in references(master.message, 3):
            text = iwa_shapes.told(objects, drawable).strip()
            headers |= {text: None} if text else {}


def _numbers(objects: Objects) -> Iterator[tuple[str, str]]:
    """Yield the sheets of a workbook: name, headers, tables and boxes, footers."""
    root = objects.get(1, 1)
    count = 0
    for number in references(root.message, 1) if root is not None else ():
        sheet = objects.claim(number, 2, 3)
        if sheet is None:
            continue
        about = sheet.message if sheet.kind == 2 else sheet.message.message(1)
        label = "hidden sheet" if about.whole(25) else ""
        if not label:
            yield "", "\f" if count else ""
            count += 1
        lines = [objects.spend(about.text(1))]
        lines += [_line(objects, one) for one in (*references(about, 18), reference(about, 15))]
        lines += [iwa_shapes.told(objects, one).strip("\n") for one in references(about, 2)]
        lines += [_line(objects, one) for one in (*references(about, 19), reference(about, 16))]
        yield label, _ended("\n".join(line for line in lines if line.strip()))


def _line(objects: Objects, number: int) -> str:
    return iwa_text.told(objects, number, iwa_shapes.told).strip()


def _slides(objects: Objects) -> Iterator[tuple[str, str]]:
    """Yield the slides of a presentation in their order, each with its notes; then texts of masters, once each."""
    root = objects.get(1, 1)
    show = objects.get(reference(root.message, 2), 2) if root is not None else None
    count = 0
    for node in _nodes(objects, show):
        slide = objects.claim(reference(node.message, 2), 5, 6)
        if slide is None:
            continue
        label = "hidden slide" if node.message.whole(4) else ""
        if not label:
            yield "", "\f" if count else ""
            count += 1
        yield from _slide(objects, slide, label)
    masters = dict.fromkeys(line for slide in objects.of_kind(5, 6) for line in _master(objects, slide))
    yield "slide master", "\n".join(masters)


def _nodes(objects: Objects, show: Thing | None) -> Iterator[Thing]:
    """Yield what the slides hang on, in their order: a list, or in older documents a tree."""
    tree = None if show is None else show.message.message(3)
    waiting = [] if tree is None else [*references(tree, 2)[::-1], reference(tree, 1)]
    while waiting:
        node = objects.claim(waiting.pop(), 4)
        if node is not None:
            yield node
            waiting += references(node.message, 1)[::-1]


def _slide(objects: Objects, slide: Thing, label: str) -> Iterator[tuple[str, str]]:
    about = slide.message
    placed = list(dict.fromkeys((*references(about, 42), *references(about, 7))))
    title, body = reference(about, 5), reference(about, 6)
    order = [one for one in (title, body) if one in placed] + [one for one in placed if one not in (title, body)]
    for one in order:
        yield label, _ended(iwa_shapes.told(objects, one))
    for one in (title, body, reference(about, 30)):
        yield "text that the slide does not show", iwa_shapes.told(objects, one)
    note = objects.claim(reference(about, 27), 15)
    if note is not None:
        yield "speaker notes", iwa_text.told(objects, reference(note.message, 1), iwa_shapes.told)


def _master(objects: Objects, slide: Thing) -> Iterator[str]:
    """Yield the texts of a slide that the presentation does not lead to: a master's."""
    if objects.is_told(slide.number):
        return
    about = slide.message
    for one in (reference(about, 5), reference(about, 6), *references(about, 42), *references(about, 7)):
        yield from (line for line in iwa_shapes.told(objects, one).split("\n") if line.strip())


def _tell_rest(objects: Objects) -> None:
    """Keep apart what nobody led to: texts, comments, tables."""
    for thing in objects.of_kind(*STORAGES):
        objects.put_aside(OUTSIDE, iwa_text.told(objects, thing.number, iwa_shapes.told))
    for thing in objects.of_kind(6000, 6007, 5021, 5000):
        objects.put_aside(OUTSIDE, iwa_shapes.told(objects, thing.number))
    for thing in objects.of_kind(iwa_table.MENU):
        objects.put_aside("choice", "\n".join(filter(None, iwa_table.choices_of(objects, thing.number))))
    for thing in objects.of_kind(_COMMENT):
        put_comment(objects, thing.number)
    names = dict.fromkeys(thing.message.text(1).strip()[:LONGEST_NAME] for thing in objects.of_kind(_AUTHOR))
    objects.put_aside("metadata: authors of comments", "\n".join(filter(None, names)))


def _ended(text: str) -> str:
    text = text.strip("\n")
    return text + "\n" if text.strip() else ""


_PROGRAMS: Final = {PAGES: _pages, NUMBERS: _numbers, KEYNOTE: _slides}
