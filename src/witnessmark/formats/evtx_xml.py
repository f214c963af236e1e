"""Binary XML in a chunk of a Windows event log: templates with their values put in, as a run of elements.

By [MS-EVEN6], section 2.2.12, and the documentation of libevtx for how it lies in files, where names and templates are
stored once in a chunk and referred to by their place.

Rules for whoever changes this file:
- A place that the file names is read inside the chunk and nowhere else, and every token is at least a byte further on.
- Elements lie flat, in the order of the document. Only a value that is itself binary XML leads deeper, and that is
  counted (`DEEPEST`).
- Everything that costs is paid for from one purse a chunk (`MOST_WORK`): templates overlap, values repeat, names are
  as long as they like, and a chunk of 64 KiB could become gigabytes.
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from witnessmark.formats import evtx_values

DEEPEST: Final = 8
"""Fragments that may lie in each other; an event has two or three."""
MOST_OPEN: Final = 128
"""Elements that may be open at a time."""
LONGEST_NAME: Final = 1_024
MOST_WORK: Final = 4 << 20
"""Octets and characters that one chunk may cost: some seven times what a full one of real logs does."""
_ELEMENT_COST: Final = 96
_MORE: Final = 0x40
_ENTITIES: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_TWO, _FOUR = struct.Struct("<H"), struct.Struct("<I")
_DEFINITION: Final = 24
"""Octets before a template's fragment: the next one's place, its identifier, its size."""


class BrokenXml(ValueError):  # noqa: N818 - as `BrokenCompound`
    """Binary XML that cannot be followed."""


class OverSpent(BrokenXml):
    """A chunk that unfolds to more than it may."""


class Slot(NamedTuple):
    """A place in a template for a value."""

    number: int


class Instance(NamedTuple):
    """A template, and the values to be put into it: type, place, size."""

    template: "Fragment"
    values: tuple[tuple[int, int, int], ...]


class Element(NamedTuple):
    """An element as a template has it."""

    name: str
    parent: str
    attributes: list[tuple[str, list["str | Slot"]]]
    parts: list["str | Slot"]


Fragment = list[Element | Instance]
"""What one fragment holds, flat."""


class Said(NamedTuple):
    """An element as it stands in an event: `inside` is the name of the element around it in the same fragment."""

    name: str
    inside: str
    attributes: list[tuple[str, str]]
    text: str


class ChunkXml:
    """The binary XML of one chunk, with the names and templates that its records share."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._names: dict[int, tuple[str, int]] = {}
        self._templates: dict[int, Fragment] = {}
        self._purse = MOST_WORK
        self._nested = 0

    def event(self, start: int, end: int) -> Iterator[Said]:
        """Yield the elements of a record's event.

        Raises:
            BrokenXml: when it cannot be followed; what was yielded before stands.
        """
        try:
            yield from self._fragment(start, end, (), 0)
        except (struct.error, IndexError) as exc:
            raise BrokenXml("a record breaks off") from exc

    def _fragment(self, start: int, end: int, values: tuple[tuple[int, int, int], ...], depth: int) -> Iterator[Said]:
        if depth > DEEPEST:
            raise BrokenXml("binary XML lies too deep")
        self._pay(end - start)
        yield from self._told(_Reading(self, start, end, in_template=False).fragment(), values, depth)

    def _told(self, fragment: Fragment, values: tuple[tuple[int, int, int], ...], depth: int) -> Iterator[Said]:
        for item in fragment:
            if isinstance(item, Instance):
                if depth >= DEEPEST:
                    raise BrokenXml("templates lie too deep")
                self._pay(_ELEMENT_COST)
                yield from self._told(item.template, item.values, depth + 1)
                continue
            inner: list[tuple[int, int]] = []
            attributes = [(name, self._text(parts, values, inner)) for name, parts in item.attributes]
            text = self._text(item.parts, values, inner) if item.parts else ""
            self._pay(_ELEMENT_COST + len(item.name) + sum(len(name) for name, _ in attributes))
            yield Said(item.name, item.parent, attributes, text)
            for at, size in inner:
                yield from self._fragment(at, at + size, (), depth + 1)

    def _text(
        self, parts: list[str | Slot], values: tuple[tuple[int, int, int], ...], inner: list[tuple[int, int]]
    ) -> str:
        said = []
        for part in parts:
            if isinstance(part, str):
                text = part
            elif part.number >= len(values):
                raise BrokenXml("a template asks for a value that is not there")
            else:
                kind, at, size = values[part.number]
                if kind == evtx_values.FRAGMENT:
                    if size:
                        inner.append((at, size))
                    continue
                self._pay(size)
                text = evtx_values.text_of(kind, self.data[at : at + size]) if size else ""
            self._pay(len(text))
            said.append(text)
        return said[0] if len(said) == 1 else "".join(said)

    def _pay(self, cost: int) -> None:
        self._purse -= cost
        if self._purse < 0:
            raise OverSpent("a chunk unfolds to more than it may")

    def name(self, at: int) -> tuple[str, int]:
        """Return the name at a place, and where it ends (BinXmlName: next, hash, count, characters, a zero)."""
        found = self._names.get(at)
        if found is None:
            count = int(_TWO.unpack_from(self.data, at + 6)[0])
            end = at + 8 + 2 * count
            if count > LONGEST_NAME or end + 2 > len(self.data):
                raise BrokenXml("a name breaks off")
            found = self._names[at] = self.data[at + 8 : end].decode("utf-16-le", "replace"), end + 2
        self._pay(len(found[0]))
        return found

    def template(self, at: int) -> tuple[Fragment, int]:
        """Return the template whose definition stands at a place, and where it ends."""
        size = int(_FOUR.unpack_from(self.data, at + 20)[0])
        end = at + _DEFINITION + size
        if end > len(self.data):
            raise BrokenXml("a template breaks off")
        found = self._templates.get(at)
        if found is None:
            found = self._templates[at] = self._compiled(at + _DEFINITION, end)
        return found, end

    def _compiled(self, start: int, end: int) -> Fragment:
        if self._nested >= DEEPEST:  # of a template that holds itself, too
            raise BrokenXml("templates lie too deep")
        self._pay(end - start)
        self._nested += 1
        try:
            return _Reading(self, start, end, in_template=True).fragment()
        finally:
            self._nested -= 1


