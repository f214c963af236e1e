"""Reads Outlook's message files ([MS-OXMSG]): properties in streams of a compound file, recipients, attachments.

An attached message is put together again as RFC 5322 text; an attached object's streams come out as they stand.
"""

import re
import struct
from collections.abc import Iterator

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import mapi, rebuilt
from witnessmark.formats.compound import STREAM, BrokenCompound, CompoundEntry, CompoundFile, folded
from witnessmark.formats.mapi import Attachment, Item, Plain
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

ORIGIN = "an Outlook message file"
LARGEST = 256 << 20
MOST_ATTACHMENTS = 5_000
_PROPERTIES = folded("__properties_version1.0")
_VALUE = re.compile(r"__SUBSTG1\.0_([0-9A-F]{4})([0-9A-F]{4})\Z")
_NAMES = folded("__nameid_version1.0")


def read_msg(source: Source, report: Report) -> None:
    """Read one message file.

    Raises:
        ReadingStopped: when it cannot be followed.
    """
    try:
        storage = _Storage(CompoundFile(source.stream, source.size))
        item = storage.item((), 0)
    except (BrokenCompound, struct.error, IndexError) as error:
        raise ReadingStopped(Outcome.CORRUPT, "the Outlook message cannot be followed") from error
    if not item.properties:
        raise ReadingStopped(Outcome.CORRUPT, "no properties of a message are in this file")
    mapi.tell(item, report)
    taken: dict[str, int] = {}
    for attachment in item.attachments():
        how = How.COPIED if attachment.item is None else How.REBUILT
        with report.member((mapi.step_of(attachment, taken),), how, {}) as sink:
            whole = attachment.blocks() if attachment.item is None else rebuilt.blocks(attachment.item, ORIGIN)
            for block in whole:
                sink.write(block)
    for path, entry in storage.objects:
        step = PathStep(mapi.clean(re.sub(r"[/\\\0]", "_", path[-1])) or "stream")
        with report.member((PathStep("object"), step), How.COPIED, {}) as sink:
            sink.write(storage.file.read(entry, LARGEST))


class _Storage:
    """The tree of a message file, its names as they are compared."""

    def __init__(self, file: CompoundFile) -> None:
        self.file = file
        self.objects: list[tuple[tuple[str, ...], CompoundEntry]] = []
        self._inside: dict[tuple[str, ...], dict[str, CompoundEntry]] = {}
        for path, entry in file.walk():
            *place, name = map(folded, path)
            self._inside.setdefault(tuple(place), {}).setdefault(name, entry)
        self._names = self._read_names()

    def item(self, place: tuple[str, ...], depth: int) -> Item:
        """Return the message that a storage holds."""
        found = self._properties(place, 24 if place else 32, 0)
        page = mapi.page_of(Item(found))
        item = Item(self._properties(place, 24 if place else 32, page), names=self._names)
        inside = sorted(self._inside.get(place, {}))
        for name in inside:
            if name.startswith("__RECIP_VERSION1.0_"):
                item.recipients.append(self._properties((*place, name), 8, page))
        attached = [name for name in inside if name.startswith("__ATTACH_VERSION1.0_")][:MOST_ATTACHMENTS]
        item.attachments = lambda: self._attachments(place, attached, page, depth)
        return item

    def _attachments(self, place: tuple[str, ...], names: list[str], page: int, depth: int) -> Iterator[Attachment]:
        for name in names:
            here = (*place, name)
            found = self._properties(here, 8, page)
            entry = self._stream(here, mapi.DATA, 0x0102)
            inner = (*here, "__SUBSTG1.0_3701000D")
            if entry is None and _PROPERTIES in self._inside.get(inner, {}) and depth <= rebuilt.DEEPEST + 1:
                yield Attachment(found, lambda: iter(()), self.item(inner, depth + 1))
            elif entry is None and inner in self._inside:
                self._note_object(inner)
            else:
                yield self._file(found, entry)

    def _file(self, found: dict[int, Plain], entry: CompoundEntry | None) -> Attachment:
        def blocks() -> Iterator[bytes]:
            if entry is not None:
                yield self.file.read(entry, LARGEST)

        return Attachment(found, blocks, None, 0 if entry is None else entry.size)

    def _note_object(self, place: tuple[str, ...]) -> None:
        self.objects += [
            ((*path, entry.name), entry)
            for path, inside in self._inside.items()
            if path[: len(place)] == place
            for entry in inside.values()
            if entry.type == STREAM
        ]

    def _stream(self, place: tuple[str, ...], number: int, kind: int) -> CompoundEntry | None:
        entry = self._inside.get(place, {}).get(f"__SUBSTG1.0_{number:04X}{kind:04X}")
        return entry if entry is not None and entry.type == STREAM else None

    def _properties(self, place: tuple[str, ...], head: int, page: int) -> dict[int, Plain]:
        found: dict[int, Plain] = {}
        inside = self._inside.get(place, {})
        fixed = inside.get(_PROPERTIES)
        raw = b"" if fixed is None else self.file.read(fixed, 1 << 20)
        for at in range(head, len(raw) - 15, 16):
            kind, number = struct.unpack_from("<HH", raw, at)
            if kind in (0x02, 0x03, 0x0B, 0x14, 0x40):
                value = mapi.value_of(kind, raw[at + 8 : at + 16], page)
                if value is not None:
                    found[number] = value
        for name, entry in inside.items():
            match = _VALUE.match(name)
            if match is None or entry.type != STREAM or int(match[1], 16) == mapi.DATA:
                continue
            value = mapi.value_of(int(match[2], 16), self.file.read(entry, 64 << 20), page)
            if value is not None:
                found[int(match[1], 16)] = value
        return found

    def _read_names(self) -> dict[int, str]:
        inside = self._inside.get((_NAMES,), {})

        def stream(name: str) -> bytes:
            entry = inside.get(folded(name))
            return b"" if entry is None or entry.type != STREAM else self.file.read(entry, 4 << 20)

        return mapi.names_of(stream("__substg1.0_00030102"), stream("__substg1.0_00040102"))
