"""Mailboxes of many messages in one file: each message a member, byte for byte, whatever its size.

Rules for whoever changes this file:
- A line that begins `From ` divides only after an empty line (or at the beginning), with a time of day in it (or the
  bare dash of Mozilla's) and what can follow it behind; any other is text of the message, and counted as doubtful.
- A stated length (`Content-Length`) counts only where a dividing line, or the end, stands exactly there.
- Quoting (`>From `) is left as it stands: members are copied, and what quoting was seen is observed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import mail, mail_fields
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

PIECE = 1 << 20
OVERLAP = 1_024
LONGEST_HEAD = 256 << 10
_LINE = re.compile(rb"(?:\A|\n)(From [^\r\n]{1,400})(\r?\n)")
_FOLLOWS = re.compile(rb">?[A-Za-z0-9][A-Za-z0-9_-]*[ \t]?:|>?From [^\r\n]*\r?\n[A-Za-z-]+:|\r?\n")
_MOZILLA = b"From -"
_TIME = re.compile(rb"\d\d?:\d\d")
_LENGTH = re.compile(rb"(?:\A|\n)Content-Length:[ \t]*(\d{1,15})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_QUOTED = re.compile(rb"(?:\A|\n)(>+)From ")
_MMDF = b"\x01\x01\x01\x01"


@dataclass(frozen=True, slots=True)
class _Line:
    """A dividing line: where it begins, where the message behind it does, and its words."""

    start: int
    body: int
    text: bytes


def read_mbox(source: Source, report: Report) -> None:
    """Read a mailbox (RFC 4155 and its older kin).

    Raises:
        ReadingStopped: when no message can be told.
    """
    box = _Box(source)
    count = 0
    for line, end, by_length in box.messages():
        count += 1
        stated = {"from_line": line.text.decode("utf-8", "replace")[:400], "at": line.start}
        if by_length:
            stated["bounded_by"] = "Content-Length"
        with report.member((PathStep(f"message-{count:06}.eml"),), How.COPIED, stated) as sink:
            for piece in box.pour(line.body, end):
                sink.write(piece)
    if not count:
        raise ReadingStopped(Outcome.CORRUPT, "no message can be told in this mailbox")
    report.observe("mbox.messages", count)
    report.observe("mbox.variant", box.variant(count))
    if box.doubtful:
        report.observe("mbox.doubtful_lines", box.doubtful)


class _Box:
    """A mailbox being divided; what was seen of its quoting is kept."""

    def __init__(self, source: Source) -> None:
        self._stream, self._size = source.stream, source.size
        self.doubtful = self.lengths = self._deepest_quote = 0

    def messages(self) -> Iterator[tuple[_Line, int, bool]]:
        """Yield each dividing line, where its message ends, and whether a stated length says so."""
        found = self._next(0)
        if found is not None and found.start > 0 and self._at(0, found.start).strip():
            yield _Line(0, 0, b""), found.start, False
        while found is not None:
            stated = self._stated_end(found)
            following = self._next(found.body if stated is None else stated)
            end = self._size if following is None else following.start
            if stated is not None:
                self.lengths += 1
            yield found, self._without_empty_line(found.body, end), stated is not None
            found = following

    def variant(self, count: int) -> str:
        """Return which of its kinds the mailbox is, as far as it can be told."""
        if self.lengths == count:
            return "mboxcl" if self._deepest_quote else "mboxcl or mboxcl2"
        return ("not told by its messages", "mboxo or mboxrd", "mboxrd")[min(self._deepest_quote, 2)]

    def pour(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from `start` to `end`, looking for quoted lines on the way."""
        tail = b""
        while start < end:
            piece = self._at(start, min(PIECE, end - start))
            if not piece:
                return
            if self._deepest_quote < 2:
                for match in _QUOTED.finditer(tail + piece):
                    self._deepest_quote = max(self._deepest_quote, len(match[1]))
            tail = piece[-16:]
            start += len(piece)
            yield piece

    def _next(self, place: int) -> _Line | None:
        while place < self._size:
            from_start = max(0, place - 2)
            piece = self._at(from_start, PIECE + OVERLAP)
            for match in _LINE.finditer(piece):
                start = from_start + match.start(1)
                if start < place or match.start(1) >= PIECE + 2:
                    continue
                if self._divides(start, match[1], from_start + match.end()):
                    return _Line(start, from_start + match.end(), match[1])
                self.doubtful += 1
            place = from_start + PIECE + 2
        return None

    def _divides(self, start: int, text: bytes, after: int) -> bool:
        before = self._at(max(0, start - 4), min(4, start))
        if before.strip(b"\r\n") and not before.endswith((b"\n\n", b"\n\r\n")):
            return False
        if _TIME.search(text) is None and start > 0 and text.strip() != _MOZILLA:
            return False
        behind = self._at(after, OVERLAP)
        return not behind or _FOLLOWS.match(behind) is not None

    def _stated_end(self, line: _Line) -> int | None:
        head = self._at(line.body, LONGEST_HEAD)
        ended = _HEAD_END.search(head)
        if ended is None:
            return None
        stated = _LENGTH.search(head[: ended.start()])
        if stated is None:
            return None
        end = line.body + ended.end() + int(stated[1])
        if end > self._size:
            return None
        rest = self._at(end, 8)
        return end if not rest.strip(b"\r\n") or rest.lstrip(b"\r\n").startswith(b"From ") else None

    def _without_empty_line(self, start: int, end: int) -> int:
        # The empty line before a dividing line belongs to the mailbox.
        last = self._at(max(start, end - 4), min(4, end - start))
        if last.endswith((b"\n\r\n",)):
            return end - 2
        return end - 1 if last.endswith(b"\n\n") else end

    def _at(self, place: int, count: int) -> bytes:
        self._stream.seek(place)
        return self._stream.read(max(0, count))


