"""Tells a zlib stream (RFC 1950) and reads it as one member.

Its header is two bytes, which one file in a few thousand begins with by chance: what counts is that it inflates.
"""

import zlib
from typing import Final

from witnessmark.cell.report import Report, Source
from witnessmark.formats import archives, names

LEAST: Final = 512
"""Packed bytes that have to inflate of a stream whose end, with its checksum, is not at hand."""
GROWTH: Final = 64 << 10
_SUFFIXES: Final = {".zlib": "", ".zz": ""}


def begins(head: bytes) -> bool:
    """Tell whether a file that begins so is a zlib stream: one that ends well, or that inflates for a stretch.

    Args:
        head: the beginning, or all of it.
    """
    if len(head) < 8 or head[0] & 0x8F != 8 or (head[0] << 8 | head[1]) % 31 or head[1] & 0x20:
        return False  # another method, a wrong check (RFC 1950, section 2.2), or a dictionary that nobody has
    machine = zlib.decompressobj(15)
    waiting = head
    try:
        while waiting and not machine.eof:
            machine.decompress(waiting, GROWTH)
            waiting = machine.unconsumed_tail
            if len(head) - len(waiting) >= LEAST and not machine.eof:
                return True
    except zlib.error:
        return False
    return machine.eof


def read_zlib(source: Source, report: Report) -> None:
    """Read a zlib stream as one member; its checksum (Adler-32) is compared."""
    archives.unfold(source, report, names.without_suffix(source.name, _SUFFIXES), {}, "zlib")
