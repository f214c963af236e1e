"""Compiled help of Windows (CHM): topics, pictures and lists as members; its title, and who compiled it when.

Rules for whoever changes this file: no two members have bytes in common, so that nothing is unfolded twice; a member
that breaks off takes no other with it but those up to the next place from which packed bytes can be followed.
"""

from typing import Final

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import chm_about, names
from witnessmark.formats.chm_file import PLAIN, BrokenHelp, HelpEntry, HelpFile
from witnessmark.formats.lzx import BrokenLzx
from witnessmark.formats.octets import Octets
from witnessmark.formats.word_story import page_of_language
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How

LARGEST_OWN: Final = 8 << 20
"""Bytes of a file of the help's own that is looked into."""
MOST_UNFOLDED: Final = 512 << 20
"""Bytes that are unfolded of one help, at about 8 MB a second."""
_OWN: Final = (b"/#", b"/$")
"""How the names of the help's own files begin, beside those that do not begin at the root."""


def read_chm(source: Source, report: Report) -> None:
    """Read compiled help.

    Raises:
        ReadingStopped: when its directory cannot be followed, or none of its members.
    """
    try:
        file = HelpFile(Octets(source.stream, 0, source.size))
    except BrokenHelp as error:
        raise ReadingStopped(Outcome.CORRUPT, "the directory of the help cannot be followed") from error
    reading = _Reading(file, report)
    for entry in sorted(file.entries, key=lambda entry: (entry.section, entry.start, entry.size)):
        reading.take(entry)
    problems = [] if file.is_whole else ["the directory breaks off"]
    if reading.damaged:
        problems.append(f"{reading.damaged} members are damaged or not taken out")
    if problems:
        outcome = Outcome.PARTIAL if reading.taken else Outcome.CORRUPT
        report.outcome(outcome, f"{'; '.join(problems)}; {reading.taken} members taken out")


class _Reading:
    """What was taken out so far."""

    def __init__(self, file: HelpFile, report: Report) -> None:
        self._file, self._report = file, report
        self._codec = page_of_language(file.language)
        self._place = (PLAIN, 0)  # up to where bytes were given away
        self.taken = self.damaged = 0

    def take(self, entry: HelpEntry) -> None:
        """Take an entry out, or what it tells of the help; folders and the help's own files are no members."""
        is_own = entry.name in chm_about.FILES
        if not is_own and (not entry.name.startswith(b"/") or entry.name.startswith(_OWN) or entry.name.endswith(b"/")):
            return
        if entry.size and (entry.section, entry.start) < self._place:
            self.damaged += 1
            self._refuse(entry, Outcome.REFUSED_POLICY, "it shares bytes with another member")
            return
        if entry.section != PLAIN and entry.start + entry.size > MOST_UNFOLDED:
            self.damaged += 1
            self._refuse(entry, Outcome.REFUSED_LIMIT, f"it stands behind the first {MOST_UNFOLDED >> 20} MiB")
            return
        if entry.size:
            self._place = (entry.section, entry.start + entry.size)
        if is_own:
            self._look_into(entry)
        else:
            self._take(entry)

    def _look_into(self, entry: HelpEntry) -> None:
        data, room = bytearray(), LARGEST_OWN
        try:
            for piece in self._file.pieces(entry):
                data += piece[: room - len(data)]
                if len(data) >= room:
                    break
        except BrokenLzx:
            self.damaged += 1
        chm_about.tell(entry.name, bytes(data), self._file.language, self._report)

    def _take(self, entry: HelpEntry) -> None:
        pieces = self._file.pieces(entry)
        try:
            first = next(pieces, b"")
        except BrokenLzx as error:
            self.damaged += 1
            self._refuse(entry, Outcome.CORRUPT, str(error))
            return
        how = How.COPIED if entry.section == PLAIN else How.DECODED
        with self._report.member(names.path_of(entry.name[1:], self._codec), how, {}) as sink:
            sink.write(first)
            try:
                for piece in pieces:
                    sink.write(piece)
            except BrokenLzx:
                self.damaged += 1
        self.taken += 1

    def _refuse(self, entry: HelpEntry, outcome: Outcome, detail: str) -> None:
        self._report.refuse_member(names.path_of(entry.name[1:], self._codec), outcome, detail, {"size": entry.size})
