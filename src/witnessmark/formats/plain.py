"""Reads plain text, JSON and tables of plain text in any encoding, streaming; says which encoding was read and why."""

import codecs
import csv
import re
from collections.abc import Iterator
from itertools import islice

from witnessmark.cell.report import Report, Source
from witnessmark.formats import encodings
from witnessmark.model.derivative import Outcome

PIECE = 64 << 10
"""Bytes decoded at a time."""
LONGEST_CELL = 1 << 20
_ESCAPE = re.compile(r"\\\\|(?:\\u[0-9a-fA-F]{4})+")
_UNFINISHED = re.compile(
    r"(?:\\u[dD][89abAB][0-9a-fA-F]{2})?\\{1,64}(?:u[0-9a-fA-F]{0,3})?\Z|\\u[dD][89abAB][0-9a-fA-F]{2}\Z"
)
"""An escape, or half a pair of them, that goes on in the next piece."""
_DELIMITERS = ",;\t|"


def read_text(source: Source, report: Report) -> None:
    """Read a plain text."""
    for text in decoded(source, report):
        report.visible(text)


def read_json(source: Source, report: Report) -> None:
    r"""Read JSON as the text it is, with `\u` escapes shown as the letters they stand for."""
    kept = ""
    for text in decoded(source, report):
        joined = kept + text
        unfinished = _UNFINISHED.search(joined, max(0, len(joined) - 80))
        cut = len(joined) if unfinished is None else unfinished.start()
        report.visible(_ESCAPE.sub(_letters, joined[:cut]))
        kept = joined[cut:]
    report.visible(_ESCAPE.sub(_letters, kept))


def _letters(match: re.Match[str]) -> str:
    if match[0] == "\\\\":
        return match[0]
    return bytes.fromhex(match[0].replace("\\u", "")).decode("utf-16-be", "replace")


def read_empty(source: Source, report: Report) -> None:
    """Read a file without a byte: there is nothing to say."""
    del source, report


def read_table(source: Source, report: Report) -> None:
    """Read a table of plain text: a line for each row, its cells joined by a blank."""
    pieces = decoded(source, report)
    first = next(pieces, "")
    delimiter = sniff(first)
    rows, widest = 0, 0
    csv.field_size_limit(LONGEST_CELL)
    pending: list[str] = []  # the lines of the row that is being read: should it be none, they are text
    lines = _lines(first, pieces)
    reader = csv.reader(_noted(lines, pending), delimiter=delimiter)
    try:
        for row in reader:
            rows, widest = rows + 1, max(widest, len(row))
            report.visible(" ".join(cell.strip("\r\n") if cell else "" for cell in row) + "\n")
            pending.clear()
    except csv.Error as error:
        report.outcome(Outcome.PARTIAL, f"no table from row {rows + 1} on ({error}): read as text")
        for line in (*pending, *lines):
            report.visible(line)
    report.observe("table", {"delimiter": delimiter, "rows": rows, "columns": widest})


def _noted(lines: Iterator[str], pending: list[str]) -> Iterator[str]:
    for line in lines:
        pending.append(line)
        yield line.replace("\0", "\ufffd")


def _lines(first: str, pieces: Iterator[str]) -> Iterator[str]:
    """Yield lines with their ends; a line over the longest cell's size is cut there."""
    kept = first
    while True:
        *whole, kept = kept.splitlines(keepends=True) or [""]
        yield from whole
        if len(kept) > LONGEST_CELL // 2:
            yield kept
            kept = ""
        more = next(pieces, None)
        if more is None:
            break
        kept += more
    if kept:
        yield kept


def sniff(text: str) -> str:
    """Return the delimiter that divides the first rows most evenly; a comma where none does."""
    lines = [line for line in islice(text.splitlines(), 40) if line.strip()]
    if len(lines) > 1 and len(text) >= PIECE:
        lines.pop()
    best, chosen = 0.0, ","
    for delimiter in _DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        except csv.Error:
            continue
        usual = max(set(widths), key=widths.count, default=1)
        even = widths.count(usual) / max(1, len(widths))
        weight = even * (1 + min(usual, 20) / 100) if usual > 1 else 0.0
        if weight > best:
            best, chosen = weight, delimiter
    return chosen


def decoded(source: Source, report: Report, declared: str | None = None) -> Iterator[str]:
    """Yield a text in pieces; observe its encoding, why it was chosen and how much could not be decoded."""
    stream = source.stream
    stream.seek(0)
    sample = stream.read(encodings.SAMPLE)
    whole = len(sample) >= source.size
    chosen = encodings.choose(sample, declared, whole=whole)
    if chosen.name == "utf-8" and not whole and not _holds_throughout(source):
        chosen = _second_choice(source, sample, declared) or chosen
    decoder = codecs.getincrementaldecoder(chosen.name)("replace")
    stream.seek(chosen.mark)
    marks, replaced = 0, 0
    while block := stream.read(PIECE):
        text = decoder.decode(block)
        replaced += text.count("\ufffd")
        marks += block.count(b"\xef\xbf\xbd")
        if text:
            yield text
    rest = decoder.decode(b"", True)
    if rest:
        replaced += rest.count("\ufffd")
        yield rest
    observed = {"name": chosen.name, "why": chosen.why}
    replaced -= marks if chosen.name == "utf-8" else 0
    if replaced > 0:
        observed["replaced"] = str(replaced)
    report.observe("encoding", observed)


def _holds_throughout(source: Source) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    source.stream.seek(0)
    try:
        while block := source.stream.read(1 << 20):
            decoder.decode(block)
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _second_choice(source: Source, sample: bytes, declared: str | None) -> encodings.Chosen | None:
    """Return the encoding by the first part that is no UTF-8, unless it is UTF-8 with a few broken bytes."""
    source.stream.seek(0)
    good, bad = 0, 0
    part = b""
    while block := source.stream.read(1 << 20):
        text = block.decode("utf-8", "replace")
        broken = text.count("\ufffd")
        bad += broken
        good += sum(char > "\x7f" for char in text[:PIECE]) - broken
        if broken > 2 and not part:
            at = len(text[: text.index("\ufffd")].encode())
            part = block[max(0, at - 512) : at + encodings.SAMPLE]
        if bad > 1000:
            break
    del sample
    return encodings.choose(part, declared, whole=False) if part and bad > good * 0.1 else None
