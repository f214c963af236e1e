"""Blocks that editors of news pictures put behind the end of a JPEG, last one first: FotoStation's."""

import struct
from typing import Final

from witnessmark.cell.report import Report
from witnessmark.formats import iptc

_MARK: Final = b"\xa1\xb2\xc3\xd4"
_FOOT: Final = 10
_MOST: Final = 64
_IPTC: Final = 1


def tell(data: bytes, end: int, report: Report) -> None:
    """Report the IPTC of such blocks between the picture's end and that of the file.

    Each ends in ten bytes: what it is (SHORT), how long it is with them (LONG), and a mark.
    """
    place = len(data)
    for _ in range(_MOST):
        if place - _FOOT < end or data[place - 4 : place] != _MARK:
            return
        kind, size = struct.unpack_from(">HI", data, place - _FOOT)
        if not _FOOT <= size <= place - end:
            return
        if kind == _IPTC:
            iptc.read_iptc(data[place - size : place - _FOOT], report)
        place -= size
