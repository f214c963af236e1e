"""Drawings of AutoCAD as letters, or as bytes of the same order (DXF): their words, and who drew what when.

What stands on a layer that is off or frozen, in a block that is set nowhere, or is marked as unseen, is kept apart. By
Autodesk's DXF Reference.

Rules for whoever changes this file: what is kept of a drawing is capped; a block is set once, however often it is.
"""

from collections.abc import Iterator, Mapping, Sized
from dataclasses import dataclass, field
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import dxf_head, dxf_words
from witnessmark.formats.dxf_pairs import MOST_READ, Pair, pairs
from witnessmark.formats.encodings import choose
from witnessmark.model.derivative import Outcome

MOST_KEPT: Final = 32 << 20
"""Characters that are held until it is known whether they show."""
MOST_NAMES: Final = 100_000
MOST_VALUES: Final = 10_000
"""Pairs of one entity that are held."""
_SAMPLE: Final = 1 << 20
"""Bytes that the encoding is told from, where the drawing states none."""
_TEXTS: Final = frozenset(("TEXT", "ATTRIB", "ATTDEF", "ARCALIGNEDTEXT"))
_LONG_TEXTS: Final = frozenset(("MTEXT", "RTEXT", "TOLERANCE", "MULTILEADER", "MLEADER", "ACAD_TABLE", "DIMENSION"))
_REFERENCES: Final = frozenset(("IMAGEDEF", "PDFDEFINITION", "DWFDEFINITION", "DGNDEFINITION", "IMAGE_DEF"))
_WANTED: Final = frozenset((1, 2, 3, 5, 8, 42, 60, 62, 70, 300, 302, 303, 304, 1000, *range(4, 10), *range(301, 310)))
_UNSEEN, _CONSTANT = 1, 2
"""Bits of an attribute: it does not show; it is the same wherever the block is set."""


@dataclass(slots=True)
class _Entity:
    """A thing of the drawing: its type, and the pairs of it that are of use."""

    type: str
    values: list[Pair] = field(default_factory=list)

    def first(self, code: int) -> bytes:
        return next((value for found, value in self.values if found == code), b"")

    def number(self, code: int) -> int:
        try:
            return int(self.first(code) or 0)
        except ValueError:
            return 0


@dataclass(slots=True)
class _Block:
    """A block: the words in it that would show where it is set, and the blocks that are set in it."""

    name: str
    words: list[tuple[str, str]] = field(default_factory=list)  # layer, words
    sets: list[str] = field(default_factory=list)


def read_dxf(source: Source, report: Report) -> None:
    """Read a drawing.

    Raises:
        ReadingStopped: when it has no section.
    """
    sample = source.first(_SAMPLE)
    reading = _Reading(report, choose(sample, whole=len(sample) == source.size).name)
    seen = False
    for section, entity in _entities(source, reading):
        seen = True
        reading.take(section, entity)
    if not seen and not reading.header.values:
        raise ReadingStopped(Outcome.CORRUPT, "no section of a drawing can be followed")
    reading.end()
    problems = [*reading.problems]
    if source.size > MOST_READ:
        problems.append(f"only its first {MOST_READ >> 20} MiB are read")
    elif not reading.is_whole:
        problems.append("the drawing breaks off")
    if problems:
        report.outcome(Outcome.PARTIAL, "; ".join(problems))


def _entities(source: Source, reading: "_Reading") -> Iterator[tuple[str, _Entity]]:
    """Yield the entities with the section that each stands in; hands values of the header on as they come."""
    section, entity = "", _Entity("")
    for code, value in pairs(source.stream):
        if code == 999:
            reading.comment(value)
        elif code == 0:
            if section and entity.type not in ("", "SECTION", "ENDSEC"):
                yield section, entity
            entity = _Entity(value.strip().decode("latin-1").upper())
            section = "" if entity.type == "ENDSEC" else section
            if entity.type == "EOF":
                reading.is_whole = True
                return
        elif entity.type == "SECTION" and code == 2 and not section:
            section = value.strip().decode("latin-1").upper()
        elif section == "HEADER":
            reading.header.take(code, value)
        elif code in _WANTED and len(entity.values) < MOST_VALUES:
            entity.values.append((code, value))
    if section and entity.type not in ("", "SECTION", "ENDSEC"):
        yield section, entity


