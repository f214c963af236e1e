"""Takes a zip out that stands at the end of a file of another type: what a second reader would see is not lost.

A file that begins as a PDF, a picture or a program and ends as a zip is both. It is read as what it begins as; the zip,
from its first entry on, becomes a component and is read for itself.
"""

from witnessmark.cell.report import Report, Source
from witnessmark.formats import zips
from witnessmark.model.exhibit import How, PathStep

NAME = "archive-at-the-end.zip"
CHUNK = 256 << 10


def take(source: Source, report: Report) -> None:
    """Take the zip out, if its directory leads to an entry."""
    found = zips.end_record(source.stream, source.size)
    if found is None:
        return
    start, length, shift, _ = found
    first = source.size
    try:
        for entry in zips.directory(source.stream, start, length, shift):
            if entry.offset < first and zips.located(source.stream, entry) is not None:
                first = entry.offset
    except zips.BrokenZip:
        return
    if not 0 < first < start:
        return
    report.observe("zip.prefix", first)
    with report.member((PathStep(NAME),), How.COPIED, {}) as sink:
        source.stream.seek(first)
        while block := source.stream.read(CHUNK):
            sink.write(block)
