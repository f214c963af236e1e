"""Mail stores of The Bat! (`.tbb`): each message a member, byte for byte, with what the store says of it.

Nobody has published the layout; what is read here is what those found who looked: a head that is passed over, then for
each message a mark, the length of its own head, when it was received, its number, its length, and the message. What the
flags of a head mean they do not agree about: they are not told. A message that was deleted stays in the store until the
folder is compressed, and is taken out like the others.

Rules for whoever changes this file: a place moves forward by a head or more; where no mark stands, the next is looked
for, and that is told.
"""

import struct
from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import dates
from witnessmark.formats.octets import Octets
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

MARK: Final = b"\x21\x09\x70\x19"
_MOST_HEAD: Final = 1 << 16
_LEAST_HEAD: Final = 40
_PIECE: Final = 1 << 20
_LETTER = struct.Struct("<4sI4xII16xI")


def read_tbb(source: Source, report: Report) -> None:
    """Read a store of The Bat!.

    Raises:
        ReadingStopped: when no message can be told in a store that is longer than its head.
    """
    octets, count, gaps = Octets.whole(source), 0, 0
    place = octets.number(4, 4, "little")
    while place < source.size:
        head = octets.take(place, _LETTER.size)
        mark, long, received, number, length = _LETTER.unpack(head) if len(head) == _LETTER.size else (b"", 0, 0, 0, 0)
        body = place + long
        if mark != MARK or not _LEAST_HEAD <= long <= _MOST_HEAD or body + length > source.size:
            gaps += 1
            place = _next(octets, place + 1)
            continue
        count += 1
        stated: dict[str, object] = {"number": number, "at": body}
        moment = dates.from_unix(received)
        if received and moment.utc is not None:
            stated["received"] = f"{moment.utc.isoformat(timespec='seconds')}Z"
        with report.member((PathStep(f"message-{count:06}.eml"),), How.COPIED, stated) as sink:
            for piece in octets.part(body, length).pieces():
                sink.write(piece)
        place = body + length
    report.observe("tbb.messages", count)
    if gaps and not count:
        raise ReadingStopped(Outcome.CORRUPT, "no message can be told in this store")
    if gaps:
        report.outcome(Outcome.PARTIAL, f"the store is damaged in {gaps} places; {count} messages taken out")


def _next(octets: Octets, place: int) -> int:
    """Return where the next mark stands, or the end of the file."""
    while place < octets.size:
        piece = octets.take(place, _PIECE)
        found = piece.find(MARK)
        if found >= 0:
            return place + found
        if len(piece) < _PIECE:
            break
        place += len(piece) - len(MARK) + 1
    return octets.size
