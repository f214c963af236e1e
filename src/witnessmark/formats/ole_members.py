"""Embedded objects of an older Office file: storages taken out as files of their own, or unwrapped."""

from collections.abc import Iterator
from typing import Final

from witnessmark.cell.report import Report
from witnessmark.formats import ole
from witnessmark.formats.compound import STREAM, CompoundEntry, CompoundFile, folded
from witnessmark.formats.compound_build import Tree, build
from witnessmark.formats.encodings import storable
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

LARGEST: Final = 256 << 20
MOST: Final = 10_000
_ENDINGS: Final = (
    ("WordDocument", ".doc"),
    ("Workbook", ".xls"),
    ("Book", ".xls"),
    ("PowerPoint Document", ".ppt"),
    ("VisioDocument", ".vsd"),
    ("Package", ".bin"),
    ("Equation Native", ".equation"),
    ("__properties_version1.0", ".msg"),
)
_OWN: Final = frozenset(
    ("macros", "_vba_project_cur", "vba", "msodatastore", "_sx_db_cur", "_xmlsignatures", "quill", "escher", "envelope")
)
_POOLS: Final = frozenset(("objectpool", "objects"))
_ENVELOPE: Final = frozenset(map(folded, ("\x01Ole", "\x01CompObj", "\x01Ole10Native", "\x03ObjInfo", *ole.WRAPPING)))
"""What an object that wraps a file has beside it ([MS-OLEDS] 2.3): a class, a mark, how it is shown."""


def take_objects(file: CompoundFile, report: Report) -> None:
    """Take out every embedded object: the file that it wraps, or else a compound file made of its storage."""
    trees: dict[tuple[str, ...], dict[tuple[str, ...], CompoundEntry]] = {}
    for path, entry in file.walk():
        depth = 2 if path[0].lower() in _POOLS else 1
        if path[0].lower() in _OWN or (len(path) <= depth and entry.type == STREAM):
            continue
        if len(path) >= depth:
            trees.setdefault(path[:depth], {})[path[depth:]] = entry
    room = LARGEST
    for count, (path, inside) in enumerate(sorted(trees.items())):
        name = _plain(path[-1])
        if count >= MOST:
            report.refuse_member((PathStep(name),), Outcome.REFUSED_LIMIT, f"more than {MOST} embedded objects")
            break
        size = sum(entry.size for entry in inside.values() if entry.type == STREAM)
        if size > room:
            report.refuse_member((PathStep(name),), Outcome.REFUSED_LIMIT, "the embedded objects are too large")
            continue
        room -= size
        _take(file, name, inside, report)


def take_wrapped(file: CompoundFile, report: Report) -> bool:
    """Take out the file that an embedded object wraps; tell whether it was all that the object holds."""
    found = ole.wrapped_in(file, file.streams())
    if found is None:
        return False
    with report.member((PathStep(_plain(found[0])),), How.DECODED, {}) as sink:
        sink.write(found[1])
    return all(len(path) == 1 and folded(path[0]) in _ENVELOPE for path, _ in file.walk())


def take_whole(file: CompoundFile, report: Report) -> None:
    """Take out every stream that is a whole file by itself, as a preview often is: a picture, a PDF."""
    room, count = LARGEST, 0
    for path, entry in file.walk():
        is_envelope = len(path) == 1 and folded(path[0]) in _ENVELOPE
        ending = "" if entry.type != STREAM or is_envelope else ole.ending_of(file.read(entry, ole.HEAD))
        if not ending:
            continue
        count += 1
        steps = tuple(PathStep(_plain(name)) for name in path)
        name = steps[-1].name
        steps = (*steps[:-1], PathStep(name if name.lower().endswith(ending) else name + ending))
        if count > MOST or entry.size > room:
            report.refuse_member(steps, Outcome.REFUSED_LIMIT, "the files in streams are too many or too large")
            break
        room -= entry.size
        with report.member(steps, How.COPIED, {}) as sink:
            sink.write(file.read(entry, LARGEST))


def _take(file: CompoundFile, name: str, inside: dict[tuple[str, ...], CompoundEntry], report: Report) -> None:
    streams = {folded(path[0]): entry for path, entry in inside.items() if len(path) == 1 and entry.type == STREAM}
    if not streams:
        return
    found = ole.wrapped_in(file, streams)
    if found is not None:
        with report.member((PathStep(name), PathStep(_plain(found[0]))), How.DECODED, {}) as sink:
            sink.write(found[1])
        return
    ending = next((ending for stream, ending in _ENDINGS if folded(stream) in streams), ".ole")
    class_id = inside[()].class_id if () in inside else bytes(16)
    data = build(_tree(file, inside), class_id)
    with report.member((PathStep(name + ending),), How.REBUILT, {}) as sink:
        sink.write(data)


def _tree(file: CompoundFile, inside: dict[tuple[str, ...], CompoundEntry]) -> Tree:
    tree: dict[str, bytes | Tree] = {}
    folders: dict[tuple[str, ...], dict[str, bytes | Tree]] = {(): tree}
    for path, entry in _shallow_first(inside):
        parent = folders.get(path[:-1])
        if parent is None or not path:
            continue
        if entry.type == STREAM:
            parent[path[-1]] = file.read(entry, LARGEST)
        else:
            folders[path] = {}
            parent[path[-1]] = folders[path]
    return tree


def _shallow_first(
    inside: dict[tuple[str, ...], CompoundEntry],
) -> Iterator[tuple[tuple[str, ...], CompoundEntry]]:
    return iter(sorted(inside.items(), key=lambda item: len(item[0])))


def _plain(name: str) -> str:
    text = storable(name).replace("/", "_")
    return "".join(char if char >= " " else "_" for char in text) or "object"
