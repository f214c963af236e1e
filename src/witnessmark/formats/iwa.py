"""The archives of iWork since 2013 (`.iwa`): blocks of Snappy, and in them objects, each with a number and a type.

A file is blocks of a zero byte, the length in three bytes, and what Snappy packed, with no mark of a stream and no
checksum. Unfolded it is objects: the length of a head, the head (1: the object's number; 2: of each message its type
(1), its length (3) and the objects it refers to (5)), and the messages. Of the messages of one object the first is
whole, others only say how an older program has to change it. Sources: iWorkFileFormat (O'Brien), notes/iwa (SheetJS).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from witnessmark.formats import protobuf, snappy
from witnessmark.formats.protobuf import BrokenMessage, Message

MOST_UNFOLDED: Final = 128 << 20
"""Bytes that the archives of one document unfold to, as far as they are read."""
MOST_LOOKED_AT: Final = 4 << 20
"""Bytes of it that are unfolded to tell which program's it is."""
MOST_OBJECTS: Final = 1_000_000
_HEAD: Final = 4


class BrokenArchive(ValueError):  # noqa: N818 - it says what is broken
    """An archive cannot be followed to its end; what was yielded stands."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An object: its number, what kind it is of (a number whose meaning depends on the program), its message."""

    number: int
    kind: int
    message: Message
    links: bytes  # the numbers of the objects it refers to, packed

    @property
    def refers_to(self) -> list[int]:
        """The numbers of the objects that it says it refers to."""
        found, at = list[int](), 0
        try:
            while at < len(self.links):
                one, at = protobuf.varint(self.links, at)
                found.append(one)
        except BrokenMessage:
            pass
        return found


def unfolded(data: bytes, most: int) -> tuple[bytes, bool]:
    """Return what the blocks of an archive unfold to, and whether all of them did."""
    out, at = bytearray(), 0
    while at < len(data):
        length = int.from_bytes(data[at + 1 : at + _HEAD], "little")
        block = data[at + _HEAD : at + _HEAD + length]
        if data[at] != 0 or at + _HEAD > len(data):
            return bytes(out), False
        try:
            out += snappy.unfolded(block, most - len(out))
        except snappy.BrokenSnappy as error:
            return bytes(out) + error.so_far, False
        at += _HEAD + length
    return bytes(out), True


def things(data: bytes) -> Iterator[Thing]:
    """Yield the objects of an unfolded archive.

    Raises:
        BrokenArchive: when it breaks off.
    """
    at = 0
    for _ in range(MOST_OBJECTS):
        if at >= len(data):
            return
        try:
            length, at = protobuf.varint(data, at)
        except BrokenMessage as error:
            raise BrokenArchive(str(error)) from error
        head = Message(data[at : at + length])
        about = list(head.messages(2))
        at += length
        if at > len(data) or not head.follow():
            raise BrokenArchive("the head of an object breaks off")
        for place, one in enumerate(about):
            length = one.whole(3)
            if place == 0:
                yield Thing(head.whole(1), one.whole(1), Message(data[at : at + length]), one.piece(5))
            at += length
        if at > len(data):
            raise BrokenArchive("an object breaks off")
    raise BrokenArchive("more objects than are read")


PAGES, NUMBERS, KEYNOTE = "pages", "numbers", "keynote"
_ROOT: Final = 1
_ROOT_OF_PAGES: Final = 10000


def program_of(thing: Thing) -> str:
    """Return which program's root an object is, or nothing.

    The root of Pages has a kind of its own. Of the others, field 2 (the show) is Keynote's, fields 4 to 6 and 8 are
    those of Numbers (SheetJS, "Determining File Type").
    """
    if thing.kind == _ROOT_OF_PAGES:
        return PAGES
    if thing.kind == _ROOT and thing.number == 1:
        return KEYNOTE if 2 in thing.message and 8 not in thing.message else NUMBERS
    return ""


def program(document: bytes) -> str:
    """Return which program's the archive `Document.iwa` is, or nothing; its root stands near the beginning."""
    data, _ = unfolded(document, MOST_LOOKED_AT)
    try:
        return next(filter(None, map(program_of, things(data))), "")
    except BrokenArchive:
        return ""
