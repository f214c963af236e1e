"""Letters of a PDF that are drawn twice, a little aside, so that they look bold or cast a shadow: one is read.

pdfium leaves out some second copies itself; of others, drawn letter by letter, it tells "ddoouubbllee", for it sorts
letters by their places. Serial numbers may look like that: so the places decide here too.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import pypdfium2.raw as pdfium

from witnessmark.formats.pdf_call import letter_box

LEAST: Final = 4
"""Pairs in a row from which on they are looked at."""
OVER: Final = 0.4
"""How far aside a copy lies at most, as a share of the widest letter and of the tallest in its row."""
EVEN: Final = 0.05
"""How much two copies may differ in that, as a share of the height."""
_NOWHERE: Final = (0.0, 0.0, 0.0, 0.0)
_PAIRS: Final = re.compile(r"(?:([^\W_])\1 *+){4}")


def copies(text_page: Any, count: int, text: str) -> list[int]:
    """Return the places of the letters that are second copies, rising; `text` is the page's, which rarely holds any."""
    if _PAIRS.search(text) is None:
        return []
    codes = [pdfium.FPDFText_GetUnicode(text_page, place) for place in range(count)]
    return [place for row in _rows(codes) for place in _aside(text_page, row)]


def _rows(codes: list[int]) -> Iterator[list[int]]:
    """Yield the first places of pairs of one letter that follow each other, but for blanks between two."""
    row, place = list[int](), 0
    while place + 1 < len(codes):
        if codes[place] == codes[place + 1] > 0x20:
            row.append(place)
            place += 2
            while place < len(codes) and codes[place] == 0x20:
                place += 1
            continue
        if len(row) >= LEAST:
            yield row
        place = row[0] + 1 if row and len(row) < LEAST else place + 1
        row = []
    if len(row) >= LEAST:
        yield row


def _aside(text_page: Any, row: list[int]) -> list[int]:
    """Return the second places of those pairs in a row, if all lie aside by the same small step."""
    boxes = [(letter_box(text_page, place) or _NOWHERE, letter_box(text_page, place + 1) or _NOWHERE) for place in row]
    height = max(one[3] - one[2] for one, _ in boxes)
    steps = [(other[0] - one[0], other[2] - one[2]) for one, other in boxes]
    across, up = steps[0]
    even = all(abs(x - across) <= EVEN * height and abs(y - up) <= EVEN * height for x, y in steps)
    # Of four letters side by side none lies over its neighbour.
    over = abs(across) <= OVER * max(one[1] - one[0] for one, _ in boxes) and abs(up) <= OVER * height
    return [place + 1 for place in row] if even and over else []