class _Reading:
    """What is known of the drawing so far."""

    def __init__(self, report: Report, codec: str) -> None:
        self._report = report
        self.header = dxf_head.Header(codec)
        self.problems: list[str] = []
        self.is_whole = False
        self._room = MOST_KEPT
        self._off = set[str]()
        self._blocks: dict[str, _Block] = {}
        self._block: _Block | None = None
        self._set: dict[str, None] = {}
        self._names: dict[str, dict[str, None]] = {}

    def comment(self, value: bytes) -> None:
        """Keep a comment."""
        self._name("comment", self._text(value))

    def take(self, section: str, entity: _Entity) -> None:
        """Take one entity."""
        for code, value in entity.values:
            if code == 1000:
                self._name("application data", self._text(value))
        if section == "TABLES":
            self._of_tables(entity)
        elif section == "BLOCKS" and entity.type == "BLOCK":
            self._begin_block(entity)
        elif section == "BLOCKS" and entity.type == "ENDBLK":
            self._block = None
        elif section in ("BLOCKS", "ENTITIES"):
            self._of_drawing(entity, self._block if section == "BLOCKS" else None)
        elif section == "OBJECTS":
            self._of_objects(entity)

    def end(self) -> None:
        """Report what is known only now: blocks that show and blocks that do not, names, what the head says."""
        waiting, shown = list(self._set), set[str]()
        while waiting:
            block = self._blocks.get(waiting.pop())
            if block is not None and block.name not in shown:
                shown.add(block.name)
                waiting += block.sets
        for name, block in self._blocks.items():
            for layer, words in block.words:
                if name in shown or _is_layout(name):
                    self._show(layer, words)
                else:
                    self._report.hidden("block that is set nowhere", f"{words}\n")
        for what, names in self._names.items():
            if names:
                self._report.hidden(what, "\n".join(names) + "\n")
        self.header.tell(self._report, self._text)

    def _of_tables(self, entity: _Entity) -> None:
        name = self._text(entity.first(2))
        if entity.type == "LAYER" and name:
            self._name("layer", name)
            if entity.number(62) < 0 or entity.number(70) & 1:
                self._off.add(name.upper())

    def _begin_block(self, entity: _Entity) -> None:
        name = self._text(entity.first(2))
        self._block = self._blocks.get(name.upper()) or _Block(name.upper())
        if self._holds(len(name), self._blocks):
            self._blocks[self._block.name] = self._block
        if not name.startswith("*"):
            self._name("block", name)
        self._name("reference", self._text(entity.first(1)))
        self._name("description", self._text(entity.first(4)))

    def _of_objects(self, entity: _Entity) -> None:
        if entity.type in _REFERENCES:
            self._name("reference", self._text(entity.first(1)))
        elif entity.type == "LAYOUT":
            found = [value for code, value in entity.values if code == 1]
            self._name("layout", self._text(found[-1] if found else b""))
        elif entity.type == "XRECORD" and entity.first(1).strip() == b"DWGPROPS COOKIE":
            self.header.take_properties(entity.values)

    def _of_drawing(self, entity: _Entity, block: _Block | None) -> None:
        if entity.type in ("INSERT", "DIMENSION", "ACAD_TABLE"):
            self._sets(self._text(entity.first(2)).upper(), block)
        words = self._words(entity)
        if not words.strip():
            return
        layer = self._text(entity.first(8)).upper()
        flags = entity.number(70)
        if entity.type == "ATTDEF" and not flags & _CONSTANT:
            about = " ".join(self._text(entity.first(code)) for code in (2, 3))
            self._name("attribute", f"{about} {words}".strip())
        elif (entity.type == "ATTRIB" and flags & _UNSEEN) or entity.number(60):
            self._report.hidden("unseen", f"{words}\n")
        elif block is None:
            self._show(layer, words)
        elif self._holds(len(words)):
            block.words.append((layer, words))

    def _sets(self, name: str, block: _Block | None) -> None:
        if block is None:
            self._set[name] = None
        elif len(block.sets) < MOST_VALUES:
            block.sets.append(name)

    def _show(self, layer: str, words: str) -> None:
        if layer in self._off:
            self._report.hidden("layer that is off", f"{words}\n")
        else:
            self._report.visible(f"{words}\n")

    def _words(self, entity: _Entity) -> str:
        if entity.type in _TEXTS:
            return dxf_words.single(self._text(entity.first(1)))
        if entity.type not in _LONG_TEXTS:
            return ""
        if entity.type in ("DIMENSION", "ACAD_TABLE"):
            drawn = self._blocks.get(self._text(entity.first(2)).upper())
            if drawn is not None and drawn.words:
                return ""  # the block says the same as it shows
        parts = [value for code, value in entity.values if code in _PARTS.get(entity.type, (1, 3))]
        if entity.type == "MTEXT":
            parts = [b"".join(parts)]
        said = (dxf_words.several(self._text(part)) for part in parts if not part.rstrip().endswith(b"{"))
        words = "\n".join(part for part in said if part.strip())
        return words.replace("<>", self._text(entity.first(42)).strip()) if entity.type == "DIMENSION" else words

    def _text(self, value: bytes) -> str:
        text = value.decode(self.header.codec, "replace")
        return text if text.isascii() else _joined(text)

    def _name(self, what: str, name: str) -> None:
        names = self._names.setdefault(what, {})
        if name not in names and any(map(str.isalnum, name)) and self._holds(len(name), names):
            names[name] = None

    def _holds(self, size: int, among: Sized = ()) -> bool:
        """Tell whether there is room for something more, and count it when there is."""
        if size <= self._room and len(among) < MOST_NAMES:
            self._room -= size
            return True
        self.problems = ["it holds more words and names than are kept"]
        return False


_PARTS: Final[Mapping[str, tuple[int, ...]]] = {
    "DIMENSION": (1,),
    "MULTILEADER": (304,),
    "MLEADER": (304,),
    "ACAD_TABLE": (1, 302, 303),
}
"""Codes of the words of an entity, where they are not 1 and 3."""


def _is_layout(name: str) -> bool:
    return name.startswith(("*MODEL_SPACE", "*PAPER_SPACE", "$MODEL_SPACE", "$PAPER_SPACE"))


def _joined(text: str) -> str:
    """Return text whose letters beyond the first plane are one each again."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
