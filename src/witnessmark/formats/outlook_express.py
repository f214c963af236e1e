"""Mail stores of Outlook Express: each message a member, byte for byte; what was never fetched, and folders, by name.

Nobody has published the layout; what is read here is what those found who looked (Schloh and Tesic for 5 and 6). A
store of 5 or 6 (`.dbx`) is a tree of nodes whose values lead to items; an item says of itself by numbered fields where
its message begins, which lies in segments that lead to one another. Every block begins with its own place in the file.
A store of 4 (`.mbx`) is one message after another.

Rules for whoever changes this file: no place is believed whose block does not say the same place; every walk is bounded
by what was met before or by the file's size; nothing recurses.
"""

import struct
from collections.abc import Iterator
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import dates
from witnessmark.formats.encodings import storable
from witnessmark.formats.octets import Octets
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

MOST_ITEMS: Final = 1_000_000
LARGEST_ITEM: Final = 1 << 20
_KIND, _COUNT, _ROOT = 4, 0xC4, 0xE4
_MESSAGES, _FOLDERS = 0x6F74FDC5, 0x6F74FDC6
_NODE, _VALUE, _ITEM, _SEGMENT = (
    struct.Struct("<I4xI5xB6x"),
    struct.Struct("<II4x"),
    struct.Struct("<II2xB"),
    struct.Struct("<I4xH2xI"),
)
_MOST_VALUES: Final = 51  # of one node
_HEAD: Final = 12  # of an item
_OF_FOUR, _LETTER = 0x54, struct.Struct("<IIII")
_MARK: Final = 0x7F007F00
FLAGS, SENT, WHERE, NAME, FILE, ID, SUBJECT, SENDER, ADDRESS, RECEIVED, ACCOUNT = 1, 2, 4, 2, 3, 7, 8, 13, 14, 18, 26
"""Numbers of fields; those of folders are others than those of messages."""


def read_dbx(source: Source, report: Report) -> None:
    """Read a store of Outlook Express 5 or 6: of messages, or the list of its folders.

    Raises:
        ReadingStopped: when it is of a kind that holds neither.
    """
    store = _Store(source)
    kind = store.octets.number(_KIND, 4, "little")
    if kind == _MESSAGES:
        _messages(store, report)
    elif kind == _FOLDERS:
        for item in store.items():
            name, file = item.text(NAME), item.text(FILE)
            report.visible(f"{name}\t{file}\n" if file else f"{name}\n")
    else:
        raise ReadingStopped(Outcome.UNSUPPORTED, "the store holds neither messages nor the list of folders")
    if store.missed or store.counted > store.given:
        report.outcome(Outcome.PARTIAL, f"of {store.counted} items that are counted, {store.given} can be followed")


def _messages(store: "_Store", report: Report) -> None:
    taken = absent = broken = 0
    for number, item in enumerate(store.items(), 1):
        where = item.number(WHERE)
        if not where:
            absent += 1
            said = (item.text(name) for name in (SENDER, ADDRESS, SUBJECT, ID, ACCOUNT))
            report.hidden("message that was not fetched", " ".join(filter(None, said)) + "\n")
            continue
        pieces = store.message(where)
        path = (PathStep(f"message-{number:06}.eml"),)
        first = next(pieces, b"")
        if not first:
            broken += 1
            report.refuse_member(path, Outcome.CORRUPT, "the message is not where its item says", item.stated())
            continue
        with report.member(path, How.COPIED, item.stated()) as sink:
            sink.write(first)
            for piece in pieces:
                sink.write(piece)
        taken += 1
        broken += store.breaks_off
    report.observe("dbx.messages", {"taken": taken, "not_fetched": absent})
    if broken:
        report.outcome(Outcome.PARTIAL, f"{broken} messages are damaged; {taken} taken out")


