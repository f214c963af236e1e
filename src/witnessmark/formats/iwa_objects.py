"""The objects of one document of iWork since 2013: found by number, told once, and what does not show kept apart.

Objects refer to each other as they like, in circles too: each is told the first time that somebody comes to it, and
nobody follows deeper than a limit. What nobody came to is told at the end.
"""

from collections.abc import Iterator
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report
from witnessmark.formats.iwa import Thing
from witnessmark.formats.protobuf import Message
from witnessmark.model.derivative import Outcome

DEEPEST: Final = 24
LONGEST: Final = 64 << 20
"""Characters of all cells and texts together: one string may stand in a million cells."""
MOST_ENTRIES: Final = 5_000_000
LONGEST_NAME: Final = 200
STORAGES: Final = frozenset((2001, 2005))
_AUTHOR, _COMMENT = 212, 3056
_STYLES: Final = frozenset((*range(400, 420), *range(2020, 2030), 2050, 2051, 3015, 3016, 6003, 6004, 6247))
MOST_REPLIES: Final = 1000


class Objects:
    """The objects of a document, by number."""

    def __init__(self, program: str) -> None:
        self.program = program
        self.broken: list[str] = []
        self.unread: list[str] = []
        self._things: dict[int, Thing] = {}
        self._told: set[int] = set()
        self._aside: dict[str, list[str]] = {}
        self._kept: set[tuple[str, str]] = set()
        self._room = LONGEST
        self._entries = MOST_ENTRIES

    def add(self, thing: Thing) -> None:
        """Take in an object; of two with one number the first counts."""
        self._things.setdefault(thing.number, thing)

    def __len__(self) -> int:
        return len(self._things)

    def of_kind(self, *kinds: int) -> list[Thing]:
        """Return the objects of some kinds, in the order of their numbers."""
        return sorted((thing for thing in self._things.values() if thing.kind in kinds), key=lambda t: t.number)

    def get(self, number: int, *kinds: int) -> Thing | None:
        """Return an object, if it is there and of one of the kinds; of any, where none is named."""
        thing = self._things.get(number)
        return thing if thing is not None and (not kinds or thing.kind in kinds) else None

    def claim(self, number: int, *kinds: int) -> Thing | None:
        """Return an object the first time that it is asked for, to be told."""
        thing = self.get(number, *kinds)
        if thing is None or number in self._told:
            return None
        self._told.add(number)
        return thing

    def is_text(self, number: int) -> bool:
        """Tell whether an object is a text."""
        return self.get(number, *STORAGES) is not None

    def is_style(self, number: int) -> bool:
        """Tell whether an object only says how others look: everything refers to some, and they say nothing."""
        thing = self.get(number)
        return thing is None or thing.kind in _STYLES

    def is_told(self, number: int) -> bool:
        """Tell whether somebody claimed an object."""
        return number in self._told

    def spend(self, text: str) -> str:
        """Count text that is told, and return it.

        Raises:
            ReadingStopped: when the document says more than is read.
        """
        self._room -= len(text)
        if self._room < 0:
            raise ReadingStopped(Outcome.REFUSED_LIMIT, "the document holds more than 64 million characters")
        return text

    def counted(self, entries: Iterator[Message]) -> Iterator[Message]:
        """Yield the entries of a list, counted: any number of tables may refer to one list.

        Raises:
            ReadingStopped: when the lists of the document are longer than is read.
        """
        for entry in entries:
            self._entries -= 1
            if self._entries < 0:
                raise ReadingStopped(Outcome.REFUSED_LIMIT, "the document has lists of more than 5 million entries")
            yield entry

    def put_aside(self, label: str, text: str, *, once: bool = False) -> None:
        """Keep text that does not show, by its label; `once`: not if the same was kept so before."""
        if once:
            if (label, text) in self._kept:
                return
            self._kept.add((label, text))
        if text.strip():
            self._aside.setdefault(label, []).append(text.strip())

    def flush(self, report: Report) -> None:
        """Report what was kept apart."""
        for label, texts in self._aside.items():
            report.hidden(label, "\n".join(texts) + "\n")
        self._aside = {}


def reference(message: Message, number: int) -> int:
    """Return the number of the object that a field refers to, or 0 (TSP.Reference: its field 1)."""
    return message.message(number).whole(1)


def references(message: Message, number: int) -> list[int]:
    """Return the numbers of the objects that a field refers to."""
    return [one.whole(1) for one in message.messages(number)]


def put_comment(objects: Objects, number: int) -> str:
    """Keep a comment and the replies to it apart, each with its author (TSD.CommentStorageArchive); return its text."""
    waiting = [number]
    first = objects.get(number, _COMMENT)
    for _ in range(MOST_REPLIES):
        if not waiting:
            break
        thing = objects.claim(waiting.pop(), _COMMENT)
        if thing is None:
            continue
        author = objects.get(reference(thing.message, 3), _AUTHOR)
        name = author.message.text(1).strip()[:LONGEST_NAME] if author is not None else ""
        text = thing.message.text(1).strip()
        objects.put_aside("comment", f"{name}: {text}" if name and text else text)
        waiting += reversed(references(thing.message, 4))
    return "" if first is None else first.message.text(1).strip()
