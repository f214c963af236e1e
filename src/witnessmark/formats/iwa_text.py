"""Texts of iWork since 2013 (TSWP.StorageArchive): what shows, with what stands in the lines; what is deleted or noted.

A text is one string. Tables beside it say from which of its characters (counted in UTF-16) on something holds: what
stands where U+FFFC is (a box, a table, the number of a page), foot notes, links, deletions that are tracked, comments.
Numbers and signs before the paragraphs of lists are not written anywhere and not made here.
"""

from bisect import bisect
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from witnessmark.formats.iwa_objects import DEEPEST, STORAGES, Objects, put_comment, reference
from witnessmark.formats.protobuf import Message

ATTACHMENTS, FIELDS, FOOTNOTES, RUBY, DELETIONS, HIGHLIGHTS, OVERLAPPING = 9, 11, 16, 18, 22, 23, 25
_DRAWABLE, _TABLE_OF_CONTENTS, _NUMBER, _FOOTNOTE = 2003, 2241, 2043, 2008
_TEXTUAL: Final = frozenset((2004, 2007, 2009, 14))
_LINK, _OTHER_LINK, _RUBY, _HIGHLIGHT, _CHANGE = 2032, 2039, 2042, 2013, 2060
MOST_MARKS: Final = 500_000
_SIGNS: Final = str.maketrans(
    {
        "\ufffc": "",
        "\x0e": "",  # the mark of a note, which is made when it is drawn
        "\u2028": "\n",
        "\u2029": "\n",
        "\x0b": "\n",
        "\r": "\n",
        "\x04": "\f",  # a new section
        "\x05": "\f",  # a new page
        "\x06": "\n",
    }
)

Teller = Callable[[Objects, int, int], str]
"""Tells a drawable by its number, at a depth: given by the module that knows them, which knows this one."""


def told(objects: Objects, number: int, teller: Teller, depth: int = 0) -> str:
    """Return what a text shows, foot notes at its end; an object that is no text, or was told before, shows nothing."""
    thing = objects.claim(number, *STORAGES) if depth < DEEPEST else None
    return "" if thing is None else _Story(objects, thing.message, teller, depth).told()


class _Story:
    def __init__(self, objects: Objects, message: Message, teller: Teller, depth: int) -> None:
        self._objects, self._message, self._teller, self._depth = objects, message, teller, depth
        self._text = "".join(message.texts(3))
        self._wide = b"" if self._text.isascii() else self._text.encode("utf-16-le", "replace")
        self._notes: list[str] = []
        self._deleted = list(self._deletions())

    def told(self) -> str:
        out: list[str] = []
        at = 0
        for place, number in sorted((*self._marks(ATTACHMENTS), *self._marks(FOOTNOTES))):
            if place > at:
                out.append(self._shown(at, place))
                at = place
            out.append(self._stands_at(number))
        out.append(self._shown(at, self._length))
        self._beside()
        text = "".join(out).translate(_SIGNS)
        return self._objects.spend("\n".join([text, *self._notes]) if self._notes else text)

    @property
    def _length(self) -> int:
        return len(self._wide) // 2 if self._wide else len(self._text)

    def _cut(self, start: int, end: int) -> str:
        if self._wide:
            return self._wide[2 * start : 2 * end].decode("utf-16-le", "replace")
        return self._text[start:end]

    def _shown(self, start: int, end: int) -> str:
        """Return a stretch of the text without what is deleted in it; that is kept apart."""
        out: list[str] = []
        for first, last in self._deleted[max(0, bisect(self._deleted, (start,)) - 1) :]:
            if first >= end:
                break
            if last > start:
                out.append(self._cut(start, max(start, first)))
                gone = self._cut(max(start, first), min(end, last))
                self._objects.put_aside("deleted text", gone.translate(_SIGNS))
                start = min(end, last)
        out.append(self._cut(start, end))
        return "".join(out)

    def _marks(self, field: int) -> Iterator[tuple[int, int]]:
        """Yield from which character on which object holds, as a table says (TSWP.ObjectAttributeTable)."""
        for entry in islice(self._message.message(field).messages(1), MOST_MARKS):
            if 2 in entry:
                yield entry.whole(1), reference(entry, 2)

    def _deletions(self) -> Iterator[tuple[int, int]]:
        entries = islice(self._message.message(DELETIONS).messages(1), MOST_MARKS)
        places = sorted((entry.whole(1), reference(entry, 2)) for entry in entries)
        ends = [*(place for place, _ in places[1:]), self._length]
        for (start, number), end in zip(places, ends, strict=False):
            if self._objects.get(number, _CHANGE) is not None and end > start:
                yield start, end

    def _stands_at(self, number: int) -> str:
        """Return what stands in the line: a drawable in lines of its own, a number, nothing for a note."""
        thing = self._objects.get(number)
        if thing is None:
            return ""
        about = thing.message
        if thing.kind in (_DRAWABLE, _TABLE_OF_CONTENTS):
            inner = about if thing.kind == _DRAWABLE else about.message(1)
            text = self._teller(self._objects, reference(inner, 1), self._depth + 1).strip("\n")
            return f"\n{text}\n" if text else ""
        if thing.kind == _FOOTNOTE:
            note = told(self._objects, reference(about, 2), self._teller, self._depth + 1).strip()
            self._notes += [note] if note else []
            return about.text(3)
        if thing.kind == _NUMBER:
            return about.text(3) or about.message(1).text(1)
        return about.text(1) if thing.kind in _TEXTUAL else ""

    def _beside(self) -> None:
        """Keep apart what is said of the text: addresses of links, comments, aids to reading."""
        for _, number in self._marks(FIELDS):
            thing = self._objects.claim(number, _LINK, _OTHER_LINK)
            if thing is not None:
                self._objects.put_aside("address", thing.message.text(2))
        for _, number in self._marks(RUBY):
            thing = self._objects.claim(number, _RUBY)
            if thing is not None:
                self._objects.put_aside("reading aid", thing.message.text(2))
        overlapping = islice(self._message.message(OVERLAPPING).messages(1), MOST_MARKS)
        for number in (*(n for _, n in self._marks(HIGHLIGHTS)), *(reference(one, 2) for one in overlapping)):
            thing = self._objects.claim(number, _HIGHLIGHT)
            if thing is not None:
                put_comment(self._objects, reference(thing.message, 1))
