"""Windows metafiles: the words that they draw, line by line, as a reader of the picture sees them."""

import struct

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import emf, wmf
from witnessmark.formats.metafile_place import Page
from witnessmark.formats.octets import Octets
from witnessmark.formats.page_lines import lines
from witnessmark.model.derivative import Outcome
from witnessmark.model.exhibit import How, PathStep

LARGEST = 32 << 20
_ENHANCED = b" EMF"
_MOST_COMPARED = 2_000


def read_metafile(source: Source, report: Report) -> None:
    """Read the text records of a WMF or EMF.

    Raises:
        ReadingStopped: when it is neither.
    """
    data = Octets.whole(source).take(0, LARGEST)
    if data[40:44] == _ENHANCED and len(data) >= 88:
        _tell_head(data, report)
        _take_picture(data, report)
        page = emf.draw(data)
    elif data[:4] == wmf.PLACEABLE or data[:4] in wmf.HEADS:
        if data[:4] == wmf.PLACEABLE and len(data) >= 22:
            left, top, right, bottom, inch = struct.unpack_from("<4hH", data, 6)
            value = {"width": abs(right - left), "height": abs(bottom - top), "mode": "WMF", "units_per_inch": inch}
            report.observe("picture.size", value)
        page, within = wmf.draw(data), wmf.newer(data)
        if within:
            older, page = page, emf.draw(within)
            page.aside += [*older.lines(), *lines(older.unseen)]
    else:
        raise ReadingStopped(Outcome.CORRUPT, "no metafile can be made out in these bytes")
    _say(page, report)


def _say(page: Page, report: Report) -> None:
    said = list(page.lines())
    for text in said:
        report.visible(text + "\n")
    unseen = "\n".join(lines(page.unseen))
    if unseen.strip():
        report.hidden("not seen", unseen + "\n")
    known, whole = set(map(_letters, said)), _letters("".join(said))
    for number, text in enumerate(page.aside):
        letters = _letters(text)
        if letters not in known and not (number < _MOST_COMPARED and letters in whole):
            report.hidden("drawn by some programs", text + "\n")
    if page.is_cut:
        report.outcome(Outcome.PARTIAL, "more words are drawn than are kept of one picture")


def _letters(text: str) -> str:
    return "".join(text.split())


def _tell_head(data: bytes, report: Report) -> None:
    left, top, right, bottom = struct.unpack_from("<4i", data, 8)
    report.observe("picture.size", {"width": right - left + 1, "height": bottom - top + 1, "mode": "EMF"})
    length, place = struct.unpack_from("<II", data, 60)
    if length and place:
        words = data[place : place + min(length, 2000) * 2].decode("utf-16-le", "replace").replace("\0", "\n").strip()
        if words:
            report.hidden("description", words + "\n")


def _take_picture(data: bytes, report: Report) -> None:
    """Take out a picture that a comment holds once more, as a PDF."""
    for kind, body in emf.records(data):
        start = body[:256].find(b"%PDF-") if kind == emf.COMMENT else -1
        if start >= 0:
            with report.member((PathStep("picture.pdf"),), How.COPIED, {}) as sink:
                sink.write(body[start:])