class _Reading:
    """One fragment on its way from tokens to elements."""

    def __init__(self, chunk: ChunkXml, start: int, end: int, *, in_template: bool) -> None:
        self._chunk, self._data, self._at = chunk, chunk.data, start
        self._end = min(end, len(chunk.data))
        self._in_template = in_template
        self._items: Fragment = []
        self._open: list[Element] = []
        self._target: list[str | Slot] = []

    def fragment(self) -> Fragment:
        """Return the elements up to the end, or to the token that says so."""
        while self._at < self._end:
            token = self._data[self._at]
            self._at += 1
            kind = token & ~_MORE
            if kind == 0x00:
                break
            if kind == 0x01:
                self._element(has_attributes=bool(token & _MORE))
            elif kind in (0x03, 0x04):
                self._close()
            elif kind == 0x0C:
                self._items.append(self._instance())
            else:
                self._content(kind)
        return self._items

    def _content(self, kind: int) -> None:
        match kind:
            case 0x02:  # the element's content follows
                self._target = self._open[-1].parts if self._open else []
            case 0x05:
                if self._data[self._at] != evtx_values.STRING:
                    raise BrokenXml("a literal value that is no string")
                self._at += 1
                self._target.append(self._characters())
            case 0x06:
                if not self._open:
                    raise BrokenXml("an attribute of no element")
                self._target = []
                self._open[-1].attributes.append((self._name(), self._target))
            case 0x07 | 0x0B:
                self._target.append(self._characters())
            case 0x08:
                sign = self._two()
                self._target.append("\ufffd" if 0xD800 <= sign < 0xE000 else chr(sign))
            case 0x09:
                name = self._name()
                self._target.append(_ENTITIES.get(name, name))
            case 0x0A:
                self._target.append(self._name() + " ")
            case 0x0D | 0x0E:
                self._target.append(Slot(self._two()))
                self._at += 1
            case 0x0F:
                self._at += 3
            case _:
                raise BrokenXml(f"a token that is not known: {kind:#04x}")

    def _element(self, *, has_attributes: bool) -> None:
        # In a template a number stands before the size, in a value or a record none; not all writers keep to that.
        if not self._fits(2 if self._in_template else 0):
            self._in_template = not self._in_template
            if not self._fits(2 if self._in_template else 0):
                raise BrokenXml("an element without a name")
        self._at += 6 if self._in_template else 4
        name = self._name()
        self._at += 4 if has_attributes else 0
        if len(self._open) >= MOST_OPEN:
            raise BrokenXml("elements lie too deep")
        element = Element(name, self._open[-1].name if self._open else "", [], [])
        self._items.append(element)
        self._open.append(element)
        self._target = element.parts

    def _fits(self, skipped: int) -> bool:
        at = self._at + skipped
        if at + 8 > self._end:
            return False
        size, name = struct.unpack_from("<II", self._data, at)
        return bool(at + 4 + size <= self._end and (name == at + 8 or 0 < name < at))

    def _close(self) -> None:
        if self._open:
            self._open.pop()
        self._target = self._open[-1].parts if self._open else []

    def _instance(self) -> Instance:
        identifier, place = struct.unpack_from("<II", self._data, self._at + 1)
        if identifier != _FOUR.unpack_from(self._data, place + 4)[0]:  # the first part of the one in the definition
            raise BrokenXml("a template that stands there no more")
        self._at += 9
        template, end = self._chunk.template(place)
        if place == self._at:  # it is used for the first time, and stands here
            self._at = end
        count = self._four()
        at = self._at + 4 * count
        if at > self._end:
            raise BrokenXml("more values than there is room for")
        values = []
        for size, kind, _ in struct.iter_unpack("<HBB", self._data[self._at : at]):
            values.append((kind, at, size))
            at += size
        if at > self._end:
            raise BrokenXml("values break off")
        self._at = at
        return Instance(template, tuple(values))

    def _name(self) -> str:
        place = self._four()
        name, end = self._chunk.name(place)
        if place == self._at:
            self._at = end
        return name

    def _characters(self) -> str:
        size = 2 * self._two()
        raw = self._data[self._at : self._at + size]
        self._at += size
        if self._at > self._end:
            raise BrokenXml("a text breaks off")
        return raw.decode("utf-16-le", "replace")

    def _two(self) -> int:
        self._at += 2
        return int(_TWO.unpack_from(self._data, self._at - 2)[0])

    def _four(self) -> int:
        self._at += 4
        return int(_FOUR.unpack_from(self._data, self._at - 4)[0])
