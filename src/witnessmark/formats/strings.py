"""Readable runs of characters in bytes of unknown make: what a person would find by looking through them.

A run is at least eight printable characters: ASCII with UTF-8 beyond it, or ASCII in UTF-16 of either byte order. A
block that a packer cannot make smaller is packed or locked already, and what looks like letters in it is chance.
"""

import re
import zlib
from collections.abc import Iterator

from witnessmark.cell.report import Report, Source

MOST_READ = 16 << 20
"""Bytes of a file that are looked through."""
MOST_SAID = 256 << 10
"""Characters that are kept of one file."""
BLOCK = 64 << 10
OVERLAP = 512
DENSE = 0.93
"""The share of its size to which a block packs at least when it is packed already."""
_RUNS = re.compile(
    rb"(?:[\x20-\x7e]|[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}){8,}"
    rb"|(?:[\x20-\x7e]\x00){8,}"
    rb"|(?:\x00[\x20-\x7e]){8,}"
)
_WORD = re.compile(r"[^\W\d_]{3,}")
_LETTER = re.compile(r"[^\W_]| ")


def say(source: Source, report: Report) -> None:
    """Report what is readable in a file that has no reader, as hidden text."""
    source.stream.seek(0)
    said, at, kept = 0, 0, b""
    while said < MOST_SAID and at < MOST_READ and (block := source.stream.read(BLOCK)):
        at += len(block)
        is_last = len(block) < BLOCK or at >= MOST_READ
        data = kept + block
        # A run that touches the end of a block is looked at with what comes after it.
        edge = len(data) if is_last else len(data) - OVERLAP
        kept = data[edge:]
        for text in runs(data[:edge]):
            said += len(text)
            report.hidden("readable bytes", text)
            if said >= MOST_SAID:
                break


def runs(data: bytes) -> Iterator[str]:
    """Yield the runs in `data` that hold a word and are mostly letters."""
    if len(zlib.compress(data, 1)) > DENSE * len(data) and len(data) > 256:
        return
    for found in _RUNS.finditer(data):
        raw = found[0]
        if raw[:1] == b"\x00":
            text = raw.decode("utf-16-be", "replace")
        elif raw[1:2] == b"\x00":
            text = raw.decode("utf-16-le", "replace")
        else:
            text = raw.decode("utf-8", "replace")
        if _WORD.search(text) and 3 * len(_LETTER.findall(text)) >= 2 * len(text):
            yield text.strip()