def read_mmdf(source: Source, report: Report) -> None:
    """Read a mailbox of MMDF: messages between lines of four bytes 01.

    Raises:
        ReadingStopped: when there is none.
    """
    count = 0
    for start, end in _between_marks(source):
        count += 1
        source.stream.seek(start)
        with report.member((PathStep(f"message-{count:06}.eml"),), How.COPIED, {"at": start}) as sink:
            left = end - start
            while left > 0 and (piece := source.stream.read(min(PIECE, left))):
                left -= len(piece)
                sink.write(piece)
    if not count:
        raise ReadingStopped(Outcome.CORRUPT, "no message can be told in this mailbox")
    report.observe("mbox.messages", count)
    report.observe("mbox.variant", "mmdf")


def _between_marks(source: Source) -> Iterator[tuple[int, int]]:
    """Yield where the messages lie: from each line of marks to the next, less empty stretches."""
    begun, place, ended = None, 0, False
    mark = re.compile(rb"(?:\A|(?<=\n))\x01{4}\r?\n")
    while place < source.size and not ended:
        first = max(0, place - 1)
        source.stream.seek(first)
        piece = source.stream.read(PIECE + 8)
        ended = first + len(piece) >= source.size
        for match in mark.finditer(piece):
            at = first + match.start()
            if at < place:
                continue
            if begun is not None and at > begun:
                yield begun, at
            begun = first + match.end()
            place = begun
        place = max(place, first + len(piece) - 6)
    if begun is not None and begun < source.size:
        yield begun, source.size


def read_emlx(source: Source, report: Report) -> None:
    """Read a message as Apple Mail keeps it: a count of bytes, the message, and a property list.

    Raises:
        ReadingStopped: when the count or the message cannot be read.
    """
    data = source.first(mail.LARGEST)
    first, _, rest = data.partition(b"\n")
    count = int(first.strip() or b"0")
    mail_fields.observe_name(source.name, report)
    report.observe("mail.emlx_bytes", count)
    mail.read_message(rest[:count], report)
    if count > len(rest):
        report.outcome(Outcome.PARTIAL, "the message is shorter than it says")
    elif rest[count:].strip():
        report.hidden("property list", rest[count:].decode("utf-8", "replace"))
