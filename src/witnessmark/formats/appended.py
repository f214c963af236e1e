"""Takes a zip out that stands at the end of a file of another type: what a second reader would see is not lost.

A file that begins as a PDF, a picture or a program and ends as a zip is both. It is read as what it begins as; the zip,
from its first entry on, becomes a component and is read for itself.
"""

from witnessmark.cell.report import Report, Source
from witnessmark.formats import zips
from witnessmark.formats.octets import Octets
from witnessmark.model.exhibit import How, PathStep

NAME = "archive-at-the-end.zip"


def take(source: Source, report: Report, end: int | None = None) -> int | None:
    """Take the zip out, if its directory leads to an entry; return where it begins, or None.

    Args:
        source: the file.
        report: where the zip goes.
        end: where to take the file as ended, before signatures for one.
    """
    end = source.size if end is None else end
    found = zips.end_record(source.stream, end)
    if found is None:
        return None
    start, length, shift, _ = found
    first = end
    try:
        for entry in zips.directory(source.stream, start, length, shift):
            if entry.offset < first and zips.located(source.stream, entry) is not None:
                first = entry.offset
    except zips.BrokenZip:
        return None
    if not 0 < first < start:
        return None
    report.observe("zip.prefix", first)
    with report.member((PathStep(NAME),), How.COPIED, {}) as sink:
        for piece in Octets(source.stream, first, end - first).pieces():
            sink.write(piece)
    return first
