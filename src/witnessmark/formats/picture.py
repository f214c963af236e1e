"""What readers of pictures have in common: the bytes of one, words in it, and what stands after its end."""

import re

from witnessmark.cell.report import ReadingStopped, Report, Source
from witnessmark.formats import encodings, exif
from witnessmark.formats.octets import Octets, take_out
from witnessmark.model.derivative import Outcome

LARGEST = 256 << 20
LARGEST_TEXT = 4 << 20
_FILM = re.compile(rb"\0\0[\0-\2][\x08-\xff]ftyp[ -~]{4}")


def whole(source: Source, report: Report) -> bytes:
    """Return the bytes of a picture.

    Raises:
        ReadingStopped: when there are too many.
    """
    if source.size > LARGEST:
        raise ReadingStopped(Outcome.REFUSED_LIMIT, f"the picture is larger than {LARGEST >> 20} MiB")
    exif.name_tool(report)
    return source.first(LARGEST)


def tell_words(label: str, raw: bytes, report: Report) -> str:
    """Report bytes as hidden text, in whatever encoding they are; return the text."""
    raw = raw[:LARGEST_TEXT].strip(b"\0")
    text = raw.decode(encodings.choose(raw).name, "replace").strip() if raw else ""
    if text:
        report.hidden(label or "text", text + "\n")
    return text


def tell_rest(data: bytes, end: int, report: Report, taken: list[tuple[int, int]] | None = None) -> None:
    """Report bytes that stand after the picture's end, and take them out when they say anything.

    A film among them (a motion photo) is a member of its own; `taken` are runs that were taken out already.
    """
    rest = len(data) - end
    if rest <= 0:
        return
    report.observe("picture.after_the_end", {"bytes": rest, "begins": data[end : end + 8].hex()})
    for start, stop in _gaps(end, len(data), taken or []):
        film = _FILM.search(data, start, stop)
        if film is not None:
            _take(data, start, film.start(), "after-the-end", report)
            report.observe("picture.film", {"at": film.start(), "bytes": stop - film.start()})
            _take(data, film.start(), stop, "motion-photo.mp4", report)
        else:
            _take(data, start, stop, "after-the-end", report)


def _gaps(start: int, end: int, taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found = []
    for first, last in sorted(taken):
        if start < first < end:
            found.append((start, first))
        start = max(start, min(last, end))
    return [*found, (start, end)]


def _take(data: bytes, start: int, stop: int, name: str, report: Report) -> None:
    if stop - start >= 32 and data[start:stop].strip(b"\0\xff\r\n "):
        take_out(Octets.of(data).part(start, stop - start), name, report)