class _Item:
    """What a store says of one thing, by numbered fields: a number, or bytes."""

    def __init__(self, count: int, body: bytes) -> None:
        self._fields: dict[int, bytes] = {}
        heads = [body[at : at + 4] for at in range(0, 4 * count, 4) if at + 4 <= len(body)]
        places = [4 * count + int.from_bytes(head[1:], "little") for head in heads if head[0] < 0x80] + [len(body)]
        following = iter(places[1:])
        for head in heads:
            if head[0] >= 0x80:
                self._fields.setdefault(head[0] & 0x7F, head[1:])
                continue
            start, end = 4 * count + int.from_bytes(head[1:], "little"), next(following)
            self._fields.setdefault(head[0], body[start : end if end >= start else len(body)])

    def number(self, field: int) -> int:
        """Return a field as a number of at most four bytes; 0 when it is not there."""
        return int.from_bytes(self._fields.get(field, b"")[:4], "little")

    def text(self, field: int) -> str:
        """Return a field as text, up to its end; empty when it is not there."""
        raw = self._fields.get(field, b"").partition(b"\0")[0]
        try:
            return storable(raw.decode())
        except UnicodeDecodeError:
            return storable(raw.decode("cp1252", "replace"))

    def stated(self) -> dict[str, object]:
        """Return what the store says of a message beside it."""
        said: dict[str, object] = {"flags": self.number(FLAGS)} if FLAGS in self._fields else {}
        for name, field in (("sent", SENT), ("received", RECEIVED)):
            raw = self._fields.get(field, b"")
            if len(raw) >= 8:
                moment = dates.from_filetime(int.from_bytes(raw[:8], "little"))
                if moment.utc is not None:
                    said[name] = f"{moment.utc.isoformat(timespec='seconds')}Z"
        if account := self.text(ACCOUNT):
            said["account"] = account[:200]
        return said


class _Store:
    """A store being walked through."""

    def __init__(self, source: Source) -> None:
        self.octets = Octets.whole(source)
        self.counted = self.octets.number(_COUNT, 4, "little")
        self.given = 0
        self.missed = self.breaks_off = False

    def items(self) -> Iterator[_Item]:
        """Yield what the tree leads to, in its order, each thing once."""
        pending, met = [self.octets.number(_ROOT, 4, "little")], set[int]()
        while pending and len(met) < MOST_ITEMS:
            place = pending.pop()
            leaf, place = place < 0, abs(place)
            if not place or place in met:
                self.missed = self.missed or bool(place)
                continue
            met.add(place)
            if leaf:
                item = self._item(place)
                if item is not None:
                    self.given += 1
                    yield item
                continue
            pending += reversed(self._node(place))
        self.missed = self.missed or bool(pending)

    def _node(self, place: int) -> list[int]:
        """Return the places that a node leads to, in order; those of items negative."""
        block = self.octets.take(place, _NODE.size + _MOST_VALUES * _VALUE.size)
        if len(block) < _NODE.size:
            self.missed = True
            return []
        own, first, count = _NODE.unpack_from(block)
        if own != place:
            self.missed = True
            return []
        places = [first]
        for at in range(_NODE.size, min(len(block), _NODE.size + count * _VALUE.size) - _VALUE.size + 1, _VALUE.size):
            item, below = _VALUE.unpack_from(block, at)
            places += (-item, below)
        return places

    def _item(self, place: int) -> _Item | None:
        head = self.octets.take(place, _HEAD)
        if len(head) < _HEAD:
            self.missed = True
            return None
        own, length, count = _ITEM.unpack_from(head)
        if own != place or length > LARGEST_ITEM:
            self.missed = True
            return None
        return _Item(count, self.octets.take(place + _HEAD, length))

    def message(self, place: int) -> Iterator[bytes]:
        """Yield the bytes of a message, segment by segment."""
        self.breaks_off, left = False, self.octets.size
        while place:
            head = self.octets.take(place, _SEGMENT.size)
            own, count, following = _SEGMENT.unpack(head) if len(head) == _SEGMENT.size else (-1, 0, 0)
            piece = self.octets.take(place + _SEGMENT.size, count)
            left -= max(len(piece), _SEGMENT.size)
            if own != place or len(piece) < count or left < 0:
                self.breaks_off = True
                return
            yield piece
            place = following


def read_mbx(source: Source, report: Report) -> None:
    """Read a store of Outlook Express 4."""
    octets, place, count = Octets.whole(source), _OF_FOUR, 0
    while head := octets.take(place, _LETTER.size):
        mark, number, size, length = _LETTER.unpack(head) if len(head) == _LETTER.size else (0, 0, 0, 0)
        if mark != _MARK or size < _LETTER.size or length > size - _LETTER.size or place + size > source.size:
            report.outcome(Outcome.PARTIAL if count else Outcome.CORRUPT, f"the store breaks off; {count} taken out")
            break
        count += 1
        with report.member((PathStep(f"message-{count:06}.eml"),), How.COPIED, {"number": number, "at": place}) as sink:
            for piece in octets.part(place + _LETTER.size, length).pieces():
                sink.write(piece)
        place += size
    report.observe("dbx.messages", {"taken": count, "not_fetched": 0})
